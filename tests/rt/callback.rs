//! The whole callback, as a device calls it: every period under the guard, whatever hands and edits do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use hardcore::device::line::Line;
use hardcore::device::{Backend, RATE, Wish, open};
use hardcore::engine::protocol::{Gesture, Journaled};
use hardcore::engine::sound::SoundFactory;
use hardcore::live::journal::{self, Line as Written};
use hardcore::live::performer::Performer;
use hardcore::synth::embedded::EmbeddedFactory;
use hardcore::synth::library::Library;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::desk::EngineThread;
use crate::fingers::{Fingers, Places};
use crate::guard::{Used, alone, bound, soak, watched};
use crate::hand::{Hand, LONGEST};
use crate::stage;

const TRACKS: u32 = 8;

/// The device's side.
pub struct Device {
    line: Arc<Line>,
    hand: Hand,
    fingers: Fingers,
    rng: Pcg64Mcg,
    periods: u64,
    /// Frames so far.
    pub frames: u64,
    /// What all of it came to.
    pub all: Used,
    /// The loudest sample.
    pub peak: f32,
}

impl Device {
    /// With so many channels out and in.
    pub fn new(
        performer: Performer,
        outputs: usize,
        inputs: usize,
        mut rng: Pcg64Mcg,
        places: Arc<Places>,
    ) -> Device {
        let fingers = Fingers::new(Pcg64Mcg::seed_from_u64(rng.random()), places);
        let (line, hand) = (Line::new(Box::new(performer)), Hand::new(outputs, inputs));
        let (line, all) = (Arc::new(line), Used::default());
        Device { line, hand, fingers, rng, periods: 0, frames: 0, all, peak: 0.0 }
    }

    /// What came of it.
    pub fn says(&self) -> String {
        format!(
            "{} periods, {:.1} s, peak {:.2}, heard {} messages, lit {}; {:?}",
            self.periods,
            self.frames as f64 / f64::from(RATE),
            self.peak,
            self.fingers.heard,
            self.fingers.lit,
            self.all,
        )
    }

    /// A period of any length, most of them short.
    pub fn period(&mut self) {
        let rng = &mut self.rng;
        let frames = match rng.random_range(0..100) {
            0 => 0,
            1..8 => rng.random_range(1..8),
            8..20 => 64 * rng.random_range(1..8),
            20..22 => rng.random_range(1000..=LONGEST),
            _ => rng.random_range(8..400),
        };
        // Ports that take all, little or next to nothing.
        let room = [8192, 8192, 400, 12][rng.random_range(0..4)];
        self.hand.begin(frames, self.frames * 1_000_000_000 / u64::from(RATE), room);
        self.fingers.play(frames, &mut self.hand);
        self.hand.come_in(self.frames);
        let (line, hand) = (&self.line, &mut self.hand);
        let ((), used) = bound(|| line.play(RATE, hand));
        self.all.add(used);
        self.fingers.look(&self.hand);
        self.peak = self.hand.heard_of(0).iter().fold(self.peak, |p, x| p.max(x.abs()));
        assert!(self.peak.is_finite(), "period {}", self.periods);
        self.frames += frames as u64;
        self.periods += 1;
    }
}

/// What the journal says was done.
#[derive(Debug, Default)]
struct Done {
    launches: u64,
    scenes: u64,
    fills: u64,
    notes: u64,
    records: u64,
    touches: u64,
    values: u64,
    tempos: u64,
    starts: u64,
    swaps: u64,
}

impl Done {
    fn of(lines: &[Written]) -> Done {
        let mut done = Done::default();
        for line in lines {
            let Written::Did(entry) = line else { continue };
            let count = match entry.what {
                Journaled::Swap(_) => &mut done.swaps,
                Journaled::Play(gesture) => match gesture {
                    Gesture::Launch { .. } => &mut done.launches,
                    Gesture::LaunchScene(_) => &mut done.scenes,
                    Gesture::Fill { .. } => &mut done.fills,
                    Gesture::NoteOn { .. } => &mut done.notes,
                    Gesture::Record { .. } => &mut done.records,
                    Gesture::Set { target: hardcore::engine::plan::Target::Touch(_), .. } => {
                        &mut done.touches
                    }
                    Gesture::Set { .. } => &mut done.values,
                    Gesture::Tempo(_) | Gesture::Glide(..) | Gesture::Nudge(_) => &mut done.tempos,
                    Gesture::Start | Gesture::Continue => &mut done.starts,
                    _ => continue,
                },
            };
            *count += 1;
        }
        done
    }

    fn least(&self) -> u64 {
        let all = [
            self.launches,
            self.scenes,
            self.fills,
            self.notes,
            self.records,
            self.touches,
            self.values,
            self.tempos,
            self.starts,
            self.swaps,
        ];
        all.into_iter().min().unwrap_or(0)
    }
}

/// Plays for `seconds` of engine time. `beside` has the engine thread run beside the callback, as it does
/// at home; otherwise they take turns, always in the same order.
fn play(seconds: u64, seed: u64, beside: bool, outputs: usize) {
    let what = if beside { "beside the engine thread" } else { "in turn with the engine thread" };
    let folder = tempfile::tempdir().expect("a folder");
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut next = || Pcg64Mcg::seed_from_u64(rng.random());
    let places = Arc::new(Places::default());
    let library = Arc::new(Library::built_in());
    let factory: Arc<dyn SoundFactory> = Arc::new(EmbeddedFactory::new(library));
    let (mut engine, performer) = EngineThread::open(
        stage::stage(TRACKS, seed),
        factory,
        folder.path(),
        next(),
        Arc::clone(&places),
    );
    let mut device = Device::new(performer, outputs, 0, next(), places);
    let end = seconds * u64::from(RATE);
    if beside {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    engine.round();
                    std::thread::sleep(Duration::from_micros(500));
                }
            });
            while device.frames < end {
                device.period();
            }
            over.store(true, Relaxed);
        });
        // A mixer built anew by the last round tells nothing before it is played.
        let end = device.frames + 1_000;
        while device.frames < end {
            device.period();
        }
    } else {
        let mut turns = next();
        while device.frames < end {
            // For a while nobody takes what comes, and far too much comes.
            device.fingers.storm = (end / 2..end / 2 + end / 10).contains(&device.frames);
            device.period();
            if !device.fingers.storm && turns.random_bool(0.5) {
                engine.round();
            }
        }
    }
    let took = engine.snapshot().playhead().frame;
    assert_eq!(took, device.frames.next_multiple_of(64), "all was rendered");
    // The device comes back at another rate.
    let fresh = Box::new(engine.move_to(44_100));
    let line = Arc::clone(&device.line);
    std::thread::scope(|scope| {
        let swap = scope.spawn(move || line.swap(fresh).ok().flatten());
        while !swap.is_finished() {
            device.period();
        }
        assert!(swap.join().is_ok_and(|old| old.is_some()), "the one before comes back");
    });
    // All is plugged in at the end, and all lights burn.
    engine.lay();
    for _ in 0..200 {
        engine.round();
        device.period();
    }
    assert!(engine.snapshot().playhead().frame > 0, "it goes on");
    assert!(engine.snapshot().pads().count() > 0, "what pads show is told");
    let came = engine.close();
    let lines = journal::read(&folder.path().join("take.journal")).expect("a journal").lines;
    let done = Done::of(&lines);
    println!("{what}: {}; {came:?}; {done:?}", device.says());
    let Device { fingers, all, peak, .. } = &device;
    all.assert_none(what);
    assert!(done.least() > 0 && *peak > 0.05, "all of it was played");
    assert!(came.stages > 1 && came.moved > 0 && came.asked > 0 && came.edits > 10, "and edited");
    assert!(beside || came.gaps > 0, "and more than could be taken in");
    assert!(fingers.lit > 100 && fingers.are_lit(), "and lit");
}

#[test]
fn a_set_under_all_hands_in_turn_with_edits_never_uses_the_heap_or_waits() {
    let _alone = alone();
    play(if soak() { 150 } else { 4 }, 11, false, 4);
}

#[test]
fn a_set_under_all_hands_beside_edits_never_uses_the_heap_or_waits() {
    let _alone = alone();
    play(if soak() { 150 } else { 3 }, 12, true, 2);
}

#[test]
fn the_clock_that_stands_in_for_a_device_never_uses_the_heap() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let factory: Arc<dyn SoundFactory> =
        Arc::new(EmbeddedFactory::new(Arc::new(Library::built_in())));
    let rng = Pcg64Mcg::seed_from_u64(3);
    let (mut engine, performer) =
        EngineThread::open(stage::stage(TRACKS, 5), factory, folder.path(), rng, Arc::default());
    let wish =
        Wish { backend: Backend::Null, period: Some(100), cue: Some((3, 4)), ..Wish::default() };
    let running = open(&wish, Box::new(performer)).map_err(|e| e.0).expect("it is always there");
    while running.monitor.periods() == 0 {
        std::thread::yield_now();
    }
    let ((), used) = watched(|| {
        while running.monitor.periods() < 400 {
            engine.round();
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    println!("no device: {} periods, {used:?}", running.monitor.periods());
    used.assert_none("the clock");
    assert!(running.stop().is_some());
}

//! A set played live on a JACK server: every onset on its frame, whatever the machine is doing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use hardcore::device::monitor::Health;
use hardcore::device::port::{Callback, Period};
use hardcore::device::{Backend, Wish, open};
use hardcore::engine::prepare::Samples;
use hardcore::engine::protocol::{Gesture, When};
use hardcore::engine::samples::Sample;
use hardcore::live::desk::News;
use hardcore::live::hall::{Stage, build};
use hardcore::live::journal::{self, Line};
use hardcore::live::performer::Performer;
use hardcore::model::clip::{AudioClip, ClipContent, WarpMode};
use hardcore::model::mixer::Db;
use hardcore::model::project::Project;
use hardcore::model::sample::SamplePath;
use hardcore::model::scene::Slot;
use hardcore::model::time::{Bpm, TempoMap};
use hardcore::model::track::{Kit, Pad, PadSound, TrackKind};
use nix::sys::resource::{UsageWho, getrusage};
use nix::time::{ClockId, clock_gettime};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::jack::server::{Other, PERIOD, RATE, on_jack};
use crate::judge::{Judge, ROWS, TRACKS, Table, frame, gesture};
use crate::support::{add_track, click_samples, clicks, clip, notes, project, stage};

/// Times the sound thread went to sleep of itself inside the callback, or was put aside there.
#[derive(Default)]
struct Waits {
    own: AtomicU64,
    others: AtomicU64,
    /// Callbacks that computed for longer than their period: the xruns that are ours.
    long: AtomicU64,
    /// The most processor time of one, ns.
    most: AtomicU64,
}

/// A performer, watched from inside its thread.
struct Watched {
    performer: Performer,
    waits: Arc<Waits>,
}

impl Callback for Watched {
    fn process(&mut self, period: &mut dyn Period) {
        let count = || {
            let usage = getrusage(UsageWho::RUSAGE_THREAD).expect("the thread's use");
            let (own, others) =
                (usage.voluntary_context_switches(), usage.involuntary_context_switches());
            (own as u64, others as u64)
        };
        let cpu = || {
            let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("the thread's time");
            Duration::from(time).as_nanos() as u64
        };
        let (before, begun) = (count(), cpu());
        self.performer.process(period);
        let (after, took) = (count(), cpu() - begun);
        let most = period.frames() as u64 * 1_000_000_000 / u64::from(RATE);
        self.waits.long.fetch_add(u64::from(took > most), Relaxed);
        self.waits.most.fetch_max(took, Relaxed);
        self.waits.own.fetch_add(after.0 - before.0, Relaxed);
        self.waits.others.fetch_add(after.1 - before.1, Relaxed);
    }
}

/// Seconds of processor time that the host of a virtual machine has taken from it so far. They count
/// as the time of whatever thread ran.
fn stolen() -> f64 {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    // In hundredths of a second, the eighth figure of the first line: proc(5).
    let figure = stat.lines().next().and_then(|all| all.split_whitespace().nth(8));
    figure.and_then(|figure| figure.parse().ok()).unwrap_or(0.0) / 100.0
}

/// What came of a set.
struct Came {
    /// The master at the tap.
    tap: Vec<[f32; 2]>,
    /// What another program recorded.
    jack: Vec<[f32; 2]>,
    xruns: u32,
    health: Health,
    waits: Arc<Waits>,
    /// Seconds that the host took meanwhile.
    stolen: f64,
    missed: u64,
    lines: Vec<Line>,
}

/// Plays `project` on JACK for `seconds`, beginning with `first`: `hands` gives what is pressed and
/// how many milliseconds the engine thread sleeps after it.
fn perform(
    mut project: Project,
    samples: Samples,
    seconds: u64,
    first: &[Gesture],
    mut hands: impl FnMut() -> (Vec<Gesture>, u64),
) -> Came {
    // A journal is read as strictly as a project's file is.
    project.song.next_id.0 = 100_000;
    let dir = tempfile::tempdir().expect("a folder");
    let (wav, paper) = (dir.path().join("tap.wav"), dir.path().join("take.journal"));
    let wish = Wish { backend: Backend::Jack, name: "other".into(), ..Wish::default() };
    // As many as the program takes: with none to spare, a helper that is put aside holds the callback up.
    let helpers = std::thread::available_parallelism().map_or(0, |n| n.get().saturating_sub(2));
    let (journal, record) = (Some(paper.clone()), Some(wav.clone()));
    let stage = Stage { wish: wish.clone(), threads: helpers, journal, record, ..stage(samples) };
    let (mut desk, performer, _commands) = build(project, stage, RATE).expect("a playable project");
    let mut other = Other::start("other");
    let waits = Arc::new(Waits::default());
    let watched = Watched { performer, waits: Arc::clone(&waits) };
    let running = open(&wish, Box::new(watched)).map_err(|e| e.0).expect("JACK plays");
    let mut recorded = Vec::new();
    let (begun, stolen_before) = (Instant::now(), stolen());
    let mut health = running.monitor.sample();
    first.iter().for_each(|g| desk.send(When::Now, *g));
    while begun.elapsed() < Duration::from_secs(seconds) {
        for news in desk.tend() {
            assert!(!matches!(&news, News::Notice(s) if s.contains("gaps")), "{news:?}");
        }
        health = running.monitor.sample();
        while let Ok(sample) = other.recorded.pop() {
            recorded.push(sample);
        }
        let (pressed, sleep) = hands();
        pressed.into_iter().for_each(|g| desk.send(When::Now, g));
        std::thread::sleep(Duration::from_millis(sleep));
    }
    let stolen = stolen() - stolen_before;
    let missed = desk.engine.snapshot.missed();
    drop(running.stop());
    desk.close();
    let mut wav = hound::WavReader::open(&wav).expect("a recording");
    let samples: Vec<f32> = wav.samples().collect::<Result<_, _>>().expect("samples");
    let tap = samples.chunks_exact(2).map(|c| [c[0], c[1]]).collect();
    let lines = journal::read(&paper).expect("a journal").lines;
    let xruns = other.xruns.load(Relaxed);
    Came { tap, jack: recorded, xruns, health, waits, stolen, missed, lines }
}

impl Came {
    /// No xrun was ours: no callback computed for longer than its period. Where a host takes time, one
    /// in ten thousand may seem to; seconds beside who knows what say nothing of one.
    fn assert_in_time(&self) {
        let long = self.waits.long.load(Relaxed);
        let most = match (soak(), self.stolen > 0.0) {
            (true, false) => 0,
            (true, true) => self.health.periods.div_ceil(10_000),
            (false, _) => self.health.periods.div_ceil(100),
        };
        assert!(long <= most, "{long} callbacks computed for longer than a period");
        assert_eq!(self.missed, 0, "missed");
        assert_eq!(self.waits.own.load(Relaxed), 0, "waits of its own inside the callback");
    }
}

/// The frame of the transport's start, and what was pressed when, counted from there.
fn pressed(lines: &[Line]) -> (i64, Vec<(i64, Gesture)>) {
    let did = lines.iter().filter_map(|line| match line {
        Line::Did(entry) => entry.gesture().map(|g| (entry.frame as i64, g)),
        _ => None,
    });
    let all: Vec<_> = did.collect();
    let begun = all.iter().find(|(_, g)| *g == Gesture::Start).expect("it was started").0;
    (begun, all.into_iter().map(|(f, g)| (f - begun, g)).collect())
}

/// Holds what another program recorded against the tap, period by period. Gives the periods that are
/// the tap's and those that are not.
fn periods(tap: &[[f32; 2]], jack: &[[f32; 2]]) -> (usize, usize) {
    let sounds = |all: &[[f32; 2]]| all.iter().position(|s| *s != [0.0; 2]).unwrap_or(all.len());
    let (mut at, mut next) = (sounds(jack), sounds(tap));
    let (mut same, mut faults) = (0, 0);
    while at + PERIOD <= jack.len() && next + PERIOD <= tap.len() {
        let period = &jack[at..at + PERIOD];
        if *period == tap[next..next + PERIOD] {
            same += 1;
        } else {
            faults += 1;
            // The tap has a sound that never repeats: it says where we are.
            let from = next.saturating_sub(8 * PERIOD);
            let around = from..(next + 2048 * PERIOD).min(tap.len() - PERIOD);
            if let Some(there) = around.into_iter().find(|i| tap[*i..*i + PERIOD] == *period) {
                next = there;
            }
        }
        (at, next) = (at + PERIOD, next + PERIOD);
    }
    (same, faults)
}

fn soak() -> bool {
    std::env::var_os("HARDCORE_SOAK").is_some()
}

fn tell(what: &str, came: &Came) {
    let (h, w) = (&came.health, &came.waits);
    println!(
        "{what}: {} frames at the tap; {} periods, load {:.2}, 99 % under {} µs, all under {} µs; \
         xruns: {} heard by the other program, {} by us, presumed ours {}; inside the callback {} own \
         waits, put aside {} times, at most {} µs of processor time, {} times more than a period while the host took \
         {:.2} s; {} hits missed",
        came.tap.len(),
        h.periods,
        h.load,
        h.histogram.quantile_ns(0.99) / 1000,
        h.histogram.quantile_ns(1.0) / 1000,
        came.xruns,
        h.xruns,
        h.ours,
        w.own.load(Relaxed),
        w.others.load(Relaxed),
        w.most.load(Relaxed) / 1000,
        w.long.load(Relaxed),
        came.stolen,
        came.missed,
    );
}

/// Soft noise that never repeats, on a track of its own.
fn noise(seconds: u64) -> (SamplePath, Sample, ClipContent) {
    let path = SamplePath::new("noise.wav").expect("a good path");
    let mut rng = Pcg64Mcg::seed_from_u64(3);
    let count = (seconds + 20) as usize * RATE as usize;
    let frames: Vec<_> = (0..count)
        .map(|_| kira::Frame::new(rng.random_range(0.001..0.01), rng.random_range(0.001..0.01)))
        .collect();
    let content = ClipContent::Audio(AudioClip {
        sample: path.clone(),
        gain: Db::UNITY,
        pitch: 0.0,
        warp: WarpMode::Off,
        source_bpm: None,
        markers: Vec::new(),
    });
    (path, Sample { frames: frames.into(), rate: RATE }, content)
}

#[test]
fn random_launches_are_on_their_frames_at_the_tap_and_through_jack() {
    on_jack("set::random_launches_are_on_their_frames_at_the_tap_and_through_jack", |_| {
        let seconds = if soak() { 600 } else { 20 };
        let mut rng = Pcg64Mcg::seed_from_u64(8);
        let table = Table::on_lines(&mut rng);
        let mut p = table.project();
        let (path, sample, content) = noise(seconds);
        let track = add_track(&mut p, TrackKind::Audio, clip(990, 1 << 30, false, content));
        // Its clip has a row of its own, which nobody else launches.
        let mut own = p.scenes[0].clone();
        own.slots.retain(|id, _| *id == track);
        own.id.0 += 50;
        p.scenes[0].slots.remove(&track);
        for scene in &mut p.scenes {
            scene.slots.insert(track, Slot { clip: None, stop_button: false });
        }
        p.scenes.push(own);
        let node = TRACKS as u16;
        let first = [Gesture::Start, Gesture::Launch { node, row: ROWS as u16, velocity: 127 }];
        let came = perform(p, [(path, sample)].into(), seconds, &first, || {
            // Never one that stops the noise.
            let some = (0..rng.random_range(0..3)).map(|_| gesture(&mut rng));
            let some = some.filter(|g| *g != Gesture::StopAll).collect();
            (some, rng.random_range(1..60))
        });
        let (begun, did) = pressed(&came.lines);
        let mut judge = Judge::new(&table, 0);
        for (at, g) in &did {
            let noise = matches!(g, Gesture::Launch { node, .. } if usize::from(*node) == TRACKS);
            if !noise {
                judge.gesture(*at, *g);
            }
        }
        let last = came.tap.len() as i64;
        judge.finish(last - begun);
        let wanted: BTreeSet<i64> =
            judge.tracks.iter().flat_map(|t| &t.clicks).map(|f| f + begun).collect();
        let wanted: Vec<usize> =
            wanted.into_iter().filter(|f| *f < last).map(|f| f as usize).collect();
        let left: Vec<f32> = came.tap.iter().map(|s| s[0]).collect();
        let heard = clicks(&left);
        tell("launches", &came);
        let (same, faults) = periods(&came.tap, &came.jack);
        println!(
            "{} presses, {} onsets, each on its frame at the tap: {}; through JACK {same} periods are the \
             tap's sample for sample, {faults} are not",
            did.len(),
            wanted.len(),
            heard == wanted,
        );
        let at = heard.iter().zip(&wanted).position(|(a, b)| a != b);
        let at = at.unwrap_or(heard.len().min(wanted.len()));
        assert_eq!(heard.get(at), wanted.get(at), "onset {at} of {}", wanted.len());
        // JACK leaves periods out where the machine has no time for it.
        let played = came.tap.len() / RATE as usize;
        assert!(played > 3 && wanted.len() > played * 10, "it was played");
        let all = came.tap.len() / PERIOD;
        assert!(same > all / 2, "most of it came through");
        let xruns = came.xruns as usize + came.health.xruns as usize;
        assert!(faults == 0 || xruns > 0, "a fault without an xrun");
        came.assert_in_time();
    });
}

#[test]
fn rolls_on_samples_are_exact_with_all_cores_busy_and_the_engine_thread_stalled() {
    on_jack(
        "set::rolls_on_samples_are_exact_with_all_cores_busy_and_the_engine_thread_stalled",
        |_| {
            let seconds = if soak() { 600 } else { 20 };
            let path = SamplePath::new("click.wav").expect("a good path");
            let milli = 200_000;
            let mut p = project(TempoMap::constant(Bpm::from_milli(milli)));
            let rolls: Vec<i64> = (0..16).map(|n| n * 240).collect();
            for id in 0..4 {
                let sound = PadSound::Sample { path: path.clone(), pitch: 0.0, gated: false };
                let pad =
                    Pad { note: 60, name: "Roll".into(), sound, gain: Db::UNITY, choke: None };
                let kit = TrackKind::Drums(Kit { pads: vec![pad] });
                add_track(
                    &mut p,
                    kit,
                    clip(700 + id, 3840, true, ClipContent::Midi(notes(&rolls))),
                );
            }
            let stop = Arc::new(AtomicBool::new(false));
            let cores = std::thread::available_parallelism().map_or(2, usize::from);
            let burners: Vec<_> = (0..cores)
                .map(|_| {
                    let stop = Arc::clone(&stop);
                    std::thread::spawn(move || while !stop.load(Relaxed) {})
                })
                .collect();
            let first = [Gesture::Start, Gesture::LaunchScene(0)];
            let samples = click_samples(&path, RATE, 1);
            let came = perform(p, samples, seconds, &first, || (Vec::new(), 200));
            stop.store(true, Relaxed);
            for burner in burners {
                burner.join().expect("a burner ends");
            }
            tell("rolls", &came);
            let (begun, _) = pressed(&came.lines);
            let left: Vec<f32> = came.tap.iter().map(|s| s[0]).collect();
            let heard = clicks(&left);
            let wanted: Vec<usize> = (0..)
                .map(|n| (begun + frame(milli, n * 240)) as usize)
                .take_while(|f| *f < left.len())
                .collect();
            // Four hits of full level fall together.
            let lower = heard.iter().filter(|f| left[**f] < 0.99 * left[heard[0]]).count();
            println!(
                "{} rolls of 4 hits, {} heard, {lower} of them softer",
                wanted.len(),
                heard.len()
            );
            let at = heard.iter().zip(&wanted).position(|(a, b)| a != b);
            let at = at.unwrap_or(heard.len().min(wanted.len()));
            assert_eq!(heard.get(at), wanted.get(at), "hit {at} of {}", wanted.len());
            let played = came.tap.len() / RATE as usize;
            assert!(played > 3 && wanted.len() > played * 8, "it was played");
            assert_eq!(lower, 0);
            came.assert_in_time();
        },
    );
}

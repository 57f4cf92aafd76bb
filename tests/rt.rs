//! The callback and its workers neither allocate nor free: five minutes (`HARDCORE_SOAK=1`) or ten
//! seconds of a crowded stage under a counting allocator. A program of its own: the allocator is
//! everybody's.

#[path = "it/stage.rs"]
mod stage;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use hardcore::device::port::Period;
use hardcore::engine::prepare::{Options, prepare};
use hardcore::engine::protocol::Gesture;
use hardcore::engine::renderer::{HostTime, Outputs};
use hardcore::live::clock::Clock;
use hardcore::model::ids::TrackId;
use hardcore::synth::embedded::EmbeddedFactory;
use hardcore::synth::library::Library;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Whether a thread may use the heap.
#[derive(Clone, Copy, PartialEq)]
enum Rule {
    /// Not looked at yet.
    Unknown,
    Free,
    /// Renders: every use of the heap counts.
    Bound,
}

thread_local! {
    static RULE: Cell<Rule> = const { Cell::new(Rule::Unknown) };
}

/// Uses of the heap while bound.
static COUNT: AtomicU64 = AtomicU64::new(0);
/// Workers count once they have started, until they are told to end.
static WATCH_WORKERS: AtomicBool = AtomicBool::new(false);

struct Counting;

fn note() {
    let _ = RULE.try_with(|rule| {
        if rule.get() == Rule::Unknown && WATCH_WORKERS.load(Relaxed) {
            // Asking for the name may allocate; that must not ask again.
            rule.set(Rule::Free);
            let worker =
                std::thread::current().name().is_some_and(|name| name.starts_with("render-"));
            rule.set(if worker { Rule::Bound } else { Rule::Free });
        }
        let bound = rule.get() == Rule::Bound && WATCH_WORKERS.load(Relaxed);
        if bound {
            COUNT.fetch_add(1, Relaxed);
        }
    });
}

// SAFETY: every call goes to the system's allocator unchanged; counting beside it touches no memory
// that is handed out.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        note();
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note();
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Uses of the heap that `work` makes on this thread and any worker.
fn bound<R>(work: impl FnOnce() -> R) -> (R, u64) {
    let before = COUNT.load(Relaxed);
    RULE.set(Rule::Bound);
    let result = work();
    RULE.set(Rule::Free);
    (result, COUNT.load(Relaxed) - before)
}

const TRACKS: u32 = 40;
const RATE: u32 = 48_000;

/// Counts what the clock for other machines says.
struct Wire(u64);

impl Period for Wire {
    fn frames(&self) -> usize {
        64
    }
    fn host_ns(&self) -> u64 {
        0
    }
    fn input(&self, _: usize) -> &[f32] {
        &[]
    }
    fn output(&mut self, _: usize) -> &mut [f32] {
        &mut []
    }
    fn midi_in(&self, _: &mut dyn FnMut(usize, u32, &[u8])) {}
    fn midi_out(&mut self, _: usize, _: u32, _: &[u8]) -> bool {
        self.0 += 1;
        true
    }
}

/// One test, so that nothing else runs beside it.
#[test]
fn rendering_never_uses_the_heap() {
    WATCH_WORKERS.store(true, Relaxed);
    let (_, seen) = bound(|| drop(std::hint::black_box(Box::new(1))));
    assert_eq!(seen, 2, "the guard sees an allocation and a free");
    let worker = std::thread::Builder::new().name("render-9".into());
    let before = COUNT.load(Relaxed);
    let worker = worker.spawn(|| drop(std::hint::black_box(Box::new(1)))).expect("a thread");
    worker.join().expect("no panic");
    assert!(COUNT.load(Relaxed) >= before + 2, "the guard sees a worker's");
    WATCH_WORKERS.store(false, Relaxed);

    let soak = std::env::var_os("HARDCORE_SOAK").is_some();
    let seconds = if soak { 300 } else { 10 };
    let factory = EmbeddedFactory::new(std::sync::Arc::new(Library::built_in()));
    let (samples, mut project) = (stage::samples(), stage::stage(TRACKS, 7));
    let options = Options { rate: RATE, threads: 2, sources: 1 };
    let (mut engine, mut renderer, mut sources) =
        prepare(&project, &factory, &samples, &options).expect("a playable project");
    renderer.keep_course();
    let (mut clock, mut wire) = (Clock::new(), Wire(0));
    let mut rng = Pcg64Mcg::seed_from_u64(99);
    let mut out = Outputs::SILENT;
    let (mut heap, mut launches, mut swaps, mut peak) = (0, 0u64, 0u64, 0.0f32);
    let send = |gesture, at| hardcore::engine::protocol::Timed {
        when: hardcore::engine::protocol::When::from(at),
        command: hardcore::engine::protocol::Command::Play(gesture),
    };
    let blocks = seconds * u64::from(RATE) / 64;
    for block in 0..blocks {
        if block % 16 == 0 {
            engine.maintain();
            while engine.next_event().is_some() {}
            while let Some(entry) = engine.next_journal() {
                launches += u64::from(matches!(entry.gesture(), Some(Gesture::Launch { .. })));
            }
        }
        while rng.random_range(0..8) == 0 {
            let at = rng.random_bool(0.5).then(|| renderer.frame() + rng.random_range(0..6400));
            // A full ring refuses: so be it.
            let _ = sources[0].push(send(stage::gesture(&mut rng, TRACKS as u16), at));
        }
        if block % 750 == 0 {
            let fresh = stage::stage(TRACKS, block);
            let index = rng.random_range(2..TRACKS as usize);
            let track = &mut project.tracks[index];
            track.clips.clone_from(&fresh.tracks[index].clips);
            track.mixer.inserts.rotate_left(1);
            let node = if rng.random_bool(0.2) { TRACKS as usize } else { index };
            let id = TrackId(index as u32 + 1);
            let clips = engine.clips_swap(&project, id, &factory, &samples);
            let rack = engine.rack_swap(&project, node, &factory);
            for swap in [clips.expect("a playable edit"), rack.expect("a playable rack")] {
                engine.send_swap(None, swap.expect("a node")).expect("room");
                swaps += 1;
            }
        }
        WATCH_WORKERS.store(true, Relaxed);
        let ((), used) = bound(|| {
            let first = renderer.frame();
            renderer.render(&[], &mut out, HostTime::default());
            clock.block(&renderer);
            clock.send(first, &mut wire);
        });
        WATCH_WORKERS.store(false, Relaxed);
        heap += used;
        peak = out.master.l.iter().fold(peak, |p, x| p.max(x.abs()));
        assert!(peak.is_finite(), "block {block}");
    }
    println!(
        "{seconds} s, {launches} launches, {swaps} swaps, peak {peak}, {} missed, {} lost",
        renderer.missed(),
        renderer.lost
    );
    assert!(launches > seconds * 5 && peak > 0.1, "it was played");
    assert!(wire.0 > 24 * seconds, "{} clock messages", wire.0);
    assert_eq!(heap, 0, "uses of the heap in {seconds} s of rendering");
}

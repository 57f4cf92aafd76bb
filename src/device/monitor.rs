//! How the sound thread fares: load, a histogram of its times, xruns and whose they were.
//!
//! The sound thread only writes atomics: it reads the clock twice a period and never asks the kernel.
//! What the kernel knows of the thread (processor time, context switches) is read from outside by
//! [`Monitor::sample`], which the engine thread calls every few milliseconds.
//!
//! # Whose xrun?
//!
//! A sound thread that is late was either too slow or was not let run. An xrun is *ours* only if one
//! callback's own processor time was longer than its period. Per callback that time is not known from
//! outside, but bounds are: no callback used more than its wall time, and all callbacks between two
//! samples together used what the thread's clock advanced by. The word of an xrun comes while the late
//! callback still runs, or a little after it: so it is judged one sample later, over the samples before,
//! at and after it, each and together. With `C` the thread's processor time in these, `n` callbacks, `L`
//! the longest of wall time and `u` the time of a usual callback, one of them used at least `C / n` and
//! presumably `C - (n - 1) u`; the xrun is ours if the larger, but no more than `L`, exceeds the period.
//! Samples in which no callback ended are joined to the next. With one period a sample this is good to
//! what the kernel counts in, nanoseconds; the longer between samples, the more rests on "usual". Where
//! the kernel tells nothing (not Linux), `L` alone decides, which may blame us for others.

use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Bins of the histogram: four an octave.
pub const BINS: usize = 64;
/// Upper end of the first bin's octave is 2^this nanoseconds: bin 0 begins at about 1 µs.
const FIRST_OCTAVE: u32 = 10;
/// Seconds over which the load is smoothed.
const SMOOTHING_S: f32 = 0.5;

/// What the sound thread leaves about itself; see the module's words.
pub struct Monitor {
    bins: [AtomicU64; BINS],
    periods: AtomicU64,
    frames: AtomicU64,
    /// Length of the last period, nanoseconds.
    period_ns: AtomicU64,
    longest_ns: AtomicU64,
    over: AtomicU64,
    load: AtomicU32,
    peak: AtomicU32,
    xruns: AtomicU64,
    thread: AtomicI32,
    outside: Mutex<Outside>,
}

/// State of whoever samples.
#[derive(Default)]
struct Outside {
    before: Totals,
    /// The last two windows, the older first.
    last: [Window; 2],
    /// Processor time of a usual callback, nanoseconds.
    usual_ns: Option<f64>,
    ours: u64,
}

/// Counts since the beginning.
#[derive(Clone, Copy, Default)]
struct Totals {
    periods: u64,
    cpu_ns: Option<u64>,
    xruns: u64,
}

/// What happened between two samples.
#[derive(Clone, Copy, Default)]
struct Window {
    periods: u64,
    longest_ns: u64,
    cpu_ns: Option<u64>,
    xruns: u64,
}

/// The sound thread's state at one moment; counts run since the device was opened.
#[derive(Clone, Debug)]
pub struct Health {
    /// Share of a period that the callback takes, smoothed over half a second; 1 is all of it.
    pub load: f32,
    /// The largest such share since the last sample.
    pub peak: f32,
    /// Callbacks.
    pub periods: u64,
    /// Frames asked for.
    pub frames: u64,
    /// Times that the device ran dry, as it says itself.
    pub xruns: u64,
    /// Those of them that our callback caused by computing for longer than a period; judged one sample
    /// later.
    pub ours: u64,
    /// Callbacks that took longer than their period by the clock on the wall.
    pub over: u64,
    /// Callback times.
    pub histogram: Histogram,
    /// What the kernel says of the thread, where it does.
    pub thread: Option<ThreadUse>,
}

/// What the kernel knows about the sound thread, since it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadUse {
    /// Processor time, nanoseconds.
    pub cpu_ns: u64,
    /// Times it went to sleep of itself. A device's own wait for the next period is one a period;
    /// more come from waiting inside the callback.
    pub voluntary: u64,
    /// Times another thread was put in its place.
    pub involuntary: u64,
}

/// Counts of callback times in bins, four an octave from 1.024 µs on; the first and last bin are open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram(pub [u64; BINS]);

impl Histogram {
    /// The bin of a time in nanoseconds.
    pub fn bin(ns: u64) -> usize {
        let octave = ns.max(1).ilog2();
        if octave < FIRST_OCTAVE {
            return 0;
        }
        let quarter = (ns >> (octave - 2)) & 3;
        ((octave - FIRST_OCTAVE) as usize * 4 + quarter as usize).min(BINS - 1)
    }

    /// Where a bin ends, nanoseconds.
    pub fn end_ns(bin: usize) -> u64 {
        let octave = FIRST_OCTAVE as usize + bin / 4;
        (1u64 << (octave - 2)) * (5 + bin as u64 % 4)
    }

    /// The time that a share `q` (0..=1) of the callbacks stayed below, rounded up to a bin's end,
    /// nanoseconds; 0 when there are none.
    pub fn quantile_ns(&self, q: f64) -> u64 {
        let all: u64 = self.0.iter().sum();
        let wanted = (q.clamp(0.0, 1.0) * all as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bin, count) in self.0.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return Self::end_ns(bin);
            }
        }
        0
    }
}

impl Default for Monitor {
    fn default() -> Self {
        Monitor {
            bins: [const { AtomicU64::new(0) }; BINS],
            periods: AtomicU64::new(0),
            frames: AtomicU64::new(0),
            period_ns: AtomicU64::new(0),
            longest_ns: AtomicU64::new(0),
            over: AtomicU64::new(0),
            load: AtomicU32::new(0),
            peak: AtomicU32::new(0),
            xruns: AtomicU64::new(0),
            thread: AtomicI32::new(0),
            outside: Mutex::default(),
        }
    }
}

impl Monitor {
    /// Called on the sound thread at its first period: remembers which thread it is.
    /// `false` when that was known already.
    pub(super) fn enter(&self) -> bool {
        let first = self.thread.load(Relaxed) == 0;
        if first {
            self.thread.store(kernel::this_thread(), Relaxed);
        }
        first
    }

    /// Called on the sound thread after a callback that took `wall` for `frames` at `rate`.
    pub(super) fn period(&self, wall: Duration, frames: usize, rate: u32) {
        let wall_ns = u64::try_from(wall.as_nanos()).unwrap_or(u64::MAX);
        let period_ns = frames as u64 * 1_000_000_000 / u64::from(rate.max(1));
        self.bins[Histogram::bin(wall_ns)].fetch_add(1, Relaxed);
        self.longest_ns.fetch_max(wall_ns, Relaxed);
        self.period_ns.store(period_ns, Relaxed);
        if wall_ns > period_ns {
            self.over.fetch_add(1, Relaxed);
        }
        let share = wall_ns as f32 / period_ns.max(1) as f32;
        let step = (period_ns as f32 / 1e9 / SMOOTHING_S).min(1.0);
        let load = f32::from_bits(self.load.load(Relaxed));
        self.load.store((load + step * (share - load)).to_bits(), Relaxed);
        // The bits of floats that are not negative are in the floats' order.
        self.peak.fetch_max(share.to_bits(), Relaxed);
        self.frames.fetch_add(frames as u64, Relaxed);
        self.periods.fetch_add(1, Relaxed);
    }

    /// The device ran dry. Any thread.
    pub(super) fn xrun(&self) {
        self.xruns.fetch_add(1, Relaxed);
    }

    /// Whether the sound thread has ended; `true` where nobody can tell.
    #[cfg(feature = "jack")]
    pub(super) fn over(&self) -> bool {
        kernel::thread_use(self.thread.load(Relaxed)).is_none()
    }

    /// Callbacks so far.
    pub fn periods(&self) -> u64 {
        self.periods.load(Relaxed)
    }

    /// How things stand, and a new beginning for [`Health::peak`]. Not for the sound thread.
    pub fn sample(&self) -> Health {
        let mut outside = self.outside.lock().unwrap_or_else(PoisonError::into_inner);
        let longest_ns = self.longest_ns.swap(0, Relaxed);
        let peak = f32::from_bits(self.peak.swap(0, Relaxed));
        let histogram = Histogram(std::array::from_fn(|i| self.bins[i].load(Relaxed)));
        let periods = self.periods();
        // After the walls: the processor time of every callback measured above is in it.
        let thread = kernel::thread_use(self.thread.load(Relaxed));
        let now =
            Totals { periods, cpu_ns: thread.map(|t| t.cpu_ns), xruns: self.xruns.load(Relaxed) };
        outside.judge(now, longest_ns, self.period_ns.load(Relaxed));
        Health {
            load: f32::from_bits(self.load.load(Relaxed)),
            peak,
            periods,
            frames: self.frames.load(Relaxed),
            xruns: now.xruns,
            ours: outside.ours,
            over: self.over.load(Relaxed),
            histogram,
            thread,
        }
    }
}

impl Outside {
    /// Take the counts of now; judge the xruns of the window before.
    fn judge(&mut self, now: Totals, longest_ns: u64, period_ns: u64) {
        if now.periods == self.before.periods {
            return;
        }
        let window = Window {
            periods: now.periods - self.before.periods,
            longest_ns,
            cpu_ns: now.cpu_ns.map(|cpu| cpu.saturating_sub(self.before.cpu_ns.unwrap_or(0))),
            xruns: now.xruns - self.before.xruns,
        };
        let [older, old] = self.last;
        let around = [older, old, window, older.and(old).and(window)];
        let own = around.into_iter().map(|window| window.own_ns(self.usual_ns)).max();
        if own.is_some_and(|own| own > period_ns) {
            self.ours += old.xruns;
        }
        if let Some(cpu) = window.cpu_ns
            && longest_ns <= period_ns
        {
            let mean = cpu as f64 / window.periods as f64;
            self.usual_ns = Some(self.usual_ns.map_or(mean, |usual| usual + 0.1 * (mean - usual)));
        }
        self.before = now;
        self.last = [old, window];
    }
}

impl Window {
    fn and(self, later: Window) -> Window {
        Window {
            periods: self.periods + later.periods,
            longest_ns: self.longest_ns.max(later.longest_ns),
            cpu_ns: later.cpu_ns.map(|cpu| cpu + self.cpu_ns.unwrap_or(0)),
            xruns: self.xruns + later.xruns,
        }
    }

    /// Processor time of the longest callback, nanoseconds: the rule in the module's words.
    fn own_ns(&self, usual_ns: Option<f64>) -> u64 {
        let Some(cpu) = self.cpu_ns else { return self.longest_ns };
        let mean = cpu / self.periods.max(1);
        let others = usual_ns.map(|usual| usual * self.periods.saturating_sub(1) as f64);
        let presumed = others.map_or(0, |others| cpu.saturating_sub(others as u64));
        self.longest_ns.min(mean.max(presumed))
    }
}

/// Nanoseconds of the clock that MIDI and devices are stamped with: on Linux `CLOCK_MONOTONIC`, which
/// JACK uses too and which costs no call into the kernel; elsewhere since this was first asked.
pub fn host_now_ns() -> u64 {
    kernel::now_ns()
}

#[cfg(target_os = "linux")]
mod kernel {
    //! The kernel's view of a thread, by its number, from any other thread.

    use nix::sys::time::TimeSpec;
    use nix::time::{ClockId, clock_gettime};

    use super::ThreadUse;

    pub fn this_thread() -> i32 {
        nix::unistd::gettid().as_raw()
    }

    fn ns(time: TimeSpec) -> u64 {
        u64::try_from(std::time::Duration::from(time).as_nanos()).unwrap_or(u64::MAX)
    }

    pub fn now_ns() -> u64 {
        clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, ns)
    }

    pub fn thread_use(thread: i32) -> Option<ThreadUse> {
        if thread <= 0 {
            return None;
        }
        // The clock of a thread's time by its number, as the kernel's posix-timers.h lays it out:
        // `MAKE_THREAD_CPUCLOCK(tid, CPUCLOCK_SCHED)`; pthread_getcpuclockid returns the same.
        let clock = ClockId::from_raw((!thread << 3) | 4 | 2);
        let cpu_ns = clock_gettime(clock).ok().map(ns)?;
        let status = std::fs::read_to_string(format!("/proc/self/task/{thread}/status")).ok()?;
        let count = |name: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().parse().ok()
        };
        Some(ThreadUse {
            cpu_ns,
            voluntary: count("voluntary_ctxt_switches:")?,
            involuntary: count("nonvoluntary_ctxt_switches:")?,
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    //! Systems that do not tell about threads by number.

    use std::sync::OnceLock;
    use std::time::Instant;

    use super::ThreadUse;

    pub fn this_thread() -> i32 {
        1
    }

    pub fn now_ns() -> u64 {
        static FIRST: OnceLock<Instant> = OnceLock::new();
        u64::try_from(FIRST.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    pub fn thread_use(_: i32) -> Option<ThreadUse> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds in nanoseconds.
    const MS: u64 = 1_000_000;

    #[test]
    fn bins_are_four_an_octave_and_meet() {
        assert_eq!((Histogram::bin(0), Histogram::bin(1024), Histogram::bin(1280)), (0, 0, 1));
        for bin in 0..BINS - 1 {
            let end = Histogram::end_ns(bin);
            assert_eq!((Histogram::bin(end - 1), Histogram::bin(end)), (bin, bin + 1), "{bin}");
        }
        assert_eq!(Histogram::bin(u64::MAX), BINS - 1);
    }

    #[test]
    fn quantiles_are_the_ends_of_bins() {
        let monitor = Monitor::default();
        assert_eq!(monitor.sample().histogram.quantile_ns(0.5), 0);
        for us in 1..=100 {
            monitor.period(Duration::from_micros(us * 10), 256, 48_000);
        }
        let times = monitor.sample().histogram;
        assert_eq!(times.0.iter().sum::<u64>(), 100);
        let half = times.quantile_ns(0.5);
        assert!((500_000..700_000).contains(&half), "{half}");
        assert!(times.quantile_ns(1.0) >= MS);
    }

    #[test]
    fn load_is_a_share_of_the_period_and_the_peak_begins_anew() {
        let monitor = Monitor::default();
        for _ in 0..1000 {
            monitor.period(Duration::from_millis(1), 480, 48_000);
        }
        monitor.period(Duration::from_millis(9), 480, 48_000);
        let health = monitor.sample();
        assert!((health.load - 0.1).abs() < 0.03 && (health.peak - 0.9).abs() < 0.01);
        assert_eq!((health.periods, health.frames, health.over), (1001, 480_480, 0));
        assert_eq!(monitor.sample().peak, 0.0);
    }

    /// A sample with an xrun and one without; between them `periods` callbacks of 1 ms wall each, one of
    /// them longer, `late` of them before the second.
    fn one(periods: u64, late: u64, long: u64, cpu: u64, usual: Option<f64>) -> u64 {
        let mut outside = Outside { usual_ns: usual, ..Outside::default() };
        let (early, rest) = if late == 0 { (long, 0) } else { (MS, long) };
        let at = |periods, cpu| Totals { periods, cpu_ns: Some(cpu), xruns: 1 };
        if periods > late {
            let part = cpu * (periods - late) / periods;
            outside.judge(at(periods - late, part), early, 5 * MS);
        }
        assert_eq!(outside.ours, 0, "the next sample decides");
        outside.judge(at(periods + 1, cpu + MS), rest.max(MS), 5 * MS);
        if late == periods {
            outside.judge(at(periods + 2, cpu + 2 * MS), MS, 5 * MS);
        }
        outside.ours
    }

    #[test]
    fn an_xrun_is_ours_only_by_our_own_processor_time() {
        // Nobody was slow by the wall: the device was not served for other reasons.
        assert_eq!(one(4, 0, MS, 4 * MS, None), 0);
        // 9 ms on the wall, of which the thread ran 1: it was put aside.
        assert_eq!(one(1, 0, 9 * MS, MS, None), 0);
        // 9 ms on the wall and on the processor.
        assert_eq!(one(1, 0, 9 * MS, 9 * MS, None), 1);
        // Among others of 1 ms each: 3 + 9 ours, 3 + 1 not.
        assert_eq!(one(4, 0, 9 * MS, 12 * MS, Some(1e6)), 1);
        assert_eq!(one(4, 0, 9 * MS, 4 * MS, Some(1e6)), 0);
    }

    #[test]
    fn the_word_of_an_xrun_may_come_before_the_callback_ends() {
        assert_eq!(one(4, 1, 9 * MS, 12 * MS, Some(1e6)), 1);
        assert_eq!(one(4, 1, 9 * MS, 4 * MS, Some(1e6)), 0);
        // Nothing had ended yet: that sample waits for the next.
        assert_eq!(one(1, 1, 9 * MS, 9 * MS, Some(1e6)), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernel_tells_what_another_thread_used() {
        let monitor = std::sync::Arc::new(Monitor::default());
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let (tell, hear) = std::sync::mpsc::channel();
        let theirs = std::sync::Arc::clone(&monitor);
        let thread = std::thread::spawn(move || {
            theirs.enter();
            let begun = kernel::thread_use(kernel::this_thread()).unwrap().cpu_ns;
            while kernel::thread_use(kernel::this_thread()).unwrap().cpu_ns < begun + 5 * MS {}
            tell.send(()).unwrap();
            wait.recv().ok();
        });
        hear.recv().unwrap();
        let used = monitor.sample().thread.unwrap();
        assert!(used.cpu_ns >= 5 * MS, "{used:?}");
        drop(go);
        thread.join().unwrap();
        assert_eq!(monitor.sample().thread, None, "a thread that has ended is not told about");
    }
}

//! An allocator that counts every use of the heap by the threads that make sound.

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Whether a thread may use the heap.
#[derive(Clone, Copy, PartialEq)]
enum Rule {
    /// Not looked at yet.
    Unknown,
    Free,
    /// The callback: every use counts.
    Callback,
    /// Renders for the callback: every use counts.
    Helper,
}

thread_local! {
    static RULE: Cell<Rule> = const { Cell::new(Rule::Unknown) };
}

/// Uses of the heap while bound: by the callback, by those who help it.
static COUNT: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];
/// Uses count now.
static WATCHING: AtomicBool = AtomicBool::new(false);
/// Where the first use was.
static FIRST: Mutex<Option<String>> = Mutex::new(None);

struct Counting;

/// Where we are: the calls in this house and in the crates it is built on.
fn here() -> String {
    let trace = Backtrace::force_capture().to_string();
    let lines: Vec<&str> = trace.lines().collect();
    let ours = lines.windows(2).filter(|two| {
        let place = two[1].trim_start();
        place.starts_with("at ") && !place.contains("/rustc/") && !place.contains("/sysdeps/")
    });
    ours.map(|two| two.join("\n") + "\n").collect()
}

fn note() {
    if !WATCHING.load(Relaxed) {
        return;
    }
    let _ = RULE.try_with(|rule| {
        if rule.get() == Rule::Unknown {
            // Asking for the name may allocate; that must not ask again.
            rule.set(Rule::Free);
            rule.set(match std::thread::current().name() {
                Some(name) if name.starts_with("render-") => Rule::Helper,
                // The clock that stands in for a device.
                Some("no-device") => Rule::Callback,
                _ => Rule::Free,
            });
        }
        let bound = rule.get();
        if bound == Rule::Callback || bound == Rule::Helper {
            COUNT[usize::from(bound == Rule::Helper)].fetch_add(1, Relaxed);
            rule.set(Rule::Free);
            let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert_with(here);
            drop(first);
            rule.set(bound);
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

/// What the threads that make sound did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Uses of the heap on the callback.
    pub callback: u64,
    /// Those on its helpers.
    pub helpers: u64,
    /// Times that the callback went to sleep of itself.
    pub waits: u64,
    /// The same in calls in which it was the first to touch a page of memory: the kernel gives it then,
    /// and waits while others are being given some.
    pub waits_for_pages: u64,
    /// Times that another thread was put in its place.
    pub put_aside: u64,
    /// Pages of memory that it was the first to touch.
    pub pages: u64,
}

impl Used {
    /// Add another's.
    pub fn add(&mut self, other: Used) {
        self.callback += other.callback;
        self.helpers += other.helpers;
        self.waits += other.waits;
        self.waits_for_pages += other.waits_for_pages;
        self.put_aside += other.put_aside;
        self.pages += other.pages;
    }

    /// Fails if there was a use of the heap or a wait.
    pub fn assert_none(&self, what: &str) {
        let heap = self.callback + self.helpers;
        let first = FIRST.lock().unwrap_or_else(PoisonError::into_inner).take();
        assert_eq!(
            heap,
            0,
            "uses of the heap, {what}: {self:?}, the first at\n{}",
            first.unwrap_or_default()
        );
        assert_eq!(self.waits, 0, "waits of its own inside the callback, {what}: {self:?}");
    }
}

fn heap() -> [u64; 2] {
    [COUNT[0].load(Relaxed), COUNT[1].load(Relaxed)]
}

/// This thread's switches of its own, others, and pages so far.
#[cfg(target_os = "linux")]
fn kernel() -> [u64; 3] {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_THREAD).expect("the thread's use");
    let (own, others) = (usage.voluntary_context_switches(), usage.involuntary_context_switches());
    [own, others, usage.minor_page_faults()].map(|count| count as u64)
}

/// Nobody tells.
#[cfg(not(target_os = "linux"))]
fn kernel() -> [u64; 3] {
    [0; 3]
}

/// Count what `work` does on this thread, and its helpers meanwhile.
pub fn bound<R>(work: impl FnOnce() -> R) -> (R, Used) {
    let (before, since) = (kernel(), heap());
    let rule = RULE.replace(Rule::Callback);
    WATCHING.store(true, Relaxed);
    let result = work();
    WATCHING.store(false, Relaxed);
    RULE.set(rule);
    let (after, now) = (kernel(), heap());
    let (all, pages) = (after[0] - before[0], after[2] - before[2]);
    let (waits, waits_for_pages) = if pages == 0 { (all, 0) } else { (0, all) };
    let used = Used {
        callback: now[0] - since[0],
        helpers: now[1] - since[1],
        waits,
        waits_for_pages,
        put_aside: after[1] - before[1],
        pages,
    };
    (result, used)
}

/// Count what threads that are known by their names do while `work` runs on this one.
pub fn watched<R>(work: impl FnOnce() -> R) -> (R, Used) {
    let since = heap();
    WATCHING.store(true, Relaxed);
    let result = work();
    WATCHING.store(false, Relaxed);
    let now = heap();
    let (callback, helpers) = (now[0] - since[0], now[1] - since[1]);
    (result, Used { callback, helpers, ..Used::default() })
}

/// Waits until so many helpers are past what a thread does on the heap when it starts: they nap.
pub fn wait_for_helpers(count: usize) {
    while napping().is_some_and(|napping| napping < count) {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Helpers that have gone to sleep a few times; `None` where nobody tells.
fn napping() -> Option<usize> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?.filter_map(Result::ok);
    let naps = |task: std::fs::DirEntry| {
        let read = |name: &str| std::fs::read_to_string(task.path().join(name)).ok();
        let status = read("status")?;
        let of = |line: &str| line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse().ok();
        let naps: u64 = status.lines().find_map(of)?;
        (read("comm")?.starts_with("render-") && naps > 3).then_some(())
    };
    Some(tasks.filter_map(naps).count())
}

/// One test at a time: the allocator is everybody's.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The long form is asked for.
pub fn soak() -> bool {
    std::env::var_os("HARDCORE_SOAK").is_some()
}

#[test]
fn the_guard_sees_the_heap_and_waits() {
    let _alone = alone();
    let (_, used) = bound(|| drop(std::hint::black_box(Box::new(1))));
    assert_eq!((used.callback, used.helpers), (2, 0), "an allocation and a free");
    let (_, used) = watched(|| {
        let worker = std::thread::Builder::new().name("render-9".into());
        let worker = worker.spawn(|| drop(std::hint::black_box(Box::new(1)))).expect("a thread");
        worker.join().expect("no panic");
    });
    assert!(used.callback == 0 && used.helpers >= 2, "a helper's: {used:?}");
    let first = FIRST.lock().unwrap_or_else(PoisonError::into_inner).take();
    assert!(first.is_some_and(|at| at.contains("the_guard_sees")), "and says where");
    if cfg!(target_os = "linux") {
        let (_, used) = bound(|| std::thread::sleep(Duration::from_millis(1)));
        assert!(used.waits + used.waits_for_pages > 0, "a wait: {used:?}");
    }
}

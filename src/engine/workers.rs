//! Helpers for the callback: nodes of one level rendered on several cores.
//!
//! Boxes travel through bounded lock-free queues, so nothing is allocated, locked or shared. A node
//! is handed to the thread that rendered it last, whose cache still holds it; whoever has nothing
//! left takes from the others. Every node computes alone from its own input, so the bytes do not
//! depend on who computed it. A node never panics ([`Node::render`]), so every box comes back.
//!
//! **Rest.** The callback may not wake anybody: that is a system call. So helpers come by themselves.
//! One that finds nothing to do looks again and again for 2 ms, the time in which music that plays
//! brings more (offline, and live with requests of up to a few blocks), lets others have the core
//! after the first microseconds, and then looks in every half millisecond between naps. Meanwhile the
//! calling thread renders what nobody takes, so a nap costs at most half a millisecond of help, never
//! a block. And nodes that have nothing to say are not handed out at all ([`Node::is_idle`]): while
//! nothing sounds, the helpers nap although the device goes on asking.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_queue::ArrayQueue;

use super::node::Node;

/// A node on its way, with its index.
pub type Job = (usize, Box<Node>);

struct Shared {
    /// What waits for each thread: the caller's first, then the helpers'.
    todo: Vec<ArrayQueue<Job>>,
    done: ArrayQueue<Job>,
    stop: AtomicBool,
    /// Helpers that nap between looks.
    resting: AtomicUsize,
}

/// A team of threads that render nodes.
pub struct Workers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// The thread that hands out.
pub const CALLER: usize = 0;
/// Tries before an idle helper lets others have the core.
const SPINS: u32 = 2_000;
/// How long an idle helper keeps looking before it naps.
const AWAKE: Duration = Duration::from_millis(2);
/// Length of a nap.
const NAP: Duration = Duration::from_micros(500);

impl Workers {
    /// `threads` helpers for graphs of up to `nodes` nodes.
    pub fn new(threads: usize, nodes: usize) -> Self {
        let shared = Arc::new(Shared {
            todo: (0..=threads).map(|_| ArrayQueue::new(nodes.max(1))).collect(),
            done: ArrayQueue::new(nodes.max(1)),
            stop: AtomicBool::new(false),
            resting: AtomicUsize::new(0),
        });
        let threads = (0..threads)
            .filter_map(|i| {
                let shared = Arc::clone(&shared);
                let builder = std::thread::Builder::new().name(format!("render-{i}"));
                builder.spawn(move || work(&shared, i + 1)).ok()
            })
            .collect();
        Workers { shared, threads }
    }

    /// How many helpers found nothing to do for a while and nap.
    pub fn resting(&self) -> usize {
        self.shared.resting.load(Ordering::Relaxed)
    }

    /// Hand out a node. Gives it back when the queue is full.
    pub fn submit(&self, job: Job) -> Result<(), Job> {
        let home = job.1.home % self.shared.todo.len();
        self.shared.todo[home].push(job)
    }

    /// Render one waiting node on this thread, or take one that is done.
    pub fn help(&self) -> Option<Job> {
        if let Some((index, mut node)) = self.shared.take(CALLER) {
            node.render();
            return Some((index, node));
        }
        let done = self.shared.done.pop();
        if done.is_none() {
            std::hint::spin_loop();
        }
        done
    }
}

impl Shared {
    /// The next job for thread `me`: its own, else one of another's.
    fn take(&self, me: usize) -> Option<Job> {
        let (before, from) = self.todo.split_at_checked(me)?;
        let (index, mut node) = from.iter().chain(before).find_map(ArrayQueue::pop)?;
        node.home = me;
        Some((index, node))
    }
}

fn work(shared: &Shared, me: usize) {
    super::unchecked::flush_to_zero(|| {
        while !shared.stop.load(Ordering::Relaxed) {
            let Some((index, mut node)) = next(shared, me) else { return };
            node.render();
            // As many places as there are nodes: it cannot be full.
            let mut job = (index, node);
            while let Err(back) = shared.done.push(job) {
                job = back;
            }
        }
    });
}

/// The next job, waited for; `None` when there will be no more.
fn next(shared: &Shared, me: usize) -> Option<Job> {
    for _ in 0..SPINS {
        if let Some(job) = shared.take(me) {
            return Some(job);
        }
        std::hint::spin_loop();
    }
    let since = Instant::now();
    while since.elapsed() < AWAKE {
        std::thread::yield_now();
        if let Some(job) = shared.take(me) {
            return Some(job);
        }
    }
    shared.resting.fetch_add(1, Ordering::Relaxed);
    let mut job = None;
    while job.is_none() && !shared.stop.load(Ordering::Relaxed) {
        std::thread::sleep(NAP);
        job = shared.take(me);
    }
    shared.resting.fetch_sub(1, Ordering::Relaxed);
    job
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // Nothing it calls panics.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::strip::StripSettings;

    /// Wait until `done`; a minute is longer than any machine needs.
    fn wait(mut done: impl FnMut() -> bool) -> bool {
        (0..60_000).any(|_| {
            std::thread::sleep(Duration::from_millis(1));
            done()
        })
    }

    #[test]
    fn idle_helpers_rest_and_nothing_waits_for_them() {
        let workers = Workers::new(3, 8);
        for _ in 0..3 {
            assert!(wait(|| workers.resting() == 3), "{} rest", workers.resting());
            let node = || Box::new(Node::new(&StripSettings::default(), 48_000, 1));
            (0..8).for_each(|i| assert!(workers.submit((i, node())).is_ok()));
            let mut back: Vec<usize> = Vec::new();
            while back.len() < 8 {
                back.extend(workers.help().map(|(index, _)| index));
            }
            back.sort_unstable();
            assert_eq!(back, [0, 1, 2, 3, 4, 5, 6, 7]);
        }
    }
}

//! Helpers for the callback: nodes of one level rendered on several cores.
//!
//! Boxes travel through bounded lock-free queues, so nothing is allocated, locked or shared; whoever
//! is free takes the next. Every node computes alone from its own input, so the bytes do not depend
//! on who computed it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crossbeam_queue::ArrayQueue;

use super::node::Node;

/// A node on its way, with its index.
pub type Job = (usize, Box<Node>);

struct Shared {
    todo: ArrayQueue<Job>,
    done: ArrayQueue<Job>,
    stop: AtomicBool,
}

/// A team of threads that render nodes.
pub struct Workers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// Tries before an idle worker lets others have the core.
const SPINS: u32 = 2_000;

impl Workers {
    /// `threads` helpers for graphs of up to `nodes` nodes.
    pub fn new(threads: usize, nodes: usize) -> Self {
        let shared = Arc::new(Shared {
            todo: ArrayQueue::new(nodes.max(1)),
            done: ArrayQueue::new(nodes.max(1)),
            stop: AtomicBool::new(false),
        });
        let threads = (0..threads)
            .filter_map(|i| {
                let shared = Arc::clone(&shared);
                let builder = std::thread::Builder::new().name(format!("render-{i}"));
                builder.spawn(move || work(&shared)).ok()
            })
            .collect();
        Workers { shared, threads }
    }

    /// Hand out a node. Gives it back when the queue is full.
    pub fn submit(&self, job: Job) -> Result<(), Job> {
        self.shared.todo.push(job)
    }

    /// Render one waiting node on this thread, or take one that is done.
    pub fn help(&self) -> Option<Job> {
        if let Some((index, mut node)) = self.shared.todo.pop() {
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

fn work(shared: &Shared) {
    super::unchecked::flush_to_zero(|| {
        let mut idle = 0;
        while !shared.stop.load(Ordering::Relaxed) {
            match shared.todo.pop() {
                Some((index, mut node)) => {
                    idle = 0;
                    node.render();
                    // As many places as there are nodes: it cannot be full.
                    let mut job = (index, node);
                    while let Err(back) = shared.done.push(job) {
                        job = back;
                    }
                }
                None if idle < SPINS => {
                    idle += 1;
                    std::hint::spin_loop();
                }
                None => std::thread::yield_now(),
            }
        }
    });
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A worker that panicked has already said so.
            let _ = thread.join();
        }
    }
}

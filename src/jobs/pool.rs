//! The pool: two workers that take from one queue and tell what becomes of their work.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, unbounded};

use super::{JobId, Output, Work};

/// Jobs that run at once.
const WORKERS: usize = 2;
/// Jobs that wait.
const QUEUE: usize = 16;
/// Progress is told in steps of this share.
const STEP: f32 = 0.01;

/// Work on its way to a worker.
pub(super) struct Item {
    pub(super) id: JobId,
    pub(super) cancel: Arc<AtomicBool>,
    pub(super) work: Work,
}

/// What a worker tells of a job.
pub(super) enum Told {
    Began,
    Progress(f32),
    Said(String),
    Ended(Result<Output, String>),
}

/// A worker's way to tell how its job goes, and to hear whether anybody still wants it.
pub struct Teller {
    id: JobId,
    cancel: Arc<AtomicBool>,
    closing: Arc<AtomicBool>,
    told: Sender<(JobId, Told)>,
    share: f32,
}

impl Teller {
    /// Whether the job is to be broken off.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed) || self.closing.load(Ordering::Relaxed)
    }

    /// Tell how far the job is, 0–1.
    pub fn progress(&mut self, share: f32) {
        let share = share.clamp(0.0, 1.0);
        if share - self.share >= STEP {
            self.share = share;
            self.tell(Told::Progress(share));
        }
    }

    /// Tell a sentence.
    pub fn say(&self, sentence: impl Into<String>) {
        self.tell(Told::Said(sentence.into()));
    }

    fn tell(&self, told: Told) {
        // Nobody listens any more once the world is gone.
        let _ = self.told.send((self.id, told));
    }
}

/// Workers, their queue, and what they told.
pub(super) struct Pool {
    queue: Sender<Item>,
    told: Receiver<(JobId, Told)>,
    closing: Arc<AtomicBool>,
    started: usize,
}

impl Default for Pool {
    fn default() -> Self {
        let (queue, items) = bounded::<Item>(QUEUE);
        let (tell, told) = unbounded();
        let closing = Arc::new(AtomicBool::new(false));
        let mut started = 0;
        for number in 1..=WORKERS {
            let (items, tell, closing) = (items.clone(), tell.clone(), Arc::clone(&closing));
            let builder = Builder::new().name(format!("job worker {number}"));
            match builder.spawn(move || run(&items, &tell, &closing)) {
                Ok(_) => started += 1,
                Err(error) => tracing::warn!("a job worker was not started: {error}"),
            }
        }
        Pool { queue, told, closing, started }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // Who closes a set does not wait for what it has in work.
        self.closing.store(true, Ordering::Relaxed);
    }
}

impl Pool {
    /// Put work into the queue.
    pub(super) fn push(&self, item: Item) -> Result<(), String> {
        if self.started == 0 {
            return Err("the system starts no more threads: close something else first".into());
        }
        self.queue.try_send(item).map_err(|error| match error {
            TrySendError::Full(_) => {
                format!("{QUEUE} jobs wait already: cancel one, or ask again when one is done")
            }
            TrySendError::Disconnected(_) => {
                "no worker is left: save, and start the program again".to_owned()
            }
        })
    }

    /// What was told since the last time.
    pub(super) fn told(&self) -> impl Iterator<Item = (JobId, Told)> + '_ {
        self.told.try_iter()
    }
}

fn run(items: &Receiver<Item>, told: &Sender<(JobId, Told)>, closing: &Arc<AtomicBool>) {
    for Item { id, cancel, work } in items {
        let (closing, told) = (Arc::clone(closing), told.clone());
        let mut teller = Teller { id, cancel, closing, told, share: 0.0 };
        if teller.is_cancelled() {
            continue;
        }
        teller.tell(Told::Began);
        // The work owns all that it touches, so nothing half done is left behind.
        let result = catch_unwind(AssertUnwindSafe(|| work(&mut teller)));
        let result = result.unwrap_or_else(|panic| Err(broke(&*panic)));
        teller.tell(Told::Ended(result));
    }
}

/// What a panic says, as a sentence.
fn broke(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
    let said = said.map_or_else(String::new, |text| format!(" ({text})"));
    format!("it broke off because of a fault in the program{said}; the set is untouched")
}

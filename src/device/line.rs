//! The line between a device's thread and the engine's: the callback sits on it, and can be taken off.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, TryLockError};
use std::time::{Duration, Instant};

use super::monitor::Monitor;
use super::port::{Callback, Period};

/// Longest time to wait for the device's thread to be done with its period.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why a device plays no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Unplugged, or its driver stopped.
    Unplugged = 1,
    /// It wants another format now.
    Changed = 2,
    /// The sound server ended.
    ServerGone = 3,
    /// It runs at another rate now.
    Rate = 4,
}

impl End {
    fn of(code: u8) -> Option<End> {
        [End::Unplugged, End::Changed, End::ServerGone, End::Rate]
            .into_iter()
            .find(|end| *end as u8 == code)
    }
}

/// What a device's thread and the engine's share.
///
/// The callback lies in a mutex for which the device's thread never waits: it tries, which is one
/// atomic exchange, and plays silence when the callback is being taken. The taker tries too, so that
/// there is never anybody to wake.
pub struct Line {
    seat: Mutex<Option<Box<dyn Callback>>>,
    /// How the device's thread fares.
    pub monitor: Arc<Monitor>,
    end: AtomicU8,
}

impl Line {
    /// A line with a callback on it, and no period played yet.
    pub fn new(callback: Box<dyn Callback>) -> Self {
        Line {
            seat: Mutex::new(Some(callback)),
            monitor: Arc::new(Monitor::default()),
            end: AtomicU8::new(0),
        }
    }

    /// The device's thread: play one period at `rate` frames per second. Outputs must be silent.
    pub fn play(&self, rate: u32, period: &mut dyn Period) {
        if self.monitor.enter() {
            crate::logging::never_on_this_thread();
        }
        let frames = period.frames();
        let begun = Instant::now();
        if let Ok(mut seat) = self.seat.try_lock()
            && let Some(callback) = seat.as_mut()
        {
            callback.process(period);
        }
        self.monitor.period(begun.elapsed(), frames, rate);
    }

    /// The device says that it is over. Any thread; the first reason stays.
    pub(super) fn end(&self, why: End) {
        let _ = self.end.compare_exchange(0, why as u8, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Why it is over, if it is.
    pub(super) fn ended(&self) -> Option<End> {
        End::of(self.end.load(Ordering::Acquire))
    }

    /// Whether the callback died of a panic.
    pub(super) fn broken(&self) -> bool {
        self.seat.is_poisoned()
    }

    /// Put `callback` in the place of the one that plays, which comes back.
    ///
    /// # Errors
    /// The one that plays cannot be had, see [`take`](Line::take); here is the new one again.
    pub fn swap(
        &self,
        callback: Box<dyn Callback>,
    ) -> Result<Option<Box<dyn Callback>>, Box<dyn Callback>> {
        let mut new = Some(callback);
        match (self.with(|seat| std::mem::replace(seat, new.take())), new) {
            (None, Some(new)) => Err(new),
            (old, _) => Ok(old.flatten()),
        }
    }

    /// Take the callback off. `None` when there is none, when it died, or when the device's thread has
    /// stood in it for a second.
    pub fn take(&self) -> Option<Box<dyn Callback>> {
        self.with(Option::take).flatten()
    }

    /// Do something with the seat between two periods.
    fn with<T>(&self, act: impl FnOnce(&mut Option<Box<dyn Callback>>) -> T) -> Option<T> {
        let begun = Instant::now();
        loop {
            match self.seat.try_lock() {
                Ok(mut seat) => return Some(act(&mut seat)),
                Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_micros(200));
                }
                Err(_) => return None,
            }
        }
    }
}

//! A device without sound: a thread that asks for a period whenever one is due.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::line::Line;
use super::midi;
use super::monitor::host_now_ns;
use super::port::OutputsOnly;
use super::{Backend, Device, Found, Offer, OpenError, PERIOD, Patchbay, RATE, Stream, Wish};

/// Further behind than this (the machine slept), the clock begins anew instead of catching up.
const GIVE_UP: Duration = Duration::from_millis(500);
/// Outputs: master and cue.
const OUTPUTS: usize = 4;

/// The device; it is always there.
pub(super) fn find(wish: &Wish) -> Found {
    let rate = wish.rate.unwrap_or(RATE).clamp(8_000, 384_000);
    let period = wish.period.unwrap_or(PERIOD).clamp(16, 8192);
    let outputs = if wish.cue.is_some() { OUTPUTS } else { 2 };
    Found {
        name: "none".to_owned(),
        rate,
        period,
        backend: Backend::Null,
        notes: Vec::new(),
        offer: Offer { periods: Some((16, 8192)), ..Offer::default() },
        device: Box::new(Null { rate, period: period as usize, outputs, wish: wish.clone() }),
    }
}

struct Null {
    rate: u32,
    period: usize,
    outputs: usize,
    wish: Wish,
}

struct Clock {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    bay: Option<midi::Bay>,
}

impl Stream for Clock {
    fn patchbay(&mut self) -> Option<&mut dyn Patchbay> {
        self.bay.as_mut().map(|bay| bay as &mut dyn Patchbay)
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}

impl Device for Null {
    fn play(
        self: Box<Self>,
        line: Arc<Line>,
        notes: &mut Vec<String>,
    ) -> Result<Box<dyn Stream>, OpenError> {
        let (ports, bay) = midi::open(&self.wish, notes);
        let stop = Arc::new(AtomicBool::new(false));
        let ask = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("no-device".to_owned())
            .spawn(move || self.run(&line, ports, &ask))
            .map_err(|e| OpenError::Null(e.to_string()))?;
        Ok(Box::new(Clock { stop, thread: Some(thread), bay }))
    }
}

impl Null {
    fn run(&self, line: &Line, mut midi: Option<midi::Ports>, stop: &AtomicBool) {
        let mut out = vec![vec![0.0f32; self.period]; self.outputs];
        let mut begun = Instant::now();
        // Periods since `begun`: no rounding adds up.
        let mut count = 0u64;
        while !stop.load(Ordering::Acquire) {
            let frames = count * self.period as u64;
            let nanos = u128::from(frames) * 1_000_000_000 / u128::from(self.rate);
            let due = begun + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
            let now = Instant::now();
            if now < due {
                std::thread::sleep(due - now);
            } else if now - due > GIVE_UP {
                line.monitor.xrun();
                begun = now;
                count = 0;
            }
            for channel in &mut out {
                channel.fill(0.0);
            }
            let (frames, rate) = (self.period, self.rate);
            let mut void = OutputsOnly::begin(&mut out, frames, host_now_ns(), &mut midi, rate);
            line.play(rate, &mut void);
            count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use super::super::testing::Counter;
    use super::super::{Status, open};
    use super::*;
    use crate::device::port::Period;

    fn wish() -> Wish {
        Wish { backend: Backend::Null, period: Some(64), ..Wish::default() }
    }

    #[test]
    fn it_plays_in_real_time_and_gives_the_callback_back() {
        let counter = Counter::default();
        let frames = Arc::clone(&counter.frames);
        let begun = Instant::now();
        let mut running = open(&wish(), Box::new(counter)).map_err(|e| e.0).unwrap();
        assert_eq!((running.rate, running.period, running.status()), (RATE, 64, Status::Playing));
        while frames.load(Relaxed) < 4800 {
            std::thread::yield_now();
        }
        // Never ahead of the clock; how far behind is the machine's business.
        assert!(begun.elapsed() >= Duration::from_millis(98), "{:?}", begun.elapsed());
        let health = running.monitor.sample();
        assert!(health.periods >= 74 && health.load > 0.0, "{health:?}");
        let callback = running.stop();
        assert!(callback.is_some());
        let stopped = frames.load(Relaxed);
        // The same callback goes on counting elsewhere.
        let again = open(&wish(), callback.unwrap()).map_err(|e| e.0).unwrap();
        while frames.load(Relaxed) == stopped {
            std::thread::yield_now();
        }
        assert!(again.stop().is_some());
    }

    #[test]
    fn a_callback_that_panics_is_told_and_not_given_back() {
        struct Bad;
        impl super::super::port::Callback for Bad {
            fn process(&mut self, _: &mut dyn Period) {
                std::panic::resume_unwind(Box::new("bad"));
            }
        }
        let mut running = open(&wish(), Box::new(Bad)).map_err(|e| e.0).unwrap();
        while running.status() == Status::Playing {
            std::thread::yield_now();
        }
        assert_eq!(running.status(), Status::Lost("the engine stopped with an error".into()));
        assert!(running.stop().is_none());
    }
}

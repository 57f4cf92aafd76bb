//! The way back: scsynth's outputs as the callback receives them, and what they tell about scsynth.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crossbeam_queue::ArrayQueue;

use crate::engine::block::{BLOCK, StereoBlock};

/// What the beat rises by with each frame: see `defs/hc_beat.scd`.
const STEP: f32 = 1.0 / 65_536.0;
/// Level from which on a sample is a tick.
const TICK: f32 = 0.5;

/// What the callback, the voices and the thread that talks to scsynth share.
#[derive(Debug)]
pub(super) struct Shared {
    /// Frames per second.
    pub rate: u32,
    /// Frames from a command to its sound: whole blocks.
    pub latency: u32,
    /// One a track.
    pub pairs: Vec<Pair>,
    /// scsynth plays, in time, and is heard. The thread sets it; it and the callback clear it.
    pub usable: AtomicBool,
    /// The server is over.
    pub stop: AtomicBool,
    /// First frame and host time of periods.
    pub periods: ArrayQueue<(u64, u64)>,
    /// Frames on which ticks were heard.
    pub ticks: ArrayQueue<u64>,
}

/// A pair of scsynth's outputs: the last block of it.
#[derive(Debug)]
pub(super) struct Pair {
    samples: [AtomicU32; 2 * BLOCK],
    /// There is something in it.
    sounds: AtomicBool,
    /// A track has it.
    pub taken: AtomicBool,
}

impl Pair {
    fn new() -> Self {
        Pair {
            samples: [const { AtomicU32::new(0) }; 2 * BLOCK],
            sounds: AtomicBool::new(false),
            taken: AtomicBool::new(false),
        }
    }

    fn write(&self, block: &StereoBlock) {
        for (sample, x) in self.samples.iter().zip(block.l.iter().chain(&block.r)) {
            sample.store(x.to_bits(), Ordering::Relaxed);
        }
        self.sounds.store(true, Ordering::Release);
    }

    /// Add what is in it to `out`.
    pub(super) fn add_to(&self, out: &mut StereoBlock) {
        if self.sounds.load(Ordering::Acquire) {
            let both = out.l.iter_mut().chain(&mut out.r);
            for (x, sample) in both.zip(&self.samples) {
                *x += f32::from_bits(sample.load(Ordering::Relaxed));
            }
        }
    }
}

impl Shared {
    pub(super) fn new(rate: u32, latency: u32, pairs: usize) -> Self {
        Shared {
            rate,
            latency,
            pairs: (0..pairs).map(|_| Pair::new()).collect(),
            usable: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            periods: ArrayQueue::new(512),
            ticks: ArrayQueue::new(64),
        }
    }

    /// Whether scsynth plays, in time, and is heard.
    pub(super) fn is_usable(&self) -> bool {
        self.usable.load(Ordering::Acquire)
    }

    /// A pair that no track has; it has it now.
    pub(super) fn take_pair(&self) -> Option<usize> {
        self.pairs.iter().position(|pair| !pair.taken.swap(true, Ordering::AcqRel))
    }
}

/// The callback's half of a [`Server`](super::Server): no call of it allocates, locks or waits.
///
/// Tell it each period's first frame, and each block of scsynth's outputs before the renderer
/// renders that block.
#[derive(Debug)]
pub struct Returns {
    shared: Arc<Shared>,
    host_now: fn() -> u64,
    /// The beat's last value.
    beat: Option<f32>,
    /// Frames since it last went on.
    still: u32,
    /// Frames since a tick was heard.
    quiet: u32,
    /// First frame and length of the last period, frames.
    period: (u64, u32),
}

impl Returns {
    pub(super) fn new(shared: Arc<Shared>, host_now: fn() -> u64) -> Self {
        Returns { shared, host_now, beat: None, still: 0, quiet: u32::MAX / 2, period: (0, 0) }
    }

    /// Pairs of inputs that [`block`](Returns::block) wants: one a track, and the last for measuring.
    pub fn pairs(&self) -> usize {
        self.shared.pairs.len() + 1
    }

    /// A period begins now; its first frame is this one of the engine. JACK's own time of it is of no use
    /// here: it leaps at an xrun, and is of another clock.
    pub fn period(&mut self, frame: u64) {
        let length = frame.saturating_sub(self.period.0).min(1 << 16) as u32;
        self.period = (frame, length);
        self.shared.periods.force_push((frame, (self.host_now)()));
    }

    /// What came in on scsynth's pairs with the block of this first frame; silence where `pairs` ends.
    pub fn block(&mut self, frame: u64, pairs: &[StereoBlock]) {
        let silent = StereoBlock::SILENT;
        let measured = pairs.get(self.shared.pairs.len()).unwrap_or(&silent);
        let fresh = self.goes_on(&measured.r);
        self.still = if fresh { 0 } else { self.still.saturating_add(BLOCK as u32) };
        // A late period now and then is no reason to give up.
        let patience = (self.shared.rate / 40).max(2 * self.period.1 + 2 * BLOCK as u32);
        if self.still > patience {
            self.shared.usable.store(false, Ordering::Release);
            self.beat = None;
        }
        if fresh {
            self.listen(frame, &measured.l);
        }
        // Once it was given up, it has to prove itself by ticks first.
        let heard = fresh && self.shared.is_usable();
        for (pair, block) in self.shared.pairs.iter().zip(pairs) {
            if heard && pair.taken.load(Ordering::Relaxed) {
                pair.write(block);
            } else {
                pair.sounds.store(false, Ordering::Release);
            }
        }
        for pair in self.shared.pairs.iter().skip(pairs.len()) {
            pair.sounds.store(false, Ordering::Release);
        }
    }

    /// Whether the beat goes on. A server plays the last buffer of a client that hangs again and again;
    /// of one that is gone, silence.
    fn goes_on(&mut self, beat: &[f32; BLOCK]) -> bool {
        let rises = |from: f32, to: f32| (to - from - STEP).rem_euclid(1.0);
        let steady = beat.windows(2).all(|w| {
            let off = rises(w[0], w[1]);
            !(STEP / 4.0..=1.0 - STEP / 4.0).contains(&off)
        });
        // Frames may be missing, but it never goes back.
        let forward = self.beat.is_none_or(|last| rises(last, beat[0]) < 0.5);
        if steady && forward {
            self.beat = Some(beat[BLOCK - 1]);
        }
        steady && forward
    }

    fn listen(&mut self, frame: u64, ticks: &[f32; BLOCK]) {
        for (i, x) in ticks.iter().enumerate() {
            self.quiet = self.quiet.saturating_add(1);
            if *x > TICK {
                if self.quiet > self.shared.rate / 100 {
                    self.shared.ticks.force_push(frame + i as u64);
                }
                self.quiet = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outputs of an scsynth of one track that plays `level`, from its own frame `at` on.
    fn outputs(at: u32, level: f32, tick: Option<usize>) -> [StereoBlock; 2] {
        let mut measured = StereoBlock::SILENT;
        for (i, x) in measured.r.iter_mut().enumerate() {
            *x = ((at + i as u32) % 65_536) as f32 * STEP;
        }
        if let Some(i) = tick {
            measured.l[i] = 1.0;
        }
        [StereoBlock { l: [level; BLOCK], r: [-level; BLOCK] }, measured]
    }

    fn returns() -> (Arc<Shared>, Returns) {
        let shared = Arc::new(Shared::new(48_000, 1920, 1));
        assert_eq!((shared.take_pair(), shared.take_pair()), (Some(0), None));
        shared.usable.store(true, Ordering::Release);
        (Arc::clone(&shared), Returns::new(shared, || 0))
    }

    fn heard(shared: &Shared) -> f32 {
        let mut out = StereoBlock::SILENT;
        shared.pairs[0].add_to(&mut out);
        assert_eq!(out.l[9], -out.r[9]);
        out.l[9]
    }

    #[test]
    fn what_comes_in_reaches_the_track_and_ticks_are_counted_once() {
        let (shared, mut returns) = returns();
        assert_eq!(returns.pairs(), 2);
        for n in 0..1100u32 {
            returns.block(u64::from(n) * 64, &outputs(n * 64, 0.25, (n == 7).then_some(5)));
            assert_eq!(heard(&shared), 0.25, "block {n}");
        }
        assert!(shared.is_usable());
        assert_eq!((shared.ticks.pop(), shared.ticks.pop()), (Some(7 * 64 + 5), None));
    }

    #[test]
    fn a_buffer_that_is_played_again_is_not_heard() {
        let (shared, mut returns) = returns();
        for n in 0..8 {
            returns.block(n * 64, &outputs(n as u32 * 64, 0.5, None));
        }
        for n in 8..40 {
            let again = 4 + n as u32 % 4;
            returns.block(n * 64, &outputs(again * 64, 0.5, None));
            assert_eq!(heard(&shared), 0.0, "block {n}");
            assert_eq!(shared.is_usable(), n < 26, "block {n}");
        }
    }

    #[test]
    fn a_lost_period_is_no_end_but_silence_is() {
        let (shared, mut returns) = returns();
        returns.block(0, &outputs(0, 0.5, None));
        returns.block(64, &[]);
        assert_eq!(heard(&shared), 0.0);
        returns.block(128, &outputs(500, 0.5, None));
        assert_eq!(heard(&shared), 0.5);
        for n in 3..30 {
            returns.block(n * 64, &[StereoBlock::SILENT; 2]);
        }
        assert!(!shared.is_usable());
    }
}

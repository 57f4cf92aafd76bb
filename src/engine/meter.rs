//! Meters: peak, held peak and RMS of a strip, and what its inserts take away, published without locks.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use super::block::{BLOCK, StereoBlock};
use super::rack::MAX_INSERTS;

/// Seconds that a held peak stands before it falls.
pub const HOLD_SECONDS: f32 = 1.5;
/// How fast peaks fall, in dB a second.
pub const FALL_DB: f32 = 20.0;

/// The latest reading of one strip, written by the callback and read by anyone.
#[derive(Debug)]
pub struct Meter {
    peak: [AtomicU32; 2],
    hold: [AtomicU32; 2],
    top: [AtomicU32; 2],
    rms: [AtomicU32; 2],
    /// By place in the rack: the gain now and the least that is held; no number where nothing is
    /// turned down.
    reductions: [[AtomicU32; 2]; MAX_INSERTS],
    reset: AtomicBool,
}

/// A reading: linear, left and right.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// Largest absolute sample since the reading before, falling by [`FALL_DB`].
    pub peak: [f32; 2],
    /// Largest peak of the last [`HOLD_SECONDS`], falling from then on by [`FALL_DB`].
    pub hold: [f32; 2],
    /// Largest absolute sample since the meter was [reset](Meter::reset).
    pub top: [f32; 2],
    /// RMS over about 300 ms (the integration time of a VU meter, IEC 60268-17).
    pub rms: [f32; 2],
}

impl Reading {
    /// Whether it went over 0 dBFS since the meter was reset: what a device clips.
    pub fn is_over(&self) -> bool {
        self.top.iter().any(|side| *side > 1.0)
    }
}

/// By how much an insert turns the signal down, in dB, 0–120: makeup and mix are no part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reduction {
    /// Now.
    pub now: f32,
    /// The most of the last [`HOLD_SECONDS`], falling from then on by [`FALL_DB`].
    pub hold: f32,
}

/// −120 dB.
const FLOOR: f32 = 1e-6;

fn none() -> AtomicU32 {
    AtomicU32::new(f32::NAN.to_bits())
}

impl Default for Meter {
    /// Silence.
    fn default() -> Self {
        Meter {
            peak: Default::default(),
            hold: Default::default(),
            top: Default::default(),
            rms: Default::default(),
            reductions: std::array::from_fn(|_| [none(), none()]),
            reset: AtomicBool::new(false),
        }
    }
}

fn get(side: &AtomicU32) -> f32 {
    f32::from_bits(side.load(Relaxed))
}

fn put(side: &AtomicU32, value: f32) {
    side.store(value.to_bits(), Relaxed);
}

impl Meter {
    /// The latest reading.
    pub fn read(&self) -> Reading {
        let both = |a: &[AtomicU32; 2]| [get(&a[0]), get(&a[1])];
        Reading {
            peak: both(&self.peak),
            hold: both(&self.hold),
            top: both(&self.top),
            rms: both(&self.rms),
        }
    }

    /// What the insert at this place of the rack takes away; `None` for one that turns nothing down.
    pub fn reduction(&self, insert: usize) -> Option<Reduction> {
        let [now, hold] = self.reductions.get(insert)?;
        let db = |gain: f32| -20.0 * gain.max(FLOOR).log10();
        let reduction = Reduction { now: db(get(now)), hold: db(get(hold)) };
        (!get(now).is_nan()).then_some(reduction)
    }

    /// What the inserts that turn down take away, each with its place in the rack.
    pub fn reductions(&self) -> impl Iterator<Item = (usize, Reduction)> + '_ {
        (0..MAX_INSERTS).filter_map(|insert| Some((insert, self.reduction(insert)?)))
    }

    /// Begin [`top`](Reading::top) and all that is held anew with the next block.
    pub fn reset(&self) {
        self.reset.store(true, Relaxed);
    }
}

/// A largest value, held.
#[derive(Clone, Copy, Debug, Default)]
struct Hold {
    value: f32,
    /// Blocks until it falls.
    left: u32,
}

/// The callback's running state of one meter.
#[derive(Clone, Copy, Debug)]
pub struct MeterState {
    peak: [f32; 2],
    hold: [Hold; 2],
    top: [f32; 2],
    mean_square: [f32; 2],
    /// Of the reciprocals of gains, which are the larger the more is taken away.
    reductions: [Hold; MAX_INSERTS],
    /// Places of the rack that were published.
    published: usize,
    fall: f32,
    blend: f32,
    hold_blocks: u32,
}

impl MeterState {
    /// A meter at rest for `rate` frames per second.
    pub fn new(rate: u32) -> Self {
        let block_s = BLOCK as f32 / rate.max(1) as f32;
        MeterState {
            peak: [0.0; 2],
            hold: [Hold::default(); 2],
            top: [0.0; 2],
            mean_square: [0.0; 2],
            reductions: [Hold::default(); MAX_INSERTS],
            published: 0,
            fall: 10f32.powf(-FALL_DB * block_s / 20.0),
            blend: 1.0 - (-block_s / 0.3).exp(),
            hold_blocks: (HOLD_SECONDS / block_s) as u32,
        }
    }

    /// Take in a block and publish the reading.
    pub fn update(&mut self, audio: &StereoBlock, meter: &Meter) {
        if meter.reset.swap(false, Relaxed) {
            (self.hold, self.top) = Default::default();
            self.forget_reductions();
        }
        for (side, samples) in [&audio.l, &audio.r].into_iter().enumerate() {
            let mut peak = 0.0f32;
            let mut sum = 0.0f32;
            for x in samples {
                peak = peak.max(x.abs());
                sum += x * x;
            }
            self.top[side] = peak.max(self.top[side]);
            self.peak[side] = peak.max(self.peak[side] * self.fall);
            let hold = self.held(self.hold[side], peak);
            self.hold[side] = hold;
            let mean = sum / BLOCK as f32;
            self.mean_square[side] += (mean - self.mean_square[side]) * self.blend;
            put(&meter.peak[side], self.peak[side]);
            put(&meter.hold[side], hold.value);
            put(&meter.top[side], self.top[side]);
            put(&meter.rms[side], self.mean_square[side].max(0.0).sqrt());
        }
    }

    /// Publish the gains that the inserts of the rack turned the signal down by.
    pub fn reductions(&mut self, rack: impl Iterator<Item = Option<f32>>, meter: &Meter) {
        let mut count = 0;
        for (place, gain) in rack.take(MAX_INSERTS).enumerate() {
            count = place + 1;
            let [now, least] = &meter.reductions[place];
            let Some(gain) = gain else {
                put(now, f32::NAN);
                continue;
            };
            let hold = self.held(self.reductions[place], 1.0 / gain.max(FLOOR));
            self.reductions[place] = hold;
            put(least, 1.0 / hold.value);
            put(now, gain);
        }
        for [now, _] in &meter.reductions[count..self.published.max(count)] {
            put(now, f32::NAN);
        }
        self.published = count;
    }

    /// The rack is another one.
    pub fn forget_reductions(&mut self) {
        self.reductions = [Hold::default(); MAX_INSERTS];
    }

    fn held(&self, mut hold: Hold, now: f32) -> Hold {
        if now >= hold.value {
            return Hold { value: now, left: self.hold_blocks };
        }
        match hold.left.checked_sub(1) {
            Some(left) => hold.left = left,
            None => hold.value = now.max(hold.value * self.fall),
        }
        hold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 48_000;

    /// Feeds so many seconds of this level.
    fn feed(state: &mut MeterState, meter: &Meter, level: f32, seconds: f32) {
        let block = StereoBlock { l: [level; BLOCK], r: [-level / 2.0; BLOCK] };
        for _ in 0..(seconds * RATE as f32 / BLOCK as f32).round() as usize {
            state.update(&block, meter);
        }
    }

    fn db(x: f32) -> f32 {
        20.0 * x.log10()
    }

    #[test]
    fn a_peak_is_held_and_falls_after_its_time() {
        let (mut state, meter) = (MeterState::new(RATE), Meter::default());
        feed(&mut state, &meter, 0.5, 0.1);
        feed(&mut state, &meter, 0.01, HOLD_SECONDS - 0.01);
        let reading = meter.read();
        assert_eq!(reading.hold, [0.5, 0.25]);
        assert!(reading.peak[0] < 0.05, "{reading:?}");
        // Half a second after the time: 10 dB lower.
        feed(&mut state, &meter, 0.01, 0.51);
        assert!((db(meter.read().hold[0]) + 16.02).abs() < 0.2, "{:?}", meter.read());
        feed(&mut state, &meter, 0.01, 3.0);
        assert_eq!(meter.read().hold, [0.01, 0.005]);
        // A new peak is held anew, a lower one is not.
        feed(&mut state, &meter, 0.4, 0.01);
        feed(&mut state, &meter, 0.3, HOLD_SECONDS - 0.05);
        assert_eq!(meter.read().hold[0], 0.4);
    }

    #[test]
    fn over_is_told_until_it_is_reset() {
        let (mut state, meter) = (MeterState::new(RATE), Meter::default());
        feed(&mut state, &meter, 1.0, 0.1);
        assert!(!meter.read().is_over());
        feed(&mut state, &meter, 1.01, 0.01);
        feed(&mut state, &meter, 0.1, 20.0);
        assert!(meter.read().is_over());
        assert_eq!(meter.read().top, [1.01, 0.505]);
        meter.reset();
        feed(&mut state, &meter, 0.1, 0.01);
        assert!(!meter.read().is_over());
        assert_eq!((meter.read().top[0], meter.read().hold[0]), (0.1, 0.1));
    }

    #[test]
    fn reductions_are_by_place_and_go_with_their_inserts() {
        let (mut state, meter) = (MeterState::new(RATE), Meter::default());
        assert_eq!(meter.reductions().count(), 0);
        state.reductions([None, Some(0.5), Some(1.0)].into_iter(), &meter);
        state.reductions([None, Some(0.25), Some(1.0)].into_iter(), &meter);
        state.reductions([None, Some(0.5), Some(1.0)].into_iter(), &meter);
        let all: Vec<_> = meter.reductions().collect();
        let near = |a: f32, b: f32| (a - b).abs() < 0.01;
        assert!(all[0].0 == 1 && near(all[0].1.now, 6.02) && near(all[0].1.hold, 12.04), "{all:?}");
        assert!(all[1].0 == 2 && all[1].1 == Reduction::default(), "{all:?}");
        state.forget_reductions();
        state.reductions([Some(0.0)].into_iter(), &meter);
        let all: Vec<_> = meter.reductions().collect();
        assert_eq!(all, [(0, Reduction { now: 120.0, hold: 120.0 })]);
        state.reductions([].into_iter(), &meter);
        assert_eq!(meter.reductions().count(), 0);
    }
}

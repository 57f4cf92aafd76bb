//! Meters: peak and RMS of a strip, published without locks.

use std::sync::atomic::{AtomicU32, Ordering};

use super::block::{BLOCK, StereoBlock};

/// The latest reading of one strip, written by the callback and read by anyone.
#[derive(Debug, Default)]
pub struct Meter {
    peak: [AtomicU32; 2],
    rms: [AtomicU32; 2],
}

/// A reading: linear, left and right.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// Largest absolute sample since the reading before, falling by 20 dB a second.
    pub peak: [f32; 2],
    /// RMS over about 300 ms (the integration time of a VU meter, IEC 60268-17).
    pub rms: [f32; 2],
}

impl Meter {
    /// The latest reading.
    pub fn read(&self) -> Reading {
        let get = |a: &[AtomicU32; 2]| {
            [
                f32::from_bits(a[0].load(Ordering::Relaxed)),
                f32::from_bits(a[1].load(Ordering::Relaxed)),
            ]
        };
        Reading { peak: get(&self.peak), rms: get(&self.rms) }
    }
}

/// The callback's running state of one meter.
#[derive(Clone, Copy, Debug)]
pub struct MeterState {
    peak: [f32; 2],
    mean_square: [f32; 2],
    fall: f32,
    blend: f32,
}

impl MeterState {
    /// A meter at rest for `rate` frames per second.
    pub fn new(rate: u32) -> Self {
        let block_s = BLOCK as f32 / rate.max(1) as f32;
        MeterState {
            peak: [0.0; 2],
            mean_square: [0.0; 2],
            fall: 10f32.powf(-20.0 * block_s / 20.0),
            blend: 1.0 - (-block_s / 0.3).exp(),
        }
    }

    /// Take in a block and publish the reading.
    pub fn update(&mut self, audio: &StereoBlock, meter: &Meter) {
        for (side, samples) in [&audio.l, &audio.r].into_iter().enumerate() {
            let mut peak = 0.0f32;
            let mut sum = 0.0f32;
            for x in samples {
                peak = peak.max(x.abs());
                sum += x * x;
            }
            self.peak[side] = peak.max(self.peak[side] * self.fall);
            let mean = sum / BLOCK as f32;
            self.mean_square[side] += (mean - self.mean_square[side]) * self.blend;
            meter.peak[side].store(self.peak[side].to_bits(), Ordering::Relaxed);
            meter.rms[side]
                .store(self.mean_square[side].max(0.0).sqrt().to_bits(), Ordering::Relaxed);
        }
    }
}

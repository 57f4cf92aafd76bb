//! The metronome: a click on every beat, on outputs of its own so that no recording holds it.

use std::f32::consts::TAU;

use super::block::{BLOCK, StereoBlock};

/// Beats that can fall into one block: more than 999 BPM in 32nds at 192 kHz has.
const MAX_TICKS: usize = 8;
/// Level of an accented click, and of the others.
const LEVELS: [f32; 2] = [0.5, 0.25];
/// Pitch in Hz of an accented click, and of the others.
const PITCHES: [f32; 2] = [1760.0, 1320.0];
/// Seconds in which a click falls by 60 dB.
const LENGTH_S: f32 = 0.05;

/// A click track.
#[derive(Debug)]
pub struct Metronome {
    /// Clicks while the transport runs.
    pub on: bool,
    rate: f32,
    ticks: [(u8, bool); MAX_TICKS],
    count: usize,
    level: f32,
    phase: f32,
    step: f32,
    fall: f32,
}

impl Metronome {
    /// A silent one for `rate` frames per second.
    pub fn new(rate: u32) -> Self {
        let rate = rate.max(1) as f32;
        Metronome {
            on: false,
            rate,
            ticks: [(0, false); MAX_TICKS],
            count: 0,
            level: 0.0,
            phase: 0.0,
            step: 0.0,
            fall: (-6.9 / (LENGTH_S * rate)).exp(),
        }
    }

    /// Click at `offset` of the coming block, louder and higher on the first beat of a bar.
    pub fn tick(&mut self, offset: u8, accent: bool) {
        if let Some(tick) = self.ticks.get_mut(self.count) {
            *tick = (offset, accent);
            self.count += 1;
        }
    }

    /// Overwrite `out` with the next block; `false` when it is silent.
    pub fn render(&mut self, out: &mut StereoBlock) -> bool {
        if self.count == 0 && self.level < 1e-4 {
            return false;
        }
        let mut ticks = self.ticks[..self.count].iter().peekable();
        for i in 0..BLOCK {
            while let Some((_, accent)) = ticks.next_if(|(at, _)| usize::from(*at) <= i) {
                let kind = usize::from(!*accent);
                (self.level, self.phase) = (LEVELS[kind], 0.0);
                self.step = TAU * PITCHES[kind] / self.rate;
            }
            let x = self.phase.sin() * self.level;
            (out.l[i], out.r[i]) = (x, x);
            self.phase = (self.phase + self.step) % TAU;
            self.level *= self.fall;
        }
        self.count = 0;
        true
    }
}

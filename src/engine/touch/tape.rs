//! Tape stop: the playback brakes to standstill.

use super::super::block::{BLOCK, StereoBlock};
use super::fade::{CUT, Slew, frames, mix};
use super::{Beat, memory};

/// Longest braking, in seconds.
const LONGEST: f64 = 6.0;
/// Speed below which the level falls with it, as the voltage of a tape head does: at standstill there
/// is no sound, and no constant either.
const FAINT: f64 = 0.25;

/// A tape that can be stopped. Its speed falls in a straight line, as with a constant braking force.
#[derive(Debug)]
pub struct Tape {
    /// Whether it is held.
    pub on: bool,
    /// Quarter notes it takes to stop.
    pub beats: f64,
    /// What went in since the press: at most half of the braking is heard.
    reel: [Box<[f32]>; 2],
    have: usize,
    /// The frame under the head.
    head: f64,
    /// Share of the braking that is over; `None` at rest.
    braked: Option<f64>,
    wet: Slew,
    slowest: f64,
}

impl Tape {
    /// A running tape at `rate` frames a second.
    pub fn new(rate: u32) -> Self {
        let length = frames(LONGEST / 2.0, rate) + 2 * BLOCK;
        Tape {
            on: false,
            beats: 1.0,
            reel: [memory(length), memory(length)],
            have: 0,
            head: 0.0,
            braked: None,
            wet: Slew::new(frames(CUT, rate), false),
            slowest: 1.0 / (LONGEST * f64::from(rate)),
        }
    }

    /// Whether it changes nothing.
    pub fn is_off(&self) -> bool {
        !self.on && self.wet.is_off()
    }

    /// Play `audio` as far as the tape still moves.
    pub fn process(&mut self, audio: &mut StereoBlock, beat: &Beat) {
        if self.is_off() {
            return;
        }
        // A press while the last one still fades out waits for the end of that.
        let fading = self.braked.is_some() && !self.wet.is_on();
        if self.on && !fading && self.braked.is_none() {
            (self.have, self.head, self.braked) = (0, 0.0, Some(0.0));
            // The first frame under the head is the music itself.
            self.wet.jump(true);
        }
        let on = self.on && !fading;
        let brake = (beat.per_frame / self.beats).max(self.slowest);
        for i in 0..BLOCK {
            let braked = self.braked.unwrap_or(1.0);
            let speed = 1.0 - braked;
            if speed > 0.0 && self.have < self.reel[0].len() {
                self.reel[0][self.have] = audio.l[i];
                self.reel[1][self.have] = audio.r[i];
                self.have += 1;
            }
            let level = (speed / FAINT).min(1.0) as f32;
            let wet = if on { 1.0 } else { self.wet.go(false) };
            for (side, x) in [(0, &mut audio.l[i]), (1, &mut audio.r[i])] {
                let y = if level > 0.0 { level * self.read(side) } else { 0.0 };
                *x = mix(*x, y, wet);
            }
            let next = (braked + brake).min(1.0);
            self.head += 1.0 - next;
            self.braked = Some(next);
        }
        if self.wet.is_off() {
            self.braked = None;
        }
    }

    /// The reel at the head, by a cubic through four frames (Hermite, Catmull-Rom tangents).
    fn read(&self, side: usize) -> f32 {
        let reel = &self.reel[side][..self.have];
        let at = self.head as usize;
        let x = (self.head - at as f64) as f32;
        let frame = |at: usize| reel.get(at).copied();
        let Some(b) = frame(at).or(reel.last().copied()) else {
            return 0.0;
        };
        // What is not there yet, or was before the press, goes on in a straight line.
        let c = frame(at + 1).unwrap_or(b);
        let a = at.checked_sub(1).and_then(frame).unwrap_or(2.0 * b - c);
        let d = frame(at + 2).unwrap_or(2.0 * c - b);
        let slope = 0.5 * (c - a);
        let end = 0.5 * (d - b);
        let (c2, c3) = (3.0 * (c - b) - 2.0 * slope - end, 2.0 * (b - c) + slope + end);
        b + x * (slope + x * (c2 + x * c3))
    }
}

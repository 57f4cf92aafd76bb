//! Performance effects: what a player holds down on the master or on a group.
//!
//! | file | part |
//! |---|---|
//! | `slices` | beat repeat and stutter |
//! | `tape` | tape stop |
//! | `filter` | DJ filter and kick kill |
//! | `fade` | short fades |
//!
//! Order: beat repeat, stutter, tape stop, kick kill, filter, mute. What moves music in time comes
//! first, so that a repeat can be stuttered and braked; what shapes its sound sweeps over all of that.
//! Nothing adds latency. When all is off a block passes bit for bit, while the last quarter of a second
//! is kept in memory for the next press.

mod fade;
mod filter;
mod slices;
mod tape;
#[cfg(test)]
mod tests;

pub use crate::model::touch::Touch;

use super::block::{BLOCK, StereoBlock};
use fade::{SWITCH, Slew, frames};
use filter::{DjFilter, KickKill};
use slices::{History, Slicer};
use tape::Tape;

/// Where a block is in the music.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beat {
    /// Position of its first frame in quarter notes; goes on at the tempo when the transport stands.
    pub at: f64,
    /// Quarter notes in a frame, above 0: tempo / 60 / rate.
    pub per_frame: f64,
}

impl Beat {
    /// Quarter notes in a frame at 20 BPM, the slowest tempo there is.
    fn slowest(rate: u32) -> f64 {
        20.0 / 60.0 / f64::from(rate)
    }

    /// As it is, but what is no position, or too far away to count frames there, is the start, and the
    /// tempo is at least 20 BPM and at most 1000.
    fn tamed(self, rate: u32) -> Self {
        let slowest = Self::slowest(rate);
        Beat {
            at: if self.at.abs() < 1e9 { self.at } else { 0.0 },
            // The greater of the two: NaN is none.
            per_frame: slowest.max(self.per_frame).min(50.0 * slowest),
        }
    }
}

/// Memory for `frames` frames of one side, silent. All of it is written here, because what was only
/// asked for as zeros gets its pages when first written, which would be on the callback.
fn memory(frames: usize) -> Box<[f32]> {
    let mut samples = std::hint::black_box(vec![1.0; frames]);
    samples.fill(0.0);
    samples.into_boxed_slice()
}

/// The performance effects of one place in the mixer.
#[derive(Debug)]
pub struct Touches {
    repeat: Slicer,
    stutter: Slicer,
    tape: Tape,
    kill: KickKill,
    filter: DjFilter,
    muted: bool,
    mute: Slew,
    heard: History,
    rate: u32,
}

impl Touches {
    /// All off, at `rate` frames a second. Everything they will ever need is allocated here: 7 s of
    /// stereo, 2.7 MB at 48 kHz.
    pub fn new(rate: u32) -> Self {
        let rate = rate.max(1);
        Touches {
            repeat: Slicer::new(rate, 1.0, 1.0),
            stutter: Slicer::new(rate, 0.25, 0.5),
            tape: Tape::new(rate),
            kill: KickKill::new(rate),
            filter: DjFilter::new(rate),
            muted: false,
            mute: Slew::new(frames(SWITCH, rate), false),
            heard: History::new(rate),
            rate,
        }
    }

    /// Give an effect a value, from the next block on: see [`Touch::tamed`]. NaN changes nothing.
    pub fn set(&mut self, touch: Touch, value: f32) {
        let Some(value) = touch.tamed(value) else {
            return;
        };
        let on = value > 0.0;
        match touch {
            Touch::Mute => self.muted = on,
            Touch::KickKill => self.kill.on = on,
            Touch::Filter => self.filter.knob = value,
            Touch::BeatRepeat => self.repeat.hold(on.then(|| f64::from((1.0 - value).exp2()))),
            Touch::Stutter => self.stutter.hold(on.then(|| f64::from((-1.0 - value).exp2()))),
            Touch::TapeStop => self.tape.on = on,
        }
    }

    /// Let the tape take `beats` quarter notes to stop, 1/4 to 4, and never more than 6 s; 1 at first.
    /// NaN changes nothing.
    pub fn set_tape_beats(&mut self, beats: f32) {
        if !beats.is_nan() {
            self.tape.beats = f64::from(beats.clamp(0.25, 4.0));
        }
    }

    /// Whether audio passes as it is: all are off and have faded out.
    pub fn is_off(&self) -> bool {
        self.repeat.is_off()
            && self.stutter.is_off()
            && self.tape.is_off()
            && self.kill.is_off()
            && self.filter.is_off()
            && !self.muted
            && self.mute.is_off()
    }

    /// Play `audio` through them. Call it for each block, off or not: a press may come late, and then
    /// takes what was heard before it.
    pub fn process(&mut self, audio: &mut StereoBlock, beat: &Beat) {
        if self.is_off() {
            self.heard.record(audio);
            return;
        }
        let beat = beat.tamed(self.rate);
        self.repeat.process(audio, &beat, &self.heard);
        let repeated = *audio;
        self.stutter.process(audio, &beat, &self.heard);
        self.heard.record(&repeated);
        self.tape.process(audio, &beat);
        self.kill.process(audio);
        self.filter.process(audio);
        self.silence(audio);
        for side in [&mut audio.l, &mut audio.r] {
            side.iter_mut().filter(|x| !x.is_finite()).for_each(|x| *x = 0.0);
        }
    }

    fn silence(&mut self, audio: &mut StereoBlock) {
        if !self.muted && self.mute.is_off() {
            return;
        }
        for i in 0..BLOCK {
            let gain = 1.0 - self.mute.go(self.muted);
            audio.l[i] *= gain;
            audio.r[i] *= gain;
        }
    }
}

//! Slices of the music just heard, repeated in time: beat repeat and stutter.
//!
//! A slice begins on the grid line nearest to the press: the one just passed, out of what was heard,
//! or the one to come. Until it has been heard once the music simply goes on; then each grid line
//! fires it anew. Lines are positions, so the repeats follow the tempo and never drift from the grid.

use super::super::block::{BLOCK, StereoBlock};
use super::fade::{CUT, Slew, frames, mix, shape};
use super::{Beat, memory};

/// Seconds by which a press may come after its line: a slow slice waits for the next line instead.
const LATE: f64 = 0.25;

/// What was heard lately.
#[derive(Debug)]
pub struct History {
    l: Box<[f32]>,
    r: Box<[f32]>,
    /// Where the next block goes.
    at: usize,
}

impl History {
    /// Of silence, at `rate` frames a second.
    pub fn new(rate: u32) -> Self {
        let length = (frames(LATE, rate) + frames(CUT, rate)).next_multiple_of(BLOCK);
        History { l: memory(length), r: memory(length), at: 0 }
    }

    /// Hear a block.
    pub fn record(&mut self, audio: &StereoBlock) {
        self.l[self.at..self.at + BLOCK].copy_from_slice(&audio.l);
        self.r[self.at..self.at + BLOCK].copy_from_slice(&audio.r);
        self.at += BLOCK;
        if self.at == self.l.len() {
            self.at = 0;
        }
    }

    /// Copy the last `count` frames to the beginning of `to`; at most all of them.
    fn last(&self, count: usize, to: &mut [Box<[f32]>; 2]) {
        let length = self.l.len();
        let from = (self.at + length - count) % length;
        let whole = (length - from).min(count);
        for (to, side) in to.iter_mut().zip([&self.l, &self.r]) {
            to[..whole].copy_from_slice(&side[from..from + whole]);
            to[whole..count].copy_from_slice(&side[..count - whole]);
        }
    }
}

/// A slice that repeats.
#[derive(Debug)]
pub struct Slicer {
    /// Quarter notes from line to line while it is held.
    held: Option<f64>,
    /// Share of the way from line to line in which it is heard.
    open: f64,
    /// The slice, recorded from its line on for as long as there is room: a longer division or a
    /// slower tempo finds more of the music in it.
    slice: [Box<[f32]>; 2],
    have: usize,
    /// Its line, in quarter notes; `None` until that is within the block.
    line: Option<f64>,
    /// Which repeat is heard, counted in slices from the first line; `None` when that is not known.
    cell: Option<i64>,
    /// The frame of the slice that comes next.
    at: usize,
    /// The frame that would have come, and how many frames of the cross-fade from it are left.
    old: usize,
    left: usize,
    fade: usize,
    wet: Slew,
    gate: Slew,
}

impl Slicer {
    /// A slicer of up to `quarters` quarter notes at the slowest tempo, at `rate` frames a second;
    /// `open` is the share of a slice that is heard.
    pub fn new(rate: u32, quarters: f64, open: f64) -> Self {
        let fade = frames(CUT, rate);
        let length = (quarters / Beat::slowest(rate)).ceil() as usize + 2 * fade + 2 * BLOCK;
        let length = length.max(frames(LATE, rate) + fade + BLOCK);
        Slicer {
            held: None,
            open,
            slice: [memory(length), memory(length)],
            have: 0,
            line: None,
            cell: None,
            at: 0,
            old: 0,
            left: 0,
            fade,
            wet: Slew::new(fade, false),
            gate: Slew::new(fade, true),
        }
    }

    /// Hold it with a line each `quarters` quarter notes, or let go.
    pub fn hold(&mut self, quarters: Option<f64>) {
        if self.held != quarters {
            self.cell = None;
        }
        self.held = quarters;
    }

    /// Whether it changes nothing.
    pub fn is_off(&self) -> bool {
        self.held.is_none() && self.wet.is_off() && self.gate.is_on()
    }

    /// Play `audio` or the slice in its place. `heard` is all before this block.
    pub fn process(&mut self, audio: &mut StereoBlock, beat: &Beat, heard: &History) {
        if self.is_off() {
            return;
        }
        // A slice that still fades out keeps its place until it is gone.
        let fading = self.line.is_some() && !self.wet.is_on();
        match self.held {
            Some(step) if !fading => {
                if self.line.is_none() {
                    self.begin(step, beat, heard);
                }
                self.play(audio, step, beat);
            }
            _ => self.let_go(audio),
        }
    }

    /// Take the line nearest to `beat`, or the next one when that is too long ago, if it falls before
    /// the end of the block.
    fn begin(&mut self, step: f64, beat: &Beat, heard: &History) {
        let nearest = (beat.at / step).round() * step;
        let late = |line: f64| self.past(line, beat).floor();
        let too_late = late(nearest) > (heard.l.len() - BLOCK) as f64;
        let line = if too_late { nearest + step } else { nearest };
        if late(line) <= -(BLOCK as f64) {
            return;
        }
        let missed = late(line).max(0.0) as usize;
        heard.last(missed, &mut self.slice);
        (self.have, self.at, self.left) = (missed, missed, 0);
        (self.line, self.cell) = (Some(line), Some(0));
        // Until its first repeat the slice is the music.
        self.wet.jump(true);
    }

    /// Frames since the slice at `line` began. That is a cross-fade before the line, so that the fade
    /// to it is over when an attack on the line comes.
    fn past(&self, line: f64, beat: &Beat) -> f64 {
        (beat.at - line) / beat.per_frame + self.fade as f64 + ROUND
    }

    fn play(&mut self, audio: &mut StereoBlock, step: f64, beat: &Beat) {
        let length = step / beat.per_frame;
        // Before its line is known the grid is all the same.
        let first = self.past(self.line.unwrap_or(0.0), beat);
        for i in 0..BLOCK {
            let past = first + i as f64;
            let cells = past / length;
            let cell = cells.floor();
            let within = (cells - cell) * length;
            let gate = self.gate.go(self.open == 1.0 || within < self.open * length);
            let begun = self.line.is_some() && (past >= 0.0 || self.have > 0);
            if begun {
                self.record(audio.l[i], audio.r[i]);
                self.turn(cell as i64, within);
            }
            for (side, x) in [(0, &mut audio.l[i]), (1, &mut audio.r[i])] {
                let y = if begun { self.read(side) } else { *x };
                *x = y * gate;
            }
            if begun {
                self.advance();
            }
        }
    }

    /// Fade back to the music, which has been running all along.
    fn let_go(&mut self, audio: &mut StereoBlock) {
        for i in 0..BLOCK {
            self.record(audio.l[i], audio.r[i]);
            let (wet, gate) = (self.wet.go(false), self.gate.go(true));
            for (side, x) in [(0, &mut audio.l[i]), (1, &mut audio.r[i])] {
                *x = mix(*x, self.read(side), wet) * gate;
            }
            self.advance();
        }
        if self.wet.is_off() {
            self.line = None;
        }
    }

    fn record(&mut self, l: f32, r: f32) {
        if self.have < self.slice[0].len() {
            self.slice[0][self.have] = l;
            self.slice[1][self.have] = r;
            self.have += 1;
        }
    }

    /// Be in `cell`, `within` frames after its line; later when a cross-fade is still under way.
    fn turn(&mut self, cell: i64, within: f64) {
        let end = self.at + self.fade >= self.slice[0].len();
        if self.left > 0 || (self.cell == Some(cell) && !end) {
            return;
        }
        self.cell = Some(cell);
        let at = within as usize;
        // After a jump of the transport there may be no music yet for that place.
        let at = if at < self.have && !end { at } else { 0 };
        if at != self.at {
            (self.old, self.at, self.left) = (self.at, at, self.fade);
        }
    }

    fn read(&self, side: usize) -> f32 {
        let slice = &self.slice[side][..self.have];
        let frame = |at: usize| slice.get(at).copied().unwrap_or(0.0);
        if self.left == 0 {
            return frame(self.at);
        }
        let over = (self.fade - self.left + 1) as f32 / (self.fade + 1) as f32;
        mix(frame(self.old), frame(self.at), shape(over))
    }

    fn advance(&mut self) {
        self.at += 1;
        self.old += 1;
        self.left = self.left.saturating_sub(1);
    }
}

/// An event falls on the nearest frame, the later one when it is between two: the engine clock's rule.
const ROUND: f64 = 0.5 - HAIR;
/// Less than any fraction of a frame that counts, and more than the error of a position in quarter
/// notes.
const HAIR: f64 = 1e-5;

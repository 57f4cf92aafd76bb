//! The engine's clock: which musical position falls on which frame, exactly.
//!
//! Positions count 1/65536 ticks, frames count 2⁻⁴⁸ frames, both as integers, and a stretch of
//! constant tempo is one straight line through its anchor. An event's frame is rounded from that
//! line once; nothing is accumulated but the anchors themselves, whose error stays below 2⁻⁴⁸ frame
//! a tempo change. Comparing and converting agree to the last bit: a position lies before a frame
//! exactly when the frame it rounds to is smaller.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::time::{Bpm, PPQ, TempoStep, Ticks};

/// A musical position or span in 1/65536 ticks.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Pos(pub i64);

/// 1/65536 ticks in a tick.
const POS_PER_TICK: i64 = 1 << 16;
/// Fraction bits of an anchor's frame.
const FRAC: u32 = 48;
/// Half a frame, and a hair so that a position exactly between two frames rounds up although its
/// anchor was rounded down by up to 2⁻⁴⁸ per tempo change.
const HALF: i128 = (1 << (FRAC - 1)) + (1 << 16);

impl Pos {
    /// The start.
    pub const ZERO: Pos = Pos(0);
    /// Never.
    pub const MAX: Pos = Pos(i64::MAX);

    /// The position in ticks, fractions kept.
    pub fn ticks(self) -> f64 {
        self.0 as f64 / POS_PER_TICK as f64
    }

    /// The first multiple of `step` at or after this position.
    pub fn ceil_to(self, step: Pos) -> Pos {
        let step = step.0.max(1);
        Pos(self.0.div_euclid(step).saturating_add(i64::from(self.0.rem_euclid(step) != 0)) * step)
    }
}

impl From<Ticks> for Pos {
    fn from(ticks: Ticks) -> Pos {
        Pos(ticks.0.saturating_mul(POS_PER_TICK))
    }
}

impl std::ops::Add for Pos {
    type Output = Pos;
    fn add(self, other: Pos) -> Pos {
        Pos(self.0.saturating_add(other.0))
    }
}

impl std::ops::Sub for Pos {
    type Output = Pos;
    fn sub(self, other: Pos) -> Pos {
        Pos(self.0.saturating_sub(other.0))
    }
}

/// A point on the line of constant tempo in force.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    pos: Pos,
    /// Frame in 2⁻⁴⁸ frames.
    frame: i128,
    bpm: Bpm,
}

/// A glide of tempo made by a command: stairs of a 64th note, as in the document's tempo map.
#[derive(Clone, Copy, Debug)]
struct Ramp {
    from: Pos,
    a: Bpm,
    b: Bpm,
    stairs: i64,
    next: i64,
}

/// How much faster (or slower, below 0) the music runs than its tempo says, in thousandths, −500…500:
/// what a hand on the platter does to come together with another deck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nudge(i16);

impl Nudge {
    /// A nudge by `thousandths` of the tempo, limited to half of it.
    pub fn new(thousandths: i16) -> Self {
        Nudge(thousandths.clamp(-500, 500))
    }
}

/// A stretch of positions of one block at one tempo.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// First position.
    pub from: Pos,
    /// First position after it.
    pub to: Pos,
    line: Line,
}

impl Span {
    /// The frame `pos` falls on.
    pub fn frame_of(&self, pos: Pos) -> u64 {
        self.line.frame_of(pos)
    }

    /// The part of the span before `at`.
    pub fn until(&self, at: Pos) -> Span {
        Span { to: at, ..*self }
    }
}

/// The conversion for one stretch of constant tempo.
#[derive(Clone, Copy, Debug)]
struct Line {
    anchor: Anchor,
    /// Numerator and denominator of 2⁻⁴⁸ frames per position unit.
    num: i128,
    den: i128,
}

impl Line {
    fn new(anchor: Anchor, rate: u32, nudge: Nudge) -> Self {
        // frames per tick = 60 000 · rate / (PPQ · milli-BPM)
        let num = (60_000 * i128::from(rate)) << (FRAC - 16);
        let den = i128::from(PPQ) * i128::from(anchor.bpm.milli());
        match nudge.0 {
            0 => Line { anchor, num, den },
            n => Line { anchor, num: num * 1000, den: den * (1000 + i128::from(n)) },
        }
    }

    fn fine_frame(&self, pos: Pos) -> i128 {
        let span = i128::from(pos.0) - i128::from(self.anchor.pos.0);
        self.anchor.frame + (span * self.num).div_euclid(self.den)
    }

    fn frame_of(&self, pos: Pos) -> u64 {
        u64::try_from((self.fine_frame(pos) + HALF) >> FRAC).unwrap_or(0)
    }

    /// The smallest position whose frame is `frame` or later.
    fn pos_at(&self, frame: u64) -> Pos {
        let wanted = (i128::from(frame) << FRAC) - HALF - self.anchor.frame;
        // ceil(wanted · den / num): floor(x) ≥ n holds exactly when x ≥ n for an integer n.
        let span = -((-wanted * self.den).div_euclid(self.num));
        Pos(i64::try_from(span + i128::from(self.anchor.pos.0)).unwrap_or(i64::MAX))
    }
}

/// Where the music is. Advances only while the transport runs.
#[derive(Clone, Debug)]
pub struct Clock {
    rate: u32,
    anchor: Anchor,
    cursor: Pos,
    map: Arc<[TempoStep]>,
    next: usize,
    /// A tempo given by command holds, whatever starts, stops or jumps, until the clock is told to
    /// follow its map again or the map itself is changed.
    manual: bool,
    ramp: Option<Ramp>,
    nudge: Nudge,
}

impl Clock {
    /// A clock at position 0 for `rate` frames per second, following `map` (at least one step, in
    /// order).
    pub fn new(rate: u32, map: Arc<[TempoStep]>) -> Self {
        let bpm = map.first().map_or(Bpm::from_milli(120_000), |s| s.bpm);
        let anchor = Anchor { pos: Pos::ZERO, frame: 0, bpm };
        let (cursor, nudge) = (Pos::ZERO, Nudge::default());
        let mut clock =
            Clock { rate, anchor, cursor, map, next: 0, manual: false, ramp: None, nudge };
        clock.locate(Pos::ZERO, 0);
        clock
    }

    /// The next position to be played.
    pub fn pos(&self) -> Pos {
        self.cursor
    }

    /// The tempo in force.
    pub fn bpm(&self) -> Bpm {
        self.anchor.bpm
    }

    /// Follow another tempo map from here on, returning the old one so that it can be dropped
    /// elsewhere. A tempo given by command yields to a map that is another one.
    pub fn set_map(&mut self, map: Arc<[TempoStep]>, frame: u64) -> Arc<[TempoStep]> {
        let old = std::mem::replace(&mut self.map, map);
        if !self.manual || self.map != old {
            self.follow_map(frame);
        }
        old
    }

    /// Back to the map's tempo, from `frame` on.
    pub fn follow_map(&mut self, frame: u64) {
        self.manual = false;
        self.ramp = None;
        self.next = self.map.partition_point(|s| Pos::from(s.at) <= self.cursor);
        if let Some(step) = self.next.checked_sub(1).and_then(|i| self.map.get(i)) {
            self.anchor_at(frame, step.bpm);
        }
    }

    /// Move to `pos`, which will sound at `frame`, at the map's tempo there or the one given by
    /// command; one that was gliding has arrived.
    pub fn locate(&mut self, pos: Pos, frame: u64) {
        let given = self.ramp.take().map_or(self.anchor.bpm, |ramp| ramp.b);
        self.next = self.map.partition_point(|s| Pos::from(s.at) <= pos);
        let mapped = self.next.checked_sub(1).and_then(|i| self.map.get(i)).map(|s| s.bpm);
        let bpm = mapped.filter(|_| !self.manual).unwrap_or(given);
        self.anchor = Anchor { pos, frame: i128::from(frame) << FRAC, bpm };
        self.cursor = pos;
    }

    /// Move to a place `before` ahead of `pos`, which will sound at `frame`, and run from there at the
    /// tempo of `pos`.
    pub fn count_in(&mut self, pos: Pos, before: Pos, frame: u64) {
        self.locate(pos, frame);
        (self.anchor.pos, self.cursor) = (pos - before, pos - before);
        self.next = self.map.partition_point(|s| Pos::from(s.at) < pos);
    }

    /// Go on at `to` instead of at `at`, where the cursor stands: not a frame is lost or won.
    pub fn wrap(&mut self, at: Pos, to: Pos) {
        let given = self.ramp.take().map_or(self.anchor.bpm, |ramp| ramp.b);
        self.next = self.map.partition_point(|s| Pos::from(s.at) <= to);
        let mapped = self.next.checked_sub(1).and_then(|i| self.map.get(i)).map(|s| s.bpm);
        self.re_anchor(at, mapped.filter(|_| !self.manual).unwrap_or(given));
        (self.anchor.pos, self.cursor) = (to, to);
    }

    /// Run faster or slower than the tempo says, from `frame` on.
    pub fn set_nudge(&mut self, frame: u64, nudge: Nudge) {
        let bpm = self.anchor.bpm;
        self.anchor_at(frame, bpm);
        self.nudge = nudge;
    }

    /// Take the tempo `bpm` from `frame` on, which must not lie before what was played.
    pub fn set_tempo(&mut self, frame: u64, bpm: Bpm) {
        self.manual = true;
        self.ramp = None;
        self.anchor_at(frame, bpm);
    }

    /// Take the tempo `bpm` exactly at `pos`, gliding over `beats` quarter notes (0 jumps).
    pub fn set_tempo_at(&mut self, pos: Pos, bpm: Bpm, beats: u16) {
        let from = self.anchor.bpm;
        self.re_anchor(pos, if beats == 0 { bpm } else { from });
        self.manual = true;
        let stairs = i64::from(beats) * 16;
        self.ramp = (beats > 0).then_some(Ramp { from: pos, a: from, b: bpm, stairs, next: 0 });
    }

    /// The frame `pos` will fall on if nothing changes the tempo map's course. Positions played
    /// already fall on the current frame.
    pub fn frame_ahead(&self, pos: Pos) -> u64 {
        let mut clock = self.clone();
        while let Some((at, bpm)) = clock.next_change().filter(|(at, _)| *at < pos) {
            clock.step_over(at, bpm);
        }
        clock.line().frame_of(pos.max(clock.cursor))
    }

    fn anchor_at(&mut self, frame: u64, bpm: Bpm) {
        let pos = self.line().pos_at(frame).max(self.cursor);
        self.re_anchor(pos, bpm);
    }

    fn re_anchor(&mut self, pos: Pos, bpm: Bpm) {
        let frame = self.line().fine_frame(pos);
        self.anchor = Anchor { pos, frame, bpm };
    }

    /// The position of `frame` in quarter notes, and how far a frame leads, at the tempo in force.
    pub fn beats_at(&self, frame: u64) -> (f64, f64) {
        let line = self.line();
        let quarter = Pos::from(Ticks(PPQ)).0 as f64;
        let per_frame = line.den as f64 * (1u64 << FRAC) as f64 / line.num as f64 / quarter;
        let ahead = ((i128::from(frame) << FRAC) - self.anchor.frame) as f64;
        let frames = ahead / (1u64 << FRAC) as f64;
        (self.anchor.pos.0 as f64 / quarter + frames * per_frame, per_frame)
    }

    /// The frame on which `pos` falls at the tempo in force.
    pub fn frame_of(&self, pos: Pos) -> u64 {
        self.line().frame_of(pos)
    }

    fn line(&self) -> Line {
        Line::new(self.anchor, self.rate, self.nudge)
    }

    /// The smallest position at or after the cursor that sounds at `frame` or later, at the tempo in
    /// force.
    pub fn pos_at(&self, frame: u64) -> Pos {
        self.line().pos_at(frame).max(self.cursor)
    }

    fn next_change(&self) -> Option<(Pos, Bpm)> {
        if let Some(ramp) = self.ramp {
            return Some(ramp.stair());
        }
        let step = self.map.get(self.next).filter(|_| !self.manual)?;
        Some((Pos::from(step.at), step.bpm))
    }

    /// Take the next change of tempo.
    fn step_over(&mut self, at: Pos, bpm: Bpm) {
        self.re_anchor(at, bpm);
        match &mut self.ramp {
            Some(ramp) if ramp.next < ramp.stairs => ramp.next += 1,
            Some(_) => self.ramp = None,
            None => self.next += 1,
        }
    }

    /// The next stretch of positions that sound before `end_frame`, not reaching beyond `limit`;
    /// `None` when all of them were handed out.
    pub fn next_span(&mut self, end_frame: u64, limit: Pos) -> Option<Span> {
        loop {
            let line = self.line();
            let end = line.pos_at(end_frame).min(limit);
            let change = self.next_change().filter(|(at, _)| *at < line.pos_at(end_frame));
            let to = change.map_or(end, |(at, _)| at.min(end));
            let span = Span { from: self.cursor, to, line };
            let at_change = change.is_some_and(|(at, _)| at <= to);
            self.cursor = self.cursor.max(to);
            if at_change && let Some((at, bpm)) = change {
                self.step_over(at, bpm);
            }
            if span.to > span.from {
                return Some(span);
            }
            if !at_change {
                return None;
            }
        }
    }
}

impl Ramp {
    /// Where the next stair begins and its tempo: that of the stair's middle, the last one's the
    /// target itself.
    fn stair(&self) -> (Pos, Bpm) {
        let at = self.from + Pos::from(Ticks(self.next * crate::model::time::RAMP_STEP));
        if self.next >= self.stairs {
            return (at, self.b);
        }
        let (a, b, n) = (i64::from(self.a.milli()), i64::from(self.b.milli()), self.stairs);
        let milli = a + ((b - a) * (2 * self.next + 1) + if b >= a { n } else { -n }) / (2 * n);
        (at, Bpm::from_milli(milli as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::{TempoChange, TempoMap};

    fn bpm(b: f64) -> Bpm {
        Bpm::new(b).unwrap()
    }

    fn clock(rate: u32, map: &TempoMap) -> Clock {
        Clock::new(rate, map.steps().into())
    }

    #[test]
    fn position_and_frame_agree_to_the_last_bit() {
        for rate in [44_100, 48_000, 96_000] {
            for tempo in [20.0, 60.0, 133.333, 174.001, 999.0] {
                let line = clock(rate, &TempoMap::constant(bpm(tempo))).line();
                for frame in [0u64, 1, 63, 64, 1_000_003, 1 << 33] {
                    let pos = line.pos_at(frame);
                    assert!(line.frame_of(pos) >= frame);
                    assert!(line.frame_of(Pos(pos.0 - 1)) < frame.max(1));
                }
            }
        }
    }

    #[test]
    fn spans_cover_every_position_once_across_tempo_changes() {
        let map = TempoMap {
            start: bpm(140.0),
            changes: vec![
                TempoChange { at: Ticks(960), bpm: bpm(200.0), ramp: true },
                TempoChange { at: Ticks(1100), bpm: bpm(90.0), ramp: false },
            ],
        };
        let mut clock = clock(44_100, &map);
        let (mut at, mut frame) = (Pos::ZERO, 0);
        for block in 1..2000u64 {
            while let Some(span) = clock.next_span(block * 64, Pos::MAX) {
                assert_eq!(span.from, at);
                assert!(span.frame_of(span.from) >= frame);
                frame = span.frame_of(span.from);
                at = span.to;
            }
        }
        assert_eq!(clock.bpm(), bpm(90.0));
    }

    #[test]
    fn a_span_stops_at_its_limit() {
        let mut clock = clock(48_000, &TempoMap::constant(bpm(120.0)));
        let limit = Pos::from(Ticks(100));
        let span = clock.next_span(48_000, limit).unwrap();
        assert_eq!(span.to, limit);
        assert!(clock.next_span(48_000, limit).is_none());
        clock.set_tempo_at(limit, bpm(240.0), 0);
        let next = clock.next_span(48_000, Pos::MAX).unwrap();
        assert_eq!(next.from, limit);
        // 100 ticks at 120 BPM and 100 at 240: 2500 + 1250 frames.
        assert_eq!(next.frame_of(Pos::from(Ticks(200))), 3750);
    }

    #[test]
    fn quantization_rounds_up_to_the_grid() {
        assert_eq!(Pos(0).ceil_to(Pos(10)), Pos(0));
        assert_eq!(Pos(1).ceil_to(Pos(10)), Pos(10));
        assert_eq!(Pos(10).ceil_to(Pos(10)), Pos(10));
    }
}

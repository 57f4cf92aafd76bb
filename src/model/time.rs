//! Musical and audio time: ticks, beats, frames, tempo, metre, and the document's tempo map.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// Ticks per quarter note; every musical position in a document is a whole number of these.
pub const PPQ: i64 = 960;

/// A musical position or length in ticks (960 per quarter note). May be negative for a note that a
/// groove pulls ahead of its clip's start.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Ticks(pub i64);

impl Ticks {
    /// The start.
    pub const ZERO: Ticks = Ticks(0);
    /// One quarter note.
    pub const BEAT: Ticks = Ticks(PPQ);

    /// `beats` quarter notes, rounded to the nearest tick.
    pub fn from_beats(beats: f64) -> Self {
        Ticks((beats * PPQ as f64).round() as i64)
    }

    /// The same span in quarter notes.
    pub fn beats(self) -> f64 {
        self.0 as f64 / PPQ as f64
    }
}

impl Add for Ticks {
    type Output = Ticks;
    fn add(self, other: Ticks) -> Ticks {
        Ticks(self.0.saturating_add(other.0))
    }
}

impl Sub for Ticks {
    type Output = Ticks;
    fn sub(self, other: Ticks) -> Ticks {
        Ticks(self.0.saturating_sub(other.0))
    }
}

/// A count of audio frames at the engine's rate.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Frames(pub u64);

/// Tempo in thousandths of a beat per minute; a document allows 20–999 BPM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Bpm(u32);

impl Bpm {
    /// Slowest tempo, 20 BPM.
    pub const MIN: Bpm = Bpm(20_000);
    /// Fastest tempo, 999 BPM.
    pub const MAX: Bpm = Bpm(999_000);

    /// A tempo in beats per minute, rounded to a thousandth.
    ///
    /// # Errors
    /// A number outside 20–999, or not a number.
    pub fn new(bpm: f64) -> Result<Self, TempoError> {
        let milli = (bpm * 1000.0).round();
        if milli >= f64::from(Self::MIN.0) && milli <= f64::from(Self::MAX.0) {
            Ok(Bpm(milli as u32))
        } else {
            Err(TempoError(bpm))
        }
    }

    /// The tempo nearest to `milli` thousandths of a BPM that is allowed.
    pub fn from_milli(milli: u32) -> Self {
        Bpm(milli.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Thousandths of a beat per minute.
    pub fn milli(self) -> u32 {
        self.0
    }

    /// Beats per minute.
    pub fn get(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

impl fmt::Display for Bpm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.get())
    }
}

impl TryFrom<f64> for Bpm {
    type Error = TempoError;
    fn try_from(bpm: f64) -> Result<Self, TempoError> {
        Bpm::new(bpm)
    }
}

impl From<Bpm> for f64 {
    fn from(bpm: Bpm) -> f64 {
        bpm.get()
    }
}

/// A tempo no document can hold.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0} is not a tempo: it must lie between 20 and 999 BPM")]
pub struct TempoError(pub f64);

/// Time signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Beats in a bar, 1–32.
    pub numerator: u8,
    /// The note value of a beat: 1, 2, 4, 8, 16 or 32.
    pub denominator: u8,
}

impl Default for Signature {
    fn default() -> Self {
        Signature { numerator: 4, denominator: 4 }
    }
}

impl Signature {
    /// The signature, if numerator and denominator are in range.
    pub fn checked(numerator: u8, denominator: u8) -> Option<Self> {
        ((1..=32).contains(&numerator) && matches!(denominator, 1 | 2 | 4 | 8 | 16 | 32))
            .then_some(Signature { numerator, denominator })
    }

    /// Length of one bar.
    pub fn bar(self) -> Ticks {
        Ticks(i64::from(self.numerator) * self.beat().0)
    }

    /// Length of one beat as the denominator counts it.
    pub fn beat(self) -> Ticks {
        Ticks(PPQ * 4 / i64::from(self.denominator.max(1)))
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

/// Tempo over the length of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TempoMap {
    /// Tempo at the start.
    pub start: Bpm,
    /// Later changes, in order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<TempoChange>,
}

/// A change of tempo.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TempoChange {
    /// Where the new tempo is reached, after the start.
    pub at: Ticks,
    /// The new tempo.
    pub bpm: Bpm,
    /// Glide from the point before instead of jumping here.
    #[serde(default)]
    pub ramp: bool,
}

/// Length of one stair of a tempo ramp: a 64th note. Ramps are stairs so that every position has an
/// exact rational frame.
pub const RAMP_STEP: i64 = PPQ / 16;

/// One stretch of constant tempo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TempoStep {
    /// Where it begins.
    pub at: Ticks,
    /// Its tempo.
    pub bpm: Bpm,
}

impl TempoMap {
    /// One tempo throughout.
    pub fn constant(bpm: Bpm) -> Self {
        TempoMap { start: bpm, changes: Vec::new() }
    }

    /// The map as stretches of constant tempo, in order, beginning at tick 0. A ramp of `n` stairs
    /// (a 64th note each, the last one shorter where it must be) has on stair `k` the tempo
    /// `a + (b − a)(2k + 1) / 2n`, rounded to a thousandth BPM: the tempo in the stair's middle.
    pub fn steps(&self) -> Vec<TempoStep> {
        let mut steps = vec![TempoStep { at: Ticks::ZERO, bpm: self.start }];
        let (mut from, mut bpm) = (Ticks::ZERO, self.start);
        for change in &self.changes {
            let span = change.at.0 - from.0;
            if change.ramp && span > 0 {
                let n = (span + RAMP_STEP - 1) / RAMP_STEP;
                let (a, b) = (i64::from(bpm.0), i64::from(change.bpm.0));
                for k in 0..n {
                    let milli = a + ((b - a) * (2 * k + 1) + if b >= a { n } else { -n }) / (2 * n);
                    push(&mut steps, Ticks(from.0 + k * RAMP_STEP), Bpm::from_milli(milli as u32));
                }
            }
            push(&mut steps, change.at, change.bpm);
            (from, bpm) = (change.at, change.bpm);
        }
        steps
    }

    /// Tempo in force at `at`.
    pub fn at(&self, at: Ticks) -> Bpm {
        let steps = self.steps();
        let i = steps.partition_point(|s| s.at <= at);
        steps[i.saturating_sub(1)].bpm
    }
}

fn push(steps: &mut Vec<TempoStep>, at: Ticks, bpm: Bpm) {
    match steps.last_mut() {
        Some(last) if last.at == at => last.bpm = bpm,
        _ => steps.push(TempoStep { at, bpm }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bpm(b: f64) -> Bpm {
        Bpm::new(b).unwrap()
    }

    #[test]
    fn a_tempo_outside_the_range_is_refused() {
        assert!(Bpm::new(19.9).is_err());
        assert!(Bpm::new(999.5).is_err());
        assert!(Bpm::new(f64::NAN).is_err());
        assert_eq!(bpm(174.5).milli(), 174_500);
    }

    #[test]
    fn a_bar_follows_the_signature() {
        assert_eq!(Signature::default().bar(), Ticks(3840));
        assert_eq!(Signature::checked(7, 8).unwrap().bar(), Ticks(3360));
        assert!(Signature::checked(4, 3).is_none());
    }

    #[test]
    fn a_ramp_is_a_monotone_staircase_from_one_tempo_to_the_other() {
        let map = TempoMap {
            start: bpm(120.0),
            changes: vec![TempoChange { at: Ticks(3840), bpm: bpm(180.0), ramp: true }],
        };
        let steps = map.steps();
        assert_eq!(steps.len(), 64 + 1);
        assert!(steps.windows(2).all(|w| w[0].at < w[1].at && w[0].bpm < w[1].bpm));
        assert_eq!(steps[0].bpm.milli(), 120_469);
        assert_eq!(map.at(Ticks(3840)), bpm(180.0));
    }
}

//! How an action names things and places: as people do, not by entity.

use std::fmt;

use crate::model::launch::FollowKind;
use crate::model::time::{PPQ, Signature, Ticks};

/// A thing by name, place or id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ref {
    /// Its name, or the beginning of it, in any case.
    Name(String),
    /// Its place, counted from 1.
    Number(u32),
    /// Its stable id, written `#12`.
    Id(u32),
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ref::Name(name) => f.write_str(&super::text::quoted(name)),
            Ref::Number(n) => write!(f, "{n}"),
            Ref::Id(id) => write!(f, "#{id}"),
        }
    }
}

/// A track.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TrackRef(pub Ref);

/// A scene; as the row of a clip, the slot's number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SceneRef(pub Ref);

/// A return bus.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BusRef(pub Ref);

/// A groove template.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GrooveRef(pub Ref);

/// A strip of the mixer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StripRef {
    /// A track's, or, where no track has that name, a bus's.
    Track(TrackRef),
    /// A bus's.
    Bus(BusRef),
    /// The master.
    Master,
}

/// A clip.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClipRef {
    /// The one in a slot.
    Slot(TrackRef, SceneRef),
    /// The one with this stable id, written `@12`.
    Id(u32),
}

/// What automation in a clip moves.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LaneRef {
    /// Fader.
    Volume,
    /// Pan.
    Pan,
    /// Level of a send.
    Send(BusRef),
    /// A parameter of the instrument.
    Param(String),
    /// A parameter of the n-th insert, counted from 1.
    Insert(u32, String),
}

/// A follow action; a jump names its scene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FollowRef {
    /// Any but a jump.
    Kind(FollowKind),
    /// To the clip in this scene's row.
    Jump(SceneRef),
}

/// What becomes of a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
    /// The other way.
    Toggle,
}

impl Switch {
    /// The new state, from the old.
    pub fn from(self, old: bool) -> bool {
        match self {
            Switch::On => true,
            Switch::Off => false,
            Switch::Toggle => !old,
        }
    }
}

/// A length in musical terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Span {
    /// Bars of the song's time signature: `2bars`.
    Bars(u32),
    /// Quarter notes: `3beats`.
    Beats(u32),
    /// Note values: `3/16`, `1/8t`.
    Notes {
        /// How many.
        count: u32,
        /// Of which value: 1, 2, 4 … 128.
        of: u32,
        /// Two thirds as long.
        triplet: bool,
    },
    /// 960ths of a quarter note: `120ticks`.
    Ticks(u32),
}

impl Span {
    /// Its length under a time signature.
    pub fn ticks(self, signature: Signature) -> Ticks {
        Ticks(match self {
            Span::Bars(n) => signature.bar().0 * i64::from(n),
            Span::Beats(n) => PPQ * i64::from(n),
            Span::Notes { count, of, triplet } => {
                let straight = PPQ * 4 * i64::from(count) / i64::from(of.max(1));
                if triplet { straight * 2 / 3 } else { straight }
            }
            Span::Ticks(n) => i64::from(n),
        })
    }
}

impl Span {
    /// The span of so many ticks, in the largest unit that says it. At least one tick; what only ticks
    /// can say is cut to 100 000 of them, the most that a line may ask for.
    pub fn of(ticks: Ticks, signature: Signature) -> Span {
        let whole = |unit: i64| {
            let count = ticks.0 / unit.max(1);
            (ticks.0 % unit.max(1) == 0 && (1..=100_000).contains(&count)).then_some(count as u32)
        };
        let bars = whole(signature.bar().0).map(Span::Bars);
        let span = bars.or_else(|| whole(PPQ).map(Span::Beats));
        span.unwrap_or(Span::Ticks(ticks.0.clamp(1, 100_000) as u32))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = |n: u32| if n == 1 { "" } else { "s" };
        match *self {
            Span::Bars(n) => write!(f, "{n}bar{}", s(n)),
            Span::Beats(n) => write!(f, "{n}beat{}", s(n)),
            Span::Notes { count, of, triplet } => {
                write!(f, "{count}/{of}{}", if triplet { "t" } else { "" })
            }
            Span::Ticks(n) => write!(f, "{n}tick{}", s(n)),
        }
    }
}

/// A place in musical terms, `bar.beat.sixteenth` with an optional `.tick`; all but ticks from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// Bar, from 1.
    pub bar: u32,
    /// Beat in the bar, as the signature counts it, from 1.
    pub beat: u32,
    /// Sixteenth note in the beat, from 1.
    pub sixteenth: u32,
    /// 960ths of a quarter note in the sixteenth, from 0.
    pub tick: u32,
}

impl Position {
    /// The place `at` lies; a place before the start is the start.
    pub fn of(at: Ticks, signature: Signature) -> Position {
        let (bar, beat) = (signature.bar().0.max(1), signature.beat().0.max(1));
        let at = at.0.max(0);
        let (in_bar, in_beat) = (at % bar, at % bar % beat);
        // One more of each than has passed, for all but ticks count from 1.
        let count = |n: i64| u32::try_from(n + 1).unwrap_or(u32::MAX);
        Position {
            bar: count(at / bar),
            beat: count(in_bar / beat),
            sixteenth: count(in_beat / (PPQ / 4)),
            tick: (in_beat % (PPQ / 4)) as u32,
        }
    }

    /// The place in ticks; `None` where the bar has no such beat or the beat no such sixteenth.
    pub fn ticks(self, signature: Signature) -> Option<Ticks> {
        let beat = signature.beat().0;
        let (sixteenth, within) = (PPQ / 4, i64::from(self.sixteenth) - 1);
        let in_beat = within * sixteenth + i64::from(self.tick);
        let ok = self.bar >= 1
            && (1..=u32::from(signature.numerator)).contains(&self.beat)
            && within >= 0
            && i64::from(self.tick) < sixteenth
            && in_beat < beat;
        let bars = signature.bar().0 * (i64::from(self.bar) - 1);
        ok.then(|| Ticks(bars + beat * (i64::from(self.beat) - 1) + in_beat))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.bar, self.beat, self.sixteenth)?;
        if self.tick > 0 { write!(f, ".{}", self.tick) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tick_has_a_place_and_a_span_that_lead_back_to_it() {
        for (numerator, denominator) in [(4, 4), (7, 8), (3, 1), (5, 16), (9, 32)] {
            let signature = Signature { numerator, denominator };
            for at in (0..20_000).step_by(7) {
                let place = Position::of(Ticks(at), signature);
                assert_eq!(place.ticks(signature), Some(Ticks(at)), "{place} in {signature}");
                let span = Span::of(Ticks(at + 1), signature);
                assert_eq!(span.ticks(signature), Ticks(at + 1), "{span} in {signature}");
            }
        }
        assert_eq!(Position::of(Ticks(-5), Signature::default()).to_string(), "1.1.1");
    }
}

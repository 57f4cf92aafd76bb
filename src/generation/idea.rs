//! A composed idea: tracks of notes with their sounds and mix, ready to become tracks and clips.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::intent::{Intent, Role};
use crate::model::key::Key;

/// Ticks in a quarter note.
pub const BEAT: i64 = 960;
/// Ticks in a 16th.
pub const STEP: i64 = BEAT / 4;
/// Ticks in a bar of four quarters.
pub const BAR: i64 = 4 * BEAT;

/// A whole composed idea. A pure function of intent and seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Idea {
    /// What was asked, with tempo, root and scale decided.
    pub intent: Intent,
    /// The seed it was composed with.
    pub seed: u64,
    /// Tempo in BPM.
    pub bpm: f64,
    /// The key of every pitched part.
    pub key: Key,
    /// Length in bars of 4/4.
    pub bars: u32,
    /// The letter of each 4-bar block, first to last.
    pub blocks: Vec<Block>,
    /// The chords, first to last, without gaps.
    pub chords: Vec<Chord>,
    /// Declared fills.
    pub fills: Vec<Span>,
    /// Declared breaks: stretches without kick.
    pub breaks: Vec<Span>,
    /// The role that carries the tune, if there is one.
    pub tune: Option<Role>,
    /// The tracks from top to bottom.
    pub parts: Vec<Part>,
    /// Effect buses the parts send to.
    pub buses: Vec<Bus>,
    /// The master's effects in order.
    pub master: Vec<Insert>,
    /// Sentences for the user: what was left out or stood in for.
    pub notes: Vec<String>,
}

/// The letter of a 4-bar block: what it is in the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the letters of the composing rules")]
pub enum Block {
    A,
    B,
    C,
    D,
}

impl Block {
    /// 0 for A … 3 for D.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The letter.
    pub fn letter(self) -> char {
        ['A', 'B', 'C', 'D'][self.index()]
    }
}

/// A stretch of time in ticks, the end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First tick.
    pub start: i64,
    /// First tick after it.
    pub end: i64,
}

impl Span {
    /// Whether the tick lies inside.
    pub fn holds(self, tick: i64) -> bool {
        (self.start..self.end).contains(&tick)
    }
}

/// A chord: the triad on a scale degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chord {
    /// First tick.
    pub start: i64,
    /// Its root's scale degree, 0–6.
    pub degree: i32,
}

/// One track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// What it does.
    pub role: Role,
    /// Track name.
    pub name: String,
    /// SynthDef name.
    pub sound: String,
    /// The SynthDef's preset; empty for its defaults.
    pub preset: String,
    /// Parameters that differ from the preset.
    pub params: BTreeMap<String, f32>,
    /// Changes relative to whatever the preset says (harder, darker); see [`Part::settings`].
    pub tweaks: BTreeMap<String, Tweak>,
    /// Fader in dB.
    pub volume_db: f32,
    /// −1 left … 1 right.
    pub pan: f32,
    /// Swing in percent for this part: the even 16th lands at this share of the 8th; 50 is straight.
    /// Notes lie on the straight grid; see [`swung`].
    pub swing: f64,
    /// Bus name and send level in dB, after the fader.
    pub sends: Vec<(String, f32)>,
    /// Effects in order.
    pub inserts: Vec<Insert>,
    /// Notes by start, then pitch.
    pub notes: Vec<IdeaNote>,
    /// Movements over time.
    pub automation: Vec<Movement>,
}

/// A relative change of a parameter: first times, then plus.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tweak {
    /// Factor.
    pub times: f32,
    /// Sum, in the parameter's unit.
    pub plus: f32,
}

impl Part {
    /// Every parameter that is not left at the preset's value. `preset` gives what preset and defaults
    /// say about a parameter, or none where the sound has no such parameter.
    pub fn settings(&self, preset: impl Fn(&str) -> Option<f32>) -> BTreeMap<String, f32> {
        let mut out = self.params.clone();
        for (param, tweak) in &self.tweaks {
            let base = out.get(param).copied().or_else(|| preset(param));
            if let Some(base) = base {
                out.insert(param.clone(), base * tweak.times + tweak.plus);
            }
        }
        out
    }
}

/// One note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdeaNote {
    /// Onset in ticks from the idea's start, on the straight grid.
    pub start: i64,
    /// Length in ticks, above 0.
    pub length: i64,
    /// MIDI pitch 0–127.
    pub pitch: u8,
    /// 1–127.
    pub velocity: u8,
    /// Slides into the next note (acid lines); may lie outside the scale for up to an 8th.
    pub slide: bool,
}

impl IdeaNote {
    /// First tick after the note.
    pub fn end(&self) -> i64 {
        self.start + self.length
    }
}

/// What a movement moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A parameter of the part's sound.
    Sound(String),
    /// The fader, dB.
    Volume,
    /// A parameter of an insert.
    Insert {
        /// Index among the part's inserts.
        index: usize,
        /// Parameter name.
        param: String,
    },
}

/// An automation line: straight between its points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Movement {
    /// What moves.
    pub target: Target,
    /// Tick and value, by tick.
    pub points: Vec<(i64, f32)>,
}

/// An effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Insert {
    /// SynthDef name of the effect.
    pub effect: String,
    /// Parameters that differ from its defaults.
    pub params: BTreeMap<String, f32>,
    /// The role whose part keys it (sidechain).
    pub key_from: Option<Role>,
}

/// An effect bus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bus {
    /// Its name, as sends give it.
    pub name: String,
    /// Effects in order.
    pub effects: Vec<Insert>,
    /// Return level in dB.
    pub volume_db: f32,
}

impl Idea {
    /// Length in ticks.
    pub fn length(&self) -> i64 {
        i64::from(self.bars) * BAR
    }

    /// The part of a role.
    pub fn part(&self, role: Role) -> Option<&Part> {
        self.parts.iter().find(|part| part.role == role)
    }

    /// The part that carries the tune.
    pub fn tune(&self) -> Option<&Part> {
        self.part(self.tune?)
    }

    /// Whether the tick lies in a declared fill.
    pub fn in_fill(&self, tick: i64) -> bool {
        self.fills.iter().any(|span| span.holds(tick))
    }

    /// Whether the tick lies in a declared break.
    pub fn in_break(&self, tick: i64) -> bool {
        self.breaks.iter().any(|span| span.holds(tick))
    }

    /// The chord at a tick.
    pub fn chord(&self, tick: i64) -> Chord {
        let sounding = self.chords.iter().rev().find(|chord| chord.start <= tick);
        sounding.copied().unwrap_or(Chord { start: 0, degree: 0 })
    }

    /// The ticks of a 4-bar block, cut at the idea's end.
    pub fn block_span(&self, index: usize) -> Span {
        let start = index as i64 * 4 * BAR;
        Span { start, end: (start + 4 * BAR).min(self.length()) }
    }
}

/// Where swing puts a straight tick: every second 16th lands at `swing` percent of its 8th
/// (Linn's definition: delay = (S − 50)/100 of an 8th). Other positions stay.
pub fn swung(tick: i64, swing: f64) -> i64 {
    if tick.rem_euclid(2 * STEP) == STEP {
        tick + ((swing - 50.0) / 100.0 * (2 * STEP) as f64).round() as i64
    } else {
        tick
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swing_moves_only_the_even_sixteenths() {
        assert_eq!(swung(STEP, 50.0), STEP);
        assert_eq!(swung(STEP, 66.0), STEP + 77);
        assert_eq!(swung(2 * STEP, 66.0), 2 * STEP);
        assert_eq!(swung(3 * STEP, 60.0), 3 * STEP + 48);
        assert_eq!(swung(160, 60.0), 160);
    }
}

//! A piece as the rules see it: stems with their notes, the mix, and what its genre asks for.

use crate::analysis::{between, mean_square};

/// What a stem does in the music.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The kick drum.
    Kick,
    /// A sampled breakbeat.
    Break,
    /// Bass notes.
    Bass,
    /// The kick's long low reverberation, as a part of its own.
    Rumble,
    /// The main melody.
    Lead,
    /// A resonant bass-line synthesizer.
    Acid,
    /// Short chords.
    Stab,
    /// Held chords, strings.
    Pad,
    /// Voices.
    Vox,
    /// Hi-hats and rides.
    Hat,
    /// Claps.
    Clap,
    /// Snares.
    Snare,
    /// Cymbals that mark a section.
    Crash,
    /// Other drums.
    Percussion,
    /// Risers, noises and anything else.
    Effect,
}

impl Role {
    /// The role most people mean by `name` (any case); [`Role::Effect`] where there is none.
    pub fn from_name(name: &str) -> Role {
        match name.trim().to_ascii_lowercase().as_str() {
            "kick" => Role::Kick,
            "break" | "breakbeat" => Role::Break,
            "bass" | "reverse bass" => Role::Bass,
            "rumble" => Role::Rumble,
            "lead" | "hoover" | "screech" | "piano" => Role::Lead,
            "acid" => Role::Acid,
            "stab" => Role::Stab,
            "pad" | "strings" => Role::Pad,
            "vox" | "shout" | "vocal" => Role::Vox,
            "hat" | "hats" | "ride" | "open hat" | "closed hat" => Role::Hat,
            "clap" => Role::Clap,
            "snare" => Role::Snare,
            "crash" => Role::Crash,
            "percussion" | "perc" | "tom" => Role::Percussion,
            _ => Role::Effect,
        }
    }

    /// Whether its notes are drum hits.
    pub fn is_drum(self) -> bool {
        matches!(
            self,
            Role::Kick
                | Role::Break
                | Role::Hat
                | Role::Clap
                | Role::Snare
                | Role::Crash
                | Role::Percussion
        )
    }
}

/// One note of a stem.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// Start in quarter notes from the piece's beginning.
    pub start: f64,
    /// Length in quarter notes.
    pub length: f64,
    /// MIDI pitch, 0–127.
    pub pitch: u8,
    /// Velocity, 0–1.
    pub velocity: f32,
}

/// One part of the piece: its sound as it enters the mix, and its notes.
#[derive(Clone, Debug)]
pub struct Stem<'a> {
    /// Name shown in results.
    pub name: String,
    /// What it does.
    pub role: Role,
    /// Left samples, frame 0 being beat 0.
    pub left: &'a [f32],
    /// Right samples.
    pub right: &'a [f32],
    /// Its notes, in any order.
    pub notes: Vec<Note>,
}

impl Stem<'_> {
    /// Mean square of both channels between two times in seconds.
    pub(super) fn power(&self, rate: u32, from_s: f64, to_s: f64) -> f64 {
        let side = |samples| mean_square(between(samples, rate, from_s, to_s));
        0.5 * (side(self.left) + side(self.right))
    }
}

/// What a genre asks for, one row of its table.
#[derive(Clone, Debug, PartialEq)]
pub struct GenreBand {
    /// Name of the genre.
    pub name: String,
    /// Short-term loudness of the drop, LUFS from–to.
    pub drop_lufs: (f64, f64),
    /// Lead notes a bar, from–to.
    pub lead_notes: (f64, f64),
    /// Swing in percent, from–to; 50 is straight.
    pub swing: (f64, f64),
    /// Whether snare or clap belongs on 2 and 4.
    pub backbeat: bool,
    /// How far the kick is louder than the lead, LU from–to.
    pub kick_over_lead_lu: (f64, f64),
    /// How far the kick stands above each other stem over 200 Hz in its first 60 ms, dB.
    pub laptop_margin_db: f64,
    /// Whether a break may take the kick's place on the beat.
    pub break_for_kick: bool,
    /// Whether the bass plays every offbeat 8th.
    pub offbeat_bass: bool,
}

impl GenreBand {
    /// The seven rows: gabber, frenchcore, uptempo, industrial, hard techno, happy hardcore, early rave.
    pub fn all() -> Vec<GenreBand> {
        let row = |name: &str, drop_lufs, lead_notes, swing_to, backbeat| GenreBand {
            name: name.to_owned(),
            drop_lufs,
            lead_notes,
            swing: (50.0, swing_to),
            backbeat,
            kick_over_lead_lu: (3.0, 8.0),
            laptop_margin_db: 3.0,
            break_for_kick: false,
            offbeat_bass: false,
        };
        let near = |row: GenreBand| GenreBand {
            kick_over_lead_lu: (0.0, 3.0),
            laptop_margin_db: 0.0,
            ..row
        };
        vec![
            row("gabber", (-8.0, -5.0), (3.0, 10.0), 50.0, false),
            GenreBand {
                offbeat_bass: true,
                ..row("frenchcore", (-7.0, -5.0), (4.0, 12.0), 50.0, false)
            },
            row("uptempo", (-6.0, -4.0), (2.0, 10.0), 50.0, false),
            row("industrial", (-8.0, -5.0), (0.0, 6.0), 53.0, false),
            row("hard techno", (-9.0, -6.0), (0.0, 8.0), 56.0, true),
            GenreBand {
                offbeat_bass: true,
                ..near(row("happy hardcore", (-9.0, -6.0), (6.0, 14.0), 50.0, true))
            },
            GenreBand {
                break_for_kick: true,
                swing: (52.0, 60.0),
                ..near(row("early rave", (-11.0, -8.0), (3.0, 10.0), 60.0, true))
            },
        ]
    }

    /// The row called `name`.
    pub fn named(name: &str) -> Option<GenreBand> {
        Self::all().into_iter().find(|band| band.name == name)
    }
}

/// A rendered piece in 4/4 at a constant tempo.
#[derive(Clone, Debug)]
pub struct Piece<'a> {
    /// Quarter notes a minute, above zero.
    pub bpm: f64,
    /// Samples a second.
    pub rate: u32,
    /// Length in bars of four quarters, at least 1; a tail may follow.
    pub bars: u32,
    /// Pitch class of the key's root, 0 (C) – 11.
    pub root: u8,
    /// Whether a melody of kick tails was asked for, so that kicks may leave root and fifth.
    pub kick_melody: bool,
    /// Declared fills, from–to in quarters.
    pub fills: Vec<(f64, f64)>,
    /// Declared breaks (no kick), from–to in quarters.
    pub breaks: Vec<(f64, f64)>,
    /// The 4-bar block that is the drop, from 0; none for the loudest.
    pub drop: Option<usize>,
    /// The parts.
    pub stems: Vec<Stem<'a>>,
    /// Left samples of the master.
    pub left: &'a [f32],
    /// Right samples of the master.
    pub right: &'a [f32],
    /// What its genre asks for.
    pub genre: GenreBand,
}

/// A kick hit and how much room it has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kick {
    /// Start in quarters.
    pub start: f64,
    /// Note length in quarters.
    pub length: f64,
    /// MIDI pitch.
    pub pitch: u8,
    /// Start of the next kick in quarters; none for the last.
    pub next: Option<f64>,
}

impl<'a> Piece<'a> {
    /// Seconds of one quarter.
    pub fn beat_s(&self) -> f64 {
        60.0 / self.bpm
    }

    /// The kick stems' hits in order.
    pub fn kicks(&self) -> Vec<Kick> {
        let mut notes: Vec<Note> =
            self.with_role(Role::Kick).flat_map(|stem| stem.notes.iter().copied()).collect();
        notes.sort_by(|a, b| a.start.total_cmp(&b.start));
        let starts: Vec<f64> = notes.iter().skip(1).map(|note| note.start).collect();
        notes
            .into_iter()
            .enumerate()
            .map(|(i, n)| Kick {
                start: n.start,
                length: n.length,
                pitch: n.pitch,
                next: starts.get(i).copied(),
            })
            .collect()
    }

    /// The 4-bar block (from 0) that is the drop: the declared one, else the one of most power.
    pub fn drop_block(&self) -> usize {
        let blocks = (self.bars as usize).div_ceil(4).max(1);
        let power = |block: &usize| {
            let (from, to) = self.block_s(*block);
            mean_square(between(self.left, self.rate, from, to))
                + mean_square(between(self.right, self.rate, from, to))
        };
        let loudest = || (0..blocks).max_by(|a, b| power(a).total_cmp(&power(b))).unwrap_or(0);
        self.drop.filter(|&block| block < blocks).unwrap_or_else(loudest)
    }

    /// From–to in seconds of 4-bar block `block`.
    pub(super) fn block_s(&self, block: usize) -> (f64, f64) {
        let beats = (block * 16) as f64;
        let end = (beats + 16.0).min(f64::from(self.bars) * 4.0);
        (beats * self.beat_s(), end * self.beat_s())
    }

    pub(super) fn with_role(&self, role: Role) -> impl Iterator<Item = &Stem<'a>> {
        self.stems.iter().filter(move |stem| stem.role == role)
    }

    pub(super) fn in_fill(&self, beat: f64) -> bool {
        inside(&self.fills, beat)
    }

    pub(super) fn in_break(&self, beat: f64) -> bool {
        inside(&self.breaks, beat)
    }
}

fn inside(ranges: &[(f64, f64)], beat: f64) -> bool {
    ranges.iter().any(|&(from, to)| beat >= from - 1e-6 && beat < to - 1e-6)
}

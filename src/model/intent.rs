//! What the user asked for, read from words: shown before anything is composed, and editable.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::key::{Key, PitchClass, Scale};

/// A genre of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the genres' own")]
pub enum Genre {
    EarlyRave,
    Gabber,
    HappyHardcore,
    /// Mainstream hardcore; also what "hardcore" alone means.
    Mainstream,
    Industrial,
    Frenchcore,
    Uptempo,
    Terrorcore,
    Speedcore,
    Rawstyle,
    Hardstyle,
    Doomcore,
    Hardtek,
    Schranz,
    HardTechno,
    Crossbreed,
}

impl Genre {
    /// Every genre.
    pub const ALL: [Genre; 16] = [
        Genre::EarlyRave,
        Genre::Gabber,
        Genre::HappyHardcore,
        Genre::Mainstream,
        Genre::Industrial,
        Genre::Frenchcore,
        Genre::Uptempo,
        Genre::Terrorcore,
        Genre::Speedcore,
        Genre::Rawstyle,
        Genre::Hardstyle,
        Genre::Doomcore,
        Genre::Hardtek,
        Genre::Schranz,
        Genre::HardTechno,
        Genre::Crossbreed,
    ];

    /// The genre's name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Genre::EarlyRave => "early rave",
            Genre::Gabber => "gabber",
            Genre::HappyHardcore => "happy hardcore",
            Genre::Mainstream => "mainstream hardcore",
            Genre::Industrial => "industrial hardcore",
            Genre::Frenchcore => "frenchcore",
            Genre::Uptempo => "uptempo",
            Genre::Terrorcore => "terrorcore",
            Genre::Speedcore => "speedcore",
            Genre::Rawstyle => "rawstyle",
            Genre::Hardstyle => "hardstyle",
            Genre::Doomcore => "doomcore",
            Genre::Hardtek => "hardtek",
            Genre::Schranz => "schranz",
            Genre::HardTechno => "hard techno",
            Genre::Crossbreed => "crossbreed",
        }
    }
}

impl fmt::Display for Genre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a track does in the music; the order is the order of tracks from top to bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the field's own")]
pub enum Role {
    Kick,
    /// A sampled drum loop of early rave.
    Break,
    Bass,
    /// The low 16ths between techno kicks.
    Rumble,
    ClosedHat,
    OpenHat,
    Ride,
    Clap,
    Snare,
    Percussion,
    Crash,
    Hoover,
    Lead,
    Acid,
    Stab,
    Screech,
    Piano,
    Strings,
    Pad,
    Riser,
    /// Shouts and voices.
    Vox,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 21] = [
        Role::Kick,
        Role::Break,
        Role::Bass,
        Role::Rumble,
        Role::ClosedHat,
        Role::OpenHat,
        Role::Ride,
        Role::Clap,
        Role::Snare,
        Role::Percussion,
        Role::Crash,
        Role::Hoover,
        Role::Lead,
        Role::Acid,
        Role::Stab,
        Role::Screech,
        Role::Piano,
        Role::Strings,
        Role::Pad,
        Role::Riser,
        Role::Vox,
    ];

    /// The role's name in lower case, as it stands on a track.
    pub fn name(self) -> &'static str {
        match self {
            Role::Kick => "kick",
            Role::Break => "break",
            Role::Bass => "bass",
            Role::Rumble => "rumble",
            Role::ClosedHat => "closed hat",
            Role::OpenHat => "open hat",
            Role::Ride => "ride",
            Role::Clap => "clap",
            Role::Snare => "snare",
            Role::Percussion => "percussion",
            Role::Crash => "crash",
            Role::Hoover => "hoover",
            Role::Lead => "lead",
            Role::Acid => "acid",
            Role::Stab => "stab",
            Role::Screech => "screech",
            Role::Piano => "piano",
            Role::Strings => "strings",
            Role::Pad => "pad",
            Role::Riser => "riser",
            Role::Vox => "shout",
        }
    }

    /// Drums of the steady pattern: what rule 10 compares from bar to bar. Crashes mark sections and
    /// are no part of it.
    pub fn is_drum(self) -> bool {
        matches!(
            self,
            Role::Kick
                | Role::Break
                | Role::ClosedHat
                | Role::OpenHat
                | Role::Ride
                | Role::Clap
                | Role::Snare
                | Role::Percussion
        )
    }

    /// Roles that can carry the tune, most likely first.
    pub const MELODIC: [Role; 6] =
        [Role::Hoover, Role::Lead, Role::Acid, Role::Piano, Role::Stab, Role::Screech];
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A feeling asked for in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are plain words")]
pub enum Mood {
    Party,
    Brutal,
    Ominous,
    Silly,
    Euphoric,
    Playful,
    Angry,
    Bleak,
    Hard,
    Dark,
    Aggressive,
    Raw,
    Hypnotic,
}

impl Mood {
    /// The word for it in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Mood::Party => "party",
            Mood::Brutal => "brutal",
            Mood::Ominous => "ominous",
            Mood::Silly => "silly",
            Mood::Euphoric => "euphoric",
            Mood::Playful => "playful",
            Mood::Angry => "angry",
            Mood::Bleak => "bleak",
            Mood::Hard => "hard",
            Mood::Dark => "dark",
            Mood::Aggressive => "aggressive",
            Mood::Raw => "raw",
            Mood::Hypnotic => "hypnotic",
        }
    }
}

/// How one role's sound is asked to be: the adjective before its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are plain words")]
pub enum Character {
    Screaming,
    Dark,
    Bright,
    Sliding,
    Rolling,
    Distorted,
    Dry,
    Long,
    Short,
    Punchy,
    Reverse,
    Wide,
    Piep,
}

impl Character {
    /// The word for it in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Character::Screaming => "screaming",
            Character::Dark => "dark",
            Character::Bright => "bright",
            Character::Sliding => "sliding",
            Character::Rolling => "rolling",
            Character::Distorted => "distorted",
            Character::Dry => "dry",
            Character::Long => "long",
            Character::Short => "short",
            Character::Punchy => "punchy",
            Character::Reverse => "reverse",
            Character::Wide => "wide",
            Character::Piep => "piep",
        }
    }

    /// The role it means when none is named beside it.
    pub fn usual(self) -> Option<Role> {
        match self {
            Character::Screaming => Some(Role::Hoover),
            Character::Rolling | Character::Distorted | Character::Punchy | Character::Piep => {
                Some(Role::Kick)
            }
            Character::Reverse => Some(Role::Bass),
            _ => None,
        }
    }
}

/// Where a decision of the intent comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// The words say it.
    Stated,
    /// An artist, label, era or style word in the prompt implies it.
    Style,
    /// The running set decides it.
    Set,
    /// The genre's usual value.
    #[default]
    Genre,
}

/// One thing that was understood, for showing as a chip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chip {
    /// What it is about: `genre`, `tempo`, `key`, `bars`, `roles`, `sound`, `mood`, `style`,
    /// `edit`.
    pub kind: String,
    /// What was understood, in plain words.
    pub text: String,
}

/// What can be made of a clip that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reshape {
    /// Another of its kind.
    Vary,
    /// A bar that leads into the next phrase.
    Fill,
    /// A bass that fits its kick.
    Bass,
}

/// What of an intent a person changes by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are plain words")]
pub enum Facet {
    Genre,
    Tempo,
    Key,
    Bars,
    Roles,
}

impl Facet {
    /// Every facet, in the order they are shown.
    pub const ALL: [Facet; 5] = [Facet::Genre, Facet::Tempo, Facet::Key, Facet::Bars, Facet::Roles];

    /// The word for it in lower case; the [kind](Chip::kind) of its chip.
    pub fn name(self) -> &'static str {
        match self {
            Facet::Genre => "genre",
            Facet::Tempo => "tempo",
            Facet::Key => "key",
            Facet::Bars => "bars",
            Facet::Roles => "roles",
        }
    }
}

/// A change asked of what was composed before, rather than something new.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditRequest {
    /// What it changes, when the set still knows.
    pub base: Option<Box<Composed>>,
    /// Roles that stay note for note.
    pub locked: Vec<Role>,
}

/// A piece as it can be composed again: the same intent and seed give the same notes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Composed {
    /// What was asked.
    pub intent: Intent,
    /// The seed it was composed with.
    pub seed: u64,
}

/// What is already running: the words are read against it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SetContext {
    /// Tempo in BPM; none when nothing was decided yet.
    pub bpm: Option<f64>,
    /// The set's key.
    pub key: Option<Key>,
    /// The set's genre.
    pub genre: Option<Genre>,
    /// What was composed last, for "the same but …".
    pub last: Option<Composed>,
}

/// What the user asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// The words as typed.
    pub prompt: String,
    /// The genre to compose in.
    pub genre: Genre,
    /// Where the genre comes from.
    pub genre_from: Origin,
    /// Tempo in BPM, 20–999.
    pub bpm: f64,
    /// Where the tempo comes from.
    pub bpm_from: Origin,
    /// The first degree; none lets the seed choose among the genre's usual ones.
    pub root: Option<PitchClass>,
    /// The scale; none lets the seed choose among the genre's usual ones.
    pub scale: Option<Scale>,
    /// Where root and scale come from.
    pub key_from: Origin,
    /// Length in bars, 1–128.
    pub bars: u32,
    /// The roles that make this request what it is; the composer adds the genre's supporting ones.
    pub roles: Vec<Role>,
    /// The roles that the words themselves name, where they ask for no more than those ("a dark
    /// hoover", but not "a drop with a dark hoover").
    #[serde(default)]
    pub named: Vec<Role>,
    /// Nothing but `roles`.
    pub only: bool,
    /// Roles that must not sound.
    pub without: Vec<Role>,
    /// −2 much calmer … 0 the genre's usual … +2 much harder.
    pub energy: i8,
    /// −2 much darker … +2 much brighter.
    pub brightness: i8,
    /// −2 far fewer notes … +2 far more.
    pub density: i8,
    /// Feelings, in the order they were found.
    pub moods: Vec<Mood>,
    /// How single roles are to sound, in the order the words were found.
    #[serde(default)]
    pub characters: Vec<(Role, Character)>,
    /// Artists, labels and eras understood; they select a style profile, never a tune.
    pub styles: Vec<String>,
    /// Set when the words change what was made before.
    pub edit: Option<EditRequest>,
    /// Everything understood, for showing.
    pub understood: Vec<Chip>,
    /// Sentences the user should read: what was assumed or could not be done.
    pub notes: Vec<String>,
    /// The words that meant nothing, as typed.
    pub unknown: Vec<String>,
}

impl Intent {
    /// The key, when both its halves are decided.
    pub fn key(&self) -> Option<Key> {
        Some(Key { root: self.root?, scale: self.scale? })
    }

    /// Whether `role` is to sound so.
    pub fn sounds(&self, role: Role, character: Character) -> bool {
        self.characters.contains(&(role, character))
    }

    /// Whether `role` was asked for and not excluded.
    pub fn wants(&self, role: Role) -> bool {
        self.roles.contains(&role) && !self.without.contains(&role)
    }
}

impl fmt::Display for Intent {
    /// One line per thing understood, then the sentences and the words that meant nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chip in &self.understood {
            writeln!(f, "{:>6}  {}", chip.kind, chip.text)?;
        }
        for note in &self.notes {
            writeln!(f, "  note  {note}")?;
        }
        if !self.unknown.is_empty() {
            writeln!(f, "     ?  not understood: {}", self.unknown.join(", "))?;
        }
        Ok(())
    }
}

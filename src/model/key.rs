//! Keys: pitch classes, seven-note scales, and the way from scale degrees to MIDI pitches and back.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of the twelve pitch classes, 0 = C … 11 = B.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PitchClass(u8);

/// How a pitch class is written; the accidentals are those commonest in minor keys.
const NAMES: [&str; 12] = [
    "C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B",
];

impl PitchClass {
    /// The pitch class of any semitone count above C; wraps at the octave.
    pub fn new(semitones: i32) -> Self {
        PitchClass(semitones.rem_euclid(12) as u8)
    }

    /// Semitones above C, 0–11.
    pub fn semitones(self) -> i32 {
        i32::from(self.0)
    }

    /// The pitch class `steps` semitones higher (lower when negative).
    pub fn up(self, steps: i32) -> Self {
        PitchClass::new(self.semitones() + steps)
    }
}

impl fmt::Display for PitchClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES[usize::from(self.0)])
    }
}

impl From<PitchClass> for String {
    fn from(class: PitchClass) -> String {
        class.to_string()
    }
}

impl TryFrom<String> for PitchClass {
    type Error = KeyError;
    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl FromStr for PitchClass {
    type Err = KeyError;

    /// Reads a note name: English, German or Dutch (`fis`, `es`, `h`) or Italian and French (`fa#`).
    ///
    /// # Errors
    /// When the text is no note name.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let tidy = tidy(text);
        match read_root(&tidy) {
            Some((root, "")) => Ok(root),
            _ => Err(KeyError(text.to_owned())),
        }
    }
}

/// A text that names no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no key; write it like F minor, F#m, fis-moll or la minore")]
pub struct KeyError(String);

/// A seven-note scale.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Scale {
    /// Natural minor (aeolian).
    #[default]
    Minor,
    /// Minor with the raised seventh.
    HarmonicMinor,
    /// Minor with the lowered second.
    Phrygian,
    /// Phrygian with the major third; the fifth mode of harmonic minor.
    PhrygianDominant,
    /// Minor with the raised sixth.
    Dorian,
    /// Major (ionian).
    Major,
    /// Major with the lowered seventh.
    Mixolydian,
    /// Minor with lowered second and fifth.
    Locrian,
}

impl Scale {
    /// Every scale.
    pub const ALL: [Scale; 8] = [
        Scale::Minor,
        Scale::HarmonicMinor,
        Scale::Phrygian,
        Scale::PhrygianDominant,
        Scale::Dorian,
        Scale::Major,
        Scale::Mixolydian,
        Scale::Locrian,
    ];

    /// Semitones of the seven degrees above the root, ascending from 0.
    pub fn steps(self) -> [i32; 7] {
        match self {
            Scale::Minor => [0, 2, 3, 5, 7, 8, 10],
            Scale::HarmonicMinor => [0, 2, 3, 5, 7, 8, 11],
            Scale::Phrygian => [0, 1, 3, 5, 7, 8, 10],
            Scale::PhrygianDominant => [0, 1, 4, 5, 7, 8, 10],
            Scale::Dorian => [0, 2, 3, 5, 7, 9, 10],
            Scale::Major => [0, 2, 4, 5, 7, 9, 11],
            Scale::Mixolydian => [0, 2, 4, 5, 7, 9, 10],
            Scale::Locrian => [0, 1, 3, 5, 6, 8, 10],
        }
    }

    /// The scale's name in lower case, as people write it after the root.
    pub fn name(self) -> &'static str {
        match self {
            Scale::Minor => "minor",
            Scale::HarmonicMinor => "harmonic minor",
            Scale::Phrygian => "phrygian",
            Scale::PhrygianDominant => "phrygian dominant",
            Scale::Dorian => "dorian",
            Scale::Major => "major",
            Scale::Mixolydian => "mixolydian",
            Scale::Locrian => "locrian",
        }
    }

    /// Whether the third degree is a major third.
    pub fn is_major(self) -> bool {
        self.steps()[2] == 4
    }
}

/// A root and a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The first degree.
    pub root: PitchClass,
    /// The seven notes above it.
    pub scale: Scale,
}

impl Key {
    /// MIDI pitch of a scale degree. `degree` 0 is the root, 7 the root an octave up, −1 the degree
    /// below; `octave` is the root's, counted so that C4 is MIDI 60. Not clamped to 0–127.
    pub fn pitch(self, degree: i32, octave: i32) -> i32 {
        let step = self.scale.steps()[degree.rem_euclid(7) as usize];
        (octave + 1 + degree.div_euclid(7)) * 12 + self.root.semitones() + step
    }

    /// The scale degree 0–6 of a MIDI pitch; none when it lies outside the scale.
    pub fn degree(self, pitch: i32) -> Option<i32> {
        let above = (pitch - self.root.semitones()).rem_euclid(12);
        let found = self.scale.steps().iter().position(|&s| s == above)?;
        Some(found as i32)
    }

    /// Whether the MIDI pitch belongs to the scale.
    pub fn contains(self, pitch: i32) -> bool {
        self.degree(pitch).is_some()
    }

    /// The octave in which [`Key::pitch`] puts `degree` nearest to the MIDI pitch `target`.
    pub fn octave_near(self, degree: i32, target: f64) -> i32 {
        let at_zero = f64::from(self.pitch(degree, 0));
        ((target - at_zero) / 12.0).round() as i32
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.root, self.scale.name())
    }
}

impl FromStr for Key {
    type Err = KeyError;

    /// Reads a key as people type it: `F minor`, `fmin`, `Am`, `F#m`, `fis-moll`, `h-moll` (B minor),
    /// `la minore`. A root alone is minor, the commoner mode in this music.
    ///
    /// # Errors
    /// When the text is no key.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let tidy = tidy(text);
        let words: Vec<&str> = tidy.split_whitespace().collect();
        if let Some(found) = read_key(&words)
            && found.words == words.len()
        {
            return Ok(Key {
                root: found.root,
                scale: found.scale,
            });
        }
        if let [word] = words[..]
            && let Some((root, "")) = read_root(word)
        {
            return Ok(Key {
                root,
                scale: Scale::Minor,
            });
        }
        Err(KeyError(text.to_owned()))
    }
}

/// A MIDI pitch's frequency in Hz, A4 (69) = 440 Hz, equal temperament.
pub fn pitch_hz(pitch: f64) -> f64 {
    440.0 * ((pitch - 69.0) / 12.0).exp2()
}

/// A key found at the start of a run of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundKey {
    /// The first degree.
    pub root: PitchClass,
    /// The scale named with it.
    pub scale: Scale,
    /// How many words it took, 1–4.
    pub words: usize,
}

/// Lower case, `♯` and `♭` as `#` and `b`, hyphens and underscores as spaces.
pub fn tidy(text: &str) -> String {
    text.to_lowercase()
        .replace('♯', "#")
        .replace('♭', "b")
        .replace(['-', '_', '–'], " ")
        .trim()
        .to_owned()
}

/// Reads a key at the start of `words` (lower case, see [`tidy`]); the scale must be named, so that a
/// lone letter or an Italian article is not taken for a key.
pub fn read_key(words: &[&str]) -> Option<FoundKey> {
    let first = words.first()?;
    let (mut root, rest) = read_root(first)?;
    let mut used = 1;
    if rest.is_empty() {
        match words.get(1).copied() {
            Some("sharp" | "diesis" | "dièse" | "kruis" | "#") => (root, used) = (root.up(1), 2),
            Some("flat" | "bemolle" | "bémol" | "mol" | "b") => (root, used) = (root.up(-1), 2),
            _ => {}
        }
        let (scale, taken) = read_scale(&words[used..])?;
        // German b is B flat; its word for B is h.
        if *first == "b" && used == 1 && matches!(words.get(1), Some(&"moll" | &"dur")) {
            root = root.up(-1);
        }
        Some(FoundKey {
            root,
            scale,
            words: used + taken,
        })
    } else {
        let (scale, taken) = read_scale(&[rest])?;
        if *first == "bmoll" || *first == "bdur" {
            root = root.up(-1);
        }
        let mut found = FoundKey {
            root,
            scale,
            words: taken,
        };
        // "F#m harmonic", "amin phrygian dominant": a second word may narrow the first.
        if let Some((narrower, more)) = read_scale(&words[1..])
            && narrower.is_major() == scale.is_major()
        {
            (found.scale, found.words) = (narrower, 1 + more);
        }
        Some(found)
    }
}

/// A scale named at the start of `words`, with the number of words it took.
pub fn read_scale(words: &[&str]) -> Option<(Scale, usize)> {
    let second = words.get(1).copied().unwrap_or("");
    let is_minor = |w: &str| matches!(w, "minor" | "min" | "moll" | "mineur" | "minore");
    let found = match *words.first()? {
        "harmonic" | "harmonisch" | "harm" | "armonica" | "harmonique" => {
            (Scale::HarmonicMinor, 1 + usize::from(is_minor(second)))
        }
        "phrygian" | "phrygisch" | "frygisch" | "phryg" | "frigio" => match second {
            "dominant" | "dom" => (Scale::PhrygianDominant, 2),
            _ => (Scale::Phrygian, 1),
        },
        "natural" if is_minor(second) => (Scale::Minor, 2),
        w if is_minor(w) => match second {
            "harmonic" | "armonica" | "harmonique" => (Scale::HarmonicMinor, 2),
            _ => (Scale::Minor, 1),
        },
        "m" | "aeolian" | "äolisch" | "eolisch" => (Scale::Minor, 1),
        "dorian" | "dorisch" | "dorico" => (Scale::Dorian, 1),
        "mixolydian" | "mixolydisch" => (Scale::Mixolydian, 1),
        "locrian" | "lokrisch" => (Scale::Locrian, 1),
        "major" | "maj" | "dur" | "majeur" | "maggiore" | "majeure" | "ionian" => (Scale::Major, 1),
        _ => return None,
    };
    Some(found)
}

/// A note name at the start of a lower-case word, and what follows it in the word.
fn read_root(word: &str) -> Option<(PitchClass, &str)> {
    // Longest names first: "sol" before "so…", "fis" before "f".
    const SYLLABLES: [(&str, i32); 8] = [
        ("sol", 7),
        ("do", 0),
        ("ré", 2),
        ("re", 2),
        ("mi", 4),
        ("fa", 5),
        ("la", 9),
        ("si", 11),
    ];
    const ENDINGS: [&str; 14] = [
        "", "m", "min", "minor", "moll", "mineur", "minore", "maj", "major", "dur", "majeur",
        "maggiore", "phrygian", "dorian",
    ];
    let known = |rest: &str| ENDINGS.contains(&rest);
    for (name, semitones) in SYLLABLES {
        if let Some(rest) = word.strip_prefix(name) {
            let (shift, rest) = accidental(rest);
            // Nobody writes "dom" for C minor: it is Dutch for silly.
            if known(rest) && (rest != "m" || shift != 0) {
                return Some((PitchClass::new(semitones + shift), rest));
            }
        }
    }
    let letter = word.chars().next()?;
    let base = match letter {
        'c' => 0,
        'd' => 2,
        'e' => 4,
        'f' => 5,
        'g' => 7,
        'a' => 9,
        'b' | 'h' => 11,
        _ => return None,
    };
    let rest = &word[1..];
    let spelled = if let Some(rest) = rest.strip_prefix("is") {
        Some((1, rest))
    } else if let Some(rest) = rest.strip_prefix("es") {
        Some((-1, rest))
    } else if matches!(letter, 'a' | 'e') {
        rest.strip_prefix('s').map(|rest| (-1, rest))
    } else {
        None
    };
    if let Some((shift, rest)) = spelled
        && known(rest)
    {
        return Some((PitchClass::new(base + shift), rest));
    }
    let (shift, rest) = accidental(rest);
    if letter == 'h' && rest == "m" {
        return None;
    }
    known(rest).then(|| (PitchClass::new(base + shift), rest))
}

/// The semitones of a leading `#`, `b`, `sharp` or `flat`, and what follows it.
fn accidental(rest: &str) -> (i32, &str) {
    for (sign, shift) in [("sharp", 1), ("flat", -1), ("#", 1), ("b", -1)] {
        if let Some(after) = rest.strip_prefix(sign) {
            return (shift, after);
        }
    }
    (0, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(root: i32, scale: Scale) -> Key {
        Key {
            root: PitchClass::new(root),
            scale,
        }
    }

    #[test]
    fn reads_the_ways_people_write_keys() {
        use Scale::*;
        for (text, wanted) in [
            ("F minor", key(5, Minor)),
            ("fmin", key(5, Minor)),
            ("Am", key(9, Minor)),
            ("F#m", key(6, Minor)),
            ("fis-moll", key(6, Minor)),
            ("h-moll", key(11, Minor)),
            ("b-moll", key(10, Minor)),
            ("B minor", key(11, Minor)),
            ("Bb minor", key(10, Minor)),
            ("la minore", key(9, Minor)),
            ("fa# minore", key(6, Minor)),
            ("si bemolle maggiore", key(10, Major)),
            ("Es-Dur", key(3, Major)),
            ("as moll", key(8, Minor)),
            ("C♯ minor", key(1, Minor)),
            ("e phrygian", key(4, Phrygian)),
            ("G harmonic minor", key(7, HarmonicMinor)),
            ("D phrygian dominant", key(2, PhrygianDominant)),
            ("F sharp minor", key(6, Minor)),
            ("cis", key(1, Minor)),
            ("gmaj", key(7, Major)),
        ] {
            assert_eq!(text.parse::<Key>().as_ref(), Ok(&wanted), "{text}");
        }
        for text in ["", "x minor", "kick", "bass", "la", "f minor please", "♯"] {
            let read = text.parse::<Key>();
            // "la" alone is a root, hence minor; the rest are no keys.
            assert_eq!(read.is_ok(), text == "la", "{text}: {read:?}");
        }
    }

    #[test]
    fn what_is_shown_reads_back() {
        for root in 0..12 {
            for scale in Scale::ALL {
                let key = key(root, scale);
                assert_eq!(key.to_string().parse::<Key>(), Ok(key));
            }
        }
    }

    #[test]
    fn degrees_and_pitches_are_inverse() {
        for root in 0..12 {
            for scale in Scale::ALL {
                let key = key(root, scale);
                for degree in -14..14 {
                    let pitch = key.pitch(degree, 3);
                    assert_eq!(key.degree(pitch), Some(degree.rem_euclid(7)));
                }
                assert_eq!((0..12).filter(|&p| key.contains(p)).count(), 7);
            }
        }
        assert_eq!(key(9, Scale::Minor).pitch(0, 4), 69);
        assert_eq!(key(9, Scale::Minor).pitch(-1, 4), 67);
        assert_eq!(key(5, Scale::Minor).octave_near(0, 33.0), 1);
        assert!((pitch_hz(33.0) - 55.0).abs() < 1e-9);
    }
}

//! The words the prompt reader knows, and how a typed word finds its entry despite typing mistakes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::model::intent::{Character, Genre, Mood, Role};
use crate::model::key::Scale;

/// The embedded word list; see its own header for what each field means.
const SOURCE: &str = include_str!("../../knowledge_base/lexicon.ron");

/// What a word or phrase means; documented in `knowledge_base/lexicon.ron`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[allow(missing_docs, reason = "documented in the word list, which is what people edit")]
pub enum Meaning {
    Genre(Genre, u8),
    Role(Role),
    Sound(Character),
    Melody,
    Mood(Mood),
    Energy(i8),
    Brightness(i8),
    Density(i8),
    Tempo(i8),
    Scale(Scale),
    Intro,
    Not,
    Only,
    With,
    Keep,
    Same,
    Less,
    More,
    Notes,
    Bpm,
    Bars,
    Era,
    In,
    Quiet,
}

/// Spellings that mean the same.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    say: Vec<String>,
    means: Vec<Meaning>,
}

/// An artist, label or era: a style, never a tune.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The name as it is shown.
    pub name: String,
    /// Spellings in lower case.
    pub say: Vec<String>,
    /// The genre it stands for.
    pub genre: Genre,
    /// Its usual tempo where that differs from the genre's, BPM.
    #[serde(default)]
    pub bpm: Option<u16>,
    /// Its usual scale.
    #[serde(default)]
    pub scale: Option<Scale>,
    /// The roles it is known for; empty takes the genre's.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// How it feels.
    #[serde(default)]
    pub moods: Vec<Mood>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    words: Vec<Word>,
    profiles: Vec<Profile>,
}

/// What one spelling leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Entry {
    /// A word with meanings.
    Word(&'static [Meaning]),
    /// An artist, label or era.
    Profile(&'static Profile),
}

/// The word list, ready for look-up.
pub struct Lexicon {
    entries: BTreeMap<&'static str, Entry>,
    longest: usize,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    // The source is embedded and read by a test: a mistake in it cannot reach a user.
    let source: &'static Source = match ron::from_str::<Source>(SOURCE) {
        Ok(source) => Box::leak(Box::new(source)),
        Err(error) => panic!("knowledge_base/lexicon.ron: {error}"),
    };
    let mut entries = BTreeMap::new();
    for word in &source.words {
        for say in &word.say {
            entries.entry(say.as_str()).or_insert(Entry::Word(&word.means));
        }
    }
    for profile in &source.profiles {
        for say in &profile.say {
            entries.insert(say.as_str(), Entry::Profile(profile));
        }
    }
    let longest = entries.keys().map(|say| say.split(' ').count()).max().unwrap_or(1);
    Lexicon { entries, longest }
});

impl Lexicon {
    /// The embedded word list.
    pub fn get() -> &'static Lexicon {
        &LEXICON
    }

    /// The longest phrase's number of words.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// The entry spelled exactly so (lower case, single spaces).
    pub fn exact(&self, phrase: &str) -> Option<Entry> {
        self.entries.get(phrase).copied()
    }

    /// The entry nearest to a mistyped phrase: every word of it within its allowance of typing
    /// mistakes (insert, delete, replace or swap a letter), the fewest mistakes winning, then the
    /// alphabet.
    pub fn near(&self, phrase: &str) -> Option<Entry> {
        let typed: Vec<&str> = phrase.split(' ').collect();
        let mut best: Option<(usize, Entry)> = None;
        for (say, entry) in &self.entries {
            let known: Vec<&str> = say.split(' ').collect();
            if known.len() != typed.len() {
                continue;
            }
            let mut mistakes = 0;
            let close = typed.iter().zip(&known).all(|(t, k)| {
                let found = distance(t, k);
                mistakes += found.unwrap_or(0);
                found.is_some()
            });
            if close && best.is_none_or(|(fewest, _)| mistakes < fewest) {
                best = Some((mistakes, *entry));
            }
        }
        best.map(|(_, entry)| entry)
    }
}

/// Typing mistakes between a typed and a known word, or none when they are too many: words of up to
/// three letters must be right, four and five may have one mistake, longer ones two, and a word with
/// two mistakes must begin right.
fn distance(typed: &str, known: &str) -> Option<usize> {
    if typed == known {
        return Some(0);
    }
    let (t, k) = (typed.chars().count(), known.chars().count());
    let allowed = match t.min(k) {
        0..=3 => 0,
        4..=5 => 1,
        _ => 2,
    };
    if allowed == 0 || t.abs_diff(k) > allowed {
        return None;
    }
    let mistakes = strsim::osa_distance(typed, known);
    let begins_right = typed.chars().next() == known.chars().next();
    (mistakes <= allowed && (mistakes < 2 || begins_right)).then_some(mistakes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_list_reads_and_is_lower_case() {
        let lexicon = Lexicon::get();
        assert!(lexicon.entries.len() > 300);
        for say in lexicon.entries.keys() {
            assert_eq!(*say, say.to_lowercase().trim(), "{say}");
            assert!(!say.contains('-') && !say.contains("  "), "{say}");
        }
        assert!(lexicon.longest() <= 4);
    }

    #[test]
    fn forgives_typing_mistakes_but_not_other_words() {
        let lexicon = Lexicon::get();
        let role = |word: &str| match lexicon.near(word) {
            Some(Entry::Word(means)) => means.first().copied(),
            _ => None,
        };
        assert_eq!(role("hover"), Some(Meaning::Role(Role::Hoover)));
        assert_eq!(role("hoofer"), Some(Meaning::Role(Role::Hoover)));
        assert_eq!(role("screach"), Some(Meaning::Role(Role::Screech)));
        assert_eq!(role("frenshcore"), Some(Meaning::Genre(Genre::Frenchcore, 10)));
        assert_eq!(role("hard tecno"), Some(Meaning::Genre(Genre::HardTechno, 10)));
        for word in ["jazz", "pizza", "xyz", "banana", "salsa", "reggae", "kubernetes"] {
            assert_eq!(lexicon.near(word), None, "{word}");
        }
    }
}

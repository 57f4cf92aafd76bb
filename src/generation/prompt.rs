//! Reads a prompt: any mix of English, Dutch, German and Italian, slang and typing mistakes → intent.

mod resolve;
mod tokens;

#[cfg(test)]
mod tests;

use super::lexicon::{Entry, Lexicon, Meaning, Profile};
use crate::model::intent::{Character, Genre, Intent, Mood, Role, SetContext};
use crate::model::key::{self, PitchClass, Scale};
use tokens::{Token, number, tokens};

/// Reads `prompt` against what is running. Never fails: what means nothing is named in
/// [`Intent::unknown`], what had to be assumed in [`Intent::notes`]. Pure: the same words in the same
/// context give the same intent.
pub fn understand(prompt: &str, context: &SetContext) -> Intent {
    let mut reader = Reader::default();
    reader.read(&tokens(prompt));
    resolve::resolve(prompt, reader.said, context)
}

/// What the words say, before set and genre fill the gaps.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    bpm: Option<f64>,
    root: Option<PitchClass>,
    scale: Option<Scale>,
    bars: Option<u32>,
    genres: Vec<(Genre, u8)>,
    profiles: Vec<&'static Profile>,
    eras: Vec<String>,
    roles: Vec<Role>,
    without: Vec<Role>,
    locked: Vec<Role>,
    no_melody: bool,
    only: bool,
    with: bool,
    same: bool,
    intro: bool,
    moods: Vec<Mood>,
    characters: Vec<(Role, Character)>,
    energy: i8,
    brightness: i8,
    density: i8,
    tempo: i8,
    unknown: Vec<String>,
}

/// What the next role word does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Ask,
    Exclude,
    Lock,
}

#[derive(Default)]
struct Reader {
    said: Said,
    mode: Mode,
    /// −1 after "less", 1 after "more".
    change: i8,
    /// A number that may be a tempo if none is said outright.
    maybe_bpm: Option<f64>,
    after_in: bool,
    expects_bpm: bool,
    era_next: bool,
    /// Adjectives whose noun has not come yet.
    pending: Vec<Character>,
    /// The role named last in this phrase: the noun of adjectives that follow it ("cassa distorta").
    noun: Option<Role>,
}

impl Reader {
    fn read(&mut self, tokens: &[Token]) {
        let mut at = 0;
        while at < tokens.len() {
            at += self.step(&tokens[at..]);
        }
        self.end_phrase();
        if self.said.bpm.is_none() {
            self.said.bpm = self.maybe_bpm;
        }
    }

    /// Reads what stands first in `rest`; returns how many tokens it took, at least one.
    fn step(&mut self, rest: &[Token]) -> usize {
        let token = &rest[0];
        if token.is_break() {
            self.end_phrase();
            (self.mode, self.change) = (Mode::Ask, 0);
            return 1;
        }
        if let Some(taken) = self.key(rest) {
            return taken;
        }
        // A phrase of the list may begin with a number ("303", "999999999").
        let phrase = self.phrase(rest, Lexicon::exact);
        if let Some(taken) = phrase {
            return taken;
        }
        if let Some(taken) = self.number(rest) {
            return taken;
        }
        if let Some(taken) = self.phrase(rest, Lexicon::near) {
            return taken;
        }
        self.after_in = false;
        self.said.unknown.push(token.raw.clone());
        1
    }

    fn key(&mut self, rest: &[Token]) -> Option<usize> {
        let words: Vec<&str> =
            rest.iter().take_while(|t| !t.is_break()).take(4).map(|t| t.low.as_str()).collect();
        // FM is a kind of synthesis, "am" a German preposition before a noun.
        let preposition = rest[0].raw == "am"
            && rest.get(1).is_some_and(|t| t.low.chars().all(char::is_alphabetic) && !t.is_break());
        if rest[0].raw == "FM" || preposition {
            return None;
        }
        if let Some(found) = key::read_key(&words) {
            self.said.root = Some(found.root);
            self.said.scale = Some(found.scale);
            return Some(found.words);
        }
        if self.after_in
            && let Ok(root) = words[0].parse()
        {
            self.said.root = Some(root);
            self.after_in = false;
            return Some(1);
        }
        // "m" alone is no scale; "dur" and its like are.
        if words[0] != "m"
            && words[0] != "min"
            && let Some((scale, taken)) = key::read_scale(&words)
        {
            self.said.scale = Some(scale);
            return Some(taken);
        }
        None
    }

    fn number(&mut self, rest: &[Token]) -> Option<usize> {
        let found = number(&rest[0].low)?;
        let next = rest.get(1).map_or("", |t| t.low.as_str());
        let next_is = |wanted: Meaning| {
            [Lexicon::exact, Lexicon::near].iter().any(|find| {
                matches!(find(Lexicon::get(), next), Some(Entry::Word(m)) if m.contains(&wanted))
            })
        };
        let value = found.value;
        let whole = value.fract() == 0.0;
        let era = std::mem::take(&mut self.era_next);
        if found.is_bpm || self.expects_bpm || next_is(Meaning::Bpm) {
            self.expects_bpm = false;
            if (20.0..=999.0).contains(&value) {
                self.said.bpm = Some(value);
                return Some(1);
            }
            return None;
        }
        if next_is(Meaning::Bars) && whole && (1.0..=128.0).contains(&value) {
            self.said.bars = Some(value as u32);
            return Some(2);
        }
        let year = whole && (1985.0..=2040.0).contains(&value);
        // Two digits are a year after an era word or a name that has a history, and from 88 on.
        let short_year = whole
            && value < 100.0
            && (era || found.is_decade || !self.said.profiles.is_empty() || value >= 88.0);
        if year || short_year {
            self.said.eras.push(rest[0].raw.clone());
            return Some(1);
        }
        if (60.0..=999.0).contains(&value) {
            self.maybe_bpm.get_or_insert(value);
            return Some(1);
        }
        None
    }

    fn phrase(
        &mut self,
        rest: &[Token],
        find: impl Fn(&Lexicon, &str) -> Option<Entry>,
    ) -> Option<usize> {
        let lexicon = Lexicon::get();
        let run = rest.iter().take_while(|t| !t.is_break()).count();
        for length in (1..=run.min(lexicon.longest())).rev() {
            let words: Vec<&str> = rest[..length].iter().map(|t| t.low.as_str()).collect();
            let Some(entry) = find(lexicon, &words.join(" ")) else {
                continue;
            };
            match entry {
                Entry::Profile(profile) => self.said.profiles.push(profile),
                Entry::Word(meanings) => {
                    for meaning in meanings {
                        self.mean(*meaning);
                    }
                }
            }
            return Some(length);
        }
        None
    }

    fn mean(&mut self, meaning: Meaning) {
        let sign = self.sign();
        let said = &mut self.said;
        self.after_in = meaning == Meaning::In;
        match meaning {
            Meaning::Genre(genre, weight) => {
                said.genres.push((genre, weight));
                // "Dark gabber with a hoover" is about the gabber.
                self.pending.retain(|c| !matches!(c, Character::Dark | Character::Bright));
            }
            Meaning::Role(role) => match self.mode {
                Mode::Ask if self.change < 0 => turn(&mut said.density, -1),
                Mode::Ask => {
                    add(&mut said.roles, role);
                    self.noun = Some(role);
                    for character in std::mem::take(&mut self.pending) {
                        add(&mut said.characters, (role, character));
                    }
                }
                Mode::Exclude => add(&mut said.without, role),
                Mode::Lock => add(&mut said.locked, role),
            },
            Meaning::Melody => match self.mode {
                Mode::Exclude => said.no_melody = true,
                Mode::Ask => add(&mut said.roles, Role::Lead),
                Mode::Lock => add(&mut said.locked, Role::Lead),
            },
            Meaning::Mood(mood) if self.mode != Mode::Exclude && self.change >= 0 => {
                add(&mut said.moods, mood);
            }
            Meaning::Mood(_) => {}
            Meaning::Sound(character) if self.mode == Mode::Ask && self.change >= 0 => {
                add(&mut self.pending, character);
            }
            Meaning::Sound(_) => {}
            Meaning::Energy(n) => turn(&mut said.energy, n * sign),
            Meaning::Brightness(n) => turn(&mut said.brightness, n * sign),
            Meaning::Density(n) => turn(&mut said.density, n * sign),
            Meaning::Tempo(n) => turn(&mut said.tempo, n * sign),
            Meaning::Scale(scale) => said.scale = Some(scale),
            Meaning::Intro => said.intro = true,
            Meaning::Not => self.mode = Mode::Exclude,
            Meaning::Keep => self.mode = Mode::Lock,
            Meaning::Only => said.only = true,
            Meaning::With => {
                said.with = true;
                self.end_phrase();
            }
            Meaning::Same => said.same = true,
            Meaning::Less => self.change = -1,
            Meaning::More => self.change = 1,
            Meaning::Notes => turn(&mut said.density, self.change),
            Meaning::Bpm => self.expects_bpm = said.bpm.is_none() && self.maybe_bpm.is_none(),
            Meaning::Era => self.era_next = true,
            Meaning::Bars | Meaning::In | Meaning::Quiet => {}
        }
    }

    /// Adjectives without a noun after them belong to the one before, or to the role they always mean.
    fn end_phrase(&mut self) {
        let before = self.noun.take();
        for character in std::mem::take(&mut self.pending) {
            if let Some(role) = before.or(character.usual()) {
                add(&mut self.said.characters, (role, character));
            }
        }
    }

    /// −1 where the word is turned round by "less" or "not".
    fn sign(&self) -> i8 {
        if self.change < 0 || self.mode == Mode::Exclude { -1 } else { 1 }
    }
}

/// Adds to a −9…9 scale: "harder harder harder" has an end.
fn turn(value: &mut i8, by: i8) {
    *value = value.saturating_add(by).clamp(-9, 9);
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

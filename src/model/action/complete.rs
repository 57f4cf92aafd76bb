//! Completion and help, from the table.

use super::kind::Kind;
use super::text::{Expected, Stops, Token, Walk, quoted, tokens};
use super::{Form, forms};

/// The names a document and the sound library hold, for completion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Tracks, left to right.
    pub tracks: Vec<String>,
    /// Scenes, top to bottom.
    pub scenes: Vec<String>,
    /// Return buses.
    pub buses: Vec<String>,
    /// Groove templates.
    pub grooves: Vec<String>,
    /// SynthDef instruments.
    pub instruments: Vec<String>,
    /// SynthDef effects.
    pub effects: Vec<String>,
    /// Parameters of instruments and effects.
    pub params: Vec<String>,
    /// The user's presets of instruments.
    pub presets: Vec<String>,
    /// The user's chains of effects.
    pub chains: Vec<String>,
    /// Samples.
    pub samples: Vec<String>,
}

impl Names {
    fn of(&self, kind: Kind) -> Vec<&String> {
        match kind {
            Kind::Track => self.tracks.iter().collect(),
            Kind::Strip => self.tracks.iter().chain(&self.buses).collect(),
            Kind::Bus => self.buses.iter().collect(),
            Kind::Scene => self.scenes.iter().collect(),
            Kind::Groove => self.grooves.iter().collect(),
            Kind::Instrument => self.instruments.iter().collect(),
            Kind::Effect => self.effects.iter().collect(),
            Kind::Param => self.params.iter().collect(),
            Kind::Preset => self.presets.iter().collect(),
            Kind::Chain => self.chains.iter().collect(),
            Kind::Sample => self.samples.iter().collect(),
            _ => Vec::new(),
        }
    }
}

/// A way to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// First byte of the line that it replaces.
    pub start: usize,
    /// Byte after the last that it replaces.
    pub end: usize,
    /// What to put there, quoted where it must be.
    pub text: String,
    /// What it is: a keyword's help, or the kind of thing.
    pub hint: &'static str,
}

/// Ways to go on from `cursor` (a byte offset into `text`), keywords first, then names; those that
/// begin with what is typed before those that only contain it.
pub fn complete(text: &str, cursor: usize, names: &Names) -> Vec<Completion> {
    let mut cursor = cursor.min(text.len());
    while !text.is_char_boundary(cursor) {
        cursor -= 1;
    }
    let before = &text[..cursor];
    let (mut words, partial) = match tokens(before) {
        Ok(words) => (words, None),
        Err(start) => {
            let words = tokens(&before[..start]).unwrap_or_default();
            (words, Some((start, before[start + 1..].to_owned())))
        }
    };
    let (start, typed) = partial.unwrap_or_else(|| match words.last() {
        Some(last) if last.end == cursor => {
            let last: Token = last.clone();
            words.pop();
            (last.start, last.text)
        }
        _ => (cursor, String::new()),
    });
    let typed = typed.to_lowercase();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let mut offer = |word: String, shown: String, hint: &'static str| {
        let lower = word.to_lowercase();
        let list = match (lower.starts_with(&typed), lower.contains(&typed)) {
            (true, _) => &mut first,
            (false, true) => &mut second,
            _ => return,
        };
        let completion = Completion { start, end: cursor, text: shown, hint };
        if !list.iter().any(|c: &Completion| c.text == completion.text) {
            list.push(completion);
        }
    };
    let mut kinds = Vec::new();
    for form in forms() {
        for pattern in form.patterns {
            let mut stops = Stops::default();
            // Whether the pattern is complete does not matter, only what it wanted next.
            let _ = (form.read)(&mut Walk::new(pattern, &words, &mut stops));
            if stops.at != words.len() {
                continue;
            }
            for expected in stops.expected {
                match expected {
                    Expected::Word(word) => offer(word.to_owned(), word.to_owned(), form.help),
                    Expected::Arg(kind) if !kinds.contains(&kind) => kinds.push(kind),
                    _ => {}
                }
            }
        }
    }
    for kind in kinds {
        for word in kind.words() {
            offer((*word).to_owned(), (*word).to_owned(), kind.phrase());
        }
        for name in names.of(kind) {
            let plain = kind == Kind::Sample && !name.contains([' ', '"', '\\']);
            let shown = if plain { name.clone() } else { quoted(name) };
            offer(name.clone(), shown, kind.phrase());
        }
    }
    first.append(&mut second);
    first
}

/// How a pattern is shown to people: `track TRACK rename NAME`.
pub fn usage(pattern: &str) -> String {
    let mut shown = String::with_capacity(pattern.len());
    let mut inside = false;
    for c in pattern.chars() {
        match c {
            '{' => inside = true,
            '}' => inside = false,
            c if inside => shown.extend(c.to_uppercase()),
            c => shown.push(c),
        }
    }
    shown
}

fn line(form: &Form) -> String {
    let patterns: Vec<String> = form.patterns.iter().map(|pattern| usage(pattern)).collect();
    format!("{}\n    {}, as in: {}\n", patterns.join("\n"), form.help.trim(), form.example)
}

/// Every action with its help and an example.
pub fn help() -> String {
    forms().iter().map(line).collect()
}

/// The actions that begin with a word, such as `clip`; `None` where none does.
pub fn help_for(word: &str) -> Option<String> {
    let begins = |form: &&Form| {
        let mut patterns = form.patterns.iter();
        patterns.any(|p| p.split(' ').next().is_some_and(|w| w.eq_ignore_ascii_case(word)))
    };
    let found: String = forms().iter().filter(begins).map(line).collect();
    (!found.is_empty()).then_some(found)
}

//! Why a line is no action: what was expected, where, and the nearest word there is.

use super::text::{Expected, Stops, Token};

/// A line that is no action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// The whole explanation: one sentence or two.
    pub message: String,
    /// Column of the word that was not understood, in characters from 1.
    pub column: usize,
    /// The nearest word that would have been understood there.
    pub nearest: Option<String>,
}

/// Keywords named at most in one message.
const SHOWN: usize = 12;

impl ParseError {
    pub(super) fn open_quote(line: &str, start: usize) -> Self {
        let column = column(line, start);
        let message = format!("the quote that opens at column {column} is never closed");
        ParseError { message, column, nearest: None }
    }

    pub(super) fn at(line: &str, tokens: &[Token], stops: Stops) -> Self {
        let found = tokens.get(stops.at);
        let column = column(line, found.map_or(line.trim_end().len(), |token| token.start));
        let mut words = Vec::new();
        let mut things = Vec::new();
        let mut reasons = Vec::new();
        let mut end = false;
        for expected in &stops.expected {
            match expected {
                Expected::Word(word) => words.push(*word),
                Expected::Arg(kind) => {
                    words.extend(kind.words());
                    push_new(&mut things, kind.phrase().to_owned());
                }
                Expected::Instead(kind, reason) => {
                    words.extend(kind.words());
                    push_new(&mut reasons, reason.clone());
                }
                Expected::End => end = true,
            }
        }
        words.sort_unstable();
        words.dedup();
        let nearest = found.filter(|t| !t.quoted).and_then(|t| nearest(&t.text, &words));
        let mut wanted = things;
        // A kind's own words are in its phrase.
        let is_keyword = |word: &str| {
            stops.expected.iter().any(|e| matches!(e, Expected::Word(w) if *w == word))
        };
        let keywords: Vec<&str> = words.iter().copied().filter(|w| is_keyword(w)).collect();
        if stops.at > 0 && keywords.len() <= SHOWN {
            wanted.extend(keywords.iter().map(|w| (*w).to_owned()));
        } else if !keywords.is_empty() {
            wanted.push("one of the actions that 'help' lists".to_owned());
        }
        if end {
            wanted.push("the end of the line".to_owned());
        }
        let place = match found {
            Some(token) => format!("“{}” at column {column}", short(&token.text)),
            None if tokens.is_empty() => "the empty line".to_owned(),
            None => "the end of the line".to_owned(),
        };
        let mut message = match (reasons.is_empty(), wanted.is_empty()) {
            (false, _) => format!("{place}: {}", reasons.join("; or ")),
            (true, false) if found.is_some() => {
                format!("{place} is not understood: expected {}", list(&wanted))
            }
            _ => format!("{place}: expected {}", list(&wanted)),
        };
        if let Some(nearest) = &nearest {
            message.push_str(&format!("; did you mean “{nearest}”?"));
        }
        ParseError { message, column, nearest }
    }
}

fn push_new(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
}

fn column(line: &str, byte: usize) -> usize {
    line.get(..byte).map_or(0, |before| before.chars().count()) + 1
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// The word most like `text`, if one is like it at all.
pub(super) fn nearest(text: &str, words: &[&str]) -> Option<String> {
    let text = text.to_lowercase();
    let scored = words.iter().map(|w| (strsim::damerau_levenshtein(&text, w), *w));
    let (distance, word) = scored.min_by_key(|(distance, _)| *distance)?;
    let begins = text.len() >= 2 && word.starts_with(&text);
    let close = distance <= word.chars().count().min(text.chars().count()) / 2;
    (begins || close).then(|| word.to_owned())
}

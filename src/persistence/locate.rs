//! From a place in the project to a place in its file, and from bytes to lines.

use std::fmt;

use super::scan::{Kind, Token, Tokens};
use crate::model::validate::Step;

/// Longest part of a line that is quoted, in characters.
const EXCERPT: usize = 72;

/// A place in a text, as people count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What the line says there.
    pub excerpt: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

impl Place {
    /// The place of a byte.
    pub(super) fn of(text: &str, byte: usize) -> Place {
        let mut byte = byte.min(text.len());
        while !text.is_char_boundary(byte) {
            byte -= 1;
        }
        let before = &text[..byte];
        let line = 1 + before.bytes().filter(|&b| b == b'\n').count();
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let column = 1 + before[line_start..].chars().count();
        let rest = text[line_start..].lines().next().unwrap_or("");
        Place { line, column, excerpt: excerpt(rest, column) }
    }

    /// The byte at a line and column, both from 1.
    pub(super) fn byte(text: &str, line: usize, column: usize) -> usize {
        let mut start = 0;
        for _ in 1..line {
            match text[start..].find('\n') {
                Some(i) => start += i + 1,
                None => return text.len(),
            }
        }
        text[start..]
            .char_indices()
            .nth(column.saturating_sub(1))
            .map_or(text.len(), |(i, _)| start + i)
    }
}

/// The part of a line around a column (from 1), without indentation and control characters.
fn excerpt(line: &str, column: usize) -> String {
    let indent = line.chars().take_while(|c| c.is_whitespace()).count();
    let from = indent.max(column.saturating_sub(EXCERPT / 2));
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut text: String = line.chars().skip(from).take(EXCERPT).map(clean).collect();
    if line.chars().nth(from + EXCERPT).is_some() {
        text.push('…');
    }
    if from > indent {
        text.insert(0, '…');
    }
    text.trim_end().to_owned()
}

/// The byte at which the value at the end of `path` stands, or the innermost one on the way to it
/// that the text has.
pub(super) fn locate(text: &str, path: &[Step]) -> usize {
    let mut tokens = Tokens::new(text);
    let mut best = 0;
    for step in path {
        let Some((at, value)) = enter(text, tokens, step) else { return best };
        (best, tokens) = (at, value);
    }
    best
}

/// From the tokens at a value to those at what `step` leads to inside it.
fn enter<'a>(text: &'a str, mut tokens: Tokens<'a>, step: &Step) -> Option<(usize, Tokens<'a>)> {
    // A value may be named (`Midi(…)`) and wrapped (`Some((…))`): look through both, a few times.
    for _ in 0..4 {
        loop {
            match tokens.next()?.kind {
                Kind::Word => {}
                Kind::Open => break,
                _ => return None,
            }
        }
        let inside = tokens.clone();
        if let Some(found) = child(text, tokens, step) {
            return Some(found);
        }
        tokens = inside;
    }
    None
}

/// The child that `step` names, in the bracket whose first child is next.
fn child<'a>(text: &'a str, mut tokens: Tokens<'a>, step: &Step) -> Option<(usize, Tokens<'a>)> {
    let mut index = 0;
    loop {
        // Here a child begins, perhaps with its key.
        let value = tokens.clone();
        let first = tokens.next()?;
        if first.kind == Kind::Close {
            return None;
        }
        let after = tokens.clone();
        let mut peek = tokens.clone();
        let keyed = peek.next().is_some_and(|t| t.kind == Kind::Colon);
        let name = &text[first.start..first.end];
        let found = match step {
            Step::Index(n) => !keyed && *n == index,
            Step::Field(field) => keyed && name == *field,
            Step::Key(key) => keyed && name == key,
        };
        if found {
            return Some((first.start, if keyed { peek } else { value }));
        }
        skip_child(first, &mut tokens, after)?;
        index += 1;
    }
}

/// Past the comma that ends the child which begins with `first`; none at the end of the bracket.
fn skip_child<'a>(first: Token, tokens: &mut Tokens<'a>, after: Tokens<'a>) -> Option<()> {
    *tokens = after;
    let mut depth = usize::from(first.kind == Kind::Open);
    loop {
        match tokens.next()?.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.checked_sub(1)?,
            Kind::Comma if depth == 0 => return Some(()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_line() {
        let text = "(\n  tracks: [\n    (id: 1, kind: Audio),\n    (id: 2, clips: [\n      (content: Midi((notes: [\n        (id: 4, pitch: 9),\n        (id: 5,\n          pitch: 200),\n      ]))),\n    ], mixer: (params: {\"a\": 1, \"b\": Some(2)})),\n  ],\n)";
        use Step::{Field, Index, Key};
        let clip = [Field("tracks"), Index(1), Field("clips"), Index(0)];
        let note =
            [&clip[..], &[Field("content"), Field("notes"), Index(1), Field("pitch")]].concat();
        let place = Place::of(text, locate(text, &note));
        assert_eq!((place.line, place.column, place.excerpt.as_str()), (8, 11, "pitch: 200),"));
        // What is not written leads to what holds it.
        let missing = [&clip[..], &[Field("launch"), Field("mode")]].concat();
        assert_eq!(Place::of(text, locate(text, &missing)).line, 5);
        let param =
            [Field("tracks"), Index(1), Field("mixer"), Field("params"), Key("\"b\"".into())];
        assert_eq!(&text[locate(text, &param)..][..3], "\"b\"");
        assert_eq!(locate(text, &[Field("tracks"), Index(7)]), 4);
    }

    #[test]
    fn bytes_and_lines_are_counted_alike() {
        let text = "é(\n  ab";
        assert_eq!(Place::byte(text, 2, 3), 6);
        assert_eq!(Place::byte(text, 9, 9), text.len());
        assert_eq!(Place::of(text, 6), Place { line: 2, column: 3, excerpt: "ab".into() });
        assert_eq!(Place::of(text, 1).column, 1);
        assert_eq!(Place::of("", 5), Place { line: 1, column: 1, excerpt: String::new() });
    }
}

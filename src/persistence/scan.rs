//! A tokenizer for RON that cannot recurse: nesting, version and places are found with it.

use std::collections::HashSet;

/// Deepest nesting of brackets that is read; a project needs about twelve.
pub(super) const MAX_DEPTH: usize = 48;

/// Most entries of one table.
pub(super) const MAX_KEYS: usize = 100_000;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// A string or character.
    Text,
    /// A name, a number or anything else.
    Word,
}

/// A token and where it lies, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

/// The tokens of a text, without spaces and comments. It is lenient: what is no RON becomes words.
#[derive(Clone)]
pub(super) struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Tokens { bytes: text.as_bytes(), at: 0 }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn skip_blank(&mut self) {
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b), _) if b.is_ascii_whitespace() => self.at += 1,
                (Some(b'/'), Some(b'/')) => {
                    while self.peek(0).is_some_and(|b| b != b'\n') {
                        self.at += 1;
                    }
                }
                (Some(b'/'), Some(b'*')) => self.skip_block(),
                _ => return,
            }
        }
    }

    /// RON's block comments nest.
    fn skip_block(&mut self) {
        let mut level = 0;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'*')) => (level, self.at) = (level + 1, self.at + 2),
                (Some(b'*'), Some(b'/')) => (level, self.at) = (level - 1, self.at + 2),
                (Some(_), _) => self.at += 1,
                (None, _) => return,
            }
            if level == 0 {
                return;
            }
        }
    }

    /// Past a quoted text whose opening quote is here.
    fn skip_quoted(&mut self, quote: u8) {
        self.at += 1;
        while let Some(b) = self.peek(0) {
            self.at += 1;
            match b {
                b'\\' => self.at = (self.at + 1).min(self.bytes.len()),
                _ if b == quote => return,
                _ => {}
            }
        }
    }

    /// Past `"…"##` after the `r` and the opening hashes.
    fn skip_raw(&mut self, hashes: usize) {
        self.at += hashes + 1;
        while let Some(b) = self.peek(0) {
            self.at += 1;
            if b == b'"' && (0..hashes).all(|i| self.peek(i) == Some(b'#')) {
                self.at += hashes;
                return;
            }
        }
    }

    /// The number of hashes if a raw string's `#…#"` follows the next `skip` bytes.
    fn raw_hashes(&self, skip: usize) -> Option<usize> {
        let rest = self.bytes.get(self.at + skip..)?;
        let hashes = rest.iter().take_while(|&&b| b == b'#').count();
        (rest.get(hashes) == Some(&b'"')).then_some(hashes)
    }

    /// A character literal is at most one escaped character long; a lone `'` is no literal.
    fn quoted_char(&self) -> bool {
        let rest = &self.bytes[self.at + 1..];
        rest.first() == Some(&b'\\') || rest.iter().take(5).skip(1).any(|&b| b == b'\'')
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_blank();
        let start = self.at;
        let kind = match self.peek(0)? {
            b'(' | b'[' | b'{' => Kind::Open,
            b')' | b']' | b'}' => Kind::Close,
            b',' => Kind::Comma,
            b':' => Kind::Colon,
            b'"' => Kind::Text,
            b'\'' if self.quoted_char() => Kind::Text,
            _ => Kind::Word,
        };
        match (kind, self.peek(0)?, self.peek(1)) {
            (Kind::Text, quote, _) => self.skip_quoted(quote),
            (Kind::Word, b'b', Some(b'"' | b'\'')) => {
                self.at += 1;
                self.skip_quoted(self.bytes[self.at]);
            }
            (Kind::Word, b'r', _) if self.raw_hashes(1).is_some() => {
                let hashes = self.raw_hashes(1).unwrap_or(0);
                self.at += 1;
                self.skip_raw(hashes);
            }
            (Kind::Word, b'b', Some(b'r')) if self.raw_hashes(2).is_some() => {
                let hashes = self.raw_hashes(2).unwrap_or(0);
                self.at += 2;
                self.skip_raw(hashes);
            }
            (Kind::Word, ..) => {
                self.at += 1;
                while let Some(b) = self.peek(0) {
                    if b.is_ascii_whitespace() || b"()[]{},:\"/".contains(&b) {
                        break;
                    }
                    self.at += 1;
                }
            }
            _ => self.at += 1,
        }
        Some(Token { kind, start, end: self.at })
    }
}

/// What a text says of its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Nothing.
    Missing,
    /// This number.
    Number(u32),
    /// Something that is no number, at this byte.
    Strange(usize),
}

/// What the RON reader would not survive or not notice, and the byte where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Brackets nest deeper than [`MAX_DEPTH`].
    TooDeep(usize),
    /// A table has more than [`MAX_KEYS`] entries.
    TooMany(usize),
    /// A table has a key twice; the reader would silently drop the first entry.
    Twice(usize),
}

impl Fault {
    /// Where it is, and what it is in words.
    pub(super) fn explain(&self, text: &str) -> (usize, String) {
        match *self {
            Fault::TooDeep(byte) => (byte, "brackets are nested too deeply".to_owned()),
            Fault::TooMany(byte) => (byte, format!("a table has more than {MAX_KEYS} entries")),
            Fault::Twice(byte) => {
                let key =
                    Tokens::new(&text[byte..]).next().map_or("", |t| &text[byte..byte + t.end]);
                (byte, format!("the entry {key} is there twice"))
            }
        }
    }
}

/// Nesting, version and doubled keys of tables in one pass.
pub(super) fn survey(text: &str) -> Result<Version, Fault> {
    let mut version = Version::Missing;
    // For every open bracket the keys seen so far, if it is a table.
    let mut open: Vec<Option<HashSet<&str>>> = Vec::new();
    let mut before = [None, None];
    let mut start_before = 0;
    for token in Tokens::new(text) {
        let word = &text[token.start..token.end];
        match token.kind {
            Kind::Open => open.push((word == "{").then(HashSet::new)),
            Kind::Close => drop(open.pop()),
            Kind::Colon => {
                if let (Some(Some(keys)), Some(key)) = (open.last_mut(), before[1]) {
                    if !keys.insert(key) {
                        return Err(Fault::Twice(start_before));
                    }
                    if keys.len() > MAX_KEYS {
                        return Err(Fault::TooMany(token.start));
                    }
                }
            }
            _ => {}
        }
        let depth = open.len();
        if depth > MAX_DEPTH {
            return Err(Fault::TooDeep(token.start));
        }
        if depth == 1 && version == Version::Missing && before == [Some("version"), Some(":")] {
            version = match word.parse() {
                Ok(n) => Version::Number(n),
                Err(_) => Version::Strange(token.start),
            };
        }
        before = [before[1], Some(word)];
        start_before = token.start;
    }
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_see_through_strings_and_comments() {
        let text = r####"A(b: "(\"[", /* ( /* [ */ { */ c: r#"("("#, // (
            d: '(', e: b"(", f: [1.5, -inf, 'x'], g: 'unclosed)"####;
        let found: Vec<_> = Tokens::new(text).map(|t| &text[t.start..t.end]).collect();
        let wanted = [
            "A",
            "(",
            "b",
            ":",
            "\"(\\\"[\"",
            ",",
            "c",
            ":",
            "r#\"(\"(\"#",
            ",",
            "d",
            ":",
            "'('",
            ",",
            "e",
            ":",
            "b\"(\"",
            ",",
            "f",
            ":",
            "[",
            "1.5",
            ",",
            "-inf",
            ",",
            "'x'",
            "]",
            ",",
            "g",
            ":",
            "'unclosed",
            ")",
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn the_version_is_found_without_parsing() {
        assert_eq!(survey("(version: 7, tracks: [((((("), Ok(Version::Number(7)));
        assert_eq!(survey("Project(song: (version: 3), version: 12)"), Ok(Version::Number(12)));
        assert_eq!(survey("(song: (version: 3))"), Ok(Version::Missing));
        assert_eq!(survey("(// version: 2\n version: -1)"), Ok(Version::Strange(25)));
        assert_eq!(survey("(version: 99999999999)"), Ok(Version::Strange(10)));
        assert_eq!(survey(&"(".repeat(MAX_DEPTH + 1)), Err(Fault::TooDeep(MAX_DEPTH)));
        assert_eq!(survey(&"(".repeat(MAX_DEPTH)), Ok(Version::Missing));
        assert_eq!(survey("({a: 1, b: {a: 2}}, {a: 3})"), Ok(Version::Missing));
        assert_eq!(survey("({a: 1, b: {a: 2}, a: 3})"), Err(Fault::Twice(19)));
        let many: String = (0..=MAX_KEYS).map(|i| format!("{i}:0,")).collect();
        assert!(matches!(survey(&format!("({{{many}}})")), Err(Fault::TooMany(_))));
    }
}

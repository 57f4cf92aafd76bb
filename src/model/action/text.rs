//! Words of a line, and the walk through a pattern of the table along them.

use super::forms;
use super::kind::Kind;

/// A word of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The word, without its quotes.
    pub text: String,
    /// Whether it stood in quotes: then it is a name, never a keyword or number.
    pub quoted: bool,
    /// First byte in the line.
    pub start: usize,
    /// Byte after its last.
    pub end: usize,
}

impl Token {
    /// Whether it is this keyword.
    pub fn is(&self, word: &str) -> bool {
        !self.quoted && self.text.eq_ignore_ascii_case(word)
    }
}

/// The words of a line; an open quote is an error that gives the byte where it opened.
pub fn tokens(line: &str) -> Result<Vec<Token>, usize> {
    let mut tokens = Vec::new();
    let mut chars = line.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        if first.is_whitespace() {
            continue;
        }
        let mut text = String::new();
        if first == '"' {
            let mut end = None;
            while let Some((at, c)) = chars.next() {
                match c {
                    '"' => {
                        end = Some(at + 1);
                        break;
                    }
                    '\\' => text.extend(chars.next().map(|(_, c)| c)),
                    c => text.push(c),
                }
            }
            let end = end.ok_or(start)?;
            tokens.push(Token { text, quoted: true, start, end });
        } else {
            text.push(first);
            while let Some((_, c)) = chars.next_if(|(_, c)| !c.is_whitespace() && *c != '"') {
                text.push(c);
            }
            let end = start + text.len();
            tokens.push(Token { text, quoted: false, start, end });
        }
    }
    Ok(tokens)
}

/// A name as it is written in a line: bare where nothing else reads that way, else in quotes.
pub fn quoted(name: &str) -> String {
    let mut chars = name.chars();
    let plain = chars.next().is_some_and(char::is_alphabetic)
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if plain && !is_keyword(name) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whether some pattern, or an argument of several words, uses this word.
fn is_keyword(name: &str) -> bool {
    let inside = ["master", "bus", "vst3", "volume", "pan", "send", "param", "insert", "jump"];
    let mut patterns = forms().iter().flat_map(|form| form.patterns);
    inside.iter().any(|word| word.eq_ignore_ascii_case(name))
        || patterns.any(|pattern| {
            let mut words = pattern.split_whitespace().map(|word| word.trim_start_matches('['));
            words.any(|word| word.eq_ignore_ascii_case(name))
        })
}

/// What could have come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A keyword.
    Word(&'static str),
    /// An argument.
    Arg(Kind),
    /// An argument other than the one that stands there, for this reason.
    Instead(Kind, String),
    /// The end of the line.
    End,
}

/// How far the patterns got along the line, and what the furthest of them wanted there.
#[derive(Clone, Debug, Default)]
pub struct Stops {
    /// Number of words understood.
    pub at: usize,
    /// What could come next.
    pub expected: Vec<Expected>,
}

impl Stops {
    fn note(&mut self, at: usize, expected: Expected) {
        if at > self.at {
            self.at = at;
            self.expected.clear();
        }
        if at == self.at && !self.expected.contains(&expected) {
            self.expected.push(expected);
        }
    }
}

/// The line does not fit the pattern; the [`Stops`] say where.
#[derive(Clone, Copy, Debug)]
pub struct Stop;

/// A walk through one pattern along the words of a line.
pub struct Walk<'a> {
    pattern: std::iter::Peekable<std::str::SplitWhitespace<'static>>,
    tokens: &'a [Token],
    at: usize,
    stops: &'a mut Stops,
}

impl<'a> Walk<'a> {
    /// A walk from the beginning.
    pub fn new(pattern: &'static str, tokens: &'a [Token], stops: &'a mut Stops) -> Self {
        Walk { pattern: pattern.split_whitespace().peekable(), tokens, at: 0, stops }
    }

    /// Walks over the keywords up to the next argument, and over the argument's place.
    pub fn reach_argument(&mut self) -> Result<(), Stop> {
        self.keywords()?;
        self.pattern.next();
        Ok(())
    }

    /// Walks over the keyword of an optional argument, if it is there, and over the argument's place.
    pub fn reach_optional(&mut self) -> Result<bool, Stop> {
        self.keywords()?;
        let word = self.pattern.next().unwrap_or_default().trim_start_matches('[');
        self.pattern.next();
        let here = self.peek().is_some_and(|token| token.is(word));
        if here {
            self.at += 1;
        } else {
            self.stops.note(self.at, Expected::Word(word));
        }
        Ok(here)
    }

    fn keywords(&mut self) -> Result<(), Stop> {
        while let Some(word) = self.pattern.next_if(|w| !w.starts_with(['{', '['])) {
            if self.peek().is_some_and(|token| token.is(word)) {
                self.at += 1;
            } else {
                self.stops.note(self.at, Expected::Word(word));
                return Err(Stop);
            }
        }
        Ok(())
    }

    /// Ends the walk: the pattern's last keywords, then the end of the line.
    pub fn end(&mut self) -> Result<(), Stop> {
        self.keywords()?;
        if self.at < self.tokens.len() {
            self.stops.note(self.at, Expected::End);
            return Err(Stop);
        }
        Ok(())
    }

    /// Whether the argument being read is the pattern's last piece.
    pub fn is_last(&mut self) -> bool {
        self.pattern.peek().is_none()
    }

    /// The next word, if there is one.
    pub fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    /// Steps over the next word if it is this keyword.
    pub fn skip(&mut self, word: &str) -> bool {
        let here = self.peek().is_some_and(|token| token.is(word));
        self.at += usize::from(here);
        here
    }

    /// The next word as the value that `read` makes of it.
    pub fn value<T>(
        &mut self,
        kind: Kind,
        read: impl FnOnce(&Token) -> Result<T, String>,
    ) -> Result<T, Stop> {
        let expected = match self.peek() {
            None => Expected::Arg(kind),
            Some(token) => match read(token) {
                Ok(value) => {
                    self.at += 1;
                    return Ok(value);
                }
                Err(reason) if reason.is_empty() => Expected::Arg(kind),
                Err(reason) => Expected::Instead(kind, reason),
            },
        };
        self.stops.note(self.at, expected);
        Err(Stop)
    }

    /// All remaining words as one value; only for a pattern's last argument.
    pub fn rest<T>(
        &mut self,
        kind: Kind,
        read: impl FnOnce(&[Token]) -> Result<T, String>,
    ) -> Result<T, Stop> {
        let rest = &self.tokens[self.at..];
        let expected = match rest {
            [] => Expected::Arg(kind),
            rest => match read(rest) {
                Ok(value) => {
                    self.at = self.tokens.len();
                    return Ok(value);
                }
                Err(reason) => Expected::Instead(kind, reason),
            },
        };
        self.stops.note(self.at, expected);
        Err(Stop)
    }
}

/// A pattern being filled with the text of its arguments.
pub struct Fill {
    pattern: std::iter::Peekable<std::str::SplitWhitespace<'static>>,
    text: String,
}

impl Fill {
    /// The empty line.
    pub fn new(pattern: &'static str) -> Self {
        Fill { pattern: pattern.split_whitespace().peekable(), text: String::new() }
    }

    /// Adds a word.
    fn word(&mut self, word: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(word);
    }

    fn keywords(&mut self) {
        while let Some(word) = self.pattern.next_if(|w| !w.starts_with(['{', '['])) {
            self.word(word);
        }
    }

    /// Fills in the next argument.
    pub fn argument(&mut self, value: &str) {
        self.keywords();
        self.pattern.next();
        self.word(value);
    }

    /// Fills in the next argument with its keyword, or leaves both out.
    pub fn optional(&mut self, value: Option<&str>) {
        self.keywords();
        let word = self.pattern.next().unwrap_or_default().trim_start_matches('[');
        self.pattern.next();
        if let Some(value) = value {
            self.word(word);
            self.word(value);
        }
    }

    /// The whole line.
    pub fn finish(mut self) -> String {
        self.keywords();
        self.text
    }
}

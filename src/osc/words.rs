//! The words of a message: what stands in its address after the first part, then its arguments.

use rosc::OscType;

use crate::model::action::{BusRef, Ref, SceneRef, StripRef, Switch, TrackRef};

/// Bytes a name may have.
const LONGEST_NAME: usize = 200;

/// One word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    /// Any number of the protocol.
    Number(f64),
    /// A string, a character, or a part of the address.
    Text(String),
    /// True or false.
    Bool(bool),
    /// The impulse, which has no value.
    Bang,
    /// A type that means nothing here, by its name.
    Other(&'static str),
}

impl Word {
    /// The number it is or spells, which may be infinite or none; `None` for another kind of word.
    fn number(&self) -> Option<f64> {
        match self {
            Word::Number(n) => Some(*n),
            Word::Bool(on) => Some(f64::from(u8::from(*on))),
            Word::Text(text) => text.parse().ok(),
            Word::Bang | Word::Other(_) => None,
        }
    }

    /// What a person reads in an error.
    fn shown(&self) -> String {
        match self {
            Word::Number(n) => n.to_string(),
            Word::Text(text) => format!("“{}”", text.chars().take(40).collect::<String>()),
            Word::Bool(on) => on.to_string(),
            Word::Bang => "an impulse".to_owned(),
            Word::Other(kind) => (*kind).to_owned(),
        }
    }
}

/// The words of one message, read from the first to the last.
#[derive(Debug)]
pub(super) struct Words {
    words: Vec<Word>,
    /// How many of them stand in the address.
    path: usize,
    at: usize,
}

impl Words {
    /// The words of an address after its first part, and the arguments; arrays are laid flat.
    pub fn of(path: &[&str], arguments: &[OscType]) -> Words {
        let mut words: Vec<Word> = path.iter().map(|part| Word::Text((*part).to_owned())).collect();
        arguments.iter().for_each(|argument| lay(argument, &mut words));
        Words { words, path: path.len(), at: 0 }
    }

    /// The next word, if there is one.
    pub fn peek(&self) -> Option<&Word> {
        self.words.get(self.at)
    }

    /// Whether the next word is a number above this one.
    pub fn exceeds(&self, low: f64) -> bool {
        self.peek().and_then(Word::number).is_some_and(|n| n > low)
    }

    /// Whether all words read so far stand in the address.
    pub fn all_in_path(&self) -> bool {
        self.at <= self.path
    }

    /// The next word.
    pub fn next(&mut self, what: &str) -> Result<&Word, String> {
        let word = self.words.get(self.at).ok_or_else(|| format!("{what} is missing"))?;
        self.at += 1;
        Ok(word)
    }

    /// Steps over the next word if it is this text.
    pub fn skip(&mut self, text: &str) -> bool {
        let here = matches!(self.peek(), Some(Word::Text(word)) if word.eq_ignore_ascii_case(text));
        self.at += usize::from(here);
        here
    }

    /// The next word as text that is no number; `None`, and nothing is read, where it is another.
    pub fn text(&mut self) -> Option<String> {
        match self.peek() {
            Some(Word::Text(text)) if text.parse::<f64>().is_err() => {
                let text = text.clone();
                self.at += 1;
                Some(text)
            }
            _ => None,
        }
    }

    /// A number, which may be infinite, but is one.
    pub fn number(&mut self, what: &str) -> Result<f64, String> {
        let word = self.next(what)?;
        let number = word.number().filter(|n| !n.is_nan());
        number.ok_or_else(|| format!("{what} is a number, not {}", word.shown()))
    }

    /// A finite number.
    pub fn finite(&mut self, what: &str) -> Result<f64, String> {
        let number = self.number(what)?;
        if number.is_finite() { Ok(number) } else { Err(format!("{what} is a finite number")) }
    }

    /// A whole number from `low` to `high`.
    pub fn whole(&mut self, what: &str, low: u32, high: u32) -> Result<u32, String> {
        let number = self.number(what)?;
        let fits = number.fract() == 0.0 && (f64::from(low)..=f64::from(high)).contains(&number);
        let error = || format!("{what} is a whole number from {low} to {high}, not {number}");
        // In range and whole, so that nothing is cut off.
        if fits { Ok(number as u32) } else { Err(error()) }
    }

    /// Something with a name, a place counted from 1, or an id.
    fn thing(&mut self, what: &str) -> Result<Ref, String> {
        let word = self.next(what)?;
        let text = match word {
            Word::Text(text) => text.as_str(),
            Word::Number(n) if n.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(n) => {
                return Ok(Ref::Number(*n as u32));
            }
            other => {
                let shown = other.shown();
                return Err(format!("{what} has a name or a number from 1, not {shown}"));
            }
        };
        let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let large = |_| format!("{what} has a smaller number than {}", word.shown());
        match (inner, text.strip_prefix('#')) {
            (None, Some(id)) if digits(id) => id.parse().map(Ref::Id).map_err(large),
            (None, _) if digits(text) => match text.parse().map_err(large)? {
                0 => Err(format!("{what} counts from 1")),
                number => Ok(Ref::Number(number)),
            },
            _ => name(inner.unwrap_or(text), what).map(Ref::Name),
        }
    }

    /// A track.
    pub fn track(&mut self) -> Result<TrackRef, String> {
        self.thing("a track").map(TrackRef)
    }

    /// A scene.
    pub fn scene(&mut self) -> Result<SceneRef, String> {
        self.thing("a scene").map(SceneRef)
    }

    /// A return bus.
    pub fn bus(&mut self) -> Result<BusRef, String> {
        self.thing("a bus").map(BusRef)
    }

    /// A strip: `master`, `bus` and a bus, or a track.
    pub fn strip(&mut self) -> Result<StripRef, String> {
        if self.skip("master") {
            Ok(StripRef::Master)
        } else if self.skip("bus") {
            self.bus().map(StripRef::Bus)
        } else {
            self.thing("a strip").map(|thing| StripRef::Track(TrackRef(thing)))
        }
    }

    /// On or off; the other way where nothing is said.
    pub fn switch(&mut self) -> Result<Switch, String> {
        let Some(word) = self.peek() else {
            return Ok(Switch::Toggle);
        };
        let switch = match (word, word.number()) {
            (_, Some(n)) if n > 0.0 => Switch::On,
            (_, Some(n)) if n <= 0.0 => Switch::Off,
            (Word::Bang, _) => Switch::Toggle,
            (Word::Text(text), _) if text.eq_ignore_ascii_case("on") => Switch::On,
            (Word::Text(text), _) if text.eq_ignore_ascii_case("off") => Switch::Off,
            (Word::Text(text), _) if text.eq_ignore_ascii_case("toggle") => Switch::Toggle,
            _ => return Err(format!("a switch is 1 or 0, not {}", word.shown())),
        };
        self.at += 1;
        Ok(switch)
    }

    /// The value of a button at the message's end: whether it goes down. Without one it does.
    pub fn button(&mut self) -> Result<bool, String> {
        let down = match self.peek() {
            None => true,
            Some(_) if self.at < self.path => return self.end().map(|()| true),
            Some(Word::Bang) => true,
            Some(word) => {
                let value = word.number().filter(|n| !n.is_nan());
                value.ok_or_else(|| format!("{} is too much here", word.shown()))? > 0.0
            }
        };
        self.at += 1;
        self.end()?;
        Ok(down)
    }

    /// Whether nothing is left.
    pub fn end(&self) -> Result<(), String> {
        match self.peek() {
            None => Ok(()),
            Some(word) => Err(format!("{} is too much here", word.shown())),
        }
    }
}

/// A name that fits into a line.
fn name(text: &str, what: &str) -> Result<String, String> {
    if text.is_empty() {
        Err(format!("{what} has a name, which is missing"))
    } else if text.len() > LONGEST_NAME {
        Err(format!("{what} has a shorter name than {} bytes", text.len()))
    } else if text.chars().any(char::is_control) {
        Err(format!("{what} has no control characters in its name"))
    } else {
        Ok(text.to_owned())
    }
}

fn lay(argument: &OscType, words: &mut Vec<Word>) {
    words.push(match argument {
        OscType::Int(n) => Word::Number(f64::from(*n)),
        // No number that means something here is so large that rounding changes it.
        OscType::Long(n) => Word::Number(*n as f64),
        OscType::Float(n) => Word::Number(f64::from(*n)),
        OscType::Double(n) => Word::Number(*n),
        OscType::String(text) => Word::Text(text.clone()),
        OscType::Char(c) => Word::Text(c.to_string()),
        OscType::Bool(on) => Word::Bool(*on),
        OscType::Inf => Word::Bang,
        OscType::Nil => Word::Other("nil"),
        OscType::Blob(_) => Word::Other("a blob"),
        OscType::Time(_) => Word::Other("a time tag"),
        OscType::Color(_) => Word::Other("a colour"),
        OscType::Midi(_) => Word::Other("a MIDI message"),
        OscType::Array(array) => return array.content.iter().for_each(|inner| lay(inner, words)),
    });
}

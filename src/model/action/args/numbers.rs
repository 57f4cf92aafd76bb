//! Arguments that are numbers, times, pitches and paths.

use super::{Arg, Kind, Stop, Token, Walk, quoted};
use crate::model::action::refs::{Position, Span};
use crate::model::key;
use crate::model::mixer::Db;
use crate::model::sample::SamplePath;
use crate::model::time::{Bpm, Signature};

/// A finite number from the word, or nothing.
fn number(token: &Token) -> Result<f32, String> {
    if token.quoted {
        return Err(String::new());
    }
    let number: f32 = token.text.parse().map_err(|_| String::new())?;
    if number.is_finite() { Ok(number) } else { Err("only a finite number will do".to_owned()) }
}

fn whole<T: TryFrom<i64>>(token: &Token, low: i64, high: i64) -> Result<T, String> {
    if token.quoted {
        return Err(String::new());
    }
    let number: i64 = token.text.parse().map_err(|_| String::new())?;
    let inside = (low..=high).contains(&number).then_some(number);
    let value = inside.and_then(|number| T::try_from(number).ok());
    value.ok_or_else(|| format!("expected a whole number from {low} to {high}"))
}

fn between(token: &Token, low: f32, high: f32) -> Result<f32, String> {
    let number = number(token)?;
    let inside = (low..=high).contains(&number).then_some(number);
    inside.ok_or_else(|| format!("expected a number from {low} to {high}"))
}

arg!(
    /// Percent of the tempo, more or less, in tenths.
    Bend: i16, Number, |token| {
        between(token, -50.0, 50.0).map(|percent| (percent * 10.0).round() as i16)
    }, |bend| (f32::from(*bend) / 10.0).to_string(), -500i16..=500
);

/// Declares a whole-number argument.
macro_rules! whole {
    ($(#[$doc:meta])* $name:ident: $value:ty, $low:literal..=$high:literal) => {
        arg!($(#[$doc])* $name: $value, Number, |token| whole(token, $low, $high), |value| {
            value.to_string()
        }, std::ops::RangeInclusive::<i64>::new($low, $high).prop_map(|n| n as $value));
    };
}

whole!(
    /// A place or count from 1.
    Count: u32, 1..=100000
);
whole!(
    /// A palette index.
    Palette: u8, 0..=255
);
whole!(
    /// A MIDI velocity.
    Velocity: u8, 1..=127
);
whole!(
    /// Percent.
    Percent: u8, 0..=100
);
whole!(
    /// Times round.
    Loops: u8, 1..=64
);
whole!(
    /// A choke group.
    Choke: u8, 0..=255
);
whole!(
    /// Bars of a count-in.
    Bars: u8, 1..=8
);
whole!(
    /// Quarter notes of a glide.
    Beats: u16, 0..=4096
);
whole!(
    /// Semitones up or down.
    Semitones: i8, -48..=48
);
whole!(
    /// A seed.
    Seed: u64, 0..=9223372036854775807
);
arg!(
    /// A value in a parameter's own unit.
    Value: f32, Number, number, ToString::to_string, -1e6f32..1e6
);
arg!(
    /// A share of something, 0–1.
    Share: f32, Number, |token| between(token, 0.0, 1.0), ToString::to_string, 0f32..=1.0
);
arg!(
    /// A groove amount, 0–1.3.
    Amount: f32, Number, |token| between(token, 0.0, 1.3), ToString::to_string, 0f32..=1.3
);
arg!(
    /// Transposition in semitones with fractions.
    Tuning: f32, Number, |token| between(token, -48.0, 48.0), ToString::to_string, -48f32..=48.0
);
arg!(
    /// Pan.
    Pan: f32, Pan, |token| between(token, -1.0, 1.0), ToString::to_string, -1f32..=1.0
);
arg!(
    /// A tempo.
    Tempo: Bpm, Tempo, |token| {
        let bpm: f64 = token.text.parse().map_err(|_| String::new())?;
        Bpm::new(bpm).map_err(|error| error.to_string())
    }, ToString::to_string, (20_000u32..=999_000).prop_map(Bpm::from_milli)
);
arg!(
    /// A level in decibels.
    Level: Db, Level, |token| {
        let text = token.text.to_ascii_lowercase();
        let text = text.strip_suffix("db").unwrap_or(&text);
        if text == "-inf" {
            return Ok(Db::SILENCE);
        }
        let level: f32 = text.parse().map_err(|_| String::new())?;
        if (-120.0..=24.0).contains(&level) {
            Ok(Db(level))
        } else {
            Err("expected a level from -120 to 24 dB, or -inf".to_owned())
        }
    }, |level| if level.0 == f32::NEG_INFINITY { "-inf".to_owned() } else { level.0.to_string() },
    prop_oneof![Just(Db::SILENCE), (-120f32..=24.0).prop_map(Db)]
);
arg!(
    /// A time signature.
    Meter: Signature, Meter, |token| {
        let (beats, value) = token.text.split_once('/').ok_or_else(String::new)?;
        let beats = beats.parse().map_err(|_| String::new())?;
        let value = value.parse().map_err(|_| String::new())?;
        let signature = Signature::checked(beats, value);
        signature.ok_or_else(|| "expected 1–32 over 1, 2, 4, 8, 16 or 32".to_owned())
    }, ToString::to_string, (1u8..=32, 0u32..6).prop_map(|(numerator, power)| Signature {
        numerator,
        denominator: 1 << power,
    })
);
arg!(
    /// A place in bars, beats and sixteenths.
    At: Position, Place, place, ToString::to_string,
    (1u32..2000, 1u32..33, 1u32..17, 0u32..240).prop_map(|(bar, beat, sixteenth, tick)| {
        Position { bar, beat, sixteenth, tick }
    })
);
arg!(
    /// A MIDI pitch, as a note name (C4 is 60) or a number.
    Pitch: u8, Pitch, pitch, |pitch| {
        let class = key::PitchClass::new(i32::from(*pitch));
        format!("{class}{}", i32::from(*pitch) / 12 - 1)
    }, 0u8..=127
);
arg!(
    /// A sample's path.
    Sample: SamplePath, Sample, |token| {
        SamplePath::new(&token.text).map_err(|error| error.to_string())
    }, |path| {
        let text = path.to_string();
        let bare = !text.contains(['"', '\\']) && !text.contains(char::is_whitespace);
        if bare { text } else { quoted(&text) }
    }, "(library:)?[a-z 鼓\"]{1,9}/[a-z0-9.]{0,5}[a-z]".prop_map(|text| {
        SamplePath::new(&text).unwrap_or_else(|e| panic!("{e}"))
    })
);

fn place(token: &Token) -> Result<Position, String> {
    let mut parts = [1u32, 1, 1, 0];
    let words: Vec<&str> = token.text.split('.').collect();
    if token.quoted || words.len() > parts.len() {
        return Err(String::new());
    }
    for (part, word) in parts.iter_mut().zip(words) {
        *part = word.parse().map_err(|_| String::new())?;
    }
    let [bar, beat, sixteenth, tick] = parts;
    if bar == 0 || beat == 0 || sixteenth == 0 || bar > 100_000 {
        return Err("bars, beats and sixteenths count from 1".to_owned());
    }
    Ok(Position { bar, beat, sixteenth, tick })
}

fn pitch(token: &Token) -> Result<u8, String> {
    if token.text.bytes().all(|b| b.is_ascii_digit()) {
        return whole(token, 0, 127);
    }
    let split = token.text.find(|c: char| c == '-' || c.is_ascii_digit());
    let (name, octave) = token.text.split_at(split.ok_or_else(String::new)?);
    let class: key::PitchClass = name.parse().map_err(|_| String::new())?;
    let octave: i32 = octave.parse().map_err(|_| String::new())?;
    let lowest = octave.saturating_add(1).saturating_mul(12);
    let pitch = u8::try_from(lowest.saturating_add(class.semitones()));
    let pitch = pitch.ok().filter(|pitch| *pitch <= 127);
    pitch.ok_or_else(|| "pitches go from C-1 to G9".to_owned())
}

/// A length; `2 bars` may be two words.
pub struct Length;

impl Arg for Length {
    type Value = Span;

    fn read(walk: &mut Walk) -> Result<Span, Stop> {
        let number = walk.peek().filter(|t| !t.quoted).and_then(|t| t.text.parse().ok());
        if let Some(n) = number.filter(|n| (1..=100_000).contains(n)) {
            walk.value(Kind::Length, |_| Ok(()))?;
            return walk.value(Kind::Length, |unit| units(n, unit));
        }
        walk.value(Kind::Length, |token| {
            if let Some((count, of)) = token.text.split_once('/') {
                let triplet = of.ends_with(['t', 'T']);
                let count = count.parse().map_err(|_| String::new())?;
                let of = of.trim_end_matches(['t', 'T']).parse().map_err(|_| String::new())?;
                let ok = (1..=1024).contains(&count) && of <= 128 && u32::is_power_of_two(of);
                let span = ok.then_some(Span::Notes { count, of, triplet });
                return span.ok_or_else(|| "a note value is 1, 2, 4 … 128".to_owned());
            }
            let split = token.text.find(|c: char| !c.is_ascii_digit()).ok_or_else(String::new)?;
            let (n, unit) = token.text.split_at(split);
            let n = n.parse().map_err(|_| String::new())?;
            if !(1..=100_000).contains(&n) {
                return Err("a length has 1 to 100000 of its unit".to_owned());
            }
            units(n, &Token { text: unit.to_owned(), ..token.clone() })
        })
    }

    fn write(value: &Span) -> String {
        value.to_string()
    }

    #[cfg(test)]
    fn any() -> proptest::strategy::BoxedStrategy<Span> {
        use proptest::prelude::*;
        let notes = (1u32..=1024, 0u32..8, any::<bool>())
            .prop_map(|(count, power, triplet)| Span::Notes { count, of: 1 << power, triplet });
        let n = 1u32..=100_000;
        prop_oneof![
            n.clone().prop_map(Span::Bars),
            n.clone().prop_map(Span::Beats),
            notes,
            n.prop_map(Span::Ticks),
        ]
        .boxed()
    }
}

fn units(n: u32, unit: &Token) -> Result<Span, String> {
    let is = |one: &str, many: &str| unit.is(one) || unit.is(many);
    if is("bar", "bars") {
        Ok(Span::Bars(n))
    } else if is("beat", "beats") {
        Ok(Span::Beats(n))
    } else if is("tick", "ticks") {
        Ok(Span::Ticks(n))
    } else {
        Err(String::new())
    }
}

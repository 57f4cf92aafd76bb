//! What a performance effect is set to.

use super::{Arg, Kind, Stop, Token, Walk};
use crate::model::touch::Touch;

/// A performance effect and its value: `filter -0.4`, `repeat 1/16`, `mute on`.
pub struct TouchSet;

const NAMES: [(&str, Touch); 6] = [
    ("mute", Touch::Mute),
    ("kickkill", Touch::KickKill),
    ("filter", Touch::Filter),
    ("repeat", Touch::BeatRepeat),
    ("stutter", Touch::Stutter),
    ("tape", Touch::TapeStop),
];

/// The words for values other than a filter's, from 0.
fn words(touch: Touch) -> &'static [&'static str] {
    match touch {
        Touch::BeatRepeat => &["off", "1/4", "1/8", "1/16", "1/32"],
        Touch::Stutter => &["off", "1/16", "1/32"],
        _ => &["off", "on"],
    }
}

fn value(touch: Touch, token: &Token) -> Result<f32, String> {
    if touch == Touch::Filter {
        if token.is("off") {
            return Ok(0.0);
        }
        let number = token.text.parse::<f32>().ok().filter(|x| (-1.0..=1.0).contains(x));
        return number.ok_or_else(|| "expected a number from -1 to 1, or off".to_owned());
    }
    let words = words(touch);
    let found = words.iter().position(|word| token.is(word));
    found.map(|i| i as f32).ok_or_else(|| format!("expected {}", words.join(", ")))
}

impl Arg for TouchSet {
    type Value = (Touch, f32);

    fn read(walk: &mut Walk) -> Result<Self::Value, Stop> {
        let touch = walk.value(Kind::Touch, |token| super::one_of(token, &NAMES))?;
        let value = walk.value(Kind::TouchValue, |token| value(touch, token))?;
        Ok((touch, value))
    }

    fn write((touch, value): &Self::Value) -> String {
        let name = super::word_of(touch, &NAMES);
        match words(*touch).get(*value as usize) {
            Some(word) if *touch != Touch::Filter => format!("{name} {word}"),
            _ => format!("{name} {value}"),
        }
    }

    #[cfg(test)]
    fn any() -> proptest::strategy::BoxedStrategy<Self::Value> {
        use proptest::prelude::*;
        let touch = prop::sample::select(Touch::ALL.to_vec());
        (touch, -1f32..=1.0, 0usize..5)
            .prop_map(|(touch, x, word)| match touch {
                Touch::Filter => (touch, x),
                _ => (touch, (word % words(touch).len()) as f32),
            })
            .boxed()
    }
}

//! Rules a generated hardcore piece must meet, measured on its stems, its notes and its mix.
//!
//! Each rule's function says in its doc exactly what is measured. The thresholds are a performer's
//! judgement; change one only with a source from outside the product, written beside it.

mod kick;
mod mix;
mod pattern;
mod piece;

#[cfg(test)]
mod tests;

pub use mix::{UnderKick, drop_lufs, under_the_kick};
pub use piece::{GenreBand, Kick, Note, Piece, Role, Stem};

/// How one rule came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleResult {
    /// The rule's number, 1–10.
    pub number: u8,
    /// What it is about.
    pub name: &'static str,
    /// Whether the piece meets it; a rule about a role the piece does not have is met.
    pub pass: bool,
    /// What was measured, in words.
    pub measured: String,
    /// What was wanted, in words.
    pub wanted: String,
}

/// Rules 1–10 in order.
pub fn evaluate(piece: &Piece<'_>) -> Vec<RuleResult> {
    vec![
        kick::tail_in_tune(piece),
        kick::one_voice(piece),
        kick::on_the_beat(piece),
        kick::heard_on_a_laptop(piece),
        mix::balance(piece),
        mix::ducking(piece),
        mix::narrow_bass(piece),
        mix::loudness(piece),
        pattern::bass_between_kicks(piece),
        pattern::drums_repeat(piece),
    ]
}

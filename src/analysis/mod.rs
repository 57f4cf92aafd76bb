//! Measurements: pure functions on samples and notes that say what a sound, a mix or a piece is.
//!
//! Samples are `&[f32]` per channel (planar) at a rate in Hz; levels are decibels relative to full
//! scale, where silence counts as [`SILENCE_DB`]; nothing here knows of files, clocks or threads.

pub mod envelope;
pub mod filters;
pub mod hits;
pub mod loudness;
pub mod pitch;
pub mod rules;

pub mod sound;
pub mod spectrum;
pub mod stereo;

/// The level of digital silence, so that differences of levels stay numbers.
pub const SILENCE_DB: f64 = -200.0;

/// A power (mean square) in decibels, never under [`SILENCE_DB`].
pub fn power_db(power: f64) -> f64 {
    if power > 1e-20 { 10.0 * power.log10() } else { SILENCE_DB }
}

/// Mean square of `signal`; zero where it is empty.
pub fn mean_square(signal: &[f32]) -> f64 {
    if signal.is_empty() {
        return 0.0;
    }
    signal.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>() / signal.len() as f64
}

/// Mean of two channels, as long as the shorter one.
pub fn mono(left: &[f32], right: &[f32]) -> Vec<f32> {
    left.iter().zip(right).map(|(l, r)| 0.5 * (l + r)).collect()
}

/// The part of `signal` between two times in seconds, cut to what is there.
pub fn between(signal: &[f32], rate: u32, from_s: f64, to_s: f64) -> &[f32] {
    let frame = |s: f64| ((s.max(0.0) * f64::from(rate)).round() as usize).min(signal.len());
    let (from, to) = (frame(from_s), frame(to_s));
    &signal[from.min(to)..to]
}

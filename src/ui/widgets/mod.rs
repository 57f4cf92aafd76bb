//! Controls of our own: faders, knobs, meters, switches, waves.

pub mod fader;
pub mod knob;
pub mod meter;
pub mod switch;
pub mod wave;

/// A level as it is written: `-6.0`, and `-∞` for silence.
pub fn db(level: f32) -> String {
    if level <= -70.0 { "-∞".to_owned() } else { format!("{level:.1}") }
}

//! Unit generators of our own for the embedded synth: oversampled distortion, true-peak limiter, dry-path delay.
//!
//! All of these have a constant latency in frames, whatever the sample rate, so that a rack can line
//! up parallel paths by adding integers. Controls are read once per control block.

mod curves;
mod delay;
mod env_gen;
pub mod expr;
mod halfband;
mod limiter;
mod mul_add;
mod shaper;
mod sin_osc;

#[cfg(test)]
mod tests;

use plyphon::{Inputs, Rate, UnitRegistry};

pub use delay::{DELAY_MAX_FRAMES, Delay, DelayDef};
pub use env_gen::{EnvGen, EnvGenDef};
pub use limiter::{LIMITER_LATENCY, Limiter, LimiterDef};
pub use mul_add::{MulAdd, MulAddDef};
pub use shaper::{SHAPER_LATENCY, Shaper, ShaperCurve, ShaperDef};
pub use sin_osc::{SinOsc, SinOscDef};

/// Registers every unit of ours, by the name a SynthDef uses:
///
/// - `HcShaper.ar(in, drive_db, curve, bias)`: [`Shaper`], one output.
/// - `HcLimiter.ar(left, right, ceiling_db, release_s)`: [`Limiter`], two outputs or, with its gain, three.
/// - `HcDelay.ar(in, frames)`: [`Delay`], one output.
/// - `MulAdd(in, mul, add)`: [`MulAdd`], one output, in place of the embedded synth's own.
/// - `EnvGen(envelope, gate, …)`: [`EnvGen`], one output, in place of the embedded synth's own.
/// - `SinOsc(freq, phase)`: [`SinOsc`], one output, in place of the embedded synth's own.
pub fn register(registry: &mut UnitRegistry) {
    registry.register("HcShaper", Box::new(ShaperDef));
    registry.register("HcLimiter", Box::new(LimiterDef));
    registry.register("HcDelay", Box::new(DelayDef));
    registry.register("MulAdd", Box::new(MulAddDef));
    registry.register("EnvGen", Box::new(EnvGenDef));
    registry.register("SinOsc", Box::new(SinOscDef));
}

/// The units above that scsynth does not know: a SynthDef with one of them does not load there.
pub const NOT_IN_SCSYNTH: [&str; 3] = ["HcShaper", "HcLimiter", "HcDelay"];

/// An input at whatever rate the SynthDef gave it.
#[derive(Clone, Copy)]
enum Signal<'a> {
    Audio(&'a [f32]),
    Held(f32),
}

impl<'a> Signal<'a> {
    fn of(inputs: &Inputs<'a>, index: usize) -> Self {
        if inputs.rate(index) == Rate::Audio {
            Signal::Audio(inputs.audio(index))
        } else {
            Signal::Held(inputs.control(index))
        }
    }

    /// Sample `frame` as it is, zero past the end.
    fn raw(self, frame: usize) -> f32 {
        match self {
            Signal::Audio(samples) => samples.get(frame).copied().unwrap_or(0.0),
            Signal::Held(value) => value,
        }
    }

    /// Sample `frame`; zero where it is not a number, and never beyond ±`bound`.
    fn at(self, frame: usize, bound: f32) -> f32 {
        let x = self.raw(frame);
        if x.is_nan() { 0.0 } else { x.clamp(-bound, bound) }
    }
}

/// Control input `index` within `min..=max`; `default` where it is not a number.
fn control(inputs: &Inputs<'_>, index: usize, min: f32, max: f32, default: f32) -> f32 {
    let value = match Signal::of(inputs, index) {
        Signal::Audio(samples) => samples.first().copied().unwrap_or(default),
        Signal::Held(value) => value,
    };
    if value.is_nan() { default } else { value.clamp(min, max) }
}

/// Decibels to a factor.
fn db_to_gain(db: f32) -> f32 {
    10.0_f32.powf(db / 20.0)
}

//! `SinOsc(freq, phase)`: a sine with either input at any rate, four samples at a time.
//!
//! The embedded synth's own reads the phase once a block (plyphon-unit 0.2.0), which adds sidebands
//! at the block rate to phase modulation, and wraps and looks up sample by sample. Here the phase is
//! a whole number that wraps by itself, as in scsynth, and the sine a polynomial.

use std::f32::consts::TAU;

use bytemuck::{Pod, Zeroable};
use plyphon::{
    BuildContext, BuildError, BuiltUnit, DoneAction, ProcessCtx, Unit, UnitDef, unit_spec,
};
use plyphon_unit::unit::calc_and_restore;

use super::Signal;

/// State of a `SinOsc`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct SinOsc {
    /// 2³² to a cycle.
    phase: u32,
}

/// Phase units of a cycle.
const CYCLE: f64 = 4_294_967_296.0;

impl Unit for SinOsc {
    fn init(&mut self, ctx: &mut ProcessCtx<'_>) -> DoneAction {
        calc_and_restore(self, ctx)
    }

    fn process(&mut self, ctx: &mut ProcessCtx<'_>) -> DoneAction {
        let [freq, offset] = [0, 1].map(|i| Signal::of(&ctx.ins, i));
        let out = ctx.outs.audio(0);
        let mut phase = self.phase;
        // The whole number is kept in the bits of the output until the last pass.
        match freq {
            Signal::Held(freq) => {
                let step = whole(f64::from(freq) * ctx.own.sample_dur * CYCLE);
                for out in out.iter_mut() {
                    *out = f32::from_bits(phase);
                    phase = phase.wrapping_add(step);
                }
            }
            Signal::Audio(freq) => {
                let per_hz = (ctx.own.sample_dur * CYCLE) as f32;
                for (out, freq) in out.iter_mut().zip(freq) {
                    *out = f32::from_bits(phase);
                    phase = phase.wrapping_add((freq * per_hz) as i32 as u32);
                }
            }
        }
        self.phase = phase;
        match offset {
            Signal::Held(offset) => {
                let offset = radians(offset);
                for out in out {
                    *out = sine(out.to_bits().wrapping_add(offset));
                }
            }
            Signal::Audio(offset) => {
                for (out, offset) in out.iter_mut().zip(offset) {
                    *out = sine(out.to_bits().wrapping_add(radians(*offset)));
                }
            }
        }
        DoneAction::Nothing
    }
}

/// The nearest whole phase step, of any size and sign, around the circle.
fn whole(units: f64) -> u32 {
    (units % CYCLE).round() as i64 as u32
}

/// An angle in radians as phase units; what is more than a cycle is left out.
#[inline(always)]
fn radians(angle: f32) -> u32 {
    let cycles = angle * (1.0 / TAU);
    let part = cycles - cycles as i32 as f32;
    // Half a cycle is all that fits into a signed number.
    ((part * (CYCLE / 2.0) as f32) as i32 as u32) << 1
}

/// Sine of a phase, wrong by 2·10⁻⁷ at most: an odd polynomial over a quarter of the circle, fit for
/// the least largest error.
#[inline(always)]
fn sine(phase: u32) -> f32 {
    let cycles = phase as i32 as f32 * (1.0 / CYCLE) as f32;
    let from_zero = cycles.abs();
    let x = from_zero.min(0.5 - from_zero);
    let u = x * x;
    let y = 39.536_706 * u - 76.549_78;
    let y = y * u + 81.601_004;
    let y = y * u - 41.341_655;
    let y = y * u + TAU;
    (x * y).copysign(cycles)
}

/// Builds [`SinOsc`].
pub struct SinOscDef;

impl UnitDef for SinOscDef {
    fn build(&self, ctx: &BuildContext<'_>) -> Result<BuiltUnit, BuildError> {
        if ctx.input_rates.len() < 2 {
            return Err(BuildError::WrongInputCount);
        }
        Ok(unit_spec(SinOsc::zeroed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_polynomial_is_a_sine() {
        for i in 0..1_000_000u32 {
            let phase = i.wrapping_mul(4295);
            let wanted = (f64::from(phase) / CYCLE * std::f64::consts::TAU).sin();
            assert!((f64::from(sine(phase)) - wanted).abs() < 3e-7, "at {phase}");
        }
    }

    #[test]
    fn angles_of_any_size_land_on_the_circle() {
        for angle in [0.0f32, 0.1, 3.0, -3.0, 6.3, 20.0, -77.7] {
            let wanted = f64::from(angle).sin();
            let got = f64::from(sine(radians(angle)));
            assert!((got - wanted).abs() < 1e-5, "{angle}: {got} for {wanted}");
        }
    }
}

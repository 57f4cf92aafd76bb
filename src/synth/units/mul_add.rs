//! `MulAdd(in, mul, add)`: `in · mul + add`, every input at its own rate, as scsynth computes it.
//!
//! sclang makes one of every `a * b + c`. The embedded synth's own reads `mul` and `add` once a block
//! (plyphon-unit 0.2.0), which flattens a signal multiplied by an envelope into stairs.

use bytemuck::{Pod, Zeroable};
use plyphon::{
    BuildContext, BuildError, BuiltUnit, DoneAction, ProcessCtx, Rate, Unit, UnitDef, unit_spec,
};

use super::Signal;

/// State of `MulAdd`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct MulAdd {
    /// 1 when the unit runs at audio rate, else 0.
    audio: u32,
}

impl Unit for MulAdd {
    fn process(&mut self, ctx: &mut ProcessCtx<'_>) -> DoneAction {
        let [signal, mul, add] = [0, 1, 2].map(|i| Signal::of(&ctx.ins, i));
        if self.audio == 0 {
            *ctx.outs.control(0) = signal.raw(0) * mul.raw(0) + add.raw(0);
            return DoneAction::Nothing;
        }
        let out = ctx.outs.audio(0);
        match (signal, mul, add) {
            (Signal::Audio(x), Signal::Held(mul), Signal::Held(add)) => {
                for (out, x) in out.iter_mut().zip(x) {
                    *out = x * mul + add;
                }
            }
            _ => {
                for (i, out) in out.iter_mut().enumerate() {
                    *out = signal.raw(i) * mul.raw(i) + add.raw(i);
                }
            }
        }
        DoneAction::Nothing
    }
}

/// Builds [`MulAdd`] units.
pub struct MulAddDef;

impl UnitDef for MulAddDef {
    fn build(&self, ctx: &BuildContext<'_>) -> Result<BuiltUnit, BuildError> {
        if ctx.input_rates.len() < 3 {
            return Err(BuildError::WrongInputCount);
        }
        Ok(unit_spec(MulAdd { audio: u32::from(ctx.rate == Rate::Audio) }))
    }
}

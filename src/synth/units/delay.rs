//! `HcDelay.ar(in, frames)`: a whole-frame delay that lines a dry path up with a processed one.

use bytemuck::{Pod, Zeroable};
use plyphon::{
    BuildContext, BuildError, BuiltUnit, DoneAction, ProcessCtx, Unit, UnitDef, unit_spec,
};

use super::{Signal, control};

/// The longest delay in frames.
pub const DELAY_MAX_FRAMES: u32 = 1024;

const SIZE: usize = DELAY_MAX_FRAMES as usize;

/// State of `HcDelay`: the output is the input `frames` frames earlier, bit for bit.
///
/// `frames`: 0–[`DELAY_MAX_FRAMES`], rounded, read per control block; a change jumps.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct Delay {
    line: [f32; SIZE],
    at: u32,
}

impl Unit for Delay {
    fn init(&mut self, ctx: &mut ProcessCtx<'_>) -> DoneAction {
        ctx.outs.audio(0)[0] = 0.0;
        DoneAction::Nothing
    }

    fn process(&mut self, ctx: &mut ProcessCtx<'_>) -> DoneAction {
        let frames = control(&ctx.ins, 1, 0.0, DELAY_MAX_FRAMES as f32, 0.0).round() as usize;
        let input = Signal::of(&ctx.ins, 0);
        let mut at = self.at as usize % SIZE;
        for (i, out) in ctx.outs.audio(0).iter_mut().enumerate() {
            let x = input.at(i, f32::MAX);
            // Reading the whole line's length back means reading the slot that is written next.
            *out = if frames == 0 { x } else { self.line[(at + SIZE - frames) % SIZE] };
            self.line[at] = x;
            at = (at + 1) % SIZE;
        }
        self.at = at as u32;
        DoneAction::Nothing
    }
}

/// Builds [`Delay`] units.
pub struct DelayDef;

impl UnitDef for DelayDef {
    fn build(&self, ctx: &BuildContext<'_>) -> Result<BuiltUnit, BuildError> {
        if ctx.input_rates.len() < 2 {
            return Err(BuildError::WrongInputCount);
        }
        Ok(unit_spec(Delay::zeroed()))
    }
}

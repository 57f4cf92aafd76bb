//! `SinOsc.ar(freq, phase)` with a phase at audio rate: phase modulation, sample by sample as in scsynth.
//!
//! The embedded synth's own reads the phase once a block (plyphon-unit 0.2.0), which adds sidebands
//! at the block rate; with a slower phase it is the one that plays.

use std::f32::consts::TAU;

use bytemuck::{Pod, Zeroable};
use plyphon::{
    BuildContext, BuildError, BuiltUnit, DoneAction, ProcessCtx, Rate, Unit, UnitDef, unit_spec,
};
use plyphon_unit::unit::calc_and_restore;
use plyphon_unit::unit::sin_osc::SinOscCtor;

use super::Signal;

/// State of a phase-modulated `SinOsc`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct PhaseModSine {
    /// Cycles, 0–1.
    phase: f32,
}

impl Unit for PhaseModSine {
    fn init(&mut self, ctx: &mut ProcessCtx<'_>) -> DoneAction {
        calc_and_restore(self, ctx)
    }

    fn process(&mut self, ctx: &mut ProcessCtx<'_>) -> DoneAction {
        let [freq, offset] = [0, 1].map(|i| Signal::of(&ctx.ins, i));
        let sample_s = ctx.own.sample_dur as f32;
        let mut phase = self.phase;
        for (i, out) in ctx.outs.audio(0).iter_mut().enumerate() {
            *out = (phase * TAU + offset.raw(i)).sin();
            phase += freq.raw(i) * sample_s;
            phase -= phase.floor();
        }
        self.phase = if phase.is_finite() { phase } else { 0.0 };
        DoneAction::Nothing
    }
}

/// Builds [`PhaseModSine`] where the phase is an audio signal, else the embedded synth's own.
pub struct SinOscDef;

impl UnitDef for SinOscDef {
    fn build(&self, ctx: &BuildContext<'_>) -> Result<BuiltUnit, BuildError> {
        let modulated = ctx.rate == Rate::Audio && ctx.input_rates.get(1) == Some(&Rate::Audio);
        if modulated { Ok(unit_spec(PhaseModSine::zeroed())) } else { SinOscCtor.build(ctx) }
    }
}

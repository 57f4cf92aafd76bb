//! `EnvGen` by recurrence, as scsynth computes it: each sample from the one before.
//!
//! The embedded synth's own asks for an exponential every sample (plyphon-unit 0.2.0), which was a
//! fifth of the time of a voice. It still plays envelopes with other segments than straight,
//! exponential and curved ones, with a loop, or with a gate at audio rate.
//!
//! Source of the recurrences and of the order of events: `EnvGen` in SuperCollider's LFUGens.cpp.

use bytemuck::{Pod, Zeroable};
use plyphon::{
    BuildContext, BuildError, BuiltUnit, DoneAction, Inputs, ProcessCtx, Rate, Unit, UnitDef,
    unit_spec,
};
use plyphon_unit::unit::calc_and_restore;
use plyphon_unit::unit::env::EnvGenCtor;

const GATE: usize = 0;
const LEVEL_SCALE: usize = 1;
const LEVEL_BIAS: usize = 2;
const TIME_SCALE: usize = 3;
const DONE_ACTION: usize = 4;
const FIRST_LEVEL: usize = 5;
const SEGMENT_COUNT: usize = 6;
const RELEASE_NODE: usize = 7;
const LOOP_NODE: usize = 8;
/// From here on each segment has a level, a time, a shape and a curvature.
const SEGMENTS: usize = 9;

/// Numbers of the shapes computed here, as sclang writes them.
const SHAPES: [f32; 3] = [LINEAR, EXPONENTIAL, CURVED];
const LINEAR: f32 = 1.0;
const EXPONENTIAL: f32 = 2.0;
const CURVED: f32 = 5.0;

/// How the level goes on.
mod motion {
    /// It stays.
    pub const HOLD: u32 = 0;
    /// It grows by `grow` a sample.
    pub const ADD: u32 = 1;
    /// It grows `grow`-fold a sample.
    pub const MULTIPLY: u32 = 2;
    /// It is `a2 − b1`, and `b1` grows `grow`-fold.
    pub const CURVE: u32 = 3;
}

/// State of an envelope.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct EnvGen {
    /// Scaled and biased, as it goes out.
    level: f64,
    /// Where the segment leads.
    end_level: f64,
    grow: f64,
    a2: f64,
    b1: f64,
    /// Samples left of the segment; of no meaning while holding.
    left: u32,
    /// Segment playing; −1 before the first.
    segment: i32,
    /// One of [`motion`].
    motion: u32,
    previous_gate: f32,
    /// 1 once the release has begun.
    released: u32,
    /// 1 once the first level is set.
    started: u32,
}

impl EnvGen {
    fn end_level(ins: &Inputs<'_>, segment: usize) -> f64 {
        let level = value(ins, SEGMENTS + 4 * segment);
        level * value(ins, LEVEL_SCALE) + value(ins, LEVEL_BIAS)
    }

    fn begin(&mut self, ctx: &ProcessCtx<'_>, segment: usize) {
        let ins = &ctx.ins;
        let at = SEGMENTS + 4 * segment;
        let seconds = value(ins, at + 1) * value(ins, TIME_SCALE);
        self.segment = segment as i32;
        self.end_level = Self::end_level(ins, segment);
        self.left = samples(seconds, ctx.own.sample_rate);
        let (shape, curvature) = (value(ins, at + 2) as f32, value(ins, at + 3));
        let (from, to, left) = (self.level, self.end_level, f64::from(self.left));
        let (start, goal) = (off_zero(from, to), off_zero(to, from));
        if self.left > 1 && shape == EXPONENTIAL && start * goal > 0.0 {
            self.motion = motion::MULTIPLY;
            self.level = start;
            self.grow = (goal / start).powf(1.0 / left);
        } else if self.left > 1 && shape == CURVED && curvature.abs() >= 0.001 {
            let a1 = (to - from) / (1.0 - curvature.exp());
            self.motion = motion::CURVE;
            (self.a2, self.b1) = (from + a1, a1);
            self.grow = (curvature / left).exp();
        } else {
            self.straight();
        }
    }

    fn straight(&mut self) {
        self.motion = motion::ADD;
        self.grow = (self.end_level - self.level) / f64::from(self.left);
    }

    /// A gate that rises begins anew from the present level; one that falls releases, at or below
    /// −1 within as many seconds as it lies below.
    fn follow_gate(&mut self, ctx: &mut ProcessCtx<'_>, segments: usize) {
        let gate = ctx.ins.control(GATE);
        let release = value(&ctx.ins, RELEASE_NODE);
        let before = std::mem::replace(&mut self.previous_gate, gate);
        if before <= 0.0 && gate > 0.0 {
            ctx.done.clear_done();
            self.next_at(-1);
            self.released = 0;
        } else if self.released == 0 && gate <= -1.0 && before > -1.0 {
            self.segment = segments as i32;
            self.end_level = match segments.checked_sub(1) {
                Some(last) => Self::end_level(&ctx.ins, last),
                None => self.level,
            };
            self.left = samples(f64::from(-gate - 1.0), ctx.own.sample_rate);
            self.straight();
            self.released = 1;
        } else if self.released == 0 && before > 0.0 && gate <= 0.0 && release >= 0.0 {
            self.next_at(release as i32 - 1);
            self.released = 1;
        }
    }

    /// As if segment `segment` had just ended, at the present level.
    fn next_at(&mut self, segment: i32) {
        self.segment = segment;
        self.end_level = self.level;
        self.left = 0;
        self.motion = motion::ADD;
    }

    /// The segment has ended: the next one, the sustain, or the end.
    fn go_on(&mut self, ctx: &mut ProcessCtx<'_>, segments: usize) -> DoneAction {
        self.level = self.end_level;
        let next = self.segment.saturating_add(1).max(0) as usize;
        if next >= segments {
            self.motion = motion::HOLD;
            ctx.done.mark_done();
            return DoneAction::from_code(ctx.ins.control(DONE_ACTION));
        }
        if self.released == 0 && value(&ctx.ins, RELEASE_NODE) == next as f64 {
            self.motion = motion::HOLD;
        } else {
            self.begin(ctx, next);
        }
        DoneAction::Nothing
    }

    fn fill(&mut self, out: &mut [f32]) {
        let (grow, mut level, a2, mut b1) = (self.grow, self.level, self.a2, self.b1);
        match self.motion {
            motion::ADD => out.iter_mut().for_each(|out| {
                *out = level as f32;
                level += grow;
            }),
            motion::MULTIPLY => out.iter_mut().for_each(|out| {
                *out = level as f32;
                level *= grow;
            }),
            motion::CURVE => out.iter_mut().for_each(|out| {
                *out = level as f32;
                b1 *= grow;
                level = a2 - b1;
            }),
            _ => out.fill(level as f32),
        }
        (self.level, self.b1) = (level, b1);
    }
}

impl Unit for EnvGen {
    fn init(&mut self, ctx: &mut ProcessCtx<'_>) -> DoneAction {
        calc_and_restore(self, ctx)
    }

    fn process(&mut self, ctx: &mut ProcessCtx<'_>) -> DoneAction {
        // No more than are there, so that a broken def does no harm.
        let there = ctx.ins.len().saturating_sub(SEGMENTS) / 4;
        let segments = (value(&ctx.ins, SEGMENT_COUNT).max(0.0) as usize).min(there);
        if self.started == 0 {
            let ins = &ctx.ins;
            self.level = value(ins, FIRST_LEVEL) * value(ins, LEVEL_SCALE) + value(ins, LEVEL_BIAS);
            self.started = 1;
        }
        self.follow_gate(ctx, segments);
        let mut action = DoneAction::Nothing;
        let frames = ctx.outs.audio(0).len();
        let mut at = 0;
        while at < frames {
            if self.motion != motion::HOLD && self.left == 0 {
                action = action.max(self.go_on(ctx, segments));
            }
            let mut run = frames - at;
            if self.motion != motion::HOLD {
                run = run.min(self.left as usize);
                self.left -= run as u32;
            }
            self.fill(&mut ctx.outs.audio(0)[at..at + run]);
            at += run;
        }
        action
    }
}

/// Input `index`; 0 where there is none.
fn value(ins: &Inputs<'_>, index: usize) -> f64 {
    if index < ins.len() { f64::from(ins.control(index)) } else { 0.0 }
}

/// An exponential can neither start nor end at zero: −100 dB on the side of `other` stands for it.
fn off_zero(level: f64, other: f64) -> f64 {
    if level.abs() < 1e-5 { 1e-5_f64.copysign(other) } else { level }
}

/// Whole samples of a time, at least one.
fn samples(seconds: f64, rate: f64) -> u32 {
    ((seconds * rate) as u32).max(1)
}

/// Builds [`EnvGen`] where it can play the envelope, else the embedded synth's own.
pub struct EnvGenDef;

impl UnitDef for EnvGenDef {
    fn build(&self, ctx: &BuildContext<'_>) -> Result<BuiltUnit, BuildError> {
        let shapes = (SEGMENTS + 2..ctx.input_rates.len()).step_by(4);
        let ours = shapes
            .map(|i| ctx.const_input(i))
            .all(|shape| shape.is_some_and(|shape| SHAPES.contains(&shape)));
        let no_loop = ctx.const_input(LOOP_NODE).is_some_and(|node| node < 0.0);
        if ours && no_loop && ctx.input_rates.first() != Some(&Rate::Audio) {
            Ok(unit_spec(EnvGen::zeroed()))
        } else {
            EnvGenCtor.build(ctx)
        }
    }
}

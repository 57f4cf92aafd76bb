//! `HcShaper.ar(in, drive_db, curve, bias)`: distortion at eight times the sample rate.

use bytemuck::{Pod, Zeroable};
use plyphon::{
    BuildContext, BuildError, BuiltUnit, DoneAction, ProcessCtx, Unit, UnitDef, unit_spec,
};

use super::halfband::{GENTLE, MIDDLE, STEEP, double, halve};
use super::{Signal, control, curves, db_to_gain};

/// Frames by which the output lags the input, for every curve and sample rate:
/// 35 (base rate ↔ 2×) + 4½ (2× ↔ 4×) + 1¼ (4× ↔ 8×) + ¼ (two samples at 8×, around the curve).
pub const SHAPER_LATENCY: u32 = 41;

/// Frames handled at once; longer blocks are cut.
const CHUNK: usize = 64;

/// Input samples are held within this before the drive, so that no later sum can overflow.
const BOUND: f32 = 1e3;

/// Corner of the filter that removes the direct current of skewed curves, in Hz.
const DC_CORNER_HZ: f32 = 5.0;

/// The transfer curves, by the number the `curve` input carries.
///
/// The figure behind each is the strongest inharmonic product below 20 kHz relative to the
/// fundamental, for full-scale sines of 4.7–5.3 kHz driven by 26 dB at 48 kHz; the tests hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShaperCurve {
    /// Clips hard at ±1. Aliases at −80 dB.
    HardClip = 0,
    /// Hyperbolic tangent. Aliases at −72 dB.
    Tanh = 1,
    /// Folds back over and over, along a sine. Aliases at −73 dB.
    Foldback = 2,
    /// Conducts upwards, flat at −0.64 downwards. Aliases at −61 dB.
    Diode = 3,
    /// Clips at +1 and −0.54, rounded. Aliases at −64 dB.
    Asymmetric = 4,
    /// Coarser steps with more drive: 16 − drive / 3 bits, no gain, no oversampling.
    BitCrush = 5,
    /// A rounder saturation than the hyperbolic tangent. Aliases at −74 dB.
    Soft = 6,
}

impl ShaperCurve {
    /// All of them, in the order of their numbers.
    pub const ALL: [ShaperCurve; 7] = [
        ShaperCurve::HardClip,
        ShaperCurve::Tanh,
        ShaperCurve::Foldback,
        ShaperCurve::Diode,
        ShaperCurve::Asymmetric,
        ShaperCurve::BitCrush,
        ShaperCurve::Soft,
    ];

    /// The curve of a number: rounded, the nearest one where it is out of range.
    pub fn from_number(number: f32) -> ShaperCurve {
        Self::ALL[number.round().clamp(0.0, 6.0) as usize]
    }
}

/// State of `HcShaper`, one channel.
///
/// `in`: the signal; what is not a number counts as silence. `drive_db`: gain before the curve,
/// −24–60 dB, ramped within each control block. `curve`: a [`ShaperCurve`] number. `bias`: −2–2,
/// added after the drive, ramped likewise; the direct current it causes is removed.
/// The output lags by [`SHAPER_LATENCY`] frames.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct Shaper {
    up_steep: [f32; 48],
    up_middle: [f32; 16],
    up_gentle: [f32; 8],
    down_gentle: [f32; 8],
    down_gentle_odd: [f32; 4],
    down_middle: [f32; 16],
    down_middle_odd: [f32; 8],
    down_steep: [f32; 48],
    down_steep_odd: [f32; 32],
    /// The last driven input at 8×, and the two last outputs of the curve.
    step: f32,
    late: [f32; 2],
    /// The base-rate delay of the bit crusher.
    line: [f32; 64],
    line_at: u32,
    curve: u32,
    gain: f32,
    bias: f32,
    dc_in: f32,
    dc_out: f32,
    dc_keep: f32,
}

impl Shaper {
    fn new(sample_rate: f64) -> Self {
        let keep = (-std::f64::consts::TAU * f64::from(DC_CORNER_HZ) / sample_rate).exp();
        Shaper { dc_keep: keep as f32, ..Shaper::zeroed() }
    }

    fn read(ctx: &ProcessCtx<'_>) -> (f32, ShaperCurve, f32) {
        (
            control(&ctx.ins, 1, -24.0, 60.0, 0.0),
            ShaperCurve::from_number(control(&ctx.ins, 2, 0.0, 6.0, 0.0)),
            control(&ctx.ins, 3, -2.0, 2.0, 0.0),
        )
    }

    /// Applies `curve` in place at the high rate; the result lags by two samples.
    ///
    /// What counts is the curve's mean over the straight line between samples, not its value at them
    /// (antiderivative anti-aliasing: Parker, Zavalishin, Le Bivic, DAFx-16): that puts a zero at the
    /// oversampled rate, around which the products lie that would fold into the hearing range.
    fn bend(&mut self, curve: ShaperCurve, high: &mut [f32]) {
        match curve {
            ShaperCurve::HardClip => self.clip(high),
            ShaperCurve::Tanh => self.map(high, curves::tanh),
            ShaperCurve::Foldback => self.map(high, curves::sin),
            ShaperCurve::Diode => self.map(high, curves::diode),
            ShaperCurve::Asymmetric => self.map(high, curves::asymmetric),
            ShaperCurve::BitCrush => {}
            ShaperCurve::Soft => self.map(high, curves::soft),
        }
    }

    /// Mean of a smooth curve over the step between neighbouring samples, by Simpson's rule.
    #[inline(always)]
    fn map(&mut self, high: &mut [f32], curve: impl Fn(f32) -> f32) {
        let n = high.len();
        let (mut middle, mut starts) = ([0.0_f32; 8 * CHUNK], [0.0_f32; 8 * CHUNK]);
        let (middle, starts) = (&mut middle[..n], &mut starts[..n]);
        starts[0] = self.step;
        starts[1..].copy_from_slice(&high[..n - 1]);
        self.step = high[n - 1];
        for ((m, &a), &b) in middle.iter_mut().zip(starts.iter()).zip(high.iter()) {
            *m = 4.0 * curve(0.5 * (a + b));
        }
        let first = curve(starts[0]);
        for x in high.iter_mut() {
            *x = curve(*x);
        }
        starts[0] = first;
        starts[1..].copy_from_slice(&high[..n - 1]);
        for ((y, &m), &a) in high.iter_mut().zip(middle.iter()).zip(starts.iter()) {
            *y = (a + m + *y) * (1.0 / 6.0);
        }
        self.centre(high);
    }

    /// Exact mean of the hard clip over the step between neighbouring samples.
    fn clip(&mut self, high: &mut [f32]) {
        let mut before = self.step;
        for x in high.iter_mut() {
            let now = *x;
            *x = curves::clip_mean(before, now);
            before = now;
        }
        self.step = before;
        self.centre(high);
    }

    /// A mean over a step lies half a sample back; the mean of two neighbours a whole one, and one
    /// more sample makes the delay a quarter frame.
    fn centre(&mut self, high: &mut [f32]) {
        let [mut older, mut newer] = self.late;
        for x in high.iter_mut() {
            let now = *x;
            *x = 0.5 * (older + newer);
            older = newer;
            newer = now;
        }
        self.late = [older, newer];
    }

    /// One chunk of at most [`CHUNK`] driven and biased frames through the curve, in place.
    fn oversampled(&mut self, curve: ShaperCurve, x: &mut [f32]) {
        let n = x.len();
        let (mut two, mut four, mut eight) = ([0.0; 2 * CHUNK], [0.0; 4 * CHUNK], [0.0; 8 * CHUNK]);
        let (two, four, eight) = (&mut two[..2 * n], &mut four[..4 * n], &mut eight[..8 * n]);
        double(&STEEP, &mut self.up_steep, x, two);
        double(&MIDDLE, &mut self.up_middle, two, four);
        double(&GENTLE, &mut self.up_gentle, four, eight);
        self.bend(curve, eight);
        halve(&GENTLE, &mut self.down_gentle, &mut self.down_gentle_odd, eight, four);
        halve(&MIDDLE, &mut self.down_middle, &mut self.down_middle_odd, four, two);
        halve(&STEEP, &mut self.down_steep, &mut self.down_steep_odd, two, x);
    }

    /// Fills the filters with the curve at rest, so that a bias does not start with a thump.
    fn settle(&mut self, curve: ShaperCurve, drive_db: f32, bias: f32) {
        let line = (self.line, self.line_at, self.dc_keep);
        *self = Shaper::zeroed();
        (self.line, self.line_at, self.dc_keep) = line;
        self.curve = curve as u32;
        (self.gain, self.bias) = (db_to_gain(drive_db), bias);
        if curve != ShaperCurve::BitCrush {
            for _ in 0..2 {
                let mut rest = [bias; CHUNK];
                self.oversampled(curve, &mut rest);
                self.dc_in = rest[CHUNK - 1];
            }
        }
    }

    /// The delay of the bit crusher runs always, so that switching to it finds the signal there.
    fn delayed(&mut self, x: f32) -> f32 {
        let at = self.line_at as usize % self.line.len();
        self.line[at] = x;
        self.line_at = (at as u32 + 1) % self.line.len() as u32;
        self.line[(at + self.line.len() - SHAPER_LATENCY as usize) % self.line.len()]
    }
}

impl Unit for Shaper {
    fn init(&mut self, ctx: &mut ProcessCtx<'_>) -> DoneAction {
        let (drive_db, curve, bias) = Self::read(ctx);
        self.settle(curve, drive_db, bias);
        ctx.outs.audio(0)[0] = 0.0;
        DoneAction::Nothing
    }

    fn process(&mut self, ctx: &mut ProcessCtx<'_>) -> DoneAction {
        let (drive_db, curve, bias) = Self::read(ctx);
        let input = Signal::of(&ctx.ins, 0);
        if curve as u32 != self.curve {
            self.settle(curve, drive_db, bias);
        }
        let out = ctx.outs.audio(0);
        let per_frame = 1.0 / out.len() as f32;
        let gain_step = (db_to_gain(drive_db) - self.gain) * per_frame;
        let bias_step = (bias - self.bias) * per_frame;
        let steps = ((16.0 - drive_db.max(0.0) / 3.0).max(1.5) - 1.0).exp2();
        let mut dry = [0.0_f32; CHUNK];
        for (start, chunk) in (0..).step_by(CHUNK).zip(out.chunks_mut(CHUNK)) {
            let dry = &mut dry[..chunk.len()];
            for (i, x) in dry.iter_mut().enumerate() {
                *x = input.at(start + i, BOUND);
            }
            if curve == ShaperCurve::BitCrush {
                for (y, &x) in chunk.iter_mut().zip(dry.iter()) {
                    *y = curves::crush(self.delayed(x), steps);
                }
                continue;
            }
            for (y, &x) in chunk.iter_mut().zip(dry.iter()) {
                self.delayed(x);
                self.gain += gain_step;
                self.bias += bias_step;
                *y = x * self.gain + self.bias;
            }
            self.oversampled(curve, chunk);
            for y in chunk.iter_mut() {
                let x = *y;
                self.dc_out = x - self.dc_in + self.dc_keep * self.dc_out;
                self.dc_in = x;
                *y = self.dc_out;
            }
        }
        // Ramps end exactly on their targets, and a fading tail never lingers as denormals.
        (self.gain, self.bias) = (db_to_gain(drive_db), bias);
        if self.dc_out.abs() < 1e-20 {
            self.dc_out = 0.0;
        }
        DoneAction::Nothing
    }
}

/// Builds [`Shaper`] units.
pub struct ShaperDef;

impl UnitDef for ShaperDef {
    fn build(&self, ctx: &BuildContext<'_>) -> Result<BuiltUnit, BuildError> {
        if ctx.input_rates.len() < 4 {
            return Err(BuildError::WrongInputCount);
        }
        Ok(unit_spec(Shaper::new(ctx.audio.sample_rate)))
    }
}

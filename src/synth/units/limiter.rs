//! `HcLimiter.ar(left, right, ceiling_db, release_s)`: a stereo-linked look-ahead true-peak limiter.
//!
//! Peaks are read between the samples as well, by eight-fold interpolation. The gain they ask for is
//! held over the look-ahead, released exponentially after a hold, and rounded off by two moving
//! averages whose joint length fits into the look-ahead: it has arrived where it must be when the
//! peak leaves the delay, and got there along a parabola rather than a corner.

use bytemuck::{Pod, Zeroable};
use plyphon::{
    BuildContext, BuildError, BuiltUnit, DoneAction, ProcessCtx, Unit, UnitDef, unit_spec,
};

use super::{Signal, control, db_to_gain};

/// Frames by which the output lags the input, at any sample rate.
pub const LIMITER_LATENCY: u32 = 84;

const LATENCY: usize = LIMITER_LATENCY as usize;
/// Length of each of the two moving averages: together they span `2 · AVERAGE − 2` = 70 frames.
const AVERAGE: usize = 36;
/// Frames a peak is held by the sliding minimum: its gain covers two frames before to seven after it.
const HOLD: u64 = LIMITER_LATENCY as u64 - 4;
/// Taps of the interpolator per phase, and its phases.
const TAPS: usize = 24;
const PHASES: usize = 8;
/// Frames handled at once; longer blocks are cut.
const CHUNK: usize = 64;
/// Input samples are held within this.
const BOUND: f32 = 1e6;
/// The release waits this long after the last peak, so that half a period of a low kick passes
/// before the gain moves: it does not follow the wave.
const HOLD_SECONDS: f64 = 0.012;
/// What the moving gain itself may add between two samples.
const MARGIN_DB: f32 = 0.05;

/// State of `HcLimiter`.
///
/// `left`, `right`: the signal, one gain for both; what is not a number counts as silence.
/// `ceiling_db`: highest true peak of the output, −40–0 dBTP, read per control block. `release_s`:
/// time constant of the way back to unity, 0.005–5 s. The outputs lag by [`LIMITER_LATENCY`] frames: left,
/// right and, if there is a third, the gain both were turned to.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct Limiter {
    taps: [[f32; TAPS]; PHASES],
    /// Last `TAPS − 1` (padded) input frames of both channels.
    recent: [[f32; TAPS]; 2],
    line: [[f32; 128]; 2],
    /// Ascending gains still able to be the minimum, with the frame each was asked for.
    wanted: [f32; 128],
    wanted_at: [u64; 128],
    first: u32,
    count: u32,
    frame: u64,
    hold_left: u64,
    hold_frames: u64,
    /// Moving averages: values, sum and position. Sums of 36 gains are exact in f64.
    average: [[f32; 64]; 2],
    sum: [f64; 2],
    sample_rate: f64,
    outputs: u64,
    released: f32,
    average_at: u32,
}

impl Limiter {
    fn new(sample_rate: f64, outputs: usize) -> Self {
        let mut unit = Limiter::zeroed();
        (unit.sample_rate, unit.outputs) = (sample_rate, outputs as u64);
        unit.hold_frames = (HOLD_SECONDS * sample_rate).round() as u64;
        unit.released = 1.0;
        unit.average = [[1.0; 64]; 2];
        unit.sum = [AVERAGE as f64; 2];
        let half = if sample_rate < 96_000.0 { 6.0 } else { 12.0 };
        for (phase, taps) in unit.taps.iter_mut().enumerate() {
            let point = (TAPS / 2 - 1) as f64 + phase as f64 / PHASES as f64;
            for (t, tap) in taps.iter_mut().enumerate() {
                *tap = windowed_sinc(t as f64 - point, half) as f32;
            }
        }
        unit
    }

    /// Peak between each frame of `input` less twelve and the next, joined into `peaks`.
    fn peaks(&mut self, channel: usize, input: &[f32], peaks: &mut [f32]) {
        const HISTORY: usize = TAPS - 1;
        const LANES: usize = 8;
        let n = input.len();
        let mut padded = [0.0_f32; HISTORY + CHUNK];
        padded[..HISTORY].copy_from_slice(&self.recent[channel][..HISTORY]);
        padded[HISTORY..HISTORY + n].copy_from_slice(input);
        for start in (0..n).step_by(LANES) {
            // A short last group reads zeros beyond its end and writes only what it has.
            let mut window = [0.0_f32; HISTORY + LANES];
            let len = (HISTORY + LANES).min(HISTORY + n - start);
            window[..len].copy_from_slice(&padded[start..start + len]);
            let mut top = [0.0_f32; LANES];
            for lane in 0..LANES {
                let pair = [window[lane + TAPS / 2 - 1], window[lane + TAPS / 2]];
                top[lane] = pair[0].abs().max(pair[1].abs());
            }
            for taps in &self.taps[1..] {
                let mut value = [0.0_f32; LANES];
                for (t, &tap) in taps.iter().enumerate() {
                    let shifted = &window[t..t + LANES];
                    for lane in 0..LANES {
                        value[lane] += tap * shifted[lane];
                    }
                }
                for lane in 0..LANES {
                    top[lane] = top[lane].max(value[lane].abs());
                }
            }
            for (peak, value) in peaks[start..].iter_mut().zip(top) {
                *peak = peak.max(value);
            }
        }
        self.recent[channel][..HISTORY].copy_from_slice(&padded[n..n + HISTORY]);
    }

    /// Takes the gain one frame asks for and gives the least of the last [`HOLD`].
    fn sliding_minimum(&mut self, gain: f32) -> f32 {
        const MASK: u32 = 127;
        while self.count > 0 && self.wanted[((self.first + self.count - 1) & MASK) as usize] >= gain
        {
            self.count -= 1;
        }
        let last = ((self.first + self.count) & MASK) as usize;
        self.wanted[last] = gain;
        self.wanted_at[last] = self.frame;
        self.count += 1;
        if self.wanted_at[(self.first & MASK) as usize] + HOLD <= self.frame {
            self.first = (self.first + 1) & MASK;
            self.count -= 1;
        }
        self.frame += 1;
        self.wanted[(self.first & MASK) as usize]
    }

    /// The released gain after hold and release, never above `minimum`.
    fn release(&mut self, minimum: f32, step: f32) -> f32 {
        if minimum <= self.released {
            self.released = minimum;
            self.hold_left = self.hold_frames;
        } else if self.hold_left > 0 {
            self.hold_left -= 1;
        } else {
            self.released += (minimum - self.released) * step;
            // The last step of the way back would take for ever in single precision.
            if minimum - self.released < 1e-6 {
                self.released = minimum;
            }
        }
        self.released
    }

    /// Both moving averages of the gain.
    fn smooth(&mut self, gain: f32) -> f32 {
        let at = self.average_at as usize % 64;
        let mut value = gain;
        for (line, sum) in self.average.iter_mut().zip(&mut self.sum) {
            *sum += f64::from(value) - f64::from(line[(at + 64 - AVERAGE) % 64]);
            line[at] = value;
            value = (*sum / AVERAGE as f64) as f32;
        }
        self.average_at = (at as u32 + 1) % 64;
        value
    }
}

/// Sinc under a Hann window that ends `half` samples on either side.
///
/// On half and quarter samples this is the filter of true-peak meters after ITU-R BS.1770-5, annex 2
/// (49 taps: four-fold under 96 kHz, two-fold above); a sharper one would read some peaks lower than they do.
fn windowed_sinc(x: f64, half: f64) -> f64 {
    if x.abs() >= half {
        return 0.0;
    }
    let y = std::f64::consts::PI * x;
    let sinc = if x == 0.0 { 1.0 } else { y.sin() / y };
    sinc * 0.5 * (1.0 + (y / half).cos())
}

impl Unit for Limiter {
    fn init(&mut self, ctx: &mut ProcessCtx<'_>) -> DoneAction {
        ctx.outs.audio(0)[0] = 0.0;
        ctx.outs.audio(1)[0] = 0.0;
        if self.outputs > 2 {
            ctx.outs.audio(2)[0] = 1.0;
        }
        DoneAction::Nothing
    }

    fn process(&mut self, ctx: &mut ProcessCtx<'_>) -> DoneAction {
        let ceiling = db_to_gain(control(&ctx.ins, 2, -40.0, 0.0, -0.3) - MARGIN_DB);
        let release_s = f64::from(control(&ctx.ins, 3, 0.005, 5.0, 0.1));
        let step = (1.0 - (-1.0 / (release_s * self.sample_rate)).exp()) as f32;
        let inputs = [Signal::of(&ctx.ins, 0), Signal::of(&ctx.ins, 1)];
        let frames = ctx.outs.audio(0).len();
        for start in (0..frames).step_by(CHUNK) {
            let n = CHUNK.min(frames - start);
            let part = start..start + n;
            let Some((left, right)) = ctx.outs.audio_pair(0, 1) else {
                return DoneAction::Nothing;
            };
            let (left, right) = (&mut left[part.clone()], &mut right[part.clone()]);
            let (mut peaks, mut gains) = ([0.0_f32; CHUNK], [1.0_f32; CHUNK]);
            for (channel, out) in [&mut *left, &mut *right].into_iter().enumerate() {
                for (i, x) in out.iter_mut().enumerate() {
                    *x = inputs[channel].at(start + i, BOUND);
                }
                self.peaks(channel, out, &mut peaks[..n]);
            }
            for i in 0..n {
                let asked = if peaks[i] > ceiling { ceiling / peaks[i] } else { 1.0 };
                let at = self.frame as usize % 128;
                let minimum = self.sliding_minimum(asked);
                let released = self.release(minimum, step);
                let gain = self.smooth(released);
                gains[i] = gain;
                for (line, out) in self.line.iter_mut().zip([&mut left[i], &mut right[i]]) {
                    line[at] = *out;
                    *out = gain * line[(at + 128 - LATENCY) % 128];
                }
            }
            if self.outputs > 2 {
                ctx.outs.audio(2)[part].copy_from_slice(&gains[..n]);
            }
        }
        DoneAction::Nothing
    }
}

/// Builds [`Limiter`] units.
pub struct LimiterDef;

impl UnitDef for LimiterDef {
    fn build(&self, ctx: &BuildContext<'_>) -> Result<BuiltUnit, BuildError> {
        if ctx.input_rates.len() < 4 || !(2..=3).contains(&ctx.num_outputs) {
            return Err(BuildError::WrongInputCount);
        }
        Ok(unit_spec(Limiter::new(ctx.audio.sample_rate, ctx.num_outputs)))
    }
}

//! What one sound measures: length, attack, decay, spectrum, pitch over time, width.
//!
//! These are the figures sounds of the field were described with, computed the same way, so that a
//! sound of ours can be held against the row of the thing it is called.

use super::envelope::BANDS_HZ;
use super::filters::{Pass, butterworth, zero_phase};
use super::spectrum::power_spectrum;

/// Times in seconds at which [`SoundMeasures::f0_hz`] is read.
pub const F0_TIMES_S: [f64; 8] = [0.004, 0.01, 0.02, 0.04, 0.08, 0.15, 0.25, 0.4];

/// Windows in seconds of [`SoundMeasures::centroids_hz`].
pub const CENTROID_WINDOWS_S: [(f64, f64); 4] =
    [(0.0, 0.01), (0.01, 0.04), (0.04, 0.1), (0.1, 0.25)];

/// The measures of one sound: its mono sum, peak-normalised, from the first sample above 2 % on.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundMeasures {
    /// Length of the whole signal in seconds, silence before the start included.
    pub length_s: f64,
    /// Milliseconds until the 5 ms RMS envelope passes half its peak.
    pub attack_ms: f64,
    /// Milliseconds from the start until the envelope, after its peak, is 20 dB under it.
    pub d20_ms: f64,
    /// Milliseconds from the start until the envelope, after its peak, is 40 dB under it.
    pub d40_ms: f64,
    /// Strongest frequency above 25 Hz.
    pub dominant_hz: f64,
    /// Power-weighted mean frequency of the whole.
    pub centroid_hz: f64,
    /// Frequency under which 85 % of the energy lies.
    pub rolloff_hz: f64,
    /// Geometric over arithmetic mean of the power spectrum, 0 (a tone) – 1 (noise).
    pub flatness: f64,
    /// Peak over RMS of the first 300 ms, in dB.
    pub crest_db: f64,
    /// Share of the energy in each of [`BANDS_HZ`], in dB.
    pub bands_db: [f64; 6],
    /// Fundamental at [`F0_TIMES_S`] by zero crossings below 600 Hz; none where no crossing is near.
    pub f0_hz: [Option<f64>; 8],
    /// Centroid in each of [`CENTROID_WINDOWS_S`]; none where fewer than 256 samples are left.
    pub centroids_hz: [Option<f64>; 4],
    /// RMS of L − R over that of L + R, 0 for mono.
    pub width: f64,
}

/// Measures a stereo sound (a mono one given twice) at `rate` Hz; none for silence or nothing.
pub fn describe(left: &[f32], right: &[f32], rate: u32) -> Option<SoundMeasures> {
    let n = left.len().min(right.len());
    let sr = f64::from(rate);
    let whole = super::mono(left, right);
    let peak = whole.iter().fold(0.0_f32, |top, x| top.max(x.abs()));
    if n == 0 || rate == 0 || peak <= 0.0 || !peak.is_finite() {
        return None;
    }
    let normal: Vec<f32> = whole.iter().map(|x| x / peak).collect();
    let start = normal.iter().position(|x| x.abs() > 0.02)?;
    let x = &normal[start..];

    let envelope = centred_rms(x, ((0.005 * sr) as usize).max(1));
    let top = envelope.iter().copied().fold(0.0, f64::max);
    let top_at = envelope.iter().position(|&e| e == top)?;
    let falls_by = |db: f64| {
        let threshold = top * 10f64.powf(db / 20.0);
        let at = envelope[top_at..].iter().position(|&e| e < threshold);
        at.map_or(x.len() as f64, |k| (top_at + k) as f64) / sr * 1e3
    };
    let attack = envelope.iter().position(|&e| e > 0.5 * top)?;

    let power = power_spectrum(x);
    let bin = sr / x.len() as f64;
    let total: f64 = power.iter().sum();
    let share = |(low, high): (f64, f64)| {
        let sum: f64 = power
            .iter()
            .enumerate()
            .filter(|(i, _)| (low..high).contains(&(*i as f64 * bin)))
            .map(|(_, p)| p)
            .sum();
        10.0 * (sum / total + 1e-12).log10()
    };
    let mut so_far = 0.0;
    let rolloff = power.iter().position(|p| {
        so_far += p;
        so_far >= 0.85 * total
    });
    let mut dominant = (0.0, 0.0);
    for (i, &p) in power.iter().enumerate() {
        if i as f64 * bin > 25.0 && p > dominant.1 {
            dominant = (i as f64 * bin, p);
        }
    }
    let count = power.len() as f64;
    let log_mean = power.iter().map(|p| (p + 1e-15).ln()).sum::<f64>() / count;
    let head = &x[..x.len().min((0.3 * sr) as usize).max(1)];
    Some(SoundMeasures {
        length_s: n as f64 / sr,
        attack_ms: attack as f64 / sr * 1e3,
        d20_ms: falls_by(-20.0),
        d40_ms: falls_by(-40.0),
        dominant_hz: dominant.0,
        centroid_hz: centroid(&power, bin),
        rolloff_hz: rolloff.unwrap_or(power.len() - 1) as f64 * bin,
        flatness: log_mean.exp() / (total / count + 1e-15),
        crest_db: -10.0 * super::mean_square(head).log10(),
        bands_db: BANDS_HZ.map(share),
        f0_hz: f0_track(x, rate),
        centroids_hz: CENTROID_WINDOWS_S.map(|(from, to)| {
            let cut = |s: f64| ((s * sr) as usize).min(x.len());
            let part = &x[cut(from)..cut(to)];
            (part.len() >= 256).then(|| centroid(&power_spectrum(part), sr / part.len() as f64))
        }),
        width: width(&left[..n], &right[..n]),
    })
}

fn centroid(power: &[f64], bin: f64) -> f64 {
    let total: f64 = power.iter().sum();
    power.iter().enumerate().map(|(i, p)| i as f64 * bin * p).sum::<f64>() / total
}

fn width(left: &[f32], right: &[f32]) -> f64 {
    let sum = |sign: f64| -> f64 {
        left.iter().zip(right).map(|(&l, &r)| (f64::from(l) + sign * f64::from(r)).powi(2)).sum()
    };
    let (side, mid) = (sum(-1.0), sum(1.0));
    if side == 0.0 { 0.0 } else { (side / mid + 1e-12).sqrt() }
}

/// RMS over a window centred on each sample, silence around the signal.
fn centred_rms(x: &[f32], window: usize) -> Vec<f64> {
    let mut sums = Vec::with_capacity(x.len() + 1);
    sums.push(0.0);
    for &v in x {
        sums.push(sums[sums.len() - 1] + f64::from(v) * f64::from(v));
    }
    // The window of sample i ends at i + (window − 1) / 2.
    let ahead = (window - 1) / 2;
    (0..x.len())
        .map(|i| {
            let end = (i + ahead + 1).min(x.len());
            let begin = (i + ahead + 1).saturating_sub(window).min(end);
            ((sums[end] - sums[begin]).max(0.0) / window as f64).sqrt()
        })
        .collect()
}

/// Inverse period of the low-passed signal's rising zero crossings nearest to each time.
fn f0_track(x: &[f32], rate: u32) -> [Option<f64>; 8] {
    let Some(low) = zero_phase(&butterworth(Pass::Low, 4, 600.0, rate), x) else {
        return [None; 8];
    };
    let crossings: Vec<f64> = low
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] <= 0.0 && pair[1] > 0.0)
        .map(|(i, _)| i as f64 / f64::from(rate))
        .collect();
    F0_TIMES_S.map(|time| {
        let middle = |pair: &[f64]| (0.5 * (pair[0] + pair[1]) - time).abs();
        crossings
            .windows(2)
            .min_by(|a, b| middle(a).total_cmp(&middle(b)))
            .filter(|pair| middle(pair) < 0.03)
            .map(|pair| 1.0 / (pair[1] - pair[0]))
    })
}

#[cfg(test)]
mod tests;

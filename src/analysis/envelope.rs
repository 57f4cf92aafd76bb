//! Levels over time and over frequency bands, and how two signals differ in them.

use super::spectrum::power_spectrum;
use super::{SILENCE_DB, between, mean_square, power_db};

/// The six bands of sound descriptions, in Hz: sub, bass, low mid, mid, presence, air.
pub const BANDS_HZ: [(f64, f64); 6] = [
    (20.0, 60.0),
    (60.0, 120.0),
    (120.0, 250.0),
    (250.0, 1000.0),
    (1000.0, 4000.0),
    (4000.0, 16_000.0),
];

/// RMS of consecutive windows of `window_s` seconds (at least one sample); the last may be shorter.
pub fn rms_envelope(signal: &[f32], rate: u32, window_s: f64) -> Vec<f64> {
    let window = ((window_s * f64::from(rate)).round() as usize).max(1);
    signal.chunks(window).map(|chunk| mean_square(chunk).sqrt()).collect()
}

/// RMS level in dB between two times in seconds; [`SILENCE_DB`] where there is nothing.
pub fn level_db(signal: &[f32], rate: u32, from_s: f64, to_s: f64) -> f64 {
    power_db(mean_square(between(signal, rate, from_s, to_s)))
}

/// The largest difference in dB between the 5 ms RMS envelopes of two signals, over the windows in
/// which either is above `floor_db`; a level under the floor counts as the floor.
///
/// A signal that ends earlier counts as silent from there on.
pub fn envelope_difference_db(a: &[f32], b: &[f32], rate: u32, floor_db: f64) -> f64 {
    let (a, b) = (rms_envelope(a, rate, 0.005), rms_envelope(b, rate, 0.005));
    let level = |envelope: &[f64], i: usize| {
        envelope.get(i).map_or(SILENCE_DB, |rms| power_db(rms * rms)).max(floor_db)
    };
    (0..a.len().max(b.len())).map(|i| (level(&a, i) - level(&b, i)).abs()).fold(0.0, f64::max)
}

/// Energy of the whole signal in each of [`BANDS_HZ`], in dB; only differences of two signals of
/// equal length and rate mean anything.
pub fn band_energies_db(signal: &[f32], rate: u32) -> [f64; 6] {
    let power = power_spectrum(signal);
    let bin = f64::from(rate) / signal.len().max(1) as f64;
    BANDS_HZ.map(|(low, high)| {
        let sum: f64 = power
            .iter()
            .enumerate()
            .filter(|(i, _)| (low..high).contains(&(*i as f64 * bin)))
            .map(|(_, p)| p)
            .sum();
        power_db(sum)
    })
}

/// Band energies of `a` minus those of `b` in dB, by [`BANDS_HZ`]; the longer one is cut first.
///
/// Bands in which both are more than 80 dB under their signal's strongest band count as equal.
pub fn band_differences_db(a: &[f32], b: &[f32], rate: u32) -> [f64; 6] {
    let n = a.len().min(b.len());
    let (a, b) = (band_energies_db(&a[..n], rate), band_energies_db(&b[..n], rate));
    let top = |bands: &[f64; 6]| bands.iter().copied().fold(SILENCE_DB, f64::max);
    let (top_a, top_b) = (top(&a), top(&b));
    std::array::from_fn(
        |i| {
            if a[i] < top_a - 80.0 && b[i] < top_b - 80.0 { 0.0 } else { a[i] - b[i] }
        },
    )
}

/// Frames at which sound starts: the first sample above `threshold` (absolute value) after at
/// least `silence_frames` frames at or under it. The beginning counts as preceded by silence.
pub fn onsets(signal: &[f32], threshold: f32, silence_frames: usize) -> Vec<usize> {
    let mut quiet = silence_frames;
    let mut found = Vec::new();
    for (i, x) in signal.iter().enumerate() {
        if x.abs() > threshold {
            if quiet >= silence_frames {
                found.push(i);
            }
            quiet = 0;
        } else {
            quiet += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(f: f64, amplitude: f64, frames: usize) -> Vec<f32> {
        (0..frames)
            .map(|i| (amplitude * (std::f64::consts::TAU * f * i as f64 / 48_000.0).sin()) as f32)
            .collect()
    }

    #[test]
    fn levels_are_rms() {
        let signal = tone(1000.0, 1.0, 48_000);
        assert!((level_db(&signal, 48_000, 0.1, 0.9) + 3.01).abs() < 0.01);
        assert_eq!(level_db(&signal, 48_000, 5.0, 6.0), SILENCE_DB);
        assert_eq!(level_db(&signal, 48_000, 0.5, 0.1), SILENCE_DB);
        assert_eq!(rms_envelope(&signal, 48_000, 0.005).len(), 200);
    }

    #[test]
    fn differences_are_found_where_they_are() {
        let a = tone(100.0, 0.5, 48_000);
        let b: Vec<f32> = a.iter().zip(tone(2000.0, 0.25, 48_000)).map(|(x, y)| x + y).collect();
        let bands = band_differences_db(&b, &a, 48_000);
        assert!(bands[1].abs() < 0.1 && bands[4] > 40.0, "{bands:?}");
        let mut c = a.clone();
        for x in &mut c[24_000..24_240] {
            *x *= 0.5;
        }
        assert_eq!(envelope_difference_db(&a, &a, 48_000, -60.0), 0.0);
        assert!((envelope_difference_db(&a, &c, 48_000, -60.0) - 6.02).abs() < 0.01);
        assert!(envelope_difference_db(&a, &a[..24_000], 48_000, -60.0) > 40.0);
    }

    #[test]
    fn onsets_are_exact_frames() {
        let mut clicks = vec![0.0_f32; 1000];
        for at in [0, 300, 777] {
            clicks[at] = 0.5;
            clicks[at + 2] = -0.4;
        }
        assert_eq!(onsets(&clicks, 0.01, 100), [0, 300, 777]);
        assert_eq!(onsets(&clicks, 0.01, 1).len(), 6);
        assert!(onsets(&[], 0.1, 10).is_empty());
    }
}

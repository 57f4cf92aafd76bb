//! How wide the bass is.

use super::filters::{Pass, butterworth, zero_phase};
use super::{SILENCE_DB, mean_square, power_db};

/// Level of the side (L − R) minus that of the mid (L + R) below `below_hz`, in dB; negative is
/// narrow. [`SILENCE_DB`] for a mono or silent signal.
///
/// Below means through a zero-phase Butterworth low-pass of order 4 (−6 dB at the edge, 48 dB an octave).
pub fn side_to_mid_db(left: &[f32], right: &[f32], rate: u32, below_hz: f64) -> f64 {
    let low = butterworth(Pass::Low, 4, below_hz, rate);
    let level = |sign: f32| {
        let sum: Vec<f32> = left.iter().zip(right).map(|(l, r)| 0.5 * (l + sign * r)).collect();
        zero_phase(&low, &sum).map_or(SILENCE_DB, |filtered| power_db(mean_square(&filtered)))
    };
    let (mid, side) = (level(1.0), level(-1.0));
    if side <= SILENCE_DB { SILENCE_DB } else { side - mid }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bass_counts() {
        let tone = |f: f64, a: f64| {
            (0..48_000).map(move |i| {
                (a * (std::f64::consts::TAU * f * f64::from(i) / 48_000.0).sin()) as f32
            })
        };
        let left: Vec<f32> = tone(60.0, 0.5).zip(tone(3000.0, 0.5)).map(|(a, b)| a + b).collect();
        let right: Vec<f32> = tone(60.0, 0.4).zip(tone(3000.0, -0.5)).map(|(a, b)| a + b).collect();
        let ratio = side_to_mid_db(&left, &right, 48_000, 120.0);
        assert!((ratio - 20.0 * (0.05f64 / 0.45).log10()).abs() < 0.1, "{ratio}");
        assert_eq!(side_to_mid_db(&left, &left, 48_000, 120.0), SILENCE_DB);
    }
}

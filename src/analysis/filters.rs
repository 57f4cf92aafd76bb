//! Butterworth low- and high-pass filters, forward or without phase shift.

use std::f64::consts::PI;

/// One second-order section, normalised to `a0 = 1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Biquad {
    /// Feed-forward coefficients.
    pub b: [f64; 3],
    /// Feedback coefficients a1 and a2.
    pub a: [f64; 2],
}

/// What a filter lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// What lies under the cutoff.
    Low,
    /// What lies over the cutoff.
    High,
}

/// The sections of a Butterworth filter of an even `order` (2–16), −3 dB at `cutoff_hz`, by the
/// bilinear transform with prewarped cutoff (R. Bristow-Johnson's cookbook with the Butterworth Qs).
///
/// The cutoff is held within 0.001 Hz and 0.4999 of the rate; an odd order is rounded up.
pub fn butterworth(pass: Pass, order: usize, cutoff_hz: f64, rate: u32) -> Vec<Biquad> {
    let order = order.clamp(2, 16).next_multiple_of(2);
    let rate = f64::from(rate.max(1));
    let w = 2.0 * PI * cutoff_hz.clamp(0.001, 0.4999 * rate) / rate;
    let (sin, cos) = w.sin_cos();
    (0..order / 2)
        .map(|k| {
            // sin(w) / (2Q) with Q = 1 / (2 cos θ) for the pole pair at angle θ off the real axis.
            let alpha = sin * ((2 * k + 1) as f64 * PI / (2 * order) as f64).cos();
            let norm = 1.0 / (1.0 + alpha);
            let (edge, middle) = match pass {
                Pass::Low => ((1.0 - cos) / 2.0, 1.0 - cos),
                Pass::High => ((1.0 + cos) / 2.0, -(1.0 + cos)),
            };
            Biquad {
                b: [edge * norm, middle * norm, edge * norm],
                a: [-2.0 * cos * norm, (1.0 - alpha) * norm],
            }
        })
        .collect()
}

/// `signal` through the sections once, from rest.
pub fn forward(sections: &[Biquad], signal: &[f32]) -> Vec<f32> {
    let mut samples: Vec<f64> = signal.iter().map(|&x| f64::from(x)).collect();
    for section in sections {
        run(section, &mut samples, 0.0);
    }
    samples.into_iter().map(|x| x as f32).collect()
}

/// `signal` through the sections forwards and backwards: no phase shift, twice the attenuation
/// (−6 dB at the cutoff).
///
/// The ends are extended by odd reflection and the filters start settled on them, as scipy's
/// `sosfiltfilt` does. A signal no longer than the reflection (about 3 · order samples) has no result.
pub fn zero_phase(sections: &[Biquad], signal: &[f32]) -> Option<Vec<f32>> {
    let pad = 3 * (2 * sections.len() + 1);
    if signal.len() <= pad {
        return None;
    }
    let n = signal.len();
    let at = |i: usize| f64::from(signal[i]);
    let mut samples: Vec<f64> = (1..=pad).rev().map(|i| 2.0 * at(0) - at(i)).collect();
    samples.extend((0..n).map(at));
    samples.extend((1..=pad).map(|i| 2.0 * at(n - 1) - at(n - 1 - i)));
    for _ in 0..2 {
        let mut settled = samples[0];
        for section in sections {
            run(section, &mut samples, settled);
            settled *= dc_gain(section);
        }
        samples.reverse();
    }
    Some(samples[pad..pad + n].iter().map(|&x| x as f32).collect())
}

fn dc_gain(section: &Biquad) -> f64 {
    section.b.iter().sum::<f64>() / (1.0 + section.a[0] + section.a[1])
}

/// One section in place (transposed direct form II), as if its input had always been `settled`.
fn run(section: &Biquad, samples: &mut [f64], settled: f64) {
    let Biquad { b, a } = *section;
    let out = settled * dc_gain(section);
    let mut s2 = b[2] * settled - a[1] * out;
    let mut s1 = b[1] * settled - a[0] * out + s2;
    for x in samples {
        let y = b[0] * *x + s1;
        s1 = b[1] * *x - a[0] * y + s2;
        s2 = b[2] * *x - a[1] * y;
        *x = y;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{mean_square, power_db};

    fn gain_db(pass: Pass, order: usize, cutoff: f64, f: f64) -> f64 {
        let tone: Vec<f32> =
            (0..48_000).map(|i| (2.0 * PI * f * f64::from(i) / 48_000.0).sin() as f32).collect();
        let out = forward(&butterworth(pass, order, cutoff, 48_000), &tone);
        power_db(mean_square(&out[24_000..])) - power_db(mean_square(&tone[24_000..]))
    }

    #[test]
    fn slopes_follow_the_order() {
        for order in [2, 4, 8] {
            for pass in [Pass::Low, Pass::High] {
                assert!((gain_db(pass, order, 1000.0, 1000.0) + 3.01).abs() < 0.05);
            }
            let octave = gain_db(Pass::Low, order, 400.0, 800.0);
            let expected = -10.0 * (1.0 + 2f64.powi(2 * order as i32)).log10();
            assert!((octave - expected).abs() < 0.2, "order {order}: {octave} dB");
            assert!(gain_db(Pass::High, order, 400.0, 8000.0).abs() < 0.01);
        }
    }

    #[test]
    fn zero_phase_shifts_nothing_and_attenuates_twice() {
        let tone: Vec<f32> =
            (0..9600).map(|i| (2.0 * PI * 300.0 * f64::from(i) / 48_000.0).sin() as f32).collect();
        let sections = butterworth(Pass::Low, 4, 300.0, 48_000);
        let out = zero_phase(&sections, &tone).expect("long enough");
        for i in 2400..7200 {
            assert!((out[i] - 0.5 * tone[i]).abs() < 1e-4);
        }
        assert_eq!(zero_phase(&sections, &tone[..15]), None);
    }
}

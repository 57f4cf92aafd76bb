//! Power spectra, and how much of a signal lies beside the harmonics of its fundamental.

use std::f64::consts::PI;

use std::sync::Arc;

use rustfft::algorithm::{BluesteinsAlgorithm, Radix4};
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftDirection};

/// |FFT|² of `signal` under a symmetric Hann window, bins 0 to half the length; bin `i` lies at
/// `i · rate / length` Hz. Empty for an empty signal.
pub fn power_spectrum(signal: &[f32]) -> Vec<f64> {
    let n = signal.len();
    let hann = |i: usize| {
        if n < 2 { 1.0 } else { 0.5 - 0.5 * (2.0 * PI * i as f64 / (n - 1) as f64).cos() }
    };
    windowed_power(signal, hann)
}

/// Mean of the power spectra of half-overlapping Hann windows of `size` samples (Welch, IEEE Trans.
/// Audio 15(2), 1967), scaled so that a full-scale sine on a bin reads 1. A shorter signal is
/// padded with silence.
pub fn averaged_power(signal: &[f32], size: usize) -> Vec<f64> {
    let size = size.max(2);
    let hann = |i: usize| 0.5 - 0.5 * (2.0 * PI * i as f64 / size as f64).cos();
    let mut sum = vec![0.0; size / 2 + 1];
    let mut count = 0.0;
    let mut start = 0;
    while start == 0 || start + size <= signal.len() {
        let mut block = vec![0.0; size];
        let end = signal.len().min(start + size);
        block[..end - start].copy_from_slice(&signal[start..end]);
        for (total, p) in sum.iter_mut().zip(windowed_power(&block, hann)) {
            *total += p;
        }
        count += 1.0;
        start += size / 2;
    }
    // The window's mean is ½ and a sine splits between its two signs: its bin holds (size / 4)².
    let scale = 16.0 / (size as f64 * size as f64) / count;
    sum.into_iter().map(|p| p * scale).collect()
}

/// The strongest component below 20 kHz that is no harmonic of `fundamental_hz`, in dB relative to
/// the fundamental.
///
/// The window is a seven-term Blackman–Harris (side lobes under −160 dB; Albrecht, ICASSP 2001); eight
/// bins around each harmonic and around zero are left out, so give it a steady signal of at least 100
/// periods. None where the signal is too short for that, or holds no such fundamental.
pub fn alias_db(signal: &[f32], rate: u32, fundamental_hz: f64) -> Option<f64> {
    const TERMS: [f64; 7] = [
        0.271_220_360_585_0,
        -0.433_444_612_327_4,
        0.218_004_122_892_0,
        -0.065_785_343_295_6,
        0.010_761_867_305_3,
        -0.000_770_012_710_5,
        0.000_013_680_883_3,
    ];
    const SKIRT: f64 = 8.0;
    let n = signal.len();
    let bin_hz = f64::from(rate) / n.max(1) as f64;
    if fundamental_hz < 4.0 * SKIRT * bin_hz {
        return None;
    }
    let power = windowed_power(signal, |i| {
        let x = 2.0 * PI * i as f64 / n as f64;
        TERMS.iter().enumerate().map(|(k, term)| term * (k as f64 * x).cos()).sum()
    });
    let top = power.len().min((20_000.0 / bin_hz) as usize);
    let (mut fundamental, mut stray) = (0.0_f64, 0.0_f64);
    for (i, &p) in power[..top].iter().enumerate() {
        let f = i as f64 * bin_hz;
        let harmonic = (f / fundamental_hz).round();
        if (f - harmonic * fundamental_hz).abs() > SKIRT * bin_hz {
            stray = stray.max(p);
        } else if harmonic == 1.0 {
            fundamental = fundamental.max(p);
        }
    }
    (fundamental > 0.0).then(|| 10.0 * (stray.max(1e-30) / fundamental).log10())
}

fn windowed_power(signal: &[f32], window: impl Fn(usize) -> f64) -> Vec<f64> {
    if signal.is_empty() {
        return Vec::new();
    }
    let mut bins: Vec<Complex<f64>> = signal
        .iter()
        .enumerate()
        .map(|(i, &x)| Complex::new(f64::from(x) * window(i), 0.0))
        .collect();
    transform(&mut bins);
    bins[..=signal.len() / 2].iter().map(Complex::norm_sqr).collect()
}

/// The discrete Fourier transform of any length, in place. Two plain algorithms instead of rustfft's
/// planner: its dozens of variants would be compiled into this crate, and a plan that depends on the
/// processor gives other last digits on other machines.
fn transform(bins: &mut [Complex<f64>]) {
    let length = bins.len();
    if length.is_power_of_two() {
        Radix4::new(length, FftDirection::Forward).process(bins);
    } else if length > 0 {
        let inner = (2 * length - 1).next_power_of_two();
        let inner: Arc<dyn Fft<f64>> = Arc::new(Radix4::new(inner, FftDirection::Forward));
        BluesteinsAlgorithm::new(length, inner).process(bins);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tones(parts: &[(f64, f64)]) -> Vec<f32> {
        (0..48_000)
            .map(|i| {
                parts
                    .iter()
                    .map(|(f, a)| a * (2.0 * PI * f * f64::from(i) / 48_000.0).sin())
                    .sum::<f64>() as f32
            })
            .collect()
    }

    #[test]
    fn only_what_is_beside_the_harmonics_counts() {
        let clean = tones(&[(4987.3, 1.0), (9974.6, 0.5), (14_961.9, 0.3)]);
        assert!(alias_db(&clean, 48_000, 4987.3).expect("a tone") < -130.0);
        let dirty = tones(&[(4987.3, 1.0), (9974.6, 0.5), (1234.5, 0.001)]);
        let alias = alias_db(&dirty, 48_000, 4987.3).expect("a tone");
        assert!((alias + 60.0).abs() < 1.0, "{alias}");
        assert_eq!(alias_db(&[], 48_000, 440.0), None);
        assert_eq!(alias_db(&[0.0; 4800], 48_000, 5000.0), None);
    }

    #[test]
    fn a_full_scale_sine_reads_one() {
        let power = averaged_power(&tones(&[(3000.0, 1.0)]), 4096);
        let bin = 3000 * 4096 / 48_000;
        assert!((power[bin] - 1.0).abs() < 0.01, "{}", power[bin]);
        assert!(power[bin * 2] < 1e-6);
        assert_eq!(averaged_power(&[], 64).len(), 33);
    }
}

//! The pitch of a steady low tone, however distorted.

use super::filters::{Pass, butterworth, zero_phase};

/// Distance from `reference_hz` to `hz` in cents; both above zero.
pub fn cents(hz: f64, reference_hz: f64) -> f64 {
    1200.0 * (hz / reference_hz).log2()
}

/// Frequency in Hz of MIDI pitch `pitch` (69 = A at 440 Hz), fractions allowed.
pub fn midi_hz(pitch: f64) -> f64 {
    440.0 * ((pitch - 69.0) / 12.0).exp2()
}

/// Fundamental in Hz of the steady periodic tone `signal`, looked for between `min_hz` and `max_hz`;
/// within 3 cents from about four periods on.
///
/// Correlation coefficient of the signal with itself one period later (after Talkin's RAPT, 1995),
/// which neither a decaying amplitude nor an offset biases; the shortest period that correlates nearly as well as the
/// best one, refined by a parabola. None for silence, noise, or less than two periods.
pub fn pitch_hz(signal: &[f32], rate: u32, min_hz: f64, max_hz: f64) -> Option<f64> {
    let rate_hz = f64::from(rate);
    // Clicks and hats above the tone's first harmonics would only blur the correlation.
    let x = zero_phase(&butterworth(Pass::Low, 4, 6.0 * max_hz, rate), signal)?;
    let shortest = ((rate_hz / max_hz).floor() as usize).max(2);
    let longest = ((rate_hz / min_hz).ceil() as usize + 1).min(x.len() / 2);
    if longest <= shortest + 2 {
        return None;
    }
    let span = x.len() - longest - 1;
    // Running sums give the mean and the spread of every window.
    let (mut sums, mut squares) = (vec![0.0_f64], vec![0.0_f64]);
    for &v in &x {
        let v = f64::from(v);
        sums.push(sums[sums.len() - 1] + v);
        squares.push(squares[squares.len() - 1] + v * v);
    }
    let mean = |from: usize| (sums[from + span] - sums[from]) / span as f64;
    let spread = |from: usize| {
        (squares[from + span] - squares[from]) / span as f64 - mean(from) * mean(from)
    };
    let (base_mean, base) = (mean(0), spread(0));
    if base < 1e-12 {
        return None;
    }
    let correlation: Vec<f64> = (shortest - 1..=longest + 1)
        .map(|lag| {
            let dot: f64 = x[..span]
                .iter()
                .zip(&x[lag..lag + span])
                .map(|(&a, &b)| f64::from(a) * f64::from(b))
                .sum();
            let common = dot / span as f64 - base_mean * mean(lag);
            common / (base * spread(lag).max(1e-30)).sqrt()
        })
        .collect();
    let peaks: Vec<usize> = (1..correlation.len() - 1)
        .filter(|&i| correlation[i] > correlation[i - 1] && correlation[i] >= correlation[i + 1])
        .collect();
    let best = peaks.iter().map(|&i| correlation[i]).fold(f64::NEG_INFINITY, f64::max);
    if best < 0.5 {
        return None;
    }
    let i = *peaks.iter().find(|&&i| correlation[i] > best - 0.03)?;
    let (before, top, after) = (correlation[i - 1], correlation[i], correlation[i + 1]);
    let bend = before - 2.0 * top + after;
    let offset = if bend < 0.0 { 0.5 * (before - after) / bend } else { 0.0 };
    Some(rate_hz / ((shortest - 1 + i) as f64 + offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(hz: f64, drive: f64, decay: f64, frames: usize) -> Vec<f32> {
        (0..frames)
            .map(|i| {
                let t = i as f64 / 48_000.0;
                let x = (std::f64::consts::TAU * hz * t + 0.7).sin();
                (((drive * x + 0.2).tanh()) * (-t * decay).exp()) as f32
            })
            .collect()
    }

    #[test]
    fn clean_and_distorted_tails_read_within_three_cents() {
        for hz in [32.7, 43.65, 49.0, 55.0, 61.7, 98.0, 196.0] {
            for drive in [0.3, 3.0, 30.0] {
                for decay in [0.0, 12.0] {
                    let signal = tail(hz, drive, decay, 9600);
                    let found = pitch_hz(&signal, 48_000, 30.0, 220.0).expect("a tone");
                    let off = cents(found, hz);
                    assert!(off.abs() < 3.0, "{hz} Hz, drive {drive}, decay {decay}: {off} cents");
                }
            }
        }
    }

    #[test]
    fn silence_noise_and_snippets_have_no_pitch() {
        assert_eq!(pitch_hz(&[0.0; 9600], 48_000, 30.0, 200.0), None);
        assert_eq!(pitch_hz(&[0.1; 50], 48_000, 30.0, 200.0), None);
        assert_eq!(pitch_hz(&[], 48_000, 30.0, 200.0), None);
        assert_eq!(midi_hz(69.0), 440.0);
        assert!((cents(midi_hz(34.0), midi_hz(33.0)) - 100.0).abs() < 1e-9);
    }
}

//! Loudness by EBU R 128 / ITU-R BS.1770, and true peak.

use ebur128::{EbuR128, Error, Mode};

use super::SILENCE_DB;

/// What a loudness meter shows after a whole signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loudness {
    /// Gated loudness of the whole, LUFS.
    pub integrated_lufs: f64,
    /// Loudest 3 s window, LUFS; a shorter signal counts with the silence around it.
    pub short_term_max_lufs: f64,
    /// Loudest 400 ms window, LUFS.
    pub momentary_max_lufs: f64,
    /// Loudness range (EBU Tech 3342), LU.
    pub range_lu: f64,
    /// Highest point between the samples of any channel, dBTP.
    pub true_peak_dbtp: f64,
}

/// Measures one or two channels of equal length at `rate` Hz.
///
/// # Errors
/// When the meter cannot work at that rate (16 Hz–2.8 MHz) or with that many channels.
pub fn loudness(channels: &[&[f32]], rate: u32) -> Result<Loudness, Error> {
    let mut meter = EbuR128::new(
        channels.len() as u32,
        rate,
        Mode::I | Mode::S | Mode::M | Mode::LRA | Mode::TRUE_PEAK,
    )?;
    let (mut short, mut momentary) = (SILENCE_DB, SILENCE_DB);
    walk(&mut meter, channels, rate, |meter, _| {
        short = short.max(finite(meter.loudness_shortterm()?));
        momentary = momentary.max(finite(meter.loudness_momentary()?));
        Ok(())
    })?;
    let mut peak = 0.0_f64;
    for channel in 0..channels.len() {
        peak = peak.max(meter.true_peak(channel as u32)?);
    }
    Ok(Loudness {
        integrated_lufs: finite(meter.loudness_global()?),
        short_term_max_lufs: short,
        momentary_max_lufs: momentary,
        range_lu: meter.loudness_range()?,
        true_peak_dbtp: finite(20.0 * peak.log10()),
    })
}

/// Gated loudness in LUFS of one or two channels; −200 for silence.
///
/// # Errors
/// As [`loudness`].
pub fn integrated_lufs(channels: &[&[f32]], rate: u32) -> Result<f64, Error> {
    let mut meter = EbuR128::new(channels.len() as u32, rate, Mode::I)?;
    walk(&mut meter, channels, rate, |_, _| Ok(()))?;
    Ok(finite(meter.loudness_global()?))
}

/// Short-term loudness (3 s windows that lie wholly inside the signal, every 100 ms) in LUFS; one
/// value over all of it where it is shorter.
///
/// # Errors
/// As [`loudness`].
pub fn short_term_lufs(channels: &[&[f32]], rate: u32) -> Result<Vec<f64>, Error> {
    let mut meter = EbuR128::new(channels.len() as u32, rate, Mode::S)?;
    let mut values = Vec::new();
    let full = 3 * rate as usize;
    walk(&mut meter, channels, rate, |meter, frames| {
        if frames >= full {
            values.push(finite(meter.loudness_shortterm()?));
        }
        Ok(())
    })?;
    if values.is_empty() {
        let frames = channels.iter().map(|c| c.len()).min().unwrap_or(0);
        let window_ms = (frames as u64 * 1000 / u64::from(rate)) as u32;
        values.push(if window_ms > 0 {
            finite(meter.loudness_window(window_ms)?)
        } else {
            SILENCE_DB
        });
    }
    Ok(values)
}

/// Feeds the meter 100 ms at a time; `after` gets it with the number of frames so far.
fn walk(
    meter: &mut EbuR128,
    channels: &[&[f32]],
    rate: u32,
    mut after: impl FnMut(&mut EbuR128, usize) -> Result<(), Error>,
) -> Result<(), Error> {
    let frames = channels.iter().map(|c| c.len()).min().unwrap_or(0);
    let hop = (rate as usize / 10).max(1);
    for start in (0..frames).step_by(hop) {
        let end = frames.min(start + hop);
        let block: Vec<&[f32]> = channels.iter().map(|c| &c[start..end]).collect();
        meter.add_frames_planar_f32(&block)?;
        after(meter, end)?;
    }
    Ok(())
}

fn finite(db: f64) -> f64 {
    if db.is_finite() { db.max(SILENCE_DB) } else { SILENCE_DB }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(db: f64, seconds: usize) -> Vec<f32> {
        let amplitude = 10f64.powf(db / 20.0);
        (0..48_000 * seconds)
            .map(|i| {
                (amplitude * (std::f64::consts::TAU * 1000.0 * i as f64 / 48_000.0).sin()) as f32
            })
            .collect()
    }

    #[test]
    fn a_stereo_sine_at_minus_23_reads_minus_23() {
        // EBU Tech 3341, case 1.
        let signal = tone(-23.0, 20);
        let measured = loudness(&[&signal, &signal], 48_000).expect("a meter");
        assert!((measured.integrated_lufs + 23.0).abs() < 0.1, "{measured:?}");
        assert!((measured.short_term_max_lufs + 23.0).abs() < 0.1);
        assert!((measured.momentary_max_lufs + 23.0).abs() < 0.1);
        assert!((measured.true_peak_dbtp + 23.0).abs() < 0.1);
        assert!(measured.range_lu < 0.1);
        assert_eq!(integrated_lufs(&[&signal, &signal], 48_000), Ok(measured.integrated_lufs));
    }

    #[test]
    fn short_windows_and_silence_are_numbers() {
        let signal = tone(-23.0, 2);
        let values = short_term_lufs(&[&signal, &signal], 48_000).expect("a meter");
        assert_eq!(values.len(), 1);
        assert!((values[0] + 23.0).abs() < 0.1, "{values:?}");
        let long = tone(-23.0, 5);
        assert_eq!(short_term_lufs(&[&long, &long], 48_000).map(|v| v.len()), Ok(21));
        assert_eq!(short_term_lufs(&[&[], &[]], 48_000), Ok(vec![SILENCE_DB]));
        assert_eq!(integrated_lufs(&[&[0.0; 48_000]], 48_000), Ok(SILENCE_DB));
        assert!(loudness(&[&signal], 0).is_err());
    }
}

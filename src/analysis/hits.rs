//! Where hits begin in a recording.

use super::{mean_square, power_db};

/// Length of what is measured at once, seconds.
const WINDOW_S: f64 = 0.0025;
/// Windows that a hit is compared with: as long as a wave of 33 Hz.
const BEFORE: usize = 12;
/// How much louder than all of these it has to be, dB.
const RISE_DB: f64 = 6.0;
/// How far below the loudest window of the recording it may be, dB.
const RANGE_DB: f64 = 40.0;
/// Least time between two hits, seconds.
const APART_S: f64 = 0.06;

/// The frames at which hits begin in `signal` of `rate` frames a second, in order: where it, or what is
/// high in it, suddenly gets louder.
pub fn hits(signal: &[f32], rate: u32) -> Vec<usize> {
    let window = ((f64::from(rate) * WINDOW_S) as usize).max(1);
    // Differences of neighbours show the click of a kick over the tail of the one before.
    let high: Vec<f32> = std::iter::once(signal.first().copied().unwrap_or(0.0))
        .chain(signal.windows(2).map(|pair| pair[1] - pair[0]))
        .collect();
    let levels = |signal: &[f32]| -> Vec<f64> {
        signal.chunks(window).map(|part| power_db(mean_square(part))).collect()
    };
    let all = [levels(signal), levels(&high)];
    let tops = all.each_ref().map(|levels| levels.iter().copied().fold(f64::MIN, f64::max));
    let rises = |levels: &[f64], top: f64, at: usize| {
        let before = &levels[at.saturating_sub(BEFORE)..at];
        let before = before.iter().copied().fold(top - RANGE_DB - RISE_DB, f64::max);
        levels[at] > top - RANGE_DB && levels[at] - before >= RISE_DB
    };
    let apart = (f64::from(rate) * APART_S) as usize;
    let mut found: Vec<usize> = Vec::new();
    for at in 0..all[0].len() {
        let is_hit = all.iter().zip(tops).any(|(levels, top)| rises(levels, top, at));
        if !is_hit || super::SILENCE_DB >= tops[0] {
            continue;
        }
        let frame = begins(&high, at * window, window);
        if found.last().is_none_or(|last| frame >= last + apart) {
            found.push(frame);
        }
    }
    found
}

/// The first frame that stands out around a window.
fn begins(high: &[f32], from: usize, window: usize) -> usize {
    let end = (from + 2 * window).min(high.len());
    let part = &high[from..end];
    let top = part.iter().fold(0.0f32, |top, x| top.max(x.abs()));
    part.iter().position(|x| x.abs() >= top * 0.2).map_or(from, |at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kick: a tone of 50 Hz that begins with a click, and decays.
    fn kick(signal: &mut [f32], at: usize) {
        for (i, x) in signal[at..].iter_mut().enumerate() {
            let t = i as f32 / 48_000.0;
            let click = 0.5 * (-t * 2000.0).exp();
            *x = (50.0 * std::f32::consts::TAU * t).sin() * 0.6 * (-t * 4.0).exp() + click;
        }
    }

    #[test]
    fn each_kick_of_a_loop_is_found_and_nothing_else() {
        let at = [0, 16_000, 31_000, 48_500, 70_000];
        let mut signal = vec![0.0; 96_000];
        at.iter().for_each(|at| kick(&mut signal, *at));
        let found = hits(&signal, 48_000);
        let near = found.len() == at.len()
            && found.iter().zip(&at).all(|(found, at)| found.abs_diff(*at) <= 24);
        assert!(near, "{found:?}");
        // A steady tone, however low, begins once; silence never.
        let tone = |i: usize| (40.0 * std::f32::consts::TAU * i as f32 / 48_000.0).sin() * 0.5;
        let tone: Vec<f32> = (0..96_000).map(tone).collect();
        assert_eq!(hits(&tone, 48_000).len(), 1, "{:?}", hits(&tone, 48_000));
        assert_eq!(hits(&vec![0.0; 10_000], 48_000), Vec::<usize>::new());
        assert_eq!(hits(&[], 48_000), Vec::<usize>::new());
    }
}

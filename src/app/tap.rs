//! A tempo from taps.

use crate::model::time::Bpm;

/// Taps that count.
const TAPS: usize = 8;

/// The last taps, as engine frames.
#[derive(Clone, Debug, Default)]
pub struct Taps(Vec<u64>);

impl Taps {
    /// A tap on `frame`, at `rate` frames per second. From the third on they make a tempo: the mean of
    /// up to seven intervals. A pause of more than two seconds, or a tap that comes off by more than
    /// a quarter of the interval before, begins anew.
    pub fn tap(&mut self, frame: u64, rate: u32) -> Option<Bpm> {
        let last = |taps: &[u64]| taps.windows(2).last().map(|w| w[1] - w[0]);
        if let Some(&before) = self.0.last() {
            let gap = frame.saturating_sub(before);
            let off = last(&self.0).is_some_and(|usual| gap.abs_diff(usual) * 4 > usual);
            if gap == 0 || gap > 2 * u64::from(rate) || off {
                let keep = if off && gap > 0 { vec![before] } else { Vec::new() };
                self.0 = if gap > 2 * u64::from(rate) { Vec::new() } else { keep };
            }
        }
        self.0.push(frame);
        if self.0.len() > TAPS {
            self.0.remove(0);
        }
        let [first, .., end] = self.0[..] else { return None };
        if self.0.len() < 3 {
            return None;
        }
        let interval = (end - first) as f64 / (self.0.len() - 1) as f64;
        Bpm::new(60.0 * f64::from(rate) / interval).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_taps_make_a_tempo_and_a_pause_begins_anew() {
        let mut taps = Taps::default();
        let beat = 16_552;
        let got: Vec<_> = (0..6).map(|i| taps.tap(i * beat + i % 2 * 100, 48_000)).collect();
        assert_eq!(got[..2], [None, None]);
        let bpm = got[5].expect("a tempo").get();
        assert!((bpm - 174.0).abs() < 0.3, "{bpm}");
        assert_eq!(taps.tap(1_000_000, 48_000), None);
        assert_eq!(taps.tap(1_030_000, 48_000), None);
        let slow = taps.tap(1_060_000, 48_000).expect("a tempo");
        assert!((slow.get() - 96.0).abs() < 0.01, "{slow}");
        // A change of mind: from the tap before on.
        assert_eq!(taps.tap(1_072_000, 48_000), None);
        let fast = taps.tap(1_084_000, 48_000).expect("a tempo");
        assert!((fast.get() - 240.0).abs() < 0.01, "{fast}");
    }
}

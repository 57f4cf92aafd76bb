//! Which host time an engine frame falls on, and how far scsynth's sound lies beside it.
//!
//! scsynth maps time tags to samples by the host's clock, anew in every callback. So two things are
//! followed all the time: the line through the (frame, host time) pairs that the callback sees, and the
//! frames by which ticks that were sent to scsynth come back early or late.

use std::collections::VecDeque;
use std::f64::consts::{PI, SQRT_2};

/// Bandwidth of the loop that follows the callback's times, Hz.
const BANDWIDTH: f64 = 0.5;
/// A time off the line by this share of a period is no jitter if the next ones are too: the engine lost
/// periods, or got several at once.
const JUMP: f64 = 0.6;
/// At least this far off, nanoseconds.
const LEAST_JUMP_NS: f64 = 1.5e6;
/// So many of them.
const JUMPS: u32 = 3;

/// Follows the callback: a delay-locked loop of second order (F. Adriaensen, "Using a DLL to filter time",
/// 2005) over the host time of each period's first frame.
#[derive(Debug)]
pub(super) struct HostClock {
    ns_per_frame: f64,
    /// The last frame seen, and its time on the line: whole and fraction.
    at: Option<(u64, u64, f64)>,
    off: u32,
    rate: u32,
    /// Frames of the last period.
    period: u64,
}

impl HostClock {
    pub(super) fn new(rate: u32) -> Self {
        HostClock { ns_per_frame: 1e9 / f64::from(rate.max(1)), at: None, off: 0, rate, period: 0 }
    }

    /// A period began with `frame` at `ns`.
    pub(super) fn feed(&mut self, frame: u64, ns: u64) {
        let Some((last, whole, part)) = self.at.filter(|at| frame >= at.0) else {
            *self = HostClock { at: Some((frame, ns, 0.0)), ..HostClock::new(self.rate) };
            return;
        };
        if frame == last {
            return;
        }
        self.period = frame - last;
        let frames = (frame - last) as f64;
        let ahead = part + frames * self.ns_per_frame;
        // Nanoseconds fit a float for months; relative to the last ones they are exact.
        let error = ns as f64 - whole as f64 - ahead;
        if error.abs() > LEAST_JUMP_NS.max(JUMP * frames * self.ns_per_frame) {
            self.off += 1;
            if self.off >= JUMPS {
                (self.at, self.off) = (Some((frame, ns, 0.0)), 0);
            } else {
                self.move_to(frame, whole, ahead);
            }
            return;
        }
        self.off = 0;
        let omega = 2.0 * PI * BANDWIDTH * frames * self.ns_per_frame * 1e-9;
        let omega = omega.min(0.5);
        self.move_to(frame, whole, ahead + SQRT_2 * omega * error);
        let nominal = 1e9 / f64::from(self.rate.max(1));
        let next = self.ns_per_frame + omega * omega * error / frames;
        self.ns_per_frame = next.clamp(nominal * 0.99, nominal * 1.01);
    }

    fn move_to(&mut self, frame: u64, whole: u64, part: f64) {
        let step = part.floor();
        self.at = Some((frame, whole.saturating_add_signed(step as i64), part - step));
    }

    /// Frames from tick to tick: far enough that each is told from the next. Where it is not yet known
    /// by how much scsynth is off, that may be an eighth of a second, else a fortieth or four periods.
    pub(super) fn between_ticks(&self, known: bool) -> u64 {
        if known {
            u64::from(self.rate / 20).max(9 * self.period)
        } else {
            u64::from(self.rate / 4)
        }
    }

    /// Host time of a frame, nanoseconds.
    pub(super) fn ns_at(&self, frame: f64) -> Option<i64> {
        let (last, whole, part) = self.at?;
        let rest = (frame - last as f64) * self.ns_per_frame + part;
        Some(i64::try_from(whole).ok()? + rest.round() as i64)
    }

    /// The frame that a host time falls in.
    pub(super) fn frame_at(&self, ns: u64) -> Option<u64> {
        let (last, whole, _) = self.at?;
        let ahead = (ns as f64 - whole as f64) / self.ns_per_frame;
        Some(last.saturating_add_signed(ahead as i64))
    }
}

/// Ticks that are told about: two seconds of them.
const TICKS: usize = 40;
/// Ticks whose middle one counts. Few: scsynth's own loop, slow otherwise, starts anew at each xrun, up to
/// two periods off, and so must this.
const COUNT: usize = 3;
/// Ticks after which the way back is known.
const ENOUGH: usize = 8;
/// Among so many ticks, this many steps of this many frames are no xrun: ticks are taken for their
/// neighbours, which are not evenly apart.
const DOUBTED: usize = 14;
const STEPS: usize = 5;
const STEP: f64 = 40.0;

/// How far scsynth's sound lies beside where it should.
#[derive(Debug, Default)]
pub(super) struct Calibration {
    /// Ticks on their way: the frame they should be heard on, and the correction they were sent with.
    sent: VecDeque<(u64, f64)>,
    /// Frames by which the last ticks came late, uncorrected.
    late: VecDeque<f64>,
    /// The correction while no tick was heard.
    base: f64,
    /// Frames by which the last ticks came late as they were sent.
    missed_by: VecDeque<f64>,
}

/// What the last ticks said about scsynth's time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// Frames by which its sound would come late, were it not corrected.
    pub natural: f64,
    /// The middle one of the last ticks' distances from where they should be, frames.
    pub median: f64,
    /// The largest of them.
    pub worst: f64,
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

impl Calibration {
    /// Forget all.
    pub(super) fn clear(&mut self) {
        *self = Calibration::default();
    }

    /// A tick was sent, to be heard on `frame`, with the present correction.
    pub(super) fn sent(&mut self, frame: u64) {
        if self.sent.len() >= TICKS {
            self.sent.pop_front();
        }
        self.sent.push_back((frame, self.correction()));
    }

    /// A tick was heard. Ticks are `apart` frames or more from each other. Gives whether all is in doubt:
    /// those on their way do not count, and the next one is to be sent when they have passed.
    pub(super) fn heard(&mut self, frame: u64, apart: u64) -> bool {
        let near = self.sent.iter().position(|(at, _)| at.abs_diff(frame) < apart / 2);
        let Some((at, correction)) = near.and_then(|i| self.sent.remove(i)) else { return false };
        let late = frame as f64 - at as f64;
        for (list, value) in [(&mut self.late, late + correction), (&mut self.missed_by, late)] {
            if list.len() >= TICKS {
                list.pop_front();
            }
            list.push_back(value);
        }
        let last: Vec<f64> = self.late.iter().rev().take(DOUBTED).copied().collect();
        let steps = last.windows(2).filter(|w| (w[0] - w[1]).abs() > STEP).count();
        let doubt = steps > STEPS;
        if doubt {
            self.base = self.correction();
            self.late.clear();
            self.sent.clear();
        }
        doubt
    }

    /// Whether a tick was heard.
    pub(super) fn is_begun(&self) -> bool {
        !self.late.is_empty()
    }

    /// Frames by which to ask for things earlier than they should be heard.
    pub(super) fn correction(&self) -> f64 {
        median(self.late.iter().rev().take(COUNT).copied()).unwrap_or(self.base)
    }

    /// Whether enough ticks were heard.
    pub(super) fn is_known(&self) -> bool {
        self.late.len() >= ENOUGH
    }

    /// What it came to; `None` before enough ticks were heard.
    pub(super) fn timing(&self) -> Option<Timing> {
        let distances = || self.missed_by.iter().map(|late| late.abs());
        let worst = distances().fold(0.0, f64::max);
        let median = median(distances()).filter(|_| self.is_known())?;
        Some(Timing { natural: self.correction(), median, worst })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device whose rate is off by `ppm`, whose times jitter by up to `jitter` ns.
    fn times(ppm: f64, jitter: u64, periods: u64) -> impl Iterator<Item = (u64, u64)> {
        (0..periods).map(move |n| {
            let exact = n as f64 * 256.0 / 48_000.0 * 1e9 * (1.0 + ppm * 1e-6);
            let noise = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
            (n * 256, 5_000_000_000 + exact as u64 + ((noise * jitter) >> 32))
        })
    }

    #[test]
    fn the_line_follows_a_device_that_is_off_and_jitters() {
        for (jitter, most) in [(0, 2_000.0), (200_000, 120_000.0)] {
            let mut clock = HostClock::new(48_000);
            for (frame, ns) in times(80.0, jitter, 4000) {
                clock.feed(frame, ns);
            }
            let frame = 4000.0 * 256.0 + 2400.0;
            let exact = 5e9 + frame / 48_000.0 * 1e9 * (1.0 + 80e-6);
            let off = clock.ns_at(frame).unwrap() as f64 - exact;
            assert!(off.abs() < most, "{off} ns");
            let back = clock.frame_at(exact as u64).unwrap();
            assert!(back.abs_diff(frame as u64) <= 6, "{back}");
        }
    }

    #[test]
    fn one_late_period_is_jitter_and_lost_time_is_not() {
        let mut clock = HostClock::new(48_000);
        let late = |n: u64, by: u64| (n * 256, 1_000_000 + n * 5_333_333 + by);
        for n in 0..500 {
            let (frame, ns) = late(n, if n == 450 { 4_000_000 } else { 0 });
            clock.feed(frame, ns);
        }
        let off = |clock: &HostClock, (frame, ns): (u64, u64)| {
            (clock.ns_at(frame as f64).unwrap() - ns as i64).abs()
        };
        assert!(off(&clock, late(500, 0)) < 20_000);
        for n in 500..503 {
            assert!(off(&clock, late(n, 5_333_333)) > 5_000_000);
            let (frame, ns) = late(n, 5_333_333);
            clock.feed(frame, ns);
        }
        assert!(off(&clock, late(503, 5_333_333)) < 20_000);
        // Another engine.
        clock.feed(0, 77);
        assert_eq!(clock.ns_at(0.0), Some(77));
    }

    #[test]
    fn ticks_that_come_late_are_asked_for_earlier() {
        let mut calibration = Calibration::default();
        let way = |n: u64| 300 + (n * 7) % 11;
        for n in 0..40 {
            let frame = 10_000 + n * 4800;
            calibration.sent(frame);
            // One in ten is lost, one in ten comes far too late.
            let correction = calibration.correction().round() as u64;
            match n % 10 {
                3 => {}
                7 => assert!(!calibration.heard(frame + way(n) - correction + 900, 4800)),
                _ => assert!(!calibration.heard(frame + way(n) - correction, 4800)),
            }
            assert_eq!(calibration.is_known(), n >= 8);
        }
        let timing = calibration.timing().unwrap();
        assert!((timing.natural - 305.0).abs() <= 6.0 && timing.median <= 9.0, "{timing:?}");
        calibration.heard(1, 4800);
        assert_eq!(calibration.timing(), Some(timing), "a tick that nobody sent");
    }

    #[test]
    fn ticks_taken_for_their_neighbours_are_found_out() {
        let mut calibration = Calibration::default();
        let sent = |n: u64| 10_000 + n * 1400 + n * n * 7919 % 240;
        let mut doubted = None;
        for n in 0..60 {
            calibration.sent(sent(n));
            // The one before arrives where this one was meant to.
            if n > 0 && calibration.heard(sent(n - 1) + 1400, 1400) {
                doubted = doubted.or(Some(n));
            }
        }
        assert!(doubted.is_some_and(|n| n < 40), "{doubted:?}");
    }
}

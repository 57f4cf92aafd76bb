//! How a recording looks: least and greatest values at several resolutions, and where a clip plays which of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::clip::{AudioClip, Clip, LoopBrace, WarpMode};
use super::sample::SamplePath;
use super::time::PPQ;

/// Frames in one value of the finest resolution.
const FINE: usize = 32;
/// How many values make one of the next coarser resolution.
const STEP: usize = 4;

/// The least and the greatest value of a stretch of sound; full level is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peak {
    low: i16,
    high: i16,
}

impl Peak {
    fn of(frames: &[[f32; 2]]) -> Peak {
        let all = || frames.iter().flatten().copied();
        let whole = |value: f32| (value.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16;
        Peak { low: whole(all().fold(0.0, f32::min)), high: whole(all().fold(0.0, f32::max)) }
    }

    fn join(all: &[Peak]) -> Option<Peak> {
        let low = all.iter().map(|peak| peak.low).min()?;
        Some(Peak { low, high: all.iter().map(|peak| peak.high).max()? })
    }

    /// The least value, −1 to 0.
    pub fn low(self) -> f32 {
        f32::from(self.low) / f32::from(i16::MAX)
    }

    /// The greatest value, 0 to 1.
    pub fn high(self) -> f32 {
        f32::from(self.high) / f32::from(i16::MAX)
    }
}

/// The outline of a recording, both channels in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    rate: u32,
    frames: usize,
    /// The finest first; each has a [`STEP`]th of the values of the one before.
    levels: Vec<Vec<Peak>>,
}

impl Outline {
    /// The outline of these frames, of which there are `rate` in a second.
    pub fn new(rate: u32, frames: impl Iterator<Item = [f32; 2]>) -> Outline {
        let (mut count, mut finest) = (0, Vec::new());
        let mut within = Vec::with_capacity(FINE);
        for frame in frames {
            within.push(frame);
            count += 1;
            if within.len() == FINE {
                finest.push(Peak::of(&within));
                within.clear();
            }
        }
        if !within.is_empty() {
            finest.push(Peak::of(&within));
        }
        let mut levels = vec![finest];
        while let Some(last) = levels.last().filter(|last| last.len() > STEP) {
            levels.push(last.chunks(STEP).filter_map(Peak::join).collect());
        }
        Outline { rate, frames: count, levels }
    }

    /// Frames per second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Length in frames.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// What lies from one frame up to another; `None` outside the recording.
    pub fn peak(&self, from: f64, to: f64) -> Option<Peak> {
        let (from, to) = (from.max(0.0), to.min(self.frames as f64));
        if to <= from {
            return None;
        }
        // Two values at least, so that the ends are nearly where they were asked for.
        let mut size = FINE;
        let mut level = 0;
        while level + 1 < self.levels.len() && (size * STEP * 2) as f64 <= to - from {
            (size, level) = (size * STEP, level + 1);
        }
        let all = &self.levels[level];
        let first = (from / size as f64) as usize;
        let last = ((to / size as f64).ceil() as usize).clamp(first + 1, all.len().max(first + 1));
        Peak::join(all.get(first..last)?)
    }
}

/// What is known of the looks of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wave {
    /// It is being read.
    Reading,
    /// Its outline.
    Ready(Arc<Outline>),
    /// It cannot be had: why, in a sentence.
    Missing(String),
}

/// The recordings of a project.
pub type Waves = BTreeMap<SamplePath, Wave>;

/// A stretch of a clip that plays a stretch of its recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Where it begins in the clip, ticks.
    pub from: f64,
    /// Where it ends at the latest, ticks.
    pub to: f64,
    /// The frame of the recording it begins with.
    pub frame: f64,
    /// The frame it does not reach.
    pub until: f64,
    /// Frames of the recording in a tick.
    pub speed: f64,
}

/// What a clip plays of its recording, which has `frames` at `rate` a second, while the tempo is `bpm`
/// beats per minute: the first time through.
pub fn stretches(
    clip: &Clip,
    audio: &AudioClip,
    (rate, frames): (u32, usize),
    bpm: f64,
) -> Vec<Stretch> {
    let followed = audio.source_bpm.filter(|_| audio.warp == WarpMode::Rate);
    let beat = 60.0 / followed.map_or(bpm, |source| source.get()).max(1.0);
    let ratio = (f64::from(audio.pitch) / 12.0).exp2();
    let speed = f64::from(rate) * ratio * beat / PPQ as f64;
    let end = match clip.loop_brace {
        Some(LoopBrace { start, end }) if end > start => end,
        _ => clip.length,
    };
    let end = end.0 as f64;
    if audio.warp != WarpMode::Sliced || audio.markers.is_empty() {
        return vec![Stretch { from: 0.0, to: end, frame: 0.0, until: frames as f64, speed }];
    }
    let next = audio.markers.iter().skip(1).map(Some).chain([None]);
    let all = audio.markers.iter().zip(next).map(|(marker, next)| {
        let to = next.map_or(clip.length, |next| next.at).0 as f64;
        let until = next.map_or(frames as u64, |next| next.frame).min(frames as u64) as f64;
        let (from, frame) = (marker.at.0 as f64, marker.frame as f64);
        Stretch { from, to: to.min(end), frame, until, speed }
    });
    all.filter(|s| s.frame < s.until && s.from < s.to && s.from >= 0.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_has_each_click_in_its_place_at_every_resolution() {
        let click = 70_001;
        let frames = (0..100_000).map(|i| if i == click { [0.5, -1.0] } else { [0.0, 0.0] });
        let outline = Outline::new(48_000, frames);
        assert_eq!((outline.frames(), outline.rate()), (100_000, 48_000));
        for width in [1.0, 10.0, 100.0, 1000.0, 10_000.0, 100_000.0] {
            let mut found = Vec::new();
            let mut from = 0.0;
            while from < 100_000.0 {
                let peak = outline.peak(from, from + width).unwrap();
                if peak.high() > 0.0 {
                    assert!((peak.high() - 0.5).abs() < 1e-3 && peak.low() == -1.0);
                    found.push(from);
                }
                from += width;
            }
            let near = |from: &f64| {
                let slack = width.max(FINE as f64);
                *from - slack <= click as f64 && click as f64 <= from + width + slack
            };
            assert!(!found.is_empty() && found.iter().all(near), "{width}: {found:?}");
        }
        assert_eq!(outline.peak(100_000.0, 100_001.0), None);
        assert_eq!(outline.peak(-5.0, 0.0), None);
        assert_eq!(Outline::new(48_000, std::iter::empty()).peak(0.0, 1.0), None);
    }
}

//! Balances a composed piece by listening to it: faders of single parts, then the loudness of the whole.
//!
//! How loud a part comes out depends on what it plays: a tune of few notes is quieter than one that
//! never rests, at the same fader. So the piece is rendered, and what lies outside what the genre
//! asks for, or close to the edge, is moved just inside.

use std::convert::Infallible;
use std::fmt;

use super::bounce::BounceError;
use super::hearing::{Hearing, Score};
use crate::analysis::rules::{drop_lufs, under_the_kick};
use crate::engine::sound::SoundFactory;
use crate::model::automation::AutomationTarget;
use crate::model::clip::Clip;
use crate::model::mixer::Db;
use crate::model::project::Project;
use crate::model::sound::SoundDescriptor;

/// How far inside of what is wanted a part is brought, LU.
const MARGIN_LU: f64 = 0.6;
/// The same for the loudness of the drop, LU.
const DROP_MARGIN_LU: f64 = 0.3;
/// Times the loudness is corrected and heard again: a limiter does not give back what it is given.
const TRIES: usize = 3;
/// The effect of the master that makes it loud, and its parameter for that, in dB.
const LOUDNESS: (&str, &str) = ("fx_limiter", "gain");

/// A fader that was moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Trim {
    /// Name of the track, or "master".
    pub strip: String,
    /// By how much, dB.
    pub by: f64,
}

impl fmt::Display for Trim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:+.1} dB", self.strip, self.by)
    }
}

/// Listen to the first scene of `project` at `rate` and bring its parts to where `score`'s genre wants
/// them under the kick (rule 5), then the drop to its loudness (rule 8). Gives what was moved.
///
/// # Errors
/// As of [`Hearing::of`].
pub fn balance(
    project: &mut Project,
    factory: &dyn SoundFactory,
    score: &Score,
    rate: u32,
    threads: usize,
) -> Result<Vec<Trim>, BounceError<Infallible>> {
    let mut heard = Hearing::of(project, factory, rate, threads)?;
    let mut trims = Vec::new();
    for part in under_the_kick(&heard.piece(project, score)) {
        let by = part.under_lu - inside(part.under_lu, part.wanted_lu, MARGIN_LU);
        if by.abs() < 0.05 {
            continue;
        }
        if let Some(track) = project.tracks.get_mut(part.stem) {
            track.mixer.volume = Db(track.mixer.volume.0 + by as f32);
            track.clips.iter_mut().for_each(|clip| shift_volume(clip, by as f32));
            trims.push(Trim { strip: track.name.clone(), by });
        }
    }
    let mut gained = 0.0;
    for attempt in 0..TRIES {
        if attempt > 0 || !trims.is_empty() {
            heard = Hearing::of(project, factory, rate, threads)?;
        }
        let Some(lufs) = drop_lufs(&heard.piece(project, score)) else { break };
        let by = inside(lufs, score.band.drop_lufs, DROP_MARGIN_LU) - lufs;
        let before = gained;
        if by.abs() >= 0.05 {
            gained += turn_up(project, factory.descriptor(LOUDNESS.0), by as f32);
        }
        if gained == before {
            break;
        }
    }
    if gained != 0.0 {
        trims.push(Trim { strip: "master".to_owned(), by: gained });
    }
    Ok(trims)
}

/// The value nearest to `x` that lies `margin` inside of `range`.
fn inside(x: f64, range: (f64, f64), margin: f64) -> f64 {
    let (low, high) = (range.0 + margin, range.1 - margin);
    if low < high { x.clamp(low, high) } else { (range.0 + range.1) / 2.0 }
}

/// Automation holds the fader's own values: it moves along.
fn shift_volume(clip: &mut Clip, by: f32) {
    for lane in clip.automation.iter_mut().filter(|l| l.target == AutomationTarget::Volume) {
        lane.points.iter_mut().for_each(|point| point.value += by);
    }
}

/// Give the master `by` dB more, as far as its effect goes; what it got.
fn turn_up(project: &mut Project, effect: Option<&SoundDescriptor>, by: f32) -> f64 {
    let Some(param) = effect.and_then(|e| e.param(LOUDNESS.1)) else { return 0.0 };
    let inserts = &mut project.song.master.inserts;
    let Some(insert) = inserts.iter_mut().find(|i| i.name == LOUDNESS.0) else {
        return 0.0;
    };
    let gain = insert.params.entry(LOUDNESS.1.to_owned()).or_insert(param.default);
    let before = *gain;
    *gain = param.clamp(before + by);
    f64::from(*gain - before)
}

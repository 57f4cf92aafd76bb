//! A file read as a job, and the step that makes a clip of it.

mod keep;
mod notes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bevy_ecs::world::World;

use super::proposal::free_name;
use super::{JobId, Kind, Made, Output, Target, Teller, begin};
use crate::engine::samples::Sample;
use crate::model::clip::{AudioClip, Clip, ClipContent, LoopBrace, MidiClip, WarpMode};
use crate::model::ids::{ClipId, SceneId, TrackId};
use crate::model::launch::LaunchSettings;
use crate::model::media::Media;
use crate::model::mixer::{Db, MixerSettings};
use crate::model::scene::{Scene, Slot};
use crate::model::time::{Bpm, PPQ, Signature, Ticks};
use crate::model::track::{Track, TrackKind};
use crate::persistence::samples::SampleFolders;
use crate::session::act::{ActError, fill};
use crate::session::document::{Clips, Name, Order, exists, part};
use crate::session::edit::Edit;
use crate::session::ids::FreshIds;

/// Colours that new tracks go through.
const PALETTE: usize = 9;
/// Longest clip that is made, ticks: 16 384 bars of 4/4.
const LONGEST: i64 = 16_384 * 4 * PPQ;
/// Signs that a clip's name may have.
const NAME: usize = 100;
/// How far a recording may be from a whole number of bars or beats and still be meant to have it, as a
/// share of its length.
const NEAR: f64 = 0.01;

/// Where what is imported goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Into a slot.
    Slot(TrackId, SceneId),
    /// On a new audio track, into this scene, or the first one.
    NewTrack(Option<SceneId>),
}

/// A file to be imported, and what has to be known for it.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The file.
    pub file: PathBuf,
    /// What it holds.
    pub media: Media,
    /// Where its clip goes.
    pub place: Place,
    /// The folders that samples may lie in.
    pub folders: SampleFolders,
    /// The tempo it will be played at.
    pub bpm: Bpm,
    /// The signature that counts its bars.
    pub signature: Signature,
}

/// What was read of a file: a clip that has no place yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The clip's name.
    pub name: String,
    /// Where it goes.
    pub place: Place,
    /// Its length.
    pub length: Ticks,
    /// It repeats.
    pub loops: bool,
    /// What it holds.
    pub content: ClipContent,
}

/// Have a file read, and copied where projects may find it.
///
/// # Errors
/// The queue is full.
pub fn import(world: &mut World, wanted: Wanted) -> Result<JobId, String> {
    let name = wanted.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let target = match wanted.place {
        Place::Slot(track, scene) => Some(Target(track, scene)),
        Place::NewTrack(_) => None,
    };
    let work = move |_: JobId, teller: &mut Teller| {
        read(&wanted, teller).map(|imported| Output::Made(Made::Clip(Box::new(imported))))
    };
    begin(world, Kind::Import, format!("import “{name}”"), target, work)
}

/// Reads it.
pub(super) fn read(wanted: &Wanted, teller: &mut Teller) -> Result<Imported, String> {
    let stem = wanted.file.file_stem().unwrap_or_default().to_string_lossy();
    let name: String = stem.chars().filter(|c| !c.is_control()).take(NAME).collect();
    let (content, length, loops) = match wanted.media {
        Media::Audio => audio(wanted, &name, teller)?,
        Media::Midi => {
            let read = notes::read(&wanted.file, wanted.signature)?;
            read.said.into_iter().for_each(|sentence| teller.say(sentence));
            let content = ClipContent::Midi(MidiClip { notes: Arc::new(read.notes) });
            (content, read.length, true)
        }
    };
    Ok(Imported { name, place: wanted.place, length, loops, content })
}

fn audio(
    wanted: &Wanted,
    name: &str,
    teller: &mut Teller,
) -> Result<(ClipContent, Ticks, bool), String> {
    let bytes = keep::bytes(&wanted.file)?;
    teller.progress(0.2);
    let sample = Sample::decode(bytes.clone())
        .map_err(|error| format!("it is broken, or no recording that can be read: {error}"))?;
    if sample.frames.is_empty() || sample.rate == 0 {
        return Err("there is no sound in it".to_owned());
    }
    teller.progress(0.7);
    let seconds = sample.frames.len() as f64 / f64::from(sample.rate);
    let source_bpm = tempo(name);
    let fitting = source_bpm.and_then(|bpm| whole(seconds, bpm, wanted.signature));
    let length = fitting.unwrap_or_else(|| covering(seconds, wanted.bpm, wanted.signature));
    if length.0 > LONGEST {
        return Err("it is longer than 16 384 bars: cut it first".to_owned());
    }
    if teller.is_cancelled() {
        return Err("it was broken off".to_owned());
    }
    let sample = keep::place(&wanted.file, &bytes, &wanted.folders)?;
    let warp = if fitting.is_some() { WarpMode::Rate } else { WarpMode::Off };
    let (gain, pitch, markers) = (Db::UNITY, 0.0, Vec::new());
    let audio = AudioClip { sample, gain, pitch, warp, source_bpm, markers };
    Ok((ClipContent::Audio(audio), length, fitting.is_some()))
}

/// The tempo that a name says: a number followed by "bpm".
fn tempo(name: &str) -> Option<Bpm> {
    let name = name.to_lowercase();
    name.match_indices("bpm").find_map(|(at, _)| {
        let before = name[..at].trim_end_matches([' ', '_', '-']);
        let number = before.trim_start_matches(|c: char| !c.is_ascii_digit());
        let from = number.rfind(|c: char| !(c.is_ascii_digit() || c == '.'));
        let digits = from.map_or(number, |from| {
            let sign = number[from..].chars().next().map_or(1, char::len_utf8);
            &number[from + sign..]
        });
        Bpm::new(digits.parse().ok()?).ok()
    })
}

/// The whole bars, or else beats, that a recording of this length is meant to have.
fn whole(seconds: f64, bpm: Bpm, signature: Signature) -> Option<Ticks> {
    let ticks = seconds * bpm.get() / 60.0 * PPQ as f64;
    let near = |unit: Ticks| {
        let count = (ticks / unit.0 as f64).round();
        let off = (ticks - count * unit.0 as f64).abs();
        let slack = (ticks * NEAR).min(PPQ as f64 / 2.0);
        (count >= 1.0 && off <= slack).then_some(Ticks(count as i64 * unit.0))
    };
    near(signature.bar()).or_else(|| near(signature.beat()))
}

/// The whole bars that cover a recording.
fn covering(seconds: f64, bpm: Bpm, signature: Signature) -> Ticks {
    let bar = signature.bar().0.max(1);
    let ticks = (seconds * bpm.get() / 60.0 * PPQ as f64).ceil().max(1.0) as i64;
    Ticks((ticks - 1) / bar * bar + bar)
}

impl Imported {
    /// What there was of it, in a few words.
    pub fn sentence(&self, signature: Signature) -> String {
        let bars = self.length.0 as f64 / signature.bar().0.max(1) as f64;
        let bars = format!("{} bars", (bars * 100.0).round() / 100.0);
        let how = match &self.content {
            ClipContent::Midi(midi) => format!("{} notes in {bars}", midi.notes.len()),
            ClipContent::Audio(audio) => match (audio.warp, audio.source_bpm) {
                (WarpMode::Rate, Some(bpm)) => {
                    format!("{bars} that follow the tempo from {bpm} BPM")
                }
                _ => format!("{bars} at its own speed"),
            },
        };
        format!("imported “{}”: {how}", self.name)
    }

    /// The step that makes the clip where it belongs.
    ///
    /// # Errors
    /// The slot is gone.
    pub fn edit(&self, world: &World) -> Result<Edit, ActError> {
        let mut ids = FreshIds::of(world);
        let clip = self.clip(ids.fresh());
        let id = clip.id;
        let (track, scene) = match self.place {
            Place::Slot(track, scene) => (track, scene),
            Place::NewTrack(scene) => return Ok(self.new_track(world, scene, ids, clip)),
        };
        let at = part::<Clips>(world, track)?.0.len();
        let mut edits = vec![ids.edit(), Edit::InsertClip { track, at, clip: Box::new(clip) }];
        edits.extend(fill(world, track, scene, id)?);
        Ok(Edit::Many(edits))
    }

    fn new_track(
        &self,
        world: &World,
        scene: Option<SceneId>,
        mut ids: FreshIds,
        clip: Clip,
    ) -> Edit {
        let order = world.get_resource::<Order>().cloned().unwrap_or_default();
        let names = order.tracks.iter().filter_map(|id| part::<Name>(world, *id).ok());
        let names: Vec<String> = names.map(|name| name.0.clone()).collect();
        let (at, track, id) = (order.tracks.len(), ids.fresh(), clip.id);
        let new = Track {
            id: track,
            name: free_name(&self.name, &names),
            color: u8::try_from(at % PALETTE).unwrap_or_default(),
            kind: TrackKind::Audio,
            group: None,
            mixer: MixerSettings::default(),
            clips: vec![clip],
            analysis: None,
        };
        let slot = Slot { clip: Some(id), ..Slot::default() };
        let insert = Edit::InsertTrack { at, track: Box::new(new) };
        // One that went meanwhile is no reason to lose what was read.
        let there = scene.filter(|scene| exists(world, *scene)).or(order.scenes.first().copied());
        let fill = match there {
            Some(scene) => Edit::Slot { scene, track, slot: Some(slot) },
            None => {
                let (id, name) = (ids.fresh(), "Scene 1".to_owned());
                let slots = BTreeMap::from([(track, slot)]);
                let (color, tempo, signature) = (None, None, None);
                let scene = Scene { id, name, color, tempo, signature, slots };
                Edit::InsertScene { at: 0, scene: Box::new(scene) }
            }
        };
        Edit::Many(vec![ids.edit(), insert, fill])
    }

    fn clip(&self, id: ClipId) -> Clip {
        let brace = LoopBrace { start: Ticks::ZERO, end: self.length };
        Clip {
            id,
            name: self.name.clone(),
            color: None,
            length: self.length,
            loop_brace: self.loops.then_some(brace),
            launch: LaunchSettings::default(),
            groove: None,
            muted: false,
            content: self.content.clone(),
            automation: Vec::new(),
        }
    }
}

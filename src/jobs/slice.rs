//! A recording cut at its hits as a job, and the step that gives them to its clip.

use std::path::PathBuf;

use bevy_ecs::world::World;

use super::{JobId, Kind, Made, Output, Teller, begin};
use crate::analysis::hits::hits;
use crate::analysis::mono;
use crate::engine::samples::Sample;
use crate::files::read_limited;
use crate::model::clip::{AudioClip, Clip, ClipContent, WarpMarker, WarpMode};
use crate::model::ids::ClipId;
use crate::model::sample::SamplePath;
use crate::model::time::{Bpm, Ticks};
use crate::model::wave::stretches;
use crate::persistence::samples::{MAX_SAMPLE_BYTES, SampleFolders};
use crate::session::act::ActError;
use crate::session::document::part;
use crate::session::edit::{ClipSet, Edit};
use crate::session::error::EditError;

/// Slices of a clip; each keeps voices ready.
const MOST: usize = 128;

/// The slices of a clip's recording, found and not in the document yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Slices {
    clip: ClipId,
    sample: SamplePath,
    markers: Vec<WarpMarker>,
}

/// Have the hits of a clip's recording sought, which lies in one of `folders` and plays at `bpm`.
///
/// # Errors
/// A clip of notes; the queue is full.
pub fn slice(
    world: &mut World,
    clip: &Clip,
    folders: SampleFolders,
    bpm: Bpm,
) -> Result<JobId, String> {
    let ClipContent::Audio(audio) = clip.content.clone() else {
        return Err(format!("“{}” holds notes, not audio", clip.name));
    };
    let clip = clip.clone();
    let title = format!("slice “{}”", clip.name);
    let work = move |_: JobId, teller: &mut Teller| {
        let file = folders.resolve(&audio.sample).map_err(|error| error.to_string())?;
        let markers = find(&clip, &audio, file, bpm, teller)?;
        Ok(Output::Made(Made::Slices(Slices { clip: clip.id, sample: audio.sample, markers })))
    };
    begin(world, Kind::Slice, title, None, work)
}

fn find(
    clip: &Clip,
    audio: &AudioClip,
    file: PathBuf,
    bpm: Bpm,
    teller: &mut Teller,
) -> Result<Vec<WarpMarker>, String> {
    let bytes = read_limited(&file, MAX_SAMPLE_BYTES).map_err(|error| error.to_string())?;
    let sample = Sample::decode(bytes).map_err(|error| error.to_string())?;
    teller.progress(0.5);
    let left: Vec<f32> = sample.frames.iter().map(|frame| frame.left).collect();
    let right: Vec<f32> = sample.frames.iter().map(|frame| frame.right).collect();
    let found = hits(&mono(&left, &right), sample.rate);
    // They stay where they are heard now, or where the recording's own tempo puts them.
    let warp = match (audio.warp, audio.source_bpm) {
        (WarpMode::Rate | WarpMode::Sliced, Some(_)) => WarpMode::Rate,
        _ => WarpMode::Off,
    };
    let whole = AudioClip { warp, ..audio.clone() };
    let all = stretches(clip, &whole, (sample.rate, sample.frames.len()), bpm.get());
    let speed = all.first().map_or(1.0, |stretch| stretch.speed);
    let at = |frame: usize| Ticks((frame as f64 / speed).round() as i64);
    let mut markers: Vec<WarpMarker> = found
        .into_iter()
        .map(|frame| WarpMarker { frame: frame as u64, at: at(frame) })
        .filter(|marker| marker.at < clip.length)
        .collect();
    markers.dedup_by_key(|marker| marker.at);
    match markers.len() {
        0 => Err("no hits were found in it".to_owned()),
        1..=MOST => Ok(markers),
        count => Err(format!(
            "{count} hits were found, more than the {MOST} slices a clip can have: make it shorter"
        )),
    }
}

impl Slices {
    /// How many there are, in words.
    pub fn sentence(&self) -> String {
        format!("cut into {} slices; each starts on its own place", self.markers.len())
    }

    /// The step that gives them to their clip, which is sliced from then on.
    ///
    /// # Errors
    /// The clip is gone, or has another recording now.
    pub fn edit(&self, world: &World) -> Result<Edit, ActError> {
        let clip = part::<Clip>(world, self.clip)?;
        let audio = match &clip.content {
            ClipContent::Audio(audio) if audio.sample == self.sample => audio.clone(),
            _ => return Err(EditError::rule("its clip has another recording now").into()),
        };
        let markers = self.markers.clone();
        let content = ClipContent::Audio(AudioClip { warp: WarpMode::Sliced, markers, ..audio });
        Ok(Edit::Clip(self.clip, ClipSet::Content(Box::new(content))))
    }
}

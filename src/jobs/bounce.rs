//! A scene or a clip written to files as a job, from a copy of the project: sound and notes.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bevy_ecs::resource::Resource;
use bevy_ecs::world::World;

use super::import::{Place, Wanted, read};
use super::{JobId, Kind, Made, Output, Teller, begin};
use crate::engine::prepare::Samples;
use crate::engine::sound::SoundFactory;
use crate::export::bounce::{Bounce, BounceError, Source};
use crate::export::midi;
use crate::export::wav::Bits;
use crate::export::write::{Files, write};
use crate::model::clip::{ClipContent, WarpMode};
use crate::model::ids::{SceneId, TrackId};
use crate::model::media::Media;
use crate::model::project::Project;
use crate::persistence::samples::SampleFolders;

/// Finds and decodes the samples of a project that lies in a file; or says what is missing.
pub type Finder = Arc<dyn Fn(&Project, &Path) -> Result<Samples, String> + Send + Sync>;

/// What jobs make things with.
#[derive(Resource, Clone)]
pub struct Workshop {
    /// Sounds.
    pub factory: Arc<dyn SoundFactory>,
    /// Samples.
    pub samples: Finder,
    /// Ideas made for one prompt, 1–64.
    pub candidates: u32,
    /// Frames per second of files.
    pub rate: u32,
    /// The form of their samples.
    pub bits: Bits,
}

/// Have a scene of `project`, which lies in `path`, written into the folder `bounces` beside it.
///
/// # Errors
/// No such scene, or the queue is full.
pub fn bounce(
    world: &mut World,
    workshop: &Workshop,
    project: Project,
    path: &Path,
    scene: SceneId,
) -> Result<JobId, String> {
    let missing = || "there is no such scene".to_owned();
    let name = project.scene(scene).ok_or_else(missing)?.name.clone();
    let folder = path.parent().unwrap_or(Path::new("")).join("bounces");
    let stem = format!("{} {name}", path.file_stem().unwrap_or_default().to_string_lossy());
    let (workshop, path) = (workshop.clone(), path.to_owned());
    let work = move |_: JobId, teller: &mut Teller| {
        let what = What { scene, folder: &folder, stem: &stem, tail_s: None, notes: true };
        files(&workshop, (&project, &path), &what, teller).map(Output::Files)
    };
    begin(world, Kind::Bounce, format!("bounce “{name}”"), None, work)
}

/// A copy of `project` in which a scene holds nothing but one track's clip, at the song's own tempo, and
/// that clip's name.
///
/// # Errors
/// No clip there.
pub fn alone(
    mut project: Project,
    track: TrackId,
    scene: SceneId,
) -> Result<(Project, String), String> {
    let none = "there is no clip in this slot";
    let place = project.scenes.iter_mut().find(|s| s.id == scene).ok_or(none)?;
    place.slots.retain(|id, _| *id == track);
    (place.tempo, place.signature) = (None, None);
    let id = place.slots.get(&track).and_then(|slot| slot.clip).ok_or(none)?;
    let mut clips = project.tracks.iter().flat_map(|track| &track.clips);
    let name = clips.find(|clip| clip.id == id).ok_or(none)?.name.clone();
    if let Some(scene) = project.scenes.iter_mut().find(|s| s.id == scene) {
        scene.name.clone_from(&name);
    }
    Ok((project, name))
}

/// Have the clip of a slot in `project`, which lies in `path`, made a sample: written without its tail
/// into the folder `bounces` beside the project, and put on an audio track of its own. `folders` are
/// those that samples may lie in.
///
/// # Errors
/// No clip there, or the queue is full.
pub fn render(
    world: &mut World,
    workshop: &Workshop,
    project: Project,
    path: &Path,
    (track, scene): (TrackId, SceneId),
    folders: SampleFolders,
) -> Result<JobId, String> {
    let (project, name) = alone(project, track, scene)?;
    let folder = path.parent().unwrap_or(Path::new("")).join("bounces");
    let (workshop, path) = (workshop.clone(), path.to_owned());
    let title = format!("render “{name}”");
    let work = move |_: JobId, teller: &mut Teller| {
        let source = Source::Scene(scene);
        let (length, bpm) = (source.length(&project), project.song.tempo.start);
        let what = What { scene, folder: &folder, stem: &name, tail_s: Some(0.0), notes: false };
        let files = files(&workshop, (&project, &path), &what, teller)?;
        let file = files.into_iter().next().ok_or("nothing was written")?;
        let wanted = Wanted {
            file,
            media: Media::Audio,
            place: Place::NewTrack(Some(scene)),
            folders,
            bpm,
            signature: project.song.signature,
        };
        let mut imported = read(&wanted, teller)?;
        imported.name.clone_from(&name);
        (imported.length, imported.loops) = (length, true);
        if let ClipContent::Audio(audio) = &mut imported.content {
            (audio.warp, audio.source_bpm) = (WarpMode::Rate, Some(bpm));
        }
        Ok(Output::Made(Made::Clip(Box::new(imported))))
    };
    begin(world, Kind::Bounce, title, None, work)
}

/// What is written.
struct What<'a> {
    scene: SceneId,
    folder: &'a Path,
    /// The files' name without its ending.
    stem: &'a str,
    /// How long it rings on, seconds; `None` until it is silent.
    tail_s: Option<f64>,
    /// The notes too.
    notes: bool,
}

fn files(
    workshop: &Workshop,
    (project, path): (&Project, &Path),
    what: &What,
    teller: &mut Teller,
) -> Result<Vec<PathBuf>, String> {
    let What { scene, folder, stem, tail_s, notes } = *what;
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    let samples = (workshop.samples)(project, path)?;
    let (wav, mid) = free_names(folder, stem);
    let source = Source::Scene(scene);
    // What plays has the other cores.
    let how = Bounce { source, length: None, rate: workshop.rate, threads: 0, tail_s };
    let out = Files { master: Some(wav.clone()), stems: None, bits: workshop.bits };
    let factory = &*workshop.factory;
    let written = write(project, factory, &samples, &how, &out, false, |progress| {
        teller.progress(progress.done as f32 / progress.total.max(1) as f32);
        match teller.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    let written = written.map_err(|error| match error {
        BounceError::Empty(_) => "the scene has no clips: there is nothing to hear".to_owned(),
        error => error.to_string(),
    })?;
    for notice in written.bounced.notices {
        teller.say(notice);
    }
    if written.clipped > 0 {
        teller.say(format!("{} samples were over and clipped", written.clipped));
    }
    if !notes {
        return Ok(vec![wav]);
    }
    midi::save(&mid, project, midi_source(scene), source.length(project))
        .map_err(|error| error.to_string())?;
    Ok(vec![wav, mid])
}

fn midi_source(scene: SceneId) -> midi::Source {
    midi::Source::Scene(scene)
}

/// Names that no file has yet, with signs any disk can hold.
fn free_names(folder: &Path, stem: &str) -> (PathBuf, PathBuf) {
    let safe = |c: char| if c.is_alphanumeric() || " -_".contains(c) { c } else { '-' };
    let stem: String = stem.trim().chars().take(80).map(safe).collect();
    let names = |number: u32| {
        let stem = if number < 2 { stem.clone() } else { format!("{stem} {number}") };
        (folder.join(format!("{stem}.wav")), folder.join(format!("{stem}.mid")))
    };
    let free = (1..10_000).map(names).find(|(wav, mid)| !wav.exists() && !mid.exists());
    free.unwrap_or_else(|| names(1))
}

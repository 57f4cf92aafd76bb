//! A scene written to files as a job: sound and notes, from a copy of the project.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bevy_ecs::resource::Resource;
use bevy_ecs::world::World;

use super::{JobId, Kind, Output, Teller, begin};
use crate::engine::prepare::Samples;
use crate::engine::sound::SoundFactory;
use crate::export::bounce::{Bounce, BounceError, Source};
use crate::export::midi;
use crate::export::wav::Bits;
use crate::export::write::{Files, write};
use crate::model::ids::SceneId;
use crate::model::project::Project;

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
        files(&workshop, (&project, &path), scene, &folder, &stem, teller).map(Output::Files)
    };
    begin(world, Kind::Bounce, format!("bounce “{name}”"), None, work)
}

fn files(
    workshop: &Workshop,
    (project, path): (&Project, &Path),
    scene: SceneId,
    folder: &Path,
    stem: &str,
    teller: &mut Teller,
) -> Result<Vec<PathBuf>, String> {
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    let samples = (workshop.samples)(project, path)?;
    let (wav, mid) = free_names(folder, stem);
    let source = Source::Scene(scene);
    // What plays has the other cores.
    let how = Bounce { source, length: None, rate: workshop.rate, threads: 0, tail_s: None };
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

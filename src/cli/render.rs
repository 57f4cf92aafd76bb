//! `hardcore render`: a project as sound.

use std::io::Write;
use std::sync::Arc;

use super::args::RenderArgs;
use super::studio::Studio;
use super::{Failure, notes, print};
use crate::engine::sound::SoundFactory;
use crate::export::bounce::Source;
use crate::export::write::Files;
use crate::files::write_atomic;
use crate::model::project::Project;
use crate::persistence::hcs;
use crate::synth::score::ScoreFactory;

/// Render a project's arrangement or one of its scenes.
///
/// # Errors
/// A project, scene, sound or sample that is missing or broken; a file that cannot be written.
pub fn render(args: &RenderArgs, studio: &Studio, out: &mut dyn Write) -> Result<(), Failure> {
    let loaded = hcs::load(&args.project)?;
    for note in notes(&loaded) {
        eprintln!("hardcore: note: {note}");
    }
    let project = loaded.project;
    let source = source(&project, args.scene.as_deref())?;
    let samples = studio.samples(&args.project, &project)?;
    if let Some(folder) = &args.stems {
        std::fs::create_dir_all(folder).map_err(|e| {
            Failure(format!("cannot make the folder '{}' for the stems: {e}", folder.display()))
        })?;
    }
    let how = studio.bounce(source, args.tail);
    let files =
        Files { master: Some(args.out.clone()), stems: args.stems.clone(), ..Files::default() };
    let recorder = args.osc_score.as_ref().map(|_| ScoreFactory::new(Arc::clone(&studio.library)));
    let factory: &dyn SoundFactory = match &recorder {
        Some(recorder) => recorder,
        None => &studio.factory,
    };
    let written = studio.write(&project, factory, &samples, &how, files, false)?;
    let seconds = written.bounced.frames as f64 / f64::from(how.rate);
    for path in &written.files {
        print(out, &format!("{}: {seconds:.1} s\n", path.display()))?;
    }
    if let (Some(path), Some(recorder)) = (&args.osc_score, &recorder) {
        let score = recorder.score(written.bounced.frames)?;
        write_atomic(path, &score.bytes)?;
        let (shown, tracks, notes) = (path.display(), score.tracks, score.notes);
        print(
            out,
            &format!(
                "{shown}: {notes} notes of {tracks} tracks, dry, without samples and effects\n"
            ),
        )?;
        let wav = path.with_extension("wav");
        let words = score.scsynth_args(&shown.to_string(), &wav.display().to_string());
        print(out, &format!("play it with: scsynth {}\n", words.join(" ")))?;
    }
    if written.clipped > 0 {
        let clipped = written.clipped;
        eprintln!(
            "hardcore: note: {clipped} samples of the master were above full scale; turn the master down or add fx_limiter"
        );
    }
    Ok(())
}

fn source(project: &Project, scene: Option<&str>) -> Result<Source, Failure> {
    let Some(name) = scene else {
        let none =
            || Failure("the project has neither an arrangement nor a scene to render".into());
        return Source::of(project).ok_or_else(none);
    };
    let found = project.scenes.iter().find(|s| s.name.eq_ignore_ascii_case(name));
    found.map(|s| Source::Scene(s.id)).ok_or_else(|| {
        let names: Vec<_> = project.scenes.iter().map(|s| format!("'{}'", s.name)).collect();
        Failure(format!("there is no scene called '{name}'; the project has {}", names.join(", ")))
    })
}

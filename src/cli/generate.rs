//! `hardcore generate`: from a sentence to sound, notes and a project.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::args::GenerateArgs;
use super::studio::Studio;
use super::{Failure, print};
use crate::analysis::loudness::loudness;
use crate::export::bounce::Source;
use crate::export::midi;
use crate::export::write::Files;
use crate::generation::{self, project::project};
use crate::model::intent::SetContext;
use crate::persistence::hcs;

/// Compose, say what was understood, write what was asked for.
///
/// # Errors
/// A file that cannot be written.
pub fn generate(args: &GenerateArgs, studio: &Studio, out: &mut dyn Write) -> Result<(), Failure> {
    let mut intent = generation::understand(&args.prompt, &SetContext::default());
    if let Some(bars) = args.bars {
        intent.bars = bars;
    }
    let seed = args.seed.unwrap_or_else(fresh_seed);
    let candidates = studio.settings.compose.candidates;
    let idea = generation::compose_best_of(&intent, seed, candidates);
    print(out, &idea.intent.to_string())?;
    let project = project(&idea, |name| studio.library.get(name).map(|s| &s.descriptor));
    let genre = idea.intent.genre;
    let (bpm, key, bars) = (idea.bpm, idea.key, idea.bars);
    print(out, &format!("{genre}, {bpm} BPM, {key}, {bars} bars, {} tracks\n", idea.parts.len()))?;
    print(out, &format!("seed {seed} (--seed {seed} makes the same again)\n"))?;
    for note in &idea.notes {
        print(out, &format!("note: {note}\n"))?;
    }
    let Some(source) = Source::of(&project) else {
        return Err(Failure("nothing was composed; ask for at least one sound".into()));
    };
    // Without a word about files, the sound is what was asked for.
    let silent = args.out.is_none() && args.midi.is_none() && args.save.is_none() && !args.play;
    let wav = args.out.clone().or_else(|| silent.then(|| PathBuf::from(format!("{seed}.wav"))));
    if let Some(path) = &args.save {
        hcs::save(path, &project)?;
        wrote(out, path, "project")?;
    }
    if let (Some(path), Source::Scene(scene)) = (&args.midi, source) {
        midi::save(path, &project, midi::Source::Scene(scene), source.length(&project))?;
        wrote(out, path, "notes")?;
    }
    let samples = Default::default();
    if let Some(path) = &wav {
        let how = studio.bounce(source, None);
        let files = Files { master: Some(path.clone()), ..Files::default() };
        let written = studio.write(&project, &studio.factory, &samples, &how, files, true)?;
        let (left, right) = &written.master;
        let seconds = written.bounced.frames as f64 / f64::from(how.rate);
        let loud = loudness(&[left, right], how.rate)?;
        wrote(
            out,
            path,
            &format!(
                "sound, {seconds:.1} s, {:.1} LUFS, peak {:.1} dBTP",
                loud.integrated_lufs, loud.true_peak_dbtp
            ),
        )?;
    }
    if args.play {
        studio.play(&project, &samples, source)?;
    }
    Ok(())
}

fn wrote(out: &mut dyn Write, path: &Path, what: &str) -> Result<(), Failure> {
    print(out, &format!("{}: {what}\n", path.display()))
}

/// A seed nobody used before, short enough to type: the hasher's keys come from the system.
fn fresh_seed() -> u64 {
    RandomState::new().build_hasher().finish() % 1_000_000
}

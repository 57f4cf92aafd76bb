//! `hardcore generate`: from a sentence to sound, notes and a project.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::args::GenerateArgs;
use super::studio::{Studio, helpers};
use super::{Failure, print};
use crate::analysis::loudness::loudness;
use crate::analysis::rules::GenreBand;
use crate::engine::sound::SoundFactory;
use crate::export::balance::{Trim, balance};
use crate::export::bounce::Source;
use crate::export::hearing::Score;
use crate::export::midi;
use crate::export::write::Files;
use crate::generation::idea::{Idea, Span};
use crate::generation::{self, project::project};
use crate::model::intent::{Intent, SetContext};
use crate::model::project::Project;
use crate::persistence::hcs;

/// A piece made of a sentence, balanced by ear.
pub struct Made {
    /// What was composed.
    pub idea: Idea,
    /// The same as a project.
    pub project: Project,
    /// What the genre's rules need to know; `None` for a genre that has none.
    pub score: Option<Score>,
    /// Faders moved after listening.
    pub trims: Vec<Trim>,
}

/// Compose and balance at 48 kHz.
///
/// # Errors
/// A piece that cannot be played.
pub fn make(
    intent: &Intent,
    seed: u64,
    candidates: u32,
    factory: &dyn SoundFactory,
    threads: usize,
) -> Result<Made, Failure> {
    let idea = generation::compose_best_of(intent, seed, candidates);
    let mut project = project(&idea, |name| factory.descriptor(name));
    let spans = |list: &[Span]| list.iter().map(|s| (s.start, s.end)).collect();
    let score = GenreBand::named(&idea.intent.genre.to_string()).map(|band| Score {
        roles: idea.parts.iter().map(|p| p.role.to_string()).collect(),
        fills: spans(&idea.fills),
        breaks: spans(&idea.breaks),
        band,
    });
    let trims = match &score {
        Some(score) if !idea.parts.is_empty() => {
            balance(&mut project, factory, score, 48_000, threads)?
        }
        _ => Vec::new(),
    };
    Ok(Made { idea, project, score, trims })
}

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
    let Made { idea, project, trims, .. } =
        make(&intent, seed, candidates, &studio.factory, helpers())?;
    print(out, &idea.intent.to_string())?;
    let genre = idea.intent.genre;
    let (bpm, key, bars) = (idea.bpm, idea.key, idea.bars);
    print(out, &format!("{genre}, {bpm} BPM, {key}, {bars} bars, {} tracks\n", idea.parts.len()))?;
    print(out, &format!("seed {seed} (--seed {seed} makes the same again)\n"))?;
    for note in &idea.notes {
        print(out, &format!("note: {note}\n"))?;
    }
    if !trims.is_empty() {
        let trims: Vec<String> = trims.iter().map(ToString::to_string).collect();
        print(out, &format!("balanced by ear: {}\n", trims.join(", ")))?;
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

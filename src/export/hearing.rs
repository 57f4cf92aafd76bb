//! A composed piece as it sounds: rendered to stems and mix, and held against the rules.

use std::convert::Infallible;
use std::ops::ControlFlow;

use super::bounce::{Bounce, BounceError, Piece as Block, Source, bounce};
use crate::analysis::rules::{GenreBand, Note, Piece, Role, RuleResult, Stem, evaluate};
use crate::engine::prepare::Samples;
use crate::engine::sound::SoundFactory;
use crate::model::clip::Clip;
use crate::model::project::Project;
use crate::model::time::Ticks;

/// What the notes alone do not tell about a piece.
#[derive(Clone, Debug)]
pub struct Score {
    /// Role of each track, by name, in project order.
    pub roles: Vec<String>,
    /// Declared fills, in ticks.
    pub fills: Vec<(i64, i64)>,
    /// Declared breaks, in ticks.
    pub breaks: Vec<(i64, i64)>,
    /// What the genre asks for.
    pub band: GenreBand,
}

/// Samples of the left and the right side.
type Stereo = (Vec<f32>, Vec<f32>);

/// The first scene of a project, rendered: every strip and the mix.
pub struct Hearing {
    /// By strip: tracks, then buses, then the cue and the master.
    sides: Vec<Stereo>,
    rate: u32,
    bars: u32,
}

impl Hearing {
    /// Render `project` at `rate`.
    ///
    /// # Errors
    /// A project that cannot be played, or one without a scene.
    pub fn of(
        project: &Project,
        factory: &dyn SoundFactory,
        rate: u32,
        threads: usize,
    ) -> Result<Self, BounceError<Infallible>> {
        let source = Source::of(project).ok_or(BounceError::Empty("the project"))?;
        let length = source.length(project);
        let how = Bounce { source, length: None, rate, threads, tail_s: Some(1.0) };
        let strips = project.tracks.len() + project.buses.len() + 2;
        let mut sides: Vec<Stereo> = vec![(Vec::new(), Vec::new()); strips];
        let take = |block: Block| {
            sides[block.node].0.extend_from_slice(block.left);
            sides[block.node].1.extend_from_slice(block.right);
            Ok(())
        };
        bounce(project, factory, &Samples::new(), &how, take, |_| ControlFlow::Continue(()))?;
        let bars = (length.0 / project.song.signature.bar().0.max(1)).max(1) as u32;
        Ok(Hearing { sides, rate, bars })
    }

    /// What was heard, as the rules see it.
    pub fn piece(&self, project: &Project, score: &Score) -> Piece<'_> {
        let tracks = project.tracks.iter().zip(&score.roles).zip(&self.sides);
        let stems = tracks.map(|((track, role), (left, right))| Stem {
            name: track.name.clone(),
            role: Role::from_name(role),
            left,
            right,
            notes: track.clips.first().map(notes).unwrap_or_default(),
        });
        let beats = |spans: &[(i64, i64)]| -> Vec<(f64, f64)> {
            spans.iter().map(|(a, b)| (Ticks(*a).beats(), Ticks(*b).beats())).collect()
        };
        let (left, right) = &self.sides[self.sides.len() - 1];
        Piece {
            bpm: project.song.tempo.start.get(),
            rate: self.rate,
            bars: self.bars,
            root: project.song.key.root.semitones() as u8,
            kick_melody: false,
            fills: beats(&score.fills),
            breaks: beats(&score.breaks),
            drop: None,
            stems: stems.collect(),
            left,
            right,
            genre: score.band.clone(),
        }
    }
}

/// Render the first scene of `project` at `rate` and evaluate rules 1–10.
///
/// # Errors
/// As of [`Hearing::of`].
pub fn audit(
    project: &Project,
    factory: &dyn SoundFactory,
    score: &Score,
    rate: u32,
    threads: usize,
) -> Result<Vec<RuleResult>, BounceError<Infallible>> {
    Ok(evaluate(&Hearing::of(project, factory, rate, threads)?.piece(project, score)))
}

fn notes(clip: &Clip) -> Vec<Note> {
    let notes = clip.midi().map_or(&[][..], |m| &m.notes);
    let note = |n: &crate::model::clip::Note| Note {
        start: n.start.beats(),
        length: n.length.beats(),
        pitch: n.pitch,
        velocity: f32::from(n.velocity) / 127.0,
    };
    notes.iter().map(note).collect()
}

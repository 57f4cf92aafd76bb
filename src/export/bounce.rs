//! Bounce: a project rendered to the end, master and stems in one pass.

use std::ops::ControlFlow;

use crate::engine::block::{BLOCK, StereoBlock};
use crate::engine::clock::Pos;
use crate::engine::offline::Offline;
use crate::engine::prepare::{Options, PrepareError, Samples, prepare};
use crate::engine::protocol::Gesture;
use crate::engine::renderer::Outputs;
use crate::engine::sound::SoundFactory;
use crate::model::clip::Clip;
use crate::model::ids::SceneId;
use crate::model::project::Project;
use crate::model::time::Ticks;

/// Longest tail that is waited for when none is given, in seconds.
const MAX_TAIL_S: f64 = 20.0;
/// A tail has ended when the master stays below −90 dB…
const SILENT: f32 = 3.16e-5;
/// … for this long, in seconds.
const SILENT_S: f64 = 0.25;

/// What is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A scene, for as long as its longest clip.
    Scene(SceneId),
    /// The arrangement.
    Arrangement,
}

impl Source {
    /// What a project is rendered from if nothing is said: its arrangement, else its first scene.
    pub fn of(project: &Project) -> Option<Source> {
        let arranged = project.arrangement.as_ref().is_some_and(|a| a.end() > Ticks::ZERO);
        let scene = project.scenes.first().map(|s| Source::Scene(s.id));
        if arranged { Some(Source::Arrangement) } else { scene }
    }

    /// How long it lasts.
    pub fn length(self, project: &Project) -> Ticks {
        match self {
            Source::Arrangement => project.arrangement.as_ref().map_or(Ticks::ZERO, |a| a.end()),
            Source::Scene(id) => {
                let Some(scene) = project.scene(id) else { return Ticks::ZERO };
                let clips = scene.slots.values().filter_map(|s| project.clip(s.clip?));
                clips.map(|(_, clip)| round(clip)).max().unwrap_or(Ticks::ZERO)
            }
        }
    }
}

/// Once round a clip.
fn round(clip: &Clip) -> Ticks {
    clip.loop_brace.map_or(clip.length, |brace| brace.end)
}

/// How to bounce.
#[derive(Clone, Copy, Debug)]
pub struct Bounce {
    /// What.
    pub source: Source,
    /// How long; `None` takes the source's length.
    pub length: Option<Ticks>,
    /// Frames per second.
    pub rate: u32,
    /// Helper threads; the bytes are the same with any number.
    pub threads: usize,
    /// Seconds rendered after the end; `None` waits for silence.
    pub tail_s: Option<f64>,
}

/// Why a bounce failed.
#[derive(Debug, thiserror::Error)]
pub enum BounceError<E: std::error::Error> {
    /// The project cannot be played.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// There is nothing to render.
    #[error("there is nothing to render: {0} is empty")]
    Empty(&'static str),
    /// The taker of blocks failed.
    #[error(transparent)]
    Sink(E),
    /// Stopped from outside.
    #[error("cancelled")]
    Cancelled,
}

/// A block on its way out: a stem's index and its samples, at most 64 of either side.
pub struct Piece<'a> {
    /// Node: tracks in project order, then buses, then the cue, then the master.
    pub node: usize,
    /// Left samples.
    pub left: &'a [f32],
    /// Right samples.
    pub right: &'a [f32],
}

/// Where a bounce stands.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Frames of the master done.
    pub done: u64,
    /// Frames to do, the tail not counted while it is waited for.
    pub total: u64,
}

/// What a bounce came to.
#[derive(Clone, Debug)]
pub struct Bounced {
    /// Frames of every output.
    pub frames: u64,
    /// Name of each node.
    pub names: Vec<String>,
    /// Notes and hits that found no voice.
    pub missed: u64,
    /// What broke on the way, each in a sentence.
    pub notices: Vec<String>,
}

/// Render `project`, handing every node's output after its fader to `sink`, all trimmed by their
/// latency so that they begin with the music and are equally long. `progress` may break off.
///
/// # Errors
/// A project that cannot be played, nothing to render, or the sink's own error.
pub fn bounce<E: std::error::Error>(
    project: &Project,
    factory: &dyn SoundFactory,
    samples: &Samples,
    how: &Bounce,
    mut sink: impl FnMut(Piece) -> Result<(), E>,
    mut progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Bounced, BounceError<E>> {
    let length = how.length.unwrap_or_else(|| how.source.length(project));
    if length <= Ticks::ZERO {
        return Err(BounceError::Empty(match how.source {
            Source::Scene(_) => "the scene",
            Source::Arrangement => "the arrangement",
        }));
    }
    let options = Options { rate: how.rate, threads: how.threads, sources: 0 };
    let (engine, renderer, _) = prepare(project, factory, samples, &options)?;
    let mut run = Offline::new(engine, renderer);
    let begin = match how.source {
        Source::Arrangement => Gesture::Start,
        Source::Scene(id) => Gesture::LaunchScene(run.engine.layout.row(id).unwrap_or(0)),
    };
    // The ring is empty: there is room for two.
    let _ = run.engine.send(Some(0), begin);
    let nodes = run.renderer.node_count();
    let mut skip: Vec<u64> = (0..nodes).map(|n| u64::from(run.renderer.latency(n))).collect();
    let mut written = vec![0u64; nodes];
    let master = nodes - 1;
    let silent_frames = (SILENT_S * f64::from(how.rate)) as u64;
    let mut quiet = 0u64;
    let (mut out, mut notices) = (Outputs::SILENT, Vec::new());
    let (mut body, mut total): (Option<u64>, Option<u64>) = (None, None);
    loop {
        run.block(&mut out);
        while let Some(event) = run.engine.next_event() {
            notices.extend(run.engine.notice(&event).filter(|notice| !notices.contains(notice)));
        }
        // Known once the scene's tempo is in force.
        let body = *body.get_or_insert_with(|| {
            let end = run.renderer.frame_ahead(Pos::from(length));
            let _ = run.engine.send(Some(end), Gesture::Stop);
            end
        });
        let (_, post) =
            run.renderer.tap(master).unwrap_or((&StereoBlock::SILENT, &StereoBlock::SILENT));
        let loud = post.l.iter().chain(&post.r).any(|x| x.abs() > SILENT);
        quiet = if loud { 0 } else { quiet + BLOCK as u64 };
        total = total.or_else(|| match how.tail_s {
            Some(seconds) => Some(body + (seconds * f64::from(how.rate)).round() as u64),
            // Nodes of less latency are a little ahead: the last of them says how long all become.
            None => {
                let most = body + (MAX_TAIL_S * f64::from(how.rate)) as u64;
                let over = written[master] >= body && quiet >= silent_frames;
                (over || written[master] >= most)
                    .then(|| written.iter().copied().max().unwrap_or(0))
            }
        });
        let limit = total.unwrap_or(u64::MAX);
        for node in 0..nodes {
            let Some((_, post)) = run.renderer.tap(node) else { continue };
            let from = skip[node].min(BLOCK as u64);
            skip[node] -= from;
            let left = limit.saturating_sub(written[node]).min(BLOCK as u64 - from);
            let range = from as usize..(from + left) as usize;
            if !range.is_empty() {
                let (left, right) = (&post.l[range.clone()], &post.r[range]);
                sink(Piece { node, left, right }).map_err(BounceError::Sink)?;
            }
            written[node] += left;
        }
        let done = written[master];
        if progress(Progress { done: done.min(body), total: body }).is_break() {
            return Err(BounceError::Cancelled);
        }
        if let Some(total) = total
            && written.iter().all(|w| *w >= total)
        {
            let names = run.engine.layout.names.clone();
            let missed = run.renderer.missed();
            return Ok(Bounced { frames: total, names, missed, notices });
        }
    }
}

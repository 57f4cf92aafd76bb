//! Restaging: tracks and buses come, go and move, and connections change, while the rest plays on.

use std::sync::Arc;

use super::block::{BLOCK, Ramp, StereoBlock};
use super::graph::{Edge, Graph};
use super::launcher::TrackLaunch;
use super::node::Node;
use super::plan::SongPlan;
use super::prepare::{self, Engine, Fresh, Layout, Paths, PrepareError, Samples};
use super::protocol::Swap;
use super::renderer::Renderer;
use super::snapshot::Snapshot;
use super::sound::SoundFactory;
use super::strip::SendLevel;
use crate::model::project::Project;

/// A new mixer, prepared off the callback; on the way back it holds the old one.
pub struct Stage {
    /// By node: new ones; `None` where one that plays goes on.
    nodes: Vec<Option<Box<Node>>>,
    /// By node: which one it was.
    from: Vec<Option<usize>>,
    /// By node: sends of one that goes on, where they are others.
    sends: Vec<Option<Vec<SendLevel>>>,
    launch: Vec<TrackLaunch>,
    heard: Vec<bool>,
    graph: Box<Graph>,
    song: Arc<SongPlan>,
    snapshot: Arc<Snapshot>,
}

impl Engine {
    /// Prepare the mixer of `new`, in which every track and bus that `old` has too goes on as it is.
    ///
    /// # Errors
    /// A sound or sample of a new track that is missing, a circle; everything then stays as it was.
    pub(super) fn stage(
        &mut self,
        old: &Project,
        new: &Project,
        factory: &dyn SoundFactory,
        samples: &Samples,
    ) -> Result<Swap, PrepareError> {
        let layout = prepare::layout(new);
        let from = succession(&self.layout, &layout, new);
        let count = layout.names.len();
        let (mut nodes, mut keepers, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        let mut paths: Vec<Paths> = Vec::with_capacity(count);
        for (i, was) in from.iter().enumerate() {
            let fresh = match was {
                Some(_) => None,
                None => Some(prepare::fresh(new, i, factory, samples, self.rate)?),
            };
            let path = match (was, &fresh) {
                (Some(was), _) => self.paths[*was].clone(),
                (None, Some(fresh)) => Paths::of(new, i, &fresh.node, factory),
                (None, None) => continue,
            };
            paths.push(path);
            nodes.push(fresh);
        }
        let mut graph = prepare::graph(new, &layout, &paths)?;
        graph.let_go(&edges_now(&self.layout, &from, old)?);
        // Nothing can fail from here on.
        for (i, fresh) in nodes.iter_mut().enumerate().take(new.tracks.len()) {
            let (keeper, part) = match (from[i], fresh) {
                (Some(was), _) => (self.keepers[was].take(), self.parts[was].take()),
                (None, Some(fresh)) => (fresh.keeper.take(), fresh.parts.take()),
                (None, None) => (None, None),
            };
            keepers.push(keeper);
            parts.push(part);
        }
        let strips = |p: &Project| -> Vec<_> {
            let tracks = p.tracks.iter().map(|t| t.mixer.sends.clone());
            tracks.chain(p.buses.iter().map(|b| b.mixer.sends.clone())).collect()
        };
        let (sends_old, sends_new) = (strips(old), strips(new));
        let sends = from.iter().enumerate().map(|(i, was)| {
            let (old, new) = (sends_old.get((*was)?)?, sends_new.get(i)?);
            let same = old.len() == new.len()
                && old.iter().zip(new).all(|(a, b)| (a.bus, a.pre) == (b.bus, b.pre));
            (!same).then(|| new.iter().map(|s| SendLevel::new(s.level, s.pre)).collect())
        });
        let sends = sends.collect();
        let snapshot = Arc::new(Snapshot::new(new.tracks.len()));
        let meter = |(i, fresh): (usize, &Option<Fresh>)| match (from[i], fresh) {
            (Some(was), _) => Some(Arc::clone(&self.meters[was])),
            (None, fresh) => fresh.as_ref().map(|f| Arc::clone(f.node.meter())),
        };
        self.meters = nodes.iter().enumerate().filter_map(meter).collect();
        (self.keepers, self.parts, self.paths, self.layout) = (keepers, parts, paths, layout);
        self.snapshot = Arc::clone(&snapshot);
        Ok(Swap::Stage(Stage {
            nodes: nodes.into_iter().map(|f| f.map(|f| Box::new(f.node))).collect(),
            from,
            sends,
            launch: vec![TrackLaunch::default(); new.tracks.len()],
            heard: vec![false; count],
            graph: Box::new(graph),
            song: Arc::new(prepare::song_plan(new)),
            snapshot,
        }))
    }
}

/// By node of `new`: which node of `old` it goes on as.
fn succession(old: &Layout, new: &Layout, project: &Project) -> Vec<Option<usize>> {
    let tracks = project.tracks.iter().map(|t| old.tracks.get(&t.id).copied());
    let buses = project.buses.iter().map(|b| old.buses.get(&b.id).copied());
    debug_assert_eq!(new.names.len(), project.tracks.len() + project.buses.len() + 2);
    tracks.chain(buses).chain([Some(old.cue()), Some(old.master())]).collect()
}

/// The audio paths of `old` between nodes that go on, by the nodes they are now.
fn edges_now(
    layout: &Layout,
    from: &[Option<usize>],
    old: &Project,
) -> Result<Vec<(usize, Edge)>, PrepareError> {
    let none = Paths::new(&[], false);
    let shapes = prepare::shapes(old, layout, &vec![none; layout.names.len()])?;
    let now = |was: usize| from.iter().position(|f| *f == Some(was));
    let mut edges = Vec::new();
    for (to, shape) in shapes.iter().enumerate() {
        for edge in &shape.inputs {
            if let (Some(to), Some(from)) = (now(to), now(edge.from)) {
                edges.push((to, Edge { from, tap: edge.tap }));
            }
        }
    }
    Ok(edges)
}

impl Renderer {
    /// Exchange the mixer. What goes on keeps its voices, its rack, its tails and its clip; what
    /// leaves fades over the coming block. Nothing is allocated or freed.
    pub(super) fn restage(&mut self, stage: &mut Stage) {
        let tracks = stage.launch.len();
        let old_tracks = self.launch.len();
        for i in 0..stage.nodes.len() {
            let Some(was) = stage.from[i] else { continue };
            stage.nodes[i] = self.nodes.get_mut(was).and_then(Option::take);
            if i < tracks && was < old_tracks {
                stage.launch[i] = self.launch[was];
            }
            if let (Some(node), Some(sends)) = (&mut stage.nodes[i], &mut stage.sends[i]) {
                std::mem::swap(&mut node.strip.sends, sends);
            }
        }
        let from = &stage.from;
        stage.graph.succeed(&mut self.graph, |n| from.get(n).copied().flatten());
        for (i, lag) in stage.graph.voices.iter_mut().enumerate() {
            let Some(node) = &mut stage.nodes[i] else { continue };
            if from[i].is_some() {
                lag.succeed(&mut node.voices_lag);
            }
            std::mem::swap(lag, &mut node.voices_lag);
        }
        let mut farewell = StereoBlock::SILENT;
        for node in self.nodes.iter_mut().flatten() {
            node.input.clear();
            node.render();
            farewell.add(&node.post);
        }
        farewell.scale(Ramp { from: 1.0, to: 0.0, over: BLOCK });
        self.farewell = (!farewell.is_silent()).then_some(farewell);
        std::mem::swap(&mut self.nodes, &mut stage.nodes);
        std::mem::swap(&mut self.launch, &mut stage.launch);
        std::mem::swap(&mut self.heard, &mut stage.heard);
        std::mem::swap(&mut self.graph, &mut stage.graph);
        std::mem::swap(&mut self.snapshot, &mut stage.snapshot);
        self.take_song(&mut stage.song);
        let (pos, bpm) = (self.clock.pos(), self.clock.bpm().get() as f32);
        for (i, from) in stage.from.iter().enumerate() {
            if from.is_some() {
                continue;
            }
            if let Some(node) = &mut self.nodes[i] {
                node.set_tempo(bpm);
            }
            if i < tracks && self.playing {
                self.find_place(i, pos);
            }
        }
        self.update_solo();
    }
}

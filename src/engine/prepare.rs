//! Project → everything the callback needs: the engine thread's work.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use rtrb::{Consumer, Producer};

use super::contain::Fault;
use super::graph::{Cycle, Edge, Graph, KeyEdge, NodeShape, Tap};
use super::meter::Meter;
use super::node::Node;
use super::plan::{PlanScene, SongPlan};
use super::prepare_track::{self as track, Resolver};
use super::protocol::{
    Command, EngineEvent, Gesture, JournalEntry, Journaled, OWN, Swap, Timed, Trash, When,
};
use super::rack::{MAX_INSERTS, RackSlot};
use super::renderer::{Renderer, Setup};
use super::ring::ring;
use super::samples::{Sample, SampleKeeper};
use super::snapshot::Snapshot;
use super::sound::{SoundError, SoundFactory, SoundSpec};
use super::strip::StripSettings;
use super::touch::Touches;
use super::workers::Workers;
use crate::model::ids::{BusId, SceneId, TrackId};
use crate::model::mixer::{Effect, MixerSettings, PluginType, Send};
use crate::model::project::Project;
use crate::model::sample::SamplePath;
use crate::model::track::TrackKind;

/// Decoded samples by their place.
pub type Samples = BTreeMap<SamplePath, Sample>;

/// Commands that may wait for room in the ring: a burst of a crowded set's every gesture.
const MAX_BACKLOG: usize = 1 << 16;

/// How to build an engine.
pub struct Options {
    /// Frames per second.
    pub rate: u32,
    /// Helper threads beside the callback.
    pub threads: usize,
    /// Rings of commands from outside, merged in order.
    pub sources: usize,
}

/// Why a project cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// A sound is missing or broken.
    #[error("{place}: {cause}")]
    Sound {
        /// Track, bus or master.
        place: String,
        /// Why.
        cause: SoundError,
    },
    /// A sample was not loaded.
    #[error("track '{track}': the sample {path} is missing")]
    Sample {
        /// Track name.
        track: String,
        /// Sample.
        path: SamplePath,
    },
    /// VST3 inserts cannot be played yet.
    #[error(
        "{place}: the VST3 plug-in '{name}' cannot be played by this version; bypass or remove it"
    )]
    Vst3 {
        /// Track, bus or master.
        place: String,
        /// Plug-in.
        name: String,
    },
    /// Audio would run in a circle.
    #[error("sends, groups or sidechains form a circle through '{0}'")]
    Circle(String),
    /// A reference leads nowhere.
    #[error("{place}: {what} does not exist")]
    Dangling {
        /// Where the reference stands.
        place: String,
        /// What it names.
        what: String,
    },
}

/// Which node is which.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// Node by track.
    pub tracks: HashMap<TrackId, usize>,
    /// Node by bus.
    pub buses: HashMap<BusId, usize>,
    /// Rows in order.
    pub scenes: Vec<SceneId>,
    /// Name of each node, for people.
    pub names: Vec<String>,
}

impl Layout {
    /// The cue node.
    pub fn cue(&self) -> usize {
        self.names.len() - 2
    }

    /// The master node.
    pub fn master(&self) -> usize {
        self.names.len() - 1
    }

    /// Row of a scene.
    pub fn row(&self, scene: SceneId) -> Option<u16> {
        self.scenes.iter().position(|s| *s == scene).and_then(|i| u16::try_from(i).ok())
    }
}

/// The engine thread's half.
pub struct Engine {
    /// Which node is which.
    pub layout: Layout,
    /// Meters by node.
    pub meters: Vec<Arc<Meter>>,
    /// Where the music is and what every track does; another one when tracks come or go.
    pub snapshot: Arc<Snapshot>,
    pub(super) rate: u32,
    /// By track.
    pub(super) parts: Vec<Option<track::Parts>>,
    /// By node.
    pub(super) paths: Vec<Paths>,
    /// By track.
    pub(super) keepers: Vec<Option<SampleKeeper>>,
    commands: Producer<Timed>,
    /// Commands that found no room yet, in order.
    backlog: VecDeque<Timed>,
    /// Number of the next replacement.
    serial: u32,
    events: Consumer<EngineEvent>,
    journal: Consumer<JournalEntry>,
    trash: Consumer<Trash>,
}

/// The command ring is full; try again after the next block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the engine has more commands waiting than it takes; try again")]
pub struct Busy;

impl Engine {
    /// Send an audible command for `frame`, or at once.
    ///
    /// # Errors
    /// The engine has far more waiting than it takes.
    pub fn send(&mut self, frame: Option<u64>, gesture: Gesture) -> Result<(), Busy> {
        self.send_at(frame.into(), gesture)
    }

    /// Send an audible command for a frame or a place in the music.
    ///
    /// # Errors
    /// The engine has far more waiting than it takes.
    pub fn send_at(&mut self, when: When, gesture: Gesture) -> Result<(), Busy> {
        self.send_command(when, Command::Play(gesture))
    }

    /// Send a replacement for `frame`, or for the next block, and say by which number the journal
    /// will name it.
    ///
    /// # Errors
    /// The engine has far more waiting than it takes.
    pub fn send_swap(&mut self, frame: Option<u64>, swap: Swap) -> Result<u32, Busy> {
        let serial = self.serial;
        self.send_command(frame.into(), Command::Swap(serial, Box::new(swap)))?;
        self.serial += 1;
        Ok(serial)
    }

    fn send_command(&mut self, when: When, command: Command) -> Result<(), Busy> {
        self.flush();
        if self.backlog.len() >= MAX_BACKLOG {
            return Err(Busy);
        }
        self.backlog.push_back(Timed { when, command });
        self.flush();
        Ok(())
    }

    fn flush(&mut self) {
        while let Some(timed) = self.backlog.pop_front() {
            if let Err(rtrb::PushError::Full(timed)) = self.commands.push(timed) {
                self.backlog.push_front(timed);
                return;
            }
        }
    }

    /// Make new sample voices, send what waited for room, and drop what the callback gave back. Call
    /// at least ten times a second of audio.
    pub fn maintain(&mut self) {
        self.flush();
        while let Ok(trash) = self.trash.pop() {
            drop(trash);
        }
        self.keepers.iter_mut().flatten().for_each(SampleKeeper::maintain);
    }

    /// The next thing that happened.
    pub fn next_event(&mut self) -> Option<EngineEvent> {
        let event = self.events.pop().ok()?;
        if let EngineEvent::Fault { node, fault: Fault::Voices, .. } = event
            && let Some(Some(parts)) = self.parts.get_mut(usize::from(node))
        {
            parts.broken = true;
        }
        Some(event)
    }

    /// What to tell people about an event: a sentence about what broke and where; `None` for what is
    /// in the course of things.
    pub fn notice(&self, event: &EngineEvent) -> Option<String> {
        let EngineEvent::Fault { node, fault, .. } = event else { return None };
        let name = self.layout.names.get(usize::from(*node))?;
        Some(match fault {
            Fault::Noise => {
                format!("'{name}' made something that is no sound; its notes were cut off")
            }
            Fault::Voices => {
                format!("the instrument of '{name}' crashed and is silent; load it anew")
            }
            Fault::Insert(i) => {
                let names = &self.paths.get(usize::from(*node))?.insert_names;
                let insert = names.get(usize::from(*i)).map_or("an effect", String::as_str);
                format!("the effect {insert} on '{name}' failed and is bypassed; load it anew")
            }
            Fault::Strip => format!("'{name}' crashed and is silent; start the engine anew"),
        })
    }

    /// The next line of the journal.
    pub fn next_journal(&mut self) -> Option<JournalEntry> {
        self.journal.pop().ok()
    }
}

/// Build both halves of an engine for `project`, and a ring for each outside source.
///
/// # Errors
/// The first thing that is missing, broken or circular.
pub fn prepare(
    project: &Project,
    factory: &dyn SoundFactory,
    samples: &Samples,
    options: &Options,
) -> Result<(Engine, Renderer, Vec<Producer<Timed>>), PrepareError> {
    let layout = layout(project);
    let (mut keepers, mut parts) = (Vec::new(), Vec::new());
    let mut nodes = Vec::with_capacity(layout.names.len());
    for index in 0..layout.names.len() {
        let fresh = fresh(project, index, factory, samples, options.rate)?;
        if index < project.tracks.len() {
            keepers.push(fresh.keeper);
            parts.push(fresh.parts);
        }
        nodes.push(fresh.node);
    }

    let paths = nodes.iter().enumerate().map(|(i, node)| Paths::of(project, i, node, factory));
    let paths: Vec<Paths> = paths.collect();
    let mut graph = graph(project, &layout, &paths)?;
    for (node, lag) in nodes.iter_mut().zip(&mut graph.voices) {
        node.voices_lag = std::mem::take(lag);
    }

    let song = Arc::new(song_plan(project));
    let stop = Gesture::StopAll;
    let command = || Timed { when: When::Now, command: Command::Play(stop) };
    let entry = JournalEntry { frame: 0, source: OWN, what: Journaled::Play(stop) };
    let (commands, own) = ring(4096, command);
    let (outside, mut sources): (Vec<_>, Vec<_>) =
        (0..options.sources).map(|_| ring(1024, command)).unzip();
    sources.insert(0, own);
    let (event_tx, events) = ring(4096, || EngineEvent::CountIn { frame: 0 });
    let (journal_tx, journal) = ring(4096, || entry);
    let (trash_tx, trash) = ring(4096, || Trash::Swap(Box::new(Swap::Song(Arc::clone(&song)))));
    let meters = nodes.iter().map(|n| Arc::clone(n.meter())).collect();
    let workers = (options.threads > 0).then(|| Workers::new(options.threads, nodes.len()));
    let renderer = Renderer::new(Setup {
        rate: options.rate,
        song,
        tracks: project.tracks.len(),
        nodes,
        graph,
        sources,
        events: event_tx,
        journal: journal_tx,
        trash: trash_tx,
        workers,
    });
    let rate = options.rate;
    let snapshot = Arc::clone(renderer.snapshot());
    let (backlog, serial) = (VecDeque::new(), 1);
    let engine = Engine {
        layout,
        meters,
        snapshot,
        rate,
        parts,
        paths,
        keepers,
        commands,
        backlog,
        serial,
        events,
        journal,
        trash,
    };
    Ok((engine, renderer, outside))
}

/// A node, made anew.
pub(super) struct Fresh {
    /// It.
    pub node: Node,
    /// What a track's voices are made from.
    pub parts: Option<track::Parts>,
    /// Keeps a track's voices supplied.
    pub keeper: Option<SampleKeeper>,
}

/// Make the node of this index: a track, a bus, the cue or the master.
pub(super) fn fresh(
    project: &Project,
    index: usize,
    factory: &dyn SoundFactory,
    samples: &Samples,
    rate: u32,
) -> Result<Fresh, PrepareError> {
    let plain = |node: Node| Fresh { node, parts: None, keeper: None };
    if let Some(t) = project.tracks.get(index) {
        let mut node = strip_node(&t.mixer, false, project, rate);
        node.touches = (t.kind == TrackKind::Group).then(|| Box::new(Touches::new(rate)));
        node.rack = rack(&t.mixer.inserts, &format!("track '{}'", t.name), factory, rate)?;
        let resolver = Resolver { project, factory, samples, rate };
        let (parts, clips) = track::plan(t, &resolver)?;
        let (voices, keeper) = parts.voices(t, &resolver)?;
        (node.voices, node.clips) = (voices, Arc::new(clips));
        return Ok(Fresh { node, parts: Some(parts), keeper });
    }
    let bus = index - project.tracks.len();
    if let Some(bus) = project.buses.get(bus) {
        let mut node = strip_node(&bus.mixer, bus.solo_safe, project, rate);
        node.rack = rack(&bus.mixer.inserts, &format!("bus '{}'", bus.name), factory, rate)?;
        return Ok(plain(node));
    }
    if bus == project.buses.len() {
        let cue = MixerSettings { volume: project.song.cue, ..MixerSettings::default() };
        return Ok(plain(strip_node(&cue, false, project, rate)));
    }
    let mut node = strip_node(&project.song.master, false, project, rate);
    node.touches = Some(Box::new(Touches::new(rate)));
    node.rack = rack(&project.song.master.inserts, "master", factory, rate)?;
    Ok(plain(node))
}

fn strip_node(mixer: &MixerSettings, solo_safe: bool, project: &Project, rate: u32) -> Node {
    let settings = StripSettings {
        volume: mixer.volume,
        pan: mixer.pan,
        mute: mixer.mute,
        solo: mixer.solo,
        solo_safe,
        sends: mixer.sends.iter().map(|s| (s.level, s.pre)).collect(),
    };
    Node::new(&settings, rate, project.song.seed)
}

pub(super) fn layout(project: &Project) -> Layout {
    let tracks = project.tracks.iter().enumerate().map(|(i, t)| (t.id, i)).collect();
    let first = project.tracks.len();
    let buses = project.buses.iter().enumerate().map(|(i, b)| (b.id, first + i)).collect();
    let names = project.tracks.iter().map(|t| t.name.clone());
    let names = names.chain(project.buses.iter().map(|b| b.name.clone()));
    let names = names.chain(["cue".to_owned(), "master".to_owned()]).collect();
    Layout { tracks, buses, scenes: project.scenes.iter().map(|s| s.id).collect(), names }
}

pub(super) fn song_plan(project: &Project) -> SongPlan {
    let scene = |s: &crate::model::scene::Scene| PlanScene {
        id: s.id,
        tempo: s.tempo.map(|t| (t.bpm, t.ramp_beats)),
        signature: s.signature,
    };
    let brace = project.arrangement.as_ref().and_then(|a| a.loop_brace);
    SongPlan {
        tempo: project.song.tempo.steps().into(),
        quantization: project.song.quantization,
        signature: project.song.signature,
        brace: brace.filter(|b| b.end > b.start).map(|b| (b.start.into(), b.end.into())),
        scenes: project.scenes.iter().map(scene).collect(),
        seed: project.song.seed,
    }
}

pub(super) fn rack(
    inserts: &[Effect],
    place: &str,
    factory: &dyn SoundFactory,
    rate: u32,
) -> Result<Vec<RackSlot>, PrepareError> {
    let mut rack = Vec::with_capacity(MAX_INSERTS);
    for effect in inserts.iter().take(MAX_INSERTS) {
        if effect.plugin == PluginType::Vst3 {
            let (place, name) = (place.to_owned(), effect.name.clone());
            return Err(PrepareError::Vst3 { place, name });
        }
        let spec = SoundSpec { name: effect.name.clone(), params: effect.params.clone() };
        let insert = factory
            .insert(&spec, rate)
            .map_err(|cause| PrepareError::Sound { place: place.to_owned(), cause })?;
        rack.push(RackSlot::new(insert, effect.name.clone(), effect.bypass));
    }
    Ok(rack)
}

/// What of a node the graph and the people depend on.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    /// Latency of each insert in frames.
    pub insert_latency: Vec<u32>,
    /// Name of each insert, for people.
    pub insert_names: Vec<String>,
    /// Whether the node makes sound of its own.
    pub has_voices: bool,
    /// Frames by which that sound lags the music.
    pub voice_latency: u32,
}

impl Paths {
    /// Those of the node of this index. A track lags by its voices whether it has some or not, so that
    /// they can come and go.
    pub fn of(project: &Project, index: usize, node: &Node, factory: &dyn SoundFactory) -> Self {
        let track = project.tracks.get(index).filter(|t| t.kind != TrackKind::Group);
        let voice_latency = track.map_or(0, |_| factory.voice_latency());
        Paths { voice_latency, ..Paths::new(&node.rack, node.voices.is_some()) }
    }

    /// Those of a node with this rack, whose voices are in time.
    pub fn new(rack: &[RackSlot], has_voices: bool) -> Self {
        Paths {
            voice_latency: 0,
            insert_latency: rack.iter().map(RackSlot::latency).collect(),
            insert_names: rack.iter().map(|slot| slot.name.clone()).collect(),
            has_voices,
        }
    }
}

/// The mixer graph of a project whose nodes have these paths.
pub(super) fn graph(
    project: &Project,
    layout: &Layout,
    paths: &[Paths],
) -> Result<Graph, PrepareError> {
    Graph::new(&shapes(project, layout, paths)?)
        .map_err(|Cycle { node }| PrepareError::Circle(layout.names[node].clone()))
}

/// The paths of the mixer, in project order.
pub(super) fn shapes(
    project: &Project,
    layout: &Layout,
    paths: &[Paths],
) -> Result<Vec<NodeShape>, PrepareError> {
    let mut shapes: Vec<NodeShape> = paths
        .iter()
        .map(|p| NodeShape {
            insert_latency: p.insert_latency.clone(),
            has_voices: p.has_voices,
            voice_latency: p.voice_latency,
            ..NodeShape::default()
        })
        .collect();
    let (cue, master) = (layout.cue(), layout.master());
    let tracks = project.tracks.iter().map(|t| (&t.mixer, t.group));
    let strips = tracks.chain(project.buses.iter().map(|b| (&b.mixer, None)));
    for (from, (mixer, group)) in strips.enumerate() {
        let dangling = |what: String| PrepareError::Dangling {
            place: format!("'{}'", layout.names[from]),
            what,
        };
        let into = match group {
            None => master,
            Some(id) => {
                let found = layout.tracks.get(&id).copied();
                let is_group = project.track(id).is_some_and(|t| t.kind == TrackKind::Group);
                found.filter(|_| is_group).ok_or_else(|| dangling(format!("the group {id}")))?
            }
        };
        shapes[into].inputs.push(Edge { from, tap: Tap::Post });
        for (i, Send { bus, .. }) in mixer.sends.iter().enumerate() {
            let to = *layout.buses.get(bus).ok_or_else(|| dangling(format!("the bus {bus}")))?;
            shapes[to].inputs.push(Edge { from, tap: Tap::Send(i as u8) });
        }
        shapes[cue].inputs.push(Edge { from, tap: Tap::Cue });
        keys(&mixer.inserts, from, layout, &mut shapes)?;
    }
    keys(&project.song.master.inserts, master, layout, &mut shapes)?;
    Ok(shapes)
}

fn keys(
    inserts: &[Effect],
    node: usize,
    layout: &Layout,
    shapes: &mut [NodeShape],
) -> Result<(), PrepareError> {
    for (insert, effect) in inserts.iter().take(MAX_INSERTS).enumerate() {
        let Some(key) = effect.key_from else { continue };
        let from = *layout.tracks.get(&key).ok_or_else(|| PrepareError::Dangling {
            place: format!("'{}', {}", layout.names[node], effect.name),
            what: format!("the sidechain's track {key}"),
        })?;
        shapes[node].keys.push(KeyEdge { from, insert });
    }
    Ok(())
}

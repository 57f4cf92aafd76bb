//! The callback: one block of audio from commands to outputs.

use std::sync::Arc;

use rtrb::{Consumer, Producer};

use super::block::{BLOCK, StereoBlock};
use super::clock::{Clock, Pos};
use super::contain::is_sound;
use super::course::Course;
use super::graph::{Graph, Tap};
use super::launcher::TrackLaunch;
use super::metronome::Metronome;
use super::node::Node;
use super::perform::SceneTurn;
use super::plan::{ClipPlan, SongPlan};
use super::protocol::{
    Command, EngineEvent, Gesture, JournalEntry, Journaled, Swap, Timed, Trash, When,
};
use super::snapshot::{Metre, Playhead, Snapshot};
use super::solo;
use super::touch::Beat;
use super::workers::Workers;
use crate::model::time::{Bpm, Signature};

/// Commands waiting for their frame at most; more wait in their rings. No more take effect in a block
/// either, so that a journal played again finds room for all of a block.
const MAX_PENDING: usize = 1024;

/// What a block came to.
#[derive(Clone, Copy, Debug)]
pub struct Outputs {
    /// The master.
    pub master: StereoBlock,
    /// The cue output.
    pub cue: StereoBlock,
    /// The metronome, for the player's ears only; `None` while it is silent.
    pub click: Option<StereoBlock>,
}

impl Outputs {
    /// Silence.
    pub const SILENT: Outputs =
        Outputs { master: StereoBlock::SILENT, cue: StereoBlock::SILENT, click: None };
}

/// When the block will be heard.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostTime {
    /// Host clock in nanoseconds at the block's first frame; 0 where there is no host.
    pub nanoseconds: u64,
}

/// Everything a renderer is built from.
pub struct Setup {
    /// Frames per second.
    pub rate: u32,
    /// What belongs to no track.
    pub song: Arc<SongPlan>,
    /// Tracks in project order, then buses, then cue, then master.
    pub nodes: Vec<Node>,
    /// How many of the nodes are tracks.
    pub tracks: usize,
    /// The mixer graph over the nodes.
    pub graph: Graph,
    /// One ring a source of commands, merged in this order.
    pub sources: Vec<Consumer<Timed>>,
    /// What happened.
    pub events: Producer<EngineEvent>,
    /// Audible commands with their frames.
    pub journal: Producer<JournalEntry>,
    /// What is to be dropped.
    pub trash: Producer<Trash>,
    /// Helpers.
    pub workers: Option<Workers>,
}

/// The callback's half of the engine.
pub struct Renderer {
    pub(super) rate: u32,
    pub(super) frame: u64,
    pub(super) clock: Clock,
    pub(super) playing: bool,
    pub(super) start_pos: Pos,
    told_bpm: Option<Bpm>,
    pub(super) song: Arc<SongPlan>,
    pub(super) scene_turn: Option<SceneTurn>,
    /// Bars are clicked until the transport starts here.
    pub(super) counting: Option<Pos>,
    /// The loop of the arrangement is on.
    pub(super) looping: bool,
    pub(super) metronome: Metronome,
    /// The time signature in force, and where it began to be.
    pub(super) signature: Signature,
    pub(super) metre: Metre,
    pub(super) snapshot: Arc<Snapshot>,
    /// Position in quarter notes that runs on while the transport stands.
    standing: f64,
    /// What leaves the mixer in the coming block, fading.
    pub(super) farewell: Option<StereoBlock>,
    /// How late a launch may come and still count for the boundary just passed.
    pub(super) grace_frames: u32,
    /// A node is away only while a worker has it.
    pub(super) nodes: Vec<Option<Box<Node>>>,
    pub(super) launch: Vec<TrackLaunch>,
    pub(super) graph: Box<Graph>,
    /// Room to work out who is heard.
    pub(super) heard: Vec<bool>,
    pub(super) course: Course,
    sources: Vec<Consumer<Timed>>,
    pending: Vec<Pending>,
    /// Commands that wait for a place in the music, in its order.
    waiting: Vec<(Pos, u8, Command)>,
    events: Producer<EngineEvent>,
    journal: Producer<JournalEntry>,
    trash: Producer<Trash>,
    unsent: Vec<Trash>,
    workers: Option<Workers>,
    /// Events, journal lines and blocks of the master lost because nobody took them, and what hands
    /// played that found no room.
    pub lost: u64,
    /// Sounds and effects that broke.
    pub faults: u64,
    /// Nodes put where helpers may take them, a node counted once a block.
    pub handed_out: u64,
}

/// A command waiting for its frame.
struct Pending {
    frame: u64,
    source: u8,
    command: Command,
}

/// Whether `new` sets what one of `pending` sets on the same frame: then that one takes its value.
/// No gesture on that frame reads a value, so it does not matter between which of them it is set; a
/// replacement in between may bring another owner of the value, and is not passed.
fn overtakes(pending: &mut [Pending], new: &Pending) -> bool {
    let Command::Play(Gesture::Set { node, target, value }) = &new.command else { return false };
    if value.is_nan() {
        return false;
    }
    for before in pending.iter_mut().rev().take_while(|p| p.frame == new.frame) {
        match &mut before.command {
            Command::Play(Gesture::Set { node: n, target: t, value: old })
                if n == node && t == target && before.source == new.source =>
            {
                *old = *value;
                return true;
            }
            Command::Play(_) => {}
            Command::Swap(..) => return false,
        }
    }
    false
}

impl Renderer {
    /// A renderer at frame 0, transport stopped.
    pub fn new(setup: Setup) -> Self {
        let signature = setup.song.signature;
        let nodes: Vec<_> = setup.nodes.into_iter().map(|n| Some(Box::new(n))).collect();
        let mut renderer = Renderer {
            rate: setup.rate,
            frame: 0,
            clock: Clock::new(setup.rate, Arc::clone(&setup.song.tempo)),
            playing: false,
            start_pos: Pos::ZERO,
            told_bpm: None,
            song: setup.song,
            scene_turn: None,
            counting: None,
            looping: false,
            metronome: Metronome::new(setup.rate),
            signature,
            metre: Metre::default(),
            snapshot: Arc::new(Snapshot::new(setup.tracks)),
            standing: 0.0,
            farewell: None,
            grace_frames: 0,
            unsent: Vec::with_capacity(MAX_PENDING + 2 * nodes.len()),
            heard: vec![false; nodes.len()],
            nodes,
            launch: vec![TrackLaunch::default(); setup.tracks],
            graph: Box::new(setup.graph),
            course: Course::default(),
            sources: setup.sources,
            pending: Vec::with_capacity(2 * MAX_PENDING),
            waiting: Vec::with_capacity(MAX_PENDING),
            events: setup.events,
            journal: setup.journal,
            trash: setup.trash,
            workers: setup.workers,
            lost: 0,
            faults: 0,
            handed_out: 0,
        };
        renderer.update_solo();
        renderer.nodes.iter_mut().flatten().for_each(|n| n.strip.settle());
        renderer
    }

    /// Tell every strip whether solo silences it.
    pub(super) fn update_solo(&mut self) {
        let tracks = self.launch.len();
        solo::update(&mut self.nodes, tracks, &self.graph.routes, &mut self.heard);
    }

    /// Frames per second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// First frame of the next block.
    pub fn frame(&self) -> u64 {
        self.frame
    }

    /// Position that sounds next, and whether the transport runs.
    pub fn position(&self) -> (Pos, bool) {
        (self.clock.pos(), self.playing)
    }

    /// The frame a position ahead will fall on if no command changes the tempo.
    pub fn frame_ahead(&self, pos: Pos) -> u64 {
        self.clock.frame_ahead(pos)
    }

    /// Whether any clip plays or waits to.
    pub fn is_busy(&self) -> bool {
        let queued = self.launch.iter().any(|l| l.queued.is_some());
        queued || self.nodes.iter().flatten().any(|n| n.player.clip().is_some())
    }

    /// Frames by which a node's output lags the music; the master is the last node.
    pub fn latency(&self, node: usize) -> u32 {
        self.graph.latency.get(node).copied().unwrap_or(0)
    }

    /// How many nodes there are; the master is the last.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// What a node put out in the block just rendered: before its fader, after it.
    pub fn tap(&self, node: usize) -> Option<(&StereoBlock, &StereoBlock)> {
        self.nodes.get(node)?.as_deref().map(|n| (&n.pre, &n.post))
    }

    /// Notes and hits of all tracks that were not heard: no voice was free, or too many came in one
    /// block.
    pub fn missed(&self) -> u64 {
        self.nodes.iter().flatten().map(|n| n.missed()).sum()
    }

    /// Compute the next block.
    ///
    /// `inputs` is what comes in from outside, by node: a sound card's inputs, the return of a synth
    /// in another process. It joins the node's own voices, with their delay, before the rack; a node
    /// without voices takes it as it comes. A node beyond the slice's end gets nothing; a block that
    /// is no sound is left out.
    ///
    /// `_time` says when the block will be heard. Nothing in here depends on it, or the same journal
    /// would not give the same bytes; it is in the call because only the device knows it, for those
    /// who line the engine's frames up with another clock: a MIDI or Link peer, a recording.
    pub fn render(&mut self, inputs: &[StereoBlock], out: &mut Outputs, _time: HostTime) {
        super::unchecked::flush_to_zero(|| self.block(inputs, out));
    }

    fn block(&mut self, inputs: &[StereoBlock], out: &mut Outputs) {
        let end = self.frame + BLOCK as u64;
        self.flush_trash();
        self.lost += self.course.begin();
        self.intake();
        let from = self.clock.pos();
        let beat = self.beat();
        for (node, late) in self.nodes.iter_mut().zip(&self.graph.latency) {
            let Some(node) = node else { continue };
            (node.beat, node.late) = (beat, *late);
            node.player.release_due(from, &mut node.events);
        }
        let mut applied = 0;
        self.take_due(self.frame, end, applied);
        while let Some(at) = self.pending.first().map(|p| p.frame).filter(|at| *at < end) {
            let at = at.max(self.frame);
            self.advance(at);
            let pending = self.pending.remove(0);
            self.apply(at, pending);
            applied += 1;
            self.take_due(at, end, applied);
        }
        self.advance(end);
        self.tell_tempo();
        self.automate();
        self.mix(inputs);
        let mut click = StereoBlock::SILENT;
        out.click = self.metronome.render(&mut click).then_some(click);
        let master = self.nodes.len() - 1;
        if let (Some(m), Some(c)) = (&self.nodes[master], &self.nodes[master - 1]) {
            out.master = m.post;
            out.cue = c.post;
        }
        for index in 0..self.nodes.len() {
            let replaced = self.nodes[index].as_mut().and_then(|n| n.take_replaced());
            self.throw_away_swap(replaced);
            while let Some(fault) = self.nodes[index].as_mut().and_then(|n| n.next_fault()) {
                self.faults += 1;
                self.emit(EngineEvent::Fault { node: index as u16, fault, frame: self.frame });
            }
        }
        self.frame = end;
        self.publish();
    }

    /// Where the music is and what every track does, to be read anywhere.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    fn publish(&self) {
        let pos = self.clock.pos();
        self.snapshot.set_playhead(&Playhead {
            frame: self.frame,
            pos,
            playing: self.playing,
            counting_in: self.counting.is_some(),
            bpm: self.clock.bpm(),
            signature: self.signature,
            metre: self.metre,
        });
        for (track, (state, node)) in self.launch.iter().zip(&self.nodes).enumerate() {
            let progress = node.as_deref().map_or(0, |n| n.player.progress(pos));
            self.snapshot.set_track(track, state.state(progress));
        }
        self.snapshot.set_counts(self.missed(), self.lost);
    }

    /// Where the coming block lies in the music. While the transport stands, time runs on for the
    /// effects that live by it.
    fn beat(&mut self) -> Beat {
        let (at, per_frame) = self.clock.beats_at(self.frame);
        if self.is_running() {
            self.standing = at;
        }
        let beat = Beat { at: self.standing, per_frame };
        self.standing += per_frame * BLOCK as f64;
        beat
    }

    /// Take commands from the rings, in fixed order, keeping them sorted by frame. Of several values
    /// for one target on one frame the last counts, and only that one is journaled.
    fn intake(&mut self) {
        for (index, source) in self.sources.iter_mut().enumerate() {
            let index = index as u8;
            while self.pending.len() < MAX_PENDING {
                // A place has to wait in its ring while too many others are waited for.
                if self.waiting.len() == self.waiting.capacity() {
                    let place = |t: &Timed| matches!(t.when, When::Place(_));
                    if source.peek().is_ok_and(place) {
                        break;
                    }
                }
                let Ok(timed) = source.pop() else { break };
                let frame = match timed.when {
                    When::Now => self.frame,
                    When::Frame(frame) => frame.max(self.frame),
                    When::Place(pos) => {
                        let at = self.waiting.partition_point(|w| w.0 <= pos);
                        self.waiting.insert(at, (pos, index, timed.command));
                        continue;
                    }
                };
                let new = Pending { frame, source: index, command: timed.command };
                let place = self.pending.partition_point(|p| p.frame <= frame);
                if !overtakes(&mut self.pending[..place], &new) {
                    self.pending.insert(place, new);
                }
            }
        }
    }

    /// Give what waits for a place that the music reaches before `end` its frame. A jump may have left
    /// the place behind: then it is the frame of the jump, `from`, up to where all has taken effect.
    /// `applied` have taken effect in this block already.
    fn take_due(&mut self, from: u64, end: u64, applied: usize) {
        while self.is_running()
            && applied + self.pending.partition_point(|p| p.frame < end) < MAX_PENDING
            && self.waiting.first().is_some_and(|w| self.clock.frame_of(w.0) < end)
        {
            let (pos, source, command) = self.waiting.remove(0);
            let frame = self.clock.frame_of(pos).max(from);
            let place = self.pending.partition_point(|p| p.frame <= frame);
            self.pending.insert(place, Pending { frame, source, command });
        }
    }

    fn flush_trash(&mut self) {
        while let Some(trash) = self.unsent.pop() {
            if let Err(rtrb::PushError::Full(trash)) = self.trash.push(trash) {
                self.unsent.push(trash);
                return;
            }
        }
    }

    /// Send a clip that stopped playing away: if its slot was emptied meanwhile, the last owner is
    /// here.
    pub(super) fn discard(&mut self, clip: Option<Arc<ClipPlan>>) {
        if let Some(clip) = clip {
            self.throw_away(Trash::Clip(clip));
        }
    }

    fn throw_away(&mut self, trash: Trash) {
        if self.unsent.len() < self.unsent.capacity() {
            self.unsent.push(trash);
        } else {
            // Nobody collects any more: to leak is better than to free on the callback.
            std::mem::forget(trash);
            self.lost += 1;
        }
    }

    pub(super) fn emit(&mut self, event: EngineEvent) {
        self.lost += u64::from(self.events.push(event).is_err());
    }

    fn apply(&mut self, frame: u64, pending: Pending) {
        let source = pending.source;
        match pending.command {
            Command::Play(gesture) => {
                self.note(frame, source, Journaled::Play(gesture));
                self.perform(frame, gesture);
            }
            Command::Swap(serial, swap) => {
                self.note(frame, source, Journaled::Swap(serial));
                self.swap(swap);
            }
        }
    }

    fn note(&mut self, frame: u64, source: u8, what: Journaled) {
        let entry = JournalEntry { frame, source, what };
        self.lost += u64::from(self.journal.push(entry).is_err());
    }

    fn tell_tempo(&mut self) {
        let bpm = self.clock.bpm();
        if self.told_bpm != Some(bpm) {
            self.told_bpm = Some(bpm);
            let bpm = bpm.get() as f32;
            self.nodes.iter_mut().flatten().for_each(|n| n.set_tempo(bpm));
        }
    }

    /// Move what clips and arrangement automate to its value at the block's end.
    fn automate(&mut self) {
        if !self.playing {
            return;
        }
        let pos = self.clock.pos();
        for (state, node) in self.launch.iter().zip(&mut self.nodes) {
            let Some(node) = node else { continue };
            if !state.overridden && !node.clips.lane_automation.is_empty() {
                let clips = Arc::clone(&node.clips);
                node.automate_lanes(&clips.lane_automation, Some(pos));
            }
            if let (Some(clip), Some(at)) = (node.player.clip(), node.player.clip_pos(pos))
                && !clip.lanes.is_empty()
            {
                let clip = Arc::clone(clip);
                node.automate_lanes(&clip.lanes, Some(at));
            }
        }
    }

    fn swap(&mut self, mut swap: Box<Swap>) {
        match &mut *swap {
            Swap::Clips { node, clips } => self.swap_clips(usize::from(*node), clips, false),
            Swap::Voices { node, clips, .. } => {
                let track = usize::from(*node);
                self.swap_clips(track, clips, true);
                let bpm = self.clock.bpm().get() as f32;
                if let Some(Some(node)) = self.nodes.get_mut(track) {
                    let rest = node.swap_voices(swap, bpm);
                    return self.throw_away_swap(rest);
                }
            }
            Swap::Song(song) => self.take_song(song),
            Swap::Stage(stage) => self.restage(stage),
            Swap::Rack { node, graph, .. } => {
                if let Some(graph) = graph {
                    graph.succeed(&mut self.graph, Some);
                    for (node, lag) in self.nodes.iter_mut().zip(&mut graph.voices) {
                        let Some(node) = node else { continue };
                        lag.succeed(&mut node.voices_lag);
                        std::mem::swap(lag, &mut node.voices_lag);
                    }
                    std::mem::swap(&mut self.graph, graph);
                    self.update_solo();
                }
                let bpm = self.clock.bpm().get() as f32;
                if let Some(Some(node)) = self.nodes.get_mut(usize::from(*node)) {
                    let rest = node.swap_rack(swap, bpm);
                    return self.throw_away_swap(rest);
                }
            }
        }
        self.throw_away(Trash::Swap(swap));
    }

    pub(super) fn take_song(&mut self, song: &mut Arc<SongPlan>) {
        std::mem::swap(&mut self.song, song);
        if self.song.signature != song.signature {
            (self.signature, self.metre) = (self.song.signature, Metre::default());
        }
        let map = self.clock.set_map(Arc::clone(&self.song.tempo), self.frame);
        // The old plan in the box still holds this map, so this is not the last one.
        drop(map);
    }

    fn throw_away_swap(&mut self, swap: Option<Box<Swap>>) {
        if let Some(swap) = swap {
            self.throw_away(Trash::Swap(swap));
        }
    }

    fn mix(&mut self, inputs: &[StereoBlock]) {
        for level in 0..self.graph.levels.len() {
            let count = self.graph.levels[level].len();
            let (mut away, mut own) = (0, false);
            for k in 0..count {
                let index = self.graph.levels[level][k];
                let Some(mut node) = self.nodes[index].take() else { continue };
                self.gather(index, &mut node);
                if let Some(leaving) = self.farewell.take_if(|_| index == self.nodes.len() - 1) {
                    node.input.add(&leaving);
                }
                node.outside = inputs.get(index).copied().filter(is_sound);
                node.at_frame(self.frame);
                // The first that has work stays here: one alone needs no helper.
                let mut shared = || !node.is_idle() && std::mem::replace(&mut own, true);
                let back = match self.workers.as_ref().filter(|_| shared()) {
                    Some(workers) => workers.submit((index, node)).err(),
                    None => Some((index, node)),
                };
                match back {
                    Some((index, node)) => self.nodes[index] = Some(node),
                    None => away += 1,
                }
            }
            self.handed_out += away;
            for k in 0..count {
                if let Some(node) = &mut self.nodes[self.graph.levels[level][k]] {
                    node.render();
                }
            }
            while away > 0 {
                if let Some((index, node)) = self.workers.as_ref().and_then(Workers::help) {
                    self.nodes[index] = Some(node);
                    away -= 1;
                }
            }
        }
    }

    /// Bring together what flows into a node.
    fn gather(&mut self, index: usize, node: &mut Node) {
        let wiring = &mut self.graph.wiring[index];
        node.input.clear();
        for path in &mut wiring.inputs {
            let Some(source) = &self.nodes[path.edge.from] else { continue };
            let mut audio = StereoBlock::SILENT;
            match path.edge.tap {
                Tap::Post => audio = source.post,
                Tap::Cue => audio.add_ramped(&source.pre, source.strip.cue_ramp),
                Tap::Send(i) => {
                    if let Some(send) = source.strip.sends.get(usize::from(i)) {
                        let from = if send.pre { &source.pre } else { &source.fader };
                        audio.add_ramped(from, send.ramp);
                    }
                }
            }
            path.carry(audio, &mut node.input);
        }
        for path in &mut wiring.keys {
            let Some(source) = &self.nodes[path.edge.from] else { continue };
            if let Some(slot) = node.rack.get_mut(path.edge.insert) {
                slot.key.clear();
                path.carry(source.pre, &mut slot.key);
            }
        }
    }
}

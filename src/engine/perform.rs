//! The callback's music: gestures, launches, the transport, and every track's way through a block.

use std::sync::Arc;

use super::clock::{Nudge, Pos, Span};
use super::course::Step;
use super::launcher::{Launch, Queued, TrackLaunch, follow_after};
use super::plan::{ClipPlan, PlacedClip, Target, TrackClips};
use super::protocol::{EngineEvent, Gesture};
use super::renderer::Renderer;
use super::sequencer::VoiceEvent;
use super::snapshot::Metre;
use crate::model::time::{Bpm, Signature};

/// Names of notes played by hand start here, above any the sequencer hands out.
const HAND_KEYS: u32 = 0x8000_0000;

/// Tempo and signature that a launched scene brings with its line of the grid.
#[derive(Clone, Copy, Debug)]
pub(super) struct SceneTurn {
    pub at: Pos,
    pub tempo: Option<(Bpm, u16)>,
    pub signature: Option<Signature>,
}

/// What concerns the song as a whole.
#[derive(Clone, Copy, Debug)]
enum Turn {
    /// The bars of clicks are over.
    Begin,
    /// A scene's tempo and signature.
    Scene(SceneTurn),
    /// The loop of the arrangement comes round to here.
    Around(Pos),
}

impl Renderer {
    pub(super) fn perform(&mut self, frame: u64, gesture: Gesture) {
        match gesture {
            Gesture::Start => {
                self.halt(frame);
                self.begin(frame, self.start_pos);
            }
            Gesture::Continue if !self.playing => self.begin(frame, self.clock.pos()),
            Gesture::Continue => {}
            Gesture::Stop => self.halt(frame),
            Gesture::Locate(pos) => {
                self.start_pos = pos;
                if self.playing {
                    self.halt(frame);
                    self.begin(frame, pos);
                } else {
                    self.clock.locate(pos, frame);
                    self.course.add(Step::Located { frame, pos });
                }
            }
            Gesture::Launch { node, row, velocity } => self.launch(frame, node, row, velocity),
            Gesture::StopTrack(node) => self.queue_stop(frame, usize::from(node)),
            Gesture::StopAll => {
                for track in 0..self.launch.len() {
                    self.queue_stop(frame, track);
                }
            }
            Gesture::Release { node, row } => self.let_go(frame, usize::from(node), row),
            Gesture::Cancel(u16::MAX) => {
                for track in 0..self.launch.len() {
                    self.cancel(frame, track);
                }
            }
            Gesture::Cancel(node) => self.cancel(frame, usize::from(node)),
            Gesture::Grace(frames) => self.grace_frames = frames,
            Gesture::Fill { node, row, velocity } => self.launch_fill(frame, node, row, velocity),
            Gesture::Record { node, row, length } => self.record(frame, node, row, length),
            Gesture::RecordEnd(node) => self.record_end(frame, usize::from(node)),
            Gesture::LaunchScene(row) => self.launch_scene(frame, row),
            Gesture::BackToArrangement(node) => self.back_to_arrangement(frame, node),
            Gesture::Tempo(bpm) => self.clock.set_tempo(frame, bpm),
            Gesture::Glide(bpm, beats) => {
                self.clock.set_tempo_at(self.clock.pos_at(frame), bpm, beats);
            }
            Gesture::Nudge(by) => self.clock.set_nudge(frame, Nudge::new(by)),
            Gesture::Loop(on) => self.looping = on,
            Gesture::Metronome(on) => self.metronome.on = on,
            Gesture::CountIn(bars) => self.count_in(frame, bars),
            Gesture::NoteOn { node, pitch, velocity } => {
                self.played(frame, node, pitch, velocity.max(1));
                let offset = (frame - self.frame).min(63) as u8;
                let key = HAND_KEYS | u32::from(pitch);
                let velocity = f32::from(velocity.min(127)) / 127.0;
                self.voice_event(node, VoiceEvent::Note { offset, pitch, velocity, key });
            }
            Gesture::NoteOff { node, pitch } => {
                self.played(frame, node, pitch, 0);
                self.voice_event(node, VoiceEvent::Release { key: HAND_KEYS | u32::from(pitch) });
            }
            Gesture::Set { node, target, value } => {
                if let Some(Some(node)) = self.nodes.get_mut(usize::from(node)) {
                    node.set(target, value);
                    if matches!(target, Target::Solo | Target::SoloSafe) {
                        self.update_solo();
                    }
                }
            }
        }
    }

    /// Tell what is played by hand on a track that records.
    fn played(&mut self, frame: u64, node: u16, pitch: u8, velocity: u8) {
        let records = self.launch.get(usize::from(node)).is_some_and(|l| l.recording.is_some());
        if records && self.is_running() {
            let at = self.clock.pos_at(frame);
            self.emit(EngineEvent::Played { node, pitch, velocity, at, frame });
        }
    }

    fn voice_event(&mut self, node: u16, event: VoiceEvent) {
        if let Some(Some(node)) = self.nodes.get_mut(usize::from(node)) {
            node.events.push(event);
        }
    }

    /// Start the transport at `pos`: arrangement lanes find their place, session clips start over.
    fn begin(&mut self, frame: u64, pos: Pos) {
        self.clock.locate(pos, frame);
        self.metre_from(pos);
        self.begin_here(frame, pos);
    }

    /// Count bars from the start under the song's own signature, and from `pos` under one that a
    /// scene brought.
    fn metre_from(&mut self, pos: Pos) {
        self.metre = Metre::default();
        if self.signature != self.song.signature {
            let bars = pos.0.div_euclid(Pos::from(self.song.signature.bar()).0.max(1));
            self.metre = Metre { origin: pos, bars };
        }
    }

    /// Whether time passes: the transport runs or is counted in.
    pub(super) fn is_running(&self) -> bool {
        self.playing || self.counting.is_some()
    }

    /// Start the transport at the start position after bars of clicks.
    fn count_in(&mut self, frame: u64, bars: u8) {
        self.halt(frame);
        let before = Pos(Pos::from(self.signature.bar()).0 * i64::from(bars.min(8)));
        if before == Pos::ZERO {
            return self.begin(frame, self.start_pos);
        }
        self.metre_from(self.start_pos);
        self.clock.count_in(self.start_pos, before, frame);
        self.counting = Some(self.start_pos);
        self.emit(EngineEvent::CountIn { frame });
    }

    /// The clock stands at `pos`, which sounds at `frame`: everything starts there.
    fn begin_here(&mut self, frame: u64, pos: Pos) {
        if !self.playing {
            self.nodes.iter().flatten().for_each(|node| node.reset_meter());
        }
        self.counting = None;
        self.playing = true;
        self.course.add(Step::Began { frame, pos });
        for track in 0..self.launch.len() {
            let state = self.launch[track];
            match state.row {
                Some(row) if state.overridden && state.queued.is_none() => {
                    let what = Launch::Play { row, level: 1.0 };
                    self.launch[track].queued = Some(Queued { at: pos, what });
                    self.launch[track].fill = None;
                }
                _ => {}
            }
            self.clip_starts(track, frame);
            self.find_place(track, pos);
        }
        self.emit(EngineEvent::Transport { playing: true, frame });
    }

    /// Automation holds from `frame` on, where a clip of the track starts.
    pub(super) fn clip_starts(&mut self, track: usize, frame: u64) {
        let offset = frame.saturating_sub(self.frame).min(63) as u8;
        if let Some(Some(node)) = self.nodes.get_mut(track) {
            node.starts(offset);
        }
    }

    fn halt(&mut self, frame: u64) {
        if !self.is_running() {
            return;
        }
        (self.playing, self.counting) = (false, None);
        self.course.add(Step::Halted { frame });
        let here = self.clock.pos_at(frame);
        for track in 0..self.launch.len() {
            self.recorded(track, here, frame);
            let Some(node) = &mut self.nodes[track] else { continue };
            let old = node.player.stop();
            if let Some(clip) = &old {
                node.automate_lanes(&clip.lanes, None);
            }
            self.release_lane(track);
            let state = &mut self.launch[track];
            (state.queued, state.follow, state.fill) = (None, None, None);
            self.discard(old);
        }
        self.scene_turn = None;
        self.emit(EngineEvent::Transport { playing: false, frame });
    }

    /// A launch starts a stopped transport at the start position.
    pub(super) fn launch_pos(&mut self, frame: u64) -> Pos {
        if let Some(start) = self.counting {
            return start;
        }
        if !self.playing {
            self.begin(frame, self.start_pos);
        }
        self.clock.pos_at(frame)
    }

    fn back_to_arrangement(&mut self, frame: u64, node: u16) {
        if node == u16::MAX {
            self.scene_turn = None;
            self.clock.follow_map(frame);
            (self.signature, self.metre) = (self.song.signature, Metre::default());
        }
        let pos = self.clock.pos_at(frame);
        for track in 0..self.launch.len() {
            if node == u16::MAX || usize::from(node) == track {
                self.launch[track].queued = None;
                if !self.launch[track].overridden {
                    continue;
                }
                let old = self.nodes[track].as_mut().and_then(|n| n.player.stop());
                self.ended(track, old, frame);
                self.launch[track] = TrackLaunch::default();
                if self.playing {
                    self.clip_starts(track, frame);
                    self.find_place(track, pos);
                }
            }
        }
    }

    /// Point a track that the arrangement has at its lane, starting a clip that `pos` lies in.
    pub(super) fn find_place(&mut self, track: usize, pos: Pos) {
        if self.launch[track].overridden {
            return;
        }
        let Some(node) = &mut self.nodes[track] else { return };
        let next = node.clips.lane.partition_point(|p| p.end <= pos);
        self.launch[track].next_placed = next;
        if let Some(placed) = node.clips.lane.get(next).filter(|p| p.at < pos) {
            let (clip, origin, end) =
                (Arc::clone(&placed.clip), placed.at - placed.offset, placed.end);
            self.launch[track].next_placed = next + 1;
            let old = node.player.start(clip, origin, pos, end, 1.0);
            self.discard(old);
        }
    }

    /// Give what the arrangement automates back to its faders.
    pub(super) fn release_lane(&mut self, track: usize) {
        if let Some(node) = &mut self.nodes[track] {
            let clips = Arc::clone(&node.clips);
            node.automate_lanes(&clips.lane_automation, None);
        }
    }

    /// Exchange what a track may play; a clip that plays goes on in its edited form. With `only_new`
    /// a clip that is gone stops: its sounds are gone too.
    pub(super) fn swap_clips(&mut self, track: usize, clips: &mut Arc<TrackClips>, only_new: bool) {
        let Some(state) = self.launch.get(track).copied() else { return };
        let (pos, frame) = (self.clock.pos(), self.frame);
        let Some(node) = &mut self.nodes[track] else { return };
        std::mem::swap(&mut node.clips, clips);
        node.automate_lanes(&clips.lane_automation, None);
        let Some(playing) = node.player.clip().map(|c| c.id) else {
            if self.playing {
                self.find_place(track, pos);
            }
            return;
        };
        let now = &node.clips;
        let next = now.lane.partition_point(|p| p.end <= pos);
        let edited = match state.row {
            Some(row) => now.slots.get(usize::from(row)).and_then(|slot| slot.clip.clone()),
            None => {
                let same = |p: &&PlacedClip| node.player.plays(playing, p.at - p.offset, p.end);
                now.lane.get(next).filter(same).map(|p| Arc::clone(&p.clip))
            }
        };
        if let Some(clip) = edited.filter(|e| e.id == playing) {
            if state.row.is_some() {
                let origin = node.player.origin();
                self.launch[track].follow = origin.and_then(|o| follow_after(&clip, o, pos));
            }
            let old = node.player.replace(clip, pos);
            if let Some(old) = &old {
                node.automate_lanes(&old.lanes, None);
            }
            self.discard(old);
            // That of a session clip is found when the arrangement gets the track back.
            self.launch[track].next_placed = next + 1;
        } else if state.row.is_none() || only_new {
            let old = node.player.stop();
            self.ended(track, old, frame);
            self.find_place(track, pos);
        }
    }

    /// Let the music run up to `frame`.
    pub(super) fn advance(&mut self, frame: u64) {
        while self.is_running() {
            let turn = self.next_turn();
            let limit = turn.map_or(Pos::MAX, |(at, _)| at);
            while let Some(span) = self.clock.next_span(frame, limit) {
                self.click(&span);
                if self.counting.is_none() {
                    self.course.add(Step::Ran(span));
                }
                for track in 0..self.launch.len() {
                    if self.counting.is_none() {
                        self.run_track(track, span);
                    }
                }
            }
            match turn {
                Some((at, turn)) if at <= self.clock.pos() && self.clock.pos_at(frame) > at => {
                    self.turn(at, turn);
                }
                _ => return,
            }
        }
    }

    /// What next concerns the song as a whole, and where.
    fn next_turn(&self) -> Option<(Pos, Turn)> {
        if let Some(start) = self.counting {
            return Some((start, Turn::Begin));
        }
        let pos = self.clock.pos();
        let brace = self.song.brace.filter(|(_, end)| self.looping && pos <= *end);
        let around = brace.map(|(start, end)| (end, Turn::Around(start)));
        let scene = self.scene_turn.map(|s| (s.at, Turn::Scene(s)));
        around.into_iter().chain(scene).min_by_key(|(at, _)| *at)
    }

    fn turn(&mut self, at: Pos, turn: Turn) {
        match turn {
            Turn::Begin => {
                let frame = self.clock.frame_of(at);
                self.begin_here(frame, at);
            }
            Turn::Scene(scene) => {
                self.scene_turn = None;
                if let Some((bpm, beats)) = scene.tempo {
                    self.clock.set_tempo_at(at, bpm, beats);
                }
                if let Some(signature) = scene.signature.filter(|s| *s != self.signature) {
                    let bar = Pos::from(self.signature.bar());
                    let bars = (at - self.metre.origin).ceil_to(bar).0 / bar.0.max(1);
                    self.metre = Metre { origin: at, bars: self.metre.bars + bars };
                    self.signature = signature;
                }
            }
            Turn::Around(to) => self.around(at, to),
        }
    }

    /// The loop of the arrangement comes round. Clips of the session play on, whatever the timeline
    /// does.
    fn around(&mut self, at: Pos, to: Pos) {
        let frame = self.clock.frame_of(at);
        self.clock.wrap(at, to);
        let by = to - at;
        if let Some(scene) = &mut self.scene_turn {
            scene.at = scene.at + by;
        }
        for track in 0..self.launch.len() {
            self.launch[track].shift(by);
            let session = self.launch[track].row.is_some();
            let Some(node) = &mut self.nodes[track] else { continue };
            if session {
                node.player.shift(by);
                continue;
            }
            node.player.shift_notes(by);
            if !self.launch[track].overridden {
                let old = node.player.stop();
                self.ended(track, old, frame);
                self.clip_starts(track, frame);
                self.find_place(track, to);
            }
        }
    }

    /// Click on the beats of a span.
    fn click(&mut self, span: &Span) {
        if !self.metronome.on && self.counting.is_none() {
            return;
        }
        let (origin, beat) = (self.metre.origin, Pos::from(self.signature.beat()));
        let mut at = (span.from - origin).ceil_to(beat);
        while origin + at < span.to {
            let offset = span.frame_of(origin + at).saturating_sub(self.frame).min(63) as u8;
            let accent = at.0.rem_euclid(Pos::from(self.signature.bar()).0.max(1)) == 0;
            self.metronome.tick(offset, accent);
            at = at + beat;
        }
    }

    /// One track through one span, switching clips where one is due.
    fn run_track(&mut self, track: usize, mut span: Span) {
        loop {
            let state = self.launch[track];
            let queued = state.queued.filter(|q| q.at < span.to);
            let Some(node) = &mut self.nodes[track] else { return };
            let placed = (!state.overridden)
                .then(|| node.clips.lane.get(state.next_placed))
                .flatten()
                .filter(|p| p.at < span.to);
            let follow = state.follow.filter(|at| *at < span.to);
            let fill = state.fill.map(|f| f.end).filter(|at| *at < span.to);
            let recorded = state.recording.and_then(|r| r.end).filter(|at| *at < span.to);
            let due = [queued.map(|q| q.at), placed.map(|p| p.at), follow, fill, recorded];
            let Some(at) = due.into_iter().flatten().min() else {
                let ended = node.player.run(&span, self.frame, &mut node.events);
                self.ended(track, ended, span.frame_of(span.to));
                return;
            };
            let at = at.max(span.from);
            if at > span.from {
                let head = span.until(at);
                let ended = node.player.run(&head, self.frame, &mut node.events);
                span.from = at;
                self.ended(track, ended, span.frame_of(at));
                continue;
            }
            let frame = span.frame_of(at);
            if recorded.is_some_and(|r| r <= at) {
                self.recorded(track, at, frame);
            } else if let Some(queued) = queued.filter(|q| q.at <= at) {
                self.switch(track, queued, at, frame);
            } else if fill.is_some_and(|f| f <= at) {
                self.fill_ends(track, at, frame);
            } else if follow.is_some_and(|f| f <= at) {
                self.follow(track, at, frame);
            } else {
                self.place(track, at, frame);
            }
        }
    }

    pub(super) fn ended(&mut self, track: usize, clip: Option<Arc<ClipPlan>>, frame: u64) {
        let Some(clip) = clip else { return };
        if let Some(node) = &mut self.nodes[track] {
            node.automate_lanes(&clip.lanes, None);
        }
        self.launch[track].follow = None;
        if self.launch[track].row.take().is_some() {
            self.emit(EngineEvent::ClipStopped { node: track as u16, frame });
        }
        self.discard(Some(clip));
    }

    /// The next clip of the arrangement lane starts.
    fn place(&mut self, track: usize, at: Pos, frame: u64) {
        self.clip_starts(track, frame);
        let next = self.launch[track].next_placed;
        self.launch[track].next_placed = next + 1;
        let Some(node) = &mut self.nodes[track] else { return };
        let Some(placed) = node.clips.lane.get(next) else { return };
        let (clip, origin, end) = (Arc::clone(&placed.clip), placed.at - placed.offset, placed.end);
        let old = node.player.start(clip, origin, at, end, 1.0);
        if let Some(old) = &old {
            node.automate_lanes(&old.lanes, None);
        }
        self.discard(old);
    }
}

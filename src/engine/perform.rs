//! The callback's music: gestures, launches, the transport, and every track's way through a block.

use std::sync::Arc;

use super::clock::{Pos, Span};
use super::launcher::{Launch, Queued, TrackLaunch, follow_after};
use super::plan::{ClipPlan, PlacedClip, Target, TrackClips};
use super::protocol::{EngineEvent, Gesture};
use super::renderer::Renderer;
use super::sequencer::VoiceEvent;

/// Names of notes played by hand start here, above any the sequencer hands out.
const HAND_KEYS: u32 = 0x8000_0000;

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
            Gesture::LaunchScene(row) => self.launch_scene(frame, row),
            Gesture::BackToArrangement(node) => self.back_to_arrangement(frame, node),
            Gesture::Tempo(bpm) => self.clock.set_tempo(frame, bpm),
            Gesture::NoteOn { node, pitch, velocity } => {
                let offset = (frame - self.frame).min(63) as u8;
                let key = HAND_KEYS | u32::from(pitch);
                let velocity = f32::from(velocity.min(127)) / 127.0;
                self.voice_event(node, VoiceEvent::Note { offset, pitch, velocity, key });
            }
            Gesture::NoteOff { node, pitch } => {
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

    fn voice_event(&mut self, node: u16, event: VoiceEvent) {
        if let Some(Some(node)) = self.nodes.get_mut(usize::from(node)) {
            node.events.push(event);
        }
    }

    /// Start the transport at `pos`: arrangement lanes find their place, session clips start over.
    fn begin(&mut self, frame: u64, pos: Pos) {
        self.clock.locate(pos, frame);
        self.playing = true;
        for track in 0..self.launch.len() {
            let state = self.launch[track];
            match state.row {
                Some(row) if state.overridden && state.queued.is_none() => {
                    let what = Launch::Play { row, level: 1.0 };
                    self.launch[track].queued = Some(Queued { at: pos, what });
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
        if !self.playing {
            return;
        }
        self.playing = false;
        for track in 0..self.launch.len() {
            let Some(node) = &mut self.nodes[track] else { continue };
            let old = node.player.stop();
            if let Some(clip) = &old {
                node.automate_lanes(&clip.lanes, None);
            }
            self.release_lane(track);
            (self.launch[track].queued, self.launch[track].follow) = (None, None);
            self.discard(old);
        }
        self.scene_tempo = None;
        self.emit(EngineEvent::Transport { playing: false, frame });
    }

    /// A launch starts a stopped transport at the start position.
    pub(super) fn launch_pos(&mut self, frame: u64) -> Pos {
        if !self.playing {
            self.begin(frame, self.start_pos);
        }
        self.clock.pos_at(frame)
    }

    fn back_to_arrangement(&mut self, frame: u64, node: u16) {
        if node == u16::MAX {
            self.scene_tempo = None;
            self.clock.follow_map(frame);
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
    fn find_place(&mut self, track: usize, pos: Pos) {
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
        if !self.playing {
            return;
        }
        loop {
            let limit = self.scene_tempo.map_or(Pos::MAX, |(at, ..)| at);
            while let Some(span) = self.clock.next_span(frame, limit) {
                for track in 0..self.launch.len() {
                    self.run_track(track, span);
                }
            }
            match self.scene_tempo {
                Some((at, bpm, beats))
                    if at <= self.clock.pos() && self.clock.pos_at(frame) > at =>
                {
                    self.clock.set_tempo_at(at, bpm, beats);
                    self.scene_tempo = None;
                }
                _ => return,
            }
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
            let due = [queued.map(|q| q.at), placed.map(|p| p.at), follow];
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
            if let Some(queued) = queued.filter(|q| q.at <= at) {
                self.switch(track, queued, at, frame);
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

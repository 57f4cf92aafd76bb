//! Launching: what presses, releases, boundaries and follow actions do to the tracks.

use std::sync::Arc;

use super::clock::Pos;
use super::launcher::TrackLaunch;
use super::launcher::{
    Back, Fill, Launch, Queued, Recording, boundary, follow_after, follow_again, follow_to, grid,
    launch_level, pick,
};
use super::perform::SceneTurn;
use super::plan::ClipPlan;
use super::protocol::EngineEvent;
use super::renderer::Renderer;
use super::sequencer::draw;
use crate::model::launch::{FollowKind, LaunchMode};
use crate::model::time::{PPQ, Ticks};

impl Renderer {
    /// A slot is pressed.
    pub(super) fn launch(&mut self, frame: u64, node: u16, row: u16, velocity: u8) {
        let track = usize::from(node);
        let Some(clip) = self.slot_clip(track, row) else { return self.queue_stop(frame, track) };
        let toggles = clip.launch.mode == LaunchMode::Toggle && self.playing;
        let now = self.launch_pos(frame);
        let state = self.launch[track];
        if toggles {
            let waits = state.queued.map(|q| q.what.row());
            if waits == Some(Some(row)) {
                return self.cancel(frame, track);
            }
            if state.row == Some(row) && waits.is_none() {
                return self.queue_stop_of(frame, track, Some(&clip));
            }
        }
        self.launch[track].held = Some(row);
        let at = self.line(now, Some(&clip), self.grace());
        let level = launch_level(&clip, velocity);
        self.queue(frame, track, Queued { at, what: Launch::Play { row, level } });
    }

    /// The line of the grid on which something asked for at `now` happens.
    fn line(&self, now: Pos, clip: Option<&ClipPlan>, grace: Pos) -> Pos {
        let (origin, step) = (self.metre.origin, grid(clip, &self.song, self.signature));
        let next = origin + boundary(now - origin, step, Pos(0));
        // A line on this very frame is not late for the one before, however long the grace is.
        if self.clock.frame_of(next) == self.clock.frame_of(now) {
            return next;
        }
        origin + boundary(now - origin, step, grace)
    }

    /// A slot is to be played as a fill.
    pub(super) fn launch_fill(&mut self, frame: u64, node: u16, row: u16, velocity: u8) {
        let track = usize::from(node);
        let Some(clip) = self.slot_clip(track, row) else { return };
        let now = self.launch_pos(frame);
        let length = clip.pass_length(0);
        let playing = self.nodes[track].as_deref().and_then(|n| n.player.pass());
        let (mut end, period) = match playing.filter(|_| self.launch[track].row.is_some()) {
            Some(pass) => pass,
            None => {
                let step = grid(None, &self.song, self.signature).unwrap_or(length);
                (self.line(now, None, Pos(0)), step)
            }
        };
        let short = (now + length - end).0;
        if short > 0 {
            let period = period.0.max(1);
            end = end + Pos((short + period - 1) / period * period);
        }
        let level = launch_level(&clip, velocity);
        self.queue(
            frame,
            track,
            Queued { at: end - length, what: Launch::Fill { row, level, end } },
        );
    }

    /// Record into a slot's clip from the next line of its grid on.
    pub(super) fn record(&mut self, frame: u64, node: u16, row: u16, length: Pos) {
        let track = usize::from(node);
        let Some(clip) = self.slot_clip(track, row) else { return };
        let now = self.launch_pos(frame);
        let state = self.launch[track];
        self.launch[track].recording = Some(Recording { row, length, from: None, end: None });
        if state.row == Some(row) && state.queued.is_none() {
            // What plays is dubbed over from here on.
            let origin = self.nodes[track].as_deref().and_then(|n| n.player.origin());
            return self.recording_begins(track, row, origin.unwrap_or(now), frame);
        }
        let at = self.line(now, Some(&clip), Pos(0));
        self.queue(frame, track, Queued { at, what: Launch::Play { row, level: 1.0 } });
    }

    fn recording_begins(&mut self, track: usize, row: u16, from: Pos, frame: u64) {
        let Some(recording) = &mut self.launch[track].recording else { return };
        recording.from = Some(from);
        if recording.length > Pos(0) {
            recording.end = Some(from + recording.length);
        }
        self.emit(EngineEvent::Recording { node: track as u16, row, from, frame });
    }

    /// End a recording on the next line of the grid; one that has not begun is forgotten.
    pub(super) fn record_end(&mut self, frame: u64, track: usize) {
        let Some(recording) = self.launch.get(track).and_then(|l| l.recording) else { return };
        if recording.from.is_none() {
            return self.cancel(frame, track);
        }
        let now = self.clock.pos_at(frame);
        let end = self.line(now, None, Pos(0));
        if let Some(recording) = &mut self.launch[track].recording {
            recording.end = Some(end);
        }
    }

    /// A recording has come to its end, or to nothing where it had not begun.
    pub(super) fn recorded(&mut self, track: usize, to: Pos, frame: u64) {
        let Some(recording) = self.launch[track].recording.take() else { return };
        let (node, row) = (track as u16, recording.row);
        self.emit(match recording.from {
            Some(from) => EngineEvent::Recorded { node, row, from, to, frame },
            None => EngineEvent::RecordCancelled { node, row, frame },
        });
    }

    pub(super) fn slot_clip(&self, track: usize, row: u16) -> Option<Arc<ClipPlan>> {
        if track >= self.launch.len() {
            return None;
        }
        let node = self.nodes.get(track)?.as_deref()?;
        node.clips.slots.get(usize::from(row))?.clip.clone()
    }

    /// A slot is let go: a gate closes, a repeat goes on with what plays.
    pub(super) fn let_go(&mut self, frame: u64, track: usize, row: u16) {
        let Some(state) = self.launch.get(track).copied() else { return };
        if state.held != Some(row) {
            return;
        }
        self.launch[track].held = None;
        let Some(clip) = self.slot_clip(track, row) else { return };
        let waits = state.queued.is_some_and(|q| q.what.row() == Some(row));
        match clip.launch.mode {
            LaunchMode::Gate => {
                if waits {
                    self.cancel(frame, track);
                }
                if state.row == Some(row) {
                    self.queue_stop_of(frame, track, Some(&clip));
                }
            }
            LaunchMode::Repeat if waits && state.row == Some(row) => self.cancel(frame, track),
            _ => {}
        }
    }

    /// Forget what a track waits to do.
    pub(super) fn cancel(&mut self, frame: u64, track: usize) {
        let Some(state) = self.launch.get(track) else { return };
        if state.recording.is_some_and(|r| r.from.is_none()) {
            self.recorded(track, Pos(0), frame);
        }
        if self.launch[track].queued.take().is_some() {
            self.emit(EngineEvent::Cancelled { node: track as u16, frame });
        }
    }

    /// Stop a track on the song's grid.
    pub(super) fn queue_stop(&mut self, frame: u64, track: usize) {
        self.queue_stop_of(frame, track, None);
    }

    fn queue_stop_of(&mut self, frame: u64, track: usize, clip: Option<&ClipPlan>) {
        if track >= self.launch.len() {
            return;
        }
        if self.playing {
            let now = self.clock.pos_at(frame);
            let at = self.line(now, clip, self.grace());
            self.queue(frame, track, Queued { at, what: Launch::Stop });
        } else {
            self.launch[track].overridden = true;
            if self.launch[track].row.take().is_some() {
                self.emit(EngineEvent::ClipStopped { node: track as u16, frame });
            }
        }
    }

    fn queue(&mut self, frame: u64, track: usize, queued: Queued) {
        self.launch[track].queued = Some(queued);
        let row = queued.what.row();
        self.emit(EngineEvent::Queued { node: track as u16, row, frame });
    }

    /// The grace as a stretch of music at the present tempo.
    fn grace(&self) -> Pos {
        let beats =
            f64::from(self.grace_frames) / f64::from(self.rate) * self.clock.bpm().get() / 60.0;
        Pos((beats * Pos::from(Ticks(PPQ)).0 as f64) as i64)
    }

    pub(super) fn launch_scene(&mut self, frame: u64, row: u16) {
        let now = self.launch_pos(frame);
        let grace = self.grace();
        for track in 0..self.launch.len() {
            let slot =
                self.nodes[track].as_deref().and_then(|n| n.clips.slots.get(usize::from(row)));
            let Some(slot) = slot else { continue };
            let (clip, stop) = (slot.clip.clone(), slot.stop);
            if let Some(clip) = clip {
                let at = self.line(now, Some(&clip), grace);
                self.queue(frame, track, Queued { at, what: Launch::Play { row, level: 1.0 } });
            } else if stop {
                self.queue_stop(frame, track);
            }
        }
        if let Some(scene) = self.song.scenes.get(usize::from(row)).copied()
            && (scene.tempo.is_some() || scene.signature.is_some())
        {
            // Neither tempo nor signature can be taken back to a line already passed.
            let at = self.line(now, None, grace).max(now);
            self.scene_turn =
                Some(SceneTurn { at, tempo: scene.tempo, signature: scene.signature });
        }
    }

    /// A queued launch or stop has reached its boundary.
    pub(super) fn switch(&mut self, track: usize, queued: Queued, at: Pos, frame: u64) {
        let before = self.launch[track];
        self.launch[track].queued = None;
        self.launch[track].fill = None;
        self.launch[track].overridden = true;
        if queued.what != Launch::Stop {
            self.clip_starts(track, frame);
        }
        self.release_lane(track);
        match queued.what {
            Launch::Fill { row, level, end } => {
                let back = self.back(track, before);
                let Some(clip) = self.slot_clip(track, row) else { return };
                let origin = queued.at.min(at);
                self.play(track, clip, row, origin, at, level, frame);
                self.launch[track].follow = None;
                self.launch[track].fill = Some(Fill { end, back });
            }
            Launch::Play { row, level } => {
                let Some(clip) = self.slot_clip(track, row) else { return };
                let Some(node) = &mut self.nodes[track] else { return };
                let legato = clip.launch.legato.then(|| node.player.origin()).flatten();
                // A clip shorter than what has passed, played once, would be over: it starts anew.
                let goes_on =
                    |from: &Pos| clip.loop_start.is_some() || at - *from < clip.pass_length(0);
                let origin = legato.filter(goes_on).unwrap_or(queued.at.min(at));
                let again = self.repeats(track, row, &clip, at);
                self.play(track, clip, row, origin, at, level, frame);
                match self.launch[track].recording {
                    Some(r) if r.row == row => self.recording_begins(track, row, origin, frame),
                    Some(_) => self.recorded(track, at, frame),
                    None => {}
                }
                if let Some(at) = again {
                    self.queue(frame, track, Queued { at, what: queued.what });
                }
            }
            Launch::Stop => {
                self.recorded(track, at, frame);
                let old = self.nodes[track].as_mut().and_then(|n| n.player.stop());
                self.ended(track, old, frame);
            }
        }
    }

    /// Play a clip of the session from `at` on, its time 0 at `origin`.
    #[allow(clippy::too_many_arguments, reason = "each is a different thing, told by name")]
    fn play(
        &mut self,
        track: usize,
        clip: Arc<ClipPlan>,
        row: u16,
        origin: Pos,
        at: Pos,
        level: f32,
        frame: u64,
    ) {
        let follow = follow_after(&clip, origin, at);
        let Some(node) = &mut self.nodes[track] else { return };
        let old = node.player.start(clip, origin, at, Pos::MAX, level);
        if let Some(old) = &old {
            node.automate_lanes(&old.lanes, None);
        }
        self.discard(old);
        let state = &mut self.launch[track];
        (state.row, state.follow) = (Some(row), follow);
        self.emit(EngineEvent::ClipStarted { node: track as u16, row, frame });
    }

    /// What is to come back after a fill that starts now, on a track that was in the state `before`.
    fn back(&self, track: usize, before: TrackLaunch) -> Back {
        if let Some(fill) = before.fill {
            return fill.back;
        }
        let player = self.nodes[track].as_deref().map(|n| &n.player);
        match (before.row, player.and_then(|p| Some((p.origin()?, p.level()?)))) {
            (Some(row), Some((origin, level))) => Back::Clip { row, origin, level },
            _ if before.overridden => Back::Nothing,
            _ => Back::Arrangement,
        }
    }

    /// A fill has come to its end.
    pub(super) fn fill_ends(&mut self, track: usize, at: Pos, frame: u64) {
        let Some(fill) = self.launch[track].fill.take() else { return };
        if let Back::Clip { row, origin, level } = fill.back
            && let Some(clip) = self.slot_clip(track, row)
            && (clip.loop_start.is_some() || at - origin < clip.pass_length(0))
        {
            self.clip_starts(track, frame);
            return self.play(track, clip, row, origin, at, level, frame);
        }
        let old = self.nodes[track].as_mut().and_then(|n| n.player.stop());
        self.ended(track, old, frame);
        if fill.back == Back::Arrangement {
            self.launch[track].overridden = false;
            self.clip_starts(track, frame);
            self.find_place(track, at);
        }
    }

    /// Where a clip that repeats while its pad is held starts again.
    fn repeats(&self, track: usize, row: u16, clip: &ClipPlan, at: Pos) -> Option<Pos> {
        let held = self.launch[track].held == Some(row) && clip.launch.mode == LaunchMode::Repeat;
        let step = grid(Some(clip), &self.song, self.signature).filter(|_| held)?;
        let origin = self.metre.origin;
        Some(origin + (Pos(at.0 + 1) - origin).ceil_to(step))
    }

    /// The follow action of the clip that plays fires. Whatever was asked for by hand comes first.
    pub(super) fn follow(&mut self, track: usize, at: Pos, frame: u64) {
        let state = self.launch[track];
        self.launch[track].follow = None;
        let (Some(row), None) = (state.row, state.queued) else { return };
        let Some(node) = self.nodes[track].as_deref() else { return };
        let Some(clip) = node.player.clip().map(Arc::clone) else { return };
        let Some(action) = &clip.launch.follow else { return };
        self.launch[track].follows = state.follows.wrapping_add(1);
        let draws = [0, 1].map(|n| draw(node.player.seed(), clip.id.0, state.follows, n));
        let kind = pick(action, draws[0]);
        let jump = match kind {
            FollowKind::Jump(scene) => {
                self.song.scenes.iter().position(|s| s.id == scene).map(|row| row as u16)
            }
            _ => None,
        };
        match follow_to(kind, row, &node.clips.slots, jump, draws[1]) {
            Some(what) => {
                // Follow actions pass by the song's grid, but not a grid of the clip's own.
                let own = clip.launch.quantization.is_some();
                let at = if own { self.line(at, Some(&clip), Pos(0)) } else { at };
                self.queue(frame, track, Queued { at, what });
            }
            None => self.launch[track].follow = follow_again(&clip, at),
        }
    }
}

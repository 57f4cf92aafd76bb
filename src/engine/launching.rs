//! Launching: what presses, releases, boundaries and follow actions do to the tracks.

use std::sync::Arc;

use super::clock::Pos;
use super::launcher::{
    Launch, Queued, boundary, follow_after, follow_again, follow_to, grid, launch_level, pick,
};
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
        let at = boundary(now, grid(Some(&clip), &self.song), self.grace());
        let level = launch_level(&clip, velocity);
        self.queue(frame, track, Queued { at, what: Launch::Play { row, level } });
    }

    fn slot_clip(&self, track: usize, row: u16) -> Option<Arc<ClipPlan>> {
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
        if self.launch.get_mut(track).is_some_and(|state| state.queued.take().is_some()) {
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
            let at = boundary(now, grid(clip, &self.song), self.grace());
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
                let at = boundary(now, grid(Some(&clip), &self.song), grace);
                self.queue(frame, track, Queued { at, what: Launch::Play { row, level: 1.0 } });
            } else if stop {
                self.queue_stop(frame, track);
            }
        }
        if let Some((bpm, beats)) = self.song.scenes.get(usize::from(row)).and_then(|s| s.tempo) {
            // A tempo cannot be taken back to a line already passed.
            let at = boundary(now, grid(None, &self.song), grace).max(now);
            self.scene_tempo = Some((at, bpm, beats));
        }
    }

    /// A queued launch or stop has reached its boundary.
    pub(super) fn switch(&mut self, track: usize, queued: Queued, at: Pos, frame: u64) {
        self.launch[track].queued = None;
        self.launch[track].overridden = true;
        if matches!(queued.what, Launch::Play { .. }) {
            self.clip_starts(track, frame);
        }
        self.release_lane(track);
        match queued.what {
            Launch::Play { row, level } => {
                let Some(clip) = self.slot_clip(track, row) else { return };
                let Some(node) = &mut self.nodes[track] else { return };
                let legato = clip.launch.legato.then(|| node.player.origin()).flatten();
                // A clip shorter than what has passed, played once, would be over: it starts anew.
                let goes_on =
                    |from: &Pos| clip.loop_start.is_some() || at - *from < clip.pass_length(0);
                let origin = legato.filter(goes_on).unwrap_or(queued.at.min(at));
                let follow = follow_after(&clip, origin, at);
                let again = self.repeats(track, row, &clip, at);
                let Some(node) = &mut self.nodes[track] else { return };
                let old = node.player.start(clip, origin, at, Pos::MAX, level);
                if let Some(old) = &old {
                    node.automate_lanes(&old.lanes, None);
                }
                self.discard(old);
                let state = &mut self.launch[track];
                (state.row, state.follow) = (Some(row), follow);
                self.emit(EngineEvent::ClipStarted { node: track as u16, row, frame });
                if let Some(at) = again {
                    self.queue(frame, track, Queued { at, what: queued.what });
                }
            }
            Launch::Stop => {
                let old = self.nodes[track].as_mut().and_then(|n| n.player.stop());
                self.ended(track, old, frame);
            }
        }
    }

    /// Where a clip that repeats while its pad is held starts again.
    fn repeats(&self, track: usize, row: u16, clip: &ClipPlan, at: Pos) -> Option<Pos> {
        let held = self.launch[track].held == Some(row) && clip.launch.mode == LaunchMode::Repeat;
        let step = grid(Some(clip), &self.song).filter(|_| held)?;
        Some(Pos(at.0 + 1).ceil_to(step))
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
                let step = clip.launch.quantization.and_then(|_| grid(Some(&clip), &self.song));
                self.queue(frame, track, Queued { at: boundary(at, step, Pos(0)), what });
            }
            None => self.launch[track].follow = follow_again(&clip, at),
        }
    }
}

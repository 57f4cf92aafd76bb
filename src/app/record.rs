//! Notes played into a clip: heard again as soon as they are played, one step to undo at the end.

use std::sync::Arc;

use bevy_ecs::world::World;

use crate::engine::protocol::Pos;
use crate::model::action::Span;
use crate::model::clip::{Clip, ClipContent, LoopBrace, MidiClip, Note};
use crate::model::ids::{ClipId, NoteId, SceneId, TrackId};
use crate::model::launch::{LaunchSettings, Quantization};
use crate::model::project::Song;
use crate::model::scene::{Scene, Slot};
use crate::model::time::{PPQ, Ticks};
use crate::model::track::TrackKind;
use crate::session::document::{Clips, Name, part};
use crate::session::edit::{ClipSet, Edit};
use crate::session::history::{Outcome, Request, perform};
use crate::session::ids::FreshIds;

/// Bars that an open recording may have; it ends where it is ended.
const OPEN_BARS: i64 = 4096;

/// How recordings are made, until a setting or an action says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Grid that starts of notes are moved to.
    pub grid: Option<Quantization>,
    /// How long one into an empty slot lasts; `None` until it is ended.
    pub length: Option<Span>,
    /// The length that a controller's key turns on.
    pub fixed: Span,
    /// Bars clicked before one that starts the transport.
    pub count_in: u8,
}

impl Default for Manner {
    /// As played, until it is ended; a key for a fixed length gives one bar.
    fn default() -> Self {
        Manner { grid: None, length: None, fixed: Span::Bars(1), count_in: 0 }
    }
}

/// A recording in progress.
#[derive(Debug)]
pub struct Recording {
    /// Where.
    pub scene: SceneId,
    clip: ClipId,
    /// What was there before, to come back if the recording is undone.
    before: Option<Clip>,
    /// A new clip whose length is found when it ends.
    open: bool,
    /// Its clip's time 0; `None` until it has begun.
    from: Option<Pos>,
    /// Keys held down: pitch, velocity, where.
    held: Vec<(u8, u8, Pos)>,
    /// Grid that starts of notes are moved to.
    quantize: Option<Quantization>,
}

/// Prepare a slot for a recording: a new clip, or the notes that are in it stay and are dubbed over.
///
/// # Errors
/// A track that has no notes, a slot with audio.
pub fn begin(
    world: &mut World,
    track: TrackId,
    scene: SceneId,
    length: Option<Ticks>,
    quantize: Option<Quantization>,
) -> Result<Recording, String> {
    let kind = part::<TrackKind>(world, track).map_err(|e| e.to_string())?;
    if !matches!(kind, TrackKind::Instrument(_) | TrackKind::Drums(_)) {
        return Err("only tracks that play notes can be recorded into".to_owned());
    }
    let slot = part::<Scene>(world, scene).map_err(|e| e.to_string())?.slots.get(&track).copied();
    let there = slot.and_then(|s| s.clip).and_then(|id| part::<Clip>(world, id).ok()).cloned();
    if let Some(clip) = there {
        if clip.midi().is_none() {
            return Err(format!("“{}” holds audio; record into an empty slot", clip.name));
        }
        let (from, held) = (None, Vec::new());
        let (id, before, open) = (clip.id, Some(clip), false);
        return Ok(Recording { scene, clip: id, before, open, from, held, quantize });
    }
    let signature = world.resource::<Song>().signature;
    let long = length.unwrap_or(Ticks(signature.bar().0 * OPEN_BARS));
    let mut ids = FreshIds::of(world);
    let clip = Clip {
        id: ids.fresh(),
        name: part::<Name>(world, track).map_err(|e| e.to_string())?.0.clone(),
        color: None,
        length: long,
        loop_brace: Some(LoopBrace { start: Ticks::ZERO, end: long }),
        launch: LaunchSettings::default(),
        groove: None,
        muted: false,
        content: ClipContent::Midi(MidiClip::default()),
        automation: Vec::new(),
    };
    let (id, open) = (clip.id, length.is_none());
    let edit = insertion(world, track, scene, clip, ids)?;
    silently(world, edit)?;
    let (before, from, held) = (None, None, Vec::new());
    Ok(Recording { scene, clip: id, before, open, from, held, quantize })
}

fn insertion(
    world: &World,
    track: TrackId,
    scene: SceneId,
    clip: Clip,
    ids: FreshIds,
) -> Result<Edit, String> {
    let at = part::<Clips>(world, track).map_err(|e| e.to_string())?.0.len();
    let old = part::<Scene>(world, scene).map_err(|e| e.to_string())?.slots.get(&track).copied();
    let slot = Some(Slot { clip: Some(clip.id), ..old.unwrap_or_default() });
    Ok(Edit::Many(vec![
        ids.edit(),
        Edit::InsertClip { track, at, clip: Box::new(clip) },
        Edit::Slot { scene, track, slot },
    ]))
}

fn silently(world: &mut World, edit: Edit) -> Result<(), String> {
    match perform(world, Request::Silent(edit)) {
        Outcome::Refused { error, .. } => Err(error.to_string()),
        _ => Ok(()),
    }
}

impl Recording {
    /// It has begun, its clip's time 0 at `from`.
    pub fn began(&mut self, from: Pos) {
        self.from = Some(from);
    }

    /// A key went down (velocity 1–127) or up (0) at `at`. Notes sound from the next time round on.
    ///
    /// # Errors
    /// A clip that is gone.
    pub fn played(
        &mut self,
        world: &mut World,
        pitch: u8,
        velocity: u8,
        at: Pos,
    ) -> Result<(), String> {
        let down = self.held.iter().position(|h| h.0 == pitch);
        if let Some(down) = down {
            let (pitch, velocity, start) = self.held.remove(down);
            self.add(world, pitch, velocity, start, at)?;
        }
        if velocity > 0 {
            self.held.push((pitch, velocity, at));
        }
        Ok(())
    }

    fn add(
        &self,
        world: &mut World,
        pitch: u8,
        velocity: u8,
        on: Pos,
        off: Pos,
    ) -> Result<(), String> {
        let Some(from) = self.from else { return Ok(()) };
        let clip = part::<Clip>(world, self.clip).map_err(|e| e.to_string())?;
        let Some(midi) = clip.midi() else { return Ok(()) };
        let ticks = |pos: Pos| (pos - from).ticks().round() as i64;
        // A key that was down a little before the start was meant for it; earlier ones were not.
        if ticks(on) < -PPQ / 4 {
            return Ok(());
        }
        let mut start = ticks(on).max(0);
        let length = (ticks(off) - start).max(1);
        let signature = world.resource::<Song>().signature;
        if let Some(step) = self.quantize.and_then(|q| q.step(signature)) {
            start = (start + step.0 / 2) / step.0 * step.0;
        }
        let (first, end) = match clip.loop_brace {
            Some(brace) => (brace.start.0, brace.end.0),
            None => (0, clip.length.0),
        };
        if start >= end {
            start = first + (start - first).rem_euclid((end - first).max(1));
        }
        let mut notes = midi.notes.to_vec();
        let id = NoteId(notes.iter().map(|n| n.id.0).max().unwrap_or(0) + 1);
        let note = Note {
            id,
            start: Ticks(start),
            length: Ticks(length.min((end - start).max(1))),
            pitch,
            velocity,
            probability: 100,
        };
        notes.push(note);
        notes.sort_by_key(Note::order);
        let content = ClipContent::Midi(MidiClip { notes: Arc::new(notes) });
        silently(world, Edit::Clip(self.clip, ClipSet::Content(Box::new(content))))
    }

    /// Give an open recording its length ahead of its end, so that it comes round without a gap.
    ///
    /// # Errors
    /// A clip that is gone.
    pub fn will_end(&mut self, world: &mut World, at: Pos) -> Result<(), String> {
        let Some(from) = self.from.filter(|_| self.open) else { return Ok(()) };
        let length = Ticks(((at - from).ticks().round() as i64).max(1));
        let brace = LoopBrace { start: Ticks::ZERO, end: length };
        silently(
            world,
            Edit::Many(vec![
                Edit::Clip(self.clip, ClipSet::Loop(Some(brace))),
                Edit::Clip(self.clip, ClipSet::Length(length)),
            ]),
        )
    }

    /// It was taken back before it began: the slot is as it was.
    ///
    /// # Errors
    /// A clip that is gone.
    pub fn cancelled(self, world: &mut World, track: TrackId) -> Result<(), String> {
        match self.before {
            Some(_) => Ok(()),
            None => self.empty(world, track),
        }
    }

    /// Take the new clip out of its slot.
    fn empty(&self, world: &mut World, track: TrackId) -> Result<(), String> {
        let scene = part::<Scene>(world, self.scene).map_err(|e| e.to_string())?;
        let slot = scene.slots.get(&track).map(|slot| Slot { clip: None, ..*slot });
        let slot = slot.filter(|slot| *slot != Slot::default());
        let empty = Edit::Slot { scene: self.scene, track, slot };
        silently(world, Edit::Many(vec![empty, Edit::RemoveClip(self.clip)]))
    }

    /// It has ended at `at`: what was recorded becomes one step that can be undone.
    ///
    /// # Errors
    /// A clip that is gone.
    pub fn ended(mut self, world: &mut World, track: TrackId, at: Pos) -> Result<Outcome, String> {
        for (pitch, velocity, on) in std::mem::take(&mut self.held) {
            self.add(world, pitch, velocity, on, at)?;
        }
        self.will_end(world, at)?;
        let clip = part::<Clip>(world, self.clip).map_err(|e| e.to_string())?.clone();
        // Back to what was there, and forward again in one step: the engine sees only where it ends.
        let step = match &self.before {
            Some(before) => {
                let back = ClipSet::Content(Box::new(before.content.clone()));
                silently(world, Edit::Clip(self.clip, back))?;
                Edit::Clip(self.clip, ClipSet::Content(Box::new(clip.content)))
            }
            None => {
                self.empty(world, track)?;
                insertion(world, track, self.scene, clip, FreshIds::of(world))?
            }
        };
        Ok(perform(world, Request::step("record", step)))
    }
}

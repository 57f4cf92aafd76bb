//! Actions on single notes, and several of them as one step.

use std::collections::BTreeSet;
use std::sync::Arc;

use bevy_ecs::world::World;

use super::{Act, ActError, find, resolve};
use crate::model::action::{Action, ClipRef, Position};
use crate::model::clip::{Clip, Note};
use crate::model::ids::{ClipId, NoteId};
use crate::model::time::Ticks;
use crate::session::document::part;
use crate::session::edit::Edit;

/// The edits of an action on a single note; `None` for any other.
pub(super) fn edits(world: &World, action: &Action) -> Result<Option<Vec<Edit>>, ActError> {
    let change = |clip: &ClipRef, pitch: u8, at: &Position, change: &dyn Fn(Note) -> Note| {
        let clip = find::clip(world, clip)?;
        let note = note_at(clip, pitch, find::place(world, at)?)?;
        let (remove, add) = (vec![note.id], vec![change(note)]);
        Ok::<_, ActError>(vec![Edit::Notes { clip: clip.id, remove, add }])
    };
    Ok(Some(match action {
        Action::NoteAdd { clip, pitch, at, length, velocity, chance } => {
            let clip = find::clip(world, clip)?;
            let signature = world.resource::<crate::model::project::Song>().signature;
            let note = Note {
                id: next_note(notes(clip)?),
                start: find::place(world, at)?,
                length: length.ticks(signature),
                pitch: *pitch,
                velocity: velocity.unwrap_or(100),
                probability: chance.unwrap_or(100),
            };
            vec![Edit::Notes { clip: clip.id, remove: Vec::new(), add: vec![note] }]
        }
        Action::NoteDelete { clip, pitch, at } => {
            let clip = find::clip(world, clip)?;
            let note = note_at(clip, *pitch, find::place(world, at)?)?;
            vec![Edit::Notes { clip: clip.id, remove: vec![note.id], add: Vec::new() }]
        }
        Action::NoteVelocity { clip, pitch, at, velocity } => {
            change(clip, *pitch, at, &|note| Note { velocity: *velocity, ..note })?
        }
        Action::NoteChance { clip, pitch, at, chance } => {
            change(clip, *pitch, at, &|note| Note { probability: *chance, ..note })?
        }
        Action::NoteMove { clip, pitch, at, to, place } => {
            let start = find::place(world, place)?;
            change(clip, *pitch, at, &|note| Note { pitch: *to, start, ..note })?
        }
        Action::NoteLength { clip, pitch, at, length } => {
            let signature = world.resource::<crate::model::project::Song>().signature;
            let length = length.ticks(signature);
            change(clip, *pitch, at, &|note| Note { length, ..note })?
        }
        _ => return Ok(None),
    }))
}

/// What several actions come to as one step called `name`. All of them are resolved in the document
/// as it is now, so each names a note where it stands before any of the others; where several of one
/// pitch start at one place, each action that names them has the next of them. Changes nothing.
///
/// # Errors
/// One that names what is not there, or that is no edit of the document: then none is done.
pub fn at_once(world: &World, name: &str, actions: &[Action]) -> Result<Act, ActError> {
    let mut step = Step { world, edits: Vec::new(), removed: BTreeSet::new(), fresh: 0 };
    for action in actions {
        match resolve(world, action)? {
            Act::Edit { edit, .. } => step.join(edit)?,
            Act::Perform(_) | Act::App(_) => {
                let sentence = format!("“{action}” is no change of the document");
                return Err(ActError::missing(sentence));
            }
        }
    }
    let mut edits = step.edits;
    let edit = if edits.len() == 1 { edits.remove(0) } else { Edit::Many(edits) };
    Ok(Act::Edit { name: name.to_owned(), edit })
}

/// Edits on their way to one step.
struct Step<'w> {
    world: &'w World,
    edits: Vec<Edit>,
    /// Notes that are taken out, or out and in again.
    removed: BTreeSet<(ClipId, NoteId)>,
    /// Notes that are new.
    fresh: u32,
}

impl Step<'_> {
    fn join(&mut self, edit: Edit) -> Result<(), ActError> {
        let Edit::Notes { clip: id, mut remove, mut add } = edit else {
            self.edits.push(edit);
            return Ok(());
        };
        let clip = part::<Clip>(self.world, id)?;
        for gone in &mut remove {
            let wanted = *gone;
            if self.removed.insert((id, wanted)) {
                continue;
            }
            let (of, twin) = self.twin(clip, wanted)?;
            self.removed.insert((id, twin.id));
            *gone = twin.id;
            add.iter_mut().filter(|n| n.id == wanted).for_each(|n| *n = likewise(of, *n, twin));
        }
        // Each action counts new ids from the document's highest: here they count on.
        for note in add.iter_mut().filter(|note| !remove.contains(&note.id)) {
            note.id = NoteId(note.id.0.saturating_add(self.fresh));
            self.fresh = self.fresh.saturating_add(1);
        }
        let joined = self.edits.iter_mut().find_map(|edit| match edit {
            Edit::Notes { clip, remove, add } if *clip == id => Some((remove, add)),
            _ => None,
        });
        match joined {
            Some((out, back)) => {
                out.append(&mut remove);
                back.append(&mut add);
            }
            None => self.edits.push(Edit::Notes { clip: id, remove, add }),
        }
        Ok(())
    }

    /// A note, and another of the same pitch and place that no action had yet.
    fn twin(&self, clip: &Clip, of: NoteId) -> Result<(Note, Note), ActError> {
        let all = notes(clip)?;
        let of = all.iter().find(|note| note.id == of).copied();
        let same = |note: &&Note| {
            of.is_some_and(|of| (note.pitch, note.start) == (of.pitch, of.start))
                && !self.removed.contains(&(clip.id, note.id))
        };
        let twice = || ActError::missing("a note can be changed only once in a step".to_owned());
        of.zip(all.iter().find(same).copied()).ok_or_else(twice)
    }
}

/// `twin` changed as `old` was to become `new`.
fn likewise(old: Note, new: Note, twin: Note) -> Note {
    fn changed<T: PartialEq>(old: T, new: T, twin: T) -> T {
        if old == new { twin } else { new }
    }
    Note {
        id: twin.id,
        start: changed(old.start, new.start, twin.start),
        length: changed(old.length, new.length, twin.length),
        pitch: changed(old.pitch, new.pitch, twin.pitch),
        velocity: changed(old.velocity, new.velocity, twin.velocity),
        probability: changed(old.probability, new.probability, twin.probability),
    }
}

/// A clip's notes.
pub(super) fn notes(clip: &Clip) -> Result<&Arc<Vec<Note>>, ActError> {
    let none = || ActError::missing(format!("“{}” holds audio, not notes", clip.name));
    Ok(&clip.midi().ok_or_else(none)?.notes)
}

/// The id after the highest.
pub(super) fn next_note(notes: &[Note]) -> NoteId {
    NoteId(notes.iter().map(|note| note.id.0).max().unwrap_or(0).saturating_add(1))
}

fn note_at(clip: &Clip, pitch: u8, start: Ticks) -> Result<Note, ActError> {
    let found = notes(clip)?.iter().find(|note| note.pitch == pitch && note.start == start);
    found.copied().ok_or_else(|| ActError::missing("no note of that pitch starts there".to_owned()))
}

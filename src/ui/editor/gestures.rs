//! Notes under the pointer: drawn, moved, made longer, framed, taken away.

use std::collections::{BTreeMap, BTreeSet};

use egui::{CursorIcon, Pos2, Rect, Response, Ui, pos2};

use super::Shown;
use super::lane;
use super::state::{Drag, EditorState};
use super::view::{self, View};
use crate::model::action::{Action, Position, Span};
use crate::model::clip::Note;
use crate::model::ids::NoteId;
use crate::model::time::Ticks;
use crate::ui::ask::Asks;

/// Width of the part of a note by which its end is taken, points.
const EDGE: f32 = 6.0;
/// Velocity of notes that are drawn.
const VELOCITY: u8 = 100;

/// Notes as they would be if what is dragged were let go now.
#[derive(Default)]
pub struct Changed {
    /// Notes that are other than in the clip, by their id.
    pub notes: BTreeMap<NoteId, Note>,
    /// Notes that are new.
    pub new: Vec<Note>,
    /// The frame that selects.
    pub frame: Option<Rect>,
}

/// The note under a place, and whether it is its end.
pub fn hit<'n>(notes: &'n [Note], view: &View, at: Pos2) -> Option<(&'n Note, bool)> {
    // The last drawn lies on top.
    let found = notes.iter().rev().find_map(|note| {
        let rect = view.note(note).filter(|rect| rect.contains(at))?;
        Some((note, rect))
    });
    let (note, rect) = found?;
    Some((note, at.x > rect.right() - EDGE.min(rect.width() / 3.0)))
}

fn note_at_grid(view: &View, step: i64, at: Pos2) -> Option<(u8, i64)> {
    let row = view.rows.get(view.row_at(at.y))?;
    Some((row.pitch, view::floor(view.ticks(at.x), step)))
}

/// The action that adds a note.
pub fn add(shown: &Shown, note: &Note) -> Action {
    Action::NoteAdd {
        clip: shown.at.clone(),
        pitch: note.pitch,
        at: Position::of(note.start, shown.signature),
        length: Span::of(note.length, shown.signature),
        velocity: Some(note.velocity),
        chance: Some(note.probability).filter(|chance| *chance != 100),
    }
}

/// The action that takes a note out.
pub fn delete(shown: &Shown, note: &Note) -> Action {
    let at = Position::of(note.start, shown.signature);
    Action::NoteDelete { clip: shown.at.clone(), pitch: note.pitch, at }
}

/// The action that makes `old` into `new`, which differ in one respect; `None` where they do not.
pub fn alter(shown: &Shown, old: &Note, new: &Note) -> Option<Action> {
    let (clip, pitch) = (shown.at.clone(), old.pitch);
    let at = Position::of(old.start, shown.signature);
    Some(if (old.pitch, old.start) != (new.pitch, new.start) {
        let place = Position::of(new.start, shown.signature);
        Action::NoteMove { clip, pitch, at, to: new.pitch, place }
    } else if old.length != new.length {
        let length = Span::of(new.length, shown.signature);
        Action::NoteLength { clip, pitch, at, length }
    } else if old.velocity != new.velocity {
        Action::NoteVelocity { clip, pitch, at, velocity: new.velocity }
    } else if old.probability != new.probability {
        Action::NoteChance { clip, pitch, at, chance: new.probability }
    } else {
        return None;
    })
}

/// The notes that are selected.
pub fn selected<'n>(notes: &'n [Note], state: &EditorState) -> Vec<&'n Note> {
    notes.iter().filter(|note| state.selected.contains(&note.id)).collect()
}

/// The ids that the next `count` new notes will have.
pub fn next_ids(notes: &[Note], count: usize) -> BTreeSet<NoteId> {
    let last = notes.iter().map(|note| note.id.0).max().unwrap_or(0);
    (1..).take(count).map(|n: u32| NoteId(last.saturating_add(n))).collect()
}

/// Notes moved by ticks and rows, all of them or none beyond an edge.
pub fn shifted(notes: &[&Note], view: &View, by: i64, rows: isize) -> Vec<Note> {
    let first = notes.iter().map(|note| note.start.0).min().unwrap_or(0);
    let last = notes.iter().map(|note| note.start.0).max().unwrap_or(0);
    let by = by.clamp(-first.max(0), (view::LAST - last).max(0));
    let at = |note: &Note| view.row_of(note.pitch).unwrap_or(0) as isize;
    let top = notes.iter().map(|note| at(note)).min().unwrap_or(0);
    let bottom = notes.iter().map(|note| at(note)).max().unwrap_or(0);
    let lowest = view.rows.len() as isize - 1 - bottom;
    let rows = rows.clamp(-top, lowest.max(-top));
    let moved = notes.iter().map(|note| {
        let row = usize::try_from(at(note) + rows).ok().and_then(|row| view.rows.get(row));
        let pitch = row.map_or(note.pitch, |row| row.pitch);
        Note { pitch, start: Ticks(note.start.0 + by), ..**note }
    });
    moved.collect()
}

/// Notes longer or shorter by ticks; none gets shorter than `least`, or than it was.
pub fn stretched(notes: &[&Note], by: i64, least: i64) -> Vec<Note> {
    let long = |note: &Note| {
        let least = least.min(note.length.0).max(1);
        Ticks((note.length.0 + by).clamp(least, view::LAST))
    };
    notes.iter().map(|note| Note { length: long(note), ..**note }).collect()
}

/// Take in what the pointer does in the roll.
#[allow(clippy::too_many_arguments, reason = "each is another thing, and none belongs together")]
pub fn handle(
    ui: &Ui,
    response: &Response,
    shown: &Shown,
    notes: &[Note],
    view: &View,
    step: i64,
    state: &mut EditorState,
    asks: &mut Asks,
) {
    let (shift, command) = ui.input(|i| (i.modifiers.shift, i.modifiers.command));
    if let Some(at) = response.hover_pos() {
        let icon = match hit(notes, view, at) {
            Some((_, true)) => CursorIcon::ResizeHorizontal,
            None if state.draw => CursorIcon::Crosshair,
            _ => CursorIcon::Default,
        };
        ui.ctx().set_cursor_icon(icon);
    }
    let at = response.interact_pointer_pos();
    if response.double_clicked() {
        if let Some(at) = at.filter(|_| !state.draw) {
            twice(shown, notes, view, step, at, state, asks);
        }
    } else if response.clicked()
        && let Some(at) = at
    {
        match hit(notes, view, at) {
            Some((note, _)) if state.draw => asks.act(delete(shown, note)),
            Some((note, _)) => {
                let more = shift || command;
                if !more {
                    state.selected.clear();
                }
                if !state.selected.insert(note.id) && more {
                    state.selected.remove(&note.id);
                }
            }
            None if state.draw => pen(shown, notes, view, step, at, state, asks),
            None => {
                state.selected.clear();
                state.cursor = Ticks(view::floor(view.ticks(at.x), step));
            }
        }
    }
    if response.drag_started_by(egui::PointerButton::Primary) {
        let origin = ui.input(|i| i.pointer.press_origin());
        if let Some(origin) = origin.or(at) {
            begin(notes, view, step, origin, shift || command, state);
        }
    }
    if let (Some(Drag::Draw { starts, .. }), Some(at)) = (&mut state.drag, at) {
        starts.insert(view::floor(view.ticks(at.x), step).min(view::LAST));
    }
    if response.drag_stopped() {
        let changed = preview(ui, notes, view, step, state);
        finish(shown, notes, changed, command, state, asks);
    }
}

/// A double click: away with the note, or a new one.
fn twice(
    shown: &Shown,
    notes: &[Note],
    view: &View,
    step: i64,
    at: Pos2,
    state: &mut EditorState,
    asks: &mut Asks,
) {
    match hit(notes, view, at) {
        Some((note, _)) => asks.act(delete(shown, note)),
        None => pen(shown, notes, view, step, at, state, asks),
    }
}

/// Draw one note.
fn pen(
    shown: &Shown,
    notes: &[Note],
    view: &View,
    step: i64,
    at: Pos2,
    state: &mut EditorState,
    asks: &mut Asks,
) {
    let Some((pitch, start)) = note_at_grid(view, step, at) else { return };
    asks.act(add(shown, &drawn(pitch, start.min(view::LAST), step)));
    state.selected = next_ids(notes, 1);
}

fn drawn(pitch: u8, start: i64, step: i64) -> Note {
    Note {
        id: NoteId(0),
        start: Ticks(start),
        length: Ticks(step.max(1)),
        pitch,
        velocity: VELOCITY,
        probability: 100,
    }
}

fn begin(
    notes: &[Note],
    view: &View,
    step: i64,
    origin: Pos2,
    more: bool,
    state: &mut EditorState,
) {
    let at = view.ticks(origin.x);
    state.drag = match hit(notes, view, origin) {
        Some((note, end)) => {
            if !state.selected.contains(&note.id) {
                if !more {
                    state.selected.clear();
                }
                state.selected.insert(note.id);
            }
            let (held, row) = (note.id, view.row_at(origin.y));
            Some(if end { Drag::Resize { held, at } } else { Drag::Move { held, at, row } })
        }
        None if state.draw => note_at_grid(view, step, origin)
            .map(|(pitch, start)| Drag::Draw { pitch, starts: [start.min(view::LAST)].into() }),
        None => {
            let kept = if more { state.selected.clone() } else { BTreeSet::new() };
            Some(Drag::Marquee { at, down: view.down(origin.y), kept })
        }
    };
}

/// What letting go now would change.
pub fn preview(
    ui: &Ui,
    notes: &[Note],
    view: &View,
    step: i64,
    state: &mut EditorState,
) -> Changed {
    let mut changed = Changed::default();
    let (pointer, free) = ui.input(|i| (i.pointer.latest_pos(), i.modifiers.alt));
    let Some(pointer) = pointer else { return changed };
    let held = |id: &NoteId| notes.iter().find(|note| note.id == *id);
    let now = view.ticks(pointer.x);
    let snapped = |to: i64| if free { to } else { view::nearest(to, step) };
    let all = selected(notes, state);
    let moved = match &state.drag {
        Some(Drag::Move { held: id, at, row }) => {
            let Some(note) = held(id) else { return changed };
            let to = note.start.0 + now - at;
            // Up and down alone leaves a note where it is in time, on the grid or not.
            let still = view.x(now) - view.x(*at);
            let by = if still.abs() < 4.0 { 0 } else { snapped(to) - note.start.0 };
            let rows = view.row_at(pointer.y) as isize - *row as isize;
            shifted(&all, view, by, rows)
        }
        Some(Drag::Resize { held: id, at }) => {
            let Some(note) = held(id) else { return changed };
            let end = (note.start + note.length).0;
            stretched(&all, snapped(end + now - at) - end, if free { 1 } else { step })
        }
        Some(Drag::Marquee { at, down, kept }) => {
            let corner = pos2(view.x(*at), view.roll.top() + down - view.down(view.roll.top()));
            let frame = Rect::from_two_pos(corner, pointer);
            changed.frame = Some(frame);
            let inside = |note: &&Note| view.note(note).is_some_and(|rect| rect.intersects(frame));
            let inside = notes.iter().filter(inside).map(|note| note.id);
            state.selected = inside.chain(kept.iter().copied()).collect();
            return changed;
        }
        Some(Drag::Draw { pitch, starts }) => {
            changed.new = starts.iter().map(|start| drawn(*pitch, *start, step)).collect();
            return changed;
        }
        _ => {
            lane::preview(ui, notes, view, state, &mut changed);
            return changed;
        }
    };
    let differs = |note: &Note| held(&note.id).is_some_and(|old| old != note);
    changed.notes = moved.into_iter().filter(differs).map(|note| (note.id, note)).collect();
    changed
}

fn finish(
    shown: &Shown,
    notes: &[Note],
    changed: Changed,
    copies: bool,
    state: &mut EditorState,
    asks: &mut Asks,
) {
    let drag = match &state.drag {
        // What the lanes drag is theirs to finish.
        Some(Drag::Values { .. } | Drag::DrawValues(_) | Drag::Point { .. }) | None => return,
        Some(_) => state.drag.take(),
    };
    match drag {
        Some(Drag::Move { .. }) if copies => {
            put(shown, notes, changed.notes.values(), "Copy notes", state, asks);
        }
        Some(Drag::Move { .. }) => apply(shown, notes, &changed, "Move notes", asks),
        Some(Drag::Resize { .. }) => apply(shown, notes, &changed, "Set lengths of notes", asks),
        Some(Drag::Draw { pitch, .. }) => {
            let there = |new: &&Note| {
                notes.iter().any(|note| note.pitch == pitch && note.start == new.start)
            };
            let new = changed.new.iter().filter(|note| !there(note));
            put(shown, notes, new, "Draw notes", state, asks);
        }
        _ => {}
    }
}

/// Ask for notes to become what they are in `changed`.
pub fn apply(
    shown: &Shown,
    notes: &[Note],
    changed: &Changed,
    name: &'static str,
    asks: &mut Asks,
) {
    let old = notes.iter().filter_map(|note| Some((note, changed.notes.get(&note.id)?)));
    asks.at_once(name, old.filter_map(|(old, new)| alter(shown, old, new)).collect());
}

/// Ask for new notes, and select them.
pub fn put<'n>(
    shown: &Shown,
    notes: &[Note],
    new: impl Iterator<Item = &'n Note>,
    name: &'static str,
    state: &mut EditorState,
    asks: &mut Asks,
) {
    let actions: Vec<Action> = new.map(|note| add(shown, note)).collect();
    state.selected = next_ids(notes, actions.len());
    asks.at_once(name, actions);
}

//! The grid by keyboard: arrows move the focus, Enter launches, Shift and Enter launch the scene.

use egui::{Key, Ui};

use super::{Column, menus, selection};
use crate::model::action::{Action, Switch};
use crate::model::ids::StripId;
use crate::ui::ask::{self, Asks};
use crate::ui::keys::{self, Does};
use crate::ui::seen::Seen;
use crate::ui::state::{Cell, UiState};

/// Where a cell lies: heads are above row 0, scenes right of the last column.
fn place(seen: &Seen, columns: &[Column], cell: Cell) -> Option<(usize, Option<usize>)> {
    let row = |id| seen.order.scenes.iter().position(|s| *s == id);
    let column = |id| columns.iter().position(|c| c.id == id);
    Some(match cell {
        Cell::Slot(track, scene) => (column(track)?, Some(row(scene)?)),
        Cell::Head(track) => (column(track)?, None),
        Cell::Scene(scene) => (columns.len(), Some(row(scene)?)),
    })
}

fn cell(seen: &Seen, columns: &[Column], column: usize, row: Option<usize>) -> Option<Cell> {
    let scene = row.and_then(|row| seen.order.scenes.get(row).copied());
    match (columns.get(column), scene) {
        (Some(column), Some(scene)) => Some(Cell::Slot(column.id, scene)),
        (Some(column), None) => Some(Cell::Head(column.id)),
        (None, Some(scene)) => Some(Cell::Scene(scene)),
        (None, None) => None,
    }
}

/// The cell one step from `from`; the same at an edge.
fn step(seen: &Seen, columns: &[Column], from: Cell, key: Key) -> Option<Cell> {
    let (column, row) = place(seen, columns, from)?;
    let rows = seen.order.scenes.len();
    let (column, row) = match key {
        Key::ArrowLeft => (column.checked_sub(1)?, row),
        Key::ArrowRight => (column + 1, row),
        Key::ArrowUp => (column, row?.checked_sub(1)),
        Key::ArrowDown => (column, Some(row.map_or(0, |row| row + 1)).filter(|r| *r < rows)),
        _ => return None,
    };
    if key == Key::ArrowDown && row.is_none() {
        return None;
    }
    cell(seen, columns, column, row)
}

/// Whether a shortcut is the grid's.
pub fn owns(does: Does) -> bool {
    use Does::*;
    matches!(
        does,
        Walk | Launch
            | Scene
            | Rename
            | Delete
            | Duplicate
            | Copy
            | Cut
            | Paste
            | All
            | Insert
            | Capture
            | Mute
            | Solo
            | Arm
            | Stop
            | Edit
    )
}

pub(super) fn handle(
    ui: &Ui,
    seen: &Seen,
    state: &mut UiState,
    columns: &[Column],
    asks: &mut Asks,
) {
    for (does, key) in keys::pressed(ui, owns) {
        match (does, state.grid.focus) {
            (Does::Walk, focus) => {
                let next = match focus {
                    Some(from) => step(seen, columns, from, key),
                    None => {
                        cell(seen, columns, 0, Some(0)).or_else(|| cell(seen, columns, 0, None))
                    }
                };
                if let Some(next) = next {
                    state.grid.focus = Some(next);
                    state.grid.selected = [next].into();
                    state.grid.follow = true;
                }
            }
            (Does::All, _) => {
                state.grid.selected = selection::clips(seen, columns).collect();
            }
            (Does::Capture, focus) => selection::capture(seen, focus, asks),
            (Does::Insert, focus) if !state.stage => selection::insert(seen, focus, asks),
            (_, Some(focus)) => one(does, focus, seen, state, columns, asks),
            (_, None) => {}
        }
    }
}

/// Do something with the cell that the keyboard is at.
fn one(
    does: Does,
    focus: Cell,
    seen: &Seen,
    state: &mut UiState,
    columns: &[Column],
    asks: &mut Asks,
) {
    let track = match focus {
        Cell::Slot(track, _) | Cell::Head(track) => Some(track),
        Cell::Scene(_) => None,
    };
    match (does, focus) {
        (Does::Launch | Does::Scene, Cell::Scene(scene)) | (Does::Scene, Cell::Slot(_, scene)) => {
            asks.act(Action::LaunchScene { scene: ask::scene(scene) });
        }
        (Does::Launch, Cell::Slot(track, id)) => {
            let Some(scene) = seen.scene(id) else { return };
            let slot = seen.slot(track, scene);
            if slot.clip.is_some() || slot.stop_button {
                asks.launch(ask::slot(track, id), slot.clip.is_some(), track);
            }
        }
        (Does::Edit, cell) if !state.stage => menus::edit(seen, state, cell),
        (Does::Rename, cell) if !state.stage => menus::rename(seen, state, cell),
        (Does::Delete, cell) if !state.stage => selection::delete(seen, state, cell, asks),
        (Does::Duplicate, cell) if !state.stage => menus::duplicate(seen, cell, asks),
        (Does::Copy, cell) => selection::copy(seen, state, cell, false),
        (Does::Cut, cell) if !state.stage => selection::copy(seen, state, cell, true),
        (Does::Paste, cell) if !state.stage => {
            selection::paste(seen, state, columns, cell, asks);
        }
        _ => {}
    }
    let Some(track) = track else { return };
    let (strip, switch) = (ask::strip(StripId::Track(track)), Switch::Toggle);
    match does {
        Does::Mute => asks.act(Action::Mute { strip, switch }),
        Does::Solo => asks.act(Action::Solo { strip, switch }),
        Does::Arm => asks.arm(track),
        Does::Stop => asks.act(Action::StopTrack { track: ask::track(track) }),
        _ => {}
    }
}

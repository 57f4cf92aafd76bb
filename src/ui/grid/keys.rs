//! The grid by keyboard: arrows move the focus, Enter launches, Shift and Enter launch the scene.

use egui::{Key, Modifiers, Ui};

use super::Column;
use crate::ui::ask::{self, Asks};
use crate::ui::seen::Seen;
use crate::ui::state::{Cell, UiState};
use crate::model::action::Action;

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

pub(super) fn handle(
    ui: &Ui,
    seen: &Seen,
    state: &mut UiState,
    columns: &[Column],
    asks: &mut Asks,
) {
    // What is written in a field belongs to the field.
    if ui.ctx().memory(|m| m.focused().is_some()) {
        return;
    }
    for key in [Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown] {
        if !ui.input_mut(|i| i.consume_key(Modifiers::NONE, key)) {
            continue;
        }
        let next = match state.grid.focus {
            Some(from) => step(seen, columns, from, key),
            None => cell(seen, columns, 0, Some(0)).or_else(|| cell(seen, columns, 0, None)),
        };
        if let Some(next) = next {
            state.grid.focus = Some(next);
            state.grid.selected = [next].into();
            state.grid.follow = true;
        }
    }
    let Some(focus) = state.grid.focus else { return };
    if ui.input_mut(|i| i.consume_key(Modifiers::SHIFT, Key::Enter)) {
        if let Cell::Slot(_, scene) | Cell::Scene(scene) = focus {
            asks.act(Action::LaunchScene { scene: ask::scene(scene) });
        }
    } else if ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Enter)) {
        match focus {
            Cell::Slot(track, id) => {
                let Some(scene) = seen.scene(id) else { return };
                let slot = seen.slot(track, scene);
                if slot.clip.is_some() || slot.stop_button {
                    asks.launch(ask::slot(track, id), slot.clip.is_some(), track);
                }
            }
            Cell::Scene(scene) => asks.act(Action::LaunchScene { scene: ask::scene(scene) }),
            Cell::Head(_) => {}
        }
    }
}

//! Several cells at once: selected, copied, moved, deleted, each as one step to undo.

use std::collections::BTreeSet;

use egui::Ui;

use super::{Column, menus};
use crate::model::action::Action;
use crate::model::ids::{ClipId, SceneId, TrackId};
use crate::ui::ask::{self, Asks};
use crate::ui::seen::Seen;
use crate::ui::state::{Cell, Clipboard, UiState};

/// A slot.
type Place = (TrackId, SceneId);

/// The clip in a slot.
fn clip(seen: &Seen, (track, scene): Place) -> Option<ClipId> {
    seen.slot(track, seen.scene(scene)?).clip
}

/// Every slot of these columns that has a clip.
pub(super) fn clips<'a>(
    seen: &'a Seen,
    columns: &'a [Column],
) -> impl Iterator<Item = Cell> + use<'a> {
    columns.iter().flat_map(|column| {
        let slots = seen.order.scenes.iter().map(|scene| (column.id, *scene));
        slots.filter(|at| clip(seen, *at).is_some()).map(|(t, s)| Cell::Slot(t, s))
    })
}

/// What is meant when something is done at `here`: all that is selected, if it is among that.
fn meant(state: &UiState, here: Cell) -> Vec<Cell> {
    match state.grid.selected.contains(&here) {
        true => state.grid.selected.iter().copied().collect(),
        false => vec![here],
    }
}

/// The slots among `cells` that have clips, in the order of scenes.
fn filled(seen: &Seen, cells: &[Cell]) -> Vec<Place> {
    let slots = cells.iter().filter_map(|cell| match cell {
        Cell::Slot(track, scene) => Some((*track, *scene)),
        _ => None,
    });
    let mut slots: Vec<Place> = slots.filter(|at| clip(seen, *at).is_some()).collect();
    slots.sort_by_key(|(_, scene)| row(seen, *scene));
    slots
}

fn row(seen: &Seen, id: SceneId) -> Option<usize> {
    seen.order.scenes.iter().position(|scene| *scene == id)
}

/// Select what was clicked: it alone, with Ctrl it too, with Shift all cells up to it.
pub(super) fn select(ui: &Ui, seen: &Seen, state: &mut UiState, columns: &[Column], here: Cell) {
    let (more, range) = ui.input(|i| (i.modifiers.command, i.modifiers.shift));
    let from = state.grid.anchor.filter(|_| range);
    let selected = &mut state.grid.selected;
    if let Some(from) = from {
        *selected = between(seen, columns, from, here);
        return;
    }
    if !more {
        selected.clear();
    }
    if !selected.remove(&here) {
        selected.insert(here);
    }
    state.grid.anchor = Some(here);
}

/// The slots of the rectangle that has these two in its corners; scenes and heads with their like.
pub(super) fn between(seen: &Seen, columns: &[Column], from: Cell, to: Cell) -> BTreeSet<Cell> {
    let column = |id: TrackId| columns.iter().position(|c| c.id == id);
    let span = |a: Option<usize>, b: Option<usize>| match (a, b) {
        (Some(a), Some(b)) => a.min(b)..=a.max(b),
        #[allow(clippy::reversed_empty_ranges, reason = "what is gone has nothing between")]
        _ => 1..=0,
    };
    match (from, to) {
        (Cell::Slot(t0, s0), Cell::Slot(t1, s1)) => {
            let rows = span(row(seen, s0), row(seen, s1));
            let columns = span(column(t0), column(t1)).filter_map(|c| columns.get(c));
            columns
                .flat_map(|column| {
                    let scenes = rows.clone().filter_map(|row| seen.order.scenes.get(row));
                    scenes.map(|scene| Cell::Slot(column.id, *scene))
                })
                .collect()
        }
        (Cell::Scene(a), Cell::Scene(b)) => span(row(seen, a), row(seen, b))
            .filter_map(|row| seen.order.scenes.get(row).map(|scene| Cell::Scene(*scene)))
            .collect(),
        (Cell::Head(a), Cell::Head(b)) => span(column(a), column(b))
            .filter_map(|at| columns.get(at).map(|column| Cell::Head(column.id)))
            .collect(),
        _ => [to].into(),
    }
}

/// Take away all that is meant.
pub(super) fn delete(seen: &Seen, state: &mut UiState, here: Cell, asks: &mut Asks) {
    let cells = meant(state, here);
    let actions: Vec<_> = cells.iter().filter_map(|cell| menus::deletion(seen, *cell)).collect();
    asks.together("Delete", actions);
    state.grid.selected.clear();
}

/// Remember the clips that are meant.
pub(super) fn copy(seen: &Seen, state: &mut UiState, here: Cell, cut: bool) {
    let slots = filled(seen, &meant(state, here));
    if !slots.is_empty() {
        state.grid.clipboard = Clipboard { slots, cut };
    }
}

/// Put what was copied where the keyboard is, as it stood.
pub(super) fn paste(
    seen: &Seen,
    state: &mut UiState,
    columns: &[Column],
    here: Cell,
    asks: &mut Asks,
) {
    let Clipboard { slots, cut } = state.grid.clipboard.clone();
    let slots: Vec<Place> = slots.into_iter().filter(|at| clip(seen, *at).is_some()).collect();
    // A scene's cell takes clips back to their own tracks.
    let first = match here {
        Cell::Slot(track, scene) => Some((Some(track), scene)),
        Cell::Scene(scene) => Some((None, scene)),
        Cell::Head(_) => None,
    };
    let Some((track, scene)) = first else { return };
    let place = |at: &Place| Some((columns.iter().position(|c| c.id == at.0)?, row(seen, at.1)?));
    let Some(top) = slots.iter().filter_map(|at| row(seen, at.1)).min() else { return };
    let left = slots.iter().filter_map(place).map(|(column, _)| column).min().unwrap_or(0);
    let Some(to_row) = row(seen, scene) else { return };
    let to_column = match track {
        Some(track) => columns.iter().position(|c| c.id == track),
        None => Some(left),
    };
    let Some(to_column) = to_column else { return };
    let by = (to_column as isize - left as isize, to_row as isize - top as isize);
    let moved = transfer(seen, columns, &slots, by, !cut);
    if moved.is_empty() {
        return;
    }
    state.grid.selected = moved.iter().map(|(_, (t, s))| Cell::Slot(*t, *s)).collect();
    asks.together(if cut { "Move clips" } else { "Paste clips" }, actions(&moved, !cut));
    if cut {
        state.grid.clipboard = Clipboard::default();
    }
}

/// Where clips come to lie when they are moved by columns and rows; without those that would leave the
/// grid. Ordered so that none is written over before it has moved.
pub(super) fn transfer(
    seen: &Seen,
    columns: &[Column],
    slots: &[Place],
    (right, down): (isize, isize),
    copies: bool,
) -> Vec<(Place, Place)> {
    if (right, down) == (0, 0) && !copies {
        return Vec::new();
    }
    let mut moved: Vec<(usize, usize, (Place, Place))> = slots
        .iter()
        .filter_map(|at| {
            let column = columns.iter().position(|c| c.id == at.0)?;
            let row = row(seen, at.1)?;
            let track = columns.get(column.checked_add_signed(right)?)?.id;
            let scene = *seen.order.scenes.get(row.checked_add_signed(down)?)?;
            ((track, scene) != *at).then_some((column, row, (*at, (track, scene))))
        })
        .collect();
    moved.sort_by_key(|(column, row, _)| (*row, *column));
    // Downwards and to the right the last go first.
    if down > 0 || (down == 0 && right > 0) {
        moved.reverse();
    }
    moved.into_iter().map(|(.., way)| way).collect()
}

/// The actions that move or copy clips so.
pub(super) fn actions(moved: &[(Place, Place)], copies: bool) -> Vec<Action> {
    let action = |((track, scene), (to, row)): &(Place, Place)| {
        let (clip, track, scene) = (ask::slot(*track, *scene), ask::track(*to), ask::scene(*row));
        match copies {
            true => Action::ClipCopyTo { clip, track, scene },
            false => Action::ClipMoveTo { clip, track, scene },
        }
    };
    moved.iter().map(action).collect()
}

/// The clips that a drag of the one in `here` takes along.
pub(super) fn dragged(seen: &Seen, state: &UiState, here: Cell) -> Vec<Place> {
    filled(seen, &meant(state, here))
}

/// The scene that a new one is put below: that of the focus, or the last.
fn below(seen: &Seen, focus: Option<Cell>) -> Option<SceneId> {
    match focus {
        Some(Cell::Slot(_, scene) | Cell::Scene(scene)) => Some(scene),
        _ => seen.order.scenes.last().copied(),
    }
}

/// Names that no scene has yet.
pub(super) fn fresh(seen: &Seen) -> impl Iterator<Item = String> {
    let taken = |name: &str| {
        let names = seen.order.scenes.iter().filter_map(|id| Some(&seen.scene(*id)?.name));
        names.into_iter().any(|n| n == name)
    };
    let numbers = seen.order.scenes.len() + 1..;
    numbers.map(|number| format!("Scene {number}")).filter(move |name| !taken(name))
}

/// A new scene below the focus.
pub(super) fn insert(seen: &Seen, focus: Option<Cell>, asks: &mut Asks) {
    let name = fresh(seen).next().unwrap_or_default();
    asks.act(match below(seen, focus) {
        Some(scene) => Action::SceneInsert { scene: ask::scene(scene), name },
        None => Action::SceneAdd { name },
    });
}

/// A new scene of what plays, below the focus.
pub(super) fn capture(seen: &Seen, focus: Option<Cell>, asks: &mut Asks) {
    let scene = below(seen, focus).map(ask::scene);
    asks.act(Action::SceneCapture { name: fresh(seen).next().unwrap_or_default(), scene });
}

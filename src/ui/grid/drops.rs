//! Files that are dragged over the window and dropped: they become clips.

use std::path::Path;

use egui::{Id, LayerId, Order, Rect, Stroke, StrokeKind, Ui};

use super::layout::Layout;
use super::{Column, selection};
use crate::model::action::{Action, ClipRef, Ref, SceneRef};
use crate::model::media::refusal;
use crate::model::track::TrackKind;
use crate::session::document::part;
use crate::ui::ask::{self, Asks};
use crate::ui::seen::Seen;
use crate::ui::state::{Cell, UiState};
use crate::ui::theme;

/// Where files would go: the first into this row, on a column or beside them on tracks of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Goal {
    column: Option<usize>,
    row: usize,
}

/// A file, by its path and by its name.
struct Dragged {
    path: String,
    name: String,
}

impl Dragged {
    fn new(path: &Path) -> Dragged {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Dragged { path: path.display().to_string(), name }
    }
}

/// Show where files that are over the window would go, and ask for those that were dropped.
pub(super) fn handle(
    ui: &Ui,
    seen: &Seen,
    state: &mut UiState,
    layout: &Layout,
    columns: &[Column],
    asks: &mut Asks,
) {
    state.grid.dropping = None;
    let (hovered, dropped) = ui.input(|i| {
        let hovered = i.raw.hovered_files.iter();
        let hovered: Vec<Dragged> = hovered
            .map(|file| Dragged::new(file.path.as_deref().unwrap_or(Path::new(""))))
            .collect();
        let dropped = i.raw.dropped_files.iter().map(|file| Dragged::new(file.path()));
        (hovered, dropped.collect::<Vec<_>>())
    });
    if hovered.is_empty() && dropped.is_empty() {
        return;
    }
    if state.stage {
        let locked = "The stage view changes nothing: leave it with F11 to import files";
        state.grid.dropping = Some(locked.to_owned());
        return;
    }
    let at = ui.input(|i| i.pointer.hover_pos());
    let Some(goal) = goal(at, seen, state, layout, columns) else {
        state.grid.dropping = Some("Click the slot first that the file is for".to_owned());
        return;
    };
    if !dropped.is_empty() {
        drop(seen, goal, columns, &dropped, asks);
        return;
    }
    let (said, fitting) = promise(seen, goal, columns, &hovered);
    state.grid.dropping = Some(said);
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Foreground, Id::new("files")));
    let painter = painter.with_clip_rect(layout.slots());
    // A row for each file in a column; beside the columns they stand next to each other.
    let rows = if goal.column.is_some() { fitting.max(1) } else { 1 };
    let column = goal.column.unwrap_or(layout.columns + layout.returns);
    for row in goal.row..goal.row + rows {
        let rect: Rect = layout.slot(column, row);
        painter.rect_filled(rect, theme::RADIUS, theme::SELECT.gamma_multiply(0.25));
        let line = Stroke::new(2.0, theme::SELECT);
        painter.rect_stroke(rect, theme::RADIUS, line, StrokeKind::Inside);
    }
}

/// What the pointer is on; where the platform does not say where that is, the focused slot.
fn goal(
    at: Option<egui::Pos2>,
    seen: &Seen,
    state: &UiState,
    layout: &Layout,
    columns: &[Column],
) -> Option<Goal> {
    let rows = seen.order.scenes.len();
    if let Some(at) = at.filter(|at| layout.slots().contains(*at)) {
        return Some(Goal { column: layout.column(at.x), row: layout.row(at.y).unwrap_or(rows) });
    }
    let row = |scene| seen.order.scenes.iter().position(|s| *s == scene);
    match state.grid.focus? {
        Cell::Slot(track, scene) => {
            let column = columns.iter().position(|c| c.id == track)?;
            Some(Goal { column: Some(column), row: row(scene)? })
        }
        Cell::Scene(scene) => Some(Goal { column: None, row: row(scene)? }),
        Cell::Head(_) => None,
    }
}

/// Why a file cannot go there.
fn refused(seen: &Seen, goal: Goal, columns: &[Column], file: &Dragged) -> Option<String> {
    let column = goal.column.and_then(|column| columns.get(column));
    let kind = column.and_then(|column| {
        let kind = part::<TrackKind>(seen.world, column.id).ok()?;
        Some((seen.track(column.id).0, kind))
    });
    refusal(&file.name, kind)
}

/// What will come of a drop, and how many of the files become clips.
fn promise(seen: &Seen, goal: Goal, columns: &[Column], files: &[Dragged]) -> (String, usize) {
    let fits = |file: &&Dragged| refused(seen, goal, columns, file).is_none();
    // Some platforms do not tell names before the drop.
    let unnamed = files.iter().all(|file| file.name.is_empty());
    let fitting: Vec<&Dragged> = files.iter().filter(|file| unnamed || fits(file)).collect();
    let Some(first) = fitting.first() else {
        let why = files.first().and_then(|file| refused(seen, goal, columns, file));
        return (why.unwrap_or_default(), 0);
    };
    let scene = seen.order.scenes.get(goal.row).and_then(|id| seen.scene(*id));
    let scene = scene.map_or("a new scene", |scene| scene.name.as_str());
    let what = if unnamed { "the file".to_owned() } else { format!("“{}”", first.name) };
    let more = match fitting.len() {
        1 => String::new(),
        count if goal.column.is_some() => format!(" and {} more below", count - 1),
        count => format!(" and {} more", count - 1),
    };
    let place = match goal.column.and_then(|column| columns.get(column)) {
        Some(column) => format!("into {}, {scene}", seen.track(column.id).0),
        None => format!("on a new audio track, {scene}"),
    };
    (format!("Drop to import {what} {place}{more}"), fitting.len())
}

/// Ask for the files that were dropped: in a column one below the other, with new scenes as they are
/// needed.
fn drop(seen: &Seen, goal: Goal, columns: &[Column], files: &[Dragged], asks: &mut Asks) {
    let column = goal.column.and_then(|column| columns.get(column));
    let Some(column) = column else {
        let scene = seen.order.scenes.get(goal.row).or(seen.order.scenes.last());
        for file in files {
            let (path, scene) = (file.path.clone(), scene.copied().map(ask::scene));
            asks.act(Action::Import { path, scene });
        }
        return;
    };
    let (mut row, mut names) = (goal.row, selection::fresh(seen));
    for file in files {
        let fits = refused(seen, goal, columns, file).is_none();
        let scene = match seen.order.scenes.get(row) {
            Some(scene) => ask::scene(*scene),
            // It is refused with a sentence; that needs no new scene.
            None if !fits => match seen.order.scenes.last() {
                Some(scene) => ask::scene(*scene),
                None => continue,
            },
            None => {
                let name = names.next().unwrap_or_default();
                asks.act(Action::SceneAdd { name: name.clone() });
                SceneRef(Ref::Name(name))
            }
        };
        row += usize::from(fits);
        let clip = ClipRef::Slot(ask::track(column.id), scene);
        asks.act(Action::ClipImport { clip, path: file.path.clone() });
    }
}

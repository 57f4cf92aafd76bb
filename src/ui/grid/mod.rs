//! The grid: tracks as columns, scenes as rows, clips in the slots between them.

mod cell;
mod drops;
mod heads;
mod keys;
mod layout;
mod menus;
mod miniature;
mod pads;
mod scenes;
mod selection;

pub use cell::triangle;
pub use keys::owns;
pub use layout::{COLUMN, HEAD, SCENES, STOPS};

use egui::{Rect, Response, Sense, Ui, WidgetInfo, WidgetType};

use self::cell::Cell as Shown;
use self::layout::Layout;
use super::ask::{self, Asks};
use super::editor;
use super::seen::Seen;
use super::state::{Cell, CellSize, UiState};
use super::{proposals, theme};
use crate::model::ids::{SceneId, TrackId};
use crate::model::launch::ClipState;
use crate::model::track::TrackKind;
use crate::model::wave::Wave;
use crate::session::document::{InGroup, part};

/// A column that is shown.
#[derive(Clone, Copy)]
struct Column {
    id: TrackId,
    /// Its node, which is its place among all tracks.
    node: usize,
    group: bool,
}

/// The columns that are shown: members of a folded group are not.
fn columns(seen: &Seen, state: &UiState) -> Vec<Column> {
    let tracks = seen.order.tracks.iter().copied().enumerate();
    let hidden = |id: TrackId| {
        let mut at = part::<InGroup>(seen.world, id).ok().and_then(|g| g.0);
        while let Some(group) = at {
            if state.grid.folded.contains(&group) {
                return true;
            }
            at = part::<InGroup>(seen.world, group).ok().and_then(|g| g.0);
        }
        false
    };
    tracks
        .filter(|(_, id)| !hidden(*id))
        .map(|(node, id)| {
            let group =
                part::<TrackKind>(seen.world, id).is_ok_and(|kind| *kind == TrackKind::Group);
            Column { id, node, group }
        })
        .collect()
}

/// The columns as they stand, for what is shown under them.
pub struct Columns {
    all: Vec<Column>,
    scroll: f32,
}

impl Columns {
    /// Left edge, node and track of every column of which a part is in `area`.
    pub fn seen(&self, area: Rect) -> impl Iterator<Item = (f32, usize, TrackId)> {
        let lefts =
            (0..).map(move |i| area.left() + i as f32 * (COLUMN + theme::GAP) - self.scroll);
        lefts
            .zip(&self.all)
            .filter(move |(left, _)| left + COLUMN > area.left() && *left < area.right())
            .map(|(left, column)| (left, column.node, column.id))
    }

    /// Left edge and place of every return of which a part is in `area`; they stand after the tracks.
    pub fn returns(&self, area: Rect, count: usize) -> impl Iterator<Item = (f32, usize)> {
        let (first, scroll) = (self.all.len(), self.scroll);
        let left = move |place: usize| {
            area.left() + (first + place) as f32 * (COLUMN + theme::GAP) - scroll
        };
        (0..count)
            .map(move |place| (left(place), place))
            .filter(move |(left, _)| left + COLUMN > area.left() && *left < area.right())
    }
}

/// Show the grid in all the room there is.
pub fn show(ui: &mut Ui, seen: &Seen, state: &mut UiState, asks: &mut Asks) -> Columns {
    let columns = columns(seen, state);
    let size = if state.stage { CellSize::Stage } else { state.grid.size };
    let area = ui.available_rect_before_wrap();
    ui.allocate_rect(area, Sense::hover());
    let mut layout = Layout {
        area,
        cell: size.height(),
        columns: columns.len(),
        returns: seen.order.buses.len(),
        rows: seen.order.scenes.len(),
        scroll: state.grid.scroll,
    };
    keys::handle(ui, seen, state, &columns, asks);
    scroll(ui, state, &mut layout, &columns, seen);
    slots(ui, seen, state, &layout, &columns, asks);
    pads::show(ui, seen, &layout, &columns);
    heads::show(ui, seen, state, &layout, &columns, asks);
    scenes::show(ui, seen, state, &layout, &columns, asks);
    drops::handle(ui, seen, state, &layout, &columns, asks);
    Columns { all: columns, scroll: state.grid.scroll.x }
}

fn scroll(ui: &Ui, state: &mut UiState, layout: &mut Layout, columns: &[Column], seen: &Seen) {
    if ui.rect_contains_pointer(layout.area) {
        let (delta, shift) = ui.input(|i| (i.smooth_scroll_delta, i.modifiers.shift));
        let delta = if shift && delta.x == 0.0 { egui::vec2(delta.y, 0.0) } else { delta };
        layout.scroll -= delta;
    }
    layout.scroll = layout.scroll.max(egui::Vec2::ZERO).min(layout.most());
    if std::mem::take(&mut state.grid.follow)
        && let Some(focus) = state.grid.focus
    {
        let column = |id: TrackId| columns.iter().position(|c| c.id == id);
        let row = |id: SceneId| seen.order.scenes.iter().position(|s| *s == id);
        layout.scroll = match focus {
            Cell::Slot(track, scene) => layout.follow(column(track), row(scene)),
            Cell::Head(track) => layout.follow(column(track), None),
            Cell::Scene(scene) => layout.follow(None, row(scene)),
        };
    }
    state.grid.scroll = layout.scroll;
}

fn slots(
    ui: &mut Ui,
    seen: &Seen,
    state: &mut UiState,
    layout: &Layout,
    columns: &[Column],
    asks: &mut Asks,
) {
    let room = layout.slots();
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(room).id_salt("slots"));
    inside.shrink_clip_rect(room);
    for index in layout.seen_columns() {
        let column = columns[index];
        let (name, color) = seen.track(column.id);
        let launcher = seen.track_state(column.node);
        for row in layout.seen_rows() {
            let scene_id = seen.order.scenes[row];
            let Some(scene) = seen.scene(scene_id) else { continue };
            let slot = seen.slot(column.id, scene);
            let clip = slot.clip.and_then(|id| seen.clip(id));
            let wave = clip.and_then(|clip| seen.wave(clip));
            let here = Cell::Slot(column.id, scene_id);
            let rect = layout.slot(index, row);
            let what = launcher.slot(u16::try_from(row).unwrap_or(u16::MAX), clip.is_some());
            let response = cell_response(&mut inside, rect, here, || {
                let clip = clip.map_or("no clip", |c| c.name.as_str());
                let lost =
                    if matches!(wave, Some(Wave::Missing(_))) { ", file missing" } else { "" };
                format!("{name}, {}: {clip}, {}{lost}", scene.name, cell::words(what))
            });
            let shown = Shown {
                clip,
                wave,
                bpm: seen.bpm(),
                color: theme::track_color(clip.and_then(|c| c.color).unwrap_or(color)),
                state: what,
                progress: f32::from(launcher.progress) / 255.0,
                stops: slot.stop_button && !column.group,
                bright: seen.blinks(),
                hovered: response.hovered(),
                selected: state.grid.selected.contains(&here),
                focused: state.grid.focus == Some(here),
            };
            cell::draw(inside.painter(), rect, &shown);
            if !state.stage {
                response.context_menu(|ui| menus::menu(ui, seen, state, columns, here, asks));
                if response.double_clicked() {
                    match menus::create(seen, here, asks) {
                        true => editor::open(state, column.id, scene_id),
                        false => menus::edit(seen, state, here),
                    }
                }
                drag(&response, layout, columns, here, seen, state, asks);
            }
            menus::field(&mut inside, state, here, rect, asks);
            if response.clicked() {
                state.grid.focus = Some(here);
                // The triangle launches; the rest of a clip selects it. An empty slot is all button.
                let launches = response.interact_pointer_pos().is_none_or(|at| {
                    clip.is_none() || state.stage || at.x < rect.left() + cell::LAUNCH
                });
                selection::select(ui, seen, state, columns, here);
                if launches && (clip.is_some() || slot.stop_button) {
                    asks.launch(ask::slot(column.id, scene_id), clip.is_some(), column.id);
                }
            }
        }
    }
    for (cell, name) in proposals::ghosts(seen, state.proposals.chosen) {
        let Cell::Slot(track, scene) = cell else { continue };
        let column = columns.iter().position(|c| c.id == track);
        let row = seen.order.scenes.iter().position(|s| *s == scene);
        if let (Some(column), Some(row)) = (column, row) {
            proposals::ghost(inside.painter(), layout.slot(column, row), &name);
        }
    }
}

/// A clip that is dragged takes the selection along: moved where it is let go, or with Ctrl copied. A
/// drag that begins in an empty slot selects.
fn drag(
    response: &Response,
    layout: &Layout,
    columns: &[Column],
    from: Cell,
    seen: &Seen,
    state: &mut UiState,
    asks: &mut Asks,
) {
    let held = response.dragged() || response.drag_stopped();
    let at = held.then(|| response.interact_pointer_pos()).flatten();
    let (Some((column, row)), Cell::Slot(track, scene)) = (at.and_then(|at| layout.at(at)), from)
    else {
        return;
    };
    let (Some(to), Some(to_scene)) = (columns.get(column), seen.order.scenes.get(row)) else {
        return;
    };
    let filled = seen.scene(scene).is_some_and(|s| seen.slot(track, s).clip.is_some());
    if !filled {
        let to = Cell::Slot(to.id, *to_scene);
        state.grid.selected = selection::between(seen, columns, from, to);
        state.grid.anchor = Some(from);
        return;
    }
    let place = |t: TrackId, s: SceneId| {
        let column = columns.iter().position(|c| c.id == t)?;
        Some((column, seen.order.scenes.iter().position(|other| *other == s)?))
    };
    let Some((from_column, from_row)) = place(track, scene) else { return };
    let by = (column as isize - from_column as isize, row as isize - from_row as isize);
    let copies = response.ctx.input(|i| i.modifiers.command);
    let clips = selection::dragged(seen, state, from);
    let moved = match by {
        (0, 0) => Vec::new(),
        by => selection::transfer(seen, columns, &clips, by, copies),
    };
    if response.drag_stopped() {
        state.grid.selected = moved.iter().map(|(_, (t, s))| Cell::Slot(*t, *s)).collect();
        let name = if copies { "Copy clips" } else { "Move clips" };
        asks.together(name, selection::actions(&moved, copies));
        return;
    }
    // Where they would come to lie.
    let top = egui::LayerId::new(egui::Order::Foreground, egui::Id::new("dragged clips"));
    let painter = response.ctx.layer_painter(top).with_clip_rect(layout.slots());
    for (_, (t, s)) in moved {
        if let Some((column, row)) = place(t, s) {
            let rect = layout.slot(column, row);
            painter.rect_filled(rect, theme::RADIUS, theme::SELECT.gamma_multiply(0.25));
            let line = egui::Stroke::new(1.0, theme::SELECT);
            painter.rect_stroke(rect, theme::RADIUS, line, egui::StrokeKind::Inside);
        }
    }
}

/// What happens to a cell of the grid, which is called what `label` says.
fn cell_response(ui: &mut Ui, rect: Rect, here: Cell, label: impl Fn() -> String) -> Response {
    let response = ui.interact(rect, ui.id().with(here), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, label()));
    response
}

/// Whether anything of a track sounds or waits.
fn is_active(seen: &Seen, node: usize) -> bool {
    let state = seen.track_state(node);
    state.playing.is_some() || matches!(state.queued, Some(Some(_)))
}

/// What most of a scene's clips do: playing when one plays, queued when one waits.
fn scene_state(seen: &Seen, row: usize) -> ClipState {
    let mut all = ClipState::Stopped;
    for node in 0..seen.order.tracks.len() {
        match seen.state(node, row, false) {
            ClipState::Playing | ClipState::Recording => return ClipState::Playing,
            ClipState::PlayQueued | ClipState::RecordQueued => all = ClipState::PlayQueued,
            _ => {}
        }
    }
    all
}

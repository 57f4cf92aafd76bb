//! Above the slots the tracks' heads, below them their stop buttons.

use egui::{Align2, Color32, Rect, Stroke, StrokeKind, Ui, vec2};

use super::layout::Layout;
use super::{Column, cell, cell_response, is_active, menus, selection};
use crate::model::action::{Action, Switch};
use crate::model::ids::BusId;
use crate::model::track::TrackKind;
use crate::session::document::{Name, part};
use crate::ui::ask::{self, Asks};
use crate::ui::seen::Seen;
use crate::ui::state::{Cell, UiState};
use crate::ui::theme::{self, RADIUS};

pub(super) fn show(
    ui: &mut Ui,
    seen: &Seen,
    state: &mut UiState,
    layout: &Layout,
    columns: &[Column],
    asks: &mut Asks,
) {
    let room = layout.slots();
    let strip = Rect::from_x_y_ranges(room.x_range(), layout.area.y_range());
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(strip).id_salt("heads"));
    inside.shrink_clip_rect(strip);
    for index in layout.seen_columns() {
        head(&mut inside, seen, state, layout, (columns, index), asks);
        stop(&mut inside, seen, layout.stop(index), columns[index], asks);
    }
    for place in layout.seen_returns() {
        let rect = layout.head(layout.columns + place);
        returned(&mut inside, seen, rect, seen.order.buses[place], asks);
    }
}

/// The head of a return: its name, and what can be done with it.
fn returned(ui: &mut Ui, seen: &Seen, rect: Rect, id: BusId, asks: &mut Asks) {
    let name = part::<Name>(seen.world, id).map_or("", |name| name.0.as_str());
    let response = ui.interact(rect, ui.id().with(id), egui::Sense::click());
    let label = || format!("return {name}");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Button, true, label()));
    let painter = ui.painter();
    let ground = if response.hovered() { theme::HOVER } else { theme::PANEL };
    painter.rect_filled(rect, RADIUS, ground);
    let edge = Rect::from_min_size(rect.min, vec2(rect.width(), 2.0));
    painter.rect_filled(edge, 1.0, theme::DIM);
    let inner = rect.shrink2(vec2(8.0, 4.0));
    let clipped = painter.with_clip_rect(inner.intersect(painter.clip_rect()));
    let at = (inner.left_top() + vec2(0.0, 4.0), Align2::LEFT_TOP);
    theme::fit(&clipped, at, name, (theme::strong(), theme::TEXT), inner.width());
    let below = inner.left_bottom();
    clipped.text(below, Align2::LEFT_BOTTOM, "return", theme::label(), theme::DIM);
    response.context_menu(|ui| {
        let bus = || ask::bus(id);
        if ui.button("Stays audible beside soloed tracks, or not").clicked() {
            asks.act(Action::BusSafe { bus: bus(), switch: Switch::Toggle });
        }
        if ui.button("Delete").clicked() {
            asks.act(Action::BusDelete { bus: bus() });
        }
    });
}

/// What a track plays, in a word.
fn kind<'a>(seen: &Seen<'a>, column: Column) -> &'a str {
    match part::<TrackKind>(seen.world, column.id) {
        Ok(TrackKind::Instrument(instrument)) => &instrument.synth,
        Ok(TrackKind::Drums(_)) => "drum kit",
        Ok(TrackKind::Audio) => "audio",
        Ok(TrackKind::Group) => "group",
        Err(_) => "",
    }
}

fn head(
    ui: &mut Ui,
    seen: &Seen,
    state: &mut UiState,
    layout: &Layout,
    (columns, index): (&[Column], usize),
    asks: &mut Asks,
) {
    let (rect, column) = (layout.head(index), columns[index]);
    let (name, color) = seen.track(column.id);
    let here = Cell::Head(column.id);
    let number = column.node + 1;
    let response = cell_response(ui, rect, here, || format!("track {number}, {name}"));
    let painter = ui.painter();
    let ground = if response.hovered() { theme::HOVER } else { theme::PANEL };
    painter.rect_filled(rect, RADIUS, ground);
    let edge = Rect::from_min_size(rect.min, vec2(rect.width(), 2.0));
    painter.rect_filled(edge, 1.0, theme::track_color(color));
    let inner = rect.shrink2(vec2(8.0, 4.0));
    let clipped = painter.with_clip_rect(inner.intersect(painter.clip_rect()));
    let mut left = inner.left_top() + vec2(0.0, 4.0);
    if column.group {
        let folded = state.grid.folded.contains(&column.id);
        fold_sign(&clipped, left + vec2(4.0, 8.0), folded);
        left.x += 14.0;
    }
    let (text, look) = (format!("{number} {name}"), (theme::strong(), theme::TEXT));
    theme::fit(&clipped, (left, Align2::LEFT_TOP), &text, look, inner.right() - left.x);
    let below = inner.left_bottom();
    clipped.text(below, Align2::LEFT_BOTTOM, kind(seen, column), theme::label(), theme::DIM);
    if seen.armed.contains(&column.id) {
        painter.circle_filled(rect.right_center() - vec2(12.0, 0.0), 4.0, theme::RECORD);
    }
    frame(painter, rect, state, here);
    if !state.stage {
        response.context_menu(|ui| menus::menu(ui, seen, state, columns, here, asks));
        if response.double_clicked() {
            menus::rename(seen, state, here);
        }
        carried(&response, layout, (columns, index), asks);
    }
    menus::field(ui, state, here, rect, asks);
    if response.clicked() {
        asks.select(column.id);
        state.grid.focus = Some(here);
        selection::select(ui, seen, state, columns, here);
        let on_sign = response.interact_pointer_pos().is_some_and(|at| at.x < rect.left() + 24.0);
        if column.group && on_sign && !state.grid.folded.remove(&column.id) {
            state.grid.folded.insert(column.id);
        }
    }
}

/// A head that is dragged shows where the track would stand, and takes it there.
fn carried(
    response: &egui::Response,
    layout: &Layout,
    (columns, index): (&[Column], usize),
    asks: &mut Asks,
) {
    let held = response.dragged() || response.drag_stopped();
    let Some(at) = held.then(|| response.interact_pointer_pos()).flatten() else { return };
    let Some(to) = layout.column(at.x).filter(|to| *to != index) else { return };
    if response.drag_stopped() {
        let (track, to) = (ask::track(columns[index].id), columns[to].node as u32 + 1);
        asks.act(Action::TrackMove { track, to });
        return;
    }
    let head = layout.head(to);
    let x = if to > index { head.right() } else { head.left() };
    let top = egui::LayerId::new(egui::Order::Foreground, egui::Id::new("dragged track"));
    let line = Stroke::new(2.0, theme::SELECT);
    response.ctx.layer_painter(top).vline(x, layout.area.y_range(), line);
}

/// The frame of what is selected, and of what the keyboard is at.
pub(super) fn frame(painter: &egui::Painter, rect: Rect, state: &UiState, here: Cell) {
    let width = match (state.grid.focus == Some(here), state.grid.selected.contains(&here)) {
        (true, _) => 2.0,
        (_, true) => 1.0,
        _ => return,
    };
    let stroke = Stroke::new(width, theme::SELECT);
    painter.rect_stroke(rect, RADIUS, stroke, StrokeKind::Inside);
}

fn fold_sign(painter: &egui::Painter, at: egui::Pos2, folded: bool) {
    if folded {
        cell::triangle(painter, at, 4.0, theme::DIM);
        return;
    }
    let points = vec![at + vec2(-4.0, -2.5), at + vec2(4.0, -2.5), at + vec2(0.0, 3.5)];
    painter.add(egui::Shape::convex_polygon(points, theme::DIM, Stroke::NONE));
}

fn stop(ui: &mut Ui, seen: &Seen, rect: Rect, column: Column, asks: &mut Asks) {
    let (name, _) = seen.track(column.id);
    let response = ui.interact(rect, ui.id().with(("stop", column.id)), egui::Sense::click());
    let label = || format!("stop {name}");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Button, true, label()));
    let queued = seen.track_state(column.node).queued == Some(None);
    let color = match (queued, is_active(seen, column.node)) {
        (true, _) if seen.blinks() => theme::QUEUE,
        (false, true) => theme::TEXT,
        _ => theme::FAINT,
    };
    stop_button(ui.painter(), rect, "stop", color, response.hovered());
    if response.clicked() {
        asks.act(Action::StopTrack { track: ask::track(column.id) });
    }
}

/// A button with a square and a word.
pub(super) fn stop_button(
    painter: &egui::Painter,
    rect: Rect,
    word: &str,
    color: Color32,
    hovered: bool,
) {
    let ground = if hovered { theme::HOVER } else { theme::PANEL };
    painter.rect_filled(rect, RADIUS, ground);
    let text = if color == theme::FAINT { theme::DIM } else { color };
    let galley = painter.layout_no_wrap(word.to_owned(), theme::text(), text);
    let width = galley.size().x + 13.0;
    let left = rect.center() - vec2(width / 2.0, 0.0);
    let square = Rect::from_center_size(left + vec2(3.5, 0.0), vec2(7.0, 7.0));
    painter.rect_filled(square, 1.0, color);
    painter.galley(left + vec2(13.0, -galley.size().y / 2.0), galley, text);
}

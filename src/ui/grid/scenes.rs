//! The column of scenes: launched with a click, with the tempo each brings.

use egui::{Align2, Rect, Ui, vec2};

use super::heads::{frame, stop_button};
use super::layout::Layout;
use super::{Column, cell, cell_response, is_active, menus, scene_state, selection};
use crate::model::action::Action;
use crate::model::launch::ClipState;
use crate::model::scene::Scene;
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
    let (top, bottom) = layout.scene_ends();
    head(ui, seen, top);
    stop_all(ui, seen, bottom, asks);
    let room = layout.slots();
    let strip = Rect::from_x_y_ranges(top.x_range(), room.y_range());
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(strip).id_salt("scenes"));
    inside.shrink_clip_rect(strip);
    for row in layout.seen_rows() {
        let id = seen.order.scenes[row];
        if let Some(scene) = seen.scene(id) {
            one(&mut inside, seen, state, layout, columns, (row, scene), asks);
        }
    }
}

fn head(ui: &Ui, seen: &Seen, rect: Rect) {
    let painter = ui.painter();
    painter.rect_filled(rect, RADIUS, theme::PANEL);
    let edge = Rect::from_min_size(rect.min, vec2(rect.width(), 2.0));
    painter.rect_filled(edge, 1.0, theme::FAINT);
    let inner = rect.shrink2(vec2(8.0, 4.0));
    let name = inner.left_top() + vec2(0.0, 4.0);
    painter.text(name, Align2::LEFT_TOP, "Scenes", theme::strong(), theme::TEXT);
    let count = seen.order.scenes.len().to_string();
    painter.text(inner.left_bottom(), Align2::LEFT_BOTTOM, count, theme::label(), theme::DIM);
}

fn stop_all(ui: &Ui, seen: &Seen, rect: Rect, asks: &mut Asks) {
    let response = ui.interact(rect, ui.id().with("stop all"), egui::Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Button, true, "stop all"));
    let active = (0..seen.order.tracks.len()).any(|node| is_active(seen, node));
    let color = if active { theme::TEXT } else { theme::FAINT };
    stop_button(ui.painter(), rect, "stop all", color, response.hovered());
    if response.clicked() {
        asks.act(Action::StopAll);
    }
}

/// The tempo and signature a scene brings, as they are written.
fn brings(scene: &Scene) -> String {
    let mut all = scene.tempo.map_or_else(String::new, |t| format!("{:.2}", t.bpm.get()));
    if let Some(signature) = scene.signature {
        if !all.is_empty() {
            all.push_str("  ");
        }
        all.push_str(&signature.to_string());
    }
    all
}

fn one(
    ui: &mut Ui,
    seen: &Seen,
    state: &mut UiState,
    layout: &Layout,
    columns: &[Column],
    (row, scene): (usize, &Scene),
    asks: &mut Asks,
) {
    let rect = layout.scene(row);
    let here = Cell::Scene(scene.id);
    let what = scene_state(seen, row);
    let number = row + 1;
    let response = cell_response(ui, rect, here, || {
        format!("scene {number}, {}: {}", scene.name, cell::words(what))
    });
    let painter = ui.painter();
    let ground = if response.hovered() { theme::HOVER } else { theme::RAISED };
    painter.rect_filled(rect, RADIUS, ground);
    let launch = Rect::from_min_size(rect.min, vec2(cell::LAUNCH, rect.height()));
    let (back, mark) = match what {
        ClipState::Playing => (theme::LINE, theme::PLAY),
        ClipState::PlayQueued if seen.blinks() => (theme::QUEUE, theme::BACKGROUND),
        ClipState::PlayQueued => (theme::LINE, theme::QUEUE),
        _ => (theme::LINE, theme::TEXT),
    };
    let color = scene.color.map_or(back, theme::track_color);
    let back = if what == ClipState::Stopped { color } else { back };
    painter.rect_filled(launch, RADIUS, back);
    cell::triangle(painter, launch.center(), 5.0, mark);
    let inner =
        Rect::from_min_max(rect.min + vec2(cell::LAUNCH + 6.0, 2.0), rect.max - vec2(4.0, 3.0));
    let clipped = painter.with_clip_rect(inner.intersect(painter.clip_rect()));
    let tempo = brings(scene);
    let low = inner.height() < 24.0 || tempo.is_empty();
    let (place, align) = if low {
        (inner.left_center(), Align2::LEFT_CENTER)
    } else {
        (inner.left_top(), Align2::LEFT_TOP)
    };
    let look = (theme::strong(), theme::TEXT);
    theme::fit(&clipped, (place, align), &scene.name, look, inner.width());
    if !low {
        let below = inner.left_bottom();
        clipped.text(below, Align2::LEFT_BOTTOM, tempo, theme::number(), theme::DIM);
    }
    frame(painter, rect, state, here);
    if !state.stage {
        response.context_menu(|ui| menus::menu(ui, seen, state, columns, here, asks));
        carried(&response, layout, (row, scene), asks);
    }
    menus::field(ui, state, here, rect, asks);
    if response.clicked() {
        state.grid.focus = Some(here);
        selection::select(ui, seen, state, columns, here);
        asks.act(Action::LaunchScene { scene: ask::scene(scene.id) });
    }
}

/// A scene that is dragged shows where it would stand, and goes there.
fn carried(
    response: &egui::Response,
    layout: &Layout,
    (row, scene): (usize, &Scene),
    asks: &mut Asks,
) {
    let held = response.dragged() || response.drag_stopped();
    let Some(at) = held.then(|| response.interact_pointer_pos()).flatten() else { return };
    let Some(to) = layout.row(at.y).filter(|to| *to != row) else { return };
    if response.drag_stopped() {
        asks.act(Action::SceneMove { scene: ask::scene(scene.id), to: to as u32 + 1 });
        return;
    }
    let cell = layout.scene(to);
    let y = if to > row { cell.bottom() } else { cell.top() };
    let top = egui::LayerId::new(egui::Order::Foreground, egui::Id::new("dragged scene"));
    let line = egui::Stroke::new(2.0, theme::SELECT);
    response.ctx.layer_painter(top).hline(layout.area.x_range(), y, line);
}

//! A fader in dB: dragged, turned with the wheel, reset with a double click.

use egui::{Rect, Response, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::model::travel::Scale;
use crate::ui::theme;

/// How high a level stands, 0..=1, as controllers' faders have it.
pub fn place(db: f32) -> f32 {
    Scale::Fader.travel(db)
}

/// The level at a height.
pub fn level(place: f32) -> f32 {
    if place <= 0.0 { f32::NEG_INFINITY } else { Scale::Fader.value(place) }
}

/// Show a fader at `db`; gives the level it was moved to, in dB.
pub fn show(ui: &mut Ui, size: Vec2, db: f32, name: &str) -> (Response, Option<f32>) {
    let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    response
        .widget_info(|| WidgetInfo::slider(true, f64::from(db), format!("{name} volume in dB")));
    let knob = vec2(size.x, 10.0);
    let way = rect.height() - knob.y;
    let moved = moved(ui, &response, place(db), way);
    let at = rect.bottom() - knob.y / 2.0 - way * place(moved.unwrap_or(db));
    let painter = ui.painter();
    let slot = Rect::from_center_size(rect.center(), vec2(2.0, rect.height() - knob.y));
    painter.rect_filled(slot, 1.0, theme::BACKGROUND);
    let unity = rect.bottom() - knob.y / 2.0 - way * place(0.0);
    painter.hline(rect.x_range(), unity, egui::Stroke::new(1.0, theme::LINE));
    let cap = Rect::from_center_size(pos2(rect.center().x, at), knob);
    let lit = response.hovered() || response.dragged();
    painter.rect_filled(cap, 2.0, if lit { theme::TEXT } else { theme::DIM });
    painter.hline(cap.x_range(), at, egui::Stroke::new(1.0, theme::BACKGROUND));
    if response.has_focus() {
        let stroke = egui::Stroke::new(1.0, theme::SELECT);
        painter.rect_stroke(cap, 2.0, stroke, egui::StrokeKind::Outside);
    }
    (response, moved)
}

fn moved(ui: &Ui, response: &Response, from: f32, way: f32) -> Option<f32> {
    if response.double_clicked() {
        return Some(0.0);
    }
    let (wheel, fine) = ui.input(|i| (i.smooth_scroll_delta.y, i.modifiers.shift));
    let mut by = 0.0;
    if response.dragged() {
        by -= response.drag_delta().y / way.max(1.0);
    } else if response.hovered() && wheel != 0.0 {
        by += wheel / 800.0;
    }
    if fine {
        by *= 0.1;
    }
    (by != 0.0).then(|| level((from + by).clamp(0.0, 1.0)))
}

//! A small switch with a letter: mute, solo, arm.

use egui::{Align2, Color32, Response, Sense, Ui, Vec2, WidgetInfo, WidgetType};

use crate::ui::theme::{self, RADIUS};

/// Show a switch that is lit in `color` when it is `on`; `name` is for those who do not see it.
pub fn show(ui: &mut Ui, letter: &str, name: &str, on: bool, color: Color32) -> Response {
    let width = 15.0 + 7.0 * letter.chars().count() as f32;
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, 16.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(WidgetType::Checkbox, true, on, name));
    let ground = match (on, response.hovered()) {
        (true, _) => color,
        (false, true) => theme::HOVER,
        (false, false) => theme::RAISED,
    };
    let text = if on { theme::BACKGROUND } else { theme::DIM };
    ui.painter().rect_filled(rect, RADIUS, ground);
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, letter, theme::label(), text);
    if response.has_focus() {
        let stroke = egui::Stroke::new(1.0, theme::SELECT);
        ui.painter().rect_stroke(rect, RADIUS, stroke, egui::StrokeKind::Outside);
    }
    response
}

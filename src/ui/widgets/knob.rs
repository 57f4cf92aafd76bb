//! A knob: its value below it, in its unit; dragged up and down, fine with Shift, reset with a double
//! click.

use std::f32::consts::PI;

use egui::{Align2, Color32, Pos2, Response, Sense, Stroke, Ui, Vec2, WidgetInfo, vec2};

use crate::ui::theme;

/// Where the arc begins and how far it goes, radians from straight down, clockwise.
const FROM: f32 = 0.75 * PI;
const WAY: f32 = 1.5 * PI;
/// Points of dragging for the whole way.
const DRAG: f32 = 200.0;

/// What a knob shows.
pub struct Knob<'a> {
    /// Above it, in capitals.
    pub label: &'a str,
    /// Where it stands, 0..=1.
    pub place: f32,
    /// Where it stands by default; the arc begins there.
    pub default: f32,
    /// The value as it is written.
    pub value: &'a str,
    /// Colour of the arc.
    pub color: Color32,
}

/// Show a knob; gives the place it was moved to.
pub fn show(ui: &mut Ui, knob: &Knob) -> (Response, Option<f32>) {
    let (rect, response) = ui.allocate_exact_size(vec2(60.0, 58.0), Sense::click_and_drag());
    response.widget_info(|| {
        let label = format!("{}: {}", knob.label, knob.value);
        WidgetInfo::slider(true, f64::from(knob.place), label)
    });
    let moved = moved(ui, &response, knob);
    let place = moved.unwrap_or(knob.place);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let center = rect.center_top() + vec2(0.0, 16.0);
    face(ui, center, 11.0, &response, knob, place);
    let label = rect.center_top() + vec2(0.0, 32.0);
    let upper = knob.label.to_uppercase();
    let (top, below) = ((label, Align2::CENTER_TOP), (rect.center_bottom(), Align2::CENTER_BOTTOM));
    theme::fit(&painter, top, &upper, (theme::label(), theme::DIM), rect.width());
    theme::fit(&painter, below, knob.value, (theme::number(), theme::TEXT), rect.width());
    let words = |ui: &mut Ui| drop(ui.label(format!("{}: {}", knob.label, knob.value)));
    (response.on_hover_ui(words), moved)
}

/// A knob without words, for where there is little room: the place it was moved to.
pub fn small(ui: &mut Ui, knob: &Knob) -> (Response, Option<f32>) {
    let (rect, response) = ui.allocate_exact_size(vec2(26.0, 26.0), Sense::click_and_drag());
    response.widget_info(|| {
        let label = format!("{}: {}", knob.label, knob.value);
        WidgetInfo::slider(true, f64::from(knob.place), label)
    });
    let moved = moved(ui, &response, knob);
    face(ui, rect.center(), 9.0, &response, knob, moved.unwrap_or(knob.place));
    let words = |ui: &mut Ui| drop(ui.label(format!("{}: {}", knob.label, knob.value)));
    (response.on_hover_ui(words), moved)
}

/// The round part.
fn face(ui: &Ui, center: Pos2, radius: f32, response: &Response, knob: &Knob, place: f32) {
    let painter = ui.painter();
    let lit = response.hovered() || response.dragged();
    painter.circle_filled(center, radius, if lit { theme::HOVER } else { theme::RAISED });
    arc(painter, center, radius + 2.0, 0.0, 1.0, Stroke::new(2.0, theme::LINE));
    arc(painter, center, radius + 2.0, knob.default, place, Stroke::new(2.0, knob.color));
    let (from, tip) = (center + direction(place) * 4.0, center + direction(place) * (radius - 1.0));
    painter.line_segment([from, tip], Stroke::new(2.0, theme::TEXT));
    if response.has_focus() {
        painter.circle_stroke(center, radius + 4.5, Stroke::new(1.0, theme::SELECT));
    }
}

fn direction(place: f32) -> Vec2 {
    Vec2::angled(FROM + WAY * place.clamp(0.0, 1.0))
}

fn arc(painter: &egui::Painter, center: Pos2, radius: f32, from: f32, to: f32, stroke: Stroke) {
    let (from, to) = (from.min(to), from.max(to));
    let steps = ((to - from) * 40.0).ceil().max(1.0) as usize;
    let at = |i: usize| from + (to - from) * i as f32 / steps as f32;
    let points: Vec<Pos2> = (0..=steps).map(|i| center + direction(at(i)) * radius).collect();
    painter.line(points, stroke);
}

fn moved(ui: &Ui, response: &Response, knob: &Knob) -> Option<f32> {
    if response.double_clicked() {
        return Some(knob.default);
    }
    let (wheel, fine) = ui.input(|i| (i.smooth_scroll_delta.y, i.modifiers.shift));
    let mut by = 0.0;
    if response.dragged() {
        by -= response.drag_delta().y / DRAG;
    } else if response.hovered() && wheel != 0.0 {
        by += wheel / 1000.0;
    }
    if fine {
        by *= 0.1;
    }
    (by != 0.0).then(|| (knob.place + by).clamp(0.0, 1.0))
}

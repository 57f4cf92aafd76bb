//! The bar at the top: transport, position, tempo, grid, and how the device does.

use egui::{Align2, Color32, Response, RichText, Sense, Ui, WidgetInfo, WidgetType, vec2};

use super::ask::Asks;
use super::seen::Seen;
use super::state::UiState;
use super::theme::{self, RADIUS};
use crate::model::action::{Action, Switch};
use crate::model::launch::Quantization;
use crate::model::project::Song;

/// Height, points.
pub const HEIGHT: f32 = 44.0;

/// Show the bar.
pub fn show(ui: &mut Ui, seen: &Seen, state: &mut UiState, asks: &mut Asks) {
    ui.horizontal_centered(|ui| {
        ui.add_space(8.0);
        ui.label(RichText::new("HARDCORE").font(theme::strong()).color(theme::PLAY));
        ui.add_space(8.0);
        transport(ui, seen, asks);
        ui.separator();
        numbers(ui, seen, asks);
        ui.separator();
        grid(ui, seen, asks);
        ui.separator();
        if key(ui, "Undo", theme::TEXT, false).clicked() {
            asks.act(Action::Undo);
        }
        if key(ui, "Redo", theme::TEXT, false).clicked() {
            asks.act(Action::Redo);
        }
        prompt(ui, state);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.add_space(8.0);
            ui.label(RichText::new(seen.device).font(theme::number()).color(theme::DIM));
        });
    });
}

/// The field that opens the palette.
fn prompt(ui: &mut Ui, state: &mut UiState) {
    let (rect, response) = ui.allocate_exact_size(vec2(200.0, 26.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, "palette"));
    let ground = if response.hovered() { theme::RAISED } else { theme::BACKGROUND };
    ui.painter().rect_filled(rect, RADIUS, ground);
    let line = egui::Stroke::new(1.0, theme::LINE);
    ui.painter().rect_stroke(rect, RADIUS, line, egui::StrokeKind::Inside);
    let left = rect.left_center() + vec2(8.0, 0.0);
    ui.painter().text(left, Align2::LEFT_CENTER, "Write an action…", theme::text(), theme::DIM);
    let right = rect.right_center() - vec2(8.0, 0.0);
    ui.painter().text(right, Align2::RIGHT_CENTER, "Ctrl K", theme::number(), theme::DIM);
    if response.clicked() {
        state.palette.open();
    }
}

/// A raised button with a word.
fn key(ui: &mut Ui, word: &str, color: Color32, lit: bool) -> Response {
    let ground = if lit { theme::LINE } else { theme::RAISED };
    ui.add(egui::Button::new(RichText::new(word).color(color)).fill(ground))
}

fn transport(ui: &mut Ui, seen: &Seen, asks: &mut Asks) {
    let playing = seen.runs();
    if sign(ui, "play", playing, |painter, at| {
        super::grid::triangle(
            painter,
            at,
            6.0,
            if playing { theme::BACKGROUND } else { theme::TEXT },
        );
    })
    .clicked()
    {
        asks.act(Action::Play);
    }
    if sign(ui, "stop", false, |painter, at| {
        let square = egui::Rect::from_center_size(at, vec2(10.0, 10.0));
        painter.rect_filled(square, 1.0, theme::TEXT);
    })
    .clicked()
    {
        asks.act(Action::Stop);
    }
}

fn sign(ui: &mut Ui, name: &str, lit: bool, draw: impl Fn(&egui::Painter, egui::Pos2)) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(30.0, 26.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, name));
    let ground = match (lit, response.hovered()) {
        (true, _) => theme::PLAY,
        (false, true) => theme::HOVER,
        (false, false) => theme::RAISED,
    };
    ui.painter().rect_filled(rect, RADIUS, ground);
    draw(ui.painter(), rect.center());
    response
}

fn numbers(ui: &mut Ui, seen: &Seen, asks: &mut Asks) {
    let song = seen.world.get_resource::<Song>();
    let place = seen.head.map_or((1, 1, 1), |head| head.bars());
    let text = format!("{:03}.{}.{}", place.0, place.1, place.2);
    figure(ui, vec2(96.0, HEIGHT), "POSITION", &text);
    let bpm = match (seen.head, song) {
        (Some(head), _) => head.bpm.get(),
        (None, Some(song)) => song.tempo.start.get(),
        (None, None) => 0.0,
    };
    figure(ui, vec2(84.0, HEIGHT), "BPM", &format!("{bpm:.2}"));
    if key(ui, "Tap", theme::TEXT, false).clicked() {
        asks.act(Action::Tap);
    }
    if let Some(song) = song {
        let signature = seen.head.map_or(song.signature, |head| head.signature);
        figure(ui, vec2(44.0, HEIGHT), "SIG", &signature.to_string());
        figure(ui, vec2(90.0, HEIGHT), "KEY", &song.key.to_string());
    }
    let lit = seen.metronome;
    let color = if lit { theme::TEXT } else { theme::DIM };
    if key(ui, "Metro", color, lit).clicked() {
        let switch = if lit { Switch::Off } else { Switch::On };
        asks.act(Action::Metronome { switch });
    }
}

/// A number under its label, which takes the same room whatever it says.
fn figure(ui: &mut Ui, size: egui::Vec2, label: &str, value: &str) {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response
        .widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, format!("{label} {value}")));
    let painter = ui.painter();
    let top = rect.left_top() + vec2(0.0, 6.0);
    painter.text(top, Align2::LEFT_TOP, label, theme::label(), theme::DIM);
    let below = rect.left_bottom() - vec2(0.0, 5.0);
    painter.text(below, Align2::LEFT_BOTTOM, value, theme::large_number(), theme::TEXT);
}

fn grid(ui: &mut Ui, seen: &Seen, asks: &mut Asks) {
    let Some(song) = seen.world.get_resource::<Song>() else { return };
    let name = |q: Quantization| {
        Quantization::NAMES.iter().find(|(_, known)| *known == q).map_or("", |(name, _)| *name)
    };
    ui.label(RichText::new("Quantize").color(theme::DIM));
    egui::ComboBox::from_id_salt("quantize")
        .width(64.0)
        .selected_text(name(song.quantization))
        .show_ui(ui, |ui| {
            for (word, grid) in Quantization::NAMES {
                if ui.selectable_label(grid == song.quantization, word).clicked() {
                    asks.act(Action::Quantize { grid });
                }
            }
        });
}

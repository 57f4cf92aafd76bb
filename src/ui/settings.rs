//! The settings: every key of the one table, with its value, where that came from, and what it is for.

use std::collections::BTreeMap;

use egui::{Id, RichText, ScrollArea, TextEdit, Ui, WidgetInfo, WidgetType, vec2};

use super::ask::Asks;
use super::seen::Seen;
use super::state::UiState;
use super::theme;
use crate::settings::{KEYS, Key, Origin, Row};

/// What the panel keeps between frames.
#[derive(Debug, Default)]
pub struct SettingsState {
    /// It is shown.
    pub open: bool,
    /// Values that are being written.
    texts: BTreeMap<&'static str, String>,
    /// Why a value was refused.
    refused: BTreeMap<&'static str, String>,
    /// Something was changed that counts from the next start on.
    restart: bool,
}

impl SettingsState {
    /// What became of a value that was asked for.
    pub fn done(&mut self, key: &'static str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => {
                self.refused.remove(key);
                self.texts.remove(key);
                self.restart |= KEYS.iter().any(|known| known.name == key && known.restart);
            }
            Err(sentence) => drop(self.refused.insert(key, sentence)),
        }
    }
}

/// Show the panel, if it is open.
pub fn show(ui: &Ui, seen: &Seen, state: &mut UiState, asks: &mut Asks) {
    let mut open = state.settings.open;
    let room = ui.ctx().content_rect();
    egui::Window::new(RichText::new("Settings").font(theme::strong()))
        .id(Id::new("settings"))
        .open(&mut open)
        .collapsible(false)
        .default_size(vec2(620.0, room.height() * 0.7))
        .pivot(egui::Align2::CENTER_CENTER)
        .default_pos(room.center())
        .show(ui.ctx(), |ui| {
            if state.settings.restart {
                let text = "Some of what was changed counts from the next start on.";
                ui.label(RichText::new(text).color(theme::WARN));
            }
            ScrollArea::vertical().auto_shrink([false, true]).show(ui, |ui| {
                let mut section = "";
                for (key, row) in KEYS.iter().zip(seen.settings) {
                    let (of, name) = key.name.split_once('.').unwrap_or(("", key.name));
                    if of != section {
                        section = of;
                        ui.add_space(6.0);
                        let title = RichText::new(of.to_uppercase());
                        ui.label(title.font(theme::label()).color(theme::DIM));
                    }
                    one(ui, key, name, row, &mut state.settings, asks);
                }
            });
        });
    state.settings.open = open;
}

fn one(
    ui: &mut Ui,
    key: &'static Key,
    name: &str,
    row: &Row,
    state: &mut SettingsState,
    asks: &mut Asks,
) {
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(110.0, 20.0), egui::Sense::hover());
        let at = (rect.left_center(), egui::Align2::LEFT_CENTER);
        let words = name.replace('_', " ");
        theme::fit(ui.painter(), at, &words, (theme::text(), theme::TEXT), rect.width());
        if key.choices.is_empty() {
            field(ui, key, row, state, asks);
        } else {
            let chosen = egui::ComboBox::from_id_salt(key.name)
                .width(150.0)
                .selected_text(&row.value)
                .show_ui(ui, |ui| {
                    for choice in key.choices {
                        if ui.selectable_label(row.value == *choice, *choice).clicked() {
                            asks.setting(key.name, *choice);
                        }
                    }
                });
            let label = || WidgetInfo::labeled(WidgetType::ComboBox, true, key.name);
            chosen.response.widget_info(label);
        }
        ui.label(RichText::new(key.help).color(theme::DIM));
    });
    let over = matches!(row.origin, Origin::Environment { .. } | Origin::Flag { .. });
    let why = state.refused.get(key.name).cloned();
    if let Some(why) = why.or_else(|| over.then(|| format!("set by {}", row.origin))) {
        ui.label(RichText::new(why).color(theme::WARN));
    }
}

fn field(ui: &mut Ui, key: &'static Key, row: &Row, state: &mut SettingsState, asks: &mut Asks) {
    let mut text = state.texts.get(key.name).unwrap_or(&row.value).clone();
    let edit = TextEdit::singleline(&mut text).desired_width(150.0).font(theme::number());
    let response = ui.add(edit);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::TextEdit, true, key.name));
    if response.changed() {
        state.texts.insert(key.name, text.clone());
    }
    if response.lost_focus() {
        let given_up = ui.input(|i| i.key_pressed(egui::Key::Escape));
        if given_up || text == row.value {
            state.texts.remove(key.name);
            state.refused.remove(key.name);
        } else {
            asks.setting(key.name, text);
        }
    }
}

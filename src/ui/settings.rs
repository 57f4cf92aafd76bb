//! The settings: every key of the one table, with its value, where that came from, and what it is for.

mod lists;
mod now;

use std::collections::{BTreeMap, BTreeSet};

use egui::{
    Align, Button, ComboBox, Id, Key as Press, Label, Layout, Popup, Response, RichText,
    ScrollArea, TextEdit, Ui, WidgetInfo, WidgetType, vec2,
};

use super::ask::Asks;
use super::seen::Seen;
use super::state::UiState;
use super::theme;
use crate::settings::{KEYS, Key, Origin, Row};
use lists::Choice;

/// Width of a list or field, points.
const FIELD: f32 = 190.0;
/// Width of a list that is open on long names, points.
const OPEN: f32 = 420.0;
/// Letters that fit into a list as wide as its field.
const LONG: usize = 26;
/// Left free between the window and what is around it, points.
const EDGE: f32 = 12.0;

/// What the panel keeps between frames.
#[derive(Debug, Default)]
pub struct SettingsState {
    /// It is shown.
    pub open: bool,
    /// Bring this section to where it is seen, with the keyboard at its first control.
    go: Option<&'static str>,
    /// The keyboard enters the panel with the next frame.
    pub enter: bool,
    /// It was shown with the last frame.
    was_open: bool,
    /// The keyboard was at some control with the last frame, or a list was open.
    was_held: bool,
    /// Values that are being written.
    texts: BTreeMap<&'static str, String>,
    /// Why a value was refused.
    refused: BTreeMap<&'static str, String>,
    /// What was changed and counts from the next start on.
    restart: BTreeSet<&'static str>,
}

impl SettingsState {
    /// What became of a value that was asked for.
    pub fn done(&mut self, key: &'static str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => {
                self.refused.remove(key);
                self.texts.remove(key);
                if KEYS.iter().any(|known| known.name == key && known.restart) {
                    self.restart.insert(key);
                }
            }
            Err(sentence) => drop(self.refused.insert(key, sentence)),
        }
    }

    /// Show the panel at one of its sections.
    pub fn show_section(&mut self, section: &'static str) {
        (self.open, self.go) = (true, Some(section));
    }
}

/// Show the panel, if it is open.
pub fn show(ui: &Ui, seen: &Seen, state: &mut UiState, asks: &mut Asks) {
    let mut open = state.settings.open;
    if open && !state.settings.was_open {
        asks.look();
    }
    let room = ui.ctx().content_rect();
    let most = room.size() - vec2(2.0 * EDGE, 2.0 * EDGE);
    // Title and margins of the window are outside of what it holds.
    let inner = vec2(most.x - 24.0, most.y - 48.0);
    egui::Window::new(RichText::new("Settings").font(theme::strong()))
        .id(Id::new("settings"))
        .open(&mut open)
        .collapsible(false)
        .default_size(vec2(700.0, room.height() * 0.75).min(inner))
        .max_size(inner)
        .pivot(egui::Align2::CENTER_CENTER)
        .default_pos(room.center())
        .show(ui.ctx(), |ui| {
            if !state.settings.restart.is_empty() {
                let names: Vec<&str> = state.settings.restart.iter().copied().collect();
                let text = format!("From the next start of the program on: {}.", names.join(", "));
                ui.add(Label::new(RichText::new(text).color(theme::WARN)).wrap());
            }
            ScrollArea::vertical().auto_shrink([false, true]).show(ui, |ui| {
                rows(ui, seen, &mut state.settings, asks);
            });
        });
    let settings = &mut state.settings;
    // Escape leaves a list or a field first, and the panel after that.
    let escaped = ui.input(|i| i.key_pressed(Press::Escape)) && !settings.was_held;
    if settings.was_open && escaped {
        open = false;
    }
    (settings.open, settings.was_open, settings.enter) = (open, open, settings.enter && !open);
    let is_focused = ui.ctx().memory(|memory| memory.focused().is_some());
    settings.was_held = is_focused || Popup::is_any_open(ui.ctx());
}

fn rows(ui: &mut Ui, seen: &Seen, state: &mut SettingsState, asks: &mut Asks) {
    let mut section = "";
    // The first control of the panel, or of the section that is gone to, gets the keyboard.
    let mut enters = std::mem::take(&mut state.enter);
    for (key, row) in KEYS.iter().zip(seen.settings) {
        let (of, name) = key.name.split_once('.').unwrap_or(("", key.name));
        let mut first = None;
        if of != section {
            section = of;
            ui.add_space(6.0);
            let title = RichText::new(of.to_uppercase());
            let title = ui.label(title.font(theme::label()).color(theme::DIM));
            if state.go.take_if(|go| *go == of).is_some() {
                title.scroll_to_me(Some(Align::TOP));
                enters = true;
            }
            first = now::show(ui, of, seen, asks);
        }
        let control = one(ui, key, name, row, seen, state, asks);
        for control in first.iter().chain([&control]) {
            if std::mem::take(&mut enters) {
                control.request_focus();
            }
            if control.gained_focus() {
                control.scroll_to_me(None);
            }
        }
    }
}

fn one(
    ui: &mut Ui,
    key: &'static Key,
    name: &str,
    row: &Row,
    seen: &Seen,
    state: &mut SettingsState,
    asks: &mut Asks,
) -> Response {
    let choices = lists::choices(key, &row.value, seen);
    let chosen = choices.iter().flatten().find(|choice| choice.value == row.value);
    let fault = chosen.and_then(|choice| choice.fault.clone());
    let control = ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(110.0, 20.0), egui::Sense::hover());
        let at = (rect.left_center(), egui::Align2::LEFT_CENTER);
        let words = name.replace('_', " ");
        theme::fit(ui.painter(), at, &words, (theme::text(), theme::TEXT), rect.width());
        let control = match &choices {
            None => field(ui, key, row, state, asks),
            Some(choices) => list(ui, key, row, choices, asks),
        };
        ui.add(Label::new(RichText::new(key.help).color(theme::DIM)).truncate());
        control
    });
    let over = matches!(row.origin, Origin::Environment { .. } | Origin::Flag { .. });
    let refused = state.refused.get(key.name).cloned();
    let why = refused.or_else(|| over.then(|| format!("set by {}", row.origin)));
    let note = lists::note(key, seen);
    // Of the same thing the note says more.
    let fault = fault.filter(|fault| !note.as_ref().is_some_and(|note| note.contains(fault)));
    for (text, color) in [(why.or(fault), theme::WARN), (note, theme::DIM)] {
        if let Some(text) = text {
            ui.add(Label::new(RichText::new(text).color(color)).wrap());
        }
    }
    control.inner
}

/// A list to choose from; names that are too long end in an ellipsis and are whole under the pointer.
fn list(
    ui: &mut Ui,
    key: &'static Key,
    row: &Row,
    choices: &[Choice],
    asks: &mut Asks,
) -> Response {
    let chosen = choices.iter().find(|choice| choice.value == row.value);
    let shown = chosen.map_or(&row.value, |choice| &choice.text);
    let is_long = |choice: &Choice| choice.text.chars().count() > LONG || choice.fault.is_some();
    let wide = (ui.ctx().content_rect().width() - 4.0 * EDGE).min(OPEN);
    let wide = if choices.iter().any(is_long) { wide } else { FIELD };
    // A list that cuts its text takes all the room there is: it gets no more than its own.
    let size = vec2(FIELD, 24.0);
    let inside = ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_width(FIELD);
        let combo = ComboBox::from_id_salt(key.name).width(FIELD).truncate().selected_text(shown);
        combo.show_ui(ui, |ui| {
            ui.set_min_width(wide);
            ui.set_max_width(wide);
            for choice in choices {
                let text = match &choice.fault {
                    Some(fault) => format!("{} — {fault}", choice.text),
                    None => choice.text.clone(),
                };
                let button = Button::selectable(row.value == choice.value, text).truncate();
                let button = ui.add(button);
                let why = choice.fault.as_deref().unwrap_or(&choice.text);
                if button.on_hover_text(why).clicked() && row.value != choice.value {
                    asks.setting(key.name, &choice.value);
                }
            }
        })
    });
    let response = inside.inner.response;
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(WidgetType::ComboBox, true, key.name);
        info.current_text_value = Some(shown.clone());
        info
    });
    if shown.chars().count() > LONG { response.on_hover_text(shown) } else { response }
}

fn field(
    ui: &mut Ui,
    key: &'static Key,
    row: &Row,
    state: &mut SettingsState,
    asks: &mut Asks,
) -> Response {
    let mut text = state.texts.get(key.name).unwrap_or(&row.value).clone();
    let edit = TextEdit::singleline(&mut text).desired_width(FIELD - 8.0).font(theme::number());
    let response = ui.add(edit);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::TextEdit, true, key.name));
    if response.changed() {
        state.texts.insert(key.name, text.clone());
    }
    if response.lost_focus() {
        let given_up = ui.input(|i| i.key_pressed(Press::Escape));
        if given_up || text == row.value {
            state.texts.remove(key.name);
            state.refused.remove(key.name);
        } else {
            asks.setting(key.name, text);
        }
    }
    response
}

//! The line at the bottom: what just happened, what comes next, how audio, MIDI and synth do, and whether
//! it is saved.

use egui::{Align, Button, Color32, Label, Layout, RichText, Ui, WidgetInfo, WidgetType};

use super::ask::Asks;
use super::gear::{self, Words};
use super::jobs;
use super::seen::{Seen, Tone};
use super::state::UiState;
use super::{stage, theme};
use crate::session::history::History;

/// Height, points.
pub const HEIGHT: f32 = 24.0;
/// From this width on there is room for more words, points.
const WIDE: f32 = 1000.0;

/// Show the line.
pub fn show(ui: &mut Ui, seen: &Seen, state: &mut UiState, asks: &mut Asks) {
    let wide = ui.available_width() >= WIDE;
    ui.horizontal_centered(|ui| {
        ui.add_space(8.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(8.0);
            if ui.link(RichText::new("? shortcuts").color(theme::DIM)).clicked() {
                state.sheet = !state.sheet;
            }
            let history = seen.world.get_resource::<History>();
            let changed = history.is_some_and(History::is_dirty);
            let (word, color) =
                if changed { ("unsaved changes", theme::WARN) } else { ("saved", theme::DIM) };
            ui.label(RichText::new(word).color(color));
            if state.piano.on {
                let octave = i32::from(state.piano.lowest) / 12 - 1;
                let text = format!("piano C{octave} vel {}", state.piano.velocity);
                ui.label(RichText::new(text).color(theme::SELECT));
            }
            lights(ui, seen, state, wide);
            if let Some(undo) = history.and_then(History::undo_name).filter(|_| wide) {
                ui.label(RichText::new(format!("undo: {undo}")).color(theme::DIM));
            }
            jobs::line(ui, seen, &mut state.jobs, asks);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                if let Some(next) = &state.grid.dropping {
                    ui.add(Label::new(RichText::new(next).color(theme::SELECT)).truncate());
                } else if let Some(said) = seen.log.last() {
                    let color = if said.tone == Tone::Refused { theme::WARN } else { theme::TEXT };
                    ui.add(Label::new(RichText::new(&said.text).color(color)).truncate());
                }
                if let Some(next) = next(seen) {
                    ui.label(RichText::new(next).color(theme::QUEUE));
                }
            });
        });
    });
}

/// How audio, MIDI and synth do; each opens its part of the settings. From right to left.
fn lights(ui: &mut Ui, seen: &Seen, state: &mut UiState, wide: bool) {
    let parts = [
        ("synth", gear::synth(seen), None),
        ("midi", gear::midi(seen), Some(seen.hears)),
        ("audio", gear::audio(seen), None),
    ];
    for (section, words, light) in parts {
        light_of(ui, section, &words, light, wide).then(|| state.settings.show_section(section));
    }
}

/// One of them; whether it was chosen. Its `light` is lit or not, where it has one.
fn light_of(
    ui: &mut Ui,
    section: &'static str,
    words: &Words,
    light: Option<bool>,
    wide: bool,
) -> bool {
    let color = if words.warns { theme::WARN } else { theme::DIM };
    let shown = if wide { &words.long } else { &words.short };
    let text = RichText::new(shown).font(theme::number()).color(color);
    ui.spacing_mut().button_padding.x = 2.0;
    let response = ui.add(Button::new(text).frame_when_inactive(false));
    let name = format!("{section}: {shown}");
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &name));
    let response = response.on_hover_text(&words.sentence);
    if let Some(is_lit) = light {
        let (word, color): (&str, Color32) =
            if is_lit { ("MIDI is heard", theme::TEXT) } else { ("MIDI is silent", theme::LINE) };
        let dot = ui.label(RichText::new("●").font(theme::number()).color(color));
        dot.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, word));
    }
    response.clicked()
}

/// What is queued, and in how many bars it comes.
fn next(seen: &Seen) -> Option<String> {
    let stage::Next { bars, first, more } = stage::next(seen)?;
    let others = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("next in {bars:.1} bars: {first}{others}"))
}

//! The line at the bottom: what just happened, what comes next, and whether it is saved.

use egui::{Align, Label, Layout, RichText, Ui};

use super::ask::Asks;
use super::jobs;
use super::seen::{Seen, Tone};
use super::state::UiState;
use super::{stage, theme};
use crate::session::history::History;

/// Height, points.
pub const HEIGHT: f32 = 24.0;

/// Show the line.
pub fn show(ui: &mut Ui, seen: &Seen, state: &mut UiState, asks: &mut Asks) {
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
            if let Some(undo) = history.and_then(History::undo_name) {
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

/// What is queued, and in how many bars it comes.
fn next(seen: &Seen) -> Option<String> {
    let stage::Next { bars, first, more } = stage::next(seen)?;
    let others = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("next in {bars:.1} bars: {first}{others}"))
}

//! The question before unsaved changes are lost.

use egui::{Id, Modal, RichText, Ui};

use super::ask::Asks;
use super::state::UiState;
use super::theme;
use crate::model::action::Action;

/// How far closing the window has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Closing {
    /// Nobody wants to.
    #[default]
    No,
    /// The question is shown.
    Asked,
    /// It closes once the project is saved.
    Saving,
    /// It closes, whatever is lost.
    Now,
}

/// Show the question, if it is to be asked.
pub fn show(ui: &Ui, state: &mut UiState, asks: &mut Asks) {
    if state.closing != Closing::Asked {
        return;
    }
    let shown = Modal::new(Id::new("closing")).show(ui.ctx(), |ui| {
        ui.set_width(320.0);
        ui.label(RichText::new("Save the changes?").font(theme::strong()));
        ui.add_space(4.0);
        let why = "The project has changed since it was saved.";
        ui.label(RichText::new(why).color(theme::DIM));
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            if ui.button("Save and close").clicked() {
                asks.act(Action::Save);
                state.closing = Closing::Saving;
            }
            if ui.button("Close without saving").clicked() {
                state.closing = Closing::Now;
            }
            if ui.button("Go on").clicked() {
                state.closing = Closing::No;
            }
        });
    });
    if shown.should_close() && state.closing == Closing::Asked {
        state.closing = Closing::No;
    }
}

//! The question before unsaved changes are lost.

use std::path::PathBuf;

use egui::{Id, Modal, RichText, Ui};

use super::ask::Asks;
use super::state::UiState;
use super::theme;
use crate::model::action::Action;

/// What the project is left for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The window is closed.
    Window,
    /// An empty project is begun.
    New,
    /// The project in this file is opened.
    Open(PathBuf),
}

/// How far leaving the project has got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Closing {
    /// Nobody wants to.
    #[default]
    No,
    /// The question is shown.
    Asked(Leave),
    /// It is left once it is saved.
    Saving(Leave),
    /// It is left, whatever is lost.
    Now(Leave),
}

/// Show the question, if it is to be asked.
pub fn show(ui: &Ui, state: &mut UiState, asks: &mut Asks) {
    let Closing::Asked(leave) = state.closing.clone() else { return };
    let closes = leave == Leave::Window;
    let shown = Modal::new(Id::new("closing")).show(ui.ctx(), |ui| {
        ui.set_width(320.0);
        ui.label(RichText::new("Save the changes?").font(theme::strong()));
        ui.add_space(4.0);
        let why = "The project has changed since it was saved.";
        ui.label(RichText::new(why).color(theme::DIM));
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            if ui.button(if closes { "Save and close" } else { "Save" }).clicked() {
                asks.act(Action::Save);
                state.closing = Closing::Saving(leave.clone());
            }
            if ui.button(if closes { "Close without saving" } else { "Don't save" }).clicked() {
                state.closing = Closing::Now(leave.clone());
            }
            if ui.button("Go on").clicked() {
                state.closing = Closing::No;
            }
        });
    });
    if shown.should_close() && matches!(state.closing, Closing::Asked(_)) {
        state.closing = Closing::No;
    }
}

//! Menus of presets: a sound's own, the user's, and a field to save under a name.

use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{PopupCloseBehavior, RichText, ScrollArea, TextEdit, Ui, WidgetInfo, WidgetType};

use super::ask::{self, Asks};
use super::seen::Seen;
use super::theme;
use crate::model::action::Action;
use crate::model::ids::{StripId, TrackId};
use crate::model::sound::SoundDescriptor;
use crate::session::act::PresetKind;

/// Height of the list, points.
const LIST: f32 = 260.0;

/// A menu of the presets of an instrument.
pub fn instrument(
    ui: &mut Ui,
    seen: &Seen,
    id: TrackId,
    sound: &SoundDescriptor,
    written: &mut String,
    asks: &mut Asks,
) {
    menu(ui, "Presets", |ui| {
        let mut done = false;
        ScrollArea::vertical().max_height(LIST).show(ui, |ui| {
            for preset in &sound.presets {
                if ui.button(&preset.name).clicked() {
                    // What a preset does not name goes back to its default.
                    let set = |p: &crate::model::sound::ParamDescriptor| {
                        let value = preset.params.get(&p.name).copied().unwrap_or(p.default);
                        let (track, param) = (ask::track(id), p.name.clone());
                        Action::SetParam { track, param, value }
                    };
                    asks.together(&preset.name, sound.params.iter().map(set).collect());
                    done = true;
                }
            }
            if let Some(preset) = own(ui, seen, PresetKind::Instrument, !sound.presets.is_empty()) {
                asks.act(Action::PresetLoad { track: ask::track(id), preset });
                done = true;
            }
        });
        if let Some(name) = save(ui, seen, PresetKind::Instrument, written) {
            asks.act(Action::PresetSave { track: ask::track(id), name });
            done = true;
        }
        done
    });
}

/// A menu of the chains for a strip's effects.
pub fn chain(ui: &mut Ui, seen: &Seen, id: StripId, written: &mut String, asks: &mut Asks) {
    menu(ui, "Chains", |ui| {
        let mut done = false;
        ScrollArea::vertical().max_height(LIST).show(ui, |ui| {
            if let Some(chain) = own(ui, seen, PresetKind::Chain, false) {
                asks.act(Action::ChainLoad { strip: ask::strip(id), chain });
                done = true;
            }
        });
        if let Some(name) = save(ui, seen, PresetKind::Chain, written) {
            asks.act(Action::ChainSave { strip: ask::strip(id), name });
            done = true;
        }
        done
    });
}

/// A menu that stays open while it is written in; `inside` says when it has done its work.
fn menu(ui: &mut Ui, title: &str, inside: impl FnOnce(&mut Ui) -> bool) {
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    MenuButton::new(RichText::new(title).color(theme::DIM)).config(config).ui(ui, |ui| {
        ui.set_min_width(170.0);
        if inside(ui) {
            ui.close();
        }
    });
}

/// The user's own of a kind; the name of one that is chosen.
fn own(ui: &mut Ui, seen: &Seen, kind: PresetKind, below: bool) -> Option<String> {
    let presets = seen.presets.presets.iter().filter(|preset| kind.is(&preset.data));
    let names: Vec<&String> = presets.map(|preset| &preset.name).collect();
    if names.is_empty() {
        if !below {
            let hint = format!("no {} of yours yet", kind.word());
            ui.label(RichText::new(hint).color(theme::DIM));
        }
        return None;
    }
    if below {
        ui.separator();
    }
    names.into_iter().find(|name| ui.button(*name).clicked()).cloned()
}

/// A field for a name and a button beside it; the name, once it is to be saved.
fn save(ui: &mut Ui, seen: &Seen, kind: PresetKind, written: &mut String) -> Option<String> {
    ui.separator();
    let taken = kind.find(seen.presets, written.trim()).is_some();
    let named = !written.trim().is_empty();
    let mut saved = false;
    ui.horizontal(|ui| {
        let field = TextEdit::singleline(written).desired_width(120.0).hint_text("save as");
        let response = ui.add(field);
        let label = format!("name of the {}", kind.word());
        response.widget_info(|| WidgetInfo::labeled(WidgetType::TextEdit, true, label.clone()));
        let entered = response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let word = if taken { "Replace" } else { "Save" };
        // Enter never replaces: that takes the button that says so.
        saved = named
            && (ui.add_enabled(named, egui::Button::new(word)).clicked() || entered && !taken);
    });
    saved.then(|| std::mem::take(written).trim().to_owned())
}

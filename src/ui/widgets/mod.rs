//! Controls of our own: faders, knobs, meters, switches, waves.

pub mod fader;
pub mod knob;
pub mod meter;
pub mod switch;
pub mod wave;

use egui::containers::menu::SubMenuButton;
use egui::{Button, Ui};

/// A menu within a menu. Its arrow is one that our font has.
pub fn submenu(ui: &mut Ui, word: &str, contents: impl FnOnce(&mut Ui)) {
    SubMenuButton::from_button(Button::new(word).right_text("›")).ui(ui, contents);
}

/// A level as it is written: `-6.0`, and `-∞` for silence.
pub fn db(level: f32) -> String {
    if level <= -70.0 { "-∞".to_owned() } else { format!("{level:.1}") }
}

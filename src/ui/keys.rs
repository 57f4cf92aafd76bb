//! The shortcuts: one table for what the keyboard does, shown on the sheet and held against collisions.

use egui::{Align2, Event, Key, Modifiers, RichText, Ui, vec2};

use super::ask::Asks;
use super::files::Purpose;
use super::seen::Seen;
use super::state::UiState;
use super::theme;
use crate::model::action::{Action, Switch};

/// What a shortcut of the whole window does. Those of the grid are in `grid::keys`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Start or stop the transport.
    Play,
    /// Take the last step back.
    Undo,
    /// Make it again.
    Redo,
    /// Write the project.
    Save,
    /// Write it under another name.
    SaveAs,
    /// Begin an empty project.
    New,
    /// Open another project.
    Open,
    /// Open the palette.
    Palette,
    /// In the palette: compose what is written.
    Compose,
    /// Sounds at the left, or not.
    Browser,
    /// Large cells, editing locked.
    Stage,
    /// Devices below, the editor of the focused clip, or nothing.
    Devices,
    /// The metronome.
    Metronome,
    /// The settings.
    Settings,
    /// Letters play notes.
    Piano,
    /// A tap of the tempo.
    Tap,
    /// End every held note.
    Panic,
    /// This sheet.
    Sheet,
    /// Cells of another height.
    Size,
    /// In the grid: the focus goes a cell on.
    Walk,
    /// In the grid: launch the clip.
    Launch,
    /// In the grid: launch the scene.
    Scene,
    /// In the grid: write a name.
    Rename,
    /// In the grid: take away.
    Delete,
    /// In the grid: once more, below.
    Duplicate,
    /// In the grid: remember what is selected.
    Copy,
    /// In the grid: remember it to be moved.
    Cut,
    /// In the grid: put it here.
    Paste,
    /// In the grid: select every clip.
    All,
    /// In the grid: a new scene below.
    Insert,
    /// In the grid: a new scene below of what plays.
    Capture,
    /// In the grid: mute, solo, arm the track.
    Mute,
    /// Solo the track.
    Solo,
    /// Arm the track.
    Arm,
    /// Stop the track.
    Stop,
    /// In the grid: open the clip in the editor.
    Edit,
    /// In the editor: the pointer is a pen, or not.
    Draw,
}

/// A row of the table.
pub struct Shortcut {
    /// Held with it.
    pub modifiers: Modifiers,
    /// The key.
    pub key: Key,
    /// What it does.
    pub does: Does,
    /// In a few words.
    pub words: &'static str,
}

const fn row(modifiers: Modifiers, key: Key, does: Does, words: &'static str) -> Shortcut {
    Shortcut { modifiers, key, does, words }
}

const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = CTRL.plus(SHIFT);

/// All shortcuts.
pub const TABLE: &[Shortcut] = &[
    row(NONE, Key::Space, Does::Play, "play and stop"),
    row(CTRL, Key::K, Does::Palette, "palette: do or describe"),
    row(CTRL, Key::Enter, Does::Compose, "in the palette: compose"),
    row(CTRL, Key::B, Does::Browser, "browser or none"),
    row(CTRL, Key::Comma, Does::Settings, "settings"),
    row(CTRL, Key::Z, Does::Undo, "undo"),
    row(CTRL, Key::Y, Does::Redo, "redo"),
    row(CTRL, Key::S, Does::Save, "save"),
    row(CTRL_SHIFT, Key::S, Does::SaveAs, "save as"),
    row(CTRL, Key::N, Does::New, "new project"),
    row(CTRL, Key::O, Does::Open, "open a project"),
    row(NONE, Key::Tab, Does::Devices, "devices, editor, none"),
    row(NONE, Key::F11, Does::Stage, "stage view"),
    row(NONE, Key::F4, Does::Size, "height of cells"),
    row(NONE, Key::O, Does::Metronome, "metronome"),
    row(NONE, Key::M, Does::Piano, "letters as a piano, or not"),
    row(NONE, Key::T, Does::Tap, "tap the tempo"),
    row(SHIFT, Key::Escape, Does::Panic, "panic: end every note"),
    row(NONE, Key::F1, Does::Sheet, "this sheet (also ?)"),
    row(NONE, Key::ArrowUp, Does::Walk, "up"),
    row(NONE, Key::ArrowDown, Does::Walk, "down"),
    row(NONE, Key::ArrowLeft, Does::Walk, "left"),
    row(NONE, Key::ArrowRight, Does::Walk, "right"),
    row(NONE, Key::Enter, Does::Launch, "launch the clip or scene"),
    row(SHIFT, Key::Enter, Does::Scene, "launch the scene"),
    row(NONE, Key::F2, Does::Rename, "rename"),
    row(NONE, Key::Delete, Does::Delete, "delete"),
    row(CTRL, Key::D, Does::Duplicate, "duplicate"),
    row(CTRL, Key::C, Does::Copy, "copy clips or notes"),
    row(CTRL, Key::X, Does::Cut, "cut clips"),
    row(CTRL, Key::V, Does::Paste, "paste clips or notes"),
    row(CTRL, Key::A, Does::All, "select every clip or note"),
    row(CTRL, Key::I, Does::Insert, "new scene below"),
    row(CTRL_SHIFT, Key::I, Does::Capture, "new scene of what plays"),
    row(SHIFT, Key::M, Does::Mute, "mute the track"),
    row(SHIFT, Key::S, Does::Solo, "solo the track"),
    row(SHIFT, Key::A, Does::Arm, "arm the track"),
    row(NONE, Key::Period, Does::Stop, "stop the track"),
    row(NONE, Key::E, Does::Edit, "edit the clip"),
    row(NONE, Key::B, Does::Draw, "editor: draw notes"),
];

/// Whether the keyboard belongs to a field, or to a question that has to be answered first.
pub fn is_taken(ui: &Ui) -> bool {
    let asked = || ui.ctx().memory(|memory| memory.top_modal_layer().is_some());
    ui.ctx().egui_wants_keyboard_input() || asked()
}

/// What was pressed of these, in order.
pub fn pressed(ui: &Ui, wanted: impl Fn(Does) -> bool) -> Vec<(Does, Key)> {
    if is_taken(ui) {
        return Vec::new();
    }
    let mut found = Vec::new();
    ui.input_mut(|input| {
        input.events.retain(|event| {
            let Event::Key { key, pressed: true, modifiers, .. } = event else { return true };
            // Exactly these: egui's own way of taking keys lets Shift pass where it is not asked for.
            let row = TABLE.iter().find(|row| {
                row.key == *key && modifiers.matches_exact(row.modifiers) && wanted(row.does)
            });
            found.extend(row.map(|row| (row.does, row.key)));
            row.is_none()
        });
    });
    found
}

/// Do what shortcuts of the whole window ask.
pub fn handle(ui: &Ui, seen: &Seen, state: &mut UiState, asks: &mut Asks) {
    // The palette opens from everywhere.
    if ui.input_mut(|i| i.consume_key(CTRL, Key::K)) {
        state.palette.open();
    }
    // The settings go while one of their fields is at the keyboard.
    if state.settings.open && ui.input_mut(|i| i.consume_key(CTRL, Key::Comma)) {
        state.settings.open = false;
    }
    // The browser goes while its field is written in.
    if ui.input_mut(|i| i.consume_key(CTRL, Key::B)) {
        state.browser.switch();
    }
    let asked =
        ui.input(|i| i.events.iter().any(|e| matches!(e, egui::Event::Text(t) if t == "?")));
    if asked && !is_taken(ui) {
        state.sheet = !state.sheet;
    }
    if state.sheet && ui.input_mut(|i| i.consume_key(NONE, Key::Escape)) {
        state.sheet = false;
    }
    let all = pressed(ui, |does| !super::grid::owns(does) && !super::editor::owns(does));
    for (does, _) in all {
        match does {
            Does::Play if seen.runs() => asks.act(Action::Stop),
            Does::Play => super::top::play(seen, asks),
            Does::Undo => asks.act(Action::Undo),
            Does::Redo => asks.act(Action::Redo),
            Does::Save => super::files::save(seen.files, &mut state.files, asks),
            Does::SaveAs => state.files.open(Purpose::SaveAs, seen.files, asks),
            Does::New => asks.act(Action::ProjectNew),
            Does::Open => state.files.open(Purpose::Open, seen.files, asks),
            Does::Palette => state.palette.open(),
            Does::Stage => state.stage = !state.stage,
            // In the settings Tab walks on from field to field; the first it enters is the panel's.
            Does::Devices if state.settings.open => {
                ui.memory_mut(|memory| memory.move_focus(egui::FocusDirection::None));
                state.settings.enter = true;
            }
            Does::Devices => {
                // Tab is also how egui walks its fields, which would take the keyboard from here on.
                ui.memory_mut(|memory| memory.move_focus(egui::FocusDirection::None));
                super::editor::turn(seen, state);
            }
            Does::Metronome => {
                let switch = if seen.metronome { Switch::Off } else { Switch::On };
                asks.act(Action::Metronome { switch });
            }
            Does::Settings => state.settings.open = !state.settings.open,
            Does::Piano => state.piano.switch(asks),
            Does::Tap => asks.act(Action::Tap),
            Does::Panic => asks.act(Action::Panic),
            Does::Sheet => state.sheet = !state.sheet,
            Does::Size => state.grid.size = state.grid.size.next(),
            _ => {}
        }
    }
}

/// Show the sheet of shortcuts, if it is open.
pub fn sheet(ui: &Ui, state: &mut UiState) {
    let mut open = state.sheet;
    egui::Window::new(RichText::new("Shortcuts").font(theme::strong()))
        .open(&mut open)
        .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
        .collapsible(false)
        .resizable(false)
        .show(ui.ctx(), |ui| {
            egui::Grid::new("shortcuts").num_columns(4).spacing(vec2(20.0, 6.0)).show(ui, |ui| {
                for pair in TABLE.chunks(2) {
                    for row in pair {
                        let keys = ui
                            .ctx()
                            .format_shortcut(&egui::KeyboardShortcut::new(row.modifiers, row.key));
                        ui.label(RichText::new(keys).font(theme::number()).color(theme::TEXT));
                        ui.label(RichText::new(row.words).color(theme::DIM));
                    }
                    ui.end_row();
                }
            });
        });
    state.sheet = open;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_shortcuts_are_the_same() {
        for (i, one) in TABLE.iter().enumerate() {
            for other in &TABLE[i + 1..] {
                let same = one.key == other.key && one.modifiers == other.modifiers;
                assert!(!same, "{} and {}", one.words, other.words);
            }
        }
    }
}

//! The File menu, the panel that lists folders, and the offer of work that was not saved.

use std::path::{Path, PathBuf};

use egui::{Align2, Id, Modal, RichText, ScrollArea, Ui, WidgetInfo, WidgetType, vec2};

use super::ask::{self, Asks, FileAsk, Listed};
use super::seen::{Files, Seen};
use super::state::UiState;
use super::theme;
use super::widgets::submenu;
use crate::model::action::Action;
use crate::model::ids::{SceneId, TrackId};

/// What the panel is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To open a project.
    Open,
    /// To save under another name.
    SaveAs,
    /// To make a clip of a file in this slot.
    Import(TrackId, SceneId),
}

impl Purpose {
    fn title(self) -> &'static str {
        match self {
            Purpose::Open => "Open a project",
            Purpose::SaveAs => "Save as",
            Purpose::Import(..) => "Import a recording or MIDI file",
        }
    }

    /// The files it is for.
    fn listed(self) -> Listed {
        match self {
            Purpose::Open | Purpose::SaveAs => Listed::Projects,
            Purpose::Import(..) => Listed::Media,
        }
    }
}

/// The panel's own state.
#[derive(Debug, Default)]
pub struct FilesState {
    /// What it is open for.
    pub purpose: Option<Purpose>,
    /// The name to save under, as written so far.
    pub name: String,
}

impl FilesState {
    /// Open the panel on the folder of the project.
    pub fn open(&mut self, purpose: Purpose, files: &Files, asks: &mut Asks) {
        self.purpose = Some(purpose);
        let name = files.path.file_name().map(|name| name.to_string_lossy().into_owned());
        self.name = name.unwrap_or_default();
        let folder = files.path.parent().unwrap_or(Path::new(""));
        asks.file(FileAsk::List(folder.to_owned(), purpose.listed()));
    }
}

/// Save the project, or ask for a name where nobody gave it one yet.
pub fn save(files: &Files, state: &mut FilesState, asks: &mut Asks) {
    if files.untitled {
        state.open(Purpose::SaveAs, files, asks);
    } else {
        asks.act(Action::Save);
    }
}

/// Show the File menu's button.
pub fn menu(ui: &mut Ui, seen: &Seen, state: &mut UiState, asks: &mut Asks) {
    ui.menu_button("File", |ui| {
        if ui.button("New").clicked() {
            asks.act(Action::ProjectNew);
        }
        if ui.button("Open…").clicked() {
            state.files.open(Purpose::Open, seen.files, asks);
        }
        submenu(ui, "Recent", |ui| {
            if seen.files.recent.is_empty() {
                ui.label(RichText::new("none yet").color(theme::DIM));
            }
            recent(ui, seen.files, asks);
        });
        ui.separator();
        if ui.button("Save").clicked() {
            save(seen.files, &mut state.files, asks);
        }
        if ui.button("Save as…").clicked() {
            state.files.open(Purpose::SaveAs, seen.files, asks);
        }
        if ui.button("Collect samples").clicked() {
            asks.act(Action::Collect);
        }
        ui.separator();
        if ui.button("Settings…").clicked() {
            state.settings.open = true;
        }
    });
}

fn open(path: &Path) -> Action {
    Action::ProjectOpen { path: path.display().to_string() }
}

/// The projects that were open last; one that is gone is dim. Gives whether one was chosen.
fn recent(ui: &mut Ui, files: &Files, asks: &mut Asks) -> bool {
    let mut chosen = false;
    for (path, there) in &files.recent {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let color = if *there { theme::TEXT } else { theme::DIM };
        let button = egui::Button::new(RichText::new(name).color(color)).frame(false);
        let button = ui.add_enabled(*there, button).on_hover_text(path.display().to_string());
        if button.clicked() {
            asks.act(open(path));
            chosen = true;
        }
    }
    chosen
}

/// Show the panel and the offer, where they are to be shown.
pub fn show(ui: &Ui, seen: &Seen, state: &mut UiState, asks: &mut Asks) {
    if let Some(offer) = &seen.files.offer {
        self::offer(ui, offer, asks);
    } else if let Some(purpose) = state.files.purpose {
        panel(ui, purpose, seen.files, &mut state.files, asks);
    }
}

fn panel(ui: &Ui, purpose: Purpose, files: &Files, state: &mut FilesState, asks: &mut Asks) {
    let mut shown = true;
    let mut done = false;
    egui::Window::new(RichText::new(purpose.title()).font(theme::strong()))
        .id(Id::new("files"))
        .open(&mut shown)
        .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
        .collapsible(false)
        .fixed_size(vec2(520.0, 420.0))
        .show(ui.ctx(), |ui| {
            ui.horizontal(|ui| {
                let up = files.folder.parent().filter(|up| !up.as_os_str().is_empty());
                if ui.add_enabled(up.is_some(), egui::Button::new("Up")).clicked()
                    && let Some(up) = up
                {
                    asks.file(FileAsk::List(up.to_owned(), purpose.listed()));
                }
                let folder = RichText::new(files.folder.display().to_string()).color(theme::DIM);
                ui.add(egui::Label::new(folder).truncate());
            });
            if let Some(fault) = &files.fault {
                ui.label(RichText::new(fault).color(theme::WARN));
            }
            let low = if purpose == Purpose::SaveAs { 44.0 } else { 8.0 };
            let height = (ui.available_height() - low).max(60.0);
            ScrollArea::vertical().max_height(height).auto_shrink(false).show(ui, |ui| {
                for (name, is_folder) in &files.entries {
                    let text = if *is_folder { format!("{name}/") } else { name.clone() };
                    let row = ui.add(egui::Button::new(text).frame(false).truncate());
                    if !row.clicked() {
                        continue;
                    }
                    let path = files.folder.join(name);
                    match (is_folder, purpose) {
                        (true, _) => asks.file(FileAsk::List(path, purpose.listed())),
                        (false, Purpose::Open) => {
                            asks.act(open(&path));
                            done = true;
                        }
                        (false, Purpose::Import(track, scene)) => {
                            let clip = ask::slot(track, scene);
                            asks.act(Action::ClipImport { clip, path: path.display().to_string() });
                            done = true;
                        }
                        (false, Purpose::SaveAs) => state.name.clone_from(name),
                    }
                }
                if purpose == Purpose::Open && !files.recent.is_empty() {
                    ui.separator();
                    ui.label(RichText::new("Recent").color(theme::DIM));
                    done |= recent(ui, files, asks);
                }
            });
            if purpose == Purpose::SaveAs {
                ui.add_space(6.0);
                done |= name_field(ui, files, state, asks);
            }
        });
    let escaped = ui.input_mut(|i| i.consume_key(egui::Modifiers::NONE, egui::Key::Escape));
    if done || escaped || !shown {
        state.purpose = None;
    }
}

/// The name to save under. Gives whether it was.
fn name_field(ui: &mut Ui, files: &Files, state: &mut FilesState, asks: &mut Asks) -> bool {
    let mut done = false;
    ui.horizontal(|ui| {
        let field = ui.add(egui::TextEdit::singleline(&mut state.name).desired_width(360.0));
        let value = state.name.clone();
        field.widget_info(|| {
            let mut info = WidgetInfo::labeled(WidgetType::TextEdit, true, "name of the project");
            info.current_text_value = Some(value.clone());
            info
        });
        let path = target(&files.folder, &state.name);
        let there = path.as_ref().is_some_and(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            files.entries.iter().any(|(known, _)| *known == name)
        });
        let word = if there { "Replace it" } else { "Save" };
        let clicked = ui.add_enabled(path.is_some(), egui::Button::new(word)).clicked();
        // Return replaces nothing.
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter)) && !there;
        if let Some(path) = path.filter(|_| clicked || entered) {
            asks.file(FileAsk::SaveTo(path));
            done = true;
        }
    });
    done
}

/// The file of a name in a folder; `None` for a name that is none.
fn target(folder: &Path, name: &str) -> Option<PathBuf> {
    let name = name.trim();
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) {
        return None;
    }
    let ending = if name.ends_with(".hcs") { "" } else { ".hcs" };
    Some(folder.join(format!("{name}{ending}")))
}

fn offer(ui: &Ui, offer: &super::seen::Offer, asks: &mut Asks) {
    Modal::new(Id::new("recovery")).show(ui.ctx(), |ui| {
        ui.set_width(400.0);
        ui.label(RichText::new("Work that was not saved").font(theme::strong()));
        ui.add_space(4.0);
        ui.label(RichText::new(&offer.text).color(theme::DIM));
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            let recover = ui.add_enabled(offer.is_readable, egui::Button::new("Recover"));
            let discard = ui.button("Discard");
            let later = ui.button("Later");
            // Enter does what loses nothing.
            if ui.memory(|memory| memory.focused().is_none()) {
                if offer.is_readable { &recover } else { &later }.request_focus();
            }
            for (button, ask) in
                [(recover, FileAsk::Recover), (discard, FileAsk::Discard), (later, FileAsk::Later)]
            {
                if button.clicked() {
                    asks.file(ask);
                }
            }
        });
    });
}

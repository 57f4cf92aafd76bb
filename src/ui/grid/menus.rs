//! What can be done with a cell: its menu, its name, and the same by keyboard.

use egui::{Align, Id, Rect, TextEdit, Ui};

use super::{Column, selection};
use crate::model::action::{Action, Span, Switch};
use crate::model::ids::{StripId, TrackId};
use crate::model::track::TrackKind;
use crate::session::document::{InGroup, Order, part};
use crate::ui::ask::{self, Asks};
use crate::ui::editor;
use crate::ui::files::Purpose;
use crate::ui::seen::Seen;
use crate::ui::state::{Cell, Rename, UiState};
use crate::ui::theme;
use crate::ui::widgets::submenu;

/// The name of what is in a cell; `None` for an empty slot.
fn name<'a>(seen: &Seen<'a>, cell: Cell) -> Option<&'a str> {
    Some(match cell {
        Cell::Slot(track, scene) => {
            let clip = seen.slot(track, seen.scene(scene)?).clip?;
            &seen.clip(clip)?.name
        }
        Cell::Head(track) => seen.track(track).0,
        Cell::Scene(scene) => &seen.scene(scene)?.name,
    })
}

/// Begin to write the name of what is in a cell.
pub(super) fn rename(seen: &Seen, state: &mut UiState, cell: Cell) {
    if let Some(name) = name(seen, cell) {
        state.grid.rename = Some(Rename { cell, text: name.to_owned(), fresh: true });
    }
}

/// What takes away what is in a cell; `None` for an empty slot.
pub(super) fn deletion(seen: &Seen, cell: Cell) -> Option<Action> {
    match cell {
        Cell::Slot(track, scene) => {
            name(seen, cell).map(|_| Action::ClipDelete { clip: ask::slot(track, scene) })
        }
        Cell::Head(track) => Some(Action::TrackDelete { track: ask::track(track) }),
        Cell::Scene(scene) => Some(Action::SceneDelete { scene: ask::scene(scene) }),
    }
}

/// Once more what is in a cell: a clip goes into the slot below.
pub(super) fn duplicate(seen: &Seen, cell: Cell, asks: &mut Asks) {
    match cell {
        Cell::Slot(track, scene) => {
            let Order { scenes, .. } = seen.order;
            let row = scenes.iter().position(|s| *s == scene);
            let Some(below) = row.and_then(|row| scenes.get(row + 1)) else { return };
            if name(seen, cell).is_some() {
                let (clip, to) = (ask::slot(track, scene), ask::scene(*below));
                asks.act(Action::ClipDuplicate { clip, to });
            }
        }
        Cell::Head(track) => asks.act(Action::TrackDuplicate { track: ask::track(track) }),
        Cell::Scene(scene) => asks.act(Action::SceneDuplicate { scene: ask::scene(scene) }),
    }
}

/// Open the clip of a slot in the editor.
pub(super) fn edit(seen: &Seen, state: &mut UiState, cell: Cell) {
    if let Cell::Slot(track, scene) = cell
        && name(seen, cell).is_some()
    {
        editor::open(state, track, scene);
    }
}

/// Make a clip in an empty slot, where the track plays notes, and say whether one was asked for.
pub(super) fn create(seen: &Seen, cell: Cell, asks: &mut Asks) -> bool {
    let Cell::Slot(track, scene) = cell else { return false };
    let plays = matches!(
        part::<TrackKind>(seen.world, track),
        Ok(TrackKind::Instrument(_) | TrackKind::Drums(_))
    );
    let makes = plays && name(seen, cell).is_none();
    if makes {
        let (clip, length) = (ask::slot(track, scene), Span::Bars(1));
        asks.act(Action::ClipAdd { clip, length });
    }
    makes
}

/// A field over `rect` while the name of `cell` is being written.
pub(super) fn field(ui: &mut Ui, state: &mut UiState, cell: Cell, rect: Rect, asks: &mut Asks) {
    let Some(rename) = state.grid.rename.as_mut().filter(|r| r.cell == cell) else { return };
    let id = Id::new("rename");
    let edit = TextEdit::singleline(&mut rename.text)
        .id(id)
        .font(theme::text())
        .vertical_align(Align::Center)
        .char_limit(100);
    let fresh = std::mem::take(&mut rename.fresh);
    let response = ui.put(rect, edit);
    if fresh {
        response.request_focus();
        let all = egui::text::CCursorRange::two(
            egui::text::CCursor::new(0),
            egui::text::CCursor::new(rename.text.chars().count()),
        );
        let mut edit = egui::text_edit::TextEditState::load(ui.ctx(), id).unwrap_or_default();
        edit.cursor.set_char_range(Some(all));
        edit.store(ui.ctx(), id);
        return;
    }
    if !response.lost_focus() {
        return;
    }
    let text = std::mem::take(&mut rename.text);
    state.grid.rename = None;
    let given_up = ui.input(|i| i.key_pressed(egui::Key::Escape));
    if given_up || text.trim().is_empty() {
        return;
    }
    let name = text.trim().to_owned();
    asks.act(match cell {
        Cell::Slot(track, scene) => Action::ClipRename { clip: ask::slot(track, scene), name },
        Cell::Head(track) => Action::TrackRename { track: ask::track(track), name },
        Cell::Scene(scene) => Action::SceneRename { scene: ask::scene(scene), name },
    });
}

/// The menu of a cell.
pub(super) fn menu(
    ui: &mut Ui,
    seen: &Seen,
    state: &mut UiState,
    columns: &[Column],
    cell: Cell,
    asks: &mut Asks,
) {
    let filled = name(seen, cell).is_some();
    let entry = |ui: &mut Ui, word: &str| ui.button(word).clicked();
    match cell {
        Cell::Slot(track, scene) if filled => {
            let clip = || ask::slot(track, scene);
            if entry(ui, "Launch") {
                asks.act(Action::Launch { clip: clip() });
            }
            if entry(ui, "Edit") {
                edit(seen, state, cell);
            }
            if entry(ui, "Fill, back at the end of the loop") {
                asks.act(Action::Fill { clip: clip() });
            }
            ui.separator();
            if entry(ui, "Vary") {
                asks.act(Action::ClipVary { clip: clip(), seed: None });
            }
            if entry(ui, "Compose a fill") {
                asks.act(Action::ClipFill { clip: clip(), seed: None });
            }
            if entry(ui, "Bass for this") {
                asks.act(Action::ClipBass { clip: clip(), seed: None });
            }
            ui.separator();
            if entry(ui, "Double the length") {
                asks.act(Action::ClipDouble { clip: clip() });
            }
            if entry(ui, "Halve the length") {
                asks.act(Action::ClipHalve { clip: clip() });
            }
            if entry(ui, "Mute or sound") {
                asks.act(Action::ClipMute { clip: clip(), switch: Switch::Toggle });
            }
            if entry(ui, "Bounce to WAV and MIDI") {
                asks.act(Action::BounceClip { clip: clip() });
            }
            if entry(ui, "Render to sample") {
                asks.act(Action::ClipRender { clip: clip() });
            }
            submenu(ui, "Colour", |ui| {
                colors(ui, |color| asks.act(Action::ClipColor { clip: clip(), color }));
            });
        }
        Cell::Slot(track, scene) => {
            if entry(ui, "New clip of a bar") {
                create(seen, cell, asks);
            }
            if entry(ui, "Import…") {
                state.files.open(Purpose::Import(track, scene), seen.files, asks);
            }
            if entry(ui, "Stop button or none") {
                let (track, scene) = (ask::track(track), ask::scene(scene));
                asks.act(Action::StopButton { track, scene, switch: Switch::Toggle });
            }
            if !state.grid.clipboard.slots.is_empty() && entry(ui, "Paste") {
                selection::paste(seen, state, columns, cell, asks);
            }
            return;
        }
        Cell::Head(track) => {
            let strip = || ask::strip(StripId::Track(track));
            if entry(ui, "Arm or not") {
                asks.arm(track);
            }
            if entry(ui, "Mute or not") {
                asks.act(Action::Mute { strip: strip(), switch: Switch::Toggle });
            }
            if entry(ui, "Solo or not") {
                asks.act(Action::Solo { strip: strip(), switch: Switch::Toggle });
            }
            groups(ui, seen, track, asks);
            submenu(ui, "Colour", |ui| {
                let track = || ask::track(track);
                colors(ui, |color| asks.act(Action::TrackColor { track: track(), color }));
            });
        }
        Cell::Scene(scene) => {
            if entry(ui, "Launch") {
                asks.act(Action::LaunchScene { scene: ask::scene(scene) });
            }
            if entry(ui, "New scene below") {
                selection::insert(seen, Some(cell), asks);
            }
            if entry(ui, "New scene of what plays") {
                selection::capture(seen, Some(cell), asks);
            }
            if entry(ui, "Bounce to WAV and MIDI") {
                asks.act(Action::BounceScene { scene: ask::scene(scene) });
            }
            submenu(ui, "Colour", |ui| {
                let scene = || ask::scene(scene);
                colors(ui, |color| asks.act(Action::SceneColor { scene: scene(), color }));
            });
        }
    }
    ui.separator();
    if entry(ui, "Rename") {
        rename(seen, state, cell);
    }
    if entry(ui, "Duplicate") {
        duplicate(seen, cell, asks);
    }
    if matches!(cell, Cell::Slot(..)) {
        if entry(ui, "Copy") {
            selection::copy(seen, state, cell, false);
        }
        if entry(ui, "Cut") {
            selection::copy(seen, state, cell, true);
        }
    }
    if entry(ui, "Delete") {
        selection::delete(seen, state, cell, asks);
    }
}

/// Into a group or out of it.
fn groups(ui: &mut Ui, seen: &Seen, id: TrackId, asks: &mut Asks) {
    let is_group =
        |id: TrackId| part::<TrackKind>(seen.world, id).is_ok_and(|kind| *kind == TrackKind::Group);
    let within = part::<InGroup>(seen.world, id).ok().and_then(|group| group.0);
    let track = || ask::track(id);
    submenu(ui, "Group", |ui| {
        if within.is_some() && ui.button("None").clicked() {
            asks.act(Action::TrackUngroup { track: track() });
        }
        let others = seen.order.tracks.iter().filter(|other| **other != id && is_group(**other));
        for group in others.filter(|group| Some(**group) != within) {
            if ui.button(seen.track(*group).0).clicked() {
                asks.act(Action::TrackGroup { track: track(), group: ask::track(*group) });
            }
        }
        if ui.button("New group track").clicked() {
            asks.act(Action::TrackAddGroup { name: "Group".to_owned() });
        }
    });
}

fn colors(ui: &mut Ui, mut chosen: impl FnMut(u8)) {
    egui::Grid::new("colors").spacing(egui::vec2(3.0, 3.0)).show(ui, |ui| {
        for (number, color) in (0u8..).zip(theme::PALETTE) {
            let (rect, response) =
                ui.allocate_exact_size(egui::vec2(20.0, 20.0), egui::Sense::click());
            ui.painter().rect_filled(rect, theme::RADIUS, color);
            response.widget_info(|| {
                egui::WidgetInfo::labeled(
                    egui::WidgetType::Button,
                    true,
                    format!("colour {number}"),
                )
            });
            if response.clicked() {
                chosen(number);
                ui.close();
            }
            if number % 9 == 8 {
                ui.end_row();
            }
        }
    });
}

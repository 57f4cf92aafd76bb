//! The clip editor: notes, their velocities and chances, automation, and how the clip launches.

mod audio;
mod automation;
mod brace;
mod draw;
mod follow;
mod gestures;
mod header;
mod keys;
mod lane;
mod notes;
mod state;
mod view;

pub use keys::owns;
pub use state::EditorState;

use egui::{Color32, RichText, Sense, Ui};

use super::ask::{self, Asks};
use super::closing::Closing;
use super::seen::Seen;
use super::state::{Cell, UiState};
use super::theme;
use crate::model::action::ClipRef;
use crate::model::clip::{Clip, ClipContent};
use crate::model::ids::{SceneId, TrackId};
use crate::model::project::Song;
use crate::model::time::Signature;
use crate::model::track::TrackKind;
use crate::session::document::part;

/// Height at first, points; its upper edge can be dragged.
pub const HEIGHT: f32 = 300.0;
/// Least and most height, points.
pub const HEIGHTS: std::ops::RangeInclusive<f32> = 180.0..=720.0;

/// The clip that is shown, and what belongs to it.
pub struct Shown<'a> {
    /// The clip.
    pub clip: &'a Clip,
    /// The clip as actions name it.
    pub at: ClipRef,
    /// Its track.
    pub track: TrackId,
    /// Its scene.
    pub scene: SceneId,
    /// What its track plays.
    pub kind: Option<&'a TrackKind>,
    /// Its colour, or the track's.
    pub color: Color32,
    /// The song's signature, by which actions count bars.
    pub signature: Signature,
}

impl Shown<'_> {
    /// Whether its track is a drum kit.
    pub fn is_drums(&self) -> bool {
        matches!(self.kind, Some(TrackKind::Drums(_)))
    }
}

/// Open the clip in a slot.
pub fn open(state: &mut UiState, track: TrackId, scene: SceneId) {
    state.editor = Some((track, scene));
    state.hide_devices = false;
    state.edit.focus = true;
}

/// Close the editor: devices have the room again.
pub fn close(state: &mut UiState) {
    state.editor = None;
    state.edit.focus = false;
    state.edit.drag = None;
}

/// Go on from devices to the editor of the focused clip, to nothing, to devices.
pub fn turn(seen: &Seen, state: &mut UiState) {
    let focused = match state.grid.focus {
        Some(Cell::Slot(track, scene)) if clip(seen, track, scene).is_some() => {
            Some((track, scene))
        }
        _ => None,
    };
    match (state.hide_devices, state.editor, focused) {
        (true, ..) => {
            close(state);
            state.hide_devices = false;
        }
        (false, None, Some((track, scene))) => open(state, track, scene),
        (false, ..) => {
            close(state);
            state.hide_devices = true;
        }
    }
}

fn clip<'a>(seen: &Seen<'a>, track: TrackId, scene: SceneId) -> Option<&'a Clip> {
    seen.clip(seen.slot(track, seen.scene(scene)?).clip?)
}

/// Show the clip that is open.
pub fn show(ui: &mut Ui, seen: &Seen, state: &mut UiState, asks: &mut Asks) {
    let Some((track, scene)) = state.editor else { return };
    let area = ui.max_rect();
    // The keyboard goes where the pointer was pressed last.
    let pressed = ui.input(|i| i.pointer.any_pressed().then(|| i.pointer.interact_pos()).flatten());
    if let Some(at) = pressed
        && !egui::Popup::is_any_open(ui.ctx())
    {
        state.edit.focus = area.contains(at);
    }
    let asked = matches!(state.closing, Closing::Asked(_));
    if !asked && keys::closes(ui, &mut state.edit) {
        return close(state);
    }
    let song = seen.world.get_resource::<Song>();
    let (Some(clip), Some(song)) = (clip(seen, track, scene), song) else {
        ui.horizontal(|ui| {
            let hint = "This slot is empty: a double click on it makes a clip.";
            ui.label(RichText::new(hint).color(theme::DIM));
            if header::close_button(ui) {
                close(state);
            }
        });
        // The panel keeps its height.
        ui.allocate_space(ui.available_size());
        return;
    };
    let shown = Shown {
        clip,
        at: ask::slot(track, scene),
        track,
        scene,
        kind: part::<TrackKind>(seen.world, track).ok(),
        color: theme::track_color(clip.color.unwrap_or(seen.track(track).1)),
        signature: song.signature,
    };
    if header::show(ui, seen, &shown, &mut state.edit, asks) {
        return close(state);
    }
    let area = ui.available_rect_before_wrap();
    if area.height() < 60.0 || area.width() < 120.0 {
        return;
    }
    ui.allocate_rect(area, Sense::hover());
    match &clip.content {
        ClipContent::Midi(midi) => {
            notes::show(ui, area, seen, &shown, &midi.notes, song.key, &mut state.edit, asks);
        }
        ClipContent::Audio(audio) => {
            audio::show(ui, area, seen, &shown, audio, &mut state.edit, asks)
        }
    }
}

#[cfg(test)]
mod tests;

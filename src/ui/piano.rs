//! The computer's keyboard as a piano: two rows of letters are keys, Z and X the octave, C and V how hard.

use egui::{Event, Key, Ui};

use super::ask::{self, Asks};
use super::seen::Seen;
use super::state::UiState;
use super::{devices, keys};
use crate::model::action::Action;
use crate::model::ids::TrackId;

/// Letters from C upwards, as Ableton Live lays them out.
const KEYS: [Key; 17] = [
    Key::A,
    Key::W,
    Key::S,
    Key::E,
    Key::D,
    Key::F,
    Key::T,
    Key::G,
    Key::Y,
    Key::H,
    Key::U,
    Key::J,
    Key::K,
    Key::O,
    Key::L,
    Key::P,
    Key::Semicolon,
];

/// The piano's own state.
#[derive(Debug)]
pub struct Piano {
    /// Letters are keys.
    pub on: bool,
    /// MIDI pitch of the letter A, a C.
    pub lowest: u8,
    /// How hard, 1–127.
    pub velocity: u8,
    /// What sounds: the letter, where, which pitch.
    held: Vec<(Key, TrackId, u8)>,
}

impl Default for Piano {
    /// Off, from C3 (48), at 100.
    fn default() -> Self {
        Piano { on: false, lowest: 48, velocity: 100, held: Vec::new() }
    }
}

impl Piano {
    fn release(&mut self, gone: impl Fn(Key) -> bool, asks: &mut Asks) {
        let held = std::mem::take(&mut self.held);
        let (ended, held): (Vec<_>, _) = held.into_iter().partition(|(key, ..)| gone(*key));
        self.held = held;
        for (_, track, pitch) in ended {
            asks.act(Action::NoteOff { track: ask::track(track), pitch });
        }
    }

    /// Turn it on or off; what sounds ends.
    pub fn switch(&mut self, asks: &mut Asks) {
        self.on = !self.on;
        self.release(|_| true, asks);
    }
}

/// Take the letters of this frame, if the piano is on and nobody writes.
pub fn handle(ui: &Ui, seen: &Seen, state: &mut UiState, asks: &mut Asks) {
    if !state.piano.on {
        return;
    }
    if keys::is_taken(ui) || !ui.input(|i| i.focused) {
        state.piano.release(|_| true, asks);
        return;
    }
    let mut events = Vec::new();
    ui.input_mut(|input| {
        input.events.retain(|event| {
            let Event::Key { key, pressed, repeat, modifiers, .. } = event else { return true };
            let ours = KEYS.contains(key) || matches!(key, Key::Z | Key::X | Key::C | Key::V);
            let taken = ours && (!*pressed || modifiers.is_none());
            if taken && !repeat {
                events.push((*key, *pressed));
            }
            !taken
        });
    });
    let mut targets: Vec<TrackId> = seen.armed.iter().copied().collect();
    if targets.is_empty() {
        targets.extend(devices::track(seen, state));
    }
    let piano = &mut state.piano;
    for (key, pressed) in events {
        match (key, pressed) {
            (Key::Z, true) => piano.lowest = piano.lowest.saturating_sub(12),
            (Key::X, true) => piano.lowest = (piano.lowest + 12).min(108),
            (Key::C, true) => piano.velocity = piano.velocity.saturating_sub(20).max(20),
            (Key::V, true) => piano.velocity = (piano.velocity + 20).min(127),
            (key, false) => piano.release(|held| held == key, asks),
            (key, true) => {
                let Some(step) = KEYS.iter().position(|k| *k == key) else { continue };
                let pitch = piano.lowest + step as u8;
                for track in targets.iter().copied().filter(|_| pitch <= 127) {
                    let velocity = Some(piano.velocity);
                    asks.act(Action::NoteOn { track: ask::track(track), pitch, velocity });
                    piano.held.push((key, track, pitch));
                }
            }
        }
    }
}

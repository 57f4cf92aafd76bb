//! Any controller: a map from its notes and controls to keys.

use serde::{Deserialize, Serialize};

use super::super::key::{Color, Key, Light};
use super::{Event, LEDS, Pack};

/// Kind of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MessageKind {
    /// A note: pressed with its velocity, released by note-off or velocity 0.
    Note,
    /// A control change: 64 and above is pressed, below is released.
    Control,
}

/// One key of a generic controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Binding {
    /// Kind of its message.
    pub kind: MessageKind,
    /// MIDI channel, 0–15.
    pub channel: u8,
    /// Number of the note or control, 0–127.
    pub number: u8,
    /// What it is.
    pub key: Key,
}

/// Values that light a key, by meaning; 0 is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Velocities {
    /// A clip that does not play.
    pub clip: u8,
    /// Plays, or is about to.
    pub green: u8,
    /// Records or stops, or is about to.
    pub red: u8,
    /// Everything else.
    pub other: u8,
}

impl Default for Velocities {
    /// Lights that are only on or off.
    fn default() -> Self {
        Velocities { clip: 127, green: 127, red: 127, other: 127 }
    }
}

/// The keys of a generic controller, at most 168; its lights are set by the messages its keys send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoteMap {
    bindings: Box<[Binding]>,
    lights: Option<Velocities>,
}

impl NoteMap {
    /// A map of these keys, the first for each message counts; what exceeds 168 is left out.
    /// Without `lights` nothing is sent.
    pub fn new(mut bindings: Vec<Binding>, lights: Option<Velocities>) -> Self {
        bindings.truncate(LEDS);
        NoteMap { bindings: bindings.into_boxed_slice(), lights }
    }

    /// A grid of pads whose notes rise from the bottom left, row by row, as most pad controllers have it;
    /// notes above 127 are left out.
    pub fn grid(channel: u8, first: u8, columns: u8, rows: u8, lights: Option<Velocities>) -> Self {
        let pads = (0..rows).rev().flat_map(|row| (0..columns).map(move |column| (column, row)));
        let bindings = (first..128).zip(pads).map(|(number, (column, row))| Binding {
            kind: MessageKind::Note,
            channel,
            number,
            key: Key::Pad { column, row },
        });
        NoteMap::new(bindings.collect(), lights)
    }

    /// The keys.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// Columns and rows that the keys span; at least one.
    pub(super) fn size(&self) -> (u8, u8) {
        self.bindings.iter().fold((1, 1), |(columns, rows), binding| match binding.key {
            Key::Pad { column, row } => {
                (columns.max(column.saturating_add(1)), rows.max(row.saturating_add(1)))
            }
            Key::Scene(row) => (columns, rows.max(row.saturating_add(1))),
            Key::Track(column) | Key::TrackRow(_, column) => {
                (columns.max(column.saturating_add(1)), rows)
            }
            _ => (columns, rows),
        })
    }

    pub(super) fn key(&self, led: u8) -> Option<Key> {
        self.bindings.get(usize::from(led)).map(|binding| binding.key)
    }

    pub(super) fn decode(&self, bytes: &[u8]) -> Option<Event> {
        let &[status, number, value] = bytes else {
            return None;
        };
        let (kind, pressed) = match status & 0xF0 {
            0x80 => (MessageKind::Note, false),
            0x90 => (MessageKind::Note, value > 0),
            0xB0 => (MessageKind::Control, value >= 64),
            _ => return None,
        };
        let led = self.bindings.iter().position(|binding| {
            (binding.kind, binding.channel, binding.number) == (kind, status & 0xF, number)
        })?;
        let led = u8::try_from(led).ok()?;
        Some(if pressed { Event::Press(led, value) } else { Event::Release(led) })
    }

    pub(super) fn code(&self, led: u8, light: Light) -> Option<u32> {
        self.key(led)?;
        let lights = self.lights?;
        let value = match light.color {
            _ if !light.lit() => 0,
            Color::Clip(_) => lights.clip,
            Color::Green => lights.green,
            Color::Red => lights.red,
            _ => lights.other,
        };
        Some(u32::from(value & 0x7F))
    }

    pub(super) fn add(&self, led: u8, code: u32, pack: &mut Pack) {
        if let Some(binding) = self.bindings.get(usize::from(led)) {
            let status = match binding.kind {
                MessageKind::Note => 0x90,
                MessageKind::Control => 0xB0,
            };
            pack.push(&[
                status | binding.channel & 0xF,
                binding.number & 0x7F,
                (code & 0x7F) as u8,
            ]);
        }
    }
}

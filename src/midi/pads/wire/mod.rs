//! The bytes of each device: what its messages mean and how its lights are set.

pub(super) mod apc;
pub(super) mod generic;
pub(super) mod launchpad;
pub(super) mod palette;

use super::key::{Dial, Key, Light, Mode, Row};
use super::model::Model;
use generic::NoteMap;

/// Numbers that keys and lights have within a device, whatever its messages are.
pub(super) const LEDS: usize = 168;
/// Bytes of the longest message.
pub(super) const LONGEST: usize = 88;
/// Lights in the longest message.
const LIGHTS_IN_ONE: usize = 16;

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A key went down, with its velocity, 1–127.
    Press(u8, u8),
    /// A key came up.
    Release(u8),
    /// A fader or track knob, with what it moves when that is fixed.
    Dial(Option<Dial>, u8, u8),
    /// The master fader.
    Master(u8),
    /// The crossfader.
    Crossfader(u8),
    /// Tempo knob, steps.
    Tempo(i8),
    /// Cue knob, steps.
    Cue(i8),
    /// The device changed its own mode and has to be put back.
    Strayed(Mode),
    /// Understood, and nothing to do.
    Nothing,
}

/// A message under construction, with the lights that it sets.
pub(super) struct Pack {
    pub(super) bytes: [u8; LONGEST],
    pub(super) len: usize,
    pub(super) leds: [u8; LIGHTS_IN_ONE],
    pub(super) count: usize,
}

impl Pack {
    pub(super) const EMPTY: Pack =
        Pack { bytes: [0; LONGEST], len: 0, leds: [0; LIGHTS_IN_ONE], count: 0 };

    fn push(&mut self, bytes: &[u8]) {
        if let Some(room) = self.bytes.get_mut(self.len..self.len + bytes.len()) {
            room.copy_from_slice(bytes);
            self.len += bytes.len();
        }
    }
}

/// A device as its bytes are.
pub(super) enum Wire {
    Known(Model),
    Generic(NoteMap),
}

impl Wire {
    fn launchpad(&self) -> Option<Model> {
        match self {
            Wire::Known(
                model @ (Model::LaunchpadX | Model::LaunchpadMini | Model::LaunchpadPro),
            ) => Some(*model),
            _ => None,
        }
    }

    /// Columns and rows of the grid.
    pub(super) fn size(&self) -> (u8, u8) {
        match self {
            Wire::Known(model) => (8, model.rows()),
            Wire::Generic(map) => map.size(),
        }
    }

    /// The key of a number.
    pub(super) fn key(&self, led: u8) -> Option<Key> {
        match self {
            Wire::Known(Model::ApcMini) => apc::mini_key(led, &apc::MINI),
            Wire::Known(Model::ApcMiniMk2) => apc::mini_key(led, &apc::MINI_MK2),
            Wire::Known(Model::Apc40Mk2) => apc::key_of_40(led),
            Wire::Known(model) => launchpad::key(*model, led),
            Wire::Generic(map) => map.key(led),
        }
    }

    /// What a key does while shift is held.
    pub(super) fn shifted(&self, key: Key) -> Key {
        match self {
            Wire::Known(Model::ApcMini) => apc::mini_shifted(key, &apc::MINI),
            Wire::Known(Model::ApcMiniMk2) => apc::mini_shifted(key, &apc::MINI_MK2),
            Wire::Known(Model::Apc40Mk2) => apc::shifted_40(key),
            Wire::Known(model) => launchpad::shifted(*model, key),
            Wire::Generic(_) => key,
        }
    }

    /// What the track keys do when nothing else was chosen; `None` when the pads' bottom row lends them.
    pub(super) fn default_row(&self) -> Option<Row> {
        match self {
            Wire::Known(Model::LaunchpadX | Model::LaunchpadMini) => None,
            Wire::Known(Model::LaunchpadPro) => Some(Row::Select),
            _ => Some(Row::Stop),
        }
    }

    /// Whether the arrows need shift themselves, so that shift cannot mean a page.
    pub(super) fn arrows_need_shift(&self) -> bool {
        self.is_mini()
    }

    /// Whether the session key is also the shift key.
    pub(super) fn session_shifts(&self) -> bool {
        matches!(self, Wire::Known(Model::LaunchpadX | Model::LaunchpadMini))
    }

    /// Whether mode and row keys choose one of several rather than switching on and off.
    pub(super) fn is_mini(&self) -> bool {
        matches!(self, Wire::Known(Model::ApcMini | Model::ApcMiniMk2))
    }

    /// Reads one message; `None` when it means nothing on this device.
    pub(super) fn decode(&self, bytes: &[u8]) -> Option<Event> {
        if bytes.first() != Some(&0xF0) && bytes.iter().skip(1).any(|byte| *byte > 127) {
            return None;
        }
        match self {
            Wire::Known(Model::ApcMini) => apc::decode_mini(bytes, &apc::MINI),
            Wire::Known(Model::ApcMiniMk2) => apc::decode_mini(bytes, &apc::MINI_MK2),
            Wire::Known(Model::Apc40Mk2) => apc::decode_40(bytes),
            Wire::Known(model) => launchpad::decode(*model, bytes),
            Wire::Generic(map) => map.decode(bytes),
        }
    }

    /// Messages that begin the work, one after the other until `None`.
    pub(super) fn hello(&self, step: usize, pack: &mut Pack) -> bool {
        match (self, self.launchpad(), step) {
            (_, Some(model), 0) => launchpad::mode(model, true, pack),
            (Wire::Known(Model::ApcMiniMk2), _, 0) => pack.push(&apc::MINI_MK2_HELLO),
            (Wire::Known(Model::ApcMiniMk2), _, 1) => pack.push(&apc::MINI_MK2_SESSION),
            (Wire::Known(Model::Apc40Mk2), _, 0) => pack.push(&apc::introduction_40(true)),
            _ => return false,
        }
        true
    }

    /// The message that puts a device back that changed its own mode.
    pub(super) fn put_back(&self, pack: &mut Pack) -> bool {
        let can = matches!(self, Wire::Known(Model::ApcMiniMk2));
        if can {
            pack.push(&apc::MINI_MK2_SESSION);
        }
        can
    }

    /// The message that ends the work, after the lights are off.
    pub(super) fn goodbye(&self, pack: &mut Pack) -> bool {
        match (self, self.launchpad()) {
            (_, Some(model)) => launchpad::mode(model, false, pack),
            (Wire::Known(Model::Apc40Mk2), _) => pack.push(&apc::introduction_40(false)),
            _ => return false,
        }
        true
    }

    /// How this device shows a light, as a number; `None` where there is no light.
    pub(super) fn code(&self, led: u8, key: Key, light: Light) -> Option<u32> {
        match self {
            Wire::Known(Model::ApcMini) => apc::mini_code(key, light, &apc::MINI),
            Wire::Known(Model::ApcMiniMk2) => apc::mini_code(key, light, &apc::MINI_MK2),
            Wire::Known(Model::Apc40Mk2) => apc::code_of_40(key, light),
            Wire::Known(_) => Some(launchpad::code(light)),
            Wire::Generic(map) => map.code(led, light),
        }
    }

    /// Most lights in a message.
    pub(super) fn lights_in_one(&self) -> usize {
        if self.launchpad().is_some() { LIGHTS_IN_ONE } else { 1 }
    }

    /// Bytes that one more light takes at most in a message of `len` bytes, its end included.
    pub(super) fn cost(&self, len: usize) -> usize {
        match self.launchpad() {
            Some(_) if len == 0 => launchpad::FRAME + launchpad::SPEC,
            Some(_) => launchpad::SPEC + 1,
            None => 3,
        }
    }

    /// Adds a light to a message, which it begins when it is empty.
    pub(super) fn add(&self, led: u8, code: u32, pack: &mut Pack) {
        match self {
            Wire::Generic(map) => map.add(led, code, pack),
            Wire::Known(Model::Apc40Mk2) => apc::add_40(led, code, pack),
            Wire::Known(Model::ApcMini | Model::ApcMiniMk2) => apc::add_mini(led, code, pack),
            Wire::Known(model) => launchpad::add(*model, led, code, pack),
        }
        if let Some(place) = pack.leds.get_mut(pack.count) {
            *place = led;
            pack.count += 1;
        }
    }

    /// Ends a message.
    pub(super) fn end(&self, pack: &mut Pack) {
        if self.launchpad().is_some() {
            pack.push(&[0xF7]);
        }
    }
}

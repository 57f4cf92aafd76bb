//! Launchpad X, Mini MK3 and Pro MK3 in programmer mode.
//!
//! From the programmer's reference manuals of the three: SysEx header `F0 00 20 29 02` and the device
//! (“SysEx message format used by the device”), `0E 01` programmer and `0E 00` live mode, pads are notes
//! and other keys CCs numbered row × 10 + column (“Programmer mode layout”), lights are set by `03` with
//! specs `03 led red green blue`, 0–127 each (“LED lighting SysEx message”).

use super::super::key::{Key, Light, Row};
use super::super::{Model, Rgb};
use super::{Event, Pack};

/// Bytes of a light message around its specs.
pub(super) const FRAME: usize = 8;
/// Bytes of one spec.
pub(super) const SPEC: usize = 5;

fn header(model: Model) -> [u8; 6] {
    let device = match model {
        Model::LaunchpadMini => 0x0D,
        Model::LaunchpadPro => 0x0E,
        _ => 0x0C,
    };
    [0xF0, 0x00, 0x20, 0x29, 0x02, device]
}

/// Into programmer mode, or back to live mode.
pub(super) fn mode(model: Model, programmer: bool, pack: &mut Pack) {
    pack.push(&header(model));
    pack.push(&[0x0E, u8::from(programmer), 0xF7]);
}

pub(super) fn key(model: Model, led: u8) -> Option<Key> {
    let (row, column) = (led / 10, led % 10);
    let pro = model == Model::LaunchpadPro;
    if (1..=8).contains(&row) && (1..=8).contains(&column) {
        return Some(Key::Pad { column: column - 1, row: 8 - row });
    }
    if (1..=8).contains(&row) && column == 9 {
        return Some(Key::Scene(8 - row));
    }
    Some(match (led, pro) {
        (91, false) | (80, true) => Key::Up,
        (92, false) | (70, true) => Key::Down,
        (93, false) | (91, true) => Key::Left,
        (94, false) | (92, true) => Key::Right,
        (95, false) | (93, true) => Key::Session,
        (96 | 97, false) if (led == 96) == (model == Model::LaunchpadX) => Key::Note,
        (96 | 97, false) | (96, true) => Key::Drum,
        (94, true) => Key::Note,
        (98, false) | (10, true) => Key::Record,
        (90, true) => Key::Shift,
        (60, true) => Key::Clear,
        (50, true) => Key::Duplicate,
        (40, true) => Key::Quantize,
        (30, true) => Key::FixedLength,
        (20, true) => Key::Play,
        (1, true) => Key::Row(Row::Arm),
        (2, true) => Key::Row(Row::Mute),
        (3, true) => Key::Row(Row::Solo),
        (8, true) => Key::Row(Row::Stop),
        (101..=108, true) => Key::Track(led - 101),
        _ => return None,
    })
}

/// As printed below the keys of the Pro; on the others the mixer keys are printed beside the scenes.
pub(super) fn shifted(model: Model, key: Key) -> Key {
    match (model, key) {
        (Model::LaunchpadPro, Key::Row(Row::Arm)) => Key::Undo,
        (Model::LaunchpadPro, Key::Row(Row::Mute)) => Key::Redo,
        (Model::LaunchpadPro, Key::Row(Row::Solo)) => Key::Metronome,
        (Model::LaunchpadPro, Key::Row(Row::Stop)) => Key::StopAll,
        (Model::LaunchpadPro, _) => key,
        (_, Key::Scene(row)) => match row {
            0 => Key::Play,
            1 => Key::Undo,
            2 => Key::Redo,
            3 => Key::StopAll,
            4 => Key::Row(Row::Stop),
            5 => Key::Row(Row::Mute),
            6 => Key::Row(Row::Solo),
            _ => Key::Row(Row::Arm),
        },
        _ => key,
    }
}

pub(super) fn decode(model: Model, bytes: &[u8]) -> Option<Event> {
    let (led, value, pad) = match *bytes {
        [0x90, led, value] => (led, value, true),
        [0x80, led, _] => (led, 0, true),
        [0xB0, led, value] => (led, value, false),
        _ => return None,
    };
    let key = key(model, led)?;
    if matches!(key, Key::Pad { .. }) != pad {
        return None;
    }
    Some(if value == 0 { Event::Release(led) } else { Event::Press(led, value) })
}

/// The mixture, seven bits each.
pub(super) fn code(light: Light) -> u32 {
    let Rgb(red, green, blue) = light.scaled();
    [red, green, blue].into_iter().fold(0, |code, channel| code << 7 | u32::from(channel >> 1))
}

pub(super) fn add(model: Model, led: u8, code: u32, pack: &mut Pack) {
    if pack.len == 0 {
        pack.push(&header(model));
        pack.push(&[0x03]);
    }
    let channel = |shift: u32| (code >> shift & 0x7F) as u8;
    pack.push(&[0x03, led, channel(14), channel(7), channel(0)]);
}

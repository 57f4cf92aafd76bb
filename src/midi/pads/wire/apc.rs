//! Akai APC mini, APC mini mk2 and APC40 mkII.
//!
//! From the communications protocols of the three. Keys are notes, faders and knobs are CCs. Lights:
//!
//! | device | grid | other keys |
//! |---|---|---|
//! | APC mini | `90 note` 0 off, 1 green, 3 red, 5 yellow | `90 note` 0 off, 1 on |
//! | APC mini mk2 | `9b note colour`, b = brightness 0–6, colour of the palette | `90 note` 0 off, 1 on |
//! | APC40 mkII | `90 note colour`, channel 0 = primary colour, also the scenes | `9t note` 0 off, 1 on, t = track |

use super::super::key::{Color, Dial, FULL, Key, Light, Mode, Row};
use super::palette;
use super::{Event, Pack};

/// Where an APC mini has its keys.
pub(super) struct Mini {
    track: u8,
    scene: u8,
    shift: u8,
    /// What the track keys do while shift is held.
    shifted_tracks: [Key; 8],
    /// What the scene keys do while shift is held.
    shifted_scenes: [Key; 8],
    palette: bool,
}

/// The first.
pub(super) const MINI: Mini = Mini {
    track: 64,
    scene: 82,
    shift: 98,
    shifted_tracks: [
        Key::Up,
        Key::Down,
        Key::Left,
        Key::Right,
        Key::Dial(Dial::Volume),
        Key::Dial(Dial::Pan),
        Key::Dial(Dial::Send),
        Key::Dial(Dial::Device),
    ],
    shifted_scenes: [
        Key::Row(Row::Stop),
        Key::Row(Row::Solo),
        Key::Row(Row::Arm),
        Key::Row(Row::Mute),
        Key::Row(Row::Select),
        Key::Drum,
        Key::Note,
        Key::StopAll,
    ],
    palette: false,
};

/// The second.
pub(super) const MINI_MK2: Mini = Mini {
    track: 100,
    scene: 112,
    shift: 122,
    shifted_tracks: [
        Key::Dial(Dial::Volume),
        Key::Dial(Dial::Pan),
        Key::Dial(Dial::Send),
        Key::Dial(Dial::Device),
        Key::Up,
        Key::Down,
        Key::Left,
        Key::Right,
    ],
    shifted_scenes: [
        Key::Row(Row::Stop),
        Key::Row(Row::Solo),
        Key::Row(Row::Mute),
        Key::Row(Row::Arm),
        Key::Row(Row::Select),
        Key::Drum,
        Key::Note,
        Key::StopAll,
    ],
    palette: true,
};

/// Introduction: application 0, version 1.0.0.
pub(super) const MINI_MK2_HELLO: [u8; 12] =
    [0xF0, 0x47, 0x7F, 0x4F, 0x60, 0x00, 0x04, 0x00, 0x01, 0x00, 0x00, 0xF7];
/// The grid sends notes 0–63.
pub(super) const MINI_MK2_SESSION: [u8; 9] = [0xF0, 0x47, 0x7F, 0x4F, 0x62, 0x00, 0x01, 0x00, 0xF7];

/// Mode 1 (`41`): the host sets all lights, the rings follow their knobs. Mode 0 is where it starts.
pub(super) fn introduction_40(host: bool) -> [u8; 12] {
    [0xF0, 0x47, 0x7F, 0x29, 0x60, 0x00, 0x04, 0x40 + u8::from(host), 0x01, 0x00, 0x00, 0xF7]
}

pub(super) fn mini_key(led: u8, mini: &Mini) -> Option<Key> {
    let within = |first: u8| led.checked_sub(first).filter(|offset| *offset < 8);
    if led < 64 {
        Some(Key::Pad { column: led % 8, row: 7 - led / 8 })
    } else if let Some(track) = within(mini.track) {
        Some(Key::Track(track))
    } else if let Some(scene) = within(mini.scene) {
        Some(Key::Scene(scene))
    } else {
        (led == mini.shift).then_some(Key::Shift)
    }
}

pub(super) fn mini_shifted(key: Key, mini: &Mini) -> Key {
    match key {
        Key::Track(track) => mini.shifted_tracks[usize::from(track % 8)],
        Key::Scene(scene) => mini.shifted_scenes[usize::from(scene % 8)],
        _ => key,
    }
}

pub(super) fn decode_mini(bytes: &[u8], mini: &Mini) -> Option<Event> {
    match *bytes {
        [0x90 | 0x80, led, _] if mini_key(led, mini).is_none() => None,
        [0x90, led, velocity @ 1..=127] => Some(Event::Press(led, velocity)),
        [0x90 | 0x80, led, _] => Some(Event::Release(led)),
        [0xB0, fader @ 48..=55, value] => Some(Event::Dial(None, fader - 48, value)),
        [0xB0, 56, value] => Some(Event::Master(value)),
        [0xF0, 0x47, _, 0x4F, 0x62, 0, 1, 1, 0xF7] if mini.palette => {
            Some(Event::Strayed(Mode::Note))
        }
        [0xF0, 0x47, _, 0x4F, 0x62, 0, 1, 2, 0xF7] if mini.palette => {
            Some(Event::Strayed(Mode::Drum))
        }
        // The answer to the introduction (positions of the faders) moves nothing by itself.
        [0xF0, 0x47, _, 0x4F, 0x61 | 0x62, .., 0xF7] if mini.palette => Some(Event::Nothing),
        _ => None,
    }
}

pub(super) fn mini_code(key: Key, light: Light, mini: &Mini) -> Option<u32> {
    Some(match key {
        Key::Shift => return None,
        Key::Pad { .. } if mini.palette && light.level == 0 => 6 << 7,
        Key::Pad { .. } if mini.palette => {
            let color = palette::nearest(light.color.rgb());
            u32::from(light.level.min(FULL) - 1) << 7 | u32::from(color)
        }
        Key::Pad { .. } if !light.lit() => 0,
        Key::Pad { .. } => match light.color {
            Color::Green => 1,
            Color::Red => 3,
            _ => 5,
        },
        _ => u32::from(light.lit()),
    })
}

/// The code holds channel and velocity.
pub(super) fn add_mini(led: u8, code: u32, pack: &mut Pack) {
    pack.push(&[0x90 | (code >> 7 & 0xF) as u8, led, (code & 0x7F) as u8]);
}

/// First number of the keys that have the track as their channel.
const PER_TRACK: u8 = 128;
/// Notes of those keys.
const ROWS: [Row; 5] = [Row::Arm, Row::Solo, Row::Mute, Row::Select, Row::Stop];

pub(super) fn key_of_40(led: u8) -> Option<Key> {
    Some(match led {
        0..=39 => Key::Pad { column: led % 8, row: 4 - led / 8 },
        81 => Key::StopAll,
        82..=86 => Key::Scene(led - 82),
        87 => Key::Dial(Dial::Pan),
        88 => Key::Dial(Dial::Send),
        89 => Key::Note,
        90 => Key::Metronome,
        91 => Key::Play,
        93 | 102 => Key::Record,
        94 => Key::Up,
        95 => Key::Down,
        96 => Key::Right,
        97 => Key::Left,
        98 => Key::Shift,
        99 => Key::Tap,
        100 => Key::NudgeDown,
        101 => Key::NudgeUp,
        PER_TRACK..168 => {
            let offset = led - PER_TRACK;
            Key::TrackRow(ROWS[usize::from(offset / 8)], offset % 8)
        }
        _ => return None,
    })
}

pub(super) fn shifted_40(key: Key) -> Key {
    if key == Key::Note { Key::Drum } else { key }
}

pub(super) fn decode_40(bytes: &[u8]) -> Option<Event> {
    let &[status, number, value] = bytes else {
        return None;
    };
    let channel = status & 0xF;
    // Knobs that turn without end: 1–63 forward, 127–64 backward (“Type CC2”).
    let steps = || if value < 64 { value as i8 } else { (i16::from(value) - 128) as i8 };
    match (status & 0xF0, number) {
        (0x90 | 0x80, _) => {
            let led = match number {
                48..=52 if channel < 8 => PER_TRACK + (number - 48) * 8 + channel,
                0..=39 | 81..=102 if channel == 0 => number,
                _ => return None,
            };
            key_of_40(led)?;
            let pressed = status & 0xF0 == 0x90 && value > 0;
            Some(if pressed { Event::Press(led, value) } else { Event::Release(led) })
        }
        (0xB0, 7) if channel < 8 => Some(Event::Dial(Some(Dial::Volume), channel, value)),
        (0xB0, 13) => Some(Event::Tempo(steps())),
        (0xB0, 14) => Some(Event::Master(value)),
        (0xB0, 15) => Some(Event::Crossfader(value)),
        (0xB0, 16..=23) => Some(Event::Dial(Some(Dial::Device), number - 16, value)),
        (0xB0, 47) => Some(Event::Cue(steps())),
        (0xB0, 48..=55) => Some(Event::Dial(None, number - 48, value)),
        _ => None,
    }
}

pub(super) fn code_of_40(key: Key, light: Light) -> Option<u32> {
    Some(match key {
        Key::Pad { .. } | Key::Scene(_) => u32::from(palette::nearest(light.scaled())),
        Key::Up | Key::Down | Key::Left | Key::Right => return None,
        Key::Shift | Key::Tap | Key::NudgeDown | Key::NudgeUp => return None,
        _ => u32::from(light.lit()),
    })
}

pub(super) fn add_40(led: u8, code: u32, pack: &mut Pack) {
    let value = (code & 0x7F) as u8;
    match led.checked_sub(PER_TRACK) {
        Some(offset) => pack.push(&[0x90 | (offset % 8), 48 + offset / 8, value]),
        None => pack.push(&[0x90, led, value]),
    }
}

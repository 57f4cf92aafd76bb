//! What the keys of a surface mean and what their lights show, in words that hold for every device.

use serde::{Deserialize, Serialize};

use super::Rgb;

/// What a row of track keys does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Row {
    /// Stops the track.
    Stop,
    /// Solo on and off.
    Solo,
    /// Mute on and off.
    Mute,
    /// Arm on and off.
    Arm,
    /// Selects the track.
    Select,
}

/// What faders and track knobs move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Dial {
    /// The level of each track.
    Volume,
    /// The place of each track between left and right.
    Pan,
    /// The first send of each track.
    Send,
    /// Eight parameters of the selected device.
    Device,
}

/// A key of a surface, or the function that it has while shift is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Key {
    /// A pad of the grid, counted from its top left corner.
    Pad {
        /// 0 is on the left.
        column: u8,
        /// 0 is on top.
        row: u8,
    },
    /// Launches the scene of a row, 0 on top.
    Scene(u8),
    /// A track key that does what was chosen by [`Key::Row`]; 0 is on the left.
    Track(u8),
    /// A track key that always does the same.
    TrackRow(Row, u8),
    /// Chooses what the track keys do.
    Row(Row),
    /// Moves the window of the grid up; in drum and note mode the pitch.
    Up,
    /// Moves the window of the grid down; in drum and note mode the pitch.
    Down,
    /// Moves the window of the grid to the left.
    Left,
    /// Moves the window of the grid to the right.
    Right,
    /// Held: the second function of the other keys.
    Shift,
    /// Back to the clips. On devices without a shift key it is one while held.
    Session,
    /// Note mode: the pads play the scale.
    Note,
    /// Drum mode: sixteen pads play drums.
    Drum,
    /// Starts and stops recording.
    Record,
    /// Starts and stops the transport.
    Play,
    /// Stops every track.
    StopAll,
    /// Undoes the last edit.
    Undo,
    /// Does again what was undone.
    Redo,
    /// Held: a pad clears its slot.
    Clear,
    /// Held: a pad duplicates its clip.
    Duplicate,
    /// Held: a pad quantizes its clip.
    Quantize,
    /// Switches between recording of fixed and of open length.
    FixedLength,
    /// Metronome on and off.
    Metronome,
    /// One tap of the tempo.
    Tap,
    /// Pulls the tempo back a little.
    NudgeDown,
    /// Pushes the tempo on a little.
    NudgeUp,
    /// Chooses what faders and track knobs move.
    Dial(Dial),
}

/// What the pads of the grid do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// They launch clips.
    #[default]
    Session,
    /// The sixteen on the bottom left play drums.
    Drum,
    /// They play the scale.
    Note,
}

/// A light by its meaning; each device shows it as well as it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Color {
    /// The colour of a clip or track: a clip that does not play.
    Clip(Rgb),
    /// Plays, or is about to.
    Green,
    /// Records or stops, or is about to.
    Red,
    /// Mute.
    Orange,
    /// A drum.
    Yellow,
    /// Solo; the root of the scale.
    Blue,
    /// Everything else.
    White,
}

impl Color {
    /// As a mixture of light.
    pub(super) fn rgb(self) -> Rgb {
        match self {
            Color::Clip(color) => color,
            Color::Green => Rgb(0, 255, 0),
            Color::Red => Rgb(255, 0, 0),
            Color::Orange => Rgb(255, 84, 0),
            Color::Yellow => Rgb(255, 255, 0),
            Color::Blue => Rgb(0, 0, 255),
            Color::White => Rgb(255, 255, 255),
        }
    }
}

/// What one light shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Light {
    pub(super) color: Color,
    /// Brightness: 0 is off, 7 is full.
    pub(super) level: u8,
    /// What moves by itself: 0 for a steady light, else which of the moving ones it is.
    pub(super) motion: u8,
}

/// Brightness of each level in percent: those that the APC mini mk2 has, so that all devices agree.
pub(super) const PERCENT: [u16; 8] = [0, 10, 25, 50, 65, 75, 90, 100];

/// Full brightness.
pub(super) const FULL: u8 = 7;
/// Something is there, but does nothing now.
pub(super) const DIM: u8 = 2;
/// From this level on a light of a single brightness is on.
pub(super) const LIT: u8 = 3;

impl Light {
    pub(super) const OFF: Light = Light { color: Color::White, level: 0, motion: 0 };

    pub(super) fn new(color: Color, level: u8) -> Light {
        Light { color, level, motion: 0 }
    }

    /// Full when `on`, else dim.
    pub(super) fn switch(color: Color, on: bool) -> Light {
        Light::new(color, if on { FULL } else { DIM })
    }

    /// A light that blinks or pulses, at this moment's level.
    pub(super) fn moving(color: Color, level: u8, motion: u8) -> Light {
        Light { color, level, motion }
    }

    /// Whether a light that is only on or off is on.
    pub(super) fn lit(self) -> bool {
        self.level >= LIT
    }

    /// The mixture at this brightness, 0–255 each.
    pub(super) fn scaled(self) -> Rgb {
        let percent = PERCENT[usize::from(self.level.min(FULL))];
        let scale = |channel: u8| (u16::from(channel) * percent / 100) as u8;
        let Rgb(red, green, blue) = self.color.rgb();
        Rgb(scale(red), scale(green), scale(blue))
    }
}

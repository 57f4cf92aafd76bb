//! The performance effects by name, and the values they take.

use serde::{Deserialize, Serialize};

/// A performance effect: off at 0, held by a finger or latched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Touch {
    /// Silence: 0 or 1.
    Mute,
    /// No lows, so that the kick is gone: 0 or 1.
    KickKill,
    /// One knob: low-pass falling to -1, off at 0, high-pass rising to 1.
    Filter,
    /// The slice repeats: 0 off, 1 to 4 a 1/4, 1/8, 1/16 or 1/32.
    BeatRepeat,
    /// The head of the slice fires again behind a gate: 0 off, 1 each 1/16, 2 each 1/32.
    Stutter,
    /// The playback brakes to standstill: 0 or 1.
    TapeStop,
}

impl Touch {
    /// All, in the order of their index.
    pub const ALL: [Touch; 6] = [
        Touch::Mute,
        Touch::KickKill,
        Touch::Filter,
        Touch::BeatRepeat,
        Touch::Stutter,
        Touch::TapeStop,
    ];

    /// Its number in files and messages, which never changes: 0 to 5.
    pub const fn index(self) -> u8 {
        match self {
            Touch::Mute => 0,
            Touch::KickKill => 1,
            Touch::Filter => 2,
            Touch::BeatRepeat => 3,
            Touch::Stutter => 4,
            Touch::TapeStop => 5,
        }
    }

    /// The effect of that number; `None` above 5.
    pub fn from_index(index: u8) -> Option<Touch> {
        Self::ALL.get(usize::from(index)).copied()
    }

    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Touch::Mute => "mute",
            Touch::KickKill => "kick kill",
            Touch::Filter => "DJ filter",
            Touch::BeatRepeat => "beat repeat",
            Touch::Stutter => "stutter",
            Touch::TapeStop => "tape stop",
        }
    }

    /// Its least and its greatest value; 0 is off.
    pub const fn range(self) -> (f32, f32) {
        match self {
            Touch::Filter => (-1.0, 1.0),
            Touch::BeatRepeat => (0.0, 4.0),
            Touch::Stutter => (0.0, 2.0),
            Touch::Mute | Touch::KickKill | Touch::TapeStop => (0.0, 1.0),
        }
    }

    /// The value it takes for `value`: clamped to its range and, but for the filter, rounded; `None`
    /// for what is no number.
    pub fn tamed(self, value: f32) -> Option<f32> {
        let (least, greatest) = self.range();
        let value = (!value.is_nan()).then(|| value.clamp(least, greatest))?;
        Some(if self == Touch::Filter { value } else { value.round() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_finds_its_effect() {
        for touch in Touch::ALL {
            assert_eq!(Touch::from_index(touch.index()), Some(touch));
        }
        assert_eq!(Touch::from_index(6), None);
    }

    #[test]
    fn values_are_tamed() {
        assert_eq!(Touch::Filter.tamed(-7.0), Some(-1.0));
        assert_eq!(Touch::Filter.tamed(0.3), Some(0.3));
        assert_eq!(Touch::BeatRepeat.tamed(f32::INFINITY), Some(4.0));
        assert_eq!(Touch::BeatRepeat.tamed(2.4), Some(2.0));
        assert_eq!(Touch::Mute.tamed(-1.0), Some(0.0));
        assert_eq!(Touch::Mute.tamed(f32::NAN), None);
    }
}

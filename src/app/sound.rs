//! The device to play on, by the settings.

use crate::device::{MIDI_PORTS, Wish};
use crate::settings::{Audio, pair};

/// The device that these settings ask for, with all MIDI ports.
pub fn wish(audio: &Audio) -> Wish {
    Wish {
        backend: audio.backend.parse().unwrap_or_default(),
        name: audio.device.clone(),
        rate: (audio.rate > 0).then_some(audio.rate),
        period: (audio.period > 0).then_some(audio.period),
        master: pair(&audio.master).unwrap_or((1, 2)),
        cue: pair(&audio.cue),
        midi: MIDI_PORTS,
        ..Wish::default()
    }
}

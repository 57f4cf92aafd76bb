//! Typed settings: built-in values, then `config.toml`, then `HARDCORE_…` variables, then flags; the later wins.
//!
//! [`Settings::load`] is the one place where the three are read. Every value keeps where it came from, so that
//! `hardcore config` can say it and an error can name the file and line, the variable or the flag to mend. A key
//! exists here only when the product obeys it.

mod keys;
mod load;
mod places;
mod sources;
mod store;
#[cfg(test)]
mod tests;
mod values;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use keys::{KEYS, Key};
pub use load::{Loaded, Origin, Row, SettingsError};
pub use places::Places;
pub use sources::{Flags, Sources};
pub use values::{Bits, Level};

/// Everything a user can set, checked and complete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Where the user's own things lie.
    pub folders: Folders,
    /// What is written to the log.
    pub log: Log,
    /// The form of rendered files.
    pub render: Render,
    /// Where live sound goes.
    pub audio: Audio,
    /// How launching feels.
    pub launch: Launch,
    /// How notes are recorded into clips.
    pub record: Record,
    /// What plays SynthDefs.
    pub synth: Synth,
    /// Controllers and clocks.
    pub midi: Midi,
    /// Control from other programs.
    pub osc: Osc,
    /// How the composer works.
    pub compose: Compose,
    /// The window.
    pub window: Window,
}

/// The user's folders; they need not exist yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Folders {
    /// Samples that projects may use besides their own folder.
    pub library: PathBuf,
    /// The user's own instruments and effects; one of the name of a built-in replaces it.
    pub synthdefs: PathBuf,
}

/// What is written to the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// The least important kind of message that is still written.
    pub level: Level,
}

/// The form of rendered files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Render {
    /// Frames per second, 22050 to 192000.
    pub rate: u32,
    /// The form of one sample.
    pub bits: Bits,
}

/// Where live sound goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Audio {
    /// The output's name, or `default` for the one the system prefers.
    pub device: String,
    /// `auto`, `jack`, `system` or `null`.
    pub backend: String,
    /// Frames per second; 0 takes the device's.
    pub rate: u32,
    /// Frames of a period; 0 takes the device's.
    pub period: u32,
    /// The device's outputs for the master, counted from 1, such as `1-2`.
    pub master: String,
    /// Those for the cue, or `none`.
    pub cue: String,
}

/// How launching feels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    /// Milliseconds that a launch may come late and still count for the line just passed, 0 to 500.
    pub grace_ms: u32,
}

/// How notes are recorded into clips, until an action says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The grid that starts of recorded notes are moved to, one of [`RECORD_GRIDS`].
    pub quantize: String,
    /// Bars that a recording into an empty slot lasts, 0 to 64; 0 until it is ended.
    pub bars: u32,
    /// Bars clicked before a recording that starts the transport, 0 to 8.
    pub count_in: u32,
}

/// The grids that recorded notes may be moved to.
pub const RECORD_GRIDS: [&str; 8] = ["none", "1/4", "1/4t", "1/8", "1/8t", "1/16", "1/16t", "1/32"];

/// A pair of outputs, counted from 1, from `1-2`; `None` for anything else.
pub fn pair(text: &str) -> Option<(u16, u16)> {
    let (a, b) = text.trim().split_once('-')?;
    let pair = (a.trim().parse().ok()?, b.trim().parse().ok()?);
    (pair.0 > 0 && pair.1 > 0 && pair.0 != pair.1).then_some(pair)
}

/// What plays SynthDefs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Synth {
    /// `embedded` or `scsynth`.
    pub executor: String,
}

/// Controllers and clocks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Midi {
    /// `off`, or `in` to follow another machine's clock.
    pub clock: String,
    /// Part of the names of the ports that a clock is sent to, or `none`.
    pub clock_out: String,
}

/// Control from other programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Osc {
    /// UDP port on this machine alone; 0 for none.
    pub port: u16,
}

/// How the composer works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compose {
    /// How many ideas are made and scored for one prompt, 1 to 64; the best is kept.
    pub candidates: u32,
}

/// The window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Size of everything, percent, 75 to 250.
    pub scale: u32,
    /// Minutes between two copies of unsaved work, 0 to 60; 0 for none.
    pub autosave: u32,
}

/// Candidates composed for a piece where nothing is said.
pub const CANDIDATES: u32 = 12;

impl Settings {
    /// The values that hold when nothing is set, with folders below `places`.
    pub fn built_in(places: &Places) -> Self {
        Self {
            folders: Folders {
                library: places.data.join("library"),
                synthdefs: places.data.join("synthdefs"),
            },
            log: Log { level: Level::Info },
            render: Render { rate: 48_000, bits: Bits::Int24 },
            audio: Audio {
                device: "default".to_owned(),
                backend: "auto".to_owned(),
                rate: 0,
                period: 0,
                master: "1-2".to_owned(),
                cue: "none".to_owned(),
            },
            launch: Launch { grace_ms: 80 },
            record: Record { quantize: "none".to_owned(), bars: 0, count_in: 0 },
            synth: Synth { executor: "embedded".to_owned() },
            midi: Midi { clock: "off".to_owned(), clock_out: "none".to_owned() },
            osc: Osc { port: 0 },
            compose: Compose { candidates: CANDIDATES },
            window: Window { scale: 100, autosave: 2 },
        }
    }
}

//! The table of keys: what each is called in the file, the environment and on the command line, and what it wants.

use std::cmp::Ordering;

/// One setting's names and meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// `section.name`, as in `config.toml`.
    pub name: &'static str,
    /// The environment variable.
    pub env: &'static str,
    /// The flag, without its dashes.
    pub flag: &'static str,
    /// What a value must be; completes "… must be".
    pub wants: &'static str,
    /// What it is for, in one line.
    pub help: &'static str,
    /// The values it can have, where they are few.
    pub choices: &'static [&'static str],
    /// Whether the program must start again before it counts.
    pub restart: bool,
    /// Whether the value is taken letter by letter, even when it looks like a number.
    pub(super) text: bool,
    /// Whether the value is a path.
    pub(super) path: bool,
}

impl Key {
    /// The section and the name in it.
    pub(super) fn parts(&self) -> (&'static str, &'static str) {
        self.name.split_once('.').unwrap_or(("", self.name))
    }
}

const KEY: Key = Key {
    name: "",
    env: "",
    flag: "",
    wants: "",
    help: "",
    choices: &[],
    restart: true,
    text: true,
    path: false,
};

/// Every setting there is, in the order of `hardcore config`.
pub const KEYS: &[Key] = &[
    Key {
        name: "folders.library",
        env: "HARDCORE_FOLDERS_LIBRARY",
        flag: "library",
        wants: "the path of a folder",
        help: "samples that projects may use besides their own folder",
        path: true,
        ..KEY
    },
    Key {
        name: "folders.synthdefs",
        env: "HARDCORE_FOLDERS_SYNTHDEFS",
        flag: "synthdefs",
        wants: "the path of a folder",
        help: "your own instruments and effects",
        path: true,
        ..KEY
    },
    Key {
        name: "log.level",
        env: "HARDCORE_LOG_LEVEL",
        flag: "log-level",
        wants: "off, error, warn, info, debug or trace",
        choices: &["off", "error", "warn", "info", "debug", "trace"],
        help: "how much is written to the log",
        ..KEY
    },
    Key {
        name: "render.rate",
        env: "HARDCORE_RENDER_RATE",
        flag: "rate",
        wants: "a whole number of Hz from 22050 to 192000",
        help: "sample rate of rendered files in Hz",
        text: false,
        ..KEY
    },
    Key {
        name: "render.bits",
        env: "HARDCORE_RENDER_BITS",
        flag: "bits",
        wants: "16, 24 or 32f",
        choices: &["16", "24", "32f"],
        help: "form of a sample in rendered files",
        ..KEY
    },
    Key {
        name: "audio.device",
        env: "HARDCORE_AUDIO_DEVICE",
        flag: "device",
        wants: "the name of an output, or default",
        help: "where sound is played",
        restart: false,
        ..KEY
    },
    Key {
        name: "audio.backend",
        env: "HARDCORE_AUDIO_BACKEND",
        flag: "backend",
        wants: "auto, jack, system or null",
        choices: &["auto", "jack", "system", "null"],
        help: "kind of device: JACK, the system's own, or none at all",
        restart: false,
        ..KEY
    },
    Key {
        name: "audio.rate",
        env: "HARDCORE_AUDIO_RATE",
        flag: "audio-rate",
        wants: "a whole number of Hz from 22050 to 192000, or 0 for the device's own",
        help: "sample rate to ask the device for; JACK's is set at its server",
        text: false,
        restart: false,
        ..KEY
    },
    Key {
        name: "audio.period",
        env: "HARDCORE_AUDIO_PERIOD",
        flag: "period",
        wants: "a whole number of frames from 16 to 8192, or 0 for the device's own",
        help: "frames the device asks for at a time",
        text: false,
        restart: false,
        ..KEY
    },
    Key {
        name: "audio.master",
        env: "HARDCORE_AUDIO_MASTER",
        flag: "master",
        wants: "a pair of the device's outputs such as 1-2",
        help: "where the master comes out",
        restart: false,
        ..KEY
    },
    Key {
        name: "audio.cue",
        env: "HARDCORE_AUDIO_CUE",
        flag: "cue",
        wants: "a pair of the device's outputs such as 3-4, or none",
        help: "where the cue and the metronome come out",
        restart: false,
        ..KEY
    },
    Key {
        name: "launch.grace_ms",
        env: "HARDCORE_LAUNCH_GRACE_MS",
        flag: "grace-ms",
        wants: "a whole number of milliseconds from 0 to 500",
        help: "how late a launch may come and still count for the line just passed",
        text: false,
        ..KEY
    },
    Key {
        name: "record.quantize",
        env: "HARDCORE_RECORD_QUANTIZE",
        flag: "record-quantize",
        wants: "none, 1/4, 1/4t, 1/8, 1/8t, 1/16, 1/16t or 1/32",
        choices: &super::RECORD_GRIDS,
        help: "the grid that starts of recorded notes are moved to",
        ..KEY
    },
    Key {
        name: "record.bars",
        env: "HARDCORE_RECORD_BARS",
        flag: "record-bars",
        wants: "a whole number of bars from 1 to 64, or 0 to record until it is ended",
        help: "how long a recording into an empty slot lasts",
        text: false,
        ..KEY
    },
    Key {
        name: "record.count_in",
        env: "HARDCORE_RECORD_COUNT_IN",
        flag: "record-count-in",
        wants: "a whole number of bars from 0 to 8",
        help: "bars clicked before a recording that starts the transport",
        text: false,
        ..KEY
    },
    Key {
        name: "synth.executor",
        env: "HARDCORE_SYNTH_EXECUTOR",
        flag: "synth",
        wants: "embedded or scsynth",
        choices: &["embedded", "scsynth"],
        help: "what plays the voices of SynthDef tracks live",
        ..KEY
    },
    Key {
        name: "midi.clock",
        env: "HARDCORE_MIDI_CLOCK",
        flag: "midi-clock",
        wants: "off or in",
        choices: &["off", "in"],
        help: "whether tempo and transport follow a MIDI clock that comes in",
        ..KEY
    },
    Key {
        name: "midi.clock_out",
        env: "HARDCORE_MIDI_CLOCK_OUT",
        flag: "midi-clock-out",
        wants: "part of a MIDI port's name, or none",
        help: "which MIDI ports get a clock, start, stop and position",
        ..KEY
    },
    Key {
        name: "osc.port",
        env: "HARDCORE_OSC_PORT",
        flag: "osc-port",
        wants: "a UDP port from 1024 to 65535, or 0 for none",
        help: "where OSC from programs on this machine is heard",
        text: false,
        ..KEY
    },
    Key {
        name: "compose.candidates",
        env: "HARDCORE_COMPOSE_CANDIDATES",
        flag: "candidates",
        wants: "a whole number from 1 to 64",
        help: "ideas made and scored for one prompt; the best is kept",
        text: false,
        ..KEY
    },
    Key {
        name: "window.scale",
        env: "HARDCORE_WINDOW_SCALE",
        flag: "scale",
        wants: "a whole number of percent from 75 to 250",
        help: "size of everything in the window, in percent",
        restart: false,
        text: false,
        ..KEY
    },
    Key {
        name: "window.autosave",
        env: "HARDCORE_WINDOW_AUTOSAVE",
        flag: "autosave",
        wants: "a whole number of minutes from 1 to 60, or 0 for none",
        help: "minutes between two copies of unsaved work in the folder autosaves",
        text: false,
        ..KEY
    },
];

/// The key of that name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The key that was probably meant by `name`, which may lack its section.
pub(super) fn meant(name: &str) -> Option<&'static Key> {
    closest(name, |key| {
        strsim::jaro_winkler(name, key.name).max(strsim::jaro_winkler(name, key.parts().1))
    })
}

/// The key whose environment variable was probably meant by `name`.
pub(super) fn meant_variable(name: &str) -> Option<&'static Key> {
    closest(name, |key| strsim::normalized_damerau_levenshtein(name, key.env))
}

fn closest(name: &str, likeness: impl Fn(&Key) -> f64) -> Option<&'static Key> {
    // Names are short; anything longer is no slip of the finger and only costs time.
    if name.len() > 64 {
        return None;
    }
    let best = KEYS.iter().map(|key| (likeness(key), key));
    let (likeness, key) = best.max_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal))?;
    (likeness >= 0.8).then_some(key)
}

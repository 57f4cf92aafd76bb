//! The three things a user sets values with: a file, the environment and flags, each as a layer for figment.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};
use toml_edit::ImDocument;

use super::keys::{KEYS, Key};
use super::{Bits, Level, Places, SettingsError};

/// Larger than any settings a person writes; keeps a wrong path (a WAV, a device) from filling the memory.
const LARGEST_FILE: u64 = 1 << 20;

/// The flags that set values; flatten it into a command line.
#[derive(Debug, Clone, Default, PartialEq, clap::Args)]
#[command(next_help_heading = "Settings")]
pub struct Flags {
    /// Read settings from this file instead of the user's config.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of samples that projects may use besides their own
    #[arg(long, global = true, value_name = "DIR")]
    pub library: Option<PathBuf>,
    /// Folder of your own instruments and effects
    #[arg(long, global = true, value_name = "DIR")]
    pub synthdefs: Option<PathBuf>,
    /// How much to log: off, error, warn, info, debug or trace
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<Level>,
    /// Sample rate of rendered files in Hz
    #[arg(long, global = true, value_name = "HZ")]
    pub rate: Option<u32>,
    /// Form of a sample in rendered files: 16, 24 or 32f
    #[arg(long, global = true, value_name = "BITS")]
    pub bits: Option<Bits>,
    /// Name of the output to play on
    #[arg(long, global = true, value_name = "NAME")]
    pub device: Option<String>,
    /// Kind of device: auto, jack, system or null
    #[arg(long, global = true, value_name = "KIND")]
    pub backend: Option<String>,
    /// Sample rate to ask the device for in Hz; 0 takes its own
    #[arg(long, global = true, value_name = "HZ")]
    pub audio_rate: Option<u32>,
    /// Frames the device asks for at a time
    #[arg(long, global = true, value_name = "FRAMES")]
    pub period: Option<u32>,
    /// Outputs of the device for the master, such as 1-2
    #[arg(long, global = true, value_name = "PAIR")]
    pub master: Option<String>,
    /// Outputs of the device for cue and metronome, such as 3-4, or none
    #[arg(long, global = true, value_name = "PAIR")]
    pub cue: Option<String>,
    /// Milliseconds a launch may be late and still count for the line just passed
    #[arg(long, global = true, value_name = "MS")]
    pub grace_ms: Option<u32>,
    /// Grid that recorded notes are moved to, such as 1/16, or none
    #[arg(long, global = true, value_name = "GRID")]
    pub record_quantize: Option<String>,
    /// Bars a recording into an empty slot lasts; 0 until it is ended
    #[arg(long, global = true, value_name = "BARS")]
    pub record_bars: Option<u32>,
    /// Bars clicked before a recording that starts the transport
    #[arg(long, global = true, value_name = "BARS")]
    pub record_count_in: Option<u32>,
    /// What plays the voices of SynthDef tracks live: embedded or scsynth
    #[arg(long, global = true, value_name = "NAME")]
    pub synth: Option<String>,
    /// Follow a MIDI clock that comes in: off or in
    #[arg(long, global = true, value_name = "WHICH")]
    pub midi_clock: Option<String>,
    /// Send a MIDI clock to the ports with this in their names, or none
    #[arg(long, global = true, value_name = "PORT")]
    pub midi_clock_out: Option<String>,
    /// UDP port where OSC from programs on this machine is heard; 0 for none
    #[arg(long, global = true, value_name = "PORT")]
    pub osc_port: Option<u16>,
    /// How many ideas to make and score; the best is kept
    #[arg(long, global = true, value_name = "N")]
    pub candidates: Option<u32>,
    /// Size of everything in the window in percent
    #[arg(long, global = true, value_name = "PERCENT")]
    pub scale: Option<u32>,
    /// Minutes between two copies of unsaved work; 0 for none
    #[arg(long, global = true, value_name = "MINUTES")]
    pub autosave: Option<u32>,
}

/// Everything that [`super::Settings::load_from`] looks at.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The user's folders, for the file's place and the built-in values.
    pub places: Places,
    /// The environment; only names that begin with `HARDCORE_` count.
    pub environment: Vec<(String, String)>,
    /// The command line.
    pub flags: Flags,
}

impl Sources {
    /// What holds for this process.
    ///
    /// # Errors
    /// A `HARDCORE_…` variable that is not Unicode text.
    pub fn of_process(flags: &Flags) -> Result<Self, SettingsError> {
        let mut environment = Vec::new();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|name| name.starts_with("HARDCORE_")) else {
                continue;
            };
            let value = value
                .into_string()
                .map_err(|_| SettingsError::NotText { name: name.to_owned() })?;
            environment.push((name.to_owned(), value));
        }
        Ok(Self { places: Places::of_user(), environment, flags: flags.clone() })
    }

    /// The file to read, and whether somebody asked for it by name.
    pub(super) fn config_file(&self) -> (PathBuf, bool) {
        let by_environment = || self.variable("HARDCORE_CONFIG").map(PathBuf::from);
        match self.flags.config.clone().or_else(by_environment) {
            Some(path) => (path, true),
            None => (self.places.config.join("config.toml"), false),
        }
    }

    /// The value of an environment variable; an empty one counts as not set.
    fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The layer of the environment.
    pub(super) fn environment_layer(&self) -> Layer {
        let mut layer = Layer::new(LayerName::Environment);
        for key in KEYS {
            if let Some(value) = self.variable(key.env) {
                layer.set(key, if key.text { Value::from(value) } else { read_value(value) });
            }
        }
        layer
    }

    /// The layer of the flags.
    ///
    /// # Errors
    /// A path that is not Unicode text.
    pub(super) fn flag_layer(&self) -> Result<Layer, SettingsError> {
        let mut layer = Layer::new(LayerName::Flags);
        let flags = &self.flags;
        for key in KEYS {
            let path = |path: &Option<PathBuf>| match path.as_deref().map(Path::to_str) {
                Some(None) => Err(SettingsError::NotText { name: format!("--{}", key.flag) }),
                Some(Some(path)) => Ok(Some(Value::from(path))),
                None => Ok(None),
            };
            let value = match key.flag {
                "library" => path(&flags.library)?,
                "synthdefs" => path(&flags.synthdefs)?,
                "log-level" => flags.log_level.map(|level| Value::from(level.as_str())),
                "rate" => flags.rate.map(Value::from),
                "bits" => flags.bits.map(|bits| Value::from(bits.to_string())),
                "device" => flags.device.as_deref().map(Value::from),
                "backend" => flags.backend.as_deref().map(Value::from),
                "audio-rate" => flags.audio_rate.map(Value::from),
                "period" => flags.period.map(Value::from),
                "master" => flags.master.as_deref().map(Value::from),
                "cue" => flags.cue.as_deref().map(Value::from),
                "grace-ms" => flags.grace_ms.map(Value::from),
                "record-quantize" => flags.record_quantize.as_deref().map(Value::from),
                "record-bars" => flags.record_bars.map(Value::from),
                "record-count-in" => flags.record_count_in.map(Value::from),
                "synth" => flags.synth.as_deref().map(Value::from),
                "midi-clock" => flags.midi_clock.as_deref().map(Value::from),
                "midi-clock-out" => flags.midi_clock_out.as_deref().map(Value::from),
                "scale" => flags.scale.map(Value::from),
                "autosave" => flags.autosave.map(Value::from),
                "osc-port" => flags.osc_port.map(Value::from),
                "candidates" => flags.candidates.map(Value::from),
                _ => None,
            };
            if let Some(value) = value {
                layer.set(key, value);
            }
        }
        Ok(layer)
    }
}

/// Reads a number where there is one; what is none stays text, for the error to show.
fn read_value(text: &str) -> Value {
    match text.trim().parse::<i64>() {
        Ok(number) => Value::from(number),
        Err(_) => Value::from(text),
    }
}

/// Which layer a value lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LayerName {
    BuiltIn,
    File,
    Environment,
    Flags,
}

impl LayerName {
    const ALL: [Self; 4] = [Self::BuiltIn, Self::File, Self::Environment, Self::Flags];

    fn as_str(self) -> &'static str {
        match self {
            Self::BuiltIn => "built in",
            Self::File => "file",
            Self::Environment => "environment",
            Self::Flags => "flags",
        }
    }

    /// The layer that figment's note about a value speaks of.
    pub(super) fn of(metadata: &Metadata) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == metadata.name)
    }
}

/// Values of one origin, as figment wants them.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    name: LayerName,
    pub(super) values: Dict,
}

impl Layer {
    pub(super) fn new(name: LayerName) -> Self {
        Self { name, values: Dict::new() }
    }

    fn set(&mut self, key: &Key, value: Value) {
        let (section, name) = key.parts();
        let section =
            self.values.entry(section.to_owned()).or_insert_with(|| Value::from(Dict::new()));
        if let Value::Dict(_, values) = section {
            values.insert(name.to_owned(), value);
        }
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.as_str())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}

/// A settings file, read and taken apart.
#[derive(Debug)]
pub(super) struct ConfigFile {
    pub(super) layer: Layer,
    document: ImDocument<String>,
}

impl ConfigFile {
    /// Reads the file; `None` when there is none and nobody asked for it by name.
    ///
    /// # Errors
    /// A file that cannot be read, is too large, is not text, or is not TOML.
    pub(super) fn read(path: &Path, asked_for: bool) -> Result<Option<Self>, SettingsError> {
        let unreadable = |cause: String| SettingsError::Unreadable { path: path.to_owned(), cause };
        let mut text = String::new();
        match File::open(path)
            .and_then(|file| file.take(LARGEST_FILE + 1).read_to_string(&mut text))
        {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !asked_for => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(unreadable("it is not text".to_owned()));
            }
            Err(error) => return Err(unreadable(error.to_string())),
            Ok(bytes) if bytes as u64 > LARGEST_FILE => {
                return Err(unreadable("it is larger than 1 MiB".to_owned()));
            }
            Ok(_) => {}
        }
        let syntax = |line: Option<usize>, cause: &str| SettingsError::Syntax {
            path: path.to_owned(),
            line: line.unwrap_or(1),
            cause: cause.trim().replace('\n', ", "),
        };
        let document = ImDocument::parse(text.clone()).map_err(|error| {
            syntax(error.span().map(|span| line_at(&text, span.start)), error.message())
        })?;
        let values =
            Toml::from_str::<Dict>(&text).map_err(|error| syntax(None, error.message()))?;
        Ok(Some(Self { layer: Layer { name: LayerName::File, values }, document }))
    }

    /// The text as it was read.
    pub(super) fn into_text(self) -> String {
        self.document.into_mut().to_string()
    }

    /// The line, counted from 1, on which `section.name` or `name` has its value.
    pub(super) fn line_of(&self, name: &str) -> Option<usize> {
        let mut parts = name.splitn(2, '.');
        let mut item = self.document.as_table().get(parts.next()?)?;
        if let Some(inner) = parts.next() {
            item = item.as_table_like()?.get(inner)?;
        }
        Some(line_at(self.document.raw(), item.span()?.start))
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

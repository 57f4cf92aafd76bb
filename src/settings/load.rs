//! Reading all sources in order, checking the values, and remembering where each came from.

use std::fmt;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::Serialized;
use figment::value::{Dict, Value};

use super::keys::{self, KEYS, Key};
use super::sources::{ConfigFile, LayerName, Sources};
use super::{Flags, RECORD_GRIDS, Settings, pair};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A settings file.
    File {
        /// The file.
        path: PathBuf,
        /// The line in it, from 1; unknown only for a value that the file does not spell out.
        line: Option<usize>,
    },
    /// An environment variable.
    Environment {
        /// Its name.
        name: &'static str,
    },
    /// A flag on the command line.
    Flag {
        /// Its name, without dashes.
        name: &'static str,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line: Some(line) } => {
                write!(f, "file {} line {line}", path.display())
            }
            Self::File { path, line: None } => write!(f, "file {}", path.display()),
            Self::Environment { name } => write!(f, "environment {name}"),
            Self::Flag { name } => write!(f, "flag --{name}"),
        }
    }
}

/// Why settings could not be loaded; each message is one sentence that says what to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The file is there, or was asked for, and cannot be read.
    #[error("cannot read the settings in {}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// The file is not TOML.
    #[error("{} line {line} is not valid TOML: {cause}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the parser said.
        cause: String,
    },
    /// A value is of the wrong kind or out of range.
    #[error("{key} must be {wants}, not {found} ({origin})")]
    Value {
        /// The setting.
        key: String,
        /// What it must be.
        wants: &'static str,
        /// What was found.
        found: String,
        /// Where it was found.
        origin: Origin,
    },
    /// A variable or flag holds bytes that are not Unicode text.
    #[error("{name} must be Unicode text")]
    NotText {
        /// The variable, or the flag with its dashes.
        name: String,
    },
}

/// One line of `hardcore config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// `section.name`.
    pub key: &'static str,
    /// The value in force.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
    /// What it is for.
    pub help: &'static str,
}

/// Settings with their history.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The values in force.
    pub settings: Settings,
    /// The file that was read, or would be if it existed.
    pub config_file: PathBuf,
    /// Whether that file exists.
    pub config_file_exists: bool,
    /// Sentences about keys that mean nothing; to be shown, nothing else depends on them.
    pub warnings: Vec<String>,
    /// One for each of [`KEYS`], in its order.
    origins: Vec<Origin>,
}

impl Settings {
    /// Loads the settings of this process: built-in values, the file, the environment, `flags`.
    ///
    /// # Errors
    /// A file that cannot be read or is no TOML, or a value of the wrong kind or out of range. Keys that mean
    /// nothing are no error but a warning, so that a file of a newer version does not stop the music.
    pub fn load(flags: &Flags) -> Result<Loaded, SettingsError> {
        Self::load_from(&Sources::of_process(flags)?)
    }

    /// As [`Settings::load`], from sources that the caller names.
    ///
    /// # Errors
    /// The same.
    pub fn load_from(sources: &Sources) -> Result<Loaded, SettingsError> {
        let (config_file, asked_for) = sources.config_file();
        let file = ConfigFile::read(&config_file, asked_for)?;

        let mut figment = Figment::from(BuiltIn(Settings::built_in(&sources.places)));
        if let Some(file) = &file {
            figment = figment.merge(&file.layer);
        }
        figment = figment.merge(sources.environment_layer()).merge(&sources.flag_layer()?);

        let origin_of = |name: &str| {
            let key = keys::find(name);
            match (figment.find_metadata(name).and_then(LayerName::of), key) {
                (Some(LayerName::File), _) => Origin::File {
                    path: config_file.clone(),
                    line: file.as_ref().and_then(|file| file.line_of(name)),
                },
                (Some(LayerName::Environment), Some(key)) => Origin::Environment { name: key.env },
                (Some(LayerName::Flags), Some(key)) => Origin::Flag { name: key.flag },
                _ => Origin::Default,
            }
        };
        let refuse = |name: &str| SettingsError::Value {
            key: name.to_owned(),
            wants: keys::find(name).map_or("a section of keys", |key| key.wants),
            found: figment
                .find_value(name)
                .map_or_else(|_| "nothing".to_owned(), |value| show(&value)),
            origin: origin_of(name),
        };

        let mut settings: Settings =
            figment.extract().map_err(|error| refuse(&error.path.join(".")))?;
        for key in KEYS.iter().filter(|key| key.path) {
            if let Some(path) = settings.path_mut(key) {
                *path = resolve(path, &origin_of(key.name), sources.places.home.as_deref());
            }
        }
        if let Some(key) = KEYS.iter().find(|key| !settings.holds(key)) {
            return Err(refuse(key.name));
        }
        let mut warnings =
            file.as_ref().map_or_else(Vec::new, |file| unknown_keys(file, &config_file));
        warnings.extend(unknown_variables(sources));
        Ok(Loaded {
            settings,
            config_file_exists: file.is_some(),
            warnings,
            origins: KEYS.iter().map(|key| origin_of(key.name)).collect(),
            config_file: config_file.clone(),
        })
    }

    fn path_mut(&mut self, key: &Key) -> Option<&mut PathBuf> {
        match key.name {
            "folders.library" => Some(&mut self.folders.library),
            "folders.synthdefs" => Some(&mut self.folders.synthdefs),
            _ => None,
        }
    }

    /// Whether the value of `key` is in its range; kinds are right by now.
    fn holds(&self, key: &Key) -> bool {
        // A folder may be made later, but a file in its place never becomes one.
        let folder = |path: &Path| !path.as_os_str().is_empty() && !path.is_file();
        match key.name {
            "folders.library" => folder(&self.folders.library),
            "folders.synthdefs" => folder(&self.folders.synthdefs),
            "render.rate" => (22_050..=192_000).contains(&self.render.rate),
            "audio.device" => !self.audio.device.trim().is_empty(),
            "audio.backend" => {
                ["auto", "jack", "system", "null"].contains(&self.audio.backend.as_str())
            }
            "audio.rate" => matches!(self.audio.rate, 0 | 22_050..=192_000),
            "audio.period" => matches!(self.audio.period, 0 | 16..=8192),
            "audio.master" => pair(&self.audio.master).is_some(),
            "audio.cue" => self.audio.cue == "none" || pair(&self.audio.cue).is_some(),
            "launch.grace_ms" => self.launch.grace_ms <= 500,
            "record.quantize" => RECORD_GRIDS.contains(&self.record.quantize.as_str()),
            "record.bars" => self.record.bars <= 64,
            "record.count_in" => self.record.count_in <= 8,
            "synth.executor" => ["embedded", "scsynth"].contains(&self.synth.executor.as_str()),
            "midi.clock" => ["off", "in"].contains(&self.midi.clock.as_str()),
            "midi.clock_out" => !self.midi.clock_out.trim().is_empty(),
            "osc.port" => matches!(self.osc.port, 0 | 1024..),
            "window.scale" => (75..=250).contains(&self.window.scale),
            "window.autosave" => self.window.autosave <= 60,
            "compose.candidates" => (1..=64).contains(&self.compose.candidates),
            _ => true,
        }
    }

    fn shown(&self, key: &Key) -> String {
        match key.name {
            "folders.library" => self.folders.library.display().to_string(),
            "folders.synthdefs" => self.folders.synthdefs.display().to_string(),
            "log.level" => self.log.level.to_string(),
            "render.rate" => self.render.rate.to_string(),
            "render.bits" => self.render.bits.to_string(),
            "audio.device" => self.audio.device.clone(),
            "audio.backend" => self.audio.backend.clone(),
            "audio.rate" => self.audio.rate.to_string(),
            "audio.period" => self.audio.period.to_string(),
            "audio.master" => self.audio.master.clone(),
            "audio.cue" => self.audio.cue.clone(),
            "launch.grace_ms" => self.launch.grace_ms.to_string(),
            "record.quantize" => self.record.quantize.clone(),
            "record.bars" => self.record.bars.to_string(),
            "record.count_in" => self.record.count_in.to_string(),
            "synth.executor" => self.synth.executor.clone(),
            "midi.clock" => self.midi.clock.clone(),
            "midi.clock_out" => self.midi.clock_out.clone(),
            "osc.port" => self.osc.port.to_string(),
            "window.scale" => self.window.scale.to_string(),
            "window.autosave" => self.window.autosave.to_string(),
            "compose.candidates" => self.compose.candidates.to_string(),
            _ => String::new(),
        }
    }
}

impl Loaded {
    /// Every setting with its value and where that came from, in the order of [`KEYS`].
    pub fn describe(&self) -> Vec<Row> {
        let rows = KEYS.iter().zip(&self.origins);
        rows.map(|(key, origin)| Row {
            key: key.name,
            value: self.settings.shown(key),
            origin: origin.clone(),
            help: key.help,
        })
        .collect()
    }

    /// Where the value of `key` came from; `None` for a name that is no setting.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        let at = KEYS.iter().position(|known| known.name == key)?;
        self.origins.get(at)
    }
}

/// The lowest layer, under a name of ours.
struct BuiltIn(Settings);

impl figment::Provider for BuiltIn {
    fn metadata(&self) -> figment::Metadata {
        figment::Metadata::named("built in")
    }

    fn data(&self) -> Result<figment::value::Map<figment::Profile, Dict>, figment::Error> {
        Serialized::defaults(&self.0).data()
    }
}

/// `~` is the home folder; a relative path in a file counts from the file, elsewhere from where the user stands.
fn resolve(path: &Path, origin: &Origin, home: Option<&Path>) -> PathBuf {
    if path.as_os_str().is_empty() {
        return path.to_owned();
    }
    if let (Ok(rest), Some(home)) = (path.strip_prefix("~"), home) {
        return home.join(rest);
    }
    match origin {
        Origin::File { path: file, .. } => file.parent().unwrap_or(Path::new("")).join(path),
        _ => path.to_owned(),
    }
}

/// A value as an error shows it, short enough for a line.
fn show(value: &Value) -> String {
    let text = match value {
        Value::String(_, text) => format!("\"{}\"", text.escape_debug()),
        Value::Char(_, sign) => format!("\"{}\"", sign.escape_debug()),
        Value::Bool(_, truth) => truth.to_string(),
        Value::Num(_, number) => {
            match (number.to_i128(), number.to_u128_lossy(), number.to_f64()) {
                (Some(whole), ..) => whole.to_string(),
                (None, _, Some(real)) => real.to_string(),
                (None, whole, None) => {
                    whole.map_or_else(|| "a number".to_owned(), |whole| whole.to_string())
                }
            }
        }
        Value::Empty(..) => "nothing".to_owned(),
        Value::Dict(..) => "a section".to_owned(),
        Value::Array(..) => "a list".to_owned(),
    };
    if text.chars().count() <= 60 { text } else { text.chars().take(59).chain(['…']).collect() }
}

fn unknown_keys(file: &ConfigFile, path: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for (section, value) in &file.layer.values {
        let known_section = KEYS.iter().any(|key| key.parts().0 == section);
        match value {
            Value::Dict(_, inner) if known_section || !inner.is_empty() => {
                names.extend(inner.keys().map(|name| format!("{section}.{name}")));
            }
            _ if known_section => {}
            _ => names.push(section.clone()),
        }
    }
    names.retain(|name| keys::find(name).is_none());
    let sentence = |name: String| {
        let origin = Origin::File { path: path.to_owned(), line: file.line_of(&name) };
        // The last part alone, too: the section may be the mistake.
        let last = name.rsplit('.').next().unwrap_or(&name);
        let name_shown = show(&Value::from(name.as_str()));
        match keys::meant(&name).or_else(|| keys::meant(last)) {
            Some(key) => {
                format!("{name_shown} is no setting; did you mean {}? ({origin})", key.name)
            }
            None => format!("{name_shown} is no setting and does nothing ({origin})"),
        }
    };
    names.into_iter().map(sentence).collect()
}

fn unknown_variables(sources: &Sources) -> Vec<String> {
    let known = |name: &str| name == "HARDCORE_CONFIG" || KEYS.iter().any(|key| key.env == name);
    let names = sources.environment.iter().map(|(name, _)| name.as_str());
    names
        .filter(|name| name.starts_with("HARDCORE_") && !known(name))
        .filter_map(|name| {
            let key = keys::meant_variable(name)?;
            Some(format!("{name} is no setting; did you mean {}? (environment {name})", key.env))
        })
        .collect()
}

//! One value written into the settings file; everything else in it stays as it stands, comments too.

use std::io::Write;
use std::path::Path;

use atomic_write_file::AtomicWriteFile;
use toml_edit::{DocumentMut, Item, Table, value};

use super::load::{Origin, SettingsError};
use super::sources::ConfigFile;
use super::{Flags, KEYS, Key, Loaded, Settings, Sources};

impl Loaded {
    /// Write `text` as the value of `key` into the settings file, and give the settings as they are then.
    /// What the environment or a flag sets stays in force until the program starts without it.
    ///
    /// # Errors
    /// A value of the wrong kind or out of range, or a file that cannot be read or written; it is then as
    /// it was.
    pub fn store(&self, sources: &Sources, key: &str, text: &str) -> Result<Loaded, SettingsError> {
        let path = &self.config_file;
        let refuse = |cause: String| SettingsError::Unreadable { path: path.clone(), cause };
        let key = KEYS.iter().find(|known| known.name == key);
        let key = key.ok_or_else(|| refuse("there is no such setting".to_owned()))?;
        let before = ConfigFile::read(path, false)?.map(ConfigFile::into_text);
        let mut document: DocumentMut = before
            .as_deref()
            .unwrap_or_default()
            .parse()
            .map_err(|error: toml_edit::TomlError| refuse(error.message().to_owned()))?;
        set(&mut document, key, text);
        let text = document.to_string();
        // Tried beside the file before anything takes its place; alone, so that neither environment nor
        // flags hide what it says.
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(|error| refuse(error.to_string()))?;
        let trial = path.with_extension("toml.new");
        std::fs::write(&trial, &text).map_err(|error| refuse(error.to_string()))?;
        let flags = Flags { config: Some(trial.clone()), ..Flags::default() };
        let alone = Sources { places: sources.places.clone(), environment: Vec::new(), flags };
        let tried = Settings::load_from(&alone);
        let _ = std::fs::remove_file(&trial);
        tried.map_err(|error| match error {
            SettingsError::Value { key, wants, found, .. } => {
                let origin = Origin::File { path: path.clone(), line: None };
                SettingsError::Value { key, wants, found, origin }
            }
            error => error,
        })?;
        let written = AtomicWriteFile::open(path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.commit()
        });
        written.map_err(|error| refuse(error.to_string()))?;
        Settings::load_from(sources)
    }
}

fn set(document: &mut DocumentMut, key: &Key, text: &str) {
    let (section, name) = key.parts();
    let number = if key.text { None } else { text.trim().parse::<i64>().ok() };
    let new = number.map_or_else(|| value(text), value);
    let table = document.entry(section).or_insert_with(|| Item::Table(Table::new()));
    match table.as_table_like_mut() {
        Some(table) => drop(table.insert(name, new)),
        None => {
            let mut fresh = Table::new();
            fresh.insert(name, new);
            *table = Item::Table(fresh);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Places;

    fn sources(home: &Path) -> Sources {
        let places = Places {
            home: Some(home.to_owned()),
            config: home.join("config"),
            data: home.join("data"),
            state: home.join("state"),
        };
        Sources { places, environment: Vec::new(), flags: Flags::default() }
    }

    #[test]
    fn a_value_is_written_and_the_rest_of_the_file_stays() {
        let home = tempfile::tempdir().unwrap();
        let sources = sources(home.path());
        let loaded = Settings::load_from(&sources).unwrap();
        let loaded = loaded.store(&sources, "audio.period", "256").unwrap();
        assert_eq!(loaded.settings.audio.period, 256);
        let file = loaded.config_file.clone();
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("# mine\n{text}rate = 44100 # old card\n")).unwrap();
        let loaded = Settings::load_from(&sources).unwrap();
        let loaded = loaded.store(&sources, "synth.executor", "scsynth").unwrap();
        assert_eq!(loaded.settings.synth.executor, "scsynth");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("# mine\n") && text.contains("rate = 44100 # old card"), "{text}");
    }

    #[test]
    fn a_wrong_value_is_refused_and_the_file_stays_as_it_was() {
        let home = tempfile::tempdir().unwrap();
        let sources = sources(home.path());
        let loaded = Settings::load_from(&sources).unwrap();
        let loaded = loaded.store(&sources, "audio.cue", "3-4").unwrap();
        let before = std::fs::read_to_string(&loaded.config_file).unwrap();
        let error = loaded.store(&sources, "audio.period", "7").unwrap_err();
        assert!(error.to_string().contains("16 to 8192"), "{error}");
        assert!(loaded.store(&sources, "audio.nonsense", "7").is_err());
        assert_eq!(std::fs::read_to_string(&loaded.config_file).unwrap(), before);
        assert_eq!(std::fs::read_dir(loaded.config_file.parent().unwrap()).unwrap().count(), 1);
    }
}

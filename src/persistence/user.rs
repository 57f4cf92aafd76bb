//! The user's library and profile: `library.ron` and `profile.ron` in the data folder.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::hcs::{LoadError, load_plain, pretty};
use crate::files::{FileError, write_atomic};
use crate::model::library::{PresetData, UserLibrary, UserProfile};

/// File name of the library.
pub const LIBRARY: &str = "library.ron";
/// File name of the profile.
pub const PROFILE: &str = "profile.ron";

/// The user's library; empty when there is none yet. Parameters that are no numbers are left out, so
/// that they keep their defaults.
///
/// # Errors
/// A file that cannot be read. Do not save over it: it may be put right by hand.
pub fn load_library(data_dir: &Path) -> Result<UserLibrary, LoadError> {
    let mut library: UserLibrary = load_or_default(&data_dir.join(LIBRARY))?;
    // Of two presets with one id the first stays, so that an id means one thing.
    let mut seen = BTreeSet::new();
    library.presets.retain(|p| seen.insert(p.id));
    for preset in &mut library.presets {
        match &mut preset.data {
            PresetData::Instrument(i) => i.params.retain(|_, v| v.is_finite()),
            PresetData::FxChain(chain) => {
                chain.iter_mut().for_each(|e| e.params.retain(|_, v| v.is_finite()));
            }
        }
    }
    Ok(library)
}

/// Saves the library, whole or not at all.
///
/// # Errors
/// A folder that cannot be made or written.
pub fn save_library(data_dir: &Path, library: &UserLibrary) -> Result<(), FileError> {
    save(&data_dir.join(LIBRARY), library)
}

/// The user's profile; empty when there is none yet. Values that are no numbers are left out.
///
/// # Errors
/// A file that cannot be read. Do not save over it: it may be put right by hand.
pub fn load_profile(data_dir: &Path) -> Result<UserProfile, LoadError> {
    let mut profile: UserProfile = load_or_default(&data_dir.join(PROFILE))?;
    profile.learned.retain(|_, l| l.value.is_finite() && l.weight.is_finite());
    Ok(profile)
}

/// Saves the profile, whole or not at all.
///
/// # Errors
/// A folder that cannot be made or written.
pub fn save_profile(data_dir: &Path, profile: &UserProfile) -> Result<(), FileError> {
    save(&data_dir.join(PROFILE), profile)
}

pub(super) fn load_or_default<T: DeserializeOwned + Default>(path: &Path) -> Result<T, LoadError> {
    match load_plain(path) {
        Err(LoadError::File(e)) if e.kind == io::ErrorKind::NotFound => Ok(T::default()),
        other => other,
    }
}

pub(super) fn save<T: Serialize>(path: &Path, value: &T) -> Result<(), FileError> {
    let fail = |e: io::Error| FileError::saving(path, &e);
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(fail)?;
    }
    let text = pretty(value).map_err(|e| fail(io::Error::other(e)))?;
    write_atomic(path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::PresetId;
    use crate::model::library::{Learned, Preset};
    use crate::model::track::Instrument;

    #[test]
    fn library_and_profile_come_back_as_saved() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("new/folder");
        assert_eq!(load_library(&data).unwrap(), UserLibrary::default());
        let instrument =
            Instrument { synth: "hoover".into(), params: [("drive".into(), 0.5)].into() };
        let preset = |id, data| Preset {
            id: PresetId(id),
            name: "Nasty".into(),
            tags: vec!["acid".into()],
            data,
        };
        let presets = vec![
            preset(1, PresetData::Instrument(instrument)),
            preset(2, PresetData::FxChain(vec![])),
        ];
        let library = UserLibrary { presets };
        save_library(&data, &library).unwrap();
        assert_eq!(load_library(&data).unwrap(), library);
        let learned =
            [("mixer.reverb.send_level".to_owned(), Learned { value: -12.0, weight: 3.0 })];
        let profile = UserProfile { learned: learned.into() };
        save_profile(&data, &profile).unwrap();
        assert_eq!(load_profile(&data).unwrap(), profile);
    }

    #[test]
    fn what_is_no_number_does_not_come_in() {
        let dir = tempfile::tempdir().unwrap();
        let library = "(presets: [(id: 1, name: \"x\", data: Instrument(synth: \"k\", params: {\"a\": NaN, \"b\": 1}))])";
        std::fs::write(dir.path().join(LIBRARY), library).unwrap();
        let PresetData::Instrument(i) = &load_library(dir.path()).unwrap().presets[0].data else {
            panic!("an instrument")
        };
        assert_eq!(i.params, [("b".to_owned(), 1.0)].into());
        let profile = "(learned: {\"a\": (value: inf, weight: 1), \"b\": (value: 1, weight: 1)})";
        std::fs::write(dir.path().join(PROFILE), profile).unwrap();
        assert_eq!(load_profile(dir.path()).unwrap().learned.len(), 1);
    }

    #[test]
    fn a_broken_library_is_named_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(LIBRARY), "(\n  presets: [(id: 1, nam: \"x\")],\n)")
            .unwrap();
        let error = load_library(dir.path()).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("did you mean 'name'"), "{error}");
    }
}

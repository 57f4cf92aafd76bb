//! The SynthDef library: built-in defs inside the program, the user's from a folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use plyphon::SynthDef;
use plyphon::synthdef::read;

use super::fuse::{Fused, fuse};
use crate::model::sound::{Curve, SoundDescriptor, SoundKind};

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/synthdefs");

/// A user's compiled def is at most this large; ours are below 20 kB.
const MAX_DEF_BYTES: u64 = 4 << 20;
/// Parameters a sound may have beside the contract's.
pub const MAX_PARAMS: usize = 40;

/// One SynthDef with its descriptor.
#[derive(Clone, Debug)]
pub struct Sound {
    /// What it says about itself.
    pub descriptor: SoundDescriptor,
    /// Its graph.
    pub def: SynthDef,
    /// Its graph as the embedded synth plays it.
    pub fused: Fused,
    /// scsynth's `Reblock` and `Resample` of the def.
    pub rate: (Option<usize>, usize),
    /// The compiled bytes, as scsynth takes them.
    pub bytes: Vec<u8>,
    /// Where it came from; `None` when built in.
    pub origin: Option<PathBuf>,
}

/// All sounds by SynthDef name.
#[derive(Clone, Debug, Default)]
pub struct Library {
    sounds: BTreeMap<String, Sound>,
    /// One sentence for each user sound that was skipped.
    pub skipped: Vec<String>,
}

/// Why a sound was skipped.
#[derive(Debug, thiserror::Error)]
enum SoundFileError {
    #[error("the descriptor {0} is missing: every .scsyndef needs a .ron beside it")]
    NoDescriptor(String),
    #[error("it cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("it is larger than {} MB", MAX_DEF_BYTES >> 20)]
    TooLarge,
    #[error("the descriptor is broken: {0}")]
    Descriptor(#[from] ron::error::SpannedError),
    #[error("it is no compiled SynthDef: {0}")]
    Def(#[from] read::ReadError),
    #[error("{0}")]
    Mismatch(String),
}

impl Library {
    /// The sounds inside the program.
    pub fn built_in() -> Self {
        let mut library = Library::default();
        for file in BUILT_IN.files() {
            if file.path().extension().is_some_and(|e| e == "scsyndef") {
                let text = BUILT_IN.get_file(file.path().with_extension("ron"));
                let text = text.and_then(|f| f.contents_utf8());
                library.add(file.path(), None, || {
                    let text = text.ok_or_else(|| no_descriptor(file.path()))?;
                    Ok((file.contents().to_vec(), text.to_owned()))
                });
            }
        }
        library
    }

    /// Add the user's sounds from `folder`; one of a built-in's name takes its place. A broken one
    /// is skipped with a sentence in `skipped`; a folder that does not exist holds none.
    pub fn add_folder(&mut self, folder: &Path) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return,
            Err(e) => {
                self.skipped.push(format!("the folder {} cannot be read: {e}", folder.display()));
                return;
            }
        };
        let mut paths: Vec<_> = entries.flatten().map(|e| e.path()).collect();
        paths.sort();
        for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "scsyndef")) {
            self.add(path, Some(path.clone()), || {
                let text_path = path.with_extension("ron");
                if !text_path.exists() {
                    return Err(no_descriptor(path));
                }
                for p in [path, &text_path] {
                    if fs::metadata(p)?.len() > MAX_DEF_BYTES {
                        return Err(SoundFileError::TooLarge);
                    }
                }
                Ok((fs::read(path)?, fs::read_to_string(&text_path)?))
            });
        }
    }

    fn add(
        &mut self,
        path: &Path,
        origin: Option<PathBuf>,
        load: impl FnOnce() -> Result<(Vec<u8>, String), SoundFileError>,
    ) {
        match load().and_then(|(bytes, text)| read_sound(path, bytes, &text, origin)) {
            Ok(sound) => {
                self.sounds.insert(sound.descriptor.name.clone(), sound);
            }
            Err(e) => self.skipped.push(format!("the sound {} was skipped: {e}", path.display())),
        }
    }

    /// The sound of this SynthDef name.
    pub fn get(&self, name: &str) -> Option<&Sound> {
        self.sounds.get(name)
    }

    /// All sounds in order of name.
    pub fn iter(&self) -> impl Iterator<Item = &Sound> {
        self.sounds.values()
    }
}

fn no_descriptor(path: &Path) -> SoundFileError {
    SoundFileError::NoDescriptor(path.with_extension("ron").display().to_string())
}

fn read_sound(
    path: &Path,
    bytes: Vec<u8>,
    text: &str,
    origin: Option<PathBuf>,
) -> Result<Sound, SoundFileError> {
    let descriptor: SoundDescriptor = ron::from_str(text)?;
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    let mismatch = |text: String| Err(SoundFileError::Mismatch(text));
    let mut defs = read::parse(&bytes)?;
    let Some(index) = defs.iter().position(|(def, ..)| def.name == descriptor.name) else {
        return mismatch(format!("it holds no SynthDef called '{}'", descriptor.name));
    };
    if stem != descriptor.name {
        return mismatch(format!("its descriptor is for '{}'", descriptor.name));
    }
    let (def, reblock, resample) = defs.swap_remove(index);
    check(&descriptor, &def).map_err(SoundFileError::Mismatch)?;
    let fused = fuse(&def);
    Ok(Sound { descriptor, def, fused, rate: (reblock, resample), bytes, origin })
}

/// Descriptor and graph tell the same story.
fn check(descriptor: &SoundDescriptor, def: &SynthDef) -> Result<(), String> {
    if descriptor.params.len() > MAX_PARAMS {
        return Err(format!("it has more than {MAX_PARAMS} parameters"));
    }
    let needs: &[&str] = match descriptor.kind {
        SoundKind::Instrument => &["out", "gate", "freq", "vel"],
        SoundKind::Effect if descriptor.key_input => &["out", "in", "key"],
        SoundKind::Effect => &["out", "in"],
    };
    let turns_down: &[&str] = if descriptor.reduction { &["reduction"] } else { &[] };
    for control in needs.iter().chain(turns_down) {
        if def.param_index(control).is_none() {
            return Err(format!("its SynthDef has no control '{control}'"));
        }
    }
    for seconds in [descriptor.tail_s, descriptor.memory_s] {
        if !(0.0..=120.0).contains(&seconds) {
            return Err(format!("{seconds} s of tail or memory lie outside 0–120"));
        }
    }
    if descriptor.latency_frames > 48_000 {
        return Err(format!("a latency of {} frames is too long", descriptor.latency_frames));
    }
    for p in &descriptor.params {
        let in_order = p.min < p.max && (p.min..=p.max).contains(&p.default);
        if !in_order || !p.min.is_finite() || !p.max.is_finite() {
            return Err(format!("the range of '{}' is not in order", p.name));
        }
        if p.curve == Curve::Exponential && p.min <= 0.0 {
            return Err(format!("'{}' is exponential, but its range reaches 0", p.name));
        }
        let Some(index) = def.param_index(&p.name) else {
            return Err(format!("its SynthDef has no control '{}'", p.name));
        };
        let own = def.params[index].default;
        if (own - p.default).abs() > 1e-4 * p.default.abs().max(1.0) {
            return Err(format!("'{}' is {own} in the SynthDef but {} here", p.name, p.default));
        }
    }
    for preset in &descriptor.presets {
        for (name, value) in &preset.params {
            match descriptor.param(name) {
                Some(p) if (p.min..=p.max).contains(value) => {}
                Some(_) => return Err(format!("preset '{}' sets {name} to {value}", preset.name)),
                None => return Err(format!("preset '{}' sets an unknown {name}", preset.name)),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_sound_is_whole() {
        let library = Library::built_in();
        assert_eq!(library.skipped, Vec::<String>::new());
        for name in ["kick_gabber", "hoover", "bass_offbeat", "hat_closed", "clap", "fx_limiter"] {
            assert!(library.get(name).is_some(), "{name}");
        }
        for sound in library.iter() {
            let name = &sound.descriptor.name;
            let writes = sound.def.param_index("reduction").is_some();
            assert_eq!(sound.descriptor.reduction, writes, "{name}");
            let dynamics = sound.descriptor.tags.iter().any(|tag| tag == "dynamics");
            assert_eq!(dynamics, writes, "{name} turns down and says so");
        }
    }

    #[test]
    fn a_broken_user_sound_is_skipped_with_a_sentence() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
        let kick = Library::built_in().get("kick_gabber").unwrap().bytes.clone();
        put("alone.scsyndef", &kick);
        put("noise.scsyndef", b"not a def at all");
        put("noise.ron", b"(name: \"noise\", title: \"N\", kind: Instrument, tail_s: 1.0)");
        put("kick_gabber.scsyndef", &kick);
        put(
            "kick_gabber.ron",
            b"(name: \"kick_gabber\", title: \"Mine\", kind: Instrument, tail_s: 1.0)",
        );
        let mut library = Library::built_in();
        library.add_folder(dir.path());
        assert_eq!(library.skipped.len(), 2, "{:?}", library.skipped);
        assert_eq!(library.get("kick_gabber").unwrap().descriptor.title, "Mine");
    }
}

//! Project files: reading with every fault named, writing whole or not at all.

use std::path::Path;
use std::sync::Arc;

use ron::Options;
use ron::error::SpannedError;
use ron::extensions::Extensions;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::explain::{explain, one_line};
use super::layout::layout;
pub use super::locate::Place;
use super::locate::locate;
use super::migrate;
use super::scan::{Version, survey};
use crate::files::{FileError, read_limited, write_atomic};
use crate::model::clip::{ClipContent, Note};
use crate::model::ids::IdCounter;
use crate::model::project::{PROJECT_VERSION, Project};
use crate::model::validate::Problem;

/// Largest file that is read or written, in bytes.
pub const MAX_BYTES: u64 = 64 << 20;

/// A project that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The project; it has passed [`Project::validate`].
    pub project: Project,
    /// The version the file was of, where that is not today's.
    pub migrated_from: Option<u32>,
    /// What was put right on the way, a sentence each.
    pub warnings: Vec<String>,
}

/// Why a file could not be read, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file is missing, unreadable, no file or larger than [`MAX_BYTES`].
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not text.
    #[error("'{name}' is no Hardcore project: its byte {byte} is not text (UTF-8)")]
    NotText {
        /// What was read.
        name: String,
        /// The first byte that is not text, from 0.
        byte: usize,
    },
    /// The file is text, but gives no version.
    #[error(
        "'{name}' is no Hardcore project: it does not begin with a version, as in (version: {PROJECT_VERSION}, …)"
    )]
    NoVersion {
        /// What was read.
        name: String,
    },
    /// The file was written by a newer program.
    #[error(
        "'{name}' was saved by a newer Hardcore (file version {version}, this one knows up to {PROJECT_VERSION}); update Hardcore to open it"
    )]
    Newer {
        /// What was read.
        name: String,
        /// The version it gives.
        version: u32,
    },
    /// The text is not written as it must be.
    #[error("'{name}', {place}: {cause} (there it says: {})", .place.excerpt)]
    Syntax {
        /// What was read.
        name: String,
        /// Where.
        place: Place,
        /// What is wrong there.
        cause: String,
    },
    /// The text reads well, but says what cannot be.
    #[error("'{name}', {place}: {}{}", problem_line(.problems), more(.problems))]
    Invalid {
        /// What was read.
        name: String,
        /// Where the first problem stands.
        place: Place,
        /// All problems, in the project's order, at least one.
        problems: Vec<Problem>,
    },
}

fn problem_line(problems: &[Problem]) -> String {
    problems.first().map(|p| one_line(&p.to_string())).unwrap_or_default()
}

fn more(problems: &[Problem]) -> String {
    match problems.len() {
        0 | 1 => String::new(),
        2 => " (and one more problem)".to_owned(),
        n => format!(" (and {} more problems)", n - 1),
    }
}

/// Why a project could not be saved, in one sentence. The file that was there is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The disk or its rights.
    #[error(transparent)]
    File(#[from] FileError),
    /// The project holds what no file may hold; nothing was written.
    #[error("cannot save '{name}': {}{}", problem_line(.problems), more(.problems))]
    Invalid {
        /// The file's name.
        name: String,
        /// All problems, at least one.
        problems: Vec<Problem>,
    },
    /// The project is larger than a file that can be opened again.
    #[error("cannot save '{name}': the project would take {} MB, more than the {} MB a file may have", .bytes >> 20, MAX_BYTES >> 20)]
    TooBig {
        /// The file's name.
        name: String,
        /// Its size in bytes.
        bytes: u64,
    },
    /// The text would not read back as the same project; nothing was written.
    #[error(
        "cannot save '{name}': the written text does not read back as the same project ({cause})"
    )]
    NotFaithful {
        /// The file's name.
        name: String,
        /// What differs.
        cause: String,
    },
}

/// How our files are written: `Some(x)` in full, `Midi(notes: …)` without a second bracket.
fn options() -> Options {
    Options::default().with_default_extension(Extensions::UNWRAP_VARIANT_NEWTYPES)
}

/// Reads a value written as ours are, or with the second bracket (`Midi((notes: …))`) that RON's
/// other tools write. Of two errors the one that came further tells more.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, SpannedError> {
    let reached = |e: &SpannedError| (e.span.end.line, e.span.end.col);
    options().from_str(text).or_else(|ours| match Options::default().from_str(text) {
        Ok(value) => Ok(value),
        Err(plain) if reached(&plain) > reached(&ours) => Err(plain),
        Err(_) => Err(ours),
    })
}

/// Reads a project file.
///
/// # Errors
/// Anything but a valid project of this or an older version; see [`LoadError`].
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    let bytes = read_limited(path, MAX_BYTES)?;
    parse(&text_of(bytes, &shown(path))?, &shown(path))
}

/// Reads a project from text; `name` stands for it in error messages.
///
/// # Errors
/// As [`load`], but for the file itself.
pub fn parse(text: &str, name: &str) -> Result<Loaded, LoadError> {
    let name = name.to_owned();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let syntax = |byte, cause: &str| {
        let (name, cause) = (name.clone(), cause.to_owned());
        LoadError::Syntax { name, place: Place::of(text, byte), cause }
    };
    let version = match survey(text) {
        Err(fault) => {
            let (byte, cause) = fault.explain(text);
            return Err(syntax(byte, &one_line(&cause)));
        }
        Ok(Version::Missing) => return Err(LoadError::NoVersion { name }),
        Ok(Version::Strange(byte)) => {
            return Err(syntax(byte, "the version is a whole number from 0"));
        }
        Ok(Version::Number(n)) if n > PROJECT_VERSION => {
            return Err(LoadError::Newer { name, version: n });
        }
        Ok(Version::Number(n)) => n,
    };
    let mut project = migrate::read(text, version).map_err(|e| {
        let (place, cause) = explain(text, &e);
        LoadError::Syntax { name: name.clone(), place, cause }
    })?;
    let warnings = repair(&mut project);
    if let Err(problems) = project.validate() {
        let byte = problems.first().map_or(0, |p| locate(text, &p.path));
        return Err(LoadError::Invalid { name, place: Place::of(text, byte), problems });
    }
    let migrated_from = (version < PROJECT_VERSION).then_some(version);
    Ok(Loaded { project, migrated_from, warnings })
}

/// Puts right what a person who edits the file cannot be asked to keep: the order of notes and the
/// id counter.
fn repair(project: &mut Project) -> Vec<String> {
    let mut warnings = Vec::new();
    let lowest = project.lowest_next_id();
    if project.song.next_id.0 < lowest {
        warnings.push(format!("next_id was below ids in use and is now {lowest}"));
        project.song.next_id = IdCounter(lowest);
    }
    for track in &mut project.tracks {
        for clip in &mut track.clips {
            let ClipContent::Midi(midi) = &mut clip.content else { continue };
            if !midi.notes.is_sorted_by_key(Note::order) {
                Arc::make_mut(&mut midi.notes).sort_by_key(Note::order);
                let names = format!("clip '{}' on track '{}'", clip.name, track.name);
                warnings.push(one_line(&format!(
                    "the notes of {names} were out of order and are sorted now"
                )));
            }
        }
    }
    warnings
}

/// The text of a project's file.
///
/// # Errors
/// A project that is not valid or too large; see [`SaveError`].
pub fn to_text(project: &Project, name: &str) -> Result<String, SaveError> {
    let name = name.to_owned();
    project.validate().map_err(|problems| SaveError::Invalid { name: name.clone(), problems })?;
    let text = pretty(project).map_err(|e| SaveError::NotFaithful {
        name: name.clone(),
        cause: one_line(&e.to_string()),
    })?;
    if text.len() as u64 > MAX_BYTES {
        return Err(SaveError::TooBig { name, bytes: text.len() as u64 });
    }
    match parse(&text, &name) {
        Ok(loaded) if loaded.project == *project => Ok(text),
        Ok(_) => Err(SaveError::NotFaithful { name, cause: "a value changed".to_owned() }),
        Err(e) => Err(SaveError::NotFaithful { name, cause: e.to_string() }),
    }
}

/// Writes a project file, whole or not at all; the text is read back before it replaces anything.
///
/// # Errors
/// A project that is not valid, a full or read-only disk, a missing folder; see [`SaveError`].
pub fn save(path: &Path, project: &Project) -> Result<(), SaveError> {
    let text = to_text(project, &shown(path))?;
    Ok(write_atomic(path, text.as_bytes())?)
}

pub(super) fn pretty<T: Serialize>(value: &T) -> Result<String, ron::Error> {
    Ok(layout(&options().to_string(value)?))
}

/// Reads another of our RON files with the same care; it has no version.
pub(super) fn load_plain<T: DeserializeOwned>(path: &Path) -> Result<T, LoadError> {
    let name = shown(path);
    let text = text_of(read_limited(path, MAX_BYTES)?, &name)?;
    if let Err(fault) = survey(&text) {
        let (byte, cause) = fault.explain(&text);
        let (place, cause) = (Place::of(&text, byte), one_line(&cause));
        return Err(LoadError::Syntax { name, place, cause });
    }
    read(&text).map_err(|e| {
        let (place, cause) = explain(&text, &e);
        LoadError::Syntax { name, place, cause }
    })
}

fn text_of(bytes: Vec<u8>, name: &str) -> Result<String, LoadError> {
    String::from_utf8(bytes).map_err(|e| LoadError::NotText {
        name: name.to_owned(),
        byte: e.utf8_error().valid_up_to(),
    })
}

fn shown(path: &Path) -> String {
    one_line(&path.display().to_string())
}

#[cfg(test)]
mod tests;

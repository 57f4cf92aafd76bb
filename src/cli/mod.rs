//! The command line: its grammar and its commands.
//!
//! Exit codes: 0 for done, 1 for failed with one sentence on stderr, 2 for a line that is no command.

pub mod args;
pub mod generate;
pub mod info;
#[cfg(feature = "gui")]
pub mod open;
pub mod play;
pub mod render;
pub mod run;
pub mod studio;
pub mod tools;

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::model::key::Key;
use crate::model::project::Project;
use crate::model::time::{Bpm, TempoMap};
use crate::persistence::hcs::{self, LoadError, Loaded};
use crate::persistence::samples::SampleFolders;

use args::{InfoArgs, NewArgs, ValidateArgs};

/// A command that failed: one sentence for people.
#[derive(Debug)]
pub struct Failure(pub String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure(error.to_string())
    }
}

/// The end of a command: its sentence on stderr if it failed, and the exit code. A reader that has
/// gone away (`hardcore info x.hcs | head`) is no failure.
pub fn exit(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(sentence)) => {
            // Nobody is left to tell if stderr is gone too.
            let _ = writeln!(io::stderr(), "hardcore: {sentence}");
            ExitCode::from(1)
        }
    }
}

/// Prints; a closed pipe ends the printing, not the command.
pub fn print(out: &mut dyn Write, text: &str) -> Result<(), Failure> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure(format!("cannot print: {e}")))
        }
        _ => Ok(()),
    }
}

/// `hardcore new`: an empty project in a file of its own.
///
/// # Errors
/// A file that exists already or cannot be written.
pub fn new(args: &NewArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let path = &args.project;
    if std::fs::symlink_metadata(path).is_ok() {
        let shown = path.display();
        return Err(Failure(format!(
            "'{shown}' exists already; choose another name or delete it first"
        )));
    }
    let stem = || path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    let name = args.name.clone().unwrap_or_else(stem);
    let mut project = Project::new(&name, TempoMap::constant(args.bpm), args.key);
    project.song.signature = args.signature;
    hcs::save(path, &project)?;
    let (shown, bpm, key) = (path.display(), args.bpm, args.key);
    print(out, &format!("{shown}: '{name}', {bpm} BPM, {key}, {}\n", args.signature))
}

/// `hardcore info`: an overview of a project. `library` are the folders of the sample library.
///
/// # Errors
/// A file that cannot be read.
pub fn info(args: &InfoArgs, library: &[PathBuf], out: &mut dyn Write) -> Result<(), Failure> {
    let loaded = hcs::load(&args.project)?;
    let mut text = info::overview(&loaded.project);
    for note in notes(&loaded).chain(missing(&args.project, &loaded, library)) {
        text.push_str(&format!("note: {note}\n"));
    }
    print(out, &text)
}

/// `hardcore validate`: every file is checked, its samples too. `library` are the folders of the
/// sample library.
///
/// # Errors
/// Any file that is not sound; all problems of all files are printed.
pub fn validate(
    args: &ValidateArgs,
    library: &[PathBuf],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut bad: Vec<String> = Vec::new();
    for path in &args.projects {
        match hcs::load(path) {
            Ok(loaded) => {
                let missing: Vec<String> = missing(path, &loaded, library).collect();
                for note in notes(&loaded) {
                    print(out, &format!("{}: note: {note}\n", path.display()))?;
                }
                match missing.first() {
                    None => print(out, &format!("{}: sound\n", path.display()))?,
                    Some(first) => {
                        bad.push(format!("'{}': {first}{}", path.display(), others(missing.len())))
                    }
                }
                for problem in &missing {
                    print(out, &format!("{}: {problem}\n", path.display()))?;
                }
            }
            Err(error) => {
                if let LoadError::Invalid { problems, .. } = &error {
                    for problem in problems {
                        print(out, &format!("{}: {problem}\n", path.display()))?;
                    }
                }
                bad.push(error.to_string());
            }
        }
    }
    match bad.len() {
        0 => Ok(()),
        1 => Err(Failure(bad.remove(0))),
        n => Err(Failure(format!(
            "{n} of {} files are not sound: {}",
            args.projects.len(),
            bad.join("; ")
        ))),
    }
}

fn others(n: usize) -> String {
    if n > 1 { format!(" (and {} more)", n - 1) } else { String::new() }
}

/// What reading a file had to put right.
fn notes(loaded: &Loaded) -> impl Iterator<Item = String> {
    let old = loaded
        .migrated_from
        .map(|v| format!("the file is of version {v}; saving brings it up to date"));
    old.into_iter().chain(loaded.warnings.iter().cloned())
}

/// The samples that cannot be used, a sentence each.
fn missing(path: &Path, loaded: &Loaded, library: &[PathBuf]) -> impl Iterator<Item = String> {
    let folders = SampleFolders::of(path, library.to_vec());
    let problems = folders.problems(&loaded.project).into_iter();
    problems.map(|p| format!("{} (used by {})", p.error, p.tracks.join(", ")))
}

/// The tempo of a new project that names none: mainstream hardcore.
fn default_bpm() -> Bpm {
    Bpm::from_milli(174_000)
}

/// The key of a new project that names none.
fn default_key() -> Key {
    Key { root: crate::model::key::PitchClass::new(5), scale: crate::model::key::Scale::Minor }
}

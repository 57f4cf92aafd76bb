//! A take on paper: the project it began with, every audible command with its frame, every edit.
//!
//! A journal is a text file, a RON value a line: a head, then what was applied in the order in which it
//! was. An edit stands before the replacements that were made from it, which it names by number.
//! Played again from it, a take gives the same bytes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use crossbeam_channel::{Receiver, Sender, unbounded};
use serde::{Deserialize, Serialize};

use crate::engine::protocol::JournalEntry;
use crate::model::patch::Patch;
use crate::model::project::Project;

/// Version written by this program; others are refused.
const VERSION: u32 = 1;
/// Longest line that is read: a project of the largest size.
const MAX_LINE: u64 = 256 << 20;

/// A line of a journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Line {
    /// The first.
    Head {
        /// Format version.
        version: u32,
        /// Frames per second.
        rate: u32,
        /// What the engine was prepared from.
        project: Box<Project>,
    },
    /// The document changed, and these replacements were made from it.
    Edit {
        /// Their numbers, in order.
        serials: Vec<u32>,
        /// What changed.
        patches: Vec<Patch>,
    },
    /// Something took effect.
    Did(JournalEntry),
    /// The last, where the take was ended in order: so many frames were played.
    End(u64),
}

/// Why a journal cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be read or written.
    #[error("the journal '{path}' cannot be {done}: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Read or written.
        done: &'static str,
        /// Why.
        cause: io::Error,
    },
    /// It holds what no journal holds.
    #[error("line {line} of the journal '{path}' is broken: {cause}")]
    Broken {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong.
        cause: String,
    },
}

/// Writes a journal on a thread of its own: a slow disk never holds up the engine thread.
pub struct Writer {
    lines: Option<Sender<Line>>,
    thread: Option<std::thread::JoinHandle<Result<(), JournalError>>>,
}

impl Writer {
    /// Begin the journal of a take.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub fn create(path: &Path, rate: u32, project: &Project) -> Result<Writer, JournalError> {
        let fail = |cause| JournalError::File { path: path.into(), done: "written", cause };
        let file = File::create(path).map_err(fail)?;
        let (lines, rest) = unbounded();
        let head = Line::Head { version: VERSION, rate, project: Box::new(project.clone()) };
        let thread = {
            let path = path.to_owned();
            let builder = std::thread::Builder::new().name("journal".into());
            builder.spawn(move || write(&path, file, head, &rest)).map_err(fail)?
        };
        Ok(Writer { lines: Some(lines), thread: Some(thread) })
    }

    /// Add a line.
    pub fn line(&self, line: Line) {
        if let Some(lines) = &self.lines {
            // Its thread has ended only if it failed, which `finish` tells.
            let _ = lines.send(line);
        }
    }

    /// End the take after so many frames, and write all that is left.
    ///
    /// # Errors
    /// A disk that was full, or went away.
    pub fn finish(mut self, frames: u64) -> Result<(), JournalError> {
        self.line(Line::End(frames));
        self.lines = None;
        match self.thread.take().map(std::thread::JoinHandle::join) {
            Some(Ok(result)) => result,
            _ => Ok(()),
        }
    }
}

fn write(path: &Path, file: File, head: Line, rest: &Receiver<Line>) -> Result<(), JournalError> {
    let fail = |cause| JournalError::File { path: path.to_owned(), done: "written", cause };
    let mut out = BufWriter::new(file);
    let mut put = |line: &Line| {
        let text = ron::to_string(line).map_err(io::Error::other)?;
        writeln!(out, "{text}")?;
        // What is waiting goes out together, and what is there is on disk when nothing waits.
        if rest.is_empty() { out.flush() } else { Ok(()) }
    };
    put(&head).map_err(fail)?;
    for line in rest {
        put(&line).map_err(fail)?;
    }
    out.flush().map_err(fail)
}

/// A journal, read.
#[derive(Debug)]
pub struct Take {
    /// Frames per second.
    pub rate: u32,
    /// What the engine was prepared from.
    pub project: Project,
    /// What followed.
    pub lines: Vec<Line>,
}

/// Read a journal. A line that was cut off at the end, by a crash, is left out.
///
/// # Errors
/// A file that cannot be read, or is no journal.
pub fn read(path: &Path) -> Result<Take, JournalError> {
    let fail = |cause| JournalError::File { path: path.to_owned(), done: "read", cause };
    let broken =
        |line: usize, cause: String| JournalError::Broken { path: path.to_owned(), line, cause };
    let mut input = BufReader::new(File::open(path).map_err(fail)?);
    let mut lines = Vec::new();
    for number in 1.. {
        let mut text = Vec::new();
        let mut limited = io::Read::take(&mut input, MAX_LINE);
        if limited.read_until(b'\n', &mut text).map_err(fail)? == 0 {
            break;
        }
        let whole = text.ends_with(b"\n");
        match ron::de::from_bytes::<Line>(&text) {
            Ok(line) => lines.push(line),
            Err(_) if !whole && number > 1 => break,
            Err(error) => return Err(broken(number, error.to_string())),
        }
    }
    let mut lines = lines.into_iter();
    let (rate, project) = match lines.next() {
        Some(Line::Head { version: VERSION, rate, project }) => (rate, *project),
        Some(Line::Head { version, .. }) => {
            let cause = format!("it is of version {version}, this program reads {VERSION}");
            return Err(broken(1, cause));
        }
        _ => return Err(broken(1, "a journal begins with a head".to_owned())),
    };
    if !(8_000..=768_000).contains(&rate) {
        return Err(broken(1, format!("{rate} frames per second cannot be")));
    }
    if let Err(problems) = project.validate() {
        let first = problems.first().map(ToString::to_string).unwrap_or_default();
        return Err(broken(1, first));
    }
    Ok(Take { rate, project, lines: lines.collect() })
}

//! Unsaved work on disk: project files with a line about where they belong, and whose program is gone.
//!
//! Every running program keeps at most one such file, beside a lock that the system takes away with the
//! program, however it ends. A file whose lock is free was left behind.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::hcs::{self, Loaded, MAX_BYTES, to_text};
use crate::files::{FileError, read_limited, write_atomic};
use crate::model::project::Project;

/// What the first line begins with; to RON it is a comment, so the file is a project like any other.
const MARK: &str = "// recovery ";

/// Where unsaved work belongs, and when it was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The project's file, which may never have been written.
    pub path: PathBuf,
    /// Nobody gave the project a file name yet.
    pub untitled: bool,
    /// Milliseconds since 1970.
    pub at_ms: u64,
}

impl Header {
    /// How long ago this was, as of `now`; nothing for a clock that went back.
    pub fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(UNIX_EPOCH + Duration::from_millis(self.at_ms)).unwrap_or_default()
    }
}

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The place of one program's unsaved work, locked while it lives.
#[derive(Debug)]
pub struct Keep {
    file: PathBuf,
    lock: PathBuf,
    /// Held, never read.
    _held: File,
}

impl Keep {
    /// A place in `folder`, which is made where it is missing.
    ///
    /// # Errors
    /// A folder that cannot be made or written.
    pub fn new(folder: &Path) -> Result<Keep, FileError> {
        let fail = |e: std::io::Error| FileError::saving(folder, &e);
        fs::create_dir_all(folder).map_err(fail)?;
        let mut number = now_ms();
        loop {
            let stem = format!("{}-{number}", std::process::id());
            let lock = folder.join(format!("{stem}.lock"));
            match OpenOptions::new().write(true).create_new(true).open(&lock) {
                Ok(held) => {
                    held.try_lock().map_err(|e| fail(e.into()))?;
                    return Ok(Keep {
                        file: folder.join(format!("{stem}.hcs")),
                        lock,
                        _held: held,
                    });
                }
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                Err(e) => return Err(fail(e)),
            }
        }
    }

    /// The file, which need not exist.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Write unsaved work, whole or not at all; it is on disk when this returns.
    ///
    /// # Errors
    /// A project that no file may hold, or a disk that cannot be written. What was kept before stays.
    pub fn write(&self, header: &Header, project: &Project) -> Result<(), String> {
        let text = text(header, project)?;
        write_atomic(&self.file, text.as_bytes()).map_err(|e| e.to_string())
    }

    /// There is no unsaved work any more.
    pub fn clear(&self) {
        // What cannot be removed is offered once more than it need be.
        let _ = fs::remove_file(&self.file);
    }

    fn sweep(&self) {
        self.clear();
        // What a write was in the middle of when its program was killed.
        let hidden = self.file.file_name().map(|name| format!(".{}", name.to_string_lossy()));
        if let (Some(hidden), Some(folder)) = (hidden, self.file.parent()) {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.file_name().to_string_lossy().starts_with(&hidden) {
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
        let _ = fs::remove_file(&self.lock);
    }
}

/// Unsaved work that a program left behind; no other program can claim it meanwhile.
#[derive(Debug)]
pub struct Orphan {
    keep: Keep,
    /// Where it belongs.
    pub header: Header,
    /// The project as it was, or why it cannot be read.
    pub loaded: Result<Box<Loaded>, String>,
}

impl Orphan {
    /// Remove it.
    pub fn discard(self) {
        self.keep.sweep();
    }

    /// The file.
    pub fn file(&self) -> &Path {
        self.keep.file()
    }
}

/// End a program's place in order: no unsaved work, no lock.
pub fn close(keep: Keep) {
    keep.sweep();
}

/// All that was left behind in `folder` by programs that are gone, newest first. Locks without work are
/// removed on the way.
pub fn orphans(folder: &Path) -> Vec<Orphan> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut all: Vec<Orphan> = entries.filter_map(|entry| claim(&entry.path())).collect();
    all.sort_by_key(|orphan| std::cmp::Reverse(orphan.header.at_ms));
    all
}

fn claim(lock: &Path) -> Option<Orphan> {
    if lock.extension()? != "lock" {
        return None;
    }
    let held = OpenOptions::new().write(true).open(lock).ok()?;
    held.try_lock().ok()?;
    let keep = Keep { file: lock.with_extension("hcs"), lock: lock.to_owned(), _held: held };
    if !keep.file.exists() {
        keep.sweep();
        return None;
    }
    let read = read_limited(&keep.file, MAX_BYTES).map_err(|e| e.to_string());
    let text = read.and_then(|bytes| String::from_utf8(bytes).map_err(|e| e.to_string()));
    let header = text.as_ref().ok().and_then(|text| header(text)).unwrap_or(Header {
        path: keep.file.clone(),
        untitled: true,
        at_ms: 0,
    });
    let loaded = text.and_then(|text| {
        let name = keep.file.display().to_string();
        hcs::parse(&text, &name).map(Box::new).map_err(|e| e.to_string())
    });
    Some(Orphan { keep, header, loaded })
}

fn text(header: &Header, project: &Project) -> Result<String, String> {
    let line = ron::to_string(header).map_err(|e| e.to_string())?;
    let body = to_text(project, &header.path.display().to_string()).map_err(|e| e.to_string())?;
    // A path may hold a line break; RON writes it as \n within its quotes.
    Ok(format!("{MARK}{line}\n{body}"))
}

fn header(text: &str) -> Option<Header> {
    ron::from_str(text.lines().next()?.strip_prefix(MARK)?).ok()
}

/// Keep a copy of `project` in `folder` as `<name>-<time>.hcs`, and of its copies only the newest
/// `count`. Gives the file.
///
/// # Errors
/// As [`hcs::save`], and a folder that cannot be made.
pub fn autosave(
    folder: &Path,
    project: &Project,
    at: SystemTime,
    count: usize,
) -> Result<PathBuf, String> {
    fs::create_dir_all(folder).map_err(|e| FileError::saving(folder, &e).to_string())?;
    let plain = |c: char| if c.is_alphanumeric() || "-_ ".contains(c) { c } else { '_' };
    let name: String = project.song.name.chars().take(60).map(plain).collect();
    let stem = format!("{}-", name.trim());
    let file = folder.join(format!("{stem}{}.hcs", stamp(at)));
    hcs::save(&file, project).map_err(|e| e.to_string())?;
    let mut all: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| is_stamped(path, &stem))
        .collect();
    all.sort();
    let over = all.len().saturating_sub(count);
    all.drain(..over).for_each(|old| drop(fs::remove_file(old)));
    Ok(file)
}

/// Whether a file is `stem` and a time, so that only our own copies are ever removed.
fn is_stamped(path: &Path, stem: &str) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let time = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(".hcs"));
    time.is_some_and(|t| {
        t.len() == 15
            && t.chars()
                .enumerate()
                .all(|(i, c)| if i == 8 { c == '-' } else { c.is_ascii_digit() })
    })
}

/// A time in UTC as `20260131-235959`, which sorts as it passes.
fn stamp(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (day, second) = (seconds / 86_400, seconds % 86_400);
    // Days to a date of the Gregorian calendar, by eras of 400 years that begin in March.
    let shifted = day + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let (month, year) = match month {
        0..10 => (month + 3, era * 400 + year),
        _ => (month - 9, era * 400 + year + 1),
    };
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}{month:02}{date:02}-{hour:02}{minute:02}{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::{Bpm, TempoMap};

    fn project(name: &str) -> Project {
        let key = "F minor".parse().unwrap();
        Project::new(name, TempoMap::constant(Bpm::from_milli(170_000)), key)
    }

    #[test]
    fn what_a_living_program_keeps_is_its_own_and_what_a_dead_one_left_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("recovery");
        let keep = Keep::new(&folder).unwrap();
        let header = Header { path: "a \"set\"\n.hcs".into(), untitled: false, at_ms: now_ms() };
        keep.write(&header, &project("one")).unwrap();
        assert!(orphans(&folder).is_empty());
        // As by the end of its program.
        drop(keep);
        let mut found = orphans(&folder);
        assert_eq!(found.len(), 1);
        assert!(orphans(&folder).is_empty(), "claimed by whoever asks first");
        let orphan = found.remove(0);
        assert_eq!(orphan.header, header);
        assert_eq!(orphan.loaded.as_ref().unwrap().project, project("one"));
        drop(orphan);
        let orphan = orphans(&folder).remove(0);
        orphan.discard();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[test]
    fn a_broken_file_is_told_of_and_not_lost() {
        let dir = tempfile::tempdir().unwrap();
        let keep = Keep::new(dir.path()).unwrap();
        fs::write(keep.file(), "// recovery (nonsense").unwrap();
        drop(keep);
        let found = orphans(dir.path());
        assert!(found[0].loaded.is_err());
        assert!(found[0].file().exists());
    }

    #[test]
    fn of_autosaves_the_newest_stay_and_other_files_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let other = dir.path().join("one-mine.hcs");
        fs::write(&other, "x").unwrap();
        let time = |s: u64| UNIX_EPOCH + Duration::from_secs(1_769_904_000 + s);
        let files: Vec<_> =
            (0..8).map(|i| autosave(dir.path(), &project("one"), time(i), 5).unwrap()).collect();
        assert_eq!(files[7].file_name().unwrap(), "one-20260201-000007.hcs");
        let left: Vec<bool> = files.iter().map(|file| file.exists()).collect();
        assert_eq!(left, [false, false, false, true, true, true, true, true]);
        assert!(other.exists());
        let odd = autosave(dir.path(), &project("../up: é"), time(0), 5).unwrap();
        assert_eq!(odd.parent(), Some(dir.path()));
        assert_eq!(stamp(UNIX_EPOCH + Duration::from_secs(951_782_400)), "20000229-000000");
    }
}

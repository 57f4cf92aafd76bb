//! The crash report: when a thread panics, a file with what a maker needs to know, and one sentence with its path.

use std::backtrace::Backtrace;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::panic::{self, PanicHookInfo};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, TryLockError};

use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

/// How many of the latest actions a report holds.
pub const ACTIONS: usize = 40;
/// How many characters of each.
const ACTION_LENGTH: usize = 200;
/// Reports of one run: a worker that panics again and again must not fill the disk.
const REPORTS: u32 = 3;

/// A panic hook belongs to the process, and so do these.
static RECENT: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
static PANICS: AtomicU32 = AtomicU32::new(0);

/// Remembers what was just asked for, for a report that may follow. Bounded in number and length. Allocates and
/// locks: not for audio threads.
pub fn note_action(action: &str) {
    let mut recent = RECENT.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if recent.len() == ACTIONS {
        recent.pop_front();
    }
    let line: String = action
        .chars()
        .take(ACTION_LENGTH)
        .map(|sign| if sign.is_control() { ' ' } else { sign })
        .collect();
    recent.push_back(line);
}

/// The noted actions, oldest first, at most [`ACTIONS`].
pub fn recent_actions() -> Vec<String> {
    RECENT.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).iter().cloned().collect()
}

/// From now on a panic of any thread writes a report in `folder` (made when it is needed), or, where that cannot be
/// written, in the system's temporary folder, and says so in one sentence on standard error. The panic then goes its
/// usual way. After three reports the rest of a run is only told, not written.
pub fn install(folder: PathBuf) {
    panic::set_hook(Box::new(move |info| {
        let message = message_of(info);
        if PANICS.fetch_add(1, Ordering::Relaxed) >= REPORTS {
            say(&format!("hardcore failed again ({message})."));
            return;
        }
        let report = compose(&message);
        // No step below panics: a panic in here would end the process without a word.
        let places = [folder.clone(), std::env::temp_dir()];
        match places.iter().find_map(|place| write(place, &report).ok()) {
            Some(path) => say(&format!(
                "hardcore failed ({message}); what happened is written in {}, please send it to the makers.",
                path.display()
            )),
            None => say(&format!(
                "hardcore failed and could not write a report, so here it is:\n{report}"
            )),
        }
    }));
}

/// Says a line even when nobody listens any more: unlike `eprintln!`, a closed standard error is no second panic.
fn say(sentence: &str) {
    // Nothing is left to tell it to.
    let _ = writeln!(io::stderr().lock(), "{sentence}");
}

/// What and where, in one line.
fn message_of(info: &PanicHookInfo<'_>) -> String {
    let what = info.payload_as_str().unwrap_or("no message").replace('\n', " ");
    match info.location() {
        Some(place) => format!("{what}, at {}:{}", place.file(), place.line()),
        None => what,
    }
}

fn compose(message: &str) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "Hardcore crash report\n\nVersion: {}\nTime:    {}\nSystem:  {} {}, {}\nThread:  {}\nMessage: {message}\n",
        env!("CARGO_PKG_VERSION"),
        now(),
        std::env::consts::OS,
        std::env::consts::ARCH,
        system_name(),
        std::thread::current().name().unwrap_or("unnamed"),
    );
    text.push_str("\nLast actions, oldest first:\n");
    // The panic may have happened inside `note_action`, on this very thread: do not wait.
    let recent = match RECENT.try_lock() {
        Ok(recent) => Some(recent),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    };
    match recent {
        Some(recent) if recent.is_empty() => text.push_str("  (none)\n"),
        Some(recent) => recent.iter().for_each(|action| {
            let _ = writeln!(text, "  {action}");
        }),
        None => text.push_str("  (being written at that moment)\n"),
    }
    let _ = write!(text, "\nBacktrace:\n{}\n", Backtrace::force_capture());
    text
}

/// UTC, as in `2026-01-31T12:00:00.000000Z`.
fn now() -> String {
    let mut text = String::new();
    match SystemTime.format_time(&mut Writer::new(&mut text)) {
        Ok(()) => text,
        Err(_) => "unknown".to_owned(),
    }
}

/// The system's own name for itself, where it has one in a file.
fn system_name() -> String {
    let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map_or_else(|| "no name".to_owned(), |name| name.trim_matches('"').to_owned())
}

/// Writes the report under a name that no file has yet.
fn write(folder: &Path, report: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let time: String =
        now().chars().take(19).map(|sign| if sign == ':' { '-' } else { sign }).collect();
    let process = std::process::id();
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for number in 1..=REPORTS {
        let path = folder.join(format!("crash-{time}-{process}-{number}.txt"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(report.as_bytes())?;
                return Ok(path);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    // One test, because the ring is the process's.
    #[test]
    fn actions_are_bounded_in_number_length_and_kind() {
        for number in 0..ACTIONS + 5 {
            note_action(&format!("bpm {number}"));
        }
        let recent = recent_actions();
        assert_eq!(recent.len(), ACTIONS);
        assert_eq!(recent.first().map(String::as_str), Some("bpm 5"));
        note_action(&"é".repeat(10_000));
        note_action("two\nlines\u{7}");
        let recent = recent_actions();
        assert_eq!(recent[ACTIONS - 2].chars().count(), ACTION_LENGTH);
        assert_eq!(recent[ACTIONS - 1], "two lines ");
        let report = compose("kick too hard, at src/kick.rs:1");
        for part in [
            env!("CARGO_PKG_VERSION"),
            "kick too hard",
            "  two lines \n",
            "  bpm 44\n",
            std::env::consts::OS,
        ] {
            assert!(report.contains(part), "{part} is missing in\n{report}");
        }
    }

    #[test]
    fn reports_never_overwrite_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("new/crashes");
        let (first, second) = (write(&inner, "one").unwrap(), write(&inner, "two").unwrap());
        assert_ne!(first, second);
        assert_eq!(fs::read_to_string(first).unwrap(), "one");
    }
}

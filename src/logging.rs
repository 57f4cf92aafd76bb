//! The log: one file a day in the user's state folder, written by a thread of its own.
//!
//! Other threads only hand a line over; when the disk cannot keep up, lines are dropped rather than waited for. Audio
//! threads do not even that: they call [`never_on_this_thread`] once, and from then on whatever they or the
//! libraries below them say is discarded before it is put into words.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use tracing::Subscriber;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{InitError, RollingFileAppender, Rotation};
use tracing_subscriber::filter::{EnvFilter, dynamic_filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;

use crate::settings::Level;

/// Days of which the log is kept.
const DAYS: usize = 7;

thread_local! {
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

/// Keeps the log open; what is still on its way is written when this is dropped, so hold it until the end of `main`.
#[must_use = "the log ends when this is dropped"]
#[derive(Debug)]
pub struct Logging {
    folder: PathBuf,
    _writer: WorkerGuard,
}

impl Logging {
    /// The folder of the log files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Why there is no log; the program works without one.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The folder or the file cannot be made.
    #[error("cannot write a log in {}: {}", folder.display(), cause_of(.source))]
    Unwritable {
        /// Where the log would have been.
        folder: PathBuf,
        /// What went wrong.
        source: InitError,
    },
    /// The process already logs.
    #[error("the log is already running")]
    AlreadyRunning,
}

/// The system's own words, without those of the layers above it.
fn cause_of(error: &InitError) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// Starts the log of this process: files `hardcore.DATE.log` in `folder` (made when missing), seven days kept.
/// Our own messages are written down to `level`; of the libraries only warnings and errors, or fewer.
///
/// # Errors
/// A folder that cannot be written, or a second call in one process.
pub fn start(folder: &Path, level: Level) -> Result<Logging, LogError> {
    let (subscriber, logging) = subscriber(folder, level)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::AlreadyRunning)?;
    Ok(logging)
}

/// Discards all that the calling thread would log from now on. For threads that may neither allocate nor wait.
pub fn never_on_this_thread() {
    SILENT.set(true);
}

/// The log as a subscriber that is not yet anybody's.
fn subscriber(folder: &Path, level: Level) -> Result<(impl Subscriber + use<>, Logging), LogError> {
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("hardcore")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(folder)
        .map_err(|source| LogError::Unwritable { folder: folder.to_owned(), source })?;
    let (writer, guard) = NonBlockingBuilder::default().lossy(true).thread_name("log").finish(file);
    let subscriber = tracing_subscriber::registry()
        .with(dynamic_filter_fn(|_, _| !SILENT.get()))
        .with(filter(level))
        .with(fmt::layer().with_ansi(false).with_thread_names(true).with_writer(writer));
    Ok((subscriber, Logging { folder: folder.to_owned(), _writer: guard }))
}

fn filter(level: Level) -> EnvFilter {
    let libraries = level.min(Level::Warn);
    EnvFilter::new(format!("{libraries},hardcore={level}"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// What the log holds after `speak` has run under it.
    fn logged(level: Level, speak: impl FnOnce()) -> String {
        let folder = tempfile::tempdir().unwrap();
        let (subscriber, logging) = subscriber(folder.path(), level).unwrap();
        tracing::subscriber::with_default(subscriber, speak);
        drop(logging);
        let files: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
        let name = files[0].file_name().unwrap().to_str().unwrap();
        assert!(
            files.len() == 1 && name.starts_with("hardcore.") && name.ends_with(".log"),
            "{files:?}"
        );
        fs::read_to_string(&files[0]).unwrap()
    }

    #[test]
    fn the_level_holds_for_us_and_libraries_only_warn() {
        let speak = || {
            tracing::debug!("fine detail");
            tracing::info!("scene launched");
            tracing::info!(target: "some_library", "chatter");
            tracing::warn!(target: "some_library", "late block");
        };
        let text = logged(Level::Info, speak);
        assert!(text.contains("scene launched") && text.contains("late block"), "{text}");
        assert!(!text.contains("fine detail") && !text.contains("chatter"), "{text}");
        assert!(logged(Level::Debug, speak).contains("fine detail"));
        let text = logged(Level::Error, speak);
        assert!(text.is_empty(), "{text}");
        assert_eq!(logged(Level::Off, || tracing::error!("bad")), "");
    }

    #[test]
    fn an_audio_thread_leaves_no_line() {
        let text = logged(Level::Trace, || {
            let dispatch = tracing::dispatcher::get_default(Clone::clone);
            let audio = std::thread::spawn(move || {
                tracing::dispatcher::with_default(&dispatch, || {
                    tracing::error!("before");
                    never_on_this_thread();
                    tracing::error!("from the callback");
                });
            });
            audio.join().unwrap();
            tracing::error!("from elsewhere");
        });
        assert!(text.contains("before") && text.contains("from elsewhere"), "{text}");
        assert!(!text.contains("from the callback"), "{text}");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "in the way").unwrap();
        let said = subscriber(&file.join("logs"), Level::Info).map(|_| ()).unwrap_err().to_string();
        assert!(said.starts_with(&format!("cannot write a log in {}", file.display())), "{said}");
        assert!(!said.contains('\n'));
    }
}

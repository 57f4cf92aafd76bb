//! Unsaved work kept safe: whatever changes in the document is on disk within a second.
//!
//! The document is copied where it changed and handed to a thread that writes it, so the window never
//! waits for a disk. A copy lies in `<data>/recovery` until the project is saved or the program ends in
//! order; what a program that was killed left there is offered at the next start. Besides, every few
//! minutes a copy of unsaved work goes to `<data>/autosaves`, of which the last five are kept.

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::player::Player;
use crate::model::project::Project;
use crate::persistence::recovery::{self, Header, Keep, Orphan, autosave, now_ms};

/// Between two writes of a document that changes all the time; leaves time to write it in.
const EVERY: Duration = Duration::from_millis(400);
/// Autosaves of a project that are kept.
const AUTOSAVES: usize = 5;

enum Job {
    Keep(Header, Box<Project>),
    Clear,
    Autosave(Box<Project>),
}

/// What became of a job, and whether it was the document that was kept.
struct Told {
    document: bool,
    done: Result<(), String>,
}

/// Keeps unsaved work safe. Dropping it leaves what is kept for the next start.
pub struct Safe {
    jobs: Option<Sender<Job>>,
    told: Receiver<Told>,
    thread: Option<JoinHandle<Keep>>,
    /// The state of the document that was handed over last; `None` where nothing is kept.
    kept: Option<(u64, u64)>,
    last: Option<Instant>,
    /// Between two autosaves; `None` for none.
    autosaves: Option<Duration>,
    saved: (Instant, (u64, u64)),
    /// What was recovered, until it is kept anew.
    adopted: Vec<Orphan>,
    /// Writes that are on their way.
    open: usize,
    /// The last fault that was told of.
    fault: Option<String>,
}

impl Safe {
    /// Keep unsaved work below `data`, with an autosave every so many `minutes`, 0 for none.
    ///
    /// # Errors
    /// A sentence: a folder that cannot be made, or a system without threads.
    pub fn new(data: &Path, minutes: u32) -> Result<Safe, String> {
        let keep =
            Keep::new(&folder(data)).map_err(|e| format!("unsaved work is not kept: {e}"))?;
        let copies = data.join("autosaves");
        let (jobs, taken) = unbounded();
        let (tell, told) = unbounded();
        let builder = std::thread::Builder::new().name("recovery".into());
        let thread = builder
            .spawn(move || {
                work(&keep, &copies, &taken, &tell);
                keep
            })
            .map_err(|e| format!("unsaved work is not kept: {e}"))?;
        let minutes = (minutes > 0).then(|| Duration::from_secs(60 * u64::from(minutes)));
        Ok(Safe {
            jobs: Some(jobs),
            told,
            thread: Some(thread),
            kept: None,
            last: None,
            autosaves: minutes,
            saved: (Instant::now(), (0, 0)),
            adopted: Vec::new(),
            open: 0,
            fault: None,
        })
    }

    /// What other programs left behind.
    pub fn orphans(data: &Path) -> Vec<Orphan> {
        recovery::orphans(&folder(data))
    }

    /// This is the document now: it stays on disk where it was until it is kept anew.
    pub fn adopt(&mut self, orphan: Orphan) {
        self.adopted.push(orphan);
    }

    /// Look at the document and have it written where it changed; call several times a second. Gives
    /// a sentence where work cannot be kept, once for each fault.
    pub fn tend(&mut self, player: &Player) -> Option<String> {
        let now = Instant::now();
        let fault = self.hear();
        let state = player.state();
        if !player.is_changed() {
            if self.kept.take().is_some() {
                self.job(Job::Clear);
            }
            // A project that was recovered, and closed without saving or saved, is dealt with.
            if self.open == 0 {
                self.adopted.drain(..).for_each(Orphan::discard);
            }
            return fault;
        }
        let due = self.last.is_none_or(|last| now.duration_since(last) >= EVERY);
        if self.kept != Some(state) && due && self.open == 0 {
            self.keep(player);
        }
        if let Some(every) = self.autosaves
            && now.duration_since(self.saved.0) >= every
        {
            let changed = std::mem::replace(&mut self.saved, (now, state)).1 != state;
            if let Some(project) = player.project().filter(|_| changed) {
                self.open += 1;
                self.job(Job::Autosave(Box::new(project)));
            }
        }
        fault
    }

    fn keep(&mut self, player: &Player) {
        let Some(project) = player.project() else { return };
        let header = Header {
            path: player.path().to_owned(),
            untitled: player.is_untitled(),
            at_ms: now_ms(),
        };
        (self.kept, self.last) = (Some(player.state()), Some(Instant::now()));
        self.open += 1;
        self.job(Job::Keep(header, Box::new(project)));
    }

    fn job(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }

    fn hear(&mut self) -> Option<String> {
        let mut said = None;
        while let Ok(Told { document, done }) = self.told.try_recv() {
            self.open = self.open.saturating_sub(1);
            match done {
                Ok(()) if !document => {}
                Ok(()) => {
                    self.fault = None;
                    self.adopted.drain(..).for_each(Orphan::discard);
                }
                Err(fault) if self.fault.as_ref() != Some(&fault) => {
                    // To be tried again.
                    self.kept = self.kept.map(|(document, _)| (document, u64::MAX));
                    said = Some(format!("unsaved work is not kept: {fault}"));
                    self.fault = Some(fault);
                }
                Err(_) => self.kept = self.kept.map(|(document, _)| (document, u64::MAX)),
            }
        }
        said
    }

    /// The program ends in order and nothing is lost by it: nothing is kept any more.
    pub fn close(mut self) {
        if let Some(keep) = self.end() {
            recovery::close(keep);
        }
        self.adopted.drain(..).for_each(Orphan::discard);
    }

    fn end(&mut self) -> Option<Keep> {
        self.jobs = None;
        self.thread.take().and_then(|thread| thread.join().ok())
    }
}

impl Drop for Safe {
    fn drop(&mut self) {
        self.end();
    }
}

fn folder(data: &Path) -> PathBuf {
    data.join("recovery")
}

fn work(keep: &Keep, copies: &Path, jobs: &Receiver<Job>, tell: &Sender<Told>) {
    while let Ok(job) = jobs.recv() {
        let told = match job {
            Job::Keep(header, project) => {
                Told { document: true, done: keep.write(&header, &project) }
            }
            Job::Autosave(project) => {
                let copy = autosave(copies, &project, SystemTime::now(), AUTOSAVES);
                Told { document: false, done: copy.map(drop) }
            }
            Job::Clear => {
                keep.clear();
                continue;
            }
        };
        let _ = tell.send(told);
    }
}

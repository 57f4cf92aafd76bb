//! The engine thread: a desk, a device, and a loop that keeps both going.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use super::desk::{Desk, Loader, News, Order, Parts};
use super::performer::Performer;
use crate::device::Wish;
use crate::device::keeper::{Event, Keeper};
use crate::device::monitor::Health;
use crate::engine::prepare::{Options, PrepareError, Samples, prepare};
use crate::engine::protocol::{Gesture, Pos, When};
use crate::engine::sound::SoundFactory;
use crate::model::project::Project;

/// Between two rounds of chores while nothing is asked.
const ROUND: Duration = Duration::from_millis(2);
/// Rounds between two looks at the device.
const LOOK: u32 = 5;

/// What a set is played with.
pub struct Stage {
    /// Makes sounds.
    pub factory: Arc<dyn SoundFactory>,
    /// Finds samples.
    pub loader: Box<dyn Loader>,
    /// The device to play on.
    pub wish: Wish,
    /// Helper threads beside the callback.
    pub threads: usize,
    /// Where to journal the take.
    pub journal: Option<PathBuf>,
    /// Where to record the master.
    pub record: Option<PathBuf>,
}

/// What the engine thread says of the device.
#[derive(Debug)]
pub enum Report {
    /// Of the set.
    News(News),
    /// How the device's callback does.
    Health(Box<Health>),
}

/// A running engine thread; dropping it ends it.
pub struct Hall {
    orders: Sender<Order>,
    /// What it tells.
    pub reports: Receiver<Report>,
    thread: Option<JoinHandle<()>>,
}

impl Hall {
    /// Prepare `project` and play it.
    ///
    /// # Errors
    /// A project that cannot be played, a journal or recording that cannot be made.
    pub fn open(project: Project, stage: Stage) -> Result<Hall, OpenError> {
        let mut keeper = Keeper::new(stage.wish.clone());
        let (desk, performer) = build(project, stage, keeper.rate())?;
        keeper.play(Box::new(performer));
        let (orders, taken) = unbounded();
        let (tell, reports) = unbounded();
        let builder = std::thread::Builder::new().name("engine".into());
        let thread = builder
            .spawn(move || Round { desk, keeper, tell }.run(&taken))
            .map_err(|e| OpenError::Thread(e.to_string()))?;
        Ok(Hall { orders, reports, thread: Some(thread) })
    }

    /// Ask for something.
    pub fn order(&self, order: Order) {
        // The thread ends only when this is dropped, or by a panic that the crash report tells of.
        let _ = self.orders.send(order);
    }

    /// End the set, and wait until all is written.
    pub fn close(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.orders.send(Order::Quit);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Hall {
    fn drop(&mut self) {
        self.end();
    }
}

/// Why a set cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The project.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] super::journal::JournalError),
    /// The recording.
    #[error(transparent)]
    Record(#[from] super::take::TakeError),
    /// The system has no thread left.
    #[error("the engine cannot start: {0}")]
    Thread(String),
}

/// Prepare both halves of a set at `rate`.
///
/// # Errors
/// A project that cannot be played, a journal or recording that cannot be made.
pub fn build(project: Project, stage: Stage, rate: u32) -> Result<(Desk, Performer), OpenError> {
    let Stage { factory, mut loader, threads, journal, record, .. } = stage;
    let mut samples = Samples::new();
    let problems = loader.load(&project, &mut samples);
    let options = Options { rate, threads, sources: 1 };
    let (engine, renderer, _sources) = prepare(&project, &*factory, &samples, &options)?;
    let (performer, tap) = Performer::new(renderer);
    let mut desk =
        Desk::new(Parts { engine, tap, factory, loader, samples, project, rate, threads });
    if let Some(path) = &journal {
        desk.journal(path)?;
    }
    if let Some(path) = &record {
        desk.record(path)?;
    }
    // The loop brace counts as soon as there is one.
    desk.send(When::Now, Gesture::Loop(true));
    desk.tell(problems);
    Ok((desk, performer))
}

struct Round {
    desk: Desk,
    keeper: Keeper,
    tell: Sender<Report>,
}

impl Round {
    fn run(mut self, orders: &Receiver<Order>) {
        let mut rounds = 0u32;
        loop {
            match orders.recv_timeout(ROUND) {
                Ok(Order::Quit) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(order) => self.desk.order(order),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let mut more = orders.try_iter().take(4096);
            if more.by_ref().any(|order| {
                let quit = matches!(order, Order::Quit);
                self.desk.order(order);
                quit
            }) {
                break;
            }
            let news = self.desk.tend();
            self.report(news);
            rounds = rounds.wrapping_add(1);
            if rounds.is_multiple_of(LOOK) {
                self.look();
            }
        }
        // The device lets go first, so that nothing is written to any more.
        let _ = self.keeper.stop();
        let news = self.desk.close();
        for item in news {
            let _ = self.tell.send(Report::News(item));
        }
    }

    fn report(&self, news: Vec<News>) {
        for item in news {
            // Whoever listened may be gone; the music plays on until it is told to end.
            let _ = self.tell.send(Report::News(item));
        }
    }

    fn look(&mut self) {
        for event in self.keeper.tick() {
            let sentence = match event {
                Event::Playing(s) | Event::Silent(s) | Event::Note(s) | Event::Broken(s) => s,
                Event::NeedsRate { rate, .. } => self.move_to(rate),
            };
            let _ = self.tell.send(Report::News(News::Notice(sentence)));
        }
        if let Some(running) = self.keeper.running() {
            let health = running.monitor.sample();
            let _ = self.tell.send(Report::Health(Box::new(health)));
        }
    }

    /// Prepare everything anew for a device of another rate; the place is kept.
    fn move_to(&mut self, rate: u32) -> String {
        let head = self.desk.engine.snapshot.playhead();
        let rows: Vec<_> = (0..self.desk.engine.snapshot.tracks())
            .map(|t| self.desk.engine.snapshot.track(t).playing)
            .collect();
        match self.desk.rebuild(rate) {
            Ok(performer) => {
                self.keeper.play(Box::new(performer));
                self.desk.send(When::Now, Gesture::Locate(head.pos.max(Pos::ZERO)));
                self.desk.send(When::Now, Gesture::Tempo(head.bpm));
                if head.playing {
                    for (node, row) in rows.iter().enumerate() {
                        if let Some(row) = *row {
                            let launch = Gesture::Launch { node: node as u16, row, velocity: 127 };
                            self.desk.send(When::Now, launch);
                        }
                    }
                    self.desk.send(When::Now, Gesture::Continue);
                }
                format!("the device runs at {rate} Hz: the set plays on at its rate")
            }
            Err(error) => format!(
                "the device runs at {rate} Hz, for which the set cannot be prepared: {error}"
            ),
        }
    }
}

//! The engine thread: a desk, a device, and a loop that keeps both going.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use rtrb::Producer;

use super::desk::{Desk, Loader, News, Order, Parts};
use super::gear::Watch;
use super::hands::{Asked, Hands};
use super::performer::Performer;
use super::rig::Rig;
use crate::device::keeper::{Event, Keeper};
use crate::device::monitor::{Health, host_now_ns};
use crate::device::{Backend, RATE, Wish};
use crate::engine::prepare::{Options, PrepareError, Samples, prepare};
use crate::engine::protocol::{Gesture, Pos, Timed, When};
use crate::engine::sound::SoundFactory;
use crate::model::gear::Gear;
use crate::model::project::Project;
use crate::model::time::Bpm;
use crate::synth::library::Library;
use crate::synth::scsynth::{Config, NEEDS_JACK, Server};

/// Between two rounds of chores while nothing is asked.
const ROUND: Duration = Duration::from_millis(2);
/// Most orders of one round.
const BATCH: usize = 4096;
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
    /// Have scsynth play the voices of SynthDef tracks; these are the sounds.
    pub scsynth: Option<Arc<Library>>,
    /// Follow the MIDI clock of another machine.
    pub clock_in: bool,
    /// Send a MIDI clock to every port whose name has this in it; to none where it is `None`.
    pub clock_out: Option<String>,
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
    /// What there is to play on, and what of it is in use; told when something of it changes.
    Gear(Box<Gear>),
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
    pub fn open(project: Project, mut stage: Stage) -> Result<Hall, OpenError> {
        let clock_in = stage.clock_in;
        let clock_out = stage.clock_out.take();
        stage.wish.clock = clock_out.is_some();
        let library = stage.scsynth.take();
        let wants_scsynth = library.is_some();
        if library.is_some() {
            // Stereo returns, and a pair to measure by.
            stage.wish.inputs = 2 * (Config::new(RATE, host_now_ns).tracks + 1);
        }
        let mut keeper = Keeper::new(stage.wish.clone());
        let embedded = Arc::clone(&stage.factory);
        let (server, said) = library.map_or((None, None), |l| synth_server(&keeper, l));
        if let Some(server) = &server {
            stage.factory = Arc::new(server.factory());
        }
        let (mut desk, mut performer, commands) = build(project, stage, keeper.rate())?;
        let (wired, grid) = Rig::blank(&desk);
        let (mut hands, ends) = Hands::new(wired, grid, commands);
        if clock_in {
            hands.follow_clock(desk.rate(), desk.project.song.tempo.start);
        }
        performer.give(hands);
        if clock_out.is_some() {
            performer.say_time();
        }
        if let Some(server) = &server {
            performer.take_returns(server.returns());
        }
        let watch = Watch::new(wants_scsynth, said.clone());
        desk.tell(said.into_iter().collect());
        let mut rig = Rig::new(ends);
        rig.send_clock(clock_out);
        rig.refresh(&desk);
        keeper.play(Box::new(performer));
        let (orders, taken) = unbounded();
        let (tell, reports) = unbounded();
        let builder = std::thread::Builder::new().name("engine".into());
        let thread = builder
            .spawn(move || {
                Round { desk, rig, keeper, server, embedded, clock_in, tell, watch }.run(&taken)
            })
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

/// Start scsynth for the device that was found, or say why not.
fn synth_server(keeper: &Keeper, library: Arc<Library>) -> (Option<Server>, Option<String>) {
    if keeper.backend() != Backend::Jack {
        return (None, Some(NEEDS_JACK.to_owned()));
    }
    match Server::start(&Config::new(keeper.rate(), host_now_ns), library) {
        Ok(server) => (Some(server), None),
        Err(sentence) => (None, Some(sentence)),
    }
}

/// Prepare both halves of a set at `rate`.
///
/// # Errors
/// A project that cannot be played, a journal or recording that cannot be made.
pub fn build(
    project: Project,
    stage: Stage,
    rate: u32,
) -> Result<(Desk, Performer, Producer<Timed>), OpenError> {
    let Stage { factory, mut loader, threads, journal, record, .. } = stage;
    let mut samples = Samples::new();
    let problems = loader.load(&project, &mut samples);
    let options = Options { rate, threads, sources: 1 };
    let (engine, renderer, mut sources) = prepare(&project, &*factory, &samples, &options)?;
    let (mut performer, tap) = Performer::new(renderer);
    let prompter = performer.take_previews();
    let mut desk =
        Desk::new(Parts { engine, tap, factory, loader, samples, project, rate, threads });
    desk.prompt_by(prompter);
    if let Some(path) = &journal {
        desk.journal(path)?;
    }
    if let Some(path) = &record {
        desk.record(path)?;
    }
    // The loop brace counts as soon as there is one.
    desk.send(When::Now, Gesture::Loop(true));
    desk.tell(problems);
    Ok((desk, performer, sources.remove(0)))
}

struct Round {
    desk: Desk,
    rig: Rig,
    keeper: Keeper,
    server: Option<Server>,
    /// Follow a MIDI clock.
    clock_in: bool,
    /// Makes sounds without scsynth.
    embedded: Arc<dyn SoundFactory>,
    tell: Sender<Report>,
    /// What was told of the gear.
    watch: Watch,
}

impl Round {
    fn run(mut self, orders: &Receiver<Order>) {
        let mut rounds = 0u32;
        loop {
            let first = match orders.recv_timeout(ROUND) {
                Ok(order) => Some(order),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if self.orders(first.into_iter().chain(orders.try_iter().take(BATCH))) {
                break;
            }
            let mut news = self.desk.tend();
            for asked in self.rig.tend() {
                let port = match asked {
                    Asked::Heard(port, ..) => self.rig.port_name(port).to_owned(),
                    _ => String::new(),
                };
                news.push(News::Asked(asked, port));
            }
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

    /// Do what came since the last round; `true` when it is to end. Edits are made first and all at
    /// once: preparing a thousand takes hardly longer than one, and a stop that waited behind each of
    /// them would come seconds late.
    fn orders(&mut self, came: impl Iterator<Item = Order>) -> bool {
        let (mut patches, mut heard, mut rest) = (Vec::new(), 0, Vec::new());
        let mut quit = false;
        for order in came {
            match order {
                Order::Patch(more, last) => {
                    patches.extend(more);
                    heard = last;
                }
                Order::Quit => quit = true,
                other => rest.push(other),
            }
        }
        if !patches.is_empty() {
            self.order(Order::Patch(patches, heard));
        }
        rest.into_iter().for_each(|order| self.order(order));
        quit
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Arm(tracks) => self.rig.arm(tracks),
            Order::Select(track) => self.rig.select(track),
            Order::Bind(bound) => self.rig.bind(*bound),
            Order::Panic => {
                self.rig.panic();
                return self.desk.order(order);
            }
            Order::Patch(..) => self.desk.order(order),
            Order::Device(wish) => return self.device(*wish),
            Order::Look => return self.watch.again(),
            Order::Open(project, file) => return self.open(*project, &file),
            other => return self.desk.order(other),
        }
        self.rig.refresh(&self.desk);
    }

    fn report(&self, news: Vec<News>) {
        for item in news {
            // Whoever listened may be gone; the music plays on until it is told to end.
            let _ = self.tell.send(Report::News(item));
        }
    }

    /// Play on another device, with what this set needs of any.
    fn device(&mut self, wish: Wish) {
        let now = self.keeper.wished();
        let wish = Wish { inputs: now.inputs, clock: now.clock, ..wish };
        if wish != *now {
            self.keeper.wish(wish);
        }
    }

    fn look(&mut self) {
        for event in self.keeper.tick() {
            self.watch.event(&event);
            let sentence = match event {
                Event::Playing(s) | Event::Silent(s) | Event::Note(s) | Event::Broken(s) => s,
                Event::NeedsRate { rate, .. } => self.move_to(rate),
            };
            let _ = self.tell.send(Report::News(News::Notice(sentence)));
        }
        if let Some(running) = self.keeper.running() {
            let jack = running.backend == Backend::Jack;
            if self.watch.is_another(&running.monitor) {
                self.rig.unplug();
            }
            if let Some(bay) = running.patchbay() {
                let said = self.rig.plug(bay);
                self.desk.tell(said);
                if self.rig.take_rewired() {
                    self.rig.refresh(&self.desk);
                }
                if let Some(server) = self.server.as_mut().filter(|_| jack) {
                    let events = server.tick(|s| bay.own(s), |a, b| bay.connect(a, b));
                    self.watch.scsynth(&events);
                    self.desk.tell(events.iter().map(ToString::to_string).collect());
                }
            }
            let health = running.monitor.sample();
            let _ = self.tell.send(Report::Health(Box::new(health)));
            let server = self.server.as_ref();
            if let Some(gear) = self.watch.gear(running, &self.rig, server, self.desk.rate()) {
                let _ = self.tell.send(Report::Gear(Box::new(gear)));
            }
        }
    }

    /// Have another engine play in place of the one that does.
    fn put_on(&mut self, mut performer: Performer, commands: Producer<Timed>, bpm: Bpm) {
        let (wired, grid) = Rig::blank(&self.desk);
        let (mut hands, ends) = Hands::new(wired, grid, commands);
        if self.clock_in {
            hands.follow_clock(self.desk.rate(), bpm);
        }
        performer.give(hands);
        if self.rig.sends_clock() {
            performer.say_time();
        }
        self.rig.move_to(ends, &self.desk);
        self.keeper.play(Box::new(performer));
        self.desk.settle();
    }

    /// Play another project on the same device.
    fn open(&mut self, project: Project, file: &Path) {
        self.leave_server();
        self.rig.arm(Vec::new());
        let bpm = project.song.tempo.start;
        match self.desk.open(project, file) {
            Ok((performer, commands)) => self.put_on(performer, commands, bpm),
            Err(error) => {
                let sentence =
                    format!("the project cannot be played, the one before plays on: {error}");
                self.desk.tell(vec![sentence]);
            }
        }
    }

    /// scsynth runs for the engine it was started with.
    fn leave_server(&mut self) {
        if self.server.take().is_some() {
            // Its tracks would have to be made anew for another.
            self.desk.set_factory(Arc::clone(&self.embedded));
            let sentence = "scsynth is left: the set plays on embedded".to_owned();
            self.watch.left(&sentence);
            self.desk.tell(vec![sentence]);
        }
    }

    /// Prepare everything anew for a device of another rate; the place is kept.
    fn move_to(&mut self, rate: u32) -> String {
        let head = self.desk.engine.snapshot.playhead();
        let rows: Vec<_> = (0..self.desk.engine.snapshot.tracks())
            .map(|t| self.desk.engine.snapshot.track(t).playing)
            .collect();
        self.leave_server();
        match self.desk.rebuild(rate) {
            Ok((performer, commands)) => {
                self.put_on(performer, commands, head.bpm);
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

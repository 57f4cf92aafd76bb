//! The engine thread's state: both ways of the protocol, and the project as it plays.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rtrb::{Consumer, Producer};

use super::gestures;
use super::hands::Asked;
use super::journal::{Line, Writer};
use super::moved::{self, Moved, Moves};
use super::performer::Performer;
use super::preview::Prompter;
use super::rig::Bound;
use super::take::{Capture, Take};
use crate::device::Wish;
use crate::engine::block::StereoBlock;
use crate::engine::meter::Meter;
use crate::engine::prepare::{Engine, Options, PrepareError, Samples, prepare};
use crate::engine::protocol::{
    EngineEvent, Gesture, JournalEntry, Journaled, OWN, Pos, Snapshot, Timed, When,
};
use crate::engine::samples::Sample;
use crate::engine::sound::SoundFactory;
use crate::model::ids::{SceneId, StripId, TrackId};
use crate::model::patch::Patch;
use crate::model::performance::Performance;
use crate::model::project::Project;
use crate::model::touch::Touch;
use crate::model::track::TrackKind;

/// Decodes the samples a project needs and does not have yet.
pub trait Loader: Send {
    /// Add to `samples` what `project` uses and is not among them. Gives a sentence for each that
    /// cannot be had.
    fn load(&mut self, project: &Project, samples: &mut Samples) -> Vec<String>;

    /// The project lies in this file from now on; finds its own samples beside it.
    fn home(&mut self, _file: &Path) {}
}

/// When something is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// At once.
    Now,
    /// Where this bar, beat and sixteenth (from 1) begin.
    Place(i64, i64, i64),
}

/// What the engine thread is asked to do.
pub enum Order {
    /// The document changed; the number of the last [`Moved`] that it had taken in by then.
    Patch(Vec<Patch>, u64),
    /// Something is played.
    Perform(Performance, At),
    /// How many milliseconds late a launch may come and still count for the line just passed.
    Grace(u32),
    /// These tracks play what comes in from keys and pads, and no others.
    Arm(Vec<TrackId>),
    /// The track whose parameters the knobs of pad controllers turn.
    Select(TrackId),
    /// End every note that keys and pads hold.
    Panic,
    /// What controllers do.
    Bind(Box<Bound>),
    /// Play another project, which lies in this file, from the beginning and at rest.
    Open(Box<Project>, PathBuf),
    /// The project lies in this file from now on.
    Home(PathBuf),
    /// Play on another device; what plays goes on until it is there.
    Device(Box<Wish>),
    /// Tell anew what there is to play on.
    Look,
    /// Let the player alone hear this, in place of what was heard so before; `None` ends that.
    Preview(Option<Sample>),
    /// Save the last two minutes of the master.
    Capture(PathBuf),
    /// End: whatever is being written is finished.
    Quit,
}

/// What the engine thread tells.
#[derive(Debug)]
pub enum News {
    /// What to read meters and states from, from now on.
    View(View),
    /// A sentence for people.
    Notice(String),
    /// A value was moved by a controller; the document is to follow, without sending it back.
    Moved(Moved),
    /// A controller asks for what needs the document; the name of its port.
    Asked(Asked, String),
    /// A recording began: its track and scene, and its clip's time 0.
    Recording(TrackId, SceneId, Pos),
    /// A note was played on a track that records: pitch, velocity (0 where it ends), and where.
    Played(TrackId, u8, u8, Pos),
    /// A recording was taken back before it began.
    RecordCancelled(TrackId, SceneId),
    /// A recording ended: its track and scene, from where to where.
    Recorded(TrackId, SceneId, Pos, Pos),
}

/// What can be read at any time.
#[derive(Clone, Debug)]
pub struct View {
    /// Where the music is, and what every track does.
    pub snapshot: Arc<Snapshot>,
    /// Meters by node: tracks, buses, cue, master.
    pub meters: Vec<Arc<Meter>>,
    /// Names of the nodes.
    pub names: Vec<String>,
    /// Frames per second.
    pub rate: u32,
}

/// The engine thread's half of a set that plays.
pub struct Desk {
    /// The engine thread's half of the protocol.
    pub engine: Engine,
    factory: Arc<dyn SoundFactory>,
    loader: Box<dyn Loader>,
    samples: Samples,
    /// The document.
    pub project: Project,
    /// What of it plays.
    playing: Project,
    rate: u32,
    threads: usize,
    journal: Option<Writer>,
    take: Option<Take>,
    capture: Capture,
    tap: Consumer<StereoBlock>,
    news: Vec<News>,
    /// Notes that lines and messages hold: they end by themselves as little as keys do.
    held: BTreeSet<(TrackId, u8)>,
    /// Recordings that run, with the time 0 of their clips.
    recording: BTreeMap<TrackId, (SceneId, Pos)>,
    /// What hands moved, until the document has it.
    moves: Moves,
    /// Losses that were told of.
    told: (u64, u64),
    /// Plays what the player alone is to hear.
    prompter: Option<Prompter>,
    /// How late a launch may come, milliseconds, once that was said.
    grace: Option<u32>,
}

/// Everything a desk is made from.
pub struct Parts {
    /// The engine thread's half of the protocol.
    pub engine: Engine,
    /// What the callback's master comes through.
    pub tap: Consumer<StereoBlock>,
    /// Makes sounds.
    pub factory: Arc<dyn SoundFactory>,
    /// Finds samples.
    pub loader: Box<dyn Loader>,
    /// Those there are.
    pub samples: Samples,
    /// What the engine was prepared from.
    pub project: Project,
    /// Frames per second.
    pub rate: u32,
    /// Helper threads beside the callback.
    pub threads: usize,
}

impl Desk {
    /// A desk for an engine that was just prepared.
    pub fn new(parts: Parts) -> Self {
        let Parts { engine, tap, factory, loader, samples, project, rate, threads } = parts;
        let mut desk = Desk {
            engine,
            factory,
            loader,
            samples,
            playing: project.clone(),
            project,
            rate,
            threads,
            journal: None,
            take: None,
            capture: Capture::new(rate),
            tap,
            news: Vec::new(),
            held: BTreeSet::new(),
            recording: BTreeMap::new(),
            moves: Moves::default(),
            told: (0, 0),
            prompter: None,
            grace: None,
        };
        desk.show();
        desk
    }

    /// Have this play what the player alone is to hear.
    pub fn prompt_by(&mut self, prompter: Prompter) {
        self.prompter = Some(prompter);
    }

    /// Journal all that happens from now on; nothing may have happened yet.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub fn journal(&mut self, path: &Path) -> Result<(), super::journal::JournalError> {
        self.journal = Some(Writer::create(path, self.rate, &self.playing)?);
        Ok(())
    }

    /// Record the master from now on.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub fn record(&mut self, path: &Path) -> Result<(), super::take::TakeError> {
        self.take = Some(Take::create(path, self.rate)?);
        Ok(())
    }

    fn show(&mut self) {
        let engine = &self.engine;
        self.news.push(News::View(View {
            snapshot: Arc::clone(&engine.snapshot),
            meters: engine.meters.clone(),
            names: engine.layout.names.clone(),
            rate: self.rate,
        }));
    }

    /// Frames per second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Make sounds otherwise from the next engine on.
    pub fn set_factory(&mut self, factory: Arc<dyn SoundFactory>) {
        self.factory = factory;
    }

    /// Makes sounds.
    pub fn factory(&self) -> &dyn SoundFactory {
        &*self.factory
    }

    /// Tell people.
    pub fn tell(&mut self, sentences: Vec<String>) {
        self.news.extend(sentences.into_iter().map(News::Notice));
    }

    /// Prepare everything anew at another rate, from what plays of the document, once nothing plays any
    /// more: what could not be done in time would refuse the whole set now.
    /// Journal, take and recordings end with the last block that was played.
    ///
    /// # Errors
    /// A project that cannot be played at that rate; everything stays as it was.
    pub fn rebuild(&mut self, rate: u32) -> Result<(Performer, Producer<Timed>), PrepareError> {
        let options = Options { rate, threads: self.threads, sources: 1 };
        let (engine, renderer, mut sources) =
            prepare(&self.playing, &*self.factory, &self.samples, &options)?;
        let (mut performer, tap) = Performer::new(renderer);
        self.prompter = Some(performer.take_previews());
        // What the old engine played up to its last block belongs to the take.
        self.take_in();
        let head = self.engine.snapshot.playhead();
        for (track, (scene, from)) in std::mem::take(&mut self.recording) {
            self.news.push(News::Recorded(track, scene, from, head.pos));
        }
        (self.engine, self.tap, self.rate) = (engine, tap, rate);
        self.capture = Capture::new(rate);
        if let Some(Err(error)) = self.journal.take().map(|j| j.finish(head.frame)) {
            self.say(error.to_string());
        }
        if let Some(Err(error)) = self.take.take().map(Take::finish) {
            self.say(error.to_string());
        }
        self.told = (0, 0);
        self.show();
        Ok((performer, sources.remove(0)))
    }

    /// Tell an engine that was just made what the one before it knew.
    pub fn settle(&mut self) {
        // The loop brace counts as soon as there is one.
        self.send(When::Now, Gesture::Loop(true));
        if let Some(ms) = self.grace {
            self.order(Order::Grace(ms));
        }
    }

    /// Prepare another project, which lies in `file`, in place of the one that plays.
    ///
    /// # Errors
    /// A project that cannot be played; everything stays as it was but for where samples are sought.
    pub fn open(
        &mut self,
        project: Project,
        file: &Path,
    ) -> Result<(Performer, Producer<Timed>), PrepareError> {
        self.loader.home(file);
        let mut samples = Samples::new();
        // Under the same name another project has another sample.
        let problems = self.loader.load(&project, &mut samples);
        let before = std::mem::replace(&mut self.samples, samples);
        let playing = std::mem::replace(&mut self.playing, project.clone());
        match self.rebuild(self.rate) {
            Ok(made) => {
                self.project = project;
                (self.moves, self.held) = (Moves::default(), BTreeSet::new());
                // What ended with the old project is no recording of the new one.
                self.news.retain(|news| !matches!(news, News::Recorded(..) | News::Moved(_)));
                self.tell(problems);
                Ok(made)
            }
            Err(error) => {
                (self.samples, self.playing) = (before, playing);
                Err(error)
            }
        }
    }

    fn say(&mut self, sentence: impl Into<String>) {
        self.news.push(News::Notice(sentence.into()));
    }

    /// Do what is asked.
    pub fn order(&mut self, order: Order) {
        match order {
            Order::Patch(patches, heard) => self.patch(patches, heard),
            Order::Perform(what, at) => self.perform(what, at),
            Order::Grace(ms) => {
                self.grace = Some(ms);
                let frames = u64::from(ms) * u64::from(self.rate) / 1000;
                self.send(When::Now, Gesture::Grace(frames.min(1 << 20) as u32));
            }
            Order::Preview(sample) => self.preview(sample),
            Order::Capture(path) => match self.capture.save(&path) {
                Ok(seconds) => self.say(format!("{}: the last {seconds:.1} s", path.display())),
                Err(error) => self.say(error.to_string()),
            },
            Order::Panic => {
                for (track, pitch) in std::mem::take(&mut self.held) {
                    // One whose track is gone is silent.
                    let end = Performance::NoteOff(track, pitch);
                    if let Some(gesture) = gestures::gesture(&self.engine.layout, end) {
                        self.send(When::Now, gesture);
                    }
                }
                // A slice that repeats sounds for ever, too.
                let groups = self.project.tracks.iter().filter(|t| t.kind == TrackKind::Group);
                let strips: Vec<StripId> =
                    groups.map(|t| StripId::Track(t.id)).chain([StripId::Master]).collect();
                for strip in strips {
                    for touch in Touch::ALL {
                        self.perform(Performance::Touch(strip, touch, 0.0), At::Now);
                    }
                }
            }
            Order::Home(file) => self.loader.home(&file),
            Order::Arm(_) | Order::Select(_) | Order::Bind(_) | Order::Open(..) => {}
            Order::Device(_) | Order::Look | Order::Quit => {}
        }
    }

    /// Let the player hear a sound, at the level of the cue.
    fn preview(&mut self, sample: Option<Sample>) {
        let gain = self.project.song.cue.gain();
        match (&mut self.prompter, sample) {
            (_, Some(sample)) if sample.rate != self.rate => {
                self.say("the device runs at another rate by now: try the sound again");
            }
            (Some(prompter), sample) => prompter.say(sample, gain),
            (None, _) => {}
        }
    }

    fn perform(&mut self, what: Performance, at: At) {
        let Some(gesture) = gestures::gesture(&self.engine.layout, what) else {
            return self.say("what was to be played is not there any more");
        };
        match what {
            Performance::NoteOn(track, pitch, _) => {
                self.held.insert((track, pitch));
            }
            // One that ends later may still sound when all is to end.
            Performance::NoteOff(track, pitch) if at == At::Now => {
                self.held.remove(&(track, pitch));
            }
            _ => {}
        }
        let when = match at {
            At::Now => When::Now,
            At::Place(bar, beat, sixteenth) => {
                When::Place(self.engine.snapshot.playhead().place(bar, beat, sixteenth))
            }
        };
        self.send(when, gesture);
    }

    /// Send a gesture.
    pub fn send(&mut self, when: When, gesture: Gesture) {
        if let Err(busy) = self.engine.send_at(when, gesture) {
            self.say(busy.to_string());
        }
    }

    fn patch(&mut self, patches: Vec<Patch>, heard: u64) {
        let mut journaled = self.journal.is_some().then(|| patches.clone());
        let asked = self.project.clone();
        patches.into_iter().for_each(|patch| patch.apply(&mut self.project));
        // What a hand moved since the document was sent stays where the hand has it.
        self.moves.heard(heard);
        let held = self.moves.hold(&mut self.project);
        if let Some(journaled) = &mut journaled {
            journaled.extend(held);
        }
        let problems = self.loader.load(&self.project, &mut self.samples);
        let names_before = self.engine.layout.names.clone();
        let snapshot_before = Arc::clone(&self.engine.snapshot);
        let (new, factory) = (&self.project, &*self.factory);
        let mut update = self.engine.update(&self.playing, &asked, new, factory, &self.samples);
        let serials = self.engine.send_steps(&mut update);
        if let (Some(journal), Some(patches)) = (&self.journal, journaled) {
            journal.line(Line::Edit { serials, patches });
        }
        self.playing = update.plays;
        for sentence in problems.into_iter().chain(update.problems) {
            self.say(sentence);
        }
        self.engine.layout.names = names(&self.playing);
        let same_stage = Arc::ptr_eq(&self.engine.snapshot, &snapshot_before);
        if !same_stage || self.engine.layout.names != names_before {
            self.show();
        }
    }

    /// Chores: supply and dispose, write down what happened, take in the master. Call every few
    /// milliseconds.
    pub fn tend(&mut self) -> Vec<News> {
        self.engine.maintain();
        self.prompter.iter_mut().for_each(Prompter::tidy);
        self.take_in();
        let now = (self.engine.snapshot.missed(), self.engine.snapshot.lost());
        if now.0 > self.told.0 {
            self.say(format!("{} notes found no free voice", now.0 - self.told.0));
        }
        if now.1 > self.told.1 {
            self.say("more happened than could be taken in: journal, recording or what hands played have gaps");
        }
        self.told = now;
        std::mem::take(&mut self.news)
    }

    /// Write down what happened and take in the master, up to the last block that was played.
    fn take_in(&mut self) {
        while let Some(entry) = self.engine.next_journal() {
            self.note(entry);
        }
        while let Some(event) = self.engine.next_event() {
            self.event(&event);
        }
        while let Ok(block) = self.tap.pop() {
            self.capture.block(&block);
            if let Some(take) = &self.take {
                take.block(&block);
            }
        }
    }

    fn note(&mut self, entry: JournalEntry) {
        if let Some(journal) = &self.journal {
            journal.line(Line::Did(entry));
        }
        let Journaled::Play(Gesture::Set { node, target, value }) = entry.what else { return };
        // The engine takes no such value.
        if entry.source == OWN || value.is_nan() {
            return;
        }
        let (layout, factory) = (&self.engine.layout, &*self.factory);
        if let Some((strip, target)) = moved::find(&self.playing, layout, factory, node, target)
            && moved::set(&mut self.playing, strip, &target, value)
        {
            self.news.push(News::Moved(self.moves.add(strip, target, value)));
        }
    }

    fn event(&mut self, event: &EngineEvent) {
        if let Some(sentence) = self.engine.notice(event) {
            return self.say(sentence);
        }
        let track = |node: u16| self.playing.tracks.get(usize::from(node)).map(|t| t.id);
        let scene = |row: u16| self.engine.layout.scenes.get(usize::from(row)).copied();
        let news = match *event {
            EngineEvent::Recording { node, row, from, .. } => {
                track(node).zip(scene(row)).map(|(t, s)| News::Recording(t, s, from))
            }
            EngineEvent::RecordCancelled { node, row, .. } => {
                track(node).zip(scene(row)).map(|(t, s)| News::RecordCancelled(t, s))
            }
            EngineEvent::Recorded { node, row, from, to, .. } => {
                track(node).zip(scene(row)).map(|(t, s)| News::Recorded(t, s, from, to))
            }
            EngineEvent::Played { node, pitch, velocity, at, .. } => {
                track(node).map(|t| News::Played(t, pitch, velocity, at))
            }
            _ => None,
        };
        match news {
            Some(News::Recording(track, scene, from)) => {
                self.recording.insert(track, (scene, from));
            }
            Some(News::Recorded(track, ..)) => {
                self.recording.remove(&track);
            }
            _ => {}
        }
        self.news.extend(news);
    }

    /// Finish what is being written.
    pub fn close(&mut self) -> Vec<News> {
        let mut news = self.tend();
        if let Some(Err(error)) = self.take.take().map(Take::finish) {
            news.push(News::Notice(error.to_string()));
        }
        let played = self.engine.snapshot.playhead().frame;
        if let Some(Err(error)) = self.journal.take().map(|j| j.finish(played)) {
            news.push(News::Notice(error.to_string()));
        }
        news
    }
}

fn names(p: &Project) -> Vec<String> {
    let tracks = p.tracks.iter().map(|t| t.name.clone());
    let buses = p.buses.iter().map(|b| b.name.clone());
    tracks.chain(buses).chain(["cue".to_owned(), "master".to_owned()]).collect()
}

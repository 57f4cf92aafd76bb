//! The set that is open: the document, what plays it, and what the window keeps beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use bevy::prelude::Resource;
use crossbeam_channel::{Receiver, TryRecvError, bounded};

use crate::app::player::Player;
use crate::app::shelf::Shelf;
use crate::app::sound;
use crate::app::waves::Waves;
use crate::device::monitor::Health;
use crate::live::desk::{At, Order as Told};
use crate::live::gear;
use crate::live::hall::{Hall, Report};
use crate::model::action::Names;
use crate::model::gear::{Found, Gear};
use crate::model::ids::{BusId, SceneId, TrackId};
use crate::model::project::Song;
use crate::model::scene::Scene;
use crate::model::sound::{SoundDescriptor, SoundKind};
use crate::session::act::{PresetKind, names};
use crate::session::document::{Name, Order, part};
use crate::settings::{Loaded, Row, Sources};
use crate::ui::ask::{Ask, Asks};
use crate::ui::closing::{Closing, Leave};
use crate::ui::seen::{Load, Said, Seen, Tone};
use crate::ui::state::{GridState, UiState};

/// How long something that was done may have an aftermath.
const AFTERMATH: Duration = Duration::from_secs(3);
/// How long the light of MIDI is lit by what was heard.
const LIT: Duration = Duration::from_millis(150);
/// Sentences that are kept.
const LOG: usize = 500;

/// The set that is open.
#[derive(Resource)]
pub struct Opened {
    player: Player,
    hall: Hall,
    reports: Receiver<Report>,
    /// When something was last done or told.
    stirred: Instant,
    sounds: BTreeMap<String, SoundDescriptor>,
    names: Names,
    health: Option<Box<Health>>,
    device: String,
    state: UiState,
    asks: Asks,
    log: Vec<Said>,
    begun: Instant,
    shelf: Shelf,
    waves: Waves,
    settings: Loaded,
    sources: Sources,
    rows: Vec<Row>,
    gear: Gear,
    found: Found,
    /// A look around that is under way.
    looking: Option<Receiver<Found>>,
    /// When MIDI was last heard.
    heard: Option<Instant>,
}

impl Opened {
    /// A set that plays in `hall`, with these `sounds` by their names; unsaved work is kept in the
    /// user's folders, and what is set goes where `sources` say.
    pub fn new(
        player: Player,
        hall: Hall,
        sounds: BTreeMap<String, SoundDescriptor>,
        settings: Loaded,
        sources: Sources,
    ) -> Opened {
        let minutes = settings.settings.window.autosave;
        let (shelf, fault) = Shelf::new(&sources.places.data, minutes, &player);
        let mut opened = Opened {
            player,
            reports: hall.reports.clone(),
            hall,
            stirred: Instant::now(),
            names: names_of(&sounds),
            sounds,
            health: None,
            device: String::new(),
            state: UiState::default(),
            asks: Asks::default(),
            log: Vec::new(),
            begun: Instant::now(),
            shelf,
            waves: Waves::default(),
            rows: settings.describe(),
            settings,
            sources,
            gear: Gear::default(),
            found: Found::default(),
            looking: None,
            heard: None,
        };
        if let Some(fault) = fault {
            opened.say(Tone::Refused, fault);
        }
        opened.rename();
        opened
    }

    /// From now on `wake` is called whenever there is something new to see.
    pub fn wake_by(&mut self, wake: impl Fn() + Send + 'static) {
        match super::waker::watch(self.hall.reports.clone(), wake) {
            Ok(reports) => self.reports = reports,
            Err(error) => self.say(
                Tone::Refused,
                format!("the window is slow to show what pads do: no thread is left ({error})"),
            ),
        }
    }

    /// Whether there may soon be something new to see that nobody tells of.
    pub fn is_busy(&self) -> bool {
        let works = || crate::jobs::list(&self.player.world).iter().any(|job| !job.state.is_over());
        self.stirred.elapsed() < AFTERMATH || self.looking.is_some() || works()
    }

    /// Size of everything in the window; 1 is 100 %.
    pub fn scale(&self) -> f32 {
        self.settings.settings.window.scale as f32 / 100.0
    }

    fn set(&mut self, key: &'static str, value: &str) {
        let stored = self.settings.store(&self.sources, key, value);
        let outcome = stored.map(|loaded| self.settings = loaded).map_err(|e| e.to_string());
        self.rows = self.settings.describe();
        if key.starts_with("audio.") && outcome.is_ok() {
            let wish = sound::wish(&self.settings.settings.audio);
            self.hall.order(Told::Device(Box::new(wish)));
        }
        if let Err(sentence) = &outcome {
            self.say(Tone::Refused, sentence.clone());
        }
        self.state.settings.done(key, outcome);
    }

    /// Look around for devices, beside all else.
    fn look(&mut self) {
        self.hall.order(Told::Look);
        if self.looking.is_some() {
            return;
        }
        let (tell, told) = bounded(1);
        // A set that plays on JACK needs no second client there to know of it.
        let with_jack = self.gear.playing.backend != "jack";
        let look = move || drop(tell.send(gear::look(with_jack)));
        match std::thread::Builder::new().name("look-around".to_owned()).spawn(look) {
            Ok(_) => self.looking = Some(told),
            Err(error) => self.say(
                Tone::Refused,
                format!("devices cannot be looked for: no thread is left ({error})"),
            ),
        }
    }

    /// The project's name.
    pub fn title(&self) -> String {
        self.player.world.get_resource::<Song>().map_or_else(String::new, |s| s.name.clone())
    }

    /// Whether the transport runs, or counts in.
    pub fn runs(&self) -> bool {
        let head = self.player.view().map(|view| view.snapshot.playhead());
        head.is_some_and(|head| head.playing || head.counting_in)
    }

    /// A sentence with names in place of `#12`, which is how panels speak of things.
    fn with_names(&self, said: &str) -> String {
        let world = &self.player.world;
        let name = |id: u32| -> Option<String> {
            let track = part::<Name>(world, TrackId(id)).map(|n| n.0.clone());
            let bus = || part::<Name>(world, BusId(id)).map(|n| n.0.clone());
            let scene = || part::<Scene>(world, SceneId(id)).map(|s| s.name.clone());
            track.or_else(|_| bus()).or_else(|_| scene()).ok()
        };
        let word = |word: &str| {
            let id = word.strip_prefix('#').and_then(|id| id.parse().ok());
            id.and_then(name).unwrap_or_else(|| word.to_owned())
        };
        said.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }

    /// The window is to be closed: at once, or after a question where changes would be lost.
    pub fn close(&mut self) {
        self.state.closing = match self.player.is_changed() {
            true => Closing::Asked(Leave::Window),
            false => Closing::Now(Leave::Window),
        };
    }

    /// Whether the window may go.
    pub fn is_over(&mut self) -> bool {
        let hall = &self.hall;
        let orders = &mut |order| hall.order(order);
        if let Some(said) = Shelf::go(&mut self.state.closing, &mut self.player, orders) {
            self.left(said);
        }
        let over = self.state.closing == Closing::Now(Leave::Window);
        if over {
            self.shelf.close();
        }
        over
    }

    /// Another project may be open now: what the panels knew of the one before is gone.
    fn left(&mut self, said: Result<String, String>) {
        match said {
            Ok(said) => {
                self.state.grid = GridState { size: self.state.grid.size, ..GridState::default() };
                self.state.devices = None;
                self.state.editor = None;
                self.say(Tone::Done, said);
            }
            Err(error) => self.say(Tone::Refused, error),
        }
        self.rename();
    }

    /// The names that completion knows follow the document; those of sounds stay.
    fn rename(&mut self) {
        let Names { tracks, scenes, buses, grooves, .. } = names(&self.player.world);
        let presets = self.player.presets.names(PresetKind::Instrument);
        let chains = self.player.presets.names(PresetKind::Chain);
        let rest = std::mem::take(&mut self.names);
        self.names = Names { tracks, scenes, buses, grooves, presets, chains, ..rest };
    }

    /// Write a sentence into the log.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        let text = text.into();
        tracing::info!("{text}");
        self.log.push(Said { tone, text });
        let over = self.log.len().saturating_sub(LOG);
        self.log.drain(..over);
    }

    /// Take in what the engine tells.
    pub fn hear(&mut self) {
        let reports: Vec<Report> = self.reports.try_iter().collect();
        for report in reports {
            match report {
                Report::Health(now) => self.health = Some(now),
                Report::Gear(now) => {
                    if now.heard > self.gear.heard {
                        self.heard = Some(Instant::now());
                    }
                    self.stirred = Instant::now();
                    self.gear = *now;
                }
                Report::News(news) => {
                    self.stirred = Instant::now();
                    let hall = &self.hall;
                    let said = self.player.news(news, &mut |order| hall.order(order));
                    if let Some(sentence) = said {
                        self.say(Tone::Told, sentence);
                    }
                }
            }
        }
        let hall = &self.hall;
        for notice in self.player.pump(&mut |order| hall.order(order)) {
            let tone = if notice.refused { Tone::Refused } else { Tone::Done };
            self.say(tone, notice.text);
        }
        match self.looking.as_ref().map(Receiver::try_recv) {
            Some(Ok(found)) => (self.found, self.looking) = (found, None),
            Some(Err(TryRecvError::Disconnected)) => self.looking = None,
            Some(Err(TryRecvError::Empty)) | None => {}
        }
        self.waves.tend(&self.player);
        if let Some(fault) = self.shelf.tend(&self.player) {
            self.say(Tone::Refused, fault);
        }
        if let Some(h) = &self.health {
            self.device = format!("DSP {:.0} %   xruns {}", h.load * 100.0, h.xruns);
        }
    }

    /// Show the set: `panels` read it, and ask.
    pub fn show(&mut self, panels: impl FnOnce(&Seen, &mut UiState, &mut Asks)) {
        let Some(order) = self.player.world.get_resource::<Order>() else { return };
        let view = self.player.view();
        let seen = Seen {
            world: &self.player.world,
            order,
            snapshot: view.map(|view| &*view.snapshot),
            head: view.map(|view| view.snapshot.playhead()),
            meters: view.map_or(&[], |view| &view.meters),
            armed: &self.player.armed,
            metronome: self.player.metronome,
            device: &self.device,
            sounds: &self.sounds,
            names: &self.names,
            settings: &self.rows,
            gear: &self.gear,
            found: &self.found,
            is_looking: self.looking.is_some(),
            load: self.health.as_ref().map(|h| Load {
                share: h.load,
                xruns: h.xruns,
                ours: h.ours,
            }),
            hears: self.heard.is_some_and(|at| at.elapsed() < LIT),
            waves: &self.waves.all,
            presets: self.player.presets.all(),
            files: &self.shelf.files,
            log: &self.log,
            seconds: self.begun.elapsed().as_secs_f64(),
        };
        panels(&seen, &mut self.state, &mut self.asks);
    }

    /// Do what the panels asked for.
    pub fn act(&mut self) {
        let asks = self.asks.take();
        if asks.is_empty() {
            return;
        }
        self.stirred = Instant::now();
        for ask in asks {
            if let Some(leave) = Shelf::leave(&ask, &self.player) {
                self.state.closing = Closing::Asked(leave);
                continue;
            }
            let before = self.player.state().0;
            let hall = &self.hall;
            let orders = &mut |order| hall.order(order);
            let (shown, done) = match &ask {
                Ask::Act(action, drag) => {
                    crate::crash::note_action(&action.to_string());
                    (None, self.player.drag(action, *drag, orders))
                }
                Ask::Together(name, actions) => {
                    crate::crash::note_action(name);
                    (None, self.player.together(name, actions, orders))
                }
                Ask::AtOnce(name, actions) => {
                    crate::crash::note_action(name);
                    (None, self.player.at_once(name, actions, orders))
                }
                Ask::Line(line) => {
                    crate::crash::note_action(line);
                    (Some(line.as_str()), self.player.line(line, At::Now, orders))
                }
                Ask::File(file) => {
                    if let Some(said) = self.shelf.ask(file, &mut self.player, orders) {
                        self.left(said);
                    }
                    continue;
                }
                Ask::Setting(key, value) => {
                    self.set(key, value);
                    continue;
                }
                Ask::Look => {
                    self.look();
                    continue;
                }
                Ask::Select(track) => {
                    hall.order(Told::Select(*track));
                    continue;
                }
            };
            match (shown, done) {
                (_, Ok(said)) if self.player.state().0 != before => self.left(Ok(said)),
                (_, Ok(said)) => {
                    let said = self.with_names(&said);
                    self.say(Tone::Done, said);
                }
                (Some(line), Err(error)) => self.say(Tone::Refused, format!("{line} — {error}")),
                (None, Err(error)) => self.say(Tone::Refused, error.to_string()),
            }
        }
        self.rename();
    }
}

/// The names that completion knows of sounds.
fn names_of(sounds: &BTreeMap<String, SoundDescriptor>) -> Names {
    let of = |kind: SoundKind| {
        let all = sounds.values().filter(move |sound| sound.kind == kind);
        all.map(|sound| sound.name.clone()).collect()
    };
    let params = sounds.values().flat_map(|sound| &sound.params);
    let params: BTreeSet<&String> = params.map(|param| &param.name).collect();
    Names {
        instruments: of(SoundKind::Instrument),
        effects: of(SoundKind::Effect),
        params: params.into_iter().cloned().collect(),
        ..Names::default()
    }
}

//! The set that is open: the document, what plays it, and what the window keeps beside them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use bevy::prelude::Resource;

use crate::app::player::Player;
use crate::device::monitor::Health;
use crate::engine::sound::SoundFactory;
use crate::live::desk::{At, Order as Told};
use crate::live::hall::{Hall, Report};
use crate::model::action::Names;
use crate::model::project::Song;
use crate::session::act::names;
use crate::session::document::Order;
use crate::ui::ask::{Ask, Asks};
use crate::ui::seen::{Said, Seen};
use crate::ui::state::UiState;

/// Sentences that are kept.
const LOG: usize = 500;

/// What sounds there are.
pub struct Sounds {
    /// What is known of each.
    pub factory: Arc<dyn SoundFactory>,
    /// Names of the instruments.
    pub instruments: Vec<String>,
    /// Names of the effects.
    pub effects: Vec<String>,
}

/// The set that is open.
#[derive(Resource)]
pub struct Opened {
    player: Player,
    hall: Hall,
    sounds: Sounds,
    names: Names,
    health: Option<Box<Health>>,
    device: String,
    state: UiState,
    asks: Asks,
    log: Vec<Said>,
    begun: Instant,
}

impl Opened {
    /// A set that plays in `hall`.
    pub fn new(player: Player, hall: Hall, sounds: Sounds) -> Opened {
        let mut opened = Opened {
            player,
            hall,
            sounds,
            names: Names::default(),
            health: None,
            device: String::new(),
            state: UiState::default(),
            asks: Asks::default(),
            log: Vec::new(),
            begun: Instant::now(),
        };
        opened.rename();
        opened
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

    /// The names that completion knows, after the document.
    fn rename(&mut self) {
        let params: BTreeSet<String> = self
            .sounds
            .instruments
            .iter()
            .chain(&self.sounds.effects)
            .filter_map(|name| self.sounds.factory.descriptor(name))
            .flat_map(|sound| sound.params.iter().map(|p| p.name.clone()))
            .collect();
        self.names = Names {
            instruments: self.sounds.instruments.clone(),
            effects: self.sounds.effects.clone(),
            params: params.into_iter().collect(),
            ..names(&self.player.world)
        };
    }

    /// Write a sentence into the log.
    pub fn say(&mut self, good: bool, text: impl Into<String>) {
        let text = text.into();
        tracing::info!("{text}");
        self.log.push(Said { good, text });
        let over = self.log.len().saturating_sub(LOG);
        self.log.drain(..over);
    }

    /// Take in what the engine tells.
    pub fn hear(&mut self) {
        let reports: Vec<Report> = self.hall.reports.try_iter().collect();
        for report in reports {
            match report {
                Report::Health(now) => self.health = Some(now),
                Report::News(news) => {
                    let hall = &self.hall;
                    let said = self.player.news(news, &mut |order| hall.order(order));
                    if let Some(sentence) = said {
                        self.say(true, sentence);
                    }
                }
            }
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
            sounds: &*self.sounds.factory,
            names: &self.names,
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
        for ask in asks {
            let hall = &self.hall;
            let orders = &mut |order| hall.order(order);
            let (shown, done) = match &ask {
                Ask::Act(action, drag) => {
                    crate::crash::note_action(&action.to_string());
                    (None, self.player.drag(action, *drag, orders))
                }
                Ask::Line(line) => {
                    crate::crash::note_action(line);
                    (Some(line.as_str()), self.player.line(line, At::Now, orders))
                }
                Ask::Select(track) => {
                    hall.order(Told::Select(*track));
                    continue;
                }
            };
            match (shown, done) {
                (_, Ok(said)) => self.say(true, said),
                (Some(line), Err(error)) => self.say(false, format!("{line} — {error}")),
                (None, Err(error)) => self.say(false, error.to_string()),
            }
        }
        self.rename();
    }
}

//! What the engine thread tells of the gear, and a look around for what else there is to play on.

use std::sync::Arc;

use super::rig::Rig;
use crate::device::keeper::Event;
use crate::device::monitor::Monitor;
use crate::device::{Backend, Running, jack_outlets, system};
use crate::model::gear::{Executor, Found, Gear, Output, Playing};
use crate::synth::scsynth::{self, NEEDS_JACK, Server};

/// Looks at the device between two at the gear: what blinks by it does so ten times a second at most.
const EVERY: u32 = 10;

/// Remembers what was told.
pub(super) struct Watch {
    told: Option<Gear>,
    looks: u32,
    /// The sound thread that plays.
    line: Option<Arc<Monitor>>,
    silent: Option<String>,
    /// scsynth is to play the synths.
    wants_scsynth: bool,
    /// Why it does not.
    lost: Option<String>,
    jack: Vec<Output>,
    fresh: bool,
}

impl Watch {
    /// Nothing was told; scsynth is wanted or not, and cannot be had for the reason that is `lost`.
    pub fn new(wants_scsynth: bool, lost: Option<String>) -> Watch {
        Watch {
            told: None,
            looks: 0,
            line: None,
            silent: None,
            wants_scsynth,
            lost,
            jack: Vec::new(),
            fresh: true,
        }
    }

    /// Ask JACK anew who can be played to.
    pub fn again(&mut self) {
        self.fresh = true;
    }

    /// What happened to the device.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::Playing(_) => self.silent = None,
            Event::Silent(said) | Event::Broken(said) => self.silent = Some(said.clone()),
            Event::Note(_) | Event::NeedsRate { .. } => {}
        }
    }

    /// Whether another device plays than at the last call, with ports of its own.
    pub fn is_another(&mut self, line: &Arc<Monitor>) -> bool {
        if self.line.as_ref().is_some_and(|before| Arc::ptr_eq(before, line)) {
            return false;
        }
        (self.line, self.fresh) = (Some(Arc::clone(line)), true);
        true
    }

    /// What happened to scsynth.
    pub fn scsynth(&mut self, events: &[scsynth::Event]) {
        for event in events {
            match event {
                scsynth::Event::Ready | scsynth::Event::Back => self.lost = None,
                scsynth::Event::Lost(said) => self.lost = Some(said.clone()),
                scsynth::Event::Fail(_) => {}
            }
        }
    }

    /// scsynth is not used any more.
    pub fn left(&mut self, why: &str) {
        self.lost = Some(why.to_owned());
    }

    /// What there is, where that differs from what was told last. The engine runs at `rate`.
    pub fn gear(
        &mut self,
        running: &mut Running,
        rig: &Rig,
        server: Option<&Server>,
        rate: u32,
    ) -> Option<Gear> {
        self.looks += 1;
        if self.told.is_some() && self.looks < EVERY && !self.fresh {
            return None;
        }
        self.looks = 0;
        if std::mem::take(&mut self.fresh) {
            let outlets = running.patchbay().map_or_else(Vec::new, |bay| bay.outlets());
            self.jack = outputs(outlets);
        }
        let gear = Gear {
            playing: self.playing(running),
            ports: rig.ports(),
            midi_fault: rig.fault().cloned(),
            jack: self.jack.clone(),
            executor: self.executor(server, running.backend == Backend::Jack, rate),
            heard: rig.heard(),
        };
        if self.told.as_ref() == Some(&gear) {
            return None;
        }
        self.told = Some(gear.clone());
        Some(gear)
    }

    fn playing(&self, running: &Running) -> Playing {
        let silent = self.silent.as_ref().filter(|_| running.backend == Backend::Null);
        Playing {
            backend: running.backend.to_string(),
            device: running.name.clone(),
            rate: running.rate,
            period: running.period,
            outputs: running.offer.outputs,
            rates: running.offer.rates,
            periods: running.offer.periods,
            silent: silent.cloned(),
        }
    }

    fn executor(&self, server: Option<&Server>, on_jack: bool, rate: u32) -> Executor {
        if !self.wants_scsynth {
            return Executor::Embedded;
        }
        let instead = || Executor::Instead(self.lost.clone().unwrap_or(NEEDS_JACK.to_owned()));
        match server {
            None => instead(),
            Some(_) if !on_jack => Executor::Instead(NEEDS_JACK.to_owned()),
            Some(server) if server.is_usable() => {
                Executor::Scsynth(server.latency() * 1000 / rate.max(1))
            }
            Some(_) if self.lost.is_some() => instead(),
            Some(_) => Executor::Starting,
        }
    }
}

fn outputs(all: Vec<(String, u16)>) -> Vec<Output> {
    all.into_iter().map(|(name, channels)| Output { name, channels }).collect()
}

/// Look around this machine for what can be played on; nothing is played on, and no card is opened. Takes a
/// moment: neither for the sound thread nor for one that draws. JACK is only asked `with_jack`: a set that
/// plays there knows of it by itself.
pub fn look(with_jack: bool) -> Found {
    let system = system::names().into_iter().map(|name| Output { name, channels: 0 }).collect();
    let (jack, no_jack) = match with_jack.then(jack_outlets) {
        None => (Vec::new(), None),
        Some(Ok(outlets)) => (outputs(outlets), None),
        Some(Err(error)) => (Vec::new(), Some(error.to_string())),
    };
    Found { system, jack, no_jack, no_scsynth: scsynth::missing() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_scsynth_does_not_play_is_told_until_it_does() {
        assert_eq!(Watch::new(false, None).executor(None, true, 48_000), Executor::Embedded);
        let mut watch = Watch::new(true, Some("no thread".into()));
        assert_eq!(watch.executor(None, true, 48_000), Executor::Instead("no thread".into()));
        watch.scsynth(&[scsynth::Event::Lost("it ended".into())]);
        assert_eq!(watch.executor(None, true, 48_000), Executor::Instead("it ended".into()));
        watch.scsynth(&[scsynth::Event::Back]);
        assert_eq!(watch.lost, None);
    }

    #[test]
    fn silence_is_known_until_something_plays() {
        let mut watch = Watch::new(false, None);
        watch.event(&Event::Silent("no sound: no card".into()));
        watch.event(&Event::Note("a note".into()));
        assert_eq!(watch.silent.as_deref(), Some("no sound: no card"));
        watch.event(&Event::Playing("playing on card".into()));
        assert_eq!(watch.silent, None);
    }

    #[test]
    fn another_sound_thread_is_another_device() {
        let (mut watch, one) = (Watch::new(false, None), Arc::new(Monitor::default()));
        assert!(watch.is_another(&one) && !watch.is_another(&one));
        assert!(watch.is_another(&Arc::new(Monitor::default())));
    }

    #[test]
    fn a_look_without_jack_says_nothing_of_it() {
        let found = look(false);
        assert_eq!((found.jack, found.no_jack), (Vec::new(), None));
    }
}

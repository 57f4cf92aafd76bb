//! Makes the sounds of an engine whose voices scsynth plays.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Sender;
use rtrb::RingBuffer;

use super::Event;
use super::returns::Shared;
use super::slot::Slot;
use super::voices::{RemoteVoices, Wire};
use crate::engine::sound::{Insert, SoundError, SoundFactory, SoundSpec, Voices};
use crate::model::sound::SoundDescriptor;
use crate::synth::embedded::EmbeddedFactory;
use crate::synth::library::Library;
use crate::synth::score::{Setting, playable};

/// What may be on its way from a track's voices to scsynth, and back.
const RING: usize = 4096;
/// Longest SynthDef that a UDP packet takes, bytes.
const LONGEST_DEF: usize = 65_000;

/// Voices at scsynth with embedded ones beside them, effects embedded. Made by
/// [`Server::factory`](super::Server::factory); lives as long as it likes.
pub struct ScsynthFactory {
    shared: Arc<Shared>,
    library: Arc<Library>,
    embedded: EmbeddedFactory,
    requests: Sender<Slot>,
    say: Sender<Event>,
}

impl ScsynthFactory {
    pub(super) fn new(
        shared: Arc<Shared>,
        library: Arc<Library>,
        requests: Sender<Slot>,
        say: Sender<Event>,
    ) -> Self {
        let embedded = EmbeddedFactory::new(Arc::clone(&library));
        ScsynthFactory { shared, library, embedded, requests, say }
    }

    /// The way to scsynth for these sounds; a sentence where there is none.
    fn wire(&self, specs: &[SoundSpec], rate: u32) -> Result<Wire, String> {
        let mut sounds = Vec::with_capacity(specs.len());
        for spec in specs {
            let Some(sound) = self.library.get(&spec.name) else { continue };
            let sound = playable(sound).map_err(|e| e.to_string())?;
            if sound.bytes.len() > LONGEST_DEF {
                return Err(format!("the sound '{}' is too large to be sent to it", spec.name));
            }
            sounds.push(Setting::new(sound, spec));
        }
        if rate != self.shared.rate {
            return Err(format!("it runs at {} Hz, not at {rate}", self.shared.rate));
        }
        let pair = self.shared.take_pair();
        let pair = pair.ok_or_else(|| {
            format!("it has outputs for {} tracks, and all are taken", self.shared.pairs.len())
        })?;
        let (tell, commands) = RingBuffer::new(RING);
        let (fates, hear) = RingBuffer::new(RING);
        let loaded = Arc::new(AtomicBool::new(false));
        let wire = Wire { pair, tell, fates: hear, loaded: Arc::clone(&loaded) };
        let slot = Slot { pair, commands, fates, loaded, sounds, bpm: 120.0, notes: Vec::new() };
        if self.requests.send(slot).is_err() {
            self.shared.pairs[pair].taken.store(false, Ordering::Release);
            return Err("it was ended".to_owned());
        }
        Ok(wire)
    }
}

impl SoundFactory for ScsynthFactory {
    fn descriptor(&self, name: &str) -> Option<&SoundDescriptor> {
        self.embedded.descriptor(name)
    }

    fn voices(&self, specs: &[SoundSpec], rate: u32) -> Result<Box<dyn Voices>, SoundError> {
        let embedded = self.embedded.voices(specs, rate)?;
        let wire = match self.wire(specs, rate) {
            Ok(wire) => Some(wire),
            Err(why) => {
                let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
                let names = names.join("', '");
                let sentence = format!("'{names}': not played by scsynth but built in: {why}");
                // Nobody need listen.
                let _ = self.say.send(Event::Fail(sentence));
                None
            }
        };
        let params = specs
            .iter()
            .map(|spec| self.embedded.descriptor(&spec.name).map_or(0, |sound| sound.params.len()));
        Ok(Box::new(RemoteVoices::new(Arc::clone(&self.shared), wire, embedded, params)))
    }

    fn insert(&self, spec: &SoundSpec, rate: u32) -> Result<Box<dyn Insert>, SoundError> {
        self.embedded.insert(spec, rate)
    }

    fn voice_latency(&self) -> u32 {
        self.shared.latency
    }
}

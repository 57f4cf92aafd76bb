//! scsynth at work: another program plays the voices of SynthDef tracks, time-tagged, over OSC.
//!
//! ```text
//!   callback: RemoteVoices --ring--> thread "scsynth" --UDP, loopback--> scsynth
//!      ^          |  (a latency later, if scsynth is lost: embedded voices)    |
//!      |          v                                                          JACK
//!   Returns <------------- inputs of our client <-----------------------------'
//! ```
//!
//! - **Latency.** All voices of all tracks sound a fixed [latency](Config::latency_s) after they are told
//!   to, which the graph compensates ([`voice_latency`](crate::engine::sound::SoundFactory::voice_latency)). Within it a note goes to scsynth,
//!   is played there, and comes back; or else the embedded voices play it, on its frame.
//! - **Time.** scsynth maps time tags to samples by the host's clock, in each callback anew, and drifts. A
//!   tick goes to it twenty times a second and comes back on an output pair of its own; what the last three
//!   are off by corrects the tags of all that follows. That gives a few frames of scatter. At an xrun
//!   scsynth's clock starts anew, up to two periods off: notes of the next fifth of a second are off by
//!   that.
//! - **Loss.** A ramp on the same pair shows each block whether scsynth goes on: a program that ended gives
//!   silence, one that hangs has its last buffer played again and again, which is left out. Either way the
//!   embedded voices take over after 25 ms. It is then started again, and used again once its time is known.
//! - **Order.** Our client is wired to an input of scsynth *before* scsynth's outputs are wired to ours: of
//!   two clients in a circle JACK runs the one first that was wired first, so ours never waits for scsynth.
//!
//! Effects stay embedded: scsynth lacks some of our units.

mod clock;
mod factory;
mod process;
mod returns;
mod slot;
mod talk;
#[cfg(test)]
mod tests;
mod thread;
mod voices;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::engine::block::BLOCK;
use crate::synth::library::Library;
pub use clock::Timing;
pub use factory::ScsynthFactory;
use process::Starter;
pub use process::missing;
pub use returns::Returns;
use returns::Shared;
use slot::Slot;

/// What to say where there is no JACK: the set then plays on the embedded factory.
pub const NEEDS_JACK: &str = "scsynth is only played with JACK (or PipeWire's JACK) here; \
    the built-in synth plays its tracks";

/// How scsynth is to be played.
#[derive(Clone, Debug)]
pub struct Config {
    /// Frames per second of the engine and of JACK.
    pub rate: u32,
    /// Seconds from a note to its sound, 0.02–0.5; rounded up to whole blocks.
    pub latency_s: f32,
    /// Tracks that scsynth can play at once, 1–31; the others are played embedded.
    pub tracks: usize,
    /// The program.
    pub program: PathBuf,
    /// A steady clock in nanoseconds that may be read on the callback.
    pub host_now: fn() -> u64,
}

impl Config {
    /// The usual: `scsynth` on the path, 16 tracks, 50 ms.
    pub fn new(rate: u32, host_now: fn() -> u64) -> Self {
        Config { rate, latency_s: 0.05, tracks: 16, program: "scsynth".into(), host_now }
    }
}

/// What people should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// scsynth plays what comes from now on.
    Ready,
    /// It does not, and why: a sentence. The embedded voices play.
    Lost(String),
    /// It plays again.
    Back,
    /// Something is played otherwise than asked for: a sentence.
    Fail(String),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Event::Ready => "scsynth plays the synths",
            Event::Back => "scsynth is back and plays what comes",
            Event::Lost(sentence) | Event::Fail(sentence) => sentence,
        })
    }
}

/// The scsynth that runs.
#[derive(Clone, Debug, Default)]
struct Run {
    /// Its client's name in JACK.
    name: Option<String>,
    /// Its process.
    id: Option<u32>,
    timing: Option<Timing>,
}

/// A supervised scsynth. Dropping it ends it.
pub struct Server {
    shared: Arc<Shared>,
    library: Arc<Library>,
    requests: Sender<Slot>,
    host_now: fn() -> u64,
    say: Sender<Event>,
    events: Receiver<Event>,
    run: Arc<Mutex<Run>>,
    thread: Option<JoinHandle<()>>,
    /// The client that was wired last, and when.
    wired: Option<(String, Instant)>,
}

/// Between two attempts to wire a scsynth that is not heard.
const REWIRE: Duration = Duration::from_millis(500);

impl Server {
    /// Start scsynth and keep it running; returns at once, [`tick`](Server::tick) tells how it goes.
    ///
    /// # Errors
    /// A sentence, if there is no thread to be had.
    pub fn start(config: &Config, library: Arc<Library>) -> Result<Server, String> {
        Server::start_with(config, library, process::starter(config.program.clone()))
    }

    fn start_with(
        config: &Config,
        library: Arc<Library>,
        start: Starter,
    ) -> Result<Server, String> {
        let seconds = f64::from(config.latency_s).clamp(0.02, 0.5);
        let blocks = (seconds * f64::from(config.rate) / BLOCK as f64).ceil() as u32;
        let pairs = config.tracks.clamp(1, 31);
        let shared = Arc::new(Shared::new(config.rate, blocks * BLOCK as u32, pairs));
        let (send, requests) = unbounded();
        let (say, events) = unbounded();
        let run = Arc::default();
        let talker = thread::Talker {
            shared: Arc::clone(&shared),
            library: Arc::clone(&library),
            start,
            host_now: config.host_now,
            requests,
            events: say.clone(),
            run: Arc::clone(&run),
            state: thread::State::new(config.rate),
        };
        let thread = std::thread::Builder::new().name("scsynth".to_owned());
        let thread = thread.spawn(move || talker.run());
        let thread = thread.map_err(|e| format!("scsynth cannot be watched: {e}"))?;
        let (requests, thread) = (send, Some(thread));
        let host_now = config.host_now;
        Ok(Server { shared, library, requests, host_now, say, events, run, thread, wired: None })
    }

    /// Makes the sounds: voices at scsynth, effects embedded. Its engine must have the rate of the
    /// [`Config`].
    pub fn factory(&self) -> ScsynthFactory {
        let requests = self.requests.clone();
        ScsynthFactory::new(
            Arc::clone(&self.shared),
            Arc::clone(&self.library),
            requests,
            self.say.clone(),
        )
    }

    /// The callback's half. One at a time may be used.
    pub fn returns(&self) -> Returns {
        Returns::new(Arc::clone(&self.shared), self.host_now)
    }

    /// Audio inputs that our JACK client needs for it.
    pub fn inputs(&self) -> usize {
        2 * (self.shared.pairs.len() + 1)
    }

    /// Wire it when it has started, and say what happened. Call it every few milliseconds, from any one
    /// thread but the callback.
    ///
    /// `own` gives the full name of one of our client's ports, `connect` connects two ports by their full
    /// names: a patchbay's methods. Our inputs from `in_1` on are taken.
    pub fn tick(
        &mut self,
        own: impl Fn(&str) -> String,
        connect: impl Fn(&str, &str) -> Result<(), String>,
    ) -> Vec<Event> {
        let name = self.run.lock().unwrap_or_else(PoisonError::into_inner).name.clone();
        if let Some(name) = name.filter(|_| !self.shared.is_usable()) {
            let again =
                self.wired.as_ref().is_none_or(|(was, at)| *was != name || at.elapsed() > REWIRE);
            if again && self.wire(&name, own, connect) {
                self.wired = Some((name, Instant::now()));
            }
        }
        self.events.try_iter().collect()
    }

    /// `false` while its ports are not there.
    fn wire(
        &self,
        name: &str,
        own: impl Fn(&str) -> String,
        connect: impl Fn(&str, &str) -> Result<(), String>,
    ) -> bool {
        // First, so that our client does not wait for scsynth.
        let mut done = connect(&own("master_l"), &format!("{name}:in_1")).is_ok();
        for n in 1..=self.inputs() {
            done = done && connect(&format!("{name}:out_{n}"), &own(&format!("in_{n}"))).is_ok();
        }
        done
    }

    /// How exactly it plays; `None` while it does not.
    pub fn timing(&self) -> Option<Timing> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner).timing
    }

    /// Whether it plays what comes.
    pub fn is_usable(&self) -> bool {
        self.shared.is_usable()
    }

    /// Number of its process, while there is one.
    pub fn process_id(&self) -> Option<u32> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner).id
    }

    /// Frames from a note to its sound.
    pub fn latency(&self) -> u32 {
        self.shared.latency
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, std::sync::atomic::Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // It waits at most for scsynth to leave, half a second.
            let _ = thread.join();
        }
    }
}

//! Where blocks go live: sound cards through cpal, JACK, or a clock when there is neither.
//!
//! [`find`] looks for an output and says its rate; [`Found::play`] lets a [`Callback`] play on it;
//! [`Running::stop`] gives the callback back, with all it holds. [`keeper::Keeper`] does this by itself:
//! it plays on, without sound, when the device is gone, and moves back when it returns.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use line::{End, Line};
use monitor::Monitor;
use port::Callback;

pub mod keeper;
pub mod line;
mod midi;
pub mod monitor;
pub mod null;
#[cfg(any(feature = "jack", test))]
mod patch;
pub mod port;
pub mod system;

#[cfg(feature = "jack")]
pub mod jack;

/// A device that has asked for nothing this long is asked whether it lives.
const STALLED: Duration = Duration::from_millis(250);
/// One that has asked for nothing this long is over, whatever it says.
const DEAD: Duration = Duration::from_secs(3);
/// Frames of a period where nobody says how many.
pub const PERIOD: u32 = 256;
/// Frames per second where nobody says how many.
pub const RATE: u32 = 48_000;

/// The kinds of devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// JACK where a server runs, else the system's own; for an output that is named, the other way round.
    #[default]
    Auto,
    /// A JACK server: jackd or PipeWire.
    Jack,
    /// What the system has: ALSA, CoreAudio, WASAPI.
    System,
    /// A clock without sound.
    Null,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Backend::Auto => "auto",
            Backend::Jack => "jack",
            Backend::System => "system",
            Backend::Null => "null",
        })
    }
}

impl FromStr for Backend {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        [Backend::Auto, Backend::Jack, Backend::System, Backend::Null]
            .into_iter()
            .find(|backend| backend.to_string() == s)
            .ok_or_else(|| format!("'{s}' is no kind of device: auto, jack, system or null"))
    }
}

/// The device that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Kind.
    pub backend: Backend,
    /// A name as [`system::names`] lists it, for JACK the client to play to; `default` for the usual one.
    pub name: String,
    /// Frames per second; `None` takes the device's. JACK's is set at its server.
    pub rate: Option<u32>,
    /// Frames of a period; `None` takes the device's. JACK's is set at its server.
    pub period: Option<u32>,
    /// The device's outputs for the master, counted from 1.
    pub master: (u16, u16),
    /// Those for the cue: the callback's outputs 2 and 3 exist only with it.
    pub cue: Option<(u16, u16)>,
    /// Audio inputs. JACK only.
    pub inputs: usize,
    /// Pairs of MIDI ports, at most [`MIDI_PORTS`].
    pub midi: usize,
    /// What the MIDI inputs listen to, in order: part of a port's name, `""` for nothing. JACK only.
    pub midi_in: Vec<String>,
    /// What the MIDI outputs play to, likewise.
    pub midi_out: Vec<String>,
    /// One more MIDI output, number [`CLOCK_PORT`], for the clock that other machines follow.
    pub clock: bool,
}

/// Most MIDI inputs, and outputs, of a device.
pub const MIDI_PORTS: usize = 8;
/// The MIDI output for the clock, where it is wished.
pub const CLOCK_PORT: usize = MIDI_PORTS;

impl Default for Wish {
    fn default() -> Self {
        Wish {
            backend: Backend::Auto,
            name: "default".to_owned(),
            rate: None,
            period: None,
            master: (1, 2),
            cue: None,
            inputs: 0,
            midi: 0,
            midi_in: Vec::new(),
            midi_out: Vec::new(),
            clock: false,
        }
    }
}

/// Why nothing can be heard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is no such output.
    #[error("no sound output{0} was found; `hardcore doctor` lists what there is")]
    None(String),
    /// The output is there but does not work.
    #[error("the sound output '{name}' cannot be used: {cause}")]
    Unusable {
        /// Name.
        name: String,
        /// What it says.
        cause: String,
    },
    /// libjack is not on this machine.
    #[error(
        "JACK is not installed: libjack was not found (Debian's packages are jackd2 or pipewire-jack)"
    )]
    NoLibrary,
    /// libjack is there, but nobody answers.
    #[error(
        "no JACK server is running (start one, for instance with qjackctl, or `jackd -d alsa`)"
    )]
    NoServer,
    /// JACK refused.
    #[error("JACK cannot be used: {0}")]
    Jack(String),
    /// Neither JACK nor the system has an output.
    #[error("{jack}; {system}")]
    Neither {
        /// What JACK says.
        jack: Box<OpenError>,
        /// What the system says.
        system: Box<OpenError>,
    },
    /// No thread could be had.
    #[error("the clock that stands in for a device cannot run: {0}")]
    Null(String),
}

/// What a device offers; what is not known without opening it anew stays empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Outputs; 0 where unknown.
    pub outputs: u16,
    /// The lowest and the highest rate, Hz.
    pub rates: Option<(u32, u32)>,
    /// The least and the most frames of a period.
    pub periods: Option<(u32, u32)>,
}

/// A device that was found and waits for a callback; nothing plays yet.
pub struct Found {
    /// Name shown to people.
    pub name: String,
    /// Frames per second.
    pub rate: u32,
    /// Frames of a usual period; 0 when the device does not say before it plays.
    pub period: u32,
    /// Its kind, never [`Backend::Auto`].
    pub backend: Backend,
    /// Sentences on what was wished and could not be had.
    pub notes: Vec<String>,
    /// What else it could do.
    pub offer: Offer,
    device: Box<dyn Device>,
}

/// A found device of some kind.
trait Device: Send {
    /// Let the callback on `line` play; adds to `notes` what does not go as wished.
    fn play(
        self: Box<Self>,
        line: Arc<Line>,
        notes: &mut Vec<String>,
    ) -> Result<Box<dyn Stream>, OpenError>;
}

/// A device at work; dropping it stops it, after which nothing is called.
trait Stream: Send {
    /// Its ports, where it has some.
    fn patchbay(&mut self) -> Option<&mut dyn Patchbay> {
        None
    }

    /// Whether it could still play although it asks for nothing. May take long.
    fn alive(&self) -> bool {
        true
    }

    /// Why it does not, when it is not [`alive`](Stream::alive).
    fn end(&self) -> End {
        End::Unplugged
    }
}

/// Which way MIDI goes at a port, seen from this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// We can listen to it.
    In,
    /// We can send to it.
    Out,
}

/// A MIDI port of another program or of a controller.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MidiPort {
    /// Its full name, by which it is connected.
    pub name: String,
    /// Other names, such as the controller's own.
    pub aliases: Vec<String>,
    /// Which way.
    pub direction: Direction,
}

impl MidiPort {
    /// Whether one of its names holds `part`, in capitals or not; nothing matches "".
    pub fn matches(&self, part: &str) -> bool {
        let part = part.to_lowercase();
        let mut names = std::iter::once(&self.name).chain(&self.aliases);
        !part.is_empty() && names.any(|name| name.to_lowercase().contains(&part))
    }
}

/// A MIDI port that came or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plug {
    /// It is there now.
    Came(MidiPort),
    /// It is there no more.
    Went(MidiPort),
}

/// The ports of a device whose connections can be changed while it plays. Not for the sound thread.
pub trait Patchbay {
    /// The MIDI ports of everybody else.
    fn midi_ports(&self) -> Vec<MidiPort>;
    /// MIDI ports that came or went since the last call. Those that match a name in the wish are
    /// connected again.
    fn plugs(&mut self) -> Vec<Plug>;
    /// What a port of ours is called to others, such as `hardcore:midi_in_1`; names are `in_1`…,
    /// `master_l`, `master_r`, `cue_l`, `cue_r`, `midi_in_1`…, `midi_out_1`…, `clock_out`.
    fn own(&self, short: &str) -> String;
    /// Connect two ports, by full name: what gives to what takes. Fine if they are already.
    ///
    /// # Errors
    /// A sentence on why not.
    fn connect(&self, from: &str, to: &str) -> Result<(), String>;
    /// Other programs that can be played to, with their audio inputs; empty but for JACK.
    fn outlets(&self) -> Vec<(String, u16)> {
        Vec::new()
    }
    /// What else there is to say, in sentences, since the last call.
    fn notes(&mut self) -> Vec<String> {
        Vec::new()
    }
    /// Undo that. Fine if they are not connected.
    ///
    /// # Errors
    /// A sentence on why not.
    fn disconnect(&self, from: &str, to: &str) -> Result<(), String>;
}

/// Whether a device still plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It does.
    Playing,
    /// It does not; a sentence says why.
    Lost(String),
}

/// A device on which a callback plays; dropping it stops it.
pub struct Running {
    /// Name shown to people.
    pub name: String,
    /// Frames per second.
    pub rate: u32,
    /// Frames of a usual period; 0 where unknown.
    pub period: u32,
    /// Its kind, never [`Backend::Auto`].
    pub backend: Backend,
    /// Sentences on what was wished and could not be had.
    pub notes: Vec<String>,
    /// What else it could do.
    pub offer: Offer,
    /// How the sound thread fares.
    pub monitor: Arc<Monitor>,
    /// Periods, and when their number was last seen to change.
    seen: (u64, Instant),
    // Before the line: when the stream is gone, nobody else holds the callback.
    stream: Box<dyn Stream>,
    line: Arc<Line>,
}

/// Look for the device that is wished. May take a second; not for the sound thread.
///
/// # Errors
/// It is not there or cannot be used.
pub fn find(wish: &Wish) -> Result<Found, OpenError> {
    match wish.backend {
        Backend::Null => Ok(null::find(wish)),
        Backend::System => system::find(wish),
        Backend::Jack => find_jack(wish),
        Backend::Auto if wish.name == "default" => {
            find_jack(wish).or_else(|jack| system::find(wish).map_err(|system| both(jack, system)))
        }
        Backend::Auto => {
            system::find(wish).or_else(|system| find_jack(wish).map_err(|jack| both(jack, system)))
        }
    }
}

/// Why there is neither. Who never had JACK need not hear about it.
fn both(jack: OpenError, system: OpenError) -> OpenError {
    match jack {
        OpenError::NoLibrary => system,
        jack => OpenError::Neither { jack: Box::new(jack), system: Box::new(system) },
    }
}

#[cfg(feature = "jack")]
fn find_jack(wish: &Wish) -> Result<Found, OpenError> {
    jack::find(wish)
}

#[cfg(not(feature = "jack"))]
fn find_jack(_: &Wish) -> Result<Found, OpenError> {
    Err(OpenError::NoLibrary)
}

/// Programs in JACK that can be played to, with their audio inputs. Opens a client for a moment: not while
/// one plays, whose [`Patchbay::outlets`] knows them.
///
/// # Errors
/// No JACK.
#[cfg(feature = "jack")]
pub fn jack_outlets() -> Result<Vec<(String, u16)>, OpenError> {
    jack::outlets()
}

/// As with JACK, which this program was built without.
///
/// # Errors
/// Always.
#[cfg(not(feature = "jack"))]
pub fn jack_outlets() -> Result<Vec<(String, u16)>, OpenError> {
    Err(OpenError::NoLibrary)
}

/// Find a device and let `callback` play on it; on failure the callback comes back.
///
/// # Errors
/// It is not there or cannot be used.
pub fn open(
    wish: &Wish,
    callback: Box<dyn Callback>,
) -> Result<Running, (OpenError, Option<Box<dyn Callback>>)> {
    match find(wish) {
        Ok(found) => found.play(callback),
        Err(error) => Err((error, Some(callback))),
    }
}

impl Found {
    /// Let `callback` play, prepared for this device's [`rate`](Found::rate). On failure it comes back,
    /// unless the device's thread died with it.
    ///
    /// # Errors
    /// The device is gone by now, busy, or wants samples of a form we do not make.
    pub fn play(
        self,
        callback: Box<dyn Callback>,
    ) -> Result<Running, (OpenError, Option<Box<dyn Callback>>)> {
        let Found { name, rate, period, backend, mut notes, offer, device } = self;
        let line = Arc::new(Line::new(callback));
        match device.play(Arc::clone(&line), &mut notes) {
            Ok(stream) => {
                let (monitor, seen) = (Arc::clone(&line.monitor), (0, Instant::now()));
                Ok(Running {
                    name,
                    rate,
                    period,
                    backend,
                    notes,
                    offer,
                    monitor,
                    seen,
                    stream,
                    line,
                })
            }
            Err(error) => Err((error, line.take())),
        }
    }
}

impl Running {
    /// Whether it still plays. Call it often: a device that dies without a word is known by its silence.
    pub fn status(&mut self) -> Status {
        let now = Instant::now();
        let periods = self.monitor.periods();
        if periods != self.seen.0 {
            self.seen = (periods, now);
        }
        let still = now - self.seen.1;
        if still > STALLED && self.line.ended().is_none() && !self.stream.alive() {
            self.line.end(self.stream.end());
        }
        let name = &self.name;
        Status::Lost(match self.line.ended() {
            _ if self.line.broken() => "the engine stopped with an error".to_owned(),
            None if still < DEAD => return Status::Playing,
            None => format!("the sound output '{name}' asks for nothing any more"),
            Some(End::Unplugged) => format!("the sound output '{name}' is gone"),
            Some(End::Changed) => format!("the sound output '{name}' has changed"),
            Some(End::ServerGone) => "the JACK server has stopped".to_owned(),
            Some(End::Rate) => format!("the sound output '{name}' changed its rate"),
        })
    }

    /// Its ports, where it has some.
    pub fn patchbay(&mut self) -> Option<&mut dyn Patchbay> {
        self.stream.patchbay()
    }

    /// Stop and give the callback back. `None` when it died of a panic, or when the device's thread has
    /// stood in it for a second.
    pub fn stop(self) -> Option<Box<dyn Callback>> {
        let callback = self.line.take();
        drop(self.stream);
        callback
    }

    /// Leave a device that is lost: as [`stop`](Running::stop), but what is left of it is put away on a
    /// thread of its own, since a server that hangs lets nobody go.
    fn leave(self) -> Option<Box<dyn Callback>> {
        let Running { line, stream, .. } = self;
        let callback = line.take();
        // Where there is no thread to be had, this one does it.
        let _ = std::thread::Builder::new().name("leave-device".to_owned()).spawn(move || {
            drop(stream);
            drop(line);
        });
        callback
    }
}

/// A callback that counts, for tests.
#[cfg(test)]
mod testing {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::port::{Callback, Period};

    /// Counts periods and frames.
    #[derive(Default)]
    pub struct Counter {
        pub periods: Arc<AtomicU64>,
        pub frames: Arc<AtomicU64>,
    }

    impl Callback for Counter {
        fn process(&mut self, period: &mut dyn Period) {
            self.periods.fetch_add(1, Relaxed);
            self.frames.fetch_add(period.frames() as u64, Relaxed);
            for c in 0..2 {
                period.output(c).fill(0.25);
            }
        }
    }
}

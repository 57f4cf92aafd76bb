//! MIDI beside a device that has none of its own: the system's ports, on a thread of their own.
//!
//! ```text
//!  ports of the system --bytes, stamped--> [ring] --> Ports, in the callback: a frame of the period
//!         ^                                                |
//!         |                                                v
//!   thread: looks for ports,  <--bytes, with a time-- [ring]
//!   opens what Bay asks for
//! ```
//!
//! Messages come a period after they were stamped, always: how late the callback itself is called does
//! not move them.

mod ports;
mod system;
#[cfg(test)]
mod tests;
mod thread;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};

pub(super) use ports::Ports;

use super::{MidiPort, Patchbay, Plug, Wish};
use thread::{Ask, Thread};

/// Bytes that may lie in a ring, headers included: all lights of eight controllers, and more.
const RING: usize = 1 << 16;
/// The longest message; a controller's whole grid of lights is shorter.
const LONGEST: usize = 1024;
/// Longest wait for a port to open.
const PATIENCE: Duration = Duration::from_millis(250);
/// What our ports belong to.
const CLIENT: &str = "hardcore";

/// The MIDI of a system, or one that a test plays. Lives on the thread.
trait Driver {
    /// All ports there are but our own.
    ///
    /// # Errors
    /// A sentence on why there is no MIDI at all.
    fn ports(&mut self) -> Result<Vec<MidiPort>, String>;
    /// Let `hear` have every message of a port, whole, until what is returned is dropped.
    ///
    /// # Errors
    /// Why not.
    fn listen(&mut self, name: &str, hear: Hear) -> Result<Box<dyn std::any::Any>, String>;
    /// Open a port to send to.
    ///
    /// # Errors
    /// Why not.
    fn speak(&mut self, name: &str) -> Result<Box<dyn Sink>, String>;
}

/// Takes a message of a port.
type Hear = Box<dyn FnMut(&[u8]) + Send>;

/// An open port that takes messages.
trait Sink {
    /// Send one, whole.
    ///
    /// # Errors
    /// Why not.
    fn send(&mut self, bytes: &[u8]) -> Result<(), String>;
}

/// What the thread tells.
#[derive(Default)]
struct Told {
    ports: Vec<MidiPort>,
    /// Sentences nobody has read yet.
    said: Vec<String>,
}

/// The system's ports as a patchbay; dropping it closes them.
pub(super) struct Bay {
    /// `None` only while it is dropped.
    asks: Option<Sender<Ask>>,
    told: Arc<Mutex<Told>>,
    seen: Vec<MidiPort>,
    thread: Option<JoinHandle<()>>,
}

/// Open the system's MIDI, where some is wished; adds to `notes` why there is none.
pub(super) fn open(wish: &Wish, notes: &mut Vec<String>) -> (Option<Ports>, Option<Bay>) {
    if wish.midi == 0 && !wish.clock {
        return (None, None);
    }
    match with(|| Box::new(system::System::default())) {
        Ok((ports, bay)) => (Some(ports), Some(bay)),
        Err(sentence) => {
            notes.push(sentence);
            (None, None)
        }
    }
}

fn with(make: impl FnOnce() -> Box<dyn Driver> + Send + 'static) -> Result<(Ports, Bay), String> {
    let (heard, inbox) = rtrb::RingBuffer::new(RING);
    let (outbox, said) = rtrb::RingBuffer::new(RING);
    let (asks, asked) = bounded(64);
    let told = Arc::new(Mutex::new(Told::default()));
    let tell = Arc::clone(&told);
    let thread = std::thread::Builder::new()
        .name("midi".to_owned())
        .spawn(move || Thread::new(make(), asked, tell, heard, said).run())
        .map_err(|e| format!("MIDI controllers are not heard: no thread for them ({e})"))?;
    let bay = Bay { asks: Some(asks), told, seen: Vec::new(), thread: Some(thread) };
    Ok((Ports::new(inbox, outbox), bay))
}

impl Bay {
    fn told<T>(&self, read: impl FnOnce(&mut Told) -> T) -> T {
        read(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn ask(&self, from: &str, to: &str, on: bool) -> Result<(), String> {
        let (reply, answer) = bounded(1);
        let ask = Ask { from: from.to_owned(), to: to.to_owned(), on, reply };
        let sent = self.asks.as_ref().is_some_and(|asks| asks.try_send(ask).is_ok());
        if !sent {
            return Err("the system's MIDI does not answer".to_owned());
        }
        match answer.recv_timeout(PATIENCE) {
            Ok(done) => done,
            Err(_) => Err("the system's MIDI does not answer".to_owned()),
        }
    }
}

impl Patchbay for Bay {
    fn midi_ports(&self) -> Vec<MidiPort> {
        self.told(|told| told.ports.clone())
    }

    fn plugs(&mut self) -> Vec<Plug> {
        let now =
            self.told(|told| if told.ports == self.seen { None } else { Some(told.ports.clone()) });
        let Some(now) = now else { return Vec::new() };
        let went = self.seen.iter().filter(|p| !now.contains(p)).cloned().map(Plug::Went);
        let came = now.iter().filter(|p| !self.seen.contains(p)).cloned().map(Plug::Came);
        let plugs = went.chain(came).collect();
        self.seen = now;
        plugs
    }

    fn own(&self, short: &str) -> String {
        format!("{CLIENT}:{short}")
    }

    fn connect(&self, from: &str, to: &str) -> Result<(), String> {
        self.ask(from, to, true)
    }

    fn disconnect(&self, from: &str, to: &str) -> Result<(), String> {
        self.ask(from, to, false)
    }

    fn notes(&mut self) -> Vec<String> {
        self.told(|told| std::mem::take(&mut told.said))
    }
}

impl Drop for Bay {
    fn drop(&mut self) {
        // Without anybody to ask, the thread ends.
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            // One that panicked has said so already.
            let _ = thread.join();
        }
    }
}

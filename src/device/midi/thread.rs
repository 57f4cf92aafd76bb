//! The thread that owns the system's ports: it looks for them, opens them, and sends what is due.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use rtrb::{Consumer, Producer};

use super::ports::{peek, put, take};
use super::{CLIENT, Driver, LONGEST, Sink, Told};
use crate::device::monitor::host_now_ns;
use crate::device::{CLOCK_PORT, Direction, MIDI_PORTS, MidiPort};

/// Between two looks for ports.
const LOOK: Duration = Duration::from_millis(500);
/// Longest sleep while a port to send to is open, and while none is.
const TURN: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(50)];
/// Clock messages that may wait for their time.
const WAITING: usize = 4096;

/// Connect what gives to what takes, or undo that.
pub(super) struct Ask {
    pub from: String,
    pub to: String,
    pub on: bool,
    pub reply: Sender<Result<(), String>>,
}

/// An open port of the system.
struct Wire<T> {
    name: String,
    /// Which of ours it is on.
    port: usize,
    open: T,
}

/// A clock message with its time.
struct Due {
    ns: u64,
    bytes: [u8; 3],
    count: usize,
}

pub(super) struct Thread {
    driver: Box<dyn Driver>,
    asks: Receiver<Ask>,
    told: Arc<Mutex<Told>>,
    /// Shared by the ports' own threads; the callback's end of the ring needs no lock.
    heard: Arc<Mutex<Producer<u8>>>,
    said: Consumer<u8>,
    ins: Vec<Wire<Box<dyn Any>>>,
    outs: Vec<Wire<Box<dyn Sink>>>,
    clock: VecDeque<Due>,
    /// That there is no MIDI at all was told.
    complained: bool,
    look: Instant,
}

impl Thread {
    pub(super) fn new(
        driver: Box<dyn Driver>,
        asks: Receiver<Ask>,
        told: Arc<Mutex<Told>>,
        heard: Producer<u8>,
        said: Consumer<u8>,
    ) -> Thread {
        Thread {
            driver,
            asks,
            told,
            heard: Arc::new(Mutex::new(heard)),
            said,
            ins: Vec::new(),
            outs: Vec::new(),
            clock: VecDeque::new(),
            complained: false,
            look: Instant::now(),
        }
    }

    /// Until nobody is left to ask.
    pub(super) fn run(mut self) {
        loop {
            if Instant::now() >= self.look {
                self.look_around();
                self.look = Instant::now() + LOOK;
            }
            self.send();
            match self.asks.recv_timeout(self.patience()) {
                Ok(ask) => {
                    let done = self.wire(&ask);
                    // Who asked may have lost patience.
                    let _ = ask.reply.send(done);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// How long to sleep.
    fn patience(&self) -> Duration {
        let turn = TURN[usize::from(self.outs.is_empty())];
        let due = self.clock.front().map(|due| due.ns.saturating_sub(host_now_ns()));
        due.map_or(turn, |ns| turn.min(Duration::from_nanos(ns)))
    }

    /// See which ports there are, and let go of those that are gone.
    fn look_around(&mut self) {
        let found = self.driver.ports();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match found {
            Ok(ports) => {
                self.complained = false;
                told.ports = ports;
            }
            Err(sentence) => {
                told.ports.clear();
                if !std::mem::replace(&mut self.complained, true) {
                    told.said.push(sentence);
                }
            }
        }
        let there = |name: &str, direction: Direction| {
            told.ports.iter().any(|p: &MidiPort| p.name == name && p.direction == direction)
        };
        self.ins.retain(|wire| there(&wire.name, Direction::In));
        self.outs.retain(|wire| there(&wire.name, Direction::Out));
    }

    fn wire(&mut self, ask: &Ask) -> Result<(), String> {
        if let Some(port) = ours(&ask.to, "midi_in_") {
            let there = |w: &Wire<_>| w.name == ask.from && w.port == port;
            if !ask.on {
                self.ins.retain(|w| !there(w));
            } else if !self.ins.iter().any(there) {
                let heard = Arc::clone(&self.heard);
                let hear = move |bytes: &[u8]| {
                    let mut ring = heard.lock().unwrap_or_else(PoisonError::into_inner);
                    // Stamped under the lock, so that the ring is in order. A message that nobody has
                    // taken for so long that the ring is full is lost: there is no callback then.
                    let _ = put(&mut ring, host_now_ns(), port, bytes);
                };
                let open = self.driver.listen(&ask.from, Box::new(hear))?;
                self.ins.push(Wire { name: ask.from.clone(), port, open });
            }
            return Ok(());
        }
        let clock = (ask.from == format!("{CLIENT}:clock_out")).then_some(CLOCK_PORT);
        let Some(port) = clock.or_else(|| ours(&ask.from, "midi_out_")) else {
            return Err(format!("'{}' and '{}' cannot be connected", ask.from, ask.to));
        };
        let there = |w: &Wire<_>| w.name == ask.to && w.port == port;
        if !ask.on {
            self.outs.retain(|w| !there(w));
        } else if !self.outs.iter().any(there) {
            let open = self.driver.speak(&ask.to)?;
            self.outs.push(Wire { name: ask.to.clone(), port, open });
        }
        Ok(())
    }

    /// Send what the callback has said, the clock when it is due.
    fn send(&mut self) {
        let mut bytes = [0; LONGEST];
        while let Some(header) = peek(&mut self.said) {
            let count = take(&mut self.said, header, &mut bytes);
            let message = &bytes[..count];
            match message {
                [_] | [_, _] | [_, _, _] if header.ns > 0 && self.clock.len() < WAITING => {
                    let mut due = Due { ns: header.ns, bytes: [0; 3], count };
                    due.bytes[..count].copy_from_slice(message);
                    self.clock.push_back(due);
                }
                _ => say(&mut self.outs, usize::from(header.port), message),
            }
        }
        let now = host_now_ns();
        while let Some(due) = self.clock.pop_front_if(|due| due.ns <= now) {
            say(&mut self.outs, CLOCK_PORT, &due.bytes[..due.count]);
        }
    }
}

/// Send to whatever is open on a port of ours. One that does not take it is let go of with the next look.
fn say(outs: &mut [Wire<Box<dyn Sink>>], port: usize, bytes: &[u8]) {
    for wire in outs.iter_mut().filter(|wire| wire.port == port) {
        if let Err(error) = wire.open.send(bytes) {
            tracing::debug!("MIDI port '{}': {error}", wire.name);
        }
    }
}

/// Which of our numbered ports is called so, from 0.
fn ours(name: &str, short: &str) -> Option<usize> {
    let number = name.strip_prefix(CLIENT)?.strip_prefix(':')?.strip_prefix(short)?;
    let number: usize = number.parse().ok()?;
    number.checked_sub(1).filter(|n| *n < MIDI_PORTS)
}

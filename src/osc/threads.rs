//! The three threads behind the port: one hears packets, one reads them, one speaks.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, select};

use super::bundle::{LONGEST_TEXT, encoded, text};
use super::forms::{self, Meaning, Refusal, Wish};
use super::limit::Limits;
use super::packet;
use super::server::{Ask, Reply};
use super::state::State;
use super::subscribers::{LASTS, Subscribers};

/// Bytes of all packets that wait to be read.
const BYTES: usize = 4 * 1024 * 1024;
/// Bytes of a line that its answer repeats.
const LONGEST_LINE: usize = 300;

/// Where the time comes from.
pub(super) type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// What the speaking thread is asked to do.
#[derive(Debug)]
pub(super) enum Out {
    /// To answer.
    Answer {
        /// Whom.
        to: SocketAddr,
        /// About which line or address.
        about: String,
        /// Done or not, and in words.
        said: Result<String, String>,
    },
    /// To take in a subscriber.
    Subscribe(SocketAddr, Wish),
    /// To take one out.
    Unsubscribe(SocketAddr),
    /// To answer a sign of life.
    Ping(SocketAddr),
}

/// A packet on its way to be read.
#[derive(Debug)]
pub(super) struct Packet {
    from: SocketAddr,
    bytes: Vec<u8>,
}

/// Says why something was refused, as often as the asker may hear it.
pub(super) struct Refuser {
    out: Sender<Out>,
    limits: Limits,
    clock: Clock,
}

impl Refuser {
    /// One that nobody has heard of.
    pub fn new(out: &Sender<Out>, clock: &Clock) -> Self {
        Refuser { out: out.clone(), limits: Limits::default(), clock: clock.clone() }
    }

    fn refuse(&mut self, from: SocketAddr, refusal: Refusal) {
        if self.limits.allows(from, (self.clock)()) {
            self.tell(Out::Answer { to: from, about: refusal.about, said: Err(refusal.why) });
        }
    }

    /// Waits while the speaking thread has much to say.
    fn tell(&self, out: Out) {
        // That thread is gone only when the server ends.
        let _ = self.out.send(out);
    }
}

/// The thread that hears. It does nothing else, so that the system's few packets of room for the
/// socket do not run out in a burst.
pub(super) struct Hearer {
    /// Where it hears.
    pub socket: Arc<UdpSocket>,
    /// The socket's own address, from which only the packet comes that wakes it.
    pub own: SocketAddr,
    /// Whether to end.
    pub end: Arc<AtomicBool>,
    /// How many bytes wait to be read.
    pub bytes: Arc<AtomicUsize>,
    /// Where packets go to be read.
    pub packets: Sender<Packet>,
    /// For what there is no room for.
    pub refuser: Refuser,
}

impl Hearer {
    /// Hears until it is to end.
    pub fn run(mut self) {
        // As long as a datagram can be: some systems do not hand out part of one.
        let mut buffer = vec![0; 1 << 16];
        while !self.end.load(Relaxed) {
            match self.socket.recv_from(&mut buffer) {
                Ok((_, from)) if from == self.own || !from.ip().is_loopback() => {}
                Ok((length, from)) => self.hear(&buffer[..length], from),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                // Some systems say here that an answer did not arrive. Whatever it is, it does not
                // turn into a loop at full speed.
                Err(_) => thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    fn hear(&mut self, bytes: &[u8], from: SocketAddr) {
        if bytes.len() > packet::LONGEST {
            let why = format!("{} bytes are longer than {}", bytes.len(), packet::LONGEST);
            return self.refuse(from, why);
        }
        let waiting = self.bytes.fetch_add(bytes.len(), Relaxed) + bytes.len();
        let packet = Packet { from, bytes: bytes.to_vec() };
        if waiting > BYTES || self.packets.try_send(packet).is_err() {
            self.bytes.fetch_sub(bytes.len(), Relaxed);
            self.refuse(from, BUSY.to_owned());
        }
    }

    fn refuse(&mut self, from: SocketAddr, why: String) {
        self.refuser.refuse(from, Refusal { about: "packet".to_owned(), why });
    }
}

/// What is said where there is no room.
const BUSY: &str = "busy: too much was asked at once";

/// The thread that makes lines of packets.
pub(super) struct Reader {
    /// The socket's own address.
    pub own: SocketAddr,
    /// Whether to end.
    pub end: Arc<AtomicBool>,
    /// How many bytes wait to be read.
    pub bytes: Arc<AtomicUsize>,
    /// Where lines go.
    pub asks: Sender<Ask>,
    /// For what is no line, or finds no room.
    pub refuser: Refuser,
}

impl Reader {
    /// Reads until nobody hears any more, or it is to end.
    pub fn run(mut self, packets: &Receiver<Packet>) {
        for Packet { from, bytes } in packets {
            self.bytes.fetch_sub(bytes.len(), Relaxed);
            for message in packet::messages(&bytes) {
                if self.end.load(Relaxed) {
                    return;
                }
                self.read(message, from);
            }
        }
    }

    fn read(&mut self, message: Result<rosc::OscMessage, String>, from: SocketAddr) {
        let meaning = match message {
            Err(why) => Err(Refusal { about: "packet".to_owned(), why }),
            Ok(message) => match forms::read(&message) {
                None => return,
                Some(meaning) => meaning,
            },
        };
        match meaning {
            Err(refusal) => self.refuser.refuse(from, refusal),
            Ok(Meaning::Nothing) => {}
            Ok(Meaning::Lines(lines)) => lines.into_iter().for_each(|line| self.ask(line, from)),
            Ok(Meaning::Subscribe(wish)) if wish.port == Some(self.own.port()) => {
                let why = "that port is this program's own".to_owned();
                self.refuser.refuse(from, Refusal { about: "/subscribe".to_owned(), why });
            }
            Ok(Meaning::Subscribe(wish)) => self.refuser.tell(Out::Subscribe(from, wish)),
            Ok(Meaning::Unsubscribe) => self.refuser.tell(Out::Unsubscribe(from)),
            Ok(Meaning::Ping) => self.refuser.tell(Out::Ping(from)),
        }
    }

    fn ask(&mut self, line: Result<String, Refusal>, from: SocketAddr) {
        let line = match line {
            Ok(line) => line,
            Err(refusal) => return self.refuser.refuse(from, refusal),
        };
        let reply = Reply { to: from, about: line.clone(), out: self.refuser.out.clone() };
        let (ask, why) = match self.asks.try_send(Ask { line, reply }) {
            Ok(()) => return,
            Err(TrySendError::Full(ask)) => (ask, BUSY),
            Err(TrySendError::Disconnected(ask)) => (ask, "the program takes no more actions"),
        };
        self.refuser.refuse(from, Refusal { about: ask.line, why: why.to_owned() });
    }
}

/// The thread that speaks.
pub(super) struct Speaker {
    socket: Arc<UdpSocket>,
    subscribers: Subscribers,
    count: Arc<AtomicUsize>,
    clock: Clock,
}

impl Speaker {
    /// One without subscribers, which keeps `count` at how many there are.
    pub fn new(socket: &Arc<UdpSocket>, count: &Arc<AtomicUsize>, clock: &Clock) -> Self {
        Speaker {
            socket: socket.clone(),
            subscribers: Subscribers::default(),
            count: count.clone(),
            clock: clock.clone(),
        }
    }

    /// Speaks until no more pictures of the state can come.
    pub fn run(mut self, answers: &Receiver<Out>, pictures: &Receiver<State>) {
        loop {
            select! {
                recv(pictures) -> state => match state {
                    Ok(state) => {
                        let socket = &self.socket;
                        let mut send = |to: SocketAddr, bytes: &[u8]| send(socket, to, bytes);
                        self.subscribers.publish(&state, (self.clock)(), &mut send);
                    }
                    Err(_) => return,
                },
                recv(answers) -> out => match out {
                    Ok(out) => self.say(out),
                    Err(_) => return,
                },
            }
            self.count.store(self.subscribers.len(), Relaxed);
        }
    }

    fn say(&mut self, out: Out) {
        let now = (self.clock)();
        let (to, about, said) = match out {
            Out::Answer { to, about, said } => (to, about, said),
            Out::Subscribe(from, wish) => {
                let said = self.subscribers.subscribe(from, wish, now);
                let lasts = LASTS.as_secs();
                let said = said.map(|()| format!("for {lasts} s from the last /ping on"));
                (from, "/subscribe".to_owned(), said)
            }
            Out::Unsubscribe(from) => {
                self.subscribers.unsubscribe(from);
                (from, "/unsubscribe".to_owned(), Ok("no more".to_owned()))
            }
            Out::Ping(from) => {
                self.subscribers.renew(from, now);
                let version = text(env!("CARGO_PKG_VERSION"), LONGEST_TEXT);
                return send(&self.socket, from, &encoded("/pong".to_owned(), vec![version]));
            }
        };
        let (address, said) = match &said {
            Ok(said) => ("/reply", said),
            Err(why) => ("/error", why),
        };
        let args = vec![text(&about, LONGEST_LINE), text(said, LONGEST_TEXT)];
        send(&self.socket, to, &encoded(address.to_owned(), args));
    }
}

fn send(socket: &UdpSocket, to: SocketAddr, bytes: &[u8]) {
    // Whoever listens no longer does not hear it; its subscription ends by itself.
    let _ = socket.send_to(bytes, to);
}

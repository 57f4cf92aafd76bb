//! The open port: from opening to closing, and what the program holds of it.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use super::state::State;
use super::threads::{Clock, Hearer, Out, Reader, Refuser, Speaker};

/// Packets that wait to be read.
const PACKETS: usize = 16 * 1024;
/// Answers that wait to be sent; what comes on top of them is not said.
const ANSWERS: usize = 1024;
/// How long a thread waits at most before it looks whether it is to end.
const PATIENCE: Duration = Duration::from_millis(200);

/// Why the port cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OscError {
    /// Another program has it.
    #[error(
        "OSC port {0} is in use by another program: choose another in the settings, or end that program"
    )]
    Taken(u16),
    /// The system does not let this program have it.
    #[error("OSC port {0} is not allowed to this program: choose one from 1024 to 65535")]
    Denied(u16),
    /// Something else.
    #[error("OSC port {port} cannot be opened: {source}")]
    Failed {
        /// Which.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
}

/// A line somebody asks the program to do.
#[derive(Debug)]
pub struct Ask {
    /// Text of a [`crate::model::action::Action`], which is sure to parse.
    pub line: String,
    /// Where to say what came of it.
    pub reply: Reply,
}

/// The way back to whoever asked. Dropped without a word, it says nothing.
#[derive(Debug)]
#[must_use = "whoever asked waits for an answer"]
pub struct Reply {
    pub(super) to: SocketAddr,
    pub(super) about: String,
    pub(super) out: Sender<Out>,
}

impl Reply {
    /// Sends `/reply` or `/error`, each with the line and what is said, to the asker's address.
    /// Never waits: an answer for which there is no room is lost, as any packet may be.
    pub fn done(self, said: Result<String, String>) {
        let answer = Out::Answer { to: self.to, about: self.about, said };
        // A server that is gone cannot answer either.
        let _ = self.out.try_send(answer);
    }
}

/// An open port. Dropping it ends its threads and closes the socket.
#[derive(Debug)]
pub struct Server {
    port: u16,
    socket: Arc<UdpSocket>,
    end: Arc<AtomicBool>,
    subscribers: Arc<AtomicUsize>,
    /// The newest picture on its way; taken away to end the speaking thread.
    states: Option<Sender<State>>,
    /// Takes a picture back that a newer one replaces.
    stale: Receiver<State>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Opens the port on 127.0.0.1 and nowhere else; port 0 takes any that is free. What is asked goes
    /// into `asks`, which should be bounded: what does not fit is refused as busy.
    ///
    /// # Errors
    /// The port is taken or not allowed, or there is no room for its threads.
    pub fn open(port: u16, asks: Sender<Ask>) -> Result<Server, OscError> {
        Self::open_at(port, asks, Arc::new(Instant::now))
    }

    /// The same by another clock.
    pub(super) fn open_at(port: u16, asks: Sender<Ask>, clock: Clock) -> Result<Server, OscError> {
        let failed = |source: io::Error| match source.kind() {
            ErrorKind::AddrInUse => OscError::Taken(port),
            ErrorKind::PermissionDenied => OscError::Denied(port),
            _ => OscError::Failed { port, source },
        };
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
        socket.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        socket.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
        let own = socket.local_addr().map_err(failed)?;
        let (out, answers) = bounded(ANSWERS);
        let (packets, waiting) = bounded(PACKETS);
        let (states, pictures) = bounded(1);
        let mut server = Server {
            port: own.port(),
            socket: Arc::new(socket),
            end: Arc::default(),
            subscribers: Arc::default(),
            states: Some(states),
            stale: pictures.clone(),
            threads: Vec::new(),
        };
        let speaker = Speaker::new(&server.socket, &server.subscribers, &clock);
        let hearer = Hearer {
            socket: server.socket.clone(),
            own,
            end: server.end.clone(),
            bytes: Arc::default(),
            packets,
            refuser: Refuser::new(&out, &clock),
        };
        let reader = Reader {
            own,
            end: server.end.clone(),
            bytes: hearer.bytes.clone(),
            asks,
            refuser: Refuser::new(&out, &clock),
        };
        server.start("osc out", move || speaker.run(&answers, &pictures)).map_err(failed)?;
        server.start("osc read", move || reader.run(&waiting)).map_err(failed)?;
        server.start("osc in", move || hearer.run()).map_err(failed)?;
        Ok(server)
    }

    fn start(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
        self.threads.push(thread::Builder::new().name(name.to_owned()).spawn(run)?);
        Ok(())
    }

    /// The port it has.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sends each subscriber what changed for it since the last time; to be called some thirty times
    /// a second. Never waits: a thread of the server's own sends, and a picture that it has not come
    /// to is replaced by the newer one.
    pub fn publish(&self, state: &State) {
        let Some(states) = self.states.as_ref().filter(|_| self.subscribers.load(Relaxed) > 0)
        else {
            return;
        };
        if let Err(TrySendError::Full(state)) = states.try_send(state.clone()) {
            let _ = self.stale.try_recv();
            let _ = states.try_send(state);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end.store(true, Relaxed);
        self.states = None;
        // A packet to itself wakes the thread that hears; without it, it wakes a little later.
        let _ = self.socket.send_to(&[], (Ipv4Addr::LOCALHOST, self.port));
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

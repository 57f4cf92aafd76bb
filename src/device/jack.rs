//! JACK: one client whose single callback holds audio in, audio out and MIDI with its frames.

use std::sync::Arc;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jack::{
    AsyncClient, AudioIn, AudioOut, Client, ClientOptions, ClientStatus, Control, Frames, MidiIn,
    MidiIter, MidiOut, MidiWriter, NotificationHandler, Port, PortFlags, PortId, ProcessHandler,
    ProcessScope, RawMidi,
};

use super::line::{End, Line};
use super::monitor::{Monitor, host_now_ns};
use super::patch::{Bay, Wires, by_client};
use super::port::Period;
use super::{
    Backend, CLOCK_PORT, Device, Found, MIDI_PORTS, Offer, OpenError, Patchbay, Stream, Wish,
};

/// What our client asks to be called; a second one gets a number.
const CLIENT: &str = "hardcore";
/// Names of the outputs: master and cue.
const OUTPUTS: [&str; 4] = ["master_l", "master_r", "cue_l", "cue_r"];
/// MIDI outputs with the clock's.
const MIDI_OUTS: usize = MIDI_PORTS + 1;
/// Most audio inputs.
const INPUTS: usize = 64;

/// Our client, if a server runs.
///
/// # Errors
/// No library, no server, or one that refuses.
pub(super) fn find(wish: &Wish) -> Result<Found, OpenError> {
    let client = client(CLIENT)?;
    let (rate, period) = (client.sample_rate(), client.buffer_size());
    let mut notes = Vec::new();
    if wish.rate.is_some_and(|wished| wished != rate) {
        notes.push(format!("JACK runs at {rate} Hz, which is set where it is started"));
    }
    if wish.period.is_some_and(|wished| wished != period) {
        notes.push(format!("JACK's period is {period} frames, which is set where it is started"));
    }
    let hardware = if wish.name == "default" { PortFlags::IS_PHYSICAL } else { PortFlags::empty() };
    let sinks = by_client(&client.ports(None, Some(AUDIO), PortFlags::IS_INPUT | hardware));
    let own = sinks.iter().filter(|(name, _)| wish.name == "default" || *name == wish.name);
    let offer = Offer {
        outputs: own.map(|(_, count)| *count).sum(),
        rates: Some((rate, rate)),
        periods: Some((period, period)),
    };
    Ok(Found {
        name: "JACK".to_owned(),
        rate,
        period,
        backend: Backend::Jack,
        notes,
        offer,
        device: Box::new(Server {
            ports: Ports::register(&client, wish)?,
            client,
            wish: wish.clone(),
        }),
    })
}

/// Programs that can be played to, seen by a client that is there for this moment only.
///
/// # Errors
/// No library, no server, or one that refuses.
pub(super) fn outlets() -> Result<Vec<(String, u16)>, OpenError> {
    let client = client("hardcore-look")?;
    Ok(by_client(&client.ports(None, Some(AUDIO), PortFlags::IS_INPUT)))
}

/// A client of the running server.
///
/// # Errors
/// No library, no server, or one that refuses.
fn client(name: &str) -> Result<Client, OpenError> {
    static QUIET: Once = Once::new();
    jack::jack_sys::library().map_err(|_| OpenError::NoLibrary)?;
    // By itself libjack writes to the terminal, several lines whenever no server is found. What
    // matters of it comes back as an error.
    QUIET.call_once(|| jack::set_logger(jack::LoggerType::None));
    if !orphans_are_gone() {
        return Err(OpenError::Jack("the server that stopped lets nobody go".to_owned()));
    }
    match Client::new(name, ClientOptions::NO_START_SERVER) {
        Ok((client, _)) => Ok(client),
        Err(jack::Error::LibraryError(_)) => Err(OpenError::NoLibrary),
        Err(jack::Error::ClientError(status))
            if status.intersects(ClientStatus::SERVER_FAILED | ClientStatus::SERVER_ERROR) =>
        {
            Err(OpenError::NoServer)
        }
        Err(error) => Err(OpenError::Jack(error.to_string())),
    }
}

/// Clients whose server has died and that are not closed yet. libjack keeps one connection for the whole
/// process, so this is the process's too: a client opened beside such a one crashes it.
static ORPHANS: AtomicUsize = AtomicUsize::new(0);

/// Wait until there are none.
fn orphans_are_gone() -> bool {
    let begun = Instant::now();
    while ORPHANS.load(Ordering::SeqCst) > 0 {
        if begun.elapsed() > LEAVING {
            return false;
        }
        std::thread::sleep(STEP);
    }
    true
}

struct Server {
    client: Client,
    ports: Ports,
    wish: Wish,
}

struct Ports {
    inputs: Vec<Port<AudioIn>>,
    outputs: Vec<Port<AudioOut>>,
    midi_in: Vec<Port<MidiIn>>,
    midi_out: Vec<Port<MidiOut>>,
    clock: Option<Port<MidiOut>>,
}

impl Ports {
    fn register(client: &Client, wish: &Wish) -> Result<Ports, OpenError> {
        let refused = |e: jack::Error| OpenError::Jack(e.to_string());
        let mut ports = Ports {
            inputs: Vec::new(),
            outputs: Vec::new(),
            midi_in: Vec::new(),
            midi_out: Vec::new(),
            clock: None,
        };
        let outputs = if wish.cue.is_some() { 4 } else { 2 };
        for name in &OUTPUTS[..outputs] {
            let port = client.register_port(name, AudioOut::default()).map_err(refused)?;
            ports.outputs.push(port);
        }
        for n in 1..=wish.inputs.min(INPUTS) {
            let port = client.register_port(&format!("in_{n}"), AudioIn::default());
            ports.inputs.push(port.map_err(refused)?);
        }
        if wish.clock {
            let port = client.register_port("clock_out", MidiOut::default());
            ports.clock = Some(port.map_err(refused)?);
        }
        let names = wish.midi_in.len().max(wish.midi_out.len());
        for n in 1..=wish.midi.max(names).min(MIDI_PORTS) {
            let port = client.register_port(&format!("midi_in_{n}"), MidiIn::default());
            ports.midi_in.push(port.map_err(refused)?);
            let port = client.register_port(&format!("midi_out_{n}"), MidiOut::default());
            ports.midi_out.push(port.map_err(refused)?);
        }
        Ok(ports)
    }
}

impl Device for Server {
    fn play(
        self: Box<Self>,
        line: Arc<Line>,
        notes: &mut Vec<String>,
    ) -> Result<Box<dyn Stream>, OpenError> {
        let Server { client, ports, wish } = *self;
        let rate = client.sample_rate();
        let changes = Arc::new(AtomicU64::new(0));
        let told = Told { line: Arc::clone(&line), rate, changes: Arc::clone(&changes) };
        let door = Arc::new(Door::default());
        let monitor = Arc::clone(&line.monitor);
        let player = Player { line, rate, ports, door: Arc::clone(&door) };
        let active =
            client.activate_async(told, player).map_err(|e| OpenError::Jack(e.to_string()))?;
        let mut bay = Bay::new(
            wish,
            Active { client: Some(active), door, monitor, orphan: AtomicBool::new(false) },
            changes,
        );
        notes.extend(bay.connect_outputs());
        bay.connect_midi();
        Ok(Box::new(Session { bay }))
    }
}

/// The running client: the wires are all that the rest needs of it.
struct Active {
    /// `None` only while it is dropped.
    client: Option<AsyncClient<Told, Player>>,
    door: Arc<Door>,
    monitor: Arc<Monitor>,
    /// Counted among the [`ORPHANS`].
    orphan: AtomicBool,
}

/// How the sound thread leaves.
///
/// libjack ends it by `pthread_cancel`, wherever it is; to be cancelled inside Rust code aborts the
/// program. So it is asked to go by itself, and never cancelled while it is inside.
#[derive(Default)]
struct Door {
    leave: AtomicBool,
    inside: AtomicBool,
    left: AtomicBool,
}

/// Longest wait for the sound thread to leave, and time to get out of the door after it has said so.
const LEAVING: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(1);

impl Active {
    fn client(&self) -> Option<&Client> {
        self.client.as_ref().map(AsyncClient::as_client)
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        self.door.leave.store(true, Ordering::SeqCst);
        // From a server that is gone nobody comes any more.
        let active = client.as_client();
        let period = f64::from(active.buffer_size()) / f64::from(active.sample_rate().max(1));
        let patience = Duration::from_secs_f64(0.05 + 2.5 * period);
        let begun = Instant::now();
        while !self.door.left.load(Ordering::SeqCst) && begun.elapsed() < LEAVING {
            if begun.elapsed() > patience && !self.door.inside.load(Ordering::SeqCst) {
                break;
            }
            std::thread::sleep(STEP);
        }
        if self.door.inside.load(Ordering::SeqCst) {
            tracing::error!("the sound thread does not leave JACK's callback; its client stays");
            std::mem::forget(client);
            return;
        }
        // On its way out it speaks to the server, on the wire that we are about to use.
        let left = self.door.left.load(Ordering::SeqCst);
        while left && !self.monitor.over() && begun.elapsed() < LEAVING {
            std::thread::sleep(STEP);
        }
        std::thread::sleep(STEP);
        if let Err(error) = client.deactivate() {
            tracing::debug!("leaving JACK: {error}");
        }
        if self.orphan.load(Ordering::SeqCst) {
            ORPHANS.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

struct Session {
    bay: Bay<Active>,
}

impl Stream for Session {
    fn patchbay(&mut self) -> Option<&mut dyn Patchbay> {
        Some(&mut self.bay)
    }

    /// Asks the server for a port, which only one that lives can give.
    fn alive(&self) -> bool {
        let active = self.bay.wires();
        let Some(client) = active.client() else { return false };
        let port = client.register_port("alive", AudioIn::default());
        let alive = port.is_ok_and(|port| client.unregister_port(port).is_ok());
        if !alive && !active.orphan.swap(true, Ordering::SeqCst) {
            ORPHANS.fetch_add(1, Ordering::SeqCst);
        }
        alive
    }

    fn end(&self) -> End {
        End::ServerGone
    }
}

/// JACK's types of ports, as it spells them.
const AUDIO: &str = "32 bit float mono audio";
const MIDI: &str = "8 bit raw midi";

impl Wires for Active {
    fn name(&self) -> String {
        self.client().map(|client| client.name().to_owned()).unwrap_or_default()
    }

    fn audio_sinks(&self, physical: bool) -> Vec<String> {
        let hardware = if physical { PortFlags::IS_PHYSICAL } else { PortFlags::empty() };
        let flags = PortFlags::IS_INPUT | hardware;
        self.client().map(|client| client.ports(None, Some(AUDIO), flags)).unwrap_or_default()
    }

    fn midi_ports(&self, source: bool) -> Vec<(String, Vec<String>)> {
        let flags = if source { PortFlags::IS_OUTPUT } else { PortFlags::IS_INPUT };
        let Some(client) = self.client() else { return Vec::new() };
        let aliases = |name: &String| -> Vec<String> {
            client.port_by_name(name).and_then(|port| port.aliases().ok()).unwrap_or_default()
        };
        let names = client.ports(None, Some(MIDI), flags);
        names.into_iter().map(|name| (name.clone(), aliases(&name))).collect()
    }

    fn connect(&self, from: &str, to: &str) -> Result<(), String> {
        match self.client().map(|client| client.connect_ports_by_name(from, to)) {
            None | Some(Ok(()) | Err(jack::Error::PortAlreadyConnected(..))) => Ok(()),
            Some(Err(error)) => Err(error.to_string()),
        }
    }

    fn disconnect(&self, from: &str, to: &str) -> Result<(), String> {
        let Some(client) = self.client() else { return Ok(()) };
        let port = client.port_by_name(from);
        if !port.is_some_and(|port| port.is_connected_to(to).unwrap_or(false)) {
            return Ok(());
        }
        client.disconnect_ports_by_name(from, to).map_err(|e| e.to_string())
    }
}

/// What JACK tells on threads of its own. That the server is gone it could tell too, but by a method
/// that only unsafe code may implement; see [`Session::alive`].
struct Told {
    line: Arc<Line>,
    /// The rate that the callback was prepared for.
    rate: u32,
    /// Times that a port came or went.
    changes: Arc<AtomicU64>,
}

impl NotificationHandler for Told {
    fn sample_rate(&mut self, _: &Client, rate: Frames) -> Control {
        if rate != self.rate {
            self.line.end(End::Rate);
        }
        Control::Continue
    }

    fn port_registration(&mut self, _: &Client, _: PortId, _: bool) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    fn xrun(&mut self, _: &Client) -> Control {
        self.line.monitor.xrun();
        Control::Continue
    }
}

/// The sound thread's side.
struct Player {
    line: Arc<Line>,
    rate: u32,
    ports: Ports,
    door: Arc<Door>,
}

impl ProcessHandler for Player {
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        let Player { line, rate, ports, door } = self;
        door.inside.store(true, Ordering::SeqCst);
        for port in &mut ports.outputs {
            port.as_mut_slice(scope).fill(0.0);
        }
        let mut writers = [const { None }; MIDI_OUTS];
        for (port, writer) in ports.midi_out.iter_mut().zip(&mut writers) {
            // Also clears what was sent in the period before.
            *writer = Some(Sending { writer: port.writer(scope), last: 0 });
        }
        writers[CLOCK_PORT] =
            ports.clock.as_mut().map(|port| Sending { writer: port.writer(scope), last: 0 });
        // What JACK's own clock, smoothed over many periods, says of the period's first frame.
        let host_ns =
            scope.cycle_times().map_or_else(|_| host_now_ns(), |t| t.current_usecs * 1000);
        let (inputs, outputs, midi_in) = (&ports.inputs, &mut ports.outputs, &ports.midi_in);
        line.play(*rate, &mut Cycle { scope, host_ns, inputs, outputs, midi_in, writers });
        let leave = door.leave.load(Ordering::SeqCst);
        door.left.store(leave, Ordering::SeqCst);
        door.inside.store(false, Ordering::SeqCst);
        // The thread then ends by itself, back in libjack.
        if leave { Control::Quit } else { Control::Continue }
    }
}

struct Sending<'a> {
    writer: MidiWriter<'a>,
    /// Frame of the last message: JACK takes none before it.
    last: u32,
}

/// One period, straight on the ports' buffers.
struct Cycle<'a> {
    scope: &'a ProcessScope,
    host_ns: u64,
    inputs: &'a [Port<AudioIn>],
    outputs: &'a mut [Port<AudioOut>],
    midi_in: &'a [Port<MidiIn>],
    writers: [Option<Sending<'a>>; MIDI_OUTS],
}

impl Period for Cycle<'_> {
    fn frames(&self) -> usize {
        self.scope.n_frames() as usize
    }

    fn host_ns(&self) -> u64 {
        self.host_ns
    }

    fn input(&self, channel: usize) -> &[f32] {
        self.inputs.get(channel).map_or(&[], |port| port.as_slice(self.scope))
    }

    fn output(&mut self, channel: usize) -> &mut [f32] {
        match self.outputs.get_mut(channel) {
            Some(port) => port.as_mut_slice(self.scope),
            None => &mut [],
        }
    }

    fn midi_in(&self, take: &mut dyn FnMut(usize, u32, &[u8])) {
        // Merged by frame; of several at one frame, the lower port's first.
        let mut ports: [Option<MidiIter>; MIDI_PORTS] =
            std::array::from_fn(|port| self.midi_in.get(port).map(|port| port.iter(self.scope)));
        loop {
            let next = ports
                .iter()
                .enumerate()
                .filter_map(|(port, events)| Some((events.as_ref()?.peek()?, port)))
                .min_by_key(|(message, port)| (message.time, *port));
            let Some((message, port)) = next else { break };
            take(port, message.time, message.bytes);
            if let Some(events) = &mut ports[port] {
                events.next();
            }
        }
    }

    fn midi_out(&mut self, port: usize, frame: u32, bytes: &[u8]) -> bool {
        let frames = self.scope.n_frames();
        let Some(Some(sending)) = self.writers.get_mut(port) else { return false };
        if bytes.is_empty() || frame >= frames || frame < sending.last {
            return false;
        }
        let sent = sending.writer.write(&RawMidi { time: frame, bytes }).is_ok();
        // "Nothing more fits": a shorter message after a longer one that did not is refused too.
        sending.last = if sent { frame } else { frames };
        sent
    }
}

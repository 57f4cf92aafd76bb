//! MIDI beside a device, with ports that the test plugs.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use proptest::prelude::*;

use super::ports::{HEADER, put};
use super::*;
use crate::device::monitor::host_now_ns;
use crate::device::{CLOCK_PORT, Direction};

/// A system whose ports the test plugs.
#[derive(Clone, Default)]
struct Socket(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    ports: Vec<MidiPort>,
    absent: bool,
    listeners: BTreeMap<String, Hear>,
    sent: Vec<(String, u64, Vec<u8>)>,
    closed: Vec<String>,
}

impl Socket {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn plug(&self, name: &str, direction: Direction) {
        let port = MidiPort { name: name.to_owned(), aliases: Vec::new(), direction };
        self.state().ports.push(port);
    }

    fn play(&self, name: &str, bytes: &[u8]) {
        self.state().listeners.get_mut(name).unwrap()(bytes);
    }

    fn open(&self) -> (Ports, Bay) {
        let socket = self.clone();
        with(move || Box::new(socket)).unwrap()
    }
}

/// An open port; says so when it is closed.
struct Open(Socket, String);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.state().closed.push(self.1.clone());
    }
}

impl Sink for Open {
    fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.0.state().sent.push((self.1.clone(), host_now_ns(), bytes.to_vec()));
        Ok(())
    }
}

impl Driver for Socket {
    fn ports(&mut self) -> Result<Vec<MidiPort>, String> {
        let state = self.state();
        if state.absent { Err("no MIDI".to_owned()) } else { Ok(state.ports.clone()) }
    }

    fn listen(&mut self, name: &str, hear: Hear) -> Result<Box<dyn Any>, String> {
        self.state().listeners.insert(name.to_owned(), hear);
        Ok(Box::new(Open(self.clone(), name.to_owned())))
    }

    fn speak(&mut self, name: &str) -> Result<Box<dyn Sink>, String> {
        if name.contains("busy") {
            return Err("it is busy".to_owned());
        }
        Ok(Box::new(Open(self.clone(), name.to_owned())))
    }
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !done() {
        assert!(begun.elapsed().as_secs() < 60, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Take a period's messages.
fn heard(ports: &Ports) -> Vec<(usize, u32, Vec<u8>)> {
    let mut all = Vec::new();
    ports.heard(&mut |port, frame, bytes| all.push((port, frame, bytes.to_vec())));
    all
}

#[test]
fn what_a_keyboard_plays_is_heard_in_order_and_whole() {
    let socket = Socket::default();
    socket.plug("piano:keys", Direction::In);
    let (mut ports, mut bay) = socket.open();
    let mut plugs = Vec::new();
    until("it comes", || {
        plugs.extend(bay.plugs());
        !plugs.is_empty()
    });
    assert!(matches!(&plugs[..], [Plug::Came(p)] if p.name == "piano:keys"));
    bay.connect("piano:keys", &bay.own("midi_in_3")).unwrap();
    // Twice is once.
    bay.connect("piano:keys", &bay.own("midi_in_3")).unwrap();
    let (mut played, mut all) = (Vec::new(), Vec::new());
    for round in 0..2000u32 {
        // Of all lengths, so that they lie across the end of the ring in every way.
        let message: Vec<u8> = (0..1 + round % 401).map(|n| (n + round) as u8).collect();
        socket.play("piano:keys", &message);
        played.push(message);
        if round % 10 == 9 {
            ports.begin(host_now_ns(), 256, 48_000);
            all.extend(heard(&ports));
        }
    }
    until("the rest", || {
        ports.begin(host_now_ns(), 256, 48_000);
        all.extend(heard(&ports));
        all.len() >= played.len()
    });
    assert!(all.iter().all(|(port, frame, _)| *port == 2 && *frame < 256));
    assert!(all.into_iter().map(|m| m.2).eq(played));
}

#[test]
fn lights_go_out_at_once_and_clocks_when_they_are_due() {
    let socket = Socket::default();
    socket.plug("pads:lights", Direction::Out);
    socket.plug("drums:in", Direction::Out);
    let (mut ports, bay) = socket.open();
    bay.connect(&bay.own("midi_out_1"), "pads:lights").unwrap();
    bay.connect(&bay.own("clock_out"), "drums:in").unwrap();
    let began = host_now_ns();
    // A period of a fifth of a second: the clock's frame lies at its middle.
    ports.begin(began, 9600, 48_000);
    assert!(ports.send(CLOCK_PORT, 4800, &[0xF8]));
    assert!(ports.send(0, 9000, &[0x90, 1, 2]));
    assert!(ports.send(1, 0, &[0x90, 3, 4]), "a port that leads nowhere");
    assert!(!ports.send(0, 9600, &[0x90, 1, 2]) && !ports.send(9, 0, &[0xF8]));
    assert!(!ports.send(0, 0, &[]) && !ports.send(0, 0, &[0; LONGEST + 1]));
    until("both are sent", || socket.state().sent.len() == 2);
    let sent = &socket.state().sent;
    assert_eq!((sent[0].0.as_str(), &sent[0].2[..]), ("pads:lights", &[0x90, 1, 2][..]));
    assert_eq!((sent[1].0.as_str(), &sent[1].2[..]), ("drums:in", &[0xF8][..]));
    assert!(sent[1].1 >= began + 100_000_000, "too early");
}

#[test]
fn a_full_ring_takes_no_more_and_breaks_nothing() {
    let socket = Socket::default();
    let (mut ports, bay) = socket.open();
    drop(bay);
    ports.begin(1, 64, 48_000);
    let lights = [0x55; 300];
    let sent = (0..1000).filter(|_| ports.send(0, 0, &lights)).count();
    assert_eq!(sent, RING / (HEADER + 300));
}

#[test]
fn ports_come_and_go_and_what_cannot_be_opened_is_said() {
    let socket = Socket::default();
    socket.state().absent = true;
    let (_ports, mut bay) = socket.open();
    let mut said = Vec::new();
    until("it is said", || {
        said.extend(bay.notes());
        !said.is_empty()
    });
    // More looks have nothing to add; then MIDI is there.
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!((said, bay.notes()), (vec!["no MIDI".to_owned()], Vec::new()));
    socket.plug("pads:busy", Direction::Out);
    socket.plug("pads:keys", Direction::In);
    socket.state().absent = false;
    until("they come", || bay.plugs().len() == 2);
    assert_eq!(bay.connect(&bay.own("midi_out_1"), "pads:busy"), Err("it is busy".to_owned()));
    assert!(bay.connect("pads:keys", "nonsense").is_err());
    assert!(bay.connect("pads:keys", &bay.own("midi_in_9")).is_err());
    bay.connect("pads:keys", &bay.own("midi_in_8")).unwrap();
    socket.state().ports.clear();
    until("they go", || bay.plugs().iter().filter(|p| matches!(p, Plug::Went(_))).count() == 2);
    until("it is closed", || socket.state().closed == ["pads:keys"]);
    // The one who asks ends the thread, and all that is open.
    socket.plug("pads:keys", Direction::In);
    until("it comes", || bay.plugs().len() == 1);
    bay.connect("pads:keys", &bay.own("midi_in_1")).unwrap();
    drop(bay);
    assert_eq!(socket.state().closed, ["pads:keys"; 2]);
}

proptest! {
    /// However late the callback is called, a message keeps its distance to the others.
    #[test]
    fn messages_come_one_period_late_however_the_callback_is_called(
        period in prop::sample::select(vec![64usize, 256, 441, 1024]),
        rate in prop::sample::select(vec![44_100u32, 48_000, 96_000]),
        late in prop::collection::vec(0.0f64..0.9, 400),
    ) {
        let (mut keys, inbox) = rtrb::RingBuffer::new(RING);
        let (outbox, _out) = rtrb::RingBuffer::new(RING);
        let mut ports = Ports::new(inbox, outbox);
        let long = period as f64 * 1e9 / f64::from(rate);
        let origin = 1_000_000_000.0;
        let mut next = origin;
        let mut places = Vec::new();
        for (n, late) in late.iter().enumerate() {
            let now = origin + (n as f64 + late) * long;
            // Played since the last call, every 1.37 milliseconds.
            while next <= now {
                put(&mut keys, next as u64, 0, &[0x90, 1, 2]);
                next += 1_370_000.0;
            }
            ports.begin(now as u64, period, rate);
            for (_, frame, _) in heard(&ports) {
                prop_assert!((frame as usize) < period);
                places.push((n * period) as f64 + f64::from(frame));
            }
        }
        // Frames by which each is late, after the clock has settled.
        let step = 1.37e-3 * f64::from(rate);
        let delays: Vec<f64> =
            places.iter().enumerate().map(|(k, at)| at - k as f64 * step).collect();
        let settled = &delays[delays.len() / 3..];
        let (low, high) = settled.iter().fold((f64::MAX, f64::MIN), |(l, h), d| (l.min(*d), h.max(*d)));
        // The callback's own lateness spreads over nine tenths of a period.
        prop_assert!(high - low < 0.3 * period as f64 + 2.0, "{low} to {high} of {period}");
        prop_assert!(low > 0.0 && high < period as f64 + 2.0, "{low} to {high} of {period}");
    }
}

//! The thread that talks to scsynth: keeps it running, loads it, sends it notes in time.

use std::collections::{HashSet, VecDeque};
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use rosc::{OscPacket, OscType};

use super::clock::{Calibration, HostClock};
use super::process::{Launch, Program, Starter};
use super::returns::Shared;
use super::slot::{Slot, group};
use super::talk::{self, Reply, message, text};
use super::{Event, Run};
use crate::synth::library::Library;

/// Between two looks at everything.
const TURN: Duration = Duration::from_millis(1);
/// Between two questions whether scsynth lives.
const ASK: Duration = Duration::from_millis(120);
/// Between two looks whether the program is still there.
const WATCH: Duration = Duration::from_millis(15);
/// A scsynth that has said nothing for so long hangs.
const HANGS: Duration = Duration::from_millis(1000);
/// So does one beside which the callback comes to a halt.
const HALTS: Duration = Duration::from_millis(250);
/// Longest that a start may take.
const STARTS: Duration = Duration::from_secs(10);
/// Longest wait for a sound to be loaded before it is sent again.
const LOADS: Duration = Duration::from_secs(2);
/// Waits before it is started again: doubled each time up to the longest, while it does not last.
const WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
const LASTS: Duration = Duration::from_secs(30);
/// Frames between two ticks are up to these more, so that they fall on any place
/// of a period.
const SPREAD: u64 = 251;
/// One that is not heard for so long is told of: time to be wired and measured.
const UNHEARD: Duration = Duration::from_secs(3);
/// A way back without a tick for so long is none.
const MUTE: Duration = Duration::from_secs(2);
const BEAT: &[u8] = include_bytes!("defs/hc_beat.scsyndef");
const TICK: &[u8] = include_bytes!("defs/hc_tick.scsyndef");

/// All that the thread needs.
pub(super) struct Talker {
    pub shared: Arc<Shared>,
    pub library: Arc<Library>,
    pub start: Starter,
    pub host_now: fn() -> u64,
    /// New tracks.
    pub requests: Receiver<Slot>,
    pub events: Sender<Event>,
    pub run: Arc<Mutex<Run>>,
    pub state: State,
}

/// How things stand.
pub(super) struct State {
    slots: Vec<Slot>,
    clock: HostClock,
    calibration: Calibration,
    peer: Option<Peer>,
    again: Instant,
    wait: Duration,
    starts: u32,
    /// It was usable before.
    was_ready: bool,
    /// What people were told last.
    told: Option<String>,
    period_at: Instant,
    tick_at: Instant,
    next_tick: u64,
    node: i32,
}

impl State {
    pub(super) fn new(rate: u32) -> Self {
        let now = Instant::now();
        State {
            slots: Vec::new(),
            clock: HostClock::new(rate),
            calibration: Calibration::default(),
            peer: None,
            again: now,
            wait: WAIT,
            starts: 0,
            was_ready: false,
            told: None,
            period_at: now,
            tick_at: now,
            next_tick: 0,
            node: FIRST_NODE,
        }
    }
}

/// Node id of the first note: far above any group.
const FIRST_NODE: i32 = 100_000;

/// A running scsynth.
struct Peer {
    program: Box<dyn Program>,
    socket: UdpSocket,
    pairs: usize,
    since: Instant,
    /// When it last said that it lives.
    lived: Option<Instant>,
    asked: Instant,
    watched: Instant,
    /// What is still to be loaded, the first of it being under way since then.
    loads: VecDeque<Load>,
    loading: Option<Instant>,
    mark: i32,
    defs: HashSet<Arc<str>>,
    ready: bool,
    /// We said that it is usable.
    used: bool,
    /// It runs, but is not heard, since then.
    unheard: Option<Instant>,
    complaint: Option<(Instant, String)>,
}

enum Load {
    Begin,
    Def(Arc<str>),
    /// All of a pair's sounds are there.
    Pair(usize),
}

impl Talker {
    /// Until the other side is gone.
    pub(super) fn run(mut self) {
        while self.turn() {
            std::thread::sleep(TURN);
        }
        self.shared.usable.store(false, Ordering::Release);
        if let Some(peer) = self.state.peer.take() {
            peer.leave();
        }
    }

    /// One look at everything; `false` at the end.
    fn turn(&mut self) -> bool {
        let now = Instant::now();
        if self.shared.stop.load(Ordering::Acquire) {
            return false;
        }
        while let Ok(slot) = self.requests.try_recv() {
            self.welcome(slot);
        }
        while let Some((frame, ns)) = self.shared.periods.pop() {
            self.state.clock.feed(frame, ns);
            self.state.period_at = now;
        }
        while let Some(frame) = self.shared.ticks.pop() {
            let State { clock, calibration, next_tick, .. } = &mut self.state;
            if calibration.heard(frame, clock.between_ticks(calibration.is_begun())) {
                *next_tick = frame + clock.between_ticks(false);
            }
            self.state.tick_at = now;
        }
        match self.state.peer {
            None if now >= self.state.again => self.begin(now),
            None => {}
            Some(_) => {
                self.hear(now);
                if let Some(why) = self.look(now) {
                    self.lose(now, &why);
                }
            }
        }
        self.tell(now);
        true
    }

    fn welcome(&mut self, slot: Slot) {
        if let Some(peer) = &mut self.state.peer {
            peer.want(&slot);
        }
        self.state.slots.push(slot);
    }

    fn begin(&mut self, now: Instant) {
        self.state.starts += 1;
        let name = format!("hardcore-scsynth-{}-{}", std::process::id(), self.state.starts);
        match Peer::start(&mut self.start, &name, self.shared.pairs.len(), now) {
            Ok(mut peer) => {
                self.state.slots.iter().for_each(|slot| peer.want(slot));
                self.say_run(Run { name: Some(name), id: peer.program.id(), timing: None });
                self.state.peer = Some(peer);
            }
            Err(sentence) => {
                self.wait(now);
                self.complain(sentence);
            }
        }
    }

    fn wait(&mut self, now: Instant) {
        self.state.again = now + self.state.wait;
        self.state.wait = (self.state.wait * 2).min(LONGEST_WAIT);
    }

    fn say_run(&self, run: Run) {
        *self.run.lock().unwrap_or_else(PoisonError::into_inner) = run;
    }

    /// A sentence about a state, said once.
    fn complain(&mut self, sentence: String) {
        if self.state.told.as_ref() != Some(&sentence) {
            self.state.told = Some(sentence.clone());
            // Nobody need listen.
            let _ = self.events.send(Event::Lost(sentence));
        }
    }

    /// It is gone, or has to go.
    fn lose(&mut self, now: Instant, why: &str) {
        self.shared.usable.store(false, Ordering::Release);
        if let Some(mut peer) = self.state.peer.take() {
            peer.program.kill();
            if now - peer.since > LASTS {
                self.state.wait = WAIT;
            }
        }
        self.say_run(Run::default());
        self.silence();
        self.state.slots.iter().for_each(|slot| slot.loaded.store(false, Ordering::Release));
        self.wait(now);
        self.complain(format!("scsynth {why}; its tracks are played by the built-in synth"));
    }

    /// What scsynth played is over, and its way back is to be measured anew.
    fn silence(&mut self) {
        self.state.calibration.clear();
        self.state.next_tick += self.state.clock.between_ticks(false);
        self.state.slots.iter_mut().for_each(Slot::clear);
    }

    /// What it says.
    fn hear(&mut self, now: Instant) {
        let State { peer: Some(peer), slots, .. } = &mut self.state else { return };
        let mut packet = [0; 4096];
        // A port that nobody has yet or any more gives an error, which its silence says too.
        while let Some(length) = peer.next(&mut packet) {
            match talk::read(&packet[..length]) {
                Some(Reply::Status) => peer.lived = Some(now),
                Some(Reply::Synced(mark)) if mark == peer.mark => {
                    if let Some(Load::Pair(pair)) = peer.loaded() {
                        let there = slots.iter().filter(|slot| slot.pair == pair);
                        there.for_each(|slot| slot.loaded.store(true, Ordering::Release));
                    }
                }
                Some(Reply::Began(node)) => slots.iter_mut().for_each(|s| s.began(node)),
                Some(Reply::Ended(node)) => slots.iter_mut().for_each(|s| s.ended(node)),
                // A note may be over when it is let go.
                Some(Reply::Fail(words)) if words.starts_with("/n_set") => {}
                Some(Reply::Fail(words)) => {
                    tracing::warn!("scsynth could not do {words}");
                    peer.complaint = Some((now, words));
                }
                Some(Reply::Synced(_)) | None => {}
            }
        }
    }

    /// How it fares; why it is lost, if it is.
    fn look(&mut self, now: Instant) -> Option<String> {
        let State { peer: Some(peer), period_at, tick_at, calibration, .. } = &mut self.state
        else {
            return None;
        };
        if now - peer.watched >= WATCH {
            peer.watched = now;
            if let Some(why) = peer.program.ended() {
                return Some(why);
            }
        }
        let Some(lived) = peer.lived else {
            peer.ask(now);
            let long = now - peer.since > STARTS;
            return long.then(|| "does not answer".to_owned());
        };
        let still = now - lived;
        if still > HANGS || (peer.ready && still > HALTS && now - *period_at > HALTS) {
            return Some("hangs and was ended".to_owned());
        }
        peer.ask(now);
        peer.load(&self.library, now);
        if !peer.ready {
            return None;
        }
        if peer.used && (!self.shared.is_usable() || now - *tick_at > MUTE) {
            self.shared.usable.store(false, Ordering::Release);
            (peer.used, peer.unheard) = (false, Some(now));
            for pair in 0..self.shared.pairs.len() {
                peer.send(&message("/g_freeAll", vec![OscType::Int(group(pair))]));
            }
            self.silence();
        } else if !peer.used && calibration.is_known() && now - *tick_at < MUTE / 4 {
            (peer.used, peer.unheard) = (true, None);
            self.shared.usable.store(true, Ordering::Release);
            let before = std::mem::replace(&mut self.state.was_ready, true);
            // A moment that nobody was told of needs no word now.
            if self.state.told.take().is_some() || !before {
                let _ = self.events.send(if before { Event::Back } else { Event::Ready });
            }
        } else if peer.unheard.is_some_and(|since| now - since > UNHEARD) {
            self.complain(
                "the sound of scsynth does not arrive; its tracks are played by the built-in synth"
                    .to_owned(),
            );
        }
        None
    }

    /// Send ticks, and what the tracks are told.
    fn tell(&mut self, now: Instant) {
        let latency = f64::from(self.shared.latency);
        let past_unix = unix_ahead(self.host_now);
        let State { peer, slots, clock, calibration, next_tick, node, .. } = &mut self.state;
        let early = calibration.correction();
        // Unix time at which to ask for what is to be heard a latency after `frame`.
        let time = |frame: u64| Some(clock.ns_at(frame as f64 + latency - early)? + past_unix);
        let mut peer = peer.as_mut().filter(|peer| peer.ready);
        let now_frame = clock.frame_at((self.host_now)());
        let due = |frame: &u64| *frame >= *next_tick || *next_tick - *frame > 1 << 16;
        if let (Some(peer), Some(frame)) = (&mut peer, now_frame.filter(due))
            && let Some(at) = time(frame)
        {
            let tick = measure("hc_tick", 2 * self.shared.pairs.len());
            peer.send(&talk::at(at, vec![tick]));
            calibration.sent(frame + u64::from(self.shared.latency));
            let apart = clock.between_ticks(calibration.is_begun());
            *next_tick = frame + apart + frame.wrapping_mul(37) % SPREAD;
            let timing = calibration.timing();
            self.run.lock().unwrap_or_else(PoisonError::into_inner).timing = timing;
        }
        let used = peer.as_ref().is_some_and(|peer| peer.used);
        for slot in slots.iter_mut() {
            slot.take(node, |frame, content: Vec<OscPacket>| {
                if let (Some(peer), Some(at), true) = (&mut peer, time(frame), used) {
                    peer.send(&talk::at(at, content));
                }
                used
            });
            let Some(sound) = slot.failed(now) else { continue };
            let complaint = peer.as_ref().and_then(|peer| peer.complaint.as_ref());
            if let Some((_, words)) = complaint.filter(|(at, _)| now - *at < 2 * LOADS) {
                slot.loaded.store(false, Ordering::Release);
                let sentence = format!(
                    "scsynth cannot play the sound '{sound}' ({words}); the built-in synth plays it"
                );
                let _ = self.events.send(Event::Fail(sentence));
            }
        }
        slots.retain(|slot| {
            let gone = slot.is_gone();
            if gone {
                if let Some(peer) = &mut peer {
                    peer.send(&message("/g_freeAll", vec![OscType::Int(group(slot.pair))]));
                }
                self.shared.pairs[slot.pair].taken.store(false, Ordering::Release);
            }
            !gone
        });
    }
}

/// Nanoseconds by which Unix time is ahead of the host's clock. Both are read in one breath, or again.
fn unix_ahead(host_now: fn() -> u64) -> i64 {
    let mut best = (u64::MAX, 0);
    for _ in 0..4 {
        let before = host_now();
        let unix = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let after = host_now();
        let unix = unix.map_or(0, |d| d.as_nanos() as i64);
        let took = after.saturating_sub(before);
        if took < best.0 {
            best = (took, unix - (before + took / 2) as i64);
        }
        if took < 2_000 {
            break;
        }
    }
    best.1
}

/// Start one of our own two sounds on an output.
fn measure(def: &str, out: usize) -> OscPacket {
    let number = |n: usize| OscType::Int(n as i32);
    // A node of any number, first in the root group.
    let args = vec![text(def), OscType::Int(-1), number(0), number(0), text("out"), number(out)];
    message("/s_new", args)
}

impl Peer {
    fn start(start: &mut Starter, name: &str, pairs: usize, now: Instant) -> Result<Peer, String> {
        let failed = |e: std::io::Error| format!("scsynth cannot be talked to: {e}");
        let here = (Ipv4Addr::LOCALHOST, 0);
        // A port that is free now; should it be taken in the next moment, scsynth ends and tries another.
        let free = UdpSocket::bind(here).and_then(|s| s.local_addr()).map_err(failed)?;
        let socket = UdpSocket::bind(here).map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        // From now on nobody else is heard on it.
        socket.connect(free).map_err(failed)?;
        let launch = Launch { port: free.port(), name: name.to_owned(), channels: 2 * pairs + 2 };
        Ok(Peer {
            program: start(&launch)?,
            socket,
            pairs,
            since: now,
            lived: None,
            asked: now,
            watched: now,
            loads: VecDeque::from([Load::Begin]),
            loading: None,
            mark: 0,
            defs: HashSet::new(),
            ready: false,
            used: false,
            unheard: None,
            complaint: None,
        })
    }

    fn send(&self, packet: &OscPacket) {
        // One that is gone is noticed by its silence.
        let _ = self.socket.send(&talk::bytes(packet));
    }

    fn next(&self, packet: &mut [u8]) -> Option<usize> {
        self.socket.recv(packet).ok()
    }

    fn ask(&mut self, now: Instant) {
        if now - self.asked >= ASK {
            self.asked = now;
            self.send(&message("/status", vec![]));
        }
    }

    /// Load what a track plays.
    fn want(&mut self, slot: &Slot) {
        for name in slot.names() {
            if self.defs.insert(Arc::clone(&name)) {
                self.loads.push_back(Load::Def(name));
            }
        }
        self.loads.push_back(Load::Pair(slot.pair));
    }

    /// What was under way is done.
    fn loaded(&mut self) -> Option<Load> {
        self.loading.take()?;
        let done = self.loads.pop_front();
        if let Some(Load::Begin) = done {
            self.ready = true;
            self.unheard = Some(Instant::now());
            self.send(&measure("hc_beat", 2 * self.pairs + 1));
        }
        done
    }

    /// One after the other, so that no socket is flooded.
    fn load(&mut self, library: &Library, now: Instant) {
        if self.loading.is_some_and(|since| now - since < LOADS) {
            return;
        }
        let Some(next) = self.loads.front() else { return };
        match next {
            Load::Begin => {
                self.send(&message("/notify", vec![OscType::Int(1)]));
                for def in [BEAT, TICK] {
                    self.send(&message("/d_recv", vec![OscType::Blob(def.to_vec())]));
                }
                let groups = (0..self.pairs).flat_map(|pair| [group(pair), 1, 0]);
                self.send(&message("/g_new", groups.map(OscType::Int).collect()));
            }
            Load::Def(name) => {
                if let Some(sound) = library.get(name) {
                    self.send(&message("/d_recv", vec![OscType::Blob(sound.bytes.clone())]));
                }
            }
            Load::Pair(_) => {}
        }
        self.mark += 1;
        self.loading = Some(now);
        self.send(&message("/sync", vec![OscType::Int(self.mark)]));
    }

    /// Ask it to go, and see that it goes.
    fn leave(mut self) {
        self.send(&message("/quit", vec![]));
        let begun = Instant::now();
        while self.program.ended().is_none() {
            if begun.elapsed() > Duration::from_millis(500) {
                self.program.kill();
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

//! scsynth played by a peer that pretends: handshake, failure, silence, garbage, restart.

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use rosc::{OscMessage, OscPacket, OscType, decoder};

use super::process::{Launch, Program, Starter};
use super::talk::{bytes, message, text};
use super::*;
use crate::engine::block::StereoBlock;
use crate::engine::sound::{SoundFactory, SoundSpec, VoiceStart, Voices};

const RATE: u32 = 48_000;

fn now_ns() -> u64 {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGUN.elapsed().as_nanos() as u64 + 1_000_000_000
}

/// What the pretended programs do, and what they were told.
#[derive(Default)]
struct Behaviour {
    /// Says nothing any more.
    silent: AtomicBool,
    /// Refuses notes.
    refuses: AtomicBool,
    /// Has ended.
    ended: AtomicBool,
    starts: AtomicU64,
    /// Messages, with the frames they were for.
    told: Mutex<Vec<(Option<u64>, OscMessage)>>,
}

struct Pretended {
    behaviour: Arc<Behaviour>,
    stop: Arc<AtomicBool>,
}

impl Program for Pretended {
    fn ended(&mut self) -> Option<String> {
        self.behaviour.ended.load(Ordering::SeqCst).then(|| "has ended (as told)".to_owned())
    }
    fn kill(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
    fn id(&self) -> Option<u32> {
        None
    }
}

impl Behaviour {
    fn starter(self: &Arc<Self>) -> Starter {
        let behaviour = Arc::clone(self);
        Box::new(move |launch: &Launch| {
            behaviour.starts.fetch_add(1, Ordering::SeqCst);
            behaviour.silent.store(false, Ordering::SeqCst);
            behaviour.ended.store(false, Ordering::SeqCst);
            let socket = UdpSocket::bind(("127.0.0.1", launch.port)).map_err(|e| e.to_string())?;
            socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
            let stop = Arc::new(AtomicBool::new(false));
            let pretended =
                Pretended { behaviour: Arc::clone(&behaviour), stop: Arc::clone(&stop) };
            let behaviour = Arc::clone(&behaviour);
            std::thread::spawn(move || {
                let mut packet = vec![0; 70_000];
                while !stop.load(Ordering::SeqCst) {
                    let Ok((length, from)) = socket.recv_from(&mut packet) else { continue };
                    let (_, packet) = decoder::decode_udp(&packet[..length]).unwrap();
                    if !behaviour.silent.load(Ordering::SeqCst) {
                        behaviour.obey(packet, None, &|reply| {
                            // Garbage before every answer.
                            socket.send_to(b"/status.reply", from).unwrap();
                            socket.send_to(&[0xff; 33], from).unwrap();
                            socket.send_to(&bytes(&reply), from).unwrap();
                        });
                    }
                }
            });
            Ok(Box::new(pretended))
        })
    }

    fn obey(&self, packet: OscPacket, frame: Option<u64>, reply: &dyn Fn(OscPacket)) {
        let told = match packet {
            OscPacket::Bundle(bundle) => {
                let unix = std::time::SystemTime::from(bundle.timetag);
                let ahead = unix.duration_since(std::time::SystemTime::now()).unwrap_or_default();
                let frame = (now_ns() + ahead.as_nanos() as u64) as f64 * 48e-6;
                bundle.content.into_iter().for_each(|p| self.obey(p, Some(frame as u64), reply));
                return;
            }
            OscPacket::Message(told) => told,
        };
        match (told.addr.as_str(), told.args.as_slice()) {
            ("/status", _) => reply(message("/status.reply", vec![OscType::Int(1)])),
            ("/sync", [mark]) => reply(message("/synced", vec![mark.clone()])),
            ("/s_new", [_, OscType::Int(node), ..]) if *node > 0 => {
                if self.refuses.load(Ordering::SeqCst) {
                    reply(message("/fail", vec![text("/s_new"), text("SynthDef not found")]));
                } else {
                    reply(message("/n_go", vec![OscType::Int(*node)]));
                }
            }
            _ => {}
        }
        self.told.lock().unwrap().push((frame, told));
    }

    /// The frames on which notes of `def` were to start.
    fn starts_of(&self, def: &str) -> Vec<u64> {
        let told = self.told.lock().unwrap();
        let new = told.iter().filter(|(_, m)| m.addr == "/s_new" && m.args[0] == text(def));
        new.filter_map(|(frame, _)| *frame).collect()
    }
}

/// A server with a pretended scsynth, a callback and one track.
struct Rig {
    behaviour: Arc<Behaviour>,
    server: Server,
    returns: Returns,
    voices: Box<dyn Voices>,
    frame: u64,
    ended: Vec<u32>,
    failed: u32,
    events: Vec<Event>,
}

impl Rig {
    fn new() -> Rig {
        let behaviour = Arc::<Behaviour>::default();
        let config = Config { tracks: 1, ..Config::new(RATE, now_ns) };
        let library = Arc::new(Library::built_in());
        let server = Server::start_with(&config, library, behaviour.starter()).unwrap();
        let spec = SoundSpec { name: "hoover".into(), params: BTreeMap::new() };
        let voices = server.factory().voices(&[spec], RATE).unwrap();
        let returns = server.returns();
        let frame = (now_ns() as f64 * 48e-6) as u64 / 64 * 64;
        let (ended, failed, events) = Default::default();
        Rig { behaviour, server, returns, voices, frame, ended, failed, events }
    }

    /// Play blocks as time goes by. scsynth is heard 300 frames after it is told to be.
    fn step(&mut self) -> StereoBlock {
        let mut out = StereoBlock::SILENT;
        std::thread::sleep(Duration::from_millis(1));
        while self.frame as f64 / 48e-6 < now_ns() as f64 {
            self.returns.period(self.frame);
            let mut pairs = [StereoBlock::SILENT; 2];
            for (i, x) in pairs[1].r.iter_mut().enumerate() {
                *x = ((self.frame + i as u64) % 65_536) as f32 / 65_536.0;
            }
            for tick in self.behaviour.starts_of("hc_tick").into_iter().rev().take(40) {
                if let Some(x) = pairs[1].l.get_mut((tick + 300).wrapping_sub(self.frame) as usize)
                {
                    *x = 1.0;
                }
            }
            pairs[0].l.fill(0.25);
            self.returns.block(self.frame, &pairs);
            self.voices.at_frame(self.frame);
            self.voices.render(&mut out);
            self.frame += 64;
        }
        self.ended.extend(std::iter::from_fn(|| self.voices.next_ended()));
        self.failed += self.voices.failed();
        self.events.extend(self.server.tick(str::to_owned, |_, _| Ok(())));
        out
    }

    fn until(&mut self, what: &str, mut done: impl FnMut(&mut Rig) -> bool) {
        let begun = Instant::now();
        while !done(self) {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "in vain: {what}: {:?}, ended {:?}, failed {}, at {}, latency {}",
                self.events,
                self.ended,
                self.failed,
                self.frame,
                self.server.latency()
            );
            self.step();
        }
    }

    fn ready(&mut self) {
        self.until("scsynth plays", |rig| rig.events.pop() == Some(Event::Ready));
        self.until("its sound is heard", |rig| rig.step().l[0] == 0.25);
    }

    fn start(&mut self, voice: u32) {
        let start = VoiceStart { voice, sound: 0, offset: 7, freq: 220.0, velocity: 1.0 };
        assert!(self.voices.start(start));
    }
}

#[test]
fn a_note_goes_out_on_its_frame_and_what_was_told_is_loaded() {
    let mut rig = Rig::new();
    rig.ready();
    let at = rig.frame + 7 + u64::from(rig.server.latency());
    rig.start(1);
    rig.until("the note is told", |rig| !rig.behaviour.starts_of("hoover").is_empty());
    // What takes 300 frames is asked for 300 frames earlier.
    let told = rig.behaviour.starts_of("hoover")[0] + 300;
    assert!(told.abs_diff(at) < 300, "{told} for {at}");
    let told = rig.behaviour.told.lock().unwrap();
    let loaded = told.iter().filter(|(_, m)| m.addr == "/d_recv").count();
    assert_eq!(loaded, 3, "hoover, tick and beat");
    drop(told);
    assert_eq!((rig.ended.len(), rig.failed), (0, 0));
}

#[test]
fn a_sound_that_scsynth_refuses_is_named_and_played_embedded() {
    let mut rig = Rig::new();
    rig.ready();
    rig.behaviour.refuses.store(true, Ordering::SeqCst);
    rig.start(1);
    rig.until("it is said", |rig| {
        rig.events.iter().any(|event| {
            matches!(event, Event::Fail(why) if why.contains("'hoover' (/s_new: SynthDef not found)"))
        })
    });
    rig.until("the note is given up", |rig| rig.ended == [1]);
    assert_eq!(rig.failed, 1);
    rig.until("the track is played embedded", |rig| rig.step().l[0] != 0.25);
    let before = rig.behaviour.starts_of("hoover").len();
    rig.start(2);
    rig.until("it sounds", |rig| rig.step().l.iter().any(|x| *x != 0.0));
    assert_eq!(rig.behaviour.starts_of("hoover").len(), before);
}

#[test]
fn one_that_ends_or_says_nothing_is_replaced() {
    let mut rig = Rig::new();
    rig.ready();
    for (how, word) in [(true, "has ended (as told)"), (false, "hangs")] {
        rig.start(1);
        let at = rig.frame + u64::from(rig.server.latency());
        rig.until("a note sounds at scsynth", |rig| rig.frame > at + 64 && rig.step().l[0] == 0.25);
        assert_eq!(rig.ended.len(), 0);
        let starts = rig.behaviour.starts.load(Ordering::SeqCst);
        let flag = if how { &rig.behaviour.ended } else { &rig.behaviour.silent };
        flag.store(true, Ordering::SeqCst);
        rig.until("it is said", |rig| {
            rig.events.iter().any(|e| matches!(e, Event::Lost(why) if why.contains(word)))
        });
        rig.until("it plays again", |rig| rig.events.contains(&Event::Back));
        assert_eq!(rig.behaviour.starts.load(Ordering::SeqCst), starts + 1);
        rig.until("its time is told", |rig| rig.server.timing().is_some());
        assert_eq!((rig.ended.as_slice(), rig.failed), (&[1][..], 0), "it ended with scsynth");
        rig.events.clear();
        rig.ended.clear();
    }
}

#[test]
fn one_that_cannot_be_started_is_told_of_once() {
    let tries = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&tries);
    let starter: Starter = Box::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Err("scsynth is not there".to_owned())
    });
    let library = Arc::new(Library::built_in());
    let mut server = Server::start_with(&Config::new(RATE, now_ns), library, starter).unwrap();
    let mut events = Vec::new();
    let begun = Instant::now();
    while tries.load(Ordering::SeqCst) < 3 && begun.elapsed() < Duration::from_secs(30) {
        events.extend(server.tick(str::to_owned, |_, _| Ok(())));
        std::thread::sleep(Duration::from_millis(2));
    }
    events.extend(server.tick(str::to_owned, |_, _| Ok(())));
    assert_eq!(events, [Event::Lost("scsynth is not there".to_owned())]);
    assert!(tries.load(Ordering::SeqCst) >= 3 && !server.is_usable());
}

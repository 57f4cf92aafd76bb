//! The JACK port on a real server: sound and MIDI both ways, and servers that die.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use hardcore::device::keeper::{Event, Keeper};
use hardcore::device::monitor::Health;
use hardcore::device::port::{Callback, Period};
use hardcore::device::{Backend, OpenError, Plug, Running, Status, Wish, find, open};

use nix::time::{ClockId, clock_gettime};

mod pads;
pub mod server;

use server::{Heard, Other, PERIOD, RATE, on_jack, scramble, until};

fn wish() -> Wish {
    Wish { backend: Backend::Jack, ..Wish::default() }
}

fn start(wish: &Wish, callback: impl Callback + 'static) -> Running {
    open(wish, Box::new(callback)).map_err(|e| e.0).unwrap()
}

/// Plays a count on two outputs, keeps two inputs.
struct Counting {
    count: u64,
    kept: rtrb::Producer<[f32; 2]>,
    frames: Arc<AtomicU64>,
}

impl Counting {
    fn new() -> (Counting, rtrb::Consumer<[f32; 2]>, Arc<AtomicU64>) {
        let (kept, keep) = rtrb::RingBuffer::new(RATE as usize * 20);
        let frames = Arc::new(AtomicU64::new(0));
        (Counting { count: 1, kept, frames: Arc::clone(&frames) }, keep, frames)
    }
}

impl Callback for Counting {
    fn process(&mut self, period: &mut dyn Period) {
        let frames = period.frames();
        for (i, l) in period.output(0).iter_mut().enumerate() {
            *l = (self.count + i as u64) as f32;
        }
        for (i, r) in period.output(1).iter_mut().enumerate() {
            *r = scramble(self.count + i as u64);
        }
        self.count += frames as u64;
        for (l, r) in period.input(0).iter().zip(period.input(1)) {
            let _ = self.kept.push([*l, *r]);
        }
        self.frames.fetch_add(frames as u64, Relaxed);
    }
}

/// Holds what arrived against the count that was played, from the first period with both channels on:
/// every sample must be the next one. Returns the periods in which that is not so.
fn wrong(arrived: &mut rtrb::Consumer<[f32; 2]>, wanted: usize) -> usize {
    let mut all: Vec<[f32; 2]> = Vec::new();
    until("samples arrive", || {
        while arrived.slots() >= PERIOD {
            let period: Vec<_> = arrived.read_chunk(PERIOD).unwrap().into_iter().collect();
            if !all.is_empty() || period.iter().all(|s| s[0] != 0.0 && s[1] != 0.0) {
                all.extend(period);
            }
        }
        all.len() >= wanted
    });
    let mut next = all[0][0] as u64;
    let mut wrong = 0;
    for period in all.chunks_exact(PERIOD) {
        let fits = |(i, s): (usize, &[f32; 2])| {
            let count = next + i as u64;
            *s == [count as f32, scramble(count)]
        };
        wrong += usize::from(!period.iter().enumerate().all(fits));
        next = period[PERIOD - 1][0] as u64 + 1;
    }
    wrong
}

#[test]
fn sound_goes_out_and_comes_in_sample_for_sample() {
    on_jack("jack::sound_goes_out_and_comes_in_sample_for_sample", |_| {
        let mut other = Other::start("other");
        let (counting, mut kept, _) = Counting::new();
        let wish = Wish { name: "other".into(), inputs: 2, cue: Some((3, 4)), ..wish() };
        let mut running = start(&wish, counting);
        assert_eq!((running.rate, running.period), (RATE, PERIOD as u32));
        assert_eq!(
            running.notes,
            ["the cue is not connected: 'other' has 2 outputs in JACK, number 3 is not there"]
        );
        let bay = running.patchbay().unwrap();
        for n in ["1", "2"] {
            let to = bay.own(&format!("in_{n}"));
            bay.connect(&other.port(&format!("out_{n}")), &to).unwrap();
        }
        let wanted = RATE as usize * 3;
        let out = wrong(&mut other.recorded, wanted);
        let back = wrong(&mut kept, wanted);
        let xruns = other.xruns.load(Relaxed) as usize;
        println!(
            "of {} periods {out} went out and {back} came in with a fault; {xruns} xruns",
            wanted / PERIOD
        );
        // JACK tells of some xruns late, or of several as one: so they are not counted against each other.
        let all = wanted / PERIOD;
        assert!(out.max(back) == 0 || xruns > 0, "a fault without an xrun");
        assert!(out.max(back) < all / 2, "most of it is right");
        let to = bay.own("in_1");
        bay.disconnect(&other.port("out_1"), &to).unwrap();
        bay.disconnect(&other.port("out_1"), &to).unwrap();
        until("the wire goes", || !other.connected("out_1", &to));
        assert!(running.stop().is_some());
    });
}

/// Keeps the MIDI that arrives; sends a handful of messages when told to.
struct Keys {
    heard: rtrb::Producer<Heard>,
    send: Arc<AtomicBool>,
    /// Messages that were sent or refused otherwise than they should.
    wrong: Arc<AtomicU64>,
}

impl Callback for Keys {
    fn process(&mut self, period: &mut dyn Period) {
        let heard = &mut self.heard;
        period.midi_in(&mut |port, frame, bytes| {
            let _ = heard.push((port, frame, bytes.to_vec()));
        });
        if !self.send.swap(false, Relaxed) {
            return;
        }
        let frames = period.frames() as u32;
        let fits = [(0, true), (7, true), (7, true), (6, false), (frames - 1, true)];
        for (frame, fits) in fits.into_iter().chain([(frames, false)]) {
            let sent = period.midi_out(1, frame, &[0x90, 11, frame.min(127) as u8]);
            self.wrong.fetch_add(u64::from(sent != fits), Relaxed);
        }
        let none = period.midi_out(2, 0, &[0x90, 0, 0]) || period.midi_out(0, 0, &[]);
        self.wrong.fetch_add(u64::from(none), Relaxed);
    }
}

/// Sends `count` messages in one period and waits for them; again, as an xrun may take them, of which
/// JACK does not tell every time.
fn at_once<T>(count: usize, mut send: impl FnMut(), hear: &mut rtrb::Consumer<T>) -> Vec<T> {
    for _ in 0..20 {
        send();
        let begun = Instant::now();
        while hear.slots() < count && begun.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let heard: Vec<T> = std::iter::from_fn(|| hear.pop().ok()).collect();
        if heard.len() >= count {
            return heard;
        }
        println!("{} of {count} messages were lost", count - heard.len());
    }
    panic!("messages are lost every time");
}

#[test]
fn midi_arrives_and_leaves_on_its_frame() {
    on_jack("jack::midi_arrives_and_leaves_on_its_frame", |_| {
        let mut other = Other::start("pad");
        let (heard, mut hear) = rtrb::RingBuffer::new(64);
        let (send, wrong) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let keys = Keys { heard, send: Arc::clone(&send), wrong: Arc::clone(&wrong) };
        let wish = Wish {
            midi_in: vec!["PAD:keys_1".into(), "pad:keys_2".into()],
            midi_out: vec![String::new(), "lamps".into()],
            ..wish()
        };
        let mut running = start(&wish, keys);
        let bay = running.patchbay().unwrap();
        let wires = [("keys_1", "midi_in_1"), ("keys_2", "midi_in_2"), ("lamps", "midi_out_2")];
        for (theirs, ours) in wires {
            until(theirs, || other.connected(theirs, &bay.own(ours)));
        }
        let names: Vec<_> = bay.midi_ports().into_iter().map(|port| port.name).collect();
        assert!(names.contains(&other.port("keys_1")) && names.contains(&other.port("lamps")));
        assert!(!names.iter().any(|name| name.starts_with("hardcore")), "{names:?}");

        let lit = at_once(4, || send.store(true, Relaxed), &mut other.heard);
        let last = PERIOD as u32 - 1;
        let expected = [0, 7, 7, last].map(|frame| (frame, [0x90, 11, frame.min(127) as u8]));
        assert_eq!((lit.as_slice(), wrong.load(Relaxed)), (&expected[..], 0));

        // In one period: two ports, merged by frame, the lower port first.
        let keys = [(0, 3, 1), (0, 200, 2), (1, 3, 3), (1, 100, 4), (1, 255, 5)];
        let press = || {
            let chunk = other.send.write_chunk_uninit(keys.len()).unwrap();
            chunk.fill_from_iter(keys.map(|(port, frame, key)| (port, frame, [0x90, key, 100])));
        };
        let arrived = at_once(keys.len(), press, &mut hear);
        let expected: Vec<Heard> = [(0, 3, 1), (1, 3, 3), (1, 100, 4), (0, 200, 2), (1, 255, 5)]
            .map(|(port, frame, key)| (port, frame, vec![0x90, key, 100]))
            .to_vec();
        assert_eq!(arrived, expected);
    });
}

/// What the keeper says until it says something of the kind.
fn hear(keeper: &mut Keeper, what: &str, mut is: impl FnMut(&Event) -> Option<String>) -> String {
    let mut heard = None;
    until(what, || {
        heard = keeper.tick().iter().find_map(&mut is);
        heard.is_some()
    });
    heard.unwrap()
}

fn playing(event: &Event) -> Option<String> {
    if let Event::Playing(sentence) = event { Some(sentence.clone()) } else { None }
}

fn silent(event: &Event) -> Option<String> {
    if let Event::Silent(sentence) = event { Some(sentence.clone()) } else { None }
}

#[test]
fn a_server_that_dies_and_returns_keeps_the_music() {
    on_jack("jack::a_server_that_dies_and_returns_keeps_the_music", |jackd| {
        let mut keeper = Keeper::new(wish());
        let (counting, _kept, frames) = Counting::new();
        keeper.play(Box::new(counting));
        let goes_on = |what: &str| {
            let before = frames.load(Relaxed);
            until(what, || frames.load(Relaxed) > before + 4 * PERIOD as u64);
        };
        for turn in 1..=3 {
            assert_eq!(hear(&mut keeper, "JACK plays", playing), "playing on JACK at 48000 Hz");
            goes_on("on JACK");
            jackd.kill();
            let killed = Instant::now();
            assert_eq!(
                hear(&mut keeper, "the end is noticed", silent),
                "the JACK server has stopped; the music goes on without sound until it is back"
            );
            println!("turn {turn}: the clock took over after {:?}", killed.elapsed());
            assert_eq!(keeper.running().unwrap().backend, Backend::Null);
            goes_on("on the clock");
            let missing = find(&wish()).err();
            assert_eq!(missing, Some(OpenError::NoServer), "what a look says meanwhile");
            jackd.restart();
            let begun = Instant::now();
            while keeper.running().is_none_or(|running| running.backend == Backend::Null) {
                if let Some(sentence) = keeper.tick().iter().find_map(playing) {
                    println!("turn {turn}: {sentence}, {:?} after it was back", begun.elapsed());
                }
                assert!(begun.elapsed() < Duration::from_secs(60));
                std::thread::sleep(Duration::from_millis(5));
            }
            goes_on("on JACK again");
            // The next turn hears it anew.
            let callback = keeper.stop().unwrap();
            keeper = Keeper::new(wish());
            keeper.play(callback);
        }
    });
}

#[test]
fn controllers_come_and_go_while_it_plays() {
    on_jack("jack::controllers_come_and_go_while_it_plays", |_| {
        let (counting, _kept, _) = Counting::new();
        let mut running =
            start(&Wish { midi: 2, midi_in: vec!["pad:keys_2".into()], ..wish() }, counting);
        let bay = running.patchbay().unwrap();
        assert_eq!(bay.plugs(), []);
        for _ in 0..2 {
            let pad = Other::start("pad");
            let mut came = Vec::new();
            until("three ports come", || {
                came.extend(bay.plugs());
                came.len() == 3
            });
            assert!(
                came.iter().all(|plug| matches!(plug, Plug::Came(p) if p.name.starts_with("pad:")))
            );
            until("the pad is connected", || pad.connected("keys_2", &bay.own("midi_in_1")));
            drop(pad);
            let mut went = Vec::new();
            until("three ports go", || {
                went.extend(bay.plugs());
                went.len() == 3
            });
            assert!(
                went.iter().all(|plug| matches!(plug, Plug::Went(p) if p.name.starts_with("pad:")))
            );
        }
        assert_eq!(running.status(), Status::Playing);
    });
}

/// Computes for a share of its period, by its own processor time.
struct Busy(f64);

impl Callback for Busy {
    fn process(&mut self, period: &mut dyn Period) {
        let used = || {
            let clock = ClockId::CLOCK_THREAD_CPUTIME_ID;
            Duration::from(clock_gettime(clock).unwrap()).as_secs_f64()
        };
        let end = used() + self.0 * period.frames() as f64 / f64::from(RATE);
        while used() < end {}
    }
}

/// Plays `share` of each period for `seconds`, sampling as the engine thread does.
fn health(share: f64, seconds: f64) -> Health {
    let running = start(&wish(), Busy(share));
    let begun = Instant::now();
    let mut health = running.monitor.sample();
    while begun.elapsed().as_secs_f64() < seconds {
        std::thread::sleep(Duration::from_millis(3));
        health = running.monitor.sample();
    }
    let q = |q| health.histogram.quantile_ns(q) / 1000;
    println!(
        "share {share}: load {:.2}, {} periods, half under {} µs, 99 % {} µs, all {} µs; \
         {} xruns, {} ours, {} over; {:?}",
        health.load,
        health.periods,
        q(0.5),
        q(0.99),
        q(1.0),
        health.xruns,
        health.ours,
        health.over,
        health.thread,
    );
    health
}

#[test]
fn xruns_are_ours_only_when_we_compute_too_long() {
    on_jack("jack::xruns_are_ours_only_when_we_compute_too_long", |_| {
        // A host that takes a virtual core away charges that to whoever ran on it.
        let few = |health: &Health| health.ours * 100 <= health.periods;
        let calm = health(0.05, 3.0);
        assert!(few(&calm), "{calm:?}");
        let thread = calm.thread.unwrap();
        // The server's own wait, once a period; the callback waits for nothing.
        assert!(thread.voluntary <= calm.periods + 20 && thread.cpu_ns > 0, "{thread:?}");
        let stop = Arc::new(AtomicBool::new(false));
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let burners: Vec<_> = (0..2 * cores)
            .map(|_| {
                let stop = Arc::clone(&stop);
                std::thread::spawn(move || while !stop.load(Relaxed) {})
            })
            .collect();
        let crowded = health(0.05, 5.0);
        stop.store(true, Relaxed);
        for burner in burners {
            burner.join().unwrap();
        }
        assert!(few(&crowded), "{crowded:?}");
        let slow = health(1.5, 3.0);
        assert!(!few(&slow), "{slow:?}");
        // The last ones are judged by a sample that does not come, the first ones fell to others.
        assert!(slow.ours > slow.xruns / 2, "{slow:?}");
    });
}

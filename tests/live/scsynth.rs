//! scsynth plays a track live, through JACK: in time with the rest, and when it is lost, without it.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use hardcore::device::monitor::host_now_ns;
use hardcore::device::port::{Callback, Period};
use hardcore::device::{Backend, Running, Wish, open};
use hardcore::engine::block::{BLOCK, StereoBlock};
use hardcore::engine::prepare::{Engine, Options, Samples, prepare};
use hardcore::engine::protocol::Gesture;
use hardcore::engine::renderer::{HostTime, Outputs, Renderer};
use hardcore::model::clip::ClipContent;
use hardcore::model::time::{Bpm, TempoMap};
use hardcore::synth::scsynth::{Config, Event, Returns, Server};

use crate::jack::server::{self, RATE, on_jack, until};
use crate::support::{add_track, click_synth, clip, has, library, notes, project};

/// Plays an engine as the program does: scsynth's outputs in, blocks out. Tells on which frame each of the
/// first two tracks clicks.
struct Live {
    renderer: Renderer,
    returns: Returns,
    blocks: Vec<StereoBlock>,
    onsets: rtrb::Producer<(usize, u64)>,
    frames: Arc<AtomicU64>,
    /// When the last period began, ns.
    woke: u64,
    /// The frame of the last period that began late, by more than [`LATE`].
    late: Arc<AtomicU64>,
}

/// A period that begins this much too long after the one before, in ns, moves scsynth's clock, which is
/// read then.
const LATE: u64 = 1_000_000;

impl Callback for Live {
    fn process(&mut self, period: &mut dyn Period) {
        let woke = host_now_ns();
        let due = self.woke + period.frames() as u64 * 1_000_000_000 / u64::from(RATE);
        if std::mem::replace(&mut self.woke, woke) > 0 && woke > due + LATE {
            self.late.store(self.renderer.frame(), Relaxed);
        }
        self.returns.period(self.renderer.frame());
        let mut out = Outputs::SILENT;
        for at in (0..period.frames()).step_by(BLOCK) {
            let frame = self.renderer.frame();
            for (pair, block) in self.blocks.iter_mut().enumerate() {
                block.l.copy_from_slice(&period.input(2 * pair)[at..at + BLOCK]);
                block.r.copy_from_slice(&period.input(2 * pair + 1)[at..at + BLOCK]);
            }
            self.returns.block(frame, &self.blocks);
            self.renderer.render(&[], &mut out, HostTime { nanoseconds: period.host_ns() });
            for track in 0..2 {
                let Some((pre, _)) = self.renderer.tap(track) else { continue };
                for i in (0..BLOCK).filter(|i| pre.l[*i].abs() > 0.4) {
                    let _ = self.onsets.push((track, frame + i as u64));
                }
            }
            for (channel, side) in [out.master.l, out.master.r].iter().enumerate() {
                period.output(channel)[at..at + BLOCK].copy_from_slice(side);
            }
        }
        self.frames.fetch_add(period.frames() as u64, Relaxed);
    }
}

/// Two tracks with the same clicks, one at scsynth, one embedded.
struct Set {
    server: Server,
    engine: Engine,
    running: Running,
    onsets: rtrb::Consumer<(usize, u64)>,
    frames: Arc<AtomicU64>,
    events: Vec<Event>,
    xruns: u64,
    late: Arc<AtomicU64>,
    /// Frames on which an xrun or a late period was noticed.
    disturbed: Vec<u64>,
    /// When the callback was last seen to go on.
    went_on: (u64, Instant),
    longest_halt: Duration,
    /// By track.
    heard: [Vec<u64>; 2],
}

/// Clicks a second: 16ths at 150 BPM.
const EVERY: u64 = 4800;
/// A bar at 150 BPM, frames.
const BAR: u64 = 16 * EVERY;

impl Set {
    fn start(program: &str) -> Set {
        let mut project = project(TempoMap::constant(Bpm::new(150.0).unwrap()));
        let starts: Vec<i64> = (0..16).map(|n| n * 240).collect();
        for id in [700, 701] {
            let content = ClipContent::Midi(notes(&starts));
            add_track(&mut project, click_synth(), clip(id, 3840, true, content));
        }
        let config =
            Config { tracks: 1, program: program.into(), ..Config::new(RATE, host_now_ns) };
        let server = Server::start(&config, library()).unwrap();
        let options = Options { rate: RATE, threads: 0, sources: 0 };
        let (mut engine, renderer, _) =
            prepare(&project, &server.factory(), &Samples::new(), &options).unwrap();
        engine.send(None, Gesture::LaunchScene(0)).unwrap();
        let (produce, onsets) = rtrb::RingBuffer::new(1 << 16);
        let frames = Arc::new(AtomicU64::new(0));
        let returns = server.returns();
        let blocks = vec![StereoBlock::SILENT; returns.pairs()];
        let late = Arc::new(AtomicU64::new(0));
        let told = (Arc::clone(&frames), Arc::clone(&late));
        let live = Live {
            renderer,
            returns,
            blocks,
            onsets: produce,
            frames: told.0,
            woke: 0,
            late: told.1,
        };
        let wish = Wish { backend: Backend::Jack, inputs: server.inputs(), ..Wish::default() };
        let running = open(&wish, Box::new(live)).map_err(|e| e.0).unwrap();
        Set {
            server,
            engine,
            running,
            onsets,
            frames,
            events: Vec::new(),
            xruns: 0,
            late,
            disturbed: Vec::new(),
            went_on: (0, Instant::now()),
            longest_halt: Duration::ZERO,
            heard: Default::default(),
        }
    }

    /// What the engine thread does every few milliseconds.
    fn tick(&mut self) {
        self.engine.maintain();
        let bay = self.running.patchbay().unwrap();
        let events = self.server.tick(|short| bay.own(short), |from, to| bay.connect(from, to));
        for event in events {
            println!("frame {}: {event:?}", self.frames.load(Relaxed));
            self.events.push(event);
        }
        let (now, xruns) = (self.frames.load(Relaxed), self.running.monitor.sample().xruns);
        let late = self.late.load(Relaxed);
        if xruns != self.xruns {
            self.xruns = xruns;
            self.disturbed.push(now);
        } else if late > self.disturbed.last().copied().unwrap_or(0) {
            self.disturbed.push(late);
        }
        if now != self.went_on.0 {
            self.went_on = (now, Instant::now());
        }
        self.longest_halt = self.longest_halt.max(self.went_on.1.elapsed());
        while let Ok((track, frame)) = self.onsets.pop() {
            self.heard[track].push(frame);
        }
        std::thread::sleep(Duration::from_millis(2));
    }

    fn wait_for(&mut self, what: &str, mut is: impl FnMut(&Event) -> bool) {
        let begun = Instant::now();
        while !self.events.iter().any(&mut is) {
            assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
            self.tick();
        }
        self.events.clear();
    }

    fn play(&mut self, seconds: f64) {
        let begun = Instant::now();
        while begun.elapsed().as_secs_f64() < seconds {
            self.tick();
        }
    }

    fn forget(&mut self) {
        self.tick();
        self.heard.iter_mut().for_each(Vec::clear);
    }

    /// For each click of the embedded track how far scsynth's is from it, frames; `None` where there is
    /// none within a quarter of the distance between two.
    fn apart(&self) -> Vec<(u64, Option<i64>)> {
        let near = |at: u64| {
            let off = self.heard[0].iter().map(|heard| *heard as i64 - at as i64);
            off.min_by_key(|off| off.abs()).filter(|off| off.unsigned_abs() < EVERY / 4)
        };
        self.heard[1].iter().map(|at| (*at, near(*at))).collect()
    }
}

fn on_scsynth(name: &str, body: fn(&mut server::Server)) {
    if has("scsynth") {
        on_jack(&format!("scsynth::{name}"), body);
    }
}

fn signal(set: &Set, signal: &str) {
    let id = set.server.process_id().unwrap().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
}

#[test]
fn notes_at_scsynth_come_in_time() {
    on_scsynth("notes_at_scsynth_come_in_time", |_| {
        let mut set = Set::start("scsynth");
        set.wait_for("scsynth plays", |e| *e == Event::Ready);
        set.play(1.0);
        set.forget();
        let long = std::env::var_os("HARDCORE_SOAK").is_some();
        set.play(if long { 600.0 } else { 20.0 });
        let apart = set.apart();
        // scsynth's clock starts anew at an xrun and is off after a late period.
        let disturbed = |at: u64| {
            let near = |x: &u64| (x.saturating_sub(4800)..x + 12_000).contains(&at);
            set.disturbed.iter().any(near)
        };
        let calm: Vec<_> = apart.iter().filter(|(at, _)| !disturbed(*at)).collect();
        let missing = calm.iter().filter(|(_, off)| off.is_none()).count();
        let ms = |frames: i64| frames as f64 / f64::from(RATE) * 1e3;
        let sorted = |mut off: Vec<i64>| {
            off.sort_unstable_by_key(|off| off.abs());
            off
        };
        let all = sorted(apart.iter().filter_map(|(_, off)| *off).collect());
        let off = sorted(calm.iter().filter_map(|(_, off)| *off).collect());
        println!(
            "{} notes, {} of them away from {} xruns and late periods ({} xruns)",
            apart.len(),
            calm.len(),
            set.disturbed.len(),
            set.xruns,
        );
        if off.len() < 40 {
            eprintln!("SKIPPED: this machine is too busy to judge by");
            return;
        }
        let at = |share: usize| off[(off.len() - 1) * share / 100];
        println!(
            "median {:.3} ms, 99 % {:.3} ms, worst {:.3} ms apart, {missing} missing; elsewhere worst {:.3} \
             ms; {:?}",
            ms(at(50)),
            ms(at(99)),
            ms(at(100)),
            ms(all[all.len() - 1]),
            set.server.timing(),
        );
        // Twenty seconds beside who knows what: a fault of ours shows in the middle, the machine's in the
        // worst. In ten quiet minutes the worst counts.
        let outside = off.iter().filter(|off| off.unsigned_abs() > u64::from(RATE) / 1000).count();
        println!("{outside} of {} more than 1 ms apart", off.len());
        assert_eq!(missing, 0);
        if long {
            assert_eq!(outside, 0);
        } else {
            assert!(at(50).abs() <= i64::from(RATE / 4000));
        }
    });
}

/// scsynth is lost in mid-set by `lose` and comes back.
fn goes_on(lose: &str, said: &str) {
    let mut set = Set::start("scsynth");
    set.wait_for("scsynth plays", |e| *e == Event::Ready);
    set.play(1.0);
    set.forget();
    set.longest_halt = Duration::ZERO;
    let lost_at = set.frames.load(Relaxed);
    signal(&set, lose);
    let begun = Instant::now();
    set.wait_for("the loss is said", |e| matches!(e, Event::Lost(why) if why.contains(said)));
    println!("said after {:?}", begun.elapsed());
    set.wait_for("scsynth plays again", |e| *e == Event::Back);
    let back_at = set.frames.load(Relaxed);
    println!(
        "back after {:?}; longest halt of the callback {:?}",
        begun.elapsed(),
        set.longest_halt
    );
    set.play(2.5);
    assert!(set.server.is_usable());
    let apart = set.apart();
    let missing: Vec<u64> =
        apart.iter().filter(|(_, off)| off.is_none()).map(|(at, _)| *at).collect();
    let late = |at: u64| (at.max(lost_at) - lost_at) as f64 / f64::from(RATE);
    println!(
        "{} notes; missing: {:?} s after the loss",
        apart.len(),
        missing.iter().map(|at| late(*at)).collect::<Vec<_>>()
    );
    let gap = lost_at + BAR..back_at;
    assert!(!missing.iter().any(|at| gap.contains(at)), "none is missing after a bar");
    let embedded =
        apart.iter().filter(|(at, _)| (lost_at + 2 * EVERY..back_at - EVERY).contains(at));
    assert!(embedded.clone().all(|(_, off)| *off == Some(0)), "the embedded synth is exact");
    let again = apart.iter().filter(|(at, off)| *at > back_at + EVERY && *off != Some(0)).count();
    let embedded = embedded.count();
    println!("{embedded} notes embedded, {again} heard from scsynth again");
    assert!(embedded > 0);
    assert!(again > 0, "scsynth is never exact to the frame for seconds");
    // Nobody waits for scsynth, which is given up after seconds.
    assert!(set.longest_halt < Duration::from_secs(1), "{:?}", set.longest_halt);
}

#[test]
fn a_killed_scsynth_is_replaced() {
    on_scsynth("a_killed_scsynth_is_replaced", |_| goes_on("-KILL", "signal: 9"));
}

#[test]
fn a_hanging_scsynth_is_replaced() {
    on_scsynth("a_hanging_scsynth_is_replaced", |_| goes_on("-STOP", "hangs"));
}

#[test]
fn without_scsynth_the_set_plays() {
    on_jack("scsynth::without_scsynth_the_set_plays", |_| {
        let mut set = Set::start("scsynth-that-nobody-has");
        set.wait_for(
            "it is said",
            |e| matches!(e, Event::Lost(why) if why.contains("supercollider-server")),
        );
        set.play(2.0);
        let apart = set.apart();
        assert!(apart.len() > 15 && apart.iter().all(|(_, off)| *off == Some(0)), "{apart:?}");
        assert_eq!(set.events, [], "said once");
    });
}

#[test]
fn without_jack_it_is_said() {
    if !has("scsynth") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("scsynth");
    std::fs::write(&program, "#!/bin/sh\nJACK_DEFAULT_SERVER=hardcore-none exec scsynth \"$@\"\n")
        .unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let config = Config { program, ..Config::new(RATE, host_now_ns) };
    let mut server = Server::start(&config, library()).unwrap();
    let mut said = Vec::new();
    until("it is said", || {
        said.extend(server.tick(str::to_owned, |_, _| Err("no JACK".to_owned())));
        !said.is_empty()
    });
    assert!(
        matches!(&said[0], Event::Lost(why) if why.contains("finds no JACK server")),
        "{said:?}"
    );
}

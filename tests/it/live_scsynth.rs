//! scsynth plays a track live, through JACK: in time with the rest, and when it is lost, without it.

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
}

impl Callback for Live {
    fn process(&mut self, period: &mut dyn Period) {
        self.returns.period(self.renderer.frame(), period.host_ns());
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
        let live = Live { renderer, returns, blocks, onsets: produce, frames: Arc::clone(&frames) };
        let wish = Wish { backend: Backend::Jack, inputs: server.inputs(), ..Wish::default() };
        let running = open(&wish, Box::new(live)).map_err(|e| e.0).unwrap();
        let (events, heard) = Default::default();
        Set { server, engine, running, onsets, frames, events, heard }
    }

    /// What the engine thread does every few milliseconds.
    fn tick(&mut self) {
        self.engine.maintain();
        let bay = self.running.patchbay().unwrap();
        let events = self.server.tick(|short| bay.own(short), |from, to| bay.connect(from, to));
        for event in events {
            println!("{:>8} {event:?}", self.frames.load(Relaxed));
            self.events.push(event);
        }
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
        on_jack(&format!("live_scsynth::{name}"), body);
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
        let xruns = set.running.monitor.sample().xruns;
        println!("DBG {:?} {:?} {:?}", &set.heard[0][..set.heard[0].len().min(8)], &set.heard[1][..set.heard[1].len().min(8)], set.server.timing());
        let missing = apart.iter().filter(|(_, off)| off.is_none()).count();
        let mut off: Vec<i64> = apart.iter().filter_map(|(_, off)| *off).collect();
        off.sort_unstable_by_key(|off| off.abs());
        let ms = |frames: i64| frames as f64 / f64::from(RATE) * 1e3;
        let beyond = off.iter().filter(|off| off.abs() > i64::from(RATE) / 1000).count();
        println!(
            "{} notes, {missing} missing; median {:.3} ms, 99 % {:.3} ms, worst {:.3} ms apart, \
             {beyond} by more than 1 ms; {xruns} xruns; {:?}",
            apart.len(),
            ms(off[off.len() / 2]),
            ms(off[off.len() * 99 / 100]),
            ms(off[off.len() - 1]),
            set.server.timing(),
        );
        assert!(apart.len() > 150);
        assert!(missing as u64 <= 2 * xruns && beyond as u64 <= 4 * xruns);
    });
}

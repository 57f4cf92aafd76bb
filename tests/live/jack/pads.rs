//! Pads and keys through JACK: from press to sound and light, on every controller.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::Instant;

use hardcore::app::player::Player;
use hardcore::device::{Backend, MIDI_PORTS, Wish};
use hardcore::engine::prepare::Samples;
use hardcore::live::desk::{At, News, Order};
use hardcore::live::hall::{Hall, Report, Stage};
use hardcore::midi::pads::{Model, Rgb, simulated::Simulated};
use hardcore::model::clip::{Clip, ClipContent};
use hardcore::model::ids::{ClipId, IdCounter};
use hardcore::model::launch::{LaunchSettings, Quantization};
use hardcore::model::project::Project;
use jack::{
    AsyncClient, AudioIn, Client, ClientOptions, Control, MidiIn, MidiOut, Port, ProcessHandler,
    ProcessScope, RawMidi,
};

use super::server::{PERIOD, RATE, Xruns, on_jack, until};
use crate::support::{add_track, blank, click_synth, clip, notes, stage};

/// What happened at the controller, with its frame on the server's clock.
enum Seen {
    Pressed(u32),
    Lit(u32, [u8; 96], usize),
    Heard(u32),
}

/// A controller with an ear on the master.
struct Controller {
    quit: Arc<AtomicBool>,
    client: AsyncClient<Xruns, Program>,
    press: rtrb::Producer<(u32, [u8; 3])>,
    /// Frames from one clock message to the next; 0 for none.
    clock: Arc<AtomicU32>,
    seen: rtrb::Consumer<Seen>,
    xruns: Arc<AtomicU32>,
}

struct Program {
    quit: Arc<AtomicBool>,
    keys: Port<MidiOut>,
    lamps: Port<MidiIn>,
    ear: Port<AudioIn>,
    presses: rtrb::Consumer<(u32, [u8; 3])>,
    clock: Arc<AtomicU32>,
    /// Frames until the next clock message; the first comes after a start.
    until_clock: Option<u32>,
    tell: rtrb::Producer<Seen>,
}

impl ProcessHandler for Program {
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        let now = scope.last_frame_time();
        for message in self.lamps.iter(scope) {
            let mut bytes = [0; 96];
            let count = message.bytes.len().min(96);
            bytes[..count].copy_from_slice(&message.bytes[..count]);
            let _ = self.tell.push(Seen::Lit(now + message.time, bytes, count));
        }
        for (i, x) in self.ear.as_slice(scope).iter().enumerate() {
            if x.abs() > 0.4 {
                let _ = self.tell.push(Seen::Heard(now + i as u32));
            }
        }
        let mut writer = self.keys.writer(scope);
        let every = self.clock.load(Relaxed);
        if every > 0 {
            let mut next = self.until_clock.unwrap_or_else(|| {
                writer.write(&RawMidi { time: 0, bytes: &[0xFA] }).unwrap();
                1
            });
            while next < scope.n_frames() {
                writer.write(&RawMidi { time: next, bytes: &[0xF8] }).unwrap();
                next += every;
            }
            self.until_clock = Some(next - scope.n_frames());
        }
        if let Ok((time, bytes)) = self.presses.pop() {
            writer.write(&RawMidi { time, bytes: &bytes }).unwrap();
            let _ = self.tell.push(Seen::Pressed(now + time));
        }
        if self.quit.load(Relaxed) { Control::Quit } else { Control::Continue }
    }
}

impl Controller {
    /// Plug in a controller whose ports are called so.
    fn plug(name: &str, keys: &str, lamps: &str) -> Controller {
        let client = Client::new(name, ClientOptions::NO_START_SERVER).unwrap().0;
        let (press, presses) = rtrb::RingBuffer::new(64);
        let (tell, seen) = rtrb::RingBuffer::new(65_536);
        let clock = Arc::new(AtomicU32::new(0));
        let (quit, xruns) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let program = Program {
            quit: Arc::clone(&quit),
            keys: client.register_port(keys, MidiOut::default()).unwrap(),
            lamps: client.register_port(lamps, MidiIn::default()).unwrap(),
            ear: client.register_port("ear", AudioIn::default()).unwrap(),
            presses,
            clock: Arc::clone(&clock),
            until_clock: None,
            tell,
        };
        let notify = Xruns(Arc::clone(&xruns));
        let client = client.activate_async(notify, program).unwrap();
        Controller { quit, client, press, clock, seen, xruns }
    }

    fn listen(&self, to: &str) {
        let client = self.client.as_client();
        let ear = format!("{}:ear", client.name());
        client.connect_ports_by_name(to, &ear).unwrap();
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        self.quit.store(true, Relaxed);
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// Two tracks of clicks that start at once; each has a clip in the first scene.
fn clicks() -> Project {
    let mut p = blank();
    p.song.next_id = IdCounter(10_000);
    let launch =
        LaunchSettings { quantization: Some(Quantization::None), ..LaunchSettings::default() };
    for id in [700, 701] {
        let content = ClipContent::Midi(notes(&[0]));
        let one = Clip { launch: launch.clone(), ..clip(id, 3840 * 64, true, content) };
        assert_eq!(one.id, ClipId(id));
        add_track(&mut p, click_synth(), one);
    }
    p
}

/// A set that plays on JACK, and what it tells.
struct Set {
    hall: Hall,
    player: Player,
    said: Vec<String>,
}

impl Set {
    fn open(p: Project) -> Set {
        Set::with_clocks(p, true, None)
    }

    /// One that follows a clock, or gives one to the ports that have `clock_out` in their names.
    fn with_clocks(p: Project, clock_in: bool, clock_out: Option<&str>) -> Set {
        let player = Player::new(p.clone(), Path::new("set.hcs")).unwrap();
        let wish = Wish { backend: Backend::Jack, midi: MIDI_PORTS, ..Wish::default() };
        let clock_out = clock_out.map(str::to_owned);
        let stage = Stage { wish, clock_in, clock_out, ..stage(Samples::new()) };
        let hall = Hall::open(p, stage).unwrap_or_else(|e| panic!("{e}"));
        Set { hall, player, said: Vec::new() }
    }

    fn tend(&mut self) {
        for report in self.hall.reports.try_iter() {
            let Report::News(news) = report else { continue };
            if let News::Notice(s) = &news {
                println!("{s}");
                self.said.push(s.clone());
            }
            let hall = &self.hall;
            self.player.news(news, &mut |o| hall.order(o));
        }
    }

    fn line(&mut self, line: &str) {
        let hall = &self.hall;
        self.player.line(line, At::Now, &mut |o: Order| hall.order(o)).unwrap();
    }

    fn wait(&mut self, what: &str, mut done: impl FnMut(&mut Set) -> bool) {
        until(what, || {
            self.tend();
            done(self)
        });
    }

    /// Presses until something `is` seen, as an xrun may take a press or its answer; how many frames
    /// after the last press.
    fn after(
        &mut self,
        at: &mut Controller,
        what: &str,
        press: (u32, [u8; 3]),
        mut is: impl FnMut(&Seen) -> bool,
    ) -> u32 {
        while at.seen.pop().is_ok() {}
        let (mut pressed, mut answer) = (None, None);
        let mut waits = Instant::now();
        at.press.push(press).unwrap();
        self.wait(what, |s| {
            if waits.elapsed().as_secs() >= 3 {
                println!("in vain once: {what}");
                s.line("stop all");
                std::thread::sleep(std::time::Duration::from_millis(100));
                while at.seen.pop().is_ok() {}
                (pressed, answer, waits) = (None, None, Instant::now());
                at.press.push(press).unwrap();
            }
            while let Ok(seen) = at.seen.pop() {
                match seen {
                    Seen::Pressed(frame) => pressed = Some(frame),
                    seen @ (Seen::Heard(frame) | Seen::Lit(frame, ..)) => {
                        if pressed.is_some() && is(&seen) {
                            answer = answer.or(Some(frame));
                        }
                    }
                }
            }
            answer.is_some()
        });
        answer.unwrap().saturating_sub(pressed.unwrap())
    }
}

/// Median and worst of some latencies, which are sorted, printed in milliseconds.
fn figures(what: &str, frames: &mut [u32]) -> u32 {
    frames.sort_unstable();
    let ms = |f: u32| f64::from(f) * 1000.0 / f64::from(RATE);
    let (median, worst) = (frames[frames.len() / 2], frames[frames.len() - 1]);
    println!(
        "{what}: median {:.2} ms, worst {:.2} ms of {} (a period is {:.2} ms)",
        ms(median),
        ms(worst),
        frames.len(),
        ms(PERIOD as u32)
    );
    worst
}

/// One period and a millisecond.
const ALLOWED: u32 = PERIOD as u32 + RATE / 1000;

#[test]
fn a_key_sounds_and_a_pad_lights_within_a_period() {
    on_jack("jack::pads::a_key_sounds_and_a_pad_lights_within_a_period", |_| {
        let mut keys = Controller::plug("piano", "out", "in");
        let mut pads = Controller::plug("Launchpad X", "LPX MIDI Out", "LPX MIDI In");
        let mut set = Set::open(clicks());
        set.wait("both are heard", |s| {
            s.said.iter().filter(|s| s.contains("is heard")).count() == 2
        });
        set.line("arm 1 on");
        keys.listen("hardcore:master_l");
        pads.listen("hardcore:master_l");
        let mut device = Simulated::plugged(Model::LaunchpadX);
        let mut lit = 0;
        // Greeted, it shows two clips.
        set.wait("it is greeted", |_| {
            while let Ok(seen) = pads.seen.pop() {
                if let Seen::Lit(_, bytes, count) = seen {
                    device.receive(&bytes[..count]).unwrap();
                    lit += 1;
                }
            }
            let (ch, n) = device.pad(1, 0);
            device.light(ch, n) != Rgb(0, 0, 0)
        });
        let (mut sound, mut light) = (Vec::new(), Vec::new());
        // The first press waits for the track to be armed: it is not measured.
        for round in 0..=60u32 {
            let at = round * 37 % PERIOD as u32;
            let heard = set.after(&mut keys, "the key sounds", (at, [0x90, 60, 100]), |seen| {
                matches!(seen, Seen::Heard(_))
            });
            keys.press.push((0, [0x80, 60, 0])).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(20));

            // A pad: the light of the clip that begins changes.
            let pad = device.pad((round % 2) as u8, 0);
            let press = (at, device.press(pad, 100));
            let lit = set.after(&mut pads, "the pad lights", press, |seen| {
                let Seen::Lit(_, bytes, count) = seen else { return false };
                device.receive(&bytes[..*count]).unwrap();
                true
            });
            pads.press.push((0, device.release(pad))).unwrap();
            set.line("stop");
            set.line("stop all");
            std::thread::sleep(std::time::Duration::from_millis(30));
            if round > 0 {
                sound.push(heard);
                light.push(lit);
            }
        }
        let xruns = keys.xruns.load(Relaxed) + pads.xruns.load(Relaxed);
        let worst = figures("key to sound", &mut sound);
        let worst_light = figures("pad to light", &mut light);
        let late = sound.iter().chain(&light).filter(|f| **f > ALLOWED).count();
        println!("{xruns} xruns; worst {worst} and {worst_light} frames, {late} late");
        // JACK tells of some xruns late, or of several as one.
        assert!(late == 0 || xruns > 0, "late without an xrun");
        assert!(sound[30] <= ALLOWED && light[30] <= ALLOWED, "mostly late");
    });
}

#[test]
fn the_set_follows_another_machines_clock() {
    on_jack("jack::pads::the_set_follows_another_machines_clock", |_| {
        let machine = Controller::plug("drum machine", "out", "in");
        let mut set = Set::open(clicks());
        set.wait("it is heard", |s| s.said.iter().any(|s| s.contains("is heard")));
        // 24 messages a quarter: 800 frames are 150 BPM, 690 are 173.913.
        for (every, bpm) in [(800, 150.0), (690, 173.913)] {
            machine.clock.store(every, Relaxed);
            let mut last = 0.0;
            set.wait("the tempo is taken", |s| {
                let head = s.player.view().unwrap().snapshot.playhead();
                last = head.bpm.get();
                head.playing && (last - bpm).abs() < 0.1
            });
            println!("{bpm} BPM: {last}");
        }
    });
}

#[test]
fn other_machines_hear_the_clock_on_its_frames() {
    on_jack("jack::pads::other_machines_hear_the_clock_on_its_frames", |_| {
        let mut machine = Controller::plug("drum machine", "out", "in");
        let mut set = Set::with_clocks(clicks(), false, Some("Drum"));
        set.wait("the clock is connected", |s| s.said.iter().any(|s| s.contains("clock goes to")));
        set.line("tempo 173");
        set.line("play");
        let (mut start, mut clocks) = (None, Vec::new());
        set.wait("six seconds of clocks", |_| {
            while let Ok(seen) = machine.seen.pop() {
                match seen {
                    Seen::Lit(frame, bytes, 1) if bytes[0] == 0xFA => start = Some(frame),
                    Seen::Lit(frame, bytes, 1) if bytes[0] == 0xF8 && start.is_some() => {
                        clocks.push(frame);
                    }
                    _ => {}
                }
            }
            clocks.len() > 415
        });
        // 60 / (24 · 173) seconds from clock to clock.
        let every = 60.0 * f64::from(RATE) / (24.0 * 173.0);
        let wanted = |n: usize| (n as f64 * every).round() as i64;
        let mut begun = i64::from(start.unwrap());
        let (mut slips, mut off) = (0, 0u32);
        for (n, frame) in clocks.iter().map(|frame| i64::from(*frame)).enumerate() {
            let late = frame - (begun + wanted(n));
            // After a slip the count may round otherwise.
            if late.abs() <= i64::from(slips > 0) {
                continue;
            }
            // The server left us out of whole periods: all that follows comes as much later. It may leave
            // the listener out, too, who then misses a clock, or is early by the server's own count of
            // frames.
            slips += 1;
            let whole = (late + 1).rem_euclid(PERIOD as i64) <= 2;
            off += u32::from(!whole);
            begun = frame - wanted(n);
        }
        let xruns = machine.xruns.load(Relaxed);
        println!("{} clocks, {slips} slips, {off} by no whole period, {xruns} xruns", clocks.len());
        // JACK tells of some xruns late, or of several as one.
        assert!(off == 0 || xruns > 0, "off the frame without an xrun");
        assert!(slips < clocks.len() / 2, "mostly off");
    });
}

#[test]
fn one_set_follows_the_clock_of_another() {
    on_jack("jack::pads::one_set_follows_the_clock_of_another", |_| {
        let mut leader = Set::with_clocks(clicks(), false, Some("hardcore-01:midi_in_1"));
        let mut follower = Set::with_clocks(clicks(), true, None);
        leader.wait("they are connected", |s| s.said.iter().any(|s| s.contains("clock goes to")));
        follower.wait("it is heard", |s| s.said.iter().any(|s| s.contains("clock_out is heard")));
        for bpm in [150, 187] {
            // Both at once: where each is, in beats.
            let mut apart = (0.0, 0.0);
            let (tempo, mut begun) = (format!("tempo {bpm}"), None::<Instant>);
            follower.wait("it runs in step", |s| {
                leader.tend();
                // An xrun may take a start or clocks away; the next start makes up for it.
                if begun.is_none_or(|begun| begun.elapsed().as_secs() >= 6) {
                    ["stop", &tempo, "play"].into_iter().for_each(|line| leader.line(line));
                    begun = Some(Instant::now());
                }
                let (a, b) = (leader.player.view(), s.player.view());
                let (a, b) = (a.unwrap().snapshot.playhead(), b.unwrap().snapshot.playhead());
                apart = (b.bpm.get() - f64::from(bpm), (b.pos - a.pos).ticks() / 960.0);
                b.playing && apart.0.abs() < 0.5 && apart.1.abs() < 0.05
            });
            println!("{bpm} BPM: {:.3} BPM and {:.3} beats apart", apart.0, apart.1);
            let mut begun = None::<Instant>;
            follower.wait("it stops", |s| {
                leader.tend();
                if begun.is_none_or(|begun| begun.elapsed().as_secs() >= 6) {
                    ["play", "stop"].into_iter().for_each(|line| leader.line(line));
                    begun = Some(Instant::now());
                }
                !s.player.view().unwrap().snapshot.playhead().playing
            });
        }
    });
}

#[test]
fn every_controller_shows_the_set_and_plays_it() {
    on_jack("jack::pads::every_controller_shows_the_set_and_plays_it", |_| {
        let ports = [
            (Model::LaunchpadX, "Launchpad X", "LPX MIDI Out", "LPX MIDI In"),
            (Model::LaunchpadMini, "Launchpad Mini MK3", "LPMiniMK3 MIDI Out", "LPMiniMK3 MIDI In"),
            (Model::LaunchpadPro, "Launchpad Pro MK3", "LPProMK3 MIDI", "LPProMK3 MIDI 1"),
            (Model::ApcMini, "APC MINI", "out", "in"),
            (Model::ApcMiniMk2, "APC mini mk2", "out", "in"),
            (Model::Apc40Mk2, "APC40 mkII", "out", "in"),
        ];
        let mut set = Set::open(clicks());
        for (model, name, keys, lamps) in ports {
            // Twice: what is plugged in again is lit again.
            for _ in 0..2 {
                let mut pads = Controller::plug(name, keys, lamps);
                let mut device = Simulated::plugged(model);
                let lights = |pads: &mut Controller, device: &mut Simulated| {
                    while let Ok(seen) = pads.seen.pop() {
                        if let Seen::Lit(_, bytes, count) = seen {
                            device.receive(&bytes[..count]).unwrap_or_else(|e| panic!("{e}"));
                        }
                    }
                    let at = |column, row| {
                        let (channel, number) = device.pad(column, row);
                        device.light(channel, number)
                    };
                    [at(0, 0), at(1, 0), at(0, 1)]
                };
                let dark = Rgb(0, 0, 0);
                set.wait("it shows both clips", |_| {
                    let [a, b, none] = lights(&mut pads, &mut device);
                    a != dark && b != dark && none == dark
                });
                let [stopped, ..] = lights(&mut pads, &mut device);
                let pad = device.pad(0, 0);
                pads.press.push((0, device.press(pad, 100))).unwrap();
                set.wait("the clip plays and its pad is another colour", |s| {
                    let view = s.player.view().unwrap();
                    let plays = view.snapshot.track(0).playing == Some(0);
                    plays && lights(&mut pads, &mut device)[0] != stopped
                });
                pads.press.push((0, device.release(pad))).unwrap();
                set.line("stop");
                set.line("stop all");
                set.wait("the pad is as it was", |_| lights(&mut pads, &mut device)[0] == stopped);
                drop(pads);
                set.wait("it is gone", |s| s.said.iter().any(|s| s.contains("is gone")));
                set.said.clear();
            }
        }
    });
}

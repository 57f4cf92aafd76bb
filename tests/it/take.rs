//! A take's journal played again gives the same bytes, whatever was played and edited meanwhile.

use std::collections::BTreeMap;
use std::path::Path;

use hardcore::app::player::Player;
use hardcore::engine::block::{BLOCK, StereoBlock};
use hardcore::engine::plan::Target;
use hardcore::engine::prepare::{Options, Samples, prepare};
use hardcore::engine::protocol::{Command, Gesture, Timed, When};
use hardcore::engine::renderer::{HostTime, Outputs};
use hardcore::live::desk::{At, Desk, Loader, Order, Parts};
use hardcore::live::journal::{self, Line};
use hardcore::live::performer::Performer;
use hardcore::live::replay::Replay;
use hardcore::model::project::Project;
use hardcore::model::track::TrackKind;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::support::factory;
use crate::{lines, stage};

const RATE: u32 = 48_000;

/// Has the stage's samples at hand.
pub struct AtHand;

impl Loader for AtHand {
    fn load(&mut self, _: &Project, samples: &mut Samples) -> Vec<String> {
        if samples.is_empty() {
            *samples = stage::samples();
        }
        Vec::new()
    }
}

/// A set played without a device: both sides of the protocol on one thread, and a keyboard.
pub struct Set {
    pub player: Player,
    pub desk: Desk,
    pub performer: Performer,
    pub keys: rtrb::Producer<Timed>,
    rng: Pcg64Mcg,
    /// What was heard.
    pub heard: Vec<StereoBlock>,
    /// Actions done and refused, by their first word.
    pub done: BTreeMap<String, [u32; 2]>,
}

impl Set {
    pub fn new(project: Project, seed: u64, threads: usize, journal: &Path) -> Set {
        let samples = stage::samples();
        let options = Options { rate: RATE, threads, sources: 1 };
        let (engine, renderer, mut sources) =
            prepare(&project, &*factory(), &samples, &options).expect("a playable project");
        let (performer, tap) = Performer::new(renderer);
        let player = Player::new(project.clone(), Path::new("take.hcs")).expect("a good project");
        let parts = Parts {
            engine,
            tap,
            factory: factory(),
            loader: Box::new(AtHand),
            samples,
            project,
            rate: RATE,
            threads,
        };
        let mut desk = Desk::new(parts);
        desk.journal(journal).expect("a journal");
        desk.send(When::Now, Gesture::Loop(true));
        desk.order(Order::Grace(80));
        let (keys, rng) = (sources.remove(0), Pcg64Mcg::seed_from_u64(seed));
        let mut set =
            Set { player, desk, performer, keys, rng, heard: Vec::new(), done: BTreeMap::new() };
        set.tend();
        set
    }

    /// What the engine thread does between two periods.
    pub fn tend(&mut self) {
        let mut orders = Vec::new();
        for news in self.desk.tend() {
            if let Some(sentence) = self.player.news(news, &mut |o| orders.push(o)) {
                assert!(!sentence.contains("gaps"), "{sentence}");
            }
        }
        orders.into_iter().for_each(|order| self.desk.order(order));
    }

    pub fn line(&mut self, line: &str, at: At) {
        let mut orders = Vec::new();
        let done = self.player.line(line, at, &mut |o| orders.push(o));
        orders.into_iter().for_each(|order| self.desk.order(order));
        let mut words = line.split(' ');
        let first = words.next().unwrap_or_default().to_owned();
        self.done.entry(first).or_default()[usize::from(done.is_err())] += 1;
    }

    pub fn blocks(&mut self, count: usize) {
        for _ in 0..count {
            self.heard.push(self.performer.next_block(HostTime::default()).master);
        }
    }

    /// What comes in from a controller while the engine thread sleeps.
    fn press_keys(&mut self) {
        let rng = &mut self.rng;
        let tracks = self.player.project().map_or(0, |p| p.tracks.len()) as u16;
        let node = rng.random_range(0..tracks);
        let pitch = [36, 42, 46, 47, 48, 60][rng.random_range(0..6)];
        let gesture = match rng.random_range(0..10) {
            0..4 => Gesture::NoteOn { node, pitch, velocity: rng.random_range(1..=127) },
            4..8 => Gesture::NoteOff { node, pitch },
            8 => Gesture::Set { node, target: Target::Volume, value: rng.random_range(-30.0..0.0) },
            _ => Gesture::Set { node, target: Target::Pan, value: rng.random_range(-1.0..1.0) },
        };
        let late = rng.random_range(0..1000);
        let when = match rng.random_range(0..3) {
            0 => When::Now,
            // Some of these have passed already.
            _ => When::Frame((self.performer.renderer().frame() + late).saturating_sub(200)),
        };
        // A full ring refuses: so be it.
        let _ = self.keys.push(Timed { when, command: Command::Play(gesture) });
    }

    /// Take every hand off the mixer, so that what plays is heard again.
    fn clear(&mut self) {
        let Some(p) = self.player.project() else { return };
        let mut lines = vec!["touch master off".to_owned(), "volume master 0".to_owned()];
        for t in &p.tracks {
            let id = t.id;
            if t.kind == TrackKind::Group {
                lines.push(format!("touch #{id} off"));
            }
            let mixer = &t.mixer;
            lines.extend(mixer.solo.then(|| format!("solo #{id} off")));
            lines.extend(mixer.mute.then(|| format!("mute #{id} off")));
        }
        let buses = p.buses.iter().filter(|b| b.mixer.solo || b.mixer.mute);
        lines.extend(
            buses.flat_map(|b| {
                [format!("solo bus #{} off", b.id), format!("mute bus #{} off", b.id)]
            }),
        );
        lines.extend(p.song.master.mute.then(|| "mute master off".to_owned()));
        lines.extend(p.song.master.solo.then(|| "solo master off".to_owned()));
        lines.into_iter().for_each(|line| self.line(&line, At::Now));
    }

    /// Play for `seconds`, a few actions at a time, then a while without any.
    fn play(&mut self, seconds: u64) {
        let wanted = (seconds * u64::from(RATE)) as usize / BLOCK;
        while self.heard.len() < wanted {
            for _ in 0..self.rng.random_range(0..3) {
                let Some(project) = self.player.project() else { continue };
                let line = lines::line(&mut self.rng, &project);
                let at = match self.rng.random_range(0..8) {
                    0 => {
                        let bar = self.player.view().map_or(1, |v| v.snapshot.playhead().bars().0);
                        let ahead = self.rng.random_range(-1..2);
                        let beat = self.rng.random_range(1..5);
                        At::Place((bar + ahead).max(1), beat, self.rng.random_range(1..5))
                    }
                    _ => At::Now,
                };
                self.line(&line, at);
            }
            for _ in 0..self.rng.random_range(0..3) {
                self.press_keys();
            }
            // Most of the time it is quick; sometimes it sleeps for a fifth of a second.
            if self.rng.random_bool(0.02) {
                self.clear();
            }
            let sleep = if self.rng.random_bool(0.01) { 150 } else { 24 };
            let count = self.rng.random_range(1..sleep);
            self.blocks(count);
            self.tend();
        }
    }
}

/// Plays `journal` again and holds it against what was heard.
pub fn same_again(what: &str, journal: &Path, threads: usize, heard: &[StereoBlock]) {
    let take = journal::read(journal).expect("a journal");
    let near: Vec<(u64, String)> = take
        .lines
        .iter()
        .filter_map(|line| match line {
            Line::Did(entry) => Some((entry.frame, format!("{entry:?}"))),
            _ => None,
        })
        .collect();
    let (factory, mut loader) = (factory(), AtHand);
    let mut replay = Replay::new(take, &*factory, &mut loader, threads).expect("a playable take");
    let mut out = Outputs::SILENT;
    for (i, block) in heard.iter().enumerate() {
        replay.block(&mut out);
        let pairs = block.l.iter().zip(&out.master.l).chain(block.r.iter().zip(&out.master.r));
        let Some(at) = pairs.into_iter().position(|(a, b)| a.to_bits() != b.to_bits()) else {
            continue;
        };
        let frame = (i * BLOCK) as u64;
        let before: Vec<_> = near.iter().filter(|n| n.0 <= frame + 64).collect();
        let last: Vec<_> = before.iter().rev().take(12).rev().collect();
        panic!(
            "{what}: block {i} (frame {frame}) differs at its frame {}: {} heard, {} again; \
             problems {:?}; what took effect last: {last:#?}",
            at % BLOCK,
            block.l[at % BLOCK],
            out.master.l[at % BLOCK],
            replay.problems,
        );
    }
}

/// Seconds of a take and seeds to play.
fn size() -> (u64, std::ops::Range<u64>) {
    if std::env::var_os("HARDCORE_SOAK").is_some() { (300, 1..5) } else { (20, 1..3) }
}

/// The performer of a take that was not random.
fn played(set: &mut Set, what: &str, journal: &Path) {
    set.blocks(400);
    set.tend();
    set.desk.close();
    same_again(what, journal, 1, &set.heard);
}

/// A new set that is performed upon, its file, and the folder that holds it.
fn short(seed: u64) -> (Set, std::path::PathBuf, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("take.journal");
    (Set::new(stage::stage(6, seed), seed, 0, &path), path, dir)
}

#[test]
fn commands_that_wait_for_places_and_a_playhead_that_jumps_are_taken_down_in_order() {
    let (mut set, path, _dir) = short(5);
    set.line("scene 1", At::Now);
    set.blocks(200);
    set.tend();
    for turn in 0..40u64 {
        // All these places are ahead until the jump puts them behind.
        for beat in 1..=4 {
            set.line(&format!("bpm {}", 150 + turn + beat as u64), At::Now);
            set.line(&format!("glide {} 1", 120 + turn), At::Place(3, beat, 2));
            set.line("scene 2", At::Place(2, beat, 1));
            set.line("note on 3 48", At::Place(2, beat, 3));
            set.line("note off 3 48", At::Place(2, beat, 4));
        }
        let frame = set.performer.renderer().frame() + turn * 3;
        for (late, gesture) in [
            (7, Gesture::NoteOn { node: 2, pitch: 50, velocity: 90 }),
            (13, Gesture::Locate(hardcore::model::time::Ticks(4 * 3840).into())),
            (40, Gesture::NoteOff { node: 2, pitch: 50 }),
            (700, Gesture::Locate(hardcore::model::time::Ticks(0).into())),
        ] {
            let timed = Timed { when: When::Frame(frame + late), command: Command::Play(gesture) };
            set.keys.push(timed).expect("room");
        }
        set.blocks(30);
        set.tend();
    }
    let take = || journal::read(&path).expect("a journal");
    played(&mut set, "jumps", &path);
    let did = |line: &Line| match line {
        Line::Did(entry) => Some(entry.frame),
        _ => None,
    };
    let frames: Vec<u64> = take().lines.iter().filter_map(did).collect();
    assert!(frames.len() > 500, "{}", frames.len());
    let back = frames.windows(2).find(|w| w[1] < w[0]);
    assert_eq!(back, None, "what took effect later stands later");
}

#[test]
fn a_burst_is_taken_down_in_order() {
    let (mut set, path, _dir) = short(6);
    set.line("scene 1", At::Now);
    for turn in 0..12 {
        for n in 0..3000u32 {
            let node = (2 + n % 4) as u16;
            let pitch = (36 + n % 13) as u8;
            let gesture = match n % 5 {
                0 => Gesture::NoteOn { node, pitch, velocity: 100 },
                1 => Gesture::NoteOff { node, pitch },
                2 => Gesture::Launch { node, row: (n / 7 % 3) as u16, velocity: 100 },
                3 => Gesture::Tempo(hardcore::model::time::Bpm::from_milli(150_000 + n * turn)),
                _ => Gesture::Set { node, target: Target::Pan, value: (n % 9) as f32 / 9.0 },
            };
            set.desk.send(When::Now, gesture);
            if n % 40 == 0 {
                set.line("scene 2", At::Place(i64::from(1 + turn), 1, 1));
            }
        }
        for _ in 0..8 {
            set.blocks(1);
            set.tend();
        }
    }
    played(&mut set, "burst", &path);
}

#[test]
fn a_take_played_again_from_its_journal_gives_the_same_bytes() {
    let (seconds, seeds) = size();
    let dir = tempfile::tempdir().expect("a folder");
    for seed in seeds {
        let path = dir.path().join(format!("{seed}.journal"));
        let threads = (seed % 2) as usize;
        let mut set = Set::new(stage::stage(10, seed), seed, threads, &path);
        set.play(seconds);
        let lost = set.performer.renderer().lost;
        let loud = |b: &&StereoBlock| b.l.iter().any(|x| x.abs() > 0.001);
        let (heard, all) = (set.heard.iter().filter(loud).count(), set.heard.len());
        let missed = set.performer.renderer().missed();
        let (ok, refused) = set.done.values().fold((0, 0), |(a, b), [ok, bad]| (a + ok, b + bad));
        set.desk.close();
        println!(
            "seed {seed}: {all} blocks, {heard} of them loud, {ok} actions done, {refused} refused, \
             {missed} notes without a voice, {} bytes of journal; {:?}",
            std::fs::metadata(&path).expect("a journal").len(),
            set.done,
        );
        assert_eq!(lost, 0, "journal lines lost");
        assert!(heard * 3 > all && ok > 20 * seconds as u32 / 4, "it was played");
        assert!(refused * 3 < ok, "most of what is done can be done");
        same_again(&format!("seed {seed}"), &path, 1 - threads, &set.heard);
    }
}

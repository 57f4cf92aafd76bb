//! The same music gives the same bytes: on any number of cores, for any request sizes, replayed from
//! its journal, and beside another engine.

use hardcore::device::port::{Callback, Period};
use hardcore::engine::offline::Offline;
use hardcore::engine::prepare::{Options, prepare};
use hardcore::engine::protocol::{Gesture, JournalEntry};
use hardcore::engine::renderer::Outputs;
use hardcore::engine::samples::Sample;
use hardcore::live::performer::Performer;
use hardcore::synth::embedded::EmbeddedFactory;
use hardcore::synth::library::Library;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::sync::Arc;

use crate::stage::{gesture, samples, stage};

const TRACKS: u32 = 12;
const BLOCKS: u64 = 1500;

fn engine(seed: u64, threads: usize) -> Offline {
    let factory = EmbeddedFactory::new(Arc::new(Library::built_in()));
    let options = Options { rate: 48_000, threads, sources: 0 };
    let (engine, renderer, _) =
        prepare(&stage(TRACKS, seed), &factory, &samples(), &options).expect("a playable project");
    Offline::new(engine, renderer)
}

fn bits(out: &Outputs, bytes: &mut Vec<u32>) {
    for side in [&out.master.l, &out.master.r, &out.cue.l, &out.cue.r] {
        bytes.extend(side.iter().map(|x| x.to_bits()));
    }
}

/// Play at random, sent live between blocks. Gives the bytes and the journal.
fn perform(run: &mut Offline, seed: u64) -> (Vec<u32>, Vec<JournalEntry>) {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let (mut bytes, mut journal, mut out) = (Vec::new(), Vec::new(), Outputs::SILENT);
    for block in 0..BLOCKS {
        if block == 3 {
            run.engine.send(None, Gesture::LaunchScene(0)).expect("room");
        }
        while rng.random_range(0..12) == 0 {
            run.engine.send(None, gesture(&mut rng, TRACKS as u16)).expect("room");
        }
        run.block(&mut out);
        bits(&out, &mut bytes);
        journal.extend(std::iter::from_fn(|| run.engine.next_journal()));
        while run.engine.next_event().is_some() {}
    }
    assert_eq!(run.renderer.lost, 0);
    (bytes, journal)
}

fn same(a: &[u32], b: &[u32], what: &str) {
    let differs = a.iter().zip(b).position(|(a, b)| a != b);
    assert_eq!(differs.map(|i| i / 256), None, "{what}: block of the first difference");
    assert_eq!(a.len(), b.len(), "{what}");
    let loud = a.iter().filter(|x| f32::from_bits(**x).abs() > 0.01).count();
    assert!(loud > a.len() / 20, "{what}: there is music to compare");
}

#[test]
fn any_number_of_cores_gives_the_same_bytes() {
    let (alone, _) = perform(&mut engine(1, 0), 11);
    for threads in [1, 3] {
        let (shared, _) = perform(&mut engine(1, threads), 11);
        same(&alone, &shared, &format!("{threads} workers"));
    }
}

#[test]
fn while_nothing_sounds_nothing_is_handed_to_other_cores() {
    let mut run = engine(1, 2);
    let mut out = Outputs::SILENT;
    let mut blocks = |run: &mut Offline, count: u32| {
        let before = run.renderer.handed_out;
        (0..count).for_each(|_| run.block(&mut out));
        run.renderer.handed_out - before
    };
    assert_eq!(blocks(&mut run, 500), 0, "before the first launch");
    run.engine.send(None, Gesture::LaunchScene(0)).expect("room");
    assert!(blocks(&mut run, 500) > 2_000, "while it plays");
    run.engine.send(None, Gesture::Stop).expect("room");
    // The longest tail is a reverb's.
    blocks(&mut run, 20_000);
    assert_eq!(blocks(&mut run, 500), 0, "after the last tail");
}

#[test]
fn a_journal_replays_to_the_same_bytes() {
    for seed in [2, 3] {
        let (live, journal) = perform(&mut engine(seed, 0), seed);
        assert!(journal.len() > 80, "{} gestures", journal.len());
        let mut run = engine(seed, 1);
        let (mut bytes, mut out, mut next) = (Vec::new(), Outputs::SILENT, 0);
        for _ in 0..BLOCKS {
            // Stamped with their frames, well ahead of time.
            while let Some(entry) = journal.get(next).filter(|_| next < 40 + bytes.len() / 1024) {
                let gesture = entry.gesture().expect("nothing was exchanged");
                run.engine.send(Some(entry.frame), gesture).expect("room");
                next += 1;
            }
            run.block(&mut out);
            bits(&out, &mut bytes);
            while run.engine.next_event().is_some() || run.engine.next_journal().is_some() {}
        }
        same(&live, &bytes, &format!("seed {seed}"));
    }
}

#[test]
fn engines_side_by_side_do_not_disturb_each_other() {
    let (alone, _) = perform(&mut engine(4, 0), 4);
    let mut other = engine(5, 0);
    other.engine.send(None, Gesture::LaunchScene(1)).expect("room");
    let mut run = engine(4, 0);
    let mut rng = Pcg64Mcg::seed_from_u64(4);
    let (mut bytes, mut out) = (Vec::new(), Outputs::SILENT);
    for block in 0..BLOCKS {
        other.block(&mut out);
        if block == 3 {
            run.engine.send(None, Gesture::LaunchScene(0)).expect("room");
        }
        while rng.random_range(0..12) == 0 {
            run.engine.send(None, gesture(&mut rng, TRACKS as u16)).expect("room");
        }
        run.block(&mut out);
        bits(&out, &mut bytes);
        while run.engine.next_event().is_some() || run.engine.next_journal().is_some() {}
    }
    same(&alone, &bytes, "beside another");
}

/// A device's request for some frames of four outputs.
struct Request([Vec<f32>; 4]);

impl Period for Request {
    fn frames(&self) -> usize {
        self.0[0].len()
    }
    fn host_ns(&self) -> u64 {
        0
    }
    fn input(&self, _: usize) -> &[f32] {
        &[]
    }
    fn output(&mut self, channel: usize) -> &mut [f32] {
        self.0.get_mut(channel).map(Vec::as_mut_slice).unwrap_or_default()
    }
    fn midi_in(&self, _: &mut dyn FnMut(usize, u32, &[u8])) {}
    fn midi_out(&mut self, _: usize, _: u32, _: &[u8]) -> bool {
        false
    }
}

#[test]
fn any_request_sizes_give_the_same_bytes() {
    let launch = |run: &mut Offline| run.engine.send(Some(100), Gesture::LaunchScene(0));
    let mut run = engine(6, 0);
    launch(&mut run).expect("room");
    let (mut whole, mut out) = (Vec::new(), Outputs::SILENT);
    for _ in 0..BLOCKS {
        run.block(&mut out);
        for i in 0..64 {
            let (m, c) = (&out.master, &out.cue);
            whole.extend([m.l[i], m.r[i], c.l[i], c.r[i]].map(f32::to_bits));
        }
    }
    for seed in [1, 2] {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let mut run = engine(6, 0);
        launch(&mut run).expect("room");
        let (mut performer, mut tap) = Performer::new(run.renderer);
        let mut pieces: Vec<u32> = Vec::new();
        while pieces.len() < whole.len() {
            run.engine.maintain();
            let most = rng.random_range(1..5000).min((whole.len() - pieces.len()) / 4);
            let mut request = Request(std::array::from_fn(|_| vec![0.0; most]));
            performer.process(&mut request);
            let sides = &request.0;
            pieces.extend((0..most).flat_map(|i| sides.each_ref().map(|s| s[i].to_bits())));
            while tap.pop().is_ok() {}
        }
        same(&whole, &pieces, &format!("requests of seed {seed}"));
    }
}

#[test]
fn what_the_player_alone_hears_is_on_the_cue_and_nowhere_else() {
    let run = engine(6, 0);
    let (mut performer, mut tap) = Performer::new(run.renderer);
    let mut prompter = performer.take_previews();
    let frames = vec![kira::Frame::from_mono(0.5); 1000].into();
    prompter.say(Some(Sample { frames, rate: 48_000 }), 0.5);
    let mut request = Request(std::array::from_fn(|_| vec![1.0; 1600]));
    performer.process(&mut request);
    let [left, right, cue_left, cue_right] = &request.0;
    assert!(left.iter().chain(right).all(|x| *x == 0.0), "the main outputs are silent");
    for cue in [cue_left, cue_right] {
        assert!(cue[..1000].iter().all(|x| *x == 0.25), "the cue has it");
        assert!(cue[1000..].iter().all(|x| *x == 0.0), "and no more of it");
    }
    let mut blocks = 0;
    while let Ok(block) = tap.pop() {
        assert!(block.l.iter().chain(&block.r).all(|x| *x == 0.0), "no recording has it");
        blocks += 1;
    }
    assert_eq!(blocks, 25);
}

//! Sounds and effects that break: they fall silent by themselves, are named, and the set plays on.

use hardcore::engine::block::StereoBlock;
use hardcore::engine::offline::Offline;
use hardcore::engine::prepare::{Options, prepare};
use hardcore::engine::protocol::{EngineEvent, Gesture};
use hardcore::engine::sound::{Insert, SoundError, SoundFactory, SoundSpec, VoiceStart, Voices};
use hardcore::export::bounce::{Bounce, Piece, Progress, Source, bounce};
use hardcore::model::clip::ClipContent;
use hardcore::model::mixer::{Bus, MixerSettings, Send};
use hardcore::model::project::Project;
use hardcore::model::sound::SoundDescriptor;
use hardcore::model::track::{Instrument, TrackKind};
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::mixer::{add_tone, effect, listen, peak, tone};
use crate::support::{add_track, blank, clip, factory, notes, swap_clips, swap_rack};

/// The real sounds, and the bad ones whose names begin with the way they go: `nan_`, `inf_`, `huge_`,
/// `panic_`.
struct Bad(Arc<dyn SoundFactory>);

/// Blocks a bad effect works for.
const GOOD_BLOCKS: u32 = 50;
/// Notes from here up make bad voices go bad, in Hz.
const BAD_NOTE: f32 = 1000.0;

/// How to go bad; `None` for a name of the real ones.
fn way(name: &str) -> Option<fn(&mut StereoBlock)> {
    Some(match name.split_once('_')?.0 {
        "nan" => |audio| audio.l[7] = f32::NAN,
        "inf" => |audio| audio.r[63] = f32::NEG_INFINITY,
        "huge" => |audio| audio.l[0] = 1e30,
        "panic" => |_| panic!("a bad sound"),
        _ => return None,
    })
}

impl SoundFactory for Bad {
    fn descriptor(&self, name: &str) -> Option<&SoundDescriptor> {
        self.0.descriptor(if way(name).is_some() { "click" } else { name })
    }

    fn voices(&self, specs: &[SoundSpec], rate: u32) -> Result<Box<dyn Voices>, SoundError> {
        match specs.iter().find_map(|s| way(&s.name)) {
            Some(way) => Ok(Box::new(BadVoices { way, sounding: Vec::new(), ended: Vec::new() })),
            None => self.0.voices(specs, rate),
        }
    }

    fn insert(&self, spec: &SoundSpec, rate: u32) -> Result<Box<dyn Insert>, SoundError> {
        match way(&spec.name) {
            Some(way) => Ok(Box::new(BadInsert { way, blocks: 0 })),
            None => self.0.insert(spec, rate),
        }
    }
}

/// Halves the level, then goes bad for ever.
struct BadInsert {
    way: fn(&mut StereoBlock),
    blocks: u32,
}

impl Insert for BadInsert {
    fn process(&mut self, audio: &mut StereoBlock, _: &StereoBlock) {
        audio.l.iter_mut().chain(&mut audio.r).for_each(|x| *x *= 0.5);
        self.blocks += 1;
        if self.blocks > GOOD_BLOCKS {
            (self.way)(audio);
        }
    }
    fn set_param(&mut self, _: u16, _: f32) {}
    fn set_tempo(&mut self, _: f32) {
        assert!(self.blocks <= GOOD_BLOCKS, "what is broken is not called");
    }
    fn latency(&self) -> u32 {
        0
    }
}

/// A steady level while a note is held; a high note is bad as long as it sounds.
struct BadVoices {
    way: fn(&mut StereoBlock),
    sounding: Vec<(u32, bool)>,
    ended: Vec<u32>,
}

impl Voices for BadVoices {
    fn start(&mut self, start: VoiceStart) -> bool {
        self.sounding.push((start.voice, start.freq >= BAD_NOTE));
        true
    }
    fn release(&mut self, voice: u32) {
        self.cut(voice, 0.0);
    }
    fn cut(&mut self, voice: u32, _: f32) {
        self.sounding.retain(|(v, _)| *v != voice);
        self.ended.push(voice);
    }
    fn set_param(&mut self, _: u8, _: u16, _: f32) {}
    fn set_tempo(&mut self, _: f32) {}
    fn render(&mut self, out: &mut StereoBlock) {
        let level = if self.sounding.is_empty() { 0.0 } else { 0.25 };
        *out = StereoBlock { l: [level; 64], r: [level; 64] };
        if self.sounding.iter().any(|(_, bad)| *bad) {
            (self.way)(out);
        }
    }
    fn next_ended(&mut self) -> Option<u32> {
        self.ended.pop()
    }
}

/// A tone on the first track, both tracks into a reverb, a limiter on the master.
fn set() -> Project {
    let mut p = blank();
    add_tone(&mut p);
    let bus = p.song.next_id.fresh();
    let reverb = MixerSettings { inserts: vec![effect("fx_reverb", &[])], ..Default::default() };
    p.buses.push(Bus { id: bus, name: "Hall".into(), solo_safe: true, mixer: reverb });
    p.tracks[0].mixer.sends =
        vec![Send { bus, level: hardcore::model::mixer::Db(-12.0), pre: false }];
    p.song.master.inserts = vec![effect("fx_limiter", &[])];
    p
}

fn add_bad(p: &mut Project, synth: &str) {
    let kind =
        TrackKind::Instrument(Instrument { synth: synth.into(), params: Default::default() });
    add_track(p, kind, clip(790, 7680, true, ClipContent::Midi(notes(&[]))));
    let (sends, last) = (p.tracks[0].mixer.sends.clone(), p.tracks.len() - 1);
    p.tracks[last].mixer.sends = sends;
    p.tracks[last].name = "Lead".into();
}

fn run(p: &Project, threads: usize) -> Offline {
    let options = Options { rate: 48_000, threads, sources: 0 };
    let (engine, renderer, _) =
        prepare(p, &Bad(factory()), &tone(), &options).expect("a playable project");
    let mut run = Offline::new(engine, renderer);
    run.engine.send(Some(0), Gesture::LaunchScene(0)).expect("room");
    run
}

/// All that broke, in words.
fn notices(run: &mut Offline) -> Vec<String> {
    let events: Vec<EngineEvent> = std::iter::from_fn(|| run.engine.next_event()).collect();
    events.iter().filter_map(|e| run.engine.notice(e)).collect()
}

fn on(pitch: u8) -> Gesture {
    Gesture::NoteOn { node: 1, pitch, velocity: 127 }
}

#[test]
fn a_broken_effect_is_bypassed_and_named() {
    for name in ["nan_fx", "inf_fx", "huge_fx", "panic_fx"] {
        let mut all = Vec::new();
        for threads in [0, 2] {
            let mut p = set();
            add_tone(&mut p);
            p.tracks[1].name = "Lead".into();
            p.tracks[1].mixer.inserts = vec![effect("fx_eq", &[]), effect(name, &[])];
            p.tracks[1].mixer.sends = p.tracks[0].mixer.sends.clone();
            let mut run = run(&p, threads);
            let good = listen(&mut run, GOOD_BLOCKS as usize);
            assert!((peak(&good.left(1)[1000..]) - 0.25).abs() < 0.03, "{name}");
            assert_eq!(notices(&mut run), [""; 0]);
            run.engine.send(None, Gesture::Tempo(p.song.tempo.start)).expect("room");
            let bad = listen(&mut run, 200);
            let said = notices(&mut run);
            assert_eq!(said.len(), 1, "{said:?}");
            assert!(said[0].contains(name) && said[0].contains("Lead"), "{said:?}");
            assert_eq!(run.renderer.faults, 1);
            for node in 0..bad.nodes.len() {
                assert!(bad.left(node).iter().all(|x| x.abs() < 4.0), "{name}: node {node}");
            }
            let end = bad.left(0).len() - 3200;
            assert!(peak(&bad.left(0)[end..]) > 0.49, "{name}: the other track plays on");
            assert!((peak(&bad.left(1)[end..]) - 0.5).abs() < 0.06, "{name}: heard without it");
            assert!(peak(&bad.left(4)[end..]) > 0.8, "{name}: the master plays on");
            // A new rack is a new chance.
            swap_rack(&mut run.engine, &p, 1, &Bad(factory()));
            listen(&mut run, 20);
            let again = listen(&mut run, 20);
            assert!((peak(again.left(1)) - 0.25).abs() < 0.03, "{name}: {}", peak(again.left(1)));
            all.push((good.nodes, bad.nodes, again.nodes));
        }
        assert!(all[0] == all[1], "{name}: on one core or many");
    }
}

#[test]
fn voices_that_are_no_sound_are_cut_and_named_and_the_next_note_is_heard() {
    for name in ["nan_synth", "inf_synth", "huge_synth"] {
        let mut p = set();
        add_bad(&mut p, name);
        let mut run = run(&p, 2);
        run.engine.send(None, on(60)).expect("room");
        assert_eq!(peak(listen(&mut run, 20).left(1)), 0.25, "{name}");
        run.engine.send(None, on(100)).expect("room");
        let bad = listen(&mut run, 20);
        assert_eq!(peak(bad.left(1)), 0.0, "{name}: silent");
        let said = notices(&mut run);
        assert!(said.len() == 1 && said[0].contains("Lead"), "{said:?}");
        run.engine.send(None, on(62)).expect("room");
        let heard = listen(&mut run, 100);
        assert_eq!(peak(heard.left(1)), 0.25, "{name}: the next note");
        for node in 0..heard.nodes.len() {
            let finite = |x: &f32| x.abs() < 4.0;
            assert!(bad.left(node).iter().chain(heard.left(node)).all(finite), "{name}: {node}");
        }
        assert!(peak(heard.left(4)) > 0.6, "{name}: the master plays on");
        // A hundred more in a second are not a hundred tales.
        for _ in 0..100 {
            run.engine.send(None, on(100)).expect("room");
            listen(&mut run, 5);
        }
        assert!(notices(&mut run).len() <= 1);
    }
}

#[test]
fn voices_that_crash_are_silent_until_they_are_exchanged() {
    let mut all = Vec::new();
    for threads in [0, 2] {
        let mut p = set();
        add_bad(&mut p, "panic_synth");
        let mut run = run(&p, threads);
        run.engine.send(None, on(60)).expect("room");
        assert_eq!(peak(listen(&mut run, 20).left(1)), 0.25);
        run.engine.send(None, on(100)).expect("room");
        let bad = listen(&mut run, 20);
        run.engine.send(None, on(60)).expect("room");
        let after = listen(&mut run, 100);
        assert_eq!((peak(bad.left(1)), peak(after.left(1))), (0.0, 0.0));
        assert!(peak(after.left(0)) > 0.49 && peak(after.left(4)) > 0.4, "the rest plays on");
        let said = notices(&mut run);
        assert!(said.len() == 1 && said[0].contains("Lead"), "{said:?}");
        // The same track, loaded anew.
        let id = p.tracks[1].id;
        swap_clips(&mut run.engine, &p, id, &Bad(factory()), &tone());
        run.engine.send(None, on(60)).expect("room");
        let again = listen(&mut run, 20);
        assert_eq!(peak(again.left(1)), 0.25);
        all.push((bad.nodes, after.nodes, again.nodes));
    }
    assert!(all[0] == all[1], "on one core or many");
}

#[test]
fn a_bounce_tells_what_broke() {
    let mut p = set();
    add_tone(&mut p);
    p.tracks[1].name = "Lead".into();
    p.tracks[1].mixer.inserts = vec![effect("nan_fx", &[])];
    let source = Source::of(&p).expect("a scene");
    let how = Bounce { source, length: None, rate: 48_000, threads: 0, tail_s: Some(0.0) };
    let sink = |_: Piece| Ok::<(), std::convert::Infallible>(());
    let go = |_: Progress| ControlFlow::Continue(());
    let done = bounce(&p, &Bad(factory()), &tone(), &how, sink, go).expect("a bounce");
    assert!(done.notices.len() == 1 && done.notices[0].contains("Lead"), "{:?}", done.notices);
}

#[test]
fn a_recording_of_no_numbers_harms_nobody() {
    let mut p = set();
    add_tone(&mut p);
    let path = hardcore::model::sample::SamplePath::new("bad.wav").expect("a path");
    if let ClipContent::Audio(audio) = &mut p.tracks[1].clips[0].content {
        audio.sample = path.clone();
    }
    let mut samples = tone();
    let mut bad = samples.values().next().expect("the tone").clone();
    let mut frames = bad.frames.to_vec();
    frames[5000] = kira::Frame { left: f32::NAN, right: f32::INFINITY };
    bad.frames = frames.into();
    samples.insert(path, bad);
    let options = Options { rate: 48_000, threads: 0, sources: 0 };
    let (engine, renderer, _) =
        prepare(&p, factory().as_ref(), &samples, &options).expect("a playable project");
    let mut run = Offline::new(engine, renderer);
    run.engine.send(Some(0), Gesture::LaunchScene(0)).expect("room");
    let heard = listen(&mut run, 300);
    for node in 0..heard.nodes.len() {
        assert!(heard.left(node).iter().all(|x| x.is_finite()), "node {node}");
    }
    assert!(peak(&heard.left(4)[8000..]) > 0.4);
    assert_eq!(notices(&mut run).len(), 1);
}

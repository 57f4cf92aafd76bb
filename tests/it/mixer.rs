//! The mixer, measured: levels of sends, mute and solo, latency, pan, ramps, cue, limiter, chokes.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::OnceLock;

use hardcore::analysis::loudness::loudness;
use hardcore::engine::block::StereoBlock;
use hardcore::engine::offline::Offline;
use hardcore::engine::plan::Target;
use hardcore::engine::prepare::Samples;
use hardcore::engine::protocol::Gesture;
use hardcore::engine::renderer::{HostTime, Outputs};
use hardcore::engine::samples::Sample;
use hardcore::export::bounce::{Bounce, Source, bounce};
use hardcore::model::arrangement::{Arrangement, ClipInstance};
use hardcore::model::automation::{AutomationLane, AutomationPoint, AutomationTarget};
use hardcore::model::clip::{AudioClip, ClipContent, WarpMode};
use hardcore::model::ids::{BusId, EffectId, SceneId, TrackId};
use hardcore::model::launch::Quantization;
use hardcore::model::mixer::{Bus, Db, Effect, MixerSettings, PluginType, Send};
use hardcore::model::project::Project;
use hardcore::model::sample::SamplePath;
use hardcore::model::scene::{Scene, Slot};
use hardcore::model::time::Ticks;
use hardcore::model::track::{Instrument, Kit, Pad, PadSound, TrackKind};

use crate::support::{
    add_track, blank, click_synth, clicks, clip, factory, notes, offline, swap_clips,
};

const RATE: u32 = 48_000;
/// Steepest change of the tone from sample to sample: 2π · 100 Hz / 48 kHz at level 0.5.
const SLOPE: f32 = 0.00655;

pub fn tone_path() -> SamplePath {
    SamplePath::new("tone.wav").expect("a path")
}

/// Four seconds of 100 Hz at level 0.5: one recording, however often it is asked for.
pub fn tone() -> Samples {
    static TONE: OnceLock<Samples> = OnceLock::new();
    TONE.get_or_init(make_tone).clone()
}

fn make_tone() -> Samples {
    let step = std::f32::consts::TAU * 100.0 / RATE as f32;
    let frame = |i: usize| kira::Frame::from_mono(0.5 * (step * (i % 480) as f32).sin());
    let frames: Vec<kira::Frame> = (0..4 * RATE as usize).map(frame).collect();
    [(tone_path(), Sample { frames: frames.into(), rate: RATE })].into()
}

pub fn tone_clip() -> ClipContent {
    ClipContent::Audio(AudioClip {
        sample: tone_path(),
        gain: Db::UNITY,
        pitch: 0.0,
        warp: WarpMode::Off,
        source_bpm: None,
        markers: Vec::new(),
    })
}

/// A track that plays the tone for four seconds.
pub fn add_tone(project: &mut Project) -> TrackId {
    let id = 700 + project.tracks.len() as u32;
    add_track(project, TrackKind::Audio, clip(id, 7680, false, tone_clip()))
}

fn strip(project: &mut Project, id: TrackId) -> &mut MixerSettings {
    let track = project.tracks.iter_mut().find(|t| t.id == id);
    &mut track.expect("the track").mixer
}

fn add_bus(project: &mut Project, solo_safe: bool) -> BusId {
    let id: BusId = project.song.next_id.fresh();
    let mixer = MixerSettings::default();
    project.buses.push(Bus { id, name: format!("bus {id}"), solo_safe, mixer });
    id
}

pub fn effect(name: &str, params: &[(&str, f32)]) -> Effect {
    Effect {
        id: EffectId(5000),
        plugin: PluginType::Native,
        name: name.into(),
        params: params.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect(),
        bypass: false,
        key_from: None,
        state: Vec::new(),
    }
}

/// What was heard: by node, both sides, after the fader.
pub struct Heard {
    pub nodes: Vec<[Vec<f32>; 2]>,
}

impl Heard {
    pub fn left(&self, node: usize) -> &[f32] {
        &self.nodes[node][0]
    }

    fn peak(&self, node: usize) -> f32 {
        peak(self.left(node))
    }

    fn master(&self) -> &[f32] {
        self.left(self.nodes.len() - 1)
    }

    fn cue(&self) -> &[f32] {
        self.left(self.nodes.len() - 2)
    }
}

pub fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |p, x| p.max(x.abs()))
}

pub fn jump(samples: &[f32]) -> f32 {
    samples.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max)
}

pub fn start(project: &Project) -> Offline {
    let mut run = offline(project, &tone(), RATE, 0);
    run.engine.send(Some(0), Gesture::LaunchScene(0)).expect("room");
    run
}

pub fn listen(run: &mut Offline, blocks: usize) -> Heard {
    let count = run.renderer.node_count();
    let mut nodes = vec![[Vec::new(), Vec::new()]; count];
    let mut out = Outputs::SILENT;
    for _ in 0..blocks {
        run.block(&mut out);
        for (node, [l, r]) in nodes.iter_mut().enumerate() {
            let (_, post) = run.renderer.tap(node).expect("a node");
            l.extend_from_slice(&post.l);
            r.extend_from_slice(&post.r);
        }
        assert_eq!(&nodes[count - 1][0][nodes[count - 1][0].len() - 64..], &out.master.l);
    }
    Heard { nodes }
}

/// A second of a project from its first scene, the first tenth left out.
fn hear(project: &Project) -> Heard {
    let mut run = start(project);
    listen(&mut run, 75);
    listen(&mut run, 675)
}

fn near(a: f32, b: f32) {
    assert!((a - b).abs() <= 1e-3 + b * 0.005, "{a} instead of {b}");
}

#[test]
fn sends_before_and_after_the_fader_have_their_levels() {
    let mut p = blank();
    let t = add_tone(&mut p);
    let (post, pre) = (add_bus(&mut p, true), add_bus(&mut p, true));
    strip(&mut p, t).volume = Db(-20.0);
    strip(&mut p, t).sends = vec![
        Send { bus: post, level: Db(-6.0206), pre: false },
        Send { bus: pre, level: Db(-12.0412), pre: true },
    ];
    let heard = hear(&p);
    near(heard.peak(0), 0.05);
    near(heard.peak(1), 0.025);
    near(heard.peak(2), 0.125);
    near(peak(heard.master()), 0.2);
    strip(&mut p, t).mute = true;
    let heard = hear(&p);
    assert_eq!((heard.peak(1), heard.peak(2), peak(heard.master())), (0.0, 0.0, 0.0));
}

#[test]
fn solo_leaves_groups_and_safe_buses_open() {
    let mut p = blank();
    let (a, b) = (add_tone(&mut p), add_tone(&mut p));
    let content = ClipContent::Midi(notes(&[]));
    let g = add_track(&mut p, TrackKind::Group, clip(790, 960, true, content));
    p.tracks[0].group = Some(g);
    let (safe, unsafe_) = (add_bus(&mut p, true), add_bus(&mut p, false));
    let send = |bus, pre| Send { bus, level: Db::UNITY, pre };
    strip(&mut p, a).sends = vec![send(safe, false), send(unsafe_, true)];
    strip(&mut p, b).sends = vec![send(safe, true)];
    near(peak(hear(&p).master()), 0.5 * 2.0 + 0.5 * 3.0);
    for soloed in [a, g] {
        let mut p = p.clone();
        strip(&mut p, soloed).solo = true;
        let heard = hear(&p);
        let peaks: Vec<f32> = (0..5).map(|n| heard.peak(n)).collect();
        for (got, want) in peaks.iter().zip([0.5, 0.0, 0.5, 0.5, 0.0]) {
            near(*got, want);
        }
        near(peak(heard.master()), 1.0);
    }
    // A soloed bus is heard with what is sent to it, and nothing else.
    p.buses[1].mixer.solo = true;
    let heard = hear(&p);
    near(heard.peak(4), 0.5);
    near(heard.peak(0), 0.0);
    near(heard.peak(3), 0.0);
    near(peak(heard.master()), 0.5);
}

#[test]
fn solo_comes_and_goes_while_the_music_plays() {
    let mut p = blank();
    let tracks = [add_tone(&mut p), add_tone(&mut p), add_tone(&mut p)];
    let group =
        add_track(&mut p, TrackKind::Group, clip(790, 960, true, ClipContent::Midi(notes(&[]))));
    p.tracks[0].group = Some(group);
    let (safe, other) = (add_bus(&mut p, true), add_bus(&mut p, false));
    for t in tracks {
        let send = |bus| Send { bus, level: Db(-12.0412), pre: false };
        strip(&mut p, t).sends = vec![send(safe), send(other)];
    }
    let all = [0.5, 0.5, 0.5, 0.5, 0.375, 0.375];
    let mut run = start(&p);
    listen(&mut run, 75);
    // What is set, and what is heard then of the three tracks, the group and the buses.
    let steps = [
        (0, Target::Solo, 1.0, [0.5, 0.0, 0.0, 0.5, 0.125, 0.0]),
        (2, Target::Solo, 1.0, [0.5, 0.0, 0.5, 0.5, 0.25, 0.0]),
        (0, Target::Solo, 0.0, [0.0, 0.0, 0.5, 0.0, 0.125, 0.0]),
        (5, Target::SoloSafe, 1.0, [0.0, 0.0, 0.5, 0.0, 0.125, 0.125]),
        (5, Target::SoloSafe, 0.0, [0.0, 0.0, 0.5, 0.0, 0.125, 0.0]),
        (2, Target::Solo, 0.0, all),
        (3, Target::Solo, 1.0, [0.5, 0.0, 0.0, 0.5, 0.125, 0.0]),
        (3, Target::Solo, 0.0, all),
        (5, Target::Solo, 1.0, [0.0, 0.0, 0.0, 0.0, 0.0, 0.375]),
        (5, Target::Solo, 0.0, all),
    ];
    for (node, target, value, wanted) in steps {
        let before = listen(&mut run, 1);
        run.engine.send(None, Gesture::Set { node, target, value }).expect("room");
        let after = listen(&mut run, 40);
        let settled = listen(&mut run, 40);
        for (n, want) in wanted.into_iter().enumerate() {
            near(settled.peak(n), want);
            let all = [before.left(n), after.left(n)].concat();
            assert!(jump(&all) < SLOPE + 0.004, "{target:?} {value} of {node}: {}", jump(&all));
        }
    }
    // A solo given live is the solo of the document.
    run.engine
        .send(None, Gesture::Set { node: 1, target: Target::Solo, value: 1.0 })
        .expect("room");
    listen(&mut run, 60);
    strip(&mut p, tracks[1]).solo = true;
    let (live, saved) = (listen(&mut run, 75), hear(&p));
    for n in 0..6 {
        near(live.peak(n), saved.peak(n));
    }
}

#[test]
fn mute_silences_a_sidechain_key_and_solo_does_not() {
    let mut p = blank();
    let (key, ducked) = (add_tone(&mut p), add_tone(&mut p));
    let mut duck = effect("fx_ducker", &[("depth", 24.0), ("hold", 500.0)]);
    duck.key_from = Some(key);
    strip(&mut p, ducked).inserts = vec![duck];
    let open = hear(&p).peak(1);
    assert!(open < 0.2, "ducked to {open}");
    let mut muted = p.clone();
    strip(&mut muted, key).mute = true;
    near(hear(&muted).peak(1), 0.5);
    strip(&mut p, ducked).solo = true;
    let heard = hear(&p);
    assert_eq!(heard.peak(0), 0.0);
    near(heard.peak(1), open);
}

#[test]
fn paths_of_different_latency_arrive_on_one_frame() {
    let mut p = blank();
    let content = || ClipContent::Midi(notes(&[0, 333, 777]));
    for id in [701, 702] {
        add_track(&mut p, click_synth(), clip(id, 960, true, content()));
    }
    // Bypassed, an effect leaves the click as it is and keeps its 41 frames.
    p.tracks[0].mixer.inserts = vec![Effect { bypass: true, ..effect("fx_distortion", &[]) }];
    let heard = listen(&mut start(&p), 750);
    let (late, prompt) = (clicks(heard.left(0)), clicks(heard.left(1)));
    assert!(late.iter().zip(&prompt).all(|(a, b)| *a == b + 41) && late.len() > 3);
    assert_eq!(clicks(heard.master()), late, "on one frame");
    assert_eq!(peak(heard.master()), 2.0);

    let how = Bounce {
        source: Source::of(&p).expect("a scene"),
        length: None,
        rate: RATE,
        threads: 0,
        tail_s: None,
    };
    let mut stems = vec![Vec::new(); 4];
    let sink = |piece: hardcore::export::bounce::Piece| {
        stems[piece.node].extend_from_slice(piece.left);
        Ok::<(), std::convert::Infallible>(())
    };
    let done =
        bounce(&p, factory().as_ref(), &Samples::new(), &how, sink, |_| ControlFlow::Continue(()));
    let frames = done.expect("a bounce").frames as usize;
    assert_eq!(stems.iter().map(Vec::len).collect::<Vec<_>>(), [frames; 4], "equally long");
    assert_eq!(clicks(&stems[0]), [0, 8325, 19425]);
    for stem in [1, 3] {
        assert_eq!(clicks(&stems[stem]), clicks(&stems[0]));
    }
}

#[test]
fn what_comes_in_from_outside_joins_a_track_in_time() {
    // The second track is 41 frames late.
    for threads in [0, 2] {
        let mut p = blank();
        add_tone(&mut p);
        add_tone(&mut p);
        p.tracks[1].mixer.inserts = vec![Effect { bypass: true, ..effect("fx_distortion", &[]) }];
        p.tracks[0].mixer.volume = Db(-6.0206);
        let mut run = offline(&p, &tone(), RATE, threads);
        let mut out = Outputs::SILENT;
        let mut inputs = [StereoBlock::SILENT; 2];
        inputs.iter_mut().for_each(|input| input.l[5] = 1.0);
        run.renderer.render(&inputs, &mut out, HostTime::default());
        near(run.renderer.tap(0).expect("a node").1.l[5], 0.5);
        // The master brings both together on one frame.
        near(out.master.l[5 + 41], 1.5);
        assert_eq!(out.master.l.iter().filter(|x| **x != 0.0).count(), 1);
        inputs[0].l[9] = f32::NAN;
        run.renderer.render(&inputs[..1], &mut out, HostTime::default());
        assert_eq!(peak(&out.master.l), 0.0);
    }
}

#[test]
fn pan_is_a_balance() {
    for (pan, l, r) in [(0.0, 0.5, 0.5), (0.5, 0.25, 0.5), (-1.0, 0.5, 0.0)] {
        let mut p = blank();
        let t = add_tone(&mut p);
        strip(&mut p, t).pan = pan;
        let heard = hear(&p);
        near(peak(&heard.nodes[0][0]), l);
        near(peak(&heard.nodes[0][1]), r);
    }
}

#[test]
fn faders_and_bypass_move_without_steps() {
    let mut p = blank();
    let t = add_tone(&mut p);
    strip(&mut p, t).inserts = vec![effect("fx_filter", &[("cutoff", 100.0)])];
    let mut run = start(&p);
    listen(&mut run, 75);
    for (target, value) in [
        (Target::Volume, f32::NEG_INFINITY),
        (Target::Volume, 0.0),
        (Target::Mute, 1.0),
        (Target::Mute, 0.0),
        (Target::Pan, 1.0),
        (Target::Pan, 0.0),
        (Target::Bypass(0), 1.0),
        (Target::Bypass(0), 0.0),
    ] {
        for offset in [0, 150] {
            // The tone's peak and its zero fall on different frames of the gesture's block.
            listen(&mut run, 1 + offset / 64);
            let before = listen(&mut run, 1);
            run.engine.send(None, Gesture::Set { node: 0, target, value }).expect("room");
            let after = listen(&mut run, 40);
            let all = [before.master(), after.master()].concat();
            // A gain that moves by 0.28 in a block adds 0.28 · 0.5 / 64 to the slope.
            assert!(jump(&all) < SLOPE + 0.004, "{target:?} to {value}: {}", jump(&all));
        }
    }
    // Not a number is no value.
    for target in [Target::Volume, Target::Pan, Target::Mute, Target::Insert { index: 0, param: 1 }]
    {
        run.engine.send(None, Gesture::Set { node: 0, target, value: f32::NAN }).expect("room");
    }
    let before = peak(hear(&p).master());
    near(peak(listen(&mut run, 100).master()), before);
}

#[test]
fn cue_listens_before_the_fader() {
    let mut p = blank();
    let t = add_tone(&mut p);
    strip(&mut p, t).volume = Db::SILENCE;
    let mut run = start(&p);
    assert_eq!(peak(listen(&mut run, 75).cue()), 0.0);
    run.engine.send(None, Gesture::Set { node: 0, target: Target::Cue, value: 1.0 }).expect("room");
    listen(&mut run, 75);
    let heard = listen(&mut run, 75);
    near(peak(heard.cue()), 0.5);
    assert_eq!(peak(heard.master()), 0.0);
}

#[test]
fn automation_reaches_its_values_and_gives_the_fader_back() {
    let mut p = blank();
    let t = add_tone(&mut p);
    let point = |at, value| AutomationPoint { at: Ticks(at), value, hold: true };
    p.tracks[0].clips[0].automation = vec![AutomationLane {
        target: AutomationTarget::Volume,
        points: vec![point(0, -20.0), point(960, -6.0206), point(1920, Db::SILENCE.0)],
    }];
    strip(&mut p, t).volume = Db(-12.0412);
    let mut run = start(&p);
    // A quarter note lasts 375 blocks.
    for level in [0.05, 0.25, 0.0] {
        listen(&mut run, 100);
        near(peak(listen(&mut run, 275).master()), level);
    }
    let track = p.tracks[0].id;
    p.tracks[0].clips[0].automation.clear();
    swap_clips(&mut run.engine, &p, track, factory().as_ref(), &tone());
    listen(&mut run, 100);
    near(peak(listen(&mut run, 100).master()), 0.125);
}

fn held(target: AutomationTarget, value: f32) -> AutomationLane {
    AutomationLane { target, points: vec![AutomationPoint { at: Ticks(0), value, hold: true }] }
}

#[test]
fn automation_holds_from_the_first_frame_of_a_clip() {
    // A click on the first beat shows the gain of its very frame.
    let project = |arranged: bool| {
        let mut p = blank();
        let content = ClipContent::Midi(notes(&[0]));
        let t = add_track(&mut p, click_synth(), clip(700, 960, true, content));
        let bus = add_bus(&mut p, true);
        strip(&mut p, t).sends = vec![Send { bus, level: Db::UNITY, pre: false }];
        let lanes =
            vec![held(AutomationTarget::Volume, -40.0), held(AutomationTarget::Send(bus), -20.0)];
        if arranged {
            let (id, at) = (p.tracks[0].clips[0].id, Ticks(0));
            let place = ClipInstance { clip: id, at, length: Ticks(960), offset: at };
            p.arrangement = Some(Arrangement {
                lanes: [(t, vec![place])].into(),
                automation: [(t, lanes)].into(),
                ..Arrangement::default()
            });
        } else {
            p.tracks[0].clips[0].automation = lanes;
        }
        p
    };
    for (frame, gesture) in
        [(0, Gesture::LaunchScene(0)), (37, Gesture::LaunchScene(0)), (101, Gesture::Start)]
    {
        let p = project(gesture == Gesture::Start);
        let mut run = offline(&p, &tone(), RATE, 0);
        run.engine.send(Some(frame), gesture).expect("room");
        let heard = listen(&mut run, 8);
        assert_eq!(heard.left(0).iter().position(|x| *x != 0.0), Some(frame as usize));
        near(heard.peak(0), 0.01);
        near(heard.peak(1), 0.001);
    }
    // Over a tone that sounds, the fader gets there just as exactly, or within 32 frames.
    for offset in [0, 20, 50] {
        let mut p = blank();
        add_tone(&mut p);
        let mut quiet = clip(701, 7680, false, tone_clip());
        quiet.automation = vec![held(AutomationTarget::Volume, -40.0)];
        quiet.launch.quantization = Some(Quantization::None);
        p.scenes.push(Scene { id: SceneId(9001), ..p.scenes[0].clone() });
        let id = p.tracks[0].id;
        p.scenes[1].slots.insert(id, Slot { clip: Some(quiet.id), stop_button: true });
        p.tracks[0].clips.push(quiet);
        let mut run = start(&p);
        listen(&mut run, 77);
        let again = Gesture::Launch { node: 0, row: 1, velocity: 127 };
        run.engine.send(Some(77 * 64 + offset), again).expect("room");
        let heard = listen(&mut run, 8);
        let there = (offset as usize).max(32);
        assert!(peak(&heard.left(0)[..there / 2]) > 0.1);
        assert!(peak(&heard.left(0)[there..]) <= 0.006, "{}", peak(&heard.left(0)[there..]));
        assert!(jump(heard.left(0)) < 0.5 / 32.0 + 2.0 * SLOPE, "{}", jump(heard.left(0)));
    }
}

#[test]
fn the_master_limiter_holds_its_ceiling() {
    let mut p = blank();
    for _ in 0..6 {
        let t = add_tone(&mut p);
        strip(&mut p, t).volume = Db(12.0);
    }
    let kick = Instrument { synth: "kick_gabber".into(), params: BTreeMap::new() };
    let content = ClipContent::Midi(notes(&[0, 960, 1920]));
    add_track(&mut p, TrackKind::Instrument(kick), clip(799, 3840, true, content));
    p.song.master.inserts = vec![effect("fx_limiter", &[("gain", 6.0), ("ceiling", -1.0)])];
    let heard = listen(&mut start(&p), 1500);
    let [l, r] = &heard.nodes[heard.nodes.len() - 1];
    let measured = loudness(&[l, r], RATE).expect("a measurement");
    assert!(measured.true_peak_dbtp <= -0.9, "{} dBTP", measured.true_peak_dbtp);
    assert!(measured.true_peak_dbtp > -3.0, "it was hot: {} dBTP", measured.true_peak_dbtp);
}

#[test]
fn pads_of_a_choke_group_cut_each_other() {
    let kit = |choke| {
        let pad = |note, pitch| Pad {
            note,
            name: "tone".into(),
            sound: PadSound::Sample { path: tone_path(), pitch, gated: false },
            gain: if note == 60 { Db::UNITY } else { Db::SILENCE },
            choke,
        };
        TrackKind::Drums(Kit { pads: vec![pad(60, 0.0), pad(61, 12.0)] })
    };
    for (choke, rest) in [(None, 0.5), (Some(1), 0.0)] {
        let mut p = blank();
        add_track(&mut p, kit(choke), clip(700, 3840, false, ClipContent::Midi(notes(&[0]))));
        let mut run = start(&p);
        listen(&mut run, 100);
        let on = Gesture::NoteOn { node: 0, pitch: 61, velocity: 100 };
        run.engine.send(None, on).expect("room");
        let cut = listen(&mut run, 4);
        assert!(jump(cut.master()) < SLOPE + 0.01, "{choke:?}: {}", jump(cut.master()));
        near(peak(listen(&mut run, 20).master()), rest);
    }
}

#[test]
fn hats_choke_by_themselves_and_kicks_are_alone() {
    let pads = |names: &[&str]| {
        let pad = |(i, name): (usize, &&str)| {
            let instrument = Instrument { synth: (*name).into(), params: BTreeMap::new() };
            let sound = PadSound::Synth { instrument, pitch: 40.0 };
            Pad { note: 60 + i as u8, name: "pad".into(), sound, gain: Db::UNITY, choke: None }
        };
        TrackKind::Drums(Kit { pads: names.iter().enumerate().map(pad).collect() })
    };
    // Level after the first pad, and after `second` was hit 50 ms later.
    let after = |names: &[&str], second: Option<u8>| {
        let mut p = blank();
        add_track(&mut p, pads(names), clip(700, 3840, false, ClipContent::Midi(notes(&[]))));
        let mut run = start(&p);
        let hits = [Some((60, 127)), second.map(|pitch| (pitch, 1))];
        for hit in hits {
            if let Some((pitch, velocity)) = hit {
                let on = Gesture::NoteOn { node: 0, pitch, velocity };
                run.engine.send(None, on).expect("room");
            }
            listen(&mut run, 38);
        }
        listen(&mut run, 8);
        peak(listen(&mut run, 40).master())
    };
    for (names, second) in [(["hat_open", "hat_closed"], 61), (["kick_gabber", "ride"], 60)] {
        let ringing = after(&names, None);
        let cut = after(&names, Some(second));
        assert!(ringing > 0.02 && cut < ringing * 0.3, "{names:?}: {ringing}, then {cut}");
    }
}

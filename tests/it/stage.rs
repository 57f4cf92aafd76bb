//! A crowded stage: a project of every kind of track, and somebody who plays it at random.

use std::collections::BTreeMap;
use std::sync::Arc;

use hardcore::engine::plan::Target;
use hardcore::engine::prepare::Samples;
use hardcore::engine::protocol::Gesture;
use hardcore::engine::samples::Sample;
use hardcore::model::arrangement::{Arrangement, ClipInstance};
use hardcore::model::automation::{AutomationLane, AutomationPoint, AutomationTarget};
use hardcore::model::clip::{
    AudioClip, Clip, ClipContent, LoopBrace, MidiClip, Note, WarpMarker, WarpMode,
};
use hardcore::model::ids::{BusId, ClipId, EffectId, NoteId, SceneId, TrackId};
use hardcore::model::launch::{
    FollowAction, FollowKind, FollowTime, LaunchMode, LaunchSettings, Quantization,
};
use hardcore::model::mixer::{Bus, Db, Effect, MixerSettings, PluginType, Send};
use hardcore::model::project::Project;
use hardcore::model::sample::SamplePath;
use hardcore::model::scene::{Scene, SceneTempo, Slot};
use hardcore::model::time::{Bpm, TempoMap, Ticks};
use hardcore::model::touch::Touch;
use hardcore::model::track::{Instrument, Kit, Pad, PadSound, Track, TrackKind};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

const BAR: i64 = 3840;
const ROWS: u32 = 4;
const INSTRUMENTS: [(&str, &str); 10] = [
    ("kick_gabber", "drive"),
    ("hoover", "level"),
    ("bass_offbeat", "cutoff"),
    ("acid_303", "cutoff"),
    ("lead_screech", "level"),
    ("stab_rave", "cutoff"),
    ("pad_dark", "cutoff"),
    ("piano_rave", "level"),
    ("lead_square", "cutoff"),
    ("riser", "level"),
];
/// Effects with a parameter to move.
const EFFECTS: [(&str, &str, f32, f32); 7] = [
    ("fx_filter", "cutoff", 300.0, 4000.0),
    ("fx_distortion", "drive", 0.0, 20.0),
    ("fx_eq", "low_gain", -6.0, 3.0),
    ("fx_compressor", "ratio", 2.0, 6.0),
    ("fx_chorus", "depth", 0.1, 0.6),
    ("fx_delay", "feedback", 0.1, 0.5),
    ("fx_ducker", "depth", 0.2, 1.0),
];

fn path(name: &str) -> SamplePath {
    SamplePath::new(name).expect("a good path")
}

/// A hit and a loop.
pub fn samples() -> Samples {
    let mut rng = Pcg64Mcg::seed_from_u64(5);
    let mut noise = |frames: usize, fall: f32| {
        let frame = |i: usize| {
            let level = 0.3 * (-(i as f32) / fall).exp();
            kira::Frame { left: rng.random_range(-level..=level), right: level }
        };
        Sample { frames: (0..frames).map(frame).collect::<Vec<_>>().into(), rate: 44_100 }
    };
    [(path("hit.wav"), noise(9_000, 3_000.0)), (path("loop.wav"), noise(70_000, 90_000.0))].into()
}

fn midi(rng: &mut Pcg64Mcg, pitches: &[u8]) -> ClipContent {
    let mut notes: Vec<Note> = (0..rng.random_range(8..20))
        .map(|i| Note {
            id: NoteId(i),
            start: Ticks(rng.random_range(0..64) * BAR / 64),
            length: Ticks(rng.random_range(20..900)),
            pitch: pitches[rng.random_range(0..pitches.len())],
            velocity: rng.random_range(30..=127),
            probability: if i % 5 == 0 { 60 } else { 100 },
        })
        .collect();
    notes.sort_by_key(|n| (n.start, n.pitch, n.id));
    ClipContent::Midi(MidiClip { notes: Arc::new(notes) })
}

fn audio(rng: &mut Pcg64Mcg) -> ClipContent {
    let warp = [WarpMode::Off, WarpMode::Rate, WarpMode::Sliced][rng.random_range(0..3)];
    let marker =
        |i: u32| WarpMarker { frame: u64::from(i) * 8_000, at: Ticks(i64::from(i) * BAR / 8) };
    ClipContent::Audio(AudioClip {
        sample: path("loop.wav"),
        gain: Db(-9.0),
        pitch: rng.random_range(-5..5) as f32,
        warp,
        source_bpm: Bpm::new(150.0).ok(),
        markers: (0..8).map(marker).collect(),
    })
}

fn effect(id: u32, (name, ..): (&str, &str, f32, f32), key: Option<TrackId>) -> Effect {
    Effect {
        id: EffectId(id),
        plugin: PluginType::Native,
        name: name.into(),
        params: BTreeMap::new(),
        bypass: id.is_multiple_of(7),
        key_from: key.filter(|_| name == "fx_ducker"),
        state: Vec::new(),
    }
}

fn kind(i: u32) -> TrackKind {
    let synth = |name: &str| Instrument { synth: name.into(), params: BTreeMap::new() };
    let pad = |note: u8, sound: PadSound, choke: Option<u8>| Pad {
        note,
        name: format!("pad {note}"),
        sound,
        gain: Db(-6.0),
        choke,
    };
    let hit = |pitch: f32, gated: bool| PadSound::Sample { path: path("hit.wav"), pitch, gated };
    let drum = |name: &str, pitch: f32| PadSound::Synth { instrument: synth(name), pitch };
    match i % 4 {
        2 => TrackKind::Drums(Kit {
            pads: vec![
                pad(36, drum("kick_gabber", 30.0), None),
                pad(38, drum("snare", 60.0), None),
                pad(39, drum("clap", 60.0), None),
                pad(42, drum("hat_closed", 60.0), Some(1)),
                pad(46, drum("hat_open", 60.0), Some(1)),
                pad(47, hit(0.0, false), Some(2)),
                pad(48, hit(7.0, true), Some(2)),
                pad(49, drum("crash", 60.0), None),
                pad(51, drum("ride", 60.0), None),
            ],
        }),
        3 => TrackKind::Audio,
        _ => TrackKind::Instrument(synth(INSTRUMENTS[i as usize % INSTRUMENTS.len()].0)),
    }
}

/// A project of `count` tracks, the first two of them groups.
pub fn stage(count: u32, seed: u64) -> Project {
    let rng = &mut Pcg64Mcg::seed_from_u64(seed);
    let key = "F minor".parse().expect("a key");
    let mut project = Project::new("stage", TempoMap::constant(Bpm::from_milli(174_000)), key);
    project.song.seed = seed;
    project.song.quantization = Quantization::Sixteenth;
    project.song.next_id.0 = 1_000_000;
    project.song.master.inserts = vec![effect(9000, ("fx_limiter", "", 0.0, 0.0), None)];
    for (i, name) in ["fx_reverb", "fx_delay"].into_iter().enumerate() {
        let mixer = MixerSettings {
            inserts: vec![effect(9001 + i as u32, (name, "", 0.0, 0.0), None)],
            ..MixerSettings::default()
        };
        let id = BusId(8000 + i as u32);
        project.buses.push(Bus { id, name: name.into(), solo_safe: true, mixer });
    }
    let mut arrangement = Arrangement::default();
    for i in 0..count {
        let id = TrackId(i + 1);
        let track = track(i, rng);
        if i % 3 == 0 && i > 1 {
            let place = |n: i64| ClipInstance {
                clip: track.clips[n as usize % 2].id,
                at: Ticks(n * BAR * 2),
                length: Ticks(BAR * 2 - 480),
                offset: Ticks(n % 3 * 480),
            };
            arrangement.lanes.insert(id, (0..40).map(place).collect());
            let lane = AutomationLane {
                target: AutomationTarget::Pan,
                points: vec![point(0, -1.0), point(BAR * 40, 1.0)],
            };
            arrangement.automation.insert(id, vec![lane]);
        }
        project.tracks.push(track);
    }
    project.arrangement = Some(arrangement);
    for row in 0..ROWS {
        let slot = |t: &Track| {
            let clip = t.clips.get((row % 3) as usize).map(|c| c.id);
            (t.id, Slot { clip, stop_button: row % 2 == 0 })
        };
        let tempo = (row == 3).then(|| SceneTempo { bpm: Bpm::from_milli(190_000), ramp_beats: 2 });
        project.scenes.push(Scene {
            id: SceneId(7000 + row),
            name: format!("row {row}"),
            color: None,
            tempo,
            signature: None,
            slots: project.tracks.iter().map(slot).collect(),
        });
    }
    project
}

/// Every launch mode, some legato, some that lead on by themselves.
fn launch(n: u32) -> LaunchSettings {
    use LaunchMode::{Gate, Repeat, Toggle, Trigger};
    let follow = FollowAction {
        a: FollowKind::Next,
        b: FollowKind::Other,
        chance_a: 40,
        chance_b: 60,
        after: FollowTime::Loops(1),
    };
    LaunchSettings {
        mode: [Trigger, Trigger, Gate, Toggle, Repeat][n as usize % 5],
        legato: n.is_multiple_of(3),
        follow: (n % 4 == 1).then_some(follow),
        velocity_amount: 0.5,
        ..LaunchSettings::default()
    }
}

fn point(at: i64, value: f32) -> AutomationPoint {
    AutomationPoint { at: Ticks(at), value, hold: false }
}

fn track(i: u32, rng: &mut Pcg64Mcg) -> Track {
    let group = i < 2;
    let kind = if group { TrackKind::Group } else { kind(i) };
    let kick = (i > 2).then_some(TrackId(3));
    let inserts: Vec<Effect> =
        (0..3).map(|k| effect(i * 8 + k, EFFECTS[(i + k) as usize % 7], kick)).collect();
    let clips: u32 = if group { 0 } else { 3 };
    let clips = (0..clips)
        .map(|n| Clip {
            id: ClipId(10_000 + i * 8 + n),
            name: format!("clip {n}"),
            color: None,
            length: Ticks(BAR),
            loop_brace: (n != 2).then_some(LoopBrace { start: Ticks(BAR / 4), end: Ticks(BAR) }),
            launch: launch(i + n),
            groove: None,
            muted: false,
            content: match &kind {
                TrackKind::Audio => audio(rng),
                TrackKind::Drums(_) => midi(rng, &[36, 38, 39, 42, 46, 47, 48, 49, 51]),
                _ => midi(rng, &[36, 41, 48, 53, 60]),
            },
            automation: lanes(i, n, &kind),
        })
        .collect();
    let send = |n: u32, pre| Send { bus: BusId(8000 + n), level: Db(-14.0), pre };
    Track {
        id: TrackId(i + 1),
        name: format!("track {i}"),
        color: 0,
        kind,
        group: (!group && i.is_multiple_of(2)).then_some(TrackId(1 + i / 2 % 2)),
        mixer: MixerSettings {
            volume: Db(-12.0),
            inserts,
            sends: vec![send(0, false), send(1, true)],
            ..MixerSettings::default()
        },
        clips,
        analysis: None,
    }
}

fn lanes(i: u32, clip: u32, kind: &TrackKind) -> Vec<AutomationLane> {
    let lane = |target, a, b| AutomationLane { target, points: vec![point(0, a), point(BAR, b)] };
    let mut lanes = Vec::new();
    if clip == 1 {
        lanes.push(lane(AutomationTarget::Volume, -30.0, -6.0));
        lanes.push(lane(AutomationTarget::Send(BusId(8000)), -40.0, -3.0));
    }
    let (_, param, a, b) = EFFECTS[i as usize % 7];
    lanes.push(lane(AutomationTarget::Effect(EffectId(i * 8), param.into()), a, b));
    if let TrackKind::Instrument(instrument) = kind
        && let Some((_, param)) = INSTRUMENTS.iter().find(|(name, _)| *name == instrument.synth)
    {
        let (a, b) = if *param == "cutoff" { (300.0, 3000.0) } else { (-6.0, 0.0) };
        lanes.push(lane(AutomationTarget::Instrument((*param).into()), a, b));
    }
    lanes
}

/// Something a player might do next.
pub fn gesture(rng: &mut Pcg64Mcg, tracks: u16) -> Gesture {
    let node = rng.random_range(0..tracks);
    let pitch = [36, 42, 46, 47, 48, 60][rng.random_range(0..6)];
    let row = rng.random_range(0..ROWS as u16 + 1);
    match rng.random_range(0..100) {
        0..25 => Gesture::Launch { node, row, velocity: rng.random_range(1..=127) },
        25..28 => Gesture::Release { node, row },
        28 => Gesture::Cancel(node),
        29 => Gesture::Grace(rng.random_range(0..8000)),
        30..36 => Gesture::StopTrack(node),
        36..38 => Gesture::LaunchScene(row),
        38 => Gesture::StopAll,
        39..41 => Gesture::BackToArrangement(node),
        41 => Gesture::Start,
        42 => Gesture::Stop,
        43 => Gesture::Continue,
        44 => Gesture::Locate(Ticks(rng.random_range(0..20) * BAR / 4).into()),
        45..48 => Gesture::Tempo(Bpm::from_milli(rng.random_range(120_000..260_000))),
        48..65 => Gesture::NoteOn { node, pitch, velocity: rng.random_range(1..=127) },
        65..82 => Gesture::NoteOff { node, pitch },
        82..86 => {
            let touch = Touch::ALL[rng.random_range(0..Touch::ALL.len())];
            let value = if rng.random_bool(0.5) { 0.0 } else { rng.random_range(-1.0..4.0) };
            let node = tracks + rng.random_range(0..4) - rng.random_range(0..6);
            Gesture::Set { node, target: Target::Touch(touch), value }
        }
        86 => Gesture::Fill { node, row, velocity: 100 },
        87 => match rng.random_range(0..6) {
            0 => Gesture::Glide(Bpm::from_milli(rng.random_range(120_000..260_000)), 8),
            1 => Gesture::Nudge(rng.random_range(-60..60)),
            2 => Gesture::Loop(rng.random_bool(0.5)),
            3 => Gesture::Metronome(rng.random_bool(0.5)),
            4 => Gesture::Record { node, row, length: Ticks(BAR).into() },
            _ => Gesture::RecordEnd(node),
        },
        _ => {
            let (target, value) = match rng.random_range(0..8) {
                0 => (Target::Volume, rng.random_range(-40.0..0.0)),
                1 => (Target::Pan, rng.random_range(-1.0..1.0)),
                2 => (Target::Mute, rng.random_range(0..2) as f32),
                3 => (Target::Send(rng.random_range(0..2)), rng.random_range(-40.0..-6.0)),
                4 => (Target::Cue, rng.random_range(0..2) as f32),
                5 => (Target::Solo, f32::from(u8::from(rng.random_range(0..4) == 0))),
                6 => (Target::Bypass(rng.random_range(0..3)), rng.random_range(0..2) as f32),
                _ => (Target::Insert { index: 0, param: 0 }, rng.random_range(0.0..1.0)),
            };
            Gesture::Set { node, target, value }
        }
    }
}

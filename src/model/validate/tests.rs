//! Every rule of the check, broken on purpose.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::arrangement::{Arrangement, ClipInstance};
use crate::model::automation::{AutomationLane, AutomationPoint, AutomationTarget};
use crate::model::clip::{Clip, ClipContent, LoopBrace, MidiClip, Note};
use crate::model::groove::GrooveTemplate;
use crate::model::ids::{ClipId, IdCounter, NoteId};
use crate::model::key::Key;
use crate::model::launch::{FollowAction, FollowKind, FollowTime};
use crate::model::mixer::{Bus, Effect, PluginType, Send};
use crate::model::scene::Slot;
use crate::model::time::{Bpm, TempoChange, TempoMap};
use crate::model::track::{Instrument, Kit, Pad, PadSound};

fn note(id: u32, start: i64, pitch: u8) -> Note {
    let (length, start) = (Ticks(100), Ticks(start));
    Note { id: NoteId(id), start, length, pitch, velocity: 100, probability: 100 }
}

fn track(id: u32, name: &str, kind: TrackKind) -> Track {
    let (name, mixer) = (name.to_owned(), MixerSettings::default());
    Track {
        id: TrackId(id),
        name,
        color: 0,
        kind,
        group: None,
        mixer,
        clips: vec![],
        analysis: None,
    }
}

fn effect(id: u32) -> Effect {
    Effect {
        id: EffectId(id),
        plugin: PluginType::Native,
        name: "duck".into(),
        params: BTreeMap::new(),
        bypass: false,
        key_from: None,
        state: vec![],
    }
}

/// Kick (track 1, clip 2) and hoover (track 3) in group 4, bus 5 and 6, scene 7.
fn sound_project() -> Project {
    let key: Key = "F minor".parse().unwrap();
    let mut p = Project::new("Test", TempoMap::constant(Bpm::new(174.0).unwrap()), key);
    let synth = |synth: &str| Instrument { synth: synth.into(), params: BTreeMap::new() };
    let mut kick = track(1, "Kick", TrackKind::Instrument(synth("gabber_kick")));
    kick.clips.push(Clip {
        id: ClipId(2),
        name: "Roll".into(),
        color: None,
        length: Ticks(3840),
        loop_brace: Some(LoopBrace { start: Ticks(0), end: Ticks(3840) }),
        launch: Default::default(),
        groove: None,
        muted: false,
        content: ClipContent::Midi(MidiClip {
            notes: Arc::new(vec![note(17, 0, 36), note(18, 960, 36)]),
        }),
        automation: vec![],
    });
    let mut hoover = track(3, "Hoover", TrackKind::Instrument(synth("hoover")));
    hoover.group = Some(TrackId(4));
    p.tracks = vec![kick, hoover, track(4, "Leads", TrackKind::Group)];
    let bus = |id, name: &str| Bus {
        id: BusId(id),
        name: name.into(),
        solo_safe: true,
        mixer: MixerSettings::default(),
    };
    p.buses = vec![bus(5, "Room"), bus(6, "Delay")];
    let slots = BTreeMap::from([(TrackId(1), Slot { clip: Some(ClipId(2)), stop_button: true })]);
    let scene = Scene {
        id: SceneId(7),
        name: "Drop".into(),
        color: None,
        tempo: None,
        signature: None,
        slots,
    };
    p.scenes = vec![scene];
    p.song.next_id = IdCounter(8);
    p
}

fn edit_notes(p: &mut Project, f: impl FnOnce(&mut Vec<Note>)) {
    let ClipContent::Midi(midi) = &mut p.tracks[0].clips[0].content else { panic!("a MIDI clip") };
    f(Arc::make_mut(&mut midi.notes));
}

/// The one problem that `f` puts into a sound project.
fn broken(f: impl FnOnce(&mut Project)) -> String {
    let mut p = sound_project();
    p.validate().expect("sound to begin with");
    f(&mut p);
    let problems = p.validate().expect_err("the fault must be found");
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].to_string()
}

#[test]
fn a_problem_names_the_culprit() {
    let text = broken(|p| edit_notes(p, |n| n[0].pitch = 200));
    assert_eq!(
        text,
        "track 'Kick' (id 1), clip 'Roll' (id 2), note 17: pitch 200 is outside 0 to 127"
    );
    let mut p = sound_project();
    edit_notes(&mut p, |n| n[1].velocity = 0);
    let problem = &p.validate().unwrap_err()[0];
    let path = [
        Field("tracks"),
        Step::Index(0),
        Field("clips"),
        Step::Index(0),
        Field("content"),
        Field("notes"),
        Step::Index(1),
        Field("velocity"),
    ];
    assert_eq!(problem.path, path);
}

/// A way to break a project.
type Fault = fn(&mut Project);

#[test]
fn every_rule_is_kept() {
    let cases: &[(&str, Fault)] = &[
        ("order", |p| edit_notes(p, |n| n.reverse())),
        ("used twice", |p| edit_notes(p, |n| n[1].id = NoteId(17))),
        ("no room for more", |p| edit_notes(p, |n| n[1].id = NoteId(u32::MAX))),
        ("length 0", |p| edit_notes(p, |n| n[0].length = Ticks(0))),
        ("outside 0", |p| edit_notes(p, |n| n[0].start = Ticks(-1))),
        ("above 100", |p| edit_notes(p, |n| n[0].probability = 101)),
        ("100001 notes", |p| {
            edit_notes(p, |n| *n = (0..100_001).map(|i| note(i, 0, 36)).collect())
        }),
        ("not inside the clip", |p| {
            p.tracks[0].clips[0].loop_brace = Some(LoopBrace { start: Ticks(0), end: Ticks(3841) })
        }),
        ("length 1099511627776", |p| p.tracks[0].clips[0].length = Ticks(MAX_TICKS)),
        ("needs an instrument", |p| p.tracks[0].kind = TrackKind::Audio),
        ("no groove with id 9", |p| p.tracks[0].clips[0].groove = Some((GrooveId(9), 1.0))),
        ("scene 99", |p| {
            let after = FollowTime::Loops(1);
            let b = FollowKind::NoAction;
            let a = FollowKind::Jump(SceneId(99));
            p.tracks[0].clips[0].launch.follow =
                Some(FollowAction { a, b, chance_a: 1, chance_b: 0, after });
        }),
        ("no group track", |p| p.tracks[0].group = Some(TrackId(3))),
        ("no group track", |p| p.tracks[0].group = Some(TrackId(99))),
        ("comes back", |p| p.tracks[2].group = Some(TrackId(4))),
        ("comes back", |p| {
            // A track keyed by the group it plays into.
            let key_from = Some(TrackId(4));
            p.song.next_id = IdCounter(10);
            p.tracks[1].mixer.inserts = vec![Effect { key_from, ..effect(9) }];
        }),
        ("by more than one insert", |p| p.tracks[1].mixer.inserts = vec![effect(6), effect(6)]),
        ("no track with id 77", |p| {
            p.buses[0].mixer.inserts = vec![Effect { key_from: Some(TrackId(77)), ..effect(6) }]
        }),
        ("33 inserts", |p| {
            p.song.next_id = IdCounter(100);
            p.tracks[0].mixer.inserts = (10..43).map(effect).collect();
        }),
        ("bus 9, which does not exist", |p| {
            p.tracks[0].mixer.sends = vec![Send { bus: BusId(9), level: Db::UNITY, pre: false }]
        }),
        ("further right", |p| {
            p.buses[1].mixer.sends = vec![Send { bus: BusId(5), level: Db::UNITY, pre: false }]
        }),
        ("two sends", |p| {
            p.tracks[0].mixer.sends = vec![Send { bus: BusId(5), level: Db::UNITY, pre: false }; 2]
        }),
        ("master cannot send", |p| {
            p.song.master.sends = vec![Send { bus: BusId(5), level: Db::UNITY, pre: false }]
        }),
        ("volume 25 dB", |p| p.tracks[0].mixer.volume = Db(25.0)),
        ("volume NaN dB", |p| p.tracks[0].mixer.volume = Db(f32::NAN)),
        ("cue inf dB", |p| p.song.cue = Db(f32::INFINITY)),
        ("pan 1.5", |p| p.tracks[0].mixer.pan = 1.5),
        ("pan NaN", |p| p.buses[0].mixer.pan = f32::NAN),
        ("more than one of the tracks", |p| {
            let again = p.tracks[1].clone();
            p.tracks.push(again);
        }),
        ("more than one clip", |p| {
            let again = p.tracks[0].clips[0].clone();
            p.tracks[1].clips.push(again);
        }),
        ("does not have", |p| {
            p.scenes[0].slots.insert(TrackId(3), Slot { clip: Some(ClipId(2)), stop_button: true });
        }),
        ("track 50, which does not exist", |p| {
            p.scenes[0].slots.insert(TrackId(50), Slot::default());
        }),
        ("no room for more", |p| p.song.next_id = IdCounter(u32::MAX)),
        ("next_id is 7", |p| p.song.next_id = IdCounter(7)),
        ("characters", |p| p.tracks[0].name = "x".repeat(201)),
        ("control", |p| p.scenes[0].name = "a\nb".into()),
        ("cannot be the name of a sound", |p| {
            p.tracks[0].kind = TrackKind::Instrument(Instrument {
                synth: "../kick".into(),
                params: BTreeMap::new(),
            })
        }),
        ("not a number", |p| {
            let params = BTreeMap::from([("drive".to_owned(), f32::INFINITY)]);
            p.tracks[0].kind = TrackKind::Instrument(Instrument { synth: "k".into(), params });
        }),
        ("another pad", |p| {
            let sound = || PadSound::Synth {
                instrument: Instrument { synth: "k".into(), params: BTreeMap::new() },
                pitch: 60.0,
            };
            let pad =
                || Pad { note: 36, name: "x".into(), sound: sound(), gain: Db::UNITY, choke: None };
            p.tracks[0].kind = TrackKind::Drums(Kit { pads: vec![pad(), pad()] });
        }),
        ("time signature", |p| p.song.signature.denominator = 3),
        ("257 tracks", |p| {
            p.song.next_id = IdCounter(1000);
            p.tracks = (1..=257).map(|i| track(i, "x", TrackKind::Audio)).collect();
        }),
        ("does not come after", |p| {
            let change = TempoChange { at: Ticks(0), bpm: Bpm::MAX, ramp: false };
            p.song.tempo.changes = vec![change];
        }),
        ("ramps", |p| {
            let change = TempoChange { at: Ticks(MAX_TICKS - 1), bpm: Bpm::MAX, ramp: true };
            p.song.tempo.changes = vec![change];
        }),
        ("no send to bus 5", |p| {
            let target = AutomationTarget::Send(BusId(5));
            p.tracks[0].clips[0].automation = vec![AutomationLane { target, points: vec![] }];
        }),
        ("value -inf", |p| {
            let point = AutomationPoint { at: Ticks(0), value: f32::NEG_INFINITY, hold: false };
            let target = AutomationTarget::Volume;
            p.tracks[0].clips[0].automation = vec![AutomationLane { target, points: vec![point] }];
        }),
        ("before the end of the instance", |p| {
            let one =
                ClipInstance { clip: ClipId(2), at: Ticks(0), length: Ticks(10), offset: Ticks(0) };
            let lanes =
                BTreeMap::from([(TrackId(1), vec![one, ClipInstance { at: Ticks(9), ..one }])]);
            p.arrangement = Some(Arrangement { lanes, ..Default::default() });
        }),
        ("outside the span", |p| {
            let (span, timing, velocity) =
                (Ticks(10), BTreeMap::from([(Ticks(10), 0)]), BTreeMap::new());
            p.grooves =
                vec![GrooveTemplate { id: GrooveId(6), name: "x".into(), span, timing, velocity }];
        }),
    ];
    for (words, fault) in cases {
        let text = broken(fault);
        assert!(text.contains(words), "{words:?} is not in {text:?}");
        assert!(!text.contains('\n'), "{text:?}");
    }
}

#[test]
fn a_flood_of_problems_is_cut_short() {
    let mut p = sound_project();
    edit_notes(&mut p, |n| *n = (0..50_000).map(|i| note(1, i, 200)).collect());
    assert_eq!(p.validate().unwrap_err().len(), MAX_PROBLEMS);
}

proptest! {
    #[test]
    fn arbitrary_projects_are_valid(p in crate::model::testing::project()) {
        prop_assert_eq!(p.validate(), Ok(()));
    }
}

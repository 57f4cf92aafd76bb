//! Read back with the same crate's parser: times, loops, tempo and names.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::arrangement::{Arrangement, ClipInstance};
use crate::model::clip::{ClipContent, LoopBrace, MidiClip};
use crate::model::ids::{ClipId, NoteId, TrackId};
use crate::model::mixer::MixerSettings;
use crate::model::scene::{Scene, SceneTempo, Slot};
use crate::model::time::Bpm;
use crate::model::track::{Instrument, Kit};

fn bpm(b: f64) -> Bpm {
    Bpm::new(b).unwrap()
}

fn note(start: i64, length: i64, pitch: u8) -> Note {
    let (start, length) = (Ticks(start), Ticks(length));
    Note { id: NoteId(1 + start.0 as u32), start, length, pitch, velocity: 100, probability: 100 }
}

fn project(notes: Vec<Note>, length: i64, brace: Option<(i64, i64)>) -> Project {
    let key = "F minor".parse().unwrap();
    let mut p = Project::new("Cellar", TempoMap::constant(bpm(174.0)), key);
    let clip = Clip {
        id: ClipId(2),
        name: "Roll".into(),
        color: None,
        length: Ticks(length),
        loop_brace: brace.map(|(a, b)| LoopBrace { start: Ticks(a), end: Ticks(b) }),
        launch: Default::default(),
        groove: None,
        muted: false,
        content: ClipContent::Midi(MidiClip { notes: Arc::new(notes) }),
        automation: vec![],
    };
    let synth = Instrument { synth: "hoover".into(), params: BTreeMap::new() };
    let track = |id, name: &str, kind, clips| {
        let (id, name, mixer) = (TrackId(id), name.to_owned(), MixerSettings::default());
        Track { id, name, color: 0, kind, group: None, mixer, clips, analysis: None }
    };
    p.tracks = vec![
        track(1, "Höver", TrackKind::Instrument(synth), vec![clip]),
        track(3, "Kit", TrackKind::Drums(Kit::default()), vec![]),
        track(4, "Group", TrackKind::Group, vec![]),
    ];
    let slots = BTreeMap::from([(TrackId(1), Slot { clip: Some(ClipId(2)), stop_button: true })]);
    let (id, name) = (SceneId(7), "Drop".to_owned());
    p.scenes = vec![Scene { id, name, color: None, tempo: None, signature: None, slots }];
    p
}

const SCENE: Source = Source::Scene(SceneId(7));

/// Note starts, ends and pitches of a track in the file.
fn played(bytes: &[u8], track: usize) -> Vec<(i64, i64, u8)> {
    let smf = Smf::parse(bytes).unwrap();
    let (mut now, mut open, mut done) = (0, HashMap::new(), vec![]);
    for event in &smf.tracks[track] {
        now += i64::from(event.delta.as_int());
        match event.kind {
            TrackEventKind::Midi { message: MidiMessage::NoteOn { key, .. }, .. } => {
                assert!(open.insert(key, now).is_none(), "a note starts while its pitch sounds");
            }
            TrackEventKind::Midi { message: MidiMessage::NoteOff { key, .. }, .. } => {
                let start = open.remove(&key).expect("every end has its start");
                done.push((start, now, key.as_int()));
            }
            _ => {}
        }
    }
    assert!(open.is_empty(), "a note hangs");
    done.sort_unstable();
    done
}

#[test]
fn loops_are_unrolled_and_notes_end_with_them() {
    let notes = vec![note(0, 100, 36), note(960, 5000, 38), note(1900, 10, 40)];
    let p = project(notes.clone(), 3840, Some((960, 1920)));
    let bytes = to_bytes(&p, SCENE, Ticks(3840)).unwrap();
    let wanted = [
        (0, 100, 36),
        (960, 1920, 38),
        (1900, 1910, 40),
        (1920, 2880, 38),
        (2860, 2870, 40),
        (2880, 3840, 38),
        (3820, 3830, 40),
    ];
    assert_eq!(played(&bytes, 1), wanted);
    // Without a loop the clip plays once.
    let once = to_bytes(&project(notes, 2000, None), SCENE, Ticks(9000)).unwrap();
    assert_eq!(played(&once, 1), [(0, 100, 36), (960, 2000, 38), (1900, 1910, 40)]);
}

#[test]
fn the_timeline_starts_clips_in_their_middle() {
    let mut p = project(vec![note(0, 10, 36), note(960, 10, 37)], 1920, Some((0, 1920)));
    let instance = |at, length, offset| ClipInstance {
        clip: ClipId(2),
        at: Ticks(at),
        length: Ticks(length),
        offset: Ticks(offset),
    };
    assert!(matches!(to_bytes(&p, Source::Arrangement, Ticks(10)), Err(MidiError::Nothing(_))));
    let lanes =
        BTreeMap::from([(TrackId(1), vec![instance(100, 1500, 900), instance(2000, 5, 0)])]);
    p.arrangement = Some(Arrangement { lanes, ..Default::default() });
    let bytes = to_bytes(&p, Source::Arrangement, Ticks(2003)).unwrap();
    assert_eq!(played(&bytes, 1), [(160, 170, 37), (1120, 1130, 36), (2000, 2003, 36)]);
}

#[test]
fn tempo_signature_names_and_channels_are_there() {
    let mut p = project(vec![note(0, 10, 36)], 960, None);
    p.song.tempo.changes = vec![TempoChange { at: Ticks(960), bpm: bpm(180.0), ramp: true }];
    p.song.signature = Signature { numerator: 7, denominator: 8 };
    let bytes = to_bytes(&p, SCENE, Ticks(1920)).unwrap();
    let smf = Smf::parse(&bytes).unwrap();
    assert_eq!(smf.header.format, Format::Parallel);
    assert_eq!(smf.header.timing, Timing::Metrical(u15::new(960)));
    assert_eq!(smf.tracks.len(), 3, "conductor, hoover, kit; no group");
    let metas: Vec<_> = smf.tracks[0].iter().map(|e| e.kind).collect();
    assert!(metas.contains(&TrackEventKind::Meta(MetaMessage::TimeSignature(7, 3, 24, 8))));
    let (mut now, mut tempi) = (0, vec![]);
    for event in &smf.tracks[0] {
        now += i64::from(event.delta.as_int());
        if let TrackEventKind::Meta(MetaMessage::Tempo(t)) = event.kind {
            tempi.push((now, t.as_int()));
        }
    }
    assert_eq!(now, 1920);
    let steps = p.song.tempo.steps();
    assert_eq!(tempi.len(), steps.len());
    for (step, (at, micros)) in steps.iter().zip(&tempi) {
        assert_eq!(step.at.0, *at);
        assert!((60e6 / step.bpm.get() - f64::from(*micros)).abs() <= 0.5);
    }
    assert_eq!(
        smf.tracks[1][0].kind,
        TrackEventKind::Meta(MetaMessage::TrackName("Höver".as_bytes()))
    );
    p.scenes[0].tempo = Some(SceneTempo { bpm: bpm(200.0), ramp_beats: 0 });
    let bytes = to_bytes(&p, SCENE, Ticks(1920)).unwrap();
    let fast = TrackEventKind::Meta(MetaMessage::Tempo(u24::new(300_000)));
    assert!(Smf::parse(&bytes).unwrap().tracks[0].iter().any(|e| e.kind == fast));
}

#[test]
fn hostile_loops_end_in_a_sentence_or_at_once() {
    let dense = project(vec![note(0, 1, 36)], 960, Some((0, 1)));
    let error = to_bytes(&dense, SCENE, MAX_LENGTH).unwrap_err();
    assert!(matches!(error, MidiError::TooManyNotes), "{error}");
    let silent = project(vec![], 960, Some((0, 1)));
    assert!(to_bytes(&silent, SCENE, MAX_LENGTH).is_ok());
    assert!(matches!(to_bytes(&dense, SCENE, Ticks(0)), Err(MidiError::Length(_))));
    assert!(matches!(
        to_bytes(&dense, Source::Scene(SceneId(9)), Ticks(1)),
        Err(MidiError::Nothing(_))
    ));
}

proptest! {
    #[test]
    fn any_project_becomes_a_sound_midi_file(p in crate::model::testing::project(), length in 1i64..100_000) {
        let scenes = p.scenes.iter().map(|s| Source::Scene(s.id));
        let timeline = p.arrangement.iter().map(|_| Source::Arrangement);
        for source in scenes.chain(timeline) {
            match to_bytes(&p, source, Ticks(length)) {
                Ok(bytes) => {
                    for track in 1..Smf::parse(&bytes).unwrap().tracks.len() {
                        let notes = played(&bytes, track);
                        prop_assert!(notes.iter().all(|n| n.0 < n.1 && n.1 <= length));
                    }
                }
                Err(e) => prop_assert!(matches!(e, MidiError::TooManyNotes)),
            }
        }
    }
}

//! Edits and gestures in the middle of the music: nothing clicks, nothing sticks.

use std::collections::BTreeMap;

use hardcore::engine::offline::Offline;
use hardcore::engine::plan::Target;
use hardcore::engine::protocol::{EngineEvent, Gesture};
use hardcore::model::arrangement::{Arrangement, ClipInstance};
use hardcore::model::automation::{AutomationLane, AutomationPoint, AutomationTarget};
use hardcore::model::clip::{ClipContent, MidiClip, Note};
use hardcore::model::ids::NoteId;
use hardcore::model::time::{Bpm, Ticks};
use hardcore::model::track::{Instrument, TrackKind};
use std::sync::Arc;

use crate::mixer::{add_tone, effect, jump, listen, peak, start, tone, tone_clip};
use crate::support::{
    add_track, blank, click_synth, clicks, clip, factory, notes, swap_clips, swap_rack, swap_song,
};

#[test]
fn a_rack_is_swapped_without_a_click_or_a_gap() {
    let mut p = blank();
    let (a, _) = (add_tone(&mut p), add_tone(&mut p));
    let mut run = start(&p);
    let mut heard = listen(&mut run, 75);
    for rack in [
        vec![effect("fx_limiter", &[])],
        vec![effect("fx_limiter", &[]), effect("fx_eq", &[])],
        vec![],
        vec![effect("fx_filter", &[("cutoff", 15_000.0)])],
    ] {
        p.tracks.iter_mut().find(|t| t.id == a).expect("the track").mixer.inserts = rack;
        swap_rack(&mut run.engine, &p, 0, factory().as_ref());
        let after = listen(&mut run, 60);
        for node in 0..heard.nodes.len() {
            heard.nodes[node][0].extend_from_slice(after.left(node));
        }
        let settled = listen(&mut run, 40);
        assert!((peak(settled.left(3)) - 1.0).abs() < 0.05, "{}", peak(settled.left(3)));
        for node in 0..heard.nodes.len() {
            heard.nodes[node][0].extend_from_slice(settled.left(node));
        }
    }
    // Two tones of slope 0.0066 each; two of them 84 frames apart cross-faded in 64 add 0.0083.
    assert!(jump(heard.left(3)) < 0.03, "the master steps by {}", jump(heard.left(3)));
    let quiet = heard.left(3).chunks(480).skip(10).map(peak).fold(1.0f32, f32::min);
    assert!(quiet > 0.7, "a gap: {quiet}");
}

#[test]
fn a_new_rack_knows_the_tempo() {
    // One click through a delay of a quarter note at 120 BPM, then at 240.
    for (milli, frames) in [(120_000, 24_000), (240_000, 12_000)] {
        let mut p = blank();
        p.song.tempo.start = hardcore::model::time::Bpm::from_milli(milli);
        let content = ClipContent::Midi(notes(&[960]));
        add_track(&mut p, click_synth(), clip(700, 7680, false, content));
        let mut run = start(&p);
        listen(&mut run, 4);
        let delay = [("beats", 1.0), ("feedback", 0.0), ("mix", 0.5), ("pingpong", 0.0)];
        p.tracks[0].mixer.inserts = vec![effect("fx_delay", &delay)];
        swap_rack(&mut run.engine, &p, 0, factory().as_ref());
        let heard = listen(&mut run, 1100);
        let dry = clicks(heard.left(0))[0];
        let echo = &heard.left(0)[dry + 3000..];
        let loudest = peak(echo);
        let at = echo.iter().position(|x| x.abs() == loudest).expect("an echo") + 3000;
        assert!(at.abs_diff(frames) < 40, "{milli}: echo after {at} frames");
    }
}

fn held(length: i64) -> ClipContent {
    let note = Note {
        id: NoteId(1),
        start: Ticks(0),
        length: Ticks(length),
        pitch: 60,
        velocity: 100,
        probability: 100,
    };
    ClipContent::Midi(MidiClip { notes: Arc::new(vec![note]) })
}

#[test]
fn a_jump_back_leaves_no_note_behind() {
    let mut p = blank();
    let synth = Instrument { synth: "lead_square".into(), params: BTreeMap::new() };
    let id = add_track(&mut p, TrackKind::Instrument(synth), clip(700, 7680, false, held(7000)));
    p.scenes[0].slots.clear();
    let place = |at: i64| ClipInstance {
        clip: p.tracks[0].clips[0].id,
        at: Ticks(at),
        length: Ticks(7680),
        offset: Ticks(0),
    };
    let lanes = [(id, vec![place(7680)])].into();
    p.arrangement = Some(Arrangement { lanes, ..Arrangement::default() });
    let mut run = start(&p);
    run.engine.send(None, Gesture::Locate(Ticks(7680).into())).expect("room");
    assert!(peak(listen(&mut run, 100).left(0)) > 0.05);
    run.engine.send(None, Gesture::Locate(Ticks(0).into())).expect("room");
    listen(&mut run, 300);
    assert_eq!(peak(listen(&mut run, 100).left(0)), 0.0);
}

#[test]
fn the_arrangement_gives_its_faders_back_when_it_stops_or_is_overridden() {
    for stop in [true, false] {
        let mut p = blank();
        let id = add_tone(&mut p);
        let lane = AutomationLane {
            target: AutomationTarget::Volume,
            points: vec![AutomationPoint { at: Ticks(0), value: -40.0, hold: true }],
        };
        let place = ClipInstance {
            clip: p.tracks[0].clips[0].id,
            at: Ticks(0),
            length: Ticks(7680),
            offset: Ticks(0),
        };
        p.arrangement = Some(Arrangement {
            lanes: [(id, vec![place])].into(),
            automation: [(id, vec![lane])].into(),
            ..Arrangement::default()
        });
        let mut run = crate::support::offline(&p, &tone(), 48_000, 0);
        run.engine.send(None, Gesture::Start).expect("room");
        // The fader needs a moment to get where the automation wants it.
        listen(&mut run, 20);
        let quiet = peak(listen(&mut run, 100).left(0));
        assert!(quiet < 0.006, "{quiet}");
        if stop {
            run.engine.send(None, Gesture::Stop).expect("room");
            listen(&mut run, 20);
            let on = Gesture::Set { node: 0, target: Target::Cue, value: 1.0 };
            run.engine.send(None, on).expect("room");
            // The recording plays on by hand: its level is the fader's again.
            run.engine
                .send(None, Gesture::Launch { node: 0, row: 0, velocity: 127 })
                .expect("room");
        } else {
            run.engine.send(None, Gesture::LaunchScene(0)).expect("room");
        }
        listen(&mut run, 1600);
        let level = peak(listen(&mut run, 100).left(0));
        assert!(level > 0.45, "stopped: {stop}, {level}");
    }
}

#[test]
fn a_clip_edited_while_it_plays_goes_on_in_place() {
    let mut p = blank();
    let content = ClipContent::Midi(notes(&[0, 960, 1920]));
    let id = add_track(&mut p, click_synth(), clip(700, 3840, true, content));
    let mut run = start(&p);
    // The first beat, then an edit: the second goes, one on 2.5 comes.
    listen(&mut run, 100);
    p.tracks[0].clips[0].content = ClipContent::Midi(notes(&[0, 1440, 1920]));
    swap_clips(&mut run.engine, &p, id, factory().as_ref(), &tone());
    let heard = listen(&mut run, 1000);
    let at = |tick: usize| tick * 25 - 100 * 64;
    assert_eq!(clicks(heard.left(0)), [at(1440), at(1920)]);
}

#[test]
fn new_sounds_come_without_a_restart() {
    let mut p = blank();
    let id = add_track(&mut p, TrackKind::Audio, clip(700, 7680, true, tone_clip()));
    let mut run = start(&p);
    listen(&mut run, 100);
    let before = listen(&mut run, 1);
    // A second clip needs a voice of its own.
    let mut second = clip(701, 960, true, tone_clip());
    if let ClipContent::Audio(audio) = &mut second.content {
        audio.pitch = 12.0;
    }
    p.tracks[0].clips.push(second);
    let mut scene = p.scenes[0].clone();
    scene.id.0 += 1;
    scene.slots.entry(id).or_default().clip = Some(p.tracks[0].clips[1].id);
    p.scenes.push(scene);
    swap_clips(&mut run.engine, &p, id, factory().as_ref(), &tone());
    swap_song(&mut run.engine, &p);
    let after = listen(&mut run, 40);
    let all = [before.left(0), after.left(0)].concat();
    assert!(jump(&all) < 0.012, "{}", jump(&all));
    run.engine.send(None, Gesture::LaunchScene(1)).expect("room");
    listen(&mut run, 1600);
    let heard = listen(&mut run, 100);
    let rising = heard.left(0).windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
    assert!(rising.abs_diff(26) < 3, "200 Hz: {rising} periods in 6400 frames");
}

#[test]
fn a_tempo_set_while_stopped_holds_until_the_arrangement_has_it_back() {
    let mut p = blank();
    add_track(&mut p, click_synth(), clip(700, 7680, true, ClipContent::Midi(notes(&[0, 960]))));
    let mut run = crate::support::offline(&p, &tone(), 48_000, 0);
    let beat = |run: &mut Offline, gestures: &[Gesture]| {
        for gesture in gestures {
            run.engine.send(None, *gesture).expect("room");
            listen(run, 1);
        }
        run.engine.send(None, Gesture::LaunchScene(0)).expect("room");
        let found = clicks(listen(run, 500).left(0));
        run.engine.send(None, Gesture::Stop).expect("room");
        listen(run, 3);
        found[1] - found[0]
    };
    let tempo = |bpm: u32| Gesture::Tempo(Bpm::from_milli(bpm * 1000));
    assert_eq!(beat(&mut run, &[]), 24_000);
    assert_eq!(beat(&mut run, &[tempo(240)]), 12_000);
    assert_eq!(beat(&mut run, &[]), 12_000, "it holds over a stop");
    assert_eq!(beat(&mut run, &[Gesture::Locate(Ticks(0).into())]), 12_000, "and a jump");
    assert_eq!(beat(&mut run, &[Gesture::BackToArrangement(u16::MAX)]), 24_000);
    beat(&mut run, &[tempo(240)]);
    swap_song(&mut run.engine, &p);
    assert_eq!(beat(&mut run, &[]), 12_000, "an edit of something else leaves it");
    p.song.tempo.start = Bpm::from_milli(200_000);
    swap_song(&mut run.engine, &p);
    assert_eq!(beat(&mut run, &[]), 14_400, "the last word is the document's");
}

#[test]
fn a_clip_stopped_while_the_transport_stands_does_not_come_back() {
    for all in [false, true] {
        let mut p = blank();
        let (_, _) = (add_tone(&mut p), add_tone(&mut p));
        let mut run = start(&p);
        listen(&mut run, 10);
        run.engine.send(None, Gesture::Stop).expect("room");
        listen(&mut run, 10);
        while run.engine.next_event().is_some() {}
        let stop = if all { Gesture::StopAll } else { Gesture::StopTrack(0) };
        run.engine.send(None, stop).expect("room");
        listen(&mut run, 1);
        let stopped: Vec<u16> = std::iter::from_fn(|| run.engine.next_event())
            .filter_map(|e| match e {
                EngineEvent::ClipStopped { node, .. } => Some(node),
                _ => None,
            })
            .collect();
        assert_eq!(stopped, if all { vec![0, 1] } else { vec![0] });
        run.engine.send(None, Gesture::Start).expect("room");
        let heard = listen(&mut run, 20);
        assert_eq!(peak(heard.left(0)), 0.0);
        assert_eq!(peak(heard.left(1)) > 0.4, !all);
    }
}

#[test]
fn of_a_moved_fader_the_last_value_of_a_frame_counts() {
    let mut p = blank();
    let (_, _) = (add_tone(&mut p), add_tone(&mut p));
    let mut run = start(&p);
    listen(&mut run, 75);
    while run.engine.next_journal().is_some() {}
    let set = |node, target, value| Gesture::Set { node, target, value };
    for i in 0..200 {
        run.engine.send(None, set(0, Target::Volume, -40.0 + i as f32 / 10.0)).expect("room");
        run.engine.send(None, set(1, Target::Volume, -30.0)).expect("room");
        run.engine.send(None, set(0, Target::Pan, 0.0)).expect("room");
    }
    run.engine.send(None, set(0, Target::Volume, -12.0412)).expect("room");
    run.engine.send(None, set(0, Target::Volume, f32::NAN)).expect("room");
    let later = run.renderer.frame() + 6;
    run.engine.send(Some(later), set(0, Target::Volume, -6.0206)).expect("room");
    listen(&mut run, 75);
    assert!((peak(listen(&mut run, 75).left(0)) - 0.25).abs() < 0.002);
    let journal: Vec<_> = std::iter::from_fn(|| run.engine.next_journal()).collect();
    let frames: Vec<u64> = journal.iter().map(|entry| entry.frame).collect();
    let now = later - 6;
    assert_eq!(frames, [now, now, now, now, later]);
    assert_eq!(journal[0].gesture(), Some(set(0, Target::Volume, -12.0412)));
    // A value for a new rack is not given to the old one.
    p.tracks[0].mixer.inserts = vec![effect("fx_filter", &[("cutoff", 15_000.0)])];
    let cutoff = set(0, Target::Insert { index: 0, param: 0 }, 100.0);
    run.engine.send(None, cutoff).expect("room");
    swap_rack(&mut run.engine, &p, 0, factory().as_ref());
    run.engine.send(None, cutoff).expect("room");
    listen(&mut run, 1);
    assert_eq!(std::iter::from_fn(|| run.engine.next_journal()).count(), 3);
}

//! Notes recorded into clips as settings and actions say, and what is kept when a device goes.

use std::path::PathBuf;

use hardcore::engine::protocol::{Command, Gesture, Timed, When};
use hardcore::live::desk::{At, News};
use hardcore::live::journal::{self, Line};
use hardcore::model::clip::{Clip, ClipContent};
use hardcore::model::ids::{SceneId, TrackId};
use hardcore::model::launch::Quantization;
use hardcore::model::scene::Scene;
use hardcore::model::time::Ticks;
use hardcore::settings::RECORD_GRIDS;

use crate::support::{add_track, blank, click_synth, clip, notes};
use crate::take::{Set, same_again};

/// Blocks of a beat at 120 BPM and 48 kHz.
const BEAT: usize = 375;
/// Blocks of a bar.
const BAR: usize = 4 * BEAT;

/// A set of one track with a clip in its first slot and none in its second, its journal, and the
/// folder that holds it.
fn set() -> (Set, PathBuf, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("take.journal");
    let mut p = blank();
    let content = ClipContent::Midi(notes(&[0, 960]));
    add_track(&mut p, click_synth(), clip(700, 3840, true, content));
    p.song.next_id.0 = 10_000;
    let two = Scene { id: SceneId(9001), name: "Two".into(), ..p.scenes[0].clone() };
    p.scenes.push(Scene { slots: Default::default(), ..two });
    (Set::new(p, 1, 0, &path), path, dir)
}

/// Plays so many blocks, the engine thread awake.
fn play(set: &mut Set, blocks: usize) {
    for _ in 0..blocks.div_ceil(25) {
        set.blocks(25);
        set.tend();
    }
}

fn lines(set: &mut Set, lines: &[&str]) {
    for line in lines {
        set.line(line, At::Now);
    }
    assert!(set.done.values().all(|[_, refused]| *refused == 0), "{:?}", set.done);
}

/// A key, held for a quarter of a beat.
fn key(set: &mut Set) {
    let press = [
        Gesture::NoteOn { node: 0, pitch: 60, velocity: 100 },
        Gesture::NoteOff { node: 0, pitch: 60 },
    ];
    for (gesture, blocks) in press.into_iter().zip([100, 25]) {
        set.keys.push(Timed { when: When::Now, command: Command::Play(gesture) }).expect("room");
        play(set, blocks);
    }
}

fn track(set: &Set) -> TrackId {
    set.player.project().expect("a project").tracks[0].id
}

/// The clip in the second slot.
fn recorded(set: &Set) -> Clip {
    let p = set.player.project().expect("a project");
    let id = p.scenes[1].slots[&p.tracks[0].id].clip.expect("a clip");
    p.tracks[0].clips.iter().find(|c| c.id == id).expect("the clip").clone()
}

fn starts(clip: &Clip) -> Vec<i64> {
    clip.midi().expect("notes").notes.iter().map(|n| n.start.0).collect()
}

#[test]
fn a_recording_is_counted_in_quantized_and_as_long_as_was_chosen() {
    let (mut set, ..) = set();
    lines(&mut set, &["record quantize 1/8", "record length 2bars", "record count in 1"]);
    lines(&mut set, &["record 1 2"]);
    play(&mut set, 50);
    let head = |set: &Set| set.player.view().expect("a view").snapshot.playhead();
    assert!(head(&set).counting_in);
    play(&mut set, BAR - 25);
    assert!(head(&set).playing);
    // A little more than half a beat in: an eighth. And near the end of the second bar.
    play(&mut set, 175);
    key(&mut set);
    play(&mut set, BAR);
    key(&mut set);
    assert!(set.player.records(track(&set)));
    play(&mut set, BAR);
    assert!(!set.player.records(track(&set)), "it ends by itself");
    let clip = recorded(&set);
    assert_eq!(clip.length, Ticks(2 * 3840));
    assert_eq!(starts(&clip), [480, 3840 + 960]);

    // Dubbed over while it plays: no clicks, no other length, the new grid; at the exact place.
    lines(&mut set, &["record quantize none", "record length open", "record 1 2"]);
    assert!(!head(&set).counting_in);
    play(&mut set, 25);
    key(&mut set);
    lines(&mut set, &["record end 1"]);
    play(&mut set, BAR);
    let clip = recorded(&set);
    let mut all = starts(&clip);
    all.retain(|start| *start != 480 && *start != 3840 + 960);
    assert!(all.len() == 1 && all[0] % 480 != 0, "{all:?}");
    assert_eq!(clip.length, Ticks(2 * 3840));
}

#[test]
fn bars_are_no_grid_for_recorded_notes() {
    let (mut set, ..) = set();
    set.line("record quantize 1bar", At::Now);
    assert_eq!(set.done["record"], [0, 1]);
    assert_eq!(set.player.manner.grid, None);
    for (word, grid) in RECORD_GRIDS.iter().map(|word| {
        let known = Quantization::NAMES.iter().find(|(name, _)| name == word);
        (word, known.expect("a grid that actions know").1)
    }) {
        set.line(&format!("record quantize {word}"), At::Now);
        assert_eq!(set.player.manner.grid.unwrap_or(Quantization::None), grid);
    }
}

#[test]
fn a_device_of_another_rate_cuts_nothing_off_a_take() {
    let (mut set, path, dir) = set();
    let wav = dir.path().join("take.wav");
    set.desk.record(&wav).expect("a recording");
    lines(&mut set, &["scene 1", "record 1 2"]);
    play(&mut set, BAR + BEAT);
    key(&mut set);
    assert!(set.player.records(track(&set)));
    // From here on the engine thread sleeps, until the device is gone.
    for gesture in [
        Gesture::NoteOn { node: 0, pitch: 62, velocity: 100 },
        Gesture::NoteOff { node: 0, pitch: 62 },
    ] {
        set.keys.push(Timed { when: When::Now, command: Command::Play(gesture) }).expect("room");
        set.blocks(200);
    }
    let blocks = set.heard.len();
    assert!(set.desk.rebuild(44_100).is_ok());

    let take = journal::read(&path).expect("a journal");
    let end = (blocks * 64) as u64;
    assert!(matches!(take.lines.last(), Some(Line::End(frames)) if *frames == end));
    same_again("until the device went", &path, 0, &set.heard);
    let file = hound::WavReader::open(&wav).expect("a WAV file");
    let samples: Vec<f32> = file.into_samples().map(|x| x.expect("a sample")).collect();
    let heard = set.heard.iter().flat_map(|b| b.l.iter().zip(&b.r).flat_map(|(l, r)| [*l, *r]));
    assert!(heard.eq(samples), "the take is what was heard");

    // What was recorded into the clip is whole too, and another recording may follow.
    let news = set.desk.tend();
    assert!(news.iter().any(|n| matches!(n, News::Recorded(..))), "{news:?}");
    for item in news {
        set.player.news(item, &mut |_| {});
    }
    assert!(!set.player.records(track(&set)));
    assert_eq!(starts(&recorded(&set)).len(), 2);
}

#[test]
fn a_recording_taken_back_before_it_began_leaves_nothing_behind() {
    for taken_back in ["cancel 1", "record end 1", "launch 1 1", "stop all"] {
        let (mut set, ..) = set();
        lines(&mut set, &["scene 1"]);
        play(&mut set, BEAT);
        let before = set.player.project();
        lines(&mut set, &["record 1 2", taken_back]);
        play(&mut set, 2 * BAR);
        assert!(!set.player.records(track(&set)), "{taken_back}");
        let slots = |p: Option<hardcore::model::project::Project>| p.map(|p| p.scenes);
        assert_eq!(slots(set.player.project()), slots(before), "{taken_back}");
        lines(&mut set, &["record 1 2"]);
        assert!(set.player.records(track(&set)), "another may follow: {taken_back}");
    }
}

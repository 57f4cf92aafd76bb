//! The mixer rebuilt while it plays: tracks, buses, groups and sends come, go and move.

use hardcore::engine::offline::Offline;
use hardcore::engine::protocol::Gesture;
use hardcore::engine::renderer::Outputs;
use hardcore::model::ids::IdCounter;
use hardcore::model::project::Project;
use hardcore::session::act::run_lines;

use crate::mixer::{add_tone, jump, listen, peak, start, tone};
use crate::support::{add_track, blank, click_synth, clicks, clip, factory, notes};

/// Edit what plays by lines of actions, and have it played.
fn edit(run: &mut Offline, p: &mut Project, lines: &[&str]) {
    let (new, _) = run_lines(p.clone(), lines).expect("good lines");
    let mut update = run.engine.update(p, p, &new, factory().as_ref(), &tone());
    run.engine.send_steps(&mut update);
    assert_eq!(update.problems, Vec::<String>::new());
    assert!(update.plays == new);
    *p = new;
}

/// The left master, whatever comes and goes.
fn master(run: &mut Offline, blocks: usize) -> Vec<f32> {
    let (mut left, mut out) = (Vec::new(), Outputs::SILENT);
    for _ in 0..blocks {
        run.block(&mut out);
        left.extend_from_slice(&out.master.l);
    }
    left
}

/// An empty project whose next ids are above those that the tests choose themselves.
fn empty() -> Project {
    let mut p = blank();
    p.song.next_id = IdCounter(10_000);
    p
}

#[test]
fn the_mixer_is_rebuilt_without_a_click_or_a_gap() {
    let mut p = empty();
    add_tone(&mut p);
    add_tone(&mut p);
    let mut run = start(&p);
    run.engine.send(None, Gesture::LaunchScene(0)).expect("room");
    master(&mut run, 60);
    let a = p.tracks[0].name.clone();
    let b = p.tracks[1].name.clone();
    let steps: [(&str, Vec<String>, f32); 12] = [
        ("a track comes", vec!["track add instrument hoover New".into()], 1.0),
        ("a bus comes", vec!["bus add Room".into()], 1.0),
        ("a send opens", vec![format!("send \"{a}\" Room 0")], 1.5),
        ("a send is taken before the fader", vec![format!("send \"{a}\" Room pre on")], 1.5),
        ("a group comes", vec!["track add group All".into()], 1.5),
        ("a track goes into it", vec![format!("track \"{a}\" group All")], 1.5),
        ("the group gets quieter", vec!["volume All -6.0206".into()], 1.25),
        ("the order changes", vec![format!("track \"{b}\" move 1")], 1.25),
        ("the track comes out again", vec![format!("track \"{a}\" ungroup")], 1.5),
        ("the send goes", vec![format!("send \"{a}\" Room off")], 1.0),
        ("bus and group go", vec!["bus Room delete".into(), "track All delete".into()], 1.0),
        ("a track that sounds goes", vec![format!("track \"{b}\" delete")], 0.5),
    ];
    for (what, lines, level) in &steps {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        edit(&mut run, &mut p, &lines);
        let heard = master(&mut run, 40);
        // Two tones of slope 0.0066 each, and a fade over 64 frames of half a one or less.
        assert!(jump(&heard) < 0.035, "{what}: a step of {}", jump(&heard));
        let settled = master(&mut run, 40);
        assert!((peak(&settled) - level).abs() < 0.03, "{what}: {}", peak(&settled));
        let quiet = heard.chunks(480).map(peak).fold(9.0f32, f32::min);
        assert!(quiet > level.min(1.0) * 0.8 - 0.1, "{what}: a gap of {quiet}");
    }
    assert_eq!(run.renderer.lost, 0);
}

#[test]
fn a_clip_plays_on_while_tracks_around_it_come_and_go() {
    let mut p = empty();
    let beat = || hardcore::model::clip::ClipContent::Midi(notes(&[0]));
    add_track(&mut p, click_synth(), clip(700, 960, true, beat()));
    add_track(&mut p, click_synth(), clip(701, 960, true, beat()));
    let keep = p.tracks[1].name.clone();
    let mut run = start(&p);
    run.engine.send(None, Gesture::StopTrack(0)).expect("room");
    run.engine.send(None, Gesture::Launch { node: 1, row: 0, velocity: 100 }).expect("room");
    listen(&mut run, 1500);
    let from = run.renderer.frame();
    let mut heard = Vec::new();
    for i in 0..60 {
        match i % 3 {
            0 => edit(&mut run, &mut p, &["track add instrument hoover A", "track A move 1"]),
            1 => edit(&mut run, &mut p, &["scene add More", "bus add B"]),
            _ => edit(&mut run, &mut p, &["track A delete", "bus B delete", "scene More delete"]),
        }
        heard.extend(master(&mut run, 40));
    }
    // A quarter note at 120 BPM is 24,000 frames.
    let want: Vec<usize> =
        (0..heard.len()).filter(|i| (from as usize + i).is_multiple_of(24_000)).collect();
    assert_eq!(clicks(&heard), want);
    let node = p.tracks.iter().position(|t| t.name == keep).expect("it is there");
    assert_eq!(run.renderer.snapshot().track(node).playing, Some(0));
}

#[test]
fn what_cannot_be_prepared_is_named_and_the_rest_goes_on() {
    let mut p = empty();
    add_tone(&mut p);
    let mut run = start(&p);
    let lines = ["track add instrument hoover New", "volume master -6.0206"];
    let (mut new, _) = run_lines(p.clone(), &lines).expect("good lines");
    let samples = hardcore::engine::prepare::Samples::new();
    new.tracks[0].clips[0].length = hardcore::model::time::Ticks(4000);
    let mut update = run.engine.update(&p, &p, &new, factory().as_ref(), &samples);
    assert_eq!(update.problems.len(), 1);
    assert!(update.problems[0].contains("sample"), "{}", update.problems[0]);
    assert_eq!(update.plays.tracks[0].clips, p.tracks[0].clips);
    run.engine.send_steps(&mut update);
    let heard = master(&mut run, 60);
    assert!((peak(&heard[2000..]) - 0.25).abs() < 0.01, "{}", peak(&heard));
}

//! Launch modes, grace, legato and follow actions, as frames of what is heard.

use hardcore::engine::offline::Offline;
use hardcore::engine::protocol::{EngineEvent, Gesture};
use hardcore::model::clip::{Clip, ClipContent};
use hardcore::model::ids::{ClipId, SceneId};
use hardcore::model::launch::{
    FollowAction, FollowKind, FollowTime, LaunchMode, LaunchSettings, Quantization,
};
use hardcore::model::project::Project;
use hardcore::model::scene::Scene;
use hardcore::model::time::Ticks;
use hardcore::model::track::TrackKind;

use crate::mixer::{listen, start};
use crate::support::{add_track, blank, click_synth, clip, notes};

/// 120 BPM at 48 kHz: a bar is 96,000 frames, 1500 blocks.
pub const BAR: u64 = 96_000;
pub const BAR_BLOCKS: usize = 1500;

/// A track of one-bar loops, one a scene.
pub fn rows(settings: &[LaunchSettings]) -> Project {
    let mut p = blank();
    p.song.tempo.start = hardcore::model::time::Bpm::from_milli(120_000);
    for (row, launch) in settings.iter().enumerate() {
        let content = ClipContent::Midi(notes(&[0]));
        let one = Clip { launch: launch.clone(), ..clip(700 + row as u32, 3840, true, content) };
        if row == 0 {
            let kind: TrackKind = click_synth();
            add_track(&mut p, kind, one);
        } else {
            let (track, id) = (p.tracks[0].id, one.id);
            p.tracks[0].clips.push(one);
            let mut scene = Scene { id: SceneId(900 + row as u32), ..p.scenes[0].clone() };
            scene.slots.clear();
            let slot = hardcore::model::scene::Slot { clip: Some(id), stop_button: true };
            scene.slots.insert(track, slot);
            p.scenes.push(scene);
        }
    }
    assert_eq!(p.tracks[0].clips.len(), settings.len());
    assert_eq!(p.tracks[0].clips[0].id, ClipId(700));
    p
}

fn mode(mode: LaunchMode) -> LaunchSettings {
    LaunchSettings { mode, ..LaunchSettings::default() }
}

/// A running transport with nothing launched, at frame 0.
pub fn stopped(p: &Project) -> Offline {
    let mut run = start(p);
    run.engine.send(None, Gesture::Stop).expect("room");
    run.engine.send(None, Gesture::StopAll).expect("room");
    listen(&mut run, 10);
    events(&mut run);
    run.engine.send(None, Gesture::Start).expect("room");
    run
}

/// What happened, with frames counted from the transport's start.
pub fn events(run: &mut Offline) -> Vec<EngineEvent> {
    std::iter::from_fn(|| run.engine.next_event()).collect()
}

/// Rows started (`Some`) and stops (`None`), with the bar in which they fell, in hundredths.
pub fn told(events: &[EngineEvent]) -> Vec<(Option<u16>, u64)> {
    let began = events.iter().find_map(|e| match *e {
        EngineEvent::Transport { playing: true, frame } => Some(frame),
        _ => None,
    });
    let began = began.expect("the transport started");
    let bar = |frame: u64| (frame - began) * 100 / BAR;
    let one = |e: &EngineEvent| match *e {
        EngineEvent::ClipStarted { row, frame, .. } => Some((Some(row), bar(frame))),
        EngineEvent::ClipStopped { frame, .. } => Some((None, bar(frame))),
        _ => None,
    };
    events.iter().filter_map(one).collect()
}

/// Perform `script`: blocks to wait, then a gesture; a while more at the end.
fn perform(p: &Project, script: &[(usize, Gesture)], blocks: usize) -> Vec<(Option<u16>, u64)> {
    let mut run = stopped(p);
    let mut all = Vec::new();
    for (wait, gesture) in script {
        listen(&mut run, *wait);
        all.extend(events(&mut run));
        run.engine.send(None, *gesture).expect("room");
    }
    for _ in 0..blocks.div_ceil(100) {
        listen(&mut run, 100);
        all.extend(events(&mut run));
    }
    told(&all)
}

pub fn press(row: u16) -> Gesture {
    Gesture::Launch { node: 0, row, velocity: 100 }
}

fn release(row: u16) -> Gesture {
    Gesture::Release { node: 0, row }
}

const HALF: usize = BAR_BLOCKS / 2;

#[test]
fn a_trigger_ignores_the_release() {
    let p = rows(&[mode(LaunchMode::Trigger)]);
    let heard = perform(&p, &[(HALF, press(0)), (BAR_BLOCKS, release(0))], 3 * BAR_BLOCKS);
    assert_eq!(heard, [(Some(0), 100)]);
}

#[test]
fn a_gate_plays_while_held() {
    let p = rows(&[mode(LaunchMode::Gate)]);
    let heard = perform(&p, &[(HALF, press(0)), (BAR_BLOCKS, release(0))], 3 * BAR_BLOCKS);
    assert_eq!(heard, [(Some(0), 100), (None, 200)]);
    let heard = perform(&p, &[(HALF, press(0)), (100, release(0))], 3 * BAR_BLOCKS);
    assert_eq!(heard, [], "let go before it began");
}

#[test]
fn a_toggle_stops_with_the_second_press() {
    let p = rows(&[mode(LaunchMode::Toggle)]);
    let heard = perform(&p, &[(HALF, press(0)), (BAR_BLOCKS, press(0))], 3 * BAR_BLOCKS);
    assert_eq!(heard, [(Some(0), 100), (None, 200)]);
    let heard = perform(&p, &[(HALF, press(0)), (100, press(0))], 3 * BAR_BLOCKS);
    assert_eq!(heard, [], "the second press takes the first back");
    // What played before the transport stopped plays again, whoever starts it.
    let script =
        [(0, press(0)), (HALF, Gesture::Stop), (100, press(0)), (HALF, Gesture::Cancel(0))];
    let heard = perform(&p, &script, BAR_BLOCKS);
    assert_eq!(heard.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [Some(0), Some(0)]);
}

#[test]
fn a_repeat_starts_again_on_every_line_while_held() {
    let quantization = Some(Quantization::Quarter);
    let p = rows(&[LaunchSettings { quantization, ..mode(LaunchMode::Repeat) }]);
    let heard = perform(&p, &[(100, press(0)), (BAR_BLOCKS, release(0))], 2 * BAR_BLOCKS);
    let starts: Vec<u64> = heard.iter().map(|(_, at)| *at).collect();
    assert_eq!(starts, [25, 50, 75, 100]);
}

#[test]
fn a_queued_launch_can_be_taken_back() {
    let p = rows(&[mode(LaunchMode::Trigger)]);
    let heard = perform(&p, &[(HALF, press(0)), (100, Gesture::Cancel(0))], 2 * BAR_BLOCKS);
    assert_eq!(heard, []);
}

#[test]
fn a_late_press_starts_at_once_and_in_phase() {
    let p = rows(&[LaunchSettings::default()]);
    // 80 ms are 3840 frames, 60 blocks.
    let late = |blocks| {
        let mut run = stopped(&p);
        run.engine.send(None, Gesture::Grace(3840)).expect("room");
        listen(&mut run, BAR_BLOCKS + blocks);
        run.engine.send(None, press(0)).expect("room");
        let heard = listen(&mut run, 2 * BAR_BLOCKS);
        (told(&events(&mut run)), crate::support::clicks(heard.left(0)))
    };
    let (heard, clicks) = late(50);
    assert_eq!(heard, [(Some(0), 103)]);
    // The click of the bar that had begun is past; the next are on the next bars.
    assert_eq!(clicks, [96_000 - 50 * 64, 2 * 96_000 - 50 * 64]);
    let (heard, _) = late(70);
    assert_eq!(heard, [(Some(0), 200)]);
}

#[test]
fn legato_takes_over_the_place_of_the_clip_before() {
    let quantization = Some(Quantization::Quarter);
    let legato = LaunchSettings { legato: true, quantization, ..LaunchSettings::default() };
    let p = rows(&[LaunchSettings::default(), legato]);
    let mut run = stopped(&p);
    run.engine.send(None, press(0)).expect("room");
    listen(&mut run, HALF - 100);
    run.engine.send(None, press(1)).expect("room");
    let before = (HALF - 100) * 64;
    let heard = listen(&mut run, 2 * BAR_BLOCKS);
    assert_eq!(told(&events(&mut run)), [(Some(0), 0), (Some(1), 50)]);
    // Started in the middle of the bar, it clicks on the bar, as the other would have.
    let clicks = crate::support::clicks(heard.left(0));
    assert_eq!(clicks, [96_000 - before, 2 * 96_000 - before]);
}

fn following(a: FollowKind, after: FollowTime) -> LaunchSettings {
    let follow =
        Some(FollowAction { a, b: FollowKind::NoAction, chance_a: 100, chance_b: 0, after });
    LaunchSettings { follow, ..LaunchSettings::default() }
}

#[test]
fn follow_actions_lead_through_the_run() {
    let next = following(FollowKind::Next, FollowTime::Loops(1));
    let twice = following(FollowKind::Next, FollowTime::Loops(2));
    let stop = following(FollowKind::Stop, FollowTime::Time(Ticks(1920)));
    let p = rows(&[next, twice, stop]);
    let heard = perform(&p, &[(0, press(0))], 5 * BAR_BLOCKS);
    assert_eq!(heard, [(Some(0), 0), (Some(1), 100), (Some(2), 300), (None, 350)]);
    // By hand comes first.
    let heard = perform(&p, &[(0, press(0)), (HALF, press(2))], 3 * BAR_BLOCKS);
    assert_eq!(heard, [(Some(0), 0), (Some(2), 100), (None, 150)]);
    // Legato, the pass that had begun is the first.
    let legato = LaunchSettings {
        legato: true,
        quantization: Some(Quantization::Quarter),
        ..following(FollowKind::Next, FollowTime::Loops(1))
    };
    let p = rows(&[LaunchSettings::default(), legato, LaunchSettings::default()]);
    let script = [(0, press(0)), (BAR_BLOCKS + HALF - 10, press(1))];
    let heard = perform(&p, &script, 2 * BAR_BLOCKS);
    assert_eq!(heard, [(Some(0), 0), (Some(1), 150), (Some(2), 200)]);
    // A jump goes to the scene's row.
    let jump = following(FollowKind::Jump(SceneId(902)), FollowTime::Loops(1));
    let p = rows(&[jump, LaunchSettings::default(), LaunchSettings::default()]);
    let heard = perform(&p, &[(0, press(0))], 3 * BAR_BLOCKS);
    assert_eq!(heard, [(Some(0), 0), (Some(2), 100)]);
}

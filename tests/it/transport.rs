//! The transport: fills, signatures of scenes, loop, count-in, metronome, tempo by hand, recording.

use hardcore::engine::clock::Pos;
use hardcore::engine::offline::Offline;
use hardcore::engine::protocol::{EngineEvent, Gesture};
use hardcore::engine::renderer::Outputs;
use hardcore::model::arrangement::{Arrangement, ClipInstance};
use hardcore::model::clip::{Clip, ClipContent, LoopBrace};
use hardcore::model::launch::{ClipState, LaunchSettings, Quantization};
use hardcore::model::time::{Bpm, Signature, Ticks};

use crate::launching::{BAR, BAR_BLOCKS, events, press, rows, stopped, told};
use crate::mixer::{listen, start};
use crate::support::{add_track, blank, click_synth, clicks, clip, notes};

fn send(run: &mut Offline, gesture: Gesture) {
    run.engine.send(None, gesture).expect("room");
}

/// Frames of the metronome's clicks in the next blocks, accented ones apart.
fn ticks(run: &mut Offline, blocks: usize) -> (Vec<u64>, Vec<u64>) {
    let (mut accents, mut others) = (Vec::new(), Vec::new());
    let mut out = Outputs::SILENT;
    for _ in 0..blocks {
        let first = run.renderer.frame();
        run.block(&mut out);
        let Some(click) = &out.click else { continue };
        for (i, x) in click.l.iter().enumerate() {
            // A click begins with phase 0 at full level: the next sample is the first that is heard.
            let (low, high) = (0.25 * (0.17f32).sin(), 0.5 * (0.22f32).sin());
            if *x == 0.0 {
                let next = click.l.get(i + 1).copied().unwrap_or(0.0);
                if next > high {
                    accents.push(first + i as u64);
                } else if next > low {
                    others.push(first + i as u64);
                }
            }
        }
    }
    (accents, others)
}

#[test]
fn a_fill_ends_with_the_pass_and_what_played_comes_back_in_phase() {
    // A two-bar loop that clicks on every beat of its second bar, and a fill of two beats.
    let mut p = rows(&[LaunchSettings::default(), LaunchSettings::default()]);
    let beats = ClipContent::Midi(notes(&[0, 3840, 4800, 5760, 6720]));
    p.tracks[0].clips[0] = Clip { id: p.tracks[0].clips[0].id, ..clip(1, 7680, true, beats) };
    let short = ClipContent::Midi(notes(&[0, 240]));
    p.tracks[0].clips[1] = Clip { id: p.tracks[0].clips[1].id, ..clip(2, 1920, false, short) };
    let mut run = stopped(&p);
    send(&mut run, press(0));
    listen(&mut run, BAR_BLOCKS / 2);
    send(&mut run, Gesture::Fill { node: 0, row: 1, velocity: 127 });
    let before = BAR_BLOCKS / 2 * 64;
    let heard = clicks(listen(&mut run, 4 * BAR_BLOCKS).left(0));
    let bars = [1.0, 1.25, 1.5, 1.5625, 2.0, 3.0, 3.25, 3.5, 3.75, 4.0];
    let want: Vec<usize> = bars.iter().map(|b| (b * BAR as f64) as usize - before).collect();
    assert_eq!(heard, want);
    assert_eq!(told(&events(&mut run)), [(Some(0), 0), (Some(1), 150), (Some(0), 200)]);
    assert_eq!(run.renderer.snapshot().track(0).slot(0, true), ClipState::Playing);
}

#[test]
fn a_fill_on_a_silent_track_ends_on_the_grid_and_leaves_silence() {
    let p = rows(&[LaunchSettings::default()]);
    let mut run = stopped(&p);
    listen(&mut run, BAR_BLOCKS / 4);
    send(&mut run, Gesture::Fill { node: 0, row: 0, velocity: 127 });
    listen(&mut run, 3 * BAR_BLOCKS);
    // A whole bar no longer fits into this one.
    assert_eq!(told(&events(&mut run)), [(Some(0), 100), (None, 200)]);
}

#[test]
fn a_scene_brings_its_signature_with_its_line() {
    let mut p = rows(&[LaunchSettings::default(), LaunchSettings::default()]);
    p.scenes[1].signature = Signature::checked(3, 4);
    let mut run = stopped(&p);
    send(&mut run, press(0));
    listen(&mut run, BAR_BLOCKS / 2);
    send(&mut run, Gesture::LaunchScene(1));
    listen(&mut run, BAR_BLOCKS);
    // From bar 2 on, bars are three beats: the next line after the middle of it is its end.
    send(&mut run, Gesture::StopAll);
    listen(&mut run, 2 * BAR_BLOCKS + 1);
    assert_eq!(told(&events(&mut run)), [(Some(0), 0), (Some(1), 100), (None, 175)]);
    let head = run.renderer.snapshot().playhead();
    assert_eq!(head.signature, Signature { numerator: 3, denominator: 4 });
    // 3.5 bars of 4/4 have passed: one, and three and a third of 3/4.
    assert_eq!(head.bars(), (5, 2, 1));
    let late = head.pos - head.place(5, 2, 1);
    assert!(late >= Pos(0) && late < Pos::from(Ticks(3)), "{late:?}");
}

#[test]
fn the_loop_of_the_arrangement_comes_round_on_its_frame() {
    let mut p = blank();
    p.song.tempo.start = Bpm::from_milli(174_000);
    let content = || ClipContent::Midi(notes(&[0, 960, 1920, 2880]));
    let lane = add_track(&mut p, click_synth(), clip(700, 3840, true, content()));
    add_track(&mut p, click_synth(), clip(701, 3840, true, content()));
    let whole = ClipInstance {
        clip: p.tracks[0].clips[0].id,
        at: Ticks(0),
        length: Ticks(8 * 3840),
        offset: Ticks(0),
    };
    // Seven sixteenths, so that nothing falls together by chance.
    let brace = LoopBrace { start: Ticks(960), end: Ticks(960 + 7 * 240) };
    p.arrangement = Some(Arrangement {
        lanes: [(lane, vec![whole])].into(),
        loop_brace: Some(brace),
        ..Arrangement::default()
    });
    let mut run = start(&p);
    send(&mut run, Gesture::Stop);
    listen(&mut run, 20);
    events(&mut run);
    send(&mut run, Gesture::BackToArrangement(0));
    send(&mut run, Gesture::Loop(true));
    send(&mut run, Gesture::Locate(Pos(0)));
    let began = run.renderer.frame() as f64;
    send(&mut run, Gesture::Launch { node: 1, row: 0, velocity: 127 });
    let heard = listen(&mut run, 6000);
    let tick = 48_000.0 * 60.0 / 174.0 / 960.0;
    let frames = |ticks: i64| (ticks as f64 * tick).round() as usize;
    // The timeline: beat 1, then beats 2 and 3 over and over, 1680 ticks from one to the next.
    let laps = (0..60).flat_map(|lap| [960 + 1680 * lap, 1920 + 1680 * lap]);
    let want: Vec<usize> = [0].into_iter().chain(laps).map(frames).collect();
    let got = clicks(heard.left(0));
    assert!(got.len() > 20, "{got:?}");
    assert_eq!(got, want[..got.len()]);
    // The clip of the session plays on beside it.
    let want: Vec<usize> = (0..200).map(|beat| frames(960 * beat)).collect();
    let got = clicks(heard.left(1));
    assert_eq!(got, want[..got.len()]);
    assert!(began >= 0.0);
}

#[test]
fn bars_are_counted_in_before_the_start() {
    let p = rows(&[LaunchSettings::default()]);
    let mut run = start(&p);
    send(&mut run, Gesture::Stop);
    listen(&mut run, 10);
    events(&mut run);
    let from = run.renderer.frame();
    send(&mut run, Gesture::CountIn(1));
    let (accents, others) = ticks(&mut run, BAR_BLOCKS / 2);
    assert_eq!(accents, [from]);
    assert_eq!(others, [from + BAR / 4]);
    assert!(run.renderer.snapshot().playhead().counting_in);
    // Launched while it counts, a clip begins with the transport.
    send(&mut run, press(0));
    let (accents, others) = ticks(&mut run, BAR_BLOCKS);
    assert_eq!((accents, others), (vec![], vec![from + BAR / 2, from + 3 * BAR / 4]));
    let all = events(&mut run);
    let began = all.iter().find_map(|e| match e {
        EngineEvent::Transport { playing: true, frame } => Some(*frame),
        _ => None,
    });
    assert_eq!(began, Some(from + BAR));
    assert_eq!(told(&all), [(Some(0), 0)]);
}

#[test]
fn the_metronome_clicks_on_the_beat_and_stays_out_of_the_master() {
    let p = rows(&[LaunchSettings::default()]);
    let mut run = start(&p);
    send(&mut run, Gesture::StopTrack(0));
    send(&mut run, Gesture::Metronome(true));
    listen(&mut run, 2 * BAR_BLOCKS);
    let from = run.renderer.frame();
    let (accents, others) = ticks(&mut run, 2 * BAR_BLOCKS);
    assert_eq!(accents, [from, from + BAR]);
    let beats: Vec<u64> = [1, 2, 3, 5, 6, 7].map(|b| from + b * BAR / 4).into();
    assert_eq!(others, beats);
    let master = run.renderer.node_count() - 1;
    let heard = listen(&mut run, BAR_BLOCKS);
    assert!(heard.left(master).iter().all(|x| *x == 0.0));
}

#[test]
fn a_nudge_and_a_glide_move_the_beat_and_let_it_go_on_from_there() {
    let p = rows(&[LaunchSettings::default()]);
    let mut run = stopped(&p);
    send(&mut run, press(0));
    listen(&mut run, BAR_BLOCKS);
    // A bar at 5 % more speed is 96,000 / 1.05 frames.
    send(&mut run, Gesture::Nudge(50));
    let heard = clicks(listen(&mut run, 2 * BAR_BLOCKS).left(0));
    assert_eq!(heard, [0, 91_429, 182_857]);
    send(&mut run, Gesture::Nudge(0));
    let heard = clicks(listen(&mut run, 2 * BAR_BLOCKS).left(0));
    let left = 3 * 96_000 - 192_000 * 21 / 20;
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[1] - heard[0], 96_000);
    assert!(heard[0].abs_diff(left * 20 / 21 + left / 21) <= 1, "{heard:?}");
    send(&mut run, Gesture::Glide(Bpm::from_milli(240_000), 4));
    listen(&mut run, 2 * BAR_BLOCKS);
    assert_eq!(run.renderer.snapshot().playhead().bpm, Bpm::from_milli(240_000));
    let heard = clicks(listen(&mut run, 2 * BAR_BLOCKS).left(0));
    assert!(heard.windows(2).all(|w| w[1] - w[0] == 48_000), "{heard:?}");
}

#[test]
fn what_is_played_while_recording_is_told_with_its_place() {
    let quantization = Some(Quantization::Quarter);
    let p = rows(&[LaunchSettings { quantization, ..LaunchSettings::default() }]);
    let mut run = stopped(&p);
    listen(&mut run, 10);
    let bar = Pos::from(Ticks(3840));
    send(&mut run, Gesture::Record { node: 0, row: 0, length: bar });
    listen(&mut run, 1);
    let state = |run: &Offline| run.renderer.snapshot().track(0).slot(0, true);
    assert_eq!(state(&run), ClipState::RecordQueued);
    listen(&mut run, BAR_BLOCKS / 4);
    assert_eq!(state(&run), ClipState::Recording);
    let from = events(&mut run).iter().find_map(|e| match *e {
        EngineEvent::Recording { from, row: 0, .. } => Some(from),
        _ => None,
    });
    assert_eq!(from, Some(Pos::from(Ticks(960))));
    // On the frame of beat 3, and off half a beat later.
    let at = run.renderer.frame() - 11 * 64 - 24_000 + 48_000;
    let on = Gesture::NoteOn { node: 0, pitch: 61, velocity: 90 };
    run.engine.send(Some(at), on).expect("room");
    run.engine.send(Some(at + 12_000), Gesture::NoteOff { node: 0, pitch: 61 }).expect("room");
    listen(&mut run, BAR_BLOCKS);
    let all = events(&mut run);
    let played: Vec<_> = all
        .iter()
        .filter_map(|e| match *e {
            EngineEvent::Played { pitch, velocity, at, .. } => {
                Some((pitch, velocity, at.ticks().round()))
            }
            _ => None,
        })
        .collect();
    let place = |ticks: i64| Pos::from(Ticks(ticks));
    assert_eq!(played, [(61, 90, 1920.0), (61, 0, 2400.0)]);
    let ended = all.iter().find_map(|e| match *e {
        EngineEvent::Recorded { from, to, .. } => Some((from, to)),
        _ => None,
    });
    assert_eq!(ended, Some((place(960), place(960 + 3840))));
    assert_eq!(state(&run), ClipState::Playing);
    // One without a length ends on the line after it is asked to.
    send(&mut run, Gesture::Record { node: 0, row: 0, length: Pos(0) });
    listen(&mut run, 10);
    assert_eq!(state(&run), ClipState::Recording, "what plays is dubbed over at once");
    send(&mut run, Gesture::RecordEnd(0));
    listen(&mut run, BAR_BLOCKS);
    assert_eq!(state(&run), ClipState::Playing);
}

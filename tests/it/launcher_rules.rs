//! The rules of the launcher, over random gestures: what is heard is held against rules worked out here.

use hardcore::engine::offline::Offline;
use hardcore::engine::protocol::{EngineEvent, Gesture};
use hardcore::engine::renderer::Outputs;
use hardcore::model::clip::{Clip, ClipContent};
use hardcore::model::ids::ClipId;
use hardcore::model::launch::{
    FollowAction, FollowKind, FollowTime, LaunchMode, LaunchSettings, Quantization,
};
use hardcore::model::project::Project;
use hardcore::model::scene::Slot;
use hardcore::model::time::{Bpm, TempoMap, Ticks};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::judge::{GRIDS, Judge, RATE, ROWS, TRACKS, Table, frame, gesture, scene};
use crate::support::{add_track, click_synth, clicks, clip, notes, offline, project};

/// What every track plays, before its fader, block by block.
fn listen(run: &mut Offline, blocks: usize, heard: &mut [Vec<f32>]) {
    let mut out = Outputs::SILENT;
    for _ in 0..blocks {
        run.block(&mut out);
        for (track, heard) in heard.iter_mut().enumerate() {
            let (pre, _) = run.renderer.tap(track).expect("a track");
            heard.extend_from_slice(&pre.l);
        }
        while run.engine.next_event().is_some() || run.engine.next_journal().is_some() {}
    }
}

/// A random set, `count` random gestures on random frames, and at last everything stopped.
fn judged(seed: u64, count: usize) -> Result<usize, TestCaseError> {
    let rng = &mut Pcg64Mcg::seed_from_u64(seed);
    let table = Table::on_lines(rng);
    let p = table.project();
    let mut run = offline(&p, &Default::default(), RATE, 0);
    let grace = if rng.random_bool(0.5) { rng.random_range(100..3840) } else { 0 };
    let mut judge = Judge::new(&table, grace);
    let mut heard = vec![Vec::new(); TRACKS];
    run.engine.send(Some(0), Gesture::Grace(grace as u32)).expect("room");
    run.engine.send(Some(0), Gesture::Start).expect("room");
    let beat = frame(table.milli, 960);
    let mut now = 1;
    let mut did = Vec::new();
    for _ in 0..count {
        now += rng.random_range(1..beat * 2);
        // Where grace ends is a matter of fractions of a frame.
        if grace > 0 {
            while GRIDS.iter().filter_map(|g| g.step(Default::default())).any(|step| {
                let k = (now - grace + 1) * i64::from(table.milli) * 960 / (60_000 * 48_000);
                let near = [k / step.0 - 1, k / step.0, k / step.0 + 1];
                near.into_iter().any(|k| (now - grace - frame(table.milli, k * step.0)).abs() < 3)
            }) {
                now += 1;
            }
        }
        let g = gesture(rng);
        did.push((now, g));
        let blocks = (now as usize / 64).saturating_sub(heard[0].len() / 64);
        listen(&mut run, blocks, &mut heard);
        run.engine.send(Some(now as u64), g).expect("room");
        judge.gesture(now, g);
    }
    // In the end all is stopped: nothing sounds from the next line of the grid on.
    now += rng.random_range(1..beat);
    let blocks = (now as usize / 64).saturating_sub(heard[0].len() / 64);
    listen(&mut run, blocks, &mut heard);
    let now = now.max(heard[0].len() as i64);
    run.engine.send(Some(now as u64), Gesture::StopAll).expect("room");
    judge.gesture(now, Gesture::StopAll);
    judge.until(i64::MAX);
    listen(&mut run, (frame(table.milli, 2 * 3840) / 64 + 2) as usize, &mut heard);
    prop_assert!(!run.renderer.is_busy(), "something still waits or plays");
    let mut all = 0;
    for (track, heard) in heard.iter().enumerate() {
        let heard: Vec<i64> = clicks(heard).into_iter().map(|f| f as i64).collect();
        let wanted: Vec<i64> = judge.tracks[track].clicks.iter().copied().collect();
        all += wanted.len();
        let differs = heard.iter().zip(&wanted).position(|(a, b)| a != b);
        let at = differs.unwrap_or(heard.len().min(wanted.len()));
        prop_assert_eq!(
            heard.get(at),
            wanted.get(at),
            "track {}, click {}, seed {}, grace {}: {:?} {:?}",
            track,
            at,
            seed,
            grace,
            &table,
            &did
        );
    }
    Ok(all)
}

fn cases(short: u32, long: u32) -> u32 {
    if std::env::var_os("HARDCORE_SOAK").is_some() { long } else { short }
}

#[test]
fn one_clip_a_track_plays_and_every_launch_and_stop_falls_on_its_frame() {
    let cases = cases(60, 3000);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        // A smaller seed is no simpler.
        max_shrink_iters: 0,
        ..ProptestConfig::default()
    });
    let all = std::cell::Cell::new(0);
    let result = runner.run(&any::<u64>(), |seed| {
        all.set(all.get() + judged(seed, 40)?);
        Ok(())
    });
    println!("{cases} sets of 40 gestures: {} clicks, each on its frame", all.get());
    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(all.get() > cases as usize * 50, "it was played");
}

#[test]
fn a_press_on_the_frame_of_a_line_counts_for_that_line_however_long_the_grace_is() {
    // Its press on frame 55953 falls on a line, a fraction of a frame before it.
    judged(17_666_395_321_841_159_946, 40).unwrap_or_else(|error| panic!("{error}"));
}

/// A track of loops of a 64th at the fastest tempo, each followed by `follow`.
fn following(follow: &FollowAction, rows: u32) -> Offline {
    let mut p = project(TempoMap::constant(Bpm::from_milli(999_000)));
    p.song.seed = 12;
    p.song.quantization = Quantization::None;
    let first = clip(700, 60, true, ClipContent::Midi(notes(&[0])));
    let track = add_track(&mut p, click_synth(), first);
    p.scenes = (0..rows).map(scene).collect();
    p.tracks[0].clips = (0..rows)
        .map(|row| Clip {
            launch: LaunchSettings { follow: Some(follow.clone()), ..LaunchSettings::default() },
            ..clip(700 + row, 60, true, ClipContent::Midi(notes(&[0])))
        })
        .collect();
    for (row, scene) in p.scenes.iter_mut().enumerate() {
        let clip = Some(ClipId(700 + row as u32));
        scene.slots.insert(track, Slot { clip, stop_button: true });
    }
    offline(&p, &Default::default(), RATE, 0)
}

/// The rows that play one after the other.
fn course(follow: &FollowAction, rows: u32, count: usize) -> Vec<u16> {
    let mut run = following(follow, rows);
    let launch = Gesture::Launch { node: 0, row: 0, velocity: 127 };
    run.engine.send(Some(0), launch).expect("room");
    let mut out = Outputs::SILENT;
    let mut course = Vec::new();
    while course.len() < count {
        run.block(&mut out);
        while run.engine.next_journal().is_some() {}
        while let Some(event) = run.engine.next_event() {
            if let EngineEvent::ClipStarted { row, .. } = event {
                course.push(row);
            }
        }
    }
    course
}

/// Holds a count against a chance: within five standard deviations.
fn fair(what: &str, count: usize, of: usize, chance: f64) {
    let (mean, n) = (of as f64 * chance, of as f64);
    let sigma = (n * chance * (1.0 - chance)).sqrt();
    let off = (count as f64 - mean) / sigma;
    println!("{what}: {count} of {of}, {mean:.0} expected, {off:+.2} standard deviations off");
    assert!(off.abs() < 5.0, "{what}");
}

#[test]
fn follow_actions_keep_their_chances() {
    let count = cases(6000, 60_000) as usize;
    let follow = |a, chance_a, b, chance_b| FollowAction {
        a,
        b,
        chance_a,
        chance_b,
        after: FollowTime::Loops(1),
    };
    for chance in [10u8, 50, 85] {
        let action = follow(FollowKind::Next, chance, FollowKind::Previous, 100 - chance);
        let rows = course(&action, 5, count);
        let next = rows.windows(2).filter(|w| w[1] == (w[0] + 1) % 5).count();
        let back = rows.windows(2).filter(|w| w[0] == (w[1] + 1) % 5).count();
        assert_eq!(next + back, rows.len() - 1, "nothing else follows");
        fair("next", next, rows.len() - 1, f64::from(chance) / 100.0);
        // What was drawn before says nothing about what is drawn next.
        let up = |w: &[u16]| w[1] == (w[0] + 1) % 5;
        let pairs = rows.windows(3).filter(|w| up(&w[..2]) && up(&w[1..])).count();
        let p = f64::from(chance) / 100.0;
        let sigma = 5.0 * (rows.len() as f64 * p * p * (1.0 + 2.0 * p)).sqrt();
        assert!((pairs as f64 - rows.len() as f64 * p * p).abs() < sigma, "{pairs} twice next");
    }
    let any = course(&follow(FollowKind::Any, 100, FollowKind::Stop, 0), 4, count);
    let other = course(&follow(FollowKind::Other, 100, FollowKind::Stop, 0), 4, count);
    assert!(other.windows(2).all(|w| w[0] != w[1]), "another is another");
    for row in 0..4 {
        fair("any", any[1..].iter().filter(|r| **r == row).count(), any.len() - 1, 0.25);
        let leaves: Vec<_> = other.windows(2).filter(|w| w[0] == row).collect();
        for to in (0..4).filter(|to| *to != row) {
            let went = leaves.iter().filter(|w| w[1] == to).count();
            fair("other", went, leaves.len(), 1.0 / 3.0);
        }
    }
}

/// Every mode, follow actions, fills, legato, recordings and notes held by hand.
fn crowd(rng: &mut Pcg64Mcg) -> Project {
    let mut table = Table::random(rng);
    table.song = GRIDS[rng.random_range(1..GRIDS.len())];
    let mut p = table.project();
    let kinds = [FollowKind::Next, FollowKind::Any, FollowKind::Again, FollowKind::Last];
    for clip in p.tracks.iter_mut().flat_map(|t| &mut t.clips) {
        let launch = &mut clip.launch;
        launch.legato = rng.random_bool(0.3);
        if rng.random_bool(0.3) {
            launch.mode = LaunchMode::Repeat;
        }
        let (a, b) = (kinds[rng.random_range(0..4)], kinds[rng.random_range(0..4)]);
        let after = match rng.random_range(0..3) {
            0 => FollowTime::Loops(1),
            1 => FollowTime::Loops(2),
            _ => FollowTime::Time(Ticks(rng.random_range(60..2000))),
        };
        let follow = FollowAction { a, b, chance_a: 60, chance_b: 40, after };
        launch.follow = rng.random_bool(0.5).then_some(follow);
        if rng.random_bool(0.2) {
            clip.loop_brace = None;
        }
    }
    p
}

#[test]
fn whatever_happened_before_stop_all_is_silence_on_the_next_line() {
    for seed in 0..u64::from(cases(60, 2000)) {
        let rng = &mut Pcg64Mcg::seed_from_u64(seed);
        let p = crowd(rng);
        let mut run = offline(&p, &Default::default(), RATE, 0);
        let mut heard = vec![Vec::new(); TRACKS];
        run.engine.send(None, Gesture::Grace(rng.random_range(0..4000))).expect("room");
        for _ in 0..60 {
            let (node, row) =
                (rng.random_range(0..TRACKS as u16), rng.random_range(0..ROWS as u16));
            let g = match rng.random_range(0..12) {
                0..6 => gesture(rng),
                6 => Gesture::Fill { node, row, velocity: 100 },
                7 => Gesture::Record { node, row, length: Ticks(960).into() },
                8 => Gesture::RecordEnd(node),
                9 => Gesture::NoteOn { node, pitch: 60 + row as u8, velocity: 100 },
                10 => Gesture::Continue,
                _ => [Gesture::Stop, Gesture::Start, Gesture::LaunchScene(row)]
                    [rng.random_range(0..3)],
            };
            run.engine.send(None, g).expect("room");
            listen(&mut run, rng.random_range(1..300), &mut heard);
        }
        let (pos, playing) = run.renderer.position();
        let step = p.song.quantization.step(p.song.signature).expect("a grid");
        let next = pos.ceil_to(step.into());
        let end = if playing { run.renderer.frame_ahead(next) as usize } else { 0 };
        run.engine.send(None, Gesture::StopAll).expect("room");
        for node in 0..TRACKS as u16 {
            for pitch in 60..60 + ROWS as u8 {
                run.engine.send(None, Gesture::NoteOff { node, pitch }).expect("room");
            }
        }
        listen(&mut run, 4 * RATE as usize / 64, &mut heard);
        assert!(!run.renderer.is_busy(), "seed {seed}: something still waits or plays");
        for (track, heard) in heard.iter().enumerate() {
            let late: Vec<usize> = clicks(heard).into_iter().filter(|f| *f >= end).collect();
            let before = run.renderer.frame() as usize - 4 * RATE as usize;
            let late: Vec<_> = late.into_iter().filter(|f| *f >= before).collect();
            assert!(late.is_empty(), "seed {seed}, track {track}: clicks at {late:?}, end {end}");
            let rest = &heard[heard.len() - RATE as usize..];
            let loudest = rest.iter().fold(0.0f32, |m, x| m.max(x.abs()));
            assert_eq!(loudest, 0.0, "seed {seed}, track {track}: something sounds on");
        }
    }
}

//! Composing, hearing, keeping and bouncing by lines, without an engine.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::app::player::Player;
use crate::engine::protocol::Snapshot;
use crate::export::wav::Bits;
use crate::jobs::bounce::Workshop;
use crate::jobs::{self, Notice};
use crate::live::desk::{At, News, Order, View};
use crate::model::performance::Performance;
use crate::model::project::Project;
use crate::model::time::{Bpm, TempoMap};
use crate::synth::embedded::EmbeddedFactory;
use crate::synth::library::Library;

fn player(lines: &[&str]) -> Player {
    let key = "F minor".parse().expect("a key");
    let project = Project::new("test", TempoMap::constant(Bpm::from_milli(170_000)), key);
    let mut player = Player::new(project, Path::new("set.hcs")).expect("a document");
    player.world.insert_resource(Workshop {
        factory: Arc::new(EmbeddedFactory::new(Arc::new(Library::built_in()))),
        samples: Arc::new(|_, _| Ok(Default::default())),
        candidates: 1,
        rate: 22_050,
        bits: Bits::default(),
    });
    for line in lines {
        run(&mut player, line);
    }
    player
}

/// What a line says, and what it has played.
fn run(player: &mut Player, line: &str) -> (String, Vec<Performance>) {
    let mut played = Vec::new();
    let said = player.line(line, At::Now, &mut |order| {
        if let Order::Perform(what, _) = order {
            played.push(what);
        }
    });
    (said.unwrap_or_else(|error| panic!("{line}: {error}")), played)
}

fn refused(player: &mut Player, line: &str) -> String {
    let done = player.line(line, At::Now, &mut |_| {});
    done.err().unwrap_or_else(|| panic!("{line} was done")).to_string()
}

fn finish(player: &mut Player) -> Vec<Notice> {
    let (begun, mut all) = (Instant::now(), Vec::new());
    loop {
        all.extend(player.pump(&mut |_| {}));
        if jobs::list(&player.world).iter().all(|job| job.state.is_over()) {
            return all;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "a job does not end");
        std::thread::sleep(Duration::from_millis(2));
    }
}

const SET: [&str; 3] = ["track add instrument hoover Lead", "scene add One", "scene add Two"];

fn names(project: &Project) -> Vec<&str> {
    project.tracks.iter().map(|track| track.name.as_str()).collect()
}

/// A document but for the counter of ids, which never goes back.
fn document(player: &Player) -> Project {
    let mut project = player.project().expect("a document");
    project.song.next_id = Default::default();
    project
}

#[test]
fn a_proposal_is_heard_in_place_taken_back_and_kept_as_one_step() {
    let mut player = player(&SET);
    run(&mut player, "clip Lead 1 add 1bar");
    let before = document(&player);
    assert!(run(&mut player, "compose into Lead 1 seed 7 \"hoover\"").0.contains("seed 7"));
    finish(&mut player);
    let (_, played) = run(&mut player, "compose try on");
    assert!(matches!(played[..], [Performance::Launch(..)]), "{played:?}");
    assert_ne!(document(&player), before);
    let (_, played) = run(&mut player, "compose try off");
    assert!(matches!(played[..], [Performance::StopTrack(_)]), "{played:?}");
    assert_eq!(document(&player), before);
    // A change of values may be made meanwhile, another one takes the trial back first.
    run(&mut player, "compose try on");
    run(&mut player, "volume Lead -6");
    assert!(jobs::tried(&player.world).is_some());
    run(&mut player, "undo");
    assert!(jobs::tried(&player.world).is_none());
    assert_eq!(document(&player), before);
    // What is on trial is kept as it stands.
    run(&mut player, "compose try on");
    let tried = document(&player);
    let (_, played) = run(&mut player, "compose keep");
    assert!(played.is_empty(), "{played:?}");
    assert_eq!(document(&player), tried);
    run(&mut player, "undo");
    assert_eq!(document(&player), before);
    assert!(refused(&mut player, "compose keep").contains("nothing is proposed"));
}

#[test]
fn a_proposal_is_changed_varied_and_rejected_by_lines() {
    let mut player = player(&SET);
    run(&mut player, "compose seed 7 dark hoover");
    finish(&mut player);
    run(&mut player, "compose change tempo 190");
    run(&mut player, "compose vary proposal 1");
    let notices = finish(&mut player);
    assert!(notices.iter().any(|n| n.text.contains("190 BPM") && n.text.contains("seed 7")));
    assert_eq!(jobs::proposals(&player.world).len(), 3, "{notices:?}");
    assert!(refused(&mut player, "compose change key xyzzy").contains("xyzzy"));
    for _ in 0..3 {
        run(&mut player, "compose reject");
    }
    assert!(refused(&mut player, "compose vary").contains("nothing is proposed"));
    assert!(refused(&mut player, "job cancel 99").contains("no job 99"));
    assert!(refused(&mut player, "compose \" \"").contains("say what you want to hear"));
}

#[test]
fn a_clip_is_bounced_alone_and_made_a_sample_on_a_track_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let lines = SET.iter().chain(&[
        "track add instrument kick_gabber Kick",
        "clip Lead 1 add 1bar",
        "clip Lead 1 rename Roll",
        "note add Lead 1 F3 at 1.1.1 for 1/4",
        "clip Kick 1 add 4bars",
        "note add Kick 1 F1 at 1.1.1 for 1/4",
    ]);
    let mut player = player(&lines.copied().collect::<Vec<_>>());
    let path = dir.path().join("set.hcs");
    player.path = path.clone();
    run(&mut player, "bounce clip Lead 1");
    finish(&mut player);
    let bounced = dir.path().join("bounces/set Roll.wav");
    assert!(bounced.is_file() && bounced.with_extension("mid").is_file());

    let before = document(&player);
    run(&mut player, "clip Lead 1 render");
    finish(&mut player);
    let project = player.project().unwrap();
    let track = project.tracks.last().unwrap();
    let clip = &track.clips[0];
    assert_eq!((clip.name.as_str(), clip.length.0), ("Roll", 3840), "one bar, not the kick's four");
    assert!(clip.loop_brace.is_some());
    let crate::model::clip::ClipContent::Audio(audio) = &clip.content else { panic!("audio") };
    assert_eq!(audio.source_bpm, Some(Bpm::from_milli(170_000)));
    let wav = dir.path().join(audio.sample.relative());
    let frames = hound::WavReader::open(wav).unwrap().duration();
    assert_eq!(frames, (4.0 * 60.0 / 170.0 * 22_050.0_f64).round() as u32);
    run(&mut player, "undo");
    assert_eq!(document(&player), before);
    let error = refused(&mut player, "clip Lead 2 render");
    assert!(error.contains("empty"), "{error}");
}

#[test]
fn an_instrument_is_heard_in_key_and_no_list_keeps_it() {
    let mut player = player(&SET);
    assert!(refused(&mut player, "audition hoover").contains("nothing plays yet"));
    let view = View {
        snapshot: Arc::new(Snapshot::new(1)),
        meters: Vec::new(),
        names: Vec::new(),
        rate: 32_000,
    };
    player.news(News::View(view), &mut |_| {});
    assert!(refused(&mut player, "audition fx_delay").contains("is an effect"));
    run(&mut player, "audition kick_gabber");
    run(&mut player, "audition hoover");
    let (begun, mut heard) = (Instant::now(), Vec::new());
    while heard.is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing is heard");
        player
            .pump(&mut |order| heard.extend(matches!(&order, Order::Preview(_)).then_some(order)));
        std::thread::sleep(Duration::from_millis(2));
    }
    let Some(Order::Preview(Some(sample))) = heard.pop() else { panic!("no sound") };
    assert_eq!(sample.rate, 32_000, "for the device");
    assert!(sample.frames.iter().any(|frame| frame.left.abs() > 0.05));
    let left = jobs::list(&player.world).into_iter().filter(|job| job.share >= 1.0).count();
    assert_eq!(left, 0, "no list keeps it");
    let mut ended = 0;
    let said = player.line("audition stop", At::Now, &mut |order| {
        ended += usize::from(matches!(order, Order::Preview(None)));
    });
    assert!(said.is_ok() && ended == 1);
}

#[test]
fn a_variation_a_fill_and_a_bass_are_proposed_and_kept_as_one_step_each() {
    let mut player = player(&[
        "track add instrument kick_gabber Kick",
        "track add instrument hoover Lead",
        "scene add One",
        "scene add Two",
    ]);
    for track in ["Kick", "Lead"] {
        run(&mut player, &format!("clip {track} 1 add 1bar"));
        for beat in 1..=4 {
            let pitch = if track == "Kick" { "F1" } else { "F3" };
            run(&mut player, &format!("note add {track} 1 {pitch} at 1.{beat}.1 for 1/8"));
        }
    }
    assert!(refused(&mut player, "clip Lead 2 vary").contains("is empty"));
    assert!(refused(&mut player, "clip Lead 1 bass").contains("no kick"));
    let before = document(&player);
    for (line, track) in [
        ("clip Lead 1 vary seed 3", "Lead"),
        ("clip Kick 1 fill seed 3", "Kick"),
        ("clip Kick 1 bass seed 3", "Bass"),
    ] {
        run(&mut player, line);
        let said = finish(&mut player);
        assert!(said.iter().all(|notice| !notice.refused), "{line}: {said:?}");
        assert!(jobs::proposal(&player.world, None).is_ok_and(|p| p.chips().is_empty()));
        assert_eq!(document(&player), before, "{line}: nothing is changed yet");
        run(&mut player, "compose keep");
        let after = document(&player);
        assert_eq!(player.project().expect("a document").validate(), Ok(()));
        let found = after.tracks.iter().find(|t| t.name.eq_ignore_ascii_case(track));
        let found = found.unwrap_or_else(|| panic!("{line}: {:?}", names(&after)));
        let clip = found.clips.last().expect("a clip");
        let notes = clip.midi().map_or(0, |midi| midi.notes.len());
        assert!(notes > 1, "{line}: {notes} notes");
        let scene = &after.scenes[usize::from(track != "Bass")];
        assert_eq!(scene.slots[&found.id].clip, Some(clip.id), "{line}: where it belongs");
        run(&mut player, "undo");
        assert_eq!(document(&player), before, "{line}: one step");
    }
    // Another of what was proposed last is made of the same clip.
    run(&mut player, "clip Lead 1 vary seed 3");
    finish(&mut player);
    run(&mut player, "compose vary");
    let said = finish(&mut player);
    assert!(said.iter().any(|notice| notice.text.contains("variation of")), "{said:?}");
    assert!(refused(&mut player, "compose change tempo 190").contains("made of a clip"));
}

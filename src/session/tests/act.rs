//! Tests of what actions do to a document.

use bevy_ecs::world::World;
use proptest::prelude::*;

use super::small;
use crate::model::action::tests::any_action;
use crate::model::action::{Action, forms, parse};
use crate::model::groove::GrooveTemplate;
use crate::model::ids::{ClipId, GrooveId, SceneId, TrackId};
use crate::model::launch::FollowKind;
use crate::model::mixer::Db;
use crate::model::performance::Performance;
use crate::model::project::Project;
use crate::model::testing::project;
use crate::model::time::Ticks;
use crate::model::track::TrackKind;
use crate::session::act::{Act, ActError, Errand, at_once, names, resolve, run_lines};
use crate::session::document::{collect, spawn};
use crate::session::history::{Outcome, Request, perform};

fn run(project: Project, lines: &[&str]) -> Project {
    match run_lines(project, lines) {
        Ok((project, done)) => {
            assert_eq!(done.len(), lines.len());
            assert_eq!(project.validate(), Ok(()));
            project
        }
        Err((i, error)) => panic!("{}: {error}", lines[i]),
    }
}

/// A project in which every example of the table makes sense.
fn stage() -> Project {
    let mut start = small();
    for (id, name) in [(7, "shuffle"), (8, "909 shuffle")] {
        let (timing, velocity) = Default::default();
        let (id, name) = (GrooveId(id), name.to_owned());
        start.grooves.push(GrooveTemplate { id, name, span: Ticks(960), timing, velocity });
    }
    start.song.next_id.0 = 9;
    run(
        start,
        &[
            "track add instrument hoover Hoover",
            "track add instrument lead Lead",
            "track add instrument bass Bass",
            "track add drums Kit",
            "track add audio Vocals",
            "scene add Build",
            "scene add Main",
            "scene add Four",
            "scene add Five",
            "clip kick 3 add 1bar",
            "clip kick 3 note C1 at 1.1.1 for 1/4",
            "clip lead 3 add 1bar",
            "clip lead 3 automate volume at 1.1.1 -6",
            "clip vocals 1 sample samples/shout.wav 2bars",
            "clip vocals 1 tempo 160",
            "pad Kit C1 synth kick F1",
            "pad Kit F#1 synth hat C4",
            "insert kick add fx_eq",
            "insert bass add fx_ducker",
            "send hoover reverb -20",
            "bus add Delay",
            "track kick group Drums",
            "arrange kick 3 at 17.1.1 for 8bars",
            "marker Drop at 33.1.1",
        ],
    )
}

#[test]
fn every_example_of_the_table_works_on_a_set_stage_and_can_be_undone() {
    let stage = stage();
    for form in forms() {
        let result = run_lines(stage.clone(), &[form.example]);
        let mut world = World::new();
        spawn(&mut world, stage.clone()).unwrap();
        match resolve(&world, &parse(form.example).unwrap()) {
            Ok(Act::Edit { name, edit }) => {
                assert_eq!(name, form.help.trim());
                let (after, done) = result.unwrap_or_else(|e| panic!("{}: {}", form.example, e.1));
                assert!(done[0].starts_with(&name), "{done:?}");
                assert_eq!(after.validate(), Ok(()), "{}", form.example);
                assert_eq!(perform(&mut world, Request::step(&name, edit)), Outcome::Done(name));
                assert_eq!(collect(&world), Some(after));
                perform(&mut world, Request::Undo);
                assert_eq!(collect(&world), Some(stage.clone()), "{}", form.example);
            }
            Ok(Act::App(Errand::Undo | Errand::Redo)) => {
                assert!(matches!(result, Err((0, ActError::NothingTo(_)))), "{}", form.example);
            }
            Ok(Act::Perform(_) | Act::App(_)) => {
                assert!(matches!(result, Err((0, ActError::NotInFile(_)))), "{}", form.example);
            }
            Err(error) => panic!("{}: {error}", form.example),
        }
    }
}

proptest! {

    #[test]
    fn any_action_on_any_document_is_done_whole_or_refused(
        before in prop_oneof![project(), Just(stage())],
        action in any_action(),
    ) {
        let mut world = World::new();
        spawn(&mut world, before.clone()).unwrap();
        match resolve(&world, &action) {
            Ok(Act::Edit { name, edit }) => {
                let outcome = perform(&mut world, Request::step(name, edit));
                let after = collect(&world).unwrap();
                prop_assert_eq!(after.validate(), Ok(()), "{}", action);
                if !matches!(outcome, Outcome::Done(_)) {
                    prop_assert_eq!(&after, &before);
                }
                perform(&mut world, Request::Undo);
            }
            Err(ActError::Missing(sentence)) => {
                prop_assert!(!sentence.contains("changes nothing in a document"), "{}", sentence);
            }
            _ => {}
        }
        prop_assert_eq!(collect(&world), Some(before));
    }
}

#[test]
fn lines_do_what_they_say() {
    let project = run(
        small(),
        &[
            "bpm 181.5",
            "key a minor",
            "signature 3/4",
            "volume kick -3",
            "mute kick toggle",
            "pan \"Reverb\" -0.5",
            "track Kick rename Kick One",
            "insert master add fx_limiter",
            "insert master 1 set ceiling -1",
            "clip \"kick one\" drop length 2bars",
            "clip 1 1 note 61 at 2.1.1 for 1/8 vel 90 chance 50",
            "clip @5 transpose -1",
            "clip 1 1 follow any after 2",
            "scene drop duplicate",
            "scene \"drop 2\" rename Second",
            "tempo 190 glide 9.1.1",
        ],
    );
    let kick = &project.tracks[0];
    assert_eq!(project.song.tempo.start.get(), 181.5);
    assert_eq!(project.song.tempo.changes[0].at, Ticks(8 * 2880));
    assert_eq!(project.song.key.to_string(), "A minor");
    assert_eq!(
        (kick.name.as_str(), kick.mixer.volume, kick.mixer.mute),
        ("Kick One", Db(-3.0), true)
    );
    assert_eq!(project.buses[0].mixer.pan, -0.5);
    assert_eq!(project.song.master.inserts[0].params["ceiling"], -1.0);
    let clip = &kick.clips[0];
    assert_eq!(clip.length, Ticks(5760));
    let notes: Vec<_> = clip.midi().unwrap().notes.iter().map(|n| (n.start.0, n.pitch)).collect();
    assert_eq!(notes, [(0, 59), (960, 59), (2880, 60)]);
    assert_eq!(clip.launch.follow.as_ref().unwrap().a, FollowKind::Any);
    assert_eq!(project.scenes.len(), 2);
    let copy = project.scenes[1].slots[&kick.id].clip.unwrap();
    assert_ne!(copy, ClipId(5));
    assert_eq!(kick.clips[1].content, clip.content);
}

#[test]
fn slots_are_filled_emptied_and_shared_as_told() {
    let before = stage();
    let moved = run(before.clone(), &["clip kick 3 move 1"]);
    assert_eq!(moved.tracks[0].clips.len(), 1, "the clip that was there is gone");
    assert!(!moved.scenes[2].slots.contains_key(&moved.tracks[0].id));
    assert_eq!(moved.scenes[0].slots[&moved.tracks[0].id].clip, Some(moved.tracks[0].clips[0].id));
    let deleted = run(before.clone(), &["clip kick 3 delete"]);
    let lanes = deleted.arrangement.unwrap().lanes;
    assert!(lanes.values().all(Vec::is_empty), "a deleted clip leaves the timeline too");
    let gone =
        run(before.clone(), &["slot kick 2 stop off", "track kick delete", "track kit delete"]);
    assert!(gone.scenes.iter().all(|s| s.slots.len() <= 1));
    let ungrouped = run(before, &["track drums delete"]);
    assert!(ungrouped.tracks.iter().all(|t| t.group.is_none() && t.kind != TrackKind::Group));
}

#[test]
fn notes_follow_quantize_double_and_halve() {
    let starts = |lines: &[&str]| -> (i64, Vec<i64>) {
        let project = run(small(), lines);
        let clip = &project.tracks[0].clips[0];
        (clip.length.0, clip.midi().unwrap().notes.iter().map(|n| n.start.0).collect())
    };
    assert_eq!(starts(&["clip kick 1 double"]), (7680, vec![0, 960, 3840, 4800]));
    assert_eq!(starts(&["clip kick 1 halve", "clip kick 1 halve"]), (960, vec![0]));
    let late = "clip kick 1 note C1 at 1.3.1.130 for 1/16";
    assert_eq!(starts(&[late, "clip kick 1 quantize 1/16"]), (3840, vec![0, 960, 2160]));
    assert_eq!(starts(&[late, "clip kick 1 quantize 1/4"]), (3840, vec![0, 960, 1920]));
    assert_eq!(starts(&["clip kick 1 clear"]), (3840, vec![]));
    assert_eq!(starts(&["clip kick 1 clear", "undo", "redo", "undo"]), (3840, vec![0, 960]));
}

#[test]
fn a_clip_laid_on_another_takes_its_room() {
    let project = run(
        small(),
        &[
            "arrange kick 1 at 1.1.1 for 4bars",
            "arrange kick 1 at 2.1.1 for 1bar",
            "arrange kick delete 1.1.1",
        ],
    );
    let lanes = project.arrangement.unwrap().lanes;
    let lane: Vec<_> = lanes.values().flatten().map(|i| (i.at.0, i.length.0, i.offset.0)).collect();
    assert_eq!(lane, [(3840, 3840, 0), (7680, 7680, 7680)]);
}

#[test]
fn an_error_names_line_and_cause_and_nothing_is_done() {
    let cases: [(&[&str], usize, &str); 14] = [
        (&["bpm 170", "volume kik -3"], 1, "there is no track called “kik”; did you mean “Kick”?"),
        (&["volume 9 0"], 0, "there is no track 9: they count from 1 to 2"),
        (&["scene #9 delete"], 0, "there is no scene with id 9"),
        (&["bpm 170", "bpm"], 1, "expected a tempo"),
        (&["launch kick 1"], 0, "“launch kick 1” is for a running session"),
        (&["undo"], 0, "there is nothing to undo"),
        (&["track add audio Kicker", "mute ki on"], 1, "could be any track of Kick, Kicker"),
        (&["track add audio Kick", "mute kick on"], 1, "write its number, or #1 or #7"),
        (
            &["track kick group drums", "insert kick add fx_ducker", "insert kick 2 key drums"],
            2,
            "signal comes back",
        ),
        (&["clip drums 1 add 1bar"], 0, "needs an instrument or drum track"),
        (&["clip kick 1 transpose 48", "clip kick 1 transpose 48"], 1, "out of the range"),
        (&["clip kick 1 note C1 at 1.5.1 for 1/4"], 0, "there is no 1.5.1 in a bar of 4/4"),
        (&["insert kick 2 bypass on"], 0, "there is no insert 2: the rack holds 1"),
        (&["clip kick 1 loop 1.1.1 2bars"], 0, "not inside the clip"),
    ];
    for (lines, at, cause) in cases {
        let (i, error) = run_lines(small(), lines).expect_err(lines[at]);
        assert!(error.to_string().contains(cause), "{lines:?}: {error}");
        assert_eq!(i, at, "{lines:?}: {error}");
    }
}

#[test]
fn performance_actions_are_resolved_but_are_no_edits() {
    let mut world = World::new();
    spawn(&mut world, small()).unwrap();
    let performed = |line: &str| resolve(&world, &parse(line).unwrap());
    let launch = Performance::Launch(TrackId(1), SceneId(4), 127);
    assert_eq!(performed("launch kick drop"), Ok(Act::Perform(vec![launch])));
    assert_eq!(performed("locate 3"), Ok(Act::Perform(vec![Performance::Locate(Ticks(7680))])));
    assert_eq!(performed("save"), Ok(Act::App(Errand::Save)));
    assert!(performed("launch drums 1").unwrap_err().to_string().contains("is empty"));
    assert_eq!(Action::Play.to_string(), "play");
    let known = names(&world);
    assert_eq!(
        (known.tracks, known.scenes),
        (vec!["Kick".into(), "Drums".into()], vec!["Drop".into()])
    );
}

#[test]
fn several_actions_on_notes_are_one_step_and_each_has_a_note_of_its_own() {
    let lines = ["clip lead 3 note C1 at 1.1.1 for 1/4", "clip lead 3 note C1 at 1.1.1 for 1/8"];
    let start = run(stage(), &lines);
    let mut world = World::new();
    spawn(&mut world, start.clone()).unwrap();
    let lines = [
        "clip lead 3 note C1 at 1.1.1 move D1 at 1.2.1",
        "clip lead 3 note C1 at 1.1.1 move D1 at 1.2.1",
        "clip lead 3 note E1 at 1.1.1 for 1/16",
        "clip lead 3 note E1 at 1.1.1 for 1/16",
    ];
    let actions: Vec<Action> = lines.iter().map(|line| parse(line).unwrap()).collect();
    let Ok(Act::Edit { name, edit }) = at_once(&world, "Move notes", &actions) else { panic!() };
    assert_eq!(perform(&mut world, Request::step(name, edit)), Outcome::Done("Move notes".into()));
    let after = collect(&world).unwrap();
    assert_eq!(after.validate(), Ok(()));
    let notes = |project: &Project| {
        let clips = project.tracks.iter().flat_map(|track| &track.clips);
        let mut all = clips.filter_map(|clip| clip.midi()).map(|midi| midi.notes.to_vec());
        all.find(|notes| notes.iter().any(|n| n.pitch == 26 || n.length == Ticks(480))).unwrap()
    };
    let moved: Vec<_> = notes(&after).into_iter().filter(|n| n.pitch == 26).collect();
    let mut lengths: Vec<i64> = moved.iter().map(|n| n.length.0).collect();
    lengths.sort_unstable();
    assert_eq!(lengths, [480, 960], "each keeps its own length");
    assert!(moved.iter().all(|n| n.start == Ticks(960)));
    assert_eq!(notes(&after).len(), 4);
    assert_eq!(perform(&mut world, Request::Undo), Outcome::Undone("Move notes".into()));
    assert_eq!(notes(&collect(&world).unwrap()), notes(&start));

    // What is not there, and what is no edit, leaves all of it undone.
    for bad in ["clip lead 3 note C9 at 1.1.1 delete", "play"] {
        let actions = [actions[0].clone(), parse(bad).unwrap()];
        assert!(at_once(&world, "Move notes", &actions).is_err(), "{bad}");
    }
}

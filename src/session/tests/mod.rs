//! Tests of the document: spawning, edits, undo.

mod act;
mod random;

use bevy_app::App;
use bevy_ecs::message::Messages;
use bevy_ecs::world::World;
use proptest::prelude::*;

use self::random::random_edit;
use super::apply::apply;
use super::changes::{Change, Changes};
use super::document::{StripId, collect, spawn};
use super::edit::{ClipSet, Edit, EffectSet, KINDS, StripSet, TrackSet};
use super::error::EditError;
use super::history::{Gesture, History, Outcome, Request, Requests, perform};
use super::{compound, ids::FreshIds};
use crate::model::clip::{Clip, ClipContent, MidiClip, Note};
use crate::model::groove::GrooveTemplate;
use crate::model::ids::{BusId, ClipId, EffectId, GrooveId, NoteId, SceneId, TrackId};
use crate::model::mixer::{Bus, Db, Effect, MixerSettings, PluginType, Send};
use crate::model::project::Project;
use crate::model::scene::{Scene, Slot};
use crate::model::testing::project;
use crate::model::time::{Bpm, TempoMap, Ticks};
use crate::model::track::{Instrument, Track, TrackKind};

fn track(id: u32, name: &str, kind: TrackKind) -> Track {
    Track {
        id: TrackId(id),
        name: name.to_owned(),
        color: 0,
        kind,
        group: None,
        mixer: MixerSettings::default(),
        clips: Vec::new(),
        analysis: None,
    }
}

fn instrument(name: &str) -> TrackKind {
    TrackKind::Instrument(Instrument { synth: name.to_owned(), params: Default::default() })
}

fn note(id: u32, start: i64) -> Note {
    let id = NoteId(id);
    Note { id, start: Ticks(start), length: Ticks(240), pitch: 60, velocity: 100, probability: 100 }
}

fn clip(id: u32, notes: Vec<Note>) -> Clip {
    Clip {
        id: ClipId(id),
        name: format!("clip {id}"),
        color: None,
        length: Ticks(3840),
        loop_brace: None,
        launch: Default::default(),
        groove: None,
        muted: false,
        content: ClipContent::Midi(MidiClip { notes: notes.into() }),
        automation: Vec::new(),
    }
}

fn effect(id: u32) -> Effect {
    Effect {
        id: EffectId(id),
        plugin: PluginType::Native,
        name: "fx_distortion".to_owned(),
        params: Default::default(),
        bypass: false,
        key_from: None,
        state: Vec::new(),
    }
}

/// Kick (1, with clip 5 in scene 4 and effect 6), group (2), bus (3).
pub(super) fn small() -> Project {
    let key = "F minor".parse().unwrap();
    let mut project = Project::new("small", TempoMap::constant(Bpm::new(174.0).unwrap()), key);
    let mut kick = track(1, "Kick", instrument("kick"));
    kick.clips.push(clip(5, vec![note(1, 0), note(2, 960)]));
    kick.mixer.inserts.push(effect(6));
    kick.mixer.sends.push(Send { bus: BusId(3), level: Db(-12.0), pre: false });
    project.tracks = vec![kick, track(2, "Drums", TrackKind::Group)];
    let mixer = MixerSettings::default();
    project.buses.push(Bus { id: BusId(3), name: "Reverb".to_owned(), solo_safe: true, mixer });
    let slot = Slot { clip: Some(ClipId(5)), stop_button: true };
    project.scenes.push(Scene {
        id: SceneId(4),
        name: "Drop".to_owned(),
        color: None,
        tempo: None,
        signature: None,
        slots: [(TrackId(1), slot)].into(),
    });
    project.song.next_id.0 = 7;
    project
}

fn world(project: Project) -> World {
    let mut world = World::new();
    spawn(&mut world, project).unwrap();
    world
}

fn steps() -> impl Strategy<Value = Vec<(usize, u64)>> {
    prop::collection::vec((0..KINDS.len(), any::<u64>()), 0..25)
}

proptest! {

    #[test]
    fn a_project_comes_back_as_it_went_in(project in project(), other in project()) {
        let mut world = world(project.clone());
        prop_assert_eq!(collect(&world), Some(project));
        let entities = world.entities().count_spawned();
        spawn(&mut world, other.clone()).unwrap();
        prop_assert_eq!(collect(&world), Some(other.clone()));
        spawn(&mut world, small()).unwrap();
        spawn(&mut world, other.clone()).unwrap();
        prop_assert_eq!(collect(&world), Some(other));
        prop_assert!(entities > 0);
    }

    #[test]
    fn edits_undone_restore_the_document_and_redone_the_end(project in project(), steps in steps()) {
        let mut world = world(project.clone());
        let mut last = project.clone();
        let mut states = vec![project];
        for (kind, seed) in steps {
            let Some(edit) = random_edit(&world, KINDS[kind], seed) else { continue };
            let shown = format!("{edit:?}");
            match perform(&mut world, Request::step(KINDS[kind], edit)) {
                Outcome::Done(_) => {
                    last = collect(&world).unwrap();
                    prop_assert!(last.validate().is_ok(), "{shown}: {:?}", last.validate());
                    states.push(last.clone());
                }
                Outcome::Refused { .. } => prop_assert_eq!(&collect(&world).unwrap(), &last),
                other => prop_assert!(false, "{other:?}"),
            }
        }
        for state in states.iter().rev().skip(1) {
            perform(&mut world, Request::Undo);
            prop_assert_eq!(&collect(&world).unwrap(), state);
        }
        prop_assert_eq!(perform(&mut world, Request::Undo), Outcome::Nothing);
        for state in states.iter().skip(1) {
            perform(&mut world, Request::Redo);
            prop_assert_eq!(&collect(&world).unwrap(), state);
        }
        prop_assert_eq!(perform(&mut world, Request::Redo), Outcome::Nothing);
    }

    #[test]
    fn a_drag_is_one_step_and_undoes_to_where_it_began(
        project in project(),
        kind in 0..KINDS.len(),
        seeds in prop::collection::vec(any::<u64>(), 2..8),
    ) {
        let mut world = world(project.clone());
        let mut made: Vec<Edit> = Vec::new();
        for seed in seeds {
            let Some(edit) = random_edit(&world, KINDS[kind], seed) else { continue };
            if made.first().is_some_and(|first| !first.same_target(&edit)) {
                continue;
            }
            let gesture = Some(Gesture(1));
            let request = Request::Edit { name: "drag".to_owned(), edit: edit.clone(), gesture };
            if matches!(perform(&mut world, request), Outcome::Done(_)) {
                made.push(edit);
            }
        }
        let end = collect(&world);
        let steps = world.resource::<History>().len();
        prop_assert!(steps <= 1 || !made[0].same_target(&made[1]));
        for _ in 0..steps {
            perform(&mut world, Request::Undo);
        }
        prop_assert_eq!(collect(&world), Some(project));
        for _ in 0..steps {
            perform(&mut world, Request::Redo);
        }
        prop_assert_eq!(collect(&world), end);
    }
}

#[test]
fn the_random_edits_reach_every_kind() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut reached = std::collections::BTreeMap::new();
    for seed in 0..60 {
        let mut world = world(project().new_tree(&mut runner).unwrap().current());
        for kind in KINDS {
            for n in 0..2 {
                let Some(edit) = random_edit(&world, kind, seed * 2 + n) else { continue };
                assert_eq!(edit.kind(), kind);
                let made = apply(&mut world, edit).is_ok();
                *reached.entry(kind).or_insert(0) += u32::from(made);
            }
        }
    }
    for kind in KINDS {
        assert!(reached.get(kind).is_some_and(|&n| n >= 3), "{kind}: {reached:?}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_a_sentence_and_changes_nothing() {
    let kick = StripId::Track(TrackId(1));
    let send = |bus| Send { bus: BusId(bus), level: Db::UNITY, pre: false };
    let keyed = |id, from| {
        let effect = Effect { key_from: Some(TrackId(from)), ..effect(id) };
        let strip = StripId::Track(TrackId(1));
        Edit::InsertEffect { strip, at: 0, effect: Box::new(effect) }
    };
    let group = |id, group| Edit::Track(TrackId(id), TrackSet::Group(Some(TrackId(group))));
    let next = |id| Edit::Song(super::edit::SongSet::NextId(crate::model::ids::IdCounter(id)));
    let other = Box::new(track(1, "again", TrackKind::Audio));
    let cases: Vec<(Edit, &str)> = vec![
        (Edit::RemoveTrack(TrackId(9)), "there is no track with id 9"),
        (Edit::RemoveTrack(TrackId(1)), "track 1 is still used by scene 'Drop'"),
        (Edit::RemoveClip(ClipId(5)), "clip 5 is still used by scene 'Drop'"),
        (Edit::RemoveBus(BusId(3)), "bus 3 is still used by a send from 'Kick'"),
        (Edit::InsertTrack { at: 0, track: other }, "track id 1 is already in use"),
        (
            Edit::InsertTrack { at: 0, track: Box::new(track(7, "new", TrackKind::Audio)) },
            "the next id is 7, but 7 is in use",
        ),
        (next(6), "the next id is 6, but 6 is in use"),
        (Edit::MoveTrack { id: TrackId(1), to: 2 }, "a place cannot be 3: it must be within"),
        (Edit::Strip(kick, StripSet::Volume(Db(f32::NAN))), "NaN"),
        (Edit::Strip(kick, StripSet::Volume(Db(24.1))), "24.1 dB is outside -120 to 24"),
        (Edit::Strip(kick, StripSet::Pan(-1.5)), "pan -1.5 is outside -1 to 1"),
        (Edit::Strip(kick, StripSet::Sends(vec![send(8)])), "bus 8, which does not exist"),
        (Edit::Strip(kick, StripSet::Sends(vec![send(3), send(3)])), "two sends to bus 3"),
        (
            Edit::Strip(StripId::Bus(BusId(3)), StripSet::Sends(vec![send(3)])),
            "only to buses further right",
        ),
        (Edit::Strip(StripId::Master, StripSet::Sends(vec![send(3)])), "the master cannot send"),
        (group(1, 1), "no group track with id 1"),
        (group(2, 2), "signal comes back to it"),
        (keyed(6, 2), "effect id 6 is already in use"),
        (Edit::Many(vec![next(8), keyed(7, 1)]), "signal comes back to it"),
        (Edit::Many(vec![next(8), group(1, 2), keyed(7, 2)]), "signal comes back to it"),
        (Edit::Effect(EffectId(6), EffectSet::Key(Some(TrackId(9)))), "no track with id 9"),
        (
            Edit::Notes { clip: ClipId(5), remove: vec![NoteId(3)], add: vec![] },
            "there is no note with id 3",
        ),
        (
            Edit::Notes { clip: ClipId(5), remove: vec![], add: vec![note(2, 5)] },
            "note id 2 is already in use",
        ),
        (
            Edit::Notes { clip: ClipId(5), remove: vec![NoteId(1)], add: vec![note(1, -5)] },
            "start -5 is outside 0",
        ),
        (Edit::Clip(ClipId(5), ClipSet::Length(Ticks(0))), "length 0 is outside 1"),
        (Edit::Clip(ClipId(5), ClipSet::Name("a\nb".to_owned())), "line break"),
        (
            Edit::Slot {
                scene: SceneId(4),
                track: TrackId(2),
                slot: Some(Slot { clip: Some(ClipId(5)), stop_button: true }),
            },
            "holds clip 5, which",
        ),
        (Edit::Track(TrackId(1), TrackSet::Kind(Box::new(TrackKind::Audio))), "a clip of notes"),
        (Edit::Markers(vec![]), "there is no timeline yet"),
    ];
    let mut world = world(small());
    world.resource_mut::<Changes>().take();
    for (edit, sentence) in cases {
        let shown = format!("{edit:?}");
        let error = apply(&mut world, edit).expect_err(&shown).to_string();
        assert!(error.contains(sentence), "{shown}: {error}");
        assert_eq!(collect(&world), Some(small()), "{shown}");
    }
    assert_eq!(
        apply(&mut world, Edit::RemoveScene(SceneId(9))),
        Err(EditError::Missing { what: "scene", id: 9 })
    );
}

#[test]
fn a_groove_whose_id_is_in_use_is_refused_wherever_it_would_go() {
    let groove = |id, name: &str| GrooveTemplate {
        id: GrooveId(id),
        name: name.to_owned(),
        span: Ticks(960),
        timing: Default::default(),
        velocity: Default::default(),
    };
    let mut project = small();
    project.grooves = vec![groove(7, "shuffle")];
    project.song.next_id.0 = 8;
    let mut world = world(project.clone());
    for at in [0, 1] {
        let edit = Edit::InsertGroove { at, groove: Box::new(groove(7, "other")) };
        assert_eq!(apply(&mut world, edit), Err(EditError::Taken { what: "groove", id: 7 }));
        assert_eq!(collect(&world), Some(project.clone()));
    }
}

#[test]
fn removing_what_is_in_use_lets_go_of_it_first() {
    let mut world = world(small());
    let edit = compound::remove_track(&world, TrackId(1)).unwrap();
    let undo = apply(&mut world, edit).unwrap();
    assert_eq!(collect(&world).unwrap().tracks.len(), 1);
    assert!(collect(&world).unwrap().scenes[0].slots.is_empty());
    apply(&mut world, undo).unwrap();
    assert_eq!(collect(&world), Some(small()));
    let edit = compound::remove_bus(&world, BusId(3)).unwrap();
    apply(&mut world, edit).unwrap();
    assert!(collect(&world).unwrap().tracks[0].mixer.sends.is_empty());
    let edit = compound::remove_scene(&world, SceneId(4)).unwrap();
    apply(&mut world, edit).unwrap();
    assert!(collect(&world).unwrap().tracks[0].clips.is_empty());
}

fn fader(db: f32, gesture: u64) -> Request {
    Request::Edit {
        name: "volume".to_owned(),
        edit: Edit::Strip(StripId::Track(TrackId(1)), StripSet::Volume(Db(db))),
        gesture: Some(Gesture(gesture)),
    }
}

#[test]
fn one_gesture_is_one_step_and_a_new_one_starts_the_next() {
    let mut world = world(small());
    for (db, gesture, steps) in [(-1.0, 1, 1), (-2.0, 1, 1), (-3.0, 2, 2), (-4.0, 2, 2)] {
        perform(&mut world, fader(db, gesture));
        assert_eq!(world.resource::<History>().len(), steps);
    }
    let mute = Edit::Strip(StripId::Track(TrackId(1)), StripSet::Mute(true));
    perform(
        &mut world,
        Request::Edit { name: String::new(), edit: mute, gesture: Some(Gesture(2)) },
    );
    assert_eq!(world.resource::<History>().len(), 3);
    let volume = |world: &World| collect(world).unwrap().tracks[0].mixer.volume.0;
    perform(&mut world, Request::Undo);
    assert_eq!(volume(&world), -4.0);
    assert_eq!(perform(&mut world, Request::Undo), Outcome::Undone("volume".to_owned()));
    assert_eq!(volume(&world), -2.0);
    // A drag that goes on after an undo is a new step, and there is nothing left to redo.
    perform(&mut world, fader(-9.0, 1));
    assert_eq!(world.resource::<History>().len(), 2);
    assert_eq!(world.resource::<History>().redo_name(), None);
    perform(&mut world, Request::Undo);
    assert_eq!(volume(&world), -2.0);
}

#[test]
fn the_history_forgets_its_oldest_steps_and_knows_what_is_saved() {
    let mut world = world(small());
    world.insert_resource(History::with_depth(3));
    for n in 0..5u8 {
        assert_eq!(world.resource::<History>().is_dirty(), n > 0);
        let name = format!("step {n}");
        perform(&mut world, Request::step(name, Edit::Track(TrackId(1), TrackSet::Color(n + 1))));
    }
    world.resource_mut::<History>().mark_saved();
    while perform(&mut world, Request::Undo) != Outcome::Nothing {
        assert!(world.resource::<History>().is_dirty());
    }
    assert_eq!(collect(&world).unwrap().tracks[0].color, 2);
    for _ in 0..3 {
        perform(&mut world, Request::Redo);
    }
    assert!(!world.resource::<History>().is_dirty());
    let quiet = Edit::Strip(StripId::Master, StripSet::Volume(Db(-1.0)));
    perform(&mut world, Request::Silent(quiet));
    assert!(world.resource::<History>().is_dirty());
    assert_eq!(world.resource::<History>().len(), 3);
}

#[test]
fn an_id_once_handed_out_is_not_handed_out_again_after_undo() {
    let mut world = world(small());
    let copy = compound::duplicate_track(&world, TrackId(1), "Kick 2".to_owned()).unwrap();
    perform(&mut world, Request::step("duplicate track", copy));
    let project = collect(&world).unwrap();
    assert_eq!(project.tracks[1].name, "Kick 2");
    assert_eq!(project.scenes[0].slots.len(), 2);
    perform(&mut world, Request::Undo);
    assert_eq!(collect(&world), Some(small()));
    assert!(FreshIds::of(&world).fresh::<TrackId>().0 >= project.song.next_id.0);
}

#[test]
fn the_plugin_applies_requests_in_order_and_lists_what_changed() {
    let mut app = App::new();
    app.add_plugins(super::plugin);
    app.world_mut().resource_mut::<Requests>().push(Request::Undo);
    app.update();
    let refused = app.world_mut().resource_mut::<Messages<Outcome>>().drain().next();
    assert!(matches!(refused, Some(Outcome::Refused { .. })), "no project is open yet");
    spawn(app.world_mut(), small()).unwrap();
    assert!(app.world_mut().resource_mut::<Changes>().take().contains(&Change::Everything));
    let name = |n: &str| Edit::Track(TrackId(1), TrackSet::Name(n.to_owned()));
    for request in [
        Request::step("rename", name("A")),
        Request::step("rename again", name("B")),
        Request::step("nonsense", Edit::RemoveTrack(TrackId(99))),
        Request::Undo,
    ] {
        app.world_mut().resource_mut::<Requests>().push(request);
    }
    app.update();
    assert_eq!(collect(app.world()).unwrap().tracks[0].name, "A");
    let outcomes: Vec<_> = app.world_mut().resource_mut::<Messages<Outcome>>().drain().collect();
    assert_eq!(outcomes.len(), 4);
    assert!(matches!(&outcomes[2], Outcome::Refused { name, .. } if name == "nonsense"));
    assert_eq!(outcomes[3], Outcome::Undone("rename again".to_owned()));
    let changes = app.world_mut().resource_mut::<Changes>().take();
    assert_eq!(changes.into_iter().collect::<Vec<_>>(), [Change::Track(TrackId(1))]);
}

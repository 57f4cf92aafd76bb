//! Tests of jobs: the pool, composing, keeping, bouncing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bevy_ecs::world::World;

use super::bounce::{Workshop, bounce};
use super::compose::{Asked, Wish, change, compose};
use super::proposal::Proposal;
use super::*;
use crate::export::wav::Bits;
use crate::model::action::parse;
use crate::model::ids::{SceneId, TrackId};
use crate::model::intent::{Facet, Genre, Role};
use crate::model::project::{Project, Song};
use crate::model::scene::Scene;
use crate::model::time::{Bpm, TempoMap};
use crate::session::act::{Act, resolve};
use crate::session::document::{Order, collect, part, spawn};
use crate::session::history::{History, Outcome, Request, perform};
use crate::synth::embedded::EmbeddedFactory;
use crate::synth::library::Library;

fn world(lines: &[&str]) -> World {
    let mut world = World::new();
    let key = "F minor".parse().expect("a key");
    let project = Project::new("test", TempoMap::constant(Bpm::from_milli(170_000)), key);
    spawn(&mut world, project).expect("a document");
    for line in lines {
        run(&mut world, line);
    }
    world
}

fn run(world: &mut World, line: &str) {
    match resolve(world, &parse(line).expect("an action")) {
        Ok(Act::Edit { name, edit }) => {
            let done = perform(world, Request::step(name, edit));
            assert!(matches!(done, Outcome::Done(_)), "{line}: {done:?}");
        }
        other => panic!("{line}: {other:?}"),
    }
}

/// Pumps until nothing runs or waits any more.
fn finish(world: &mut World) -> Vec<Notice> {
    let (begun, mut all) = (Instant::now(), Vec::new());
    loop {
        all.extend(pump(world));
        if list(world).iter().all(|job| job.state.is_over()) {
            return all;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "a job does not end");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn factory() -> Arc<EmbeddedFactory> {
    Arc::new(EmbeddedFactory::new(Arc::new(Library::built_in())))
}

fn wish(words: &str, into: Option<(TrackId, SceneId)>) -> Wish {
    Wish { asked: Asked::Words(words.to_owned()), seed: 7, into, bpm: None, candidates: 2 }
}

/// Has something proposed in a world, with sounds that are built in.
pub(crate) fn propose(world: &mut World, words: &str, into: Option<(TrackId, SceneId)>) {
    proposed(world, words, into);
}

fn proposed(world: &mut World, words: &str, into: Option<(TrackId, SceneId)>) -> Proposal {
    compose(world, factory(), wish(words, into)).expect("a job");
    let notices = finish(world);
    assert!(notices.iter().all(|notice| !notice.refused), "{notices:?}");
    proposal(world, None).expect("a proposal").clone()
}

fn keep(world: &mut World, proposal: &Proposal) {
    let insertion = proposal.insertion(world).expect("a place");
    let done = perform(world, Request::step("keep", insertion.edit));
    assert!(matches!(done, Outcome::Done(_)), "{done:?}");
    assert_eq!(collect(world).expect("a document").validate(), Ok(()));
}

#[test]
fn a_panic_fails_its_job_alone_and_a_cancelled_one_says_nothing() {
    let mut world = world(&[]);
    let begin = |world: &mut World, work: fn(&mut Teller) -> Result<Output, String>| {
        begin(world, Kind::Bounce, "test".into(), None, move |_, teller| work(teller))
    };
    let broken = begin(&mut world, |_| panic!("out of tune")).expect("a job");
    let endless = begin(&mut world, |teller| {
        while !teller.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(Output::Files(Vec::new()))
    });
    let endless = endless.expect("a job");
    let good = begin(&mut world, |teller| {
        teller.progress(0.5);
        Ok(Output::Files(Vec::new()))
    });
    let good = good.expect("a job");
    while !pump(&mut world).iter().any(|notice| !notice.refused) {
        std::thread::sleep(Duration::from_millis(1));
    }
    cancel(&mut world, endless).expect("it runs");
    assert!(cancel(&mut world, endless).is_err());
    finish(&mut world);
    let state = |id: JobId| {
        list(&world).iter().find(|shown| shown.job.id == id).map(|shown| shown.state.clone())
    };
    assert!(matches!(state(broken), Some(State::Failed(why)) if why.contains("out of tune")));
    assert_eq!(state(endless), Some(State::Cancelled));
    assert_eq!(state(good), Some(State::Done));
}

#[test]
fn the_queue_has_an_end_and_says_so() {
    let mut world = world(&[]);
    let mut refused = None;
    for _ in 0..40 {
        let work = |_: JobId, teller: &mut Teller| {
            while !teller.is_cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(Output::Files(Vec::new()))
        };
        if let Err(sentence) = begin(&mut world, Kind::Bounce, "test".into(), None, work) {
            refused = Some(sentence);
            break;
        }
    }
    assert!(refused.is_some_and(|sentence| sentence.contains("cancel one")));
    let all: Vec<JobId> = list(&world).iter().map(|shown| shown.job.id).collect();
    all.into_iter().for_each(|id| drop(cancel(&mut world, id)));
    finish(&mut world);
}

#[test]
fn a_named_role_goes_into_its_slot_in_one_step() {
    let lines = ["track add instrument hoover Lead", "scene add One", "scene add Two"];
    let mut world = world(&lines);
    let before = collect(&world).expect("a document");
    let order = world.resource::<Order>().clone();
    let at = (order.tracks[0], order.scenes[1]);
    let proposal = proposed(&mut world, "dark hoover xyzzy", Some(at));
    assert_eq!(proposal.parts.iter().map(|p| p.role).collect::<Vec<_>>(), [Role::Hoover]);
    assert_eq!((proposal.bpm, proposal.key.to_string().as_str()), (170.0, "F minor"));
    assert!(proposal.sentence().contains("not understood: xyzzy"), "{}", proposal.sentence());
    keep(&mut world, &proposal);
    let slot = part::<Scene>(&world, at.1).expect("a scene").slots.get(&at.0).copied();
    assert!(slot.and_then(|slot| slot.clip).is_some());
    assert_eq!(world.resource::<Order>().tracks.len(), 1);
    perform(&mut world, Request::Undo);
    let mut after = collect(&world).expect("a document");
    after.song.next_id = before.song.next_id;
    assert_eq!(after, before);
}

#[test]
fn a_genre_fills_a_new_scene_and_a_stated_tempo_comes_with_it() {
    let mut world = world(&["track add instrument kick_gabber Kick", "scene add One"]);
    let steps = world.resource::<History>().len();
    let proposal = proposed(&mut world, "frenchcore at 200 bpm", None);
    assert!(proposal.parts.len() > 2);
    keep(&mut world, &proposal);
    assert_eq!(world.resource::<History>().len(), steps + 1);
    let order = world.resource::<Order>().clone();
    assert_eq!(order.scenes.len(), 2);
    let scene = part::<Scene>(&world, order.scenes[1]).expect("a scene");
    assert!(scene.slots.contains_key(&order.tracks[0]), "the kick that is there plays");
    assert_eq!(scene.slots.len(), proposal.parts.len());
    assert_eq!(scene.tempo.map(|tempo| tempo.bpm.get()), Some(200.0));
    assert_eq!(world.resource::<Song>().tempo.start.get(), 170.0);
    // Once more: tracks and buses are there already.
    let (tracks, buses) = (order.tracks.len(), order.buses.len());
    let again = proposed(&mut world, "frenchcore", None);
    keep(&mut world, &again);
    let order = world.resource::<Order>();
    assert!(order.tracks.len() <= tracks + 2, "{} after {tracks}", order.tracks.len());
    assert_eq!(order.buses.len(), buses);
}

#[test]
fn the_same_seed_proposes_the_same_and_a_change_changes_one_thing() {
    let mut world = world(&[]);
    let one = proposed(&mut world, "gabber kick", None);
    let two = proposed(&mut world, "gabber kick", None);
    assert_eq!(one.parts, two.parts);
    let changed = change(&one.intent, Facet::Genre, "frenchcore").expect("a genre");
    assert_eq!((changed.genre, changed.bpm), (Genre::Frenchcore, one.intent.bpm));
    assert_eq!(change(&one.intent, Facet::Tempo, "190").expect("a tempo").bpm, 190.0);
    assert_eq!(change(&one.intent, Facet::Bars, "8").expect("a length").bars, 8);
    let key = change(&one.intent, Facet::Key, "A minor").expect("a key");
    assert_eq!(key.key().map(|key| key.to_string()).as_deref(), Some("A minor"));
    let roles = change(&one.intent, Facet::Roles, "hoover").expect("a role");
    assert_eq!(roles.named, [Role::Hoover]);
    for (facet, text) in Facet::ALL.map(|facet| (facet, "xyzzy")) {
        let refused = change(&one.intent, facet, text);
        assert!(refused.is_err_and(|sentence| sentence.contains("xyzzy")), "{facet:?}");
    }
}

#[test]
fn a_result_without_its_slot_is_dropped_with_a_sentence() {
    let mut world = world(&["track add instrument hoover Lead", "scene add One", "scene add Two"]);
    let order = world.resource::<Order>().clone();
    let at = (order.tracks[0], order.scenes[1]);
    compose(&mut world, factory(), wish("hoover", Some(at))).expect("a job");
    run(&mut world, "scene Two delete");
    let notices = finish(&mut world);
    assert!(notices.iter().any(|n| n.refused && n.text.contains("is gone")), "{notices:?}");
    assert!(proposals(&world).is_empty());
    compose(&mut world, factory(), wish("hoover", None)).expect("a job");
    forget(&mut world);
    assert!(list(&world).is_empty());
}

#[test]
fn a_scene_is_bounced_beside_its_project() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut world = world(&["track add instrument kick_gabber Kick", "scene add \"A/B\""]);
    run(&mut world, "clip Kick 1 add 1bar");
    run(&mut world, "note add Kick 1 C1 at 1.1.1 for 1/4");
    let workshop = Workshop {
        factory: factory(),
        samples: Arc::new(|_, _| Ok(Default::default())),
        candidates: 1,
        rate: 22_050,
        bits: Bits::default(),
    };
    let scene = world.resource::<Order>().scenes[0];
    let project = collect(&world).expect("a document");
    for name in ["set A-B", "set A-B 2"] {
        let path = folder.path().join("set.hcs");
        bounce(&mut world, &workshop, project.clone(), &path, scene).expect("a job");
        let notices = finish(&mut world);
        for end in ["wav", "mid"] {
            let file = folder.path().join("bounces").join(format!("{name}.{end}"));
            assert!(file.metadata().is_ok_and(|m| m.len() > 40), "{file:?}: {notices:?}");
        }
    }
}

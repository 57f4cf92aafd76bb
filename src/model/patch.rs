//! A part of a document as an edit left it: what the engine and journals are brought up to date with.

use serde::{Deserialize, Serialize};

use super::arrangement::Arrangement;
use super::groove::GrooveTemplate;
use super::ids::{BusId, SceneId, TrackId};
use super::mixer::Bus;
use super::project::{Project, Song};
use super::scene::Scene;
use super::track::Track;

/// A part of a document, whole, in its saved form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Patch {
    /// Everything.
    Project(Box<Project>),
    /// What belongs to no track.
    Song(Box<Song>),
    /// A track, in place of the one of its id or as the last one.
    Track(Box<Track>),
    /// A bus.
    Bus(Box<Bus>),
    /// A scene.
    Scene(Box<Scene>),
    /// The timeline.
    Arrangement(Option<Box<Arrangement>>),
    /// All groove templates.
    Grooves(Vec<GrooveTemplate>),
    /// Which tracks, buses and scenes there are, in order; others are gone.
    Order(Vec<TrackId>, Vec<BusId>, Vec<SceneId>),
}

impl Patch {
    /// Make it part of `project`.
    pub fn apply(self, project: &mut Project) {
        match self {
            Patch::Project(whole) => *project = *whole,
            Patch::Song(song) => project.song = *song,
            Patch::Track(track) => put(&mut project.tracks, *track, |t| t.id),
            Patch::Bus(bus) => put(&mut project.buses, *bus, |b| b.id),
            Patch::Scene(scene) => put(&mut project.scenes, *scene, |s| s.id),
            Patch::Arrangement(arrangement) => project.arrangement = arrangement.map(|a| *a),
            Patch::Grooves(grooves) => project.grooves = grooves,
            Patch::Order(tracks, buses, scenes) => {
                order(&mut project.tracks, &tracks, |t| t.id);
                order(&mut project.buses, &buses, |b| b.id);
                order(&mut project.scenes, &scenes, |s| s.id);
            }
        }
    }
}

fn put<T, I: PartialEq>(list: &mut Vec<T>, item: T, id: impl Fn(&T) -> I) {
    let wanted = id(&item);
    match list.iter_mut().find(|other| id(other) == wanted) {
        Some(other) => *other = item,
        None => list.push(item),
    }
}

fn order<T, I: PartialEq>(list: &mut Vec<T>, wanted: &[I], id: impl Fn(&T) -> I) {
    let place = |item: &T| wanted.iter().position(|w| *w == id(item));
    list.retain(|item| place(item).is_some());
    list.sort_by_key(place);
}

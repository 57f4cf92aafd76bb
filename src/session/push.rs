//! What edits changed, on its way to the engine: a patch for every part of the document that is
//! another one now.

use std::collections::BTreeSet;

use bevy_ecs::world::World;

use super::changes::{Change, Changes};
use super::document::{
    ClipOf, EffectOf, Grooves, Order, StripId, collect, collect_bus, collect_song, collect_track,
    part,
};
use crate::model::arrangement::Arrangement;
use crate::model::ids::{BusId, SceneId, TrackId};
use crate::model::patch::Patch;

/// The parts of a document to send.
#[derive(Default)]
struct Parts {
    song: bool,
    tracks: BTreeSet<TrackId>,
    buses: BTreeSet<BusId>,
    scenes: BTreeSet<SceneId>,
    order: bool,
    arrangement: bool,
    grooves: bool,
}

impl Parts {
    fn strip(&mut self, strip: StripId) {
        match strip {
            StripId::Track(id) => drop(self.tracks.insert(id)),
            StripId::Bus(id) => drop(self.buses.insert(id)),
            StripId::Master => self.song = true,
        }
    }
}

/// Take what changed and give the document's parts as they are now, in an order in which they can be
/// applied one after the other. Empty when nothing changed.
pub fn take_patches(world: &mut World) -> Vec<Patch> {
    let changes = world.get_resource_or_init::<Changes>().take();
    if changes.contains(&Change::Everything) {
        return collect(world).map(|p| Patch::Project(Box::new(p))).into_iter().collect();
    }
    let mut parts = Parts::default();
    for change in changes {
        match change {
            Change::Everything => {}
            Change::Track(id) => {
                parts.order = true;
                parts.tracks.insert(id);
            }
            // What is gone was taken out of its track or strip, which is on the list too.
            Change::Clip(id) => drop(part::<ClipOf>(world, id).map(|of| parts.tracks.insert(of.0))),
            Change::Effect(id) => {
                if let Ok(of) = part::<EffectOf>(world, id) {
                    parts.strip(of.0);
                }
            }
            Change::Scene(id) => {
                parts.order = true;
                parts.scenes.insert(id);
            }
            Change::Slot(id, _) => drop(parts.scenes.insert(id)),
            Change::Bus(id) => {
                parts.order = true;
                parts.buses.insert(id);
            }
            Change::Strip(strip) | Change::Rack(strip) => parts.strip(strip),
            Change::Order => parts.order = true,
            Change::Song => parts.song = true,
            Change::Arrangement => parts.arrangement = true,
            Change::Grooves => parts.grooves = true,
        }
    }
    patches(world, &parts)
}

fn patches(world: &World, parts: &Parts) -> Vec<Patch> {
    let mut all = Vec::new();
    if parts.song {
        all.extend(collect_song(world).map(|song| Patch::Song(Box::new(song))));
    }
    if parts.grooves {
        all.extend(world.get_resource::<Grooves>().map(|g| Patch::Grooves(g.0.clone())));
    }
    let tracks = parts.tracks.iter().filter_map(|id| collect_track(world, *id).ok());
    all.extend(tracks.map(|track| Patch::Track(Box::new(track))));
    let buses = parts.buses.iter().filter_map(|id| collect_bus(world, *id).ok());
    all.extend(buses.map(|bus| Patch::Bus(Box::new(bus))));
    let scenes =
        parts.scenes.iter().filter_map(|id| part::<crate::model::scene::Scene>(world, *id).ok());
    all.extend(scenes.map(|scene| Patch::Scene(Box::new(scene.clone()))));
    if parts.arrangement {
        let arrangement = world.get_resource::<Arrangement>().cloned().map(Box::new);
        all.push(Patch::Arrangement(arrangement));
    }
    if parts.order
        && let Some(order) = world.get_resource::<Order>().cloned()
    {
        all.push(Patch::Order(order.tracks, order.buses, order.scenes));
    }
    all
}

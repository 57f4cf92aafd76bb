//! The document as an ECS world: entities, the id index, and the way from and to a saved project.
//!
//! A track, clip, scene, bus and effect is an entity that carries its stable id. Effects being
//! entities, `inserts` of every [`MixerSettings`] in the world is empty and a [`Rack`] holds their
//! order. [`Song`], [`Order`], [`Grooves`], [`MasterRack`] and, where there is a timeline,
//! [`Arrangement`] are resources.

use std::collections::HashMap;

use bevy_ecs::component::{Component, Mutable};
use bevy_ecs::entity::Entity;
use bevy_ecs::resource::Resource;
use bevy_ecs::world::World;

use super::changes::{Change, Changes};
use super::check;
use super::error::EditError;
use super::history::History;
use super::ids::HighWater;
use crate::model::analysis::AudioAnalysis;
use crate::model::arrangement::Arrangement;
use crate::model::clip::Clip;
use crate::model::groove::GrooveTemplate;
pub use crate::model::ids::StripId;
use crate::model::ids::{BusId, ClipId, EffectId, SceneId, TrackId};
use crate::model::mixer::{Bus, Effect, MixerSettings};
use crate::model::project::{PROJECT_VERSION, Project, Song};
use crate::model::scene::Scene;
use crate::model::track::{Track, TrackKind};

/// Name of a track or bus.
#[derive(Component, Clone, Debug, PartialEq, Eq)]
pub struct Name(pub String);

/// A track's index into the track palette.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub u8);

/// The group track a track belongs to.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub struct InGroup(pub Option<TrackId>);

/// What the ears last said about a track.
#[derive(Component, Clone, Debug, PartialEq)]
pub struct Heard(pub Option<AudioAnalysis>);

/// A track's clips, in order.
#[derive(Component, Clone, Debug, PartialEq, Eq)]
pub struct Clips(pub Vec<ClipId>);

/// The track a clip belongs to.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClipOf(pub TrackId);

/// A strip's effects, in signal order.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq)]
pub struct Rack(pub Vec<EffectId>);

/// The strip an effect sits in.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub struct EffectOf(pub StripId);

/// Whether a bus stays audible when tracks are soloed.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoloSafe(pub bool);

/// Effects of the master strip, in signal order.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
pub struct MasterRack(pub Vec<EffectId>);

/// Tracks and buses from left to right, scenes from top to bottom.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// Tracks and groups.
    pub tracks: Vec<TrackId>,
    /// Return buses.
    pub buses: Vec<BusId>,
    /// Scenes.
    pub scenes: Vec<SceneId>,
}

/// Groove templates of the document.
#[derive(Resource, Clone, Debug, Default, PartialEq)]
pub struct Grooves(pub Vec<GrooveTemplate>);

/// Stable id → entity.
#[derive(Resource, Clone, Debug, Default)]
pub struct Index {
    pub(super) tracks: HashMap<TrackId, Entity>,
    pub(super) clips: HashMap<ClipId, Entity>,
    pub(super) scenes: HashMap<SceneId, Entity>,
    pub(super) buses: HashMap<BusId, Entity>,
    pub(super) effects: HashMap<EffectId, Entity>,
}

/// An id that stands for an entity.
pub trait DocId: Copy + Eq + std::hash::Hash + 'static {
    /// What it names, for messages.
    const WHAT: &'static str;
    /// The number.
    fn number(self) -> u32;
    /// Its part of the index.
    fn map(index: &Index) -> &HashMap<Self, Entity>;
    /// Its part of the index, to change.
    fn map_mut(index: &mut Index) -> &mut HashMap<Self, Entity>;
}

macro_rules! doc_id {
    ($($id:ty, $what:literal, $map:ident;)*) => {$(
        impl DocId for $id {
            const WHAT: &'static str = $what;
            fn number(self) -> u32 {
                self.0
            }
            fn map(index: &Index) -> &HashMap<Self, Entity> {
                &index.$map
            }
            fn map_mut(index: &mut Index) -> &mut HashMap<Self, Entity> {
                &mut index.$map
            }
        }
    )*};
}

doc_id! {
    TrackId, "track", tracks;
    ClipId, "clip", clips;
    SceneId, "scene", scenes;
    BusId, "bus", buses;
    EffectId, "effect", effects;
}

/// The entity with this id.
///
/// # Errors
/// [`EditError::Missing`] when there is none.
pub fn entity<I: DocId>(world: &World, id: I) -> Result<Entity, EditError> {
    let found = world.get_resource::<Index>().and_then(|index| I::map(index).get(&id).copied());
    found.ok_or(EditError::Missing { what: I::WHAT, id: id.number() })
}

/// Whether there is an entity with this id.
pub fn exists<I: DocId>(world: &World, id: I) -> bool {
    entity(world, id).is_ok()
}

/// A component of the thing with this id.
///
/// # Errors
/// [`EditError::Missing`] when the thing, or the component on it, is not there.
pub fn part<T: Component>(world: &World, id: impl DocId) -> Result<&T, EditError> {
    part_of(world, id)
}

fn part_of<T: Component, I: DocId>(world: &World, id: I) -> Result<&T, EditError> {
    let entity = entity(world, id)?;
    world.get::<T>(entity).ok_or(EditError::Missing { what: I::WHAT, id: id.number() })
}

/// A component of the thing with this id, to change. Only edits may.
pub(super) fn part_mut<T: Component<Mutability = Mutable>, I: DocId>(
    world: &mut World,
    id: I,
) -> Result<&mut T, EditError> {
    let entity = entity(world, id)?;
    let missing = EditError::Missing { what: I::WHAT, id: id.number() };
    world.get_mut::<T>(entity).map(|part| part.into_inner()).ok_or(missing)
}

/// A strip's settings (its `inserts` is empty; see [`rack`]).
///
/// # Errors
/// When there is no such strip.
pub fn strip(world: &World, id: StripId) -> Result<&MixerSettings, EditError> {
    match id {
        StripId::Track(id) => part(world, id),
        StripId::Bus(id) => part(world, id),
        StripId::Master => Ok(&world.resource::<Song>().master),
    }
}

pub(super) fn strip_mut(world: &mut World, id: StripId) -> Result<&mut MixerSettings, EditError> {
    match id {
        StripId::Track(id) => part_mut(world, id),
        StripId::Bus(id) => part_mut(world, id),
        StripId::Master => Ok(&mut world.resource_mut::<Song>().into_inner().master),
    }
}

/// The effects of a strip, in signal order.
///
/// # Errors
/// When there is no such strip.
pub fn rack(world: &World, id: StripId) -> Result<&Vec<EffectId>, EditError> {
    Ok(match id {
        StripId::Track(id) => &part::<Rack>(world, id)?.0,
        StripId::Bus(id) => &part::<Rack>(world, id)?.0,
        StripId::Master => &world.resource::<MasterRack>().0,
    })
}

pub(super) fn rack_mut(world: &mut World, id: StripId) -> Result<&mut Vec<EffectId>, EditError> {
    Ok(match id {
        StripId::Track(id) => &mut part_mut::<Rack, _>(world, id)?.0,
        StripId::Bus(id) => &mut part_mut::<Rack, _>(world, id)?.0,
        StripId::Master => &mut world.resource_mut::<MasterRack>().into_inner().0,
    })
}

/// Every strip of the document: tracks, buses, master.
pub fn strips(world: &World) -> Vec<StripId> {
    let order = world.resource::<Order>();
    let tracks = order.tracks.iter().map(|&id| StripId::Track(id));
    let buses = order.buses.iter().map(|&id| StripId::Bus(id));
    tracks.chain(buses).chain([StripId::Master]).collect()
}

/// Every clip of the document in track order, with its track.
pub fn clips(world: &World) -> impl Iterator<Item = (TrackId, &Clip)> {
    let tracks = world.resource::<Order>().tracks.iter();
    tracks.flat_map(move |&track| {
        let ids = part::<Clips>(world, track).map(|c| c.0.as_slice()).unwrap_or_default();
        ids.iter().filter_map(move |&id| Some((track, part::<Clip>(world, id).ok()?)))
    })
}

/// Every effect of the document, strip by strip.
pub fn effects(world: &World) -> impl Iterator<Item = (StripId, &Effect)> {
    strips(world).into_iter().flat_map(move |strip| {
        let ids = rack(world, strip).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(move |&id| Some((strip, part::<Effect>(world, id).ok()?)))
    })
}

/// Makes the world hold `project`, in place of any document it held; the history starts anew.
///
/// # Errors
/// A project that is not [valid](Project::validate); the world is then as it was.
pub fn spawn(world: &mut World, project: Project) -> Result<(), EditError> {
    check::project(&project)?;
    clear(world);
    build(world, project)?;
    world.get_resource_or_init::<Changes>().note(Change::Everything);
    Ok(())
}

fn build(world: &mut World, project: Project) -> Result<(), EditError> {
    let mut song = project.song;
    let inserts = std::mem::take(&mut song.master.inserts);
    world.insert_resource(song);
    world.insert_resource(Grooves(project.grooves));
    if let Some(arrangement) = project.arrangement {
        world.insert_resource(arrangement);
    }
    for (at, effect) in inserts.into_iter().enumerate() {
        add_effect(world, StripId::Master, at, effect)?;
    }
    for (at, bus) in project.buses.into_iter().enumerate() {
        add_bus(world, at, bus)?;
    }
    for (at, track) in project.tracks.into_iter().enumerate() {
        add_track(world, at, track)?;
    }
    for (at, scene) in project.scenes.into_iter().enumerate() {
        add_scene(world, at, scene)?;
    }
    Ok(())
}

/// Closes the document: removes every entity of the index and every resource spawned with it.
pub fn clear(world: &mut World) {
    if let Some(index) = world.remove_resource::<Index>() {
        let kinds = [
            index.tracks.into_values().collect::<Vec<_>>(),
            index.clips.into_values().collect(),
            index.scenes.into_values().collect(),
            index.buses.into_values().collect(),
            index.effects.into_values().collect(),
        ];
        for entity in kinds.into_iter().flatten() {
            world.despawn(entity);
        }
    }
    world.remove_resource::<HighWater>();
    world.insert_resource(History::default());
    world.insert_resource(Index::default());
    world.insert_resource(Order::default());
    world.insert_resource(Grooves::default());
    world.insert_resource(MasterRack::default());
    world.remove_resource::<Arrangement>();
    world.remove_resource::<Song>();
}

/// The document in its saved form, or `None` where the world holds none.
pub fn collect(world: &World) -> Option<Project> {
    let song = collect_song(world)?;
    let order = world.get_resource::<Order>()?;
    Some(Project {
        version: PROJECT_VERSION,
        song,
        tracks: order.tracks.iter().filter_map(|&id| collect_track(world, id).ok()).collect(),
        buses: order.buses.iter().filter_map(|&id| collect_bus(world, id).ok()).collect(),
        scenes: order.scenes.iter().filter_map(|&id| part(world, id).ok().cloned()).collect(),
        arrangement: world.get_resource::<Arrangement>().cloned(),
        grooves: world.get_resource::<Grooves>()?.0.clone(),
    })
}

/// What belongs to no track, in its saved form; `None` where the world holds no document.
pub fn collect_song(world: &World) -> Option<Song> {
    let mut song = world.get_resource::<Song>()?.clone();
    song.master.inserts = collect_rack(world, StripId::Master);
    Some(song)
}

/// A track in its saved form.
///
/// # Errors
/// When there is no such track.
pub fn collect_track(world: &World, id: TrackId) -> Result<Track, EditError> {
    let mut mixer = part::<MixerSettings>(world, id)?.clone();
    mixer.inserts = collect_rack(world, StripId::Track(id));
    let clips = &part::<Clips>(world, id)?.0;
    Ok(Track {
        id,
        name: part::<Name>(world, id)?.0.clone(),
        color: part::<Color>(world, id)?.0,
        kind: part::<TrackKind>(world, id)?.clone(),
        group: part::<InGroup>(world, id)?.0,
        mixer,
        clips: clips.iter().map(|&id| part(world, id).cloned()).collect::<Result<_, _>>()?,
        analysis: part::<Heard>(world, id)?.0.clone(),
    })
}

/// A bus in its saved form.
///
/// # Errors
/// When there is no such bus.
pub fn collect_bus(world: &World, id: BusId) -> Result<Bus, EditError> {
    let mut mixer = part::<MixerSettings>(world, id)?.clone();
    mixer.inserts = collect_rack(world, StripId::Bus(id));
    let name = part::<Name>(world, id)?.0.clone();
    Ok(Bus { id, name, solo_safe: part::<SoloSafe>(world, id)?.0, mixer })
}

fn collect_rack(world: &World, strip: StripId) -> Vec<Effect> {
    let ids = rack(world, strip).map(Vec::as_slice).unwrap_or_default();
    ids.iter().filter_map(|&id| part(world, id).ok().cloned()).collect()
}

// What follows changes the world without asking whether it makes sense; `spawn` and the edits check
// afterwards. A function that fails may leave things behind: its callers take them out by id.

/// Enters a new entity in the index.
fn register<I: DocId>(world: &mut World, id: I, entity: Entity) -> Result<(), EditError> {
    let mut index = world.resource_mut::<Index>();
    let map = I::map_mut(&mut index);
    if map.contains_key(&id) {
        world.despawn(entity);
        return Err(EditError::Taken { what: I::WHAT, id: id.number() });
    }
    map.insert(id, entity);
    Ok(())
}

/// Despawns the thing with this id and forgets it.
pub(super) fn unregister<I: DocId>(world: &mut World, id: I) {
    if let Some(entity) = I::map_mut(&mut world.resource_mut::<Index>()).remove(&id) {
        world.despawn(entity);
    }
}

/// Inserts into an ordered list.
pub(super) fn insert_at<T>(list: &mut Vec<T>, at: usize, item: T) -> Result<(), EditError> {
    if at > list.len() {
        return Err(EditError::range("a place", at + 1, "within the list"));
    }
    list.insert(at, item);
    Ok(())
}

pub(super) fn add_effect(
    world: &mut World,
    strip: StripId,
    at: usize,
    effect: Effect,
) -> Result<(), EditError> {
    let id = effect.id;
    rack(world, strip)?;
    let entity = world.spawn((id, effect, EffectOf(strip))).id();
    register(world, id, entity)?;
    let placed = insert_at(rack_mut(world, strip)?, at, id);
    placed.inspect_err(|_| unregister(world, id))
}

pub(super) fn add_clip(
    world: &mut World,
    track: TrackId,
    at: usize,
    clip: Clip,
) -> Result<(), EditError> {
    let id = clip.id;
    part::<Clips>(world, track)?;
    let entity = world.spawn((id, clip, ClipOf(track))).id();
    register(world, id, entity)?;
    let placed = insert_at(&mut part_mut::<Clips, _>(world, track)?.0, at, id);
    placed.inspect_err(|_| unregister(world, id))
}

pub(super) fn add_scene(world: &mut World, at: usize, scene: Scene) -> Result<(), EditError> {
    let id = scene.id;
    let entity = world.spawn((id, scene)).id();
    register(world, id, entity)?;
    let placed = insert_at(&mut world.resource_mut::<Order>().scenes, at, id);
    placed.inspect_err(|_| unregister(world, id))
}

pub(super) fn add_bus(world: &mut World, at: usize, bus: Bus) -> Result<(), EditError> {
    let Bus { id, name, solo_safe, mut mixer } = bus;
    let inserts = std::mem::take(&mut mixer.inserts);
    let parts = (id, Name(name), SoloSafe(solo_safe), mixer, Rack::default());
    let entity = world.spawn(parts).id();
    register(world, id, entity)?;
    insert_at(&mut world.resource_mut::<Order>().buses, at, id)
        .inspect_err(|_| unregister(world, id))?;
    let mut inserts = inserts.into_iter().enumerate();
    inserts
        .try_for_each(|(at, effect)| add_effect(world, StripId::Bus(id), at, effect))
        .inspect_err(|_| take_bus(world, id))
}

pub(super) fn add_track(world: &mut World, at: usize, track: Track) -> Result<(), EditError> {
    let Track { id, name, color, kind, group, mut mixer, clips, analysis } = track;
    let inserts = std::mem::take(&mut mixer.inserts);
    let parts = (
        (id, Name(name), Color(color), kind, InGroup(group)),
        (mixer, Rack::default(), Clips(Vec::new()), Heard(analysis)),
    );
    let entity = world.spawn(parts).id();
    register(world, id, entity)?;
    insert_at(&mut world.resource_mut::<Order>().tracks, at, id)
        .inspect_err(|_| unregister(world, id))?;
    let mut inserts = inserts.into_iter().enumerate();
    let mut clips = clips.into_iter().enumerate();
    inserts
        .try_for_each(|(at, effect)| add_effect(world, StripId::Track(id), at, effect))
        .and_then(|()| clips.try_for_each(|(at, clip)| add_clip(world, id, at, clip)))
        .inspect_err(|_| take_track(world, id))
}

/// Takes out a track with its clips and effects.
pub(super) fn take_track(world: &mut World, id: TrackId) {
    for clip in part::<Clips>(world, id).map(|c| c.0.clone()).unwrap_or_default() {
        unregister(world, clip);
    }
    take_rack(world, StripId::Track(id));
    unregister(world, id);
    world.resource_mut::<Order>().tracks.retain(|&t| t != id);
}

/// Takes out a bus with its effects.
pub(super) fn take_bus(world: &mut World, id: BusId) {
    take_rack(world, StripId::Bus(id));
    unregister(world, id);
    world.resource_mut::<Order>().buses.retain(|&b| b != id);
}

fn take_rack(world: &mut World, strip: StripId) {
    for effect in rack(world, strip).cloned().unwrap_or_default() {
        unregister(world, effect);
    }
}

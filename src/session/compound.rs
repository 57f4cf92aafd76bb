//! Steps that take several edits: removing what is in use, copying tracks, scenes and clips.

use std::collections::BTreeMap;

use bevy_ecs::world::World;

use super::document::{
    Clips, EffectOf, InGroup, Order, StripId, clips, collect_track, effects, part, rack, strip,
    strips,
};
use super::edit::{ClipSet, Edit, EffectSet, SongSet, StripSet, TrackSet};
use super::error::EditError;
use super::ids::FreshIds;
use super::refs::scenes;
use crate::model::arrangement::{Arrangement, ClipInstance};
use crate::model::automation::{AutomationLane, AutomationTarget};
use crate::model::clip::Clip;
use crate::model::ids::{BusId, ClipId, EffectId, GrooveId, SceneId, TrackId};
use crate::model::launch::FollowKind;
use crate::model::mixer::Effect;
use crate::model::project::Song;
use crate::model::scene::{Scene, Slot};

/// Removes a track and everything that points at it. Tracks in a removed group move to the group
/// around it.
///
/// # Errors
/// When there is no such track.
pub fn remove_track(world: &World, id: TrackId) -> Result<Edit, EditError> {
    let group = part::<InGroup>(world, id)?.0;
    let mut edits = Vec::new();
    for scene in scenes(world).filter(|s| s.slots.contains_key(&id)) {
        edits.push(Edit::Slot { scene: scene.id, track: id, slot: None });
    }
    if let Some(arrangement) = world.get_resource::<Arrangement>() {
        if arrangement.lanes.contains_key(&id) {
            edits.push(Edit::Lane { track: id, lane: None });
        }
        if arrangement.automation.contains_key(&id) {
            edits.push(Edit::LaneAutomation { track: id, lanes: None });
        }
    }
    for &member in &world.resource::<Order>().tracks {
        if part::<InGroup>(world, member)?.0 == Some(id) {
            edits.push(Edit::Track(member, TrackSet::Group(group)));
        }
    }
    for (owner, effect) in effects(world) {
        if effect.key_from == Some(id) && owner != StripId::Track(id) {
            edits.push(Edit::Effect(effect.id, EffectSet::Key(None)));
        }
    }
    edits.push(Edit::RemoveTrack(id));
    Ok(Edit::Many(edits))
}

/// A slot after its clip left; one that says nothing any more is taken away.
fn emptied(slot: Slot) -> Option<Slot> {
    (!slot.stop_button).then_some(Slot { clip: None, ..slot })
}

/// Removes a clip from its slots, the timeline and its track.
///
/// # Errors
/// When there is no such clip.
pub fn remove_clip(world: &World, id: ClipId) -> Result<Edit, EditError> {
    part::<Clip>(world, id)?;
    let mut edits = Vec::new();
    for scene in scenes(world) {
        let held = scene.slots.iter().filter(|(_, slot)| slot.clip == Some(id));
        edits.extend(held.map(|(&track, &slot)| Edit::Slot {
            scene: scene.id,
            track,
            slot: emptied(slot),
        }));
    }
    if let Some(arrangement) = world.get_resource::<Arrangement>() {
        for (&track, lane) in &arrangement.lanes {
            if lane.iter().any(|i| i.clip == id) {
                let lane = lane.iter().copied().filter(|i| i.clip != id).collect();
                edits.push(Edit::Lane { track, lane: Some(lane) });
            }
        }
    }
    edits.push(Edit::RemoveClip(id));
    Ok(Edit::Many(edits))
}

/// Removes a scene; its clips stay with their tracks only where another slot or a lane holds them.
///
/// # Errors
/// When there is no such scene.
pub fn remove_scene(world: &World, id: SceneId) -> Result<Edit, EditError> {
    let own: Vec<ClipId> =
        part::<Scene>(world, id)?.slots.values().filter_map(|s| s.clip).collect();
    let mut edits = Vec::new();
    for (_, clip) in clips(world) {
        let mut launch = clip.launch.clone();
        let Some(follow) = &mut launch.follow else { continue };
        let mut jumps = false;
        for kind in [&mut follow.a, &mut follow.b] {
            if *kind == FollowKind::Jump(id) {
                (*kind, jumps) = (FollowKind::NoAction, true);
            }
        }
        if jumps {
            edits.push(Edit::Clip(clip.id, ClipSet::Launch(Box::new(launch))));
        }
    }
    let arrangement = world.get_resource::<Arrangement>();
    if let Some(arrangement) = arrangement
        && arrangement.markers.iter().any(|m| m.scene == Some(id))
    {
        let mut markers = arrangement.markers.clone();
        markers.iter_mut().filter(|m| m.scene == Some(id)).for_each(|m| m.scene = None);
        edits.push(Edit::Markers(markers));
    }
    edits.push(Edit::RemoveScene(id));
    for clip in own {
        let elsewhere = scenes(world)
            .filter(|s| s.id != id)
            .any(|s| s.slots.values().any(|slot| slot.clip == Some(clip)));
        let laid = arrangement.is_some_and(|a| a.lanes.values().flatten().any(|i| i.clip == clip));
        let removed = edits.contains(&Edit::RemoveClip(clip));
        if !elsewhere && !laid && !removed {
            edits.push(Edit::RemoveClip(clip));
        }
    }
    Ok(Edit::Many(edits))
}

/// Edits that take away the automation lanes of `track` that `gone` picks out.
fn drop_automation(
    world: &World,
    track: TrackId,
    gone: impl Fn(&AutomationTarget) -> bool,
) -> Vec<Edit> {
    let keep = |lanes: &[AutomationLane]| -> Option<Vec<AutomationLane>> {
        let kept = lanes.iter().filter(|l| !gone(&l.target)).cloned().collect::<Vec<_>>();
        (kept.len() < lanes.len()).then_some(kept)
    };
    let own = clips(world).filter(|(t, _)| *t == track);
    let mut edits: Vec<Edit> = own
        .filter_map(|(_, clip)| {
            Some(Edit::Clip(clip.id, ClipSet::Automation(keep(&clip.automation)?)))
        })
        .collect();
    let timeline = world.get_resource::<Arrangement>().and_then(|a| a.automation.get(&track));
    if let Some(lanes) = timeline.and_then(|lanes| keep(lanes)) {
        edits.push(Edit::LaneAutomation { track, lanes: Some(lanes) });
    }
    edits
}

/// Removes a send and the automation that stands on it.
///
/// # Errors
/// When there is no such strip.
pub fn remove_send(world: &World, from: StripId, bus: BusId) -> Result<Edit, EditError> {
    let mut edits = match from {
        StripId::Track(track) => {
            drop_automation(world, track, |t| *t == AutomationTarget::Send(bus))
        }
        _ => Vec::new(),
    };
    let sends = strip(world, from)?.sends.iter().copied().filter(|s| s.bus != bus).collect();
    edits.push(Edit::Strip(from, StripSet::Sends(sends)));
    Ok(Edit::Many(edits))
}

/// Removes a bus and every send to it.
///
/// # Errors
/// When there is no such bus.
pub fn remove_bus(world: &World, id: BusId) -> Result<Edit, EditError> {
    let mut edits = Vec::new();
    for from in strips(world) {
        if strip(world, from)?.sends.iter().any(|s| s.bus == id) {
            edits.push(remove_send(world, from, id)?);
        }
    }
    edits.push(Edit::RemoveBus(id));
    Ok(Edit::Many(edits))
}

/// Removes an effect and the automation of its parameters.
///
/// # Errors
/// When there is no such effect.
pub fn remove_effect(world: &World, id: EffectId) -> Result<Edit, EditError> {
    let mut edits = match part::<EffectOf>(world, id)?.0 {
        StripId::Track(track) => drop_automation(
            world,
            track,
            |t| matches!(t, AutomationTarget::Effect(e, _) if *e == id),
        ),
        _ => Vec::new(),
    };
    edits.push(Edit::RemoveEffect(id));
    Ok(Edit::Many(edits))
}

/// Puts these effects, with ids of their own, in the place of all of a strip's.
///
/// # Errors
/// No such strip.
pub fn replace_rack(world: &World, strip: StripId, new: &[Effect]) -> Result<Edit, EditError> {
    let old = rack(world, strip)?;
    let mut edits = match strip {
        StripId::Track(track) => drop_automation(
            world,
            track,
            |t| matches!(t, AutomationTarget::Effect(e, _) if old.contains(e)),
        ),
        _ => Vec::new(),
    };
    edits.extend(old.iter().map(|id| Edit::RemoveEffect(*id)));
    let mut ids = FreshIds::of(world);
    let fresh = new.iter().map(|effect| Effect { id: ids.fresh(), ..effect.clone() });
    let fresh: Vec<Effect> = fresh.collect();
    edits.push(ids.edit());
    edits.extend(fresh.into_iter().enumerate().map(|(at, effect)| {
        let effect = Box::new(effect);
        Edit::InsertEffect { strip, at, effect }
    }));
    Ok(Edit::Many(edits))
}

/// Removes a groove; song and clips that used it have none afterwards.
pub fn remove_groove(world: &World, id: GrooveId) -> Edit {
    let mut edits = Vec::new();
    if world.resource::<Song>().groove == Some(id) {
        edits.push(Edit::Song(SongSet::Groove(None)));
    }
    let users = clips(world).filter(|(_, c)| c.groove.is_some_and(|(g, _)| g == id));
    edits.extend(users.map(|(_, c)| Edit::Clip(c.id, ClipSet::Groove(None))));
    edits.push(Edit::RemoveGroove(id));
    Edit::Many(edits)
}

/// Copies a track with its clips, effects, slots and lane to its right.
///
/// # Errors
/// When there is no such track.
pub fn duplicate_track(world: &World, id: TrackId, name: String) -> Result<Edit, EditError> {
    let mut track = collect_track(world, id)?;
    let mut ids = FreshIds::of(world);
    let copy: TrackId = ids.fresh();
    (track.id, track.name) = (copy, name);
    let mut new_effects = BTreeMap::new();
    for effect in &mut track.mixer.inserts {
        let old = std::mem::replace(&mut effect.id, ids.fresh());
        new_effects.insert(old, effect.id);
    }
    let rename = |lanes: &mut [AutomationLane]| {
        for lane in lanes {
            if let AutomationTarget::Effect(effect, _) = &mut lane.target
                && let Some(&new) = new_effects.get(effect)
            {
                *effect = new;
            }
        }
    };
    let mut new_clips = BTreeMap::new();
    for clip in &mut track.clips {
        let old = std::mem::replace(&mut clip.id, ids.fresh());
        new_clips.insert(old, clip.id);
        rename(&mut clip.automation);
    }
    let at = world.resource::<Order>().tracks.iter().position(|&t| t == id).map_or(0, |i| i + 1);
    let mut edits = vec![ids.edit(), Edit::InsertTrack { at, track: Box::new(track) }];
    for scene in scenes(world) {
        if let Some(&slot) = scene.slots.get(&id) {
            let clip = slot.clip.and_then(|c| new_clips.get(&c).copied());
            let slot = Some(Slot { clip, ..slot });
            edits.push(Edit::Slot { scene: scene.id, track: copy, slot });
        }
    }
    if let Some(arrangement) = world.get_resource::<Arrangement>() {
        if let Some(lane) = arrangement.lanes.get(&id) {
            let moved = lane
                .iter()
                .filter_map(|i| Some(ClipInstance { clip: *new_clips.get(&i.clip)?, ..*i }));
            edits.push(Edit::Lane { track: copy, lane: Some(moved.collect()) });
        }
        if let Some(lanes) = arrangement.automation.get(&id) {
            let mut lanes = lanes.clone();
            rename(&mut lanes);
            edits.push(Edit::LaneAutomation { track: copy, lanes: Some(lanes) });
        }
    }
    Ok(Edit::Many(edits))
}

/// Copies a scene, with copies of its clips, below itself.
///
/// # Errors
/// When there is no such scene.
pub fn duplicate_scene(world: &World, id: SceneId, name: String) -> Result<Edit, EditError> {
    let mut scene: Scene = part::<Scene>(world, id)?.clone();
    let mut ids = FreshIds::of(world);
    (scene.id, scene.name) = (ids.fresh(), name);
    let mut inserts = Vec::new();
    for (&track, slot) in &mut scene.slots {
        if let Some(old) = slot.clip {
            let new = ids.fresh();
            slot.clip = Some(new);
            inserts.push(copy_clip(world, old, new, track)?);
        }
    }
    let at = world.resource::<Order>().scenes.iter().position(|&s| s == id).map_or(0, |i| i + 1);
    let mut edits = vec![ids.edit()];
    edits.append(&mut inserts);
    edits.push(Edit::InsertScene { at, scene: Box::new(scene) });
    Ok(Edit::Many(edits))
}

/// A new scene after another one, or at the end, with copies of `clips` in their tracks' slots.
///
/// # Errors
/// When a clip, track or scene is not there.
pub fn insert_scene(
    world: &World,
    after: Option<SceneId>,
    name: String,
    clips: &[(TrackId, ClipId)],
) -> Result<Edit, EditError> {
    let mut ids = FreshIds::of(world);
    let id = ids.fresh();
    let slots = BTreeMap::new();
    let mut scene = Scene { id, name, color: None, tempo: None, signature: None, slots };
    let mut inserts = Vec::new();
    for &(track, clip) in clips {
        let new = ids.fresh();
        inserts.push(copy_clip(world, clip, new, track)?);
        scene.slots.insert(track, Slot { clip: Some(new), ..Slot::default() });
    }
    let order = &world.resource::<Order>().scenes;
    let at = match after {
        Some(after) => order.iter().position(|s| *s == after).map_or(order.len(), |i| i + 1),
        None => order.len(),
    };
    let mut edits = vec![ids.edit()];
    edits.append(&mut inserts);
    edits.push(Edit::InsertScene { at, scene: Box::new(scene) });
    Ok(Edit::Many(edits))
}

/// The edit that adds a copy of a clip, under a new id, to the end of a track's clips. On another
/// track, automation of what only the old one has is left behind.
///
/// # Errors
/// When clip or track is not there.
pub fn copy_clip(
    world: &World,
    id: ClipId,
    new: ClipId,
    track: TrackId,
) -> Result<Edit, EditError> {
    let mut clip = part::<Clip>(world, id)?.clone();
    clip.id = new;
    if part::<super::document::ClipOf>(world, id)?.0 != track {
        clip.automation
            .retain(|l| matches!(l.target, AutomationTarget::Volume | AutomationTarget::Pan));
    }
    let at = part::<Clips>(world, track)?.0.len();
    Ok(Edit::InsertClip { track, at, clip: Box::new(clip) })
}

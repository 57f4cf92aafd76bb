//! Who points at a thing: what must let go before it can be removed.

use bevy_ecs::world::World;

use super::document::{
    DocId, EffectOf, InGroup, Name, Order, StripId, clips, effects, part, strip, strips,
};
use super::error::EditError;
use crate::model::arrangement::Arrangement;
use crate::model::automation::{AutomationLane, AutomationTarget};
use crate::model::ids::{BusId, ClipId, EffectId, GrooveId, SceneId, TrackId};
use crate::model::launch::FollowKind;
use crate::model::project::Song;
use crate::model::scene::Scene;

/// Who points at a thing, if anybody does.
pub(super) struct User(Option<String>);

impl User {
    /// Refuses the removal of a thing that is in use.
    pub(super) fn refuse<I: DocId>(self, id: I) -> Result<(), EditError> {
        match self.0 {
            None => Ok(()),
            Some(by) => Err(EditError::InUse { what: I::WHAT, id: id.number(), by }),
        }
    }
}

/// What people call a strip.
pub(super) fn strip_name(world: &World, id: StripId) -> String {
    let name = match id {
        StripId::Track(id) => part::<Name>(world, id),
        StripId::Bus(id) => part::<Name>(world, id),
        StripId::Master => return "the master".to_owned(),
    };
    name.map_or_else(|e| e.to_string(), |name| format!("'{}'", name.0))
}

/// Every scene of the document, from top to bottom.
pub(super) fn scenes(world: &World) -> impl Iterator<Item = &Scene> {
    let order = world.resource::<Order>().scenes.iter();
    order.filter_map(move |&id| part::<Scene>(world, id).ok())
}

/// A scene slot, a lane, a group member or a sidechain outside the track itself.
pub(super) fn of_track(world: &World, id: TrackId) -> User {
    let in_scene = scenes(world).find(|s| s.slots.contains_key(&id));
    let in_scene = in_scene.map(|s| format!("scene '{}'", s.name));
    let on_lane = world
        .get_resource::<Arrangement>()
        .filter(|a| a.lanes.contains_key(&id) || a.automation.contains_key(&id))
        .map(|_| "the timeline".to_owned());
    let member =
        world.resource::<Order>().tracks.iter().copied().find(|&other| {
            other != id && part::<InGroup>(world, other).is_ok_and(|g| g.0 == Some(id))
        });
    let member =
        member.map(|m| format!("{}, which is in it", strip_name(world, StripId::Track(m))));
    let keyed = effects(world)
        .find(|(owner, e)| *owner != StripId::Track(id) && e.key_from == Some(id))
        .map(|(owner, e)| format!("the sidechain of '{}' on {}", e.name, strip_name(world, owner)));
    User(in_scene.or(on_lane).or(member).or(keyed))
}

/// A slot or a lane.
pub(super) fn of_clip(world: &World, id: ClipId) -> User {
    let in_scene = scenes(world).find(|s| s.slots.values().any(|slot| slot.clip == Some(id)));
    let in_scene = in_scene.map(|s| format!("scene '{}'", s.name));
    let on_lane = world
        .get_resource::<Arrangement>()
        .filter(|a| a.lanes.values().flatten().any(|i| i.clip == id))
        .map(|_| "the timeline".to_owned());
    User(in_scene.or(on_lane))
}

/// A follow action or a marker.
pub(super) fn of_scene(world: &World, id: SceneId) -> User {
    let jump = clips(world).map(|(_, clip)| clip).find(|clip| {
        let follow = clip.launch.follow.as_ref();
        follow.is_some_and(|f| [f.a, f.b].contains(&FollowKind::Jump(id)))
    });
    let jump = jump.map(|clip| format!("the follow action of clip '{}'", clip.name));
    let marker = world.get_resource::<Arrangement>().and_then(|a| {
        let marker = a.markers.iter().find(|m| m.scene == Some(id))?;
        Some(format!("marker '{}'", marker.name))
    });
    User(jump.or(marker))
}

/// A send or automation of one.
pub(super) fn of_bus(world: &World, id: BusId) -> User {
    let sends = strips(world).into_iter().find(|&s| {
        s != StripId::Bus(id)
            && strip(world, s).is_ok_and(|m| m.sends.iter().any(|send| send.bus == id))
    });
    // Automation of a send stands on the send, so that is all there is.
    User(sends.map(|s| format!("a send from {}", strip_name(world, s))))
}

/// Automation of its parameters.
pub(super) fn of_effect(world: &World, id: EffectId) -> User {
    let Ok(&EffectOf(StripId::Track(track))) = part::<EffectOf>(world, id) else {
        return User(None);
    };
    let moves = |lanes: &[AutomationLane]| {
        lanes.iter().any(|l| matches!(l.target, AutomationTarget::Effect(e, _) if e == id))
    };
    let clip = clips(world).find(|(t, clip)| *t == track && moves(&clip.automation));
    let clip = clip.map(|(_, clip)| format!("automation of clip '{}'", clip.name));
    let timeline = world
        .get_resource::<Arrangement>()
        .and_then(|a| a.automation.get(&track))
        .filter(|lanes| moves(lanes))
        .map(|_| "automation on the timeline".to_owned());
    User(clip.or(timeline))
}

/// The song or a clip.
pub(super) fn of_groove(world: &World, id: GrooveId) -> Option<String> {
    if world.resource::<Song>().groove == Some(id) {
        return Some("the song".to_owned());
    }
    let clip = clips(world).find(|(_, clip)| clip.groove.is_some_and(|(g, _)| g == id));
    clip.map(|(_, clip)| format!("clip '{}'", clip.name))
}

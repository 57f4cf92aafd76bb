//! Actions on the timeline.

use bevy_ecs::world::World;

use super::{ActError, find};
use crate::model::action::Action;
use crate::model::arrangement::{Arrangement, ClipInstance, Marker};
use crate::model::clip::LoopBrace;
use crate::model::project::Song;
use crate::model::time::Ticks;
use crate::session::document::{ClipOf, part};
use crate::session::edit::Edit;
use crate::session::refs::scenes;

/// The edits of an action on the timeline; `None` for any other.
pub(super) fn edits(world: &World, action: &Action) -> Result<Option<Vec<Edit>>, ActError> {
    let signature = world.resource::<Song>().signature;
    let arrangement = world.get_resource::<Arrangement>();
    // A timeline is made when something is first put on it.
    let made = || match arrangement {
        Some(_) => None,
        None => Some(Edit::Arrangement(Some(Box::default()))),
    };
    let with = |edit: Edit| made().into_iter().chain([edit]).collect::<Vec<_>>();
    let markers = || arrangement.map(|a| a.markers.clone()).unwrap_or_default();
    Ok(Some(match action {
        Action::Arrange { clip, at, length } => {
            let clip = find::clip(world, clip)?;
            let track = part::<ClipOf>(world, clip.id)?.0;
            let length = length.map_or(clip.length, |span| span.ticks(signature));
            let at = find::place(world, at)?;
            let old = arrangement.and_then(|a| a.lanes.get(&track)).cloned().unwrap_or_default();
            let mut lane = make_room(old, at, at + length);
            lane.push(ClipInstance { clip: clip.id, at, length, offset: Ticks::ZERO });
            lane.sort_by_key(|instance| instance.at);
            with(Edit::Lane { track, lane: Some(lane) })
        }
        Action::Unarrange { track, at } => {
            let (track, at) = (find::track(world, track)?, find::place(world, at)?);
            let mut lane =
                arrangement.and_then(|a| a.lanes.get(&track)).cloned().unwrap_or_default();
            let before = lane.len();
            lane.retain(|i| at < i.at || at >= i.at + i.length);
            if lane.len() == before {
                return Err(ActError::missing("no clip of that track plays there".to_owned()));
            }
            vec![Edit::Lane { track, lane: Some(lane).filter(|lane| !lane.is_empty()) }]
        }
        Action::MarkerDelete { at } => {
            let (at, mut markers) = (find::place(world, at)?, markers());
            let before = markers.len();
            markers.retain(|marker| marker.at != at);
            if markers.len() == before {
                return Err(ActError::missing("there is no marker there".to_owned()));
            }
            vec![Edit::Markers(markers)]
        }
        Action::MarkerAdd { name, at } => {
            let (at, mut markers) = (find::place(world, at)?, markers());
            let scene = scenes(world).find(|s| s.name.to_lowercase() == name.to_lowercase());
            markers.retain(|marker| marker.at != at);
            markers.push(Marker { at, name: name.clone(), scene: scene.map(|s| s.id) });
            markers.sort_by_key(|marker| marker.at);
            with(Edit::Markers(markers))
        }
        Action::LoopOff => with(Edit::TimelineLoop(None)),
        Action::Loop { at, length } => {
            let start = find::place(world, at)?;
            let end = start + length.ticks(signature);
            with(Edit::TimelineLoop(Some(LoopBrace { start, end })))
        }
        _ => return Ok(None),
    }))
}

/// Clears a stretch of a lane: what it covers goes, what reaches into it is cut.
fn make_room(lane: Vec<ClipInstance>, from: Ticks, to: Ticks) -> Vec<ClipInstance> {
    let mut kept = Vec::with_capacity(lane.len() + 1);
    for instance in lane {
        let end = instance.at + instance.length;
        if end <= from || instance.at >= to {
            kept.push(instance);
            continue;
        }
        if instance.at < from {
            kept.push(ClipInstance { length: from - instance.at, ..instance });
        }
        if end > to {
            let offset = instance.offset + (to - instance.at);
            kept.push(ClipInstance { at: to, length: end - to, offset, ..instance });
        }
    }
    kept
}

//! Finding what an action names.

use bevy_ecs::world::World;

use super::ActError;
use crate::model::action::{
    BusRef, ClipRef, GrooveRef, Position, Ref, SceneRef, StripRef, TrackRef,
};
use crate::model::clip::Clip;
use crate::model::ids::{BusId, ClipId, EffectId, GrooveId, SceneId, TrackId};
use crate::model::project::Song;
use crate::model::scene::Scene;
use crate::model::time::Ticks;
use crate::session::document::{Clips, Grooves, Name, Order, StripId, exists, part, rack};
use crate::session::refs::scenes;

type Found<T> = Result<T, ActError>;

/// Finds by stable id, place, exact name in any case, or the beginning of one name only.
fn find<T: Copy>(what: &str, wanted: &Ref, all: &[(T, u32, &str)]) -> Found<T> {
    let name = match wanted {
        Ref::Id(id) => {
            let found = all.iter().find(|(_, number, _)| number == id);
            let missing = || ActError::missing(format!("there is no {what} with id {id}"));
            return found.map(|(item, ..)| *item).ok_or_else(missing);
        }
        Ref::Number(n) => {
            let place = usize::try_from(*n).ok().and_then(|n| n.checked_sub(1));
            let found = place.and_then(|place| all.get(place));
            let count = all.len();
            let missing = || {
                ActError::missing(match count {
                    0 => format!("there is no {what} {n}: there is none yet"),
                    1 => format!("there is no {what} {n}: there is only one"),
                    _ => format!("there is no {what} {n}: they count from 1 to {count}"),
                })
            };
            return found.map(|(item, ..)| *item).ok_or_else(missing);
        }
        Ref::Name(name) => name.to_lowercase(),
    };
    let matching = |fits: &dyn Fn(&str) -> bool| -> Vec<&(T, u32, &str)> {
        all.iter().filter(|(_, _, other)| fits(&other.to_lowercase())).collect()
    };
    let exact = matching(&|other| other == name);
    let begins = matching(&|other| !name.is_empty() && other.starts_with(&name));
    match (exact.as_slice(), begins.as_slice()) {
        ([one], _) | ([], [one]) => Ok(one.0),
        ([], []) => {
            let distance = |other: &str| strsim::damerau_levenshtein(&name, &other.to_lowercase());
            let nearest = all.iter().map(|(_, _, other)| (distance(other), other)).min();
            let near = nearest.filter(|(d, other)| d * 2 <= name.len().min(other.len()).max(2));
            let hint = near.map(|(_, other)| format!("; did you mean “{other}”?"));
            let hint = hint.unwrap_or_default();
            Err(ActError::missing(format!("there is no {what} called “{name}”{hint}")))
        }
        ([], several) => {
            let names: Vec<&str> = several.iter().map(|(_, _, other)| *other).collect();
            let names = names.join(", ");
            Err(ActError::missing(format!("“{name}” could be any {what} of {names}")))
        }
        (several, _) => {
            let ids: Vec<String> = several.iter().map(|(_, id, _)| format!("#{id}")).collect();
            let ids = ids.join(" or ");
            Err(ActError::missing(format!(
                "more than one {what} is called “{name}”: write its number, or {ids}"
            )))
        }
    }
}

pub(super) fn track(world: &World, wanted: &TrackRef) -> Found<TrackId> {
    let ids = &world.resource::<Order>().tracks;
    let all = ids.iter().map(|&id| Ok((id, id.0, part::<Name>(world, id)?.0.as_str())));
    find("track", &wanted.0, &all.collect::<Found<Vec<_>>>()?)
}

pub(super) fn bus(world: &World, wanted: &BusRef) -> Found<BusId> {
    let ids = &world.resource::<Order>().buses;
    let all = ids.iter().map(|&id| Ok((id, id.0, part::<Name>(world, id)?.0.as_str())));
    find("bus", &wanted.0, &all.collect::<Found<Vec<_>>>()?)
}

pub(super) fn scene(world: &World, wanted: &SceneRef) -> Found<SceneId> {
    let all: Vec<_> = scenes(world).map(|s| (s.id, s.id.0, s.name.as_str())).collect();
    find("scene", &wanted.0, &all)
}

/// The slot that an action names, which has to hold a clip.
pub(super) fn filled(world: &World, wanted: &ClipRef) -> Found<(TrackId, SceneId)> {
    clip(world, wanted)?;
    slot(world, wanted)
}

pub(super) fn groove(world: &World, wanted: &GrooveRef) -> Found<GrooveId> {
    let all = world.resource::<Grooves>().0.iter();
    let all: Vec<_> = all.map(|g| (g.id, g.id.0, g.name.as_str())).collect();
    find("groove", &wanted.0, &all)
}

pub(super) fn strip(world: &World, wanted: &StripRef) -> Found<StripId> {
    match wanted {
        StripRef::Master => Ok(StripId::Master),
        StripRef::Bus(wanted) => bus(world, wanted).map(StripId::Bus),
        StripRef::Track(wanted) => match (track(world, wanted), &wanted.0) {
            (Ok(id), _) => Ok(StripId::Track(id)),
            (Err(error), Ref::Name(_)) => {
                let bus = bus(world, &BusRef(wanted.0.clone()));
                bus.map(StripId::Bus).map_err(|_| error)
            }
            (Err(error), _) => Err(error),
        },
    }
}

/// The n-th effect of a strip, counted from 1.
pub(super) fn insert(world: &World, wanted: &StripRef, place: u32) -> Found<EffectId> {
    let rack = rack(world, strip(world, wanted)?)?;
    let index = usize::try_from(place).ok().and_then(|place| place.checked_sub(1));
    let count = rack.len();
    index.and_then(|index| rack.get(index)).copied().ok_or_else(|| {
        ActError::missing(format!("there is no insert {place}: the rack holds {count}"))
    })
}

/// A slot by track and row; a clip's id finds the first slot that holds it.
pub(super) fn slot(world: &World, wanted: &ClipRef) -> Found<(TrackId, SceneId)> {
    match wanted {
        ClipRef::Slot(t, s) => Ok((track(world, t)?, scene(world, s)?)),
        ClipRef::Id(id) => {
            let wanted = Some(ClipId(*id));
            let mut all =
                scenes(world).flat_map(|s| s.slots.iter().map(move |(t, l)| (*t, s.id, l)));
            let found = all.find(|(_, _, slot)| slot.clip == wanted);
            let missing = || ActError::missing(format!("clip {id} is in no slot"));
            found.map(|(track, scene, _)| (track, scene)).ok_or_else(missing)
        }
    }
}

pub(super) fn clip<'w>(world: &'w World, wanted: &ClipRef) -> Found<&'w Clip> {
    if let ClipRef::Id(id) = wanted {
        return Ok(part(world, ClipId(*id))?);
    }
    let (track, scene) = slot(world, wanted)?;
    let id = part::<Scene>(world, scene)?.slots.get(&track).and_then(|slot| slot.clip);
    match id {
        Some(id) => Ok(part(world, id)?),
        None => {
            let (track, scene) =
                (&part::<Name>(world, track)?.0, &part::<Scene>(world, scene)?.name);
            let sentence = format!("the slot of “{track}” in scene “{scene}” is empty");
            Err(ActError::missing(sentence))
        }
    }
}

pub(super) fn place(world: &World, wanted: &Position) -> Found<Ticks> {
    let signature = world.resource::<Song>().signature;
    let missing = || ActError::missing(format!("there is no {wanted} in a bar of {signature}"));
    wanted.ticks(signature).ok_or_else(missing)
}

/// A place in a list, counted from 1 in the action and from 0 here; past the end means the end.
pub(super) fn index(to: u32, len: usize) -> usize {
    let to = usize::try_from(to).unwrap_or(usize::MAX);
    to.saturating_sub(1).min(len.saturating_sub(1))
}

/// Where a new clip goes among its track's clips.
pub(super) fn after_clips(world: &World, track: TrackId) -> Found<usize> {
    Ok(part::<Clips>(world, track)?.0.len())
}

/// Whether anything but this one slot holds the clip.
pub(super) fn is_held_elsewhere(world: &World, clip: ClipId, at: (TrackId, SceneId)) -> bool {
    use crate::model::arrangement::Arrangement;
    let laid = world.get_resource::<Arrangement>().is_some_and(|a| {
        let mut instances = a.lanes.values().flatten();
        instances.any(|i| i.clip == clip)
    });
    laid || scenes(world).any(|s| {
        let mut slots = s.slots.iter();
        slots.any(|(&t, slot)| slot.clip == Some(clip) && (t, s.id) != at)
    }) || !exists(world, clip)
}

/// `Kick 2` for a copy of `Kick`, counting on past the names that are there.
pub(super) fn copy_name<'n>(name: &str, taken: impl Iterator<Item = &'n String>) -> String {
    let stem = match name.rsplit_once(' ') {
        Some((stem, n)) if n.parse::<u32>().is_ok() => stem,
        _ => name,
    };
    let taken: Vec<&String> = taken.collect();
    let mut names = (2..=taken.len() + 2).map(|n| format!("{stem} {n}"));
    names.find(|name| !taken.contains(&name)).unwrap_or_else(|| stem.to_owned())
}

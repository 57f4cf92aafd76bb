//! Actions on tracks, pads, buses and the mixer.

use std::collections::BTreeMap;

use bevy_ecs::world::World;

use super::{ActError, find};
use crate::model::action::{Action, StripRef};
use crate::model::ids::{BusId, TrackId};
use crate::model::mixer::{Bus, Db, Effect, MixerSettings, Send};
use crate::model::track::{Instrument, Kit, Pad, PadSound, Track, TrackKind};
use crate::session::compound;
use crate::session::document::{Name, Order, SoloSafe, StripId, part, rack, strip};
use crate::session::edit::{BusSet, Edit, EffectSet, StripSet, TrackSet};
use crate::session::ids::FreshIds;

/// Colours of the track palette that new tracks go through.
const PALETTE: usize = 16;

/// The edits of an action on tracks, pads, buses or the mixer; `None` for any other.
pub(super) fn edits(world: &World, action: &Action) -> Result<Option<Vec<Edit>>, ActError> {
    let track_set = |track, set: TrackSet| -> Result<Vec<Edit>, ActError> {
        Ok(vec![Edit::Track(find::track(world, track)?, set)])
    };
    let strip_set = |id: StripId, set: StripSet| vec![Edit::Strip(id, set)];
    let effect_set = |strip: &StripRef, place: u32, set| -> Result<Vec<Edit>, ActError> {
        Ok(vec![Edit::Effect(find::insert(world, strip, place)?, set)])
    };
    Ok(Some(match action {
        Action::TrackAddInstrument { synth, name } => {
            add(world, name, TrackKind::Instrument(instrument(synth)))
        }
        Action::TrackAddDrums { name } => add(world, name, TrackKind::Drums(Kit::default())),
        Action::TrackAddAudio { name } => add(world, name, TrackKind::Audio),
        Action::TrackAddGroup { name } => add(world, name, TrackKind::Group),
        Action::TrackRename { track, name } => track_set(track, TrackSet::Name(name.clone()))?,
        Action::TrackDelete { track } => {
            vec![compound::remove_track(world, find::track(world, track)?)?]
        }
        Action::TrackDuplicate { track } => {
            let id = find::track(world, track)?;
            let tracks = world.resource::<Order>().tracks.iter();
            let taken = tracks.filter_map(|&id| Some(&part::<Name>(world, id).ok()?.0));
            let name = find::copy_name(&part::<Name>(world, id)?.0, taken);
            vec![compound::duplicate_track(world, id, name)?]
        }
        Action::TrackMove { track, to } => {
            let to = find::index(*to, world.resource::<Order>().tracks.len());
            vec![Edit::MoveTrack { id: find::track(world, track)?, to }]
        }
        Action::TrackColor { track, color } => track_set(track, TrackSet::Color(*color))?,
        Action::TrackInstrument { track, synth } => {
            let id = find::track(world, track)?;
            if !matches!(part(world, id)?, TrackKind::Instrument(_)) {
                let sentence = "only an instrument track changes its instrument".to_owned();
                return Err(ActError::missing(sentence));
            }
            let kind = Box::new(TrackKind::Instrument(instrument(synth)));
            track_set(track, TrackSet::Kind(kind))?
        }
        Action::TrackGroup { track, group } => {
            track_set(track, TrackSet::Group(Some(find::track(world, group)?)))?
        }
        Action::TrackUngroup { track } => track_set(track, TrackSet::Group(None))?,
        Action::SetParam { track, param, value } => {
            let (name, value) = (param.clone(), Some(*value));
            track_set(track, TrackSet::Param { pad: None, name, value })?
        }
        Action::ResetParam { track, param } => {
            track_set(track, TrackSet::Param { pad: None, name: param.clone(), value: None })?
        }
        Action::PadSynth { track, note, synth, pitch } => {
            let sound = PadSound::Synth { instrument: instrument(synth), pitch: f32::from(*pitch) };
            put_pad(world, find::track(world, track)?, *note, synth, sound)?
        }
        Action::PadSample { track, note, sample } => {
            let stem = sample.relative().rsplit('/').next().unwrap_or_default();
            let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
            let sound = PadSound::Sample { path: sample.clone(), pitch: 0.0, gated: false };
            put_pad(world, find::track(world, track)?, *note, stem, sound)?
        }
        Action::PadRename { track, note, name } => {
            change_pad(world, find::track(world, track)?, *note, |pad| pad.name = name.clone())?
        }
        Action::PadDelete { track, note } => {
            let id = find::track(world, track)?;
            let mut kit = kit(world, id)?;
            let before = kit.pads.len();
            kit.pads.retain(|pad| pad.note != *note);
            if kit.pads.len() == before {
                return Err(no_pad(*note));
            }
            set_kit(id, kit)
        }
        Action::PadGain { track, note, level } => {
            change_pad(world, find::track(world, track)?, *note, |pad| pad.gain = *level)?
        }
        Action::PadChoke { track, note, group } => {
            change_pad(world, find::track(world, track)?, *note, |pad| pad.choke = Some(*group))?
        }
        Action::PadParam { track, note, param, value } => {
            let (pad, name, value) = (Some(*note), param.clone(), Some(*value));
            track_set(track, TrackSet::Param { pad, name, value })?
        }
        Action::Volume { strip, level } => {
            strip_set(find::strip(world, strip)?, StripSet::Volume(*level))
        }
        Action::SetPan { strip, pan } => strip_set(find::strip(world, strip)?, StripSet::Pan(*pan)),
        Action::Mute { strip: wanted, switch } => {
            let id = find::strip(world, wanted)?;
            strip_set(id, StripSet::Mute(switch.from(strip(world, id)?.mute)))
        }
        Action::Solo { strip: wanted, switch } => {
            let id = find::strip(world, wanted)?;
            strip_set(id, StripSet::Solo(switch.from(strip(world, id)?.solo)))
        }
        Action::SendOff { strip, bus } => {
            let (from, bus) = (find::strip(world, strip)?, find::bus(world, bus)?);
            vec![compound::remove_send(world, from, bus)?]
        }
        Action::SendPre { strip: wanted, bus, switch } => {
            let (from, bus) = (find::strip(world, wanted)?, find::bus(world, bus)?);
            let mut sends = strip(world, from)?.sends.clone();
            let Some(send) = sends.iter_mut().find(|send| send.bus == bus) else {
                return Err(ActError::missing(
                    "there is no such send yet: set its level first".into(),
                ));
            };
            send.pre = switch.from(send.pre);
            strip_set(from, StripSet::Sends(sends))
        }
        Action::SendLevel { strip: wanted, bus, level } => {
            let from = find::strip(world, wanted)?;
            set_send(world, from, find::bus(world, bus)?, *level)?
        }
        Action::InsertAdd { strip, effect: (plugin, name), at } => {
            let strip = find::strip(world, strip)?;
            let len = rack(world, strip)?.len();
            let at = at.map_or(len, |at| find::index(at, len + 1));
            let mut ids = FreshIds::of(world);
            let (plugin, name) = (*plugin, name.clone());
            let (id, params, bypass) = (ids.fresh(), BTreeMap::new(), false);
            let effect =
                Effect { id, plugin, name, params, bypass, key_from: None, state: Vec::new() };
            vec![ids.edit(), Edit::InsertEffect { strip, at, effect: Box::new(effect) }]
        }
        Action::InsertDelete { strip, place } => {
            vec![compound::remove_effect(world, find::insert(world, strip, *place)?)?]
        }
        Action::InsertBypass { strip, place, switch } => {
            let old = part::<Effect>(world, find::insert(world, strip, *place)?)?.bypass;
            effect_set(strip, *place, EffectSet::Bypass(switch.from(old)))?
        }
        Action::InsertSet { strip, place, param, value } => {
            let (name, value) = (param.clone(), Some(*value));
            effect_set(strip, *place, EffectSet::Param { name, value })?
        }
        Action::InsertReset { strip, place, param } => {
            effect_set(strip, *place, EffectSet::Param { name: param.clone(), value: None })?
        }
        Action::InsertMove { strip, place, to } => {
            let len = rack(world, find::strip(world, strip)?)?.len();
            let id = find::insert(world, strip, *place)?;
            vec![Edit::MoveEffect { id, to: find::index(*to, len) }]
        }
        Action::InsertKeyOff { strip, place } => effect_set(strip, *place, EffectSet::Key(None))?,
        Action::InsertKey { strip, place, track } => {
            effect_set(strip, *place, EffectSet::Key(Some(find::track(world, track)?)))?
        }
        Action::BusAdd { name } => {
            let mut ids = FreshIds::of(world);
            let (id, name, mixer) = (ids.fresh(), name.clone(), MixerSettings::default());
            let bus = Box::new(Bus { id, name, solo_safe: true, mixer });
            vec![ids.edit(), Edit::InsertBus { at: world.resource::<Order>().buses.len(), bus }]
        }
        Action::BusRename { bus, name } => {
            vec![Edit::Bus(find::bus(world, bus)?, BusSet::Name(name.clone()))]
        }
        Action::BusDelete { bus } => vec![compound::remove_bus(world, find::bus(world, bus)?)?],
        Action::BusMove { bus, to } => {
            let to = find::index(*to, world.resource::<Order>().buses.len());
            vec![Edit::MoveBus { id: find::bus(world, bus)?, to }]
        }
        Action::BusSafe { bus, switch } => {
            let id = find::bus(world, bus)?;
            let on = switch.from(part::<SoloSafe>(world, id)?.0);
            vec![Edit::Bus(id, BusSet::SoloSafe(on))]
        }
        _ => return Ok(None),
    }))
}

fn instrument(synth: &str) -> Instrument {
    Instrument { synth: synth.to_owned(), params: BTreeMap::new() }
}

fn add(world: &World, name: &str, kind: TrackKind) -> Vec<Edit> {
    let mut ids = FreshIds::of(world);
    let at = world.resource::<Order>().tracks.len();
    let track = Box::new(Track {
        id: ids.fresh(),
        name: name.to_owned(),
        color: u8::try_from(at % PALETTE).unwrap_or_default(),
        kind,
        group: None,
        mixer: MixerSettings::default(),
        clips: Vec::new(),
        analysis: None,
    });
    vec![ids.edit(), Edit::InsertTrack { at, track }]
}

fn kit(world: &World, id: TrackId) -> Result<Kit, ActError> {
    match part(world, id)? {
        TrackKind::Drums(kit) => Ok(kit.clone()),
        _ => Err(ActError::missing("only a drum track has pads".to_owned())),
    }
}

fn set_kit(id: TrackId, kit: Kit) -> Vec<Edit> {
    vec![Edit::Track(id, TrackSet::Kind(Box::new(TrackKind::Drums(kit))))]
}

fn no_pad(note: u8) -> ActError {
    ActError::missing(format!("no pad answers to note {note}"))
}

fn change_pad(
    world: &World,
    id: TrackId,
    note: u8,
    change: impl FnOnce(&mut Pad),
) -> Result<Vec<Edit>, ActError> {
    let mut kit = kit(world, id)?;
    let pad = kit.pads.iter_mut().find(|pad| pad.note == note);
    change(pad.ok_or_else(|| no_pad(note))?);
    Ok(set_kit(id, kit))
}

/// Puts a sound on the pad of a note, which is made if there is none.
fn put_pad(
    world: &World,
    id: TrackId,
    note: u8,
    name: &str,
    sound: PadSound,
) -> Result<Vec<Edit>, ActError> {
    let mut kit = kit(world, id)?;
    match kit.pads.iter_mut().find(|pad| pad.note == note) {
        Some(pad) => pad.sound = sound,
        None => {
            let name = name.to_owned();
            kit.pads.push(Pad { note, name, sound, gain: Db::UNITY, choke: None });
        }
    }
    Ok(set_kit(id, kit))
}

/// Sets the level of a send, which is made if there is none.
fn set_send(world: &World, from: StripId, bus: BusId, level: Db) -> Result<Vec<Edit>, ActError> {
    let sends = &strip(world, from)?.sends;
    let set = match sends.iter().any(|send| send.bus == bus) {
        true => StripSet::SendLevel(bus, level),
        false => {
            let new = Send { bus, level, pre: false };
            StripSet::Sends(sends.iter().copied().chain([new]).collect())
        }
    };
    Ok(vec![Edit::Strip(from, set)])
}

//! Applying an edit: change, check, and take back what breaks a rule.

use std::collections::BTreeSet;
use std::mem::replace;
use std::sync::Arc;

use bevy_ecs::world::World;

use super::changes::{Change, Changes};
use super::check;
use super::document::{
    ClipOf, Clips, Color, DocId, EffectOf, Grooves, Heard, InGroup, Name, Order, SoloSafe, StripId,
    add_bus, add_clip, add_effect, add_scene, add_track, collect_bus, collect_track, insert_at,
    part, part_mut, rack, rack_mut, strip_mut, take_bus, take_track, unregister,
};
use super::edit::{BusSet, ClipSet, Edit, EffectSet, SceneSet, SongSet, StripSet, TrackSet};
use super::error::EditError;
use super::ids::HighWater;
use super::refs;
use crate::model::arrangement::Arrangement;
use crate::model::clip::{Clip, ClipContent, Note};
use crate::model::ids::{ClipId, NoteId, TrackId};
use crate::model::mixer::Effect;
use crate::model::project::Song;
use crate::model::scene::Scene;
use crate::model::track::{Instrument, PadSound, TrackKind};

/// Applies `edit` and returns its inverse; what changed is noted in [`Changes`].
///
/// # Errors
/// An edit that speaks of things that are not there, or would break a rule of the document. The
/// document is then as it was.
pub fn apply(world: &mut World, edit: Edit) -> Result<Edit, EditError> {
    let several = matches!(edit, Edit::Many(_));
    let mut edits = Vec::new();
    flatten(edit, &mut edits);
    let mut inverses = Vec::with_capacity(edits.len());
    let mut edits = edits.into_iter().peekable();
    while let Some(first) = edits.next() {
        let (kind, together) = (first.kind(), checked_together(&first));
        let mut run = vec![first];
        while let Some(next) = edits.next_if(|next| together && next.kind() == kind) {
            run.push(next);
        }
        if let Err(error) = apply_run(world, run, &mut inverses) {
            take_back(world, inverses);
            return Err(error);
        }
    }
    inverses.reverse();
    match inverses.pop() {
        Some(inverse) if !several => Ok(inverse),
        last => Ok(Edit::Many(inverses.into_iter().chain(last).collect())),
    }
}

fn flatten(edit: Edit, into: &mut Vec<Edit>) {
    match edit {
        Edit::Many(edits) => edits.into_iter().for_each(|edit| flatten(edit, into)),
        edit => into.push(edit),
    }
}

/// Whether a run of edits of this kind may be checked once, at its end. Not where one may point at
/// what a later one inserts: the inverse could then not remove it.
fn checked_together(edit: &Edit) -> bool {
    !matches!(
        edit,
        Edit::InsertTrack { .. }
            | Edit::InsertScene { .. }
            | Edit::InsertBus { .. }
            | Edit::InsertEffect { .. }
            | Edit::InsertGroove { .. }
    )
}

/// Makes edits of one kind, adding their inverses; what is made stays when a later one fails.
fn apply_run(world: &mut World, run: Vec<Edit>, inverses: &mut Vec<Edit>) -> Result<(), EditError> {
    let mut touched = BTreeSet::new();
    for edit in run {
        // A removed thing's parts are known before, an added one's only afterwards.
        touched.extend(self::touched(world, &edit));
        let inverse = change(world, edit)?;
        touched.extend(self::touched(world, &inverse));
        inverses.push(inverse);
    }
    check::changed(world, &touched)?;
    let mut changes = world.get_resource_or_init::<Changes>();
    touched.into_iter().for_each(|change| changes.note(change));
    Ok(())
}

/// Undoes edits just made, latest first. Inverses of what was just applied cannot fail.
fn take_back(world: &mut World, inverses: Vec<Edit>) {
    for inverse in inverses.into_iter().rev() {
        let undone = change(world, inverse);
        debug_assert!(undone.is_ok(), "{undone:?}");
    }
}

/// What an edit changes, as far as it is there now.
fn touched(world: &World, edit: &Edit) -> Vec<Change> {
    match edit {
        Edit::Many(edits) => edits.iter().flat_map(|edit| touched(world, edit)).collect(),
        Edit::InsertTrack { track, .. } => whole_track(world, track.id),
        Edit::RemoveTrack(id) => whole_track(world, *id),
        Edit::MoveTrack { .. } | Edit::MoveScene { .. } | Edit::MoveBus { .. } => {
            vec![Change::Order]
        }
        Edit::Track(id, _) => vec![Change::Track(*id)],
        Edit::InsertClip { track, clip, .. } => {
            vec![Change::Track(*track), Change::Clip(clip.id)]
        }
        Edit::RemoveClip(id) | Edit::MoveClip { id, .. } => {
            let track = part::<ClipOf>(world, *id).map(|of| Change::Track(of.0));
            track.into_iter().chain([Change::Clip(*id)]).collect()
        }
        Edit::Clip(id, _) | Edit::Notes { clip: id, .. } => vec![Change::Clip(*id)],
        Edit::InsertScene { scene, .. } => whole_scene(world, scene.id),
        Edit::RemoveScene(id) => whole_scene(world, *id),
        Edit::Scene(id, _) => vec![Change::Scene(*id)],
        Edit::Slot { scene, track, .. } => vec![Change::Slot(*scene, *track)],
        Edit::InsertBus { bus, .. } => {
            let mut all = strip_parts(world, StripId::Bus(bus.id));
            all.extend([Change::Bus(bus.id), Change::Order]);
            all
        }
        Edit::RemoveBus(id) => {
            let mut all = strip_parts(world, StripId::Bus(*id));
            all.extend([Change::Bus(*id), Change::Order]);
            all
        }
        Edit::Bus(id, _) => vec![Change::Bus(*id)],
        Edit::InsertEffect { strip, effect, .. } => {
            vec![Change::Rack(*strip), Change::Effect(effect.id)]
        }
        Edit::RemoveEffect(id) | Edit::MoveEffect { id, .. } => {
            let strip = part::<EffectOf>(world, *id).map(|of| Change::Rack(of.0));
            strip.into_iter().chain([Change::Effect(*id)]).collect()
        }
        Edit::Effect(id, _) => vec![Change::Effect(*id)],
        Edit::Strip(id, _) => vec![Change::Strip(*id)],
        Edit::Song(_) => vec![Change::Song],
        Edit::InsertGroove { .. } | Edit::RemoveGroove(_) | Edit::Groove(_) => {
            vec![Change::Grooves]
        }
        Edit::Arrangement(_)
        | Edit::Lane { .. }
        | Edit::LaneAutomation { .. }
        | Edit::Markers(_)
        | Edit::TimelineLoop(_) => vec![Change::Arrangement],
    }
}

fn whole_track(world: &World, id: TrackId) -> Vec<Change> {
    let mut all = strip_parts(world, StripId::Track(id));
    all.extend([Change::Track(id), Change::Order]);
    let clips = part::<Clips>(world, id).map(|c| c.0.as_slice()).unwrap_or_default();
    all.extend(clips.iter().map(|&clip| Change::Clip(clip)));
    all
}

fn whole_scene(world: &World, id: crate::model::ids::SceneId) -> Vec<Change> {
    let mut all = vec![Change::Scene(id), Change::Order];
    if let Ok(scene) = part::<Scene>(world, id) {
        all.extend(scene.slots.keys().map(|&track| Change::Slot(id, track)));
    }
    all
}

fn strip_parts(world: &World, id: StripId) -> Vec<Change> {
    let effects = rack(world, id).map(Vec::as_slice).unwrap_or_default();
    let effects = effects.iter().map(|&effect| Change::Effect(effect));
    effects.chain([Change::Strip(id), Change::Rack(id)]).collect()
}

/// Changes the world and returns the inverse, looking only at what it must to do so. A failure
/// leaves the world as it was.
fn change(world: &mut World, edit: Edit) -> Result<Edit, EditError> {
    Ok(match edit {
        Edit::Many(_) => return Err(EditError::rule("edits cannot be nested here")),
        Edit::InsertTrack { at, track } => {
            let id = track.id;
            add_track(world, at, *track)?;
            Edit::RemoveTrack(id)
        }
        Edit::RemoveTrack(id) => {
            let track = Box::new(collect_track(world, id)?);
            refs::of_track(world, id).refuse(id)?;
            let at = place(&world.resource::<Order>().tracks, id)?;
            take_track(world, id);
            Edit::InsertTrack { at, track }
        }
        Edit::MoveTrack { id, to } => {
            let to = shift(&mut world.resource_mut::<Order>().tracks, id, to)?;
            Edit::MoveTrack { id, to }
        }
        Edit::Track(id, set) => Edit::Track(id, set_track(world, id, set)?),
        Edit::InsertClip { track, at, clip } => {
            let id = clip.id;
            add_clip(world, track, at, *clip)?;
            Edit::RemoveClip(id)
        }
        Edit::RemoveClip(id) => {
            let clip = Box::new(part::<Clip>(world, id)?.clone());
            refs::of_clip(world, id).refuse(id)?;
            let track = part::<ClipOf>(world, id)?.0;
            let list = &mut part_mut::<Clips, _>(world, track)?.0;
            let at = place(list, id)?;
            list.remove(at);
            unregister(world, id);
            Edit::InsertClip { track, at, clip }
        }
        Edit::MoveClip { id, to } => {
            let track = part::<ClipOf>(world, id)?.0;
            let to = shift(&mut part_mut::<Clips, _>(world, track)?.0, id, to)?;
            Edit::MoveClip { id, to }
        }
        Edit::Clip(id, set) => Edit::Clip(id, set_clip(part_mut(world, id)?, set)),
        Edit::Notes { clip, remove, add } => change_notes(world, clip, &remove, add)?,
        Edit::InsertScene { at, scene } => {
            let id = scene.id;
            add_scene(world, at, *scene)?;
            Edit::RemoveScene(id)
        }
        Edit::RemoveScene(id) => {
            let scene = Box::new(part::<Scene>(world, id)?.clone());
            refs::of_scene(world, id).refuse(id)?;
            let list = &mut world.resource_mut::<Order>().into_inner().scenes;
            let at = place(list, id)?;
            list.remove(at);
            unregister(world, id);
            Edit::InsertScene { at, scene }
        }
        Edit::MoveScene { id, to } => {
            let to = shift(&mut world.resource_mut::<Order>().scenes, id, to)?;
            Edit::MoveScene { id, to }
        }
        Edit::Scene(id, set) => Edit::Scene(id, set_scene(part_mut(world, id)?, set)),
        Edit::Slot { scene, track, slot } => {
            let slots = &mut part_mut::<Scene, _>(world, scene)?.slots;
            let slot = match slot {
                Some(slot) => slots.insert(track, slot),
                None => slots.remove(&track),
            };
            Edit::Slot { scene, track, slot }
        }
        Edit::InsertBus { at, bus } => {
            let id = bus.id;
            add_bus(world, at, *bus)?;
            Edit::RemoveBus(id)
        }
        Edit::RemoveBus(id) => {
            let bus = Box::new(collect_bus(world, id)?);
            refs::of_bus(world, id).refuse(id)?;
            let at = place(&world.resource::<Order>().buses, id)?;
            take_bus(world, id);
            Edit::InsertBus { at, bus }
        }
        Edit::MoveBus { id, to } => {
            let to = shift(&mut world.resource_mut::<Order>().buses, id, to)?;
            Edit::MoveBus { id, to }
        }
        Edit::Bus(id, set) => Edit::Bus(
            id,
            match set {
                BusSet::Name(name) => {
                    BusSet::Name(replace(&mut part_mut::<Name, _>(world, id)?.0, name))
                }
                BusSet::SoloSafe(on) => {
                    BusSet::SoloSafe(replace(&mut part_mut::<SoloSafe, _>(world, id)?.0, on))
                }
            },
        ),
        Edit::InsertEffect { strip, at, effect } => {
            let id = effect.id;
            add_effect(world, strip, at, *effect)?;
            Edit::RemoveEffect(id)
        }
        Edit::RemoveEffect(id) => {
            let effect = Box::new(part::<Effect>(world, id)?.clone());
            refs::of_effect(world, id).refuse(id)?;
            let strip = part::<EffectOf>(world, id)?.0;
            let list = rack_mut(world, strip)?;
            let at = place(list, id)?;
            list.remove(at);
            unregister(world, id);
            Edit::InsertEffect { strip, at, effect }
        }
        Edit::MoveEffect { id, to } => {
            let strip = part::<EffectOf>(world, id)?.0;
            let to = shift(rack_mut(world, strip)?, id, to)?;
            Edit::MoveEffect { id, to }
        }
        Edit::Effect(id, set) => Edit::Effect(id, set_effect(part_mut(world, id)?, set)),
        Edit::Strip(id, set) => Edit::Strip(id, set_strip(world, id, set)?),
        Edit::Song(set) => {
            if let SongSet::NextId(next) = set {
                let mut high = world.get_resource_or_init::<HighWater>();
                high.0 = high.0.max(next.0);
            }
            Edit::Song(set_song(world.resource_mut::<Song>().into_inner(), set))
        }
        Edit::InsertGroove { at, groove } => {
            let id = groove.id;
            let grooves = &mut world.resource_mut::<Grooves>().into_inner().0;
            if grooves.iter().any(|g| g.id == id) {
                return Err(EditError::Taken { what: "groove", id: id.0 });
            }
            insert_at(grooves, at, *groove)?;
            Edit::RemoveGroove(id)
        }
        Edit::RemoveGroove(id) => {
            let missing = EditError::Missing { what: "groove", id: id.0 };
            let grooves = &world.resource::<Grooves>().0;
            let at = grooves.iter().position(|g| g.id == id).ok_or(missing)?;
            if let Some(by) = refs::of_groove(world, id) {
                return Err(EditError::InUse { what: "groove", id: id.0, by });
            }
            let groove = Box::new(world.resource_mut::<Grooves>().0.remove(at));
            Edit::InsertGroove { at, groove }
        }
        Edit::Groove(groove) => {
            let missing = EditError::Missing { what: "groove", id: groove.id.0 };
            let grooves = &mut world.resource_mut::<Grooves>().into_inner().0;
            let old = grooves.iter_mut().find(|g| g.id == groove.id).ok_or(missing)?;
            Edit::Groove(Box::new(replace(old, *groove)))
        }
        Edit::Arrangement(new) => {
            let old = world.remove_resource::<Arrangement>();
            if let Some(new) = new {
                world.insert_resource(*new);
            }
            Edit::Arrangement(old.map(Box::new))
        }
        Edit::Lane { track, lane } => {
            let lanes = &mut timeline(world)?.lanes;
            let lane = match lane {
                Some(lane) => lanes.insert(track, lane),
                None => lanes.remove(&track),
            };
            Edit::Lane { track, lane }
        }
        Edit::LaneAutomation { track, lanes } => {
            let all = &mut timeline(world)?.automation;
            let lanes = match lanes {
                Some(lanes) => all.insert(track, lanes),
                None => all.remove(&track),
            };
            Edit::LaneAutomation { track, lanes }
        }
        Edit::Markers(markers) => Edit::Markers(replace(&mut timeline(world)?.markers, markers)),
        Edit::TimelineLoop(brace) => {
            Edit::TimelineLoop(replace(&mut timeline(world)?.loop_brace, brace))
        }
    })
}

fn timeline(world: &mut World) -> Result<&mut Arrangement, EditError> {
    let found = world.get_resource_mut::<Arrangement>();
    found.map(|a| a.into_inner()).ok_or_else(|| EditError::rule("there is no timeline yet"))
}

fn place<I: DocId>(list: &[I], id: I) -> Result<usize, EditError> {
    let missing = EditError::Missing { what: I::WHAT, id: id.number() };
    list.iter().position(|&i| i == id).ok_or(missing)
}

/// Moves `id` to place `to` and returns where it was.
fn shift<I: DocId>(list: &mut Vec<I>, id: I, to: usize) -> Result<usize, EditError> {
    let from = place(list, id)?;
    if to >= list.len() {
        return Err(EditError::range("a place", to + 1, "within the list"));
    }
    let item = list.remove(from);
    list.insert(to, item);
    Ok(from)
}

fn set_track(world: &mut World, id: TrackId, set: TrackSet) -> Result<TrackSet, EditError> {
    Ok(match set {
        TrackSet::Name(name) => {
            TrackSet::Name(replace(&mut part_mut::<Name, _>(world, id)?.0, name))
        }
        TrackSet::Color(color) => {
            TrackSet::Color(replace(&mut part_mut::<Color, _>(world, id)?.0, color))
        }
        TrackSet::Kind(kind) => {
            TrackSet::Kind(Box::new(replace(part_mut::<TrackKind, _>(world, id)?, *kind)))
        }
        TrackSet::Group(group) => {
            TrackSet::Group(replace(&mut part_mut::<InGroup, _>(world, id)?.0, group))
        }
        TrackSet::Param { pad, name, value } => {
            let params = &mut instrument(part_mut(world, id)?, pad)?.params;
            let value = match value {
                Some(value) => params.insert(name.clone(), value),
                None => params.remove(&name),
            };
            TrackSet::Param { pad, name, value }
        }
        TrackSet::Analysis(heard) => {
            let old = replace(&mut part_mut::<Heard, _>(world, id)?.0, heard.map(|h| *h));
            TrackSet::Analysis(old.map(Box::new))
        }
    })
}

/// The track's instrument, or the one on the pad of this note.
fn instrument(kind: &mut TrackKind, pad: Option<u8>) -> Result<&mut Instrument, EditError> {
    match (kind, pad) {
        (TrackKind::Instrument(instrument), None) => Ok(instrument),
        (TrackKind::Drums(kit), Some(note)) => {
            let pad = kit.pads.iter_mut().find(|p| p.note == note);
            match pad.map(|p| &mut p.sound) {
                Some(PadSound::Synth { instrument, .. }) => Ok(instrument),
                Some(_) => Err(EditError::rule("that pad plays a sample: it has no parameters")),
                None => Err(EditError::rule(format!("no pad answers to note {note}"))),
            }
        }
        (TrackKind::Drums(_), None) => {
            Err(EditError::rule("a drum track's parameters belong to its pads: name the pad"))
        }
        _ => Err(EditError::rule("this track has no such instrument")),
    }
}

fn set_clip(clip: &mut Clip, set: ClipSet) -> ClipSet {
    match set {
        ClipSet::Name(name) => ClipSet::Name(replace(&mut clip.name, name)),
        ClipSet::Color(color) => ClipSet::Color(replace(&mut clip.color, color)),
        ClipSet::Length(length) => ClipSet::Length(replace(&mut clip.length, length)),
        ClipSet::Loop(brace) => ClipSet::Loop(replace(&mut clip.loop_brace, brace)),
        ClipSet::Launch(launch) => ClipSet::Launch(Box::new(replace(&mut clip.launch, *launch))),
        ClipSet::Groove(groove) => ClipSet::Groove(replace(&mut clip.groove, groove)),
        ClipSet::Muted(muted) => ClipSet::Muted(replace(&mut clip.muted, muted)),
        ClipSet::Content(mut content) => {
            if let ClipContent::Midi(midi) = &mut *content
                && !midi.notes.is_sorted_by_key(Note::order)
            {
                Arc::make_mut(&mut midi.notes).sort_by_key(Note::order);
            }
            ClipSet::Content(Box::new(replace(&mut clip.content, *content)))
        }
        ClipSet::Automation(lanes) => ClipSet::Automation(replace(&mut clip.automation, lanes)),
    }
}

fn change_notes(
    world: &mut World,
    id: ClipId,
    remove: &[NoteId],
    add: Vec<Note>,
) -> Result<Edit, EditError> {
    let ClipContent::Midi(midi) = &mut part_mut::<Clip, _>(world, id)?.content else {
        return Err(EditError::rule("an audio clip has no notes"));
    };
    if let Some(gone) = remove.iter().find(|id| !midi.notes.iter().any(|n| n.id == **id)) {
        return Err(EditError::Missing { what: "note", id: gone.0 });
    }
    let notes = Arc::make_mut(&mut midi.notes);
    let mut removed: Vec<Note> = Vec::with_capacity(remove.len());
    notes.retain(|note| {
        let gone = remove.contains(&note.id);
        if gone {
            removed.push(*note);
        }
        !gone
    });
    // An id that is there already would be taken out with its namesake by the inverse.
    if let Some(twice) = add.iter().find(|new| notes.iter().any(|n| n.id == new.id)) {
        let taken = EditError::Taken { what: "note", id: twice.id.0 };
        notes.extend(removed);
        notes.sort_by_key(Note::order);
        return Err(taken);
    }
    let added = add.iter().map(|n| n.id).collect();
    notes.extend(add);
    notes.sort_by_key(Note::order);
    Ok(Edit::Notes { clip: id, remove: added, add: removed })
}

fn set_scene(scene: &mut Scene, set: SceneSet) -> SceneSet {
    match set {
        SceneSet::Name(name) => SceneSet::Name(replace(&mut scene.name, name)),
        SceneSet::Color(color) => SceneSet::Color(replace(&mut scene.color, color)),
        SceneSet::Tempo(tempo) => SceneSet::Tempo(replace(&mut scene.tempo, tempo)),
        SceneSet::Signature(s) => SceneSet::Signature(replace(&mut scene.signature, s)),
    }
}

fn set_effect(effect: &mut Effect, set: EffectSet) -> EffectSet {
    match set {
        EffectSet::Param { name, value } => {
            let value = match value {
                Some(value) => effect.params.insert(name.clone(), value),
                None => effect.params.remove(&name),
            };
            EffectSet::Param { name, value }
        }
        EffectSet::Bypass(on) => EffectSet::Bypass(replace(&mut effect.bypass, on)),
        EffectSet::Key(track) => EffectSet::Key(replace(&mut effect.key_from, track)),
        EffectSet::State(state) => EffectSet::State(replace(&mut effect.state, state)),
    }
}

fn set_strip(world: &mut World, id: StripId, set: StripSet) -> Result<StripSet, EditError> {
    let strip = strip_mut(world, id)?;
    Ok(match set {
        StripSet::Volume(level) => StripSet::Volume(replace(&mut strip.volume, level)),
        StripSet::Pan(pan) => StripSet::Pan(replace(&mut strip.pan, pan)),
        StripSet::Mute(on) => StripSet::Mute(replace(&mut strip.mute, on)),
        StripSet::Solo(on) => StripSet::Solo(replace(&mut strip.solo, on)),
        StripSet::SendLevel(bus, level) => {
            let send = strip.sends.iter_mut().find(|s| s.bus == bus);
            let send = send.ok_or_else(|| EditError::rule(format!("no send to bus {bus}")))?;
            StripSet::SendLevel(bus, replace(&mut send.level, level))
        }
        StripSet::Sends(sends) => StripSet::Sends(replace(&mut strip.sends, sends)),
    })
}

fn set_song(song: &mut Song, set: SongSet) -> SongSet {
    match set {
        SongSet::Name(name) => SongSet::Name(replace(&mut song.name, name)),
        SongSet::Tempo(tempo) => SongSet::Tempo(replace(&mut song.tempo, tempo)),
        SongSet::Key(key) => SongSet::Key(replace(&mut song.key, key)),
        SongSet::Signature(s) => SongSet::Signature(replace(&mut song.signature, s)),
        SongSet::Quantization(q) => SongSet::Quantization(replace(&mut song.quantization, q)),
        SongSet::Groove(groove) => SongSet::Groove(replace(&mut song.groove, groove)),
        SongSet::GrooveAmount(a) => SongSet::GrooveAmount(replace(&mut song.groove_amount, a)),
        SongSet::Seed(seed) => SongSet::Seed(replace(&mut song.seed, seed)),
        SongSet::Cue(level) => SongSet::Cue(replace(&mut song.cue, level)),
        SongSet::Controls(map) => SongSet::Controls(replace(&mut song.controls, map)),
        SongSet::NextId(next) => SongSet::NextId(replace(&mut song.next_id, next)),
    }
}

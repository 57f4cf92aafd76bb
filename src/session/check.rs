//! The rules of a document, checked after an edit on just as much of it as the edit touched.
//!
//! The rules themselves are [`Project::validate`]'s. Here a sketch of the project is drawn: whole
//! where something changed, bare ids and routes elsewhere, so that a fader's step does not cost a
//! walk over every note.

use std::collections::{BTreeMap, BTreeSet};

use bevy_ecs::world::World;

use super::changes::Change;
use super::document::{
    ClipOf, Clips, Grooves, InGroup, Index, Name, Order, SoloSafe, StripId, exists, part, rack,
    strip,
};
use super::error::EditError;
use crate::model::arrangement::Arrangement;
use crate::model::clip::{AudioClip, Clip, ClipContent, MidiClip, WarpMode};
use crate::model::groove::GrooveTemplate;
use crate::model::ids::{ClipId, SceneId, TrackId};
use crate::model::mixer::{Bus, Effect, MixerSettings};
use crate::model::project::{PROJECT_VERSION, Project, Song};
use crate::model::scene::Scene;
use crate::model::time::Ticks;
use crate::model::track::{Track, TrackKind};

/// Checks that the document keeps its rules, given that it did before these things changed.
pub(super) fn changed(world: &World, touched: &BTreeSet<Change>) -> Result<(), EditError> {
    let (next, top) = (world.resource::<Song>().next_id.0, highest_id(world, touched));
    if next <= top {
        return Err(EditError::Rule(format!("the next id is {next}, but {top} is in use")));
    }
    project(sketch(world, touched)?)
}

/// Checks a whole project.
pub(super) fn project(project: impl std::borrow::Borrow<Project>) -> Result<(), EditError> {
    project.borrow().validate().map_err(|problems| {
        let first = problems.first().map(ToString::to_string);
        EditError::Rule(first.unwrap_or_default())
    })
}

/// The highest id among the things touched, or of all when the counter itself may have moved.
fn highest_id(world: &World, touched: &BTreeSet<Change>) -> u32 {
    let grooves = world.resource::<Grooves>().0.iter().map(|g| g.id.0);
    let there = |change: &Change| match *change {
        Change::Track(id) if exists(world, id) => id.0,
        Change::Clip(id) if exists(world, id) => id.0,
        Change::Scene(id) if exists(world, id) => id.0,
        Change::Bus(id) if exists(world, id) => id.0,
        Change::Effect(id) if exists(world, id) => id.0,
        _ => 0,
    };
    if !touched.contains(&Change::Song) {
        return touched.iter().map(there).chain(grooves).max().unwrap_or(0);
    }
    let index = world.resource::<Index>();
    let tracks = index.tracks.keys().map(|id| id.0);
    let clips = index.clips.keys().map(|id| id.0);
    let scenes = index.scenes.keys().map(|id| id.0);
    let buses = index.buses.keys().map(|id| id.0);
    let effects = index.effects.keys().map(|id| id.0);
    tracks.chain(clips).chain(scenes).chain(buses).chain(effects).chain(grooves).max().unwrap_or(0)
}

fn sketch(world: &World, touched: &BTreeSet<Change>) -> Result<Project, EditError> {
    let order = world.resource::<Order>();
    let mut song = world.resource::<Song>().clone();
    song.master = sketch_strip(world, StripId::Master, touched)?;
    let arrangement = world.get_resource::<Arrangement>();
    let timeline = touched.contains(&Change::Arrangement);
    // Clips that slots and lanes under test point at, by the track they are really on.
    let mut pointed: BTreeMap<TrackId, BTreeSet<ClipId>> = BTreeMap::new();
    let mut point = |clip: ClipId| -> Result<(), EditError> {
        pointed.entry(part::<ClipOf>(world, clip)?.0).or_default().insert(clip);
        Ok(())
    };
    let scenes = order.scenes.iter();
    let scenes: Vec<Scene> =
        scenes.map(|&id| sketch_scene(world, id, touched)).collect::<Result<_, _>>()?;
    scenes.iter().flat_map(|s| s.slots.values()).filter_map(|s| s.clip).try_for_each(&mut point)?;
    if timeline && let Some(arrangement) = arrangement {
        arrangement.lanes.values().flatten().map(|i| i.clip).try_for_each(&mut point)?;
    }
    for change in touched {
        if let Change::Clip(id) = change
            && part::<Clip>(world, *id).is_ok()
        {
            point(*id)?;
        }
    }
    let none = BTreeSet::new();
    let tracks = order.tracks.iter();
    let tracks: Vec<Track> = tracks
        .map(|&id| sketch_track(world, id, touched, pointed.get(&id).unwrap_or(&none)))
        .collect::<Result<_, _>>()?;
    let buses = order.buses.iter().map(|&id| {
        Ok(Bus {
            id,
            name: part::<Name>(world, id)?.0.clone(),
            solo_safe: part::<SoloSafe>(world, id)?.0,
            mixer: sketch_strip(world, StripId::Bus(id), touched)?,
        })
    });
    let buses = buses.collect::<Result<_, EditError>>()?;
    let arrangement = arrangement.map(|arrangement| {
        if timeline {
            return arrangement.clone();
        }
        // Automation along the timeline stands on a track's sends, inserts and instrument.
        let moved = arrangement.automation.iter().filter(|(id, _)| {
            touched.contains(&Change::Track(**id))
                || touched.contains(&Change::Strip(StripId::Track(**id)))
        });
        let automation = moved.map(|(&id, lanes)| (id, lanes.clone())).collect();
        Arrangement { automation, ..Arrangement::default() }
    });
    let grooves = &world.resource::<Grooves>().0;
    let grooves = match touched.contains(&Change::Grooves) {
        true => grooves.clone(),
        false => grooves.iter().map(sketch_groove).collect(),
    };
    Ok(Project { version: PROJECT_VERSION, song, tracks, buses, scenes, arrangement, grooves })
}

fn sketch_groove(groove: &GrooveTemplate) -> GrooveTemplate {
    GrooveTemplate {
        id: groove.id,
        name: String::new(),
        span: Ticks::BEAT,
        timing: BTreeMap::new(),
        velocity: BTreeMap::new(),
    }
}

fn sketch_scene(
    world: &World,
    id: SceneId,
    touched: &BTreeSet<Change>,
) -> Result<Scene, EditError> {
    let Scene { name, color, tempo, signature, slots, .. } = part::<Scene>(world, id)?;
    let own = Change::Slot(id, TrackId(0))..=Change::Slot(id, TrackId(u32::MAX));
    let slots = touched.range(own).filter_map(|change| match change {
        Change::Slot(_, track) => Some((*track, *slots.get(track)?)),
        _ => None,
    });
    let slots = slots.collect();
    Ok(Scene { id, name: name.clone(), color: *color, tempo: *tempo, signature: *signature, slots })
}

fn sketch_strip(
    world: &World,
    id: StripId,
    touched: &BTreeSet<Change>,
) -> Result<MixerSettings, EditError> {
    let mut mixer = strip(world, id)?.clone();
    for &effect in rack(world, id)? {
        let effect: &Effect = part(world, effect)?;
        let touched = touched.contains(&Change::Effect(effect.id));
        mixer.inserts.push(Effect {
            id: effect.id,
            plugin: effect.plugin,
            name: effect.name.clone(),
            params: if touched { effect.params.clone() } else { BTreeMap::new() },
            bypass: effect.bypass,
            key_from: effect.key_from,
            state: if touched { effect.state.clone() } else { Vec::new() },
        });
    }
    Ok(mixer)
}

fn sketch_track(
    world: &World,
    id: TrackId,
    touched: &BTreeSet<Change>,
    pointed: &BTreeSet<ClipId>,
) -> Result<Track, EditError> {
    let own = touched.contains(&Change::Track(id));
    let moved = own || touched.contains(&Change::Strip(StripId::Track(id)));
    let mut clips = Vec::new();
    let all = part::<Clips>(world, id)?.0.iter();
    for &clip in all.filter(|_| moved || !pointed.is_empty()) {
        if !moved && !pointed.contains(&clip) {
            continue;
        }
        let full = touched.contains(&Change::Clip(clip));
        let clip: &Clip = part(world, clip)?;
        clips.push(if full { clip.clone() } else { sketch_clip(clip, moved) });
    }
    Ok(Track {
        id,
        name: part::<Name>(world, id)?.0.clone(),
        color: 0,
        kind: match part(world, id)? {
            TrackKind::Group => TrackKind::Group,
            TrackKind::Audio => TrackKind::Audio,
            kind => kind.clone(),
        },
        group: part::<InGroup>(world, id)?.0,
        mixer: sketch_strip(world, StripId::Track(id), touched)?,
        clips,
        analysis: match own {
            true => part::<super::document::Heard>(world, id)?.0.clone(),
            false => None,
        },
    })
}

/// A clip without its music; with its automation where what that stands on has changed.
fn sketch_clip(clip: &Clip, moved: bool) -> Clip {
    Clip {
        id: clip.id,
        name: clip.name.clone(),
        color: None,
        length: Ticks(1),
        loop_brace: None,
        launch: Default::default(),
        groove: None,
        muted: false,
        content: match &clip.content {
            ClipContent::Midi(_) => ClipContent::Midi(MidiClip::default()),
            ClipContent::Audio(audio) => ClipContent::Audio(AudioClip {
                warp: WarpMode::Off,
                markers: Vec::new(),
                ..audio.clone()
            }),
        },
        automation: if moved { clip.automation.clone() } else { Vec::new() },
    }
}

//! Actions on the song and its scenes.

use bevy_ecs::world::World;

use super::{ActError, find};
use crate::model::action::Action;
use crate::model::project::Song;
use crate::model::scene::{self, Scene};
use crate::model::time::{Bpm, TempoChange, TempoMap, Ticks};
use crate::session::compound;
use crate::session::document::{Order, part};
use crate::session::edit::{Edit, SceneSet, SongSet};
use crate::session::refs::scenes;

/// The edits of an action on the song or a scene; `None` for any other.
pub(super) fn edits(world: &World, action: &Action) -> Result<Option<Vec<Edit>>, ActError> {
    let song = world.resource::<Song>();
    let set = |set: SongSet| vec![Edit::Song(set)];
    let scene_set = |scene, set: SceneSet| -> Result<Vec<Edit>, ActError> {
        Ok(vec![Edit::Scene(find::scene(world, scene)?, set)])
    };
    Ok(Some(match action {
        Action::Bpm { tempo } => {
            set(SongSet::Tempo(TempoMap { start: *tempo, ..song.tempo.clone() }))
        }
        Action::TempoAt { tempo, at } => {
            set(tempo_at(song, *tempo, find::place(world, at)?, false))
        }
        Action::TempoGlide { tempo, at } => {
            set(tempo_at(song, *tempo, find::place(world, at)?, true))
        }
        Action::TempoClear => set(SongSet::Tempo(TempoMap::constant(song.tempo.start))),
        Action::SetKey { key } => set(SongSet::Key(*key)),
        Action::Signature { signature } => set(SongSet::Signature(*signature)),
        Action::Quantize { grid } => set(SongSet::Quantization(*grid)),
        Action::GrooveOff => set(SongSet::Groove(None)),
        Action::GrooveAmount { amount } => set(SongSet::GrooveAmount(*amount)),
        Action::SongGroove { groove } => set(SongSet::Groove(Some(find::groove(world, groove)?))),
        Action::Cue { level } => set(SongSet::Cue(*level)),
        Action::SetSeed { seed } => set(SongSet::Seed(*seed)),
        Action::ProjectRename { name } => set(SongSet::Name(name.clone())),
        Action::SceneAdd { name } => {
            vec![compound::insert_scene(world, None, name.clone(), &[])?]
        }
        Action::SceneInsert { scene, name } => {
            let after = Some(find::scene(world, scene)?);
            vec![compound::insert_scene(world, after, name.clone(), &[])?]
        }
        Action::SceneRename { scene, name } => scene_set(scene, SceneSet::Name(name.clone()))?,
        Action::SceneDelete { scene } => {
            vec![compound::remove_scene(world, find::scene(world, scene)?)?]
        }
        Action::SceneDuplicate { scene } => {
            let id = find::scene(world, scene)?;
            let taken = scenes(world).map(|scene| &scene.name);
            let name = find::copy_name(&part::<Scene>(world, id)?.name, taken);
            vec![compound::duplicate_scene(world, id, name)?]
        }
        Action::SceneMove { scene, to } => {
            let to = find::index(*to, world.resource::<Order>().scenes.len());
            vec![Edit::MoveScene { id: find::scene(world, scene)?, to }]
        }
        Action::SceneColor { scene, color } => scene_set(scene, SceneSet::Color(Some(*color)))?,
        Action::SceneTempoOff { scene } => scene_set(scene, SceneSet::Tempo(None))?,
        Action::SceneTempo { scene, tempo, beats } => {
            let tempo = scene::SceneTempo { bpm: *tempo, ramp_beats: beats.unwrap_or(0) };
            scene_set(scene, SceneSet::Tempo(Some(tempo)))?
        }
        Action::SceneSignatureOff { scene } => scene_set(scene, SceneSet::Signature(None))?,
        Action::SceneSignature { scene, signature } => {
            scene_set(scene, SceneSet::Signature(Some(*signature)))?
        }
        _ => return Ok(None),
    }))
}

/// The tempo map with a change in it, in place of one at the same tick.
fn tempo_at(song: &Song, bpm: Bpm, at: Ticks, ramp: bool) -> SongSet {
    let mut tempo = song.tempo.clone();
    if at == Ticks::ZERO {
        tempo.start = bpm;
    } else {
        tempo.changes.retain(|change| change.at != at);
        tempo.changes.push(TempoChange { at, bpm, ramp });
        tempo.changes.sort_by_key(|change| change.at);
    }
    SongSet::Tempo(tempo)
}

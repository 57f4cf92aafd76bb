//! An idea as a project: a track and a clip for every part, a scene that launches them together.

use std::sync::Arc;

use super::idea::{Idea, Insert, Movement, Part, Target, swung};
use crate::model::automation::{AutomationLane, AutomationPoint, AutomationTarget};
use crate::model::clip::{Clip, ClipContent, LoopBrace, MidiClip, Note};
use crate::model::ids::{BusId, ClipId, NoteId, TrackId};
use crate::model::intent::Role;
use crate::model::launch::LaunchSettings;
use crate::model::mixer::{Bus, Db, Effect, MixerSettings, PluginType, Send};
use crate::model::project::Project;
use crate::model::scene::{Scene, Slot};
use crate::model::sound::SoundDescriptor;
use crate::model::time::{Bpm, TempoMap, Ticks};
use crate::model::track::{Instrument, Track, TrackKind};

/// The idea as a project of its own: parts as tracks from left to right, each with one looping clip,
/// in one scene named after the genre. `describe` gives the descriptor of a SynthDef.
pub fn project<'a>(idea: &Idea, describe: impl Fn(&str) -> Option<&'a SoundDescriptor>) -> Project {
    let bpm = Bpm::from_milli((idea.bpm * 1000.0).round().clamp(0.0, 1e6) as u32);
    let name = format!("{} {}", idea.intent.genre, idea.seed);
    let mut project = Project::new(&name, TempoMap::constant(bpm), idea.key);
    project.song.seed = idea.seed;
    let ids = &mut project.song.next_id;
    let tracks: Vec<TrackId> = idea.parts.iter().map(|_| ids.fresh()).collect();
    let buses: Vec<BusId> = idea.buses.iter().map(|_| ids.fresh()).collect();
    let of_role = |role: Role| idea.parts.iter().position(|p| p.role == role).map(|i| tracks[i]);
    let rack = |inserts: &[Insert], ids: &mut crate::model::ids::IdCounter| -> Vec<Effect> {
        let effect = |insert: &Insert| Effect {
            id: ids.fresh(),
            plugin: PluginType::Native,
            name: insert.effect.clone(),
            params: insert.params.clone(),
            bypass: false,
            key_from: insert.key_from.and_then(of_role),
            state: Vec::new(),
        };
        inserts.iter().map(effect).collect()
    };

    let mut scene = Scene {
        id: project.song.next_id.fresh(),
        name: idea.intent.genre.to_string(),
        color: None,
        tempo: None,
        signature: None,
        slots: Default::default(),
    };
    for (i, part) in idea.parts.iter().enumerate() {
        let ids = &mut project.song.next_id;
        let inserts = rack(&part.inserts, ids);
        let sends = part.sends.iter().filter_map(|(bus, level)| {
            let index = idea.buses.iter().position(|b| b.name == *bus)?;
            Some(Send { bus: buses[index], level: Db(*level), pre: false })
        });
        let sends: Vec<Send> = sends.collect();
        let clip = clip(ids.fresh(), part, idea, &inserts);
        scene.slots.insert(tracks[i], Slot { clip: Some(clip.id), stop_button: true });
        project.tracks.push(Track {
            id: tracks[i],
            name: part.name.clone(),
            color: (i % 9) as u8,
            kind: TrackKind::Instrument(instrument(part, &describe)),
            group: None,
            mixer: MixerSettings {
                volume: Db(part.volume_db),
                pan: part.pan,
                inserts,
                sends,
                ..MixerSettings::default()
            },
            clips: vec![clip],
            analysis: None,
        });
    }
    for (bus, id) in idea.buses.iter().zip(&buses) {
        let inserts = rack(&bus.effects, &mut project.song.next_id);
        let volume = Db(bus.volume_db);
        let mixer = MixerSettings { volume, inserts, ..MixerSettings::default() };
        project.buses.push(Bus { id: *id, name: bus.name.clone(), solo_safe: true, mixer });
    }
    project.song.master.inserts = rack(&idea.master, &mut project.song.next_id);
    project.scenes.push(scene);
    project
}

/// The part's sound: preset, what differs from it, all within the parameters' ranges.
fn instrument<'a>(
    part: &Part,
    describe: impl Fn(&str) -> Option<&'a SoundDescriptor>,
) -> Instrument {
    let synth = part.sound.clone();
    let Some(descriptor) = describe(&synth) else {
        return Instrument { synth, params: part.params.clone() };
    };
    let preset = descriptor.preset(&part.preset);
    let base = |name: &str| {
        let own = preset.and_then(|p| p.params.get(name)).copied();
        own.or_else(|| descriptor.param(name).map(|p| p.default))
    };
    let mut params = preset.map(|p| p.params.clone()).unwrap_or_default();
    params.extend(part.settings(base));
    params.retain(|name, _| descriptor.param(name).is_some());
    for (name, value) in &mut params {
        if let Some(p) = descriptor.param(name) {
            *value = p.clamp(*value);
        }
    }
    Instrument { synth, params }
}

fn clip(id: ClipId, part: &Part, idea: &Idea, inserts: &[Effect]) -> Clip {
    let length = Ticks(idea.length());
    let note = |(i, n): (usize, &super::idea::IdeaNote)| Note {
        id: NoteId(i as u32 + 1),
        start: Ticks(swung(n.start, part.swing)),
        length: Ticks(n.length),
        pitch: n.pitch,
        velocity: n.velocity,
        probability: 100,
    };
    let mut notes: Vec<Note> = part.notes.iter().enumerate().map(note).collect();
    notes.sort_by_key(Note::order);
    Clip {
        id,
        name: part.name.clone(),
        color: None,
        length,
        loop_brace: Some(LoopBrace { start: Ticks::ZERO, end: length }),
        launch: LaunchSettings::default(),
        groove: None,
        muted: false,
        content: ClipContent::Midi(MidiClip { notes: Arc::new(notes) }),
        automation: part.automation.iter().filter_map(|m| lane(m, inserts)).collect(),
    }
}

fn lane(movement: &Movement, inserts: &[Effect]) -> Option<AutomationLane> {
    let target = match &movement.target {
        Target::Sound(param) => AutomationTarget::Instrument(param.clone()),
        Target::Volume => AutomationTarget::Volume,
        Target::Insert { index, param } => {
            AutomationTarget::Effect(inserts.get(*index)?.id, param.clone())
        }
    };
    let point = |&(at, value): &(i64, f32)| AutomationPoint { at: Ticks(at), value, hold: false };
    Some(AutomationLane { target, points: movement.points.iter().map(point).collect() })
}

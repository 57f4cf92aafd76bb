//! A clip made anew as a job: its variation, a fill for it, a bass that fits its kick, as proposals.

use std::sync::Arc;

use bevy_ecs::world::World;

use super::compose::{context, make};
use super::proposal::{Proposal, Proposed, suits};
use super::{JobId, Kind, Output, Target, Teller, begin};
use crate::engine::sound::SoundFactory;
use crate::generation::reshape::{Made, Material, Voice, bass, fill, vary};
use crate::generation::understand;
use crate::model::clip::{Clip, ClipContent, LoopBrace, MidiClip};
use crate::model::ids::{ClipId, SceneId, TrackId};
use crate::model::intent::{Reshape, Role};
use crate::model::launch::LaunchSettings;
use crate::model::project::Song;
use crate::model::scene::Scene;
use crate::model::time::Ticks;
use crate::model::track::{Track, TrackKind};
use crate::session::document::{Order, collect_track, part};

/// What is made of the clip in a slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Remake {
    /// What.
    pub what: Reshape,
    /// The slot.
    pub from: (TrackId, SceneId),
    /// The seed; the same wish with the same seed gives the same notes.
    pub seed: u64,
    /// The tempo the set runs at now, BPM.
    pub bpm: f64,
}

/// Have something made of a clip.
///
/// # Errors
/// No clip with notes there, or the queue is full.
pub fn reshape(
    world: &mut World,
    factory: Arc<dyn SoundFactory>,
    wish: Remake,
) -> Result<JobId, String> {
    let (track_id, scene) = wish.from;
    let slot = part::<Scene>(world, scene).ok().and_then(|s| s.slots.get(&track_id)?.clip);
    let id = slot.ok_or("there is no clip in this slot")?;
    let clip = part::<Clip>(world, id).map_err(|e| e.to_string())?.clone();
    let midi = clip.midi().ok_or("this is a recording: it has no notes to make anything of")?;
    let track = collect_track(world, track_id).map_err(|e| e.to_string())?;
    let role = role(world, &track);
    let (context, _) = context(world, Some(wish.bpm));
    let words = if wish.what == Reshape::Bass { "bass" } else { "" };
    let intent = understand(words, &context);
    let material = Material {
        notes: midi.notes.to_vec(),
        length: clip.length,
        key: world.resource::<Song>().key,
        genre: intent.genre,
        voice: voice(&track, role),
    };
    let is_kick = match material.voice {
        Voice::Kick => true,
        Voice::Drums { kick, .. } => kick.is_some(),
        Voice::Pitched => false,
    };
    if wish.what == Reshape::Bass && !is_kick {
        let name = &track.name;
        return Err(format!("“{name}” has no kick that a bass could fit; choose a clip of a kick"));
    }
    let into = match wish.what {
        Reshape::Bass => (bass_track(world).unwrap_or(track_id), scene),
        Reshape::Vary | Reshape::Fill => (track_id, free_scene(world, track_id, scene)),
    };
    let title = title(wish.what, &clip.name);
    let target = Some(Target(track_id, scene));
    let (prompt, key) = (title.clone(), material.key);
    let work = move |id: JobId, _: &mut Teller| {
        let (notes, length): Made = match wish.what {
            Reshape::Vary => vary(&material, wish.seed)?,
            Reshape::Fill => fill(&material, wish.seed)?,
            Reshape::Bass => bass(&material, wish.seed)?,
        };
        let mut proposal = match wish.what {
            // Its sound is the one that the composer would give it.
            Reshape::Bass => make(id, &intent, wish.seed, 1, &*factory)
                .or_else(|_| make(id, &understand("rumble", &context), wish.seed, 1, &*factory))?,
            Reshape::Vary | Reshape::Fill => Proposal {
                id,
                prompt: String::new(),
                intent,
                seed: wish.seed,
                bpm: wish.bpm,
                key,
                bars: 1,
                parts: vec![Proposed { role, track }],
                buses: Vec::new(),
                notes: Vec::new(),
                into: None,
                of: None,
            },
        };
        proposal.parts.truncate(1);
        for part in &mut proposal.parts {
            part.track.clips = vec![again(&clip, &wish, notes.clone(), length)];
        }
        proposal.bars = ((length.0 + BAR - 1) / BAR).max(1) as u32;
        (proposal.prompt, proposal.key, proposal.bpm) = (prompt, key, wish.bpm);
        (proposal.into, proposal.of) = (Some(into), Some(wish));
        if into == proposal.of.as_ref().map_or(into, |wish| wish.from) {
            proposal
                .notes
                .push("every other slot of the track is taken: it goes in its place".into());
        }
        Ok(Output::Proposal(Box::new(proposal)))
    };
    begin(world, Kind::Compose, title, target, work)
}

/// A bar of four quarters.
const BAR: i64 = 4 * Ticks::BEAT.0;

/// What a proposal is called.
fn title(what: Reshape, name: &str) -> String {
    match what {
        Reshape::Vary => format!("variation of “{name}”"),
        Reshape::Fill => format!("fill for “{name}”"),
        Reshape::Bass => format!("bass for “{name}”"),
    }
}

/// The clip that comes of it: as the old one in all but its notes.
fn again(old: &Clip, wish: &Remake, notes: Vec<crate::model::clip::Note>, length: Ticks) -> Clip {
    let content = ClipContent::Midi(MidiClip { notes: Arc::new(notes) });
    let brace = Some(LoopBrace { start: Ticks::ZERO, end: length });
    let name = match wish.what {
        Reshape::Vary => format!("{} var", old.name),
        Reshape::Fill => format!("{} fill", old.name),
        Reshape::Bass => "Bass".to_owned(),
    };
    match wish.what {
        Reshape::Vary => Clip { id: ClipId(0), name, content, length, ..old.clone() },
        // Movements of the whole clip would be cut anywhere.
        Reshape::Fill => Clip {
            id: ClipId(0),
            name,
            content,
            length,
            loop_brace: brace,
            automation: Vec::new(),
            ..old.clone()
        },
        Reshape::Bass => Clip {
            id: ClipId(0),
            name,
            color: None,
            length,
            loop_brace: brace,
            launch: LaunchSettings::default(),
            groove: old.groove,
            muted: false,
            content,
            automation: Vec::new(),
        },
    }
}

/// What a track does in the music, by what it or its instrument is called.
fn role(world: &World, track: &Track) -> Role {
    Role::ALL.into_iter().find(|role| suits(world, *role, track.id)).unwrap_or(Role::Lead)
}

/// Whether a clip's notes are hits or pitches.
fn voice(track: &Track, role: Role) -> Voice {
    match &track.kind {
        TrackKind::Drums(kit) => {
            let pad = |words: &[&str]| {
                let called = |name: &str| words.iter().any(|word| name.contains(word));
                kit.pads.iter().find(|pad| called(&pad.name.to_lowercase())).map(|pad| pad.note)
            };
            Voice::Drums { kick: pad(&["kick", "bd"]), snare: pad(&["snare", "clap", "sd"]) }
        }
        _ if role == Role::Kick => Voice::Kick,
        _ if role.is_drum() => Voice::Drums { kick: None, snare: None },
        _ => Voice::Pitched,
    }
}

/// The first track for a bass.
fn bass_track(world: &World) -> Option<TrackId> {
    let tracks = &world.get_resource::<Order>()?.tracks;
    tracks.iter().copied().find(|track| suits(world, Role::Bass, *track))
}

/// The next empty slot of a track below a scene, else the first one, else the scene's own.
fn free_scene(world: &World, track: TrackId, scene: SceneId) -> SceneId {
    let Some(order) = world.get_resource::<Order>() else { return scene };
    let at = order.scenes.iter().position(|id| *id == scene).unwrap_or(0);
    let free = |id: &&SceneId| {
        let slot = part::<Scene>(world, **id).ok().and_then(|s| s.slots.get(&track).copied());
        slot.is_none_or(|slot| slot.clip.is_none())
    };
    let below = order.scenes.iter().skip(at).find(free);
    below.or_else(|| order.scenes.iter().find(free)).copied().unwrap_or(scene)
}

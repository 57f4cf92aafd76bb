//! A proposal: composed music that waits to be kept, and the edit that puts it into a document.

use std::collections::BTreeMap;

use bevy_ecs::component::Component;
use bevy_ecs::resource::Resource;
use bevy_ecs::world::World;

use super::JobId;
use super::reshape::Remake;
use crate::model::automation::AutomationTarget;
use crate::model::clip::Clip;
use crate::model::ids::{BusId, ClipId, EffectId, SceneId, TrackId};
use crate::model::intent::{Composed, Facet, Intent, Origin, Role};
use crate::model::key::Key;
use crate::model::mixer::Bus;
use crate::model::project::Song;
use crate::model::scene::{Scene, SceneTempo, Slot};
use crate::model::time::Bpm;
use crate::model::track::{Track, TrackKind};
use crate::session::act::{ActError, fill};
use crate::session::apply::apply;
use crate::session::document::{Clips, Name, Order, exists, part};
use crate::session::edit::{Edit, EffectSet, TrackSet};
use crate::session::error::EditError;
use crate::session::ids::FreshIds;

/// Colours that new tracks go through.
const PALETTE: usize = 9;

/// What was composed for one role: a track as it would be new, with its one clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposed {
    /// What it does in the music.
    pub role: Role,
    /// The track. Its ids are the proposal's own; keeping hands out others.
    pub track: Track,
}

/// Composed music that waits to be kept or rejected.
#[derive(Component, Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Its number, that of the job that made it.
    pub id: JobId,
    /// The words as typed.
    pub prompt: String,
    /// What was understood.
    pub intent: Intent,
    /// The seed: the same words in the same set with this seed give the same again.
    pub seed: u64,
    /// The tempo it is made for, BPM.
    pub bpm: f64,
    /// The key of its notes.
    pub key: Key,
    /// Its length in bars of 4/4.
    pub bars: u32,
    /// What was composed, from the lowest to the highest track; at least one.
    pub parts: Vec<Proposed>,
    /// The buses its tracks send to.
    pub buses: Vec<Bus>,
    /// Sentences to read: what was assumed, left out or stood in for.
    pub notes: Vec<String>,
    /// The slot it was asked for.
    pub into: Option<(TrackId, SceneId)>,
    /// The clip it was made of, and how; `None` where words were composed.
    pub of: Option<Remake>,
}

/// Where a part of a proposal would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The part.
    pub part: usize,
    /// The track; `None` for a new one.
    pub track: Option<TrackId>,
    /// The scene; `None` for a new one.
    pub scene: Option<SceneId>,
}

/// What keeping a proposal does.
#[derive(Clone, Debug, PartialEq)]
pub struct Insertion {
    /// The change of the document.
    pub edit: Edit,
    /// The slots it fills.
    pub slots: Vec<(TrackId, SceneId)>,
    /// The scene, where it makes a new one.
    pub scene: Option<SceneId>,
}

/// A proposal that is in the document for trial: heard, but no step of the history.
#[derive(Resource, Clone, Debug, PartialEq)]
pub struct Trial {
    /// The proposal's number.
    pub id: JobId,
    /// What was done, which keeping makes a step.
    pub insertion: Insertion,
    /// What takes it back.
    back: Edit,
    /// What the tracks played before: the scene of a clip, or nothing.
    pub before: Vec<(TrackId, Option<SceneId>)>,
}

impl Trial {
    /// Put a proposal into the document for trial.
    ///
    /// # Errors
    /// The document does not take it, and is as it was.
    pub fn begin(
        world: &mut World,
        id: JobId,
        insertion: Insertion,
        before: Vec<(TrackId, Option<SceneId>)>,
    ) -> Result<(), EditError> {
        let back = apply(world, insertion.edit.clone())?;
        world.insert_resource(Trial { id, insertion, back, before });
        Ok(())
    }

    /// Take back what is on trial; `None` where nothing is.
    ///
    /// # Errors
    /// Something was made of it meanwhile, so that it stays.
    pub fn end(world: &mut World) -> Result<Option<Trial>, EditError> {
        let Some(trial) = world.remove_resource::<Trial>() else { return Ok(None) };
        apply(world, trial.back.clone())?;
        Ok(Some(trial))
    }

    /// Whether a change may be made while something is on trial: one of values, which leaves alone what
    /// there is.
    pub fn allows(edit: &Edit) -> bool {
        match edit {
            Edit::Strip(..) | Edit::Effect(_, EffectSet::Param { .. }) => true,
            Edit::Track(_, set) => matches!(set, TrackSet::Param { .. }),
            _ => false,
        }
    }
}

impl Proposal {
    /// A piece as it can be composed again.
    pub fn composed(&self) -> Composed {
        Composed { intent: self.intent.clone(), seed: self.seed }
    }

    /// What was decided, one text for each facet, as it may be written anew.
    pub fn chips(&self) -> Vec<(Facet, String)> {
        // What was made of a clip is no more than that clip says.
        if self.of.is_some() {
            return Vec::new();
        }
        let roles: Vec<&str> = self.parts.iter().map(|part| part.role.name()).collect();
        vec![
            (Facet::Genre, self.intent.genre.to_string()),
            (Facet::Tempo, ((self.bpm * 1000.0).round() / 1000.0).to_string()),
            (Facet::Key, self.key.to_string()),
            (Facet::Bars, self.bars.to_string()),
            (Facet::Roles, roles.join(", ")),
        ]
    }

    /// A name of a few words.
    pub fn title(&self) -> String {
        match self.parts.as_slice() {
            [one] => one.track.name.clone(),
            _ => self.intent.genre.to_string(),
        }
    }

    /// What it is, in a sentence that names the words that meant nothing.
    pub fn sentence(&self) -> String {
        let chips: Vec<String> = self
            .chips()
            .into_iter()
            .map(|(facet, text)| match facet {
                Facet::Tempo => format!("{text} BPM"),
                Facet::Bars if self.bars == 1 => "1 bar".to_owned(),
                Facet::Bars => format!("{text} bars"),
                _ => text,
            })
            .collect();
        let unknown = match self.intent.unknown.as_slice() {
            [] => String::new(),
            words => format!("; not understood: {}", words.join(", ")),
        };
        let (number, seed, chips) = (self.id.0, self.seed, chips.join(", "));
        let prompt = &self.prompt;
        if self.of.is_some() {
            return format!("proposal {number}: {prompt} (seed {seed})");
        }
        format!("proposal {number} for “{prompt}”: {chips} (seed {seed}){unknown}")
    }

    /// Where its parts would go now.
    pub fn places(&self, world: &World) -> Vec<Place> {
        let empty = Order::default();
        let order = world.get_resource::<Order>().unwrap_or(&empty);
        let asked = self.into.filter(|(t, s)| exists(world, *t) && exists(world, *s));
        if let [one] = self.parts.as_slice() {
            let asked_track = asked.map(|(track, _)| track).filter(|t| one.fits(world, *t));
            let track = match asked {
                Some(_) => asked_track,
                None => order.tracks.iter().copied().find(|track| one.fits(world, *track)),
            };
            let free = |scene: &SceneId| match (part::<Scene>(world, *scene), track) {
                (Ok(scene), Some(track)) => {
                    scene.slots.get(&track).is_none_or(|slot| slot.clip.is_none())
                }
                (known, None) => known.is_ok(),
                _ => false,
            };
            let scene = asked.map(|(_, scene)| scene);
            let scene = scene.or_else(|| order.scenes.iter().copied().find(free));
            return vec![Place { part: 0, track, scene }];
        }
        let mut taken = Vec::new();
        let place = |(part, proposed): (usize, &Proposed)| {
            let free = |track: &TrackId| !taken.contains(track) && proposed.fits(world, *track);
            let track = order.tracks.iter().copied().find(free);
            taken.extend(track);
            Place { part, track, scene: None }
        };
        self.parts.iter().enumerate().map(place).collect()
    }

    /// The change that puts it into a document.
    ///
    /// # Errors
    /// What it should go to is not there any more.
    pub fn insertion(&self, world: &World) -> Result<Insertion, ActError> {
        let mut ids = FreshIds::of(world);
        let order = world.get_resource::<Order>().cloned().unwrap_or_default();
        let places = self.places(world);
        let tracks: Vec<TrackId> =
            places.iter().map(|place| place.track.unwrap_or_else(|| ids.fresh())).collect();
        let new_scene = places.iter().any(|place| place.scene.is_none()).then(|| {
            let id: SceneId = ids.fresh();
            (id, self.new_scene(world, id))
        });
        let mut edits = Vec::new();
        let buses = self.new_buses(world, &order, &places, &mut ids, &mut edits);
        let (mut keys, mut slots, mut new_slots) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut at = order.tracks.len();
        let mut names = names(world, &order.tracks);
        for (place, &track) in places.iter().zip(&tracks) {
            let Some(proposed) = self.parts.get(place.part) else { continue };
            let id: ClipId = ids.fresh();
            let mut effects = BTreeMap::new();
            if place.track.is_none() {
                let mut new = proposed.track.clone();
                (new.id, new.color) = (track, u8::try_from(at % PALETTE).unwrap_or_default());
                new.name = free_name(&new.name, &names);
                names.push(new.name.clone());
                for effect in &mut new.mixer.inserts {
                    let old = std::mem::replace(&mut effect.id, ids.fresh());
                    effects.insert(old, effect.id);
                    let key = effect.key_from.take();
                    let key = key.and_then(|key| self.key(world, &order, &tracks, key));
                    keys.extend(key.map(|key| Edit::Effect(effect.id, EffectSet::Key(Some(key)))));
                }
                new.mixer.sends.retain_mut(|send| match buses.get(&send.bus) {
                    Some(bus) => {
                        send.bus = *bus;
                        true
                    }
                    None => false,
                });
                new.clips = proposed.clip(id, Some(&effects), true).into_iter().collect();
                edits.push(Edit::InsertTrack { at, track: Box::new(new) });
                at += 1;
            } else if let Some(clip) = proposed.clip(id, None, proposed.is_of(world, track)) {
                let at = part::<Clips>(world, track)?.0.len();
                edits.push(Edit::InsertClip { track, at, clip: Box::new(clip) });
            }
            let slot = Slot { clip: Some(id), stop_button: true };
            match (place.scene, &new_scene) {
                (Some(scene), _) if place.track.is_some() => {
                    edits.extend(fill(world, track, scene, id)?);
                    slots.push((track, scene));
                }
                (Some(scene), _) => {
                    edits.push(Edit::Slot { scene, track, slot: Some(slot) });
                    slots.push((track, scene));
                }
                (None, Some((scene, _))) => {
                    new_slots.insert(track, slot);
                    slots.push((track, *scene));
                }
                (None, None) => {}
            }
        }
        edits.append(&mut keys);
        let scene = new_scene.map(|(id, mut scene)| {
            scene.slots = new_slots;
            edits.push(Edit::InsertScene { at: order.scenes.len(), scene: Box::new(scene) });
            id
        });
        // Ids count as handed out before anything carries them.
        edits.insert(0, ids.edit());
        Ok(Insertion { edit: Edit::Many(edits), slots, scene })
    }

    fn new_scene(&self, world: &World, id: SceneId) -> Scene {
        let song = world.get_resource::<Song>();
        // A tempo that the words name comes with the scene; the song's own stays.
        let stated = self.intent.bpm_from == Origin::Stated && self.parts.len() > 1;
        let other = song.is_some_and(|song| (song.tempo.start.get() - self.bpm).abs() > 0.01);
        let milli = (self.bpm * 1000.0).round().clamp(0.0, 1e6) as u32;
        let tempo = SceneTempo { bpm: Bpm::from_milli(milli), ramp_beats: 0 };
        let scenes = world.get_resource::<Order>().map_or(&[][..], |order| &order.scenes);
        let taken = scenes.iter().filter_map(|id| part::<Scene>(world, *id).ok());
        let taken: Vec<String> = taken.map(|scene| scene.name.clone()).collect();
        Scene {
            id,
            name: free_name(&self.title(), &taken),
            color: None,
            tempo: (stated && other).then_some(tempo),
            signature: None,
            slots: BTreeMap::new(),
        }
    }

    /// The document's buses by those of the proposal; what new tracks need and is not there is added.
    fn new_buses(
        &self,
        world: &World,
        order: &Order,
        places: &[Place],
        ids: &mut FreshIds,
        edits: &mut Vec<Edit>,
    ) -> BTreeMap<BusId, BusId> {
        let mut all = BTreeMap::new();
        let mut at = order.buses.len();
        for bus in &self.buses {
            let sends = |place: &&Place| {
                let new = self.parts.get(place.part).filter(|_| place.track.is_none());
                new.is_some_and(|p| p.track.mixer.sends.iter().any(|send| send.bus == bus.id))
            };
            if !places.iter().any(|place| sends(&place)) {
                continue;
            }
            let same = |id: &BusId| {
                part::<Name>(world, *id).is_ok_and(|name| name.0.eq_ignore_ascii_case(&bus.name))
            };
            let there = order.buses.iter().copied().find(same);
            let id = there.unwrap_or_else(|| {
                let mut new = bus.clone();
                new.id = ids.fresh();
                for effect in &mut new.mixer.inserts {
                    (effect.id, effect.key_from) = (ids.fresh(), None);
                }
                let id = new.id;
                edits.push(Edit::InsertBus { at, bus: Box::new(new) });
                at += 1;
                id
            });
            all.insert(bus.id, id);
        }
        all
    }

    /// The track that a sidechain listens to: the one of that part, or one there that fits.
    fn key(
        &self,
        world: &World,
        order: &Order,
        tracks: &[TrackId],
        key: TrackId,
    ) -> Option<TrackId> {
        let part = self.parts.iter().position(|part| part.track.id == key);
        match part {
            Some(part) => tracks.get(part).copied(),
            // Of all roles only the kick keys a part that was asked for without it.
            None => order.tracks.iter().copied().find(|id| suits(world, Role::Kick, *id)),
        }
    }
}

impl Proposed {
    /// The part's clip under a new id. On a new track, whose `effects` are those of the part under new
    /// ids, all movements come along; on one that is there only those of the instrument, if it is its `own`.
    fn clip(
        &self,
        id: ClipId,
        effects: Option<&BTreeMap<EffectId, EffectId>>,
        own: bool,
    ) -> Option<Clip> {
        let mut clip = self.track.clips.first()?.clone();
        clip.id = id;
        clip.automation.retain_mut(|lane| match (&mut lane.target, effects) {
            (AutomationTarget::Instrument(_), _) => own,
            (AutomationTarget::Volume | AutomationTarget::Pan, effects) => effects.is_some(),
            (AutomationTarget::Effect(effect, _), Some(effects)) => match effects.get(effect) {
                Some(new) => {
                    *effect = *new;
                    true
                }
                None => false,
            },
            _ => false,
        });
        Some(clip)
    }

    /// Whether a track has the part's own instrument.
    fn is_of(&self, world: &World, track: TrackId) -> bool {
        match (part::<TrackKind>(world, track), &self.track.kind) {
            (Ok(TrackKind::Instrument(there)), TrackKind::Instrument(own)) => {
                there.synth == own.synth
            }
            (Ok(TrackKind::Drums(there)), TrackKind::Drums(own)) => there == own,
            _ => false,
        }
    }

    /// Whether the part's clip may go onto a track: it has the same instrument, or one for its role.
    fn fits(&self, world: &World, track: TrackId) -> bool {
        self.is_of(world, track) || suits(world, self.role, track)
    }
}

/// Whether a track has an instrument for a role, by what track or instrument are called.
pub(super) fn suits(world: &World, role: Role, track: TrackId) -> bool {
    let (Ok(TrackKind::Instrument(instrument)), Ok(name)) =
        (part::<TrackKind>(world, track), part::<Name>(world, track))
    else {
        return false;
    };
    let holds = |text: &str| {
        let text = text.to_lowercase();
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        role.name().split(' ').all(|word| words.contains(&word))
    };
    holds(&instrument.synth) || holds(&name.0)
}

fn names(world: &World, tracks: &[TrackId]) -> Vec<String> {
    let name = |id: &TrackId| part::<Name>(world, *id).ok().map(|name| name.0.clone());
    tracks.iter().filter_map(name).collect()
}

/// The name, or with a number after it where it is taken.
pub(super) fn free_name(name: &str, taken: &[String]) -> String {
    let is_taken = |name: &str| taken.iter().any(|other| other.eq_ignore_ascii_case(name));
    if !is_taken(name) {
        return name.to_owned();
    }
    let mut numbered = (2..=taken.len() + 2).map(|n| format!("{name} {n}"));
    numbered.find(|name| !is_taken(name)).unwrap_or_else(|| name.to_owned())
}

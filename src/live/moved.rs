//! Values that controllers moved: by which names the document knows them, until it has them.

use super::gestures;
use crate::engine::plan::Target;
use crate::engine::prepare::Layout;
use crate::engine::sound::SoundFactory;
use crate::model::control::{MapTarget, Strip};
use crate::model::ids::EffectId;
use crate::model::mixer::{Db, Effect, MixerSettings};
use crate::model::patch::Patch;
use crate::model::project::Project;
use crate::model::track::{Instrument, PadSound, TrackKind};

/// A value that a controller moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// Later ones have larger numbers, from 1.
    pub serial: u64,
    /// Whose.
    pub strip: Strip,
    /// What of it.
    pub target: MapTarget,
    /// In its own unit; 0 or 1 for a switch.
    pub value: f32,
}

/// The latest move of every value that the document may not have taken in yet.
#[derive(Debug, Default)]
pub struct Moves {
    last: u64,
    open: Vec<Moved>,
}

impl Moves {
    /// A value was moved.
    pub fn add(&mut self, strip: Strip, target: MapTarget, value: f32) -> Moved {
        self.last += 1;
        let moved = Moved { serial: self.last, strip, target, value };
        self.open.retain(|m| (m.strip, &m.target) != (moved.strip, &moved.target));
        self.open.push(moved.clone());
        moved
    }

    /// The document has all moves up to this one.
    pub fn heard(&mut self, serial: u64) {
        self.open.retain(|m| m.serial > serial);
    }

    /// Keep what a document that was sent before it heard of the moves would move back. Gives the parts
    /// that are others now.
    pub fn hold(&self, project: &mut Project) -> Vec<Patch> {
        let held = self.open.iter().filter(|m| set(project, m.strip, &m.target, m.value));
        let mut strips: Vec<Strip> = held.map(|m| m.strip).collect();
        strips.dedup();
        let part = |strip: Strip| match strip {
            Strip::Track(id) => project.track(id).map(|t| Patch::Track(Box::new(t.clone()))),
            Strip::Bus(id) => project.bus(id).map(|b| Patch::Bus(Box::new(b.clone()))),
            Strip::Master | Strip::Cue => Some(Patch::Song(Box::new(project.song.clone()))),
        };
        strips.into_iter().filter_map(part).collect()
    }
}

/// What of the document a value of a node is; `None` for what the document does not hold.
pub fn find(
    project: &Project,
    layout: &Layout,
    factory: &dyn SoundFactory,
    node: u16,
    target: Target,
) -> Option<(Strip, MapTarget)> {
    if usize::from(node) == layout.cue() {
        return (target == Target::Volume).then_some((Strip::Cue, MapTarget::Volume));
    }
    let strip = Strip::from(gestures::strip(layout, node)?);
    let (mixer, kind) = parts(project, strip)?;
    let param = |sound: &str, index: u16| {
        let params = &factory.descriptor(sound)?.params;
        params.get(usize::from(index)).map(|p| p.name.clone())
    };
    let target = match target {
        Target::Volume => MapTarget::Volume,
        Target::Pan => MapTarget::Pan,
        Target::Mute => MapTarget::Mute,
        Target::Solo => MapTarget::Solo,
        Target::Send(place) => MapTarget::Send(mixer.sends.get(usize::from(place))?.bus),
        Target::Bypass(place) => MapTarget::Bypass(mixer.inserts.get(usize::from(place))?.id),
        Target::Insert { index, param: p } => {
            let effect = mixer.inserts.get(usize::from(index))?;
            MapTarget::Insert(effect.id, param(&effect.name, p)?)
        }
        Target::Sound { sound, param: p } => match kind? {
            TrackKind::Instrument(i) => MapTarget::Param(param(&i.synth, p)?),
            TrackKind::Drums(kit) => {
                let pad = kit.pads.get(usize::from(sound))?;
                let PadSound::Synth { instrument, .. } = &pad.sound else { return None };
                MapTarget::Pad(pad.note, param(&instrument.synth, p)?)
            }
            _ => return None,
        },
        _ => return None,
    };
    Some((strip, target))
}

/// A strip and what its track plays; `None` where there is none, and for the cue.
pub fn parts(project: &Project, strip: Strip) -> Option<(&MixerSettings, Option<&TrackKind>)> {
    match strip {
        Strip::Track(id) => project.track(id).map(|t| (&t.mixer, Some(&t.kind))),
        Strip::Bus(id) => project.bus(id).map(|b| (&b.mixer, None)),
        Strip::Master => Some((&project.song.master, None)),
        Strip::Cue => None,
    }
}

/// Let a project follow. `false` for what it does not hold.
pub fn set(project: &mut Project, strip: Strip, target: &MapTarget, value: f32) -> bool {
    place(project, strip, target, value).is_some()
}

fn place(p: &mut Project, strip: Strip, target: &MapTarget, value: f32) -> Option<()> {
    let (mixer, kind) = match strip {
        Strip::Track(id) => {
            let track = p.tracks.iter_mut().find(|t| t.id == id)?;
            (&mut track.mixer, Some(&mut track.kind))
        }
        Strip::Bus(id) => (&mut p.buses.iter_mut().find(|b| b.id == id)?.mixer, None),
        Strip::Master => (&mut p.song.master, None),
        Strip::Cue => {
            p.song.cue = Some(Db(value)).filter(|_| *target == MapTarget::Volume)?;
            return Some(());
        }
    };
    let on = value >= 0.5;
    match target {
        MapTarget::Volume => mixer.volume = Db(value),
        MapTarget::Pan => mixer.pan = value,
        MapTarget::Mute => mixer.mute = on,
        MapTarget::Solo => mixer.solo = on,
        MapTarget::Send(bus) => {
            mixer.sends.iter_mut().find(|s| s.bus == *bus)?.level = Db(value);
        }
        MapTarget::Bypass(id) => effect(mixer, *id)?.bypass = on,
        MapTarget::Insert(id, name) => {
            effect(mixer, *id)?.params.insert(name.clone(), value);
        }
        MapTarget::Param(name) => {
            let TrackKind::Instrument(instrument) = kind? else { return None };
            instrument.params.insert(name.clone(), value);
        }
        MapTarget::Pad(note, name) => {
            pad(kind?, *note)?.params.insert(name.clone(), value);
        }
        MapTarget::Cue => return None,
    }
    Some(())
}

fn effect(mixer: &mut MixerSettings, id: EffectId) -> Option<&mut Effect> {
    mixer.inserts.iter_mut().find(|e| e.id == id)
}

fn pad(kind: &mut TrackKind, note: u8) -> Option<&mut Instrument> {
    let TrackKind::Drums(kit) = kind else { return None };
    match &mut kit.pads.iter_mut().find(|pad| pad.note == note)?.sound {
        PadSound::Synth { instrument, .. } => Some(instrument),
        PadSound::Sample { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::BusId;
    use crate::model::time::{Bpm, TempoMap};

    #[test]
    fn a_move_is_held_until_the_document_has_heard_of_it() {
        let key = "F minor".parse().expect("a key");
        let tempo = TempoMap::constant(Bpm::from_milli(120_000));
        let sent = Project::new("set", tempo, key);
        let mut moves = Moves::default();
        moves.add(Strip::Master, MapTarget::Volume, -3.0);
        let last = moves.add(Strip::Master, MapTarget::Volume, -6.0);
        let cue = moves.add(Strip::Cue, MapTarget::Volume, -9.0);
        moves.add(Strip::Bus(BusId(7)), MapTarget::Pan, 1.0);

        let mut plays = sent.clone();
        let parts = moves.hold(&mut plays);
        assert_eq!((plays.song.master.volume, plays.song.cue), (Db(-6.0), Db(-9.0)));
        // The parts alone say the same; a bus that is gone is left out.
        let mut again = sent.clone();
        parts.into_iter().for_each(|part| part.apply(&mut again));
        assert_eq!(again, plays);

        // The document has the fader: what it says of it from then on counts.
        moves.heard(last.serial);
        let mut plays = sent.clone();
        moves.hold(&mut plays);
        assert_eq!((plays.song.master.volume, plays.song.cue), (Db(0.0), Db(-9.0)));
        moves.heard(cue.serial);
        let mut plays = sent.clone();
        assert_eq!((moves.hold(&mut plays), plays), (Vec::new(), sent));
    }
}

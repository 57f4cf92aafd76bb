//! From one state of a document to the next while it plays: what is exchanged, which values move.

use super::live_edit::inserts;
use super::plan::Target;
use super::prepare::{Engine, PrepareError, Samples};
use super::protocol::{Gesture, Swap};
use super::sound::SoundFactory;
use crate::model::mixer::{Effect, MixerSettings};
use crate::model::project::Project;
use crate::model::track::{Instrument, PadSound, Track, TrackKind};

/// Something to tell the callback so that it plays the next state.
#[allow(clippy::large_enum_variant, reason = "an edit has a handful, each used once")]
pub enum Step {
    /// A value that moves.
    Set(Gesture),
    /// A part that is exchanged.
    Swap(Swap),
}

/// All that leads from one state to the next.
pub struct Update {
    /// In order.
    pub steps: Vec<Step>,
    /// The state that plays once they are done: the new one, but for what could not be done.
    pub plays: Project,
    /// What could not be done, a sentence each; it plays on as it was.
    pub problems: Vec<String>,
}

impl Update {
    fn swap(&mut self, swap: Result<Option<Swap>, PrepareError>) -> bool {
        match swap {
            Ok(Some(swap)) => self.steps.push(Step::Swap(swap)),
            Ok(None) => {}
            Err(error) => {
                self.problems.push(format!("{error}; what plays goes on as it was"));
                return false;
            }
        }
        true
    }

    fn set(&mut self, node: usize, target: Target, value: f32) {
        self.steps.push(Step::Set(Gesture::Set { node: node as u16, target, value }));
    }
}

impl Engine {
    /// Prepare the way from `old`, which plays, to `new`. Steps have to be [sent](Engine::send_steps)
    /// in order, and before the next update, which starts from what this one says
    /// [plays](Update::plays). What could not be done is not tried again as long as the document asks
    /// for the same: `asked` is what the last update was for.
    pub fn update(
        &mut self,
        old: &Project,
        asked: &Project,
        new: &Project,
        factory: &dyn SoundFactory,
        samples: &Samples,
    ) -> Update {
        let (steps, problems) = Default::default();
        let mut update = Update { steps, problems, plays: new.clone() };
        let restaged = connections(old) != connections(new);
        if restaged && !update.swap(self.stage(old, new, factory, samples).map(Some)) {
            update.plays = old.clone();
            return update;
        }
        if !restaged && song(old) != song(new) {
            let swap = self.song_swap(new);
            update.steps.push(Step::Swap(swap));
        }
        for t in &new.tracks {
            let Some(before) = old.track(t.id) else { continue };
            let refused = || asked.track(t.id).is_some_and(|a| plays(asked, a) == plays(new, t));
            if plays(old, before) != plays(new, t)
                && (refused() || !update.swap(self.clips_swap(new, t.id, factory, samples)))
                && let Some(t) = update.plays.tracks.iter_mut().find(|p| p.id == t.id)
            {
                (t.clips, t.kind) = (before.clips.clone(), before.kind.clone());
            }
            sounds(before, t, self.layout.tracks[&t.id], factory, &mut update);
        }
        for (node, mixer, before) in strips(old, new, self) {
            let Some(before) = before else { continue };
            let (was, is) = (&before.inserts, &mixer.inserts);
            let refused = || strip(asked, new, node).is_some_and(|m| rack(&m.inserts) == rack(is));
            if rack(was) == rack(is) {
                effects(was, is, node, factory, &mut update);
            } else if inserts(new, node, self.layout.master()).is_some()
                && (refused() || !update.swap(self.rack_swap(new, node, factory)))
                && let Some(mixer) = mixer_mut(&mut update.plays, node)
            {
                mixer.inserts.clone_from(was);
            }
            levels(before, mixer, node, &mut update);
        }
        for bus in &new.buses {
            let before = old.bus(bus.id);
            if before.is_some_and(|b| b.solo_safe != bus.solo_safe) {
                let safe = f32::from(u8::from(bus.solo_safe));
                update.set(self.layout.buses[&bus.id], Target::SoloSafe, safe);
            }
        }
        if old.song.cue != new.song.cue {
            update.set(self.layout.cue(), Target::Volume, new.song.cue.0);
        }
        update
    }

    /// Send the steps of an update, and say by which numbers the journal will name its swaps, in
    /// order. What finds no room is a problem of the update.
    pub fn send_steps(&mut self, update: &mut Update) -> Vec<u32> {
        let mut serials = Vec::new();
        for step in update.steps.drain(..) {
            let sent = match step {
                Step::Set(gesture) => self.send(None, gesture),
                Step::Swap(swap) => self.send_swap(None, swap).map(|serial| serials.push(serial)),
            };
            if let Err(busy) = sent {
                update.problems.push(busy.to_string());
            }
        }
        serials
    }
}

/// What decides which nodes there are and how they are connected.
fn connections(p: &Project) -> impl PartialEq + use<'_> {
    let strip = |m: &MixerSettings| {
        let sends: Vec<_> = m.sends.iter().map(|s| (s.bus, s.pre)).collect();
        let keys: Vec<_> = m.inserts.iter().filter_map(|e| Some((e.id, e.key_from?))).collect();
        (sends, keys)
    };
    let tracks = p.tracks.iter();
    let tracks: Vec<_> =
        tracks.map(|t| (t.id, t.group, t.kind == TrackKind::Group, strip(&t.mixer))).collect();
    let buses: Vec<_> = p.buses.iter().map(|b| (b.id, strip(&b.mixer))).collect();
    (tracks, buses, strip(&p.song.master))
}

/// What belongs to no track and no strip.
fn song(p: &Project) -> impl PartialEq + use<'_> {
    let scenes: Vec<_> = p.scenes.iter().map(|s| (s.id, s.tempo, s.signature)).collect();
    let brace = p.arrangement.as_ref().and_then(|a| a.loop_brace);
    (&p.song.tempo, p.song.quantization, p.song.signature, p.song.seed, scenes, brace)
}

/// What a track plays. Values of its instrument's parameters are not part of it.
fn plays<'a>(p: &'a Project, t: &'a Track) -> impl PartialEq + use<'a> {
    let slots: Vec<_> = p.scenes.iter().map(|s| s.slots.get(&t.id).copied()).collect();
    let lane = p.arrangement.as_ref().map(|a| (a.lanes.get(&t.id), a.automation.get(&t.id)));
    let groove = (p.song.groove, p.song.groove_amount.to_bits(), &p.grooves);
    // Automation names sends and inserts by their places.
    let sends: Vec<_> = t.mixer.sends.iter().map(|s| s.bus).collect();
    let effects: Vec<_> = t.mixer.inserts.iter().map(|e| (e.id, &e.name)).collect();
    (slots, lane, groove, sends, effects, kind(&t.kind), &t.clips)
}

/// A kind without the values of an instrument's parameters.
fn kind(kind: &TrackKind) -> TrackKind {
    match kind {
        TrackKind::Instrument(i) => TrackKind::Instrument(bare(i)),
        TrackKind::Drums(kit) => {
            let mut kit = kit.clone();
            for pad in &mut kit.pads {
                if let PadSound::Synth { instrument, .. } = &mut pad.sound {
                    instrument.params.clear();
                }
            }
            TrackKind::Drums(kit)
        }
        other => other.clone(),
    }
}

fn bare(instrument: &Instrument) -> Instrument {
    Instrument { synth: instrument.synth.clone(), params: Default::default() }
}

/// Parameters of a track's instrument that moved.
fn sounds(old: &Track, new: &Track, node: usize, factory: &dyn SoundFactory, update: &mut Update) {
    let pairs: Vec<(&Instrument, &Instrument, usize)> = match (&old.kind, &new.kind) {
        (TrackKind::Instrument(was), TrackKind::Instrument(is)) => vec![(was, is, 0)],
        (TrackKind::Drums(was), TrackKind::Drums(is)) => {
            let pads = was.pads.iter().zip(&is.pads).enumerate();
            pads.filter_map(|(i, (was, is))| match (&was.sound, &is.sound) {
                (PadSound::Synth { instrument: a, .. }, PadSound::Synth { instrument: b, .. }) => {
                    Some((a, b, i))
                }
                _ => None,
            })
            .collect()
        }
        _ => return,
    };
    for (was, is, sound) in pairs.into_iter().filter(|(was, is, _)| was.synth == is.synth) {
        moved(&is.synth, &was.params, &is.params, factory, |param, value| {
            update.set(node, Target::Sound { sound: sound as u8, param }, value);
        });
    }
}

/// Parameters and bypasses of a rack's effects that moved.
fn effects(
    old: &[Effect],
    new: &[Effect],
    node: usize,
    factory: &dyn SoundFactory,
    update: &mut Update,
) {
    for (index, (was, is)) in old.iter().zip(new).enumerate() {
        let index = index as u8;
        if was.bypass != is.bypass {
            update.set(node, Target::Bypass(index), f32::from(u8::from(is.bypass)));
        }
        moved(&is.name, &was.params, &is.params, factory, |param, value| {
            update.set(node, Target::Insert { index, param }, value);
        });
    }
}

fn moved(
    name: &str,
    old: &std::collections::BTreeMap<String, f32>,
    new: &std::collections::BTreeMap<String, f32>,
    factory: &dyn SoundFactory,
    mut tell: impl FnMut(u16, f32),
) {
    if old == new {
        return;
    }
    let params = factory.descriptor(name).map(|d| d.params.as_slice()).unwrap_or_default();
    for (i, p) in params.iter().enumerate() {
        let (was, is) = (old.get(&p.name).copied(), new.get(&p.name).copied());
        if was != is {
            tell(i as u16, is.unwrap_or(p.default));
        }
    }
}

/// Values of a strip that moved.
fn levels(old: &MixerSettings, new: &MixerSettings, node: usize, update: &mut Update) {
    let flag = |on: bool| f32::from(u8::from(on));
    let values = [
        (Target::Volume, old.volume.0, new.volume.0),
        (Target::Pan, old.pan, new.pan),
        (Target::Mute, flag(old.mute), flag(new.mute)),
        (Target::Solo, flag(old.solo), flag(new.solo)),
    ];
    for (target, was, is) in values {
        if was != is {
            update.set(node, target, is);
        }
    }
    for (i, send) in new.sends.iter().enumerate() {
        let same = |s: &&crate::model::mixer::Send| s.bus == send.bus && s.pre == send.pre;
        let before = old.sends.iter().position(|s| same(&s));
        // One that is new to its place was made at its level.
        if before == Some(i) && old.sends[i].level != send.level {
            update.set(node, Target::Send(i as u8), send.level.0);
        }
    }
}

/// What decides which sounds stand in a rack.
fn rack(list: &[Effect]) -> impl PartialEq + use<'_> {
    list.iter().map(|e| (e.id, &e.name, e.plugin, &e.state)).collect::<Vec<_>>()
}

fn mixer_mut(p: &mut Project, node: usize) -> Option<&mut MixerSettings> {
    let tracks = p.tracks.iter_mut().map(|t| &mut t.mixer);
    let mut all = tracks.chain(p.buses.iter_mut().map(|b| &mut b.mixer));
    all.nth(node).or(Some(&mut p.song.master))
}

/// Every strip of `new` with its node, and as it was in `old`.
fn strips<'a>(
    old: &'a Project,
    new: &'a Project,
    engine: &Engine,
) -> Vec<(usize, &'a MixerSettings, Option<&'a MixerSettings>)> {
    let tracks = new.tracks.iter().map(|t| &t.mixer);
    let buses = new.buses.iter().map(|b| &b.mixer);
    let nodes = tracks.chain(buses).enumerate();
    let nodes = nodes.chain([(engine.layout.master(), &new.song.master)]);
    nodes.map(|(node, mixer)| (node, mixer, strip(old, new, node))).collect()
}

/// The strip of `new`'s node as it is in another state of the document.
fn strip<'a>(other: &'a Project, new: &Project, node: usize) -> Option<&'a MixerSettings> {
    match (new.tracks.get(node), node.checked_sub(new.tracks.len())) {
        (Some(track), _) => other.track(track.id).map(|t| &t.mixer),
        (None, Some(bus)) if bus < new.buses.len() => {
            other.bus(new.buses[bus].id).map(|b| &b.mixer)
        }
        _ => Some(&other.song.master),
    }
}

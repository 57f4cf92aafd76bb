//! One track of a project → its voices and the plans of its clips.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::clock::Pos;
use super::plan::{
    ClipPlan, EventKind, PlacedClip, PlanEvent, PlanLane, PlanSlot, Target, TrackClips,
};
use super::prepare::{PrepareError, Samples};
use super::samples::{Sample, SampleKeeper, SampleSpec, sample_bank};
use super::sound::{SoundFactory, SoundSpec};
use super::track_voices::{NO_SOUND, SoundSource, TrackSound, TrackVoices};
use crate::model::automation::{AutomationLane, AutomationTarget};
use crate::model::clip::{AudioClip, Clip, ClipContent, WarpMode};
use crate::model::groove::GrooveTemplate;
use crate::model::ids::ClipId;
use crate::model::mixer::MixerSettings;
use crate::model::project::Project;
use crate::model::sample::SamplePath;
use crate::model::sound::VoiceMode;
use crate::model::time::Ticks;
use crate::model::track::{Instrument, Kit, PadSound, Track, TrackKind};

/// What a track's names are looked up in.
pub struct Resolver<'a> {
    /// The project.
    pub project: &'a Project,
    /// Sounds.
    pub factory: &'a dyn SoundFactory,
    /// Decoded samples.
    pub samples: &'a Samples,
    /// Frames per second.
    pub rate: u32,
}

/// What a track's voices are made from.
pub struct Parts {
    sounds: Vec<TrackSound>,
    synths: Vec<SoundSpec>,
    samples: Vec<SampleSpec>,
    map: [u16; 128],
    /// The voices made from them have crashed.
    pub(super) broken: bool,
}

/// Voices, and the half that keeps them supplied.
pub type Built = (Option<TrackVoices>, Option<SampleKeeper>);

impl Parts {
    /// Whether voices made from `other` can play what was planned with these. Values of parameters
    /// do not count: they are set on the voices there are.
    pub fn fit(&self, other: &Parts) -> bool {
        let names = |p: &Parts| p.synths.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
        let same = |(a, b): (&SampleSpec, &SampleSpec)| a.is_same(b);
        !other.broken
            && self.sounds == other.sounds
            && self.map == other.map
            && names(self) == names(other)
            && self.samples.len() == other.samples.len()
            && self.samples.iter().zip(&other.samples).all(same)
    }

    /// Make the voices.
    ///
    /// # Errors
    /// A sound that is broken.
    pub fn voices(&self, track: &Track, r: &Resolver) -> Result<Built, PrepareError> {
        if self.sounds.is_empty() {
            return Ok((None, None));
        }
        let synth = if self.synths.is_empty() {
            None
        } else {
            let voices = r.factory.voices(&self.synths, r.rate);
            let place = format!("track '{}'", track.name);
            Some(voices.map_err(|cause| PrepareError::Sound { place, cause })?)
        };
        let (bank, keeper) = if self.samples.is_empty() {
            (None, None)
        } else {
            let (bank, keeper) = sample_bank(self.samples.clone(), r.rate);
            (Some(bank), Some(keeper))
        };
        let voices = TrackVoices::new(synth, bank, self.sounds.clone(), self.map);
        Ok((Some(voices.late_by(r.factory.voice_latency())), keeper))
    }
}

/// Plan a track's clips, and say what its voices are made from.
///
/// # Errors
/// A sound or sample that is missing or broken.
pub fn plan(track: &Track, r: &Resolver) -> Result<(Parts, TrackClips), PrepareError> {
    let mut sounds = Sounds::new(track, r);
    match &track.kind {
        TrackKind::Instrument(instrument) => sounds.instrument(instrument)?,
        TrackKind::Drums(kit) => sounds.kit(kit)?,
        TrackKind::Audio | TrackKind::Group => {}
    }
    let mut plans = BTreeMap::new();
    for clip in track.clips.iter().filter(|c| !c.muted) {
        plans.insert(clip.id, Arc::new(plan_clip(clip, track, r, &mut sounds)?));
    }
    let clips = track_clips(track, r, &plans);
    let Sounds { sounds, synths, samples, map, .. } = sounds;
    Ok((Parts { sounds, synths, samples, map, broken: false }, clips))
}

/// Collects what a track can play.
struct Sounds<'a> {
    track: &'a Track,
    r: &'a Resolver<'a>,
    sounds: Vec<TrackSound>,
    synths: Vec<SoundSpec>,
    samples: Vec<SampleSpec>,
    map: [u16; 128],
    /// Choke groups that SynthDefs name, numbered above those a kit can name.
    chokes: Vec<String>,
}

impl<'a> Sounds<'a> {
    fn new(track: &'a Track, r: &'a Resolver<'a>) -> Self {
        let map = [NO_SOUND; 128];
        let (sounds, synths, samples, chokes) = Default::default();
        Sounds { track, r, sounds, synths, samples, map, chokes }
    }

    fn synth(&mut self, instrument: &Instrument, gain: f32) -> Result<TrackSound, PrepareError> {
        let fail =
            |cause| PrepareError::Sound { place: format!("track '{}'", self.track.name), cause };
        let name = &instrument.synth;
        let unknown = || fail(super::sound::SoundError::Unknown(name.clone()));
        let descriptor = self.r.factory.descriptor(name).ok_or_else(unknown)?;
        let choke = descriptor.choke.as_ref().map(|group| {
            let known = self.chokes.iter().position(|c| c == group);
            let index = known.unwrap_or_else(|| {
                self.chokes.push(group.clone());
                self.chokes.len() - 1
            });
            255 - index.min(100) as u8
        });
        let limit = match descriptor.voice {
            VoiceMode::Mono => 1,
            mode => mode.limit() as u8,
        };
        let source = SoundSource::Synth(self.synths.len() as u8);
        self.synths.push(SoundSpec { name: name.clone(), params: instrument.params.clone() });
        Ok(TrackSound { source, limit, choke, pitch: None, gain, gated: true })
    }

    fn instrument(&mut self, instrument: &Instrument) -> Result<(), PrepareError> {
        let sound = self.synth(instrument, 1.0)?;
        self.sounds.push(sound);
        self.map = [0; 128];
        Ok(())
    }

    fn kit(&mut self, kit: &Kit) -> Result<(), PrepareError> {
        for pad in &kit.pads {
            let gain = pad.gain.gain();
            let mut sound = match &pad.sound {
                PadSound::Synth { instrument, pitch } => {
                    TrackSound { pitch: Some(*pitch), ..self.synth(instrument, gain)? }
                }
                PadSound::Sample { path, pitch, gated } => {
                    let sample = self.sample(path)?;
                    let range = (0, sample.frames.len());
                    let spec = SampleSpec { sample, range, pitch: *pitch, gain, follow_bpm: None };
                    // The pad's gain is in the sample's own.
                    TrackSound { gated: *gated, ..self.add_sample(spec, 16) }
                }
            };
            sound.choke = pad.choke.or(sound.choke);
            self.map[usize::from(pad.note & 127)] = self.sounds.len() as u16;
            self.sounds.push(sound);
        }
        Ok(())
    }

    fn sample(&self, path: &SamplePath) -> Result<Sample, PrepareError> {
        self.r.samples.get(path).cloned().ok_or_else(|| PrepareError::Sample {
            track: self.track.name.clone(),
            path: path.clone(),
        })
    }

    fn add_sample(&mut self, spec: SampleSpec, limit: u8) -> TrackSound {
        let source = SoundSource::Sample(self.samples.len() as u16);
        self.samples.push(spec);
        TrackSound { source, limit, choke: None, pitch: None, gain: 1.0, gated: true }
    }

    /// A stretch of a recording in a clip; all of a track's stretches cut each other.
    fn stretch(&mut self, spec: SampleSpec) -> u16 {
        let sound = TrackSound { choke: Some(0), ..self.add_sample(spec, 1) };
        self.sounds.push(sound);
        self.sounds.len() as u16 - 1
    }
}

fn plan_clip(
    clip: &Clip,
    track: &Track,
    r: &Resolver,
    sounds: &mut Sounds,
) -> Result<ClipPlan, PrepareError> {
    let (first_end, loop_start) = ClipPlan::brace(clip.loop_brace, Pos::from(clip.length));
    let mut events = match &clip.content {
        ClipContent::Midi(midi) => {
            let groove = groove(clip, r.project);
            let notes = midi.notes.iter().filter(|n| Pos::from(n.start) < first_end);
            notes
                .map(|n| {
                    let (start, velocity) = groove.map_or((n.start, n.velocity), |(g, amount)| {
                        g.apply(n.start, n.velocity, amount)
                    });
                    PlanEvent {
                        at: wrap(Pos::from(start), first_end, loop_start),
                        length: Pos::from(n.length),
                        kind: EventKind::Note { pitch: n.pitch, velocity },
                        probability: n.probability,
                        id: n.id.0,
                    }
                })
                .collect()
        }
        ClipContent::Audio(audio) => plan_audio(clip, audio, first_end, sounds)?,
    };
    events.sort_by_key(|e| e.at);
    let loop_first = loop_start.map_or(0, |start| events.partition_point(|e| e.at < start));
    let lanes = clip.automation.iter().filter_map(|lane| plan_lane(lane, track, r)).collect();
    let launch = clip.launch.clone();
    Ok(ClipPlan { id: clip.id, events, first_end, loop_start, loop_first, launch, lanes })
}

fn groove<'a>(clip: &Clip, project: &'a Project) -> Option<(&'a GrooveTemplate, f32)> {
    let song = project.song.groove.map(|id| (id, project.song.groove_amount));
    let (id, amount) = clip.groove.or(song)?;
    project.grooves.iter().find(|g| g.id == id).map(|g| (g, amount))
}

/// A note that a groove pulls before the clip's start comes at the end of the time round before.
fn wrap(at: Pos, end: Pos, loop_start: Option<Pos>) -> Pos {
    if at >= Pos::ZERO {
        return at;
    }
    let length = end - loop_start.unwrap_or(Pos::ZERO);
    (at + length).max(Pos::ZERO) + loop_start.unwrap_or(Pos::ZERO)
}

fn plan_audio(
    clip: &Clip,
    audio: &AudioClip,
    end: Pos,
    sounds: &mut Sounds,
) -> Result<Vec<PlanEvent>, PrepareError> {
    let sample = sounds.sample(&audio.sample)?;
    let frames = sample.frames.len();
    let spec = |range: (usize, usize)| SampleSpec {
        sample: sample.clone(),
        range,
        pitch: audio.pitch,
        gain: audio.gain.gain(),
        follow_bpm: match audio.warp {
            WarpMode::Rate => audio.source_bpm.map(|b| b.get()),
            WarpMode::Off | WarpMode::Sliced => None,
        },
    };
    let event = |at: Pos, to: Pos, sound: u16| PlanEvent {
        at,
        length: to - at,
        kind: EventKind::Audio { sound },
        probability: 100,
        id: u32::from(sound),
    };
    if audio.warp != WarpMode::Sliced || audio.markers.is_empty() {
        let sound = sounds.stretch(spec((0, frames)));
        return Ok(vec![event(Pos::ZERO, end, sound)]);
    }
    let mut events = Vec::with_capacity(audio.markers.len());
    for (i, marker) in audio.markers.iter().enumerate() {
        let next = audio.markers.get(i + 1);
        let to = next.map_or(clip.length, |m| m.at);
        let until = next.map_or(frames, |m| m.frame as usize).min(frames);
        let from = (marker.frame as usize).min(until);
        if from < until && marker.at >= Ticks::ZERO {
            let sound = sounds.stretch(spec((from, until)));
            events.push(event(Pos::from(marker.at), Pos::from(to), sound));
        }
    }
    Ok(events)
}

fn plan_lane(lane: &AutomationLane, track: &Track, r: &Resolver) -> Option<PlanLane> {
    let target = resolve(&lane.target, track, r)?;
    let points = lane.points.iter().map(|p| (Pos::from(p.at), p.value, p.hold)).collect();
    Some(PlanLane { target, points })
}

/// A lane's target as the engine addresses it; `None` when what it names is gone.
fn resolve(target: &AutomationTarget, track: &Track, r: &Resolver) -> Option<Target> {
    let mixer: &MixerSettings = &track.mixer;
    let param = |name: &str, param: &str| {
        let params = &r.factory.descriptor(name)?.params;
        params.iter().position(|p| p.name == param).map(|i| i as u16)
    };
    Some(match target {
        AutomationTarget::Volume => Target::Volume,
        AutomationTarget::Pan => Target::Pan,
        AutomationTarget::Send(bus) => {
            Target::Send(mixer.sends.iter().position(|s| s.bus == *bus)? as u8)
        }
        AutomationTarget::Instrument(name) => match &track.kind {
            TrackKind::Instrument(i) => Target::Sound { sound: 0, param: param(&i.synth, name)? },
            _ => return None,
        },
        AutomationTarget::Effect(id, name) => {
            let index = mixer.inserts.iter().position(|e| e.id == *id)?;
            let param = param(&mixer.inserts[index].name, name)?;
            Target::Insert { index: index as u8, param }
        }
    })
}

fn track_clips(track: &Track, r: &Resolver, plans: &BTreeMap<ClipId, Arc<ClipPlan>>) -> TrackClips {
    let slot = |scene: &crate::model::scene::Scene| {
        let slot = scene.slots.get(&track.id).copied().unwrap_or_default();
        let clip = slot.clip.and_then(|id| plans.get(&id).cloned());
        PlanSlot { clip, stop: slot.stop_button }
    };
    let slots = r.project.scenes.iter().map(slot).collect();
    let Some(arrangement) = &r.project.arrangement else {
        return TrackClips { slots, ..TrackClips::default() };
    };
    let placed = arrangement.lanes.get(&track.id).into_iter().flatten().filter_map(|i| {
        let at = Pos::from(i.at);
        Some(PlacedClip {
            at,
            end: at + Pos::from(i.length),
            offset: Pos::from(i.offset),
            clip: plans.get(&i.clip).cloned()?,
        })
    });
    let automation = arrangement.automation.get(&track.id).into_iter().flatten();
    TrackClips {
        slots,
        lane: placed.collect(),
        lane_automation: automation.filter_map(|lane| plan_lane(lane, track, r)).collect(),
    }
}

//! The OSC score of a render: what the SynthDef tracks played, as `scsynth -N` reads it.
//!
//! [`ScoreFactory`] stands in for the embedded factory of an offline render: the voices play as ever,
//! and all that is sent to them is written down with its frame. The score holds just these voices,
//! dry, each track on a pair of channels of its own; samples, effects and the mixer are not in it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rosc::{OscBundle, OscMessage, OscPacket, OscTime, OscType};

use super::embedded::EmbeddedFactory;
use super::library::{Library, Sound};
use super::units::NOT_IN_SCSYNTH;
use crate::engine::block::{BLOCK, StereoBlock};
use crate::engine::sound::{Insert, SoundError, SoundFactory, SoundSpec, VoiceStart, Voices};
use crate::model::project::Project;
use crate::model::sound::SoundDescriptor;
use crate::model::track::{PadSound, Track, TrackKind};

/// Node id of the first track's group; the others follow.
const FIRST_GROUP: i32 = 1000;
/// Node id of the first voice: far above any group.
const FIRST_NODE: i32 = 100_000;

/// Why a score cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScoreError {
    /// No track plays a SynthDef.
    #[error("there is nothing to put in a score: no track of this render plays a SynthDef")]
    Empty,
    /// scsynth lacks a unit of it.
    #[error("scsynth cannot play the sound '{sound}': it has no unit '{unit}'")]
    Unit {
        /// SynthDef name.
        sound: String,
        /// Unit name.
        unit: String,
    },
    /// It cannot be sent to a track's channels.
    #[error("the sound '{0}' has no control 'out': a score cannot give it channels of its own")]
    NoOut(String),
    /// A message that OSC cannot carry.
    #[error("the score cannot be encoded: {0}")]
    Encode(String),
}

/// A score, ready to be written to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// The file: each bundle after its length.
    pub bytes: Vec<u8>,
    /// Pairs of channels, in the order of [`score_tracks`].
    pub tracks: usize,
    /// Notes.
    pub notes: usize,
    /// Frames per second for which the frames are exact.
    pub rate: u32,
}

impl Score {
    /// The arguments with which scsynth plays the score file `score` into the WAV file `wav`.
    pub fn scsynth_args(&self, score: &str, wav: &str) -> Vec<String> {
        let channels = (2 * self.tracks).to_string();
        let buses = (2 * self.tracks + 64).to_string();
        // Wires, nodes and memory for the largest sounds and the most voices tracks may have.
        let room = ["-w", "1024", "-n", "16384", "-m", "262144", "-i", "0"];
        let rate = self.rate.to_string();
        let file = ["-N", score, "_", wav, &rate, "WAV", "float"];
        let args = ["-o", &channels, "-a", &buses].into_iter().chain(room).chain(file);
        args.map(str::to_owned).collect()
    }
}

/// The tracks whose notes a score holds, in the order of its pairs of channels.
pub fn score_tracks(project: &Project) -> impl Iterator<Item = &Track> {
    project.tracks.iter().filter(|track| match &track.kind {
        TrackKind::Instrument(_) => true,
        TrackKind::Drums(kit) => {
            kit.pads.iter().any(|pad| matches!(pad.sound, PadSound::Synth { .. }))
        }
        TrackKind::Audio | TrackKind::Group => false,
    })
}

/// The embedded factory with an ear: plays as it does and takes down a score.
///
/// For one offline render only: its voices allocate as the score grows.
pub struct ScoreFactory {
    library: Arc<Library>,
    embedded: EmbeddedFactory,
    tracks: Mutex<Vec<Arc<Mutex<TrackLog>>>>,
}

impl ScoreFactory {
    /// A factory for the sounds of `library`, with an empty score.
    pub fn new(library: Arc<Library>) -> Self {
        let embedded = EmbeddedFactory::new(Arc::clone(&library));
        ScoreFactory { library, embedded, tracks: Mutex::new(Vec::new()) }
    }

    /// The score of what was played since this factory was made, `frames` long.
    ///
    /// # Errors
    /// No SynthDef was there to play, or scsynth cannot play one of them.
    pub fn score(&self, frames: u64) -> Result<Score, ScoreError> {
        let logs = lock(&self.tracks);
        let logs: Vec<_> = logs.iter().map(|log| lock(log)).collect();
        let rate = logs.first().ok_or(ScoreError::Empty)?.rate;
        let mut score = Vec::new();
        let mut names: Vec<&str> = logs.iter().flat_map(|l| &l.sounds).map(|s| &**s).collect();
        names.sort_unstable();
        names.dedup();
        for sound in names.into_iter().filter_map(|name| self.library.get(name)) {
            let receive = message("/d_recv", vec![OscType::Blob(playable(sound)?.bytes.clone())]);
            push(&mut score, TagAt::BEGINNING, vec![receive])?;
        }
        let groups = (0..logs.len() as i32).flat_map(|i| [FIRST_GROUP + i, 1, 0]);
        let groups = message("/g_new", groups.map(OscType::Int).collect());
        push(&mut score, TagAt::BEGINNING, vec![groups])?;

        // By time, then by track, then as it happened: a stable sort keeps the last of these.
        let mut lines: Vec<(u64, usize, &Line)> = Vec::new();
        for (track, log) in logs.iter().enumerate() {
            lines.extend(log.lines.iter().map(|(frame, line)| (*frame, track, line)));
        }
        lines.sort_by_key(|(frame, track, _)| (*frame, *track));
        let mut nodes = vec![std::collections::HashMap::new(); logs.len()];
        let mut notes = 0;
        for at_once in lines.chunk_by(|a, b| a.0 == b.0).filter(|l| l[0].0 < frames) {
            let mut messages = Vec::with_capacity(at_once.len());
            for (_, track, line) in at_once {
                let text = |s: &str| OscType::String(s.to_owned());
                match line {
                    Line::Start { voice, sound, controls } => {
                        let node = FIRST_NODE + notes;
                        notes += 1;
                        nodes[*track].insert(*voice, node);
                        let group = FIRST_GROUP + *track as i32;
                        let mut args = vec![text(sound)];
                        args.extend([node, 1, group].map(OscType::Int));
                        args.extend([text("out"), OscType::Int(2 * *track as i32)]);
                        for (control, value) in controls {
                            args.extend([text(control), OscType::Float(*value)]);
                        }
                        messages.push(message("/s_new", args));
                    }
                    Line::Set { voice, control, value } => {
                        if let Some(node) = nodes[*track].get(voice) {
                            let args =
                                vec![OscType::Int(*node), text(control), OscType::Float(*value)];
                            messages.push(message("/n_set", args));
                        }
                    }
                }
            }
            push(&mut score, TagAt::frame(at_once[0].0, rate), messages)?;
        }
        // scsynth stops at the last bundle, whatever it says.
        let end = message("/g_dumpTree", vec![OscType::Int(0), OscType::Int(0)]);
        push(&mut score, TagAt::frame(frames, rate), vec![end])?;
        Ok(Score { bytes: score, tracks: logs.len(), notes: notes as usize, rate })
    }
}

impl SoundFactory for ScoreFactory {
    fn descriptor(&self, name: &str) -> Option<&SoundDescriptor> {
        self.embedded.descriptor(name)
    }

    fn voices(&self, specs: &[SoundSpec], rate: u32) -> Result<Box<dyn Voices>, SoundError> {
        let inner = self.embedded.voices(specs, rate)?;
        let sounds = specs.iter().filter_map(|spec| Some((self.library.get(&spec.name)?, spec)));
        let sounds: Vec<Setting> = sounds.map(|(sound, spec)| Setting::new(sound, spec)).collect();
        let log = Arc::new(Mutex::new(TrackLog {
            rate,
            sounds: sounds.iter().map(|s| Arc::clone(&s.name)).collect(),
            lines: Vec::new(),
        }));
        lock(&self.tracks).push(Arc::clone(&log));
        let (alive, late) = (Vec::new(), Vec::new());
        Ok(Box::new(Recorder { inner, sounds, log, block: 0, bpm: 120.0, alive, late }))
    }

    fn insert(&self, spec: &SoundSpec, rate: u32) -> Result<Box<dyn Insert>, SoundError> {
        self.embedded.insert(spec, rate)
    }
}

/// A panic elsewhere leaves a log that is merely short.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sound, if scsynth has all its units and it can be sent to channels of its own.
pub(super) fn playable(sound: &Sound) -> Result<&Sound, ScoreError> {
    let unit = sound.def.units.iter().find(|u| NOT_IN_SCSYNTH.contains(&u.name.as_str()));
    let name = &sound.descriptor.name;
    match unit {
        Some(unit) => Err(ScoreError::Unit { sound: name.clone(), unit: unit.name.clone() }),
        None if sound.def.param_index("out").is_none() => Err(ScoreError::NoOut(name.clone())),
        None => Ok(sound),
    }
}

fn message(addr: &str, args: Vec<OscType>) -> OscPacket {
    OscPacket::Message(OscMessage { addr: addr.to_owned(), args })
}

fn push(score: &mut Vec<u8>, at: TagAt, content: Vec<OscPacket>) -> Result<(), ScoreError> {
    let timetag = OscTime { seconds: (at.0 >> 32) as u32, fractional: at.0 as u32 };
    let bundle = OscPacket::Bundle(OscBundle { timetag, content });
    let bytes = rosc::encoder::encode(&bundle).map_err(|e| ScoreError::Encode(e.to_string()))?;
    let length = i32::try_from(bytes.len()).map_err(|e| ScoreError::Encode(e.to_string()))?;
    score.extend_from_slice(&length.to_be_bytes());
    score.extend_from_slice(&bytes);
    Ok(())
}

/// A time tag: units of 2⁻³² s since the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct TagAt(u64);

impl TagAt {
    const BEGINNING: TagAt = TagAt(0);

    /// The time tag that `scsynth -N` reads as exactly `frame`.
    ///
    /// Its clock (`World_NonRealTimeSynthesis` in SC_World.cpp) adds a whole number of units a block,
    /// so blocks start where this sum says and not at frame / rate. A bundle at the very end of a
    /// block still belongs to that block, as its last frame; so the first frame of a block is asked
    /// for a hair late. Within a block offsets are rounded to the nearest frame.
    fn frame(frame: u64, rate: u32) -> TagAt {
        let unit = 4_294_967_296.0 / f64::from(rate);
        let block = BLOCK as u64;
        let start = (frame / block) * ((BLOCK as f64 * unit) as u64);
        TagAt(start + ((frame % block) as f64 * unit).round().max(2.0) as u64)
    }
}

/// What happened to the voices of one track.
struct TrackLog {
    rate: u32,
    sounds: Vec<Arc<str>>,
    lines: Vec<(u64, Line)>,
}

enum Line {
    Start { voice: u32, sound: Arc<str>, controls: Vec<(Arc<str>, f32)> },
    Set { voice: u32, control: Arc<str>, value: f32 },
}

/// One of a track's sounds as it is set now.
pub(super) struct Setting {
    pub(super) name: Arc<str>,
    pub(super) gate: bool,
    pub(super) freq: bool,
    pub(super) vel: bool,
    pub(super) bpm: bool,
    pub(super) params: Vec<(Arc<str>, f32)>,
    pub(super) limits: Vec<(f32, f32)>,
}

impl Setting {
    /// As `spec` sets it.
    pub(super) fn new(sound: &Sound, spec: &SoundSpec) -> Self {
        let has = |control: &str| sound.def.param_index(control).is_some();
        let params = &sound.descriptor.params;
        let value = |p: &crate::model::sound::ParamDescriptor| {
            spec.params.get(&p.name).map_or(p.default, |v| p.clamp(*v))
        };
        Setting {
            name: sound.descriptor.name.as_str().into(),
            gate: has("gate"),
            freq: has("freq"),
            vel: has("vel"),
            bpm: has("bpm"),
            params: params.iter().map(|p| (p.name.as_str().into(), value(p))).collect(),
            limits: params.iter().map(|p| (p.min, p.max)).collect(),
        }
    }
}

struct Alive {
    voice: u32,
    sound: usize,
    /// Block it was started in.
    born: u64,
}

/// Voices that write down what they are told, by the embedded voices' own rules: what is not
/// stamped takes effect at the start of the block, and a voice hears nothing in the block it starts.
struct Recorder {
    inner: Box<dyn Voices>,
    sounds: Vec<Setting>,
    log: Arc<Mutex<TrackLog>>,
    /// Blocks rendered.
    block: u64,
    bpm: f32,
    alive: Vec<Alive>,
    /// Gates of voices that start in this very block: a block later.
    late: Vec<(u32, f32)>,
}

impl Recorder {
    fn note(&self, offset: u8, line: Line) {
        let frame = self.block * BLOCK as u64 + u64::from(offset);
        lock(&self.log).lines.push((frame, line));
    }

    fn gate(&mut self, voice: u32, value: f32) {
        let Some(alive) = self.alive.iter().find(|a| a.voice == voice) else { return };
        if alive.born == self.block {
            self.late.push((voice, value));
        } else if self.sounds[alive.sound].gate {
            self.note(0, Line::Set { voice, control: "gate".into(), value });
        }
    }

    /// Tell all voices of a sound that were there before this block.
    fn tell(&self, sound: usize, control: &Arc<str>, value: f32) {
        for alive in self.alive.iter().filter(|a| a.sound == sound && a.born != self.block) {
            let control = Arc::clone(control);
            self.note(0, Line::Set { voice: alive.voice, control, value });
        }
    }
}

impl Voices for Recorder {
    fn start(&mut self, start: VoiceStart) -> bool {
        if !self.inner.start(start) {
            return false;
        }
        let Some(sound) = self.sounds.get(usize::from(start.sound)) else { return false };
        let own = [
            (sound.freq, "freq", start.freq),
            (sound.vel, "vel", start.velocity),
            (sound.bpm, "bpm", self.bpm),
        ];
        let own = own.into_iter().filter(|(has, ..)| *has).map(|(_, name, v)| (name.into(), v));
        let controls = own.chain(sound.params.iter().cloned()).collect();
        let (voice, name) = (start.voice, Arc::clone(&sound.name));
        self.note(start.offset, Line::Start { voice, sound: name, controls });
        self.alive.push(Alive { voice, sound: usize::from(start.sound), born: self.block });
        true
    }

    fn release(&mut self, voice: u32) {
        self.inner.release(voice);
        self.gate(voice, 0.0);
    }

    fn cut(&mut self, voice: u32, seconds: f32) {
        self.inner.cut(voice, seconds);
        self.gate(voice, -1.0 - seconds.max(0.0));
    }

    fn set_param(&mut self, sound: u8, param: u16, value: f32) {
        self.inner.set_param(sound, param, value);
        let (sound, param) = (usize::from(sound), usize::from(param));
        let Some(setting) = self.sounds.get_mut(sound) else { return };
        let (Some((control, now)), Some((min, max))) =
            (setting.params.get_mut(param), setting.limits.get(param))
        else {
            return;
        };
        if value.is_finite() && *now != value.clamp(*min, *max) {
            *now = value.clamp(*min, *max);
            let (control, value) = (Arc::clone(control), *now);
            self.tell(sound, &control, value);
        }
    }

    fn set_tempo(&mut self, bpm: f32) {
        self.inner.set_tempo(bpm);
        self.bpm = bpm;
        let control: Arc<str> = "bpm".into();
        for sound in (0..self.sounds.len()).filter(|i| self.sounds[*i].bpm) {
            self.tell(sound, &control, bpm);
        }
    }

    fn render(&mut self, out: &mut StereoBlock) {
        self.inner.render(out);
        self.block += 1;
        for (voice, value) in std::mem::take(&mut self.late) {
            self.gate(voice, value);
        }
    }

    fn next_ended(&mut self) -> Option<u32> {
        let voice = self.inner.next_ended()?;
        self.alive.retain(|a| a.voice != voice);
        Some(voice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Block and offset that `scsynth -N` gives each time tag, as SC_World.cpp computes them.
    fn read(tags: &[TagAt], rate: u32) -> Vec<u64> {
        let per_unit = f64::from(rate) / 4_294_967_296.0;
        let per_block = (BLOCK as f64 / per_unit) as i64;
        let (mut now, mut block) = (0i64, 0u64);
        let read = tags.iter().map(|tag| {
            while tag.0 as i64 > now + per_block {
                now += per_block;
                block += 1;
            }
            let offset = ((tag.0 as i64 - now) as f64 * per_unit + 0.5) as f32;
            block * BLOCK as u64 + (offset.floor() as u64).min(BLOCK as u64 - 1)
        });
        read.collect()
    }

    #[test]
    fn time_tags_are_exact_frames() {
        for rate in [44_100, 48_000, 88_200, 96_000] {
            let hour = u64::from(rate) * 3600;
            let frames: Vec<u64> = (0..500).chain(hour..hour + 500).collect();
            let tags: Vec<TagAt> = frames.iter().map(|f| TagAt::frame(*f, rate)).collect();
            assert_eq!(read(&tags, rate), frames, "{rate} Hz");
        }
    }

    #[test]
    fn a_score_of_nothing_is_refused_with_a_sentence() {
        let factory = ScoreFactory::new(Arc::new(Library::built_in()));
        assert_eq!(factory.score(100), Err(ScoreError::Empty));
    }

    #[test]
    fn sounds_of_units_scsynth_lacks_are_named() {
        let library = Library::built_in();
        let error = playable(library.get("fx_limiter").unwrap()).unwrap_err();
        assert!(error.to_string().contains("'HcLimiter'"), "{error}");
        let instruments = library
            .iter()
            .filter(|s| s.descriptor.kind == crate::model::sound::SoundKind::Instrument);
        for sound in instruments {
            assert!(playable(sound).is_ok(), "{}", sound.descriptor.name);
        }
    }

    #[test]
    fn a_voice_hears_nothing_in_the_block_it_starts() {
        let factory = ScoreFactory::new(Arc::new(Library::built_in()));
        let spec = SoundSpec { name: "hoover".into(), params: Default::default() };
        let mut voices = factory.voices(&[spec], 48_000).unwrap();
        let mut out = StereoBlock::SILENT;
        voices.render(&mut out);
        let start = VoiceStart { voice: 7, sound: 0, offset: 9, freq: 220.0, velocity: 0.5 };
        assert!(voices.start(start));
        voices.cut(7, 0.003);
        voices.set_param(0, 0, 0.123);
        voices.render(&mut out);
        voices.set_tempo(99.0);
        let logs = lock(&factory.tracks);
        let log = lock(&logs[0]);
        let told: Vec<(u64, String, f32)> = log
            .lines
            .iter()
            .map(|(frame, line)| match line {
                Line::Start { sound, controls, .. } => (*frame, sound.to_string(), controls[1].1),
                Line::Set { control, value, .. } => (*frame, control.to_string(), *value),
            })
            .collect();
        let told: Vec<(u64, &str, f32)> =
            told.iter().map(|(f, c, v)| (*f, c.as_str(), *v)).collect();
        assert_eq!(told, [(73, "hoover", 0.5), (128, "gate", -1.003), (128, "bpm", 99.0)]);
    }
}

//! Sample voices: kira's sounds, started on the exact frame from a stock made beforehand.
//!
//! A kira sound cannot be made without allocating, so every sample of a track has a ring of ready
//! voices. The engine thread keeps the rings full and drops what comes back through `used`.

use std::f64::consts::LN_2;
use std::io::Cursor;
use std::sync::Arc;

use kira::Frame;
use kira::sound::static_sound::{StaticSoundData, StaticSoundHandle, StaticSoundSettings};
use kira::sound::{Sound, SoundData};
use kira::{PlaybackRate, Tween};
use rtrb::{Consumer, Producer, RingBuffer};

use super::block::{BLOCK, StereoBlock};
use super::sequencer::MAX_EVENTS;
use super::unchecked::QuietInfo;

/// Ready voices kept for each sample: a 16th roll at 999 BPM through a stall of half a second.
pub const STOCK: usize = 48;
/// Sample voices that sound at once on one track; the oldest is faded out for the next.
pub const MAX_SAMPLE_VOICES: usize = 32;
/// The same and those that fade: the oldest of these goes at once for the next.
const MAX_ACTIVE: usize = 2 * MAX_SAMPLE_VOICES;
/// Fade of a cut voice in frames: 3 ms at 48 kHz.
const CUT_FRAMES: f32 = 144.0;

/// A decoded recording, shared by all that play it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Stereo frames.
    pub frames: Arc<[Frame]>,
    /// Frames per second.
    pub rate: u32,
}

/// Why a file could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(pub String);

impl Sample {
    /// Decode WAV, AIFF, FLAC, Ogg Vorbis or MP3 bytes.
    ///
    /// # Errors
    /// Bytes of another kind, or broken ones.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        let data = StaticSoundData::from_cursor(Cursor::new(bytes))
            .map_err(|e| DecodeError(e.to_string()))?;
        Ok(Sample { frames: data.frames, rate: data.sample_rate })
    }
}

/// What to play of a sample, and how fast.
#[derive(Clone, Debug)]
pub struct SampleSpec {
    /// The recording.
    pub sample: Sample,
    /// First frame and frame after the last.
    pub range: (usize, usize),
    /// Transposition in semitones.
    pub pitch: f32,
    /// Linear gain.
    pub gain: f32,
    /// Recording's tempo in BPM, to follow the project's; `None` keeps its speed.
    pub follow_bpm: Option<f64>,
}

impl SampleSpec {
    /// Whether it plays the same recording in the same way.
    pub fn is_same(&self, other: &SampleSpec) -> bool {
        let how = |s: &SampleSpec| (s.sample.rate, s.range, s.pitch, s.gain, s.follow_bpm);
        Arc::ptr_eq(&self.sample.frames, &other.sample.frames) && how(self) == how(other)
    }
}

/// A voice ready to play, with the handle that steers it.
pub struct ReadyVoice {
    sound: Box<dyn Sound>,
    handle: StaticSoundHandle,
}

/// The engine thread's half of one sample: makes voices and drops used ones.
pub struct Stockist {
    spec: SampleSpec,
    rate: u32,
    ready: Producer<ReadyVoice>,
}

impl Stockist {
    /// Fill the ring of ready voices.
    pub fn restock(&mut self) {
        while !self.ready.is_full() {
            let Some(voice) = make_voice(&self.spec, self.rate) else { return };
            if self.ready.push(voice).is_err() {
                return;
            }
        }
    }
}

fn make_voice(spec: &SampleSpec, rate: u32) -> Option<ReadyVoice> {
    let ratio =
        f64::from(spec.sample.rate) / f64::from(rate) * (f64::from(spec.pitch) / 12.0 * LN_2).exp();
    // A sample rate of 1 with a time step of 1 makes kira advance by exactly the playback rate.
    let data = StaticSoundData {
        sample_rate: 1,
        frames: Arc::clone(&spec.sample.frames),
        settings: StaticSoundSettings::new().playback_rate(PlaybackRate(ratio)),
        slice: Some(spec.range),
    };
    let (sound, handle) = data.into_sound().ok()?;
    Some(ReadyVoice { sound, handle })
}

/// The callback's half of one sample.
struct Shelf {
    ready: Consumer<ReadyVoice>,
    gain: f32,
    ratio: f64,
    follow_bpm: Option<f64>,
}

struct Active {
    voice: ReadyVoice,
    id: u32,
    shelf: usize,
    offset: usize,
    gain: f32,
    /// Remaining level of a cut voice, falling from 1 to 0; `None` while it plays normally.
    fade: Option<f32>,
}

/// All sample voices of one track. Nothing here allocates once built.
pub struct SampleBank {
    shelves: Vec<Shelf>,
    active: Vec<Active>,
    used: Producer<ReadyVoice>,
    ended: Vec<u32>,
    scratch: [Frame; BLOCK],
    info: QuietInfo,
    bpm: f64,
}

/// Build both halves for the samples of a track at `rate` frames per second.
pub fn sample_bank(specs: Vec<SampleSpec>, rate: u32) -> (SampleBank, SampleKeeper) {
    let (used, returned) = RingBuffer::new(specs.len() * STOCK + MAX_ACTIVE);
    let mut shelves = Vec::with_capacity(specs.len());
    let mut stockists = Vec::with_capacity(specs.len());
    for spec in specs {
        let (producer, ready) = RingBuffer::new(STOCK);
        let ratio = f64::from(spec.sample.rate) / f64::from(rate)
            * (f64::from(spec.pitch) / 12.0 * LN_2).exp();
        shelves.push(Shelf { ready, gain: spec.gain, ratio, follow_bpm: spec.follow_bpm });
        stockists.push(Stockist { spec, rate, ready: producer });
    }
    let mut keeper = SampleKeeper { stockists, returned };
    keeper.maintain();
    let bank = SampleBank {
        shelves,
        active: Vec::with_capacity(MAX_ACTIVE),
        used,
        ended: Vec::with_capacity(MAX_ACTIVE + MAX_EVENTS),
        scratch: [Frame::ZERO; BLOCK],
        info: QuietInfo::new(),
        bpm: 120.0,
    };
    (bank, keeper)
}

/// The engine thread's half of a track's samples.
pub struct SampleKeeper {
    stockists: Vec<Stockist>,
    returned: Consumer<ReadyVoice>,
}

impl SampleKeeper {
    /// Drop used voices and make new ones.
    pub fn maintain(&mut self) {
        while let Ok(voice) = self.returned.pop() {
            drop(voice);
        }
        self.stockists.iter_mut().for_each(Stockist::restock);
    }
}

impl SampleBank {
    /// Start sample `shelf` at frame `offset` of the coming block. `false` when no voice was ready.
    pub fn start(&mut self, id: u32, shelf: usize, offset: u8, velocity: f32) -> bool {
        let Some(source) = self.shelves.get_mut(shelf) else { return false };
        let Ok(mut voice) = source.ready.pop() else { return false };
        let held = self.active.iter().filter(|a| a.fade.is_none()).count();
        if held >= MAX_SAMPLE_VOICES
            && let Some(oldest) = self.active.iter_mut().find(|a| a.fade.is_none())
        {
            oldest.fade = Some(1.0);
        }
        if self.active.len() == MAX_ACTIVE {
            // A full house of fading voices: the one that is furthest goes, to keep the new hit on
            // its frame.
            let oldest = self.active.iter().position(|a| a.fade.is_some()).unwrap_or(0);
            let oldest = self.active.remove(oldest);
            retire(&mut self.used, &mut self.ended, oldest);
        }
        if let Some(bpm) = source.follow_bpm {
            set_rate(&mut voice, source.ratio * self.bpm / bpm);
            // kira glides to a new rate over one chunk; an empty chunk takes the glide out.
            voice.sound.process(&mut [], 1.0, self.info.get());
            voice.sound.process(&mut [], 1.0, self.info.get());
        }
        let gain = source.gain * velocity;
        self.active.push(Active {
            voice,
            id,
            shelf,
            offset: usize::from(offset),
            gain,
            fade: None,
        });
        true
    }

    /// Fade the voice out.
    pub fn cut(&mut self, id: u32) {
        if let Some(active) = self.active.iter_mut().find(|a| a.id == id) {
            active.fade.get_or_insert(1.0);
        }
    }

    /// Tell the tempo; voices that follow it change speed over the next block.
    pub fn set_tempo(&mut self, bpm: f32) {
        let bpm = f64::from(bpm);
        if bpm == self.bpm {
            return;
        }
        self.bpm = bpm;
        for active in &mut self.active {
            let shelf = &self.shelves[active.shelf];
            if let Some(source) = shelf.follow_bpm {
                set_rate(&mut active.voice, shelf.ratio * bpm / source);
            }
        }
    }

    /// Add the next block of all voices to `out`.
    pub fn render(&mut self, out: &mut StereoBlock) {
        let mut i = 0;
        while i < self.active.len() {
            let active = &mut self.active[i];
            let from = std::mem::take(&mut active.offset);
            let frames = &mut self.scratch[from..];
            active.voice.sound.process(frames, 1.0, self.info.get());
            let mut silent = false;
            for (k, frame) in frames.iter().enumerate() {
                let mut gain = active.gain;
                if let Some(fade) = &mut active.fade {
                    *fade = (*fade - 1.0 / CUT_FRAMES).max(0.0);
                    gain *= *fade;
                    silent = *fade == 0.0;
                }
                out.l[from + k] += frame.left * gain;
                out.r[from + k] += frame.right * gain;
            }
            if silent || active.voice.sound.finished() {
                let done = self.active.remove(i);
                retire(&mut self.used, &mut self.ended, done);
            } else {
                i += 1;
            }
        }
    }

    /// The next voice that has ended since the last call.
    pub fn next_ended(&mut self) -> Option<u32> {
        self.ended.pop()
    }

    /// Whether nothing sounds.
    pub fn is_silent(&self) -> bool {
        self.active.is_empty()
    }
}

fn retire(used: &mut Producer<ReadyVoice>, ended: &mut Vec<u32>, active: Active) {
    if ended.len() < ended.capacity() {
        ended.push(active.id);
    }
    // The ring holds every voice that was ever made for this bank, so it cannot be full.
    if let Err(rtrb::PushError::Full(voice)) = used.push(active.voice) {
        std::mem::forget(voice);
    }
}

fn set_rate(voice: &mut ReadyVoice, rate: f64) {
    let at_once = Tween { duration: std::time::Duration::ZERO, ..Tween::default() };
    voice.handle.set_playback_rate(PlaybackRate(rate), at_once);
    voice.sound.on_start_processing();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_of_too_many_voices_fades() {
        // Each on a level of its own, so that a cut one leaves a step of its size.
        let frames: Arc<[Frame]> = vec![Frame::from_mono(1.0); 48_000].into();
        let spec = SampleSpec {
            sample: Sample { frames, rate: 48_000 },
            range: (0, 48_000),
            pitch: 0.0,
            gain: 1.0,
            follow_bpm: None,
        };
        let (mut bank, mut keeper) = sample_bank(vec![spec.clone(), spec], 48_000);
        let mut heard = Vec::new();
        let mut block = |bank: &mut SampleBank| {
            let mut out = StereoBlock::SILENT;
            bank.render(&mut out);
            heard.extend_from_slice(&out.l);
        };
        let most = MAX_SAMPLE_VOICES as u32;
        assert!(bank.start(0, 0, 0, 1.0));
        for id in 1..most {
            assert!(bank.start(id, 0, 0, 0.0));
        }
        block(&mut bank);
        keeper.maintain();
        assert!(bank.start(most, 1, 0, 0.0));
        (0..4).for_each(|_| block(&mut bank));
        let step = heard[8..].windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        assert!(step < 2.0 / CUT_FRAMES, "a step of {step}");
        assert_eq!(heard.last(), Some(&0.0), "it ended");
        assert_eq!(std::iter::from_fn(|| bank.next_ended()).collect::<Vec<_>>(), [0]);

        // However many come at once, each is heard, and room and memory stay as they are.
        let room = (bank.active.capacity(), bank.ended.capacity());
        for id in 0..3 * most {
            keeper.maintain();
            assert!(bank.start(100 + id, (id % 2) as usize, 0, 0.0), "{id}");
        }
        assert_eq!((bank.active.capacity(), bank.ended.capacity()), room);
    }
}

//! The voices of one track: which sound a note plays, what it cuts, and when it is over.

use super::block::{Lag, StereoBlock};
use super::contain::{Fault, contained, is_sound};
use super::samples::SampleBank;
use super::sequencer::VoiceEvent;
use super::sound::{VoiceStart, Voices};

/// Fade of a note cut by its own successor or its choke group, in seconds.
const CUT_S: f32 = 0.003;
/// Voices a track keeps track of; the oldest is cut for the next.
const MAX_VOICES: usize = 64;

/// What a sound of a track is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundSource {
    /// The synth's sound of this index.
    Synth(u8),
    /// The sample of this index.
    Sample(u16),
}

/// One sound of a track: an instrument, a pad, or a stretch of a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackSound {
    /// What plays.
    pub source: SoundSource,
    /// Notes of it at once; 1 makes a new note cut the one before.
    pub limit: u8,
    /// Sounds of one group cut each other.
    pub choke: Option<u8>,
    /// Plays this pitch whatever the note.
    pub pitch: Option<f32>,
    /// Level, linear.
    pub gain: f32,
    /// Ends with its note.
    pub gated: bool,
}

#[derive(Clone, Copy, Debug)]
struct Live {
    voice: u32,
    key: u32,
    sound: u16,
    released: bool,
}

/// The voices of a track, synth and sample alike.
pub struct TrackVoices {
    synth: Option<Box<dyn Voices>>,
    samples: Option<SampleBank>,
    sounds: Vec<TrackSound>,
    /// MIDI pitch → index into `sounds`; `NO_SOUND` where no pad answers.
    map: [u16; 128],
    live: Vec<Live>,
    next_voice: u32,
    missed: u64,
    /// They crashed and are silent from then on.
    broken: bool,
    /// Somebody knows.
    told: bool,
    /// Blocks in which no further noise is told of.
    hush: u32,
    /// Delay of the samples, to meet a synth that is late.
    lag: Lag,
}

/// Blocks between two tales of the same track: a second at 48 kHz.
const HUSH: u32 = 750;

/// No pad answers to this pitch.
pub const NO_SOUND: u16 = u16::MAX;

impl TrackVoices {
    /// Voices for `sounds`, `map` telling which of them a pitch plays.
    pub fn new(
        synth: Option<Box<dyn Voices>>,
        samples: Option<SampleBank>,
        sounds: Vec<TrackSound>,
        map: [u16; 128],
    ) -> Self {
        let live = Vec::with_capacity(MAX_VOICES);
        let (missed, broken, told, hush) = Default::default();
        let next_voice = 1;
        let lag = Lag::default();
        TrackVoices {
            synth,
            samples,
            sounds,
            map,
            live,
            next_voice,
            missed,
            broken,
            told,
            hush,
            lag,
        }
    }

    /// The same, with a synth that sounds so many frames after it is told to.
    pub fn late_by(self, latency: u32) -> Self {
        TrackVoices { lag: Lag::new(latency), ..self }
    }

    /// Frames by which they sound after they are told to.
    pub fn latency(&self) -> u32 {
        self.lag.frames() as u32
    }

    /// Tell the engine's first frame of the coming block.
    pub fn at_frame(&mut self, frame: u64) {
        self.guard(|voices| {
            if let Some(synth) = &mut voices.synth {
                synth.at_frame(frame);
            }
        });
    }

    /// Call into synth and samples. When they crash, they are not called again.
    fn guard(&mut self, work: impl FnOnce(&mut Self)) {
        if !self.broken && contained(|| work(self)).is_none() {
            self.broken = true;
            self.live.clear();
        }
    }

    /// Act on one event of the coming block.
    pub fn handle(&mut self, event: &VoiceEvent) {
        self.guard(|voices| voices.act(event));
    }

    fn act(&mut self, event: &VoiceEvent) {
        match *event {
            VoiceEvent::Note { offset, pitch, velocity, key } => {
                let sound = self.map[usize::from(pitch & 127)];
                self.start(sound, offset, f32::from(pitch), velocity, key);
            }
            VoiceEvent::Audio { offset, sound, key } => self.start(sound, offset, 60.0, 1.0, key),
            VoiceEvent::Release { key } => self.release(key),
            VoiceEvent::CutAll => {
                for i in 0..self.live.len() {
                    self.cut(self.live[i]);
                }
            }
        }
    }

    fn start(&mut self, index: u16, offset: u8, pitch: f32, velocity: f32, key: u32) {
        let Some(sound) = self.sounds.get(usize::from(index)).copied() else { return };
        let mut same = 0;
        for i in (0..self.live.len()).rev() {
            let live = self.live[i];
            let other = &self.sounds[usize::from(live.sound)];
            let chokes = sound.choke.is_some() && sound.choke == other.choke;
            same += u8::from(live.sound == index);
            if chokes || (live.sound == index && same >= sound.limit) {
                self.cut(live);
            }
        }
        if self.live.len() == MAX_VOICES {
            self.cut(self.live[0]);
            self.live.remove(0);
        }
        let voice = self.next_voice;
        self.next_voice = self.next_voice % 1_000_000_000 + 1;
        let velocity = velocity * sound.gain;
        let started = match sound.source {
            SoundSource::Synth(index) => self.synth.as_mut().is_some_and(|synth| {
                let pitch = sound.pitch.unwrap_or(pitch);
                let freq = 440.0 * 2f32.powf((pitch - 69.0) / 12.0);
                synth.start(VoiceStart { voice, sound: index, offset, freq, velocity })
            }),
            SoundSource::Sample(shelf) => self
                .samples
                .as_mut()
                .is_some_and(|bank| bank.start(voice, usize::from(shelf), offset, velocity)),
        };
        if started {
            self.live.push(Live { voice, key, sound: index, released: false });
        } else {
            self.missed += 1;
        }
    }

    /// End every voice of this name: a key that went down twice without coming up has two.
    fn release(&mut self, key: u32) {
        let held = |l: &Live| l.key == key && !l.released;
        while let Some(live) = self.live.iter_mut().find(|l| held(l)) {
            live.released = true;
            let live = *live;
            let sound = &self.sounds[usize::from(live.sound)];
            match sound.source {
                SoundSource::Synth(_) => {
                    if let Some(synth) = &mut self.synth {
                        synth.release(live.voice);
                    }
                }
                SoundSource::Sample(_) if sound.gated => self.cut(live),
                SoundSource::Sample(_) => {}
            }
        }
    }

    fn cut(&mut self, live: Live) {
        match self.sounds[usize::from(live.sound)].source {
            SoundSource::Synth(_) => {
                if let Some(synth) = &mut self.synth {
                    synth.cut(live.voice, CUT_S);
                }
            }
            SoundSource::Sample(_) => {
                if let Some(bank) = &mut self.samples {
                    bank.cut(live.voice);
                }
            }
        }
    }

    /// Set a parameter of one of the track's sounds.
    pub fn set_param(&mut self, sound: u8, param: u16, value: f32) {
        let source = self.sounds.get(usize::from(sound)).map(|s| s.source);
        self.guard(|voices| {
            if let (Some(SoundSource::Synth(index)), Some(synth)) = (source, &mut voices.synth) {
                synth.set_param(index, param, value);
            }
        });
    }

    /// Tell the tempo.
    pub fn set_tempo(&mut self, bpm: f32) {
        self.guard(|voices| {
            if let Some(synth) = &mut voices.synth {
                synth.set_tempo(bpm);
            }
            if let Some(bank) = &mut voices.samples {
                bank.set_tempo(bpm);
            }
        });
    }

    /// Overwrite `out` with the next block. Gives what broke, if anything did.
    pub fn render(&mut self, out: &mut StereoBlock) -> Option<Fault> {
        self.guard(|voices| voices.compute(out));
        if self.broken {
            out.clear();
            return (!std::mem::replace(&mut self.told, true)).then_some(Fault::Voices);
        }
        self.hush = self.hush.saturating_sub(1);
        if is_sound(out) {
            return None;
        }
        // Whichever voice it was: all end, and the block is silent.
        out.clear();
        self.handle(&VoiceEvent::CutAll);
        let tell = self.hush == 0;
        self.hush = if tell { HUSH } else { self.hush };
        tell.then_some(Fault::Noise)
    }

    fn compute(&mut self, out: &mut StereoBlock) {
        match &mut self.synth {
            Some(synth) => synth.render(out),
            None => out.clear(),
        }
        if let Some(bank) = &mut self.samples {
            if self.lag.frames() > 0 {
                let mut late = StereoBlock::SILENT;
                bank.render(&mut late);
                self.lag.process(&mut late);
                out.add(&late);
            } else if !bank.is_silent() {
                bank.render(out);
            }
        }
        self.missed += self.synth.as_mut().map_or(0, |synth| u64::from(synth.failed()));
        while let Some(voice) = self.next_ended() {
            self.live.retain(|l| l.voice != voice);
        }
    }

    fn next_ended(&mut self) -> Option<u32> {
        let synth = self.synth.as_mut().and_then(|s| s.next_ended());
        synth.or_else(|| self.samples.as_mut().and_then(SampleBank::next_ended))
    }

    /// Voices that sound.
    pub fn sounding(&self) -> usize {
        self.live.len()
    }

    /// Notes and hits that found no voice or failed after their start.
    pub fn missed(&self) -> u64 {
        self.missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::block::BLOCK;

    /// Takes every note and fails to play it.
    struct Failing(Vec<u32>, u32);

    impl Voices for Failing {
        fn start(&mut self, start: VoiceStart) -> bool {
            self.0.push(start.voice);
            self.1 += 1;
            true
        }
        fn release(&mut self, _: u32) {}
        fn cut(&mut self, _: u32, _: f32) {}
        fn set_param(&mut self, _: u8, _: u16, _: f32) {}
        fn set_tempo(&mut self, _: f32) {}
        fn render(&mut self, out: &mut StereoBlock) {
            out.clear();
        }
        fn next_ended(&mut self) -> Option<u32> {
            self.0.pop()
        }
        fn failed(&mut self) -> u32 {
            std::mem::take(&mut self.1)
        }
    }

    #[test]
    fn a_note_that_fails_after_its_start_is_missed() {
        let source = SoundSource::Synth(0);
        let sound =
            TrackSound { source, limit: 8, choke: None, pitch: None, gain: 1.0, gated: true };
        let synth = Box::new(Failing(Vec::new(), 0));
        let mut voices = TrackVoices::new(Some(synth), None, vec![sound], [0; 128]);
        let mut out = StereoBlock { l: [1.0; BLOCK], r: [1.0; BLOCK] };
        for key in 0..3 {
            voices.handle(&VoiceEvent::Note { offset: 0, pitch: 60, velocity: 1.0, key });
            voices.render(&mut out);
        }
        assert_eq!((voices.missed(), voices.sounding()), (3, 0));
    }
}

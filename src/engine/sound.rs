//! What the engine asks of sound makers: the traits that synths, plug-ins and samples implement.

use std::collections::BTreeMap;

use super::block::StereoBlock;
use crate::model::sound::SoundDescriptor;

/// A note for a synth to start.
#[derive(Clone, Copy, Debug)]
pub struct VoiceStart {
    /// Name of the voice from now on; unique on its track.
    pub voice: u32,
    /// Which of the track's sounds.
    pub sound: u8,
    /// First frame within the block, 0–63.
    pub offset: u8,
    /// Hz.
    pub freq: f32,
    /// 0–1.
    pub velocity: f32,
}

/// The synth voices of one track. Lives on the callback: nothing here may allocate, lock or wait.
pub trait Voices: Send {
    /// Start a note. `false` when it cannot (no memory left for it): the note is lost, not stuck.
    fn start(&mut self, start: VoiceStart) -> bool;
    /// End of the note: play the release. Takes effect at the start of the block.
    fn release(&mut self, voice: u32);
    /// Silence the voice within `seconds`. Takes effect at the start of the block.
    fn cut(&mut self, voice: u32, seconds: f32);
    /// Set a parameter of a sound, for its sounding and its coming voices.
    fn set_param(&mut self, sound: u8, param: u16, value: f32);
    /// Tell the tempo in BPM.
    fn set_tempo(&mut self, bpm: f32);
    /// The engine's first frame of the coming block, told before the block's notes. Only voices that are
    /// played elsewhere need it.
    fn at_frame(&mut self, frame: u64) {
        let _ = frame;
    }
    /// Overwrite `out` with the next block.
    fn render(&mut self, out: &mut StereoBlock);
    /// The next voice that has ended since the last call.
    fn next_ended(&mut self) -> Option<u32>;
    /// How many voices that `start` took could not be played after all, since the last call. Each is
    /// given by `next_ended` too.
    fn failed(&mut self) -> u32 {
        0
    }
}

/// An effect in a rack. Lives on the callback: nothing here may allocate, lock or wait.
pub trait Insert: Send {
    /// Process a block in place; `key` is the sidechain signal, silent when none is connected.
    fn process(&mut self, audio: &mut StereoBlock, key: &StereoBlock);
    /// Set a parameter, heard smoothly.
    fn set_param(&mut self, param: u16, value: f32);
    /// Tell the tempo in BPM.
    fn set_tempo(&mut self, bpm: f32);
    /// Tell where the coming block's first frame lies in the music, in quarter notes. Only effects that
    /// move in time with the music need it.
    fn at_beat(&mut self, at: f64) {
        let _ = at;
    }
    /// Frames by which the output lags the input.
    fn latency(&self) -> u32;
    /// The gain, 0–1, that it turned the signal down by in the block before the last, 1 for not at all;
    /// makeup and mix are no part of it. `None` for one that never does.
    fn reduction(&self) -> Option<f32> {
        None
    }
}

/// A sound to prepare: a SynthDef's name and its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundSpec {
    /// SynthDef name.
    pub name: String,
    /// Parameter values by control name; what is absent keeps its default.
    pub params: BTreeMap<String, f32>,
}

/// Makes voices and inserts, off the callback.
pub trait SoundFactory: Send + Sync {
    /// What is known of a sound.
    fn descriptor(&self, name: &str) -> Option<&SoundDescriptor>;
    /// The synth voices of a track that plays `sounds`.
    ///
    /// # Errors
    /// A sound that is unknown, cannot be compiled, or is no instrument.
    fn voices(&self, sounds: &[SoundSpec], rate: u32) -> Result<Box<dyn Voices>, SoundError>;
    /// An effect.
    ///
    /// # Errors
    /// An effect that is unknown, cannot be compiled, or is an instrument.
    fn insert(&self, spec: &SoundSpec, rate: u32) -> Result<Box<dyn Insert>, SoundError>;
    /// Frames by which all [`voices`](SoundFactory::voices) made here sound after they are told to: a
    /// whole number of blocks. The graph lines everything else up with them.
    fn voice_latency(&self) -> u32 {
        0
    }
}

/// Why a sound cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SoundError {
    /// There is none of this name.
    #[error("there is no sound called '{0}'; `hardcore synths` lists all")]
    Unknown(String),
    /// It exists but is of the other kind.
    #[error("'{name}' is {is}, but {wanted} is needed here")]
    WrongKind {
        /// SynthDef name.
        name: String,
        /// What it is.
        is: &'static str,
        /// What is needed.
        wanted: &'static str,
    },
    /// It cannot be prepared.
    #[error("the sound '{name}' cannot be used: {cause}")]
    Unusable {
        /// SynthDef name.
        name: String,
        /// Why.
        cause: String,
    },
}

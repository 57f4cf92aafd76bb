//! A rack: inserts in a row, each with a click-free bypass that keeps its latency.

use super::block::{DelayLine, Smooth, StereoBlock};
use super::contain::{contained, is_sound};
use super::sound::Insert;

/// Inserts in a rack at most.
pub const MAX_INSERTS: usize = 32;

/// One place in a rack.
pub struct RackSlot {
    insert: Box<dyn Insert>,
    /// The effect's name, for people.
    pub name: String,
    latency: u32,
    /// It crashed or made something that is no sound, and is out of the way from then on.
    broken: bool,
    /// Somebody knows.
    told: bool,
    /// 1 heard, 0 bypassed.
    wet: Smooth,
    /// The dry path, as late as the insert makes the wet one.
    dry: Option<DelayLine>,
    /// Its sidechain signal for the coming block.
    pub key: StereoBlock,
}

impl RackSlot {
    /// A place for `insert`, which people call `name`.
    pub fn new(insert: Box<dyn Insert>, name: String, bypass: bool) -> Self {
        let latency = insert.latency();
        RackSlot {
            insert,
            name,
            latency,
            broken: false,
            told: false,
            wet: Smooth::new(if bypass { 0.0 } else { 1.0 }),
            dry: (latency > 0).then(|| DelayLine::new(latency as usize)),
            key: StereoBlock::SILENT,
        }
    }

    /// Frames by which its output lags.
    pub fn latency(&self) -> u32 {
        self.latency
    }

    /// Bypass or not.
    pub fn set_bypass(&mut self, bypass: bool) {
        self.wet.set(if bypass { 0.0 } else { 1.0 });
    }

    /// Set a parameter.
    pub fn set_param(&mut self, param: u16, value: f32) {
        self.guard(|insert| insert.set_param(param, value));
    }

    /// Tell the tempo.
    pub fn set_tempo(&mut self, bpm: f32) {
        self.guard(|insert| insert.set_tempo(bpm));
    }

    /// Tell where the coming block's first frame lies in the music, in quarter notes.
    pub fn at_beat(&mut self, at: f64) {
        self.guard(|insert| insert.at_beat(at));
    }

    fn guard(&mut self, work: impl FnOnce(&mut dyn Insert)) {
        if !self.broken {
            self.broken = contained(|| work(&mut *self.insert)).is_none();
        }
    }

    /// Whether it has broken since this was asked last.
    pub fn just_broke(&mut self) -> bool {
        self.broken && !std::mem::replace(&mut self.told, true)
    }

    /// The gain that it turned the signal down by, 1 for not at all: as [`Insert::reduction`], of
    /// what is heard of it. `None` for one that never does.
    pub fn reduction(&self) -> Option<f32> {
        let gain = self.insert.reduction().filter(|_| !self.broken)?;
        Some(1.0 + (gain - 1.0) * self.wet.value())
    }

    /// Process a block in place. A bypassed insert keeps running, so that its tail and its detectors
    /// are where they would be when it comes back.
    pub fn process(&mut self, audio: &mut StereoBlock) {
        let mut dry = *audio;
        if let Some(line) = &mut self.dry {
            line.process(&mut dry);
        }
        if self.broken {
            *audio = dry;
            return;
        }
        if contained(|| self.insert.process(audio, &self.key)).is_none() || !is_sound(audio) {
            self.broken = true;
            // What came before is lost, so nothing can be faded from but silence.
            *audio = dry;
            audio.fade_from(&StereoBlock::SILENT);
            return;
        }
        let wet = self.wet.advance();
        if wet.is(1.0) {
            return;
        }
        for (i, w) in wet.gains().into_iter().enumerate() {
            audio.l[i] = dry.l[i] + (audio.l[i] - dry.l[i]) * w;
            audio.r[i] = dry.r[i] + (audio.r[i] - dry.r[i]) * w;
        }
    }
}

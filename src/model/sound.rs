//! What a sound says about itself: the `.ron` descriptor that stands beside every SynthDef.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Control names every SynthDef of ours may rely on; the engine sets them, the user never sees them.
///
/// `out`: first output bus. `in`: first input bus (effects, stereo). `key`: first sidechain bus
/// (effects, stereo). `reduction`: control bus for the gain an effect turns the signal down by, 1 for not
/// at all. `gate`: 1 while held, 0 released, ≤ −1 cut within `|gate| − 1` seconds.
/// `freq`: Hz. `vel`: 0–1. `bpm`: beats per minute. `beat`: where a block's first frame lies in the music
/// (effects), in quarter notes, counted anew every [`BEAT_WRAP`].
pub const CONTRACT: [&str; 9] =
    ["out", "in", "key", "reduction", "gate", "freq", "vel", "bpm", "beat"];

/// Quarter notes after which the control `beat` begins anew: straight, triplet and dotted notes, bars of
/// 3/4 and 4/4 all fit in whole times, and a 32-bit number still tells eighths of a frame apart.
pub const BEAT_WRAP: f64 = 96.0;

/// Everything the rest of the program knows about one SynthDef without reading its graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoundDescriptor {
    /// SynthDef name; also the stem of the `.scd`, `.scsyndef` and `.ron` files.
    pub name: String,
    /// Name shown to people.
    pub title: String,
    /// Instrument or effect.
    pub kind: SoundKind,
    /// How many notes sound at once (instruments).
    #[serde(default)]
    pub voice: VoiceMode,
    /// Sounds of one choke group on a track cut each other (open and closed hat).
    #[serde(default)]
    pub choke: Option<String>,
    /// Frames by which the output lags the input, at any sample rate (effects).
    #[serde(default)]
    pub latency_frames: u32,
    /// Longest time in seconds until the output is silent after release (instruments) or after the
    /// input stops (effects), at the default settings.
    pub tail_s: f32,
    /// Seconds × channels of delay memory the graph's units ask for when it starts.
    #[serde(default)]
    pub memory_s: f32,
    /// Whether the graph reads the sidechain input `key`.
    #[serde(default)]
    pub key_input: bool,
    /// Whether the graph turns the signal down and writes by which gain to the control bus `reduction`.
    #[serde(default)]
    pub reduction: bool,
    /// The parameters a person may turn, in display order.
    #[serde(default)]
    pub params: Vec<ParamDescriptor>,
    /// Named settings.
    #[serde(default)]
    pub presets: Vec<SoundPreset>,
    /// Words for browser and composer: role, genre, mood.
    #[serde(default)]
    pub tags: Vec<String>,
}

impl SoundDescriptor {
    /// The parameter called `name`, if there is one.
    pub fn param(&self, name: &str) -> Option<&ParamDescriptor> {
        self.params.iter().find(|p| p.name == name)
    }

    /// The preset called `name`, if there is one.
    pub fn preset(&self, name: &str) -> Option<&SoundPreset> {
        self.presets.iter().find(|p| p.name == name)
    }
}

/// What a SynthDef is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SoundKind {
    /// Plays notes.
    Instrument,
    /// Processes a stereo signal in a rack.
    Effect,
}

/// How many notes of an instrument sound at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum VoiceMode {
    /// A new note cuts the one before within 3 ms (kicks, mono bass).
    Mono,
    /// Up to this many notes; the oldest is cut for the next one.
    Poly(u8),
    /// Up to sixteen notes.
    #[default]
    Free,
}

impl VoiceMode {
    /// Notes that may sound at once, 1–64.
    pub fn limit(self) -> usize {
        match self {
            VoiceMode::Mono => 1,
            VoiceMode::Poly(n) => usize::from(n.clamp(1, 64)),
            VoiceMode::Free => 16,
        }
    }
}

/// One parameter of a SynthDef.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParamDescriptor {
    /// Control name in the SynthDef.
    pub name: String,
    /// Name shown to people.
    pub title: String,
    /// What the number means.
    #[serde(default)]
    pub unit: Unit,
    /// Smallest value.
    pub min: f32,
    /// Largest value.
    pub max: f32,
    /// Value of a fresh instance; equals the SynthDef's own default.
    pub default: f32,
    /// How a knob's travel maps to the value.
    #[serde(default)]
    pub curve: Curve,
}

impl ParamDescriptor {
    /// `value` within the range; the default where it is not a number.
    pub fn clamp(&self, value: f32) -> f32 {
        if value.is_finite() { value.clamp(self.min, self.max) } else { self.default }
    }
}

/// The unit a parameter is shown in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// A bare number.
    #[default]
    Plain,
    /// Hertz.
    Hz,
    /// Milliseconds.
    Ms,
    /// Seconds.
    Seconds,
    /// Decibels.
    Db,
    /// Semitones.
    Semitones,
    /// Hundredths of a semitone.
    Cents,
    /// 0–1 shown as 0–100 %.
    Percent,
    /// `n : 1`.
    Ratio,
    /// Quarter notes.
    Beats,
}

/// How a knob's travel maps to a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Curve {
    /// Evenly.
    #[default]
    Linear,
    /// By equal ratios; `min` is above zero.
    Exponential,
    /// Whole numbers from `min`, each with a name.
    Choice(Vec<String>),
}

/// A named set of parameter values; what it does not name keeps its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoundPreset {
    /// Name shown to people.
    pub name: String,
    /// Parameter values by control name.
    #[serde(default)]
    pub params: BTreeMap<String, f32>,
    /// Words for browser and composer.
    #[serde(default)]
    pub tags: Vec<String>,
}

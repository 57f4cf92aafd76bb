//! Tracks: what plays clips, and groups of them.

use std::collections::BTreeMap;

use bevy_ecs::component::Component;
use serde::{Deserialize, Serialize};

use super::analysis::AudioAnalysis;
use super::clip::Clip;
use super::ids::TrackId;
use super::mixer::{Db, MixerSettings};
use super::sample::SamplePath;

/// A column of the session grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Track {
    /// Stable id.
    pub id: TrackId,
    /// Name shown to people.
    pub name: String,
    /// Index into the track palette.
    #[serde(default)]
    pub color: u8,
    /// What it plays.
    pub kind: TrackKind,
    /// The group track it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<TrackId>,
    /// Its strip.
    #[serde(default)]
    pub mixer: MixerSettings,
    /// Its clips, in slots or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clips: Vec<Clip>,
    /// What the ears said when they last listened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysis: Option<AudioAnalysis>,
}

/// What a track plays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Component)]
pub enum TrackKind {
    /// A SynthDef, playing every pitch.
    Instrument(Instrument),
    /// A drum kit of pads.
    Drums(Kit),
    /// Audio clips.
    Audio,
    /// The sum of the tracks in it.
    Group,
}

/// A SynthDef instrument and its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// SynthDef name.
    pub synth: String,
    /// Parameter values by control name; what is absent keeps its default.
    #[serde(default)]
    pub params: BTreeMap<String, f32>,
}

/// A drum kit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kit {
    /// Its pads; each answers to a different note.
    pub pads: Vec<Pad>,
}

/// One pad of a drum kit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pad {
    /// The MIDI note it answers to.
    pub note: u8,
    /// Name shown to people.
    pub name: String,
    /// What it plays.
    pub sound: PadSound,
    /// Level.
    #[serde(default)]
    pub gain: Db,
    /// Pads of one choke group cut each other; `None` takes the SynthDef's own group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choke: Option<u8>,
}

/// What a pad plays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PadSound {
    /// A SynthDef at a fixed pitch.
    Synth {
        /// The instrument.
        instrument: Instrument,
        /// MIDI pitch it plays, fractions allowed, 0–127.
        pitch: f32,
    },
    /// A sample.
    Sample {
        /// The file.
        path: SamplePath,
        /// Transposition in semitones, −48…48.
        #[serde(default)]
        pitch: f32,
        /// Stop when the note ends instead of playing out.
        #[serde(default)]
        gated: bool,
    },
}

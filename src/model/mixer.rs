//! The mixer: levels, pan, sends, inserts, buses.

use std::collections::BTreeMap;
use std::fmt;

use bevy_ecs::component::Component;
use serde::{Deserialize, Serialize};

use super::ids::{BusId, EffectId, TrackId};

/// A level in decibels. −∞ (written `-inf`) is silence; documents allow −∞ and −120 to +24.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Db(pub f32);

impl Db {
    /// Unchanged level.
    pub const UNITY: Db = Db(0.0);
    /// Nothing at all.
    pub const SILENCE: Db = Db(f32::NEG_INFINITY);
    /// Loudest fader or send position.
    pub const MAX: Db = Db(24.0);

    /// Linear gain: 10^(dB / 20); at or below −120 dB it is 0.
    pub fn gain(self) -> f32 {
        if self.0 <= -120.0 { 0.0 } else { 10f32.powf(self.0 / 20.0) }
    }

    /// Whether a document may hold it.
    pub fn is_valid(self) -> bool {
        !self.0.is_nan() && self.0 <= Self::MAX.0
    }
}

impl Default for Db {
    fn default() -> Self {
        Db::UNITY
    }
}

impl fmt::Display for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 <= -120.0 { write!(f, "-inf dB") } else { write!(f, "{:.1} dB", self.0) }
    }
}

/// One strip of the mixer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Component)]
#[serde(deny_unknown_fields, default)]
pub struct MixerSettings {
    /// Fader.
    pub volume: Db,
    /// −1 left, 0 centre, 1 right.
    pub pan: f32,
    /// Silenced, its sends and sidechain keys too.
    pub mute: bool,
    /// Heard alone with other soloed strips.
    pub solo: bool,
    /// The rack, in signal order.
    pub inserts: Vec<Effect>,
    /// Sends to return buses.
    pub sends: Vec<Send>,
}

/// A send to a return bus.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// Where to.
    pub bus: BusId,
    /// How much.
    pub level: Db,
    /// Taken before the fader.
    #[serde(default)]
    pub pre: bool,
}

/// An effect in a rack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Component)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// Stable id.
    pub id: EffectId,
    /// What kind of plug-in it is.
    pub plugin: PluginType,
    /// SynthDef name of a native effect; class id of a VST3.
    pub name: String,
    /// Parameter values by name; what is absent keeps its default.
    #[serde(default)]
    pub params: BTreeMap<String, f32>,
    /// Signal passes unchanged (its latency stays).
    #[serde(default)]
    pub bypass: bool,
    /// Track whose signal feeds the sidechain input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_from: Option<TrackId>,
    /// A plug-in's own saved state, opaque to us.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub state: Vec<u8>,
}

/// Where an effect comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PluginType {
    /// One of our SynthDefs, or the user's.
    #[serde(rename = "native")]
    Native,
    /// A VST3 plug-in.
    #[serde(rename = "vst3")]
    Vst3,
}

/// A return bus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Component)]
#[serde(deny_unknown_fields)]
pub struct Bus {
    /// Stable id.
    pub id: BusId,
    /// Name shown to people.
    pub name: String,
    /// Stays audible when tracks are soloed.
    #[serde(default = "yes")]
    pub solo_safe: bool,
    /// Its strip; sends from a bus go to later buses only.
    #[serde(default)]
    pub mixer: MixerSettings,
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decibels_become_gain() {
        assert_eq!(Db::UNITY.gain(), 1.0);
        assert_eq!(Db::SILENCE.gain(), 0.0);
        assert!((Db(-6.0206).gain() - 0.5).abs() < 1e-4);
        assert!(!Db(f32::NAN).is_valid() && !Db(25.0).is_valid());
    }
}

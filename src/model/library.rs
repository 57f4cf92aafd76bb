//! What outlives a project: presets in the user library, taste in the user profile.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids::PresetId;
use super::mixer::Effect;
use super::track::Instrument;

/// The user's presets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UserLibrary {
    /// Instrument and effect-chain presets.
    pub presets: Vec<Preset>,
}

/// A saved sound or chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Stable id within the library.
    pub id: PresetId,
    /// Name shown to people.
    pub name: String,
    /// Words to find it by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What it holds.
    pub data: PresetData,
}

/// What a preset holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PresetData {
    /// An instrument with its settings.
    Instrument(Instrument),
    /// A rack of effects.
    FxChain(Vec<Effect>),
}

/// What the program has learned of the user's taste.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UserProfile {
    /// Parameter path (such as `mixer.reverb.send_level`) → what the user tends to set.
    pub learned: BTreeMap<String, Learned>,
}

/// A learned value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learned {
    /// Typical value in the parameter's own unit.
    pub value: f32,
    /// Observations behind it.
    pub weight: f32,
}

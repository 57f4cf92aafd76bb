//! Scenes: the rows of the session grid.

use std::collections::BTreeMap;

use bevy_ecs::component::Component;
use serde::{Deserialize, Serialize};

use super::ids::{ClipId, SceneId, TrackId};
use super::time::{Bpm, Signature};

/// A row of the session grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Component)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// Stable id.
    pub id: SceneId,
    /// Name shown to people.
    pub name: String,
    /// Index into the track palette.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<u8>,
    /// Tempo it brings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tempo: Option<SceneTempo>,
    /// Time signature it brings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// Its cells by track; a track without an entry has an empty slot with a stop button.
    #[serde(default)]
    pub slots: BTreeMap<TrackId, Slot>,
}

/// A scene's tempo.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SceneTempo {
    /// The new tempo.
    pub bpm: Bpm,
    /// Beats over which the tempo glides there; 0 jumps.
    #[serde(default)]
    pub ramp_beats: u16,
}

/// A cell of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// The clip in it.
    #[serde(default)]
    pub clip: Option<ClipId>,
    /// Whether launching the scene stops the track here when the slot is empty.
    #[serde(default = "yes")]
    pub stop_button: bool,
}

impl Default for Slot {
    fn default() -> Self {
        Slot { clip: None, stop_button: true }
    }
}

fn yes() -> bool {
    true
}

//! The arrangement: clips laid out along a timeline.

use std::collections::BTreeMap;

use bevy_ecs::resource::Resource;
use serde::{Deserialize, Serialize};

use super::automation::AutomationLane;
use super::clip::LoopBrace;
use super::ids::{ClipId, SceneId, TrackId};
use super::time::Ticks;

/// Clips along a timeline, a lane for each track.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Resource)]
#[serde(deny_unknown_fields, default)]
pub struct Arrangement {
    /// Clip instances by track, in order of time, not overlapping.
    pub lanes: BTreeMap<TrackId, Vec<ClipInstance>>,
    /// Automation along the timeline by track.
    pub automation: BTreeMap<TrackId, Vec<AutomationLane>>,
    /// Named places, each possibly standing for a scene.
    pub markers: Vec<Marker>,
    /// What repeats during playback.
    pub loop_brace: Option<LoopBrace>,
}

impl Arrangement {
    /// Where the last clip ends.
    pub fn end(&self) -> Ticks {
        let ends = self.lanes.values().flatten().map(|c| c.at + c.length);
        ends.max().unwrap_or(Ticks::ZERO)
    }
}

/// A clip placed on a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipInstance {
    /// The clip, one of the track's own.
    pub clip: ClipId,
    /// Where it starts.
    pub at: Ticks,
    /// How long it plays; loops within.
    pub length: Ticks,
    /// How far into the clip it starts.
    #[serde(default)]
    pub offset: Ticks,
}

/// A named place on the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marker {
    /// Where.
    pub at: Ticks,
    /// Name shown to people.
    pub name: String,
    /// The scene it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scene: Option<SceneId>,
}

//! The project: everything an `.hcs` file holds.

use serde::{Deserialize, Serialize};

use super::arrangement::Arrangement;
use super::clip::Clip;
use super::control::MidiMap;
use super::groove::GrooveTemplate;
use super::ids::{BusId, ClipId, GrooveId, IdCounter, SceneId, TrackId};
use super::key::Key;
use super::launch::Quantization;
use super::mixer::{Bus, Db, MixerSettings};
use super::scene::Scene;
use super::time::{Signature, TempoMap};
use super::track::Track;

/// Version written by this program; older files are migrated, newer ones refused.
pub const PROJECT_VERSION: u32 = 1;

/// A whole project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Format version.
    pub version: u32,
    /// Settings that belong to no track.
    pub song: Song,
    /// Tracks and groups, left to right.
    #[serde(default)]
    pub tracks: Vec<Track>,
    /// Return buses, left to right.
    #[serde(default)]
    pub buses: Vec<Bus>,
    /// Scenes, top to bottom.
    #[serde(default)]
    pub scenes: Vec<Scene>,
    /// The timeline.
    #[serde(default)]
    pub arrangement: Option<Arrangement>,
    /// Groove templates of this project.
    #[serde(default)]
    pub grooves: Vec<GrooveTemplate>,
}

/// Settings that belong to no track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, bevy_ecs::resource::Resource)]
#[serde(deny_unknown_fields)]
pub struct Song {
    /// Name shown to people.
    pub name: String,
    /// Tempo over time.
    pub tempo: TempoMap,
    /// Key and scale.
    pub key: Key,
    /// Time signature.
    #[serde(default)]
    pub signature: Signature,
    /// Launch quantization of clips that have none of their own.
    #[serde(default)]
    pub quantization: Quantization,
    /// Groove of clips that have none of their own.
    #[serde(default)]
    pub groove: Option<GrooveId>,
    /// How strongly grooves apply, 0–1.3.
    #[serde(default = "full")]
    pub groove_amount: f32,
    /// Seed of every chance the music takes.
    #[serde(default)]
    pub seed: u64,
    /// Master strip.
    #[serde(default)]
    pub master: MixerSettings,
    /// Level of the cue output.
    #[serde(default)]
    pub cue: Db,
    /// What controllers do in this project, before what they do for the user.
    #[serde(default, skip_serializing_if = "MidiMap::is_empty")]
    pub controls: MidiMap,
    /// Where the next id comes from.
    #[serde(default)]
    pub next_id: IdCounter,
}

fn full() -> f32 {
    1.0
}

impl Project {
    /// An empty project: no tracks, no scenes.
    pub fn new(name: &str, tempo: TempoMap, key: Key) -> Self {
        Project {
            version: PROJECT_VERSION,
            song: Song {
                name: name.to_owned(),
                tempo,
                key,
                signature: Signature::default(),
                quantization: Quantization::default(),
                groove: None,
                groove_amount: 1.0,
                seed: 0,
                master: MixerSettings::default(),
                cue: Db::UNITY,
                controls: MidiMap::default(),
                next_id: IdCounter::default(),
            },
            tracks: Vec::new(),
            buses: Vec::new(),
            scenes: Vec::new(),
            arrangement: None,
            grooves: Vec::new(),
        }
    }

    /// The track with this id.
    pub fn track(&self, id: TrackId) -> Option<&Track> {
        self.tracks.iter().find(|t| t.id == id)
    }

    /// The bus with this id.
    pub fn bus(&self, id: BusId) -> Option<&Bus> {
        self.buses.iter().find(|b| b.id == id)
    }

    /// The scene with this id.
    pub fn scene(&self, id: SceneId) -> Option<&Scene> {
        self.scenes.iter().find(|s| s.id == id)
    }

    /// The clip with this id, and its track.
    pub fn clip(&self, id: ClipId) -> Option<(&Track, &Clip)> {
        let mut all = self.tracks.iter().flat_map(|t| t.clips.iter().map(move |c| (t, c)));
        all.find(|(_, c)| c.id == id)
    }
}

//! Older versions of the file and the steps from each to the next.
//!
//! A version's module holds only what was different then; everything else is today's model. When
//! version 2 comes, today's differing parts are frozen as `v1`, and a step from it is added.

use ron::error::SpannedError;

use super::hcs;
use crate::model::ids::IdCounter;
use crate::model::project::{PROJECT_VERSION, Project};

/// Reads a text that says it is of `version`, which is at most [`PROJECT_VERSION`], and brings it up
/// to today's.
pub(super) fn read(text: &str, version: u32) -> Result<Project, SpannedError> {
    let project = match version {
        0 => from_v0(hcs::read(text)?),
        _ => hcs::read(text)?,
    };
    Ok(Project { version: PROJECT_VERSION, ..project })
}

/// Version 0 had one tempo, kept the song's settings at the top level, and no arrangement, grooves
/// or id counter.
mod v0 {
    use serde::Deserialize;

    use crate::model::key::Key;
    use crate::model::mixer::{Bus, MixerSettings};
    use crate::model::scene::Scene;
    use crate::model::time::{Bpm, Signature};
    use crate::model::track::Track;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Project {
        #[serde(rename = "version")]
        pub _version: u32,
        pub name: String,
        pub bpm: Bpm,
        pub key: Key,
        #[serde(default)]
        pub signature: Signature,
        #[serde(default)]
        pub seed: u64,
        #[serde(default)]
        pub master: MixerSettings,
        #[serde(default)]
        pub tracks: Vec<Track>,
        #[serde(default)]
        pub buses: Vec<Bus>,
        #[serde(default)]
        pub scenes: Vec<Scene>,
    }
}

fn from_v0(old: v0::Project) -> Project {
    let tempo = crate::model::time::TempoMap::constant(old.bpm);
    let mut new = Project::new(&old.name, tempo, old.key);
    new.song.signature = old.signature;
    new.song.seed = old.seed;
    new.song.master = old.master;
    (new.tracks, new.buses, new.scenes) = (old.tracks, old.buses, old.scenes);
    new.song.next_id = IdCounter(new.lowest_next_id());
    new
}

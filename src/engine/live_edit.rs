//! Edits while the music plays: one changed part of a project prepared for the callback.

use std::sync::Arc;

use super::prepare::{self, Engine, Paths, PrepareError, Samples};
use super::prepare_track::{self as track, Resolver};
use super::protocol::Swap;
use super::sound::SoundFactory;
use crate::model::ids::TrackId;
use crate::model::mixer::Effect;
use crate::model::project::Project;

impl Engine {
    /// A track's clips as they are in `project`; a clip that plays goes on in its edited form. Voices
    /// are made anew only if the clips need other sounds or those there are have crashed; then those
    /// that sound are cut within 3 ms. `None` for a track the engine does not have.
    ///
    /// # Errors
    /// A sound or sample that is missing.
    pub fn clips_swap(
        &mut self,
        project: &Project,
        id: TrackId,
        factory: &dyn SoundFactory,
        samples: &Samples,
    ) -> Result<Option<Swap>, PrepareError> {
        let (Some(&index), Some(t)) = (self.layout.tracks.get(&id), project.track(id)) else {
            return Ok(None);
        };
        let resolver = Resolver { project, factory, samples, rate: self.rate };
        let (parts, clips) = track::plan(t, &resolver)?;
        let (node, clips) = (index as u16, Arc::new(clips));
        if self.parts[index].as_ref().is_some_and(|there| parts.fit(there)) {
            return Ok(Some(Swap::Clips { node, clips }));
        }
        let (voices, keeper) = parts.voices(t, &resolver)?;
        self.paths[index].has_voices = voices.is_some();
        (self.keepers[index], self.parts[index]) = (keeper, Some(parts));
        Ok(Some(Swap::Voices { node, clips, voices }))
    }

    /// The rack that a node (track, bus or master) has in `project`, to be faded in once it is warm.
    /// Tails of the old rack end. `None` for a node that has none.
    ///
    /// # Errors
    /// An effect that is missing, a circle of sidechains.
    pub fn rack_swap(
        &mut self,
        project: &Project,
        node: usize,
        factory: &dyn SoundFactory,
    ) -> Result<Option<Swap>, PrepareError> {
        let Some(inserts) = inserts(project, node, self.layout.master()) else { return Ok(None) };
        let rack = prepare::rack(inserts, &self.layout.names[node], factory, self.rate)?;
        let mut paths = self.paths.clone();
        let voice_latency = paths[node].voice_latency;
        paths[node] = Paths { voice_latency, ..Paths::new(&rack, paths[node].has_voices) };
        let graph = Some(Box::new(prepare::graph(project, &self.layout, &paths)?));
        self.paths = paths;
        Ok(Some(Swap::Rack { node: node as u16, rack, graph }))
    }

    /// Tempo map, scenes, launch grid, signature and loop.
    pub fn song_swap(&mut self, project: &Project) -> Swap {
        self.layout.scenes = project.scenes.iter().map(|s| s.id).collect();
        Swap::Song(Arc::new(prepare::song_plan(project)))
    }
}

/// The rack of a node in `project`; the cue has none.
pub(super) fn inserts(project: &Project, node: usize, master: usize) -> Option<&[Effect]> {
    if node == master {
        return Some(&project.song.master.inserts);
    }
    let tracks = project.tracks.iter().map(|t| &t.mixer);
    let mut strips = tracks.chain(project.buses.iter().map(|b| &b.mixer));
    strips.nth(node).map(|mixer| mixer.inserts.as_slice())
}

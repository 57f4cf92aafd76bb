//! Edits while the music plays: one changed part of a project prepared and handed to the callback.

use std::sync::Arc;

use super::prepare::{self, Busy, Engine, Paths, PrepareError, Samples};
use super::prepare_track::{self as track, Resolver};
use super::protocol::{Command, Swap};
use super::sound::SoundFactory;
use crate::model::ids::TrackId;
use crate::model::mixer::Effect;
use crate::model::project::Project;

/// Why an edit did not reach the music.
#[derive(Debug, thiserror::Error)]
pub enum SwapError {
    /// The edited part cannot be played; what plays goes on as it was.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The engine is busy; try again after the next block.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// Tracks or buses came or went: the engine has to be prepared anew.
    #[error("tracks or buses have changed since the engine was prepared")]
    Rebuild,
}

impl Engine {
    /// Play a track's clips as they are in `project`, from the next block on; a clip that plays goes
    /// on in its edited form. Voices are made anew only if the clips need other sounds or those there
    /// are have crashed; then those that sound are cut within 3 ms.
    ///
    /// # Errors
    /// A sound or sample that is missing, no room, or tracks that came or went.
    pub fn swap_clips(
        &mut self,
        project: &Project,
        id: TrackId,
        factory: &dyn SoundFactory,
        samples: &Samples,
    ) -> Result<(), SwapError> {
        self.check(project)?;
        let index = *self.layout.tracks.get(&id).ok_or(SwapError::Rebuild)?;
        let t = project.track(id).ok_or(SwapError::Rebuild)?;
        let resolver = Resolver { project, factory, samples, rate: self.rate };
        let (parts, clips) = track::plan(t, &resolver)?;
        let (node, clips) = (index as u16, Arc::new(clips));
        if parts.fit(&self.parts[index]) {
            self.send_swap(Swap::Clips { node, clips })?;
            return Ok(());
        }
        let (voices, keeper) = parts.voices(t, &resolver)?;
        let has_voices = voices.is_some();
        self.send_swap(Swap::Voices { node, clips, voices })?;
        self.keepers[index] = keeper;
        self.parts[index] = parts;
        self.paths[index].has_voices = has_voices;
        Ok(())
    }

    /// Give a node (track, bus or master) the rack it has in `project`, from the next block on,
    /// faded in once it is warm. Tails of the old rack end.
    ///
    /// # Errors
    /// An effect that is missing, a circle of sidechains, no room, or tracks that came or went.
    pub fn swap_rack(
        &mut self,
        project: &Project,
        node: usize,
        factory: &dyn SoundFactory,
    ) -> Result<(), SwapError> {
        self.check(project)?;
        let inserts = inserts(project, node, self.layout.master()).ok_or(SwapError::Rebuild)?;
        let rack = prepare::rack(inserts, &self.layout.names[node], factory, self.rate)?;
        let mut paths = self.paths.clone();
        paths[node] = Paths::new(&rack, paths[node].has_voices);
        let graph = Some(Box::new(prepare::graph(project, &self.layout, &paths)?));
        self.send_swap(Swap::Rack { node: node as u16, rack, graph })?;
        self.paths = paths;
        Ok(())
    }

    /// Take over tempo map, scenes, launch grid and signature.
    ///
    /// # Errors
    /// No room, or tracks that came or went.
    pub fn swap_song(&mut self, project: &Project) -> Result<(), SwapError> {
        self.check(project)?;
        self.send_swap(Swap::Song(Arc::new(prepare::song_plan(project))))?;
        self.layout.scenes = project.scenes.iter().map(|s| s.id).collect();
        Ok(())
    }

    fn check(&self, project: &Project) -> Result<(), SwapError> {
        let now = prepare::layout(project);
        let same = now.tracks == self.layout.tracks && now.buses == self.layout.buses;
        if same { Ok(()) } else { Err(SwapError::Rebuild) }
    }

    fn send_swap(&mut self, swap: Swap) -> Result<(), Busy> {
        self.send_command(None, Command::Swap(Box::new(swap)))
    }
}

/// The rack of a node in `project`; the cue has none.
fn inserts(project: &Project, node: usize, master: usize) -> Option<&[Effect]> {
    if node == master {
        return Some(&project.song.master.inserts);
    }
    let tracks = project.tracks.iter().map(|t| &t.mixer);
    let mut strips = tracks.chain(project.buses.iter().map(|b| &b.mixer));
    strips.nth(node).map(|mixer| mixer.inserts.as_slice())
}

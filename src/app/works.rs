//! What is done in the background: composing, deciding on proposals, bounces.

use super::player::{LineError, Player};
use crate::jobs::bounce::{Workshop, bounce};
use crate::jobs::compose::{Asked, Wish, change, compose, fresh_seed};
use crate::jobs::proposal::{Proposal, Trial};
use crate::jobs::{self, JobId, Notice};
use crate::live::desk::{At, Order};
use crate::model::ids::{SceneId, TrackId};
use crate::model::performance::Performance;
use crate::session::act::{Act, Decision, Errand};
use crate::session::document::{Order as Places, exists};
use crate::session::error::EditError;
use crate::session::history::{Outcome, Request, perform};

/// Velocity of what is launched.
const FULL: u8 = 127;

/// Whether an errand neither changes the document nor writes it to a file.
fn leaves_be(errand: &Errand) -> bool {
    matches!(
        errand,
        Errand::Compose { .. }
            | Errand::Proposal(..)
            | Errand::JobCancel(_)
            | Errand::Tap
            | Errand::Arm(..)
            | Errand::RecordQuantize(_)
            | Errand::RecordLength(_)
            | Errand::RecordCountIn(_)
            | Errand::Panic
            | Errand::MetersReset
            | Errand::Capture(_)
    )
}

/// Why what is on trial cannot be taken back.
fn stays(error: EditError) -> LineError {
    LineError::Now(format!("what was on trial stays, since something was made of it: {error}"))
}

impl Player {
    /// Take in what was done in the background. Gives sentences for people.
    pub fn pump(&mut self) -> Vec<Notice> {
        jobs::pump(&mut self.world)
    }

    fn workshop(&self) -> Result<Workshop, String> {
        let none = || "there are no sounds to make it with here".to_owned();
        self.world.get_resource::<Workshop>().cloned().ok_or_else(none)
    }

    /// Compose something, for a slot or for wherever it fits.
    pub(super) fn compose(
        &mut self,
        asked: Asked,
        into: Option<(TrackId, SceneId)>,
        seed: Option<u64>,
    ) -> Result<String, LineError> {
        let workshop = self.workshop().map_err(LineError::Now)?;
        let seed = seed.unwrap_or_else(fresh_seed);
        // A proposal whose slot is gone goes where it fits.
        let there = |(track, scene): &(TrackId, SceneId)| {
            exists(&self.world, *track) && exists(&self.world, *scene)
        };
        let into = into.filter(there);
        let head = self.view().map(|view| view.snapshot.playhead());
        let bpm = head.filter(|head| head.playing).map(|head| head.bpm.get());
        let wish = Wish { asked, seed, into, bpm, candidates: workshop.candidates };
        let id = compose(&mut self.world, workshop.factory, wish).map_err(LineError::Now)?;
        Ok(format!("composing, job {} (seed {seed})", id.0))
    }

    /// Do with a proposal what was decided.
    pub(super) fn decide(
        &mut self,
        number: Option<u32>,
        decision: Decision,
        orders: &mut dyn FnMut(Order),
    ) -> Result<String, LineError> {
        let proposal = jobs::proposal(&self.world, number).map_err(LineError::Now)?.clone();
        let id = proposal.id;
        match decision {
            Decision::Try(switch) => {
                let on = switch.from(jobs::tried(&self.world) == Some(id));
                let was = self.end_trial(!on, orders)?;
                if on {
                    return self.try_out(&proposal, orders);
                }
                Ok(if was { "what was there is back" } else { "nothing is on trial" }.to_owned())
            }
            Decision::Keep => {
                // What is on trial stays as it is, and sounds on: only the history learns of it.
                let tried = jobs::tried(&self.world) == Some(id);
                let trial = Trial::end(&mut self.world).map_err(stays)?.filter(|_| tried);
                let insertion = match trial {
                    Some(trial) => trial.insertion,
                    None => proposal.insertion(&self.world)?,
                };
                let name = format!("Keep “{}”", proposal.prompt);
                match perform(&mut self.world, Request::step(name, insertion.edit)) {
                    Outcome::Refused { error, .. } => {
                        self.push(orders);
                        return Err(LineError::Now(format!("it cannot be kept: {error}")));
                    }
                    _ => jobs::decided(&mut self.world, id, true),
                }
                self.push(orders);
                Ok(match (insertion.scene, insertion.slots.as_slice()) {
                    (Some(scene), _) => format!("kept as scene #{}", scene.0),
                    (None, [(track, scene), ..]) => format!("kept on #{} in #{}", track.0, scene.0),
                    (None, []) => "kept".to_owned(),
                })
            }
            Decision::Reject => {
                if jobs::tried(&self.world) == Some(id) {
                    self.end_trial(true, orders)?;
                }
                jobs::decided(&mut self.world, id, false);
                Ok(format!("rejected proposal {}", id.0))
            }
            Decision::Vary => {
                self.compose(Asked::Intent(Box::new(proposal.intent)), proposal.into, None)
            }
            Decision::Change(facet, text) => {
                let intent = change(&proposal.intent, facet, &text).map_err(LineError::Now)?;
                let (asked, seed) = (Asked::Intent(Box::new(intent)), Some(proposal.seed));
                self.compose(asked, proposal.into, seed)
            }
        }
    }

    /// Put a proposal in its place and launch it; the document's history knows nothing of it.
    fn try_out(
        &mut self,
        proposal: &Proposal,
        orders: &mut dyn FnMut(Order),
    ) -> Result<String, LineError> {
        let insertion = proposal.insertion(&self.world)?;
        let before = insertion.slots.iter().map(|(track, _)| (*track, self.plays(*track)));
        let (before, slots, scene) = (before.collect(), insertion.slots.clone(), insertion.scene);
        Trial::begin(&mut self.world, proposal.id, insertion, before)
            .map_err(|error| LineError::Now(format!("it cannot be heard here: {error}")))?;
        self.push(orders);
        let launch = |(track, scene)| Performance::Launch(track, scene, FULL);
        match scene {
            Some(scene) => orders(Order::Perform(Performance::LaunchScene(scene), At::Now)),
            None => slots
                .into_iter()
                .map(launch)
                .for_each(|launch| orders(Order::Perform(launch, At::Now))),
        }
        Ok(format!("proposal {} is launched; Esc brings back what was there", proposal.id.0))
    }

    /// Take back what is on trial, and with `launch` have play again what played. Says whether anything
    /// was on trial.
    pub(super) fn end_trial(
        &mut self,
        launch: bool,
        orders: &mut dyn FnMut(Order),
    ) -> Result<bool, LineError> {
        let Some(trial) = Trial::end(&mut self.world).map_err(stays)? else { return Ok(false) };
        self.push(orders);
        let there = |(track, _): &(TrackId, _)| exists(&self.world, *track);
        for (track, scene) in trial.before.iter().copied().filter(there).filter(|_| launch) {
            orders(Order::Perform(
                match scene {
                    Some(scene) => Performance::Launch(track, scene, FULL),
                    None => Performance::StopTrack(track),
                },
                At::Now,
            ));
        }
        Ok(true)
    }

    /// Whether what an action comes to has to wait until nothing is on trial.
    pub(super) fn ends_trial(&self, act: &Act) -> bool {
        jobs::tried(&self.world).is_some()
            && match act {
                Act::Edit { edit, .. } => !Trial::allows(edit),
                Act::Perform(_) => false,
                Act::App(errand) => !leaves_be(errand),
            }
    }

    /// The scene whose clip a track plays.
    fn plays(&self, track: TrackId) -> Option<SceneId> {
        let (view, order) = (self.view()?, self.world.get_resource::<Places>()?);
        let node = order.tracks.iter().position(|id| *id == track)?;
        let node = Some(node).filter(|node| *node < view.snapshot.tracks())?;
        let row = view.snapshot.track(node).playing?;
        order.scenes.get(usize::from(row)).copied()
    }

    /// Break off a job.
    pub(super) fn cancel_job(&mut self, number: u32) -> Result<String, LineError> {
        jobs::cancel(&mut self.world, JobId(number)).map_err(LineError::Now)
    }

    /// Write a scene to files beside the project.
    pub(super) fn bounce(&mut self, scene: SceneId) -> Result<String, LineError> {
        let workshop = self.workshop().map_err(LineError::Now)?;
        let none = || LineError::Now("no project is open".to_owned());
        let project = self.project().ok_or_else(none)?;
        let path = self.path().to_owned();
        let id = bounce(&mut self.world, &workshop, project, &path, scene);
        Ok(format!("bouncing, job {}", id.map_err(LineError::Now)?.0))
    }
}

#[cfg(test)]
mod tests;

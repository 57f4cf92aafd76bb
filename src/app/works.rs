//! What is done in the background: composing, deciding on proposals, bounces.

use super::player::{LineError, Player};
use crate::jobs::bounce::{Workshop, bounce};
use crate::jobs::compose::{Asked, Wish, change, compose, fresh_seed};
use crate::jobs::{self, JobId, Notice};
use crate::live::desk::Order;
use crate::model::ids::{SceneId, TrackId};
use crate::session::act::Decision;
use crate::session::history::{Outcome, Request, perform};

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
            Decision::Keep => {
                let insertion = proposal.insertion(&self.world)?;
                let name = format!("Keep “{}”", proposal.prompt);
                match perform(&mut self.world, Request::step(name, insertion.edit)) {
                    Outcome::Refused { error, .. } => {
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

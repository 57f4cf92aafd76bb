//! What is done in the background: composing, deciding on proposals, bounces, imports, slices.

use std::path::{Path, PathBuf};

use super::player::{LineError, Player};
use crate::jobs::audition::{self, Setting, audition};
use crate::jobs::bounce::{Workshop, alone, bounce, render};
use crate::jobs::compose::{Asked, Wish, change, compose, fresh_seed};
use crate::jobs::import::{Place, Wanted, import};
use crate::jobs::proposal::{Proposal, Trial};
use crate::jobs::reshape::{Remake, reshape};
use crate::jobs::slice::slice;
use crate::jobs::{self, JobId, Made, Notice};
use crate::live::desk::{At, Order};
use crate::model::clip::Clip;
use crate::model::ids::{ClipId, SceneId, TrackId};
use crate::model::intent::Reshape;
use crate::model::library::PresetData;
use crate::model::media::{Media, refusal};
use crate::model::performance::Performance;
use crate::model::project::{Project, Song};
use crate::model::scene::Scene;
use crate::model::time::Bpm;
use crate::model::track::{Instrument, TrackKind};
use crate::persistence::samples::SampleFolders;
use crate::session::act::{Act, ActError, Decision, Errand, PresetErrand, PresetKind};
use crate::session::document::{Name, Order as Places, exists, part};
use crate::session::error::EditError;
use crate::session::history::{Outcome, Request, perform};

/// Velocity of what is launched.
const FULL: u8 = 127;

/// Whether an errand neither changes the document nor writes it to a file.
fn leaves_be(errand: &Errand) -> bool {
    matches!(
        errand,
        Errand::Compose { .. }
            | Errand::Reshape { .. }
            | Errand::Proposal(..)
            | Errand::JobCancel(_)
            | Errand::Preset(
                PresetErrand::Save(..) | PresetErrand::Rename(..) | PresetErrand::Delete(..)
            )
            | Errand::Import { .. }
            | Errand::ImportTrack { .. }
            | Errand::Slice(_)
            | Errand::Audition(_)
            | Errand::AuditionPreset(_)
            | Errand::AuditionStop
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
    pub fn pump(&mut self, orders: &mut dyn FnMut(Order)) -> Vec<Notice> {
        let mut notices = jobs::pump(&mut self.world);
        if let Some(sample) = jobs::heard(&mut self.world) {
            orders(Order::Preview(Some(sample)));
        }
        for (id, made) in jobs::made(&mut self.world) {
            let said = self.take_in(&made, orders).map_err(|error| error.to_string());
            notices.extend(jobs::settle(&mut self.world, id, said));
        }
        notices
    }

    /// Put what was made in the background into the document.
    fn take_in(&mut self, made: &Made, orders: &mut dyn FnMut(Order)) -> Result<String, LineError> {
        self.end_trial(true, orders)?;
        let (name, edit) = made.step(&self.world)?;
        let request = Request::step(name, edit);
        if let Outcome::Refused { error, .. } = perform(&mut self.world, request) {
            return Err(LineError::Now(error.to_string()));
        }
        self.push(orders);
        Ok(made.sentence(self.world.resource::<Song>().signature))
    }

    /// The tempo that runs, or the one the song begins with.
    fn bpm(&self) -> Bpm {
        let head = self.view().map(|view| view.snapshot.playhead()).filter(|head| head.playing);
        head.map_or(self.world.resource::<Song>().tempo.start, |head| head.bpm)
    }

    /// Cut a clip's recording at its hits.
    pub(super) fn slice(&mut self, clip: ClipId) -> Result<String, LineError> {
        let clip = part::<Clip>(&self.world, clip).map_err(ActError::from)?.clone();
        let folders = SampleFolders::of(self.path(), self.library.clone());
        let bpm = self.bpm();
        let id = slice(&mut self.world, &clip, folders, bpm).map_err(LineError::Now)?;
        Ok(format!("looking for hits in “{}”, job {}", clip.name, id.0))
    }

    /// Make a clip of a file: in a slot, or on a new audio track.
    pub(super) fn import(&mut self, path: &str, place: Place) -> Result<String, LineError> {
        let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (track, scene) = match place {
            Place::Slot(track, scene) => (Some(track), Some(scene)),
            Place::NewTrack(scene) => (None, scene),
        };
        let kind = track.map(|id| {
            let name = part::<Name>(&self.world, id).map(|name| name.0.as_str());
            Ok::<_, EditError>((name?, part::<TrackKind>(&self.world, id)?))
        });
        let kind = kind.transpose().map_err(ActError::from)?;
        if let Some(sentence) = refusal(&name, kind) {
            return Err(LineError::Now(sentence));
        }
        let Some(media) = Media::of(&name) else { return Ok(String::new()) };
        // The tempo at which it will be heard first.
        let scene = scene.and_then(|id| part::<Scene>(&self.world, id).ok());
        let bpm = scene.and_then(|scene| scene.tempo).map(|tempo| tempo.bpm);
        let bpm = bpm.unwrap_or_else(|| self.bpm());
        let signature = self.world.resource::<Song>().signature;
        let file = self.path().parent().unwrap_or(Path::new("")).join(path);
        let folders = SampleFolders::of(self.path(), self.library.clone());
        let wanted = Wanted { file, media, place, folders, bpm, signature };
        let id = import(&mut self.world, wanted).map_err(LineError::Now)?;
        Ok(format!("importing “{name}”, job {}", id.0))
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

    /// Propose what can be made of the clip of a slot.
    pub(super) fn reshape(
        &mut self,
        what: Reshape,
        from: (TrackId, SceneId),
        seed: Option<u64>,
    ) -> Result<String, LineError> {
        let factory = self.workshop().map_err(LineError::Now)?.factory;
        let seed = seed.unwrap_or_else(fresh_seed);
        let wish = Remake { what, from, seed, bpm: self.bpm().get() };
        let id = reshape(&mut self.world, factory, wish).map_err(LineError::Now)?;
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
            Decision::Vary if let Some(of) = proposal.of => self.reshape(of.what, of.from, None),
            Decision::Vary => {
                self.compose(Asked::Intent(Box::new(proposal.intent)), proposal.into, None)
            }
            Decision::Change(..) if proposal.of.is_some() => {
                let why = "this was made of a clip, not of words: vary it, or compose anew";
                Err(LineError::Now(why.to_owned()))
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

    /// Let the player alone hear an instrument, in the set's key and at its tempo.
    pub(super) fn audition(&mut self, instrument: Instrument) -> Result<String, LineError> {
        let none = || LineError::Now("nothing plays yet that could be heard".to_owned());
        let rate = self.view().ok_or_else(none)?.rate;
        let factory = self.workshop().map_err(LineError::Now)?.factory;
        let setting = Setting { key: self.world.resource::<Song>().key, bpm: self.bpm(), rate };
        let said = format!("hear “{}”", instrument.synth);
        audition(&mut self.world, factory, instrument, setting).map_err(LineError::Now)?;
        Ok(said)
    }

    /// The same of a preset of the user's.
    pub(super) fn audition_preset(&mut self, name: &str) -> Result<String, LineError> {
        let none = || LineError::Now(format!("there is no preset called “{name}”"));
        let preset = PresetKind::Instrument.find(self.presets.all(), name).ok_or_else(none)?;
        let PresetData::Instrument(instrument) = preset.data.clone() else { return Err(none()) };
        self.audition(instrument)
    }

    /// Hear no sound that is tried any more.
    pub(super) fn stop_audition(&mut self, orders: &mut dyn FnMut(Order)) {
        audition::stop(&mut self.world);
        orders(Order::Preview(None));
    }

    /// Break off a job.
    pub(super) fn cancel_job(&mut self, number: u32) -> Result<String, LineError> {
        jobs::cancel(&mut self.world, JobId(number)).map_err(LineError::Now)
    }

    /// What is bounced: what makes it, a copy of the set, and where that lies.
    fn copy(&self) -> Result<(Workshop, Project, PathBuf), LineError> {
        let workshop = self.workshop().map_err(LineError::Now)?;
        let none = || LineError::Now("no project is open".to_owned());
        Ok((workshop, self.project().ok_or_else(none)?, self.path().to_owned()))
    }

    /// Write a scene to files beside the project.
    pub(super) fn bounce(&mut self, scene: SceneId) -> Result<String, LineError> {
        let (workshop, project, path) = self.copy()?;
        self.write(&workshop, project, &path, scene)
    }

    fn write(
        &mut self,
        workshop: &Workshop,
        project: Project,
        path: &Path,
        scene: SceneId,
    ) -> Result<String, LineError> {
        let id = bounce(&mut self.world, workshop, project, path, scene);
        Ok(format!("bouncing, job {}", id.map_err(LineError::Now)?.0))
    }

    /// Write a clip alone to files beside the project.
    pub(super) fn bounce_clip(
        &mut self,
        track: TrackId,
        scene: SceneId,
    ) -> Result<String, LineError> {
        let (workshop, project, path) = self.copy()?;
        let (project, _) = alone(project, track, scene).map_err(LineError::Now)?;
        self.write(&workshop, project, &path, scene)
    }

    /// Make a sample of a clip.
    pub(super) fn render_clip(
        &mut self,
        track: TrackId,
        scene: SceneId,
    ) -> Result<String, LineError> {
        let (workshop, project, path) = self.copy()?;
        let folders = SampleFolders::of(&path, self.library.clone());
        let id = render(&mut self.world, &workshop, project, &path, (track, scene), folders);
        Ok(format!("rendering, job {}", id.map_err(LineError::Now)?.0))
    }
}

#[cfg(test)]
mod tests;

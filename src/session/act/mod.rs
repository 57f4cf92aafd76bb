//! From an action to what it does: a named step of edits, a gesture for the engine, or an errand of
//! the application.

mod clips;
mod find;
mod notes;
mod presets;
mod song;
mod stage;
mod timeline;
mod tracks;

pub use notes::at_once;

use bevy_ecs::world::World;

pub use clips::fill;

pub use presets::{Holder, PresetErrand, PresetKind};

use super::document::{Grooves, Name, Order, collect, part, spawn};
use super::edit::Edit;
use super::error::EditError;
use super::history::{Outcome, Request, perform};
use crate::model::action::{Action, Names, ParseError, forms, parse};
use crate::model::action::{Span, StripRef, Switch};
use crate::model::ids::{BusId, ClipId, SceneId, StripId, TrackId};
use crate::model::intent::{Facet, Reshape};
use crate::model::launch::Quantization;
use crate::model::performance::Performance;
use crate::model::project::Project;
use crate::model::scene::Scene;
use crate::model::time::Ticks;

/// What an action comes to in a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// A step of the document, with its name in the history.
    Edit {
        /// What the step is called.
        name: String,
        /// What it changes.
        edit: Edit,
    },
    /// What the engine plays; the document stays as it is.
    Perform(Vec<Performance>),
    /// Something the application does.
    App(Errand),
}

/// An errand of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Take the last step back.
    Undo,
    /// Make it again.
    Redo,
    /// Write the project to its file.
    Save,
    /// Write it to another file, from now on its own.
    SaveAs(String),
    /// Copy its samples into its folder.
    Collect,
    /// Begin an empty project.
    New,
    /// Open the project in this file.
    Open(String),
    /// A tap of the tempo.
    Tap,
    /// Let a track play what comes in, or not.
    Arm(TrackId, Switch),
    /// Record into a slot, for a length or until it is ended.
    Record(TrackId, SceneId, Option<Ticks>),
    /// Move starts of recorded notes to this grid.
    RecordQuantize(Quantization),
    /// Record into empty slots for so long, or until it is ended.
    RecordLength(Option<Span>),
    /// Click so many bars before a recording that starts the transport.
    RecordCountIn(u8),
    /// Let the next control that is touched do this line.
    Learn {
        /// The line.
        line: String,
        /// In this project only.
        project: bool,
    },
    /// Take this line from the controls that do it.
    Unlearn(String),
    /// End every held note.
    Panic,
    /// Begin anew what meters hold.
    MetersReset,
    /// Save what was heard last under this name.
    Capture(String),
    /// A new scene of what plays, with this name, after another one or at the end.
    SceneCapture(String, Option<SceneId>),
    /// Compose a proposal.
    Compose {
        /// What is asked for, in words.
        text: String,
        /// The slot that it is for.
        into: Option<(TrackId, SceneId)>,
        /// The seed; `None` takes a fresh one.
        seed: Option<u64>,
    },
    /// Propose what can be made of the clip of a slot.
    Reshape {
        /// What.
        what: Reshape,
        /// The slot.
        from: (TrackId, SceneId),
        /// The seed; `None` takes a fresh one.
        seed: Option<u64>,
    },
    /// Do something with the proposal of this number, or with the newest one.
    Proposal(Option<u32>, Decision),
    /// Break off the job of this number.
    JobCancel(u32),
    /// Write a scene as sound and notes.
    BounceScene(SceneId),
    /// Write the clip of a slot alone as sound and notes.
    BounceClip(TrackId, SceneId),
    /// Make a sample of the clip of a slot.
    RenderClip(TrackId, SceneId),
    /// Let the player alone hear an instrument, by its SynthDef.
    Audition(String),
    /// The same of a preset of the user's.
    AuditionPreset(String),
    /// End that.
    AuditionStop,
    /// Do something with a preset of the user's.
    Preset(PresetErrand),
    /// Make a clip of a file.
    Import {
        /// The file.
        path: String,
        /// The slot it goes into.
        into: (TrackId, SceneId),
    },
    /// Cut a clip's recording at its hits.
    Slice(ClipId),
    /// Make a clip of a recording on a new audio track.
    ImportTrack {
        /// The file.
        path: String,
        /// Its scene; the first one if none is named.
        scene: Option<SceneId>,
    },
}

/// What becomes of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It goes into the document.
    Keep,
    /// It is heard in its place, or what was there again.
    Try(Switch),
    /// It goes away.
    Reject,
    /// The same is asked for again, with another seed.
    Vary,
    /// The same is asked for again, but for this.
    Change(Facet, String),
}

/// Why an action came to nothing. The document is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// The line is no action.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The document does not hold what the action names.
    #[error("{0}")]
    Missing(String),
    /// The document cannot become what the action asks.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// It makes sense only while the program runs.
    #[error("“{0}” is for a running session: in a file there is nothing to play or save")]
    NotInFile(String),
    /// There is no step to take back or make again.
    #[error("there is nothing to {0}")]
    NothingTo(&'static str),
}

impl ActError {
    fn missing(sentence: String) -> Self {
        ActError::Missing(sentence)
    }
}

/// Finds what the action names in the document and says what it comes to. Changes nothing.
///
/// # Errors
/// What the action names is not there, or cannot be what it asks. An edit may still be refused when
/// it is applied.
pub fn resolve(world: &World, action: &Action) -> Result<Act, ActError> {
    if let Some(act) = stage::act(world, action)? {
        return Ok(act);
    }
    let name = step_name(action);
    let mut edits = edits(world, action)?;
    let edit = if edits.len() == 1 { edits.remove(0) } else { Edit::Many(edits) };
    Ok(Act::Edit { name, edit })
}

/// The strip that an action names.
///
/// # Errors
/// None of that name, or several.
pub fn find_strip(world: &World, wanted: &StripRef) -> Result<StripId, ActError> {
    find::strip(world, wanted)
}

/// The edits of a document action.
fn edits(world: &World, action: &Action) -> Result<Vec<Edit>, ActError> {
    let parts = [song::edits, tracks::edits, clips::edits, notes::edits, timeline::edits];
    for part in parts {
        if let Some(edits) = part(world, action)? {
            return Ok(edits);
        }
    }
    Err(ActError::missing(format!("“{action}” changes nothing in a document")))
}

/// What the history calls an action's step: its line in the help.
fn step_name(action: &Action) -> String {
    let form = forms().iter().find(|form| form.name == action.name());
    form.map_or(action.name(), |form| form.help.trim()).to_owned()
}

/// The names in the document, for completion; sounds and samples are the library's to add.
pub fn names(world: &World) -> Names {
    let order = world.get_resource::<Order>().cloned().unwrap_or_default();
    let track = |id: &TrackId| part::<Name>(world, *id).ok().map(|name| name.0.clone());
    let bus = |id: &BusId| part::<Name>(world, *id).ok().map(|name| name.0.clone());
    let scene = |id: &SceneId| part::<Scene>(world, *id).ok().map(|scene| scene.name.clone());
    let grooves = world.get_resource::<Grooves>().map(|grooves| grooves.0.as_slice());
    Names {
        tracks: order.tracks.iter().filter_map(track).collect(),
        scenes: order.scenes.iter().filter_map(scene).collect(),
        buses: order.buses.iter().filter_map(bus).collect(),
        grooves: grooves.unwrap_or_default().iter().map(|groove| groove.name.clone()).collect(),
        ..Names::default()
    }
}

/// Applies lines of actions to a project, all or none, and says what each did.
///
/// # Errors
/// The index of the first line that failed, and why.
pub fn run_lines(
    project: Project,
    lines: &[&str],
) -> Result<(Project, Vec<String>), (usize, ActError)> {
    let mut world = World::new();
    spawn(&mut world, project).map_err(|error| (0, error.into()))?;
    let mut done = Vec::with_capacity(lines.len());
    for (i, line) in lines.iter().enumerate() {
        done.push(run_line(&mut world, line).map_err(|error| (i, error))?);
    }
    let project = collect(&world);
    let gone = || (lines.len(), EditError::rule("no project is open").into());
    Ok((project.ok_or_else(gone)?, done))
}

fn run_line(world: &mut World, line: &str) -> Result<String, ActError> {
    let action = parse(line)?;
    let request = match resolve(world, &action)? {
        Act::Edit { name, edit } => Request::step(name, edit),
        Act::App(Errand::Undo) => Request::Undo,
        Act::App(Errand::Redo) => Request::Redo,
        Act::Perform(_) | Act::App(_) => {
            return Err(ActError::NotInFile(action.to_string()));
        }
    };
    match perform(world, request) {
        Outcome::Done(name) => Ok(format!("{name}: {action}")),
        Outcome::Undone(name) => Ok(format!("Undo: {name}")),
        Outcome::Redone(name) => Ok(format!("Redo: {name}")),
        Outcome::Refused { error, .. } => Err(error.into()),
        Outcome::Nothing => {
            Err(ActError::NothingTo(if action == Action::Undo { "undo" } else { "redo" }))
        }
    }
}

//! Undo history and the one system that applies edits.

use std::collections::VecDeque;

use bevy_ecs::message::Message;
use bevy_ecs::resource::Resource;
use bevy_ecs::world::World;

use super::apply::apply;
use super::edit::Edit;
use super::error::EditError;
use crate::model::project::Song;

/// One drag of a fader, knob, clip or note: edits that share it and their target become one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gesture(pub u64);

/// Steps kept when no other depth is set.
pub const DEPTH: usize = 1000;

/// Something asked of the document.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// A named step; several edits in one [`Edit::Many`] are all made or none.
    Edit {
        /// What the step is called: "move clip".
        name: String,
        /// The change.
        edit: Edit,
        /// The drag it is part of.
        gesture: Option<Gesture>,
    },
    /// A change nobody made by hand, such as the engine's echo of a controller: applied, never undone.
    Silent(Edit),
    /// Takes the last step back.
    Undo,
    /// Makes the last step taken back again.
    Redo,
}

impl Request {
    /// A step of its own.
    pub fn step(name: impl Into<String>, edit: Edit) -> Self {
        Request::Edit { name: name.into(), edit, gesture: None }
    }
}

/// What became of a request.
#[derive(Message, Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The step was made.
    Done(String),
    /// The step was taken back.
    Undone(String),
    /// The step was made again.
    Redone(String),
    /// The document stayed as it was.
    Refused {
        /// What was asked.
        name: String,
        /// Why it was not done.
        error: EditError,
    },
    /// There was nothing to undo or redo.
    Nothing,
}

/// Requests waiting to be applied, in order.
#[derive(Resource, Clone, Debug, Default)]
pub struct Requests(VecDeque<Request>);

impl Requests {
    /// Adds a request to the end.
    pub fn push(&mut self, request: Request) {
        self.0.push_back(request);
    }
}

#[derive(Clone, Debug)]
struct Step {
    name: String,
    /// The edit that leads to the other side of this step.
    way: Edit,
    /// For coalescing: the drag it came from and the last edit made in it.
    drag: Option<(Gesture, Edit)>,
    /// Names the state of the document after this step.
    serial: u64,
}

/// The steps that can be undone and redone.
#[derive(Resource, Clone, Debug)]
pub struct History {
    done: VecDeque<Step>,
    undone: Vec<Step>,
    depth: usize,
    /// The state before the oldest step kept.
    origin: u64,
    saved: u64,
    counter: u64,
}

impl Default for History {
    fn default() -> Self {
        History::with_depth(DEPTH)
    }
}

impl History {
    /// An empty history that keeps at most `depth` steps (at least one).
    pub fn with_depth(depth: usize) -> Self {
        History {
            done: VecDeque::new(),
            undone: Vec::new(),
            depth: depth.max(1),
            origin: 0,
            saved: 0,
            counter: 0,
        }
    }

    /// Name of the step that undo would take back.
    pub fn undo_name(&self) -> Option<&str> {
        self.done.back().map(|step| step.name.as_str())
    }

    /// Name of the step that redo would make.
    pub fn redo_name(&self) -> Option<&str> {
        self.undone.last().map(|step| step.name.as_str())
    }

    /// How many steps can be undone.
    pub fn len(&self) -> usize {
        self.done.len()
    }

    /// Whether nothing can be undone.
    pub fn is_empty(&self) -> bool {
        self.done.is_empty()
    }

    /// Names the document's present state; equal numbers mean the same document.
    pub fn state(&self) -> u64 {
        self.done.back().map_or(self.origin, |step| step.serial)
    }

    /// Remembers that the present state is on disk.
    pub fn mark_saved(&mut self) {
        self.saved = self.state();
    }

    /// The present state is on no disk, as that of a project that was recovered.
    pub fn mark_unsaved(&mut self) {
        // No step has this number.
        self.saved = u64::MAX;
    }

    /// Whether the document differs from what was last saved.
    pub fn is_dirty(&self) -> bool {
        self.saved != self.state()
    }

    /// Make one step, called `name`, of all that were made since the document was in `state`.
    pub fn join(&mut self, state: u64, name: &str) {
        let since = match self.origin == state {
            true => Some(0),
            false => self.done.iter().position(|step| step.serial == state).map(|at| at + 1),
        };
        let Some(since) = since.filter(|since| *since < self.done.len()) else { return };
        let joined: Vec<Step> = self.done.drain(since..).collect();
        let serial = joined.last().map_or(state, |step| step.serial);
        let way = Edit::Many(joined.into_iter().rev().map(|step| step.way).collect());
        self.done.push_back(Step { name: name.to_owned(), way, drag: None, serial });
    }

    fn serial(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn record(&mut self, name: String, edit: Option<(Gesture, Edit)>, inverse: Edit) {
        self.undone.clear();
        let serial = self.serial();
        if let (Some((gesture, edit)), Some(last)) = (&edit, self.done.back_mut())
            && let Some((of, before)) = &last.drag
            && of == gesture
            && before.same_target(edit)
        {
            let earlier = std::mem::replace(&mut last.way, Edit::Many(Vec::new()));
            last.way = earlier.after_undoing(inverse);
            last.serial = serial;
            return;
        }
        self.done.push_back(Step { name, way: inverse, drag: edit, serial });
        while self.done.len() > self.depth {
            if let Some(step) = self.done.pop_front() {
                self.origin = step.serial;
            }
        }
    }
}

/// Applies one request at once. The window's buttons go through [`Requests`] instead.
pub fn perform(world: &mut World, request: Request) -> Outcome {
    world.init_resource::<History>();
    if !world.contains_resource::<Song>() {
        let error = EditError::rule("no project is open");
        return Outcome::Refused { name: String::new(), error };
    }
    match request {
        Request::Edit { name, edit, gesture } => {
            let drag = gesture.map(|gesture| (gesture, edit.clone()));
            match apply(world, edit) {
                Ok(inverse) => {
                    let mut history = world.resource_mut::<History>();
                    history.record(name.clone(), drag, inverse);
                    Outcome::Done(name)
                }
                Err(error) => Outcome::Refused { name, error },
            }
        }
        Request::Silent(edit) => match apply(world, edit) {
            Ok(_) => {
                let mut history = world.resource_mut::<History>();
                // The document is no longer in any state named before; the steps stay.
                let serial = history.serial();
                match history.done.back_mut() {
                    Some(step) => step.serial = serial,
                    None => history.origin = serial,
                }
                Outcome::Done(String::new())
            }
            Err(error) => Outcome::Refused { name: String::new(), error },
        },
        Request::Undo => travel(world, true),
        Request::Redo => travel(world, false),
    }
}

fn travel(world: &mut World, back: bool) -> Outcome {
    let mut history = world.resource_mut::<History>();
    let step = if back { history.done.pop_back() } else { history.undone.pop() };
    let Some(Step { name, way, serial, .. }) = step else { return Outcome::Nothing };
    match apply(world, way.clone()) {
        Ok(way) => {
            // A new drag never joins a step that was undone and redone.
            let step = Step { name: name.clone(), way, drag: None, serial };
            let mut history = world.resource_mut::<History>();
            if back {
                history.undone.push(step);
                // Nor does it join the step before it.
                if let Some(last) = history.done.back_mut() {
                    last.drag = None;
                }
                Outcome::Undone(name)
            } else {
                history.done.push_back(step);
                Outcome::Redone(name)
            }
        }
        Err(error) => {
            // Only a silent change in between can stand in the way; the step stays for later.
            let step = Step { name: name.clone(), way, drag: None, serial };
            let mut history = world.resource_mut::<History>();
            if back {
                history.done.push_back(step);
            } else {
                history.undone.push(step);
            }
            Outcome::Refused { name, error }
        }
    }
}

/// Applies every waiting request in order: the only system that changes the document.
pub fn apply_edits(world: &mut World) {
    let requests = std::mem::take(&mut world.get_resource_or_init::<Requests>().0);
    for request in requests {
        let outcome = perform(world, request);
        if outcome != Outcome::Done(String::new()) {
            world.write_message(outcome);
        }
    }
}

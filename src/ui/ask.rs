//! What panels ask for: actions of the one vocabulary, in order.

use std::path::PathBuf;

use egui::{Response, Ui};

use crate::model::action::{Action, BusRef, ClipRef, Ref, SceneRef, StripRef, Switch, TrackRef};
use crate::model::ids::{BusId, SceneId, StripId, TrackId};
use crate::session::history::Gesture;

/// Something a panel asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// An action; those of one drag are one step to undo.
    Act(Action, Option<Gesture>),
    /// Several actions that are one step to undo, and what it is called.
    Together(String, Vec<Action>),
    /// Several changes of the document as one step to undo, and what it is called; each names things as
    /// they are before any of the others.
    AtOnce(&'static str, Vec<Action>),
    /// A setting's name and the value it is to have.
    Setting(&'static str, String),
    /// Look around for devices to play on.
    Look,
    /// A line as it was written, which may be no action.
    Line(String),
    /// Pad controllers turn this track's parameters.
    Select(TrackId),
    /// Something of files that no line says.
    File(FileAsk),
}

/// The files of a folder that are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Projects.
    Projects,
    /// What clips are made of.
    Media,
}

/// What is asked of files by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileAsk {
    /// Show what lies in this folder: its folders and the files of this kind.
    List(PathBuf, Listed),
    /// Save the project to this file, whatever is there.
    SaveTo(PathBuf),
    /// Go on with the work that is offered.
    Recover,
    /// Remove it.
    Discard,
    /// Offer it again at the next start.
    Later,
}

/// What one frame of the window asked for.
#[derive(Debug, Default)]
pub struct Asks {
    all: Vec<Ask>,
}

impl Asks {
    /// Ask for an action.
    pub fn act(&mut self, action: Action) {
        self.all.push(Ask::Act(action, None));
    }

    /// Ask for an action that a control is being moved by.
    pub fn drag(&mut self, ui: &Ui, by: &Response, action: Action) {
        // One drag has one press; turns of a wheel belong together for a second.
        let (pressed, now) = ui.input(|i| (i.pointer.press_start_time(), i.time));
        let begun = pressed.filter(|_| by.dragged()).map_or(now.floor(), |pressed| pressed + 0.5);
        self.all.push(Ask::Act(action, Some(Gesture(by.id.value() ^ begun.to_bits()))));
    }

    /// Ask for several actions that are one step to undo, called `name`.
    pub fn together(&mut self, name: &str, mut actions: Vec<Action>) {
        match actions.len() {
            0 => {}
            1 => self.all.extend(actions.pop().map(|action| Ask::Act(action, None))),
            _ => self.all.push(Ask::Together(name.to_owned(), actions)),
        }
    }

    /// Ask for several changes of the document as one step, called `name`: each names things, such as
    /// notes that move, as they are before any of the others.
    pub fn at_once(&mut self, name: &'static str, actions: Vec<Action>) {
        if !actions.is_empty() {
            self.all.push(Ask::AtOnce(name, actions));
        }
    }

    /// Ask for a setting to have another value.
    pub fn setting(&mut self, key: &'static str, value: impl Into<String>) {
        self.all.push(Ask::Setting(key, value.into()));
    }

    /// Ask for a look around for devices.
    pub fn look(&mut self) {
        self.all.push(Ask::Look);
    }

    /// Ask for what a line says.
    pub fn line(&mut self, line: impl Into<String>) {
        self.all.push(Ask::Line(line.into()));
    }

    /// Have pad controllers turn a track's parameters.
    pub fn select(&mut self, track: TrackId) {
        self.all.push(Ask::Select(track));
    }

    /// Ask for something of files.
    pub fn file(&mut self, ask: FileAsk) {
        self.all.push(Ask::File(ask));
    }

    /// What was asked for, in order.
    pub fn take(&mut self) -> Vec<Ask> {
        std::mem::take(&mut self.all)
    }

    /// Launch a slot; one without a clip stops its track, where it has a stop button.
    pub fn launch(&mut self, at: ClipRef, filled: bool, track: TrackId) {
        self.act(if filled {
            Action::Launch { clip: at }
        } else {
            Action::StopTrack { track: self::track(track) }
        });
    }

    /// Turn a track's arm over.
    pub fn arm(&mut self, id: TrackId) {
        self.act(Action::Arm { track: track(id), switch: Switch::Toggle });
    }
}

/// A track as an action names it.
pub fn track(id: TrackId) -> TrackRef {
    TrackRef(Ref::Id(id.0))
}

/// A scene as an action names it.
pub fn scene(id: SceneId) -> SceneRef {
    SceneRef(Ref::Id(id.0))
}

/// A bus as an action names it.
pub fn bus(id: BusId) -> BusRef {
    BusRef(Ref::Id(id.0))
}

/// A slot as an action names it.
pub fn slot(in_track: TrackId, in_scene: SceneId) -> ClipRef {
    ClipRef::Slot(track(in_track), scene(in_scene))
}

/// A strip as an action names it.
pub fn strip(id: StripId) -> StripRef {
    match id {
        StripId::Track(id) => StripRef::Track(track(id)),
        StripId::Bus(id) => StripRef::Bus(bus(id)),
        StripId::Master => StripRef::Master,
    }
}

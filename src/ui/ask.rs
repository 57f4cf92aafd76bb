//! What panels ask for: actions of the one vocabulary, in order.

use crate::model::action::{Action, BusRef, ClipRef, Ref, SceneRef, StripRef, Switch, TrackRef};
use crate::model::ids::{SceneId, StripId, TrackId};

/// The actions that one frame of the window asked for.
#[derive(Debug, Default)]
pub struct Asks {
    actions: Vec<Action>,
}

impl Asks {
    /// Ask for an action.
    pub fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// What was asked for, in order.
    pub fn take(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
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

/// A slot as an action names it.
pub fn slot(in_track: TrackId, in_scene: SceneId) -> ClipRef {
    ClipRef::Slot(track(in_track), scene(in_scene))
}

/// A strip as an action names it.
pub fn strip(id: StripId) -> StripRef {
    match id {
        StripId::Track(id) => StripRef::Track(track(id)),
        StripId::Bus(id) => StripRef::Bus(BusRef(Ref::Id(id.0))),
        _ => StripRef::Master,
    }
}

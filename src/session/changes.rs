//! What edits changed since somebody last asked: the list from which the engine is brought up to date.

use std::collections::BTreeSet;

use bevy_ecs::resource::Resource;

use super::document::StripId;
use crate::model::ids::{BusId, ClipId, EffectId, SceneId, TrackId};

/// One thing that changed. A thing that is listed but no longer there was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// Another document was opened.
    Everything,
    /// A track's name, colour, sound, group or list of clips, or its being there.
    Track(TrackId),
    /// A clip, or its being there.
    Clip(ClipId),
    /// A scene (its slots apart), or its being there.
    Scene(SceneId),
    /// A slot of a scene.
    Slot(SceneId, TrackId),
    /// A bus's name or solo-safety, or its being there.
    Bus(BusId),
    /// An effect's settings, or its being there.
    Effect(EffectId),
    /// A strip's level, pan, mute, solo or sends.
    Strip(StripId),
    /// Which effects a strip has, or their order.
    Rack(StripId),
    /// Order of tracks, buses or scenes.
    Order,
    /// Song settings other than the master strip.
    Song,
    /// The timeline.
    Arrangement,
    /// Groove templates.
    Grooves,
}

/// What changed since the last [`Changes::take`].
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    set: BTreeSet<Change>,
}

impl Changes {
    /// Notes a change.
    pub fn note(&mut self, change: Change) {
        self.set.insert(change);
    }

    /// Everything noted, in order of kind; the list is empty afterwards.
    pub fn take(&mut self) -> BTreeSet<Change> {
        std::mem::take(&mut self.set)
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }
}

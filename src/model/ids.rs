//! Stable ids: what files, undo history, pads and the engine call a thing by, for its whole life.

use std::fmt;

use bevy_ecs::component::Component;
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Component,
        )]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl From<u32> for $name {
            fn from(id: u32) -> Self {
                Self(id)
            }
        }
    };
}

id!(
    /// A track or group track.
    TrackId
);
id!(
    /// A clip; it belongs to one track.
    ClipId
);
id!(
    /// A row of the session grid.
    SceneId
);
id!(
    /// An insert in a rack.
    EffectId
);
id!(
    /// A return bus.
    BusId
);
id!(
    /// A groove template.
    GrooveId
);
id!(
    /// A preset in the user library.
    PresetId
);
id!(
    /// A note; unique within its clip.
    NoteId
);

/// Hands out ids: one counter for the whole project, never reused, saved with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdCounter(pub u32);

impl Default for IdCounter {
    fn default() -> Self {
        Self(1)
    }
}

impl IdCounter {
    /// The next unused id, as whichever kind of id is asked for.
    pub fn fresh<T: From<u32>>(&mut self) -> T {
        let id = self.0;
        self.0 = self.0.saturating_add(1);
        T::from(id)
    }
}

/// A strip of the mixer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StripId {
    /// A track's.
    Track(TrackId),
    /// A return bus's.
    Bus(BusId),
    /// The master.
    Master,
}

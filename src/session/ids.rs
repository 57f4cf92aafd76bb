//! Fresh ids while a step is put together.

use bevy_ecs::resource::Resource;
use bevy_ecs::world::World;

use super::edit::{Edit, SongSet};
use crate::model::ids::IdCounter;
use crate::model::project::Song;

/// The highest id counter this document had while it was open. Undo brings the song's own counter
/// back, but an id once handed out must not come to mean another thing to engine or pads.
#[derive(Resource, Clone, Copy, Debug, Default)]
pub(super) struct HighWater(pub(super) u32);

/// Hands out ids for the things a step adds; put [`FreshIds::edit`] before the inserting edits.
#[derive(Clone, Copy, Debug)]
pub struct FreshIds(IdCounter);

impl FreshIds {
    /// Continues where the document stands.
    pub fn of(world: &World) -> Self {
        let high = world.get_resource::<HighWater>().copied().unwrap_or_default().0;
        let song = world.get_resource::<Song>().map_or(1, |song| song.next_id.0);
        FreshIds(IdCounter(song.max(high)))
    }

    /// The next unused id.
    pub fn fresh<T: From<u32>>(&mut self) -> T {
        self.0.fresh()
    }

    /// The edit that records what was handed out.
    pub fn edit(self) -> Edit {
        Edit::Song(SongSet::NextId(self.0))
    }
}

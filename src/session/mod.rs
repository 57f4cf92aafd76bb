//! The document: an ECS world that only edits change, with named undo.
//!
//! [`document`] turns a saved project into entities and back. [`edit`] lists the ways a document
//! changes, [`apply`] makes one and returns its inverse, [`compound`] builds those that take several,
//! [`history`] queues, names, coalesces and undoes them, [`changes`] lists what they changed,
//! [`push`] sends it to the engine, and [`act`] turns the vocabulary's actions into named steps.

pub mod act;
pub mod apply;
pub mod changes;
mod check;
pub mod compound;
pub mod document;
pub mod edit;
pub mod error;
pub mod history;
pub mod ids;
pub mod push;
mod refs;
#[cfg(test)]
mod tests;

use bevy_app::{App, PostUpdate};
use bevy_ecs::schedule::{IntoScheduleConfigs, SystemSet};

/// The set, in [`PostUpdate`], in which edits are applied: readers of the document run before it,
/// what looks at [`changes::Changes`] after it.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ApplyEdits;

/// Adds the document's resources, messages and its one writer. The document itself comes with
/// [`document::spawn`].
pub fn plugin(app: &mut App) {
    app.init_resource::<history::History>()
        .init_resource::<history::Requests>()
        .init_resource::<changes::Changes>()
        .add_message::<history::Outcome>()
        .add_systems(PostUpdate, history::apply_edits.in_set(ApplyEdits));
}

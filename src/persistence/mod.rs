//! Files of the document: projects (`.hcs`), the user's library and profile, and where samples lie.
//!
//! An `.hcs` file is RON text that people may read, compare and edit. Reading never trusts it:
//! size and nesting are bounded before anything is parsed, every fault is one sentence with line and
//! cause, and what is read has passed [`Project::validate`](crate::model::project::Project::validate).

pub mod hcs;
pub mod recent;
pub mod recovery;
pub mod samples;
pub mod user;

mod explain;
mod layout;
mod locate;
mod migrate;
mod scan;

//! The musical data: plain values with serde, no files, clocks, threads or unseeded randomness.
//!
//! [`Project`](project::Project) is the saved form of a document and holds everything else here:
//! [`Track`](track::Track)s with their [`Clip`](clip::Clip)s, [`Scene`](scene::Scene)s whose slots
//! point at clips, buses, the arrangement, grooves. Types that sit whole on an entity of the live
//! document derive `Component` or `Resource`.

pub mod action;
pub mod analysis;
pub mod arrangement;
pub mod automation;
pub mod clip;
pub mod control;
pub mod gear;
pub mod groove;
pub mod ids;
pub mod intent;
pub mod key;
pub mod launch;
pub mod library;
pub mod media;
pub mod mixer;
pub mod patch;
pub mod performance;
pub mod project;
pub mod sample;
pub mod scene;
pub mod sound;
pub mod time;
pub mod touch;
pub mod track;
pub mod travel;
pub mod validate;
pub mod wave;

#[cfg(test)]
pub(crate) mod testing;

//! Hardcore: a desktop instrument for making and playing hardcore, gabber and hard techno.

pub mod crash;
pub mod device;
pub mod engine;
pub mod logging;
pub mod generation;
pub mod analysis;
pub mod model;
pub mod settings;
pub mod synth;
pub mod export;
pub mod files;
pub mod model;
pub mod persistence;
pub mod session;

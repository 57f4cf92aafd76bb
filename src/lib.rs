//! Hardcore: a desktop instrument for making and playing hardcore, gabber and hard techno.

pub mod analysis;
pub mod cli;
pub mod crash;
pub mod device;
pub mod engine;
pub mod export;
pub mod files;
pub mod generation;
pub mod logging;
pub mod model;
pub mod persistence;
pub mod session;
pub mod settings;
pub mod synth;

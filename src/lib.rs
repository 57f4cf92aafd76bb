//! Hardcore: a desktop instrument for making and playing hardcore, gabber and hard techno.

pub mod cli;
pub mod export;
pub mod files;
pub mod model;
pub mod persistence;

//! Hardcore: a desktop instrument for making and playing hardcore, gabber and hard techno.

pub mod generation;
pub mod model;

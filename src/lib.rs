//! Hardcore: a desktop instrument for making and playing hardcore, gabber and hard techno.

pub mod model;
pub mod session;

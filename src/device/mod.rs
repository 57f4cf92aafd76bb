//! Where blocks go: files and tests at full speed, or a sound card.

pub mod offline;

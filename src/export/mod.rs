//! Music leaving the program: audio files and MIDI files.

pub mod audit;
pub mod bounce;
pub mod midi;
pub mod wav;
pub mod write;

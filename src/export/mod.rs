//! Music leaving the program: audio files and MIDI files.

pub mod balance;
pub mod bounce;
pub mod hearing;
pub mod midi;
pub mod wav;
pub mod write;

//! The musical data: plain values with serde, no files, clocks, threads or unseeded randomness.

pub mod intent;
pub mod key;
pub mod sound;

//! The synthesizer: SynthDefs, their executors and the units of our own they are built from.

pub mod units;

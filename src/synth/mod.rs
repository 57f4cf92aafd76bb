//! The synthesizer: SynthDefs, their executors and the units of our own they are built from.
//!
//! `library` knows all sounds; `fuse` rewrites their graphs so that they play faster; `embedded` plays
//! them with plyphon inside the callback; `score` takes down what they play for `scsynth -N`; `scsynth` has them played by a running scsynth;
//! `units` are the unit generators scsynth does not have.

pub mod embedded;
pub mod fuse;
pub mod library;
pub mod score;
pub mod scsynth;
pub mod units;

//! The integration tests: one program, so that there is one thing to link.

mod balance;
mod burst;
mod cli;
mod clock;
mod crash;
mod determinism;
mod effects;
mod exact;
mod faults;
mod import;
#[allow(dead_code, reason = "shared with the tests that play live")]
mod judge;
mod launcher_rules;
mod launching;
mod learning;
mod lines;
mod live_edit;
mod live_take;
mod meters;
mod mixer;
mod recording;
mod recovery;
mod restage;
mod scsynth;
mod scsynth_effects;
mod setup;
mod sounds;
mod stage;
mod support;
mod take;
mod tidy;
mod transport;

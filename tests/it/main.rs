//! The integration tests: one program, so that there is one thing to link.

mod balance;
mod burst;
mod cli;
mod clock;
mod crash;
mod determinism;
mod exact;
mod faults;
#[cfg(all(target_os = "linux", feature = "jack"))]
mod jack;
mod launcher_rules;
mod launching;
mod learning;
mod lines;
mod live_edit;
mod live_jack;
#[cfg(all(target_os = "linux", feature = "jack"))]
mod live_scsynth;
mod live_take;
mod mixer;
mod restage;
mod scsynth;
mod setup;
mod sounds;
mod stage;
mod support;
mod take;
mod tidy;
mod transport;

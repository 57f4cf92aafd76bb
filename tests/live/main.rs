//! The tests that play live, on JACK and at scsynth: a program of their own, so that no other test
//! takes the cores from them.
#![cfg(all(target_os = "linux", feature = "jack"))]

mod jack;
#[path = "../it/judge.rs"]
#[allow(dead_code, reason = "shared with the tests that render")]
mod judge;
mod scsynth;
mod set;
#[path = "../it/support.rs"]
#[allow(dead_code, reason = "shared with the tests that render")]
mod support;

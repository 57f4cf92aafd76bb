//! The integration tests: one program, so that there is one thing to link.

mod cli;
mod crash;
mod exact;
mod setup;
mod support;
mod tidy;

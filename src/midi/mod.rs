//! MIDI: messages in and out, controllers with lights, learning, clock.

pub mod encoder;
pub mod stream;
pub mod takeover;

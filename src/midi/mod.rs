//! MIDI: messages in and out, controllers with lights, learning, clock.

pub mod clock_in;
pub mod clock_out;
pub mod encoder;
pub mod held;
pub mod learn;
pub mod map;
pub mod route;
pub mod scale;
pub mod stream;
pub mod takeover;

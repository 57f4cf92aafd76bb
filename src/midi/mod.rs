//! MIDI: messages in and out, controllers with lights, learning, clock.

pub mod pads;

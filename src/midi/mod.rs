//! MIDI: messages in and out, controllers with lights, learning, clock.
//!
//! | file | part |
//! |---|---|
//! | `stream` | bytes to messages |
//! | `encoder`, `takeover` | what a knob or fader means for a value |
//! | `learn` | how controls are bound to what they do |
//! | `route`, `held` | the map made ready for the callback, and what must not hang |
//! | `pads` | grid controllers with lights |
//! | `clock_in`, `clock_out` | tempo and place from and to other machines |

pub mod clock_in;
pub mod clock_out;
pub mod encoder;
pub mod held;
pub mod learn;
pub mod pads;
pub mod route;
pub mod stream;
pub mod takeover;

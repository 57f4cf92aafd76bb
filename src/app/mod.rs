//! The application without a window: a document, what plays it, and the way from a line to both.
//!
//! | file | part |
//! |---|---|
//! | `player` | lines of actions to edits and gestures; what the engine tells back into the document |
//! | `asked`, `learn` | what controllers ask, and what they learn to do |
//! | `files` | projects opened, made, saved elsewhere, with their samples |
//! | `recovery` | unsaved work kept safe |
//! | `shelf` | what a window keeps of files |
//! | `presets` | the user's instruments and chains of effects |
//! | `record` | notes played into clips |
//! | `sound` | the device to play on |
//! | `waves` | how recordings look |
//! | `works` | composing, proposals, bounces, imports and slices in the background |
//! | `tap` | a tempo from taps |
//! | `telling` | the state of a set for OSC |
//! | `script` | lines with times |

mod asked;
pub mod files;
pub mod learn;
pub mod player;
pub mod presets;
pub mod record;
pub mod recovery;
pub mod script;
#[cfg(feature = "ui")]
pub mod shelf;
pub mod sound;
pub mod tap;
pub mod telling;
pub mod waves;
mod works;

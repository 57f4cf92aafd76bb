//! The engine thread and what it hands to the device: where a set is played.
//!
//! ```text
//!   app (session, window, OSC) ---Order---> ENGINE THREAD (Hall) ---rings---> CALLBACK (Performer)
//!                              <--News----   prepares, disposes,   <--rings--- renders, hears MIDI,
//!                                            journals, records,                lights the pads
//!                                            keeps the device alive
//! ```
//!
//! | file | part |
//! |---|---|
//! | `desk` | the engine thread's state: both ways of the protocol, and the project as it plays |
//! | `hall` | the engine thread: a desk, a device, a loop |
//! | `performer` | what the device calls: a renderer, its outputs, taps |
//! | `preview` | a short sound for the player's ears alone |
//! | `clock` | the MIDI clock for other machines |
//! | `hands`, `rig`, `grid` | MIDI and pads: at the callback, on the engine thread, and what lights show |
//! | `gear` | what there is to play on, told when it changes |
//! | `gestures` | performance by stable ids → gestures by node and row |
//! | `journal`, `replay` | a take on paper, and the take again from paper |
//! | `take` | the master on disk, and its last two minutes in memory |

pub mod clock;
pub mod desk;
pub mod gear;
pub mod gestures;
pub mod grid;
pub mod hall;
pub mod hands;
pub mod journal;
pub mod moved;
pub mod performer;
pub mod preview;
pub mod replay;
pub mod rig;
pub mod take;

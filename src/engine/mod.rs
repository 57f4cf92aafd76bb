//! The engine: everything that must happen on its exact frame.
//!
//! [`Renderer::render`](renderer::Renderer::render) computes one block of 64 frames and runs on the
//! device callback: commands, launcher, sequencer, voices, racks, strips, sends, buses, master. What
//! it plays from is prepared by [`prepare`](prepare) off the callback and swapped in whole; what it
//! discards goes back to be dropped elsewhere. Live and offline run the same code.
//!
//! | file | part |
//! |---|---|
//! | `clock` | which musical position falls on which frame |
//! | `plan` | what the callback plays from |
//! | `launcher`, `sequencer` | when clips start, which events fall into a block |
//! | `track_voices`, `samples`, `sound` | what makes sound |
//! | `metronome`, `snapshot`, `course` | the click; where the music is, for all to read; what the transport did |
//! | `rack`, `strip`, `node`, `graph`, `solo`, `block`, `meter` | the mixer |
//! | `touch` | what a player holds down on the master or a group |
//! | `contain` | what breaks stays where it broke |
//! | `renderer`, `perform`, `workers` | a block from commands to outputs, on one core or many |
//! | `protocol`, `ring` | all that crosses threads, and where |
//! | `prepare`, `update`, `live_edit`, `restage` | project → prepared state, whole or what changed |
//! | `offline` | both halves on one thread |

pub mod block;
pub mod clock;
pub mod contain;
pub mod course;
pub mod graph;
pub mod launcher;
mod launching;
pub mod live_edit;
pub mod meter;
pub mod metronome;
pub mod node;
pub mod offline;
mod perform;
pub mod plan;
pub mod prepare;
mod prepare_track;
pub mod protocol;
pub mod rack;
pub mod renderer;
pub mod restage;
pub mod ring;
pub mod samples;
pub mod sequencer;
pub mod snapshot;
pub mod solo;
pub mod sound;
pub mod strip;
pub mod touch;
pub mod track_voices;
mod unchecked;
pub mod update;
pub mod workers;

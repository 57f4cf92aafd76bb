//! Hardcore: a desktop instrument for making and playing hardcore, gabber and hard techno.
//!
//! These pages are the map of the program.
//!
//! # The house
//!
//! | module | holds | may know |
//! |---|---|---|
//! | [`model`] | the musical data and the `Action` vocabulary: plain values | nothing |
//! | [`session`] | the document as an ECS world: edits with inverses, named undo, actions resolved | `model` |
//! | [`engine`] | everything that happens on its exact frame: clock, launcher, sequencer, voices, racks, mixer graph | `model` |
//! | [`device`] | where blocks go live: JACK, the system's own outputs, a clock without sound | `engine` |
//! | [`synth`] | the SynthDef library, the embedded executor, the one that has scsynth play, our own unit generators, OSC scores | `model`, `engine` |
//! | [`generation`] | prompt → intent → idea: knowledge base, composer, rules on notes | `model` |
//! | [`analysis`] | pure functions on samples: loudness, spectra, pitch, rules on stems | `model` |
//! | [`export`] | bounces: WAV, stems, MIDI; a piece heard, balanced and held against the rules | `model`, `engine`, `analysis`, [`files`] |
//! | [`osc`] | control by OSC from this machine: messages to actions, the state to subscribers | `model`, `engine::protocol` |
//! | [`midi`] | messages, controllers with lights, learning, clock | `model`, `engine::protocol` |
//! | [`persistence`] | `.hcs` projects, library, profile, samples on disk | `model`, [`files`] |
//! | [`settings`] | typed settings from `config.toml`, environment and flags | nothing |
//! | [`logging`], [`crash`] | the log file, the crash report | |
//! | [`live`] | the engine thread, what it hands to the device, journals and takes | `model`, `engine`, `device`, `midi`, [`files`] |
//! | [`jobs`] | work in the background: proposals composed from words, bounces, imports, slices; a pool of two workers | `model`, `session`, `engine`, `generation`, `analysis`, `export`, `persistence`, [`files`] |
//! | [`app`] | the application without a window: a document and what plays it | everything but `cli` |
//! | `ui` (feature `ui`) | the panels: functions of what is, which ask for actions | `model`, `session`, [`jobs`], `engine::protocol` |
//! | `window` (feature `gui`) | Bevy's event loop around the panels | everything but `cli` |
//! | [`cli`] | the command line, which ties all of it together | everything |
//!
//! A test (`tests/it/tidy.rs`) holds this table, the first line of every file and its length.
//!
//! # One way through
//!
//! ```text
//!   prompt --generation--> Idea --project()--> Project <--persistence--> .hcs
//!                                                |   ^
//!                                         spawn  v   | collect
//!                          Action --session--> ECS world (edits, undo)
//!                                                |
//!                                        engine::prepare
//!                                                v
//!        commands (rings) ---> Renderer::render, a block of 64 frames ---> Performer ---> device
//!                                launcher -> sequencer -> voices               `------> export
//!                                rack -> strip -> sends -> buses -> master
//! ```
//!
//! # Decisions
//!
//! - **Launcher and sequencer run inside `render`.** Nothing is scheduled ahead: a stalled window or
//!   engine thread never moves a note. What they play from is immutable and swapped in whole.
//! - **A position is an integer of 1/65536 ticks, a frame one of 2⁻⁴⁸ frames.** A stretch of constant
//!   tempo is one exact line; ramps are stairs of a 64th note so that every position has an exact
//!   rational frame. `tests/it/exact.rs` computes the same frames with big fractions.
//! - **A set is edited by exchanging parts.** The engine thread compares the document that plays with the
//!   new one ([`engine::update`]): values move by gestures, clips, racks and the song are exchanged
//!   whole, and where tracks, buses or connections change, the mixer is restaged around the nodes that
//!   go on. Everything that takes effect is journaled with its frame, edits beside the parts made from
//!   them, so a take renders again to the same bytes ([`live::replay`]).
//! - **MIDI is resolved where it arrives.** With JACK the callback itself hears keys and pads and lights
//!   them in the same period ([`live::hands`]); the engine thread only prepares the tables. Without JACK
//!   the system's ports are on a thread of their own, and messages come one period after they arrived.
//!   What a controller moves is told back and folded into the document, outside the history.
//! - **The state of the grid is one snapshot of atomics** ([`engine::snapshot`]), read by pads, terminal
//!   and OSC alike, so nobody has to fold events and nobody misses one.
//! - **scsynth gives all tracks one latency.** Its voices come back as a track's own, late by a fixed
//!   lead; the graph delays the rest to match, and when it dies the same notes start embedded on the
//!   very frames they were meant for.
//! - **Onsets fall on any frame, control changes on the block grid.** A note's end is never early: a
//!   note shorter than a block still sounds.
//! - **One small plyphon world a track, one an effect.** Worlds are independent, so tracks render in
//!   parallel and the bytes do not depend on how many cores helped. A world with nothing to do is not
//!   run.
//! - **Distortion and limiting are unit generators of our own** (`synth::units`): 8× oversampled, with
//!   constant latency that the graph compensates. scsynth does not have them, so effects are not part
//!   of an exported OSC score.
//! - **`unsafe` stands in one file of the engine** (`engine/unchecked.rs`), for the processor's
//!   flush-to-zero flags and for a value of kira's that is not marked `Send`.
//! - **Offline is the same code live is**: both drive [`engine::renderer::Renderer`]. The driver for
//!   files and tests lies in [`engine::offline`], beside what it drives, so that `export` need not know
//!   devices.

pub mod analysis;
pub mod app;
pub mod cli;
pub mod crash;
pub mod device;
pub mod engine;
pub mod export;
pub mod files;
pub mod generation;
pub mod jobs;
pub mod live;
pub mod logging;
pub mod midi;
pub mod model;
pub mod osc;
pub mod persistence;
pub mod session;
pub mod settings;
pub mod synth;
#[cfg(feature = "ui")]
pub mod ui;
#[cfg(feature = "gui")]
pub mod window;

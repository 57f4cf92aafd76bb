//! The whole thread protocol: everything that crosses between the callback and the rest.
//!
//! ```text
//!   sources (session, each MIDI port, OSC, script)      engine thread
//!        | Timed commands, one ring a source                 | Swap (prepared, boxed)
//!        v                                                   v
//!   CALLBACK  merges the rings in fixed order at a block's start, sorts by frame, applies each
//!             command on its frame, journals it
//!        |                    |                    |
//!        v EngineEvent        v Journal            v Trash (what was swapped out)
//! ```
//!
//! All rings are single-producer, single-consumer (rtrb) and sized when the engine is built. A full
//! ring never blocks: a source sees its command refused, an event is counted as lost, and a swap is
//! kept until there is room in the trash.

use std::sync::Arc;

use super::clock::Pos;
pub use super::contain::Fault;
use super::graph::Graph;
pub use super::plan::Target;
use super::plan::{SongPlan, TrackClips};
use super::rack::RackSlot;
use super::track_voices::TrackVoices;
use crate::model::time::Bpm;

/// A command with the frame it takes effect on.
#[derive(Debug)]
pub struct Timed {
    /// Engine frame; a frame already rendered, or `None`, means at once.
    pub frame: Option<u64>,
    /// What to do.
    pub command: Command,
}

/// What the callback can be told to do.
#[derive(Debug)]
pub enum Command {
    /// Something that is heard and can be journaled.
    Play(Gesture),
    /// A prepared replacement.
    Swap(Box<Swap>),
}

/// An audible command: plain data, journaled with its frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gesture {
    /// Start the transport at the start position.
    Start,
    /// Start the transport where it stopped.
    Continue,
    /// Stop the transport.
    Stop,
    /// Move the start position, and the playhead with it.
    Locate(Pos),
    /// Launch the clip in a track's slot.
    Launch {
        /// Track node.
        node: u16,
        /// Row.
        row: u16,
        /// 1–127.
        velocity: u8,
    },
    /// Let go of a slot that was pressed by `Launch`: ends gates and repeats.
    Release {
        /// Track node.
        node: u16,
        /// Row.
        row: u16,
    },
    /// Forget what a track waits to do; `u16::MAX` for all tracks.
    Cancel(u16),
    /// How many frames late a launch or stop may come and still count for the boundary just passed. A
    /// clip launched so plays in phase, as if it had started there. 0 at first.
    Grace(u32),
    /// Stop a track's clip on the launch grid; while the transport stands, forget it at once, so that
    /// it does not come back with the next start.
    StopTrack(u16),
    /// The same for all tracks.
    StopAll,
    /// Launch a row.
    LaunchScene(u16),
    /// Give a track back to the arrangement; `u16::MAX` gives back all, and the tempo too.
    BackToArrangement(u16),
    /// Take a tempo at once, running or stopped. It holds until the arrangement gets everything back
    /// or its own tempo is edited.
    Tempo(Bpm),
    /// Start a note on a track (live playing, audition).
    NoteOn {
        /// Track node.
        node: u16,
        /// MIDI pitch.
        pitch: u8,
        /// 1–127.
        velocity: u8,
    },
    /// End a note on a track.
    NoteOff {
        /// Track node.
        node: u16,
        /// MIDI pitch.
        pitch: u8,
    },
    /// Set a value on a node.
    Set {
        /// Node.
        node: u16,
        /// What.
        target: Target,
        /// In the target's own unit.
        value: f32,
    },
}

/// A prepared replacement. The callback exchanges the contents and sends the box back as trash.
#[allow(clippy::large_enum_variant, reason = "it only ever travels boxed")]
pub enum Swap {
    /// What a track may play.
    Clips {
        /// Track node.
        node: u16,
        /// The new clips; the old ones on the way back.
        clips: Arc<TrackClips>,
    },
    /// What a track may play, and the voices that can play it.
    Voices {
        /// Track node.
        node: u16,
        /// The new clips; the old ones on the way back.
        clips: Arc<TrackClips>,
        /// The new voices; the old ones on the way back.
        voices: Option<TrackVoices>,
    },
    /// A node's rack, and the graph when latencies change with it.
    Rack {
        /// Node.
        node: u16,
        /// The new rack; the old one on the way back.
        rack: Vec<RackSlot>,
        /// The new graph; the old one on the way back.
        graph: Option<Box<Graph>>,
    },
    /// What belongs to no track.
    Song(Arc<SongPlan>),
}

impl std::fmt::Debug for Swap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Swap::Clips { .. } => "Clips",
            Swap::Voices { .. } => "Voices",
            Swap::Rack { .. } => "Rack",
            Swap::Song(_) => "Song",
        })
    }
}

/// What the callback gives away to be dropped elsewhere.
pub enum Trash {
    /// An exchanged replacement.
    Swap(Box<Swap>),
    /// A clip that stopped playing.
    Clip(Arc<super::plan::ClipPlan>),
}

/// What happened, for session and window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EngineEvent {
    /// A clip started on this frame.
    ClipStarted {
        /// Track node.
        node: u16,
        /// Row.
        row: u16,
        /// Engine frame.
        frame: u64,
    },
    /// A track waits for a boundary.
    Queued {
        /// Track node.
        node: u16,
        /// Row of the clip it is to play; `None` to stop.
        row: Option<u16>,
        /// Engine frame.
        frame: u64,
    },
    /// A track no longer waits.
    Cancelled {
        /// Track node.
        node: u16,
        /// Engine frame.
        frame: u64,
    },
    /// A track's clip stopped.
    ClipStopped {
        /// Track node.
        node: u16,
        /// Engine frame.
        frame: u64,
    },
    /// The transport started or stopped.
    Transport {
        /// Running.
        playing: bool,
        /// Engine frame.
        frame: u64,
    },
    /// A sound or an effect broke, and is kept away from the rest.
    Fault {
        /// Node.
        node: u16,
        /// What broke.
        fault: Fault,
        /// First frame of its block.
        frame: u64,
    },
}

/// A line of the journal: an audible command and the frame it took effect on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JournalEntry {
    /// Engine frame.
    pub frame: u64,
    /// The command.
    pub gesture: Gesture,
}

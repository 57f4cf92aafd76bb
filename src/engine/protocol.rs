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

use serde::{Deserialize, Serialize};

pub use super::clock::Pos;
pub use super::contain::Fault;
use super::graph::Graph;
pub use super::meter::{Meter, Reading};
pub use super::plan::Target;
use super::plan::{SongPlan, TrackClips};
use super::rack::RackSlot;
use super::restage::Stage;
pub use super::snapshot::{GridPart, Playhead, Snapshot};
use super::track_voices::TrackVoices;
use crate::model::time::Bpm;

/// A command and when it takes effect.
#[derive(Debug)]
pub struct Timed {
    /// When.
    pub when: When,
    /// What to do.
    pub command: Command,
}

/// When a command takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// With the next block.
    Now,
    /// On this engine frame; with the next block if it has been rendered.
    Frame(u64),
    /// Where the music reaches this place, or is past it; not while the transport stands.
    Place(Pos),
}

impl From<Option<u64>> for When {
    fn from(frame: Option<u64>) -> When {
        frame.map_or(When::Now, When::Frame)
    }
}

/// The source of commands that the engine thread itself is; others count from 1 in the order of their
/// rings.
pub const OWN: u8 = 0;

/// What the callback can be told to do.
#[derive(Debug)]
pub enum Command {
    /// Something that is heard and can be journaled.
    Play(Gesture),
    /// A prepared replacement, with the number by which the journal names it.
    Swap(u32, Box<Swap>),
}

/// An audible command: plain data, journaled with its frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Launch the clip in a slot so that it ends with the pass of the clip that plays, or on the next
    /// line of the grid it can end on, and then go back to what played.
    Fill {
        /// Track node.
        node: u16,
        /// Row.
        row: u16,
        /// 1–127.
        velocity: u8,
    },
    /// Record into the clip in a slot, which starts to play on the next line of its grid.
    Record {
        /// Track node.
        node: u16,
        /// Row.
        row: u16,
        /// How long; 0 until it is ended.
        length: Pos,
    },
    /// End a track's recording on the next line of the grid; the clip plays on.
    RecordEnd(u16),
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
    /// Glide to a tempo over this many quarter notes.
    Glide(Bpm, u16),
    /// Run faster than the tempo by this many thousandths of it, or slower, until it is 0 again.
    Nudge(i16),
    /// Repeat the stretch of the arrangement that its loop brace spans, or not.
    Loop(bool),
    /// Click on every beat, or not.
    Metronome(bool),
    /// Start the transport at the start position after this many bars of clicks.
    CountIn(u8),
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
    /// The whole mixer: nodes came, went or moved, or their connections changed.
    Stage(Stage),
}

impl std::fmt::Debug for Swap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Swap::Clips { .. } => "Clips",
            Swap::Voices { .. } => "Voices",
            Swap::Rack { .. } => "Rack",
            Swap::Song(_) => "Song",
            Swap::Stage(_) => "Stage",
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
    /// A recording began.
    Recording {
        /// Track node.
        node: u16,
        /// Row.
        row: u16,
        /// Its clip's time 0.
        from: Pos,
        /// Engine frame.
        frame: u64,
    },
    /// A recording that waited for its line was taken back.
    RecordCancelled {
        /// Track node.
        node: u16,
        /// Row.
        row: u16,
        /// Engine frame.
        frame: u64,
    },
    /// A recording ended.
    Recorded {
        /// Track node.
        node: u16,
        /// Row.
        row: u16,
        /// Its clip's time 0.
        from: Pos,
        /// Where it ended.
        to: Pos,
        /// Engine frame.
        frame: u64,
    },
    /// A note played by hand on a track that records or is about to.
    Played {
        /// Track node.
        node: u16,
        /// MIDI pitch.
        pitch: u8,
        /// 1–127; 0 where it ends.
        velocity: u8,
        /// Where.
        at: Pos,
        /// Engine frame.
        frame: u64,
    },
    /// Bars of clicks before the transport starts.
    CountIn {
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

/// A line of the journal: what took effect, and on which frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// Engine frame.
    pub frame: u64,
    /// The source it came from; [`OWN`] is the engine thread.
    pub source: u8,
    /// What.
    pub what: Journaled,
}

/// What a journal holds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Journaled {
    /// An audible command.
    Play(Gesture),
    /// The replacement of this number.
    Swap(u32),
}

impl JournalEntry {
    /// The audible command, if it is one.
    pub fn gesture(&self) -> Option<Gesture> {
        match self.what {
            Journaled::Play(gesture) => Some(gesture),
            Journaled::Swap(_) => None,
        }
    }
}

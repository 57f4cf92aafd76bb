//! What the editor keeps between frames: where it is scrolled to, what is selected, what is dragged.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::automation::AutomationTarget;
use crate::model::clip::Note;
use crate::model::ids::{ClipId, NoteId};
use crate::model::launch::Quantization;
use crate::model::time::Ticks;

/// What the lane under the notes shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Lane {
    /// Velocities of the notes.
    #[default]
    Velocity,
    /// Their chances.
    Chance,
    /// Automation.
    Automation(AutomationTarget),
}

/// Something that is being dragged. The document changes when it is let go.
#[derive(Clone, Debug, PartialEq)]
pub enum Drag {
    /// The selected notes, held by one of them, from this tick and row on.
    Move {
        /// The note that the pointer holds.
        held: NoteId,
        /// Ticks where it was taken.
        at: i64,
        /// Row where it was taken.
        row: usize,
    },
    /// The right edge of the selected notes.
    Resize {
        /// The note that the pointer holds.
        held: NoteId,
        /// Ticks where it was taken.
        at: i64,
    },
    /// A frame around what is to be selected.
    Marquee {
        /// Ticks of its first corner.
        at: i64,
        /// Points below the first row.
        down: f32,
        /// What was selected before, and stays so.
        kept: BTreeSet<NoteId>,
    },
    /// Notes drawn with a pen, in one row.
    Draw {
        /// Their pitch.
        pitch: u8,
        /// Where they begin.
        starts: BTreeSet<i64>,
    },
    /// The values of the selected notes, held by one, from this value on.
    Values {
        /// The note that the pointer holds.
        held: NoteId,
        /// Value where it was taken.
        from: f32,
    },
    /// Values of notes, drawn with a pen.
    DrawValues(BTreeMap<NoteId, u8>),
    /// A point of automation.
    Point {
        /// Where it stands.
        at: Ticks,
    },
}

/// The editor's own state.
#[derive(Debug)]
pub struct EditorState {
    /// The clip that scroll and zoom fit.
    pub shown: Option<ClipId>,
    /// Ticks at the left edge.
    pub start: f64,
    /// Points a quarter note.
    pub zoom: f64,
    /// Points above the first row that is seen.
    pub down: f32,
    /// The notes that are selected.
    pub selected: BTreeSet<NoteId>,
    /// What notes are moved to.
    pub grid: Quantization,
    /// Only rows of the scale, or those that are used.
    pub fold: bool,
    /// The pointer is a pen.
    pub draw: bool,
    /// Where notes are put in.
    pub cursor: Ticks,
    /// What the lane shows.
    pub lane: Lane,
    /// What is being dragged.
    pub drag: Option<Drag>,
    /// Notes that were copied, the first of them at 0.
    pub copied: Vec<Note>,
    /// The keyboard is the editor's.
    pub focus: bool,
    /// Where the running pass may have begun, ticks of the song: from and to.
    pub origin: Option<(f64, f64)>,
}

impl Default for EditorState {
    fn default() -> Self {
        EditorState {
            shown: None,
            start: 0.0,
            zoom: 80.0,
            down: 0.0,
            selected: BTreeSet::new(),
            grid: Quantization::Sixteenth,
            fold: false,
            draw: false,
            cursor: Ticks::ZERO,
            lane: Lane::Velocity,
            drag: None,
            copied: Vec::new(),
            focus: false,
            origin: None,
        }
    }
}

/// The grids that can be chosen.
pub const GRIDS: [(&str, Quantization); 7] = [
    ("1/4", Quantization::Quarter),
    ("1/4t", Quantization::QuarterTriplet),
    ("1/8", Quantization::Eighth),
    ("1/8t", Quantization::EighthTriplet),
    ("1/16", Quantization::Sixteenth),
    ("1/16t", Quantization::SixteenthTriplet),
    ("1/32", Quantization::ThirtySecond),
];

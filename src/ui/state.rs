//! What belongs to the window alone: selection, focus, sizes and modes. None of it is the document's.

use std::collections::BTreeSet;

use egui::Vec2;

use super::browser::BrowserState;
use super::closing::Closing;
use super::editor::EditorState;
use super::files::FilesState;
use super::palette::PaletteState;
use super::piano::Piano;
use super::proposals::ProposalState;
use super::settings::SettingsState;
use crate::model::ids::{SceneId, TrackId};

/// A place in the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cell {
    /// A slot.
    Slot(TrackId, SceneId),
    /// A track's head.
    Head(TrackId),
    /// A scene's cell.
    Scene(SceneId),
}

/// How high the cells of the grid are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CellSize {
    /// 24 points.
    Compact,
    /// 34 points.
    #[default]
    Usual,
    /// 56 points.
    Large,
    /// 72 points, for the stage.
    Stage,
}

impl CellSize {
    /// The next larger one, and after the largest the smallest.
    pub fn next(self) -> Self {
        match self {
            CellSize::Compact => CellSize::Usual,
            CellSize::Usual => CellSize::Large,
            CellSize::Large | CellSize::Stage => CellSize::Compact,
        }
    }

    /// Points.
    pub fn height(self) -> f32 {
        match self {
            CellSize::Compact => 24.0,
            CellSize::Usual => 34.0,
            CellSize::Large => 56.0,
            CellSize::Stage => 72.0,
        }
    }
}

/// A name that is being written in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// Whose.
    pub cell: Cell,
    /// As written so far.
    pub text: String,
    /// It has not had the keyboard yet.
    pub fresh: bool,
}

/// Slots that were copied or cut, which a paste takes from; those that were cut stay until then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clipboard {
    /// Which.
    pub slots: Vec<(TrackId, SceneId)>,
    /// They are moved.
    pub cut: bool,
}

/// The grid's own state.
#[derive(Debug, Default)]
pub struct GridState {
    /// What the keyboard is at.
    pub focus: Option<Cell>,
    /// What is selected beside it.
    pub selected: BTreeSet<Cell>,
    /// How far it is scrolled, points.
    pub scroll: Vec2,
    /// Height of cells.
    pub size: CellSize,
    /// Groups whose members are hidden.
    pub folded: BTreeSet<TrackId>,
    /// A name being written.
    pub rename: Option<Rename>,
    /// Bring the focus into view with the next frame.
    pub follow: bool,
    /// What was copied or cut last.
    pub clipboard: Clipboard,
    /// What will happen to the files that are dragged over the window, if there are any.
    pub dropping: Option<String>,
    /// Where a rectangle of cells began that is being selected.
    pub anchor: Option<Cell>,
}

/// All that the window keeps between frames.
#[derive(Debug, Default)]
pub struct UiState {
    /// The grid.
    pub grid: GridState,
    /// Stage view: large cells, editing locked.
    pub stage: bool,
    /// The settings.
    pub settings: SettingsState,
    /// The computer's keyboard as a piano.
    pub piano: Piano,
    /// The palette.
    pub palette: PaletteState,
    /// The browser.
    pub browser: BrowserState,
    /// The bar of proposals.
    pub proposals: ProposalState,
    /// The list of jobs is open.
    pub jobs: bool,
    /// The sheet of shortcuts is open.
    pub sheet: bool,
    /// The track whose devices are shown.
    pub devices: Option<TrackId>,
    /// The name a preset or chain is to be saved under, as written so far.
    pub preset: String,
    /// The panel that lists folders.
    pub files: FilesState,
    /// How far leaving the project has got.
    pub closing: Closing,
    /// Neither devices nor editor below.
    pub hide_devices: bool,
    /// The slot whose clip is open in the editor, in the devices' place.
    pub editor: Option<(TrackId, SceneId)>,
    /// The editor's own state.
    pub edit: EditorState,
}

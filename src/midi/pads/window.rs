//! The part of the grid that a surface shows, and which slot, scene, drum or note lies under a key.

use super::GridView;
use super::key::Mode;
use super::notes::{self, Keyboard};
use super::surface::Surface;

/// The part of the grid that a surface shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Window {
    /// First track.
    pub track: u16,
    /// First scene.
    pub scene: u16,
    /// Tracks in it.
    pub columns: u8,
    /// Scenes in it.
    pub rows: u8,
}

impl Surface {
    /// One press of an arrow.
    pub(super) fn step(&mut self, columns: i32, rows: i32, view: &dyn GridView) {
        match self.mode {
            Mode::Session => {
                let (track, scene) = self.moved(columns, rows, view);
                self.set_window(track, scene);
            }
            Mode::Drum => self.bank = moved_within(self.bank, -rows, &notes::BANKS),
            Mode::Note => self.octave = moved_within(self.octave, -rows, &notes::OCTAVES),
        }
    }

    /// Whether an arrow leads somewhere.
    pub(super) fn can_move(&self, columns: i32, rows: i32, view: &dyn GridView) -> bool {
        match self.mode {
            Mode::Session => {
                self.moved(columns, rows, view) != (self.window.track, self.window.scene)
            }
            Mode::Drum => moved_within(self.bank, -rows, &notes::BANKS) != self.bank,
            Mode::Note => moved_within(self.octave, -rows, &notes::OCTAVES) != self.octave,
        }
    }

    /// Where an arrow moves the window.
    fn moved(&self, columns: i32, rows: i32, view: &dyn GridView) -> (u16, u16) {
        let page = self.shift && !self.wire.arrows_need_shift();
        let along = |first: u16, by: i32, size: u8, all: u16| {
            let by = if page { by * i32::from(size) } else { by };
            let limit = i32::from(all.saturating_sub(u16::from(size)));
            u16::try_from((i32::from(first) + by).clamp(0, limit)).unwrap_or(first)
        };
        let window = self.window;
        (
            along(window.track, columns, window.columns, view.tracks()),
            along(window.scene, rows, window.rows, view.scenes()),
        )
    }

    pub(super) fn keep_inside(&mut self, view: &dyn GridView) {
        let (columns, rows) = (u16::from(self.window.columns), u16::from(self.window.rows));
        self.window.track = self.window.track.min(view.tracks().saturating_sub(columns));
        self.window.scene = self.window.scene.min(view.scenes().saturating_sub(rows));
    }

    /// The track of a column, when there is one.
    pub(super) fn track_at(&self, column: u8, view: &dyn GridView) -> Option<u16> {
        let within = column < self.window.columns;
        let track = self.window.track.checked_add(u16::from(column))?;
        (within && track < view.tracks()).then_some(track)
    }

    /// The scene of a row, when there is one.
    pub(super) fn scene_at(&self, row: u8, view: &dyn GridView) -> Option<u16> {
        let scene = self.window.scene.checked_add(u16::from(row))?;
        (row < self.window.rows && scene < view.scenes()).then_some(scene)
    }

    /// The slot of a pad, when there is one.
    pub(super) fn slot_at(&self, column: u8, row: u8, view: &dyn GridView) -> Option<(u16, u16)> {
        self.track_at(column, view).zip(self.scene_at(row, view))
    }

    /// First track and scene of the page that a pad stands for.
    pub(super) fn page_at(&self, column: u8, row: u8, view: &dyn GridView) -> Option<(u16, u16)> {
        let track = u16::from(column) * u16::from(self.window.columns);
        let scene = u16::from(row) * u16::from(self.window.rows);
        (track < view.tracks() && scene < view.scenes()).then_some((track, scene))
    }

    /// Rows as notes count them: from the bottom.
    fn height(&self, row: u8) -> Option<u8> {
        self.window.rows.checked_sub(row)?.checked_sub(1)
    }

    /// The drum of a pad.
    pub(super) fn drum_at(&self, column: u8, row: u8) -> Option<u8> {
        notes::drum(column, self.height(row)?, self.bank)
    }

    /// The note of a pad, and whether it is a root.
    pub(super) fn note_at(&self, column: u8, row: u8, keyboard: &Keyboard) -> Option<(u8, bool)> {
        keyboard.pitch(column, self.height(row)?, self.octave)
    }
}

fn moved_within(value: i8, by: i32, range: &std::ops::RangeInclusive<i8>) -> i8 {
    let moved = i32::from(value) + by;
    moved.clamp(i32::from(*range.start()), i32::from(*range.end())) as i8
}

//! Where time and pitch lie in the editor, and which rows it has.

use egui::{Rect, Ui, pos2, vec2};

use super::Shown;
use super::state::EditorState;
use crate::model::clip::Note;
use crate::model::key::{Key, PitchClass};
use crate::model::time::{PPQ, Ticks};
use crate::model::track::TrackKind;

/// Width of the keys, points.
pub const KEYS: f32 = 56.0;
/// Height of the ruler, points.
pub const RULER: f32 = 16.0;
/// Height of the lane below, points.
pub const LANE: f32 = 56.0;
/// Height of a key's row, points.
const ROW: f32 = 12.0;
/// Height of a pad's row, points.
const PAD: f32 = 18.0;
/// The last tick that a note can be moved to: 16 384 bars of 4/4.
pub const LAST: i64 = 16_384 * 4 * PPQ;

/// A row of notes.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its MIDI pitch.
    pub pitch: u8,
    /// What is written at its left.
    pub name: String,
    /// A black key.
    pub black: bool,
    /// In the song's scale; every pad is.
    pub in_scale: bool,
    /// The scale's first degree.
    pub root: bool,
}

/// A pitch as it is written: C4 is 60.
pub fn pitch_name(pitch: u8) -> String {
    format!("{}{}", PitchClass::new(i32::from(pitch)), i32::from(pitch) / 12 - 1)
}

/// The rows of a clip, highest first.
pub fn rows(shown: &Shown, key: Key, fold: bool) -> Vec<Row> {
    let notes = shown.clip.midi().map(|midi| midi.notes.as_slice()).unwrap_or_default();
    let used = |pitch: u8| notes.iter().any(|note| note.pitch == pitch);
    let row = |pitch: u8, name: String, in_scale: bool| Row {
        pitch,
        name,
        black: matches!(pitch % 12, 1 | 3 | 6 | 8 | 10),
        in_scale,
        root: i32::from(pitch % 12) == key.root.semitones(),
    };
    if let Some(TrackKind::Drums(kit)) = shown.kind
        && !(kit.pads.is_empty() && notes.is_empty())
    {
        let pad = |pitch: u8| kit.pads.iter().find(|pad| pad.note == pitch);
        let all = (0..=127u8).rev().filter(|p| used(*p) || (!fold && pad(*p).is_some()));
        let rows: Vec<Row> = all
            .map(|pitch| {
                let name = pad(pitch).map_or_else(|| pitch_name(pitch), |pad| pad.name.clone());
                Row { black: false, root: false, ..row(pitch, name, true) }
            })
            .collect();
        if !rows.is_empty() {
            return rows;
        }
    }
    let all = (0..=127u8).rev();
    all.map(|pitch| {
        let in_scale = key.contains(i32::from(pitch));
        let named = pitch % 12 == 0 || (fold && i32::from(pitch % 12) == key.root.semitones());
        row(pitch, if named { pitch_name(pitch) } else { String::new() }, in_scale)
    })
    .filter(|row| !fold || row.in_scale || used(row.pitch))
    .collect()
}

/// The editor's area in one frame.
pub struct View {
    /// The keys at the left.
    pub keys: Rect,
    /// Bars above the notes.
    pub ruler: Rect,
    /// The notes.
    pub roll: Rect,
    /// The lane below.
    pub lane: Rect,
    /// Height of a row.
    pub row: f32,
    /// The rows, highest first.
    pub rows: Vec<Row>,
    start: f64,
    per_tick: f64,
    down: f32,
}

impl View {
    /// The parts of `area`.
    pub fn new(area: Rect, rows: Vec<Row>, drums: bool, state: &EditorState) -> View {
        let lane = LANE.min(area.height() / 3.0);
        let left = area.left() + KEYS;
        let top = area.top() + RULER;
        let bottom = (area.bottom() - lane).max(top);
        View {
            keys: Rect::from_min_max(pos2(area.left(), top), pos2(left, bottom - 2.0)),
            ruler: Rect::from_min_max(pos2(left, area.top()), pos2(area.right(), top)),
            roll: Rect::from_min_max(pos2(left, top), pos2(area.right(), bottom - 2.0)),
            lane: Rect::from_min_max(pos2(left, bottom), area.max),
            row: if drums { PAD } else { ROW },
            rows,
            start: state.start,
            per_tick: state.zoom / PPQ as f64,
            down: state.down,
        }
    }

    /// Where a tick lies.
    pub fn x(&self, ticks: i64) -> f32 {
        self.roll.left() + ((ticks as f64 - self.start) * self.per_tick) as f32
    }

    /// The tick at `x`.
    pub fn ticks(&self, x: f32) -> i64 {
        (self.start + f64::from(x - self.roll.left()) / self.per_tick).round() as i64
    }

    /// The ticks that are seen: the first, and the first that is not.
    pub fn seen(&self) -> (i64, i64) {
        (self.ticks(self.roll.left()).max(0), self.ticks(self.roll.right()) + 1)
    }

    /// Points below the first row's top.
    pub fn down(&self, y: f32) -> f32 {
        y - self.roll.top() + self.down
    }

    /// The row at `y`; the first or last beyond them. 0 where there are none.
    pub fn row_at(&self, y: f32) -> usize {
        let row = (self.down(y) / self.row).floor().max(0.0) as usize;
        row.min(self.rows.len().saturating_sub(1))
    }

    /// The row of a pitch.
    pub fn row_of(&self, pitch: u8) -> Option<usize> {
        // Rows lie highest first.
        self.rows.binary_search_by(|row| pitch.cmp(&row.pitch)).ok()
    }

    /// Where a row lies.
    pub fn row_rect(&self, row: usize) -> Rect {
        let top = self.roll.top() - self.down + row as f32 * self.row;
        let size = vec2(self.roll.width(), self.row);
        Rect::from_min_size(pos2(self.roll.left(), top), size)
    }

    /// The rows that are seen.
    pub fn seen_rows(&self) -> std::ops::Range<usize> {
        let first = (self.down / self.row).floor().max(0.0) as usize;
        let last = ((self.down + self.roll.height()) / self.row).ceil().max(0.0) as usize;
        first.min(self.rows.len())..last.min(self.rows.len())
    }

    /// Where a note lies; `None` where its pitch has no row.
    pub fn note(&self, note: &Note) -> Option<Rect> {
        let row = self.row_rect(self.row_of(note.pitch)?);
        let (left, right) = (self.x(note.start.0), self.x(note.start.0 + note.length.0));
        // A point apart from the next, and never too narrow to be taken.
        let right = (right - 1.0).max(left + 3.0);
        Some(Rect::from_min_max(pos2(left, row.top() + 0.5), pos2(right, row.bottom() - 0.5)))
    }

    /// How far down it can be scrolled.
    pub fn most_down(&self) -> f32 {
        (self.rows.len() as f32 * self.row - self.roll.height()).max(0.0)
    }
}

/// The grid line at or before a tick.
pub fn floor(ticks: i64, step: i64) -> i64 {
    ticks.max(0) / step.max(1) * step.max(1)
}

/// The parts of `area`, for the clip that is shown: one that was not shown before is fitted in.
pub fn set_up(ui: &Ui, area: Rect, rows: Vec<Row>, shown: &Shown, state: &mut EditorState) -> View {
    let mut view = View::new(area, rows, shown.is_drums(), state);
    if state.shown != Some(shown.clip.id) {
        state.shown = Some(shown.clip.id);
        state.selected.clear();
        (state.drag, state.origin) = (None, None);
        fit(state, shown, &mut view);
    }
    scroll(ui, state, shown, &mut view);
    view
}

/// The nearest grid line.
pub fn nearest(ticks: i64, step: i64) -> i64 {
    floor(ticks.max(0) + step.max(1) / 2, step)
}

/// Where the music in a clip ends: its length, or the end of a note beyond it.
pub fn end(shown: &Shown) -> i64 {
    let notes = shown.clip.midi().map(|midi| midi.notes.as_slice()).unwrap_or_default();
    let last = notes.iter().map(|note| (note.start + note.length).0).max().unwrap_or(0);
    last.max(shown.clip.length.0).clamp(1, LAST)
}

/// Fit scroll and zoom to a clip that was opened in a roll of this size.
pub fn fit(state: &mut EditorState, shown: &Shown, view: &mut View) {
    let width = f64::from(view.roll.width().max(100.0));
    let length = (shown.clip.length.0.clamp(1, LAST)) as f64;
    state.start = 0.0;
    state.zoom = (width * PPQ as f64 / length).clamp(LEAST_ZOOM, MOST_ZOOM);
    let notes = shown.clip.midi().map(|midi| midi.notes.as_slice()).unwrap_or_default();
    let (low, high) = (notes.iter().map(|n| n.pitch).min(), notes.iter().map(|n| n.pitch).max());
    let middle = low.zip(high).map_or(60, |(low, high)| low / 2 + high / 2);
    let row = view.rows.iter().position(|row| row.pitch <= middle).unwrap_or(0);
    state.down = (row as f32 + 0.5) * view.row - view.roll.height() / 2.0;
    state.down = state.down.clamp(0.0, view.most_down());
    state.cursor = Ticks::ZERO;
    (view.start, view.per_tick, view.down) = (0.0, state.zoom / PPQ as f64, state.down);
}

const LEAST_ZOOM: f64 = 2.0;
const MOST_ZOOM: f64 = 2000.0;

/// Scroll and zoom with the wheel: sideways with Shift, Ctrl zooms around the pointer.
pub fn scroll(ui: &Ui, state: &mut EditorState, shown: &Shown, view: &mut View) {
    let area = view.roll.union(view.keys).union(view.ruler).union(view.lane);
    if ui.rect_contains_pointer(area) {
        let (wheel, shift) = ui.input(|i| (i.smooth_scroll_delta, i.modifiers.shift));
        let (zoom, at) = ui.input(|i| (f64::from(i.zoom_delta()), i.pointer.hover_pos()));
        if zoom != 1.0 && zoom.is_finite() {
            let x = at.map_or(0.0, |at| f64::from((at.x - view.roll.left()).max(0.0)));
            let held = state.start + x / view.per_tick;
            state.zoom = (state.zoom * zoom).clamp(LEAST_ZOOM, MOST_ZOOM);
            state.start = held - x * PPQ as f64 / state.zoom;
        } else {
            let wheel = if shift && wheel.x == 0.0 { vec2(wheel.y, 0.0) } else { wheel };
            state.start -= f64::from(wheel.x) * PPQ as f64 / state.zoom;
            state.down -= wheel.y;
        }
    }
    // A bar beyond the end is seen, so that notes can be put there.
    let room = f64::from(view.roll.width()) * PPQ as f64 / state.zoom;
    let past = (end(shown) + shown.signature.bar().0) as f64;
    let most = (past - room).max(0.0);
    state.start = state.start.clamp(0.0, most);
    state.down = state.down.clamp(0.0, view.most_down());
    (view.start, view.per_tick) = (state.start, state.zoom / PPQ as f64);
    view.down = state.down;
}

//! Where columns and rows of the grid lie, and which of them can be seen.

use std::ops::Range;

use egui::{Pos2, Rect, Vec2, pos2, vec2};

use crate::ui::theme::GAP;

/// Width of a track's column, points.
pub const COLUMN: f32 = 136.0;
/// Width of the scenes' column, points.
pub const SCENES: f32 = 148.0;
/// Height of the heads, points.
pub const HEAD: f32 = 44.0;
/// Height of the row of stop buttons, points.
pub const STOPS: f32 = 24.0;

/// The grid's area in one frame.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// All of it.
    pub area: Rect,
    /// Height of a cell.
    pub cell: f32,
    /// Tracks that are shown.
    pub columns: usize,
    /// Returns, which stand after the tracks and have no slots.
    pub returns: usize,
    /// Scenes.
    pub rows: usize,
    /// How far it is scrolled.
    pub scroll: Vec2,
}

impl Layout {
    /// The part that scrolls both ways: slots.
    pub fn slots(&self) -> Rect {
        let right = (self.area.right() - SCENES - GAP).max(self.area.left());
        let bottom = (self.area.bottom() - STOPS - GAP).max(self.area.top() + HEAD + GAP);
        Rect::from_min_max(self.area.min + vec2(0.0, HEAD + GAP), pos2(right, bottom))
    }

    /// How far it can be scrolled at most.
    pub fn most(&self) -> Vec2 {
        let all = vec2(
            (self.columns + self.returns) as f32 * (COLUMN + GAP) - GAP,
            self.rows as f32 * (self.cell + GAP) - GAP,
        );
        (all - self.slots().size()).max(Vec2::ZERO)
    }

    /// Left edge of a column.
    pub fn x(&self, column: usize) -> f32 {
        self.area.left() + column as f32 * (COLUMN + GAP) - self.scroll.x
    }

    /// Upper edge of a row.
    pub fn y(&self, row: usize) -> f32 {
        self.slots().top() + row as f32 * (self.cell + GAP) - self.scroll.y
    }

    /// A slot.
    pub fn slot(&self, column: usize, row: usize) -> Rect {
        Rect::from_min_size(pos2(self.x(column), self.y(row)), vec2(COLUMN, self.cell))
    }

    /// The head of a column.
    pub fn head(&self, column: usize) -> Rect {
        Rect::from_min_size(pos2(self.x(column), self.area.top()), vec2(COLUMN, HEAD))
    }

    /// The stop button of a column.
    pub fn stop(&self, column: usize) -> Rect {
        let top = self.slots().bottom() + GAP;
        Rect::from_min_size(pos2(self.x(column), top), vec2(COLUMN, STOPS))
    }

    /// A scene's cell.
    pub fn scene(&self, row: usize) -> Rect {
        let left = self.slots().right() + GAP;
        Rect::from_min_size(pos2(left, self.y(row)), vec2(SCENES, self.cell))
    }

    /// Above the scenes, and below them.
    pub fn scene_ends(&self) -> (Rect, Rect) {
        let left = self.slots().right() + GAP;
        let (top, bottom) = (self.area.top(), self.slots().bottom() + GAP);
        (
            Rect::from_min_size(pos2(left, top), vec2(SCENES, HEAD)),
            Rect::from_min_size(pos2(left, bottom), vec2(SCENES, STOPS)),
        )
    }

    /// Columns of which a part can be seen.
    pub fn seen_columns(&self) -> Range<usize> {
        seen(self.scroll.x, self.slots().width(), COLUMN + GAP, self.columns)
    }

    /// Returns of which a part can be seen; the first stands in the column after the last track.
    pub fn seen_returns(&self) -> Range<usize> {
        let all = self.columns + self.returns;
        let seen = seen(self.scroll.x, self.slots().width(), COLUMN + GAP, all);
        seen.start.saturating_sub(self.columns)..seen.end.saturating_sub(self.columns)
    }

    /// Rows of which a part can be seen.
    pub fn seen_rows(&self) -> Range<usize> {
        seen(self.scroll.y, self.slots().height(), self.cell + GAP, self.rows)
    }

    /// Column and row under a point of the slots.
    pub fn at(&self, point: Pos2) -> Option<(usize, usize)> {
        let inside = self.slots().contains(point);
        inside.then(|| Some((self.column(point.x)?, self.row(point.y)?))).flatten()
    }

    /// The column at this distance from the window's left edge.
    pub fn column(&self, x: f32) -> Option<usize> {
        let at = ((x - self.area.left() + self.scroll.x) / (COLUMN + GAP)).floor();
        (at >= 0.0 && (at as usize) < self.columns).then_some(at as usize)
    }

    /// The row at this distance from the window's upper edge.
    pub fn row(&self, y: f32) -> Option<usize> {
        let at = ((y - self.slots().top() + self.scroll.y) / (self.cell + GAP)).floor();
        (at >= 0.0 && (at as usize) < self.rows).then_some(at as usize)
    }

    /// The scroll that shows a cell whole, moving as little as can be.
    pub fn follow(&self, column: Option<usize>, row: Option<usize>) -> Vec2 {
        let axis = |scroll: f32, room: f32, index: Option<usize>, step: f32| match index {
            Some(i) => {
                let (first, last) = (i as f32 * step, (i + 1) as f32 * step - GAP);
                scroll.min(first).max(last - room)
            }
            None => scroll,
        };
        let room = self.slots().size();
        let x = axis(self.scroll.x, room.x, column, COLUMN + GAP);
        let y = axis(self.scroll.y, room.y, row, self.cell + GAP);
        vec2(x, y).max(Vec2::ZERO).min(self.most())
    }
}

fn seen(scroll: f32, room: f32, step: f32, count: usize) -> Range<usize> {
    let first = (scroll / step).floor().max(0.0) as usize;
    let last = ((scroll + room) / step).ceil().max(0.0) as usize;
    first.min(count)..last.min(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(columns: usize, rows: usize, scroll: Vec2) -> Layout {
        let area = Rect::from_min_size(pos2(10.0, 20.0), vec2(1000.0, 600.0));
        Layout { area, cell: 34.0, columns, returns: 0, rows, scroll }
    }

    #[test]
    fn only_what_can_be_seen_is_named() {
        let all = layout(64, 128, Vec2::ZERO);
        assert_eq!(all.seen_columns(), 0..7);
        assert_eq!(all.seen_rows().start, 0);
        let end = Layout { scroll: all.most(), ..all };
        assert_eq!((end.seen_columns().end, end.seen_rows().end), (64, 128));
        assert!(end.seen_rows().len() < 18);
        assert_eq!(layout(0, 0, Vec2::ZERO).most(), Vec2::ZERO);
        assert_eq!(layout(0, 0, Vec2::ZERO).seen_columns(), 0..0);
    }

    #[test]
    fn a_point_is_in_the_cell_that_is_drawn_there() {
        let l = layout(64, 128, vec2(333.0, 777.0));
        for (column, row) in [(3, 25), (5, 30), (7, 33)] {
            assert_eq!(l.at(l.slot(column, row).center()), Some((column, row)));
        }
        assert_eq!(l.at(l.area.min), None, "heads are no slots");
    }

    #[test]
    fn following_shows_a_cell_whole_and_moves_no_further() {
        let l = layout(64, 128, vec2(0.0, 0.0));
        assert_eq!(l.follow(Some(1), Some(1)), Vec2::ZERO);
        let there = Layout { scroll: l.follow(Some(40), Some(100)), ..l };
        assert!(there.slots().contains_rect(there.slot(40, 100)));
        assert_eq!(there.follow(Some(40), Some(100)), there.scroll);
        let back = Layout { scroll: there.follow(Some(39), Some(99)), ..l };
        assert_eq!(back.scroll, there.scroll);
    }
}

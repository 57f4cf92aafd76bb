//! What is shown where there is little room: the grid keeps what it needs, the rest gives way.

use egui::Vec2;

use super::grid::{COLUMN, HEAD, SCENES, STOPS};
use super::theme::GAP;
use super::{browser, mixer};

/// Least height of the grid: heads, stop buttons and two rows of cells with their gaps, points.
const GRID_LEAST: f32 = HEAD + STOPS + 2.0 * (34.0 + GAP) + 2.0 * GAP + 8.0;
/// Least height of the devices or the editor, points.
const BELOW_LEAST: f32 = 120.0;
/// The browser shows by itself where so many columns fit beside it and the scenes.
const COLUMNS: f32 = 4.0;

/// What there is room for beside the grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// The browser, where nobody said whether it is to be seen.
    pub browser: bool,
    /// Most height of the devices or the editor, points; 0 where they have none.
    pub below: f32,
}

impl Room {
    /// The room that a window leaves between the bars, in points.
    pub fn of(size: Vec2) -> Room {
        let browser = size.x >= browser::WIDTH + SCENES + COLUMNS * (COLUMN + GAP);
        let below = size.y - GRID_LEAST;
        Room { browser, below: if below >= BELOW_LEAST { below } else { 0.0 } }
    }
}

/// Height of the strips under a grid when both have `height` points; 0 where they would take from what
/// the grid needs.
pub fn strips(height: f32) -> f32 {
    let left = (height - GRID_LEAST).min(mixer::HEIGHT);
    if left >= mixer::LEAST { left } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use egui::vec2;

    use super::*;
    use crate::ui::devices;

    #[test]
    fn in_a_usual_window_everything_is_shown() {
        let room = Room::of(vec2(1280.0, 732.0));
        assert!(room.browser && room.below >= devices::HEIGHT);
        assert_eq!(strips(732.0 - devices::HEIGHT), mixer::HEIGHT);
    }

    #[test]
    fn strips_give_way_to_devices_and_the_browser_to_columns() {
        let room = Room::of(vec2(640.0, 332.0));
        assert!(!room.browser && room.below > BELOW_LEAST);
        assert_eq!(strips(332.0 - room.below), 0.0);
        assert!(strips(332.0) >= mixer::LEAST, "with the devices away the strips are back");
        assert_eq!(Room::of(vec2(640.0, 200.0)).below, 0.0);
    }
}

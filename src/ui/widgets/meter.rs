//! A stereo meter with held peaks and a light for what went over.

use egui::{Color32, Painter, Rect, Sense, Ui, Vec2, WidgetInfo, WidgetType, pos2};

use crate::engine::protocol::Reading;
use crate::ui::theme;

/// The lowest level that shows, dB.
const FLOOR: f32 = -60.0;
/// The highest, dB.
const TOP: f32 = 6.0;

/// How high a linear level stands, 0..=1.
pub fn height(linear: f32) -> f32 {
    height_db(20.0 * linear.max(1e-6).log10())
}

/// How high a level in dB stands, 0..=1: the upper 24 dB take half of it.
pub fn height_db(db: f32) -> f32 {
    let knee = -18.0;
    if db >= knee {
        0.5 + 0.5 * ((db - knee) / (TOP - knee)).min(1.0)
    } else {
        0.5 * ((db - FLOOR) / (knee - FLOOR)).max(0.0)
    }
}

/// The colour at a level in dB.
fn color(db: f32) -> Color32 {
    match db {
        d if d >= 0.0 => theme::RECORD,
        d if d >= -6.0 => theme::QUEUE,
        _ => theme::PALETTE[3],
    }
}

/// Show a meter of this size; a click on it is for resetting its peaks.
pub fn show(
    ui: &mut Ui,
    size: Vec2,
    read: Option<Reading>,
    muted: bool,
    name: &str,
) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| {
        let peak = read.map_or(0.0, |r| r.hold[0].max(r.hold[1]));
        let label = format!("{name} meter, peak {} dB", super::db(20.0 * peak.max(1e-6).log10()));
        WidgetInfo::labeled(WidgetType::ProgressIndicator, true, label)
    });
    let painter = ui.painter();
    let width = (rect.width() - 1.0) / 2.0;
    for side in 0..2 {
        let left = rect.left() + side as f32 * (width + 1.0);
        let bar = Rect::from_min_size(pos2(left, rect.top()), Vec2::new(width, rect.height()));
        painter.rect_filled(bar, 1.0, theme::BACKGROUND);
        if let Some(read) = read {
            column(painter, bar, read.peak[side], read.hold[side], muted);
        }
    }
    if read.is_some_and(|r| r.is_over()) {
        let light = Rect::from_min_size(rect.min, Vec2::new(rect.width(), 3.0));
        painter.rect_filled(light, 0.0, theme::RECORD);
    }
    response
}

fn column(painter: &Painter, bar: Rect, peak: f32, hold: f32, muted: bool) {
    let y = |share: f32| bar.bottom() - bar.height() * share;
    let top = height(peak);
    // Three stretches, each in its colour up to where the level is.
    for (from, to, db) in [
        (0.0, height_db(-6.0), -20.0),
        (height_db(-6.0), height_db(0.0), -3.0),
        (height_db(0.0), 1.0, 1.0),
    ] {
        let to = top.min(to);
        if to > from {
            let part = Rect::from_min_max(pos2(bar.left(), y(to)), pos2(bar.right(), y(from)));
            painter.rect_filled(part, 0.0, if muted { theme::FAINT } else { color(db) });
        }
    }
    if hold > 1e-3 {
        let at = y(height(hold));
        let line = Rect::from_min_max(pos2(bar.left(), at), pos2(bar.right(), at + 1.5));
        let lit = color(20.0 * hold.log10());
        painter.rect_filled(line, 0.0, if muted { theme::FAINT } else { lit });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn louder_stands_higher_and_nothing_leaves_the_meter() {
        let levels = [0.0, 1e-5, 0.001, 0.01, 0.1, 0.5, 1.0, 2.0, 8.0];
        let heights = levels.map(height);
        assert!(heights.windows(2).all(|w| w[0] <= w[1]), "{heights:?}");
        assert_eq!((heights[0], heights[8]), (0.0, 1.0));
        assert!((height_db(-18.0) - 0.5).abs() < 1e-6);
    }
}

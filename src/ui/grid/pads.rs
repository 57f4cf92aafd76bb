//! The part of the grid that a pad controller shows, framed.

use egui::{Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, WidgetType};

use super::Column;
use super::layout::Layout;
use crate::engine::protocol::GridPart;
use crate::ui::seen::Seen;
use crate::ui::theme;

/// Width of the frame, points.
const FRAME: f32 = 2.0;

/// Frame what each controller shows.
pub fn show(ui: &Ui, seen: &Seen, layout: &Layout, columns: &[Column]) {
    let parts = seen.snapshot.into_iter().flat_map(|snapshot| snapshot.pads());
    for (number, part) in parts.enumerate() {
        let Some(rect) = frame(seen, layout, columns, part) else { continue };
        let room = layout.slots();
        let painter = ui.painter().with_clip_rect(room.expand(FRAME).intersect(ui.clip_rect()));
        let line = Stroke::new(FRAME, theme::TEXT);
        painter.rect_stroke(rect, theme::RADIUS, line, StrokeKind::Outside);
        let seen = rect.intersect(room);
        if seen.is_positive() {
            let response = ui.interact(seen, ui.id().with(("pads", number)), Sense::empty());
            let last = |first: u16, count: u8| usize::from(first) + usize::from(count);
            response.widget_info(|| {
                let label = format!(
                    "pads show tracks {} to {}, scenes {} to {}",
                    part.track + 1,
                    last(part.track, part.columns),
                    part.scene + 1,
                    last(part.scene, part.rows)
                );
                WidgetInfo::labeled(WidgetType::Other, true, label)
            });
        }
    }
}

/// Where it lies; `None` where none of it is in the grid, or all its tracks are folded away.
fn frame(seen: &Seen, layout: &Layout, columns: &[Column], part: GridPart) -> Option<Rect> {
    let tracks = usize::from(part.track)..usize::from(part.track) + usize::from(part.columns);
    let first_row = usize::from(part.scene);
    let end_row = (first_row + usize::from(part.rows)).min(seen.order.scenes.len());
    let mut inside = (0..columns.len()).filter(|index| tracks.contains(&columns[*index].node));
    let first = inside.next()?;
    let last = inside.next_back().unwrap_or(first);
    (first_row < end_row)
        .then(|| layout.slot(first, first_row).union(layout.slot(last, end_row - 1)))
}

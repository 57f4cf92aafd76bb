//! What the stage view shows beside its large cells: how long until the next launch.

use egui::{Align2, FontFamily, FontId, Id, LayerId, Order, Rect, Ui, vec2};

use super::seen::Seen;
use super::theme;
use crate::engine::protocol::Pos;
use crate::model::project::Song;

/// What is queued.
pub struct Next<'a> {
    /// In so many bars.
    pub bars: f64,
    /// Name of the first clip, or `stop`.
    pub first: &'a str,
    /// How many others.
    pub more: usize,
}

/// What is queued, and in how many bars it comes; `None` where nothing is.
pub fn next<'a>(seen: &Seen<'a>) -> Option<Next<'a>> {
    let head = seen.head.filter(|head| head.playing)?;
    let song = seen.world.get_resource::<Song>()?;
    let mut names = (0..seen.order.tracks.len()).filter_map(|node| {
        let Some(row) = seen.track_state(node).queued? else { return Some("stop") };
        let scene = seen.scene(*seen.order.scenes.get(usize::from(row))?)?;
        let clip = seen.slot(seen.order.tracks[node], scene).clip?;
        Some(seen.clip(clip)?.name.as_str())
    });
    let first = names.next()?;
    let more = names.count();
    let step = Pos::from(song.quantization.step(head.signature)?);
    let since = head.pos - head.metre.origin;
    let bars = (since.ceil_to(step) - since).ticks() / head.signature.bar().0.max(1) as f64;
    Some(Next { bars, first, more })
}

/// Count down to the next launch, large, at the lower edge of `area`.
pub fn countdown(ui: &Ui, seen: &Seen, area: Rect) {
    let Some(next) = next(seen) else { return };
    let layer = LayerId::new(Order::Foreground, Id::new("countdown"));
    let painter = ui.ctx().layer_painter(layer);
    let room = Rect::from_center_size(area.center_bottom() - vec2(0.0, 60.0), vec2(420.0, 96.0));
    painter.rect_filled(room, theme::CARD_RADIUS, theme::PANEL);
    let line = egui::Stroke::new(1.0, theme::QUEUE);
    painter.rect_stroke(room, theme::CARD_RADIUS, line, egui::StrokeKind::Inside);
    let large = FontId::new(64.0, FontFamily::Monospace);
    let text = format!("{:.1}", next.bars);
    let left = room.left_center() + vec2(16.0, 0.0);
    painter.text(left, Align2::LEFT_CENTER, text, large, theme::QUEUE);
    let beside = room.with_min_x(room.left() + 190.0).shrink(12.0);
    let name = match next.more {
        0 => next.first.to_owned(),
        more => format!("{} and {more} more", next.first),
    };
    let (top, bottom) = (beside.left_top(), beside.left_bottom());
    painter.text(top, Align2::LEFT_TOP, "BARS UNTIL", theme::label(), theme::DIM);
    let look = (FontId::new(20.0, FontFamily::Name("strong".into())), theme::TEXT);
    theme::fit(&painter, (bottom, Align2::LEFT_BOTTOM), &name, look, beside.width());
}

//! The wave of a clip's recording, drawn where it sounds.

use egui::{Color32, Painter, Rect, Shape, pos2};

use crate::model::wave::{Outline, Stretch};

/// Where time lies on the screen.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Tick 0 of the clip, points.
    pub left: f32,
    /// Width of a tick, points.
    pub tick: f64,
}

/// Draw what `stretches` play of a recording into `rect`, at a linear gain.
pub fn draw(
    painter: &Painter,
    rect: Rect,
    scale: Scale,
    (outline, stretches): (&Outline, &[Stretch]),
    gain: f32,
    color: Color32,
) {
    let seen = rect.intersect(painter.clip_rect());
    if !seen.is_positive() || scale.tick <= 0.0 {
        return;
    }
    // A column for each pixel, in one mesh: a grid shows thousands of them.
    let step = 1.0 / painter.pixels_per_point().max(0.5);
    let mut mesh = egui::Mesh::default();
    let x = |ticks: f64| scale.left + (ticks * scale.tick) as f32;
    for stretch in stretches {
        let right = x(stretch.to).min(seen.right());
        // Columns stand at whole pixels of the area, whatever stretch they are of.
        let first = ((x(stretch.from).max(seen.left()) - seen.left()) / step).floor();
        let mut left = seen.left() + first * step;
        while left < right {
            let ticks = |x: f32| f64::from(x - scale.left) / scale.tick - stretch.from;
            let frame = |x: f32| stretch.frame + ticks(x).max(0.0) * stretch.speed;
            let (from, to) = (frame(left), frame((left + step).min(right)).min(stretch.until));
            if let Some(peak) = outline.peak(from, to) {
                let y = |value: f32| {
                    rect.center().y - (value * gain).clamp(-1.0, 1.0) * rect.height() / 2.0
                };
                // Silence is a line.
                let (top, bottom) = (y(peak.high()) - 0.25, y(peak.low()) + 0.25);
                let column = Rect::from_min_max(pos2(left, top), pos2(left + step, bottom));
                mesh.add_colored_rect(column, color);
            }
            left += step;
        }
    }
    painter.add(Shape::mesh(mesh));
}

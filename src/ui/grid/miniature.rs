//! A clip's notes, small, as they stand in it.

use egui::{Color32, Painter, Rect, pos2};

use crate::model::clip::{Clip, ClipContent};

/// Draw a clip's notes in `rect`: time from left to right over its length, pitch upwards.
pub fn draw(painter: &Painter, rect: Rect, clip: &Clip, color: Color32) {
    let ClipContent::Midi(midi) = &clip.content else { return };
    let pitches = midi.notes.iter().map(|n| n.pitch);
    let (Some(low), Some(high)) = (pitches.clone().min(), pitches.max()) else { return };
    let length = clip.length.0.max(1) as f32;
    // A line of one pitch lies in the middle; an octave at least keeps steps small.
    let span = f32::from(high - low).max(12.0);
    let middle = (f32::from(low) + f32::from(high)) / 2.0;
    for note in midi.notes.iter().filter(|n| n.start.0 < clip.length.0) {
        let x = |ticks: i64| rect.left() + rect.width() * (ticks as f32 / length).clamp(0.0, 1.0);
        let up = (f32::from(note.pitch) - middle) / span;
        let y = rect.center().y - up * (rect.height() - 2.0);
        let left = x(note.start.0);
        // A point apart from the next note, and never less than seen.
        let right = (x(note.start.0 + note.length.0) - 1.0).max(left + 1.5);
        let bar = Rect::from_min_max(pos2(left, y - 0.75), pos2(right, y + 0.75));
        painter.rect_filled(bar, 0.0, color);
    }
}

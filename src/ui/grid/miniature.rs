//! A clip's notes or its wave, small, as they stand in it.

use egui::{Align2, Color32, Painter, Rect, pos2};

use crate::model::clip::{AudioClip, Clip, ClipContent, MidiClip};
use crate::model::wave::{Wave, stretches};
use crate::ui::theme;
use crate::ui::widgets::wave;

/// Draw what a clip holds in `rect`, time from left to right over its length: its notes, pitch upwards,
/// or what it plays of its recording while the tempo is `bpm` beats per minute.
pub fn draw(
    painter: &Painter,
    rect: Rect,
    clip: &Clip,
    (recording, bpm): (Option<&Wave>, f64),
    color: Color32,
) {
    match (&clip.content, recording) {
        (ClipContent::Midi(midi), _) => notes(painter, rect, clip, midi, color),
        (ClipContent::Audio(audio), Some(recording)) => {
            self::recording(painter, rect, (clip, audio), (recording, bpm), color);
        }
        (ClipContent::Audio(_), None) => {}
    }
}

fn recording(
    painter: &Painter,
    rect: Rect,
    (clip, audio): (&Clip, &AudioClip),
    (recording, bpm): (&Wave, f64),
    color: Color32,
) {
    match recording {
        Wave::Reading => {}
        Wave::Missing(_) => {
            let font = (theme::label(), theme::WARN);
            let place = (rect.left_center(), Align2::LEFT_CENTER);
            theme::fit(painter, place, "missing", font, rect.width());
        }
        Wave::Ready(outline) => {
            let tick = f64::from(rect.width()) / clip.length.0.max(1) as f64;
            let scale = wave::Scale { left: rect.left(), tick };
            let all = stretches(clip, audio, (outline.rate(), outline.frames()), bpm);
            wave::draw(painter, rect, scale, (outline, &all), audio.gain.gain(), color);
        }
    }
}

fn notes(painter: &Painter, rect: Rect, clip: &Clip, midi: &MidiClip, color: Color32) {
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

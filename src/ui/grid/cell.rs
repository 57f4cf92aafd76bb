//! A slot of the grid: its clip's name and miniature, what it does, and how far it is.

use egui::{Align2, Color32, CornerRadius, Painter, Rect, Stroke, StrokeKind, pos2, vec2};

use super::miniature;
use crate::model::clip::Clip;
use crate::model::launch::ClipState;
use crate::model::wave::Wave;
use crate::ui::theme::{self, RADIUS, over};

/// Width of the part with the triangle, points.
pub const LAUNCH: f32 = 20.0;

/// All that a cell shows.
pub struct Cell<'a> {
    /// Its clip.
    pub clip: Option<&'a Clip>,
    /// How its recording looks, if it has one.
    pub wave: Option<&'a Wave>,
    /// The tempo, beats per minute.
    pub bpm: f64,
    /// Colour of the clip, or else of the track.
    pub color: Color32,
    /// What it does.
    pub state: ClipState,
    /// How far through its length it is, 0..=1.
    pub progress: f32,
    /// It stops its track when it is empty.
    pub stops: bool,
    /// It blinks bright now, if it blinks.
    pub bright: bool,
    /// The pointer is on it.
    pub hovered: bool,
    /// It is selected.
    pub selected: bool,
    /// The keyboard is at it.
    pub focused: bool,
}

/// The colour that says what a cell does; `None` while it rests.
fn sign(state: ClipState) -> Option<Color32> {
    match state {
        ClipState::Empty | ClipState::Stopped => None,
        ClipState::PlayQueued | ClipState::StopQueued => Some(theme::QUEUE),
        ClipState::Playing => Some(theme::PLAY),
        ClipState::RecordQueued | ClipState::Recording => Some(theme::RECORD),
    }
}

/// Words for what a cell does, for those who do not see it.
pub fn words(state: ClipState) -> &'static str {
    match state {
        ClipState::Empty => "empty",
        ClipState::Stopped => "stopped",
        ClipState::PlayQueued => "starts next",
        ClipState::Playing => "playing",
        ClipState::StopQueued => "stops next",
        ClipState::RecordQueued => "records next",
        ClipState::Recording => "recording",
    }
}

/// Draw a slot.
pub fn draw(painter: &Painter, rect: Rect, cell: &Cell) {
    match cell.clip {
        Some(clip) => filled(painter, rect, cell, clip),
        None => empty(painter, rect, cell),
    }
    let line = |stroke: Stroke| {
        painter.rect_stroke(rect, RADIUS, stroke, StrokeKind::Inside);
    };
    if let Some(color) = sign(cell.state) {
        line(Stroke::new(1.0, color));
    }
    if cell.selected {
        line(Stroke::new(1.0, theme::SELECT));
    }
    if cell.focused {
        line(Stroke::new(2.0, theme::SELECT));
    }
}

fn empty(painter: &Painter, rect: Rect, cell: &Cell) {
    let ground = if cell.hovered { theme::RAISED } else { theme::PANEL };
    painter.rect_filled(rect, RADIUS, ground);
    if let Some(color) = sign(cell.state) {
        triangle_or_dot(painter, rect, cell.state, color);
    } else if cell.stops {
        let color = if cell.hovered { theme::DIM } else { theme::LINE };
        let at = rect.left_center() + vec2(LAUNCH / 2.0, 0.0);
        painter.rect_filled(Rect::from_center_size(at, vec2(7.0, 7.0)), 1.0, color);
    }
}

fn filled(painter: &Painter, rect: Rect, cell: &Cell, clip: &Clip) {
    let share = if cell.hovered { 0.34 } else { 0.25 };
    let body = over(theme::BACKGROUND, cell.color, if clip.muted { 0.1 } else { share });
    painter.rect_filled(rect, RADIUS, body);
    let launch = Rect::from_min_size(rect.min, vec2(LAUNCH, rect.height()));
    let resting = over(theme::BACKGROUND, cell.color, 0.5);
    let waits = matches!(
        cell.state,
        ClipState::PlayQueued | ClipState::StopQueued | ClipState::RecordQueued
    );
    let (ground, mark) = match sign(cell.state) {
        Some(color) if !waits || cell.bright => (color, theme::BACKGROUND),
        Some(color) => (resting, color),
        None => (resting, theme::TEXT),
    };
    let left = CornerRadius { nw: RADIUS, sw: RADIUS, ne: 0, se: 0 };
    painter.rect_filled(launch, left, ground);
    triangle_or_dot(painter, rect, cell.state, mark);

    let inner = Rect::from_min_max(rect.min + vec2(LAUNCH + 5.0, 2.0), rect.max - vec2(4.0, 3.0));
    let clipped = painter.with_clip_rect(inner.intersect(painter.clip_rect()));
    let text = if clip.muted { theme::DIM } else { theme::TEXT };
    let low = inner.height() < 24.0;
    let (place, align) = if low {
        (inner.left_center(), Align2::LEFT_CENTER)
    } else {
        (inner.left_top(), Align2::LEFT_TOP)
    };
    // A low cell has no room for a miniature, but still says that there is nothing to hear.
    let missing = low && matches!(cell.wave, Some(Wave::Missing(_)));
    let name = if missing { &format!("missing: {}", clip.name) } else { &clip.name };
    let text = if missing { theme::WARN } else { text };
    theme::fit(&clipped, (place, align), name, (theme::text(), text), inner.width());
    if !low {
        let notes = Rect::from_min_max(pos2(inner.left(), inner.top() + 17.0), inner.max);
        let recording = (cell.wave, cell.bpm);
        miniature::draw(&clipped, notes, clip, recording, over(body, cell.color, 0.8));
    }
    if matches!(cell.state, ClipState::Playing | ClipState::StopQueued | ClipState::Recording) {
        let color = sign(cell.state).unwrap_or(theme::PLAY);
        let width = (rect.width() - LAUNCH) * cell.progress.clamp(0.0, 1.0);
        let from = pos2(rect.left() + LAUNCH, rect.bottom() - 2.0);
        painter.rect_filled(Rect::from_min_size(from, vec2(width, 2.0)), 0.0, color);
    }
}

/// The sign at the left: a triangle, a square where it will stop, a dot where it records.
fn triangle_or_dot(painter: &Painter, rect: Rect, state: ClipState, color: Color32) {
    let at = rect.left_center() + vec2(LAUNCH / 2.0, 0.0);
    match state {
        ClipState::Recording | ClipState::RecordQueued => {
            painter.circle_filled(at, 4.5, color);
        }
        ClipState::StopQueued => {
            painter.rect_filled(Rect::from_center_size(at, vec2(8.0, 8.0)), 1.0, color);
        }
        _ => triangle(painter, at, 5.0, color),
    }
}

/// A triangle that points to the right.
pub fn triangle(painter: &Painter, at: egui::Pos2, size: f32, color: Color32) {
    let points = vec![
        at + vec2(-0.7 * size, -size),
        at + vec2(0.9 * size, 0.0),
        at + vec2(-0.7 * size, size),
    ];
    painter.add(egui::Shape::convex_polygon(points, color, Stroke::NONE));
}

//! What the piano roll looks like: keys, grid, notes, the playhead.

use egui::{
    Align2, Color32, Painter, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, WidgetType, pos2,
    vec2,
};

use super::Shown;
use super::gestures::Changed;
use super::state::EditorState;
use super::view::{View, pitch_name};
use crate::model::action::Position;
use crate::model::clip::Note;
use crate::ui::seen::Seen;
use crate::ui::theme::{self, over};

/// Least distance of lines, points.
const LEAST: f32 = 7.0;

/// The keys at the left, or the names of pads.
pub fn keys(ui: &mut Ui, view: &View) {
    let painter = ui.painter().with_clip_rect(view.keys.intersect(ui.clip_rect()));
    for index in view.seen_rows() {
        let row = &view.rows[index];
        let at = view.row_rect(index);
        let rect = Rect::from_min_max(
            pos2(view.keys.left(), at.top() + 0.5),
            pos2(view.keys.right() - 2.0, at.bottom() - 0.5),
        );
        let ground = if row.black { theme::BACKGROUND } else { theme::HOVER };
        painter.rect_filled(rect, 1.0, if row.root { theme::LINE } else { ground });
        let text = if row.in_scale { theme::TEXT } else { theme::DIM };
        let place = (rect.left_center() + vec2(4.0, 0.0), Align2::LEFT_CENTER);
        theme::fit(&painter, place, &row.name, (theme::label(), text), rect.width() - 6.0);
        let seen = rect.intersect(view.keys);
        let response = ui.interact(seen, ui.id().with(("row", row.pitch)), Sense::hover());
        response.widget_info(|| {
            let plain = pitch_name(row.pitch);
            let name = if row.name.is_empty() { &plain } else { &row.name };
            WidgetInfo::labeled(WidgetType::Label, true, format!("row {name}"))
        });
    }
}

/// The distance of the finest lines that can be told apart: the grid's, or beats, or bars.
fn finest(view: &View, shown: &Shown, step: i64) -> i64 {
    let (beat, bar) = (shown.signature.beat().0.max(1), shown.signature.bar().0.max(1));
    let wide = |ticks: i64| view.x(ticks) - view.x(0) >= LEAST;
    let bars = [1, 4, 16, 64, 256].map(|n| bar * n);
    let mut all = [step, beat].into_iter().chain(bars);
    all.find(|ticks| wide(*ticks)).unwrap_or(bar * 1024)
}

/// Rows, lines of the grid, the ruler and the loop.
pub fn ground(ui: &Ui, shown: &Shown, view: &View, step: i64) {
    let painter = ui.painter().with_clip_rect(view.roll.intersect(ui.clip_rect()));
    painter.rect_filled(view.roll, 0.0, theme::BACKGROUND);
    for index in view.seen_rows() {
        let row = &view.rows[index];
        let rect = view.row_rect(index);
        let share = match (row.root, row.in_scale) {
            (true, _) => 1.0,
            (false, true) => 0.6,
            (false, false) => 0.0,
        };
        let ground = over(theme::BACKGROUND, theme::RAISED, share);
        painter.rect_filled(rect.with_max_y(rect.bottom() - 1.0), 0.0, ground);
    }
    lines(ui, &painter, shown, view, step);
    let end = view.x(shown.clip.length.0);
    if end < view.roll.right() {
        let beyond = view.roll.with_min_x(end.max(view.roll.left()));
        painter.rect_filled(beyond, 0.0, Color32::from_black_alpha(120));
        painter.vline(end, view.roll.y_range(), Stroke::new(1.0, theme::FAINT));
    }
}

/// Lines of bars, beats and the grid, with the ruler and the loop above them.
pub fn lines(ui: &Ui, painter: &Painter, shown: &Shown, view: &View, step: i64) {
    let (beat, bar) = (shown.signature.beat().0.max(1), shown.signature.bar().0.max(1));
    let (from, to) = view.seen();
    let each = finest(view, shown, step);
    let mut at = from / each * each;
    while at < to {
        let color = match () {
            () if at % bar == 0 => theme::FAINT.gamma_multiply(0.6),
            () if at % beat == 0 => theme::LINE,
            () => over(theme::BACKGROUND, theme::LINE, 0.55),
        };
        painter.vline(view.x(at), view.roll.y_range(), Stroke::new(1.0, color));
        at += each;
    }
    let ruler = ui.painter().with_clip_rect(view.ruler.intersect(ui.clip_rect()));
    ruler.rect_filled(view.ruler, 0.0, theme::PANEL);
    // Numbers stand at bars, or at beats where they have the room.
    let room = |ticks: i64| view.x(ticks) - view.x(0) >= 34.0;
    let all = [beat, bar].into_iter().chain([2, 4, 8, 16, 32, 64, 256].map(|n| bar * n));
    let each = { all }.find(|ticks| room(*ticks)).unwrap_or(bar * 1024);
    let mut at = from / each * each;
    while at < to {
        let place = Position::of(crate::model::time::Ticks(at), shown.signature);
        let text = match place.beat {
            1 => place.bar.to_string(),
            beat => format!("{}.{beat}", place.bar),
        };
        let corner = pos2(view.x(at) + 3.0, view.ruler.top() + 1.0);
        ruler.text(corner, Align2::LEFT_TOP, text, theme::label(), theme::DIM);
        at += each;
    }
    if let Some(brace) = shown.clip.loop_brace {
        let (left, right) = (view.x(brace.start.0), view.x(brace.end.0));
        let bottom = view.ruler.bottom();
        let bar = Rect::from_min_max(pos2(left, bottom - 3.0), pos2(right, bottom));
        ruler.rect_filled(bar, 1.0, over(theme::BACKGROUND, shown.color, 0.7));
        for x in [left, right - 2.0] {
            let end = Rect::from_min_size(pos2(x, bottom - 7.0), vec2(2.0, 7.0));
            ruler.rect_filled(end, 0.0, over(theme::BACKGROUND, shown.color, 0.7));
        }
    }
}

/// How strong the colour of a note is.
fn strength(note: &Note) -> f32 {
    0.35 + 0.65 * f32::from(note.velocity) / 127.0
}

/// The notes, as they are or would be.
pub fn notes(
    ui: &mut Ui,
    shown: &Shown,
    notes: &[Note],
    changed: &Changed,
    view: &View,
    state: &EditorState,
) {
    let painter = ui.painter().with_clip_rect(view.roll.intersect(ui.clip_rect()));
    let muted = if shown.clip.muted { 0.4 } else { 1.0 };
    let one = |note: &Note, selected: bool| {
        let rect = view.note(note).filter(|rect| rect.intersects(view.roll))?;
        let color = over(theme::BACKGROUND, shown.color, strength(note) * muted);
        painter.rect_filled(rect, 2.0, color);
        if note.probability < 100 {
            // What sounds by chance only has a hole as large as the chance that it does not.
            let share = f32::from(100 - note.probability) / 100.0;
            let hole = rect.shrink(2.5);
            let hole = hole.with_max_x(hole.left() + hole.width() * share);
            painter.rect_filled(hole, 1.0, theme::BACKGROUND);
        }
        if selected {
            painter.rect_stroke(rect, 2.0, Stroke::new(1.0, theme::SELECT), StrokeKind::Inside);
        }
        Some(rect)
    };
    for old in notes {
        let selected = state.selected.contains(&old.id);
        let note = changed.notes.get(&old.id).unwrap_or(old);
        let Some(rect) = one(note, selected) else { continue };
        let rect = rect.intersect(view.roll);
        let id = ui.id().with(("note", old.id));
        let response = ui.interact(rect, id, Sense::hover());
        response.widget_info(|| {
            let label = words(note, shown);
            WidgetInfo::selected(WidgetType::Other, true, selected, label)
        });
    }
    for note in &changed.new {
        one(note, true);
    }
    if let Some(frame) = changed.frame {
        painter.rect_filled(frame, 0.0, theme::SELECT.gamma_multiply(0.12));
        painter.rect_stroke(frame, 0.0, Stroke::new(1.0, theme::SELECT), StrokeKind::Inside);
    }
    let cursor = Stroke::new(1.0, theme::SELECT.gamma_multiply(0.7));
    painter.vline(view.x(state.cursor.0), view.roll.y_range(), cursor);
}

/// A note in words, for those who do not see it.
fn words(note: &Note, shown: &Shown) -> String {
    let place = Position::of(note.start, shown.signature);
    let name = pitch_name(note.pitch);
    match note.probability {
        100 => format!("note {name} at {place}, velocity {}", note.velocity),
        chance => format!("note {name} at {place}, velocity {}, chance {chance}", note.velocity),
    }
}

/// Ticks between the clip's start and what is heard of it now, where it plays.
///
/// The engine tells how far the pass is in 255 steps, and where the music is exactly: what fits all
/// that was told of a pass is where it began, ever more exactly.
fn local(seen: &Seen, shown: &Shown, state: &mut EditorState) -> Option<f64> {
    let node = seen.order.tracks.iter().position(|id| *id == shown.track)?;
    let row = seen.order.scenes.iter().position(|id| *id == shown.scene)?;
    let launcher = seen.track_state(node);
    if launcher.playing.map(usize::from) != Some(row) {
        state.origin = None;
        return None;
    }
    let (start, end) = match shown.clip.loop_brace {
        Some(brace) => (brace.start.0 as f64, brace.end.0 as f64),
        None => (0.0, shown.clip.length.0 as f64),
    };
    let length = (end - start).max(1.0);
    let one = length / 255.0;
    let told = f64::from(launcher.progress) * one;
    let Some(now) = seen.head.filter(|head| head.playing).map(|head| head.pos.ticks()) else {
        return Some(start + told);
    };
    // Two steps of room: the two are not read in the same instant.
    let (low, high) = (now - told - 2.0 * one, now - told + one);
    let (low, high) = match state.origin {
        Some((a, b)) => {
            let rounds = ((low - a) / length).round() * length;
            let both = (low.max(a + rounds), high.min(b + rounds));
            if both.0 <= both.1 { both } else { (low, high) }
        }
        None => (low, high),
    };
    state.origin = Some((low, high));
    Some(start + (now - (low + high) / 2.0).rem_euclid(length))
}

/// The line where the clip plays.
pub fn playhead(ui: &Ui, seen: &Seen, shown: &Shown, view: &View, state: &mut EditorState) {
    let Some(at) = local(seen, shown, state) else { return };
    let x = view.x(at.round() as i64);
    if (view.roll.left()..=view.roll.right()).contains(&x) {
        let range = view.roll.y_range().min..=view.lane.bottom();
        ui.painter().vline(x, range, Stroke::new(1.5, theme::PLAY));
    }
}

//! The lane under the notes: velocities, or chances.

use egui::{Rect, Response, Sense, Stroke, Ui, WidgetInfo, WidgetType, pos2};

use super::Shown;
use super::gestures::{self, Changed};
use super::state::{Drag, EditorState, Lane};
use super::view::View;
use crate::model::clip::Note;
use crate::model::ids::NoteId;
use crate::ui::ask::Asks;
use crate::ui::theme::{self, over};

/// How near a bar is taken, points.
const NEAR: f32 = 5.0;

fn range(lane: &Lane) -> (f32, f32) {
    if *lane == Lane::Chance { (0.0, 100.0) } else { (1.0, 127.0) }
}

fn value(note: &Note, lane: &Lane) -> f32 {
    f32::from(if *lane == Lane::Chance { note.probability } else { note.velocity })
}

fn with(note: &Note, lane: &Lane, value: f32) -> Note {
    let (low, high) = range(lane);
    let value = value.round().clamp(low, high) as u8;
    match lane {
        Lane::Chance => Note { probability: value, ..*note },
        _ => Note { velocity: value, ..*note },
    }
}

/// The value at a height.
fn value_at(view: &View, lane: &Lane, y: f32) -> f32 {
    let (_, high) = range(lane);
    (view.lane.bottom() - y) / view.lane.height().max(1.0) * high
}

/// Where the bar of a note stands.
fn bar(note: &Note, view: &View, lane: &Lane) -> Rect {
    let (x, high) = (view.x(note.start.0), range(lane).1);
    let top = view.lane.bottom() - view.lane.height() * value(note, lane) / high;
    Rect::from_min_max(pos2(x, top), pos2(x + 4.0, view.lane.bottom()))
}

/// The note whose bar is meant: the nearest, of several at one place a selected one, or the highest.
fn nearest(notes: &[Note], view: &View, x: f32, state: &EditorState) -> Option<NoteId> {
    let far = |note: &Note| (view.x(note.start.0) + 2.0 - x).abs();
    let near = notes.iter().filter(|note| far(note) <= NEAR);
    let key = |note: &Note| (far(note), !state.selected.contains(&note.id), 127 - note.pitch);
    near.min_by(|a, b| {
        let (a, b) = (key(a), key(b));
        a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2)))
    })
    .map(|note| note.id)
}

/// Notes as they would be if what is dragged in the lane were let go now.
pub fn preview(ui: &Ui, notes: &[Note], view: &View, state: &EditorState, changed: &mut Changed) {
    let Some(pointer) = ui.input(|i| i.pointer.latest_pos()) else { return };
    let lane = &state.lane;
    match &state.drag {
        Some(Drag::Values { from, .. }) => {
            let by = value_at(view, lane, pointer.y) - from;
            for note in gestures::selected(notes, state) {
                changed.notes.insert(note.id, with(note, lane, value(note, lane) + by));
            }
        }
        Some(Drag::DrawValues(values)) => {
            for note in notes {
                if let Some(value) = values.get(&note.id) {
                    changed.notes.insert(note.id, with(note, lane, f32::from(*value)));
                }
            }
        }
        _ => {}
    }
    changed.notes.retain(|id, new| notes.iter().any(|old| old.id == *id && old != new));
}

/// Show the lane, and take in what the pointer does in it.
pub fn show(
    ui: &mut Ui,
    shown: &Shown,
    notes: &[Note],
    changed: &Changed,
    view: &View,
    state: &mut EditorState,
    asks: &mut Asks,
) {
    let response = ui.interact(view.lane, ui.id().with("lane"), Sense::click_and_drag());
    let what = if state.lane == Lane::Chance { "chances" } else { "velocities" };
    let label = || format!("{what} of {}", shown.clip.name);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Other, true, label()));
    handle(ui, &response, shown, notes, view, state, asks);

    let painter = ui.painter().with_clip_rect(view.lane.intersect(ui.clip_rect()));
    painter.rect_filled(view.lane, 0.0, theme::BACKGROUND);
    let muted = if shown.clip.muted { 0.4 } else { 1.0 };
    for old in notes {
        let note = changed.notes.get(&old.id).unwrap_or(old);
        let selected = state.selected.contains(&old.id);
        let rect = bar(note, view, &state.lane);
        if !rect.intersects(view.lane) {
            continue;
        }
        let ground = over(theme::BACKGROUND, shown.color, 0.85 * muted);
        painter.rect_filled(rect, 1.0, if selected { theme::SELECT } else { ground });
        let length = view.x(note.start.0 + note.length.0) - rect.left();
        let line = Stroke::new(1.0, over(theme::BACKGROUND, shown.color, 0.5 * muted));
        painter.hline(rect.left()..=rect.left() + length.max(4.0) - 1.0, rect.top(), line);
    }
    // The value in figures while it is changed.
    if let Some((_, note)) = changed.notes.iter().next()
        && matches!(state.drag, Some(Drag::Values { .. } | Drag::DrawValues(_)))
    {
        let at = bar(note, view, &state.lane).right_top() + egui::vec2(4.0, 2.0);
        let text = format!("{:.0}", value(note, &state.lane));
        painter.text(at, egui::Align2::LEFT_TOP, text, theme::number(), theme::TEXT);
    }
}

fn handle(
    ui: &Ui,
    response: &Response,
    shown: &Shown,
    notes: &[Note],
    view: &View,
    state: &mut EditorState,
    asks: &mut Asks,
) {
    let Some(at) = response.interact_pointer_pos() else { return };
    let one = |state: &mut EditorState, id: NoteId| {
        if !state.selected.contains(&id) {
            state.selected = [id].into();
        }
    };
    if response.clicked() {
        match nearest(notes, view, at.x, state) {
            Some(id) => one(state, id),
            None => state.selected.clear(),
        }
    }
    if response.drag_started_by(egui::PointerButton::Primary) {
        let origin = ui.input(|i| i.pointer.press_origin()).unwrap_or(at);
        let held = nearest(notes, view, origin.x, state).filter(|_| !state.draw);
        state.drag = Some(match held {
            Some(held) => {
                one(state, held);
                Drag::Values { held, from: value_at(view, &state.lane, origin.y) }
            }
            None => Drag::DrawValues(Default::default()),
        });
    }
    if let Some(Drag::DrawValues(values)) = &mut state.drag {
        let by = ui.input(|i| i.pointer.delta());
        let (from, to) = ((at.x - by.x).min(at.x) - NEAR, (at.x - by.x).max(at.x) + NEAR);
        let (low, high) = range(&state.lane);
        let value = value_at(view, &state.lane, at.y).round().clamp(low, high) as u8;
        for note in notes {
            if (from..=to).contains(&(view.x(note.start.0) + 2.0)) {
                values.insert(note.id, value);
            }
        }
    }
    if response.drag_stopped()
        && matches!(state.drag, Some(Drag::Values { .. } | Drag::DrawValues(_)))
    {
        let mut changed = Changed::default();
        preview(ui, notes, view, state, &mut changed);
        state.drag = None;
        let name = match state.lane {
            Lane::Chance => "Set chances of notes",
            _ => "Set velocities of notes",
        };
        gestures::apply(shown, notes, &changed, name, asks);
    }
}

//! The loop brace in the ruler: dragged by its ends and its middle, or drawn where there is none.

use egui::{CursorIcon, Id, Rect, Response, Sense, Ui, WidgetInfo, WidgetType, pos2};

use super::Shown;
use super::view::{self, View};
use crate::model::action::{Action, Position, Span};
use crate::model::clip::LoopBrace;
use crate::model::time::Ticks;
use crate::ui::ask::Asks;

/// Width of the part by which an end is taken, points.
const EDGE: f32 = 8.0;

/// The action that gives a clip this loop.
pub fn action(shown: &Shown, start: Ticks, length: Ticks) -> Action {
    Action::ClipLoop {
        clip: shown.at.clone(),
        at: Position::of(start, shown.signature),
        length: Span::of(length, shown.signature),
    }
}

/// What of the loop is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Start,
    End,
    Whole,
    New,
}

/// The loop and the tick under the pointer when a drag began.
#[derive(Clone, Copy)]
struct Held(LoopBrace, i64);

/// Have the loop dragged, in steps of `step` ticks; with Alt by single ticks.
pub fn show(ui: &Ui, shown: &Shown, view: &View, step: i64, asks: &mut Asks) {
    let Some(LoopBrace { start, end }) = shown.clip.loop_brace else {
        return part(ui, shown, view, step, (Part::New, view.ruler), asks);
    };
    let across = |from: f32, to: f32| {
        Rect::from_min_max(pos2(from, view.ruler.top()), pos2(to, view.ruler.bottom()))
    };
    let (left, right) = (view.x(start.0), view.x(end.0));
    // Ends lie on top, and leave a third between them however short the loop is.
    let edge = EDGE.min((right - left) / 3.0).max(1.0);
    for held in [
        (Part::Whole, across(left, right)),
        (Part::Start, across(left, left + edge)),
        (Part::End, across(right - edge, right)),
    ] {
        part(ui, shown, view, step, held, asks);
    }
}

fn part(
    ui: &Ui,
    shown: &Shown,
    view: &View,
    step: i64,
    (part, rect): (Part, Rect),
    asks: &mut Asks,
) {
    let (label, icon) = match part {
        Part::Start => ("drag loop start", CursorIcon::ResizeHorizontal),
        Part::End => ("drag loop end", CursorIcon::ResizeHorizontal),
        Part::Whole => ("drag loop", CursorIcon::Grab),
        Part::New => ("draw a loop", CursorIcon::Default),
    };
    let seen = rect.intersect(view.ruler);
    if !seen.is_positive() {
        return;
    }
    // A loop that is drawn goes on being dragged as one that is there.
    let id = ui.id().with(("loop", part == Part::Start, part == Part::Whole));
    let response = ui.interact(seen, id, Sense::drag()).on_hover_cursor(icon);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Other, true, label));
    drag(ui, shown, view, step, (part, &response), asks);
}

fn drag(
    ui: &Ui,
    shown: &Shown,
    view: &View,
    step: i64,
    (part, response): (Part, &Response),
    asks: &mut Asks,
) {
    let store = Id::new("loop brace").with(response.id);
    let pressed = ui.input(|i| i.pointer.press_origin()).map(|at| view.ticks(at.x));
    let length = shown.clip.length.0.max(1);
    let step = if ui.input(|i| i.modifiers.alt) { 1 } else { step };
    if response.drag_started() {
        let from = pressed.unwrap_or(0);
        let there = shown.clip.loop_brace.unwrap_or_else(|| {
            let start = view::floor(from, step).min(length - 1);
            LoopBrace { start: Ticks(start), end: Ticks(start) }
        });
        ui.data_mut(|data| data.insert_temp(store, Held(there, from)));
    }
    let held = ui.data(|data| data.get_temp::<Held>(store));
    let at = response.interact_pointer_pos().filter(|_| response.dragged());
    let (Some(Held(old, from)), Some(at)) = (held, at) else { return };
    let to = view.ticks(at.x).clamp(0, length);
    let (start, end) = (old.start.0, old.end.0);
    let (start, end) = match part {
        Part::Start => (view::nearest(to, step).min(end - step.min(end - start)), end),
        Part::End | Part::New => {
            let end = view::nearest(to, step).min(length);
            (start, end.max(start + step.min(length - start)))
        }
        Part::Whole => {
            let long = end - start;
            let moved = view::nearest(start + to - from, step).clamp(0, (length - long).max(0));
            (moved, moved + long)
        }
    };
    let now = LoopBrace { start: Ticks(start), end: Ticks(end) };
    if end > start && shown.clip.loop_brace != Some(now) {
        asks.drag(ui, response, action(shown, now.start, now.end - now.start));
    }
}

//! The piano roll and the lane under it, put together.

use egui::{Rect, Sense, Ui, UiBuilder, WidgetInfo, WidgetType};

use super::state::{EditorState, Lane};
use super::view;
use super::{Shown, automation, brace, draw, gestures, keys, lane};
use crate::model::clip::Note;
use crate::model::key::Key;
use crate::ui::ask::Asks;
use crate::ui::seen::Seen;

/// Show the notes of a clip in `area`.
#[allow(clippy::too_many_arguments, reason = "each is another thing, and none belongs together")]
pub fn show(
    ui: &mut Ui,
    area: Rect,
    seen: &Seen,
    shown: &Shown,
    notes: &[Note],
    key: Key,
    state: &mut EditorState,
    asks: &mut Asks,
) {
    let rows = view::rows(shown, key, state.fold);
    let view = view::set_up(ui, area, rows, shown, state);
    state.selected.retain(|id| notes.iter().any(|note| note.id == *id));
    let step = state.grid.step(shown.signature).map_or(1, |step| step.0.max(1));

    keys::handle(ui, shown, notes, &view, step, state, asks);
    let mut inside = ui.new_child(UiBuilder::new().max_rect(area).id_salt("editor"));
    let response = inside.interact(view.roll, inside.id().with("roll"), Sense::click_and_drag());
    let label = || format!("notes of {}", shown.clip.name);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Other, true, label()));
    gestures::handle(&inside, &response, shown, notes, &view, step, state, asks);
    let changed = gestures::preview(&inside, notes, &view, step, state);

    draw::keys(&mut inside, &view);
    draw::ground(&inside, shown, &view, step);
    draw::notes(&mut inside, shown, notes, &changed, &view, state);
    match state.lane.clone() {
        Lane::Velocity | Lane::Chance => {
            lane::show(&mut inside, shown, notes, &changed, &view, state, asks);
        }
        Lane::Automation(target) => {
            automation::show(&mut inside, seen, shown, &target, &view, state, asks);
        }
    }
    automation::chooser(&mut inside, seen, shown, &view, state);
    brace::show(&inside, shown, &view, step, asks);
    draw::playhead(&inside, seen, shown, &view, state);
}

//! The editor by keyboard: what is selected is moved, copied, taken away.

use egui::{Event, Key, Modifiers, Popup, Ui};

use super::Shown;
use super::gestures::{self, Changed};
use super::state::EditorState;
use super::view::{self, View};
use crate::model::clip::Note;
use crate::model::time::Ticks;
use crate::ui::ask::Asks;
use crate::ui::keys::{self, Does};

/// Whether a shortcut is the editor's.
pub fn owns(does: Does) -> bool {
    does == Does::Draw
}

/// What a key asks of the editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// So many steps of the grid later, and rows further down.
    Walk(i64, isize),
    /// So many semitones up.
    Up(i16),
    /// So many steps of the grid longer.
    Longer(i64),
    Delete,
    Duplicate,
    Copy,
    Cut,
    Paste,
    All,
    Draw,
}

fn wish(event: &Event) -> Option<Wish> {
    Some(match event {
        Event::Copy => Wish::Copy,
        Event::Cut => Wish::Cut,
        Event::Paste(_) => Wish::Paste,
        Event::Key { key, pressed: true, modifiers, .. } => {
            let held = |wanted: Modifiers| modifiers.matches_exact(wanted);
            match key {
                Key::ArrowLeft if held(Modifiers::NONE) => Wish::Walk(-1, 0),
                Key::ArrowRight if held(Modifiers::NONE) => Wish::Walk(1, 0),
                Key::ArrowUp if held(Modifiers::NONE) => Wish::Walk(0, -1),
                Key::ArrowDown if held(Modifiers::NONE) => Wish::Walk(0, 1),
                Key::ArrowUp if held(Modifiers::SHIFT) => Wish::Up(12),
                Key::ArrowDown if held(Modifiers::SHIFT) => Wish::Up(-12),
                Key::ArrowLeft if held(Modifiers::SHIFT) => Wish::Longer(-1),
                Key::ArrowRight if held(Modifiers::SHIFT) => Wish::Longer(1),
                Key::Delete | Key::Backspace if held(Modifiers::NONE) => Wish::Delete,
                Key::D if held(Modifiers::COMMAND) => Wish::Duplicate,
                Key::C if held(Modifiers::COMMAND) => Wish::Copy,
                Key::X if held(Modifiers::COMMAND) => Wish::Cut,
                Key::V if held(Modifiers::COMMAND) => Wish::Paste,
                Key::A if held(Modifiers::COMMAND) => Wish::All,
                Key::B if held(Modifiers::NONE) => Wish::Draw,
                _ => return None,
            }
        }
        _ => return None,
    })
}

/// Whether Escape closes the editor; what is being dragged it lets go first.
pub fn closes(ui: &Ui, state: &mut EditorState) -> bool {
    if keys::is_taken(ui) || Popup::is_any_open(ui.ctx()) {
        return false;
    }
    let pressed = ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape));
    pressed && state.drag.take().is_none()
}

/// Do what the keyboard asks.
pub fn handle(
    ui: &Ui,
    shown: &Shown,
    notes: &[Note],
    view: &View,
    step: i64,
    state: &mut EditorState,
    asks: &mut Asks,
) {
    if !state.focus || keys::is_taken(ui) {
        return;
    }
    let mut wishes = Vec::new();
    ui.input_mut(|i| {
        i.events.retain(|event| {
            let wish = wish(event);
            wishes.extend(wish);
            wish.is_none()
        });
    });
    // Some systems tell of a copy twice: as that, and as its keys.
    wishes.dedup();
    for wish in wishes {
        one(ui, wish, shown, notes, view, step, state, asks);
    }
}

#[allow(clippy::too_many_arguments, reason = "each is another thing, and none belongs together")]
fn one(
    ui: &Ui,
    wish: Wish,
    shown: &Shown,
    notes: &[Note],
    view: &View,
    step: i64,
    state: &mut EditorState,
    asks: &mut Asks,
) {
    let all = gestures::selected(notes, state);
    let become_ = |new: Vec<Note>, name: &'static str, asks: &mut Asks| {
        let notes_by_id = new.into_iter().map(|note| (note.id, note)).collect();
        let changed = Changed { notes: notes_by_id, ..Changed::default() };
        gestures::apply(shown, notes, &changed, name, asks);
    };
    match wish {
        Wish::Walk(by, rows) => {
            become_(gestures::shifted(&all, view, by * step, rows), "Move notes", asks);
        }
        Wish::Up(by) => {
            let up = |note: &Note| u8::try_from(i16::from(note.pitch) + by).ok();
            let up = |note: &Note| up(note).filter(|pitch| *pitch <= 127);
            // All of them, or none: what sounds together stays together.
            let new: Option<Vec<Note>> =
                all.iter().map(|note| Some(Note { pitch: up(note)?, ..**note })).collect();
            become_(new.unwrap_or_default(), "Move notes", asks);
        }
        Wish::Longer(by) => {
            become_(gestures::stretched(&all, by * step, step), "Set lengths of notes", asks);
        }
        Wish::Delete => {
            let gone = all.iter().map(|note| gestures::delete(shown, note)).collect();
            asks.at_once("Delete notes", gone);
        }
        Wish::Duplicate => {
            let (Some(first), Some(last)) = span(&all) else { return };
            let by = view::floor(last - first + step - 1, step).max(step);
            let new: Vec<Note> = gestures::shifted(&all, view, by, 0);
            gestures::put(shown, notes, new.iter(), "Duplicate notes", state, asks);
        }
        Wish::Copy | Wish::Cut => {
            let (Some(first), _) = span(&all) else { return };
            let first = view::floor(first, step);
            state.copied = all
                .iter()
                .map(|note| Note { start: Ticks(note.start.0 - first), ..**note })
                .collect();
            // As lines for the palette as well; and a paste comes only where there is something.
            let lines: Vec<String> =
                all.iter().map(|note| gestures::add(shown, note).to_string()).collect();
            ui.copy_text(lines.join("\n"));
            if wish == Wish::Cut {
                let gone = all.iter().map(|note| gestures::delete(shown, note)).collect();
                asks.at_once("Cut notes", gone);
            }
        }
        Wish::Paste => {
            let at = state.cursor.0;
            let put = state.copied.iter().map(|note| {
                let start = (note.start.0 + at).min(view::LAST);
                Note { start: Ticks(start), ..*note }
            });
            let new: Vec<Note> = put.collect();
            let (Some(_), Some(last)) = span(&new.iter().collect::<Vec<_>>()) else { return };
            state.cursor = Ticks(view::floor(last + step - 1, step).min(view::LAST));
            gestures::put(shown, notes, new.iter(), "Paste notes", state, asks);
        }
        Wish::All => state.selected = notes.iter().map(|note| note.id).collect(),
        Wish::Draw => state.draw = !state.draw,
    }
}

/// First start and last end.
fn span(notes: &[&Note]) -> (Option<i64>, Option<i64>) {
    let first = notes.iter().map(|note| note.start.0).min();
    (first, notes.iter().map(|note| (note.start + note.length).0).max())
}

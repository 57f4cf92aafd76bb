//! The row above the notes: the clip's name, how it launches, what is done with all of it.

use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{
    Button, ComboBox, DragValue, PopupCloseBehavior, Response, RichText, Sense, Ui, WidgetInfo,
    WidgetType, vec2,
};

use super::state::{EditorState, GRIDS};
use super::{Shown, brace, follow};
use crate::model::action::{Action, Position, Span, Switch, parse};
use crate::model::clip::LoopBrace;
use crate::model::launch::{LaunchMode, Quantization};
use crate::model::project::Song;
use crate::model::time::{Signature, Ticks};
use crate::ui::ask::Asks;
use crate::ui::seen::Seen;
use crate::ui::theme;

const MODES: [(&str, LaunchMode); 4] = [
    ("Trigger", LaunchMode::Trigger),
    ("Gate", LaunchMode::Gate),
    ("Toggle", LaunchMode::Toggle),
    ("Repeat", LaunchMode::Repeat),
];

/// The longest that can be set here, ticks: 1024 bars of 4/4.
const LONGEST: i64 = 1024 * 3840;

/// Show the header; true where the editor is to be closed.
pub fn show(
    ui: &mut Ui,
    seen: &Seen,
    shown: &Shown,
    state: &mut EditorState,
    asks: &mut Asks,
) -> bool {
    let mut closes = false;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 3.0);
        closes = close_button(ui);
        title(ui, seen, shown);
        launch(ui, seen, shown, asks);
        follow::menu(ui, seen, shown, asks);
        mute(ui, shown, asks);
        times(ui, shown, asks);
        if shown.clip.midi().is_some() {
            roll(ui, seen, shown, state, asks);
        }
        all(ui, shown, state, asks);
    });
    closes
}

/// The button that closes the editor.
pub fn close_button(ui: &mut Ui) -> bool {
    let response = ui.add(Button::new("×").min_size(vec2(22.0, 22.0)));
    named(&response, "close the editor");
    response.on_hover_text("back to the devices (Esc)").clicked()
}

fn named(response: &Response, name: &str) {
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, name));
}

/// A button with a word that is lit while `on`.
pub fn toggle(ui: &mut Ui, word: &str, name: &str, on: bool) -> bool {
    let color = if on { theme::TEXT } else { theme::DIM };
    let line = if on { theme::FAINT } else { theme::RAISED };
    let button = Button::new(RichText::new(word).color(color)).stroke((1.0, line));
    let response = ui.add(button);
    response.widget_info(|| WidgetInfo::selected(WidgetType::Checkbox, true, on, name));
    response.clicked()
}

fn title(ui: &mut Ui, seen: &Seen, shown: &Shown) {
    let (rect, _) = ui.allocate_exact_size(vec2(9.0, 9.0), Sense::hover());
    ui.painter().rect_filled(rect, 2.0, shown.color);
    ui.label(RichText::new(&shown.clip.name).font(theme::strong()));
    let long = Span::of(shown.clip.length, shown.signature);
    let text = format!("{} · {long}", seen.track(shown.track).0).to_uppercase();
    ui.label(RichText::new(text).font(theme::label()).color(theme::DIM));
}

/// The word for a grid.
fn word(grid: Quantization) -> &'static str {
    Quantization::NAMES.iter().find(|(_, known)| *known == grid).map_or("", |(word, _)| word)
}

fn choice(ui: &mut Ui, name: &str, now: &str, width: f32, inside: impl FnOnce(&mut Ui)) {
    let combo = ComboBox::from_id_salt(name).width(width).selected_text(now.to_owned());
    let response = combo.show_ui(ui, inside).response;
    response
        .widget_info(|| WidgetInfo::labeled(WidgetType::ComboBox, true, format!("{name}: {now}")));
}

/// Begin a new row where `width` points do not fit any more: a choice does not wrap by itself.
fn keep_together(ui: &mut Ui, width: f32) {
    if ui.available_size_before_wrap().x < width {
        ui.end_row();
    }
}

fn dim(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).color(theme::DIM));
}

fn launch(ui: &mut Ui, seen: &Seen, shown: &Shown, asks: &mut Asks) {
    let launch = &shown.clip.launch;
    let clip = || shown.at.clone();
    keep_together(ui, 240.0);
    dim(ui, "Launch");
    let mode = MODES.iter().find(|(_, mode)| *mode == launch.mode).map_or("", |(word, _)| word);
    choice(ui, "launch mode", mode, 60.0, |ui| {
        for (word, mode) in MODES {
            if ui.selectable_label(mode == launch.mode, word).clicked() {
                asks.act(Action::ClipMode { clip: clip(), mode });
            }
        }
    });
    let song = seen.world.get_resource::<Song>().map_or("", |song| word(song.quantization));
    let as_song = format!("Song ({song})");
    let now = match launch.quantization {
        Some(grid) => word(grid),
        None => as_song.as_str(),
    };
    choice(ui, "launch grid", now, 76.0, |ui| {
        if ui.selectable_label(launch.quantization.is_none(), &as_song).clicked() {
            asks.act(Action::ClipGridOff { clip: clip() });
        }
        for (word, grid) in Quantization::NAMES {
            if ui.selectable_label(launch.quantization == Some(grid), word).clicked() {
                asks.act(Action::ClipGrid { clip: clip(), grid });
            }
        }
    });
    if toggle(ui, "Legato", "legato", launch.legato) {
        asks.act(Action::ClipLegato { clip: clip(), switch: Switch::Toggle });
    }
}

fn mute(ui: &mut Ui, shown: &Shown, asks: &mut Asks) {
    if toggle(ui, "Mute", "mute the clip", shown.clip.muted) {
        asks.act(Action::ClipMute { clip: shown.at.clone(), switch: Switch::Toggle });
    }
}

/// A place or length as it is typed, read as the palette reads it.
fn typed(text: &str, signature: Signature) -> Option<(Option<Ticks>, Option<Ticks>)> {
    let place = match parse(&format!("clip 1 1 loop {text} 1bar")) {
        Ok(Action::ClipLoop { at, .. }) => at.ticks(signature),
        _ => None,
    };
    let length = match parse(&format!("clip 1 1 length {text}")) {
        Ok(Action::ClipLength { length, .. }) => Some(length.ticks(signature)),
        _ => None,
    };
    (place.is_some() || length.is_some()).then_some((place, length))
}

/// A field for a place (or else a length) in ticks; what it was set to, and the field.
fn field(
    ui: &mut Ui,
    name: &str,
    ticks: i64,
    shown: &Shown,
    range: std::ops::RangeInclusive<i64>,
    is_place: bool,
) -> (Response, Option<i64>) {
    let signature = shown.signature;
    let beat = signature.beat().0.max(1);
    let written = |ticks: i64| match is_place {
        true => Position::of(Ticks(ticks), signature).to_string(),
        false => Span::of(Ticks(ticks), signature).to_string(),
    };
    let mut value = ticks as f64;
    let field = DragValue::new(&mut value)
        .speed(beat as f64 / 12.0)
        .range(*range.start() as f64..=*range.end() as f64)
        .update_while_editing(false)
        .custom_formatter(|value, _| written(value as i64))
        .custom_parser(|text| {
            let (place, length) = typed(text, signature)?;
            let ticks = if is_place { place } else { length };
            ticks.map(|ticks| ticks.0 as f64)
        });
    let response = ui.add(field);
    let label = format!("{name} {}", written(ticks));
    response.widget_info(|| WidgetInfo::labeled(WidgetType::DragValue, true, label.clone()));
    let mut to = value.round() as i64;
    if response.dragged() {
        // While it is dragged it goes by beats; what is typed may be any place.
        to = (to + beat / 2) / beat * beat;
    }
    let to = to.clamp(*range.start(), *range.end());
    let moved = (response.changed() && to != ticks).then_some(to);
    (response, moved)
}

fn times(ui: &mut Ui, shown: &Shown, asks: &mut Asks) {
    let (length, clip) = (shown.clip.length.0, || shown.at.clone());
    dim(ui, "Length");
    let (by, to) = field(ui, "length", length, shown, 1..=LONGEST, false);
    if let Some(to) = to {
        let length = Span::of(Ticks(to), shown.signature);
        asks.drag(ui, &by, Action::ClipLength { clip: clip(), length });
    }
    let Some(LoopBrace { start, end }) = shown.clip.loop_brace else {
        if toggle(ui, "Loop", "loop", false) {
            let (at, length) = (Ticks::ZERO, shown.clip.length);
            asks.act(brace::action(shown, at, length));
        }
        return;
    };
    if toggle(ui, "Loop", "loop", true) {
        asks.act(Action::ClipLoopOff { clip: clip() });
    }
    let long = end - start;
    let (by, to) = field(ui, "loop start", start.0, shown, 0..=(length - 1).max(0), true);
    if let Some(to) = to {
        let long = long.0.min(length - to).max(1);
        asks.drag(ui, &by, brace::action(shown, Ticks(to), Ticks(long)));
    }
    let most = (length - start.0).max(1);
    let (by, to) = field(ui, "loop length", long.0, shown, 1..=most, false);
    if let Some(to) = to {
        asks.drag(ui, &by, brace::action(shown, start, Ticks(to)));
    }
}

/// What concerns the notes and how they are shown.
fn roll(ui: &mut Ui, seen: &Seen, shown: &Shown, state: &mut EditorState, asks: &mut Asks) {
    let key = seen.world.get_resource::<Song>().map(|song| song.key.to_string());
    let fold = match shown.is_drums() {
        true => "Fold".to_owned(),
        false => format!("Fold {}", key.unwrap_or_default()),
    };
    if toggle(ui, &fold, "fold", state.fold) {
        state.fold = !state.fold;
    }
    if toggle(ui, "Draw", "draw", state.draw) {
        state.draw = !state.draw;
    }
    keep_together(ui, 110.0);
    dim(ui, "Grid");
    let now = GRIDS.iter().find(|(_, grid)| *grid == state.grid).map_or("", |(word, _)| word);
    choice(ui, "grid", now, 48.0, |ui| {
        for (word, grid) in GRIDS {
            if ui.selectable_label(grid == state.grid, word).clicked() {
                state.grid = grid;
            }
        }
    });
    let response = ui.button("Quantize");
    named(&response, "quantize the notes");
    if response.on_hover_text("move every note to the grid").clicked() {
        asks.act(Action::ClipQuantize { clip: shown.at.clone(), grid: state.grid });
    }
    ui.menu_button("Transpose", |ui| {
        for (word, semitones) in
            [("+ octave", 12), ("+ semitone", 1), ("- semitone", -1), ("- octave", -12)]
        {
            if ui.button(word).clicked() {
                asks.act(Action::ClipTranspose { clip: shown.at.clone(), semitones });
            }
        }
    });
}

fn all(ui: &mut Ui, shown: &Shown, state: &mut EditorState, asks: &mut Asks) {
    let clip = || shown.at.clone();
    let double = ui.button("×2");
    named(&double, "double the clip");
    let halve = ui.button("÷2");
    named(&halve, "halve the clip");
    if double.clicked() && shown.clip.midi().is_some() {
        asks.act(Action::ClipDouble { clip: clip() });
    } else if double.clicked() {
        let length = Span::of(shown.clip.length + shown.clip.length, shown.signature);
        asks.act(Action::ClipLength { clip: clip(), length });
    }
    if halve.clicked() {
        asks.act(Action::ClipHalve { clip: clip() });
    }
    if double.clicked() || halve.clicked() {
        // The view fits what the clip has become.
        state.shown = None;
    }
}

/// A menu that stays while values in it are set.
pub fn standing_menu(ui: &mut Ui, text: &str, name: &str, inside: impl FnOnce(&mut Ui)) {
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let (response, _) = MenuButton::new(text.to_owned()).config(config).ui(ui, inside);
    named(&response, name);
}

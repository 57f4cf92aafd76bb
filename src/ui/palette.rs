//! The palette: lines of actions, written with help; docked below, so that the running set stays seen.

use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{
    Align, Align2, Area, Event, Frame, Id, Key, Layout, Margin, Modifiers, Order, RichText, Sense,
    Stroke, TextEdit, Ui, WidgetInfo, WidgetType, vec2,
};
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher};

use super::ask::Asks;
use super::seen::{Said, Seen, Tone};
use super::state::Cell;
use super::{proposals, theme};
use crate::model::action::{Names, complete, forms, usage};

/// Ways to go on that are shown at once.
const SHOWN: usize = 8;
/// Lines of the log that are shown.
const LOG: usize = 4;
/// Lines that are remembered.
const PAST: usize = 200;

/// Music in words, to begin with.
const EXAMPLES: [&str; 3] = ["dark frenchcore drop", "hard gabber kick", "screaming hoover"];

/// What the palette keeps between frames.
#[derive(Debug, Default)]
pub struct PaletteState {
    /// It is shown.
    pub open: bool,
    /// As written so far.
    pub text: String,
    /// Take the keyboard with the next frame, the cursor at this character.
    focus: Option<usize>,
    /// The way to go on that is chosen.
    chosen: usize,
    /// Lines that were run, oldest first.
    past: Vec<String>,
    /// Which of them is shown again.
    recalled: Option<usize>,
    /// What was pressed in a frame after an Enter, for the next one.
    later: Vec<Event>,
}

impl PaletteState {
    /// Show it, and let it have the keyboard.
    pub fn open(&mut self) {
        self.open = true;
        self.focus = Some(self.text.chars().count());
    }

    fn put(&mut self, text: String) {
        self.focus = Some(text.chars().count());
        self.chosen = 0;
        self.text = text;
    }

    /// Recall an older line (or a younger one).
    fn recall(&mut self, older: bool) {
        let count = self.past.len();
        let next = match (self.recalled, older) {
            (None, true) => count.checked_sub(1),
            (Some(at), true) => Some(at.saturating_sub(1)),
            (None, false) => None,
            (Some(at), false) => Some(at + 1).filter(|at| *at < count),
        };
        let line = next.and_then(|at| self.past.get(at)).cloned().unwrap_or_default();
        self.recalled = next;
        self.put(line);
    }

    /// What is offered to go on with.
    #[cfg(test)]
    pub fn offers(&self, names: &Names) -> Vec<String> {
        ways(&self.text, names).into_iter().map(|way| way.shown).collect()
    }

    /// Have composed what is written, unless that is nothing.
    fn compose(&mut self, focus: Option<Cell>, asks: &mut Asks) {
        let text = std::mem::take(&mut self.text);
        if !text.trim().is_empty() {
            asks.act(proposals::compose(&text, focus));
        }
        self.remember(text);
    }

    fn run(&mut self, asks: &mut Asks) {
        let text = std::mem::take(&mut self.text);
        for line in lines(&text) {
            asks.line(line);
        }
        self.remember(text);
    }

    fn remember(&mut self, text: String) {
        if !text.trim().is_empty() && self.past.last() != Some(&text) {
            self.past.push(text);
            let over = self.past.len().saturating_sub(PAST);
            self.past.drain(..over);
        }
        (self.recalled, self.chosen, self.focus) = (None, 0, Some(0));
    }
}

/// The commands of a line: what is between semicolons that stand in no quotes.
pub fn lines(text: &str) -> Vec<&str> {
    let (mut from, mut quoted, mut escaped) = (0, false, false);
    let mut all = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                all.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    all.push(&text[from..]);
    all.into_iter().map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// A way to go on.
struct Way {
    /// The whole text after it is taken.
    text: String,
    /// As it is shown.
    shown: String,
    hint: &'static str,
}

/// Ways to go on from `text`: words and names that fit where it ends, then actions that are called
/// something like it.
fn ways(text: &str, names: &Names) -> Vec<Way> {
    // Completion is of the last command of the line.
    let last = lines(text).last().copied().unwrap_or("");
    let begun = text.rfind(last).filter(|_| !last.is_empty()).unwrap_or(text.len());
    let command = &text[begun..];
    let mut all: Vec<Way> = complete(command, command.len(), names)
        .into_iter()
        .map(|c| {
            let kept = &text[..begun + c.start];
            Way { text: format!("{kept}{} ", c.text), shown: c.text, hint: c.hint }
        })
        .collect();
    if !command.trim().is_empty() && all.len() < SHOWN {
        let like = Pattern::new(
            command.trim(),
            CaseMatching::Ignore,
            Normalization::Smart,
            AtomKind::Fuzzy,
        );
        let patterns = forms().iter().map(|form| (form.patterns[0], form.help.trim()));
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut found: Vec<_> = patterns
            .filter_map(|(pattern, help)| {
                let mut room = Vec::new();
                let words = pattern.split('{').next().unwrap_or_default();
                let text = nucleo_matcher::Utf32Str::new(words, &mut room);
                like.score(text, &mut matcher).map(|score| (score, pattern, help))
            })
            .collect();
        found.sort_by_key(|(score, ..)| std::cmp::Reverse(*score));
        for (_, pattern, help) in found {
            let words = pattern.split(['{', '[']).next().unwrap_or_default();
            let text = format!("{}{words}", &text[..begun]);
            if !all.iter().any(|way| way.text.trim() == text.trim()) {
                all.push(Way { text, shown: usage(pattern), hint: help });
            }
        }
    }
    all.truncate(SHOWN);
    all
}

/// Show the palette, if it is open, over what is below.
/// Music that is described there is composed for the slot that has the `focus`.
pub fn show(ui: &Ui, seen: &Seen, state: &mut PaletteState, focus: Option<Cell>, asks: &mut Asks) {
    if !state.open {
        state.later.clear();
        return;
    }
    in_turn(ui, state);
    if ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
        state.open = false;
        return;
    }
    let room = ui.ctx().content_rect();
    let width = (room.width() - 40.0).clamp(200.0, 760.0);
    let frame = Frame::new()
        .fill(theme::PANEL)
        .stroke(Stroke::new(1.0, theme::LINE))
        .corner_radius(theme::CARD_RADIUS)
        .inner_margin(Margin::symmetric(0, 6));
    Area::new(Id::new("palette"))
        .order(Order::Foreground)
        .anchor(Align2::CENTER_BOTTOM, vec2(0.0, -32.0))
        .show(ui.ctx(), |ui| {
            frame.show(ui, |ui| {
                ui.set_width(width);
                ui.spacing_mut().item_spacing.y = 0.0;
                log(ui, seen.log);
                let ways = ways(&state.text, seen.names);
                keys(ui, state, &ways, focus, asks);
                field(ui, state);
                list(ui, state, &ways);
                describe(ui, state, focus, asks);
            });
        });
}

/// Hands are faster than a slow frame: what comes with an Enter in one frame is taken in turn, first what
/// is before it, then itself, then what is after.
fn in_turn(ui: &Ui, state: &mut PaletteState) {
    let writes =
        |event: &Event| matches!(event, Event::Key { .. } | Event::Text(_) | Event::Paste(_));
    let enters = |event: &Event| matches!(event, Event::Key { key: Key::Enter, pressed: true, .. });
    ui.input_mut(|input| {
        input.events.splice(0..0, state.later.drain(..));
        let Some(enter) = input.events.iter().position(enters) else { return };
        let is_first = !input.events[..enter].iter().any(writes);
        let rest = input.events.split_off(if is_first { enter + 1 } else { enter });
        let (later, now): (Vec<_>, Vec<_>) = rest.into_iter().partition(writes);
        input.events.extend(now);
        state.later = later;
    });
    if !state.later.is_empty() {
        ui.ctx().request_repaint();
    }
}

fn log(ui: &mut Ui, log: &[Said]) {
    let from = log.len().saturating_sub(LOG);
    for said in &log[from..] {
        let (sign, color) = match said.tone {
            Tone::Done => ("✓", theme::PLAY),
            Tone::Refused => ("×", theme::RECORD),
            Tone::Told => ("·", theme::DIM),
        };
        row(ui, |ui| {
            ui.label(RichText::new(sign).font(theme::number()).color(color));
            let text = RichText::new(&said.text).font(theme::number()).color(theme::DIM);
            ui.add(egui::Label::new(text).truncate());
        });
    }
    if !log.is_empty() {
        ui.separator();
    }
}

fn row(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    let size = vec2(ui.available_width(), 20.0);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.add_space(10.0);
        add(ui);
    });
}

/// The keys that mean something else here than in a field.
fn keys(ui: &Ui, state: &mut PaletteState, ways: &[Way], focus: Option<Cell>, asks: &mut Asks) {
    // Before Enter alone, which would be taken to be this one.
    if ui.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::Enter)) {
        state.compose(focus, asks);
    }
    let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    let (tab, up, down) = (pressed(Key::Tab), pressed(Key::ArrowUp), pressed(Key::ArrowDown));
    let enter = pressed(Key::Enter);
    if tab && let Some(way) = ways.get(state.chosen) {
        state.put(way.text.clone());
    }
    // Where nothing is written, or an old line is shown, the arrows walk through the old ones.
    let past = state.text.is_empty() || state.recalled.is_some();
    match (up, down) {
        (true, _) if past => state.recall(true),
        (_, true) if past => state.recall(false),
        (true, _) => state.chosen = state.chosen.saturating_sub(1),
        (_, true) => state.chosen = (state.chosen + 1).min(ways.len().saturating_sub(1)),
        _ => {}
    }
    if enter {
        state.run(asks);
    }
}

fn field(ui: &mut Ui, state: &mut PaletteState) {
    let id = Id::new("palette line");
    if let Some(at) = state.focus {
        let mut edit = TextEditState::load(ui.ctx(), id).unwrap_or_default();
        edit.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(at))));
        edit.store(ui.ctx(), id);
    }
    ui.add_space(4.0);
    row(ui, |ui| {
        ui.label(RichText::new("›").font(theme::line()).color(theme::PLAY));
        let edit = TextEdit::singleline(&mut state.text)
            .id(id)
            .font(theme::line())
            .frame(Frame::NONE)
            .lock_focus(true)
            .hint_text("an action, or music in words: scene Drop, volume kick -3, dark hoover")
            .desired_width(f32::INFINITY);
        let response = ui.add(edit);
        response.widget_info(|| WidgetInfo::labeled(WidgetType::TextEdit, true, "palette line"));
        // In its first frame an area is measured only, and nothing in it can have the keyboard.
        match state.focus {
            Some(_) if response.has_focus() => state.focus = None,
            Some(_) => response.request_focus(),
            None => {}
        }
        if response.changed() {
            (state.chosen, state.recalled) = (0, None);
        }
    });
    ui.add_space(4.0);
}

fn list(ui: &mut Ui, state: &mut PaletteState, ways: &[Way]) {
    for (index, way) in ways.iter().enumerate() {
        let size = vec2(ui.available_width(), 24.0);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        let label = || WidgetInfo::labeled(WidgetType::Button, true, &way.shown);
        response.widget_info(label);
        let lit = index == state.chosen;
        if lit || response.hovered() {
            ui.painter().rect_filled(rect, 0.0, theme::HOVER);
        }
        let text = ui.painter().text(
            rect.left_center() + vec2(10.0, 0.0),
            Align2::LEFT_CENTER,
            &way.shown,
            theme::number(),
            if lit { theme::PLAY } else { theme::TEXT },
        );
        let beside = rect.with_min_x(text.right() + 16.0).with_max_x(rect.right() - 10.0);
        let hint = ui.painter().with_clip_rect(beside.intersect(ui.clip_rect()));
        let (at, align) = (beside.left_center(), Align2::LEFT_CENTER);
        hint.text(at, align, way.hint, theme::text(), theme::DIM);
        if response.clicked() {
            state.put(way.text.clone());
        }
    }
}

/// The last row: what is written as music.
fn describe(ui: &mut Ui, state: &mut PaletteState, focus: Option<Cell>, asks: &mut Asks) {
    let text = state.text.trim();
    ui.separator();
    if text.is_empty() {
        row(ui, |ui| {
            ui.label(RichText::new("Describe music:").color(theme::DIM));
            for example in EXAMPLES {
                if ui.link(RichText::new(example).color(theme::TEXT)).clicked() {
                    state.put(example.to_owned());
                }
            }
        });
        return;
    }
    let size = vec2(ui.available_width(), 24.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let words = format!("compose “{text}”");
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &words));
    if response.hovered() {
        ui.painter().rect_filled(rect, 0.0, theme::HOVER);
    }
    star(ui.painter(), rect.left_center() + vec2(16.0, 0.0));
    let at = (rect.left_center() + vec2(28.0, 0.0), Align2::LEFT_CENTER);
    let look = (theme::number(), theme::TEXT);
    theme::fit(ui.painter(), at, &words, look, rect.width() - 120.0);
    let right = rect.right_center() - vec2(10.0, 0.0);
    let key = "Ctrl Enter";
    ui.painter().text(right, Align2::RIGHT_CENTER, key, theme::number(), theme::DIM);
    if response.clicked() {
        state.compose(focus, asks);
    }
}

/// A star of four points.
fn star(painter: &egui::Painter, at: egui::Pos2) {
    let (long, short) = (5.0, 1.6);
    for turn in 0..4 {
        let angle = turn as f32 * std::f32::consts::FRAC_PI_2;
        let along = egui::Vec2::angled(angle);
        let beside = along.rot90() * short;
        let corners = vec![at + along * long, at + beside, at - beside];
        painter.add(egui::Shape::convex_polygon(corners, theme::TEXT, Stroke::NONE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_at_semicolons_outside_quotes() {
        let cut = lines(r#" play; scene "a;b \" c" ;; bpm 180 "#);
        assert_eq!(cut, ["play", r#"scene "a;b \" c""#, "bpm 180"]);
        assert_eq!(lines("  "), [""; 0]);
    }

    #[test]
    fn what_is_like_an_action_is_offered_and_what_is_begun_goes_on() {
        let names = Names { tracks: vec!["Kick".into()], ..Names::default() };
        let first = |text: &str| ways(text, &names).first().map(|way| way.text.clone());
        assert_eq!(first("volume ki"), Some("volume Kick ".into()));
        assert_eq!(first("play; vol"), Some("play; volume ".into()));
        assert!(ways("trkadd", &names).iter().any(|way| way.text.starts_with("track add ")));
        assert!(ways("zzqq", &names).is_empty());
    }
}

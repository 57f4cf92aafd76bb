//! The browser: instruments and effects to load, and the proposals of the composer.

use egui::{
    Align2, Key, Modifiers, Rect, RichText, ScrollArea, Sense, TextEdit, Ui, WidgetInfo,
    WidgetType, vec2,
};
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::ask::{self, Asks};
use super::seen::Seen;
use super::state::UiState;
use super::widgets::switch;
use super::{devices, theme};
use crate::jobs;
use crate::model::action::{Action, Ref, StripRef, TrackRef};
use crate::model::ids::StripId;
use crate::model::library::{Preset, PresetData};
use crate::model::mixer::PluginType;
use crate::model::sound::{SoundDescriptor, SoundKind};
use crate::model::track::TrackKind;
use crate::session::act::PresetKind;
use crate::session::document::part;

/// Width, points.
pub const WIDTH: f32 = 200.0;
/// Height of a row, points.
const ROW: f32 = 22.0;

/// Groups of instruments, and the tags that put one there; the first that fits counts.
const GROUPS: [(&str, &[&str]); 6] = [
    ("Kicks", &["kick"]),
    ("Hoovers", &["hoover"]),
    ("Screeches", &["screech"]),
    ("Leads and stabs", &["lead", "stab", "piano", "melody", "chord"]),
    ("Basses", &["bass"]),
    ("Drums", &["drum"]),
];
/// The group of instruments that fit nowhere else.
const OTHERS: &str = "Pads and effects";

/// What the browser keeps between frames.
#[derive(Debug, Default)]
pub struct BrowserState {
    /// It is to be seen, or not; where nobody said so, when there is room.
    shown: Option<bool>,
    /// It was seen in the last frame.
    seen: bool,
    /// What is searched for.
    pub search: String,
    /// The row that is chosen, among those that can be.
    chosen: usize,
    /// Bring the chosen row into view.
    follow: bool,
    /// Sounds that are chosen are not heard.
    deaf: bool,
}

impl BrowserState {
    /// Whether it is to be shown, where there is `room` for it or not.
    pub fn is_shown(&mut self, room: bool) -> bool {
        self.seen = self.shown.unwrap_or(room);
        self.seen
    }

    /// Hide it, or show it again.
    pub fn switch(&mut self) {
        self.shown = Some(!self.seen);
    }
}

/// A row that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Sound(String),
    Preset(PresetKind, String),
    Proposal(u32),
}

/// A row as it is shown.
enum Row {
    Title(&'static str),
    Item(Item, String),
}

/// The group an instrument is in.
fn group(sound: &SoundDescriptor) -> &'static str {
    let fits = |tags: &[&str]| tags.iter().any(|tag| sound.tags.iter().any(|own| own == tag));
    GROUPS.iter().find(|(_, tags)| fits(tags)).map_or(OTHERS, |(name, _)| *name)
}

/// The rows that match what is searched for, group by group.
fn rows(seen: &Seen, search: &str) -> Vec<Row> {
    let search = search.trim();
    let pattern = Pattern::new(search, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut matches = |text: &str| {
        let mut room = Vec::new();
        search.is_empty() || pattern.score(Utf32Str::new(text, &mut room), &mut matcher).is_some()
    };
    let mut all = Vec::new();
    let mut put = |title: &'static str, items: Vec<Row>| {
        if !items.is_empty() {
            all.push(Row::Title(title));
            all.extend(items);
        }
    };
    let of = |matches: &mut dyn FnMut(&str) -> bool, wanted: &dyn Fn(&SoundDescriptor) -> bool| {
        let sounds = seen.sounds.values().filter(|sound| wanted(sound));
        let words = |s: &SoundDescriptor| format!("{} {} {}", s.title, s.name, s.tags.join(" "));
        let found = sounds.filter(|sound| matches(&words(sound)));
        found
            .map(|sound| Row::Item(Item::Sound(sound.name.clone()), sound.title.clone()))
            .collect::<Vec<_>>()
    };
    for title in GROUPS.iter().map(|(title, _)| *title).chain([OTHERS]) {
        let wanted =
            |sound: &SoundDescriptor| sound.kind == SoundKind::Instrument && group(sound) == title;
        put(title, of(&mut matches, &wanted));
    }
    put("Effects", of(&mut matches, &|sound| sound.kind == SoundKind::Effect));
    for (title, kind) in
        [("My instruments", PresetKind::Instrument), ("My chains", PresetKind::Chain)]
    {
        let own = seen.presets.presets.iter().filter(|preset| kind.is(&preset.data));
        let found =
            own.filter(|preset| matches(&format!("{} {}", preset.name, preset.tags.join(" "))));
        let row = |preset: &Preset| {
            Row::Item(Item::Preset(kind, preset.name.clone()), preset.name.clone())
        };
        put(title, found.map(row).collect());
    }
    let proposals = jobs::proposals(seen.world).into_iter().rev();
    let row = |p: &jobs::proposal::Proposal| {
        let text = format!("{} {}: {}", p.id.0, p.title(), p.prompt);
        Row::Item(Item::Proposal(p.id.0), text)
    };
    let found = proposals.map(row).filter(|row| match row {
        Row::Item(_, text) => matches(text),
        Row::Title(_) => true,
    });
    put("Proposals", found.collect());
    all
}

/// Show the browser.
pub fn show(ui: &mut Ui, seen: &Seen, state: &mut UiState, asks: &mut Asks) {
    let panel = ui.max_rect();
    let rows = rows(seen, &state.browser.search);
    let items: Vec<Item> = rows
        .iter()
        .filter_map(|row| match row {
            Row::Item(item, _) => Some(item.clone()),
            Row::Title(_) => None,
        })
        .collect();
    ui.horizontal(|ui| {
        ears(ui, &mut state.browser, asks);
        search(ui, seen, state, &items, asks);
    });
    state.browser.chosen = state.browser.chosen.min(items.len().saturating_sub(1));
    ui.add_space(4.0);
    if rows.is_empty() {
        ui.label(RichText::new("nothing is called like that").color(theme::DIM));
    }
    ScrollArea::vertical().id_salt("browser").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut index = 0;
        for row in &rows {
            match row {
                Row::Title(title) => {
                    ui.add_space(6.0);
                    let title = RichText::new(title.to_uppercase()).font(theme::label());
                    ui.label(title.color(theme::DIM));
                }
                Row::Item(what, text) => {
                    item(ui, panel, seen, state, (index, what, text), asks);
                    index += 1;
                }
            }
        }
    });
}

/// The switch that has a sound heard as soon as it is chosen.
fn ears(ui: &mut Ui, browser: &mut BrowserState, asks: &mut Asks) {
    let response =
        switch::show(ui, "CUE", "hear sounds that are chosen", !browser.deaf, theme::SELECT);
    let hint = "A sound that is chosen is heard at once, on the cue output;\n\
                where the device has none, on the main one.";
    if response.on_hover_text(hint).clicked() {
        browser.deaf = !browser.deaf;
        if browser.deaf {
            asks.act(Action::AuditionStop);
        }
    }
}

/// Have a row heard, where that is wanted and it has a sound of its own.
fn hear(seen: &Seen, browser: &BrowserState, item: &Item, asks: &mut Asks) {
    let is_instrument =
        |name| seen.sounds.get(name).is_some_and(|sound| sound.kind == SoundKind::Instrument);
    match item {
        _ if browser.deaf => {}
        Item::Sound(name) if is_instrument(name) => {
            asks.act(Action::Audition { synth: name.clone() });
        }
        Item::Preset(PresetKind::Instrument, name) => {
            asks.act(Action::AuditionPreset { preset: name.clone() });
        }
        _ => {}
    }
}

/// The field, and the keys that mean something while it is written in.
fn search(ui: &mut Ui, seen: &Seen, state: &mut UiState, items: &[Item], asks: &mut Asks) {
    let id = ui.id().with("search");
    if ui.memory(|memory| memory.has_focus(id)) {
        let pressed = |modifiers, key| ui.input_mut(|i| i.consume_key(modifiers, key));
        let browser = &mut state.browser;
        if pressed(Modifiers::NONE, Key::ArrowDown) {
            browser.chosen = (browser.chosen + 1).min(items.len().saturating_sub(1));
            browser.follow = true;
        }
        if pressed(Modifiers::NONE, Key::ArrowUp) {
            browser.chosen = browser.chosen.saturating_sub(1);
            browser.follow = true;
        }
        let chosen = items.get(browser.chosen);
        if let Some(item) = chosen.filter(|_| browser.follow) {
            hear(seen, browser, item, asks);
        }
        // Shift first: egui lets it pass where it is not asked for.
        let anew = pressed(Modifiers::SHIFT, Key::Enter);
        if (anew || pressed(Modifiers::NONE, Key::Enter))
            && let Some(item) = chosen
        {
            load(seen, state, item, anew, asks);
        }
        if ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            ui.memory_mut(|memory| memory.surrender_focus(id));
        }
    }
    let field = TextEdit::singleline(&mut state.browser.search)
        .id(id)
        .lock_focus(true)
        .hint_text("Search sounds")
        .desired_width(f32::INFINITY);
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::TextEdit, true, "search sounds"));
    if response.changed() {
        state.browser.chosen = 0;
    }
}

fn item(
    ui: &mut Ui,
    panel: Rect,
    seen: &Seen,
    state: &mut UiState,
    (index, what, text): (usize, &Item, &str),
    asks: &mut Asks,
) {
    let size = vec2(ui.available_width(), ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    let kind = match what {
        Item::Sound(_) => "load",
        Item::Preset(kind, _) => kind.word(),
        Item::Proposal(_) => "proposal",
    };
    response
        .widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, format!("{kind} {text}")));
    let lit = index == state.browser.chosen;
    if lit || response.hovered() {
        ui.painter().rect_filled(rect, theme::RADIUS, theme::HOVER);
    }
    let at = (rect.left_center() + vec2(8.0, 0.0), Align2::LEFT_CENTER);
    let color = if lit { theme::SELECT } else { theme::TEXT };
    theme::fit(ui.painter(), at, text, (theme::text(), color), rect.width() - 12.0);
    if lit && std::mem::take(&mut state.browser.follow) {
        response.scroll_to_me(None);
    }
    if response.clicked() {
        state.browser.chosen = index;
        hear(seen, &state.browser, what, asks);
        if let Item::Proposal(number) = what {
            state.proposals.chosen = Some(*number);
        }
    }
    if response.double_clicked() {
        let anew = ui.input(|i| i.modifiers.shift);
        load(seen, state, what, anew, asks);
    }
    if let Item::Preset(kind, name) = what {
        response.context_menu(|ui| {
            if ui.button("Load").clicked() {
                load(seen, state, what, false, asks);
            }
            if ui.button("Delete").clicked() {
                asks.act(match kind {
                    PresetKind::Instrument => Action::PresetDelete { preset: name.clone() },
                    PresetKind::Chain => Action::ChainDelete { chain: name.clone() },
                });
            }
        });
    }
    // Dropped anywhere beside the browser, an instrument gets a track of its own.
    let dropped = response.drag_stopped().then(|| response.interact_pointer_pos()).flatten();
    if dropped.is_some_and(|at| !panel.contains(at)) {
        load(seen, state, what, true, asks);
    }
    if response.dragged()
        && let Some(at) = response.interact_pointer_pos()
    {
        let painter = ui
            .ctx()
            .layer_painter(egui::LayerId::new(egui::Order::Tooltip, egui::Id::new("browser drag")));
        let at = at + vec2(12.0, 0.0);
        painter.text(at, Align2::LEFT_CENTER, text, theme::text(), theme::TEXT);
    }
}

/// Load a row: an instrument on the selected track, or with `anew` on a new one; an effect at the end
/// of the selected track's rack; a proposal is looked at.
fn load(seen: &Seen, state: &mut UiState, item: &Item, anew: bool, asks: &mut Asks) {
    let name = match item {
        Item::Sound(name) => name,
        Item::Preset(kind, name) => return own(seen, state, (*kind, name), anew, asks),
        Item::Proposal(number) => {
            state.proposals.chosen = Some(*number);
            return;
        }
    };
    let Some(sound) = seen.sounds.get(name) else { return };
    let selected = devices::track(seen, state);
    match (sound.kind, selected) {
        (SoundKind::Effect, track) => {
            let strip = track.map_or(StripRef::Master, |id| ask::strip(StripId::Track(id)));
            let effect = (PluginType::Native, name.clone());
            asks.act(Action::InsertAdd { strip, effect, at: None });
        }
        (SoundKind::Instrument, Some(track)) if !anew && plays(seen, track) => {
            let (track, synth) = (ask::track(track), name.clone());
            asks.act(Action::TrackInstrument { track, synth });
        }
        (SoundKind::Instrument, _) => {
            let (synth, name) = (name.clone(), free_name(seen, &sound.title));
            asks.act(Action::TrackAddInstrument { synth, name });
        }
    }
}

/// Load a preset of the user's: an instrument as any other, a chain in the place of the selected track's
/// effects.
fn own(
    seen: &Seen,
    state: &UiState,
    (kind, name): (PresetKind, &str),
    anew: bool,
    asks: &mut Asks,
) {
    let selected = devices::track(seen, state);
    let Some(preset) = kind.find(seen.presets, name) else { return };
    let name = preset.name.clone();
    match &preset.data {
        PresetData::FxChain(_) => {
            let strip = selected.map_or(StripRef::Master, |id| ask::strip(StripId::Track(id)));
            asks.act(Action::ChainLoad { strip, chain: name });
        }
        PresetData::Instrument(instrument) => {
            match selected.filter(|track| !anew && plays(seen, *track)) {
                Some(track) => {
                    asks.act(Action::PresetLoad { track: ask::track(track), preset: name });
                }
                None => {
                    let title = free_name(seen, &name);
                    let track = TrackRef(Ref::Name(title.clone()));
                    let synth = instrument.synth.clone();
                    let add = Action::TrackAddInstrument { synth, name: title };
                    asks.together(
                        &name.clone(),
                        vec![add, Action::PresetLoad { track, preset: name }],
                    );
                }
            }
        }
    }
}

/// Whether a track has an instrument.
fn plays(seen: &Seen, track: crate::model::ids::TrackId) -> bool {
    matches!(part::<TrackKind>(seen.world, track), Ok(TrackKind::Instrument(_)))
}

/// The name, or with a number after it where a track has it.
fn free_name(seen: &Seen, name: &str) -> String {
    let is_taken = |name: &str| {
        seen.order.tracks.iter().any(|id| seen.track(*id).0.eq_ignore_ascii_case(name))
    };
    if !is_taken(name) {
        return name.to_owned();
    }
    let mut numbered = (2..).map(|n: u32| format!("{name} {n}"));
    numbered.find(|name| !is_taken(name)).unwrap_or_else(|| name.to_owned())
}

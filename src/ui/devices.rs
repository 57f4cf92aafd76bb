//! The devices of the selected track: its instrument and its inserts, each a card of knobs.

use egui::{
    Align2, Color32, CursorIcon, Frame, Id, Key, Margin, Rect, RichText, ScrollArea, Sense, Stroke,
    Ui, WidgetInfo, WidgetType, vec2,
};

use super::ask::{self, Asks};
use super::presets;
use super::seen::Seen;
use super::state::{Cell, UiState};
use super::theme::{self, CARD_RADIUS};
use super::widgets::knob::{self, Knob};
use crate::model::action::{Action, Switch};
use crate::model::ids::{StripId, TrackId};
use crate::model::mixer::{Effect, PluginType};
use crate::model::sound::{Curve, ParamDescriptor, SoundDescriptor, Unit};
use crate::model::track::{Instrument, TrackKind};
use crate::model::travel::Scale;
use crate::session::document::{part, rack};

/// Height, points.
pub const HEIGHT: f32 = 200.0;
/// Height of the edge that a card is dragged by, points.
const HANDLE: f32 = 10.0;
/// Knobs stand in so many rows.
const ROWS: usize = 2;

/// The track whose devices are shown: that of the focus, or the first.
pub fn track(seen: &Seen, state: &UiState) -> Option<TrackId> {
    let chosen = match state.grid.focus {
        Some(Cell::Slot(track, _) | Cell::Head(track)) => Some(track),
        _ => state.devices,
    };
    let there = |id: &TrackId| seen.order.tracks.contains(id);
    chosen.filter(there).or_else(|| seen.order.tracks.first().copied())
}

/// Show the cards.
pub fn show(ui: &mut Ui, seen: &Seen, state: &mut UiState, asks: &mut Asks) {
    let Some(id) = track(seen, state) else {
        let hint = "no tracks yet: add one with the palette (Ctrl+K), such as track add instrument";
        ui.centered_and_justified(|ui| ui.label(RichText::new(hint).color(theme::DIM)));
        return;
    };
    state.devices = Some(id);
    ScrollArea::horizontal().id_salt("devices").auto_shrink(false).show(ui, |ui| {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let color = theme::track_color(seen.track(id).1);
            match part::<TrackKind>(seen.world, id) {
                Ok(TrackKind::Instrument(i)) => {
                    instrument(ui, seen, (id, i), color, &mut state.preset, asks);
                }
                Ok(TrackKind::Drums(kit)) => pads(ui, seen, id, kit.pads.len(), color),
                _ => {}
            }
            let strip = StripId::Track(id);
            let effects = rack(seen.world, strip).map(Vec::as_slice).unwrap_or_default();
            let mut cards = Vec::new();
            for (place, effect) in effects.iter().enumerate() {
                if let Ok(effect) = part::<Effect>(seen.world, *effect) {
                    cards.push(insert(ui, seen, strip, place, effects.len(), effect, asks));
                }
            }
            reorder(ui, strip, &cards, asks);
            // Side by side: in a column beyond the window's edge their words would be broken to letters.
            add(ui, seen, strip, asks);
            presets::chain(ui, seen, strip, &mut state.preset, asks);
        });
    });
}

/// A card, and where it stands.
fn card(ui: &mut Ui, id: impl egui::AsIdSalt, edge: Color32, inside: impl FnOnce(&mut Ui)) -> Rect {
    let tall = ui.available_height() - 4.0;
    let frame = Frame::new()
        .fill(theme::RAISED)
        .stroke(Stroke::new(1.0, theme::LINE))
        .corner_radius(CARD_RADIUS)
        .inner_margin(Margin::same(8));
    ui.push_id(id, |ui| {
        let shown = frame.show(ui, |ui| {
            ui.vertical(|ui| {
                ui.set_min_height(tall - 16.0);
                inside(ui);
            });
        });
        let top = shown.response.rect;
        let line = egui::Rect::from_min_size(top.min, vec2(top.width(), 2.0));
        ui.painter().rect_filled(line, 1.0, edge);
        top
    })
    .inner
}

fn title(ui: &mut Ui, name: &str, what: &str) {
    ui.label(RichText::new(name).font(theme::strong()));
    ui.label(RichText::new(what.to_uppercase()).font(theme::label()).color(theme::DIM));
}

fn instrument(
    ui: &mut Ui,
    seen: &Seen,
    (id, instrument): (TrackId, &Instrument),
    color: Color32,
    written: &mut String,
    asks: &mut Asks,
) {
    let Some(sound) = seen.sounds.get(&instrument.synth) else {
        missing(ui, &instrument.synth);
        return;
    };
    card(ui, "instrument", color, |ui| {
        ui.horizontal(|ui| {
            title(ui, &sound.title, "synth");
            presets::instrument(ui, seen, id, sound, written, asks);
        });
        let value = |p: &ParamDescriptor| instrument.params.get(&p.name).copied();
        knobs(ui, sound, color, value, |ui, response, param, value| {
            let action = Action::SetParam { track: ask::track(id), param, value };
            asks.drag(ui, response, action);
        });
    });
}

fn missing(ui: &mut Ui, name: &str) -> Rect {
    card(ui, ("missing", name), theme::WARN, |ui| {
        title(ui, name, "missing");
        let why = "This sound is not in the library. Put its files into the synthdefs folder.";
        ui.set_max_width(180.0);
        ui.label(RichText::new(why).color(theme::DIM));
    })
}

fn pads(ui: &mut Ui, seen: &Seen, id: TrackId, count: usize, color: Color32) {
    card(ui, "pads", color, |ui| {
        title(ui, seen.track(id).0, "drum kit");
        ui.label(RichText::new(format!("{count} pads")).color(theme::DIM));
    });
}

fn insert(
    ui: &mut Ui,
    seen: &Seen,
    strip: StripId,
    place: usize,
    count: usize,
    effect: &Effect,
    asks: &mut Asks,
) -> Rect {
    let Some(sound) = seen.sounds.get(&effect.name) else {
        return missing(ui, &effect.name);
    };
    let (at, number) = (ask::strip(strip), place as u32 + 1);
    let color = if effect.bypass { theme::FAINT } else { theme::PALETTE[1] };
    card(ui, effect.id, color, |ui| {
        ui.horizontal(|ui| {
            let word = if effect.bypass { "off" } else { "on" };
            let lit = if effect.bypass { theme::FAINT } else { theme::TEXT };
            let button = ui.small_button(RichText::new(word).color(lit));
            if button.on_hover_text("bypass").clicked() {
                let (strip, switch) = (at.clone(), Switch::Toggle);
                asks.act(Action::InsertBypass { strip, place: number, switch });
            }
            title(ui, &sound.title, "effect");
            ui.menu_button("…", |ui| {
                let to = |n: u32| Action::InsertMove { strip: at.clone(), place: number, to: n };
                if place > 0 && ui.button("Move left").clicked() {
                    asks.act(to(number - 1));
                }
                if place + 1 < count && ui.button("Move right").clicked() {
                    asks.act(to(number + 1));
                }
                if ui.button("Delete").clicked() {
                    asks.act(Action::InsertDelete { strip: at.clone(), place: number });
                }
            });
        });
        let value = |p: &ParamDescriptor| effect.params.get(&p.name).copied();
        knobs(ui, sound, color, value, |ui, response, param, value| {
            let strip = at.clone();
            asks.drag(ui, response, Action::InsertSet { strip, place: number, param, value });
        });
        reduction(ui, seen, strip, place, sound);
    })
}

/// Have effects dragged to another place by the upper edge of their cards; Escape leaves them.
fn reorder(ui: &Ui, strip: StripId, cards: &[Rect], asks: &mut Asks) {
    for (place, card) in cards.iter().enumerate() {
        let edge = Rect::from_min_size(card.min, vec2(card.width(), HANDLE));
        let response = ui.interact(edge, ui.id().with(("effect", place)), Sense::drag());
        response.widget_info(|| {
            let label = format!("move effect {}", place + 1);
            WidgetInfo::labeled(WidgetType::Other, true, label)
        });
        let icon = if response.dragged() { CursorIcon::Grabbing } else { CursorIcon::Grab };
        let response = response.on_hover_cursor(icon);
        let Some(at) = response.interact_pointer_pos() else { continue };
        // Among the others: how many stand left of the pointer.
        let others = || cards.iter().enumerate().filter(|(other, _)| *other != place);
        let to = others().filter(|(_, other)| other.center().x < at.x).count();
        if response.dragged() && to != place {
            let before = others().nth(to).map(|(_, next)| next.left() - 3.0);
            let x = before.or(cards.last().map(|last| last.right() + 3.0)).unwrap_or(at.x);
            ui.painter().vline(x, card.y_range(), Stroke::new(2.0, theme::SELECT));
        }
        let left = ui.input(|i| i.key_pressed(Key::Escape));
        if response.drag_stopped() && !left && to != place {
            let (strip, place, to) = (ask::strip(strip), place as u32 + 1, to as u32 + 1);
            asks.act(Action::InsertMove { strip, place, to });
        }
    }
}

/// How much a compressor and its like turn down now.
fn reduction(ui: &mut Ui, seen: &Seen, strip: StripId, place: usize, sound: &SoundDescriptor) {
    let StripId::Track(id) = strip else { return };
    let node = seen.order.tracks.iter().position(|t| *t == id);
    let meter = node.and_then(|node| seen.meters.get(node));
    let Some(now) = meter.and_then(|m| m.reductions().find(|(p, _)| *p == place)) else { return };
    if !sound.reduction {
        return;
    }
    let db = now.1.now.max(0.0) + 0.0;
    let (rect, _) = ui.allocate_exact_size(vec2(120.0, 14.0), Sense::hover());
    ui.painter().rect_filled(rect, 1.0, theme::BACKGROUND);
    let width = rect.width() * (db / 24.0).clamp(0.0, 1.0);
    let bar = egui::Rect::from_min_max(rect.max - vec2(width, rect.height()), rect.max);
    ui.painter().rect_filled(bar, 1.0, theme::WARN);
    let text = format!("-{db:.1} dB");
    let at = rect.left_center() + vec2(4.0, 0.0);
    ui.painter().text(at, Align2::LEFT_CENTER, text, theme::label(), theme::TEXT);
}

fn add(ui: &mut Ui, seen: &Seen, strip: StripId, asks: &mut Asks) {
    ui.menu_button(RichText::new("+ add an effect").color(theme::DIM), |ui| {
        ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            for name in &seen.names.effects {
                let title = seen.sounds.get(name).map_or(name.as_str(), |d| &d.title);
                if ui.button(title).clicked() {
                    let (strip, effect) = (ask::strip(strip), (PluginType::Native, name.clone()));
                    asks.act(Action::InsertAdd { strip, effect, at: None });
                }
            }
        });
    });
}

/// Knobs of a sound's parameters; `set` hears what one was moved to.
fn knobs(
    ui: &mut Ui,
    sound: &SoundDescriptor,
    color: Color32,
    value: impl Fn(&ParamDescriptor) -> Option<f32>,
    mut set: impl FnMut(&Ui, &egui::Response, String, f32),
) {
    let across = sound.params.len().div_ceil(ROWS).max(3);
    egui::Grid::new(Id::new("knobs").with(&sound.name)).spacing(vec2(4.0, 4.0)).show(ui, |ui| {
        for (index, param) in sound.params.iter().enumerate() {
            if index > 0 && index % across == 0 {
                ui.end_row();
            }
            let scale = Scale::of(param);
            let now = value(param).unwrap_or(param.default);
            let knob = Knob {
                label: &param.title,
                place: scale.travel(now),
                default: scale.travel(param.default),
                value: &written(param, now),
                color,
            };
            let (response, moved) = knob::show(ui, &knob);
            if let Some(place) = moved {
                let new = param.clamp(scale.value(place));
                if new != now {
                    set(ui, &response, param.name.clone(), new);
                }
            }
        }
    });
}

/// A value in its unit, in the least room.
pub fn written(param: &ParamDescriptor, value: f32) -> String {
    if let Curve::Choice(names) = &param.curve {
        let index = (value - param.min).round().max(0.0) as usize;
        return names.get(index).cloned().unwrap_or_default();
    }
    let plain = |x: f32| match x.abs() {
        a if a >= 100.0 => format!("{x:.0}"),
        a if a >= 10.0 => format!("{x:.1}"),
        _ => format!("{x:.2}"),
    };
    match param.unit {
        Unit::Hz if value >= 1000.0 => format!("{} kHz", plain(value / 1000.0)),
        Unit::Hz => format!("{} Hz", plain(value)),
        Unit::Ms => format!("{} ms", plain(value)),
        Unit::Seconds if value < 1.0 => format!("{:.0} ms", value * 1000.0),
        Unit::Seconds => format!("{} s", plain(value)),
        Unit::Db => format!("{value:.1} dB"),
        Unit::Semitones => format!("{value:.1} st"),
        Unit::Cents => format!("{value:.0} ct"),
        Unit::Percent => format!("{:.0} %", value * 100.0),
        Unit::Ratio => format!("{}:1", plain(value)),
        Unit::Beats => format!("{} beats", plain(value)),
        Unit::Plain => plain(value),
    }
}

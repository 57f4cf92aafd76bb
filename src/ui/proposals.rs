//! Proposals of the composer: a bar with what was understood, and where in the grid one would land.

use bevy_ecs::world::World;
use egui::{
    Key, Label, Modifiers, RichText, ScrollArea, TextEdit, Ui, WidgetInfo, WidgetType, vec2,
};

use super::ask::{self, Asks};
use super::seen::Seen;
use super::state::Cell;
use super::theme;
use crate::jobs;
use crate::jobs::proposal::Proposal;
use crate::model::action::{Action, Switch};
use crate::model::intent::Facet;

/// Height of the bar, points.
pub const HEIGHT: f32 = 36.0;

/// A chip that is being written anew.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Editing {
    proposal: u32,
    facet: Facet,
    text: String,
    /// It has not had the keyboard yet.
    fresh: bool,
}

/// What the bar keeps between frames.
#[derive(Debug, Default)]
pub struct ProposalState {
    /// The proposal that is looked at; `None` is the newest.
    pub chosen: Option<u32>,
    /// The newest when last looked: one that comes is shown.
    newest: u32,
    editing: Option<Editing>,
}

/// The proposal that is looked at.
pub fn current<'a>(seen: &Seen<'a>, state: &mut ProposalState) -> Option<&'a Proposal> {
    let all = jobs::proposals(seen.world);
    let newest = all.last().map_or(0, |proposal| proposal.id.0);
    if newest > state.newest {
        state.chosen = None;
    }
    state.newest = newest;
    let chosen = all.iter().copied().find(|proposal| Some(proposal.id.0) == state.chosen);
    if chosen.is_none() {
        state.chosen = None;
    }
    chosen.or_else(|| all.last().copied())
}

/// The action that composes what `text` says, for the slot that has the focus.
pub fn compose(text: &str, focus: Option<Cell>) -> Action {
    let text = text.trim().to_owned();
    match focus {
        Some(Cell::Slot(track, scene)) => {
            Action::ComposeInto { clip: ask::slot(track, scene), seed: None, text }
        }
        _ => Action::Compose { seed: None, text },
    }
}

/// Show the bar of a proposal.
pub fn show(
    ui: &mut Ui,
    seen: &Seen,
    proposal: &Proposal,
    state: &mut ProposalState,
    asks: &mut Asks,
) {
    let number = proposal.id.0;
    let of = Some(number);
    ui.horizontal_centered(|ui| {
        ui.add_space(8.0);
        let title = RichText::new(format!("Proposal {number}")).font(theme::strong());
        ui.label(title).on_hover_text(&proposal.prompt);
        let right = egui::Layout::right_to_left(egui::Align::Center);
        ui.with_layout(right, |ui| {
            ui.add_space(8.0);
            if button(ui, "Reject", "reject the proposal").clicked() {
                asks.act(Action::ComposeReject { number: of });
            }
            let tried = jobs::tried(seen.world) == Some(proposal.id);
            let (word, switch) = if tried { ("Back", Switch::Off) } else { ("Hear", Switch::On) };
            let back = tried
                && !ui.ctx().egui_wants_keyboard_input()
                && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape));
            if button(ui, word, "hear the proposal").clicked() || back {
                asks.act(Action::ComposeTry { switch, number: of });
            }
            if button(ui, "Vary", "vary the proposal").clicked() {
                asks.act(Action::ComposeVary { number: of });
            }
            if button(ui, "Keep", "keep the proposal").clicked() {
                asks.act(Action::ComposeKeep { number: of });
            }
            ui.add_space(8.0);
            let seed = RichText::new(format!("seed {}", proposal.seed)).font(theme::number());
            ui.label(seed.color(theme::DIM)).on_hover_text("compose seed … makes the same again");
            let left = egui::Layout::left_to_right(egui::Align::Center);
            ui.with_layout(left, |ui| {
                ScrollArea::horizontal().id_salt("chips").show(ui, |ui| {
                    ui.horizontal_centered(|ui| chips(ui, proposal, state, asks));
                });
            });
        });
    });
}

fn chips(ui: &mut Ui, proposal: &Proposal, state: &mut ProposalState, asks: &mut Asks) {
    if proposal.of.is_some() {
        ui.label(RichText::new(&proposal.prompt).color(theme::TEXT));
    }
    for (facet, text) in proposal.chips() {
        chip(ui, proposal, facet, &text, state, asks);
    }
    let known = |kind: &str| Facet::ALL.iter().any(|facet| facet.name() == kind);
    for chip in proposal.intent.understood.iter().filter(|chip| !known(&chip.kind)) {
        ui.label(RichText::new(&chip.text).color(theme::DIM)).on_hover_text(&chip.kind);
    }
    if !proposal.intent.unknown.is_empty() {
        let words = format!("not understood: {}", proposal.intent.unknown.join(", "));
        ui.label(RichText::new(words).color(theme::WARN));
    }
    if let Some(note) = proposal.notes.first() {
        let all = proposal.notes.join("\n");
        let note = Label::new(RichText::new(note).color(theme::DIM)).extend();
        ui.add(note).on_hover_text(all);
    }
}

/// One thing that was decided; clicked, it is written anew, and composed again on Enter.
fn chip(
    ui: &mut Ui,
    proposal: &Proposal,
    facet: Facet,
    text: &str,
    state: &mut ProposalState,
    asks: &mut Asks,
) {
    let (number, what) = (proposal.id.0, facet.name());
    let here = |e: &&mut Editing| e.proposal == number && e.facet == facet;
    if let Some(editing) = state.editing.as_mut().filter(here) {
        let (enter, escape) = ui.input_mut(|i| {
            let mut pressed = |key| i.consume_key(Modifiers::NONE, key);
            (pressed(Key::Enter), pressed(Key::Escape))
        });
        let room = 30.0 + 7.0 * editing.text.chars().count() as f32;
        let field = TextEdit::singleline(&mut editing.text).desired_width(room.min(260.0));
        let response = ui.add(field);
        response.widget_info(|| {
            WidgetInfo::labeled(WidgetType::TextEdit, true, format!("{what} of the proposal"))
        });
        if std::mem::take(&mut editing.fresh) {
            response.request_focus();
        }
        if enter && !editing.text.trim().is_empty() && editing.text.trim() != text {
            let text = editing.text.trim().to_owned();
            asks.act(Action::ComposeChange { facet, number: Some(number), text });
        }
        if enter || escape || response.lost_focus() {
            state.editing = None;
        }
        return;
    }
    let shown = match facet {
        Facet::Tempo => format!("{text} BPM"),
        Facet::Bars if text == "1" => "1 bar".to_owned(),
        Facet::Bars => format!("{text} bars"),
        _ => text.to_owned(),
    };
    let button = egui::Button::new(RichText::new(&shown).color(theme::TEXT)).corner_radius(12);
    let response = ui.add(button.fill(theme::RAISED));
    response
        .widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, format!("{what}: {shown}")));
    if response.on_hover_text(format!("{what}: click to write another")).clicked() {
        let text = text.to_owned();
        state.editing = Some(Editing { proposal: number, facet, text, fresh: true });
    }
}

fn button(ui: &mut Ui, word: &str, name: &str) -> egui::Response {
    let button = egui::Button::new(RichText::new(word).color(theme::TEXT)).fill(theme::RAISED);
    let response = ui.add(button.min_size(vec2(52.0, 24.0)));
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, name));
    response
}

/// Slots of the grid that the proposal would fill, and what the clips would be called. New tracks and
/// scenes have no place yet, and so no ghost.
pub fn ghosts(seen: &Seen, chosen: Option<u32>) -> Vec<(Cell, String)> {
    ghosts_of(seen.world, chosen)
}

pub(super) fn ghosts_of(world: &World, chosen: Option<u32>) -> Vec<(Cell, String)> {
    let Ok(proposal) = jobs::proposal(world, chosen) else { return Vec::new() };
    if jobs::tried(world) == Some(proposal.id) {
        return Vec::new();
    }
    let ghost = |place: jobs::proposal::Place| {
        let name = proposal.parts.get(place.part)?.track.name.clone();
        Some((Cell::Slot(place.track?, place.scene?), name))
    };
    proposal.places(world).into_iter().filter_map(ghost).collect()
}

/// Draw a ghost: a dashed outline with the name.
pub fn ghost(painter: &egui::Painter, rect: egui::Rect, name: &str) {
    let rect = rect.shrink(1.5);
    painter.rect_filled(rect, theme::RADIUS, theme::BACKGROUND.gamma_multiply(0.8));
    let mut corners = vec![rect.left_top(), rect.right_top(), rect.right_bottom()];
    corners.extend([rect.left_bottom(), rect.left_top()]);
    let stroke = egui::Stroke::new(1.0, theme::TEXT);
    painter.extend(egui::Shape::dashed_line(&corners, stroke, 4.0, 3.0));
    let at = rect.left_center() + vec2(6.0, 0.0);
    let place = (at, egui::Align2::LEFT_CENTER);
    theme::fit(painter, place, name, (theme::text(), theme::TEXT), rect.width() - 12.0);
}

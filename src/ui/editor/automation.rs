//! Automation of a clip: points of one lane, set by a click, dragged, taken out by a double click.

use egui::{Align2, Pos2, Rect, ScrollArea, Sense, Stroke, Ui, WidgetInfo, WidgetType, pos2, vec2};

use super::Shown;
use super::state::{Drag, EditorState, Lane};
use super::view::{self, View};
use crate::model::action::{Action, LaneRef, Position};
use crate::model::automation::{AutomationLane, AutomationPoint, AutomationTarget};
use crate::model::ids::{BusId, StripId};
use crate::model::mixer::Effect;
use crate::model::sound::ParamDescriptor;
use crate::model::time::Ticks;
use crate::model::track::TrackKind;
use crate::model::travel::Scale;
use crate::session::document::{Name, part, rack};
use crate::ui::ask::{self, Asks};
use crate::ui::devices::written;
use crate::ui::seen::Seen;
use crate::ui::theme::{self, over};

/// How near a point is taken, points of the screen.
const NEAR: f32 = 6.0;

/// What a target is called, how its value travels, and how an action names it.
struct Meaning<'a> {
    name: String,
    scale: Scale,
    param: Option<&'a ParamDescriptor>,
    lane: LaneRef,
}

impl Meaning<'_> {
    fn written(&self, value: f32) -> String {
        match (self.param, &self.lane) {
            (Some(param), _) => written(param, value),
            (None, LaneRef::Pan) => format!("{value:.2}"),
            (None, _) => format!("{value:.1} dB"),
        }
    }
}

/// What a target means on the clip's track; `None` for what is not there.
fn meaning<'a>(
    seen: &Seen<'a>,
    shown: &Shown<'a>,
    target: &AutomationTarget,
) -> Option<Meaning<'a>> {
    let param = |sound: &str, name: &str| -> Option<&'a ParamDescriptor> {
        seen.sounds.get(sound)?.params.iter().find(|param| param.name == name)
    };
    let plain = |name: &str, scale: Scale, lane: LaneRef| {
        Some(Meaning { name: name.to_owned(), scale, param: None, lane })
    };
    match target {
        AutomationTarget::Volume => plain("Volume", Scale::Fader, LaneRef::Volume),
        AutomationTarget::Pan => plain("Pan", Scale::Linear { min: -1.0, max: 1.0 }, LaneRef::Pan),
        AutomationTarget::Send(id) => {
            let name = part::<Name>(seen.world, *id).ok()?;
            let lane = LaneRef::Send(ask::bus(*id));
            plain(&format!("Send {}", name.0), Scale::Fader, lane)
        }
        AutomationTarget::Instrument(name) => {
            let Some(TrackKind::Instrument(instrument)) = shown.kind else { return None };
            let param = param(&instrument.synth, name)?;
            let lane = LaneRef::Param(name.clone());
            let name = param.title.clone();
            Some(Meaning { name, scale: Scale::of(param), param: Some(param), lane })
        }
        AutomationTarget::Effect(id, name) => {
            let all = rack(seen.world, StripId::Track(shown.track)).ok()?;
            let place = all.iter().position(|effect| effect == id)? as u32 + 1;
            let param = param(&part::<Effect>(seen.world, *id).ok()?.name, name)?;
            let lane = LaneRef::Insert(place, name.clone());
            let name = format!("{place} {}", param.title);
            Some(Meaning { name, scale: Scale::of(param), param: Some(param), lane })
        }
    }
}

/// Everything that can be automated on the clip's track.
fn targets(seen: &Seen, shown: &Shown) -> Vec<AutomationTarget> {
    let mut all = vec![AutomationTarget::Volume, AutomationTarget::Pan];
    let buses: Vec<BusId> = seen.order.buses.clone();
    all.extend(buses.into_iter().map(AutomationTarget::Send));
    if let Some(TrackKind::Instrument(instrument)) = shown.kind
        && let Some(sound) = seen.sounds.get(&instrument.synth)
    {
        let params = sound.params.iter().map(|param| param.name.clone());
        all.extend(params.map(AutomationTarget::Instrument));
    }
    let effects = rack(seen.world, StripId::Track(shown.track)).map(Vec::as_slice);
    for id in effects.unwrap_or_default() {
        let Ok(effect) = part::<Effect>(seen.world, *id) else { continue };
        let Some(sound) = seen.sounds.get(&effect.name) else { continue };
        let params = sound.params.iter().map(|param| param.name.clone());
        all.extend(params.map(|name| AutomationTarget::Effect(*id, name)));
    }
    all
}

/// The button at the left of the lane that says what it shows, and its menu.
pub fn chooser(ui: &mut Ui, seen: &Seen, shown: &Shown, view: &View, state: &mut EditorState) {
    let now = match &state.lane {
        Lane::Velocity => "Vel".to_owned(),
        Lane::Chance => "Chance".to_owned(),
        Lane::Automation(target) => {
            meaning(seen, shown, target).map_or_else(|| "missing".to_owned(), |m| m.name)
        }
    };
    let at = Rect::from_min_max(
        pos2(view.keys.left(), view.lane.top()),
        pos2(view.lane.left() - 2.0, view.lane.bottom()),
    );
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(at).id_salt("lanes"));
    inside.spacing_mut().button_padding = vec2(3.0, 2.0);
    let text = egui::RichText::new(&now).font(theme::label());
    let button = egui::Button::new(text).truncate();
    let button = egui::containers::menu::MenuButton::from_button(button);
    let (response, _) = button.ui(&mut inside, |ui| {
        ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
            let mut choose = |ui: &mut Ui, word: &str, lane: Lane| {
                if ui.selectable_label(state.lane == lane, word).clicked() {
                    state.lane = lane;
                    ui.close();
                }
            };
            if shown.clip.midi().is_some() {
                choose(ui, "Velocity", Lane::Velocity);
                choose(ui, "Chance", Lane::Chance);
                ui.separator();
            }
            for target in targets(seen, shown) {
                let Some(meaning) = meaning(seen, shown, &target) else { continue };
                let used = shown.clip.automation.iter().any(|lane| lane.target == target);
                let word = if used { format!("● {}", meaning.name) } else { meaning.name };
                choose(ui, &word, Lane::Automation(target));
            }
        });
    });
    let label = format!("lane: {now}");
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, label.clone()));
}

/// Show a lane of automation under the notes, and take in what the pointer does in it.
pub fn show(
    ui: &mut Ui,
    seen: &Seen,
    shown: &Shown,
    target: &AutomationTarget,
    view: &View,
    state: &mut EditorState,
    asks: &mut Asks,
) {
    let painter = ui.painter().with_clip_rect(view.lane.intersect(ui.clip_rect()));
    painter.rect_filled(view.lane, 0.0, theme::BACKGROUND);
    let Some(meaning) = meaning(seen, shown, target) else {
        let text = "This lane moves what is not on the track any more.";
        let at = view.lane.center();
        painter.text(at, Align2::CENTER_CENTER, text, theme::text(), theme::DIM);
        return;
    };
    let response = ui.interact(view.lane, ui.id().with("automation"), Sense::click_and_drag());
    let label = format!("automation of {}", meaning.name);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Other, true, label.clone()));
    let found = shown.clip.automation.iter().find(|lane| lane.target == *target);
    let points = found.map(|lane| lane.points.as_slice()).unwrap_or_default();

    let place = |point: &AutomationPoint| {
        let travel = meaning.scale.travel(point.value);
        pos2(view.x(point.at.0), view.lane.bottom() - 3.0 - travel * (view.lane.height() - 6.0))
    };
    let step = state.grid.step(shown.signature).map_or(1, |step| step.0.max(1));
    let free = ui.input(|i| i.modifiers.alt);
    let meant = |at: Pos2| {
        let ticks = view.ticks(at.x).clamp(0, view::LAST);
        let ticks = if free { ticks } else { view::nearest(ticks, step) };
        let travel = (view.lane.bottom() - 3.0 - at.y) / (view.lane.height() - 6.0).max(1.0);
        (Ticks(ticks), meaning.scale.value(travel))
    };
    let near = |at: Pos2| {
        let far = |point: &&AutomationPoint| place(point).distance(at);
        let nearest = points.iter().min_by(|a, b| far(a).total_cmp(&far(b)));
        nearest.filter(|point| far(point) <= NEAR)
    };
    let (clip, lane) = (|| shown.at.clone(), || meaning.lane.clone());
    let named = |at: Ticks| Position::of(at, shown.signature);

    let pointer = response.interact_pointer_pos();
    if let Some(at) = pointer {
        if response.double_clicked() {
            if let Some(point) = near(at) {
                asks.act(Action::AutomateDelete {
                    clip: clip(),
                    lane: lane(),
                    at: named(point.at),
                });
            }
        } else if response.clicked() && near(at).is_none() {
            let (ticks, value) = meant(at);
            asks.act(Action::Automate { clip: clip(), lane: lane(), at: named(ticks), value });
        }
        if response.drag_started_by(egui::PointerButton::Primary) {
            let origin = ui.input(|i| i.pointer.press_origin()).unwrap_or(at);
            state.drag = near(origin).map(|point| Drag::Point { at: point.at });
        }
    }
    let dragged = match state.drag {
        Some(Drag::Point { at }) => pointer.map(|pointer| (at, meant(pointer))),
        _ => None,
    };
    if response.drag_stopped() && matches!(state.drag, Some(Drag::Point { .. })) {
        state.drag = None;
        if let Some((at, (to, value))) = dragged
            && points.iter().any(|point| point.at == at)
        {
            let (at, place) = (named(at), named(to));
            asks.act(Action::AutomateMove { clip: clip(), lane: lane(), at, place, value });
        }
    }
    let mut drawn = points.to_vec();
    if let Some((from, (to, value))) = dragged {
        drawn.retain(|point| point.at == from || point.at != to);
        drawn.iter_mut().filter(|point| point.at == from).for_each(|point| {
            (point.at, point.value) = (to, value);
        });
        drawn.sort_by_key(|point| point.at);
    }
    curve(&painter, shown, &drawn, target, view, &place);
    if let Some(at) = response.hover_pos() {
        let value = near(at).map_or_else(|| meant(at).1, |point| point.value);
        let corner = view.lane.right_top() + vec2(-4.0, 2.0);
        let text = meaning.written(value);
        painter.text(corner, Align2::RIGHT_TOP, text, theme::number(), theme::DIM);
    }
}

/// The line through the points, as it is heard.
fn curve(
    painter: &egui::Painter,
    shown: &Shown,
    points: &[AutomationPoint],
    target: &AutomationTarget,
    view: &View,
    place: &dyn Fn(&AutomationPoint) -> Pos2,
) {
    if points.is_empty() {
        return;
    }
    let color = over(theme::BACKGROUND, shown.color, 0.85);
    let lane = AutomationLane { target: target.clone(), points: points.to_vec() };
    let mut line = Vec::new();
    let mut x = view.lane.left();
    // The value moves straight in its own unit, which may be bent on the screen.
    while x <= view.lane.right() {
        let at = Ticks(view.ticks(x));
        if let Some(value) = lane.value(at) {
            line.push(pos2(x, place(&AutomationPoint { at, value, hold: false }).y));
        }
        x += 3.0;
    }
    painter.line(line, Stroke::new(1.5, color));
    for point in points {
        painter.circle_filled(place(point), 3.5, shown.color);
    }
}

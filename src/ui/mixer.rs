//! The mixer's strips, each under its own track.

use egui::{Align2, DragValue, Rect, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::ask::{self, Asks};
use super::grid::{COLUMN, Columns, SCENES};
use super::seen::Seen;
use super::theme::{self, CARD_RADIUS, GAP};
use super::widgets::knob::{self, Knob};
use super::widgets::{db, fader, meter, switch};
use crate::model::action::{Action, Switch};
use crate::model::ids::StripId;
use crate::model::mixer::{Db, MixerSettings};
use crate::model::project::Song;
use crate::session::document::{Name, part, strip};

/// Height of the strips, points.
pub const HEIGHT: f32 = 212.0;
/// Least height, points: pan and sends, the buttons, the level.
pub const LEAST: f32 = 156.0;
/// Height of pan and sends at the top of a strip, points.
const UPPER: f32 = 48.0;

/// What is as good as silent, dB; written as no level at all.
const SILENT: f32 = -70.0;

/// Show the strips of the columns that are seen, and the master's under the scenes.
pub fn show(ui: &mut Ui, seen: &Seen, columns: &Columns, asks: &mut Asks) {
    let area = ui.available_rect_before_wrap();
    ui.allocate_rect(area, Sense::hover());
    let right = (area.right() - SCENES - GAP).max(area.left());
    let tracks = Rect::from_min_max(area.min, pos2(right, area.bottom()));
    let mut inside = ui.new_child(UiBuilder::new().max_rect(tracks).id_salt("strips"));
    inside.shrink_clip_rect(tracks);
    for (left, node, id) in columns.seen(tracks) {
        let rect = Rect::from_min_size(pos2(left, area.top()), vec2(COLUMN, area.height()));
        one(&mut inside, seen, rect, node, StripId::Track(id), asks);
    }
    for (left, place) in columns.returns(tracks, seen.order.buses.len()) {
        let rect = Rect::from_min_size(pos2(left, area.top()), vec2(COLUMN, area.height()));
        let (node, bus) = (seen.order.tracks.len() + place, seen.order.buses[place]);
        one(&mut inside, seen, rect, node, StripId::Bus(bus), asks);
    }
    let rect = Rect::from_min_max(pos2(right + GAP, area.top()), area.max);
    let master = seen.meters.len().saturating_sub(1);
    one(ui, seen, rect, master, StripId::Master, asks);
}

fn one(ui: &mut Ui, seen: &Seen, rect: Rect, node: usize, id: StripId, asks: &mut Asks) {
    let Ok(settings) = strip(seen.world, id) else { return };
    let name = match id {
        StripId::Track(track) => seen.track(track).0,
        StripId::Bus(bus) => part::<Name>(seen.world, bus).map_or("", |n| n.0.as_str()),
        StripId::Master => "master",
    };
    ui.painter().rect_filled(rect, CARD_RADIUS, theme::PANEL);
    let inner = rect.shrink2(vec2(8.0, 8.0));
    let mut ui = ui.new_child(UiBuilder::new().max_rect(inner).id_salt(id));
    let (upper, inner) = inner.split_top_bottom_at_y(inner.top() + UPPER);
    top(&mut ui, seen, upper, id, name, settings, asks);
    let value = Rect::from_min_max(pos2(inner.left(), inner.bottom() - 14.0), inner.max);
    let tall = (inner.height() - 22.0).max(40.0);
    let strip = || ask::strip(id);

    let at = |ui: &mut Ui, x: f32, width: f32| {
        let rect = Rect::from_min_size(inner.min + vec2(x, 0.0), vec2(width, tall));
        ui.new_child(UiBuilder::new().max_rect(rect).id_salt((x as i32, width as i32)))
    };
    let mut left = at(&mut ui, 0.0, 18.0);
    let (cap, moved) = fader::show(&mut left, vec2(18.0, tall), settings.volume.0, name);
    if let Some(level) = moved {
        asks.drag(&left, &cap, Action::Volume { strip: strip(), level: Db(level) });
    }
    let mut middle = at(&mut ui, 26.0, 16.0);
    let read = seen.meters.get(node).map(|m| m.read());
    if meter::show(&mut middle, vec2(16.0, tall), read, settings.mute, name).clicked()
        && let Some(meter) = seen.meters.get(node)
    {
        meter.reset();
    }
    scale(&ui, Rect::from_min_size(inner.min + vec2(46.0, 0.0), vec2(24.0, tall)));
    let mut buttons = at(&mut ui, inner.width() - 24.0, 24.0);
    buttons.spacing_mut().item_spacing.y = 3.0;
    if id != StripId::Master {
        let label = |what: &str| format!("{what} {name}");
        let (mute, solo) = (label("mute"), label("solo"));
        if switch::show(&mut buttons, "M", &mute, settings.mute, theme::MUTE).clicked() {
            asks.act(Action::Mute { strip: strip(), switch: Switch::Toggle });
        }
        if switch::show(&mut buttons, "S", &solo, settings.solo, theme::SOLO).clicked() {
            asks.act(Action::Solo { strip: strip(), switch: Switch::Toggle });
        }
    }
    if let StripId::Track(track) = id {
        let (armed, label) = (seen.armed.contains(&track), format!("arm {name}"));
        if switch::show(&mut buttons, "●", &label, armed, theme::RECORD).clicked() {
            asks.arm(track);
        }
    }
    let text = format!("{} dB", db(settings.volume.0));
    ui.painter().text(value.left_center(), Align2::LEFT_CENTER, text, theme::number(), theme::TEXT);
}

/// Pan, and how much goes to the first returns; the cue's level on the master.
fn top(
    ui: &mut Ui,
    seen: &Seen,
    rect: Rect,
    id: StripId,
    name: &str,
    settings: &MixerSettings,
    asks: &mut Asks,
) {
    let at = Rect::from_min_size(rect.min, vec2(26.0, 26.0));
    let mut left = ui.new_child(UiBuilder::new().max_rect(at).id_salt("pan"));
    let written = written_pan(settings.pan);
    let pan = Knob {
        label: &format!("{name} pan"),
        place: (settings.pan + 1.0) / 2.0,
        default: 0.5,
        value: &written,
        color: theme::SELECT,
    };
    let (response, moved) = knob::small(&mut left, &pan);
    if let Some(place) = moved {
        let pan = ((place * 2.0 - 1.0) * 100.0).round() / 100.0;
        asks.drag(&left, &response, Action::SetPan { strip: ask::strip(id), pan });
    }
    let below = pos2(at.center().x, at.bottom() + 3.0);
    ui.painter().text(below, Align2::CENTER_TOP, written, theme::number(), theme::DIM);
    let lines = rect.with_min_x(rect.left() + 34.0);
    let mut lines = ui.new_child(UiBuilder::new().max_rect(lines).id_salt("sends"));
    let spacing = lines.spacing_mut();
    spacing.item_spacing.y = 3.0;
    spacing.interact_size.y = 18.0;
    spacing.button_padding = vec2(3.0, 1.0);
    match id {
        StripId::Master => {
            let cue = seen.world.get_resource::<Song>().map_or(0.0, |song| song.cue.0);
            if let Some((response, level)) = level(&mut lines, "Cue", "cue level", cue) {
                asks.drag(&lines, &response, Action::Cue { level: Db(level) });
            }
        }
        _ => {
            for bus in seen.order.buses.iter().take(2).filter(|bus| StripId::Bus(**bus) != id) {
                let bus_name = part::<Name>(seen.world, *bus).map_or("", |n| n.0.as_str());
                let send = settings.sends.iter().find(|send| send.bus == *bus);
                let now = send.map_or(f32::NEG_INFINITY, |send| send.level.0);
                let label = format!("{name} to {bus_name}");
                if let Some((response, level)) = level(&mut lines, bus_name, &label, now) {
                    let (strip, bus) = (ask::strip(id), ask::bus(*bus));
                    let action = Action::SendLevel { strip, bus, level: Db(level) };
                    asks.drag(&lines, &response, action);
                }
            }
        }
    }
}

/// A level in a line of its own: dragged, turned, or written after a click.
fn level(ui: &mut Ui, word: &str, label: &str, now: f32) -> Option<(egui::Response, f32)> {
    let mut value = now.max(SILENT);
    let line = ui.horizontal(|ui| {
        ui.set_height(18.0);
        let number = DragValue::new(&mut value)
            .range(SILENT..=12.0)
            .speed(0.25)
            .max_decimals(1)
            .custom_formatter(|level, _| db(level as f32))
            .custom_parser(|text| match text.trim() {
                "-∞" | "-inf" | "off" => Some(f64::from(SILENT)),
                text => text.trim_end_matches("dB").trim().parse().ok(),
            });
        let number = ui.add_sized(vec2(44.0, 18.0), number);
        number.widget_info(|| WidgetInfo::slider(true, f64::from(now), label));
        let room = ui.available_rect_before_wrap();
        let look = (theme::label(), theme::DIM);
        let at = (room.left_center(), Align2::LEFT_CENTER);
        theme::fit(ui.painter(), at, &word.to_uppercase(), look, room.width());
        number
    });
    let changed = line.inner.changed() && value != now.max(SILENT);
    let level = if value <= SILENT { f32::NEG_INFINITY } else { value };
    changed.then_some((line.inner, level))
}

/// A pan position in the least room: `C`, `L30`, `R100`.
fn written_pan(pan: f32) -> String {
    let percent = (pan.abs() * 100.0).round();
    match pan {
        _ if percent == 0.0 => "C".to_owned(),
        p if p < 0.0 => format!("L{percent:.0}"),
        _ => format!("R{percent:.0}"),
    }
}

/// The figures beside a meter.
fn scale(ui: &Ui, rect: Rect) {
    for level in [0.0, -6.0, -12.0, -24.0, -48.0f32] {
        let y = rect.bottom() - rect.height() * meter::height_db(level);
        let text = format!("{level:.0}");
        let at = pos2(rect.left(), y);
        ui.painter().text(at, Align2::LEFT_CENTER, text, theme::label(), theme::DIM);
    }
}

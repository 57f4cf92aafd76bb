//! The mixer's strips, each under its own track.

use egui::{Align2, Rect, Sense, Ui, UiBuilder, pos2, vec2};

use super::ask::{self, Asks};
use super::grid::{COLUMN, Columns, SCENES};
use super::seen::Seen;
use super::theme::{self, CARD_RADIUS, GAP};
use super::widgets::{db, fader, meter, switch};
use crate::model::action::{Action, Switch};
use crate::model::ids::StripId;
use crate::model::mixer::Db;
use crate::session::document::{Name, part, strip};

/// Height of the strips, points.
pub const HEIGHT: f32 = 168.0;

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

/// The figures beside a meter.
fn scale(ui: &Ui, rect: Rect) {
    for level in [0.0, -6.0, -12.0, -24.0, -48.0f32] {
        let y = rect.bottom() - rect.height() * meter::height_db(level);
        let text = format!("{level:.0}");
        let at = pos2(rect.left(), y);
        ui.painter().text(at, Align2::LEFT_CENTER, text, theme::label(), theme::DIM);
    }
}

//! What follows a clip: one of two choices by chance, after some times round.

use egui::{DragValue, RichText, ScrollArea, Ui, WidgetInfo, WidgetType};

use super::Shown;
use super::header::standing_menu;
use crate::model::action::{Action, FollowRef};
use crate::model::launch::{FollowAction, FollowKind, FollowTime};
use crate::ui::ask::{self, Asks};
use crate::ui::seen::Seen;
use crate::ui::theme;

const KINDS: [(&str, FollowKind); 9] = [
    ("Nothing", FollowKind::NoAction),
    ("Stop", FollowKind::Stop),
    ("Again", FollowKind::Again),
    ("Previous", FollowKind::Previous),
    ("Next", FollowKind::Next),
    ("First", FollowKind::First),
    ("Last", FollowKind::Last),
    ("Any", FollowKind::Any),
    ("Other", FollowKind::Other),
];

fn word(seen: &Seen, kind: FollowKind) -> String {
    if let FollowKind::Jump(scene) = kind {
        let name = seen.scene(scene).map_or("?", |scene| scene.name.as_str());
        return format!("Jump to {name}");
    }
    KINDS.iter().find(|(_, known)| *known == kind).map_or("", |(word, _)| word).to_owned()
}

fn named(kind: FollowKind) -> FollowRef {
    match kind {
        FollowKind::Jump(scene) => FollowRef::Jump(ask::scene(scene)),
        kind => FollowRef::Kind(kind),
    }
}

/// How likely the first choice is, percent.
fn chance(follow: &FollowAction) -> u8 {
    let both = u16::from(follow.chance_a) + u16::from(follow.chance_b);
    if both == 0 {
        return 100;
    }
    (u16::from(follow.chance_a) * 100 / both) as u8
}

fn loops(follow: &FollowAction, shown: &Shown) -> u8 {
    match follow.after {
        FollowTime::Loops(loops) => loops,
        FollowTime::Time(time) => (time.0 / shown.clip.length.0.max(1)).clamp(1, 64) as u8,
    }
}

fn summary(seen: &Seen, shown: &Shown, follow: Option<&FollowAction>) -> String {
    let Some(follow) = follow else { return "Follow: nothing".to_owned() };
    let after = match follow.after {
        FollowTime::Loops(loops) => format!("{loops}×"),
        FollowTime::Time(time) => crate::model::action::Span::of(time, shown.signature).to_string(),
    };
    let (a, share) = (word(seen, follow.a), chance(follow));
    match (share, follow.b) {
        (100, _) => format!("Follow after {after}: {a}"),
        (_, b) => {
            format!("Follow after {after}: {a} {share} % · {} {} %", word(seen, b), 100 - share)
        }
    }
}

/// The action that makes a clip's follow action this.
fn set(shown: &Shown, a: FollowKind, b: FollowKind, chance: u8, loops: u8) -> Action {
    let clip = shown.at.clone();
    let (chance, other) = match chance {
        100 => (None, None),
        chance => (Some(chance), Some(named(b))),
    };
    Action::ClipFollow { clip, follow: named(a), chance, other, loops }
}

/// The menu button that says what follows, and sets it.
pub fn menu(ui: &mut Ui, seen: &Seen, shown: &Shown, asks: &mut Asks) {
    let follow = shown.clip.launch.follow.as_ref();
    let text = summary(seen, shown, follow);
    standing_menu(ui, &text, "follow action", |ui| {
        ui.set_min_width(220.0);
        let now = follow.cloned().unwrap_or(FollowAction {
            a: FollowKind::NoAction,
            b: FollowKind::NoAction,
            chance_a: 100,
            chance_b: 0,
            after: FollowTime::Loops(1),
        });
        let (share, times) = (chance(&now), loops(&now, shown));
        egui::Grid::new("follow").num_columns(2).show(ui, |ui| {
            ui.label(RichText::new("First choice").color(theme::DIM));
            if let Some(a) = kind(ui, seen, "first choice", now.a) {
                asks.act(set(shown, a, now.b, share, times));
            }
            ui.end_row();
            ui.label(RichText::new("Chance").color(theme::DIM));
            let mut value = share;
            let field = ui.add(DragValue::new(&mut value).range(0..=100).suffix(" %"));
            say(&field, "chance of the first choice", value);
            if field.changed() && value != share {
                asks.drag(ui, &field, set(shown, now.a, now.b, value, times));
            }
            ui.end_row();
            ui.label(RichText::new("Or else").color(theme::DIM));
            if let Some(b) = kind(ui, seen, "second choice", now.b) {
                // A second choice without a chance is none: it gets half.
                let share = if share == 100 { 50 } else { share };
                asks.act(set(shown, now.a, b, share, times));
            }
            ui.end_row();
            ui.label(RichText::new("After times round").color(theme::DIM));
            let mut value = times;
            let field = ui.add(DragValue::new(&mut value).range(1..=64).suffix("×"));
            say(&field, "times round", value);
            if field.changed() && value != times {
                asks.drag(ui, &field, set(shown, now.a, now.b, share, value));
            }
            ui.end_row();
        });
        if follow.is_some() && ui.button("Nothing follows").clicked() {
            asks.act(Action::ClipFollowOff { clip: shown.at.clone() });
        }
    });
}

fn say(field: &egui::Response, name: &str, value: u8) {
    let label = format!("{name}: {value}");
    field.widget_info(|| WidgetInfo::labeled(WidgetType::DragValue, true, label.clone()));
}

/// A choice of what follows.
fn kind(ui: &mut Ui, seen: &Seen, name: &str, now: FollowKind) -> Option<FollowKind> {
    let mut chosen = None;
    let text = word(seen, now);
    // A menu within the menu: a box of its own would close the one it stands in.
    let shown = ui.menu_button(&text, |ui| {
        ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
            let jumps = seen.order.scenes.iter().map(|id| FollowKind::Jump(*id));
            for kind in KINDS.iter().map(|(_, kind)| *kind).chain(jumps) {
                if ui.selectable_label(kind == now, word(seen, kind)).clicked() {
                    chosen = Some(kind);
                }
            }
        });
    });
    shown
        .response
        .widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, format!("{name}: {text}")));
    chosen
}

//! The bar at the top: transport, position, tempo, grid, and how the device does.

use egui::{Align2, Color32, Response, RichText, Sense, Ui, WidgetInfo, WidgetType, vec2};

use super::ask::{self, Asks};
use super::seen::Seen;
use super::state::UiState;
use super::theme::{self, RADIUS};
use crate::model::action::{Action, GrooveRef, Ref, Switch};
use crate::model::ids::SceneId;
use crate::model::key::{Key, PitchClass, Scale};
use crate::model::launch::Quantization;
use crate::model::project::Song;
use crate::model::time::{Bpm, Signature};
use crate::session::document::Grooves;

/// Height, points.
pub const HEIGHT: f32 = 44.0;
/// Left free at both ends, points.
const EDGE: f32 = 8.0;

/// Time signatures that can be chosen; others are written in the palette.
const SIGNATURES: [(u8, u8); 6] = [(4, 4), (3, 4), (5, 4), (6, 8), (7, 8), (12, 8)];

/// A part of the bar. What finds no room goes into the menu at its end, the least needed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Brand,
    Files,
    Transport,
    Position,
    Tempo,
    Signature,
    Key,
    Metronome,
    Quantize,
    Groove,
    History,
    Prompt,
    Device,
}

use Part::{
    Brand, Device, Files, Groove, History, Key as SongKey, Metronome, Position, Prompt, Quantize,
    Signature as Sig, Tempo, Transport,
};

/// The parts from left to right, each with the width it takes in points, and how needed it is: those of
/// 0 always stay.
const PARTS: [(Part, f32, u8); 13] = [
    (Brand, 76.0, 8),
    (Files, 46.0, 1),
    (Transport, 72.0, 0),
    (Position, 102.0, 0),
    (Tempo, 120.0, 1),
    (Sig, 50.0, 6),
    (SongKey, 106.0, 5),
    (Metronome, 56.0, 6),
    (Quantize, 142.0, 4),
    (Groove, 204.0, 9),
    (History, 104.0, 7),
    (Prompt, PROMPT_LEAST, 2),
    (Device, 124.0, 3),
];
/// Least and most width of the prompt, points: what is left goes to it.
const PROMPT_LEAST: f32 = 124.0;
const PROMPT_MOST: f32 = 320.0;
/// Width of the menu of what found no room, points.
const MORE: f32 = 34.0;

/// The parts that `width` points have room for, and how much they leave.
fn fitting(width: f32) -> (Vec<Part>, f32) {
    let mut left = width - 2.0 * EDGE;
    let mut all = PARTS.to_vec();
    all.sort_by_key(|(_, _, need)| *need);
    let whole: f32 = PARTS.iter().map(|(_, width, _)| width).sum();
    if whole > left {
        left -= MORE;
    }
    let mut shown = Vec::new();
    let mut over = false;
    for (part, width, need) in all {
        // Nothing less needed takes the place of what had none.
        over |= need > 0 && width > left;
        if !over {
            left -= width;
            shown.push(part);
        }
    }
    (shown, left.max(0.0))
}

/// Show the bar.
pub fn show(ui: &mut Ui, seen: &Seen, state: &mut UiState, asks: &mut Asks) {
    let (shown, left) = fitting(ui.available_width());
    let prompt = (PROMPT_LEAST + left).min(PROMPT_MOST);
    ui.horizontal_centered(|ui| {
        ui.add_space(EDGE);
        for (which, ..) in PARTS.iter().filter(|(which, ..)| shown.contains(which)) {
            part(ui, *which, prompt, seen, state, asks);
        }
        if shown.len() < PARTS.len() {
            let button = ui.menu_button("…", |ui| {
                for (which, ..) in PARTS.iter().filter(|(which, ..)| !shown.contains(which)) {
                    ui.horizontal(|ui| part(ui, *which, PROMPT_MOST, seen, state, asks));
                }
            });
            let named = || WidgetInfo::labeled(WidgetType::Button, true, "more of the bar");
            button.response.widget_info(named);
        }
    });
}

fn part(
    ui: &mut Ui,
    part: Part,
    prompt_width: f32,
    seen: &Seen,
    state: &mut UiState,
    asks: &mut Asks,
) {
    let song = seen.world.get_resource::<Song>();
    match (part, song) {
        (Brand, _) => {
            let name = RichText::new("HARDCORE").font(theme::strong()).color(theme::PLAY);
            ui.label(name);
        }
        (Files, _) => super::files::menu(ui, seen, state, asks),
        (Transport, _) => transport(ui, seen, asks),
        (Position, _) => {
            let place = seen.head.map_or((1, 1, 1), |head| head.bars());
            let text = format!("{:03}.{}.{}", place.0, place.1, place.2);
            figure(ui, vec2(96.0, HEIGHT), "POSITION", &text);
        }
        (Tempo, _) => {
            tempo(ui, seen, asks);
            if key(ui, "Tap", theme::TEXT, false).clicked() {
                asks.act(Action::Tap);
            }
        }
        (Metronome, _) => {
            let lit = seen.metronome;
            let color = if lit { theme::TEXT } else { theme::DIM };
            if key(ui, "Metro", color, lit).clicked() {
                let switch = if lit { Switch::Off } else { Switch::On };
                asks.act(Action::Metronome { switch });
            }
        }
        (History, _) => {
            if key(ui, "Undo", theme::TEXT, false).clicked() {
                asks.act(Action::Undo);
            }
            if key(ui, "Redo", theme::TEXT, false).clicked() {
                asks.act(Action::Redo);
            }
        }
        (Prompt, _) => prompt(ui, prompt_width, state),
        (Device, _) => {
            ui.label(RichText::new(seen.device).font(theme::number()).color(theme::DIM));
        }
        (Sig, Some(song)) => signature(ui, seen, song, asks),
        (SongKey, Some(song)) => {
            let shown = figure(ui, vec2(100.0, HEIGHT), "KEY", &song.key.to_string());
            egui::Popup::menu(&shown)
                .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
                .show(|ui| keys(ui, song.key, asks));
        }
        (Quantize, Some(song)) => quantize(ui, song, asks),
        (Groove, Some(song)) => groove(ui, seen, song, asks),
        (Sig | SongKey | Quantize | Groove, None) => {}
    }
}

/// The field that opens the palette, in which music is described and actions are written.
fn prompt(ui: &mut Ui, width: f32, state: &mut UiState) {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 26.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, "describe music"));
    let ground = if response.hovered() { theme::RAISED } else { theme::BACKGROUND };
    ui.painter().rect_filled(rect, RADIUS, ground);
    let line = egui::Stroke::new(1.0, theme::LINE);
    ui.painter().rect_stroke(rect, RADIUS, line, egui::StrokeKind::Inside);
    let right = rect.right_center() - vec2(8.0, 0.0);
    let keys = match width >= 160.0 {
        true => {
            let shown = (right, Align2::RIGHT_CENTER, "Ctrl K", theme::number());
            ui.painter().text(shown.0, shown.1, shown.2, shown.3, theme::DIM).width() + 8.0
        }
        false => 0.0,
    };
    let left = (rect.left_center() + vec2(8.0, 0.0), Align2::LEFT_CENTER);
    let look = (theme::text(), theme::DIM);
    theme::fit(ui.painter(), left, "Describe music…", look, width - 16.0 - keys);
    if response.clicked() {
        state.palette.open();
    }
}

/// A raised button with a word.
fn key(ui: &mut Ui, word: &str, color: Color32, lit: bool) -> Response {
    let ground = if lit { theme::LINE } else { theme::RAISED };
    ui.add(egui::Button::new(RichText::new(word).color(color)).fill(ground))
}

fn transport(ui: &mut Ui, seen: &Seen, asks: &mut Asks) {
    let playing = seen.runs();
    if sign(ui, "play", playing, |painter, at| {
        super::grid::triangle(
            painter,
            at,
            6.0,
            if playing { theme::BACKGROUND } else { theme::TEXT },
        );
    })
    .clicked()
    {
        play(seen, asks);
    }
    if sign(ui, "stop", false, |painter, at| {
        let square = egui::Rect::from_center_size(at, vec2(10.0, 10.0));
        painter.rect_filled(square, 1.0, theme::TEXT);
    })
    .clicked()
    {
        asks.act(Action::Stop);
    }
}

/// Start the transport. At the beginning of a set in which nothing was launched yet, with the first scene
/// that has a clip: nobody presses Play to hear nothing.
pub fn play(seen: &Seen, asks: &mut Asks) {
    let starts = seen.head.is_none_or(|head| !head.playing && head.pos.ticks() <= 0.0);
    let silent = (0..seen.order.tracks.len()).all(|node| {
        let state = seen.track_state(node);
        state.playing.is_none() && state.queued.is_none()
    });
    let has_clip = |id: &SceneId| {
        seen.scene(*id).is_some_and(|scene| scene.slots.values().any(|slot| slot.clip.is_some()))
    };
    let first = seen.order.scenes.iter().copied().find(has_clip);
    match first.filter(|_| starts && silent) {
        Some(scene) => asks.act(Action::LaunchScene { scene: ask::scene(scene) }),
        None => asks.act(Action::Play),
    }
}

fn sign(ui: &mut Ui, name: &str, lit: bool, draw: impl Fn(&egui::Painter, egui::Pos2)) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(30.0, 26.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, name));
    let ground = match (lit, response.hovered()) {
        (true, _) => theme::PLAY,
        (false, true) => theme::HOVER,
        (false, false) => theme::RAISED,
    };
    ui.painter().rect_filled(rect, RADIUS, ground);
    draw(ui.painter(), rect.center());
    response
}

fn signature(ui: &mut Ui, seen: &Seen, song: &Song, asks: &mut Asks) {
    let now = seen.head.map_or(song.signature, |head| head.signature);
    let shown = figure(ui, vec2(44.0, HEIGHT), "SIG", &now.to_string());
    egui::Popup::menu(&shown).show(|ui| {
        for (numerator, denominator) in SIGNATURES {
            let signature = Signature { numerator, denominator };
            let word = signature.to_string();
            if ui.selectable_label(song.signature == signature, word).clicked() {
                asks.act(Action::Signature { signature });
            }
        }
    });
}

/// Roots and scales.
fn keys(ui: &mut Ui, now: Key, asks: &mut Asks) {
    egui::Grid::new("roots").show(ui, |ui| {
        for semitone in 0..12 {
            let root = PitchClass::new(semitone);
            if ui.selectable_label(root == now.root, root.to_string()).clicked() {
                asks.act(Action::SetKey { key: Key { root, ..now } });
            }
            if semitone == 5 {
                ui.end_row();
            }
        }
    });
    ui.separator();
    for scale in Scale::ALL {
        if ui.selectable_label(scale == now.scale, scale.name()).clicked() {
            asks.act(Action::SetKey { key: Key { scale, ..now } });
        }
    }
}

/// The tempo: dragged, turned, or written after a click.
fn tempo(ui: &mut Ui, seen: &Seen, asks: &mut Asks) {
    let song = seen.world.get_resource::<Song>().map_or(0.0, |song| song.tempo.start.get());
    let running = seen.head.map_or(song, |head| head.bpm.get());
    let (rect, _) = ui.allocate_exact_size(vec2(76.0, HEIGHT), Sense::hover());
    let top = rect.left_top() + vec2(0.0, 6.0);
    ui.painter().text(top, Align2::LEFT_TOP, "BPM", theme::label(), theme::DIM);
    let below = egui::Rect::from_min_max(rect.left_top() + vec2(0.0, 13.0), rect.max);
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(below).id_salt("tempo"));
    let style = inside.style_mut();
    style.override_font_id = Some(theme::large_number());
    style.spacing.button_padding = vec2(0.0, 0.0);
    let visuals = &mut style.visuals.widgets;
    for state in [&mut visuals.inactive, &mut visuals.hovered, &mut visuals.active] {
        state.weak_bg_fill = Color32::TRANSPARENT;
        state.bg_stroke = egui::Stroke::NONE;
    }
    let mut bpm = running;
    let number = egui::DragValue::new(&mut bpm)
        .range(20.0..=999.0)
        .speed(0.1)
        .fixed_decimals(2)
        .update_while_editing(false);
    let response = inside.add_sized(vec2(68.0, 22.0), number);
    response.widget_info(|| WidgetInfo::slider(true, running, "tempo in beats per minute"));
    if response.changed() && bpm != running {
        let tempo = Bpm::from_milli((bpm * 1000.0).round() as u32);
        asks.drag(&inside, &response, Action::Bpm { tempo });
    }
}

/// A number under its label, which takes the same room whatever it says.
fn figure(ui: &mut Ui, size: egui::Vec2, label: &str, value: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response
        .widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, format!("{label} {value}")));
    let painter = ui.painter();
    let top = rect.left_top() + vec2(0.0, 6.0);
    painter.text(top, Align2::LEFT_TOP, label, theme::label(), theme::DIM);
    let below = rect.left_bottom() - vec2(0.0, 5.0);
    let look = (theme::large_number(), theme::TEXT);
    theme::fit(painter, (below, Align2::LEFT_BOTTOM), value, look, rect.width());
    response
}

fn quantize(ui: &mut Ui, song: &Song, asks: &mut Asks) {
    let name = |q: Quantization| {
        Quantization::NAMES.iter().find(|(_, known)| *known == q).map_or("", |(name, _)| *name)
    };
    ui.label(RichText::new("Quantize").color(theme::DIM));
    egui::ComboBox::from_id_salt("quantize")
        .width(64.0)
        .selected_text(name(song.quantization))
        .show_ui(ui, |ui| {
            for (word, grid) in Quantization::NAMES {
                if ui.selectable_label(grid == song.quantization, word).clicked() {
                    asks.act(Action::Quantize { grid });
                }
            }
        });
}

/// The groove of clips without their own, and how strongly grooves apply.
fn groove(ui: &mut Ui, seen: &Seen, song: &Song, asks: &mut Asks) {
    let Some(all) = seen.world.get_resource::<Grooves>().filter(|all| !all.0.is_empty()) else {
        return;
    };
    let now = song.groove.and_then(|id| all.0.iter().find(|groove| groove.id == id));
    ui.label(RichText::new("Groove").color(theme::DIM));
    egui::ComboBox::from_id_salt("groove")
        .width(72.0)
        .selected_text(now.map_or("straight", |groove| &groove.name))
        .show_ui(ui, |ui| {
            if ui.selectable_label(now.is_none(), "straight").clicked() {
                asks.act(Action::GrooveOff);
            }
            for groove in &all.0 {
                if ui.selectable_label(song.groove == Some(groove.id), &groove.name).clicked() {
                    asks.act(Action::SongGroove { groove: GrooveRef(Ref::Id(groove.id.0)) });
                }
            }
        });
    let mut percent = song.groove_amount * 100.0;
    let number = egui::DragValue::new(&mut percent).range(0.0..=130.0).speed(0.5).suffix(" %");
    let response = ui.add(number.fixed_decimals(0));
    response.widget_info(|| WidgetInfo::slider(true, f64::from(percent), "groove amount"));
    if response.changed() {
        asks.drag(ui, &response, Action::GrooveAmount { amount: percent / 100.0 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_needed_parts_go_first() {
        let (all, left) = fitting(1900.0);
        assert_eq!(all.len(), PARTS.len());
        assert!(left > 0.0);
        let (usual, _) = fitting(1280.0);
        assert!(usual.contains(&Device) && !usual.contains(&Groove));
        let (few, _) = fitting(640.0);
        assert!(few.contains(&Transport) && few.contains(&Prompt) && !few.contains(&Quantize));
        let (least, left) = fitting(100.0);
        assert_eq!((least, left), (vec![Transport, Position], 0.0));
    }
}

//! A clip of audio: its level, tuning and tempo, and its automation over the bars.

use egui::{Align2, DragValue, Rect, RichText, Ui, UiBuilder, WidgetInfo, WidgetType, vec2};

use super::state::{EditorState, Lane};
use super::view::{self, View};
use super::{Shown, automation, brace, draw, header};
use crate::model::action::Action;
use crate::model::automation::AutomationTarget;
use crate::model::clip::{AudioClip, WarpMode};
use crate::model::mixer::Db;
use crate::model::project::Song;
use crate::model::time::{Bpm, PPQ};
use crate::model::wave::{Wave, stretches};
use crate::ui::ask::Asks;
use crate::ui::seen::Seen;
use crate::ui::theme;
use crate::ui::widgets::wave;

/// Height of the controls, points.
const CONTROLS: f32 = 30.0;

/// Show a clip of audio in `area`.
pub fn show(
    ui: &mut Ui,
    area: Rect,
    seen: &Seen,
    shown: &Shown,
    audio: &AudioClip,
    state: &mut EditorState,
    asks: &mut Asks,
) {
    let (upper, lower) = area.split_top_bottom_at_y(area.top() + CONTROLS);
    let mut above = ui.new_child(UiBuilder::new().max_rect(upper).id_salt("audio"));
    above.horizontal_centered(|ui| controls(ui, seen, shown, audio, asks));

    let view = view::set_up(ui, lower, Vec::new(), shown, state);
    let step = state.grid.step(shown.signature).map_or(1, |step| step.0.max(1));
    let mut inside = ui.new_child(UiBuilder::new().max_rect(lower).id_salt("editor"));
    draw::ground(&inside, shown, &view, step);
    body(&mut inside, seen, shown, audio, &view);
    let target = match &state.lane {
        Lane::Automation(target) => target.clone(),
        // An audio clip has no notes with velocities.
        Lane::Velocity | Lane::Chance => AutomationTarget::Volume,
    };
    state.lane = Lane::Automation(target.clone());
    automation::show(&mut inside, seen, shown, &target, &view, state, asks);
    automation::chooser(&mut inside, seen, shown, &view, state);
    brace::show(&inside, shown, &view, step, asks);
    draw::playhead(&inside, seen, shown, &view, state);
}

/// The recording where it sounds, under its name, with its slices.
fn body(ui: &mut Ui, seen: &Seen, shown: &Shown, audio: &AudioClip, view: &View) {
    let painter = ui.painter().with_clip_rect(view.roll.intersect(ui.clip_rect()));
    let body = Rect::from_x_y_ranges(
        view.x(0)..=view.x(shown.clip.length.0),
        view.roll.shrink2(vec2(0.0, 6.0)).y_range(),
    );
    let over = |share| theme::over(theme::BACKGROUND, shown.color, share);
    painter.rect_filled(body, 3.0, over(0.2));
    let name = audio.sample.to_string();
    let (said, color) = match seen.wave(shown.clip) {
        Some(Wave::Ready(outline)) => {
            let all = stretches(shown.clip, audio, (outline.rate(), outline.frames()), seen.bpm());
            let tick = f64::from(view.x(PPQ) - view.x(0)) / PPQ as f64;
            let scale = wave::Scale { left: view.x(0), tick };
            let rect = body.shrink2(vec2(0.0, 2.0)).with_min_y(body.top() + 22.0);
            let gain = audio.gain.gain();
            let color = over(if shown.clip.muted { 0.35 } else { 0.75 });
            wave::draw(&painter, rect, scale, (outline, &all), gain, color);
            (name, theme::TEXT)
        }
        Some(Wave::Missing(why)) => (format!("Missing: {why}"), theme::WARN),
        Some(Wave::Reading) | None => (format!("{name}: being read"), theme::DIM),
    };
    for marker in &audio.markers {
        painter.vline(view.x(marker.at.0), body.y_range(), egui::Stroke::new(1.0, over(0.9)));
    }
    let at = body.left_top().max(view.roll.left_top()) + vec2(8.0, 6.0);
    let room = (view.roll.right() - at.x - 12.0).max(0.0);
    theme::fit(&painter, (at, Align2::LEFT_TOP), &said, (theme::text(), color), room);
    let rect = body.intersect(view.roll);
    let response = ui.interact(rect, ui.id().with("recording"), egui::Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Image, true, said.clone()));
}

fn controls(ui: &mut Ui, seen: &Seen, shown: &Shown, audio: &AudioClip, asks: &mut Asks) {
    let clip = || shown.at.clone();
    let dim = |ui: &mut Ui, text: &str| ui.label(RichText::new(text).color(theme::DIM));
    dim(ui, "Gain");
    let mut gain = if audio.gain.0.is_finite() { audio.gain.0 } else { -120.0 };
    let field = DragValue::new(&mut gain).range(-120.0..=24.0).speed(0.1).suffix(" dB");
    let response = ui.add(field.fixed_decimals(1));
    say(&response, format!("gain {gain:.1}"));
    if response.changed() {
        asks.drag(ui, &response, Action::ClipGain { clip: clip(), level: Db(gain) });
    }
    dim(ui, "Pitch");
    let mut semitones = audio.pitch;
    let field = DragValue::new(&mut semitones).range(-48.0..=48.0).speed(0.05).suffix(" st");
    let response = ui.add(field.fixed_decimals(2));
    say(&response, format!("pitch {semitones:.2}"));
    if response.changed() {
        asks.drag(ui, &response, Action::ClipPitch { clip: clip(), semitones });
    }
    dim(ui, "Warp");
    for (word, warp) in
        [("Off", WarpMode::Off), ("Rate", WarpMode::Rate), ("Sliced", WarpMode::Sliced)]
    {
        let lit = audio.warp == warp;
        if header::toggle(ui, word, &format!("warp {}", word.to_lowercase()), lit) && !lit {
            asks.act(Action::ClipWarp { clip: clip(), warp });
        }
    }
    let button =
        ui.button("Slice").on_hover_text("Cut it at its hits: each starts on its own place");
    if button.clicked() {
        asks.act(Action::ClipSlice { clip: clip() });
    }
    dim(ui, "Tempo");
    let song = seen.world.get_resource::<Song>().map_or(120.0, |song| song.tempo.start.get());
    let mut bpm = audio.source_bpm.map_or(song, Bpm::get);
    let field = DragValue::new(&mut bpm).range(20.0..=999.0).speed(0.25).suffix(" BPM");
    let response = ui.add(field.fixed_decimals(2));
    say(&response, format!("tempo of the recording {bpm:.2}"));
    if response.changed()
        && let Ok(tempo) = Bpm::new(bpm)
    {
        asks.drag(ui, &response, Action::ClipTempo { clip: clip(), tempo });
    }
    if audio.source_bpm.is_none() {
        dim(ui, "not known yet");
    }
}

fn say(response: &egui::Response, label: String) {
    response.widget_info(|| WidgetInfo::labeled(WidgetType::DragValue, true, label.clone()));
}

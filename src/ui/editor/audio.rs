//! A clip of audio: its level, tuning and tempo, and its automation over the bars.

use egui::{Align2, DragValue, Rect, RichText, Ui, UiBuilder, WidgetInfo, WidgetType, vec2};

use super::state::{EditorState, Lane};
use super::view::{self, View};
use super::{Shown, automation, draw, header};
use crate::model::action::Action;
use crate::model::automation::AutomationTarget;
use crate::model::clip::{AudioClip, WarpMode};
use crate::model::mixer::Db;
use crate::model::project::Song;
use crate::model::time::Bpm;
use crate::ui::ask::Asks;
use crate::ui::seen::Seen;
use crate::ui::theme;

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

    let mut view = View::new(lower, Vec::new(), false, state);
    if state.shown != Some(shown.clip.id) {
        state.shown = Some(shown.clip.id);
        state.selected.clear();
        (state.drag, state.origin) = (None, None);
        view::fit(state, shown, &mut view);
    }
    view::scroll(ui, state, shown, &mut view);
    let step = state.grid.step(shown.signature).map_or(1, |step| step.0.max(1));
    let mut inside = ui.new_child(UiBuilder::new().max_rect(lower).id_salt("editor"));
    draw::ground(&inside, shown, &view, step);
    markers(&inside, shown, audio, &view);
    let target = match &state.lane {
        Lane::Automation(target) => target.clone(),
        // An audio clip has no notes with velocities.
        Lane::Velocity | Lane::Chance => AutomationTarget::Volume,
    };
    state.lane = Lane::Automation(target.clone());
    automation::show(&mut inside, seen, shown, &target, &view, state, asks);
    automation::chooser(&mut inside, seen, shown, &view, state);
    draw::playhead(&inside, seen, shown, &view, state);
}

/// The stretch that sounds, under the recording's name, with its slices.
fn markers(ui: &Ui, shown: &Shown, audio: &AudioClip, view: &View) {
    let painter = ui.painter().with_clip_rect(view.roll.intersect(ui.clip_rect()));
    let body = Rect::from_x_y_ranges(
        view.x(0)..=view.x(shown.clip.length.0),
        view.roll.shrink2(vec2(0.0, 6.0)).y_range(),
    );
    painter.rect_filled(body, 3.0, theme::over(theme::BACKGROUND, shown.color, 0.25));
    for marker in &audio.markers {
        let line = egui::Stroke::new(1.0, theme::over(theme::BACKGROUND, shown.color, 0.8));
        painter.vline(view.x(marker.at.0), body.y_range(), line);
    }
    let at = body.left_top() + vec2(8.0, 6.0);
    let name = audio.sample.to_string();
    let font = (theme::text(), theme::TEXT);
    theme::fit(&painter, (at, Align2::LEFT_TOP), &name, font, body.width() - 12.0);
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

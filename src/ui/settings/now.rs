//! What is in use now, above the settings that decide on it: the device, MIDI ports, what plays synths.

use egui::{Label, Response, RichText, Sense, Ui, WidgetInfo, WidgetType, vec2};

use crate::model::gear::MidiPort;
use crate::ui::ask::Asks;
use crate::ui::seen::Seen;
use crate::ui::{gear, theme};

/// Side of a port's light, points.
const LIGHT: f32 = 10.0;

/// Show what is in use of what a section is about; the control by which it is looked for anew, where there
/// is one.
pub fn show(ui: &mut Ui, section: &str, seen: &Seen, asks: &mut Asks) -> Option<Response> {
    let line = |ui: &mut Ui, text: &str, warns: bool| {
        let color = if warns { theme::WARN } else { theme::TEXT };
        ui.add(Label::new(RichText::new(text).color(color)).wrap());
    };
    match section {
        "audio" => {
            let silent = seen.gear.playing.backend == "null";
            line(ui, &gear::where_it_plays(seen), silent);
            let word = if seen.is_looking { "looking…" } else { "look again for devices" };
            let button = ui.button(word);
            if button.clicked() {
                asks.look();
            }
            Some(button)
        }
        "synth" => {
            let words = gear::synth(seen);
            line(ui, &words.sentence, words.warns);
            None
        }
        "midi" => {
            let words = gear::midi(seen);
            if seen.gear.ports.is_empty() {
                line(ui, &words.sentence, words.warns);
            }
            for port in &seen.gear.ports {
                one(ui, port);
            }
            None
        }
        _ => None,
    }
}

/// A port: whether it is in use, which way it goes, its name, the controller it belongs to.
fn one(ui: &mut Ui, port: &MidiPort) {
    let way = if port.is_input { "in" } else { "out" };
    let state = match (port.used, port.is_input) {
        (true, true) => "heard",
        (true, false) => "played to",
        (false, _) => "not in use",
    };
    let mut about = port.model.map_or(String::new(), |model| format!("{model}, "));
    about += state;
    let row = ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(LIGHT, LIGHT), Sense::hover());
        let color = if port.used { theme::TEXT } else { theme::LINE };
        ui.painter().circle_filled(rect.center(), LIGHT * 0.35, color);
        let (rect, _) = ui.allocate_exact_size(vec2(24.0, 18.0), Sense::hover());
        let at = (rect.left_center(), egui::Align2::LEFT_CENTER);
        theme::fit(ui.painter(), at, way, (theme::number(), theme::DIM), rect.width());
        // What the port is for is never pushed out by its name.
        let wide = (ui.available_width() * 0.6).max(80.0);
        let (rect, _) = ui.allocate_exact_size(vec2(wide, 18.0), Sense::hover());
        let at = (rect.left_center(), egui::Align2::LEFT_CENTER);
        theme::fit(ui.painter(), at, &port.name, (theme::text(), theme::TEXT), rect.width());
        ui.add(Label::new(RichText::new(&about).color(theme::DIM)).truncate());
    });
    let name = format!("MIDI {way} {}: {about}", port.name);
    let id = ui.id().with(("port", way, &port.name));
    let whole = ui.interact(row.response.rect, id, Sense::hover());
    whole.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, &name));
    whole.on_hover_text(port.fault.clone().unwrap_or(name.clone()));
    if let Some(fault) = &port.fault {
        ui.add(Label::new(RichText::new(fault).color(theme::WARN)).wrap());
    }
}

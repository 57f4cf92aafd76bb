//! Lists of devices and ports in the settings, and what the line at the bottom shows of them.

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use super::{Desk, SET, ctrl, desk};
use crate::model::gear::{Executor, MidiPort, Output, Playing};
use crate::settings::Row;
use crate::ui::seen::Load;

const LONG: &str = "Focusrite Scarlett 18i20 USB (3rd Generation), Direct sample mixing device 00";

fn port(name: &str, is_input: bool, model: Option<&'static str>, used: bool) -> MidiPort {
    MidiPort { name: name.to_owned(), is_input, model, used, fault: None }
}

fn output(name: &str, channels: u16) -> Output {
    Output { name: name.to_owned(), channels }
}

/// A desk that plays on a card of the system with six outputs, at a Launchpad.
fn studio() -> Harness<'static, Desk> {
    let mut harness = desk(&SET);
    let desk = harness.state_mut();
    desk.gear.playing = Playing {
        backend: "system".to_owned(),
        device: LONG.to_owned(),
        rate: 48_000,
        period: 256,
        outputs: 6,
        rates: Some((44_100, 96_000)),
        periods: Some((64, 1024)),
        silent: None,
    };
    desk.gear.ports = vec![
        port("Launchpad X:LPX MIDI In", true, Some("Launchpad X"), true),
        port(LONG, true, None, false),
        port("drum machine", false, None, false),
    ];
    desk.found.system = vec![output("HDA Intel PCH, ALC892", 0), output(LONG, 0)];
    desk.found.jack = vec![output("system", 2)];
    desk.found.no_jack = Some("no JACK server is running".to_owned());
    desk.load = Some(Load { share: 0.031, xruns: 2, ours: 1 });
    harness.run_steps(2);
    harness
}

fn open(harness: &mut Harness<'static, Desk>) {
    ctrl(harness, Key::Comma);
    harness.run_steps(4);
}

fn open_list(harness: &mut Harness<'static, Desk>, key: &str) {
    harness.get_by_label(key).scroll_to_me();
    harness.run_steps(4);
    harness.get_by_label(key).click();
    harness.run_steps(4);
}

fn pick(harness: &mut Harness<'static, Desk>, key: &str, choice: &str) -> String {
    open_list(harness, key);
    harness.get_by_label(choice).click();
    harness.run_steps(4);
    harness.state().asked.last().cloned().unwrap_or_default()
}

#[test]
fn devices_outputs_and_periods_are_chosen_from_what_was_found() {
    let mut harness = studio();
    open(&mut harness);
    assert_eq!(pick(&mut harness, "audio.device", LONG), format!("audio.device = {LONG}"));
    assert_eq!(pick(&mut harness, "audio.rate", "96000 Hz"), "audio.rate = 96000");
    assert_eq!(pick(&mut harness, "audio.period", "128 frames, 2.7 ms"), "audio.period = 128");
    assert_eq!(pick(&mut harness, "audio.cue", "5-6"), "audio.cue = 5-6");
    assert_eq!(
        pick(&mut harness, "midi.clock_out", "drum machine"),
        "midi.clock_out = drum machine"
    );
}

#[test]
fn what_the_device_does_not_have_is_not_offered_and_what_is_missing_says_why() {
    let mut harness = studio();
    open(&mut harness);
    open_list(&mut harness, "audio.period");
    for absent in ["16 frames, 0.3 ms", "2048 frames, 42.7 ms"] {
        assert!(harness.query_by_label(absent).is_none(), "{absent}");
    }
    harness.key_press(Key::Escape);
    harness.run_steps(4);
    open_list(&mut harness, "audio.backend");
    harness.get_by_label("jack — no JACK server is running");
    harness.key_press(Key::Escape);
    harness.run_steps(4);
    assert!(harness.state().state.settings.open, "only the list is left");
    harness.get_by_label(
        "scsynth cannot play now: scsynth is only played with JACK (or PipeWire's JACK), which does not \
         play now",
    );
    harness.state_mut().found.no_scsynth = Some("scsynth is not installed".to_owned());
    harness.run_steps(2);
    harness.get_by_label("scsynth cannot play now: scsynth is not installed");
}

#[test]
fn jack_decides_on_its_rate_and_a_device_that_is_gone_stays_chosen() {
    let mut harness = studio();
    let desk = harness.state_mut();
    (desk.gear.playing.backend, desk.gear.jack) = ("jack".to_owned(), vec![output("rec", 2)]);
    set(&mut desk.settings, "audio.device", "Old card");
    open(&mut harness);
    harness.get_by_label("JACK runs at 48000 Hz, which is set where it is started.");
    harness.get_by_label("JACK's period is 256 frames, which is set where it is started.");
    harness.get_by_label("no output called 'Old card' is seen now");
    let asked = pick(&mut harness, "audio.device", "rec (JACK, 2 outputs)");
    assert_eq!(asked, "audio.device = rec");
}

fn set(rows: &mut [Row], key: &str, value: &str) {
    let row = rows.iter_mut().find(|row| row.key == key).expect("a setting");
    row.value = value.to_owned();
}

#[test]
fn ports_say_their_controller_and_whether_they_are_in_use() {
    let mut harness = studio();
    open(&mut harness);
    harness.get_by_label("MIDI in Launchpad X:LPX MIDI In: Launchpad X, heard");
    harness.get_by_label(&format!("MIDI in {LONG}: not in use"));
    harness.get_by_label("MIDI out drum machine: not in use");
    harness.state_mut().gear.ports.clear();
    harness.state_mut().gear.midi_fault = Some("MIDI cannot be opened".to_owned());
    harness.run_steps(2);
    harness.get_by_label("MIDI cannot be opened.");
}

#[test]
fn long_names_stay_in_the_window_at_every_size() {
    for zoom in [1.0, 2.0] {
        let mut harness = studio();
        set(&mut harness.state_mut().settings, "audio.device", LONG);
        harness.ctx.set_zoom_factor(zoom);
        harness.set_size(egui::vec2(1280.0, 800.0) / zoom);
        harness.run_steps(4);
        open(&mut harness);
        let room = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1280.0, 800.0) / zoom);
        harness.get_by_label("audio.device").scroll_to_me();
        harness.run_steps(4);
        let list = harness.get_by_label("audio.device").rect();
        assert!(list.width() < 220.0 && room.contains_rect(list), "{zoom}: {list:?}");
        open_list(&mut harness, "audio.device");
        let entry = harness.get_by_label(LONG).rect();
        assert!(entry.left() >= 0.0 && entry.right() <= room.right(), "{zoom}: {entry:?}");
        harness.key_press(Key::Escape);
        harness.run_steps(4);
        let name = format!("MIDI in {LONG}: not in use");
        harness.get_by_label(&name).scroll_to_me();
        harness.run_steps(4);
        let row = harness.get_by_label(&name).rect();
        assert!(row.left() >= 0.0 && row.right() <= room.right(), "{zoom}: {row:?}");
    }
}

#[test]
fn the_line_at_the_bottom_shows_audio_midi_and_synth_and_leads_to_their_settings() {
    let mut harness = studio();
    harness.get_by_label("audio: system 48 kHz · 3 % · xruns 2");
    harness.get_by_label("midi: MIDI 1");
    harness.get_by_label("synth: embedded synth");
    harness.get_by_label("MIDI is silent");
    harness.state_mut().hears = true;
    harness.run_steps(2);
    harness.get_by_label("MIDI is heard");
    harness.get_by_label("midi: MIDI 1").click();
    harness.run_steps(6);
    assert!(harness.state().state.settings.open);
    let clock = harness.get_by_label("midi.clock");
    assert!(clock.accesskit_node().is_focused(), "the keyboard is at the section's first control");
}

#[test]
fn what_is_missing_is_said_under_the_pointer_with_what_helps() {
    let mut harness = studio();
    let desk = harness.state_mut();
    desk.gear.playing.backend = "null".to_owned();
    desk.gear.playing.silent = Some("no sound: no JACK server is running".to_owned());
    desk.gear.executor = Executor::Instead("scsynth is not installed".to_owned());
    harness.run_steps(2);
    harness.get_by_label("synth: embedded, no scsynth").hover();
    harness.run_steps(60);
    harness.get_by_label("The built-in synth plays in place of scsynth: scsynth is not installed.");
    harness.get_by_label("audio: no sound 48 kHz · 3 % · xruns 2").hover();
    harness.run_steps(60);
    harness.get_by_label_contains("no JACK server is running. Another output is chosen in the");
}

#[test]
fn in_a_small_window_the_line_keeps_the_three() {
    let mut harness = studio();
    harness.set_size(egui::vec2(640.0, 400.0));
    harness.run_steps(4);
    let mut right = 0.0;
    for name in ["audio: system 3 % · xruns 2", "midi: MIDI 1", "synth: embedded"] {
        let rect = harness.get_by_label(name).rect();
        assert!(rect.left() >= right && rect.right() <= 640.0, "{name}: {rect:?}");
        right = rect.right();
    }
}

#[test]
fn the_keyboard_enters_the_settings_chooses_and_leaves() {
    let mut harness = studio();
    open(&mut harness);
    harness.key_press(Key::Tab);
    harness.run_steps(3);
    assert!(harness.get_by_label("folders.library").accesskit_node().is_focused());
    // Past synthdefs to the level of the log.
    for _ in 0..2 {
        harness.key_press(Key::Tab);
        harness.run_steps(3);
    }
    assert!(harness.get_by_label("log.level").accesskit_node().is_focused());
    harness.key_press(Key::Enter);
    harness.run_steps(4);
    harness.get_by_label("trace");
    harness.key_press(Key::Escape);
    harness.run_steps(4);
    for _ in 0..2 {
        harness.key_press(Key::Escape);
        harness.run_steps(4);
    }
    assert!(!harness.state().state.settings.open);
}

#[test]
fn what_counts_from_the_next_start_on_is_named() {
    let mut harness = studio();
    open(&mut harness);
    harness.state_mut().state.settings.done("audio.period", Ok(()));
    harness.state_mut().state.settings.done("synth.executor", Ok(()));
    harness.run_steps(2);
    harness.get_by_label("From the next start of the program on: synth.executor.");
}

//! Presets and chains saved and loaded by hand, and effects dragged to another place.

use egui::{Event, Key};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::{Desk, SET, desk};
use crate::model::ids::PresetId;
use crate::model::library::{Preset, PresetData};
use crate::model::mixer::Effect;
use crate::model::track::Instrument;
use crate::session::document::{Order, part, rack};

fn set() -> Harness<'static, Desk> {
    let mut lines = SET.to_vec();
    lines.extend(["insert Kick add fx_distortion", "insert Kick add fx_limiter"]);
    let mut harness = desk(&lines);
    let instrument =
        Instrument { synth: "hoover".into(), params: [("cutoff".into(), 900.0)].into() };
    let preset = |id, name: &str, data| Preset {
        id: PresetId(id),
        name: name.into(),
        tags: vec!["acid".into()],
        data,
    };
    let state = harness.state_mut();
    for text in [
        include_str!("../../../synthdefs/fx_distortion.ron"),
        include_str!("../../../synthdefs/fx_limiter.ron"),
    ] {
        let sound: crate::model::sound::SoundDescriptor = ron::from_str(text).unwrap();
        state.sounds.insert(sound.name.clone(), sound);
    }
    state.presets.presets = vec![
        preset(1, "Nasty", PresetData::Instrument(instrument)),
        preset(2, "Dirt", PresetData::FxChain(Vec::new())),
    ];
    harness.run_steps(3);
    harness
}

fn effects(harness: &Harness<'static, Desk>) -> Vec<String> {
    let world = &harness.state().world;
    let track = world.resource::<Order>().tracks[0];
    let all = rack(world, crate::model::ids::StripId::Track(track)).unwrap();
    all.iter().map(|id| part::<Effect>(world, *id).unwrap().name.clone()).collect()
}

fn write(harness: &mut Harness<'static, Desk>, text: &str) {
    harness.input_mut().events.push(Event::Text(text.to_owned()));
    harness.run_steps(2);
}

#[test]
fn an_instrument_is_saved_and_loaded_from_its_card() {
    let mut harness = set();
    harness.get_by_label("Presets").click();
    harness.run_steps(3);
    harness.get_by_label("name of the preset").focus();
    harness.run_steps(2);
    write(&mut harness, "Mine");
    harness.get_by_label("Save").click();
    harness.run_steps(3);
    let asked = &harness.state().asked;
    assert!(
        asked.iter().any(|a| a.starts_with("preset save #") && a.contains("Mine")),
        "{asked:?}"
    );

    harness.get_by_label("Presets").click();
    harness.run_steps(3);
    harness.get_by_label("name of the preset").focus();
    harness.run_steps(2);
    write(&mut harness, "nasty");
    harness.state_mut().asked.clear();
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    assert!(harness.state().asked.is_empty(), "Enter replaces nothing");
    assert!(harness.query_by_label("Replace").is_some());
    harness.get_all_by_label("Nasty").last().unwrap().click();
    harness.run_steps(3);
    let asked = &harness.state().asked;
    assert!(asked.iter().any(|a| a.starts_with("preset load #")), "{asked:?}");
}

#[test]
fn a_factory_preset_is_one_step() {
    let mut harness = set();
    let before = harness.state().world.resource::<crate::session::history::History>().state();
    let preset = harness.state().sounds["kick_gabber"].presets[0].name.clone();
    harness.get_by_label("Presets").click();
    harness.run_steps(3);
    harness.get_by_label(&preset).click();
    harness.run_steps(3);
    let now = harness.state().world.resource::<crate::session::history::History>().state();
    assert_ne!(before, now);
    harness.state_mut().act("undo");
    let now = harness.state().world.resource::<crate::session::history::History>().state();
    assert_eq!(before, now);
}

#[test]
fn an_effect_is_dragged_behind_the_next_and_escape_leaves_it() {
    let mut harness = set();
    assert_eq!(effects(&harness), ["fx_distortion", "fx_limiter"]);
    let from = harness.get_by_label("move effect 1").rect().center();
    let to = harness.get_by_label("move effect 2").rect().right_center() - egui::vec2(6.0, 0.0);
    harness.hover_at(from);
    harness.drag_at(from);
    harness.hover_at(to);
    harness.run_steps(2);
    harness.key_press(Key::Escape);
    harness.run_steps(2);
    harness.drop_at(to);
    harness.run_steps(3);
    assert_eq!(effects(&harness), ["fx_distortion", "fx_limiter"]);
    harness.drag_at(from);
    harness.hover_at(to);
    harness.run_steps(2);
    harness.drop_at(to);
    harness.run_steps(3);
    assert_eq!(effects(&harness), ["fx_limiter", "fx_distortion"]);
    harness.state_mut().act("undo");
    assert_eq!(effects(&harness), ["fx_distortion", "fx_limiter"], "one step");
}

#[test]
fn the_browser_lists_and_loads_what_is_ones_own() {
    let mut harness = set();
    harness.get_by_label("search sounds").focus();
    harness.run_steps(2);
    write(&mut harness, "nasty");
    harness.state_mut().asked.clear();
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    let asked = harness.state().asked.clone();
    assert!(asked.iter().any(|a| a.starts_with("preset load #")), "{asked:?}");
    harness.state_mut().asked.clear();
    harness.key_press_modifiers(egui::Modifiers::SHIFT, Key::Enter);
    harness.run_steps(3);
    let asked = &harness.state().asked;
    assert_eq!(asked.len(), 2, "a track, and the preset on it: {asked:?}");
    assert!(asked[0].starts_with("track add instrument hoover"), "{asked:?}");
}

#[test]
fn many_effects_reach_beyond_the_edge_and_their_panel_keeps_its_height() {
    let mut harness = set();
    let alone = harness.get_by_label("Presets").rect().top();
    for _ in 0..4 {
        harness.state_mut().act("insert Kick add fx_distortion");
    }
    harness.run_steps(3);
    let add = harness.get_by_label("+ add an effect").rect();
    assert!(add.left() > 1280.0 && add.height() < 40.0, "{add}");
    assert!((harness.get_by_label("Presets").rect().top() - alone).abs() < 1.0);
}

#[test]
fn a_sound_that_is_chosen_is_heard_unless_nobody_wants_to() {
    let mut harness = set();
    let asked = |harness: &mut Harness<'static, Desk>, label: &str| {
        harness.state_mut().asked.clear();
        harness.get_by_label(label).click();
        harness.run_steps(3);
        harness.state().asked.clone()
    };
    assert_eq!(asked(&mut harness, "preset Nasty"), ["audition preset Nasty"]);
    assert!(asked(&mut harness, "chain Dirt").is_empty(), "a chain has no sound of its own");
    assert_eq!(asked(&mut harness, "hear sounds that are chosen"), ["audition stop"]);
    assert!(asked(&mut harness, "preset Nasty").is_empty());
}

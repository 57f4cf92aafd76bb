//! The panels driven as by hand, found by the names that screen readers say.

mod drops;
mod gear;
mod presets;
mod waves;
mod works;

use std::collections::{BTreeMap, BTreeSet};

use bevy_ecs::world::World;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::ask::{Ask, Asks};
use super::closing::{Closing, Leave};
use super::seen::{Files, Load, Offer, Seen};
use super::state::{Cell, UiState};
use super::theme;
use crate::engine::protocol::{GridPart, Snapshot};
use crate::model::action::{Action, Names, parse};
use crate::model::clip::Clip;
use crate::model::gear::{Found, Gear};
use crate::model::ids::TrackId;
use crate::model::library::UserLibrary;
use crate::model::project::Project;
use crate::model::scene::Scene;
use crate::model::sound::SoundDescriptor;
use crate::model::time::{Bpm, TempoMap};
use crate::model::wave::Waves;
use crate::session::act::{Act, Errand, at_once, resolve};
use crate::session::document::{Name, Order, part, spawn};
use crate::session::history::{History, Outcome, Request, perform};
use crate::settings::{Flags, Places, Row, Settings, Sources};

/// A document with the panels over it; what they ask for is done, where it is an edit.
pub(super) struct Desk {
    pub(super) world: World,
    pub(super) state: UiState,
    armed: BTreeSet<TrackId>,
    pub(super) asked: Vec<String>,
    sounds: BTreeMap<String, SoundDescriptor>,
    names: Names,
    pub(super) snapshot: Option<Snapshot>,
    pub(super) presets: UserLibrary,
    files: Files,
    pub(super) waves: Waves,
    settings: Vec<Row>,
    gear: Gear,
    found: Found,
    load: Option<Load>,
    hears: bool,
}

pub(super) fn desk(lines: &[&str]) -> Harness<'static, Desk> {
    let mut world = World::new();
    let key = "F minor".parse().expect("a key");
    let project = Project::new("test", TempoMap::constant(Bpm::from_milli(170_000)), key);
    spawn(&mut world, project).expect("a document");
    let sounds = [
        include_str!("../../synthdefs/kick_gabber.ron"),
        include_str!("../../synthdefs/hoover.ron"),
    ]
    .map(|text| ron::from_str::<SoundDescriptor>(text).expect("a descriptor"));
    let mut desk = Desk {
        world,
        state: UiState::default(),
        armed: BTreeSet::new(),
        asked: Vec::new(),
        sounds: sounds.into_iter().map(|s| (s.name.clone(), s)).collect(),
        names: Names::default(),
        snapshot: None,
        presets: UserLibrary::default(),
        files: Files::default(),
        waves: Waves::default(),
        settings: rows(),
        gear: Gear::default(),
        found: Found::default(),
        load: None,
        hears: false,
    };
    for line in lines {
        desk.act(line);
    }
    let mut dressed = false;
    let builder = Harness::builder().with_size(egui::vec2(1280.0, 800.0)).with_step_dt(1.0 / 60.0);
    let mut harness = builder.build_ui_state(
        move |ui, desk: &mut Desk| {
            if !std::mem::replace(&mut dressed, true) {
                theme::install(ui.ctx());
                ui.ctx().request_repaint();
                return;
            }
            let mut asks = Asks::default();
            desk.show(ui, &mut asks);
            for ask in asks.take() {
                let line = match ask {
                    Ask::Act(action, _) => action.to_string(),
                    Ask::Setting(key, value) => {
                        desk.asked.push(format!("{key} = {value}"));
                        continue;
                    }
                    Ask::Together(name, actions) => {
                        desk.together(&name, &actions);
                        continue;
                    }
                    Ask::Line(line) => line,
                    Ask::AtOnce(name, actions) => {
                        desk.at_once(name, &actions);
                        desk.asked.push(name.to_owned());
                        continue;
                    }
                    Ask::Select(_) | Ask::Look => continue,
                    Ask::File(file) => {
                        desk.asked.push(format!("{file:?}"));
                        continue;
                    }
                };
                desk.act(&line);
                desk.asked.push(line);
            }
        },
        desk,
    );
    harness.run_steps(3);
    harness
}

/// The settings of a user who set nothing.
fn rows() -> Vec<Row> {
    let none = std::path::PathBuf::from("nowhere");
    let places = Places { config: none.clone(), data: none.clone(), state: none, home: None };
    let sources = Sources { places, environment: Vec::new(), flags: Flags::default() };
    Settings::load_from(&sources).expect("settings").describe()
}

impl Desk {
    fn show(&mut self, ui: &mut egui::Ui, asks: &mut Asks) {
        let seen = Seen {
            world: &self.world,
            order: self.world.resource::<Order>(),
            snapshot: self.snapshot.as_ref(),
            head: None,
            meters: &[],
            armed: &self.armed,
            metronome: false,
            device: "",
            sounds: &self.sounds,
            names: &self.names,
            waves: &self.waves,
            presets: &self.presets,
            files: &self.files,
            settings: &self.settings,
            gear: &self.gear,
            found: &self.found,
            is_looking: false,
            load: self.load,
            hears: self.hears,
            log: &[],
            seconds: 0.0,
        };
        super::show(ui, &seen, &mut self.state, asks);
    }

    fn name(&self, track: TrackId) -> &str {
        part::<Name>(&self.world, track).map_or("", |name| &name.0)
    }

    pub(super) fn request(&mut self, request: Request) -> Outcome {
        perform(&mut self.world, request)
    }

    /// As the player does it: one step of the history.
    fn together(&mut self, name: &str, actions: &[Action]) {
        let state = self.world.resource::<History>().state();
        for action in actions {
            self.act(&action.to_string());
            self.asked.push(action.to_string());
        }
        self.world.resource_mut::<History>().join(state, name);
    }

    fn at_once(&mut self, name: &str, actions: &[Action]) {
        // Each is a line of its own in the palette as well.
        for action in actions {
            assert_eq!(parse(&action.to_string()).as_ref(), Ok(action));
        }
        let act = at_once(&self.world, name, actions).expect("a step");
        if let Act::Edit { name, edit } = act {
            let outcome = perform(&mut self.world, Request::step(name, edit));
            assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
        }
    }

    fn act(&mut self, line: &str) {
        // What is written in the palette may be no action.
        let Ok(action) = parse(line) else { return };
        let request = match resolve(&self.world, &action) {
            Ok(Act::Edit { name, edit }) => Request::step(name, edit),
            Ok(Act::App(Errand::Undo)) => Request::Undo,
            Ok(Act::App(Errand::Redo)) => Request::Redo,
            _ => return,
        };
        perform(&mut self.world, request);
    }
}

pub(super) const SET: [&str; 6] = [
    "track add instrument kick_gabber Kick",
    "track add instrument hoover Lead",
    "scene add Intro",
    "scene add Drop",
    "clip Kick 2 add 1bar",
    "clip Kick 2 rename Roll",
];

#[test]
fn a_click_on_the_triangle_launches_and_one_on_the_name_selects() {
    let mut harness = desk(&SET);
    let cell = harness.get_by_label("Kick, Drop: Roll, stopped").rect();
    harness.hover_at(cell.left_center() + egui::vec2(8.0, 0.0));
    harness.drag_at(cell.left_center() + egui::vec2(8.0, 0.0));
    harness.drop_at(cell.left_center() + egui::vec2(8.0, 0.0));
    harness.run_steps(3);
    assert_eq!(harness.state().asked.len(), 1, "{:?}", harness.state().asked);
    assert!(harness.state().asked[0].starts_with("launch "));
    harness.drag_at(cell.center());
    harness.drop_at(cell.center());
    harness.run_steps(3);
    assert_eq!(harness.state().asked.len(), 1);
    assert!(matches!(harness.state().state.grid.focus, Some(Cell::Slot(..))));
}

#[test]
fn the_keyboard_walks_the_grid_and_launches() {
    let mut harness = desk(&SET);
    for key in [egui::Key::ArrowDown, egui::Key::ArrowDown, egui::Key::Enter] {
        harness.key_press(key);
        harness.run_steps(2);
    }
    assert!(harness.state().asked[0].starts_with("launch "), "{:?}", harness.state().asked);
    harness.key_press_modifiers(egui::Modifiers::SHIFT, egui::Key::Enter);
    harness.run_steps(2);
    assert!(harness.state().asked[1].starts_with("scene "), "{:?}", harness.state().asked);
}

#[test]
fn switches_of_a_strip_ask_for_their_strip() {
    let mut harness = desk(&SET);
    harness.get_by_label("mute Lead").click();
    harness.run_steps(3);
    assert!(harness.state().asked[0].starts_with("mute "), "{:?}", harness.state().asked);
}

#[test]
fn an_empty_set_and_a_crowded_one_are_shown() {
    desk(&[]).run_steps(2);
    let mut crowd = Vec::new();
    for i in 0..64 {
        crowd.push(format!(
            "track add instrument hoover \"a name of forty letters and some more {i}\""
        ));
    }
    for i in 0..128 {
        crowd.push(format!("scene add \"scene {i}\""));
    }
    let lines: Vec<&str> = crowd.iter().map(String::as_str).collect();
    let mut harness = desk(&lines);
    harness.state_mut().state.grid.scroll = egui::vec2(1e6, 1e6);
    harness.run_steps(3);
}

#[test]
fn a_line_in_the_palette_is_completed_run_and_recalled() {
    let mut harness = desk(&SET);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    harness.run_steps(3);
    assert!(harness.state().state.palette.open);
    harness.get_by_label("palette line").type_text("volu");
    harness.run_steps(3);
    harness.key_press(egui::Key::Tab);
    harness.run_steps(3);
    assert_eq!(harness.state().state.palette.text, "volume ");
    harness.get_by_label("palette line").type_text("Lead -6; play");
    harness.run_steps(3);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(3);
    assert_eq!(harness.state().asked, ["volume Lead -6", "play"]);
    harness.key_press(egui::Key::ArrowUp);
    harness.run_steps(3);
    assert_eq!(harness.state().state.palette.text, "volume Lead -6; play");
    harness.key_press(egui::Key::Escape);
    harness.run_steps(3);
    assert!(!harness.state().state.palette.open);
}

#[test]
fn a_clip_is_renamed_where_it_stands_duplicated_and_deleted() {
    let mut harness = desk(&SET);
    for key in [egui::Key::ArrowDown, egui::Key::ArrowDown, egui::Key::F2] {
        harness.key_press(key);
        harness.run_steps(3);
    }
    harness.event(egui::Event::Text("Big roll".into()));
    harness.run_steps(2);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(3);
    assert!(harness.state().asked.last().is_some_and(|a| a.contains("rename \"Big roll\"")));
    harness.get_by_label("Kick, Drop: Big roll, stopped");
    harness.key_press(egui::Key::ArrowUp);
    harness.run_steps(2);
    harness.key_press(egui::Key::ArrowDown);
    harness.run_steps(2);
    harness.key_press(egui::Key::Delete);
    harness.run_steps(3);
    harness.get_by_label("Kick, Drop: no clip, empty");
}

#[test]
fn a_shortcut_does_nothing_while_a_line_is_written() {
    let mut harness = desk(&SET);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    harness.run_steps(3);
    harness.key_press(egui::Key::Space);
    harness.event(egui::Event::Text("t".into()));
    harness.run_steps(3);
    assert_eq!(harness.state().asked, [""; 0]);
}

#[test]
fn knobs_of_the_selected_track_are_turned_and_ask_for_its_parameter() {
    let mut harness = desk(&SET);
    let knob = harness.get_by_label_contains("Drive: ").rect().center();
    harness.drag_at(knob);
    harness.run_steps(1);
    harness.hover_at(knob - egui::vec2(0.0, 40.0));
    harness.run_steps(1);
    harness.drop_at(knob - egui::vec2(0.0, 40.0));
    harness.run_steps(2);
    let asked = harness.state().asked.last().cloned().unwrap_or_default();
    assert!(asked.starts_with("param #1 drive "), "{asked}");
}

/// Presses `key` with Ctrl.
fn ctrl(harness: &mut Harness<'static, Desk>, key: egui::Key) {
    harness.key_press_modifiers(egui::Modifiers::COMMAND, key);
    harness.run_steps(2);
}

fn names(desk: &Desk, track: &str) -> Vec<String> {
    let order = desk.world.resource::<Order>();
    let track = *order.tracks.iter().find(|t| desk.name(**t) == track).expect("the track");
    let scenes = order.scenes.iter().map(|s| part::<Scene>(&desk.world, *s).expect("a scene"));
    let clip = |scene: &Scene| {
        let id = scene.slots.get(&track)?.clip?;
        Some(part::<Clip>(&desk.world, id).expect("a clip").name.clone())
    };
    scenes.map(|scene| clip(scene).unwrap_or_default()).collect()
}

#[test]
fn a_selection_is_copied_cut_pasted_and_deleted_each_in_one_step() {
    let mut harness = desk(&[
        "track add instrument kick_gabber Kick",
        "track add instrument hoover Lead",
        "scene add A",
        "scene add B",
        "scene add C",
        "clip Kick A add 1bar",
        "clip Kick A rename one",
        "clip Kick B add 1bar",
        "clip Kick B rename two",
    ]);
    let track = |n: usize| harness.state().world.resource::<Order>().tracks[n];
    let scene = |n: usize| harness.state().world.resource::<Order>().scenes[n];
    let (kick, lead) = (track(0), track(1));
    let cells = [0, 1, 2].map(scene);
    harness.state_mut().state.grid.focus = Some(Cell::Slot(kick, cells[0]));
    ctrl(&mut harness, egui::Key::A);
    assert_eq!(harness.state().state.grid.selected.len(), 2);
    ctrl(&mut harness, egui::Key::C);
    harness.state_mut().state.grid.focus = Some(Cell::Slot(lead, cells[1]));
    ctrl(&mut harness, egui::Key::V);
    assert_eq!(names(harness.state(), "Lead"), ["", "one", "two"]);
    assert_eq!(names(harness.state(), "Kick"), ["one", "two", ""]);
    let before = harness.state().world.resource::<History>().len();
    // Cut, and put a row lower, over themselves.
    harness.state_mut().state.grid.focus = Some(Cell::Slot(lead, cells[1]));
    ctrl(&mut harness, egui::Key::X);
    harness.state_mut().state.grid.focus = Some(Cell::Slot(lead, cells[0]));
    ctrl(&mut harness, egui::Key::V);
    assert_eq!(names(harness.state(), "Lead"), ["one", "two", ""]);
    assert_eq!(harness.state().world.resource::<History>().len(), before + 1);
    harness.state_mut().state.grid.focus = Some(Cell::Slot(lead, cells[0]));
    harness.key_press(egui::Key::Delete);
    harness.run_steps(2);
    assert_eq!(names(harness.state(), "Lead"), ["", "", ""]);
    harness.state_mut().request(Request::Undo);
    assert_eq!(names(harness.state(), "Lead"), ["one", "two", ""]);
    harness.state_mut().request(Request::Undo);
    assert_eq!(names(harness.state(), "Lead"), ["", "one", "two"]);
}

#[test]
fn a_clip_is_dragged_to_another_track_and_a_track_by_its_head() {
    let mut harness = desk(&SET);
    let from = harness.get_by_label("Kick, Drop: Roll, stopped").rect().center();
    let to = harness.get_by_label("Lead, Intro: no clip, empty").rect().center();
    pull(&mut harness, from, to);
    assert_eq!(names(harness.state(), "Lead"), ["Roll", ""]);
    assert_eq!(names(harness.state(), "Kick"), ["", ""]);
    let from = harness.get_by_label("track 1, Kick").rect().center();
    let to = harness.get_by_label("track 2, Lead").rect().center();
    pull(&mut harness, from, to);
    assert!(harness.query_by_label("track 2, Kick").is_some());
    let from = harness.get_by_label("scene 2, Drop: stopped").rect().right_center();
    let to = harness.get_by_label("scene 1, Intro: stopped").rect().right_center();
    let inside = egui::vec2(-20.0, 0.0);
    pull(&mut harness, from + inside, to + inside);
    assert!(harness.query_by_label("scene 1, Drop: stopped").is_some());
    harness.state_mut().asked.clear();
    ctrl(&mut harness, egui::Key::I);
    assert!(harness.state().asked.last().is_some_and(|line| line.contains("insert")));
}

/// Presses, moves and lets go.
fn pull(harness: &mut Harness<'static, Desk>, from: egui::Pos2, to: egui::Pos2) {
    harness.hover_at(from);
    harness.run_steps(1);
    harness.drag_at(from);
    harness.run_steps(1);
    harness.hover_at(from.lerp(to, 0.5));
    harness.run_steps(1);
    harness.hover_at(to);
    harness.run_steps(1);
    harness.drop_at(to);
    harness.run_steps(3);
}

#[test]
fn letters_play_notes_while_the_piano_is_on() {
    let mut harness = desk(&SET);
    harness.key_press(egui::Key::M);
    harness.run_steps(2);
    harness.key_down(egui::Key::D);
    harness.run_steps(2);
    assert_eq!(harness.state().asked.last().map(String::as_str), Some("note on #1 E3 vel 100"));
    harness.key_up(egui::Key::D);
    harness.run_steps(2);
    assert_eq!(harness.state().asked.last().map(String::as_str), Some("note off #1 E3"));
    harness.key_press(egui::Key::X);
    harness.key_down(egui::Key::A);
    harness.run_steps(2);
    assert_eq!(harness.state().asked.last().map(String::as_str), Some("note on #1 C4 vel 100"));
    // Turned off, it lets go of what sounds.
    harness.key_press(egui::Key::M);
    harness.run_steps(2);
    assert_eq!(harness.state().asked.last().map(String::as_str), Some("note off #1 C4"));
    harness.state_mut().asked.clear();
    harness.key_press(egui::Key::D);
    harness.run_steps(2);
    assert!(harness.state().asked.is_empty());
}

#[test]
fn a_project_is_chosen_from_a_folder_and_saved_beside_others() {
    let mut harness = desk(&SET);
    let files = Files {
        path: "sets/one.hcs".into(),
        folder: "sets".into(),
        entries: vec![("old".into(), true), ("one.hcs".into(), false), ("two.hcs".into(), false)],
        ..Files::default()
    };
    harness.state_mut().files = files;
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::O);
    harness.run_steps(3);
    harness.get_by_label("two.hcs").click();
    harness.run_steps(3);
    assert_eq!(harness.state().asked[1], "project open \"sets/two.hcs\"");
    assert_eq!(harness.state().state.files.purpose, None);
    let both = egui::Modifiers::COMMAND | egui::Modifiers::SHIFT;
    harness.key_press_modifiers(both, egui::Key::S);
    harness.run_steps(3);
    harness.get_by_label("Replace it");
    harness.state_mut().state.files.name = "three".into();
    harness.run_steps(3);
    harness.get_by_label("Save").click();
    harness.run_steps(3);
    assert_eq!(harness.state().asked.last().unwrap(), "SaveTo(\"sets/three.hcs\")");
}

#[test]
fn unsaved_work_is_offered_and_the_question_has_three_answers() {
    let mut harness = desk(&SET);
    let text = "Work on “one” was not saved: open it?".to_owned();
    harness.state_mut().files.offer = Some(Offer { text, is_readable: true });
    harness.run_steps(3);
    harness.get_by_label("Recover").click();
    harness.run_steps(3);
    assert_eq!(harness.state().asked, ["Recover"]);
    harness.state_mut().files.offer = None;
    harness.state_mut().state.closing = Closing::Asked(Leave::New);
    harness.run_steps(3);
    harness.get_by_label("Don't save").click();
    harness.run_steps(3);
    assert_eq!(harness.state().state.closing, Closing::Now(Leave::New));
}

#[test]
fn a_setting_is_chosen_or_written_and_a_refused_one_says_why() {
    let mut harness = desk(&SET);
    ctrl(&mut harness, egui::Key::Comma);
    harness.run_steps(3);
    harness.get_by_label("synth.executor").scroll_to_me();
    harness.run_steps(3);
    harness.get_by_label("synth.executor").click();
    harness.run_steps(3);
    harness.get_by_label("scsynth").click();
    harness.run_steps(3);
    assert_eq!(harness.state().asked.last().unwrap(), "synth.executor = scsynth");
    let field = harness.get_by_label("osc.port");
    field.scroll_to_me();
    harness.run_steps(3);
    harness.get_by_label("osc.port").click();
    harness.run_steps(2);
    harness.get_by_label("osc.port").type_text("7");
    harness.run_steps(2);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(3);
    let asked = harness.state().asked.last().unwrap().clone();
    assert!(asked.starts_with("osc.port = ") && asked.contains('7'), "{asked}");
    let why = "osc.port must be something else".to_owned();
    harness.state_mut().state.settings.done("osc.port", Err(why.clone()));
    harness.run_steps(3);
    harness.get_by_label(&why);
}

#[test]
fn what_pads_show_is_framed_where_it_is() {
    let mut harness = desk(&SET);
    let snapshot = Snapshot::new(2);
    snapshot.show_pads(3, Some(GridPart { track: 1, scene: 0, columns: 8, rows: 8 }));
    harness.state_mut().snapshot = Some(snapshot);
    harness.run_steps(2);
    let frame = harness.get_by_label("pads show tracks 2 to 9, scenes 1 to 8").rect();
    let first = harness.get_by_label("Lead, Intro: no clip, empty").rect();
    let last = harness.get_by_label("Lead, Drop: no clip, empty").rect();
    assert_eq!(frame, first.union(last));
    // It takes no click from what lies under it.
    harness.drag_at(last.center());
    harness.drop_at(last.center());
    harness.run_steps(3);
    assert!(matches!(harness.state().state.grid.focus, Some(Cell::Slot(..))));
    harness.state().snapshot.as_ref().unwrap().show_pads(3, None);
    harness.run_steps(2);
    assert!(harness.query_by_label("pads show tracks 2 to 9, scenes 1 to 8").is_none());
}

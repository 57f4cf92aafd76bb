//! The editor driven as by hand.

use egui::{Event, Key, Modifiers, Pos2, Rect, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use rand::{Rng, SeedableRng};

use crate::model::clip::{Clip, Note};
use crate::model::time::Ticks;
use crate::session::document::collect;
use crate::session::history::History;
use crate::ui::tests::{Desk, desk};

type Open = Harness<'static, Desk>;

const SET: [&str; 5] = [
    "track add instrument kick_gabber Kick",
    "scene add Intro",
    "scene add Drop",
    "clip Kick 2 add 1bar",
    "clip Kick 2 rename Roll",
];

fn press(harness: &mut Open, at: Pos2) {
    harness.hover_at(at);
    harness.drag_at(at);
    harness.drop_at(at);
}

fn click(harness: &mut Open, at: Pos2) {
    press(harness, at);
    // Long enough that the next click is another.
    harness.run_steps(30);
}

fn twice(harness: &mut Open, at: Pos2) {
    press(harness, at);
    press(harness, at);
    harness.run_steps(30);
}

fn drag(harness: &mut Open, from: Pos2, to: Pos2) {
    harness.hover_at(from);
    harness.drag_at(from);
    harness.run_steps(1);
    for share in [0.3, 0.7, 1.0] {
        harness.hover_at(from + (to - from) * share);
        harness.run_steps(1);
    }
    harness.drop_at(to);
    harness.run_steps(30);
}

/// A set whose clip is opened by a double click, with more done to it before.
fn opened(more: &[&str]) -> Open {
    let lines: Vec<&str> = SET.iter().chain(more).copied().collect();
    let mut harness = desk(&lines);
    let cell = harness.get_by_label("Kick, Drop: Roll, stopped").rect();
    twice(&mut harness, cell.center());
    assert!(harness.state().state.editor.is_some());
    harness.state_mut().asked.clear();
    harness
}

fn roll(harness: &Open) -> Rect {
    harness.get_by_label("notes of Roll").rect()
}

fn clip(harness: &Open) -> Clip {
    let project = collect(&harness.state().world).expect("a project");
    project.tracks[0].clips[0].clone()
}

fn notes(harness: &Open) -> Vec<Note> {
    clip(harness).midi().expect("notes").notes.to_vec()
}

fn steps(harness: &Open) -> usize {
    harness.state().world.get_resource::<History>().map_or(0, History::len)
}

/// Where a tick lies in a clip of a bar.
fn at(harness: &Open, ticks: f32, rows: f32) -> Pos2 {
    let roll = roll(harness);
    pos2(roll.left() + roll.width() * ticks / 3840.0, roll.center().y + rows * 12.0)
}

fn note(harness: &Open, label: &str) -> Rect {
    harness.get_by_label_contains(label).rect()
}

#[test]
fn a_double_click_opens_the_clip_and_escape_goes_back_to_the_devices() {
    let mut harness = opened(&[]);
    roll(&harness);
    harness.key_press(Key::Escape);
    harness.run_steps(3);
    assert!(harness.state().state.editor.is_none());
    harness.get_by_label_contains("Drive: ");
    // E opens what the keyboard is at, Tab goes on to nothing and to the devices.
    harness.key_press(Key::E);
    harness.run_steps(3);
    roll(&harness);
    harness.key_press(Key::Tab);
    harness.run_steps(3);
    assert!(harness.query_by_label("notes of Roll").is_none());
    assert!(harness.query_by_label_contains("Drive: ").is_none());
    harness.key_press(Key::Tab);
    harness.run_steps(3);
    harness.get_by_label_contains("Drive: ");
    harness.key_press(Key::Tab);
    harness.run_steps(3);
    roll(&harness);
    harness.get_by_label("close the editor").click();
    harness.run_steps(3);
    harness.get_by_label_contains("Drive: ");
}

#[test]
fn notes_are_drawn_and_taken_away_by_double_clicks() {
    let mut harness = opened(&[]);
    let place = at(&harness, 1000.0, 0.0);
    twice(&mut harness, place);
    let all = notes(&harness);
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].start, all[0].length), (Ticks(960), Ticks(240)));
    assert_eq!(harness.state().state.edit.selected, [all[0].id].into());
    twice(&mut harness, place);
    assert!(notes(&harness).is_empty());
}

#[test]
fn a_drag_moves_what_is_selected_in_one_step_and_notes_keep_their_ids() {
    let more = [
        "clip Kick 2 note C4 at 1.1.1 for 1/16",
        "clip Kick 2 note E4 at 1.2.1 for 1/16 vel 80",
        "clip Kick 2 note G4 at 1.4.1 for 1/16",
    ];
    let mut harness = opened(&more);
    let before = notes(&harness);
    let (low, high) = (at(&harness, 2.0, 5.5), at(&harness, 1500.0, -5.5));
    drag(&mut harness, low, high);
    assert_eq!(harness.state().state.edit.selected.len(), 2, "a frame around two of three");
    let count = steps(&harness);
    let from = note(&harness, "note C4 at").center();
    let roll = roll(&harness);
    drag(&mut harness, from, from + vec2(roll.width() / 4.0 + 3.0, -24.0));
    let after = notes(&harness);
    let find = |note: &Note| *after.iter().find(|n| n.id == note.id).expect("the same id");
    for (old, up) in [(before[0], 2), (before[1], 2), (before[2], 0)] {
        let moved = find(&old);
        let by = if up > 0 { 960 } else { 0 };
        assert_eq!((moved.pitch, moved.start.0), (old.pitch + up, old.start.0 + by), "{old:?}");
        assert_eq!((moved.length, moved.velocity), (old.length, old.velocity));
    }
    assert_eq!(steps(&harness), count + 1);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run_steps(3);
    assert_eq!(notes(&harness), before);
}

#[test]
fn the_right_edge_makes_a_note_longer() {
    let mut harness = opened(&["clip Kick 2 note C4 at 1.2.1 for 1/8"]);
    let rect = note(&harness, "note C4 at");
    let roll = roll(&harness);
    let edge = rect.right_center() - vec2(2.0, 0.0);
    drag(&mut harness, edge, edge + vec2(roll.width() / 8.0, 0.0));
    assert_eq!((notes(&harness)[0].start, notes(&harness)[0].length), (Ticks(960), Ticks(960)));
}

#[test]
fn the_keyboard_moves_copies_pastes_and_deletes() {
    let more = [
        "clip Kick 2 note C4 at 1.1.1 for 1/16",
        "clip Kick 2 note D4 at 1.1.2 for 1/16 chance 50",
    ];
    let mut harness = opened(&more);
    let press = |harness: &mut Open, modifiers: Modifiers, key: Key| {
        harness.key_press_modifiers(modifiers, key);
        harness.run_steps(3);
    };
    let (none, command) = (Modifiers::NONE, Modifiers::COMMAND);
    press(&mut harness, command, Key::A);
    assert_eq!(harness.state().state.edit.selected.len(), 2);
    press(&mut harness, none, Key::ArrowRight);
    press(&mut harness, none, Key::ArrowUp);
    press(&mut harness, Modifiers::SHIFT, Key::ArrowDown);
    let all = notes(&harness);
    assert_eq!((all[0].pitch, all[0].start.0), (49, 240));
    assert_eq!((all[1].pitch, all[1].start.0, all[1].probability), (51, 480, 50));
    press(&mut harness, command, Key::D);
    let all = notes(&harness);
    assert_eq!(all.len(), 4);
    assert_eq!((all[2].pitch, all[2].start.0), (49, 720));
    let selected = &harness.state().state.edit.selected;
    assert_eq!(*selected, [all[2].id, all[3].id].into());
    harness.event(Event::Copy);
    harness.run_steps(2);
    press(&mut harness, none, Key::Delete);
    assert_eq!(notes(&harness).len(), 2);
    let place = at(&harness, 2000.0, 5.0);
    click(&mut harness, place);
    harness.event(Event::Paste("lines".to_owned()));
    harness.run_steps(3);
    let all = notes(&harness);
    assert_eq!(all.len(), 4);
    assert_eq!((all[2].start.0, all[3].start.0, all[3].probability), (1920, 2160, 50));
    assert_eq!(clip(&harness).name, "Roll", "the grid left its clip alone");
}

#[test]
fn a_pen_draws_a_row_of_notes_in_one_step() {
    let mut harness = opened(&[]);
    harness.key_press(Key::B);
    harness.run_steps(2);
    assert!(harness.state().state.edit.draw);
    let count = steps(&harness);
    let (from, to) = (at(&harness, 100.0, 0.0), at(&harness, 700.0, 0.0));
    harness.hover_at(from);
    harness.drag_at(from);
    for share in 1..=12 {
        harness.hover_at(from + (to - from) * share as f32 / 12.0);
    }
    harness.drop_at(to);
    harness.run_steps(30);
    let starts: Vec<i64> = notes(&harness).iter().map(|note| note.start.0).collect();
    assert_eq!(starts, [0, 240, 480]);
    assert_eq!(steps(&harness), count + 1);
}

#[test]
fn velocities_and_chances_are_dragged_together_in_one_step() {
    let more = [
        "clip Kick 2 note C4 at 1.1.1 for 1/16 vel 100",
        "clip Kick 2 note C4 at 1.2.1 for 1/16 vel 60",
    ];
    let mut harness = opened(&more);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run_steps(2);
    let count = steps(&harness);
    let lane = harness.get_by_label("velocities of Roll").rect();
    let from = lane.left_center() + vec2(2.0, 0.0);
    drag(&mut harness, from, from + vec2(0.0, lane.height() * 20.0 / 127.0));
    let all: Vec<u8> = notes(&harness).iter().map(|note| note.velocity).collect();
    assert_eq!(all, [80, 40]);
    assert_eq!(steps(&harness), count + 1);

    harness.get_by_label("lane: Vel").click();
    harness.run_steps(3);
    harness.get_by_label("Chance").click();
    harness.run_steps(3);
    let lane = harness.get_by_label("chances of Roll").rect();
    let from = lane.left_center() + vec2(2.0, 0.0);
    drag(&mut harness, from, from + vec2(0.0, lane.height() / 4.0));
    let all: Vec<u8> = notes(&harness).iter().map(|note| note.probability).collect();
    assert_eq!(all, [75, 75]);
}

#[test]
fn rows_of_a_kit_are_called_after_its_pads() {
    let lines = [
        "track add drums Kit",
        "scene add Intro",
        "pad Kit C1 synth kick_gabber F1",
        "pad Kit C1 rename Boom",
        "pad Kit D1 synth kick_gabber F1",
        "clip Kit 1 add 1bar",
        "clip Kit 1 rename Roll",
        "clip Kit 1 note C1 at 1.1.1 for 1/16",
        "clip Kit 1 note A1 at 1.1.1 for 1/16",
    ];
    let mut harness = desk(&lines);
    let cell = harness.get_by_label("Kit, Intro: Roll, stopped").rect();
    twice(&mut harness, cell.center());
    harness.get_by_label("row Boom");
    // A note that no pad answers to has a row as well.
    harness.get_by_label("row A1");
    harness.get_by_label("fold").click();
    harness.run_steps(3);
    harness.get_by_label("row Boom");
    let rows = harness.query_all_by_label_contains("row ").count();
    assert_eq!(rows, 2);
}

#[test]
fn the_header_asks_for_what_it_says() {
    let mut harness = opened(&["clip Kick 2 note C4 at 1.1.1.30 for 1/16"]);
    for (name, asked) in [
        ("legato", "legato toggle"),
        ("mute the clip", "mute toggle"),
        ("quantize the notes", "quantize 1/16"),
        ("double the clip", "double"),
        ("halve the clip", "halve"),
        ("loop", "loop off"),
    ] {
        harness.get_by_label(name).click();
        harness.run_steps(3);
        let last = harness.state().asked.last().cloned().unwrap_or_default();
        assert!(last.ends_with(asked), "{name}: {last}");
    }
    assert_eq!(notes(&harness)[0].start, Ticks::ZERO);
    harness.get_by_label("follow action").click();
    harness.run_steps(3);
    harness.get_by_label("first choice: Nothing").click();
    harness.run_steps(3);
    harness.get_by_label("Next").click();
    harness.run_steps(3);
    let last = harness.state().asked.last().cloned().unwrap_or_default();
    assert!(last.ends_with("follow next after 1"), "{last}");
}

#[test]
fn points_of_automation_are_set_moved_and_taken_out() {
    let mut harness = opened(&[]);
    harness.get_by_label("lane: Vel").click();
    harness.run_steps(3);
    harness.get_by_label("Pan").click();
    harness.run_steps(3);
    let lane = harness.get_by_label("automation of Pan").rect();
    let points = |harness: &Open| {
        let all = clip(harness).automation;
        all.first().map(|lane| lane.points.clone()).unwrap_or_default()
    };
    let place = pos2(lane.left() + lane.width() / 2.0, lane.center().y);
    click(&mut harness, place);
    let all = points(&harness);
    assert_eq!((all.len(), all[0].at), (1, Ticks(1920)));
    assert!(all[0].value.abs() < 0.05, "{all:?}");
    drag(&mut harness, place, pos2(lane.left() + lane.width() / 4.0, lane.top() + 3.0));
    let all = points(&harness);
    assert_eq!((all.len(), all[0].at, all[0].value), (1, Ticks(960), 1.0));
    twice(&mut harness, pos2(lane.left() + lane.width() / 4.0, lane.top() + 3.0));
    assert!(points(&harness).is_empty());
}

#[test]
fn an_audio_clip_shows_its_controls() {
    let lines = [
        "track add audio Kick",
        "scene add Drop",
        "clip Kick 1 sample samples/shout.wav 2bars",
        "clip Kick 1 rename Roll",
    ];
    let mut harness = desk(&lines);
    let cell = harness.get_by_label("Kick, Drop: Roll, stopped").rect();
    twice(&mut harness, cell.center());
    harness.get_by_label("warp rate").click();
    harness.run_steps(3);
    let last = harness.state().asked.last().cloned().unwrap_or_default();
    assert!(last.ends_with("warp rate"), "{last}");
    harness.get_by_label_contains("gain ");
    harness.get_by_label("automation of Volume");
}

#[test]
fn whatever_the_hand_does_the_document_stays_valid() {
    for seed in 0..6 {
        let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(seed);
        let mut harness = opened(&[
            "clip Kick 2 note C4 at 1.1.1 for 1/16",
            "clip Kick 2 note C4 at 1.1.1 for 1/8 vel 3",
            "clip Kick 2 note G9 at 1.4.1 for 2bars",
        ]);
        let edge = roll(&harness).expand2(vec2(80.0, 90.0));
        for _ in 0..150 {
            let at = pos2(
                rng.random_range(edge.left()..edge.right()),
                rng.random_range(edge.top()..edge.bottom()),
            );
            match rng.random_range(0..12) {
                0..=2 => harness.drag_at(at),
                3..=5 => harness.drop_at(at),
                6 | 7 => harness.hover_at(at),
                8 => {
                    harness.drag_at(at);
                    harness.drop_at(at);
                }
                9 => harness.event(Event::MouseWheel {
                    unit: egui::MouseWheelUnit::Point,
                    delta: vec2(rng.random_range(-90.0..90.0), rng.random_range(-90.0..90.0)),
                    phase: egui::TouchPhase::Move,
                    modifiers: Modifiers::NONE,
                }),
                _ => {
                    let keys = [
                        Key::B,
                        Key::Delete,
                        Key::ArrowUp,
                        Key::ArrowDown,
                        Key::ArrowLeft,
                        Key::ArrowRight,
                        Key::A,
                        Key::D,
                        Key::V,
                        Key::C,
                        Key::E,
                    ];
                    let key = keys[rng.random_range(0..keys.len())];
                    let held = [Modifiers::NONE, Modifiers::COMMAND, Modifiers::SHIFT];
                    harness.key_press_modifiers(held[rng.random_range(0..3)], key);
                }
            }
            harness.run_steps(1);
        }
        let project = collect(&harness.state().world).expect("a project");
        assert_eq!(project.validate(), Ok(()), "seed {seed}");
    }
}

#[test]
fn the_loop_is_dragged_in_the_ruler_by_ends_and_middle_and_drawn_where_there_is_none() {
    let mut harness = opened(&["clip Kick 2 length 4bars", "clip Kick 2 loop 1.1.1 2bars"]);
    let brace = |harness: &Open| {
        let project = collect(&harness.state().world).expect("a document");
        let brace = project.tracks[0].clips[0].loop_brace;
        brace.map(|brace| (brace.start.0 / 3840, brace.end.0 / 3840))
    };
    assert_eq!(brace(&harness), Some((0, 2)));
    let whole = harness.get_by_label("drag loop").rect();
    let bar = whole.width() / 2.0;
    let end = harness.get_by_label("drag loop end").rect().center();
    drag(&mut harness, end, end + vec2(bar, 0.0));
    assert_eq!(brace(&harness), Some((0, 3)));
    let start = harness.get_by_label("drag loop start").rect().center();
    drag(&mut harness, start, start + vec2(bar, 0.0));
    assert_eq!(brace(&harness), Some((1, 3)));
    let middle = harness.get_by_label("drag loop").rect().center();
    drag(&mut harness, middle, middle + vec2(9.0 * bar, 0.0));
    assert_eq!(brace(&harness), Some((2, 4)), "not beyond the clip's end");
    harness.get_by_label("loop").click();
    harness.run_steps(3);
    assert_eq!(brace(&harness), None);
    drag(&mut harness, whole.left_center(), whole.left_center() + vec2(bar, 0.0));
    assert_eq!(brace(&harness), Some((0, 1)));
}

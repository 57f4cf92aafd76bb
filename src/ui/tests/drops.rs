//! Files dragged over the window and dropped, or chosen from the panel.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{HoveredFile, Pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::{Desk, SET, desk};
use crate::session::document::Order;
use crate::ui::state::Cell;

#[derive(Debug)]
struct File(PathBuf);

impl egui::DroppedFile for File {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("panels read no files".to_owned())
    }
}

fn hover(harness: &mut Harness<'static, Desk>, at: Option<Pos2>, names: &[&str]) {
    match at {
        Some(at) => harness.hover_at(at),
        None => harness.input_mut().events.push(egui::Event::PointerGone),
    }
    let file = |name: &&str| HoveredFile { path: Some(name.into()), ..HoveredFile::default() };
    harness.input_mut().hovered_files = names.iter().map(file).collect();
    harness.run_steps(2);
}

fn let_go(harness: &mut Harness<'static, Desk>, names: &[&str]) {
    harness.state_mut().asked.clear();
    harness.input_mut().hovered_files.clear();
    for name in names {
        harness.input_mut().dropped_files.push(Arc::new(File(name.into())));
    }
    harness.run_steps(3);
}

fn said<'a>(harness: &'a Harness<'static, Desk>) -> Option<&'a str> {
    harness.state().state.grid.dropping.as_deref()
}

fn set() -> Harness<'static, Desk> {
    let mut lines = SET.to_vec();
    lines.push("track add audio Vocals");
    desk(&lines)
}

#[test]
fn files_go_into_the_slots_under_the_pointer_and_below_with_new_scenes() {
    let mut harness = set();
    let at = harness.get_by_label("Vocals, Drop: no clip, empty").rect().center();
    let files = ["in/a.wav", "in/b.flac", "in/c.txt", "in/d.mp3"];
    hover(&mut harness, Some(at), &files);
    assert_eq!(said(&harness), Some("Drop to import “a.wav” into Vocals, Drop and 2 more below"));
    let cyan = egui::Stroke::new(2.0, crate::ui::theme::SELECT);
    let framed = |shape: &egui::epaint::ClippedShape| match &shape.shape {
        egui::Shape::Rect(rect) => rect.stroke == cyan && rect.rect.contains(at),
        _ => false,
    };
    assert!(harness.output().shapes.iter().any(framed), "the slot has the cyan frame");
    harness.get_by_label("Drop to import “a.wav” into Vocals, Drop and 2 more below");
    let_go(&mut harness, &files);
    let scene = harness.state().world.resource::<Order>().scenes[1].0;
    let track = harness.state().world.resource::<Order>().tracks[2].0;
    assert_eq!(
        harness.state().asked,
        [
            format!("clip #{track} #{scene} import \"in/a.wav\""),
            "scene add \"Scene 3\"".to_owned(),
            format!("clip #{track} \"Scene 3\" import \"in/b.flac\""),
            // Refused with a sentence.
            format!("clip #{track} #{scene} import \"in/c.txt\""),
            "scene add \"Scene 4\"".to_owned(),
            format!("clip #{track} \"Scene 4\" import \"in/d.mp3\""),
        ]
    );
    assert_eq!(said(&harness), None);
}

#[test]
fn files_beside_the_tracks_get_tracks_of_their_own() {
    let mut harness = set();
    let slot = harness.get_by_label("Vocals, Intro: no clip, empty").rect();
    let at = slot.center() + egui::vec2(slot.width() * 1.2, 0.0);
    hover(&mut harness, Some(at), &["in/a.wav"]);
    let said_now = said(&harness).map(str::to_owned);
    assert_eq!(said_now.as_deref(), Some("Drop to import “a.wav” on a new audio track, Intro"));
    let_go(&mut harness, &["in/a.wav"]);
    let scene = harness.state().world.resource::<Order>().scenes[0].0;
    assert_eq!(harness.state().asked, [format!("import \"in/a.wav\" into #{scene}")]);
}

#[test]
fn without_a_place_files_go_into_the_focused_slot_and_what_does_not_fit_is_said_before() {
    let mut harness = set();
    hover(&mut harness, None, &["in/a.mid"]);
    assert_eq!(said(&harness), Some("Click the slot first that the file is for"));
    let order = harness.state().world.resource::<Order>().clone();
    harness.state_mut().state.grid.focus = Some(Cell::Slot(order.tracks[1], order.scenes[0]));
    harness.run_steps(2);
    assert_eq!(said(&harness), Some("Drop to import “a.mid” into Lead, Intro"));
    hover(&mut harness, None, &["in/a.wav"]);
    assert!(said(&harness).is_some_and(|said| said.contains("Lead plays notes")));
    let_go(&mut harness, &["in/a.mid"]);
    let (track, scene) = (order.tracks[1].0, order.scenes[0].0);
    assert_eq!(harness.state().asked, [format!("clip #{track} #{scene} import \"in/a.mid\"")]);
    // On the stage nothing is changed.
    harness.state_mut().state.stage = true;
    let_go(&mut harness, &["in/a.mid"]);
    assert!(harness.state().asked.is_empty());
}

#[test]
fn the_menu_of_an_empty_slot_opens_the_panel_on_what_can_be_imported() {
    let mut harness = set();
    harness.get_by_label("Vocals, Drop: no clip, empty").click_secondary();
    harness.run_steps(3);
    harness.get_by_label("Import…").click();
    harness.run_steps(3);
    assert!(harness.state().asked[0].starts_with("List("), "{:?}", harness.state().asked);
    assert!(harness.state().asked[0].ends_with("Media)"), "{:?}", harness.state().asked);
    let files = &mut harness.state_mut().files;
    files.folder = "in".into();
    files.entries = vec![("b".into(), true), ("a.wav".into(), false)];
    harness.run_steps(3);
    harness.get_by_label("a.wav").click();
    harness.run_steps(3);
    let order = harness.state().world.resource::<Order>().clone();
    let (track, scene) = (order.tracks[2].0, order.scenes[1].0);
    let last = harness.state().asked.last().cloned();
    assert_eq!(last, Some(format!("clip #{track} #{scene} import \"in/a.wav\"")));
    assert_eq!(harness.state().state.files.purpose, None);
}

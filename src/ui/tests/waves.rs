//! Recordings in the grid and in the editor.

use std::sync::Arc;

use egui::Shape;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::{Desk, desk};
use crate::model::sample::SamplePath;
use crate::model::wave::{Outline, Wave};
use crate::session::document::Order;

/// A bar at 170 BPM, two thirds of it recorded: a second at 48 kHz with clicks at these frames.
fn harness(warp: &str, clicks: &'static [usize]) -> Harness<'static, Desk> {
    let mut harness = desk(&["track add audio V", "scene add A"]);
    let desk = harness.state_mut();
    for line in ["clip V 1 sample shout.wav 1bar", warp] {
        desk.act(line);
    }
    let frames = (0..48_000).map(|i| if clicks.contains(&i) { [1.0, -1.0] } else { [0.0, 0.0] });
    let outline = Arc::new(Outline::new(48_000, frames));
    desk.waves.insert(SamplePath::new("shout.wav").unwrap(), Wave::Ready(outline));
    harness.run_steps(3);
    harness
}

/// How far from the left edge of what is called `name` its high columns stand, and its low ones end, as
/// shares of its width.
fn columns(harness: &Harness<'static, Desk>, left: f32, width: f32) -> (Vec<f32>, f32) {
    let meshes = harness.output().shapes.iter().filter_map(|shape| match &shape.shape {
        Shape::Mesh(mesh) if !mesh.vertices.is_empty() => Some(mesh),
        _ => None,
    });
    let mut high: Vec<f32> = Vec::new();
    let mut end = 0.0f32;
    for mesh in meshes {
        let bounds = mesh.calc_bounds();
        if bounds.left() < left - 1.0 || bounds.right() > left + width + 1.0 {
            continue;
        }
        for column in mesh.vertices.chunks(4) {
            let (top, bottom) = column.iter().fold((f32::MAX, f32::MIN), |(top, bottom), v| {
                (top.min(v.pos.y), bottom.max(v.pos.y))
            });
            let share = (column[0].pos.x - left) / width;
            end = end.max(share);
            if bottom - top > 4.0 && high.last().is_none_or(|last| share - last > 0.03) {
                high.push(share);
            }
        }
    }
    (high, end)
}

fn near(found: &[f32], wanted: &[f32]) {
    let all = found.len() == wanted.len()
        && found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 0.02);
    assert!(all, "{found:?} instead of {wanted:?}");
}

#[test]
fn a_recording_is_drawn_where_it_sounds() {
    // A bar lasts 67 765 frames at 170 BPM.
    let bar = 4.0 * 60.0 / 170.0 * 48_000.0;
    let clicks: &[usize] = &[1000, 24_000];
    let at = |frames: f32| frames / bar;
    for (line, wanted, end) in [
        ("clip V 1 warp off", vec![at(1000.0), at(24_000.0)], at(48_000.0)),
        // Twice as fast.
        ("clip V 1 pitch 12", vec![at(500.0), at(12_000.0)], at(24_000.0)),
    ] {
        let mut harness = harness(line, clicks);
        let order = harness.state().world.resource::<Order>().clone();
        let cell = harness.get_by_label("V, A: V, stopped").rect();
        // The miniature stands right of the triangle, a little inside.
        let (left, right) = (cell.left() + 25.0, cell.right() - 4.0);
        let (high, drawn) = columns(&harness, left, right - left);
        near(&high, &wanted);
        assert!((drawn - end).abs() < 0.02, "{line}: {drawn} {end}");
        harness.state_mut().state.editor = Some((order.tracks[0], order.scenes[0]));
        harness.run_steps(4);
        let body = harness.get_by_label("shout.wav").rect();
        let (high, drawn) = columns(&harness, body.left(), body.width());
        near(&high, &wanted);
        assert!((drawn - end).abs() < 0.02, "{line}: {drawn} {end}");
    }
}

#[test]
fn what_is_missing_is_said_in_the_grid_and_in_the_editor() {
    let mut harness = harness("clip V 1 warp off", &[]);
    let order = harness.state().world.resource::<Order>().clone();
    let path = SamplePath::new("shout.wav").unwrap();
    let why = "sample 'shout.wav' is missing".to_owned();
    harness.state_mut().waves.insert(path, Wave::Missing(why));
    harness.state_mut().state.editor = Some((order.tracks[0], order.scenes[0]));
    harness.run_steps(4);
    harness.get_by_label("V, A: V, stopped, file missing");
    harness.get_by_label("Slice").click();
    harness.run_steps(3);
    assert!(harness.state().asked.last().is_some_and(|line| line.ends_with(" slice")));
    harness.get_by_label("Missing: sample 'shout.wav' is missing");
    harness.state_mut().waves.clear();
    harness.run_steps(2);
    harness.get_by_label("shout.wav: being read");
}

//! The prompt, proposals, jobs and the browser, driven as by hand.

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::{Desk, SET, desk};
use crate::jobs;
use crate::jobs::tests::propose;
use crate::model::action::forms;
use crate::session::document::Order;
use crate::ui::state::Cell;

fn write(harness: &mut Harness<'static, Desk>, text: &str) {
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run_steps(3);
    harness.get_by_label("palette line").type_text(text);
    harness.run_steps(3);
}

fn asked<'a>(harness: &'a Harness<'static, Desk>) -> &'a [String] {
    &harness.state().asked
}

#[test]
fn words_in_the_palette_are_composed_for_the_slot_in_focus() {
    let mut harness = desk(&SET);
    write(&mut harness, "dark hoover");
    harness.get_by_label("compose “dark hoover”");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    harness.run_steps(3);
    assert_eq!(asked(&harness), ["compose \"dark hoover\""]);
    assert_eq!(harness.state().state.palette.text, "");
    let order = harness.state().world.resource::<Order>().clone();
    let cell = Cell::Slot(order.tracks[1], order.scenes[0]);
    harness.state_mut().state.grid.focus = Some(cell);
    write(&mut harness, "scream");
    harness.get_by_label("compose “scream”").click();
    harness.run_steps(3);
    assert_eq!(asked(&harness)[1], "compose into #2 #3 scream");
}

#[test]
fn a_proposal_is_shown_changed_kept_varied_and_rejected() {
    let mut harness = desk(&SET);
    propose(&mut harness.state_mut().world, "dark hoover qwertz", None);
    harness.run_steps(3);
    harness.get_by_label("not understood: qwertz");
    for (button, line) in [
        ("vary the proposal", "compose vary proposal 1"),
        ("hear the proposal", "compose try on proposal 1"),
        ("keep the proposal", "compose keep proposal 1"),
        ("reject the proposal", "compose reject proposal 1"),
    ] {
        harness.get_by_label(button).click();
        harness.run_steps(3);
        assert_eq!(asked(&harness).last().map(String::as_str), Some(line));
    }
    harness.get_by_label("tempo: 170 BPM").click();
    harness.run_steps(3);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run_steps(1);
    harness.event(egui::Event::Text("190".into()));
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    let line = "compose change tempo proposal 1 \"190\"";
    assert_eq!(asked(&harness).last().map(String::as_str), Some(line));
    // The lead track that is there has no hoover by its name, but plays one.
    let ghosts = super::super::proposals::ghosts_of(&harness.state().world, None);
    assert_eq!(ghosts.len(), 1, "{ghosts:?}");
    jobs::decided(&mut harness.state_mut().world, jobs::JobId(1), false);
    harness.run_steps(3);
    assert!(harness.query_by_label("keep the proposal").is_none());
}

#[test]
fn a_running_job_is_broken_off_by_its_button_and_listed() {
    let mut harness = desk(&SET);
    let work = |_: jobs::JobId, teller: &mut jobs::Teller| {
        while !teller.is_cancelled() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        Err("broken off".to_owned())
    };
    let world = &mut harness.state_mut().world;
    let id = jobs::begin(world, jobs::Kind::Bounce, "bounce “Drop”".into(), None, work);
    let id = id.expect("a job");
    harness.run_steps(3);
    harness.get_by_label("jobs").click();
    harness.run_steps(3);
    assert!(harness.state().state.jobs);
    let buttons: Vec<_> = harness.get_all_by_label("cancel job 1").collect();
    assert_eq!(buttons.len(), 2);
    buttons[0].click();
    drop(buttons);
    harness.run_steps(3);
    assert_eq!(asked(&harness), ["job cancel 1"]);
    jobs::cancel(&mut harness.state_mut().world, id).expect("it runs");
    harness.run_steps(3);
    assert!(harness.query_by_label("cancel job 1").is_none());
}

#[test]
fn the_browser_finds_a_sound_and_loads_it_here_or_on_a_new_track() {
    let mut harness = desk(&SET);
    harness.get_by_label("search sounds").click();
    harness.run_steps(3);
    harness.get_by_label("search sounds").type_text("hoov");
    harness.run_steps(3);
    assert_eq!(harness.query_all_by_label_contains("load ").count(), 1);
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    harness.key_press_modifiers(Modifiers::SHIFT, Key::Enter);
    harness.run_steps(3);
    let lines = asked(&harness);
    assert_eq!(lines[0], "track #1 instrument hoover", "{lines:?}");
    assert!(lines[1].starts_with("track add instrument hoover "), "{lines:?}");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::B);
    harness.run_steps(3);
    assert!(harness.query_by_label("search sounds").is_none());
}

#[test]
fn the_palette_offers_and_runs_every_action_of_the_table() {
    let mut harness = desk(&SET);
    for form in forms() {
        // The word it begins with is offered from its first letters on, and so is its help at the end.
        let word = form.example.split(' ').next().unwrap_or_default();
        let (begun, rest) = form.example.split_at(word.len().min(2));
        write(&mut harness, begun);
        let palette = &harness.state().state.palette;
        let offered = palette.offers(&harness.state().names);
        let fits = |offer: &String| offer.starts_with(word);
        assert!(offered.iter().any(fits), "{}: {begun} offers {offered:?}", form.name);
        harness.get_by_label("palette line").type_text(rest);
        harness.run_steps(2);
        harness.key_press(Key::Enter);
        harness.run_steps(2);
        assert_eq!(asked(&harness).last().map(String::as_str), Some(form.example));
        assert_eq!(harness.state().state.palette.text, "");
    }
}

#[test]
fn what_is_typed_around_an_enter_in_one_frame_is_taken_in_turn() {
    let mut harness = desk(&SET);
    write(&mut harness, "volume Kick -");
    let enter = |pressed| egui::Event::Key {
        key: Key::Enter,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
    let text = |text: &str| egui::Event::Text(text.to_owned());
    for event in [text("6"), enter(true), enter(false), text("b"), text("p")] {
        harness.input_mut().events.push(event);
    }
    harness.run_steps(4);
    assert_eq!(asked(&harness), ["volume Kick -6"]);
    assert_eq!(harness.state().state.palette.text, "bp");
}

#[test]
fn the_first_play_of_a_set_sounds() {
    let mut harness = desk(&SET);
    harness.key_press(Key::Space);
    harness.run_steps(3);
    let drop = harness.state().world.resource::<Order>().scenes[1];
    assert_eq!(asked(&harness), [format!("scene #{}", drop.0)], "the first scene with a clip");
    let mut harness = desk(&SET[..4]);
    harness.get_by_label("play").click();
    harness.run_steps(3);
    assert_eq!(asked(&harness), ["play"], "where there is no clip, the transport alone");
}

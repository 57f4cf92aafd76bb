//! Thousands of random presses, drags and keys: nothing panics, the document stays valid, and undo leads
//! back to where it began.

use egui::{Event, Key, Modifiers, PointerButton, Pos2, pos2};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use super::keys::TABLE;
use super::tests::{Desk, SET, desk};
use crate::session::document::collect;
use crate::session::history::{History, Outcome, Request};

/// Letters and words that are typed at random: beginnings of actions, nonsense, signs.
const WORDS: [&str; 10] =
    ["volume ", "kick", " -3", "scene add X", ";", "\"", "🙂", "track 1 delete", "q", " "];

fn hand(random: &mut Pcg64) -> Vec<Event> {
    let place = |random: &mut Pcg64| -> Pos2 {
        pos2(random.random_range(0.0..1280.0), random.random_range(0.0..800.0))
    };
    let button = |at: Pos2, button: PointerButton, pressed: bool, modifiers: Modifiers| {
        Event::PointerButton { pos: at, button, pressed, modifiers }
    };
    let from = place(random);
    let modifiers = match random.random_range(0..6) {
        0 => Modifiers::COMMAND,
        1 => Modifiers::SHIFT,
        _ => Modifiers::NONE,
    };
    let which = match random.random_range(0..8) {
        0 => PointerButton::Secondary,
        _ => PointerButton::Primary,
    };
    match random.random_range(0..10) {
        0..=3 => vec![
            Event::PointerMoved(from),
            button(from, which, true, modifiers),
            button(from, which, false, modifiers),
        ],
        4..=5 => {
            let to = place(random);
            vec![
                Event::PointerMoved(from),
                button(from, which, true, modifiers),
                Event::PointerMoved(from.lerp(to, 0.5)),
                Event::PointerMoved(to),
                button(to, which, false, modifiers),
            ]
        }
        6 => vec![Event::Text(WORDS[random.random_range(0..WORDS.len())].to_owned())],
        7 => {
            let keys = [Key::Escape, Key::Enter, Key::Tab, Key::Backspace];
            press(keys[random.random_range(0..keys.len())], Modifiers::NONE)
        }
        _ => {
            let row = &TABLE[random.random_range(0..TABLE.len())];
            press(row.key, row.modifiers)
        }
    }
}

fn press(key: Key, modifiers: Modifiers) -> Vec<Event> {
    let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
    vec![event(true), event(false)]
}

#[test]
fn random_hands_leave_a_valid_document_that_undo_leads_back() {
    let soak = std::env::var_os("HARDCORE_SOAK").is_some();
    let (count, seed) = (if soak { 10_000 } else { 1_000 }, 7);
    let mut harness = desk(&SET);
    harness.state_mut().world.insert_resource(History::with_depth(1_000_000));
    let begun = collect(&harness.state().world).expect("a document");
    let mut random = Pcg64::seed_from_u64(seed);
    let state = |desk: &Desk| desk.world.resource::<History>().state();
    let (mut edits, mut last) = (0, state(harness.state()));
    for step in 0..count {
        // One event a frame, as hands are slower than frames.
        for event in hand(&mut random) {
            harness.event(event);
            harness.step();
        }
        if step % 50 == 0 {
            let project = collect(&harness.state().world).expect("a document");
            project.validate().unwrap_or_else(|e| panic!("step {step}: {e:?}"));
        }
        let now = state(harness.state());
        edits += usize::from(now != last);
        last = now;
    }
    println!("{count} hands, {} asked, {edits} changes", harness.state().asked.len());
    assert!(edits > count / 50, "the hands did hardly anything");
    undo_all(harness.state_mut());
    let ended = collect(&harness.state().world).expect("a document");
    assert_eq!(ended, begun);
}

fn undo_all(desk: &mut Desk) {
    while desk.request(Request::Undo) != Outcome::Nothing {}
}

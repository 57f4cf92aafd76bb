//! Every rule must be able to fail: a good idea is spoiled in one way, and the rule notices.

use super::*;
use crate::generation::idea::{BAR, BEAT, STEP};
use crate::generation::{compose, understand};
use crate::model::intent::{Role, SetContext};

fn idea(prompt: &str) -> Idea {
    compose(&understand(prompt, &SetContext::default()), 3)
}

fn passes(idea: &Idea, number: u8) -> bool {
    let results = check(idea);
    let mut of_number = results.iter().filter(|rule| rule.number == number).peekable();
    assert!(of_number.peek().is_some(), "rule {number} was not checked");
    of_number.all(|rule| rule.pass)
}

/// Spoils a good idea and expects exactly that the rule fails.
#[track_caller]
fn spoils(prompt: &str, number: u8, spoil: impl Fn(&mut Idea)) {
    let mut idea = idea(prompt);
    assert!(passes(&idea, number), "rule {number} holds before");
    spoil(&mut idea);
    assert!(!passes(&idea, number), "rule {number} must notice");
}

fn notes_of(idea: &mut Idea, role: Role) -> &mut Vec<crate::generation::idea::IdeaNote> {
    let part = idea.parts.iter_mut().find(|part| part.role == role);
    &mut part.expect("the part plays").notes
}

fn tune_of(idea: &mut Idea) -> &mut Vec<crate::generation::idea::IdeaNote> {
    let role = idea.tune.expect("a tune");
    notes_of(idea, role)
}

#[test]
fn kick_rules_can_fail() {
    spoils("gabber f minor", 1, |idea| notes_of(idea, Role::Kick)[5].pitch += 1);
    spoils("gabber f minor", 1, |idea| {
        notes_of(idea, Role::Kick).iter_mut().for_each(|n| n.pitch += 12);
    });
    spoils("gabber", 2, |idea| notes_of(idea, Role::Kick)[0].length = BEAT);
    spoils("gabber", 3, |idea| {
        notes_of(idea, Role::Kick).retain(|n| n.start / BAR != 2);
    });
    spoils("gabber", 12, |idea| {
        let kicks = notes_of(idea, Role::Kick);
        for beat in 0..2 {
            let mut extra = kicks[0];
            extra.start = beat * BEAT + STEP;
            kicks.push(extra);
        }
        kicks.sort_by_key(|n| n.start);
    });
    spoils("gabber", 13, |idea| notes_of(idea, Role::Kick)[3].velocity -= 20);
    spoils("hard techno", 15, |idea| {
        idea.parts[0].swing = 54.0;
        assert_eq!(idea.parts[0].role, Role::Kick);
    });
}

#[test]
fn drum_rules_can_fail() {
    spoils("gabber", 10, |idea| {
        notes_of(idea, Role::ClosedHat).retain(|n| n.start / BAR != 4);
        notes_of(idea, Role::OpenHat).retain(|n| n.start / BAR != 4);
    });
    spoils("gabber", 11, |idea| {
        notes_of(idea, Role::Crash).retain(|n| n.start != 8 * BAR);
    });
    spoils("gabber", 13, |idea| {
        notes_of(idea, Role::ClosedHat).iter_mut().for_each(|n| n.velocity = 100);
    });
    spoils("hard techno", 14, |idea| {
        idea.parts.retain(|part| !matches!(part.role, Role::OpenHat | Role::Ride));
    });
    spoils("hard techno", 9, |idea| {
        notes_of(idea, Role::Rumble)[0].start = 0;
    });
    spoils("frenchcore", 9, |idea| {
        notes_of(idea, Role::Bass).retain(|n| n.start != 5 * BAR + 2 * STEP);
    });
}

#[test]
fn tune_rules_can_fail() {
    spoils("gabber", 16, |idea| {
        let tune = tune_of(idea);
        // Every bar gets another rhythm.
        for (i, note) in (0..).zip(tune.iter_mut()) {
            let bar = note.start / BAR;
            note.start = bar * BAR + (i * (bar + 1) + bar) % 16 * STEP;
        }
        tune.sort_by_key(|n| n.start);
    });
    spoils("gabber f minor", 17, |idea| {
        if let Some(last) = tune_of(idea).last_mut() {
            last.pitch = 67;
        }
    });
    spoils("gabber", 17, |idea| {
        let shift = |tick: i64| (8 * BAR..12 * BAR).contains(&tick);
        tune_of(idea).iter_mut().filter(|n| shift(n.start)).for_each(|n| n.pitch += 1);
    });
    spoils("gabber", 18, |idea| tune_of(idea)[2].pitch += 24);
    spoils("gabber f minor", 20, |idea| tune_of(idea)[1].pitch = 66);
    spoils("gabber hoover screech", 21, |idea| {
        let tune = tune_of(idea).clone();
        let screech = notes_of(idea, Role::Screech);
        screech.clear();
        screech.extend(tune);
    });
    spoils("gabber", 22, |idea| {
        let tune = tune_of(idea);
        let first = tune[0];
        tune.retain(|n| n.start / BAR != 1);
        tune.insert(0, first);
    });
}

#[test]
fn form_rules_can_fail() {
    spoils("gabber", 19, |idea| {
        idea.chords = (0..16)
            .map(|bar| crate::generation::idea::Chord {
                start: bar * BAR,
                degree: (bar % 2) as i32,
            })
            .collect();
    });
    spoils("frenchcore f minor", 19, |idea| notes_of(idea, Role::Bass)[0].pitch += 2);
    spoils("gabber", 23, |idea| {
        let late = |tick: i64| tick / BAR < 7;
        notes_of(idea, Role::Bass).retain(|n| !late(n.start));
    });
    spoils("gabber", 24, |idea| notes_of(idea, Role::Riser)[0].length -= 2 * STEP);
    spoils("gabber", 24, |idea| {
        idea.parts.iter_mut().for_each(|part| part.automation.clear());
    });
}

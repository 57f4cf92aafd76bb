//! How good a candidate is: rules kept, and among those that keep them all, how well it is made.

use super::idea::{BAR, Idea};
use super::rules::{self, RuleResult};

/// Every rule that notes can decide; see [`rules::check`].
pub fn check(idea: &Idea) -> Vec<RuleResult> {
    rules::check(idea)
}

/// Merit of a candidate: 10 for each rule kept minus 10 for each broken, plus 0–4 for craft. Higher
/// is better.
pub fn merit(idea: &Idea) -> f64 {
    let kept: f64 = rules::check(idea)
        .iter()
        .map(|rule| if rule.pass { 10.0 } else { -10.0 })
        .sum();
    kept + craft(idea)
}

/// What makes a tune stick, each 0–1: steps and small skips outnumber leaps without being all of it,
/// it has one highest note that is not struck too often, few pitch classes rather than many, and its
/// answers leave the tune room.
fn craft(idea: &Idea) -> f64 {
    let Some(tune) = idea.tune() else { return 0.0 };
    let pitches: Vec<i32> = tune.notes.iter().map(|n| i32::from(n.pitch)).collect();
    let moves = pitches.len().saturating_sub(1).max(1) as f64;
    let count = |wanted: &dyn Fn(i32) -> bool| {
        let found = pitches.windows(2).filter(|w| wanted((w[1] - w[0]).abs()));
        found.count() as f64 / moves
    };
    let flowing = count(&|step| (1..=4).contains(&step));
    let flow = 1.0 - (flowing - 0.6).abs() / 0.6;
    // A note repeated for ever is a siren, not a tune.
    let standing = count(&|step| step == 0);
    let motion = 1.0 - (standing - 0.2).max(0.0) / 0.8;
    let peak = pitches.iter().max().copied().unwrap_or(0);
    let at_peak =
        pitches.iter().filter(|p| **p == peak).count() as f64 / pitches.len().max(1) as f64;
    let summit = 1.0 - (at_peak - 0.08).abs() / 0.92;
    let mut classes: Vec<i32> = pitches.iter().map(|p| p.rem_euclid(12)).collect();
    classes.sort_unstable();
    classes.dedup();
    let economy = 1.0 - (classes.len() as f64 - 4.5).abs() / 4.5;
    let answers = idea.parts.iter().filter(|part| {
        Some(part.role) != idea.tune && crate::model::intent::Role::MELODIC.contains(&part.role)
    });
    let crowded = answers
        .flat_map(|part| &part.notes)
        .filter(|note| tune.notes.iter().any(|t| t.start == note.start))
        .count() as f64;
    let bars = (idea.length() / BAR).max(1) as f64;
    let room = 1.0 - (crowded / bars / 4.0).min(1.0);
    (flow + motion + summit + economy + room) * 0.8
}

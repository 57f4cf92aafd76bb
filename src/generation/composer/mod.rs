//! The offline composer: intent and seed → several candidates → the one the rules like best.

mod answer;
mod drums;
mod form;
mod low;
mod mix;
mod rng;
mod tune;

#[cfg(test)]
mod tests;

use super::idea::Idea;
use super::knowledge::Knowledge;
use super::score;
use crate::model::intent::Intent;
use crate::model::key::Key;

/// Candidates composed for each seed; the best one wins.
const CANDIDATES: u64 = 12;

/// Composes an idea. Pure: the same intent and seed give the same idea on every machine. A tempo out
/// of 20–999 BPM or a length out of 1–128 bars is brought into range.
pub fn compose(intent: &Intent, seed: u64) -> Idea {
    let mut intent = intent.clone();
    intent.bars = intent.bars.clamp(1, 128);
    let usual = Knowledge::get().genre(intent.genre).bpm.2;
    intent.bpm = if intent.bpm.is_finite() { intent.bpm.clamp(20.0, 999.0) } else { usual };
    let key = form::choose_key(&intent, seed);
    let mut best: Option<(f64, Idea)> = None;
    for number in 0..CANDIDATES {
        let idea = candidate(&intent, key, seed, number);
        let merit = score::merit(&idea);
        if best.as_ref().is_none_or(|(most, _)| merit > *most) {
            best = Some((merit, idea));
        }
    }
    let mut idea = match best {
        Some((_, idea)) => idea,
        None => candidate(&intent, key, seed, 0),
    };
    lock(&mut idea);
    idea
}

fn candidate(intent: &Intent, key: Key, seed: u64, number: u64) -> Idea {
    let own = rng::derive(seed, &format!("candidate {number}"));
    let mut plan = form::plan(intent, key, own);
    let mut notes = drums::Notes::new();
    drums::write(&mut plan, own, &mut notes);
    low::write(&plan, own, &mut notes);
    tune::write(&plan, own, &mut notes);
    answer::write(&plan, own, &mut notes);
    // The seed the user sees, not the candidate's: it is what repeats the idea.
    let mut idea = mix::build(plan, own, notes);
    idea.seed = seed;
    idea
}

/// "Keep the kick": takes the locked parts from the piece that is being changed.
fn lock(idea: &mut Idea) {
    let Some(edit) = idea.intent.edit.clone() else {
        return;
    };
    let Some(base) = &edit.base else { return };
    if edit.locked.is_empty() {
        return;
    }
    let was = compose(&base.intent, base.seed);
    for role in &edit.locked {
        idea.parts.retain(|part| part.role != *role);
        idea.parts.extend(was.part(*role).cloned());
    }
    idea.parts.sort_by_key(|part| part.role);
}

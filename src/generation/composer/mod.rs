//! The offline composer: intent and seed → several candidates → the one the rules like best.

mod answer;
mod drums;
mod edit;
mod form;
mod low;
mod mix;
pub(super) mod rng;
mod tune;

#[cfg(test)]
mod tests;

use super::idea::Idea;
use super::knowledge::Knowledge;
use super::{rules, score};
use crate::model::intent::{Intent, Role};
use crate::model::key::Key;

/// Candidates composed for a seed where nothing is said; the best one wins.
const CANDIDATES: u32 = 12;

/// Composes an idea. Pure: the same intent and seed give the same idea on every machine. A tempo out
/// of 20–999 BPM or a length out of 1–128 bars is brought into range. An edit keeps the material of
/// the piece it changes, so its own seed decides nothing.
pub fn compose(intent: &Intent, seed: u64) -> Idea {
    compose_best_of(intent, seed, CANDIDATES)
}

/// [`compose`] with another number of candidates, at least one: more of them sound better and take
/// longer.
pub fn compose_best_of(intent: &Intent, seed: u64, candidates: u32) -> Idea {
    let mut intent = intent.clone();
    intent.bars = intent.bars.clamp(1, 128);
    let usual = Knowledge::get().genre(intent.genre).bpm.2;
    intent.bpm = if intent.bpm.is_finite() { intent.bpm.clamp(20.0, 999.0) } else { usual };
    let base = intent.edit.as_ref().and_then(|edit| edit.base.clone());
    let mut idea = match base {
        Some(base) => edit::change(&intent, &base, candidates),
        None => best(&intent, seed, candidates),
    };
    idea.seed = seed;
    idea
}

/// Times as many candidates are composed while none of them keeps every rule.
const PATIENCE: u64 = 4;

/// The best of a seed's candidates.
fn best(intent: &Intent, seed: u64, candidates: u32) -> Idea {
    let key = form::choose_key(intent, seed);
    let tune = form::choose_tune(intent, seed);
    let mut winner = candidate(intent, key, tune, seed, 0);
    let mut most = score::merit(&winner);
    let enough = u64::from(candidates);
    for number in 1..enough * PATIENCE {
        if number >= enough && rules::check(&winner).iter().all(|rule| rule.pass) {
            break;
        }
        let idea = candidate(intent, key, tune, seed, number);
        let merit = score::merit(&idea);
        if merit > most {
            (most, winner) = (merit, idea);
        }
    }
    winner
}

fn candidate(intent: &Intent, key: Key, tune: Option<Role>, seed: u64, number: u64) -> Idea {
    let own = rng::derive(seed, &format!("{} {number}", intent.genre));
    let mut plan = form::plan(intent, key, tune, own);
    let mut notes = drums::Notes::new();
    drums::write(&mut plan, own, &mut notes);
    low::write(&plan, own, &mut notes);
    tune::write(&plan, own, &mut notes);
    answer::write(&plan, own, &mut notes);
    mix::build(plan, own, notes)
}

//! "The same but …": the material of an earlier piece, darker or harder, thinned, with parts locked.

use super::{best, compose_best_of};
use crate::generation::idea::{BAR, Idea, IdeaNote, STEP};
use crate::generation::knowledge::Knowledge;
use crate::model::intent::{Composed, Intent, Role};

/// Composes the changed piece: the base's notes in the new sound; fewer notes where fewer are asked
/// for; the locked parts exactly as they were.
pub fn change(intent: &Intent, base: &Composed, candidates: u32) -> Idea {
    let was = compose_best_of(&base.intent, base.seed, candidates);
    let mut same = intent.clone();
    same.root = same.root.or(Some(was.key.root));
    same.scale = same.scale.or(Some(was.key.scale));
    let origin = origin(base);
    let fewer = origin.intent.density.saturating_sub(intent.density);
    if fewer > 0 {
        // The same cells as at first; what is too much is taken out of them below.
        same.density = origin.intent.density;
    }
    let mut idea = best(&same, origin.seed, candidates);
    let locked = intent.edit.as_ref().map_or(&[][..], |edit| &edit.locked);
    let fewest = Knowledge::get().genre(intent.genre).lead_notes.0 as usize;
    for part in &mut idea.parts {
        if fewer > 0 && Role::MELODIC.contains(&part.role) {
            thin(&mut part.notes, fewer, fewest);
        }
    }
    for role in locked {
        idea.parts.retain(|part| part.role != *role);
        idea.parts.extend(was.part(*role).cloned());
    }
    idea.parts.sort_by_key(|part| part.role);
    idea.intent.density = intent.density;
    idea
}

/// The piece an edit's material comes from: an edit of an edit goes back to the first.
fn origin(piece: &Composed) -> &Composed {
    match piece.intent.edit.as_ref().and_then(|edit| edit.base.as_ref()) {
        Some(base) => origin(base),
        None => piece,
    }
}

/// Takes a third of every bar's notes (half of them for two steps), weakest places first: 16ths, then
/// 8ths, then beats. The first and last note stay, and so do `fewest` a bar.
fn thin(notes: &mut Vec<IdeaNote>, steps: i8, fewest: usize) {
    let last = notes.len().saturating_sub(1);
    let mut gone = vec![false; notes.len()];
    let bars = notes.last().map_or(0, |note| note.start / BAR + 1);
    for bar in 0..bars {
        let mut inside: Vec<usize> =
            (0..notes.len()).filter(|i| notes[*i].start / BAR == bar).collect();
        let share = if steps > 1 { 2 } else { 3 };
        let spare = inside.len().saturating_sub(fewest.max(1));
        let take = inside.len().div_ceil(share).min(spare);
        inside.retain(|i| *i != 0 && *i != last);
        inside.sort_by_key(|i| {
            let step = notes[*i].start / STEP;
            // Beats weigh most; among equals the later note goes first.
            let weight = [3, 0, 2, 1][(step % 4) as usize];
            (weight, std::cmp::Reverse(*i))
        });
        for i in inside.into_iter().take(take) {
            gone[i] = true;
        }
    }
    let mut index = 0;
    notes.retain(|_| {
        index += 1;
        !gone[index - 1]
    });
}

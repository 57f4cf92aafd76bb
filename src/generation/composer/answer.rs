//! Everything else with a pitch: what answers the tune in its rests, chords held under it, risers.

use super::drums::Notes;
use super::form::Plan;
use super::rng::Chance;
use crate::generation::idea::{BAR, IdeaNote, STEP};
use crate::generation::knowledge::Answer;
use crate::generation::steps::Steps;
use crate::model::intent::Role;

/// MIDI pitch near which held chords lie, and from which a pitched riser climbs.
const CHORD_REGISTER: f64 = 55.0;

/// Writes answers, pads and risers; the tune must be there already.
pub fn write(plan: &Plan, seed: u64, out: &mut Notes) {
    let tune = plan.tune.and_then(|role| out.get(&role)).cloned();
    let tune = tune.unwrap_or_default();
    for role in &plan.answers {
        if plan.active.contains_key(role) {
            let mut chance = Chance::new(seed, role.name());
            let notes = answer(plan, *role, &tune, &mut chance);
            out.insert(*role, notes);
        }
    }
    for role in [Role::Pad, Role::Strings] {
        if plan.active.contains_key(&role) {
            out.insert(role, held(plan, role));
        }
    }
    if plan.active.contains_key(&Role::Riser) {
        out.insert(Role::Riser, risers(plan));
    }
}

fn answer(plan: &Plan, role: Role, tune: &[IdeaNote], chance: &mut Chance) -> Vec<IdeaNote> {
    let answers = &plan.style.answers;
    let own = answers.iter().find(|answer| answer.role == role);
    let Some(table) = own.or(answers.first()) else {
        return Vec::new();
    };
    let shape: &[i32] = chance.one(&table.shapes).map_or(&[0], Vec::as_slice);
    // An acid line runs under the tune; everything else speaks when the tune is silent.
    let under = role == Role::Acid;
    let mut best = Vec::new();
    for cell in chance.shuffled(&table.cells) {
        let notes = place(plan, role, table, cell, shape, tune, under);
        // A cell whose every block still says something after the tune took its room.
        let speaks = (0..plan.bars).step_by(4).all(|bar| {
            let (from, to) = (i64::from(bar) * BAR, i64::from(bar + 4) * BAR);
            !plan.plays(role, bar)
                || notes.iter().any(|note: &IdeaNote| (from..to).contains(&note.start))
        });
        if speaks {
            return notes;
        }
        if notes.len() > best.len() {
            best = notes;
        }
    }
    best
}

fn place(
    plan: &Plan,
    role: Role,
    table: &Answer,
    cell: &(Steps, Steps),
    shape: &[i32],
    tune: &[IdeaNote],
    under: bool,
) -> Vec<IdeaNote> {
    let mut notes: Vec<IdeaNote> = Vec::new();
    for bar in (0..plan.bars).filter(|bar| plan.plays(role, *bar)) {
        let steps = if bar % 2 == 0 { &cell.0 } else { &cell.1 };
        for (i, hit) in steps.hits.iter().enumerate() {
            let start = i64::from(bar) * BAR + hit.step as i64 * STEP;
            let taken = tune.iter().any(|note| {
                let sounding = (note.start..note.end()).contains(&start);
                note.start == start || (sounding && !under)
            });
            if plan.fill(start).is_some_and(|fill| fill.stop) || (taken && !under) {
                continue;
            }
            let root = plan.chord(start);
            let octave = plan.key.octave_near(root, table.register);
            let degree = root + shape[i % shape.len().max(1)];
            notes.push(IdeaNote {
                start,
                length: (hit.length as i64 * STEP) * 4 / 5,
                pitch: plan.key.pitch(degree, octave).clamp(0, 127) as u8,
                velocity: if hit.accent > 0 { 112 } else { 100 },
                slide: false,
            });
        }
    }
    notes
}

/// Triads held from chord to chord, struck again every four bars.
fn held(plan: &Plan, role: Role) -> Vec<IdeaNote> {
    let mut notes = Vec::new();
    let mut bar = 0;
    while bar < plan.bars {
        let start = i64::from(bar) * BAR;
        let root = plan.chord(start);
        let mut next = bar + 1;
        while next < plan.bars && next % 4 != 0 && plan.chord(i64::from(next) * BAR) == root {
            next += 1;
        }
        if plan.plays(role, bar) {
            let octave = plan.key.octave_near(root, CHORD_REGISTER);
            for tone in [0, 2, 4] {
                notes.push(IdeaNote {
                    start,
                    length: i64::from(next - bar) * BAR,
                    pitch: plan.key.pitch(root + tone, octave).clamp(0, 127) as u8,
                    velocity: 90,
                    slide: false,
                });
            }
        }
        bar = next;
    }
    notes
}

/// One riser per whole 4-bar block it plays in, ending exactly where the block ends.
fn risers(plan: &Plan) -> Vec<IdeaNote> {
    let octave = plan.key.octave_near(0, CHORD_REGISTER);
    (0..plan.bars)
        .step_by(4)
        .filter(|bar| bar + 4 <= plan.bars && plan.plays(Role::Riser, *bar))
        .map(|bar| IdeaNote {
            start: i64::from(bar) * BAR,
            length: 4 * BAR,
            pitch: plan.key.pitch(0, octave).clamp(0, 127) as u8,
            velocity: 100,
            slide: false,
        })
        .collect()
}

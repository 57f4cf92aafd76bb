//! The tune: a two-bar call and answer that is repeated, sequenced, varied and brought home.

use super::drums::Notes;
use super::form::Plan;
use super::rng::Chance;
use crate::generation::idea::{BAR, BEAT, Block, IdeaNote, STEP};
use crate::generation::knowledge::Hook;
use crate::generation::steps::{Hit, Steps};
use crate::model::intent::Role;

/// A bar of the tune before it has pitches: rhythm and scale steps from the root.
#[derive(Clone, Debug)]
struct Phrase {
    hits: Vec<Hit>,
    degrees: Vec<i32>,
}

/// Writes the tune for the role that carries it.
pub fn write(plan: &Plan, seed: u64, out: &mut Notes) {
    let Some(role) = plan.tune else { return };
    if !plan.active.contains_key(&role) {
        return;
    }
    let mut chance = Chance::new(seed, "tune");
    let Some(hook) = hook(plan, role) else { return };
    let motif = Motif::invent(plan, hook, &mut chance);
    let mut notes = Vec::new();
    for bar in 0..plan.bars {
        if plan.plays(role, bar) {
            motif.write_bar(plan, hook, bar, &mut notes);
        }
    }
    bring_home(plan, &mut notes);
    out.insert(role, notes);
}

/// How the style plays its tune on `role`; styles that never thought of it lend their first hook.
fn hook(plan: &Plan, role: Role) -> Option<&'static Hook> {
    let hooks = &plan.style.hooks;
    let own = hooks.iter().find(|hook| hook.role == role);
    own.or(hooks.first())
}

/// The material of a tune.
struct Motif {
    call: Phrase,
    /// Ends in the air.
    open: Phrase,
    /// Ends on the root.
    close: Phrase,
    /// The call one or two scale steps away.
    sequence: Phrase,
    /// The answer with a new turn, for block B.
    turned: Phrase,
    /// The call with a note moved, for block C.
    graced: Phrase,
    /// Another call over the same contour, for block D.
    lifted: Phrase,
    /// Where downbeats fall on the second half too, whether they seek the chord.
    anchored: bool,
}

impl Motif {
    fn invent(plan: &Plan, hook: &Hook, chance: &mut Chance) -> Motif {
        let cells = fitting(plan, hook);
        let (first, second) = chance.one(&cells).cloned().unwrap_or_default();
        let others: Vec<_> = cells.iter().filter(|(call, _)| *call != first).collect();
        let other = chance.one(&others).map_or(first.clone(), |(call, _)| call.clone());
        let shapes = chance.shuffled(&hook.shapes);
        let one = shapes.first().map(|s| s.as_slice()).unwrap_or(&[0]);
        // Half of the time the answer begins like the call, so that the ear hears the same thought.
        let two = match shapes.get(1) {
            Some(shape) if chance.yes(0.5) => shape.as_slice(),
            _ => one,
        };
        let window = hook.window;
        let call = Phrase::new(&first, one, window);
        let answer = Phrase::new(&second, two, window);
        let open_end = *chance.one(&[4, 1, -1, 2]).unwrap_or(&4);
        let open = answer.ending(&[open_end], window);
        let approach = *chance.one(&[1, -1, 2]).unwrap_or(&1);
        let close = answer.ending(&[approach, 0], window);
        let shift = *chance.one(&[1, 2, -1, 2]).unwrap_or(&2);
        let sequence = call.shifted(shift, window);
        let turn = *chance.one(&[[2, 4], [3, 4], [5, 4], [2, 1]]).unwrap_or(&[2, 4]);
        let turned = answer.ending(&turn, window);
        let graced = call.graced(chance.between(-1, 1), window);
        let lift = *chance.one(&[2, 1, 2, 3]).unwrap_or(&2);
        let lifted = Phrase::new(&other, one, window).shifted(lift, window);
        Motif { call, open, close, sequence, turned, graced, lifted, anchored: chance.yes(0.6) }
    }

    /// Which phrase a bar plays: A states, B develops its second half, C restates, D lifts and closes.
    fn phrase(&self, block: Block, bar: u32) -> &Phrase {
        match (block, bar % 4) {
            (Block::D, 0) => &self.lifted,
            (Block::C, 2) => &self.graced,
            (Block::B | Block::D, 2) => &self.sequence,
            (Block::B, 3) => &self.turned,
            (_, 1) => &self.open,
            (_, 3) => &self.close,
            _ => &self.call,
        }
    }

    fn write_bar(&self, plan: &Plan, hook: &Hook, bar: u32, notes: &mut Vec<IdeaNote>) {
        let phrase = self.phrase(plan.block(bar), bar);
        let octave = plan.key.octave_near(0, hook.register);
        for (i, (hit, degree)) in phrase.hits.iter().zip(&phrase.degrees).enumerate() {
            let start = i64::from(bar) * BAR + hit.step as i64 * STEP;
            if plan.fill(start).is_some_and(|fill| fill.stop) {
                continue;
            }
            let strong = hit.step == 0 || (hit.step == 8 && self.anchored);
            let degree =
                if strong { to_chord(*degree, plan.chord(start), hook.window) } else { *degree };
            let slide = hook.slides && hit.accent < 0;
            let next = phrase.hits.get(i + 1).map_or(16, |next| next.step);
            let room = (next - hit.step) as i64 * STEP;
            let held = hit.length as i64 * STEP;
            notes.push(IdeaNote {
                start,
                length: if slide {
                    room.min(BEAT / 2)
                } else if hit.length > 1 {
                    held - STEP / 6
                } else {
                    held * 4 / 5
                },
                pitch: plan.key.pitch(degree, octave).clamp(0, 127) as u8,
                velocity: match hit.accent {
                    -1 => 88,
                    0 => 100,
                    _ => 114,
                },
                slide,
            });
        }
    }
}

/// The hook's cells whose bars have as many notes as genre and wish allow; if none does, all of them
/// thinned to the most the genre allows.
fn fitting(plan: &Plan, hook: &Hook) -> Vec<(Steps, Steps)> {
    let (fewest, most) = plan.row.lead_notes;
    let fits = |steps: &Steps| (fewest..=most).contains(&(steps.hits.len() as u32));
    let mut cells: Vec<(Steps, Steps)> =
        hook.cells.iter().filter(|(call, answer)| fits(call) && fits(answer)).cloned().collect();
    if cells.is_empty() {
        cells = hook.cells.clone();
        for (call, answer) in &mut cells {
            call.hits.truncate(most as usize);
            answer.hits.truncate(most as usize);
        }
    }
    // Fewer or more notes: the sparser or the busier half of what fits.
    cells.sort_by_key(|(call, answer)| call.hits.len() + answer.hits.len());
    let half = cells.len().div_ceil(2);
    match plan.intent.density {
        n if n < 0 => cells.truncate(half),
        n if n > 0 => drop(cells.drain(..cells.len() - half)),
        _ => {}
    }
    cells
}

/// The scale step nearest to `degree` that is a chord tone on `root`, within the window.
fn to_chord(degree: i32, root: i32, window: (i32, i32)) -> i32 {
    let tone = |d: &i32| matches!((d - root).rem_euclid(7), 0 | 2 | 4);
    let near = (window.0..=window.1).filter(tone).min_by_key(|d| (d - degree).abs());
    near.unwrap_or(degree)
}

/// Octave-folds a scale step into the window.
fn fold(degree: i32, (low, high): (i32, i32)) -> i32 {
    let mut out = degree;
    while out > high {
        out -= 7;
    }
    while out < low {
        out += 7;
    }
    out.min(high)
}

impl Phrase {
    fn new(steps: &Steps, shape: &[i32], window: (i32, i32)) -> Phrase {
        let shape = if shape.is_empty() { &[0] } else { shape };
        let degrees = (0..steps.hits.len()).map(|i| fold(shape[i % shape.len()], window));
        Phrase { degrees: degrees.collect(), hits: steps.hits.clone() }
    }

    /// The same with other last notes.
    fn ending(&self, tail: &[i32], window: (i32, i32)) -> Phrase {
        let mut out = self.clone();
        for (degree, new) in out.degrees.iter_mut().rev().zip(tail.iter().rev()) {
            *degree = fold(*new, window);
        }
        out
    }

    /// The same moved by scale steps; a note that would leave the window stays.
    fn shifted(&self, by: i32, (low, high): (i32, i32)) -> Phrase {
        let mut out = self.clone();
        for degree in &mut out.degrees {
            if (low..=high).contains(&(*degree + by)) {
                *degree += by;
            }
        }
        out
    }

    /// The same with its last but one note moved by a step.
    fn graced(&self, by: i32, window: (i32, i32)) -> Phrase {
        let mut out = self.clone();
        let last = out.degrees.len();
        if last >= 3 {
            out.degrees[last - 2] = fold(out.degrees[last - 2] + by, window);
        }
        out
    }
}

/// Ends the tune on the first or fifth degree, whichever is nearer to where it was going.
fn bring_home(plan: &Plan, notes: &mut [IdeaNote]) {
    let before: Vec<i32> = notes.iter().map(|note| i32::from(note.pitch)).collect();
    let Some(last) = notes.last_mut() else { return };
    let (low, high) = before.iter().fold((127, 0), |(low, high), p| (low.min(*p), high.max(*p)));
    let was = i32::from(last.pitch);
    let home = (low..=high)
        .filter(|p| matches!(plan.key.degree(*p), Some(0 | 4)))
        .min_by_key(|p| (p - was).abs());
    if let Some(home) = home {
        last.pitch = home.clamp(0, 127) as u8;
        last.slide = false;
    }
}

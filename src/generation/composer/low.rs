//! Bass and rumble: what fills the space between the kicks and says where the chord is.

use super::drums::Notes;
use super::form::Plan;
use super::rng::Chance;
use crate::generation::idea::{BAR, Block, IdeaNote, STEP};
use crate::generation::knowledge::BassLine;
use crate::model::intent::Role;

/// MIDI pitch near which the rumble has its root: the octave of the kick's tail.
const RUMBLE_REGISTER: f64 = 33.0;

/// Writes the bass and the rumble.
pub fn write(plan: &Plan, seed: u64, out: &mut Notes) {
    let roles = [
        (Role::Bass, &plan.style.bass, plan.style.bass_register),
        (Role::Rumble, &plan.style.rumble, RUMBLE_REGISTER),
    ];
    for (role, lines, register) in roles {
        if !plan.active.contains_key(&role) {
            continue;
        }
        let mut chance = Chance::new(seed, role.name());
        if let Some(line) = chance.weighted(lines, |line| line.weight) {
            let notes = (0..plan.bars)
                .filter(|bar| plan.plays(role, *bar))
                .flat_map(|bar| bar_of(plan, role, line, register, bar));
            let mut notes: Vec<IdeaNote> = notes.collect();
            if role == Role::Rumble
                && let Some(kicks) = out.get(&Role::Kick)
            {
                make_room(&mut notes, kicks);
            }
            out.insert(role, notes);
        }
    }
}

fn bar_of(plan: &Plan, role: Role, line: &BassLine, register: f64, bar: u32) -> Vec<IdeaNote> {
    let dense_from = match plan.intent.density {
        n if n > 0 => Block::C,
        _ => Block::D,
    };
    let full =
        line.full.as_ref().filter(|_| plan.block(bar) >= dense_from && plan.intent.density >= 0);
    let turning = bar % 4 == 3;
    let steps = match (turning, full) {
        (true, _) => &line.turn,
        (false, Some(full)) => full,
        (false, None) => &line.steps,
    };
    let mut out = Vec::new();
    for (i, hit) in steps.hits.iter().enumerate() {
        let start = i64::from(bar) * BAR + hit.step as i64 * STEP;
        if plan.fill(start).is_some_and(|fill| fill.stop) {
            continue;
        }
        let from_end = steps.hits.len() - 1 - i;
        // The first note of a chord is its root; only the end of a phrase walks.
        let walk = match line.turn_degrees.get(from_end) {
            Some(walk) if turning && i > 0 => *walk,
            _ => 0,
        };
        let root = plan.chord(start);
        // Every chord root in the octave nearest the register, so that VII lies under I, not above.
        let octave = plan.key.octave_near(root, register);
        let pitch = plan.key.pitch(root + walk, octave);
        let share = if role == Role::Rumble { 0.95 } else { 0.86 };
        out.push(IdeaNote {
            start,
            length: (hit.length as f64 * STEP as f64 * share) as i64,
            pitch: pitch.clamp(0, 127) as u8,
            velocity: match hit.accent {
                -1 => 84,
                0 => 102,
                _ => 114,
            },
            slide: false,
        });
    }
    out
}

/// Ticks before a kick at which a rumble note ends: its release is over when the kick sounds.
const ROOM: i64 = STEP / 4;

/// No rumble starts with a kick, whatever the fill, and none sounds on into one.
fn make_room(notes: &mut Vec<IdeaNote>, kicks: &[IdeaNote]) {
    notes.retain(|note| {
        kicks.iter().all(|kick| !(kick.start..kick.start + STEP).contains(&note.start))
    });
    for note in notes {
        let next = kicks.iter().map(|kick| kick.start).find(|start| *start > note.start);
        if let Some(next) = next {
            note.length = note.length.min(next - note.start - ROOM).max(1);
        }
    }
}

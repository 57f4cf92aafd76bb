//! Rules about bass, chords and who plays where: 9, 19, 23, 24.

use std::collections::BTreeSet;

use super::{RuleResult, percent, result, share};
use crate::generation::idea::{BAR, BEAT, Block, Idea, Part, STEP};
use crate::generation::knowledge::Knowledge;
use crate::model::intent::{Genre, Role};

/// Every rule of this file.
pub fn check(idea: &Idea, out: &mut Vec<RuleResult>) {
    if let Some(result) = bass(idea) {
        out.push(result);
    }
    out.push(chords(idea));
    if !idea.intent.only && idea.bars >= 8 {
        out.push(roles(idea));
    }
    out.push(risers(idea));
}

/// Rule 9: At least 80 % of bass and rumble onsets fall on no kick; in frenchcore and happy hardcore the
/// bass has a note on every offbeat 8th of the blocks it plays in, outside fills; the rumble has none
/// on the first 16th of a beat.
fn bass(idea: &Idea) -> Option<RuleResult> {
    let parts: Vec<&Part> =
        [Role::Bass, Role::Rumble].iter().filter_map(|role| idea.part(*role)).collect();
    if parts.is_empty() {
        return None;
    }
    let kicks: BTreeSet<i64> = idea
        .part(Role::Kick)
        .map(|kick| kick.notes.iter().map(|note| note.start).collect())
        .unwrap_or_default();
    let mut pass = true;
    let mut measured = Vec::new();
    for part in parts {
        let free = part.notes.iter().filter(|n| !kicks.contains(&n.start)).count();
        let free = share(free, part.notes.len());
        pass &= free >= 0.8;
        measured.push(format!("{} off the kick {}", part.role, percent(free)));
        let starts: BTreeSet<i64> = part.notes.iter().map(|note| note.start).collect();
        if part.role == Role::Rumble {
            pass &= starts.iter().all(|tick| tick % BEAT != 0);
        }
        let bouncing = matches!(idea.intent.genre, Genre::Frenchcore | Genre::HappyHardcore);
        if part.role == Role::Bass && bouncing {
            let missing = (0..idea.length())
                .step_by(BEAT as usize)
                .filter(|tick| {
                    let span = idea.block_span((tick / (4 * BAR)) as usize);
                    let plays = starts.iter().any(|start| span.holds(*start));
                    let offbeat = tick + 2 * STEP;
                    plays && !idea.in_fill(offbeat) && !starts.contains(&offbeat)
                })
                .count();
            pass &= missing == 0;
            measured.push(format!("{missing} offbeats missing"));
        }
    }
    Some(result(
        9,
        "bass against kick",
        pass,
        measured.join(", "),
        "≥ 80 %, every offbeat where it bounces",
    ))
}

/// Rule 19: Chords that begin in any 8 bars (from bars 1, 9, 17 …; one that sounds on from before counts)
/// lie in the genre's band; the first bass note at or after each change, before the next, is the
/// chord's root.
fn chords(idea: &Idea) -> RuleResult {
    let (fewest, most) = Knowledge::get().genre(idea.intent.genre).chords;
    let mut pass = true;
    let mut counts = Vec::new();
    for from in (0..idea.length()).step_by(8 * BAR as usize) {
        let to = from + 8 * BAR;
        let begin = idea.chords.iter().filter(|c| (from..to).contains(&c.start)).count();
        let held = !idea.chords.iter().any(|chord| chord.start == from);
        let count = begin + usize::from(held);
        counts.push(count.to_string());
        pass &= count <= most as usize && (to > idea.length() || count >= fewest as usize);
    }
    let mut strangers = 0;
    if let Some(bass) = idea.part(Role::Bass).or_else(|| idea.part(Role::Rumble)) {
        for (i, chord) in idea.chords.iter().enumerate() {
            let to = idea.chords.get(i + 1).map_or(idea.length(), |next| next.start);
            let first = bass.notes.iter().find(|n| (chord.start..to).contains(&n.start));
            let degree = first.and_then(|note| idea.key.degree(i32::from(note.pitch)));
            if first.is_some() && degree != Some(chord.degree) {
                strangers += 1;
            }
        }
    }
    pass &= strangers == 0;
    let measured = format!("{} in 8 bars, {strangers} changes without root", counts.join("/"));
    result(19, "chords", pass, measured, format!("{fewest}–{most}, root at each change"))
}

/// Rule 23: Notes inside fills aside, a role plays in a block when it has notes there; its first block
/// begins with it and its last ends with it (a note within the block's first two and last two bars:
/// an answer may come in its phrase's second bar; crash and riser mark points and are free). At least
/// one role enters or leaves at the start of block 2 or 3, and D has more onsets than A.
fn roles(idea: &Idea) -> RuleResult {
    let mut changes = 0;
    let mut astray = Vec::new();
    for part in &idea.parts {
        let ticks: Vec<i64> =
            part.notes.iter().map(|note| note.start).filter(|tick| !idea.in_fill(*tick)).collect();
        let plays: Vec<bool> = (0..idea.blocks.len())
            .map(|i| ticks.iter().any(|tick| idea.block_span(i).holds(*tick)))
            .collect();
        if part.role == Role::Crash {
            continue;
        }
        let half = idea.blocks.len() / 2;
        let quarter = half.div_ceil(2);
        for at in [quarter, half] {
            if at > 0 && plays.get(at) != plays.get(at - 1) {
                changes += 1;
            }
        }
        for (i, playing) in plays.iter().enumerate() {
            if !playing || part.role == Role::Riser {
                continue;
            }
            let span = idea.block_span(i);
            let enters = i == 0 || !plays[i - 1];
            let leaves = plays.get(i + 1) == Some(&false);
            let early = |t: &&i64| span.holds(**t) && **t < span.start + 2 * BAR;
            let late = |t: &&i64| span.holds(**t) && **t >= span.end - 2 * BAR;
            let comes = ticks.iter().find(early).is_some();
            let stays = ticks.iter().find(late).is_some();
            if (enters && i > 0 && !comes) || (leaves && !stays) {
                astray.push(part.role.name());
            }
        }
    }
    let onsets = |letter: Block| -> usize {
        let spans: Vec<_> = (0..idea.blocks.len())
            .filter(|i| idea.blocks[*i] == letter)
            .map(|i| idea.block_span(i))
            .collect();
        let notes = idea.parts.iter().flat_map(|part| &part.notes);
        notes.filter(|note| spans.iter().any(|span| span.holds(note.start))).count()
    };
    let (first, last) = (onsets(Block::A), onsets(Block::D));
    // Two blocks (8 bars) have no A to grow from.
    let grows = last > first || first == 0;
    let pass = astray.is_empty() && changes > 0 && grows;
    let measured =
        format!("{changes} changes at 5 or 9, A {first}, D {last} onsets, astray {astray:?}");
    result(23, "roles and blocks", pass, measured, "≥ 1 change, D denser than A, none astray")
}

/// Rule 24: Every riser ends within a 16th of a block's start or the idea's end; the tune (and any acid
/// line) has a movement that changes a parameter by at least 20 % between two blocks.
fn risers(idea: &Idea) -> RuleResult {
    let riser = idea.part(Role::Riser);
    let loose = riser.map_or(0, |part| {
        let off = |end: i64| {
            let past = end.rem_euclid(4 * BAR);
            past.min(4 * BAR - past) > STEP
        };
        part.notes.iter().filter(|note| off(note.end())).count()
    });
    let moving = idea
        .parts
        .iter()
        .filter(|part| Some(part.role) == idea.tune || part.role == Role::Acid)
        .all(|part| {
            part.automation.iter().any(|movement| {
                let values: Vec<f32> = movement.points.iter().map(|(_, v)| *v).collect();
                values.windows(2).any(|w| (w[1] - w[0]).abs() >= 0.2 * w[0].abs())
            })
        });
    let measured = format!("{loose} loose risers, tune moves: {moving}");
    result(24, "risers and movement", loose == 0 && moving, measured, "0, moves")
}

//! Rules about the tune: 16, 17, 18, 20, 21, 22.

use std::collections::BTreeSet;

use super::{RuleResult, jaccard, percent, result, share};
use crate::generation::idea::{BAR, BEAT, Block, Idea, IdeaNote, Part, STEP};
use crate::generation::knowledge::Knowledge;
use crate::model::intent::Role;

/// Every rule of this file.
pub fn check(idea: &Idea, out: &mut Vec<RuleResult>) {
    if let Some(tune) = idea.tune() {
        out.push(cell(idea, tune));
        out.push(form(idea, tune));
        out.push(line(idea, tune));
        out.push(against(idea, tune));
        out.push(density(idea, tune));
    }
    out.push(scale(idea));
}

/// Onset steps (16ths) of a stretch of bars, counted from its start.
fn rhythm(part: &Part, bar: i64, bars: i64) -> BTreeSet<i64> {
    let from = bar * BAR;
    let inside = part.notes.iter().filter(|note| (from..from + bars * BAR).contains(&note.start));
    inside.map(|note| (note.start - from) / STEP).collect()
}

/// Rule 16: Of all one- and two-bar rhythms of the tune (two-bar ones from odd bars), the commonest recurs
/// at least 4 times, itself included, at a Jaccard of onsets ≥ 0.75. Shorter ideas: as often as fits.
fn cell(idea: &Idea, tune: &Part) -> RuleResult {
    let bars = i64::from(idea.bars);
    let mut most = 0;
    for length in [1, 2] {
        let cells: Vec<_> = (0..bars / length)
            .map(|i| rhythm(tune, i * length, length))
            .filter(|cell| !cell.is_empty())
            .collect();
        for cell in &cells {
            let alike = cells.iter().filter(|c| jaccard(cell, c) >= 0.75).count();
            most = most.max(alike);
        }
    }
    let wanted = (bars / 2).clamp(1, 4) as usize;
    result(16, "rhythm cell", most >= wanted, format!("{most} times"), format!("≥ {wanted}"))
}

/// How alike two blocks of the tune are: the mean of the Jaccard of their onsets and of the Dice
/// coefficient of their (onset, pitch) pairs, 0–1.
fn likeness(tune: &Part, a: i64, b: i64) -> f64 {
    let pairs = |block: i64| -> BTreeSet<(i64, u8)> {
        let from = block * 4 * BAR;
        let inside = tune.notes.iter().filter(|note| (from..from + 4 * BAR).contains(&note.start));
        inside.map(|note| (note.start - from, note.pitch)).collect()
    };
    let (one, two) = (pairs(a), pairs(b));
    let dice = 2.0 * one.intersection(&two).count() as f64 / (one.len() + two.len()).max(1) as f64;
    (jaccard(&rhythm(tune, a * 4, 4), &rhythm(tune, b * 4, 4)) + dice) / 2.0
}

/// Rule 17: Likeness of the first block A to the first B 0.5–0.95, to the first C ≥ 0.7, to the first D
/// 0.3–0.8, where the tune plays in both; the tune's last note is degree 1 or 5.
fn form(idea: &Idea, tune: &Part) -> RuleResult {
    let first = |letter: Block| {
        let at = idea.blocks.iter().position(|block| *block == letter)?;
        (!rhythm(tune, at as i64 * 4, 4).is_empty()).then_some(at as i64)
    };
    let mut pass = true;
    let mut measured = Vec::new();
    for (letter, band) in [(Block::B, 0.5..=0.95), (Block::C, 0.7..=1.0), (Block::D, 0.3..=0.8)] {
        if let (Some(a), Some(b)) = (first(Block::A), first(letter)) {
            let alike = likeness(tune, a, b);
            pass &= band.contains(&alike);
            measured.push(format!("A/{} {alike:.2}", letter.letter()));
        }
    }
    let last = tune.notes.last().and_then(|note| idea.key.degree(i32::from(note.pitch)));
    pass &= matches!(last, Some(0 | 4));
    measured.push(format!("ends on {}", last.map_or(0, |degree| degree + 1)));
    result(
        17,
        "form of the tune",
        pass,
        measured.join(", "),
        "B 0.5–0.95, C ≥ 0.7, D 0.3–0.8; ends on 1 or 5",
    )
}

/// Rule 18: The tune has 3–7 pitch classes and spans at most the genre's range (an acid line 24 semitones);
/// moves of more than 7 semitones are at most 15 % of all moves; of the notes on bars' first beats at
/// least 80 % are tones of the sounding triad.
fn line(idea: &Idea, tune: &Part) -> RuleResult {
    let row = Knowledge::get().genre(idea.intent.genre);
    let pitches: Vec<i32> = tune.notes.iter().map(|note| i32::from(note.pitch)).collect();
    let classes: BTreeSet<i32> = pitches.iter().map(|p| p.rem_euclid(12)).collect();
    let low = pitches.iter().min().copied().unwrap_or(0);
    let range = pitches.iter().max().copied().unwrap_or(0) - low;
    let widest = if tune.role == Role::Acid { 24 } else { row.lead_range };
    let moves = pitches.len().saturating_sub(1);
    let leaps = pitches.windows(2).filter(|w| (w[1] - w[0]).abs() > 7).count();
    let leaping = leaps as f64 / moves.max(1) as f64;
    let downbeats: Vec<&IdeaNote> = tune.notes.iter().filter(|n| n.start % BAR == 0).collect();
    let chordal = downbeats
        .iter()
        .filter(|note| {
            let degree = idea.key.degree(i32::from(note.pitch));
            let root = idea.chord(note.start).degree;
            degree.is_some_and(|d| matches!((d - root).rem_euclid(7), 0 | 2 | 4))
        })
        .count();
    let chordal = share(chordal, downbeats.len());
    // A tune of a bar or two need not use three pitches.
    let fewest = if idea.bars >= 4 { 3 } else { 1 };
    let pass = (fewest..=7).contains(&classes.len())
        && range <= widest
        && leaping <= 0.15
        && chordal >= 0.8;
    let measured = format!(
        "{} classes, range {range}, leaps {}, chord tones {}",
        classes.len(),
        percent(leaping),
        percent(chordal)
    );
    result(18, "line of the tune", pass, measured, format!("3–7, ≤ {widest}, ≤ 15 %, ≥ 80 %"))
}

/// Rule 20: Notes of pitched parts outside the scale are declared slides of at most an 8th whose next note
/// in the part lies within 2 semitones.
fn scale(idea: &Idea) -> RuleResult {
    let pitched = [
        Role::Kick,
        Role::Bass,
        Role::Rumble,
        Role::Hoover,
        Role::Lead,
        Role::Acid,
        Role::Stab,
        Role::Screech,
        Role::Piano,
        Role::Strings,
        Role::Pad,
    ];
    let mut outside = 0;
    for part in idea.parts.iter().filter(|p| pitched.contains(&p.role)) {
        for (i, note) in part.notes.iter().enumerate() {
            if idea.key.contains(i32::from(note.pitch)) {
                continue;
            }
            let resolves = part
                .notes
                .get(i + 1)
                .is_some_and(|next| i32::from(next.pitch).abs_diff(i32::from(note.pitch)) <= 2);
            if !(note.slide && note.length <= BEAT / 2 && resolves) {
                outside += 1;
            }
        }
    }
    result(20, "notes outside the scale", outside == 0, outside.to_string(), "0")
}

/// Rule 21: Screech and shout against the tune: at most 25 % of their onsets fall on the tune's; no bar has
/// more than 6 notes of both.
fn against(idea: &Idea, tune: &Part) -> RuleResult {
    let starts: BTreeSet<i64> = tune.notes.iter().map(|note| note.start).collect();
    let mut pass = true;
    let mut measured = Vec::new();
    for role in [Role::Screech, Role::Vox] {
        let Some(part) = idea.part(role).filter(|_| role != tune.role) else {
            continue;
        };
        let shared = part.notes.iter().filter(|n| starts.contains(&n.start)).count();
        let overlap = shared as f64 / part.notes.len().max(1) as f64;
        let crowded = (0..i64::from(idea.bars))
            .filter(|bar| rhythm(part, *bar, 1).len() > 6 && rhythm(tune, *bar, 1).len() > 6)
            .count();
        pass &= overlap <= 0.25 && crowded == 0;
        measured.push(format!("{role} {}, {crowded} crowded bars", percent(overlap)));
    }
    if measured.is_empty() {
        measured.push("no screech or shout".into());
    }
    result(21, "tune against screech", pass, measured.join("; "), "≤ 25 %, none crowded")
}

/// Rule 22: Every bar of the tune outside bars with fills has as many notes as the genre's table says, and
/// so has the mean of all bars; in every 4-bar block in which it plays there is a rest of at least a
/// beat (a block's start and end bound rests).
fn density(idea: &Idea, tune: &Part) -> RuleResult {
    let (fewest, most) = Knowledge::get().genre(idea.intent.genre).lead_notes;
    let band = fewest as usize..=most as usize;
    let mut counts = Vec::new();
    let mut pass = true;
    for bar in 0..i64::from(idea.bars) {
        let block = bar / 4 * 4;
        if rhythm(tune, block, 4).is_empty() {
            continue;
        }
        let count = rhythm(tune, bar, 1).len();
        counts.push(count);
        let filled = idea.fills.iter().any(|fill| fill.end == (bar + 1) * BAR);
        pass &= filled || band.contains(&count);
    }
    let mean = counts.iter().sum::<usize>() as f64 / counts.len().max(1) as f64;
    pass &= (f64::from(fewest)..=f64::from(most)).contains(&mean);
    let mut shortest = BAR * 4;
    for (i, _) in idea.blocks.iter().enumerate() {
        let span = idea.block_span(i);
        let notes: Vec<&IdeaNote> = tune.notes.iter().filter(|n| span.holds(n.start)).collect();
        if notes.is_empty() || idea.bars < 4 {
            continue;
        }
        let mut free_from = span.start;
        let mut longest = 0;
        for note in notes {
            longest = longest.max(note.start - free_from);
            free_from = free_from.max(note.end());
        }
        longest = longest.max(span.end - free_from);
        shortest = shortest.min(longest);
    }
    pass &= shortest >= BEAT;
    let (low, high) = (counts.iter().min(), counts.iter().max());
    let measured = format!(
        "{}–{} a bar, mean {mean:.1}, rest {:.1} beats",
        low.unwrap_or(&0),
        high.unwrap_or(&0),
        shortest as f64 / BEAT as f64
    );
    result(
        22,
        "density of the tune",
        pass,
        measured,
        format!("{fewest}–{most} a bar, rest ≥ 1 beat"),
    )
}

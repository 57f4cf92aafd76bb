//! Rules about kick, hats and fills: 1, 2, 3, 10, 11, 12, 13, 14, 15.

use std::collections::BTreeSet;

use super::{RuleResult, jaccard, percent, result, share};
use crate::generation::idea::{BAR, BEAT, Block, Idea, IdeaNote, STEP, Span};
use crate::generation::knowledge::Knowledge;
use crate::model::intent::{Genre, Role};
use crate::model::key::pitch_hz;

/// Every rule of this file.
pub fn check(idea: &Idea, out: &mut Vec<RuleResult>) {
    if let Some(kick) = idea.part(Role::Kick) {
        out.push(kick_note(idea, &kick.notes));
        out.push(one_kick(&kick.notes));
        out.push(kick_on_beats(idea, &kick.notes));
        out.push(kick_rolls(idea, &kick.notes));
        out.push(fills(idea, &kick.notes));
    }
    out.push(groove(idea));
    out.push(hats(idea));
    out.push(offbeats(idea));
    out.push(swing(idea));
}

/// Rule 1: Every kick has one pitch: the key's first or fifth degree, within 45–65 Hz or as near to it as
/// one of the two can be brought, two semitones at most.
fn kick_note(idea: &Idea, kicks: &[IdeaNote]) -> RuleResult {
    let pitches: BTreeSet<u8> = kicks.iter().map(|note| note.pitch).collect();
    let fine = pitches.iter().all(|pitch| {
        let hz = pitch_hz(f64::from(*pitch));
        let outside = 12.0 * (45.0 / hz).log2().max((hz / 65.0).log2());
        outside <= 2.0 && matches!(idea.key.degree(i32::from(*pitch)), Some(0 | 4))
    });
    let hz: Vec<String> =
        pitches.iter().map(|p| format!("{:.1} Hz", pitch_hz(f64::from(*p)))).collect();
    let pass = fine && pitches.len() == 1;
    result(1, "kick note", pass, hz.join(", "), "root or fifth near 45–65 Hz")
}

/// Rule 2: No kick overlaps the next; the gate closes at least 6 % of the distance before it.
fn one_kick(kicks: &[IdeaNote]) -> RuleResult {
    let gap = kicks
        .windows(2)
        .map(|pair| {
            let distance = (pair[1].start - pair[0].start).max(1);
            (pair[1].start - pair[0].end()) as f64 / distance as f64
        })
        .fold(1.0, f64::min);
    result(2, "gap before a kick", gap >= 0.06, percent(gap), "≥ 6 %")
}

/// Rule 3: Of all beats outside declared fills and breaks, at least 95 % have a kick.
fn kick_on_beats(idea: &Idea, kicks: &[IdeaNote]) -> RuleResult {
    let starts: BTreeSet<i64> = kicks.iter().map(|note| note.start).collect();
    let beats: Vec<i64> = (0..idea.length())
        .step_by(BEAT as usize)
        .filter(|tick| !idea.in_fill(*tick) && !idea.in_break(*tick))
        .collect();
    let hit = beats.iter().filter(|tick| starts.contains(tick)).count();
    let kept = share(hit, beats.len());
    result(3, "kick on beats", kept >= 0.95, percent(kept), "≥ 95 %")
}

/// Rule 10: A bar's onsets are its pairs of drum and tick within the bar, over all drums but the crash.
/// Jaccard against bar 1: bars without a fill ≥ 0.8, bar 8 0.5–0.85, bar 16 0.25–0.7. In ideas of
/// other lengths the last fill counts as bar 16's, the others as bar 8's.
fn groove(idea: &Idea) -> RuleResult {
    let onsets = |bar: u32| -> BTreeSet<(Role, i64)> {
        let from = i64::from(bar) * BAR;
        let drums = idea.parts.iter().filter(|part| part.role.is_drum());
        drums
            .flat_map(|part| {
                let inside =
                    part.notes.iter().filter(move |note| (from..from + BAR).contains(&note.start));
                inside.map(move |note| (part.role, note.start - from))
            })
            .collect()
    };
    let first = onsets(0);
    let mut pass = true;
    let (mut plain, mut filled) = (1.0_f64, Vec::new());
    let last_fill = idea.fills.iter().map(|fill| fill.end).max();
    for bar in 1..idea.bars {
        let likeness = jaccard(&first, &onsets(bar));
        let end = i64::from(bar + 1) * BAR;
        if idea.fills.iter().any(|fill| fill.end == end) {
            let band = if last_fill == Some(end) { 0.25..=0.7 } else { 0.5..=0.85 };
            pass &= band.contains(&likeness);
            filled.push(format!("{likeness:.2}"));
        } else {
            plain = plain.min(likeness);
        }
    }
    pass &= plain >= 0.8;
    let measured = format!("ordinary {plain:.2}, fills {}", filled.join(" "));
    result(10, "groove against bar 1", pass, measured, "≥ 0.8; 0.5–0.85; last 0.25–0.7")
}

/// Rule 11: Every fill lasts 1–4 beats and holds a roll (three kicks or snares a 16th or less apart) or a
/// kick gap (from a beat without kick, half a beat or more to the next kick); the downbeat after it —
/// after the last one, the idea's first — has kick and crash. Ideas whose drums were chosen by hand
/// need only the drums they have.
fn fills(idea: &Idea, kicks: &[IdeaNote]) -> RuleResult {
    let starts = |role: Role| -> Vec<i64> {
        let notes = idea.part(role).map(|part| part.notes.as_slice());
        notes.unwrap_or(&[]).iter().map(|note| note.start).collect()
    };
    let crashes = starts(Role::Crash);
    let kick_starts: Vec<i64> = kicks.iter().map(|note| note.start).collect();
    let mut wrong = Vec::new();
    for fill in &idea.fills {
        let beats = (fill.end - fill.start) / BEAT;
        let rolls = |all: &[i64]| {
            let inside: Vec<i64> = all.iter().copied().filter(|t| fill.holds(*t)).collect();
            inside.windows(3).any(|w| w[2] - w[0] <= 2 * STEP)
        };
        let rolled = [Role::Snare, Role::Clap].iter().any(|r| rolls(&starts(*r)));
        let fine = (1..=4).contains(&beats)
            && (rolls(&kick_starts) || rolled || gap(*fill, &kick_starts) >= BEAT / 2);
        let next = fill.end % idea.length();
        let lands = kick_starts.contains(&next) && (crashes.contains(&next) || idea.intent.only);
        if !fine || !lands {
            wrong.push(fill.end / BAR);
        }
    }
    let measured = format!("{} fills, wrong at bars {wrong:?}", idea.fills.len());
    result(11, "fills", wrong.is_empty(), measured, "roll or gap, then kick and crash")
}

/// The longest time from a beat of the fill that has no kick to the next kick.
fn gap(fill: Span, kicks: &[i64]) -> i64 {
    (fill.start..fill.end)
        .step_by(BEAT as usize)
        .filter(|beat| !kicks.contains(beat))
        .map(|beat| {
            let next = kicks.iter().copied().filter(|kick| *kick > beat).min();
            next.unwrap_or(fill.end).min(fill.end) - beat
        })
        .max()
        .unwrap_or(0)
}

/// Rule 12: Outside fills, in every 4-bar block at most one beat (uptempo, terrorcore, speedcore two) has
/// kicks a 16th or less apart.
fn kick_rolls(idea: &Idea, kicks: &[IdeaNote]) -> RuleResult {
    let allowed = match idea.intent.genre {
        Genre::Uptempo | Genre::Terrorcore | Genre::Speedcore => 2,
        _ => 1,
    };
    let mut beats: BTreeSet<i64> = BTreeSet::new();
    for pair in kicks.windows(2) {
        let outside = !idea.in_fill(pair[0].start) && !idea.in_fill(pair[1].start);
        if outside && pair[1].start - pair[0].start <= STEP {
            beats.insert(pair[0].start / BEAT);
        }
    }
    let most = (0..idea.blocks.len() as i64)
        .map(|block| beats.iter().filter(|beat| **beat / 16 == block).count())
        .max()
        .unwrap_or(0);
    result(
        12,
        "kick rolls",
        most <= allowed,
        format!("{most} beats"),
        format!("≤ {allowed} in 4 bars"),
    )
}

/// Rule 13: Closed hats: no more than three equal velocities in a row, and in every bar with at least three
/// of them the loudest is 6–20 steps above the softest. Kicks all have one velocity.
fn hats(idea: &Idea) -> RuleResult {
    let mut pass = true;
    let (mut longest, mut narrow, mut wide) = (0, 127, 0);
    if let Some(hats) = idea.part(Role::ClosedHat) {
        let mut run = 0;
        for (i, note) in hats.notes.iter().enumerate() {
            let same = i > 0 && hats.notes[i - 1].velocity == note.velocity;
            run = if same { run + 1 } else { 1 };
            longest = longest.max(run);
        }
        for bar in 0..i64::from(idea.bars) {
            let inside = hats.notes.iter().filter(|n| n.start / BAR == bar);
            let levels: Vec<i32> = inside.map(|n| i32::from(n.velocity)).collect();
            if let (Some(low), Some(high)) = (levels.iter().min(), levels.iter().max())
                && levels.len() >= 3
            {
                narrow = narrow.min(high - low);
                wide = wide.max(high - low);
            }
        }
        pass &= longest <= 3 && narrow >= 6 && wide <= 20;
    }
    if let Some(kick) = idea.part(Role::Kick) {
        let levels: BTreeSet<u8> = kick.notes.iter().map(|note| note.velocity).collect();
        pass &= levels.len() <= 1;
    }
    let measured = format!("{longest} equal, spread {narrow}–{wide}");
    result(13, "hat velocities", pass, measured, "≤ 3 equal, spread 6–20, kicks constant")
}

/// Rule 14: Of the beats of blocks C and D outside fills at least 90 % have an open hat or ride half a beat
/// after them (not in early rave, nor where only single sounds or no hats were asked for).
fn offbeats(idea: &Idea) -> RuleResult {
    let refused = idea.intent.only
        || idea.intent.genre == Genre::EarlyRave
        || idea.intent.without.contains(&Role::OpenHat);
    let mut onsets: BTreeSet<i64> = BTreeSet::new();
    for role in [Role::OpenHat, Role::Ride] {
        if let Some(part) = idea.part(role) {
            onsets.extend(part.notes.iter().map(|note| note.start));
        }
    }
    let beats: Vec<i64> = (0..idea.length())
        .step_by(BEAT as usize)
        .filter(|tick| {
            let block = idea.blocks.get((tick / (4 * BAR)) as usize);
            matches!(block, Some(Block::C | Block::D)) && !idea.in_fill(*tick)
        })
        .collect();
    let hit = beats.iter().filter(|tick| onsets.contains(&(**tick + BEAT / 2))).count();
    let kept = share(hit, beats.len());
    result(14, "offbeat hat in C–D", refused || kept >= 0.9, percent(kept), "≥ 90 %")
}

/// Rule 15: Every part's swing lies in the genre's band or is 50 (straight); the kick's is 50, and kicks lie
/// on the 16th or 24th grid.
fn swing(idea: &Idea) -> RuleResult {
    let (low, high) = Knowledge::get().genre(idea.intent.genre).swing;
    let most = idea.parts.iter().map(|p| p.swing).fold(50.0, f64::max);
    let banded =
        idea.parts.iter().all(|part| part.swing == 50.0 || (low..=high).contains(&part.swing));
    let straight = idea.part(Role::Kick).is_none_or(|kick| {
        let on_grid = |note: &IdeaNote| note.start % STEP == 0 || note.start % (BEAT / 6) == 0;
        kick.swing == 50.0 && kick.notes.iter().all(on_grid)
    });
    result(
        15,
        "swing",
        banded && straight,
        format!("{most:.1} %"),
        format!("{low}–{high} %, kicks straight"),
    )
}

//! Rules 9 and 10: bass and drum patterns.

use std::collections::{BTreeMap, BTreeSet};

use super::{Piece, Role, RuleResult, Stem};

/// The 16th step a time in quarters falls on.
fn step(beats: f64) -> i64 {
    (beats * 4.0).round() as i64
}

/// Rule 9: the bass plays between the kicks.
///
/// At least 80 % of the bass notes start on 16th steps without a kick, and no rumble note starts on a
/// kick's step. Where the genre asks for it, in every bar in which the bass plays outside fills and
/// breaks, it plays on all four offbeat 8ths (90 % of them over the piece).
pub(super) fn bass_between_kicks(piece: &Piece<'_>) -> RuleResult {
    let kicks: BTreeSet<i64> = piece.kicks().iter().map(|kick| step(kick.start)).collect();
    let starts = |role| -> Vec<f64> {
        piece.with_role(role).flat_map(|stem| stem.notes.iter().map(|note| note.start)).collect()
    };
    let bass = starts(Role::Bass);
    let off = bass.iter().filter(|&&start| !kicks.contains(&step(start))).count();
    let share = if bass.is_empty() { 1.0 } else { off as f64 / bass.len() as f64 };
    let rumble = starts(Role::Rumble).iter().filter(|&&start| kicks.contains(&step(start))).count();
    let steps: BTreeSet<i64> = bass.iter().map(|&start| step(start)).collect();
    let (mut offbeats, mut played) = (0, 0);
    for beat in 0..i64::from(piece.bars) * 4 {
        let bar = beat / 4 * 16;
        let at = beat as f64 + 0.5;
        if !piece.in_fill(at) && !piece.in_break(at) && steps.range(bar..bar + 16).next().is_some()
        {
            offbeats += 1;
            played += i64::from(steps.contains(&(beat * 4 + 2)));
        }
    }
    let offbeat_share =
        if offbeats == 0 { 1.0 } else { f64::from(played as i32) / f64::from(offbeats) };
    let asked = piece.genre.offbeat_bass;
    RuleResult {
        number: 9,
        name: "bass between the kicks",
        pass: share >= 0.8 && rumble == 0 && (!asked || offbeat_share >= 0.9),
        measured: format!(
            "{:.0} % of {} notes off the kick, {:.0} % of offbeats, {rumble} rumble notes on a kick",
            share * 100.0,
            bass.len(),
            offbeat_share * 100.0
        ),
        wanted: if asked {
            "80 % off the kick, bass on every offbeat 8th"
        } else {
            "80 % off the kick"
        }
        .to_owned(),
    }
}

/// Rule 10: the drums repeat, and turn at bars 8 and 16.
///
/// A bar's onsets are its pairs of drum (a stem; cymbals that mark sections are left out, and pitch
/// makes no other drum of it) and time, on a grid of 48 a bar. Every bar is compared with bar 1 by the
/// Jaccard index: 0.5–0.85 in bar 8, 0.25–0.7 in bar 16 of every 16, at least 0.8 elsewhere. Bars that
/// touch a declared break, ordinary bars that touch a declared fill, and bars without drums in a
/// piece that begins without drums, are not compared.
pub(super) fn drums_repeat(piece: &Piece<'_>) -> RuleResult {
    let mut onsets: BTreeMap<i64, BTreeSet<(usize, i64)>> = BTreeMap::new();
    let steady = |stem: &Stem<'_>| stem.role.is_drum() && stem.role != Role::Crash;
    for (drum, stem) in piece.stems.iter().enumerate().filter(|(_, stem)| steady(stem)) {
        for note in &stem.notes {
            let at = (note.start * 12.0).round() as i64;
            onsets.entry(at.div_euclid(48)).or_default().insert((drum, at.rem_euclid(48)));
        }
    }
    let empty = BTreeSet::new();
    let of = |bar: i64| onsets.get(&bar).unwrap_or(&empty);
    let model = of(0);
    let touches = |ranges: &[(f64, f64)], bar: i64| {
        let (from, to) = (bar as f64 * 4.0, bar as f64 * 4.0 + 4.0);
        ranges.iter().any(|&(a, b)| a < to - 1e-6 && b > from + 1e-6)
    };
    let mut failed = Vec::new();
    let (mut least, mut eighth, mut sixteenth) = (1.0_f64, None, None);
    for bar in 1..i64::from(piece.bars) {
        let turn = bar % 16;
        if touches(&piece.breaks, bar) || (turn != 7 && turn != 15 && touches(&piece.fills, bar)) {
            continue;
        }
        let (common, all) = (model.intersection(of(bar)).count(), model.union(of(bar)).count());
        if all == 0 {
            continue;
        }
        let index = common as f64 / all as f64;
        let span = match turn {
            7 => (0.5, 0.85),
            15 => (0.25, 0.7),
            _ => (0.8, 1.0),
        };
        match turn {
            7 => eighth = Some(index),
            15 => sixteenth = Some(index),
            _ => least = least.min(index),
        }
        if index < span.0 - 1e-9 || index > span.1 + 1e-9 {
            failed.push(format!("{}", bar + 1));
        }
    }
    let show = |value: Option<f64>| value.map_or("–".to_owned(), |v| format!("{v:.2}"));
    let which = if failed.is_empty() {
        String::new()
    } else {
        format!(", outside in bars {}", failed.join(" "))
    };
    RuleResult {
        number: 10,
        name: "drums repeat and turn",
        pass: failed.is_empty(),
        measured: format!(
            "ordinary ≥ {least:.2}, bar 8 {}, bar 16 {}{which}",
            show(eighth),
            show(sixteenth)
        ),
        wanted: "ordinary ≥ 0.8, bar 8 0.5–0.85, bar 16 0.25–0.7".to_owned(),
    }
}

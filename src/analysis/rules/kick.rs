//! Rules 1–4: the kick is in tune, alone, on the beat and heard.

use crate::analysis::filters::{Pass, butterworth, forward};
use crate::analysis::pitch::{cents, midi_hz, pitch_hz};
use crate::analysis::power_db;

use super::{Kick, Piece, Role, RuleResult, Stem};

/// The frequency of `pitch`'s class in the octave nearest 45–65 Hz (its middle, 54.1 Hz).
fn tail_hz(pitch: u8) -> f64 {
    let hz = midi_hz(f64::from(pitch));
    let middle = (45.0_f64 * 65.0).sqrt();
    hz * (middle / hz).log2().round().exp2()
}

/// Rule 1: kicks in tune.
///
/// Each kick sounds for its note's length or until the next kick; those of less than 200 ms, and those
/// already 40 dB under their first 60 ms between 150 and 200 ms, are exempt. The pitch of what lies
/// from 150 ms on (at most 250 ms of it) is within 25 cents of the note's class in the octave nearest
/// 45–65 Hz, and that class is the root or the fifth unless a melody of kicks was asked for. Of hits
/// alike in pitch and length the first four are measured.
pub(super) fn tail_in_tune(piece: &Piece<'_>) -> RuleResult {
    let mut worst: Option<f64> = None;
    let (mut unread, mut foreign, mut measured) = (0, 0, 0);
    if let Some(stem) = piece.with_role(Role::Kick).next() {
        let mono = crate::analysis::mono(stem.left, stem.right);
        let mut seen: Vec<(u8, i64, u32)> = Vec::new();
        for kick in piece.kicks() {
            let start = kick.start * piece.beat_s();
            let length = kick.next.map_or(kick.length, |next| kick.length.min(next - kick.start));
            let length = length * piece.beat_s();
            let alike = (kick.pitch, (length * 1000.0).round() as i64);
            match seen.iter_mut().find(|(pitch, ms, _)| (*pitch, *ms) == alike) {
                Some((_, _, count)) if *count >= 4 => continue,
                Some((_, _, count)) => *count += 1,
                None => seen.push((alike.0, alike.1, 1)),
            }
            let level =
                |from: f64, to: f64| power_db(stem.power(piece.rate, start + from, start + to));
            if length < 0.2 || level(0.15, 0.2) < level(0.0, 0.06) - 40.0 {
                continue;
            }
            measured += 1;
            let interval = (i32::from(kick.pitch) - i32::from(piece.root)).rem_euclid(12);
            if !piece.kick_melody && interval != 0 && interval != 7 {
                foreign += 1;
            }
            let to = start + length.min(0.4);
            let tail = crate::analysis::between(&mono, piece.rate, start + 0.15, to);
            match pitch_hz(tail, piece.rate, 32.0, 140.0) {
                Some(hz) => {
                    let off = cents(hz, tail_hz(kick.pitch));
                    if worst.is_none_or(|w: f64| off.abs() > w.abs()) {
                        worst = Some(off);
                    }
                }
                None => unread += 1,
            }
        }
    }
    let in_tune = worst.is_none_or(|off| off.abs() <= 25.0);
    RuleResult {
        number: 1,
        name: "kick tail in tune",
        pass: in_tune && unread == 0 && foreign == 0,
        measured: if measured == 0 {
            "no kick of 200 ms".to_owned()
        } else {
            let off = worst.map_or("–".to_owned(), |off| format!("{off:+.1} cents"));
            format!(
                "{off} at worst of {measured}, {unread} without pitch, {foreign} off root and fifth"
            )
        },
        wanted: "within ±25 cents of the root or fifth nearest 45–65 Hz".to_owned(),
    }
}

/// Rule 2: one kick voice, and room before the next hit.
///
/// There is at most one kick stem and no two of its notes start within a 64th. For every kick that
/// another follows within a bar, the RMS of the last 10 ms before the next is at least 12 dB under the
/// loudest 10 ms of the hit.
pub(super) fn one_voice(piece: &Piece<'_>) -> RuleResult {
    let kicks = piece.kicks();
    let stems = piece.with_role(Role::Kick).count();
    let doubled =
        kicks.iter().filter(|k| k.next.is_some_and(|next| next - k.start < 1.0 / 16.0)).count();
    let mut worst: Option<f64> = None;
    if let Some(stem) = piece.with_role(Role::Kick).next() {
        for kick in &kicks {
            let Some(next) = kick.next.filter(|next| next - kick.start <= 4.0) else {
                continue;
            };
            let (from, to) = (kick.start * piece.beat_s(), next * piece.beat_s());
            let windows = ((to - from) / 0.01) as usize;
            let peak = (0..windows)
                .map(|i| {
                    stem.power(piece.rate, from + i as f64 * 0.01, from + (i + 1) as f64 * 0.01)
                })
                .fold(0.0, f64::max);
            let gap = power_db(peak) - power_db(stem.power(piece.rate, to - 0.01, to));
            worst = Some(worst.map_or(gap, |w: f64| w.min(gap)));
        }
    }
    RuleResult {
        number: 2,
        name: "one kick voice with room",
        pass: stems <= 1 && doubled == 0 && worst.is_none_or(|gap| gap >= 12.0),
        measured: format!(
            "{stems} kick stems, {doubled} doubled hits, last 10 ms {} under the peak",
            worst.map_or("–".to_owned(), |gap| format!("{gap:.1} dB"))
        ),
        wanted: "one stem, no doubles, at least 12 dB".to_owned(),
    }
}

/// Rule 3: the kick carries the beat.
///
/// Of the beats outside declared fills and breaks, at least 95 % have a kick within a 128th; where the
/// genre allows, a break's note counts as well.
pub(super) fn on_the_beat(piece: &Piece<'_>) -> RuleResult {
    let mut starts: Vec<f64> = piece.kicks().iter().map(|kick| kick.start).collect();
    if piece.genre.break_for_kick {
        starts.extend(
            piece.with_role(Role::Break).flat_map(|stem| stem.notes.iter().map(|note| note.start)),
        );
    }
    let beats: Vec<f64> = (0..piece.bars * 4)
        .map(f64::from)
        .filter(|&beat| !piece.in_fill(beat) && !piece.in_break(beat))
        .collect();
    let hit =
        beats.iter().filter(|&&beat| starts.iter().any(|s| (s - beat).abs() < 1.0 / 32.0)).count();
    let share = if beats.is_empty() { 1.0 } else { hit as f64 / beats.len() as f64 };
    RuleResult {
        number: 3,
        name: "kick on the beat",
        pass: share >= 0.95,
        measured: format!("{:.1} % of {} beats", share * 100.0, beats.len()),
        wanted: "at least 95 %".to_owned(),
    }
}

/// Rule 4: the kick is heard on a laptop.
///
/// Both channels high-passed at 200 Hz (Butterworth, order 4), power over the 60 ms after each kick
/// outside breaks. For each other stem, over the kicks at which it is above −60 dBFS there, the kick's
/// mean power is the genre's margin above the stem's.
pub(super) fn heard_on_a_laptop(piece: &Piece<'_>) -> RuleResult {
    let margin = piece.genre.laptop_margin_db;
    let high = butterworth(Pass::High, 4, 200.0, piece.rate);
    let kicks: Vec<Kick> =
        piece.kicks().into_iter().filter(|kick| !piece.in_break(kick.start)).collect();
    let powers = |stem: &Stem<'_>| -> Vec<f64> {
        let (left, right) = (forward(&high, stem.left), forward(&high, stem.right));
        let filtered = Stem { left: &left, right: &right, notes: Vec::new(), ..stem.clone() };
        let start = |kick: &Kick| kick.start * piece.beat_s();
        kicks.iter().map(|k| filtered.power(piece.rate, start(k), start(k) + 0.06)).collect()
    };
    let mut worst: Option<(f64, String)> = None;
    if let Some(kick_powers) = piece.with_role(Role::Kick).next().map(powers) {
        for stem in piece.stems.iter().filter(|stem| stem.role != Role::Kick) {
            let pairs = kick_powers.iter().copied().zip(powers(stem));
            let (kick, other) = pairs
                .filter(|(_, other)| power_db(*other) > -60.0)
                .fold((0.0, 0.0), |a, p| (a.0 + p.0, a.1 + p.1));
            if other > 0.0 {
                let over = power_db(kick) - power_db(other);
                if worst.as_ref().is_none_or(|(least, _)| over < *least) {
                    worst = Some((over, stem.name.clone()));
                }
            }
        }
    }
    RuleResult {
        number: 4,
        name: "kick heard on a laptop",
        pass: worst.as_ref().is_none_or(|(over, _)| *over >= margin),
        measured: worst.map_or("nothing beside the kick".to_owned(), |(over, name)| {
            format!("{over:+.1} dB over {name}")
        }),
        wanted: format!("at least {margin:.0} dB over every stem above 200 Hz"),
    }
}

//! Rules 5–8: balance, ducking, mono bass, loudness.

use crate::analysis::filters::{Pass, butterworth, zero_phase};
use crate::analysis::loudness::{integrated_lufs, loudness as measure, short_term_lufs};
use crate::analysis::stereo::side_to_mid_db;
use crate::analysis::{between, power_db};

use super::{Kick, Piece, Role, RuleResult, Stem};

/// How far a part lies under the kick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnderKick {
    /// Index of its stem.
    pub stem: usize,
    /// By how much it is quieter, LU.
    pub under_lu: f64,
    /// From–to of what is wanted, LU.
    pub wanted_lu: (f64, f64),
}

/// The leads, hats and pads of a piece with a kick, compared with it by integrated loudness; a part
/// under −100 LUFS is not heard and not compared.
pub fn under_the_kick(piece: &Piece<'_>) -> Vec<UnderKick> {
    let level = |stem: &Stem<'_>| {
        integrated_lufs(&[stem.left, stem.right], piece.rate).ok().filter(|&l| l > -100.0)
    };
    let Some(kick) = piece.with_role(Role::Kick).find_map(level) else { return Vec::new() };
    let wanted = |role| match role {
        Role::Lead => Some(piece.genre.kick_over_lead_lu),
        Role::Hat => Some((10.0, 18.0)),
        Role::Pad => Some((8.0, 16.0)),
        _ => None,
    };
    let stems = piece.stems.iter().enumerate();
    let compared = stems.filter_map(|(index, stem)| {
        let wanted_lu = wanted(stem.role)?;
        Some(UnderKick { stem: index, under_lu: kick - level(stem)?, wanted_lu })
    });
    compared.collect()
}

/// Rule 5: the balance of kick, lead, hats and pads.
///
/// Integrated (gated) loudness of whole stems: the kick is louder than each lead by the genre's span,
/// than each hat stem by 10–18 LU, than each pad by 8–16 LU. Silent stems do not count.
pub(super) fn balance(piece: &Piece<'_>) -> RuleResult {
    let lead = piece.genre.kick_over_lead_lu;
    let parts = under_the_kick(piece);
    let pass = parts.iter().all(|p| (p.wanted_lu.0..=p.wanted_lu.1).contains(&p.under_lu));
    let word = |p: &UnderKick| format!("{} {:.1}", piece.stems[p.stem].name, p.under_lu);
    let measured: Vec<String> = parts.iter().map(word).collect();
    RuleResult {
        number: 5,
        name: "balance under the kick",
        pass,
        measured: if measured.is_empty() {
            "nothing to compare".to_owned()
        } else {
            format!("LU under the kick: {}", measured.join(", "))
        },
        wanted: format!("leads {}–{}, hats 10–18, pads 8–16", lead.0, lead.1),
    }
}

/// Rule 6: the others make room for the kick.
///
/// Kicks outside fills and breaks that no other follows within half a beat and 30 ms. Each other
/// stem below 150 Hz (zero-phase Butterworth, order 4): its mean power over the 60 ms after those kicks
/// is at least 9 dB under that over the 60 ms around the middle of the beat. Pads also broadband, by
/// 4 dB. Exempt: a stem whose mid-beat power is 40 dB under the kick's in the same band or under
/// −60 dBFS, and the kicks on which a drum stem itself has a hit.
pub(super) fn ducking(piece: &Piece<'_>) -> RuleResult {
    let half = 0.5 * piece.beat_s();
    let kicks: Vec<Kick> = piece
        .kicks()
        .into_iter()
        .filter(|k| !piece.in_fill(k.start) && !piece.in_break(k.start))
        .filter(|k| k.next.is_none_or(|next| (next - k.start) * piece.beat_s() > half + 0.03))
        .collect();
    let low = butterworth(Pass::Low, 4, 150.0, piece.rate);
    let levels = |stem: &Stem<'_>| -> (f64, f64) {
        let (mut after, mut middle, mut count) = (0.0, 0.0, 0.0);
        for kick in &kicks {
            let own = |note: &super::Note| (note.start - kick.start).abs() * piece.beat_s() < 0.06;
            if stem.role != Role::Kick && stem.role.is_drum() && stem.notes.iter().any(own) {
                continue;
            }
            let at = kick.start * piece.beat_s();
            after += stem.power(piece.rate, at, at + 0.06);
            middle += stem.power(piece.rate, at + half - 0.03, at + half + 0.03);
            count += 1.0;
        }
        if count > 0.0 {
            (power_db(after / count), power_db(middle / count))
        } else {
            (-200.0, -200.0)
        }
    };
    let low_levels = |stem: &Stem<'_>| -> (f64, f64) {
        match (zero_phase(&low, stem.left), zero_phase(&low, stem.right)) {
            (Some(left), Some(right)) => {
                levels(&Stem { left: &left, right: &right, ..stem.clone() })
            }
            _ => (-200.0, -200.0),
        }
    };
    let mut measured = Vec::new();
    let mut pass = true;
    if let Some(kick) = piece.with_role(Role::Kick).next() {
        let (kick_low, _) = low_levels(kick);
        let (kick_full, _) = levels(kick);
        for stem in piece.stems.iter().filter(|stem| stem.role != Role::Kick) {
            let mut judge = |what: &str, (after, middle): (f64, f64), kick: f64, wanted: f64| {
                if middle > -60.0 && middle > kick - 40.0 {
                    pass &= middle - after >= wanted;
                    measured.push(format!("{} {what}{:.1} dB", stem.name, middle - after));
                }
            };
            judge("", low_levels(stem), kick_low, 9.0);
            if stem.role == Role::Pad {
                judge("broadband ", levels(stem), kick_full, 4.0);
            }
        }
    }
    RuleResult {
        number: 6,
        name: "room for the kick",
        pass,
        measured: if measured.is_empty() {
            "nothing low beside the kick".to_owned()
        } else {
            measured.join(", ")
        },
        wanted: "under 150 Hz 9 dB below mid-beat after a kick, pads 4 dB broadband".to_owned(),
    }
}

/// Rule 7: below 120 Hz the master's side is at least 20 dB under its mid.
pub(super) fn narrow_bass(piece: &Piece<'_>) -> RuleResult {
    let ratio = side_to_mid_db(piece.left, piece.right, piece.rate, 120.0);
    RuleResult {
        number: 7,
        name: "mono bass",
        pass: ratio <= -20.0,
        measured: if ratio <= -199.0 { "mono".to_owned() } else { format!("side {ratio:+.1} dB") },
        wanted: "side at most −20 dB to mid below 120 Hz".to_owned(),
    }
}

/// Median short-term loudness of the drop in LUFS; `None` where there is nothing to measure.
pub fn drop_lufs(piece: &Piece<'_>) -> Option<f64> {
    read_drop(piece).ok()
}

fn read_drop(piece: &Piece<'_>) -> Result<f64, ebur128::Error> {
    let (from, to) = piece.block_s(piece.drop_block());
    let drop = [piece.left, piece.right].map(|side| between(side, piece.rate, from, to));
    let mut values = short_term_lufs(&drop, piece.rate)?;
    values.sort_by(f64::total_cmp);
    Ok(values[values.len() / 2])
}

/// Rule 8: loudness of the drop, and the true peak.
///
/// The median of the short-term values (3 s windows wholly inside the drop's four bars, every 100 ms)
/// lies in the genre's band; the whole master's true peak is at most −0.3 dBTP.
pub(super) fn loudness(piece: &Piece<'_>) -> RuleResult {
    let (low, high) = piece.genre.drop_lufs;
    let wanted = format!("{low} to {high} LUFS, at most −0.3 dBTP");
    let name = "loudness of the drop";
    let read = read_drop(piece).and_then(|median| {
        Ok((median, measure(&[piece.left, piece.right], piece.rate)?.true_peak_dbtp))
    });
    match read {
        Ok((median, peak)) => RuleResult {
            number: 8,
            name,
            pass: (low..=high).contains(&median) && peak <= -0.3,
            measured: format!("{median:.1} LUFS, {peak:+.2} dBTP"),
            wanted,
        },
        Err(error) => RuleResult {
            number: 8,
            name,
            pass: false,
            measured: format!("no reading: {error}"),
            wanted,
        },
    }
}

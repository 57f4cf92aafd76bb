//! Kick, hats, claps, crashes, and the choice of fills.

use std::collections::{BTreeMap, BTreeSet};

use super::form::{Plan, fill_span};
use super::rng::Chance;
use crate::generation::idea::{BAR, BEAT, IdeaNote, STEP};
use crate::generation::knowledge::{DrumBar, Fill};
use crate::generation::steps::Steps;
use crate::model::intent::{Character, Role};
use crate::model::key::pitch_hz;

/// MIDI pitch of drums without a pitch of their own.
const DRUM_PITCH: u8 = 60;

/// The notes of each role.
pub type Notes = BTreeMap<Role, Vec<IdeaNote>>;

/// Writes every drum and decides the fills; `plan.fills` is set here, so that the other parts see it.
pub fn write(plan: &mut Plan, seed: u64, out: &mut Notes) {
    let mut chance = Chance::new(seed, "drums");
    let bars = choose_bars(plan, &mut chance);
    let turn = match plan.intent.sounds(Role::Kick, Character::Rolling) {
        true => Some(plan.style.kick.roll.clone()),
        false => chance
            .weighted(&plan.style.kick.turns, |(weight, _)| *weight)
            .map(|(_, steps)| steps.clone()),
    };
    choose_fills(plan, &bars, turn.as_ref(), &mut Chance::new(seed, "fills"));
    let mut jitter = Chance::new(seed, "hands");
    for bar in 0..plan.bars {
        for (role, onsets) in onsets(plan, &bars, turn.as_ref(), bar, fill_of(plan, bar)) {
            let notes = out.entry(role).or_default();
            for onset in onsets {
                notes.push(hit(role, bar, onset, plan, &mut jitter));
            }
        }
    }
    if let Some(kicks) = out.get_mut(&Role::Kick) {
        tune_kicks(plan, kicks);
    }
    crashes(plan, out);
}

/// One onset within a bar.
#[derive(Clone, Copy)]
struct Onset {
    tick: i64,
    length: f64,
    accent: i8,
    /// Place in a roll that grows, 0–1; none outside.
    growth: Option<f64>,
}

fn choose_bars(plan: &Plan, chance: &mut Chance) -> BTreeMap<Role, DrumBar> {
    let mut out = BTreeMap::new();
    for (role, choices) in &plan.style.drums {
        if let Some(bar) = chance.weighted(choices, |bar| bar.weight) {
            out.insert(*role, bar.clone());
        }
    }
    out
}

fn fill_of(plan: &Plan, bar: u32) -> Option<&'static Fill> {
    plan.fill(i64::from(bar + 1) * BAR - 1)
}

/// All drum onsets of a bar, with a fill at its end if there is one.
fn onsets(
    plan: &Plan,
    bars: &BTreeMap<Role, DrumBar>,
    turn: Option<&Steps>,
    bar: u32,
    fill: Option<&Fill>,
) -> BTreeMap<Role, Vec<Onset>> {
    let from = fill.map_or(BAR, |fill| BAR - i64::from(fill.beats) * BEAT);
    let mut out: BTreeMap<Role, Vec<Onset>> = BTreeMap::new();
    let plain = |tick, length, accent| Onset { tick, length, accent, growth: None };
    for (role, pattern) in bars {
        if !plan.plays(*role, bar) {
            continue;
        }
        let goes_on = fill.is_none_or(|fill| fill.hats)
            && matches!(role, Role::ClosedHat | Role::OpenHat | Role::Ride);
        let hits = pattern
            .steps
            .hits
            .iter()
            .map(|hit| plain(hit.step as i64 * STEP, pattern.length, hit.accent));
        let kept = hits.filter(|onset| onset.tick < from || goes_on);
        out.entry(*role).or_default().extend(kept);
    }
    if plan.plays(Role::Kick, bar) {
        let turns = turn.filter(|_| bar % 8 == 3);
        let kicks = out.entry(Role::Kick).or_default();
        match turns {
            Some(steps) => {
                kicks.extend(steps.hits.iter().map(|hit| plain(hit.step as i64 * STEP, 1.0, 0)))
            }
            None => kicks.extend((0..4).map(|beat| plain(beat * BEAT, 1.0, 0))),
        }
        kicks.retain(|onset| onset.tick < from);
        if let Some(fill) = fill {
            kicks.extend(fill_onsets(&fill.kick, fill.beats, from));
        }
    }
    if let Some(fill) = fill
        && let Some(steps) = &fill.snare
        && let Some(role) = fill_snare(plan, bar)
    {
        let notes = out.entry(role).or_default();
        notes.extend(fill_onsets(steps, fill.beats, from));
    }
    out
}

/// Fill strings have 4 or 6 steps a beat; whatever their length, they span the fill's beats.
fn fill_onsets(steps: &Steps, beats: u32, from: i64) -> Vec<Onset> {
    let step = i64::from(beats) * BEAT / steps.length.max(1) as i64;
    let count = steps.hits.len().max(2) as f64 - 1.0;
    let onset = |(i, hit): (usize, &crate::generation::steps::Hit)| Onset {
        tick: from + hit.step as i64 * step,
        length: 0.8,
        accent: hit.accent,
        growth: Some(i as f64 / count),
    };
    steps.hits.iter().enumerate().map(onset).collect()
}

/// Who plays a fill's snare: whichever of snare and clap already plays, else a snare for the fill.
fn fill_snare(plan: &Plan, bar: u32) -> Option<Role> {
    let playing = [Role::Snare, Role::Clap].into_iter().find(|role| plan.plays(*role, bar));
    let extra =
        (!plan.intent.only && !plan.intent.without.contains(&Role::Snare)).then_some(Role::Snare);
    playing.or(extra)
}

/// Similarity of a fill's bar to bar 1: the window the composing rules give, for bar 8 and bar 16,
/// a little narrowed, so that a fill is neither missed nor a stranger.
const SMALL_FILL: (f64, f64) = (0.52, 0.83);
const BIG_FILL: (f64, f64) = (0.28, 0.66);

/// Picks for every fill bar the first fill, in random order, that leaves the groove recognisable and
/// yet says that something ends.
fn choose_fills(
    plan: &mut Plan,
    bars: &BTreeMap<Role, DrumBar>,
    turn: Option<&Steps>,
    chance: &mut Chance,
) {
    if plan.intent.only && plan.active.keys().all(|role| !role.is_drum()) {
        return;
    }
    let set = |bar: u32, fill: Option<&Fill>| -> BTreeSet<(Role, i64)> {
        onsets(plan, bars, turn, bar, fill)
            .into_iter()
            .flat_map(|(role, list)| list.into_iter().map(move |onset| (role, onset.tick)))
            .collect()
    };
    let first = set(0, None);
    let mut chosen = Vec::new();
    for (bar, big) in plan.fill_bars.clone() {
        let (low, high) = if big { BIG_FILL } else { SMALL_FILL };
        let fits: Vec<&'static Fill> = plan.style.fills.iter().filter(|f| f.big == big).collect();
        let mut order = chance.shuffled(&fits);
        if plan.intent.sounds(Role::Kick, Character::Rolling) {
            order.sort_by_key(|fill| !fill.rolls());
        }
        let good = order.iter().find(|fill| {
            let here = set(bar, Some(fill));
            let shared = first.intersection(&here).count() as f64;
            let all = first.union(&here).count().max(1) as f64;
            (low..=high).contains(&(shared / all))
        });
        if let Some(fill) = good.or(order.first()) {
            chosen.push((fill_span(bar, fill.beats), **fill));
        }
    }
    plan.fills = chosen;
}

/// Velocity offsets that make 16ths breathe: by place in the beat, then by beat. Their sum stays
/// within the 20 steps that still sound like one drum.
const BREATH: [i32; 4] = [3, -3, 1, -1];
const BEATS: [i32; 4] = [0, -4, 1, -5];

fn hit(role: Role, bar: u32, onset: Onset, plan: &Plan, jitter: &mut Chance) -> IdeaNote {
    let step = (onset.tick / STEP) as usize;
    let breath = BREATH[step % 4] + BEATS[(step / 4) % 4];
    let velocity = match role {
        Role::Kick => i32::from(plan.style.kick.velocity),
        Role::ClosedHat => {
            let level = [94, 100, 102][(onset.accent + 1) as usize];
            level + breath + jitter.between(-1, 1)
        }
        Role::OpenHat | Role::Ride => [90, 98, 104][(onset.accent + 1) as usize] + breath,
        _ => match onset.growth {
            Some(growth) => 84 + (growth * 32.0).round() as i32,
            None => [86, 108, 116][(onset.accent + 1) as usize],
        },
    };
    IdeaNote {
        start: i64::from(bar) * BAR + onset.tick,
        length: ((onset.length * STEP as f64) as i64).max(1),
        pitch: DRUM_PITCH,
        velocity: velocity.clamp(1, 127) as u8,
        slide: false,
    }
}

/// The kick's pitch: root or fifth in the octave nearest 45–65 Hz. The root wins unless it lies more
/// than one and a half semitones outside and the fifth does not.
pub fn kick_pitch(plan: &Plan) -> u8 {
    let outside = |pitch: i32| -> f64 {
        let hz = pitch_hz(f64::from(pitch));
        12.0 * (45.0 / hz).log2().max((hz / 65.0).log2()).max(0.0)
    };
    let nearest = |degree: i32| -> i32 {
        let pitches = (0..4).map(|octave| plan.key.pitch(degree, octave));
        let best = pitches.min_by(|a, b| outside(*a).total_cmp(&outside(*b)));
        best.unwrap_or(33)
    };
    let (root, fifth) = (nearest(0), nearest(4));
    let pitch = if outside(root) > 1.5 && outside(fifth) < outside(root) { fifth } else { root };
    pitch.clamp(0, 127) as u8
}

/// Silence the kick's gate leaves before the next kick, seconds: its release and the 10 ms that must
/// be quiet.
const KICK_GAP_S: f64 = 0.022;

/// Pitch, and a length that leaves a gap before the next kick.
fn tune_kicks(plan: &Plan, kicks: &mut [IdeaNote]) {
    let pitch = kick_pitch(plan);
    kicks.sort_by_key(|note| note.start);
    let end = i64::from(plan.bars) * BAR;
    let starts: Vec<i64> = kicks.iter().map(|note| note.start).chain([end]).collect();
    let gap = (KICK_GAP_S * plan.intent.bpm / 60.0 * BEAT as f64) as i64;
    for (i, note) in kicks.iter_mut().enumerate() {
        let room = (starts[i + 1] - starts[i]).clamp(1, BEAT);
        let share = if plan.plays(Role::Bass, (note.start / BAR) as u32) {
            plan.style.kick.length_with_bass
        } else {
            plan.style.kick.length
        };
        let share = match () {
            () if plan.intent.sounds(Role::Kick, Character::Long) => {
                plan.style.kick.length.max(share)
            }
            () if plan.intent.sounds(Role::Kick, Character::Short) => share * 0.6,
            () => share,
        };
        // However fast the roll, the kick's release is over before the next one.
        let longest = (room - gap).max(room / 3);
        note.length = ((room as f64 * share) as i64).min(longest).max(1);
        note.pitch = pitch;
    }
}

/// A crash on the starts of sections and after every fill.
fn crashes(plan: &Plan, out: &mut Notes) {
    if !plan.active.contains_key(&Role::Crash) {
        return;
    }
    let notes = out.entry(Role::Crash).or_default();
    for bar in (0..plan.bars).step_by(4) {
        let after_fill = bar == 0 || plan.fill_bars.iter().any(|(fill, _)| fill + 1 == bar);
        let new_section = bar == 0 || plan.block(bar) != plan.block(bar - 1);
        if after_fill || (new_section && plan.plays(Role::Crash, bar)) {
            notes.push(IdeaNote {
                start: i64::from(bar) * BAR,
                length: BAR.min(i64::from(plan.bars - bar) * BAR),
                pitch: DRUM_PITCH,
                velocity: if after_fill { 112 } else { 94 },
                slide: false,
            });
        }
    }
}

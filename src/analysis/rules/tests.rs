//! A piece that meets every rule, and what it takes to break each one.

use std::f64::consts::TAU;

use super::*;
use crate::analysis::loudness::integrated_lufs;

const RATE: u32 = 8000;
const BPM: f64 = 150.0;
const BEAT: f64 = 60.0 / BPM;
const BARS: u32 = 16;

/// A stem that owns its mono samples.
struct Part {
    name: &'static str,
    role: Role,
    notes: Vec<Note>,
    samples: Vec<f32>,
}

fn frames() -> usize {
    (f64::from(BARS) * 4.0 * BEAT * f64::from(RATE)) as usize
}

fn note(start: f64, length: f64, pitch: u8) -> Note {
    Note { start, length, pitch, velocity: 1.0 }
}

/// Noise that is the same every time.
fn noise(i: usize) -> f64 {
    let x = (i as u32).wrapping_mul(2_654_435_761) ^ 0x9e37_79b9;
    f64::from(x.wrapping_mul(x | 1) >> 8) / f64::from(1 << 23) - 1.0
}

impl Part {
    /// Plays each note with `voice(pitch, seconds since its start)` and scales the whole to `lufs`.
    fn new(
        name: &'static str,
        role: Role,
        notes: Vec<Note>,
        lufs: f64,
        voice: impl Fn(u8, f64) -> f64,
    ) -> Part {
        let mut samples = vec![0.0_f32; frames()];
        for n in &notes {
            let from = (n.start * BEAT * f64::from(RATE)).round() as usize;
            let to = ((n.start + n.length) * BEAT * f64::from(RATE)).round() as usize;
            for i in from..to.min(samples.len()) {
                samples[i] += voice(n.pitch, (i - from) as f64 / f64::from(RATE)) as f32;
            }
        }
        let now = integrated_lufs(&[&samples, &samples], RATE).expect("a meter");
        let gain = 10f64.powf((lufs - now) / 20.0) as f32;
        samples.iter_mut().for_each(|x| *x *= gain);
        Part { name, role, notes, samples }
    }
}

fn kick_voice(detune: f64) -> impl Fn(u8, f64) -> f64 {
    move |pitch, t| {
        let hz = crate::analysis::pitch::midi_hz(f64::from(pitch) + detune / 100.0);
        let phase = TAU * (hz * t + 6.0 * (1.0 - (-40.0 * t).exp()));
        (2.0 * phase.sin()).tanh() + 2.0 * (TAU * 1500.0 * t).sin() * (-40.0 * t).exp()
    }
}

fn beats() -> impl Iterator<Item = f64> {
    (0..BARS * 4).map(f64::from)
}

fn kick(detune: f64, length: f64, pitch: u8) -> Part {
    let notes = beats().map(|b| note(b, length, pitch)).collect();
    Part::new("kick", Role::Kick, notes, -10.0, kick_voice(detune))
}

fn hats() -> Part {
    let mut notes = Vec::new();
    for bar in 0..BARS {
        let start = f64::from(bar * 4);
        let offsets: &[f64] = match bar {
            7 => &[0.5, 1.5, 2.25, 3.75],
            15 => &[0.5, 1.25, 1.75, 2.25, 3.25],
            _ => &[0.5, 1.5, 2.5, 3.5],
        };
        notes.extend(offsets.iter().map(|o| note(start + o, 0.2, 42)));
    }
    Part::new("hat", Role::Hat, notes, -24.0, |_, t| {
        noise((t * 8000.0).round() as usize) * (-30.0 * t).exp()
    })
}

fn bass(start: f64, length: f64) -> Part {
    let notes = beats().map(|b| note(b + start, length, 33)).collect();
    Part::new("bass", Role::Bass, notes, -16.0, |_, t| {
        (TAU * 55.0 * t).sin() * (t * 200.0).min(1.0)
    })
}

fn lead(lufs: f64) -> Part {
    let notes = beats().map(|b| note(b + 0.25, 0.5, 69)).collect();
    Part::new("lead", Role::Lead, notes, lufs, |_, t| (TAU * 440.0 * t).sin())
}

fn pad(floor: f64) -> Part {
    let notes = beats().map(|b| note(b, 1.0, 57)).collect();
    Part::new("pad", Role::Pad, notes, -22.0, move |_, t| {
        (TAU * 330.0 * t).sin() * (floor + (1.0 - floor) * (t / 0.15).min(1.0).powi(2))
    })
}

/// The good piece, with parts replaced by role.
fn parts(replacements: Vec<Part>) -> Vec<Part> {
    let mut parts = vec![kick(0.0, 0.85, 33), hats(), bass(0.5, 0.45), lead(-15.0), pad(0.1)];
    for part in replacements {
        match parts.iter_mut().find(|p| p.role == part.role) {
            Some(old) => *old = part,
            None => parts.push(part),
        }
    }
    parts
}

/// Runs all rules on `parts`, their sum at `master_lufs`, after `change`.
fn run(
    parts: &[Part],
    master_lufs: f64,
    side: f32,
    change: impl FnOnce(&mut Piece<'_>),
) -> Vec<RuleResult> {
    let mut mix = vec![0.0_f32; frames()];
    for part in parts {
        mix.iter_mut().zip(&part.samples).for_each(|(m, x)| *m += x);
    }
    let now = integrated_lufs(&[&mix, &mix], RATE).expect("a meter");
    let gain = 10f64.powf((master_lufs - now) / 20.0) as f32;
    let left: Vec<f32> = mix.iter().map(|x| x * gain * (1.0 + side)).collect();
    let right: Vec<f32> = mix.iter().map(|x| x * gain * (1.0 - side)).collect();
    let mut piece = Piece {
        bpm: BPM,
        rate: RATE,
        bars: BARS,
        root: 9,
        kick_melody: false,
        fills: vec![],
        breaks: vec![],
        drop: None,
        stems: parts
            .iter()
            .map(|part| Stem {
                name: part.name.to_owned(),
                role: part.role,
                left: &part.samples,
                right: &part.samples,
                notes: part.notes.clone(),
            })
            .collect(),
        left: &left,
        right: &right,
        // Nothing limits this mix, so it is judged at a level that leaves room for its peaks.
        genre: GenreBand {
            drop_lufs: (-22.0, -18.0),
            ..GenreBand::named("gabber").expect("a row")
        },
    };
    change(&mut piece);
    evaluate(&piece)
}

/// The numbers of the rules a piece of these parts breaks.
fn broken(replacements: Vec<Part>, change: impl FnOnce(&mut Piece<'_>)) -> Vec<u8> {
    numbers(&run(&parts(replacements), -20.0, 0.0, change))
}

fn numbers(results: &[RuleResult]) -> Vec<u8> {
    results.iter().filter(|r| !r.pass).map(|r| r.number).collect()
}

fn unchanged(_: &mut Piece<'_>) {}

#[test]
fn the_good_piece_meets_every_rule() {
    let results = run(&parts(vec![]), -20.0, 0.0, unchanged);
    assert_eq!(results.len(), 10);
    for result in &results {
        assert!(result.pass, "{result:?}");
    }
}

#[test]
fn a_kick_out_of_tune_or_key_breaks_rule_1() {
    assert_eq!(broken(vec![kick(40.0, 0.85, 33)], unchanged), [1]);
    assert_eq!(broken(vec![kick(20.0, 0.85, 33)], unchanged), [0_u8; 0]);
    assert_eq!(broken(vec![kick(0.0, 0.85, 36)], unchanged), [1]);
    assert_eq!(broken(vec![kick(0.0, 0.85, 36)], |p| p.kick_melody = true), [0_u8; 0]);
    // An octave above its place the tail is not where 45–65 Hz is nearest.
    let mut high = kick(1200.0, 0.85, 33);
    high.name = "kick";
    assert!(broken(vec![high], unchanged).contains(&1));
    // Short kicks have no tail to tune.
    assert!(!broken(vec![kick(40.0, 0.45, 33)], unchanged).contains(&1));
}

#[test]
fn a_kick_that_runs_into_the_next_or_a_second_one_breaks_rule_2() {
    assert_eq!(broken(vec![kick(0.0, 1.0, 33)], unchanged), [2]);
    assert!(
        broken(vec![], |p| {
            let second = p.stems[0].clone();
            p.stems.push(second);
        })
        .contains(&2)
    );
}

#[test]
fn a_missing_bar_of_kicks_breaks_rule_3_unless_declared() {
    let thin = || {
        let mut part = kick(0.0, 0.85, 33);
        part.notes.retain(|n| !(16.0..20.0).contains(&n.start));
        part
    };
    assert!(broken(vec![thin()], unchanged).contains(&3));
    assert!(!broken(vec![thin()], |p| p.breaks.push((16.0, 20.0))).contains(&3));
    assert!(!broken(vec![thin()], |p| p.fills.push((16.0, 20.0))).contains(&3));
}

#[test]
fn a_loud_voice_on_the_kick_breaks_rule_4() {
    let vox = Part::new("vox", Role::Vox, vec![note(0.0, 64.0, 60)], -9.0, |_, t| {
        (TAU * 900.0 * t).sin()
    });
    assert_eq!(broken(vec![vox], unchanged), [4]);
}

#[test]
fn a_loud_lead_breaks_rule_5() {
    assert_eq!(broken(vec![lead(-12.0)], unchanged), [5]);
    assert_eq!(broken(vec![lead(-19.0)], unchanged), [5]);
    assert_eq!(broken(vec![lead(-12.0)], |p| p.genre.kick_over_lead_lu = (0.0, 3.0)), [0_u8; 0]);
}

#[test]
fn an_unducked_bass_or_pad_breaks_rule_6() {
    assert_eq!(broken(vec![bass(0.01, 0.98)], |p| p.stems[2].notes.clear()), [6]);
    assert_eq!(broken(vec![pad(0.9)], unchanged), [6]);
}

#[test]
fn a_wide_bass_breaks_rule_7() {
    assert_eq!(numbers(&run(&parts(vec![]), -20.0, 0.3, unchanged)), [7]);
    assert_eq!(numbers(&run(&parts(vec![]), -20.0, 0.05, unchanged)), [0_u8; 0]);
}

#[test]
fn a_master_too_loud_too_quiet_or_over_breaks_rule_8() {
    assert_eq!(numbers(&run(&parts(vec![]), -30.0, 0.0, unchanged)), [8]);
    assert_eq!(numbers(&run(&parts(vec![]), -16.0, 0.0, unchanged)), [8]);
    let over = run(&parts(vec![]), -3.0, 0.0, |p| p.genre.drop_lufs = (-10.0, 0.0));
    assert_eq!(numbers(&over), [8], "true peak over the limit");
}

#[test]
fn bass_on_the_kick_breaks_rule_9() {
    let on =
        |p: &mut Piece<'_>| p.stems[2].notes.iter_mut().for_each(|n| n.start = n.start.floor());
    assert_eq!(broken(vec![], on), [9]);
    let late = |p: &mut Piece<'_>| p.stems[2].notes.iter_mut().for_each(|n| n.start += 0.25);
    assert_eq!(broken(vec![], late), [0_u8; 0]);
    assert_eq!(
        broken(vec![], |p| {
            late(p);
            p.genre.offbeat_bass = true;
        }),
        [9]
    );
}

#[test]
fn drums_that_wander_or_never_turn_break_rule_10() {
    let without = |bar: f64| {
        move |p: &mut Piece<'_>| p.stems[1].notes.retain(|n| n.start < bar || n.start >= bar + 4.0)
    };
    assert_eq!(broken(vec![], without(8.0)), [10]);
    assert_eq!(broken(vec![], |p| p.breaks.push((8.0, 12.0))), [0_u8; 0]);
    let straight = |p: &mut Piece<'_>| {
        p.stems[1].notes = beats().map(|b| note(b + 0.5, 0.2, 42)).collect();
    };
    assert_eq!(broken(vec![], straight), [10]);
}

/// The page compares every bar with bar 1: what enters later may add at most a fifth.
#[test]
fn drums_that_enter_later_count_against_bar_1() {
    let ten = |change: fn(&mut Piece<'_>)| run(&parts(vec![]), -20.0, 0.0, change)[9].clone();
    let late = ten(|p| p.stems[1].notes.retain(|n| n.start >= 16.0));
    assert!(!late.pass, "{late:?}");
    // One more hit a bar from bar 9 on is a small addition, in the same lane or another.
    let small = ten(|p| {
        let mut clap = p.stems[1].clone();
        clap.role = Role::Clap;
        clap.notes = (8..16).map(|bar| note(f64::from(bar * 4) + 1.0, 0.2, 39)).collect();
        p.stems.push(clap);
    });
    assert!(small.pass, "{small:?}");
    // A snare that only plays in bar 16 is heard as something new there.
    let snare = ten(|p| {
        let mut snare = p.stems[1].clone();
        snare.role = Role::Snare;
        snare.notes = (0..12).map(|i| note(60.0 + f64::from(i) / 3.0, 0.1, 38)).collect();
        p.stems.push(snare);
        p.stems[1].notes = beats().map(|b| note(b + 0.5, 0.2, 42)).collect();
        p.stems[1].notes.retain(|n| n.start != 28.5 && n.start != 29.5);
    });
    assert!(snare.pass, "{snare:?}");
    // The pitch of a drum makes no other drum of it.
    let pitch = ten(|p| p.stems[1].notes.iter_mut().for_each(|n| n.pitch = n.start as u8));
    assert!(pitch.pass, "{pitch:?}");
}

#[test]
fn a_piece_of_nothing_is_measured_without_panic() {
    let results = run(&[], -20.0, 0.0, |p| p.stems.clear());
    assert!(results.iter().all(|r| r.pass || [3, 8].contains(&r.number)), "{results:?}");
    let results = run(&[], -20.0, 0.0, |p| {
        p.left = &[];
        p.right = &[];
        p.bars = 1;
        p.stems = vec![Stem {
            name: "kick".into(),
            role: Role::Kick,
            left: &[],
            right: &[],
            notes: vec![note(0.0, 1.0, 33), note(1.0, 1.0, 33)],
        }];
    });
    assert_eq!(results.len(), 10);
}

#[test]
fn role_names_and_genre_rows_are_known() {
    assert_eq!(Role::from_name(" Kick "), Role::Kick);
    assert_eq!(Role::from_name("hoover"), Role::Lead);
    assert_eq!(Role::from_name("spoon"), Role::Effect);
    assert_eq!(GenreBand::all().len(), 7);
    assert!(GenreBand::named("frenchcore").is_some_and(|band| band.offbeat_bass));
    assert_eq!(GenreBand::named("polka"), None);
}

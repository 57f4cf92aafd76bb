//! The performance effects rendered and measured.

use std::f64::consts::TAU;

use proptest::prelude::*;

use super::*;

/// A press or a release: the block it comes before, and the value.
type Move = (usize, Touch, f32);

/// What the left side makes of `input`, `blocks` blocks long from beat `at` on; the right side has to
/// do the same at half the level.
fn render_from(
    (rate, bpm, at): (u32, f64, f64),
    blocks: usize,
    moves: &[Move],
    input: impl Fn(usize) -> f32,
) -> Vec<f32> {
    let mut touches = Touches::new(rate);
    let per_frame = bpm / 60.0 / f64::from(rate);
    let mut out = Vec::new();
    for block in 0..blocks {
        for (_, touch, value) in moves.iter().filter(|(when, ..)| *when == block) {
            touches.set(*touch, *value);
        }
        let mut audio = StereoBlock::SILENT;
        for i in 0..BLOCK {
            audio.l[i] = input(block * BLOCK + i);
            audio.r[i] = 0.5 * audio.l[i];
        }
        let beat = Beat { at: at + (block * BLOCK) as f64 * per_frame, per_frame };
        touches.process(&mut audio, &beat);
        for i in 0..BLOCK {
            assert!((audio.r[i] - 0.5 * audio.l[i]).abs() <= 1e-4 * audio.l[i].abs() + 1e-6);
        }
        out.extend_from_slice(&audio.l);
    }
    out
}

fn render(
    rate: u32,
    bpm: f64,
    blocks: usize,
    moves: &[Move],
    input: impl Fn(usize) -> f32,
) -> Vec<f32> {
    render_from((rate, bpm, 0.0), blocks, moves, input)
}

fn sine(hz: f64, rate: u32) -> impl Fn(usize) -> f32 {
    move |t| (TAU * hz * t as f64 / f64::from(rate)).sin() as f32
}

/// A number for each frame that no other has.
fn counter(t: usize) -> f32 {
    (t + 1) as f32
}

/// A steady mess.
fn noise(t: usize) -> f32 {
    let x = (t as u32).wrapping_mul(0x9E37_79B9) ^ 0x5bd1;
    let x = (x ^ (x >> 15)).wrapping_mul(0x85EB_CA6B);
    (x ^ (x >> 13)) as i32 as f32 / i32::MAX as f32
}

fn step(signal: &[f32]) -> f32 {
    signal.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max)
}

/// The level of `hz` in `signal` in dB against a full sine, by projection.
fn level(signal: &[f32], hz: f64, rate: u32) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (t, x) in signal.iter().enumerate() {
        let (s, c) = (TAU * hz * t as f64 / f64::from(rate)).sin_cos();
        re += f64::from(*x) * c;
        im += f64::from(*x) * s;
    }
    20.0 * (2.0 * re.hypot(im) / signal.len() as f64).log10()
}

/// An effect's gain at `hz` in dB, once it has settled. Whole periods are measured.
fn gain(rate: u32, touch: Touch, value: f32, hz: f64) -> f64 {
    let hz = hz.round().max(1.0);
    let second = rate as usize;
    let out = render(rate, 120.0, 2 * second / BLOCK + 1, &[(0, touch, value)], sine(hz, rate));
    level(&out[out.len() - second..], hz, rate)
}

const ALL_VALUES: [(Touch, f32); 14] = [
    (Touch::Mute, 1.0),
    (Touch::KickKill, 1.0),
    (Touch::Filter, -1.0),
    (Touch::Filter, -0.1),
    (Touch::Filter, 0.03),
    (Touch::Filter, 0.5),
    (Touch::Filter, 1.0),
    (Touch::BeatRepeat, 1.0),
    (Touch::BeatRepeat, 2.0),
    (Touch::BeatRepeat, 3.0),
    (Touch::BeatRepeat, 4.0),
    (Touch::Stutter, 1.0),
    (Touch::Stutter, 2.0),
    (Touch::TapeStop, 1.0),
];

#[test]
fn off_is_bit_for_bit_and_so_is_what_follows_a_release() {
    for rate in [22_050, 48_000, 192_000] {
        for (touch, value) in ALL_VALUES {
            let out = render(rate, 170.0, 2000, &[(300, touch, value), (1200, touch, 0.0)], noise);
            // Fades are over within 6 ms and the block in which they end.
            let after = 1200 * BLOCK + frames(0.006, rate) + BLOCK;
            for (t, x) in out.iter().enumerate() {
                if t < 300 * BLOCK || t >= after {
                    assert_eq!(x.to_bits(), noise(t).to_bits(), "{touch:?} {value} frame {t}");
                }
            }
            let held = &out[300 * BLOCK..1200 * BLOCK];
            assert!(held.iter().enumerate().any(|(t, x)| *x != noise(300 * BLOCK + t)));
        }
    }
}

#[test]
fn is_off_says_when_blocks_pass() {
    for (touch, value) in ALL_VALUES {
        let mut touches = Touches::new(48_000);
        assert!(touches.is_off());
        touches.set(touch, value);
        let beat = Beat { at: 0.3, per_frame: 5e-5 };
        touches.process(&mut StereoBlock { l: [0.1; BLOCK], r: [0.1; BLOCK] }, &beat);
        touches.set(touch, f32::NAN);
        assert!(!touches.is_off());
        touches.set(touch, 0.0);
        (0..8).for_each(|_| touches.process(&mut StereoBlock::SILENT.clone(), &beat));
        assert!(touches.is_off(), "{touch:?}");
    }
    let mut touches = Touches::new(48_000);
    touches.set(Touch::Filter, 0.99 * filter::DEAD);
    assert!(touches.is_off(), "the middle of the knob is wide enough to find");
}

#[test]
fn a_mute_is_silent_after_3_ms() {
    let out = render(48_000, 170.0, 20, &[(5, Touch::Mute, 1.0)], |_| 1.0);
    assert!(out[5 * BLOCK + 72 - 2] > 0.4 && out[5 * BLOCK + 72 + 2] < 0.6);
    assert!(out[5 * BLOCK + 145..].iter().all(|x| *x == 0.0));
}

#[test]
fn the_kick_kill_takes_the_kick_and_leaves_the_rest() {
    for rate in [22_050, 44_100, 96_000, 192_000] {
        let low = gain(rate, Touch::KickKill, 1.0, 50.0);
        assert!(low < -45.0, "{low} dB at 50 Hz");
        let octave =
            gain(rate, Touch::KickKill, 1.0, 80.0) - gain(rate, Touch::KickKill, 1.0, 40.0);
        assert!(octave > 23.0, "{octave} dB an octave");
        assert!((gain(rate, Touch::KickKill, 1.0, 190.0) + 3.0).abs() < 0.2);
        let high = gain(rate, Touch::KickKill, 1.0, 1000.0);
        assert!(high.abs() < 0.1, "{high} dB at 1 kHz");
    }
}

#[test]
fn the_filter_has_its_edges_where_the_knob_says() {
    for rate in [44_100, 48_000, 192_000] {
        for knob in [-1.0f32, -0.75, -0.5, -0.3, 0.2, 0.5, 0.75, 1.0] {
            let way = f64::from((knob.abs() - filter::DEAD) / (1.0 - filter::DEAD));
            let edge = if knob < 0.0 {
                20_000.0 * (60.0f64 / 20_000.0).powf(way)
            } else {
                20.0 * (10_000.0f64 / 20.0).powf(way)
            };
            let found = gain(rate, Touch::Filter, knob, edge);
            assert!((found + 3.0).abs() < 0.3, "{rate} {knob}: {found} dB at {edge} Hz");
            let (pass, stop) =
                if knob < 0.0 { (edge / 8.0, edge * 4.0) } else { (edge * 8.0, edge / 4.0) };
            let half = f64::from(rate) / 2.0;
            if stop < half {
                assert!(gain(rate, Touch::Filter, knob, stop) < -40.0);
            }
            if pass < half {
                let passed = gain(rate, Touch::Filter, knob, pass);
                assert!(passed.abs() < 0.5, "{rate} {knob}: {passed} dB at {pass} Hz");
            }
        }
    }
}

#[test]
fn the_filter_sweeps_without_steps() {
    // A knob of 128 places turned through in half a second: at each place the sine that passes goes on
    // without a step, so its second difference stays that of the sine.
    let rate = 48_000;
    for direction in [-1.0f32, 1.0] {
        let moves: Vec<Move> =
            (0..128).map(|i| (100 + 3 * i, Touch::Filter, direction * i as f32 / 127.0)).collect();
        let out = render(rate, 120.0, 600, &moves, sine(300.0, rate));
        let bend =
            |s: &[f32]| s.windows(3).map(|w| (w[2] - 2.0 * w[1] + w[0]).abs()).fold(0.0, f32::max);
        let own = bend(&out[..90 * BLOCK]);
        let swept = bend(&out);
        // The resonance lifts it by 3.3 dB.
        assert!(swept < 2.0 * own, "{swept} against {own}");
    }
}

/// The frame that `beat` falls on, as the engine's clock rounds it.
fn frame_of(beat: f64, rate: u32, bpm: f64) -> usize {
    (beat * 60.0 / bpm * f64::from(rate) + 0.5 + 1e-6).floor() as usize
}

/// Check that from the second slice on `out`, made of `counter`, is the slice of `quarters` that
/// begins on `line`, on each line again, outside the cross-fades.
fn assert_repeats(out: &[f32], (rate, bpm): (u32, f64), line: f64, quarters: f64) -> usize {
    let fade = frames(fade::CUT, rate);
    let first = frame_of(line, rate, bpm);
    let mut heard = 0;
    for k in 1.. {
        let begin = frame_of(line + k as f64 * quarters, rate, bpm);
        let end = frame_of(line + (k + 1) as f64 * quarters, rate, bpm) - fade - 1;
        if end >= out.len() {
            return heard;
        }
        heard = k;
        for (t, x) in out.iter().enumerate().take(end).skip(begin) {
            assert_eq!(*x, counter(first + t - begin), "{bpm} {rate}: repeat {k}");
        }
    }
    heard
}

#[test]
fn a_beat_repeat_plays_the_slice_on_its_line() {
    for rate in [22_050, 44_100, 48_000, 96_000] {
        for bpm in [60.0, 120.0, 174.0, 183.7, 240.0] {
            for (value, quarters) in [(1.0, 1.0), (2.0, 0.5), (3.0, 0.25), (4.0, 0.125)] {
                let slice = quarters * 60.0 / bpm * f64::from(rate);
                // Early and late for the line at beat 2.
                for off in [-0.3, -0.01, 0.002, 0.2f64] {
                    let press = (2.0 * slice / quarters + off * slice) as usize / BLOCK;
                    let blocks = press + (5.0 * slice) as usize / BLOCK;
                    let moves = [(press, Touch::BeatRepeat, value)];
                    let out = render(rate, bpm, blocks, &moves, counter);
                    let first = frame_of(2.0 + quarters, rate, bpm) - frames(fade::CUT, rate) - 1;
                    let live = out[..first].iter().enumerate().all(|(t, x)| *x == counter(t));
                    assert!(live, "the music goes on until the first repeat");
                    assert!(assert_repeats(&out, (rate, bpm), 2.0, quarters) >= 3);
                }
            }
        }
    }
}

#[test]
fn a_press_too_late_for_a_slow_slice_takes_the_next_line() {
    // 40 % of 1.5 s after beat 1.
    let (rate, bpm) = (48_000, 40.0);
    let press = frame_of(1.4, rate, bpm) / BLOCK;
    let out = render(rate, bpm, 6 * 72_000 / BLOCK, &[(press, Touch::BeatRepeat, 1.0)], counter);
    assert_eq!(assert_repeats(&out, (rate, bpm), 2.0, 1.0), 3);
}

#[test]
fn an_attack_on_the_line_is_whole_in_each_repeat() {
    // A click on each beat's first frame.
    let (rate, bpm) = (48_000, 120.0);
    let click = |t: usize| if t.is_multiple_of(24_000) { 1.0 } else { 0.0 };
    let out = render(rate, bpm, 2000, &[(755, Touch::BeatRepeat, 4.0)], click);
    for k in 0..16 {
        assert_eq!(out[48_000 + 3000 * k], 1.0);
    }
}

#[test]
fn repeats_do_not_drift_from_the_grid() {
    let (rate, bpm) = (44_100, 173.3);
    let press = frame_of(1.0, rate, bpm) / BLOCK;
    let out = render(rate, bpm, 120 * 690, &[(press, Touch::BeatRepeat, 4.0)], counter);
    assert!(assert_repeats(&out, (rate, bpm), 1.0, 0.125) > 2700);
}

#[test]
fn another_division_goes_on_in_phase() {
    let (rate, bpm, slice) = (48_000, 150.0, 19_200);
    let press = 2 * slice / BLOCK;
    for (values, quarters) in [([1.0, 3.0], 0.25), ([4.0, 1.0], 1.0), ([4.0, 2.0], 0.5)] {
        let change = press + 5 * slice / 2 / BLOCK + 7;
        let moves = [(press, Touch::BeatRepeat, values[0]), (change, Touch::BeatRepeat, values[1])];
        let out = render(rate, bpm, change + 6 * slice / BLOCK, &moves, counter);
        let length = (quarters * slice as f64) as usize;
        let fade = frames(fade::CUT, rate);
        for (t, x) in out.iter().enumerate().skip(change * BLOCK + fade) {
            let phase = (t - 2 * slice) % length;
            if phase < length - fade - 1 {
                assert_eq!(*x, counter(2 * slice + phase), "{values:?}: frame {t}");
            }
        }
    }
}

#[test]
fn a_tempo_change_moves_the_repeats_with_the_beat() {
    let rate = 48_000;
    let mut touches = Touches::new(rate);
    let (mut at, mut t, mut lines) = (0.0, 0usize, Vec::new());
    touches.set(Touch::BeatRepeat, 2.0);
    for block in 0..4000 {
        let per_frame = (200.0 - 0.04 * block as f64) / 60.0 / f64::from(rate);
        let mut audio = StereoBlock::SILENT;
        audio.l.iter_mut().enumerate().for_each(|(i, x)| *x = counter(t + i));
        touches.process(&mut audio, &Beat { at, per_frame });
        for (i, x) in audio.l.iter().enumerate() {
            if *x == counter(0) {
                lines.push(at + i as f64 * per_frame);
            }
        }
        at += BLOCK as f64 * per_frame;
        t += BLOCK;
    }
    assert!(lines.len() > 20);
    for line in lines {
        let off = (line * 2.0).round() / 2.0 - line;
        assert!(off.abs() < 1e-4, "a repeat at {line}");
    }
}

#[test]
fn a_stutter_fires_the_head_of_the_sixteenth_behind_its_gate() {
    let (rate, bpm, quarter) = (48_000, 150.0, 19_200);
    for (value, length) in [(1.0, quarter / 4), (2.0, quarter / 8)] {
        let fade = frames(fade::CUT, rate);
        for press in [2 * quarter / BLOCK + 3, 2 * quarter / BLOCK + length / 4 / BLOCK] {
            let moves = [(press, Touch::Stutter, value)];
            let out = render(rate, bpm, press + 3 * quarter / BLOCK, &moves, counter);
            for (t, x) in out.iter().enumerate().skip(press * BLOCK + fade) {
                let phase = (t - 2 * quarter) % length;
                if phase < length / 2 - fade - 1 {
                    assert_eq!(*x, counter(2 * quarter + phase), "frame {t}");
                } else if (length / 2..length - fade - 1).contains(&phase) {
                    assert_eq!(*x, 0.0, "frame {t}");
                }
            }
        }
    }
}

#[test]
fn a_stutter_pressed_early_is_quiet_until_its_line() {
    let quarter = 19_200;
    let press = (2 * quarter - quarter / 12) / BLOCK;
    let out = render(48_000, 150.0, press + 200, &[(press, Touch::Stutter, 1.0)], counter);
    assert!(out[press * BLOCK + 73..2 * quarter - 74].iter().all(|x| *x == 0.0));
    assert_eq!(out[2 * quarter], counter(2 * quarter));
    assert_eq!(out[2 * quarter + quarter / 4 + 5], counter(2 * quarter + 5));
}

#[test]
fn a_stutter_takes_what_the_repeat_plays() {
    let quarter = 19_200;
    let press = 2 * quarter / BLOCK;
    let later = press + 2 * quarter / BLOCK;
    let moves = [(press, Touch::BeatRepeat, 2.0), (later, Touch::Stutter, 1.0)];
    let out = render(48_000, 150.0, later + 300, &moves, counter);
    let t = later * BLOCK + 2 * quarter / 4 + 50;
    assert_eq!(out[t], counter(2 * quarter + 50));
}

#[test]
fn a_tape_stop_falls_to_silence_in_its_time() {
    for (rate, bpm, beats) in [(48_000, 120.0, 1.0f32), (44_100, 174.0, 2.0), (96_000, 90.0, 0.5)] {
        let mut touches = Touches::new(rate);
        touches.set_tape_beats(beats);
        touches.set(Touch::TapeStop, 1.0);
        let per_frame = bpm / 60.0 / f64::from(rate);
        let stop = (f64::from(beats) / per_frame) as usize;
        let (input, mut out) = (sine(1000.0, rate), Vec::new());
        for block in 0..stop / BLOCK + 10 {
            let mut audio = StereoBlock::SILENT;
            (0..BLOCK).for_each(|i| audio.l[i] = input(block * BLOCK + i));
            touches.process(&mut audio, &Beat { at: 0.0, per_frame });
            out.extend_from_slice(&audio.l);
        }
        assert!(out[stop + 1..].iter().all(|x| *x == 0.0));
        let rises: Vec<f64> = out
            .windows(2)
            .enumerate()
            .filter(|(_, w)| w[0] <= 0.0 && w[1] > 0.0)
            .map(|(t, w)| t as f64 + f64::from(w[0] / (w[0] - w[1])))
            .collect();
        let mut last = 1010.0;
        for pair in rises.windows(2) {
            let pitch = f64::from(rate) / (pair[1] - pair[0]);
            assert!(pitch < last, "{pitch} Hz after {last} Hz");
            last = pitch;
            let middle = (pair[0] + pair[1]) / 2.0;
            let meant = 1000.0 * (1.0 - middle / stop as f64);
            assert!((pitch - meant).abs() < 0.02 * meant + 2.0, "{pitch} Hz, not {meant} Hz");
        }
        assert!(last < 150.0, "the last whole wave has {last} Hz");
    }
}

#[test]
fn what_is_no_number_does_not_stay() {
    for (touch, value) in ALL_VALUES {
        let bad = |t: usize| match t / BLOCK {
            40 => f32::NAN,
            41 => f32::INFINITY,
            42 => f32::MAX,
            _ => noise(t),
        };
        let mut touches = Touches::new(48_000);
        touches.set(touch, value);
        for block in 0..1000 {
            let mut audio = StereoBlock::SILENT;
            (0..BLOCK).for_each(|i| audio.l[i] = bad(block * BLOCK + i));
            touches.process(&mut audio, &Beat { at: block as f64 * 0.003, per_frame: 5e-5 });
            assert!(audio.l.iter().all(|x| x.is_finite()));
        }
        touches.set(touch, 0.0);
        for block in 1000..1010 {
            let mut audio = StereoBlock::SILENT;
            (0..BLOCK).for_each(|i| audio.l[i] = noise(block * BLOCK + i));
            touches.process(&mut audio, &Beat { at: block as f64 * 0.003, per_frame: 5e-5 });
            assert!(block < 1009 || audio.l[5] == noise(block * BLOCK + 5), "{touch:?}");
        }
    }
}

fn any_value() -> impl Strategy<Value = (Touch, f32)> {
    let press = prop::sample::select(ALL_VALUES.to_vec());
    let release = prop::sample::select(Touch::ALL.to_vec()).prop_map(|touch| (touch, 0.0));
    prop_oneof![press, release]
}

fn any_rate() -> impl Strategy<Value = u32> {
    prop::sample::select(vec![22_050, 44_100, 48_000, 88_200, 192_000])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn presses_and_releases_do_not_click(
        (touch, value) in prop::sample::select(ALL_VALUES.to_vec()),
        other in 1u8..=4,
        rate in any_rate(),
        hz in 40.0..400.0f64,
        bpm in 60.0..300.0f64,
        at in 0.0..4.0f64,
        times in prop::collection::vec(1usize..400, 4),
    ) {
        let change = match touch {
            Touch::BeatRepeat => f32::from(other),
            Touch::Stutter => f32::from(other % 2 + 1),
            Touch::Filter => -value,
            _ => value,
        };
        let mut when = 0;
        let moves: Vec<Move> = times
            .iter()
            .zip([value, change, 0.0, value])
            .map(|(wait, value)| {
                when += wait * (rate as usize / 22_050);
                (when, touch, value)
            })
            .collect();
        let input = sine(hz, rate);
        let out = render_from((rate, bpm, at), when + 200, &moves, &input);
        let own = step(&(0..rate as usize / 20).map(&input).collect::<Vec<_>>());
        // A fade is steepest in its middle, with 1.5 times its even slope. Two places of the sine lie 2
        // apart at most; a gate can close at the same time.
        let (apart, seconds) = match touch {
            Touch::Mute => (1.0, 0.003),
            Touch::Filter => (2.0, 0.003),
            Touch::KickKill => (2.0, 0.005),
            Touch::BeatRepeat | Touch::TapeStop => (2.0, 0.0015),
            Touch::Stutter => (3.0, 0.0015),
        };
        let fade = (1.5 * apart / (seconds * f64::from(rate))) as f32;
        // The filter's resonance lifts the sine too.
        let lift = if touch == Touch::Filter { 1.6 } else { 1.0 };
        let found = step(&out);
        prop_assert!(found <= lift * own + fade, "{found} against {own} + {fade}");
    }

    #[test]
    fn anything_goes_and_goes_the_same_again(
        rate in any_rate(),
        bpm in 20.0..999.0f64,
        at in -8.0..64.0f64,
        moves in prop::collection::vec((0usize..600, any_value()), 0..30),
    ) {
        let moves: Vec<Move> = moves.into_iter().map(|(when, (t, v))| (when, t, v)).collect();
        let once = render_from((rate, bpm, at), 600, &moves, noise);
        prop_assert!(once.iter().all(|x| x.abs() < 8.0));
        let again = render_from((rate, bpm, at), 600, &moves, noise);
        prop_assert!(once.iter().zip(&again).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn a_wild_filter_stays_bounded(
        rate in any_rate(),
        knobs in prop::collection::vec(-1.0..1.0f32, 300),
        tone in 20.0..10_000.0f64,
        every in 1usize..4,
    ) {
        let moves: Vec<Move> =
            knobs.iter().enumerate().map(|(i, x)| (i * every, Touch::Filter, *x)).collect();
        let square = |t: usize| sine(tone, rate)(t).signum();
        let out = render(rate, 120.0, 300 * every, &moves, square);
        let loudest = out.iter().fold(0.0f32, |m, x| m.max(x.abs()));
        prop_assert!(loudest < 8.0, "{loudest}");
    }

    #[test]
    fn any_beat_is_survived(
        rate in prop::sample::select(vec![1, 8000, 44_100, 192_000]),
        beats in prop::collection::vec((any::<f64>(), any::<f64>()), 20),
        jumps in prop::collection::vec((-100.0..100.0f64, 1e-6..1e-3f64), 40),
        values in prop::collection::vec(any_value(), 60),
    ) {
        let mut touches = Touches::new(rate);
        for ((at, per_frame), (touch, value)) in beats.into_iter().chain(jumps).zip(values) {
            touches.set(touch, value);
            let mut now = Beat { at, per_frame };
            for _ in 0..50 {
                let mut audio = StereoBlock { l: [0.5; BLOCK], r: [-0.5; BLOCK] };
                touches.process(&mut audio, &now);
                prop_assert!(audio.l.iter().chain(&audio.r).all(|x| x.abs() < 8.0));
                now.at += BLOCK as f64 * per_frame;
            }
        }
    }
}

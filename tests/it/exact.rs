//! Every onset on its exact frame, against frames computed here with exact fractions.

use hardcore::model::clip::{AudioClip, ClipContent, WarpMarker, WarpMode};
use hardcore::model::mixer::Db;
use hardcore::model::sample::SamplePath;
use hardcore::model::time::{Bpm, TempoChange, TempoMap, Ticks};
use hardcore::model::track::{Kit, Pad, PadSound, TrackKind};
use num_bigint::BigInt;
use num_rational::BigRational;

use crate::support::{
    add_track, click_samples, click_synth, clicks, clip, notes, project, render_scene,
};

fn int(n: i64) -> BigRational {
    BigRational::from_integer(BigInt::from(n))
}

/// The frame of `tick`, from the meaning of a tempo map and nothing of the program's: time is the sum
/// of ticks × 60 / (960 × BPM) over stretches of constant tempo; a ramp is stairs of 60 ticks, each
/// at the tempo of its middle, rounded half up to a thousandth BPM.
fn frame(map: &TempoMap, rate: u32, tick: i64) -> u64 {
    let thousandth = |b: Bpm| (b.get() * 1000.0).round() as i64;
    let mut stretches: Vec<(i64, i64)> = vec![(0, thousandth(map.start))];
    let (mut at, mut tempo) = (0, thousandth(map.start));
    for change in &map.changes {
        let target = thousandth(change.bpm);
        let span = change.at.0 - at;
        if change.ramp && span > 0 {
            let stairs = (span + 59) / 60;
            for k in 0..stairs {
                let exact = int(tempo) + int(target - tempo) * int(2 * k + 1) / int(2 * stairs);
                let rounded = if target >= tempo {
                    (exact + BigRational::new(1.into(), 2.into())).floor()
                } else {
                    (exact - BigRational::new(1.into(), 2.into())).ceil()
                };
                let milli: i64 = rounded.to_integer().try_into().unwrap();
                stretches.retain(|s| s.0 != at + k * 60);
                stretches.push((at + k * 60, milli));
            }
        }
        stretches.retain(|s| s.0 != change.at.0);
        stretches.push((change.at.0, target));
        (at, tempo) = (change.at.0, target);
    }
    let mut frames = int(0);
    for (i, (from, milli)) in stretches.iter().enumerate() {
        let until = stretches.get(i + 1).map_or(i64::MAX, |s| s.0).min(tick);
        if until > *from {
            frames += int(until - from) * int(60_000) * int(i64::from(rate)) / int(960 * milli);
        }
    }
    let half = BigRational::new(1.into(), 2.into());
    (frames + half).floor().to_integer().try_into().unwrap()
}

fn bpm(b: f64) -> Bpm {
    Bpm::new(b).unwrap()
}

/// Tempo maps from plain to nasty.
pub fn maps() -> Vec<(&'static str, TempoMap)> {
    let change = |at, b, ramp| TempoChange { at: Ticks(at), bpm: bpm(b), ramp };
    let mut maps: Vec<(&str, TempoMap)> = [60.0, 119.999, 140.0, 174.013, 333.333, 999.0]
        .into_iter()
        .map(|b| ("constant", TempoMap::constant(bpm(b))))
        .collect();
    maps.push((
        "jumps",
        TempoMap {
            start: bpm(174.0),
            changes: vec![
                change(961, 87.5, false),
                change(1920, 999.0, false),
                change(4000, 60.0, false),
            ],
        },
    ));
    maps.push((
        "ramps",
        TempoMap {
            start: bpm(120.0),
            changes: vec![
                change(1920, 190.001, true),
                change(1930, 60.0, false),
                change(5777, 400.0, true),
                change(7000, 111.111, true),
            ],
        },
    ));
    maps
}

/// Starts that fall on and off every grid, up to two bars, at least 61 ticks apart.
pub fn starts() -> Vec<i64> {
    let mut at = 0;
    let mut starts = Vec::new();
    for k in 0..60i64 {
        starts.push(at);
        at += 61 + (k * k * 7919) % 97;
    }
    starts.retain(|s| *s < 7680);
    starts
}

/// The frames of `starts` in a looped clip of `length` ticks launched at 0, as far as `end`.
fn expected(map: &TempoMap, rate: u32, starts: &[i64], length: i64, end: usize) -> Vec<usize> {
    let mut frames = Vec::new();
    for pass in 0.. {
        let base = pass * length;
        if frame(map, rate, base) as usize >= end {
            break;
        }
        frames.extend(starts.iter().map(|s| frame(map, rate, base + s) as usize));
    }
    frames.retain(|f| *f < end);
    frames
}

fn check(
    what: &str,
    kind: TrackKind,
    content: &ClipContent,
    starts: &[i64],
    rate: u32,
    length: i64,
) {
    let path = SamplePath::new("click.wav").unwrap();
    for (name, map) in maps() {
        let end = (frame(&map, rate, length * 2) as usize + 200).min(rate as usize * 20);
        let mut project = project(map.clone());
        add_track(&mut project, kind.clone(), clip(700, length, true, content.clone()));
        let samples = click_samples(&path, rate, 1);
        let heard = clicks(&render_scene(&project, &samples, rate, end));
        let wanted = expected(&map, rate, starts, length, end);
        assert!(wanted.len() > 20, "{what}: too few onsets to mean anything");
        assert_eq!(heard, wanted, "{what} at {rate} Hz, {name} from {} BPM", map.start);
    }
}

/// The rates every frame must be exact at.
pub const RATES: [u32; 3] = [44_100, 48_000, 96_000];

#[test]
fn synthdef_notes_start_on_their_frame() {
    for rate in RATES {
        check("notes", click_synth(), &ClipContent::Midi(notes(&starts())), &starts(), rate, 7680);
    }
}

#[test]
fn sample_hits_start_on_their_frame() {
    let path = SamplePath::new("click.wav").unwrap();
    let sound = PadSound::Sample { path, pitch: 0.0, gated: false };
    let pad = Pad { note: 60, name: "Click".into(), sound, gain: Db::UNITY, choke: None };
    let kit = TrackKind::Drums(Kit { pads: vec![pad] });
    for rate in RATES {
        check("hits", kit.clone(), &ClipContent::Midi(notes(&starts())), &starts(), rate, 7680);
    }
}

#[test]
fn audio_clips_and_their_slices_start_on_their_frame() {
    let path = SamplePath::new("click.wav").unwrap();
    for warp in [WarpMode::Off, WarpMode::Rate, WarpMode::Sliced] {
        let sliced = warp == WarpMode::Sliced;
        let starts = if sliced { starts() } else { vec![0] };
        let length = if sliced { 7680 } else { 240 };
        let audio = AudioClip {
            sample: path.clone(),
            gain: Db::UNITY,
            pitch: 0.0,
            warp,
            source_bpm: Some(bpm(120.0)),
            // Every slice begins at a click.
            markers: (0..)
                .zip(&starts)
                .map(|(i, s)| WarpMarker { frame: i * 64, at: Ticks(*s) })
                .collect(),
        };
        for rate in RATES {
            let path = SamplePath::new("click.wav").unwrap();
            for (name, map) in maps() {
                let passes = if sliced { 2 } else { 40 };
                let end = (frame(&map, rate, length * passes) as usize + 9).min(rate as usize * 12);
                let mut project = project(map.clone());
                let content = ClipContent::Audio(audio.clone());
                add_track(&mut project, TrackKind::Audio, clip(700, length, true, content));
                let samples = click_samples(&path, rate, starts.len());
                let heard = clicks(&render_scene(&project, &samples, rate, end));
                let wanted = expected(&map, rate, &starts, length, end);
                let onsets = onsets(&heard);
                assert_eq!(onsets, wanted, "{warp:?} at {rate} Hz, {name} from {} BPM", map.start);
            }
        }
    }
}

/// First frames of runs: a click played slower than recorded is several frames wide.
fn onsets(frames: &[usize]) -> Vec<usize> {
    let first = |i: &usize| frames.binary_search(&i.wrapping_sub(1)).is_err();
    frames.iter().copied().filter(first).collect()
}

//! Every built-in sound against `synthdefs/targets.ron`, and what no setting of a sound may do.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use hardcore::analysis::filters::{Pass, butterworth, forward, zero_phase};
use hardcore::analysis::pitch::{cents, midi_hz};
use hardcore::analysis::sound::{SoundMeasures, describe};
use hardcore::analysis::spectrum::power_spectrum;
use hardcore::analysis::{mean_square, mono, power_db};
use hardcore::engine::block::StereoBlock;
use hardcore::engine::sound::{SoundFactory, SoundSpec, VoiceStart};
use hardcore::model::sound::{Curve, ParamDescriptor, SoundDescriptor, SoundKind};
use hardcore::synth::embedded::EmbeddedFactory;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use serde::Deserialize;

use crate::support::{has, library};

const RATE: u32 = 48_000;

#[derive(Deserialize)]
struct Targets {
    targets: Vec<Target>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    sound: String,
    preset: String,
    freq: f32,
    length: f64,
    bpm: f32,
    rows: BTreeMap<String, (f64, f64)>,
}

/// How a note ends.
#[derive(Clone, Copy)]
enum End {
    /// Its gate closes.
    Released,
    /// It is cut within 3 ms.
    Cut,
}

/// One note.
#[derive(Clone, Copy)]
struct Note {
    freq: f32,
    velocity: f32,
    /// Seconds held.
    length: f64,
    bpm: f32,
    end: End,
}

/// A note from its first frame until its voice has freed itself (at most 30 s).
fn play(name: &str, params: &BTreeMap<String, f32>, note: Note) -> [Vec<f32>; 2] {
    let factory = EmbeddedFactory::new(library());
    let spec = SoundSpec { name: name.to_owned(), params: params.clone() };
    let mut voices = factory.voices(&[spec], RATE).expect("a playable sound");
    voices.set_tempo(note.bpm);
    let (freq, velocity) = (note.freq, note.velocity);
    assert!(voices.start(VoiceStart { voice: 1, sound: 0, offset: 0, freq, velocity }));
    let held = ((note.length * f64::from(RATE) / 64.0).round() as usize).max(1);
    let mut sound = [Vec::new(), Vec::new()];
    let mut out = StereoBlock::SILENT;
    for block in 0..30 * RATE as usize / 64 {
        if block == held {
            match note.end {
                End::Released => voices.release(1),
                End::Cut => voices.cut(1, 0.003),
            }
        }
        voices.render(&mut out);
        sound[0].extend_from_slice(&out.l);
        sound[1].extend_from_slice(&out.r);
        if voices.next_ended().is_some() {
            return sound;
        }
    }
    panic!("{name} with {params:?}: the voice never ends");
}

fn peak(channels: &[Vec<f32>]) -> f32 {
    channels.iter().flatten().fold(0.0, |top, x| top.max(x.abs()))
}

fn db(ratio: f64) -> f64 {
    power_db(ratio * ratio)
}

/// A sound measured as the head of `targets.ron` says.
struct Measured {
    sound: SoundMeasures,
    tail_cents: f64,
    low_share: f64,
    hp60: f64,
    peak: f64,
    dc: f64,
    end: f64,
}

/// Mean against the peak, in dB.
fn dc_db(sound: &[Vec<f32>; 2]) -> f64 {
    let mean = |c: &Vec<f32>| c.iter().map(|x| f64::from(*x)).sum::<f64>() / c.len() as f64;
    db(sound.iter().map(|c| mean(c).abs()).fold(0.0, f64::max) / f64::from(peak(sound)))
}

/// The loudest of the last `frames` frames against the peak, in dB.
fn end_db(sound: &[Vec<f32>; 2], frames: usize) -> f64 {
    let last = sound.iter().map(|c| c[c.len() - frames..].to_vec());
    db(f64::from(peak(&last.collect::<Vec<_>>())) / f64::from(peak(sound)))
}

fn measure(played: &[Vec<f32>; 2], freq: f64, length: f64) -> Measured {
    let top = peak(played);
    let quiet = top * 1e-3;
    let last = (0..played[0].len()).rev().find(|i| played.iter().any(|c| c[*i].abs() > quiet));
    let n = last.map_or(0, |i| i + 1);
    let (left, right) = (&played[0][..n], &played[1][..n]);
    let sound = describe(left, right, RATE).expect("a sound");
    let whole = mono(left, right);
    let top_mono = whole.iter().fold(0.0f32, |top, x| top.max(x.abs()));
    let start = whole.iter().position(|x| x.abs() > 0.02 * top_mono).expect("a start");
    let x = &whole[start..];

    let power = power_spectrum(x);
    let bin = f64::from(RATE) / x.len() as f64;
    let low: f64 =
        power.iter().enumerate().filter(|(i, _)| (*i as f64) * bin < 120.0).map(|(_, p)| p).sum();
    let high = forward(&butterworth(Pass::High, 4, 200.0, RATE), x);
    Measured {
        sound,
        tail_cents: tail_cents(x, freq, length).unwrap_or(f64::NAN),
        low_share: 100.0 * low / power.iter().sum::<f64>(),
        hp60: power_db(mean_square(&high[..high.len().min(RATE as usize * 60 / 1000)])),
        peak: db(f64::from(top)),
        dc: dc_db(played),
        end: end_db(played, RATE as usize / 1000),
    }
}

/// Cents between the median pitch from 150 ms to the note's end and `freq`.
fn tail_cents(x: &[f32], freq: f64, length: f64) -> Option<f64> {
    let low = zero_phase(&butterworth(Pass::Low, 4, 120.0, RATE), x)?;
    let rising = low.windows(2).enumerate().filter(|(_, p)| p[0] <= 0.0 && p[1] > 0.0);
    let times: Vec<f64> = rising
        .map(|(i, p)| (i as f64 + f64::from(p[0] / (p[0] - p[1]))) / f64::from(RATE))
        .filter(|t| (0.15..=length).contains(t))
        .collect();
    let mut pitches: Vec<f64> = times.windows(2).map(|t| 1.0 / (t[1] - t[0])).collect();
    pitches.sort_by(f64::total_cmp);
    pitches.get(pitches.len() / 2).map(|hz| cents(*hz, freq))
}

impl Measured {
    /// The measure of this name; not a number where the sound is too short for it.
    fn get(&self, name: &str) -> f64 {
        let (stem, index) = match name.split_once('[') {
            Some((stem, index)) => (stem, index.trim_end_matches(']').parse().expect("an index")),
            None => (name, 0),
        };
        let s = &self.sound;
        match stem {
            "len" => s.length_s,
            "att" => s.attack_ms,
            "d20" => s.d20_ms,
            "d40" => s.d40_ms,
            "cen" => s.centroid_hz,
            "crest" => s.crest_db,
            "bands" => s.bands_db[index],
            "f0" => s.f0_hz[index].unwrap_or(f64::NAN),
            "c" => s.centroids_hz[index].unwrap_or(f64::NAN),
            "tail_cents" => self.tail_cents,
            "low_share" => self.low_share,
            "hp60" => self.hp60,
            "peak" => self.peak,
            "dc" => self.dc,
            "end" => self.end,
            other => panic!("targets.ron names an unknown measure '{other}'"),
        }
    }
}

#[test]
fn every_sound_meets_its_targets() {
    let text = include_str!("../../synthdefs/targets.ron");
    let targets: Targets = ron::from_str(text).expect("targets.ron can be read");
    let library = library();
    let mut missed = Vec::new();
    let mut count = 0;
    for target in &targets.targets {
        let Target { sound, preset, freq, length, bpm, rows } = target;
        let descriptor = &library.get(sound).expect("a sound of the library").descriptor;
        let params = &descriptor.preset(preset).expect("a preset of the sound").params;
        let end = End::Released;
        let note = Note { freq: *freq, velocity: 0.8, length: *length, bpm: *bpm, end };
        let measured = measure(&play(sound, params, note), f64::from(*freq), *length);
        for (name, (least, most)) in rows {
            let value = measured.get(name);
            let holds = (*least..=*most).contains(&value);
            let mark = if holds { "" } else { "  MISSED" };
            let line = format!(
                "{sound:14}{preset:16}{name:11}{value:10.2}   {least:8.1} … {most:8.1}{mark}"
            );
            eprintln!("{line}");
            count += 1;
            if !holds {
                missed.push(line);
            }
        }
    }
    assert!(missed.is_empty(), "{} of {count} missed:\n{}", missed.len(), missed.join("\n"));
}

/// Instruments with a register they are made for: MIDI pitches.
fn instruments() -> Vec<(SoundDescriptor, std::ops::RangeInclusive<u8>)> {
    let library = library();
    let all = library.iter().map(|s| s.descriptor.clone());
    let instruments = all.filter(|d| d.kind == SoundKind::Instrument && d.name != "click");
    let with_register = instruments.map(|d| {
        let register = match d.name.as_str() {
            "kick_gabber" | "bass_rumble" | "bass_offbeat" => 26..=38,
            "acid_303" | "pad_dark" => 36..=60,
            _ => 48..=76,
        };
        (d, register)
    });
    with_register.collect()
}

/// Any value of a parameter, its ends more often than chance would have them.
fn any_value(param: &ParamDescriptor, random: &mut Pcg32) -> f32 {
    let x: f32 = match random.random_range(0..6) {
        0 => 0.0,
        1 => 1.0,
        _ => random.random(),
    };
    let value = match &param.curve {
        Curve::Exponential => param.min * (param.max / param.min).powf(x),
        Curve::Linear => param.min + (param.max - param.min) * x,
        Curve::Choice(_) => (param.min + (param.max - param.min) * x).round(),
    };
    param.clamp(value)
}

/// Numbers only and never absurdly loud, at any setting, pitch, velocity and length.
#[test]
fn no_setting_breaks_a_sound() {
    let mut random = Pcg32::seed_from_u64(174);
    for (sound, _) in instruments() {
        let mut loudest = (0.0f32, BTreeMap::new());
        for _ in 0..50 {
            let any = |p: &ParamDescriptor| (p.name.clone(), any_value(p, &mut random));
            let params: BTreeMap<String, f32> = sound.params.iter().map(any).collect();
            let note = Note {
                freq: midi_hz(f64::from(random.random_range(20..108u8))) as f32,
                velocity: random.random_range(0.05..=1.0),
                length: random.random_range(0.01..0.4),
                bpm: random.random_range(60.0..400.0),
                end: if random.random() { End::Cut } else { End::Released },
            };
            let played = play(&sound.name, &params, note);
            let whole = played.iter().flatten().all(|x| x.is_finite());
            assert!(whole, "{} is no number with {params:?}", sound.name);
            if peak(&played) > loudest.0 {
                loudest = (peak(&played), params);
            }
        }
        eprintln!("{:14} loudest {:+.1} dBFS", sound.name, db(f64::from(loudest.0)));
        assert!(loudest.0 < 16.0, "{}: {} with {:?}", sound.name, loudest.0, loudest.1);
    }
}

/// No DC in any preset, and silence is reached before the voice goes, at any length, cut or not.
#[test]
fn presets_have_no_direct_current_and_end_without_a_click() {
    let mut faults = Vec::new();
    for (sound, register) in instruments() {
        let (low, high) = register.into_inner();
        for preset in &sound.presets {
            let (mut dc, mut end, mut cut) = (-200.0f64, -200.0f64, -200.0f64);
            for pitch in [low, (low + high) / 2, high] {
                for length in [0.02, 0.1, 0.3] {
                    let freq = midi_hz(f64::from(pitch)) as f32;
                    let note = Note { freq, velocity: 0.8, length, bpm: 150.0, end: End::Released };
                    let played = play(&sound.name, &preset.params, note);
                    end = end.max(end_db(&played, 5));
                    // The mean of a few periods of a low note is no DC.
                    if length > 0.2 {
                        dc = dc.max(dc_db(&played));
                    }
                    let note = Note { end: End::Cut, ..note };
                    cut = cut.max(end_db(&play(&sound.name, &preset.params, note), 5));
                }
            }
            let line = format!(
                "{:14}{:16} DC {dc:6.1} dB, end {end:6.1} dB, end when cut {cut:6.1} dB",
                sound.name, preset.name
            );
            eprintln!("{line}");
            if dc > -40.0 || end > -60.0 || cut > -60.0 {
                faults.push(line);
            }
        }
    }
    assert!(faults.is_empty(), "{} presets:\n{}", faults.len(), faults.join("\n"));
}

/// Compiles the sources of `from` into `to`, as `make synthdefs` does.
fn compile(from: &Path, to: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let classes = root.join("synthdefs/classes");
    let conf = to.join("sclang.yaml");
    let text = format!("includePaths:\n    - \"{}\"\nexcludePaths: []\n", classes.display());
    std::fs::write(&conf, text).expect("a file");
    let run = Command::new("sclang")
        .arg("-l")
        .arg(&conf)
        .arg(root.join("synthdefs/compile.scd"))
        .args([Path::new("-"), from, to])
        .env("QT_QPA_PLATFORM", "offscreen")
        .env("QTWEBENGINE_CHROMIUM_FLAGS", "--no-sandbox")
        .env("QTWEBENGINE_DISABLE_SANDBOX", "1")
        .stdin(Stdio::null())
        .output()
        .expect("sclang starts");
    assert!(run.status.success(), "sclang: {}", String::from_utf8_lossy(&run.stdout));
}

#[test]
fn compiled_synthdefs_match_their_sources() {
    if !has("sclang") {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["synthdefs", "tests/fixtures/synthdefs"] {
        let from = root.join(folder);
        let made = tempfile::tempdir().expect("a temporary folder");
        compile(&from, made.path());
        let mut compared = 0;
        for entry in std::fs::read_dir(&from).expect("a folder").flatten() {
            let source = entry.path();
            let name = source.file_stem().expect("a name").to_str().expect("plain").to_owned();
            let is_source = source.extension().is_some_and(|e| e == "scd") && name != "compile";
            let is_def = source.extension().is_some_and(|e| e == "scsyndef");
            if !is_source && !is_def {
                continue;
            }
            let bytes =
                |folder: &Path| std::fs::read(folder.join(&name).with_extension("scsyndef")).ok();
            let (kept, new) = (bytes(&from), bytes(made.path()));
            assert!(kept.is_some(), "{folder}/{name}.scd is not compiled: make synthdefs");
            assert!(new.is_some(), "{folder}/{name}.scsyndef has no source");
            assert!(kept == new, "{folder}/{name}.scsyndef is old: make synthdefs");
            compared += 1;
        }
        assert!(compared > 0, "{folder} holds no sounds");
    }
}

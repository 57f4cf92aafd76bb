//! Effects against `synthdefs/effect_targets.ron`, and what no setting of an effect may do.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use hardcore::analysis::power_db;
use hardcore::analysis::spectrum::power_spectrum;
use hardcore::engine::block::StereoBlock;
use hardcore::engine::sound::SoundSpec;
use hardcore::model::mixer::Effect;
use hardcore::model::sound::{Curve, ParamDescriptor, SoundDescriptor, SoundKind};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;
use serde::Deserialize;

use crate::support::factory;

const RATE: u32 = 48_000;
/// Frames in a block.
const BLOCK: usize = 64;

/// Blocks of next to nothing that an effect is given before it is heard, the one it starts with included.
pub const WARM_BLOCKS: usize = 600;

/// Left and right.
pub type Stereo = [Vec<f32>; 2];

/// What an effect plays through.
pub struct Through<'a> {
    pub name: &'a str,
    pub params: BTreeMap<String, f32>,
    pub bpm: f64,
    pub rate: u32,
    /// Position of the first frame in quarter notes.
    pub from: f64,
}

impl<'a> Through<'a> {
    pub fn new(name: &'a str, params: &[(&str, f32)]) -> Self {
        let params = params.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect();
        Through { name, params, bpm: 150.0, rate: RATE, from: 0.0 }
    }

    /// Send whole blocks of `input` and `key` through it; before block `i`, `moves(i)` names a parameter
    /// and its new value.
    pub fn play(
        &self,
        input: &Stereo,
        key: Option<&Stereo>,
        mut moves: impl FnMut(usize) -> Option<(u16, f32)>,
    ) -> Stereo {
        let spec = SoundSpec { name: self.name.to_owned(), params: self.params.clone() };
        let mut insert = factory().insert(&spec, self.rate).expect("an effect");
        insert.set_tempo(self.bpm as f32);
        let mut out = Stereo::default();
        let beats = self.bpm / 60.0 * BLOCK as f64 / f64::from(self.rate);
        // What it is set to glides there.
        for block in 1..WARM_BLOCKS {
            insert.at_beat(self.from - beats * (WARM_BLOCKS - block) as f64);
            // Silence would let it sleep.
            let mut quiet = StereoBlock { l: [1e-6; BLOCK], r: [1e-6; BLOCK] };
            insert.process(&mut quiet, &StereoBlock::SILENT);
        }
        for block in 0..input[0].len() / BLOCK {
            if let Some((param, value)) = moves(block) {
                insert.set_param(param, value);
            }
            insert.at_beat(self.from + beats * block as f64);
            let frames = block * BLOCK..(block + 1) * BLOCK;
            let cut = |sound: &Stereo| {
                let mut block = StereoBlock::SILENT;
                block.l.copy_from_slice(&sound[0][frames.clone()]);
                block.r.copy_from_slice(&sound[1][frames.clone()]);
                block
            };
            let mut audio = cut(input);
            let key = key.map_or(StereoBlock::SILENT, cut);
            insert.process(&mut audio, &key);
            out[0].extend_from_slice(&audio.l);
            out[1].extend_from_slice(&audio.r);
        }
        out
    }

    fn hear(&self, input: &Stereo) -> Stereo {
        self.play(input, None, |_| None)
    }
}

/// All effects of the library.
pub fn effects() -> Vec<SoundDescriptor> {
    let library = crate::support::library();
    let all = library.iter().map(|s| s.descriptor.clone());
    all.filter(|d| d.kind == SoundKind::Effect).collect()
}

fn both(side: Vec<f32>) -> Stereo {
    [side.clone(), side]
}

fn sine(freq: f64, frames: usize, level: impl Fn(usize) -> f64) -> Vec<f32> {
    let at = |i: usize| (TAU * freq * i as f64 / f64::from(RATE)).sin() * level(i);
    (0..frames).map(|i| at(i) as f32).collect()
}

/// Drums and a chord, different on both sides, so that everything has something to work on: a kick and a
/// burst of noise in each half second after a short silence.
pub fn music(seconds: f64, rate: u32, seed: u64) -> Stereo {
    let mut random = Pcg32::seed_from_u64(seed);
    let frames = (seconds * f64::from(rate)) as usize / BLOCK * BLOCK;
    let mut sound = Stereo::default();
    for i in 0..frames {
        let t = i as f64 / f64::from(rate) - 0.2;
        let hit = t.rem_euclid(0.5);
        // In what is silent to the last bit an effect falls asleep, and what swings in it stands still.
        let heard = if t >= 0.0 { 1.0 } else { 1e-5 };
        let kick = (TAU * (50.0 * hit + 6.0 * (1.0 - (-hit * 30.0).exp()))).sin();
        let kick = 0.5 * kick * (-hit * 6.0).exp() * heard;
        let burst = (hit - 0.25).rem_euclid(0.5);
        for (side, detune) in sound.iter_mut().zip([1.0, 1.007]) {
            let noise: f64 = random.random_range(-1.0..1.0);
            let noise = 0.3 * noise * (-burst * 25.0).exp();
            let chord: f64 =
                [220.0, 277.2, 329.6].iter().map(|f| (TAU * f * detune * t).sin() * 0.06).sum();
            side.push((kick + (noise + chord) * heard) as f32);
        }
    }
    sound
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Targets {
    targets: Vec<Target>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    effect: String,
    params: BTreeMap<String, f32>,
    #[serde(default = "usual_tempo")]
    bpm: f64,
    source: String,
    signal: Signal,
    rows: BTreeMap<String, (f64, f64)>,
}

fn usual_tempo() -> f64 {
    170.0
}

#[derive(Deserialize)]
enum Signal {
    Tone(f64, Vec<(f64, f64)>),
    Impulse,
    Noise(f64),
}

impl Signal {
    fn frames(&self) -> Vec<f32> {
        match self {
            Signal::Tone(freq, levels) => sine(*freq, 2 * RATE as usize, |i| {
                let ms = i as f64 * 1e3 / f64::from(RATE);
                let level = levels.iter().rev().find(|(from, _)| *from <= ms);
                10f64.powf(level.map_or(-200.0, |l| l.1) / 20.0)
            }),
            Signal::Impulse => {
                let mut frames = vec![0.0; 2 * RATE as usize];
                frames[0] = 1.0;
                frames
            }
            Signal::Noise(level) => {
                let mut random = Pcg32::seed_from_u64(7);
                let top = 10f32.powf(*level as f32 / 20.0);
                (0..8 * RATE).map(|_| random.random_range(-top..top)).collect()
            }
        }
    }
}

fn db(ratio: f64) -> f64 {
    power_db(ratio * ratio)
}

fn rms(x: &[f32]) -> f64 {
    (x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / x.len() as f64).sqrt()
}

/// Amplitude of the component at `freq`.
fn component(x: &[f32], freq: f64) -> f64 {
    let step = TAU * freq / f64::from(RATE);
    let sum: Complex<f64> = x
        .iter()
        .enumerate()
        .map(|(i, x)| Complex::from_polar(f64::from(*x), -step * i as f64))
        .sum();
    2.0 * sum.norm() / x.len() as f64
}

/// What one signal became.
struct Measured {
    input: Vec<f32>,
    out: Stereo,
    bpm: f64,
}

impl Measured {
    fn steady(&self, side: usize) -> &[f32] {
        &self.out[side][self.out[side].len() / 2..]
    }

    /// Magnitude of the response in dB, with the hertz of each bin.
    fn response(&self) -> (Vec<f64>, f64) {
        let mut bins: Vec<_> =
            self.out[0].iter().map(|x| Complex::new(f64::from(*x), 0.0)).collect();
        let n = bins.len();
        FftPlanner::new().plan_fft_forward(n).process(&mut bins);
        (bins[..n / 2].iter().map(|b| db(b.norm().max(1e-9))).collect(), f64::from(RATE) / n as f64)
    }

    /// Hertz of all turning points of the response that `wanted` takes, of (dB, dB under the top).
    fn turns(&self, sign: f64, wanted: impl Fn(f64) -> bool) -> Vec<f64> {
        let (response, bin) = self.response();
        let (low, high) = ((30.0 / bin) as usize, (16_000.0 / bin) as usize);
        let top = response[low..high].iter().copied().fold(f64::MIN, f64::max);
        let is_turn = |i: &usize| {
            let (a, b, c) = (response[i - 1], response[*i], response[i + 1]);
            (b - a) * sign > 0.0 && (b - c) * sign >= 0.0 && wanted(b - top)
        };
        (low..high).filter(is_turn).map(|i| i as f64 * bin).collect()
    }

    fn strongest(&self) -> f64 {
        let x = self.steady(0);
        let power = power_spectrum(x);
        let (i, _) = power
            .iter()
            .enumerate()
            .fold((0, 0.0), |top, (i, p)| if *p > top.1 { (i, *p) } else { top });
        // The top of a parabola through the logarithms of three bins.
        let [a, b, c] = [i - 1, i, i + 1].map(|i| power[i].ln());
        let off = 0.5 * (a - c) / (a - 2.0 * b + c);
        (i as f64 + off) * f64::from(RATE) / x.len() as f64
    }

    /// Frames on which the envelope opens, and which share of the time it is open.
    fn openings(&self) -> (Vec<f64>, f64) {
        // The RMS of a period of the tone.
        let window = RATE as usize / 1000;
        let x = &self.out[0];
        let level: Vec<f64> = (window..x.len()).map(|i| rms(&x[i - window..i])).collect();
        let half = level.iter().copied().fold(0.0, f64::max) / 2.0;
        let opens = level.windows(2).enumerate().filter(|(_, p)| p[0] < half && p[1] >= half);
        let opens: Vec<f64> = opens.map(|(i, _)| (i + window / 2) as f64).collect();
        let from = opens[0] as usize - window / 2;
        let to = opens[opens.len() - 1] as usize - window / 2;
        let open = level[from..to].iter().filter(|l| **l >= half).count();
        (opens, open as f64 / (to - from) as f64)
    }

    fn get(&self, name: &str) -> f64 {
        let (stem, argument) = match name.split_once('[') {
            Some((stem, rest)) => (stem, rest.trim_end_matches(']').parse().expect("a number")),
            None => (name, 0.0f64),
        };
        let index = argument as usize;
        let at = |turns: Vec<f64>| turns.get(index).copied().unwrap_or(f64::NAN);
        let notches = || self.turns(-1.0, |under| under < -15.0);
        let beat = 60.0 / self.bpm * f64::from(RATE);
        match stem {
            "peak" => db(self.steady(0).iter().fold(0.0, |top, x| f64::from(*x).abs().max(top))),
            "tone" => db(component(self.steady(0), argument)),
            "right" => db(component(self.steady(1), argument)),
            "strongest" => self.strongest(),
            "snr" => {
                let x = self.steady(0);
                let signal = component(x, self.strongest().round()).powi(2) / 2.0;
                power_db(signal / (rms(x).powi(2) - signal))
            }
            "gain" => {
                let from = (argument * f64::from(RATE) / 1e3) as usize;
                let frames = from..from + RATE as usize / 100;
                db(rms(&self.out[0][frames.clone()]) / rms(&self.input[frames]))
            }
            "flat" => {
                let (response, bin) = self.response();
                let (low, high) = ((30.0 / bin) as usize, (16_000.0 / bin) as usize);
                response[low..high].iter().fold(0.0, |worst, x| x.abs().max(worst))
            }
            "notches" => notches().len() as f64,
            "notch" => at(notches()),
            "ring" => at(self.turns(1.0, |under| under > -12.0)),
            "t60" => {
                // Schroeder's integral backwards.
                let mut left = 0.0;
                let mut fall: Vec<f64> = self.out[0]
                    .iter()
                    .rev()
                    .map(|x| {
                        left += f64::from(*x).powi(2);
                        left
                    })
                    .collect();
                fall.reverse();
                let under =
                    |db| fall.iter().position(|e| power_db(e / fall[0]) < db).expect("a fall");
                2.0 * (under(-35.0) - under(-5.0)) as f64 / f64::from(RATE)
            }
            "period" => {
                let (opens, _) = self.openings();
                (opens[opens.len() - 1] - opens[0]) / (opens.len() - 1) as f64 / beat
            }
            "on" => self.openings().1,
            "opens" => {
                let (opens, _) = self.openings();
                let period = (opens[opens.len() - 1] - opens[0]) / (opens.len() - 1) as f64;
                let off = |open: &f64| open - (open / period).round() * period;
                let worst = opens
                    .iter()
                    .map(off)
                    .fold(0.0f64, |w, o| if o.abs() > w.abs() { o } else { w });
                worst * 1e3 / f64::from(RATE)
            }
            "repeat" => {
                let slice = beat / 8.0;
                let (from, edge) = (3.0 * beat, (slice * 0.2) as usize);
                let first = from.round() as usize + edge;
                let later = (from + slice * argument).round() as usize + edge;
                let n = (slice * 0.5) as usize;
                let best = |later: usize| {
                    let (a, b) = (&self.input[first..first + n], &self.out[0][later..later + n]);
                    let dot: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum();
                    dot / (rms(a) * rms(b) * n as f64)
                };
                // Slices need not be a whole number of frames.
                (later - 2..later + 3).map(best).fold(-1.0, f64::max)
            }
            "through" => {
                let n = (2.0 * beat) as usize;
                let off = |(a, b): (&f32, &f32)| f64::from(a - b).abs();
                let pairs = self.input[..n].iter().zip(&self.out[0]).skip(RATE as usize / 1000);
                db(pairs.map(off).fold(1e-10, f64::max))
            }
            other => panic!("effect_targets.ron names an unknown measure '{other}'"),
        }
    }
}

#[test]
fn every_effect_meets_its_targets() {
    let text = include_str!("../../synthdefs/effect_targets.ron");
    let targets: Targets = ron::from_str(text).expect("effect_targets.ron can be read");
    let mut missed = Vec::new();
    let mut count = 0;
    for Target { effect, params, bpm, source, signal, rows } in targets.targets {
        let input = signal.frames();
        let through = Through { params, bpm, ..Through::new(&effect, &[]) };
        let out = through.hear(&both(input.clone()));
        let measured = Measured { input, out, bpm };
        for (name, (least, most)) in &rows {
            let value = measured.get(name);
            let holds = (*least..=*most).contains(&value);
            let mark = if holds { "" } else { "  MISSED" };
            let line = format!(
                "{effect:14}{name:12}{value:10.3}   {least:8.2} … {most:8.2}   {source}{mark}"
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

/// Any value of a parameter, its ends more often than chance would have them.
fn any_value(param: &ParamDescriptor, random: &mut Pcg32) -> f32 {
    let x: f32 = match random.random_range(0..6) {
        0 => 0.0,
        1 => 1.0,
        _ => random.random(),
    };
    param.clamp(match &param.curve {
        Curve::Exponential => param.min * (param.max / param.min).powf(x),
        Curve::Linear => param.min + (param.max - param.min) * x,
        Curve::Choice(_) => (param.min + (param.max - param.min) * x).round(),
    })
}

/// Numbers only and never absurdly loud, at any setting, tempo and rate, while hands are on it.
#[test]
fn no_setting_breaks_an_effect() {
    for effect in effects() {
        let mut random = Pcg32::seed_from_u64(175);
        let mut loudest = 0.0f32;
        for round in 0..24 {
            let any = |p: &ParamDescriptor| (p.name.clone(), any_value(p, &mut random));
            let through = Through {
                params: effect.params.iter().map(any).collect(),
                bpm: random.random_range(40.0..400.0),
                rate: [44_100, 48_000, 96_000][round % 3],
                from: random.random_range(0.0..2000.0),
                ..Through::new(&effect.name, &[])
            };
            let input = music(1.0, through.rate, round as u64);
            let out = through.play(&input, Some(&input), |block| {
                let param = random.random_range(0..effect.params.len());
                let value = any_value(&effect.params[param], &mut random);
                (block % 20 == 19).then_some((param as u16, value))
            });
            let whole = out.iter().flatten().all(|x| x.is_finite());
            assert!(whole, "{} is no number from {:?} on", effect.name, through.params);
            loudest = out.iter().flatten().fold(loudest, |top, x| top.max(x.abs()));
        }
        eprintln!("{:14} loudest {:+.1} dBFS", effect.name, db(f64::from(loudest)));
        // Their own gains add up to more.
        let further = ["fx_distortion", "fx_eq", "fx_filter", "fx_multiband"];
        let further = further.contains(&effect.name.as_str());
        assert!(loudest < 64.0 || further, "{}: {loudest}", effect.name);
    }
}

/// A preset is of use as it is: what it makes of music is neither gone nor much louder.
#[test]
fn presets_keep_the_level() {
    let input = music(4.0, RATE, 5);
    let level = |sound: &Stereo| db(rms(&sound[0]).hypot(rms(&sound[1])));
    let mut faults = Vec::new();
    for effect in effects() {
        for preset in &effect.presets {
            let through =
                Through { params: preset.params.clone(), ..Through::new(&effect.name, &[]) };
            let gain = level(&through.play(&input, Some(&input), |_| None)) - level(&input);
            let line = format!("{:14}{:24} {gain:+5.1} dB", effect.name, preset.name);
            eprintln!("{line}");
            if !(-20.0..=9.0).contains(&gain) {
                faults.push(line);
            }
        }
    }
    assert!(faults.is_empty(), "{} presets:\n{}", faults.len(), faults.join("\n"));
}

/// With nothing of the effect in the mix, what comes out is what came in, as late as the effect says.
#[test]
fn the_dry_path_is_clean_and_as_late_as_declared() {
    let input = music(1.0, RATE, 1);
    // Of the multiband compressor the dry path is level too, but turned in phase as its bands are.
    let clean = |e: &&SoundDescriptor| e.param("mix").is_some() && e.name != "fx_multiband";
    for effect in effects().iter().filter(clean) {
        let out = Through::new(&effect.name, &[("mix", 0.0)]).hear(&input);
        let late = effect.latency_frames as usize;
        for (out, input) in out.iter().zip(&input) {
            let off = out[late..].iter().zip(input).map(|(a, b)| (a - b).abs());
            let off = off.fold(0.0, f32::max);
            assert!(off < 2e-6, "{}: {off}", effect.name);
        }
    }
}

/// A parameter that jumps from end to end makes no more of a click than the signal itself at either end:
/// what lies over 5 kHz while a low tone plays stays under −50 dBFS, or within 6 dB of what is there when
/// nothing moves.
#[test]
fn a_parameter_that_jumps_does_not_crackle() {
    use hardcore::analysis::filters::{Pass, butterworth, forward};
    // Those that are not steps by their nature, as bits, held samples and slices are.
    let smooth = [
        "fx_clipper",
        "fx_gate",
        "fx_transient",
        "fx_multiband",
        "fx_flanger",
        "fx_phaser",
        "fx_shift",
        "fx_tremolo",
        "fx_utility",
        "fx_comb",
        "fx_formant",
    ];
    let tone = both(sine(60.0, RATE as usize, |_| 0.25));
    let high = butterworth(Pass::High, 8, 5000.0, RATE);
    let mut faults = Vec::new();
    let half = RATE as usize / 2 / BLOCK;
    for effect in effects().iter().filter(|e| smooth.contains(&e.name.as_str())) {
        for (index, param) in effect.params.iter().enumerate() {
            let hear = |from: f32, to: f32| {
                let through = Through::new(&effect.name, &[(param.name.as_str(), from)]);
                let out = through.play(&tone, None, |b| (b == half).then_some((index as u16, to)));
                let top = |side: &Vec<f32>| {
                    let high = forward(&high, side);
                    high[RATE as usize / 4..].iter().fold(0.0f32, |top, x| top.max(x.abs()))
                };
                out.iter().map(top).fold(0.0, f32::max)
            };
            let still = hear(param.min, param.min).max(hear(param.max, param.max));
            let moved = hear(param.min, param.max).max(hear(param.max, param.min));
            let [still, moved] = [still, moved].map(|x| db(f64::from(x.max(1e-9))));
            let line = format!(
                "{:14}{:12} still {still:7.1} dB, moved {moved:7.1} dB",
                effect.name, param.name
            );
            eprintln!("{line}");
            if moved > -50.0 && moved > still + 6.0 {
                faults.push(line);
            }
        }
    }
    assert!(faults.is_empty(), "{} crackle:\n{}", faults.len(), faults.join("\n"));
}

/// A gater opens on the beat wherever in the song it begins to run, whatever it slept through.
#[test]
fn what_moves_with_the_beat_is_where_the_song_is() {
    let input = both(sine(1000.0, RATE as usize, |_| 0.5));
    let shut = |x: &[f32]| rms(x) < 0.01;
    let gate = [("every", 6.0), ("smooth", 0.5)];
    for from in [0.0, 7.0, 4096.0, 95.0] {
        // 150 BPM: a beat is 19 200 frames; open in its first half.
        let out = Through { from, ..Through::new("fx_tremolo", &gate) }.hear(&input);
        assert!(!shut(&out[0][480..8_600]) && shut(&out[0][10_100..18_700]), "from beat {from}");
        let out = Through { from: from + 0.5, ..Through::new("fx_tremolo", &gate) }.hear(&input);
        assert!(shut(&out[0][480..8_600]) && !shut(&out[0][10_100..18_700]), "from beat {from}½");
    }
}

#[test]
fn a_utility_turns_narrows_and_swaps_exactly() {
    let input = music(1.0, RATE, 3);
    let worst = |a: &[f32], b: &[f32], sign: f32| {
        a.iter().zip(b).skip(4800).map(|(a, b)| (a - b * sign).abs()).fold(0.0, f32::max)
    };
    let hear = |params: &[(&str, f32)]| Through::new("fx_utility", params).hear(&input);
    let same = hear(&[]);
    assert!(worst(&same[0], &input[0], 1.0) < 1e-6 && worst(&same[1], &input[1], 1.0) < 1e-6);
    let mono = hear(&[("width", 0.0)]);
    assert!(worst(&mono[0], &mono[1], 1.0) < 1e-6);
    let turned = hear(&[("flip_left", 1.0)]);
    assert!(worst(&turned[0], &input[0], -1.0) < 1e-6);
    assert!(worst(&turned[1], &input[1], 1.0) < 1e-6);
    let swapped = hear(&[("swap", 1.0)]);
    assert!(worst(&swapped[0], &input[1], 1.0) < 1e-6);
    let louder = hear(&[("gain", 6.0206)]);
    assert!(worst(&louder[0], &input[0], 2.0) < 1e-4);
    // Of two tones that lie only in the sides the low one goes, and the high one stays.
    for (freq, least, most) in [(50.0, -200.0, -24.0), (1000.0, -0.5, 0.5)] {
        let tone = sine(freq, RATE as usize, |_| 0.5);
        let sides = [tone.clone(), tone.iter().map(|x| -x).collect()];
        let out = Through::new("fx_utility", &[("mono_under", 120.0)]).hear(&sides);
        let gain = db(component(&out[0][24_000..], freq) / 0.5);
        assert!((least..=most).contains(&gain), "{freq} Hz: {gain} dB");
    }
}

/// After an effect of 41 frames a gater opens 41 frames later, for so late the music is there.
#[test]
fn a_gater_in_a_rack_keeps_to_the_music_that_reaches_it() {
    use crate::mixer::{add_tone, effect, listen, start};
    let mut p = crate::support::blank();
    add_tone(&mut p);
    let late = Effect { bypass: true, ..effect("fx_distortion", &[]) };
    let gate = effect("fx_tremolo", &[("every", 6.0), ("smooth", 0.5)]);
    p.tracks[0].mixer.inserts = vec![late, gate];
    let heard = listen(&mut start(&p), 1500);
    // 120 BPM: a beat is 24 000 frames.
    for beat in [1, 2, 3] {
        let opens = beat * 24_000 + 41;
        let top = |from: usize, to: usize| {
            heard.left(0)[from..to].iter().fold(0.0f32, |top, x| top.max(x.abs()))
        };
        assert!(top(opens - 200, opens - 1) < 0.002, "open before beat {beat}");
        assert!(top(opens, opens + 480) > 0.4, "shut on beat {beat}");
        assert!(top(opens + 11_000, opens + 11_999) > 0.4, "shut before half of beat {beat}");
        assert!(top(opens + 12_200, opens + 13_000) < 0.002, "open after half of beat {beat}");
    }
}

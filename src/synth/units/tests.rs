//! The units as a SynthDef plays them, measured at the output of a world.

use std::f64::consts::TAU;

use ebur128::{EbuR128, Mode};
use plyphon::{AddAction, InputRef, Options, ROOT_GROUP_ID, Rate, SynthDef, UnitSpec, engine};

use super::*;

const RATE: f64 = 48_000.0;

/// Renders `inputs` (planar) through one unit of ours with fixed controls, in blocks of 64.
fn render(unit: &str, inputs: &[&[f32]], controls: &[f32], outputs: usize) -> Vec<Vec<f32>> {
    render_at(RATE, unit, inputs, controls, outputs)
}

fn render_at(
    rate: f64,
    unit: &str,
    inputs: &[&[f32]],
    controls: &[f32],
    outputs: usize,
) -> Vec<Vec<f32>> {
    let (mut controller, _nrt, mut world) = engine(Options {
        sample_rate: rate,
        output_channels: outputs,
        input_channels: inputs.len(),
        ..Options::default()
    });
    register(controller.registry_mut());
    let mut wires: Vec<InputRef> =
        (0..inputs.len() as u32).map(|output| InputRef::Unit { unit: 0, output }).collect();
    wires.extend(controls.iter().map(|&value| InputRef::Constant(value)));
    let mut out = vec![InputRef::Constant(0.0)];
    out.extend((0..outputs as u32).map(|output| InputRef::Unit { unit: 1, output }));
    controller.add_synthdef(SynthDef {
        name: "probe".into(),
        params: vec![],
        units: vec![
            UnitSpec::new(
                "In",
                Rate::Audio,
                vec![InputRef::Constant(outputs as f32)],
                inputs.len(),
            ),
            UnitSpec::new(unit, Rate::Audio, wires, outputs),
            UnitSpec::new("Out", Rate::Audio, out, 0),
        ],
    });
    controller.synth_new("probe", ROOT_GROUP_ID, AddAction::Tail).expect("the probe starts");
    let frames = inputs[0].len() / 64 * 64;
    let mut planar = vec![Vec::with_capacity(frames); outputs];
    for start in (0..frames).step_by(64) {
        let block: Vec<f32> = (start..start + 64)
            .flat_map(|i| inputs.iter().map(move |channel| channel[i]))
            .collect();
        let mut rendered = vec![0.0; 64 * outputs];
        world.fill_duplex(&mut rendered, outputs, &block, inputs.len());
        for frame in rendered.chunks_exact(outputs) {
            for (channel, &x) in planar.iter_mut().zip(frame) {
                channel.push(x);
            }
        }
    }
    planar
}

fn shape(input: &[f32], drive_db: f32, curve: ShaperCurve, bias: f32) -> Vec<f32> {
    render("HcShaper", &[input], &[drive_db, f32::from(curve as u8), bias], 1).remove(0)
}

fn limit(left: &[f32], right: &[f32], ceiling_db: f32, release_s: f32) -> Vec<Vec<f32>> {
    render("HcLimiter", &[left, right], &[ceiling_db, release_s], 2)
}

fn sine(frequency: f64, amplitude: f64, frames: usize) -> Vec<f32> {
    (0..frames).map(|i| (amplitude * (TAU * frequency * i as f64 / RATE).sin()) as f32).collect()
}

/// Seeded white noise within ±1.
fn noise(frames: usize, mut seed: u32) -> Vec<f32> {
    (0..frames)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (f64::from(seed) / f64::from(u32::MAX) * 2.0 - 1.0) as f32
        })
        .collect()
}

/// Magnitude of the component at `frequency`, which fits a whole number of times into `signal`.
fn component(signal: &[f32], frequency: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (i, &x) in signal.iter().enumerate() {
        let (sin, cos) = (TAU * frequency * i as f64 / RATE).sin_cos();
        re += f64::from(x) * cos;
        im += f64::from(x) * sin;
    }
    2.0 * re.hypot(im) / signal.len() as f64
}

/// Strongest inharmonic product below 20 kHz of a driven sine, in dB to the fundamental.
fn alias_db(curve: ShaperCurve, fundamental: f64, drive_db: f32) -> f64 {
    let out = shape(&sine(fundamental, 1.0, 48_000 + 9600), drive_db, curve, 0.0);
    let steady = &out[48_000..];
    let worst = (1..200)
        .map(|step| f64::from(step) * 100.0)
        .filter(|f| f % fundamental != 0.0)
        .map(|f| component(steady, f))
        .fold(0.0, f64::max);
    20.0 * (worst / component(steady, fundamental)).log10()
}

/// True peak in dBTP of the louder channel.
fn true_peak_db(rate: f64, channels: &[Vec<f32>]) -> f64 {
    let mut meter = EbuR128::new(2, rate as u32, Mode::TRUE_PEAK).expect("a meter");
    meter.add_frames_planar_f32(&[&channels[0], &channels[1]]).expect("frames");
    let peak = (0..2).map(|c| meter.true_peak(c).expect("peak")).fold(0.0, f64::max);
    20.0 * peak.log10()
}

#[test]
fn driven_sines_do_not_alias() {
    for (curve, bound) in [
        (ShaperCurve::HardClip, -79.0),
        (ShaperCurve::Tanh, -72.0),
        (ShaperCurve::Foldback, -73.0),
        (ShaperCurve::Diode, -61.0),
        (ShaperCurve::Asymmetric, -64.0),
        (ShaperCurve::Soft, -74.0),
    ] {
        // 5 kHz divides the rate; products of the neighbours fall everywhere else.
        for fundamental in [4700.0, 4900.0, 5000.0, 5300.0] {
            let alias = alias_db(curve, fundamental, 26.02);
            assert!(alias < bound, "{curve:?} at {fundamental} Hz: {alias:.1} dB");
        }
    }
}

#[test]
fn every_curve_lags_by_the_declared_latency() {
    let input = sine(440.0, 0.02, 4096);
    let late = SHAPER_LATENCY as usize;
    for curve in ShaperCurve::ALL {
        let out = shape(&input, 0.0, curve, 0.0);
        let error = (2048..4096).map(|i| (out[i] - input[i - late]).abs()).fold(0.0, f32::max);
        // A frame more or less would be an error of 0.0012.
        assert!(error < 6e-4, "{curve:?}: {error}");
    }
    let mut impulse = vec![0.0; 512];
    impulse[100] = 0.1;
    let out = shape(&impulse, 0.0, ShaperCurve::HardClip, 0.0);
    let peak = (0..512).max_by(|&a, &b| out[a].abs().total_cmp(&out[b].abs()));
    assert_eq!(peak, Some(100 + late));
}

#[test]
fn skewed_curves_leave_no_direct_current_and_a_bias_does_not_thump() {
    for curve in [ShaperCurve::Asymmetric, ShaperCurve::Diode, ShaperCurve::Tanh] {
        let out = shape(&sine(100.0, 1.0, 96_000), 12.0, curve, 0.3);
        let mean = out[48_000..].iter().map(|&x| f64::from(x)).sum::<f64>() / 48_000.0;
        assert!(mean.abs() < 1e-3, "{curve:?}: {mean}");
        let silent = shape(&[0.0; 4096], 12.0, curve, 0.3);
        assert!(silent.iter().all(|x| x.abs() < 1e-4), "{curve:?} starts with a thump");
    }
}

#[test]
fn nothing_but_numbers_comes_out() {
    let mut input = noise(2048, 3);
    input[300] = f32::NAN;
    input[400] = f32::INFINITY;
    input[500] = -1e30;
    for curve in ShaperCurve::ALL {
        let out = shape(&input, f32::NAN, curve, f32::NAN);
        assert!(out.iter().all(|x| x.is_finite()), "{curve:?}");
        let out = shape(&input, 60.0, curve, 2.0);
        assert!(out.iter().all(|x| x.is_finite() && x.abs() < 4.0), "{curve:?}");
    }
    let out = limit(&input, &noise(2048, 4), f32::NAN, f32::NAN);
    assert!(out.iter().flatten().all(|x| x.is_finite()));
    let out = render("HcDelay", &[&input], &[f32::NAN], 1);
    assert!(out[0].iter().all(|x| x.is_finite()));
}

#[test]
fn bit_crush_steps_grow_with_drive() {
    let input = sine(100.0, 0.9, 4800);
    let distinct = |drive| {
        let mut values: Vec<u32> = shape(&input, drive, ShaperCurve::BitCrush, 0.0)[960..]
            .iter()
            .map(|x| (x + 0.0).to_bits())
            .collect();
        values.sort_unstable();
        values.dedup();
        values.len()
    };
    assert!(distinct(36.0) <= 17, "4 bits have at most 17 levels");
    assert!(distinct(12.0) > 200);
}

#[test]
fn delay_is_exact_to_the_bit() {
    let input = noise(4096, 11);
    for frames in [0usize, 1, 41, 80, 1023, 1024] {
        let out = render("HcDelay", &[&input], &[frames as f32], 1).remove(0);
        assert!(out[..frames].iter().all(|&x| x == 0.0));
        assert_eq!(out[frames..], input[..4096 - frames], "{frames}");
    }
}

/// A kick as hard as they come: a falling sine, clipped, at +12 dB.
fn kick(frames: usize) -> Vec<f32> {
    let mut phase = 0.0;
    (0..frames)
        .map(|i| {
            let t = (i % 16_000) as f64 / RATE;
            if i % 16_000 == 0 {
                phase = 0.0;
            }
            phase += TAU * (52.0 + 900.0 * (-t * 60.0).exp()) / RATE;
            (4.0 * (3.0 * phase.sin()).clamp(-1.0, 1.0) * (-t * 6.0).exp()) as f32
        })
        .collect()
}

/// What hurts a limiter, each with a name.
fn nasty() -> Vec<(&'static str, Vec<f32>, Vec<f32>)> {
    let n = 48_000;
    let bursts: Vec<f32> = noise(n, 1)
        .iter()
        .enumerate()
        .map(|(i, x)| if i / 2400 % 2 == 1 { x.signum() } else { 0.0 })
        .collect();
    let loud_noise: Vec<f32> = noise(n, 2).iter().map(|x| 4.0 * x).collect();
    let square: Vec<f32> =
        (0..n).map(|i| if (i * 997 / 24_000) % 2 == 0 { 1.0 } else { -1.0 }).collect();
    let quarter: Vec<f32> = (0..n)
        .map(|i| (TAU * (i as f64 / 4.0 + 0.125)).sin() as f32 * std::f32::consts::SQRT_2)
        .collect();
    let gated: Vec<f32> =
        quarter.iter().enumerate().map(|(i, x)| if i / 977 % 2 == 1 { *x } else { 0.0 }).collect();
    let impulses: Vec<f32> = (0..n).map(|i| if i % 1501 == 700 { 4.0 } else { 0.0 }).collect();
    let pairs: Vec<f32> =
        (0..n).map(|i| if i % 1501 == 700 || i % 1501 == 701 { 2.0 } else { 0.0 }).collect();
    let kick_noise: Vec<f32> = kick(n).iter().zip(noise(n, 5)).map(|(k, x)| k + 0.5 * x).collect();
    let silence = vec![0.0; n];
    vec![
        ("full-scale noise bursts", bursts.clone(), silence.clone()),
        ("noise at +12 dB", loud_noise.clone(), noise(n, 9)),
        ("square wave", square.clone(), square),
        ("fs/4 at 45°", quarter.clone(), quarter),
        ("gated fs/4 at 45°", gated.clone(), silence.clone()),
        ("impulses", impulses, silence.clone()),
        ("double impulses", silence.clone(), pairs),
        ("kick at +12 dB", kick(n), kick(n)),
        ("kick and noise", kick_noise, loud_noise),
    ]
}

#[test]
fn true_peaks_stay_under_the_ceiling() {
    for (name, left, right) in nasty() {
        for (rate, ceiling, release) in [
            (48_000.0, -0.3, 0.1),
            (48_000.0, -6.0, 0.005),
            (44_100.0, -1.0, 0.005),
            (96_000.0, -1.0, 0.05),
        ] {
            let out = render_at(rate, "HcLimiter", &[&left, &right], &[ceiling, release], 2);
            let over = true_peak_db(rate, &out) - f64::from(ceiling);
            assert!(over < 0.0, "{name} at {rate} Hz, {ceiling} dB, {release} s: {over:+.3} dB");
        }
    }
}

#[test]
fn limiter_is_a_delay_below_the_ceiling_and_linked_above() {
    let (left, right) =
        (sine(220.0, 0.5, 9600), noise(9600, 8).iter().map(|x| x * 0.3).collect::<Vec<_>>());
    let out = limit(&left, &right, -0.3, 0.1);
    let late = LIMITER_LATENCY as usize;
    assert_eq!(out[0][late..], left[..9600 - late]);
    assert_eq!(out[1][late..], right[..9600 - late]);
    let loud = sine(220.0, 2.0, 9600);
    let out = limit(&loud, &right, -0.3, 0.1);
    for i in 4800..9600 {
        let (gain, expected) = (out[1][i] / right[i - late], out[0][i] / loud[i - late]);
        if right[i - late].abs() > 0.01 && loud[i - late].abs() > 0.01 {
            assert!((gain - expected).abs() < 1e-3, "one gain for both channels");
        }
    }
}

#[test]
fn limiting_a_steady_bass_does_not_distort_it() {
    let bass = sine(50.0, 2.0, 96_000);
    let out = limit(&bass, &bass, -0.3, 0.1);
    let steady = &out[0][48_000..];
    let fundamental = component(steady, 50.0);
    let harmonics: f64 = (2..40).map(|k| component(steady, 50.0 * f64::from(k)).powi(2)).sum();
    let thd = harmonics.sqrt() / fundamental;
    assert!(thd < 1e-3, "{thd}");
}

#[test]
fn limiter_recovers_after_its_release_time() {
    let mut signal = sine(1000.0, 0.5, 96_000);
    for x in &mut signal[20_000..20_480] {
        *x *= 8.0;
    }
    let out = limit(&signal, &signal, -0.3, 0.1);
    let level = |at: usize| component(&out[0][at..at + 480], 1000.0);
    assert!(level(20_800) < 0.25, "right after the peak: {}", level(20_800));
    assert!(level(20_480 + 5 * 4800 + 700) > 0.49);
    assert!((level(90_000) - 0.5).abs() < 1e-3);
}

#[test]
fn wrong_input_counts_are_refused() {
    let (mut controller, _nrt, _world) = engine(Options::default());
    register(controller.registry_mut());
    for unit in ["HcShaper", "HcLimiter", "HcDelay"] {
        controller.add_synthdef(SynthDef {
            name: unit.into(),
            params: vec![],
            units: vec![UnitSpec::new(unit, Rate::Audio, vec![InputRef::Constant(0.0)], 1)],
        });
        assert!(controller.synth_new(unit, ROOT_GROUP_ID, AddAction::Tail).is_err(), "{unit}");
    }
}

#[test]
fn mul_add_reads_every_input_sample_by_sample() {
    let (x, mul, add) = (noise(1024, 1), noise(1024, 2), noise(1024, 3));
    let out = render("MulAdd", &[&x, &mul, &add], &[], 1).remove(0);
    for i in 0..1024 {
        assert_eq!(out[i], x[i] * mul[i] + add[i], "frame {i}");
    }
    let out = render("MulAdd", &[&x], &[0.5, 0.25], 1).remove(0);
    assert!(out.iter().zip(&x).all(|(out, x)| *out == x * 0.5 + 0.25));
}

#[test]
fn mul_add_runs_at_control_rate_too() {
    let (mut controller, _nrt, mut world) =
        engine(Options { sample_rate: RATE, output_channels: 1, ..Options::default() });
    register(controller.registry_mut());
    let constants = [2.0, 0.5, 0.25].map(InputRef::Constant);
    let spread = [1.0, 0.0].map(InputRef::Constant);
    let from = |unit| InputRef::Unit { unit, output: 0 };
    controller.add_synthdef(SynthDef {
        name: "probe".into(),
        params: vec![],
        units: vec![
            UnitSpec::new("MulAdd", Rate::Control, constants.to_vec(), 1),
            UnitSpec::new("MulAdd", Rate::Audio, vec![from(0), spread[0], spread[1]], 1),
            UnitSpec::new("Out", Rate::Audio, vec![InputRef::Constant(0.0), from(1)], 0),
        ],
    });
    controller.synth_new("probe", ROOT_GROUP_ID, AddAction::Tail).expect("the probe starts");
    let mut out = [0.0; 64];
    world.fill_duplex(&mut out, 1, &[], 0);
    assert_eq!(out, [1.25; 64]);
}

#[test]
fn effects_declare_the_latency_of_their_units() {
    let library = crate::synth::library::Library::built_in();
    let declared = |name: &str| library.get(name).map(|s| s.descriptor.latency_frames);
    assert_eq!(declared("fx_distortion"), Some(SHAPER_LATENCY));
    assert_eq!(declared("fx_limiter"), Some(LIMITER_LATENCY));
}

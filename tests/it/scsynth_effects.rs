//! Effects in the embedded synth and in scsynth: one graph, one sound.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use hardcore::model::sound::{BEAT_WRAP, SoundDescriptor, SoundPreset};
use hardcore::synth::units::NOT_IN_SCSYNTH;
use rosc::{OscBundle, OscMessage, OscPacket, OscTime, OscType};

use crate::effects::{Stereo, Through, WARM_BLOCKS, effects, music};
use crate::scsynth::{Difference, channels, compare};
use crate::support::{has, library};

const RATE: u32 = 48_000;
const BPM: f64 = 150.0;
const BLOCK: usize = 64;

fn bundle(score: &mut Vec<u8>, block: usize, content: Vec<OscPacket>) {
    // A hair into the block, as scsynth counts them.
    let units = (BLOCK as f64 * 4_294_967_296.0 / f64::from(RATE)) as u64 * block as u64 + 2;
    let timetag = OscTime { seconds: (units >> 32) as u32, fractional: units as u32 };
    let bundle = OscPacket::Bundle(OscBundle { timetag, content });
    let bytes = rosc::encoder::encode(&bundle).expect("a bundle");
    score.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
    score.extend_from_slice(&bytes);
}

/// Through scsynth: input and key are its four inputs, the position is told each block.
fn replay(effect: &SoundDescriptor, params: &BTreeMap<String, f32>, input: &Stereo) -> Stereo {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| folder.path().join(name).to_str().expect("a plain path").to_owned();
    let (osc, into, out) = (file("score.osc"), file("in.wav"), file("out.wav"));
    let spec = hound::WavSpec {
        channels: 4,
        sample_rate: RATE,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut wav = hound::WavWriter::create(&into, spec).expect("a file");
    for _ in 0..WARM_BLOCKS * BLOCK {
        for x in [1e-6, 1e-6, 0.0, 0.0] {
            wav.write_sample(x).expect("a sample");
        }
    }
    for (left, right) in input[0].iter().zip(&input[1]) {
        for x in [left, right, left, right] {
            wav.write_sample(*x).expect("a sample");
        }
    }
    wav.finalize().expect("a WAV");

    let message = |addr: &str, args| OscPacket::Message(OscMessage { addr: addr.to_owned(), args });
    let library = library();
    let sound = library.get(&effect.name).expect("a sound");
    let mut args: Vec<OscType> =
        vec![effect.name.as_str().into(), OscType::Int(1000), OscType::Int(1), OscType::Int(0)];
    let mut set = |name: &str, value: f32| {
        args.push(name.into());
        args.push(OscType::Float(value));
    };
    set("in", 2.0);
    set("bpm", BPM as f32);
    if effect.key_input {
        set("key", 4.0);
    }
    let mut score = Vec::new();
    let receive = message("/d_recv", vec![OscType::Blob(sound.bytes.clone())]);
    bundle(&mut score, 0, vec![receive]);
    // As the embedded synth does it: begun as it is, then set.
    let mut sets = vec![OscType::Int(1000)];
    params.iter().for_each(|(n, v)| sets.extend([n.as_str().into(), OscType::Float(*v)]));
    bundle(&mut score, 0, vec![message("/s_new", args), message("/n_set", sets)]);
    let blocks = input[0].len() / BLOCK + WARM_BLOCKS;
    if sound.def.param_index("beat").is_some() {
        for block in 1..blocks {
            let ahead = block as f64 - WARM_BLOCKS as f64;
            let beat = (BPM / 60.0 * ahead * BLOCK as f64 / f64::from(RATE)).rem_euclid(BEAT_WRAP);
            let args = vec![OscType::Int(1000), "beat".into(), OscType::Float(beat as f32)];
            bundle(&mut score, block, vec![message("/n_set", args)]);
        }
    }
    bundle(&mut score, blocks, vec![message("/c_set", vec![OscType::Int(0), OscType::Int(0)])]);
    std::fs::write(&osc, &score).expect("the score is written");
    let rate = RATE.to_string();
    let args = ["-i", "4", "-o", "2", "-w", "1024", "-m", "262144"];
    let run = Command::new("scsynth")
        .args(args)
        .args(["-N", &osc, &into, &out, &rate, "WAV", "float"])
        .output()
        .expect("scsynth starts");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && !said.contains("FAILURE"), "{}: {said}", effect.name);
    let frames = (blocks - 1) * BLOCK;
    channels(Path::new(&out), 1, frames).remove(0).map(|side| side[WARM_BLOCKS * BLOCK..].to_vec())
}

/// Effects of our own units, which scsynth has not, are left out.
fn is_in_scsynth(effect: &SoundDescriptor) -> bool {
    let library = library();
    let sound = library.get(&effect.name).expect("a sound");
    !sound.def.units.iter().any(|u| NOT_IN_SCSYNTH.contains(&u.name.as_str()))
}

/// Band energies within ±1.5 dB and 5 ms envelopes within ±1 dB, as for the instruments, for every preset
/// and the defaults of every effect that scsynth can play.
#[test]
fn effects_are_the_same_in_scsynth() {
    if !has("scsynth") {
        return;
    }
    let input = music(3.0, RATE, 9);
    let mut faults = Vec::new();
    let mut count = 0;
    for effect in effects().iter().filter(|e| is_in_scsynth(e)) {
        let plain = SoundPreset {
            name: "(as it is)".to_owned(),
            params: BTreeMap::new(),
            tags: Vec::new(),
        };
        for preset in std::iter::once(&plain).chain(&effect.presets) {
            let params = preset.params.clone();
            let through = Through { params, bpm: BPM, ..Through::new(&effect.name, &[]) };
            let ours = through.play(&input, Some(&input), |_| None);
            let theirs = replay(effect, &preset.params, &input);
            let frames = theirs[0].len();
            let ours = ours.map(|side| side[..frames].to_vec());
            // Samples held a frame earlier or later are other steps of a quiet sound.
            let window_s = if effect.name == "fx_crush" { 0.02 } else { 0.005 };
            let Difference { envelope_db, at_ms, bands_db } =
                compare(&ours, &theirs, RATE, window_s);
            let shown: Vec<String> = bands_db
                .iter()
                .map(|b| b.map_or("    –".to_owned(), |b| format!("{b:+5.2}")))
                .collect();
            let line = format!(
                "{:14}{:24} envelope {envelope_db:5.2} dB at {at_ms:4.0} ms, bands {} dB",
                effect.name,
                preset.name,
                shown.join(" ")
            );
            eprintln!("{line}");
            count += 1;
            // Not a number is a fault too.
            let same = envelope_db <= 1.0 && bands_db.iter().flatten().all(|b| b.abs() <= 1.5);
            if !same {
                faults.push(line);
            }
        }
    }
    assert!(faults.is_empty(), "{} of {count} differ:\n{}", faults.len(), faults.join("\n"));
}

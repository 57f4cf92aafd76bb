//! The OSC score of a render, replayed by scsynth: the same onsets, the same sounds.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use hardcore::analysis::envelope::{band_energies_db, rms_envelope};
use hardcore::engine::offline::Offline;
use hardcore::engine::prepare::{Options, Samples, prepare};
use hardcore::engine::protocol::Gesture;
use hardcore::engine::renderer::Outputs;
use hardcore::model::clip::ClipContent;
use hardcore::model::project::Project;
use hardcore::model::sound::{SoundDescriptor, SoundKind};
use hardcore::model::time::{Bpm, TempoMap};
use hardcore::model::track::{Instrument, TrackKind};
use hardcore::synth::library::Sound;
use hardcore::synth::score::{Score, ScoreFactory};

use crate::exact::{RATES, maps, starts};
use crate::support::{add_track, click_synth, clicks, clip, has, library, notes, project};

/// Left and right.
type Stereo = [Vec<f32>; 2];

/// The first scene, `frames` long: each track before its fader, and the score of it all.
fn play(project: &Project, rate: u32, frames: usize) -> (Vec<Stereo>, Score) {
    let factory = ScoreFactory::new(library());
    let options = Options { rate, threads: 0, sources: 0 };
    let (engine, renderer, _) =
        prepare(project, &factory, &Samples::new(), &options).expect("a playable project");
    let mut offline = Offline::new(engine, renderer);
    offline.engine.send(Some(0), Gesture::LaunchScene(0)).expect("room for a command");
    let mut tracks = vec![Stereo::default(); project.tracks.len()];
    let mut out = Outputs::SILENT;
    for _ in 0..frames.div_ceil(64) {
        offline.block(&mut out);
        for (node, track) in tracks.iter_mut().enumerate() {
            let (pre, _) = offline.renderer.tap(node).expect("the track's node");
            track[0].extend_from_slice(&pre.l);
            track[1].extend_from_slice(&pre.r);
        }
    }
    assert_eq!(offline.renderer.missed(), 0, "every hit found a voice");
    tracks.iter_mut().flatten().for_each(|channel| channel.truncate(frames));
    (tracks, factory.score(frames as u64).expect("a score"))
}

/// What scsynth makes of a score.
fn replay(score: &Score, frames: usize) -> Vec<Stereo> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| folder.path().join(name).to_str().expect("a plain path").to_owned();
    let (osc, wav) = (file("score.osc"), file("out.wav"));
    std::fs::write(&osc, &score.bytes).expect("the score is written");
    let run = Command::new("scsynth").args(score.scsynth_args(&osc, &wav)).output();
    let run = run.expect("scsynth starts");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "scsynth: {said}{}", String::from_utf8_lossy(&run.stderr));
    // A voice may have freed itself in the block in which its gate closes.
    let complaints = said.lines().filter(|l| l.contains("FAILURE") || l.contains("ERROR"));
    let complaints: Vec<_> = complaints.filter(|l| !l.contains("/n_set Node")).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    channels(Path::new(&wav), score.tracks, frames)
}

/// The first `frames` frames of a WAV of scsynth's, in pairs of channels.
pub fn channels(wav: &Path, tracks: usize, frames: usize) -> Vec<Stereo> {
    let mut reader = hound::WavReader::open(wav).expect("scsynth wrote a WAV");
    assert_eq!(usize::from(reader.spec().channels), 2 * tracks);
    let mut made = vec![Stereo::default(); tracks];
    for (i, sample) in reader.samples::<f32>().enumerate() {
        made[i % (2 * tracks) / 2][i % 2].push(sample.expect("a sample"));
    }
    assert!(made[0][0].len() >= frames, "{} frames of {frames}", made[0][0].len());
    made.iter_mut().flatten().for_each(|channel| channel.truncate(frames));
    made
}

#[test]
fn notes_of_a_score_start_on_the_same_frames() {
    if !has("scsynth") {
        return;
    }
    let mut count = 0;
    for rate in RATES {
        for (name, map) in maps() {
            // Two tracks: each has its own channels.
            let mut project = project(map.clone());
            let all = starts();
            let some: Vec<i64> = all.iter().copied().step_by(3).collect();
            for (i, starts) in [&all, &some].into_iter().enumerate() {
                let content = ClipContent::Midi(notes(starts));
                add_track(&mut project, click_synth(), clip(700 + i as u32, 7680, true, content));
            }
            let frames = rate as usize * 3 / 2;
            let (ours, score) = play(&project, rate, frames);
            let theirs = replay(&score, frames);
            for (ours, theirs) in ours.iter().zip(&theirs) {
                let (ours, theirs) = (clicks(&ours[0]), clicks(&theirs[0]));
                assert!(ours.len() >= 3, "too few onsets to mean anything");
                assert_eq!(theirs, ours, "{rate} Hz, {name} from {} BPM", map.start);
                count += ours.len();
            }
        }
    }
    eprintln!("{count} onsets on the same frame in both");
}

/// Envelopes are compared over the windows in which either is above this, in dB to the peak.
const FLOOR_DB: f64 = -30.0;
/// Bands are compared that hold at least this share of the sound's energy, in dB.
const SHARE_DB: f64 = -40.0;

/// What a sound is played at: MIDI pitch, seconds held.
fn note_of(name: &str) -> (u8, f64) {
    match name {
        "kick_gabber" | "bass_rumble" => (31, 0.25),
        "bass_offbeat" => (33, 0.15),
        "acid_303" => (45, 0.15),
        "lead_screech" | "lead_square" => (69, 0.25),
        "hoover" | "stab_rave" => (55, 0.5),
        "pad_dark" => (45, 1.2),
        "piano_rave" => (60, 0.4),
        "riser" => (69, 3.2),
        _ => (69, 0.1),
    }
}

/// How the two synths differ in one preset.
pub struct Difference {
    /// The largest of any window.
    pub envelope_db: f64,
    /// Where that window begins, in milliseconds.
    pub at_ms: f64,
    /// Of each band that holds enough of the sound.
    pub bands_db: Vec<Option<f64>>,
}

/// The notes of one track, cut apart: each channel of each note.
fn takes(track: &Stereo, starts: &[usize], length: usize) -> Vec<Vec<f32>> {
    let cut = |start: usize| track.iter().map(move |c| c[start..start + length].to_vec());
    starts.iter().copied().flat_map(cut).collect()
}

/// The root of the mean square over all takes: what is random differs from take to take, and its
/// level is what can be compared.
fn root_mean(takes: &[Vec<f32>]) -> Vec<f32> {
    let mean = |i: usize| takes.iter().map(|t| f64::from(t[i]).powi(2)).sum::<f64>();
    (0..takes[0].len()).map(|i| (mean(i) / takes.len() as f64).sqrt() as f32).collect()
}

fn bands(takes: &[Vec<f32>], rate: u32) -> [f64; 6] {
    let mut sums = [0.0; 6];
    for take in takes {
        let bands = band_energies_db(take, rate);
        sums.iter_mut().zip(bands).for_each(|(sum, db)| *sum += 10f64.powf(db / 10.0));
    }
    sums.map(|sum| 10.0 * (sum / takes.len() as f64).max(1e-20).log10())
}

/// How two renders of the same differ.
pub fn compare(ours: &[Vec<f32>], theirs: &[Vec<f32>], rate: u32, window_s: f64) -> Difference {
    let envelope = |takes: &[Vec<f32>]| rms_envelope(&root_mean(takes), rate, window_s);
    let (a, b) = (envelope(ours), envelope(theirs));
    let peak = a.iter().copied().fold(0.0, f64::max);
    assert!(peak > 1e-3, "a sound");
    let floor = peak * 10f64.powf(FLOOR_DB / 20.0);
    let apart = |(a, b): (&f64, &f64)| 20.0 * (a.max(floor) / b.max(floor)).log10().abs();
    let windows = a.iter().zip(&b).map(apart).enumerate();
    let (at, envelope_db) =
        windows.fold((0, 0.0), |worst, w| if w.1 > worst.1 || w.1.is_nan() { w } else { worst });
    let (a, b) = (bands(ours, rate), bands(theirs, rate));
    let whole = 10.0 * a.iter().map(|db| 10f64.powf(db / 10.0)).sum::<f64>().log10();
    let bands_db = (0..6).map(|i| (a[i] > whole + SHARE_DB).then_some(a[i] - b[i])).collect();
    Difference { envelope_db, at_ms: at as f64 * window_s * 1e3, bands_db }
}

/// All presets of a sound, compared.
fn compare_sound(sound: &SoundDescriptor, random: bool) -> Vec<(String, Difference)> {
    const RATE: u32 = 48_000;
    // 120 BPM: 1920 ticks a second, 25 frames a tick.
    let bpm = Bpm::new(120.0).expect("a tempo");
    let (pitch, held) = note_of(&sound.name);
    let length = (held + f64::from(sound.tail_s) * 1.5 + 0.1).min(held + 3.0);
    let step = ((length + 0.05) * 1920.0) as i64 + 13;
    // Enough takes of what is random that their mean is steady, in as little time as does: a rumble
    // differs from take to take far more than a hiss (scsynth's random numbers begin anew each run),
    // and a rise of seconds has the most windows to be wrong in, and the fewest takes a minute.
    let seconds = match sound.name.as_str() {
        "bass_rumble" => 180.0,
        "riser" => 240.0,
        _ => 60.0,
    };
    let count = if random { ((seconds / length) as i64).clamp(24, 400) } else { 3 };
    let mut project = project(TempoMap::constant(bpm));
    for (i, preset) in sound.presets.iter().enumerate() {
        let starts: Vec<i64> = (0..count).map(|k| k * step).collect();
        let mut midi = notes(&starts);
        for note in std::sync::Arc::make_mut(&mut midi.notes) {
            note.pitch = pitch;
            note.velocity = 100;
            note.length = hardcore::model::time::Ticks((held * 1920.0) as i64);
        }
        let instrument = Instrument { synth: sound.name.clone(), params: preset.params.clone() };
        let content = ClipContent::Midi(midi);
        let clip = clip(700 + i as u32, count * step, false, content);
        add_track(&mut project, TrackKind::Instrument(instrument), clip);
    }
    // A rise of noise over seconds has hundreds of windows, and few takes fit into a minute.
    let window_s = if random && held > 2.0 { 0.02 } else { 0.005 };
    let frames = (count * step * 25) as usize;
    let (ours, score) = play(&project, RATE, frames);
    let theirs = replay(&score, frames);
    let starts: Vec<usize> = (0..count).map(|k| (k * step * 25) as usize).collect();
    let length = (length * f64::from(RATE)) as usize;
    let tracks = sound.presets.iter().zip(ours.iter().zip(&theirs));
    let differences = tracks.map(|(preset, (ours, theirs))| {
        let (ours, theirs) = (takes(ours, &starts, length), takes(theirs, &starts, length));
        (preset.name.clone(), compare(&ours, &theirs, RATE, window_s))
    });
    differences.collect()
}

/// Two synths of one graph: band energies within ±1.5 dB (of bands with at least −40 dB of the
/// energy) and 5 ms RMS envelopes within ±1 dB (down to −30 dB of the peak), for every preset of
/// every instrument. Sounds with noise in them are compared by the mean over many notes, and one
/// that lasts for seconds (the riser) in windows of 20 ms.
#[test]
fn sounds_are_the_same_in_scsynth() {
    if !has("scsynth") {
        return;
    }
    let library = library();
    let mut faults = Vec::new();
    let instrument =
        |s: &&Sound| s.descriptor.kind == SoundKind::Instrument && s.descriptor.name != "click";
    let sounds: Vec<&Sound> = library.iter().filter(instrument).collect();
    let is_random = |sound: &Sound| {
        let noisy = ["Noise", "Rand", "Dust", "Crackle"];
        sound.def.units.iter().any(|u| noisy.iter().any(|word| u.name.contains(word)))
    };
    // Two at a time: the comparison takes minutes.
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(sound) = sounds.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((*sound, compare_sound(&sound.descriptor, is_random(sound))));
        }
        done
    };
    let compared = std::thread::scope(|scope| {
        let other = scope.spawn(work);
        let mut done = work();
        done.extend(other.join().expect("a comparison that ends"));
        done
    });
    for (sound, presets) in compared {
        let random = is_random(sound);
        for (preset, difference) in presets {
            let Difference { envelope_db, at_ms, bands_db } = difference;
            let shown: Vec<String> = bands_db
                .iter()
                .map(|b| b.map_or("    –".to_owned(), |b| format!("{b:+5.2}")))
                .collect();
            let line = format!(
                "{:14}{preset:16} envelope {envelope_db:5.2} dB at {at_ms:4.0} ms, bands {} dB{}",
                sound.descriptor.name,
                shown.join(" "),
                if random { ", mean of notes" } else { "" }
            );
            eprintln!("{line}");
            // Not a number is a fault too.
            let same = envelope_db <= 1.0 && bands_db.iter().flatten().all(|b| b.abs() <= 1.5);
            if !same {
                faults.push(line);
            }
        }
    }
    assert!(faults.is_empty(), "{} presets differ:\n{}", faults.len(), faults.join("\n"));
}

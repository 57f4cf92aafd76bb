//! Measures speed, memory, and time per voice and effect; `make bench`.
//!
//! One part alone: `cargo run --release --example bench -- voices|mix|scsynth|capacity|live|window`.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use hardcore::engine::block::{BLOCK, StereoBlock};
use hardcore::engine::offline::Offline;
use hardcore::engine::prepare::{Options, Samples, prepare};
use hardcore::engine::protocol::Gesture;
use hardcore::engine::renderer::Outputs;
use hardcore::engine::sound::{SoundFactory, SoundSpec, VoiceStart};
use hardcore::export::bounce::{Bounce, Source, bounce};
use hardcore::generation::{compose, project::project, understand};
use hardcore::model::intent::SetContext;
use hardcore::model::project::Project;
use hardcore::model::sound::SoundKind;
use hardcore::model::time::Ticks;
use hardcore::synth::embedded::EmbeddedFactory;
use hardcore::synth::library::Library;
use hardcore::synth::score::ScoreFactory;

mod capacity;
#[cfg(feature = "jack")]
mod live;
mod paced;
mod set;
#[cfg(all(target_os = "linux", feature = "gui"))]
mod window;

type Failure = Box<dyn std::error::Error>;

const RATE: u32 = 48_000;
/// Length of the fixed score in seconds.
const SECONDS: u64 = 60;
const PROMPT: &str = "170 bpm gabber, F minor, rolling kick and a screaming hoover";

fn main() -> Result<(), Failure> {
    let library = Arc::new(Library::built_in());
    let only = std::env::args().nth(1);
    let wanted = |part: &str| only.as_deref().is_none_or(|it| it == part);
    if wanted("voices") {
        voices_and_effects(&library)?;
    }
    if wanted("mix") {
        full_mix(&library)?;
    }
    if wanted("scsynth") {
        against_scsynth(&library)?;
    }
    if wanted("capacity") {
        capacity::measure(&library)?;
    }
    #[cfg(feature = "jack")]
    if wanted("live") {
        live::measure(&library)?;
    }
    #[cfg(all(target_os = "linux", feature = "gui"))]
    if wanted("window") {
        window::measure(&library)?;
    }
    memory();
    Ok(())
}

/// Seconds it takes to render the fixed score's voices.
fn render(p: &Project, factory: &dyn SoundFactory, threads: usize) -> Result<f64, Failure> {
    let options = Options { rate: RATE, threads, sources: 0 };
    let (engine, renderer, _) = prepare(p, factory, &Samples::new(), &options)?;
    let mut run = Offline::new(engine, renderer);
    run.engine.send(Some(0), Gesture::LaunchScene(0))?;
    let mut out = Outputs::SILENT;
    let begin = Instant::now();
    for _ in 0..SECONDS * u64::from(RATE) / BLOCK as u64 {
        run.block(&mut out);
    }
    Ok(begin.elapsed().as_secs_f64())
}

fn against_scsynth(library: &Arc<Library>) -> Result<(), Failure> {
    println!("\nVoices only, 16 tracks, {SECONDS} s of sixteenths at 170 BPM, {RATE} Hz");
    let p = set::fixed_score(library)?;
    let factory = EmbeddedFactory::new(Arc::clone(library));
    let mut best = f64::INFINITY;
    for (threads, words) in [(0, "ours, 1 thread"), (1, "ours, 2 threads")] {
        let took = render(&p, &factory, threads)?;
        best = best.min(took);
        println!("  {words:<22} {took:8.2} s  {:8.1} × real time", SECONDS as f64 / took);
    }
    if Command::new("scsynth")
        .arg("-v")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_err()
    {
        println!("  SKIPPED: scsynth is not installed, so there is nothing to compare with");
        return Ok(());
    }
    let scribe = ScoreFactory::new(Arc::clone(library));
    render(&p, &scribe, 0)?;
    let score = scribe.score(SECONDS * u64::from(RATE))?;
    let folder = std::env::temp_dir().join(format!("hardcore-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let (file, wav) = (folder.join("score.osc"), folder.join("out.wav"));
    std::fs::write(&file, &score.bytes)?;
    let args = score.scsynth_args(&file.to_string_lossy(), &wav.to_string_lossy());
    let begin = Instant::now();
    let done = Command::new("scsynth").args(args).stdout(Stdio::null()).output()?;
    let took = begin.elapsed().as_secs_f64();
    std::fs::remove_dir_all(&folder)?;
    if !done.status.success() {
        return Err(format!("scsynth failed: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    println!("  {:<22} {took:8.2} s  {:8.1} × real time", "scsynth -N", SECONDS as f64 / took);
    println!(
        "  {} notes; our speed is {:.2} of scsynth's (at least 0.8 is wanted)",
        score.notes,
        took / best
    );
    Ok(())
}

fn full_mix(library: &Arc<Library>) -> Result<(), Failure> {
    println!("\nFull mix with stems: {PROMPT:?}, {RATE} Hz");
    let idea = compose(&understand(PROMPT, &SetContext::default()), 1);
    let p = project(&idea, |name| library.get(name).map(|s| &s.descriptor));
    let factory = EmbeddedFactory::new(Arc::clone(library));
    let source = Source::of(&p).ok_or("nothing composed")?;
    let round = source.length(&p);
    let length = Some(Ticks(round.0 * 8));
    for threads in [0, 1] {
        let how = Bounce { source, length, rate: RATE, threads, tail_s: Some(2.0) };
        let sink = |_: hardcore::export::bounce::Piece| Ok::<(), std::convert::Infallible>(());
        let begin = Instant::now();
        let done =
            bounce(&p, &factory, &Samples::new(), &how, sink, |_| ControlFlow::Continue(()))?;
        let took = begin.elapsed().as_secs_f64();
        let seconds = done.frames as f64 / f64::from(RATE);
        println!(
            "  {} tracks, {seconds:5.1} s, {} threads: {took:6.2} s  {:7.1} × real time",
            p.tracks.len(),
            threads + 1,
            seconds / took
        );
    }
    Ok(())
}

fn voices_and_effects(library: &Arc<Library>) -> Result<(), Failure> {
    let factory = EmbeddedFactory::new(Arc::clone(library));
    let real = BLOCK as f64 / f64::from(RATE) * 1e6;
    println!("Time per 64-frame block of one voice or effect at {RATE} Hz");
    for sound in library.iter() {
        let name = sound.descriptor.name.clone();
        let spec = [SoundSpec { name: name.clone(), params: BTreeMap::new() }];
        let micros = match sound.descriptor.kind {
            SoundKind::Instrument => voice_time(&factory, &spec)?,
            SoundKind::Effect => effect_time(&factory, &spec[0])?,
        };
        println!("  {name:<16} {micros:8.2} µs  {:8.0} × real time", real / micros);
    }
    Ok(())
}

/// Eight voices, started anew every 200 blocks; microseconds a block and voice.
fn voice_time(factory: &dyn SoundFactory, spec: &[SoundSpec]) -> Result<f64, Failure> {
    const VOICES: u32 = 8;
    let mut voices = factory.voices(spec, RATE)?;
    let mut out = StereoBlock::SILENT;
    let (mut sounding, mut next, mut total) = (0u64, 1, 0.0);
    for _ in 0..10 {
        for i in 0..VOICES {
            let freq = 110.0 + i as f32 * 20.0;
            voices.start(VoiceStart { voice: next, sound: 0, offset: 0, freq, velocity: 0.8 });
            next += 1;
        }
        let mut live = u64::from(VOICES);
        let begin = Instant::now();
        for _ in 0..200 {
            sounding += live;
            voices.render(&mut out);
            while voices.next_ended().is_some() {
                live -= 1;
            }
        }
        total += begin.elapsed().as_secs_f64();
        (1..next).for_each(|voice| voices.cut(voice, 0.001));
        (0..10).for_each(|_| voices.render(&mut out));
        while voices.next_ended().is_some() {}
    }
    Ok(total * 1e6 / sounding.max(1) as f64)
}

fn effect_time(factory: &dyn SoundFactory, spec: &SoundSpec) -> Result<f64, Failure> {
    const BLOCKS: usize = 4000;
    let mut insert = factory.insert(spec, RATE)?;
    let mut input = StereoBlock::SILENT;
    for i in 0..BLOCK {
        input.l[i] = 0.4 * (i as f32 * std::f32::consts::TAU / 32.0).sin();
        input.r[i] = -input.l[i];
    }
    let begin = Instant::now();
    for _ in 0..BLOCKS {
        let mut audio = input;
        insert.process(&mut audio, &input);
    }
    Ok(begin.elapsed().as_secs_f64() * 1e6 / BLOCKS as f64)
}

/// Most memory this process has had, where the system tells.
fn memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    match status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
        Some(peak) => println!("\nPeak memory of all of this: {}", peak.trim()),
        None => println!("\nPeak memory: this system does not tell"),
    }
}

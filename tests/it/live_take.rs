//! The program playing live, its recording, and the same take rendered from its journal.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hardcore::persistence::hcs;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::cli::{at_home, ok};
use crate::lines;

/// What the set performs by itself.
const SCRIPT: &str = "\
// Everything at once, then the hands.
scene 1
@ 1.3.1 touch master filter -0.5
@ 1.4.3 touch master off
@ 2.1.1 glide 210 8
@ 3.1.1 scene 2
@ 3.2.2 insert hoover add fx_delay
@ 4.1.1 clip kick 1 transpose 2
@ 4.3.1 launch kick 1
@ 5.1.1 insert hoover 1 move 2
@ 5.1.1 scene 1
";

#[test]
fn a_live_set_is_rendered_from_its_journal_byte_for_byte() {
    let soak = std::env::var_os("HARDCORE_SOAK").is_some();
    let seconds = if soak { 300 } else { 15 };
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    let make = ["generate", "gabber 190 in A minor", "--bars", "4", "--seed", "3"];
    ok(dir, &[&make[..], &["--save", "set.hcs", "--out", "x.wav"]].concat());
    let grow = ["scene 1 duplicate", "scene 1 duplicate", "track add group Drums", "quantize 1/8"];
    ok(dir, &[&["edit", "set.hcs"], &grow[..]].concat());
    std::fs::write(dir.join("script.txt"), SCRIPT).expect("a script");
    let project = hcs::load(&dir.join("set.hcs")).expect("the project").project;

    let length = format!("{seconds}s");
    let words = ["play", "set.hcs", "--backend", "null", "--period", "128", "--script"];
    let files = ["script.txt", "--record", "live.wav", "--journal", "take.journal", "--for"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_hardcore"));
    at_home(&mut command, dir).args(words).args(files).arg(&length);
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = pipes.spawn().expect("the program starts");
    let mut typed = program.stdin.take().expect("a way in");
    let mut rng = Pcg64Mcg::seed_from_u64(17);
    let begun = Instant::now();
    let mut count = 0;
    while begun.elapsed() < Duration::from_secs(seconds) {
        std::thread::sleep(Duration::from_millis(rng.random_range(1..120)));
        for _ in 0..rng.random_range(0..4) {
            let line = lines::line(&mut rng, &project);
            let place = format!("@ {}.{} ", rng.random_range(1..16), rng.random_range(1..5));
            let place = if rng.random_bool(0.1) { &place } else { "" };
            // It may have ended.
            count += u32::from(writeln!(typed, "{place}{line}").is_ok());
        }
    }
    let done = program.wait_with_output().expect("the program ends");
    let (said, wrong) =
        (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    drop(typed);
    assert!(!wrong.contains("panicked") && !said.contains("gaps"), "{said}{wrong}");
    assert!(said.contains(" periods of 128 frames; the callback took at most "), "{said}");

    let render = ["render", "set.hcs", "--journal", "take.journal", "--bits", "32f"];
    ok(dir, &[&render[..], &["--out", "again.wav"]].concat());
    let samples = |name: &str| -> Vec<f32> {
        let mut wav = hound::WavReader::open(dir.join(name)).expect("a recording");
        assert_eq!(wav.spec().channels, 2);
        wav.samples().collect::<Result<_, _>>().expect("samples")
    };
    let (live, again) = (samples("live.wav"), samples("again.wav"));
    let loud = live.iter().filter(|x| x.abs() > 0.001).count();
    println!(
        "{count} lines typed, {} frames live of which {} % are loud, {} again; the program said {} lines",
        live.len() / 2,
        loud * 100 / live.len().max(1),
        again.len() / 2,
        said.lines().count(),
    );
    assert!(loud * 10 > live.len() && live.len() >= seconds as usize * 2 * 47_000, "it was played");
    let differs = live.iter().zip(&again).position(|(a, b)| a.to_bits() != b.to_bits());
    assert_eq!(differs.map(|i| i / 128), None, "the first block of 64 frames that differs");
    assert_eq!(live.len(), again.len(), "the take is as long as it was");
}

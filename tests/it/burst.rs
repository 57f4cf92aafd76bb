//! Ten thousand lines as fast as they can be typed, sense and nonsense, into a set that plays.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hardcore::persistence::hcs;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::cli::{at_home, ok};
use crate::lines;

/// The last line but for the end: no action, so that the program says it back.
const MARK: &str = "thatwasall";
/// Said of a recording that lacks blocks.
const GAPS: &str = "have gaps";

/// A line as somebody types it who does not look: cut, mixed up, or noise of any bytes.
fn broken(rng: &mut Pcg64Mcg, line: &str) -> Vec<u8> {
    let mut bytes = line.as_bytes().to_vec();
    match rng.random_range(0..5) {
        0 => bytes.truncate(rng.random_range(0..=line.len())),
        1 => bytes.extend_from_within(..line.len() / 2),
        2 => {
            for _ in 0..3 {
                let at = rng.random_range(0..bytes.len());
                bytes[at] = rng.random();
            }
        }
        3 => bytes = (0..rng.random_range(0..300)).map(|_| rng.random()).collect(),
        _ => {
            let mut words: Vec<_> = line.split(' ').collect();
            let (a, b) = (rng.random_range(0..words.len()), rng.random_range(0..words.len()));
            words.swap(a, b);
            bytes = format!("{} 99999999999999999999 \"{}", words.join(" "), words[a]).into_bytes();
        }
    }
    bytes.retain(|b| !b"\r\n".contains(b));
    bytes
}

/// Most memory the program has had, in MiB, where the system tells.
fn peak(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().split(' ').next()?.parse::<u64>().ok()? / 1024)
}

#[test]
fn ten_thousand_lines_in_a_burst_leave_it_alive() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    let make = ["generate", "gabber 190 in A minor", "--bars", "2", "--seed", "3"];
    ok(dir, &[&make[..], &["--save", "set.hcs", "--out", "x.wav"]].concat());
    let grow = ["scene 1 duplicate", "scene 1 duplicate", "track add group Drums", "quantize 1/8"];
    ok(dir, &[&["edit", "set.hcs"], &grow[..]].concat());
    let project = hcs::load(&dir.join("set.hcs")).expect("the project").project;
    let mut command = Command::new(env!("CARGO_BIN_EXE_hardcore"));
    let words = ["play", "set.hcs", "--backend", "null", "--record", "live.wav"];
    let pipes = at_home(&mut command, dir).args(words).stdin(Stdio::piped());
    let pipes = pipes.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = pipes.spawn().expect("the program starts");
    let said = BufReader::new(program.stdout.take().expect("what it says"));
    let (tell, told) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let (mut count, mut gaps) = (0, false);
        for line in said.split(b'\n').map_while(Result::ok) {
            count += 1;
            let line = String::from_utf8_lossy(&line);
            gaps |= line.contains(GAPS);
            if line.contains(MARK) {
                let _ = tell.send(());
            }
        }
        (count, gaps)
    });
    let mut typed = program.stdin.take().expect("a way in");
    let mut rng = Pcg64Mcg::seed_from_u64(99);
    let begun = Instant::now();
    let mut type_in = |bytes: &[u8]| {
        typed.write_all(bytes).and_then(|()| typed.write_all(b"\n")).expect("it listens");
    };
    for _ in 0..10_000 {
        let line = lines::line(&mut rng, &project);
        // Saving would change the file; a capture would write one.
        if rng.random_bool(0.3) {
            type_in(&broken(&mut rng, &line));
        } else {
            type_in(line.as_bytes());
        }
    }
    // Effects that hands hold on groups, such as a slice that repeats, hold until they let go.
    for track in 1..=60 {
        type_in(format!("touch {track} off").as_bytes());
    }
    for line in ["touch master off", "stop all", "panic", "stop", MARK] {
        type_in(line.as_bytes());
    }
    let answered = told.recv_timeout(Duration::from_secs(300));
    let took = begun.elapsed();
    let most = peak(program.id());
    // Reverbs and delays ring out.
    std::thread::sleep(Duration::from_secs(8));
    type_in(b"quit");
    let done = program.wait_with_output().expect("the program ends");
    let (answers, gaps) = reader.join().expect("a reader");
    let wrong = String::from_utf8_lossy(&done.stderr);
    assert!(answered.is_ok(), "it hears no more: {wrong}");
    assert!(done.status.success() && !wrong.contains("panicked"), "{}: {wrong}", done.status);
    let mut wav = hound::WavReader::open(dir.join("live.wav")).expect("a recording");
    let all: Vec<f32> = wav.samples().collect::<Result<_, _>>().expect("samples");
    let loudest = |s: &[f32]| s.iter().fold(0.0f32, |m, x| m.max(x.abs()));
    let rest = loudest(&all[all.len().saturating_sub(2 * 24_000)..]);
    println!(
        "10,000 lines in {took:.1?}, {answers} answers, at most {most:?} MiB, {} s recorded, its peak {}, \
         at the end {rest}",
        all.len() / 96_000,
        loudest(&all),
    );
    assert!(answers >= 9_000, "every line that is no comment is answered");
    assert!(loudest(&all) > 0.1, "it was played");
    // -80 dB: a reverb's last breath is no note that hangs.
    assert!(rest < 1e-4, "something sounds on: {rest}");
    assert!(!gaps && !wrong.contains(GAPS), "the recording has gaps");
    assert!(most.is_none_or(|m| m < 1024), "{most:?} MiB");
}

//! The program as a person runs it: real files in, real files out, sentences for what goes wrong.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Run the program in `dir`, with a home of its own there.
fn hardcore(dir: &Path, words: &[&str]) -> Output {
    isolated(Command::new(env!("CARGO_BIN_EXE_hardcore")).args(words), dir)
}

fn isolated(command: &mut Command, dir: &Path) -> Output {
    at_home(command, dir).output().expect("the program starts")
}

/// Give a program `dir` as its home and working folder.
pub fn at_home<'a>(command: &'a mut Command, dir: &Path) -> &'a mut Command {
    command.current_dir(dir).env("HOME", dir).env("USERPROFILE", dir);
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "APPDATA", "LOCALAPPDATA"] {
        command.env_remove(name);
    }
    command
}

/// What the program says where it succeeds.
pub fn ok(dir: &Path, words: &[&str]) -> String {
    let output = hardcore(dir, words);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The one sentence a failing command says.
fn fails(dir: &Path, words: &[&str]) -> String {
    let output = hardcore(dir, words);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{words:?}: {stderr}");
    assert!(!stderr.contains("panicked"), "{words:?}: {stderr}");
    let said: Vec<&str> = stderr.lines().filter(|l| !l.contains(": note: ")).collect();
    assert_eq!(said.len(), 1, "{words:?} says more than one sentence: {stderr}");
    said[0].to_owned()
}

#[test]
fn a_sentence_becomes_sound_notes_and_a_project_and_its_seed_repeats_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    let prompt = "gabber 190 in A minor, hoover";
    let first = [
        "generate", prompt, "--bars", "4", "--seed", "12", "--out", "a.wav", "--save", "a.hcs",
        "--midi", "a.mid",
    ];
    let said = ok(dir, &first);
    for expected in ["190 BPM", "A minor", "4 bars", "seed 12", "a.wav", "a.hcs", "a.mid", "LUFS"] {
        assert!(said.contains(expected), "no {expected:?} in {said}");
    }
    ok(dir, &["generate", prompt, "--bars", "4", "--seed", "12", "--out", "b.wav"]);
    ok(dir, &["render", "a.hcs", "--out", "c.wav", "--stems", "stems"]);
    let a = fs::read(dir.join("a.wav")).expect("a.wav");
    assert!(a == fs::read(dir.join("b.wav")).expect("b.wav"), "the same seed, the same bytes");
    assert!(a == fs::read(dir.join("c.wav")).expect("c.wav"), "the saved project, the same bytes");
    ok(dir, &["generate", prompt, "--bars", "4", "--seed", "13", "--out", "d.wav"]);
    assert!(a != fs::read(dir.join("d.wav")).expect("d.wav"), "another seed, another piece");
    let stems = fs::read_dir(dir.join("stems")).expect("stems").flatten();
    let sizes: Vec<u64> = stems.map(|f| f.metadata().expect("a stem").len()).collect();
    assert!(sizes.len() >= 5 && sizes.iter().all(|s| *s == a.len() as u64), "{sizes:?}");
    let seconds = 4.0 * 4.0 * 60.0 / 190.0;
    let frames = hound::WavReader::open(dir.join("a.wav")).expect("a WAV file").duration();
    assert!(f64::from(frames) >= seconds * 48_000.0 - 1.0);
    assert!(ok(dir, &["info", "a.hcs"]).contains("190"));
    assert!(ok(dir, &["validate", "a.hcs"]).contains("sound"));
}

#[test]
fn actions_change_a_file_all_or_none() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    ok(dir, &["new", "set.hcs", "--bpm", "170"]);
    ok(dir, &["edit", "set.hcs", "bpm 174", "track add instrument hoover Lead", "volume Lead -6"]);
    let before = fs::read_to_string(dir.join("set.hcs")).expect("the project");
    assert!(before.contains("174") && before.contains("Lead"));
    let said = fails(dir, &["edit", "set.hcs", "bpm 180", "volume Leed -3 nonsense"]);
    assert!(said.contains("nothing was changed"), "{said}");
    assert_eq!(before, fs::read_to_string(dir.join("set.hcs")).expect("the project"));
}

#[test]
fn whatever_goes_wrong_is_one_sentence_and_harms_no_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    ok(dir, &["new", "good.hcs"]);
    let good = fs::read_to_string(dir.join("good.hcs")).expect("the project");
    let put = |name: &str, bytes: &[u8]| fs::write(dir.join(name), bytes).expect("a file");
    put("cut.hcs", &good.as_bytes()[..good.len() / 2]);
    put("noise.hcs", &[0xff, 0x00, 0x80, 0x13]);
    put("deep.hcs", format!("({}", "[".repeat(100_000)).as_bytes());
    put("later.hcs", good.replacen("version: 1", "version: 999", 1).as_bytes());
    put("nan.hcs", good.replacen("start: ", "start: NaN, was: ", 1).as_bytes());
    put("huge.hcs", good.replacen("start: ", "start: 1e300, was: ", 1).as_bytes());
    put("old.wav", b"precious");
    for name in ["cut.hcs", "noise.hcs", "deep.hcs", "later.hcs", "nan.hcs", "huge.hcs", "none.hcs"]
    {
        for words in [
            vec!["render", name, "--out", "old.wav"],
            vec!["info", name],
            vec!["edit", name, "bpm 170"],
        ] {
            let said = fails(dir, &words);
            assert!(said.contains(name), "{said}");
        }
    }
    // An empty project has nothing to render; a scene that is not there; a folder that is not there.
    assert!(fails(dir, &["render", "good.hcs", "--out", "old.wav"]).contains("scene"));
    fails(dir, &["render", "good.hcs", "--scene", "Drop", "--out", "old.wav"]);
    let said = fails(dir, &["generate", "gabber", "--bars", "1", "--out", "no/such/folder/x.wav"]);
    assert!(said.contains("folder"), "{said}");
    fails(dir, &["new", "good.hcs"]);
    fails(dir, &["synths", "hoovr"]);
    assert_eq!(fs::read(dir.join("old.wav")).expect("still there"), b"precious");
    assert_eq!(fs::read_to_string(dir.join("good.hcs")).expect("still there"), good);
    assert_eq!(hardcore(dir, &["frobnicate"]).status.code(), Some(2));
}

/// A disk that takes no more, by way of the largest size a file may have.
#[cfg(unix)]
#[test]
fn a_full_disk_is_one_sentence_and_harms_no_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    ok(dir, &["generate", "gabber", "--seed", "1", "--bars", "1", "--save", "a.hcs"]);
    let good = fs::read(dir.join("a.hcs")).expect("the project");
    fs::write(dir.join("old.wav"), b"precious").expect("a file");
    for words in ["render a.hcs --out old.wav", "edit a.hcs 'bpm 150'"] {
        // 512-byte units: more than the log of a day needs, less than a bar or a project.
        let script = format!("trap '' XFSZ; ulimit -f 16; exec \"$0\" {words}");
        let program = env!("CARGO_BIN_EXE_hardcore");
        let output = isolated(Command::new("sh").args(["-c", &script, program]), dir);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{words}: {said}");
        assert_eq!(said.trim().lines().count(), 1, "{said}");
        assert!(said.contains("old.wav") || said.contains("a.hcs"), "{said}");
    }
    assert_eq!(fs::read(dir.join("old.wav")).expect("still there"), b"precious");
    assert_eq!(fs::read(dir.join("a.hcs")).expect("still there"), good);
    let left = fs::read_dir(dir).expect("the folder").flatten().map(|e| e.file_name());
    let stray: Vec<_> = left.filter(|n| n.to_string_lossy().contains(".tmp")).collect();
    assert!(stray.is_empty(), "{stray:?}");
}

#[test]
fn samples_come_from_the_projects_folder_or_the_library_only() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    ok(dir, &["generate", "gabber", "--bars", "1", "--seed", "1", "--save", "kit.hcs"]);
    let text = fs::read_to_string(dir.join("kit.hcs")).expect("the project");
    let at = text.find("kind: Instrument(").expect("an instrument");
    let end = at + text[at..].find("mixer:").expect("its mixer");
    let kit = |path: &str| {
        let pad = format!("(note: 36, name: \"Bang\", sound: Sample(path: \"{path}\"))");
        format!("{}kind: Drums(pads: [{pad}]),\n{}", &text[..at], &text[end..])
    };
    fs::write(dir.join("escape.hcs"), kit("../../secret.wav")).expect("a file");
    assert!(fails(dir, &["render", "escape.hcs", "--out", "x.wav"]).contains("not allowed"));
    fs::write(dir.join("missing.hcs"), kit("bang.wav")).expect("a file");
    assert!(fails(dir, &["render", "missing.hcs", "--out", "x.wav"]).contains("bang.wav"));
    fs::write(dir.join("bang.wav"), b"RIFF but no sound").expect("a file");
    assert!(fails(dir, &["render", "missing.hcs", "--out", "x.wav"]).contains("bang.wav"));
    assert!(!dir.join("x.wav").exists());
}

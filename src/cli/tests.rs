//! The commands as a person uses them.

use std::fs;

use clap::{CommandFactory, Parser};

use super::args::{Cli, Command};
use super::*;

const GOLDEN: &str = include_str!("../../tests/fixtures/v1.hcs");
const OLD: &str = include_str!("../../tests/fixtures/v0.hcs");

/// Runs one of the commands of this module; what it printed, and its failure.
fn run(words: &[&str]) -> (String, Option<String>) {
    let cli = Cli::try_parse_from([&["hardcore"], words].concat()).expect("a command");
    let mut out = Vec::new();
    let result = match cli.command.expect("a command") {
        Command::New(args) => new(&args, &mut out),
        Command::Info(args) => info(&args, &[], &mut out),
        Command::Validate(args) => validate(&args, &[], &mut out),
        other => panic!("{other:?} belongs elsewhere"),
    };
    (String::from_utf8(out).unwrap(), result.err().map(|f| f.0))
}

#[test]
fn the_grammar_holds_together() {
    Cli::command().debug_assert();
    let usage = |words: &[&str]| {
        let error = Cli::try_parse_from([&["hardcore"], words].concat()).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{words:?}");
        error.to_string()
    };
    assert!(usage(&["new", "x.hcs", "--bpm", "5"]).contains("between 20 and 999"));
    assert!(usage(&["new", "x.hcs", "--key", "Q"]).contains("is no key"));
    assert!(usage(&["new", "x.hcs", "--signature", "4/5"]).contains("4/4"));
    assert!(usage(&["generate", " "]).contains("say what you want to hear"));
    assert!(usage(&["generate", "x", "--bars", "0"]).contains("--bars"));
    assert!(usage(&["render", "x.hcs"]).contains("--out"));
    assert!(usage(&["render", "x.hcs", "--out", "x.wav", "--tail", "NaN"]).contains("seconds"));
    usage(&["frobnicate"]);
    usage(&["validate"]);
    let words =
        ["hardcore", "generate", "gabber 190", "--seed", "7", "--bars", "8", "--midi", "x.mid"];
    let Some(Command::Generate(args)) = Cli::try_parse_from(words).unwrap().command else {
        panic!("generate")
    };
    assert_eq!((args.seed, args.bars, args.out), (Some(7), Some(8), None));
}

#[test]
fn a_new_project_is_made_once_and_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("Cellar.hcs");
    let shown = path.to_str().unwrap();
    let (out, failure) = run(&["new", shown, "--bpm", "190.5", "--key", "c# phrygian"]);
    assert_eq!(failure, None);
    assert!(out.ends_with("'Cellar', 190.5 BPM, C# phrygian, 4/4\n"), "{out}");
    let before = fs::read(&path).unwrap();
    let (_, failure) = run(&["new", shown]);
    assert!(failure.unwrap().contains("exists already"));
    assert_eq!(fs::read(&path).unwrap(), before);
    let (out, failure) = run(&["info", shown]);
    assert_eq!(failure, None);
    assert_eq!(
        out,
        "Cellar\n190.5 BPM · C# phrygian · 4/4 · seed 0\n\nNo tracks yet.\n\nNo scenes yet.\n"
    );
    let (out, failure) = run(&["validate", shown]);
    assert!(failure.is_none() && out.ends_with("Cellar.hcs: sound\n"));
}

#[test]
fn an_overview_names_tracks_and_scenes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("old.hcs");
    fs::write(&path, OLD).unwrap();
    let (out, failure) = run(&["info", path.to_str().unwrap()]);
    assert_eq!(failure, None);
    let wanted = "Cellar
174.5 BPM · F minor · 4/4 · seed 42

id  track  plays        clips  volume  pan  inserts  sends
3   Kick   gabber_kick  1      0.0 dB  C

scene  length  Kick
Drop   1 bar   Roll
(· stops the track, - leaves it playing)
note: the file is of version 0; saving brings it up to date
note: the notes of clip 'Roll' on track 'Kick' were out of order and are sorted now
";
    assert_eq!(out, wanted);
}

#[test]
fn an_overview_has_room_for_everything() {
    let project = hcs::parse(GOLDEN, "v1.hcs").unwrap().project;
    let text = info::overview(&project);
    for track in &project.tracks {
        assert!(
            text.contains(&format!("\n{:<2}  ", track.id.0)),
            "track {} is missing:\n{text}",
            track.id
        );
    }
    for word in ["scene", "bus", "Arrangement: ", " min, "] {
        assert!(text.contains(word), "{word} is missing:\n{text}");
    }
    assert!(text.lines().all(|l| l.chars().count() < 250 && !l.ends_with(' ')));
}

#[test]
fn validation_lists_missing_samples_and_faults() {
    let dir = tempfile::tempdir().unwrap();
    let (good, bad) = (dir.path().join("good.hcs"), dir.path().join("bad.hcs"));
    fs::write(&good, GOLDEN).unwrap();
    let (out, failure) = run(&["validate", good.to_str().unwrap()]);
    let failure = failure.expect("the samples of the fixture do not exist");
    assert!(failure.contains("is missing; searched in") && out.contains("used by"), "{failure}");
    let twice = OLD.replace("velocity: 120", "velocity: 0").replace("pitch: 36", "pitch: 136");
    fs::write(&bad, twice).unwrap();
    let (out, failure) = run(&["validate", bad.to_str().unwrap()]);
    let failure = failure.unwrap();
    assert!(failure.contains("line 19") && failure.contains("more problems"), "{failure}");
    assert_eq!(out.lines().count(), 3, "{out}");
    let (_, failure) = run(&["validate", bad.to_str().unwrap(), good.to_str().unwrap()]);
    assert!(failure.unwrap().starts_with("2 of 2 files are not sound"));
}

//! What names and lengths are taken for, and where files come to lie.

use std::fs;

use super::*;

#[test]
fn a_name_says_a_tempo_only_with_bpm_after_it() {
    for (name, milli) in [
        ("Break 170bpm", Some(170_000)),
        ("break_172.5 BPM_dry", Some(172_500)),
        ("02 kick-200-bpm", Some(200_000)),
        ("é174bpm", Some(174_000)),
        ("170", None),
        ("bpm", None),
        ("5bpm", None),
        ("1.2.3bpm", None),
        ("no bpm here 180 bpm", Some(180_000)),
    ] {
        assert_eq!(tempo(name).map(Bpm::milli), milli, "{name}");
    }
}

#[test]
fn a_length_is_whole_where_it_nearly_is() {
    let (four, bpm) = (Signature::default(), Bpm::from_milli(180_000));
    // A beat lasts a third of a second.
    let bars = |seconds: f64| whole(seconds, bpm, four).map(|t| t.0 as f64 / four.bar().0 as f64);
    assert_eq!(bars(16.0 / 3.0), Some(4.0));
    assert_eq!(bars(16.0 / 3.0 * 1.009), Some(4.0));
    assert_eq!(bars(16.0 / 3.0 * 1.02), None);
    assert_eq!(bars(1.0), Some(0.75), "three beats");
    assert_eq!(bars(0.1), None);
    assert_eq!(bars(400.25 / 3.0), Some(100.0));
    assert_eq!(bars(402.4 / 3.0), Some(100.5), "a tail of more than half a beat counts");
    let covered = |seconds: f64| covering(seconds, bpm, four).0 / four.bar().0;
    assert_eq!((covered(4.0 / 3.0), covered(1.4), covered(0.001)), (1, 2, 1));
}

#[test]
fn files_are_referenced_where_they_may_lie_and_copied_from_elsewhere_without_overwriting() {
    let dir = tempfile::tempdir().unwrap();
    let (set, lib, away) = (dir.path().join("set"), dir.path().join("lib"), dir.path().join("x"));
    for folder in [&set, &lib, &away, &away.join("y")] {
        fs::create_dir_all(folder).unwrap();
    }
    let folders = SampleFolders::of(&set.join("a.hcs"), vec![lib.clone()]);
    let place = |file: &PathBuf, text: &str| {
        fs::write(file, text).unwrap();
        keep::place(file, text.as_bytes(), &folders).unwrap().to_string()
    };
    assert_eq!(place(&set.join("own.wav"), "1"), "own.wav");
    assert_eq!(place(&lib.join("bd.wav"), "1"), "library:bd.wav");
    let outside = away.join("loop: 1.wav");
    assert_eq!(place(&outside, "1"), "library:imported/loop- 1.wav");
    assert_eq!(place(&outside, "1"), "library:imported/loop- 1.wav", "not twice");
    assert_eq!(place(&away.join("y/loop: 1.wav"), "2"), "library:imported/loop- 1 2.wav");
    assert_eq!(fs::read(lib.join("imported/loop- 1.wav")).unwrap(), b"1");
    assert_eq!(fs::read(lib.join("imported/loop- 1 2.wav")).unwrap(), b"2");
    assert_eq!(place(&away.join("..wav"), "3"), "library:imported/recording.wav");
    let none = SampleFolders::of(&set.join("a.hcs"), Vec::new());
    assert!(keep::place(&outside, b"1", &none).unwrap_err().contains("no sample library"));
}

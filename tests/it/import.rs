//! Files become clips: real recordings and MIDI files read as jobs, put into the set, and heard where they
//! are drawn.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hardcore::app::player::Player;
use hardcore::engine::prepare::Samples;
use hardcore::engine::samples::Sample;
use hardcore::export::midi;
use hardcore::jobs::{self, Notice};
use hardcore::live::desk::{At, Order};
use hardcore::model::clip::{AudioClip, Clip, ClipContent, WarpMarker, WarpMode};
use hardcore::model::project::Project;
use hardcore::model::time::{Bpm, Ticks};
use hardcore::model::track::TrackKind;
use hardcore::model::wave::{Outline, stretches};
use hardcore::persistence::samples::{SampleFolders, used};

use crate::support::{add_track, blank, click_synth, clicks, clip, notes, render_scene};

/// Frames per second of recordings.
const RATE: u32 = 48_000;

/// A set in a folder, with a library and a folder elsewhere.
struct Set {
    dir: tempfile::TempDir,
    player: Player,
}

impl Set {
    fn new(lines: &[&str]) -> Set {
        let dir = tempfile::tempdir().expect("a folder");
        for folder in ["set", "library", "away"] {
            fs::create_dir(dir.path().join(folder)).expect("a folder");
        }
        let mut player = Player::new(blank(), &dir.path().join("set/set.hcs")).expect("a set");
        player.library = vec![dir.path().join("library")];
        let mut set = Set { dir, player };
        for line in lines {
            set.line(line).expect("an edit");
        }
        set
    }

    fn away(&self, name: &str) -> PathBuf {
        self.dir.path().join("away").join(name)
    }

    fn line(&mut self, line: &str) -> Result<String, String> {
        self.player.line(line, At::Now, &mut |_: Order| {}).map_err(|error| error.to_string())
    }

    /// Import a file into a slot and wait for what comes of it.
    fn import(&mut self, slot: &str, file: &Path) -> Vec<Notice> {
        let file = file.display().to_string();
        self.line(&format!("clip {slot} import {file:?}")).expect("a job");
        self.wait()
    }

    fn wait(&mut self) -> Vec<Notice> {
        let (begun, mut all, mut patched) = (Instant::now(), Vec::new(), 0);
        loop {
            all.extend(self.player.pump(&mut |order| {
                patched += usize::from(matches!(order, Order::Patch(..)));
            }));
            if jobs::list(&self.player.world).iter().all(|job| job.state.is_over()) {
                let done = all.iter().filter(|notice| !notice.refused).count();
                assert_eq!(patched, done, "what plays hears of each clip at once");
                return all;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "a job does not end");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn project(&self) -> Project {
        self.player.project().expect("a project")
    }

    fn clips(&self, track: usize) -> Vec<Clip> {
        self.project().tracks[track].clips.clone()
    }

    /// Its samples, from where projects may find them.
    fn samples(&self) -> Samples {
        let folders = SampleFolders::of(self.player.path(), self.player.library.clone());
        let project = self.project();
        let one = |path| {
            let file = folders.resolve(path).expect("a sample that is found");
            Sample::decode(fs::read(file).expect("a file")).expect("a recording")
        };
        used(&project).into_keys().map(|path| (path.clone(), one(path))).collect()
    }
}

/// A recording of so many frames with a click at each of these.
fn wav(path: &Path, frames: u32, at: &[u32]) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, spec).expect("a file");
    for frame in 0..frames {
        file.write_sample(if at.contains(&frame) { i16::MAX } else { 0 }).expect("a frame");
    }
    file.finalize().expect("a file");
}

#[test]
fn a_recording_from_elsewhere_sounds_on_its_frames_and_is_one_step() {
    let mut set = Set::new(&["track add audio V", "scene add A"]);
    let file = set.away("shout.wav");
    wav(&file, 100_000, &[0, 7_000, 60_000]);
    let said = set.import("V 1", &file);
    assert_eq!(said.len(), 1);
    // 2.08 seconds at 120 BPM are a little more than a bar.
    assert_eq!(said[0].text, "imported “shout”: 2 bars at its own speed");
    let project = set.project();
    let all = &project.tracks[0].clips;
    let ClipContent::Audio(audio) = &all[0].content else { panic!("{all:?}") };
    assert_eq!(audio.sample.to_string(), "library:imported/shout.wav");
    assert_eq!((all[0].length, all[0].loop_brace), (Ticks(2 * 3840), None));
    // The one that was dropped may go; nothing of the project depends on it.
    fs::remove_file(&file).expect("a file");
    let heard = render_scene(&project, &set.samples(), RATE, 100_000);
    assert_eq!(clicks(&heard), [0, 7_000, 60_000]);
    assert_eq!(set.line("undo").expect("a step"), "Undo: Import “shout”");
    assert_eq!(set.clips(0), []);
    set.line("redo").expect("a step");
    assert_eq!(set.clips(0).len(), 1);
}

#[test]
fn a_loop_with_its_tempo_in_its_name_follows_the_set() {
    let mut set = Set::new(&["track add audio V", "scene add A"]);
    // Two bars at 150 BPM, 1 % short of it, in the set's own folder.
    let file = set.dir.path().join("set/Break 150bpm.wav");
    wav(&file, 153_000, &[0, 19_200, 76_800]);
    let said = set.import("V 1", &file);
    assert_eq!(said[0].text, "imported “Break 150bpm”: 2 bars that follow the tempo from 150 BPM");
    let project = set.project();
    let clip = &project.tracks[0].clips[0];
    let ClipContent::Audio(audio) = &clip.content else { panic!("{clip:?}") };
    assert_eq!(audio.sample.to_string(), "Break 150bpm.wav");
    assert_eq!((clip.length, audio.warp), (Ticks(2 * 3840), WarpMode::Rate));
    assert!(clip.loop_brace.is_some());
    // On beat 2 and bar 2 at 120 BPM, and with the loop once more; slower, a click is wider.
    let heard = render_scene(&project, &set.samples(), RATE, 192_000 + 30_000);
    let loud: Vec<usize> =
        clicks(&heard).into_iter().map(|at| (at + 12) / 24_000 * 24_000).collect();
    let mut places = loud.clone();
    places.dedup();
    assert_eq!(places, [0, 24_000, 96_000, 192_000, 216_000], "{:?}", clicks(&heard));
}

#[test]
fn every_kind_of_recording_is_read() {
    let mut set = Set::new(&["track add audio V"]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import");
    for (row, ending) in (1..).zip(["aiff", "flac", "ogg", "mp3"]) {
        set.line(&format!("scene add {ending}")).expect("a scene");
        let said = set.import(&format!("V {row}"), &folder.join(format!("click.{ending}")));
        assert!(!said[0].refused, "{ending}: {}", said[0].text);
        // A name is one file whatever its ending.
        let path = format!("library/imported/click.{ending}");
        assert!(set.dir.path().join(path).is_file());
    }
    assert_eq!(set.clips(0).len(), 4);
    for (path, sample) in set.samples() {
        let loudest = sample.frames.iter().map(|f| f.left).enumerate();
        let loudest = loudest.max_by(|a, b| a.1.total_cmp(&b.1)).expect("frames");
        // MP3 has a lead of its own.
        let slack = if path.relative().ends_with("mp3") { 1500 } else { 60 };
        assert!(loudest.1 > 0.3 && loudest.0.abs_diff(2020) < slack, "{path}: {loudest:?}");
    }
}

#[test]
fn midi_files_give_the_notes_that_were_written() {
    // What we write ourselves, read again: two bars of a click track.
    let mut p = blank();
    let starts = [0, 480, 1920, 3840, 7000];
    add_track(&mut p, click_synth(), clip(70, 7680, false, ClipContent::Midi(notes(&starts))));
    let scene = p.scenes[0].id;
    let mut set = Set::new(&["track add instrument hoover L", "scene add A", "track add audio V"]);
    let file = set.away("riff.mid");
    midi::save(&file, &p, midi::Source::Scene(scene), Ticks(7680)).expect("a MIDI file");
    let said = set.import("L 1", &file);
    assert_eq!(said[0].text, "imported “riff”: 5 notes in 2 bars");
    let all = set.clips(0);
    let midi = all[0].midi().expect("notes");
    let read: Vec<_> = midi.notes.iter().map(|n| (n.start.0, n.length.0, n.pitch)).collect();
    assert_eq!(read, starts.map(|start| (start, 60, 60)));
    assert_eq!((all[0].length, all[0].name.as_str()), (Ticks(7680), "riff"));
    let error = set.line(&format!("clip V 1 import {:?}", file.display().to_string()));
    assert!(error.unwrap_err().contains("V plays recordings"));
}

#[test]
fn a_recording_without_a_track_makes_one_and_a_scene_if_there_is_none() {
    let mut set = Set::new(&[]);
    let file = set.away("shout.wav");
    wav(&file, 1000, &[0]);
    for _ in 0..2 {
        set.line(&format!("import {:?}", file.display().to_string())).expect("a job");
        set.wait();
    }
    let project = set.project();
    let names: Vec<_> = project.tracks.iter().map(|track| track.name.as_str()).collect();
    assert_eq!(names, ["shout", "shout 2"]);
    assert!(project.tracks.iter().all(|track| track.kind == TrackKind::Audio));
    assert_eq!(project.scenes.len(), 1);
    assert_eq!(project.scenes[0].slots.len(), 2);
    assert_eq!(project.validate(), Ok(()));
    assert_eq!(clicks(&render_scene(&project, &set.samples(), RATE, 500)), [0]);
}

#[test]
fn what_cannot_be_imported_is_refused_with_a_sentence_and_leaves_nothing() {
    let mut set = Set::new(&["track add audio V", "track add instrument hoover L", "scene add A"]);
    for (name, bytes) in [("bad.wav", "no sound"), ("bad.mid", "no notes"), ("x.txt", "words")] {
        fs::write(set.away(name), bytes).expect("a file");
    }
    let path = |set: &Set, name: &str| format!("{:?}", set.away(name).display().to_string());
    for (slot, name, part) in [
        ("V 1", "x.txt", "take WAV, AIFF"),
        ("L 1", "bad.wav", "L plays notes"),
        ("V 1", "bad.mid", "V plays recordings"),
    ] {
        let line = format!("clip {slot} import {}", path(&set, name));
        let error = set.line(&line).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
    for (slot, name, part) in [
        ("V 1", "bad.wav", "no recording that can be read"),
        ("V 1", "gone.wav", "there is no such file"),
        ("L 1", "bad.mid", "no MIDI file"),
    ] {
        let said = set.import(slot, &set.away(name));
        assert!(said[0].refused && said[0].text.contains(part), "{said:?}");
    }
    assert!(!set.dir.path().join("library/imported").exists());
    // Its slot went while it was read.
    wav(&set.away("late.wav"), 1000, &[0]);
    let line = format!("clip V 1 import {}", path(&set, "late.wav"));
    set.line(&line).expect("a job");
    set.line("track V delete").expect("an edit");
    let said = set.wait();
    assert!(
        said[0].refused && said[0].text.contains("the slot it was made for is gone"),
        "{said:?}"
    );
    assert_eq!(set.project().tracks.len(), 1);
}

#[test]
fn a_loop_is_cut_at_its_hits_and_each_slice_keeps_its_place_at_another_tempo() {
    let mut set = Set::new(&["track add audio V", "scene add A"]);
    // A bar at 160 BPM: four beats of 18 000 frames.
    let file = set.dir.path().join("set/loop 160bpm.wav");
    wav(&file, 72_000, &[0, 18_000, 36_000, 63_000]);
    set.import("V 1", &file);
    set.line("clip V 1 slice").expect("a job");
    let said = set.wait();
    assert!(said[0].text.starts_with("cut into 4 slices"), "{said:?}");
    let project = set.project();
    let ClipContent::Audio(audio) = &project.tracks[0].clips[0].content else { panic!("audio") };
    let places: Vec<_> = audio.markers.iter().map(|marker| marker.at.0).collect();
    assert_eq!((places, audio.warp), (vec![0, 960, 1920, 3360], WarpMode::Sliced));
    // At 120 BPM a beat has 24 000 frames.
    let heard = render_scene(&project, &set.samples(), RATE, 96_000);
    assert_eq!(clicks(&heard), [0, 24_000, 48_000, 84_000]);
    assert_eq!(set.line("undo").expect("a step"), "Undo: Slice a recording at its hits");
    set.line("track add instrument hoover L").expect("a track");
    set.line("clip L 1 add 1bar").expect("a clip");
    assert!(set.line("clip L 1 slice").unwrap_err().contains("holds notes"));
}

#[test]
fn a_wave_is_drawn_on_the_frames_on_which_it_sounds() {
    let at = [300, 9_000, 20_000, 33_000];
    let mut frames = vec![kira::Frame::ZERO; 48_000];
    at.iter().for_each(|at| frames[*at] = kira::Frame::from_mono(1.0));
    let sample = Sample { frames: frames.into(), rate: 44_100 };
    let outline = Outline::new(44_100, sample.frames.iter().map(|f| [f.left, f.right]));
    let markers = [(0, 0), (8_000, 1000), (18_000, 2900)];
    let markers = markers.map(|(frame, at)| WarpMarker { frame, at: Ticks(at) });
    for (warp, pitch, source) in [
        (WarpMode::Off, 0.0, None),
        (WarpMode::Off, -7.0, None),
        (WarpMode::Rate, 0.0, Some(97.0)),
        (WarpMode::Rate, 5.0, Some(131.0)),
        (WarpMode::Sliced, 0.0, None),
        (WarpMode::Sliced, -3.0, None),
    ] {
        let path = hardcore::model::sample::SamplePath::new("a.wav").expect("a path");
        let audio = AudioClip {
            sample: path.clone(),
            gain: Default::default(),
            pitch,
            warp,
            source_bpm: source.map(|bpm| Bpm::new(bpm).expect("a tempo")),
            markers: markers.to_vec(),
        };
        let clip = clip(70, 3840, false, ClipContent::Audio(audio.clone()));
        let all = stretches(&clip, &audio, (44_100, outline.frames()), 120.0);
        let mut p = blank();
        add_track(&mut p, TrackKind::Audio, clip);
        let samples: Samples = [(path, sample.clone())].into();
        let heard = render_scene(&p, &samples, RATE, 96_000);
        // A tick lasts 25 frames.
        let mut drawn = Vec::new();
        for s in &all {
            let inside =
                at.iter().map(|at| *at as f64).filter(|at| *at >= s.frame && *at < s.until);
            let ticks = inside.map(|at| s.from + (at - s.frame) / s.speed).filter(|t| *t < s.to);
            drawn.extend(ticks.map(|ticks| ticks * 25.0));
        }
        drawn.retain(|at| *at < 96_000.0);
        let mut sounds: Vec<usize> = Vec::new();
        for (at, _) in heard.iter().enumerate().filter(|(_, x)| x.abs() > 0.2) {
            if sounds.last().is_none_or(|last| at - last > 50) {
                sounds.push(at);
            }
        }
        let same = drawn.len() == sounds.len()
            && drawn.iter().zip(&sounds).all(|(drawn, heard)| (drawn - *heard as f64).abs() < 4.0);
        assert!(same && !drawn.is_empty(), "{warp:?} {pitch}: {drawn:?} {sounds:?}");
    }
}

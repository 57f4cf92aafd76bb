//! The sets that the measures play.

use std::collections::BTreeMap;
use std::sync::Arc;

use hardcore::generation::{compose, project::project, understand};
use hardcore::model::clip::{Clip, ClipContent, LoopBrace, MidiClip, Note};
use hardcore::model::ids::{ClipId, NoteId, SceneId, TrackId};
use hardcore::model::intent::SetContext;
use hardcore::model::launch::LaunchSettings;
use hardcore::model::mixer::MixerSettings;
use hardcore::model::project::Project;
use hardcore::model::scene::{Scene, Slot};
use hardcore::model::sound::SoundKind;
use hardcore::model::time::{Bpm, TempoMap, Ticks};
use hardcore::model::track::{Instrument, Track, TrackKind};
use hardcore::synth::library::Library;

use crate::Failure;

/// What is played in a set of many tracks: of this piece the kick, the bass and the hoover.
const PROMPT: &str = "170 bpm gabber, F minor, kick, bass and hoover";
/// Ticks of a bar of four quarters.
const BAR: i64 = 3840;
/// The synth whose voices are counted.
pub const VOICE: &str = "hoover";
/// Notes of it that one track holds.
const CHORD: usize = 4;

/// Sixteen tracks of instruments, each playing dense sixteenths on four pitches.
pub fn fixed_score(library: &Library) -> Result<Project, Failure> {
    let is_instrument = |s: &&hardcore::synth::library::Sound| {
        s.descriptor.kind == SoundKind::Instrument && s.descriptor.name != "riser"
    };
    let names: Vec<String> =
        library.iter().filter(is_instrument).map(|s| s.descriptor.name.clone()).collect();
    let mut p = empty()?;
    for i in 0..16u32 {
        let pitch = |n: u32| (36 + [0, 12, 7, 15][((n + i) % 4) as usize]) as u8;
        let notes = (0..16).map(|n| note(n, i64::from(n) * 240, 200, pitch(n)));
        let synth = names[i as usize % names.len()].clone();
        let clip = clip(ClipId(1000 + i), BAR, notes.collect());
        p.tracks.push(track(TrackId(i + 1), synth, clip));
    }
    p.scenes.push(scene(SceneId(2000), &p.tracks));
    Ok(p)
}

/// `count` tracks of a composed piece, each with the sound, rack, sends and mix that the composer gave
/// it: kick, bass under a ducker, hoover under equalizer and ducker, and again. Each plays one bar over
/// and over: the kick on the quarters, the bass off them, the hoover chords of two on the eighths.
/// Reverb, delay and the master's limiter are there once.
pub fn tracks(library: &Library, count: usize) -> Result<Project, Failure> {
    let idea = compose(&understand(PROMPT, &SetContext::default()), 1);
    let mut p = project(&idea, |name| library.get(name).map(|s| &s.descriptor));
    let piece = std::mem::take(&mut p.tracks);
    let find = |name: &str| {
        let found = piece.iter().find(|t| t.name == name);
        found.ok_or_else(|| format!("the composer gave no {name}"))
    };
    let round = [find("kick")?, find("bass")?, find("hoover")?];
    let quarter = |n: u32| i64::from(n) * 960;
    let riffs: [Vec<Note>; 3] = [
        (0..4).map(|n| note(n, quarter(n), 640, 29)).collect(),
        (0..4).map(|n| note(n, quarter(n) + 480, 440, 29)).collect(),
        (0..16).map(|n| note(n, i64::from(n / 2) * 480, 440, 53 + 7 * (n % 2) as u8)).collect(),
    ];
    let ids = &mut p.song.next_id;
    let mut kick = round[0].id;
    for i in 0..count {
        let (one, riff) = (round[i % 3], &riffs[i % 3]);
        let id: TrackId = ids.fresh();
        if i % 3 == 0 {
            kick = id;
        }
        let mut mixer = one.mixer.clone();
        for effect in &mut mixer.inserts {
            effect.id = ids.fresh();
            effect.key_from = effect.key_from.map(|_| kick);
        }
        let clips = vec![clip(ids.fresh(), BAR, riff.clone())];
        p.tracks.push(Track { id, mixer, clips, ..one.clone() });
    }
    p.scenes = vec![scene(ids.fresh(), &p.tracks)];
    p.arrangement = None;
    Ok(p)
}

/// `count` voices of one synth, all held, four a track.
pub fn voices(count: usize) -> Result<Project, Failure> {
    const LONG: i64 = 256 * BAR;
    let mut p = empty()?;
    for (i, first) in (0..count).step_by(CHORD).enumerate() {
        let id = i as u32;
        let held = (count - first).min(CHORD) as u32;
        let pitch = |n: u32| 41 + (7 * (n + id) % 24) as u8;
        let notes = (0..held).map(|n| note(n, 0, LONG - 1, pitch(n))).collect();
        let clip = clip(ClipId(1_000_000 + id), LONG, notes);
        p.tracks.push(track(TrackId(id + 1), VOICE.to_owned(), clip));
    }
    p.scenes.push(scene(SceneId(2_000_000), &p.tracks));
    Ok(p)
}

/// A set of `count` tracks with a clip in each of `scenes` scenes, except that the first scene, which is
/// launched first, holds clips on `playing` tracks only. Each clip is a closed hat on the eighths, the
/// lightest sound there is: what is measured with it is the window.
#[cfg(all(target_os = "linux", feature = "gui"))]
pub fn large(
    library: &Library,
    count: usize,
    scenes: usize,
    playing: usize,
) -> Result<Project, Failure> {
    let hat = |s: &&hardcore::synth::library::Sound| s.descriptor.name.contains("hat");
    let synth = library.iter().find(hat).ok_or("the library has no hat")?.descriptor.name.clone();
    let mut p = empty()?;
    let ids = &mut p.song.next_id;
    let notes: Vec<Note> = (0..8).map(|n| note(n, i64::from(n) * 480, 200, 60)).collect();
    for _ in 0..count {
        let mut clips: Vec<Clip> =
            (0..scenes).map(|_| clip(ids.fresh(), BAR, notes.clone())).collect();
        for (row, clip) in clips.iter_mut().enumerate() {
            clip.name = format!("hats {}", row + 1);
        }
        let id: TrackId = ids.fresh();
        let first = clip(ids.fresh(), BAR, Vec::new());
        p.tracks.push(Track { clips, ..track(id, synth.clone(), first) });
    }
    for row in 0..scenes {
        let mut scene = scene(ids.fresh(), &[]);
        for (column, track) in p.tracks.iter().enumerate() {
            let clip = track.clips.get(row).filter(|_| row > 0 || column < playing).map(|c| c.id);
            scene.slots.insert(track.id, Slot { clip, stop_button: true });
        }
        p.scenes.push(scene);
    }
    Ok(p)
}

fn empty() -> Result<Project, Failure> {
    Ok(Project::new("bench", TempoMap::constant(Bpm::from_milli(170_000)), "F minor".parse()?))
}

fn note(id: u32, start: i64, length: i64, pitch: u8) -> Note {
    let (start, length) = (Ticks(start), Ticks(length));
    Note { id: NoteId(id), start, length, pitch, velocity: 100, probability: 100 }
}

fn clip(id: ClipId, length: i64, notes: Vec<Note>) -> Clip {
    Clip {
        id,
        name: String::new(),
        color: None,
        length: Ticks(length),
        loop_brace: Some(LoopBrace { start: Ticks(0), end: Ticks(length) }),
        launch: LaunchSettings::default(),
        groove: None,
        muted: false,
        content: ClipContent::Midi(MidiClip { notes: Arc::new(notes) }),
        automation: Vec::new(),
    }
}

fn track(id: TrackId, synth: String, clip: Clip) -> Track {
    Track {
        id,
        name: format!("{synth} {}", id.0),
        color: 0,
        kind: TrackKind::Instrument(Instrument { synth, params: BTreeMap::new() }),
        group: None,
        mixer: MixerSettings::default(),
        clips: vec![clip],
        analysis: None,
    }
}

/// A scene of every track's first clip.
fn scene(id: SceneId, tracks: &[Track]) -> Scene {
    let slot = |t: &Track| {
        let clip = t.clips.first().map(|c| c.id);
        (t.id, Slot { clip, stop_button: true })
    };
    let slots = tracks.iter().map(slot).collect();
    Scene { id, name: String::new(), color: None, tempo: None, signature: None, slots }
}

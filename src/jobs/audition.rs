//! A sound tried by itself: a short phrase in the set's key and tempo, rendered for the cue output.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::Arc;

use bevy_ecs::world::World;

use super::{JobId, Kind, Output, Teller, begin, cancel, list};
use crate::engine::prepare::Samples;
use crate::engine::samples::Sample;
use crate::engine::sound::SoundFactory;
use crate::export::bounce::{Bounce, Source, bounce};
use crate::model::clip::{Clip, ClipContent, MidiClip, Note};
use crate::model::ids::{ClipId, IdCounter, NoteId, SceneId, TrackId};
use crate::model::key::Key;
use crate::model::launch::LaunchSettings;
use crate::model::mixer::MixerSettings;
use crate::model::project::Project;
use crate::model::scene::{Scene, Slot};
use crate::model::sound::{SoundDescriptor, SoundKind};
use crate::model::time::{Bpm, TempoMap, Ticks};
use crate::model::track::{Instrument, Track, TrackKind};

/// Longest ring after the phrase, seconds.
const TAIL_S: f64 = 2.5;
/// A sixteenth.
const STEP: i64 = Ticks::BEAT.0 / 4;

/// What a phrase is played in.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The key.
    pub key: Key,
    /// The tempo.
    pub bpm: Bpm,
    /// Frames per second of what hears it.
    pub rate: u32,
}

/// A hit of a phrase: its first sixteenth, how many it lasts, scale degree, octave from the phrase's
/// own, velocity.
type Hit = (i64, i64, i32, i32, u8);

/// Kinds of sounds by a tag of theirs, the first that fits counts: the MIDI pitch that the phrase's root
/// lies near, and its hits. Registers are those that each role has in a track.
const PHRASES: [(&str, f64, &[Hit]); 8] = [
    ("kick", 30.0, &[(0, 3, 0, 0, 127), (4, 3, 0, 0, 127), (8, 3, 0, 0, 127), (12, 3, 0, 0, 127)]),
    (
        "drum",
        60.0,
        &[
            (2, 1, 0, 0, 110),
            (6, 1, 0, 0, 110),
            (10, 1, 0, 0, 110),
            (13, 1, 0, 0, 80),
            (14, 1, 0, 0, 120),
        ],
    ),
    ("riser", 60.0, &[(0, 32, 0, 0, 110)]),
    ("fx", 60.0, &[(0, 16, 0, 0, 110)]),
    (
        "bass",
        36.0,
        &[
            (2, 2, 0, 0, 110),
            (6, 2, 0, 0, 110),
            (10, 2, 0, 0, 110),
            (12, 1, 2, 0, 90),
            (14, 2, 0, 0, 120),
        ],
    ),
    (
        "chord",
        60.0,
        &[
            (0, 2, 0, 0, 115),
            (0, 2, 2, 0, 110),
            (0, 2, 4, 0, 110),
            (6, 2, 0, 0, 100),
            (6, 2, 2, 0, 95),
            (6, 2, 4, 0, 95),
            (12, 4, -2, 0, 115),
            (12, 4, 0, 0, 110),
            (12, 4, 2, 0, 110),
        ],
    ),
    ("pad", 48.0, &[(0, 16, 0, 0, 100), (0, 16, 2, 0, 95), (0, 16, 4, 0, 95)]),
    ("lead", 60.0, &[(0, 3, 0, 0, 115), (3, 3, 2, 0, 105), (6, 2, 4, 0, 110), (8, 6, 3, 0, 115)]),
];

/// The phrase of a sound that fits nowhere else.
const ANY: (f64, &[Hit]) = (60.0, &[(0, 8, 0, 0, 110)]);

/// The notes by which a sound is judged.
fn phrase(sound: &SoundDescriptor, key: Key) -> Vec<Note> {
    let fits = |tag: &str| sound.tags.iter().any(|own| own == tag);
    let found = PHRASES.iter().find(|(tag, ..)| fits(tag));
    let (near, hits) = found.map_or(ANY, |(_, near, hits)| (*near, *hits));
    let octave = key.octave_near(0, near);
    let note = |(id, (start, length, degree, up, velocity)): (u32, &Hit)| Note {
        id: NoteId(id),
        start: Ticks(start * STEP),
        length: Ticks(length * STEP),
        pitch: key.pitch(*degree, octave + up).clamp(0, 127) as u8,
        velocity: *velocity,
        probability: 100,
    };
    let mut notes: Vec<Note> = (1..).zip(hits).map(note).collect();
    notes.sort_by_key(Note::order);
    notes
}

/// A set of nothing but the phrase.
fn set(instrument: Instrument, sound: &SoundDescriptor, setting: &Setting) -> Project {
    let (track, scene, clip) = (TrackId(1), SceneId(2), ClipId(3));
    let mut project = Project::new("audition", TempoMap::constant(setting.bpm), setting.key);
    let notes = phrase(sound, setting.key);
    let ends = notes.iter().map(|note| note.start.0 + note.length.0);
    let length = Ticks(ends.max().unwrap_or(STEP));
    let content = ClipContent::Midi(MidiClip { notes: Arc::new(notes) });
    project.tracks.push(Track {
        id: track,
        name: sound.title.clone(),
        color: 0,
        kind: TrackKind::Instrument(instrument),
        group: None,
        mixer: MixerSettings::default(),
        clips: vec![Clip {
            id: clip,
            name: sound.title.clone(),
            color: None,
            length,
            loop_brace: None,
            launch: LaunchSettings::default(),
            groove: None,
            muted: false,
            content,
            automation: Vec::new(),
        }],
        analysis: None,
    });
    let slots = [(track, Slot { clip: Some(clip), ..Slot::default() })].into();
    let name = "audition".to_owned();
    project.scenes.push(Scene {
        id: scene,
        name,
        color: None,
        tempo: None,
        signature: None,
        slots,
    });
    project.song.next_id = IdCounter(4);
    project
}

/// The phrase as sound, or why there is none; `None` when it was broken off.
fn render(
    factory: &dyn SoundFactory,
    instrument: Instrument,
    sound: &SoundDescriptor,
    setting: &Setting,
    mut is_over: impl FnMut() -> bool,
) -> Result<Option<Sample>, String> {
    let project = set(instrument, sound, setting);
    let how = Bounce {
        source: Source::Scene(SceneId(2)),
        length: None,
        rate: setting.rate,
        threads: 0,
        tail_s: Some(f64::from(sound.tail_s).clamp(0.05, TAIL_S)),
    };
    // Tracks, then the cue, then the master.
    let (mut frames, master) = (Vec::new(), 2);
    let done = bounce::<Infallible>(
        &project,
        factory,
        &Samples::new(),
        &how,
        |piece| {
            if piece.node == master {
                let sides = piece.left.iter().zip(piece.right);
                frames.extend(sides.map(|(left, right)| kira::Frame::new(*left, *right)));
            }
            Ok(())
        },
        |_| if is_over() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) },
    );
    match done {
        Ok(_) => Ok(Some(Sample { frames: frames.into(), rate: setting.rate })),
        Err(_) if is_over() => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// Have an instrument render the phrase of its kind; a phrase that is still being made is broken off.
///
/// # Errors
/// No such sound, an effect, or the queue is full.
pub fn audition(
    world: &mut World,
    factory: Arc<dyn SoundFactory>,
    instrument: Instrument,
    setting: Setting,
) -> Result<JobId, String> {
    let name = &instrument.synth;
    let sound = factory.descriptor(name).ok_or_else(|| format!("there is no sound “{name}”"))?;
    if sound.kind == SoundKind::Effect {
        return Err(format!("“{}” is an effect: it has no sound of its own", sound.title));
    }
    let sound = sound.clone();
    stop(world);
    let title = format!("audition “{}”", sound.title);
    let work = move |_: JobId, teller: &mut Teller| {
        let made = render(&*factory, instrument, &sound, &setting, || teller.is_cancelled())?;
        // Nobody waits for what was broken off.
        made.map(Output::Heard).ok_or_else(|| "broken off".to_owned())
    };
    begin(world, Kind::Audition, title, None, work)
}

/// Break off the phrases that are being made.
pub fn stop(world: &mut World) {
    let running = list(world)
        .into_iter()
        .filter(|shown| shown.job.kind == Kind::Audition && !shown.state.is_over());
    for id in running.map(|shown| shown.job.id).collect::<Vec<_>>() {
        // It may be over by now.
        let _ = cancel(world, id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::embedded::EmbeddedFactory;
    use crate::synth::library::Library;

    fn setting() -> Setting {
        let key = "F minor".parse().expect("a key");
        Setting { key, bpm: Bpm::from_milli(170_000), rate: 48_000 }
    }

    #[test]
    fn every_instrument_has_a_phrase_in_key_that_sounds() {
        let factory = EmbeddedFactory::new(Arc::new(Library::built_in()));
        let library = Library::built_in();
        let sounds = library
            .iter()
            .map(|sound| &sound.descriptor)
            .filter(|sound| sound.kind == SoundKind::Instrument);
        let mut count = 0;
        for sound in sounds {
            let notes = phrase(sound, setting().key);
            assert!(notes.iter().all(|n| setting().key.contains(n.pitch.into())), "{}", sound.name);
            let instrument = Instrument { synth: sound.name.clone(), params: Default::default() };
            let made = render(&factory, instrument, sound, &setting(), || false);
            let made = made.expect("a sound").expect("not broken off");
            let peak =
                made.frames.iter().fold(0.0f32, |p, f| p.max(f.left.abs()).max(f.right.abs()));
            assert!(peak > 0.05 && peak.is_finite(), "{}: {peak}", sound.name);
            let seconds = made.frames.len() as f64 / 48_000.0;
            assert!((0.5..6.0).contains(&seconds), "{}: {seconds} s", sound.name);
            count += 1;
        }
        assert!(count > 10);
    }

    #[test]
    fn what_is_broken_off_is_no_fault() {
        let library = Library::built_in();
        let sound = library
            .iter()
            .map(|sound| &sound.descriptor)
            .find(|sound| sound.name == "hoover")
            .expect("a hoover");
        let factory = EmbeddedFactory::new(Arc::new(Library::built_in()));
        let instrument = Instrument { synth: "hoover".into(), params: Default::default() };
        assert!(
            render(&factory, instrument, sound, &setting(), || true).is_ok_and(|m| m.is_none())
        );
    }
}

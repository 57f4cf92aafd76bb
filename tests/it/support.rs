//! What several tests need: a click to count frames by, projects made of clicks, offline rendering.

use std::path::Path;
use std::sync::Arc;

use hardcore::device::Wish;
use hardcore::engine::offline::Offline;
use hardcore::engine::prepare::{Engine, Options, Samples, prepare};
use hardcore::engine::protocol::Gesture;
use hardcore::engine::renderer::Outputs;
use hardcore::engine::samples::Sample;
use hardcore::engine::sound::SoundFactory;
use hardcore::live::desk::Loader;
use hardcore::live::hall::Stage;
use hardcore::model::clip::{Clip, ClipContent, LoopBrace, MidiClip, Note};
use hardcore::model::ids::{ClipId, NoteId, SceneId, TrackId};
use hardcore::model::launch::LaunchSettings;
use hardcore::model::mixer::MixerSettings;
use hardcore::model::project::Project;
use hardcore::model::sample::SamplePath;
use hardcore::model::scene::{Scene, Slot};
use hardcore::model::time::{Bpm, TempoMap, Ticks};
use hardcore::model::track::{Instrument, Track, TrackKind};
use hardcore::synth::embedded::EmbeddedFactory;
use hardcore::synth::library::Library;

/// The built-in sounds and the test's own click.
pub fn library() -> Arc<Library> {
    let mut library = Library::built_in();
    library.add_folder(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/synthdefs")));
    assert_eq!(library.skipped, Vec::<String>::new());
    Arc::new(library)
}

/// Plays [`library`].
pub fn factory() -> Arc<dyn SoundFactory> {
    Arc::new(EmbeddedFactory::new(library()))
}

/// Whether this machine has the program `name`; says loudly that the test is skipped when it has not.
pub fn has(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    if !found {
        eprintln!(
            "SKIPPED: {name} is not installed (SuperCollider; `make setup-test` installs it)"
        );
    }
    found
}

/// A sample with one frame of full level at the start of every 64, `count` times, at `rate`.
pub fn click_samples(path: &SamplePath, rate: u32, count: usize) -> Samples {
    let mut frames = vec![kira::Frame::ZERO; 64 * count];
    frames.iter_mut().step_by(64).for_each(|f| *f = kira::Frame::from_mono(1.0));
    [(path.clone(), Sample { frames: frames.into(), rate })].into()
}

/// An empty project at this tempo.
/// Has these samples at hand.
struct Given(Samples);

impl Loader for Given {
    fn load(&mut self, _: &Project, samples: &mut Samples) -> Vec<String> {
        samples.clone_from(&self.0);
        Vec::new()
    }
}

/// What a set needs to play: no helpers, no scsynth, no clock, nothing written.
pub fn stage(samples: Samples) -> Stage {
    Stage {
        factory: factory(),
        loader: Box::new(Given(samples)),
        wish: Wish::default(),
        threads: 0,
        scsynth: None,
        clock_in: false,
        clock_out: None,
        journal: None,
        record: None,
    }
}

pub fn project(tempo: TempoMap) -> Project {
    Project::new("test", tempo, "F minor".parse().expect("a key"))
}

/// An empty project at 120 BPM.
pub fn blank() -> Project {
    project(TempoMap::constant(Bpm::from_milli(120_000)))
}

/// Notes of one tick's distance from each other being irrelevant: `starts` in ticks, 60 ticks long.
pub fn notes(starts: &[i64]) -> MidiClip {
    let note = |(i, start): (usize, &i64)| Note {
        id: NoteId(i as u32 + 1),
        start: Ticks(*start),
        length: Ticks(60),
        pitch: 60,
        velocity: 127,
        probability: 100,
    };
    MidiClip { notes: Arc::new(starts.iter().enumerate().map(note).collect()) }
}

/// A clip of this content; `looped` repeats all of it.
pub fn clip(id: u32, length: i64, looped: bool, content: ClipContent) -> Clip {
    let brace = LoopBrace { start: Ticks::ZERO, end: Ticks(length) };
    Clip {
        id: ClipId(id),
        name: format!("clip {id}"),
        color: None,
        length: Ticks(length),
        loop_brace: looped.then_some(brace),
        launch: LaunchSettings::default(),
        groove: None,
        muted: false,
        content,
        automation: Vec::new(),
    }
}

/// Add a track with one clip, in the slot of the first scene.
pub fn add_track(project: &mut Project, kind: TrackKind, clip: Clip) -> TrackId {
    let id: TrackId = project.song.next_id.fresh();
    let slot = Slot { clip: Some(clip.id), stop_button: true };
    if project.scenes.is_empty() {
        project.scenes.push(Scene {
            id: SceneId(9000),
            name: "One".into(),
            color: None,
            tempo: None,
            signature: None,
            slots: Default::default(),
        });
    }
    project.scenes[0].slots.insert(id, slot);
    project.tracks.push(Track {
        id,
        name: format!("track {id}"),
        color: 0,
        kind,
        group: None,
        mixer: MixerSettings::default(),
        clips: vec![clip],
        analysis: None,
    });
    id
}

/// A track kind that plays the click SynthDef.
pub fn click_synth() -> TrackKind {
    TrackKind::Instrument(Instrument { synth: "click".into(), params: Default::default() })
}

/// An offline engine for `project`.
pub fn offline(project: &Project, samples: &Samples, rate: u32, threads: usize) -> Offline {
    let options = Options { rate, threads, sources: 0 };
    let (engine, renderer, _) =
        prepare(project, factory().as_ref(), samples, &options).expect("a playable project");
    Offline::new(engine, renderer)
}

/// Play a node's rack as it is in `p`.
pub fn swap_rack(engine: &mut Engine, p: &Project, node: usize, factory: &dyn SoundFactory) {
    let swap = engine.rack_swap(p, node, factory).expect("a rack").expect("a node");
    engine.send_swap(None, swap).expect("room");
}

/// Play a track's clips as they are in `p`.
pub fn swap_clips(
    engine: &mut Engine,
    p: &Project,
    id: TrackId,
    factory: &dyn SoundFactory,
    samples: &Samples,
) {
    let swap = engine.clips_swap(p, id, factory, samples).expect("an edit").expect("a track");
    engine.send_swap(None, swap).expect("room");
}

/// Play the song's settings as they are in `p`.
pub fn swap_song(engine: &mut Engine, p: &Project) {
    let swap = engine.song_swap(p);
    engine.send_swap(None, swap).expect("room");
}

/// Launch the first scene at frame 0 and render `frames` frames of the left master.
pub fn render_scene(project: &Project, samples: &Samples, rate: u32, frames: usize) -> Vec<f32> {
    let mut offline = offline(project, samples, rate, 0);
    offline.engine.send(Some(0), Gesture::LaunchScene(0)).expect("room for a command");
    let mut out = Outputs::SILENT;
    let mut left = Vec::with_capacity(frames + 64);
    while left.len() < frames {
        offline.block(&mut out);
        left.extend_from_slice(&out.master.l);
    }
    assert_eq!(offline.renderer.missed(), 0, "every hit found a voice");
    left.truncate(frames);
    left
}

/// Frames whose sample is above half of full level.
pub fn clicks(signal: &[f32]) -> Vec<usize> {
    signal.iter().enumerate().filter(|(_, x)| x.abs() > 0.4).map(|(i, _)| i).collect()
}

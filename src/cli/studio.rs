//! What commands that make sound share: the sound library, samples, writing files, playing.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use crate::device::port::{Callback, Period};
use crate::device::{Found, OpenError, Status, Wish, find};
use crate::engine::adapter::Adapter;
use crate::engine::clock::Pos;
use crate::engine::prepare::{Options, Samples, prepare};
use crate::engine::protocol::Gesture;
use crate::engine::renderer::Renderer;
use crate::engine::samples::Sample;
use crate::engine::sound::SoundFactory;
use crate::export::bounce::{Bounce, Progress, Source};
use crate::export::wav::Bits;
use crate::export::write::{Files, Written, write};
use crate::files::read_limited;
use crate::model::project::Project;
use crate::persistence::samples::{SampleFolders, used};
use crate::settings::{self, Settings};
use crate::synth::embedded::EmbeddedFactory;
use crate::synth::library::Library;

/// Largest sample file that is loaded: an hour of 24-bit stereo at 48 kHz.
const MAX_SAMPLE_BYTES: u64 = 1 << 30;

/// Sounds and settings, ready to make sound.
pub struct Studio {
    /// The settings.
    pub settings: Settings,
    /// All sounds.
    pub library: Arc<Library>,
    /// Plays them.
    pub factory: EmbeddedFactory,
}

/// Threads that help to render, one core being the caller's.
pub fn helpers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).saturating_sub(1).min(16)
}

impl Studio {
    /// The built-in sounds and the user's; a broken one is named on stderr and left out.
    pub fn new(settings: Settings) -> Self {
        let mut library = Library::built_in();
        library.add_folder(&settings.folders.synthdefs);
        for sentence in &library.skipped {
            eprintln!("hardcore: note: {sentence}");
        }
        let library = Arc::new(library);
        Studio { settings, factory: EmbeddedFactory::new(Arc::clone(&library)), library }
    }

    /// The folders samples may come from, beside the project's own.
    pub fn sample_folders(&self) -> Vec<PathBuf> {
        vec![self.settings.folders.library.clone()]
    }

    /// Decode the samples of a project that lies in `file`.
    ///
    /// # Errors
    /// All samples that are missing or broken.
    pub fn samples(&self, file: &Path, project: &Project) -> Result<Samples, Failure> {
        let folders = SampleFolders::of(file, self.sample_folders());
        let mut samples = Samples::new();
        let mut bad = Vec::new();
        for (path, tracks) in used(project) {
            let bytes = folders
                .resolve(path)
                .map_err(|e| e.to_string())
                .and_then(|real| read_limited(&real, MAX_SAMPLE_BYTES).map_err(|e| e.to_string()));
            match bytes.and_then(|b| Sample::decode(b).map_err(|e| format!("{path}: {e}"))) {
                Ok(sample) => {
                    samples.insert(path.clone(), sample);
                }
                Err(e) => bad.push(format!("{e} (used by {})", tracks.join(", "))),
            }
        }
        if bad.is_empty() { Ok(samples) } else { Err(Failure(bad.join("; "))) }
    }

    /// How to bounce by these settings.
    pub fn bounce(&self, source: Source, tail_s: Option<f64>) -> Bounce {
        let rate = self.settings.render.rate;
        Bounce { source, length: None, rate, threads: helpers(), tail_s }
    }

    /// Bounce to files with a progress bar on a terminal; `factory` makes the sounds.
    ///
    /// # Errors
    /// A project that cannot be played, a disk that cannot be written.
    pub fn write(
        &self,
        project: &Project,
        factory: &dyn SoundFactory,
        samples: &Samples,
        how: &Bounce,
        mut files: Files,
        keep: bool,
    ) -> Result<Written, Failure> {
        files.bits = match self.settings.render.bits {
            settings::Bits::Int16 => Bits::Int16,
            settings::Bits::Int24 => Bits::Int24,
            settings::Bits::Float32 => Bits::Float32,
        };
        let bar = progress_bar();
        let step = |p: Progress| {
            bar.set_length(p.total);
            bar.set_position(p.done);
            ControlFlow::Continue(())
        };
        let written = write(project, factory, samples, how, &files, keep, step);
        bar.finish_and_clear();
        let written = written?;
        if written.bounced.missed > 0 {
            eprintln!("hardcore: note: {} notes found no free voice", written.bounced.missed);
        }
        for notice in &written.bounced.notices {
            eprintln!("hardcore: note: {notice}");
        }
        Ok(written)
    }

    /// Play `source` on the sound card to its end. Without a card this says so and is no failure.
    ///
    /// # Errors
    /// A project that cannot be played.
    pub fn play(
        &self,
        project: &Project,
        samples: &Samples,
        source: Source,
    ) -> Result<(), Failure> {
        let found = match self.output() {
            Ok(found) => found,
            Err(e) => {
                eprintln!("hardcore: not played: {e}");
                return Ok(());
            }
        };
        let options = Options { rate: found.rate, threads: 0, sources: 0 };
        let (mut engine, renderer, _) = prepare(project, &self.factory, samples, &options)?;
        let begin = match source {
            Source::Arrangement => Gesture::Start,
            Source::Scene(id) => Gesture::LaunchScene(engine.layout.row(id).unwrap_or(0)),
        };
        engine.send(None, begin)?;
        let frames = renderer.frame_ahead(Pos::from(source.length(project)));
        let length = Duration::from_secs_f64(frames as f64 / f64::from(found.rate));
        let mut running = match found.play(Box::new(Played::new(renderer))) {
            Ok(running) => running,
            Err((e, _)) => {
                eprintln!("hardcore: not played: {e}");
                return Ok(());
            }
        };
        for note in &running.notes {
            eprintln!("hardcore: note: {note}");
        }
        println!("playing on {} ({:.0} s; Ctrl+C stops)", running.name, length.as_secs_f64());
        let started = std::time::Instant::now();
        while started.elapsed() < length {
            if let Status::Lost(sentence) = running.status() {
                eprintln!("hardcore: {sentence}");
                break;
            }
            engine.maintain();
            while let Some(event) = engine.next_event() {
                if let Some(notice) = engine.notice(&event) {
                    eprintln!("hardcore: note: {notice}");
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(running);
        Ok(())
    }

    /// The output of the settings; nothing plays yet.
    ///
    /// # Errors
    /// It is not there or cannot be used.
    pub fn output(&self) -> Result<Found, OpenError> {
        find(&Wish { name: self.settings.audio.device.clone(), ..Wish::default() })
    }
}

/// Frames rendered at a time.
const PART: usize = 256;
/// Channels: master and cue.
const CHANNELS: usize = 4;

/// A renderer as what a device plays.
struct Played {
    adapter: Adapter,
    /// A part, its channels side by side in each frame.
    part: [f32; PART * CHANNELS],
}

impl Played {
    fn new(renderer: Renderer) -> Self {
        Played { adapter: Adapter::new(renderer), part: [0.0; PART * CHANNELS] }
    }
}

impl Callback for Played {
    fn process(&mut self, period: &mut dyn Period) {
        let frames = period.frames();
        for from in (0..frames).step_by(PART) {
            let part = &mut self.part[..(frames - from).min(PART) * CHANNELS];
            self.adapter.fill(part, CHANNELS);
            for c in 0..CHANNELS {
                let out = period.output(c).iter_mut().skip(from);
                for (out, frame) in out.zip(part.chunks_exact(CHANNELS)) {
                    *out = frame[c];
                }
            }
        }
    }
}

fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("rendering {wide_bar} {percent}% {eta}");
    let bar = ProgressBar::new(1);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

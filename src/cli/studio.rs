//! What commands that make sound share: the sound library, samples, writing files, playing.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use crate::app::learn::Learned;
use crate::app::player::Player;
use crate::app::presets::Presets;
use crate::app::record::Manner;
use crate::app::sound;
use crate::device::{Found, OpenError, Wish, find};
use crate::engine::clock::Pos;
use crate::engine::prepare::{Options, Samples, prepare};
use crate::engine::samples::Sample;
use crate::engine::sound::SoundFactory;
use crate::export::bounce::{Bounce, Progress, Source};
use crate::export::wav::Bits;
use crate::export::write::{Files, Written, write};
use crate::files::read_limited;
use crate::jobs::bounce::Workshop;
use crate::live::desk::{At, Loader, News, Order, View};
use crate::live::hall::{Hall, Report, Stage};
use crate::model::action::Span;
use crate::model::launch::Quantization;
use crate::model::performance::Performance;
use crate::model::project::Project;
use crate::persistence::samples::{MAX_SAMPLE_BYTES, SampleFolders, used};
use crate::settings::{self, Places, Settings};
use crate::synth::embedded::EmbeddedFactory;
use crate::synth::library::Library;

/// Sounds and settings, ready to make sound.
pub struct Studio {
    /// The settings.
    pub settings: Settings,
    /// All sounds.
    pub library: Arc<Library>,
    /// Plays them.
    pub factory: EmbeddedFactory,
}

/// Threads that help to render a file, one core being the caller's.
pub fn helpers() -> usize {
    cores().saturating_sub(1).min(16)
}

/// Threads that help to play: a core is left to everything else, since the callback has to wait for a
/// helper that is put aside in the middle of its work (`make bench` shows what that costs).
fn live_helpers() -> usize {
    cores().saturating_sub(2).min(16)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
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
        let mut samples = Samples::new();
        let bad = self.loader(file).load(project, &mut samples);
        if bad.is_empty() { Ok(samples) } else { Err(Failure(bad.join("; "))) }
    }

    /// Finds the samples of a project that lies in `file`.
    pub fn loader(&self, file: &Path) -> Box<dyn Loader> {
        Box::new(Folders(SampleFolders::of(file, self.sample_folders())))
    }

    /// What a project that lies in `file` is played live with.
    pub fn stage(&self, file: &Path) -> Stage {
        Stage {
            factory: self.factory(),
            loader: self.loader(file),
            wish: self.wish(),
            threads: live_helpers(),
            scsynth: (self.settings.synth.executor == "scsynth").then(|| Arc::clone(&self.library)),
            clock_in: self.settings.midi.clock == "in",
            clock_out: Some(self.settings.midi.clock_out.trim())
                .filter(|part| *part != "none")
                .map(str::to_owned),
            journal: None,
            record: None,
        }
    }

    /// A project that lies in `file`, and what plays it; with what the user taught it. A sentence where
    /// the user's MIDI map is broken.
    ///
    /// # Errors
    /// A project that cannot be played.
    pub fn set(
        &self,
        project: Project,
        file: &Path,
        stage: Stage,
    ) -> Result<(Player, Hall, Option<String>), Failure> {
        let mut player = Player::new(project.clone(), file)?;
        player.world.insert_resource(self.workshop());
        let hall = Hall::open(project, stage)?;
        hall.order(Order::Grace(self.settings.launch.grace_ms));
        player.library = self.sample_folders();
        player.manner = manner(&self.settings.record);
        let (learned, broken) = Learned::load(Places::of_user().config.join("midi.ron"));
        player.learned = learned;
        let (presets, unread) = Presets::open(&Places::of_user().data);
        player.presets = presets;
        let broken = [broken, unread].into_iter().flatten().reduce(|a, b| format!("{a}; {b}"));
        player.bind(&mut |order| hall.order(order));
        Ok((player, hall, broken))
    }

    /// What jobs make things with.
    pub fn workshop(&self) -> Workshop {
        let folders = self.sample_folders();
        let find = move |project: &Project, file: &Path| {
            let mut samples = Samples::new();
            let mut folders = Folders(SampleFolders::of(file, folders.clone()));
            let bad = folders.load(project, &mut samples);
            if bad.is_empty() { Ok(samples) } else { Err(bad.join("; ")) }
        };
        Workshop {
            factory: self.factory(),
            samples: Arc::new(find),
            candidates: self.settings.compose.candidates,
            rate: self.settings.render.rate,
            bits: self.bits(),
        }
    }

    /// What makes sounds, to be shared.
    pub fn factory(&self) -> Arc<dyn SoundFactory> {
        Arc::new(EmbeddedFactory::new(Arc::clone(&self.library)))
    }

    /// The form of samples in rendered files.
    pub fn bits(&self) -> Bits {
        match self.settings.render.bits {
            settings::Bits::Int16 => Bits::Int16,
            settings::Bits::Int24 => Bits::Int24,
            settings::Bits::Float32 => Bits::Float32,
        }
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
        files.bits = self.bits();
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
        let (rate, name) = (found.rate, found.name.clone());
        drop(found);
        let options = Options { rate, threads: 0, sources: 0 };
        let (_, renderer, _) = prepare(project, &self.factory, samples, &options)?;
        let frames = renderer.frame_ahead(Pos::from(source.length(project)));
        let hall = Hall::open(project.clone(), self.stage(Path::new("")))?;
        let begin = match source {
            Source::Arrangement => Performance::Play,
            Source::Scene(id) => Performance::LaunchScene(id),
        };
        hall.order(Order::Perform(begin, At::Now));
        println!("playing on {name} ({:.0} s; Ctrl+C stops)", frames as f64 / f64::from(rate));
        let mut view = None;
        let over = |view: &Option<View>| {
            view.as_ref().is_some_and(|v| v.snapshot.playhead().frame >= frames)
        };
        while !over(&view) {
            match hall.reports.recv_timeout(Duration::from_millis(20)) {
                Ok(Report::News(News::View(new))) => view = Some(new),
                Ok(Report::News(News::Notice(sentence))) => eprintln!("hardcore: note: {sentence}"),
                _ => {}
            }
        }
        Ok(())
    }

    /// The output of the settings; nothing plays yet.
    ///
    /// # Errors
    /// It is not there or cannot be used.
    pub fn output(&self) -> Result<Found, OpenError> {
        find(&self.wish())
    }

    /// The device of the settings.
    pub fn wish(&self) -> Wish {
        sound::wish(&self.settings.audio)
    }
}

/// How recordings are made after the settings.
pub(super) fn manner(record: &settings::Record) -> Manner {
    let known = Quantization::NAMES.iter().find(|(name, _)| *name == record.quantize);
    Manner {
        grid: known.map(|(_, grid)| *grid).filter(|grid| *grid != Quantization::None),
        length: (record.bars > 0).then_some(Span::Bars(record.bars)),
        fixed: Span::Bars(record.bars.max(1)),
        count_in: record.count_in.min(8) as u8,
    }
}

/// Finds the samples of a project in its folder and the library.
struct Folders(SampleFolders);

impl Loader for Folders {
    fn load(&mut self, project: &Project, samples: &mut Samples) -> Vec<String> {
        let mut bad = Vec::new();
        for (path, tracks) in used(project) {
            if samples.contains_key(path) {
                continue;
            }
            let bytes =
                self.0.resolve(path).map_err(|e| e.to_string()).and_then(|real| {
                    read_limited(&real, MAX_SAMPLE_BYTES).map_err(|e| e.to_string())
                });
            match bytes.and_then(|b| Sample::decode(b).map_err(|e| format!("{path}: {e}"))) {
                Ok(sample) => drop(samples.insert(path.clone(), sample)),
                Err(e) => bad.push(format!("{e} (used by {})", tracks.join(", "))),
            }
        }
        bad
    }

    fn home(&mut self, file: &Path) {
        self.0 = SampleFolders::of(file, std::mem::take(&mut self.0.library));
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

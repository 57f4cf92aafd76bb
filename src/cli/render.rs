//! `hardcore render`: a project as sound.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::RenderArgs;
use super::play::{Length, Script};
use super::studio::{Studio, helpers};
use super::{Failure, notes, print};
use crate::app::player::Player;
use crate::app::script;
use crate::engine::block::BLOCK;
use crate::engine::renderer::{HostTime, Outputs};
use crate::engine::sound::SoundFactory;
use crate::export::bounce::Source;
use crate::export::wav::{WavFormat, WavSink};
use crate::export::write::Files;
use crate::files::write_atomic;
use crate::live::desk::Order;
use crate::live::hall::build;
use crate::live::journal;
use crate::live::replay::Replay;
use crate::model::project::Project;
use crate::persistence::hcs;
use crate::synth::score::ScoreFactory;

/// Render a project's arrangement or one of its scenes.
///
/// # Errors
/// A project, scene, sound or sample that is missing or broken; a file that cannot be written.
pub fn render(args: &RenderArgs, studio: &Studio, out: &mut dyn Write) -> Result<(), Failure> {
    let loaded = hcs::load(&args.project)?;
    for note in notes(&loaded) {
        eprintln!("hardcore: note: {note}");
    }
    let project = loaded.project;
    if let Some(path) = &args.journal {
        return replay(args, path, studio, out);
    }
    if let Some(path) = &args.script {
        return perform(args, path, project, studio, out);
    }
    let source = source(&project, args.scene.as_deref())?;
    let samples = studio.samples(&args.project, &project)?;
    if let Some(folder) = &args.stems {
        std::fs::create_dir_all(folder).map_err(|e| {
            Failure(format!("cannot make the folder '{}' for the stems: {e}", folder.display()))
        })?;
    }
    let how = studio.bounce(source, args.tail);
    let files =
        Files { master: Some(args.out.clone()), stems: args.stems.clone(), ..Files::default() };
    let recorder = args.osc_score.as_ref().map(|_| ScoreFactory::new(Arc::clone(&studio.library)));
    let factory: &dyn SoundFactory = match &recorder {
        Some(recorder) => recorder,
        None => &studio.factory,
    };
    let written = studio.write(&project, factory, &samples, &how, files, false)?;
    let seconds = written.bounced.frames as f64 / f64::from(how.rate);
    for path in &written.files {
        print(out, &format!("{}: {seconds:.1} s\n", path.display()))?;
    }
    if let (Some(path), Some(recorder)) = (&args.osc_score, &recorder) {
        let score = recorder.score(written.bounced.frames)?;
        write_atomic(path, &score.bytes)?;
        let (shown, tracks, notes) = (path.display(), score.tracks, score.notes);
        print(
            out,
            &format!(
                "{shown}: {notes} notes of {tracks} tracks, dry, without samples and effects\n"
            ),
        )?;
        let wav = path.with_extension("wav");
        let words = score.scsynth_args(&shown.to_string(), &wav.display().to_string());
        print(out, &format!("play it with: scsynth {}\n", words.join(" ")))?;
    }
    if written.clipped > 0 {
        let clipped = written.clipped;
        eprintln!(
            "hardcore: note: {clipped} samples of the master were above full scale; turn the master down or add fx_limiter"
        );
    }
    Ok(())
}

/// Where the sound of a take goes: a file in the form of the settings.
struct Sound {
    sink: WavSink,
    path: PathBuf,
}

impl Sound {
    fn create(path: &Path, rate: u32, studio: &Studio) -> Result<Sound, Failure> {
        let format = WavFormat { rate, channels: 2, bits: studio.bits() };
        Ok(Sound { sink: WavSink::create(path, format)?, path: path.to_owned() })
    }

    fn block(&mut self, block: &Outputs) -> Result<(), Failure> {
        Ok(self.sink.write_channels(&[&block.master.l, &block.master.r])?)
    }

    fn finish(self, rate: u32, out: &mut dyn Write) -> Result<(), Failure> {
        let written = self.sink.finish()?;
        let seconds = written.frames as f64 / f64::from(rate);
        print(out, &format!("{}: {seconds:.1} s\n", self.path.display()))?;
        if written.over > 0 {
            let clipped = written.over;
            eprintln!(
                "hardcore: note: {clipped} samples of the master were above full scale; turn the master down or add fx_limiter"
            );
        }
        Ok(())
    }
}

/// A take again, from its journal.
fn replay(
    args: &RenderArgs,
    path: &Path,
    studio: &Studio,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let take = journal::read(path)?;
    let rate = take.rate;
    let mut loader = studio.loader(&args.project);
    let mut replay = Replay::new(take, &studio.factory, &mut *loader, helpers())?;
    let mut sound = Sound::create(&args.out, rate, studio)?;
    let mut block = Outputs::SILENT;
    while replay.block(&mut block) {
        sound.block(&block)?;
    }
    // What sounds at the end of a take rings on for as long as is asked.
    let tail = args.tail.unwrap_or(0.0) * f64::from(rate) / BLOCK as f64;
    for _ in 0..tail as u64 {
        replay.block(&mut block);
        sound.block(&block)?;
    }
    for problem in &replay.problems {
        eprintln!("hardcore: note: {problem}");
    }
    sound.finish(rate, out)
}

/// What a script performs, block by block instead of live.
fn perform(
    args: &RenderArgs,
    path: &Path,
    project: Project,
    studio: &Studio,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let Some(length) = args.length else {
        return Err(Failure("a script needs --for, such as --for 32bars".into()));
    };
    let rate = studio.settings.render.rate;
    let mut script = Script::new(script::read(path).map_err(Failure)?);
    let mut player = Player::new(project.clone(), &args.project)?;
    player.manner = super::studio::manner(&studio.settings.record);
    let (mut desk, mut performer, _commands) = build(project, studio.stage(&args.project), rate)?;
    desk.order(Order::Grace(studio.settings.launch.grace_ms));
    let mut sound = Sound::create(&args.out, rate, studio)?;
    let mut failed = Vec::new();
    loop {
        let mut orders = Vec::new();
        for news in desk.tend() {
            if let Some(sentence) = player.news(news, &mut |o| orders.push(o)) {
                eprintln!("hardcore: note: {sentence}");
            }
        }
        script.advance(&mut player, &mut |o| orders.push(o), &mut |line, done| {
            if let Err(e) = done {
                failed.push(format!("script line {}: “{}”: {e}", line.number, line.action));
            }
        });
        orders.into_iter().for_each(|order| desk.order(order));
        let head = desk.engine.snapshot.playhead();
        let over = match length {
            Length::Seconds(s) => head.frame as f64 >= s * f64::from(rate),
            Length::Music(span) => head.pos.ticks() >= span.ticks(head.signature).0 as f64,
        };
        if over {
            break;
        }
        if !head.playing && !head.counting_in && head.frame > 0 && script.is_done() {
            eprintln!("hardcore: note: the transport stands and the script is over: ended here");
            break;
        }
        sound.block(performer.next_block(HostTime::default()))?;
    }
    for news in desk.close() {
        if let Some(sentence) = player.news(news, &mut |_| {}) {
            eprintln!("hardcore: note: {sentence}");
        }
    }
    sound.finish(rate, out)?;
    match failed.into_iter().next() {
        Some(first) => Err(Failure(first)),
        None => Ok(()),
    }
}

fn source(project: &Project, scene: Option<&str>) -> Result<Source, Failure> {
    let Some(name) = scene else {
        let none =
            || Failure("the project has neither an arrangement nor a scene to render".into());
        return Source::of(project).ok_or_else(none);
    };
    let found = project.scenes.iter().find(|s| s.name.eq_ignore_ascii_case(name));
    found.map(|s| Source::Scene(s.id)).ok_or_else(|| {
        let names: Vec<_> = project.scenes.iter().map(|s| format!("'{}'", s.name)).collect();
        Failure(format!("there is no scene called '{name}'; the project has {}", names.join(", ")))
    })
}

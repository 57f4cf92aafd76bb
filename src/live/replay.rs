//! A take again from its journal: the same bytes, block by block.

use std::collections::BTreeMap;

use super::desk::Loader;
use super::journal::{Line, Take};
use crate::engine::offline::Offline;
use crate::engine::prepare::{Options, PrepareError, Samples, prepare};
use crate::engine::protocol::{Journaled, Swap};
use crate::engine::renderer::Outputs;
use crate::engine::sound::SoundFactory;
use crate::engine::update::Step;
use crate::model::project::Project;

/// Frames by which commands are sent ahead: more than a block, far less than the rings hold.
const AHEAD: u64 = 4096;

/// A take being played again.
pub struct Replay<'a> {
    run: Offline,
    lines: std::iter::Peekable<std::vec::IntoIter<Line>>,
    project: Project,
    playing: Project,
    samples: Samples,
    loader: &'a mut dyn Loader,
    factory: &'a dyn SoundFactory,
    /// Prepared from edits, by number.
    swaps: BTreeMap<u32, Swap>,
    /// What could not be done again, a sentence each.
    pub problems: Vec<String>,
    /// The last frame of the take, or else the one the last command took effect on.
    last: u64,
}

impl<'a> Replay<'a> {
    /// Prepare the take's engine.
    ///
    /// # Errors
    /// A project that cannot be played any more.
    pub fn new(
        take: Take,
        factory: &'a dyn SoundFactory,
        loader: &'a mut dyn Loader,
        threads: usize,
    ) -> Result<Self, PrepareError> {
        let mut samples = Samples::new();
        let problems = loader.load(&take.project, &mut samples);
        let options = Options { rate: take.rate, threads, sources: 0 };
        let (engine, renderer, _) = prepare(&take.project, factory, &samples, &options)?;
        Ok(Replay {
            run: Offline::new(engine, renderer),
            lines: take.lines.into_iter().peekable(),
            playing: take.project.clone(),
            project: take.project,
            samples,
            loader,
            factory,
            swaps: BTreeMap::new(),
            problems,
            last: 0,
        })
    }

    /// The next block of the take; `false` once it is over: this block is after its end.
    pub fn block(&mut self, out: &mut Outputs) -> bool {
        let until = self.run.renderer.frame() + AHEAD;
        while let Some(line) = self.lines.next_if(|line| match line {
            Line::Did(entry) => entry.frame < until,
            _ => true,
        }) {
            self.take(line);
        }
        // What waits for room moves up: a crowded block needs all of its commands.
        self.run.engine.maintain();
        let more = self.lines.peek().is_some() || self.run.renderer.frame() <= self.last;
        self.run.block(out);
        while self.run.engine.next_event().is_some() || self.run.engine.next_journal().is_some() {}
        more
    }

    fn take(&mut self, line: Line) {
        match line {
            Line::Head { .. } => {}
            Line::End(frames) => self.last = frames.saturating_sub(1),
            Line::Edit { serials, patches } => {
                let asked = self.project.clone();
                patches.into_iter().for_each(|patch| patch.apply(&mut self.project));
                self.problems.extend(self.loader.load(&self.project, &mut self.samples));
                let (engine, new) = (&mut self.run.engine, &self.project);
                let update = engine.update(&self.playing, &asked, new, self.factory, &self.samples);
                self.playing = update.plays;
                self.problems.extend(update.problems);
                let swaps = update.steps.into_iter().filter_map(|step| match step {
                    Step::Swap(swap) => Some(swap),
                    // Values that moved stand in the journal themselves.
                    Step::Set(_) => None,
                });
                self.swaps.extend(serials.into_iter().zip(swaps));
            }
            Line::Did(entry) => {
                self.last = entry.frame;
                let frame = Some(entry.frame);
                let sent = match entry.what {
                    Journaled::Play(gesture) => self.run.engine.send(frame, gesture),
                    Journaled::Swap(serial) => match self.swaps.remove(&serial) {
                        Some(swap) => self.run.engine.send_swap(frame, swap).map(|_| ()),
                        None => {
                            self.problems
                                .push(format!("the journal lacks the edit of swap {serial}"));
                            Ok(())
                        }
                    },
                };
                if let Err(busy) = sent {
                    self.problems.push(busy.to_string());
                }
            }
        }
    }

    /// Frames per second.
    pub fn rate(&self) -> u32 {
        self.run.renderer.rate()
    }
}

//! A set driven as a device drives it: a period rendered, then slept until the next is due.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hardcore::engine::block::BLOCK;
use hardcore::engine::prepare::{Engine, Options, Samples, prepare};
use hardcore::engine::protocol::Gesture;
use hardcore::engine::renderer::{HostTime, Outputs, Renderer};
use hardcore::model::project::Project;
use hardcore::synth::embedded::EmbeddedFactory;
use hardcore::synth::library::Library;

use crate::capacity::LIMIT;
use crate::{Failure, RATE};

/// Share of the periods that may take longer than is said of a stretch's `top`.
pub const RARE: f64 = 0.01;

/// A set that plays.
pub struct Paced {
    engine: Engine,
    renderer: Renderer,
    out: Outputs,
    period: usize,
    wall: Vec<f64>,
    cpu: Vec<f64>,
}

/// What a stretch of periods took, in shares of a period.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// By the clock on the wall.
    pub wall: Times,
    /// In processor time of the rendering thread; `None` where the system does not tell.
    pub cpu: Option<Times>,
    /// Share of the periods that took longer than [`LIMIT`] on the wall.
    pub over: f64,
    /// Processors this program kept busy; `None` where the system does not tell.
    pub busy: Option<f64>,
}

/// Times of periods.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// On the average.
    pub mean: f64,
    /// All but 1 % are at or below it.
    pub top: f64,
    /// The longest.
    pub worst: f64,
}

impl Paced {
    /// Prepare `project` and launch its first scene.
    pub fn new(
        project: &Project,
        library: &Arc<Library>,
        period: usize,
        threads: usize,
    ) -> Result<Self, Failure> {
        let options = Options { rate: RATE, threads, sources: 0 };
        let factory = EmbeddedFactory::new(Arc::clone(library));
        let (mut engine, renderer, _) = prepare(project, &factory, &Samples::new(), &options)?;
        engine.send(Some(0), Gesture::LaunchScene(0))?;
        let (wall, cpu) = (Vec::new(), Vec::new());
        Ok(Paced { engine, renderer, out: Outputs::SILENT, period, wall, cpu })
    }

    /// Play `seconds`. With a limit, in shares of a period, it ends early with `None` once more than
    /// [`RARE`] of the periods took longer: in processor time of the rendering thread, which helpers never
    /// make sleep; by the clock on the wall where the system does not tell.
    pub fn play(&mut self, seconds: f64, limit: Option<f64>) -> Option<Stretch> {
        let period_s = self.period as f64 / f64::from(RATE);
        let count = (seconds / period_s).round().max(1.0) as usize;
        let allowed = (count as f64 * RARE) as usize;
        self.wall.clear();
        self.cpu.clear();
        let (begun, busy) = (Instant::now(), clock::process());
        let mut due = begun;
        let mut late = 0;
        for _ in 0..count {
            let cpu = clock::thread();
            let from = Instant::now();
            for _ in 0..self.period / BLOCK {
                self.renderer.render(&[], &mut self.out, HostTime::default());
            }
            let wall = from.elapsed().as_secs_f64() / period_s;
            let cpu = cpu.zip(clock::thread()).map(|(from, to)| (to - from) / period_s);
            self.cpu.extend(cpu);
            self.wall.push(wall);
            if let Some(limit) = limit {
                late += usize::from(cpu.unwrap_or(wall) > limit);
                if late > allowed {
                    return None;
                }
            }
            self.chores();
            due += Duration::from_secs_f64(period_s);
            let now = Instant::now();
            // Like a device after it ran dry: it does not catch up.
            due = due.max(now);
            std::thread::sleep(due - now);
        }
        let elapsed = begun.elapsed().as_secs_f64();
        let busy = busy.zip(clock::process()).map(|(from, to)| (to - from) / elapsed);
        Some(Stretch {
            wall: Times::of(&mut self.wall)?,
            cpu: Times::of(&mut self.cpu),
            over: self.wall.iter().filter(|wall| **wall > LIMIT).count() as f64 / count as f64,
            busy,
        })
    }

    /// Notes that found no voice.
    pub fn missed(&self) -> u64 {
        self.renderer.missed()
    }

    /// What the engine thread does beside the callback.
    fn chores(&mut self) {
        self.engine.maintain();
        while self.engine.next_event().is_some() {}
        while self.engine.next_journal().is_some() {}
    }
}

impl Times {
    /// Of these shares of a period, which are sorted; `None` when there are none.
    pub fn of(times: &mut [f64]) -> Option<Times> {
        times.sort_unstable_by(f64::total_cmp);
        let rare = (times.len() as f64 * RARE) as usize;
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        let (worst, top) = (*times.last()?, *times.get(times.len() - 1 - rare)?);
        Some(Times { mean, top, worst })
    }
}

/// Share of all processors that others take while this program wants them all; `None` where the system
/// does not tell.
pub fn taken_by_others() -> Option<f64> {
    const LOOK: Duration = Duration::from_millis(500);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (begun, from) = (Instant::now(), clock::process()?);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| while begun.elapsed() < LOOK {});
        }
    });
    let got = clock::process()? - from;
    Some((1.0 - got / (begun.elapsed().as_secs_f64() * cores as f64)).max(0.0))
}

#[cfg(target_os = "linux")]
mod clock {
    //! Processor time in seconds.

    use std::time::Duration;

    use nix::time::{ClockId, clock_gettime};

    /// Of this thread.
    pub fn thread() -> Option<f64> {
        read(ClockId::CLOCK_THREAD_CPUTIME_ID)
    }

    /// Of all threads of this program.
    pub fn process() -> Option<f64> {
        read(ClockId::CLOCK_PROCESS_CPUTIME_ID)
    }

    fn read(clock: ClockId) -> Option<f64> {
        clock_gettime(clock).ok().map(|time| Duration::from(time).as_secs_f64())
    }
}

#[cfg(not(target_os = "linux"))]
mod clock {
    //! Systems that are not asked.

    pub fn thread() -> Option<f64> {
        None
    }

    pub fn process() -> Option<f64> {
        None
    }
}

//! How many tracks and voices fit into a period, with and without helpers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hardcore::model::project::Project;
use hardcore::synth::library::Library;

use crate::paced::{Paced, RARE, Stretch, Times, taken_by_others};
use crate::{Failure, RATE, set};

/// Frames of the periods that are measured.
pub const PERIODS: [usize; 3] = [64, 128, 256];
/// Share of a period that rendering may take.
pub const LIMIT: f64 = 0.8;
/// A point is this many stretches of this many seconds; each figure is the median of theirs.
const STRETCHES: usize = 5;
const STRETCH_S: f64 = 2.0;
/// A look that guides the search.
const LOOK_S: f64 = 0.4;
/// Played before anything counts.
const SETTLE_S: f64 = 0.1;
/// Time for the search and the measure of a point; what one leaves the next may use.
const PATIENCE: Duration = Duration::from_millis(13_500);
/// The most that is tried.
const TOO_MANY: usize = 2000;

/// Makes a set with so many of what is counted.
pub type Make<'a> = &'a dyn Fn(usize) -> Result<Project, Failure>;

/// A number that holds.
struct Held {
    /// Stretches that did.
    stretches: usize,
    /// The medians of theirs.
    usual: Stretch,
}

/// The largest number that holds.
struct Point {
    most: usize,
    /// `None` when not even one holds.
    held: Option<Held>,
    /// The smallest number that was seen not to hold.
    too_many: Option<usize>,
}

/// Measure and print.
pub fn measure(library: &Arc<Library>) -> Result<(), Failure> {
    let begun = Instant::now();
    println!("\nCapacity: the most whose rendering leaves a fifth of each period free, {RATE} Hz");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let taken = taken_by_others();
    let taken = taken.map_or("?".to_owned(), |taken| format!("{:.0}", taken * 100.0));
    println!("  {cores} cores, of which others took {taken} % just now");
    let (rare, limit) = (RARE * 100.0, LIMIT * 100.0);
    println!("  A number holds if at most {rare} % of the periods take over {limit} % of a period");
    println!(
        "  of processor time; the clock on the wall, beside it, also counts what others take."
    );
    println!(
        "  Periods come as a device asks for them, with sleep in between. A point is {STRETCHES}"
    );
    println!(
        "  stretches of {STRETCH_S} s, of which more than half hold; figures are the medians of those."
    );
    println!(
        "  tracks: kick, bass, hoover in turn, with the racks, sends and master of a composed piece"
    );
    println!("  voices: of the {}, held, four a track", set::VOICE);
    println!();
    println!("                              on the wall, % of a period    processor, %   cores");
    println!(
        "  what    frames  helpers  most   mean    99 %   worst  over   mean    99 %   busy  held"
    );
    let tracks = |count| set::tracks(library, count);
    let voices = |count| set::voices(count);
    let mut points = 0;
    let until = |points: &mut u32| {
        *points += 1;
        begun + PATIENCE * *points
    };
    let mut first = 12;
    for helpers in [0, 1, 2] {
        for period in PERIODS {
            let point = most(&tracks, library, period, helpers, first, until(&mut points))?;
            point.print("tracks", period, helpers);
            first = point.most.max(2);
        }
    }
    let mut first = 24;
    for period in PERIODS {
        let point = most(&voices, library, period, 0, first, until(&mut points))?;
        point.print("voices", period, 0);
        first = point.most.max(2);
    }
    println!("  {:.0} s", begun.elapsed().as_secs_f64());
    Ok(())
}

/// Search: two looks come near, steps from above find one that holds, halves make it exact to 5 %.
fn most(
    make: Make,
    library: &Arc<Library>,
    period: usize,
    helpers: usize,
    first: usize,
    until: Instant,
) -> Result<Point, Failure> {
    let mut try_next = scaled(near(make, library, period, helpers, first)?, 1.03);
    let mut point = Point { most: 0, held: None, too_many: None };
    let mut step = 0.95;
    loop {
        match long(&make(try_next)?, library, period, helpers)? {
            Some(held) => (point.most, point.held) = (try_next, Some(held)),
            None => point.too_many = Some(try_next),
        }
        let fine = |n: usize| (n / 20).max(1);
        // Where others take the time, what was found so far has to do.
        if Instant::now() > until {
            break;
        }
        try_next = match (point.most, point.too_many) {
            (most, None) if most < TOO_MANY => scaled(most, 1.05).max(most + 1),
            (0, Some(1)) | (_, None) => break,
            (0, Some(many)) => {
                let next = scaled(many, step).min(many - 1);
                step *= step;
                next
            }
            (most, Some(many)) if many - most <= fine(many) => break,
            (most, Some(many)) => most.midpoint(many),
        };
    }
    Ok(point)
}

/// About the largest number, from looks of which the first is at `first`.
pub fn near(
    make: Make,
    library: &Arc<Library>,
    period: usize,
    helpers: usize,
    first: usize,
) -> Result<usize, Failure> {
    let mut try_next = first;
    for _ in 0..2 {
        let mut run = Paced::new(&make(try_next)?, library, period, helpers)?;
        run.play(SETTLE_S, None);
        let Some(look) = run.play(LOOK_S, None) else { break };
        // What others took from us is not in the processor time.
        let top = look.cpu.unwrap_or(look.wall).top;
        try_next = scaled(try_next, LIMIT / top);
    }
    Ok(try_next)
}

fn scaled(count: usize, by: f64) -> usize {
    ((count as f64 * by).round() as usize).clamp(1, TOO_MANY)
}

/// The whole measure; `None` when the number does not hold.
fn long(
    project: &Project,
    library: &Arc<Library>,
    period: usize,
    helpers: usize,
) -> Result<Option<Held>, Failure> {
    let mut run = Paced::new(project, library, period, helpers)?;
    run.play(SETTLE_S, None);
    let (mut good, mut bad) = (Vec::new(), 0);
    while good.len() + bad < STRETCHES {
        match run.play(STRETCH_S, Some(LIMIT)) {
            Some(stretch) => good.push(stretch),
            None => bad += 1,
        }
        // The median is over the limit then.
        if bad > STRETCHES / 2 {
            return Ok(None);
        }
    }
    if run.missed() > 0 {
        return Err(format!("{} notes found no voice", run.missed()).into());
    }
    let median =
        |of: &dyn Fn(&Stretch) -> Option<f64>| median(good.iter().filter_map(of).collect());
    let times = |of: &dyn Fn(&Stretch) -> Option<Times>| {
        Some(Times {
            mean: median(&|s| Some(of(s)?.mean))?,
            top: median(&|s| Some(of(s)?.top))?,
            worst: median(&|s| Some(of(s)?.worst))?,
        })
    };
    let usual = Stretch {
        wall: times(&|s| Some(s.wall)).ok_or("nothing was measured")?,
        cpu: times(&|s| s.cpu),
        over: median(&|s| Some(s.over)).unwrap_or(0.0),
        busy: median(&|s| s.busy),
    };
    Ok(Some(Held { stretches: good.len(), usual }))
}

fn median(mut of: Vec<f64>) -> Option<f64> {
    of.sort_unstable_by(f64::total_cmp);
    of.get(of.len() / 2).copied()
}

impl Point {
    fn print(&self, what: &str, period: usize, helpers: usize) {
        print!("  {what:<7} {period:>5}  {helpers:>7}  {:>4}", self.most);
        let Some(Held { stretches, usual }) = &self.held else {
            return println!("   none was found in time: others take it");
        };
        let percent = |share: Option<f64>, after: usize| match share {
            Some(share) => format!("{:.after$}", share * 100.0),
            None => "-".to_owned(),
        };
        let Stretch { wall, cpu, over, busy } = usual;
        println!(
            "  {:>5}  {:>6}  {:>6}  {:>5}  {:>5}  {:>6}  {:>5}  {stretches} of {STRETCHES}",
            percent(Some(wall.mean), 0),
            percent(Some(wall.top), 0),
            percent(Some(wall.worst), 0),
            percent(Some(*over), 2),
            percent(cpu.map(|cpu| cpu.mean), 0),
            percent(cpu.map(|cpu| cpu.top), 0),
            busy.map_or("-".to_owned(), |busy| format!("{busy:.2}")),
        );
    }
}

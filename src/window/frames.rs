//! How much processor time the window's own systems take, frame by frame.
//!
//! The schedules of the main world run on one thread, which leaves the other cores to the sound; so the
//! time of that thread from the first schedule to the last is all that a frame of the panels costs.
//! What Bevy's renderer does beside it, on threads of its own, is not counted.

use std::fmt;
use std::time::{Duration, Instant};

use bevy::app::MainScheduleOrder;
use bevy::ecs::schedule::{ScheduleLabel, SingleThreadedExecutor};
use bevy::prelude::*;

/// Frames that are remembered: the first half hour at 60 a second.
const MOST: usize = 108_000;

/// Before everything else in a frame.
#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
struct Begin;

/// After everything else in a frame.
#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
struct End;

/// Times of frames.
#[derive(Resource, Default)]
pub struct Frames {
    begun: Option<Duration>,
    first: Option<Instant>,
    last: Option<Instant>,
    took: Vec<Duration>,
}

impl Frames {
    fn begin(mut frames: ResMut<Frames>) {
        let now = Instant::now();
        frames.first.get_or_insert(now);
        frames.last = Some(now);
        frames.begun = thread_time();
    }

    fn end(mut frames: ResMut<Frames>) {
        let took = thread_time().zip(frames.begun).map(|(now, begun)| now.saturating_sub(begun));
        if let Some(took) = took
            && frames.took.len() < MOST
        {
            frames.took.push(took);
        }
    }

    /// The time that this share of the frames stays within, 0–1.
    fn within(sorted: &[Duration], share: f64) -> Duration {
        let last = sorted.len().saturating_sub(1);
        sorted.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
    }
}

impl fmt::Display for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.took.is_empty() {
            return f.write_str("frames: none was measured");
        }
        let mut sorted = self.took.clone();
        sorted.sort_unstable();
        let ms = |share| Self::within(&sorted, share).as_secs_f64() * 1e3;
        let open = self.first.zip(self.last).map_or(0.0, |(a, b)| (b - a).as_secs_f64());
        write!(
            f,
            "frames: {} in {open:.1} s; processor time of each: median {:.2} ms, 99 % {:.2} ms, \
             longest {:.2} ms",
            sorted.len(),
            ms(0.5),
            ms(0.99),
            ms(1.0)
        )
    }
}

/// Processor time that this thread has used.
#[cfg(target_os = "linux")]
fn thread_time() -> Option<Duration> {
    use nix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).ok().map(Duration::from)
}

/// Other systems are not asked.
#[cfg(not(target_os = "linux"))]
fn thread_time() -> Option<Duration> {
    None
}

/// Have the frames of `app` measured, all of each on one thread.
pub fn measure(app: &mut App) {
    app.init_resource::<Frames>().init_schedule(Begin).init_schedule(End);
    app.add_systems(Begin, Frames::begin).add_systems(End, Frames::end);
    let mut order = app.world_mut().resource_mut::<MainScheduleOrder>();
    order.insert_before(First, Begin);
    order.insert_after(Last, End);
    let labels = order.labels.clone();
    for label in labels {
        app.edit_schedule(label, |schedule| {
            schedule.set_executor(SingleThreadedExecutor::new());
        });
    }
}

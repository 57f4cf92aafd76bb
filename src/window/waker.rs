//! Wakes the window when there is something new to see; while there is not, it draws nothing at all.

use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, unbounded};

use crate::device::monitor::Health;
use crate::engine::protocol::GridPart;
use crate::live::desk::{News, View};
use crate::live::hall::Report;
use crate::model::launch::TrackState;

/// Between two looks at meters and tracks.
const LOOK: Duration = Duration::from_millis(50);
/// A load that differs by less from the one that is shown is not worth a frame.
const LOAD_STEP: f32 = 0.03;
/// Meters fainter than this stand still: −60 dB.
const FAINT: f32 = 0.001;

/// Hands reports on, and calls `wake` for each, and whenever meters or tracks move. What is only the
/// device's load goes on where it can be seen. Ends when nobody reports any more.
///
/// # Errors
/// A system that starts no more threads.
pub fn watch(
    reports: Receiver<Report>,
    wake: impl Fn() + Send + 'static,
) -> std::io::Result<Receiver<Report>> {
    let (tell, told) = unbounded();
    let mut sight = Sight::default();
    std::thread::Builder::new().name("waker".into()).spawn(move || {
        loop {
            match reports.recv_timeout(LOOK) {
                Ok(report) => {
                    if sight.matters(&report) {
                        if tell.send(report).is_err() {
                            return;
                        }
                        wake();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if sight.moved() {
                wake();
            }
        }
    })?;
    Ok(told)
}

/// What was to be seen last.
#[derive(Default)]
struct Sight {
    view: Option<View>,
    tracks: Vec<TrackState>,
    pads: Vec<GridPart>,
    playing: bool,
    /// Load and xruns.
    health: Option<(f32, u64)>,
    sounds: bool,
}

impl Sight {
    /// Whether a report changes anything that is shown.
    fn matters(&mut self, report: &Report) -> bool {
        match report {
            Report::News(news) => {
                if let News::View(view) = news {
                    self.view = Some(view.clone());
                }
                true
            }
            Report::Health(health) => self.shows(health),
            Report::Gear(_) => true,
        }
    }

    fn shows(&mut self, health: &Health) -> bool {
        let same = self.health.is_some_and(|(load, xruns)| {
            (load - health.load).abs() < LOAD_STEP && xruns == health.xruns
        });
        if !same {
            self.health = Some((health.load, health.xruns));
        }
        !same
    }

    /// Whether a track or the transport does something else now, or a meter moves.
    fn moved(&mut self) -> bool {
        let Some(view) = &self.view else { return false };
        let tracks: Vec<TrackState> =
            (0..view.snapshot.tracks()).map(|track| view.snapshot.track(track)).collect();
        let pads: Vec<GridPart> = view.snapshot.pads().collect();
        let head = view.snapshot.playhead();
        let playing = head.playing || head.counting_in;
        let loud = |side: &f32| *side > FAINT;
        let sounds = view.meters.iter().any(|meter| meter.read().hold.iter().any(loud));
        // One look more after the last sound, for the meters to be seen at rest.
        let moved = playing
            || sounds
            || self.sounds
            || self.playing
            || tracks != self.tracks
            || pads != self.pads;
        (self.tracks, self.pads, self.playing, self.sounds) = (tracks, pads, playing, sounds);
        moved
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::engine::snapshot::Snapshot;

    #[test]
    fn news_wake_the_window_and_rest_does_not() {
        let (report, reports) = unbounded();
        let woken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&woken);
        let told = watch(reports, move || {
            count.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
        let snapshot = Arc::new(Snapshot::new(2));
        let view = View { snapshot, meters: Vec::new(), names: Vec::new(), rate: 48_000 };
        report.send(Report::News(News::View(view))).unwrap();
        assert!(told.recv_timeout(Duration::from_secs(10)).is_ok(), "what is told goes on");
        std::thread::sleep(6 * LOOK);
        // Once for the news, and once as two tracks came to be seen.
        assert!(woken.load(Ordering::Relaxed) <= 2, "nothing moves");
        drop(report);
        assert!(told.recv_timeout(Duration::from_secs(10)).is_err(), "it ends with who reports");
    }
}

//! The launcher of one track: what is queued, what plays, and whether the session or the
//! arrangement has the track.

use super::clock::Pos;
use super::plan::{ClipPlan, SongPlan};

/// A launch or stop waiting for its boundary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Queued {
    /// Where it happens.
    pub at: Pos,
    /// What happens.
    pub what: Launch,
}

/// What a launcher can be waiting to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Launch {
    /// Play the clip in this row at this level.
    Play {
        /// Row.
        row: u16,
        /// Level from the pad's velocity, 0–1.
        level: f32,
    },
    /// Stop the track.
    Stop,
}

/// Launch state of one track.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrackLaunch {
    /// Waiting for its boundary.
    pub queued: Option<Queued>,
    /// Row of the session clip that plays.
    pub row: Option<u16>,
    /// The session has the track; its arrangement lane is silent.
    pub overridden: bool,
    /// Next clip of the arrangement lane.
    pub next_placed: usize,
}

/// Where a clip launched at `now` begins: on the clip's own grid, or the song's.
pub fn boundary(now: Pos, clip: Option<&ClipPlan>, song: &SongPlan) -> Pos {
    let quantization = clip.and_then(|c| c.launch.quantization).unwrap_or(song.quantization);
    quantization.step(song.signature).map_or(now, |step| now.ceil_to(Pos::from(step)))
}

/// Level of a launch with this velocity, by how much the clip follows velocity.
pub fn launch_level(clip: &ClipPlan, velocity: u8) -> f32 {
    let amount = clip.launch.velocity_amount.clamp(0.0, 1.0);
    1.0 - amount * (1.0 - f32::from(velocity.min(127)) / 127.0)
}

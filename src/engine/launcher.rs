//! The launcher of one track: what is queued, what plays, and whether the session or the
//! arrangement has the track.

use super::clock::Pos;
use super::plan::{ClipPlan, PlanSlot, SongPlan};
use crate::model::launch::{FollowAction, FollowKind, FollowTime, Quantization, TrackState};
use crate::model::time::Signature;

/// A launch or stop waiting for its boundary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Queued {
    /// Where it happens. A clip pressed within the grace after its boundary starts at once, and plays
    /// as if it had started there.
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
    /// Play the clip in this row so that it ends at `end`, then go back to what played before.
    Fill {
        /// Row.
        row: u16,
        /// Level from the pad's velocity, 0–1.
        level: f32,
        /// Where it ends.
        end: Pos,
    },
    /// Stop the track.
    Stop,
}

impl Launch {
    /// The row it plays.
    pub fn row(self) -> Option<u16> {
        match self {
            Launch::Play { row, .. } | Launch::Fill { row, .. } => Some(row),
            Launch::Stop => None,
        }
    }
}

/// A clip that plays up to a line and then makes room for what played before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    /// Where it ends.
    pub end: Pos,
    /// What comes back.
    pub back: Back,
}

/// What comes back after a fill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Back {
    /// The clip in `row`, as if it had played on.
    Clip {
        /// Row.
        row: u16,
        /// Where its time 0 lies.
        origin: Pos,
        /// Its level, 0–1.
        level: f32,
    },
    /// The arrangement.
    Arrangement,
    /// Silence.
    Nothing,
}

/// A clip being recorded: what is played by hand on the track while it runs is told with its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recording {
    /// Row of the clip.
    pub row: u16,
    /// How long; 0 until it is ended.
    pub length: Pos,
    /// Where it began; `None` before its line of the grid.
    pub from: Option<Pos>,
    /// Where it ends.
    pub end: Option<Pos>,
}

/// Launch state of one track.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrackLaunch {
    /// Waiting for its boundary.
    pub queued: Option<Queued>,
    /// Row of the session clip that plays.
    pub row: Option<u16>,
    /// Row whose pad is held down.
    pub held: Option<u16>,
    /// Where the follow action of the clip that plays fires.
    pub follow: Option<Pos>,
    /// Follow actions so far: each draws its own chances.
    pub follows: u32,
    /// The clip that plays is a fill.
    pub fill: Option<Fill>,
    /// The clip being recorded.
    pub recording: Option<Recording>,
    /// The session has the track; its arrangement lane is silent.
    pub overridden: bool,
    /// Next clip of the arrangement lane.
    pub next_placed: usize,
}

impl TrackLaunch {
    /// What the grid shows of it; `progress` is that of the clip that plays, 0–255.
    pub fn state(&self, progress: u8) -> TrackState {
        TrackState {
            playing: self.row,
            queued: self.queued.map(|q| q.what.row()),
            recording: self.recording.map(|r| r.row),
            progress,
        }
    }

    /// Count from a place that lies `by` further on: the loop of the arrangement came round.
    pub fn shift(&mut self, by: Pos) {
        let places = [
            self.queued.as_mut().map(|q| &mut q.at),
            self.follow.as_mut(),
            self.fill.as_mut().map(|f| &mut f.end),
        ];
        places.into_iter().flatten().for_each(|at| *at = *at + by);
        if let Some(Queued { what: Launch::Fill { end, .. }, .. }) = &mut self.queued {
            *end = *end + by;
        }
        if let Some(Fill { back: Back::Clip { origin, .. }, .. }) = &mut self.fill {
            *origin = *origin + by;
        }
        if let Some(r) = &mut self.recording {
            (r.from, r.end) = (r.from.map(|at| at + by), r.end.map(|at| at + by));
        }
    }
}

/// The grid step of a clip, or the song's, in bars of `signature`; `None` launches at once.
pub fn grid(clip: Option<&ClipPlan>, song: &SongPlan, signature: Signature) -> Option<Pos> {
    let own: Option<Quantization> = clip.and_then(|c| c.launch.quantization);
    own.unwrap_or(song.quantization).step(signature).map(Pos::from)
}

/// Where something asked for at `now` happens: on the next line of the grid, or on the one just
/// passed if that is no longer ago than `grace`.
pub fn boundary(now: Pos, step: Option<Pos>, grace: Pos) -> Pos {
    let Some(step) = step else { return now };
    let next = now.ceil_to(step);
    let passed = next - step;
    if next > now && now - passed <= grace { passed } else { next }
}

/// Level of a launch with this velocity, by how much the clip follows velocity.
pub fn launch_level(clip: &ClipPlan, velocity: u8) -> f32 {
    let amount = clip.launch.velocity_amount.clamp(0.0, 1.0);
    1.0 - amount * (1.0 - f32::from(velocity.min(127)) / 127.0)
}

/// Where the follow action of a clip that started at `origin` fires first. Linked to the clip's end
/// it counts its passes; one that does not loop has one.
fn follow_at(clip: &ClipPlan, origin: Pos) -> Option<Pos> {
    let follow = clip.launch.follow.as_ref()?;
    Some(match follow.after {
        FollowTime::Time(ticks) => origin + Pos(Pos::from(ticks).0.max(1)),
        FollowTime::Loops(times) => {
            let later = i64::from(times.max(1) - 1);
            let passes = if clip.loop_start.is_some() { later } else { 0 };
            origin + clip.pass_length(0) + Pos(clip.pass_length(1).0 * passes)
        }
    })
}

/// Where it fires again if it let the clip carry on at `at`; `None` when the clip ends there.
pub fn follow_again(clip: &ClipPlan, at: Pos) -> Option<Pos> {
    let follow = clip.launch.follow.as_ref()?;
    match follow.after {
        FollowTime::Time(ticks) => Some(at + Pos(Pos::from(ticks).0.max(1))),
        FollowTime::Loops(times) => {
            clip.loop_start.map(|_| at + Pos(clip.pass_length(1).0 * i64::from(times.max(1))))
        }
    }
}

/// Where it fires first after `now`, for a clip that started at `origin`.
pub fn follow_after(clip: &ClipPlan, origin: Pos, now: Pos) -> Option<Pos> {
    let first = follow_at(clip, origin)?;
    if first > now {
        return Some(first);
    }
    let period = (follow_again(clip, first)? - first).0.max(1);
    Some(first + Pos(((now - first).0 / period + 1) * period))
}

/// The action that a draw picks: each with its weight, none if both have none.
pub fn pick(follow: &FollowAction, draw: u64) -> FollowKind {
    let (a, b) = (u64::from(follow.chance_a), u64::from(follow.chance_b));
    match a + b {
        0 => FollowKind::NoAction,
        all if draw % all < a => follow.a,
        _ => follow.b,
    }
}

/// What a follow action of the clip in `row` leads to, within its run of contiguous clips; `None`
/// lets the clip carry on. `jump` is the row of a scene, `draw` decides what is random.
pub fn follow_to(
    kind: FollowKind,
    row: u16,
    slots: &[PlanSlot],
    jump: Option<u16>,
    draw: u64,
) -> Option<Launch> {
    let filled = |row: usize| slots.get(row).is_some_and(|slot| slot.clip.is_some());
    let at = usize::from(row);
    let first = (0..at).rev().take_while(|r| filled(*r)).last().unwrap_or(at);
    let last = (at + 1..slots.len()).take_while(|r| filled(*r)).last().unwrap_or(at);
    let count = (last - first + 1) as u64;
    let to = match kind {
        FollowKind::NoAction => return None,
        FollowKind::Stop => return Some(Launch::Stop),
        FollowKind::Again => at,
        FollowKind::Previous if at == first => last,
        FollowKind::Previous => at - 1,
        FollowKind::Next if at == last => first,
        FollowKind::Next => at + 1,
        FollowKind::First => first,
        FollowKind::Last => last,
        FollowKind::Any => first + (draw % count) as usize,
        FollowKind::Other if count == 1 => return None,
        FollowKind::Other => {
            let other = first + (draw % (count - 1)) as usize;
            if other >= at { other + 1 } else { other }
        }
        FollowKind::Jump(_) => usize::from(jump.filter(|row| filled(usize::from(*row)))?),
    };
    Some(Launch::Play { row: to as u16, level: 1.0 })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::model::ids::ClipId;

    fn slots(filled: &[bool]) -> Vec<PlanSlot> {
        let clip = || ClipPlan {
            id: ClipId(1),
            events: Vec::new(),
            first_end: Pos(1),
            loop_start: None,
            loop_first: 0,
            launch: Default::default(),
            lanes: Vec::new(),
        };
        let slot = |full: &bool| PlanSlot { clip: full.then(|| Arc::new(clip())), stop: true };
        filled.iter().map(slot).collect()
    }

    fn row(kind: FollowKind, from: u16, filled: &[bool], draw: u64) -> Option<u16> {
        follow_to(kind, from, &slots(filled), None, draw).and_then(Launch::row)
    }

    #[test]
    fn a_run_of_clips_is_a_ring() {
        let filled = [true, false, true, true, true, false, true];
        let to = |kind, from| row(kind, from, &filled, 0);
        assert_eq!(to(FollowKind::Next, 2), Some(3));
        assert_eq!(to(FollowKind::Next, 4), Some(2));
        assert_eq!(to(FollowKind::Previous, 2), Some(4));
        assert_eq!(to(FollowKind::First, 4), Some(2));
        assert_eq!(to(FollowKind::Last, 2), Some(4));
        assert_eq!(to(FollowKind::Again, 3), Some(3));
        assert_eq!(to(FollowKind::Next, 0), Some(0));
        assert_eq!(to(FollowKind::Other, 6), None);
        assert_eq!(follow_to(FollowKind::Stop, 2, &slots(&filled), None, 0), Some(Launch::Stop));
    }

    #[test]
    fn a_late_press_counts_for_the_line_just_passed() {
        let step = Some(Pos(1000));
        assert_eq!(boundary(Pos(1000), step, Pos(50)), Pos(1000));
        assert_eq!(boundary(Pos(1050), step, Pos(50)), Pos(1000));
        assert_eq!(boundary(Pos(1051), step, Pos(50)), Pos(2000));
        assert_eq!(boundary(Pos(1051), step, Pos(0)), Pos(2000));
        assert_eq!(boundary(Pos(1051), None, Pos(50)), Pos(1051));
    }

    proptest! {
        #[test]
        fn whatever_is_drawn_lies_in_the_run(
            filled in prop::collection::vec(any::<bool>(), 1..20), from in 0usize..20, draw: u64
        ) {
            let from = from % filled.len();
            prop_assume!(filled[from]);
            for kind in [FollowKind::Any, FollowKind::Other, FollowKind::Next, FollowKind::Previous] {
                if let Some(to) = row(kind, from as u16, &filled, draw) {
                    let (a, b) = (from.min(usize::from(to)), from.max(usize::from(to)));
                    prop_assert!(filled[a..=b].iter().all(|f| *f), "{kind:?} leaves the run");
                    prop_assert!(kind != FollowKind::Other || usize::from(to) != from);
                }
            }
        }

        #[test]
        fn chances_are_as_given(a in 0u8..=100, b in 0u8..=100) {
            let follow = FollowAction {
                a: FollowKind::Next, b: FollowKind::Stop, chance_a: a, chance_b: b,
                after: FollowTime::Loops(1),
            };
            let all = u64::from(a) + u64::from(b);
            let nexts = (0..all).filter(|d| pick(&follow, *d) == FollowKind::Next).count();
            prop_assert_eq!(nexts, usize::from(a));
            if all == 0 { prop_assert_eq!(pick(&follow, 7), FollowKind::NoAction); }
        }
    }
}

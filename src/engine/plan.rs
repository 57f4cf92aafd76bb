//! What the callback plays from: immutable, prepared by the engine thread, swapped in whole.
//!
//! Notes and audio hits are both events at positions in a clip; grooves, loop wrapping, slices and
//! the truncation of notes at the loop's end are already worked in.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::clock::Pos;
use crate::model::clip::LoopBrace;
use crate::model::ids::{ClipId, SceneId};
use crate::model::launch::{LaunchSettings, Quantization};
use crate::model::time::{Bpm, Signature, TempoStep};
use crate::model::touch::Touch;

/// One thing that happens in a clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlanEvent {
    /// When, from the clip's start.
    pub at: Pos,
    /// How long.
    pub length: Pos,
    /// What.
    pub kind: EventKind,
    /// Chance of happening each time round, percent.
    pub probability: u8,
    /// Tells events of a clip apart for seeded chances.
    pub id: u32,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventKind {
    /// A note for the track's instrument or kit.
    Note {
        /// MIDI pitch.
        pitch: u8,
        /// 1–127.
        velocity: u8,
    },
    /// A stretch of a recording: the track's sound of this index.
    Audio {
        /// Index among the track's sounds.
        sound: u16,
    },
}

/// A clip, ready to play.
#[derive(Clone, Debug)]
pub struct ClipPlan {
    /// The clip it was made from.
    pub id: ClipId,
    /// In order of time.
    pub events: Vec<PlanEvent>,
    /// Where the first pass ends: the loop's end, or the clip's.
    pub first_end: Pos,
    /// Where later passes start; `None` plays once.
    pub loop_start: Option<Pos>,
    /// Index of the first event at or after `loop_start`.
    pub loop_first: usize,
    /// Launch settings.
    pub launch: LaunchSettings,
    /// Parameter movement.
    pub lanes: Vec<PlanLane>,
}

impl ClipPlan {
    /// Length of the first pass (0) or of a later one.
    pub fn pass_length(&self, pass: u32) -> Pos {
        match self.loop_start {
            Some(start) if pass > 0 => Pos((self.first_end - start).0.max(1)),
            _ => Pos(self.first_end.0.max(1)),
        }
    }

    /// Loop brace in ticks of a document → clamped loop of a plan.
    pub fn brace(brace: Option<LoopBrace>, length: Pos) -> (Pos, Option<Pos>) {
        match brace {
            Some(b) if b.end > b.start => (Pos::from(b.end), Some(Pos::from(b.start))),
            _ => (length, None),
        }
    }
}

/// A parameter's movement.
#[derive(Clone, Debug)]
pub struct PlanLane {
    /// What moves.
    pub target: Target,
    /// Position, value, and whether to hold it until the next.
    pub points: Vec<(Pos, f32, bool)>,
}

impl PlanLane {
    /// The value at `at`.
    pub fn value(&self, at: Pos) -> f32 {
        let i = self.points.partition_point(|p| p.0 <= at);
        match (i.checked_sub(1).map(|i| self.points[i]), self.points.get(i)) {
            (Some(a), Some(b)) if !a.2 && b.0 > a.0 => {
                let x = (at.0 - a.0.0) as f64 / (b.0.0 - a.0.0) as f64;
                a.1 + (b.1 - a.1) * x as f32
            }
            (Some(a), _) => a.1,
            (None, Some(b)) => b.1,
            (None, None) => 0.0,
        }
    }
}

/// Something on a node that has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Target {
    /// Fader, dB.
    Volume,
    /// −1…1.
    Pan,
    /// 1 muted, 0 not.
    Mute,
    /// 1 soloed, 0 not; the other strips follow.
    Solo,
    /// 1 heard whatever is soloed, 0 not; of buses.
    SoloSafe,
    /// Level of the n-th send, dB.
    Send(u8),
    /// A parameter of one of the track's sounds.
    Sound {
        /// Index among the track's sounds.
        sound: u8,
        /// Index among the sound's parameters.
        param: u16,
    },
    /// A parameter of an insert.
    Insert {
        /// Place in the rack.
        index: u8,
        /// Index among the effect's parameters.
        param: u16,
    },
    /// 1 bypassed, 0 not.
    Bypass(u8),
    /// Listening on the cue output: 1 on, 0 off.
    Cue,
    /// A performance effect of the master or a group.
    Touch(Touch),
}

/// A clip on the arrangement.
#[derive(Clone, Debug)]
pub struct PlacedClip {
    /// Where it starts.
    pub at: Pos,
    /// Where it ends.
    pub end: Pos,
    /// How far into the clip it starts.
    pub offset: Pos,
    /// The clip.
    pub clip: Arc<ClipPlan>,
}

/// Everything a track may play: the session source and the arrangement source.
#[derive(Clone, Debug, Default)]
pub struct TrackClips {
    /// By scene: the slot's clip, and whether the slot stops the track when its scene is launched.
    pub slots: Vec<PlanSlot>,
    /// In order of time.
    pub lane: Vec<PlacedClip>,
    /// Automation along the arrangement.
    pub lane_automation: Vec<PlanLane>,
}

/// A slot of a track.
#[derive(Clone, Debug, Default)]
pub struct PlanSlot {
    /// The clip in it.
    pub clip: Option<Arc<ClipPlan>>,
    /// An empty slot with a stop button stops the track.
    pub stop: bool,
}

/// A scene as the launcher sees it.
#[derive(Clone, Copy, Debug)]
pub struct PlanScene {
    /// The scene it was made from.
    pub id: SceneId,
    /// Tempo it brings, and beats over which to glide there.
    pub tempo: Option<(Bpm, u16)>,
    /// Time signature it brings.
    pub signature: Option<Signature>,
}

/// What belongs to no track.
#[derive(Clone, Debug)]
pub struct SongPlan {
    /// Tempo over the arrangement.
    pub tempo: Arc<[TempoStep]>,
    /// Launch grid.
    pub quantization: Quantization,
    /// Time signature.
    pub signature: Signature,
    /// What of the arrangement repeats while the loop is on: from here to before there.
    pub brace: Option<(Pos, Pos)>,
    /// By row.
    pub scenes: Vec<PlanScene>,
    /// Seed of every chance.
    pub seed: u64,
}

//! How clips launch: quantization, launch modes, follow actions.

use serde::{Deserialize, Serialize};

use super::ids::SceneId;
use super::time::{PPQ, Signature, Ticks};

/// Launch settings of a clip.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LaunchSettings {
    /// What press and release do.
    pub mode: LaunchMode,
    /// Grid the launch waits for; `None` takes the project's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantization: Option<Quantization>,
    /// Take over the play position of the clip that was playing.
    pub legato: bool,
    /// How much the pad's velocity scales the clip's level, 0–1.
    pub velocity_amount: f32,
    /// What happens after it has played for a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow: Option<FollowAction>,
}

/// What pressing and releasing a clip does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LaunchMode {
    /// A press launches; releases are ignored.
    #[default]
    Trigger,
    /// Plays while held.
    Gate,
    /// A press launches, the next press stops.
    Toggle,
    /// Relaunches at every quantization step while held.
    Repeat,
}

/// The grid a launch waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quantization {
    /// At once.
    None,
    /// Eight bars.
    Bars8,
    /// Four bars.
    Bars4,
    /// Two bars.
    Bars2,
    /// One bar.
    #[default]
    Bar,
    /// Half notes.
    Half,
    /// Half-note triplets.
    HalfTriplet,
    /// Quarter notes.
    Quarter,
    /// Quarter-note triplets.
    QuarterTriplet,
    /// Eighth notes.
    Eighth,
    /// Eighth-note triplets.
    EighthTriplet,
    /// Sixteenth notes.
    Sixteenth,
    /// Sixteenth-note triplets.
    SixteenthTriplet,
    /// Thirty-second notes.
    ThirtySecond,
}

impl Quantization {
    /// All values with the word a person types, coarse to fine.
    pub const NAMES: [(&'static str, Quantization); 14] = [
        ("none", Quantization::None),
        ("8bars", Quantization::Bars8),
        ("4bars", Quantization::Bars4),
        ("2bars", Quantization::Bars2),
        ("1bar", Quantization::Bar),
        ("1/2", Quantization::Half),
        ("1/2t", Quantization::HalfTriplet),
        ("1/4", Quantization::Quarter),
        ("1/4t", Quantization::QuarterTriplet),
        ("1/8", Quantization::Eighth),
        ("1/8t", Quantization::EighthTriplet),
        ("1/16", Quantization::Sixteenth),
        ("1/16t", Quantization::SixteenthTriplet),
        ("1/32", Quantization::ThirtySecond),
    ];

    /// Grid step in ticks; `None` launches at once.
    pub fn step(self, signature: Signature) -> Option<Ticks> {
        let bar = signature.bar().0;
        Some(Ticks(match self {
            Quantization::None => return None,
            Quantization::Bars8 => bar * 8,
            Quantization::Bars4 => bar * 4,
            Quantization::Bars2 => bar * 2,
            Quantization::Bar => bar,
            Quantization::Half => PPQ * 2,
            Quantization::HalfTriplet => PPQ * 4 / 3,
            Quantization::Quarter => PPQ,
            Quantization::QuarterTriplet => PPQ * 2 / 3,
            Quantization::Eighth => PPQ / 2,
            Quantization::EighthTriplet => PPQ / 3,
            Quantization::Sixteenth => PPQ / 4,
            Quantization::SixteenthTriplet => PPQ / 6,
            Quantization::ThirtySecond => PPQ / 8,
        }))
    }
}

/// What a slot of the grid does: the one state that window, pads and terminal show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ClipState {
    /// No clip in it.
    #[default]
    Empty,
    /// A clip that does not play.
    Stopped,
    /// Starts on the next line of its grid.
    PlayQueued,
    /// Plays.
    Playing,
    /// Plays, and stops on the next line of the grid.
    StopQueued,
    /// Records from the next line of its grid on.
    RecordQueued,
    /// Records.
    Recording,
}

/// What the launcher of a track does, from which follows what each of its slots does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrackState {
    /// Row of the clip that plays.
    pub playing: Option<u16>,
    /// What waits for its line of the grid: a row to play, or `None` in it to stop.
    pub queued: Option<Option<u16>>,
    /// Row that records, or is to.
    pub recording: Option<u16>,
    /// How far through its length the clip that plays is, 0–255.
    pub progress: u8,
}

impl TrackState {
    /// What the slot in `row` does, which has a clip if it is `filled`.
    pub fn slot(&self, row: u16, filled: bool) -> ClipState {
        let records = self.recording == Some(row);
        if self.queued == Some(Some(row)) {
            if records { ClipState::RecordQueued } else { ClipState::PlayQueued }
        } else if self.playing == Some(row) {
            match self.queued {
                Some(None) => ClipState::StopQueued,
                _ if records => ClipState::Recording,
                _ => ClipState::Playing,
            }
        } else if filled {
            ClipState::Stopped
        } else {
            ClipState::Empty
        }
    }
}

/// What happens after a clip has played for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowAction {
    /// First choice.
    pub a: FollowKind,
    /// Second choice.
    #[serde(default)]
    pub b: FollowKind,
    /// Weight of the first choice, 0–100.
    pub chance_a: u8,
    /// Weight of the second choice, 0–100.
    #[serde(default)]
    pub chance_b: u8,
    /// When.
    pub after: FollowTime,
}

/// When a follow action fires.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum FollowTime {
    /// Linked: at the clip's end, the n-th time round (1–64).
    Loops(u8),
    /// Unlinked: after this long.
    Time(Ticks),
}

/// The follow actions of the field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FollowKind {
    /// Carry on.
    #[default]
    NoAction,
    /// Stop the track.
    Stop,
    /// Launch the same clip again.
    Again,
    /// The clip above, wrapping within the run of contiguous clips.
    Previous,
    /// The clip below, wrapping within the run.
    Next,
    /// The first of the run.
    First,
    /// The last of the run.
    Last,
    /// Any of the run.
    Any,
    /// Any of the run but this one.
    Other,
    /// The clip in this scene's row.
    Jump(SceneId),
}

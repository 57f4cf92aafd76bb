//! The edits: every way a document changes, each small, checked and invertible.
//!
//! An edit replaces, inserts or removes one thing. Inserting takes the whole thing, so that the
//! inverse of a removal brings everything back. Removing refuses while something else still points at
//! the thing; [`compound`](super::compound) builds the [`Edit::Many`] that lets go of it first.

use std::mem::discriminant;

use super::document::StripId;
use crate::model::analysis::AudioAnalysis;
use crate::model::arrangement::{Arrangement, ClipInstance, Marker};
use crate::model::automation::AutomationLane;
use crate::model::clip::{Clip, ClipContent, LoopBrace, Note};
use crate::model::control::MidiMap;
use crate::model::groove::GrooveTemplate;
use crate::model::ids::{BusId, ClipId, EffectId, GrooveId, IdCounter, NoteId, SceneId, TrackId};
use crate::model::key::Key;
use crate::model::launch::{LaunchSettings, Quantization};
use crate::model::mixer::{Bus, Db, Effect, Send};
use crate::model::scene::{Scene, SceneTempo, Slot};
use crate::model::time::{Signature, TempoMap, Ticks};
use crate::model::track::{Track, TrackKind};

/// A change of the document. Places (`at`, `to`) count from 0; `to` is the place after the move.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Several edits, in order: all or none.
    Many(Vec<Edit>),
    /// A track with its clips and inserts; its ids must have been handed out.
    InsertTrack {
        /// Place among the tracks.
        at: usize,
        /// The track.
        track: Box<Track>,
    },
    /// Takes a track out; nothing outside it may point at it.
    RemoveTrack(TrackId),
    /// Moves a track.
    MoveTrack {
        /// Which.
        id: TrackId,
        /// Where to.
        to: usize,
    },
    /// Changes a track.
    Track(TrackId, TrackSet),
    /// A clip for a track.
    InsertClip {
        /// The track.
        track: TrackId,
        /// Place among the track's clips.
        at: usize,
        /// The clip.
        clip: Box<Clip>,
    },
    /// Takes a clip out; no slot and no lane may hold it.
    RemoveClip(ClipId),
    /// Moves a clip among its track's clips.
    MoveClip {
        /// Which.
        id: ClipId,
        /// Where to.
        to: usize,
    },
    /// Changes a clip.
    Clip(ClipId, ClipSet),
    /// Takes notes out of a clip, then puts notes in. A changed note is taken out and put in.
    Notes {
        /// The clip.
        clip: ClipId,
        /// Notes to take out.
        remove: Vec<NoteId>,
        /// Notes to put in.
        add: Vec<Note>,
    },
    /// A scene with its slots.
    InsertScene {
        /// Place among the scenes.
        at: usize,
        /// The scene.
        scene: Box<Scene>,
    },
    /// Takes a scene out; no follow action and no marker may point at it.
    RemoveScene(SceneId),
    /// Moves a scene.
    MoveScene {
        /// Which.
        id: SceneId,
        /// Where to.
        to: usize,
    },
    /// Changes a scene.
    Scene(SceneId, SceneSet),
    /// Fills or empties a slot; `None` is an empty slot with a stop button.
    Slot {
        /// Row.
        scene: SceneId,
        /// Column.
        track: TrackId,
        /// What the slot becomes.
        slot: Option<Slot>,
    },
    /// A bus with its inserts.
    InsertBus {
        /// Place among the buses.
        at: usize,
        /// The bus.
        bus: Box<Bus>,
    },
    /// Takes a bus out; no send and no automation may point at it.
    RemoveBus(BusId),
    /// Moves a bus.
    MoveBus {
        /// Which.
        id: BusId,
        /// Where to.
        to: usize,
    },
    /// Changes a bus.
    Bus(BusId, BusSet),
    /// An effect for a strip.
    InsertEffect {
        /// The strip.
        strip: StripId,
        /// Place in the rack.
        at: usize,
        /// The effect.
        effect: Box<Effect>,
    },
    /// Takes an effect out; no automation may point at it.
    RemoveEffect(EffectId),
    /// Moves an effect in its rack.
    MoveEffect {
        /// Which.
        id: EffectId,
        /// Where to.
        to: usize,
    },
    /// Changes an effect.
    Effect(EffectId, EffectSet),
    /// Changes a strip.
    Strip(StripId, StripSet),
    /// Changes the song's settings.
    Song(SongSet),
    /// A groove template.
    InsertGroove {
        /// Place among the grooves.
        at: usize,
        /// The groove.
        groove: Box<GrooveTemplate>,
    },
    /// Takes a groove out; neither song nor clip may use it.
    RemoveGroove(GrooveId),
    /// Replaces the groove of the same id.
    Groove(Box<GrooveTemplate>),
    /// Replaces, makes or takes away the whole timeline.
    Arrangement(Option<Box<Arrangement>>),
    /// Replaces a track's lane on the timeline.
    Lane {
        /// The track.
        track: TrackId,
        /// Its clips in order; `None` takes the lane away.
        lane: Option<Vec<ClipInstance>>,
    },
    /// Replaces a track's automation along the timeline.
    LaneAutomation {
        /// The track.
        track: TrackId,
        /// Its automation; `None` takes it away.
        lanes: Option<Vec<AutomationLane>>,
    },
    /// Replaces the timeline's markers.
    Markers(Vec<Marker>),
    /// Sets what the timeline repeats.
    TimelineLoop(Option<LoopBrace>),
}

/// What of a track changes.
#[derive(Clone, Debug, PartialEq)]
pub enum TrackSet {
    /// Its name.
    Name(String),
    /// Its index into the palette.
    Color(u8),
    /// What it plays.
    Kind(Box<TrackKind>),
    /// The group it is in.
    Group(Option<TrackId>),
    /// A parameter of its instrument, or of the instrument on the pad of this note.
    Param {
        /// The pad's note, on a drum track.
        pad: Option<u8>,
        /// Control name.
        name: String,
        /// New value; `None` takes the default.
        value: Option<f32>,
    },
    /// What the ears heard.
    Analysis(Option<Box<AudioAnalysis>>),
}

/// What of a clip changes.
#[derive(Clone, Debug, PartialEq)]
pub enum ClipSet {
    /// Its name.
    Name(String),
    /// Its colour; `None` takes the track's.
    Color(Option<u8>),
    /// Its length.
    Length(Ticks),
    /// What repeats.
    Loop(Option<LoopBrace>),
    /// How it launches.
    Launch(Box<LaunchSettings>),
    /// Its groove and amount.
    Groove(Option<(GrooveId, f32)>),
    /// Whether it is kept silent.
    Muted(bool),
    /// All its music.
    Content(Box<ClipContent>),
    /// All its automation.
    Automation(Vec<AutomationLane>),
}

/// What of a scene changes.
#[derive(Clone, Debug, PartialEq)]
pub enum SceneSet {
    /// Its name.
    Name(String),
    /// Its colour.
    Color(Option<u8>),
    /// The tempo it brings.
    Tempo(Option<SceneTempo>),
    /// The time signature it brings.
    Signature(Option<Signature>),
}

/// What of a bus changes.
#[derive(Clone, Debug, PartialEq)]
pub enum BusSet {
    /// Its name.
    Name(String),
    /// Whether it stays audible when tracks are soloed.
    SoloSafe(bool),
}

/// What of an effect changes.
#[derive(Clone, Debug, PartialEq)]
pub enum EffectSet {
    /// A parameter.
    Param {
        /// Its name.
        name: String,
        /// New value; `None` takes the default.
        value: Option<f32>,
    },
    /// Whether the signal passes unchanged.
    Bypass(bool),
    /// Where its sidechain listens.
    Key(Option<TrackId>),
    /// A plug-in's own state.
    State(Vec<u8>),
}

/// What of a strip changes.
#[derive(Clone, Debug, PartialEq)]
pub enum StripSet {
    /// Fader.
    Volume(Db),
    /// −1 left to 1 right.
    Pan(f32),
    /// Silenced.
    Mute(bool),
    /// Heard alone.
    Solo(bool),
    /// The level of a send that is there.
    SendLevel(BusId, Db),
    /// All sends.
    Sends(Vec<Send>),
}

/// What of the song changes.
#[derive(Clone, Debug, PartialEq)]
pub enum SongSet {
    /// Its name.
    Name(String),
    /// Tempo over time.
    Tempo(TempoMap),
    /// Key and scale.
    Key(Key),
    /// Time signature.
    Signature(Signature),
    /// Launch quantization.
    Quantization(Quantization),
    /// Groove of clips without their own.
    Groove(Option<GrooveId>),
    /// How strongly grooves apply, 0–1.3.
    GrooveAmount(f32),
    /// Seed of every chance.
    Seed(u64),
    /// Level of the cue output.
    Cue(Db),
    /// What controllers do in this project.
    Controls(MidiMap),
    /// Where the next id comes from.
    NextId(IdCounter),
}

/// The kinds of edit, as [`Edit::kind`] names them.
pub const KINDS: [&str; 33] = [
    "many",
    "insert track",
    "remove track",
    "move track",
    "track",
    "insert clip",
    "remove clip",
    "move clip",
    "clip",
    "notes",
    "insert scene",
    "remove scene",
    "move scene",
    "scene",
    "slot",
    "insert bus",
    "remove bus",
    "move bus",
    "bus",
    "insert effect",
    "remove effect",
    "move effect",
    "effect",
    "strip",
    "song",
    "insert groove",
    "remove groove",
    "groove",
    "arrangement",
    "lane",
    "lane automation",
    "markers",
    "timeline loop",
];

impl Edit {
    /// What kind of edit it is: one of [`KINDS`].
    pub fn kind(&self) -> &'static str {
        KINDS[match self {
            Edit::Many(_) => 0,
            Edit::InsertTrack { .. } => 1,
            Edit::RemoveTrack(_) => 2,
            Edit::MoveTrack { .. } => 3,
            Edit::Track(..) => 4,
            Edit::InsertClip { .. } => 5,
            Edit::RemoveClip(_) => 6,
            Edit::MoveClip { .. } => 7,
            Edit::Clip(..) => 8,
            Edit::Notes { .. } => 9,
            Edit::InsertScene { .. } => 10,
            Edit::RemoveScene(_) => 11,
            Edit::MoveScene { .. } => 12,
            Edit::Scene(..) => 13,
            Edit::Slot { .. } => 14,
            Edit::InsertBus { .. } => 15,
            Edit::RemoveBus(_) => 16,
            Edit::MoveBus { .. } => 17,
            Edit::Bus(..) => 18,
            Edit::InsertEffect { .. } => 19,
            Edit::RemoveEffect(_) => 20,
            Edit::MoveEffect { .. } => 21,
            Edit::Effect(..) => 22,
            Edit::Strip(..) => 23,
            Edit::Song(_) => 24,
            Edit::InsertGroove { .. } => 25,
            Edit::RemoveGroove(_) => 26,
            Edit::Groove(_) => 27,
            Edit::Arrangement(_) => 28,
            Edit::Lane { .. } => 29,
            Edit::LaneAutomation { .. } => 30,
            Edit::Markers(_) => 31,
            Edit::TimelineLoop(_) => 32,
        }]
    }

    /// Whether both change the same property of the same thing, as the steps of one drag do.
    pub fn same_target(&self, other: &Edit) -> bool {
        match (self, other) {
            (Edit::Many(a), Edit::Many(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same_target(b))
            }
            (Edit::Track(a, x), Edit::Track(b, y)) => {
                a == b
                    && match (x, y) {
                        (
                            TrackSet::Param { pad: p, name: n, .. },
                            TrackSet::Param { pad: q, name: m, .. },
                        ) => (p, n) == (q, m),
                        _ => discriminant(x) == discriminant(y),
                    }
            }
            (Edit::Effect(a, x), Edit::Effect(b, y)) => {
                a == b
                    && match (x, y) {
                        (EffectSet::Param { name: n, .. }, EffectSet::Param { name: m, .. }) => {
                            n == m
                        }
                        _ => discriminant(x) == discriminant(y),
                    }
            }
            (Edit::Strip(a, x), Edit::Strip(b, y)) => {
                a == b
                    && match (x, y) {
                        (StripSet::SendLevel(m, _), StripSet::SendLevel(n, _)) => m == n,
                        _ => discriminant(x) == discriminant(y),
                    }
            }
            (Edit::Clip(a, x), Edit::Clip(b, y)) => a == b && discriminant(x) == discriminant(y),
            (Edit::Scene(a, x), Edit::Scene(b, y)) => a == b && discriminant(x) == discriminant(y),
            (Edit::Bus(a, x), Edit::Bus(b, y)) => a == b && discriminant(x) == discriminant(y),
            (Edit::Song(x), Edit::Song(y)) => discriminant(x) == discriminant(y),
            (Edit::Notes { clip: a, .. }, Edit::Notes { clip: b, .. }) => a == b,
            (Edit::MoveTrack { id: a, .. }, Edit::MoveTrack { id: b, .. }) => a == b,
            (Edit::MoveClip { id: a, .. }, Edit::MoveClip { id: b, .. }) => a == b,
            (Edit::MoveScene { id: a, .. }, Edit::MoveScene { id: b, .. }) => a == b,
            (Edit::MoveBus { id: a, .. }, Edit::MoveBus { id: b, .. }) => a == b,
            (Edit::MoveEffect { id: a, .. }, Edit::MoveEffect { id: b, .. }) => a == b,
            (Edit::Slot { scene: a, track: x, .. }, Edit::Slot { scene: b, track: y, .. }) => {
                (a, x) == (b, y)
            }
            (Edit::Groove(a), Edit::Groove(b)) => a.id == b.id,
            (Edit::Lane { track: a, .. }, Edit::Lane { track: b, .. }) => a == b,
            (Edit::LaneAutomation { track: a, .. }, Edit::LaneAutomation { track: b, .. }) => {
                a == b
            }
            (Edit::Markers(_), Edit::Markers(_))
            | (Edit::TimelineLoop(_), Edit::TimelineLoop(_)) => true,
            _ => false,
        }
    }

    /// The inverse of two edits of the [same target](Self::same_target), from the inverse of the
    /// earlier (`self`) and of the later one.
    pub(super) fn after_undoing(self, later: Edit) -> Edit {
        match (self, later) {
            // What the earlier inverse writes does not depend on what stands there.
            (earlier, _) if earlier.overwrites() => earlier,
            (
                Edit::Notes { clip, remove, add },
                Edit::Notes { remove: mut out, add: mut back, .. },
            ) => {
                for id in remove {
                    let before = back.len();
                    back.retain(|note| note.id != id);
                    if back.len() == before {
                        out.push(id);
                    }
                }
                back.extend(add);
                Edit::Notes { clip, remove: out, add: back }
            }
            (earlier, later) => Edit::Many(vec![later, earlier]),
        }
    }

    fn overwrites(&self) -> bool {
        match self {
            Edit::Many(edits) => edits.iter().all(Edit::overwrites),
            Edit::Track(..)
            | Edit::Clip(..)
            | Edit::Scene(..)
            | Edit::Bus(..)
            | Edit::Effect(..)
            | Edit::Strip(..)
            | Edit::Song(_)
            | Edit::Slot { .. }
            | Edit::Groove(_)
            | Edit::Lane { .. }
            | Edit::LaneAutomation { .. }
            | Edit::Markers(_)
            | Edit::TimelineLoop(_) => true,
            _ => false,
        }
    }
}

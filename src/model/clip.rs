//! Clips: notes or audio in a slot, with the settings that decide how they launch.

use std::sync::Arc;

use bevy_ecs::component::Component;
use serde::{Deserialize, Serialize};

use super::automation::AutomationLane;
use super::ids::{ClipId, GrooveId, NoteId};
use super::launch::LaunchSettings;
use super::mixer::Db;
use super::sample::SamplePath;
use super::time::{Bpm, Ticks};

/// A clip. It belongs to one track and may sit in any of that track's slots and on its lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Component)]
#[serde(deny_unknown_fields)]
pub struct Clip {
    /// Stable id.
    pub id: ClipId,
    /// Name shown to people.
    pub name: String,
    /// Index into the track palette; `None` takes the track's colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<u8>,
    /// Length from the clip's start to its end.
    pub length: Ticks,
    /// What repeats; `None` plays once and stops.
    #[serde(default)]
    pub loop_brace: Option<LoopBrace>,
    /// How it launches and what follows.
    #[serde(default)]
    pub launch: LaunchSettings,
    /// Groove of this clip and its amount, 0–1.3; `None` takes the project's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groove: Option<(GrooveId, f32)>,
    /// Kept but never played.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub muted: bool,
    /// The music.
    pub content: ClipContent,
    /// Parameter movement inside the clip.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub automation: Vec<AutomationLane>,
}

impl Clip {
    /// Its notes, if it is a MIDI clip.
    pub fn midi(&self) -> Option<&MidiClip> {
        match &self.content {
            ClipContent::Midi(midi) => Some(midi),
            ClipContent::Audio(_) => None,
        }
    }
}

/// The stretch of a clip that repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoopBrace {
    /// First tick of the loop.
    pub start: Ticks,
    /// First tick after it.
    pub end: Ticks,
}

/// Notes or audio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ClipContent {
    /// Notes for an instrument or a drum kit.
    Midi(MidiClip),
    /// A recording.
    Audio(AudioClip),
}

/// Notes; shared by document, plan and history, so that copies cost nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MidiClip {
    /// In order of start, then pitch, then id.
    pub notes: Arc<Vec<Note>>,
}

/// One note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Unique within its clip.
    pub id: NoteId,
    /// Position from the clip's start.
    pub start: Ticks,
    /// Duration, at least one tick.
    pub length: Ticks,
    /// MIDI pitch 0–127; 69 is A4 = 440 Hz.
    pub pitch: u8,
    /// 1–127.
    pub velocity: u8,
    /// Chance of sounding each time it comes round, percent.
    #[serde(default = "always", skip_serializing_if = "is_always")]
    pub probability: u8,
}

fn always() -> u8 {
    100
}

fn is_always(p: &u8) -> bool {
    *p == 100
}

impl Note {
    /// The order notes are kept in.
    pub fn order(&self) -> (Ticks, u8, NoteId) {
        (self.start, self.pitch, self.id)
    }
}

/// A recording in a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudioClip {
    /// The file.
    pub sample: SamplePath,
    /// Level.
    #[serde(default)]
    pub gain: Db,
    /// Transposition in semitones by playing faster or slower, −48…48.
    #[serde(default)]
    pub pitch: f32,
    /// How it follows the tempo.
    #[serde(default)]
    pub warp: WarpMode,
    /// Tempo of the recording, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_bpm: Option<Bpm>,
    /// Places in the recording tied to places in the clip: slices when sliced, and what
    /// time-stretching will hold on to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub markers: Vec<WarpMarker>,
}

/// How a recording follows the tempo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum WarpMode {
    /// Plays at its own speed.
    #[default]
    Off,
    /// Speed and pitch follow project tempo over `source_bpm`, as a turntable does.
    Rate,
    /// Cut at its markers; every slice starts on its own tick.
    Sliced,
}

/// A place in the recording that belongs at a place in the clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarpMarker {
    /// Frame in the file, at the file's own rate.
    pub frame: u64,
    /// Position from the clip's start.
    pub at: Ticks,
}

//! What panels read: the document, where the music is, and how the device does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use bevy_ecs::world::World;

use crate::engine::protocol::Meter;
use crate::engine::protocol::Playhead;
use crate::engine::protocol::Snapshot;
use crate::model::action::Names;
use crate::model::clip::{Clip, ClipContent};
use crate::model::gear::{Found, Gear};
use crate::model::ids::{ClipId, SceneId, TrackId};
use crate::model::launch::{ClipState, TrackState};
use crate::model::library::UserLibrary;
use crate::model::project::Song;
use crate::model::scene::{Scene, Slot};
use crate::model::sound::SoundDescriptor;
use crate::model::wave::{Wave, Waves};
use crate::session::document::{Color, Name, Order, part};
use crate::settings::Row;

/// How a sentence is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// What was asked is done.
    Done,
    /// It was not.
    Refused,
    /// The program has something to say.
    Told,
}

/// What came of a line, or what the program had to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// How it is meant.
    pub tone: Tone,
    /// In words.
    pub text: String,
}

/// How the sound thread does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Share of each period that it takes; 1 is all of it.
    pub share: f32,
    /// Times that the device ran dry.
    pub xruns: u64,
    /// Those of them that this program caused.
    pub ours: u64,
}

/// Work that a program left behind without saving it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What it is, as a question.
    pub text: String,
    /// It can be gone on with.
    pub is_readable: bool,
}

/// What panels see of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// The project's own.
    pub path: PathBuf,
    /// Nobody gave it a name yet.
    pub untitled: bool,
    /// The projects that were open last, and whether each is there.
    pub recent: Vec<(PathBuf, bool)>,
    /// The folder that is listed.
    pub folder: PathBuf,
    /// Projects and folders in it, and which of the two each is.
    pub entries: Vec<(String, bool)>,
    /// Why it cannot be listed.
    pub fault: Option<String>,
    /// Work that was not saved.
    pub offer: Option<Offer>,
}

/// One moment, for one frame of the window.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// The document.
    pub world: &'a World,
    /// What tracks, buses and scenes there are, in order.
    pub order: &'a Order,
    /// What tracks do; `None` before the engine has told anything.
    pub snapshot: Option<&'a Snapshot>,
    /// Where the music was when this frame began.
    pub head: Option<Playhead>,
    /// Meters by node: tracks, buses, cue, master.
    pub meters: &'a [Arc<Meter>],
    /// Tracks that play what comes in.
    pub armed: &'a BTreeSet<TrackId>,
    /// The metronome clicks.
    pub metronome: bool,
    /// How the device does, in a few words.
    pub device: &'a str,
    /// What is known of sounds.
    pub sounds: &'a BTreeMap<String, SoundDescriptor>,
    /// Names for completion, and what sounds there are.
    pub names: &'a Names,
    /// How recordings look.
    pub waves: &'a Waves,
    /// The user's presets.
    pub presets: &'a UserLibrary,
    /// Files.
    pub files: &'a Files,
    /// Every setting with its value, in the order of the table.
    pub settings: &'a [Row],
    /// What there is to play on, and what of it is in use.
    pub gear: &'a Gear,
    /// What the last look around found.
    pub found: &'a Found,
    /// A look around is under way.
    pub is_looking: bool,
    /// How the sound thread does, once it has played.
    pub load: Option<Load>,
    /// MIDI is heard at this moment.
    pub hears: bool,
    /// What was done and said, oldest first.
    pub log: &'a [Said],
    /// Seconds since the window opened: for what blinks.
    pub seconds: f64,
}

impl<'a> Seen<'a> {
    /// Whether the transport runs, or counts in.
    pub fn runs(&self) -> bool {
        self.head.is_some_and(|head| head.playing || head.counting_in)
    }

    /// A track's name and colour.
    pub fn track(&self, id: TrackId) -> (&'a str, u8) {
        let name = part::<Name>(self.world, id).map_or("", |n| n.0.as_str());
        (name, part::<Color>(self.world, id).map_or(0, |c| c.0))
    }

    /// A scene.
    pub fn scene(&self, id: SceneId) -> Option<&'a Scene> {
        part::<Scene>(self.world, id).ok()
    }

    /// A clip.
    pub fn clip(&self, id: ClipId) -> Option<&'a Clip> {
        part::<Clip>(self.world, id).ok()
    }

    /// How a clip's recording looks; `None` for a clip of notes.
    pub fn wave(&self, clip: &Clip) -> Option<&'a Wave> {
        let ClipContent::Audio(audio) = &clip.content else { return None };
        Some(self.waves.get(&audio.sample).unwrap_or(&Wave::Reading))
    }

    /// The tempo in beats per minute: that which runs, or the one the song begins with.
    pub fn bpm(&self) -> f64 {
        let song = || self.world.get_resource::<Song>().map_or(120.0, |s| s.tempo.start.get());
        self.head.filter(|head| head.playing).map_or_else(song, |head| head.bpm.get())
    }

    /// The slot of a track in a scene.
    pub fn slot(&self, track: TrackId, scene: &Scene) -> Slot {
        scene.slots.get(&track).copied().unwrap_or_default()
    }

    /// What a track's launcher does; at rest before the engine has told anything.
    pub fn track_state(&self, node: usize) -> TrackState {
        self.snapshot
            .filter(|s| node < s.tracks())
            .map_or_else(TrackState::default, |s| s.track(node))
    }

    /// What the slot in `row` of a track does.
    pub fn state(&self, node: usize, row: usize, filled: bool) -> ClipState {
        self.track_state(node).slot(u16::try_from(row).unwrap_or(u16::MAX), filled)
    }

    /// Whether a thing that is queued shows bright now: it blinks with the beat, or, while nothing
    /// runs, twice a second.
    pub fn blinks(&self) -> bool {
        match self.head.filter(|head| head.playing) {
            Some(head) => {
                let beat = head.signature.beat().0.max(1);
                let within = head.pos.ticks().rem_euclid(beat as f64);
                within < beat as f64 / 2.0
            }
            None => self.seconds.rem_euclid(0.5) < 0.25,
        }
    }
}

//! What a player does with a document that plays, by stable ids: heard, journaled, never undone.

use super::ids::{SceneId, StripId, TrackId};
use super::time::{Bpm, Ticks};
use super::touch::Touch;

/// A performance gesture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Performance {
    /// Launch the clip in a slot, as hard as this velocity, 1–127.
    Launch(TrackId, SceneId, u8),
    /// Let go of a slot that was launched: ends gates and repeats.
    Release(TrackId, SceneId),
    /// Launch a clip so that it ends with what plays, which then comes back.
    Fill(TrackId, SceneId),
    /// Launch a scene.
    LaunchScene(SceneId),
    /// Stop a track's clip.
    StopTrack(TrackId),
    /// Stop every clip.
    StopAll,
    /// Forget what a track waits to do, or all tracks.
    Cancel(Option<TrackId>),
    /// Back to the timeline on a track, or on every one.
    BackToArrangement(Option<TrackId>),
    /// Start the transport at the start position.
    Play,
    /// Start it where it stopped.
    Continue,
    /// Stop it.
    Stop,
    /// Move the playhead.
    Locate(Ticks),
    /// Start the transport after this many bars of clicks.
    CountIn(u8),
    /// Take a tempo at once.
    Tempo(Bpm),
    /// Glide to a tempo over this many quarter notes.
    Glide(Bpm, u16),
    /// Run faster by this many thousandths of the tempo, or slower, until it is 0 again.
    Nudge(i16),
    /// Click on every beat, or not.
    Metronome(bool),
    /// Record into the clip in a slot for so long, or until it is ended.
    Record(TrackId, SceneId, Option<Ticks>),
    /// End a track's recording.
    RecordEnd(TrackId),
    /// Start a note of this pitch and velocity on a track.
    NoteOn(TrackId, u8, u8),
    /// End a note of this pitch on a track.
    NoteOff(TrackId, u8),
    /// Set a performance effect of the master or a group.
    Touch(StripId, Touch, f32),
    /// Hear a strip on the cue output, or not.
    Listen(StripId, bool),
}

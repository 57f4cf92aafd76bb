//! What subscribers hear of: a picture of the session, cheap to build thirty times a second.

use std::sync::Arc;

use crate::model::action::Position;
use crate::model::launch::ClipState;

/// A picture of the session at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Tempo in force, in beats per minute.
    pub bpm: f64,
    /// Whether the transport runs.
    pub playing: bool,
    /// Whether it clicks on every beat.
    pub metronome: bool,
    /// Where it is; the tick is not sent.
    pub position: Position,
    /// Names of the scenes, top to bottom.
    pub scenes: Vec<Arc<str>>,
    /// Tracks, left to right.
    pub tracks: Vec<Track>,
    /// Level of each return, left to right.
    pub returns: Vec<Meter>,
    /// Level of the master.
    pub master: Meter,
    /// Fader of the master in dB.
    pub master_volume: f32,
    /// What plays: the sound device in words.
    pub device: Arc<str>,
    /// What the program last told its user.
    pub notice: Arc<str>,
}

impl Default for State {
    /// Nothing: stopped at the first bar, 120 BPM.
    fn default() -> Self {
        State {
            bpm: 120.0,
            playing: false,
            metronome: false,
            position: Position { bar: 1, beat: 1, sixteenth: 1, tick: 0 },
            scenes: Vec::new(),
            tracks: Vec::new(),
            returns: Vec::new(),
            master: Meter::default(),
            master_volume: 0.0,
            device: Arc::from(""),
            notice: Arc::from(""),
        }
    }
}

/// A track.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it is silenced.
    pub mute: bool,
    /// Whether it is heard alone.
    pub solo: bool,
    /// Whether it plays what comes in.
    pub arm: bool,
    /// Fader in dB.
    pub volume: f32,
    /// Pan, -1 left to 1 right.
    pub pan: f32,
    /// Level.
    pub meter: Meter,
    /// What its slots do, top to bottom; those left out are empty.
    pub slots: Vec<ClipState>,
}

impl Default for Track {
    /// Without a name, at 0 dB in the middle, silent and empty.
    fn default() -> Self {
        Track {
            name: Arc::from(""),
            mute: false,
            solo: false,
            arm: false,
            volume: 0.0,
            pan: 0.0,
            meter: Meter::default(),
            slots: Vec::new(),
        }
    }
}

impl Track {
    /// The slot that says what the track does, with its row from 0: what sounds before what waits;
    /// `None` where all stand.
    pub(super) fn active(&self) -> Option<(usize, ClipState)> {
        let rank = |state: ClipState| match state {
            ClipState::Empty | ClipState::Stopped => 0,
            ClipState::PlayQueued | ClipState::RecordQueued => 1,
            ClipState::Playing | ClipState::StopQueued | ClipState::Recording => 2,
        };
        let slots = self.slots.iter().copied().enumerate().rev();
        slots.filter(|(_, state)| rank(*state) > 0).max_by_key(|(_, state)| rank(*state))
    }
}

/// A reading of a strip's meters: peaks in dB full scale; what lies below -120 dB is sent as -120.
#[derive(Clone, Debug, PartialEq)]
pub struct Meter {
    /// Left.
    pub left: f32,
    /// Right.
    pub right: f32,
    /// The peaks held, left and right.
    pub hold: [f32; 2],
    /// Whether it went over 0 dB since it was reset.
    pub over: bool,
    /// What the strip's inserts take away.
    pub reductions: Vec<Reduction>,
}

impl Default for Meter {
    /// Silence.
    fn default() -> Self {
        let none = f32::NEG_INFINITY;
        Meter { left: none, right: none, hold: [none; 2], over: false, reductions: Vec::new() }
    }
}

/// By how many dB an insert turns the signal down, at least 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reduction {
    /// Its place in the rack, from 0.
    pub insert: usize,
    /// Now.
    pub now: f32,
    /// The most of the last while.
    pub hold: f32,
}

/// The word for what a slot does.
pub(super) fn word(state: ClipState) -> &'static str {
    match state {
        ClipState::Empty => "empty",
        ClipState::Stopped => "stopped",
        ClipState::PlayQueued => "play-queued",
        ClipState::Playing => "playing",
        ClipState::StopQueued => "stop-queued",
        ClipState::RecordQueued => "record-queued",
        ClipState::Recording => "recording",
    }
}

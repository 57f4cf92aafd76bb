//! Grid controllers with lights: one session window, drum and note mode on seven kinds of device.
//!
//! A [`Surface`] is a state machine without threads, files or clocks. It turns the messages of a device
//! into [`PadIntent`]s and a [`GridView`] into light messages. After it is made it allocates nothing and
//! waits for nothing, so that it can live on the audio callback.
//!
//! # Sources
//!
//! | device | reference |
//! |---|---|
//! | Launchpad X | Novation, *Launchpad X Programmer's reference manual*, “Programmer / Live mode switch”, “Programmer mode layout”, “LED lighting SysEx message” |
//! | Launchpad Mini MK3 | Novation, *Launchpad Mini \[MK3\] Programmer's reference manual*, the same sections |
//! | Launchpad Pro MK3 | Novation, *Launchpad Pro \[MK3\] Programmer's reference manual*, “Programmer mode”, “LED lighting SysEx message” |
//! | APC mini | Akai, *APC mini Communications Protocol*, “Outbound” (LED values 0–6), “Inbound” |
//! | APC mini mk2 | Akai, *APC mini mk2 Communication Protocol* 1.0, “RGB LED behavior”, “Single LED”, “Introduction message” |
//! | APC40 mkII | Akai, *APC40 Mk2 Communications Protocol* 1.2, “Message type 0: Introduction”, “LED control”, “Type CC1” and “CC2” |
//!
//! # Keys
//!
//! “Shift” is the Shift key; on Launchpad X and Mini MK3, which have none, it is Session while held (a
//! short press of it goes back to the clips). Shift and a pad jumps to a page of the grid on all devices.
//!
//! | function | Launchpad X | Mini MK3 | Pro MK3 | APC mini | APC mini mk2 | APC40 mkII |
//! |---|---|---|---|---|---|---|
//! | clips | notes 11–88 | notes 11–88 | notes 11–88 | notes 0–63 | notes 0–63 | notes 0–39 (8×5) |
//! | scenes | CC 89 … 19 | CC 89 … 19 | CC 89 … 19 | 82–89 | 112–119 | 82–86 |
//! | window by one | CC 91–94 | CC 91–94 | CC 80, 70, 91, 92 | Shift + 64–67 | Shift + 104–107 | 94, 95, 97, 96 |
//! | window by a page | Shift + the same | Shift + the same | Shift + the same | Shift + pad | Shift + pad | Shift + the same |
//! | shift | Session, CC 95 | Session, CC 95 | CC 90 | 98 | 122 | 98 |
//! | session mode | tap CC 95 | tap CC 95 | CC 93 | Shift + 82–86 | Shift + 112–116 | User again, 89 |
//! | note mode | CC 96 | Keys, CC 97 | CC 94 | Shift + 88 | Shift + 118 | User, 89 |
//! | drum mode | Custom, CC 97 | Drums, CC 96 | Custom, CC 96 | Shift + 87 | Shift + 117 | Shift + User |
//! | track keys | bottom row of pads | bottom row of pads | CC 101–108 | 64–71 | 100–107 | own rows |
//! | … stop | Shift + CC 49 | Shift + CC 49 | CC 8 | Shift + 82 | Shift + 112 | 52 |
//! | … mute | Shift + CC 39 | Shift + CC 39 | CC 2 | Shift + 85 | Shift + 114 | 50 |
//! | … solo | Shift + CC 29 | Shift + CC 29 | CC 3 | Shift + 83 | Shift + 113 | 49 |
//! | … arm | Shift + CC 19 | Shift + CC 19 | CC 1 | Shift + 84 | Shift + 115 | 48 |
//! | … select | | | when no other is chosen | Shift + 86 | Shift + 116 | 51 |
//! | stop all | Shift + CC 59 | Shift + CC 59 | Shift + CC 8 | Shift + 89 | Shift + 119 | 81 |
//! | record | CC 98 | User, CC 98 | CC 10 | | | 93, 102 |
//! | play | Shift + CC 89 | Shift + CC 89 | CC 20 | | | 91 |
//! | undo, redo | Shift + CC 79, 69 | Shift + CC 79, 69 | Shift + CC 1, 2 | | | |
//! | metronome | | | Shift + CC 3 | | | 90 |
//! | clear, duplicate, quantize: hold + pad | | | CC 60, 50, 40 | | | |
//! | fixed length | | | CC 30 | | | |
//! | tap, nudge | | | | | | 99, 100, 101 |
//! | faders | | | | CC 48–55 | CC 48–55 | CC 7, channel = track |
//! | master, crossfader | | | | CC 56 | CC 56 | CC 14, 15 |
//! | faders or knobs move volume, pan, send, device | | | | Shift + 68–71 | Shift + 100–103 | Pan 87, Sends 88 |
//! | track knobs, device knobs | | | | | | CC 48–55, 16–23 |
//! | tempo, cue level, in steps | | | | | | CC 13, 47 |
//!
//! A chosen row of track keys is left by choosing it again. In drum and note mode up and down move the
//! pitch: by an octave, or by the sixteen drums of a bank.
//!
//! # Lights
//!
//! | shows | light |
//! |---|---|
//! | stopped clip | its colour |
//! | launch queued | green, blinks |
//! | plays | green, pulses; the further the clip is, the less deep the pulse |
//! | stop queued | red, blinks |
//! | record queued | red, blinks |
//! | records | red, pulses |
//! | empty slot of an armed track | dim red |
//! | scene | green when one of its clips in the window plays, green blinking when one is queued, else dim |
//! | stop, solo, mute, arm, select | red when something plays; blue; orange when *not* muted, as on the makers' own surfaces; red; the track's colour |
//!
//! A key with one colour and one brightness is on where others are bright. What changes its meaning is
//! sent before what merely blinks.
//!
//! **Blinking and pulsing are computed here**, from the position of the music, at every tempo. The
//! devices' own follow MIDI clock only from 40 to 240 BPM, each in its own way, are out of phase with
//! the music without clock, and the APC mini and the keys of all APCs have none that follow anything.
//! One path costs little: a blinking pad takes two messages a beat, a pulsing one at most eight, and
//! what does not change sends nothing (`tests/traffic.rs` holds the figures). Above 240 BPM the period
//! doubles, so that no light blinks faster than four times a second. While the transport stands,
//! what would blink is lit.

mod key;
mod lights;
mod model;
mod notes;
mod paint;
pub mod simulated;
mod surface;
#[cfg(test)]
mod tests;
mod window;
mod wire;

use crate::model::launch::ClipState;

pub use key::{Dial, Key, Mode, Row};
pub use model::Model;
pub use paint::BYTES_PER_REFRESH;
pub use surface::Surface;
pub use window::Window;
pub use wire::generic::{Binding, MessageKind, NoteMap, Velocities};

/// A colour: red, green and blue, 0–255 each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// What a surface shows of a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotView {
    /// What it does.
    pub state: ClipState,
    /// Colour of its clip.
    pub color: Rgb,
    /// How far the playing clip is, 0–127.
    pub progress: u8,
}

/// What a surface shows of a track.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrackView {
    /// It is muted.
    pub mute: bool,
    /// It is soloed.
    pub solo: bool,
    /// It records what is played.
    pub armed: bool,
    /// It is the one that edits apply to.
    pub selected: bool,
    /// A clip plays on it.
    pub playing: bool,
    /// Its clip stops on the next line of the grid.
    pub stopping: bool,
    /// Its colour.
    pub color: Rgb,
    /// Its level, 0–127.
    pub volume: u8,
}

/// What a surface reads, once a period.
pub trait GridView {
    /// Tracks of the grid.
    fn tracks(&self) -> u16;
    /// Scenes of the grid.
    fn scenes(&self) -> u16;
    /// A slot; only asked for tracks and scenes that are there.
    fn slot(&self, track: u16, scene: u16) -> SlotView;
    /// A track; only asked for tracks that are there.
    fn track(&self, track: u16) -> TrackView;
    /// The transport runs.
    fn playing(&self) -> bool;
    /// The session records.
    fn recording(&self) -> bool;
    /// Position in quarter notes.
    fn beat(&self) -> f64;
    /// Quarter notes a minute.
    fn bpm(&self) -> f64;
    /// Root (0 = C … 11 = B) and scale: bit n is set when the note n semitones above the root belongs
    /// to it.
    fn key(&self) -> (u8, u16);
}

/// What a player does on a surface. Values are 0–127, velocities 1–127.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the fields of an intent are named by what they are")]
pub enum PadIntent {
    /// A pad of a slot was pressed; the slot may be empty.
    Launch { track: u16, scene: u16, velocity: u8 },
    /// It was released: the same slot, wherever the window is now.
    Release { track: u16, scene: u16 },
    /// A scene was launched.
    LaunchScene(u16),
    /// Stop a track.
    StopTrack(u16),
    /// Stop every track.
    StopAll,
    /// Mute on or off.
    Mute(u16),
    /// Solo on or off.
    Solo(u16),
    /// Arm on or off.
    Arm(u16),
    /// Select a track.
    Select(u16),
    /// Start or stop recording.
    Record,
    /// Start or stop the transport.
    Play,
    /// Undo.
    Undo,
    /// Redo.
    Redo,
    /// Empty a slot.
    Clear { track: u16, scene: u16 },
    /// Duplicate a clip.
    Duplicate { track: u16, scene: u16 },
    /// Quantize a clip.
    Quantize { track: u16, scene: u16 },
    /// Switch between fixed and open length of recordings.
    FixedLength,
    /// Metronome on or off.
    Metronome,
    /// A tap of the tempo.
    Tap,
    /// Pull the tempo back (−1) or push it on (1) while the key is held; 0 when it is released.
    Nudge(i8),
    /// Turn the tempo by so many steps.
    Tempo(i8),
    /// Turn the cue level by so many steps.
    Cue(i8),
    /// A note for the armed or selected track.
    NoteOn { pitch: u8, velocity: u8 },
    /// Its end, when the last pad that holds it is released or one of them is pressed anew: start and
    /// end alternate for every pitch.
    NoteOff { pitch: u8 },
    /// Level of a track.
    Volume { track: u16, value: u8 },
    /// Pan of a track, 64 in the middle.
    Pan { track: u16, value: u8 },
    /// First send of a track.
    Send { track: u16, value: u8 },
    /// A parameter of the selected device, 0–7.
    Knob { index: u8, value: u8 },
    /// Level of the master.
    Master(u8),
    /// The crossfader.
    Crossfader(u8),
}

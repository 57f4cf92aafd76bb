//! The state machine of a surface: keys to intents.

use super::key::{Dial, Key, Light, Mode, Row};
use super::model::Model;
use super::notes::Keyboard;
use super::paint::UNKNOWN;
use super::wire::generic::NoteMap;
use super::wire::{Event, LEDS, Wire};
use super::{GridView, PadIntent, Window};

/// What a key was pressed as, whatever it would be now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    No,
    Slot(u16, u16),
    Note(u8),
    Shift,
    Edit,
    Nudge,
    Other,
}

/// A controller with pads and lights.
///
/// Making one allocates nothing for the known devices, and nothing allocates or waits afterwards. Feed
/// it whole messages with [`Surface::input`] and let it speak with [`Surface::refresh`] once a period.
pub struct Surface {
    pub(super) wire: Wire,
    pub(super) keys: [Option<Key>; LEDS],
    pub(super) window: Window,
    pub(super) mode: Mode,
    /// What was chosen for the track keys.
    row: Option<Row>,
    dial: Dial,
    /// What pads do to clips while an edit key is held.
    edit: Option<Key>,
    pub(super) shift: bool,
    /// The session key is down and no other was pressed since.
    tap: bool,
    pub(super) octave: i8,
    pub(super) bank: i8,
    held: [Held; LEDS],
    /// One bit for each pitch that a held pad sounds.
    sounding: u128,
    /// What the device shows, and what it should show, as the device's codes.
    pub(super) shown: [u32; LEDS],
    pub(super) wanted: [u32; LEDS],
    /// Which moving light it shows, and should show.
    pub(super) motion_shown: [u8; LEDS],
    pub(super) motion: [u8; LEDS],
    /// The lights that `wanted` and `motion` were made from.
    pub(super) asked: [Light; LEDS],
    /// Where the next search for due lights begins, so that none starves.
    pub(super) cursor: usize,
    /// The device left the mode that it was put into.
    pub(super) strayed: bool,
}

impl Surface {
    /// A surface of a known device.
    pub fn new(model: Model) -> Surface {
        Surface::of(Wire::Known(model))
    }

    /// A surface of any controller whose keys are listed.
    pub fn generic(map: NoteMap) -> Surface {
        Surface::of(Wire::Generic(map))
    }

    fn of(wire: Wire) -> Surface {
        let (columns, rows) = wire.size();
        let keys = std::array::from_fn(|led| u8::try_from(led).ok().and_then(|led| wire.key(led)));
        Surface {
            keys,
            window: Window { track: 0, scene: 0, columns, rows },
            mode: Mode::Session,
            row: None,
            dial: if matches!(wire, Wire::Known(Model::Apc40Mk2)) {
                Dial::Pan
            } else {
                Dial::Volume
            },
            edit: None,
            shift: false,
            tap: false,
            octave: 0,
            bank: 0,
            held: [Held::No; LEDS],
            sounding: 0,
            shown: [UNKNOWN; LEDS],
            wanted: [UNKNOWN; LEDS],
            motion_shown: [0; LEDS],
            motion: [0; LEDS],
            asked: [Light::OFF; LEDS],
            cursor: 0,
            strayed: false,
            wire,
        }
    }

    /// The device; `None` for a generic controller.
    pub fn model(&self) -> Option<Model> {
        match self.wire {
            Wire::Known(model) => Some(model),
            Wire::Generic(_) => None,
        }
    }

    /// The part of the grid that the pads show.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Moves the window; the next [`Surface::refresh`] keeps it within the grid.
    pub fn set_window(&mut self, track: u16, scene: u16) {
        self.window = Window { track, scene, ..self.window };
    }

    /// What the pads do.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What the track keys do; on Launchpad X and Mini `None` when the bottom row of pads shows clips.
    pub fn row(&self) -> Option<Row> {
        self.row.or(self.wire.default_row())
    }

    /// What faders or track knobs move.
    pub fn dial(&self) -> Dial {
        self.dial
    }

    pub(super) fn shifted(&self) -> bool {
        self.shift
    }

    pub(super) fn edit(&self) -> Option<Key> {
        self.edit
    }

    pub(super) fn sounds(&self, pitch: u8) -> bool {
        self.sounding >> (pitch & 0x7F) & 1 == 1
    }

    /// Releases every key that is held: for a device that was pulled out, and before goodbye.
    pub fn let_go(&mut self, intents: &mut dyn FnMut(PadIntent)) {
        (0..LEDS).for_each(|led| self.lift(led, intents));
        self.tap = false;
    }

    /// One whole message from the device (SysEx too). True when it was a key or control of this surface,
    /// false when it means nothing here and others may have it.
    pub fn input(
        &mut self,
        bytes: &[u8],
        view: &dyn GridView,
        intents: &mut dyn FnMut(PadIntent),
    ) -> bool {
        let Some(event) = self.wire.decode(bytes) else {
            return false;
        };
        self.keep_inside(view);
        match event {
            Event::Press(led, velocity) => self.press(led, velocity, view, intents),
            Event::Release(led) => {
                let tapped = self.tap && self.held.get(usize::from(led)) == Some(&Held::Shift);
                self.lift(usize::from(led), intents);
                if tapped {
                    (self.mode, self.row, self.tap) = (Mode::Session, None, false);
                }
            }
            Event::Dial(dial, index, value) => {
                let track = self.track_at(index, view);
                let intent = match (dial.unwrap_or(self.dial), track) {
                    (Dial::Device, _) => Some(PadIntent::Knob { index, value }),
                    (Dial::Volume, Some(track)) => Some(PadIntent::Volume { track, value }),
                    (Dial::Pan, Some(track)) => Some(PadIntent::Pan { track, value }),
                    (Dial::Send, Some(track)) => Some(PadIntent::Send { track, value }),
                    (_, None) => None,
                };
                intent.into_iter().for_each(intents);
            }
            Event::Master(value) => intents(PadIntent::Master(value)),
            Event::Crossfader(value) => intents(PadIntent::Crossfader(value)),
            Event::Tempo(steps) if steps != 0 => intents(PadIntent::Tempo(steps)),
            Event::Cue(steps) if steps != 0 => intents(PadIntent::Cue(steps)),
            Event::Strayed(mode) => (self.mode, self.strayed) = (mode, true),
            Event::Tempo(_) | Event::Cue(_) | Event::Nothing => {}
        }
        true
    }

    /// What a key does now: with shift, and where the bottom row of pads lends the track keys.
    pub(super) fn function(&self, key: Key) -> Key {
        let key = if self.shift { self.wire.shifted(key) } else { key };
        match (key, self.row()) {
            (Key::Track(column), Some(row)) => Key::TrackRow(row, column),
            (Key::Pad { column, row: 7 }, Some(row))
                if self.wire.session_shifts() && self.mode == Mode::Session && !self.shift =>
            {
                Key::TrackRow(row, column)
            }
            _ => key,
        }
    }

    fn press(
        &mut self,
        led: u8,
        velocity: u8,
        view: &dyn GridView,
        intents: &mut dyn FnMut(PadIntent),
    ) {
        let place = usize::from(led);
        let Some(Some(key)) = self.keys.get(place).copied() else {
            return;
        };
        // A release that was lost on the way.
        self.lift(place, intents);
        self.tap = false;
        let mut held = Held::Other;
        match self.function(key) {
            Key::Pad { column, row } if self.shift => {
                if let Some((track, scene)) = self.page_at(column, row, view) {
                    self.set_window(track, scene);
                    self.keep_inside(view);
                }
            }
            Key::Pad { column, row } => held = self.press_pad(column, row, velocity, view, intents),
            Key::Scene(row) => {
                self.scene_at(row, view).map(PadIntent::LaunchScene).into_iter().for_each(intents);
            }
            Key::TrackRow(row, column) => {
                let track = self.track_at(column, view);
                track.map(|track| intent_of(row, track)).into_iter().for_each(intents);
            }
            Key::Track(_) => {}
            Key::Row(row) => self.choose(row),
            Key::Up => self.step(0, -1, view),
            Key::Down => self.step(0, 1, view),
            Key::Left => self.step(-1, 0, view),
            Key::Right => self.step(1, 0, view),
            Key::Shift => (self.shift, held) = (true, Held::Shift),
            Key::Session if self.wire.session_shifts() => {
                (self.shift, self.tap, held) = (true, true, Held::Shift);
            }
            Key::Session => self.mode = Mode::Session,
            Key::Note => self.toggle(Mode::Note),
            Key::Drum => self.toggle(Mode::Drum),
            Key::Clear | Key::Duplicate | Key::Quantize => {
                (self.edit, held) = (Some(key), Held::Edit);
            }
            Key::Dial(dial) => self.dial = dial,
            Key::NudgeDown => {
                held = Held::Nudge;
                intents(PadIntent::Nudge(-1));
            }
            Key::NudgeUp => {
                held = Held::Nudge;
                intents(PadIntent::Nudge(1));
            }
            Key::Record => intents(PadIntent::Record),
            Key::Play => intents(PadIntent::Play),
            Key::StopAll => intents(PadIntent::StopAll),
            Key::Undo => intents(PadIntent::Undo),
            Key::Redo => intents(PadIntent::Redo),
            Key::FixedLength => intents(PadIntent::FixedLength),
            Key::Metronome => intents(PadIntent::Metronome),
            Key::Tap => intents(PadIntent::Tap),
        }
        self.held[place] = held;
    }

    fn press_pad(
        &mut self,
        column: u8,
        row: u8,
        velocity: u8,
        view: &dyn GridView,
        intents: &mut dyn FnMut(PadIntent),
    ) -> Held {
        let pitch = match self.mode {
            Mode::Session => {
                let Some((track, scene)) = self.slot_at(column, row, view) else {
                    return Held::Other;
                };
                let edit = match self.edit {
                    Some(Key::Clear) => PadIntent::Clear { track, scene },
                    Some(Key::Duplicate) => PadIntent::Duplicate { track, scene },
                    Some(_) => PadIntent::Quantize { track, scene },
                    None => {
                        intents(PadIntent::Launch { track, scene, velocity });
                        return Held::Slot(track, scene);
                    }
                };
                intents(edit);
                return Held::Other;
            }
            Mode::Drum => self.drum_at(column, row),
            Mode::Note => {
                self.note_at(column, row, &Keyboard::new(view.key())).map(|(pitch, _)| pitch)
            }
        };
        let Some(pitch) = pitch else {
            return Held::Other;
        };
        if self.sounds(pitch) {
            intents(PadIntent::NoteOff { pitch });
        }
        self.sounding |= 1 << pitch;
        intents(PadIntent::NoteOn { pitch, velocity });
        Held::Note(pitch)
    }

    /// Releases a key as what it was pressed as.
    fn lift(&mut self, place: usize, intents: &mut dyn FnMut(PadIntent)) {
        let Some(held) = self.held.get_mut(place) else {
            return;
        };
        match std::mem::replace(held, Held::No) {
            Held::No | Held::Other => {}
            Held::Slot(track, scene) => intents(PadIntent::Release { track, scene }),
            Held::Note(pitch) => {
                if !self.held.contains(&Held::Note(pitch)) {
                    self.sounding &= !(1 << pitch);
                    intents(PadIntent::NoteOff { pitch });
                }
            }
            Held::Shift => self.shift = self.held.contains(&Held::Shift),
            Held::Edit => self.edit = None,
            Held::Nudge => intents(PadIntent::Nudge(0)),
        }
    }

    fn choose(&mut self, row: Row) {
        if self.wire.is_mini() {
            (self.row, self.mode) = (Some(row), Mode::Session);
        } else {
            self.row = (self.row != Some(row)).then_some(row);
        }
    }

    fn toggle(&mut self, mode: Mode) {
        // The APC mini mk2 changes its own mode with the same keys and says so besides; twice the same
        // must not be there and back.
        self.mode = if self.mode == mode && !self.wire.is_mini() { Mode::Session } else { mode };
    }
}

fn intent_of(row: Row, track: u16) -> PadIntent {
    match row {
        Row::Stop => PadIntent::StopTrack(track),
        Row::Solo => PadIntent::Solo(track),
        Row::Mute => PadIntent::Mute(track),
        Row::Arm => PadIntent::Arm(track),
        Row::Select => PadIntent::Select(track),
    }
}

//! What every light should show now.

use super::key::{Color, DIM, Dial, FULL, Key, Light, Mode, Row};
use super::notes::Keyboard;
use super::surface::Surface;
use super::{GridView, Rgb, SlotView};
use crate::model::launch::ClipState;

/// Above this tempo a blink takes more than a beat, below [`SLOWEST`] less.
const FASTEST: f64 = 240.0;
const SLOWEST: f64 = 40.0;
/// Deepest point of a pulse at the start of a clip: still on where there is only on and off.
const FLOOR: f64 = 3.0;

/// One moment, as blinking and pulsing need it.
pub(super) struct Moment {
    /// Blinking lights are on.
    on: bool,
    /// 1 on the beat, 0 half-way to the next.
    swell: f64,
    keyboard: Keyboard,
}

impl Moment {
    pub(super) fn of(view: &dyn GridView) -> Moment {
        let position = view.beat() / period(view.bpm());
        let phase =
            if view.playing() && position.is_finite() { position.rem_euclid(1.0) } else { 0.0 };
        Moment {
            on: phase < 0.5,
            swell: (1.0 - 2.0 * phase).abs(),
            keyboard: Keyboard::new(view.key()),
        }
    }

    fn blink(&self, color: Color, motion: u8) -> Light {
        Light::moving(color, if self.on { FULL } else { 0 }, motion)
    }

    /// The further a clip is, the less deep the pulse.
    fn pulse(&self, color: Color, progress: u8, motion: u8) -> Light {
        let floor = FLOOR + 3.0 * f64::from(progress.min(127)) / 127.0;
        let level = floor + (f64::from(FULL) - floor) * self.swell;
        Light::moving(color, level.round() as u8, motion)
    }

    fn slot(&self, slot: SlotView, armed: bool) -> Light {
        match slot.state {
            ClipState::Empty if armed => Light::new(Color::Red, 1),
            ClipState::Empty => Light::OFF,
            ClipState::Stopped => Light::new(Color::Clip(visible(slot.color)), FULL),
            ClipState::PlayQueued => self.blink(Color::Green, 1),
            ClipState::Playing => self.pulse(Color::Green, slot.progress, 2),
            ClipState::StopQueued => self.blink(Color::Red, 3),
            ClipState::RecordQueued => self.blink(Color::Red, 4),
            ClipState::Recording => self.pulse(Color::Red, slot.progress, 5),
        }
    }
}

/// Quarter notes in which a light blinks once: a beat from 40 to 240 BPM, so that there are at most four
/// blinks a second.
fn period(bpm: f64) -> f64 {
    let (mut bpm, mut beats) = (bpm, 1.0);
    while bpm > FASTEST && beats < 64.0 {
        (bpm, beats) = (bpm / 2.0, beats * 2.0);
    }
    while bpm < SLOWEST && beats > 0.01 {
        (bpm, beats) = (bpm * 2.0, beats / 2.0);
    }
    beats
}

impl Surface {
    /// What the light of a key shows.
    pub(super) fn light(&self, key: Key, view: &dyn GridView, moment: &Moment) -> Light {
        match self.function(key) {
            Key::Pad { column, row } if self.shifted() => self.page_light(column, row, view),
            Key::Pad { column, row } => match self.mode() {
                Mode::Session => {
                    self.slot_at(column, row, view).map_or(Light::OFF, |(track, scene)| {
                        moment.slot(view.slot(track, scene), view.track(track).armed)
                    })
                }
                Mode::Drum => self
                    .drum_at(column, row)
                    .map_or(Light::OFF, |pitch| self.note_light(pitch, Color::Yellow)),
                Mode::Note => {
                    let pitch = self.note_at(column, row, &moment.keyboard);
                    pitch.map_or(Light::OFF, |(pitch, root)| {
                        self.note_light(pitch, if root { Color::Blue } else { Color::White })
                    })
                }
            },
            Key::Scene(row) => self.scene_light(row, view, moment),
            Key::TrackRow(row, column) => self.track_light(row, column, view, moment),
            Key::Track(_) => Light::OFF,
            Key::Row(row) => Light::switch(row_color(row), self.row() == Some(row)),
            Key::Up => self.arrow(0, -1, view),
            Key::Down => self.arrow(0, 1, view),
            Key::Left => self.arrow(-1, 0, view),
            Key::Right => self.arrow(1, 0, view),
            Key::Shift => Light::switch(Color::White, self.shifted()),
            Key::Session => Light::switch(Color::White, self.mode() == Mode::Session),
            Key::Note => Light::switch(Color::White, self.mode() == Mode::Note),
            Key::Drum => Light::switch(Color::White, self.mode() == Mode::Drum),
            Key::Record => Light::switch(Color::Red, view.recording()),
            Key::Play => Light::switch(Color::Green, view.playing()),
            Key::StopAll => Light::new(Color::Red, DIM),
            Key::Dial(dial) => Light::switch(dial_color(dial), self.dial() == dial),
            Key::Clear | Key::Duplicate | Key::Quantize => {
                Light::switch(Color::White, self.edit() == Some(key))
            }
            Key::Undo | Key::Redo | Key::FixedLength | Key::Metronome => {
                Light::new(Color::White, DIM)
            }
            Key::Tap | Key::NudgeDown | Key::NudgeUp => Light::new(Color::White, DIM),
        }
    }

    fn arrow(&self, columns: i32, rows: i32, view: &dyn GridView) -> Light {
        if self.can_move(columns, rows, view) {
            Light::new(Color::White, LIT_ARROW)
        } else {
            Light::OFF
        }
    }

    /// The drum or note of a pad: bright where it is a root or a drum, green while it sounds.
    fn note_light(&self, pitch: u8, color: Color) -> Light {
        let level = if color == Color::White { DIM } else { LIT_ARROW };
        if self.sounds(pitch) { Light::new(Color::Green, FULL) } else { Light::new(color, level) }
    }

    /// While shift is held a pad stands for a page of the grid.
    fn page_light(&self, column: u8, row: u8, view: &dyn GridView) -> Light {
        let Some((track, scene)) = self.page_at(column, row, view) else {
            return Light::OFF;
        };
        let window = self.window();
        let here = |first: u16, size: u8, page: u16| {
            (first..first.saturating_add(u16::from(size))).contains(&page)
        };
        let shown =
            here(window.track, window.columns, track) && here(window.scene, window.rows, scene);
        if shown { Light::new(Color::Green, FULL) } else { Light::new(Color::White, LIT_ARROW) }
    }

    fn scene_light(&self, row: u8, view: &dyn GridView, moment: &Moment) -> Light {
        if self.scene_at(row, view).is_none() {
            return Light::OFF;
        }
        let (mut plays, mut queued) = (false, false);
        for column in 0..self.window().columns {
            if let Some((track, scene)) = self.slot_at(column, row, view) {
                let state = view.slot(track, scene).state;
                queued |= state == ClipState::PlayQueued;
                plays |= state == ClipState::Playing;
            }
        }
        match (queued, plays) {
            (true, _) => moment.blink(Color::Green, 6),
            (false, true) => Light::new(Color::Green, FULL),
            (false, false) => Light::new(Color::White, DIM),
        }
    }

    fn track_light(&self, row: Row, column: u8, view: &dyn GridView, moment: &Moment) -> Light {
        let Some(track) = self.track_at(column, view).map(|track| view.track(track)) else {
            return Light::OFF;
        };
        match row {
            Row::Stop if track.stopping => moment.blink(Color::Red, 7),
            Row::Stop => Light::switch(Color::Red, track.playing),
            Row::Solo => Light::switch(Color::Blue, track.solo),
            Row::Mute => Light::switch(Color::Orange, !track.mute),
            Row::Arm => Light::switch(Color::Red, track.armed),
            Row::Select => Light::switch(Color::Clip(visible(track.color)), track.selected),
        }
    }
}

/// A colour that is too dark to be told from an empty slot, made brighter.
fn visible(Rgb(red, green, blue): Rgb) -> Rgb {
    match red.max(green).max(blue) {
        0 => Rgb(DARKEST, DARKEST, DARKEST),
        strongest if strongest < DARKEST => {
            let scale = |channel: u8| {
                (u16::from(channel) * u16::from(DARKEST) / u16::from(strongest)) as u8
            };
            Rgb(scale(red), scale(green), scale(blue))
        }
        _ => Rgb(red, green, blue),
    }
}

/// The strongest channel of a clip's colour is at least this.
const DARKEST: u8 = 64;

/// An arrow that leads somewhere: on, but not as bright as a clip.
const LIT_ARROW: u8 = 4;

fn row_color(row: Row) -> Color {
    match row {
        Row::Stop | Row::Arm => Color::Red,
        Row::Solo => Color::Blue,
        Row::Mute => Color::Orange,
        Row::Select => Color::White,
    }
}

fn dial_color(dial: Dial) -> Color {
    match dial {
        Dial::Volume => Color::Green,
        Dial::Pan => Color::Orange,
        Dial::Send => Color::Red,
        Dial::Device => Color::Blue,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_clip_is_too_dark_to_be_seen() {
        assert_eq!(visible(Rgb(0, 0, 0)), Rgb(64, 64, 64));
        assert_eq!(visible(Rgb(1, 0, 2)), Rgb(32, 0, 64));
        assert_eq!(visible(Rgb(63, 63, 0)), Rgb(64, 64, 0));
        assert_eq!(visible(Rgb(200, 1, 0)), Rgb(200, 1, 0));
    }

    #[test]
    fn no_light_blinks_faster_than_four_times_a_second() {
        for bpm in 20..=999 {
            let bpm = f64::from(bpm);
            let blinks = bpm / 60.0 / period(bpm);
            assert!((40.0 / 60.0..=4.0).contains(&blinks), "{blinks} a second at {bpm} BPM");
            assert!(
                !(40.0..=240.0).contains(&bpm) || period(bpm) == 1.0,
                "off the beat at {bpm} BPM"
            );
        }
        for bpm in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(period(bpm) > 0.0, "{bpm}");
        }
    }
}

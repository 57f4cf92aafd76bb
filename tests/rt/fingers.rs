//! Hands on five controllers at once: keys and knobs, pads, a mixer with pads, a clock, and a broken cable.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use hardcore::device::MIDI_PORTS;
use hardcore::midi::pads::Model;
use hardcore::midi::pads::simulated::Simulated;
use rand::Rng;
use rand_pcg::Pcg64Mcg;

use crate::hand::Hand;

/// What lies on the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Toy {
    Keys,
    Launchpad,
    Apc40,
    Noise,
    Clock,
}

impl Toy {
    /// All of them.
    pub const ALL: [Toy; 5] = [Toy::Keys, Toy::Launchpad, Toy::Apc40, Toy::Noise, Toy::Clock];

    /// The name of its port.
    pub fn name(self) -> &'static str {
        match self {
            Toy::Keys => "keys:Stage 61",
            Toy::Launchpad => "pads:Launchpad X LPX MIDI In",
            Toy::Apc40 => "apc:APC40 mkII",
            Toy::Noise => "noise:Broken cable",
            Toy::Clock => "clock:Drum machine",
        }
    }
}

/// Which toy is on which port of ours.
#[derive(Default)]
pub struct Places([AtomicU8; MIDI_PORTS]);

impl Places {
    /// Put it there, or nothing.
    pub fn put(&self, port: usize, toy: Option<Toy>) {
        self.0[port].store(toy.map_or(0, |toy| toy as u8 + 1), Relaxed);
    }

    fn toy(&self, port: usize) -> Option<Toy> {
        // The clock's port has none.
        let number = usize::from(self.0.get(port)?.load(Relaxed));
        Toy::ALL.get(number.wrapping_sub(1)).copied()
    }
}

/// Messages a second, of all toys together.
const BUSY: f64 = 400.0;
const RATE: f64 = 48_000.0;

/// Everybody who plays.
pub struct Fingers {
    rng: Pcg64Mcg,
    places: Arc<Places>,
    /// Frames so far.
    at: u64,
    /// The clock's next tick, frames; and its tempo.
    tick: f64,
    bpm: f64,
    launchpad: Simulated,
    apc: Simulated,
    /// All at once, far more than anybody could.
    pub storm: bool,
    /// Messages sent to us.
    pub heard: u64,
    /// Messages that lit something.
    pub lit: u64,
}

impl Fingers {
    /// Whose toys lie on `places`.
    pub fn new(rng: Pcg64Mcg, places: Arc<Places>) -> Fingers {
        Fingers {
            rng,
            places,
            at: 0,
            tick: 0.0,
            bpm: 174.0,
            launchpad: Simulated::plugged(Model::LaunchpadX),
            apc: Simulated::plugged(Model::Apc40Mk2),
            storm: false,
            heard: 0,
            lit: 0,
        }
    }

    /// Play into a period of this length.
    pub fn play(&mut self, frames: usize, hand: &mut Hand) {
        let mut all: Vec<(u32, usize, Vec<u8>)> = Vec::new();
        let share = frames as f64 / RATE * BUSY * if self.storm { 50.0 } else { 1.0 };
        let burst = if frames > 0 && self.rng.random_range(0..400) == 0 { 300 } else { 0 };
        let count = share as usize + usize::from(self.rng.random_bool(share.fract())) + burst;
        for _ in 0..count {
            let port = self.rng.random_range(0..MIDI_PORTS);
            let Some(toy) = self.places.toy(port) else { continue };
            let frame = self.rng.random_range(0..frames) as u32;
            for bytes in self.message(toy) {
                all.push((frame, port, bytes));
            }
        }
        self.clock(frames, &mut all);
        all.sort_by_key(|(frame, ..)| *frame);
        for (frame, port, bytes) in all {
            self.heard += 1;
            hand.hear(port, frame, &bytes);
        }
        self.at += frames as u64;
    }

    /// See what was lit.
    pub fn look(&mut self, hand: &Hand) {
        hand.said(&mut |port, bytes| {
            let known = match self.places.toy(port) {
                Some(Toy::Launchpad) => self.launchpad.receive(bytes),
                Some(Toy::Apc40) => self.apc.receive(bytes),
                // It was pulled out a moment ago.
                _ => return,
            };
            self.lit += u64::from(known.is_ok());
        });
    }

    /// Whether lights burn on both.
    pub fn are_lit(&self) -> bool {
        !self.launchpad.dark() && !self.apc.dark()
    }

    fn clock(&mut self, frames: usize, all: &mut Vec<(u32, usize, Vec<u8>)>) {
        let port = (0..MIDI_PORTS).find(|port| self.places.toy(*port) == Some(Toy::Clock));
        let end = (self.at + frames as u64) as f64;
        while self.tick < end {
            let jitter = self.rng.random_range(-40.0..40.0);
            let frame =
                (self.tick - self.at as f64 + jitter).clamp(0.0, frames as f64 - 1.0) as u32;
            self.tick += RATE * 60.0 / self.bpm / 24.0;
            let Some(port) = port else { continue };
            match self.rng.random_range(0..400) {
                0 => self.bpm = self.rng.random_range(120.0..240.0),
                1 => all.push((frame, port, vec![0xFA])),
                2 => all.push((frame, port, vec![0xFB])),
                3 => all.push((frame, port, vec![0xFC])),
                4 => all.push((frame, port, vec![0xF2, self.rng.random_range(0..128), 0])),
                _ => {}
            }
            all.push((frame, port, vec![0xF8]));
        }
    }

    /// What comes of touching a toy once: one message or several at a frame.
    fn message(&mut self, toy: Toy) -> Vec<Vec<u8>> {
        let rng = &mut self.rng;
        let value = rng.random_range(0..128u32) as u8;
        match toy {
            Toy::Keys => vec![keys(rng, value)],
            Toy::Launchpad => {
                let number = rng.random_range(11..100);
                vec![match rng.random_range(0..20) {
                    0 => vec![0xF0, 0x7E, 0, 6, 2, 0, 0x20, 0x29, 3, 1, 0, 0, 0, 1, 2, 3, 0xF7],
                    1 => vec![0xA0, number, value],
                    2..12 => self.launchpad.press((0, number), value.max(1)).into(),
                    _ => self.launchpad.release((0, number)).into(),
                }]
            }
            Toy::Apc40 => {
                let track = rng.random_range(0..8);
                let key = match rng.random_range(0..4) {
                    0 | 1 => (0, rng.random_range(0..40)),
                    2 => (track, rng.random_range(48..53)),
                    _ => (0, rng.random_range(81..103)),
                };
                let knob = [7, 13, 14, 15, 16, 20, 47, 48, 49, 50, 55];
                let knob = knob[rng.random_range(0..knob.len())];
                vec![match rng.random_range(0..12) {
                    0 => vec![0xF0, 0x47, 0x7F, 0x29, 0x61, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xF7],
                    1..5 => vec![0xB0 | if knob == 7 { track } else { 0 }, knob, value],
                    5..9 => self.apc.press(key, value.max(1)).into(),
                    _ => self.apc.release(key).into(),
                }]
            }
            Toy::Noise => (0..rng.random_range(1..4)).map(|_| noise(rng)).collect(),
            Toy::Clock => vec![vec![[0xF8, 0xFE, 0xFF][rng.random_range(0..3)]]],
        }
    }
}

/// Keys on three channels, pedal, knobs and wheels, among them those of the map on channel 16.
fn keys(rng: &mut Pcg64Mcg, value: u8) -> Vec<u8> {
    let channel = rng.random_range(0..3);
    let pitch = [36, 38, 42, 46, 47, 48, 53, 60][rng.random_range(0..8)];
    match rng.random_range(0..100) {
        0..30 => vec![0x90 | channel, pitch, value],
        30..52 => vec![0x80 | channel, pitch, value],
        // Running status, and what stands in the middle of it.
        52..60 => vec![0x90 | channel, pitch, value, pitch + 1, 0xF8, value, pitch, 0],
        60..63 => vec![pitch, value],
        63 => vec![0xB0 | channel, 64, value],
        64 => vec![0xB0 | channel, rng.random_range(120..128), 0],
        65 => vec![0xD0 | channel, value],
        66 => vec![0xE0 | channel, value, value],
        // What was learned.
        67..72 => vec![0x9F, rng.random_range(100..112), value],
        72..74 => vec![0x8F, rng.random_range(100..112), 0],
        74..88 => vec![0xBF, rng.random_range(16..32), value],
        88..94 => vec![0xBF, 10, value, 42, 127 - value],
        94..97 => vec![0xEF, value, 127 - value],
        _ => vec![0xCF, rng.random_range(0..8)],
    }
}

/// Bytes of no meaning, cut anywhere; SysEx with real time in it, some of it far too long.
fn noise(rng: &mut Pcg64Mcg) -> Vec<u8> {
    let any = |rng: &mut Pcg64Mcg, n: usize| -> Vec<u8> {
        (0..n).map(|_| rng.random_range(0..256u32) as u8).collect()
    };
    match rng.random_range(0..12) {
        0 => {
            let length = rng.random_range(0..900);
            let mut bytes = vec![0xF0];
            bytes.extend((0..length).map(|i| if i % 7 == 3 { 0xF8 } else { 0x55 }));
            bytes.push(0xF7);
            bytes
        }
        1 => vec![0xF0, 0x7E, 0x7F],
        2 => vec![0xF7],
        3 => Vec::new(),
        _ => {
            let length = rng.random_range(1..20);
            any(rng, length)
        }
    }
}

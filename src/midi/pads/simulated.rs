//! Devices without hardware, for tests: they read light messages as the makers' references say and keep
//! a table of what the eye would see.
//!
//! Written against the references (see [`super`]), not against the drivers: it names keys by channel and
//! number, as the references do.

use super::wire::palette::PALETTE;
use super::{Model, Rgb};

/// Darkness.
const DARK: Rgb = Rgb(0, 0, 0);

/// A device as it lies on the table.
#[derive(Clone, Debug)]
pub struct Simulated {
    model: Model,
    /// The host sets the lights: programmer mode, or mode 1 of the APC40.
    host: bool,
    /// By channel and number.
    lights: [[Rgb; 128]; 8],
    bytes: usize,
    messages: usize,
}

impl Simulated {
    /// As it is just after it was plugged in: dark and on its own.
    pub fn plugged(model: Model) -> Simulated {
        let host = matches!(model, Model::ApcMini | Model::ApcMiniMk2);
        Simulated { model, host, lights: [[DARK; 128]; 8], bytes: 0, messages: 0 }
    }

    /// Whether its lights obey the host.
    pub fn obeys(&self) -> bool {
        self.host
    }

    /// Bytes that it received.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Messages that it received.
    pub fn messages(&self) -> usize {
        self.messages
    }

    /// What the eye sees of a light, 0–255 each.
    pub fn light(&self, channel: u8, number: u8) -> Rgb {
        let row = self.lights.get(usize::from(channel)).unwrap_or(&self.lights[0]);
        row.get(usize::from(number)).copied().unwrap_or(DARK)
    }

    /// Whether all lights are off.
    pub fn dark(&self) -> bool {
        self.lights.iter().flatten().all(|light| *light == DARK)
    }

    /// Channel and number of a pad, from the top left corner.
    pub fn pad(&self, column: u8, row: u8) -> (u8, u8) {
        let number = match self.model {
            Model::LaunchpadX | Model::LaunchpadMini | Model::LaunchpadPro => {
                (8 - row) * 10 + column + 1
            }
            Model::ApcMini | Model::ApcMiniMk2 => (7 - row) * 8 + column,
            Model::Apc40Mk2 => (4 - row) * 8 + column,
        };
        (0, number)
    }

    /// What it sends when a key is pressed. Keys of the Launchpads that are no pads send CCs.
    pub fn press(&self, (channel, number): (u8, u8), velocity: u8) -> [u8; 3] {
        let status = if self.sends_cc(number) { 0xB0 } else { 0x90 };
        [status | channel, number, velocity]
    }

    /// What it sends when a key is released: Launchpads value 0, APCs a note-off.
    pub fn release(&self, (channel, number): (u8, u8)) -> [u8; 3] {
        let status = match self.is_launchpad() {
            _ if self.sends_cc(number) => 0xB0,
            true => 0x90,
            false => 0x80,
        };
        [status | channel, number, 0]
    }

    fn is_launchpad(&self) -> bool {
        matches!(self.model, Model::LaunchpadX | Model::LaunchpadMini | Model::LaunchpadPro)
    }

    fn sends_cc(&self, number: u8) -> bool {
        let (row, column) = (number / 10, number % 10);
        self.is_launchpad() && !((1..=8).contains(&row) && (1..=8).contains(&column))
    }

    /// Reads one whole message.
    ///
    /// # Errors
    /// When the reference knows no such message; the sentence says which.
    pub fn receive(&mut self, message: &[u8]) -> Result<(), String> {
        self.bytes += message.len();
        self.messages += 1;
        let known = if self.is_launchpad() { self.novation(message) } else { self.akai(message) };
        known.ok_or_else(|| format!("{:?} knows no message {message:02X?}", self.model))
    }

    fn novation(&mut self, message: &[u8]) -> Option<()> {
        let device = match self.model {
            Model::LaunchpadX => 0x0C,
            Model::LaunchpadMini => 0x0D,
            _ => 0x0E,
        };
        let body =
            message.strip_prefix(&[0xF0, 0x00, 0x20, 0x29, 0x02, device])?.strip_suffix(&[0xF7])?;
        match *body {
            [0x0E, mode @ (0 | 1)] => {
                self.host = mode == 1;
                self.lights = [[DARK; 128]; 8];
            }
            [0x03, ref specs @ ..] => {
                let longest = if self.model == Model::LaunchpadPro { 106 } else { 81 };
                if specs.is_empty() || specs.len() % 5 != 0 || specs.len() / 5 > longest {
                    return None;
                }
                for spec in specs.chunks_exact(5) {
                    let &[0x03, led, red, green, blue] = spec else {
                        return None;
                    };
                    if !self.has_light(led) || red.max(green).max(blue) > 127 {
                        return None;
                    }
                    // In live mode the device paints its own lights and does not listen.
                    if self.host {
                        self.lights[0][usize::from(led)] = Rgb(red * 2, green * 2, blue * 2);
                    }
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// Lights of the Launchpads: “Programmer mode layout”.
    fn has_light(&self, led: u8) -> bool {
        match self.model {
            Model::LaunchpadPro => {
                (1..=8).contains(&led) || (10..=99).contains(&led) || (101..=108).contains(&led)
            }
            _ => (11..=99).contains(&led) && !led.is_multiple_of(10),
        }
    }

    fn akai(&mut self, message: &[u8]) -> Option<()> {
        let &[status @ 0x90..=0x9F, number, value @ 0..=127] = message else {
            return self.akai_system(message);
        };
        let channel = status & 0xF;
        let single = |color: Rgb| if value == 0 { DARK } else { color };
        let (channel, seen) = match (self.model, number) {
            (Model::ApcMini, 0..=63) if channel == 0 => {
                let seen = match value {
                    0 => DARK,
                    1 => Rgb(0, 255, 0),
                    3 => Rgb(255, 0, 0),
                    5 => Rgb(255, 255, 0),
                    // 2, 4 and 6 blink in the device's own time.
                    _ => return None,
                };
                (0, seen)
            }
            (Model::ApcMini, 64..=71) | (Model::ApcMiniMk2, 100..=107)
                if channel == 0 && value < 2 =>
            {
                (0, single(Rgb(255, 0, 0)))
            }
            (Model::ApcMini, 82..=89) | (Model::ApcMiniMk2, 112..=119)
                if channel == 0 && value < 2 =>
            {
                (0, single(Rgb(0, 255, 0)))
            }
            (Model::ApcMiniMk2, 0..=63) if channel <= 6 => {
                let percent = [10, 25, 50, 65, 75, 90, 100][usize::from(channel)];
                let Rgb(red, green, blue) = *PALETTE.get(usize::from(value))?;
                let scale = |channel: u8| (u16::from(channel) * percent / 100) as u8;
                (0, Rgb(scale(red), scale(green), scale(blue)))
            }
            (Model::Apc40Mk2, 0..=39 | 82..=86) if channel == 0 => {
                (0, *PALETTE.get(usize::from(value))?)
            }
            (Model::Apc40Mk2, 48) if channel < 8 => (channel, single(Rgb(255, 0, 0))),
            (Model::Apc40Mk2, 49) if channel < 8 => (channel, single(Rgb(0, 0, 255))),
            (Model::Apc40Mk2, 50..=51) if channel < 8 => (channel, single(Rgb(255, 84, 0))),
            (Model::Apc40Mk2, 52) if channel < 8 && value < 2 => (channel, single(Rgb(255, 0, 0))),
            (Model::Apc40Mk2, 58..=65 | 80..=81 | 87..=91 | 93 | 102..=103) if channel == 0 => {
                (0, single(Rgb(255, 84, 0)))
            }
            _ => return None,
        };
        if self.host {
            self.lights[usize::from(channel)][usize::from(number)] = seen;
        }
        Some(())
    }

    fn akai_system(&mut self, message: &[u8]) -> Option<()> {
        match (self.model, message) {
            (Model::ApcMiniMk2, [0xF0, 0x47, 0x7F, 0x4F, 0x60, 0, 4, 0, _, _, _, 0xF7]) => Some(()),
            (Model::ApcMiniMk2, [0xF0, 0x47, 0x7F, 0x4F, 0x62, 0, 1, 0..=2, 0xF7]) => Some(()),
            (
                Model::Apc40Mk2,
                [0xF0, 0x47, 0x7F, 0x29, 0x60, 0, 4, mode @ 0x40..=0x42, _, _, _, 0xF7],
            ) => {
                self.host = *mode != 0x40;
                Some(())
            }
            _ => None,
        }
    }
}

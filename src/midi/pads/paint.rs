//! Sends the lights of a surface: only those that differ, the telling ones first, never too many at once.

use super::GridView;
use super::key::Light;
use super::lights::Moment;
use super::surface::Surface;
use super::wire::{LEDS, Pack};

/// Bytes that one [`Surface::refresh`] sends at most: a period of light messages never floods a port.
pub const BYTES_PER_REFRESH: usize = 256;

/// A light of which it is not known what it shows.
pub(super) const UNKNOWN: u32 = u32::MAX;

impl Surface {
    /// Takes the device over, at the start and whenever it is plugged in again: sends what puts it into
    /// the right mode and takes all its lights as unknown, so that they are painted anew. False when not
    /// all was taken; call it again then.
    pub fn hello(&mut self, out: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.shown = [UNKNOWN; LEDS];
        self.motion_shown = [0; LEDS];
        self.strayed = false;
        (0..)
            .map_while(|step| {
                let mut pack = Pack::EMPTY;
                self.wire.hello(step, &mut pack).then_some(pack)
            })
            .all(|pack| out(&pack.bytes[..pack.len]))
    }

    /// Lights off and back to what the device does by itself. False when not all was taken; call it
    /// again then. [`Surface::hello`] takes it over again.
    pub fn goodbye(&mut self, out: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        for (led, key) in self.keys.iter().enumerate() {
            let off = key.and_then(|key| self.wire.code(led as u8, key, Light::OFF));
            self.wanted[led] = off.unwrap_or(self.shown[led]);
            self.motion[led] = 0;
            self.asked[led] = Light::OFF;
        }
        if !self.send(usize::MAX, out) {
            return false;
        }
        let mut pack = Pack::EMPTY;
        !self.wire.goodbye(&mut pack) || out(&pack.bytes[..pack.len])
    }

    /// Sends the lights that differ from what the device shows, at most [`BYTES_PER_REFRESH`] bytes.
    /// `out` takes one whole message; it returns false when nothing more fits, and what was not taken
    /// stays due.
    pub fn refresh(&mut self, view: &dyn GridView, out: &mut dyn FnMut(&[u8]) -> bool) {
        self.keep_inside(view);
        let mut budget = BYTES_PER_REFRESH;
        if self.strayed {
            let mut pack = Pack::EMPTY;
            if self.wire.put_back(&mut pack) && !out(&pack.bytes[..pack.len]) {
                return;
            }
            // It painted its own lights meanwhile.
            self.shown = [UNKNOWN; LEDS];
            self.strayed = false;
            budget -= pack.len;
        }
        let moment = Moment::of(view);
        for led in 0..LEDS {
            let Some(key) = self.keys[led] else {
                continue;
            };
            let light = self.light(key, view, &moment);
            if light != self.asked[led] || self.wanted[led] == UNKNOWN {
                self.asked[led] = light;
                if let Some(code) = self.wire.code(led as u8, key, light) {
                    self.wanted[led] = code;
                    self.motion[led] = light.motion;
                }
            }
            if self.shown[led] == self.wanted[led] {
                self.motion_shown[led] = self.motion[led];
            }
        }
        self.send(budget, out);
    }

    /// Sends due lights within a budget of bytes; true when none is left.
    fn send(&mut self, budget: usize, out: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        let mut pack = Pack::EMPTY;
        let (mut left, first) = (budget, self.cursor);
        for rank in 0..3 {
            for led in (first..LEDS).chain(0..first) {
                if self.shown[led] == self.wanted[led] || self.rank(led) != rank {
                    continue;
                }
                let spent = pack.len;
                if left < spent + self.wire.cost(spent) {
                    self.flush(&mut pack, &mut left, out);
                    self.cursor = led;
                    return false;
                }
                self.wire.add(led as u8, self.wanted[led], &mut pack);
                if pack.count == self.wire.lights_in_one() && !self.flush(&mut pack, &mut left, out)
                {
                    self.cursor = led;
                    return false;
                }
            }
        }
        self.flush(&mut pack, &mut left, out)
    }

    /// What begins to play, stop or record comes first, then other changes, and last the next step of
    /// what blinks already.
    fn rank(&self, led: usize) -> u8 {
        match self.motion[led] {
            0 => 1,
            motion if motion == self.motion_shown[led] => 2,
            _ => 0,
        }
    }

    fn flush(
        &mut self,
        pack: &mut Pack,
        left: &mut usize,
        out: &mut dyn FnMut(&[u8]) -> bool,
    ) -> bool {
        if pack.count == 0 {
            return true;
        }
        self.wire.end(pack);
        let taken = out(&pack.bytes[..pack.len]);
        if taken {
            *left = left.saturating_sub(pack.len);
            for led in pack.leds[..pack.count].iter().map(|led| usize::from(*led)) {
                self.shown[led] = self.wanted[led];
                self.motion_shown[led] = self.motion[led];
            }
        }
        *pack = Pack::EMPTY;
        taken
    }
}

//! What takes frequencies away: the DJ filter and the kick kill.
//!
//! Both are two state-variable filters in a row with trapezoidal integrators (V. Zavalishin, *The Art
//! of VA Filter Design*, chapter 4; the form with two states is A. Simper's, *Solving the continuous
//! SVF equations*): 24 dB an octave. Without input the sum of their squared states changes by
//! -4·g·k·band² a sample, whatever `g` is at that sample: no movement of the cutoff can make them
//! unstable.

use super::super::block::{BLOCK, StereoBlock};
use super::fade::{SWITCH, Slew, frames, mix};

/// Resonances of a Butterworth filter of fourth order: 1 / (2 cos(π/8)) and 1 / (2 cos(3π/8)).
const BUTTERWORTH: [f32; 2] = [0.541_196_1, 1.306_563];
/// Corner of the kick kill in hertz: 46 dB down at 50 Hz, as the low band of a DJ isolator.
const KICK: f64 = 190.0;
/// Seconds in which the kick kill comes and goes: longer than a half wave of what it cuts is heard as
/// a fade, shorter as a thump.
const KILL: f64 = 0.005;

/// Resonances of the DJ filter: a bump of 3.3 dB before the edge.
const RINGING: [f32; 2] = [0.6, 2.2];
/// How far past its corner a low-pass of those resonances is 3 dB down.
const EDGE: f32 = 1.196;
/// Half the width of the knob's middle in which the filter is off.
pub const DEAD: f32 = 0.02;
/// Edges of the low-pass in hertz, from the middle of the knob to its end.
const LOW: (f64, f64) = (20_000.0, 60.0);
/// Edges of the high-pass.
const HIGH: (f64, f64) = (20.0, 10_000.0);
/// Seconds in which the knob covers all but 1/e of its way.
const GLIDE: f64 = 0.005;
/// Frames between two points of the cutoff's curve.
const STEP: usize = 16;
/// Highest edge as a share of the rate: above, the tangent runs away.
const TOP: f64 = 0.45;

/// The integrators' gain for a corner in hertz.
fn gain(corner: f64, rate: u32) -> f32 {
    let share = (corner / f64::from(rate)).min(TOP);
    (std::f64::consts::PI * share).tan() as f32
}

/// One filter of second order, stereo.
#[derive(Clone, Copy, Debug, Default)]
struct Svf {
    s1: [f32; 2],
    s2: [f32; 2],
}

/// Its coefficients.
#[derive(Clone, Copy)]
struct Coefficients {
    a1: f32,
    a2: f32,
    a3: f32,
    k: f32,
}

impl Coefficients {
    fn new(g: f32, q: f32) -> Self {
        let k = 1.0 / q;
        let a1 = 1.0 / (1.0 + g * (g + k));
        Coefficients { a1, a2: g * a1, a3: g * g * a1, k }
    }
}

impl Svf {
    /// One sample: its low-pass and its high-pass.
    fn tick(&mut self, side: usize, x: f32, c: &Coefficients) -> (f32, f32) {
        let (s1, s2) = (self.s1[side], self.s2[side]);
        let v3 = x - s2;
        let band = c.a1 * s1 + c.a2 * v3;
        let low = s2 + c.a2 * s1 + c.a3 * v3;
        self.s1[side] = 2.0 * band - s1;
        self.s2[side] = 2.0 * low - s2;
        (low, x - c.k * band - low)
    }
}

/// Two in a row.
#[derive(Clone, Copy, Debug, Default)]
struct FourPole([Svf; 2]);

impl FourPole {
    /// A low-pass after a long stay of its input at `x`, so that it begins there without ringing. A
    /// high-pass begins at its input by itself, from zero.
    fn resting(x: [f32; 2]) -> Self {
        FourPole([Svf { s1: [0.0; 2], s2: x }; 2])
    }

    fn low(&mut self, side: usize, x: f32, c: &[Coefficients; 2]) -> f32 {
        let x = self.0[0].tick(side, x, &c[0]).0;
        self.0[1].tick(side, x, &c[1]).0
    }

    fn high(&mut self, side: usize, x: f32, c: &[Coefficients; 2]) -> f32 {
        let x = self.0[0].tick(side, x, &c[0]).1;
        self.0[1].tick(side, x, &c[1]).1
    }

    /// Forget what is no number, which would stay for ever.
    fn recover(&mut self) {
        let broken = |svf: &Svf| svf.s1.iter().chain(&svf.s2).any(|s| !s.is_finite());
        if self.0.iter().any(broken) {
            *self = FourPole::default();
        }
    }
}

/// The low kill of a DJ isolator.
#[derive(Debug)]
pub struct KickKill {
    /// Whether it is wanted.
    pub on: bool,
    wet: Slew,
    filter: FourPole,
    g: f32,
}

impl KickKill {
    /// Off, at `rate` frames a second.
    pub fn new(rate: u32) -> Self {
        KickKill {
            on: false,
            wet: Slew::new(frames(KILL, rate), false),
            filter: FourPole::default(),
            g: gain(KICK, rate),
        }
    }

    /// Whether it changes nothing.
    pub fn is_off(&self) -> bool {
        !self.on && self.wet.is_off()
    }

    /// Filter `audio`.
    pub fn process(&mut self, audio: &mut StereoBlock) {
        if self.is_off() {
            return;
        }
        let c = BUTTERWORTH.map(|q| Coefficients::new(self.g, q));
        for i in 0..BLOCK {
            let wet = self.wet.go(self.on);
            for (side, x) in [(0, &mut audio.l[i]), (1, &mut audio.r[i])] {
                *x = mix(*x, self.filter.high(side, *x, &c), wet);
            }
        }
        self.filter.recover();
        if self.is_off() {
            self.filter = FourPole::default();
        }
    }
}

/// Which way the knob is turned.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Low,
    High,
}

/// The one-knob filter of a DJ mixer.
#[derive(Debug)]
pub struct DjFilter {
    /// Where the knob is, -1 to 1.
    pub knob: f32,
    /// The filter that runs, and how far its knob has come: 0 at the middle, 1 at the end.
    side: Side,
    way: f32,
    g: f32,
    wet: Slew,
    filter: FourPole,
    approach: f32,
    rate: u32,
}

impl DjFilter {
    /// In the middle, at `rate` frames a second.
    pub fn new(rate: u32) -> Self {
        DjFilter {
            knob: 0.0,
            side: Side::Low,
            way: 0.0,
            g: 0.0,
            wet: Slew::new(frames(SWITCH, rate), false),
            filter: FourPole::default(),
            approach: 1.0 - (-(STEP as f64) / (GLIDE * f64::from(rate))).exp() as f32,
            rate,
        }
    }

    fn wanted(&self) -> Option<Side> {
        match self.knob {
            x if x <= -DEAD => Some(Side::Low),
            x if x >= DEAD => Some(Side::High),
            _ => None,
        }
    }

    /// Whether it changes nothing.
    pub fn is_off(&self) -> bool {
        self.wet.is_off() && self.wanted().is_none()
    }

    fn g(&self) -> f32 {
        let curve = |(from, to): (f64, f64)| from * (to / from).powf(f64::from(self.way));
        match self.side {
            Side::Low => gain(curve(LOW), self.rate) / EDGE,
            Side::High => gain(curve(HIGH), self.rate) * EDGE,
        }
    }

    /// Filter `audio`.
    pub fn process(&mut self, audio: &mut StereoBlock) {
        if self.is_off() {
            return;
        }
        let wanted = self.wanted();
        for chunk in 0..BLOCK / STEP {
            if self.wet.is_off()
                && let Some(side) = wanted
            {
                // Heard from the knob's middle on, whichever way it went before.
                let at = chunk * STEP;
                self.filter = match side {
                    Side::Low => FourPole::resting([audio.l[at], audio.r[at]]),
                    Side::High => FourPole::default(),
                };
                (self.side, self.way) = (side, 0.0);
                self.g = self.g();
            }
            let on = wanted == Some(self.side);
            let from = self.g;
            let goal = if on { (self.knob.abs() - DEAD) / (1.0 - DEAD) } else { self.way };
            if goal != self.way {
                let rest = goal - self.way;
                self.way = if rest.abs() < 1e-4 { goal } else { self.way + rest * self.approach };
                self.g = self.g();
            }
            let mut c = RINGING.map(|q| Coefficients::new(from, q));
            for i in 0..STEP {
                if self.g != from {
                    let g = from + (self.g - from) * ((i + 1) as f32 / STEP as f32);
                    c = RINGING.map(|q| Coefficients::new(g, q));
                }
                let wet = self.wet.go(on);
                let at = chunk * STEP + i;
                for (side, x) in [(0, &mut audio.l[at]), (1, &mut audio.r[at])] {
                    let y = match self.side {
                        Side::Low => self.filter.low(side, *x, &c),
                        Side::High => self.filter.high(side, *x, &c),
                    };
                    *x = mix(*x, y, wet);
                }
            }
        }
        self.filter.recover();
    }
}

//! Short fades, so that nothing a finger does can click.

/// Seconds of a cross-fade between two places of the music: shorter clicks, longer blurs a kick.
pub const CUT: f64 = 0.0015;
/// Seconds in which an effect that changes the sound of the music comes and goes.
pub const SWITCH: f64 = 0.003;

/// Frames of `seconds` at `rate`, at least 1.
pub fn frames(seconds: f64, rate: u32) -> usize {
    (seconds * f64::from(rate)).round().max(1.0) as usize
}

/// The gain of what fades in when `x` of the fade, 0 to 1, is over: a curve with flat ends.
pub fn shape(x: f32) -> f32 {
    x * x * (3.0 - 2.0 * x)
}

/// `a` with gain `1 - g` and `b` with gain `g`: exactly one of them at the ends.
pub fn mix(a: f32, b: f32, g: f32) -> f32 {
    a * (1.0 - g) + b * g
}

/// A switch that takes its time: 0 off, 1 on, in even steps between.
#[derive(Clone, Copy, Debug)]
pub struct Slew {
    now: f32,
    step: f32,
}

impl Slew {
    /// A switch that needs `frames` frames; on or off.
    pub fn new(frames: usize, on: bool) -> Self {
        Slew { now: f32::from(on), step: 1.0 / frames.max(1) as f32 }
    }

    /// Be on or off at once.
    pub fn jump(&mut self, on: bool) {
        self.now = f32::from(on);
    }

    /// Go one frame on or off: the gain of that frame.
    pub fn go(&mut self, on: bool) -> f32 {
        let step = if on { self.step } else { -self.step };
        // Steps that do not add up to 1 would leave a last one too small to matter and too slow to end.
        self.now = (self.now + step).clamp(0.0, 1.0);
        shape(self.now)
    }

    /// Whether it is fully on.
    pub fn is_on(&self) -> bool {
        self.now == 1.0
    }

    /// Whether it is fully off.
    pub fn is_off(&self) -> bool {
        self.now == 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_arrives_after_its_time() {
        for frames in [1, 33, 72, 1000] {
            let mut slew = Slew::new(frames, false);
            let mut last = 0.0;
            let needed = (1usize..).find(|_| {
                let gain = slew.go(true);
                assert!(gain >= last);
                last = gain;
                slew.is_on()
            });
            assert!(needed.is_some_and(|n| n.abs_diff(frames) <= 1), "{needed:?} of {frames}");
        }
    }
}

//! A block of audio, the unit everything is computed in.

/// Frames in a block.
pub const BLOCK: usize = 64;

/// One block of stereo audio.
#[derive(Clone, Copy, Debug)]
pub struct StereoBlock {
    /// Left samples.
    pub l: [f32; BLOCK],
    /// Right samples.
    pub r: [f32; BLOCK],
}

impl StereoBlock {
    /// Silence.
    pub const SILENT: StereoBlock = StereoBlock { l: [0.0; BLOCK], r: [0.0; BLOCK] };

    /// Make it silent.
    pub fn clear(&mut self) {
        *self = Self::SILENT;
    }

    /// Add `other` to it.
    pub fn add(&mut self, other: &StereoBlock) {
        for (a, b) in self.l.iter_mut().zip(&other.l) {
            *a += b;
        }
        for (a, b) in self.r.iter_mut().zip(&other.r) {
            *a += b;
        }
    }

    /// Become itself over the block, in a straight line from `was`.
    pub fn fade_from(&mut self, was: &StereoBlock) {
        for i in 0..BLOCK {
            let x = (i + 1) as f32 / BLOCK as f32;
            self.l[i] = was.l[i] + (self.l[i] - was.l[i]) * x;
            self.r[i] = was.r[i] + (self.r[i] - was.r[i]) * x;
        }
    }

    /// Add `other`, scaled by a gain that runs in a straight line from `g0` to `g1` over the block.
    pub fn add_ramped(&mut self, other: &StereoBlock, (g0, g1): (f32, f32)) {
        if g0 == 0.0 && g1 == 0.0 {
            return;
        }
        let step = (g1 - g0) / BLOCK as f32;
        for i in 0..BLOCK {
            let g = g0 + step * (i + 1) as f32;
            self.l[i] += other.l[i] * g;
            self.r[i] += other.r[i] * g;
        }
    }
}

/// A value that glides to its target: an exponential approach per block with a straight line inside
/// each block, so that a moved fader makes no step.
#[derive(Clone, Copy, Debug)]
pub struct Smooth {
    now: f32,
    target: f32,
}

/// Share of the remaining way covered in a block: a time constant of about 4 ms at 48 kHz.
const APPROACH: f32 = 0.28;

impl Smooth {
    /// At rest on `value`.
    pub fn new(value: f32) -> Self {
        Smooth { now: value, target: value }
    }

    /// Head for `value`.
    pub fn set(&mut self, value: f32) {
        self.target = value;
    }

    /// Be at the target at once.
    pub fn jump(&mut self) {
        self.now = self.target;
    }

    /// The value at the start and the end of the next block.
    pub fn advance(&mut self) -> (f32, f32) {
        let from = self.now;
        let rest = self.target - from;
        self.now = if rest.abs() < 1e-5 { self.target } else { from + rest * APPROACH };
        (from, self.now)
    }
}

/// A stereo delay of whole frames, used to line up paths of different latency.
#[derive(Debug)]
pub struct DelayLine {
    l: Box<[f32]>,
    r: Box<[f32]>,
    at: usize,
}

impl DelayLine {
    /// A delay of `frames` frames, at least 1.
    pub fn new(frames: usize) -> Self {
        let zeros = || vec![0.0; frames.max(1)].into_boxed_slice();
        DelayLine { l: zeros(), r: zeros(), at: 0 }
    }

    /// Its delay in frames.
    pub fn frames(&self) -> usize {
        self.l.len()
    }

    /// Replace `block` by what went in earlier.
    pub fn process(&mut self, block: &mut StereoBlock) {
        for i in 0..BLOCK {
            std::mem::swap(&mut self.l[self.at], &mut block.l[i]);
            std::mem::swap(&mut self.r[self.at], &mut block.r[i]);
            self.at += 1;
            if self.at == self.l.len() {
                self.at = 0;
            }
        }
    }
}

/// A delay that can take over from one of another length without a click: until its own line is full
/// the old one is heard, then the two cross-fade over a block.
#[derive(Debug, Default)]
pub struct Lag {
    line: Option<DelayLine>,
    before: Option<DelayLine>,
    fading: bool,
    /// Frames until `line` is full.
    wait: usize,
}

impl Lag {
    /// A lag of `frames` frames; 0 passes audio on at once.
    pub fn new(frames: u32) -> Self {
        let line = (frames > 0).then(|| DelayLine::new(frames as usize));
        Lag { line, ..Lag::default() }
    }

    /// Its delay in frames.
    pub fn frames(&self) -> usize {
        self.line.as_ref().map_or(0, DelayLine::frames)
    }

    /// Take the place of `old`, which keeps what is no longer needed. Nothing is allocated or freed.
    pub fn succeed(&mut self, old: &mut Lag) {
        if self.frames() == old.frames() {
            std::mem::swap(self, old);
            return;
        }
        // A lag that was not heard yet leaves its place to the one that is.
        let heard = if old.fading && old.wait > 0 { &mut old.before } else { &mut old.line };
        std::mem::swap(&mut self.before, heard);
        self.fading = true;
        self.wait = self.frames();
    }

    /// Delay `audio`.
    pub fn process(&mut self, audio: &mut StereoBlock) {
        let mut was = *audio;
        if let Some(line) = &mut self.line {
            line.process(audio);
        }
        if !self.fading {
            return;
        }
        if let Some(line) = &mut self.before {
            line.process(&mut was);
        }
        if self.wait > 0 {
            self.wait = self.wait.saturating_sub(BLOCK);
            *audio = was;
            return;
        }
        audio.fade_from(&was);
        self.fading = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_line_delays_by_its_length() {
        let mut line = DelayLine::new(70);
        let mut block = StereoBlock::SILENT;
        block.l[3] = 1.0;
        line.process(&mut block);
        assert!(block.l.iter().all(|x| *x == 0.0));
        let mut block = StereoBlock::SILENT;
        line.process(&mut block);
        assert_eq!(block.l.iter().position(|x| *x == 1.0), Some(3 + 70 - 64));
    }

    #[test]
    fn a_lag_takes_over_without_a_gap() {
        for (from, to) in [(0, 130), (130, 0), (130, 40), (70, 70)] {
            let mut lag = Lag::new(from);
            let (mut t, mut heard) = (0.0f32, Vec::new());
            for block in 0..20 {
                if block == 8 {
                    let mut next = Lag::new(to);
                    next.succeed(&mut lag);
                    lag = next;
                }
                let mut audio = StereoBlock::SILENT;
                for x in &mut audio.l {
                    *x = 1.0 + t;
                    t += 1e-3;
                }
                lag.process(&mut audio);
                heard.extend_from_slice(&audio.l);
            }
            let settled = &heard[512 - 64..];
            let jump = settled.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
            assert!(jump < 0.01, "{from} to {to}: {jump}");
            let last = heard[heard.len() - 1];
            assert!((last - (1.0 + (heard.len() as f32 - 1.0 - to as f32) * 1e-3)).abs() < 1e-3);
        }
    }

    #[test]
    fn a_smoothed_value_arrives_and_rests() {
        let mut s = Smooth::new(0.0);
        s.set(1.0);
        let mut last = 0.0;
        for _ in 0..60 {
            let (a, b) = s.advance();
            assert!(a == last && b >= a);
            last = b;
        }
        assert_eq!(last, 1.0);
    }
}

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

    /// Scale it by a gain.
    pub fn scale(&mut self, ramp: Ramp) {
        if ramp.is(1.0) {
            return;
        }
        let gains = ramp.gains();
        for side in [&mut self.l, &mut self.r] {
            side.iter_mut().zip(&gains).for_each(|(x, g)| *x *= g);
        }
    }

    /// Add `other`, scaled by a gain.
    pub fn add_ramped(&mut self, other: &StereoBlock, ramp: Ramp) {
        if ramp.is(0.0) {
            return;
        }
        let gains = ramp.gains();
        for (side, from) in [(&mut self.l, &other.l), (&mut self.r, &other.r)] {
            for i in 0..BLOCK {
                side[i] += from[i] * gains[i];
            }
        }
    }

    /// Whether every sample is zero.
    pub fn is_silent(&self) -> bool {
        let loud = |side: &[f32; BLOCK]| side.iter().fold(false, |loud, x| loud | (*x != 0.0));
        !loud(&self.l) && !loud(&self.r)
    }
}

/// A gain over one block: a straight line from `from` that is at `to` with frame `over` and stays
/// there; 0 is there from the first frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ramp {
    /// Before the block.
    pub from: f32,
    /// At its end.
    pub to: f32,
    /// Frames of the line, at most [`BLOCK`].
    pub over: usize,
}

impl Ramp {
    /// A steady gain.
    pub const fn flat(value: f32) -> Self {
        Ramp { from: value, to: value, over: 0 }
    }

    /// Whether it is `value` throughout.
    pub fn is(&self, value: f32) -> bool {
        self.to == value && (self.from == value || self.over == 0)
    }

    /// The gain of each frame.
    pub fn gains(&self) -> [f32; BLOCK] {
        let mut gains = [self.to; BLOCK];
        let step = (self.to - self.from) / self.over.max(1) as f32;
        for (i, gain) in gains.iter_mut().take(self.over).enumerate() {
            *gain = self.from + step * (i + 1) as f32;
        }
        gains
    }

    /// Both gains one after the other, the product taken as a straight line too.
    pub fn times(&self, other: &Ramp) -> Ramp {
        let from = |ramp: &Ramp| if ramp.over == 0 { ramp.to } else { ramp.from };
        let over = self.over.max(other.over);
        Ramp { from: from(self) * from(other), to: self.to * other.to, over }
    }
}

/// A value that glides to its target: an exponential approach per block with a straight line inside
/// each block, so that a moved fader makes no step.
#[derive(Clone, Copy, Debug)]
pub struct Smooth {
    now: f32,
    target: f32,
    /// Frames of the coming block after which it has to be there.
    due: Option<usize>,
}

/// Share of the remaining way covered in a block: a time constant of about 4 ms at 48 kHz.
const APPROACH: f32 = 0.28;

impl Smooth {
    /// At rest on `value`.
    pub fn new(value: f32) -> Self {
        Smooth { now: value, target: value, due: None }
    }

    /// Where it is.
    pub fn value(&self) -> f32 {
        self.now
    }

    /// Head for `value`.
    pub fn set(&mut self, value: f32) {
        self.target = value;
    }

    /// Be at the target at once.
    pub fn jump(&mut self) {
        self.now = self.target;
        self.due = None;
    }

    /// Be at the target after `frames` frames of the next block instead of approaching it.
    pub fn arrive(&mut self, frames: usize) {
        self.due = Some(frames.min(BLOCK));
    }

    /// The value over the next block.
    pub fn advance(&mut self) -> Ramp {
        let from = self.now;
        let rest = self.target - from;
        if let Some(over) = self.due.take() {
            self.now = self.target;
            return Ramp { from, to: self.now, over };
        }
        if rest == 0.0 {
            return Ramp::flat(from);
        }
        self.now = if rest.abs() < 1e-5 { self.target } else { from + rest * APPROACH };
        Ramp { from, to: self.now, over: BLOCK }
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
            let ramp = s.advance();
            let gains = ramp.gains();
            assert!(ramp.to >= last && gains[0] >= last && gains[BLOCK - 1] == ramp.to);
            last = ramp.to;
        }
        assert_eq!(last, 1.0);
    }

    #[test]
    fn a_smoothed_value_arrives_when_it_is_due() {
        for due in [0, 10, BLOCK] {
            let mut s = Smooth::new(0.0);
            s.set(1.0);
            s.arrive(due);
            let gains = s.advance().gains();
            let first = gains.iter().position(|g| *g > 0.999_99);
            assert_eq!(first, Some(due.saturating_sub(1)), "{gains:?}");
            assert!(s.advance().is(1.0));
        }
    }
}

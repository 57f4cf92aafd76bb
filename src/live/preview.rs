//! What the player alone hears beside the set: a short sound on the cue output, never in the master.
//!
//! It is no part of the music: no journal has it, no recording, and it does not follow the transport.
//! Where the device has no cue output it is heard on the main one, like the metronome.

use rtrb::{Consumer, Producer, RingBuffer};

use crate::engine::block::{BLOCK, StereoBlock};
use crate::engine::samples::Sample;

/// Sounds that may wait for the callback.
const WAITING: usize = 8;
/// Those, the two that it holds, and one in hand.
const GIVEN_BACK: usize = WAITING + 4;
/// Frames in which a sound fades that makes way for another.
const FADE: usize = 4 * BLOCK;

/// A sound and its linear gain; nothing, to end the one that is heard.
type Told = Option<(Sample, f32)>;

/// Both ends of the way to the callback.
pub fn previews() -> (Prompter, Speaker) {
    let (to, from) = RingBuffer::new(WAITING);
    let (back, used) = RingBuffer::new(GIVEN_BACK);
    (Prompter { to, used }, Speaker { from, back, now: None, next: None })
}

/// The engine thread's end.
pub struct Prompter {
    to: Producer<Told>,
    used: Consumer<Sample>,
}

impl Prompter {
    /// Have a sound heard in place of the one before, at a linear gain; `None` ends that one. The sound
    /// is at the engine's rate. Nothing happens while far too much waits already.
    pub fn say(&mut self, sample: Option<Sample>, gain: f32) {
        self.tidy();
        // A full ring is eight sounds within one block: nobody can hear them.
        let _ = self.to.push(sample.map(|sample| (sample, gain)));
    }

    /// Let go of what was heard.
    pub fn tidy(&mut self) {
        while self.used.pop().is_ok() {}
    }
}

/// What is heard.
struct Playing {
    sample: Sample,
    gain: f32,
    /// The next frame.
    at: usize,
    /// Frames left until it is gone, once it has to go.
    fade: Option<usize>,
}

/// The callback's end.
pub struct Speaker {
    from: Consumer<Told>,
    back: Producer<Sample>,
    now: Option<Playing>,
    /// Waits until what is heard has faded.
    next: Option<(Sample, f32)>,
}

impl Speaker {
    /// Overwrite `out` with the next block; `false` when it is silent.
    pub fn render(&mut self, out: &mut StereoBlock) -> bool {
        while let Ok(told) = self.from.pop() {
            let before = std::mem::replace(&mut self.next, told);
            self.give_back(before.map(|(sample, _)| sample));
            if let Some(now) = &mut self.now {
                now.fade = now.fade.or(Some(FADE));
            }
        }
        if self.now.is_none() {
            let next = self.next.take();
            self.now = next.map(|(sample, gain)| Playing { sample, gain, at: 0, fade: None });
        }
        let Some(now) = &mut self.now else { return false };
        for i in 0..BLOCK {
            let share = now.fade.map_or(1.0, |left| left as f32 / FADE as f32);
            let gain = now.gain * share;
            let frame = now.sample.frames.get(now.at).copied().unwrap_or(kira::Frame::ZERO);
            (out.l[i], out.r[i]) = (frame.left * gain, frame.right * gain);
            now.at += 1;
            now.fade = now.fade.map(|left| left.saturating_sub(1));
        }
        if now.at >= now.sample.frames.len() || now.fade == Some(0) {
            let over = self.now.take();
            self.give_back(over.map(|playing| playing.sample));
        }
        true
    }

    fn give_back(&mut self, sample: Option<Sample>) {
        if let Some(Err(rtrb::PushError::Full(sample))) = sample.map(|s| self.back.push(s)) {
            // Nobody collects any more: to leak is better than to free on the callback.
            std::mem::forget(sample);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn steady(level: f32, frames: usize) -> Sample {
        let frames: Arc<[kira::Frame]> = vec![kira::Frame::from_mono(level); frames].into();
        Sample { frames, rate: 48_000 }
    }

    fn heard(speaker: &mut Speaker, blocks: usize) -> Vec<f32> {
        let mut out = StereoBlock::SILENT;
        let block = |_| {
            out = StereoBlock::SILENT;
            speaker.render(&mut out);
            out.l
        };
        (0..blocks).flat_map(block).collect()
    }

    #[test]
    fn a_sound_is_heard_once_and_given_back() {
        let (mut prompter, mut speaker) = previews();
        let sample = steady(0.5, 100);
        prompter.say(Some(sample.clone()), 0.5);
        let all = heard(&mut speaker, 3);
        assert!(all[..100].iter().all(|x| *x == 0.25) && all[100..].iter().all(|x| *x == 0.0));
        assert!(!speaker.render(&mut { StereoBlock::SILENT }), "silent and said so");
        assert_eq!(Arc::strong_count(&sample.frames), 2, "the callback dropped it");
        prompter.tidy();
        assert_eq!(Arc::strong_count(&sample.frames), 1);
    }

    #[test]
    fn another_sound_follows_a_fade_and_the_last_one_counts() {
        let (mut prompter, mut speaker) = previews();
        let first = steady(0.8, 100_000);
        prompter.say(Some(first.clone()), 1.0);
        heard(&mut speaker, 2);
        prompter.say(Some(steady(-0.1, 100_000)), 1.0);
        prompter.say(Some(steady(-0.4, 100_000)), 1.0);
        let all = heard(&mut speaker, 8);
        let step = all[..FADE].windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        assert!(step < 0.01, "it fades, the largest step is {step}");
        assert!(all[FADE..].iter().all(|x| *x == -0.4), "the last one is heard");
        prompter.say(None, 1.0);
        let all = heard(&mut speaker, 6);
        assert!(all[FADE..].iter().all(|x| *x == 0.0), "it ended");
        prompter.tidy();
        assert_eq!(Arc::strong_count(&first.frames), 1);
    }

    #[test]
    fn more_than_can_wait_is_left_out() {
        let (mut prompter, mut speaker) = previews();
        let samples: Vec<Sample> = (0..40).map(|_| steady(0.1, 10)).collect();
        for sample in &samples {
            prompter.say(Some(sample.clone()), 1.0);
        }
        heard(&mut speaker, 10);
        prompter.tidy();
        assert!(samples.iter().all(|s| Arc::strong_count(&s.frames) == 1));
    }
}

//! What the device calls: a renderer, its outputs, and the tap on its master.

use rtrb::{Consumer, Producer};

use crate::device::port::{Callback, Period};
use crate::engine::block::{BLOCK, StereoBlock};
use crate::engine::renderer::{HostTime, Outputs, Renderer};
use crate::engine::ring::ring;

use super::clock::Clock;
use super::hands::Hands;
use super::preview::{Prompter, Speaker, previews};
use crate::synth::scsynth::Returns;

/// Blocks of the master that the engine thread may be behind: five seconds at 48 kHz.
const TAP_BLOCKS: usize = 4096;

/// The callback's half of a set that plays.
pub struct Performer {
    renderer: Renderer,
    block: Outputs,
    used: usize,
    tap: Producer<StereoBlock>,
    hands: Option<Hands>,
    clock: Option<Clock>,
    returns: Option<Return>,
    speaker: Option<Speaker>,
    /// What the speaker plays in the block, where it is not silent.
    preview: Option<StereoBlock>,
}

/// What another process plays for us, on the device's inputs.
struct Return {
    to: Returns,
    blocks: Vec<StereoBlock>,
}

impl Return {
    /// Take in the inputs of the block that begins at `at` of the period and at `frame` of the engine.
    fn block(&mut self, period: &dyn Period, at: usize, frame: u64) {
        for (pair, block) in self.blocks.iter_mut().enumerate() {
            for (side, channel) in [(&mut block.l, 2 * pair), (&mut block.r, 2 * pair + 1)] {
                // A period that is no whole number of blocks leaves the rest of one silent.
                let input = period.input(channel).get(at..).unwrap_or_default();
                let count = input.len().min(BLOCK);
                side[..count].copy_from_slice(&input[..count]);
                side[count..].fill(0.0);
            }
        }
        self.to.block(frame, &self.blocks);
    }
}

impl Performer {
    /// Around a renderer with nothing rendered yet; the consumer gives its master, block by block.
    pub fn new(renderer: Renderer) -> (Performer, Consumer<StereoBlock>) {
        let (tap, blocks) = ring(TAP_BLOCKS, || StereoBlock::SILENT);
        let (block, used) = (Outputs::SILENT, BLOCK);
        let performer = Performer {
            renderer,
            block,
            used,
            tap,
            hands: None,
            clock: None,
            returns: None,
            speaker: None,
            preview: None,
        };
        (performer, blocks)
    }

    /// Let it hear MIDI and light controllers.
    pub fn give(&mut self, hands: Hands) {
        self.hands = Some(hands);
    }

    /// Let it say the time to other machines. Not for the callback.
    pub fn say_time(&mut self) {
        self.renderer.keep_course();
        self.clock = Some(Clock::new());
    }

    /// Let it take in what scsynth plays.
    pub fn take_returns(&mut self, to: Returns) {
        let blocks = vec![StereoBlock::SILENT; to.pairs()];
        self.returns = Some(Return { to, blocks });
    }

    /// Let it play what the player alone is to hear. Not for the callback.
    pub fn take_previews(&mut self) -> Prompter {
        let (prompter, speaker) = previews();
        self.speaker = Some(speaker);
        prompter
    }

    /// The renderer inside.
    pub fn renderer(&self) -> &Renderer {
        &self.renderer
    }

    /// Compute the next block and tap it. The same live and offline.
    pub fn next_block(&mut self, time: HostTime) -> &Outputs {
        self.renderer.render(&[], &mut self.block, time);
        if let Some(clock) = &mut self.clock {
            clock.block(&self.renderer);
            self.renderer.lost += clock.take_lost();
        }
        // A block of the master that nobody takes is told of like all that is lost.
        self.renderer.lost += u64::from(self.tap.push(self.block.master).is_err());
        &self.block
    }
}

impl Callback for Performer {
    fn process(&mut self, period: &mut dyn Period) {
        let frames = period.frames();
        // The engine frame that sounds first in this period.
        let began = self.renderer.frame() - (BLOCK - self.used) as u64;
        if let Some(returns) = &mut self.returns {
            returns.to.period(began);
        }
        if let Some(hands) = &mut self.hands {
            hands.prepare(began);
            period.midi_in(&mut |port, frame, bytes| {
                hands.hear(port, began + u64::from(frame), bytes);
            });
            self.renderer.lost += hands.take_lost();
        }
        let (mut at, nanoseconds) = (0, period.host_ns());
        let with_cue = !period.output(2).is_empty();
        while at < frames {
            if self.used == BLOCK {
                let frame = self.renderer.frame();
                if let Some(returns) = &mut self.returns {
                    returns.block(period, at, frame);
                }
                self.next_block(HostTime { nanoseconds });
                let mut preview = StereoBlock::SILENT;
                let sounds = self.speaker.as_mut().is_some_and(|s| s.render(&mut preview));
                self.preview = sounds.then_some(preview);
                self.used = 0;
            }
            let count = (BLOCK - self.used).min(frames - at);
            let (from, to) = (self.used, self.used + count);
            let Outputs { master, cue, click } = &self.block;
            for (channel, side) in [&master.l, &master.r, &cue.l, &cue.r].into_iter().enumerate() {
                if let Some(out) = period.output(channel).get_mut(at..at + count) {
                    out.copy_from_slice(&side[from..to]);
                }
            }
            // The player's ears: the cue output where there is one.
            let first = if with_cue { 2 } else { 0 };
            for heard in [click, &self.preview].into_iter().flatten() {
                for (channel, side) in [(first, &heard.l), (first + 1, &heard.r)] {
                    let out = period.output(channel).get_mut(at..at + count);
                    let out = out.into_iter().flatten();
                    out.zip(&side[from..to]).for_each(|(out, x)| *out += x);
                }
            }
            (self.used, at) = (to, at + count);
        }
        if let Some(clock) = &mut self.clock {
            clock.send(began, period);
        }
        if let Some(hands) = &mut self.hands {
            hands.show(period);
        }
    }
}

//! Any request size from blocks of 64: what is left of a block waits for the next call.

use super::block::BLOCK;
use super::renderer::{HostTime, Outputs, Renderer};

/// Feeds a device or a file from a renderer, whatever lengths it asks for.
///
/// The renderer only ever sees whole blocks, which is what makes live and offline bytes equal.
pub struct Adapter {
    renderer: Renderer,
    block: Outputs,
    used: usize,
}

impl Adapter {
    /// An adapter around `renderer`, with nothing rendered yet.
    pub fn new(renderer: Renderer) -> Self {
        Adapter { renderer, block: Outputs::SILENT, used: BLOCK }
    }

    /// Fill interleaved `out` of `channels` channels: master on the first two, cue on the next two,
    /// silence on the rest; mono gets the master's mean.
    pub fn fill(&mut self, out: &mut [f32], channels: usize) {
        for frame in out.chunks_exact_mut(channels.max(1)) {
            if self.used == BLOCK {
                self.renderer.render(&[], &mut self.block, HostTime::default());
                self.used = 0;
            }
            let (master, cue, i) = (&self.block.master, &self.block.cue, self.used);
            let all = [master.l[i], master.r[i], cue.l[i], cue.r[i]];
            match frame {
                [mono] => *mono = 0.5 * (all[0] + all[1]),
                frame => {
                    for (c, sample) in frame.iter_mut().enumerate() {
                        *sample = all.get(c).copied().unwrap_or(0.0);
                    }
                }
            }
            self.used += 1;
        }
    }

    /// The renderer inside.
    pub fn renderer(&self) -> &Renderer {
        &self.renderer
    }
}

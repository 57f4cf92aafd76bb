//! Offline: both halves of an engine on one thread, blocks as fast as they can be computed.

use super::prepare::Engine;
use super::renderer::{HostTime, Outputs, Renderer};

/// Blocks between two rounds of the engine thread's chores: 21 ms at 48 kHz.
const CHORES: u32 = 16;

/// Both halves of an engine, driven from one thread.
pub struct Offline {
    /// The engine thread's half.
    pub engine: Engine,
    /// The callback's half.
    pub renderer: Renderer,
    since_chores: u32,
}

impl Offline {
    /// Drive these halves.
    pub fn new(engine: Engine, renderer: Renderer) -> Self {
        Offline { engine, renderer, since_chores: 0 }
    }

    /// Compute the next block.
    pub fn block(&mut self, out: &mut Outputs) {
        if self.since_chores == 0 {
            self.engine.maintain();
            self.since_chores = CHORES;
        }
        self.since_chores -= 1;
        self.renderer.render(&[], out, HostTime::default());
    }
}

//! What the transport did in a block, for those who tell the time to other machines.

use super::clock::{Pos, Span};
use super::renderer::Renderer;
use crate::model::time::Bpm;

/// Most steps of one block; more are lost, and counted as such.
const MAX_STEPS: usize = 2048;

/// One thing that the transport did.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// It began to run, at this place.
    Began {
        /// When.
        frame: u64,
        /// Where.
        pos: Pos,
    },
    /// It stopped.
    Halted {
        /// When.
        frame: u64,
    },
    /// While it stood, its place was moved.
    Located {
        /// When.
        frame: u64,
        /// To where.
        pos: Pos,
    },
    /// A stretch was played. One that does not begin where the last ended is a loop that came round.
    Ran(Span),
}

/// The steps of a block. It has no room, and keeps none, until somebody asks.
#[derive(Debug, Default)]
pub(super) struct Course {
    steps: Vec<Step>,
    kept: bool,
    /// Steps that found no room.
    lost: u64,
}

impl Course {
    pub(super) fn add(&mut self, step: Step) {
        if self.steps.len() < self.steps.capacity() {
            self.steps.push(step);
        } else {
            self.lost += u64::from(self.kept);
        }
    }

    /// A block begins. Gives the steps that were lost in the last.
    pub(super) fn begin(&mut self) -> u64 {
        self.steps.clear();
        std::mem::take(&mut self.lost)
    }
}

impl Renderer {
    /// Keep what the transport does, for [`course`](Self::course). Not for the callback.
    pub fn keep_course(&mut self) {
        self.course = Course { steps: Vec::with_capacity(MAX_STEPS), kept: true, lost: 0 };
    }

    /// Tempo in force.
    pub fn tempo(&self) -> Bpm {
        self.clock.bpm()
    }

    /// What the transport did in the block just rendered, in order; nothing before
    /// [`keep_course`](Self::keep_course).
    pub fn course(&self) -> &[Step] {
        &self.course.steps
    }
}

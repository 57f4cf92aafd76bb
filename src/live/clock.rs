//! The MIDI clock that other machines follow: what the transport does, said on its frame.

use std::collections::VecDeque;

use crate::device::CLOCK_PORT;
use crate::device::port::Period;
use crate::engine::block::BLOCK;
use crate::engine::clock::Pos;
use crate::engine::course::Step;
use crate::engine::renderer::Renderer;
use crate::midi::clock_out::ClockOut;

/// Messages that may wait for their period; at the highest tempo there are eight in a hundred frames
/// at most, unless somebody starts and stops many times in a block.
const QUEUE: usize = 4096;

/// A message of up to three bytes, with its frame.
#[derive(Clone, Copy)]
struct Message {
    frame: u64,
    bytes: [u8; 3],
    count: u8,
}

/// Says the time on the port for it. Nothing in it allocates after [`Clock::new`].
pub struct Clock {
    out: ClockOut,
    running: bool,
    /// Up to here the time was said.
    at: u64,
    queue: VecDeque<Message>,
    lost: u64,
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock {
    /// A clock at rest.
    pub fn new() -> Clock {
        let queue = VecDeque::with_capacity(QUEUE);
        Clock { out: ClockOut::default(), running: false, at: 0, queue, lost: 0 }
    }

    /// Take in the block just rendered, by a renderer that keeps its course. What is heard of the music
    /// leaves the master late by what its effects take, and the clock with it.
    pub fn block(&mut self, renderer: &Renderer) {
        let Clock { out, running, at, queue, lost } = self;
        let (rate, tempo) = (renderer.rate(), renderer.tempo());
        let end = renderer.frame();
        let late = u64::from(renderer.latency(renderer.node_count().saturating_sub(1)));
        let mut say = |frame: u64, bytes: &[u8]| {
            // With a shorter way through the mixer than before, what waits still goes first.
            let last = queue.back().map_or(0, |message| message.frame);
            let mut message = Message {
                frame: (frame + late).max(last),
                bytes: [0; 3],
                count: bytes.len() as u8,
            };
            message.bytes.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            if queue.len() < queue.capacity() {
                queue.push_back(message);
            } else {
                *lost += 1;
            }
        };
        *at = (*at).max(end.saturating_sub(BLOCK as u64));
        for step in renderer.course() {
            match *step {
                Step::Began { frame, pos } => {
                    out.idle(*at..frame, tempo, rate, &mut say);
                    out.start(pos.0);
                    (*running, *at) = (true, frame);
                }
                Step::Halted { frame } if *running => {
                    out.stop(frame, &mut say);
                    (*running, *at) = (false, frame);
                }
                Step::Halted { .. } => {}
                Step::Located { frame, pos } => {
                    out.idle(*at..frame, tempo, rate, &mut say);
                    out.locate(frame, pos.0, &mut say);
                    *at = frame;
                }
                Step::Ran(span) => {
                    let frame_of = |pos: i64| span.frame_of(Pos(pos));
                    out.span(span.from.0, span.to.0, &frame_of, &mut say);
                }
            }
        }
        if !*running {
            out.idle(*at..end, tempo, rate, &mut say);
        }
        *at = end;
    }

    /// Send what falls into the period that begins at `first`.
    pub fn send(&mut self, first: u64, period: &mut dyn Period) {
        let end = first + period.frames() as u64;
        while let Some(message) = self.queue.front().filter(|message| message.frame < end) {
            let frame = u32::try_from(message.frame.saturating_sub(first)).unwrap_or(0);
            // A device without the port takes none; a clock that comes later would be a wrong one.
            period.midi_out(CLOCK_PORT, frame, &message.bytes[..usize::from(message.count)]);
            self.queue.pop_front();
        }
    }

    /// Messages that found no room since the last call.
    pub fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }
}

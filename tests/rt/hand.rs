//! A device moved by hand: periods of any length, MIDI in and out, nothing of it on the heap.

use hardcore::device::port::Period;

/// Longest period.
pub const LONGEST: usize = 4096;
/// The clock has a port of its own after those for notes and lights.
const PORTS: usize = hardcore::device::CLOCK_PORT + 1;
/// MIDI that a period has room for, bytes.
const ROOM: usize = 16_384;
/// Messages that a period has room for, each way.
const MESSAGES: usize = 4096;

/// A message: port, frame, and where its bytes are.
#[derive(Clone, Copy)]
struct Message {
    port: usize,
    frame: u32,
    from: usize,
    to: usize,
}

/// MIDI of one period.
struct Midi {
    bytes: Vec<u8>,
    messages: Vec<Message>,
}

impl Midi {
    fn new() -> Midi {
        Midi { bytes: Vec::with_capacity(ROOM), messages: Vec::with_capacity(MESSAGES) }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.messages.clear();
    }

    /// `false` where there is no room: it never grows.
    fn push(&mut self, port: usize, frame: u32, bytes: &[u8]) -> bool {
        let from = self.bytes.len();
        let fits = from + bytes.len() <= ROOM && self.messages.len() < MESSAGES;
        if fits {
            self.bytes.extend_from_slice(bytes);
            self.messages.push(Message { port, frame, from, to: self.bytes.len() });
        }
        fits
    }

    fn each(&self, take: &mut dyn FnMut(usize, u32, &[u8])) {
        for m in &self.messages {
            take(m.port, m.frame, &self.bytes[m.from..m.to]);
        }
    }
}

/// One period of it.
pub struct Hand {
    frames: usize,
    host_ns: u64,
    out: Vec<Vec<f32>>,
    input: Vec<Vec<f32>>,
    heard: Midi,
    said: Midi,
    /// Bytes that each port still takes, and the frame of what was sent on it last.
    room: [usize; PORTS],
    last: [u32; PORTS],
}

impl Hand {
    /// With so many channels out and in.
    pub fn new(outputs: usize, inputs: usize) -> Hand {
        Hand {
            frames: 0,
            host_ns: 0,
            out: vec![vec![0.0; LONGEST]; outputs],
            input: vec![vec![0.0; LONGEST]; inputs],
            heard: Midi::new(),
            said: Midi::new(),
            room: Default::default(),
            last: Default::default(),
        }
    }

    /// A new period, silent, whose ports take `room` bytes of MIDI each.
    pub fn begin(&mut self, frames: usize, host_ns: u64, room: usize) {
        (self.frames, self.host_ns) = (frames, host_ns);
        self.out.iter_mut().for_each(|out| out[..frames].fill(0.0));
        self.heard.clear();
        self.said.clear();
        (self.room, self.last) = (self.room.map(|_| room), Default::default());
    }

    /// Put a message in, not before the one put in last.
    pub fn hear(&mut self, port: usize, frame: u32, bytes: &[u8]) {
        self.heard.push(port, frame, bytes);
    }

    /// Fill the inputs of a period that begins at `at` as scsynth would: sound, and on the last pair
    /// ticks and a beat.
    pub fn come_in(&mut self, at: u64) {
        let (frames, last) = (self.frames as u64, self.input.len().wrapping_sub(1));
        for (channel, input) in self.input.iter_mut().enumerate() {
            for (x, frame) in input.iter_mut().zip(at..at + frames) {
                *x = match last - channel {
                    0 => (frame % 65_536) as f32 / 65_536.0,
                    1 => f32::from(u8::from(frame.is_multiple_of(2400))),
                    _ => 0.25,
                };
            }
        }
    }

    /// What was put out on a channel.
    pub fn heard_of(&self, channel: usize) -> &[f32] {
        &self.out[channel][..self.frames]
    }

    /// What was sent: port and bytes.
    pub fn said(&self, take: &mut dyn FnMut(usize, &[u8])) {
        self.said.each(&mut |port, _, bytes| take(port, bytes));
    }
}

impl Period for Hand {
    fn frames(&self) -> usize {
        self.frames
    }

    fn host_ns(&self) -> u64 {
        self.host_ns
    }

    fn input(&self, channel: usize) -> &[f32] {
        self.input.get(channel).map_or(&[], |input| &input[..self.frames])
    }

    fn output(&mut self, channel: usize) -> &mut [f32] {
        self.out.get_mut(channel).map_or(&mut [], |out| &mut out[..self.frames])
    }

    fn midi_in(&self, take: &mut dyn FnMut(usize, u32, &[u8])) {
        self.heard.each(take);
    }

    fn midi_out(&mut self, port: usize, frame: u32, bytes: &[u8]) -> bool {
        let late = self.frames == 0 || frame as usize >= self.frames || frame < self.last[port];
        if late || bytes.len() > self.room[port] || !self.said.push(port, frame, bytes) {
            // Nothing more fits.
            self.room[port] = 0;
            return false;
        }
        self.room[port] -= bytes.len();
        self.last[port] = frame;
        true
    }
}

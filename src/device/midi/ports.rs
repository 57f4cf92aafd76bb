//! The callback's end: messages by frame of the period, in and out. Nothing in it allocates or waits.

use rtrb::{Consumer, Producer};

use super::LONGEST;
use crate::device::CLOCK_PORT;

/// Messages of one period at most; more wait for the next.
const EVENTS: usize = 1024;
/// Bytes of one period, likewise.
const BYTES: usize = 1 << 14;
/// Bytes before a message: when, on which port, how long.
pub(super) const HEADER: usize = 11;
/// Part of a period by which time may be slower from one to the next than it was: far more than clocks
/// differ by, far less than a callback is late.
const DRIFT: u64 = 1024;
/// Off by more than this, time begins anew: the device has stood.
const JUMP_NS: u64 = 50_000_000;

/// What stands before a message in a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// On the host's clock: when it came, or when it is to go; 0 is at once.
    pub ns: u64,
    pub port: u8,
    pub count: u16,
}

impl Header {
    fn bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(&self.ns.to_le_bytes());
        bytes[8] = self.port;
        bytes[9..].copy_from_slice(&self.count.to_le_bytes());
        bytes
    }

    fn of(bytes: impl Iterator<Item = u8>) -> Header {
        let mut all = [0; HEADER];
        all.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        let [a, b, c, d, e, f, g, h, port, low, high] = all;
        let ns = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        Header { ns, port, count: u16::from_le_bytes([low, high]) }
    }
}

/// Put a message into a ring, whole. `false` when it does not fit.
pub(super) fn put(ring: &mut Producer<u8>, ns: u64, port: usize, bytes: &[u8]) -> bool {
    let (Ok(port), Ok(count)) = (u8::try_from(port), u16::try_from(bytes.len())) else {
        return false;
    };
    if bytes.is_empty() || bytes.len() > LONGEST {
        return false;
    }
    let Ok(mut chunk) = ring.write_chunk(HEADER + bytes.len()) else { return false };
    let header = Header { ns, port, count }.bytes();
    let (a, b) = chunk.as_mut_slices();
    let places = a.iter_mut().chain(b);
    places.zip(header.iter().chain(bytes)).for_each(|(to, from)| *to = *from);
    chunk.commit_all();
    true
}

/// The header of the next message of a ring.
pub(super) fn peek(ring: &mut Consumer<u8>) -> Option<Header> {
    let chunk = ring.read_chunk(HEADER).ok()?;
    let (a, b) = chunk.as_slices();
    Some(Header::of(a.iter().chain(b).copied()))
}

/// Take the next message off a ring; its bytes go into the beginning of `to`, as many as it has room for.
pub(super) fn take(ring: &mut Consumer<u8>, header: Header, to: &mut [u8]) -> usize {
    let Ok(chunk) = ring.read_chunk(HEADER + usize::from(header.count)) else { return 0 };
    let (a, b) = chunk.as_slices();
    let bytes = a.iter().chain(b).skip(HEADER);
    let count = to.iter_mut().zip(bytes).map(|(to, from)| *to = *from).count();
    chunk.commit_all();
    count
}

#[derive(Clone, Copy)]
struct Event {
    port: u8,
    frame: u32,
    at: usize,
    count: usize,
}

/// MIDI of a device's periods.
pub(in crate::device) struct Ports {
    inbox: Consumer<u8>,
    outbox: Producer<u8>,
    /// When the period ends in which what comes now is heard; 0 before the first. It follows the calls
    /// that come earliest: all that came before it is in the ring by then.
    edge: u64,
    /// Length of the period.
    long: u64,
    frames: u32,
    events: Vec<Event>,
    bytes: Vec<u8>,
}

impl Ports {
    pub(super) fn new(inbox: Consumer<u8>, outbox: Producer<u8>) -> Ports {
        let (events, bytes) = (Vec::with_capacity(EVENTS), vec![0; BYTES]);
        Ports { inbox, outbox, edge: 0, long: 0, frames: 0, events, bytes }
    }

    /// A period of `frames` begins, asked for at `now` on the host's clock.
    pub(in crate::device) fn begin(&mut self, now: u64, frames: usize, rate: u32) {
        self.long = frames as u64 * 1_000_000_000 / u64::from(rate.max(1));
        self.frames = frames as u32;
        let due = self.edge + self.long;
        let late = now.abs_diff(due);
        self.edge = if self.edge == 0 || late > self.long + JUMP_NS {
            now
        } else {
            now.min(due + self.long / DRIFT)
        };
        self.gather(rate);
    }

    fn gather(&mut self, rate: u32) {
        self.events.clear();
        let begun = self.edge.saturating_sub(self.long);
        let (mut used, mut last) = (0, 0);
        while self.events.len() < EVENTS
            && let Some(header) = peek(&mut self.inbox)
            && header.ns <= self.edge
            && used + usize::from(header.count) <= BYTES
        {
            let after = u128::from(header.ns.saturating_sub(begun)) * u128::from(rate);
            let frame = u32::try_from(after / 1_000_000_000).unwrap_or(u32::MAX);
            last = frame.min(self.frames.saturating_sub(1)).max(last);
            let count = take(&mut self.inbox, header, &mut self.bytes[used..]);
            self.events.push(Event { port: header.port, frame: last, at: used, count });
            used += count;
        }
    }

    /// As [`Period::midi_in`](crate::device::port::Period::midi_in).
    pub(in crate::device) fn heard(&self, to: &mut dyn FnMut(usize, u32, &[u8])) {
        for event in &self.events {
            let bytes = self.bytes.get(event.at..event.at + event.count).unwrap_or_default();
            to(usize::from(event.port), event.frame, bytes);
        }
    }

    /// As [`Period::midi_out`](crate::device::port::Period::midi_out). The clock goes out when its frame
    /// is due, all else at once.
    pub(in crate::device) fn send(&mut self, port: usize, frame: u32, bytes: &[u8]) -> bool {
        if port > CLOCK_PORT || frame >= self.frames {
            return false;
        }
        let within = self.long * u64::from(frame) / u64::from(self.frames.max(1));
        let ns = if port == CLOCK_PORT { self.edge + within } else { 0 };
        put(&mut self.outbox, ns, port, bytes)
    }
}

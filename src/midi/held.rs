//! The notes that were sent to tracks and must end there, whatever happens to routes in between.

use crate::engine::protocol::Gesture;

/// Notes that may be held at once, by keys and pedals; the oldest is ended for one more.
const MOST: usize = 512;

/// A note of a key on a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Note {
    port: u8,
    channel: u8,
    pitch: u8,
    /// The key is up, the pedal holds the note.
    by_pedal: bool,
    node: u16,
}

/// What is held. Nothing in it allocates after it was made.
///
/// On each track, starts and ends of a pitch alternate: a key that starts a note which another key
/// holds ends it first, and the note ends with the last of its keys.
#[derive(Debug)]
pub struct Held {
    /// In the order of being played.
    notes: Vec<Note>,
    /// Sustain pedals by port, one bit a channel.
    pedals: Box<[u16; 256]>,
}

impl Default for Held {
    fn default() -> Self {
        Held { notes: Vec::with_capacity(MOST), pedals: Box::new([0; 256]) }
    }
}

impl Held {
    /// A key goes down and plays on `nodes`; one that was down or held by the pedal is played anew.
    pub fn press(
        &mut self,
        (port, channel): (u8, u8),
        (pitch, velocity): (u8, u8),
        nodes: impl Iterator<Item = u16>,
        out: &mut dyn FnMut(Gesture),
    ) {
        let key = |n: &Note| (n.port, n.channel, n.pitch) == (port, channel, pitch);
        self.end(&key, out);
        for node in nodes {
            if self.notes.iter().any(|n| key(n) && n.node == node) {
                continue;
            }
            if self.notes.len() == MOST {
                self.end_at(0, out);
            }
            if self.sounds(node, pitch) {
                out(Gesture::NoteOff { node, pitch });
            }
            self.notes.push(Note { port, channel, pitch, by_pedal: false, node });
            out(Gesture::NoteOn { node, pitch, velocity });
        }
    }

    /// A key goes up; its notes end, or stay until the pedal goes up.
    pub fn release(&mut self, from: (u8, u8), pitch: u8, out: &mut dyn FnMut(Gesture)) {
        let key = |n: &Note| (n.port, n.channel, n.pitch) == (from.0, from.1, pitch);
        if self.pedal_is_down(from) {
            self.notes.iter_mut().filter(|n| key(n)).for_each(|n| n.by_pedal = true);
        } else {
            self.end(&key, out);
        }
    }

    /// The sustain pedal of a port's channel moves.
    pub fn pedal(&mut self, from: (u8, u8), down: bool, out: &mut dyn FnMut(Gesture)) {
        let bit = 1 << (from.1 & 15);
        let pedals = &mut self.pedals[usize::from(from.0)];
        if down {
            *pedals |= bit;
        } else {
            *pedals &= !bit;
            self.end(&|n| n.by_pedal && (n.port, n.channel) == from, out);
        }
    }

    /// Ends all notes of a port, or of one of its channels, and lifts the pedals.
    pub fn silence(&mut self, port: u8, channel: Option<u8>, out: &mut dyn FnMut(Gesture)) {
        let bits = channel.map_or(u16::MAX, |channel| 1 << (channel & 15));
        self.pedals[usize::from(port)] &= !bits;
        self.end(&|n| n.port == port && channel.is_none_or(|c| c == n.channel), out);
    }

    /// Ends all notes and lifts all pedals.
    pub fn silence_all(&mut self, out: &mut dyn FnMut(Gesture)) {
        self.pedals.fill(0);
        self.end(&|_| true, out);
    }

    /// Notes held by keys and pedals.
    pub fn count(&self) -> usize {
        self.notes.len()
    }

    fn pedal_is_down(&self, (port, channel): (u8, u8)) -> bool {
        self.pedals[usize::from(port)] >> (channel & 15) & 1 == 1
    }

    fn sounds(&self, node: u16, pitch: u8) -> bool {
        self.notes.iter().any(|n| (n.node, n.pitch) == (node, pitch))
    }

    fn end(&mut self, which: &dyn Fn(&Note) -> bool, out: &mut dyn FnMut(Gesture)) {
        let mut at = 0;
        while let Some(note) = self.notes.get(at) {
            if which(note) {
                self.end_at(at, out);
            } else {
                at += 1;
            }
        }
    }

    fn end_at(&mut self, at: usize, out: &mut dyn FnMut(Gesture)) {
        let Note { node, pitch, .. } = self.notes.remove(at);
        if !self.sounds(node, pitch) {
            out(Gesture::NoteOff { node, pitch });
        }
    }
}

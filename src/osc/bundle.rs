//! Packs messages into bundles that fit into one datagram.

use rosc::{OscMessage, OscPacket, OscType, encoder};

/// Bytes of the longest packet that is sent: below an Ethernet frame less its headers (1472), with
/// room for those of a tunnel.
pub(super) const LONGEST: usize = 1400;
/// Bytes a text may have, so that a message fits; one with two of them has one cut shorter.
pub(super) const LONGEST_TEXT: usize = 1000;
/// `#bundle` and the time tag that means at once.
const HEAD: [u8; 16] = *b"#bundle\0\0\0\0\0\0\0\0\x01";

/// Collects messages and hands out full bundles, as many as it may.
pub(super) struct Packer<'a> {
    bytes: Vec<u8>,
    left: usize,
    send: &'a mut dyn FnMut(&[u8]),
}

impl<'a> Packer<'a> {
    /// One that sends at most this many packets.
    pub fn new(packets: usize, send: &'a mut dyn FnMut(&[u8])) -> Self {
        Packer { bytes: HEAD.to_vec(), left: packets, send }
    }

    /// Adds a message; false, and it is not sent, where no packet is left for it.
    pub fn add(&mut self, addr: String, args: Vec<OscType>) -> bool {
        if self.left == 0 {
            return false;
        }
        let message = encoded(addr, args);
        if self.bytes.len() + 4 + message.len() > LONGEST {
            self.flush();
            if self.left == 0 {
                return false;
            }
        }
        // What the encoder makes of one message is far below 4 GB.
        self.bytes.extend((message.len() as u32).to_be_bytes());
        self.bytes.extend(message);
        true
    }

    /// Sends what is collected.
    pub fn flush(&mut self) {
        if self.bytes.len() > HEAD.len() && self.left > 0 {
            (self.send)(&self.bytes);
            self.left -= 1;
        }
        self.bytes.truncate(HEAD.len());
    }
}

/// A message as bytes.
pub(super) fn encoded(addr: String, args: Vec<OscType>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let message = OscPacket::Message(OscMessage { addr, args });
    let Ok(_) = encoder::encode_into(&message, &mut bytes);
    bytes
}

/// A text as an argument: cut to `most` bytes, without zeros, which would end it too early.
pub(super) fn text(text: &str, most: usize) -> OscType {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    OscType::String(text[..end].replace('\0', " "))
}

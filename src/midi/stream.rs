//! Bytes to messages: whatever arrives on a MIDI port, in whatever pieces, garbage included.
//!
//! The rules are those of the MIDI 1.0 Detailed Specification, "Running Status", "System Real Time
//! Messages" and appendix A-2: real-time bytes may stand anywhere and disturb nothing; a system
//! common message ends running status; data bytes without a status are dropped.

/// Data bytes that a system exclusive message may have; longer ones are dropped and counted.
/// The longest answer that a controller here gives, to an identity request, has 32.
pub const SYSEX_MOST: usize = 512;

/// A message; channels count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// A key goes down.
    NoteOn {
        /// 0–15.
        channel: u8,
        /// 0–127.
        pitch: u8,
        /// 1–127; a note-on with velocity 0 is read as `NoteOff`.
        velocity: u8,
    },
    /// A key goes up.
    NoteOff {
        /// 0–15.
        channel: u8,
        /// 0–127.
        pitch: u8,
        /// Release velocity, 0–127; 64 where the sender has none.
        velocity: u8,
    },
    /// A held key is pressed harder.
    PolyPressure {
        /// 0–15.
        channel: u8,
        /// 0–127.
        pitch: u8,
        /// 0–127.
        value: u8,
    },
    /// A knob, fader, button or pedal; controllers from 120 are channel mode messages.
    Control {
        /// 0–15.
        channel: u8,
        /// 0–127.
        controller: u8,
        /// 0–127.
        value: u8,
    },
    /// Another program is chosen.
    Program {
        /// 0–15.
        channel: u8,
        /// 0–127.
        program: u8,
    },
    /// The keys of a channel are pressed harder.
    Pressure {
        /// 0–15.
        channel: u8,
        /// 0–127.
        value: u8,
    },
    /// The pitch wheel.
    Bend {
        /// 0–15.
        channel: u8,
        /// −8192 to 8191; 0 at rest.
        value: i16,
    },
    /// One of 24 clocks a quarter note.
    Clock,
    /// Play from the start, beginning with the next clock.
    Start,
    /// Play from where it stopped, beginning with the next clock.
    Continue,
    /// Stop.
    Stop,
    /// The place to continue from, in sixteenths from the start, 0–16383.
    SongPosition(u16),
    /// The data of a complete system exclusive message, without its first and last status byte.
    SysEx(&'a [u8]),
}

/// Reads one port's bytes. Of fixed size; `feed` never allocates and takes any bytes.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Status of the message being read, or of the running status; 0 for none.
    status: u8,
    /// The first of two data bytes.
    first: Option<u8>,
    sysex: [u8; SYSEX_MOST],
    /// Bytes of `sysex` in use; beyond its length, the message is too long.
    sysex_length: usize,
    dropped: u32,
}

impl Default for Stream {
    fn default() -> Self {
        Stream { status: 0, first: None, sysex: [0; SYSEX_MOST], sysex_length: 0, dropped: 0 }
    }
}

const SYSEX: u8 = 0xF0;
const SONG_POSITION: u8 = 0xF2;
const SYSEX_END: u8 = 0xF7;

impl Stream {
    /// Reads `bytes` and hands out each message as it becomes complete. Cutting the same bytes into
    /// other pieces gives the same messages.
    pub fn feed(&mut self, bytes: &[u8], each: &mut dyn FnMut(Message<'_>)) {
        for &byte in bytes {
            match byte {
                0xF8.. => {
                    if let Some(message) = real_time(byte) {
                        each(message);
                    }
                }
                0x80.. => self.begin(byte, each),
                _ => self.data(byte, each),
            }
        }
    }

    /// System exclusive messages lost so far, because they were too long or were broken off.
    pub fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Forgets a message that was begun, as when a port comes back.
    pub fn reset(&mut self) {
        self.status = 0;
        self.first = None;
    }

    fn begin(&mut self, status: u8, each: &mut dyn FnMut(Message<'_>)) {
        if self.status == SYSEX {
            match self.sysex.get(..self.sysex_length) {
                Some(data) if status == SYSEX_END => each(Message::SysEx(data)),
                _ => self.dropped = self.dropped.saturating_add(1),
            }
        }
        self.first = None;
        self.sysex_length = 0;
        // Of the system common messages only these two have data that is read.
        let read = matches!(status, 0x80..=SYSEX | SONG_POSITION);
        self.status = if read { status } else { 0 };
    }

    fn data(&mut self, byte: u8, each: &mut dyn FnMut(Message<'_>)) {
        match self.status {
            0 => {}
            SYSEX => {
                if let Some(place) = self.sysex.get_mut(self.sysex_length) {
                    *place = byte;
                }
                self.sysex_length = (self.sysex_length + 1).min(SYSEX_MOST + 1);
            }
            status @ 0xC0..=0xDF => each(short(status, byte, 0)),
            status => match self.first.take() {
                None => self.first = Some(byte),
                Some(first) => {
                    each(short(status, first, byte));
                    if status == SONG_POSITION {
                        self.status = 0;
                    }
                }
            },
        }
    }
}

fn real_time(byte: u8) -> Option<Message<'static>> {
    match byte {
        0xF8 => Some(Message::Clock),
        0xFA => Some(Message::Start),
        0xFB => Some(Message::Continue),
        0xFC => Some(Message::Stop),
        _ => None,
    }
}

/// The message of a status and its one or two data bytes.
fn short(status: u8, a: u8, b: u8) -> Message<'static> {
    let channel = status & 0x0F;
    let wide = u16::from(b) << 7 | u16::from(a);
    match status & 0xF0 {
        0x80 => Message::NoteOff { channel, pitch: a, velocity: b },
        0x90 if b == 0 => Message::NoteOff { channel, pitch: a, velocity: 64 },
        0x90 => Message::NoteOn { channel, pitch: a, velocity: b },
        0xA0 => Message::PolyPressure { channel, pitch: a, value: b },
        0xB0 => Message::Control { channel, controller: a, value: b },
        0xC0 => Message::Program { channel, program: a },
        0xD0 => Message::Pressure { channel, value: a },
        0xE0 => Message::Bend { channel, value: wide as i16 - 8192 },
        _ => Message::SongPosition(wide),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Messages as text, which outlives the stream.
    fn read(stream: &mut Stream, bytes: &[u8]) -> Vec<String> {
        let mut seen = Vec::new();
        stream.feed(bytes, &mut |message| seen.push(format!("{message:?}")));
        seen
    }

    fn all(bytes: &[u8]) -> Vec<String> {
        read(&mut Stream::default(), bytes)
    }

    fn text(messages: &[Message<'_>]) -> Vec<String> {
        messages.iter().map(|m| format!("{m:?}")).collect()
    }

    #[test]
    fn every_message_is_understood() {
        let bytes = [
            0x93, 60, 100, 0x83, 60, 10, 0xA1, 61, 5, 0xBF, 7, 127, 0xC2, 9, 0xD4, 33, 0xE0, 0, 64,
            0xE0, 127, 127, 0xE1, 0, 0, 0xF2, 1, 2, 0xF8, 0xFA, 0xFB, 0xFC, 0xF0, 1, 2, 0xF7,
        ];
        let wanted = [
            Message::NoteOn { channel: 3, pitch: 60, velocity: 100 },
            Message::NoteOff { channel: 3, pitch: 60, velocity: 10 },
            Message::PolyPressure { channel: 1, pitch: 61, value: 5 },
            Message::Control { channel: 15, controller: 7, value: 127 },
            Message::Program { channel: 2, program: 9 },
            Message::Pressure { channel: 4, value: 33 },
            Message::Bend { channel: 0, value: 0 },
            Message::Bend { channel: 0, value: 8191 },
            Message::Bend { channel: 1, value: -8192 },
            Message::SongPosition(257),
            Message::Clock,
            Message::Start,
            Message::Continue,
            Message::Stop,
            Message::SysEx(&[1, 2]),
        ];
        assert_eq!(all(&bytes), text(&wanted));
    }

    #[test]
    fn running_status_lasts_until_a_common_message() {
        let notes = [0x90, 60, 1, 62, 2, 60, 0, 0xF6, 64, 3];
        let wanted = [
            Message::NoteOn { channel: 0, pitch: 60, velocity: 1 },
            Message::NoteOn { channel: 0, pitch: 62, velocity: 2 },
            Message::NoteOff { channel: 0, pitch: 60, velocity: 64 },
        ];
        assert_eq!(all(&notes), text(&wanted));
        assert_eq!(all(&[0xF2, 1, 0, 2, 0]), text(&[Message::SongPosition(1)]));
        assert_eq!(all(&[0x90, 0xF0, 0xF7, 60, 1]), text(&[Message::SysEx(&[])]));
    }

    #[test]
    fn real_time_bytes_stand_anywhere() {
        let bytes = [0xF0, 1, 0xF8, 2, 0xFE, 0xF7, 0x90, 0xFA, 60, 0xF8, 9, 0xFF, 61, 0xFC, 9];
        let wanted = [
            Message::Clock,
            Message::SysEx(&[1, 2]),
            Message::Start,
            Message::Clock,
            Message::NoteOn { channel: 0, pitch: 60, velocity: 9 },
            Message::Stop,
            Message::NoteOn { channel: 0, pitch: 61, velocity: 9 },
        ];
        assert_eq!(all(&bytes), text(&wanted));
    }

    #[test]
    fn truncated_messages_vanish() {
        let on = Message::NoteOn { channel: 0, pitch: 1, velocity: 2 };
        assert_eq!(all(&[5, 6, 0xB0, 7, 0x90, 1, 2]), text(&[on]));
        assert_eq!(all(&[0xF7, 0xF4, 3, 0xF2, 1, 0x90, 1, 2]), text(&[on]));
    }

    #[test]
    fn long_and_broken_system_exclusive_is_dropped_and_counted() {
        let mut stream = Stream::default();
        let whole = |n: usize| [&[0xF0][..], &vec![7; n], &[0xF7]].concat();
        let fits = vec![7; SYSEX_MOST];
        assert_eq!(read(&mut stream, &whole(SYSEX_MOST)), text(&[Message::SysEx(&fits)]));
        assert_eq!(stream.dropped(), 0);
        for long in [SYSEX_MOST + 1, SYSEX_MOST + 2, 100_000] {
            assert!(read(&mut stream, &whole(long)).is_empty());
        }
        assert_eq!(stream.dropped(), 3);
        let on = Message::NoteOn { channel: 0, pitch: 1, velocity: 2 };
        assert_eq!(read(&mut stream, &[0xF0, 1, 0x90, 1, 2]), text(&[on]));
        assert_eq!(stream.dropped(), 4);
        assert_eq!(read(&mut stream, &whole(1)), text(&[Message::SysEx(&[7])]));
    }

    proptest! {
        #[test]
        fn garbage_does_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let mut stream = Stream::default();
            stream.feed(&bytes, &mut |message| match message {
                Message::NoteOn { channel, pitch, velocity } => {
                    assert!(channel < 16 && pitch < 128 && (1..128).contains(&velocity));
                }
                Message::Bend { value, .. } => assert!((-8192..8192).contains(&value)),
                Message::SongPosition(at) => assert!(at < 16384),
                Message::SysEx(data) => assert!(data.iter().all(|byte| *byte < 128)),
                _ => {}
            });
            let on = Message::NoteOn { channel: 0, pitch: 60, velocity: 100 };
            prop_assert_eq!(read(&mut stream, &[0x90, 60, 100]).pop(), text(&[on]).pop());
            prop_assert_eq!(read(&mut stream, &[0xF0, 5, 0xF7]), text(&[Message::SysEx(&[5])]));
        }

        #[test]
        fn pieces_make_no_difference(
            bytes in proptest::collection::vec(
                prop_oneof![any::<u8>(), Just(0xF0), Just(0xF7), 0x80u8..0xF0, 0u8..128], 0..300),
            cuts in proptest::collection::vec(1usize..9, 300),
        ) {
            let (mut stream, mut seen, mut rest) = (Stream::default(), Vec::new(), &bytes[..]);
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                seen.extend(read(&mut stream, piece));
                rest = after;
            }
            seen.extend(read(&mut stream, rest));
            prop_assert_eq!(seen, all(&bytes));
        }
    }
}

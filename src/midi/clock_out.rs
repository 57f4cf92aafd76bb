//! MIDI clock out: 24 clocks a quarter note on their exact frames, and where the song is.
//!
//! Positions are plain numbers in 1/65536 ticks at 960 ticks a quarter note, as in the engine's
//! clock. Clocks count the distance played, so that a loop of any length neither drops nor doubles
//! one.

use crate::model::time::{Bpm, PPQ};

/// Distance from clock to clock.
const CLOCK: i64 = (PPQ << 16) / 24;
/// Distance of one unit of the song position.
const SIXTEENTH: i64 = (PPQ << 16) / 4;

/// Says the time on one port. Of fixed size, nothing in it allocates.
///
/// For each block, call in the order in which things happen: [`stop`](Self::stop),
/// [`locate`](Self::locate), [`start`](Self::start), then [`span`](Self::span) for each stretch that is
/// played, or [`idle`](Self::idle) while the transport stands.
#[derive(Clone, Debug, Default)]
pub struct ClockOut {
    playing: bool,
    /// The receiver was not started yet: that happens on the next sixteenth.
    joining: bool,
    /// Where the next stretch begins if nothing jumps.
    expected: i64,
    /// Distance from there to the next clock.
    ahead: i64,
}

impl ClockOut {
    /// The transport starts at `pos`. The receiver is started there, too, or, as it can only start on
    /// a sixteenth, at the next one; in a loop without any, it waits for the loop to be left.
    pub fn start(&mut self, pos: i64) {
        self.playing = true;
        self.join(pos);
    }

    /// The transport stops at `frame`.
    pub fn stop(&mut self, frame: u64, out: &mut dyn FnMut(u64, &[u8])) {
        if std::mem::take(&mut self.playing) && !std::mem::take(&mut self.joining) {
            out(frame, &[0xFC]);
        }
    }

    /// The playhead is put to `pos` at `frame`, playing or not. Not for the jumps of a loop, which
    /// the receiver is to play through.
    pub fn locate(&mut self, frame: u64, pos: i64, out: &mut dyn FnMut(u64, &[u8])) {
        if self.playing {
            if !self.joining {
                out(frame, &[0xFC]);
            }
            self.join(pos);
        } else if let Some(message) = song_position(pos) {
            out(frame, &message);
        }
    }

    /// The stretch `from..to` is played; `frame_of` tells the frame of each position in it. Hands
    /// out whole messages with their frames, in order.
    pub fn span(
        &mut self,
        from: i64,
        to: i64,
        frame_of: &dyn Fn(i64) -> u64,
        out: &mut dyn FnMut(u64, &[u8]),
    ) {
        if !self.playing {
            return;
        }
        if self.joining && from != self.expected {
            self.align(from);
        }
        let mut clock = from.saturating_add(self.ahead);
        while clock < to {
            let frame = frame_of(clock);
            if self.joining && clock >= 0 && clock % SIXTEENTH == 0 {
                self.joining = false;
                self.begin(frame, clock, out);
            }
            out(frame, &[0xF8]);
            clock += CLOCK;
        }
        self.ahead = clock.saturating_sub(to.max(from));
        self.expected = to;
    }

    /// `frames` pass while the transport stands; clocks go on at `tempo`, so that receivers know it
    /// and lights blink. `rate` is in frames per second.
    pub fn idle(
        &mut self,
        frames: std::ops::Range<u64>,
        tempo: Bpm,
        rate: u32,
        out: &mut dyn FnMut(u64, &[u8]),
    ) {
        let (start, rate) = (frames.start, i128::from(rate.max(1)));
        let speed = i128::from(PPQ << 16) * i128::from(tempo.milli());
        // distance = frames · PPQ · milli-BPM / (60 000 · rate)
        let frame_of = |distance: i64| {
            let after = (i128::from(distance) * 60_000 * rate + speed - 1).div_euclid(speed);
            start.saturating_add(u64::try_from(after).unwrap_or(0))
        };
        while frame_of(self.ahead) < frames.end {
            out(frame_of(self.ahead), &[0xF8]);
            self.ahead += CLOCK;
        }
        let passed = i128::from(frames.end.saturating_sub(start)) * speed / (60_000 * rate);
        self.ahead = self.ahead.saturating_sub(i64::try_from(passed).unwrap_or(0)).max(0);
    }

    fn join(&mut self, pos: i64) {
        self.joining = true;
        self.align(pos);
    }

    /// The next clock falls on the grid of the song.
    fn align(&mut self, pos: i64) {
        self.expected = pos;
        self.ahead = pos.wrapping_neg().rem_euclid(CLOCK);
    }

    fn begin(&mut self, frame: u64, pos: i64, out: &mut dyn FnMut(u64, &[u8])) {
        if pos == 0 {
            out(frame, &[0xFA]);
            return;
        }
        if let Some(message) = song_position(pos) {
            out(frame, &message);
        }
        out(frame, &[0xFB]);
    }
}

/// The message for the sixteenth that `pos` is in; `None` where it cannot be said, before the start
/// and from the 16384th on.
fn song_position(pos: i64) -> Option<[u8; 3]> {
    let sixteenths = u16::try_from(pos.div_euclid(SIXTEENTH)).ok().filter(|n| *n < 1 << 14)?;
    Some([0xF2, (sixteenths & 0x7F) as u8, (sixteenths >> 7) as u8])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE: f64 = 48_000.0;

    fn ticks(ticks: i64) -> i64 {
        ticks << 16
    }

    /// Plays stretches of constant tempo in blocks of 64 frames, looping, as the engine does.
    struct Player {
        clock: ClockOut,
        pos: i64,
        frame: u64,
        end: Option<(i64, i64)>,
        heard: Vec<(u64, Vec<u8>)>,
        travelled: i64,
    }

    impl Player {
        fn at(pos: i64) -> Self {
            let mut clock = ClockOut::default();
            clock.start(pos);
            Player { clock, pos, frame: 0, end: None, heard: vec![], travelled: 0 }
        }

        fn blocks(&mut self, count: u64, bpm: f64) {
            // Positions a frame.
            let speed = (960.0 * 65536.0 * bpm / 60.0 / RATE) as i64;
            for _ in 0..count {
                let mut frame = self.frame;
                while frame < self.frame + 64 {
                    let left = (self.frame + 64 - frame) as i64;
                    let to = self.pos + left * speed;
                    let (to, jump) = match self.end {
                        Some((start, end)) if to >= end => (end, Some(start)),
                        _ => (to, None),
                    };
                    let (from, first) = (self.pos, frame);
                    let frame_of = |p: i64| first + ((p - from) / speed) as u64;
                    let (low, high) = (first, self.frame + 64);
                    self.clock.span(from, to, &frame_of, &mut |frame, bytes| {
                        assert!((low..high).contains(&frame));
                        self.heard.push((frame, bytes.to_vec()));
                    });
                    self.travelled += to - from;
                    // A loop may end within a frame; the rest of that frame belongs to what follows.
                    frame = frame_of(to);
                    self.pos = jump.unwrap_or(to);
                }
                self.frame += 64;
            }
        }

        fn clocks(&self) -> Vec<u64> {
            self.heard.iter().filter(|(_, b)| b[..] == [0xF8]).map(|(f, _)| *f).collect()
        }
    }

    #[test]
    fn a_start_at_the_top_says_start_and_then_the_clock() {
        let mut player = Player::at(0);
        player.blocks(750, 120.0);
        assert_eq!(player.heard[0], (0, vec![0xFA]));
        // One second at 120 BPM: two quarter notes.
        let wanted: Vec<u64> = (0..48).map(|n| n * CLOCK as u64 / 2621).collect();
        assert_eq!(player.clocks(), wanted);
        player.heard.clear();
        player.clock.stop(48_000, &mut |f, b| player.heard.push((f, b.to_vec())));
        player.clock.stop(48_000, &mut |f, b| player.heard.push((f, b.to_vec())));
        assert_eq!(player.heard, [(48_000, vec![0xFC])]);
    }

    #[test]
    fn a_start_within_a_sixteenth_joins_at_the_next() {
        let mut player = Player::at(ticks(960 * 40 + 10));
        player.blocks(200, 120.0);
        let begin = player.heard.iter().position(|(_, b)| b[0] == 0xF2).unwrap();
        assert_eq!(player.heard[begin].1, [0xF2, 161 & 0x7F, 1]);
        assert_eq!(player.heard[begin + 1].1, [0xFB]);
        // From the next clock's place on, 30 ticks away, five clocks before the sixteenth.
        assert_eq!(begin, 5);
        let frames: Vec<u64> = player.heard[begin..begin + 3].iter().map(|h| h.0).collect();
        assert!(frames.windows(2).all(|w| w[0] == w[1]));
        assert!(frames[0].abs_diff(230 * 25) <= 1);
    }

    #[test]
    fn a_move_of_the_playhead_is_said() {
        let mut player = Player::at(0);
        player.blocks(10, 120.0);
        player.heard.clear();
        player.pos = ticks(960);
        player.clock.locate(640, ticks(960), &mut |f, b| player.heard.push((f, b.to_vec())));
        player.blocks(1, 120.0);
        let bytes: Vec<u8> = player.heard.iter().flat_map(|h| h.1.clone()).collect();
        assert_eq!(bytes, [0xFC, 0xF2, 4, 0, 0xFB, 0xF8]);
        let mut clock = ClockOut::default();
        let mut heard = vec![];
        clock.locate(0, ticks(960 * 4), &mut |_, b| heard.extend_from_slice(b));
        clock.locate(0, ticks(-5), &mut |_, b| heard.extend_from_slice(b));
        clock.locate(0, ticks(240 * 16384), &mut |_, b| heard.extend_from_slice(b));
        assert_eq!(heard, [0xF2, 16, 0]);
    }

    #[test]
    fn clocks_go_on_while_the_transport_stands() {
        let mut clock = ClockOut::default();
        let mut frames = vec![];
        for block in 0..7500u64 {
            let tempo = Bpm::from_milli(120_000);
            let range = block * 64..block * 64 + 64;
            clock.idle(range.clone(), tempo, 48_000, &mut |frame, bytes| {
                assert!(range.contains(&frame) && bytes == [0xF8]);
                frames.push(frame);
            });
        }
        // Ten seconds; each block loses less than a position unit.
        assert_eq!(frames.len(), 480);
        assert!(frames.windows(2).all(|w| w[1].abs_diff(w[0] + 1000) <= 1));
    }

    proptest! {
        #[test]
        fn every_quarter_note_has_24_clocks(
            start in 0i64..100_000,
            length in 100i64..40_000,
            parts in proptest::collection::vec((1u64..400, 20.0f64..999.0), 1..20),
        ) {
            let mut player = Player::at(ticks(start));
            player.end = Some((ticks(start / 2), ticks(start / 2 + length).max(ticks(start + 100))));
            player.blocks(200, 174.0);
            // The receiver has started, or the loop lets no sixteenth be reached.
            prop_assume!(!player.clock.joining);
            let (before, from, ahead) = (player.clocks().len(), player.travelled, player.clock.ahead);
            for (blocks, bpm) in parts {
                player.blocks(blocks, bpm);
            }
            let distance = player.travelled - from;
            let wanted = if distance > ahead { (distance - ahead - 1) / CLOCK + 1 } else { 0 };
            let clocks = player.clocks();
            prop_assert_eq!((clocks.len() - before) as i64, wanted);
            prop_assert!(clocks.windows(2).all(|w| w[0] < w[1]), "two on one frame");
            let starts = player.heard.iter().filter(|(_, b)| matches!(b[0], 0xFA | 0xFB)).count();
            prop_assert_eq!(starts, 1);
        }
    }
}

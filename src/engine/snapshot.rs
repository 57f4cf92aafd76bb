//! One snapshot of where the music is and what every track does, for window, pads and terminal.
//!
//! The callback writes it at the end of every block and anyone reads it, without locks. Each number
//! is right by itself; two of them may be a block apart.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};

use super::clock::Pos;
use crate::model::launch::TrackState;
use crate::model::time::{Bpm, PPQ, Signature, Ticks};

/// What the transport does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Playhead {
    /// First frame of the coming block.
    pub frame: u64,
    /// Position that sounds then.
    pub pos: Pos,
    /// The transport runs.
    pub playing: bool,
    /// Clicks are counted in before it runs.
    pub counting_in: bool,
    /// Tempo in force.
    pub bpm: Bpm,
    /// Time signature in force.
    pub signature: Signature,
    /// Where it began to hold.
    pub metre: Metre,
}

/// A bar line from which bars of the signature in force are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metre {
    /// Where it lies.
    pub origin: Pos,
    /// Bars before it.
    pub bars: i64,
}

impl Playhead {
    /// Bar and beat, counted from 1, and the beat's sixteenth.
    pub fn bars(&self) -> (i64, i64, i64) {
        let within = (self.pos - self.metre.origin).ticks().floor() as i64;
        let (bar, beat) = (self.signature.bar().0.max(1), self.signature.beat().0.max(1));
        let in_bar = within.rem_euclid(bar);
        let bars = self.metre.bars + within.div_euclid(bar);
        (bars + 1, in_bar / beat + 1, in_bar % beat / (PPQ / 4) + 1)
    }

    /// The place where this bar, beat and sixteenth (from 1) begin under the signature in force.
    pub fn place(&self, bar: i64, beat: i64, sixteenth: i64) -> Pos {
        let bars = self.signature.bar().0 * (bar - 1 - self.metre.bars);
        let ticks = bars + self.signature.beat().0 * (beat - 1) + PPQ / 4 * (sixteenth - 1);
        self.metre.origin + Pos::from(Ticks(ticks))
    }
}

/// The latest state, written by the callback.
#[derive(Debug)]
pub struct Snapshot {
    frame: AtomicU64,
    pos: AtomicI64,
    playing: AtomicBool,
    counting_in: AtomicBool,
    milli_bpm: AtomicU32,
    signature: AtomicU32,
    origin: AtomicI64,
    bars: AtomicI64,
    tracks: Vec<AtomicU64>,
    /// By controller: the part of the grid that its pads show.
    pads: [AtomicU64; PADS],
    /// Notes and hits that were not heard, events and journal lines nobody took.
    missed: AtomicU64,
    lost: AtomicU64,
}

/// Pad controllers whose part of the grid is told; of more, the others are not.
pub const PADS: usize = 16;

/// The part of the grid that a pad controller shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GridPart {
    /// First track, counted from 0.
    pub track: u16,
    /// First scene, counted from 0.
    pub scene: u16,
    /// Tracks, at least one.
    pub columns: u8,
    /// Scenes, at least one.
    pub rows: u8,
}

impl GridPart {
    fn pack(self) -> u64 {
        let (track, scene) = (u64::from(self.track), u64::from(self.scene));
        track | scene << 16 | u64::from(self.columns) << 32 | u64::from(self.rows) << 40
    }

    fn unpack(x: u64) -> Option<GridPart> {
        let part = GridPart {
            track: x as u16,
            scene: (x >> 16) as u16,
            columns: (x >> 32) as u8,
            rows: (x >> 40) as u8,
        };
        (part.columns > 0 && part.rows > 0).then_some(part)
    }
}

/// No row.
const NONE: u16 = u16::MAX;
/// The queued row that means to stop.
const STOP: u16 = u16::MAX - 1;

fn pack(s: TrackState) -> u64 {
    let row = |r: Option<u16>| u64::from(r.unwrap_or(NONE));
    let queued = s.queued.map(|q| q.unwrap_or(STOP));
    // Sixteen bits a row; progress has the top byte.
    row(s.playing) | row(queued) << 16 | row(s.recording) << 32 | u64::from(s.progress) << 56
}

fn unpack(x: u64) -> TrackState {
    let row = |shift: u32| Some((x >> shift) as u16).filter(|r| *r != NONE);
    TrackState {
        playing: row(0),
        queued: row(16).map(|r| Some(r).filter(|r| *r != STOP)),
        recording: row(32),
        progress: (x >> 56) as u8,
    }
}

impl Snapshot {
    /// One for this many tracks, transport stopped.
    pub fn new(tracks: usize) -> Self {
        let idle = pack(TrackState::default());
        Snapshot {
            frame: AtomicU64::new(0),
            pos: AtomicI64::new(0),
            playing: AtomicBool::new(false),
            counting_in: AtomicBool::new(false),
            milli_bpm: AtomicU32::new(120_000),
            signature: AtomicU32::new(4 << 8 | 4),
            origin: AtomicI64::new(0),
            bars: AtomicI64::new(0),
            tracks: (0..tracks).map(|_| AtomicU64::new(idle)).collect(),
            pads: Default::default(),
            missed: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        }
    }

    /// Where the music is.
    pub fn playhead(&self) -> Playhead {
        let signature = self.signature.load(Relaxed);
        let (numerator, denominator) = ((signature >> 8) as u8, signature as u8);
        Playhead {
            frame: self.frame.load(Relaxed),
            pos: Pos(self.pos.load(Relaxed)),
            playing: self.playing.load(Relaxed),
            counting_in: self.counting_in.load(Relaxed),
            bpm: Bpm::from_milli(self.milli_bpm.load(Relaxed)),
            signature: Signature::checked(numerator, denominator).unwrap_or_default(),
            metre: Metre { origin: Pos(self.origin.load(Relaxed)), bars: self.bars.load(Relaxed) },
        }
    }

    /// What a track does; nothing where there is no such track.
    pub fn track(&self, track: usize) -> TrackState {
        self.tracks.get(track).map_or_else(TrackState::default, |t| unpack(t.load(Relaxed)))
    }

    /// Tells which part of the grid a controller shows, or that it shows none.
    pub fn show_pads(&self, controller: usize, part: Option<GridPart>) {
        if let Some(place) = self.pads.get(controller) {
            place.store(part.map_or(0, GridPart::pack), Relaxed);
        }
    }

    /// The parts of the grid that pad controllers show.
    pub fn pads(&self) -> impl Iterator<Item = GridPart> + '_ {
        self.pads.iter().filter_map(|pads| GridPart::unpack(pads.load(Relaxed)))
    }

    /// How many tracks there are.
    pub fn tracks(&self) -> usize {
        self.tracks.len()
    }

    /// Notes and hits that were not heard so far.
    pub fn missed(&self) -> u64 {
        self.missed.load(Relaxed)
    }

    /// Events and journal lines lost so far because nobody took them.
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    pub(super) fn set_playhead(&self, p: &Playhead) {
        self.frame.store(p.frame, Relaxed);
        self.pos.store(p.pos.0, Relaxed);
        self.playing.store(p.playing, Relaxed);
        self.counting_in.store(p.counting_in, Relaxed);
        self.milli_bpm.store(p.bpm.milli(), Relaxed);
        let s = p.signature;
        self.signature.store(u32::from(s.numerator) << 8 | u32::from(s.denominator), Relaxed);
        self.origin.store(p.metre.origin.0, Relaxed);
        self.bars.store(p.metre.bars, Relaxed);
    }

    pub(super) fn set_track(&self, track: usize, state: TrackState) {
        if let Some(t) = self.tracks.get(track) {
            t.store(pack(state), Relaxed);
        }
    }

    pub(super) fn set_counts(&self, missed: u64, lost: u64) {
        self.missed.store(missed, Relaxed);
        self.lost.store(lost, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_survives_its_packing() {
        let rows = [None, Some(0), Some(1), Some(9000)];
        for playing in rows {
            for recording in rows {
                for queued in [None, Some(None), Some(Some(0)), Some(Some(77))] {
                    let state = TrackState { playing, queued, recording, progress: 200 };
                    assert_eq!(unpack(pack(state)), state);
                }
            }
        }
    }

    #[test]
    fn what_a_controller_shows_is_told_until_it_is_gone() {
        let snapshot = Snapshot::new(1);
        let part = GridPart { track: 300, scene: 70, columns: 8, rows: 8 };
        snapshot.show_pads(5, Some(part));
        snapshot.show_pads(PADS, Some(part));
        assert_eq!(snapshot.pads().collect::<Vec<_>>(), [part], "one beyond the last is not told");
        snapshot.show_pads(5, None);
        assert_eq!(snapshot.pads().count(), 0);
    }

    #[test]
    fn bars_count_from_where_the_signature_began() {
        let at = |ticks: i64, origin: i64, numerator| Playhead {
            frame: 0,
            pos: Pos::from(Ticks(ticks)),
            playing: true,
            counting_in: false,
            bpm: Bpm::from_milli(120_000),
            signature: Signature { numerator, denominator: 4 },
            metre: Metre { origin: Pos::from(Ticks(origin)), bars: origin / 3840 },
        };
        assert_eq!(at(0, 0, 4).bars(), (1, 1, 1));
        assert_eq!(at(3840 + 960 + 240, 0, 4).bars(), (2, 2, 2));
        assert_eq!(at(3840 + 2880, 3840, 3).bars(), (3, 1, 1));
        assert_eq!(at(-960, 0, 4).bars(), (0, 4, 1));
        let here = at(4 * 3840 + 2880, 4 * 3840, 3);
        assert_eq!(here.bars(), (6, 1, 1));
        assert_eq!(here.place(6, 1, 1), here.pos);
    }
}

//! The sequencer of one track: turns the clip that plays into events on exact frames.

use std::sync::Arc;

use super::clock::{Pos, Span};
use super::plan::{ClipPlan, EventKind};
use crate::model::ids::ClipId;

/// Something for a track's voices to do in this block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum VoiceEvent {
    /// Start a note.
    Note {
        /// First frame in the block.
        offset: u8,
        /// MIDI pitch.
        pitch: u8,
        /// 0–1.
        velocity: f32,
        /// Name of the note until it ends.
        key: u32,
    },
    /// Start a stretch of a recording.
    Audio {
        /// First frame in the block.
        offset: u8,
        /// Index among the track's sounds.
        sound: u16,
        /// Name of the hit until it ends.
        key: u32,
    },
    /// End of a note or a hit; at the block's start.
    Release {
        /// Its name.
        key: u32,
    },
    /// Silence everything at once, within a few milliseconds.
    CutAll,
}

/// Notes that sound at once on one track at most; the oldest is released for the next.
pub const MAX_SOUNDING: usize = 64;
/// Notes and hits a track may start in one block; more are dropped and counted. Ends have room of
/// their own, as much again.
pub const MAX_EVENTS: usize = 256;

/// The events of one track in one block.
#[derive(Debug)]
pub struct EventList {
    events: Vec<VoiceEvent>,
    /// Events dropped because the list was full.
    pub dropped: u64,
}

impl Default for EventList {
    fn default() -> Self {
        EventList { events: Vec::with_capacity(2 * MAX_EVENTS), dropped: 0 }
    }
}

impl EventList {
    /// Append an event. A start that finds no room is dropped and counted; an end that finds none ends
    /// everything instead, so that no note ever hangs.
    pub fn push(&mut self, event: VoiceEvent) {
        let ends = matches!(event, VoiceEvent::Release { .. } | VoiceEvent::CutAll);
        let room = if ends { 2 * MAX_EVENTS } else { MAX_EVENTS };
        if self.events.len() < room {
            self.events.push(event);
        } else if !ends {
            self.dropped += 1;
        } else if let Some(last) = self.events.last_mut() {
            *last = VoiceEvent::CutAll;
        }
    }

    /// The events in order.
    pub fn iter(&self) -> impl Iterator<Item = &VoiceEvent> {
        self.events.iter()
    }

    /// Forget all events.
    pub fn clear(&mut self) {
        self.events.clear();
    }
}

#[derive(Clone, Copy, Debug)]
struct Sounding {
    key: u32,
    off: Pos,
}

/// A clip being played.
#[derive(Clone, Debug)]
struct Playing {
    clip: Arc<ClipPlan>,
    /// Where clip time 0 of its start lies.
    origin: Pos,
    /// Where clip time 0 of the current pass's line lies: position = base + event.at.
    base: Pos,
    pass: u32,
    next: usize,
    /// Where playing ends whatever the clip says (arrangement).
    end: Pos,
    /// Level from the pad's velocity.
    level: f32,
}

impl Playing {
    /// Where the current pass ends.
    fn pass_end(&self) -> Pos {
        self.base + self.clip.first_end
    }
}

/// Plays one clip at a time and ends its notes.
#[derive(Debug)]
pub struct Player {
    playing: Option<Playing>,
    sounding: Vec<Sounding>,
    next_key: u32,
    seed: u64,
}

impl Player {
    /// A silent player whose chances follow `seed`.
    pub fn new(seed: u64) -> Self {
        Player { playing: None, sounding: Vec::with_capacity(MAX_SOUNDING), next_key: 0, seed }
    }

    /// The clip being played.
    pub fn clip(&self) -> Option<&Arc<ClipPlan>> {
        self.playing.as_ref().map(|p| &p.clip)
    }

    /// Where time 0 of the clip being played lies.
    pub fn origin(&self) -> Option<Pos> {
        self.playing.as_ref().map(|p| p.origin)
    }

    /// Level of the clip being played.
    pub fn level(&self) -> Option<f32> {
        self.playing.as_ref().map(|p| p.level)
    }

    /// Where the present pass of the clip being played ends, and how long a later one is.
    pub fn pass(&self) -> Option<(Pos, Pos)> {
        self.playing.as_ref().map(|p| (p.pass_end(), p.clip.pass_length(1)))
    }

    /// How far through its present pass the clip being played is at `pos`, 0–255.
    pub fn progress(&self, pos: Pos) -> u8 {
        let Some(p) = &self.playing else { return 0 };
        let length = p.clip.pass_length(p.pass).0;
        let left = (p.pass_end() - pos).0.clamp(0, length);
        ((length - left) as i128 * 255 / i128::from(length)) as u8
    }

    /// Count from a place that lies `by` further on: the loop of the arrangement came round.
    pub fn shift(&mut self, by: Pos) {
        if let Some(p) = &mut self.playing {
            (p.origin, p.base) = (p.origin + by, p.base + by);
        }
        self.shift_notes(by);
    }

    /// The same for the notes that sound, whatever plays.
    pub fn shift_notes(&mut self, by: Pos) {
        for note in self.sounding.iter_mut().filter(|n| n.off.0 != i64::MIN) {
            note.off = note.off + by;
        }
    }

    /// What its chances follow.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Position within the clip being played at song position `pos`.
    pub fn clip_pos(&self, pos: Pos) -> Option<Pos> {
        self.playing.as_ref().map(|p| pos - p.base)
    }

    /// Whether this clip is being played from `origin` to `end`.
    pub fn plays(&self, clip: ClipId, origin: Pos, end: Pos) -> bool {
        let playing = self.playing.as_ref();
        playing.is_some_and(|p| p.clip.id == clip && p.origin == origin && p.end == end)
    }

    /// Start `clip` with its time 0 at `origin`, at song position `from` ≥ `origin`, until `end`.
    /// Returns the clip that played before, for the caller to dispose of.
    pub fn start(
        &mut self,
        clip: Arc<ClipPlan>,
        origin: Pos,
        from: Pos,
        end: Pos,
        level: f32,
    ) -> Option<Arc<ClipPlan>> {
        let old = self.stop();
        let mut playing = Playing { clip, origin, base: origin, pass: 0, next: 0, end, level };
        let elapsed = from - origin;
        if let Some(start) = playing.clip.loop_start
            && elapsed >= playing.clip.first_end
        {
            let length = playing.clip.pass_length(1);
            let passes = (elapsed - playing.clip.first_end).0 / length.0 + 1;
            playing.pass = u32::try_from(passes).unwrap_or(u32::MAX);
            playing.base = origin + playing.clip.first_end + Pos((passes - 1) * length.0) - start;
        }
        let at = from - playing.base;
        playing.next = playing.clip.events.partition_point(|e| e.at < at);
        self.playing = Some(playing);
        old
    }

    /// Stop playing; sounding notes end with the block, wherever the playhead goes next.
    pub fn stop(&mut self) -> Option<Arc<ClipPlan>> {
        for note in &mut self.sounding {
            note.off = Pos(i64::MIN);
        }
        self.playing.take().map(|p| p.clip)
    }

    /// Go on with `clip`, an edited form of the clip being played, at the same place.
    pub fn replace(&mut self, clip: Arc<ClipPlan>, now: Pos) -> Option<Arc<ClipPlan>> {
        let playing = self.playing.as_mut()?;
        let at = now - playing.base;
        playing.next = clip.events.partition_point(|e| e.at < at);
        Some(std::mem::replace(&mut playing.clip, clip))
    }

    /// Release the notes whose end lies at or before `from`, the position at the block's start.
    ///
    /// Ends fall on the block grid, never early: a note shorter than a block still sounds.
    pub fn release_due(&mut self, from: Pos, events: &mut EventList) {
        self.sounding.retain(|note| {
            let due = note.off <= from;
            if due {
                events.push(VoiceEvent::Release { key: note.key });
            }
            !due
        });
    }

    /// Emit what starts within `span`, in a block that starts at `block_start`. Returns a clip that
    /// ended by itself, for the caller to dispose of.
    pub fn run(
        &mut self,
        span: &Span,
        block_start: u64,
        events: &mut EventList,
    ) -> Option<Arc<ClipPlan>> {
        loop {
            let playing = self.playing.as_mut()?;
            let limit = span.to.min(playing.end);
            let pass_end = playing.pass_end();
            let reach = limit.min(pass_end);
            while let Some(event) = playing.clip.events.get(playing.next).copied() {
                let at = playing.base + event.at;
                if at >= reach {
                    break;
                }
                playing.next += 1;
                if at < span.from
                    || !happens(
                        self.seed,
                        playing.clip.id.0,
                        event.id,
                        playing.pass,
                        event.probability,
                    )
                {
                    continue;
                }
                let offset = span.frame_of(at).saturating_sub(block_start).min(63) as u8;
                let key = self.next_key;
                self.next_key = self.next_key.wrapping_add(1);
                if self.sounding.len() == MAX_SOUNDING {
                    let oldest = self.sounding.remove(0);
                    events.push(VoiceEvent::Release { key: oldest.key });
                }
                let off = (at + event.length).min(pass_end).min(playing.end);
                self.sounding.push(Sounding { key, off });
                events.push(match event.kind {
                    EventKind::Note { pitch, velocity } => {
                        let velocity = f32::from(velocity) / 127.0 * playing.level;
                        VoiceEvent::Note { offset, pitch, velocity, key }
                    }
                    EventKind::Audio { sound } => VoiceEvent::Audio { offset, sound, key },
                });
            }
            if playing.end <= span.to {
                return self.stop();
            }
            if pass_end >= span.to {
                return None;
            }
            match playing.clip.loop_start {
                Some(start) => {
                    playing.base = pass_end - start;
                    playing.pass = playing.pass.saturating_add(1);
                    playing.next = playing.clip.loop_first;
                }
                None => return self.stop(),
            }
        }
    }
}

/// Whether an event with this chance happens on this pass.
fn happens(seed: u64, clip: u32, event: u32, pass: u32, probability: u8) -> bool {
    probability >= 100 || draw(seed, clip, event, pass) % 100 < u64::from(probability)
}

/// A chance: a hash of seed, clip, what it is about and how often that was, so that the same take is
/// the same take everywhere (SplitMix64's finalizer).
pub fn draw(seed: u64, clip: u32, what: u32, time: u32) -> u64 {
    let mut x = seed ^ (u64::from(clip) << 32 | u64::from(what));
    x = x.wrapping_add(u64::from(time).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_full_a_block_is_no_end_is_lost() {
        for count in [10, 200, 300, 600] {
            let mut list = EventList::default();
            for key in 0..count {
                list.push(VoiceEvent::Note { offset: 0, pitch: 60, velocity: 1.0, key });
                list.push(VoiceEvent::Release { key });
            }
            let mut held = Vec::new();
            for event in list.iter() {
                match *event {
                    VoiceEvent::Note { key, .. } => held.push(key),
                    VoiceEvent::Release { key } => held.retain(|k| *k != key),
                    _ => held.clear(),
                }
            }
            assert!(held.is_empty(), "{count} notes: {held:?}");
            assert!(list.events.capacity() == 2 * MAX_EVENTS);
        }
    }
}

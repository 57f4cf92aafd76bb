//! The notes of a Standard MIDI File.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use midly::{Format, MidiMessage, Smf, Timing, TrackEventKind};

use crate::files::read_limited;
use crate::model::clip::Note;
use crate::model::ids::NoteId;
use crate::model::time::{PPQ, Signature, Ticks};
use crate::model::validate::MAX_NOTES;

/// Largest file that is read, bytes.
const LARGEST: u64 = 16 << 20;
/// What a note without a length gets, ticks: a 32nd.
const SHORTEST: i64 = PPQ / 8;

/// What a file holds.
#[derive(Debug)]
pub(super) struct Read {
    /// In order of start, then pitch.
    pub notes: Vec<Note>,
    /// Whole bars.
    pub length: Ticks,
    /// What was changed or left out.
    pub said: Vec<String>,
}

/// A note on our timeline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    start: i64,
    pitch: u8,
    end: i64,
    velocity: u8,
}

/// Read all notes of a file, of whatever track and channel, and its length in bars of `signature`.
pub(super) fn read(file: &Path, signature: Signature) -> Result<Read, String> {
    let bytes = read_limited(file, LARGEST).map_err(|error| error.to_string())?;
    of(&bytes, signature)
}

fn of(bytes: &[u8], signature: Signature) -> Result<Read, String> {
    let smf = Smf::parse(bytes).map_err(|e| format!("it is broken, or no MIDI file: {e}"))?;
    let per_beat = match smf.header.timing {
        Timing::Metrical(ticks) if ticks.as_int() > 0 => i64::from(ticks.as_int()),
        Timing::Metrical(_) => return Err("it is broken: its beats have no length".to_owned()),
        Timing::Timecode(..) => {
            let sentence = "its time is counted in film frames, not in beats; save it with beats";
            return Err(sentence.to_owned());
        }
    };
    let scaled = |ticks: i64| (ticks.saturating_mul(PPQ) + per_beat / 2) / per_beat;
    let mut all: Vec<Placed> = Vec::new();
    let (mut end, mut held, mut voices) = (0, 0usize, 0usize);
    for track in &smf.tracks {
        // Tracks of a file of songs follow each other.
        let mut at = if smf.header.format == Format::Sequential { end } else { 0 };
        let before = all.len();
        let mut open: HashMap<(u8, u8), VecDeque<(i64, u8)>> = HashMap::new();
        for event in track {
            at += i64::from(event.delta.as_int());
            let TrackEventKind::Midi { channel, message } = event.kind else { continue };
            let (key, velocity) = match message {
                MidiMessage::NoteOn { key, vel } => (key.as_int(), vel.as_int()),
                MidiMessage::NoteOff { key, .. } => (key.as_int(), 0),
                _ => continue,
            };
            let waiting = open.entry((channel.as_int(), key)).or_default();
            if velocity > 0 {
                waiting.push_back((at, velocity));
            } else if let Some((start, velocity)) = waiting.pop_front() {
                all.push(Placed { start, pitch: key, end: at, velocity });
            }
            if all.len() > MAX_NOTES {
                return Err(format!("it has more than {MAX_NOTES} notes; cut it first"));
            }
        }
        for ((_, pitch), waiting) in open {
            held += waiting.len();
            let ends = waiting.into_iter();
            all.extend(ends.map(|(start, velocity)| Placed { start, pitch, end: at, velocity }));
        }
        voices += usize::from(all.len() > before);
        end = end.max(at);
    }
    if all.is_empty() {
        return Err("there are no notes in it".to_owned());
    }
    let length = bars(scaled(end), signature)?;
    for note in &mut all {
        (note.start, note.end) = (scaled(note.start), scaled(note.end));
        if note.end <= note.start {
            note.end = note.start + SHORTEST;
        }
    }
    let mut said = Vec::new();
    if voices > 1 {
        said.push(format!("the notes of {voices} tracks are in one clip"));
    }
    if held > 0 {
        said.push(format!("{held} notes without an end last to the end of the file"));
    }
    let (notes, cut) = apart(all);
    if cut > 0 {
        said.push(format!("{cut} notes that overlapped others of their pitch were cut"));
    }
    Ok(Read { notes, length, said })
}

/// Whole bars, at least one.
fn bars(ticks: i64, signature: Signature) -> Result<Ticks, String> {
    let bar = signature.bar().0.max(1);
    let length = (ticks - 1).max(0) / bar * bar + bar;
    match length <= super::LONGEST {
        true => Ok(Ticks(length)),
        false => Err("it is longer than 16 384 bars: cut it first".to_owned()),
    }
}

/// Notes that do not overlap others of their pitch, and how many had to be cut or left out.
fn apart(mut all: Vec<Placed>) -> (Vec<Note>, usize) {
    all.sort_by_key(|note| (note.pitch, note.start, note.end));
    let mut kept: Vec<Placed> = Vec::with_capacity(all.len());
    let mut cut = 0;
    for note in all {
        if let Some(last) = kept.last_mut().filter(|last| last.pitch == note.pitch) {
            if last.start == note.start {
                // Twice the same: the longer and louder one.
                cut += 1;
                (last.end, last.velocity) = (note.end, last.velocity.max(note.velocity));
                continue;
            }
            if last.end > note.start {
                cut += 1;
                last.end = note.start;
            }
        }
        kept.push(note);
    }
    kept.sort();
    let notes = kept.iter().zip(1u32..).map(|(note, id)| Note {
        id: NoteId(id),
        start: Ticks(note.start),
        length: Ticks((note.end - note.start).max(1)),
        pitch: note.pitch & 127,
        velocity: note.velocity.clamp(1, 127),
        probability: 100,
    });
    (notes.collect(), cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of one track with 480 ticks in a beat.
    fn file(events: &[u8]) -> Vec<u8> {
        let mut bytes = b"MThd\0\0\0\x06\0\0\0\x01\x01\xe0MTrk".to_vec();
        bytes.extend((events.len() as u32).to_be_bytes());
        bytes.extend(events);
        bytes
    }

    fn four() -> Signature {
        Signature::default()
    }

    #[test]
    fn times_are_scaled_and_the_length_is_whole_bars() {
        // C4 from beat 1 to 2, E4 on beat 5 without a length; the end one tick later.
        let events = [
            0x00, 0x90, 60, 100, 0x83, 0x60, 0x80, 60, 0, 0x8b, 0x20, 0x90, 64, 90, 0x00, 0x90, 64,
            0, 0x01, 0xff, 0x2f, 0x00,
        ];
        let read = of(&file(&events), four()).unwrap();
        let shape: Vec<_> =
            read.notes.iter().map(|n| (n.start.0, n.length.0, n.pitch, n.velocity)).collect();
        assert_eq!(shape, [(0, 960, 60, 100), (3840, SHORTEST, 64, 90)]);
        assert_eq!(read.length, Ticks(2 * 3840));
        assert_eq!(read.said, Vec::<String>::new());
    }

    #[test]
    fn notes_that_overlap_or_never_end_are_cut_and_it_is_said() {
        let events = [
            0x00, 0x90, 60, 100, 0x81, 0x70, 0x91, 60, 90, 0x81, 0x70, 0x80, 60, 0, 0x83, 0x60,
            0xff, 0x2f, 0x00,
        ];
        let read = of(&file(&events), four()).unwrap();
        let shape: Vec<_> = read.notes.iter().map(|n| (n.start.0, n.length.0)).collect();
        assert_eq!(shape, [(0, 480), (480, 1440)]);
        assert_eq!(read.said.len(), 2, "{:?}", read.said);
    }

    #[test]
    fn garbage_is_refused_with_a_sentence() {
        let mut film = file(&[0x00, 0x90, 60, 100, 0x00, 0xff, 0x2f, 0x00]);
        (film[12], film[13]) = (0xe7, 0x28);
        let mut still = film.clone();
        (still[12], still[13]) = (0, 0);
        for (bytes, part) in [
            (b"RIFF....WAVE".to_vec(), "no MIDI file"),
            (Vec::new(), "no MIDI file"),
            (file(&[0x00, 0xff, 0x2f, 0x00]), "no notes"),
            (film, "film frames"),
            (still, "no length"),
        ] {
            let error = of(&bytes, four()).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}

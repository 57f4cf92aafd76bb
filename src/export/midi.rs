//! Standard MIDI Files: a scene or the arrangement, with tempo and signature, a track for each track.

use std::collections::HashMap;
use std::path::Path;

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use crate::files::{FileError, write_atomic};
use crate::model::clip::{Clip, Note};
use crate::model::ids::SceneId;
use crate::model::project::Project;
use crate::model::time::{PPQ, Signature, TempoChange, TempoMap, Ticks};
use crate::model::track::{Track, TrackKind};

/// Longest piece that is written: a delta time in a MIDI file has 28 bits.
pub const MAX_LENGTH: Ticks = Ticks((1 << 28) - 1);
/// Most notes in one file.
pub const MAX_NOTES: usize = 2_000_000;

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The clips of one scene, all launched at the start and looping.
    Scene(SceneId),
    /// The timeline.
    Arrangement,
}

/// Why a MIDI file could not be written, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum MidiError {
    /// The disk or its rights.
    #[error(transparent)]
    File(#[from] FileError),
    /// The scene or the arrangement does not exist.
    #[error("there is no {0} to write as MIDI")]
    Nothing(String),
    /// The length is below one tick or above [`MAX_LENGTH`].
    #[error("a MIDI file of {} beats cannot be written: it holds from 1 tick to {} beats", .0.beats(), MAX_LENGTH.beats() as i64)]
    Length(Ticks),
    /// The loops unroll to more than [`MAX_NOTES`] notes.
    #[error("the loops unroll to more than {MAX_NOTES} notes; write a shorter piece")]
    TooManyNotes,
}

/// A note on the file's own timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    start: i64,
    pitch: u8,
    end: i64,
    velocity: u8,
}

/// Writes a MIDI file, whole or not at all.
///
/// # Errors
/// As [`to_bytes`], and whatever keeps a file from being written.
pub fn save(
    path: &Path,
    project: &Project,
    source: Source,
    length: Ticks,
) -> Result<(), MidiError> {
    let bytes = to_bytes(project, source, length)?;
    Ok(write_atomic(path, &bytes)?)
}

/// A type 1 Standard MIDI File of `length` from the start: tempo (ramps as stairs of a 64th note, to
/// the microsecond per beat), signature, and a named track for each instrument and drum track. Loops
/// are unrolled; a note that reaches past its loop or the next note of its pitch ends there. Notes
/// that only sound by chance are written unless that chance is 0; grooves are not applied.
///
/// # Errors
/// A source that does not exist, a length out of range, too many notes.
pub fn to_bytes(project: &Project, source: Source, length: Ticks) -> Result<Vec<u8>, MidiError> {
    if length.0 < 1 || length > MAX_LENGTH {
        return Err(MidiError::Length(length));
    }
    let (tempo, signature) = conductor(project, source)?;
    let timing = Timing::Metrical(u15::new(PPQ as u16));
    let mut smf = Smf::new(Header::new(Format::Parallel, timing));
    smf.tracks.push(conductor_track(project, &tempo, signature, length));
    let (mut melodic, mut total) = (0, 0);
    for track in &project.tracks {
        let channel = match track.kind {
            TrackKind::Drums(_) => 9,
            // Channel 10 belongs to drums.
            TrackKind::Instrument(_) => {
                melodic += 1;
                [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15][(melodic - 1) % 15]
            }
            TrackKind::Audio | TrackKind::Group => continue,
        };
        let notes = notes(project, track, source, length, MAX_NOTES - total)?;
        total += notes.len();
        smf.tracks.push(note_track(&track.name, channel, &notes, length));
    }
    let mut bytes = Vec::new();
    smf.write_std(&mut bytes).map_err(|e| FileError::saving(Path::new("the MIDI file"), &e))?;
    Ok(bytes)
}

/// Tempo and signature of what is written: a scene may bring its own.
fn conductor(project: &Project, source: Source) -> Result<(TempoMap, Signature), MidiError> {
    let song = &project.song;
    match source {
        Source::Arrangement if project.arrangement.is_none() => {
            Err(MidiError::Nothing("arrangement".to_owned()))
        }
        Source::Arrangement => Ok((song.tempo.clone(), song.signature)),
        Source::Scene(id) => {
            let scene = project
                .scene(id)
                .ok_or_else(|| MidiError::Nothing(format!("scene with id {id}")))?;
            let tempo = match scene.tempo {
                None => song.tempo.clone(),
                Some(t) if t.ramp_beats == 0 => TempoMap::constant(t.bpm),
                Some(t) => {
                    let at = Ticks(i64::from(t.ramp_beats) * PPQ);
                    let changes = vec![TempoChange { at, bpm: t.bpm, ramp: true }];
                    TempoMap { start: song.tempo.start, changes }
                }
            };
            Ok((tempo, scene.signature.unwrap_or(song.signature)))
        }
    }
}

/// The notes of a track in order, at most `room`.
fn notes(
    project: &Project,
    track: &Track,
    source: Source,
    length: Ticks,
    room: usize,
) -> Result<Vec<Placed>, MidiError> {
    let clip = |id| track.clips.iter().find(|c| c.id == id);
    let mut notes = Vec::new();
    match source {
        Source::Scene(id) => {
            let slot = project.scene(id).and_then(|s| s.slots.get(&track.id));
            if let Some(clip) = slot.and_then(|s| s.clip).and_then(clip) {
                unroll(clip, 0, 0, length.0, room, &mut notes)?;
            }
        }
        Source::Arrangement => {
            let lanes = project.arrangement.as_ref().map(|a| &a.lanes);
            for placed in lanes.and_then(|l| l.get(&track.id)).into_iter().flatten() {
                let end = (placed.at + placed.length).min(length).0;
                if let Some(clip) = clip(placed.clip) {
                    unroll(clip, placed.offset.0, placed.at.0, end, room, &mut notes)?;
                }
            }
        }
    }
    notes.sort_unstable();
    Ok(without_overlaps(notes))
}

/// Plays a clip from its tick `from` at `at` until `end`, as the launcher does.
fn unroll(
    clip: &Clip,
    mut from: i64,
    mut at: i64,
    end: i64,
    room: usize,
    out: &mut Vec<Placed>,
) -> Result<(), MidiError> {
    let Some(midi) = clip.midi().filter(|_| !clip.muted) else { return Ok(()) };
    let notes: &[Note] = &midi.notes;
    while at < end {
        let brace = clip.loop_brace.filter(|b| from < b.end.0);
        let stop = brace.map_or(clip.length.0, |b| b.end.0);
        let first = notes.partition_point(|n| n.start.0 < from);
        let heard = notes[first..].iter().take_while(|n| n.start.0 < stop);
        let before = out.len();
        for note in heard.filter(|n| n.probability > 0) {
            let start = at + note.start.0 - from;
            if start >= end {
                break;
            }
            let note_end = (start + note.length.0).min(at + stop - from).min(end);
            let (pitch, velocity) = (note.pitch.min(127), note.velocity.clamp(1, 127));
            out.push(Placed { start, pitch, end: note_end, velocity });
            if out.len() > room {
                return Err(MidiError::TooManyNotes);
            }
        }
        let Some(brace) = brace else { return Ok(()) };
        // A loop that was silent all the way round stays silent.
        if from == brace.start.0 && out.len() == before {
            return Ok(());
        }
        at += stop - from;
        from = brace.start.0;
    }
    Ok(())
}

/// A MIDI note off ends every note of its pitch, so a note ends at the latest where the next begins.
fn without_overlaps(notes: Vec<Placed>) -> Vec<Placed> {
    let mut out: Vec<Placed> = Vec::with_capacity(notes.len());
    let mut last: HashMap<u8, usize> = HashMap::new();
    for note in notes {
        if let Some(&i) = last.get(&note.pitch) {
            let before = &mut out[i];
            if before.start == note.start {
                before.end = before.end.max(note.end);
                before.velocity = before.velocity.max(note.velocity);
                continue;
            }
            before.end = before.end.min(note.start);
        }
        last.insert(note.pitch, out.len());
        out.push(note);
    }
    out
}

fn conductor_track<'a>(
    project: &'a Project,
    tempo: &TempoMap,
    signature: Signature,
    length: Ticks,
) -> Vec<TrackEvent<'a>> {
    let power = signature.denominator.max(1).trailing_zeros() as u8;
    let name = MetaMessage::TrackName(project.song.name.as_bytes());
    // 24 MIDI clocks and 8 32nd notes to a quarter note.
    let metre = MetaMessage::TimeSignature(signature.numerator, power, 24, 8);
    let mut events = vec![(0, name), (0, metre)];
    for step in tempo.steps().into_iter().take_while(|s| s.at < length) {
        let milli = u64::from(step.bpm.milli());
        let micros = (60_000_000_000 + milli / 2) / milli;
        events.push((step.at.0, MetaMessage::Tempo(u24::new(micros as u32))));
    }
    let events = events.into_iter().map(|(at, meta)| (at, TrackEventKind::Meta(meta)));
    with_deltas(events, length)
}

fn note_track<'a>(
    name: &'a str,
    channel: u8,
    notes: &[Placed],
    length: Ticks,
) -> Vec<TrackEvent<'a>> {
    let channel = u4::new(channel);
    let midi = |message| TrackEventKind::Midi { channel, message };
    let mut events = Vec::with_capacity(notes.len() * 2);
    for note in notes {
        let (key, vel) = (u7::new(note.pitch), u7::new(note.velocity));
        events.push((note.start, 1, midi(MidiMessage::NoteOn { key, vel })));
        events.push((note.end, 0, midi(MidiMessage::NoteOff { key, vel: u7::new(0) })));
    }
    // Ends come before starts on one tick.
    events.sort_by_key(|e| (e.0, e.1));
    let name = (0, TrackEventKind::Meta(MetaMessage::TrackName(name.as_bytes())));
    let events = events.into_iter().map(|(at, _, kind)| (at, kind));
    with_deltas([name].into_iter().chain(events), length)
}

fn with_deltas<'a>(
    events: impl Iterator<Item = (i64, TrackEventKind<'a>)>,
    length: Ticks,
) -> Vec<TrackEvent<'a>> {
    let end = (length.0, TrackEventKind::Meta(MetaMessage::EndOfTrack));
    let mut now = 0;
    let deltas = events.chain([end]).map(|(at, kind)| {
        let delta = u28::new((at - now) as u32);
        now = at;
        TrackEvent { delta, kind }
    });
    deltas.collect()
}

#[cfg(test)]
mod tests;

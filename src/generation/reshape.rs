//! New clips from one that is there: a variation of it, a fill for it, a bass that fits its kick.
//!
//! The rules of the music hold for what comes out: a kick stays on its beats, pitched notes stay in the
//! scale (those that were outside on purpose stay where they are), the first beat says what it said.

use std::collections::BTreeSet;

use super::composer::rng::Chance;
use super::idea::{BAR, BEAT, STEP};
use super::knowledge::{BassLine, Fill, Knowledge, Style};
use super::steps::Steps;
use crate::model::clip::Note;
use crate::model::ids::NoteId;
use crate::model::intent::Genre;
use crate::model::key::Key;
use crate::model::time::Ticks;

/// Share of the onsets that a variation leaves as they are, at least.
const KEPT: f64 = 0.6;
/// How often a variation is tried before it is said that there is none.
const TRIES: u64 = 32;
/// Ticks that a bass note leaves free before the next kick.
const ROOM: i64 = STEP / 4;

/// What plays the notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// A kick.
    Kick,
    /// Another drum, or drums in a kit with these pads of kick and snare.
    Drums {
        /// Pad of the kick.
        kick: Option<u8>,
        /// Pad of the snare or clap; without a kick, any hit of a single drum.
        snare: Option<u8>,
    },
    /// Something with pitches.
    Pitched,
}

/// A clip to start from.
#[derive(Clone, Debug)]
pub struct Material {
    /// Its notes by start, then pitch.
    pub notes: Vec<Note>,
    /// Its length.
    pub length: Ticks,
    /// The set's key.
    pub key: Key,
    /// The set's genre.
    pub genre: Genre,
    /// What plays it.
    pub voice: Voice,
}

/// Notes in order under ids from 1, and the length of their clip.
pub type Made = (Vec<Note>, Ticks);

/// A variation: most onsets and the first beat stay, the rest moves, is ornamented or left out.
///
/// # Errors
/// Too little to vary, in a sentence.
pub fn vary(from: &Material, seed: u64) -> Result<Made, String> {
    let old = shape(&from.notes);
    for attempt in 0..TRIES {
        let mut chance = Chance::new(seed.wrapping_add(attempt << 32), "vary");
        let notes = match from.voice {
            Voice::Kick => vary_kick(from, &mut chance),
            Voice::Drums { .. } => vary_drums(from, &mut chance),
            Voice::Pitched => vary_tune(from, &mut chance),
        };
        let new = shape(&notes);
        let starts =
            |shape: &BTreeSet<(i64, u8)>| shape.iter().map(|n| n.0).collect::<BTreeSet<_>>();
        let (before, after) = (starts(&old), starts(&new));
        let kept = before.intersection(&after).count() as f64;
        if new != old && kept >= KEPT * before.len() as f64 {
            return Ok((numbered(notes), from.length));
        }
    }
    Err("there is too little in this clip to vary".to_owned())
}

/// A fill that ends the clip: its last bar with a fill of the genre on the last beats.
///
/// # Errors
/// A clip shorter than two beats or without notes.
pub fn fill(from: &Material, seed: u64) -> Result<Made, String> {
    let length = from.length.0.min(BAR);
    if length < 2 * BEAT {
        return Err("a fill needs a clip of two beats at least".to_owned());
    }
    if from.notes.is_empty() {
        return Err("there are no notes to lead into a fill".to_owned());
    }
    let begin = from.length.0 - length;
    let last = from.notes.iter().filter(|note| (begin..from.length.0).contains(&note.start.0));
    let mut notes: Vec<Note> =
        last.map(|note| Note { start: Ticks(note.start.0 - begin), ..*note }).collect();
    let mut chance = Chance::new(seed, "fill");
    let style = style(from.genre);
    let room = (length / BEAT).min(4) as u32;
    let fits: Vec<&Fill> = style.fills.iter().filter(|fill| fill.beats < room.max(2)).collect();
    let fill = chance.one(&fits).ok_or_else(|| format!("{} has no fills", from.genre))?;
    let start = length - i64::from(fill.beats) * BEAT;
    let before = notes.iter().rfind(|note| note.start.0 < start).or(from.notes.first()).copied();
    let Some(like) = before else { return Ok((numbered(notes), Ticks(length))) };
    match from.voice {
        Voice::Kick => {
            notes.retain(|note| note.start.0 < start);
            notes.extend(run(&fill.kick, fill.beats, start, &like));
        }
        Voice::Drums { kick, snare } => {
            let hats = fill.hats && (kick.is_some() || snare.is_some());
            let drum = |pitch: u8| Some(pitch) == kick || Some(pitch) == snare;
            notes.retain(|note| note.start.0 < start || (hats && !drum(note.pitch)));
            let alone = (kick, snare) == (None, None);
            let snare = snare.or(alone.then_some(like.pitch));
            // Where no snare plays in the fill, its rhythm is that of the kick.
            let beats = fill.snare.as_ref().or(alone.then_some(&fill.kick));
            for (pad, steps) in [(kick, Some(&fill.kick)), (snare, beats)] {
                if let (Some(pitch), Some(steps)) = (pad, steps) {
                    notes.extend(run(steps, fill.beats, start, &Note { pitch, ..like }));
                }
            }
        }
        Voice::Pitched => {
            notes.retain(|note| note.start.0 < start);
            if !fill.stop {
                notes.extend(climb(from.key, fill.beats, start, &like));
            }
        }
    }
    for note in &mut notes {
        let most = if note.start.0 < start { start } else { length } - note.start.0;
        note.length = Ticks(note.length.0.min(most).max(1));
    }
    Ok((numbered(notes), Ticks(length)))
}

/// A bass for a kick: a line of the genre around the kick's hits, in the set's key.
///
/// # Errors
/// No kick, or so much of it that no bass has room.
pub fn bass(kick: &Material, seed: u64) -> Result<Made, String> {
    let hits: Vec<i64> = match kick.voice {
        Voice::Drums { kick: Some(pad), .. } => {
            kick.notes.iter().filter(|n| n.pitch == pad).map(|n| n.start.0).collect()
        }
        _ => kick.notes.iter().map(|n| n.start.0).collect(),
    };
    if hits.is_empty() {
        return Err("there is no kick in this clip for a bass to fit".to_owned());
    }
    let style = style(kick.genre);
    let lines = if style.bass.is_empty() { &style.rumble } else { &style.bass };
    let mut chance = Chance::new(seed, "bass");
    let line = chance.weighted(lines, |line| line.weight);
    let line = line.ok_or_else(|| format!("{} has no bass", kick.genre))?;
    let root = kick.key.octave_near(0, style.bass_register);
    let bars = (kick.length.0 + BAR - 1) / BAR;
    let mut notes = Vec::new();
    for bar in 0..bars {
        let turning = bar % 4 == 3 || (bars > 1 && bar == bars - 1);
        let walked = walk(line, turning);
        for (hit, degree) in walked {
            let start = bar * BAR + hit.step as i64 * STEP;
            let next = hits.iter().copied().find(|kick| *kick > start).unwrap_or(kick.length.0);
            // What begins with the kick would be under it.
            let covered = hits.iter().any(|kick| (*kick..*kick + STEP).contains(&start));
            let length = (hit.length as i64 * STEP * 86 / 100).min(next - start - ROOM);
            if covered || length < STEP / 3 || start >= kick.length.0 {
                continue;
            }
            notes.push(Note {
                id: NoteId(0),
                start: Ticks(start),
                length: Ticks(length),
                pitch: kick.key.pitch(degree, root).clamp(0, 127) as u8,
                velocity: [84, 102, 114][(hit.accent + 1) as usize],
                probability: 100,
            });
        }
    }
    if notes.is_empty() {
        return Err("the kick leaves no room for a bass: every sixteenth has one".to_owned());
    }
    Ok((numbered(notes), kick.length))
}

/// How a genre is written; one without a style of its own is written as its neighbour.
fn style(genre: Genre) -> &'static Style {
    Knowledge::get().style(genre)
}

/// A bar's hits with their scale degrees; the end of a phrase may walk.
fn walk(line: &BassLine, turning: bool) -> Vec<(super::steps::Hit, i32)> {
    let steps = if turning { &line.turn } else { &line.steps };
    let count = steps.hits.len();
    let degree = |i: usize| match line.turn_degrees.get(count - 1 - i) {
        Some(degree) if turning && i > 0 => *degree,
        _ => 0,
    };
    steps.hits.iter().enumerate().map(|(i, hit)| (*hit, degree(i))).collect()
}

/// A step string over some beats, louder towards its end.
fn run(steps: &Steps, beats: u32, from: i64, like: &Note) -> Vec<Note> {
    let step = i64::from(beats) * BEAT / steps.length.max(1) as i64;
    let last = steps.hits.len().max(2) as f64 - 1.0;
    let note = |(i, hit): (usize, &super::steps::Hit)| Note {
        start: Ticks(from + hit.step as i64 * step),
        length: Ticks((step * 8 / 10).max(1)),
        velocity: (92.0 + 30.0 * i as f64 / last).round().min(127.0) as u8,
        ..*like
    };
    steps.hits.iter().enumerate().map(note).collect()
}

/// Sixteenths that climb the scale to the note they began from, an octave up.
fn climb(key: Key, beats: u32, from: i64, like: &Note) -> Vec<Note> {
    let count = i64::from(beats) * 4;
    let pitch = i32::from(like.pitch);
    let degree = key.degree(pitch);
    let octave = pitch.div_euclid(12) - 1;
    let note = |i: i64| {
        // It arrives with the next bar.
        let up = (i * 7 / count) as i32;
        let pitch = match degree {
            Some(degree) => {
                let base = key.pitch(degree, octave);
                key.pitch(degree + up, octave) - base + pitch
            }
            None => pitch,
        };
        Note {
            start: Ticks(from + i * STEP),
            length: Ticks(STEP * 7 / 10),
            pitch: pitch.clamp(0, 127) as u8,
            velocity: (90 + 32 * i / count).min(127) as u8,
            ..*like
        }
    };
    (0..count).map(note).collect()
}

/// The kick turns round at the end of its last bar; what is on a beat stays.
fn vary_kick(from: &Material, chance: &mut Chance) -> Vec<Note> {
    let mut notes = from.notes.clone();
    let Some(like) = notes.last().copied() else { return notes };
    let bar = (from.length.0 - 1) / BAR * BAR;
    let style = style(from.genre);
    let turn = chance.weighted(&style.kick.turns, |(weight, _)| *weight);
    let Some((_, steps)) = turn else { return notes };
    notes.retain(|note| note.start.0 < bar || note.start.0 % BEAT == 0);
    for hit in &steps.hits {
        let start = bar + hit.step as i64 * STEP;
        if start < from.length.0 && notes.iter().all(|note| note.start.0 != start) {
            notes.push(Note { start: Ticks(start), ..like });
        }
    }
    notes.sort_by_key(Note::order);
    // No kick sounds on into the next.
    let starts: Vec<i64> = notes.iter().map(|n| n.start.0).chain([from.length.0]).collect();
    for (i, note) in notes.iter_mut().enumerate() {
        let room = starts[i + 1..].iter().find(|s| **s > note.start.0).unwrap_or(&from.length.0);
        note.length = Ticks(note.length.0.min((room - note.start.0) * 9 / 10).max(1));
    }
    notes
}

/// Ghost notes, accents and gaps; nothing on a beat is left out, no kick of a kit is touched.
fn vary_drums(from: &Material, chance: &mut Chance) -> Vec<Note> {
    let Voice::Drums { kick, .. } = from.voice else { return from.notes.clone() };
    let mut notes = Vec::new();
    for note in &from.notes {
        let weak = note.start.0 % BEAT != 0 && Some(note.pitch) != kick;
        if weak && chance.yes(0.12) {
            continue;
        }
        let accent = if weak { chance.between(-10, 10) } else { 0 };
        let velocity = (i32::from(note.velocity) + accent).clamp(1, 127) as u8;
        notes.push(Note { velocity, ..*note });
        // A ghost leads into what comes next, or follows what was.
        let ghost = note.start.0 + if chance.yes(0.5) { STEP } else { -STEP };
        let free = from.notes.iter().all(|n| n.pitch != note.pitch || n.start.0 != ghost);
        if weak_enough(ghost, from.length.0) && Some(note.pitch) != kick && free && chance.yes(0.2)
        {
            notes.push(Note {
                start: Ticks(ghost),
                length: Ticks(note.length.0.min(STEP)),
                velocity: (u32::from(velocity) * 6 / 10).max(1) as u8,
                ..*note
            });
        }
    }
    notes
}

/// Whether a ghost note may lie there: inside the clip, not on a beat.
fn weak_enough(start: i64, length: i64) -> bool {
    (1..length).contains(&start) && start % BEAT != 0
}

/// Chords and notes move by steps of the scale, split in two or fall silent; the first beat stays.
fn vary_tune(from: &Material, chance: &mut Chance) -> Vec<Note> {
    let mut notes = Vec::new();
    let starts: BTreeSet<i64> = from.notes.iter().map(|note| note.start.0).collect();
    for start in starts {
        let chord: Vec<&Note> = from.notes.iter().filter(|note| note.start.0 == start).collect();
        // The end of a phrase varies more than its middle.
        let turning = start % (2 * BAR) >= BAR || start >= from.length.0 - BEAT;
        let moves = start >= BEAT && chance.yes(if turning { 0.5 } else { 0.25 });
        if !moves {
            notes.extend(chord.into_iter().copied());
            continue;
        }
        let what = chance.between(0, 9);
        match what {
            0 if start % BEAT != 0 => {}
            1..=3 if chord.iter().all(|note| note.length.0 >= 2 * STEP) => {
                for note in chord {
                    let half = note.length.0 / 2;
                    notes.push(Note { length: Ticks(half * 9 / 10), ..*note });
                    let second = Ticks(note.start.0 + half);
                    let velocity = (u32::from(note.velocity) * 9 / 10).max(1) as u8;
                    notes.push(Note { start: second, length: Ticks(half), velocity, ..*note });
                }
            }
            _ => {
                let steps = [-2, -1, 1, 2, 7][chance.between(0, 4) as usize];
                let up = |note: &Note| Note { pitch: moved(from.key, note.pitch, steps), ..*note };
                notes.extend(chord.into_iter().map(up));
            }
        }
    }
    notes
}

/// A pitch moved by steps of the scale; one outside of it, or that would leave the keyboard, stays.
fn moved(key: Key, pitch: u8, steps: i32) -> u8 {
    let Some(degree) = key.degree(pitch.into()) else { return pitch };
    let from = key.pitch(degree, 0);
    let to = i32::from(pitch) + key.pitch(degree + steps, 0) - from;
    u8::try_from(to).ok().filter(|to| *to < 128).unwrap_or(pitch)
}

/// Where which pitches begin.
fn shape(notes: &[Note]) -> BTreeSet<(i64, u8)> {
    notes.iter().map(|note| (note.start.0, note.pitch)).collect()
}

/// In order, once each, under ids from 1.
fn numbered(mut notes: Vec<Note>) -> Vec<Note> {
    notes.sort_by_key(Note::order);
    notes.dedup_by_key(|note| (note.start, note.pitch));
    for (id, note) in (1..).zip(&mut notes) {
        note.id = NoteId(id);
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(step: i64, steps: i64, pitch: u8) -> Note {
        Note {
            id: NoteId(0),
            start: Ticks(step * STEP),
            length: Ticks(steps * STEP),
            pitch,
            velocity: 110,
            probability: 100,
        }
    }

    fn material(notes: Vec<Note>, bars: i64, voice: Voice) -> Material {
        let key = "F minor".parse().expect("a key");
        let notes = numbered(notes);
        Material { notes, length: Ticks(bars * BAR), key, genre: Genre::Gabber, voice }
    }

    fn tune() -> Material {
        let pitches = [65u8, 68, 72, 70, 65, 63, 61, 60];
        let notes = (0..16).map(|i| note(i * 4, 3, pitches[i as usize % 8])).collect();
        material(notes, 4, Voice::Pitched)
    }

    fn kicks() -> Material {
        material((0..16).map(|beat| note(beat * 4, 3, 29)).collect(), 4, Voice::Kick)
    }

    fn kit() -> Material {
        let beats = (0..8).map(|beat| note(beat * 4, 1, 36));
        let snares = (0..4).map(|beat| note(4 + beat * 8, 1, 38));
        let hats = (0..8).map(|beat| note(2 + beat * 4, 1, 42));
        let voice = Voice::Drums { kick: Some(36), snare: Some(38) };
        material(beats.chain(snares).chain(hats).collect(), 2, voice)
    }

    /// What has to hold for any clip.
    fn sound(notes: &[Note], length: Ticks) {
        assert!(!notes.is_empty());
        for (i, note) in notes.iter().enumerate() {
            assert_eq!(note.id, NoteId(i as u32 + 1));
            assert!(
                note.start >= Ticks::ZERO && note.start < length && note.length.0 > 0,
                "{note:?}"
            );
            assert!(note.velocity > 0 && note.velocity < 128 && note.pitch < 128, "{note:?}");
        }
        assert!(notes.windows(2).all(|w| w[0].order() < w[1].order()), "in order");
    }

    #[test]
    fn a_variation_of_a_tune_is_another_in_key_that_is_recognized() {
        let from = tune();
        for seed in 0..200 {
            let (notes, length) = vary(&from, seed).expect("a variation");
            sound(&notes, length);
            assert_eq!(length, from.length);
            assert_ne!(shape(&notes), shape(&from.notes));
            assert!(notes.iter().all(|n| from.key.contains(n.pitch.into())), "seed {seed}: in key");
            assert_eq!(notes[0].pitch, from.notes[0].pitch, "it begins as it did");
            let same = shape(&notes).intersection(&shape(&from.notes)).count();
            assert!(same * 10 >= from.notes.len() * 3, "seed {seed}: {same} of 16 are left");
            assert_eq!(vary(&from, seed).expect("a variation").0, notes, "the same seed, the same");
        }
    }

    #[test]
    fn kicks_stay_on_their_beats_and_do_not_overlap() {
        for (from, pad) in [(kicks(), 29), (kit(), 36)] {
            for seed in 0..100 {
                let (notes, length) = vary(&from, seed).expect("a variation");
                sound(&notes, length);
                let on =
                    |beat: i64| notes.iter().any(|n| n.pitch == pad && n.start.0 == beat * BEAT);
                assert!((0..length.0 / BEAT).all(on), "seed {seed}: every beat");
                let kicks: Vec<&Note> = notes.iter().filter(|n| n.pitch == pad).collect();
                assert!(kicks.windows(2).all(|w| w[0].start + w[0].length <= w[1].start));
            }
        }
    }

    #[test]
    fn a_fill_is_a_bar_that_begins_as_the_clip_and_ends_otherwise() {
        for from in [tune(), kicks(), kit()] {
            let bar = from.length.0 - BAR;
            for seed in 0..60 {
                let (notes, length) = fill(&from, seed).expect("a fill");
                sound(&notes, length);
                assert_eq!(length, Ticks(BAR));
                let first = |notes: &[Note], from: i64| -> BTreeSet<(i64, u8)> {
                    let part = notes.iter().filter(|n| (from..from + BEAT).contains(&n.start.0));
                    part.map(|n| (n.start.0 - from, n.pitch)).collect()
                };
                assert_eq!(first(&notes, 0), first(&from.notes, bar), "seed {seed}: as it was");
                let last: BTreeSet<(i64, u8)> = (from.notes.iter())
                    .filter(|n| n.start.0 >= bar)
                    .map(|n| (n.start.0 - bar, n.pitch))
                    .collect();
                assert_ne!(shape(&notes), last, "seed {seed}: and otherwise");
                assert!(notes.iter().all(|n| n.start + n.length <= length), "it is over in time");
            }
        }
    }

    #[test]
    fn a_bass_lies_between_the_kicks_and_in_the_key() {
        for genre in Genre::ALL {
            for from in [kicks(), kit()] {
                let from = Material { genre, ..from };
                let pad = if from.voice == Voice::Kick { 29 } else { 36 };
                for seed in 0..20 {
                    let (notes, length) = bass(&from, seed).expect("a bass");
                    sound(&notes, length);
                    assert!(notes.iter().all(|n| from.key.contains(n.pitch.into())));
                    assert!(
                        notes.iter().all(|n| (24..60).contains(&n.pitch)),
                        "{genre}: it is low"
                    );
                    for kick in from.notes.iter().filter(|n| n.pitch == pad) {
                        let under = |n: &&Note| {
                            n.start < kick.start + Ticks(STEP) && n.start + n.length > kick.start
                        };
                        assert_eq!(notes.iter().find(under), None, "{genre}, seed {seed}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let none = material(Vec::new(), 1, Voice::Pitched);
        assert!(vary(&none, 1).is_err() && fill(&none, 1).is_err() && bass(&none, 1).is_err());
        let wall = material((0..16).map(|step| note(step, 1, 29)).collect(), 1, Voice::Kick);
        assert!(bass(&wall, 1).expect_err("no room").contains("no room"));
        let short = Material { length: Ticks(BEAT), ..tune() };
        assert!(fill(&short, 1).is_err());
    }
}

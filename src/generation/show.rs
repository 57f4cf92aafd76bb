//! An idea as text: step grids for the eye.

use std::fmt::Write;

use super::idea::{BAR, Idea, Part, STEP};
use crate::model::intent::Role;
use crate::model::key::PitchClass;

/// The whole idea as text: what was decided, then every part bar by bar, sixteen characters a bar:
/// `x` a drum hit, a note's name (sharps as lower case) or `-` held, `.` silence.
pub fn text(idea: &Idea) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{} · {} BPM · {} · {} bars · seed {}",
        idea.intent.genre, idea.bpm, idea.key, idea.bars, idea.seed
    );
    let chords: Vec<String> = idea
        .chords
        .iter()
        .map(|c| format!("{} from bar {}", c.degree + 1, c.start / BAR + 1))
        .collect();
    let _ = writeln!(out, "chords: {}", chords.join(", "));
    for part in &idea.parts {
        let preset = if part.preset.is_empty() { "default" } else { &part.preset };
        let _ =
            writeln!(out, "{} ({} “{preset}”, {:+.1} dB)", part.name, part.sound, part.volume_db);
        for block in 0..idea.blocks.len() {
            let letter = idea.blocks[block].letter();
            let bars = (block * 4)..(block * 4 + 4).min(idea.bars as usize);
            let drawn: Vec<String> = bars.map(|bar| bar_text(part, bar as i64)).collect();
            let _ = writeln!(out, "  {letter} |{}|", drawn.join("|"));
        }
    }
    for note in &idea.notes {
        let _ = writeln!(out, "note: {note}");
    }
    out
}

fn bar_text(part: &Part, bar: i64) -> String {
    let drum = part.role.is_drum() || matches!(part.role, Role::Crash | Role::Riser);
    (0..16)
        .map(|step| {
            let from = bar * BAR + step * STEP;
            let starting = part.notes.iter().find(|note| (from..from + STEP).contains(&note.start));
            let sounding = part.notes.iter().any(|n| n.start < from && n.end() > from);
            match starting {
                Some(_) if drum => 'x',
                Some(note) => letter(note.pitch),
                None if sounding && !drum => '-',
                None => '.',
            }
        })
        .collect()
}

/// One character per pitch class: naturals upper case, black keys the lower case of the key below.
fn letter(pitch: u8) -> char {
    let class = PitchClass::new(i32::from(pitch)).semitones() as usize;
    ['C', 'c', 'D', 'd', 'E', 'F', 'f', 'G', 'g', 'A', 'a', 'B'][class]
}

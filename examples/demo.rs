//! Cuts a composed piece into scenes: what the demo set is made of.
//!
//! `cargo run --example demo -- PIECE.hcs BARS OUT.hcs SCENE…`, with the names of the scenes (`make demo`).

use std::path::Path;
use std::sync::Arc;

use hardcore::cli::Failure;
use hardcore::model::automation::{AutomationLane, AutomationPoint};
use hardcore::model::clip::{Clip, ClipContent, LoopBrace, MidiClip, Note};
use hardcore::model::ids::{ClipId, SceneId};
use hardcore::model::project::Project;
use hardcore::model::scene::{Scene, Slot};
use hardcore::model::time::Ticks;
use hardcore::persistence::hcs;

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [from, bars, to, names @ ..] = words.as_slice() else {
        return Err(Failure("say which piece, how many bars a scene, and where to".into()));
    };
    let bars: i64 = bars.parse().map_err(|e| Failure(format!("'{bars}' bars: {e}")))?;
    let mut project = hcs::load(Path::new(from))?.project;
    cut(&mut project, bars, names);
    hcs::save(Path::new(to), &project)?;
    Ok(())
}

/// Cut every clip of the one scene into scenes of so many bars.
fn cut(project: &mut Project, bars: i64, names: &[String]) {
    let long = project.song.signature.bar().0 * bars;
    let end = project.tracks.iter().flat_map(|t| &t.clips).map(|c| c.length.0).max().unwrap_or(0);
    let mut next = project.song.next_id.0;
    let mut fresh = || {
        next += 1;
        next - 1
    };
    let mut scenes: Vec<Scene> = Vec::new();
    let mut cuts: Vec<Vec<Clip>> = vec![Vec::new(); project.tracks.len()];
    for (index, from) in (0..end).step_by(long.max(1) as usize).enumerate() {
        let mut scene = Scene {
            id: SceneId(fresh()),
            name: names.get(index).cloned().unwrap_or_else(|| format!("Scene {}", index + 1)),
            color: None,
            tempo: None,
            signature: None,
            slots: Default::default(),
        };
        for (track, cuts) in project.tracks.iter().zip(&mut cuts) {
            let piece = track.clips.first().and_then(|clip| part(clip, from, long));
            let clip = piece.map(|mut piece| {
                // The same music again is the same clip again.
                let same =
                    |c: &&Clip| (&c.content, &c.automation) == (&piece.content, &piece.automation);
                cuts.iter().find(same).map(|c| c.id).unwrap_or_else(|| {
                    piece.id = ClipId(fresh());
                    let number = cuts.len() + 1;
                    piece.name = format!("{} {number}", track.name);
                    cuts.push(piece.clone());
                    piece.id
                })
            });
            scene.slots.insert(track.id, Slot { clip, stop_button: true });
        }
        scenes.push(scene);
    }
    for (track, cuts) in project.tracks.iter_mut().zip(cuts) {
        track.clips = cuts;
    }
    project.scenes = scenes;
    project.song.next_id.0 = next;
    project.song.name = "Demo".to_owned();
}

/// What of a clip sounds from `from` on for `long` ticks, as short as it repeats; `None` for silence.
fn part(clip: &Clip, from: i64, long: i64) -> Option<Clip> {
    let ClipContent::Midi(midi) = &clip.content else { return None };
    let inside = |n: &&Note| (from..from + long).contains(&n.start.0);
    let moved = |n: &Note| Note { start: Ticks(n.start.0 - from), ..*n };
    let mut notes: Vec<Note> = midi.notes.iter().filter(inside).map(moved).collect();
    if notes.is_empty() {
        return None;
    }
    let automation: Vec<AutomationLane> =
        clip.automation.iter().map(|lane| lane_part(lane, from, long)).collect();
    let moves = automation
        .iter()
        .any(|lane| lane.points.windows(2).any(|pair| pair[0].value != pair[1].value));
    let mut length = long;
    // Halved as long as both halves are the same.
    while !moves && length % 2 == 0 && length / 2 >= 3840 {
        let half = length / 2;
        let plain = |n: &Note| (n.start.0 % half, n.length, n.pitch, n.velocity);
        let of = |second: bool| -> Vec<_> {
            notes.iter().filter(|n| (n.start.0 >= half) == second).map(plain).collect()
        };
        if of(false) != of(true) {
            break;
        }
        notes.retain(|n| n.start.0 < half);
        length = half;
    }
    for (id, note) in (1..).zip(&mut notes) {
        note.id.0 = id;
        note.length = Ticks(note.length.0.min(length - note.start.0));
    }
    Some(Clip {
        length: Ticks(length),
        loop_brace: Some(LoopBrace { start: Ticks::ZERO, end: Ticks(length) }),
        content: ClipContent::Midi(MidiClip { notes: Arc::new(notes) }),
        automation,
        ..clip.clone()
    })
}

fn lane_part(lane: &AutomationLane, from: i64, long: i64) -> AutomationLane {
    let at = |ticks: i64| lane.value(Ticks(ticks)).unwrap_or_default();
    let first = AutomationPoint { at: Ticks::ZERO, value: at(from), hold: false };
    let within = lane.points.iter().filter(|p| (from + 1..from + long).contains(&p.at.0));
    let within = within.map(|p| AutomationPoint { at: Ticks(p.at.0 - from), ..*p });
    let points = std::iter::once(first).chain(within).collect();
    AutomationLane { target: lane.target.clone(), points }
}

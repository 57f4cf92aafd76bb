//! A project in words and tables.

use std::fmt::Write;

use crate::model::project::Project;
use crate::model::scene::Scene;
use crate::model::time::{PPQ, TempoMap, Ticks};
use crate::model::track::{Track, TrackKind};

/// Widest cell of the grid, in characters.
const CELL: usize = 14;
/// Tracks beside each other in the grid before it goes on below.
const COLUMNS: usize = 7;

/// Tempo, key, tracks, scenes with their clips, and the arrangement.
pub fn overview(project: &Project) -> String {
    let mut text = heading(project);
    tracks(project, &mut text);
    buses(project, &mut text);
    scenes(project, &mut text);
    arrangement(project, &mut text);
    text
}

fn heading(project: &Project) -> String {
    let song = &project.song;
    let name = if song.name.is_empty() { "(no name)" } else { &song.name };
    let mut tempo = format!("{} BPM", song.tempo.start);
    match song.tempo.changes.len() {
        0 => {}
        1 => tempo.push_str(", 1 change"),
        n => tempo.push_str(&format!(", {n} changes")),
    }
    format!("{name}\n{tempo} · {} · {} · seed {}\n", song.key, song.signature, song.seed)
}

fn tracks(project: &Project, text: &mut String) {
    if project.tracks.is_empty() {
        text.push_str("\nNo tracks yet.\n");
        return;
    }
    let mut rows = vec![
        ["id", "track", "plays", "clips", "volume", "pan", "inserts", "sends"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for track in &project.tracks {
        let mixer = &track.mixer;
        let sends = mixer
            .sends
            .iter()
            .filter_map(|s| Some(format!("{} {}", project.bus(s.bus)?.name, s.level)));
        let inserts: Vec<&str> = mixer.inserts.iter().map(|e| e.name.as_str()).collect();
        let mut name = track.name.clone();
        for (on, mark) in [(mixer.mute, " (muted)"), (mixer.solo, " (solo)")] {
            if on {
                name.push_str(mark);
            }
        }
        if let Some(group) = track.group.and_then(|g| project.track(g)) {
            name.push_str(&format!(" in {}", group.name));
        }
        rows.push(vec![
            track.id.to_string(),
            name,
            plays(track),
            track.clips.len().to_string(),
            mixer.volume.to_string(),
            pan(mixer.pan),
            inserts.join(" > "),
            sends.collect::<Vec<_>>().join(", "),
        ]);
    }
    text.push('\n');
    table(&rows, 40, text);
}

fn plays(track: &Track) -> String {
    match &track.kind {
        TrackKind::Instrument(i) => i.synth.clone(),
        TrackKind::Drums(kit) if kit.pads.len() == 1 => "kit, 1 pad".to_owned(),
        TrackKind::Drums(kit) => format!("kit, {} pads", kit.pads.len()),
        TrackKind::Audio => "audio".to_owned(),
        TrackKind::Group => "group".to_owned(),
    }
}

/// `C`, `L50`, `R100`.
fn pan(pan: f32) -> String {
    match (pan * 100.0).round() as i32 {
        0 => "C".to_owned(),
        p if p < 0 => format!("L{}", -p),
        p => format!("R{p}"),
    }
}

fn buses(project: &Project, text: &mut String) {
    if project.buses.is_empty() {
        return;
    }
    let mut rows = vec![["id", "bus", "volume", "inserts"].map(str::to_owned).to_vec()];
    for bus in &project.buses {
        let inserts: Vec<&str> = bus.mixer.inserts.iter().map(|e| e.name.as_str()).collect();
        rows.push(vec![
            bus.id.to_string(),
            bus.name.clone(),
            bus.mixer.volume.to_string(),
            inserts.join(" > "),
        ]);
    }
    text.push('\n');
    table(&rows, 40, text);
}

fn scenes(project: &Project, text: &mut String) {
    if project.scenes.is_empty() {
        text.push_str("\nNo scenes yet.\n");
        return;
    }
    let playing: Vec<&Track> =
        project.tracks.iter().filter(|t| t.kind != TrackKind::Group).collect();
    let mut parts: Vec<&[&Track]> = playing.chunks(COLUMNS).collect();
    if parts.is_empty() {
        parts.push(&[]);
    }
    for part in parts {
        let mut head = vec!["scene".to_owned(), "length".to_owned()];
        head.extend(part.iter().map(|t| t.name.clone()));
        let mut rows = vec![head];
        for scene in &project.scenes {
            let mut name = scene.name.clone();
            if let Some(tempo) = scene.tempo {
                name.push_str(&format!(" ({} BPM)", tempo.bpm));
            }
            let mut row = vec![name, length(project, scene)];
            row.extend(part.iter().map(|t| cell(t, scene)));
            rows.push(row);
        }
        text.push('\n');
        table(&rows, CELL, text);
    }
    text.push_str("(· stops the track, - leaves it playing)\n");
}

fn cell(track: &Track, scene: &Scene) -> String {
    let slot = scene.slots.get(&track.id).copied().unwrap_or_default();
    match slot.clip.and_then(|id| track.clips.iter().find(|c| c.id == id)) {
        Some(clip) if clip.name.is_empty() => format!("clip {}", clip.id),
        Some(clip) => clip.name.clone(),
        None if slot.stop_button => "·".to_owned(),
        None => "-".to_owned(),
    }
}

/// The longest clip of a scene, in bars.
fn length(project: &Project, scene: &Scene) -> String {
    let clips = scene.slots.values().filter_map(|s| project.clip(s.clip?));
    let longest = clips.map(|(_, clip)| clip.length).max();
    let signature = scene.signature.unwrap_or(project.song.signature);
    longest.map_or_else(|| "-".to_owned(), |l| bars(l, signature.bar()))
}

fn bars(length: Ticks, bar: Ticks) -> String {
    let bars = length.0 as f64 / bar.0.max(1) as f64;
    let number = format!("{bars:.2}");
    let number = number.trim_end_matches('0').trim_end_matches('.');
    format!("{number} {}", if number == "1" { "bar" } else { "bars" })
}

fn arrangement(project: &Project, text: &mut String) {
    let Some(arrangement) = &project.arrangement else { return };
    let end = arrangement.end();
    let seconds = seconds_until(&project.song.tempo, end);
    let clips: usize = arrangement.lanes.values().map(Vec::len).sum();
    let bars = bars(end, project.song.signature.bar());
    let (minutes, rest) = ((seconds / 60.0).floor(), seconds % 60.0);
    let _ =
        writeln!(text, "\nArrangement: {bars}, {minutes}:{:02} min, {clips} clips", rest.floor());
    for marker in &arrangement.markers {
        let bar = marker.at.0.div_euclid(project.song.signature.bar().0.max(1)) + 1;
        let _ = writeln!(text, "  bar {bar}: {}", marker.name);
    }
}

/// Seconds from the start to `end`.
fn seconds_until(tempo: &TempoMap, end: Ticks) -> f64 {
    let steps = tempo.steps();
    let ends = steps.iter().skip(1).map(|s| s.at.min(end)).chain([end]);
    let spans = steps.iter().zip(ends).filter(|(step, until)| step.at < *until);
    spans.map(|(step, until)| (until - step.at).0 as f64 / PPQ as f64 * 60.0 / step.bpm.get()).sum()
}

/// Left-aligned columns, two spaces apart, no cell wider than `widest`.
fn table(rows: &[Vec<String>], widest: usize, text: &mut String) {
    let shorten = |cell: &String| -> String {
        let clean: String = cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        match clean.chars().count() > widest {
            true => clean.chars().take(widest - 1).chain(['…']).collect(),
            false => clean,
        }
    };
    let rows: Vec<Vec<String>> = rows.iter().map(|r| r.iter().map(shorten).collect()).collect();
    let columns = rows.first().map_or(0, Vec::len);
    let width = |i: usize| rows.iter().map(|r| r[i].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in &rows {
        let mut line = String::new();
        for (cell, &width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

//! The rules of the launcher, worked out apart from it: what should be heard of random gestures.

use std::collections::BTreeSet;

use hardcore::engine::protocol::Gesture;
use hardcore::model::clip::{Clip, ClipContent};
use hardcore::model::ids::{ClipId, SceneId};
use hardcore::model::launch::{LaunchMode, LaunchSettings, Quantization};
use hardcore::model::project::Project;
use hardcore::model::scene::{Scene, Slot};
use hardcore::model::time::{Bpm, TempoMap};
use rand::Rng;
use rand_pcg::Pcg64Mcg;

use crate::support::{add_track, click_synth, clip, notes, project};

pub const RATE: u32 = 48_000;
pub const TRACKS: usize = 3;
pub const ROWS: usize = 4;
pub const GRIDS: [Quantization; 8] = [
    Quantization::None,
    Quantization::Bar,
    Quantization::Half,
    Quantization::Quarter,
    Quantization::QuarterTriplet,
    Quantization::Eighth,
    Quantization::SixteenthTriplet,
    Quantization::ThirtySecond,
];

/// The frame of `tick` at a constant tempo, from the meaning of tempo: exact, halves up.
pub fn frame(milli_bpm: u32, tick: i64) -> i64 {
    let (num, den) = (i128::from(tick) * 60_000 * i128::from(RATE), 960 * i128::from(milli_bpm));
    ((2 * num + den).div_euclid(2 * den)) as i64
}

/// Ticks of a clip's clicks, its length, and how it is launched.
#[derive(Clone, Debug)]
struct Loop {
    starts: Vec<i64>,
    length: i64,
    grid: Option<Quantization>,
    mode: LaunchMode,
}

/// A set of loops, one track a list; `None` where a slot is empty, and whether it has a stop button.
#[derive(Clone, Debug)]
pub struct Table {
    pub milli: u32,
    pub song: Quantization,
    slots: Vec<Vec<Result<Loop, bool>>>,
}

impl Table {
    pub fn random(rng: &mut Pcg64Mcg) -> Table {
        let modes =
            [LaunchMode::Trigger, LaunchMode::Trigger, LaunchMode::Toggle, LaunchMode::Gate];
        let mut slot = |_| {
            if rng.random_bool(0.2) {
                return Err(rng.random_bool(0.5));
            }
            let length = [480, 960, 1920, 2880, 3840][rng.random_range(0..5)];
            let starts: BTreeSet<i64> =
                (0..4).map(|_| rng.random_range(0..length / 60) * 60).collect();
            let own = rng.random_bool(0.3);
            Ok(Loop {
                starts: starts.into_iter().collect(),
                length,
                grid: own.then(|| GRIDS[rng.random_range(0..GRIDS.len())]),
                mode: modes[rng.random_range(0..modes.len())],
            })
        };
        let slots = (0..TRACKS).map(|_| (0..ROWS).map(&mut slot).collect()).collect();
        let milli = rng.random_range(120_000..=999_000);
        Table { milli, song: GRIDS[rng.random_range(0..GRIDS.len())], slots }
    }

    /// One whose every clip starts on a line: without, it starts between ticks, which whole ticks
    /// cannot say.
    pub fn on_lines(rng: &mut Pcg64Mcg) -> Table {
        let mut table = Table::random(rng);
        let none = |grid: Option<Quantization>| grid == Some(Quantization::None);
        for l in table.slots.iter_mut().flatten().flatten() {
            if none(l.grid) || (table.song == Quantization::None && l.grid.is_none()) {
                l.grid = Some(Quantization::Sixteenth);
            }
        }
        table
    }

    /// It as a project of one track a list.
    pub fn project(&self) -> Project {
        let mut p = project(TempoMap::constant(Bpm::from_milli(self.milli)));
        p.song.quantization = self.song;
        p.scenes = (0..ROWS as u32).map(scene).collect();
        for (track, rows) in self.slots.iter().enumerate() {
            let dummy = clip(1 + track as u32, 960, true, ClipContent::Midi(notes(&[])));
            let id = add_track(&mut p, click_synth(), dummy);
            p.tracks[track].clips.clear();
            for (row, slot) in rows.iter().enumerate() {
                let id_of = ClipId(700 + (track * ROWS + row) as u32);
                let (there, stop_button) = match slot {
                    Ok(l) => {
                        let content = ClipContent::Midi(notes(&l.starts));
                        let launch = LaunchSettings {
                            mode: l.mode,
                            quantization: l.grid,
                            ..LaunchSettings::default()
                        };
                        let one = clip(id_of.0, l.length, true, content);
                        p.tracks[track].clips.push(Clip { launch, ..one });
                        (Some(id_of), true)
                    }
                    Err(stops) => (None, *stops),
                };
                p.scenes[row].slots.insert(id, Slot { clip: there, stop_button });
            }
        }
        p
    }
}

pub fn scene(row: u32) -> Scene {
    let slots = Default::default();
    let name = format!("row {row}");
    Scene { id: SceneId(900 + row), name, color: None, tempo: None, signature: None, slots }
}

/// Where something begins or ends: at a tick, or, late within the grace, on the frame of the press.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Edge {
    Tick(i64),
    Frame(i64),
}

/// What a track waits to do: on this edge, the row to play from this tick on, or nothing to stop.
#[derive(Clone, Copy, Debug)]
struct Waits {
    at: Edge,
    row: Option<(usize, i64)>,
}

/// The rules, for one track.
#[derive(Default)]
pub struct Rules {
    plays: Option<(usize, i64, Edge)>,
    waits: Option<Waits>,
    held: Option<usize>,
    /// Frames of clicks.
    pub clicks: BTreeSet<i64>,
}

/// Works out by the rules what is heard.
pub struct Judge<'a> {
    table: &'a Table,
    grace: i64,
    pub tracks: Vec<Rules>,
}

impl Judge<'_> {
    /// Of a set whose transport starts on frame 0, a press within `grace` frames being in time.
    pub fn new(table: &Table, grace: i64) -> Judge<'_> {
        let tracks = (0..TRACKS).map(|_| Rules::default()).collect();
        Judge { table, grace, tracks }
    }

    fn at(&self, edge: Edge) -> i64 {
        match edge {
            Edge::Tick(tick) => frame(self.table.milli, tick),
            Edge::Frame(frame) => frame,
        }
    }

    /// What was asked for on `now` happens here, and counts as asked for at this tick.
    fn line(&self, now: i64, own: Option<Quantization>) -> (Edge, Option<i64>) {
        let grid = own.unwrap_or(self.table.song);
        let step = match grid.step(Default::default()) {
            Some(step) => step.0,
            None => return (Edge::Frame(now), None),
        };
        // The first line that is not over on this frame.
        let mut k = 0;
        while frame(self.table.milli, k * step) < now {
            k += 1;
        }
        if frame(self.table.milli, k * step) > now && k > 0 {
            let passed = (k - 1) * step;
            if now - frame(self.table.milli, passed) <= self.grace {
                return (Edge::Frame(now), Some(passed));
            }
        }
        (Edge::Tick(k * step), Some(k * step))
    }

    /// Let all happen that is due before `now`.
    pub fn until(&mut self, now: i64) {
        for track in 0..self.tracks.len() {
            let due = self.tracks[track].waits.filter(|w| self.at(w.at) < now);
            if let Some(waits) = due {
                self.ends(track, waits.at);
                let rules = &mut self.tracks[track];
                rules.waits = None;
                rules.plays = waits.row.map(|(row, origin)| (row, origin, waits.at));
            }
        }
    }

    /// Let it go on up to `end`, and no further.
    pub fn finish(&mut self, end: i64) {
        self.until(end);
        (0..self.tracks.len()).for_each(|track| self.ends(track, Edge::Frame(end)));
    }

    /// What plays on a track has played up to here.
    fn ends(&mut self, track: usize, end: Edge) {
        let Some((row, origin, from)) = self.tracks[track].plays.take() else { return };
        let Ok(l) = &self.table.slots[track][row] else { return };
        let after = |tick: i64, edge: Edge| match edge {
            Edge::Tick(edge) => tick >= edge,
            Edge::Frame(edge) => frame(self.table.milli, tick) >= edge,
        };
        let mut heard = Vec::new();
        for pass in 0.. {
            let base = origin + pass * l.length;
            if after(base, end) {
                break;
            }
            let ticks = l.starts.iter().map(|s| base + s);
            let within = ticks.filter(|t| after(*t, from) && !after(*t, end));
            heard.extend(within.map(|t| frame(self.table.milli, t)));
        }
        self.tracks[track].clicks.extend(heard);
    }

    fn clip(&self, track: usize, row: usize) -> Option<&Loop> {
        self.table.slots[track][row].as_ref().ok()
    }

    fn play(&mut self, now: i64, track: usize, row: usize) {
        let Some(l) = self.clip(track, row) else { return };
        let (at, origin) = self.line(now, l.grid);
        // Without a grid it starts where it is pressed, which is no whole tick: no clip here does.
        let row = Some((row, origin.unwrap_or(0)));
        self.tracks[track].waits = Some(Waits { at, row });
    }

    fn stop(&mut self, now: i64, track: usize, own: Option<Quantization>) {
        let (at, _) = self.line(now, own);
        self.tracks[track].waits = Some(Waits { at, row: None });
    }

    pub fn gesture(&mut self, now: i64, gesture: Gesture) {
        self.until(now);
        match gesture {
            Gesture::Launch { node, row, .. } => {
                let (track, row) = (usize::from(node), usize::from(row));
                let Some(l) = self.clip(track, row) else { return self.stop(now, track, None) };
                let (mode, grid) = (l.mode, l.grid);
                let rules = &mut self.tracks[track];
                if mode == LaunchMode::Toggle {
                    let waits = rules.waits.map(|w| w.row.map(|r| r.0));
                    if waits == Some(Some(row)) {
                        rules.waits = None;
                        return;
                    }
                    if waits.is_none() && rules.plays.is_some_and(|p| p.0 == row) {
                        return self.stop(now, track, grid);
                    }
                }
                rules.held = Some(row);
                self.play(now, track, row);
            }
            Gesture::Release { node, row } => {
                let (track, row) = (usize::from(node), usize::from(row));
                if self.tracks[track].held != Some(row) {
                    return;
                }
                self.tracks[track].held = None;
                let Some(l) = self.clip(track, row) else { return };
                if l.mode != LaunchMode::Gate {
                    return;
                }
                let grid = l.grid;
                let rules = &mut self.tracks[track];
                rules.waits = rules.waits.filter(|w| w.row.is_none_or(|r| r.0 != row));
                if rules.plays.is_some_and(|p| p.0 == row) {
                    self.stop(now, track, grid);
                }
            }
            Gesture::StopTrack(node) => self.stop(now, usize::from(node), None),
            Gesture::StopAll => (0..TRACKS).for_each(|track| self.stop(now, track, None)),
            Gesture::Cancel(node) => self.tracks[usize::from(node)].waits = None,
            Gesture::LaunchScene(row) => {
                for track in 0..TRACKS {
                    match self.table.slots[track][usize::from(row)] {
                        Ok(_) => self.play(now, track, usize::from(row)),
                        Err(true) => self.stop(now, track, None),
                        Err(false) => {}
                    }
                }
            }
            _ => {}
        }
    }
}

/// Something to press.
pub fn gesture(rng: &mut Pcg64Mcg) -> Gesture {
    let (node, row) = (rng.random_range(0..TRACKS as u16), rng.random_range(0..ROWS as u16));
    match rng.random_range(0..20) {
        0..10 => Gesture::Launch { node, row, velocity: 127 },
        10..14 => Gesture::Release { node, row },
        14 | 15 => Gesture::StopTrack(node),
        16 => Gesture::StopAll,
        17 => Gesture::Cancel(node),
        _ => Gesture::LaunchScene(row),
    }
}

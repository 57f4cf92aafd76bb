//! What pads show: the session grid as it is in the document, and what it does from the snapshot.

use std::sync::Arc;

use crate::engine::plan::Target;
use crate::engine::prepare::Layout;
use crate::engine::protocol::{GridPart, Snapshot};
use crate::midi::pads::{GridView, Rgb, SlotView, TrackView, Window};
use crate::model::ids::TrackId;
use crate::model::project::Project;
use crate::model::travel::Scale;

/// A track of the grid.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// Silenced.
    pub mute: bool,
    /// Soloed.
    pub solo: bool,
    /// Plays what comes in.
    pub armed: bool,
    color: Rgb,
    volume: u8,
    /// How many sends it has.
    pub sends: u8,
    /// By row: the clip's colour, where there is one.
    slots: Vec<Option<Rgb>>,
}

/// What a knob of the selected device turns.
#[derive(Clone, Copy, Debug)]
pub struct Knob {
    /// Whose.
    pub node: u16,
    /// What.
    pub target: Target,
    /// From the knob's travel to the value.
    pub scale: Scale,
}

/// The grid, ready for the callback: nothing in it is looked up by name.
#[derive(Debug)]
pub struct Grid {
    /// By track, which is also the node.
    pub columns: Vec<Column>,
    scenes: u16,
    /// The master's node.
    pub master: u16,
    /// The cue output's node.
    pub cue: u16,
    /// Where the cue output's fader stands, 0–1.
    pub cue_travel: f32,
    /// By knob of the selected device.
    pub knobs: Vec<Knob>,
    key: (u8, u16),
    selected: Option<u16>,
    snapshot: Arc<Snapshot>,
}

impl Grid {
    /// The grid of a project that plays.
    pub fn new(
        project: &Project,
        layout: &Layout,
        snapshot: &Arc<Snapshot>,
        armed: &[TrackId],
        selected: Option<TrackId>,
    ) -> Grid {
        let column = |t: &crate::model::track::Track| Column {
            mute: t.mixer.mute,
            solo: t.mixer.solo,
            armed: armed.contains(&t.id),
            color: palette(t.color),
            volume: (Scale::Fader.travel(t.mixer.volume.0) * 127.0).round().clamp(0.0, 127.0) as u8,
            sends: t.mixer.sends.len().min(255) as u8,
            slots: project
                .scenes
                .iter()
                .map(|s| {
                    let id = s.slots.get(&t.id)?.clip?;
                    let clip = t.clips.iter().find(|c| c.id == id)?;
                    Some(palette(clip.color.unwrap_or(t.color)))
                })
                .collect(),
        };
        let key = project.song.key;
        let scale = key.scale.steps().iter().fold(0u16, |mask, step| mask | 1 << step);
        Grid {
            columns: project.tracks.iter().map(column).collect(),
            scenes: project.scenes.len().min(usize::from(u16::MAX)) as u16,
            master: layout.master() as u16,
            cue: layout.cue() as u16,
            cue_travel: Scale::Fader.travel(project.song.cue.0),
            knobs: Vec::new(),
            key: (key.root.semitones() as u8, scale),
            selected: selected.and_then(|id| layout.tracks.get(&id)).map(|n| *n as u16),
            snapshot: Arc::clone(snapshot),
        }
    }

    /// Whether there is a clip in a slot.
    pub fn is_filled(&self, track: u16, scene: u16) -> bool {
        let column = self.columns.get(usize::from(track));
        column.and_then(|c| c.slots.get(usize::from(scene))).is_some_and(Option::is_some)
    }

    /// Tells which part of it the controller on a port shows, or that there is none.
    pub fn tell_part(&self, port: usize, window: Option<Window>) {
        let part = window.map(|Window { track, scene, columns, rows }| GridPart {
            track,
            scene,
            columns,
            rows,
        });
        self.snapshot.show_pads(port, part);
    }

    /// Whether a slot records.
    pub fn records(&self, track: u16, scene: u16) -> bool {
        self.snapshot.track(usize::from(track)).recording == Some(scene)
    }
}

/// The colour of a place in the track palette: sixteen hues, then the same paler.
pub fn palette(index: u8) -> Rgb {
    let hue = f32::from(index % 16) / 16.0 * 6.0;
    let pale = f32::from(index / 16 % 4) * 0.2;
    let side = |shift: f32| {
        let x = ((hue + shift) % 6.0 - 3.0).abs() - 1.0;
        let x = x.clamp(0.0, 1.0);
        ((x + (1.0 - x) * pale) * 255.0).round() as u8
    };
    Rgb(side(0.0), side(4.0), side(2.0))
}

impl GridView for Grid {
    fn tracks(&self) -> u16 {
        self.columns.len().min(usize::from(u16::MAX)) as u16
    }

    fn scenes(&self) -> u16 {
        self.scenes
    }

    fn slot(&self, track: u16, scene: u16) -> SlotView {
        let column = self.columns.get(usize::from(track));
        let color = column.and_then(|c| c.slots.get(usize::from(scene)).copied().flatten());
        let state = self.snapshot.track(usize::from(track));
        SlotView {
            state: state.slot(scene, color.is_some()),
            color: color.unwrap_or_default(),
            progress: if state.playing == Some(scene) { state.progress / 2 } else { 0 },
        }
    }

    fn track(&self, track: u16) -> TrackView {
        let Some(c) = self.columns.get(usize::from(track)) else { return TrackView::default() };
        let state = self.snapshot.track(usize::from(track));
        TrackView {
            mute: c.mute,
            solo: c.solo,
            armed: c.armed,
            selected: self.selected == Some(track),
            playing: state.playing.is_some(),
            stopping: state.queued == Some(None),
            color: c.color,
            volume: c.volume,
        }
    }

    fn playing(&self) -> bool {
        self.snapshot.playhead().playing
    }

    fn recording(&self) -> bool {
        (0..self.snapshot.tracks()).any(|t| self.snapshot.track(t).recording.is_some())
    }

    fn beat(&self) -> f64 {
        self.snapshot.playhead().pos.ticks() / crate::model::time::PPQ as f64
    }

    fn bpm(&self) -> f64 {
        self.snapshot.playhead().bpm.get()
    }

    fn key(&self) -> (u8, u16) {
        self.key
    }
}

//! Tests of the surfaces against simulated devices and byte transcripts.

mod keys;
mod modes;
mod properties;
mod traffic;
mod transcripts;

use super::simulated::Simulated;
use super::*;

/// A grid to look at.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) slots: Vec<Vec<SlotView>>,
    pub(super) tracks: Vec<TrackView>,
    pub(super) scenes: u16,
    pub(super) playing: bool,
    pub(super) recording: bool,
    pub(super) beat: f64,
    pub(super) bpm: f64,
    pub(super) key: (u8, u16),
}

impl Stage {
    /// An empty grid whose transport runs at 200 BPM.
    pub(super) fn of(tracks: u16, scenes: u16) -> Stage {
        Stage {
            slots: vec![vec![SlotView::default(); usize::from(scenes)]; usize::from(tracks)],
            tracks: vec![TrackView::default(); usize::from(tracks)],
            scenes,
            playing: true,
            recording: false,
            beat: 0.0,
            bpm: 200.0,
            // F minor.
            key: (5, 0b0101_1010_1101),
        }
    }

    pub(super) fn set(&mut self, track: u16, scene: u16, state: ClipState) {
        self.slots[usize::from(track)][usize::from(scene)] =
            SlotView { state, color: Rgb(0, 0, 255), progress: 0 };
    }
}

impl GridView for Stage {
    fn tracks(&self) -> u16 {
        self.tracks.len() as u16
    }
    fn scenes(&self) -> u16 {
        self.scenes
    }
    fn slot(&self, track: u16, scene: u16) -> SlotView {
        self.slots[usize::from(track)][usize::from(scene)]
    }
    fn track(&self, track: u16) -> TrackView {
        self.tracks[usize::from(track)]
    }
    fn playing(&self) -> bool {
        self.playing
    }
    fn recording(&self) -> bool {
        self.recording
    }
    fn beat(&self) -> f64 {
        self.beat
    }
    fn bpm(&self) -> f64 {
        self.bpm
    }
    fn key(&self) -> (u8, u16) {
        self.key
    }
}

/// A surface with its device plugged in.
pub(super) struct Rig {
    pub(super) surface: Surface,
    pub(super) device: Simulated,
    pub(super) stage: Stage,
}

impl Rig {
    /// Taken over and painted.
    pub(super) fn new(model: Model, stage: Stage) -> Rig {
        let mut rig =
            Rig { surface: Surface::new(model), device: Simulated::plugged(model), stage };
        rig.hello();
        rig.settle();
        rig
    }

    pub(super) fn hello(&mut self) {
        let device = &mut self.device;
        assert!(self.surface.hello(&mut |bytes| device.receive(bytes).map(|()| true).unwrap()));
        assert!(device.obeys());
    }

    /// One period; bytes sent.
    pub(super) fn refresh(&mut self) -> usize {
        let before = self.device.bytes();
        let device = &mut self.device;
        self.surface
            .refresh(&self.stage, &mut |bytes| device.receive(bytes).map(|()| true).unwrap());
        let sent = self.device.bytes() - before;
        assert!(sent <= BYTES_PER_REFRESH, "{sent} bytes in a period");
        sent
    }

    /// Until nothing is due.
    pub(super) fn settle(&mut self) {
        for _ in 0..20 {
            if self.refresh() == 0 {
                return;
            }
        }
        panic!("never settles");
    }

    pub(super) fn input(&mut self, bytes: &[u8]) -> Vec<PadIntent> {
        let mut intents = Vec::new();
        assert!(self.surface.input(bytes, &self.stage, &mut |intent| intents.push(intent)));
        intents
    }

    pub(super) fn press(&mut self, address: (u8, u8)) -> Vec<PadIntent> {
        let bytes = self.device.press(address, 100);
        self.input(&bytes)
    }

    pub(super) fn release(&mut self, address: (u8, u8)) -> Vec<PadIntent> {
        let bytes = self.device.release(address);
        self.input(&bytes)
    }

    /// Press and release; what both meant.
    pub(super) fn tap(&mut self, address: (u8, u8)) -> Vec<PadIntent> {
        let mut intents = self.press(address);
        intents.extend(self.release(address));
        intents
    }

    /// With `shift` held meanwhile.
    pub(super) fn shift_tap(&mut self, shift: u8, address: (u8, u8)) -> Vec<PadIntent> {
        let mut intents = self.press((0, shift));
        intents.extend(self.tap(address));
        intents.extend(self.release((0, shift)));
        intents
    }

    pub(super) fn pad(&self, column: u8, row: u8) -> (u8, u8) {
        self.device.pad(column, row)
    }

    pub(super) fn pad_light(&self, column: u8, row: u8) -> Rgb {
        let (channel, number) = self.pad(column, row);
        self.device.light(channel, number)
    }
}

/// The shift key of a device.
pub(super) fn shift_of(model: Model) -> u8 {
    match model {
        Model::LaunchpadX | Model::LaunchpadMini => 95,
        Model::LaunchpadPro => 90,
        Model::ApcMini | Model::Apc40Mk2 => 98,
        Model::ApcMiniMk2 => 122,
    }
}

/// The key of the first scene, and the step to the next.
pub(super) fn scene_of(model: Model, row: u8) -> (u8, u8) {
    let number = match model {
        Model::ApcMini | Model::Apc40Mk2 => 82 + row,
        Model::ApcMiniMk2 => 112 + row,
        _ => 89 - 10 * row,
    };
    (0, number)
}

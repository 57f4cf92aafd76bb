//! What one subscriber was told, so that it hears only of what changed.

use std::fmt::Arguments;
use std::sync::Arc;

use rosc::OscType;

use super::bundle::{LONGEST_TEXT, Packer, text};
use super::forms::Wish;
use super::state::{Meter, State, Track, word};
use crate::model::launch::ClipState;

/// The lowest level that is sent, in dB; silence is sent as this.
const FLOOR: f32 = -120.0;
/// The highest, well above the top of any fader.
const CEILING: f32 = 60.0;

/// What was sent; `None` for what was not yet.
#[derive(Debug, Default)]
pub(super) struct Sent {
    bpm: Option<f32>,
    playing: Option<bool>,
    metronome: Option<bool>,
    place: Option<[u32; 3]>,
    beat: Option<u32>,
    device: Option<Arc<str>>,
    notice: Option<Arc<str>>,
    track_count: Option<usize>,
    scene_count: Option<usize>,
    scenes: Vec<Option<Arc<str>>>,
    tracks: Vec<SentTrack>,
    returns: Vec<SentMeter>,
    master: SentMeter,
    master_volume: Option<f32>,
}

#[derive(Debug, Default)]
struct SentTrack {
    name: Option<Arc<str>>,
    active: Option<&'static str>,
    scene: Option<usize>,
    mute: Option<bool>,
    solo: Option<bool>,
    arm: Option<bool>,
    volume: Option<f32>,
    pan: Option<f32>,
    meter: SentMeter,
    slots: Vec<Option<ClipState>>,
}

#[derive(Debug, Default)]
struct SentMeter {
    peak: Option<[f32; 2]>,
    hold: Option<[f32; 2]>,
    over: Option<bool>,
    /// By place in the rack.
    reductions: Vec<Option<[f32; 2]>>,
}

impl Sent {
    /// Sends what `wish` wants of the state and was not told yet; the meters only if they are due.
    /// What no packet is left for comes the next time.
    pub fn tell(&mut self, state: &State, wish: &Wish, meters: bool, out: &mut Packer) {
        // What was there and is no longer is told as empty, so that no light stays on.
        self.scenes.resize(self.scenes.len().max(state.scenes.len()), None);
        let tracks = self.tracks.len().max(state.tracks.len());
        self.tracks.resize_with(tracks, SentTrack::default);
        if wish.transport {
            self.tell_transport(state, out);
        }
        if wish.messages {
            for (told, now, name) in [
                (&mut self.device, &state.device, "device"),
                (&mut self.notice, &state.notice, "notice"),
            ] {
                let said = || vec![text(now, LONGEST_TEXT)];
                change(told, now, format_args!("/state/{name}"), said, out);
            }
        }
        if wish.tracks {
            let count = state.tracks.len();
            let said = || vec![int(count)];
            change(&mut self.track_count, &count, format_args!("/state/tracks"), said, out);
            let volume = level(state.master_volume);
            let said = || vec![OscType::Float(volume)];
            let address = format_args!("/state/master/volume");
            change(&mut self.master_volume, &volume, address, said, out);
        }
        if wish.slots {
            let count = state.scenes.len();
            let said = || vec![int(count)];
            change(&mut self.scene_count, &count, format_args!("/state/scenes"), said, out);
            let none = Arc::from("");
            for (index, told) in self.scenes.iter_mut().enumerate() {
                let name = state.scenes.get(index).unwrap_or(&none);
                let said = || vec![text(name, LONGEST_TEXT)];
                change(told, name, format_args!("/state/scene/{}/name", index + 1), said, out);
            }
        }
        let none = Track::default();
        let track = |index: usize| state.tracks.get(index).unwrap_or(&none);
        if wish.tracks {
            let tracks = self.tracks.iter_mut().enumerate();
            tracks.for_each(|(index, told)| told.tell(index + 1, track(index), out));
        }
        if wish.meters && meters {
            self.master.tell(&state.master, format_args!("/state/master/meter"), out);
            for (index, told) in self.tracks.iter_mut().enumerate() {
                let address = format_args!("/state/meter/{}", index + 1);
                told.meter.tell(&track(index).meter, address, out);
            }
            let returns = self.returns.len().max(state.returns.len());
            self.returns.resize_with(returns, SentMeter::default);
            for (index, told) in self.returns.iter_mut().enumerate() {
                let now = state.returns.get(index).unwrap_or(&none.meter);
                told.tell(now, format_args!("/state/return/{}/meter", index + 1), out);
            }
        }
        if wish.slots {
            let tracks = self.tracks.iter_mut().enumerate();
            let rows = state.scenes.len();
            tracks.for_each(|(index, told)| told.tell_slots(index + 1, track(index), rows, out));
        }
        out.flush();
    }

    fn tell_transport(&mut self, state: &State, out: &mut Packer) {
        let bpm = if state.bpm.is_finite() { state.bpm as f32 } else { 0.0 };
        change(&mut self.bpm, &bpm, format_args!("/state/bpm"), || vec![OscType::Float(bpm)], out);
        switch(&mut self.playing, state.playing, format_args!("/state/playing"), out);
        switch(&mut self.metronome, state.metronome, format_args!("/state/metronome"), out);
        let at = [state.position.bar, state.position.beat, state.position.sixteenth];
        let said = || vec![OscType::String(format!("{}.{}.{}", at[0], at[1], at[2]))];
        change(&mut self.place, &at, format_args!("/state/position"), said, out);
        let beat = || vec![int(at[1] as usize)];
        change(&mut self.beat, &at[1], format_args!("/state/beat"), beat, out);
    }
}

impl SentTrack {
    fn tell(&mut self, n: usize, track: &Track, out: &mut Packer) {
        let said = || vec![text(&track.name, LONGEST_TEXT)];
        change(&mut self.name, &track.name, format_args!("/state/track/{n}/name"), said, out);
        let active = track.active();
        let (row, state) = active.map_or((0, "stopped"), |(row, state)| (row + 1, word(state)));
        let said = || vec![OscType::String(state.to_owned())];
        change(&mut self.active, &state, format_args!("/state/track/{n}/state"), said, out);
        let said = || vec![int(row)];
        change(&mut self.scene, &row, format_args!("/state/track/{n}/scene"), said, out);
        switch(&mut self.mute, track.mute, format_args!("/state/track/{n}/mute"), out);
        switch(&mut self.solo, track.solo, format_args!("/state/track/{n}/solo"), out);
        switch(&mut self.arm, track.arm, format_args!("/state/track/{n}/arm"), out);
        let volume = level(track.volume);
        let said = || vec![OscType::Float(volume)];
        change(&mut self.volume, &volume, format_args!("/state/track/{n}/volume"), said, out);
        let pan = if track.pan.is_finite() { track.pan } else { 0.0 };
        let said = || vec![OscType::Float(pan)];
        change(&mut self.pan, &pan, format_args!("/state/track/{n}/pan"), said, out);
    }

    fn tell_slots(&mut self, n: usize, track: &Track, rows: usize, out: &mut Packer) {
        let rows = self.slots.len().max(rows).max(track.slots.len());
        self.slots.resize(rows, None);
        for (row, told) in self.slots.iter_mut().enumerate() {
            let state = track.slots.get(row).copied().unwrap_or_default();
            let said = || vec![OscType::String(word(state).to_owned())];
            change(told, &state, format_args!("/state/slot/{n}/{}", row + 1), said, out);
        }
    }
}

/// Sends what is not as it was told.
fn change<T: PartialEq + Clone>(
    told: &mut Option<T>,
    now: &T,
    address: Arguments,
    said: impl FnOnce() -> Vec<OscType>,
    out: &mut Packer,
) {
    if told.as_ref() != Some(now) && out.add(address.to_string(), said()) {
        *told = Some(now.clone());
    }
}

fn switch(told: &mut Option<bool>, now: bool, address: Arguments, out: &mut Packer) {
    change(told, &now, address, || vec![OscType::Int(i32::from(now))], out);
}

impl SentMeter {
    fn tell(&mut self, now: &Meter, address: Arguments, out: &mut Packer) {
        let reductions = &now.reductions;
        pair(&mut self.peak, [now.left, now.right], address, out);
        pair(&mut self.hold, now.hold, format_args!("{address}/hold"), out);
        switch(&mut self.over, now.over, format_args!("{address}/over"), out);
        let places = reductions.iter().map(|r| r.insert + 1).max().unwrap_or(0);
        self.reductions.resize(self.reductions.len().max(places), None);
        for (insert, told) in self.reductions.iter_mut().enumerate() {
            let now = match reductions.iter().find(|r| r.insert == insert) {
                Some(r) => [r.now, r.hold],
                // An insert that turns nothing down is told of only where another did before.
                None if told.is_none() => continue,
                None => [0.0, 0.0],
            };
            pair(told, now, format_args!("{address}/reduction/{}", insert + 1), out);
        }
    }
}

fn pair(told: &mut Option<[f32; 2]>, now: [f32; 2], address: Arguments, out: &mut Packer) {
    // Tenths of a dB are more than any eye sees; the sum makes a zero of a negative one.
    let now = now.map(|x| (level(x) * 10.0).round() / 10.0 + 0.0);
    change(told, &now, address, || now.map(OscType::Float).to_vec(), out);
}

/// A level that every receiver can show: no infinity, and nothing that is no number.
fn level(db: f32) -> f32 {
    if db.is_nan() { FLOOR } else { db.clamp(FLOOR, CEILING) }
}

fn int(n: usize) -> OscType {
    OscType::Int(i32::try_from(n).unwrap_or(i32::MAX))
}

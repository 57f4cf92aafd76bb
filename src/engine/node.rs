//! One node of the mixer graph: a track, a group, a return bus, the cue or the master.

use std::sync::Arc;

use super::block::{BLOCK, Lag, Ramp, Smooth, StereoBlock};
use super::clock::Pos;
use super::meter::{Meter, MeterState};
use super::plan::{PlanLane, Target, TrackClips};
use super::protocol::Swap;
use super::rack::RackSlot;
use super::sequencer::{EventList, Player, VoiceEvent};
use super::track_voices::TrackVoices;
use crate::model::mixer::Db;

/// A fader: the value of the document, and automation's while it moves it.
#[derive(Clone, Copy, Debug)]
struct Fader {
    base: f32,
    automated: Option<f32>,
}

impl Fader {
    fn value(&self) -> f32 {
        self.automated.unwrap_or(self.base)
    }
}

/// A send's level.
#[derive(Clone, Copy, Debug)]
pub struct SendLevel {
    fader: Fader,
    gain: Smooth,
    /// Gain over the block just rendered.
    pub ramp: Ramp,
    /// Taken before the fader.
    pub pre: bool,
    /// 1 while the bus it goes to is soloed: open although its own strip is not.
    through: Smooth,
}

/// The strip: everything after the rack.
#[derive(Debug)]
pub struct Strip {
    volume: Fader,
    pan: Fader,
    mute: Fader,
    solo: bool,
    solo_safe: bool,
    left: Smooth,
    right: Smooth,
    open: Smooth,
    heard: Smooth,
    /// Level into the cue output.
    pub cue: Smooth,
    /// Cue gain over the block just rendered.
    pub cue_ramp: Ramp,
    /// Levels of the sends.
    pub sends: Vec<SendLevel>,
}

/// Settings a strip starts with.
#[derive(Clone, Debug, Default)]
pub struct StripSettings {
    /// Fader.
    pub volume: Db,
    /// −1…1.
    pub pan: f32,
    /// Silenced.
    pub mute: bool,
    /// Soloed.
    pub solo: bool,
    /// Heard whatever is soloed (buses).
    pub solo_safe: bool,
    /// Level of each send, and whether it is taken before the fader.
    pub sends: Vec<(Db, bool)>,
}

impl Strip {
    /// A strip at rest on its settings, heard until solo says otherwise.
    pub fn new(s: &StripSettings) -> Self {
        let fader = |base| Fader { base, automated: None };
        let send = |&(level, pre): &(Db, bool)| SendLevel {
            fader: fader(level.0),
            gain: Smooth::new(level.gain()),
            ramp: Ramp::flat(0.0),
            pre,
            through: Smooth::new(0.0),
        };
        let mut strip = Strip {
            volume: fader(s.volume.0),
            pan: fader(s.pan),
            mute: fader(if s.mute { 1.0 } else { 0.0 }),
            solo: s.solo,
            solo_safe: s.solo_safe,
            left: Smooth::new(0.0),
            right: Smooth::new(0.0),
            open: Smooth::new(0.0),
            heard: Smooth::new(1.0),
            cue: Smooth::new(0.0),
            cue_ramp: Ramp::flat(0.0),
            sends: s.sends.iter().map(send).collect(),
        };
        strip.update();
        strip.settle();
        strip
    }

    /// Have what `target` moves be where it is heading after `frames` frames of the next block.
    fn arrive(&mut self, target: Target, frames: usize) {
        match target {
            Target::Volume | Target::Pan => {
                self.left.arrive(frames);
                self.right.arrive(frames);
            }
            Target::Mute => self.open.arrive(frames),
            Target::Send(i) => {
                if let Some(send) = self.sends.get_mut(usize::from(i)) {
                    send.gain.arrive(frames);
                }
            }
            _ => {}
        }
    }

    /// Be where all values are heading.
    fn settle(&mut self) {
        for value in [&mut self.left, &mut self.right, &mut self.open, &mut self.heard] {
            value.jump();
        }
        for send in &mut self.sends {
            send.gain.jump();
            send.through.jump();
        }
    }

    /// Head for the gains the faders ask for. Pan is a balance: the far side falls linearly.
    fn update(&mut self) {
        let volume = Db(self.volume.value().min(Db::MAX.0)).gain();
        let pan = self.pan.value().clamp(-1.0, 1.0);
        self.left.set(volume * (1.0 - pan).min(1.0));
        self.right.set(volume * (1.0 + pan).min(1.0));
        self.open.set(if self.mute.value() >= 0.5 { 0.0 } else { 1.0 });
        for send in &mut self.sends {
            send.gain.set(Db(send.fader.value().min(Db::MAX.0)).gain());
        }
    }
}

/// What a node does with its input.
pub struct Node {
    /// Makes the sound of a track.
    pub voices: Option<TrackVoices>,
    /// What the track may play.
    pub clips: Arc<TrackClips>,
    /// Plays the track's clip.
    pub player: Player,
    /// What the voices shall do in the coming block.
    pub events: EventList,
    /// The inserts, in signal order.
    pub rack: Vec<RackSlot>,
    /// Everything after the rack.
    pub strip: Strip,
    /// What comes in from other nodes.
    pub input: StereoBlock,
    /// Delay of the node's own voices, to meet what comes in later.
    pub voices_lag: Lag,
    /// After the rack and the mute: what sidechains and pre-fader sends take.
    pub pre: StereoBlock,
    /// After the fader.
    pub post: StereoBlock,
    /// After the fader, whatever is soloed: what post-fader sends take.
    pub fader: StereoBlock,
    meter_state: MeterState,
    meter: Arc<Meter>,
    scratch: StereoBlock,
    /// The old rack, heard until the new one is warm and has been faded in.
    old_rack: Option<Box<Swap>>,
    /// Frames the new rack needs to be warm; `None` once the old one has gone silent.
    warming: Option<u32>,
    /// The old voices, cut and fading.
    old_voices: Option<Box<Swap>>,
    /// Blocks until the old voices are silent.
    fading: u32,
    /// Notes that voices it had before could not play.
    missed_before: u64,
    /// Frame of the coming block a clip starts on.
    starts: Option<u8>,
    /// Nothing came out of the rack in the block before.
    silent: bool,
}

/// Frames in which automation takes over the fader of a track that still sounds.
const TAKE_OVER: usize = 32;

/// Blocks that cut voices are still rendered for: 10 ms at 48 kHz, three times a cut's fade.
const FADE_BLOCKS: u32 = 8;

impl Node {
    /// A node with nothing in it for `rate` frames per second.
    pub fn new(strip: &StripSettings, rate: u32, seed: u64) -> Self {
        Node {
            voices: None,
            clips: Arc::default(),
            player: Player::new(seed),
            events: EventList::default(),
            rack: Vec::with_capacity(super::rack::MAX_INSERTS),
            strip: Strip::new(strip),
            input: StereoBlock::SILENT,
            voices_lag: Lag::default(),
            pre: StereoBlock::SILENT,
            post: StereoBlock::SILENT,
            fader: StereoBlock::SILENT,
            meter_state: MeterState::new(rate),
            meter: Arc::default(),
            scratch: StereoBlock::SILENT,
            old_rack: None,
            warming: None,
            old_voices: None,
            fading: 0,
            missed_before: 0,
            starts: None,
            silent: true,
        }
    }

    /// Take over a new rack. The old one is heard until the new one is warm, then they cross-fade
    /// over a block. Gives back what can be disposed of at once.
    pub fn swap_rack(&mut self, mut swap: Box<Swap>, bpm: f32) -> Option<Box<Swap>> {
        if let Swap::Rack { rack, .. } = &mut *swap {
            std::mem::swap(&mut self.rack, rack);
        }
        self.rack.iter_mut().for_each(|slot| slot.set_tempo(bpm));
        self.warming = Some(self.rack_latency());
        if self.old_rack.is_some() {
            // What was just replaced has not been heard yet.
            return Some(swap);
        }
        self.old_rack.replace(swap)
    }

    /// Take over new voices; the old ones fade. Gives back what can be disposed of at once.
    pub fn swap_voices(&mut self, mut swap: Box<Swap>, bpm: f32) -> Option<Box<Swap>> {
        if let Swap::Voices { voices, .. } = &mut *swap {
            std::mem::swap(&mut self.voices, voices);
            if let Some(old) = voices {
                old.handle(&VoiceEvent::CutAll);
                self.missed_before += old.missed();
            }
        }
        if let Some(voices) = &mut self.voices {
            voices.set_tempo(bpm);
        }
        self.fading = FADE_BLOCKS;
        self.old_voices.replace(swap)
    }

    /// What has been replaced and is heard no more.
    pub fn take_replaced(&mut self) -> Option<Box<Swap>> {
        if self.warming.is_none() && self.old_rack.is_some() {
            return self.old_rack.take();
        }
        if self.fading == 0 { self.old_voices.take() } else { None }
    }

    /// Notes and hits that were not heard: no voice was free, or too many came in one block.
    pub fn missed(&self) -> u64 {
        let now = self.voices.as_ref().map_or(0, TrackVoices::missed);
        self.missed_before + now + self.events.dropped
    }

    /// Its meter, to be read elsewhere.
    pub fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// Frames by which the rack delays.
    pub fn rack_latency(&self) -> u32 {
        self.rack.iter().map(RackSlot::latency).sum()
    }

    /// Set a value from the document or a hand.
    pub fn set(&mut self, target: Target, value: f32) {
        if value.is_nan() {
            return;
        }
        match target {
            Target::Volume => self.strip.volume.base = value,
            Target::Pan => self.strip.pan.base = value,
            Target::Mute => self.strip.mute.base = value,
            Target::Send(i) => {
                if let Some(send) = self.strip.sends.get_mut(usize::from(i)) {
                    send.fader.base = value;
                }
            }
            Target::Cue => self.strip.cue.set(if value >= 0.5 { 1.0 } else { 0.0 }),
            Target::Solo => self.strip.solo = value >= 0.5,
            Target::SoloSafe => self.strip.solo_safe = value >= 0.5,
            Target::Sound { .. } | Target::Insert { .. } | Target::Bypass(_) => {
                self.set_sound(target, value);
            }
        }
        self.strip.update();
    }

    /// Set a value from automation; `None` gives a fader back to its base. Parameters of sounds and
    /// inserts keep their last automated value.
    pub fn automate(&mut self, target: Target, value: Option<f32>) {
        if value.is_some_and(f32::is_nan) {
            return;
        }
        match target {
            Target::Volume => self.strip.volume.automated = value,
            Target::Pan => self.strip.pan.automated = value,
            Target::Mute => self.strip.mute.automated = value,
            Target::Send(i) => {
                if let Some(send) = self.strip.sends.get_mut(usize::from(i)) {
                    send.fader.automated = value;
                }
            }
            Target::Sound { .. } | Target::Insert { .. } | Target::Bypass(_) => {
                if let Some(value) = value {
                    self.set_sound(target, value);
                }
            }
            // Not for automation.
            Target::Cue | Target::Solo | Target::SoloSafe => {}
        }
        self.strip.update();
        if let Some(start) = self.starts {
            let before = if self.silent { 0 } else { usize::from(start).max(TAKE_OVER) };
            self.strip.arrive(target, before);
        }
    }

    /// A clip starts on frame `offset` of the coming block: what automation sets in it holds from
    /// that frame on. Where the track still sounds, the frames before lead there in a straight line,
    /// at least 32 of them (0.7 ms at 48 kHz), so that what sounds makes no step.
    pub fn starts(&mut self, offset: u8) {
        self.starts = Some(offset);
    }

    fn set_sound(&mut self, target: Target, value: f32) {
        match target {
            Target::Sound { sound, param } => {
                if let Some(voices) = &mut self.voices {
                    voices.set_param(sound, param, value);
                }
            }
            Target::Insert { index, param } => {
                if let Some(slot) = self.rack.get_mut(usize::from(index)) {
                    slot.set_param(param, value);
                }
            }
            Target::Bypass(index) => {
                if let Some(slot) = self.rack.get_mut(usize::from(index)) {
                    slot.set_bypass(value >= 0.5);
                }
            }
            _ => {}
        }
    }

    /// Move what `lanes` move to where they are at `at`, or give it back.
    pub fn automate_lanes(&mut self, lanes: &[PlanLane], at: Option<Pos>) {
        for lane in lanes {
            self.automate(lane.target, at.map(|at| lane.value(at)));
        }
    }

    /// Whether it is soloed.
    pub fn is_soloed(&self) -> bool {
        self.strip.solo
    }

    /// Whether it is heard whatever is soloed.
    pub fn is_solo_safe(&self) -> bool {
        self.strip.solo_safe
    }

    /// Silence the node's part because others are soloed, or not.
    pub fn set_solo_mute(&mut self, on: bool) {
        self.strip.heard.set(if on { 0.0 } else { 1.0 });
    }

    /// Keep a send open because its bus is soloed, or not.
    pub fn set_through(&mut self, send: usize, on: bool) {
        if let Some(send) = self.strip.sends.get_mut(send) {
            send.through.set(if on { 1.0 } else { 0.0 });
        }
    }

    /// Be where all values of the strip are heading.
    pub fn settle(&mut self) {
        self.strip.settle();
    }

    /// Tell the tempo.
    pub fn set_tempo(&mut self, bpm: f32) {
        if let Some(voices) = &mut self.voices {
            voices.set_tempo(bpm);
        }
        self.rack.iter_mut().for_each(|slot| slot.set_tempo(bpm));
    }

    /// Compute the next block: voices and input through rack and strip into `pre` and `post`.
    pub fn render(&mut self) {
        self.pre = self.input;
        if let Some(voices) = &mut self.voices {
            for event in self.events.iter() {
                voices.handle(event);
            }
            voices.render(&mut self.scratch);
        } else {
            self.scratch.clear();
        }
        self.fade_old_voices();
        self.voices_lag.process(&mut self.scratch);
        self.pre.add(&self.scratch);
        self.events.clear();
        self.run_rack();
        let strip = &mut self.strip;
        let (open, heard) = (strip.open.advance(), strip.heard.advance());
        self.pre.scale(open);
        self.fader = self.pre;
        scale(&mut self.fader.l, strip.left.advance());
        scale(&mut self.fader.r, strip.right.advance());
        self.post = self.fader;
        self.post.scale(heard);
        for send in &mut strip.sends {
            let (gain, through) = (send.gain.advance(), send.through.advance());
            // A send of a strip that solo silences is silent too, unless its bus is what is soloed.
            let open = |heard: f32, through: f32| heard + through - heard * through;
            let open = Ramp {
                from: open(heard.from, through.from),
                to: open(heard.to, through.to),
                over: heard.over.max(through.over),
            };
            send.ramp = gain.times(&open);
        }
        strip.cue_ramp = strip.cue.advance();
        self.meter_state.update(&self.post, &self.meter);
        self.silent = self.pre.is_silent();
        self.starts = None;
    }
}

impl Node {
    fn fade_old_voices(&mut self) {
        if self.fading == 0 {
            return;
        }
        self.fading -= 1;
        if let Some(Swap::Voices { voices: Some(old), .. }) = self.old_voices.as_deref_mut() {
            let mut fading = StereoBlock::SILENT;
            old.render(&mut fading);
            self.scratch.add(&fading);
        }
    }

    fn run_rack(&mut self) {
        let mut was = self.pre;
        for slot in &mut self.rack {
            slot.process(&mut self.pre);
        }
        let Some(warming) = self.warming else { return };
        if let Some(Swap::Rack { rack: old, .. }) = self.old_rack.as_deref_mut() {
            old.iter_mut().for_each(|slot| slot.process(&mut was));
        }
        if warming > 0 {
            self.warming = Some(warming.saturating_sub(BLOCK as u32));
            self.pre = was;
        } else {
            self.pre.fade_from(&was);
            self.warming = None;
        }
    }
}

fn scale(side: &mut [f32; BLOCK], ramp: Ramp) {
    if !ramp.is(1.0) {
        side.iter_mut().zip(ramp.gains()).for_each(|(x, g)| *x *= g);
    }
}

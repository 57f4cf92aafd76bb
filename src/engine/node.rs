//! One node of the mixer graph: a track, a group, a return bus, the cue or the master.

use std::sync::Arc;

use super::block::{BLOCK, Lag, StereoBlock};
use super::clock::Pos;
use super::contain::{Fault, contained};
use super::meter::{Meter, MeterState};
use super::plan::{PlanLane, Target, TrackClips};
use super::protocol::Swap;
use super::rack::RackSlot;
use super::sequencer::{EventList, Player, VoiceEvent};
use super::strip::{Strip, StripSettings};
use super::touch::{Beat, Touches};
use super::track_voices::TrackVoices;
use super::workers::CALLER;

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
    /// Performance effects, before the rack: of the master, whose limiter then still has the last
    /// word, and of groups.
    pub touches: Option<Box<Touches>>,
    /// Where the coming block lies in the music.
    pub beat: Beat,
    /// Frames by which what comes out of the rack lags the music.
    pub late: u32,
    /// Everything after the rack.
    pub strip: Strip,
    /// What comes in from other nodes.
    pub input: StereoBlock,
    /// What comes in from outside in the coming block.
    pub outside: Option<StereoBlock>,
    /// Delay of the node's own voices, to meet what comes in later.
    pub voices_lag: Lag,
    /// After the rack and the mute: what sidechains and pre-fader sends take.
    pub pre: StereoBlock,
    /// After the fader.
    pub post: StereoBlock,
    /// After the fader, whatever is soloed: what post-fader sends take.
    pub fader: StereoBlock,
    /// The thread that rendered it last.
    pub home: usize,
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
    /// It crashed and is silent from then on.
    broken: bool,
    /// Room for all that can break in one block.
    faults: Vec<Fault>,
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
            touches: None,
            beat: Beat { at: 0.0, per_frame: 0.0 },
            late: 0,
            strip: Strip::new(strip),
            input: StereoBlock::SILENT,
            home: CALLER,
            outside: None,
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
            broken: false,
            faults: Vec::with_capacity(super::rack::MAX_INSERTS + 2),
        }
    }

    /// Take over a new rack. The old one is heard until the new one is warm, then they cross-fade
    /// over a block. Gives back what can be disposed of at once.
    pub fn swap_rack(&mut self, mut swap: Box<Swap>, bpm: f32) -> Option<Box<Swap>> {
        if let Swap::Rack { rack, .. } = &mut *swap {
            std::mem::swap(&mut self.rack, rack);
        }
        self.meter_state.forget_reductions();
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
                // What they were told before the cut is still to be heard.
                self.fading = FADE_BLOCKS + old.latency().div_ceil(BLOCK as u32);
            }
        }
        if let Some(voices) = &mut self.voices {
            voices.set_tempo(bpm);
        }
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

    /// Begin anew what its meter keeps until then.
    pub fn reset_meter(&self) {
        self.meter.reset();
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
            Target::Sound { .. } | Target::Insert { .. } | Target::Bypass(_) => {
                self.set_sound(target, value);
            }
            Target::Touch(touch) => {
                if let Some(touches) = &mut self.touches {
                    touches.set(touch, value);
                }
            }
            _ => self.strip.set(target, value),
        }
    }

    /// Set a value from automation; `None` gives a fader back to its base. Parameters of sounds and
    /// inserts keep their last automated value.
    pub fn automate(&mut self, target: Target, value: Option<f32>) {
        if value.is_some_and(f32::is_nan) {
            return;
        }
        if let Target::Sound { .. } | Target::Insert { .. } | Target::Bypass(_) = target {
            if let Some(value) = value {
                self.set_sound(target, value);
            }
            return;
        }
        let due = self.starts.map(
            |start| {
                if self.silent { 0 } else { usize::from(start).max(TAKE_OVER) }
            },
        );
        self.strip.automate(target, value, due);
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

    /// Tell the tempo.
    pub fn set_tempo(&mut self, bpm: f32) {
        if let Some(voices) = &mut self.voices {
            voices.set_tempo(bpm);
        }
        self.rack.iter_mut().for_each(|slot| slot.set_tempo(bpm));
    }

    /// Compute the next block: voices and input through rack and strip into `pre` and `post`. Never
    /// panics: see [`contain`](super::contain).
    pub fn render(&mut self) {
        if self.broken || contained(|| self.compute()).is_none() {
            if !std::mem::replace(&mut self.broken, true) {
                self.faults.push(Fault::Strip);
            }
            for block in [&mut self.pre, &mut self.fader, &mut self.post] {
                block.clear();
            }
            self.events.clear();
        }
        self.meter_state.update(&self.post, &self.meter);
        self.meter_state.reductions(self.rack.iter().map(RackSlot::reduction), &self.meter);
        self.silent = self.pre.is_silent();
        self.starts = None;
    }

    /// Whether the coming block is quickly done: nothing comes in, starts or sounds, and the block
    /// before was silent to the last bit.
    pub fn is_idle(&self) -> bool {
        let voices = self.voices.as_ref().is_none_or(|v| v.sounding() == 0);
        self.silent
            && voices
            && self.outside.is_none()
            && self.events.iter().next().is_none()
            && self.input.is_silent()
    }

    /// Tell the engine's first frame of the coming block.
    pub fn at_frame(&mut self, frame: u64) {
        if let Some(voices) = &mut self.voices {
            voices.at_frame(frame);
        }
    }

    /// What broke since this was asked last.
    pub fn next_fault(&mut self) -> Option<Fault> {
        self.faults.pop()
    }
}

impl Node {
    fn compute(&mut self) {
        self.pre = self.input;
        if let Some(voices) = &mut self.voices {
            for event in self.events.iter() {
                voices.handle(event);
            }
            self.faults.extend(voices.render(&mut self.scratch));
        } else {
            self.scratch.clear();
        }
        if let Some(outside) = self.outside.take() {
            self.scratch.add(&outside);
        }
        self.fade_old_voices();
        self.voices_lag.process(&mut self.scratch);
        self.pre.add(&self.scratch);
        self.events.clear();
        if let Some(touches) = &mut self.touches {
            touches.process(&mut self.pre, &self.beat);
        }
        self.run_rack();
        self.strip.process(&mut self.pre, &mut self.fader, &mut self.post);
    }

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
        let mut late = self.late.saturating_sub(self.rack_latency());
        for (i, slot) in self.rack.iter_mut().enumerate() {
            // What reaches the slot was played so many frames ago.
            slot.at_beat(self.beat.at - f64::from(late) * self.beat.per_frame);
            late += slot.latency();
            slot.process(&mut self.pre);
            if slot.just_broke() {
                self.faults.push(Fault::Insert(i as u8));
            }
        }
        let Some(warming) = self.warming else { return };
        if let Some(Swap::Rack { rack: old, .. }) = self.old_rack.as_deref_mut() {
            for slot in old {
                slot.at_beat(self.beat.at);
                slot.process(&mut was);
            }
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

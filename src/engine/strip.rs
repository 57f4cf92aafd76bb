//! A strip: everything after the rack of a node, from mute over fader and pan to sends and solo.

use super::block::{BLOCK, Ramp, Smooth, StereoBlock};
use super::plan::Target;
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

impl SendLevel {
    /// A send at rest at this level.
    pub fn new(level: Db, pre: bool) -> Self {
        SendLevel {
            fader: Fader { base: level.0, automated: None },
            gain: Smooth::new(level.gain()),
            ramp: Ramp::flat(0.0),
            pre,
            through: Smooth::new(0.0),
        }
    }
}

/// The strip: everything after the rack.
#[derive(Debug)]
pub struct Strip {
    volume: Fader,
    pan: Fader,
    mute: Fader,
    /// Soloed.
    pub solo: bool,
    /// Heard whatever is soloed.
    pub solo_safe: bool,
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
            sends: s.sends.iter().map(|&(level, pre)| SendLevel::new(level, pre)).collect(),
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

    /// Set a value from the document or a hand.
    pub fn set(&mut self, target: Target, value: f32) {
        match target {
            Target::Volume => self.volume.base = value,
            Target::Pan => self.pan.base = value,
            Target::Mute => self.mute.base = value,
            Target::Send(i) => {
                if let Some(send) = self.sends.get_mut(usize::from(i)) {
                    send.fader.base = value;
                }
            }
            Target::Cue => self.cue.set(if value >= 0.5 { 1.0 } else { 0.0 }),
            Target::Solo => self.solo = value >= 0.5,
            Target::SoloSafe => self.solo_safe = value >= 0.5,
            Target::Sound { .. } | Target::Insert { .. } | Target::Bypass(_) | Target::Touch(_) => {
            }
        }
        self.update();
    }

    /// Set a value from automation; `None` gives a fader back to its base. `due` frames into the next
    /// block it is there; without, it glides.
    pub fn automate(&mut self, target: Target, value: Option<f32>, due: Option<usize>) {
        match target {
            Target::Volume => self.volume.automated = value,
            Target::Pan => self.pan.automated = value,
            Target::Mute => self.mute.automated = value,
            Target::Send(i) => {
                if let Some(send) = self.sends.get_mut(usize::from(i)) {
                    send.fader.automated = value;
                }
            }
            _ => {}
        }
        self.update();
        if let Some(frames) = due {
            self.arrive(target, frames);
        }
    }

    /// Silence it because others are soloed, or not.
    pub fn set_solo_mute(&mut self, on: bool) {
        self.heard.set(if on { 0.0 } else { 1.0 });
    }

    /// Keep a send open because its bus is soloed, or not.
    pub fn set_through(&mut self, send: usize, on: bool) {
        if let Some(send) = self.sends.get_mut(send) {
            send.through.set(if on { 1.0 } else { 0.0 });
        }
    }

    /// Be where all values are heading.
    pub fn settle(&mut self) {
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

    /// Run `pre`, what comes out of the rack, through mute and fader; `post` is what solo leaves of
    /// `fader`.
    pub fn process(
        &mut self,
        pre: &mut StereoBlock,
        fader: &mut StereoBlock,
        post: &mut StereoBlock,
    ) {
        let (open, heard) = (self.open.advance(), self.heard.advance());
        pre.scale(open);
        *fader = *pre;
        scale(&mut fader.l, self.left.advance());
        scale(&mut fader.r, self.right.advance());
        *post = *fader;
        post.scale(heard);
        for send in &mut self.sends {
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
        self.cue_ramp = self.cue.advance();
    }
}

fn scale(side: &mut [f32; BLOCK], ramp: Ramp) {
    if !ramp.is(1.0) {
        side.iter_mut().zip(ramp.gains()).for_each(|(x, g)| *x *= g);
    }
}

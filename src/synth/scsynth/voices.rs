//! The voices of a track that scsynth plays, with the embedded ones beside them.
//!
//! All voices sound a fixed latency after they are told to. What is told goes to scsynth at once, with its
//! frame, and into a queue; at its time each note is either scsynth's or, if scsynth is lost by then, it
//! is played by the embedded voices, on the same frame. So nothing is missing but the rest of the notes
//! that were sounding.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rtrb::{Consumer, Producer};

use super::returns::Shared;
use crate::engine::block::{BLOCK, StereoBlock};
use crate::engine::sound::{VoiceStart, Voices};

/// Notes at once, ended ones that were not yet noticed included.
const MAX_NOTES: usize = 192;
/// What may wait for its time: a block's worth of moved knobs for every block of the latency.
const MAX_DUE: usize = 4096;
/// Seconds after which a note that was let go and never ended is forgotten.
const FORGET_S: u64 = 60;

/// What scsynth's voices are told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Act {
    /// All notes of this track are over; the parameters follow anew.
    Reset,
    /// A note.
    Start { voice: u32, sound: u8, offset: u8, freq: f32, velocity: f32 },
    /// Its gate: 0 ends it, below −1 cuts it.
    Gate { voice: u32, gate: f32 },
    /// A parameter of a sound.
    Param { sound: u8, param: u16, value: f32 },
    /// BPM.
    Tempo(f32),
}

/// What is told, and the first frame of the block it is told in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Told {
    pub frame: u64,
    pub act: Act,
}

/// What became of a voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is over.
    Ended(u32),
    /// scsynth could not play it.
    Failed(u32),
}

/// The ends of the rings to and from the thread that talks to scsynth.
pub(super) struct Wire {
    /// The pair of scsynth's outputs.
    pub pair: usize,
    pub tell: Producer<Told>,
    pub fates: Consumer<Fate>,
    /// scsynth has the sounds.
    pub loaded: Arc<AtomicBool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Player {
    /// Its time has not come; whether scsynth was told.
    Waits {
        sent: bool,
    },
    Remote,
    Embedded,
}

struct Note {
    voice: u32,
    player: Player,
    /// Frame it was let go.
    let_go: Option<u64>,
}

pub(super) struct RemoteVoices {
    shared: Arc<Shared>,
    /// `None` for sounds that scsynth cannot play, and where all pairs are taken.
    wire: Option<Wire>,
    embedded: Box<dyn Voices>,
    frame: u64,
    due: VecDeque<Told>,
    notes: Vec<Note>,
    over: Vec<u32>,
    failed: u32,
    /// scsynth plays what comes.
    live: bool,
    /// scsynth was not told all: the ring was full.
    behind: bool,
    /// By sound and parameter, as last told.
    params: Vec<Vec<Option<f32>>>,
    bpm: f32,
}

impl RemoteVoices {
    /// Voices over `wire`, with `embedded` of the same sounds; `params` says how many parameters each has.
    pub(super) fn new(
        shared: Arc<Shared>,
        wire: Option<Wire>,
        embedded: Box<dyn Voices>,
        params: impl Iterator<Item = usize>,
    ) -> Self {
        RemoteVoices {
            shared,
            wire,
            embedded,
            frame: 0,
            due: VecDeque::with_capacity(MAX_DUE),
            notes: Vec::with_capacity(MAX_NOTES),
            over: Vec::with_capacity(2 * MAX_NOTES),
            failed: 0,
            live: false,
            behind: false,
            params: params.map(|count| vec![None; count]).collect(),
            bpm: 120.0,
        }
    }

    fn latency(&self) -> u64 {
        u64::from(self.shared.latency)
    }

    /// Tell scsynth. `false` when it was not told.
    fn tell(&mut self, act: Act) -> bool {
        let Some(wire) = self.wire.as_mut().filter(|_| !self.behind) else { return false };
        let told = wire.tell.push(Told { frame: self.frame, act }).is_ok();
        self.behind = !told;
        told
    }

    /// See whether scsynth still plays. If it does not, its notes are over.
    fn look(&mut self) {
        if self.behind {
            self.catch_up();
        }
        let loaded = self.wire.as_ref().is_some_and(|w| w.loaded.load(Ordering::Acquire));
        let live = loaded && !self.behind && self.shared.is_usable();
        if self.live && !live {
            for i in (0..self.notes.len()).rev() {
                match &mut self.notes[i].player {
                    Player::Remote => self.end(i),
                    Player::Waits { sent } => *sent = false,
                    Player::Embedded => {}
                }
            }
        }
        self.live = live;
    }

    /// Tell all anew once there is room.
    fn catch_up(&mut self) {
        let Some(wire) = &mut self.wire else { return };
        let params = self.params.iter().map(Vec::len).sum::<usize>();
        if wire.tell.slots() < (params + 2).max(wire.tell.buffer().capacity() / 2) {
            return;
        }
        self.behind = false;
        self.tell(Act::Reset);
        self.tell(Act::Tempo(self.bpm));
        for sound in 0..self.params.len() {
            for param in 0..self.params[sound].len() {
                if let Some(value) = self.params[sound][param] {
                    self.tell(Act::Param { sound: sound as u8, param: param as u16, value });
                }
            }
        }
    }

    fn end(&mut self, index: usize) {
        let voice = self.notes.swap_remove(index).voice;
        self.say_over(voice);
    }

    fn say_over(&mut self, voice: u32) {
        if self.over.len() < self.over.capacity() {
            self.over.push(voice);
        }
    }

    /// Keep for its time; `false` without room.
    fn later(&mut self, act: Act) -> bool {
        let room = self.due.len() < MAX_DUE;
        if room {
            self.due.push_back(Told { frame: self.frame, act });
        }
        room
    }

    fn let_go(&mut self, voice: u32, gate: f32) {
        let Some(i) = self.notes.iter().position(|n| n.voice == voice) else { return };
        self.notes[i].let_go.get_or_insert(self.frame);
        let player = self.notes[i].player;
        if matches!(player, Player::Remote | Player::Waits { sent: true }) {
            self.tell(Act::Gate { voice, gate });
        }
        if player != Player::Remote && !self.later(Act::Gate { voice, gate }) {
            self.embedded_gate(voice, gate);
        }
    }

    fn embedded_gate(&mut self, voice: u32, gate: f32) {
        let embedded = |n: &Note| n.voice == voice && n.player == Player::Embedded;
        if !self.notes.iter().any(embedded) {
        } else if gate < 0.0 {
            self.embedded.cut(voice, -1.0 - gate);
        } else {
            self.embedded.release(voice);
        }
    }

    /// Do for the embedded voices what has its time in the coming block.
    fn do_due(&mut self) {
        let latency = self.latency();
        while let Some(told) = self.due.front().filter(|t| t.frame + latency <= self.frame) {
            let act = told.act;
            self.due.pop_front();
            match act {
                Act::Start { voice, sound, offset, freq, velocity } => {
                    self.begin(VoiceStart { voice, sound, offset, freq, velocity });
                }
                Act::Gate { voice, gate } => self.embedded_gate(voice, gate),
                Act::Param { sound, param, value } => self.embedded.set_param(sound, param, value),
                Act::Tempo(bpm) => self.embedded.set_tempo(bpm),
                Act::Reset => {}
            }
        }
    }

    fn begin(&mut self, start: VoiceStart) {
        let Some(i) = self.notes.iter().position(|n| n.voice == start.voice) else { return };
        if self.notes[i].player == (Player::Waits { sent: true }) {
            self.notes[i].player = Player::Remote;
        } else if self.embedded.start(start) {
            self.notes[i].player = Player::Embedded;
        } else {
            self.failed += 1;
            self.end(i);
        }
    }

    /// What became of notes that scsynth plays.
    fn hear_fates(&mut self) {
        while let Some(fate) = self.wire.as_mut().and_then(|w| w.fates.pop().ok()) {
            let (Fate::Ended(voice) | Fate::Failed(voice)) = fate;
            let Some(i) = self.notes.iter().position(|n| n.voice == voice) else { continue };
            match (&mut self.notes[i].player, fate) {
                (Player::Embedded, _) => {}
                // There is still time.
                (Player::Waits { sent }, Fate::Failed(_)) => *sent = false,
                (_, Fate::Failed(_)) => {
                    self.failed += 1;
                    self.end(i);
                }
                (_, Fate::Ended(_)) => self.end(i),
            }
        }
    }

    /// Notes that should have ended long ago.
    fn forget(&mut self) {
        let long = FORGET_S * u64::from(self.shared.rate);
        for i in (0..self.notes.len()).rev() {
            let late = self.notes[i].let_go.is_some_and(|at| at + long < self.frame);
            if late && self.notes[i].player == Player::Remote {
                self.end(i);
            }
        }
    }
}

impl Voices for RemoteVoices {
    fn at_frame(&mut self, frame: u64) {
        self.frame = frame;
    }

    fn start(&mut self, start: VoiceStart) -> bool {
        let VoiceStart { voice, sound, offset, freq, velocity } = start;
        let act = Act::Start { voice, sound, offset, freq, velocity };
        if self.notes.len() >= MAX_NOTES || !self.later(act) {
            return false;
        }
        let sent = self.live && self.tell(act);
        self.notes.push(Note { voice, player: Player::Waits { sent }, let_go: None });
        true
    }

    fn release(&mut self, voice: u32) {
        self.let_go(voice, 0.0);
    }

    fn cut(&mut self, voice: u32, seconds: f32) {
        self.let_go(voice, -1.0 - seconds.max(0.0));
    }

    fn set_param(&mut self, sound: u8, param: u16, value: f32) {
        let known = self.params.get_mut(usize::from(sound));
        let Some(known) = known.and_then(|p| p.get_mut(usize::from(param))) else { return };
        if *known == Some(value) || !value.is_finite() {
            return;
        }
        *known = Some(value);
        let act = Act::Param { sound, param, value };
        self.tell(act);
        if !self.later(act) {
            self.embedded.set_param(sound, param, value);
        }
    }

    fn set_tempo(&mut self, bpm: f32) {
        self.bpm = bpm;
        self.tell(Act::Tempo(bpm));
        if !self.later(Act::Tempo(bpm)) {
            self.embedded.set_tempo(bpm);
        }
    }

    fn render(&mut self, out: &mut StereoBlock) {
        self.hear_fates();
        self.look();
        self.do_due();
        self.embedded.render(out);
        if let Some(wire) = self.wire.as_ref().filter(|_| self.live) {
            self.shared.pairs[wire.pair].add_to(out);
        }
        self.frame += BLOCK as u64;
        if self.frame.is_multiple_of(u64::from(self.shared.rate) * BLOCK as u64) {
            self.forget();
        }
    }

    fn next_ended(&mut self) -> Option<u32> {
        if let Some(voice) = self.over.pop() {
            return Some(voice);
        }
        let voice = self.embedded.next_ended()?;
        self.notes.retain(|n| n.voice != voice);
        Some(voice)
    }

    fn failed(&mut self) -> u32 {
        std::mem::take(&mut self.failed) + self.embedded.failed()
    }
}

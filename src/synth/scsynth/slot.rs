//! One track at scsynth: its sounds as they are set, and the notes it has there.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use rosc::{OscPacket, OscType};
use rtrb::{Consumer, Producer};

use super::talk::{message, text};
use super::voices::{Act, Fate, Told};
use crate::engine::block::BLOCK;
use crate::synth::score::Setting;

/// A note that scsynth has not begun so long after it was sent is none.
const BEGINS: Duration = Duration::from_millis(700);
/// Node ids of notes end here and begin anew.
const LAST_NODE: i32 = 2_000_000_000;
const FIRST_NODE: i32 = 100_000;

/// The group that a pair's notes play in.
pub(super) fn group(pair: usize) -> i32 {
    1000 + pair as i32
}

/// A track at scsynth.
pub(super) struct Slot {
    pub pair: usize,
    pub commands: Consumer<Told>,
    pub fates: Producer<Fate>,
    pub loaded: Arc<AtomicBool>,
    pub sounds: Vec<Setting>,
    pub bpm: f32,
    pub notes: Vec<Note>,
}

/// A note at scsynth.
#[derive(Debug)]
pub(super) struct Note {
    voice: u32,
    node: i32,
    sound: usize,
    /// Frame of the block it starts in.
    frame: u64,
    /// When it has to have begun; `None` once it has.
    begins: Option<Instant>,
}

impl Slot {
    /// The SynthDefs it plays.
    pub(super) fn names(&self) -> impl Iterator<Item = Arc<str>> + '_ {
        self.sounds.iter().map(|sound| Arc::clone(&sound.name))
    }

    /// Nobody speaks to it any more.
    pub(super) fn is_gone(&self) -> bool {
        self.commands.is_abandoned()
    }

    /// Take what it was told; `send` gets what that is to scsynth and its frame, and says whether it went.
    pub(super) fn take(
        &mut self,
        next_node: &mut i32,
        mut send: impl FnMut(u64, Vec<OscPacket>) -> bool,
    ) {
        while let Ok(Told { frame, act }) = self.commands.pop() {
            match act {
                Act::Reset => {
                    let all = vec![OscType::Int(group(self.pair))];
                    send(frame, vec![message("/g_freeAll", all)]);
                    self.notes.clear();
                }
                Act::Start { voice, sound, offset, freq, velocity } => {
                    let sound = usize::from(sound);
                    let Some(setting) = self.sounds.get(sound) else { continue };
                    let node = *next_node;
                    *next_node = if node < LAST_NODE { node + 1 } else { FIRST_NODE };
                    let start = self.start(setting, node, freq, velocity);
                    if send(frame + u64::from(offset), vec![start]) {
                        let begins = Some(Instant::now() + BEGINS);
                        self.notes.push(Note { voice, node, sound, frame, begins });
                    }
                }
                Act::Gate { voice, gate } => {
                    let Some(note) = self.notes.iter().find(|n| n.voice == voice) else { continue };
                    // A note hears nothing in the block it starts in.
                    let frame = frame.max(note.frame + BLOCK as u64);
                    if self.sounds[note.sound].gate {
                        send(frame, vec![set(note.node, "gate", gate)]);
                    }
                }
                Act::Param { sound, param, value } => {
                    let (sound, param) = (usize::from(sound), usize::from(param));
                    let Some(setting) = self.sounds.get_mut(sound) else { continue };
                    let known = setting.params.get_mut(param).zip(setting.limits.get(param));
                    let Some(((control, now), (min, max))) = known else { continue };
                    let value = value.clamp(*min, *max);
                    if *now != value {
                        *now = value;
                        let control = Arc::clone(control);
                        self.tell(frame, &control, value, |s| s == sound, &mut send);
                    }
                }
                Act::Tempo(bpm) => {
                    self.bpm = bpm;
                    let has = |sound: usize| self.sounds[sound].bpm;
                    self.tell(frame, "bpm", bpm, has, &mut send);
                }
            }
        }
    }

    fn start(&self, setting: &Setting, node: i32, freq: f32, velocity: f32) -> OscPacket {
        let mut args = vec![text(&setting.name)];
        args.extend([node, 1, group(self.pair)].map(OscType::Int));
        args.extend([text("out"), OscType::Int(2 * self.pair as i32)]);
        let own = [
            (setting.freq, "freq", freq),
            (setting.vel, "vel", velocity),
            (setting.bpm, "bpm", self.bpm),
        ];
        for (_, name, value) in own.into_iter().filter(|(has, ..)| *has) {
            args.extend([text(name), OscType::Float(value)]);
        }
        for (name, value) in &setting.params {
            args.extend([text(name), OscType::Float(*value)]);
        }
        message("/s_new", args)
    }

    /// Tell all notes of some sounds that were there before this block.
    fn tell(
        &self,
        frame: u64,
        control: &str,
        value: f32,
        of: impl Fn(usize) -> bool,
        send: &mut impl FnMut(u64, Vec<OscPacket>) -> bool,
    ) {
        let notes = self.notes.iter().filter(|n| of(n.sound) && n.frame < frame);
        let content: Vec<_> = notes.map(|n| set(n.node, control, value)).collect();
        if !content.is_empty() {
            send(frame, content);
        }
    }

    /// A node began to sound.
    pub(super) fn began(&mut self, node: i32) {
        if let Some(note) = self.notes.iter_mut().find(|n| n.node == node) {
            note.begins = None;
        }
    }

    /// A node is gone.
    pub(super) fn ended(&mut self, node: i32) {
        if let Some(i) = self.notes.iter().position(|n| n.node == node) {
            self.say(Fate::Ended(self.notes[i].voice));
            self.notes.swap_remove(i);
        }
    }

    /// A full ring means that the callback does not look; it forgets notes by itself in the end.
    fn say(&mut self, fate: Fate) {
        let _ = self.fates.push(fate);
    }

    /// The sound of a note that should have begun by now; such notes are over.
    pub(super) fn failed(&mut self, now: Instant) -> Option<Arc<str>> {
        let mut sound = None;
        while let Some(i) = self.notes.iter().position(|n| n.begins.is_some_and(|by| by < now)) {
            let note = self.notes.swap_remove(i);
            self.say(Fate::Failed(note.voice));
            sound = Some(Arc::clone(&self.sounds[note.sound].name));
        }
        sound
    }

    /// scsynth plays nothing of it any more.
    pub(super) fn clear(&mut self) {
        self.notes.clear();
    }
}

fn set(node: i32, control: &str, value: f32) -> OscPacket {
    message("/n_set", vec![OscType::Int(node), text(control), OscType::Float(value)])
}

#[cfg(test)]
mod tests {
    use rtrb::RingBuffer;

    use super::*;
    use crate::engine::sound::SoundSpec;
    use crate::synth::library::Library;

    /// What a hoover's track sends when it is told so.
    fn sent(told: &[Told]) -> Vec<(u64, String)> {
        let library = Library::built_in();
        let spec = SoundSpec { name: "hoover".into(), params: Default::default() };
        let (mut tell, commands) = RingBuffer::new(64);
        let (fates, _) = RingBuffer::new(64);
        told.iter().for_each(|told| tell.push(*told).unwrap());
        let mut slot = Slot {
            pair: 3,
            commands,
            fates,
            loaded: Arc::default(),
            sounds: vec![Setting::new(library.get("hoover").unwrap(), &spec)],
            bpm: 120.0,
            notes: Vec::new(),
        };
        let mut sent = Vec::new();
        slot.take(&mut 100_000, |frame, content| {
            for packet in content {
                let OscPacket::Message(m) = packet else { panic!("a message") };
                let args: Vec<String> = m.args.iter().take(6).map(ToString::to_string).collect();
                sent.push((frame, format!("{} {}", m.addr, args.join(" "))));
            }
            true
        });
        assert!(!slot.is_gone());
        drop(tell);
        assert!(slot.is_gone());
        sent
    }

    #[test]
    fn a_note_hears_nothing_in_the_block_it_starts() {
        let start = Act::Start { voice: 7, sound: 0, offset: 9, freq: 220.0, velocity: 0.5 };
        let gate = |voice, gate| Act::Gate { voice, gate };
        let told = [
            (64, start),
            (64, gate(7, -1.003)),
            (64, Act::Param { sound: 0, param: 0, value: f32::MAX }),
            (128, Act::Tempo(99.0)),
            (128, Act::Param { sound: 0, param: 0, value: f32::MAX }),
            (192, gate(8, 0.0)),
            (192, gate(7, 0.0)),
            (256, Act::Reset),
            (256, gate(7, 0.0)),
        ];
        let sent = sent(&told.map(|(frame, act)| Told { frame, act }));
        let lines: Vec<(u64, &str)> = sent.iter().map(|(f, s)| (*f, s.as_str())).collect();
        let expected = [
            (73, "/s_new (s) hoover (i) 100000 (i) 1 (i) 1003 (s) out (i) 6"),
            (128, "/n_set (i) 100000 (s) gate (f) -1.003"),
            (128, "/n_set (i) 100000 (s) bpm (f) 99"),
            (192, "/n_set (i) 100000 (s) gate (f) 0"),
            (256, "/g_freeAll (i) 1003"),
        ];
        assert_eq!(lines, expected);
    }
}

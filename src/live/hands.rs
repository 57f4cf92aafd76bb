//! Hands on the instrument: MIDI as it arrives at the callback, and the lights that answer.
//!
//! A message is resolved where it arrives, by tables that the engine thread prepares and swaps in, and
//! becomes a command on its own frame: pads and keys wait for no thread. What needs the document goes to
//! the engine thread as a question. Nothing here allocates, locks or waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rtrb::{Consumer, Producer};

use super::grid::Grid;
use crate::device::MIDI_PORTS;
use crate::device::port::Period;
use crate::engine::protocol::{Command, Gesture, Pos, Target, Timed, When};
use crate::engine::ring::ring;
use crate::midi::clock_in::{ClockChange, ClockEvent, ClockIn};
use crate::midi::pads::{PadIntent, Surface};
use crate::midi::route::{Route, RouteState, Routed};
use crate::midi::stream::{Message, Stream};
use crate::model::time::{Bpm, PPQ, Ticks};
use crate::model::travel::Scale;

/// What messages do, and what is held of them.
pub struct Wired {
    /// Which message does what.
    pub route: Route,
    /// Keys, pedals and faders.
    pub state: RouteState,
}

/// A change of what the callback works with; what it replaced comes back in its place.
pub enum Control {
    /// Another map or other armed tracks.
    Wired(Box<Wired>),
    /// Another grid.
    Grid(Box<Grid>),
    /// The controller on a port, new or gone.
    Surface(usize, Option<Box<Surface>>),
    /// Every held note ends.
    Panic,
}

/// What needs the document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Asked {
    /// A key of a pad controller.
    Intent(PadIntent),
    /// An action of the map, pressed or let go.
    Action(u16, bool),
    /// Something that could be learned: port, and up to three bytes.
    Heard(u8, [u8; 3], u8),
}

#[derive(Default)]
struct Port {
    stream: Stream,
    surface: Option<Box<Surface>>,
    /// The controller has not been told all it must know.
    greets: bool,
}

/// The callback's hands.
pub struct Hands {
    ports: [Port; MIDI_PORTS],
    wired: Box<Wired>,
    grid: Box<Grid>,
    /// Follows another machine's clock.
    clock: Option<ClockIn>,
    inbox: Consumer<Control>,
    outbox: Producer<Control>,
    out: Out,
    heard: Arc<AtomicU64>,
}

/// Where what was resolved goes.
struct Out {
    commands: Producer<Timed>,
    asks: Producer<Asked>,
    /// Commands and questions that found no room.
    lost: u64,
}

impl Out {
    fn play(&mut self, frame: u64, gesture: Gesture) {
        let timed = Timed { when: When::Frame(frame), command: Command::Play(gesture) };
        self.lost += u64::from(self.commands.push(timed).is_err());
    }

    fn ask(&mut self, asked: Asked) {
        self.lost += u64::from(self.asks.push(asked).is_err());
    }

    fn clock(&mut self, event: ClockEvent) {
        let sixteenth = Pos::from(Ticks(PPQ / 4)).0;
        let gesture = match event.change {
            ClockChange::Start => Gesture::Start,
            ClockChange::Continue => Gesture::Continue,
            ClockChange::Stop => Gesture::Stop,
            ClockChange::Locate(sixteenths) => {
                Gesture::Locate(Pos(sixteenth * i64::from(sixteenths)))
            }
            ClockChange::Tempo(bpm) => Gesture::Tempo(bpm),
        };
        self.play(event.frame, gesture);
    }

    fn routed(&mut self, frame: u64, routed: Routed) {
        match routed {
            Routed::Play(gesture) => self.play(frame, gesture),
            Routed::Action { index, pressed } => self.ask(Asked::Action(index, pressed)),
            Routed::Value { node, target, value } => {
                self.play(frame, Gesture::Set { node, target, value });
            }
        }
    }
}

/// The engine thread's ends of the rings.
pub struct Ends {
    /// Changes for the callback.
    pub inbox: Producer<Control>,
    /// What they replaced, to be dropped.
    pub outbox: Consumer<Control>,
    /// What needs the document.
    pub asks: Consumer<Asked>,
    /// Messages that were heard so far. What machines send by themselves, clocks and signs of life, is not
    /// counted.
    pub heard: Arc<AtomicU64>,
}

impl Hands {
    /// Hands whose commands go into `commands`, a ring of the renderer.
    pub fn new(wired: Wired, grid: Grid, commands: Producer<Timed>) -> (Hands, Ends) {
        let (to, inbox) = ring(256, || Control::Panic);
        let (outbox, from) = ring(512, || Control::Panic);
        let (asks, asked) = ring(1024, || Asked::Action(0, false));
        let hands = Hands {
            ports: Default::default(),
            wired: Box::new(wired),
            grid: Box::new(grid),
            clock: None,
            inbox,
            outbox,
            out: Out { commands, asks, lost: 0 },
            heard: Arc::default(),
        };
        let heard = Arc::clone(&hands.heard);
        (hands, Ends { inbox: to, outbox: from, asks: asked, heard })
    }

    /// Follow the MIDI clock of whichever port sends one: its tempo, its start, stop and position.
    pub fn follow_clock(&mut self, rate: u32, tempo: Bpm) {
        self.clock = Some(ClockIn::new(rate, tempo));
    }

    /// Take in what the engine thread prepared. `frame` is the first of the period.
    pub fn prepare(&mut self, frame: u64) {
        while !self.outbox.is_full()
            && let Ok(control) = self.inbox.pop()
        {
            let back = match control {
                Control::Wired(mut new) => {
                    let Wired { route, state } = &mut *self.wired;
                    let out = &mut self.out;
                    new.state.adopt(&new.route, route, state, &mut |r| out.routed(frame, r));
                    Control::Wired(std::mem::replace(&mut self.wired, new))
                }
                Control::Grid(new) => Control::Grid(std::mem::replace(&mut self.grid, new)),
                Control::Surface(port, new) => match self.ports.get_mut(port) {
                    Some(there) => {
                        if let Some(old) = &mut there.surface {
                            let (wired, grid) = (&mut *self.wired, &mut *self.grid);
                            let (own, out) = (port as u8, &mut self.out);
                            old.let_go(&mut |i| intent(i, own, frame, wired, grid, out));
                        }
                        there.greets = new.is_some();
                        Control::Surface(port, std::mem::replace(&mut there.surface, new))
                    }
                    // No such port: it goes back as it came, and is not dropped here.
                    None => Control::Surface(port, new),
                },
                Control::Panic => {
                    let Wired { route, state } = &mut *self.wired;
                    let out = &mut self.out;
                    route.panic(state, &mut |r| out.routed(frame, r));
                    Control::Panic
                }
            };
            // There is room: it was looked for.
            let _ = self.outbox.push(back);
        }
    }

    /// A message that arrived on `port` at `frame`.
    pub fn hear(&mut self, port: usize, frame: u64, bytes: &[u8]) {
        if bytes.first().is_some_and(|first| *first < 0xF8) {
            self.heard.fetch_add(1, Relaxed);
        }
        let Hands { ports, wired, grid, out, clock, .. } = self;
        let Some(there) = ports.get_mut(port) else { return };
        let port = port as u8;
        if let Some(surface) = &mut there.surface {
            let (wired, grid, out) = (&mut **wired, &mut **grid, &mut *out);
            let ours = {
                // The view is read while intents change it: they are few, and come out afterwards.
                let mut said = [None; 16];
                let mut count = 0;
                let ours = surface.input(bytes, &*grid, &mut |i| {
                    if let Some(place) = said.get_mut(count) {
                        *place = Some(i);
                        count += 1;
                    }
                });
                for i in said.into_iter().flatten() {
                    intent(i, port, frame, wired, grid, out);
                }
                ours
            };
            if ours {
                return;
            }
        }
        if let [a @ 0x80..=0xEF, rest @ ..] = bytes {
            let mut short = [*a, 0, 0];
            short.iter_mut().skip(1).zip(rest).for_each(|(to, from)| *to = *from);
            out.ask(Asked::Heard(port, short, bytes.len().min(3) as u8));
        }
        let Wired { route, state } = &mut **wired;
        there.stream.feed(bytes, &mut |message| {
            if let Some(clock) = clock {
                clock.message(&message, frame, &mut |event| out.clock(event));
            }
            route.resolve(port, &message, state, &mut |r| out.routed(frame, r));
        });
    }

    /// Light the controllers as the set is now.
    pub fn show(&mut self, period: &mut dyn Period) {
        for (index, port) in self.ports.iter_mut().enumerate() {
            let Some(surface) = &mut port.surface else {
                self.grid.tell_part(index, None);
                continue;
            };
            let mut out = |bytes: &[u8]| period.midi_out(index, 0, bytes);
            if port.greets {
                port.greets = !surface.hello(&mut out);
            }
            if !port.greets {
                surface.refresh(&*self.grid, &mut out);
                self.grid.tell_part(index, Some(surface.window()));
            }
        }
    }

    /// Commands and questions that found no room since the last call.
    pub fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.out.lost)
    }
}

/// Do what a pad controller asks, or have it done.
fn intent(i: PadIntent, port: u8, frame: u64, wired: &mut Wired, grid: &mut Grid, out: &mut Out) {
    let flag = |on: bool| f32::from(u8::from(on));
    let gesture = match i {
        PadIntent::Launch { track, scene, velocity } => {
            let armed = grid.columns.get(usize::from(track)).is_some_and(|c| c.armed);
            let records = grid.records(track, scene);
            if records || (armed && !grid.is_filled(track, scene)) {
                return out.ask(Asked::Intent(i));
            }
            Gesture::Launch { node: track, row: scene, velocity: velocity.max(1) }
        }
        PadIntent::Release { track, scene } => Gesture::Release { node: track, row: scene },
        PadIntent::LaunchScene(row) => Gesture::LaunchScene(row),
        PadIntent::StopTrack(node) => Gesture::StopTrack(node),
        PadIntent::StopAll => Gesture::StopAll,
        PadIntent::Mute(node) => {
            let Some(column) = grid.columns.get_mut(usize::from(node)) else { return };
            column.mute = !column.mute;
            Gesture::Set { node, target: Target::Mute, value: flag(column.mute) }
        }
        PadIntent::Solo(node) => {
            let Some(column) = grid.columns.get_mut(usize::from(node)) else { return };
            column.solo = !column.solo;
            Gesture::Set { node, target: Target::Solo, value: flag(column.solo) }
        }
        PadIntent::Volume { track: node, value } => {
            Gesture::Set { node, target: Target::Volume, value: fader(value) }
        }
        PadIntent::Master(value) => {
            Gesture::Set { node: grid.master, target: Target::Volume, value: fader(value) }
        }
        PadIntent::Pan { track: node, value } => {
            let value = (f32::from(value) - 64.0) / 63.0;
            Gesture::Set { node, target: Target::Pan, value: value.clamp(-1.0, 1.0) }
        }
        PadIntent::Send { track: node, value } => {
            Gesture::Set { node, target: Target::Send(0), value: fader(value) }
        }
        PadIntent::Knob { index, value } => {
            let Some(knob) = grid.knobs.get(usize::from(index)) else { return };
            let value = knob.scale.value(f32::from(value.min(127)) / 127.0);
            Gesture::Set { node: knob.node, target: knob.target, value }
        }
        PadIntent::Cue(steps) => {
            grid.cue_travel = (grid.cue_travel + f32::from(steps) / 127.0).clamp(0.0, 1.0);
            let value = Scale::Fader.value(grid.cue_travel);
            Gesture::Set { node: grid.cue, target: Target::Volume, value }
        }
        PadIntent::NoteOn { pitch, velocity } => {
            let message = Message::NoteOn { channel: 0, pitch, velocity };
            let Wired { route, state } = wired;
            return route.resolve(port, &message, state, &mut |r| out.routed(frame, r));
        }
        PadIntent::NoteOff { pitch } => {
            let message = Message::NoteOff { channel: 0, pitch, velocity: 0 };
            let Wired { route, state } = wired;
            return route.resolve(port, &message, state, &mut |r| out.routed(frame, r));
        }
        other => return out.ask(Asked::Intent(other)),
    };
    out.play(frame, gesture);
}

fn fader(value: u8) -> f32 {
    Scale::Fader.value(f32::from(value.min(127)) / 127.0)
}

//! The compiled form of a map: from a message to what it does, on the callback's time.
//!
//! A [`Route`] is immutable, made off the callback from the map, the ports and the armed tracks; its
//! [`RouteState`] belongs to whoever resolves messages. When something is edited, a new pair is made
//! and [`RouteState::adopt`] carries over what is held, so that no note and no press hangs.

mod build;
#[cfg(test)]
mod tests;

pub use build::{Armed, Compiled, Route};
use build::{Entry, Task, Value};

use super::encoder::Pair;
use super::held::Held;
use super::stream::Message;
use super::takeover::Grip;
use crate::engine::protocol::{Gesture, Target};
use crate::model::control::{CHANNEL_MODE, Control, Response, Takeover};

/// The sustain pedal's controller.
const SUSTAIN: u8 = 64;
/// Controller that sets all others back; it lifts the pedal.
const RESET: u8 = 121;
/// Channel mode message that says nothing about notes.
const LOCAL: u8 = 122;
/// Where the pitch wheel presses, in its 14 bits: half-way up from its rest.
const WHEEL_PRESSES: u16 = 12288;

/// What a message does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Routed {
    /// Something for the callback, in order.
    Play(Gesture),
    /// An action of the session's.
    Action {
        /// Number in the resolver's list.
        index: u16,
        /// Pressed or let go.
        pressed: bool,
    },
    /// A parameter's new value, where the latest wins.
    Value {
        /// Node.
        node: u16,
        /// What of it.
        target: Target,
        /// In its own unit.
        value: f32,
    },
}

impl Route {
    /// Finds out what a message of the port with that number does. Allocates nothing.
    pub fn resolve(
        &self,
        port: u8,
        message: &Message<'_>,
        state: &mut RouteState,
        out: &mut dyn FnMut(Routed),
    ) {
        match *message {
            Message::NoteOn { channel, pitch, velocity } => {
                let from = (port, channel);
                if let Some(at) = self.find(&self.notes, pitch, from) {
                    self.release(at, state, out);
                    self.press(at, port, velocity, state, out);
                } else {
                    let hears = |a: &&Armed| {
                        a.port.is_none_or(|own| own == port)
                            && a.channel.is_none_or(|own| own == channel)
                    };
                    let nodes = self.armed.iter().filter(hears).map(|a| a.node);
                    state.held.press(from, (pitch, velocity), nodes, &mut play(out));
                }
            }
            Message::NoteOff { channel, pitch, .. } => {
                // A key may have gone down before it was bound.
                state.held.release((port, channel), pitch, &mut play(out));
                if let Some(at) = self.find(&self.notes, pitch, (port, channel)) {
                    self.release(at, state, out);
                }
            }
            Message::Control { channel, controller: CHANNEL_MODE.., .. } => {
                self.mode((port, channel), message, state, out);
            }
            Message::Control { channel, controller, value } => {
                let bound = self.find(&self.controls, controller, (port, channel));
                // The pedal may have gone down before it was bound.
                if controller == SUSTAIN && (bound.is_none() || value < 64) {
                    state.held.pedal((port, channel), value >= 64, &mut play(out));
                }
                if let Some(at) = bound {
                    self.control(at, port, controller, value, state, out);
                }
            }
            Message::Program { channel, program } => {
                if let Some(at) = self.find(&self.programs, program, (port, channel)) {
                    self.press(at, port, 127, state, out);
                    self.release(at, state, out);
                }
            }
            Message::Bend { channel, value } => {
                let hears = |at: &&u16| self.hears(**at, (port, channel));
                if let Some(at) = self.bends.iter().find(hears) {
                    let wide = value.saturating_add(8192).clamp(0, 16383) as u16;
                    self.moved(*at, port, wide, wide >= WHEEL_PRESSES, state, out);
                }
            }
            _ => {}
        }
    }

    /// Ends everything that is held: notes, also those on pedals, and presses.
    pub fn panic(&self, state: &mut RouteState, out: &mut dyn FnMut(Routed)) {
        state.held.silence_all(&mut play(out));
        self.release_all(None, state, out);
    }

    /// Ends what a port holds, which is gone.
    pub fn port_gone(&self, port: u8, state: &mut RouteState, out: &mut dyn FnMut(Routed)) {
        state.held.silence(port, None, &mut play(out));
        self.release_all(Some(port), state, out);
    }

    fn release_all(&self, port: Option<u8>, state: &mut RouteState, out: &mut dyn FnMut(Routed)) {
        for at in 0..state.controls.len() {
            let by = state.controls.get(at).and_then(|control| control.down);
            if by.is_some() && (port.is_none() || port == by) {
                self.release(at as u16, state, out);
            }
        }
    }

    /// A channel mode message: 121 lifts the pedal, 122 is none of our business, all others mean
    /// that no note goes on.
    fn mode(
        &self,
        from: (u8, u8),
        message: &Message<'_>,
        state: &mut RouteState,
        out: &mut dyn FnMut(Routed),
    ) {
        match message {
            Message::Control { controller: RESET, .. } => {
                state.held.pedal(from, false, &mut play(out));
            }
            Message::Control { controller: LOCAL, .. } => {}
            _ => state.held.silence(from.0, Some(from.1), &mut play(out)),
        }
    }

    /// A binding and what it remembers.
    fn at<'a>(
        &'a self,
        at: u16,
        state: &'a mut RouteState,
    ) -> Option<(&'a Entry, &'a mut ControlState)> {
        let place = usize::from(at);
        self.entries.get(place).zip(state.controls.get_mut(place))
    }

    fn hears(&self, at: u16, from: (u8, u8)) -> bool {
        self.entries.get(usize::from(at)).is_some_and(|entry| entry.hears(from))
    }

    fn find(&self, lists: &[Vec<u16>], number: u8, from: (u8, u8)) -> Option<u16> {
        lists.get(usize::from(number))?.iter().copied().find(|at| self.hears(*at, from))
    }

    fn control(
        &self,
        at: u16,
        port: u8,
        controller: u8,
        value: u8,
        state: &mut RouteState,
        out: &mut dyn FnMut(Routed),
    ) {
        let Some((entry, control)) = self.at(at, state) else {
            return;
        };
        if let Task::Value(Value { response: Response::Relative { encoding, linear }, .. }) =
            entry.task
        {
            self.turned(at, encoding.steps(value, linear), state, out);
            return;
        }
        let wide = match entry.kind {
            Control::Control14(upper) if controller == upper => Some(control.pair.upper(value)),
            Control::Control14(_) => control.pair.lower(value),
            _ => Some(u16::from(value) << 7 | u16::from(value)),
        };
        if let Some(wide) = wide {
            self.moved(at, port, wide, wide >= 8192, state, out);
        }
    }

    /// An absolute control is at `wide`, 0–16383.
    fn moved(
        &self,
        at: u16,
        port: u8,
        wide: u16,
        pressed: bool,
        state: &mut RouteState,
        out: &mut dyn FnMut(Routed),
    ) {
        let Some((entry, control)) = self.at(at, state) else {
            return;
        };
        if let Task::Value(value @ Value { response: Response::Absolute(takeover), .. }) =
            entry.task
        {
            // A switch has no place that a fader could pick up.
            let takeover = if value.scale.is_stepped() { Takeover::Jump } else { takeover };
            let hand = f32::from(wide) / 16383.0;
            let Some(share) = control.grip.moved(takeover, hand, value.share(control.travel))
            else {
                return;
            };
            let travel = value.travel(share);
            // Moved within a step, a fader says nothing new.
            let step = value.scale.is_stepped().then(|| value.scale.value(travel));
            let before = std::mem::replace(&mut control.step, step);
            if step.is_none() || step != before {
                self.set(&value, travel, state, out);
            }
        } else if pressed != control.down.is_some() {
            if pressed {
                self.press(at, port, (wide >> 7).max(1) as u8, state, out);
            } else {
                self.release(at, state, out);
            }
        }
    }

    /// An endless encoder went `steps` further.
    fn turned(&self, at: u16, steps: i8, state: &mut RouteState, out: &mut dyn FnMut(Routed)) {
        let Some((entry, control)) = self.at(at, state) else {
            return;
        };
        if let Task::Value(value) = entry.task
            && steps != 0
        {
            let range = value.max - value.min;
            let step = if value.scale.is_stepped() {
                value.scale.step() * range.signum()
            } else {
                value.scale.step() * range
            };
            let (low, high) = (value.min.min(value.max), value.min.max(value.max));
            let travel = (control.travel + f32::from(steps) * step).clamp(low, high);
            self.set(&value, travel, state, out);
        }
    }

    fn press(
        &self,
        at: u16,
        port: u8,
        velocity: u8,
        state: &mut RouteState,
        out: &mut dyn FnMut(Routed),
    ) {
        let Some((entry, control)) = self.at(at, state) else {
            return;
        };
        control.down = Some(port);
        let travel = control.travel;
        match entry.task {
            Task::Nothing => {}
            Task::Gesture { press, .. } => out(Routed::Play(with_velocity(press, velocity))),
            Task::Action(index) => out(Routed::Action { index, pressed: true }),
            Task::Value(value) if value.response == Response::Toggle => {
                let at_max = (travel - value.max).abs() < (travel - value.min).abs();
                self.set(&value, if at_max { value.min } else { value.max }, state, out);
            }
            Task::Value(value) => self.set(&value, value.max, state, out),
        }
    }

    /// Ends a press, if there is one.
    fn release(&self, at: u16, state: &mut RouteState, out: &mut dyn FnMut(Routed)) {
        let Some((entry, control)) = self.at(at, state) else {
            return;
        };
        if control.down.take().is_none() {
            return;
        }
        match entry.task {
            Task::Gesture { release: Some(release), .. } => out(Routed::Play(release)),
            Task::Action(index) => out(Routed::Action { index, pressed: false }),
            Task::Value(value) if value.response == Response::Momentary => {
                self.set(&value, value.min, state, out);
            }
            _ => {}
        }
    }

    /// Moves a parameter, for all controls that are bound to it.
    fn set(&self, value: &Value, travel: f32, state: &mut RouteState, out: &mut dyn FnMut(Routed)) {
        let (node, target) = (value.node, value.target);
        let amount = value.scale.value(travel);
        self.each_of(node, target, state, &mut |_, control| control.travel = travel);
        out(Routed::Value { node, target, value: amount });
    }

    fn each_of(
        &self,
        node: u16,
        target: Target,
        state: &mut RouteState,
        each: &mut dyn FnMut(&Value, &mut ControlState),
    ) {
        for (entry, control) in self.entries.iter().zip(&mut state.controls) {
            if let Task::Value(own) = &entry.task
                && (own.node, own.target) == (node, target)
            {
                each(own, control);
            }
        }
    }
}

fn play(out: &mut dyn FnMut(Routed)) -> impl FnMut(Gesture) {
    move |gesture| out(Routed::Play(gesture))
}

/// The gesture with the velocity of the press, where it has one.
fn with_velocity(gesture: Gesture, velocity: u8) -> Gesture {
    match gesture {
        Gesture::Launch { node, row, .. } => Gesture::Launch { node, row, velocity },
        Gesture::NoteOn { node, pitch, .. } => Gesture::NoteOn { node, pitch, velocity },
        other => other,
    }
}

/// What a binding remembers.
#[derive(Clone, Copy, Debug, Default)]
struct ControlState {
    /// The port that presses it.
    down: Option<u8>,
    grip: Grip,
    pair: Pair,
    /// The switch position or choice that its fader is at.
    step: Option<f32>,
    /// Where its parameter is.
    travel: f32,
}

/// What is held and where parameters are; of fixed size once made.
#[derive(Debug)]
pub struct RouteState {
    controls: Vec<ControlState>,
    held: Held,
}

impl RouteState {
    /// The state for `route`, with nothing held.
    pub fn new(route: &Route) -> Self {
        let control = |entry: &Entry| ControlState { travel: entry.travel, ..Default::default() };
        let controls = route.entries.iter().map(control).collect();
        RouteState { controls, held: Held::default() }
    }

    /// Takes over from the route before, `old`: held notes go on, and so do presses and takeovers of
    /// bindings that are the same; other presses are released. Node numbers must mean the same in
    /// both routes; where they do not, call [`Route::panic`] on the old one first. Allocates nothing;
    /// what the old state still holds is to be dropped off the callback.
    pub fn adopt(
        &mut self,
        route: &Route,
        old_route: &Route,
        old: &mut RouteState,
        out: &mut dyn FnMut(Routed),
    ) {
        std::mem::swap(&mut self.held, &mut old.held);
        let same = |entry: &Entry| {
            let first = route.keys.partition_point(|(key, _)| *key < entry.key);
            let (_, place) = route.keys.get(first).filter(|(key, _)| *key == entry.key)?;
            let place = usize::from(*place);
            route.entries.get(place).filter(|new| new.task == entry.task).map(|_| place)
        };
        // Releases first: they may move parameters that other controls share.
        for (at, entry) in (0..u16::MAX).zip(&old_route.entries) {
            if same(entry).is_none() {
                old_route.release(at, old, out);
            }
        }
        for (entry, before) in old_route.entries.iter().zip(&old.controls) {
            if let Some(control) = same(entry).and_then(|place| self.controls.get_mut(place)) {
                *control = *before;
            }
        }
    }

    /// A parameter was moved by somebody else, in its own unit. Not for echoes of what this route
    /// sent: an old echo would look like somebody else's hand, and takeover would let go.
    pub fn parameter_moved(&mut self, route: &Route, node: u16, target: Target, value: f32) {
        route.each_of(node, target, self, &mut |own, control| {
            control.travel = own.scale.travel(value);
        });
    }

    /// Notes held by keys and pedals.
    pub fn notes_held(&self) -> usize {
        self.held.count()
    }
}

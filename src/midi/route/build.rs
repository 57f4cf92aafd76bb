//! A map made ready: bindings found by number, ports by place, parameters by node.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::engine::protocol::{Gesture, Target};
use crate::model::control::{Binding, Control, Does, MidiMap, Response};
use crate::model::travel::Scale;

/// What a binding was found to do in the document as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Compiled {
    /// What it is bound to is gone.
    Nothing,
    /// Something the callback does itself. A launch or note takes the velocity of the press.
    Gesture {
        /// When pressed.
        press: Gesture,
        /// When released.
        release: Option<Gesture>,
    },
    /// An action of the session's, by its number in a list that the resolver keeps.
    Action(u16),
    /// A parameter; only for [`Does::Parameter`].
    Value {
        /// Node.
        node: u16,
        /// What of it.
        target: Target,
        /// How its travel maps to values.
        scale: Scale,
        /// Its value now, in its own unit.
        now: f32,
    },
}

/// A track that hears notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Armed {
    /// Track node.
    pub node: u16,
    /// Number of the only port it hears; `None` for all.
    pub port: Option<u8>,
    /// 0–15, the only channel it hears; `None` for all.
    pub channel: Option<u8>,
}

/// A parameter that a binding moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Value {
    pub(super) node: u16,
    pub(super) target: Target,
    pub(super) scale: Scale,
    pub(super) min: f32,
    pub(super) max: f32,
    pub(super) response: Response,
}

impl Value {
    /// Where in the binding's range `travel` is, 0–1.
    pub(super) fn share(&self, travel: f32) -> f32 {
        let range = self.max - self.min;
        if range == 0.0 { 0.0 } else { ((travel - self.min) / range).clamp(0.0, 1.0) }
    }

    pub(super) fn travel(&self, share: f32) -> f32 {
        self.min + (self.max - self.min) * share
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Task {
    Nothing,
    Gesture { press: Gesture, release: Option<Gesture> },
    Action(u16),
    Value(Value),
}

/// A binding, ready.
#[derive(Debug)]
pub(super) struct Entry {
    /// Tells bindings apart across routes.
    pub(super) key: u64,
    /// One bit for each port it hears.
    pub(super) ports: [u64; 4],
    pub(super) channel: Option<u8>,
    pub(super) kind: Control,
    pub(super) task: Task,
    /// The parameter's travel when this was made.
    pub(super) travel: f32,
}

impl Entry {
    pub(super) fn hears(&self, (port, channel): (u8, u8)) -> bool {
        self.ports[usize::from(port >> 6)] >> (port & 63) & 1 == 1
            && self.channel.is_none_or(|own| own == channel)
    }
}

/// Which bindings and tracks hear what. Immutable.
#[derive(Debug)]
pub struct Route {
    pub(super) entries: Vec<Entry>,
    /// By number: entries of that note, controller (both halves of a pair), program.
    pub(super) notes: Vec<Vec<u16>>,
    pub(super) controls: Vec<Vec<u16>>,
    pub(super) programs: Vec<Vec<u16>>,
    pub(super) bends: Vec<u16>,
    /// Keys and entries, sorted.
    pub(super) keys: Vec<(u64, u16)>,
    pub(super) armed: Vec<Armed>,
}

impl Route {
    /// Makes the route of `map` for the ports with these names, whose places are their numbers (at
    /// most 256), and the armed tracks. `resolve` finds out what each binding does; it is asked in
    /// the map's order. Bindings that [`Binding::check`] refuses do nothing.
    pub fn new(
        map: &MidiMap,
        ports: &[&str],
        armed: &[Armed],
        resolve: &mut dyn FnMut(&Does) -> Compiled,
    ) -> Self {
        let mut route = Route {
            entries: Vec::new(),
            notes: vec![Vec::new(); 128],
            controls: vec![Vec::new(); 128],
            programs: vec![Vec::new(); 128],
            bends: Vec::new(),
            keys: Vec::new(),
            armed: armed.to_vec(),
        };
        let sound = map.bindings.iter().filter(|binding| binding.check().is_ok());
        for (place, binding) in (0..u16::MAX).zip(sound) {
            route.add(place, binding, ports, resolve(&binding.does));
        }
        route.keys.sort_unstable();
        route
    }

    fn add(&mut self, place: u16, binding: &Binding, ports: &[&str], compiled: Compiled) {
        let mut heard = [0u64; 4];
        for (port, name) in (0..=u8::MAX).zip(ports) {
            if binding.source.port.as_ref().is_none_or(|own| own == name) {
                heard[usize::from(port >> 6)] |= 1 << (port & 63);
            }
        }
        let mut travel = 0.0;
        let task = match (compiled, &binding.does) {
            (Compiled::Gesture { press, release }, _) => Task::Gesture { press, release },
            (Compiled::Action(index), _) => Task::Action(index),
            (Compiled::Value { node, target, scale, now }, Does::Parameter(p)) => {
                travel = scale.travel(now);
                let (min, max, response) = (p.min, p.max, p.response);
                Task::Value(Value { node, target, scale, min, max, response })
            }
            (Compiled::Value { .. } | Compiled::Nothing, _) => Task::Nothing,
        };
        let kind = binding.source.kind;
        let list = |list: &mut Vec<Vec<u16>>, n: u8| {
            if let Some(list) = list.get_mut(usize::from(n)) {
                list.push(place);
            }
        };
        match kind {
            Control::Note(n) => list(&mut self.notes, n),
            Control::Control(n) => list(&mut self.controls, n),
            Control::Control14(n) => {
                list(&mut self.controls, n);
                list(&mut self.controls, n + 32);
            }
            Control::Program(n) => list(&mut self.programs, n),
            Control::Bend => self.bends.push(place),
        }
        let mut key = DefaultHasher::new();
        binding.source.hash(&mut key);
        format!("{:?}", binding.does).hash(&mut key);
        let mut key = key.finish();
        // The same binding twice: the second is told apart by its place among its like.
        while self.keys.iter().any(|(taken, _)| *taken == key) {
            key = key.wrapping_add(1);
        }
        self.keys.push((key, place));
        let channel = binding.source.channel;
        self.entries.push(Entry { key, ports: heard, channel, kind, task, travel });
    }
}

//! The engine thread's side of the hands: controllers that come and go, the map made ready, the grid.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering::Relaxed;

use super::desk::Desk;
use super::gestures;
use super::grid::{Grid, Knob};
use super::hands::{Asked, Control, Ends, Wired};
use super::moved::parts;
use crate::device::{Direction, MIDI_PORTS, MidiPort, Patchbay, Plug};
use crate::engine::plan::Target;
use crate::engine::prepare::Layout;
use crate::engine::sound::SoundFactory;
use crate::midi::pads::{Model, Surface};
use crate::midi::route::{Armed, Compiled, Route, RouteState};
use crate::model::control::{Does, MapTarget, MidiMap, Parameter, Response, Strip, Takeover};
use crate::model::gear;
use crate::model::ids::TrackId;
use crate::model::performance::Performance;
use crate::model::project::Project;
use crate::model::track::TrackKind;
use crate::model::travel::Scale;

/// What an action of the map plays, found by those who know the document.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Played {
    /// When pressed; `None` has the application do it.
    pub press: Option<Performance>,
    /// When let go.
    pub release: Option<Performance>,
}

/// A map, and what each of its actions plays, in its order.
#[derive(Clone, Debug, Default)]
pub struct Bound {
    /// The map.
    pub map: MidiMap,
    /// By binding.
    pub played: Vec<Played>,
}

/// A controller on a pair of our ports.
struct Cable {
    from: String,
    model: Option<Model>,
    /// Where its lights are.
    lights: Vec<String>,
}

/// The engine thread's side of the hands.
pub struct Rig {
    ends: Ends,
    bound: Bound,
    armed: Vec<TrackId>,
    selected: Option<TrackId>,
    cables: [Option<Cable>; MIDI_PORTS],
    /// Prepared, and waiting for room in the ring.
    waiting: std::collections::VecDeque<Control>,
    /// Ports were looked at once.
    looked: bool,
    /// Other controllers are there than the map was made ready for.
    rewired: bool,
    /// Ports that could not be connected yet, and how often that was tried.
    late: Vec<(MidiPort, u32)>,
    /// By port of ours: tries left to connect a controller's lights.
    dim: [u32; MIDI_PORTS],
    /// Part of the names of the ports that the clock goes to.
    clock: Option<String>,
    /// Notes of a patchbay that were told: one that is opened again has the same to say.
    told: BTreeSet<String>,
    /// The ports there are.
    seen: BTreeSet<MidiPort>,
    /// Ports that the clock goes to.
    clocked: BTreeSet<String>,
    /// By port: why it could not be connected.
    faults: BTreeMap<String, String>,
    /// Why there is no MIDI at all.
    fault: Option<String>,
    /// Messages that hands before these have heard.
    heard: u64,
}

/// Tries to connect a port: it may be there before its program is ready to be connected.
const TRIES: u32 = 200;

impl Rig {
    /// A rig without controllers.
    pub fn new(ends: Ends) -> Rig {
        Rig {
            ends,
            bound: Bound::default(),
            armed: Vec::new(),
            selected: None,
            cables: Default::default(),
            waiting: Default::default(),
            looked: false,
            rewired: false,
            late: Vec::new(),
            dim: [0; MIDI_PORTS],
            clock: None,
            told: BTreeSet::new(),
            seen: BTreeSet::new(),
            clocked: BTreeSet::new(),
            faults: BTreeMap::new(),
            fault: None,
            heard: 0,
        }
    }

    /// The same rig at the hands of a new callback: controllers are greeted anew.
    pub fn move_to(&mut self, ends: Ends, desk: &Desk) {
        self.heard = self.heard();
        self.ends = ends;
        self.waiting.clear();
        self.refresh(desk);
        for port in 0..MIDI_PORTS {
            self.surface(port);
        }
    }

    /// Send the clock to every port whose name has this in it.
    pub fn send_clock(&mut self, part: Option<String>) {
        self.clock = part;
    }

    /// Whether a clock is sent.
    pub fn sends_clock(&self) -> bool {
        self.clock.is_some()
    }

    /// Another device plays, with a patchbay of its own: nothing is plugged in there yet.
    pub fn unplug(&mut self) {
        (self.looked, self.rewired, self.late) = (false, true, Vec::new());
        self.dim = [0; MIDI_PORTS];
        (self.seen, self.clocked, self.faults) = Default::default();
        self.fault = None;
        for place in 0..MIDI_PORTS {
            if self.cables[place].take().is_some() {
                self.surface(place);
            }
        }
    }

    /// Use another map.
    pub fn bind(&mut self, bound: Bound) {
        self.bound = bound;
    }

    /// Let these tracks play what comes in.
    pub fn arm(&mut self, tracks: Vec<TrackId>) {
        self.armed = tracks;
    }

    /// Let the knobs of pad controllers turn this track's parameters.
    pub fn select(&mut self, track: TrackId) {
        self.selected = Some(track);
    }

    /// End every held note.
    pub fn panic(&mut self) {
        self.waiting.push_back(Control::Panic);
    }

    /// What an empty rig's callback begins with.
    pub fn blank(desk: &Desk) -> (Wired, Grid) {
        let route = Route::new(&MidiMap::default(), &[], &[], &mut |_| Compiled::Nothing);
        let state = RouteState::new(&route);
        let layout = &desk.engine.layout;
        let grid = Grid::new(&desk.project, layout, &desk.engine.snapshot, &[], None);
        (Wired { route, state }, grid)
    }

    /// Prepare map and grid from the document as it is.
    pub fn refresh(&mut self, desk: &Desk) {
        let layout = &desk.engine.layout;
        let names: Vec<&str> =
            self.cables.iter().map(|c| c.as_ref().map_or("", |c| c.from.as_str())).collect();
        let armed: Vec<Armed> = self
            .armed
            .iter()
            .filter_map(|id| layout.tracks.get(id))
            .map(|node| Armed { node: *node as u16, port: None, channel: None })
            .collect();
        let mut played = self.bound.played.iter();
        let mut index = 0u16;
        let route = Route::new(&self.bound.map, &names, &armed, &mut |does| {
            let own = index;
            index = index.saturating_add(1);
            let play = played.next().copied().unwrap_or_default();
            match does {
                Does::Action(_) => {
                    let gesture =
                        |p: Option<Performance>| p.and_then(|p| gestures::gesture(layout, p));
                    match gesture(play.press) {
                        Some(press) => Compiled::Gesture { press, release: gesture(play.release) },
                        None => Compiled::Action(own),
                    }
                }
                Does::Parameter(p) => {
                    value(p, &desk.project, layout, desk.factory()).unwrap_or(Compiled::Nothing)
                }
            }
        });
        let state = RouteState::new(&route);
        let snapshot = &desk.engine.snapshot;
        let mut grid = Grid::new(&desk.project, layout, snapshot, &self.armed, self.selected);
        grid.knobs = self.selected.map_or(Vec::new(), |track| knobs(track, desk));
        self.waiting.push_back(Control::Wired(Box::new(Wired { route, state })));
        self.waiting.push_back(Control::Grid(Box::new(grid)));
    }

    /// Send what waits, drop what came back, and give what the hands ask.
    pub fn tend(&mut self) -> Vec<Asked> {
        while let Some(control) = self.waiting.pop_front() {
            if let Err(rtrb::PushError::Full(control)) = self.ends.inbox.push(control) {
                self.waiting.push_front(control);
                break;
            }
        }
        while self.ends.outbox.pop().is_ok() {}
        std::iter::from_fn(|| self.ends.asks.pop().ok()).collect()
    }

    /// Name of the controller on a port.
    pub fn port_name(&self, port: u8) -> &str {
        let cable = self.cables.get(usize::from(port)).and_then(Option::as_ref);
        cable.map_or("", |c| c.from.as_str())
    }

    /// Follow controllers that come and go. Gives sentences.
    pub fn plug(&mut self, bay: &mut dyn Patchbay) -> Vec<String> {
        let mut said = bay.notes();
        self.fault = said.last().cloned().or(self.fault.take());
        said.retain(|sentence| self.told.insert(sentence.clone()));
        let mut plugs = bay.plugs();
        if !std::mem::replace(&mut self.looked, true) {
            plugs = bay.midi_ports().into_iter().map(Plug::Came).collect();
        }
        for plug in &plugs {
            match plug {
                Plug::Went(port) => {
                    self.seen.remove(port);
                    self.clocked.remove(&port.name);
                    self.faults.remove(&port.name);
                    self.late.retain(|(late, _)| late.name != port.name);
                    let place = |c: &Option<Cable>| c.as_ref().is_some_and(|c| c.from == port.name);
                    if let Some(free) = self.cables.iter().position(place) {
                        (self.cables[free], self.rewired) = (None, true);
                        self.surface(free);
                        said.push(format!("{} is gone", port.name));
                    }
                }
                Plug::Came(port) => {
                    self.seen.insert(port.clone());
                    self.fault = None;
                    self.late.push((port.clone(), 0));
                }
            }
        }
        // What a controller listens on may come after what it speaks on.
        if plugs.iter().any(|p| matches!(p, Plug::Came(p) if p.direction == Direction::Out)) {
            for place in 0..MIDI_PORTS {
                if self.cables[place].as_ref().is_some_and(|c| c.model.is_some()) {
                    self.dim[place] = TRIES;
                }
            }
        }
        for (port, tries) in std::mem::take(&mut self.late) {
            match self.came(&port, bay) {
                Ok(sentence) => said.extend(sentence),
                Err(error) if tries >= TRIES => {
                    self.faults.insert(port.name.clone(), error.clone());
                    said.push(error);
                }
                Err(_) => self.late.push((port, tries + 1)),
            }
        }
        for place in 0..MIDI_PORTS {
            if self.dim[place] > 0 {
                self.dim[place] = if self.light(place, bay) { 0 } else { self.dim[place] - 1 };
            }
        }
        said
    }

    /// Messages that were heard so far.
    pub fn heard(&self) -> u64 {
        self.heard + self.ends.heard.load(Relaxed)
    }

    /// Why there is no MIDI at all.
    pub fn fault(&self) -> Option<&String> {
        self.fault.as_ref()
    }

    /// The ports there are, inputs first, and what of them is in use. Lights of other sets are left out.
    pub fn ports(&self) -> Vec<gear::MidiPort> {
        let cables = || self.cables.iter().flatten();
        let port = |port: &MidiPort| {
            let is_input = port.direction == Direction::In;
            let used = match is_input {
                true => cables().any(|cable| cable.from == port.name),
                false => {
                    self.clocked.contains(&port.name)
                        || cables().any(|cable| cable.lights.contains(&port.name))
                }
            };
            gear::MidiPort {
                name: port.name.clone(),
                is_input,
                model: model_of(port).map(Model::name),
                used,
                fault: self.faults.get(&port.name).filter(|_| !used).cloned(),
            }
        };
        let ours = |port: &&MidiPort| !port.name.starts_with("hardcore");
        let mut all: Vec<gear::MidiPort> = self.seen.iter().filter(ours).map(port).collect();
        all.sort_by_key(|port| !port.is_input);
        all
    }

    /// Whether controllers came or went since the last call: the map is to be made ready anew.
    pub fn take_rewired(&mut self) -> bool {
        std::mem::take(&mut self.rewired)
    }

    fn came(&mut self, port: &MidiPort, bay: &dyn Patchbay) -> Result<Option<String>, String> {
        if port.direction == Direction::Out {
            if !self.clock.as_ref().is_some_and(|part| port.matches(part)) {
                return Ok(None);
            }
            bay.connect(&bay.own("clock_out"), &port.name)?;
            self.clocked.insert(port.name.clone());
            return Ok(Some(format!("the MIDI clock goes to {}", port.name)));
        }
        let there = |c: &Option<Cable>| c.as_ref().is_some_and(|c| c.from == port.name);
        if self.cables.iter().any(there) || is_lights(&port.name, bay) {
            return Ok(None);
        }
        let Some(place) = self.cables.iter().position(Option::is_none) else {
            let sentence = format!("{} is not heard: all {MIDI_PORTS} ports are taken", port.name);
            self.faults.insert(port.name.clone(), sentence.clone());
            return Ok(Some(sentence));
        };
        bay.connect(&port.name, &bay.own(&format!("midi_in_{}", place + 1)))?;
        let model = model_of(port);
        self.faults.remove(&port.name);
        self.cables[place] = Some(Cable { from: port.name.clone(), model, lights: Vec::new() });
        self.rewired = true;
        self.dim[place] = if model.is_some() { TRIES } else { 0 };
        let what = model.map_or(String::new(), |m| format!(", a {m:?}"));
        Ok(Some(format!("{} is heard{what}", port.name)))
    }

    /// Connect a controller's lights, and greet it. `false` when that cannot be done yet.
    fn light(&mut self, place: usize, bay: &dyn Patchbay) -> bool {
        let Some(cable) = &self.cables[place] else { return true };
        let client = cable.from.split(':').next().unwrap_or_default();
        let own = bay.own(&format!("midi_out_{}", place + 1));
        let takes = bay.midi_ports().into_iter().filter(|p| {
            let named = || std::iter::once(&p.name).chain(&p.aliases);
            p.direction == Direction::Out
                && p.name.split(':').next() == Some(client)
                && named().any(|n| Model::of_port(n) == cable.model)
        });
        let lights: Vec<String> =
            takes.map(|port| port.name).filter(|name| bay.connect(&own, name).is_ok()).collect();
        let lit = !lights.is_empty();
        if let Some(cable) = &mut self.cables[place] {
            cable.lights = lights;
        }
        if lit {
            self.surface(place);
        }
        lit
    }

    fn surface(&mut self, place: usize) {
        let model = self.cables[place].as_ref().and_then(|c| c.model);
        let surface = model.map(|model| Box::new(Surface::new(model)));
        self.waiting.push_back(Control::Surface(place, surface));
    }
}

/// The controller with lights that a port belongs to.
fn model_of(port: &MidiPort) -> Option<Model> {
    std::iter::once(&port.name).chain(&port.aliases).find_map(|name| Model::of_port(name))
}

/// Whether a port gives what another set lights its controllers with: nobody plays on that.
fn is_lights(name: &str, bay: &dyn Patchbay) -> bool {
    let client =
        |name: &str| name.split(':').next().map(|c| c.split('-').next() == Some("hardcore"));
    client(&bay.own("")) == client(name)
        && name.split(':').nth(1).is_some_and(|short| short.starts_with("midi_out_"))
}

/// The first eight parameters of a track's instrument; of a track without one, of its first insert.
fn knobs(track: TrackId, desk: &Desk) -> Vec<Knob> {
    let strip = Strip::Track(track);
    let Some((mixer, Some(kind))) = parts(&desk.project, strip) else { return Vec::new() };
    let (sound, target): (&str, &dyn Fn(String) -> MapTarget) = match (kind, mixer.inserts.first())
    {
        (TrackKind::Instrument(i), _) => (&i.synth, &MapTarget::Param),
        (_, Some(effect)) => (&effect.name, &|name| MapTarget::Insert(effect.id, name)),
        _ => return Vec::new(),
    };
    let factory = desk.factory();
    let all = factory.descriptor(sound).map(|d| d.params.as_slice()).unwrap_or_default();
    let compiled = all.iter().take(8).map(|param| {
        let response = Response::Absolute(Takeover::Jump);
        let target = target(param.name.clone());
        let parameter = Parameter { strip, target, min: 0.0, max: 1.0, response };
        value(&parameter, &desk.project, &desk.engine.layout, factory)
    });
    let knob = |compiled: Option<Compiled>| match compiled? {
        Compiled::Value { node, target, scale, .. } => Some(Knob { node, target, scale }),
        _ => None,
    };
    compiled.filter_map(knob).collect()
}

/// A parameter of the map, found in the document.
fn value(
    p: &Parameter,
    project: &Project,
    layout: &Layout,
    factory: &dyn SoundFactory,
) -> Option<Compiled> {
    let Some(id) = p.strip.id() else {
        let (node, target) = (u16::try_from(layout.cue()).ok()?, Target::Volume);
        let (scale, now) = (Scale::Fader, project.song.cue.0);
        let there = p.target == MapTarget::Volume;
        return there.then_some(Compiled::Value { node, target, scale, now });
    };
    let node = gestures::node(layout, id)?;
    let (mixer, kind) = parts(project, p.strip)?;
    let flag = |on: bool| f32::from(u8::from(on));
    let sound = |name: &str, params: &std::collections::BTreeMap<String, f32>, param: &str| {
        let all = &factory.descriptor(name)?.params;
        let index = all.iter().position(|d| d.name == param)?;
        let d = &all[index];
        Some((index as u16, Scale::of(d), params.get(param).copied().unwrap_or(d.default)))
    };
    let (target, scale, now) = match &p.target {
        MapTarget::Volume => (Target::Volume, Scale::Fader, mixer.volume.0),
        MapTarget::Pan => (Target::Pan, Scale::Linear { min: -1.0, max: 1.0 }, mixer.pan),
        MapTarget::Mute => (Target::Mute, Scale::Switch, flag(mixer.mute)),
        MapTarget::Solo => (Target::Solo, Scale::Switch, flag(mixer.solo)),
        MapTarget::Cue => (Target::Cue, Scale::Switch, 0.0),
        MapTarget::Send(bus) => {
            let place = mixer.sends.iter().position(|s| s.bus == *bus)?;
            (Target::Send(place as u8), Scale::Fader, mixer.sends[place].level.0)
        }
        MapTarget::Param(name) => {
            let TrackKind::Instrument(i) = kind? else { return None };
            let (param, scale, now) = sound(&i.synth, &i.params, name)?;
            (Target::Sound { sound: 0, param }, scale, now)
        }
        MapTarget::Pad(note, name) => {
            let TrackKind::Drums(kit) = kind? else { return None };
            let place = kit.pads.iter().position(|pad| pad.note == *note)?;
            let crate::model::track::PadSound::Synth { instrument: i, .. } = &kit.pads[place].sound
            else {
                return None;
            };
            let (param, scale, now) = sound(&i.synth, &i.params, name)?;
            (Target::Sound { sound: place as u8, param }, scale, now)
        }
        MapTarget::Insert(id, name) => {
            let place = mixer.inserts.iter().position(|e| e.id == *id)?;
            let effect = &mixer.inserts[place];
            let (param, scale, now) = sound(&effect.name, &effect.params, name)?;
            (Target::Insert { index: place as u8, param }, scale, now)
        }
        MapTarget::Bypass(id) => {
            let place = mixer.inserts.iter().position(|e| e.id == *id)?;
            (Target::Bypass(place as u8), Scale::Switch, flag(mixer.inserts[place].bypass))
        }
    };
    Some(Compiled::Value { node, target, scale, now })
}

//! What a controller's messages do: the map that people learn, kept with the project or the user.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::action;
use super::ids::{BusId, EffectId, StripId, TrackId};

/// First of the channel mode messages, which no binding can take: they silence what hangs.
pub const CHANNEL_MODE: u8 = 120;

/// A map of controllers. Where two bindings hear the same message, the first one takes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MidiMap {
    /// In the order of learning.
    #[serde(default)]
    pub bindings: Vec<Binding>,
}

/// A control and what it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// Which messages.
    pub source: Source,
    /// What they do.
    pub does: Does,
}

/// Where messages come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Name of the port; `None` for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// 0–15; `None` for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<u8>,
    /// Which control.
    pub kind: Control,
}

/// A control on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Control {
    /// A key or pad, 0–127.
    Note(u8),
    /// A controller, 0–119.
    Control(u8),
    /// A controller of 14 bits, 0–31: this one and the one 32 above it.
    Control14(u8),
    /// A program change, 0–127.
    Program(u8),
    /// The pitch wheel.
    Bend,
}

/// What a control does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Does {
    /// Says this line of the vocabulary when pressed.
    Action(String),
    /// Moves a parameter.
    Parameter(Parameter),
}

/// A parameter and how a control moves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Whose.
    pub strip: Strip,
    /// What.
    pub target: MapTarget,
    /// Where the control's lower end takes it, as a share 0–1 of the parameter's whole travel. Above
    /// `max`, the control works in reverse.
    #[serde(default)]
    pub min: f32,
    /// Where the control's upper end takes it.
    #[serde(default = "one")]
    pub max: f32,
    /// How it follows.
    pub response: Response,
}

fn one() -> f32 {
    1.0
}

/// A strip of the mixer, by stable id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Strip {
    /// A track's or a group's.
    Track(TrackId),
    /// A return bus's.
    Bus(BusId),
    /// The master.
    Master,
    /// The cue output, which has a fader only.
    Cue,
}

impl From<StripId> for Strip {
    fn from(id: StripId) -> Strip {
        match id {
            StripId::Track(id) => Strip::Track(id),
            StripId::Bus(id) => Strip::Bus(id),
            StripId::Master => Strip::Master,
        }
    }
}

impl Strip {
    /// Its id; `None` for the cue, which is none of the document's strips.
    pub fn id(self) -> Option<StripId> {
        match self {
            Strip::Track(id) => Some(StripId::Track(id)),
            Strip::Bus(id) => Some(StripId::Bus(id)),
            Strip::Master => Some(StripId::Master),
            Strip::Cue => None,
        }
    }
}

/// What of a strip a control can move.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MapTarget {
    /// Fader.
    Volume,
    /// Pan.
    Pan,
    /// Mute.
    Mute,
    /// Solo.
    Solo,
    /// Listening on the cue output.
    Cue,
    /// Level of the send to a bus.
    Send(BusId),
    /// A parameter of the track's instrument, by control name.
    Param(String),
    /// A parameter of a pad of a drum track, by its note and control name.
    Pad(u8, String),
    /// A parameter of an insert, by control name.
    Insert(EffectId, String),
    /// An insert's bypass.
    Bypass(EffectId),
}

impl MapTarget {
    /// Whether it is on or off and nothing between.
    pub fn is_switch(&self) -> bool {
        matches!(self, MapTarget::Mute | MapTarget::Solo | MapTarget::Cue | MapTarget::Bypass(_))
    }
}

/// How a parameter follows its control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Response {
    /// It goes where the control goes, once the control has taken over.
    Absolute(Takeover),
    /// It moves by the steps of an endless encoder, 127 for its whole range.
    Relative {
        /// How the steps are written.
        encoding: Encoding,
        /// Count each message as one step.
        linear: bool,
    },
    /// Each press changes between the two ends of the range.
    Toggle,
    /// At the upper end while pressed, at the lower end otherwise.
    Momentary,
}

/// How an endless encoder writes its steps into a controller's value, by the names that Ableton Live
/// gives them (reference manual, "Mapping to Relative MIDI Controllers", with this table).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// 1–64 up, 65–127 down by value − 64.
    SignedBit,
    /// 65–127 up by value − 64, 1–64 down.
    SignedBit2,
    /// 65–127 up by value − 64, 63–1 down by 64 − value.
    BinOffset,
    /// 1–64 up, 127–65 down by 128 − value.
    TwosComplement,
}

/// How a control that sends absolute values gets hold of its parameter: the three ways of Ableton Live
/// (reference manual, "Takeover Mode").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Takeover {
    /// The parameter jumps to the control.
    Jump,
    /// Nothing happens until the control comes to where the parameter is.
    PickUp,
    /// The two converge while the control moves, and meet at the latest at its end.
    #[default]
    Scaled,
}

/// What is wrong with a binding.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MapError {
    /// A number that MIDI does not have there.
    #[error("{what} {number} does not exist: it must lie between 0 and {most}")]
    Number {
        /// Of what.
        what: &'static str,
        /// As written.
        number: u8,
        /// Largest allowed.
        most: u8,
    },
    /// A range that reaches beyond the parameter's travel.
    #[error("the range {min} to {max} must lie between 0 and 1")]
    Range {
        /// As written.
        min: f32,
        /// As written.
        max: f32,
    },
    /// A line that is no action.
    #[error("{0}")]
    Action(String),
    /// A response that the control cannot have.
    #[error("{0} cannot move a parameter like that")]
    Response(Control),
    /// Another binding takes the same messages.
    #[error("{0} does something else already")]
    Conflict(Source),
}

/// A fault and the place of its binding in the map.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("binding {}: {error}", .binding + 1)]
pub struct MapFault {
    /// Index.
    pub binding: usize,
    /// What is wrong.
    pub error: MapError,
}

impl MidiMap {
    /// Whether it does nothing.
    pub fn is_empty(&self) -> bool {
        self.bindings.is_empty()
    }

    /// What is heard where two maps are in use: all of this one that may be in a map, and what of the
    /// other it leaves free.
    pub fn over(&self, other: &MidiMap) -> MidiMap {
        let good = |binding: &&Binding| binding.check().is_ok();
        let own = self.bindings.iter().filter(good);
        let taken = |b: &Binding| self.bindings.iter().any(|own| own.source.overlaps(&b.source));
        let free = other.bindings.iter().filter(good).filter(|b| !taken(b));
        MidiMap { bindings: own.chain(free).cloned().collect() }
    }

    /// Takes away what does this, and gives it back.
    pub fn take(&mut self, does: &Does) -> Vec<Binding> {
        self.bindings.extract_if(.., |binding| binding.does.is_like(does)).collect()
    }

    /// Everything that is wrong with the map; a binding that another one shadows is a conflict.
    pub fn faults(&self) -> Vec<MapFault> {
        let mut faults = Vec::new();
        for (binding, this) in self.bindings.iter().enumerate() {
            let mut fault = |error| faults.push(MapFault { binding, error });
            if let Err(error) = this.check() {
                fault(error);
            }
            if self.bindings[..binding].iter().any(|other| other.source.overlaps(&this.source)) {
                fault(MapError::Conflict(this.source.clone()));
            }
        }
        faults
    }

    /// Adds a binding and takes away those that hear the same messages, which it gives back so that
    /// people can be told.
    pub fn put(&mut self, binding: Binding) -> Vec<Binding> {
        let replaced =
            self.bindings.extract_if(.., |old| old.source.overlaps(&binding.source)).collect();
        self.bindings.push(binding);
        replaced
    }
}

impl Binding {
    /// Whether a map may hold it.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn check(&self) -> Result<(), MapError> {
        self.source.check()?;
        self.does.check()?;
        match &self.does {
            Does::Parameter(p) if !self.source.kind.can(p.response) => {
                Err(MapError::Response(self.source.kind))
            }
            _ => Ok(()),
        }
    }
}

impl Source {
    fn check(&self) -> Result<(), MapError> {
        let (what, number, most) = match self.kind {
            Control::Note(n) => ("note", n, 127),
            Control::Control(n) => ("controller", n, CHANNEL_MODE - 1),
            Control::Control14(n) => ("14-bit controller", n, 31),
            Control::Program(n) => ("program", n, 127),
            Control::Bend => ("pitch wheel", 0, 0),
        };
        match self.channel {
            _ if number > most => Err(MapError::Number { what, number, most }),
            Some(number) if number > 15 => {
                Err(MapError::Number { what: "channel", number, most: 15 })
            }
            _ => Ok(()),
        }
    }

    /// Whether some message belongs to both.
    pub fn overlaps(&self, other: &Source) -> bool {
        let port = self.port.is_none() || other.port.is_none() || self.port == other.port;
        let channel =
            self.channel.is_none() || other.channel.is_none() || self.channel == other.channel;
        port && channel && self.kind.overlaps(other.kind)
    }
}

impl Control {
    fn overlaps(self, other: Control) -> bool {
        match (self, other) {
            (Control::Control14(n), Control::Control(c))
            | (Control::Control(c), Control::Control14(n)) => c == n || c == n.wrapping_add(32),
            _ => self == other,
        }
    }

    /// Whether the control can move a parameter in this way.
    pub fn can(self, response: Response) -> bool {
        match response {
            Response::Toggle | Response::Momentary => true,
            Response::Absolute(_) => !matches!(self, Control::Note(_) | Control::Program(_)),
            Response::Relative { .. } => matches!(self, Control::Control(_)),
        }
    }
}

impl Does {
    /// Whether both say the same line or move the same parameter, however they do that.
    pub fn is_like(&self, other: &Does) -> bool {
        match (self, other) {
            (Does::Action(a), Does::Action(b)) => a == b,
            (Does::Parameter(a), Does::Parameter(b)) => {
                (a.strip, &a.target) == (b.strip, &b.target)
            }
            _ => false,
        }
    }

    /// Whether a binding may do it.
    ///
    /// # Errors
    /// A line that is no action, or a range outside 0–1.
    pub fn check(&self) -> Result<(), MapError> {
        match self {
            Does::Action(line) => {
                action::parse(line).map(drop).map_err(|error| MapError::Action(error.to_string()))
            }
            Does::Parameter(Parameter { min, max, .. })
                if !(0.0..=1.0).contains(min) || !(0.0..=1.0).contains(max) =>
            {
                Err(MapError::Range { min: *min, max: *max })
            }
            Does::Parameter(Parameter { target: MapTarget::Pad(number, _), .. })
                if *number > 127 =>
            {
                Err(MapError::Number { what: "pad", number: *number, most: 127 })
            }
            Does::Parameter(_) => Ok(()),
        }
    }
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Control::Note(n) => write!(f, "note {n}"),
            Control::Control(n) => write!(f, "CC {n}"),
            Control::Control14(n) => write!(f, "CC {n} with 14 bits"),
            Control::Program(n) => write!(f, "program {n}"),
            Control::Bend => write!(f, "the pitch wheel"),
        }
    }
}

impl fmt::Display for Source {
    /// As people count: channels from 1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if let Some(channel) = self.channel {
            write!(f, " on channel {}", u16::from(channel) + 1)?;
        }
        if let Some(port) = &self.port {
            write!(f, " of {port}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(port: Option<&str>, channel: Option<u8>, kind: Control) -> Source {
        Source { port: port.map(str::to_owned), channel, kind }
    }

    fn action(kind: Control, line: &str) -> Binding {
        Binding { source: source(None, None, kind), does: Does::Action(line.to_owned()) }
    }

    fn volume(kind: Control, response: Response) -> Binding {
        let (strip, target) = (Strip::Track(TrackId(3)), MapTarget::Volume);
        let does = Does::Parameter(Parameter { strip, target, min: 0.0, max: 0.9, response });
        Binding { source: source(Some("APC40"), Some(0), kind), does }
    }

    #[test]
    fn a_map_survives_its_text() {
        let encoder = Response::Relative { encoding: Encoding::BinOffset, linear: true };
        let map = MidiMap {
            bindings: vec![
                action(Control::Note(36), "scene Drop"),
                volume(Control::Control14(7), Response::Absolute(Takeover::PickUp)),
                volume(Control::Control(20), encoder),
                volume(Control::Bend, Response::Momentary),
            ],
        };
        let text = ron::to_string(&map).unwrap();
        assert_eq!(ron::from_str::<MidiMap>(&text).unwrap(), map);
        let written = r#"(bindings: [(
            source: (port: Some("Pads"), kind: Control(7)),
            does: Parameter((strip: Master, target: Insert(4, "drive"),
                response: Absolute(Scaled))),
        )])"#;
        let read: MidiMap = ron::from_str(written).unwrap();
        let Does::Parameter(parameter) = &read.bindings[0].does else { panic!("no parameter") };
        assert_eq!((parameter.min, parameter.max), (0.0, 1.0));
        assert!(read.faults().is_empty());
        assert!(ron::from_str::<MidiMap>("(bindings: [], colour: 3)").is_err());
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let jump = Response::Absolute(Takeover::Jump);
        let mut wide = volume(Control::Control(1), jump);
        let Does::Parameter(parameter) = &mut wide.does else { panic!("no parameter") };
        parameter.max = f32::NAN;
        let mut far = action(Control::Bend, "play");
        far.source.channel = Some(16);
        let bad = [
            action(Control::Note(128), "play"),
            action(Control::Control(123), "play"),
            action(Control::Control14(32), "play"),
            action(Control::Program(200), "play"),
            far,
            wide,
            action(Control::Note(1), "make it louder, please"),
            volume(Control::Note(2), jump),
            volume(
                Control::Bend,
                Response::Relative { encoding: Encoding::SignedBit, linear: false },
            ),
        ];
        for binding in bad {
            assert!(binding.check().is_err(), "{binding:?}");
        }
        let fault = MapFault { binding: 1, error: MapError::Response(Control::Note(2)) };
        assert_eq!(fault.to_string(), "binding 2: note 2 cannot move a parameter like that");
    }

    #[test]
    fn bindings_that_hear_the_same_are_a_conflict() {
        let fine = source(Some("A"), Some(1), Control::Control(39));
        let same = [
            source(None, None, Control::Control(39)),
            source(Some("A"), None, Control::Control14(7)),
            source(None, Some(1), Control::Control(39)),
        ];
        let others = [
            source(Some("B"), None, Control::Control(39)),
            source(None, Some(2), Control::Control(39)),
            source(None, None, Control::Control14(8)),
            source(None, None, Control::Note(39)),
        ];
        assert!(same.iter().all(|s| s.overlaps(&fine) && fine.overlaps(s)));
        assert!(others.iter().all(|s| !s.overlaps(&fine) && !fine.overlaps(s)));
        let map = MidiMap {
            bindings: vec![
                action(Control::Note(1), "play"),
                action(Control::Note(2), "play"),
                action(Control::Note(1), "stop"),
            ],
        };
        let faults = map.faults();
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].binding, 2);
        assert!(matches!(faults[0].error, MapError::Conflict(_)));
    }

    #[test]
    fn a_new_binding_replaces_the_old_one_and_says_so() {
        let mut map = MidiMap::default();
        assert!(map.put(action(Control::Note(1), "play")).is_empty());
        assert!(map.put(action(Control::Note(2), "play")).is_empty());
        let old = map.put(action(Control::Note(1), "stop"));
        assert_eq!(old, [action(Control::Note(1), "play")]);
        assert_eq!(map.bindings.len(), 2);
        assert!(map.faults().is_empty());
    }
}

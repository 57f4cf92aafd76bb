//! MIDI learn: the control that is moved next is bound.

use super::stream::Message;
use crate::model::control::{
    Binding, CHANNEL_MODE, Control, Does, Encoding, MapError, Parameter, Response, Source,
};

/// Messages that tell a fader from an encoder.
const ENOUGH: usize = 3;
/// How far the pitch wheel must be moved to move a parameter, and to press something.
const WHEEL: [i16; 2] = [1024, 4096];

/// Waits for a control.
#[derive(Clone, Debug)]
pub struct Learn {
    does: Does,
    /// The controller that is being moved: port, channel, number.
    candidate: Option<(String, u8, u8)>,
    values: Vec<u8>,
    /// The lower half of the candidate's 14 bits was heard.
    fine: bool,
}

impl Learn {
    /// Waits for the control that is to do this.
    ///
    /// # Errors
    /// A line that is no action, or a range outside 0–1.
    pub fn new(does: Does) -> Result<Self, MapError> {
        does.check()?;
        Ok(Learn { does, candidate: None, values: Vec::new(), fine: false })
    }

    /// Takes a message of the port with that name; gives the binding once the control is known. Keys
    /// and buttons are known at once; a controller that moves a parameter is watched for three
    /// messages, to tell faders, 14-bit faders and endless encoders apart (turned to the left, as
    /// for [`Encoding::detect`]). Note-offs, clocks, pressure and channel mode messages never count.
    pub fn hear(&mut self, port: &str, message: &Message<'_>) -> Option<Binding> {
        match *message {
            Message::NoteOn { channel, pitch, .. } => {
                Some(self.bind(port, channel, Control::Note(pitch)))
            }
            Message::Program { channel, program } => {
                Some(self.bind(port, channel, Control::Program(program)))
            }
            Message::Bend { channel, value } => {
                let far = if self.follows() {
                    value.unsigned_abs() >= WHEEL[0] as u16
                } else {
                    value >= WHEEL[1]
                };
                far.then(|| self.bind(port, channel, Control::Bend))
            }
            Message::Control { channel, controller, value } if controller < CHANNEL_MODE => {
                self.controller(port, channel, controller, value)
            }
            _ => None,
        }
    }

    /// Whether the control is to be followed, not pressed.
    fn follows(&self) -> bool {
        use Response::{Absolute, Relative};
        matches!(
            &self.does,
            Does::Parameter(Parameter { response: Absolute(_) | Relative { .. }, .. })
        )
    }

    fn controller(&mut self, port: &str, channel: u8, number: u8, value: u8) -> Option<Binding> {
        if !self.follows() {
            return (value >= 64).then(|| self.bind(port, channel, Control::Control(number)));
        }
        let upper = number.checked_sub(32).filter(|n| *n < 32);
        let is =
            |n: u8| self.candidate.as_ref().is_some_and(|c| *c == (port.to_owned(), channel, n));
        if upper.is_some_and(is) {
            self.fine = true;
        } else if is(number) {
            self.values.push(value);
        } else {
            self.candidate = Some((port.to_owned(), channel, number));
            (self.values, self.fine) = (vec![value], false);
        }
        let button = !self.fine && self.values.len() == 2 && matches!(self.values[..], [127, 0]);
        if button {
            return Some(self.bind_button(port, channel, number));
        }
        if self.values.len() < ENOUGH {
            return None;
        }
        let upper = self.candidate.as_ref().map_or(number, |c| c.2);
        if self.fine {
            return Some(self.bind(port, channel, Control::Control14(upper)));
        }
        let mut binding = self.bind(port, channel, Control::Control(number));
        // A fader only speaks when its value changes.
        let repeats = self.values.windows(2).any(|pair| pair[0] == pair[1]);
        if let (Does::Parameter(parameter), true) = (&mut binding.does, repeats)
            && let Some(encoding) = Encoding::detect(&self.values)
            && !matches!(parameter.response, Response::Relative { .. })
        {
            parameter.response = Response::Relative { encoding, linear: false };
        }
        Some(binding)
    }

    fn bind_button(&self, port: &str, channel: u8, number: u8) -> Binding {
        let mut binding = self.bind(port, channel, Control::Control(number));
        if let Does::Parameter(parameter) = &mut binding.does {
            parameter.response = pressed(parameter);
        }
        binding
    }

    /// The binding; a response that the control cannot have becomes one that it can.
    fn bind(&self, port: &str, channel: u8, kind: Control) -> Binding {
        let mut does = self.does.clone();
        if let Does::Parameter(parameter) = &mut does
            && !kind.can(parameter.response)
        {
            parameter.response = match kind {
                Control::Note(_) | Control::Program(_) => pressed(parameter),
                _ => Response::Absolute(Default::default()),
            };
        }
        let source = Source { port: Some(port.to_owned()), channel: Some(channel), kind };
        Binding { source, does }
    }
}

/// How a button moves a parameter.
fn pressed(parameter: &Parameter) -> Response {
    if parameter.target.is_switch() { Response::Toggle } else { Response::Momentary }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::control::{MapTarget, Strip, Takeover};
    use crate::model::ids::TrackId;

    const JUMP: Response = Response::Absolute(Takeover::Jump);

    fn learn(target: MapTarget, response: Response) -> Learn {
        let strip = Strip::Track(TrackId(1));
        let parameter = Parameter { strip, target, min: 0.0, max: 1.0, response };
        Learn::new(Does::Parameter(parameter)).unwrap()
    }

    fn play() -> Learn {
        Learn::new(Does::Action("play".to_owned())).unwrap()
    }

    fn cc(controller: u8, value: u8) -> Message<'static> {
        Message::Control { channel: 2, controller, value }
    }

    fn hear(learn: &mut Learn, messages: &[Message<'_>]) -> Vec<Option<Binding>> {
        messages.iter().map(|message| learn.hear("Pads", message)).collect()
    }

    fn response(binding: &Binding) -> Response {
        match &binding.does {
            Does::Parameter(parameter) => parameter.response,
            Does::Action(line) => panic!("{line}"),
        }
    }

    #[test]
    fn what_is_no_gesture_never_counts() {
        let mut learn = play();
        let noise = [
            Message::NoteOff { channel: 0, pitch: 1, velocity: 64 },
            Message::Clock,
            Message::Start,
            Message::SongPosition(1),
            Message::SysEx(&[1]),
            Message::Pressure { channel: 0, value: 100 },
            Message::PolyPressure { channel: 0, pitch: 1, value: 100 },
            Message::Bend { channel: 0, value: 100 },
            cc(1, 63),
            cc(123, 127),
        ];
        assert!(hear(&mut learn, &noise).iter().all(Option::is_none));
        let binding = hear(&mut learn, &[Message::NoteOn { channel: 9, pitch: 36, velocity: 1 }]);
        let source =
            Source { port: Some("Pads".to_owned()), channel: Some(9), kind: Control::Note(36) };
        assert_eq!(binding, [Some(Binding { source, does: Does::Action("play".to_owned()) })]);
        assert!(Learn::new(Does::Action("play it loud".to_owned())).is_err());
    }

    #[test]
    fn a_fader_needs_three_messages() {
        let mut learn = learn(MapTarget::Volume, JUMP);
        let heard = hear(&mut learn, &[cc(5, 1), cc(7, 10), cc(7, 11), cc(7, 12)]);
        assert!(heard[..3].iter().all(Option::is_none));
        let binding = heard[3].clone().unwrap();
        assert_eq!(binding.source.kind, Control::Control(7));
        assert_eq!(binding.source.channel, Some(2));
        assert_eq!(response(&binding), JUMP);
        binding.check().unwrap();
    }

    #[test]
    fn a_pair_is_told_by_its_lower_half() {
        let mut learn = learn(MapTarget::Volume, JUMP);
        let moved = [cc(7, 10), cc(39, 3), cc(7, 10), cc(39, 9), cc(7, 10)];
        let binding = hear(&mut learn, &moved).pop().unwrap().unwrap();
        assert_eq!((binding.source.kind, response(&binding)), (Control::Control14(7), JUMP));
    }

    #[test]
    fn encoders_are_told_by_a_slow_turn_to_the_left() {
        let encodings =
            [(65, Encoding::SignedBit), (1, Encoding::SignedBit2), (63, Encoding::BinOffset)];
        for (value, encoding) in encodings {
            let mut learn = learn(MapTarget::Pan, JUMP);
            let binding = hear(&mut learn, &[cc(20, value); 3]).pop().unwrap().unwrap();
            assert_eq!(response(&binding), Response::Relative { encoding, linear: false });
        }
        let falling = [cc(20, 3), cc(20, 2), cc(20, 1)];
        let fader = hear(&mut learn(MapTarget::Pan, JUMP), &falling).pop().unwrap().unwrap();
        assert_eq!(response(&fader), JUMP);
    }

    #[test]
    fn a_button_toggles_a_switch_and_holds_a_value() {
        let press = [cc(20, 127), cc(20, 0)];
        let mute = hear(&mut learn(MapTarget::Mute, JUMP), &press).pop().unwrap().unwrap();
        assert_eq!(response(&mute), Response::Toggle);
        let note = [Message::NoteOn { channel: 0, pitch: 1, velocity: 9 }];
        let pan = hear(&mut learn(MapTarget::Pan, JUMP), &note).pop().unwrap().unwrap();
        assert_eq!(response(&pan), Response::Momentary);
        let held = hear(&mut learn(MapTarget::Pan, Response::Toggle), &press).remove(0).unwrap();
        assert_eq!(response(&held), Response::Toggle);
    }
}

//! Tests of routes: what messages do, and that nothing hangs.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::midi::stream::Stream;
use crate::model::control::{
    Binding, Does, Encoding, MapTarget, MidiMap, Parameter, Source, Strip,
};
use crate::model::travel::Scale;

const PORTS: [&str; 3] = ["Keys", "Pads", "Keys"];

fn source(port: Option<&str>, channel: Option<u8>, kind: Control) -> Source {
    Source { port: port.map(str::to_owned), channel, kind }
}

fn action(port: Option<&str>, channel: Option<u8>, kind: Control, line: &str) -> Binding {
    Binding { source: source(port, channel, kind), does: Does::Action(line.to_owned()) }
}

fn parameter(kind: Control, target: MapTarget, range: (f32, f32), response: Response) -> Binding {
    let (min, max) = range;
    let does = Does::Parameter(Parameter { strip: Strip::Master, target, min, max, response });
    Binding { source: source(None, None, kind), does }
}

/// `play` is for the callback, `clip …` launches, other lines are actions 7; volume stands at −18 dB.
fn resolve(does: &Does) -> Compiled {
    let value = |target, scale, now| Compiled::Value { node: 5, target, scale, now };
    match does {
        Does::Action(line) if line == "play" => {
            Compiled::Gesture { press: Gesture::Start, release: None }
        }
        Does::Action(line) if line == "stop" => Compiled::Gesture {
            press: Gesture::Launch { node: 1, row: 2, velocity: 127 },
            release: Some(Gesture::Release { node: 1, row: 2 }),
        },
        Does::Action(_) => Compiled::Action(7),
        Does::Parameter(p) => match p.target {
            MapTarget::Volume => value(Target::Volume, Scale::Fader, -18.0),
            MapTarget::Pan => value(Target::Pan, Scale::Linear { min: -1.0, max: 1.0 }, 0.0),
            MapTarget::Mute => value(Target::Mute, Scale::Switch, 0.0),
            _ => Compiled::Nothing,
        },
    }
}

fn armed(nodes: &[u16]) -> Vec<Armed> {
    nodes.iter().map(|node| Armed { node: *node, port: None, channel: None }).collect()
}

struct Desk {
    route: Route,
    state: RouteState,
    out: Vec<Routed>,
}

impl Desk {
    fn new(bindings: Vec<Binding>, armed: &[Armed]) -> Self {
        let route = Route::new(&MidiMap { bindings }, &PORTS, armed, &mut resolve);
        let state = RouteState::new(&route);
        Desk { route, state, out: Vec::new() }
    }

    fn say(&mut self, port: u8, message: Message<'_>) -> Vec<Routed> {
        self.route.resolve(port, &message, &mut self.state, &mut |routed| self.out.push(routed));
        std::mem::take(&mut self.out)
    }

    fn cc(&mut self, controller: u8, value: u8) -> Vec<Routed> {
        self.say(0, Message::Control { channel: 0, controller, value })
    }

    fn on(&mut self, pitch: u8) -> Vec<Routed> {
        self.say(0, Message::NoteOn { channel: 0, pitch, velocity: 100 })
    }

    fn off(&mut self, pitch: u8) -> Vec<Routed> {
        self.say(0, Message::NoteOff { channel: 0, pitch, velocity: 64 })
    }

    /// Another map or other armed tracks take over.
    fn swap(&mut self, bindings: Vec<Binding>, armed: &[Armed]) -> Vec<Routed> {
        let mut next = Desk::new(bindings, armed);
        let out = &mut |routed| next.out.push(routed);
        next.state.adopt(&next.route, &self.route, &mut self.state, out);
        *self = next;
        std::mem::take(&mut self.out)
    }
}

fn note_on(node: u16, pitch: u8) -> Routed {
    Routed::Play(Gesture::NoteOn { node, pitch, velocity: 100 })
}

fn note_off(node: u16, pitch: u8) -> Routed {
    Routed::Play(Gesture::NoteOff { node, pitch })
}

fn value(target: Target, value: f32) -> Routed {
    Routed::Value { node: 5, target, value }
}

#[test]
fn notes_go_to_armed_tracks_that_hear_them() {
    let armed = [
        Armed { node: 1, port: None, channel: None },
        Armed { node: 2, port: Some(1), channel: None },
        Armed { node: 3, port: None, channel: Some(4) },
    ];
    let mut desk = Desk::new(vec![], &armed);
    assert_eq!(desk.on(60), [note_on(1, 60)]);
    let on = Message::NoteOn { channel: 4, pitch: 61, velocity: 100 };
    assert_eq!(desk.say(1, on), [note_on(1, 61), note_on(2, 61), note_on(3, 61)]);
    assert_eq!(desk.off(60), [note_off(1, 60)]);
    assert_eq!(desk.off(61), []);
}

#[test]
fn a_note_ends_where_it_began_whatever_is_armed() {
    let mut desk = Desk::new(vec![], &armed(&[1, 2]));
    desk.on(60);
    assert_eq!(desk.swap(vec![], &armed(&[3])), []);
    assert_eq!(desk.on(61), [note_on(3, 61)]);
    assert_eq!(desk.off(60), [note_off(1, 60), note_off(2, 60)]);
    // The key was bound meanwhile: its release is still the note's.
    desk.swap(vec![action(None, None, Control::Note(61), "stop")], &[]);
    assert_eq!(desk.off(61), [note_off(3, 61)]);
    assert_eq!(desk.state.notes_held(), 0);
}

#[test]
fn a_bound_key_does_not_play_and_knows_its_port_and_channel() {
    let bindings = vec![
        action(Some("Pads"), Some(9), Control::Note(36), "stop"),
        action(Some("Keys"), None, Control::Note(36), "clip kick 3 mute on"),
    ];
    let mut desk = Desk::new(bindings, &armed(&[1]));
    let on = |channel| Message::NoteOn { channel, pitch: 36, velocity: 33 };
    let off = |channel| Message::NoteOff { channel, pitch: 36, velocity: 0 };
    let launch = Gesture::Launch { node: 1, row: 2, velocity: 33 };
    assert_eq!(desk.say(1, on(9)), [Routed::Play(launch)]);
    let release = Routed::Play(Gesture::Release { node: 1, row: 2 });
    assert_eq!(desk.say(1, off(9)), [release]);
    assert_eq!(desk.say(1, off(9)), []);
    for port in [0, 2] {
        assert_eq!(desk.say(port, on(3)), [Routed::Action { index: 7, pressed: true }]);
        assert_eq!(desk.say(port, off(3)), [Routed::Action { index: 7, pressed: false }]);
    }
    let played = Routed::Play(Gesture::NoteOn { node: 1, pitch: 36, velocity: 33 });
    assert_eq!(desk.say(1, on(8)), [played]);
}

#[test]
fn controllers_press_at_64_and_only_once() {
    let mut desk = Desk::new(vec![action(None, None, Control::Control(20), "stop")], &[]);
    let launch = Routed::Play(Gesture::Launch { node: 1, row: 2, velocity: 64 });
    let release = Routed::Play(Gesture::Release { node: 1, row: 2 });
    let heard: Vec<Routed> =
        [10, 63, 64, 90, 127, 64, 63, 0, 0].into_iter().flat_map(|v| desk.cc(20, v)).collect();
    assert_eq!(heard, [launch, release]);
    let wheel = vec![action(None, None, Control::Bend, "stop")];
    let mut desk = Desk::new(wheel, &[]);
    let bends = [0, 500, 4095, 4096, 8191, 0, -8192];
    let heard = bends.map(|value| desk.say(0, Message::Bend { channel: 0, value }).len());
    assert_eq!(heard, [0, 0, 0, 1, 0, 1, 0]);
}

#[test]
fn a_program_change_presses_and_lets_go() {
    let mut desk = Desk::new(vec![action(None, None, Control::Program(4), "stop")], &[]);
    assert_eq!(desk.say(0, Message::Program { channel: 1, program: 4 }).len(), 2);
    assert_eq!(desk.say(0, Message::Program { channel: 1, program: 5 }), []);
}

#[test]
fn a_fader_takes_over_as_its_binding_says() {
    let follow = |takeover| {
        let response = Response::Absolute(takeover);
        vec![parameter(Control::Control(7), MapTarget::Volume, (0.0, 1.0), response)]
    };
    let mut desk = Desk::new(follow(Takeover::Jump), &[]);
    assert_eq!(desk.cc(7, 127), [value(Target::Volume, 6.0)]);
    assert_eq!(desk.cc(7, 0), [value(Target::Volume, -120.0)]);
    let mut desk = Desk::new(follow(Takeover::PickUp), &[]);
    // −18 dB is at 0.4, which is 50.8 of 127.
    assert_eq!((desk.cc(7, 10), desk.cc(7, 40)), (vec![], vec![]));
    assert_eq!(desk.cc(7, 60).len(), 1);
    assert_eq!(desk.cc(7, 61).len(), 1);
    desk.state.parameter_moved(&desk.route, 5, Target::Volume, 6.0);
    assert_eq!(desk.cc(7, 62), []);
    assert_eq!(desk.cc(7, 127).len(), 1);
}

#[test]
fn a_route_that_follows_keeps_takeover_and_presses_of_what_stays() {
    let pick = Response::Absolute(Takeover::PickUp);
    let fader = parameter(Control::Control(7), MapTarget::Volume, (0.0, 1.0), pick);
    let pad = action(None, None, Control::Note(36), "stop");
    let mut desk = Desk::new(vec![fader.clone(), pad.clone()], &[]);
    desk.cc(7, 40);
    assert_eq!(desk.cc(7, 60).len(), 1);
    desk.on(36);
    let other = action(None, None, Control::Note(1), "play");
    assert_eq!(desk.swap(vec![other, pad, fader.clone()], &[]), []);
    assert_eq!(desk.cc(7, 61).len(), 1);
    let release = Routed::Play(Gesture::Release { node: 1, row: 2 });
    assert_eq!(desk.swap(vec![fader], &[]), [release]);
    assert_eq!(desk.off(36), []);
}

#[test]
fn ranges_bend_and_turn_a_fader() {
    let jump = Response::Absolute(Takeover::Jump);
    let half = parameter(Control::Control14(7), MapTarget::Pan, (0.75, 0.25), jump);
    let mut desk = Desk::new(vec![half], &[]);
    desk.cc(7, 0);
    assert_eq!(desk.cc(39, 0), [value(Target::Pan, 0.5)]);
    desk.cc(7, 127);
    assert_eq!(desk.cc(39, 127), [value(Target::Pan, -0.5)]);
}

#[test]
fn encoders_step_and_stop_at_the_ends() {
    let turn = Response::Relative { encoding: Encoding::TwosComplement, linear: false };
    let pan = parameter(Control::Control(20), MapTarget::Pan, (0.0, 1.0), turn);
    let mute = parameter(Control::Control(21), MapTarget::Mute, (0.0, 1.0), turn);
    let mut desk = Desk::new(vec![pan, mute], &[]);
    let Routed::Value { value: up, .. } = desk.cc(20, 1)[0] else { panic!("no value") };
    assert!((up - 2.0 / 127.0).abs() < 1e-6);
    desk.cc(20, 64);
    assert_eq!(desk.cc(20, 64), [value(Target::Pan, 1.0)]);
    desk.cc(20, 127);
    let Routed::Value { value: down, .. } = desk.cc(20, 127)[0] else { panic!("no value") };
    assert!((down - (1.0 - 4.0 / 127.0)).abs() < 1e-5);
    assert_eq!(desk.cc(21, 1), [value(Target::Mute, 1.0)]);
    assert_eq!(desk.cc(21, 127), [value(Target::Mute, 0.0)]);
    assert_eq!(desk.cc(21, 0), []);
}

#[test]
fn switches_toggle_hold_and_follow() {
    let mute = |n, response| parameter(Control::Control(n), MapTarget::Mute, (0.0, 1.0), response);
    let jump = Response::Absolute(Takeover::PickUp);
    let bindings = vec![mute(1, Response::Toggle), mute(2, Response::Momentary), mute(3, jump)];
    let mut desk = Desk::new(bindings, &[]);
    let (on, off) = (value(Target::Mute, 1.0), value(Target::Mute, 0.0));
    assert_eq!([desk.cc(1, 127), desk.cc(1, 0), desk.cc(1, 127)], [vec![on], vec![], vec![off]]);
    assert_eq!([desk.cc(2, 127), desk.cc(2, 0)], [[on], [off]]);
    // The other controls of the same switch know: held down here, it is toggled off there.
    desk.cc(1, 0);
    desk.cc(2, 127);
    assert_eq!(desk.cc(1, 127), [off]);
    let heard = [0, 60, 80, 127, 90, 10, 0].map(|v| desk.cc(3, v).len());
    assert_eq!(heard, [1, 0, 1, 0, 0, 1, 0]);
}

#[test]
fn the_pedal_holds_and_mode_messages_end() {
    let mut desk = Desk::new(vec![], &armed(&[1]));
    assert_eq!(desk.cc(64, 127), []);
    desk.on(60);
    assert_eq!(desk.off(60), []);
    assert_eq!(desk.on(60), [note_off(1, 60), note_on(1, 60)]);
    assert_eq!(desk.off(60), []);
    assert_eq!(desk.cc(64, 0), [note_off(1, 60)]);
    for controller in [120, 123, 124, 125, 126, 127] {
        desk.cc(64, 127);
        desk.on(60);
        desk.off(60);
        desk.on(61);
        assert_eq!(desk.cc(controller, 0).len(), 2, "{controller}");
    }
    desk.cc(64, 127);
    desk.on(60);
    desk.off(60);
    desk.on(61);
    assert_eq!(desk.cc(122, 0), []);
    assert_eq!(desk.cc(121, 0), [note_off(1, 60)]);
    assert_eq!(desk.off(61), [note_off(1, 61)]);
}

#[test]
fn panic_and_a_lost_port_end_what_they_hold() {
    let pad = action(None, None, Control::Note(36), "stop");
    let mut desk = Desk::new(vec![pad], &armed(&[1]));
    let on = |pitch| Message::NoteOn { channel: 0, pitch, velocity: 100 };
    desk.say(0, on(60));
    desk.say(1, on(61));
    desk.say(1, on(36));
    let out = &mut Vec::new();
    desk.route.port_gone(1, &mut desk.state, &mut |routed| out.push(routed));
    let release = Routed::Play(Gesture::Release { node: 1, row: 2 });
    assert_eq!(*out, [note_off(1, 61), release]);
    out.clear();
    desk.say(0, on(36));
    desk.route.panic(&mut desk.state, &mut |routed| out.push(routed));
    assert_eq!(*out, [note_off(1, 60), release]);
    out.clear();
    desk.route.panic(&mut desk.state, &mut |routed| out.push(routed));
    assert!(out.is_empty());
}

#[test]
fn two_keyboards_on_one_track_share_a_pitch() {
    let mut desk = Desk::new(vec![], &armed(&[1]));
    desk.on(60);
    let on = Message::NoteOn { channel: 0, pitch: 60, velocity: 100 };
    assert_eq!(desk.say(1, on), [note_off(1, 60), note_on(1, 60)]);
    assert_eq!(desk.off(60), []);
    let off = Message::NoteOff { channel: 0, pitch: 60, velocity: 0 };
    assert_eq!(desk.say(1, off), [note_off(1, 60)]);
}

#[test]
fn more_notes_than_there_is_room_for_end_the_oldest() {
    let mut desk = Desk::new(vec![], &armed(&[1, 2, 3, 4, 5]));
    let mut sounding = BTreeSet::new();
    for pitch in 0..128u8 {
        for routed in desk.on(pitch) {
            follow(&mut sounding, routed);
        }
    }
    assert_eq!(sounding.len(), 512);
    assert!(!sounding.contains(&(1, 0)) && sounding.contains(&(5, 127)));
}

/// Keeps account of what sounds; starts and ends alternate.
fn follow(sounding: &mut BTreeSet<(u16, u8)>, routed: Routed) {
    match routed {
        Routed::Play(Gesture::NoteOn { node, pitch, .. }) => {
            assert!(sounding.insert((node, pitch)), "{pitch} on {node} started twice");
        }
        Routed::Play(Gesture::NoteOff { node, pitch }) => {
            assert!(sounding.remove(&(node, pitch)), "{pitch} on {node} ended without a start");
        }
        _ => {}
    }
}

#[derive(Clone, Debug)]
enum Step {
    On(u8, u8, u8),
    Off(u8, u8, u8),
    Pedal(u8, bool),
    Mode(u8, u8),
    Arm(Vec<u16>),
    Bind(Vec<u8>),
    Gone(u8),
    Panic,
}

fn step() -> impl Strategy<Value = Step> {
    let key = || (0u8..3, 0u8..2, 58u8..64);
    prop_oneof![
        8 => key().prop_map(|(p, c, n)| Step::On(p, c, n)),
        6 => key().prop_map(|(p, c, n)| Step::Off(p, c, n)),
        2 => (0u8..3, any::<bool>()).prop_map(|(p, down)| Step::Pedal(p, down)),
        1 => (0u8..3, 119u8..128).prop_map(|(p, n)| Step::Mode(p, n)),
        2 => proptest::collection::vec(0u16..4, 0..4).prop_map(Step::Arm),
        1 => proptest::collection::vec(58u8..65, 0..3).prop_map(Step::Bind),
        1 => (0u8..3).prop_map(Step::Gone),
        1 => Just(Step::Panic),
    ]
}

proptest! {
    #[test]
    fn no_note_and_no_press_hangs(steps in proptest::collection::vec(step(), 0..120)) {
        let mut desk = Desk::new(vec![], &armed(&[0, 1]));
        let (mut nodes, mut bound) = (vec![0, 1], vec![]);
        let (mut sounding, mut presses) = (BTreeSet::new(), 0i64);
        let mut account = |routed: Vec<Routed>| {
            for routed in routed {
                follow(&mut sounding, routed);
                match routed {
                    Routed::Play(Gesture::Launch { .. }) => presses += 1,
                    Routed::Play(Gesture::Release { .. }) => presses -= 1,
                    _ => {}
                }
                assert!(presses >= 0);
            }
        };
        let pads = |bound: &[u8]| -> Vec<Binding> {
            let control = |n| if n == 64 { Control::Control(n) } else { Control::Note(n) };
            bound.iter().map(|n| action(None, None, control(*n), "stop")).collect()
        };
        for step in steps {
            let said = match step {
                Step::On(port, channel, pitch) => {
                    desk.say(port, Message::NoteOn { channel, pitch, velocity: 100 })
                }
                Step::Off(port, channel, pitch) => {
                    desk.say(port, Message::NoteOff { channel, pitch, velocity: 0 })
                }
                Step::Pedal(port, down) => {
                    let value = if down { 127 } else { 0 };
                    desk.say(port, Message::Control { channel: 0, controller: 64, value })
                }
                Step::Mode(port, controller) => {
                    desk.say(port, Message::Control { channel: 0, controller, value: 0 })
                }
                Step::Arm(to) => {
                    nodes = to;
                    desk.swap(pads(&bound), &armed(&nodes))
                }
                Step::Bind(to) => {
                    bound = to;
                    desk.swap(pads(&bound), &armed(&nodes))
                }
                Step::Gone(port) => {
                    let mut out = vec![];
                    desk.route.port_gone(port, &mut desk.state, &mut |r| out.push(r));
                    out
                }
                Step::Panic => {
                    let mut out = vec![];
                    desk.route.panic(&mut desk.state, &mut |r| out.push(r));
                    out
                }
            };
            account(said);
        }
        // All keys and pedals are let go.
        for port in 0..3 {
            for channel in 0..2 {
                account(desk.say(port, Message::Control { channel, controller: 64, value: 0 }));
                for pitch in 58..64 {
                    account(desk.say(port, Message::NoteOff { channel, pitch, velocity: 0 }));
                }
            }
        }
        prop_assert_eq!(desk.state.notes_held(), 0);
        prop_assert!(sounding.is_empty(), "{:?} hang", sounding);
        prop_assert_eq!(presses, 0);
    }

    #[test]
    fn garbage_is_borne_and_panic_ends_it(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        let jump = Response::Absolute(Takeover::Scaled);
        let turn = Response::Relative { encoding: Encoding::SignedBit, linear: true };
        let mut bindings: Vec<Binding> =
            (0..40).map(|n| action(None, Some(n % 16), Control::Note(n), "stop")).collect();
        bindings.push(parameter(Control::Bend, MapTarget::Volume, (0.2, 1.0), jump));
        bindings.push(parameter(Control::Control14(3), MapTarget::Volume, (1.0, 0.0), jump));
        bindings.push(parameter(Control::Control(90), MapTarget::Pan, (0.0, 1.0), turn));
        bindings.push(parameter(Control::Program(9), MapTarget::Mute, (0.0, 1.0), Response::Toggle));
        let mut desk = Desk::new(bindings, &armed(&[1, 2]));
        let mut sounding = BTreeSet::new();
        let mut values = BTreeMap::new();
        let mut stream = Stream::default();
        let Desk { route, state, .. } = &mut desk;
        stream.feed(&bytes, &mut |message| {
            route.resolve(0, &message, state, &mut |routed| {
                follow(&mut sounding, routed);
                if let Routed::Value { target, value, .. } = routed {
                    assert!(value.is_finite());
                    values.insert(format!("{target:?}"), value);
                }
            });
        });
        route.panic(state, &mut |routed| follow(&mut sounding, routed));
        prop_assert!(sounding.is_empty());
        prop_assert!(values.get("Pan").is_none_or(|v| (-1.0..=1.0).contains(v)));
        prop_assert!(values.get("Volume").is_none_or(|v| (-120.0..=6.0).contains(v)));
    }
}

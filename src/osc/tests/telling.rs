//! What subscribers are told, by a clock that the test turns.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rosc::{OscPacket, OscType, decoder};

use crate::model::action::Position;
use crate::model::launch::ClipState;
use crate::osc::bundle::LONGEST;
use crate::osc::forms::Wish;
use crate::osc::subscribers::{LASTS, MOST, Subscribers};
use crate::osc::{Meter, Reduction, State, Track};

const ALL: Wish = Wish {
    transport: true,
    tracks: true,
    slots: true,
    meters: true,
    messages: true,
    rate: 30,
    port: None,
};
const NONE: Wish = Wish {
    transport: false,
    tracks: false,
    slots: false,
    meters: false,
    messages: false,
    rate: 30,
    port: None,
};

fn at(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// A set of this many tracks and scenes; the clip of the first scene plays on the first track.
fn set(tracks: usize, scenes: usize) -> State {
    let track = |n: usize| Track {
        name: format!("Track {n}").into(),
        slots: vec![ClipState::Stopped; scenes],
        ..Track::default()
    };
    let mut state = State {
        scenes: (1..=scenes).map(|n| format!("Scene {n}").into()).collect(),
        tracks: (1..=tracks).map(track).collect(),
        ..State::default()
    };
    state.tracks[0].slots[0] = ClipState::Playing;
    state
}

/// The messages that went out, as text, by receiver.
#[derive(Default)]
struct Wire {
    packets: Vec<(SocketAddr, Vec<u8>)>,
}

impl Wire {
    fn publish(&mut self, to: &mut Subscribers, state: &State, now: Instant) {
        self.packets.clear();
        to.publish(state, now, &mut |to, bytes| self.packets.push((to, bytes.to_vec())));
        for (_, bytes) in &self.packets {
            assert!(bytes.len() <= LONGEST, "{} bytes", bytes.len());
        }
    }

    fn to(&self, to: SocketAddr) -> Vec<String> {
        let packets = self.packets.iter().filter(|(other, _)| *other == to);
        packets.flat_map(|(_, bytes)| shown(bytes)).collect()
    }
}

/// The messages of a bundle as text: address, then arguments.
pub(super) fn shown(bytes: &[u8]) -> Vec<String> {
    let (rest, packet) = decoder::decode_udp(bytes).unwrap();
    assert!(rest.is_empty());
    let messages = match packet {
        OscPacket::Message(message) => vec![OscPacket::Message(message)],
        OscPacket::Bundle(bundle) => bundle.content,
    };
    let show = |packet| {
        let OscPacket::Message(message) = packet else { panic!("a bundle in a bundle") };
        let args = message.args.iter().map(|arg| match arg {
            OscType::Int(n) => format!(" {n}"),
            OscType::Float(n) => format!(" {n:.1}"),
            OscType::String(text) => format!(" {text}"),
            other => panic!("{other:?}"),
        });
        args.fold(message.addr, |line, arg| line + &arg)
    };
    messages.into_iter().map(show).collect()
}

#[test]
fn the_whole_state_comes_first_and_then_what_changes() {
    let (mut subscribers, mut wire, now) =
        (Subscribers::default(), Wire::default(), Instant::now());
    let mut state = set(2, 2);
    state.device = Arc::from("null");
    let hold = [-3.0, f32::NEG_INFINITY];
    state.master = Meter { left: -6.04, right: f32::NAN, hold, over: true, reductions: Vec::new() };
    state.tracks[1].meter.reductions = vec![Reduction { insert: 2, now: 3.04, hold: 7.5 }];
    state.returns = vec![Meter { left: -9.0, right: -9.5, ..Meter::default() }];
    subscribers.subscribe(at(1), ALL, now).unwrap();
    wire.publish(&mut subscribers, &state, now);
    let told = wire.to(at(1));
    for line in [
        "/state/bpm 120.0",
        "/state/playing 0",
        "/state/metronome 0",
        "/state/position 1.1.1",
        "/state/beat 1",
        "/state/tracks 2",
        "/state/track/1/name Track 1",
        "/state/track/1/state playing",
        "/state/track/1/scene 1",
        "/state/track/2/state stopped",
        "/state/track/2/scene 0",
        "/state/track/2/mute 0",
        "/state/track/2/solo 0",
        "/state/track/2/arm 0",
        "/state/track/2/volume 0.0",
        "/state/track/2/pan 0.0",
        "/state/master/volume 0.0",
        "/state/scenes 2",
        "/state/scene/2/name Scene 2",
        "/state/slot/1/1 playing",
        "/state/slot/2/2 stopped",
        "/state/meter/2 -120.0 -120.0",
        "/state/master/meter -6.0 -120.0",
        "/state/master/meter/hold -3.0 -120.0",
        "/state/master/meter/over 1",
        "/state/meter/1/over 0",
        "/state/meter/2/reduction/3 3.0 7.5",
        "/state/return/1/meter -9.0 -9.5",
        "/state/return/1/meter/over 0",
        "/state/device null",
        "/state/notice ",
    ] {
        assert!(told.iter().any(|one| one == line), "{line} is not among {told:?}");
    }
    assert_eq!(told.iter().filter(|line| line.contains("/reduction/")).count(), 1, "{told:?}");
    assert_eq!(told.len(), 5 + 2 + 2 + 2 * 8 + 1 + 2 + 4 + 4 * 3 + 1);
    wire.publish(&mut subscribers, &state, now);
    assert_eq!(wire.packets, []);

    state.position = Position { bar: 2, beat: 3, sixteenth: 4, tick: 5 };
    state.tracks[0].slots = vec![ClipState::StopQueued, ClipState::PlayQueued];
    state.tracks[1].mute = true;
    state.tracks[1].volume = f32::NEG_INFINITY;
    state.notice = Arc::from("saved");
    // Too little for anybody to see.
    state.master.left = -6.01;
    wire.publish(&mut subscribers, &state, now + Duration::from_millis(40));
    let told = [
        "/state/position 2.3.4",
        "/state/beat 3",
        "/state/notice saved",
        "/state/track/1/state stop-queued",
        "/state/track/2/mute 1",
        "/state/track/2/volume -120.0",
        "/state/slot/1/1 stop-queued",
        "/state/slot/1/2 play-queued",
    ];
    assert_eq!(wire.to(at(1)), told);

    // A second one hears everything, the first nothing new; and so does who subscribes again.
    subscribers.subscribe(at(2), ALL, now).unwrap();
    wire.publish(&mut subscribers, &state, now);
    assert_eq!((wire.to(at(1)).len(), wire.to(at(2)).len()), (0, 45));
    subscribers.subscribe(at(1), ALL, now).unwrap();
    wire.publish(&mut subscribers, &state, now);
    assert_eq!((wire.to(at(1)).len(), wire.to(at(2)).len()), (45, 0));
}

#[test]
fn each_part_is_told_alone_and_together_they_are_all() {
    let parts = [
        Wish { transport: true, ..NONE },
        Wish { tracks: true, ..NONE },
        Wish { slots: true, ..NONE },
        Wish { meters: true, ..NONE },
        Wish { messages: true, ..NONE },
        ALL,
    ];
    let (mut subscribers, mut wire, now) =
        (Subscribers::default(), Wire::default(), Instant::now());
    for (port, part) in (1..).zip(parts) {
        subscribers.subscribe(at(port), part, now).unwrap();
    }
    wire.publish(&mut subscribers, &set(3, 4), now);
    let mut told: Vec<String> = (1..6).flat_map(|port| wire.to(at(port))).collect();
    assert!((1..6).all(|port| !wire.to(at(port)).is_empty()));
    let mut all = wire.to(at(6));
    told.sort();
    all.sort();
    assert_eq!(told, all);
    // Every address is one that the documentation names.
    let pages = include_str!("../mod.rs");
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    for line in all {
        let address = line.split(' ').next().unwrap_or_default();
        let parts: Vec<&str> = address.split('/').skip(1).filter(|part| !digits(part)).collect();
        let named = pages.lines().any(|row| {
            row.starts_with("//! | `/state/") && parts.iter().all(|part| row.contains(part))
        });
        assert!(named, "{address} is not documented");
    }
}

#[test]
fn what_is_gone_is_told_as_empty() {
    let (mut subscribers, mut wire, now) =
        (Subscribers::default(), Wire::default(), Instant::now());
    subscribers.subscribe(at(1), ALL, now).unwrap();
    let mut state = set(2, 2);
    state.tracks[1].mute = true;
    wire.publish(&mut subscribers, &state, now);
    wire.publish(&mut subscribers, &set(1, 1), now);
    let told = [
        "/state/tracks 1",
        "/state/scenes 1",
        "/state/scene/2/name ",
        "/state/track/2/name ",
        "/state/track/2/mute 0",
        "/state/slot/1/2 empty",
        "/state/slot/2/1 empty",
        "/state/slot/2/2 empty",
    ];
    assert_eq!(wire.to(at(1)), told);
}

#[test]
fn meters_come_at_the_rate_that_was_chosen() {
    let (mut subscribers, mut wire, start) =
        (Subscribers::default(), Wire::default(), Instant::now());
    let rates = [1, 10, 30, 60];
    for (port, rate) in (1..).zip(rates) {
        subscribers.subscribe(at(port), Wish { rate, ..ALL }, start).unwrap();
    }
    let (mut state, mut heard, mut moved) = (set(1, 1), [0; 4], [0; 4]);
    for tick in 0..300u32 {
        // A publisher of thirty pictures a second, early or late by up to four milliseconds.
        let jitter = u64::from(tick * 7 % 5) * 2;
        let now = start + Duration::from_secs(1) * tick / 30 + Duration::from_millis(jitter);
        state.tracks[0].meter.left = -(tick as f32);
        state.position.bar = tick + 1;
        wire.publish(&mut subscribers, &state, now);
        for (port, (heard, moved)) in (1..).zip(heard.iter_mut().zip(&mut moved)) {
            let told = wire.to(at(port));
            *heard += told.iter().filter(|line| line.starts_with("/state/meter/1 ")).count();
            *moved += told.iter().filter(|line| line.starts_with("/state/position")).count();
        }
    }
    // The level falls to -120 and stays there: 121 pictures, four seconds, show a new one.
    assert_eq!(moved, [300; 4]);
    let wanted = [5, 41, 121, 121];
    for (heard, wanted) in heard.into_iter().zip(wanted) {
        assert!((wanted - 2..=wanted + 1).contains(&heard), "{heard} instead of {wanted}");
    }
}

#[test]
fn a_subscription_ends_without_a_sign_of_life() {
    let (mut subscribers, mut wire, start) =
        (Subscribers::default(), Wire::default(), Instant::now());
    let second = Duration::from_secs(1);
    subscribers.subscribe(at(1), ALL, start).unwrap();
    subscribers.subscribe(at(2), ALL, start).unwrap();
    subscribers.renew(at(2), start + 59 * second);
    // Who never subscribed does not by a sign of life.
    subscribers.renew(at(3), start + 59 * second);
    wire.publish(&mut subscribers, &set(1, 1), start + LASTS);
    assert!(wire.to(at(1)).is_empty() && !wire.to(at(2)).is_empty() && wire.to(at(3)).is_empty());
    subscribers.renew(at(2), start + 119 * second);
    assert_eq!(subscribers.len(), 0, "too late to be renewed");
}

#[test]
fn there_are_only_so_many() {
    let (mut subscribers, now) = (Subscribers::default(), Instant::now());
    for port in 1..=MOST as u16 {
        subscribers.subscribe(at(port), ALL, now).unwrap();
    }
    let error = subscribers.subscribe(at(100), ALL, now).unwrap_err();
    assert!(error.contains("16 others"), "{error}");
    subscribers.subscribe(at(3), ALL, now).unwrap();
    assert_eq!(subscribers.len(), MOST);
    subscribers.unsubscribe(at(3));
    subscribers.subscribe(at(100), ALL, now).unwrap();
    // Those who are silent make room.
    subscribers.subscribe(at(200), ALL, now + LASTS).unwrap();
    assert_eq!(subscribers.len(), 1);
}

#[test]
fn a_large_grid_comes_in_portions_that_a_receiver_has_room_for() {
    let (mut subscribers, mut wire, now) =
        (Subscribers::default(), Wire::default(), Instant::now());
    subscribers.subscribe(at(1), ALL, now).unwrap();
    let mut state = set(64, 128);
    let mut told: Vec<String> = Vec::new();
    for round in 0..20u32 {
        // What matters most is never behind the grid.
        state.position.bar = round + 1;
        wire.publish(&mut subscribers, &state, now);
        assert!(wire.packets.len() <= 16);
        assert!(wire.to(at(1)).contains(&format!("/state/position {}.1.1", round + 1)));
        told.extend(wire.to(at(1)));
    }
    let slots: Vec<&String> = told.iter().filter(|line| line.starts_with("/state/slot/")).collect();
    assert_eq!(slots.len(), 64 * 128);
    assert_eq!(wire.packets.len(), 1, "it is not yet through");
}

#[test]
fn no_text_and_no_number_breaks_a_packet() {
    let (mut subscribers, mut wire, now) =
        (Subscribers::default(), Wire::default(), Instant::now());
    subscribers.subscribe(at(1), ALL, now).unwrap();
    let mut state = set(1, 1);
    state.bpm = f64::NAN;
    state.device = "鼓".repeat(5000).into();
    state.notice = Arc::from("a\0b");
    state.tracks[0].name = "x".repeat(100_000).into();
    state.tracks[0].volume = f32::NAN;
    state.tracks[0].pan = f32::INFINITY;
    state.master = Meter { left: f32::NAN, right: f32::INFINITY, ..Meter::default() };
    wire.publish(&mut subscribers, &state, now);
    let told = wire.to(at(1));
    assert!(told.contains(&"/state/notice a b".to_owned()));
    assert!(told.contains(&"/state/track/1/volume -120.0".to_owned()));
    assert!(told.contains(&"/state/master/meter -120.0 60.0".to_owned()));
    assert!(told.iter().any(|line| line.len() > 900 && line.starts_with("/state/device 鼓")));
    wire.publish(&mut subscribers, &state, now);
    assert_eq!(wire.packets, []);
}

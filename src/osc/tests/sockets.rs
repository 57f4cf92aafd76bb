//! The server over real sockets on loopback.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use proptest::prelude::*;
use rosc::{OscMessage, OscPacket, OscType, encoder};

use super::telling::shown;
use crate::osc::{Ask, OscError, Server, State, Track};

/// Longer than any answer takes, whatever else the machine does; only a failure waits for it.
const LONG: Duration = Duration::from_secs(20);

/// A server and what it was asked.
fn server(room: usize) -> (Server, Receiver<Ask>) {
    let (asks, asked) = bounded(room);
    (Server::open(0, asks).unwrap(), asked)
}

/// A program that sends to the server and hears what comes back.
struct Client {
    socket: UdpSocket,
}

impl Client {
    fn new() -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(LONG)).unwrap();
        Client { socket }
    }

    fn of(server: &Server) -> Self {
        let client = Self::new();
        client.socket.connect((Ipv4Addr::LOCALHOST, server.port())).unwrap();
        client
    }

    fn send(&self, addr: &str, args: Vec<OscType>) {
        let message = OscPacket::Message(OscMessage { addr: addr.to_owned(), args });
        self.socket.send(&encoder::encode(&message).unwrap()).unwrap();
    }

    /// The next packet's messages as text.
    fn hear(&self) -> Vec<String> {
        let mut buffer = [0; 2000];
        loop {
            let length = self.socket.recv(&mut buffer).expect("nothing was said");
            let said = shown(&buffer[..length]);
            // The answer to a ping that was asked twice.
            if said != [PONG] {
                return said;
            }
        }
    }

    /// What was said before the answer to a ping, which is asked for until it comes: packets of a
    /// socket that is full are lost.
    fn heard(&self) -> Vec<String> {
        self.socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let (mut heard, mut buffer) = (Vec::new(), [0; 2000]);
        for _ in 0..40 {
            self.send("/ping", vec![]);
            while let Ok(length) = self.socket.recv(&mut buffer) {
                let said = shown(&buffer[..length]);
                if said == [PONG] {
                    self.socket.set_read_timeout(Some(LONG)).unwrap();
                    return heard;
                }
                heard.extend(said);
            }
        }
        panic!("the server no longer answers");
    }

    /// Publishes until something comes.
    fn told(&self, server: &Server, state: &State) -> Vec<String> {
        // The picture may come before the subscription; the next one then does not.
        self.socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let mut buffer = [0; 2000];
        for _ in 0..1000 {
            server.publish(state);
            let said = self.socket.recv(&mut buffer).map(|length| shown(&buffer[..length]));
            if let Some(said) = said.ok().filter(|said| said != &[PONG]) {
                self.socket.set_read_timeout(Some(LONG)).unwrap();
                return said;
            }
        }
        panic!("nothing was told");
    }
}

const PONG: &str = concat!("/pong ", env!("CARGO_PKG_VERSION"));
const SUBSCRIBED: &str = "/reply /subscribe for 60 s from the last /ping on";

fn int(n: i32) -> OscType {
    OscType::Int(n)
}

#[test]
fn what_is_asked_arrives_and_only_the_asker_hears_of_it() {
    let (server, asked) = server(8);
    let (one, other) = (Client::of(&server), Client::of(&server));
    one.send("/launch", vec![int(1), int(3)]);
    other.send("/scene", vec![OscType::from("Big Drop")]);
    let mut asks = [asked.recv().unwrap(), asked.recv().unwrap()];
    asks.sort_by(|a, b| a.line.cmp(&b.line));
    let [launch, scene] = asks;
    assert_eq!((launch.line.as_str(), scene.line.as_str()), ("launch 1 3", "scene \"Big Drop\""));
    scene.reply.done(Err("there is no scene Big Drop".to_owned()));
    assert_eq!(other.hear(), ["/error scene \"Big Drop\" there is no scene Big Drop"]);
    launch.reply.done(Ok("launched".to_owned()));
    assert_eq!(one.hear(), ["/reply launch 1 3 launched"]);
    assert_eq!((one.heard(), other.heard()), (vec![], vec![]));
}

#[test]
fn bundles_and_lists_of_lines_arrive_in_order() {
    let (server, asked) = server(8);
    let client = Client::of(&server);
    let message = |addr: &str, args| OscPacket::Message(OscMessage { addr: addr.to_owned(), args });
    let lines = vec![OscType::from("play"), OscType::from("oops"), OscType::from("stop all")];
    let inner = rosc::OscBundle {
        timetag: (u32::MAX, 0).into(),
        content: vec![message("/action", lines), message("/nothing", vec![])],
    };
    let content = vec![message("/tap", vec![]), OscPacket::Bundle(inner), message("/undo", vec![])];
    let bundle = OscPacket::Bundle(rosc::OscBundle { timetag: (0, 1).into(), content });
    client.socket.send(&encoder::encode(&bundle).unwrap()).unwrap();
    let lines: Vec<String> = (0..4).map(|_| asked.recv().unwrap().line).collect();
    assert_eq!(lines, ["tap", "play", "stop all", "undo"]);
    assert!(client.hear()[0].starts_with("/error oops “oops” at column 1"));
    assert!(client.hear()[0].starts_with("/error /nothing “/nothing” is no address"));
}

#[test]
fn garbage_is_answered_with_a_sentence() {
    let (server, asked) = server(8);
    let client = Client::of(&server);
    client.socket.send(b"hello").unwrap();
    assert!(client.hear()[0].starts_with("/error packet this is no OSC message"));
    client.socket.send(&[b'/'; 60_000]).unwrap();
    assert!(client.hear()[0].contains("60000 bytes are longer than 16384"));
    client.send("/bpm", vec![OscType::Float(f32::NAN)]);
    assert_eq!(client.hear(), ["/error /bpm a tempo is a number, not NaN"]);
    // Answers that come back are not answered, or two programs would talk for ever.
    client.send("/error", vec![OscType::from("x")]);
    client.send("/state/bpm", vec![int(1)]);
    assert_eq!(client.heard(), Vec::<String>::new());
    assert!(asked.is_empty());
}

#[test]
fn a_burst_is_taken_as_far_as_there_is_room_and_the_rest_is_refused() {
    let (server, asked) = server(64);
    let client = Client::of(&server);
    for n in 0..10_000 {
        client.send("/launch", vec![int(n % 8 + 1), int(n % 16 + 1)]);
    }
    let heard = client.heard();
    assert_eq!(asked.len(), 64);
    let busy = |line: &String| line.starts_with("/error launch") && line.contains("busy");
    assert!(!heard.is_empty() && heard.iter().all(busy), "{heard:?}");
    // Nothing is stuck: what waits is answered, and there is room again.
    for ask in asked.try_iter().collect::<Vec<_>>() {
        ask.reply.done(Ok("launched".to_owned()));
    }
    assert!(client.heard().iter().all(|line| busy(line) || line.ends_with("launched")));
    client.send("/play", vec![]);
    assert_eq!(asked.recv().unwrap().line, "play");
}

#[test]
fn a_program_that_takes_nothing_more_is_said_to() {
    let (server, asked) = server(1);
    drop(asked);
    let client = Client::of(&server);
    client.send("/play", vec![]);
    assert_eq!(client.hear(), ["/error play the program takes no more actions"]);
}

#[test]
fn subscribers_hear_the_state_and_then_its_changes_until_they_are_silent() {
    let start = Instant::now();
    let time = Arc::new(Mutex::new(start));
    let turned = time.clone();
    let (asks, _asked) = bounded(8);
    let clock = Arc::new(move || *turned.lock().unwrap());
    let server = Server::open_at(0, asks, clock).unwrap();
    let (client, deaf) = (Client::of(&server), Client::of(&server));
    let mut state = State { tracks: vec![Track::default()], ..State::default() };
    client.send("/subscribe", vec![OscType::from("transport")]);
    assert_eq!(client.hear(), [SUBSCRIBED]);
    let told = client.told(&server, &state);
    assert_eq!(told.len(), 5);
    assert_eq!(told[0], "/state/bpm 120.0");
    state.playing = true;
    assert_eq!(client.told(&server, &state), ["/state/playing 1"]);
    // Half a minute later a sign of life, half a minute later the subscription still lasts.
    *time.lock().unwrap() = start + Duration::from_secs(30);
    assert_eq!(client.heard(), Vec::<String>::new());
    *time.lock().unwrap() = start + Duration::from_secs(80);
    state.playing = false;
    assert_eq!(client.told(&server, &state), ["/state/playing 0"]);
    *time.lock().unwrap() = start + Duration::from_secs(91);
    state.playing = true;
    server.publish(&state);
    // The sign of life comes too late; whatever the picture would bring comes before it or after.
    assert_eq!(client.heard(), Vec::<String>::new());
    server.publish(&state);
    assert_eq!(client.heard(), Vec::<String>::new());
    client.send("/subscribe", vec![]);
    assert_eq!(client.hear(), [SUBSCRIBED]);
    assert!(client.told(&server, &state).len() > 5);
    client.send("/unsubscribe", vec![]);
    assert_eq!(client.hear(), ["/reply /unsubscribe no more"]);
    assert_eq!(deaf.heard(), Vec::<String>::new());
}

#[test]
fn the_state_goes_to_another_port_where_the_subscriber_says_so() {
    let (server, _asked) = server(8);
    let (client, listener) = (Client::of(&server), Client::new());
    let port = listener.socket.local_addr().unwrap().port();
    client.send("/subscribe", vec!["transport".into(), int(20), int(port.into())]);
    assert_eq!(client.hear(), [SUBSCRIBED]);
    assert_eq!(listener.told(&server, &State::default()).len(), 5);
    assert_eq!(client.heard(), Vec::<String>::new());
    client.send("/subscribe", vec!["all".into(), int(20), int(server.port().into())]);
    assert_eq!(client.hear(), ["/error /subscribe that port is this program's own"]);
}

#[test]
fn the_port_is_on_loopback_alone_and_free_again_afterwards() {
    let (server, asked) = server(8);
    let port = server.port();
    let far = Client::new();
    // An address of this machine that is not 127.0.0.1; not every system has it.
    let message = encoder::encode(&OscPacket::Message(OscMessage::from("/play"))).unwrap();
    let _ = far.socket.send_to(&message, SocketAddr::from(([127, 0, 0, 2], port)));
    assert_eq!(Client::of(&server).heard(), Vec::<String>::new());
    assert!(asked.is_empty());

    let (asks, _) = bounded(1);
    let error = Server::open(port, asks.clone()).unwrap_err();
    assert!(matches!(error, OscError::Taken(taken) if taken == port));
    assert!(error.to_string().contains("in use by another program"));
    // One who asked and hears nothing keeps nothing open.
    Client::of(&server).send("/play", vec![]);
    let ask = asked.recv().unwrap();
    drop(server);
    let again = Server::open(port, asks).unwrap();
    ask.reply.done(Ok("too late".to_owned()));
    assert_eq!(Client::of(&again).heard(), Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_packets_kill_the_server(
        packets in prop::collection::vec(
            (
                prop::sample::select(vec![
                    &b""[..], b"/", b"#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\x08/tap\0\0\0",
                    b"/mute\0\0\0,", b"/action\0,s\0\0",
                    b"/subscribe\0\0,", b"/note\0\0\0,iif",
                ]),
                prop::collection::vec(any::<u8>(), 0..200),
            ),
            0..60,
        ),
    ) {
        let (server, asked) = server(4);
        let client = Client::of(&server);
        for (begin, bytes) in &packets {
            let packet: Vec<u8> = begin.iter().chain(bytes).copied().collect();
            client.socket.send(&packet).unwrap();
            server.publish(&State::default());
        }
        client.heard();
        for ask in asked.try_iter() {
            prop_assert!(crate::model::action::parse(&ask.line).is_ok());
        }
        client.heard();
    }
}

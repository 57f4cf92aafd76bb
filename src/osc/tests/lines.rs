//! Which line of the vocabulary each message makes.

use proptest::prelude::*;
use rosc::{OscArray, OscMessage, OscMidiMessage, OscType};

use crate::model::action::parse;
use crate::osc::forms::{FORMS, Meaning, Refusal, Wish, read};

fn meaning(addr: &str, args: Vec<OscType>) -> Result<Meaning, Refusal> {
    read(&OscMessage { addr: addr.to_owned(), args }).expect("this is an answer")
}

/// The line a message makes; none for a button let go.
fn line(addr: &str, args: Vec<OscType>) -> Option<String> {
    let said = format!("{addr} {args:?}");
    match meaning(addr, args) {
        Ok(Meaning::Nothing) => None,
        Ok(Meaning::Lines(lines)) => {
            let [Ok(line)] = &lines[..] else { panic!("{said}: {lines:?}") };
            parse(line).unwrap_or_else(|e| panic!("{said}: {line}: {e}"));
            Some(line.clone())
        }
        other => panic!("{said}: {other:?}"),
    }
}

/// Why a message is refused.
fn why(addr: &str, args: Vec<OscType>) -> String {
    let said = format!("{addr} {args:?}");
    match meaning(addr, args) {
        Err(refusal) => refusal.why,
        Ok(Meaning::Lines(lines)) => match &lines[..] {
            [Err(refusal)] => refusal.why.clone(),
            other => panic!("{said} is no error but {other:?}"),
        },
        Ok(other) => panic!("{said} is no error but {other:?}"),
    }
}

/// Arguments from literals.
macro_rules! args {
    ($($arg:expr),*) => { vec![$(OscType::from($arg)),*] };
}

#[test]
fn every_short_form_is_a_line() {
    let cases: Vec<(&str, Vec<OscType>, &str)> = vec![
        ("/launch", args![1, 3], "launch 1 3"),
        ("/launch", args![1.0f32, 3.0f32], "launch 1 3"),
        ("/launch", args!["Big Hoover", "Drop"], "launch \"Big Hoover\" Drop"),
        ("/launch", args!["say \"hi\" \\", 1], "launch \"say \\\"hi\\\" \\\\\" 1"),
        ("/launch", args!["3", "\"3\""], "launch 3 \"3\""),
        ("/launch", args!["#12", 2i64, 1.0f64], "launch #12 2"),
        ("/release", args![1, "Drop"], "release 1 Drop"),
        ("/fill", args!["kick", 2], "fill kick 2"),
        ("/scene", args![2], "scene 2"),
        ("/scene", args!["delete"], "scene \"delete\""),
        ("/stop", args![], "stop"),
        ("/stop/track", args!["all"], "stop \"all\""),
        ("/stop/track", args![2], "stop 2"),
        ("/stop/all", args![], "stop all"),
        ("/cancel", args![], "cancel"),
        ("/cancel/track", args!["kick"], "cancel kick"),
        ("/play", args![], "play"),
        ("/continue", args![], "continue"),
        ("/bpm", args![174.5f32], "bpm 174.5"),
        ("/bpm", args![200], "bpm 200"),
        ("/tap", args![], "tap"),
        ("/nudge", args![1.5f32], "nudge 1.5"),
        ("/nudge", args![-2], "nudge -2"),
        ("/locate", args!["5.2.1"], "locate 5.2.1"),
        ("/locate", args![17], "locate 17.1.1"),
        ("/locate", args!["17"], "locate 17.1.1"),
        ("/volume", args!["kick", -6.5f32], "volume kick -6.5"),
        ("/volume", args!["master", 0], "volume master 0"),
        ("/volume", args!["bus", "Reverb", "-3dB"], "volume bus Reverb -3"),
        ("/volume", args![1, f32::NEG_INFINITY], "volume 1 -inf"),
        ("/volume", args![1, "-inf"], "volume 1 -inf"),
        ("/pan", args![1, 0.25f32], "pan 1 0.25"),
        ("/mute", args![3, 1], "mute 3 on"),
        ("/mute", args![3, false], "mute 3 off"),
        ("/mute", args![3], "mute 3 toggle"),
        ("/mute", args!["bus", 1, "toggle"], "mute bus 1 toggle"),
        ("/solo", args!["Big Hoover", 0.0f32], "solo \"Big Hoover\" off"),
        ("/send", args!["hoover", "reverb", -12], "send hoover reverb -12"),
        ("/send", args![1, 2, "off"], "send 1 2 off"),
        ("/arm", args!["lead", true], "arm lead on"),
        ("/record", args!["lead", 2], "record lead 2"),
        ("/record", args!["lead", 2, "4bars"], "record lead 2 for 4bars"),
        ("/record/end", args!["lead"], "record end lead"),
        ("/note", args!["lead", 60, 110], "note on lead C4 vel 110"),
        ("/note", args!["lead", "F#3", 1], "note on lead F#3 vel 1"),
        ("/note", args!["lead", 60, 0], "note off lead C4"),
        ("/note", args![1, 60], "note on 1 C4"),
        ("/touch", args!["master", "filter", -0.5f32], "touch master filter -0.5"),
        ("/touch", args!["master", "repeat", "1/16"], "touch master repeat 1/16"),
        ("/touch", args!["Kit", "repeat", 2.0f32], "touch Kit repeat 1/8"),
        ("/touch", args!["master", "tape", true], "touch master tape on"),
        ("/touch", args!["master", "off"], "touch master off"),
        ("/metronome", args![1], "metronome on"),
        ("/metronome", args![], "metronome toggle"),
        ("/undo", args![], "undo"),
        ("/redo", args![], "redo"),
        ("/save", args![], "save"),
        ("/panic", args![], "panic"),
        ("/action", args!["track \"Big Hoover\" rename Lead"], "track \"Big Hoover\" rename Lead"),
    ];
    for (addr, args, wanted) in &cases {
        assert_eq!(line(addr, args.clone()).as_deref(), Some(*wanted), "{addr} {args:?}");
    }
    for (name, _) in FORMS {
        let tried = |(addr, ..): &(&str, Vec<OscType>, &str)| addr.split('/').nth(1) == Some(name);
        assert!(cases.iter().any(tried), "/{name} is not tried");
    }
}

#[test]
fn layouts_carry_the_arguments_in_the_address() {
    let cases = [
        ("/launch/1/3", args![1.0f32], Some("launch 1 3")),
        ("/launch/1/3", args![0.0f32], Some("release 1 3")),
        ("/launch/1/3", args![], Some("launch 1 3")),
        ("/launch/1", args![3, 1], Some("launch 1 3")),
        ("/launch/Kick/Drop", args![true], Some("launch Kick Drop")),
        ("/fill/1/3", args![0.0f32], None),
        ("/scene/2", args![1.0f32], Some("scene 2")),
        ("/scene/2", args![0.0f32], None),
        ("/stop", args![1.0f32], Some("stop")),
        ("/stop", args![0], None),
        ("/stop/all", args![0.0f32], None),
        ("/stop/track/2", args![1.0f32], Some("stop 2")),
        ("/play", args![false], None),
        ("/play", args![OscType::Inf], Some("play")),
        ("/bpm/174", args![1.0f32], Some("bpm 174")),
        ("/bpm/174", args![0.0f32], None),
        ("/nudge/-2", args![1.0f32], Some("nudge -2")),
        ("/nudge/-2", args![0.0f32], Some("nudge 0")),
        ("/locate/17.1.1", args![1.0f32], Some("locate 17.1.1")),
        ("/locate/5.2", args![1.0f32], Some("locate 5.2.1")),
        ("/volume/3", args![-3.0f32], Some("volume 3 -3")),
        ("/volume/bus/1", args![-3.0f32], Some("volume bus 1 -3")),
        ("/mute/3", args![1.0f32], Some("mute 3 on")),
        ("/mute/3", args![0.0f32], Some("mute 3 off")),
        ("/mute/3", args![], Some("mute 3 toggle")),
        ("/mute/3/toggle", args![1.0f32], Some("mute 3 toggle")),
        ("/mute/3/toggle", args![0.0f32], None),
        ("/send/1/2", args![-12.0f32], Some("send 1 2 -12")),
        ("/record/2/1", args![1.0f32], Some("record 2 1")),
        ("/record/2/1/4bars", args![1.0f32], Some("record 2 1 for 4bars")),
        ("/note/2/60", args![1.0f32], Some("note on 2 C4 vel 127")),
        ("/note/2/60", args![0.5f32], Some("note on 2 C4 vel 64")),
        ("/note/2/60", args![0.0f32], Some("note off 2 C4")),
        ("/note/2/60", args![100], Some("note on 2 C4 vel 100")),
        ("/note/2/60/100", args![], Some("note on 2 C4 vel 100")),
        ("/note/2", args![60, 1], Some("note on 2 C4 vel 1")),
        ("/touch/master/tape", args![1.0f32], Some("touch master tape on")),
        ("/touch/master/tape", args![0.0f32], Some("touch master tape off")),
        ("/touch/master/repeat/3", args![1.0f32], Some("touch master repeat 1/16")),
        ("/touch/master/repeat/3", args![0.0f32], Some("touch master repeat off")),
        ("/touch/master/off", args![0.0f32], None),
        ("/undo", args![0.0f32], None),
    ];
    for (addr, args, wanted) in cases {
        assert_eq!(line(addr, args.clone()).as_deref(), wanted, "{addr} {args:?}");
    }
    let array = OscType::Array(OscArray { content: args![1, 3] });
    assert_eq!(line("/launch", vec![array]).as_deref(), Some("launch 1 3"));
}

#[test]
fn an_action_may_bring_several_lines() {
    let made = meaning("/action", args!["play", "frobnicate", "bpm 174"]);
    let Ok(Meaning::Lines(lines)) = made else { panic!("{made:?}") };
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0], Ok("play".to_owned()));
    let refusal = lines[1].clone().unwrap_err();
    assert!(refusal.about == "frobnicate" && refusal.why.contains("not understood"), "{refusal:?}");
    assert_eq!(lines[2], Ok("bpm 174".to_owned()));
}

#[test]
fn what_is_wrong_is_said() {
    let midi = OscType::Midi(OscMidiMessage { port: 0, status: 0x90, data1: 1, data2: 2 });
    let cases = [
        ("/launch", args![], "a track is missing"),
        ("/launch", args![1], "a scene is missing"),
        ("/launch", args![1.5f32, 1], "a name or a number from 1, not 1.5"),
        ("/launch", args![0, 1], "a number from 1"),
        ("/launch", args!["0", 1], "counts from 1"),
        ("/launch", args![f32::NAN, 1], "not NaN"),
        ("/launch", args![-1, 1], "not -1"),
        ("/launch", args!["", 1], "missing"),
        ("/launch", args!["a\nb", 1], "control characters"),
        ("/launch", args![vec![1u8], 1], "not a blob"),
        ("/launch", vec![OscType::Nil, OscType::Int(1)], "not nil"),
        ("/launch", args![1, 2, 3, 4], "4 is too much here"),
        ("/launch/1/3", args!["x"], "“x” is too much here"),
        ("/launch/1/3/1", args![], "“1” is too much here"),
        ("/launch//3", args![], "a part of the address is empty"),
        ("/launch/*/3", args![], "patterns"),
        ("/launch/1/3", args![f32::NAN], "too much"),
        ("/lanch", args![1, 3], "did you mean “/launch”?"),
        ("/x/y", args![], "“/x” is no address"),
        ("/", args![], "is no address"),
        ("/bpm", args![], "a tempo is missing"),
        ("/bpm", args![5000], "20"),
        ("/bpm", args![f32::NAN], "a tempo is a number"),
        ("/bpm", args![f32::INFINITY], "finite"),
        ("/bpm", vec![midi], "not a MIDI message"),
        ("/nudge", args![90], "-50 to 50"),
        ("/nudge", args![1e30f32], "-50 to 50"),
        ("/locate", args![1.5f32], "a whole number"),
        ("/locate", args!["0.1.1"], "count from 1"),
        ("/locate", args!["5 x"], "not understood"),
        ("/volume", args![1, 40], "-120 to 24 dB"),
        ("/volume", args![1, f32::INFINITY], "-120 to 24 dB"),
        ("/volume", args![1, "loud"], "“loud”"),
        ("/pan", args![1, 2], "from -1 to 1"),
        ("/mute", args![1, "maybe"], "1 or 0"),
        ("/mute", args![1, f32::NAN], "1 or 0"),
        ("/note", args![1, 128], "0 to 127"),
        ("/note", args![1, "X3"], "“X3”"),
        ("/note", args![1, 60, 128], "0 to 127"),
        ("/note", args![1, 60, 0.5f32], "whole number"),
        ("/note/1/60", args![1.5f32], "whole number"),
        ("/touch", args!["master", "wobble", 1], "“wobble”"),
        ("/touch", args!["master", "mute off tape", 1], "no performance effect"),
        ("/touch", args!["master", "filter"], "missing"),
        ("/touch", args!["master", "repeat", "1/5"], "1/16"),
        ("/record", args![1, 1, "4bars x"], "not understood"),
        ("/action", args![], "an action is missing"),
        ("/action", args![5], "an action is a string"),
        ("/action", args!["bmp 5"], "did you mean “bpm”"),
        ("/action", args!["x".repeat(3000)], "too long"),
        ("/subscribe", args!["noise"], "expected all, transport"),
        ("/subscribe", args!["meters", 61], "a rate in Hz"),
        ("/subscribe", args!["meters", 30, 80], "a port"),
        ("/subscribe", args!["meters", f32::NAN], "too much"),
    ];
    for (addr, args, wanted) in cases {
        let said = why(addr, args.clone());
        assert!(said.contains(wanted), "{addr} {args:?}: {said}");
    }
}

#[test]
fn a_subscription_says_what_it_wants() {
    let wish = |args| match meaning("/subscribe", args) {
        Ok(Meaning::Subscribe(wish)) => wish,
        other => panic!("{other:?}"),
    };
    let all = wish(args![]);
    assert!(all.transport && all.tracks && all.slots && all.meters && all.messages);
    assert_eq!((all.rate, all.port), (30, None));
    assert_eq!(wish(args!["all", 20.0f32, 9000]), Wish { rate: 20, port: Some(9000), ..all });
    // Buttons of layouts put their value at the end.
    assert_eq!(wish(args![1.0f32]), all);
    assert_eq!(wish(args!["all", 20, 1.0f32]), Wish { rate: 20, ..all });
    assert_eq!(meaning("/subscribe/all", args![0.0f32]), Ok(Meaning::Nothing));
    let two = wish(args!["meters", "transport", 5]);
    let wanted = Wish { rate: 5, tracks: false, slots: false, messages: false, ..all };
    assert_eq!(two, wanted);
}

#[test]
fn answers_that_come_back_are_not_answered() {
    for addr in ["/reply", "/error", "/pong", "/state/bpm"] {
        assert_eq!(read(&OscMessage::from(addr)), None);
    }
}

#[test]
fn every_address_is_in_the_documentation() {
    let pages = include_str!("../mod.rs");
    let forms = FORMS.iter().map(|(name, _)| *name);
    for name in forms.chain(["action", "subscribe", "unsubscribe", "ping"]) {
        let row = pages.lines().any(|line| {
            line.starts_with("//! | ")
                && line.split(['`', ' ']).any(|word| {
                    word.strip_prefix('/').is_some_and(|word| word.split('/').next() == Some(name))
                })
        });
        assert!(row, "/{name} is not documented");
    }
}

fn any_argument() -> impl Strategy<Value = OscType> {
    prop_oneof![
        any::<i32>().prop_map(OscType::Int),
        (-2..130i32).prop_map(OscType::Int),
        any::<f32>().prop_map(OscType::Float),
        prop::sample::select(vec![0.0f32, 1.0, -0.0, f32::NAN, f32::INFINITY])
            .prop_map(OscType::Float),
        any::<f64>().prop_map(OscType::Double),
        any::<i64>().prop_map(OscType::Long),
        ".{0,12}".prop_map(OscType::String),
        prop::sample::select(vec!["master", "bus", "all", "track", "end", "off", "filter", "1/16"])
            .prop_map(OscType::from),
        any::<bool>().prop_map(OscType::Bool),
        any::<char>().prop_map(OscType::Char),
        Just(OscType::Nil),
        Just(OscType::Inf),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn whatever_comes_every_line_parses_and_every_error_speaks(
        form in 0..FORMS.len() + 2,
        path in prop::collection::vec("[a-z0-9.]{0,4}|master|bus|track|[0-9]", 0..4),
        args in prop::collection::vec(any_argument(), 0..5),
    ) {
        let head = FORMS.get(form).map_or(["action", "subscribe"][form % 2], |(name, _)| *name);
        let addr = [vec![head.to_owned()], path].concat().join("/");
        match meaning(&format!("/{addr}"), args) {
            Ok(Meaning::Lines(lines)) => for line in lines {
                match line {
                    Ok(line) => prop_assert!(parse(&line).is_ok(), "{}", line),
                    Err(refusal) => prop_assert!(!refusal.why.is_empty()),
                }
            },
            Ok(_) => {}
            Err(refusal) => prop_assert!(!refusal.why.is_empty() && !refusal.about.is_empty()),
        }
    }

    #[test]
    fn any_name_arrives_as_it_is(name in "\\PC{1,20}") {
        prop_assume!(name.parse::<u32>().is_err() && !name.starts_with(['#', '"']));
        let line = line("/launch", args![name.as_str(), 1]).unwrap_or_default();
        let wanted = crate::model::action::Ref::Name(name);
        let Ok(crate::model::action::Action::Launch {
            clip: crate::model::action::ClipRef::Slot(track, _),
        }) = parse(&line) else { panic!("{line}") };
        prop_assert_eq!(track.0, wanted);
    }
}

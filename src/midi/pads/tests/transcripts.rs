//! Bytes as the makers' references print them.

use super::*;

/// All messages of one call.
fn said(mut speak: impl FnMut(&mut dyn FnMut(&[u8]) -> bool)) -> Vec<Vec<u8>> {
    let mut said = Vec::new();
    speak(&mut |bytes| {
        said.push(bytes.to_vec());
        true
    });
    said
}

/// What is sent when one slot of a painted surface changes its state.
fn change(model: Model, state: ClipState) -> Vec<Vec<u8>> {
    let mut rig = Rig::new(model, Stage::of(8, 8));
    // The beat stands where a pulse is full.
    rig.stage.set(0, 0, state);
    said(|out| rig.surface.refresh(&rig.stage, out))
        .into_iter()
        // Without the light of the scene.
        .filter(|bytes| bytes.len() > 3 || bytes[1] != scene_of(model, 0).1)
        .collect()
}

fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// “Programmer / Live mode switch”; “Introduction message”.
#[test]
fn hello_and_goodbye() {
    let table = [
        (Model::LaunchpadX, vec!["F0 00 20 29 02 0C 0E 01 F7"], "F0 00 20 29 02 0C 0E 00 F7"),
        (Model::LaunchpadMini, vec!["F0 00 20 29 02 0D 0E 01 F7"], "F0 00 20 29 02 0D 0E 00 F7"),
        (Model::LaunchpadPro, vec!["F0 00 20 29 02 0E 0E 01 F7"], "F0 00 20 29 02 0E 0E 00 F7"),
        (Model::ApcMini, vec![], ""),
        (
            Model::ApcMiniMk2,
            vec!["F0 47 7F 4F 60 00 04 00 01 00 00 F7", "F0 47 7F 4F 62 00 01 00 F7"],
            "",
        ),
        (
            Model::Apc40Mk2,
            vec!["F0 47 7F 29 60 00 04 41 01 00 00 F7"],
            "F0 47 7F 29 60 00 04 40 01 00 00 F7",
        ),
    ];
    for (model, hello, goodbye) in table {
        let hello: Vec<_> = hello.into_iter().map(hex).collect();
        let mut surface = Surface::new(model);
        assert_eq!(said(|out| assert!(surface.hello(out))), hello, "{model:?}");
        let mut rig = Rig::new(model, Stage::of(8, 8));
        rig.stage.set(3, 3, ClipState::Playing);
        rig.settle();
        assert!(!rig.device.dark(), "{model:?}");
        let last = said(|out| {
            let device = &mut rig.device;
            assert!(rig.surface.goodbye(&mut |bytes| {
                device.receive(bytes).unwrap();
                out(bytes)
            }));
        });
        assert!(rig.device.dark(), "{model:?}");
        if !goodbye.is_empty() {
            assert_eq!(last.last(), Some(&hex(goodbye)), "{model:?}");
        }
    }
}

/// “LED lighting SysEx message”: `03` and specs `03 led red green blue`.
#[test]
fn launchpad_lights() {
    for (model, header) in [
        (Model::LaunchpadX, "F0 00 20 29 02 0C 03"),
        (Model::LaunchpadMini, "F0 00 20 29 02 0D 03"),
        (Model::LaunchpadPro, "F0 00 20 29 02 0E 03"),
    ] {
        let table = [
            (ClipState::Stopped, "03 51 00 00 7F"),
            (ClipState::PlayQueued, "03 51 00 7F 00 03 59 00 7F 00"),
            (ClipState::Playing, "03 51 00 7F 00 03 59 00 7F 00"),
            (ClipState::StopQueued, "03 51 7F 00 00"),
            (ClipState::RecordQueued, "03 51 7F 00 00"),
            (ClipState::Recording, "03 51 7F 00 00"),
        ];
        for (state, specs) in table {
            let expected = vec![hex(&format!("{header} {specs} F7"))];
            assert_eq!(change(model, state), expected, "{model:?} {state:?}");
        }
    }
}

/// *APC mini Communications Protocol*: velocity 0 off, 1 green, 3 red, 5 yellow.
#[test]
fn apc_mini_lights() {
    let table = [
        (ClipState::Stopped, "90 38 05"),
        (ClipState::PlayQueued, "90 38 01"),
        (ClipState::Playing, "90 38 01"),
        (ClipState::StopQueued, "90 38 03"),
        (ClipState::RecordQueued, "90 38 03"),
        (ClipState::Recording, "90 38 03"),
    ];
    for (state, bytes) in table {
        assert_eq!(change(Model::ApcMini, state), vec![hex(bytes)], "{state:?}");
    }
}

/// “RGB LED behavior”: channel 6 is full brightness; 5 red, 21 green, 45 blue.
#[test]
fn apc_mini_mk2_lights() {
    let table = [
        (ClipState::Stopped, "96 38 2D"),
        (ClipState::PlayQueued, "96 38 15"),
        (ClipState::Playing, "96 38 15"),
        (ClipState::StopQueued, "96 38 05"),
        (ClipState::RecordQueued, "96 38 05"),
        (ClipState::Recording, "96 38 05"),
    ];
    for (state, bytes) in table {
        assert_eq!(change(Model::ApcMiniMk2, state), vec![hex(bytes)], "{state:?}");
    }
    let mut rig = Rig::new(Model::ApcMiniMk2, Stage::of(8, 8));
    rig.stage.tracks[0].armed = true;
    let dim = said(|out| rig.surface.refresh(&rig.stage, out));
    assert!(dim.contains(&hex("90 38 05")), "armed: red at a tenth; {dim:02X?}");
}

/// *APC40 Mk2 Communications Protocol*: clip 1 is note 32, channel 0 the primary colour.
#[test]
fn apc40_lights() {
    let table = [
        (ClipState::Stopped, "90 20 2D"),
        (ClipState::PlayQueued, "90 20 15"),
        (ClipState::Playing, "90 20 15"),
        (ClipState::StopQueued, "90 20 05"),
        (ClipState::RecordQueued, "90 20 05"),
        (ClipState::Recording, "90 20 05"),
    ];
    for (state, bytes) in table {
        assert_eq!(change(Model::Apc40Mk2, state), vec![hex(bytes)], "{state:?}");
    }
    let mut rig = Rig::new(Model::Apc40Mk2, Stage::of(8, 8));
    rig.stage.tracks[2] = TrackView {
        playing: true,
        armed: true,
        solo: true,
        mute: true,
        selected: true,
        ..TrackView::default()
    };
    let bytes = said(|out| rig.surface.refresh(&rig.stage, out));
    for expected in ["92 30 01", "92 31 01", "92 32 00", "92 33 01", "92 34 01"] {
        assert!(bytes.contains(&hex(expected)), "{expected} in {bytes:02X?}");
    }
}

/// “Device Inquiry message”, and the names that the systems give to the ports.
#[test]
fn devices_are_told_apart() {
    let replies = [
        ("F0 7E 00 06 02 00 20 29 03 01 00 00 00 03 05 01 F7", Some(Model::LaunchpadX)),
        ("F0 7E 00 06 02 00 20 29 13 01 00 00 00 04 00 07 F7", Some(Model::LaunchpadMini)),
        ("F0 7E 00 06 02 00 20 29 23 01 00 00 00 04 06 05 F7", Some(Model::LaunchpadPro)),
        ("F0 7E 00 06 02 00 20 29 03 11 00 00 00 03 05 01 F7", None),
        ("F0 7E 00 06 02 47 28 00 19 01 00 00 00 7F F7", Some(Model::ApcMini)),
        ("F0 7E 00 06 02 47 4F 00 19 05 21 00 00 7F F7", Some(Model::ApcMiniMk2)),
        ("F0 7E 00 06 02 47 29 00 19 00 01 02 00 7F F7", Some(Model::Apc40Mk2)),
        ("F0 7E 00 06 02 47 29 00 19", None),
        ("F0 F7", None),
        ("", None),
    ];
    for (reply, model) in replies {
        assert_eq!(Model::of_identity(&hex(reply)), model, "{reply}");
    }
    let names = [
        ("Launchpad X:Launchpad X LPX MIDI In 24:1", Some(Model::LaunchpadX)),
        ("Launchpad X:Launchpad X LPX DAW In 24:0", None),
        ("MIDIIN2 (LPX MIDI)", Some(Model::LaunchpadX)),
        ("LPX MIDI", None),
        ("Launchpad Mini MK3:Launchpad Mini MK3 LPMiniMK3 MI 28:1", None),
        ("Launchpad Mini MK3 LPMiniMK3 MIDI Out", Some(Model::LaunchpadMini)),
        ("Launchpad Mini MK3 MIDI 2", Some(Model::LaunchpadMini)),
        ("Launchpad Pro MK3 LPProMK3 MIDI", Some(Model::LaunchpadPro)),
        ("Launchpad Pro MK3 LPProMK3 DIN", None),
        ("MIDIIN3 (LPProMK3 MIDI)", None),
        ("APC MINI MIDI 1", Some(Model::ApcMini)),
        ("APC mini mk2 Control", Some(Model::ApcMiniMk2)),
        ("APC mini mk2 Notes", None),
        ("APC40 mkII MIDI 1", Some(Model::Apc40Mk2)),
        ("Midi Through Port-0", None),
    ];
    for (name, model) in names {
        assert_eq!(Model::of_port(name), model, "{name}");
    }
}

/// A generic controller is lit by the messages that its own keys send.
#[test]
fn generic_lights() {
    let pad = |number, column| Binding {
        kind: MessageKind::Note,
        channel: 9,
        number,
        key: Key::Pad { column, row: 0 },
    };
    let record = Binding { kind: MessageKind::Control, channel: 0, number: 117, key: Key::Record };
    let lights = Velocities { clip: 10, green: 20, red: 30, other: 40 };
    let map = NoteMap::new(vec![pad(36, 0), pad(37, 1), record], Some(lights));
    let mut surface = Surface::generic(map.clone());
    let mut stage = Stage::of(2, 1);
    stage.set(0, 0, ClipState::Stopped);
    stage.recording = true;
    let bytes = said(|out| surface.refresh(&stage, out));
    assert_eq!(bytes, [hex("99 24 0A"), hex("99 25 00"), hex("B0 75 1E")]);
    let mut unlit = Surface::generic(NoteMap::new(map.bindings().to_vec(), None));
    assert!(said(|out| unlit.refresh(&stage, out)).is_empty());
}

//! Presses and releases: clips, scenes, window, track rows, faders and knobs.

use super::*;

const ALL: [Model; 6] = Model::ALL;

fn launch(track: u16, scene: u16, velocity: u8) -> PadIntent {
    PadIntent::Launch { track, scene, velocity }
}

#[test]
fn a_pad_launches_its_slot_with_its_velocity() {
    for model in ALL {
        let mut rig = Rig::new(model, Stage::of(8, 8));
        let pad = rig.pad(2, 1);
        let bytes = rig.device.press(pad, 77);
        assert_eq!(rig.input(&bytes), [launch(2, 1, 77)], "{model:?}");
        assert_eq!(rig.release(pad), [PadIntent::Release { track: 2, scene: 1 }], "{model:?}");
        assert_eq!(rig.release(pad), [], "released once");
        // A press whose release was lost.
        rig.press(pad);
        let again = [PadIntent::Release { track: 2, scene: 1 }, launch(2, 1, 100)];
        assert_eq!(rig.press(pad), again, "{model:?}");
        // Velocity 0 is a release everywhere.
        let up = rig.device.press(pad, 0);
        assert_eq!(rig.input(&up), [PadIntent::Release { track: 2, scene: 1 }], "{model:?}");
    }
}

#[test]
fn scenes_launch_and_slots_that_are_not_there_do_nothing() {
    for model in ALL {
        let mut rig = Rig::new(model, Stage::of(3, 4));
        assert_eq!(rig.tap(scene_of(model, 2)), [PadIntent::LaunchScene(2)], "{model:?}");
        assert_eq!(rig.tap(scene_of(model, 4)), [], "{model:?}");
        assert_eq!(rig.tap(rig.pad(3, 0)), [], "{model:?}");
        assert_eq!(rig.tap(rig.pad(0, 4)), [], "{model:?}");
    }
}

/// Up, down, left, right, and whether shift must be held.
fn arrows(model: Model) -> ([u8; 4], bool) {
    match model {
        Model::LaunchpadX | Model::LaunchpadMini => ([91, 92, 93, 94], false),
        Model::LaunchpadPro => ([80, 70, 91, 92], false),
        Model::ApcMini => ([64, 65, 66, 67], true),
        Model::ApcMiniMk2 => ([104, 105, 106, 107], true),
        Model::Apc40Mk2 => ([94, 95, 97, 96], false),
    }
}

fn move_by(rig: &mut Rig, model: Model, arrow: usize) {
    let (arrows, shifted) = arrows(model);
    let address = (0, arrows[arrow]);
    let intents = if shifted { rig.shift_tap(shift_of(model), address) } else { rig.tap(address) };
    assert_eq!(intents, []);
}

#[test]
fn the_window_moves_within_the_grid() {
    for model in ALL {
        let rows = u16::from(model.rows());
        let mut rig = Rig::new(model, Stage::of(10, rows + 1));
        let at = |rig: &Rig| (rig.surface.window().track, rig.surface.window().scene);
        for (arrow, place) in [
            (0, (0, 0)),
            (2, (0, 0)),
            (3, (1, 0)),
            (3, (2, 0)),
            (3, (2, 0)),
            (1, (2, 1)),
            (1, (2, 1)),
            (2, (1, 1)),
            (0, (1, 0)),
        ] {
            move_by(&mut rig, model, arrow);
            assert_eq!(at(&rig), place, "{model:?} after arrow {arrow}");
        }
        assert_eq!(rig.press(rig.pad(0, 0)), [launch(1, 0, 100)], "{model:?}");
        // Released as what it was pressed as.
        move_by(&mut rig, model, 3);
        assert_eq!(rig.release(rig.pad(0, 0)), [PadIntent::Release { track: 1, scene: 0 }]);
        // The grid became smaller.
        rig.stage = Stage::of(8, 2);
        rig.refresh();
        assert_eq!(at(&rig), (0, 0), "{model:?}");
    }
}

#[test]
fn the_window_moves_by_pages() {
    for model in ALL {
        let rows = u16::from(model.rows());
        let mut rig = Rig::new(model, Stage::of(30, 30));
        let (arrows, shifted) = arrows(model);
        if !shifted {
            rig.shift_tap(shift_of(model), (0, arrows[3]));
            rig.shift_tap(shift_of(model), (0, arrows[1]));
            let window = rig.surface.window();
            assert_eq!((window.track, window.scene), (8, rows), "{model:?}");
        }
        // Shift and a pad jumps to a page.
        rig.press((0, shift_of(model)));
        rig.settle();
        let dim = rig.pad_light(1, 1);
        assert_ne!(dim, Rgb(0, 0, 0), "{model:?}: page 1, 1 is there");
        assert_eq!(rig.pad_light(4, 1), Rgb(0, 0, 0), "{model:?}: no page beyond the tracks");
        rig.tap(rig.pad(3, 2));
        rig.release((0, shift_of(model)));
        let window = rig.surface.window();
        assert_eq!((window.track, window.scene), (22, rows * 2), "{model:?}");
    }
}

#[test]
fn rows_of_track_keys() {
    use PadIntent::{Arm, Mute, Select, Solo, StopTrack};
    // Launchpad X and Mini: the bottom row of pads, chosen with Session held.
    for model in [Model::LaunchpadX, Model::LaunchpadMini] {
        let mut rig = Rig::new(model, Stage::of(8, 8));
        assert_eq!(rig.surface.row(), None);
        for (key, intent) in [(49, StopTrack(3)), (39, Mute(3)), (29, Solo(3)), (19, Arm(3))] {
            assert_eq!(rig.shift_tap(95, (0, key)), []);
            assert_eq!(rig.tap(rig.pad(3, 7)), [intent], "{model:?}");
            assert_eq!(rig.tap(rig.pad(3, 6)).len(), 2, "the rows above still launch");
        }
        // The same again, or a tap on Session, brings the clips back.
        rig.shift_tap(95, (0, 19));
        assert_eq!(rig.tap(rig.pad(3, 7))[0], launch(3, 7, 100));
        rig.shift_tap(95, (0, 19));
        rig.tap((0, 95));
        assert_eq!(rig.tap(rig.pad(3, 7))[0], launch(3, 7, 100));
        // The other keys of the layer.
        for (key, intent) in [
            (89, PadIntent::Play),
            (79, PadIntent::Undo),
            (69, PadIntent::Redo),
            (59, PadIntent::StopAll),
        ] {
            assert_eq!(rig.shift_tap(95, (0, key)), [intent], "{model:?}");
        }
        assert_eq!(rig.tap((0, 98)), [PadIntent::Record]);
    }
    let mut pro = Rig::new(Model::LaunchpadPro, Stage::of(8, 8));
    assert_eq!(pro.tap((0, 103)), [Select(2)]);
    for (key, intent) in [(1, Arm(2)), (2, Mute(2)), (3, Solo(2)), (8, StopTrack(2))] {
        assert_eq!(pro.tap((0, key)), []);
        assert_eq!(pro.tap((0, 103)), [intent]);
    }
    pro.tap((0, 8));
    assert_eq!(pro.tap((0, 108)), [Select(7)]);
    for (key, intent) in [
        (1, PadIntent::Undo),
        (2, PadIntent::Redo),
        (3, PadIntent::Metronome),
        (8, PadIntent::StopAll),
    ] {
        assert_eq!(pro.shift_tap(90, (0, key)), [intent]);
    }
    for (key, intent) in
        [(10, PadIntent::Record), (20, PadIntent::Play), (30, PadIntent::FixedLength)]
    {
        assert_eq!(pro.tap((0, key)), [intent]);
    }
    let minis = [
        (
            Model::ApcMini,
            64,
            [(82, StopTrack(5)), (83, Solo(5)), (84, Arm(5)), (85, Mute(5)), (86, Select(5))],
            89,
        ),
        (
            Model::ApcMiniMk2,
            100,
            [(112, StopTrack(5)), (113, Solo(5)), (114, Mute(5)), (115, Arm(5)), (116, Select(5))],
            119,
        ),
    ];
    for (model, first, rows, stop_all) in minis {
        let mut rig = Rig::new(model, Stage::of(8, 8));
        assert_eq!(rig.tap((0, first)), [StopTrack(0)], "stops at first");
        for (key, intent) in rows {
            assert_eq!(rig.shift_tap(shift_of(model), (0, key)), []);
            assert_eq!(rig.tap((0, first + 5)), [intent], "{model:?}");
        }
        assert_eq!(rig.shift_tap(shift_of(model), (0, stop_all)), [PadIntent::StopAll]);
    }
    let mut forty = Rig::new(Model::Apc40Mk2, Stage::of(8, 8));
    for (note, intent) in
        [(52, StopTrack(6)), (50, Mute(6)), (49, Solo(6)), (48, Arm(6)), (51, Select(6))]
    {
        assert_eq!(forty.tap((6, note)), [intent]);
    }
    for (note, intent) in [
        (81, PadIntent::StopAll),
        (91, PadIntent::Play),
        (93, PadIntent::Record),
        (90, PadIntent::Metronome),
        (99, PadIntent::Tap),
    ] {
        assert_eq!(forty.tap((0, note)), [intent]);
    }
    assert_eq!(forty.tap((0, 100)), [PadIntent::Nudge(-1), PadIntent::Nudge(0)]);
    assert_eq!(forty.tap((0, 101)), [PadIntent::Nudge(1), PadIntent::Nudge(0)]);
}

#[test]
fn edit_keys_of_the_pro_are_held_with_a_pad() {
    let mut rig = Rig::new(Model::LaunchpadPro, Stage::of(8, 8));
    let (track, scene) = (1, 2);
    for (key, intent) in [
        (60, PadIntent::Clear { track, scene }),
        (50, PadIntent::Duplicate { track, scene }),
        (40, PadIntent::Quantize { track, scene }),
    ] {
        rig.press((0, key));
        assert_eq!(rig.tap(rig.pad(1, 2)), [intent]);
        rig.release((0, key));
        assert_eq!(rig.tap(rig.pad(1, 2)).len(), 2, "launches again");
    }
}

#[test]
fn faders_and_knobs() {
    use PadIntent::{Crossfader, Cue, Knob, Master, Pan, Send, Tempo, Volume};
    for (model, first) in [(Model::ApcMini, 68), (Model::ApcMiniMk2, 100)] {
        let mut rig = Rig::new(model, Stage::of(4, 8));
        let shift = shift_of(model);
        assert_eq!(rig.input(&[0xB0, 50, 90]), [Volume { track: 2, value: 90 }]);
        assert_eq!(rig.input(&[0xB0, 52, 90]), [], "no such track");
        assert_eq!(rig.input(&[0xB0, 56, 1]), [Master(1)]);
        rig.shift_tap(shift, (0, first + 1));
        assert_eq!(rig.input(&[0xB0, 50, 64]), [Pan { track: 2, value: 64 }]);
        rig.shift_tap(shift, (0, first + 2));
        assert_eq!(rig.input(&[0xB0, 50, 3]), [Send { track: 2, value: 3 }]);
        rig.shift_tap(shift, (0, first + 3));
        assert_eq!(rig.input(&[0xB0, 55, 3]), [Knob { index: 7, value: 3 }]);
        rig.shift_tap(shift, (0, first));
        assert_eq!(rig.surface.dial(), Dial::Volume);
    }
    let mut rig = Rig::new(Model::Apc40Mk2, Stage::of(20, 8));
    rig.surface.set_window(4, 0);
    let table = [
        ([0xB3, 7, 127], Volume { track: 7, value: 127 }),
        ([0xB0, 14, 5], Master(5)),
        ([0xB0, 15, 64], Crossfader(64)),
        ([0xB0, 49, 10], Pan { track: 5, value: 10 }),
        ([0xB0, 18, 10], Knob { index: 2, value: 10 }),
        ([0xB0, 13, 1], Tempo(1)),
        ([0xB0, 13, 127], Tempo(-1)),
        ([0xB0, 13, 64], Tempo(-64)),
        ([0xB0, 47, 3], Cue(3)),
    ];
    for (bytes, intent) in table {
        assert_eq!(rig.input(&bytes), [intent]);
    }
    rig.tap((0, 88));
    assert_eq!(rig.input(&[0xB0, 49, 10]), [Send { track: 5, value: 10 }]);
    assert_eq!(rig.input(&[0xB0, 13, 0]), []);
}

#[test]
fn controls_of_a_generic_map_are_pressed_from_64_on() {
    let bind = |number, key| Binding { kind: MessageKind::Control, channel: 2, number, key };
    let pad = Key::Pad { column: 1, row: 0 };
    let note = Binding { kind: MessageKind::Note, channel: 0, number: 60, key: Key::Scene(1) };
    let map = NoteMap::new(vec![bind(20, pad), bind(21, Key::TrackRow(Row::Mute, 0)), note], None);
    let mut surface = Surface::generic(map);
    assert_eq!((surface.window().columns, surface.window().rows), (2, 2));
    let stage = Stage::of(4, 4);
    let mut input = |bytes: &[u8]| {
        let mut intents = Vec::new();
        let taken = surface.input(bytes, &stage, &mut |intent| intents.push(intent));
        (taken, intents)
    };
    assert_eq!(input(&[0xB2, 20, 63]), (true, vec![]));
    assert_eq!(input(&[0xB2, 20, 64]), (true, vec![launch(1, 0, 64)]));
    assert_eq!(input(&[0xB2, 20, 0]), (true, vec![PadIntent::Release { track: 1, scene: 0 }]));
    assert_eq!(input(&[0xB2, 21, 127]), (true, vec![PadIntent::Mute(0)]));
    assert_eq!(input(&[0x90, 60, 1]), (true, vec![PadIntent::LaunchScene(1)]));
    assert_eq!(input(&[0x90, 61, 1]), (false, vec![]), "free for others");
    assert_eq!(input(&[0xB0, 20, 127]), (false, vec![]), "another channel");
}

#[test]
fn a_grid_of_notes_rises_from_the_bottom_left() {
    let mut surface = Surface::generic(NoteMap::grid(9, 36, 4, 4, None));
    let stage = Stage::of(8, 8);
    for (note, track, scene) in [(36, 0, 3), (39, 3, 3), (40, 0, 2), (51, 3, 0)] {
        let mut intents = Vec::new();
        assert!(surface.input(&[0x99, note, 5], &stage, &mut |intent| intents.push(intent)));
        assert_eq!(intents, [launch(track, scene, 5)]);
    }
    assert!(!surface.input(&[0x99, 52, 5], &stage, &mut |_| ()));
    assert_eq!(NoteMap::grid(0, 120, 8, 8, None).bindings().len(), 8);
}

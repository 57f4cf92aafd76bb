//! Drum and note mode, held notes, replugging.

use super::*;

/// Goes to a mode by the device's own keys.
fn enter(rig: &mut Rig, model: Model, mode: Mode) {
    let (drum, note, session, shifted) = match model {
        Model::LaunchpadX => (97, 96, 95, false),
        Model::LaunchpadMini => (96, 97, 95, false),
        Model::LaunchpadPro => (96, 94, 93, false),
        Model::ApcMini => (87, 88, 82, true),
        Model::ApcMiniMk2 => (117, 118, 112, true),
        Model::Apc40Mk2 => {
            let shift = mode == Mode::Drum;
            let again = mode == Mode::Session && rig.surface.mode() == Mode::Drum;
            let intents =
                if shift || again { rig.shift_tap(98, (0, 89)) } else { rig.tap((0, 89)) };
            assert_eq!(intents, []);
            assert_eq!(rig.surface.mode(), mode);
            return;
        }
    };
    let key = (0, [session, drum, note][mode as usize]);
    let intents = if shifted { rig.shift_tap(shift_of(model), key) } else { rig.tap(key) };
    assert_eq!(intents, []);
    assert_eq!(rig.surface.mode(), mode, "{model:?}");
}

fn on(pitch: u8) -> PadIntent {
    PadIntent::NoteOn { pitch, velocity: 100 }
}

fn off(pitch: u8) -> PadIntent {
    PadIntent::NoteOff { pitch }
}

#[test]
fn drum_mode_plays_sixteen_drums_on_the_bottom_left() {
    for model in Model::ALL {
        let bottom = model.rows() - 1;
        let mut rig = Rig::new(model, Stage::of(8, 8));
        enter(&mut rig, model, Mode::Drum);
        assert_eq!(rig.tap(rig.pad(0, bottom)), [on(36), off(36)], "{model:?}");
        assert_eq!(rig.tap(rig.pad(3, bottom - 3)), [on(51), off(51)], "{model:?}");
        assert_eq!(rig.tap(rig.pad(4, bottom)), [], "{model:?}");
        let bytes = rig.device.press(rig.pad(1, bottom), 9);
        assert_eq!(rig.input(&bytes), [PadIntent::NoteOn { pitch: 37, velocity: 9 }]);
        rig.settle();
        let yellow = rig.pad_light(0, bottom);
        assert!(yellow.0 == yellow.1 && yellow.0 > 0 && yellow.2 == 0, "{model:?}: {yellow:?}");
        assert_eq!(rig.pad_light(1, bottom), Rgb(0, 254, 0).max_green(model), "it sounds");
        assert_eq!(rig.pad_light(4, bottom), Rgb(0, 0, 0));
        assert_eq!(rig.pad_light(0, bottom.saturating_sub(4)), Rgb(0, 0, 0));
        // A note is released as what it was pressed as, in whatever mode.
        enter(&mut rig, model, Mode::Session);
        assert_eq!(rig.release(rig.pad(1, bottom)), [off(37)], "{model:?}");
        let window = rig.surface.window();
        let row = u16::from(bottom);
        assert_eq!((window.track, window.scene), (0, 0));
        let launch = PadIntent::Launch { track: 1, scene: row, velocity: 100 };
        assert_eq!(rig.press(rig.pad(1, bottom)), [launch], "{model:?}");
    }
}

trait MaxGreen {
    fn max_green(self, model: Model) -> Rgb;
}

impl MaxGreen for Rgb {
    /// Launchpads have seven bits, APCs eight.
    fn max_green(self, model: Model) -> Rgb {
        let apc = matches!(model, Model::ApcMini | Model::ApcMiniMk2 | Model::Apc40Mk2);
        if apc { Rgb(0, 255, 0) } else { self }
    }
}

#[test]
fn note_mode_plays_the_scale_in_rows_of_fourths() {
    for model in Model::ALL {
        let bottom = model.rows() - 1;
        let mut rig = Rig::new(model, Stage::of(8, 8));
        enter(&mut rig, model, Mode::Note);
        // F minor: F G Ab Bb C Db Eb F; the next row begins on Bb.
        for (column, pitch) in (0..).zip([41, 43, 44, 46, 48, 49, 51, 53]) {
            assert_eq!(rig.tap(rig.pad(column, bottom)), [on(pitch), off(pitch)], "{model:?}");
        }
        assert_eq!(rig.tap(rig.pad(0, bottom - 1)), [on(46), off(46)], "{model:?}");
        rig.settle();
        let (root, other) = (rig.pad_light(0, bottom), rig.pad_light(1, bottom));
        assert_ne!(root, Rgb(0, 0, 0), "{model:?}: the root is lit");
        assert_ne!(root, other, "{model:?}: and told from the others");
        assert_eq!(rig.pad_light(7, bottom), root, "{model:?}: in every octave");
        // Two pads of one pitch: it ends with the last of them.
        assert_eq!(rig.press(rig.pad(3, bottom)), [on(46)]);
        assert_eq!(rig.press(rig.pad(0, bottom - 1)), [off(46), on(46)]);
        assert_eq!(rig.release(rig.pad(3, bottom)), []);
        assert_eq!(rig.release(rig.pad(0, bottom - 1)), [off(46)]);
        // Another key under a held note.
        rig.press(rig.pad(1, bottom));
        rig.stage.key = (0, 0b1010_1011_0101);
        assert_eq!(rig.release(rig.pad(1, bottom)), [off(43)]);
        enter(&mut rig, model, Mode::Session);
    }
}

#[test]
fn up_and_down_move_the_pitch() {
    let mut rig = Rig::new(Model::LaunchpadX, Stage::of(8, 8));
    enter(&mut rig, Model::LaunchpadX, Mode::Note);
    rig.tap((0, 91));
    assert_eq!(rig.tap(rig.pad(0, 7))[0], on(53));
    for _ in 0..20 {
        rig.tap((0, 92));
    }
    assert_eq!(rig.tap(rig.pad(0, 7))[0], on(5), "three octaves below the first");
    rig.settle();
    assert_eq!(rig.device.light(0, 92), Rgb(0, 0, 0), "no further down");
    assert_ne!(rig.device.light(0, 91), Rgb(0, 0, 0));
    enter(&mut rig, Model::LaunchpadX, Mode::Drum);
    rig.tap((0, 91));
    assert_eq!(rig.tap(rig.pad(0, 7))[0], on(52));
    for _ in 0..20 {
        rig.tap((0, 91));
    }
    assert_eq!(rig.tap(rig.pad(0, 7))[0], on(116));
    assert_eq!(rig.tap(rig.pad(0, 4)), [], "above MIDI's range");
}

#[test]
fn what_is_held_is_let_go_when_the_device_vanishes() {
    let mut rig = Rig::new(Model::LaunchpadX, Stage::of(8, 8));
    rig.press(rig.pad(0, 0));
    rig.press((0, 97));
    rig.press(rig.pad(2, 7));
    rig.press((0, 95));
    let mut intents = Vec::new();
    rig.surface.let_go(&mut |intent| intents.push(intent));
    intents.sort_by_key(|intent| matches!(intent, PadIntent::NoteOff { .. }));
    assert_eq!(intents, [PadIntent::Release { track: 0, scene: 0 }, off(38)]);
    assert_eq!(rig.tap(rig.pad(2, 7)), [on(38), off(38)], "shift is up");
    let mut nothing = true;
    rig.surface.let_go(&mut |_| nothing = false);
    assert!(nothing);
}

#[test]
fn a_device_that_was_plugged_in_again_is_painted_anew() {
    for model in Model::ALL {
        let mut stage = Stage::of(8, 8);
        for track in 0..8 {
            stage.set(track, track % 5, ClipState::Stopped);
        }
        let mut rig = Rig::new(model, stage);
        let before = rig.device.clone();
        rig.device = Simulated::plugged(model);
        assert_eq!(rig.refresh(), 0, "nothing is known of it yet");
        rig.hello();
        rig.settle();
        for row in 0..model.rows() {
            for column in 0..8 {
                let (channel, number) = before.pad(column, row);
                let seen = rig.pad_light(column, row);
                assert_eq!(seen, before.light(channel, number), "{model:?} {column} {row}");
            }
        }
        assert_ne!(rig.pad_light(0, 0), Rgb(0, 0, 0));
    }
}

/// Shift with Drum or Note makes the APC mini mk2 change its own mode, which it announces.
#[test]
fn an_apc_mini_mk2_that_left_its_mode_is_put_back() {
    let mut rig = Rig::new(Model::ApcMiniMk2, Stage::of(8, 8));
    rig.shift_tap(122, (0, 118));
    assert_eq!(rig.input(&[0xF0, 0x47, 0x7F, 0x4F, 0x62, 0, 1, 1, 0xF7]), []);
    assert_eq!(rig.surface.mode(), Mode::Note, "once, not there and back");
    let mut said = Vec::new();
    rig.surface.refresh(&rig.stage, &mut |bytes| {
        said.push(bytes.to_vec());
        true
    });
    assert_eq!(said[0], [0xF0, 0x47, 0x7F, 0x4F, 0x62, 0, 1, 0, 0xF7]);
    assert!(said.len() > 20, "its lights are painted again");
    assert_eq!(
        rig.input(&[0xF0, 0x47, 0x7F, 0x4F, 0x61, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xF7]),
        []
    );
}

//! Whatever comes in and whatever is to be shown: no panic, no flood, no hanging note, the right lights.

use proptest::prelude::*;

use super::*;

fn model() -> impl Strategy<Value = Model> {
    proptest::sample::select(Model::ALL.to_vec())
}

fn state() -> impl Strategy<Value = ClipState> {
    proptest::sample::select(vec![
        ClipState::Empty,
        ClipState::Stopped,
        ClipState::PlayQueued,
        ClipState::Playing,
        ClipState::StopQueued,
        ClipState::RecordQueued,
        ClipState::Recording,
    ])
}

prop_compose! {
    fn slot()(state in state(), color in any::<[u8; 3]>(), progress in 0..=127_u8) -> SlotView {
        SlotView { state, color: Rgb(color[0], color[1], color[2]), progress }
    }
}

prop_compose! {
    fn track()(flags in any::<[bool; 6]>(), color in any::<[u8; 3]>()) -> TrackView {
        let [mute, solo, armed, selected, playing, stopping] = flags;
        let color = Rgb(color[0], color[1], color[2]);
        TrackView { mute, solo, armed, selected, playing, stopping, color, volume: 100 }
    }
}

prop_compose! {
    fn stage()(
        (tracks, scenes) in (0..20_usize, 0..20_usize),
    )(
        slots in proptest::collection::vec(proptest::collection::vec(slot(), scenes), tracks),
        rows in proptest::collection::vec(track(), tracks),
        scenes in Just(scenes as u16),
        playing in any::<bool>(),
        recording in any::<bool>(),
        beat in 0.0..1e6_f64,
        bpm in 20.0..999.0_f64,
        key in any::<(u8, u16)>(),
    ) -> Stage {
        Stage { slots, tracks: rows, scenes, playing, recording, beat, bpm, key }
    }
}

/// Messages: whole ones that mean something most of the time, and garbage.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let status = proptest::sample::select(vec![0x80_u8, 0x90, 0xB0]);
    let channel = prop_oneof![4 => Just(0_u8), 1 => 0..16_u8];
    prop_oneof![
        6 => (status, channel, 0..128_u8, 0..128_u8).prop_map(|(s, c, n, v)| vec![s | c, n, v]),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
        1 => (0..4_u8).prop_map(|mode| vec![0xF0, 0x47, 0x7F, 0x4F, 0x62, 0, 1, mode, 0xF7]),
    ]
}

fn binding() -> impl Strategy<Value = Binding> {
    let place = || prop_oneof![4 => 0..9_u8, 1 => any::<u8>()];
    let key = prop_oneof![
        4 => (place(), place()).prop_map(|(column, row)| Key::Pad { column, row }),
        1 => place().prop_map(Key::Scene),
        1 => place().prop_map(Key::Track),
        1 => place().prop_map(|column| Key::TrackRow(Row::Mute, column)),
        2 => proptest::sample::select(vec![
            Key::Row(Row::Arm), Key::Up, Key::Down, Key::Left, Key::Right, Key::Shift, Key::Session,
            Key::Note, Key::Drum, Key::Record, Key::Clear, Key::NudgeUp, Key::Dial(Dial::Send),
        ]),
    ];
    let kind = proptest::sample::select(vec![MessageKind::Note, MessageKind::Control]);
    (kind, prop_oneof![4 => Just(0_u8), 1 => any::<u8>()], any::<u8>(), key)
        .prop_map(|(kind, channel, number, key)| Binding { kind, channel, number, key })
}

/// What the eye should see of a slot.
fn expected(slot: SlotView, armed: bool, lit: bool, seen: Rgb, model: Model) -> Result<(), String> {
    let dark = seen == Rgb(0, 0, 0);
    let Rgb(red, green, blue) = seen;
    let is = |fine: bool, what: &str| {
        if fine { Ok(()) } else { Err(format!("{slot:?} is {seen:?}, not {what}")) }
    };
    match slot.state {
        ClipState::Empty if armed && model != Model::ApcMini => {
            is((1..=30).contains(&red) && green == 0 && blue == 0, "dim red")
        }
        ClipState::Empty => is(dark, "dark"),
        ClipState::Stopped if model == Model::ApcMini => is(seen == Rgb(255, 255, 0), "yellow"),
        ClipState::Stopped => {
            // Launchpads: seven bits. APCs: the nearest colour of the palette.
            let near = |a: u8, b: u8| a.abs_diff(b) <= 1;
            let Rgb(r, g, b) = slot.color;
            let launchpad =
                matches!(model, Model::LaunchpadX | Model::LaunchpadMini | Model::LaunchpadPro);
            let exact = near(red, r) && near(green, g) && near(blue, b);
            // Too dark to be told from an empty slot: made brighter.
            let visible = r.max(g).max(b) >= 64;
            is(!dark && (exact || !launchpad || !visible), "its colour")
        }
        ClipState::PlayQueued if !lit => is(dark, "dark for half a blink"),
        ClipState::StopQueued | ClipState::RecordQueued if !lit => {
            is(dark, "dark for half a blink")
        }
        ClipState::PlayQueued | ClipState::Playing => {
            is(red == 0 && blue == 0 && green > 70, "green")
        }
        ClipState::StopQueued | ClipState::RecordQueued | ClipState::Recording => {
            is(green == 0 && blue == 0 && red > 70, "red")
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Two views one after the other, so that lights have to change.
    #[test]
    fn the_device_shows_what_the_view_asks(
        model in model(),
        first in stage(),
        second in stage(),
        window in (0..20_u16, 0..20_u16),
    ) {
        let mut rig = Rig::new(model, first);
        rig.stage = second;
        rig.surface.set_window(window.0, window.1);
        rig.settle();
        let window = rig.surface.window();
        let beats = [1.0, 0.5, 2.0, 4.0, 8.0].into_iter().find(|beats| {
            (40.0..=240.0).contains(&(rig.stage.bpm / beats))
        });
        let lit = !rig.stage.playing || (rig.stage.beat / beats.unwrap()).fract() < 0.5;
        for row in 0..model.rows() {
            for column in 0..8 {
                let (track, scene) =
                    (window.track + u16::from(column), window.scene + u16::from(row));
                let seen = rig.pad_light(column, row);
                if track < rig.stage.tracks() && scene < rig.stage.scenes() {
                    let armed = rig.stage.track(track).armed;
                    let slot = rig.stage.slot(track, scene);
                    let fine = expected(slot, armed, lit, seen, model);
                    prop_assert!(fine.is_ok(), "{model:?}: {fine:?}");
                } else {
                    prop_assert_eq!(seen, Rgb(0, 0, 0), "{:?}: no slot there", model);
                }
            }
        }
        for row in 0..model.rows() {
            let (channel, number) = scene_of(model, row);
            let Rgb(red, green, blue) = rig.device.light(channel, number);
            let scene = window.scene + u16::from(row);
            let there = scene < rig.stage.scenes();
            let columns = window.track..rig.stage.tracks().min(window.track + 8);
            let any = |state| columns.clone().any(|track| rig.stage.slot(track, scene).state == state);
            let green_now = there
                && if any(ClipState::PlayQueued) { lit } else { any(ClipState::Playing) };
            let is_green = green == red.max(green).max(blue) && green > 200 && red == 0 && blue == 0;
            prop_assert_eq!(is_green, green_now, "{:?}: scene {}", model, row);
            prop_assert!(there || (red, green, blue) == (0, 0, 0), "{:?}: no scene {}", model, row);
        }
        prop_assert_eq!(rig.refresh(), 0, "nothing changed");
    }

    /// Every light of the APC40's track rows.
    #[test]
    fn track_rows_show_their_tracks(stage in stage()) {
        let mut rig = Rig::new(Model::Apc40Mk2, Stage::of(8, 8));
        rig.stage = stage;
        rig.stage.playing = false;
        rig.settle();
        for column in 0..8_u8 {
            let lit = [48, 49, 50, 51, 52].map(|note| rig.device.light(column, note) != Rgb(0, 0, 0));
            let track = rig.stage.tracks.get(usize::from(column));
            let asked = track.map_or([false; 5], |track| {
                [track.armed, track.solo, !track.mute, track.selected, track.playing || track.stopping]
            });
            prop_assert_eq!(lit, asked, "track {}", column);
        }
        let keys = [91, 93, 102].map(|note| rig.device.light(0, note) != Rgb(0, 0, 0));
        prop_assert_eq!(keys, [false, rig.stage.recording, rig.stage.recording]);
    }

    /// Notes alternate, slots are released as often as launched, and periods stay bounded.
    #[test]
    fn anything_may_come_in(
        model in model(),
        stages in proptest::collection::vec(stage(), 2),
        messages in proptest::collection::vec((message(), 0..12_u8), 0..120),
    ) {
        let mut rig = Rig::new(model, stages[0].clone());
        let mut sounding = [false; 128];
        let mut launched = Vec::new();
        let mut hear = |intent: PadIntent| -> Result<(), TestCaseError> {
            match intent {
                PadIntent::NoteOn { pitch, velocity } => {
                    prop_assert!((1..128).contains(&velocity) && pitch < 128);
                    prop_assert!(!std::mem::replace(&mut sounding[usize::from(pitch)], true));
                }
                PadIntent::NoteOff { pitch } => {
                    prop_assert!(std::mem::replace(&mut sounding[usize::from(pitch)], false));
                }
                PadIntent::Launch { track, scene, velocity } => {
                    prop_assert!((1..128).contains(&velocity));
                    launched.push((track, scene));
                }
                PadIntent::Release { track, scene } => {
                    let place = launched.iter().position(|slot| *slot == (track, scene));
                    prop_assert!(place.map(|place| launched.swap_remove(place)).is_some());
                }
                _ => {}
            }
            Ok(())
        };
        for (bytes, what) in &messages {
            let mut intents = Vec::new();
            rig.surface.input(bytes, &rig.stage, &mut |intent| intents.push(intent));
            prop_assert!(intents.len() <= 4, "{} intents of one message", intents.len());
            intents.into_iter().try_for_each(&mut hear)?;
            match what {
                0 => rig.stage = stages[1].clone(),
                1 => rig.stage.beat += 0.3,
                2..=5 => drop(rig.refresh()),
                _ => {}
            }
        }
        let mut intents = Vec::new();
        rig.surface.let_go(&mut |intent| intents.push(intent));
        intents.into_iter().try_for_each(&mut hear)?;
        prop_assert!(sounding.iter().all(|sounds| !sounds), "a note hangs");
        prop_assert!(launched.is_empty(), "a slot is still held");
        rig.settle();
    }

    /// A port that refuses now and then only takes longer.
    #[test]
    fn refusals_lose_nothing(
        model in model(),
        stage in stage(),
        refusals in proptest::collection::vec(any::<bool>(), 1..40),
    ) {
        let mut rig = Rig::new(model, Stage::of(8, 8));
        let mut calm = Rig::new(model, stage.clone());
        calm.settle();
        rig.stage = stage;
        let mut refusals = refusals.into_iter();
        for _ in 0..40 {
            let device = &mut rig.device;
            rig.surface.refresh(&rig.stage, &mut |bytes| {
                let taken = !refusals.next().unwrap_or(false);
                if taken {
                    device.receive(bytes).unwrap();
                }
                taken
            });
        }
        for number in 0..128 {
            for channel in 0..8 {
                let seen = rig.device.light(channel, number);
                prop_assert_eq!(seen, calm.device.light(channel, number), "{:?} {} {}", model, channel, number);
            }
        }
    }

    /// Whatever map a person writes, and whatever the controller then sends.
    #[test]
    fn any_map_is_safe(
        stage in stage(),
        bindings in proptest::collection::vec(binding(), 0..200),
        lit in any::<bool>(),
        messages in proptest::collection::vec(message(), 0..100),
    ) {
        let lights = lit.then(Velocities::default);
        let mut surface = Surface::generic(NoteMap::new(bindings, lights));
        let mut notes = 0;
        let mut count = |intent: PadIntent| match intent {
            PadIntent::NoteOn { .. } => notes += 1,
            PadIntent::NoteOff { .. } => notes -= 1,
            _ => {}
        };
        for bytes in &messages {
            surface.input(bytes, &stage, &mut count);
            let mut sent = 0;
            surface.refresh(&stage, &mut |bytes| {
                sent += bytes.len();
                bytes.len() == 3 && bytes[0] >= 0x80 && bytes[1..].iter().all(|byte| *byte < 0x80)
            });
            prop_assert!(sent <= BYTES_PER_REFRESH && (lit || sent == 0));
        }
        surface.let_go(&mut count);
        prop_assert_eq!(notes, 0, "a note hangs");
        // All is said at last.
        for _ in 0..20 {
            surface.refresh(&stage, &mut |_| true);
        }
        let mut more = 0;
        surface.refresh(&stage, &mut |bytes| {
            more += bytes.len();
            true
        });
        prop_assert_eq!(more, 0);
    }

    #[test]
    fn no_bytes_and_no_name_confuse_the_recognition(bytes in any::<Vec<u8>>(), name in any::<String>()) {
        let _ = Model::of_identity(&bytes);
        let _ = Model::of_port(&name);
    }
}

//! How much is said: nothing when nothing changes, little when everything blinks.

use super::*;

/// Frames of a period at 48 kHz.
const PERIOD: f64 = 64.0 / 48_000.0;

/// Bytes a second that a device receives while music plays.
fn rate(model: Model, state: ClipState, bpm: f64) -> f64 {
    let mut stage = Stage::of(8, 8);
    for track in 0..8 {
        for scene in 0..8 {
            stage.set(track, scene, state);
        }
    }
    stage.bpm = bpm;
    let mut rig = Rig::new(model, stage);
    let (before, seconds) = (rig.device.bytes(), 4.0);
    let mut periods = 0.0;
    while periods * PERIOD < seconds {
        periods += 1.0;
        rig.stage.beat = periods * PERIOD * bpm / 60.0;
        rig.refresh();
    }
    (rig.device.bytes() - before) as f64 / seconds
}

/// The whole grid blinking or pulsing at once, the worst there is, at the fastest blink. A USB port of
/// full speed carries over 500 000 bytes a second, a DIN socket 3125.
#[test]
fn blinking_in_software_costs_little() {
    for (model, blinks, pulses) in [
        (Model::LaunchpadX, 3_300.0, 13_000.0),
        (Model::ApcMini, 1_800.0, 1.0),
        (Model::ApcMiniMk2, 1_800.0, 6_400.0),
        (Model::Apc40Mk2, 1_200.0, 2_500.0),
    ] {
        let blink = rate(model, ClipState::PlayQueued, 240.0);
        let pulse = rate(model, ClipState::Playing, 240.0);
        println!("{model:?}: {blink} bytes a second blinking, {pulse} pulsing");
        assert!(
            blink <= blinks && pulse <= pulses,
            "{model:?}: {blink} and {pulse} bytes a second"
        );
        assert!(
            rate(model, ClipState::PlayQueued, 999.0) <= blink * 1.1,
            "faster music, no more bytes"
        );
        assert_eq!(rate(model, ClipState::Stopped, 240.0), 0.0, "{model:?}");
    }
}

#[test]
fn blinks_follow_the_beat_and_stand_still_with_it() {
    for model in Model::ALL {
        let mut stage = Stage::of(8, 8);
        stage.set(0, 0, ClipState::PlayQueued);
        let mut rig = Rig::new(model, stage);
        for (bpm, period) in [(20.0, 0.5), (40.0, 1.0), (240.0, 1.0), (300.0, 2.0), (999.0, 8.0)] {
            rig.stage.bpm = bpm;
            for (phase, lit) in
                [(0.0, true), (0.49, true), (0.5, false), (0.99, false), (1.0, true)]
            {
                rig.stage.beat = (16.0 + phase) * period;
                rig.settle();
                let seen = rig.pad_light(0, 0);
                assert_eq!(seen != Rgb(0, 0, 0), lit, "{model:?} at {phase} of a blink, {bpm} BPM");
            }
        }
        // The transport stands half a beat in: lit all the same.
        rig.stage.playing = false;
        rig.stage.beat = 0.5;
        rig.settle();
        assert_ne!(rig.pad_light(0, 0), Rgb(0, 0, 0), "{model:?}");
    }
}

#[test]
fn a_pulse_gets_shallower_as_the_clip_goes_on() {
    let mut stage = Stage::of(8, 8);
    stage.set(0, 0, ClipState::Playing);
    let mut rig = Rig::new(Model::LaunchpadX, stage);
    rig.stage.beat = 0.5;
    let mut brightness = |progress| {
        rig.stage.slots[0][0].progress = progress;
        rig.settle();
        rig.pad_light(0, 0).1
    };
    let seen = [0, 42, 85, 127].map(&mut brightness);
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
}

/// A port that is full: what it refuses stays due and nothing else is lost.
#[test]
fn what_does_not_fit_stays_due() {
    for model in Model::ALL {
        let mut rig = Rig::new(model, Stage::of(8, 8));
        rig.stage.set(0, 0, ClipState::Playing);
        rig.stage.set(7, 4, ClipState::Recording);
        let mut asked = 0;
        rig.surface.refresh(&rig.stage, &mut |_| {
            asked += 1;
            false
        });
        assert_eq!(asked, 1, "{model:?}: once refused, no more is tried");
        rig.settle();
        assert_ne!(rig.pad_light(0, 0), Rgb(0, 0, 0));
        assert_ne!(rig.pad_light(7, 4), Rgb(0, 0, 0));
        let mut refused = Simulated::plugged(model);
        let mut room = 1;
        assert!(!rig.surface.goodbye(&mut |bytes| {
            refused.receive(bytes).unwrap();
            room -= 1;
            room >= 0
        }));
    }
}

/// While everything pulses and the whole grid was just repainted, what begins comes first.
#[test]
fn what_begins_to_play_is_shown_first() {
    for model in Model::ALL {
        let mut stage = Stage::of(8, 8);
        for track in 0..8 {
            (0..8).for_each(|scene| stage.set(track, scene, ClipState::Playing));
        }
        stage.set(7, 4, ClipState::Stopped);
        let mut rig = Rig::new(model, stage);
        // The swell moves every pulse in the same period.
        rig.stage.beat = 0.5;
        rig.stage.set(7, 4, ClipState::Recording);
        let pulsing = first_light(&mut rig);
        assert_eq!(pulsing, rig.pad(7, 4).1, "{model:?}: before the pulses");
        // Now all of it is unknown and has to be painted, and only one clip moves.
        for track in 0..8 {
            (0..8).for_each(|scene| rig.stage.set(track, scene, ClipState::Stopped));
        }
        rig.stage.set(7, 4, ClipState::Recording);
        rig.hello();
        assert_eq!(first_light(&mut rig), rig.pad(7, 4).1, "{model:?}: before what stands still");
    }
}

/// The light that is set first in a period.
fn first_light(rig: &mut Rig) -> u8 {
    let mut first = None;
    rig.surface.refresh(&rig.stage, &mut |bytes| {
        first.get_or_insert(bytes.to_vec());
        true
    });
    let first = first.unwrap();
    first[if first.len() > 3 { 8 } else { 1 }]
}

/// A scene is launched over another on all tracks: every light that says so, in one period.
#[test]
fn a_scene_launch_is_shown_within_a_period() {
    for model in Model::ALL {
        let mut stage = Stage::of(8, 8);
        for track in 0..8 {
            stage.set(track, 0, ClipState::Playing);
            stage.set(track, 1, ClipState::PlayQueued);
            stage.tracks[usize::from(track)].playing = true;
        }
        let mut rig = Rig::new(model, stage);
        for track in 0..8 {
            rig.stage.set(track, 0, ClipState::Stopped);
            rig.stage.set(track, 1, ClipState::Playing);
            rig.stage.set(track, 2, ClipState::RecordQueued);
        }
        rig.refresh();
        let (shown, number) = (rig.device.clone(), rig.device.messages());
        rig.settle();
        assert_eq!(rig.device.messages(), number, "{model:?}: nothing was left for later");
        let green = rig.pad_light(3, 1);
        assert!(green.1 > 250 && green.0 == 0, "{model:?}: {green:?}");
        let (channel, number) = rig.pad(3, 2);
        assert!(shown.light(channel, number).0 > 250, "{model:?}");
    }
}

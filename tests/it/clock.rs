//! The MIDI clock for other machines: every message on the frame where the music is.

use hardcore::device::CLOCK_PORT;
use hardcore::device::port::{Callback, Period};
use hardcore::engine::clock::Pos;
use hardcore::engine::prepare::Samples;
use hardcore::engine::protocol::{Gesture, When};
use hardcore::live::desk::Desk;
use hardcore::live::hall::build;
use hardcore::live::performer::Performer;
use hardcore::model::ids::IdCounter;
use hardcore::model::time::{Bpm, TempoChange, TempoMap, Ticks};

use crate::support::{project, stage};

const RATE: u32 = 48_000;
/// Ticks from clock to clock.
const CLOCK: i64 = 40;

/// A device whose periods are no whole number of blocks.
struct Wire {
    frames: usize,
    first: u64,
    last: u32,
    out: Vec<f32>,
    heard: Vec<(u64, Vec<u8>)>,
}

impl Period for Wire {
    fn frames(&self) -> usize {
        self.frames
    }
    fn host_ns(&self) -> u64 {
        0
    }
    fn input(&self, _: usize) -> &[f32] {
        &[]
    }
    fn output(&mut self, channel: usize) -> &mut [f32] {
        if channel < 2 { &mut self.out[..self.frames] } else { &mut [] }
    }
    fn midi_in(&self, _: &mut dyn FnMut(usize, u32, &[u8])) {}
    fn midi_out(&mut self, port: usize, frame: u32, bytes: &[u8]) -> bool {
        assert_eq!(port, CLOCK_PORT);
        assert!(frame as usize >= self.last as usize && (frame as usize) < self.frames);
        self.last = frame;
        self.heard.push((self.first + u64::from(frame), bytes.to_vec()));
        true
    }
}

struct Set {
    desk: Desk,
    performer: Performer,
    wire: Wire,
}

impl Set {
    fn new(tempo: TempoMap) -> Set {
        let mut project = project(tempo);
        project.song.next_id = IdCounter(10_000);
        let stage = stage(Samples::new());
        let (desk, mut performer, _) = build(project, stage, RATE).expect("a playable project");
        performer.say_time();
        let out = vec![0.0; 512];
        Set { desk, performer, wire: Wire { frames: 0, first: 0, last: 0, out, heard: vec![] } }
    }

    fn at(&mut self, frame: u64, gesture: Gesture) {
        self.desk.send(When::Frame(frame), gesture);
    }

    /// Play up to `frame`, in periods of these lengths by turns.
    fn run(&mut self, frame: u64, periods: &[usize]) -> Vec<(u64, Vec<u8>)> {
        for frames in periods.iter().cycle() {
            if self.wire.first >= frame {
                break;
            }
            self.desk.tend();
            (self.wire.frames, self.wire.last) = (*frames, 0);
            self.performer.process(&mut self.wire);
            self.wire.first += *frames as u64;
        }
        std::mem::take(&mut self.wire.heard)
    }
}

/// Frames after the start at which the clocks of a tempo map fall, worked out by themselves.
fn wanted(map: &TempoMap, count: i64) -> Vec<u64> {
    let steps = map.steps();
    let frame = |at: i64| {
        let ends = steps.iter().skip(1).map(|s| s.at.0).chain([i64::MAX]);
        let parts = steps.iter().zip(ends).map(|(step, end)| {
            let ticks = (at.min(end) - step.at.0).max(0);
            ticks as f64 * 60_000.0 * f64::from(RATE) / (960.0 * f64::from(step.bpm.milli()))
        });
        parts.sum::<f64>().round() as u64
    };
    (0..count).map(|n| frame(n * CLOCK)).collect()
}

fn clocks(heard: &[(u64, Vec<u8>)]) -> Vec<u64> {
    heard.iter().filter(|(_, b)| b[..] == [0xF8]).map(|(f, _)| *f).collect()
}

fn others(heard: &[(u64, Vec<u8>)]) -> Vec<(u64, Vec<u8>)> {
    heard.iter().filter(|(_, b)| b[..] != [0xF8]).cloned().collect()
}

#[test]
fn clocks_follow_a_gliding_tempo_on_their_frames() {
    let map = TempoMap {
        start: Bpm::from_milli(133_333),
        changes: vec![
            TempoChange { at: Ticks(960), bpm: Bpm::from_milli(220_000), ramp: true },
            TempoChange { at: Ticks(960 * 5), bpm: Bpm::from_milli(174_001), ramp: true },
            TempoChange { at: Ticks(960 * 6), bpm: Bpm::from_milli(90_000), ramp: false },
        ],
    };
    for periods in [&[256usize][..], &[100, 37, 512, 1]] {
        let mut set = Set::new(map.clone());
        set.at(1000, Gesture::Start);
        let heard = set.run(400_000, periods);
        assert_eq!(others(&heard), [(1000, vec![0xFA])]);
        let played: Vec<u64> =
            clocks(&heard).into_iter().filter(|f| *f >= 1000).map(|f| f - 1000).collect();
        assert!(played.len() > 300, "{}", played.len());
        assert_eq!(played, wanted(&map, played.len() as i64));
        // While it stands, they come at the tempo that it begins with.
        let standing = clocks(&heard)[1] - clocks(&heard)[0];
        assert!(standing.abs_diff(wanted(&map, 2)[1]) <= 1, "{standing}");
    }
}

#[test]
fn stop_continue_and_moves_of_the_playhead_are_said_where_they_happen() {
    let mut set = Set::new(TempoMap::constant(Bpm::from_milli(150_000)));
    let sixteenth = 4800;
    set.at(640, Gesture::Start);
    // Between two clocks of 800 frames, two and a half sixteenths on.
    set.at(640 + 12_000 + 100, Gesture::Stop);
    set.at(20_000, Gesture::Continue);
    let heard = set.run(30_000, &[96]);
    let began = 20_000 + (3 * sixteenth - 12_100);
    let expected: [(u64, Vec<u8>); 4] =
        [(640, vec![0xFA]), (12_740, vec![0xFC]), (began, vec![0xF2, 3, 0]), (began, vec![0xFB])];
    assert_eq!(others(&heard), expected);
    // While it stands, clocks go on at the tempo; where it goes on, they are the music's again.
    let of =
        |from: u64, to: u64| clocks(&heard).into_iter().filter(|f| (from..to).contains(f)).count();
    assert_eq!(of(640, 12_740), 16);
    assert!((8..=10).contains(&of(12_740, 20_000)), "{}", of(12_740, 20_000));
    assert!(clocks(&heard).contains(&began) && clocks(&heard).contains(&(began + 800)));

    set.at(30_100, Gesture::Locate(Pos::from(Ticks(960 * 64))));
    set.at(40_000, Gesture::Stop);
    set.at(41_000, Gesture::Locate(Pos::from(Ticks(960 * 4))));
    let heard = set.run(45_000, &[96]);
    let expected: [(u64, Vec<u8>); 5] = [
        (30_100, vec![0xFC]),
        (30_100, vec![0xF2, 0, 2]),
        (30_100, vec![0xFB]),
        (40_000, vec![0xFC]),
        (41_000, vec![0xF2, 16, 0]),
    ];
    assert_eq!(others(&heard), expected);
}

#[test]
fn a_count_in_says_the_tempo_and_starts_the_others_with_the_music() {
    let mut set = Set::new(TempoMap::constant(Bpm::from_milli(240_000)));
    set.at(64, Gesture::CountIn(1));
    let heard = set.run(60_000, &[256]);
    // Four beats of 12 000 frames.
    assert_eq!(others(&heard), [(48_064, vec![0xFA])]);
    let all = clocks(&heard);
    assert!(all.windows(2).filter(|w| (w[1] - w[0]).abs_diff(500) > 1).count() <= 1, "{all:?}");
    assert!(all.contains(&48_064) && all.contains(&48_564));
}

//! MIDI clock in: tempo and position of another machine, freed from the jitter of its messages.
//!
//! Every clock is a measurement of one straight line, time over count, and a second-order filter
//! fits that line: after n clocks its gains are those of a least-squares fit through n points,
//! α = 2(2n − 1) / (n(n + 1)) and β = 6 / (n(n + 1)) (E. Brookner, "Tracking and Kalman Filtering Made
//! Easy", 1998, chapter 1.3), until they rest at n = 96, one bar. A tempo change shows as errors that
//! no longer cancel out; then n falls back and the line is found anew.

use super::stream::Message;
use crate::model::time::Bpm;

/// Clocks in a quarter note.
pub const CLOCKS_PER_BEAT: u32 = 24;
/// Clocks in a unit of the song position, a sixteenth.
const CLOCKS_PER_SIXTEENTH: i64 = 6;
/// Clocks that the fit remembers at most.
const MEMORY: u32 = 4 * CLOCKS_PER_BEAT;
/// Clocks that the fit still remembers after a change of tempo.
const FORGETFUL: u32 = 4;
/// Clocks before a tempo counts as known.
const KNOWN: u32 = 6;
/// Clocks between two corrections of the tempo.
const EVERY: i64 = 6;
/// Clocks within which a transport that is out of step is brought back.
const CATCH_UP: f64 = 48.0;
/// How far the tempo bends to bring it back, as a share.
const BEND: f64 = 0.1;
/// Changes of tempo that are not worth a command, milli-BPM.
const STILL: u32 = 20;

/// What a transport that follows the clock is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockChange {
    /// Start; a `Locate(0)` comes before it.
    Start,
    /// Start from where it stopped or was located.
    Continue,
    /// Stop.
    Stop,
    /// Go to this sixteenth from the start.
    Locate(u16),
    /// Take this tempo.
    Tempo(Bpm),
}

/// A change and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockEvent {
    /// Engine frame; it may lie a little before or after that of the message.
    pub frame: u64,
    /// What changes.
    pub change: ClockChange,
}

/// What waits for the next clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begin {
    Start,
    Continue,
}

/// Follows one port's clock. Of fixed size, nothing in it allocates.
#[derive(Clone, Debug)]
pub struct ClockIn {
    rate: f64,
    line: Line,
    last: Option<u64>,
    begin: Option<Begin>,
    running: bool,
    /// Position of the last clock, in clocks from the start of the song.
    count: i64,
    /// Clocks heard, running or not.
    heard: i64,
    /// Where a transport that obeys is.
    follower: Follower,
}

impl ClockIn {
    /// A follower for time stamps at `rate` frames per second, of a transport that is at `tempo`.
    pub fn new(rate: u32, tempo: Bpm) -> Self {
        let rate = f64::from(rate.max(1));
        ClockIn {
            rate,
            line: Line::new(rate),
            last: None,
            begin: None,
            running: false,
            count: 0,
            heard: 0,
            follower: Follower { tempo, at: 0.0, pos: 0.0 },
        }
    }

    /// Takes a message that came at `frame`; those that are not about time do nothing. A transport
    /// that obeys what is handed out stays in step with the sender: the tempo bends a little until
    /// they agree.
    pub fn message(&mut self, message: &Message<'_>, frame: u64, out: &mut dyn FnMut(ClockEvent)) {
        match *message {
            Message::Clock => self.clock(frame, out),
            Message::Start => self.begin = Some(Begin::Start),
            Message::Continue => self.begin = Some(Begin::Continue),
            Message::Stop => {
                self.begin = None;
                if std::mem::take(&mut self.running) {
                    self.follower.run_to(frame as f64, self.rate);
                    out(ClockEvent { frame, change: ClockChange::Stop });
                }
            }
            Message::SongPosition(sixteenths) => {
                // The place belongs to the clock that comes next.
                self.count = i64::from(sixteenths) * CLOCKS_PER_SIXTEENTH - 1;
                self.follower.at = frame as f64;
                self.follower.pos = (self.count + 1) as f64;
                out(ClockEvent { frame, change: ClockChange::Locate(sixteenths) });
            }
            _ => {}
        }
    }

    /// Whether clocks are coming and their tempo is known at `frame`; half a second of silence ends
    /// that. The tempo handed out last stays in force.
    pub fn locked(&self, frame: u64) -> bool {
        self.line.known && !self.silent(frame)
    }

    /// The tempo that was found, without the bending that keeps a transport in step.
    pub fn tempo(&self) -> Option<Bpm> {
        self.line.known.then(|| Bpm::from_milli(self.milli(self.line.period)))
    }

    /// The transport was given another tempo by somebody else at `frame`.
    pub fn tempo_was_set(&mut self, tempo: Bpm, frame: u64) {
        if self.running {
            self.follower.run_to(frame as f64, self.rate);
        }
        self.follower.tempo = tempo;
    }

    fn silent(&self, frame: u64) -> bool {
        self.last.is_none_or(|last| frame.saturating_sub(last) as f64 > self.rate / 2.0)
    }

    /// Tempo at `period` frames a clock.
    fn milli(&self, period: f64) -> u32 {
        (60_000.0 / f64::from(CLOCKS_PER_BEAT) * self.rate / period.max(1e-3)).round() as u32
    }

    fn clock(&mut self, frame: u64, out: &mut dyn FnMut(ClockEvent)) {
        let resumed = self.silent(frame);
        if resumed {
            self.line.forget();
        }
        self.last = Some(frame);
        self.line.add(frame as f64);
        self.heard += 1;
        let at = self.line.at.max(0.0);
        let stamp = at.round() as u64;
        match self.begin.take() {
            Some(Begin::Start) => {
                self.count = 0;
                self.running = true;
                self.follower.at = at;
                self.follower.pos = 0.0;
                out(ClockEvent { frame: stamp, change: ClockChange::Locate(0) });
                out(ClockEvent { frame: stamp, change: ClockChange::Start });
            }
            Some(Begin::Continue) if !self.running => {
                self.count += 1;
                self.running = true;
                self.follower.at = at;
                out(ClockEvent { frame: stamp, change: ClockChange::Continue });
            }
            _ if self.running => {
                self.count += 1;
                if resumed {
                    // Nobody knows how many were missed: stay in step with the nearest.
                    self.follower.run_to(at, self.rate);
                    self.count = self.follower.pos.round() as i64;
                }
            }
            _ => {}
        }
        if self.line.known && self.heard % EVERY == 0 {
            self.steer(frame.max(stamp), at, out);
        }
    }

    /// Hands out the tempo that brings the transport in step.
    fn steer(&mut self, frame: u64, at: f64, out: &mut dyn FnMut(ClockEvent)) {
        let mut period = self.line.period;
        if self.running {
            self.follower.run_to(frame as f64, self.rate);
            let there = self.count as f64 + (frame as f64 - at) / period.max(1e-3);
            let behind = (there - self.follower.pos) / CATCH_UP;
            period /= 1.0 + behind.clamp(-BEND, BEND);
        }
        let tempo = Bpm::from_milli(self.milli(period));
        if tempo.milli().abs_diff(self.follower.tempo.milli()) >= STILL {
            self.follower.tempo = tempo;
            out(ClockEvent { frame, change: ClockChange::Tempo(tempo) });
        }
    }
}

/// A transport that does what it is told.
#[derive(Clone, Debug)]
struct Follower {
    tempo: Bpm,
    /// Frame of `pos`.
    at: f64,
    /// In clocks from the start of the song.
    pos: f64,
}

impl Follower {
    fn run_to(&mut self, at: f64, rate: f64) {
        let clocks_per_frame =
            f64::from(self.tempo.milli()) * f64::from(CLOCKS_PER_BEAT) / (60_000.0 * rate);
        self.pos += (at - self.at) * clocks_per_frame;
        self.at = at;
    }
}

/// The line through the clocks.
#[derive(Clone, Debug)]
struct Line {
    /// Clocks remembered.
    n: u32,
    /// There were enough of them.
    known: bool,
    /// Where the last clock should have come, frames.
    at: f64,
    /// Frames from clock to clock.
    period: f64,
    /// Mean of the last few errors, which is near 0 while the tempo holds, frames.
    drift: f64,
    /// Mean square of the errors, frames².
    spread: f64,
    millisecond: f64,
}

impl Line {
    fn new(rate: f64) -> Self {
        let millisecond = rate / 1000.0;
        let spread = millisecond * millisecond;
        Line { n: 0, known: false, at: 0.0, period: 0.0, drift: 0.0, spread, millisecond }
    }

    fn forget(&mut self) {
        (self.n, self.known) = (0, false);
    }

    fn add(&mut self, t: f64) {
        let error = t - (self.at + self.period);
        if self.n == 0 || (self.n > 1 && error > 2.0 * self.period + 20.0 * self.millisecond) {
            // The first one, or the sender paused: the line goes on from here.
            self.n = self.n.clamp(1, FORGETFUL);
            self.at = t;
            self.drift = 0.0;
            return;
        }
        if self.n == 1 {
            self.period = t - self.at;
            (self.at, self.n, self.drift) = (t, 2, 0.0);
            return;
        }
        self.n = (self.n + 1).min(MEMORY);
        self.known |= self.n >= KNOWN;
        let n = f64::from(self.n);
        self.at += self.period + error * 2.0 * (2.0 * n - 1.0) / (n * (n + 1.0));
        self.period = (self.period + error * 6.0 / (n * (n + 1.0))).max(1.0);
        self.watch(error);
    }

    /// Forgets what was before a change of tempo. The mean over about 8 errors has a variance of
    /// 1/15 of theirs; five times its deviation is no accident.
    fn watch(&mut self, error: f64) {
        const SHARE: f64 = 1.0 / 8.0;
        self.drift += (error - self.drift) * SHARE;
        let limit = 5.0 * (self.spread * SHARE / (2.0 - SHARE)).sqrt();
        if self.n >= 2 * FORGETFUL && self.drift.abs() > limit {
            self.n = FORGETFUL;
            self.drift = 0.0;
            return;
        }
        // An error that belongs to a change says nothing about jitter.
        let square = (error * error).min(9.0 * self.spread);
        let least = self.millisecond * self.millisecond / 100.0;
        self.spread = (self.spread + (square - self.spread) / 64.0).max(least);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE: u32 = 48_000;

    fn bpm(bpm: f64) -> Bpm {
        Bpm::new(bpm).unwrap()
    }

    /// Frames between clocks at `bpm`.
    fn period(bpm: f64) -> f64 {
        2.5 * f64::from(RATE) / bpm
    }

    /// Noise of deviation 1, nearly Gaussian: the sum of twelve uniform numbers.
    struct Noise(u64);

    impl Noise {
        fn next(&mut self) -> f64 {
            let mut sum = -6.0;
            for _ in 0..12 {
                self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                sum += (self.0 >> 11) as f64 / (1u64 << 53) as f64;
            }
            sum
        }
    }

    /// A transport that obeys each event on its frame, or late when that has passed.
    struct Transport {
        bpm: f64,
        playing: bool,
        pos: f64,
        at: f64,
        events: Vec<ClockEvent>,
    }

    impl Transport {
        fn run_to(&mut self, frame: f64) {
            if self.playing {
                self.pos += (frame - self.at) / period(self.bpm);
            }
            self.at = frame;
        }

        fn obey(&mut self, event: ClockEvent) {
            self.run_to(event.frame as f64);
            self.events.push(event);
            match event.change {
                ClockChange::Start | ClockChange::Continue => self.playing = true,
                ClockChange::Stop => self.playing = false,
                ClockChange::Locate(n) => self.pos = f64::from(n) * 6.0,
                ClockChange::Tempo(bpm) => self.bpm = bpm.get(),
            }
        }
    }

    struct Bench {
        clock: ClockIn,
        transport: Transport,
        /// True time of the next clock.
        next: f64,
        noise: Noise,
        jitter: f64,
    }

    impl Bench {
        fn new(jitter_ms: f64) -> Self {
            Bench {
                clock: ClockIn::new(RATE, bpm(120.0)),
                transport: Transport {
                    bpm: 120.0,
                    playing: false,
                    pos: 0.0,
                    at: 0.0,
                    events: vec![],
                },
                next: 100_000.0,
                noise: Noise(7),
                jitter: jitter_ms * f64::from(RATE) / 1000.0,
            }
        }

        fn say(&mut self, message: Message<'_>) {
            let frame = (self.next - 10.0) as u64;
            self.clock.message(&message, frame, &mut |e| self.transport.obey(e));
        }

        /// One clock with jitter, and the next one `period` later; gives the time of this one.
        fn tick(&mut self, bpm: f64) -> f64 {
            let at = self.next;
            let heard = (at + self.noise.next() * self.jitter).round().max(0.0) as u64;
            self.clock.message(&Message::Clock, heard, &mut |e| self.transport.obey(e));
            self.next += period(bpm);
            at
        }

        fn ticks(&mut self, count: u32, bpm: f64) {
            for _ in 0..count {
                self.tick(bpm);
            }
        }
    }

    fn rms(values: &[f64]) -> f64 {
        (values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64).sqrt()
    }

    #[test]
    fn jitter_of_a_millisecond_is_filtered_and_the_transport_stays_in_step() {
        let mut bench = Bench::new(1.0);
        bench.say(Message::Start);
        let (mut tempo, mut found, mut phase) = (vec![], vec![], vec![]);
        let mut settled = None;
        for n in 0..24 * 64 {
            let at = bench.tick(174.0);
            let error = bench.clock.tempo().map_or(1.0, |t| t.get() / 174.0 - 1.0);
            if error.abs() > 0.002 {
                settled = None;
            } else if settled.is_none() {
                settled = Some(n);
            }
            if n >= 24 * 8 {
                bench.transport.run_to(at.max(bench.transport.at));
                let here = bench.transport.pos - (bench.transport.at - at) / period(174.0);
                phase.push((here - f64::from(n)) * period(174.0) / f64::from(RATE) * 1000.0);
                tempo.push(bench.transport.bpm - 174.0);
                found.push(error * 174.0);
            }
        }
        let settled = settled.unwrap();
        let (found, tempo, phase) = (rms(&found), rms(&tempo), rms(&phase));
        println!("clock in, 1 ms jitter at 174 BPM: within 0.2 % for good after {settled} clocks;");
        println!("from beat 8 on: tempo found {found:.3} BPM rms, transport {tempo:.3} BPM rms,");
        println!("phase {phase:.3} ms rms (jitter suppressed {:.1} dB)", -20.0 * phase.log10());
        assert!(settled <= 72 && found < 0.15 && tempo < 0.3 && phase < 0.5);
    }

    #[test]
    fn a_clean_clock_is_followed_exactly() {
        let mut bench = Bench::new(0.0);
        for _ in 0..24 {
            bench.tick(160.0);
        }
        assert!(bench.clock.locked(bench.next as u64));
        assert!(bench.clock.tempo().unwrap().milli().abs_diff(160_000) < 30);
        bench.say(Message::Start);
        for n in 0..24 * 16 {
            let at = bench.tick(160.0);
            bench.transport.run_to(at.max(bench.transport.at));
            let here = bench.transport.pos - (bench.transport.at - at) / period(160.0);
            assert!((here - f64::from(n)).abs() * period(160.0) < 5.0, "clock {n} at {here}");
        }
        let tempos = |e: &&ClockEvent| matches!(e.change, ClockChange::Tempo(_));
        let many = bench.transport.events.iter().filter(tempos).count();
        assert!(many < 20, "{many} tempos for one");
    }

    #[test]
    fn a_change_of_tempo_is_followed_within_a_beat() {
        for (from, to) in [(174.0, 160.0), (160.0, 200.0), (150.0, 145.0), (90.0, 250.0)] {
            for jitter in [0.0, 0.3, 1.0] {
                let mut bench = Bench::new(jitter);
                bench.say(Message::Start);
                bench.ticks(24 * 16, from);
                let errors: Vec<f64> = (0..24 * 8)
                    .map(|_| {
                        bench.tick(to);
                        bench.clock.tempo().unwrap().get() / to - 1.0
                    })
                    .collect();
                let after = errors.iter().rposition(|e| e.abs() > 0.01).map_or(0, |n| n + 1);
                println!("{from} to {to} BPM, jitter {jitter} ms: within 1 % after {after} clocks");
                assert!(after <= 30, "{from} to {to}, {jitter} ms: {after} clocks");
                let (now, pos) = (bench.transport.at, bench.transport.pos);
                let off = pos + (bench.next - now) / period(to) - f64::from(24 * 24);
                assert!(off.abs() < 0.5, "{off} clocks out of step");
            }
        }
    }

    #[test]
    fn start_and_continue_wait_for_the_clock() {
        let mut bench = Bench::new(0.0);
        bench.say(Message::Start);
        assert!(bench.transport.events.is_empty());
        let at = bench.tick(120.0) as u64;
        let changes = [ClockChange::Locate(0), ClockChange::Start];
        let wanted = changes.map(|change| ClockEvent { frame: at, change });
        assert_eq!(bench.transport.events, wanted);
        bench.ticks(11, 120.0);
        bench.transport.events.clear();
        bench.say(Message::Stop);
        bench.say(Message::Stop);
        bench.ticks(30, 120.0);
        bench.say(Message::SongPosition(16));
        bench.say(Message::Continue);
        bench.tick(120.0);
        let changes: Vec<_> = bench.transport.events.iter().map(|e| e.change).collect();
        let wanted = [ClockChange::Stop, ClockChange::Locate(16), ClockChange::Continue];
        assert_eq!(changes, wanted);
        let first = bench.transport.at;
        bench.ticks(24, 120.0);
        bench.transport.run_to(first + 24.0 * period(120.0));
        assert!((bench.transport.pos - 120.0).abs() < 0.01, "{}", bench.transport.pos);
    }

    #[test]
    fn a_lost_clock_keeps_the_tempo_and_comes_back_in_step() {
        let mut bench = Bench::new(0.2);
        bench.say(Message::Start);
        bench.ticks(24 * 8, 174.0);
        let (last, tempo) = (bench.next as u64, bench.transport.bpm);
        assert!(bench.clock.locked(last));
        assert!(!bench.clock.locked(last + u64::from(RATE) * 6 / 10));
        bench.next += 5.0 * f64::from(RATE);
        let events = bench.transport.events.len();
        bench.ticks(5, 174.0);
        assert_eq!(bench.transport.events.len(), events);
        assert_eq!(bench.transport.bpm, tempo);
        bench.ticks(24 * 8, 174.0);
        assert!(bench.clock.locked(bench.next as u64));
        // No chase over the five seconds.
        assert!((bench.transport.bpm - 174.0).abs() < 1.0, "{}", bench.transport.bpm);
    }

    proptest! {
        #[test]
        fn any_order_of_messages_is_borne(
            steps in proptest::collection::vec((0u8..6, 0u64..40_000, any::<u16>()), 0..300),
        ) {
            let mut clock = ClockIn::new(RATE, bpm(174.0));
            let mut frame = 0;
            let mut playing = false;
            for (kind, wait, n) in steps {
                frame += wait;
                let message = match kind {
                    0 => Message::Start,
                    1 => Message::Continue,
                    2 => Message::Stop,
                    3 => Message::SongPosition(n & 0x3FFF),
                    _ => Message::Clock,
                };
                clock.message(&message, frame, &mut |event| match event.change {
                    ClockChange::Start | ClockChange::Continue => playing = true,
                    ClockChange::Stop => {
                        assert!(playing, "stopped twice");
                        playing = false;
                    }
                    ClockChange::Tempo(t) => assert!(t >= Bpm::MIN && t <= Bpm::MAX),
                    ClockChange::Locate(_) => {}
                });
            }
            // Nothing is stuck: a steady clock is found.
            clock.message(&Message::Start, frame, &mut |_| {});
            for n in 0..200u64 {
                clock.message(&Message::Clock, frame + n * 750, &mut |_| {});
            }
            let tempo = clock.tempo().unwrap();
            prop_assert!(tempo.milli().abs_diff(160_000) < 200, "{}", tempo.milli());
        }
    }
}

//! The engine thread's side of a set, as the hall has it: a document, a desk, a rig, somebody who types.

use std::path::Path;
use std::sync::Arc;

use hardcore::app::player::Player;
use hardcore::device::{Backend, Direction, MidiPort, Patchbay, Plug, RATE, Wish};
use hardcore::engine::prepare::Samples;
use hardcore::engine::protocol::Snapshot;
use hardcore::engine::samples::Sample;
use hardcore::engine::sound::SoundFactory;
use hardcore::live::desk::{At, Desk, Loader, News, Order};
use hardcore::live::hall::{Stage, build};
use hardcore::live::hands::{Control, Hands};
use hardcore::live::performer::Performer;
use hardcore::live::rig::Rig;
use hardcore::midi::pads::{Model, Surface};
use hardcore::model::control::{
    Binding, Control as Knob, Does, Encoding, MapTarget, MidiMap, Parameter, Response, Source,
    Strip, Takeover,
};
use hardcore::model::ids::{BusId, EffectId, TrackId};
use hardcore::model::project::Project;
use rand::Rng;
use rand_pcg::Pcg64Mcg;

use crate::fingers::{Places, Toy};
use crate::guard::wait_for_helpers;
use crate::{lines, stage};

/// Has the stage's samples at hand.
struct Given;

impl Loader for Given {
    fn load(&mut self, _: &Project, samples: &mut Samples) -> Vec<String> {
        if samples.is_empty() {
            samples.extend(stage::samples());
        }
        Vec::new()
    }
}

/// A patchbay whose toys come and go.
struct Table {
    places: Arc<Places>,
    /// By toy.
    there: [bool; Toy::ALL.len()],
    news: Vec<Plug>,
    rng: Pcg64Mcg,
}

impl Table {
    fn ports(toy: Toy) -> impl Iterator<Item = MidiPort> {
        let port = |direction, name: String| MidiPort { name, aliases: Vec::new(), direction };
        let out = toy.name().replace("MIDI In", "MIDI Out");
        [port(Direction::In, toy.name().to_owned()), port(Direction::Out, out)].into_iter()
    }

    /// Pull one out, or put it back in.
    fn pull(&mut self) {
        let toy = Toy::ALL[self.rng.random_range(0..Toy::ALL.len())];
        let there = &mut self.there[toy as usize];
        *there = !*there;
        let plug = if *there { Plug::Came } else { Plug::Went };
        self.news.extend(Table::ports(toy).map(plug));
    }

    /// Put all of them in.
    fn lay(&mut self) {
        for toy in Toy::ALL {
            if !std::mem::replace(&mut self.there[toy as usize], true) {
                self.news.extend(Table::ports(toy).map(Plug::Came));
            }
        }
    }
}

impl Patchbay for Table {
    fn midi_ports(&self) -> Vec<MidiPort> {
        let there = Toy::ALL.into_iter().filter(|toy| self.there[*toy as usize]);
        there.flat_map(Table::ports).collect()
    }

    fn plugs(&mut self) -> Vec<Plug> {
        std::mem::take(&mut self.news)
    }

    fn own(&self, short: &str) -> String {
        format!("hardcore:{short}")
    }

    fn connect(&self, from: &str, to: &str) -> Result<(), String> {
        let toy = Toy::ALL.into_iter().find(|toy| toy.name() == from);
        let port = to.strip_prefix("hardcore:midi_in_").and_then(|n| n.parse::<usize>().ok());
        if let (Some(toy), Some(port)) = (toy, port) {
            self.places.put(port - 1, Some(toy));
        }
        Ok(())
    }

    fn disconnect(&self, _: &str, _: &str) -> Result<(), String> {
        Ok(())
    }
}

/// What came of it on this side.
#[derive(Debug, Default)]
pub struct Came {
    /// Lines said, and those that could not be done.
    pub lines: u64,
    pub refused: u64,
    /// Edits sent.
    pub edits: u64,
    /// Times that the mixer was rebuilt.
    pub stages: u64,
    /// Clips recorded into.
    pub recorded: u64,
    /// Values that controllers moved.
    pub moved: u64,
    /// What controllers asked for.
    pub asked: u64,
    /// Times that something was lost for want of room.
    pub gaps: u64,
}

/// The engine thread.
pub struct EngineThread {
    player: Player,
    desk: Desk,
    rig: Rig,
    table: Table,
    rng: Pcg64Mcg,
    /// The document as it was last looked at.
    seen: Project,
    /// Rounds in which it does nothing.
    stalled: u32,
    rounds: u64,
    pub came: Came,
}

impl EngineThread {
    /// A set of the stage, kept in `folder`.
    pub fn open(
        project: Project,
        factory: Arc<dyn SoundFactory>,
        folder: &Path,
        mut rng: Pcg64Mcg,
        places: Arc<Places>,
    ) -> (EngineThread, Performer) {
        let mut player = Player::new(project.clone(), &folder.join("set.hcs")).expect("a document");
        player.learned.map = map();
        let stage = Stage {
            factory,
            loader: Box::new(Given),
            wish: Wish { backend: Backend::Null, ..Wish::default() },
            threads: 1,
            scsynth: None,
            clock_in: true,
            clock_out: None,
            journal: Some(folder.join("take.journal")),
            record: Some(folder.join("take.wav")),
        };
        let (desk, mut performer, commands) =
            build(project.clone(), stage, RATE).expect("a playable project");
        wait_for_helpers(1);
        let (wired, grid) = Rig::blank(&desk);
        let (mut hands, mut ends) = Hands::new(wired, grid, commands);
        hands.follow_clock(RATE, desk.project.song.tempo.start);
        performer.give(hands);
        performer.say_time();
        // One for a port that no device has: it has to come back all the same.
        let lost = Control::Surface(99, Some(Box::new(Surface::new(Model::ApcMini))));
        assert!(ends.inbox.push(lost).is_ok(), "room");
        let table = Table {
            places,
            there: [true; Toy::ALL.len()],
            news: Vec::new(),
            rng: {
                use rand::SeedableRng;
                Pcg64Mcg::seed_from_u64(rng.random())
            },
        };
        let mut engine = EngineThread {
            player,
            desk,
            rig: Rig::new(ends),
            table,
            rng,
            seen: project,
            stalled: 0,
            rounds: 0,
            came: Came::default(),
        };
        engine.rig.refresh(&engine.desk);
        let mut orders = Vec::new();
        engine.player.bind(&mut |order| orders.push(order));
        engine.carry_out(orders);
        for line in [
            "arm 3 on",
            "arm 5 on",
            "arm 6 on",
            "listen 3 on",
            "scene 1",
            "play",
            "scene 4",
            "fill 3 2",
            "record 5 3 for 1/4",
            "touch master filter -0.5",
        ] {
            assert_eq!(engine.say(line).err(), None, "{line}");
        }
        (engine, performer)
    }

    /// As the hall does.
    fn carry_out(&mut self, orders: Vec<Order>) {
        for order in orders {
            match order {
                Order::Arm(tracks) => self.rig.arm(tracks),
                Order::Bind(bound) => self.rig.bind(*bound),
                Order::Panic => {
                    self.rig.panic();
                    self.desk.order(Order::Panic);
                    continue;
                }
                Order::Patch(..) => {
                    self.came.edits += 1;
                    self.desk.order(order);
                }
                other => {
                    self.desk.order(other);
                    continue;
                }
            }
            self.rig.refresh(&self.desk);
        }
    }

    fn say(&mut self, line: &str) -> Result<String, String> {
        let mut orders = Vec::new();
        let said = self.player.line(line, At::Now, &mut |order| orders.push(order));
        self.came.lines += 1;
        self.came.refused += u64::from(said.is_err());
        self.carry_out(orders);
        said.map_err(|error| error.to_string())
    }

    /// One round of its loop, with somebody typing. Now and then it stalls for a hundred.
    pub fn round(&mut self) {
        self.rounds += 1;
        if self.stalled > 0 {
            self.stalled -= 1;
            return;
        }
        if self.rng.random_range(0..250) == 0 {
            self.stalled = self.rng.random_range(1..100);
        }
        if self.rng.random_range(0..60) == 0 {
            self.table.pull();
        }
        if self.rounds.is_multiple_of(5) {
            self.rig.plug(&mut self.table);
        }
        if self.rounds.is_multiple_of(40) {
            let sample = stage::samples().into_values().next();
            let sample = sample.filter(|_| !self.rounds.is_multiple_of(200));
            let rate = self.desk.rate();
            self.desk.order(Order::Preview(sample.map(|sample| Sample { rate, ..sample })));
        }
        let before = self.came.edits;
        // Three in ten do something, so that the document has time to be played.
        if self.rng.random_range(0..10) < 3 {
            let line = match self.rng.random_range(0..12) {
                0 => self.more(),
                _ => lines::line(&mut self.rng, &self.seen),
            };
            // A parameter that its sound does not have would be in the way when all is prepared anew.
            let sets = line.starts_with("insert") && line.contains(" set ");
            if !sets && !line.starts_with("param") {
                // Not all can be done.
                let _ = self.say(&line);
            }
        }
        let mut news = self.desk.tend();
        for asked in self.rig.tend() {
            self.came.asked += 1;
            news.push(News::Asked(asked, "keys:Stage 61".to_owned()));
        }
        let mut orders: Vec<Order> = Vec::new();
        for item in news {
            match &item {
                News::View(_) => self.came.stages += 1,
                News::Moved(..) => self.came.moved += 1,
                News::Recorded(..) => self.came.recorded += 1,
                News::Notice(sentence) if sentence.contains("gaps") => self.came.gaps += 1,
                _ => {}
            }
            self.player.news(item, &mut |order| orders.push(order));
        }
        self.carry_out(orders);
        if self.came.edits != before {
            self.seen = self.player.project().expect("a document");
        }
    }

    /// What the lines at random do not say, or seldom.
    fn more(&mut self) -> String {
        let track = self.seen.tracks[self.rng.random_range(0..self.seen.tracks.len())].id;
        let scene = self.seen.scenes[self.rng.random_range(0..self.seen.scenes.len())].id;
        match self.rng.random_range(0..8) {
            0 => "panic".to_owned(),
            1 => format!("arm #{track} toggle"),
            2 | 3 => format!("record #{track} #{scene} for 1/4"),
            4 => format!("learn \"volume #{track} 0\""),
            5 => format!("scene #{scene} tempo {} over 4", self.rng.random_range(140..220)),
            6 => "capture heard".to_owned(),
            _ => format!("fill #{track} #{scene}"),
        }
    }

    /// All toys on the table again.
    pub fn lay(&mut self) {
        self.stalled = 0;
        self.table.lay();
        self.rig.plug(&mut self.table);
    }

    /// The device runs at another rate: all is prepared anew.
    pub fn move_to(&mut self, rate: u32) -> Performer {
        let (mut performer, commands) = self.desk.rebuild(rate).expect("a playable project");
        wait_for_helpers(2);
        let (wired, grid) = Rig::blank(&self.desk);
        let (mut hands, ends) = Hands::new(wired, grid, commands);
        hands.follow_clock(rate, self.desk.project.song.tempo.start);
        performer.give(hands);
        performer.say_time();
        self.rig.move_to(ends, &self.desk);
        performer
    }

    /// What can be read.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.desk.engine.snapshot
    }

    /// End the take.
    pub fn close(mut self) -> Came {
        self.desk.close();
        self.came
    }
}

/// Controls of every kind that do something of every kind, on the last channel.
fn map() -> MidiMap {
    let track = |n: u32| Strip::Track(TrackId(n));
    let jump = Response::Absolute(Takeover::Jump);
    let relative = Response::Relative { encoding: Encoding::TwosComplement, linear: false };
    let moves = [
        (Knob::Control(16), track(3), MapTarget::Volume, Response::Absolute(Takeover::PickUp)),
        (Knob::Control(17), track(5), MapTarget::Pan, jump),
        (
            Knob::Control(18),
            track(6),
            MapTarget::Send(BusId(8000)),
            Response::Absolute(Takeover::Scaled),
        ),
        (Knob::Control(19), track(5), MapTarget::Insert(EffectId(32), "mix".into()), relative),
        (Knob::Control(20), track(6), MapTarget::Param("cutoff".into()), jump),
        (Knob::Control(21), track(3), MapTarget::Pad(36, "drive".into()), relative),
        (Knob::Control(22), Strip::Bus(BusId(8001)), MapTarget::Volume, jump),
        (Knob::Control(23), track(1), MapTarget::Cue, jump),
        (Knob::Control14(10), Strip::Master, MapTarget::Volume, jump),
        (Knob::Bend, track(6), MapTarget::Pan, jump),
        (Knob::Note(100), track(5), MapTarget::Mute, Response::Toggle),
        (Knob::Note(101), track(6), MapTarget::Solo, Response::Momentary),
        (Knob::Note(102), track(3), MapTarget::Bypass(EffectId(16)), Response::Toggle),
    ];
    let says = [
        (Knob::Note(103), "launch #5 #7000"),
        (Knob::Note(104), "touch master filter -0.5"),
        (Knob::Note(105), "note on #6 48 vel 100"),
        (Knob::Note(106), "record #6 #7002"),
        (Knob::Note(107), "undo"),
        (Knob::Note(108), "nudge 2"),
        (Knob::Note(109), "fill #3 #7001"),
        (Knob::Note(110), "record end #6"),
        (Knob::Control(24), "touch master repeat 1/16"),
        (Knob::Program(1), "scene #7001"),
        (Knob::Program(2), "scene #7003"),
        (Knob::Program(3), "stop all"),
    ];
    let source = |kind| Source { port: None, channel: Some(15), kind };
    let moves = moves.into_iter().map(|(kind, strip, target, response)| {
        let parameter = Parameter { strip, target, min: 0.0, max: 1.0, response };
        Binding { source: source(kind), does: Does::Parameter(parameter) }
    });
    let says = says
        .into_iter()
        .map(|(kind, line)| Binding { source: source(kind), does: Does::Action(line.to_owned()) });
    let map = MidiMap { bindings: moves.chain(says).collect() };
    assert_eq!(map.faults(), [], "a map that may be");
    map
}

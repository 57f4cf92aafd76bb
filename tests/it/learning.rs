//! Controls that are learned by a line: from the line and a turn of the knob to the value set.

use std::path::Path;

use hardcore::app::player::Player;
use hardcore::device::{Direction, MidiPort, Patchbay, Plug};
use hardcore::engine::plan::Target;
use hardcore::engine::prepare::Samples;
use hardcore::engine::protocol::{Command, Gesture, Timed};
use hardcore::live::desk::{At, Desk, Loader, News, Order};
use hardcore::live::hall::{Stage, build};
use hardcore::live::hands::{Asked, Hands};
use hardcore::live::rig::Rig;
use hardcore::midi::map::{Does, MapTarget, Strip};
use hardcore::model::ids::IdCounter;
use hardcore::model::project::Project;

use crate::support::{blank, factory};

struct NoSamples;

impl Loader for NoSamples {
    fn load(&mut self, _: &Project, _: &mut Samples) -> Vec<String> {
        Vec::new()
    }
}

/// Knobs that are plugged in once.
#[derive(Default)]
struct Knobs {
    plugged: bool,
}

const NAME: &str = "Knobs:out";

impl Patchbay for Knobs {
    fn midi_ports(&self) -> Vec<MidiPort> {
        let port = MidiPort { name: NAME.into(), aliases: Vec::new(), direction: Direction::In };
        if self.plugged { vec![port] } else { Vec::new() }
    }
    fn plugs(&mut self) -> Vec<Plug> {
        Vec::new()
    }
    fn own(&self, short: &str) -> String {
        format!("hardcore:{short}")
    }
    fn connect(&self, _: &str, _: &str) -> Result<(), String> {
        Ok(())
    }
    fn disconnect(&self, _: &str, _: &str) -> Result<(), String> {
        Ok(())
    }
}

struct Set {
    player: Player,
    desk: Desk,
    rig: Rig,
    hands: Hands,
    commands: rtrb::Consumer<Timed>,
}

impl Set {
    fn new(lines: &[&str]) -> Set {
        let mut project = blank();
        project.song.next_id = IdCounter(10_000);
        let mut player = Player::new(project, Path::new("set.hcs")).expect("a document");
        for line in lines {
            player.line(line, At::Now, &mut |_| {}).unwrap_or_else(|e| panic!("{line}: {e}"));
        }
        let stage = Stage {
            factory: factory(),
            loader: Box::new(NoSamples),
            wish: Default::default(),
            threads: 0,
            scsynth: None,
            clock_in: false,
            clock_out: None,
            journal: None,
            record: None,
        };
        let project = player.project().expect("a project");
        let (desk, _performer, _) = build(project, stage, 48_000).expect("a playable project");
        let (to, commands) = rtrb::RingBuffer::new(1024);
        let (wired, grid) = Rig::blank(&desk);
        let (hands, ends) = Hands::new(wired, grid, to);
        let mut rig = Rig::new(ends);
        rig.plug(&mut Knobs { plugged: true });
        assert!(rig.take_rewired());
        rig.refresh(&desk);
        Set { player, desk, rig, hands, commands }
    }

    /// Learn a line by turning a knob, and give what the knob then sets at its upper end.
    fn turn(&mut self, line: &str, knob: u8) -> Option<(u16, Target, f32)> {
        self.player.learn(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        let mut orders = Vec::new();
        // A fader is known by three messages, a switch when it is pressed.
        for value in [10, 11, 12, 127] {
            let heard = News::Asked(Asked::Heard(0, [0xB0, knob, value], 3), NAME.into());
            self.player.news(heard, &mut |order| orders.push(order));
        }
        for order in orders {
            if let Order::Bind(bound) = order {
                self.rig.bind(*bound);
            }
        }
        self.rig.refresh(&self.desk);
        self.rig.tend();
        self.hands.prepare(0);
        let mut last = None;
        for value in 0..=127 {
            self.hands.hear(0, 0, &[0xB0, knob, value]);
            while let Ok(timed) = self.commands.pop() {
                if let Command::Play(Gesture::Set { node, target, value }) = timed.command {
                    last = Some((node, target, value));
                }
            }
            self.rig.tend();
        }
        last
    }
}

#[test]
fn sends_effects_synths_master_and_cue_are_learned_by_the_line_that_sets_them() {
    let mut set = Set::new(&[
        "track add instrument hoover Lead",
        "bus add Reverb",
        "send Lead Reverb -12",
        "insert Lead add fx_distortion",
    ]);
    let lead = u16::try_from(set.desk.engine.layout.names.len()).expect("a number") - 4;
    let (cue, master) = (lead + 2, lead + 3);
    let expected = [
        ("volume Lead 0", lead, Target::Volume),
        ("send Lead Reverb 0", lead, Target::Send(0)),
        ("volume master 0", master, Target::Volume),
        ("cue 0", cue, Target::Volume),
        ("listen Lead on", lead, Target::Cue),
        ("insert Lead 1 bypass on", lead, Target::Bypass(0)),
    ];
    for (knob, (line, node, target)) in (20..).zip(expected) {
        let turned = set.turn(line, knob);
        assert_eq!(turned.map(|(n, t, _)| (n, t)), Some((node, target)), "{line}");
    }
    let factory = factory();
    for (knob, line, sound, param) in [
        (40, "insert Lead 1 set drive 1", "fx_distortion", "drive"),
        (41, "param Lead cutoff 1000", "hoover", "cutoff"),
    ] {
        let all = &factory.descriptor(sound).expect("a sound").params;
        let index = all.iter().position(|p| p.name == param).expect("a parameter");
        let (node, target, value) = set.turn(line, knob).unwrap_or_else(|| panic!("{line}"));
        let wanted = match sound {
            "hoover" => Target::Sound { sound: 0, param: index as u16 },
            _ => Target::Insert { index: 0, param: index as u16 },
        };
        assert_eq!((node, target), (lead, wanted), "{line}");
        let max = all[index].max;
        assert!((value - max).abs() <= max.abs() * 1e-4, "{line}: {value} of {max}");
    }
    let bindings = &set.player.learned.map.bindings;
    assert_eq!(bindings.len(), 8);
    let cue = |does: &Does| matches!(does, Does::Parameter(p) if p.strip == Strip::Cue);
    assert_eq!(bindings.iter().filter(|b| cue(&b.does)).count(), 1);
}

#[test]
fn what_only_does_something_stays_a_line_and_what_is_not_there_is_refused() {
    let mut set = Set::new(&["track add instrument hoover Lead", "bus add Reverb"]);
    for line in ["param Lead cutoff reset", "bpm 174", "play", "rubbish"] {
        let learned = set.player.learn(line);
        assert_eq!(learned.is_ok(), line != "rubbish", "{line}: {learned:?}");
    }
    let refused = set.player.learn("send Lead Reverb 0").expect_err("there is no send");
    assert_eq!(refused, "there is no such send yet: set its level first");
    assert!(set.player.learn("insert Lead 1 bypass on").is_err());
    // The one that was learned last waits still: a key takes it, and says the line.
    let heard = News::Asked(Asked::Heard(0, [0x90, 36, 100], 3), NAME.into());
    set.player.news(heard, &mut |_| {});
    let does = &set.player.learned.map.bindings[0].does;
    assert_eq!(*does, Does::Action("play".into()));
    // A fader that was learned survives being kept: a file of before is still read.
    let kept = "(bindings:[(source:(kind:Control(7)),does:Parameter((strip:Master,\
        target:Volume,response:Toggle)))])";
    let map: hardcore::midi::map::MidiMap = ron::from_str(kept).expect("a map");
    assert!(matches!(&map.bindings[0].does, Does::Parameter(p) if p.target == MapTarget::Volume));
}

//! Controls that are learned by a line: from the line and a turn of the knob to the value set.

use std::path::Path;

use hardcore::app::player::Player;
use hardcore::device::{Direction, MidiPort, Patchbay, Plug};
use hardcore::engine::plan::Target;
use hardcore::engine::prepare::Samples;
use hardcore::engine::protocol::{Command, Gesture, OWN, Timed, When};
use hardcore::engine::renderer::HostTime;
use hardcore::live::desk::{At, Desk, News, Order};
use hardcore::live::hall::{Stage, build};
use hardcore::live::hands::{Asked, Hands};
use hardcore::live::journal::{self, Line};
use hardcore::live::performer::Performer;
use hardcore::live::rig::Rig;
use hardcore::midi::pads::PadIntent;
use hardcore::model::action::Span;
use hardcore::model::control::{Does, MapTarget, MidiMap, Strip};
use hardcore::model::ids::IdCounter;
use hardcore::model::project::Project;
use hardcore::model::track::{PadSound, TrackKind};

use crate::support::{blank, factory, stage};

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
    performer: Performer,
    keys: rtrb::Producer<Timed>,
}

impl Set {
    fn new(lines: &[&str]) -> Set {
        Set::journaled(lines, None)
    }

    fn journaled(lines: &[&str], journal: Option<&Path>) -> Set {
        let mut project = blank();
        project.song.next_id = IdCounter(10_000);
        let mut player = Player::new(project, Path::new("set.hcs")).expect("a document");
        for line in lines {
            player.line(line, At::Now, &mut |_| {}).unwrap_or_else(|e| panic!("{line}: {e}"));
        }
        let journal = journal.map(Path::to_owned);
        let stage = Stage { journal, ..stage(Samples::new()) };
        let project = player.project().expect("a project");
        let (desk, performer, keys) = build(project, stage, 48_000).expect("a playable project");
        let (to, commands) = rtrb::RingBuffer::new(1024);
        let (wired, grid) = Rig::blank(&desk);
        let (hands, ends) = Hands::new(wired, grid, to);
        let mut rig = Rig::new(ends);
        rig.plug(&mut Knobs { plugged: true });
        assert!(rig.take_rewired());
        rig.refresh(&desk);
        Set { player, desk, rig, hands, commands, performer, keys }
    }

    /// Learn a line by turning a knob, and give what the knob then sets at its upper end.
    fn turn(&mut self, line: &str, knob: u8) -> Option<(u16, Target, f32)> {
        self.player.learn(line, false).unwrap_or_else(|e| panic!("{line}: {e}"));
        self.touch(knob);
        self.sets(knob)
    }

    /// Touch a knob that is to be learned; what is said then.
    fn touch(&mut self, knob: u8) -> String {
        let mut said = None;
        // A fader is known by three messages, a switch when it is pressed.
        for value in [10, 11, 12, 127] {
            let heard = News::Asked(Asked::Heard(0, [0xB0, knob, value], 3), NAME.into());
            self.orders(|player, orders| -> Result<(), String> {
                said = said.take().or(player.news(heard, orders));
                Ok(())
            });
        }
        said.expect("something is said")
    }

    /// Let the player do something and the rig follow.
    fn orders<E: std::fmt::Debug>(
        &mut self,
        act: impl FnOnce(&mut Player, &mut dyn FnMut(Order)) -> Result<(), E>,
    ) {
        let mut orders = Vec::new();
        act(&mut self.player, &mut |order| orders.push(order)).expect("it can be done");
        for order in orders {
            match order {
                Order::Bind(bound) => self.rig.bind(*bound),
                Order::Select(track) => self.rig.select(track),
                other => self.desk.order(other),
            }
        }
    }

    /// A key of a pad controller that needs the document; what is said.
    fn key(&mut self, intent: PadIntent) -> Option<String> {
        let mut said = None;
        self.orders(|player, orders| -> Result<(), String> {
            said = player.news(News::Asked(Asked::Intent(intent), NAME.into()), orders);
            Ok(())
        });
        said
    }

    /// What a knob sets at its upper end.
    fn sets(&mut self, knob: u8) -> Option<(u16, Target, f32)> {
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

    /// What a hand sets is played, and the engine thread tells of it.
    fn plays(&mut self, (node, target, value): (u16, Target, f32)) -> Vec<News> {
        let command = Command::Play(Gesture::Set { node, target, value });
        self.keys.push(Timed { when: When::Now, command }).expect("room");
        self.performer.next_block(HostTime::default());
        self.desk.tend()
    }

    fn hears(&mut self, news: Vec<News>) {
        let mut orders = Vec::new();
        for item in news {
            self.player.news(item, &mut |order| orders.push(order));
        }
        orders.into_iter().for_each(|order| self.desk.order(order));
    }

    fn line(&mut self, line: &str) {
        let mut orders = Vec::new();
        let said = self.player.line(line, At::Now, &mut |order| orders.push(order));
        said.unwrap_or_else(|e| panic!("{line}: {e}"));
        orders.into_iter().for_each(|order| self.desk.order(order));
        self.performer.next_block(HostTime::default());
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
        let learned = set.player.learn(line, false);
        assert_eq!(learned.is_ok(), line != "rubbish", "{line}: {learned:?}");
    }
    let refused = set.player.learn("send Lead Reverb 0", false).expect_err("there is no send");
    assert_eq!(refused, "there is no such send yet: set its level first");
    assert!(set.player.learn("insert Lead 1 bypass on", false).is_err());
    // The one that was learned last waits still: a key takes it, and says the line.
    let heard = News::Asked(Asked::Heard(0, [0x90, 36, 100], 3), NAME.into());
    set.player.news(heard, &mut |_| {});
    let does = &set.player.learned.map.bindings[0].does;
    assert_eq!(*does, Does::Action("play".into()));
    // A fader that was learned survives being kept: a file of before is still read.
    let kept = "(bindings:[(source:(kind:Control(7)),does:Parameter((strip:Master,\
        target:Volume,response:Toggle)))])";
    let map: MidiMap = ron::from_str(kept).expect("a map");
    assert!(matches!(&map.bindings[0].does, Does::Parameter(p) if p.target == MapTarget::Volume));
}

/// What the document says of what the test's knobs move.
fn values(p: &Project) -> [f32; 6] {
    let (lead, kit) = (&p.tracks[0], &p.tracks[1]);
    let TrackKind::Instrument(hoover) = &lead.kind else { panic!("no instrument") };
    let TrackKind::Drums(kit) = &kit.kind else { panic!("no kit") };
    let PadSound::Synth { instrument: kick, .. } = &kit.pads[0].sound else { panic!("no synth") };
    let effect = &lead.mixer.inserts[0];
    let of = |all: &std::collections::BTreeMap<String, f32>, name: &str| {
        all.get(name).copied().unwrap_or(f32::NAN)
    };
    [
        of(&hoover.params, "cutoff"),
        of(&kick.params, "drive"),
        of(&effect.params, "drive"),
        f32::from(u8::from(effect.bypass)),
        lead.mixer.volume.0,
        p.song.cue.0,
    ]
}

#[test]
fn what_a_knob_moved_is_saved_and_no_edit_moves_it_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("take.journal");
    let lines = [
        "track add instrument hoover Lead",
        "track add drums Kit",
        "pad Kit C1 synth kick_gabber F1",
        "insert Lead add fx_distortion",
    ];
    let mut set = Set::journaled(&lines, Some(&path));
    let knobs = [
        "param Lead cutoff 1000",
        "pad Kit C1 set drive 12",
        "insert Lead 1 set drive 1",
        "insert Lead 1 bypass on",
        "volume Lead 0",
        "cue 0",
    ];
    let mut turned = Vec::new();
    for (line, knob) in knobs.into_iter().zip(20..) {
        turned.push(set.turn(line, knob).unwrap_or_else(|| panic!("{line} moves nothing")));
    }
    for moved in &turned {
        let news = set.plays(*moved);
        set.hears(news);
    }
    let saved = set.player.project().expect("a project");
    let expected: [f32; 6] = std::array::from_fn(|i| turned[i].2);
    assert_eq!(values(&saved), expected);
    let text = hardcore::persistence::hcs::to_text(&saved, "set").expect("a valid project");
    let read = hardcore::persistence::hcs::parse(&text, "set").expect("a project");
    assert_eq!(values(&read.project), expected);
    assert!(set.player.is_changed());
    // No step of the history: undo takes back the line before.
    set.line("solo Kit on");
    set.line("undo");
    assert_eq!(values(&set.player.project().expect("a project")), expected);

    // The knobs move on, and a rack is edited before the document hears of it.
    let mut late = Vec::new();
    let mut newer = expected;
    for (i, (node, target, value)) in turned.iter().enumerate() {
        newer[i] = if *target == Target::Bypass(0) { 1.0 - value } else { value * 0.5 - 1.0 };
        late.extend(set.plays((*node, *target, newer[i])));
    }
    set.line("insert Lead add fx_reverb");
    assert_eq!(values(&set.desk.project), newer);
    assert_eq!(values(&set.player.project().expect("a project")), expected);
    set.hears(late);
    assert_eq!(values(&set.player.project().expect("a project")), newer);
    set.line("volume Kit -6");
    set.performer.next_block(HostTime::default());
    set.desk.close();

    let take = journal::read(&path).expect("a journal");
    let own = take.lines.iter().filter_map(|line| match line {
        Line::Did(entry) if entry.source == OWN => match entry.gesture()? {
            Gesture::Set { node, target, value } => Some((node, target, value)),
            _ => None,
        },
        _ => None,
    });
    let kit = 1;
    let solo = [(kit, Target::Solo, 1.0), (kit, Target::Solo, 0.0)];
    let own: Vec<_> = own.collect();
    assert_eq!(own, [solo[0], solo[1], (kit, Target::Volume, -6.0)]);
    // What the take is replayed from has the rack as it was played.
    let mut again = take.project;
    for line in take.lines {
        let Line::Edit { patches, .. } = line else { continue };
        let racks = again.tracks[0].mixer.inserts.len();
        patches.into_iter().for_each(|patch| patch.apply(&mut again));
        if again.tracks[0].mixer.inserts.len() > racks {
            assert_eq!(values(&again), newer);
        }
    }
    assert_eq!(again.tracks[0].mixer.inserts.len(), 2);
}

#[test]
fn a_project_has_a_map_of_its_own_that_wins_and_is_undone_saved_and_forgotten() {
    let mut set =
        Set::new(&["track add instrument hoover Lead", "track add instrument hoover Two"]);
    let (lead, two) = (0, 1);
    let node = |turned: Option<(u16, Target, f32)>| turned.map(|(node, target, _)| (node, target));
    assert_eq!(node(set.turn("volume Lead 0", 20)), Some((lead, Target::Volume)));
    let users = set.player.learned.map.clone();

    set.player.learn("pan Two 0", true).expect("a parameter");
    let said = set.touch(20);
    assert!(said.contains("CC 20") && said.contains("learned"), "{said}");
    assert_eq!(set.player.learned.map, users, "the user's map stays");
    assert_eq!(node(set.sets(20)), Some((two, Target::Pan)), "the project's comes first");
    // A control that the user's map knows only does that still.
    assert_eq!(node(set.turn("pan Lead 0", 21)), Some((lead, Target::Pan)));

    let saved = set.player.project().expect("a project");
    let text = hardcore::persistence::hcs::to_text(&saved, "set").expect("a valid project");
    let read = hardcore::persistence::hcs::parse(&text, "set").expect("a project").project;
    assert_eq!(read.song.controls, saved.song.controls);
    assert_eq!(read.song.controls.bindings.len(), 1);

    set.orders(|player, orders| player.line("undo", At::Now, orders).map(drop));
    assert_eq!(node(set.sets(20)), Some((lead, Target::Volume)), "undone");
    set.orders(|player, orders| player.line("redo", At::Now, orders).map(drop));
    assert_eq!(node(set.sets(20)), Some((two, Target::Pan)), "redone");
    set.orders(|player, orders| player.line("unlearn \"pan Two 0\"", At::Now, orders).map(drop));
    assert_eq!(node(set.sets(20)), Some((lead, Target::Volume)), "forgotten");
    set.orders(|player, orders| {
        player.line("unlearn \"volume Lead 0\"", At::Now, orders).map(drop)
    });
    assert_eq!(set.sets(20), None);
    let again = set.player.line("unlearn \"volume Lead 0\"", At::Now, &mut |_| {});
    assert_eq!(again.expect_err("nothing").to_string(), "no control does “volume Lead 0”");

    // Lines are found in the order in which the hands count them: the project's, the pan, undo.
    set.player.learn("undo", false).expect("a line");
    set.touch(30);
    set.player.learn("tap", true).expect("a line");
    set.touch(31);
    let said = set.player.news(News::Asked(Asked::Action(2, true), NAME.into()), &mut |_| {});
    assert_eq!(said, None, "undo");
    assert!(
        set.player.project().expect("a project").song.controls.is_empty(),
        "tap is not learned"
    );
}

#[test]
fn a_broken_map_in_a_project_is_named() {
    let mut project = blank();
    let map = r#"(bindings: [(source: (kind: Control(7)), does: Action("play")),
        (source: (kind: Note(200)), does: Action("play"))])"#;
    project.song.controls = ron::from_str(map).expect("a map");
    let refused = Player::new(project, Path::new("set.hcs")).err().expect("it is refused");
    let said = refused.to_string();
    assert!(said.contains("binding 2: note 200 does not exist"), "{said}");
}

#[test]
fn the_keys_of_a_pad_controller_record_click_and_choose() {
    let lines = ["track add instrument hoover Lead", "scene add One", "scene add Two"];
    let mut set = Set::new(&lines);
    let said = set.key(PadIntent::Record).expect("a sentence");
    assert!(said.contains("nothing is armed"), "{said}");
    set.line("arm Lead on");
    assert_eq!(set.key(PadIntent::Record), None);
    let project = set.player.project().expect("a project");
    let lead = project.tracks[0].id;
    let filled = |p: &Project| -> Vec<bool> {
        p.scenes
            .iter()
            .map(|s| s.slots.get(&lead).is_some_and(|slot| slot.clip.is_some()))
            .collect()
    };
    assert_eq!(filled(&project), [true, false], "the first empty slot");
    assert!(set.player.records(lead));

    assert_eq!(set.key(PadIntent::FixedLength), None);
    assert_eq!(set.player.manner.length, Some(Span::Bars(1)));
    set.line("record length 4bars");
    set.key(PadIntent::FixedLength);
    assert_eq!(set.player.manner.length, None);
    set.key(PadIntent::FixedLength);
    assert_eq!(set.player.manner.length, Some(Span::Bars(4)), "the length chosen last");

    set.key(PadIntent::Metronome);
    assert!(set.player.metronome);
    set.key(PadIntent::Metronome);
    assert!(!set.player.metronome);
}

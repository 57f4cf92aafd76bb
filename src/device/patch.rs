//! Which of our ports is wired to what: by the wish at first, and again when a cable comes back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Direction, MidiPort, Patchbay, Plug, Wish};

/// A server's ports and the wires between them.
pub(super) trait Wires: Send {
    /// Our client's name.
    fn name(&self) -> String;
    /// Audio ports that take sound, in the server's order; the hardware's only, or all.
    fn audio_sinks(&self, physical: bool) -> Vec<String>;
    /// MIDI ports that give (`source`) or take, ours included, with their other names.
    fn midi_ports(&self, source: bool) -> Vec<(String, Vec<String>)>;
    /// Connect what gives to what takes; fine if they are.
    fn connect(&self, from: &str, to: &str) -> Result<(), String>;
    /// Undo that; fine if they are not.
    fn disconnect(&self, from: &str, to: &str) -> Result<(), String>;
}

/// Programs by the ports they have, each with their number, in the server's order; those of this program
/// are left out, of every set that plays.
pub(super) fn by_client(ports: &[String]) -> Vec<(String, u16)> {
    let mut all: Vec<(String, u16)> = Vec::new();
    for port in ports {
        let client = port.split(':').next().unwrap_or_default();
        if client.split('-').next() == Some("hardcore") {
            continue;
        }
        match all.iter_mut().find(|(name, _)| name == client) {
            Some((_, count)) => *count += 1,
            None => all.push((client.to_owned(), 1)),
        }
    }
    all
}

/// Looks taken after a change: the server tells of a port that goes while it is still listed.
const LOOKS: u32 = 50;

/// The patchbay of a client.
pub(super) struct Bay<W> {
    wish: Wish,
    wires: W,
    client: String,
    /// Counted up by the server whenever a port came or went.
    changes: Arc<AtomicU64>,
    seen: u64,
    /// Looks still to be taken at what has changed.
    looks: u32,
    midi: BTreeSet<MidiPort>,
    sinks: Vec<String>,
}

impl<W: Wires> Bay<W> {
    pub(super) fn new(wish: Wish, wires: W, changes: Arc<AtomicU64>) -> Self {
        let seen = changes.load(Ordering::Acquire);
        let client = wires.name();
        let mut bay = Bay {
            wish,
            wires,
            client,
            changes,
            seen,
            looks: 0,
            midi: BTreeSet::new(),
            sinks: Vec::new(),
        };
        bay.midi = bay.midi_ports().into_iter().collect();
        bay
    }

    /// The server.
    #[cfg(feature = "jack")]
    pub(super) fn wires(&self) -> &W {
        &self.wires
    }

    /// The ports that the wish says to play to.
    fn targets(&self) -> Vec<String> {
        let name = self.wish.name.as_str();
        if name == "default" {
            return self.wires.audio_sinks(true);
        }
        let all = self.wires.audio_sinks(false);
        all.into_iter().filter(|port| port.split(':').next() == Some(name)).collect()
    }

    /// Connect master and cue; sentences on what does not go.
    pub(super) fn connect_outputs(&mut self) -> Vec<String> {
        self.sinks = self.targets();
        let mut notes = Vec::new();
        let pairs = [(Some(self.wish.master), "master"), (self.wish.cue, "cue")];
        for (pair, what) in pairs {
            let Some(pair) = pair else { continue };
            for (output, side) in [(pair.0, "l"), (pair.1, "r")] {
                let from = self.own(&format!("{what}_{side}"));
                let to = usize::from(output).checked_sub(1).and_then(|n| self.sinks.get(n));
                let done = match to {
                    Some(to) => self.wires.connect(&from, to),
                    None => Err(format!(
                        "'{}' has {} outputs in JACK, number {output} is not there",
                        self.wish.name,
                        self.sinks.len()
                    )),
                };
                if let Err(cause) = done {
                    notes.push(format!("the {what} is not connected: {cause}"));
                    break;
                }
            }
        }
        notes
    }

    /// Connect the MIDI ports that the wish names, as far as they are there.
    pub(super) fn connect_midi(&self) {
        for port in &self.midi {
            let (wished, short) = match port.direction {
                Direction::In => (&self.wish.midi_in, "midi_in"),
                Direction::Out => (&self.wish.midi_out, "midi_out"),
            };
            for (n, part) in wished.iter().enumerate() {
                if !port.matches(part) {
                    continue;
                }
                let ours = self.own(&format!("{short}_{}", n + 1));
                let (from, to) = match port.direction {
                    Direction::In => (&port.name, &ours),
                    Direction::Out => (&ours, &port.name),
                };
                if let Err(cause) = self.wires.connect(from, to) {
                    tracing::warn!("MIDI port '{}' is not connected: {cause}", port.name);
                }
            }
        }
    }
}

impl<W: Wires> Patchbay for Bay<W> {
    fn midi_ports(&self) -> Vec<MidiPort> {
        let ours = format!("{}:", self.client);
        [(true, Direction::In), (false, Direction::Out)]
            .into_iter()
            .flat_map(|(source, direction)| {
                let ports = self.wires.midi_ports(source).into_iter();
                ports.map(move |(name, aliases)| MidiPort { name, aliases, direction })
            })
            .filter(|port| !port.name.starts_with(&ours))
            .collect()
    }

    fn plugs(&mut self) -> Vec<Plug> {
        let changes = self.changes.load(Ordering::Acquire);
        if changes != self.seen {
            (self.seen, self.looks) = (changes, LOOKS);
        }
        if self.looks == 0 {
            return Vec::new();
        }
        self.looks -= 1;
        let now: BTreeSet<MidiPort> = self.midi_ports().into_iter().collect();
        let went = self.midi.difference(&now).cloned().map(Plug::Went);
        let came = now.difference(&self.midi).cloned().map(Plug::Came);
        let plugs: Vec<Plug> = went.chain(came).collect();
        self.midi = now;
        if plugs.iter().any(|plug| matches!(plug, Plug::Came(_))) {
            self.connect_midi();
        }
        // A sound card that comes back is played to again; one that stayed is left as it was wired.
        if self.targets() != self.sinks {
            for note in self.connect_outputs() {
                tracing::warn!("{note}");
            }
        }
        plugs
    }

    fn own(&self, short: &str) -> String {
        format!("{}:{short}", self.client)
    }

    fn outlets(&self) -> Vec<(String, u16)> {
        by_client(&self.wires.audio_sinks(false))
    }

    fn connect(&self, from: &str, to: &str) -> Result<(), String> {
        plain(from)?;
        plain(to)?;
        self.wires.connect(from, to)
    }

    fn disconnect(&self, from: &str, to: &str) -> Result<(), String> {
        plain(from)?;
        plain(to)?;
        self.wires.disconnect(from, to)
    }
}

/// No name of a port holds a zero byte, and the library below would not stand one.
fn plain(name: &str) -> Result<(), String> {
    if name.contains('\0') { Err("a port's name holds no zero byte".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A server of four outputs, and controllers that come and go.
    #[derive(Clone, Default)]
    struct Desk(Arc<Mutex<State>>);

    #[derive(Default)]
    struct State {
        sinks: Vec<String>,
        midi: Vec<(bool, String, Vec<String>)>,
        wires: BTreeSet<(String, String)>,
    }

    impl Desk {
        fn wires(&self) -> Vec<String> {
            self.0.lock().unwrap().wires.iter().map(|(a, b)| format!("{a}>{b}")).collect()
        }
    }

    impl Wires for Desk {
        fn name(&self) -> String {
            "hc-01".to_owned()
        }
        fn audio_sinks(&self, physical: bool) -> Vec<String> {
            let all = self.0.lock().unwrap().sinks.clone();
            all.into_iter().filter(|name| !physical || name.starts_with("system:")).collect()
        }
        fn midi_ports(&self, source: bool) -> Vec<(String, Vec<String>)> {
            let state = self.0.lock().unwrap();
            let these = state.midi.iter().filter(|port| port.0 == source);
            these.map(|(_, name, aliases)| (name.clone(), aliases.clone())).collect()
        }
        fn connect(&self, from: &str, to: &str) -> Result<(), String> {
            self.0.lock().unwrap().wires.insert((from.to_owned(), to.to_owned()));
            Ok(())
        }
        fn disconnect(&self, from: &str, to: &str) -> Result<(), String> {
            self.0.lock().unwrap().wires.remove(&(from.to_owned(), to.to_owned()));
            Ok(())
        }
    }

    fn desk() -> Desk {
        let desk = Desk::default();
        let mut state = desk.0.lock().unwrap();
        state.sinks = (1..=4).map(|n| format!("system:playback_{n}")).collect();
        state.sinks.push("rec:in_1".into());
        state.sinks.push("rec:in_2".into());
        drop(state);
        desk
    }

    fn bay(desk: &Desk, wish: Wish) -> (Bay<Desk>, Arc<AtomicU64>) {
        let changes = Arc::new(AtomicU64::new(0));
        (Bay::new(wish, desk.clone(), Arc::clone(&changes)), changes)
    }

    #[test]
    fn master_and_cue_go_to_the_wished_outputs() {
        let desk = desk();
        let wish = Wish { master: (3, 4), cue: Some((1, 2)), ..Wish::default() };
        assert_eq!(bay(&desk, wish).0.connect_outputs(), Vec::<String>::new());
        let expected = [
            "hc-01:cue_l>system:playback_1",
            "hc-01:cue_r>system:playback_2",
            "hc-01:master_l>system:playback_3",
            "hc-01:master_r>system:playback_4",
        ];
        assert_eq!(desk.wires(), expected);
    }

    #[test]
    fn a_named_client_is_played_to_and_a_missing_output_is_said() {
        let desk = desk();
        let wish = Wish { name: "rec".into(), cue: Some((3, 4)), ..Wish::default() };
        let notes = bay(&desk, wish).0.connect_outputs();
        assert_eq!(desk.wires(), ["hc-01:master_l>rec:in_1", "hc-01:master_r>rec:in_2"]);
        let said = "the cue is not connected: 'rec' has 2 outputs in JACK, number 3 is not there";
        assert_eq!(notes, [said]);
    }

    #[test]
    fn a_controller_that_comes_is_told_and_connected_and_one_that_goes_is_told() {
        let desk = desk();
        let wish = Wish { midi_in: vec!["".into(), "launchpad".into()], ..Wish::default() };
        let (mut bay, changes) = bay(&desk, wish);
        bay.connect_outputs();
        desk.0.lock().unwrap().wires.clear();
        assert_eq!(bay.plugs(), []);
        let pad = (true, "system:midi_capture_1".to_owned(), vec!["alsa:Launchpad X".to_owned()]);
        let ours = (false, "hc-01:midi_in_1".to_owned(), vec![]);
        desk.0.lock().unwrap().midi = vec![pad.clone(), ours];
        assert_eq!(bay.plugs(), [], "nobody said that something changed");
        changes.fetch_add(1, Ordering::AcqRel);
        let port = MidiPort { name: pad.1, aliases: pad.2, direction: Direction::In };
        assert_eq!(bay.plugs(), [Plug::Came(port.clone())]);
        assert_eq!(desk.wires(), ["system:midi_capture_1>hc-01:midi_in_2"]);
        desk.0.lock().unwrap().midi.clear();
        changes.fetch_add(1, Ordering::AcqRel);
        assert_eq!(bay.plugs(), [Plug::Went(port)]);
    }

    #[test]
    fn an_output_that_comes_back_is_played_to_again() {
        let desk = desk();
        let (mut bay, changes) = bay(&desk, Wish::default());
        bay.connect_outputs();
        let mut state = desk.0.lock().unwrap();
        state.wires.clear();
        let sinks = std::mem::take(&mut state.sinks);
        drop(state);
        changes.fetch_add(1, Ordering::AcqRel);
        bay.plugs();
        assert_eq!(desk.wires(), [""; 0]);
        desk.0.lock().unwrap().sinks = sinks;
        changes.fetch_add(1, Ordering::AcqRel);
        bay.plugs();
        let wires = ["hc-01:master_l>system:playback_1", "hc-01:master_r>system:playback_2"];
        assert_eq!(desk.wires(), wires);
    }

    #[test]
    fn programs_that_can_be_played_to_are_counted_and_ours_are_none() {
        let desk = desk();
        desk.0.lock().unwrap().sinks.extend(["hardcore-01:in_1".into(), "hardcore:in_1".into()]);
        let (bay, _) = bay(&desk, Wish::default());
        assert_eq!(bay.outlets(), [("system".to_owned(), 4), ("rec".to_owned(), 2)]);
    }

    #[test]
    fn zero_bytes_are_refused() {
        let (bay, _) = bay(&desk(), Wish::default());
        assert!(bay.connect("a\0", "b").is_err() && bay.disconnect("a", "b\0").is_err());
    }
}

//! The system's MIDI through midir: ALSA's sequencer, CoreMIDI, Windows.

use std::any::Any;

use midir::{MidiIO, MidiInput, MidiOutput, MidiOutputConnection};

use super::{CLIENT, Driver, Hear, Sink};
use crate::device::system::QuietDriver;
use crate::device::{Direction, MidiPort};

/// What there is to do where there is no MIDI.
#[cfg(target_os = "linux")]
const ABSENT: &str = "MIDI controllers are not heard: this system's ALSA sequencer cannot be opened \
    (load it with `sudo modprobe snd-seq`, or play through JACK); the set plays on, and it is looked for";
#[cfg(not(target_os = "linux"))]
const ABSENT: &str = "MIDI controllers are not heard: the system's MIDI cannot be opened; the set plays on, and it is looked for";

/// The system's MIDI; opened when it is first asked for, and again for as long as that fails.
#[derive(Default)]
pub(super) struct System {
    eyes: Option<(MidiInput, MidiOutput)>,
}

/// What our clients are called; a number tells several programs apart.
fn client() -> String {
    format!("{CLIENT}-{}", std::process::id())
}

impl System {
    fn eyes(&mut self) -> Result<&(MidiInput, MidiOutput), String> {
        if self.eyes.is_none() {
            let _log = QuietDriver::new();
            if let (Ok(i), Ok(o)) = (MidiInput::new(&client()), MidiOutput::new(&client())) {
                self.eyes = Some((i, o));
            }
        }
        self.eyes.as_ref().ok_or_else(|| ABSENT.to_owned())
    }
}

/// All ports of one direction with their names: `client:port`, by which a controller's two ports find
/// each other, and a number where several are called the same.
fn named<T: MidiIO>(io: &T) -> Vec<(String, String, T::Port)> {
    let ours = format!("{}:", client());
    let mut all: Vec<(String, String, T::Port)> = Vec::new();
    for port in io.ports() {
        let Ok(full) = io.port_name(&port) else { continue };
        if full.starts_with(&ours) {
            continue;
        }
        let plain = plain(&full);
        let mut name = plain.clone();
        let mut count = 1;
        while all.iter().any(|(there, ..)| *there == name) {
            count += 1;
            name = format!("{plain} ({count})");
        }
        all.push((name, full, port));
    }
    all
}

/// A port's name without the numbers that ALSA gives anew with every plug, and with a client where the
/// system names none.
fn plain(full: &str) -> String {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let numbers = |text: &str| text.split_once(':').is_some_and(|(a, b)| number(a) && number(b));
    match full.rsplit_once(' ') {
        Some((name, end)) if numbers(end) && name.contains(':') => name.to_owned(),
        _ if full.contains(':') => full.to_owned(),
        _ => format!("midi:{full}"),
    }
}

impl Driver for System {
    fn ports(&mut self) -> Result<Vec<MidiPort>, String> {
        let (i, o) = self.eyes()?;
        let port = |direction: Direction| {
            move |(name, full): (String, String)| MidiPort { name, aliases: vec![full], direction }
        };
        let ins = named(i).into_iter().map(|(n, f, _)| (n, f)).map(port(Direction::In));
        let outs = named(o).into_iter().map(|(n, f, _)| (n, f)).map(port(Direction::Out));
        Ok(ins.chain(outs).collect())
    }

    fn listen(&mut self, name: &str, mut hear: Hear) -> Result<Box<dyn Any>, String> {
        let _log = QuietDriver::new();
        let input = MidiInput::new(&client()).map_err(|e| e.to_string())?;
        let all = named(&input);
        let (.., port) = all.iter().find(|p| p.0 == name).ok_or_else(|| gone(name))?;
        let open = input.connect(port, "in", move |_, bytes, ()| hear(bytes), ());
        open.map(|wire| Box::new(wire) as Box<dyn Any>).map_err(|e| refused(name, &e))
    }

    fn speak(&mut self, name: &str) -> Result<Box<dyn Sink>, String> {
        let _log = QuietDriver::new();
        let output = MidiOutput::new(&client()).map_err(|e| e.to_string())?;
        let all = named(&output);
        let (.., port) = all.iter().find(|p| p.0 == name).ok_or_else(|| gone(name))?;
        let open = output.connect(port, "out");
        open.map(|wire| Box::new(wire) as Box<dyn Sink>).map_err(|e| refused(name, &e))
    }
}

fn gone(name: &str) -> String {
    format!("the MIDI port '{name}' is gone")
}

fn refused(name: &str, cause: &dyn std::fmt::Display) -> String {
    format!("the MIDI port '{name}' cannot be opened: {cause} (does another program use it?)")
}

impl Sink for MidiOutputConnection {
    fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        MidiOutputConnection::send(self, bytes).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Patchbay;

    #[test]
    fn names_keep_what_stays_and_have_a_client() {
        let launchpad = "Launchpad X:Launchpad X LPX MIDI In 24:1";
        assert_eq!(plain(launchpad), "Launchpad X:Launchpad X LPX MIDI In");
        assert_eq!(plain("LPX MIDI"), "midi:LPX MIDI");
        assert_eq!(plain("a:b"), "a:b");
    }

    #[test]
    fn without_midi_there_is_one_sentence_and_with_it_there_are_ports() {
        let (_ports, mut bay) = super::super::with(|| Box::new(System::default())).unwrap();
        let there = System::default().eyes().is_ok();
        let mut said = Vec::new();
        let begun = std::time::Instant::now();
        while said.is_empty() && !there {
            said = bay.notes();
            assert!(begun.elapsed().as_secs() < 60);
            std::thread::yield_now();
        }
        assert_eq!(said.is_empty(), there);
        assert!(said.iter().all(|s| s == ABSENT));
    }
}

//! What this machine has to play on, and what of it is in use: plain values for whoever shows them.

/// The device that plays now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Playing {
    /// Its kind, as the setting says it: `jack`, `system` or `null`; empty before anything plays.
    pub backend: String,
    /// Its name.
    pub device: String,
    /// Frames per second.
    pub rate: u32,
    /// Frames of a period; 0 where the device does not say.
    pub period: u32,
    /// How many outputs it has; 0 where that is not known.
    pub outputs: u16,
    /// The lowest and the highest rate it can run at, Hz; `None` where that is not known.
    pub rates: Option<(u32, u32)>,
    /// The least and the most frames of a period; `None` where that is not known.
    pub periods: Option<(u32, u32)>,
    /// Why nothing is heard although something should be.
    pub silent: Option<String>,
}

/// What plays the voices of SynthDef tracks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Executor {
    /// The built-in synth, as wished.
    #[default]
    Embedded,
    /// scsynth is on its way; the built-in synth plays until then.
    Starting,
    /// scsynth, so many milliseconds after a note, which the mixer makes up for.
    Scsynth(u32),
    /// The built-in synth, in place of scsynth; a sentence says why.
    Instead(String),
}

/// A MIDI port of a controller or of another program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MidiPort {
    /// Its name.
    pub name: String,
    /// It can be listened to; else it can be sent to.
    pub is_input: bool,
    /// The pad controller it belongs to, where that is one with a driver.
    pub model: Option<&'static str>,
    /// It is listened to, or sent to.
    pub used: bool,
    /// Why it is not, where something stands in the way.
    pub fault: Option<String>,
}

/// What the engine thread sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gear {
    /// The device.
    pub playing: Playing,
    /// MIDI ports, inputs first.
    pub ports: Vec<MidiPort>,
    /// Why there is no MIDI at all.
    pub midi_fault: Option<String>,
    /// Programs in JACK that can be played to, while JACK plays.
    pub jack: Vec<Output>,
    /// What plays synths.
    pub executor: Executor,
    /// MIDI messages that were heard so far, clocks and the like not counted.
    pub heard: u64,
}

impl Gear {
    /// MIDI inputs that are listened to.
    pub fn inputs(&self) -> usize {
        self.ports.iter().filter(|port| port.is_input && port.used).count()
    }
}

/// An output that can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Its name, as the setting takes it.
    pub name: String,
    /// How many channels it has; 0 where it would have to be opened to know.
    pub channels: u16,
}

/// What a look around this machine found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Outputs of the system.
    pub system: Vec<Output>,
    /// Programs in JACK that can be played to.
    pub jack: Vec<Output>,
    /// Why JACK cannot be played on.
    pub no_jack: Option<String>,
    /// Why scsynth cannot be started.
    pub no_scsynth: Option<String>,
}

//! Kinds of arguments, as messages and completion speak of them.

/// What an argument is, for messages and completion; [`Kind::phrase`] describes each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Track,
    Strip,
    Bus,
    Scene,
    Groove,
    Name,
    Instrument,
    Effect,
    Param,
    Sample,
    Preset,
    Chain,
    Tempo,
    Key,
    Meter,
    Grid,
    Level,
    Pan,
    Switch,
    Length,
    Place,
    Pitch,
    Mode,
    Warp,
    Follow,
    Lane,
    Touch,
    TouchValue,
    Facet,
    Number,
}

impl Kind {
    /// What is expected, for a message.
    pub fn phrase(self) -> &'static str {
        match self {
            Kind::Track => "a track (name or number)",
            Kind::Strip => "a track, bus or master",
            Kind::Bus => "a bus (name or number)",
            Kind::Scene => "a scene (name or number)",
            Kind::Groove => "a groove (name or number)",
            Kind::Name => "a name",
            Kind::Instrument => "an instrument",
            Kind::Effect => "an effect",
            Kind::Param => "a parameter",
            Kind::Sample => "a sample such as samples/kick.wav",
            Kind::Preset => "a preset of yours (its name)",
            Kind::Chain => "a chain of yours (its name)",
            Kind::Tempo => "a tempo such as 174",
            Kind::Key => "a key such as F minor",
            Kind::Meter => "a time signature such as 4/4",
            Kind::Grid => "a grid such as 1bar or 1/16",
            Kind::Level => "a level in dB such as -6 or -inf",
            Kind::Pan => "a pan position from -1 to 1",
            Kind::Switch => "on, off or toggle",
            Kind::Length => "a length such as 2bars, 1/4 or 3beats",
            Kind::Place => "a place such as 5.1.1",
            Kind::Pitch => "a pitch such as C1 or 36",
            Kind::Mode => "trigger, gate, toggle or repeat",
            Kind::Warp => "off, rate or sliced",
            Kind::Follow => "a follow action such as next, any or jump SCENE",
            Kind::Lane => "volume, pan, send BUS, param NAME or insert N NAME",
            Kind::Touch => "mute, kickkill, filter, repeat, stutter or tape",
            Kind::TouchValue => "on or off, a note value, or -1 to 1 for a filter",
            Kind::Facet => "genre, tempo, key, bars or roles",
            Kind::Number => "a number",
        }
    }

    /// The words it can be, where there is a fixed set of them.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Kind::Grid => &[
                "none", "8bars", "4bars", "2bars", "1bar", "1/2", "1/2t", "1/4", "1/4t", "1/8",
                "1/8t", "1/16", "1/16t", "1/32",
            ],
            Kind::Switch => &["on", "off", "toggle"],
            Kind::Mode => &["trigger", "gate", "toggle", "repeat"],
            Kind::Warp => &["off", "rate", "sliced"],
            Kind::Follow => &[
                "none", "stop", "again", "previous", "next", "first", "last", "any", "other",
                "jump",
            ],
            Kind::Lane => &["volume", "pan", "send", "param", "insert"],
            Kind::Touch => &["mute", "kickkill", "filter", "repeat", "stutter", "tape"],
            Kind::TouchValue => &["on", "off", "1/4", "1/8", "1/16", "1/32"],
            Kind::Facet => &["genre", "tempo", "key", "bars", "roles"],
            Kind::Strip => &["master", "bus"],
            _ => &[],
        }
    }
}

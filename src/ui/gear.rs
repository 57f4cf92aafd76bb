//! Audio, MIDI and synth in a few words, in a sentence, and what helps where something is missing.

use super::seen::Seen;
use crate::model::gear::Executor;

/// From this share of a period on the load is worth a warning.
const HEAVY: f32 = 0.8;

/// What is shown of one of the three.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// In as little room as can be.
    pub short: String,
    /// With some more of it.
    pub long: String,
    /// In sentences, with what helps.
    pub sentence: String,
    /// Something is missing.
    pub warns: bool,
}

/// The device: its kind, rate, load and xruns.
pub fn audio(seen: &Seen) -> Words {
    let playing = &seen.gear.playing;
    if playing.backend.is_empty() {
        let sentence = "The sound is being started.".to_owned();
        return Words { short: "audio…".into(), long: "audio…".into(), sentence, warns: false };
    }
    let load = seen.load.unwrap_or_default();
    let percent = format!("{:.0} %", load.share * 100.0);
    let dry = format!("xruns {}", load.xruns);
    let kind = match playing.backend.as_str() {
        "jack" => "JACK",
        "null" => "no sound",
        _ => "system",
    };
    let mut short = format!("{kind} {percent}");
    if load.xruns > 0 {
        short = format!("{short} · {dry}");
    }
    let long = format!("{kind} {} · {percent} · {dry}", kilohertz(playing.rate));
    let mut sentence = where_it_plays(seen);
    sentence += &format!(" It takes {percent} of the time there is");
    sentence += &match (load.xruns, load.ours) {
        (0, _) => ", and never ran dry.".to_owned(),
        (all, ours) => format!(", and ran dry {all} times, {ours} of them by its own load."),
    };
    let is_heavy = load.share >= HEAVY;
    if is_heavy || load.ours > 0 {
        sentence += " Longer periods help (audio.period), and fewer voices.";
    }
    Words { short, long, sentence, warns: playing.backend == "null" || is_heavy }
}

/// What plays where, or why nothing is heard and what helps.
pub fn where_it_plays(seen: &Seen) -> String {
    let playing = &seen.gear.playing;
    if let Some(why) = &playing.silent {
        let dot = if why.ends_with('.') { "" } else { "." };
        return format!("{why}{dot} Another output is chosen in the settings (Ctrl+,).");
    }
    match playing.backend.as_str() {
        "" => "The sound is being started.".to_owned(),
        "null" => "Nothing is heard, as it is set: audio.backend auto plays.".to_owned(),
        backend => {
            let name = if backend == "jack" { "JACK" } else { playing.device.as_str() };
            let period = match playing.period {
                0 => String::new(),
                frames => format!(", {frames} frames at a time"),
            };
            format!("Playing on {name} at {} Hz{period}.", playing.rate)
        }
    }
}

/// MIDI: how many inputs are heard.
pub fn midi(seen: &Seen) -> Words {
    let gear = seen.gear;
    let inputs = gear.inputs();
    let short = format!("MIDI {inputs}");
    let names: Vec<String> = gear
        .ports
        .iter()
        .filter(|port| port.is_input && port.used)
        .map(|port| match port.model {
            Some(model) => format!("{} ({model})", port.name),
            None => port.name.clone(),
        })
        .collect();
    let faults: Vec<&str> = gear.ports.iter().filter_map(|port| port.fault.as_deref()).collect();
    let missing = gear.midi_fault.as_deref().filter(|_| gear.ports.is_empty());
    let mut sentence = match (inputs, missing) {
        (0, Some(why)) => format!("{why}."),
        (0, None) => "No MIDI input is connected. What is plugged in is found by itself.".into(),
        (1, _) => format!("One MIDI input is heard: {}.", names.join(", ")),
        (all, _) => format!("{all} MIDI inputs are heard: {}.", names.join(", ")),
    };
    for fault in &faults {
        sentence += &format!(" {fault}.");
    }
    let warns = missing.is_some() || !faults.is_empty();
    Words { long: short.clone(), short, sentence, warns }
}

/// What plays the synths.
pub fn synth(seen: &Seen) -> Words {
    let words = |short: &str, long: &str, sentence: String, warns| Words {
        short: short.to_owned(),
        long: long.to_owned(),
        sentence,
        warns,
    };
    match &seen.gear.executor {
        Executor::Embedded => {
            words("embedded", "embedded synth", "The built-in synth plays.".to_owned(), false)
        }
        Executor::Starting => {
            let text = "scsynth is being started; the built-in synth plays until then.";
            words("scsynth…", "scsynth starts", text.to_owned(), false)
        }
        Executor::Scsynth(ms) => {
            let text =
                format!("scsynth plays, {ms} ms after a note, which the mixer makes up for.");
            words("scsynth", "scsynth plays", text, false)
        }
        Executor::Instead(why) => {
            let dot = if why.ends_with('.') { "" } else { "." };
            let text = format!("The built-in synth plays in place of scsynth: {why}{dot}");
            words("no scsynth", "embedded, no scsynth", text, true)
        }
    }
}

/// A rate in kHz with as many digits as it needs.
fn kilohertz(rate: u32) -> String {
    format!("{} kHz", f64::from(rate) / 1000.0)
}

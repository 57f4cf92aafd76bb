//! What can be chosen for a setting: the values of the table, or what was found on this machine.

use crate::model::gear::Output;
use crate::settings::Key;
use crate::ui::seen::Seen;

/// Rates that are offered, Hz.
const RATES: [u32; 6] = [44_100, 48_000, 88_200, 96_000, 176_400, 192_000];
/// Periods that are offered, frames.
const PERIODS: [u32; 10] = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192];
/// Most outputs that pairs are made of.
const OUTPUTS: u16 = 64;
/// Outputs that are offered where the device does not say how many it has.
const USUAL: u16 = 8;

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// As the setting takes it.
    pub value: String,
    /// As it is shown.
    pub text: String,
    /// What stands in its way now.
    pub fault: Option<String>,
}

impl Choice {
    fn plain(value: impl Into<String>) -> Choice {
        let value = value.into();
        Choice { text: value.clone(), value, fault: None }
    }

    fn shown(value: impl Into<String>, text: impl Into<String>) -> Choice {
        Choice { value: value.into(), text: text.into(), fault: None }
    }
}

/// What can be chosen for a setting that now is `value`; `None` for one that is written. The present value
/// is always among them.
pub fn choices(key: &Key, value: &str, seen: &Seen) -> Option<Vec<Choice>> {
    let mut all = match key.name {
        "audio.backend" => backends(key, seen),
        "audio.device" => devices(seen),
        "audio.rate" => rates(seen),
        "audio.period" => periods(seen),
        "audio.master" => pairs(seen),
        "audio.cue" => std::iter::once(Choice::plain("none")).chain(pairs(seen)).collect(),
        "midi.clock_out" => clocks(seen),
        "synth.executor" => executors(key, seen),
        _ if key.choices.is_empty() => return None,
        _ => key.choices.iter().copied().map(Choice::plain).collect(),
    };
    if !all.iter().any(|choice| choice.value == value) {
        let fault = match key.name {
            "audio.device" => Some(format!("no output called '{value}' is seen now")),
            "midi.clock_out" => None,
            _ => Some("the device that plays does not offer this".to_owned()),
        };
        let text = value.to_owned();
        all.push(Choice { value: text.clone(), text, fault });
    }
    Some(all)
}

fn is_on_jack(seen: &Seen) -> bool {
    seen.gear.playing.backend == "jack"
}

/// Programs in JACK that can be played to.
fn jack<'a>(seen: &Seen<'a>) -> &'a [Output] {
    if is_on_jack(seen) { &seen.gear.jack } else { &seen.found.jack }
}

fn set<'a>(seen: &Seen<'a>, key: &str) -> &'a str {
    seen.settings.iter().find(|row| row.key == key).map_or("", |row| row.value.as_str())
}

fn backends(key: &Key, seen: &Seen) -> Vec<Choice> {
    let one = |word: &&'static str| {
        let (text, fault) = match *word {
            "auto" => ("auto: JACK where it runs, else the system", None),
            "jack" => ("jack", seen.found.no_jack.clone().filter(|_| !is_on_jack(seen))),
            "system" => {
                let none = seen.found.system.is_empty() && seen.gear.playing.backend != "system";
                let said = "the system has no sound output".to_owned();
                ("system", (none && !seen.is_looking).then_some(said))
            }
            "null" => ("null: no sound at all", None),
            other => (other, None),
        };
        Choice { value: (*word).to_owned(), text: text.to_owned(), fault }
    };
    key.choices.iter().map(one).collect()
}

fn devices(seen: &Seen) -> Vec<Choice> {
    let backend = set(seen, "audio.backend");
    let mut all = vec![Choice::shown("default", "default: the usual one")];
    if backend != "jack" {
        let system = seen.found.system.iter();
        all.extend(system.filter(|out| out.name != "default").map(|out| Choice::plain(&out.name)));
    }
    if backend != "system" {
        all.extend(jack(seen).iter().map(|out| {
            Choice::shown(&out.name, format!("{} (JACK, {} outputs)", out.name, out.channels))
        }));
    }
    all
}

fn rates(seen: &Seen) -> Vec<Choice> {
    let (least, most) = seen.gear.playing.rates.unwrap_or((0, u32::MAX));
    let own = std::iter::once(Choice::shown("0", "the device's own"));
    let rates = RATES.into_iter().filter(|rate| (least..=most).contains(rate));
    own.chain(rates.map(|rate| Choice::shown(rate.to_string(), format!("{rate} Hz")))).collect()
}

fn periods(seen: &Seen) -> Vec<Choice> {
    let playing = &seen.gear.playing;
    let (least, most) = playing.periods.unwrap_or((0, u32::MAX));
    let own = std::iter::once(Choice::shown("0", "the device's own"));
    let periods = PERIODS.into_iter().filter(|frames| (least..=most).contains(frames));
    let shown = |frames: u32| {
        let text = match playing.rate {
            0 => format!("{frames} frames"),
            rate => format!("{frames} frames, {:.1} ms", f64::from(frames) * 1e3 / f64::from(rate)),
        };
        Choice::shown(frames.to_string(), text)
    };
    own.chain(periods.map(shown)).collect()
}

fn pairs(seen: &Seen) -> Vec<Choice> {
    let outputs = match seen.gear.playing.outputs {
        0 => USUAL,
        count => count.clamp(2, OUTPUTS),
    };
    (1..outputs).step_by(2).map(|left| Choice::plain(format!("{left}-{}", left + 1))).collect()
}

fn clocks(seen: &Seen) -> Vec<Choice> {
    let outs = seen.gear.ports.iter().filter(|port| !port.is_input);
    std::iter::once(Choice::plain("none")).chain(outs.map(|p| Choice::plain(&p.name))).collect()
}

/// Why scsynth cannot play now.
pub fn no_scsynth(seen: &Seen) -> Option<String> {
    let needs = "scsynth is only played with JACK (or PipeWire's JACK), which does not play now";
    let backend = seen.gear.playing.backend.as_str();
    seen.found
        .no_scsynth
        .clone()
        .or_else(|| (!backend.is_empty() && backend != "jack").then(|| needs.to_owned()))
}

fn executors(key: &Key, seen: &Seen) -> Vec<Choice> {
    let one = |word: &&'static str| Choice {
        fault: no_scsynth(seen).filter(|_| *word == "scsynth"),
        ..Choice::plain(*word)
    };
    key.choices.iter().map(one).collect()
}

/// Why what is chosen does not apply now, in one line.
pub fn note(key: &Key, seen: &Seen) -> Option<String> {
    let playing = &seen.gear.playing;
    match key.name {
        "audio.rate" if is_on_jack(seen) => {
            Some(format!("JACK runs at {} Hz, which is set where it is started.", playing.rate))
        }
        "audio.period" if is_on_jack(seen) => {
            let frames = playing.period;
            Some(format!("JACK's period is {frames} frames, which is set where it is started."))
        }
        "audio.cue" if set(seen, "audio.cue") == set(seen, "audio.master") => {
            Some("Cue and master come out of the same outputs.".to_owned())
        }
        "synth.executor" => no_scsynth(seen).map(|why| format!("scsynth cannot play now: {why}")),
        _ => None,
    }
}

//! What each address means: the action its words make, or a wish of the sender.

use rosc::{OscMessage, OscType};

use super::words::{Word, Words};
use crate::model::action::{Action, ClipRef, Position, parse};
use crate::model::mixer::Db;
use crate::model::time::Bpm;

/// Bytes a line of `/action` may have.
const LONGEST_LINE: usize = 2000;
/// Addresses that this program sends. Whoever sends them back gets no answer, or two programs could
/// answer each other for ever.
const OURS: [&str; 3] = ["/reply", "/error", "/pong"];

/// What a message asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Meaning {
    /// Lines of the vocabulary, each for itself.
    Lines(Vec<Result<String, Refusal>>),
    /// Nothing: a button that is let go.
    Nothing,
    /// To hear of the state.
    Subscribe(Wish),
    /// To hear of it no longer.
    Unsubscribe,
    /// A sign of life.
    Ping,
}

/// Why a message, or one line of it, was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The line; the address where no line came of it.
    pub about: String,
    /// A sentence.
    pub why: String,
}

/// What a subscriber wants to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    /// Tempo, place, running.
    pub transport: bool,
    /// Names, faders and switches of tracks, and what they play.
    pub tracks: bool,
    /// The grid: names of scenes and what each slot does.
    pub slots: bool,
    /// Levels.
    pub meters: bool,
    /// Words of the sound device and of the program.
    pub messages: bool,
    /// Meter readings a second, at least 1.
    pub rate: u8,
    /// The port of the asker's machine that listens, where it is another than it asks from.
    pub port: Option<u16>,
}

type Read = fn(&mut Words) -> Result<Option<Action>, String>;

/// The short forms: the first part of the address and how its words are read.
pub(super) const FORMS: &[(&str, Read)] = &[
    ("launch", |w| {
        let clip = slot(w)?;
        Ok(Some(if w.button()? { Action::Launch { clip } } else { Action::Release { clip } }))
    }),
    ("release", |w| slot(w).and_then(|clip| press(w, Action::Release { clip }))),
    ("fill", |w| slot(w).and_then(|clip| press(w, Action::Fill { clip }))),
    ("scene", |w| w.scene().and_then(|scene| press(w, Action::LaunchScene { scene }))),
    ("stop", |w| {
        let action = if w.skip("all") {
            Action::StopAll
        } else if w.skip("track") {
            Action::StopTrack { track: w.track()? }
        } else {
            Action::Stop
        };
        press(w, action)
    }),
    ("cancel", |w| {
        let track = if w.skip("track") { Some(w.track()?) } else { None };
        press(w, track.map_or(Action::Cancel, |track| Action::CancelTrack { track }))
    }),
    ("play", |w| press(w, Action::Play)),
    ("continue", |w| press(w, Action::Continue)),
    ("bpm", |w| {
        let tempo = Bpm::new(w.finite("a tempo")?).map_err(|error| error.to_string())?;
        press(w, Action::Bpm { tempo })
    }),
    ("tap", |w| press(w, Action::Tap)),
    ("nudge", |w| {
        let percent = w.finite("a nudge")?;
        // What does not fit is far outside of what a nudge may be, and refused as such.
        let bend = if w.button()? { (percent * 10.0).round() as i16 } else { 0 };
        Ok(Some(Action::Nudge { bend }))
    }),
    ("locate", |w| place(w).and_then(|at| press(w, Action::Locate { at }))),
    ("volume", |w| {
        let strip = w.strip()?;
        let level = level(w)?;
        press(w, Action::Volume { strip, level })
    }),
    ("pan", |w| {
        let strip = w.strip()?;
        let pan = w.finite("a pan position")? as f32;
        press(w, Action::SetPan { strip, pan })
    }),
    ("mute", |w| {
        let (strip, switch) = (w.strip()?, w.switch()?);
        press(w, Action::Mute { strip, switch })
    }),
    ("solo", |w| {
        let (strip, switch) = (w.strip()?, w.switch()?);
        press(w, Action::Solo { strip, switch })
    }),
    ("send", |w| {
        let (strip, bus) = (w.strip()?, w.bus()?);
        if w.skip("off") {
            return press(w, Action::SendOff { strip, bus });
        }
        let level = level(w)?;
        press(w, Action::SendLevel { strip, bus, level })
    }),
    ("arm", |w| {
        let (track, switch) = (w.track()?, w.switch()?);
        press(w, Action::Arm { track, switch })
    }),
    ("record", |w| {
        if w.skip("end") {
            let track = w.track()?;
            return press(w, Action::RecordEnd { track });
        }
        let mut action = Action::Record { clip: slot(w)?, length: None };
        if let (Some(span), Action::Record { length, .. }) = (w.text(), &mut action) {
            match said("record 1 1 for", &span)? {
                Action::Record { length: said, .. } => *length = said,
                _ => return Err("a length is written as 4bars".to_owned()),
            }
        }
        press(w, action)
    }),
    ("note", note),
    ("touch", touch),
    ("metronome", |w| w.switch().and_then(|switch| press(w, Action::Metronome { switch }))),
    ("undo", |w| press(w, Action::Undo)),
    ("redo", |w| press(w, Action::Redo)),
    ("save", |w| press(w, Action::Save)),
    ("panic", |w| press(w, Action::Panic)),
];

/// Addresses that are no short form.
const OTHERS: [&str; 4] = ["action", "subscribe", "unsubscribe", "ping"];

/// What a message asks for; `None` where it is an answer of this program come back.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub(super) fn read(message: &OscMessage) -> Option<Result<Meaning, Refusal>> {
    let address = message.addr.as_str();
    if OURS.contains(&address) || address == "/state" || address.starts_with("/state/") {
        return None;
    }
    let refused = |why| Refusal { about: short(address), why };
    let meaning = meaning(address, &message.args).map_err(refused);
    Some(meaning.map(|made| match made {
        Made::Meaning(meaning) => meaning,
        Made::Action(None) => Meaning::Nothing,
        Made::Action(Some(action)) => Meaning::Lines(vec![line(&action)]),
    }))
}

/// What the words of a message make.
enum Made {
    Action(Option<Action>),
    Meaning(Meaning),
}

fn meaning(address: &str, arguments: &[OscType]) -> Result<Made, String> {
    if address.contains(['*', '?', '[', ']', '{', '}']) {
        return Err("patterns of addresses are not understood here".to_owned());
    }
    let parts: Vec<&str> = address.split('/').skip(1).collect();
    let (head, path) = parts.split_first().ok_or("an address is missing")?;
    if path.iter().any(|part| part.is_empty()) {
        return Err("a part of the address is empty".to_owned());
    }
    let mut words = Words::of(path, arguments);
    if let Some((_, read)) = FORMS.iter().find(|(name, _)| name == head) {
        return read(&mut words).map(Made::Action);
    }
    Ok(Made::Meaning(match *head {
        "action" => Meaning::Lines(lines(&mut words)?),
        "subscribe" => wish(&mut words)?.map_or(Meaning::Nothing, Meaning::Subscribe),
        "unsubscribe" => Meaning::Unsubscribe,
        "ping" => Meaning::Ping,
        _ => return Err(unknown(head)),
    }))
}

fn unknown(head: &str) -> String {
    let names = FORMS.iter().map(|(name, _)| *name).chain(OTHERS);
    // Comparing takes long where words are.
    let near = names
        .filter(|_| head.len() <= 40)
        .map(|name| (strsim::damerau_levenshtein(head, name), name))
        .min();
    let guess = near.filter(|(far, name)| *far <= name.len() / 2);
    let guess = guess.map(|(_, name)| format!("; did you mean “/{name}”?")).unwrap_or_default();
    format!("“/{}” is no address of this program{guess}", short(head))
}

/// The action's line, which is sure to read back as the action.
fn line(action: &Action) -> Result<String, Refusal> {
    let line = action.to_string();
    match parse(&line) {
        Ok(same) if same == *action => Ok(line),
        Ok(_) => {
            Err(Refusal { about: line, why: "this cannot be said in one line; use /action".into() })
        }
        Err(error) => Err(Refusal { about: line, why: error.to_string() }),
    }
}

/// The lines of `/action`.
fn lines(words: &mut Words) -> Result<Vec<Result<String, Refusal>>, String> {
    let mut lines = Vec::new();
    while words.peek().is_some() || lines.is_empty() {
        let Word::Text(text) = words.next("an action")? else {
            return Err("an action is a string".to_owned());
        };
        if text.len() > LONGEST_LINE {
            return Err(format!("an action of {} bytes is too long", text.len()));
        }
        let refused = |error: crate::model::action::ParseError| Refusal {
            about: short(text),
            why: error.to_string(),
        };
        lines.push(parse(text).map_err(refused).and_then(|action| line(&action)));
    }
    Ok(lines)
}

/// The action if the button goes down.
fn press(words: &mut Words, action: Action) -> Result<Option<Action>, String> {
    Ok(words.button()?.then_some(action))
}

fn slot(words: &mut Words) -> Result<ClipRef, String> {
    Ok(ClipRef::Slot(words.track()?, words.scene()?))
}

/// What the vocabulary makes of one word at the end of a line.
fn said(line: &str, word: &str) -> Result<Action, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || ['.', '-', '+', '/', '#'].contains(&c);
    if word.is_empty() || word.len() > 40 || !word.chars().all(plain) {
        return Err(format!("“{}” is not understood", short(word)));
    }
    parse(&format!("{line} {word}")).map_err(|error| error.message)
}

fn place(words: &mut Words) -> Result<Position, String> {
    if let Some(Word::Text(text)) = words.peek() {
        let text = text.clone();
        words.next("a place")?;
        return match said("locate", &text)? {
            Action::Locate { at } => Ok(at),
            _ => Err("a place is written as 5.1.1".to_owned()),
        };
    }
    let bar = words.whole("a bar", 1, 100_000)?;
    Ok(Position { bar, beat: 1, sixteenth: 1, tick: 0 })
}

fn level(words: &mut Words) -> Result<Db, String> {
    if let Some(text) = words.text() {
        return match said("cue", &text)? {
            Action::Cue { level } => Ok(level),
            _ => Err("a level is written as -6dB".to_owned()),
        };
    }
    let number = words.number("a level in dB")?;
    if number == f64::NEG_INFINITY {
        return Ok(Db::SILENCE);
    }
    let finite = number.is_finite().then_some(Db(number as f32));
    finite.ok_or_else(|| "a level lies from -120 to 24 dB".to_owned())
}

fn note(words: &mut Words) -> Result<Option<Action>, String> {
    let track = words.track()?;
    let pitch = match words.text() {
        None => words.whole("a pitch", 0, 127)?,
        Some(name) => match said("note off 1", &name)? {
            Action::NoteOff { pitch, .. } => u32::from(pitch),
            _ => return Err("a pitch is written as F3".to_owned()),
        },
    };
    let pitch = u8::try_from(pitch).map_err(|_| "a pitch goes from 0 to 127".to_owned())?;
    let key = words.all_in_path();
    let velocity = match words.peek() {
        None => None,
        Some(Word::Bang) => {
            words.next("a velocity")?;
            None
        }
        // A key of a layout: from 0 to 1 as buttons are.
        Some(word) if key && !matches!(word, Word::Text(_)) => {
            let value = words.finite("a velocity")?;
            let share = (0.0..=1.0).contains(&value);
            let velocity = if share { (value * 127.0).ceil() } else { value };
            let whole = velocity.fract() == 0.0 && (0.0..=127.0).contains(&velocity);
            let error = || format!("a velocity is a whole number from 0 to 127, not {value}");
            Some(whole.then_some(velocity as u32).ok_or_else(error)?)
        }
        Some(_) => Some(words.whole("a velocity", 0, 127)?),
    };
    words.end()?;
    Ok(Some(match velocity {
        Some(0) => Action::NoteOff { track, pitch },
        velocity => {
            let velocity = velocity.and_then(|velocity| u8::try_from(velocity).ok());
            Action::NoteOn { track, pitch, velocity }
        }
    }))
}

fn touch(words: &mut Words) -> Result<Option<Action>, String> {
    let strip = words.strip()?;
    if words.skip("off") {
        return press(words, Action::TouchOff { strip });
    }
    let name = words.text().ok_or("a performance effect has a name, such as filter")?;
    let word = name.chars().all(|c| c.is_ascii_alphabetic());
    let effect = match parse(&format!("touch master {name} off")) {
        Ok(Action::Touch { touch: (effect, _), .. }) if word => effect,
        Err(error) if word => return Err(error.message),
        _ => return Err(format!("“{}” is no performance effect", short(&name))),
    };
    let value = match words.text() {
        Some(word) => match said(&format!("touch master {name}"), &word)? {
            Action::Touch { touch: (_, value), .. } => value,
            _ => return Err(format!("“{}” is no value of an effect", short(&word))),
        },
        None => {
            let number = words.finite("the value of an effect")? as f32;
            effect.tamed(number).ok_or("the value of an effect is a number")?
        }
    };
    let value = if words.button()? { value } else { 0.0 };
    Ok(Some(Action::Touch { strip, touch: (effect, value) }))
}

/// What is subscribed to; `None` for a button that is let go.
fn wish(words: &mut Words) -> Result<Option<Wish>, String> {
    let none = Wish {
        transport: false,
        tracks: false,
        slots: false,
        meters: false,
        messages: false,
        rate: 30,
        port: None,
    };
    let all =
        Wish { transport: true, tracks: true, slots: true, meters: true, messages: true, ..none };
    let mut wish = none;
    while let Some(word) = words.text() {
        match word.as_str() {
            "all" => wish = all,
            "transport" => wish.transport = true,
            "tracks" => wish.tracks = true,
            "slots" => wish.slots = true,
            "meters" => wish.meters = true,
            "messages" => wish.messages = true,
            other => {
                let list = "all, transport, tracks, slots, meters or messages";
                return Err(format!("“{}” cannot be subscribed to: expected {list}", short(other)));
            }
        }
    }
    if wish == none {
        wish = all;
    }
    // A rate and a port are larger than what a button sends.
    if words.exceeds(1.0) {
        wish.rate = u8::try_from(words.whole("a rate in Hz", 2, 60)?).unwrap_or(wish.rate);
    }
    if words.exceeds(1.0) {
        wish.port = u16::try_from(words.whole("a port", 1024, 65535)?).ok();
    }
    Ok(words.button()?.then_some(wish))
}

/// As much of a text as an error repeats.
pub(super) fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

//! `hardcore play`: a project played live, by lines from the keyboard and from a script.

use std::collections::VecDeque;
use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded, select, tick, unbounded};
use indicatif::{ProgressBar, ProgressStyle};

use super::args::PlayArgs;
use super::studio::Studio;
use super::{Failure, notes, print};
use crate::app::player::Player;
use crate::app::script::{self, Line};
use crate::app::telling;
use crate::device::monitor::Health;
use crate::engine::meter::Meter;
use crate::live::desk::{At, Order, View};
use crate::live::hall::{Hall, Report};
use crate::model::action::{Action, Span, help, help_for, parse};
use crate::model::launch::ClipState;
use crate::model::performance::Performance;
use crate::osc::{Ask, Server};
use crate::persistence::hcs;
use crate::session::act::{Act, names, resolve};

/// Between two looks at script and end.
const LOOK: Duration = Duration::from_millis(10);
/// Looks between two states sent over OSC.
const TELL: u32 = 3;
/// Looks between two states of the terminal's status line.
const SHOW: u32 = 10;

/// How long to play.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// Of music.
    Music(Span),
    /// Of time, in seconds of the device.
    Seconds(f64),
}

impl std::str::FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Length, String> {
        if let Some(seconds) = text.strip_suffix('s').and_then(|n| n.trim().parse::<f64>().ok())
            && (0.0..=86_400.0).contains(&seconds)
        {
            return Ok(Length::Seconds(seconds));
        }
        // A length is what the vocabulary says it is.
        match parse(&format!("clip @1 length {text}")) {
            Ok(Action::ClipLength { length, .. }) => Ok(Length::Music(length)),
            _ => Err("write a length such as 32bars or 90s".to_owned()),
        }
    }
}

/// Play a project until it is told to end.
///
/// # Errors
/// A project, script or sound that is missing or broken; a journal or recording that cannot be made.
pub fn play(args: &PlayArgs, studio: &Studio, out: &mut dyn Write) -> Result<(), Failure> {
    let loaded = hcs::load(&args.project)?;
    for note in notes(&loaded) {
        eprintln!("hardcore: note: {note}");
    }
    let lines = match &args.script {
        Some(path) => script::read(path).map_err(Failure)?,
        None => Vec::new(),
    };
    let stop = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&stop);
    // Without it Ctrl+C still ends the program, but leaves a recording unfinished.
    if let Err(error) = ctrlc::set_handler(move || heard.store(true, Ordering::Relaxed)) {
        eprintln!("hardcore: note: Ctrl+C cannot be caught ({error}); end with the line quit");
    }
    let mut stage = studio.stage(&args.project);
    (stage.journal, stage.record) = (args.journal.clone(), args.record.clone());
    let (player, hall, broken) = studio.set(loaded.project, &args.project, stage)?;
    let mut set = Set {
        player,
        script: Script::new(lines),
        status: Status::new(),
        failed: Vec::new(),
        osc: None,
        asks: crossbeam_channel::never(),
        notice: Arc::from(""),
    };
    if let Some(sentence) = broken {
        set.status.say(out, &sentence)?;
    }
    if studio.settings.osc.port > 0 {
        let (asks, asked) = bounded(8192);
        let server = Server::open(studio.settings.osc.port, asks)?;
        set.status.say(out, &format!("OSC is heard on port {} of this machine", server.port()))?;
        (set.osc, set.asks) = (Some(server), asked);
    }
    set.run(&hall, args, &stop, out)?;
    // What the engine thread says at its end is said too.
    let reports = hall.reports.clone();
    hall.close();
    for report in reports.try_iter() {
        if let Report::News(news) = report
            && let Some(sentence) = set.player.news(news, &mut |_| {})
        {
            set.status.say(out, &sentence)?;
        }
    }
    set.status.end();
    if let Some(sentence) = set.status.health.as_deref().and_then(summary) {
        set.status.say(out, &sentence)?;
    }
    if set.player.is_changed() {
        eprintln!("hardcore: note: changes were not saved; the line save does that");
    }
    match set.failed.as_slice() {
        [] => Ok(()),
        [first, rest @ ..] => Err(Failure(match rest.len() {
            0 => first.clone(),
            n => format!("{first} (and {n} more lines of the script failed)"),
        })),
    }
}

/// The lines of a script that were not done yet.
pub struct Script {
    lines: VecDeque<Line>,
    timed: bool,
}

impl Script {
    /// All of these.
    pub fn new(lines: Vec<Line>) -> Self {
        let timed = lines.iter().any(|l| l.at != At::Now);
        Script { lines: lines.into(), timed }
    }

    /// Whether all is done.
    pub fn is_done(&self) -> bool {
        self.lines.is_empty()
    }

    /// Do what is due, in order: what is played half a bar ahead, for the engine to do on its frame,
    /// what is edited when the music gets there. `each` hears what a line came to.
    pub fn advance(
        &mut self,
        player: &mut Player,
        orders: &mut dyn FnMut(Order),
        each: &mut dyn FnMut(&Line, Result<String, String>),
    ) {
        while let Some(line) = self.lines.front() {
            if !due(line, player) {
                // Places are waited for in vain while nothing runs.
                if std::mem::take(&mut self.timed) {
                    orders(Order::Perform(Performance::Play, At::Now));
                }
                return;
            }
            let Some(line) = self.lines.pop_front() else { return };
            if starts(&line.action) {
                self.timed = false;
            }
            let done = player.line(&line.action, line.at, orders).map_err(|e| e.to_string());
            each(&line, done);
        }
    }
}

/// Whether a line starts the transport by itself.
fn starts(line: &str) -> bool {
    matches!(
        parse(line),
        Ok(Action::Play
            | Action::Continue
            | Action::CountIn { .. }
            | Action::Launch { .. }
            | Action::LaunchScene { .. })
    )
}

fn due(line: &Line, player: &Player) -> bool {
    let At::Place(bar, beat, sixteenth) = line.at else { return true };
    let Some(view) = player.view() else { return false };
    let head = view.snapshot.playhead();
    if !head.playing {
        return false;
    }
    let left = head.place(bar, beat, sixteenth) - head.pos;
    let action = parse(&line.action);
    let played = action.is_ok_and(|a| matches!(resolve(&player.world, &a), Ok(Act::Perform(_))));
    let ahead = if played { head.signature.bar().0 / 2 } else { 0 };
    left.ticks() <= ahead as f64
}

/// A set being played.
struct Set {
    player: Player,
    script: Script,
    status: Status,
    /// Lines of the script that came to nothing.
    failed: Vec<String>,
    osc: Option<Server>,
    asks: Receiver<Ask>,
    /// What was said last.
    notice: Arc<str>,
}

impl Set {
    fn run(
        &mut self,
        hall: &Hall,
        args: &PlayArgs,
        stop: &AtomicBool,
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        let (typed, look) = (keyboard(), tick(LOOK));
        let (mut looks, mut ended) = (0u32, false);
        let mut keys = Some(typed);
        while !stop.load(Ordering::Relaxed) && !ended {
            let never = crossbeam_channel::never();
            select! {
                recv(hall.reports) -> report => match report {
                    Ok(report) => self.report(report, hall, out)?,
                    Err(_) => return Err(Failure("the engine has ended; the crash report says why".into())),
                },
                recv(keys.as_ref().unwrap_or(&never)) -> line => match line {
                    Ok(line) => ended = self.typed(&line, hall, out)?,
                    Err(_) => keys = None,
                },
                recv(self.asks) -> ask => match ask {
                    Ok(Ask { line, reply }) => {
                        let done = self.player.line(&line, At::Now, &mut |o| hall.order(o));
                        reply.done(done.map_err(|e| e.to_string()));
                    }
                    Err(_) => self.asks = crossbeam_channel::never(),
                },
                recv(look) -> _ => {
                    looks = looks.wrapping_add(1);
                    self.advance(hall, out)?;
                    for notice in self.player.pump(&mut |order| hall.order(order)) {
                        self.status.say(out, &notice.text)?;
                    }
                    ended = self.is_over(args);
                    if looks.is_multiple_of(TELL) && let Some(osc) = &self.osc {
                        let device = Arc::from(self.status.device().as_str());
                        let state = telling::state(&self.player, &device, &self.notice);
                        state.iter().for_each(|state| osc.publish(state));
                    }
                    if looks.is_multiple_of(SHOW) {
                        self.status.show(&self.player);
                    }
                }
            }
        }
        Ok(())
    }

    fn advance(&mut self, hall: &Hall, out: &mut dyn Write) -> Result<(), Failure> {
        if self.player.view().is_none() {
            return Ok(());
        }
        let mut said = Vec::new();
        self.script.advance(&mut self.player, &mut |o| hall.order(o), &mut |line, done| {
            said.push((line.clone(), done));
        });
        for (line, done) in said {
            match done {
                Ok(_) => tracing::info!("script line {}: {}", line.number, line.action),
                Err(e) => {
                    let sentence = format!("script line {}: “{}”: {e}", line.number, line.action);
                    self.status.say(out, &sentence)?;
                    self.failed.push(sentence);
                }
            }
        }
        Ok(())
    }

    fn is_over(&self, args: &PlayArgs) -> bool {
        let (Some(length), Some(view)) = (args.length, self.player.view()) else { return false };
        let head = view.snapshot.playhead();
        match length {
            Length::Seconds(s) => head.frame as f64 >= s * f64::from(view.rate),
            Length::Music(span) => head.pos.ticks() >= span.ticks(head.signature).0 as f64,
        }
    }

    fn typed(&mut self, text: &str, hall: &Hall, out: &mut dyn Write) -> Result<bool, Failure> {
        if ["quit", "exit"].contains(&text.trim()) {
            return Ok(true);
        }
        let words = text.trim().strip_prefix("help").filter(|w| w.is_empty() || w.starts_with(' '));
        if let Some(words) = words {
            let found = match words.trim() {
                "" => Some(help()),
                word => help_for(word),
            };
            let none = || format!("no action begins with “{}”", words.trim());
            self.status.say(out, found.unwrap_or_else(none).trim_end())?;
            return Ok(false);
        }
        let said = match script::line(1, text) {
            Ok(None) => return Ok(false),
            Ok(Some(line)) => {
                crate::crash::note_action(&line.action);
                let done = self.player.line(&line.action, line.at, &mut |o| hall.order(o));
                done.unwrap_or_else(|e| format!("“{}”: {e}", line.action))
            }
            Err(e) => e.to_string(),
        };
        self.status.say(out, &said)?;
        Ok(false)
    }

    fn report(&mut self, report: Report, hall: &Hall, out: &mut dyn Write) -> Result<(), Failure> {
        match report {
            Report::Health(health) => self.status.health = Some(health),
            Report::Gear(_) => {}
            Report::News(news) => {
                if let Some(sentence) = self.player.news(news, &mut |o| hall.order(o)) {
                    tracing::info!("{sentence}");
                    self.notice = Arc::from(sentence.as_str());
                    self.status.say(out, &sentence)?;
                }
            }
        }
        Ok(())
    }
}

/// Lines from the keyboard, or from whatever is piped in.
fn keyboard() -> Receiver<String> {
    let (lines, typed) = unbounded();
    let read = move || {
        for line in std::io::stdin().lock().split(b'\n') {
            // Bytes that are no text make a line that is no action, and the next one is heard.
            let Ok(line) = line else { return };
            if lines.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    };
    // It waits for a line to the end; nothing else has to wait for it.
    drop(std::thread::Builder::new().name("keyboard".into()).spawn(read));
    typed
}

/// The status line of a terminal; nowhere else is one.
struct Status {
    bar: ProgressBar,
    health: Option<Box<Health>>,
}

impl Status {
    fn new() -> Self {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        let bar = match ProgressStyle::with_template("{msg}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        Status { bar, health: None }
    }

    fn say(&self, out: &mut dyn Write, sentence: &str) -> Result<(), Failure> {
        self.bar.suspend(|| print(out, &format!("{sentence}\n")))
    }

    fn show(&self, player: &Player) {
        if let Some(view) = player.view().filter(|_| !self.bar.is_hidden()) {
            self.bar.set_message(status(view, player, self.health.as_deref()));
        }
    }

    /// How the device does, in a word or two.
    fn device(&self) -> String {
        self.health.as_ref().map_or_else(String::new, |h| {
            format!("load {:.0} %, {} xruns, {} ours", h.load * 100.0, h.xruns, h.ours)
        })
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// How the callback did over the whole set; `None` when it never ran.
fn summary(h: &Health) -> Option<String> {
    let period = h.frames.checked_div(h.periods).filter(|frames| *frames > 0)?;
    let at = |share| h.histogram.quantile_ns(share) as f64 / 1e6;
    Some(format!(
        "{} periods of {period} frames; the callback took at most {:.2} ms in half, {:.2} ms in 99 %, {:.2} ms \
         in all of them; {} xruns, {} ours",
        h.periods,
        at(0.5),
        at(0.99),
        at(1.0),
        h.xruns,
        h.ours
    ))
}

/// The master's held peak in dB, whether it went over, and what its inserts take away at most.
fn levels(master: &Meter) -> String {
    let read = master.read();
    let peak = read.hold[0].max(read.hold[1]);
    let mut levels = match peak {
        p if p > 1e-5 => format!("  | master {:.1} dB", 20.0 * p.log10()),
        _ => "  | master silent".to_owned(),
    };
    if read.is_over() {
        levels.push_str(" OVER");
    }
    let reduction: f32 = master.reductions().map(|(_, r)| r.hold).sum();
    if reduction >= 0.05 {
        levels.push_str(&format!(", reduced {reduction:.1} dB"));
    }
    levels
}

/// One line: where the music is, what plays, how the device does.
fn status(view: &View, player: &Player, health: Option<&Health>) -> String {
    let head = view.snapshot.playhead();
    let (bar, beat, sixteenth) = head.bars();
    let sign = match (head.playing, head.counting_in) {
        (true, _) => ">",
        (_, true) => "-",
        _ => "|",
    };
    let mut line = format!("{sign} {bar}.{beat}.{sixteenth}  {:.1} BPM", head.bpm.get());
    let scenes = names(&player.world).scenes;
    for track in 0..view.snapshot.tracks() {
        let state = view.snapshot.track(track);
        let name = |row: u16| scenes.get(usize::from(row)).map_or("?", String::as_str);
        let shown = match (state.playing, state.queued) {
            (_, Some(Some(row))) => format!("({})", name(row)),
            (Some(row), queued) => match state.slot(row, true) {
                ClipState::Recording => format!("rec {}", name(row)),
                _ if queued == Some(None) => format!("{} (stops)", name(row)),
                _ => name(row).to_owned(),
            },
            _ => continue,
        };
        let track = view.names.get(track).map_or("?", String::as_str);
        line.push_str(&format!("  {track}: {shown}"));
    }
    if let Some(master) = view.meters.last() {
        line.push_str(&levels(master));
    }
    if let Some(h) = health {
        let load = (h.load * 100.0).round();
        line.push_str(&format!("  | load {load} % peak {:.0} %", h.peak * 100.0));
        if h.xruns > 0 {
            line.push_str(&format!(" xruns {} ({} ours)", h.xruns, h.ours));
        }
    }
    line
}

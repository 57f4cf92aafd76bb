//! The same sets on a JACK server of our own, beside scsynth on the same server.

use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hardcore::device::port::{Callback, Period};
use hardcore::device::{Backend, Running, Wish, find};
use hardcore::engine::block::BLOCK;
use hardcore::engine::prepare::{Engine, Options, Samples, prepare};
use hardcore::engine::protocol::Gesture;
use hardcore::engine::renderer::{HostTime, Outputs, Renderer};
use hardcore::model::project::Project;
use hardcore::synth::embedded::EmbeddedFactory;
use hardcore::synth::library::Library;
use jack::{Client, ClientOptions};
use rosc::{OscMessage, OscPacket, OscType};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::capacity::{LIMIT, PERIODS, near};
use crate::paced::Times;
use crate::{Failure, RATE, set};

/// libjack takes a server's name from the environment only: this program runs itself with it set.
const SERVER: &str = "JACK_DEFAULT_SERVER";
/// How the name of a server of ours begins.
const OURS: &str = "hardcore-bench-";
/// Seconds until loads have settled, and then of a measure.
const SETTLE_S: f64 = 0.7;
const MEASURE_S: f64 = 2.0;
/// Longest wait for a program to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Measure and print.
pub fn measure(library: &Arc<Library>) -> Result<(), Failure> {
    if std::env::var(SERVER).is_ok_and(|name| name.starts_with(OURS)) {
        return inside(library);
    }
    println!("\nLive: as clients of jackd's dummy device, {RATE} Hz");
    if !is_there("jackd", "--version") {
        println!("  SKIPPED: jackd is not installed, so nothing is played live");
        return Ok(());
    }
    let name = format!("{OURS}{}", std::process::id());
    let done = Command::new(std::env::current_exe()?).arg("live").env(SERVER, name).status()?;
    if done.success() { Ok(()) } else { Err(format!("the live part failed: {done}").into()) }
}

fn is_there(program: &str, ask: &str) -> bool {
    let mut asked = Command::new(program);
    asked.arg(ask).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok()
}

fn inside(library: &Arc<Library>) -> Result<(), Failure> {
    jack::set_logger(jack::LoggerType::None);
    let with_scsynth = is_there("scsynth", "-v");
    if !with_scsynth {
        println!("  SKIPPED: scsynth is not installed, so there is nothing to compare with");
    }
    println!(
        "  load: JACK's own figure, which follows the longest periods; our callback on the wall,"
    );
    println!("  in % of a period; xruns, and those of them by our own processor time");
    println!();
    println!("                                             JACK   callback, %");
    println!("  what    frames  who                 count  load   mean  99.9 %  xruns  ours");
    for period in PERIODS {
        let server = Server::start(period)?;
        let tracks = |count| set::tracks(library, count);
        let count = near(&tracks, library, period, 0, 20)?;
        for helpers in [0, 1, 2] {
            let run = play(&tracks(count)?, library, helpers, &server)?;
            run.print("tracks", period, &format!("ours, helpers: {helpers}"), count);
        }
        let voices = |count| set::voices(count);
        // JACK's figure is above ours: begin where there is room.
        let mut count = near(&voices, library, period, 0, 24)? * 3 / 4;
        let first = play(&voices(count)?, library, 0, &server)?;
        count = to_the_limit(count, first.load);
        play(&voices(count)?, library, 0, &server)?.print("voices", period, "ours", count);
        if with_scsynth {
            let (count, load) = scsynth(library, count / 2, &server)?;
            let run = Run { load, times: None, xruns: None };
            run.print("voices", period, "scsynth", count);
        }
    }
    Ok(())
}

/// How many would bring the load from `load` to the limit.
fn to_the_limit(count: usize, load: f64) -> usize {
    ((count as f64 * LIMIT / load.max(0.05)) as usize).max(1)
}

/// What a measure came to.
struct Run {
    load: f64,
    times: Option<Times>,
    /// All, and those by our own processor time.
    xruns: Option<(u64, u64)>,
}

impl Run {
    fn print(&self, what: &str, period: usize, who: &str, count: usize) {
        print!("  {what:<7} {period:>5}  {who:<18}  {count:>5}  {:>4.0}", self.load * 100.0);
        if let Some(Times { mean, top, .. }) = self.times {
            print!("  {:>5.0}  {:>6.0}", mean * 100.0, top * 100.0);
        }
        if let Some((all, ours)) = self.xruns {
            print!("  {all:>5}  {ours:>4}");
        }
        println!();
    }
}

/// Our client: renders whole blocks and notes how long it took.
struct Player {
    renderer: Renderer,
    out: Outputs,
    took: Producer<f64>,
}

impl Callback for Player {
    fn process(&mut self, period: &mut dyn Period) {
        let frames = period.frames();
        let begun = Instant::now();
        for at in (0..frames).step_by(BLOCK) {
            self.renderer.render(&[], &mut self.out, HostTime::default());
            let count = BLOCK.min(frames - at);
            for (channel, side) in [&self.out.master.l, &self.out.master.r].into_iter().enumerate()
            {
                if let Some(out) = period.output(channel).get_mut(at..at + count) {
                    out.copy_from_slice(&side[..count]);
                }
            }
        }
        let share = begun.elapsed().as_secs_f64() * f64::from(RATE) / frames.max(1) as f64;
        // Nobody reads them when the measure is over.
        let _ = self.took.push(share);
    }
}

fn play(
    project: &Project,
    library: &Arc<Library>,
    threads: usize,
    server: &Server,
) -> Result<Run, Failure> {
    let options = Options { rate: RATE, threads, sources: 0 };
    let factory = EmbeddedFactory::new(Arc::clone(library));
    let (mut engine, renderer, _) = prepare(project, &factory, &Samples::new(), &options)?;
    engine.send(Some(0), Gesture::LaunchScene(0))?;
    let (took, mut times) = RingBuffer::new(1 << 16);
    let player = Player { renderer, out: Outputs::SILENT, took };
    let wish = Wish { backend: Backend::Jack, ..Wish::default() };
    let running = find(&wish)?.play(Box::new(player)).map_err(|(error, _)| error)?;
    tend(&running, &mut engine, SETTLE_S);
    while times.pop().is_ok() {}
    let before = running.monitor.sample();
    tend(&running, &mut engine, MEASURE_S);
    let after = running.monitor.sample();
    let load = f64::from(server.client.cpu_load()) / 100.0;
    let mut took: Vec<f64> = drain(&mut times);
    // The callback goes before the engine, whose ring it writes to.
    drop(running.stop());
    Ok(Run {
        load,
        times: Times::of(&mut took),
        xruns: Some((after.xruns - before.xruns, after.ours - before.ours)),
    })
}

fn drain(times: &mut Consumer<f64>) -> Vec<f64> {
    std::iter::from_fn(|| times.pop().ok()).collect()
}

/// The engine thread's work for so many seconds.
fn tend(running: &Running, engine: &mut Engine, seconds: f64) {
    let begun = Instant::now();
    while begun.elapsed().as_secs_f64() < seconds {
        std::thread::sleep(Duration::from_millis(5));
        running.monitor.sample();
        engine.maintain();
        while engine.next_event().is_some() {}
        while engine.next_journal().is_some() {}
    }
}

/// A program below a shell that ends it when this one ends, however that happens.
struct Below(Child);

/// Ends the program when nobody holds the other end of the input any more; by force when it does not go.
const SCRIPT: &str = r#""$@" >/dev/null 2>&1 & it=$!; read -r _; kill $it
    (sleep 3; kill -KILL $it) >/dev/null 2>&1 & wait $it; kill $!"#;

impl Below {
    fn start(program: &str, args: &[&str]) -> Result<Below, Failure> {
        let mut shell = Command::new("sh");
        shell.args(["-c", SCRIPT, "sh", program]).args(args).stdin(Stdio::piped());
        shell.stdout(Stdio::null()).stderr(Stdio::null());
        shell.env("JACK_NO_START_SERVER", "1").env("SC_JACK_DEFAULT_INPUTS", "");
        Ok(Below(shell.spawn()?))
    }
}

impl Drop for Below {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // It has been told; how it ends does not matter.
        let _ = self.0.wait();
    }
}

/// A JACK server, and a client that reads its load. The client goes first.
struct Server {
    client: Client,
    _jackd: Below,
}

impl Server {
    fn start(period: usize) -> Result<Server, Failure> {
        let name = std::env::var(SERVER)?;
        let (rate, period) = (RATE.to_string(), period.to_string());
        let args = ["-n", &name, "-d", "dummy", "-r", &rate, "-p", &period];
        let jackd = Below::start("jackd", &args)?;
        let client = wait("jackd does not answer", || {
            Client::new("bench", ClientOptions::NO_START_SERVER).ok().map(|(client, _)| client)
        })?;
        Ok(Server { client, _jackd: jackd })
    }
}

fn wait<T>(or: &str, mut look: impl FnMut() -> Option<T>) -> Result<T, Failure> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(found) = look() {
            return Ok(found);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(or.into())
}

/// Fill a scsynth with voices until the load is at the limit; how many, and the load with them.
fn scsynth(library: &Library, first: usize, server: &Server) -> Result<(usize, f64), Failure> {
    let sound = library.get(set::VOICE).ok_or("the voice is not in the library")?;
    // A port that is free now.
    let port = UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port();
    let text = port.to_string();
    let room = ["-w", "1024", "-n", "16384", "-m", "262144", "-D", "0", "-R", "0", "-l", "1"];
    let args =
        [&["-u", text.as_str(), "-B", "127.0.0.1", "-i", "0", "-o", "2"][..], &room].concat();
    let _program = Below::start("scsynth", &args)?;
    let talk = UdpSocket::bind("127.0.0.1:0")?;
    talk.connect(("127.0.0.1", port))?;
    talk.set_read_timeout(Some(Duration::from_millis(200)))?;
    wait("scsynth does not answer", || status(&talk))?;
    send(&talk, "/d_recv", vec![OscType::Blob(sound.bytes.clone())])?;
    wait("scsynth does not take the sound", || status(&talk).filter(|s| s.sounds > 0))?;
    let (mut playing, mut wanted, mut load) = (0, first.max(1), 0.0);
    for _ in 0..3 {
        for i in playing..wanted {
            let pitch = 41 + (7 * i) % 24;
            let freq = 440.0 * 2f32.powf((pitch as f32 - 69.0) / 12.0);
            let name = OscType::String(set::VOICE.to_owned());
            let args = [2000 + i as i32, 1, 0].map(OscType::Int);
            let freq = [OscType::String("freq".to_owned()), OscType::Float(freq)];
            send(&talk, "/s_new", [name].into_iter().chain(args).chain(freq).collect())?;
        }
        (wanted..playing)
            .try_for_each(|i| send(&talk, "/n_free", vec![OscType::Int(2000 + i as i32)]))?;
        playing = wanted;
        wait("scsynth does not play what it is told to", || {
            status(&talk).filter(|s| s.voices == playing)
        })?;
        std::thread::sleep(Duration::from_secs_f64(SETTLE_S + MEASURE_S / 2.0));
        load = f64::from(server.client.cpu_load()) / 100.0;
        wanted = to_the_limit(playing, load);
    }
    Ok((playing, load))
}

fn send(talk: &UdpSocket, addr: &str, args: Vec<OscType>) -> Result<(), Failure> {
    let message = OscPacket::Message(OscMessage { addr: addr.to_owned(), args });
    talk.send(&rosc::encoder::encode(&message)?)?;
    Ok(())
}

/// What scsynth says of itself.
struct Status {
    voices: usize,
    sounds: usize,
}

/// How scsynth stands, if it says.
fn status(talk: &UdpSocket) -> Option<Status> {
    send(talk, "/status", Vec::new()).ok()?;
    let mut bytes = [0; 2048];
    // What else it says comes first.
    for _ in 0..64 {
        let length = talk.recv(&mut bytes).ok()?;
        // 1, units, synths, groups, sounds …
        if let Ok((_, OscPacket::Message(reply))) = rosc::decoder::decode_udp(&bytes[..length])
            && reply.addr == "/status.reply"
            && let [_, _, OscType::Int(voices), _, OscType::Int(sounds), ..] = reply.args[..]
        {
            let count = |of: i32| usize::try_from(of).unwrap_or(0);
            return Some(Status { voices: count(voices), sounds: count(sounds) });
        }
    }
    None
}

//! A JACK server of a test's own, and programs that play with us on it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jack::{
    AsyncClient, AudioIn, AudioOut, Client, ClientOptions, Control, MidiIn, MidiOut, Port,
    ProcessHandler, ProcessScope, RawMidi,
};

/// Names the server, for libjack and for the test that runs itself.
const SERVER: &str = "JACK_DEFAULT_SERVER";
/// Says that this process is the inner one.
const INSIDE: &str = "HARDCORE_TEST_INSIDE";
/// Frames per second and a period of every server here.
pub const RATE: u32 = 48_000;
pub const PERIOD: usize = 256;

/// Runs `body` with a server of its own. libjack takes a server's name from the environment only, so
/// the test program runs the one test `name` again, with that set; it stands in `jack.rs` or names its
/// module.
pub fn on_jack(name: &str, body: fn(&mut Server)) {
    if std::env::var_os(INSIDE).is_some() {
        body(&mut Server::start());
        return;
    }
    if Command::new("jackd").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("SKIPPED {name}: jackd is not installed (jackd2; `make setup-test` installs it)");
        return;
    }
    // Servers beside each other would take the time from each other.
    static ONE: Mutex<u32> = Mutex::new(0);
    let mut count = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    *count += 1;
    let server = format!("hardcore-test-{}-{count}", std::process::id());
    let full = if name.contains("::") { name.to_owned() } else { format!("jack::{name}") };
    let run = Command::new(std::env::current_exe().unwrap())
        .args([full.as_str(), "--exact", "--nocapture", "--test-threads=1"])
        .env(SERVER, server)
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
    println!("{said}");
    assert!(run.status.success() && said.contains("1 passed"), "{name}: {}", run.status);
}

/// A running jackd, below a shell that ends it when this process ends, however that happens.
pub struct Server {
    jackd: Option<Jackd>,
}

struct Jackd {
    shell: Child,
    id: String,
}

/// Starts jackd, tells its number, and ends it when nobody holds the other end of the input any more;
/// by force when it does not go, which it sometimes does not after many xruns.
const SCRIPT: &str = r#"jackd "$@" >/dev/null 2>&1 & jackd=$!; echo $jackd; read -r _; kill $jackd
    (sleep 3; kill -KILL $jackd) >/dev/null 2>&1 & wait $jackd; kill $!"#;

impl Server {
    fn start() -> Server {
        jack::jack_sys::library().unwrap();
        jack::set_logger(jack::LoggerType::None);
        let mut server = Server { jackd: None };
        server.restart();
        server
    }

    /// Start it again; waits until it answers.
    pub fn restart(&mut self) {
        let name = std::env::var(SERVER).unwrap();
        let (rate, period) = (RATE.to_string(), PERIOD.to_string());
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "sh", "-n", &name, "--no-realtime"])
            .args(["-d", "dummy", "-r", &rate, "-p", &period])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut id = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut id).unwrap();
        self.jackd = Some(Jackd { shell, id: id.trim().to_owned() });
        until("jackd answers", || Client::new("ready", ClientOptions::NO_START_SERVER).is_ok());
    }

    /// Let it die without a word.
    pub fn kill(&mut self) {
        let mut jackd = self.jackd.take().unwrap();
        assert!(Command::new("kill").args(["-KILL", &jackd.id]).status().unwrap().success());
        drop(jackd.shell.stdin.take());
        jackd.shell.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(mut jackd) = self.jackd.take() else { return };
        // Asked to go, it takes its shared memory along.
        drop(jackd.shell.stdin.take());
        let _ = jackd.shell.wait();
    }
}

/// Wait until `done`; far longer than any healthy machine needs.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A number that a sample holds exactly, in a sample that is not the counter itself.
pub fn scramble(count: u64) -> f32 {
    (count.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f32 / 16_777_216.0 - 0.5
}

/// A message as it was received: port, frame in the period, bytes.
pub type Heard = (usize, u32, Vec<u8>);

/// Another program: plays a count on two outputs, records two inputs, sends and hears MIDI.
///
/// libjack cancels the sound thread when a client is dropped, which aborts the program when it is in
/// Rust code just then: so it quits by itself before.
pub struct Other {
    quit: Arc<AtomicBool>,
    client: AsyncClient<Xruns, Program>,
    pub recorded: rtrb::Consumer<[f32; 2]>,
    pub heard: rtrb::Consumer<(u32, [u8; 3])>,
    pub send: rtrb::Producer<(usize, u32, [u8; 3])>,
    pub xruns: Arc<AtomicU32>,
}

pub struct Xruns(pub Arc<AtomicU32>);

impl jack::NotificationHandler for Xruns {
    fn xrun(&mut self, _: &Client) -> Control {
        self.0.fetch_add(1, Relaxed);
        Control::Continue
    }
}

pub struct Program {
    quit: Arc<AtomicBool>,
    out: [Port<AudioOut>; 2],
    input: [Port<AudioIn>; 2],
    midi_out: [Port<MidiOut>; 2],
    midi_in: Port<MidiIn>,
    count: u64,
    record: rtrb::Producer<[f32; 2]>,
    hear: rtrb::Producer<(u32, [u8; 3])>,
    sends: rtrb::Consumer<(usize, u32, [u8; 3])>,
}

impl ProcessHandler for Program {
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        let [l, r] = &mut self.out;
        let (l, r) = (l.as_mut_slice(scope), r.as_mut_slice(scope));
        for (l, r) in l.iter_mut().zip(r) {
            (*l, *r) = (self.count as f32, scramble(self.count));
            self.count += 1;
        }
        let [l, r] = &self.input;
        for (l, r) in l.as_slice(scope).iter().zip(r.as_slice(scope)) {
            let _ = self.record.push([*l, *r]);
        }
        for message in self.midi_in.iter(scope) {
            let mut bytes = [0; 3];
            bytes[..message.bytes.len().min(3)].copy_from_slice(message.bytes);
            let _ = self.hear.push((message.time, bytes));
        }
        let [one, two] = &mut self.midi_out;
        let mut writers = [one.writer(scope), two.writer(scope)];
        while let Ok((port, time, bytes)) = self.sends.pop() {
            writers[port].write(&RawMidi { time, bytes: &bytes }).unwrap();
        }
        if self.quit.load(Relaxed) { Control::Quit } else { Control::Continue }
    }
}

impl Other {
    /// A client called `name` with ports `out_1`, `out_2`, `in_1`, `in_2`, `keys_1`, `keys_2`, `lamps`.
    pub fn start(name: &str) -> Other {
        let client = Client::new(name, ClientOptions::NO_START_SERVER).unwrap().0;
        let audio_out = |n| client.register_port(n, AudioOut::default()).unwrap();
        let audio_in = |n| client.register_port(n, AudioIn::default()).unwrap();
        let midi_out = |n| client.register_port(n, MidiOut::default()).unwrap();
        let (record, recorded) = rtrb::RingBuffer::new(RATE as usize * 20);
        let (hear, heard) = rtrb::RingBuffer::new(4096);
        let (send, sends) = rtrb::RingBuffer::new(4096);
        let xruns = Arc::new(AtomicU32::new(0));
        let quit = Arc::new(AtomicBool::new(false));
        let program = Program {
            quit: Arc::clone(&quit),
            out: [audio_out("out_1"), audio_out("out_2")],
            input: [audio_in("in_1"), audio_in("in_2")],
            midi_out: [midi_out("keys_1"), midi_out("keys_2")],
            midi_in: client.register_port("lamps", MidiIn::default()).unwrap(),
            count: 1,
            record,
            hear,
            sends,
        };
        let client = client.activate_async(Xruns(Arc::clone(&xruns)), program).unwrap();
        Other { quit, client, recorded, heard, send, xruns }
    }

    /// The full name of one of its ports.
    pub fn port(&self, short: &str) -> String {
        format!("{}:{short}", self.client.as_client().name())
    }

    /// Whether a port of its is connected to `to`.
    pub fn connected(&self, short: &str, to: &str) -> bool {
        let port = self.client.as_client().port_by_name(&self.port(short));
        port.is_some_and(|port| port.is_connected_to(to).unwrap_or(false))
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.quit.store(true, Relaxed);
        std::thread::sleep(Duration::from_millis(50));
    }
}

//! The scsynth program: started, watched, ended.

use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How a program is started.
#[derive(Clone, Debug)]
pub(super) struct Launch {
    /// UDP port it is to listen on, on loopback.
    pub port: u16,
    /// What it is to be called in JACK.
    pub name: String,
    /// Output channels.
    pub channels: usize,
}

/// A running scsynth.
pub(super) trait Program: Send {
    /// Why it has ended, if it has: the rest of a sentence that begins with "scsynth".
    fn ended(&mut self) -> Option<String>;
    /// End it, by force.
    fn kill(&mut self);
    /// Its number, if it has one.
    fn id(&self) -> Option<u32>;
}

/// Starts programs; the error is a sentence.
pub(super) type Starter =
    Box<dyn FnMut(&Launch) -> Result<Box<dyn Program>, String> + Send + 'static>;

/// What to say where there is no scsynth.
const MISSING: &str = "scsynth is not installed (Debian's package is supercollider-server): its tracks are \
    played by the built-in synth";

/// Why no scsynth can be started: a sentence, if there is none on the path. Nothing is started.
pub fn missing() -> Option<String> {
    let name = format!("scsynth{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = std::env::split_paths(&path).any(|folder| folder.join(&name).is_file());
    (!there).then(|| MISSING.to_owned())
}

/// Starts the scsynth at `path`.
pub(super) fn starter(path: PathBuf) -> Starter {
    Box::new(move |launch| {
        let process = Process::start(&path, launch).map_err(|error| match error.kind() {
            ErrorKind::NotFound => MISSING.to_owned(),
            _ => format!("scsynth cannot be started: {error}"),
        })?;
        Ok(Box::new(process))
    })
}

struct Process {
    child: Child,
    /// Ends scsynth when this program is gone, however it went: holds the other end of its input.
    guard: Option<Child>,
    said: Arc<Mutex<String>>,
}

/// Longest that is kept of what scsynth said, bytes.
const SAID: usize = 4096;
/// scsynth's word for "no JACK".
const NO_JACK: &str = "could not initialize audio";

impl Process {
    fn start(path: &PathBuf, launch: &Launch) -> std::io::Result<Process> {
        let port = launch.port.to_string();
        let outputs = launch.channels.to_string();
        // The outputs, the two inputs, and room for a def's own busses.
        let buses = (launch.channels + 2 + 64).to_string();
        // As for a score: wires, nodes and memory for the largest sounds and the most voices.
        let room = ["-w", "1024", "-n", "16384", "-m", "262144", "-D", "0", "-R", "0", "-l", "1"];
        let mut child = Command::new(path)
            .args(["-u", &port, "-B", "127.0.0.1", "-H", &launch.name, "-i", "2"])
            .args(["-o", &outputs, "-a", &buses])
            .args(room)
            .env("JACK_NO_START_SERVER", "1")
            .env("SC_JACK_DEFAULT_INPUTS", "")
            .env("SC_JACK_DEFAULT_OUTPUTS", "")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let said = Arc::new(Mutex::new(String::new()));
        if let Some(out) = child.stdout.take() {
            listen(out, Arc::clone(&said));
        }
        if let Some(err) = child.stderr.take() {
            listen(err, Arc::clone(&said));
        }
        let guard = guard(child.id());
        Ok(Process { child, guard, said })
    }

    /// The guard goes first: it must not meet another program of the same number.
    fn dismiss(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            let _ = guard.kill();
            let _ = guard.wait();
        }
    }
}

#[cfg(unix)]
fn guard(id: u32) -> Option<Child> {
    let script = format!("read -r _; kill -KILL {id}");
    Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()
}

#[cfg(not(unix))]
fn guard(_: u32) -> Option<Child> {
    None
}

/// Keep what comes out of `from`, and write it to the log.
fn listen(from: impl Read + Send + 'static, said: Arc<Mutex<String>>) {
    // Without a thread nobody listens; scsynth says little and its pipe holds it.
    let _ = std::thread::Builder::new().name("scsynth-says".to_owned()).spawn(move || {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            tracing::debug!("scsynth: {line}");
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            if said.len() + line.len() < SAID {
                said.push_str(&line);
                said.push('\n');
            }
        }
    });
}

impl Program for Process {
    fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok()??;
        // Its number may become another program's from now on.
        self.dismiss();
        // Its last words may still be on their way.
        let begun = Instant::now();
        let no_jack = || {
            let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            said.contains(NO_JACK)
        };
        while !status.success() && !no_jack() && begun.elapsed() < Duration::from_millis(30) {
            std::thread::sleep(Duration::from_millis(5));
        }
        Some(if no_jack() {
            "finds no JACK server: it is only played with JACK (or PipeWire's) here".to_owned()
        } else {
            format!("has ended ({status})")
        })
    }

    fn kill(&mut self) {
        self.dismiss();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn id(&self) -> Option<u32> {
        Some(self.child.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

//! What the window costs: processor time of its frames while a large set plays, and while it rests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hardcore::persistence::hcs;
use hardcore::synth::library::Library;

use crate::{Failure, set};

/// Tracks and scenes of the set.
const TRACKS: usize = 64;
const SCENES: usize = 128;
/// Tracks that play.
const PLAYING: usize = 32;
/// How long each state is watched.
const WATCHED: Duration = Duration::from_secs(20);
/// The kernel counts processor time in hundredths of a second on every Linux there is.
const TICKS: f64 = 100.0;

/// Open the program that lies beside this one on such a set and print what it took.
pub fn measure(library: &Library) -> Result<(), Failure> {
    println!("\nThe window: {TRACKS} tracks, {SCENES} scenes, {PLAYING} clips playing");
    let program = std::env::current_exe()?;
    let program = program.ancestors().nth(2).map(|folder| folder.join("hardcore"));
    let Some(program) = program.filter(|program| program.is_file()) else {
        println!("  SKIPPED: build the program first, in the same profile: cargo build --release");
        return Ok(());
    };
    let tools = ["Xvfb", "xdotool"];
    if let Some(tool) = tools.iter().find(|tool| Command::new(tool).arg("-h").output().is_err()) {
        println!("  SKIPPED: {tool} is missing (`make setup-test` installs it)");
        return Ok(());
    }
    let home = std::env::temp_dir().join(format!("hardcore-bench-{}", std::process::id()));
    fs::create_dir_all(&home)?;
    let project = home.join("set.hcs");
    hcs::save(&project, &set::large(library, TRACKS, SCENES, PLAYING)?)?;
    let done =
        [false, true].into_iter().try_for_each(|plays| one(&program, &home, &project, plays));
    fs::remove_dir_all(&home)?;
    done
}

/// Open it, have it play or rest, and watch.
fn one(program: &Path, home: &Path, project: &Path, plays: bool) -> Result<(), Failure> {
    let display = Running(
        Command::new("Xvfb")
            .args([":61", "-screen", "0", "1920x1080x24", "-nolisten", "tcp"])
            .stderr(Stdio::null())
            .spawn()?,
    );
    let report = home.join("said");
    let mut command = Command::new(program);
    command.env("HOME", home).env("DISPLAY", ":61").current_dir(home);
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "WAYLAND_DISPLAY"] {
        command.env_remove(name);
    }
    sleep(Duration::from_secs(1));
    command.arg("open").arg(project).args(["--frames", "--backend", "null"]);
    let mut window = Running(command.stdout(fs::File::create(&report)?).spawn()?);
    let id = find(&mut window.0)?;
    let hand = |words: &[&str]| {
        Command::new("xdotool").args(words).env("DISPLAY", ":61").stdout(Stdio::null()).status()
    };
    hand(&["windowsize", &id, "1920", "1080", "windowfocus", &id])?;
    sleep(Duration::from_secs(5));
    if plays {
        hand(&["key", "space"])?;
        sleep(Duration::from_secs(3));
    }
    let number = window.0.id();
    let before = threads(number)?;
    let begun = Instant::now();
    sleep(WATCHED);
    let (after, seconds) = (threads(number)?, begun.elapsed().as_secs_f64());
    let status = fs::read_to_string(format!("/proc/{number}/status"))?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.map_or("not told", str::trim).to_owned()
    };
    println!("  {}:", if plays { "playing" } else { "at rest" });
    let mut used: Vec<(String, f64)> = after
        .into_iter()
        .map(|(thread, name, ticks)| {
            let old = before.iter().find(|(old, ..)| *old == thread).map_or(0.0, |(_, _, t)| *t);
            (name, 100.0 * (ticks - old) / TICKS / seconds)
        })
        .collect();
    used.sort_by(|a, b| b.1.total_cmp(&a.1));
    let all: f64 = used.iter().map(|(_, share)| share).sum();
    println!("    {all:.1} % of a core in {seconds:.0} s, all threads together; the busiest:");
    for (name, share) in used.iter().take(6) {
        println!("      {name:<16} {share:6.1} %");
    }
    println!("    memory {}, at most {}", field("VmRSS:"), field("VmHWM:"));
    Command::new("kill").args(["-TERM", &number.to_string()]).status()?;
    window.0.wait()?;
    drop(display);
    let said = fs::read_to_string(&report)?;
    let frames = said.lines().find(|line| line.starts_with("frames:"));
    println!("    {}", frames.unwrap_or("frames: the program told nothing"));
    Ok(())
}

/// A program that ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The window's number on the display.
fn find(window: &mut Child) -> Result<String, Failure> {
    let begun = Instant::now();
    loop {
        let search = ["search", "--onlyvisible", "--name", "Hardcore"];
        let found = Command::new("xdotool").args(search).env("DISPLAY", ":61").output()?;
        if let Some(id) = String::from_utf8_lossy(&found.stdout).lines().next() {
            return Ok(id.to_owned());
        }
        if let Some(status) = window.try_wait()? {
            return Err(format!("the window did not open ({status})").into());
        }
        if begun.elapsed() > Duration::from_secs(60) {
            return Err("the window did not open within a minute".into());
        }
        sleep(Duration::from_millis(100));
    }
}

/// Threads of a process: number, name, and processor time in ticks.
fn threads(process: u32) -> Result<Vec<(PathBuf, String, f64)>, Failure> {
    let mut all = Vec::new();
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let path = thread?.path();
        // A thread may end while it is read.
        let Ok(stat) = fs::read_to_string(path.join("stat")) else { continue };
        let Some((front, back)) = stat.rsplit_once(')') else { continue };
        let name = front.split_once('(').map_or("", |(_, name)| name).to_owned();
        let ticks = back.split_whitespace().skip(11).take(2);
        all.push((path, name, ticks.filter_map(|t| t.parse::<f64>().ok()).sum()));
    }
    Ok(all)
}

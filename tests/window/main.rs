//! The real window, driven by mouse and keyboard on a display of its own, and the sound it makes.
#![cfg(all(target_os = "linux", feature = "gui"))]

mod display;

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use display::{Display, until};
use hardcore::engine::protocol::Gesture;
use hardcore::live::journal::{self, Line};
use hardcore::persistence::hcs;

/// The program with its window, in a folder that is its home.
struct Window<'a> {
    display: &'a Display,
    program: Child,
    id: String,
}

impl<'a> Window<'a> {
    fn open(display: &'a Display, home: &Path, words: &[&str]) -> Window<'a> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hardcore"));
        command.current_dir(home).env("HOME", home).env("DISPLAY", display.name());
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "WAYLAND_DISPLAY"] {
            command.env_remove(name);
        }
        let program = command.arg("open").args(words).spawn().expect("the program starts");
        let id = display.find("Hardcore");
        Window { display, program, id }
    }

    /// End it as a session manager does, and wait until all is written.
    fn end(mut self) {
        let id = self.program.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
        let begun = Instant::now();
        while self.program.try_wait().expect("its state").is_none() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the window does not close");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn click(&self, x: u32, y: u32) {
        self.display.tool(&["mousemove", &x.to_string(), &y.to_string(), "click", "1"]);
        std::thread::sleep(Duration::from_millis(300));
    }

    fn key(&self, key: &str) {
        self.display.tool(&["windowfocus", &self.id, "key", "--delay", "120", key]);
        std::thread::sleep(Duration::from_millis(300));
    }

    /// Ctrl and a key, held as long as a hand holds them: both within one frame are not told apart.
    fn ctrl(&self, key: &str) {
        self.display.tool(&["windowfocus", &self.id, "keydown", "ctrl"]);
        std::thread::sleep(Duration::from_millis(300));
        self.display.tool(&["key", key]);
        std::thread::sleep(Duration::from_millis(300));
        self.display.tool(&["keyup", "ctrl"]);
        std::thread::sleep(Duration::from_millis(300));
    }

    fn write(&self, text: &str) {
        self.display.tool(&["windowfocus", &self.id, "type", "--delay", "120", text]);
        std::thread::sleep(Duration::from_millis(300));
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn gestures(journal: &Path) -> Vec<Gesture> {
    let Ok(take) = journal::read(journal) else { return Vec::new() };
    let did = take.lines.iter().filter_map(|line| match line {
        Line::Did(entry) => entry.gesture(),
        _ => None,
    });
    did.collect()
}

#[test]
fn the_demo_set_is_launched_written_to_edited_and_saved() {
    let Some(display) = Display::open() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let (paper, wav) = (home.join("take.journal"), home.join("take.wav"));
    let words = ["--journal", "take.journal", "--record", "take.wav"];
    let window = Window::open(&display, home, &words);
    std::thread::sleep(Duration::from_secs(3));

    // A scene by mouse: the fifth row of the last column.
    window.click(1140, 255);
    until("the scene is launched", || gestures(&paper).contains(&Gesture::LaunchScene(4)));
    // A clip by keyboard: a click on the first clip's name selects it, the next one is launched.
    window.click(290, 111);
    window.key("Down");
    window.key("Return");
    let launched = |g: &Gesture| matches!(g, Gesture::Launch { node: 0, .. });
    until("a clip is launched", || gestures(&paper).iter().any(launched));
    // Lines in the palette, opened by its field in the bar.
    window.click(1000, 22);
    window.write("volume hoover -20; bpm 181");
    window.key("Return");
    window.key("Escape");
    // Saved, undone, and saved again.
    let saved = home.join(".local/share/hardcore/Demo.hcs");
    let written = || {
        let project = hcs::load(&saved).ok()?.project;
        let hoover = project.tracks.iter().find(|t| t.name == "hoover")?;
        Some((hoover.mixer.volume.0, project.song.tempo.start.get()))
    };
    // On a machine with much else to do, Ctrl may be up again before a frame has seen it down.
    until("it is saved", || {
        window.ctrl("s");
        written() == Some((-20.0, 181.0))
    });
    window.click(1000, 22);
    window.write("undo; save");
    window.key("Return");
    until("it is saved without the last step", || written() == Some((-20.0, 170.0)));
    std::thread::sleep(Duration::from_secs(2));
    window.end();

    let mut reader = hound::WavReader::open(&wav).expect("a recording");
    let samples: Vec<f32> = reader.samples().collect::<Result<_, _>>().expect("samples");
    let peak = samples.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
    println!("{} s at the tap, peak {peak}", samples.len() / 96_000);
    assert!(peak > 0.2, "it sounded");
}

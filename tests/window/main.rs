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
    // However the window is dragged about, resized and scrolled, what sounds stays where it is.
    for step in 0..24u32 {
        let (size, place) = ((900 + 15 * step).to_string(), (8 * (step % 5)).to_string());
        display.tool(&[
            "windowsize",
            &window.id,
            &size,
            "640",
            "windowmove",
            &window.id,
            &place,
            &place,
        ]);
        display.tool(&["mousemove", "500", "300", "click", if step % 2 == 0 { "4" } else { "5" }]);
    }
    std::thread::sleep(Duration::from_secs(1));
    window.end();

    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo.hcs");
    let again =
        ["render", demo, "--journal", "take.journal", "--out", "again.wav", "--bits", "32f"];
    let mut render = Command::new(env!("CARGO_BIN_EXE_hardcore"));
    assert!(render.current_dir(home).env("HOME", home).args(again).status().expect("it").success());
    let samples_of = |path: &Path| -> Vec<u32> {
        let mut reader = hound::WavReader::open(path).expect("a recording");
        let samples = reader.samples::<f32>();
        samples.map(|sample| sample.expect("a sample").to_bits()).collect()
    };
    let (live, offline) = (samples_of(&wav), samples_of(&home.join("again.wav")));
    let both = live.len().min(offline.len());
    assert!(both > 96_000 * 3, "some seconds of both: {} and {}", live.len(), offline.len());
    let differs = (0..both).find(|i| live[*i] != offline[*i]);
    assert_eq!(
        differs, None,
        "of {both} samples at the tap the first that the journal does not give"
    );

    let mut reader = hound::WavReader::open(&wav).expect("a recording");
    let samples: Vec<f32> = reader.samples().collect::<Result<_, _>>().expect("samples");
    let peak = samples.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
    println!("{} s at the tap, peak {peak}", samples.len() / 96_000);
    assert!(peak > 0.2, "it sounded");
}

#[test]
fn what_was_composed_and_edited_outlives_a_kill() {
    let Some(display) = Display::open() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let saved = home.join(".local/share/hardcore/Demo.hcs");
    let written = || {
        let project = hcs::load(&saved).ok()?.project;
        let hoover = project.tracks.iter().find(|t| t.name == "hoover")?;
        let clips: usize = project.tracks.iter().map(|t| t.clips.len()).sum();
        Some((clips, hoover.mixer.volume.0))
    };
    let line = |window: &Window, text: &str| {
        window.click(1000, 22);
        window.write(text);
        window.key("Return");
        window.key("Escape");
    };
    let mut window = Window::open(&display, home, &[]);
    std::thread::sleep(Duration::from_secs(3));
    line(&window, "save");
    let mut before = 0;
    until("the demo set is saved", || {
        before = written().map_or(0, |(clips, _)| clips);
        before > 0
    });
    line(&window, "compose seed 5 \"gabber kick and hoover\"");
    // It is composed beside the music, and can be kept once that is done.
    until("the proposal is kept and saved", || {
        line(&window, "compose keep; save");
        written().is_some_and(|(clips, _)| clips > before)
    });
    let (clips, _) = written().expect("the saved set");
    line(&window, "volume hoover -17");
    std::thread::sleep(Duration::from_secs(2));
    window.program.kill().expect("killed");
    window.program.wait().expect("gone");
    assert_ne!(written(), Some((clips, -17.0)), "the last edit was not saved by hand");
    drop(window);

    let window = Window::open(&display, home, &[]);
    std::thread::sleep(Duration::from_secs(3));
    // The offer has the keyboard: Enter goes on with the work.
    window.key("Return");
    until("the recovered work is saved", || {
        line(&window, "save");
        written() == Some((clips, -17.0))
    });
    window.end();
}

//! A display of a test's own: Xvfb, and xdotool as its hands.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running Xvfb.
pub struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// A new display; `None` where this machine has none of what that takes, which is said.
    pub fn open() -> Option<Display> {
        let has = |name: &str| {
            let path = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
        };
        let icd = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
        let vulkan = icd.iter().any(|folder| std::path::Path::new(folder).is_dir());
        if !(has("Xvfb") && has("xdotool") && vulkan) {
            eprintln!(
                "SKIPPED: a window needs Xvfb, xdotool and a Vulkan driver (packages xvfb, xdotool, \
                 mesa-vulkan-drivers; `make setup-test` installs them)"
            );
            return None;
        }
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts");
        let mut number = String::new();
        let out = server.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut number).expect("its number");
        Some(Display { server, name: format!(":{}", number.trim()) })
    }

    /// As programs are told: `:99`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The window that has this in its title, once it is there.
    pub fn find(&self, title: &str) -> String {
        let mut found = String::new();
        until("the window opens", || {
            let search = ["search", "--onlyvisible", "--name", title];
            let output = self.command(&search).output().expect("xdotool");
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            found = said.lines().next().unwrap_or_default().to_owned();
            !found.is_empty()
        });
        found
    }

    /// Have xdotool do something.
    pub fn tool(&self, words: &[&str]) {
        assert!(self.command(words).status().expect("xdotool").success(), "{words:?}");
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("xdotool");
        command.args(words).env("DISPLAY", &self.name).stderr(Stdio::null());
        command
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Wait until `done`; far longer than any healthy machine needs.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

//! The set-up script on machines that lack this or that, played by small scripts in place of the real commands.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A machine: a folder that is the whole search path.
struct Machine {
    folder: tempfile::TempDir,
}

/// What the script answered.
struct Answer {
    ok: bool,
    said: String,
    installed: String,
}

impl Machine {
    /// A Linux with a Rust toolchain, the given user and nothing else.
    fn bare(user: u32) -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["sh", "env", "tr", "sed", "cat", "touch", "chmod", "ln"] {
            symlink(real(name), machine.folder.path().join(name)).unwrap();
        }
        machine
            .with("cargo", "")
            .with("cc", "")
            .with("uname", "echo Linux")
            .with("id", &format!("echo {user}"))
    }

    fn with(self, name: &str, script: &str) -> Self {
        let path = self.folder.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn with_alsa(self) -> Self {
        self.with("pkg-config", "exit 0")
    }

    fn with_supercollider(self) -> Self {
        self.with("scsynth", "").with("sclang", "")
    }

    fn with_jack(self) -> Self {
        self.with("jackd", "")
    }

    fn with_display(self) -> Self {
        self.with("Xvfb", "").with("xdotool", "")
    }

    /// An apt that knows its packages only after an update when `stale`, and whose packages bring commands.
    fn with_apt(self, stale: bool) -> Self {
        let folder = self.folder.path().display().to_string();
        if !stale {
            fs::write(self.folder.path().join("updated"), "").unwrap();
        }
        let bring = "pkg-config scsynth sclang jackd Xvfb xdotool";
        self.with(
            "apt-get",
            &format!(
                "echo \"$@\" >> {folder}/log\n\
                 if [ \"$1\" = update ]; then touch {folder}/updated; exit 0; fi\n\
                 [ -e {folder}/updated ] || exit 100\n\
                 for name in {bring}; do ln -sf {folder}/cargo {folder}/$name; done"
            ),
        )
    }

    fn set_up(&self, goal: &str) -> Answer {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/setup");
        let run = Command::new(self.folder.path().join("sh"))
            .arg(script)
            .arg(goal)
            .env("PATH", self.folder.path())
            .output()
            .unwrap();
        Answer {
            ok: run.status.success(),
            said: String::from_utf8(run.stderr).unwrap(),
            installed: fs::read_to_string(self.folder.path().join("log")).unwrap_or_default(),
        }
    }
}

fn real(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.exists()).unwrap()
}

const ALSA: &str = "install -y --no-install-recommends pkg-config libasound2-dev";
const DISPLAY: &str = "xvfb xdotool mesa-vulkan-drivers libvulkan1 libxkbcommon-x11-0 libxcursor1 \
                       libxi6 libxrandr2";
const SUPERCOLLIDER: &str = "supercollider-server supercollider-language supercollider-common";

#[test]
fn a_complete_machine_hears_nothing() {
    let machine = Machine::bare(0).with_apt(false).with_alsa();
    let machine = machine.with_supercollider().with_jack().with_display();
    for goal in ["build", "test"] {
        let answer = machine.set_up(goal);
        assert!(
            answer.ok && answer.said.is_empty() && answer.installed.is_empty(),
            "{}",
            answer.said
        );
    }
}

#[test]
fn a_bare_debian_gets_what_it_lacks() {
    let answer = Machine::bare(0).with_apt(false).set_up("build");
    assert!(answer.ok, "{}", answer.said);
    assert_eq!(answer.installed.trim(), ALSA);
    let answer = Machine::bare(0).with_apt(false).set_up("test");
    assert!(answer.ok, "{}", answer.said);
    assert_eq!(answer.installed.trim(), format!("{ALSA} {SUPERCOLLIDER} jackd2 {DISPLAY}"));
}

#[test]
fn stale_package_lists_are_renewed() {
    let answer = Machine::bare(0).with_apt(true).set_up("build");
    assert!(answer.ok, "{}", answer.said);
    assert_eq!(answer.installed.trim(), format!("{ALSA}\nupdate\n{ALSA}"));
}

#[test]
fn a_user_installs_through_sudo_or_is_told_the_command() {
    let sudo = Machine::bare(1000).with_apt(false).with("sudo", "exec \"$@\"").set_up("build");
    assert!(sudo.ok && sudo.installed.contains(ALSA), "{}", sudo.said);
    let answer = Machine::bare(1000).with_apt(false).set_up("build");
    assert!(!answer.ok && answer.installed.is_empty());
    assert!(answer.said.contains(&format!("apt-get {ALSA}\n")), "{}", answer.said);
}

#[test]
fn only_what_is_missing_is_installed() {
    let machine = Machine::bare(0).with_apt(false).with_alsa().with_supercollider().with_display();
    let answer = machine.set_up("test");
    assert!(answer.ok, "{}", answer.said);
    assert_eq!(answer.installed.trim(), "install -y --no-install-recommends jackd2");
}

#[test]
fn supercollider_is_missed_aloud_but_stops_nothing() {
    let answer = Machine::bare(1000).with_apt(false).with_alsa().set_up("test");
    assert!(answer.ok);
    assert!(
        answer.said.contains(SUPERCOLLIDER)
            && answer.said.contains("going on without supercollider jack display:")
            && answer.said.contains("skipped"),
        "{}",
        answer.said
    );
}

#[test]
fn other_systems_are_told_their_own_names() {
    let said = |manager: &str| Machine::bare(0).with(manager, "exit 1").set_up("test");
    let answer = said("dnf");
    assert!(!answer.ok);
    assert!(
        answer.said.contains("dnf install pkgconf-pkg-config alsa-lib-devel supercollider jack-audio-connection-kit xorg-x11-server-Xvfb xdotool mesa-vulkan-drivers\n"),
        "{}",
        answer.said
    );
    assert!(
        said("pacman").said.contains("pacman -S --needed pkgconf alsa-lib supercollider jack2 xorg-server-xvfb xdotool vulkan-swrast\n")
    );
    let mac = Machine::bare(501).with("uname", "echo Darwin").set_up("test");
    assert!(mac.ok && mac.said.contains("brew install --cask supercollider\n"), "{}", mac.said);
}

#[test]
fn without_a_toolchain_the_way_to_one_is_said() {
    let machine = Machine::bare(0).with_apt(false);
    fs::remove_file(machine.folder.path().join("cargo")).unwrap();
    let answer = machine.set_up("build");
    assert!(!answer.ok && answer.said.contains("rustup.rs"), "{}", answer.said);
}

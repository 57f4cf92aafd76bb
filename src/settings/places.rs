//! Where the system wants a program's own files.

use std::path::{Path, PathBuf};

use directories::{BaseDirs, ProjectDirs};

/// The folders of this user that belong to Hardcore; none need exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Holds `config.toml` (Linux: `~/.config/hardcore`).
    pub config: PathBuf,
    /// Holds what the user collects (Linux: `~/.local/share/hardcore`).
    pub data: PathBuf,
    /// Holds logs and crash reports (Linux: `~/.local/state/hardcore`).
    pub state: PathBuf,
    /// What `~` stands for.
    pub home: Option<PathBuf>,
}

impl Places {
    /// The places of the user who runs the program, by the XDG variables where the system has them. A user without
    /// a home folder gets one below the system's temporary folder.
    pub fn of_user() -> Self {
        let home = BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
        match ProjectDirs::from("", "", "hardcore") {
            Some(dirs) => Self {
                config: dirs.config_dir().to_owned(),
                data: dirs.data_dir().to_owned(),
                state: dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned(),
                home,
            },
            None => Self { home, ..Self::below(&std::env::temp_dir().join("hardcore")) },
        }
    }

    /// Places that all lie below one folder; for a portable set-up and for tests.
    pub fn below(folder: &Path) -> Self {
        Self {
            config: folder.join("config"),
            data: folder.join("data"),
            state: folder.join("state"),
            home: Some(folder.to_owned()),
        }
    }

    /// The folder of the daily log files.
    pub fn logs(&self) -> PathBuf {
        self.state.join("logs")
    }

    /// The folder of crash reports.
    pub fn crashes(&self) -> PathBuf {
        self.state.join("crashes")
    }
}

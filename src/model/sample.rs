//! Where a sample lies: inside the project's folder or the library, never anywhere else.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A sample's place, written `samples/kick.wav` (in the project's folder) or
/// `library:kicks/909.wav`. Always relative, with `/` between folders, and never pointing upwards.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SamplePath {
    root: SampleRoot,
    path: String,
}

/// What a sample's path starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SampleRoot {
    /// The folder the `.hcs` file lies in.
    Project,
    /// The user's sample library, or the built-in one.
    Library,
}

/// A sample path that leads out of its folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "sample path {0:?} is not allowed: write a relative path inside the project's folder, or library:PATH, without '..'"
)]
pub struct SamplePathError(String);

impl SamplePath {
    /// A path from its text.
    ///
    /// # Errors
    /// An empty or absolute path, one with `..`, a backslash, a drive letter or a control character.
    pub fn new(text: &str) -> Result<Self, SamplePathError> {
        let (root, path) = match text.strip_prefix("library:") {
            Some(rest) => (SampleRoot::Library, rest),
            None => (SampleRoot::Project, text),
        };
        let bad = path.is_empty()
            || path.len() > 1024
            || path.contains(['\\', ':'])
            || path.chars().any(char::is_control)
            || path.split('/').any(|part| matches!(part, "" | "." | ".."));
        if bad {
            return Err(SamplePathError(text.chars().take(120).collect()));
        }
        Ok(SamplePath { root, path: path.to_owned() })
    }

    /// What it starts from.
    pub fn root(&self) -> SampleRoot {
        self.root
    }

    /// The path below the root, with `/` between folders.
    pub fn relative(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for SamplePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.root {
            SampleRoot::Project => write!(f, "{}", self.path),
            SampleRoot::Library => write!(f, "library:{}", self.path),
        }
    }
}

impl TryFrom<String> for SamplePath {
    type Error = SamplePathError;
    fn try_from(text: String) -> Result<Self, SamplePathError> {
        SamplePath::new(&text)
    }
}

impl From<SamplePath> for String {
    fn from(path: SamplePath) -> String {
        path.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_their_folder() {
        for good in ["kick.wav", "samples/a b/kick.wav", "library:909/bd.flac"] {
            assert_eq!(SamplePath::new(good).unwrap().to_string(), good);
        }
        for bad in [
            "",
            "/etc/passwd",
            "../x.wav",
            "a/../../x",
            "C:\\x",
            "C:/x",
            "a//b",
            "library:",
            "library:/x",
            "library:../x",
            "./x",
            "a\0b",
        ] {
            assert!(SamplePath::new(bad).is_err(), "{bad:?}");
        }
    }
}

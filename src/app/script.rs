//! Scripts: lines of actions, each at once or, after `@ bar.beat.sixteenth`, where the music gets there.

use std::path::Path;

use crate::files::{FileError, read_limited};
use crate::live::desk::At;

/// Longest script that is read.
const MAX_BYTES: u64 = 16 << 20;

/// A line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: usize,
    /// When it is done.
    pub at: At,
    /// The action.
    pub action: String,
}

/// Why a line is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {number}: “{text}” has no place after @; write one such as @ 16.1.1")]
pub struct ScriptError {
    number: usize,
    text: String,
}

/// A line of a script or of a terminal: an action, with a place before it or not. `None` for an empty
/// line and for a comment, which begins with `//`.
///
/// # Errors
/// An `@` without a place.
pub fn line(number: usize, text: &str) -> Result<Option<Line>, ScriptError> {
    let text = text.trim();
    if text.is_empty() || text.starts_with("//") {
        return Ok(None);
    }
    let Some(rest) = text.strip_prefix('@').filter(|rest| rest.starts_with(' ')) else {
        return Ok(Some(Line { number, at: At::Now, action: text.to_owned() }));
    };
    let bad = || ScriptError { number, text: text.to_owned() };
    let (place, action) = rest.trim_start().split_once(' ').ok_or_else(bad)?;
    let mut parts = [1i64; 3];
    for (i, word) in place.split('.').enumerate() {
        let part = parts.get_mut(i).ok_or_else(bad)?;
        *part = word.parse().ok().filter(|n| (1..=1_000_000).contains(n)).ok_or_else(bad)?;
    }
    let at = At::Place(parts[0], parts[1], parts[2]);
    Ok(Some(Line { number, at, action: action.trim().to_owned() }))
}

/// Read a script.
///
/// # Errors
/// A file that cannot be read, a line that is none; the sentence names it.
pub fn read(path: &Path) -> Result<Vec<Line>, String> {
    let bytes = read_limited(path, MAX_BYTES).map_err(|e: FileError| e.to_string())?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = Vec::new();
    for (i, text) in text.lines().enumerate() {
        let found = line(i + 1, text).map_err(|e| format!("'{}', {e}", path.display()))?;
        lines.extend(found);
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_have_a_place() {
        let at = |text: &str| line(3, text).map(|l| l.map(|l| (l.at, l.action)));
        assert_eq!(at("  // nothing"), Ok(None));
        assert_eq!(at("scene Drop"), Ok(Some((At::Now, "scene Drop".into()))));
        assert_eq!(at("@ 16.1.1 scene Drop"), Ok(Some((At::Place(16, 1, 1), "scene Drop".into()))));
        assert_eq!(at("@ 3   stop all "), Ok(Some((At::Place(3, 1, 1), "stop all".into()))));
        for bad in ["@ stop", "@ 0.1 stop", "@ 1.2.3.4 stop", "@ x.1 stop"] {
            assert!(at(bad).is_err(), "{bad}");
        }
    }
}

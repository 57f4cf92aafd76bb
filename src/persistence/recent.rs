//! The projects that were open last: `recent.ron` in the data folder.

use std::path::{Path, PathBuf};

use super::user::{load_or_default, save};

/// File name of the list.
const RECENT: &str = "recent.ron";
/// Projects that are remembered.
const MOST: usize = 12;

/// The projects that were open, the last first; none where the list is missing or broken.
pub fn load(data: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = load_or_default(&data.join(RECENT)).unwrap_or_default();
    all.truncate(MOST);
    all
}

/// Put a project at the head of the list, and give the list. One that cannot be written is a list for
/// this time only.
pub fn note(data: &Path, file: &Path) -> Vec<PathBuf> {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let mut all = load(data);
    all.retain(|known| *known != file);
    all.insert(0, file);
    all.truncate(MOST);
    let _ = save(&data.join(RECENT), &all);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_is_the_first_and_twelve_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(load(dir.path()), Vec::<PathBuf>::new());
        for i in 0..20 {
            note(dir.path(), Path::new(&format!("/sets/{i}.hcs")));
        }
        note(dir.path(), Path::new("/sets/15.hcs"));
        let all = load(dir.path());
        assert_eq!(all.len(), 12);
        assert_eq!(all[0], Path::new("/sets/15.hcs"));
        assert_eq!(all[1], Path::new("/sets/19.hcs"));
        assert_eq!(all.iter().filter(|file| file.ends_with("15.hcs")).count(), 1);
        std::fs::write(dir.path().join(RECENT), "nonsense").unwrap();
        assert_eq!(load(dir.path()).len(), 0);
    }
}

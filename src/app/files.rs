//! Projects opened, begun, saved, and saved elsewhere with their samples.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::player::Player;
use super::tap::Taps;
use crate::jobs::forget;
use crate::live::desk::Order;
use crate::model::action::Action;
use crate::model::project::Project;
use crate::model::time::{Bpm, TempoMap};
use crate::persistence::hcs;
use crate::persistence::recovery::Orphan;
use crate::persistence::samples::{SampleFolders, gather};
use crate::session::document::spawn;
use crate::session::history::History;
use crate::session::push::take_patches;

/// What is called as a new project is, until it is saved under another name.
const UNTITLED: &str = "Untitled";
/// Tempo of an empty project, thousandths of a beat per minute.
const TEMPO: u32 = 170_000;

/// Whether an action leaves the project that is open, so that its changes would be lost.
pub fn leaves(action: &Action) -> bool {
    matches!(action, Action::ProjectNew | Action::ProjectOpen { .. })
}

impl Player {
    /// Write the project to its file.
    pub(super) fn save(&mut self) -> Result<String, String> {
        let project = self.project().ok_or("no project is open")?;
        hcs::save(&self.path, &project).map_err(|e| e.to_string())?;
        self.world.resource_mut::<History>().mark_saved();
        self.untitled = false;
        Ok(format!("{}: saved", self.path.display()))
    }

    /// A path as it was written: one that is relative counts from the project's folder, and what is
    /// said without an ending is a project's file.
    fn written(&self, path: &Path) -> PathBuf {
        let beside = self.path.parent().unwrap_or(Path::new(""));
        let path = beside.join(path);
        match path.extension() {
            Some(ending) if ending == "hcs" => path,
            // "Set 1.5" has no ending, though it has a dot.
            _ => {
                let mut name = path.into_os_string();
                name.push(".hcs");
                name.into()
            }
        }
    }

    /// Save to another file, which is the project's own from now on.
    pub(super) fn save_as(
        &mut self,
        path: &Path,
        orders: &mut dyn FnMut(Order),
    ) -> Result<String, String> {
        let path = self.written(path);
        if path != self.path && path.exists() {
            return Err(format!("'{}' is there already; choose another name", path.display()));
        }
        self.save_over(&path, orders)
    }

    /// Save to another file, whatever it holds now; the samples of the project's folder come along.
    ///
    /// # Errors
    /// A sentence: a sample in the way, a disk that cannot be written. The project keeps its file.
    pub fn save_over(
        &mut self,
        path: &Path,
        orders: &mut dyn FnMut(Order),
    ) -> Result<String, String> {
        let project = self.project().ok_or("no project is open")?;
        let from = SampleFolders::of(&self.path, Vec::new());
        let count = gather(&from, &project, path, false)?;
        hcs::save(path, &project).map_err(|e| e.to_string())?;
        self.world.resource_mut::<History>().mark_saved();
        (self.path, self.untitled) = (path.to_owned(), false);
        orders(Order::Home(path.to_owned()));
        Ok(format!("{}: saved{}", path.display(), with_samples(count)))
    }

    /// Copy every sample of the library that the project uses into its folder.
    pub(super) fn collect(&mut self) -> Result<String, String> {
        let project = self.project().ok_or("no project is open")?;
        let from = SampleFolders::of(&self.path, self.library.clone());
        Ok(match gather(&from, &project, &self.path, true)? {
            0 => "every sample is in the project's folder already".to_owned(),
            count => format!("copied{} into the project's folder", with_samples(count)),
        })
    }

    /// Begin an empty project in place of this one, whatever is lost by it.
    ///
    /// # Errors
    /// Never in fact: an empty project is one.
    pub fn begin(&mut self, orders: &mut dyn FnMut(Order)) -> Result<String, String> {
        let key = "F minor".parse().map_err(|e| format!("{e}"))?;
        let project = Project::new(UNTITLED, TempoMap::constant(Bpm::from_milli(TEMPO)), key);
        let names = (1..).map(|n| match n {
            1 => format!("{UNTITLED}.hcs"),
            n => format!("{UNTITLED} {n}.hcs"),
        });
        let mut paths = names.map(|name| self.path.with_file_name(name));
        let path = paths.find(|path| !path.exists()).unwrap_or_default();
        self.swap(project, &path, orders)?;
        self.untitled = true;
        Ok("a new project".to_owned())
    }

    /// Open the project in a file in place of this one, whatever is lost by it. Gives a sentence.
    ///
    /// # Errors
    /// A sentence: a file that cannot be read. The project that was open stays.
    pub fn open_file(
        &mut self,
        path: &Path,
        orders: &mut dyn FnMut(Order),
    ) -> Result<String, String> {
        let beside = self.path.parent().unwrap_or(Path::new("")).join(path);
        let path = if beside.exists() { beside } else { self.written(path) };
        let loaded = hcs::load(&path).map_err(|e| e.to_string())?;
        self.swap(loaded.project, &path, orders)?;
        let mut said = vec![format!("{}: opened", path.display())];
        said.extend(loaded.warnings);
        said.extend(loaded.migrated_from.map(|v| format!("the file is of version {v}")));
        Ok(said.join("; "))
    }

    /// Go on with work that a program left behind. It is unsaved.
    ///
    /// # Errors
    /// A sentence: work that cannot be read. The project that was open stays.
    pub fn recover(
        &mut self,
        orphan: &Orphan,
        orders: &mut dyn FnMut(Order),
    ) -> Result<String, String> {
        let loaded = orphan.loaded.as_ref().map_err(Clone::clone)?;
        self.swap(loaded.project.clone(), &orphan.header.path, orders)?;
        self.untitled = orphan.header.untitled;
        self.world.resource_mut::<History>().mark_unsaved();
        Ok(format!("“{}” is as it was; it is not saved yet", loaded.project.song.name))
    }

    /// Exchange the document. What belonged to the one before goes with it: what tracks were armed,
    /// what recorded, what was tapped.
    fn swap(
        &mut self,
        project: Project,
        path: &Path,
        orders: &mut dyn FnMut(Order),
    ) -> Result<(), String> {
        forget(&mut self.world);
        spawn(&mut self.world, project.clone()).map_err(|e| e.to_string())?;
        take_patches(&mut self.world);
        self.document += 1;
        (self.path, self.untitled) = (path.to_owned(), false);
        (self.armed, self.recordings) = (BTreeSet::new(), BTreeMap::new());
        (self.taps, self.heard, self.metronome) = (Taps::default(), 0, false);
        orders(Order::Open(Box::new(project), path.to_owned()));
        self.bind(orders);
        Ok(())
    }
}

fn with_samples(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => " with a sample".to_owned(),
        count => format!(" with {count} samples"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::recovery::Safe;
    use crate::live::desk::At;

    fn player(dir: &Path) -> Player {
        let key = "F minor".parse().unwrap();
        let project = Project::new("one", TempoMap::constant(Bpm::from_milli(170_000)), key);
        let path = dir.join("one.hcs");
        hcs::save(&path, &project).unwrap();
        Player::new(project, &path).unwrap()
    }

    fn line(player: &mut Player, line: &str) -> (Result<String, String>, usize) {
        let mut opened = 0;
        let orders = &mut |order| opened += usize::from(matches!(order, Order::Open(..)));
        let said = player.line(line, At::Now, orders).map_err(|e| e.to_string());
        (said, opened)
    }

    #[test]
    fn projects_are_begun_saved_elsewhere_and_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut player = player(dir.path());
        line(&mut player, "track add audio Vocals").0.unwrap();
        assert!(line(&mut player, "project new").0.unwrap_err().contains("save it first"));
        std::fs::write(dir.path().join("shout.wav"), "a sound").unwrap();
        line(&mut player, "scene add Drop").0.unwrap();
        line(&mut player, "clip Vocals 1 sample shout.wav 1bar").0.unwrap();
        let other = dir.path().join("else");
        std::fs::create_dir(&other).unwrap();
        let said = line(&mut player, "save as else/Two 1.5").0.unwrap();
        assert!(said.ends_with("saved with a sample"), "{said}");
        assert_eq!(player.path(), other.join("Two 1.5.hcs"));
        assert_eq!(std::fs::read(other.join("shout.wav")).unwrap(), b"a sound");
        assert!(!player.is_changed());
        assert!(line(&mut player, "save as ../one.hcs").0.unwrap_err().contains("there already"));
        line(&mut player, "arm Vocals on").0.unwrap();
        assert_eq!(line(&mut player, "project new").1, 1);
        assert!(player.is_untitled() && player.armed.is_empty() && !player.is_changed());
        assert_eq!(player.project().unwrap().tracks.len(), 0);
        let before = player.state();
        assert!(line(&mut player, "project open nowhere").0.is_err());
        assert_eq!(player.state(), before);
        assert_eq!(line(&mut player, "project open \"Two 1.5\"").1, 1);
        assert_eq!(player.project().unwrap().tracks.len(), 1);
        // The history is the project's own.
        assert!(line(&mut player, "undo").0.is_err());
    }

    #[test]
    fn library_samples_are_collected_beside_the_project_and_found_there() {
        let dir = tempfile::tempdir().unwrap();
        let mut player = player(dir.path());
        let library = dir.path().join("library");
        std::fs::create_dir(&library).unwrap();
        std::fs::write(library.join("shout.wav"), "a sound").unwrap();
        player.library = vec![library.clone()];
        for text in ["track add audio V", "scene add D", "clip V 1 sample library:shout.wav 1bar"] {
            line(&mut player, text).0.unwrap();
        }
        assert!(line(&mut player, "collect").0.unwrap().contains("with a sample"));
        assert!(line(&mut player, "collect").0.unwrap().contains("already"));
        std::fs::remove_dir_all(&library).unwrap();
        let folders = SampleFolders::of(player.path(), vec![library]);
        assert_eq!(folders.problems(&player.project().unwrap()), []);
    }

    #[test]
    fn unsaved_work_is_kept_and_recovered_and_gone_when_saved() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let mut first = player(dir.path());
        let mut safe = Safe::new(&data, 0).unwrap();
        line(&mut first, "track add audio Vocals").0.unwrap();
        assert_eq!(safe.tend(&first), None);
        // As when the program ends without asking.
        drop(safe);
        let orphan = Safe::orphans(&data).remove(0);
        let mut second = player(dir.path());
        second.recover(&orphan, &mut |_| {}).unwrap();
        assert_eq!(second.project(), first.project());
        assert!(second.is_changed());
        let mut safe = Safe::new(&data, 0).unwrap();
        safe.adopt(orphan);
        assert_eq!(safe.tend(&second), None);
        drop(safe);
        let mut safe = Safe::new(&data, 0).unwrap();
        let kept = Safe::orphans(&data);
        assert!(!kept.is_empty(), "recovered work is never without a file");
        kept.into_iter().for_each(Orphan::discard);
        line(&mut second, "save").0.unwrap();
        assert_eq!(safe.tend(&second), None);
        safe.close();
        assert!(Safe::orphans(&data).is_empty());
    }
}

//! What a window keeps of files: unsaved work, what others left behind, recent projects, a folder's list.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::files::leaves;
use super::player::Player;
use super::recovery::Safe;
use crate::live::desk::Order;
use crate::model::action::{Action, parse};
use crate::model::media::Media;
use crate::persistence::recovery::Orphan;
use crate::persistence::{hcs, recent};
use crate::ui::ask::{Ask, FileAsk, Listed};
use crate::ui::closing::{Closing, Leave};
use crate::ui::seen::{Files, Offer};

/// Entries of a folder that are listed.
const MOST: usize = 2000;

/// What came of something, as a sentence.
pub type Said = Option<Result<String, String>>;

/// What a window keeps of files.
pub struct Shelf {
    data: PathBuf,
    safe: Option<Safe>,
    orphans: Vec<Orphan>,
    /// What panels see of it.
    pub files: Files,
}

impl Shelf {
    /// A shelf of the user's `data` folder, with a copy of unsaved work every so many minutes (0 for
    /// none). A sentence where unsaved work cannot be kept.
    pub fn new(data: &Path, autosave_minutes: u32, player: &Player) -> (Shelf, Option<String>) {
        let (safe, fault) = match Safe::new(data, autosave_minutes) {
            Ok(safe) => (Some(safe), None),
            Err(fault) => (None, Some(fault)),
        };
        let mut orphans = Vec::new();
        for orphan in Safe::orphans(data) {
            if is_saved(&orphan) {
                orphan.discard();
            } else {
                orphans.push(orphan);
            }
        }
        let mut shelf = Shelf { data: data.to_owned(), safe, orphans, files: Files::default() };
        shelf.offer();
        shelf.note(player);
        (shelf, fault)
    }

    /// Keep unsaved work; call several times a second. A sentence where that cannot be done.
    pub fn tend(&mut self, player: &Player) -> Option<String> {
        self.note(player);
        self.safe.as_mut()?.tend(player)
    }

    /// The project's file may be another one now.
    fn note(&mut self, player: &Player) {
        self.files.untitled = player.is_untitled();
        if self.files.path == player.path() {
            return;
        }
        self.files.path = player.path().to_owned();
        let all = match player.is_untitled() {
            true => recent::load(&self.data),
            false => recent::note(&self.data, player.path()),
        };
        let there = |path: PathBuf| {
            let there = path.is_file();
            (path, there)
        };
        self.files.recent = all.into_iter().map(there).collect();
    }

    /// Where an ask would lose changes: what it leaves the project for, so that people are asked first.
    pub fn leave(ask: &Ask, player: &Player) -> Option<Leave> {
        let action = match ask {
            Ask::Act(action, _) => action.clone(),
            Ask::Line(line) => parse(line).ok()?,
            _ => return None,
        };
        if !player.is_changed() || !leaves(&action) {
            return None;
        }
        Some(match action {
            Action::ProjectOpen { path } => Leave::Open(path.into()),
            _ => Leave::New,
        })
    }

    /// Go on with what `closing` waits for, once the project is saved or given up. What closes the
    /// window stays for the window.
    pub fn go(closing: &mut Closing, player: &mut Player, orders: &mut dyn FnMut(Order)) -> Said {
        if let Closing::Saving(leave) = closing {
            // One that could not be saved stays; the log says why.
            *closing = match player.is_changed() {
                true => Closing::No,
                false => Closing::Now(leave.clone()),
            };
        }
        let Closing::Now(leave) = closing else { return None };
        let said = match leave {
            Leave::Window => return None,
            Leave::New => player.begin(orders),
            Leave::Open(path) => player.open_file(path, orders),
        };
        *closing = Closing::No;
        Some(said)
    }

    /// Do what a panel asks of files.
    pub fn ask(
        &mut self,
        ask: &FileAsk,
        player: &mut Player,
        orders: &mut dyn FnMut(Order),
    ) -> Said {
        match ask {
            FileAsk::List(folder, listed) => {
                self.list(folder, *listed);
                None
            }
            FileAsk::SaveTo(path) => Some(player.save_over(path, orders)),
            FileAsk::Recover => {
                let orphan = self.take()?;
                if player.is_changed() {
                    let sentence = "the project has changed; save it first, then start anew";
                    return Some(Err(sentence.to_owned()));
                }
                let said = player.recover(&orphan, orders);
                match (&said, &mut self.safe) {
                    (Ok(_), Some(safe)) => safe.adopt(orphan),
                    // It stays where it is.
                    _ => drop(orphan),
                }
                Some(said)
            }
            FileAsk::Discard => {
                self.take()?.discard();
                Some(Ok("the unsaved work is gone".to_owned()))
            }
            FileAsk::Later => {
                drop(self.take());
                Some(Ok("it will be offered again at the next start".to_owned()))
            }
        }
    }

    fn take(&mut self) -> Option<Orphan> {
        let orphan = (!self.orphans.is_empty()).then(|| self.orphans.remove(0));
        self.offer();
        orphan
    }

    fn offer(&mut self) {
        self.files.offer = self.orphans.first().map(|orphan| match &orphan.loaded {
            Ok(loaded) => {
                let minutes = orphan.header.age(SystemTime::now()).as_secs() / 60;
                let ago = match minutes {
                    0 => "just now".to_owned(),
                    1..120 => format!("{minutes} minutes ago"),
                    120..2880 => format!("{} hours ago", minutes / 60),
                    _ => format!("{} days ago", minutes / 1440),
                };
                let (name, path) = (&loaded.project.song.name, orphan.header.path.display());
                let text = format!("Work on “{name}” ({path}) from {ago} was not saved: open it?");
                Offer { text, is_readable: true }
            }
            Err(error) => Offer { text: error.clone(), is_readable: false },
        });
    }

    fn list(&mut self, folder: &Path, listed: Listed) {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        self.files.fault = None;
        self.files.entries.clear();
        match std::fs::read_dir(&folder) {
            Ok(entries) => {
                for entry in entries.flatten().take(MOST) {
                    let Ok(name) = entry.file_name().into_string() else { continue };
                    let is_folder = entry.path().is_dir();
                    let is_meant = match listed {
                        Listed::Projects => name.ends_with(".hcs"),
                        Listed::Media => Media::of(&name).is_some(),
                    };
                    if !name.starts_with('.') && (is_folder || is_meant) {
                        self.files.entries.push((name, is_folder));
                    }
                }
            }
            Err(error) => self.files.fault = Some(format!("this folder cannot be read: {error}")),
        }
        self.files.entries.sort_by_key(|(name, is_folder)| (!is_folder, name.to_lowercase()));
        self.files.folder = folder;
    }

    /// The window closes, and nothing is lost that was to be kept.
    pub fn close(&mut self) {
        if let Some(safe) = self.safe.take() {
            safe.close();
        }
    }
}

/// Whether work left behind is what the project's file holds, so that there is nothing to offer.
fn is_saved(orphan: &Orphan) -> bool {
    let Ok(loaded) = &orphan.loaded else { return false };
    hcs::load(&orphan.header.path).is_ok_and(|saved| saved.project == loaded.project)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::desk::At;
    use crate::model::project::Project;
    use crate::model::time::{Bpm, TempoMap};

    fn player(dir: &Path) -> Player {
        let key = "F minor".parse().unwrap();
        let project = Project::new("one", TempoMap::constant(Bpm::from_milli(170_000)), key);
        hcs::save(&dir.join("one.hcs"), &project).unwrap();
        Player::new(project, &dir.join("one.hcs")).unwrap()
    }

    #[test]
    fn a_project_is_left_once_its_changes_are_saved_or_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let mut player = player(dir.path());
        let quiet = &mut |_: Order| {};
        let new = Ask::Act(Action::ProjectNew, None);
        assert_eq!(Shelf::leave(&new, &player), None);
        player.line("bpm 180", At::Now, quiet).unwrap();
        assert_eq!(Shelf::leave(&new, &player), Some(Leave::New));
        let open = Ask::Line("project open one.hcs".to_owned());
        assert_eq!(Shelf::leave(&open, &player), Some(Leave::Open("one.hcs".into())));
        // Not saved: it stays.
        let mut closing = Closing::Saving(Leave::New);
        assert_eq!(Shelf::go(&mut closing, &mut player, quiet), None);
        assert_eq!((closing, player.is_changed()), (Closing::No, true));
        let mut closing = Closing::Now(Leave::Open("one.hcs".into()));
        assert!(Shelf::go(&mut closing, &mut player, quiet).unwrap().is_ok());
        assert_eq!((closing, player.is_changed()), (Closing::No, false));
        let mut closing = Closing::Saving(Leave::Window);
        assert_eq!(Shelf::go(&mut closing, &mut player, quiet), None);
        assert_eq!(closing, Closing::Now(Leave::Window));
    }

    #[test]
    fn work_left_behind_is_offered_and_recovered() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let quiet = &mut |_: Order| {};
        let mut first = player(dir.path());
        first.line("bpm 180", At::Now, quiet).unwrap();
        let (mut shelf, fault) = Shelf::new(&data, 0, &first);
        assert_eq!((shelf.tend(&first), fault), (None, None));
        drop(shelf);
        let mut second = player(dir.path());
        let (mut shelf, _) = Shelf::new(&data, 0, &second);
        let offer = shelf.files.offer.clone().unwrap();
        assert!(offer.is_readable && offer.text.contains("“one”"), "{}", offer.text);
        shelf.ask(&FileAsk::Recover, &mut second, quiet).unwrap().unwrap();
        assert_eq!(shelf.files.offer, None);
        assert_eq!(second.project(), first.project());
        shelf.ask(&FileAsk::SaveTo(dir.path().join("two.hcs")), &mut second, quiet);
        assert_eq!(shelf.tend(&second), None);
        assert_eq!(shelf.files.recent[0].0, dir.path().join("two.hcs"));
        shelf.close();
        let (mut shelf, _) = Shelf::new(&data, 0, &second);
        assert_eq!(shelf.files.offer, None);
        std::fs::write(dir.path().join("Loop.WAV"), "").unwrap();
        for (listed, wanted) in [
            (Listed::Projects, ["data", "one.hcs", "two.hcs"].as_slice()),
            (Listed::Media, ["data", "Loop.WAV"].as_slice()),
        ] {
            shelf.ask(&FileAsk::List(dir.path().to_owned(), listed), &mut second, quiet);
            let names: Vec<_> = shelf.files.entries.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, wanted);
        }
    }
}

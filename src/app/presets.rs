//! The user's presets: instruments and chains of effects, kept in the library and loaded into any set.

use std::path::{Path, PathBuf};

use super::player::{LineError, Player};
use crate::model::ids::{PresetId, StripId};
use crate::model::library::{Preset, PresetData, UserLibrary};
use crate::model::mixer::Effect;
use crate::model::track::TrackKind;
use crate::persistence::user::{load_library, save_library};
use crate::session::act::{ActError, Holder, PresetErrand, PresetKind};
use crate::session::compound::replace_rack;
use crate::session::document::{part, rack};
use crate::session::edit::{Edit, TrackSet};
use crate::session::history::Request;

/// The presets, and the folder they are kept in.
#[derive(Debug, Default)]
pub struct Presets {
    folder: Option<PathBuf>,
    library: UserLibrary,
}

impl Presets {
    /// The presets kept in a folder, and a sentence where they cannot be read.
    pub fn open(folder: &Path) -> (Presets, Option<String>) {
        let (library, fault) = match load_library(folder) {
            Ok(library) => (library, None),
            Err(error) => (UserLibrary::default(), Some(format!("presets: {error}"))),
        };
        (Presets { folder: Some(folder.to_owned()), library }, fault)
    }

    /// All of them.
    pub fn all(&self) -> &UserLibrary {
        &self.library
    }

    /// The names of those of a kind, in the order they were saved.
    pub fn names(&self, kind: PresetKind) -> Vec<String> {
        let of_kind = self.library.presets.iter().filter(|preset| kind.is(&preset.data));
        of_kind.map(|preset| preset.name.clone()).collect()
    }

    fn find(&self, kind: PresetKind, name: &str) -> Result<&Preset, String> {
        kind.find(&self.library, name)
            .ok_or_else(|| format!("there is no {} called “{name}”", kind.word()))
    }

    /// Change what is on disk, which another window may have changed meanwhile, and take it over.
    fn change(
        &mut self,
        change: impl FnOnce(&mut UserLibrary) -> Result<String, String>,
    ) -> Result<String, String> {
        let folder = self.folder.as_ref().ok_or("there is no folder for presets here")?;
        let kept = |e: String| format!("nothing was changed: {e}");
        let mut library = load_library(folder).map_err(|e| kept(e.to_string()))?;
        let said = change(&mut library)?;
        save_library(folder, &library).map_err(|e| kept(e.to_string()))?;
        self.library = library;
        Ok(said)
    }
}

/// A name as it is kept.
fn named(name: &str) -> Result<String, LineError> {
    match name.trim() {
        "" => Err(LineError::Now("a preset or chain needs a name".to_owned())),
        name => Ok(name.to_owned()),
    }
}

/// Put a preset into a library; one of its kind and name makes way.
fn put(library: &mut UserLibrary, kind: PresetKind, name: &str, data: PresetData) -> String {
    if let Some(old) = library.presets.iter_mut().find(|old| kind.names(old, name)) {
        old.data = data;
        return format!("{} “{}” is replaced", kind.word(), old.name);
    }
    let id = library.presets.iter().map(|preset| preset.id.0).max().unwrap_or(0);
    let id = PresetId(id.saturating_add(1));
    library.presets.push(Preset { id, name: name.to_owned(), tags: Vec::new(), data });
    format!("{} “{name}” is in your library", kind.word())
}

impl Player {
    /// Do something with a preset.
    pub(super) fn preset(&mut self, errand: PresetErrand) -> Result<String, LineError> {
        match errand {
            PresetErrand::Save(holder, name) => {
                let (name, kind, data) = (named(&name)?, holder.kind(), self.held(holder)?);
                self.presets.change(|library| Ok(put(library, kind, &name, data)))
            }
            PresetErrand::Load(holder, name) => return self.load_preset(holder, &name),
            PresetErrand::Rename(kind, name, new) => {
                let new = named(&new)?;
                self.presets.find(kind, &name).map_err(LineError::Now)?;
                self.presets.change(|library| {
                    // The same name in other letters is its own.
                    if kind.find(library, &new).is_some_and(|there| !kind.names(there, &name)) {
                        return Err(format!("there is a {} called “{new}” already", kind.word()));
                    }
                    let old = library.presets.iter_mut().find(|old| kind.names(old, &name));
                    old.ok_or("it is gone from the library")?.name.clone_from(&new);
                    Ok(format!("{} “{name}” is called “{new}”", kind.word()))
                })
            }
            PresetErrand::Delete(kind, name) => {
                self.presets.find(kind, &name).map_err(LineError::Now)?;
                self.presets.change(|library| {
                    library.presets.retain(|preset| !kind.names(preset, &name));
                    Ok(format!("{} “{name}” is deleted", kind.word()))
                })
            }
        }
        .map_err(LineError::Now)
    }

    /// What is to be saved of a track or a strip.
    fn held(&self, holder: Holder) -> Result<PresetData, LineError> {
        match holder {
            Holder::Instrument(track) => match part::<TrackKind>(&self.world, track) {
                Ok(TrackKind::Instrument(instrument)) => {
                    Ok(PresetData::Instrument(instrument.clone()))
                }
                Ok(_) => Err(LineError::Now("that is no instrument track".to_owned())),
                Err(error) => Err(ActError::from(error).into()),
            },
            Holder::Chain(strip) => Ok(PresetData::FxChain(self.chain(strip)?)),
        }
    }

    /// The effects of a strip. Whom a sidechain listens to is a matter of the set, not of the chain.
    fn chain(&self, strip: StripId) -> Result<Vec<Effect>, LineError> {
        let effects = rack(&self.world, strip).map_err(ActError::from)?;
        let free = |effect: &Effect| Effect { key_from: None, ..effect.clone() };
        let all: Vec<Effect> = effects
            .iter()
            .map(|id| part::<Effect>(&self.world, *id).map(free))
            .collect::<Result<_, _>>()
            .map_err(ActError::from)?;
        if all.is_empty() {
            return Err(LineError::Now("there are no effects here to save".to_owned()));
        }
        Ok(all)
    }

    fn load_preset(&mut self, holder: Holder, name: &str) -> Result<String, LineError> {
        let preset = self.presets.find(holder.kind(), name).map_err(LineError::Now)?;
        let edit = match (holder, &preset.data) {
            (Holder::Instrument(track), PresetData::Instrument(instrument)) => {
                // Only a track that plays an instrument takes one.
                self.held(holder)?;
                let kind = Box::new(TrackKind::Instrument(instrument.clone()));
                Edit::Track(track, TrackSet::Kind(kind))
            }
            (Holder::Chain(strip), PresetData::FxChain(chain)) => {
                replace_rack(&self.world, strip, chain).map_err(ActError::from)?
            }
            _ => return Err(LineError::Now(format!("“{name}” is something else"))),
        };
        let name = format!("load “{}”", preset.name);
        self.outcome(Request::step(name, edit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::desk::At;
    use crate::model::project::Project;
    use crate::model::time::{Bpm, TempoMap};

    fn player(folder: &Path) -> Player {
        let tempo = TempoMap::constant(Bpm::from_milli(170_000));
        let project = Project::new("set", tempo, "F minor".parse().unwrap());
        let mut player = Player::new(project, &folder.join("set.hcs")).unwrap();
        let (presets, fault) = Presets::open(folder);
        assert_eq!(fault, None);
        player.presets = presets;
        player
    }

    fn line(player: &mut Player, line: &str) -> Result<String, String> {
        player.line(line, At::Now, &mut |_| {}).map_err(|e| e.to_string())
    }

    #[test]
    fn an_instrument_goes_into_the_library_and_into_another_set() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = player(dir.path());
        for text in [
            "track add instrument hoover Lead",
            "param Lead cutoff 1200",
            "preset save Lead \"Nasty one\"",
        ] {
            line(&mut first, text).unwrap();
        }
        let mut second = player(dir.path());
        line(&mut second, "track add instrument kick_gabber Kick").unwrap();
        let before = second.project().unwrap();
        line(&mut second, "preset load Kick \"nasty ONE\"").unwrap();
        let loaded = second.project().unwrap();
        assert_eq!(loaded.tracks[0].kind, first.project().unwrap().tracks[0].kind);
        line(&mut second, "undo").unwrap();
        assert_eq!(second.project().unwrap().tracks, before.tracks, "one step");
        assert!(line(&mut second, "preset rename \"Nasty one\" \" \"").is_err(), "no name");
        line(&mut second, "preset save Kick Other").unwrap();
        assert!(line(&mut second, "preset rename Other \"nasty one\"").is_err(), "taken");
        line(&mut second, "preset rename other OTHER").unwrap();
        line(&mut second, "preset rename \"Nasty one\" Nice").unwrap();
        line(&mut second, "preset delete Nice").unwrap();
        assert!(line(&mut second, "preset load Kick Nice").unwrap_err().contains("Nice"));
    }

    #[test]
    fn a_chain_replaces_a_rack_in_one_step() {
        let dir = tempfile::tempdir().unwrap();
        let mut player = player(dir.path());
        for text in [
            "track add instrument hoover Lead",
            "track add instrument hoover Other",
            "insert Lead add fx_distortion",
            "insert Lead 1 set drive 12",
            "insert Lead add fx_eq",
            "insert Lead 2 bypass on",
            "chain save Lead Dirt",
            "insert Other add fx_reverb",
        ] {
            line(&mut player, text).unwrap();
        }
        let before = player.project().unwrap();
        line(&mut player, "chain load Other dirt").unwrap();
        let after = player.project().unwrap();
        let plain = |effects: &[Effect]| -> Vec<_> {
            effects.iter().map(|e| (e.name.clone(), e.params.clone(), e.bypass)).collect()
        };
        let racks: Vec<_> = after.tracks.iter().map(|t| plain(&t.mixer.inserts)).collect();
        assert_eq!(racks[0], racks[1]);
        line(&mut player, "undo").unwrap();
        assert_eq!(player.project().unwrap().tracks, before.tracks);
        let said = line(&mut player, "chain save Lead dirt").unwrap();
        assert!(said.contains("replaced"), "{said}");
        assert!(line(&mut player, "chain save master x").is_err(), "nothing is in that rack");
    }

    #[test]
    fn a_broken_library_is_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let mut player = player(dir.path());
        line(&mut player, "track add instrument hoover Lead").unwrap();
        let file = dir.path().join("library.ron");
        std::fs::write(&file, "(presets: [oops").unwrap();
        let error = line(&mut player, "preset save Lead x").unwrap_err();
        assert!(error.contains("library.ron"), "{error}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "(presets: [oops");
        assert!(Presets::open(dir.path()).1.is_some());
    }
}

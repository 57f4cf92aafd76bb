//! Actions on the user's presets, which are kept outside of any document.

use bevy_ecs::world::World;

use super::{ActError, find};
use crate::model::action::Action;
use crate::model::ids::{StripId, TrackId};
use crate::model::library::{Preset, PresetData, UserLibrary};

/// What is to be done with a preset; the application does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresetErrand {
    /// Save what is there under a name.
    Save(Holder, String),
    /// Load the one of this name there.
    Load(Holder, String),
    /// Give the one of this name another.
    Rename(PresetKind, String, String),
    /// Delete the one of this name.
    Delete(PresetKind, String),
}

/// What a preset is saved from or loaded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The instrument of a track.
    Instrument(TrackId),
    /// The effects of a strip.
    Chain(StripId),
}

impl Holder {
    /// The kind of presets it holds.
    pub fn kind(self) -> PresetKind {
        match self {
            Holder::Instrument(_) => PresetKind::Instrument,
            Holder::Chain(_) => PresetKind::Chain,
        }
    }
}

/// The kinds of presets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresetKind {
    /// An instrument with its settings.
    Instrument,
    /// Effects in a row.
    Chain,
}

impl PresetKind {
    /// What people call it.
    pub fn word(self) -> &'static str {
        match self {
            PresetKind::Instrument => "preset",
            PresetKind::Chain => "chain",
        }
    }

    /// Whether a preset is of this kind.
    pub fn is(self, data: &PresetData) -> bool {
        match data {
            PresetData::Instrument(_) => self == PresetKind::Instrument,
            PresetData::FxChain(_) => self == PresetKind::Chain,
        }
    }

    /// Whether a preset is of this kind and has this name, whatever the case.
    pub fn names(self, preset: &Preset, name: &str) -> bool {
        self.is(&preset.data) && preset.name.to_lowercase() == name.to_lowercase()
    }

    /// The preset of this kind and name.
    pub fn find<'a>(self, library: &'a UserLibrary, name: &str) -> Option<&'a Preset> {
        library.presets.iter().find(|preset| self.names(preset, name))
    }
}

/// What an action on presets comes to; `None` for any other.
pub(super) fn errand(world: &World, action: &Action) -> Result<Option<PresetErrand>, ActError> {
    let instrument = |track| Ok::<_, ActError>(Holder::Instrument(find::track(world, track)?));
    let chain = |strip| Ok::<_, ActError>(Holder::Chain(find::strip(world, strip)?));
    Ok(Some(match action {
        Action::PresetSave { track, name } => PresetErrand::Save(instrument(track)?, name.clone()),
        Action::PresetLoad { track, preset } => {
            PresetErrand::Load(instrument(track)?, preset.clone())
        }
        Action::PresetRename { preset, name } => {
            PresetErrand::Rename(PresetKind::Instrument, preset.clone(), name.clone())
        }
        Action::PresetDelete { preset } => {
            PresetErrand::Delete(PresetKind::Instrument, preset.clone())
        }
        Action::ChainSave { strip, name } => PresetErrand::Save(chain(strip)?, name.clone()),
        Action::ChainLoad { strip, chain: name } => PresetErrand::Load(chain(strip)?, name.clone()),
        Action::ChainRename { chain, name } => {
            PresetErrand::Rename(PresetKind::Chain, chain.clone(), name.clone())
        }
        Action::ChainDelete { chain } => PresetErrand::Delete(PresetKind::Chain, chain.clone()),
        _ => return Ok(None),
    }))
}

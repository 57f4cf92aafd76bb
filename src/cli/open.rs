//! `hardcore open`: the window, on a project or on the demo set.

use super::args::OpenArgs;
use super::studio::Studio;
use super::{Failure, notes};
use crate::model::sound::SoundKind;
use crate::persistence::hcs;
use crate::settings::Places;
use crate::window::{Opened, Sounds, run};

/// What the first start shows: composed by this program, from a sentence, and kept with it.
const DEMO: &str = include_str!("../../assets/demo.hcs");

/// Open the window and stay until it is closed.
///
/// # Errors
/// A project that is missing or broken; an engine that cannot start.
pub fn open(args: &OpenArgs, studio: &Studio, places: &Places) -> Result<(), Failure> {
    let (path, loaded) = match &args.project {
        Some(path) => (path.clone(), hcs::load(path)?),
        None => (places.data.join("Demo.hcs"), hcs::parse(DEMO, "the demo set")?),
    };
    let said: Vec<String> = notes(&loaded).collect();
    let stage = studio.stage(&path);
    let (player, hall, broken) = studio.set(loaded.project, &path, stage)?;
    let named = |kind: SoundKind| {
        let of_kind = studio.library.iter().filter(|sound| sound.descriptor.kind == kind);
        of_kind.map(|sound| sound.descriptor.name.clone()).collect()
    };
    let sounds = Sounds {
        factory: studio.factory(),
        instruments: named(SoundKind::Instrument),
        effects: named(SoundKind::Effect),
    };
    let mut opened = Opened::new(player, hall, sounds);
    said.into_iter().chain(broken).for_each(|sentence| opened.say(false, sentence));
    run(opened);
    Ok(())
}

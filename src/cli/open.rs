//! `hardcore open`: the window, on a project or on the demo set.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::OpenArgs;
use super::studio::Studio;
use super::{Failure, notes};
use crate::persistence::hcs;
use crate::settings::{Loaded, Sources};
use crate::ui::seen::Tone;
use crate::window::{Opened, missing, run};

/// What the first start shows: composed by this program, from a sentence, and kept with it.
const DEMO: &str = include_str!("../../assets/demo.hcs");

/// Open the window and stay until it is closed.
///
/// # Errors
/// A project that is missing or broken; an engine that cannot start.
pub fn open(
    args: &OpenArgs,
    studio: &Studio,
    settings: Loaded,
    sources: Sources,
) -> Result<(), Failure> {
    let places = &sources.places;
    if let Some(sentence) = missing() {
        return Err(Failure(sentence));
    }
    let (path, loaded) = match &args.project {
        Some(path) => (path.clone(), hcs::load(path)?),
        None => {
            std::fs::create_dir_all(&places.data)?;
            (places.data.join("Demo.hcs"), hcs::parse(DEMO, "the demo set")?)
        }
    };
    let said: Vec<String> = notes(&loaded).collect();
    let mut stage = studio.stage(&path);
    (stage.journal, stage.record) = (args.journal.clone(), args.record.clone());
    let (player, hall, broken) = studio.set(loaded.project, &path, stage)?;
    let descriptors = studio.library.iter().map(|sound| &sound.descriptor);
    let sounds = descriptors.map(|sound| (sound.name.clone(), sound.clone())).collect();
    let mut opened = Opened::new(player, hall, sounds, settings, sources);
    said.into_iter().chain(broken).for_each(|sentence| opened.say(Tone::Told, sentence));
    let stop = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&stop);
    // Without it a signal still ends the program, but leaves a recording unfinished.
    if let Err(error) = ctrlc::set_handler(move || heard.store(true, Ordering::Relaxed)) {
        opened.say(Tone::Told, format!("Ctrl+C cannot be caught ({error})"));
    }
    run(opened, stop, args.frames);
    Ok(())
}

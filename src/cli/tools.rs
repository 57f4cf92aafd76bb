//! `hardcore edit`, `synths`, `doctor` and `config`.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use super::args::{EditArgs, SynthsArgs};
use super::studio::Studio;
use super::{Failure, notes, print};
use crate::crash;
use crate::device::system;
use crate::model::sound::{Curve, ParamDescriptor, SoundDescriptor, SoundKind, Unit};
use crate::persistence::hcs;
use crate::session::act::run_lines;
use crate::settings::{Loaded, Places};

/// Apply actions to a project file, all or none.
///
/// # Errors
/// The first action that fails, a file that cannot be read or written.
pub fn edit(args: &EditArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let loaded = hcs::load(&args.project)?;
    for note in notes(&loaded) {
        eprintln!("hardcore: note: {note}");
    }
    let lines: Vec<&str> = args.actions.iter().map(String::as_str).collect();
    for line in &lines {
        crash::note_action(line);
    }
    let (project, done) = run_lines(loaded.project, &lines).map_err(|(i, e)| {
        let line = lines.get(i).map_or(String::new(), |l| format!("\"{l}\": "));
        Failure(format!("{line}{e}; nothing was changed"))
    })?;
    let path = args.out.as_ref().unwrap_or(&args.project);
    hcs::save(path, &project)?;
    for line in done {
        print(out, &format!("{line}\n"))?;
    }
    print(out, &format!("{}: saved\n", path.display()))
}

/// List all sounds, or show one.
///
/// # Errors
/// A name that no sound has.
pub fn synths(args: &SynthsArgs, studio: &Studio, out: &mut dyn Write) -> Result<(), Failure> {
    let Some(name) = &args.name else {
        for (title, kind) in
            [("Instruments", SoundKind::Instrument), ("Effects", SoundKind::Effect)]
        {
            print(out, &format!("{title}\n"))?;
            for sound in studio.library.iter().filter(|s| s.descriptor.kind == kind) {
                let d = &sound.descriptor;
                let own = if sound.origin.is_some() { " (yours)" } else { "" };
                let tags = d.tags.join(", ");
                print(out, &format!("  {:<16} {:<22} {tags}{own}\n", d.name, d.title))?;
            }
        }
        return Ok(());
    };
    let sound = studio.library.get(name).ok_or_else(|| {
        let near = |s: &&str| std::cmp::Reverse((strsim::jaro_winkler(name, s) * 1000.0) as u64);
        let mut names: Vec<&str> =
            studio.library.iter().map(|s| s.descriptor.name.as_str()).collect();
        names.sort_by_key(near);
        let near = names.first().copied().unwrap_or_default();
        Failure(format!("there is no sound called '{name}'; did you mean '{near}'?"))
    })?;
    show(&sound.descriptor, out)
}

fn show(d: &SoundDescriptor, out: &mut dyn Write) -> Result<(), Failure> {
    print(out, &format!("{}: {}\n", d.name, d.title))?;
    for p in &d.params {
        let range = format!("{} … {}", p.min, p.max);
        print(out, &format!("  {:<12} {:<20} {range:<18} {}\n", p.name, p.title, default(p)))?;
    }
    for preset in &d.presets {
        print(out, &format!("  preset '{}': {}\n", preset.name, preset.tags.join(", ")))?;
    }
    Ok(())
}

fn default(p: &ParamDescriptor) -> String {
    if let Curve::Choice(names) = &p.curve {
        let chosen = names.get((p.default - p.min) as usize).map_or("", String::as_str);
        return format!("{} ({chosen}; {})", p.default, names.join(", "));
    }
    let unit = match p.unit {
        Unit::Plain | Unit::Percent => "",
        Unit::Hz => " Hz",
        Unit::Ms => " ms",
        Unit::Seconds => " s",
        Unit::Db => " dB",
        Unit::Semitones => " semitones",
        Unit::Cents => " cents",
        Unit::Ratio => " : 1",
        Unit::Beats => " beats",
    };
    format!("{}{unit}", p.default)
}

/// Say what this machine can do, and what helps where it cannot.
///
/// # Errors
/// Nothing but a closed output.
pub fn doctor(studio: &Studio, places: &Places, out: &mut dyn Write) -> Result<(), Failure> {
    let mut line = |what: &str, says: String| print(out, &format!("{what:<16} {says}\n"));
    line("version", format!("hardcore {}", env!("CARGO_PKG_VERSION")))?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    line("cores", cores.to_string())?;
    let (all, skipped) = (studio.library.iter().count(), studio.library.skipped.len());
    line("sounds", format!("{all} ready, {skipped} skipped"))?;
    match studio.output() {
        Ok(found) => line("sound output", format!("{} at {} Hz", found.name, found.rate))?,
        Err(e) => line("sound output", format!("{e}; files can be rendered all the same"))?,
    }
    for name in system::names() {
        line("  found", name)?;
    }
    for (program, package, what) in [
        ("scsynth", "supercollider-server", "only needed to compare sounds with SuperCollider"),
        ("sclang", "supercollider-language", "only needed to compile SynthDefs of your own"),
    ] {
        let found = Command::new(program).arg("-v").output().is_ok();
        let says = if found {
            "found".to_owned()
        } else {
            format!("not found ({what}; Debian's package is {package})")
        };
        line(program, says)?;
    }
    let folders = [
        ("samples", &studio.settings.folders.library),
        ("synthdefs", &studio.settings.folders.synthdefs),
        ("settings", &places.config),
        ("logs", &places.logs()),
        ("crash reports", &places.crashes()),
    ];
    for (what, folder) in folders {
        line(what, format!("{}{}", folder.display(), state(folder)))?;
    }
    Ok(())
}

fn state(folder: &Path) -> &'static str {
    if folder.exists() { "" } else { " (not there yet)" }
}

/// Show every setting and where it comes from.
///
/// # Errors
/// Nothing but a closed output.
pub fn config(loaded: &Loaded, out: &mut dyn Write) -> Result<(), Failure> {
    let there = if loaded.config_file_exists { "" } else { " (not there yet)" };
    print(out, &format!("{}{there}\n", loaded.config_file.display()))?;
    for row in loaded.describe() {
        let (key, value, origin) = (row.key, row.value, row.origin);
        print(out, &format!("{key:<20} {value:<28} {origin}\n"))?;
    }
    Ok(())
}

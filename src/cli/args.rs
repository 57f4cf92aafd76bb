//! The grammar of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::play::Length;
use super::{default_bpm, default_key};
use crate::model::key::Key;
use crate::model::time::{Bpm, Signature};
use crate::settings::Flags;

/// Make and play hardcore, gabber and hard techno
#[derive(Debug, Parser)]
#[command(name = "hardcore", version, about, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Settings for this run.
    #[command(flatten)]
    pub settings: Flags,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the window, on a project or on the demo set
    #[cfg(feature = "gui")]
    Open(OpenArgs),
    /// Compose a piece from a sentence and write it as sound
    Generate(GenerateArgs),
    /// Play a project live: lines you type are actions
    Play(PlayArgs),
    /// Write a project as sound
    Render(RenderArgs),
    /// Make an empty project
    New(NewArgs),
    /// Show what a project holds
    Info(InfoArgs),
    /// Check project files and their samples
    Validate(ValidateArgs),
    /// Change a project by actions, such as "bpm 174" or "send hoover reverb -12"
    Edit(EditArgs),
    /// List the instruments and effects
    Synths(SynthsArgs),
    /// Check what this machine can do
    Doctor,
    /// Show the settings and where each comes from
    Config,
}

/// `hardcore generate`
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// What you want to hear, such as "dark gabber at 190 in F minor"
    #[arg(value_parser = prompt)]
    pub prompt: String,
    /// Repeat a piece exactly; a fresh seed is used and printed otherwise
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Length in bars
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub bars: Option<u32>,
    /// Write the sound to this WAV file
    #[arg(long, value_name = "FILE.wav")]
    pub out: Option<PathBuf>,
    /// Write the notes to this MIDI file too
    #[arg(long, value_name = "FILE.mid")]
    pub midi: Option<PathBuf>,
    /// Save the project to this file too
    #[arg(long, value_name = "FILE.hcs")]
    pub save: Option<PathBuf>,
    /// Play it on the sound card afterwards
    #[arg(long)]
    pub play: bool,
}

/// `hardcore open`
#[cfg(feature = "gui")]
#[derive(Debug, Default, Args)]
pub struct OpenArgs {
    /// The project; the demo set without one
    #[arg(value_name = "PROJECT.hcs")]
    pub project: Option<PathBuf>,
    /// Record the master to this WAV file of 32-bit floats
    #[arg(long, value_name = "OUT.wav")]
    pub record: Option<PathBuf>,
    /// Write down all that happens, for "hardcore render --journal"
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Say at the end how much processor time the window's frames took
    #[arg(long)]
    pub frames: bool,
}

/// `hardcore play`
#[derive(Debug, Args)]
pub struct PlayArgs {
    /// The project
    #[arg(value_name = "PROJECT.hcs")]
    pub project: PathBuf,
    /// Perform the lines of this file; "@ 16.1.1 scene Drop" waits for its place
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// Record the master to this WAV file of 32-bit floats
    #[arg(long, value_name = "OUT.wav")]
    pub record: Option<PathBuf>,
    /// Write down all that happens, for "hardcore render --journal"
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// End after this long, such as 32bars or 90s
    #[arg(long = "for", value_name = "LENGTH")]
    pub length: Option<Length>,
}

/// `hardcore render`
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// The project
    #[arg(value_name = "PROJECT.hcs")]
    pub project: PathBuf,
    /// Render this scene instead of the arrangement
    #[arg(long, value_name = "NAME", conflicts_with_all = ["script", "journal"])]
    pub scene: Option<String>,
    /// Render what the lines of this file perform
    #[arg(long, value_name = "FILE", conflicts_with = "journal", requires = "length")]
    pub script: Option<PathBuf>,
    /// Render a take again from its journal, at its own rate
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// End a script after this long, such as 32bars or 90s
    #[arg(long = "for", value_name = "LENGTH")]
    pub length: Option<Length>,
    /// The WAV file to write
    #[arg(long, value_name = "FILE.wav")]
    pub out: PathBuf,
    /// Write each track and bus to a WAV file in this folder too
    #[arg(long, value_name = "DIR")]
    pub stems: Option<PathBuf>,
    /// Let the sound ring on for this long after the end
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub tail: Option<f64>,
    /// Write the OSC score that scsynth -N plays too
    #[arg(long, value_name = "FILE.osc")]
    pub osc_score: Option<PathBuf>,
}

/// `hardcore new`
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The file to make; an existing one is never replaced
    #[arg(value_name = "PROJECT.hcs")]
    pub project: PathBuf,
    /// Name of the project; that of the file otherwise
    #[arg(long)]
    pub name: Option<String>,
    /// Tempo in beats per minute, 20 to 999
    #[arg(long, default_value_t = default_bpm(), value_parser = bpm)]
    pub bpm: Bpm,
    /// Key, such as "F minor" or "C# phrygian"
    #[arg(long, default_value_t = default_key())]
    pub key: Key,
    /// Time signature, such as 4/4
    #[arg(long, default_value_t, value_parser = signature)]
    pub signature: Signature,
}

/// `hardcore info`
#[derive(Debug, Args)]
pub struct InfoArgs {
    /// The project
    #[arg(value_name = "PROJECT.hcs")]
    pub project: PathBuf,
}

/// `hardcore validate`
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// The projects
    #[arg(value_name = "PROJECT.hcs", required = true)]
    pub projects: Vec<PathBuf>,
}

/// `hardcore edit`
#[derive(Debug, Args)]
pub struct EditArgs {
    /// The project
    #[arg(value_name = "PROJECT.hcs")]
    pub project: PathBuf,
    /// What to do, in order; nothing is saved unless every action succeeds
    #[arg(value_name = "ACTION", required = true)]
    pub actions: Vec<String>,
    /// Save to this file instead of the project's own
    #[arg(long, value_name = "FILE.hcs")]
    pub out: Option<PathBuf>,
}

/// `hardcore synths`
#[derive(Debug, Args)]
pub struct SynthsArgs {
    /// Show one of them with its parameters and presets
    pub name: Option<String>,
}

/// Longest prompt, in characters.
pub const MAX_PROMPT: usize = 2000;

fn prompt(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("say what you want to hear, such as \"hard techno at 150\"".to_owned());
    }
    if text.chars().count() > MAX_PROMPT {
        return Err(format!("use at most {MAX_PROMPT} characters"));
    }
    Ok(text.to_owned())
}

fn bpm(text: &str) -> Result<Bpm, String> {
    let number: f64 = text.parse().map_err(|_| "write a number, such as 174".to_owned())?;
    Bpm::new(number).map_err(|e| e.to_string())
}

fn signature(text: &str) -> Result<Signature, String> {
    let parts = text.split_once('/').and_then(|(n, d)| Some((n.parse().ok()?, d.parse().ok()?)));
    let checked = parts.and_then(|(n, d)| Signature::checked(n, d));
    checked.ok_or_else(|| "write 1 to 32 over 1, 2, 4, 8, 16 or 32, such as 4/4".to_owned())
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(s) if (0.0..=600.0).contains(&s) => Ok(s),
        _ => Err("write seconds from 0 to 600".to_owned()),
    }
}

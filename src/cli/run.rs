//! From the command line's words to a command's end.

use std::io;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use super::args::{Cli, Command};
use super::studio::Studio;
use super::{Failure, exit, generate, info, new, play, render, tools, validate};
#[cfg(feature = "gui")]
use crate::settings::Sources;
use crate::settings::{Loaded, Places, Settings};
use crate::{crash, logging};

/// Run the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let places = Places::of_user();
    crash::install(places.crashes());
    let loaded = match Settings::load(&cli.settings) {
        Ok(loaded) => loaded,
        Err(e) => return exit(Err(e.into())),
    };
    for warning in &loaded.warnings {
        eprintln!("hardcore: note: {warning}");
    }
    // Kept to the end: dropping it writes what is still in the log's buffer.
    let _log = match logging::start(&places.logs(), loaded.settings.log.level) {
        Ok(log) => Some(log),
        Err(e) => {
            eprintln!("hardcore: note: {e}");
            None
        }
    };
    let result = dispatch(cli, &loaded, &places);
    if let Err(Failure(sentence)) = &result {
        tracing::error!("{sentence}");
    }
    exit(result)
}

fn dispatch(cli: Cli, loaded: &Loaded, places: &Places) -> Result<(), Failure> {
    let out = &mut io::stdout();
    let studio = || Studio::new(loaded.settings.clone());
    let library = || vec![loaded.settings.folders.library.clone()];
    #[cfg(feature = "gui")]
    let command =
        Some(cli.command.unwrap_or_else(|| Command::Open(super::args::OpenArgs::default())));
    #[cfg(not(feature = "gui"))]
    let command = cli.command;
    let Some(command) = command else {
        Cli::command().print_help()?;
        return Ok(());
    };
    tracing::info!("{command:?}");
    match command {
        #[cfg(feature = "gui")]
        Command::Open(args) => {
            let sources = Sources::of_process(&cli.settings)?;
            super::open::open(&args, &studio(), loaded.clone(), sources)
        }
        Command::Generate(args) => generate::generate(&args, &studio(), out),
        Command::Play(args) => play::play(&args, &studio(), out),
        Command::Render(args) => render::render(&args, &studio(), out),
        Command::New(args) => new(&args, out),
        Command::Info(args) => info(&args, &library(), out),
        Command::Validate(args) => validate(&args, &library(), out),
        Command::Edit(args) => tools::edit(&args, out),
        Command::Synths(args) => tools::synths(&args, &studio(), out),
        Command::Doctor => tools::doctor(&studio(), places, out),
        Command::Config => tools::config(loaded, out),
    }
}

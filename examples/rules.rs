//! Composes and renders pieces in every written genre and holds them against the rules of the music.
//!
//! `cargo run --release --example rules -- [SEEDS] [FIRST_SEED] [GENRE]` prints a table; the seeds
//! are FIRST_SEED, FIRST_SEED + 1, …

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use hardcore::analysis::rules::{GenreBand, RuleResult};
use hardcore::export::audit::{Score, audit};
use hardcore::generation::{Idea, compose, project::project, understand};
use hardcore::model::intent::SetContext;
use hardcore::synth::embedded::EmbeddedFactory;
use hardcore::synth::library::Library;

/// The prompt and the table row of each written genre.
const GENRES: [(&str, &str); 3] =
    [("gabber", "gabber"), ("hard techno", "hard techno"), ("frenchcore", "frenchcore")];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let mut number = |default| words.next().and_then(|w| w.parse().ok()).unwrap_or(default);
    let (seeds, first): (u64, u64) = (number(20), number(700_000));
    let only = words.next();
    let library = Arc::new(Library::built_in());
    let factory = EmbeddedFactory::new(Arc::clone(&library));
    let mut failed = 0;
    for (prompt, row) in GENRES {
        if only.as_ref().is_some_and(|o| o != prompt) {
            continue;
        }
        let Some(band) = GenreBand::named(row) else { continue };
        let mut kept: BTreeMap<u8, (&str, u64)> = BTreeMap::new();
        for seed in first..first + seeds {
            let idea = compose(&understand(prompt, &SetContext::default()), seed);
            let made = project(&idea, |name| library.get(name).map(|s| &s.descriptor));
            let results = match audit(&made, &factory, &score(&idea, &band), 48_000, 1) {
                Ok(results) => results,
                Err(e) => {
                    eprintln!("{prompt}, seed {seed}: {e}");
                    return ExitCode::FAILURE;
                }
            };
            for RuleResult { number, name, pass, measured, wanted } in results {
                kept.entry(number).or_insert((name, 0)).1 += u64::from(pass);
                if !pass {
                    failed += 1;
                    println!(
                        "  {prompt}, seed {seed}: rule {number} ({name}): {measured}; wanted {wanted}"
                    );
                }
            }
        }
        println!("{prompt}: {seeds} seeds from {first}");
        for (number, (name, kept)) in kept {
            println!("  rule {number:>2}  {kept:>3}/{seeds}  {name}");
        }
    }
    println!("{failed} failures");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn score(idea: &Idea, band: &GenreBand) -> Score {
    let spans =
        |list: &[hardcore::generation::idea::Span]| list.iter().map(|s| (s.start, s.end)).collect();
    Score {
        roles: idea.parts.iter().map(|p| p.role.to_string()).collect(),
        fills: spans(&idea.fills),
        breaks: spans(&idea.breaks),
        band: band.clone(),
    }
}

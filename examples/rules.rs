//! Composes and renders pieces in every written genre and holds them against the rules of the music.
//!
//! `cargo run --release --example rules -- [SEEDS] [FIRST_SEED] [PROMPT]` prints a table; the
//! seeds are FIRST_SEED, FIRST_SEED + 1, …

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use hardcore::analysis::rules::RuleResult;
use hardcore::cli::Failure;
use hardcore::cli::generate::make;
use hardcore::export::hearing::audit;
use hardcore::generation::understand;
use hardcore::model::intent::SetContext;
use hardcore::settings::CANDIDATES;
use hardcore::synth::embedded::EmbeddedFactory;
use hardcore::synth::library::Library;

/// The prompts where none is given: each names a written genre.
const PROMPTS: [&str; 3] = ["gabber", "hard techno", "frenchcore"];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let mut number = |default| words.next().and_then(|w| w.parse().ok()).unwrap_or(default);
    let (seeds, first): (u64, u64) = (number(20), number(700_000));
    let own = words.next();
    let prompts = own.as_deref().map_or(PROMPTS.to_vec(), |own| vec![own]);
    let library = Arc::new(Library::built_in());
    let factory = EmbeddedFactory::new(Arc::clone(&library));
    let mut failed = 0;
    for prompt in prompts {
        let mut kept: BTreeMap<u8, (&str, u64)> = BTreeMap::new();
        for seed in first..first + seeds {
            let intent = understand(prompt, &SetContext::default());
            let heard = make(&intent, seed, CANDIDATES, &factory, 1).and_then(|made| {
                let score = made.score.ok_or_else(|| Failure(format!("no rules for {prompt}")))?;
                Ok(audit(&made.project, &factory, &score, 48_000, 1)?)
            });
            let results = match heard {
                Ok(results) => results,
                Err(Failure(e)) => {
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

//! The composer against the rules, on seeds it was not made with.

use std::collections::BTreeMap;

use super::*;
use crate::generation::{prompt::understand, rules, show};
use crate::model::intent::{Genre, Intent, SetContext};

fn intent(prompt: &str) -> Intent {
    understand(prompt, &SetContext::default())
}

#[test]
fn rules_hold_on_fresh_seeds() {
    let seeds: Vec<u64> = (0..20).map(|i| 1000 + i).collect();
    let mut table = String::new();
    let (mut kept, mut all) = (0, 0);
    for genre in [Genre::Gabber, Genre::HardTechno, Genre::Frenchcore] {
        let mut rows: BTreeMap<(u8, &str), (u32, Vec<String>)> = BTreeMap::new();
        for seed in &seeds {
            let idea = compose(&intent(genre.name()), *seed);
            for rule in rules::check(&idea) {
                let row = rows.entry((rule.number, rule.name)).or_default();
                all += 1;
                if rule.pass {
                    kept += 1;
                    row.0 += 1;
                } else {
                    row.1.push(format!("{seed}: {} (wanted {})", rule.measured, rule.wanted));
                }
            }
        }
        table += &format!("\n{genre}, {} seeds\n", seeds.len());
        for ((number, name), (passed, failures)) in rows {
            table += &format!(
                "{number:>4}  {name:<24} {passed:>2}/{}\n",
                passed as usize + failures.len()
            );
            for failure in failures.iter().take(4) {
                table += &format!("        {failure}\n");
            }
        }
    }
    println!("{table}\n{kept} of {all} kept");
    assert!(f64::from(kept) >= 0.95 * f64::from(all), "{table}");
}

#[test]
fn show_one() {
    for genre in [Genre::Gabber, Genre::HardTechno, Genre::Frenchcore] {
        println!("{}", show::text(&compose(&intent(genre.name()), 7)));
    }
}

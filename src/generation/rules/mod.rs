//! The composing rules that can be checked on notes, each with its exact definition.

mod drums;
mod form;
mod tune;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::Serialize;

use super::idea::Idea;

/// The outcome of one rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleResult {
    /// Its number in the composing rules.
    pub number: u8,
    /// What it is about.
    pub name: &'static str,
    /// Whether the idea keeps it. A rule about a part the idea does not have is kept.
    pub pass: bool,
    /// What was measured.
    pub measured: String,
    /// What is wanted.
    pub wanted: String,
}

/// Checks every rule that notes alone can decide, in order of number: 1–3, 9–24 (of 1, 2, 23 and 24
/// the parts that are about notes). The others need sound.
pub fn check(idea: &Idea) -> Vec<RuleResult> {
    let mut out = Vec::new();
    drums::check(idea, &mut out);
    tune::check(idea, &mut out);
    form::check(idea, &mut out);
    out.sort_by_key(|result| result.number);
    out
}

fn result(
    number: u8,
    name: &'static str,
    pass: bool,
    measured: String,
    wanted: impl Into<String>,
) -> RuleResult {
    RuleResult { number, name, pass, measured, wanted: wanted.into() }
}

/// Shared over all: |A ∩ B| / |A ∪ B|; two empty sets are equal (1).
pub fn jaccard<T: Ord>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> f64 {
    let all = a.union(b).count();
    if all == 0 {
        return 1.0;
    }
    a.intersection(b).count() as f64 / all as f64
}

fn share(part: usize, all: usize) -> f64 {
    if all == 0 { 1.0 } else { part as f64 / all as f64 }
}

fn percent(value: f64) -> String {
    format!("{:.0} %", value * 100.0)
}

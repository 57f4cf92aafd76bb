//! Groove templates: timing and level a pattern borrows from a machine or a player.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids::GrooveId;
use super::time::Ticks;

/// A groove: for each grid position of a repeating span, how far notes move and how loud they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrooveTemplate {
    /// Stable id.
    pub id: GrooveId,
    /// Name shown to people.
    pub name: String,
    /// Length of the repeating span.
    pub span: Ticks,
    /// Grid position in the span → shift in ticks (positive is later).
    pub timing: BTreeMap<Ticks, i32>,
    /// Grid position in the span → velocity change in percent, −100…100.
    #[serde(default)]
    pub velocity: BTreeMap<Ticks, i32>,
}

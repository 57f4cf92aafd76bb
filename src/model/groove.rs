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

impl GrooveTemplate {
    /// Where a note at `start` lands and how loud it is, with the groove applied by `amount` (0–1.3).
    /// A note takes the shift of the nearest grid position of the span.
    pub fn apply(&self, start: Ticks, velocity: u8, amount: f32) -> (Ticks, u8) {
        let span = self.span.0.max(1);
        let at = start.0.rem_euclid(span);
        let nearest = |map: &BTreeMap<Ticks, i32>| {
            let distance = |t: &Ticks| {
                let d = (t.0 - at).rem_euclid(span);
                d.min(span - d)
            };
            map.iter().min_by_key(|(t, _)| distance(t)).map_or(0, |(_, v)| *v)
        };
        let shift = (nearest(&self.timing) as f32 * amount).round() as i64;
        let louder = 1.0 + nearest(&self.velocity) as f32 / 100.0 * amount;
        let velocity = (f32::from(velocity) * louder).round().clamp(1.0, 127.0) as u8;
        (Ticks(start.0 + shift), velocity)
    }
}

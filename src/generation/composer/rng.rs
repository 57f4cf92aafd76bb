//! Seeded chance: one independent stream per purpose, so that a change in one part leaves the others.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// A stream of chance.
pub struct Chance(Pcg64Mcg);

/// A new seed from a seed and a name (FNV-1a over the name, then SplitMix64's mixer).
pub fn derive(seed: u64, name: &str) -> u64 {
    let named = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mut mixed = seed ^ named;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Chance {
    /// The stream called `name` of a seed.
    pub fn new(seed: u64, name: &str) -> Self {
        Chance(Pcg64Mcg::seed_from_u64(derive(seed, name)))
    }

    /// True with probability `p`, 0–1.
    pub fn yes(&mut self, p: f64) -> bool {
        self.0.random_bool(p.clamp(0.0, 1.0))
    }

    /// A whole number from `low` to `high`, both included; `low` when they are the wrong way round.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        if high <= low { low } else { self.0.random_range(low..=high) }
    }

    /// One of `items`, evenly; none when there are none.
    pub fn one<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let last = items.len().checked_sub(1)?;
        items.get(self.0.random_range(0..=last as u32) as usize)
    }

    /// One of `items` by weight; evenly when all weights are 0.
    pub fn weighted<'a, T>(&mut self, items: &'a [T], weight: impl Fn(&T) -> u32) -> Option<&'a T> {
        let total: u32 = items.iter().map(&weight).sum();
        if total == 0 {
            return self.one(items);
        }
        let mut at = self.0.random_range(0..total);
        for item in items {
            let w = weight(item);
            if at < w {
                return Some(item);
            }
            at -= w;
        }
        None
    }

    /// The items in random order (Fisher and Yates).
    pub fn shuffled<'a, T>(&mut self, items: &'a [T]) -> Vec<&'a T> {
        let mut out: Vec<&T> = items.iter().collect();
        for i in (1..out.len()).rev() {
            out.swap(i, self.0.random_range(0..=i as u32) as usize);
        }
        out
    }
}

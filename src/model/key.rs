//! Key and scale.

use serde::{Deserialize, Serialize};

/// A key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// Pitch class 0–11.
    pub root: u8,
}

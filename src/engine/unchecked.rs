//! The engine's only two `unsafe` lines, each with the reason it is sound.
#![allow(
    unsafe_code,
    reason = "each block states why it is sound; see DESIGN notes in the crate docs"
)]

use kira::info::{Info, MockInfoBuilder};

/// Run `work` with subnormal numbers flushed to zero: on the callback, on its workers and offline
/// alike, so that decaying tails cost the same and give the same bytes everywhere.
pub fn flush_to_zero<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: Rust assumes default floating-point flags when it folds constants. Flushing changes
    // only results that are subnormal, which no code here depends on, and the guard restores the
    // flags before returning.
    unsafe { no_denormals::no_denormals(work) }
}

/// kira's [`Info`] as its sounds want it: no clocks, no modulators.
pub struct QuietInfo(Info<'static>);

impl QuietInfo {
    /// Made off the callback: this allocates.
    pub fn new() -> Self {
        QuietInfo(MockInfoBuilder::new().build())
    }

    /// The info.
    pub fn get(&self) -> &Info<'static> {
        &self.0
    }
}

// SAFETY: `Info` is not `Send` only because one made by kira's own renderer borrows modulators that
// may not be shared. One made by `MockInfoBuilder` owns plain numbers and borrows nothing.
unsafe impl Send for QuietInfo {}

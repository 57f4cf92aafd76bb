//! Containment: what breaks in one sound stays in it, so that it never silences the set.
//!
//! Sounds and effects come from users and strangers too. One that panics, or that makes numbers which
//! are no sound, is caught where it is called, on whatever thread: voices fall silent, an effect is
//! bypassed, the rest of the track and the set play on. A [`Fault`] tells the people.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::block::StereoBlock;

/// Samples from here on are no sound but a filter that blew up: +80 dB. A limiter that meets one would
/// hold the set down for seconds; all below can be summed, amplified and squared without reaching
/// infinity.
pub const LOUDEST: f32 = 1e4;

/// What broke in a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its voices made something that is no sound: they were cut, and are silent until it is over.
    Noise,
    /// Its voices crashed: they are silent until they are exchanged.
    Voices,
    /// The insert at this place crashed or made something that is no sound: it is bypassed until the
    /// rack is exchanged.
    Insert(u8),
    /// Its strip crashed: it is silent until the engine is prepared anew.
    Strip,
}

/// Call `work`; `None` when it panicked. A panic itself uses the heap and the log, whatever thread it
/// is on; nothing else here does.
pub fn contained<R>(work: impl FnOnce() -> R) -> Option<R> {
    // What a panic left half done is never used again: every caller marks it as broken.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // To drop what a stranger threw could panic again; to leak it once is better.
            std::mem::forget(payload);
            None
        }
    }
}

/// Whether a block is sound: numbers below [`LOUDEST`].
pub fn is_sound(audio: &StereoBlock) -> bool {
    // Not a number is not below anything. No early way out: that keeps the loop in vector registers.
    let sound = |side: &[f32]| side.iter().fold(true, |ok, x| ok & (x.abs() < LOUDEST));
    sound(&audio.l) & sound(&audio.r)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_of_a_human_size_are_sound() {
        assert!(is_sound(&StereoBlock { l: [100.0; 64], r: [-100.0; 64] }));
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -2e4] {
            for at in [0, 63, 127] {
                let mut audio = StereoBlock::SILENT;
                let side = if at < 64 { &mut audio.l } else { &mut audio.r };
                side[at % 64] = bad;
                assert!(!is_sound(&audio), "{bad} at {at}");
            }
        }
    }

    #[test]
    fn a_panic_is_contained() {
        assert_eq!(contained(|| 3), Some(3));
        assert_eq!(contained(|| [1, 2][std::hint::black_box(2)]), None);
    }
}

//! What the ears found: measured character of a sound.

use serde::{Deserialize, Serialize};

/// Measured character of a rendered clip or track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudioAnalysis {
    /// Strongest frequency, Hz.
    pub dominant_freq_hz: f32,
    /// Shape over time.
    pub envelope: EnvelopeShape,
    /// Energy-weighted mean frequency, Hz.
    pub spectral_centroid_hz: f32,
    /// Integrated loudness, LUFS.
    pub loudness_lufs: f32,
    /// Peak over RMS, dB.
    pub crest_db: f32,
    /// Onsets per second.
    pub onsets_per_s: f32,
}

/// How a sound's level runs over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnvelopeShape {
    /// A hit that dies away.
    Percussive,
    /// A level that stays.
    Sustained,
    /// A level that grows.
    Swelling,
    /// Many hits.
    Rhythmic,
}

//! The knowledge base: the `.ron` tables of `knowledge_base/`, embedded and read once.

use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::model::intent::{Genre, Role};
use crate::model::key::{PitchClass, Scale};

/// Everything about a genre that is a number or a name; documented in `knowledge_base/genres.ron`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenreRow {
    /// The genre.
    pub genre: Genre,
    /// Whose patterns it is written with.
    pub writes_as: Genre,
    /// Tempo in BPM: lowest, highest, default.
    pub bpm: (f64, f64, f64),
    /// Swing in percent, lowest and highest; 50 is straight.
    pub swing: (f64, f64),
    /// Whether snare or clap on 2 and 4 is a must.
    pub backbeat: bool,
    /// Notes a bar of the tune, fewest and most.
    pub lead_notes: (u32, u32),
    /// Chords per 8 bars, fewest and most.
    pub chords: (u32, u32),
    /// Short-term loudness of the drop, LUFS, quietest and loudest.
    pub lufs: (f64, f64),
    /// Widest range of the tune, semitones.
    pub lead_range: i32,
    /// Scales with weights.
    pub scales: Vec<(Scale, u32)>,
    /// Roots the seed chooses from.
    pub roots: Vec<PitchClass>,
    /// The roles a prompt that names none is about.
    pub headline: Vec<Role>,
    /// What the user is told when the genre is written with another's patterns.
    #[serde(default)]
    pub says: Option<String>,
}

/// The whole knowledge base but the words.
pub struct Knowledge {
    /// One row per genre.
    pub genres: Vec<GenreRow>,
}

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| Knowledge {
    genres: read(
        "genres.ron",
        include_str!("../../knowledge_base/genres.ron"),
    ),
});

/// Reads an embedded table. It ships inside the program and a test reads it, so a mistake in it
/// cannot reach a user.
fn read<T: DeserializeOwned>(name: &str, source: &str) -> T {
    match ron::from_str(source) {
        Ok(table) => table,
        Err(error) => panic!("knowledge_base/{name}: {error}"),
    }
}

impl Knowledge {
    /// The embedded knowledge base.
    pub fn get() -> &'static Knowledge {
        &KNOWLEDGE
    }

    /// The row of `genre`.
    pub fn genre(&self, genre: Genre) -> &GenreRow {
        // A test checks that every genre has its row.
        self.genres
            .iter()
            .find(|row| row.genre == genre)
            .unwrap_or(&self.genres[0])
    }
}

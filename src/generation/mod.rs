//! From words to music: prompt → intent → pattern, all offline, seeded and driven by the knowledge base.

pub mod knowledge;
pub mod lexicon;
pub mod prompt;

pub use prompt::understand;

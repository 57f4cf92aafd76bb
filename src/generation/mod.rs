//! From words to music: prompt → intent → pattern, all offline, seeded and driven by the knowledge base.

pub mod composer;
pub mod idea;
pub mod knowledge;
pub mod lexicon;
pub mod project;
pub mod prompt;
pub mod reshape;
pub mod rules;
pub mod score;
pub mod show;
pub mod steps;

pub use composer::{compose, compose_best_of};
pub use idea::Idea;
pub use prompt::understand;

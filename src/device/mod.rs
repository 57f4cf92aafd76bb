//! Where blocks go live: sound cards, through cpal.

pub mod card;
pub mod port;

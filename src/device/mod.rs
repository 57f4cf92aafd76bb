//! Where blocks go live: the sound card, through cpal.

pub mod card;

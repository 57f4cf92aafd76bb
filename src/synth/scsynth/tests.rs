//! scsynth played by a peer that pretends: handshake, failure, silence, garbage, restart.

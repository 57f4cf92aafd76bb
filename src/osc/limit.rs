//! How often an asker is told that it was refused.

use std::net::SocketAddr;
use std::time::Instant;

/// Refusals that may come at once.
const BURST: f64 = 50.0;
/// Refusals a second after that.
const RATE: f64 = 50.0;
/// Askers that are remembered.
const ASKERS: usize = 32;

/// A limit on refusals for each asker, so that garbage is not answered packet for packet: two
/// programs that do not understand each other would fill the machine.
#[derive(Debug, Default)]
pub(super) struct Limits {
    askers: Vec<Asker>,
}

#[derive(Debug)]
struct Asker {
    from: SocketAddr,
    left: f64,
    at: Instant,
}

impl Limits {
    /// Whether this asker may be told now.
    pub fn allows(&mut self, from: SocketAddr, now: Instant) -> bool {
        let asker = match self.askers.iter().position(|asker| asker.from == from) {
            Some(known) => &mut self.askers[known],
            None => {
                if self.askers.len() >= ASKERS {
                    let oldest = self.askers.iter().enumerate().min_by_key(|(_, asker)| asker.at);
                    let oldest = oldest.map_or(0, |(index, _)| index);
                    self.askers.swap_remove(oldest);
                }
                self.askers.push(Asker { from, left: BURST, at: now });
                let last = self.askers.len() - 1;
                &mut self.askers[last]
            }
        };
        let passed = now.saturating_duration_since(asker.at).as_secs_f64();
        asker.left = (asker.left + passed * RATE).min(BURST);
        asker.at = now;
        let allowed = asker.left >= 1.0;
        asker.left -= f64::from(u8::from(allowed));
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn asker(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn a_burst_is_answered_in_part_and_later_ones_again() {
        let (mut limits, start) = (Limits::default(), Instant::now());
        let told = (0..10_000).filter(|_| limits.allows(asker(1), start)).count();
        assert_eq!(told, 50);
        assert!(limits.allows(asker(2), start));
        let later = start + Duration::from_millis(110);
        let told = (0..10_000).filter(|_| limits.allows(asker(1), later)).count();
        assert_eq!(told, 5);
    }

    #[test]
    fn few_askers_are_remembered() {
        let (mut limits, start) = (Limits::default(), Instant::now());
        for port in 1..1000 {
            assert!(limits.allows(asker(port), start + Duration::from_millis(u64::from(port))));
        }
        assert_eq!(limits.askers.len(), ASKERS);
    }
}

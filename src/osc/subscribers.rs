//! Who hears of the state, how often, and until when.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::bundle::Packer;
use super::forms::Wish;
use super::sent::Sent;
use super::state::State;

/// Subscribers at a time.
pub(super) const MOST: usize = 16;
/// How long a subscription lasts without a word from the subscriber.
pub(super) const LASTS: Duration = Duration::from_secs(60);
/// Packets that one subscriber gets at once. What a receiver has no room for is lost: Linux keeps some
/// ninety packets of this length for a socket. A grid of 64 × 128 slots comes in half a second.
const PACKETS: usize = 16;

/// All subscribers.
#[derive(Debug, Default)]
pub(super) struct Subscribers {
    list: Vec<Subscriber>,
}

#[derive(Debug)]
struct Subscriber {
    from: SocketAddr,
    wish: Wish,
    heard: Instant,
    meters: Instant,
    sent: Sent,
}

impl Subscribers {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Takes in a subscriber, or begins anew with one that is known.
    ///
    /// # Errors
    /// There are as many as there may be.
    pub fn subscribe(&mut self, from: SocketAddr, wish: Wish, now: Instant) -> Result<(), String> {
        self.expire(now);
        self.unsubscribe(from);
        if self.list.len() >= MOST {
            return Err(format!("{MOST} others subscribe already, and no more are taken"));
        }
        let sent = Sent::default();
        self.list.push(Subscriber { from, wish, heard: now, meters: now, sent });
        Ok(())
    }

    /// Takes a subscriber out.
    pub fn unsubscribe(&mut self, from: SocketAddr) {
        self.list.retain(|one| one.from != from);
    }

    /// A sign of life from a subscriber.
    pub fn renew(&mut self, from: SocketAddr, now: Instant) {
        self.expire(now);
        let known = self.list.iter_mut().find(|one| one.from == from);
        known.into_iter().for_each(|one| one.heard = now);
    }

    fn expire(&mut self, now: Instant) {
        self.list.retain(|one| now.saturating_duration_since(one.heard) < LASTS);
    }

    /// Sends to every subscriber what changed for it.
    pub fn publish(
        &mut self,
        state: &State,
        now: Instant,
        send: &mut dyn FnMut(SocketAddr, &[u8]),
    ) {
        self.expire(now);
        for one in &mut self.list {
            let mut to = one.from;
            to.set_port(one.wish.port.unwrap_or(to.port()));
            let due = now >= one.meters;
            if due {
                // On the grid of the rate, so that a picture a little early or late costs none.
                let period = Duration::from_secs(1) / u32::from(one.wish.rate.max(1));
                one.meters = (one.meters + period).max(now);
            }
            let mut send = |bytes: &[u8]| send(to, bytes);
            one.sent.tell(state, &one.wish, due, &mut Packer::new(PACKETS, &mut send));
        }
    }
}

//! Takeover: what happens when a fader is moved that stands elsewhere than its parameter.
//!
//! The three modes are Ableton Live's (reference manual, "Takeover Mode").

use crate::model::control::Takeover;

/// How close the control must come to count as being there: one and a half of 127 steps, so that a
/// slow fader cannot step over the place.
const NEAR: f32 = 1.5 / 127.0;
/// How far the parameter may be from what was sent without having been moved by somebody else.
const SAME: f32 = 1.0 / 1024.0;

/// One control's hold on one parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Grip {
    /// Where the control was.
    hand: Option<f32>,
    /// What was sent last while the control leads the parameter.
    led: Option<f32>,
}

impl Grip {
    /// The control moved to `hand` while its parameter is at `now`, both 0–1. Gives the parameter's
    /// new value, or `None` when it stays. `now` is to be what the parameter really is, but not an
    /// old echo of what this control set.
    pub fn moved(&mut self, takeover: Takeover, hand: f32, now: f32) -> Option<f32> {
        let (hand, now) = (hand.clamp(0.0, 1.0), now.clamp(0.0, 1.0));
        let before = self.hand.replace(hand);
        let leads = takeover == Takeover::Jump
            || self.led.is_some_and(|led| (led - now).abs() <= SAME)
            || (hand - now).abs() <= NEAR
            || before.is_some_and(|before| (before <= now) == (now <= hand));
        let value = match (takeover, before) {
            _ if leads => {
                self.led = Some(hand);
                return Some(hand);
            }
            (Takeover::Scaled, Some(before)) if hand > before => {
                now + (hand - before) * (1.0 - now) / (1.0 - before)
            }
            (Takeover::Scaled, Some(before)) if hand < before => {
                now - (before - hand) * now / before
            }
            _ => return None,
        };
        self.led = None;
        Some(value.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Moves a control along `hands` with the parameter at `now`; where the parameter was each time.
    fn path(takeover: Takeover, grip: &mut Grip, now: &mut f32, hands: &[f32]) -> Vec<Option<f32>> {
        let mut step = |hand: &f32| {
            let value = grip.moved(takeover, *hand, *now);
            *now = value.unwrap_or(*now);
            value
        };
        hands.iter().map(&mut step).collect()
    }

    #[test]
    fn jump_takes_the_value_at_once() {
        let (mut grip, mut now) = (Grip::default(), 0.9);
        let seen = path(Takeover::Jump, &mut grip, &mut now, &[0.1, 0.2]);
        assert_eq!(seen, [Some(0.1), Some(0.2)]);
    }

    #[test]
    fn pick_up_waits_until_the_control_comes_past() {
        let (mut grip, mut now) = (Grip::default(), 0.5);
        let seen = path(Takeover::PickUp, &mut grip, &mut now, &[0.1, 0.3, 0.45, 0.55, 0.2]);
        assert_eq!(seen, [None, None, None, Some(0.55), Some(0.2)]);
        // Moved by somebody else: lost again, until it comes from above.
        now = 0.1;
        let seen = path(Takeover::PickUp, &mut grip, &mut now, &[0.3, 0.2, 0.105, 0.4]);
        assert_eq!(seen, [None, None, Some(0.105), Some(0.4)]);
    }

    #[test]
    fn scaling_converges_and_then_follows() {
        let (mut grip, mut now) = (Grip::default(), 0.6);
        let up = path(Takeover::Scaled, &mut grip, &mut now, &[0.2, 0.4, 0.6]);
        // From 0.2 to 0.4 the hand goes a quarter of its way to the top, and so does the value.
        assert_eq!(up[0], None);
        assert!((up[1].unwrap() - 0.7).abs() < 1e-6);
        assert!((up[2].unwrap() - 0.8).abs() < 1e-6);
        let ends = path(Takeover::Scaled, &mut grip, &mut now, &[1.0, 0.3]);
        assert_eq!(ends, [Some(1.0), Some(0.3)]);
    }

    proptest! {
        #[test]
        fn a_sweep_to_an_end_brings_any_mode_together(
            now in 0f32..=1.0, from in 0u8..128, step in 1usize..20, up in any::<bool>(),
        ) {
            for takeover in [Takeover::Jump, Takeover::PickUp, Takeover::Scaled] {
                let (mut grip, mut now) = (Grip::default(), now);
                let mut way: Vec<u8> =
                    if up { (from..128).step_by(step).collect() } else { (0..=from).rev().step_by(step).collect() };
                way.push(if up { 127 } else { 0 });
                way.push(if up { 0 } else { 127 });
                let hands: Vec<f32> = way.iter().map(|v| f32::from(*v) / 127.0).collect();
                let seen = path(takeover, &mut grip, &mut now, &hands);
                let n = hands.len();
                prop_assert_eq!(now, hands[n - 1], "{:?}", takeover);
                if takeover == Takeover::Scaled {
                    // On the way the value moves the same way as the hand, or joins it nearby.
                    let values: Vec<f32> = seen[..n - 1].iter().flatten().copied().collect();
                    let sorted = values.windows(2).all(|w| if up { w[1] >= w[0] - NEAR } else { w[1] <= w[0] + NEAR });
                    prop_assert!(sorted, "{:?}", values);
                }
            }
        }

        #[test]
        fn values_stay_in_range(moves in proptest::collection::vec((0f32..=1.0, 0f32..=1.0), 0..50)) {
            for takeover in [Takeover::Jump, Takeover::PickUp, Takeover::Scaled] {
                let mut grip = Grip::default();
                for (hand, now) in &moves {
                    let value = grip.moved(takeover, *hand, *now);
                    prop_assert!(value.is_none_or(|v| (0.0..=1.0).contains(&v)));
                }
            }
        }
    }
}

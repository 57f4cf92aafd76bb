//! Automation: a parameter's value over musical time.

use serde::{Deserialize, Serialize};

use super::ids::{BusId, EffectId};
use super::time::Ticks;

/// One parameter's values over a clip or the arrangement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutomationLane {
    /// What moves.
    pub target: AutomationTarget,
    /// Points in order of time.
    pub points: Vec<AutomationPoint>,
}

/// A value at a time; between points the value moves in a straight line unless `hold` is set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutomationPoint {
    /// Position from the clip's start.
    pub at: Ticks,
    /// Value in the parameter's own unit (dB, Hz, −1…1 for pan).
    pub value: f32,
    /// Keep this value until the next point, then jump.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hold: bool,
}

fn is_false(b: &bool) -> bool {
    !*b
}

/// What a lane moves on its own track.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AutomationTarget {
    /// Fader, dB.
    Volume,
    /// Pan, −1 (left) to 1 (right).
    Pan,
    /// Level of a send, dB.
    Send(BusId),
    /// A parameter of the track's instrument, by control name.
    Instrument(String),
    /// A parameter of an insert, by control name.
    Effect(EffectId, String),
}

impl AutomationLane {
    /// Value at `at`: the first point's before it, the last point's after it, `None` without points.
    pub fn value(&self, at: Ticks) -> Option<f32> {
        let i = self.points.partition_point(|p| p.at <= at);
        match (i.checked_sub(1).map(|i| self.points[i]), self.points.get(i)) {
            (Some(a), Some(b)) if !a.hold && b.at > a.at => {
                let x = (at.0 - a.at.0) as f32 / (b.at.0 - a.at.0) as f32;
                Some(a.value + (b.value - a.value) * x)
            }
            (Some(a), _) => Some(a.value),
            (None, Some(b)) => Some(b.value),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_run_in_straight_lines_and_hold_at_the_ends() {
        let p = |at, value, hold| AutomationPoint { at: Ticks(at), value, hold };
        let lane = AutomationLane {
            target: AutomationTarget::Volume,
            points: vec![p(0, 0.0, false), p(100, 10.0, true), p(200, 0.0, false)],
        };
        let at = |t| lane.value(Ticks(t)).unwrap();
        assert_eq!((at(-5), at(50), at(150), at(200), at(900)), (0.0, 5.0, 10.0, 0.0, 0.0));
    }
}

//! Travel of a control to a parameter's value and back.

use super::sound::{Curve, ParamDescriptor};

/// How the travel of a parameter, 0–1, maps to its value in its own unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Evenly from `min` to `max`.
    Linear {
        /// Value at 0.
        min: f32,
        /// Value at 1.
        max: f32,
    },
    /// By equal ratios from `min` to `max`, both above zero.
    Exponential {
        /// Value at 0.
        min: f32,
        /// Value at 1.
        max: f32,
    },
    /// `count` whole numbers from `min`.
    Steps {
        /// Value at 0.
        min: f32,
        /// How many, at least 1.
        count: u16,
    },
    /// A mixer's fader in dB: +6 at the top, 40 dB for the whole length down to −18 dB, and from there
    /// ever faster to silence (−120) at the bottom.
    Fader,
    /// 0 below the middle, 1 from it on.
    Switch,
}

const FADER_TOP: f32 = 6.0;
/// Decibels for a fader's whole length in its upper part.
const FADER_SLOPE: f32 = 40.0;
/// Travel and level where the lower part begins.
const FADER_KNEE: (f32, f32) = (0.4, -18.0);
/// Decibels per decade of travel in the lower part: as steep as the upper part where they meet.
const FADER_DECADE: f32 = FADER_SLOPE * FADER_KNEE.0 * std::f32::consts::LN_10;
const SILENCE: f32 = -120.0;

impl Scale {
    /// The travel of a sound's parameter.
    pub fn of(param: &ParamDescriptor) -> Scale {
        let (min, max) = (param.min, param.max);
        match &param.curve {
            Curve::Exponential if min > 0.0 => Scale::Exponential { min, max },
            Curve::Choice(names) => Scale::Steps { min, count: names.len().max(1) as u16 },
            _ => Scale::Linear { min, max },
        }
    }

    /// The value at `travel`.
    pub fn value(self, travel: f32) -> f32 {
        let travel = travel.clamp(0.0, 1.0);
        match self {
            Scale::Linear { min, max } => min + (max - min) * travel,
            Scale::Exponential { min, max } if min > 0.0 && max > 0.0 => {
                min * (max / min).powf(travel)
            }
            Scale::Exponential { min, max } => min + (max - min) * travel,
            Scale::Steps { min, count } => {
                min + (travel * f32::from(count.saturating_sub(1))).round()
            }
            Scale::Fader if travel >= FADER_KNEE.0 => FADER_TOP - FADER_SLOPE * (1.0 - travel),
            Scale::Fader => {
                (FADER_KNEE.1 + FADER_DECADE * (travel / FADER_KNEE.0).log10()).max(SILENCE)
            }
            Scale::Switch => f32::from(u8::from(travel >= 0.5)),
        }
    }

    /// The travel at `value`, 0–1; 0 where the value is not a number.
    pub fn travel(self, value: f32) -> f32 {
        let share = |part: f32, whole: f32| if whole == 0.0 { 0.0 } else { part / whole };
        let travel = match self {
            Scale::Exponential { min, max } if min > 0.0 && max > 0.0 => {
                share((value / min).ln(), (max / min).ln())
            }
            Scale::Linear { min, max } | Scale::Exponential { min, max } => {
                share(value - min, max - min)
            }
            Scale::Steps { min, count } => share(value - min, f32::from(count.saturating_sub(1))),
            Scale::Fader if value >= FADER_KNEE.1 => 1.0 - (FADER_TOP - value) / FADER_SLOPE,
            Scale::Fader if value > SILENCE => {
                FADER_KNEE.0 * 10f32.powf((value - FADER_KNEE.1) / FADER_DECADE)
            }
            Scale::Fader => 0.0,
            Scale::Switch => f32::from(u8::from(value >= 0.5)),
        };
        if travel.is_nan() { 0.0 } else { travel.clamp(0.0, 1.0) }
    }

    /// How far one step of an encoder goes, in travel: to the next choice where there are few.
    pub fn step(self) -> f32 {
        match self {
            Scale::Switch => 1.0,
            Scale::Steps { count, .. } if count < 128 => {
                1.0 / f32::from(count.saturating_sub(1).max(1))
            }
            _ => 1.0 / 127.0,
        }
    }

    /// Whether values lie apart from each other.
    pub fn is_stepped(self) -> bool {
        matches!(self, Scale::Steps { .. } | Scale::Switch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn travel_and_value_are_inverses() {
        let scales = [
            Scale::Linear { min: -1.0, max: 1.0 },
            Scale::Exponential { min: 20.0, max: 20_000.0 },
            Scale::Steps { min: 2.0, count: 5 },
            Scale::Fader,
            Scale::Switch,
        ];
        for scale in scales {
            let mut last = f32::NEG_INFINITY;
            for n in 0..=1000u16 {
                let value = scale.value(f32::from(n) / 1000.0);
                assert!(value >= last, "{scale:?}");
                let back = scale.value(scale.travel(value));
                assert!(
                    (back - value).abs() <= 1e-3 * value.abs().max(0.1),
                    "{scale:?} {value} {back}"
                );
                last = value;
            }
            assert_eq!(scale.value(scale.travel(scale.value(1.0))), scale.value(1.0), "{scale:?}");
            for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1e30, 1e30] {
                assert!((0.0..=1.0).contains(&scale.travel(odd)), "{scale:?} {odd}");
            }
        }
    }

    #[test]
    fn the_fader_has_known_points() {
        let points = [(1.0, 6.0), (0.85, 0.0), (0.7, -6.0), (0.4, -18.0), (0.0, -120.0)];
        for (travel, level) in points {
            assert!((Scale::Fader.value(travel) - level).abs() < 1e-4, "{travel}");
        }
        assert_eq!(Scale::Fader.travel(f32::NEG_INFINITY), 0.0);
        assert_eq!(Scale::Fader.travel(24.0), 1.0);
    }
}

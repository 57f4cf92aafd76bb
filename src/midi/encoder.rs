//! Controllers that say more than 0 to 127: endless encoders and pairs of 14 bits.

use crate::model::control::Encoding;

impl Encoding {
    /// All of them.
    pub const ALL: [Encoding; 4] =
        [Encoding::SignedBit, Encoding::SignedBit2, Encoding::BinOffset, Encoding::TwosComplement];

    /// The steps that a controller's `value` (0–127) stands for, −64 to 64; up is positive. With
    /// `linear`, each message is one step, however fast an encoder with acceleration is turned.
    pub fn steps(self, value: u8, linear: bool) -> i8 {
        let value = (value & 0x7F) as i8;
        let signed_bit = if value <= 64 { value } else { 64 - value };
        let steps = match self {
            Encoding::SignedBit => signed_bit,
            Encoding::SignedBit2 => -signed_bit,
            Encoding::BinOffset if value == 0 => 0,
            Encoding::BinOffset => value - 64,
            Encoding::TwosComplement if value <= 64 => value,
            Encoding::TwosComplement => value - 127 - 1,
        };
        if linear { steps.signum() } else { steps }
    }

    /// The encoding that an encoder uses when `values` came from turning it slowly to the left, as
    /// Live detects it; `None` when they fit none. Steps of up to 4 count as slow.
    pub fn detect(values: &[u8]) -> Option<Encoding> {
        let slow =
            |value: &u8, encoding: Encoding| (-4..0).contains(&encoding.steps(*value, false));
        Encoding::ALL
            .into_iter()
            .find(|encoding| !values.is_empty() && values.iter().all(|v| slow(v, *encoding)))
    }
}

/// A controller of 14 bits: controller n carries the upper seven, n + 32 the lower (MIDI 1.0,
/// "Control Change", controllers 0–63).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    value: Option<u16>,
    fine: bool,
}

impl Pair {
    /// The upper seven bits came. Until the lower ones follow, the value is the nearest one that
    /// these allow, so that it never swings past where the fader is. A sender that never sends
    /// lower bits reaches both ends all the same.
    pub fn upper(&mut self, bits: u8) -> u16 {
        let upper = u16::from(bits & 0x7F) << 7;
        let value = match self.value {
            Some(last) if self.fine => last.clamp(upper, upper | 0x7F),
            _ => upper | upper >> 7,
        };
        self.value = Some(value);
        value
    }

    /// The lower seven bits came; `None` before the upper ones.
    pub fn lower(&mut self, bits: u8) -> Option<u16> {
        let value = self.value? & !0x7F | u16::from(bits & 0x7F);
        self.fine = true;
        self.value = Some(value);
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_the_table() {
        let table = [
            (Encoding::SignedBit, 1, 1),
            (Encoding::SignedBit, 64, 64),
            (Encoding::SignedBit, 65, -1),
            (Encoding::SignedBit, 127, -63),
            (Encoding::SignedBit2, 65, 1),
            (Encoding::SignedBit2, 127, 63),
            (Encoding::SignedBit2, 1, -1),
            (Encoding::SignedBit2, 64, -64),
            (Encoding::BinOffset, 65, 1),
            (Encoding::BinOffset, 127, 63),
            (Encoding::BinOffset, 63, -1),
            (Encoding::BinOffset, 1, -63),
            (Encoding::BinOffset, 64, 0),
            (Encoding::TwosComplement, 1, 1),
            (Encoding::TwosComplement, 64, 64),
            (Encoding::TwosComplement, 127, -1),
            (Encoding::TwosComplement, 65, -63),
        ];
        for (encoding, value, steps) in table {
            assert_eq!(encoding.steps(value, false), steps, "{encoding:?} {value}");
            assert_eq!(encoding.steps(value, true), steps.signum(), "{encoding:?} {value}");
        }
        for encoding in Encoding::ALL {
            assert_eq!(encoding.steps(0, false), 0);
        }
    }

    #[test]
    fn a_slow_turn_to_the_left_tells_the_encoding() {
        assert_eq!(Encoding::detect(&[65, 65, 66]), Some(Encoding::SignedBit));
        assert_eq!(Encoding::detect(&[1, 2, 1]), Some(Encoding::SignedBit2));
        assert_eq!(Encoding::detect(&[63, 62, 63]), Some(Encoding::BinOffset));
        assert_eq!(Encoding::detect(&[127, 126]), Some(Encoding::TwosComplement));
        assert_eq!(Encoding::detect(&[90, 89, 88]), None);
        assert_eq!(Encoding::detect(&[]), None);
    }

    #[test]
    fn a_pair_is_monotone_and_exact() {
        for step in [1u16, 7, 130, 1000] {
            let mut pair = Pair::default();
            let mut last = 0;
            pair.upper(0);
            pair.lower(0);
            let up = (0..16384).step_by(step.into());
            for (value, rising) in up.clone().map(|v| (v, true)).chain(up.rev().map(|v| (v, false)))
            {
                let coarse = pair.upper((value >> 7) as u8);
                let fine = pair.lower((value & 0x7F) as u8).unwrap();
                assert_eq!(fine, value);
                let between = if rising { last..=value } else { value..=last };
                assert!(between.contains(&coarse), "{last} {coarse} {value}");
                last = value;
            }
        }
    }

    #[test]
    fn half_a_pair_reaches_both_ends() {
        let mut pair = Pair::default();
        assert_eq!(pair.lower(5), None);
        assert_eq!([pair.upper(127), pair.upper(64), pair.upper(0)], [16383, 8256, 0]);
    }
}

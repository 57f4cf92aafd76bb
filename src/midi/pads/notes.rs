//! Which pitch a pad plays in drum and note mode.

/// The lowest note of a drum rack's first bank: C1, as Live counts.
const FIRST_DRUM: i32 = 36;
/// The octave on the bottom left in note mode.
const FIRST_OCTAVE: i32 = 36;

/// Banks of sixteen drums below and above the first.
pub(super) const BANKS: std::ops::RangeInclusive<i8> = -2..=5;
/// Octaves below and above the first.
pub(super) const OCTAVES: std::ops::RangeInclusive<i8> = -3..=5;

/// The drum of a pad; four by four on the bottom left. Rows are counted from the bottom.
pub(super) fn drum(column: u8, row: u8, bank: i8) -> Option<u8> {
    if column >= 4 || row >= 4 {
        return None;
    }
    let pitch = FIRST_DRUM + 16 * i32::from(bank) + 4 * i32::from(row) + i32::from(column);
    u8::try_from(pitch).ok().filter(|pitch| *pitch < 128)
}

/// A scale laid out for pads: each row begins a fourth above the one below.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyboard {
    root: i32,
    steps: [u8; 12],
    count: usize,
    fourth: usize,
}

impl Keyboard {
    /// From a root and a mask of semitones above it; an empty mask is the chromatic scale.
    pub(super) fn new((root, mask): (u8, u16)) -> Self {
        // The root always belongs to its scale.
        let mask = if mask & 0xFFF == 0 { 0xFFF } else { mask | 1 };
        let mut keyboard =
            Keyboard { root: i32::from(root % 12), steps: [0; 12], count: 0, fourth: 1 };
        for step in (0..12).filter(|step| mask >> step & 1 == 1) {
            // The degree nearest to five semitones; in a scale of one note, the octave.
            let nearest = keyboard.steps[keyboard.fourth.min(11)].abs_diff(5);
            if keyboard.count > 0 && (keyboard.count == 1 || u8::abs_diff(step, 5) < nearest) {
                keyboard.fourth = keyboard.count;
            }
            keyboard.steps[keyboard.count] = step;
            keyboard.count += 1;
        }
        keyboard
    }

    /// Pitch of a pad and whether it is a root; `None` above or below MIDI's range. Rows are counted
    /// from the bottom.
    pub(super) fn pitch(&self, column: u8, row: u8, octave: i8) -> Option<(u8, bool)> {
        let degree = usize::from(column) + usize::from(row) * self.fourth;
        let (octaves, step) = (degree / self.count, degree % self.count);
        let above = 12 * (octaves as i32 + i32::from(octave)) + i32::from(self.steps[step]);
        let pitch = u8::try_from(FIRST_OCTAVE + self.root + above).ok()?;
        (pitch < 128).then_some((pitch, step == 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINOR: u16 = 0b0101_1010_1101;

    #[test]
    fn rows_of_a_minor_scale_lie_a_fourth_apart() {
        let keyboard = Keyboard::new((5, MINOR));
        let row = |row| [0, 1, 2, 3, 4, 5, 6, 7].map(|column| keyboard.pitch(column, row, 0));
        let first = [41, 43, 44, 46, 48, 49, 51, 53].map(|pitch| Some((pitch, pitch % 12 == 5)));
        assert_eq!(row(0), first);
        assert_eq!(keyboard.pitch(0, 1, 0), Some((46, false)));
        assert_eq!(keyboard.pitch(4, 1, 0), Some((53, true)));
        assert_eq!(keyboard.pitch(0, 0, 1), Some((53, true)));
        assert_eq!(keyboard.pitch(7, 7, 5), None);
    }

    #[test]
    fn the_fourth_is_the_degree_nearest_to_five_semitones() {
        assert_eq!(Keyboard::new((0, MINOR)).fourth, 3);
        assert_eq!(Keyboard::new((0, 0)).fourth, 5);
        // Pentatonic minor: 0 3 5 7 10.
        assert_eq!(Keyboard::new((0, 0b0100_1010_1001)).fourth, 2);
        assert_eq!(Keyboard::new((0, 1)).pitch(0, 2, 0), Some((60, true)));
        // Root and fifth.
        assert_eq!(Keyboard::new((0, 0b1000_0001)).fourth, 1);
    }

    #[test]
    fn drums_begin_on_the_bottom_left() {
        assert_eq!(drum(0, 0, 0), Some(36));
        assert_eq!(drum(3, 3, 0), Some(51));
        assert_eq!(drum(0, 1, 1), Some(56));
        assert_eq!(drum(4, 0, 0), None);
        assert_eq!(drum(0, 0, -2), Some(4));
        assert_eq!(drum(3, 3, 5), None, "above MIDI's range");
        assert_eq!(drum(3, 2, 5), Some(127));
    }
}

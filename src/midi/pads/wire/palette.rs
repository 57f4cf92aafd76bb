//! The colours that the APC mini mk2 and the APC40 mkII number by velocity.
//!
//! From “RGB LED colors” (*APC mini mk2 Communication Protocol*) and “LED color chart” (*APC40 Mk2
//! Communications Protocol*): entries 0–3 are greys, then come fourteen hues, each light, full, dark and
//! very dark. What follows them has no order and is not needed.

use super::super::Rgb;

/// The first sixty entries.
#[rustfmt::skip]
pub(in super::super) const PALETTE: [Rgb; 60] = [
    Rgb(0, 0, 0), Rgb(30, 30, 30), Rgb(127, 127, 127), Rgb(255, 255, 255),
    Rgb(255, 76, 76), Rgb(255, 0, 0), Rgb(89, 0, 0), Rgb(25, 0, 0),
    Rgb(255, 189, 108), Rgb(255, 84, 0), Rgb(89, 29, 0), Rgb(39, 27, 0),
    Rgb(255, 255, 76), Rgb(255, 255, 0), Rgb(89, 89, 0), Rgb(25, 25, 0),
    Rgb(136, 255, 76), Rgb(84, 255, 0), Rgb(29, 89, 0), Rgb(20, 43, 0),
    Rgb(76, 255, 76), Rgb(0, 255, 0), Rgb(0, 89, 0), Rgb(0, 25, 0),
    Rgb(76, 255, 94), Rgb(0, 255, 25), Rgb(0, 89, 13), Rgb(0, 25, 2),
    Rgb(76, 255, 136), Rgb(0, 255, 85), Rgb(0, 89, 29), Rgb(0, 31, 18),
    Rgb(76, 255, 183), Rgb(0, 255, 153), Rgb(0, 89, 53), Rgb(0, 25, 18),
    Rgb(76, 195, 255), Rgb(0, 169, 255), Rgb(0, 65, 82), Rgb(0, 16, 25),
    Rgb(76, 136, 255), Rgb(0, 85, 255), Rgb(0, 29, 89), Rgb(0, 8, 25),
    Rgb(76, 76, 255), Rgb(0, 0, 255), Rgb(0, 0, 89), Rgb(0, 0, 25),
    Rgb(135, 76, 255), Rgb(84, 0, 255), Rgb(25, 0, 100), Rgb(15, 0, 48),
    Rgb(255, 76, 255), Rgb(255, 0, 255), Rgb(89, 0, 89), Rgb(25, 0, 25),
    Rgb(255, 76, 135), Rgb(255, 0, 84), Rgb(89, 0, 29), Rgb(34, 0, 19),
];

/// The entry nearest to a colour; only black itself is shown as no light.
pub(super) fn nearest(Rgb(red, green, blue): Rgb) -> u8 {
    if (red, green, blue) == (0, 0, 0) {
        return 0;
    }
    let distance = |Rgb(r, g, b): Rgb| {
        let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        square(r, red) + square(g, green) + square(b, blue)
    };
    let others = PALETTE.iter().enumerate().skip(1);
    others.min_by_key(|(_, entry)| distance(**entry)).map_or(0, |(index, _)| index as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_nearest_to_itself() {
        for (index, entry) in PALETTE.iter().enumerate() {
            assert_eq!(usize::from(nearest(*entry)), index);
        }
        assert_ne!(nearest(Rgb(1, 0, 0)), 0, "what glows is seen");
    }
}

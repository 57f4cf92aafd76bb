//! The devices that are known, and how to tell them: by their reply to an identity request or by the
//! name of their port.

/// A device with a driver of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// Novation Launchpad X.
    LaunchpadX,
    /// Novation Launchpad Mini MK3.
    LaunchpadMini,
    /// Novation Launchpad Pro MK3.
    LaunchpadPro,
    /// Akai APC mini, the first.
    ApcMini,
    /// Akai APC mini mk2.
    ApcMiniMk2,
    /// Akai APC40 mkII.
    Apc40Mk2,
}

impl Model {
    /// All of them.
    pub const ALL: [Model; 6] = [
        Model::LaunchpadX,
        Model::LaunchpadMini,
        Model::LaunchpadPro,
        Model::ApcMini,
        Model::ApcMiniMk2,
        Model::Apc40Mk2,
    ];

    /// The universal question that they all answer: who are you?
    pub const IDENTITY_REQUEST: [u8; 6] = [0xF0, 0x7E, 0x7F, 0x06, 0x01, 0xF7];

    /// The device that gave this reply to [`Model::IDENTITY_REQUEST`].
    ///
    /// Novation: manufacturer `00 20 29`, then family `03 01`, `13 01` or `23 01` and member `00 00`
    /// (“Device Inquiry message”; the bootloader answers with member `11` and is not meant). Akai:
    /// manufacturer `47`, then the product's number and `00 19`.
    pub fn of_identity(reply: &[u8]) -> Option<Model> {
        let [0xF0, 0x7E, _, 0x06, 0x02, rest @ .., 0xF7] = reply else {
            return None;
        };
        match rest {
            [0x00, 0x20, 0x29, 0x03, 0x01, 0x00, 0x00, ..] => Some(Model::LaunchpadX),
            [0x00, 0x20, 0x29, 0x13, 0x01, 0x00, 0x00, ..] => Some(Model::LaunchpadMini),
            [0x00, 0x20, 0x29, 0x23, 0x01, 0x00, 0x00, ..] => Some(Model::LaunchpadPro),
            [0x47, 0x28, 0x00, 0x19, ..] => Some(Model::ApcMini),
            [0x47, 0x4F, 0x00, 0x19, ..] => Some(Model::ApcMiniMk2),
            [0x47, 0x29, 0x00, 0x19, ..] => Some(Model::Apc40Mk2),
            _ => None,
        }
    }

    /// The device behind a port of this name, when it is the port to speak to.
    ///
    /// Launchpads have several ports; programmer mode lies on the one called MIDI, not on DAW or DIN.
    /// Where the system only numbers them it is the second of X and Mini and the first of the Pro. The
    /// APC mini mk2 has a port “Notes” that is not meant. Allocates: not for the callback.
    pub fn of_port(name: &str) -> Option<Model> {
        let name = name.to_lowercase();
        let has = |part: &str| name.contains(part);
        if has("daw") || has(" din") {
            return None;
        }
        let second = has("midiin2") || has("midiout2") || has("midi 2");
        let third = has("midiin3") || has("midiout3") || has("midi 3");
        let named = has("midi in") || has("midi out");
        if has("launchpad x") || has("lpx") {
            (second || named).then_some(Model::LaunchpadX)
        } else if has("launchpad mini mk3") || has("lpminimk3") {
            (second || named).then_some(Model::LaunchpadMini)
        } else if has("launchpad pro mk3") || has("lppromk3") {
            (!second && !third).then_some(Model::LaunchpadPro)
        } else if has("apc mini mk2") {
            (!second && !has("notes")).then_some(Model::ApcMiniMk2)
        } else if has("apc mini") {
            Some(Model::ApcMini)
        } else if has("apc40 mkii") || has("apc40 mk2") {
            Some(Model::Apc40Mk2)
        } else {
            None
        }
    }

    /// Its name, as its maker writes it.
    pub fn name(self) -> &'static str {
        match self {
            Model::LaunchpadX => "Launchpad X",
            Model::LaunchpadMini => "Launchpad Mini MK3",
            Model::LaunchpadPro => "Launchpad Pro MK3",
            Model::ApcMini => "APC mini",
            Model::ApcMiniMk2 => "APC mini mk2",
            Model::Apc40Mk2 => "APC40 mkII",
        }
    }

    /// Rows of pads.
    pub fn rows(self) -> u8 {
        if self == Model::Apc40Mk2 { 5 } else { 8 }
    }
}

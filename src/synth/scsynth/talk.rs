//! What is said to scsynth and what it answers: OSC packets.

use rosc::{OscBundle, OscMessage, OscPacket, OscTime, OscType, decoder, encoder};

/// Seconds from the beginning of OSC's time, 1900, to Unix's.
const UNIX_IN_NTP: i64 = 2_208_988_800;
const NS: i64 = 1_000_000_000;

/// What scsynth says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reply {
    /// It lives.
    Status,
    /// It has done everything up to this mark.
    Synced(i32),
    /// This node began to sound.
    Began(i32),
    /// This node is gone.
    Ended(i32),
    /// It could not do this, and why.
    Fail(String),
}

/// Read a packet; `None` for what is no concern of ours or no OSC.
pub(super) fn read(packet: &[u8]) -> Option<Reply> {
    let Ok((_, OscPacket::Message(message))) = decoder::decode_udp(packet) else { return None };
    let number = |i: usize| match message.args.get(i) {
        Some(OscType::Int(n)) => Some(*n),
        _ => None,
    };
    let text = |i: usize| match message.args.get(i) {
        Some(OscType::String(s)) => s.as_str(),
        _ => "",
    };
    Some(match message.addr.as_str() {
        "/status.reply" => Reply::Status,
        "/synced" => Reply::Synced(number(0)?),
        "/n_go" => Reply::Began(number(0)?),
        "/n_end" => Reply::Ended(number(0)?),
        "/fail" => Reply::Fail(format!("{}: {}", text(0), text(1).trim())),
        _ => return None,
    })
}

/// A message.
pub(super) fn message(addr: &str, args: Vec<OscType>) -> OscPacket {
    OscPacket::Message(OscMessage { addr: addr.to_owned(), args })
}

/// Text as an argument.
pub(super) fn text(s: &str) -> OscType {
    OscType::String(s.to_owned())
}

/// What is to happen at a time given in nanoseconds since 1970.
pub(super) fn at(unix_ns: i64, content: Vec<OscPacket>) -> OscPacket {
    let seconds = (unix_ns.div_euclid(NS) + UNIX_IN_NTP) as u32;
    let fractional = ((unix_ns.rem_euclid(NS) as u64) << 32) / NS as u64;
    let timetag = OscTime { seconds, fractional: fractional as u32 };
    OscPacket::Bundle(OscBundle { timetag, content })
}

/// The bytes of a packet; empty if it cannot be written, which no packet of ours is.
pub(super) fn bytes(packet: &OscPacket) -> Vec<u8> {
    encoder::encode(packet).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_read_and_garbage_is_not() {
        let read = |addr: &str, args| super::read(&bytes(&message(addr, args)));
        assert_eq!(read("/synced", vec![OscType::Int(7)]), Some(Reply::Synced(7)));
        assert_eq!(read("/n_end", vec![OscType::Int(7), OscType::Int(1)]), Some(Reply::Ended(7)));
        assert_eq!(
            read("/fail", vec![text("/s_new"), text("SynthDef not found\n")]),
            Some(Reply::Fail("/s_new: SynthDef not found".to_owned()))
        );
        assert_eq!(read("/n_go", vec![text("x")]), None);
        assert_eq!(read("/done", vec![text("/notify")]), None);
        let status = bytes(&message("/status.reply", vec![]));
        for length in 0..status.len() {
            assert_eq!(super::read(&status[..length]), None);
        }
        for seed in 0..2000u32 {
            let noise: Vec<u8> = (0..seed % 97)
                .map(|i| (seed.wrapping_mul(2_654_435_761).wrapping_add(i * 40_503) >> 13) as u8)
                .collect();
            assert_eq!(super::read(&noise), None);
        }
    }

    #[test]
    fn times_are_those_of_ntp() {
        // Half a second past 2024-01-01 00:00 UTC.
        let OscPacket::Bundle(bundle) = at(1_704_067_200 * NS + NS / 2, vec![]) else { panic!() };
        assert_eq!(bundle.timetag, OscTime { seconds: 3_913_056_000, fractional: 1 << 31 });
    }
}

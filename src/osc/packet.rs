//! The messages of a packet, each read by itself, with limits that keep a reader's stack and memory.

use rosc::{OscMessage, OscPacket, decoder};

/// Bytes of the longest packet that is to be read; a longer one is refused before.
pub(super) const LONGEST: usize = 16 * 1024;
/// How deep bundles may lie in bundles, and arrays in arrays. The decoder goes one call deeper for
/// each, so a packet full of them would end the program.
const DEEPEST: usize = 8;
/// How a bundle begins, before its time tag of 8 bytes.
const BUNDLE: &[u8] = b"#bundle\0";

/// All messages of a packet in order, bundles opened; an error stands where one cannot be read.
pub(super) fn messages(packet: &[u8]) -> Vec<Result<OscMessage, String>> {
    let mut messages = Vec::new();
    open(packet, 0, &mut messages);
    messages
}

fn open(packet: &[u8], depth: usize, messages: &mut Vec<Result<OscMessage, String>>) {
    let Some(inside) = packet.strip_prefix(BUNDLE) else {
        messages.push(message(packet));
        return;
    };
    if depth == DEEPEST {
        messages.push(Err(format!("bundles lie more than {DEEPEST} deep in each other")));
        return;
    }
    let Some((_, mut rest)) = inside.split_at_checked(8) else {
        messages.push(Err("the bundle ends in its time tag".to_owned()));
        return;
    };
    while let Some((size, after)) = rest.split_first_chunk::<4>() {
        let Some((element, after)) = after.split_at_checked(u32::from_be_bytes(*size) as usize)
        else {
            messages.push(Err("the bundle ends before its last message does".to_owned()));
            return;
        };
        open(element, depth + 1, messages);
        rest = after;
    }
    if !rest.is_empty() {
        messages.push(Err("the bundle ends in the size of a message".to_owned()));
    }
}

fn message(packet: &[u8]) -> Result<OscMessage, String> {
    if !packet.starts_with(b"/") {
        return Err("this is no OSC message: an address begins with /".to_owned());
    }
    let (address, rest) = text(packet).ok_or("the message ends in its address")?;
    if rest.is_empty() {
        // Old senders leave the types away where there are no arguments.
        let addr = String::from_utf8(address.to_vec()).map_err(|_| "the address is no text")?;
        return Ok(OscMessage { addr, args: Vec::new() });
    }
    let (types, _) = text(rest).ok_or("the message ends in its types")?;
    if !types.starts_with(b",") {
        return Err("the types of the arguments are missing".to_owned());
    }
    let mut depth = 0usize;
    for tag in types {
        match tag {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(format!("arrays lie more than {DEEPEST} deep in each other"));
        }
    }
    if depth > 0 {
        return Err("an array has no end".to_owned());
    }
    let mut bytes = packet.to_vec();
    // A symbol is a string by another name, which the decoder does not know.
    let begin = packet.len() - rest.len();
    bytes.iter_mut().skip(begin).take(types.len()).filter(|b| **b == b'S').for_each(|b| *b = b's');
    match decoder::decode_udp(&bytes) {
        Ok(([], OscPacket::Message(message))) => Ok(message),
        Ok(_) => Err("bytes follow the last argument".to_owned()),
        Err(error) => Err(format!("the message cannot be read: {error}")),
    }
}

/// The bytes before the first zero, and what follows its padding to four bytes.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|b| *b == 0)?;
    let next = bytes.get((end / 4 + 1) * 4..)?;
    Some((&bytes[..end], next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rosc::{OscArray, OscBundle, OscType, encoder};

    fn bytes(packet: &OscPacket) -> Vec<u8> {
        encoder::encode(packet).unwrap()
    }

    fn ping() -> OscPacket {
        OscPacket::Message(OscMessage::from("/ping"))
    }

    fn bundle(content: Vec<OscPacket>) -> OscPacket {
        OscPacket::Bundle(OscBundle { timetag: (7, 7).into(), content })
    }

    #[test]
    fn every_type_is_read() {
        let args = vec![
            OscType::Int(-3),
            OscType::Long(1 << 40),
            OscType::Float(0.5),
            OscType::Double(-0.25),
            OscType::String("Big Hoover".to_owned()),
            OscType::Char('x'),
            OscType::Bool(true),
            OscType::Bool(false),
            OscType::Nil,
            OscType::Inf,
            OscType::Blob(vec![1, 2, 3]),
            OscType::Time((1, 2).into()),
            OscType::Array(OscArray { content: vec![OscType::Int(1), OscType::Nil] }),
        ];
        let message = OscMessage { addr: "/x".to_owned(), args };
        let packet = bytes(&OscPacket::Message(message.clone()));
        assert_eq!(messages(&packet), [Ok(message)]);
    }

    #[test]
    fn symbols_and_missing_types_are_read() {
        let text = vec![OscType::String("Kick".to_owned())];
        let symbol = messages(b"/mute\0\0\0,S\0\0Kick\0\0\0\0");
        assert_eq!(symbol, [Ok(OscMessage { addr: "/mute".to_owned(), args: text })]);
        assert_eq!(messages(b"/play\0\0\0"), [Ok(OscMessage::from("/play"))]);
    }

    #[test]
    fn a_bad_message_leaves_the_others_of_its_bundle() {
        let packet = bundle(vec![ping(), bundle(vec![ping()]), ping()]);
        let mut packet = bytes(&packet);
        assert_eq!(messages(&packet).len(), 3);
        // The address of the first.
        packet[20] = b'x';
        let read = messages(&packet);
        assert!(read[0].is_err() && read[1].is_ok() && read[2].is_ok(), "{read:?}");
    }

    #[test]
    fn depth_is_limited_before_the_decoder_goes_down() {
        let mut packet = ping();
        for _ in 0..DEEPEST {
            packet = bundle(vec![packet]);
        }
        assert!(messages(&bytes(&packet))[0].is_ok());
        assert!(messages(&bytes(&bundle(vec![packet])))[0].is_err());
        // Eight hundred bundles and eight thousand arrays, as deep as a packet can hold them.
        let mut deep = Vec::new();
        while deep.len() + 40 < LONGEST {
            deep.extend(BUNDLE);
            deep.extend([0; 8]);
            deep.extend(u32::try_from(LONGEST - deep.len() - 4).unwrap().to_be_bytes());
        }
        deep.resize(LONGEST, 0);
        assert!(messages(&deep)[0].as_ref().is_err_and(|e| e.contains("deep")));
        let mut arrays = b"/x\0\0,".to_vec();
        arrays.extend([b'['; 8000]);
        arrays.extend([b']'; 8000]);
        arrays.extend([0; 3]);
        assert!(messages(&arrays)[0].as_ref().is_err_and(|e| e.contains("deep")));
    }

    #[test]
    fn what_is_cut_off_is_an_error() {
        let args = vec![OscType::String("Kick".to_owned()), OscType::Blob(vec![1; 5])];
        let message = OscPacket::Message(OscMessage { addr: "/mute".to_owned(), args });
        for whole in [bytes(&message), bytes(&bundle(vec![ping(), message]))] {
            // Up to the size of the first message a bundle is an empty one.
            let least = if whole.starts_with(BUNDLE) { 17 } else { 0 };
            for end in least..whole.len() {
                let read = messages(&whole[..end]);
                // A bundle that is cut between two messages is a shorter one.
                let short = end == 32 && read.len() == 1;
                assert!(short || read.iter().any(Result::is_err) || end == 8, "{end}: {read:?}");
            }
        }
        assert!(messages(b"")[0].is_err());
        assert!(messages(b"/a\0\0,]\0\0")[0].is_err());
        assert!(messages(b"/a\0\0,[\0\0")[0].is_err());
        assert!(messages(b"/a\0\0,i\0\0\0\0\0\x01rest")[0].is_err());
        assert!(messages(b"/a\0\0,s\0\0\xff\xfe\0\0")[0].is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(
            begin in prop::sample::select(vec![&b""[..], b"/", b"#bundle\0\0\0\0\0\0\0\0\x01", b"/a\0\0,"]),
            bytes in prop::collection::vec(any::<u8>(), 0..400),
        ) {
            let packet: Vec<u8> = begin.iter().copied().chain(bytes).collect();
            let read = messages(&packet);
            prop_assert!(read.iter().all(|one| one.as_ref().map_or_else(|e| !e.is_empty(), |_| true)));
        }
    }
}

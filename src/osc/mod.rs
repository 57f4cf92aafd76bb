//! Control by OSC from this machine: TouchOSC, Open Stage Control, or any program that sends packets.
//!
//! The socket is bound to 127.0.0.1 and cannot be bound to anything else: OSC knows no password, and
//! whoever reaches the port plays the set. A tablet comes in through a tunnel that ends on this machine.
//!
//! # What can be sent
//!
//! Track, scene and bus are a number from 1, a name or the beginning of one, or `#` and an id; a strip
//! is a track, `master`, or `bus` and a bus. A name that is a number, or one of these words, stands in
//! double quotes within the string. Numbers may be of any type, and floats that are whole are whole
//! numbers. What stands here behind the address may be its last parts instead, or some of it:
//! `/launch 1 3` is `/launch/1/3`.
//!
//! | address | does |
//! |---|---|
//! | `/action "text" …` | each string is a line of the vocabulary ([`crate::model::action`]) |
//! | `/launch track scene` | launch a clip; with a button that is let go, release it |
//! | `/release track scene` | let go of it: ends gates and repeats |
//! | `/fill track scene` | launch it so that it ends with what plays |
//! | `/scene scene` | launch a scene |
//! | `/stop` | stop the transport |
//! | `/stop/track track`, `/stop/all` | stop a track's clip, every clip |
//! | `/cancel`, `/cancel/track track` | forget what waits to be launched or stopped |
//! | `/play`, `/continue` | start the transport, where it stopped |
//! | `/bpm tempo`, `/tap` | set the tempo, 20–999 BPM; tap it |
//! | `/nudge percent` | run faster or slower, -50 to 50, until it is 0; as a button while it is held |
//! | `/locate place` | go to `"5.1.1"` or to a bar |
//! | `/volume strip dB` | set a fader, -120 to 24 dB or minus infinity |
//! | `/pan strip pan` | -1 left to 1 right |
//! | `/mute strip [0 or 1]`, `/solo strip [0 or 1]` | the other way where nothing is said |
//! | `/send strip bus dB`, `/send strip bus off` | set a send, take it away |
//! | `/arm track [0 or 1]` | let a track play what comes in |
//! | `/record track scene ["4bars"]`, `/record/end track` | record into a slot; end it |
//! | `/note track pitch [velocity]` | 0–127 or `"F3"`; velocity 0 ends the note |
//! | `/touch strip effect value`, `/touch strip off` | a performance effect: `mute`, `kickkill`, `tape` 0 or 1, `filter` -1 to 1, `repeat` 0–4 or `"1/16"`, `stutter` 0–2 or `"1/32"` |
//! | `/metronome [0 or 1]` | the other way where nothing is said |
//! | `/undo`, `/redo`, `/save`, `/panic` | as the actions of these names |
//! | `/subscribe [part …] [rate] [port]` | hear of the state, see below |
//! | `/unsubscribe` | hear of it no longer |
//! | `/ping` | answered by `/pong version` |
//!
//! **Buttons.** A number after all of that is a button: above 0 it goes down, at 0 it is let go. Letting
//! go does nothing, but for `/launch`, which becomes a release, for `/nudge`, which ends, and for
//! `/touch` with its value in the address (`/touch/master/repeat/3`), which goes off. A note with its
//! pitch in the address (`/note/2/60`) is a key: values up to 1 are a share of full velocity.
//!
//! **Bundles** may lie in bundles, eight deep. Their time tags are not looked at: everything happens
//! when it arrives, and what is launched waits for the launch grid, which is more exact than a sender's
//! clock.
//!
//! # What comes back
//!
//! Answers go to the address that asked and to no other: `/reply line text` for what was done and
//! `/error line text` for what was not, with the line of the vocabulary that the message made, or the
//! message's address where it made none. What does not fit into the queue is refused as busy; an asker
//! hears of fifty refusals at once and fifty a second.
//!
//! After `/subscribe` the whole state comes, and from then on what changes, in bundles of at most 1400
//! bytes. Parts are `all` (also where none is named), `transport`, `tracks`, `slots`, `meters` and
//! `messages`; the rate is that of the meters, 2–60 Hz, 30 where none is named. With a port, the state
//! goes to that port of the asker's machine: for programs that do not listen where they send from. A
//! subscription ends after 60 s without `/subscribe` (which begins anew with the whole state) or
//! `/ping`; there are at most 16. What is gone (a deleted track) is sent as empty.
//!
//! | address | part | arguments |
//! |---|---|---|
//! | `/state/bpm` | transport | tempo, float |
//! | `/state/playing`, `/state/metronome` | transport | 0 or 1 |
//! | `/state/position` | transport | `"bar.beat.sixteenth"` |
//! | `/state/beat` | transport | beat of the bar, from 1 |
//! | `/state/tracks` | tracks | how many there are |
//! | `/state/track/N/name` | tracks | string |
//! | `/state/track/N/state` | tracks | what its slot that plays or waits does; `stopped` where none does |
//! | `/state/track/N/scene` | tracks | number of that slot, 0 for none |
//! | `/state/track/N/mute`, `…/solo`, `…/arm` | tracks | 0 or 1 |
//! | `/state/track/N/volume`, `…/pan` | tracks | dB, at least -120; -1 to 1 |
//! | `/state/master/volume` | tracks | dB |
//! | `/state/scenes` | slots | how many there are |
//! | `/state/scene/S/name` | slots | string |
//! | `/state/slot/T/S` | slots | `empty`, `stopped`, `play-queued`, `playing`, `stop-queued`, `record-queued` or `recording` |
//! | `/state/meter/N`, `/state/return/N/meter`, `/state/master/meter` | meters | peaks left and right in dB, at least -120 |
//! | `/state/meter/N/hold`, `/state/return/N/meter/hold`, `/state/master/meter/hold` | meters | the peaks held: those of the last 1.5 s, falling then |
//! | `/state/meter/N/over`, `/state/return/N/meter/over`, `/state/master/meter/over` | meters | 1 once it went over 0 dB, until the next start or `meters reset` |
//! | `/state/meter/N/reduction/I`, `/state/return/N/meter/reduction/I`, `/state/master/meter/reduction/I` | meters | by how many dB the insert at place I, from 1, turns down now, and the most of the last 1.5 s; only those that can |
//! | `/state/device` | messages | the sound device |
//! | `/state/notice` | messages | what the program last told its user |
//!
//! # Example: TouchOSC
//!
//! On the same machine: connection OSC 1, UDP, host 127.0.0.1, send port as in the settings, receive
//! port 9000. A button with the OSC message `/launch/1/3` and argument `x` launches and releases; a fader
//! with `/volume/1` wants its argument scaled to -60…6. A button `/subscribe` with the arguments
//! `all` (string), 20 and 9000 (integers) fills labels that receive `/state/track/1/name`.
//!
//! # Example: Open Stage Control
//!
//! Start it with `--send 127.0.0.1:PORT --osc-port 9001`. It listens where it sends from, so that
//! `/subscribe` needs no port. A fader: `address` `/volume`, `preArgs` `1`, `range` -60 to 6. A button:
//! `address` `/launch`, `preArgs` `[1, 3]`, `on` 1, `off` 0.

mod bundle;
mod forms;
mod limit;
mod packet;
mod sent;
mod server;
mod state;
mod subscribers;
#[cfg(test)]
mod tests;
mod threads;
mod words;

pub use server::{Ask, OscError, Reply, Server};
pub use state::{Meter, Reduction, State, Track};

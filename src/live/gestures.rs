//! What a player does, by stable ids → what the callback is told, by node and row.

use crate::engine::clock::Pos;
use crate::engine::plan::Target;
use crate::engine::prepare::Layout;
use crate::engine::protocol::Gesture;
use crate::model::ids::{SceneId, StripId, TrackId};
use crate::model::performance::Performance;

/// The node of a strip; `None` for one that is not there.
pub fn node(layout: &Layout, strip: StripId) -> Option<u16> {
    let index = match strip {
        StripId::Track(id) => *layout.tracks.get(&id)?,
        StripId::Bus(id) => *layout.buses.get(&id)?,
        StripId::Master => layout.master(),
    };
    u16::try_from(index).ok()
}

/// The strip of a node; `None` for the cue.
pub fn strip(layout: &Layout, node: u16) -> Option<StripId> {
    let index = usize::from(node);
    if index == layout.master() {
        return Some(StripId::Master);
    }
    let track = layout.tracks.iter().find(|(_, n)| **n == index).map(|(id, _)| *id);
    let bus = || layout.buses.iter().find(|(_, n)| **n == index).map(|(id, _)| *id);
    track.map(StripId::Track).or_else(|| bus().map(StripId::Bus))
}

/// The gesture that does it; `None` when it names what is not there any more.
pub fn gesture(layout: &Layout, what: Performance) -> Option<Gesture> {
    let track = |id: TrackId| layout.tracks.get(&id).and_then(|n| u16::try_from(*n).ok());
    let row = |id: SceneId| layout.row(id);
    let all = |id: Option<TrackId>| id.map_or(Some(u16::MAX), track);
    Some(match what {
        Performance::Launch(t, s, velocity) => {
            Gesture::Launch { node: track(t)?, row: row(s)?, velocity }
        }
        Performance::Release(t, s) => Gesture::Release { node: track(t)?, row: row(s)? },
        Performance::Fill(t, s) => Gesture::Fill { node: track(t)?, row: row(s)?, velocity: 127 },
        Performance::LaunchScene(s) => Gesture::LaunchScene(row(s)?),
        Performance::StopTrack(t) => Gesture::StopTrack(track(t)?),
        Performance::StopAll => Gesture::StopAll,
        Performance::Cancel(t) => Gesture::Cancel(all(t)?),
        Performance::BackToArrangement(t) => Gesture::BackToArrangement(all(t)?),
        Performance::Play => Gesture::Start,
        Performance::Continue => Gesture::Continue,
        Performance::Stop => Gesture::Stop,
        Performance::Locate(at) => Gesture::Locate(Pos::from(at)),
        Performance::CountIn(bars) => Gesture::CountIn(bars),
        Performance::Tempo(bpm) => Gesture::Tempo(bpm),
        Performance::Glide(bpm, beats) => Gesture::Glide(bpm, beats),
        Performance::Nudge(by) => Gesture::Nudge(by),
        Performance::Metronome(on) => Gesture::Metronome(on),
        Performance::Record(t, s, length) => {
            let length = length.map_or(Pos::ZERO, Pos::from);
            Gesture::Record { node: track(t)?, row: row(s)?, length }
        }
        Performance::RecordEnd(t) => Gesture::RecordEnd(track(t)?),
        Performance::NoteOn(t, pitch, velocity) => {
            Gesture::NoteOn { node: track(t)?, pitch, velocity }
        }
        Performance::NoteOff(t, pitch) => Gesture::NoteOff { node: track(t)?, pitch },
        Performance::Touch(s, touch, value) => {
            Gesture::Set { node: node(layout, s)?, target: Target::Touch(touch), value }
        }
        Performance::Listen(s, on) => {
            let value = f32::from(u8::from(on));
            Gesture::Set { node: node(layout, s)?, target: Target::Cue, value }
        }
    })
}

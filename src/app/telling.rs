//! The state of a set, for those who watch it over OSC.

use std::sync::Arc;

use super::player::Player;
use crate::engine::meter::Meter as Reading;
use crate::model::action::Position;
use crate::model::launch::ClipState;
use crate::model::scene::Scene;
use crate::osc::{Meter, Reduction, State, Track};
use crate::session::document::{Name, Order, StripId, part, strip};

fn meter(meters: &[Arc<Reading>], node: usize) -> Meter {
    let db = |x: f32| if x > 1e-6 { 20.0 * x.log10() } else { -120.0 };
    let read = meters.get(node).map(|m| m.read()).unwrap_or_default();
    let [left, right] = read.peak.map(db);
    let taken = meters.get(node).into_iter().flat_map(|m| m.reductions());
    let reductions = taken.map(|(insert, r)| Reduction { insert, now: r.now, hold: r.hold });
    let reductions = reductions.collect();
    Meter { left, right, hold: read.hold.map(db), over: read.is_over(), reductions }
}

/// The set as it is now; `None` before the engine has told anything.
pub fn state(player: &Player, device: &Arc<str>, notice: &Arc<str>) -> Option<State> {
    let view = player.view()?;
    let head = view.snapshot.playhead();
    let (bar, beat, sixteenth) = head.bars();
    let count = |n: i64| u32::try_from(n.max(1)).unwrap_or(1);
    let order = player.world.get_resource::<Order>()?;
    let scenes: Vec<&Scene> =
        order.scenes.iter().filter_map(|id| part::<Scene>(&player.world, *id).ok()).collect();
    let track = |(node, id): (usize, &crate::model::ids::TrackId)| {
        let state = view.snapshot.track(node);
        let settings = strip(&player.world, StripId::Track(*id)).ok();
        let slot = |(row, scene): (usize, &&Scene)| -> ClipState {
            let filled = scene.slots.get(id).is_some_and(|slot| slot.clip.is_some());
            state.slot(u16::try_from(row).unwrap_or(u16::MAX), filled)
        };
        Track {
            name: part::<Name>(&player.world, *id).map(|n| n.0.as_str().into()).unwrap_or_default(),
            mute: settings.is_some_and(|s| s.mute),
            solo: settings.is_some_and(|s| s.solo),
            arm: player.armed.contains(id),
            volume: settings.map_or(0.0, |s| s.volume.0),
            pan: settings.map_or(0.0, |s| s.pan),
            meter: meter(&view.meters, node),
            slots: scenes.iter().enumerate().map(slot).collect(),
        }
    };
    let master = view.meters.len().saturating_sub(1);
    Some(State {
        bpm: head.bpm.get(),
        playing: head.playing,
        metronome: player.metronome,
        position: Position {
            bar: count(bar),
            beat: count(beat),
            sixteenth: count(sixteenth),
            tick: 0,
        },
        scenes: scenes.iter().map(|s| s.name.as_str().into()).collect(),
        tracks: order.tracks.iter().enumerate().map(track).collect(),
        returns: (order.tracks.len()..)
            .take(order.buses.len())
            .map(|n| meter(&view.meters, n))
            .collect(),
        master: meter(&view.meters, master),
        master_volume: strip(&player.world, StripId::Master).map_or(0.0, |s| s.volume.0),
        device: Arc::clone(device),
        notice: Arc::clone(notice),
    })
}

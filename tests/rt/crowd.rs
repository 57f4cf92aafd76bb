//! The renderer alone: a crowded stage under random hands and edits.

use std::sync::Arc;

use hardcore::engine::prepare::{Options, prepare};
use hardcore::engine::protocol::{Command, Gesture, Timed, When};
use hardcore::engine::renderer::{HostTime, Outputs};
use hardcore::model::ids::TrackId;
use hardcore::synth::embedded::EmbeddedFactory;
use hardcore::synth::library::Library;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::guard::{Used, alone, bound, soak, wait_for_helpers};
use crate::stage;

const TRACKS: u32 = 40;
const RATE: u32 = 48_000;

#[test]
fn rendering_never_uses_the_heap() {
    let _alone = alone();
    let seconds = if soak() { 300 } else { 10 };
    let factory = EmbeddedFactory::new(Arc::new(Library::built_in()));
    let (samples, mut project) = (stage::samples(), stage::stage(TRACKS, 7));
    let options = Options { rate: RATE, threads: 2, sources: 1 };
    let (mut engine, mut renderer, mut sources) =
        prepare(&project, &factory, &samples, &options).expect("a playable project");
    wait_for_helpers(options.threads);
    let mut rng = Pcg64Mcg::seed_from_u64(99);
    let mut out = Outputs::SILENT;
    let (mut all, mut launches, mut swaps, mut peak) = (Used::default(), 0u64, 0u64, 0.0f32);
    let send = |gesture, at| Timed { when: When::from(at), command: Command::Play(gesture) };
    let blocks = seconds * u64::from(RATE) / 64;
    for block in 0..blocks {
        if block % 16 == 0 {
            engine.maintain();
            while engine.next_event().is_some() {}
            while let Some(entry) = engine.next_journal() {
                launches += u64::from(matches!(entry.gesture(), Some(Gesture::Launch { .. })));
            }
        }
        while rng.random_range(0..8) == 0 {
            let at = rng.random_bool(0.5).then(|| renderer.frame() + rng.random_range(0..6400));
            // A full ring refuses: so be it.
            let _ = sources[0].push(send(stage::gesture(&mut rng, TRACKS as u16), at));
        }
        if block % 750 == 0 {
            let fresh = stage::stage(TRACKS, block);
            let index = rng.random_range(2..TRACKS as usize);
            let track = &mut project.tracks[index];
            track.clips.clone_from(&fresh.tracks[index].clips);
            track.mixer.inserts.rotate_left(1);
            let node = if rng.random_bool(0.2) { TRACKS as usize } else { index };
            let id = TrackId(index as u32 + 1);
            let clips = engine.clips_swap(&project, id, &factory, &samples);
            let rack = engine.rack_swap(&project, node, &factory);
            for swap in [clips.expect("a playable edit"), rack.expect("a playable rack")] {
                engine.send_swap(None, swap.expect("a node")).expect("room");
                swaps += 1;
            }
        }
        let ((), used) = bound(|| renderer.render(&[], &mut out, HostTime::default()));
        all.add(used);
        peak = out.master.l.iter().fold(peak, |p, x| p.max(x.abs()));
        assert!(peak.is_finite(), "block {block}");
    }
    println!(
        "{seconds} s rendered, {launches} launches, {swaps} swaps, peak {peak}, {} missed, {} lost; {all:?}",
        renderer.missed(),
        renderer.lost
    );
    assert!(launches > seconds * 5 && peak > 0.1, "it was played");
    all.assert_none("rendering");
}

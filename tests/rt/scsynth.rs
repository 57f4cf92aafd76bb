//! scsynth's half of the callback while there is no scsynth: what is told and waits, what comes in, and the
//! embedded voices that play instead.

use std::sync::Arc;

use hardcore::device::RATE;
use hardcore::device::monitor::host_now_ns;
use hardcore::engine::sound::SoundFactory;
use hardcore::synth::library::Library;
use hardcore::synth::scsynth::{Config, Server};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::callback::Device;
use crate::desk::EngineThread;
use crate::fingers::Places;
use crate::guard::{alone, soak};
use crate::stage;

#[test]
fn the_way_to_an_scsynth_that_never_comes_never_uses_the_heap_or_waits() {
    let _alone = alone();
    let seconds = if soak() { 60 } else { 1 };
    let folder = tempfile::tempdir().expect("a folder");
    let mut rng = Pcg64Mcg::seed_from_u64(21);
    // Fewer than the stage has: the others find no way to it.
    let none = folder.path().join("scsynth");
    let config = Config { tracks: 4, program: none, ..Config::new(RATE, host_now_ns) };
    let mut server = Server::start(&config, Arc::new(Library::built_in())).expect("a thread");
    let factory: Arc<dyn SoundFactory> = Arc::new(server.factory());
    let places = Arc::new(Places::default());
    let typing = Pcg64Mcg::seed_from_u64(rng.random());
    let (mut engine, mut performer) = EngineThread::open(
        stage::stage(8, 21),
        factory,
        folder.path(),
        typing,
        Arc::clone(&places),
    );
    performer.take_returns(server.returns());
    let mut device = Device::new(performer, 2, server.inputs(), Pcg64Mcg::seed_from_u64(4), places);
    let mut said = Vec::new();
    while device.frames < seconds * u64::from(RATE) {
        device.period();
        if rng.random_bool(0.5) {
            engine.round();
        }
        said.extend(server.tick(str::to_owned, |_, _| Ok(())));
    }
    println!("no scsynth: {}", device.says());
    println!(
        "SKIPPED in part: a callback that plays with an scsynth that is there needs a process, JACK and real \
         time; here it said {:?}",
        said.first().map(ToString::to_string)
    );
    device.all.assert_none("without scsynth");
    assert!(!server.is_usable() && device.peak > 0.01, "it was played by the embedded voices");
    engine.close();
}

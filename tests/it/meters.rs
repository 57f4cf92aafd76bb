//! Meters, measured: what inserts take away beside what is heard, held peaks, and what went over.

use hardcore::engine::meter::{HOLD_SECONDS, Reduction};
use hardcore::engine::offline::Offline;
use hardcore::engine::plan::Target;
use hardcore::engine::protocol::Gesture;
use hardcore::model::mixer::{Db, Effect};
use hardcore::model::project::Project;

use crate::mixer::{add_tone, effect, listen, peak, start};
use crate::support::{blank, factory, swap_rack};

const RATE: f32 = 48_000.0;
/// Blocks of a second.
const SECOND: usize = 750;
/// Level of the tone's peaks in dB.
const TONE_DB: f32 = -6.0206;

/// A track with the tone through these.
fn through(inserts: Vec<Effect>) -> Project {
    let mut p = blank();
    add_tone(&mut p);
    p.tracks[0].mixer.inserts = inserts;
    p
}

fn reduction(run: &Offline, insert: usize) -> Reduction {
    run.engine.meters[0].reduction(insert).expect("an insert that turns down")
}

fn db(x: f32) -> f32 {
    20.0 * x.log10()
}

fn near(what: &str, got: f32, wanted: f32) {
    assert!((got - wanted).abs() < 0.1, "{what}: {got} dB instead of {wanted} dB");
}

#[test]
fn a_limiter_tells_what_it_takes_away() {
    let (gain, ceiling) = (12.0, -1.0);
    let limiter = effect("fx_limiter", &[("gain", gain), ("ceiling", ceiling)]);
    let mut run = start(&through(vec![limiter]));
    let heard = listen(&mut run, SECOND);
    let out = db(peak(&heard.left(0)[SECOND * 32..]));
    let told = reduction(&run, 0).now;
    near("what is heard", told, TONE_DB + gain - out);
    // The limiter stays 0.05 dB under its ceiling.
    near("its law", told, TONE_DB + gain - ceiling + 0.05);
    near("held", reduction(&run, 0).hold, told);
    assert_eq!(run.engine.meters[0].reductions().count(), 1);
    assert_eq!(run.engine.meters.last().expect("a master").reductions().count(), 0);
}

/// The gain in dB of a compressor after SuperCollider's `Compander`, for a sine of 100 Hz: a follower
/// that comes within 20 dB of its goal in attack or release, and a straight line over the threshold.
fn compander(threshold: f32, ratio: f32, attack_s: f32, release_s: f32) -> f32 {
    let way = |seconds: f32| (0.1f32.ln() / (seconds * RATE)).exp();
    let (attack, release) = (way(attack_s), way(release_s));
    let step = std::f32::consts::TAU * 100.0 / RATE;
    let mut followed = 0.0f32;
    for i in 0..RATE as usize * 2 {
        let x = 0.5 * (step * (i % 480) as f32).sin().abs();
        let way = if x < followed { release } else { attack };
        followed = x + (followed - x) * way;
    }
    (db(followed) - threshold).max(0.0) * (1.0 / ratio - 1.0)
}

#[test]
fn a_compressor_tells_what_it_takes_away_whatever_it_gives_back() {
    for (threshold, ratio, attack, release) in
        [(-18.0, 4.0, 8.0, 1500.0), (-30.0, 20.0, 0.5, 1500.0), (-3.0, 4.0, 8.0, 90.0)]
    {
        for (makeup, mix) in [(0.0, 1.0), (9.0, 1.0), (0.0, 0.5)] {
            let params = [
                ("threshold", threshold),
                ("ratio", ratio),
                ("attack", attack),
                ("release", release),
                ("makeup", makeup),
                ("mix", mix),
            ];
            let mut run = start(&through(vec![effect("fx_compressor", &params)]));
            listen(&mut run, 2 * SECOND);
            let heard = listen(&mut run, SECOND / 10);
            let told = reduction(&run, 0).now;
            let law = -compander(threshold, ratio, attack / 1000.0, release / 1000.0);
            assert!((told - law).abs() < 0.5, "{told} dB instead of {law} dB");
            if mix == 1.0 {
                near("what is heard", told, TONE_DB + makeup - db(peak(heard.left(0))));
            }
        }
    }
}

#[test]
fn a_ducker_tells_its_depth() {
    let mut p = through(vec![]);
    let key = add_tone(&mut p);
    let duck = effect("fx_ducker", &[("depth", 14.0), ("hold", 500.0), ("length", 500.0)]);
    // The second place of the rack.
    let filter = Effect { bypass: true, ..effect("fx_eq", &[]) };
    p.tracks[0].mixer.inserts = vec![filter, Effect { key_from: Some(key), ..duck }];
    let mut run = start(&p);
    listen(&mut run, SECOND / 4);
    assert_eq!(run.engine.meters[0].reduction(0), None);
    near("ducked", reduction(&run, 1).now, 14.0);
    // Free again, it is still seen how far it went.
    listen(&mut run, SECOND + SECOND / 4);
    near("free", reduction(&run, 1).now, 0.0);
    near("held", reduction(&run, 1).hold, 14.0);
    listen(&mut run, SECOND * 3);
    near("fallen", reduction(&run, 1).hold, 0.0);
}

#[test]
fn what_is_bypassed_gone_or_silent_takes_nothing_away() {
    let limiter = effect("fx_limiter", &[("gain", 12.0)]);
    let mut p = through(vec![limiter]);
    let mut run = start(&p);
    listen(&mut run, SECOND / 2);
    assert!(reduction(&run, 0).now > 5.0);
    let bypass = |on| Gesture::Set { node: 0, target: Target::Bypass(0), value: on };
    run.engine.send(None, bypass(1.0)).expect("room");
    listen(&mut run, SECOND / 2);
    assert_eq!(reduction(&run, 0).now, 0.0);
    run.engine.send(None, bypass(0.0)).expect("room");
    listen(&mut run, SECOND / 2);
    assert!(reduction(&run, 0).now > 5.0);
    run.engine.send(None, Gesture::Stop).expect("room");
    listen(&mut run, SECOND);
    assert_eq!(reduction(&run, 0).now, 0.0);
    p.tracks[0].mixer.inserts.clear();
    swap_rack(&mut run.engine, &p, 0, factory().as_ref());
    listen(&mut run, SECOND / 2);
    assert_eq!(run.engine.meters[0].reductions().count(), 0);
}

#[test]
fn peaks_are_held_and_what_went_over_is_told_until_the_next_start() {
    let mut p = through(vec![]);
    p.tracks[0].mixer.volume = Db(9.0);
    let mut run = start(&p);
    listen(&mut run, SECOND / 2);
    run.engine.send(None, Gesture::Stop).expect("room");
    listen(&mut run, (HOLD_SECONDS * SECOND as f32) as usize - 20);
    let read = |run: &Offline| run.engine.meters[0].read();
    near("held", db(read(&run).hold[0]), TONE_DB + 9.0);
    assert!(db(read(&run).peak[0]) < -20.0);
    listen(&mut run, SECOND + 20);
    near("fallen", db(read(&run).hold[0]), TONE_DB + 9.0 - 20.0);
    assert!(read(&run).is_over());
    near("top", db(read(&run).top[0]), TONE_DB + 9.0);
    // The master went over with it; asked to, it forgets.
    let master = run.engine.meters.last().expect("a master").clone();
    assert!(master.read().is_over());
    master.reset();
    listen(&mut run, 1);
    assert!(!master.read().is_over() && read(&run).is_over());
    let quiet = Gesture::Set { node: 0, target: Target::Volume, value: -20.0 };
    run.engine.send(None, quiet).expect("room");
    listen(&mut run, SECOND / 4);
    run.engine.send(None, Gesture::Start).expect("room");
    listen(&mut run, SECOND / 4);
    assert!(!read(&run).is_over());
    near("top", db(read(&run).top[0]), TONE_DB - 20.0);
}

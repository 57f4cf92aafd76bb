//! The measures against those of the reference script (numpy and scipy) on three generated sounds.

use std::f64::consts::TAU;

use super::*;

const RATE: u32 = 48_000;

fn noise(frames: usize, mut seed: u32) -> Vec<f64> {
    (0..frames)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed) / 4_294_967_295.0 * 2.0 - 1.0
        })
        .collect()
}

fn kick() -> (Vec<f32>, Vec<f32>) {
    let mut x = vec![0.0_f32; 100];
    x.extend((0..14_400).map(|i| {
        let t = f64::from(i) / 48_000.0;
        let phase = TAU * (52.0 * t + 10.0 * (1.0 - (-30.0 * t).exp()));
        ((2.5 * phase.sin()).tanh() * (-8.0 * t).exp()) as f32
    }));
    (x.clone(), x)
}

fn hat() -> (Vec<f32>, Vec<f32>) {
    let side = |seed| {
        noise(6000, seed)
            .iter()
            .enumerate()
            .map(|(i, x)| (x * (-40.0 * i as f64 / 48_000.0).exp()) as f32)
            .collect()
    };
    (side(1), side(2))
}

fn pad() -> (Vec<f32>, Vec<f32>) {
    let side = |f: f64| {
        (0..24_000)
            .map(|i| {
                let t = f64::from(i) / 48_000.0;
                let saw: f64 =
                    (1..20).map(|k| (TAU * f * f64::from(k) * t).sin() / f64::from(k)).sum();
                (0.3 * (t / 0.06).min(1.0) * saw) as f32
            })
            .collect()
    };
    (side(220.0), side(221.5))
}

/// Every pair within `tolerance` of the expected size (absolute below one).
fn close(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= tolerance * e.abs().max(1.0), "{what}: {f}, not {e}");
    }
}

fn close_or_none(what: &str, found: &[Option<f64>], expected: &[Option<f64>]) {
    for (f, e) in found.iter().zip(expected) {
        match (f, e) {
            (Some(f), Some(e)) => close(what, &[*f], &[*e], 1e-3),
            (None, None) => {}
            _ => panic!("{what}: {f:?}, not {e:?}"),
        }
    }
}

fn check((left, right): (Vec<f32>, Vec<f32>), expected: &SoundMeasures) {
    let found = describe(&left, &right, RATE).expect("a sound");
    close("length", &[found.length_s], &[expected.length_s], 1e-9);
    close("attack", &[found.attack_ms], &[expected.attack_ms], 1e-3);
    // One sample either way where the envelope grazes the threshold.
    close("d20", &[found.d20_ms], &[expected.d20_ms], 1e-3);
    close("d40", &[found.d40_ms], &[expected.d40_ms], 1e-3);
    close("dominant", &[found.dominant_hz], &[expected.dominant_hz], 1e-4);
    close("centroid", &[found.centroid_hz], &[expected.centroid_hz], 1e-4);
    close("rolloff", &[found.rolloff_hz], &[expected.rolloff_hz], 1e-4);
    // Single-precision dust sets the floor of a tonal spectrum, so the flatness of one is a bound.
    if expected.flatness > 1e-9 {
        close("flatness", &[found.flatness], &[expected.flatness], 1e-3);
    } else {
        assert!(found.flatness < 1e-9);
    }
    close("crest", &[found.crest_db], &[expected.crest_db], 1e-4);
    close("bands", &found.bands_db, &expected.bands_db, 5e-3);
    close_or_none("f0", &found.f0_hz, &expected.f0_hz);
    close_or_none("centroids", &found.centroids_hz, &expected.centroids_hz);
    close("width", &[found.width], &[expected.width], 1e-4);
}

#[test]
fn a_kick_measures_as_the_reference() {
    check(
        kick(),
        &SoundMeasures {
            length_s: 0.302_083_333_333,
            attack_ms: 0.0,
            d20_ms: 268.6875,
            d40_ms: 299.9792,
            dominant_hz: 56.6706,
            centroid_hz: 73.383,
            rolloff_hz: 86.673,
            flatness: 3.7e-14,
            crest_db: 8.0910,
            bands_db: [-4.068, -2.699, -12.113, -20.287, -51.137, -115.835],
            f0_hz: [
                Some(313.725),
                Some(265.193),
                Some(218.182),
                Some(134.078),
                Some(76.8),
                Some(55.684),
                Some(52.174),
                None,
            ],
            centroids_hz: [Some(340.994), Some(215.194), Some(100.164), Some(59.667)],
            width: 0.0,
        },
    );
}

#[test]
fn a_hat_measures_as_the_reference() {
    check(
        hat(),
        &SoundMeasures {
            length_s: 0.125,
            attack_ms: 0.0,
            d20_ms: 60.75,
            d40_ms: 118.1042,
            dominant_hz: 3680.0,
            centroid_hz: 12_055.266,
            rolloff_hz: 20_672.0,
            flatness: 0.552_099_7,
            crest_db: 16.4866,
            bands_db: [-31.016, -26.333, -22.015, -15.065, -9.189, -3.019],
            f0_hz: [
                Some(237.624),
                Some(126.649),
                Some(256.684),
                Some(185.328),
                Some(564.706),
                Some(403.361),
                None,
                None,
            ],
            centroids_hz: [Some(11_934.706), Some(11_701.524), Some(11_809.631), Some(12_188.037)],
            width: 1.011_235,
        },
    );
}

#[test]
fn a_pad_measures_as_the_reference() {
    check(
        pad(),
        &SoundMeasures {
            length_s: 0.5,
            attack_ms: 25.6875,
            d20_ms: 496.8542,
            d40_ms: 496.8542,
            dominant_hz: 221.3929,
            centroid_hz: 643.630,
            rolloff_hz: 1100.927,
            flatness: 2.8e-12,
            crest_db: 8.4127,
            bands_db: [-86.692, -80.772, -3.837, -3.753, -7.891, -25.699],
            f0_hz: [
                Some(220.183),
                Some(220.183),
                Some(221.198),
                Some(220.183),
                Some(220.183),
                Some(220.183),
                Some(676.056),
                Some(338.028),
            ],
            centroids_hz: [Some(481.939), Some(370.218), Some(383.802), Some(529.896)],
            width: 1.238_947,
        },
    );
}

#[test]
fn nothing_has_no_measures() {
    assert_eq!(describe(&[], &[], RATE), None);
    assert_eq!(describe(&[0.0; 1000], &[0.0; 1000], RATE), None);
    assert_eq!(describe(&[f32::INFINITY; 10], &[0.0; 10], RATE), None);
    assert!(describe(&[1.0], &[1.0], RATE).is_some());
}

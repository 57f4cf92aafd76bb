//! The transfer curves of the shaper and the fast functions they are made of.
//!
//! Every curve has slope one at zero and reaches at most ±1, so switching curves keeps the level.
//! The hard clip comes as its exact mean over a step, as its corners would alias otherwise.

/// Hyperbolic tangent within 5e-7, by a rational function: the one of Eigen's `ptanh` (degree 13 over 6).
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    let x = x.clamp(-7.905_311, 7.905_311);
    let s = x * x;
    let p = -2.760_768_5e-16_f32;
    let p = p * s + 2.000_188e-13;
    let p = p * s - 8.604_672e-11;
    let p = p * s + 5.122_297e-8;
    let p = p * s + 1.485_722_4e-5;
    let p = p * s + 6.372_619_3e-4;
    let p = p * s + 4.893_524_6e-3;
    let q = 1.198_258_4e-6_f32;
    let q = q * s + 1.185_347_1e-4;
    let q = q * s + 2.268_434_6e-3;
    let q = q * s + 4.893_525e-3;
    x * p / q
}

/// Sine within 3e-7 for |x| ≤ 100, 1e-3 for |x| ≤ 1e4: reduction by π, then an odd polynomial.
#[inline(always)]
pub(super) fn sin(x: f32) -> f32 {
    // Adding and subtracting 1.5·2²³ rounds to the nearest whole number without a library call.
    const ROUND: f32 = 12_582_912.0;
    let turns = (x * std::f32::consts::FRAC_1_PI + ROUND) - ROUND;
    // π in two parts keeps the remainder exact for the turns a distorted kick makes.
    let r = (x - turns * 3.140_625) - turns * 9.676_536e-4;
    let odd = turns - 2.0 * ((turns * 0.5 - 0.25 + ROUND) - ROUND);
    let sign = 1.0 - 2.0 * odd.abs();
    let s = r * r;
    let p = -2.505_210_8e-8_f32;
    let p = p * s + 2.755_731_9e-6;
    let p = p * s - 1.984_127e-4;
    let p = p * s + 8.333_333e-3;
    let p = p * s - 0.166_666_67;
    sign * (r + r * s * p)
}

/// Mean of the hard clip over the straight line from `a` to `b`: exact, without cancellation.
#[inline(always)]
pub(super) fn clip_mean(a: f32, b: f32) -> f32 {
    let (low, high) = (a.min(b), a.max(b));
    let (mid_low, mid_high) = (low.clamp(-1.0, 1.0), high.clamp(-1.0, 1.0));
    let under = high.min(-1.0) - low.min(-1.0);
    let over = high.max(1.0) - low.max(1.0);
    let area = over - under + (mid_high - mid_low) * 0.5 * (mid_high + mid_low);
    let width = high - low;
    // A line of no length has the value of its point.
    if width > 1e-12 { area / width } else { mid_low }
}

/// A soft knee upwards and a flat floor at −0.64 downwards, like one diode across the signal.
#[inline(always)]
pub(super) fn diode(x: f32) -> f32 {
    const KNEE: f32 = 0.75;
    tanh(x + (x * x + KNEE * KNEE).sqrt() - KNEE)
}

/// Saturates at +1 and −0.54, with a second harmonic at every level.
#[inline(always)]
pub(super) fn asymmetric(x: f32) -> f32 {
    const SKEW: f32 = 0.3;
    let t = tanh((1.0 + SKEW) * x);
    (t + SKEW * t * t) / (1.0 + SKEW)
}

/// Third-order rational saturation, twice continuously differentiable where it reaches ±1 (|x| = 3).
#[inline(always)]
pub(super) fn soft(x: f32) -> f32 {
    let x = x.clamp(-3.0, 3.0);
    let s = x * x;
    x * (27.0 + s) / (27.0 + 9.0 * s)
}

/// `x` on a grid of `1 / steps`, within ±1.
#[inline(always)]
pub(super) fn crush(x: f32, steps: f32) -> f32 {
    (x.clamp(-1.0, 1.0) * steps).round() / steps
}

#[cfg(test)]
mod tests {
    use super::*;

    type Curve = fn(f32) -> f32;

    #[test]
    fn fast_functions_follow_the_true_ones() {
        for i in -20_000..=20_000 {
            let x = i as f32 * 0.005;
            assert!((tanh(x) - f64::from(x).tanh() as f32).abs() < 5e-7, "tanh {x}");
            assert!((sin(x) - f64::from(x).sin() as f32).abs() < 1e-5, "sin {x}: {}", sin(x));
        }
    }

    #[test]
    fn clip_mean_is_the_mean_of_clipped_points() {
        for (a, b) in [(0.2, 0.4), (-3.0, 2.0), (0.5, 4.0), (-9.0, -8.0), (2.0, 2.0), (0.3, 0.3)] {
            let points = 10_000;
            let mean: f32 = (0..points)
                .map(|i| {
                    let t = (i as f32 + 0.5) / points as f32;
                    f64::from((a + (b - a) * t).clamp(-1.0, 1.0))
                })
                .sum::<f64>() as f32
                / points as f32;
            assert!((clip_mean(a, b) - mean).abs() < 1e-4, "{a}..{b}");
            assert_eq!(clip_mean(a, b), clip_mean(b, a));
        }
    }

    #[test]
    fn curves_have_slope_one_at_zero_and_stay_within_one() {
        let curves: [(&str, Curve); 5] = [
            ("tanh", tanh),
            ("sin", sin),
            ("diode", diode),
            ("asymmetric", asymmetric),
            ("soft", soft),
        ];
        for (name, curve) in curves {
            let slope = (curve(1e-2) - curve(-1e-2)) / 2e-2;
            assert!((slope - 1.0).abs() < 0.01, "{name}: {slope}");
            for i in -1000..1000 {
                let y = curve(i as f32 * 0.1);
                assert!(y.abs() <= 1.000_001, "{name}: {y}");
            }
        }
    }
}

//! Half-band FIR filters that double or halve the sample rate, in polyphase form.
//!
//! A linear-phase half-band filter of `4k − 1` taps has one branch of `2k` symmetric taps and one
//! branch that is a pure delay, so only `k` products per pair of samples remain. The taps are
//! equiripple (Parks–McClellan on the branch, the half-band trick of Vaidyanathan and Nguyen, IEEE
//! TCAS 34(3), 1987) and scaled so that the branch sums to exactly one: direct current passes
//! unchanged.

/// First half of the branch taps of the steep filter between the base rate and twice it: 71 taps,
/// flat within 0.001 dB to 0.4167 of the base rate (20 kHz at 48 kHz), stop band ≥ 92 dB.
pub(super) const STEEP: [f32; 18] = [
    -5.224_428_2e-5,
    1.527_565e-4,
    -3.629_27e-4,
    7.457_102e-4,
    -1.389_297e-3,
    2.407_625_6e-3,
    -3.943_614e-3,
    6.173_670_3e-3,
    -9.315_822e-3,
    1.364_616_6e-2,
    -1.953_317_6e-2,
    2.751_063_2e-2,
    -3.843_906_5e-2,
    5.389_296_3e-2,
    -7.722_241e-2,
    1.171_715_56e-1,
    -2.059_726_1e-1,
    6.345_300_7e-1,
];

/// First half of the branch taps between twice and four times the base rate: 19 taps, stop band
/// ≥ 99 dB for what would fall below 20 kHz.
pub(super) const MIDDLE: [f32; 5] =
    [1.432_317_4e-3, -1.104_870_8e-2, 4.630_627e-2, -1.492_861_5e-1, 6.125_963e-1];

/// First half of the branch taps between four and eight times the base rate: 11 taps, stop band
/// ≥ 97 dB for what would fall below 20 kHz.
pub(super) const GENTLE: [f32; 3] = [1.340_742_5e-2, -1.024_507_1e-1, 5.890_432_6e-1];

/// The most input samples of one call, and so the room of the scratch below.
const ROOM: usize = 256 + 2 * STEEP.len();

/// Σ over the symmetric branch of `2K` taps at each of `out`'s positions in `padded`, which holds
/// the `2K − 1` older samples first.
fn branch<const K: usize>(taps: &[f32; K], padded: &[f32], out: &mut [f32]) {
    const LANES: usize = 8;
    let span = 2 * K - 1;
    let mut chunks = out.chunks_exact_mut(LANES);
    let mut at = 0;
    for chunk in &mut chunks {
        let window = &padded[at..at + LANES + span];
        let mut sum = [0.0_f32; LANES];
        for (t, &tap) in taps.iter().enumerate() {
            let (near, far) = (&window[t..t + LANES], &window[span - t..span - t + LANES]);
            for lane in 0..LANES {
                sum[lane] += tap * (near[lane] + far[lane]);
            }
        }
        chunk.copy_from_slice(&sum);
        at += LANES;
    }
    for value in chunks.into_remainder() {
        let window = &padded[at..=at + span];
        *value = taps.iter().enumerate().map(|(t, tap)| tap * (window[t] + window[span - t])).sum();
        at += 1;
    }
}

/// Moves the last `history.len()` samples of `padded` into `history`.
fn keep(history: &mut [f32], padded: &[f32]) {
    history.copy_from_slice(&padded[padded.len() - history.len()..]);
}

/// Doubles the sample rate of `input` (at most 256 samples) into `output` (twice as many), delayed
/// by `2K − 1` output samples. `history` holds at least the `2K − 1` last inputs.
pub(super) fn double<const K: usize>(
    taps: &[f32; K],
    history: &mut [f32],
    input: &[f32],
    output: &mut [f32],
) {
    let span = 2 * K - 1;
    let history = &mut history[..span];
    let mut room = [0.0_f32; ROOM];
    let padded = &mut room[..span + input.len()];
    padded[..span].copy_from_slice(history);
    padded[span..].copy_from_slice(input);
    let mut even = [0.0_f32; 256];
    let even = &mut even[..input.len()];
    branch(taps, padded, even);
    for (i, pair) in output.chunks_exact_mut(2).take(input.len()).enumerate() {
        pair[0] = even[i];
        pair[1] = padded[i + K];
    }
    keep(history, padded);
}

/// Halves the sample rate of `input` (at most 512 samples) into `output` (half as many), delayed by
/// `2K − 1` input samples. `even_history` holds at least `2K − 1` samples, `odd_history` at least `K`.
pub(super) fn halve<const K: usize>(
    taps: &[f32; K],
    even_history: &mut [f32],
    odd_history: &mut [f32],
    input: &[f32],
    output: &mut [f32],
) {
    let span = 2 * K - 1;
    let count = output.len();
    let (even_history, odd_history) = (&mut even_history[..span], &mut odd_history[..K]);
    let (mut even_room, mut odd_room) = ([0.0_f32; ROOM], [0.0_f32; ROOM]);
    let even = &mut even_room[..span + count];
    let odd = &mut odd_room[..K + count];
    even[..span].copy_from_slice(even_history);
    odd[..K].copy_from_slice(odd_history);
    for (i, pair) in input.chunks_exact(2).take(count).enumerate() {
        even[span + i] = pair[0];
        odd[K + i] = pair[1];
    }
    branch(taps, even, output);
    for (value, late) in output.iter_mut().zip(odd.iter()) {
        *value = 0.5 * (*value + late);
    }
    keep(even_history, even);
    keep(odd_history, odd);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// |H| in dB at `f` (cycles per sample of the higher rate) of the whole half-band filter.
    fn response_db<const K: usize>(taps: &[f32; K], f: f64) -> f64 {
        let mut sum = 0.5;
        for (i, &tap) in taps.iter().enumerate() {
            let distance = (2 * (K - 1 - i) + 1) as f64;
            sum += f64::from(tap) * (std::f64::consts::TAU * f * distance).cos();
        }
        20.0 * sum.abs().max(1e-12).log10()
    }

    fn check<const K: usize>(taps: &[f32; K], edge: f64, floor_db: f64) {
        for i in 0..=4000 {
            let f = 0.5 * f64::from(i) / 4000.0;
            let db = response_db(taps, f);
            if f <= edge {
                assert!(db.abs() < 0.001, "pass band at {f}: {db} dB");
            } else if f >= 0.5 - edge {
                assert!(db < floor_db, "stop band at {f}: {db} dB");
            }
        }
    }

    #[test]
    fn filters_pass_20_khz_and_stop_its_images() {
        check(&STEEP, 20.0 / 96.0, -92.0);
        check(&MIDDLE, 20.0 / 192.0, -99.0);
        check(&GENTLE, 20.0 / 384.0, -97.0);
    }

    #[test]
    fn up_and_down_again_is_a_pure_delay_in_any_block_length() {
        let input: Vec<f32> = (0..512).map(|i| (f64::from(i) * 0.3).sin() as f32).collect();
        let (mut up, mut even, mut odd) = ([0.0; 48], [0.0; 48], [0.0; 32]);
        let mut out = Vec::new();
        let mut at = 0;
        for len in [1usize, 7, 64, 33, 8, 200, 199] {
            let block = &input[at..at + len];
            at += len;
            let mut high = [0.0; 512];
            double(&STEEP, &mut up, block, &mut high[..2 * len]);
            let mut low = [0.0; 256];
            halve(&STEEP, &mut even, &mut odd, &high[..2 * len], &mut low[..len]);
            out.extend_from_slice(&low[..len]);
        }
        for i in 100..512 {
            assert!((out[i] - input[i - 35]).abs() < 2e-4, "{i}: {} {}", out[i], input[i - 35]);
        }
    }
}

// Oscillators that are the same wave in scsynth and in the embedded synth, made of units both share.
// (Saw and Pulse are not: the two differ in direction, level and starting phase, so layers that add
// up in one cancel in the other.)

// Rising saw, −1 to 1, from 0 at phase 0. The derivative of a parabola: its partials over Nyquist are
// a good deal weaker than a plain LFSaw's (differentiated parabolic wave, Välimäki 2005).
// `freq` at control rate: the embedded synth's LFSaw reads it once a block.
HcSaw {
	*ar { |freq = 440, phase = 0|
		^this.band(this.ramp(freq, phase), freq)
	}
	// A naive saw. `phase` 0–2, as LFSaw's: but scsynth plays one of 1 or more as it is for a sample,
	// and the jump after it is a click of many times the wave.
	*ramp { |freq, phase|
		^LFSaw.ar(freq, phase.wrap(-1.0, 1.0))
	}
	// Saws at several pitches, summed, sharing one difference. `hollow` 0–1 takes away a copy shifted
	// by `width` of a cycle: at 1 they are pulses.
	*chord { |freqs, phases, hollow = 0, width = 0.5|
		var ramps = this.ramp(freqs, phases);
		var shifted = (ramps + (width * 2)).wrap2(1);
		^HPZ1.ar(((ramps.squared - (shifted.squared * hollow)) * (SampleRate.ir * 0.5 / freqs)).sum)
	}
	// `ramp` is a naive saw at `freq`.
	*band { |ramp, freq|
		^HPZ1.ar(ramp.squared) * (SampleRate.ir * 0.5 / freq)
	}
}

// Pulse from two such saws, `width` 0–1. No DC at any width: it spans −2·width to 2 − 2·width.
HcPulse {
	*ar { |freq = 440, width = 0.5, phase = 0|
		var ramp = HcSaw.ramp(freq, phase);
		^HcSaw.band(ramp, freq) - HcSaw.band((ramp + (width * 2)).wrap2(1), freq)
	}
}

// The embedded synth's MulAdd reads its factor and its offset once a block (plyphon-unit 0.2.0), so
// only an audio signal with slower ones may be fused; everything else stays two operators.
+ MulAdd {
	*canBeMulAdd { |in, mul, add|
		^(in.rate == \audio) and: { mul.rate != \audio } and: { add.rate != \audio }
	}
}

// Stubs for the units that exist only in the embedded synth (registered from Rust); with them sclang
// can compile the effects that use them. scsynth cannot load those effects.

// Waveshaper run 8× oversampled between half-band filters. Mono; latency constant.
// curve: 0 hard clip, 1 tanh, 2 foldback, 3 diode, 4 asymmetric, 5 bit crush, 6 soft (cubic).
HcShaper : UGen {
	*ar { |in = 0.0, drive = 0.0, curve = 1.0, bias = 0.0|
		^this.multiNew('audio', in, drive, curve, bias)
	}
	checkInputs { ^this.checkSameRateAsFirstInput }
}

// Stereo true-peak limiter with lookahead. ceiling in dBTP, release in seconds; latency constant.
// Left, right and the gain both were turned to.
HcLimiter : MultiOutUGen {
	*ar { |left = 0.0, right = 0.0, ceiling = -0.3, release = 0.1|
		^this.multiNew('audio', left, right, ceiling, release)
	}
	init { |... theInputs|
		inputs = theInputs;
		^this.initOutputs(3, rate)
	}
	checkInputs { ^this.checkNInputs(2) }
}

// Delay by a whole number of frames, 0–512: keeps a dry path in step with a latent unit.
HcDelay : UGen {
	*ar { |in = 0.0, frames = 0|
		^this.multiNew('audio', in, frames)
	}
	checkInputs { ^this.checkSameRateAsFirstInput }
}

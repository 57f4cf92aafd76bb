// Where each frame lies in the music, in quarter notes, from the control `beat`, which tells the block's
// first frame and begins anew after 96 of them. Good for whatever repeats in a whole part of 48: the
// numbers count from −48 to 96, and say the same place by two names.
HcBeat {
	*ar { |beat, bpm|
		// A ramp from the block before to this one, which comes a block late: that much is added. Where
		// one count begins anew the other is used.
		var away = (beat + 48).wrap(0, 96) - 48;
		var counts = [K2A.ar(away), K2A.ar(beat)];
		^Select.ar((beat > 24) * (beat < 72), counts) + (bpm / 60 * ControlDur.ir)
	}
}

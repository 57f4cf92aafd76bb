//! The port between a device and what plays on it: one call a period.

use super::midi::Ports;

/// What a device calls once a period, on its own thread. Nothing in it may allocate, lock or wait.
pub trait Callback: Send {
    /// Compute one period: read the inputs, fill every output.
    fn process(&mut self, period: &mut dyn Period);
}

/// One period of a device: audio in and out by channel, MIDI by port.
pub trait Period {
    /// Frames in it; may differ from period to period.
    fn frames(&self) -> usize;
    /// Host clock in nanoseconds at its first frame; 0 where the device does not know.
    fn host_ns(&self) -> u64;
    /// An input channel, [`frames`](Period::frames) long; empty where there is none.
    fn input(&self, channel: usize) -> &[f32];
    /// An output channel, [`frames`](Period::frames) long and silent at first; empty where there is none.
    fn output(&mut self, channel: usize) -> &mut [f32];
    /// Hand every MIDI message of this period to `take`, in order: port, frame in the period, bytes.
    fn midi_in(&self, take: &mut dyn FnMut(usize, u32, &[u8]));
    /// Send a MIDI message on a port at a frame of the period, not before the one sent there last.
    /// `false` when it does not fit: it was not sent, and nothing more fits in this period.
    fn midi_out(&mut self, port: usize, frame: u32, bytes: &[u8]) -> bool;
}

/// A period of a device without audio inputs; MIDI is the system's, where there is some.
pub(super) struct OutputsOnly<'a> {
    /// By channel, at least as long as the period.
    out: &'a mut [Vec<f32>],
    frames: usize,
    host_ns: u64,
    midi: Option<&'a mut Ports>,
}

impl<'a> OutputsOnly<'a> {
    /// A period that is asked for now, `host_ns` on the host's clock.
    pub(super) fn begin(
        out: &'a mut [Vec<f32>],
        frames: usize,
        host_ns: u64,
        midi: &'a mut Option<Ports>,
        rate: u32,
    ) -> Self {
        let mut midi = midi.as_mut();
        if let Some(midi) = &mut midi {
            midi.begin(host_ns, frames, rate);
        }
        OutputsOnly { out, frames, host_ns, midi }
    }
}

impl Period for OutputsOnly<'_> {
    fn frames(&self) -> usize {
        self.frames
    }
    fn host_ns(&self) -> u64 {
        self.host_ns
    }
    fn input(&self, _: usize) -> &[f32] {
        &[]
    }
    fn output(&mut self, channel: usize) -> &mut [f32] {
        self.out.get_mut(channel).map_or(&mut [], |out| &mut out[..self.frames])
    }
    fn midi_in(&self, take: &mut dyn FnMut(usize, u32, &[u8])) {
        if let Some(midi) = &self.midi {
            midi.heard(take);
        }
    }
    fn midi_out(&mut self, port: usize, frame: u32, bytes: &[u8]) -> bool {
        self.midi.as_mut().is_some_and(|midi| midi.send(port, frame, bytes))
    }
}

//! The system's own outputs through cpal: ALSA, CoreAudio, WASAPI.

use std::sync::Arc;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig,
    SupportedBufferSize, SupportedStreamConfig,
};

use super::line::{End, Line};
use super::midi;
use super::monitor::host_now_ns;
use super::port::{OutputsOnly, Period};
use super::{Backend, Device, Found, Offer, OpenError, Patchbay, RATE, Stream, Wish};

/// Longest period that the callback is asked for; a longer request is filled in parts.
const LONGEST: usize = 8192;

/// The names of all outputs, each once. None of them is opened.
pub fn names() -> Vec<String> {
    let _log = QuietDriver::new();
    let devices = cpal::default_host().output_devices();
    let mut names: Vec<String> =
        devices.map(|all| all.map(|d| d.to_string()).collect()).unwrap_or_default();
    // A card's plain and its converting form may be called the same; the first one is played on.
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// While it lives, what ALSA has to say on this thread goes to the log: by itself it writes to the
/// terminal, a dozen lines when there is no card.
pub(super) struct QuietDriver {
    #[cfg(target_os = "linux")]
    said: Option<std::rc::Rc<std::cell::RefCell<alsa::Output>>>,
}

impl QuietDriver {
    pub(super) fn new() -> Self {
        QuietDriver {
            #[cfg(target_os = "linux")]
            said: alsa::Output::local_error_handler().ok(),
        }
    }
}

impl Drop for QuietDriver {
    fn drop(&mut self) {
        #[cfg(target_os = "linux")]
        if let Some(said) = &self.said {
            for line in said.borrow().to_string().lines() {
                tracing::debug!("ALSA: {line}");
            }
        }
    }
}

/// The output called as wished, or the system's own for `default`.
///
/// # Errors
/// No output, or one that does not say what it can do or has too few channels.
pub(super) fn find(wish: &Wish) -> Result<Found, OpenError> {
    let _log = QuietDriver::new();
    let host = cpal::default_host();
    let device = if wish.name == "default" {
        host.default_output_device().ok_or_else(|| OpenError::None(String::new()))?
    } else {
        let mut all = host.output_devices().map_err(|e| unusable(&wish.name, &e))?;
        let found = all.find(|d| d.to_string() == wish.name);
        found.ok_or_else(|| OpenError::None(format!(" called '{}'", wish.name)))?
    };
    let name = device.to_string();
    let usual = device.default_output_config().map_err(|e| unusable(&name, &e))?;
    let mut notes = Vec::new();
    let all: Vec<_> =
        device.supported_output_configs().map_or_else(|_| Vec::new(), |all| all.collect());
    let chosen = choose(usual, &all, wish, &mut notes);
    let channels = chosen.channels();
    let (master, cue) = outputs(wish, channels, &name, &mut notes)?;
    let buffer_size = match (wish.period, *chosen.buffer_size()) {
        (None, _) => BufferSize::Default,
        (Some(frames), SupportedBufferSize::Unknown) => BufferSize::Fixed(frames),
        (Some(frames), SupportedBufferSize::Range { min, max }) => {
            let had = frames.clamp(min, max.max(min));
            if had != frames {
                notes.push(format!("'{name}' has no period of {frames} frames; it takes {had}"));
            }
            BufferSize::Fixed(had)
        }
    };
    let rate = chosen.sample_rate();
    let config = StreamConfig { channels, sample_rate: rate, buffer_size };
    let format = chosen.sample_format();
    if wish.inputs > 0 {
        notes.push("audio inputs are there with JACK only".to_owned());
    }
    let period = if let BufferSize::Fixed(frames) = buffer_size { frames } else { 0 };
    let wish = wish.clone();
    let card = Card { device, name: name.clone(), format, config, master, cue, wish };
    let device = Box::new(card);
    let offer = offer(&all);
    Ok(Found { name, rate, period, backend: Backend::System, notes, offer, device })
}

/// What all configurations of a device offer together.
fn offer(all: &[cpal::SupportedStreamConfigRange]) -> Offer {
    let span = |pairs: &mut dyn Iterator<Item = (u32, u32)>| {
        pairs.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    };
    let periods = all.iter().filter_map(|range| match *range.buffer_size() {
        SupportedBufferSize::Range { min, max } => Some((min, max)),
        SupportedBufferSize::Unknown => None,
    });
    Offer {
        outputs: all.iter().map(|range| range.channels()).max().unwrap_or(0),
        rates: span(&mut all.iter().map(|r| (r.min_sample_rate(), r.max_sample_rate()))),
        periods: span(&mut periods.into_iter()),
    }
}

fn unusable(name: &str, cause: &dyn std::fmt::Display) -> OpenError {
    OpenError::Unusable { name: name.to_owned(), cause: cause.to_string() }
}

/// The device's usual configuration, or the one nearest to it that has the wished rate and channels.
fn choose(
    usual: SupportedStreamConfig,
    all: &[cpal::SupportedStreamConfigRange],
    wish: &Wish,
    notes: &mut Vec<String>,
) -> SupportedStreamConfig {
    let rate = wish.rate.unwrap_or(usual.sample_rate());
    let cue = wish.cue.unwrap_or((0, 0));
    let channels = wish.master.0.max(wish.master.1).max(cue.0).max(cue.1);
    if rate == usual.sample_rate() && channels <= usual.channels() {
        return usual;
    }
    let fits = |range: &&cpal::SupportedStreamConfigRange| {
        (range.min_sample_rate()..=range.max_sample_rate()).contains(&rate)
            && range.channels() >= channels.min(2)
    };
    // Enough channels first, then no more than that, then the usual form of samples.
    let best = all.iter().filter(fits).min_by_key(|range| {
        let lacks = channels.saturating_sub(range.channels());
        (lacks, range.channels(), range.sample_format() != usual.sample_format())
    });
    match best.and_then(|range| range.try_with_sample_rate(rate)) {
        Some(config) => config,
        None => {
            if rate != usual.sample_rate() {
                let had = usual.sample_rate();
                notes.push(format!("the sound output has no {rate} Hz; it runs at {had} Hz"));
            }
            usual
        }
    }
}

/// A pair of a device's channels, from 0.
type Pair = (usize, usize);

/// The channels of master and cue. A device of one channel gets the master's mean on both.
fn outputs(
    wish: &Wish,
    channels: u16,
    name: &str,
    notes: &mut Vec<String>,
) -> Result<(Pair, Option<Pair>), OpenError> {
    let pair = |(l, r): (u16, u16)| {
        let there = |n: u16| (1..=channels).contains(&n).then(|| usize::from(n) - 1);
        Some((there(l)?, there(r)?))
    };
    let master = if channels == 1 { Some((0, 0)) } else { pair(wish.master) };
    let (l, r) = wish.master;
    let none = format!("it has {channels} outputs; there is no pair {l}/{r} for the master");
    let master = master.ok_or_else(|| unusable(name, &none))?;
    let cue = wish.cue.and_then(pair);
    if let (Some((l, r)), None) = (wish.cue, cue) {
        notes
            .push(format!("'{name}' has {channels} outputs; there is no pair {l}/{r} for the cue"));
    }
    Ok((master, cue))
}

struct Card {
    device: cpal::Device,
    name: String,
    format: SampleFormat,
    config: StreamConfig,
    master: Pair,
    cue: Option<Pair>,
    wish: Wish,
}

struct Playing {
    stream: cpal::Stream,
    bay: Option<midi::Bay>,
}

impl Stream for Playing {
    fn patchbay(&mut self) -> Option<&mut dyn Patchbay> {
        self.bay.as_mut().map(|bay| bay as &mut dyn Patchbay)
    }
}

impl Device for Card {
    fn play(
        self: Box<Self>,
        line: Arc<Line>,
        notes: &mut Vec<String>,
    ) -> Result<Box<dyn Stream>, OpenError> {
        let _log = QuietDriver::new();
        let mut built = self.build(self.config, &line, notes);
        if let (Err(cause), BufferSize::Fixed(frames)) = (&built, self.config.buffer_size) {
            notes.push(format!("'{}' has no period of {frames} frames: {cause}", self.name));
            let config = StreamConfig { buffer_size: BufferSize::Default, ..self.config };
            built = self.build(config, &line, notes);
        }
        let playing = built.map_err(|cause| unusable(&self.name, &cause))?;
        playing.stream.play().map_err(|e| unusable(&self.name, &e))?;
        Ok(Box::new(playing))
    }
}

impl Card {
    fn build(
        &self,
        config: StreamConfig,
        line: &Arc<Line>,
        notes: &mut Vec<String>,
    ) -> Result<Playing, String> {
        let (ports, bay) = midi::open(&self.wish, notes);
        let stream = match self.format {
            SampleFormat::F32 => self.stream::<f32>(config, line, ports),
            SampleFormat::F64 => self.stream::<f64>(config, line, ports),
            SampleFormat::I8 => self.stream::<i8>(config, line, ports),
            SampleFormat::I16 => self.stream::<i16>(config, line, ports),
            SampleFormat::I24 => self.stream::<cpal::I24>(config, line, ports),
            SampleFormat::I32 => self.stream::<i32>(config, line, ports),
            SampleFormat::U8 => self.stream::<u8>(config, line, ports),
            SampleFormat::U16 => self.stream::<u16>(config, line, ports),
            SampleFormat::U32 => self.stream::<u32>(config, line, ports),
            other => Err(format!("its samples are {other}")),
        }?;
        Ok(Playing { stream, bay })
    }

    fn stream<T: SizedSample + FromSample<f32>>(
        &self,
        config: StreamConfig,
        line: &Arc<Line>,
        midi: Option<midi::Ports>,
    ) -> Result<cpal::Stream, String> {
        let rate = config.sample_rate;
        let mut spread = Spread::new(usize::from(config.channels), self.master, self.cue);
        (spread.rate, spread.midi) = (rate, midi);
        let (sound, trouble) = (Arc::clone(line), Arc::clone(line));
        let fill = move |out: &mut [T], _: &cpal::OutputCallbackInfo| {
            spread.fill(out, |period| sound.play(rate, period));
        };
        let failed = move |error: cpal::Error| match error.kind() {
            ErrorKind::Xrun => trouble.monitor.xrun(),
            ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => {
                trouble.end(End::Unplugged);
            }
            ErrorKind::StreamInvalidated => trouble.end(End::Changed),
            // Said on the sound thread as often as not; there it goes nowhere.
            _ => tracing::debug!("sound output: {error}"),
        };
        self.device.build_output_stream(config, fill, failed, None).map_err(|e| e.to_string())
    }
}

/// Spreads master and cue over interleaved samples of any form.
struct Spread {
    channels: usize,
    /// Where each of the callback's outputs goes.
    to: Vec<usize>,
    out: Vec<Vec<f32>>,
    /// Frames per second.
    rate: u32,
    midi: Option<midi::Ports>,
}

impl Spread {
    fn new(channels: usize, master: Pair, cue: Option<Pair>) -> Self {
        let mut to = vec![master.0, master.1];
        to.extend(cue.into_iter().flat_map(|(l, r)| [l, r]));
        let out = vec![vec![0.0; LONGEST]; to.len()];
        Spread { channels: channels.max(1), out, to, rate: RATE, midi: None }
    }

    /// Fill `all` from `play`, a period at a time.
    fn fill<T: SizedSample + FromSample<f32>>(
        &mut self,
        all: &mut [T],
        mut play: impl FnMut(&mut dyn Period),
    ) {
        for part in all.chunks_mut(LONGEST * self.channels) {
            let frames = part.len() / self.channels;
            for out in &mut self.out {
                out[..frames].fill(0.0);
            }
            let (midi, host_ns) = (&mut self.midi, host_now_ns());
            play(&mut OutputsOnly::begin(&mut self.out, frames, host_ns, midi, self.rate));
            part.fill(T::EQUILIBRIUM);
            for (i, frame) in part.chunks_exact_mut(self.channels).enumerate() {
                if self.channels == 1 {
                    frame[0] = T::from_sample(0.5 * (self.out[0][i] + self.out[1][i]));
                    continue;
                }
                for (out, to) in self.out.iter().zip(&self.to) {
                    frame[*to] = T::from_sample(out[i]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes 1, 2, … tenths to its outputs.
    fn ramps(period: &mut dyn Period) {
        for (c, value) in [0.1, 0.2, 0.3, 0.4].into_iter().enumerate() {
            period.output(c).fill(value);
        }
    }

    #[test]
    fn pairs_go_to_their_channels_and_the_rest_is_silent() {
        let mut spread = Spread::new(6, (2, 3), Some((5, 0)));
        let mut all = [9.0f32; 12];
        spread.fill(&mut all, ramps);
        assert_eq!(all[..6], [0.4, 0.0, 0.1, 0.2, 0.0, 0.3]);
        assert_eq!(all[..6], all[6..]);
    }

    #[test]
    fn without_a_cue_there_are_two_outputs_and_unsigned_silence_is_the_middle() {
        let mut spread = Spread::new(3, (0, 1), None);
        let mut all = [0u16; 3];
        spread.fill(&mut all, |period| {
            assert!(period.output(2).is_empty() && period.input(0).is_empty());
            period.output(0).fill(-1.0);
        });
        assert_eq!(all, [0, 32768, 32768]);
    }

    #[test]
    fn one_channel_gets_the_mean() {
        let mut spread = Spread::new(1, (0, 0), None);
        let mut all = [0.0f32; 4];
        spread.fill(&mut all, ramps);
        assert!(all.iter().all(|x| (x - 0.15).abs() < 1e-6), "{all:?}");
    }

    #[test]
    fn long_requests_come_in_parts() {
        let mut spread = Spread::new(2, (0, 1), None);
        let mut all = vec![0.0f32; 2 * (2 * LONGEST + 5)];
        let mut lengths = Vec::new();
        spread.fill(&mut all, |period| lengths.push(period.frames()));
        assert_eq!(lengths, [LONGEST, LONGEST, 5]);
    }

    #[test]
    fn a_pair_that_is_not_there_is_said() {
        let mut notes = Vec::new();
        let wish = Wish { cue: Some((3, 4)), ..Wish::default() };
        assert_eq!(outputs(&wish, 2, "x", &mut notes), Ok(((0, 1), None)));
        assert_eq!(notes, ["'x' has 2 outputs; there is no pair 3/4 for the cue"]);
        assert_eq!(outputs(&wish, 1, "x", &mut notes), Ok(((0, 0), None)));
        let wish = Wish { master: (0, 1), ..Wish::default() };
        assert!(outputs(&wish, 2, "x", &mut notes).is_err(), "outputs are counted from 1");
    }
}

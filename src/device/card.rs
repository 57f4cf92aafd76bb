//! A sound card's output: the callback asks an adapter for whatever length the device wants.

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{Device, FromSample, SampleFormat, SizedSample, Stream, StreamConfig};

use crate::engine::adapter::Adapter;

/// An output that was found, before anything plays.
pub struct Card {
    device: Device,
    /// Name shown to people.
    pub name: String,
    /// Frames per second it runs at.
    pub rate: u32,
    format: SampleFormat,
    config: StreamConfig,
}

/// Why nothing can be heard.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    /// There is no such output.
    #[error("no sound output{0} was found; `hardcore doctor` lists what there is")]
    None(String),
    /// The output is there but does not work.
    #[error("the sound output '{name}' cannot be used: {cause}")]
    Unusable {
        /// Name.
        name: String,
        /// What it says.
        cause: String,
    },
}

/// A playing output; dropping it stops it.
pub struct Playing {
    _stream: Stream,
}

/// The names of all outputs.
pub fn names() -> Vec<String> {
    let _log = QuietDriver::new();
    let devices = cpal::default_host().output_devices();
    devices.map(|all| all.map(|d| d.to_string()).collect()).unwrap_or_default()
}

/// While it lives, what ALSA has to say on this thread goes to the log: by itself it writes to the
/// terminal, a dozen lines when there is no card.
struct QuietDriver {
    #[cfg(target_os = "linux")]
    said: Option<std::rc::Rc<std::cell::RefCell<alsa::Output>>>,
}

impl QuietDriver {
    fn new() -> Self {
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

impl Card {
    /// The output called `name`, or the system's own for `default`.
    ///
    /// # Errors
    /// No output, or one that does not say what it can do.
    pub fn open(name: &str) -> Result<Card, CardError> {
        let _log = QuietDriver::new();
        let host = cpal::default_host();
        let device = if name == "default" {
            host.default_output_device().ok_or_else(|| CardError::None(String::new()))?
        } else {
            let mut all = host
                .output_devices()
                .map_err(|e| CardError::Unusable { name: name.to_owned(), cause: e.to_string() })?;
            let found = all.find(|d| d.to_string() == name);
            found.ok_or_else(|| CardError::None(format!(" called '{name}'")))?
        };
        let shown = device.to_string();
        let config = device
            .default_output_config()
            .map_err(|e| CardError::Unusable { name: shown.clone(), cause: e.to_string() })?;
        let format = config.sample_format();
        let config: StreamConfig = config.into();
        Ok(Card { device, name: shown, rate: config.sample_rate, format, config })
    }

    /// Let `adapter` play on it.
    ///
    /// # Errors
    /// An output that is busy or wants samples of a form we do not make.
    pub fn play(&self, adapter: Adapter) -> Result<Playing, CardError> {
        let _log = QuietDriver::new();
        let stream = match self.format {
            SampleFormat::F32 => self.stream::<f32>(adapter),
            SampleFormat::I32 => self.stream::<i32>(adapter),
            SampleFormat::I16 => self.stream::<i16>(adapter),
            SampleFormat::U16 => self.stream::<u16>(adapter),
            other => Err(format!("its samples are {other}")),
        };
        let playing = stream.and_then(|stream| {
            stream.play().map_err(|e| e.to_string())?;
            Ok(Playing { _stream: stream })
        });
        playing.map_err(|cause| CardError::Unusable { name: self.name.clone(), cause })
    }

    fn stream<T: SizedSample + FromSample<f32>>(
        &self,
        mut adapter: Adapter,
    ) -> Result<Stream, String> {
        let channels = usize::from(self.config.channels);
        // As long as the longest request; a longer one is filled in parts.
        let mut scratch = vec![0.0f32; 8192 * channels.max(1)];
        let fill = move |out: &mut [T], _: &cpal::OutputCallbackInfo| {
            for part in out.chunks_mut(scratch.len()) {
                let scratch = &mut scratch[..part.len()];
                adapter.fill(scratch, channels);
                for (to, from) in part.iter_mut().zip(scratch) {
                    *to = T::from_sample(*from);
                }
            }
        };
        let failed = |error: cpal::Error| tracing::warn!("sound output: {error}");
        self.device.build_output_stream(self.config, fill, failed, None).map_err(|e| e.to_string())
    }
}

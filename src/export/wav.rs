//! WAV files, written as the sound is made and under their name only when complete.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use atomic_write_file::AtomicWriteFile;
use hound::{SampleFormat, WavSpec, WavWriter};
use rand::RngCore;
use rand_pcg::Pcg32;

use crate::files::{FileError, create_atomic};

/// Lowest and highest sample rates that are written, Hz.
pub const RATES: std::ops::RangeInclusive<u32> = 8_000..=384_000;
/// Most bytes of sound in a WAV file: its sizes are 32 bits wide, and the header takes some.
pub const MAX_DATA: u64 = u32::MAX as u64 - 128;
/// Seed of the dither: the same sound gives the same file.
const DITHER_SEED: u64 = 0x4852_4443_4f52_4531;

/// How a sample is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bits {
    /// 16-bit integers, dithered.
    Int16,
    /// 24-bit integers, dithered.
    #[default]
    Int24,
    /// 32-bit floating point, untouched.
    Float32,
}

impl Bits {
    fn width(self) -> u16 {
        match self {
            Bits::Int16 => 16,
            Bits::Int24 => 24,
            Bits::Float32 => 32,
        }
    }
}

impl fmt::Display for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Bits::Int16 => "16",
            Bits::Int24 => "24",
            Bits::Float32 => "32f",
        })
    }
}

impl FromStr for Bits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "16" => Ok(Bits::Int16),
            "24" => Ok(Bits::Int24),
            "32f" | "32" => Ok(Bits::Float32),
            _ => Err(format!("{text:?} is no bit depth: 16, 24 or 32f")),
        }
    }
}

/// What kind of WAV file to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WavFormat {
    /// Sample rate in Hz, within [`RATES`].
    pub rate: u32,
    /// Channels, 1–64.
    pub channels: u16,
    /// How a sample is stored.
    pub bits: Bits,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WavSummary {
    /// Frames in the file.
    pub frames: u64,
    /// Samples beyond full scale, cut there (integers) or kept (floating point).
    pub over: u64,
    /// Samples that were no finite number, written as silence.
    pub not_finite: u64,
}

/// Why a WAV file could not be written, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// The disk or its rights.
    #[error(transparent)]
    File(#[from] FileError),
    /// The sound is longer than the format holds.
    #[error("cannot save '{}': a WAV file holds at most 4 GB, and this sound is longer; use fewer bits, a lower rate or a shorter piece", .0.display())]
    TooLong(PathBuf),
    /// A rate or a channel count that no WAV file should have.
    #[error("cannot save '{}': {cause}", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
}

/// A WAV file being written. It appears under its name, replacing what was there, only on
/// [`finish`](WavSink::finish); dropped before, it leaves no trace.
///
/// Below 32 bits, triangular dither of ±1 LSB is added once, here (Lipshitz, Wannamaker and
/// Vanderkooy, "Quantization and dither", J. Audio Eng. Soc. 40, 1992).
pub struct WavSink {
    // Dropped before `file`, so that its last flush goes to the temporary file.
    writer: WavWriter<BufWriter<File>>,
    file: AtomicWriteFile,
    path: PathBuf,
    format: WavFormat,
    dither: Pcg32,
    samples: u64,
    summary: WavSummary,
}

impl WavSink {
    /// Begins a file.
    ///
    /// # Errors
    /// A folder that is missing or not writable, a target that is no file, a strange format.
    pub fn create(path: &Path, format: WavFormat) -> Result<Self, WavError> {
        let strange = |cause: String| WavError::Format { path: path.to_owned(), cause };
        if !RATES.contains(&format.rate) {
            let (low, high) = (RATES.start(), RATES.end());
            return Err(strange(format!("{} Hz is outside {low} to {high} Hz", format.rate)));
        }
        if !(1..=64).contains(&format.channels) {
            return Err(strange(format!("{} channels are outside 1 to 64", format.channels)));
        }
        let file = create_atomic(path)?;
        let handle = file.as_file().try_clone().map_err(|e| FileError::saving(path, &e))?;
        let sample_format = match format.bits {
            Bits::Float32 => SampleFormat::Float,
            _ => SampleFormat::Int,
        };
        let spec = WavSpec {
            channels: format.channels,
            sample_rate: format.rate,
            bits_per_sample: format.bits.width(),
            sample_format,
        };
        let writer = WavWriter::new(BufWriter::with_capacity(1 << 18, handle), spec)
            .map_err(|e| io_error(path, e))?;
        Ok(WavSink {
            writer,
            file,
            path: path.to_owned(),
            format,
            dither: Pcg32::new(DITHER_SEED, 1),
            samples: 0,
            summary: WavSummary::default(),
        })
    }

    /// Appends interleaved samples, full scale ±1; whole frames only.
    ///
    /// # Errors
    /// A disk that is full or fails, or more than [`MAX_DATA`] bytes of sound.
    pub fn write(&mut self, interleaved: &[f32]) -> Result<(), WavError> {
        debug_assert!(interleaved.len().is_multiple_of(usize::from(self.format.channels)));
        let after = self.samples + interleaved.len() as u64;
        if after * u64::from(self.format.bits.width() / 8) > MAX_DATA {
            return Err(WavError::TooLong(self.path.clone()));
        }
        for &sample in interleaved {
            self.put(sample).map_err(|e| io_error(&self.path, e))?;
        }
        self.samples = after;
        Ok(())
    }

    /// Appends one slice per channel, all of one length.
    ///
    /// # Errors
    /// As [`write`](WavSink::write).
    pub fn write_channels(&mut self, channels: &[&[f32]]) -> Result<(), WavError> {
        debug_assert_eq!(channels.len(), usize::from(self.format.channels));
        let frames = channels.iter().map(|c| c.len()).min().unwrap_or(0);
        let mut block = Vec::with_capacity(frames * channels.len());
        for i in 0..frames {
            block.extend(channels.iter().map(|c| c[i]));
        }
        self.write(&block)
    }

    fn put(&mut self, sample: f32) -> Result<(), hound::Error> {
        let sample = if sample.is_finite() {
            sample
        } else {
            self.summary.not_finite += 1;
            0.0
        };
        self.summary.over += u64::from(sample.abs() > 1.0);
        match self.format.bits {
            Bits::Float32 => self.writer.write_sample(sample),
            bits => {
                let full = f64::from(1u32 << (bits.width() - 1));
                let mut uniform = || f64::from(self.dither.next_u32()) / 4_294_967_296.0;
                let noise = uniform() - uniform();
                let level = (f64::from(sample) * full + noise).round().clamp(-full, full - 1.0);
                self.writer.write_sample(level as i32)
            }
        }
    }

    /// Completes the file and puts it under its name.
    ///
    /// # Errors
    /// A disk that is full or fails; what was there before is then unchanged.
    pub fn finish(self) -> Result<WavSummary, WavError> {
        self.writer.finalize().map_err(|e| io_error(&self.path, e))?;
        self.file.commit().map_err(|e| FileError::saving(&self.path, &e))?;
        let frames = self.samples / u64::from(self.format.channels);
        Ok(WavSummary { frames, ..self.summary })
    }
}

fn io_error(path: &Path, error: hound::Error) -> WavError {
    let error = match error {
        hound::Error::IoError(e) => e,
        other => io::Error::other(other.to_string()),
    };
    FileError::saving(path, &error).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::testing::TinyDisk;

    fn format(bits: Bits) -> WavFormat {
        WavFormat { rate: 48_000, channels: 2, bits }
    }

    fn read<S: hound::Sample>(path: &Path) -> Vec<S> {
        let mut reader = hound::WavReader::open(path).unwrap();
        reader.samples().map(Result::unwrap).collect()
    }

    fn written(path: &Path, bits: Bits, samples: &[f32]) -> WavSummary {
        let mut sink = WavSink::create(path, format(bits)).unwrap();
        for part in samples.chunks(128) {
            sink.write(part).unwrap();
        }
        sink.finish().unwrap()
    }

    #[test]
    fn floats_are_written_as_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.wav");
        let samples = [0.0, 1.5, -1.0, f32::NAN, 0.1, f32::INFINITY];
        let summary = written(&path, Bits::Float32, &samples);
        assert_eq!(summary, WavSummary { frames: 3, over: 1, not_finite: 2 });
        assert_eq!(read::<f32>(&path), [0.0, 1.5, -1.0, 0.0, 0.1, 0.0]);
    }

    #[test]
    fn channels_are_interleaved() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.wav");
        let mut sink = WavSink::create(&path, format(Bits::Float32)).unwrap();
        sink.write_channels(&[&[0.1, 0.2], &[0.3, 0.4]]).unwrap();
        sink.finish().unwrap();
        assert_eq!(read::<f32>(&path), [0.1, 0.3, 0.2, 0.4]);
    }

    #[test]
    fn full_scale_is_cut_and_the_bytes_repeat() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a.wav"), dir.path().join("b.wav"));
        let samples: Vec<f32> = (0..2000).map(|i| (i as f32 * 0.1).sin() * 1.2).collect();
        for (bits, full) in [(Bits::Int16, 1 << 15), (Bits::Int24, 1 << 23)] {
            assert!(written(&a, bits, &samples).over > 0);
            written(&b, bits, &samples);
            assert_eq!(std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap());
            let read = read::<i32>(&a);
            assert_eq!((read.iter().max(), read.iter().min()), (Some(&(full - 1)), Some(&-full)));
            for (&x, &y) in samples.iter().zip(&read).filter(|(x, _)| x.abs() < 0.99) {
                assert!((f64::from(x) * f64::from(full) - f64::from(y)).abs() <= 1.5);
            }
        }
    }

    #[test]
    fn dither_makes_the_error_as_large_at_every_level() {
        // Triangular dither of ±1 LSB: the error's mean is 0 and its variance 1/6 + 1/12 = 1/4 LSB²
        // whatever lies between two steps. Without dither, or with uniform dither, it would vary.
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.wav");
        for part in [0.0, 0.25, 0.5, 0.8] {
            let value = part / 32_768.0;
            written(&path, Bits::Int16, &vec![value as f32; 100_000]);
            let errors: Vec<f64> =
                read::<i32>(&path).iter().map(|&y| f64::from(y) - part).collect();
            let mean = errors.iter().sum::<f64>() / errors.len() as f64;
            let variance = errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64;
            assert!(mean.abs() < 0.01, "mean {mean} at {part}");
            assert!((variance - 0.25).abs() < 0.01, "variance {variance} at {part}");
        }
    }

    #[test]
    fn an_unfinished_file_leaves_no_trace() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.wav");
        std::fs::write(&path, "old").unwrap();
        let mut sink = WavSink::create(&path, format(Bits::Int24)).unwrap();
        sink.write(&[0.5; 1000]).unwrap();
        drop(sink);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_full_disk_harms_nothing() {
        let Some(disk) = TinyDisk::new() else { return };
        let path = disk.path().join("x.wav");
        std::fs::write(&path, "old").unwrap();
        // Small enough to hide in the buffer until the end, and large enough to fail on the way.
        for frames in [20_000, 400_000] {
            let mut sink = WavSink::create(&path, format(Bits::Int24)).unwrap();
            let failed = sink.write(&vec![0.5; frames * 2]).and_then(|()| sink.finish().map(drop));
            let error = failed.unwrap_err().to_string();
            assert!(error.contains("the disk is full; free some space"), "{error}");
            assert_eq!(std::fs::read(&path).unwrap(), b"old");
            assert_eq!(disk.files().len(), 1);
        }
    }

    #[test]
    fn what_cannot_be_written_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let fail = |path: &Path, f| WavSink::create(path, f).err().unwrap().to_string();
        let path = dir.path().join("x.wav");
        assert!(
            fail(&dir.path().join("no/x.wav"), format(Bits::Int16))
                .contains("folder does not exist")
        );
        assert!(fail(&path, WavFormat { rate: 0, ..format(Bits::Int16) }).contains("0 Hz"));
        assert!(fail(&path, WavFormat { channels: 0, ..format(Bits::Int16) }).contains("channels"));
        let mut sink = WavSink::create(&path, format(Bits::Int16)).unwrap();
        sink.samples = MAX_DATA / 2;
        assert!(matches!(sink.write(&[0.0; 2]), Err(WavError::TooLong(_))));
    }
}

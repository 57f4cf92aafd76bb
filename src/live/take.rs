//! The master on disk while it plays, and its last two minutes in memory.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::engine::block::{BLOCK, StereoBlock};
use crate::files::write_atomic;

/// Seconds of the master that are kept.
pub const KEPT_S: u64 = 120;

/// Records the master to a WAV file of 32-bit floats, on a thread of its own.
pub struct Take {
    blocks: Option<Sender<StereoBlock>>,
    thread: Option<std::thread::JoinHandle<Result<(), TakeError>>>,
}

/// Why a recording failed.
#[derive(Debug, thiserror::Error)]
#[error("the recording '{path}' cannot be written: {cause}")]
pub struct TakeError {
    path: PathBuf,
    cause: String,
}

impl TakeError {
    fn new(path: &Path, cause: impl ToString) -> Self {
        TakeError { path: path.to_owned(), cause: cause.to_string() }
    }
}

fn spec(rate: u32) -> hound::WavSpec {
    let sample_format = hound::SampleFormat::Float;
    hound::WavSpec { channels: 2, sample_rate: rate, bits_per_sample: 32, sample_format }
}

impl Take {
    /// Begin a recording.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub fn create(path: &Path, rate: u32) -> Result<Take, TakeError> {
        let fail = |e: hound::Error| TakeError::new(path, e);
        let mut writer = hound::WavWriter::create(path, spec(rate)).map_err(fail)?;
        let (blocks, rest): (_, Receiver<StereoBlock>) = unbounded();
        let at = path.to_owned();
        let work = move || {
            let fail = |e: hound::Error| TakeError::new(&at, e);
            for block in rest {
                for i in 0..BLOCK {
                    writer.write_sample(block.l[i]).map_err(fail)?;
                    writer.write_sample(block.r[i]).map_err(fail)?;
                }
            }
            writer.finalize().map_err(fail)
        };
        let builder = std::thread::Builder::new().name("take".into());
        let thread = builder.spawn(work).map_err(|e| TakeError::new(path, e))?;
        Ok(Take { blocks: Some(blocks), thread: Some(thread) })
    }

    /// Add a block.
    pub fn block(&self, block: &StereoBlock) {
        if let Some(blocks) = &self.blocks {
            // Its thread has ended only if it failed, which `finish` tells.
            let _ = blocks.send(*block);
        }
    }

    /// Write all that is left.
    ///
    /// # Errors
    /// A disk that was full, or went away.
    pub fn finish(mut self) -> Result<(), TakeError> {
        self.blocks = None;
        match self.thread.take().map(std::thread::JoinHandle::join) {
            Some(Ok(result)) => result,
            _ => Ok(()),
        }
    }
}

/// The last two minutes of the master.
#[derive(Clone)]
pub struct Capture {
    rate: u32,
    blocks: VecDeque<StereoBlock>,
    most: usize,
}

impl Capture {
    /// Nothing yet, at `rate` frames per second.
    pub fn new(rate: u32) -> Self {
        let most = (KEPT_S * u64::from(rate)).div_ceil(BLOCK as u64) as usize;
        Capture { rate, blocks: VecDeque::with_capacity(most), most }
    }

    /// Add a block; the oldest goes when two minutes are full.
    pub fn block(&mut self, block: &StereoBlock) {
        if self.blocks.len() == self.most {
            self.blocks.pop_front();
        }
        self.blocks.push_back(*block);
    }

    /// What was heard, as the bytes of a WAV file of 32-bit floats.
    ///
    /// # Errors
    /// None but of memory.
    fn wav(&self) -> Result<Vec<u8>, hound::Error> {
        let mut bytes = io::Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec(self.rate))?;
        for block in &self.blocks {
            for i in 0..BLOCK {
                writer.write_sample(block.l[i])?;
                writer.write_sample(block.r[i])?;
            }
        }
        writer.finalize()?;
        Ok(bytes.into_inner())
    }

    /// Save what was heard; gives its seconds.
    ///
    /// # Errors
    /// Nothing heard yet, or a file that cannot be written.
    pub fn save(&self, path: &Path) -> Result<f64, TakeError> {
        if self.blocks.is_empty() {
            return Err(TakeError::new(path, "nothing was played yet"));
        }
        let bytes = self.wav().map_err(|e| TakeError::new(path, e))?;
        write_atomic(path, &bytes).map_err(|e| TakeError::new(path, e))?;
        Ok((self.blocks.len() * BLOCK) as f64 / f64::from(self.rate))
    }
}

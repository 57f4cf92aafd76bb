//! A bounce written to WAV files: the master, and a stem for every track and bus.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::bounce::{Bounce, BounceError, Bounced, Piece, Progress, bounce};
use super::wav::{Bits, WavError, WavFormat, WavSink};
use crate::engine::prepare::Samples;
use crate::engine::sound::SoundFactory;
use crate::model::project::Project;

/// Where a bounce is written.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The master.
    pub master: Option<PathBuf>,
    /// Folder for the stems; it must exist.
    pub stems: Option<PathBuf>,
    /// How samples are stored.
    pub bits: Bits,
}

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// What the bounce came to.
    pub bounced: Bounced,
    /// The files, master first.
    pub files: Vec<PathBuf>,
    /// The master's samples that an integer file had to clip.
    pub clipped: u64,
    /// The master, left and right, where `keep` asked for it.
    pub master: (Vec<f32>, Vec<f32>),
}

/// Bounce `project` into files. They appear under their names only when all is done. `keep` also
/// returns the master's samples.
///
/// # Errors
/// A project that cannot be played or a disk that cannot be written.
pub fn write(
    project: &Project,
    factory: &dyn SoundFactory,
    samples: &Samples,
    how: &Bounce,
    files: &Files,
    keep: bool,
    progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Written, BounceError<WavError>> {
    let strips = project.tracks.len() + project.buses.len();
    let master = strips + 1;
    let format = WavFormat { channels: 2, rate: how.rate, bits: files.bits };
    let create = |path: &Path| WavSink::create(path, format).map_err(BounceError::Sink);
    let mut sinks: Vec<Option<(PathBuf, WavSink)>> = (0..=master).map(|_| None).collect();
    if let Some(path) = &files.master {
        sinks[master] = Some((path.clone(), create(path)?));
    }
    if let Some(folder) = &files.stems {
        let tracks = project.tracks.iter().map(|t| &t.name);
        for (i, name) in tracks.chain(project.buses.iter().map(|b| &b.name)).enumerate() {
            let path = folder.join(stem_name(i + 1, name));
            sinks[i] = Some((path.clone(), create(&path)?));
        }
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let take = |piece: Piece| -> Result<(), WavError> {
        if keep && piece.node == master {
            left.extend_from_slice(piece.left);
            right.extend_from_slice(piece.right);
        }
        match sinks.get_mut(piece.node) {
            Some(Some((_, sink))) => sink.write_channels(&[piece.left, piece.right]),
            _ => Ok(()),
        }
    };
    let bounced = bounce(project, factory, samples, how, take, progress)?;
    let mut written = Written { bounced, files: Vec::new(), clipped: 0, master: (left, right) };
    for (node, (path, sink)) in
        sinks.into_iter().enumerate().filter_map(|(n, s)| Some((n, s?))).rev()
    {
        let summary = sink.finish().map_err(BounceError::Sink)?;
        if node == master {
            written.clipped = summary.over;
        }
        written.files.push(path);
    }
    Ok(written)
}

/// `03_Offbeat-bass.wav`: the place in the mixer and a name any disk can hold.
fn stem_name(place: usize, name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || c == '-' { c } else { '-' };
    let name: String = name.chars().take(60).map(safe).collect();
    format!("{place:02}_{}.wav", name.trim_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_have_names_any_disk_can_hold() {
        assert_eq!(stem_name(3, "Offbeat bass"), "03_Offbeat-bass.wav");
        assert_eq!(stem_name(12, "../a:b/?"), "12_a-b.wav");
    }
}

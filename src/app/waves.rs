//! The outlines of the recordings in a project, read on a thread of their own for those who draw them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::player::Player;
use crate::engine::samples::Sample;
use crate::files::read_limited;
use crate::model::clip::ClipContent;
use crate::model::sample::SamplePath;
use crate::model::wave::{self, Outline, Wave};
use crate::persistence::samples::{MAX_SAMPLE_BYTES, SampleFolders};
use crate::session::document::clips;

/// How often what is missing is sought again.
const AGAIN: Duration = Duration::from_secs(3);

/// A recording to be read, and for which of the asker's folders.
struct Wanted {
    round: u64,
    folders: Arc<SampleFolders>,
    path: SamplePath,
}

/// The outlines of a project's recordings.
pub struct Waves {
    /// What is known, by path.
    pub all: wave::Waves,
    wanted: Sender<Wanted>,
    found: Receiver<(u64, SamplePath, Wave)>,
    folders: Arc<SampleFolders>,
    round: u64,
    document: u64,
    state: Option<(u64, u64)>,
    sought: Instant,
}

impl Default for Waves {
    fn default() -> Self {
        let (wanted, work) = unbounded::<Wanted>();
        let (tell, found) = unbounded();
        let run = move || {
            for Wanted { round, folders, path } in work {
                let wave = read(&folders, &path).map_or_else(Wave::Missing, Wave::Ready);
                if tell.send((round, path, wave)).is_err() {
                    return;
                }
            }
        };
        if let Err(error) = std::thread::Builder::new().name("waves".to_owned()).spawn(run) {
            tracing::warn!("recordings are not drawn: {error}");
        }
        Waves {
            all: wave::Waves::new(),
            wanted,
            found,
            folders: Arc::default(),
            round: 0,
            document: 0,
            state: None,
            sought: Instant::now(),
        }
    }
}

impl Waves {
    /// Follow the document: call once a frame. Never waits.
    pub fn tend(&mut self, player: &Player) {
        for (round, path, wave) in self.found.try_iter() {
            if round == self.round && self.all.contains_key(&path) {
                self.all.insert(path, wave);
            }
        }
        let state = player.state();
        if self.document != state.0 || !is_of(&self.folders, player.path(), &player.library) {
            let folders = SampleFolders::of(player.path(), player.library.clone());
            (self.folders, self.document) = (Arc::new(folders), state.0);
            self.round += 1;
            self.all.clear();
            self.state = None;
        }
        let missing = |wave: &Wave| matches!(wave, Wave::Missing(_));
        if self.sought.elapsed() >= AGAIN {
            self.sought = Instant::now();
            for path in self.all.iter().filter(|(_, wave)| missing(wave)).map(|(path, _)| path) {
                self.want(path);
            }
        }
        if self.state == Some(state) {
            return;
        }
        self.state = Some(state);
        let mut all = wave::Waves::new();
        for (_, clip) in clips(&player.world) {
            let ClipContent::Audio(audio) = &clip.content else { continue };
            if all.contains_key(&audio.sample) {
                continue;
            }
            let wave = self.all.remove(&audio.sample).unwrap_or_else(|| {
                self.want(&audio.sample);
                Wave::Reading
            });
            all.insert(audio.sample.clone(), wave);
        }
        self.all = all;
    }

    fn want(&self, path: &SamplePath) {
        let (folders, path) = (Arc::clone(&self.folders), path.clone());
        // Without a reader nothing is drawn; the log says so.
        let _ = self.wanted.send(Wanted { round: self.round, folders, path });
    }
}

/// Whether these are the folders of a project that lies in `file`.
fn is_of(folders: &SampleFolders, file: &Path, library: &[PathBuf]) -> bool {
    *folders == SampleFolders::of(file, library.to_vec())
}

fn read(folders: &SampleFolders, path: &SamplePath) -> Result<Arc<Outline>, String> {
    let file = folders.resolve(path).map_err(|error| error.to_string())?;
    let bytes = read_limited(&file, MAX_SAMPLE_BYTES).map_err(|error| error.to_string())?;
    let broken = |error| format!("sample '{path}' cannot be read: {error}");
    let sample = Sample::decode(bytes).map_err(broken)?;
    let frames = sample.frames.iter().map(|frame| [frame.left, frame.right]);
    Ok(Arc::new(Outline::new(sample.rate, frames)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::desk::{At, Order};
    use crate::model::project::Project;
    use crate::model::time::{Bpm, TempoMap};

    fn settled(waves: &mut Waves, player: &Player) -> Vec<Wave> {
        let begun = Instant::now();
        loop {
            waves.tend(player);
            let all: Vec<Wave> = waves.all.values().cloned().collect();
            if !all.contains(&Wave::Reading) || begun.elapsed() > Duration::from_secs(20) {
                return all;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn recordings_get_an_outline_and_missing_ones_a_sentence() {
        let dir = tempfile::tempdir().unwrap();
        let key = "F minor".parse().unwrap();
        let project = Project::new("one", TempoMap::constant(Bpm::from_milli(170_000)), key);
        let mut player = Player::new(project, &dir.path().join("one.hcs")).unwrap();
        let quiet = &mut |_: Order| {};
        let mut waves = Waves::default();
        assert_eq!(settled(&mut waves, &player), []);
        for line in ["track add audio V", "scene add A", "scene add B"] {
            player.line(line, At::Now, quiet).unwrap();
        }
        player.line("clip V 1 sample shout.wav 1bar", At::Now, quiet).unwrap();
        let all = settled(&mut waves, &player);
        let [Wave::Missing(why)] = all.as_slice() else { panic!("{all:?}") };
        assert!(why.contains("'shout.wav' is missing"), "{why}");
        // It is sought again.
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 44_100,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut file = hound::WavWriter::create(dir.path().join("shout.wav"), spec).unwrap();
        (0..1000).for_each(|i| file.write_sample(if i == 700 { 16_384i16 } else { 0 }).unwrap());
        file.finalize().unwrap();
        waves.sought -= AGAIN;
        waves.tend(&player);
        let begun = Instant::now();
        let outline = loop {
            waves.tend(&player);
            if let Some(Wave::Ready(outline)) = waves.all.values().next() {
                break Arc::clone(outline);
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", waves.all);
            std::thread::sleep(Duration::from_millis(5));
        };
        assert_eq!((outline.rate(), outline.frames()), (44_100, 1000));
        assert!((outline.peak(0.0, 1000.0).unwrap().high() - 0.5).abs() < 0.01);
        assert_eq!(outline.peak(0.0, 600.0).unwrap().high(), 0.0);
        player.line("clip V 1 delete", At::Now, quiet).unwrap();
        assert_eq!(settled(&mut waves, &player), []);
    }
}

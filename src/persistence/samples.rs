//! Finding the samples of a project: in its own folder or a library folder, and nowhere else.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::model::clip::ClipContent;
use crate::model::project::Project;
use crate::model::sample::{SamplePath, SampleRoot};
use crate::model::track::{PadSound, TrackKind};

/// The folders samples may lie in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SampleFolders {
    /// The folder of the `.hcs` file; none for a project that was never saved.
    pub project: Option<PathBuf>,
    /// Library folders, the first that has a sample wins.
    pub library: Vec<PathBuf>,
}

/// Why a sample cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    /// No folder has it.
    #[error("sample '{path}' is missing{}", where_it_was_sought(.searched))]
    Missing {
        /// The sample.
        path: SamplePath,
        /// The folders that were searched.
        searched: Vec<PathBuf>,
    },
    /// A link leads out of the folders samples may lie in.
    #[error("sample '{path}' is refused: it is a link to '{}', outside the project's folder and the library", .target.display())]
    Outside {
        /// The sample.
        path: SamplePath,
        /// Where it leads.
        target: PathBuf,
    },
    /// It is there, but is no file that can be read.
    #[error("sample '{path}' cannot be read: {cause}")]
    Unreadable {
        /// The sample.
        path: SamplePath,
        /// Why.
        cause: String,
    },
}

fn where_it_was_sought(folders: &[PathBuf]) -> String {
    if folders.is_empty() {
        return ": the project has no folder yet; save it first".to_owned();
    }
    let names: Vec<String> = folders.iter().map(|f| format!("'{}'", f.display())).collect();
    format!("; searched in {}", names.join(", "))
}

/// A sample that cannot be used, and who wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleProblem {
    /// What is wrong.
    pub error: SampleError,
    /// The tracks that use it, by name.
    pub tracks: Vec<String>,
}

impl SampleFolders {
    /// The folders of a project file and the library.
    pub fn of(project_file: &Path, library: Vec<PathBuf>) -> Self {
        let folder = project_file.parent().map(|p| match p.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => p.to_owned(),
        });
        SampleFolders { project: folder, library }
    }

    /// The real file of a sample, with every link resolved.
    ///
    /// # Errors
    /// A sample that is missing, no regular file, or a link out of its folders.
    pub fn resolve(&self, path: &SamplePath) -> Result<PathBuf, SampleError> {
        let roots: Vec<PathBuf> = match path.root() {
            SampleRoot::Project => self.project.iter().cloned().collect(),
            SampleRoot::Library => self.library.clone(),
        };
        let unreadable =
            |cause: &str| SampleError::Unreadable { path: path.clone(), cause: cause.to_owned() };
        for root in &roots {
            let Ok(real) = fs::canonicalize(root.join(path.relative())) else { continue };
            if !self.allows(&real) {
                return Err(SampleError::Outside { path: path.clone(), target: real });
            }
            let meta = fs::metadata(&real).map_err(|e| unreadable(&e.to_string()))?;
            if !meta.is_file() {
                return Err(unreadable("it is no regular file"));
            }
            return Ok(real);
        }
        Err(SampleError::Missing { path: path.clone(), searched: roots })
    }

    /// Whether a real path lies in any of the folders.
    fn allows(&self, real: &Path) -> bool {
        let roots = self.project.iter().chain(&self.library);
        roots.filter_map(|r| fs::canonicalize(r).ok()).any(|root| real.starts_with(root))
    }

    /// Every sample of a project that cannot be used, by path.
    pub fn problems(&self, project: &Project) -> Vec<SampleProblem> {
        let bad = used(project).into_iter().filter_map(|(path, tracks)| {
            let error = self.resolve(path).err()?;
            Some(SampleProblem { error, tracks: tracks.into_iter().map(str::to_owned).collect() })
        });
        bad.collect()
    }
}

/// The samples a project uses, and the names of the tracks that use each.
pub fn used(project: &Project) -> BTreeMap<&SamplePath, Vec<&str>> {
    let mut all: BTreeMap<&SamplePath, Vec<&str>> = BTreeMap::new();
    for track in &project.tracks {
        let clips = track.clips.iter().filter_map(|clip| match &clip.content {
            ClipContent::Audio(audio) => Some(&audio.sample),
            ClipContent::Midi(_) => None,
        });
        let pads = match &track.kind {
            TrackKind::Drums(kit) => kit.pads.as_slice(),
            _ => &[],
        };
        let pads = pads.iter().filter_map(|pad| match &pad.sound {
            PadSound::Sample { path, .. } => Some(path),
            PadSound::Synth { .. } => None,
        });
        for path in clips.chain(pads) {
            let names = all.entry(path).or_default();
            if names.last() != Some(&track.name.as_str()) {
                names.push(&track.name);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> SamplePath {
        SamplePath::new(text).unwrap()
    }

    #[test]
    fn samples_are_found_in_their_folders_only() {
        let dir = tempfile::tempdir().unwrap();
        let (set, lib) = (dir.path().join("set"), dir.path().join("lib"));
        fs::create_dir_all(set.join("samples/kick.wav")).unwrap();
        fs::create_dir_all(lib.join("909")).unwrap();
        fs::write(set.join("snare.wav"), "x").unwrap();
        fs::write(lib.join("909/bd.wav"), "x").unwrap();
        fs::write(dir.path().join("secret.wav"), "x").unwrap();
        let empty = dir.path().join("none");
        let folders = SampleFolders::of(&set.join("a.hcs"), vec![empty.clone(), lib.clone()]);
        let real = fs::canonicalize(&set).unwrap();
        assert_eq!(folders.resolve(&path("snare.wav")), Ok(real.join("snare.wav")));
        assert!(folders.resolve(&path("library:909/bd.wav")).is_ok());
        let missing = folders.resolve(&path("library:909/sd.wav")).unwrap_err();
        let text = missing.to_string();
        assert!(
            text.contains("'library:909/sd.wav' is missing; searched in") && text.contains("lib'")
        );
        assert!(matches!(
            folders.resolve(&path("samples/kick.wav")),
            Err(SampleError::Unreadable { .. })
        ));
        let unsaved = SampleFolders::default().resolve(&path("x.wav")).unwrap_err().to_string();
        assert!(unsaved.contains("save it first"), "{unsaved}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_folder_is_refused() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let (set, lib) = (dir.path().join("set"), dir.path().join("lib"));
        fs::create_dir_all(&set).unwrap();
        fs::create_dir_all(&lib).unwrap();
        fs::write(dir.path().join("secret.wav"), "x").unwrap();
        fs::write(lib.join("bd.wav"), "x").unwrap();
        symlink(dir.path().join("secret.wav"), set.join("out.wav")).unwrap();
        symlink(dir.path(), set.join("up")).unwrap();
        symlink(lib.join("bd.wav"), set.join("fine.wav")).unwrap();
        let folders = SampleFolders { project: Some(set), library: vec![lib] };
        for bad in ["out.wav", "up/secret.wav"] {
            let error = folders.resolve(&path(bad)).unwrap_err();
            assert!(matches!(error, SampleError::Outside { .. }), "{error}");
        }
        assert!(folders.resolve(&path("fine.wav")).is_ok());
    }
}

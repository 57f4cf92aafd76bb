//! Finding the samples of a project: in its own folder or a library folder, and nowhere else.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

use crate::files::{FileError, create_atomic};
use crate::model::clip::ClipContent;
use crate::model::project::Project;
use crate::model::sample::{SamplePath, SampleRoot};
use crate::model::track::{PadSound, TrackKind};

/// The folder beside a project's file that copies of library samples lie in, below their own paths.
pub const COLLECTED: &str = "collected";

/// Largest file of a sample that is read, bytes.
pub const MAX_SAMPLE_BYTES: u64 = 1 << 30;

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
            // A copy beside the project is the one it was made with.
            SampleRoot::Library => {
                let own = self.project.iter().map(|folder| folder.join(COLLECTED));
                own.chain(self.library.iter().cloned()).collect()
            }
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

/// Copy samples of `project` into the folder of `file`: those of its own folder where that is another,
/// and those of the library if `library` says so. What is there already stays. Gives how many were
/// copied.
///
/// # Errors
/// A sample that is missing, another file of its name in the way, a disk that cannot be written. What
/// was copied by then stays.
pub fn gather(
    from: &SampleFolders,
    project: &Project,
    file: &Path,
    library: bool,
) -> Result<usize, String> {
    let to = SampleFolders::of(file, Vec::new()).project.unwrap_or_default();
    let mut copied = 0;
    for path in used(project).into_keys() {
        let target = match path.root() {
            SampleRoot::Project => to.join(path.relative()),
            SampleRoot::Library => to.join(COLLECTED).join(path.relative()),
        };
        let source = match from.resolve(path) {
            Ok(source) => source,
            // One that is missing here is as missing there; the project says so itself.
            Err(SampleError::Missing { .. }) => continue,
            Err(error) => return Err(error.to_string()),
        };
        let own = from.project.as_ref().and_then(|folder| fs::canonicalize(folder).ok());
        let is_own = own.is_some_and(|own| source.starts_with(own));
        if !is_own && !library || fs::canonicalize(&target).is_ok_and(|there| there == source) {
            continue;
        }
        copied += usize::from(copy(&source, &target)?);
    }
    Ok(copied)
}

/// Copy a file, unless the same is there. Gives whether it was copied.
fn copy(source: &Path, target: &Path) -> Result<bool, String> {
    let fail = |e: io::Error| FileError::saving(target, &e).to_string();
    let mut from = fs::File::open(source).map_err(fail)?;
    if let Ok(there) = fs::File::open(target) {
        return match same(&from, &there).map_err(fail)? {
            true => Ok(false),
            false => Err(format!(
                "'{}' is another sample of the same name; move it or choose another folder",
                target.display()
            )),
        };
    }
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(fail)?;
    }
    let mut to = create_atomic(target).map_err(|e| e.to_string())?;
    io::copy(&mut from, &mut to).map_err(fail)?;
    to.commit().map_err(fail)?;
    Ok(true)
}

fn same(one: &fs::File, other: &fs::File) -> io::Result<bool> {
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (io::BufReader::new(one), io::BufReader::new(other));
    loop {
        let (a, b) = (one.fill_buf()?, other.fill_buf()?);
        let count = a.len().min(b.len());
        if a[..count] != b[..count] {
            return Ok(false);
        }
        if count == 0 {
            return Ok(a.len() == b.len());
        }
        one.consume(count);
        other.consume(count);
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

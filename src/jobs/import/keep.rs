//! Where an imported recording lies: where projects may find it already, or copied into the library.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::files::{FileError, read_limited, write_atomic};
use crate::model::sample::SamplePath;
use crate::persistence::samples::{MAX_SAMPLE_BYTES, SampleFolders};

/// The folder of the library that copies go into.
const FOLDER: &str = "imported";
/// Signs that a copy's name may have before its ending.
const LONGEST: usize = 80;

/// The bytes of a recording.
pub(super) fn bytes(file: &Path) -> Result<Vec<u8>, String> {
    read_limited(file, MAX_SAMPLE_BYTES).map_err(|error| error.to_string())
}

/// The path by which a project finds `file`, which holds `bytes`. One that lies neither in a folder of
/// the library nor in the project's is copied into the library; nothing is ever overwritten.
pub(super) fn place(
    file: &Path,
    bytes: &[u8],
    folders: &SampleFolders,
) -> Result<SamplePath, String> {
    if let Some(path) = known(file, folders) {
        return Ok(path);
    }
    let library = folders.library.first().ok_or("there is no sample library to copy it into")?;
    let folder = library.join(FOLDER);
    fs::create_dir_all(&folder).map_err(|error| FileError::saving(&folder, &error).to_string())?;
    let name = copy(file, bytes, &folder)?;
    SamplePath::new(&format!("library:{FOLDER}/{name}")).map_err(|error| error.to_string())
}

/// The path of a file that lies where projects may find it.
fn known(file: &Path, folders: &SampleFolders) -> Option<SamplePath> {
    let real = fs::canonicalize(file).ok()?;
    let below = |folder: &PathBuf, before: &str| {
        let inside = real.strip_prefix(fs::canonicalize(folder).ok()?).ok()?;
        let parts: Option<Vec<&str>> = inside.iter().map(|part| part.to_str()).collect();
        let path = SamplePath::new(&format!("{before}{}", parts?.join("/"))).ok()?;
        // A file of the same name in a folder that comes before is the one that would be found.
        (folders.resolve(&path).ok()? == real).then_some(path)
    };
    // The library first: it may lie inside a project's folder, which other projects are not in.
    let library = folders.library.iter().find_map(|folder| below(folder, "library:"));
    library.or_else(|| folders.project.iter().find_map(|folder| below(folder, "")))
}

/// Copies into a folder, under a name that nothing has yet; the same sound under the same name is not
/// copied twice. Gives the name.
fn copy(file: &Path, bytes: &[u8], folder: &Path) -> Result<String, String> {
    let safe = |c: char| if c.is_alphanumeric() || " -_.()#+&'".contains(c) { c } else { '-' };
    let part = |part: Option<&std::ffi::OsStr>| -> String {
        let text = part.unwrap_or_default().to_string_lossy();
        text.chars().map(safe).take(LONGEST).collect()
    };
    let stem = part(file.file_stem());
    let stem = stem.trim_matches(['.', ' ']);
    let stem = if stem.is_empty() { "recording" } else { stem };
    let ending = part(file.extension());
    for number in 1..10_000 {
        let name = match number {
            1 => format!("{stem}.{ending}"),
            n => format!("{stem} {n}.{ending}"),
        };
        let path = folder.join(&name);
        let fail = |error: &io::Error| FileError::saving(&path, error).to_string();
        // Made in the same moment as it is found to be free.
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(_) => {
                let written = write_atomic(&path, bytes).map_err(|error| error.to_string());
                if written.is_err() {
                    // The empty file that held the name goes again, as far as the disk allows.
                    let _ = fs::remove_file(&path);
                }
                return written.map(|()| name);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let long = fs::metadata(&path).is_ok_and(|meta| meta.len() == bytes.len() as u64);
                if long && read_limited(&path, MAX_SAMPLE_BYTES).is_ok_and(|there| there == bytes) {
                    return Ok(name);
                }
            }
            Err(error) => return Err(fail(&error)),
        }
    }
    Err(format!("'{}' holds too many files of that name; tidy it up", folder.display()))
}

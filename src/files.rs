//! Files read within limits and written whole or not at all, with a sentence for whatever goes wrong.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use atomic_write_file::AtomicWriteFile;

/// What went wrong with a file, in one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} '{}': {}", .path.display(), .cause)]
pub struct FileError {
    /// What was tried: `open` or `save`.
    pub verb: &'static str,
    /// The file.
    pub path: PathBuf,
    /// What stood in the way and what helps.
    pub cause: String,
    /// What kind of fault it was.
    pub kind: io::ErrorKind,
}

impl FileError {
    fn opening(path: &Path, error: &io::Error) -> Self {
        let cause = sentence(error, "there is no such file", "you may not read it");
        FileError { verb: "open", path: path.to_owned(), cause, kind: error.kind() }
    }

    /// A failure to write `path`; whatever was there before is untouched.
    pub fn saving(path: &Path, error: &io::Error) -> Self {
        let cause = sentence(
            error,
            "the folder does not exist; create it or choose another place",
            "you may not write there; choose another folder or change its permissions",
        );
        FileError { verb: "save", path: path.to_owned(), cause, kind: error.kind() }
    }
}

/// The cause in a musician's words.
fn sentence(error: &io::Error, missing: &str, forbidden: &str) -> String {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound => missing.to_owned(),
        Kind::PermissionDenied => forbidden.to_owned(),
        Kind::StorageFull => {
            "the disk is full; free some space and try again (what was there is unchanged)"
                .to_owned()
        }
        Kind::QuotaExceeded => {
            "your share of the disk is used up; free some space and try again (what was there is \
             unchanged)"
                .to_owned()
        }
        Kind::FileTooLarge => "it is larger than this disk allows a file to be".to_owned(),
        Kind::ReadOnlyFilesystem => "the disk is read-only; choose another place".to_owned(),
        Kind::IsADirectory => "it is a folder".to_owned(),
        Kind::NotADirectory => "part of its path is a file, not a folder".to_owned(),
        Kind::InvalidFilename => "the name is too long or not allowed on this disk".to_owned(),
        _ => error.to_string(),
    }
}

/// The bytes of a regular file of at most `limit` bytes.
///
/// # Errors
/// A file that is missing, unreadable, no regular file (folder, pipe, device) or too large.
pub fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let fail = |e: &io::Error| FileError::opening(path, e);
    // Asked before opening: opening a pipe would wait for its other end.
    let meta = fs::metadata(path).map_err(|e| fail(&e))?;
    let refuse =
        |kind, cause: String| FileError { verb: "open", path: path.to_owned(), cause, kind };
    if meta.is_dir() {
        return Err(refuse(io::ErrorKind::IsADirectory, "it is a folder".to_owned()));
    }
    if !meta.is_file() {
        return Err(refuse(io::ErrorKind::InvalidInput, "it is no regular file".to_owned()));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| fail(&e))?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| fail(&e))?;
    if bytes.len() as u64 > limit {
        let cause = format!("it is larger than the {} MB allowed", limit >> 20);
        return Err(refuse(io::ErrorKind::FileTooLarge, cause));
    }
    Ok(bytes)
}

/// A file that appears under its name only on [`commit`](AtomicWriteFile::commit); until then, and if
/// it is dropped, what was there stays. Permissions are kept; a link's target is replaced, not the link.
///
/// # Errors
/// A folder that is missing or not writable, or a target that is no regular file.
pub fn create_atomic(path: &Path) -> Result<AtomicWriteFile, FileError> {
    let fail = |e: &io::Error| FileError::saving(path, e);
    let mut target = path.to_owned();
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_symlink() => {
            target = fs::canonicalize(path).map_err(|e| fail(&e))?;
        }
        Ok(_) => {}
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(fail(&e)),
    }
    if let Ok(meta) = fs::metadata(&target) {
        // Renaming over a device or a pipe would replace it.
        if meta.is_dir() {
            return Err(fail(&io::ErrorKind::IsADirectory.into()));
        }
        if !meta.is_file() {
            return Err(fail(&io::Error::new(
                io::ErrorKind::InvalidInput,
                "it is no regular file",
            )));
        }
        // A rename asks only the folder; a file marked read-only is to be kept all the same.
        if meta.permissions().readonly() {
            let cause =
                "the file is marked read-only; choose another name or change its permissions";
            return Err(fail(&io::Error::other(cause)));
        }
    }
    if target.file_name().is_none() {
        return Err(fail(&io::ErrorKind::InvalidFilename.into()));
    }
    AtomicWriteFile::open(&target).map_err(|e| fail(&e))
}

/// Writes a file whole or not at all.
///
/// # Errors
/// As [`create_atomic`], and a disk that fills up or fails; what was there is then unchanged.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let mut file = create_atomic(path)?;
    let written = file.write_all(bytes).and_then(|()| file.commit());
    written.map_err(|e| FileError::saving(path, &e))
}

#[cfg(test)]
pub(crate) mod testing {
    //! A disk that really is full.

    use std::path::{Path, PathBuf};
    use std::process::Command;

    /// A file system of 64 kB, gone when dropped.
    pub(crate) struct TinyDisk(tempfile::TempDir);

    impl TinyDisk {
        /// Mounts one, or says loudly that this machine does not allow it.
        pub(crate) fn new() -> Option<Self> {
            let dir = tempfile::tempdir().expect("a temporary folder");
            let args = ["-t", "tmpfs", "-o", "size=64k", "tmpfs"];
            let mounted = Command::new("mount").args(args).arg(dir.path()).output();
            if mounted.is_ok_and(|out| out.status.success()) {
                return Some(TinyDisk(dir));
            }
            eprintln!("SKIPPED: this needs the right to mount a small disk (run as root on Linux)");
            None
        }

        pub(crate) fn path(&self) -> &Path {
            self.0.path()
        }

        /// From now on nothing can be written to it.
        pub(crate) fn make_read_only(&self) {
            let done = Command::new("mount").args(["-o", "remount,ro"]).arg(self.path()).status();
            assert!(done.is_ok_and(|s| s.success()), "what was mounted can be made read-only");
        }

        /// Names of all files on it, hidden ones too.
        pub(crate) fn files(&self) -> Vec<PathBuf> {
            let entries = std::fs::read_dir(self.path()).expect("a readable disk");
            entries.map(|e| PathBuf::from(e.expect("an entry").file_name())).collect()
        }
    }

    impl Drop for TinyDisk {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg(self.0.path()).status();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_leaves_the_old_file_and_nothing_else() {
        let Some(disk) = testing::TinyDisk::new() else { return };
        let path = disk.path().join("set.hcs");
        write_atomic(&path, b"old").unwrap();
        let error = write_atomic(&path, &vec![b'x'; 200_000]).unwrap_err();
        assert_eq!(error.kind, io::ErrorKind::StorageFull);
        assert!(error.to_string().contains("the disk is full; free some space"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(disk.files(), [PathBuf::from("set.hcs")]);
    }

    #[test]
    fn a_read_only_disk_is_named() {
        let Some(disk) = testing::TinyDisk::new() else { return };
        let path = disk.path().join("set.hcs");
        write_atomic(&path, b"old").unwrap();
        disk.make_read_only();
        let error = write_atomic(&path, b"new").unwrap_err().to_string();
        assert!(error.ends_with("the disk is read-only; choose another place"), "{error}");
        assert_eq!(read_limited(&path, 10).unwrap(), b"old");
    }

    #[test]
    fn what_is_no_file_is_neither_read_nor_replaced() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read_limited(dir.path(), 10).unwrap_err().to_string().ends_with("it is a folder"));
        assert!(
            write_atomic(dir.path(), b"x").unwrap_err().to_string().ends_with("it is a folder")
        );
        let gone = dir.path().join("gone/set.hcs");
        assert!(
            read_limited(&gone, 10).unwrap_err().to_string().ends_with("there is no such file")
        );
        let error = write_atomic(&gone, b"x").unwrap_err().to_string();
        assert!(error.contains("the folder does not exist"), "{error}");
        let file = dir.path().join("file");
        write_atomic(&file, &[0; 11]).unwrap();
        assert_eq!(read_limited(&file, 11).unwrap().len(), 11);
        assert_eq!(read_limited(&file, 10).unwrap_err().kind, io::ErrorKind::FileTooLarge);
        let inside = file.join("x");
        assert!(write_atomic(&inside, b"x").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn devices_links_and_permissions_survive() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let error = read_limited(Path::new("/dev/zero"), 10).unwrap_err();
        assert!(error.to_string().contains("no regular file"), "{error}");
        assert!(write_atomic(Path::new("/dev/null"), b"x").is_err());
        assert!(!fs::metadata("/dev/null").unwrap().is_file());

        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("real"), dir.path().join("link"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&real, &link).unwrap();
        write_atomic(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);

        fs::set_permissions(&real, fs::Permissions::from_mode(0o440)).unwrap();
        assert!(write_atomic(&real, b"x").unwrap_err().to_string().contains("read-only"));
        assert_eq!(fs::read(&real).unwrap(), b"new");
    }
}

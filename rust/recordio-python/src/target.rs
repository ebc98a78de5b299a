//! The place that a file is to take in the end, and what is there until then.

use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use crate::{
    error::{BindingError, BindingResult},
    folder, os_error,
    output::{Identity, Output, identity_at},
};

/// What stands behind the name of a file that is not whole yet.
const SUFFIX: &str = ".partial";

/// How many symbolic links may lead on to each other.
const MAX_LINKS: usize = 40;

/// The place that a file is to take.
pub(crate) struct Target {
    pub(crate) path: PathBuf,
    /// The path that was asked for, for errors.
    given: PathBuf,
    /// The file that is there, and its lock.
    old: Option<Output>,
    /// Whether there must be none.
    pub(crate) is_exclusive: bool,
}

impl Target {
    /// Looks at what is where `given` leads.
    pub(crate) fn new(given: &Path, is_exclusive: bool) -> BindingResult<Self> {
        let path = real_path(given);
        let target = Self { path, given: given.to_owned(), old: None, is_exclusive };
        if given.as_os_str().is_empty() {
            return Err(target.failed(os_error::not_found()));
        }
        // A symbolic link is there, whether it leads to anything or not.
        let found = if is_exclusive { fs::symlink_metadata(given) } else { fs::metadata(given) };
        match found {
            Ok(_) if is_exclusive => Err(target.failed(os_error::exists())),
            Ok(metadata) if metadata.is_dir() => Err(target.failed(os_error::is_directory())),
            Ok(metadata) if !metadata.is_file() => Err(target.failed(os_error::is_not_regular())),
            Ok(_) => Ok(target),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(target),
            Err(error) => Err(target.failed(error)),
        }
    }

    /// Locks the file that is there, which one must be able to write.
    pub(crate) fn lock(&mut self) -> BindingResult<()> {
        let file = match OpenOptions::new().write(true).open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            opened => opened.map_err(|error| self.failed(error))?,
        };
        let mut old = Output::new(file);
        old.lock().map_err(|_| BindingError::Locked { path: self.given.clone() })?;
        self.old = Some(old);
        Ok(())
    }

    /// Checks that this place and another one are two, as are those of the files that are to take
    /// them.
    pub(crate) fn check_apart(&self, other: &Self) -> BindingResult<()> {
        let are_one = self.path == other.path
            || self.partial() == other.path
            || self.path == other.partial()
            || identity_at(&self.path).is_some_and(|it| Some(it) == identity_at(&other.path));
        if are_one { Err(BindingError::SameFile { path: self.given.clone() }) } else { Ok(()) }
    }

    /// Checks that no other writer has put something there meanwhile that it still writes.
    pub(crate) fn check(&mut self) -> BindingResult<()> {
        if identity_at(&self.path) == self.identity() {
            return Ok(());
        }
        if self.is_exclusive {
            return Err(self.failed(os_error::exists()));
        }
        self.lock()
    }

    /// Removes the file that is to be replaced, and returns whether there was one.
    pub(crate) fn clear(&self) -> BindingResult<bool> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            removed => removed.map(|()| true).map_err(|error| self.failed(error)),
        }
    }

    /// Comes back when it is on the disk which file has the place, if any.
    pub(crate) fn sync_name(&self) -> BindingResult<()> {
        folder::sync(&self.path).map_err(|error| self.failed(error))
    }

    /// Gives a file the owner, the group and the permissions of the one that it replaces, as far as
    /// the system lets it.
    pub(crate) fn lend_permissions(&self, output: &Output) {
        if let Some(old) = &self.old {
            let _ = lend_permissions(old, output);
        }
    }

    /// Returns the number of the file that is there.
    pub(crate) fn identity(&self) -> Option<Identity> {
        self.old.as_ref().and_then(Output::identity)
    }

    /// Returns the path of the file that is to take the place.
    pub(crate) fn partial(&self) -> PathBuf {
        partial_path(&self.path)
    }

    /// Creates the error for a failure on the file, by the path that was asked for.
    pub(crate) fn failed(&self, error: io::Error) -> BindingError {
        BindingError::core(error, &self.given)
    }

    /// Has an error name the path that was asked for, if it names that of the partial file.
    pub(crate) fn named(&self, error: BindingError) -> BindingError {
        error.with_path(&self.partial(), &self.given)
    }
}

/// Gives a file the owner, the group and the permissions of another, as far as the system lets it.
pub(crate) fn lend_permissions(old: &Output, output: &Output) -> io::Result<()> {
    let metadata = old.file().metadata()?;
    lend_owner(&metadata, output.file());
    output.file().set_permissions(metadata.permissions())
}

/// Gives a file owner and group, or the group only: not everybody may give files away. Before the
/// permissions, of which this may take some.
#[cfg(unix)]
fn lend_owner(metadata: &fs::Metadata, file: &fs::File) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let group = Some(metadata.gid());
    if fchown(file, Some(metadata.uid()), group).is_err() {
        let _ = fchown(file, None, group);
    }
}

/// Does nothing: this system gives files to who makes them.
#[cfg(not(unix))]
fn lend_owner(_metadata: &fs::Metadata, _file: &fs::File) {}

/// Returns where a path leads, also if there is no such file yet, and whatever folder is the current
/// one later.
pub(crate) fn real_path(path: &Path) -> PathBuf {
    let mut real = std::path::absolute(path).unwrap_or(path.to_owned());
    for _ in 0..MAX_LINKS {
        if let Ok(found) = fs::canonicalize(&real) {
            return found;
        }
        // A symbolic link that leads to nothing: a file made through it is there.
        let (Ok(next), Some(folder)) = (fs::read_link(&real), real.parent()) else { break };
        real = folder.join(next);
    }
    // By whatever way a folder is named, it is one folder.
    let folder = real.parent().and_then(|folder| fs::canonicalize(folder).ok());
    match (folder, real.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => real,
    }
}

/// Returns the path of the file that is to replace another.
pub(crate) fn partial_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(SUFFIX);
    name.into()
}

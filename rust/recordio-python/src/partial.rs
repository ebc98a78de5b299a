//! Files written beside those that they replace, all at once and only when they are whole.

use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use crate::{
    created::{Created, Mode, open_both},
    error::{BindingError, BindingResult},
    folder,
    fork::Process,
    os_error,
    output::{Identity, Output, identity_at},
};

/// What stands behind the name of a file that is not whole yet.
const SUFFIX: &str = ".partial";

/// The files of a writer that is to replace others, or to remove what it wrote.
pub(crate) struct Replacement {
    records: Partial,
    index: Option<Partial>,
}

/// A file that is not whole yet; removed in the end if it has not taken its place.
struct Partial {
    path: PathBuf,
    target: Target,
    is_pending: bool,
    process: Process,
}

/// The place that a file is to take.
struct Target {
    path: PathBuf,
    /// The file that is there, and its lock.
    old: Option<Output>,
    /// Whether there must be none.
    is_exclusive: bool,
}

impl Replacement {
    /// Opens files beside the ones that they are to replace.
    pub(crate) fn open(
        path: &Path,
        index_path: Option<&Path>,
        mode: Mode,
    ) -> BindingResult<(Self, Output, Option<Output>)> {
        let real = real_path(path);
        let real_index = index_path.map(real_path);
        if real_index.as_ref() == Some(&real) {
            return Err(BindingError::SameFile { path: path.to_owned() });
        }
        let is_exclusive = mode == Mode::Refuse;
        let target = Target::new(real, path, is_exclusive)?;
        let index_target = match (real_index, index_path) {
            (Some(real), Some(path)) => Some(Target::new(real, path, is_exclusive)?),
            _ => None,
        };
        let partial = partial_path(&target.path);
        let index_partial = index_target.as_ref().map(|target| partial_path(&target.path));
        let (file, index) = open_both(&partial, index_partial.as_deref(), Mode::Empty)?;
        let (file, index) = (file.into_empty()?, index.map(Created::into_empty).transpose()?);
        target.lend_permissions(&file);
        if let (Some(target), Some(index)) = (&index_target, &index) {
            target.lend_permissions(index);
        }
        let records = Partial::new(partial.clone(), target);
        let parts = index_partial.clone().zip(index_target);
        let index_part = parts.map(|(path, target)| Partial::new(path, target));
        Ok((Self { records, index: index_part }, file, index))
    }

    /// Puts whole files in their places: at no time is there an index beside the records of another.
    ///
    /// Files that cannot be put there stay where they are, under their own names.
    pub(crate) fn commit(mut self) -> BindingResult<()> {
        let parts = [Some(&mut self.records), self.index.as_mut()];
        for part in parts.into_iter().flatten() {
            part.is_pending = false;
        }
        self.records.target.check()?;
        if let Some(index) = &mut self.index {
            index.target.check()?;
        }
        if let Some(Partial { target, .. }) = &self.index
            && !target.is_exclusive
        {
            target.clear()?;
        }
        self.records.publish()?;
        if let Some(index) = &self.index {
            index.publish()?;
        }
        let paths = [Some(&self.records), self.index.as_ref()];
        for path in paths.into_iter().flatten().map(|part| part.target.path.as_path()) {
            folder::sync(path).map_err(|error| BindingError::core(error, path))?;
        }
        Ok(())
    }

    /// Returns the numbers of the files that are to be replaced.
    pub(crate) fn identities(&self) -> impl Iterator<Item = Identity> {
        let parts = [Some(&self.records), self.index.as_ref()];
        parts.into_iter().flatten().filter_map(|part| part.target.old.as_ref()?.identity())
    }
}

impl Partial {
    fn new(path: PathBuf, target: Target) -> Self {
        Self { path, target, is_pending: true, process: Process::current() }
    }

    fn publish(&self) -> BindingResult<()> {
        let Target { path, is_exclusive, .. } = &self.target;
        let published = if *is_exclusive {
            publish_new(&self.path, path)
        } else {
            fs::rename(&self.path, path)
        };
        published.map_err(|error| BindingError::core(error, path))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if self.is_pending && self.process.is_this() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Target {
    /// Looks at what is at `path`, and locks it; `given` is the path for errors.
    fn new(path: PathBuf, given: &Path, is_exclusive: bool) -> BindingResult<Self> {
        let failed = |error: io::Error| BindingError::core(error, given);
        if given.as_os_str().is_empty() {
            return Err(failed(os_error::not_found()));
        }
        let mut target = Self { path, old: None, is_exclusive };
        match fs::metadata(&target.path) {
            Ok(_) if is_exclusive => Err(failed(os_error::exists())),
            Ok(metadata) if metadata.is_dir() => Err(failed(os_error::is_directory())),
            Ok(metadata) if !metadata.is_file() => Err(failed(os_error::is_not_regular())),
            Ok(_) => target.lock().map(|()| target),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(target),
            Err(error) => Err(failed(error)),
        }
    }

    /// Locks the file that is there, which one must be able to write.
    fn lock(&mut self) -> BindingResult<()> {
        let file = match OpenOptions::new().write(true).open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            opened => opened.map_err(|error| BindingError::core(error, &self.path))?,
        };
        let mut old = Output::new(file);
        old.lock().map_err(|_| BindingError::Locked { path: self.path.clone() })?;
        self.old = Some(old);
        Ok(())
    }

    /// Checks that no other writer has put something there meanwhile that it still writes.
    fn check(&mut self) -> BindingResult<()> {
        let known = self.old.as_ref().and_then(Output::identity);
        if identity_at(&self.path) == known {
            return Ok(());
        }
        if self.is_exclusive {
            return Err(BindingError::core(os_error::exists(), &self.path));
        }
        self.lock()
    }

    /// Removes the file that is to be replaced.
    fn clear(&self) -> BindingResult<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(|error| BindingError::core(error, &self.path)),
        }
    }

    /// Gives a file the permissions of the one that it replaces, as far as the system lets it.
    fn lend_permissions(&self, output: &Output) {
        let permissions = self.old.as_ref().and_then(|old| old.file().metadata().ok());
        if let Some(metadata) = permissions {
            let _ = output.file().set_permissions(metadata.permissions());
        }
    }
}

/// Gives a file its name, if that is free.
fn publish_new(partial: &Path, target: &Path) -> io::Result<()> {
    match fs::hard_link(partial, target) {
        Ok(()) => fs::remove_file(partial),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // A file system without links, which cannot promise more.
        Err(_) if !target.exists() => fs::rename(partial, target),
        Err(_) => Err(os_error::exists()),
    }
}

/// Returns where a path leads, also if there is no such file yet, and whatever folder is the current
/// one later.
pub(crate) fn real_path(path: &Path) -> PathBuf {
    fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or(path.to_owned())
}

/// Returns the path of the file that is to replace another.
pub(crate) fn partial_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(SUFFIX);
    name.into()
}

//! Files that are to be written, before anything of what they hold is lost.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

use same_file::Handle;

use crate::{
    error::{BindingError, BindingResult},
    os_error,
    output::{IsLocked, Output, identity_at},
};

/// How often a file is opened again that was replaced before it could be locked.
const TRIES: usize = 100;

/// What becomes of a file that is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    /// It is emptied.
    Empty,
    /// Its name goes to a new one, unless a writer has it.
    Anew,
    /// It is an error.
    Refuse,
    /// It is written on.
    Append,
}

/// A file opened for writing that still holds what was there; removed again if nothing comes of it.
pub(crate) struct Created<'p> {
    path: &'p Path,
    /// `None` only after it was taken.
    output: Option<Output>,
    is_new: bool,
}

/// Opens the files of records and index, and locks them.
///
/// The index is touched only by who has the lock of the records: two that come at once do not take
/// it away from each other.
pub(crate) fn open_both<'p>(
    path: &'p Path,
    index_path: Option<&'p Path>,
    mode: Mode,
) -> BindingResult<(Created<'p>, Option<Created<'p>>)> {
    for tries_left in (0..TRIES).rev() {
        let mut file = Created::open(path, mode)?;
        let mut are_there = file.lock()?;
        let mut index = None;
        if let Some(path) = index_path.filter(|_| are_there || tries_left == 0) {
            let mut created = Created::open(path, mode)?;
            check_apart(&file, &created)?;
            are_there &= created.lock()?;
            index = Some(created);
        }
        // A file system that numbers files anew each time it is asked is no reason to give up.
        if are_there || tries_left == 0 {
            return Ok((file, index));
        }
    }
    unreachable!("the last try returns")
}

impl<'p> Created<'p> {
    fn open(path: &'p Path, mode: Mode) -> BindingResult<Self> {
        let mut options = OpenOptions::new();
        // A pipe or a terminal has no end to write on from, and nothing to be read there.
        let is_other = || fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
        options.write(true).read(mode == Mode::Append && !is_other());
        let failed = |error| BindingError::core(error, path);
        let (file, is_new) = match options.clone().create_new(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && mode == Mode::Anew => {
                let _old = take_name(path)?;
                (options.create_new(true).open(path), true)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && mode != Mode::Refuse => {
                // `create` for what a symbolic link points to.
                (options.create(true).truncate(false).open(path), false)
            }
            created => (created, true),
        };
        let file = file.map_err(failed)?;
        Ok(Self { path, output: Some(Output::new(file)), is_new })
    }

    /// Locks the file; returns whether its path still leads to it.
    fn lock(&mut self) -> BindingResult<bool> {
        let Some(output) = &mut self.output else { return Ok(true) };
        let locked = output.lock();
        // Whoever else has it goes on with it; and what another one has put there is not ours.
        let is_there = locked.is_ok() && output.identity() == identity_at(self.path);
        self.is_new &= is_there || cfg!(not(unix));
        match locked {
            Ok(()) => Ok(is_there),
            Err(IsLocked) => Err(BindingError::Locked { path: self.path.to_owned() }),
        }
    }

    /// Empties the file and returns it; a pipe or a terminal has nothing to empty.
    pub(crate) fn into_empty(mut self) -> BindingResult<Output> {
        self.emptied().map_err(|error| BindingError::core(error, self.path))
    }

    fn emptied(&mut self) -> io::Result<Output> {
        let output = self.output.take().ok_or(io::ErrorKind::NotFound)?;
        let metadata = output.file().metadata()?;
        // A file system may hurry to write what replaces a file that was cut: ext4 does, at `close`.
        if metadata.is_file() && metadata.len() > 0 {
            output.file().set_len(0)?;
        }
        Ok(output)
    }

    /// Returns the file as it is.
    pub(crate) fn into_output(mut self) -> BindingResult<Output> {
        let gone = || BindingError::core(io::Error::from(io::ErrorKind::NotFound), self.path);
        self.output.take().ok_or_else(gone)
    }

    /// Returns the file while it is not taken.
    pub(crate) fn file(&self) -> Option<&File> {
        self.output.as_ref().map(Output::file)
    }

    pub(crate) fn path(&self) -> &'p Path {
        self.path
    }

    fn handle(&self) -> BindingResult<Option<Handle>> {
        let handle = self.file().map(|file| {
            if !file.metadata()?.is_file() {
                return Ok(None); // a pipe or a terminal may well take both
            }
            Handle::from_file(file.try_clone()?).map(Some)
        });
        handle
            .transpose()
            .map(Option::flatten)
            .map_err(|error| BindingError::core(error, self.path))
    }
}

impl Drop for Created<'_> {
    fn drop(&mut self) {
        if self.is_new && self.output.is_some() {
            let _ = fs::remove_file(self.path); // made a moment ago, and empty
        }
    }
}

/// Removes the name of a file that nobody writes, and leaves the file: it may have other names. What
/// is returned holds it until there is another one of that name.
fn take_name(path: &Path) -> BindingResult<Option<Output>> {
    let failed = |error| BindingError::core(error, path);
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        found => found.map_err(failed)?,
    };
    let mut old = None;
    if metadata.is_dir() {
        return Err(failed(os_error::is_directory()));
    } else if metadata.is_file() {
        // Who must not write it may remove it all the same, and then nobody else writes it.
        if let Ok(file) = OpenOptions::new().write(true).open(path) {
            let output = old.insert(Output::new(file));
            output.lock().map_err(|IsLocked| BindingError::Locked { path: path.to_owned() })?;
        }
    } else if !metadata.is_symlink() {
        return Err(failed(os_error::is_not_regular()));
    }
    // Another one has done the same meanwhile: what is there now is its own, and soon locked.
    if old.as_ref().is_some_and(|old| cfg!(unix) && old.identity() != identity_at(path)) {
        return Err(BindingError::Locked { path: path.to_owned() });
    }
    fs::remove_file(path).map_err(failed)?;
    Ok(old)
}

/// Checks that records and index go to two files, whatever their paths say.
fn check_apart(file: &Created<'_>, index: &Created<'_>) -> BindingResult<()> {
    match (file.handle()?, index.handle()?) {
        (Some(one), Some(other)) if one == other => {
            Err(BindingError::SameFile { path: file.path.to_owned() })
        }
        _ => Ok(()),
    }
}

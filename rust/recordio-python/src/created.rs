//! Files that are to be written, before anything of what they hold is lost.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

use same_file::Handle;

use crate::error::{BindingError, BindingResult};

/// A file opened for writing that still holds what was there; removed again if nothing comes of it.
pub(crate) struct Created<'p> {
    path: &'p Path,
    /// `None` only after `into_empty` took it.
    file: Option<File>,
    is_new: bool,
}

impl<'p> Created<'p> {
    pub(crate) fn open(path: &'p Path, exclusive: bool) -> BindingResult<Self> {
        let mut options = OpenOptions::new();
        options.write(true);
        let (file, is_new) = match options.clone().create_new(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !exclusive => {
                // `create` for what a symbolic link points to.
                (options.create(true).truncate(false).open(path), false)
            }
            created => (created, true),
        };
        let file = file.map_err(|error| BindingError::core(error, path))?;
        Ok(Self { path, file: Some(file), is_new })
    }

    /// Empties the file and returns it; a pipe or a terminal has nothing to empty.
    pub(crate) fn into_empty(mut self) -> BindingResult<File> {
        self.emptied().map_err(|error| BindingError::core(error, self.path))
    }

    fn emptied(&mut self) -> io::Result<File> {
        let file = self.file.take().ok_or(io::ErrorKind::NotFound)?;
        let metadata = file.metadata()?;
        // A file system may hurry to write what replaces a file that was cut: ext4 does, at `close`.
        if metadata.is_file() && metadata.len() > 0 {
            file.set_len(0)?;
        }
        Ok(file)
    }

    fn handle(&self) -> BindingResult<Option<Handle>> {
        let handle = self.file.as_ref().map(|file| {
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
        if self.is_new && self.file.take().is_some() {
            let _ = fs::remove_file(self.path); // made a moment ago, and empty
        }
    }
}

/// Checks that records and index go to two files, whatever their paths say.
pub(crate) fn check_apart(file: &Created<'_>, index: &Created<'_>) -> BindingResult<()> {
    match (file.handle()?, index.handle()?) {
        (Some(one), Some(other)) if one == other => {
            Err(BindingError::SameFile { path: file.path.to_owned() })
        }
        _ => Ok(()),
    }
}

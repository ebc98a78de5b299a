//! The files of a writer, up to their end: written, made durable, put in their places.

use std::{io, path::PathBuf};

use recordio::{
    Error,
    io::{Durable, IndexedWriter},
};

use crate::{
    error::{BindingError, BindingResult},
    folder,
    opened::Opened,
    output::Output,
    partial::Replacement,
};

pub(crate) type Inner = IndexedWriter<Output, Box<dyn Durable + Send>>;

/// Files that are being written; dropped, they are closed as they are.
pub(crate) struct Files {
    /// What a close has to do with the files, if they are to replace others; dropped, it removes
    /// them. It comes first: they are locked for as long as they have their names.
    replacement: Option<Replacement>,
    pub(crate) inner: Inner,
    /// The files whose names are not known to be durable.
    unsynced_names: Vec<PathBuf>,
}

impl Files {
    /// Takes files that were opened; those with these paths have names to be made durable.
    pub(crate) fn new(opened: Opened, names: Vec<PathBuf>) -> Self {
        let index_sink: Box<dyn Durable + Send> = match opened.index {
            Some(index) => Box::new(index),
            None => Box::new(io::sink()),
        };
        Self {
            replacement: opened.replacement,
            inner: IndexedWriter::new(opened.records, index_sink),
            unsynced_names: names,
        }
    }

    /// Makes what was written durable: the records, the index, and then their names.
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        self.inner.sync()?;
        while let Some(path) = self.unsynced_names.last() {
            folder::sync(path).inspect_err(|_| self.inner.discard())?;
            self.unsynced_names.pop();
        }
        Ok(())
    }

    /// Writes what is buffered and closes the files; puts them in their places if they have others.
    /// `lost` makes the error of records that could not be written.
    pub(crate) fn finish(mut self, lost: impl FnOnce(Error) -> BindingError) -> BindingResult<()> {
        match self.replacement.take() {
            None => self.inner.flush().map_err(lost),
            Some(replacement) => {
                self.inner.sync().map_err(lost)?;
                replacement.commit()
            }
        }
    }

    /// Returns whether the files are to take their places in the end.
    pub(crate) fn are_pending(&self) -> bool {
        self.replacement.is_some()
    }

    /// Closes the files without writing what is buffered, and without putting them anywhere.
    pub(crate) fn give_up(mut self) {
        self.inner.discard();
    }
}

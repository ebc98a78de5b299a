//! The files of a writer, opened by its mode.

use std::path::{Path, PathBuf};

use recordio::io::Writer;

use crate::{
    appending::{Recovered, open_end},
    created::{Created, Mode, open_both},
    error::BindingResult,
    output::{Identity, Output},
    partial::Replacement,
    target::real_path,
};

/// Files that are open for writing, with nothing in them that does not belong there.
pub(crate) struct Opened {
    pub(crate) records: Writer<Output>,
    pub(crate) index: Option<Output>,
    /// What has to be done at the end, if they are to replace others only then.
    pub(crate) replacement: Option<Replacement>,
    /// What a writer before has left undone, if records were written on.
    pub(crate) recovered: Recovered,
    /// The key of the first record by default.
    pub(crate) first_key: i64,
}

impl Opened {
    pub(crate) fn new(path: &Path, index_path: Option<&Path>, mode: Mode) -> BindingResult<Self> {
        let (file, index) = open_both(path, index_path, mode)?;
        if mode == Mode::Append {
            let appended = open_end(file, index)?;
            return Ok(Self {
                records: Writer::at_offset(appended.file, appended.offset),
                index: appended.index,
                replacement: None,
                recovered: appended.recovered,
                first_key: appended.next_key,
            });
        }
        // Only now, with both open, is anything that was there lost.
        let file = file.into_empty()?;
        let index = index.map(Created::into_empty).transpose()?;
        Ok(Self::empty(file, index, None))
    }

    /// Opens files that are to replace others, or to be new, once they are whole.
    pub(crate) fn replacing(
        path: &Path,
        index_path: Option<&Path>,
        mode: Mode,
    ) -> BindingResult<Self> {
        let (replacement, file, index) = Replacement::open(path, index_path, mode)?;
        Ok(Self::empty(file, index, Some(replacement)))
    }

    /// Takes files as they are.
    pub(crate) fn empty(
        file: Output,
        index: Option<Output>,
        replacement: Option<Replacement>,
    ) -> Self {
        let records = Writer::new(file);
        Self { records, index, replacement, recovered: Recovered::default(), first_key: 0 }
    }

    /// Returns the numbers of all files that are open.
    pub(crate) fn identities(&self) -> Vec<Identity> {
        let outputs = [self.records.get_ref(), self.index.as_ref()];
        let own = outputs.into_iter().flatten().filter_map(Output::identity);
        let replaced = self.replacement.iter().flat_map(Replacement::identities);
        own.chain(replaced).collect()
    }

    /// Returns the paths of the files whose names have to be made durable, too.
    pub(crate) fn names(&self, path: &Path, index_path: Option<&Path>) -> Vec<PathBuf> {
        if self.replacement.is_some() {
            return Vec::new(); // they get their names in the end
        }
        let outputs = [(self.records.get_ref(), Some(path)), (self.index.as_ref(), index_path)];
        let is_regular =
            |output: &Output| output.file().metadata().is_ok_and(|metadata| metadata.is_file());
        outputs
            .into_iter()
            .filter(|(output, _)| output.is_some_and(is_regular))
            .filter_map(|(_, path)| path.map(real_path))
            .collect()
    }
}

//! Readers and writers by path.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use crate::{
    Error,
    idx::{Index, KeyKind},
    io::{IndexedReader, Indexer, ReadAtCursor, Reader, Writer},
};

/// Opens a `.rec` file for reading in sequence.
///
/// The reader has an offset of its own, also after a fork: reads are positioned.
///
/// # Errors
///
/// Returns [`Error::Io`] where the file cannot be opened.
pub fn open(path: impl AsRef<Path>) -> Result<Reader<ReadAtCursor<File>>, Error> {
    Ok(Reader::new(ReadAtCursor::new(File::open(path)?, 0)))
}

/// Opens a `.rec` file for reading any record, with the index beside it if there is one, and else
/// with the ordinals for keys, found by going through the headers.
///
/// # Errors
///
/// - [`Error::Io`] where a file cannot be read.
/// - [`Error::Index`] where the index is damaged.
/// - [`Error::Format`] where there is no index and the file is damaged.
pub fn open_indexed(path: impl AsRef<Path>) -> Result<IndexedReader<File>, Error> {
    let path = path.as_ref();
    let file = File::open(path)?;
    let index = match File::open(index_path(path)) {
        Ok(index) => Index::parse(BufReader::new(index), KeyKind::Integer)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Indexer::new(&file)?.into_index()?
        }
        Err(error) => return Err(error.into()),
    };
    Ok(IndexedReader::new(file, index))
}

/// Creates a `.rec` file, or empties the one that is there, and opens it for writing.
///
/// # Errors
///
/// Returns [`Error::Io`] where the file cannot be created.
pub fn create(path: impl AsRef<Path>) -> Result<Writer<File>, Error> {
    Ok(Writer::new(File::create(path)?))
}

/// Returns the path of the index that belongs to a `.rec` file: the same with the extension `.idx`.
#[must_use]
pub fn index_path(path: impl AsRef<Path>) -> PathBuf {
    path.as_ref().with_extension("idx")
}

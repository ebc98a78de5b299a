//! Readers and writers by path.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use crate::{
    Error,
    idx::{Index, KeyKind},
    io::{IndexedReader, ReadAtCursor, Reader, Workers, Writer},
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
        Ok(index) => parse_index(&index, KeyKind::Integer)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Workers::default().index_records(&file, |_| Ok(()))?
        }
        Err(error) => return Err(error.into()),
    };
    Ok(IndexedReader::new(file, index))
}

/// Parses an `.idx` file; a pipe, which cannot be read at offsets, as a stream.
fn parse_index(file: &File, kind: KeyKind) -> Result<Index, Error> {
    if file.metadata()?.is_file() {
        Workers::default().parse_index(file, kind, || Ok(()))
    } else {
        Index::parse(BufReader::new(file), kind)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{idx::Key, io::IndexedWriter};

    /// A folder of its own that is removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("recordio-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_is_read_with_the_index_beside_it_and_without() {
        let folder = Folder::new("fs");
        let path = folder.0.join("a.rec");
        let index = File::create(index_path(&path)).unwrap();
        let mut writer = IndexedWriter::new(create(&path).unwrap(), index);
        writer.write_record(Key::Integer(7), b"seven").unwrap();
        writer.write_record(Key::Integer(9), b"nine").unwrap();
        writer.flush().unwrap();

        let records: Vec<Vec<u8>> =
            open(&path).unwrap().into_records().map(Result::unwrap).collect();
        assert_eq!(records, [&b"seven"[..], b"nine"]);
        let mut buffer = Vec::new();
        let reader = open_indexed(&path).unwrap();
        assert_eq!(reader.read_key(Key::Integer(9), &mut buffer).unwrap(), Some(&b"nine"[..]));

        std::fs::remove_file(index_path(&path)).unwrap();
        let reader = open_indexed(&path).unwrap();
        assert_eq!(reader.read_key(Key::Integer(9), &mut buffer).unwrap(), None);
        assert_eq!(reader.read_key(Key::Integer(1), &mut buffer).unwrap(), Some(&b"nine"[..]));
    }

    #[test]
    fn a_missing_file_is_an_io_error() {
        let folder = Folder::new("missing");
        let path = folder.0.join("nowhere").join("a.rec");
        assert!(matches!(open(&path), Err(Error::Io(_))));
        assert!(matches!(open_indexed(&path), Err(Error::Io(_))));
        assert!(matches!(create(&path), Err(Error::Io(_))));
    }
}

//! What records are read from: a file that can be read at any offset, or a pipe that cannot.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    sync::Arc,
};

use recordio::{
    Error,
    io::{ReadAt, ReadAtCursor},
};
use recordio_storage::Storage;

use crate::{interrupt::Interruptible, os_error};

/// An open file, read in sequence.
#[derive(Debug)]
pub(crate) enum Source {
    /// A file, with an offset of its own: another process or reader cannot move it.
    Positioned(ReadAtCursor<Arc<Storage>>),
    /// A pipe, a socket or a terminal.
    Stream(Interruptible<Pipe>),
}

impl Source {
    /// Creates a source that reads from the start of a file.
    pub(crate) fn new(storage: Arc<Storage>) -> io::Result<Self> {
        Ok(if is_stream(storage.file())? {
            Self::Stream(Interruptible(Pipe(storage)))
        } else {
            storage.expect_sequence();
            Self::Positioned(ReadAtCursor::new(storage, 0))
        })
    }
}

impl Source {
    /// Returns the file if records can be had through a map of it, too.
    pub(crate) fn mapped(&self) -> Option<&Storage> {
        match self {
            Self::Positioned(cursor) => Some(&**cursor.get_ref()).filter(|file| file.is_mapped()),
            Self::Stream(_) => None,
        }
    }
}

/// A file that is read where it stands.
#[derive(Debug)]
pub(crate) struct Pipe(Arc<Storage>);

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.file().read(buffer)
    }
}

/// Opens `path` for reading; a directory is an error here and not at the first read.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(os_error::is_directory());
    }
    Ok(file)
}

/// Checks that a file goes on at `offset`; a stream has no offsets, which the next read finds out.
pub(crate) fn check_offset(file: &File, offset: u64) -> Result<(), Error> {
    let file_len = file.source_len()?;
    if offset >= file_len && !is_stream(file)? {
        return Err(Error::OffsetBeyondEnd { offset, file_len });
    }
    Ok(())
}

/// Checks that a file can be read at offsets: a pipe cannot.
pub(crate) fn check_offsets(file: &File) -> io::Result<()> {
    if is_stream(file)? { Err(os_error::not_seekable()) } else { Ok(()) }
}

#[cfg(unix)]
fn is_stream(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::FileTypeExt;
    let kind = file.metadata()?.file_type();
    Ok(kind.is_fifo() || kind.is_socket() || kind.is_char_device())
}

#[cfg(not(unix))]
fn is_stream(file: &File) -> io::Result<bool> {
    file.metadata().map(|metadata| !metadata.is_file())
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Positioned(cursor) => cursor.read(buffer),
            Self::Stream(file) => file.read(buffer),
        }
    }
}

impl Seek for Source {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Positioned(cursor) => cursor.seek(target),
            Self::Stream(Interruptible(pipe)) => pipe.0.file().seek(target), // ESPIPE
        }
    }
}

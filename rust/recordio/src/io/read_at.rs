//! Positioned reads: no shared offset, hence no lock, and no surprise after a fork.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    sync::Arc,
};

/// A source that can be read at any offset through a shared reference.
pub trait ReadAt {
    /// Reads some bytes at `offset` into `buffer` and returns how many; 0 at the end.
    ///
    /// # Errors
    ///
    /// Whatever the source fails with, as [`Read::read`] does.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Returns the length of the source in bytes, as it is now.
    ///
    /// # Errors
    ///
    /// Whatever the source fails with.
    fn source_len(&self) -> io::Result<u64>;

    /// Reads at `offset` until `buffer` is full or the source ends, and returns how many bytes.
    ///
    /// # Errors
    ///
    /// Whatever the source fails with; an interruption is no failure.
    fn read_full_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            let Some(at) = offset.checked_add(filled as u64) else { break };
            match self.read_at(&mut buffer[filled..], at) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

impl ReadAt for File {
    #[cfg(unix)]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if !is_within_reach(offset, buffer.len()) {
            return Ok(0);
        }
        std::os::unix::fs::FileExt::read_at(self, buffer, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if !is_within_reach(offset, buffer.len()) {
            return Ok(0);
        }
        // Moves the file's own offset as a side effect, which nothing here uses.
        match std::os::windows::fs::FileExt::seek_read(self, buffer, offset) {
            Err(error) if error.raw_os_error() == Some(38) => Ok(0), // ERROR_HANDLE_EOF
            result => result,
        }
    }

    fn source_len(&self) -> io::Result<u64> {
        self.metadata().map(|metadata| metadata.len())
    }
}

/// Returns whether the system can be asked for `len` bytes at `offset`: it counts with a sign, and
/// no file is so large that it could have them elsewhere.
fn is_within_reach(offset: u64, len: usize) -> bool {
    i64::try_from(offset.saturating_add(len as u64)).is_ok()
}

impl ReadAt for [u8] {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..));
        let rest = rest.unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn source_len(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.as_slice().read_at(buffer, offset)
    }

    fn source_len(&self) -> io::Result<u64> {
        self.as_slice().source_len()
    }
}

impl<S: ReadAt + ?Sized> ReadAt for &S {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_at(buffer, offset)
    }

    fn source_len(&self) -> io::Result<u64> {
        (**self).source_len()
    }
}

impl<S: ReadAt + ?Sized> ReadAt for Arc<S> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_at(buffer, offset)
    }

    fn source_len(&self) -> io::Result<u64> {
        (**self).source_len()
    }
}

/// A [`Read`] with an offset of its own over a [`ReadAt`].
#[derive(Clone, Debug)]
pub struct ReadAtCursor<S> {
    source: S,
    offset: u64,
}

impl<S: ReadAt> ReadAtCursor<S> {
    /// Creates a cursor that reads next at `offset` bytes.
    pub const fn new(source: S, offset: u64) -> Self {
        Self { source, offset }
    }

    /// Returns the source.
    pub const fn get_ref(&self) -> &S {
        &self.source
    }
}

impl<S: ReadAt> Read for ReadAtCursor<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read_at(buffer, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}

impl<S: ReadAt> Seek for ReadAtCursor<S> {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        let offset = match target {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(delta) => self.offset.checked_add_signed(delta),
            SeekFrom::End(delta) => self.source.source_len()?.checked_add_signed(delta),
        };
        let outside =
            || io::Error::new(io::ErrorKind::InvalidInput, "seek to an impossible offset");
        self.offset = offset.ok_or_else(outside)?;
        Ok(self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_on_and_seeks() {
        let mut cursor = ReadAtCursor::new(b"abcdef".to_vec(), 1);
        let mut buffer = [0; 2];
        assert_eq!((cursor.read(&mut buffer).unwrap(), &buffer), (2, b"bc"));
        assert_eq!((cursor.read(&mut buffer).unwrap(), &buffer), (2, b"de"));
        assert_eq!(cursor.seek(SeekFrom::End(-1)).unwrap(), 5);
        assert_eq!((cursor.read(&mut buffer).unwrap(), buffer[0]), (1, b'f'));
        assert_eq!(cursor.read(&mut buffer).unwrap(), 0);
        assert!(cursor.seek(SeekFrom::Current(-7)).is_err());
    }

    #[test]
    fn nothing_lies_behind_the_largest_offset() {
        let file = File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
        for offset in [1 << 62, (1 << 63) - 1, u64::MAX - 1, u64::MAX] {
            assert_eq!(file.read_full_at(&mut [0; 8], offset).unwrap(), 0);
            assert_eq!(b"abc"[..].read_full_at(&mut [0; 8], offset).unwrap(), 0);
        }
    }
}

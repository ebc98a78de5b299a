//! A file being written, and its lock.

use std::{
    fs::{File, TryLockError},
    io::{self, IoSlice, Write},
    path::Path,
};

use recordio::io::Durable;

use crate::{fork::Process, interrupt::Interruptible};

/// A file that no other writer has, as far as the system can tell.
///
/// The lock goes when it is dropped, whatever copies of its descriptor forked children have; when
/// such a child drops its own, the lock stays.
#[derive(Debug)]
pub(crate) struct Output {
    file: Interruptible<File>,
    is_locked: bool,
    process: Process,
}

/// Another writer has the file.
pub(crate) struct IsLocked;

impl Output {
    /// Takes a file as it is, without a lock.
    pub(crate) fn new(file: File) -> Self {
        Self { file: Interruptible(file), is_locked: false, process: Process::current() }
    }

    /// Locks a regular file; does nothing where there are no locks.
    ///
    /// On Windows there are none: the ones of the system would keep readers away, too.
    pub(crate) fn lock(&mut self) -> Result<(), IsLocked> {
        let is_regular = self.file().metadata().is_ok_and(|metadata| metadata.is_file());
        if cfg!(unix) && is_regular {
            match self.file().try_lock() {
                Ok(()) => self.is_locked = true,
                Err(TryLockError::WouldBlock) => return Err(IsLocked),
                Err(TryLockError::Error(_)) => {} // a file system without locks
            }
        }
        Ok(())
    }

    pub(crate) fn file(&self) -> &File {
        &self.file.0
    }

    /// Returns a number of the file that no other has, where the system has such numbers.
    pub(crate) fn identity(&self) -> Option<Identity> {
        self.file().metadata().ok().and_then(|metadata| identity_of(&metadata))
    }
}

/// The device of a file, and its number there.
pub(crate) type Identity = (u64, u64);

/// Returns the identity of the file at `path`, if there is one.
pub(crate) fn identity_at(path: &Path) -> Option<Identity> {
    std::fs::metadata(path).ok().and_then(|metadata| identity_of(&metadata))
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "not every system has such numbers")]
fn identity_of(metadata: &std::fs::Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity_of(_metadata: &std::fs::Metadata) -> Option<Identity> {
    None
}

impl Drop for Output {
    fn drop(&mut self) {
        if self.is_locked && self.process.is_this() {
            let _ = self.file().unlock();
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.file.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Durable for Output {
    fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }
}

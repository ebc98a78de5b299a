//! Errors that the system would give, for what is found out without asking it.

use std::io;

/// Returns the error for a folder where a file is meant.
pub(crate) fn is_directory() -> io::Error {
    if cfg!(unix) {
        io::Error::from_raw_os_error(21) // EISDIR on Linux, macOS and the BSDs
    } else {
        io::ErrorKind::IsADirectory.into()
    }
}

/// Returns the error for a file that is there and must not be.
pub(crate) fn exists() -> io::Error {
    io::Error::from_raw_os_error(if cfg!(unix) { 17 } else { 80 }) // EEXIST, ERROR_FILE_EXISTS
}

/// Returns the error for a pipe or a device where a file is meant.
pub(crate) fn is_not_regular() -> io::Error {
    io::Error::from_raw_os_error(if cfg!(unix) { 22 } else { 87 }) // EINVAL, its like on Windows
}

/// Returns the error for a path that names nothing.
pub(crate) fn not_found() -> io::Error {
    io::Error::from_raw_os_error(2) // ENOENT, ERROR_FILE_NOT_FOUND
}

/// Returns the error for a pipe where a file with offsets is meant.
pub(crate) fn not_seekable() -> io::Error {
    if cfg!(unix) {
        io::Error::from_raw_os_error(29) // ESPIPE on Linux, macOS and the BSDs
    } else {
        io::ErrorKind::NotSeekable.into()
    }
}

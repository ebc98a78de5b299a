//! One record from anywhere in a file, as Python's `bytes`.

use std::{cell::RefCell, fs::File, io};

use pyo3::{prelude::*, types::PyBytes};
use recordio::{Error, idx::Index, io::read_record_at};

/// How much memory a thread keeps for its next read, in bytes.
const MAX_KEPT: usize = 1 << 20;

thread_local! {
    /// Where records are read to: new memory for each would be zeroed, and cost page faults.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The offset of a record, and its extent where that is known.
pub(crate) type Place = (u64, Option<u64>);

/// Returns the place of the record with this ordinal.
pub(crate) fn place_of(index: &Index, ordinal: usize) -> Option<Place> {
    Some((index.offset(ordinal)?, index.extent(ordinal)))
}

/// Finds a place and reads the record there, detached; returns it with the next one's offset.
pub(crate) fn read_bytes<'py>(
    py: Python<'py>,
    file: &File,
    locate: impl FnOnce() -> Option<Place> + Send,
) -> Result<Option<(Bound<'py, PyBytes>, u64)>, Error> {
    BUFFER.with_borrow_mut(|buffer| {
        let found = py.detach(|| {
            let (offset, extent) = locate()?;
            Some(read_record_at(file, offset, extent, buffer))
        });
        let made = found.map(|record| {
            let record = record?;
            let bytes = new_bytes(py, buffer.get(record.range).unwrap_or_default())?;
            Ok((bytes, record.end))
        });
        if buffer.capacity() > MAX_KEPT {
            *buffer = Vec::new();
        }
        made.transpose()
    })
}

/// Makes a `bytes` object, or says that there is no memory for a large one.
pub(crate) fn new_bytes<'py>(py: Python<'py>, bytes: &[u8]) -> Result<Bound<'py, PyBytes>, Error> {
    if bytes.len() <= MAX_KEPT {
        return Ok(PyBytes::new(py, bytes)); // panics without memory, but does not zero it first
    }
    let made = PyBytes::new_with(py, bytes.len(), |place| {
        place.copy_from_slice(bytes);
        Ok(())
    });
    made.map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory).into())
}

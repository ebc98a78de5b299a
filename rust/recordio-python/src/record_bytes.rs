//! One record from anywhere in a file, as Python's `bytes`.

use std::{cell::RefCell, io};

use pyo3::{prelude::*, types::PyBytes};
use recordio::{
    Error,
    io::{Place, StoredRecord, read_record_at},
};
use recordio_storage::{Storage, WholeRecord};

use crate::{heap::keep_freed_memory, unfilled::NewRecord};

/// How much memory a thread keeps for its next read, in bytes.
const MAX_KEPT: usize = 1 << 20;

/// From how many bytes on a record goes straight into its object: before, a copy costs less than
/// to know its length beforehand.
pub(crate) const MIN_DIRECT: usize = 16 * 1024;

/// The same for a mapped file, where knowing it costs nothing.
const MIN_MAPPED_DIRECT: usize = 1024;

/// Returns from how many bytes on a record of this file goes straight into its object.
pub(crate) fn min_direct(storage: &Storage) -> usize {
    if storage.is_mapped() { MIN_MAPPED_DIRECT } else { MIN_DIRECT }
}

thread_local! {
    /// Where records are read to: new memory for each would be zeroed, and cost page faults.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What is known of a record before there is an object for it.
enum Found {
    /// It was read to the buffer.
    Buffered(StoredRecord),
    /// It is large, and still in the file.
    Large(WholeRecord, Place),
}

/// Finds a place and reads the record there, detached; returns it with the next one's offset.
pub(crate) fn read_bytes<'py>(
    py: Python<'py>,
    storage: &Storage,
    locate: impl FnOnce() -> Option<Place> + Send,
) -> Result<Option<(Bound<'py, PyBytes>, u64)>, Error> {
    BUFFER.with_borrow_mut(|buffer| {
        let found = py.detach(|| locate().map(|place| find(storage, place, buffer)));
        let made = found.map(|found| match found? {
            Found::Buffered(record) => finish(py, buffer, &record),
            Found::Large(whole, place) => {
                let mut record = NewRecord::new(py, whole)?;
                py.detach(|| record.fill(storage));
                if let Some(bytes) = record.finish(py) {
                    return Ok((bytes, whole.end()));
                }
                // Something is wrong with it after all; this says what.
                let place = Place { extent: None, ..place };
                let record = py.detach(|| read_stored(storage, place, buffer))?;
                finish(py, buffer, &record)
            }
        });
        if buffer.capacity() > MAX_KEPT {
            *buffer = Vec::new();
        }
        made.transpose()
    })
}

fn find(storage: &Storage, place: Place, buffer: &mut Vec<u8>) -> Result<Found, Error> {
    let is_long = place.extent.is_some_and(|extent| extent > MIN_DIRECT as u64);
    if storage.is_mapped() || is_long {
        storage.expect(place.offset);
        match storage.find_whole(place.offset) {
            Some(whole) if whole.len >= min_direct(storage) => {
                return Ok(Found::Large(whole, place));
            }
            Some(whole) => {
                buffer.resize(buffer.len().max(whole.len), 0);
                let range = 0..whole.len;
                let target = buffer.get_mut(range.clone()).unwrap_or_default();
                if storage.fill_slice(&whole, target) {
                    return Ok(Found::Buffered(StoredRecord { range, end: whole.end() }));
                }
            }
            None => {}
        }
    }
    read_stored(storage, place, buffer).map(Found::Buffered)
}

fn read_stored(
    storage: &Storage,
    place: Place,
    buffer: &mut Vec<u8>,
) -> Result<StoredRecord, Error> {
    read_record_at(storage, place.offset, place.extent, buffer)
}

fn finish<'py>(
    py: Python<'py>,
    buffer: &[u8],
    record: &StoredRecord,
) -> Result<(Bound<'py, PyBytes>, u64), Error> {
    let bytes = new_bytes(py, buffer.get(record.range.clone()).unwrap_or_default())?;
    Ok((bytes, record.end))
}

/// Makes a `bytes` object, or says that there is no memory for a large one.
pub(crate) fn new_bytes<'py>(py: Python<'py>, bytes: &[u8]) -> Result<Bound<'py, PyBytes>, Error> {
    keep_freed_memory(bytes.len());
    if bytes.len() <= MAX_KEPT {
        return Ok(PyBytes::new(py, bytes)); // panics without memory, but does not zero it first
    }
    let made = PyBytes::new_with(py, bytes.len(), |place| {
        place.copy_from_slice(bytes);
        Ok(())
    });
    made.map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory).into())
}

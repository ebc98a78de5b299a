//! The next record of a file that is read in sequence, as Python's `bytes`.

use pyo3::{prelude::*, types::PyBytes};
use recordio::{Error, io::Reader};

use crate::{record_bytes::new_bytes, source::Source, unfilled::NewRecord};

/// From how many bytes on a record comes through the map, if there is one: then that one copy is
/// faster than the two through a buffer.
const MIN_MAPPED_IN_SEQUENCE: usize = 64 * 1024;

/// Reads the next record: attached if it lies in the buffer, else detached.
///
/// Where there is no memory for it, it is the next one again, except from a pipe.
pub(crate) fn next_record<'py>(
    py: Python<'py>,
    stream: &mut Reader<Source>,
) -> Result<Option<Bound<'py, PyBytes>>, Error> {
    let offset = stream.offset();
    let made = if let Some(record) = stream.read_buffered_record() {
        Some(new_bytes(py, record))
    } else if let Some((record, end)) = read_mapped(py, stream)? {
        stream.pass_record(end)?;
        return Ok(Some(record));
    } else {
        py.detach(|| stream.read_record())?.map(|record| new_bytes(py, record))
    };
    if matches!(made, Some(Err(_))) {
        let _ = stream.seek(offset);
    }
    made.transpose()
}

/// Reads the next record through the map, if it is a large one and whole.
fn read_mapped<'py>(
    py: Python<'py>,
    stream: &Reader<Source>,
) -> Result<Option<(Bound<'py, PyBytes>, u64)>, Error> {
    let Some(storage) = stream.get_ref().mapped() else { return Ok(None) };
    let offset = stream.offset();
    let found = py.detach(|| storage.find_whole(offset));
    let Some(whole) = found.filter(|whole| whole.len >= MIN_MAPPED_IN_SEQUENCE) else {
        return Ok(None);
    };
    let mut record = NewRecord::new(py, whole)?;
    py.detach(|| record.fill(storage));
    Ok(record.finish(py).map(|record| (record, whole.end())))
}

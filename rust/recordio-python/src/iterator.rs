//! `RecordIterator`: the records of a file one after the other.

use std::{path::PathBuf, sync::Arc};

use pyo3::{prelude::*, types::PyBytes};
use recordio::{
    Error,
    idx::Index,
    io::{Place, ReadAt, Reader},
};
use recordio_storage::Storage;

use crate::{
    error::{BindingError, BindingResult},
    in_sequence::next_record,
    record_bytes::read_bytes,
    shared::Shared,
    source::Source,
};

#[pyclass(name = "RecordIterator", module = "recordio_rs._recordio_rs", frozen)]
pub(crate) struct PyRecordIterator {
    path: PathBuf,
    state: Shared<State>,
}

struct State {
    storage: Arc<Storage>,
    stream: Reader<Source>,
    order: Order,
    has_ended: bool,
}

/// Which records come, and in which order.
enum Order {
    /// All of them, as they stand in the file.
    File,
    /// Those with ordinals `next`, `next + step`, …
    Ordinals { index: Arc<Index>, next: i64, step: i64, remaining: usize },
}

impl PyRecordIterator {
    /// Creates an iterator over `ordinals` (first, step, count) of `index`, or over the whole file.
    pub(crate) fn new(
        path: PathBuf,
        storage: Arc<Storage>,
        index: Option<&Arc<Index>>,
        ordinals: Option<(i64, i64, usize)>,
    ) -> BindingResult<Self> {
        let order = match (index, ordinals) {
            (Some(index), Some((next, step, remaining))) => {
                Order::Ordinals { index: Arc::clone(index), next, step, remaining }
            }
            _ => Order::File,
        };
        let source =
            Source::new(Arc::clone(&storage)).map_err(|error| BindingError::core(error, &path))?;
        let state = State { storage, stream: Reader::new(source), order, has_ended: false };
        Ok(Self { path, state: Shared::new(state) })
    }
}

impl State {
    fn next_record<'py>(&mut self, py: Python<'py>) -> Result<Option<Bound<'py, PyBytes>>, Error> {
        let Order::Ordinals { index, next, step, remaining } = &mut self.order else {
            return next_record(py, &mut self.stream);
        };
        let Some(left) = remaining.checked_sub(1) else { return Ok(None) };
        let Ok(ordinal) = usize::try_from(*next) else { return Ok(None) };
        let Some(offset) = index.offset(ordinal) else { return Ok(None) };
        (*next, *remaining) = (next.saturating_add(*step), left);
        if self.stream.offset() == offset {
            return match next_record(py, &mut self.stream)? {
                Some(record) => Ok(Some(record)),
                None => {
                    Err(Error::OffsetBeyondEnd { offset, file_len: self.storage.source_len()? })
                }
            };
        }
        // Out of sequence: fetch just this record, and go on in sequence if the next one follows.
        let read = read_bytes(py, &self.storage, || Place::of(index, ordinal))?;
        let Some((record, end)) = read else { return Ok(None) };
        self.stream.seek(end)?;
        Ok(Some(record))
    }

    /// The ordinal of the record that `next_record` gave or failed at.
    fn ordinal(&self) -> Option<u64> {
        match &self.order {
            Order::File => None,
            Order::Ordinals { next, step, .. } => u64::try_from(next.saturating_sub(*step)).ok(),
        }
    }
}

#[pymethods]
impl PyRecordIterator {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> BindingResult<Option<Bound<'py, PyBytes>>> {
        let mut state = self.state.lock(py, &self.path)?;
        if state.has_ended {
            return Ok(None);
        }
        let next = state.next_record(py);
        state.has_ended = !matches!(next, Ok(Some(_)));
        next.map_err(|error| BindingError::core(error, &self.path).with_ordinal(state.ordinal()))
    }

    fn __length_hint__(&self, py: Python<'_>) -> BindingResult<usize> {
        let state = self.state.lock(py, &self.path)?;
        Ok(match &state.order {
            Order::Ordinals { remaining, .. } if !state.has_ended => *remaining,
            _ => 0,
        })
    }
}

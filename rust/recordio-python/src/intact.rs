//! `IntactIterator`: the intact records of a file that may be damaged.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use pyo3::{PyTraverseError, PyVisit, prelude::*, types::PyBytes};
use recordio::{
    damage::SkippedRegion,
    io::{Found, Place, ReadAt, Rescue},
};
use recordio_storage::Storage;

use crate::{
    error::{BindingError, BindingResult},
    interrupt::pause,
    record_bytes::read_bytes,
    shared::Shared,
    source,
};

#[pyclass(name = "IntactIterator", module = "recordio_rs._recordio_rs", frozen)]
pub(crate) struct PyIntactIterator {
    path: PathBuf,
    storage: Arc<Storage>,
    rescue: Shared<Rescue<Paused>>,
    /// Called with begin, end, kind and reason of each region; `None` once the iterator is garbage.
    on_skip: Mutex<Option<Py<PyAny>>>,
}

/// The file as it is, whose reads give way to Ctrl-C.
struct Paused {
    storage: Arc<Storage>,
    pause: Mutex<Box<dyn FnMut() -> io::Result<()> + Send>>,
}

impl ReadAt for Paused {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        (self.pause.lock().unwrap_or_else(PoisonError::into_inner))()?;
        self.storage.file().read_at(buffer, offset)
    }

    fn source_len(&self) -> io::Result<u64> {
        self.storage.file().source_len()
    }
}

impl PyIntactIterator {
    pub(crate) fn new(
        path: PathBuf,
        storage: Arc<Storage>,
        on_skip: Py<PyAny>,
    ) -> BindingResult<Self> {
        let has_offsets = source::check_offsets(storage.file());
        has_offsets.map_err(|error| BindingError::core(error, &path))?;
        storage.expect_sequence();
        let source = Paused { storage: Arc::clone(&storage), pause: Mutex::new(Box::new(pause())) };
        let rescue = Rescue::new(source).map_err(|error| BindingError::core(error, &path))?;
        Ok(Self { path, storage, rescue: Shared::new(rescue), on_skip: Mutex::new(Some(on_skip)) })
    }

    fn handler(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let on_skip = self.on_skip.lock().unwrap_or_else(PoisonError::into_inner);
        on_skip.as_ref().map(|on_skip| on_skip.clone_ref(py))
    }

    fn next_found(&self, py: Python<'_>) -> BindingResult<Option<Found>> {
        let mut guard = self.rescue.lock(py, &self.path)?;
        let rescue = &mut *guard;
        let found = py.detach(|| rescue.next().transpose());
        found.map_err(|error| BindingError::core(error, &self.path))
    }
}

#[pymethods]
impl PyIntactIterator {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.on_skip.try_lock() {
            Ok(on_skip) => visit.call(&*on_skip),
            Err(_) => Ok(()), // in use
        }
    }

    fn __clear__(&self) {
        let on_skip = self.on_skip.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(on_skip); // when the lock is free
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> BindingResult<Option<Bound<'py, PyBytes>>> {
        loop {
            // The lock is free again when the callback runs, which may do anything.
            match self.next_found(py)? {
                None => return Ok(None),
                Some(Found::Skipped(SkippedRegion { begin, end, damage, .. })) => {
                    if let Some(on_skip) = self.handler(py) {
                        on_skip.call1(py, (begin, end, damage.kind(), damage.to_string()))?;
                    }
                }
                Some(Found::Record(span)) => {
                    let place = Place { offset: span.offset, extent: Some(span.extent) };
                    let read = read_bytes(py, &self.storage, || Some(place));
                    let read = read.map_err(|error| BindingError::core(error, &self.path))?;
                    return Ok(read.map(|(record, _)| record));
                }
            }
        }
    }
}

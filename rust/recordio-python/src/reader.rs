//! `FileReader`: one open `.rec` file, read in sequence and at any offset.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    types::{PyBytes, PyInt, PyIterator, PyList},
};
use recordio::{
    idx::Key,
    io::{Place, ReadAt, Reader, Workers},
};
use recordio_storage::{Backend, Storage};

use crate::{
    batch::{Batch, Failure, read_list},
    error::{BindingError, BindingResult},
    in_sequence::next_record,
    index::{KeyArg, PyRecordIndex},
    intact::PyIntactIterator,
    interrupt::reporting_pause,
    iterator::PyRecordIterator,
    ordinals::{Shown, ordinals_of},
    packed::PyPackedRecords,
    packing::{Packed, read_packed},
    pool::Threads,
    prefetch::PyPrefetch,
    record_bytes::read_bytes,
    salvage::PySalvage,
    shared::{Guard, Shared},
    shelf::Shelf,
    source::{self, Source},
};

/// The place that the next `read` starts at is where the last one ended.
const NO_SEEK: u64 = u64::MAX;

#[pyclass(name = "FileReader", module = "recordio_rs._recordio_rs", frozen)]
pub(crate) struct PyFileReader {
    path: PathBuf,
    /// Held only to copy the pointer: positioned reads need no lock.
    storage: RwLock<Option<Arc<Storage>>>,
    /// The records in sequence; `None` once closed.
    stream: Shared<Option<Reader<Source>>>,
    /// Where the next `read` starts, if something moved it: then no lock is needed to move it.
    pending_seek: AtomicU64,
    /// Memory for the next packed batch.
    shelf: Arc<Shelf>,
}

type StreamGuard<'a> = Guard<'a, Option<Reader<Source>>>;

impl PyFileReader {
    fn from_file(
        path: PathBuf,
        file: File,
        backend: Backend,
        lenient: bool,
    ) -> BindingResult<Self> {
        let failed = |error| BindingError::core(error, &path);
        let storage = Storage::new(file, backend).map_err(failed)?;
        let storage = Arc::new(if lenient { storage.with_padded_end() } else { storage });
        let source = Source::new(Arc::clone(&storage)).map_err(failed)?;
        Ok(Self {
            path,
            storage: RwLock::new(Some(storage)),
            stream: Shared::new(Some(Reader::new(source))),
            pending_seek: AtomicU64::new(NO_SEEK),
            shelf: Arc::default(),
        })
    }

    fn open_storage(&self) -> BindingResult<Arc<Storage>> {
        let storage = self.storage.read().unwrap_or_else(PoisonError::into_inner);
        storage.clone().ok_or_else(|| self.closed())
    }

    /// Locks the stream, and moves it where a seek has asked it to be.
    fn lock_stream<'a>(&'a self, py: Python<'_>) -> BindingResult<StreamGuard<'a>> {
        let mut guard = self.stream.lock(py, &self.path)?;
        let stream = guard.as_mut().ok_or_else(|| self.closed())?;
        let offset = self.pending_seek.swap(NO_SEEK, Ordering::Relaxed);
        if offset != NO_SEEK {
            stream.seek(offset).map_err(|error| BindingError::core(error, &self.path))?;
        }
        Ok(guard)
    }

    fn closed(&self) -> BindingError {
        BindingError::Closed { path: self.path.clone() }
    }

    /// Finds a place and reads the record there; returns it with the next one's offset.
    fn read_positioned<'py>(
        &self,
        py: Python<'py>,
        locate: impl FnOnce() -> Option<Place> + Send,
    ) -> BindingResult<Option<(Bound<'py, PyBytes>, u64)>> {
        let storage = self.open_storage()?;
        read_bytes(py, &storage, locate).map_err(|error| BindingError::core(error, &self.path))
    }

    fn batch_error(&self, failure: Failure) -> BindingError {
        let ordinal = failure.ordinal.map(|ordinal| ordinal as u64);
        BindingError::core(failure.error, &self.path).with_ordinal(ordinal)
    }

    /// Reads as [`Self::read_positioned`], and lets the next `read` go on behind that record.
    fn read_and_move<'py>(
        &self,
        py: Python<'py>,
        locate: impl FnOnce() -> Option<Place> + Send,
        key: Bound<'py, PyAny>,
    ) -> BindingResult<Option<Bound<'py, PyBytes>>> {
        let read = self.read_positioned(py, locate);
        let Some((bytes, end)) = read.map_err(|error| error.with_key(Some(key)))? else {
            return Ok(None);
        };
        self.pending_seek.store(end, Ordering::Relaxed);
        Ok(Some(bytes))
    }
}

/// Returns the backend with this name.
fn backend_of(name: &str) -> PyResult<Backend> {
    match name {
        "auto" => Ok(Backend::Auto),
        "positioned" => Ok(Backend::Positioned),
        "mmap" => Ok(Backend::Mapped),
        other => {
            let names = "'auto', 'positioned' or 'mmap'";
            Err(PyValueError::new_err(format!("backend must be {names}, not {other:?}")))
        }
    }
}

#[pymethods]
impl PyFileReader {
    #[new]
    #[pyo3(signature = (path, *, backend="positioned", lenient=false))]
    fn new(py: Python<'_>, path: PathBuf, backend: &str, lenient: bool) -> BindingResult<Self> {
        let backend = backend_of(backend)?;
        let file =
            py.detach(|| source::open(&path)).map_err(|error| BindingError::core(error, &path))?;
        Self::from_file(path, file, backend, lenient)
    }

    #[staticmethod]
    fn stdin() -> BindingResult<Self> {
        let path = Path::new("stdin");
        let file = standard::stdin().map_err(|error| BindingError::core(error, path))?;
        Self::from_file(path.to_owned(), file, Backend::Positioned, false)
    }

    fn read<'py>(&self, py: Python<'py>) -> BindingResult<Option<Bound<'py, PyBytes>>> {
        let mut guard = self.lock_stream(py)?;
        let stream = guard.as_mut().ok_or_else(|| self.closed())?;
        next_record(py, stream).map_err(|error| BindingError::core(error, &self.path))
    }

    #[pyo3(signature = (index, ordinal, key=None))]
    fn read_ordinal<'py>(
        &self,
        py: Python<'py>,
        index: &PyRecordIndex,
        ordinal: usize,
        key: Option<Bound<'py, PyAny>>,
    ) -> BindingResult<Option<Bound<'py, PyBytes>>> {
        let index = &index.index;
        let read = self.read_positioned(py, || Place::of(index, ordinal));
        let read = read.map_err(|error| error.with_ordinal(ordinal as u64).with_key(key))?;
        Ok(read.map(|(bytes, _)| bytes))
    }

    /// Reads as `read_ordinal` where nothing stands in the way, and else does nothing.
    fn try_read_ordinal<'py>(
        &self,
        py: Python<'py>,
        index: &PyRecordIndex,
        ordinal: &Bound<'py, PyAny>,
    ) -> BindingResult<Option<Bound<'py, PyBytes>>> {
        let Ok(ordinal) = ordinal.cast_exact::<PyInt>() else { return Ok(None) };
        let Ok(ordinal) = ordinal.extract::<usize>() else { return Ok(None) };
        self.read_ordinal(py, index, ordinal, None)
    }

    fn read_key<'py>(
        &self,
        py: Python<'py>,
        index: &PyRecordIndex,
        key: Bound<'py, PyAny>,
    ) -> BindingResult<Option<Bound<'py, PyBytes>>> {
        let (index, wanted): (_, KeyArg) = (&index.index, key.extract()?);
        let locate = || Place::of(index, index.find(wanted.as_key())?);
        self.read_and_move(py, locate, key)
    }

    /// Reads as `read_key` where nothing stands in the way, and else does nothing.
    fn try_read_key<'py>(
        &self,
        py: Python<'py>,
        index: &PyRecordIndex,
        key: &Bound<'py, PyAny>,
    ) -> BindingResult<Option<Bound<'py, PyBytes>>> {
        let Ok(wanted) = key.cast_exact::<PyInt>() else { return Ok(None) };
        let Ok(wanted) = wanted.extract::<i64>() else { return Ok(None) };
        if !self.stream.process().is_current() || self.is_closed() {
            return Ok(None);
        }
        let index = &index.index;
        let locate = || Place::of(index, index.find(Key::Integer(wanted))?);
        self.read_and_move(py, locate, key.clone())
    }

    fn read_offset<'py>(
        &self,
        py: Python<'py>,
        offset: u64,
        key: Bound<'py, PyAny>,
    ) -> BindingResult<Option<Bound<'py, PyBytes>>> {
        self.read_and_move(py, || Some(Place { offset, extent: None }), key)
    }

    /// Lets the next `read` begin at `offset`, where a file that has offsets must still go on.
    fn seek(&self, offset: u64, key: Bound<'_, PyAny>) -> BindingResult<()> {
        let storage = self.open_storage()?;
        let checked = source::check_offset(storage.file(), offset);
        checked.map_err(|error| BindingError::core(error, &self.path).with_key(Some(key)))?;
        self.pending_seek.store(offset, Ordering::Relaxed);
        Ok(())
    }

    fn tell(&self, py: Python<'_>) -> BindingResult<u64> {
        let guard = self.lock_stream(py)?;
        guard.as_ref().map(Reader::offset).ok_or_else(|| self.closed())
    }

    #[pyo3(signature = (progress=None))]
    fn scan(&self, py: Python<'_>, progress: Option<Py<PyAny>>) -> BindingResult<PyRecordIndex> {
        let storage = self.open_storage()?;
        let search = || {
            let pause = reporting_pause(progress, storage.source_len()?);
            Workers::default().index_records(&*storage, pause)
        };
        let index = py.detach(search).map_err(|error| BindingError::core(error, &self.path))?;
        Ok(PyRecordIndex { index: Arc::new(index) })
    }

    /// Goes through the whole file for what is intact in it.
    #[pyo3(signature = (index, max_skipped, progress=None))]
    fn salvage(
        &self,
        py: Python<'_>,
        index: Option<&PyRecordIndex>,
        max_skipped: usize,
        progress: Option<Py<PyAny>>,
    ) -> BindingResult<PySalvage> {
        let storage = self.open_storage()?;
        let index = index.map(|index| Arc::clone(&index.index));
        let salvaged = PySalvage::of(py, storage.file(), index, max_skipped, progress);
        salvaged.map_err(|error| BindingError::core(error, &self.path))
    }

    /// Iterates over the intact records, and calls `on_skip` for what lies between.
    fn intact_records(&self, on_skip: Py<PyAny>) -> BindingResult<PyIntactIterator> {
        PyIntactIterator::new(self.path.clone(), self.open_storage()?, on_skip)
    }

    /// Reads the records with these ordinals, as a list.
    #[pyo3(signature = (index, shown, ordinals, num_threads=None))]
    fn read_batch<'py>(
        &self,
        py: Python<'py>,
        index: &PyRecordIndex,
        shown: Shown,
        ordinals: &Bound<'py, PyAny>,
        num_threads: Option<Threads>,
    ) -> BindingResult<Bound<'py, PyList>> {
        let storage = self.open_storage()?;
        let ordinals = ordinals_of(ordinals, shown)?;
        let batch = Batch::new(&storage, &index.index, &ordinals, num_threads.unwrap_or_default());
        let records = read_list(py, &batch)?.map_err(|failure| self.batch_error(failure))?;
        Ok(PyList::new(py, records)?)
    }

    /// Reads the records with these ordinals into one buffer.
    #[pyo3(signature = (index, shown, ordinals, num_threads=None))]
    fn read_packed(
        &self,
        py: Python<'_>,
        index: &PyRecordIndex,
        shown: Shown,
        ordinals: &Bound<'_, PyAny>,
        num_threads: Option<Threads>,
    ) -> BindingResult<PyPackedRecords> {
        let storage = self.open_storage()?;
        let ordinals = ordinals_of(ordinals, shown)?;
        let batch = Batch::new(&storage, &index.index, &ordinals, num_threads.unwrap_or_default());
        let packed = read_packed(py, &batch, |len| self.shelf.take(len))?;
        let Packed { data, offsets } = packed.map_err(|failure| self.batch_error(failure))?;
        Ok(PyPackedRecords::new(Arc::new(self.shelf.lend(data)), offsets))
    }

    /// Reads ahead the records with the ordinals that an iterator gives.
    fn prefetch(
        &self,
        index: &PyRecordIndex,
        shown: Shown,
        ordinals: Bound<'_, PyIterator>,
        num_threads: Option<Threads>,
        max_bytes: u64,
    ) -> BindingResult<PyPrefetch> {
        // While one waits for a disk, another can read.
        let default = || usize::from(Threads::default()).clamp(2, 8);
        let num_threads = num_threads.map_or_else(default, usize::from);
        let (path, storage) = (self.path.clone(), self.open_storage()?);
        let index = Arc::clone(&index.index);
        PyPrefetch::start(path, storage, index, shown, ordinals, num_threads, max_bytes)
    }

    #[pyo3(signature = (index=None, ordinals=None))]
    fn records(
        &self,
        index: Option<&PyRecordIndex>,
        ordinals: Option<(i64, i64, usize)>,
    ) -> BindingResult<PyRecordIterator> {
        let storage = self.open_storage()?;
        PyRecordIterator::new(self.path.clone(), storage, index.map(|index| &index.index), ordinals)
    }

    fn close(&self, py: Python<'_>) -> BindingResult<()> {
        let stream = match self.stream.lock(py, &self.path) {
            Ok(mut guard) => guard.take(),
            Err(BindingError::Forked { .. }) => None, // the parent's; nothing is lost with it
            Err(error) => return Err(error),
        };
        let storage = self.storage.write().unwrap_or_else(PoisonError::into_inner).take();
        py.detach(|| drop((storage, stream)));
        Ok(())
    }

    #[getter]
    fn size(&self) -> BindingResult<u64> {
        let size = self.open_storage()?.file().source_len();
        size.map_err(|error| BindingError::core(error, &self.path))
    }

    #[getter]
    fn is_mapped(&self) -> bool {
        self.open_storage().is_ok_and(|storage| storage.is_mapped())
    }

    #[getter]
    fn is_closed(&self) -> bool {
        self.storage.read().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

pub(crate) mod standard {
    //! The process's own input and output as files that can be closed without closing those.

    use std::{fs::File, io};

    #[cfg(unix)]
    pub(crate) fn stdin() -> io::Result<File> {
        use std::os::fd::AsFd;
        io::stdin().as_fd().try_clone_to_owned().map(File::from)
    }

    #[cfg(unix)]
    pub(crate) fn stdout() -> io::Result<File> {
        use std::os::fd::AsFd;
        io::stdout().as_fd().try_clone_to_owned().map(File::from)
    }

    #[cfg(windows)]
    pub(crate) fn stdin() -> io::Result<File> {
        use std::os::windows::io::AsHandle;
        io::stdin().as_handle().try_clone_to_owned().map(File::from)
    }

    #[cfg(windows)]
    pub(crate) fn stdout() -> io::Result<File> {
        use std::os::windows::io::AsHandle;
        io::stdout().as_handle().try_clone_to_owned().map(File::from)
    }
}

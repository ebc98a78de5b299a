//! `FileReader`: one open `.rec` file, read in sequence and at any offset.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use pyo3::{prelude::*, types::PyBytes};
use recordio::io::{Reader, Workers};

use crate::{
    error::{BindingError, BindingResult},
    index::{KeyArg, PyRecordIndex},
    interrupt,
    iterator::PyRecordIterator,
    positioned::{Place, new_bytes, place_of, read_bytes},
    shared::{Guard, Shared},
    source::{self, Source},
};

/// The place that the next `read` starts at is where the last one ended.
const NO_SEEK: u64 = u64::MAX;

#[pyclass(name = "FileReader", module = "recordio_rs._recordio_rs", frozen)]
pub(crate) struct PyFileReader {
    path: PathBuf,
    /// Held only to copy the pointer: positioned reads need no lock.
    file: RwLock<Option<Arc<File>>>,
    /// The records in sequence; `None` once closed.
    stream: Shared<Option<Reader<Source>>>,
    /// Where the next `read` starts, if something moved it: then no lock is needed to move it.
    pending_seek: AtomicU64,
}

type StreamGuard<'a> = Guard<'a, Option<Reader<Source>>>;

impl PyFileReader {
    fn from_file(path: PathBuf, file: File) -> BindingResult<Self> {
        let file = Arc::new(file);
        let source =
            Source::new(Arc::clone(&file)).map_err(|error| BindingError::core(error, &path))?;
        Ok(Self {
            path,
            file: RwLock::new(Some(file)),
            stream: Shared::new(Some(Reader::new(source))),
            pending_seek: AtomicU64::new(NO_SEEK),
        })
    }

    fn open_file(&self) -> BindingResult<Arc<File>> {
        let file = self.file.read().unwrap_or_else(PoisonError::into_inner);
        file.clone().ok_or_else(|| self.closed())
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
        let file = self.open_file()?;
        read_bytes(py, &file, locate).map_err(|error| BindingError::core(error, &self.path))
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

#[pymethods]
impl PyFileReader {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> BindingResult<Self> {
        let file =
            py.detach(|| source::open(&path)).map_err(|error| BindingError::core(error, &path))?;
        Self::from_file(path, file)
    }

    #[staticmethod]
    fn stdin() -> BindingResult<Self> {
        let path = Path::new("stdin");
        let file = standard::stdin().map_err(|error| BindingError::core(error, path))?;
        Self::from_file(path.to_owned(), file)
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
        let read = self.read_positioned(py, || place_of(index, ordinal));
        let read = read.map_err(|error| error.with_ordinal(ordinal as u64).with_key(key))?;
        Ok(read.map(|(bytes, _)| bytes))
    }

    fn read_key<'py>(
        &self,
        py: Python<'py>,
        index: &PyRecordIndex,
        key: Bound<'py, PyAny>,
    ) -> BindingResult<Option<Bound<'py, PyBytes>>> {
        let (index, wanted): (_, KeyArg) = (&index.index, key.extract()?);
        let locate = || place_of(index, index.find(wanted.as_key())?);
        self.read_and_move(py, locate, key)
    }

    fn read_offset<'py>(
        &self,
        py: Python<'py>,
        offset: u64,
        key: Bound<'py, PyAny>,
    ) -> BindingResult<Option<Bound<'py, PyBytes>>> {
        self.read_and_move(py, || Some((offset, None)), key)
    }

    /// Lets the next `read` begin at `offset`, where a file that has offsets must still go on.
    fn seek(&self, offset: u64, key: Bound<'_, PyAny>) -> BindingResult<()> {
        let file = self.open_file()?;
        let checked = source::check_offset(&file, offset);
        checked.map_err(|error| BindingError::core(error, &self.path).with_key(Some(key)))?;
        self.pending_seek.store(offset, Ordering::Relaxed);
        Ok(())
    }

    fn tell(&self, py: Python<'_>) -> BindingResult<u64> {
        let guard = self.lock_stream(py)?;
        guard.as_ref().map(Reader::offset).ok_or_else(|| self.closed())
    }

    fn scan(&self, py: Python<'_>) -> BindingResult<PyRecordIndex> {
        let file = self.open_file()?;
        let search = || Workers::default().index_records(&*file, interrupt::pause());
        let index = py.detach(search).map_err(|error| BindingError::core(error, &self.path))?;
        Ok(PyRecordIndex { index: Arc::new(index) })
    }

    #[pyo3(signature = (index=None, ordinals=None))]
    fn records(
        &self,
        index: Option<&PyRecordIndex>,
        ordinals: Option<(i64, i64, usize)>,
    ) -> BindingResult<PyRecordIterator> {
        let file = self.open_file()?;
        PyRecordIterator::new(self.path.clone(), file, index.map(|index| &index.index), ordinals)
    }

    fn close(&self, py: Python<'_>) -> BindingResult<()> {
        let stream = match self.stream.lock(py, &self.path) {
            Ok(mut guard) => guard.take(),
            Err(BindingError::Forked { .. }) => None, // the parent's; nothing is lost with it
            Err(error) => return Err(error),
        };
        let file = self.file.write().unwrap_or_else(PoisonError::into_inner).take();
        py.detach(|| drop((file, stream)));
        Ok(())
    }

    #[getter]
    fn is_closed(&self) -> bool {
        self.file.read().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

/// Reads the next record: attached if it lies in the buffer, else detached.
///
/// Where there is no memory for it, it is the next one again, except from a pipe.
pub(crate) fn next_record<'py>(
    py: Python<'py>,
    stream: &mut Reader<Source>,
) -> Result<Option<Bound<'py, PyBytes>>, recordio::Error> {
    let offset = stream.offset();
    let made = match stream.read_buffered_record() {
        Some(record) => Some(new_bytes(py, record)),
        None => py.detach(|| stream.read_record())?.map(|record| new_bytes(py, record)),
    };
    if matches!(made, Some(Err(_))) {
        let _ = stream.seek(offset);
    }
    made.transpose()
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

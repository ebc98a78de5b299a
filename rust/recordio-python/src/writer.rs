//! `FileWriter`: a `.rec` file being written, and its index if it has one.

use std::{
    fs::File,
    io::{self, Write},
    mem,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError, TryLockError},
};

use pyo3::{prelude::*, sync::MutexExt};
use recordio::{
    Error,
    idx::Key,
    io::{IndexedWriter, Writer},
};

use crate::{
    bytes_arg::bytes_of,
    created::{Created, check_apart},
    error::{BindingError, BindingResult},
    fork::Process,
    index::KeyArg,
    interrupt::Interruptible,
    reader::standard,
};

type Inner = IndexedWriter<Interruptible<File>, Box<dyn Write + Send>>;

#[pyclass(name = "FileWriter", module = "recordio_rs._recordio_rs", frozen)]
pub(crate) struct PyFileWriter {
    path: PathBuf,
    index_path: Option<PathBuf>,
    /// `None` once closed.
    inner: Mutex<Option<Inner>>,
    /// The first failure of the system, for `close` to tell again.
    failure: OnceLock<Failure>,
    process: Process,
}

struct Failure {
    number: Option<i32>,
    text: String,
    path: PathBuf,
}

impl PyFileWriter {
    fn from_files(path: PathBuf, file: File, index: Option<(PathBuf, File)>) -> Self {
        let (index_path, index_sink): (_, Box<dyn Write + Send>) = match index {
            Some((index_path, index_file)) => (Some(index_path), Box::new(index_file)),
            None => (None, Box::new(io::sink())),
        };
        let inner = IndexedWriter::new(Writer::new(Interruptible(file)), index_sink);
        let process = Process::current();
        Self { path, index_path, inner: Mutex::new(Some(inner)), failure: OnceLock::new(), process }
    }

    fn lock<'a>(&'a self, py: Python<'_>) -> BindingResult<MutexGuard<'a, Option<Inner>>> {
        if !self.process.is_current() {
            return Err(BindingError::Forked { path: self.path.clone() });
        }
        Ok(self.inner.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner))
    }

    fn closed(&self) -> BindingError {
        BindingError::Closed { path: self.path.clone() }
    }

    fn failed(&self, error: Error) -> BindingError {
        let path = match (&error, &self.index_path) {
            (Error::IndexIo(_), Some(index_path)) => index_path,
            _ => &self.path,
        };
        if let Error::Io(source) | Error::IndexIo(source) = &error {
            let (number, text) = (source.raw_os_error(), source.to_string());
            let _ = self.failure.set(Failure { number, text, path: path.clone() });
        }
        BindingError::core(error, path)
    }

    /// Returns the error of closing a writer that has failed: the failure that lost the records.
    fn lost(&self, error: Error) -> BindingError {
        match (&error, self.failure.get()) {
            (Error::WriteAfterFailure, Some(Failure { number, text, path })) => {
                let source = number
                    .map_or_else(|| io::Error::other(text.clone()), io::Error::from_raw_os_error);
                BindingError::core(source, path)
            }
            _ => self.failed(error),
        }
    }

    fn write_with<'py>(
        &self,
        py: Python<'py>,
        data: &Bound<'py, PyAny>,
        write: impl FnOnce(&mut Inner, &[u8]) -> Result<u64, Error> + Send,
    ) -> BindingResult<u64> {
        // Before the lock: `data` may run any Python code, even a write to this very file.
        let data = bytes_of(data)?;
        let bytes = data.as_bytes();
        let mut guard = self.lock(py)?;
        let inner = guard.as_mut().ok_or_else(|| self.closed())?;
        let written = if inner.has_room_for(bytes.len()) {
            write(inner, bytes)
        } else {
            py.detach(|| write(inner, bytes))
        };
        written.map_err(|error| self.failed(error))
    }
}

#[pymethods]
impl PyFileWriter {
    #[new]
    #[pyo3(signature = (path, index_path=None, *, exclusive=false))]
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts arguments by value")]
    fn new(
        py: Python<'_>,
        path: PathBuf,
        index_path: Option<PathBuf>,
        exclusive: bool,
    ) -> BindingResult<Self> {
        py.detach(|| {
            let file = Created::open(&path, exclusive)?;
            let index =
                index_path.as_ref().map(|path| Created::open(path, exclusive)).transpose()?;
            if let Some(index) = &index {
                check_apart(&file, index)?;
            }
            // Only now, with both open, is anything that was there lost.
            let file = file.into_empty()?;
            let index = index.map(Created::into_empty).transpose()?;
            Ok(Self::from_files(path.clone(), file, index_path.zip(index)))
        })
    }

    #[staticmethod]
    fn stdout() -> BindingResult<Self> {
        let path = Path::new("stdout");
        let file = standard::stdout().map_err(|error| BindingError::core(error, path))?;
        Ok(Self::from_files(path.to_owned(), file, None))
    }

    fn write(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> BindingResult<u64> {
        self.write_with(py, data, Inner::write_unindexed)
    }

    /// Writes a record with an entry in the index; its key is its ordinal where none is given.
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts arguments by value")]
    fn write_indexed(
        &self,
        py: Python<'_>,
        key: Option<KeyArg>,
        data: &Bound<'_, PyAny>,
    ) -> BindingResult<u64> {
        self.write_with(py, data, |inner, bytes| {
            let ordinal = Key::Integer(i64::try_from(inner.records().count()).unwrap_or(i64::MAX));
            inner.write_record(key.as_ref().map_or(ordinal, KeyArg::as_key), bytes)
        })
    }

    fn write_index_text(&self, py: Python<'_>, text: &str) -> BindingResult<()> {
        let mut guard = self.lock(py)?;
        guard.as_mut().ok_or_else(|| self.closed())?.write_index_text(text);
        Ok(())
    }

    fn tell(&self, py: Python<'_>) -> BindingResult<u64> {
        let guard = self.lock(py)?;
        guard.as_ref().map(|inner| inner.records().offset()).ok_or_else(|| self.closed())
    }

    fn flush(&self, py: Python<'_>) -> BindingResult<()> {
        let mut guard = self.lock(py)?;
        let inner = guard.as_mut().ok_or_else(|| self.closed())?;
        py.detach(|| inner.flush()).map_err(|error| self.failed(error))
    }

    fn close(&self, py: Python<'_>) -> BindingResult<()> {
        if !self.process.is_current() {
            self.abandon();
            return Ok(());
        }
        let Some(mut inner) = self.lock(py)?.take() else { return Ok(()) };
        py.detach(|| {
            let flushed = inner.flush();
            drop(inner); // closes the files, detached
            flushed
        })
        .map_err(|error| self.lost(error))
    }

    #[getter]
    fn is_closed(&self, py: Python<'_>) -> bool {
        !self.process.is_current() || self.lock(py).is_ok_and(|guard| guard.is_none())
    }
}

impl PyFileWriter {
    /// Lets go of a writer that a forked child has inherited, without writing what is its parent's.
    fn abandon(&self) {
        match self.inner.try_lock() {
            Ok(mut guard) => {
                if let Some(mut inner) = guard.take() {
                    inner.discard();
                }
            }
            Err(TryLockError::Poisoned(guard)) => mem::forget(guard.into_inner().take()),
            Err(TryLockError::WouldBlock) => {} // a thread of the parent was writing
        }
    }
}

impl Drop for PyFileWriter {
    fn drop(&mut self) {
        if self.process.is_current() {
            return; // dropping the writer writes what is buffered
        }
        self.abandon();
        // Whatever a thread of the parent was in the middle of is left alone, not even dropped.
        mem::forget(mem::take(self.inner.get_mut().unwrap_or_else(PoisonError::into_inner)));
    }
}

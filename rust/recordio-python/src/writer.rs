//! `FileWriter`: a `.rec` file being written, and its index if it has one.

use std::{
    fs::File,
    io::{self, Write},
    mem,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use pyo3::{prelude::*, types::PyInt};
use recordio::{
    Error,
    idx::{Index, IndexBuilder, Key, KeyKind},
    io::{IndexedWriter, Writer},
};

use crate::{
    bytes_arg::bytes_of,
    created::{Created, check_apart},
    error::{BindingError, BindingResult},
    index::{KeyArg, PyRecordIndex},
    interrupt::Interruptible,
    reader::standard,
    shared::{Guard, Shared},
};

type Inner = IndexedWriter<Interruptible<File>, Box<dyn Write + Send>>;

#[pyclass(name = "FileWriter", module = "recordio_rs._recordio_rs", frozen)]
pub(crate) struct PyFileWriter {
    path: PathBuf,
    index_path: Option<PathBuf>,
    state: Shared<State>,
    /// Whether it was closed, for those who must not wait to know.
    has_closed: AtomicBool,
    /// The first failure of the system, for `close` to tell again.
    failure: OnceLock<Failure>,
}

#[derive(Default)]
struct State {
    /// `None` once closed.
    files: Option<Inner>,
    /// The entries with integer keys, if someone may want to see them; they outlive `files`.
    entries: Option<IndexBuilder>,
    /// The same from when someone did: who was interrupted may ask again.
    taken: Option<Arc<Index>>,
}

/// The state of a writer that is not closed.
struct Open<'a> {
    files: &'a mut Inner,
    entries: Option<&'a mut IndexBuilder>,
}

struct Failure {
    /// `None` if it was no failure of the system: Ctrl-C, say.
    number: Option<i32>,
    path: PathBuf,
}

impl State {
    fn take_entries(&mut self) -> Option<Arc<Index>> {
        if let Some(entries) = self.entries.take() {
            self.taken = Some(Arc::new(entries.finish()));
        }
        self.taken.clone()
    }
}

impl PyFileWriter {
    fn from_files(
        path: PathBuf,
        file: File,
        index: Option<(PathBuf, File)>,
        keeps_entries: bool,
    ) -> Self {
        let (index_path, index_sink): (_, Box<dyn Write + Send>) = match index {
            Some((index_path, index_file)) => {
                (Some(index_path), Box::new(Interruptible(index_file)))
            }
            None => (None, Box::new(io::sink())),
        };
        let files = Some(IndexedWriter::new(Writer::new(Interruptible(file)), index_sink));
        let entries = keeps_entries.then(|| IndexBuilder::new(KeyKind::Integer));
        Self {
            path,
            index_path,
            state: Shared::new(State { files, entries, taken: None }),
            has_closed: AtomicBool::new(false),
            failure: OnceLock::new(),
        }
    }

    fn lock<'a>(&'a self, py: Python<'_>) -> BindingResult<Guard<'a, State>> {
        self.state.lock(py, &self.path)
    }

    /// Checks that this process may write: what it inherited is its parent's.
    fn check_process(&self) -> BindingResult<()> {
        if self.state.process().is_this() {
            Ok(())
        } else {
            Err(BindingError::Forked { path: self.path.clone() })
        }
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
            let number = source.raw_os_error();
            let _ = self.failure.set(Failure { number, path: path.clone() });
        }
        BindingError::core(error, path)
    }

    /// Returns the error of closing a writer that has failed: the failure that lost the records.
    fn lost(&self, error: Error) -> BindingError {
        match (&error, self.failure.get()) {
            (Error::WriteAfterFailure, Some(Failure { number: Some(number), path })) => {
                BindingError::core(io::Error::from_raw_os_error(*number), path)
            }
            _ => self.failed(error),
        }
    }

    fn write_with<'py, T: Send>(
        &self,
        py: Python<'py>,
        data: &Bound<'py, PyAny>,
        key_len: usize,
        write: impl FnOnce(Open<'_>, &[u8]) -> Result<T, Error> + Send,
    ) -> BindingResult<T> {
        // Before the lock: `data` may run any Python code, even a write to this very file.
        let data = bytes_of(data)?;
        let bytes = data.as_bytes();
        let mut guard = self.lock(py)?;
        let State { files, entries, .. } = &mut *guard;
        let files = files.as_mut().ok_or_else(|| self.closed())?;
        let has_room = files.has_room_for(key_len, bytes.len());
        let open = Open { files, entries: entries.as_mut() };
        let written = if has_room {
            write(open, bytes)
        } else {
            self.check_process()?;
            py.detach(|| write(open, bytes))
        };
        written.map_err(|error| self.failed(error))
    }
}

#[pymethods]
impl PyFileWriter {
    #[new]
    #[pyo3(signature = (path, index_path=None, *, exclusive=false, keeps_entries=false))]
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts arguments by value")]
    fn new(
        py: Python<'_>,
        path: PathBuf,
        index_path: Option<PathBuf>,
        exclusive: bool,
        keeps_entries: bool,
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
            Ok(Self::from_files(path.clone(), file, index_path.zip(index), keeps_entries))
        })
    }

    #[staticmethod]
    fn stdout() -> BindingResult<Self> {
        let path = Path::new("stdout");
        let file = standard::stdout().map_err(|error| BindingError::core(error, path))?;
        Ok(Self::from_files(path.to_owned(), file, None, false))
    }

    fn write(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> BindingResult<u64> {
        self.write_with(py, data, 0, |open, bytes| open.files.write_unindexed(bytes))
    }

    /// Writes a record with an entry in the index; its key is its ordinal where none is given.
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts arguments by value")]
    fn write_indexed(
        &self,
        py: Python<'_>,
        key: Option<KeyArg>,
        data: &Bound<'_, PyAny>,
    ) -> BindingResult<u64> {
        self.write_with(py, data, key.as_ref().map_or(0, KeyArg::text_len), |open, bytes| {
            let count = open.files.records().count();
            let ordinal = Key::Integer(i64::try_from(count).unwrap_or(i64::MAX));
            open.files.write_record(key.as_ref().map_or(ordinal, KeyArg::as_key), bytes)
        })
    }

    /// Writes a record with an entry in the index and keeps the entry; does nothing, and returns
    /// `false`, where entries are not kept or `key` is no integer of 64 bits.
    fn write_entry(
        &self,
        py: Python<'_>,
        key: &Bound<'_, PyAny>,
        data: &Bound<'_, PyAny>,
    ) -> BindingResult<bool> {
        let Ok(key) = key.cast_exact::<PyInt>() else { return Ok(false) };
        let Ok(key) = key.extract() else { return Ok(false) };
        self.write_with(py, data, 0, |open, bytes| {
            let Some(entries) = open.entries else { return Ok(false) };
            let offset = open.files.write_record(Key::Integer(key), bytes)?;
            entries.push(Key::Integer(key), offset);
            Ok(true)
        })
    }

    /// Returns the entries that were kept, and keeps no more; the same when called again.
    fn take_entries(&self, py: Python<'_>) -> BindingResult<Option<PyRecordIndex>> {
        let index = if self.check_process().is_ok() {
            self.lock(py)?.take_entries()
        } else {
            // The copy that a forked child has is as good as its parent's, unless a thread of that
            // was in the middle of it.
            let state = self.state.try_lock();
            state.ok_or_else(|| BindingError::Forked { path: self.path.clone() })?.take_entries()
        };
        Ok(index.map(|index| PyRecordIndex { index }))
    }

    fn write_index_text(&self, py: Python<'_>, text: &str) -> BindingResult<()> {
        let mut guard = self.lock(py)?;
        self.check_process()?;
        let inner = guard.files.as_mut().ok_or_else(|| self.closed())?;
        py.detach(|| inner.write_index_text(text)).map_err(|error| self.failed(error))
    }

    fn tell(&self, py: Python<'_>) -> BindingResult<u64> {
        let guard = self.lock(py)?;
        guard.files.as_ref().map(|inner| inner.records().offset()).ok_or_else(|| self.closed())
    }

    fn flush(&self, py: Python<'_>) -> BindingResult<()> {
        self.check_process()?;
        let mut guard = self.lock(py)?;
        let inner = guard.files.as_mut().ok_or_else(|| self.closed())?;
        py.detach(|| inner.flush()).map_err(|error| self.failed(error))
    }

    fn close(&self, py: Python<'_>) -> BindingResult<()> {
        if self.check_process().is_err() {
            self.abandon();
            return Ok(());
        }
        let mut guard = self.lock(py)?;
        let inner = &mut guard.files;
        // Under the lock, so that whoever closes it at the same time waits until it is written.
        let flushed = py.detach(|| {
            let flushed = inner.as_mut().map_or(Ok(()), Inner::flush);
            *inner = None;
            flushed
        });
        self.has_closed.store(true, Ordering::Relaxed);
        flushed.map_err(|error| self.lost(error))
    }

    #[getter]
    fn is_closed(&self) -> bool {
        self.has_closed.load(Ordering::Relaxed) || self.check_process().is_err()
    }
}

impl PyFileWriter {
    /// Lets go of a writer that a forked child has inherited, without writing what is its parent's.
    ///
    /// Where a thread of the parent was writing, what it was in the middle of is left alone.
    fn abandon(&self) {
        let Some(mut guard) = self.state.try_lock() else { return };
        if let Some(mut inner) = guard.files.take() {
            inner.discard();
        }
    }
}

impl Drop for PyFileWriter {
    fn drop(&mut self) {
        if self.check_process().is_ok() {
            return; // dropping the writer writes what is buffered
        }
        self.abandon();
        mem::forget(self.state.take());
    }
}

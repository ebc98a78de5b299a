//! `FileWriter`: a `.rec` file being written, and its index if it has one.

use std::{
    io, mem,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    types::{PyBytes, PyInt},
};
use recordio::{
    Error,
    idx::{Index, IndexBuilder, Key, KeyKind},
};

use crate::{
    appending::{Recovered, Torn},
    bulk::{self, Entries, Keys},
    bytes_arg::bytes_of,
    created::Mode,
    error::{BindingError, BindingResult},
    files::{Files, Inner},
    index::{KeyArg, PyRecordIndex, integers},
    opened::Opened,
    output::{Identity, Output, identity_at},
    packed::PyPackedRecords,
    reader::standard,
    shared::{Guard, Shared},
};

/// Begin, end, what is wrong and its kind, of the bytes that were torn; entries added, and removed.
type Recovery = (Option<(u64, u64, String, &'static str)>, u64, u64);

#[pyclass(name = "FileWriter", module = "recordio_rs._recordio_rs", frozen, weakref)]
pub(crate) struct PyFileWriter {
    path: PathBuf,
    index_path: Option<PathBuf>,
    state: Shared<State>,
    /// Whether it was closed, for those who must not wait to know.
    has_closed: AtomicBool,
    /// The first failure of the system, for `close` to tell again.
    failure: OnceLock<Failure>,
    /// The numbers of its files.
    identities: Vec<Identity>,
    recovered: Recovered,
    /// The key of the first record by default.
    first_key: i64,
}

#[derive(Default)]
struct State {
    /// `None` once closed.
    files: Option<Files>,
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
    fn from_opened(
        path: PathBuf,
        index_path: Option<PathBuf>,
        opened: Opened,
        keeps_entries: bool,
    ) -> Self {
        let identities = opened.identities();
        let names = opened.names(&path, index_path.as_deref());
        let (recovered, first_key) = (opened.recovered.clone(), opened.first_key);
        let files = Some(Files::new(opened, names));
        let entries = keeps_entries.then(|| IndexBuilder::new(KeyKind::Integer));
        let state = State { files, entries, taken: None };
        Self {
            path,
            index_path,
            state: Shared::new(state),
            has_closed: AtomicBool::new(false),
            failure: OnceLock::new(),
            identities,
            recovered,
            first_key,
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
        let files = &mut files.as_mut().ok_or_else(|| self.closed())?.inner;
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

    /// Writes records that nobody changes meanwhile, and returns their offsets.
    fn write_many<'py>(
        &self,
        py: Python<'py>,
        records: &[&[u8]],
        keys: Option<&Keys>,
    ) -> BindingResult<Bound<'py, PyBytes>> {
        if let Some(keys) = keys {
            keys.check_count(records.len())?;
            keys.check().map_err(|error| self.failed(error))?;
        }
        bulk::check_lens(records).map_err(|error| self.failed(error))?;
        let entries = match (&self.index_path, keys) {
            (None, _) => Entries::None,
            (Some(_), None) => Entries::Counted(self.first_key),
            (Some(_), Some(keys)) => Entries::Keyed(keys),
        };
        let mut guard = self.lock(py)?;
        self.check_process()?;
        let files = &mut guard.files.as_mut().ok_or_else(|| self.closed())?.inner;
        let written = bulk::write_all(py, files, records, &entries)?;
        let offsets = written.map_err(|error| self.failed(error))?;
        Ok(integers(py, offsets.len(), offsets.iter().map(|offset| offset.to_ne_bytes()))?)
    }
}

#[pymethods]
impl PyFileWriter {
    #[new]
    #[pyo3(signature = (path, index_path=None, *, mode="w", atomic=false, keeps_entries=false))]
    fn new(
        py: Python<'_>,
        path: PathBuf,
        index_path: Option<PathBuf>,
        mode: &str,
        atomic: bool,
        keeps_entries: bool,
    ) -> BindingResult<Self> {
        let mode = match (mode, atomic) {
            ("w", _) => Mode::Empty,
            ("x", _) => Mode::Refuse,
            ("a", false) => Mode::Append,
            _ => {
                let message = format!("no such mode: {mode:?}, atomic: {atomic}");
                return Err(PyValueError::new_err(message).into());
            }
        };
        py.detach(|| {
            let open = if atomic { Opened::replacing } else { Opened::new };
            let opened = open(&path, index_path.as_deref(), mode)?;
            Ok(Self::from_opened(path, index_path, opened, keeps_entries))
        })
    }

    #[staticmethod]
    fn stdout() -> BindingResult<Self> {
        let path = Path::new("stdout");
        let file = standard::stdout().map_err(|error| BindingError::core(error, path))?;
        let opened = Opened::empty(Output::new(file), None, None);
        Ok(Self::from_opened(path.to_owned(), None, opened, false))
    }

    /// Returns what a writer before had left undone.
    #[getter]
    fn recovery(&self) -> Option<Recovery> {
        let Recovered { torn, added, removed } = &self.recovered;
        let torn_of =
            |torn: &Torn| (torn.begin, torn.end, torn.damage.to_string(), torn.damage.kind());
        let recovery = (torn.as_ref().map(torn_of), *added, *removed);
        (self.recovered != Recovered::default()).then_some(recovery)
    }

    /// Returns whether it is open and the file at `path` is one of its own.
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts arguments by value")]
    fn writes_to(&self, path: PathBuf) -> bool {
        let identity = identity_at(&path);
        !self.is_closed() && identity.is_some_and(|identity| self.identities.contains(&identity))
    }

    fn write(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> BindingResult<u64> {
        self.write_with(py, data, 0, |open, bytes| open.files.write_unindexed(bytes))
    }

    /// Writes a record with an entry in the index; its key is one of its own where none is given.
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts arguments by value")]
    fn write_indexed(
        &self,
        py: Python<'_>,
        key: Option<KeyArg>,
        data: &Bound<'_, PyAny>,
    ) -> BindingResult<u64> {
        self.write_with(py, data, key.as_ref().map_or(0, KeyArg::text_len), |open, bytes| {
            let count = i64::try_from(open.files.records().count()).unwrap_or(i64::MAX);
            let default = Key::Integer(self.first_key.saturating_add(count));
            open.files.write_record(key.as_ref().map_or(default, KeyArg::as_key), bytes)
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

    /// Writes many records, with entries if there is an index; the keys are its own where none are
    /// given. Nothing is written if a record or a key is refused.
    #[pyo3(signature = (records, keys=None))]
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts arguments by value")]
    fn write_batch<'py>(
        &self,
        py: Python<'py>,
        records: &Bound<'py, PyAny>,
        keys: Option<Keys>,
    ) -> BindingResult<Bound<'py, PyBytes>> {
        let records = bulk::listed(records)?;
        let records: Vec<&[u8]> = records.iter().map(PyBytesMethods::as_bytes).collect();
        self.write_many(py, &records, keys.as_ref())
    }

    /// Writes packed records without an object for each: those with the numbers `picks`, or all.
    #[pyo3(signature = (parts, picks=None, keys=None))]
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts arguments by value")]
    fn write_packed<'py>(
        &self,
        py: Python<'py>,
        parts: Vec<Bound<'py, PyPackedRecords>>,
        picks: Option<Bound<'py, PyAny>>,
        keys: Option<Keys>,
    ) -> BindingResult<Bound<'py, PyBytes>> {
        let records = bulk::picked(&parts, picks.as_ref())?;
        self.write_many(py, &records, keys.as_ref())
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
        let inner = &mut guard.files.as_mut().ok_or_else(|| self.closed())?.inner;
        py.detach(|| inner.write_index_text(text)).map_err(|error| self.failed(error))
    }

    fn tell(&self, py: Python<'_>) -> BindingResult<u64> {
        let guard = self.lock(py)?;
        let files = guard.files.as_ref().ok_or_else(|| self.closed())?;
        Ok(files.inner.records().offset())
    }

    #[pyo3(signature = (*, sync=false))]
    fn flush(&self, py: Python<'_>, sync: bool) -> BindingResult<()> {
        self.check_process()?;
        let mut guard = self.lock(py)?;
        let files = guard.files.as_mut().ok_or_else(|| self.closed())?;
        let flushed = py.detach(|| if sync { files.sync() } else { files.inner.flush() });
        flushed.map_err(|error| self.failed(error))
    }

    fn close(&self, py: Python<'_>) -> BindingResult<()> {
        if self.check_process().is_err() {
            self.abandon();
            return Ok(());
        }
        let mut guard = self.lock(py)?;
        // Under the lock, so that whoever closes it at the same time waits until it is written.
        let files = guard.files.take();
        let lost = |error| self.lost(error);
        let finished = py.detach(|| files.map_or(Ok(()), |files| files.finish(lost)));
        self.has_closed.store(true, Ordering::Relaxed);
        finished
    }

    /// Closes a writer that was to replace files, leaves those as they are, and removes its own;
    /// does nothing to another one.
    fn discard(&self, py: Python<'_>) -> BindingResult<()> {
        if self.check_process().is_err() {
            return Ok(());
        }
        let mut guard = self.lock(py)?;
        if let Some(files) = guard.files.take_if(|files| files.are_pending()) {
            py.detach(|| files.give_up());
            self.has_closed.store(true, Ordering::Relaxed);
        }
        Ok(())
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
        if let Some(files) = guard.files.take() {
            files.give_up();
        }
    }
}

impl Drop for PyFileWriter {
    fn drop(&mut self) {
        if self.check_process().is_ok() {
            // Dropping the writer writes what is buffered.
            let pending = self.state.try_lock();
            let pending = pending.and_then(|mut state| state.files.take_if(|it| it.are_pending()));
            if let Some(files) = pending {
                files.give_up();
            }
            return;
        }
        self.abandon();
        mem::forget(self.state.take());
    }
}

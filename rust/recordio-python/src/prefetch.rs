//! `Prefetch`: records in the order in which a caller will want them, read ahead.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use pyo3::{
    PyTraverseError, PyVisit,
    exceptions::{PyBaseException, PyException},
    prelude::*,
    types::{PyBytes, PyIterator, PyTuple},
};
use recordio::{
    idx::Index,
    io::{Place, ReadAt},
};
use recordio_storage::Storage;

use crate::{
    error::{BindingError, BindingResult},
    ordinals::Shown,
    read_ahead::{Done, ReadAhead},
    record_bytes::new_bytes,
    shared::Shared,
};

/// How long a thread waits before it looks for signals.
const PATIENCE: Duration = Duration::from_millis(50);

/// How many bytes a job has at most, but for its last record.
const MAX_JOB: u64 = 256 * 1024;

/// How many records the first job has at most; each has twice as many as the one before …
const FIRST_JOB_COUNT: usize = 4;

/// … up to this.
const MAX_JOB_COUNT: usize = 256;

/// How many jobs wait for each thread, so that none runs out of work.
const JOBS_A_THREAD: usize = 6;

#[pyclass(name = "Prefetch", module = "recordio_rs._recordio_rs", frozen)]
pub(crate) struct PyPrefetch {
    path: PathBuf,
    /// `None` once it has ended or was closed.
    state: Shared<Option<State>>,
    caller: Caller,
    /// Whether it is to be closed by whoever uses it next: those who do may leave no gap between.
    is_closing: AtomicBool,
}

/// What the caller wants.
///
/// Apart from the rest, for the garbage collector: locked by threads only that are attached, and
/// never while Python code runs, so that it is free whenever the collector looks.
struct Caller(Mutex<Wish>);

#[derive(Default)]
enum Wish {
    More(Py<PyIterator>),
    /// What went wrong with that: told when everything before it was given.
    Failure(Py<PyBaseException>),
    #[default]
    Nothing,
}

struct State {
    ahead: ReadAhead,
    index: Arc<Index>,
    shown: Shown,
    /// The length of the file in bytes when this began: what the last record has at most.
    file_len: u64,
    /// What is read ahead, the current job first.
    jobs: VecDeque<Asked>,
    /// What came of the current job, if that is known yet.
    current: Option<Done>,
    /// How many records the next job may have.
    job_count: usize,
    max_jobs: usize,
    max_bytes: u64,
}

/// What a job is to read.
#[derive(Default)]
struct Asked {
    /// Of the records that were not yet given.
    ordinals: VecDeque<usize>,
    /// About how many bytes it takes.
    bytes: u64,
}

impl PyPrefetch {
    /// Starts to read the records that the iterator `asked` names, in `num_threads` threads.
    pub(crate) fn start(
        path: PathBuf,
        storage: Arc<Storage>,
        index: Arc<Index>,
        shown: Shown,
        asked: Bound<'_, PyIterator>,
        num_threads: usize,
        max_bytes: u64,
    ) -> BindingResult<Self> {
        let failed = |error| BindingError::core(error, &path);
        let file_len = storage.source_len().map_err(failed)?;
        let ahead = ReadAhead::start(storage, num_threads).map_err(failed)?;
        let state = State {
            ahead,
            index,
            shown,
            file_len,
            jobs: VecDeque::new(),
            current: None,
            job_count: FIRST_JOB_COUNT,
            max_jobs: num_threads.saturating_mul(JOBS_A_THREAD).max(JOBS_A_THREAD),
            max_bytes,
        };
        let caller = Caller(Mutex::new(Wish::More(asked.unbind())));
        let is_closing = AtomicBool::new(false);
        Ok(Self { path, state: Shared::new(Some(state)), caller, is_closing })
    }

    /// Ends the threads, detached.
    fn end(&self, py: Python<'_>, state: Option<State>) {
        drop(self.caller.replace(Wish::Nothing));
        py.detach(|| drop(state));
    }
}

impl Drop for PyPrefetch {
    fn drop(&mut self) {
        // A thread may be in the middle of a long record.
        Python::attach(|py| {
            let state = self.state.take();
            self.end(py, state);
        });
    }
}

impl Caller {
    fn lock(&self) -> MutexGuard<'_, Wish> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, wish: Wish) -> Wish {
        std::mem::replace(&mut *self.lock(), wish)
    }

    fn iterator<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyIterator>> {
        match &*self.lock() {
            Wish::More(asked) => Some(asked.bind(py).clone()),
            _ => None,
        }
    }

    /// Asks for no more, and keeps what went wrong; returns what cannot wait: Ctrl-C, say.
    fn fail(&self, py: Python<'_>, error: PyErr) -> PyResult<()> {
        let is_urgent = !error.is_instance_of::<PyException>(py);
        let (urgent, wish) = if is_urgent {
            (Err(error), Wish::Nothing)
        } else {
            (Ok(()), Wish::Failure(error.into_value(py)))
        };
        drop(self.replace(wish));
        urgent
    }

    /// Returns what went wrong, once.
    fn failure(&self, py: Python<'_>) -> PyResult<()> {
        match self.replace(Wish::Nothing) {
            Wish::Failure(error) => Err(PyErr::from_value(error.into_bound(py).into_any())),
            _ => Ok(()),
        }
    }
}

impl State {
    /// Returns the next record, or why it cannot be read; `None` at the end.
    fn next_record<'py>(
        &mut self,
        py: Python<'py>,
        caller: &Caller,
        path: &Path,
    ) -> BindingResult<Option<Bound<'py, PyBytes>>> {
        loop {
            if let Some(done) = &mut self.current {
                if let Some(record) = done.records.pop_front() {
                    let ordinal = self.jobs.front_mut().and_then(|job| job.ordinals.pop_front());
                    let bytes = record
                        .and_then(|range| new_bytes(py, done.arena.get(range).unwrap_or_default()));
                    return bytes.map(Some).map_err(|error| {
                        let ordinal = ordinal.map(|ordinal| ordinal as u64);
                        BindingError::core(error, path).with_ordinal(ordinal)
                    });
                }
                self.ahead.recycle(std::mem::take(done));
                self.current = None;
                self.jobs.pop_front();
            }
            self.top_up(py, caller, path)?;
            if self.has_ended() {
                return Ok(caller.failure(py).map(|()| None)?);
            }
            self.check_process(path)?;
            self.current = py.detach(|| self.ahead.next(PATIENCE));
            py.check_signals()?;
        }
    }

    /// Checks that this is still the process that has the threads: the caller's iterator may have
    /// forked, or a signal handler.
    fn check_process(&self, path: &Path) -> BindingResult<()> {
        if self.ahead.is_of_this_process() {
            Ok(())
        } else {
            Err(BindingError::Forked { path: path.to_owned() })
        }
    }

    /// Returns whether every record was given that could be read.
    fn has_ended(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Adds jobs until enough is read ahead, or no more is asked for.
    fn top_up(&mut self, py: Python<'_>, caller: &Caller, path: &Path) -> BindingResult<()> {
        let mut bytes = self.jobs.iter().map(|job| job.bytes).sum::<u64>();
        while self.jobs.is_empty() || (self.jobs.len() < self.max_jobs && bytes < self.max_bytes) {
            let (asked, places, urgent) = self.next_job(py, caller);
            self.check_process(path)?;
            let is_end = places.is_empty();
            if !is_end {
                bytes = bytes.saturating_add(asked.bytes);
                self.jobs.push_back(asked);
                self.ahead.add(places);
                self.job_count = (self.job_count * 2).min(MAX_JOB_COUNT);
            }
            urgent?;
            if is_end {
                break;
            }
        }
        Ok(())
    }

    /// Takes from the caller's iterator what makes one job; nothing where there is no more.
    fn next_job(&self, py: Python<'_>, caller: &Caller) -> (Asked, Vec<Place>, PyResult<()>) {
        let (mut asked, mut places) = (Asked::default(), Vec::new());
        let max_bytes = MAX_JOB.min(self.max_bytes);
        while places.len() < self.job_count && asked.bytes < max_bytes {
            let Some(iterator) = caller.iterator(py) else { break };
            match self.next_place(iterator) {
                Ok(Some((ordinal, place))) => {
                    let unknown = self.file_len.saturating_sub(place.offset);
                    asked.bytes = asked.bytes.saturating_add(place.extent.unwrap_or(unknown));
                    asked.ordinals.push_back(ordinal);
                    places.push(place);
                }
                Ok(None) => drop(caller.replace(Wish::Nothing)),
                Err(error) => {
                    let urgent = caller.fail(py, error);
                    return (asked, places, urgent);
                }
            }
        }
        (asked, places, Ok(()))
    }

    fn next_place(&self, mut asked: Bound<'_, PyIterator>) -> PyResult<Option<(usize, Place)>> {
        let Some(place) = asked.next().transpose()? else { return Ok(None) };
        let ordinal = self.shown.ordinal_of(&place)?;
        match Place::of(&self.index, ordinal) {
            Some(found) => Ok(Some((ordinal, found))),
            None => Err(self.shown.out_of_range(&place.repr()?)),
        }
    }
}

#[pymethods]
impl PyPrefetch {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> BindingResult<Option<Bound<'py, PyBytes>>> {
        let mut guard = self.state.lock(py, &self.path)?;
        let is_closing = self.is_closing.load(Ordering::Relaxed);
        let next = match guard.as_mut().filter(|_| !is_closing) {
            Some(state) => state.next_record(py, &self.caller, &self.path),
            None => Ok(None),
        };
        if is_closing || guard.as_ref().is_some_and(State::has_ended) {
            let ended = guard.take();
            drop(guard);
            self.end(py, ended);
        }
        next
    }

    fn close(&self, py: Python<'_>) -> BindingResult<()> {
        self.is_closing.store(true, Ordering::Relaxed);
        let state = match self.state.lock(py, &self.path) {
            Ok(mut guard) => guard.take(),
            Err(BindingError::Forked { .. }) => None, // the parent's
            Err(error) => {
                self.is_closing.store(false, Ordering::Relaxed); // it goes on
                return Err(error);
            }
        };
        self.end(py, state);
        Ok(())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let wish = match self.caller.0.try_lock() {
            Ok(wish) => wish,
            Err(TryLockError::Poisoned(wish)) => wish.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        match &*wish {
            Wish::More(asked) => visit.call(asked),
            Wish::Failure(error) => visit.call(error),
            Wish::Nothing => Ok(()),
        }
    }

    fn __clear__(&self) {
        drop(self.caller.replace(Wish::Nothing));
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_error))]
    fn __exit__(&self, py: Python<'_>, _error: &Bound<'_, PyTuple>) -> BindingResult<()> {
        self.close(py)
    }
}

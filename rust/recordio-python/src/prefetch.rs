//! `Prefetch`: records in the order in which a caller will want them, read ahead.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use pyo3::{
    prelude::*,
    types::{PyBytes, PyIterator, PyTuple},
};
use recordio::{idx::Index, io::Place};
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

/// What a record is taken to have where no extent tells, in bytes.
const UNKNOWN_LEN: u64 = 64 * 1024;

#[pyclass(name = "Prefetch", module = "recordio_rs._recordio_rs", frozen)]
pub(crate) struct PyPrefetch {
    path: PathBuf,
    /// `None` once it has ended or was closed.
    state: Shared<Option<State>>,
}

struct State {
    ahead: ReadAhead,
    index: Arc<Index>,
    shown: Shown,
    /// What the caller wants next; `None` once there is no more.
    asked: Option<Py<PyIterator>>,
    /// What went wrong with `asked`: told when everything before it was given.
    failure: Option<PyErr>,
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
        let ahead = ReadAhead::start(storage, num_threads)
            .map_err(|error| BindingError::core(error, &path))?;
        let state = State {
            ahead,
            index,
            shown,
            asked: Some(asked.unbind()),
            failure: None,
            jobs: VecDeque::new(),
            current: None,
            job_count: FIRST_JOB_COUNT,
            max_jobs: num_threads.saturating_mul(JOBS_A_THREAD).max(JOBS_A_THREAD),
            max_bytes,
        };
        Ok(Self { path, state: Shared::new(Some(state)) })
    }
}

impl State {
    /// Returns the next record, or why it cannot be read; `None` at the end.
    fn next_record<'py>(
        &mut self,
        py: Python<'py>,
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
            self.top_up(py);
            if self.has_ended() {
                return self.failure.take().map_or(Ok(None), |error| Err(error.into()));
            }
            self.current = py.detach(|| self.ahead.next(PATIENCE));
            py.check_signals()?;
        }
    }

    /// Returns whether every record was given that could be read.
    fn has_ended(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Adds jobs until enough is read ahead, or no more is asked for.
    fn top_up(&mut self, py: Python<'_>) {
        let mut bytes = self.jobs.iter().map(|job| job.bytes).sum::<u64>();
        while self.jobs.is_empty() || (self.jobs.len() < self.max_jobs && bytes < self.max_bytes) {
            let (asked, places) = self.next_job(py);
            if places.is_empty() {
                break;
            }
            bytes = bytes.saturating_add(asked.bytes);
            self.jobs.push_back(asked);
            self.ahead.add(places);
            self.job_count = (self.job_count * 2).min(MAX_JOB_COUNT);
        }
    }

    /// Takes from the caller's iterator what makes one job; nothing where there is no more.
    fn next_job(&mut self, py: Python<'_>) -> (Asked, Vec<Place>) {
        let (mut asked, mut places) = (Asked::default(), Vec::new());
        let max_bytes = MAX_JOB.min(self.max_bytes);
        while places.len() < self.job_count && asked.bytes < max_bytes {
            match self.next_place(py).transpose() {
                Some(Ok((ordinal, place))) => {
                    asked.bytes += place.extent.unwrap_or(UNKNOWN_LEN);
                    asked.ordinals.push_back(ordinal);
                    places.push(place);
                }
                Some(Err(error)) => {
                    (self.failure, self.asked) = (Some(error), None);
                    break;
                }
                None => {
                    self.asked = None;
                    break;
                }
            }
        }
        (asked, places)
    }

    fn next_place(&self, py: Python<'_>) -> PyResult<Option<(usize, Place)>> {
        let Some(asked) = &self.asked else { return Ok(None) };
        let Some(place) = asked.bind(py).clone().next().transpose()? else { return Ok(None) };
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
        let Some(state) = guard.as_mut() else { return Ok(None) };
        let next = state.next_record(py, &self.path);
        if state.has_ended() {
            let ended = guard.take();
            drop(guard);
            py.detach(|| drop(ended));
        }
        next
    }

    fn close(&self, py: Python<'_>) -> BindingResult<()> {
        let state = match self.state.lock(py, &self.path) {
            Ok(mut guard) => guard.take(),
            Err(BindingError::Forked { .. }) => None, // the parent's
            Err(error) => return Err(error),
        };
        py.detach(|| drop(state));
        Ok(())
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_error))]
    fn __exit__(&self, py: Python<'_>, _error: &Bound<'_, PyTuple>) -> BindingResult<()> {
        self.close(py)
    }
}

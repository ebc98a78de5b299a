//! Records read ahead by threads of their own.

use std::{
    collections::VecDeque,
    io, mem,
    ops::Range,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use recordio::{Error, io::Place};
use recordio_storage::Storage;

use crate::{
    finding::{Found, find_records},
    fork::Process,
};

/// The largest memory of a result that is used again, in bytes: one large record should not leave
/// all results as large as itself.
const MAX_SPARE: usize = 1 << 20;

/// How much more memory than its records take a result may have, in bytes: records that lie near
/// each other are read with what is between them.
const MAX_WASTE: usize = 64 * 1024;

/// Some records to read, in the order in which they are wanted.
pub(crate) type Job = Vec<Place>;

/// What came of a job.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) arena: Vec<u8>,
    /// For each place of the job where in the arena its record is.
    pub(crate) records: VecDeque<Result<Range<usize>, Error>>,
}

/// Threads that read the records of one job after the other.
///
/// Dropping it ends them, in the process that made it: a forked child has none.
pub(crate) struct ReadAhead {
    state: Arc<State>,
    threads: Vec<JoinHandle<()>>,
    process: Process,
}

struct State {
    storage: Arc<Storage>,
    queue: Mutex<Queue>,
    has_job: Condvar,
    has_result: Condvar,
}

#[derive(Default)]
struct Queue {
    /// Jobs that nobody works on yet, with their numbers.
    jobs: VecDeque<(u64, Job)>,
    /// Results from the number `first` on; `None` where the job is not done.
    results: VecDeque<Option<Done>>,
    first: u64,
    /// Memory of results that were used up.
    spare: Vec<Vec<u8>>,
    is_closed: bool,
}

impl ReadAhead {
    /// Starts `count` threads, or as many as the system gives.
    ///
    /// # Errors
    ///
    /// Where it gives none.
    pub(crate) fn start(storage: Arc<Storage>, count: usize) -> io::Result<Self> {
        let state = Arc::new(State {
            storage,
            queue: Mutex::default(),
            has_job: Condvar::new(),
            has_result: Condvar::new(),
        });
        let mut ahead = Self { state, threads: Vec::new(), process: Process::current() };
        for number in 0..count.max(1) {
            let state = Arc::clone(&ahead.state);
            let builder = thread::Builder::new().name(format!("recordio-ahead-{number}"));
            match builder.spawn(move || state.work()) {
                Ok(thread) => ahead.threads.push(thread),
                Err(error) if ahead.threads.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        Ok(ahead)
    }

    /// Returns whether this is still the process that has the threads.
    pub(crate) fn is_of_this_process(&self) -> bool {
        self.process.is_current()
    }

    /// Adds a job; results come in the order of the jobs.
    pub(crate) fn add(&self, job: Job) {
        let mut queue = self.state.lock();
        let number = queue.first + queue.results.len() as u64;
        queue.jobs.push_back((number, job));
        queue.results.push_back(None);
        self.state.has_job.notify_one();
    }

    /// Waits up to `patience` for the next result, and returns it.
    pub(crate) fn next(&self, patience: Duration) -> Option<Done> {
        let mut queue = self.state.lock();
        if !matches!(queue.results.front(), Some(Some(_))) {
            let waited = self.state.has_result.wait_timeout(queue, patience);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let done = queue.results.front_mut()?.take()?;
        queue.results.pop_front();
        queue.first += 1;
        Some(done)
    }

    /// Gives the memory of a result back.
    pub(crate) fn recycle(&self, done: Done) {
        if done.arena.capacity() <= MAX_SPARE {
            self.state.lock().spare.push(done.arena);
        }
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        if !self.process.is_this() {
            // These are threads of the parent, and one of them may hold the lock.
            mem::forget((mem::take(&mut self.threads), Arc::clone(&self.state)));
            return;
        }
        let mut queue = self.state.lock();
        queue.is_closed = true;
        queue.jobs.clear();
        drop(queue);
        self.state.has_job.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join(); // it has nothing more to say
        }
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on jobs until there will be no more.
    fn work(&self) {
        // Memory that had more in it than was wanted.
        let mut own = None;
        let mut queue = self.lock();
        while !queue.is_closed {
            let Some((number, job)) = queue.jobs.pop_front() else {
                queue = self.has_job.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let arena = own.take().or_else(|| queue.spare.pop()).unwrap_or_default();
            drop(queue);
            let mut done = read(&self.storage, &job, arena);
            own = done.pack();
            queue = self.lock();
            let place = usize::try_from(number - queue.first).unwrap_or(usize::MAX);
            if let Some(result) = queue.results.get_mut(place) {
                *result = Some(done);
            }
            if place == 0 {
                self.has_result.notify_one();
            }
        }
    }
}

impl Done {
    /// Moves the records to memory of their own where they have far more than they need; returns
    /// what they had, to be used again.
    fn pack(&mut self) -> Option<Vec<u8>> {
        let len: usize = self.records.iter().flatten().map(Range::len).sum();
        if self.arena.len() <= len.saturating_mul(2).saturating_add(MAX_WASTE) {
            return None;
        }
        let mut packed = Vec::with_capacity(len);
        for range in self.records.iter_mut().flatten() {
            let begin = packed.len();
            packed.extend_from_slice(self.arena.get(range.clone()).unwrap_or_default());
            *range = begin..packed.len();
        }
        let arena = mem::replace(&mut self.arena, packed);
        (arena.capacity() <= 4 * MAX_SPARE).then_some(arena)
    }
}

/// Reads the records of a job, in the order of the file.
fn read(storage: &Storage, job: &Job, mut arena: Vec<u8>) -> Done {
    arena.clear();
    let mut order: Vec<usize> = (0..job.len()).collect();
    let offset = |number: &usize| job.get(*number).map(|place| place.offset);
    order.sort_by_key(offset);
    let places: Vec<Place> = order.iter().filter_map(|number| job.get(*number).copied()).collect();
    let mut records = VecDeque::new();
    records.resize_with(job.len(), || Ok(0..0));
    let mut order = order.into_iter();
    find_records(storage, &places, usize::MAX, &mut arena, |found| {
        let record = found.map(|found| match found {
            Found::InArena(range) => range,
            Found::InFile(_) => 0..0, // nothing is as long as was asked for
        });
        if let Some(place) = order.next().and_then(|number| records.get_mut(number)) {
            *place = record;
        }
    });
    Done { arena, records }
}

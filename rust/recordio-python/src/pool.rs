//! Threads for large batches: made when first needed, kept, and made anew after a fork.

use std::{
    ptr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicPtr, AtomicUsize, Ordering},
    },
    thread,
};

use pyo3::{
    exceptions::{PyOverflowError, PyValueError},
    prelude::*,
};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::fork::Process;

/// The most threads that a batch can ask for.
const MAX_THREADS: usize = 256;

/// How many cores this process may use; 0 while nobody has asked.
static CORES: AtomicUsize = AtomicUsize::new(0);

/// The threads that help with batches, of one process.
struct Helpers {
    process: Process,
    count: usize,
    /// `None` where the system gives no threads: then there is no help.
    pool: Option<ThreadPool>,
}

/// No lock, which a fork could leave held for ever: a child just puts its own in place. What was
/// there before is never freed, because someone may still use it; it happens once a fork.
static HELPERS: AtomicPtr<Helpers> = AtomicPtr::new(ptr::null_mut());

impl Helpers {
    fn new(count: usize) -> Self {
        let name = |number| format!("recordio-{number}");
        let pool = ThreadPoolBuilder::new().num_threads(count).thread_name(name).build().ok();
        Self { process: Process::current(), count, pool }
    }

    /// Returns at least `count` helpers of this process.
    fn get(count: usize) -> &'static Self {
        // Few sizes, for what was too small is never freed.
        let count = count.next_power_of_two();
        loop {
            let before = HELPERS.load(Ordering::Acquire);
            // SAFETY: null, or from `Box::into_raw` and never freed.
            #[expect(unsafe_code, reason = "a pointer that is set once and never freed")]
            let known: Option<&'static Self> = unsafe { before.as_ref() };
            if let Some(helpers) = known
                && helpers.process.is_this()
                && helpers.count >= count
            {
                return helpers;
            }
            let made = Box::into_raw(Box::new(Self::new(count)));
            let order = Ordering::AcqRel;
            if HELPERS.compare_exchange(before, made, order, Ordering::Acquire).is_err() {
                // SAFETY: made above, and nobody else has seen it: another thread was first.
                #[expect(unsafe_code, reason = "as above")]
                drop(unsafe { Box::from_raw(made) });
            }
        }
    }
}

/// How many threads a caller wants to work on a batch.
#[derive(Clone, Copy)]
pub(crate) struct Threads(usize);

impl Default for Threads {
    /// Returns one for each core.
    fn default() -> Self {
        // Asking the system takes as long as reading a small batch.
        let known = CORES.load(Ordering::Relaxed);
        if known > 0 {
            return Self(known);
        }
        let cores = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        CORES.store(cores, Ordering::Relaxed);
        Self(cores)
    }
}

impl From<Threads> for usize {
    fn from(threads: Threads) -> Self {
        threads.0
    }
}

impl FromPyObject<'_, '_> for Threads {
    type Error = PyErr;

    fn extract(asked: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let count =
            match asked.extract::<i64>() {
                Err(error) if error.is_instance_of::<PyOverflowError>(asked.py()) => {
                    if asked.lt(0)? { 0 } else { i64::MAX }
                }
                count => count?,
            };
        if count < 1 {
            let message = format!("num_threads must be at least 1, not {}", asked.repr()?);
            return Err(PyValueError::new_err(message));
        }
        Ok(Self(usize::try_from(count).map_or(MAX_THREADS, |count| count.min(MAX_THREADS))))
    }
}

/// Calls `work` for each part of `items`, of `grain` items, in up to `threads` threads of which
/// this is one; to be called detached.
pub(crate) fn for_each_part<T: Send>(
    threads: usize,
    items: &mut [T],
    grain: usize,
    work: impl Fn(&mut [T]) + Sync,
) {
    let grain = grain.max(1);
    let threads = threads.min(items.len().div_ceil(grain));
    if threads <= 1 {
        return items.chunks_mut(grain).for_each(work);
    }
    let parts = Mutex::new(items.chunks_mut(grain));
    let next_part = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work_on = || {
        while let Some(part) = next_part() {
            work(part);
        }
    };
    match &Helpers::get(threads - 1).pool {
        Some(pool) => pool.in_place_scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|_| work_on());
            }
            work_on();
        }),
        None => work_on(),
    }
}

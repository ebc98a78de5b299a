//! Threads for large batches: made when first needed, kept, and made anew after a fork.

use std::{
    ptr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicPtr, Ordering},
    },
    thread,
};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::fork::Process;

/// The most threads that a batch can ask for.
const MAX_THREADS: usize = 256;

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
        let before = HELPERS.load(Ordering::Acquire);
        // SAFETY: null, or from `Box::leak`.
        #[expect(unsafe_code, reason = "a pointer that is set once and never freed")]
        let known = unsafe { before.as_ref() };
        match known {
            Some(helpers) if helpers.process.is_this() && helpers.count >= count => helpers,
            _ => {
                let made: &'static mut Self = Box::leak(Box::new(Self::new(count)));
                let made = ptr::from_mut(made);
                let _ = HELPERS.compare_exchange(before, made, Ordering::AcqRel, Ordering::Acquire);
                // SAFETY: leaked above, and from here on only shared.
                #[expect(unsafe_code, reason = "as above")]
                unsafe {
                    &*made
                }
            }
        }
    }
}

/// Returns how many threads work on a batch where the caller does not say: one for each core.
pub(crate) fn default_threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
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
    let threads = threads.min(items.len().div_ceil(grain)).min(MAX_THREADS);
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

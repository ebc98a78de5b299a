//! State that threads share, in a process that may fork and be interrupted.
//!
//! A lock is never waited for while attached, nor in a forked child, where the thread that holds it
//! may not exist, nor by the thread that holds it, in a signal handler say. Waiting gives way to
//! Ctrl-C. All that belongs to a lock is in its object: a child has objects of its own, and a table
//! for the whole process, as `parking_lot` has one, would still list the threads of its parent.

use std::{
    ops::{Deref, DerefMut},
    path::Path,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use pyo3::prelude::*;

use crate::{
    error::{BindingError, BindingResult},
    fork::Process,
};

/// How long a thread waits before it looks for signals.
const PATIENCE: Duration = Duration::from_millis(100);

/// No thread has this number.
const NOBODY: u64 = 0;

/// Something that one thread at a time may use, in the process that made it.
pub(crate) struct Shared<T> {
    value: Mutex<T>,
    /// The number of the thread that uses it.
    owner: AtomicU64,
    /// How many threads wait for it.
    waiting: AtomicUsize,
    /// Held by who looks whether it has become free, or says so.
    turnstile: Mutex<()>,
    freed: Condvar,
    process: Process,
}

impl<T: Send> Shared<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            value: Mutex::new(value),
            owner: AtomicU64::new(NOBODY),
            waiting: AtomicUsize::new(0),
            turnstile: Mutex::new(()),
            freed: Condvar::new(),
            process: Process::current(),
        }
    }

    /// Locks it; `path` is for errors.
    pub(crate) fn lock(&self, py: Python<'_>, path: &Path) -> BindingResult<Guard<'_, T>> {
        if !self.process.is_current() {
            return Err(BindingError::Forked { path: path.to_owned() });
        }
        let value = match self.try_lock() {
            Some(value) => value,
            None => self.wait(py, path)?,
        };
        self.owner.store(thread_number(), Ordering::Relaxed);
        Ok(Guard { value: Some(value), shared: self })
    }

    #[cold]
    fn wait(&self, py: Python<'_>, path: &Path) -> BindingResult<MutexGuard<'_, T>> {
        // Code that runs in a child right after a fork may come here before the hook has run.
        if !self.process.is_this() {
            return Err(BindingError::Forked { path: path.to_owned() });
        }
        if self.owner.load(Ordering::Relaxed) == thread_number() {
            return Err(BindingError::Reentrant { path: path.to_owned() });
        }
        let _waiting = Waiting::new(&self.waiting);
        loop {
            if let Some(value) = self.try_lock() {
                return Ok(value);
            }
            py.detach(|| self.wait_a_while());
            py.check_signals()?;
        }
    }

    /// Waits until it may be free.
    fn wait_a_while(&self) {
        let turnstile = self.turnstile.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever frees it does so before passing the turnstile: either this sees it free, or the
        // condition is signalled after the wait has begun.
        if self.try_lock().is_none() {
            let _ = self.freed.wait_timeout(turnstile, PATIENCE);
        }
    }

    /// Returns the value if nobody uses it, whatever process this is.
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.value.try_lock() {
            Ok(value) => Some(value),
            Err(TryLockError::Poisoned(value)) => Some(value.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Takes the value out, whoever uses it.
    pub(crate) fn take(&mut self) -> T
    where
        T: Default,
    {
        std::mem::take(self.value.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the process that it was made in.
    pub(crate) fn process(&self) -> Process {
        self.process
    }
}

/// Counts a thread that waits, until it does no longer.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A lock that is held; released when dropped.
pub(crate) struct Guard<'a, T> {
    /// `None` only while it is dropped.
    value: Option<MutexGuard<'a, T>>,
    shared: &'a Shared<T>,
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        let shared = self.shared;
        shared.owner.store(NOBODY, Ordering::Relaxed);
        self.value = None;
        // In a child nobody waits, whatever the number says that it has inherited.
        if shared.waiting.load(Ordering::SeqCst) > 0 && shared.process.is_this() {
            drop(shared.turnstile.lock());
            shared.freed.notify_one();
        }
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("a guard that is not dropped holds its lock")
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("a guard that is not dropped holds its lock")
    }
}

fn thread_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(NOBODY + 1);
    thread_local! {
        static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}

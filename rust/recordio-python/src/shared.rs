//! State that threads share, in a process that may fork and be interrupted.
//!
//! A lock is never waited for while attached, nor in a forked child, where the thread that holds it
//! may not exist, nor by the thread that holds it, in a signal handler say. Waiting gives way to
//! Ctrl-C.

use std::{
    ops::{Deref, DerefMut},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};
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
    process: Process,
}

impl<T: Send> Shared<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            value: Mutex::new(value),
            owner: AtomicU64::new(NOBODY),
            process: Process::current(),
        }
    }

    /// Locks it; `path` is for errors.
    pub(crate) fn lock(&self, py: Python<'_>, path: &Path) -> BindingResult<Guard<'_, T>> {
        if !self.process.is_current() {
            return Err(BindingError::Forked { path: path.to_owned() });
        }
        let value = match self.value.try_lock() {
            Some(value) => value,
            None => self.wait(py, path)?,
        };
        let thread = thread_number();
        self.owner.store(thread, Ordering::Relaxed);
        Ok(Guard { value, owner: &self.owner })
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
        loop {
            if let Some(value) = py.detach(|| self.value.try_lock_for(PATIENCE)) {
                return Ok(value);
            }
            py.check_signals()?;
        }
    }

    /// Returns the value if nobody uses it, whatever process this is.
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.value.try_lock()
    }

    /// Takes the value out, whoever uses it.
    pub(crate) fn take(&mut self) -> T
    where
        T: Default,
    {
        std::mem::take(self.value.get_mut())
    }

    /// Returns the process that it was made in.
    pub(crate) fn process(&self) -> Process {
        self.process
    }
}

/// A lock that is held; released when dropped.
pub(crate) struct Guard<'a, T> {
    value: MutexGuard<'a, T>,
    owner: &'a AtomicU64,
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        self.owner.store(NOBODY, Ordering::Relaxed);
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

fn thread_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(NOBODY + 1);
    thread_local! {
        static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}

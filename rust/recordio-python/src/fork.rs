//! Which process this is, at the price of one load.
//!
//! A forked child inherits buffers that belong to its parent, and locks that some thread of the
//! parent may have held. Each object remembers the process that made it, and in another one it
//! touches neither.

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;

static GENERATION: AtomicU64 = AtomicU64::new(0);

/// The process that an object was made in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Process {
    generation: u64,
    number: u32,
}

impl Process {
    /// Returns this process.
    pub(crate) fn current() -> Self {
        Self { generation: GENERATION.load(Ordering::Relaxed), number: std::process::id() }
    }

    /// Returns whether this is still the process that `self` was taken in, at the price of a load.
    ///
    /// Wrong for a moment in a child: other hooks, and what dies with the parent's threads, run
    /// before the one of this module. [`Process::is_this`] is right then, too.
    pub(crate) fn is_current(self) -> bool {
        self.generation == GENERATION.load(Ordering::Relaxed)
    }

    /// Returns whether this is still the process that `self` was taken in, by asking the system.
    ///
    /// For whatever writes, waits for a lock, or is done once.
    pub(crate) fn is_this(self) -> bool {
        self.is_current() && self.number == std::process::id()
    }
}

/// Tells that this process was just forked; registered with `os.register_at_fork`.
#[pyfunction]
pub(crate) fn after_fork_in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

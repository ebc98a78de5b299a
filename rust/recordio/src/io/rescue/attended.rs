//! Reads that give way to who waits for them, however long a search takes.

use std::{
    io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, ThreadId},
};

use super::super::ReadAt;

/// Who waits, on the thread that has made this.
pub(super) struct Attendant<P> {
    pause: Mutex<P>,
    thread: ThreadId,
    /// How far the work was when it was told last.
    done: AtomicU64,
    is_over: AtomicBool,
}

impl<P: FnMut(u64) -> io::Result<()>> Attendant<P> {
    pub(super) fn new(pause: P) -> Self {
        Self {
            pause: Mutex::new(pause),
            thread: thread::current().id(),
            done: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
        }
    }

    /// Calls who waits, with how many bytes are done; an error ends all reads.
    pub(super) fn tell(&self, done: u64) -> io::Result<()> {
        self.done.store(done, Ordering::Relaxed);
        let mut pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        pause(done).inspect_err(|_| self.is_over.store(true, Ordering::Relaxed))
    }
}

/// A source with somebody who waits: they are called during reads on their own thread, and reads on
/// other threads end once they have had enough.
pub(super) struct Attended<'a, S: ?Sized, P> {
    source: &'a S,
    attendant: &'a Attendant<P>,
}

impl<'a, S: ReadAt + ?Sized, P> Attended<'a, S, P> {
    pub(super) const fn new(source: &'a S, attendant: &'a Attendant<P>) -> Self {
        Self { source, attendant }
    }
}

impl<S: ReadAt + ?Sized, P: FnMut(u64) -> io::Result<()>> ReadAt for Attended<'_, S, P> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if self.attendant.is_over.load(Ordering::Relaxed) {
            return Err(io::Error::other("the work is over"));
        }
        if thread::current().id() == self.attendant.thread {
            self.attendant.tell(self.attendant.done.load(Ordering::Relaxed))?;
        }
        self.source.read_at(buffer, offset)
    }

    fn source_len(&self) -> io::Result<u64> {
        self.source.source_len()
    }
}

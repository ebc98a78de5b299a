//! Memory that is used again: new memory costs a page fault every four kilobytes.

use std::sync::{Arc, Mutex, TryLockError, Weak};

/// The largest buffer that is kept for the next batch, in bytes.
const MAX_KEPT: usize = 64 << 20;

/// How many times as large as needed a buffer may be: whoever keeps a few bytes for long should not
/// keep the memory of the largest batch with them.
const MAX_EXCESS: usize = 4;

/// A buffer of so many bytes is never too large.
const MIN_MOST: usize = 64 << 10;

/// Keeps one buffer that nobody needs any more.
#[derive(Debug, Default)]
pub(crate) struct Shelf(Mutex<Option<Vec<u8>>>);

/// A buffer that goes back to its shelf.
#[derive(Debug)]
pub(crate) struct Shelved {
    bytes: Vec<u8>,
    shelf: Weak<Shelf>,
}

impl Shelf {
    /// Takes a buffer of at least `len` bytes from the shelf, or a new and empty one.
    pub(crate) fn take(&self, len: usize) -> Vec<u8> {
        let most = len.saturating_mul(MAX_EXCESS).max(MIN_MOST);
        let fits = |bytes: &mut Vec<u8>| (len..=most).contains(&bytes.capacity());
        self.with(|kept| kept.take_if(fits)).flatten().unwrap_or_default()
    }

    /// Makes a buffer come back here.
    pub(crate) fn lend(self: &Arc<Self>, bytes: Vec<u8>) -> Shelved {
        Shelved { bytes, shelf: Arc::downgrade(self) }
    }

    /// Never waits: in a forked child the lock may be held for ever.
    fn with<T>(&self, use_it: impl FnOnce(&mut Option<Vec<u8>>) -> T) -> Option<T> {
        match self.0.try_lock() {
            Ok(mut kept) => Some(use_it(&mut kept)),
            Err(TryLockError::Poisoned(kept)) => Some(use_it(&mut kept.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl AsRef<[u8]> for Shelved {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Shelved {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if let Some(shelf) = self.shelf.upgrade().filter(|_| bytes.capacity() <= MAX_KEPT) {
            // What was there is freed after the lock is.
            let _before = shelf.with(|kept| kept.replace(bytes));
        }
    }
}

impl From<Vec<u8>> for Shelved {
    /// Makes a buffer that has no shelf to go back to.
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, shelf: Weak::new() }
    }
}

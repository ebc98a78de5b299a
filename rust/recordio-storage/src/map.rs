//! A mapped file: copies bytes out, or says that they are gone.

use std::{
    fs::File,
    io,
    mem::MaybeUninit,
    ptr,
    sync::atomic::{Ordering, fence},
};

use memmap2::{Mmap, MmapOptions};

#[cfg(unix)]
use crate::guard::Guard;

/// A file in memory, as long as it was when it was mapped.
///
/// Nothing of it is ever lent out as a slice: another process may write to the file or cut it at
/// any moment. Bytes are copied, and then it is known whether they were there.
#[derive(Debug)]
pub(crate) struct Map {
    // Before `memory`, so that it is dropped first: the guarded addresses may be anyone's then.
    #[cfg(unix)]
    guard: Option<Guard>,
    memory: Mmap,
    /// How often somebody wanted to use it.
    #[cfg(unix)]
    uses: std::sync::atomic::AtomicUsize,
}

/// Every how many uses it is looked whether the map is still guarded: a system call for each would
/// take as long as what the map saves.
#[cfg(unix)]
const USES_PER_CHECK: usize = 256;

impl Map {
    /// Maps all that the file holds.
    ///
    /// # Errors
    ///
    /// Whatever the system fails with.
    pub(crate) fn new(file: &File) -> io::Result<Self> {
        // SAFETY: the danger of a map is a slice whose bytes change, or whose pages vanish. No
        // slice of it is ever made (see `copy`), and the guard takes care of pages.
        let memory = unsafe { MmapOptions::new().map(file)? };
        Ok(Self {
            // SAFETY: the mapping is only read, and outlives the guard by the order of the fields.
            #[cfg(unix)]
            guard: unsafe { Guard::new(memory.as_ptr(), memory.len()) },
            memory,
            #[cfg(unix)]
            uses: std::sync::atomic::AtomicUsize::default(),
        })
    }

    /// Returns whether a file that shrinks meanwhile does no harm to the process.
    pub(crate) fn is_guarded(&self) -> bool {
        #[cfg(unix)]
        return self.guard.is_some();
        #[cfg(not(unix))]
        return cfg!(windows); // where a mapped file cannot be cut
    }

    /// Looks whether it is still guarded: a process may install a handler of its own at any time.
    pub(crate) fn check(&self) {
        #[cfg(unix)]
        if let Some(guard) = &self.guard {
            guard.check();
        }
    }

    /// Returns whether it can be used, and now and then looks whether it is still guarded.
    pub(crate) fn is_usable(&self) -> bool {
        #[cfg(unix)]
        if self.uses.fetch_add(1, Ordering::Relaxed).is_multiple_of(USES_PER_CHECK) {
            self.check();
        }
        !self.has_faulted()
    }

    /// Copies bytes from `offset` on, and returns whether the map has them all.
    ///
    /// Behind the end that a file was cut to there may be zeros up to the end of a page: those the
    /// map cannot tell from data.
    pub(crate) fn copy(&self, offset: u64, target: &mut [MaybeUninit<u8>]) -> bool {
        let Some(begin) = usize::try_from(offset).ok().filter(|begin| {
            begin.checked_add(target.len()).is_some_and(|end| end <= self.memory.len())
        }) else {
            return false;
        };
        if self.has_faulted() {
            return false;
        }
        // SAFETY: the range lies in the map, as was checked, and `target` is memory of the caller.
        // Whoever writes to the file meanwhile makes this copy a mixture of old and new, which is
        // what a read gives, too; it is done through pointers, so that the compiler may assume
        // nothing about the bytes.
        unsafe {
            let source = self.memory.as_ptr().add(begin);
            ptr::copy_nonoverlapping(source, target.as_mut_ptr().cast(), target.len());
        }
        // The mark of a fault is looked at after the bytes.
        fence(Ordering::Acquire);
        !self.has_faulted()
    }

    /// Asks the processor to fetch the lines of memory that hold the start of a record at `offset`.
    pub(crate) fn expect(&self, offset: u64) {
        /// How many bytes a processor fetches at once.
        const LINE_LEN: usize = 64;
        /// How many lines are asked for; the processor goes on by itself where more are read.
        const LINES: usize = 2;
        let Ok(begin) = usize::try_from(offset) else { return };
        for line in 0..LINES {
            let at = begin.saturating_add(line * LINE_LEN);
            if at < self.memory.len() {
                // SAFETY: the address lies in the map.
                expect_line(unsafe { self.memory.as_ptr().add(at) });
            }
        }
    }

    /// Returns whether the map reaches to `end` bytes of the file.
    pub(crate) fn spans(&self, end: u64) -> bool {
        end <= self.memory.len() as u64
    }

    /// Returns whether a page of the file was found missing, or the map is guarded no longer; then
    /// it is of no use any more.
    fn has_faulted(&self) -> bool {
        #[cfg(unix)]
        return self.guard.as_ref().is_some_and(Guard::has_faulted);
        #[cfg(not(unix))]
        return false;
    }
}

/// Tells the processor that memory will be read; nothing else comes of it, not even a page fault.
fn expect_line(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: no address can do harm, and every x86-64 has the instruction.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: no address can do harm, and every AArch64 has the instruction.
    unsafe {
        std::arch::asm!("prfm pldl1keep, [{}]", in(reg) address, options(nostack, readonly));
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = address;
}

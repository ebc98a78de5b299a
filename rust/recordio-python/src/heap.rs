//! Memory that the allocator keeps for the next batch.

use std::{
    hint,
    sync::atomic::{AtomicBool, Ordering},
};

/// A little less than the largest block that glibc's allocator learns from (malloc(3), mallopt(3):
/// `M_MMAP_THRESHOLD`), in bytes.
const LESSON_LEN: usize = (32 << 20) - (16 << 10);

/// From how many bytes on an object makes it worth while.
const MIN_LEN: usize = 32 * 1024;

static HAS_LEARNT: AtomicBool = AtomicBool::new(false);

/// Makes the C library keep up to 64 MiB of freed memory at the end of its heap, once a process,
/// before an object of `len` bytes is made.
///
/// By default it gives all but 128 KiB back to the system, so that each large object gets new
/// memory and pays a page fault for every 4 KiB of it, several times what copying costs. It learns
/// better by itself when a program frees a block of some megabytes, as any program with arrays does
/// sooner or later; this frees one that was never touched. Other C libraries do not mind.
pub(crate) fn keep_freed_memory(len: usize) {
    if len >= MIN_LEN && !HAS_LEARNT.load(Ordering::Relaxed) {
        HAS_LEARNT.store(true, Ordering::Relaxed);
        drop(hint::black_box(Vec::<u8>::with_capacity(LESSON_LEN)));
    }
}

//! An allocator that shows when memory is asked for on the word of a length field.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    process,
};

/// The longest piece of memory that there is reason to ask for, in bytes: a few times the longest
/// buffer, which is longer than every file here.
const MAX_LEN: usize = 8 << 20;

/// The system's allocator, which ends the process where somebody asks for too much at once.
struct Bounded;

#[global_allocator]
static ALLOCATOR: Bounded = Bounded;

fn check(len: usize) {
    if len > MAX_LEN {
        // No panic, which an allocator must not do.
        eprintln!("{len} bytes of memory at once: no file here is so long");
        process::abort();
    }
}

// SAFETY: everything is as `System` does it, or the process ends.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        check(layout.size());
        // SAFETY: what the caller has promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        check(layout.size());
        // SAFETY: what the caller has promised.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_len: usize) -> *mut u8 {
        check(new_len);
        // SAFETY: what the caller has promised.
        unsafe { System.realloc(memory, layout, new_len) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: what the caller has promised.
        unsafe { System.dealloc(memory, layout) }
    }
}

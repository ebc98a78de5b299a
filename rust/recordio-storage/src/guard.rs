//! What a shrinking file does to a map: no process dies of it.
//!
//! Where a mapped file has lost a page, by truncation or by a disk that cannot be read, touching it
//! raises `SIGBUS`. The handler here puts a page of zeros in its place and leaves a mark, by which
//! the map knows that what it has just copied may be no data (systemd's journal and the shared
//! memory of Wayland's compositors are guarded in the same manner). Faults elsewhere go to the
//! handler that was there before.

use std::{
    ffi::{c_int, c_void},
    mem::MaybeUninit,
    ptr,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering},
    },
};

/// A range of addresses that is guarded, or free to be used again.
///
/// Never freed: the handler may look at any of them at any moment.
#[derive(Debug)]
struct Slot {
    is_used: AtomicBool,
    begin: AtomicUsize,
    end: AtomicUsize,
    has_faulted: AtomicBool,
    next: Option<&'static Slot>,
}

impl Slot {
    /// Sets the range; `end` is zero until then.
    fn set(&self, begin: usize, end: usize) {
        self.begin.store(begin, Ordering::Release);
        self.end.store(end, Ordering::Release);
    }

    /// Returns whether an address is in the range, also while another thread sets it: the begin of
    /// one range and the end of another make none.
    fn guards(&self, address: usize) -> bool {
        let begin = self.begin.load(Ordering::Acquire);
        let end = self.end.load(Ordering::Acquire);
        (begin..end).contains(&address) && self.begin.load(Ordering::Acquire) == begin
    }
}

static SLOTS: AtomicPtr<Slot> = AtomicPtr::new(ptr::null_mut());

/// Guards a range of addresses for as long as it lives.
#[derive(Debug)]
pub(crate) struct Guard(&'static Slot);

impl Guard {
    /// Guards `len` bytes from `begin` on; `None` where the process handles `SIGBUS` itself.
    ///
    /// # Safety
    ///
    /// The range must be a mapping of a file that this process only reads, and stay one until the
    /// guard is dropped: pages of it are replaced.
    pub(crate) unsafe fn new(begin: *const u8, len: usize) -> Option<Self> {
        if !is_in_place() {
            return None;
        }
        let slot = free_slot();
        slot.has_faulted.store(false, Ordering::Relaxed);
        slot.set(begin.addr(), begin.addr() + len);
        Some(Self(slot))
    }

    /// Returns whether a page of the range was missing, or may be and end the process.
    pub(crate) fn has_faulted(&self) -> bool {
        self.0.has_faulted.load(Ordering::Acquire)
    }

    /// Looks whether the handler is still in place, at the price of a system call; if not, the
    /// range counts as faulty, for nobody would catch its first fault.
    pub(crate) fn check(&self) {
        if !is_in_place() {
            self.0.has_faulted.store(true, Ordering::SeqCst);
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.end.store(0, Ordering::Release);
        self.0.is_used.store(false, Ordering::Release);
    }
}

fn slots() -> impl Iterator<Item = &'static Slot> {
    // SAFETY: the pointer is null or came from `Box::leak`.
    let first = unsafe { SLOTS.load(Ordering::Acquire).as_ref() };
    std::iter::successors(first, |slot| slot.next)
}

fn free_slot() -> &'static Slot {
    let is_taken = |slot: &&Slot| {
        slot.is_used.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
    };
    if let Some(slot) = slots().find(is_taken) {
        return slot;
    }
    let slot = Box::leak(Box::new(Slot {
        is_used: AtomicBool::new(true),
        begin: AtomicUsize::new(0),
        end: AtomicUsize::new(0),
        has_faulted: AtomicBool::new(false),
        next: None,
    }));
    let mut first = SLOTS.load(Ordering::Acquire);
    loop {
        // SAFETY: as in `slots`.
        slot.next = unsafe { first.as_ref() };
        match SLOTS.compare_exchange(first, slot, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return slot,
            Err(other) => first = other,
        }
    }
}

/// What handled `SIGBUS` before; `None` where this module's handler could not be installed.
static PREVIOUS: OnceLock<Option<libc::sigaction>> = OnceLock::new();

/// Installs the handler, once in a process, and returns whether it is the one that is called.
///
/// Whoever installs one later has taken over: then nothing is guarded any more, and no second
/// attempt is made, which could end in two handlers that call each other.
fn is_in_place() -> bool {
    PREVIOUS.get_or_init(install).is_some() && current().is_some_and(|now| is_ours(&now))
}

fn is_ours(action: &libc::sigaction) -> bool {
    action.sa_sigaction == handler_address()
}

fn handler_address() -> libc::sighandler_t {
    on_fault as extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) as libc::sighandler_t
}

fn current() -> Option<libc::sigaction> {
    let mut action = MaybeUninit::uninit();
    // SAFETY: with a null pointer for the new action, the present one is only written.
    let status = unsafe { libc::sigaction(libc::SIGBUS, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: on success it was written.
    (status == 0).then(|| unsafe { action.assume_init() })
}

fn install() -> Option<libc::sigaction> {
    let previous = current()?;
    // SAFETY: all zeros is a valid `sigaction`, with an empty mask on all systems.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler_address();
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
    // SAFETY: the handler does only what is allowed in one: atomics, `mmap`, `sigaction`, `raise`.
    let status = unsafe { libc::sigaction(libc::SIGBUS, &raw const action, ptr::null_mut()) };
    (status == 0).then_some(previous)
}

extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel gives a valid one to a handler with `SA_SIGINFO`.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr().addr()) };
    // Positive codes are the kernel's own: with others there is no address.
    if code > 0 && replace_page(address) {
        return;
    }
    pass_on(signal, code, info, context);
}

/// Puts zeros where a guarded page is missing, and leaves the mark; returns whether it could.
fn replace_page(address: usize) -> bool {
    let Some(slot) = slots().find(|slot| slot.guards(address)) else { return false };
    // Before the zeros can be seen by anyone.
    slot.has_faulted.store(true, Ordering::SeqCst);
    // SAFETY: `sysconf` and `mmap` keep no state that a signal could find half done, and the range
    // is a mapping that nobody but its `Map` reads (the contract of `Guard::new`).
    unsafe {
        let errno = errno();
        let before = *errno;
        let page_len = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).unwrap_or(4096);
        let page = (address & !(page_len - 1)) as *mut c_void;
        let flags = libc::MAP_FIXED | libc::MAP_PRIVATE | libc::MAP_ANON;
        let mapped = libc::mmap(page, page_len, libc::PROT_READ, flags, -1, 0);
        *errno = before;
        mapped == page
    }
}

/// Does with a signal that is none of ours what would have been done without us.
fn pass_on(signal: c_int, code: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let Some(Some(previous)) = PREVIOUS.get() else { return };
    match previous.sa_sigaction {
        libc::SIG_IGN if code <= 0 => {}
        libc::SIG_DFL | libc::SIG_IGN => {
            // SAFETY: the default action needs nothing; the fault happens again and ends the
            // process, and a signal that somebody sent is sent again.
            unsafe {
                libc::signal(signal, libc::SIG_DFL);
                if code <= 0 {
                    libc::raise(signal);
                }
            }
        }
        handler if previous.sa_flags & libc::SA_SIGINFO != 0 => {
            type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);
            // SAFETY: it was installed as a handler of this kind.
            let handler = unsafe { std::mem::transmute::<libc::sighandler_t, Handler>(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: as above.
            let handler =
                unsafe { std::mem::transmute::<libc::sighandler_t, extern "C" fn(c_int)>(handler) };
            handler(signal);
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "emscripten"))]
unsafe fn errno() -> *mut c_int {
    // SAFETY: always valid for this thread.
    unsafe { libc::__errno_location() }
}

#[cfg(any(target_os = "macos", target_os = "ios", target_os = "freebsd"))]
unsafe fn errno() -> *mut c_int {
    // SAFETY: always valid for this thread.
    unsafe { libc::__error() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE_LEN: usize = 1 << 16; // at least that of the system

    /// Memory that belongs to no file, of three pages of which the second one is meant: so no test
    /// guards a neighbour of another.
    struct Page(memmap2::Mmap);

    impl Page {
        fn new() -> Self {
            Self(memmap2::MmapMut::map_anon(3 * PAGE_LEN).unwrap().make_read_only().unwrap())
        }

        fn begin(&self) -> usize {
            self.0.as_ptr().addr() + PAGE_LEN
        }

        fn guard(&self) -> Guard {
            // SAFETY: the memory is only read, and each test drops its guards before.
            unsafe { Guard::new(self.0.as_ptr().add(PAGE_LEN), PAGE_LEN) }.unwrap()
        }
    }

    #[test]
    fn guards_that_are_dropped_leave_their_slots_to_others() {
        let pages = [(); 4].map(|()| Page::new());
        for _ in 0..1000 {
            drop(pages.each_ref().map(Page::guard));
        }
        assert!(slots().count() < 100, "other tests have some, too");
    }

    #[test]
    fn a_new_guard_knows_nothing_of_the_faults_of_the_one_before() {
        let page = Page::new();
        for _ in 0..100 {
            let guard = page.guard();
            assert!(!guard.has_faulted());
            assert!(replace_page(page.begin() + 77));
            assert!(guard.has_faulted());
        }
    }

    #[test]
    fn addresses_that_nobody_guards_are_left_alone() {
        let page = Page::new();
        assert!(!replace_page(page.begin()));
        let guard = page.guard();
        assert!(!replace_page(page.begin() - 1) && !replace_page(page.begin() + PAGE_LEN));
        assert!(!guard.has_faulted());
        drop(guard);
        assert!(!replace_page(page.begin()));
    }

    #[test]
    fn threads_get_slots_of_their_own() {
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let pages = [(); 3].map(|()| Page::new());
                    for page in pages.iter().cycle().take(500) {
                        let guard = page.guard();
                        assert!(!guard.has_faulted());
                        assert!(replace_page(page.begin()));
                        assert!(guard.has_faulted());
                    }
                });
            }
        });
    }
}

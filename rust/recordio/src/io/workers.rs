//! Work on a large file, shared between threads.

use std::{
    collections::BTreeMap,
    io,
    num::NonZero,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::Error;

/// How many threads there are at most unless a number is given: more are not faster than memory.
const MAX_DEFAULT_THREADS: usize = 8;

/// How many blocks a file must have for each thread; for less, starting it does not pay.
const MIN_BLOCKS: u64 = 2;

/// How long the calling thread waits for others until it looks up again.
const PATIENCE: Duration = Duration::from_millis(50);

/// Threads that work on one large file together, block by block.
///
/// What they find is what one thread finds that goes through the file from its start, errors
/// included. A small file is worked on in the calling thread alone.
///
/// # Examples
///
/// ```
/// use recordio::{idx::KeyKind, io::Workers};
///
/// let text = b"7\t0\n9\t16\n";
/// let index = Workers::default().parse_index(&text[..], KeyKind::Integer, || Ok(()))?;
/// assert_eq!(index.offsets(), [0, 16]);
/// # Ok::<(), recordio::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Workers {
    max_threads: usize,
    block_len: Option<NonZero<usize>>,
}

impl Default for Workers {
    /// Creates as many workers as the process may use processors, but at most 8.
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        Self::new(threads.min(MAX_DEFAULT_THREADS))
    }
}

impl Workers {
    /// Creates workers of which at most `max_threads` work at the same time.
    #[must_use]
    pub const fn new(max_threads: usize) -> Self {
        Self { max_threads, block_len: None }
    }

    /// Sets how many bytes are worked on at once, instead of what is fast.
    #[must_use]
    pub const fn with_block_len(self, block_len: NonZero<usize>) -> Self {
        Self { block_len: Some(block_len), ..self }
    }

    pub(super) fn block_len_or(self, default: usize) -> usize {
        self.block_len.map_or(default, NonZero::get)
    }

    /// Returns how many threads are worth while.
    pub(super) fn threads_for(self, source_len: u64, block_len: usize) -> usize {
        let worth = source_len / (MIN_BLOCKS.saturating_mul(block_len as u64)).max(1);
        usize::try_from(worth).map_or(self.max_threads, |worth| worth.min(self.max_threads))
    }
}

/// What is done with the blocks of a file, which have the numbers 0, 1, …
pub(super) trait BlockWork: Sync {
    /// One block with what was found in it; made to be used again.
    type Block: Send;

    /// Makes a block with nothing in it.
    fn new_block(&self) -> Self::Block;

    /// Works on the block with this number, on any thread, and early gives up once `is_over`.
    fn work(&self, number: u64, block: &mut Self::Block, is_over: &AtomicBool);
}

/// Takes what was found in the blocks, on the calling thread and in their order.
pub(super) trait TakeBlocks<B> {
    /// Takes one block; returns the number of the next one to take, or `None` at the end.
    fn take(&mut self, number: u64, block: &mut B) -> Result<Option<u64>, Error>;

    /// Is called often, whatever happens; an error ends the work.
    fn pause(&mut self) -> io::Result<()>;
}

/// Works on blocks, on `threads` other threads or on none if that is less than two, until one of
/// them was the last.
///
/// # Errors
///
/// Those of `taker`.
pub(super) fn work_in_order<W: BlockWork>(
    threads: usize,
    work: &W,
    taker: &mut impl TakeBlocks<W::Block>,
) -> Result<(), Error> {
    let team = Team::new(threads);
    if threads < 2 {
        return work_alone(work, taker, &team.is_over);
    }
    thread::scope(|scope| {
        let _guard = EndOnDrop(&team);
        let start =
            |_: &usize| thread::Builder::new().spawn_scoped(scope, || team.work_on(work)).is_ok();
        match (0..threads).filter(start).count() {
            0 => work_alone(work, taker, &team.is_over), // no thread is to be had
            _ => team.take_with(taker),
        }
    })
}

fn work_alone<W: BlockWork>(
    work: &W,
    taker: &mut impl TakeBlocks<W::Block>,
    is_over: &AtomicBool,
) -> Result<(), Error> {
    let (mut number, mut block) = (0, work.new_block());
    loop {
        work.work(number, &mut block, is_over);
        match taker.take(number, &mut block)? {
            Some(next) => number = next,
            None => return Ok(()),
        }
        taker.pause()?;
    }
}

/// Threads that work, and one that takes what they have found.
struct Team<B> {
    progress: Mutex<Progress<B>>,
    /// Whenever there is more progress.
    changed: Condvar,
    is_over: AtomicBool,
    /// How many blocks are worked on before the first of them is taken.
    max_blocks: u64,
}

struct Progress<B> {
    /// The number of the block that is worked on next.
    next: u64,
    /// The number of the block that is taken next.
    wanted: u64,
    done: BTreeMap<u64, B>,
    spare: Vec<B>,
}

/// Ends the work of all threads, also where the one that holds it panics: none waits for it then.
struct EndOnDrop<'t, B>(&'t Team<B>);

impl<B> Drop for EndOnDrop<'_, B> {
    fn drop(&mut self) {
        let _progress = self.0.lock(); // a thread that is about to wait has it
        self.0.is_over.store(true, Ordering::Relaxed);
        self.0.changed.notify_all();
    }
}

impl<B: Send> Team<B> {
    fn new(threads: usize) -> Self {
        let progress = Progress { next: 0, wanted: 0, done: BTreeMap::new(), spare: Vec::new() };
        Self {
            progress: Mutex::new(progress),
            changed: Condvar::new(),
            is_over: AtomicBool::new(false),
            max_blocks: 2 * threads as u64,
        }
    }

    fn work_on(&self, work: &impl BlockWork<Block = B>) {
        let _guard = EndOnDrop(self);
        let mut progress = self.lock();
        loop {
            let has_to_wait = |progress: &mut Progress<B>| {
                !self.is_over() && progress.next >= progress.wanted + self.max_blocks
            };
            progress = self
                .changed
                .wait_while(progress, has_to_wait)
                .unwrap_or_else(PoisonError::into_inner);
            if self.is_over() {
                return;
            }
            let number = progress.next;
            progress.next += 1;
            let spare = progress.spare.pop();
            drop(progress);
            let mut block = spare.unwrap_or_else(|| work.new_block());
            work.work(number, &mut block, &self.is_over);
            progress = self.lock();
            progress.done.insert(number, block);
            self.changed.notify_all();
        }
    }

    fn take_with(&self, taker: &mut impl TakeBlocks<B>) -> Result<(), Error> {
        let mut progress = self.lock();
        while !self.is_over() {
            let wanted = progress.wanted;
            let Some(mut block) = progress.done.remove(&wanted) else {
                let woken = self.changed.wait_timeout(progress, PATIENCE);
                drop(woken.unwrap_or_else(PoisonError::into_inner));
                taker.pause()?;
                progress = self.lock();
                continue;
            };
            drop(progress);
            let next = taker.take(wanted, &mut block)?;
            taker.pause()?;
            let Some(next) = next else { return Ok(()) };
            progress = self.lock();
            progress.go_on_at(next, block);
            self.changed.notify_all();
        }
        Ok(()) // a thread has panicked, and so will this one
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

impl<B> Team<B> {
    fn lock(&self) -> MutexGuard<'_, Progress<B>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B> Progress<B> {
    fn go_on_at(&mut self, wanted: u64, block: B) {
        let ahead = self.done.split_off(&wanted);
        self.spare.extend(std::mem::replace(&mut self.done, ahead).into_values());
        self.spare.push(block);
        self.wanted = wanted;
        self.next = self.next.max(wanted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        idx::{Index, KeyKind},
        io::ReadAt,
    };

    /// A text of 1000 lines that fails, or panics, where it is read at or behind an offset.
    struct Failing {
        text: Vec<u8>,
        at: u64,
        panics: bool,
    }

    impl Failing {
        fn new(at: u64, panics: bool) -> Self {
            let text = (0..1000).flat_map(|key| format!("{key:03}\t{key:03}\n").into_bytes());
            Self { text: text.collect(), at, panics }
        }

        fn parse(
            &self,
            threads: usize,
            pause: impl FnMut() -> io::Result<()>,
        ) -> Result<Index, Error> {
            let workers = Workers::new(threads).with_block_len(NonZero::new(80).unwrap());
            workers.parse_index(self, KeyKind::Integer, pause)
        }
    }

    impl ReadAt for Failing {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            let fails = offset >= self.at;
            assert!(!(fails && self.panics), "as asked");
            if fails {
                return Err(io::Error::other("as asked"));
            }
            self.text.read_at(buffer, offset)
        }

        fn source_len(&self) -> io::Result<u64> {
            self.text.source_len()
        }
    }

    #[test]
    fn the_first_error_in_the_file_counts_whoever_meets_it() {
        let mut source = Failing::new(4000, false);
        for threads in [1, 2, 8] {
            let error = source.parse(threads, || Ok(())).unwrap_err();
            assert!(
                matches!(&error, Error::Io(error) if error.to_string() == "as asked"),
                "{error}"
            );
        }
        source.text[8 * 77] = b'x';
        source.text[8 * 99] = b'x';
        for threads in [1, 2, 8] {
            let error = source.parse(threads, || Ok(())).unwrap_err();
            assert!(matches!(&error, Error::Index(entry) if entry.line == 78), "{error}");
        }
    }

    #[test]
    fn the_caller_can_end_the_work() {
        for threads in [1, 2, 8] {
            let mut calls = 0;
            let pause = || {
                calls += 1;
                if calls < 5 { Ok(()) } else { Err(io::Error::other("enough")) }
            };
            let error = Failing::new(u64::MAX, false).parse(threads, pause).unwrap_err();
            assert!(matches!(&error, Error::Io(error) if error.to_string() == "enough"), "{error}");
            assert_eq!(calls, 5);
        }
    }

    #[test]
    fn a_panic_of_the_source_comes_through() {
        for threads in [1, 2, 8] {
            let source = Failing::new(4000, true);
            let parse = || source.parse(threads, || Ok(()));
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(parse)).is_err());
        }
    }
}

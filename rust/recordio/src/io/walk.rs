//! A walk through a file, from record to record, on several threads.
//!
//! Nobody knows where a record begins in the middle of a file, but one can guess: at some magic.
//! Threads walk through blocks of the file from such places; what that is worth shows when the walk
//! from the file's start comes there. So the result is the one of that walk alone, errors included.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use super::{
    Workers,
    workers::{BlockWork, TakeBlocks, work_in_order},
};
use crate::{Error, fragment::ALIGNMENT};

/// How much of a file one thread goes through at once, in bytes.
const BLOCK_LEN: usize = 16 * 1024 * 1024;

/// How far into a block a record is looked for, in bytes; where records are longer than that, going
/// from one to the next needs no help.
const SEARCH_LEN: u64 = 256 * 1024;

/// How many places that look like a record are tried in a block.
const MAX_GUESSES: usize = 16;

/// How many steps must follow each other for a place to be taken for the start of a record.
const TRUSTED_COUNT: usize = 4;

/// How many steps are taken between two pauses.
const STEPS: usize = 16;

/// A walk from one record to the next. What comes does not depend on what came before.
pub(super) trait Walk: Send {
    /// What is found on the way.
    type Found: Copy + Send;

    /// Goes on at `offset`, where a record begins or the file ends.
    fn go_on_at(&mut self, offset: u64, ordinal: Option<u64>);

    /// Returns where the walk is.
    fn offset(&self) -> u64;

    /// Returns up to where all was told that there is to tell.
    fn settled_offset(&self) -> u64;

    /// Sets where it should neither look nor read much further.
    fn set_limit(&mut self, limit: u64);

    /// Takes a step, on which there may be nothing to find.
    fn step(&mut self) -> Result<Step<Self::Found>, Error>;

    /// Returns what there is to tell up to a record that begins here, before the walk goes on
    /// elsewhere.
    fn settle(&mut self) -> Option<Self::Found>;

    /// Returns the first magic from `offset` on, a multiple of four, to `limit`.
    fn find_magic(&mut self, offset: u64, limit: u64) -> io::Result<Option<u64>>;

    /// Returns where the record begins that was found, if it is one.
    fn begin_of(found: &Self::Found) -> Option<u64>;
}

/// What comes of a step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<F> {
    Found(F),
    Nothing,
    End,
}

/// Where to put what is found.
pub(super) trait Collect<F> {
    /// Takes what comes next.
    fn take(&mut self, found: F);

    /// Takes what was found between two offsets.
    fn take_all(&mut self, found: &[F], begin: u64, end: u64);

    /// Returns how many records there are so far.
    fn count(&self) -> u64;
}

impl Workers {
    /// Walks through a file of `len` bytes, on several threads if that pays.
    ///
    /// `new_walk` makes a walk from the start of the file. `pause` is called on this thread now and
    /// then, many times a second, with how far the walk has come; an error from it ends the walk.
    pub(super) fn walk<W: Walk, C: Collect<W::Found>>(
        self,
        len: u64,
        new_walk: impl Fn() -> W + Sync,
        collected: C,
        pause: impl FnMut(u64) -> io::Result<()>,
    ) -> Result<C, Error> {
        let block_len = self.block_len_or(BLOCK_LEN);
        let threads = self.threads_for(len, block_len);
        let block_len = block_len as u64;
        let mut chain = Chain { walk: new_walk(), collected, block_len, pause };
        if threads < 2 {
            chain.go_on(&[], u64::MAX)?;
        } else {
            work_in_order(threads, &Search { new_walk, len, block_len }, &mut chain)?;
        }
        Ok(chain.collected)
    }
}

/// Looks for records in any part of a file, without knowing where one begins.
struct Search<N> {
    new_walk: N,
    len: u64,
    block_len: u64,
}

/// What is found in a part of a file, if a record begins where it was guessed.
struct Guess<W: Walk> {
    walk: W,
    /// What was found, one behind the other; the first is a record.
    found: Vec<W::Found>,
    /// Where the walk was then.
    end: u64,
}

impl<W: Walk, N: Fn() -> W + Sync> BlockWork for Search<N> {
    type Block = Guess<W>;

    fn new_block(&self) -> Guess<W> {
        Guess { walk: (self.new_walk)(), found: Vec::new(), end: 0 }
    }

    fn work(&self, number: u64, guess: &mut Guess<W>, is_over: &AtomicBool) {
        guess.found.clear();
        let begin = number.saturating_mul(self.block_len);
        let end = begin.saturating_add(self.block_len);
        let mut offset = begin.next_multiple_of(ALIGNMENT as u64);
        for _ in 0..MAX_GUESSES {
            let limit = end.min(begin.saturating_add(SEARCH_LEN));
            // A source that fails, fails again where the records are gone through one by one.
            let Ok(Some(found)) = guess.walk.find_magic(offset, limit) else { return };
            guess.walk_from(found, end, self.len, is_over);
            if guess.found.len() >= TRUSTED_COUNT || guess.end >= end.min(self.len) {
                return;
            }
            offset = found + ALIGNMENT as u64;
        }
        guess.found.clear();
    }
}

impl<W: Walk> Guess<W> {
    /// Walks from `offset` to `limit`, to an error, or to the end of a file of `len` bytes.
    fn walk_from(&mut self, offset: u64, limit: u64, len: u64, is_over: &AtomicBool) {
        let Self { walk, found, end } = self;
        found.clear();
        walk.go_on_at(offset, None);
        walk.set_limit(limit);
        // At the end of the file there may be something to tell, whatever the limit.
        while walk.offset() < limit || walk.settled_offset() >= len {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            match walk.step() {
                Ok(Step::Found(next)) if found.is_empty() && W::begin_of(&next).is_none() => {}
                Ok(Step::Found(next)) => found.push(next),
                Ok(Step::Nothing) => {}
                Ok(Step::End) | Err(_) => break,
            }
        }
        *end = walk.settled_offset();
    }
}

/// The walk from the start of the file.
struct Chain<W, C, P> {
    walk: W,
    collected: C,
    block_len: u64,
    pause: P,
}

impl<W: Walk, C: Collect<W::Found>, P: FnMut(u64) -> io::Result<()>> Chain<W, C, P> {
    /// Walks on to `limit`, or to where a record begins that was `guessed`; returns how many of what
    /// was guessed is behind, or `None` at the end of the file.
    fn go_on(&mut self, guessed: &[W::Found], limit: u64) -> Result<Option<usize>, Error> {
        self.walk.set_limit(limit);
        let mut passed = 0;
        loop {
            for _ in 0..STEPS {
                let offset = self.walk.offset();
                while let Some(guess) = guessed.get(passed) {
                    match W::begin_of(guess) {
                        Some(begin) if begin >= offset => break,
                        _ => passed += 1,
                    }
                }
                let is_there = guessed.get(passed).and_then(W::begin_of) == Some(offset);
                if offset >= limit || is_there {
                    return Ok(Some(passed));
                }
                match self.walk.step()? {
                    Step::Found(found) => self.collected.take(found),
                    Step::Nothing => {}
                    Step::End => return Ok(None),
                }
            }
            (self.pause)(self.walk.offset())?;
        }
    }

    /// Takes over what was guessed from here on.
    fn join(&mut self, guessed: &[W::Found], end: u64) {
        if let Some(left) = self.walk.settle() {
            self.collected.take(left);
        }
        self.collected.take_all(guessed, self.walk.offset(), end);
        self.walk.go_on_at(end, Some(self.collected.count()));
    }
}

impl<W: Walk, C: Collect<W::Found>, P: FnMut(u64) -> io::Result<()>> TakeBlocks<Guess<W>>
    for Chain<W, C, P>
{
    fn take(&mut self, number: u64, guess: &mut Guess<W>) -> Result<Option<u64>, Error> {
        let limit = number.saturating_add(1).saturating_mul(self.block_len);
        let Some(passed) = self.go_on(&guess.found, limit)? else { return Ok(None) };
        if let Some(found) = guess.found.get(passed..).filter(|found| !found.is_empty()) {
            self.join(found, guess.end);
        }
        // Where the guess ends early there may be an error, or the end of the file.
        Ok(self.go_on(&[], limit)?.map(|_| self.walk.offset() / self.block_len))
    }

    fn pause(&mut self) -> io::Result<()> {
        (self.pause)(self.walk.offset())
    }
}

//! Where each record is, from the headers alone, on several threads.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use super::{
    Indexer, ReadAt, Workers,
    workers::{BlockWork, TakeBlocks, work_in_order},
};
use crate::{Error, fragment::ALIGNMENT, idx::Index};

/// How much of a file one thread goes through at once, in bytes.
const BLOCK_LEN: usize = 16 * 1024 * 1024;

/// How far into a block a record is looked for, in bytes; where records are longer than that, going
/// from one to the next needs no help.
const SEARCH_LEN: u64 = 256 * 1024;

/// How many places that look like a record are tried in a block.
const MAX_GUESSES: usize = 16;

/// How many records must follow each other for a place to be taken for the start of the first.
const TRUSTED_COUNT: usize = 4;

/// How many records are passed between two pauses.
const STEPS: usize = 16;

impl Workers {
    /// Makes an [`Index`] of all records of a file, as [`Indexer::into_index`] does.
    ///
    /// `pause` is called on this thread now and then, many times a second; an error from it ends
    /// the work.
    ///
    /// # Errors
    ///
    /// - [`Error::Format`] where the file is damaged.
    /// - [`Error::Io`] where `source` fails, or `pause`.
    pub fn index_records<S: ReadAt + Sync + ?Sized>(
        self,
        source: &S,
        pause: impl FnMut() -> io::Result<()>,
    ) -> Result<Index, Error> {
        let (block_len, source_len) = (self.block_len_or(BLOCK_LEN), source.source_len()?);
        let block_len_64 = block_len as u64;
        let indexer = Indexer::with_source_len(source, source_len);
        let mut chain =
            Chain { indexer, offsets: Vec::new(), source_len, block_len: block_len_64, pause };
        let threads = self.threads_for(source_len, block_len);
        if threads < 2 {
            chain.go_on(&[], u64::MAX)?;
        } else {
            let search = Search { source, source_len, block_len: block_len_64 };
            work_in_order(threads, &search, &mut chain)?;
        }
        Ok(Index::of_records(chain.offsets))
    }
}

/// Looks for records in any part of a file, without knowing where one begins.
struct Search<'s, S: ?Sized> {
    source: &'s S,
    source_len: u64,
    block_len: u64,
}

/// The records of a part of a file, if one begins where it was guessed.
struct Guess<'s, S: ?Sized> {
    indexer: Indexer<'s, S>,
    /// Where records begin, one behind the other.
    offsets: Vec<u64>,
    /// Where the record behind those begins; whether there is one, nobody has looked.
    end: u64,
}

impl<'s, S: ReadAt + Sync + ?Sized> BlockWork for Search<'s, S> {
    type Block = Guess<'s, S>;

    fn new_block(&self) -> Guess<'s, S> {
        let indexer = Indexer::with_source_len(self.source, self.source_len);
        Guess { indexer, offsets: Vec::new(), end: 0 }
    }

    fn work(&self, number: u64, guess: &mut Guess<'s, S>, is_over: &AtomicBool) {
        guess.offsets.clear();
        let begin = number.saturating_mul(self.block_len);
        let end = begin.saturating_add(self.block_len);
        let mut offset = begin.next_multiple_of(ALIGNMENT as u64);
        for _ in 0..MAX_GUESSES {
            let limit = end.min(begin.saturating_add(SEARCH_LEN));
            // A source that fails, fails again where the records are gone through one by one.
            let Ok(Some(found)) = guess.indexer.find_magic(offset, limit) else { return };
            guess.list_from(found, end, is_over);
            if guess.offsets.len() >= TRUSTED_COUNT || guess.end >= end.min(self.source_len) {
                return;
            }
            offset = found + ALIGNMENT as u64;
        }
        guess.offsets.clear();
    }
}

impl<S: ReadAt + ?Sized> Guess<'_, S> {
    /// Lists the records from `offset` on that begin before `limit`, up to the first at fault.
    fn list_from(&mut self, offset: u64, limit: u64, is_over: &AtomicBool) {
        let Self { indexer, offsets, end } = self;
        offsets.clear();
        indexer.go_on_at(offset, None);
        indexer.set_limit(limit);
        while indexer.record_offset() < limit && !is_over.load(Ordering::Relaxed) {
            let Some(Ok(span)) = indexer.next() else { break };
            offsets.push(span.offset);
        }
        *end = indexer.record_offset();
    }
}

/// The records from the start of the file on: what a guess is worth, shows when they come there.
struct Chain<'s, S: ?Sized, P> {
    indexer: Indexer<'s, S>,
    offsets: Vec<u64>,
    source_len: u64,
    block_len: u64,
    pause: P,
}

impl<S: ReadAt + ?Sized, P: FnMut() -> io::Result<()>> Chain<'_, S, P> {
    /// Goes from record to record until one begins at or behind `limit`, or at an offset that is
    /// `listed`; returns how many of those are behind, or `None` at the end of the file.
    fn go_on(&mut self, listed: &[u64], limit: u64) -> Result<Option<usize>, Error> {
        let mut passed = 0;
        loop {
            for _ in 0..STEPS {
                let offset = self.indexer.record_offset();
                while listed.get(passed).is_some_and(|listed| *listed < offset) {
                    passed += 1;
                }
                if offset >= limit || listed.get(passed) == Some(&offset) {
                    return Ok(Some(passed));
                }
                let Some(span) = self.indexer.next() else { return Ok(None) };
                self.offsets.push(span?.offset);
            }
            (self.pause)()?;
        }
    }

    /// Takes over what was listed from here on.
    fn join(&mut self, listed: &[u64], end: u64) {
        let room = self.offsets.capacity() - self.offsets.len();
        if room < listed.len() {
            let begin = self.indexer.record_offset();
            let (part_len, left) = (end - begin, self.source_len.saturating_sub(begin));
            let more = listed.len() as u128 * u128::from(left) / u128::from(part_len.max(1));
            let more = usize::try_from(more).unwrap_or_default();
            let _ = self.offsets.try_reserve_exact(more); // a guess: it need not come true
        }
        self.offsets.extend_from_slice(listed);
        self.indexer.go_on_at(end, Some(self.offsets.len() as u64));
    }
}

impl<'s, S: ReadAt + ?Sized, P: FnMut() -> io::Result<()>> TakeBlocks<Guess<'s, S>>
    for Chain<'_, S, P>
{
    fn take(&mut self, number: u64, guess: &mut Guess<'s, S>) -> Result<Option<u64>, Error> {
        let limit = number.saturating_add(1).saturating_mul(self.block_len);
        let Some(passed) = self.go_on(&guess.offsets, limit)? else { return Ok(None) };
        if let Some(listed) = guess.offsets.get(passed..).filter(|listed| !listed.is_empty()) {
            self.join(listed, guess.end);
        }
        // Where the list ends early there may be an error, or the end of the file.
        Ok(self.go_on(&[], limit)?.map(|_| self.indexer.record_offset() / self.block_len))
    }

    fn pause(&mut self) -> io::Result<()> {
        (self.pause)()
    }
}

//! Where each record is, from the headers alone, on several threads.

use std::io;

use super::{
    Indexer, ReadAt, Workers,
    walk::{Collect, Step, Walk},
};
use crate::{Error, idx::Index};

impl Workers {
    /// Makes an [`Index`] of all records of a file, as [`Indexer::into_index`] does.
    ///
    /// `pause` is called on this thread many times a second, with how many bytes were gone through;
    /// an error from it ends the work.
    ///
    /// # Errors
    ///
    /// - [`Error::Format`] where the file is damaged.
    /// - [`Error::Io`] where `source` fails, or `pause`.
    pub fn index_records<S: ReadAt + Sync + ?Sized>(
        self,
        source: &S,
        pause: impl FnMut(u64) -> io::Result<()>,
    ) -> Result<Index, Error> {
        let len = source.source_len()?;
        let new_walk = || Indexer::with_source_len(source, len);
        let offsets = Offsets { offsets: Vec::new(), source_len: len };
        let found = self.walk(len, new_walk, offsets, pause)?;
        Ok(Index::of_records(found.offsets))
    }
}

impl<S: ReadAt + Sync + ?Sized> Walk for Indexer<'_, S> {
    /// Where a record begins.
    type Found = u64;

    fn go_on_at(&mut self, offset: u64, ordinal: Option<u64>) {
        Indexer::go_on_at(self, offset, ordinal);
    }

    fn offset(&self) -> u64 {
        self.record_offset()
    }

    fn settled_offset(&self) -> u64 {
        self.record_offset()
    }

    fn set_limit(&mut self, limit: u64) {
        Indexer::set_limit(self, limit);
    }

    fn step(&mut self) -> Result<Step<u64>, Error> {
        Ok(self.next().transpose()?.map_or(Step::End, |span| Step::Found(span.offset)))
    }

    fn settle(&mut self) -> Option<u64> {
        None
    }

    fn find_magic(&mut self, offset: u64, limit: u64) -> io::Result<Option<u64>> {
        Indexer::find_magic(self, offset, limit)
    }

    fn begin_of(found: &u64) -> Option<u64> {
        Some(*found)
    }
}

/// The offsets of records, ascending.
struct Offsets {
    offsets: Vec<u64>,
    source_len: u64,
}

impl Collect<u64> for Offsets {
    fn take(&mut self, offset: u64) {
        self.offsets.push(offset);
    }

    fn take_all(&mut self, found: &[u64], begin: u64, end: u64) {
        let room = self.offsets.capacity() - self.offsets.len();
        if room < found.len() {
            let (part_len, left) = (end - begin, self.source_len.saturating_sub(begin));
            let more = found.len() as u128 * u128::from(left) / u128::from(part_len.max(1));
            let more = usize::try_from(more).unwrap_or_default();
            let _ = self.offsets.try_reserve_exact(more); // a guess: it need not come true
        }
        self.offsets.extend_from_slice(found);
    }

    fn count(&self) -> u64 {
        self.offsets.len() as u64
    }
}

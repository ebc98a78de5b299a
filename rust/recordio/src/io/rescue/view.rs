//! A file as the rules of lenient reading look at it: what stands at an offset.

use std::io;

use super::super::{ReadAt, header_window::HeaderWindow};
use crate::fragment::{ALIGNMENT, FragmentHeader, HEADER_LEN, MAGIC};

/// The bytes of a file, read many at once where they come in sequence.
#[derive(Debug)]
pub(super) struct View<S> {
    source: S,
    /// How long the file is; what is missing before that, was cut meanwhile.
    len: u64,
    /// What is gone through byte by byte.
    here: HeaderWindow,
    /// What is only glanced at, ahead of that.
    ahead: HeaderWindow,
    /// Where a record can begin: from the first of the two offsets on, at the second.
    known_head: Option<(u64, u64)>,
}

/// The eight bytes at an offset, or fewer where the file ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    bytes: [u8; HEADER_LEN],
    filled: usize,
}

impl Word {
    fn new(found: &[u8]) -> Self {
        let filled = found.len().min(HEADER_LEN);
        let mut bytes = [0; HEADER_LEN];
        bytes[..filled].copy_from_slice(&found[..filled]);
        Self { bytes, filled }
    }

    /// Returns the bytes, if the file has all of them.
    pub(super) fn whole(&self) -> Option<[u8; HEADER_LEN]> {
        (self.filled == HEADER_LEN).then_some(self.bytes)
    }

    /// Returns how many bytes the file has.
    pub(super) fn filled(&self) -> usize {
        self.filled
    }

    /// Returns whether the magic stands here, or as much of it as the file has.
    pub(super) fn is_magic(&self) -> bool {
        let len = self.filled.min(MAGIC.len());
        self.bytes[..len] == MAGIC[..len]
    }

    /// Returns the header that stands here, if it is one.
    pub(super) fn header(&self) -> Option<FragmentHeader> {
        FragmentHeader::parse(self.whole()?).ok()
    }

    /// Returns the header of a record that stands here but for its magic.
    pub(super) fn header_without_magic(&self) -> Option<FragmentHeader> {
        let mut bytes = self.whole()?;
        bytes[..MAGIC.len()].copy_from_slice(&MAGIC);
        FragmentHeader::parse(bytes).ok().filter(|header| header.kind().begins_record())
    }

    /// Returns whether a record can begin here.
    pub(super) fn begins_record(&self) -> bool {
        self.header().is_some_and(|header| header.kind().begins_record())
    }
}

impl<S: ReadAt> View<S> {
    pub(super) fn new(source: S, len: u64) -> Self {
        let (here, ahead) = Default::default();
        Self { source, len, here, ahead, known_head: None }
    }

    pub(super) fn source(&self) -> &S {
        &self.source
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Returns what stands at an offset, and goes on from there.
    pub(super) fn go_to(&mut self, offset: u64) -> io::Result<Word> {
        let bytes = self.here.header(&self.source, offset, u64::MAX)?;
        let word = Word::new(within(bytes, offset, self.len));
        Ok(self.checked(word, offset))
    }

    /// Returns what stands at an offset, wherever that is.
    pub(super) fn glance_at(&mut self, offset: u64) -> io::Result<Word> {
        let mut bytes = self.here.bytes_at(offset);
        if bytes.len() < HEADER_LEN {
            bytes = self.ahead.header(&self.source, offset, u64::MAX)?;
        }
        let word = Word::new(within(bytes, offset, self.len));
        Ok(self.checked(word, offset))
    }

    /// Takes note of a file that was cut.
    fn checked(&mut self, word: Word, offset: u64) -> Word {
        if word.filled < HEADER_LEN {
            self.len = self.len.min(offset.saturating_add(word.filled as u64));
        }
        word
    }

    /// Returns the first multiple of four from `begin`, which is one, at which the magic stands
    /// before `end`; goes on from there.
    pub(super) fn find_magic(&mut self, begin: u64, end: u64) -> io::Result<Option<u64>> {
        let end = end.saturating_sub(MAGIC.len() as u64 - 1); // where the last one can begin
        let found = self.here.find_magic(&self.source, begin, end, u64::MAX)?;
        Ok(found.filter(|offset| *offset < end))
    }

    /// Returns the first multiple of four from `begin` on, which is one, at which a record can
    /// begin; the end of the file if there is none.
    pub(super) fn next_record_head(&mut self, begin: u64) -> io::Result<u64> {
        self.next_record_head_before(begin, u64::MAX)
    }

    /// Does what [`View::next_record_head`] does, but gives up at `limit`: then it returns where,
    /// and before that there is none.
    pub(super) fn next_record_head_before(&mut self, begin: u64, limit: u64) -> io::Result<u64> {
        if let Some((from, head)) = self.known_head
            && (from..=head).contains(&begin)
        {
            return Ok(head);
        }
        let (mut offset, end) = (begin, limit.min(self.len));
        while offset < end {
            match self.ahead.find_magic(&self.source, offset, end, limit)? {
                Some(head) if self.glance_at(head)?.begins_record() => {
                    self.known_head = Some((begin, head));
                    return Ok(head);
                }
                Some(head) => offset = head + ALIGNMENT as u64,
                None => offset = end.next_multiple_of(ALIGNMENT as u64),
            }
        }
        if offset >= self.len {
            self.known_head = Some((begin, self.len));
        }
        Ok(offset.min(self.len))
    }
}

/// Returns what of `bytes`, which stand at `offset`, the file has had.
fn within(bytes: &[u8], offset: u64, len: u64) -> &[u8] {
    let left = usize::try_from(len.saturating_sub(offset)).unwrap_or(usize::MAX);
    &bytes[..bytes.len().min(left)]
}

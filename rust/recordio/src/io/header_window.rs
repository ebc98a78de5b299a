//! The part of a file that headers are looked for in.

use std::{io, ops::Range};

use super::{
    ReadAt,
    page_buffer::{PAGE_LEN, PageBuffer},
};
use crate::{
    encoder::find_aligned_magic,
    fragment::{HEADER_LEN, MAGIC},
};

/// How far the next header is at most if all up to it is read; to read only what is further away
/// takes longer than to copy this much from the system's cache.
const NEAR: u64 = 11 * 1024;

/// How many bytes are read at once where headers are further away.
const MIN_LEN: usize = 1024;

/// How many bytes are read at once where many headers were near: what stays in a cache.
const MAX_LEN: usize = 1024 * 1024;

/// Reads headers in ascending order, many at once where they are near to each other.
#[derive(Debug, Default)]
pub(super) struct HeaderWindow {
    buffer: PageBuffer,
    /// Which bytes of the file the buffer holds.
    range: Range<u64>,
    /// How many bytes were read at once.
    len: usize,
    /// Where the last header was looked for.
    offset: u64,
}

impl HeaderWindow {
    /// Reads the header at `offset`; or less of it, where the file ends.
    ///
    /// Of what stands behind `limit` nothing is read but the rest of a header.
    pub(super) fn header<S: ReadAt + ?Sized>(
        &mut self,
        source: &S,
        offset: u64,
        limit: u64,
    ) -> io::Result<&[u8]> {
        let distance = offset.saturating_sub(self.offset);
        self.offset = offset;
        if self.bytes_at(offset).len() < HEADER_LEN {
            self.len =
                if distance > NEAR { MIN_LEN } else { (2 * self.len).clamp(MIN_LEN, MAX_LEN) };
            self.fill(source, offset, limit)?;
        }
        Ok(self.bytes_at(offset))
    }

    /// Returns the offset of the first magic from `offset` on, a multiple of four, before `end`; or
    /// some that stands behind that.
    ///
    /// Of what stands behind `limit` nothing is read, as for a header.
    pub(super) fn find_magic<S: ReadAt + ?Sized>(
        &mut self,
        source: &S,
        mut offset: u64,
        end: u64,
        limit: u64,
    ) -> io::Result<Option<u64>> {
        while offset < end {
            self.offset = offset; // all up to it was looked at
            let bytes = self.header(source, offset, limit)?;
            match find_aligned_magic(bytes) {
                Some(place) => return Ok(Some(offset + place as u64)),
                None if bytes.len() < HEADER_LEN => break,
                None => offset += (bytes.len() - bytes.len() % MAGIC.len()) as u64,
            }
        }
        Ok(None)
    }

    fn fill<S: ReadAt + ?Sized>(&mut self, source: &S, offset: u64, limit: u64) -> io::Result<()> {
        let is_large = self.len > PAGE_LEN;
        let begin = if is_large { offset - offset % PAGE_LEN as u64 } else { offset };
        let wanted = limit.max(offset.saturating_add(HEADER_LEN as u64)) - begin;
        let len = usize::try_from(wanted).map_or(self.len, |wanted| wanted.min(self.len));
        self.range = 0..0;
        let filled = source.read_full_at(self.buffer.first(len), begin)?;
        self.range = begin..begin.saturating_add(filled as u64);
        Ok(())
    }

    /// Returns what the buffer holds from `offset` on.
    pub(super) fn bytes_at(&self, offset: u64) -> &[u8] {
        let begin =
            offset.checked_sub(self.range.start).and_then(|begin| usize::try_from(begin).ok());
        let filled = usize::try_from(self.range.end - self.range.start).unwrap_or_default();
        begin.and_then(|begin| self.buffer.bytes().get(begin..filled)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Zeros without end that remember which of them were asked for.
    #[derive(Default)]
    struct Zeros(RefCell<Vec<(u64, usize)>>);

    impl ReadAt for Zeros {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            self.0.borrow_mut().push((offset, buffer.len()));
            buffer.fill(0);
            Ok(buffer.len())
        }

        fn source_len(&self) -> io::Result<u64> {
            Ok(u64::MAX)
        }
    }

    /// Looks for headers at `distance` from each other; returns what was read.
    fn reads(distance: u64, count: u64, limit: u64) -> Vec<(u64, usize)> {
        let (source, mut window) = (Zeros::default(), HeaderWindow::default());
        for offset in (0..count).map(|number| number * distance) {
            assert!(window.header(&source, offset, limit).unwrap().len() >= HEADER_LEN);
        }
        source.0.into_inner()
    }

    #[test]
    fn near_headers_are_read_many_at_once() {
        let reads = reads(5000, 100_000, u64::MAX);
        assert!(reads.len() < 500 && reads.iter().all(|(_, len)| *len <= MAX_LEN));
        assert!(reads[20..].iter().all(|(begin, len)| begin % 4096 == 0 && *len == MAX_LEN));
    }

    #[test]
    fn of_far_headers_little_else_is_read() {
        let reads = reads(100_000, 1000, u64::MAX);
        assert!(reads.len() == 1000 && reads.iter().all(|(_, len)| *len == MIN_LEN));
    }

    #[test]
    fn behind_the_limit_only_a_header_is_read() {
        let reads = reads(500, 4001, 2_000_000);
        let ends: Vec<u64> = reads.iter().map(|(begin, len)| begin + *len as u64).collect();
        assert!(ends.contains(&2_000_000), "{ends:?}");
        assert_eq!(ends.last(), Some(&2_000_008));
    }

    #[test]
    fn the_magic_is_found_wherever_a_window_ends() {
        let mut file = vec![0; 6000];
        for at in [0, 4, 1016, 1020, 1024, 1028, 4092, 4096, 5992, 5996] {
            file[at..at + 4].copy_from_slice(&MAGIC);
            let find = |from, limit| {
                HeaderWindow::default().find_magic(&file, from, limit, limit).unwrap()
            };
            let at = at as u64;
            assert_eq!(find(0, 6000), Some(at));
            assert_eq!(find(at, 6000), Some(at));
            assert_eq!(find(at + 4, 6000), None);
            file.fill(0);
        }
        let find =
            |from, limit| HeaderWindow::default().find_magic(&file, from, limit, limit).unwrap();
        assert_eq!([find(0, 6000), find(0, 8), find(7000, 8000)], [None; 3]);
    }
}

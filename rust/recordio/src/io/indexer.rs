//! Where each record is, from the headers alone.

use std::io;

use super::{ReadAt, header_window::HeaderWindow};
use crate::{Error, fragment::HEADER_LEN, idx::Index, sequence::Sequence};

/// Where one record is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RecordSpan {
    /// Where its first fragment begins, in bytes.
    pub offset: u64,
    /// How many bytes its fragments take, padding included.
    pub extent: u64,
    /// How many bytes it has.
    pub len: u64,
}

/// An iterator over the places of all records of a file, which reads headers and skips payloads.
///
/// It ends after the first error.
///
/// # Examples
///
/// ```
/// use recordio::io::{Indexer, Writer};
///
/// let mut writer = Writer::new(Vec::new());
/// writer.write_record(b"hello")?;
/// writer.write_record(b"")?;
/// let spans: Vec<_> = Indexer::new(&writer.into_inner()?)?.collect::<Result<_, _>>()?;
/// assert_eq!((spans[0].offset, spans[0].extent, spans[0].len), (0, 16, 5));
/// assert_eq!((spans[1].offset, spans[1].extent, spans[1].len), (16, 8, 0));
/// # Ok::<(), recordio::Error>(())
/// ```
#[derive(Debug)]
pub struct Indexer<'s, S: ?Sized> {
    source: &'s S,
    source_len: u64,
    sequence: Sequence,
    window: HeaderWindow,
    /// Where nothing more is read than a header.
    limit: u64,
    has_failed: bool,
}

impl<'s, S: ReadAt + ?Sized> Indexer<'s, S> {
    /// Creates an indexer over a file, from its start to the end that it has now.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] where the length of the source cannot be had.
    pub fn new(source: &'s S) -> Result<Self, Error> {
        Ok(Self::with_source_len(source, source.source_len()?))
    }

    /// Creates an indexer over a file that has, or had, this length.
    pub(super) fn with_source_len(source: &'s S, source_len: u64) -> Self {
        Self {
            source,
            source_len,
            sequence: Sequence::new(0, Some(0)),
            window: HeaderWindow::default(),
            limit: u64::MAX,
            has_failed: false,
        }
    }

    /// Makes an [`Index`] of all records that are left, with the ordinals for keys.
    ///
    /// # Errors
    ///
    /// - [`Error::Format`] where the file is damaged.
    /// - [`Error::Io`] where the source fails.
    pub fn into_index(self) -> Result<Index, Error> {
        let offsets = self.map(|span| span.map(|span| span.offset)).collect::<Result<_, _>>()?;
        Ok(Index::of_records(offsets))
    }

    /// Goes on at `offset`, where a record begins or the file ends.
    pub(super) fn go_on_at(&mut self, offset: u64, ordinal: Option<u64>) {
        self.sequence = Sequence::new(offset, ordinal);
        self.has_failed = false;
    }

    /// Sets where the headers end that are worth reading many of them at once.
    pub(super) fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// Returns where the next record begins, or the one at fault.
    pub(super) fn record_offset(&self) -> u64 {
        self.sequence.record_offset()
    }

    /// Returns the offset of the first magic from `offset` on, a multiple of four, to `limit`.
    pub(super) fn find_magic(&mut self, offset: u64, limit: u64) -> io::Result<Option<u64>> {
        self.window.find_magic(self.source, offset, limit, limit)
    }

    fn next_span(&mut self) -> Result<Option<RecordSpan>, Error> {
        let offset = self.sequence.record_offset();
        // The end that the file had, even if it has grown. At the start reading tells more: a pipe
        // has no length and cannot be read at offsets.
        if offset > 0 && offset >= self.source_len {
            return Ok(None);
        }
        let mut len = 0;
        loop {
            let Some(bytes) = self.header_bytes()? else { return Ok(None) };
            let header = self.sequence.check(bytes)?;
            let payload_offset = self.sequence.offset() + HEADER_LEN as u64;
            if self.source_len.saturating_sub(payload_offset) < header.padded_len() as u64 {
                self.source_len = self.source.source_len()?;
            }
            let found = self.source_len.saturating_sub(payload_offset);
            if found < header.padded_len() as u64 {
                let found = usize::try_from(found).unwrap_or(usize::MAX);
                return Err(self.sequence.truncation_in(header, found));
            }
            // Where a record was split there are four bytes, the magic, that no fragment holds.
            len += header.len() as u64 + if self.sequence.in_record() { 4 } else { 0 };
            self.sequence.accept(header);
            if !self.sequence.in_record() {
                let extent = self.sequence.record_offset() - offset;
                return Ok(Some(RecordSpan { offset, extent, len }));
            }
        }
    }

    /// Reads the header of the next fragment; `None` where the file may end and does.
    fn header_bytes(&mut self) -> Result<Option<[u8; HEADER_LEN]>, Error> {
        let bytes = self.window.header(self.source, self.sequence.offset(), self.limit)?;
        match bytes.first_chunk() {
            Some(bytes) => Ok(Some(*bytes)),
            None => self.sequence.truncation_at_header(bytes.len()).map_or(Ok(None), Err),
        }
    }
}

impl<S: ReadAt + ?Sized> Iterator for Indexer<'_, S> {
    type Item = Result<RecordSpan, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed {
            return None;
        }
        let span = self.next_span().transpose();
        self.has_failed = matches!(span, Some(Err(_)));
        span
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fragment::MAGIC, io::Writer};

    #[test]
    fn finds_small_large_and_split_records() {
        let split = [b"abcd", &MAGIC[..], b"x"].concat();
        let lens = [0, 5, 4096, 300_000, 20_000, 20_000, 1, 1_000_000, 3];
        let mut records: Vec<Vec<u8>> = lens.iter().map(|len| vec![1; *len]).collect();
        records.push(split);
        let mut writer = Writer::new(Vec::new());
        let offsets: Vec<u64> =
            records.iter().map(|record| writer.write_record(record).unwrap()).collect();
        let file = writer.into_inner().unwrap();
        let spans: Vec<RecordSpan> = Indexer::new(&file).unwrap().map(Result::unwrap).collect();
        assert_eq!(spans.len(), records.len());
        for ((span, record), offset) in spans.iter().zip(&records).zip(&offsets) {
            assert_eq!((span.offset, span.len), (*offset, record.len() as u64));
        }
        assert_eq!(spans.iter().map(|span| span.extent).sum::<u64>(), file.len() as u64);
        assert_eq!(Indexer::new(&file).unwrap().into_index().unwrap().offsets(), offsets);
    }

    #[test]
    fn a_cut_anywhere_inside_a_record_is_an_error() {
        let mut writer = Writer::new(Vec::new());
        writer.write_record(b"ab").unwrap();
        writer.write_record(&[b"abcd", &MAGIC[..], b"x"].concat()).unwrap();
        let file = writer.into_inner().unwrap();
        for end in 0..=file.len() {
            let result = Indexer::new(&file[..end]).unwrap().into_index();
            match end {
                0 => assert_eq!(result.unwrap().len(), 0),
                12 => assert_eq!(result.unwrap().len(), 1),
                36 => assert_eq!(result.unwrap().len(), 2),
                _ => assert!(result.unwrap_err().is_truncation(), "{end}"),
            }
        }
    }
}

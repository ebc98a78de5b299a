//! Records in sequence.

use std::{
    fmt,
    io::{ErrorKind, Read, Seek, SeekFrom},
    ops::Range,
};

use super::page_buffer::PAGE_LEN;
use crate::{
    Error,
    decoder::{Decoder, Event},
    fragment::{FragmentHeader, FragmentKind, HEADER_LEN, MAGIC},
};

/// How many bytes are read at once, at most: enough that the calls to the source do not show.
const DEFAULT_CAPACITY: usize = 1 << 20;

/// How many bytes are read first, and after a seek; then twice as many each time.
const FIRST_READ: usize = 64 * 1024;

/// How many bytes of a record that has begun are kept when more is read, so that it lies in one
/// piece then: a quarter of what is read at once.
const KEPT_SHARE: usize = 4;

/// How many bytes of a record that does not fit the buffer are read first; then as many as there are.
const FIRST_STEP: usize = 1 << 20;

/// Reads records in sequence from any [`Read`], through a buffer of its own.
///
/// Memory is bounded by the buffer and the longest record that the source really holds: a corrupt
/// length is found out before anything is allocated on its word.
///
/// The end is not final and neither is an error: after `Ok(None)` or a truncation the next call
/// looks for more input, so a reader can follow a file that grows. A corrupt place stays where it
/// is; [`Reader::seek`] leads around it.
pub struct Reader<R> {
    source: R,
    buffer: Box<[u8]>,
    /// Where reads go to, in the buffer: the start of a page, as in `PageBuffer`; before it is room
    /// for what is left of the last one.
    read_begin: usize,
    /// How many bytes are read at once, at most.
    capacity: usize,
    /// How many bytes the next read asks for.
    next_read: usize,
    /// Where what was read from the source begins in the buffer.
    filled_begin: usize,
    /// What of the buffer is read from the source and not yet decoded.
    unread: Range<usize>,
    /// Where in the file the source stands: behind what is in the buffer.
    source_offset: u64,
    decoder: Decoder,
    /// The beginning of a record that does not lie whole in the buffer.
    partial: Vec<u8>,
}

/// Where the bytes of a record are.
enum Place {
    Buffer(Range<usize>),
    Partial,
}

impl<R: Read> Reader<R> {
    /// Creates a reader over a source that stands at the start of a file.
    pub fn new(source: R) -> Self {
        Self::with_capacity(DEFAULT_CAPACITY, source)
    }

    /// Creates a reader that reads up to `capacity` bytes (at least 1) at once.
    pub fn with_capacity(capacity: usize, source: R) -> Self {
        let (capacity, kept) = (capacity.max(1), capacity / KEPT_SHARE);
        // Memory that was never touched costs nothing.
        let buffer = vec![0; kept + PAGE_LEN + capacity].into_boxed_slice();
        let to_page = buffer.get(kept..).map_or(0, |rest| rest.as_ptr().align_offset(PAGE_LEN));
        let read_begin = kept + to_page.min(PAGE_LEN);
        Self {
            source,
            capacity,
            next_read: FIRST_READ.min(capacity),
            buffer,
            read_begin,
            filled_begin: read_begin,
            unread: read_begin..read_begin,
            source_offset: 0,
            decoder: Decoder::new(0, Some(0)),
            partial: Vec::new(),
        }
    }

    /// Reads the next record; `None` at the end.
    ///
    /// The bytes stay valid until the next call.
    ///
    /// # Errors
    ///
    /// - [`Error::Format`] where the bytes are not RecordIO, or end inside a record.
    /// - [`Error::Io`] where the source fails.
    pub fn read_record(&mut self) -> Result<Option<&[u8]>, Error> {
        Ok(match self.locate_record()? {
            Some(Place::Buffer(range)) => Some(&self.buffer[range]),
            Some(Place::Partial) => Some(&self.partial),
            None => None,
        })
    }

    fn locate_record(&mut self) -> Result<Option<Place>, Error> {
        match self.buffered_record() {
            Some(range) => Ok(Some(Place::Buffer(range))),
            None => self.advance(),
        }
    }

    /// Reads the next record if it lies in the buffer already: then there is no input or output.
    ///
    /// `None` says nothing about the end; [`Reader::read_record`] does.
    pub fn read_buffered_record(&mut self) -> Option<&[u8]> {
        self.buffered_record().map(|range| &self.buffer[range])
    }

    /// Reads the next record into `record`, replacing what it holds; returns whether there was one.
    ///
    /// # Errors
    ///
    /// As [`Reader::read_record`].
    pub fn read_record_into(&mut self, record: &mut Vec<u8>) -> Result<bool, Error> {
        record.clear();
        match self.locate_record()? {
            Some(Place::Buffer(range)) => record.extend_from_slice(&self.buffer[range]),
            Some(Place::Partial) => std::mem::swap(record, &mut self.partial),
            None => return Ok(false),
        }
        Ok(true)
    }

    fn buffered_record(&mut self) -> Option<Range<usize>> {
        let mut input = &self.buffer[self.unread.clone()];
        let len = self.decoder.decode_whole(&mut input)?.len();
        let begin = self.unread.start + HEADER_LEN;
        self.unread.start = self.unread.end - input.len();
        Some(begin..begin + len)
    }

    /// Decodes one record with input from the source.
    fn advance(&mut self) -> Result<Option<Place>, Error> {
        loop {
            if self.decoder.is_between_records() {
                self.partial.clear();
                if let Some(range) = self.buffered_record() {
                    return Ok(Some(Place::Buffer(range)));
                }
                if self.is_worth_keeping() && self.fill()? {
                    continue;
                }
            }
            // Before anything moves on: without memory for it, the record is still there afterwards.
            reserve(&mut self.partial, self.unread.len() + MAGIC.len())?;
            let mut input = &self.buffer[self.unread.clone()];
            let event = self.decoder.decode(&mut input)?;
            self.unread.start = self.unread.end - input.len();
            match event {
                Event::Payload(payload) => self.partial.extend_from_slice(payload),
                Event::EndOfRecord => return Ok(Some(Place::Partial)),
                Event::NeedInput => {
                    if !self.fill()? {
                        return self.decoder.finish().map(|()| None);
                    }
                }
            }
        }
    }

    /// Reads from the source; returns whether there was anything.
    fn fill(&mut self) -> Result<bool, Error> {
        let remaining = self.decoder.payload_remaining();
        if remaining >= self.capacity {
            // Straight to where it is wanted; `partial` grows with what the source really gives.
            let before = self.partial.len();
            let step = remaining.min(before.max(FIRST_STEP));
            // Some bytes more, so that `read_to_end` never has to make room itself.
            reserve(&mut self.partial, step + 64)?;
            let result = (&mut self.source).take(step as u64).read_to_end(&mut self.partial);
            let count = self.partial.len() - before;
            self.decoder.advance(count);
            self.forget_buffer();
            self.source_offset += count as u64;
            result?;
            return Ok(count > 0);
        }
        // What is left stays, right before what is read.
        let kept = self.unread.len();
        let begin = self.read_begin - kept;
        self.buffer.copy_within(self.unread.clone(), begin);
        (self.filled_begin, self.unread) = (begin, begin..self.read_begin);
        let end = self.read_begin + self.next_read;
        loop {
            match self.source.read(&mut self.buffer[self.read_begin..end]) {
                Ok(count) => {
                    self.unread.end += count;
                    self.source_offset += count as u64;
                    self.next_read = self.next_read.saturating_mul(2).min(self.capacity);
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Returns whether a record of one fragment has begun in the buffer that may lie whole in it
    /// after another read, or after some.
    ///
    /// Of a record that is whole, split though it may be, nothing more may be asked of the source:
    /// a pipe may have nothing more for now.
    fn is_worth_keeping(&self) -> bool {
        let unread = self.buffer.get(self.unread.clone()).unwrap_or_default();
        if unread.is_empty() || unread.len() > self.capacity / KEPT_SHARE {
            return false;
        }
        let Some(bytes) = unread.first_chunk() else { return true };
        FragmentHeader::parse(*bytes).is_ok_and(|header| {
            let len = HEADER_LEN + header.padded_len();
            header.kind() == FragmentKind::Full && (unread.len()..=self.capacity).contains(&len)
        })
    }

    /// Drops what is in the buffer.
    fn forget_buffer(&mut self) {
        (self.filled_begin, self.unread) = (self.read_begin, self.read_begin..self.read_begin);
    }

    /// Says that the source stands at a record `offset` bytes into its file, for errors to name.
    pub(super) fn assume_offset(&mut self, offset: u64) {
        self.source_offset = offset;
        self.restart(offset);
    }

    fn restart(&mut self, offset: u64) {
        self.decoder = Decoder::new(offset, (offset == 0).then_some(0));
        self.partial.clear();
    }

    /// Returns the offset of the next record in bytes.
    pub fn offset(&self) -> u64 {
        self.decoder.record_offset()
    }

    /// Returns how many records come before the next one; unknown after a seek.
    pub fn ordinal(&self) -> Option<u64> {
        self.decoder.ordinal()
    }

    /// Returns an iterator over the records that follow, each in memory of its own.
    pub fn records(&mut self) -> Records<'_, R> {
        Records { reader: self, has_failed: false }
    }

    /// Turns the reader into an iterator over the records that follow.
    pub fn into_records(self) -> IntoRecords<R> {
        IntoRecords { reader: self, has_failed: false }
    }

    /// Returns the source; what is buffered of it was read already.
    pub fn get_ref(&self) -> &R {
        &self.source
    }
}

/// Makes room for `count` more bytes, or says that there is no memory.
fn reserve(record: &mut Vec<u8>, count: usize) -> Result<(), Error> {
    record.try_reserve(count).map_err(|_| Error::Io(ErrorKind::OutOfMemory.into()))
}

impl<R: Read + Seek> Reader<R> {
    /// Goes to the record that begins at `offset` bytes; without input where it is in the buffer.
    ///
    /// Whether one does begin there is found out by the next read.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] where the source cannot seek; then the reader stays where it was.
    pub fn seek(&mut self, offset: u64) -> Result<(), Error> {
        let back = self.source_offset.checked_sub(offset);
        let begin = back
            .and_then(|back| usize::try_from(back).ok())
            .and_then(|back| self.unread.end.checked_sub(back))
            .filter(|begin| *begin >= self.filled_begin);
        if let Some(begin) = begin {
            self.unread.start = begin;
        } else {
            self.source.seek(SeekFrom::Start(offset))?;
            self.forget_buffer();
            self.source_offset = offset;
            self.next_read = FIRST_READ.min(self.capacity);
        }
        self.restart(offset);
        Ok(())
    }
}

impl<R: Read + Seek> Reader<R> {
    /// Moves on behind the next record, which ends at `end` bytes and which the caller has had by
    /// another way; without input as [`Reader::seek`].
    ///
    /// # Errors
    ///
    /// As [`Reader::seek`].
    pub fn pass_record(&mut self, end: u64) -> Result<(), Error> {
        let ordinal = self.decoder.ordinal();
        self.seek(end)?;
        self.decoder = Decoder::new(end, ordinal.map(|ordinal| ordinal.saturating_add(1)));
        Ok(())
    }
}

impl<R: fmt::Debug> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("source", &self.source)
            .field("decoder", &self.decoder)
            .finish_non_exhaustive()
    }
}

/// An iterator over records that borrows its [`Reader`]; it ends after the first error.
#[derive(Debug)]
pub struct Records<'r, R> {
    reader: &'r mut Reader<R>,
    has_failed: bool,
}

/// An iterator over records that owns its [`Reader`]; it ends after the first error.
#[derive(Debug)]
pub struct IntoRecords<R> {
    reader: Reader<R>,
    has_failed: bool,
}

fn next_owned<R: Read>(
    reader: &mut Reader<R>,
    has_failed: &mut bool,
) -> Option<Result<Vec<u8>, Error>> {
    if *has_failed {
        return None;
    }
    let next = reader.read_record().map(|record| record.map(<[u8]>::to_vec)).transpose();
    *has_failed = matches!(next, Some(Err(_)));
    next
}

impl<R: Read> Iterator for Records<'_, R> {
    type Item = Result<Vec<u8>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        next_owned(self.reader, &mut self.has_failed)
    }
}

impl<R: Read> Iterator for IntoRecords<R> {
    type Item = Result<Vec<u8>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        next_owned(&mut self.reader, &mut self.has_failed)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::io::Writer;

    /// Counts the calls that reach the source.
    struct Counted(Cursor<Vec<u8>>, usize);

    impl Read for Counted {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.1 += 1;
            self.0.read(buffer)
        }
    }

    impl Seek for Counted {
        fn seek(&mut self, target: SeekFrom) -> std::io::Result<u64> {
            self.1 += 1;
            self.0.seek(target)
        }
    }

    fn file_of(lens: &[usize]) -> (Vec<u8>, Vec<u64>) {
        let mut writer = Writer::new(Vec::new());
        let offsets = lens
            .iter()
            .enumerate()
            .map(|(number, len)| {
                let byte = u8::try_from(number).unwrap();
                writer.write_record(&vec![byte; *len]).unwrap()
            })
            .collect();
        (writer.into_inner().unwrap(), offsets)
    }

    #[test]
    fn every_seek_finds_its_record_whatever_is_buffered() {
        let lens = [5, 0, 300, 64, 1, 2000, 7, 31, 100, 9];
        let (file, offsets) = file_of(&lens);
        let mut reader = Reader::with_capacity(128, Cursor::new(file));
        for step in [1, 3, 7, 9] {
            for number in (0..lens.len()).map(|count| count * step % lens.len()) {
                reader.seek(offsets[number]).unwrap();
                for (place, len) in lens.iter().enumerate().skip(number).take(2) {
                    let record = reader.read_record().unwrap().unwrap();
                    assert_eq!(record, vec![u8::try_from(place).unwrap(); *len]);
                }
            }
        }
    }

    #[test]
    fn a_seek_inside_the_buffer_asks_nothing_of_the_source() {
        let (file, offsets) = file_of(&[5, 6, 7]);
        let mut reader = Reader::new(Counted(Cursor::new(file), 0));
        reader.read_record().unwrap();
        for offset in offsets.into_iter().rev() {
            reader.seek(offset).unwrap();
            assert!(reader.read_buffered_record().is_some());
        }
        assert_eq!(reader.get_ref().1, 1);
    }

    #[test]
    fn a_record_that_was_passed_is_counted() {
        let (mut file, offsets) = file_of(&[5, 300, 6]);
        file.truncate(file.len() - 1);
        let mut reader = Reader::new(Cursor::new(file));
        reader.read_record().unwrap();
        reader.pass_record(offsets[2]).unwrap();
        assert_eq!((reader.offset(), reader.ordinal()), (offsets[2], Some(2)));
        let error = reader.read_record().unwrap_err();
        assert!(matches!(error, Error::Format { ordinal: Some(2), .. }), "{error}");
    }

    #[test]
    fn the_end_is_not_final_and_neither_is_a_cut() {
        let (file, _) = file_of(&[5, 300]);
        for cut in 0..=file.len() {
            let mut reader = Reader::with_capacity(64, Cursor::new(file[..cut].to_vec()));
            let mut records: Vec<Vec<u8>> = reader.records().map_while(Result::ok).collect();
            reader.source.get_mut().extend_from_slice(&file[cut..]);
            records.extend(reader.records().map(Result::unwrap));
            assert_eq!(records, [vec![0; 5], vec![1; 300]], "{cut}");
        }
    }

    #[test]
    fn iterators_end_after_an_error() {
        let mut reader = Reader::new(&[0; 64][..]);
        let mut records = reader.records();
        assert!(records.next().is_some_and(|record| record.is_err()));
        assert!(records.next().is_none());
    }
}

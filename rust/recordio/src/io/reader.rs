//! Records in sequence.

use std::{
    fmt,
    io::{ErrorKind, Read, Seek, SeekFrom},
    ops::Range,
};

use crate::{
    Error,
    decoder::{Decoder, Event},
};

/// The size of the buffer in bytes: large enough that the calls to the source do not show.
const DEFAULT_CAPACITY: usize = 256 * 1024;

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
    /// What of the buffer is read from the source and not yet decoded.
    unread: Range<usize>,
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

    /// Creates a reader with a buffer of `capacity` bytes (at least 1).
    pub fn with_capacity(capacity: usize, source: R) -> Self {
        Self {
            source,
            buffer: vec![0; capacity.max(1)].into_boxed_slice(),
            unread: 0..0,
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
        let place = match self.buffered_record() {
            Some(range) => Some(Place::Buffer(range)),
            None => self.advance()?,
        };
        Ok(match place {
            Some(Place::Buffer(range)) => Some(&self.buffer[range]),
            Some(Place::Partial) => Some(&self.partial),
            None => None,
        })
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
        let found = self.read_record()?;
        if let Some(bytes) = found {
            record.extend_from_slice(bytes);
        }
        Ok(found.is_some())
    }

    fn buffered_record(&mut self) -> Option<Range<usize>> {
        let mut input = &self.buffer[self.unread.clone()];
        let len = self.decoder.decode_whole(&mut input)?.len();
        let begin = self.unread.start + crate::fragment::HEADER_LEN;
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
            }
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
        if remaining >= self.buffer.len() {
            // Straight to where it is wanted; `partial` grows with what the source really gives.
            let before = self.partial.len();
            let result = (&mut self.source).take(remaining as u64).read_to_end(&mut self.partial);
            let count = self.partial.len() - before;
            self.decoder.advance(count);
            result?;
            return Ok(count > 0);
        }
        loop {
            match self.source.read(&mut self.buffer) {
                Ok(count) => {
                    self.unread = 0..count;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Says that the source stands at a record `offset` bytes into its file, for errors to name.
    pub(super) fn assume_offset(&mut self, offset: u64) {
        self.decoder = Decoder::new(offset, (offset == 0).then_some(0));
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

impl<R: Read + Seek> Reader<R> {
    /// Goes to the record that begins at `offset` bytes.
    ///
    /// Whether one does is found out by the next read.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] where the source cannot seek; then the reader stays where it was.
    pub fn seek(&mut self, offset: u64) -> Result<(), Error> {
        self.source.seek(SeekFrom::Start(offset))?;
        self.unread = 0..0;
        self.partial.clear();
        self.assume_offset(offset);
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

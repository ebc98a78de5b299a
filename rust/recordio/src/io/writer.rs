//! Records in sequence, the other way.

use std::{error, fmt, io::Write, mem};

use super::Durable;
use crate::{Error, encoder, fragment};

/// The size of the blocks in bytes that the sink is given, at multiples of it: file systems take
/// aligned blocks of this size almost twice as fast as the same bytes one record a call.
const BLOCK_LEN: usize = 512 * 1024;

/// Writes records in sequence to any [`Write`], through a buffer of its own.
///
/// The sink is given whole blocks; what a payload has of those is not copied. After a failed write
/// the sink may hold a part of a record; from then on everything is refused.
///
/// Dropping a writer writes what is buffered, but cannot say whether that worked:
/// [`Writer::into_inner`] and [`Writer::flush`] do.
pub struct Writer<W: Write> {
    /// `None` only after `into_inner` took it.
    sink: Option<W>,
    buffer: Vec<u8>,
    /// Where the sink stands.
    sink_offset: u64,
    /// Where the next record begins.
    offset: u64,
    /// How many records were written.
    count: u64,
    /// Whether nothing may be written any more: a write failed, or the writer was discarded.
    has_failed: bool,
}

impl<W: Write> Writer<W> {
    /// Creates a writer over a sink that stands at the start of a file.
    pub fn new(sink: W) -> Self {
        Self::at_offset(sink, 0)
    }

    /// Creates a writer over a sink that stands at `offset` bytes, between two records.
    pub fn at_offset(sink: W, offset: u64) -> Self {
        Self {
            sink: Some(sink),
            buffer: Vec::new(),
            sink_offset: offset,
            offset,
            count: 0,
            has_failed: false,
        }
    }

    /// Writes one record and returns its offset in bytes.
    ///
    /// # Errors
    ///
    /// - [`Error::RecordTooLarge`] from 2^29 bytes on; nothing is written and the writer goes on.
    /// - [`Error::Io`] where the sink fails.
    /// - [`Error::WriteAfterFailure`] where it has failed before.
    pub fn write_record(&mut self, record: &[u8]) -> Result<u64, Error> {
        if self.has_failed {
            return Err(Error::WriteAfterFailure);
        }
        let offset = self.offset;
        for (header, payload) in encoder::split(record)? {
            self.append(&header.to_bytes())?;
            self.append(payload)?;
            self.append(&[0; fragment::ALIGNMENT][..header.padding()])?;
            self.offset += (fragment::HEADER_LEN + header.padded_len()) as u64;
        }
        self.count += 1;
        Ok(offset)
    }

    /// Returns how many records this writer has taken: the ordinal of the next one in a new file.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the offset at which the next record will begin, in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns whether a record of `len` bytes can be written without calling the sink.
    ///
    /// Exact for records that need no split; a split adds some bytes.
    pub fn has_room_for(&self, len: usize) -> bool {
        let needed = len.saturating_add(fragment::HEADER_LEN + fragment::ALIGNMENT);
        !self.has_failed && needed < self.room()
    }

    /// Writes what is buffered to the sink, and flushes that.
    ///
    /// # Errors
    ///
    /// - [`Error::Io`] where the sink fails.
    /// - [`Error::WriteAfterFailure`] where it has failed before.
    pub fn flush(&mut self) -> Result<(), Error> {
        if self.has_failed {
            return Err(Error::WriteAfterFailure);
        }
        self.write_buffer()?;
        if let Some(sink) = &mut self.sink {
            sink.flush()?;
        }
        Ok(())
    }

    /// Flushes and returns the sink.
    ///
    /// # Errors
    ///
    /// Returns [`IntoInnerError`] with the writer in it where the flush fails.
    pub fn into_inner(mut self) -> Result<W, IntoInnerError<W>> {
        match self.flush() {
            Ok(()) => match self.sink.take() {
                Some(sink) => Ok(sink),
                None => Err(IntoInnerError { writer: self, source: Error::WriteAfterFailure }),
            },
            Err(source) => Err(IntoInnerError { writer: self, source }),
        }
    }

    /// Drops what is buffered and refuses to write on.
    ///
    /// A process that inherited a writer by a fork does this: the records are its parent's.
    pub fn discard(&mut self) {
        self.buffer = Vec::new();
        self.has_failed = true;
    }

    /// Returns the sink; what is buffered is not there yet.
    pub fn get_ref(&self) -> Option<&W> {
        self.sink.as_ref()
    }

    /// Returns how many bytes are missing to the end of the block.
    fn room(&self) -> usize {
        let block_offset = self.sink_offset % BLOCK_LEN as u64;
        // Both are below the length of a block.
        BLOCK_LEN - usize::try_from(block_offset).unwrap_or_default() - self.buffer.len()
    }

    fn append(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while bytes.len() >= self.room() {
            let (now, rest) = bytes.split_at(self.room());
            if self.buffer.is_empty() {
                self.write_through(now)?;
            } else {
                self.buffer.extend_from_slice(now);
                self.write_buffer()?;
            }
            bytes = rest;
        }
        if self.buffer.capacity() == 0 {
            self.buffer.reserve_exact(BLOCK_LEN);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    fn write_buffer(&mut self) -> Result<(), Error> {
        let mut buffer = mem::take(&mut self.buffer);
        self.write_through(&buffer)?;
        buffer.clear();
        self.buffer = buffer;
        Ok(())
    }

    fn write_through(&mut self, bytes: &[u8]) -> Result<(), Error> {
        // Set while the sink works: if it panics, `drop` must not give it the same bytes again.
        self.has_failed = true;
        if let Some(sink) = &mut self.sink {
            sink.write_all(bytes)?;
        }
        self.has_failed = false;
        self.sink_offset += bytes.len() as u64;
        Ok(())
    }
}

impl<W: Durable> Writer<W> {
    /// Flushes, and returns once every record written is durable; gives the memory of the buffer
    /// back until there is more to write.
    ///
    /// # Errors
    ///
    /// Those of [`Writer::flush`]; also where only the sync failed, everything is refused from then
    /// on: nobody knows which records the sink has kept.
    pub fn sync(&mut self) -> Result<(), Error> {
        self.flush()?;
        self.buffer = Vec::new();
        self.has_failed = true;
        if let Some(sink) = &mut self.sink {
            sink.sync()?;
        }
        self.has_failed = false;
        Ok(())
    }
}

impl<W: Write> Drop for Writer<W> {
    fn drop(&mut self) {
        if self.sink.is_some() && !self.has_failed {
            let _ = self.flush(); // nobody to tell; see the type's documentation
        }
    }
}

impl<W: Write + fmt::Debug> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("sink", &self.sink)
            .field("buffered", &self.buffer.len())
            .field("sink_offset", &self.sink_offset)
            .field("offset", &self.offset)
            .field("count", &self.count)
            .field("has_failed", &self.has_failed)
            .finish()
    }
}

/// The flush of [`Writer::into_inner`] failed.
#[derive(Debug)]
pub struct IntoInnerError<W: Write> {
    writer: Writer<W>,
    source: Error,
}

impl<W: Write> IntoInnerError<W> {
    /// Returns why the flush failed.
    pub fn error(&self) -> &Error {
        &self.source
    }

    /// Returns the writer, which refuses to write on.
    pub fn into_writer(self) -> Writer<W> {
        self.writer
    }
}

impl<W: Write> From<IntoInnerError<W>> for Error {
    fn from(error: IntoInnerError<W>) -> Self {
        error.source
    }
}

impl<W: Write> fmt::Display for IntoInnerError<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl<W: Write + fmt::Debug> error::Error for IntoInnerError<W> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.source()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::fragment::MAX_RECORD_LEN;

    /// Takes `room` bytes, a few at a time, and then fails as a full disk does.
    #[derive(Debug)]
    struct SmallDisk {
        bytes: Vec<u8>,
        room: usize,
    }

    impl Write for SmallDisk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.room - self.bytes.len()).min(1000);
            if count == 0 && !bytes.is_empty() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.bytes.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn small_and_large_records_arrive_in_order() {
        let mut writer = Writer::new(Vec::new());
        let records: Vec<Vec<u8>> = [3, BLOCK_LEN, 0, 5000, 3 * BLOCK_LEN + 1, BLOCK_LEN - 8, 7]
            .map(|len| vec![7; len])
            .into();
        let offsets: Vec<u64> =
            records.iter().map(|record| writer.write_record(record).unwrap()).collect();
        let file = writer.into_inner().unwrap();
        let mut reader = crate::io::Reader::new(file.as_slice());
        for (record, offset) in records.iter().zip(offsets) {
            assert_eq!(reader.offset(), offset);
            assert_eq!(reader.read_record().unwrap(), Some(record.as_slice()));
        }
        assert_eq!(reader.read_record().unwrap(), None);
    }

    #[test]
    fn a_failed_flush_is_reported_and_the_writer_refuses_more() {
        let mut writer = Writer::new(SmallDisk { bytes: Vec::new(), room: 10 });
        assert_eq!(writer.write_record(b"buffered").unwrap(), 0);
        assert!(matches!(writer.flush(), Err(Error::Io(_))));
        assert!(matches!(writer.write_record(b"more"), Err(Error::WriteAfterFailure)));
        assert!(matches!(writer.flush(), Err(Error::WriteAfterFailure)));
        let error = writer.into_inner().unwrap_err();
        assert!(matches!(error.error(), Error::WriteAfterFailure));
    }

    /// Keeps what it is given, but cannot promise to.
    #[derive(Debug)]
    struct Forgetful(Vec<u8>);

    impl Write for Forgetful {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Durable for Forgetful {
        fn sync(&mut self) -> io::Result<()> {
            Err(io::Error::other("the disk is gone"))
        }
    }

    #[test]
    fn a_failed_sync_is_reported_and_the_writer_refuses_more() {
        let mut writer = Writer::new(Forgetful(Vec::new()));
        writer.write_record(b"flushed").unwrap();
        assert!(matches!(writer.sync(), Err(Error::Io(_))));
        assert_eq!(writer.get_ref().unwrap().0.len(), 16);
        assert!(matches!(writer.write_record(b"more"), Err(Error::WriteAfterFailure)));
        assert!(matches!(writer.sync(), Err(Error::WriteAfterFailure)));
        assert!(matches!(writer.into_inner().unwrap_err().error(), Error::WriteAfterFailure));
    }

    #[derive(Debug)]
    struct Safe(Vec<u8>);

    impl Write for Safe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Durable for Safe {
        fn sync(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_sync_gives_the_buffer_back_and_the_writer_goes_on() {
        let mut writer = Writer::new(Safe(Vec::new()));
        writer.write_record(b"before").unwrap();
        assert_eq!(writer.buffer.capacity(), BLOCK_LEN);
        writer.sync().unwrap();
        assert_eq!(writer.buffer.capacity(), 0);
        assert_eq!(writer.write_record(b"behind").unwrap(), 16);
        assert_eq!(writer.into_inner().unwrap().0.len(), 32);
    }

    #[test]
    fn a_record_that_is_too_large_leaves_the_writer_usable() {
        let mut writer = Writer::new(Vec::new());
        let record = vec![0; MAX_RECORD_LEN + 1];
        assert!(matches!(writer.write_record(&record), Err(Error::RecordTooLarge { .. })));
        assert_eq!(writer.write_record(b"ok").unwrap(), 0);
        assert_eq!(writer.into_inner().unwrap().len(), 12);
    }

    #[test]
    fn a_dropped_writer_flushes_and_a_discarded_one_does_not() {
        let mut file = Vec::new();
        Writer::new(&mut file).write_record(b"kept").unwrap();
        assert_eq!(file.len(), 12);
        let mut file = Vec::new();
        let mut writer = Writer::new(&mut file);
        writer.write_record(b"dropped").unwrap();
        writer.discard();
        drop(writer);
        assert!(file.is_empty());
    }
}

//! Records and the index of them, kept in step.

use std::io::Write;

use super::Writer;
use crate::{
    Error,
    idx::{Key, append_entry},
};

/// How many bytes of index text are collected before both sinks are called.
const INDEX_CAPACITY: usize = 64 * 1024;

/// Writes records to one sink and their index entries to another.
///
/// An entry never reaches its sink before the record that it points to: whenever index text is
/// written, the records are flushed first.
#[derive(Debug)]
pub struct IndexedWriter<W: Write, X: Write> {
    records: Writer<W>,
    /// `None` only after `into_inner` took it.
    index_sink: X,
    index_text: Vec<u8>,
    has_failed: bool,
}

impl<W: Write, X: Write> IndexedWriter<W, X> {
    /// Creates a writer over a writer of records and an empty sink for the index.
    pub fn new(records: Writer<W>, index_sink: X) -> Self {
        Self { records, index_sink, index_text: Vec::new(), has_failed: false }
    }

    /// Writes one record and its entry, and returns the record's offset in bytes.
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidKey`] where the key cannot stand in an index; nothing is written.
    /// - Those of [`Writer::write_record`].
    pub fn write_record(&mut self, key: Key<'_>, record: &[u8]) -> Result<u64, Error> {
        if self.has_failed {
            return Err(Error::WriteAfterFailure);
        }
        let before = self.index_text.len();
        append_entry(&mut self.index_text, key, self.records.offset())?;
        let written = self.records.write_record(record);
        if written.is_err() {
            self.index_text.truncate(before);
        } else if self.index_text.len() >= INDEX_CAPACITY {
            self.flush()?;
        }
        written
    }

    /// Writes one record without an entry and returns its offset in bytes.
    ///
    /// # Errors
    ///
    /// Those of [`Writer::write_record`].
    pub fn write_unindexed(&mut self, record: &[u8]) -> Result<u64, Error> {
        self.records.write_record(record)
    }

    /// Adds text to the index as it is.
    pub fn write_index_text(&mut self, text: &str) {
        self.index_text.extend_from_slice(text.as_bytes());
    }

    /// Returns the writer of the records.
    pub fn records(&self) -> &Writer<W> {
        &self.records
    }

    /// Returns whether a record of `len` bytes can be written without calling a sink, as
    /// [`Writer::has_room_for`] has it.
    pub fn has_room_for(&self, len: usize) -> bool {
        // A key may have any length; one that does not fit this margin only costs a late flush.
        self.records.has_room_for(len) && self.index_text.len() + 64 < INDEX_CAPACITY
    }

    /// Flushes the records and then the index.
    ///
    /// # Errors
    ///
    /// - [`Error::Io`] where a sink fails.
    /// - [`Error::WriteAfterFailure`] where one has failed before.
    pub fn flush(&mut self) -> Result<(), Error> {
        if self.has_failed {
            return Err(Error::WriteAfterFailure);
        }
        self.records.flush()?;
        self.has_failed = true;
        self.index_sink.write_all(&self.index_text)?;
        self.index_sink.flush()?;
        self.has_failed = false;
        self.index_text.clear();
        Ok(())
    }
}

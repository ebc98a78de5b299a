//! Records and the index of them, kept in step.

use std::io::Write;

use super::{Durable, Writer};
use crate::{
    Error,
    idx::{Key, append_entry},
};

/// How many bytes of index text are collected before both sinks are called.
const INDEX_CAPACITY: usize = 64 * 1024;

/// How many bytes an entry has at most besides a text key: tab, offset and line feed, or all of one
/// with an integer.
const MAX_ENTRY_REST: usize = 64;

/// Writes records to one sink and their index entries to another.
///
/// An entry never reaches its sink before the record that it points to: whenever index text is
/// written, the records are flushed first.
#[derive(Debug)]
pub struct IndexedWriter<W: Write, X: Write> {
    records: Writer<W>,
    index_sink: X,
    index_text: Vec<u8>,
    has_failed: bool,
}

impl<W: Write, X: Write> IndexedWriter<W, X> {
    /// Creates a writer over a writer of records and a sink for the index: an empty one, or one that
    /// stands behind the last line that it has.
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
        match written {
            Ok(_) => self.flush_full_index()?,
            Err(_) => self.index_text.truncate(before),
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
    ///
    /// # Errors
    ///
    /// Those of [`IndexedWriter::flush`].
    pub fn write_index_text(&mut self, text: &str) -> Result<(), Error> {
        if self.has_failed {
            return Err(Error::WriteAfterFailure);
        }
        self.index_text.extend_from_slice(text.as_bytes());
        self.flush_full_index()
    }

    fn flush_full_index(&mut self) -> Result<(), Error> {
        if self.index_text.len() >= INDEX_CAPACITY { self.flush() } else { Ok(()) }
    }

    /// Returns the writer of the records.
    pub fn records(&self) -> &Writer<W> {
        &self.records
    }

    /// Returns whether a record of `len` bytes with a key of `key_len` can be written without
    /// calling a sink, as [`Writer::has_room_for`] has it.
    pub fn has_room_for(&self, key_len: usize, len: usize) -> bool {
        let entry_len = key_len.saturating_add(MAX_ENTRY_REST);
        self.records.has_room_for(len)
            && self.index_text.len().saturating_add(entry_len) < INDEX_CAPACITY
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
        self.finish_index(|_| Ok(()))
    }

    /// Writes the index text that was collected, and lets `finish` do the rest.
    fn finish_index(
        &mut self,
        finish: impl FnOnce(&mut X) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        // Set while the sink works, as in `Writer`.
        self.has_failed = true;
        let written = self.index_sink.write_all(&self.index_text);
        let flushed = written.and_then(|()| self.index_sink.flush());
        flushed.and_then(|()| finish(&mut self.index_sink)).map_err(Error::IndexIo)?;
        self.has_failed = false;
        self.index_text.clear();
        Ok(())
    }

    /// Drops what is buffered and refuses to write on, as [`Writer::discard`] does.
    pub fn discard(&mut self) {
        self.records.discard();
        self.index_text = Vec::new();
        self.has_failed = true;
    }
}

impl<W: Durable, X: Durable> IndexedWriter<W, X> {
    /// Flushes, and returns once every record and every entry written is durable: the records
    /// first, so that no entry outlives the record that it points to.
    ///
    /// # Errors
    ///
    /// Those of [`IndexedWriter::flush`]; also where only a sync failed, everything is refused from
    /// then on.
    pub fn sync(&mut self) -> Result<(), Error> {
        if self.has_failed {
            return Err(Error::WriteAfterFailure);
        }
        self.records.sync()?;
        self.finish_index(Durable::sync)
    }
}

impl<W: Write, X: Write> Drop for IndexedWriter<W, X> {
    fn drop(&mut self) {
        if !self.has_failed {
            let _ = self.flush(); // nobody to tell, as in the drop of `Writer`
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, io};

    use super::*;
    use crate::{
        idx::{Index, KeyKind},
        io::IndexedReader,
    };

    #[test]
    fn every_entry_points_to_its_record() {
        let (mut file, mut index) = (Vec::new(), Vec::new());
        let mut writer = IndexedWriter::new(Writer::new(&mut file), &mut index);
        let keys: Vec<i64> = (0..20_000).map(|number| number * 7 % 20_011).collect();
        for key in &keys {
            writer.write_record(Key::Integer(*key), key.to_string().as_bytes()).unwrap();
        }
        writer.write_unindexed(b"not in the index").unwrap();
        drop(writer);
        let index = Index::parse(index.as_slice(), KeyKind::Integer).unwrap();
        assert_eq!(index.len(), keys.len());
        let (reader, mut buffer) = (IndexedReader::new(file, index), Vec::new());
        for key in keys {
            let record = reader.read_key(Key::Integer(key), &mut buffer).unwrap();
            assert_eq!(record, Some(key.to_string().as_bytes()));
        }
    }

    #[test]
    fn a_refused_key_or_record_leaves_no_entry() {
        let (mut file, mut index) = (Vec::new(), Vec::new());
        let mut writer = IndexedWriter::new(Writer::new(&mut file), &mut index);
        let refused = writer.write_record(Key::Text("a\tb"), b"x");
        assert!(matches!(refused, Err(Error::InvalidKey(_))));
        let long = vec![0; crate::fragment::MAX_RECORD_LEN + 1];
        let refused = writer.write_record(Key::Text("a"), &long);
        assert!(matches!(refused, Err(Error::RecordTooLarge { .. })));
        assert_eq!(writer.write_record(Key::Text("a"), b"x").unwrap(), 0);
        drop(writer);
        assert_eq!((index.as_slice(), file.len()), (&b"a\t0\n"[..], 12));
    }

    #[test]
    fn a_discarded_writer_writes_nothing() {
        let (mut file, mut index) = (Vec::new(), Vec::new());
        let mut writer = IndexedWriter::new(Writer::new(&mut file), &mut index);
        writer.write_record(Key::Integer(0), b"x").unwrap();
        writer.discard();
        assert!(matches!(writer.flush(), Err(Error::WriteAfterFailure)));
        drop(writer);
        assert_eq!((file.len(), index.len()), (0, 0));
    }

    /// One of two sinks that note what is done to them, and fail where they are told to.
    struct Noting<'a> {
        name: &'static str,
        notes: &'a RefCell<Vec<String>>,
        can_sync: bool,
    }

    impl Write for Noting<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.notes.borrow_mut().push(format!("write {}", self.name));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Durable for Noting<'_> {
        fn sync(&mut self) -> io::Result<()> {
            self.notes.borrow_mut().push(format!("sync {}", self.name));
            if self.can_sync { Ok(()) } else { Err(io::ErrorKind::Other.into()) }
        }
    }

    /// Writes a record and syncs, where these can; returns what was done, and the outcome.
    fn sync_noting(can_sync: [bool; 2]) -> (Vec<String>, Result<(), Error>) {
        let notes = RefCell::new(Vec::new());
        let sink = |name, can_sync| Noting { name, notes: &notes, can_sync };
        let mut writer = IndexedWriter::new(
            Writer::new(sink("records", can_sync[0])),
            sink("index", can_sync[1]),
        );
        writer.write_record(Key::Integer(0), b"x").unwrap();
        let outcome = writer.sync();
        if outcome.is_err() {
            assert!(matches!(writer.sync(), Err(Error::WriteAfterFailure)));
            let more = writer.write_record(Key::Integer(1), b"y");
            assert!(matches!(more, Err(Error::WriteAfterFailure)));
        }
        drop(writer);
        (notes.into_inner(), outcome)
    }

    #[test]
    fn records_are_durable_before_any_of_the_index_is_written() {
        let (notes, outcome) = sync_noting([true, true]);
        assert!(outcome.is_ok());
        assert_eq!(notes[..4], ["write records", "sync records", "write index", "sync index"]);
    }

    #[test]
    fn a_failed_sync_of_either_is_reported_and_everything_refused() {
        let (notes, outcome) = sync_noting([false, true]);
        assert!(matches!(outcome, Err(Error::Io(_))));
        assert!(!notes.contains(&"sync index".to_owned()), "{notes:?}");
        let (_, outcome) = sync_noting([true, false]);
        assert!(matches!(outcome, Err(Error::IndexIo(_))));
    }
}

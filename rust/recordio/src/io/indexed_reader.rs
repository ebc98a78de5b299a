//! Any record, by ordinal, key or offset.

use std::ops::Range;

use super::{ReadAt, ReadAtCursor, Reader};
use crate::{
    Error,
    decoder::Decoder,
    fragment::{FragmentHeader, FragmentKind, HEADER_LEN},
    idx::{Index, Key},
};

/// How many bytes are read at once where the length of a record is not known.
pub(super) const UNKNOWN_EXTENT: usize = 4096;

/// The longest extent that is read on the word of an index: one that lists only some records makes
/// all of them look longer than they are.
pub(super) const MAX_TRUSTED_EXTENT: u64 = 64 * 1024;

/// The longest record that is allocated on the word of its header, before there are bytes for it.
const MAX_TRUSTED_LEN: usize = 1 << 20;

/// A record in the caller's memory, as [`read_record_at`] left it there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredRecord {
    /// Where the record's bytes are in the buffer.
    pub range: Range<usize>,
    /// Where the record ends in the file, padding included: the offset of the next one.
    pub end: u64,
}

/// Reads the record whose first fragment begins at `offset` bytes.
///
/// `extent` is how many bytes it takes in the file, if somebody knows: then one positioned read
/// fetches header and payload together. A wrong one costs time, nothing else. `buffer` is the
/// caller's to reuse; what it held is lost.
///
/// # Errors
///
/// - [`Error::OffsetBeyondEnd`] where the source ends at or before `offset`.
/// - [`Error::Format`] where no record begins there, or where it is cut or damaged.
/// - [`Error::Io`] where the source fails.
pub fn read_record_at<S: ReadAt + ?Sized>(
    source: &S,
    offset: u64,
    extent: Option<u64>,
    buffer: &mut Vec<u8>,
) -> Result<StoredRecord, Error> {
    let trusted = extent.filter(|extent| *extent <= MAX_TRUSTED_EXTENT);
    let window = trusted.and_then(|extent| usize::try_from(extent).ok()).unwrap_or(UNKNOWN_EXTENT);
    buffer.resize(window.max(HEADER_LEN), 0);
    let filled = source.read_full_at(buffer, offset)?;
    buffer.truncate(filled);
    if filled == 0 {
        return Err(Error::OffsetBeyondEnd { offset, file_len: source.source_len()? });
    }
    complete(source, offset, buffer)?;
    let mut input = buffer.as_slice();
    let mut decoder = Decoder::new(offset, (offset == 0).then_some(0));
    if let Some(record) = decoder.decode_whole(&mut input) {
        let range = HEADER_LEN..HEADER_LEN + record.len();
        return Ok(StoredRecord { range, end: decoder.record_offset() });
    }
    read_in_sequence(source, offset, buffer)
}

/// Reads what a record of one fragment has behind the window, as far as that is not too much.
fn complete<S: ReadAt + ?Sized>(
    source: &S,
    offset: u64,
    buffer: &mut Vec<u8>,
) -> Result<(), Error> {
    let filled = buffer.len();
    let header = buffer.first_chunk().and_then(|bytes| FragmentHeader::parse(*bytes).ok());
    let Some(header) = header.filter(|header| header.kind() == FragmentKind::Full) else {
        return Ok(());
    };
    let needed = HEADER_LEN + header.padded_len();
    if needed > filled && needed <= MAX_TRUSTED_LEN {
        buffer.resize(needed, 0);
        let more =
            source.read_full_at(&mut buffer[filled..], offset.saturating_add(filled as u64))?;
        buffer.truncate(filled + more);
    }
    Ok(())
}

/// The long way: for records that are split, longer than was read, or damaged.
fn read_in_sequence<S: ReadAt + ?Sized>(
    source: &S,
    offset: u64,
    buffer: &mut Vec<u8>,
) -> Result<StoredRecord, Error> {
    let mut reader = Reader::with_capacity(UNKNOWN_EXTENT, ReadAtCursor::new(source, offset));
    reader.assume_offset(offset);
    if reader.read_record_into(buffer)? {
        Ok(StoredRecord { range: 0..buffer.len(), end: reader.offset() })
    } else {
        Err(Error::OffsetBeyondEnd { offset, file_len: source.source_len()? })
    }
}

/// Reads any record of a file with an index, through a shared reference.
///
/// Reads are positioned and nothing is buffered: threads and forked processes may share one reader
/// without a lock. A source that shrinks meanwhile gives an error.
///
/// # Examples
///
/// ```
/// use recordio::{idx::{IndexBuilder, Key, KeyKind}, io::{IndexedReader, Writer}};
///
/// let mut writer = Writer::new(Vec::new());
/// let mut index = IndexBuilder::new(KeyKind::Integer);
/// index.push(Key::Integer(10), writer.write_record(b"ten")?);
/// index.push(Key::Integer(20), writer.write_record(b"twenty")?);
///
/// let reader = IndexedReader::new(writer.into_inner()?, index.finish());
/// let mut buffer = Vec::new();
/// assert_eq!(reader.read(1, &mut buffer)?, Some(&b"twenty"[..]));
/// assert_eq!(reader.read_key(Key::Integer(10), &mut buffer)?, Some(&b"ten"[..]));
/// assert_eq!(reader.read(2, &mut buffer)?, None);
/// # Ok::<(), recordio::Error>(())
/// ```
#[derive(Debug)]
pub struct IndexedReader<S> {
    source: S,
    index: Index,
}

impl<S: ReadAt> IndexedReader<S> {
    /// Creates a reader from a source and the index of it.
    pub const fn new(source: S, index: Index) -> Self {
        Self { source, index }
    }

    /// Reads the record with this ordinal; `None` where the index has no such entry.
    ///
    /// `buffer` is the caller's to reuse; what it held is lost.
    ///
    /// # Errors
    ///
    /// Those of [`read_record_at`].
    pub fn read<'b>(
        &self,
        ordinal: usize,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Option<&'b [u8]>, Error> {
        let Some(offset) = self.index.offset(ordinal) else { return Ok(None) };
        let extent = self.index.extent(ordinal);
        let StoredRecord { range, .. } = read_record_at(&self.source, offset, extent, buffer)?;
        Ok(Some(&buffer[range]))
    }

    /// Reads the record with this key; `None` where the index has no such entry.
    ///
    /// # Errors
    ///
    /// Those of [`read_record_at`].
    pub fn read_key<'b>(
        &self,
        key: Key<'_>,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Option<&'b [u8]>, Error> {
        match self.index.find(key) {
            Some(ordinal) => self.read(ordinal, buffer),
            None => Ok(None),
        }
    }

    /// Returns the index.
    pub const fn index(&self) -> &Index {
        &self.index
    }

    /// Returns the source.
    pub const fn get_ref(&self) -> &S {
        &self.source
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        FormatError,
        fragment::MAGIC,
        idx::{IndexBuilder, KeyKind},
        io::Writer,
    };

    fn file_of(records: &[&[u8]]) -> (Vec<u8>, Vec<u64>) {
        let mut writer = Writer::new(Vec::new());
        let offsets = records.iter().map(|record| writer.write_record(record).unwrap()).collect();
        (writer.into_inner().unwrap(), offsets)
    }

    #[test]
    fn any_extent_gives_the_same_record() {
        let (long, split) = (vec![b'x'; 3 << 20], [&MAGIC[..], b"abcd", &MAGIC, b"e"].concat());
        let records: [&[u8]; 5] = [b"", b"a", &long, &split, b"end"];
        let (file, offsets) = file_of(&records);
        let mut buffer = Vec::new();
        for (record, offset) in records.iter().zip(offsets) {
            for extent in [None, Some(0), Some(1), Some(8), Some(20), Some(1 << 40), Some(u64::MAX)]
            {
                let stored = read_record_at(&file, offset, extent, &mut buffer).unwrap();
                assert_eq!(&buffer[stored.range], *record, "{extent:?}");
            }
        }
    }

    #[test]
    fn an_offset_at_or_after_the_end_is_an_error() {
        let (file, _) = file_of(&[b"abcd"]);
        for offset in [12, 13, u64::MAX] {
            let error = read_record_at(&file, offset, None, &mut Vec::new()).unwrap_err();
            assert!(matches!(error, Error::OffsetBeyondEnd { file_len: 12, .. }), "{error}");
            assert_eq!(error.offset(), Some(offset));
        }
    }

    #[test]
    fn an_offset_inside_a_record_is_a_bad_magic_there() {
        let (file, _) = file_of(&[b"abcdefgh", b"x"]);
        let error = read_record_at(&file, 8, None, &mut Vec::new()).unwrap_err();
        let Error::Format { offset: 8, source: FormatError::BadMagic { .. }, .. } = error else {
            panic!("{error}");
        };
    }

    #[test]
    fn a_length_beyond_the_file_allocates_nothing_on_its_word() {
        let file = [
            0x0a, 0x23, 0xd7, 0xce, // magic
            0xff, 0xff, 0xff, 0x1f, // flag = 0 (full), length = 2^29 - 1
            b'a', b'b', b'c', b'd', // four bytes of payload
        ];
        let mut buffer = Vec::new();
        let error = read_record_at(&file[..], 0, None, &mut buffer).unwrap_err();
        assert!(error.is_truncation(), "{error}");
        assert!(buffer.capacity() <= MAX_TRUSTED_LEN);
    }

    #[test]
    fn a_file_that_shrinks_gives_an_error() {
        let path = std::env::temp_dir().join(format!("recordio-shrinks-{}", std::process::id()));
        let (file, offsets) = file_of(&[b"first", b"second"]);
        std::fs::write(&path, file).unwrap();
        let mut index = IndexBuilder::new(KeyKind::Integer);
        for (key, offset) in (0..).zip(offsets) {
            index.push(Key::Integer(key), offset);
        }
        let reader = IndexedReader::new(std::fs::File::open(&path).unwrap(), index.finish());
        let mut buffer = Vec::new();
        assert_eq!(reader.read(1, &mut buffer).unwrap(), Some(&b"second"[..]));
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(20).unwrap();
        assert!(reader.read(1, &mut buffer).unwrap_err().is_truncation());
        std::fs::remove_file(&path).unwrap();
    }
}

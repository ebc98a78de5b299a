//! The index: the `.idx` text, keys in their order, and key to offset.
//!
//! An index is a text of one line a record: `key`, a tab, the decimal byte offset of the record's
//! first fragment, a line feed. `MXNet` writes it in the order of the file; nothing requires that.
//! A key may stand there twice: the last line counts (`MXNet` fills a `dict` from it).

mod block;
mod keys;
mod listing;
mod lookup;
mod salvage;
mod text;

use std::io::{self, BufRead};

pub(crate) use block::Entries;
pub use keys::{Key, KeyKind};
pub(crate) use listing::Listing;
pub use salvage::SalvagedIndex;
pub(crate) use text::MAX_LINE_LEN;
pub use text::{EntryError, EntryFault, InvalidKey, append_entry, check_key};

use crate::Error;
use keys::Keys;
use lookup::Lookup;

/// How much of a stream of text is read at once, in bytes; more than a line may have.
const BUFFER_LEN: usize = 4 * MAX_LINE_LEN;

/// Keys and offsets, by ordinal.
///
/// The n-th entry of an index is the record with *ordinal* n, counted from 0. An index never
/// changes, and everything that a search needs is made with it: threads may search at the same
/// time, and a forked process may go on with what it inherits.
///
/// # Examples
///
/// ```
/// use recordio::idx::{Index, Key, KeyKind};
///
/// let index = Index::parse(&b"7\t0\n9\t16\n"[..], KeyKind::Integer)?;
/// assert_eq!(index.find(Key::Integer(9)), Some(1));
/// assert_eq!(index.offset(1), Some(16));
/// assert_eq!(index.key(0), Some(Key::Integer(7)));
/// # Ok::<(), recordio::Error>(())
/// ```
#[derive(Debug)]
pub struct Index {
    keys: Keys,
    offsets: Vec<u64>,
    /// Needed to find keys that are neither consecutive nor ascending.
    lookup: Option<Lookup>,
    /// Needed for extents where the offsets do not ascend.
    sorted_offsets: Option<Vec<u64>>,
}

/// Makes an [`Index`], entry by entry.
///
/// # Examples
///
/// ```
/// use recordio::idx::{IndexBuilder, Key, KeyKind};
///
/// let mut builder = IndexBuilder::new(KeyKind::Text);
/// builder.push(Key::Text("cat"), 0);
/// assert_eq!(builder.finish().find(Key::Text("cat")), Some(0));
/// ```
#[derive(Debug)]
pub struct IndexBuilder {
    keys: Keys,
    offsets: Vec<u64>,
    is_ascending: bool,
}

impl IndexBuilder {
    /// Creates a builder of an index whose keys are of one kind.
    #[must_use]
    pub fn new(kind: KeyKind) -> Self {
        Self { keys: Keys::new(kind), offsets: Vec::new(), is_ascending: true }
    }

    /// Adds an entry at the end.
    ///
    /// # Panics
    ///
    /// Where `key` is not of the index's kind.
    pub fn push(&mut self, key: Key<'_>, offset: u64) {
        self.keys.push(key);
        self.is_ascending &= self.offsets.last().is_none_or(|last| *last < offset);
        self.offsets.push(offset);
    }

    /// Adds the entries of the next block of the text; they are of the same kind.
    ///
    /// `left` is how many bytes of text there are behind it, 0 where nobody knows: if there is no
    /// room for the entries, it is made for about all that are to come.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the block's first line that is no entry.
    pub(crate) fn append(&mut self, entries: &Entries, left: u64) -> Result<(), EntryError> {
        if let Some(fault) = &entries.fault {
            return Err(EntryError { line: self.len() as u64 + fault.line, ..fault.clone() });
        }
        if left > 0 && self.offsets.capacity() - self.offsets.len() < entries.len() {
            let (more, text_len) = entries.forecast(left);
            let _ = self.offsets.try_reserve_exact(more); // a guess: it need not come true
            self.keys.reserve(more, text_len);
        }
        let follows = match (self.offsets.last(), entries.offsets.first()) {
            (Some(last), Some(offset)) => last < offset,
            _ => true,
        };
        self.is_ascending &= follows && entries.has_ascending_offsets;
        self.offsets.extend_from_slice(&entries.offsets);
        self.keys.append(entries);
        Ok(())
    }

    /// Returns how many entries there are so far: the ordinal of the next one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Returns whether there is no entry yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// Makes the index.
    #[must_use]
    pub fn finish(self) -> Index {
        let Self { mut keys, mut offsets, is_ascending } = self;
        offsets.shrink_to_fit();
        keys.shrink_to_fit();
        let sorted_offsets = (!is_ascending).then(|| {
            let mut sorted = offsets.clone();
            sorted.sort_unstable();
            sorted
        });
        Index { lookup: keys.lookup(), keys, offsets, sorted_offsets }
    }
}

impl Index {
    /// Parses the text of an `.idx` file from a stream; [`Workers`] are faster where it can be read
    /// at offsets.
    ///
    /// White space around a line, a missing line feed at the end and columns after the second are
    /// passed over, as `MXNet` does. Memory is bounded by the entries, not by the text.
    ///
    /// # Errors
    ///
    /// - [`Error::Index`] names the first line that is not `key`, tab, `offset`.
    /// - [`Error::Io`] where `source` fails.
    ///
    /// [`Workers`]: crate::io::Workers
    pub fn parse(mut source: impl BufRead, kind: KeyKind) -> Result<Self, Error> {
        let (mut builder, mut entries) = (IndexBuilder::new(kind), Entries::new(kind));
        let (mut buffer, mut filled) = (vec![0; BUFFER_LEN], 0);
        loop {
            let count = match source.read(&mut buffer[filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            };
            let read = filled..filled + count;
            filled = read.end;
            let line_feed = buffer[read].iter().rposition(|byte| *byte == b'\n');
            let end = match line_feed {
                Some(place) => filled - count + place + 1,
                // At the end, and where a line will be too long, no line feed is waited for.
                None if count == 0 || filled > MAX_LINE_LEN => filled,
                None => continue,
            };
            entries.parse(&buffer[..end]);
            builder.append(&entries, 0)?;
            if count == 0 {
                return Ok(builder.finish());
            }
            buffer.copy_within(end..filled, 0);
            filled -= end;
        }
    }

    /// Makes the index of records at these offsets, which ascend, with the ordinals for keys.
    pub(crate) fn of_records(mut offsets: Vec<u64>) -> Self {
        offsets.shrink_to_fit();
        let keys = Keys::Consecutive { first: 0, len: offsets.len() };
        Self { keys, offsets, lookup: None, sorted_offsets: None }
    }

    /// Returns the number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Returns whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// Returns the kind of the keys.
    #[must_use]
    pub fn key_kind(&self) -> KeyKind {
        self.keys.kind()
    }

    /// Returns the key of a record.
    #[must_use]
    pub fn key(&self, ordinal: usize) -> Option<Key<'_>> {
        self.keys.get(ordinal)
    }

    /// Returns the offset of a record in bytes.
    #[must_use]
    pub fn offset(&self, ordinal: usize) -> Option<u64> {
        self.offsets.get(ordinal).copied()
    }

    /// Returns all offsets in the order of the index.
    #[must_use]
    pub fn offsets(&self) -> &[u64] {
        &self.offsets
    }

    /// Returns all offsets, ascending.
    pub(crate) fn ascending_offsets(&self) -> &[u64] {
        self.sorted_offsets.as_ref().unwrap_or(&self.offsets)
    }

    /// Returns the ordinal of the last entry with this key.
    #[must_use]
    pub fn find(&self, key: Key<'_>) -> Option<usize> {
        self.keys.find(key, self.lookup.as_ref())
    }

    /// Returns the smallest offset in the index above `offset`: where a record there ends at the
    /// latest, unless it is the last.
    #[must_use]
    pub fn next_offset(&self, offset: u64) -> Option<u64> {
        let sorted = self.ascending_offsets();
        sorted.get(sorted.partition_point(|other| *other <= offset)).copied()
    }

    /// Returns the extent of a record: how many bytes its fragments take, if the index lists every
    /// record; `None` for the last.
    #[must_use]
    pub fn extent(&self, ordinal: usize) -> Option<u64> {
        let offset = self.offset(ordinal)?;
        let next = match self.sorted_offsets {
            None => self.offset(ordinal.checked_add(1)?),
            Some(_) => self.next_offset(offset),
        };
        next.map(|next| next - offset)
    }

    /// Writes the index as the text of an `.idx` file.
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidKey`] where a key cannot stand in the text.
    /// - [`Error::Io`] where `sink` fails.
    pub fn write(&self, mut sink: impl io::Write) -> Result<(), Error> {
        let mut line = Vec::new();
        for (ordinal, offset) in self.offsets.iter().enumerate() {
            line.clear();
            if let Some(key) = self.key(ordinal) {
                append_entry(&mut line, key, *offset)?;
            }
            sink.write_all(&line)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Index, Error> {
        Index::parse(text.as_bytes(), KeyKind::Integer)
    }

    #[test]
    fn finds_consecutive_ascending_permuted_and_sparse_keys() {
        let cases: [&[i64]; 6] = [
            &[5, 6, 7, 8],
            &[-3, 0, 9, 100],
            &[3, 1, 0, 2],
            &[i64::MAX, i64::MIN, 0],
            &[0, 1, 1_000_000_000_000, 2],
            &[],
        ];
        for keys in cases {
            let mut builder = IndexBuilder::new(KeyKind::Integer);
            for (key, offset) in keys.iter().zip((0..).step_by(8)) {
                builder.push(Key::Integer(*key), offset);
            }
            let index = builder.finish();
            for (ordinal, key) in keys.iter().enumerate() {
                assert_eq!(index.find(Key::Integer(*key)), Some(ordinal), "{keys:?}");
                assert_eq!(index.key(ordinal), Some(Key::Integer(*key)), "{keys:?}");
            }
            assert_eq!(index.find(Key::Integer(77)), None);
            assert_eq!(index.find(Key::Text("5")), None);
        }
    }

    #[test]
    fn the_last_of_duplicate_keys_counts() {
        let index = parse("4\t0\n4\t16\n3\t32\n4\t48\n").unwrap();
        assert_eq!(index.find(Key::Integer(4)), Some(3));
        let text = Index::parse(&b"a\t0\nb\t8\na\t16\n"[..], KeyKind::Text).unwrap();
        assert_eq!(text.find(Key::Text("a")), Some(2));
        assert_eq!(text.find(Key::Text("b")), Some(1));
        assert_eq!(text.find(Key::Text("c")), None);
    }

    #[test]
    fn extents_come_from_sorted_offsets() {
        let index = parse("0\t40\n1\t0\n2\t16\n").unwrap();
        assert_eq!([0, 1, 2].map(|ordinal| index.extent(ordinal)), [None, Some(16), Some(24)]);
        let index = parse("0\t0\n1\t16\n2\t40\n").unwrap();
        assert_eq!([0, 1, 2].map(|ordinal| index.extent(ordinal)), [Some(16), Some(24), None]);
    }

    #[test]
    fn the_text_round_trips() {
        for text in ["", "0\t0\n1\t16\n", "7\t0\n-5\t16\n7\t40\n"] {
            let mut written = Vec::new();
            parse(text).unwrap().write(&mut written).unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), text);
        }
    }
}

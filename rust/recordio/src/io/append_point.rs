//! Where records and their index can be written on, and what has to go before that.

use std::io::{self, Write};

use super::{ReadAt, ReadAtCursor, Tail};
use crate::{
    Error,
    idx::{Key, Listing, append_entry},
};

/// How much text is given to a sink at once, in bytes.
const TEXT_LEN: usize = 64 * 1024;

/// Where the next record and the next entry belong in files that a writer has left, whatever it was
/// doing when it came to its end.
///
/// Nothing is changed by making one. Whoever writes on first does to the index what its
/// [`IndexPoint`] says, and then gives the file of the records the length [`Tail::end`].
///
/// # Examples
///
/// ```
/// use recordio::{
///     idx::Key,
///     io::{AppendPoint, IndexedWriter, Writer},
/// };
///
/// // A record, its entry, and a part of another record.
/// let mut file = vec![
///     0x0a, 0x23, 0xd7, 0xce, // magic
///     0x02, 0x00, 0x00, 0x00, // flag = 0 (full), length = 2
///     b'h', b'i', 0x00, 0x00, // payload, pad
///     0x0a, 0x23, 0xd7, 0xce, // magic
/// ];
/// let mut text = b"7\t0\n".to_vec();
///
/// let point = AppendPoint::find(&file, Some(&text), || Ok(()))?;
/// let index = point.index.expect("there is an index");
/// text.truncate(index.len() as usize);
/// index.write_rest(&mut text)?;
/// file.resize(point.tail.end() as usize, 0);
///
/// let records = Writer::at_offset(&mut file, point.tail.end());
/// let mut writer = IndexedWriter::new(records, &mut text);
/// writer.write_record(Key::Integer(index.next_key()), b"hello")?;
/// drop(writer);
/// assert_eq!((file.len(), text.as_slice()), (28, &b"7\t0\n8\t12\n"[..]));
/// # Ok::<(), recordio::Error>(())
/// ```
#[derive(Debug)]
pub struct AppendPoint {
    /// The end of the records.
    pub tail: Tail,
    /// The end of the index, if there is one.
    pub index: Option<IndexPoint>,
}

/// Where the next entry belongs, and what has to stand before it.
#[derive(Debug)]
pub struct IndexPoint {
    len: u64,
    text_len: u64,
    removed: u64,
    first_key: i64,
    /// Entries behind the first one lost that stay, and what ends the last line.
    kept: Vec<u8>,
    /// The offsets of the records at the end that the index lacks.
    missing: Vec<u64>,
}

impl AppendPoint {
    /// Finds where to write on in a file of records, and in its index.
    ///
    /// `pause` is called now and then; an error from it ends the work.
    ///
    /// # Errors
    ///
    /// - [`Error::Index`] where a line of the index, not one that breaks off, is no entry.
    /// - [`Error::NoRecordAt`] where all that the index lists lies behind the records: it is that of
    ///   another file. No writer leaves that, MXNet neither: a record has more bytes than its entry,
    ///   and its buffer for records is not the larger one.
    /// - Those of [`Tail::find`].
    /// - [`Error::IndexIo`] where `index` fails.
    pub fn find<S: ReadAt + ?Sized, X: ReadAt + ?Sized>(
        records: &S,
        index: Option<&X>,
        mut pause: impl FnMut() -> io::Result<()>,
    ) -> Result<Self, Error> {
        let Some(index) = index else {
            return Ok(Self { tail: Tail::find(records, &[], pause)?, index: None });
        };
        let listing = Listing::parse(ReadAtCursor::new(index, 0), &mut pause)?;
        let mut tail = Tail::find(records, &listing.offsets, &mut pause)?;
        if let Some(offset) = listing.first_offset().filter(|offset| *offset >= tail.end()) {
            return Err(Error::NoRecordAt { offset });
        }
        let point = IndexPoint::find(index, listing, &mut tail, pause)?;
        Ok(Self { tail, index: Some(point) })
    }
}

impl IndexPoint {
    fn find<X: ReadAt + ?Sized>(
        index: &X,
        mut listing: Listing,
        tail: &mut Tail,
        pause: impl FnMut() -> io::Result<()>,
    ) -> Result<Self, Error> {
        let torn = listing.torn;
        let torn_offset = torn.and_then(|torn| torn.entry).map(|(_, offset)| offset);
        let is_whole = torn_offset
            .is_some_and(|offset| !listing.offsets.contains(&offset) && tail.list_torn(offset));
        let torn_line = match torn {
            Some(torn) if is_whole => line_at(index, listing.len, torn.len)?,
            _ => Vec::new(),
        };
        let torn_len = torn.map_or(0, |torn| torn.len);
        let mut point = Self {
            len: listing.len,
            text_len: listing.len + torn_len,
            removed: u64::from(torn.is_some() && !is_whole),
            first_key: 0,
            kept: Vec::new(),
            missing: tail.unlisted().to_vec(),
        };
        if listing.offsets.iter().any(|offset| *offset >= tail.end()) {
            let count = listing.offsets.len();
            listing = point.leave_out_from(tail.end(), index, pause)?;
            listing.torn = torn;
            point.removed += (count - listing.offsets.len()) as u64;
        }
        if is_whole {
            point.keep_last(&torn_line);
            listing.take_torn();
        }
        let count = i64::try_from(listing.offsets.len()).unwrap_or(i64::MAX);
        point.first_key = listing.next_key.max(count);
        Ok(point)
    }

    /// Leaves out the entries of what is at or behind `end`, and returns what is left.
    fn leave_out_from<X: ReadAt + ?Sized>(
        &mut self,
        end: u64,
        index: &X,
        pause: impl FnMut() -> io::Result<()>,
    ) -> Result<Listing, Error> {
        self.len = 0;
        let mut has_lost = false;
        let text = ReadAtCursor::new(index, 0);
        Listing::parse_some(text, pause, |line, offset| {
            let is_lost = offset >= end;
            has_lost |= is_lost;
            if !has_lost {
                self.len += line.len() as u64;
            } else if !is_lost {
                self.kept.extend_from_slice(line);
            }
            !is_lost
        })
    }

    /// Keeps the last line, which no line feed ends.
    fn keep_last(&mut self, line: &[u8]) {
        if self.len + line.len() as u64 == self.text_len {
            self.len = self.text_len;
        } else {
            self.kept.extend_from_slice(line);
        }
        self.kept.push(b'\n');
    }

    /// Returns how many bytes of the text stay where they are; the rest goes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Returns whether nothing of the text stays where it is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns how long the text is.
    #[must_use]
    pub fn text_len(&self) -> u64 {
        self.text_len
    }

    /// Returns whether entries stay that stand behind some that go: to cut the text is not enough.
    #[must_use]
    pub fn has_gaps(&self) -> bool {
        self.len < self.text_len && !self.kept.is_empty()
    }

    /// Returns how many entries go: the record is gone, or the line breaks off.
    #[must_use]
    pub fn removed(&self) -> u64 {
        self.removed
    }

    /// Returns how many records at the end the index lacks.
    #[must_use]
    pub fn added(&self) -> u64 {
        self.missing.len() as u64
    }

    /// Returns the key by default of the next record to be written: the number of entries, or the
    /// integer behind the largest one that is a key.
    #[must_use]
    pub fn next_key(&self) -> i64 {
        self.key_behind(self.missing.len())
    }

    fn key_behind(&self, count: usize) -> i64 {
        self.first_key.saturating_add(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// Writes the text that has to stand behind the part that stays where it is: entries that stay,
    /// and those of the records that the index lacks, with keys by default.
    ///
    /// # Errors
    ///
    /// Returns [`Error::IndexIo`] where `sink` fails.
    pub fn write_rest(&self, mut sink: impl Write) -> Result<(), Error> {
        let mut text = self.kept.clone();
        for (place, offset) in self.missing.iter().enumerate() {
            append_entry(&mut text, Key::Integer(self.key_behind(place)), *offset)?;
            if text.len() >= TEXT_LEN {
                sink.write_all(&text).map_err(Error::IndexIo)?;
                text.clear();
            }
        }
        sink.write_all(&text).map_err(Error::IndexIo)
    }
}

fn line_at<X: ReadAt + ?Sized>(index: &X, offset: u64, len: u64) -> Result<Vec<u8>, Error> {
    // No longer than a line may be, or it would be no entry.
    let mut line = vec![0; usize::try_from(len).unwrap_or_default()];
    let filled = index.read_full_at(&mut line, offset).map_err(Error::IndexIo)?;
    line.truncate(filled);
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Writer;

    /// What goes on in two files, and what is said of it.
    #[derive(Debug, Eq, PartialEq)]
    struct Outcome {
        end: u64,
        index: String,
        removed: u64,
        added: u64,
        next_key: i64,
    }

    /// Writes records of these lengths, and says what is to be done with an index of this text.
    fn point_of(file: &[u8], text: &str) -> Outcome {
        let text = text.as_bytes().to_vec();
        let point = AppendPoint::find(file, Some(&text), || Ok(())).unwrap();
        let index = point.index.unwrap();
        assert_eq!(index.text_len(), text.len() as u64);
        let mut rest = Vec::new();
        index.write_rest(&mut rest).unwrap();
        let kept = &text[..usize::try_from(index.len()).unwrap()];
        Outcome {
            end: point.tail.end(),
            index: String::from_utf8([kept, &rest].concat()).unwrap(),
            removed: index.removed(),
            added: index.added(),
            next_key: index.next_key(),
        }
    }

    fn outcome(end: u64, index: &str, removed: u64, added: u64, next_key: i64) -> Outcome {
        Outcome { end, index: index.to_owned(), removed, added, next_key }
    }

    /// A file of records at 0, 16, 32, 48 and so on.
    fn file(count: usize) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new());
        for _ in 0..count {
            writer.write_record(b"eight by").unwrap();
        }
        writer.into_inner().unwrap()
    }

    #[test]
    fn an_index_in_step_stays_as_it_is() {
        let text = "7\t0\ncat\t16\n-3\t32\n";
        assert_eq!(point_of(&file(3), text), outcome(48, text, 0, 0, 8));
        assert_eq!(point_of(&[], ""), outcome(0, "", 0, 0, 0));
    }

    #[test]
    fn records_that_the_index_lacks_at_its_end_get_entries() {
        let text = "0\t0\n1\t16\n2\t32\n";
        assert_eq!(point_of(&file(3), "0\t0\n"), outcome(48, text, 0, 2, 3));
        assert_eq!(point_of(&file(3), ""), outcome(48, text, 0, 3, 3));
        // One that was left out on purpose stays so.
        let text = "5\t0\n6\t32\n7\t48\n";
        assert_eq!(point_of(&file(4), "5\t0\n6\t32\n"), outcome(64, text, 0, 1, 8));
    }

    #[test]
    fn entries_of_records_that_are_gone_go_wherever_they_stand() {
        let text = "0\t0\n1\t16\n9\t32\n3\t48\n";
        let expected = outcome(32, "0\t0\n1\t16\n", 2, 0, 2);
        assert_eq!(point_of(&file(3)[..44], text), expected);
        let text = "a\t16\nb\t32\nc\t0\n";
        assert_eq!(point_of(&file(2), text), outcome(32, "a\t16\nc\t0\n", 1, 0, 2));
    }

    #[test]
    fn an_index_of_no_record_that_is_there_is_that_of_another_file() {
        let torn = &file(1)[..12];
        for (records, text, first) in [
            (&[][..], "a\t16\nb\t32\nc\t0\n", 0),
            (&[], "7\t0", 0),
            (torn, "0\t0\n1\t16\n", 0),
            (&file(2), "0\t64\n1\t48\n", 48),
        ] {
            let text = text.as_bytes().to_vec();
            let error = AppendPoint::find(records, Some(&text), || Ok(())).unwrap_err();
            assert!(matches!(error, Error::NoRecordAt { offset } if offset == first));
        }
    }

    #[test]
    fn a_line_that_breaks_off_goes_unless_it_can_only_be_whole() {
        let cases = [
            ("0\t0\n1\t16\n2", "0\t0\n1\t16\n2\t32\n", 1, 1),
            ("0\t0\n1\t16\n7\t3", "0\t0\n1\t16\n2\t32\n", 1, 1),
            ("0\t0\n1\t16\n7\t1", "0\t0\n1\t16\n2\t32\n", 1, 1),
            ("0\t0\n1\t16\n7\t16", "0\t0\n1\t16\n2\t32\n", 1, 1),
            ("0\t0\n1\t16\n7\t32", "0\t0\n1\t16\n7\t32\n", 0, 0),
            ("0\t0\n1\t32\n7\t16", "0\t0\n1\t32\n7\t16\n", 0, 0),
            ("5\t0", "5\t0\n6\t16\n7\t32\n", 0, 2),
        ];
        for (text, index, removed, added) in cases {
            let found = point_of(&file(3), text);
            assert_eq!((found.index.as_str(), found.removed, found.added), (index, removed, added));
        }
        // Of two records the line may be about either: at 16 and at 160.
        let found = point_of(&file(11), "0\t0\n7\t16");
        assert_eq!((found.removed, found.added), (1, 10));
        // What is before it goes, and it stays.
        let found = point_of(&file(2), "0\t0\n9\t32\n7\t16");
        assert_eq!(found, outcome(32, "0\t0\n7\t16\n", 1, 0, 8));
    }

    #[test]
    fn keys_end_where_integers_do() {
        let text = "9223372036854775807\t0\n";
        let found = point_of(&file(2), text);
        assert_eq!(found.index, format!("{text}9223372036854775807\t16\n"));
        assert_eq!(found.next_key, i64::MAX);
    }
}

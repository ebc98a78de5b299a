//! What the text of an index lists, for who writes on behind it: also a text that a crash has torn.

use std::io::{self, Read};

use super::{
    Key, KeyKind, MAX_LINE_LEN,
    text::{EntryError, parse_integer_key, parse_line, split_line},
};
use crate::Error;

/// How much text is looked at between two pauses, in bytes.
const BLOCK_LEN: usize = 4 * MAX_LINE_LEN;

/// The lines of an index that end in a line feed, and the one that does not.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The offsets of the lines that end, in their order.
    pub(crate) offsets: Vec<u64>,
    /// How many bytes those lines have.
    pub(crate) len: u64,
    /// The integer behind the largest key that is one.
    pub(crate) next_key: i64,
    /// The last line, if no line feed ends it.
    pub(crate) torn: Option<TornLine>,
}

/// A last line without a line feed: whole if somebody left that out, or else of unknown length.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TornLine {
    /// How many bytes it has.
    pub(crate) len: u64,
    /// Key, if it is an integer, and offset, if it can be read as an entry.
    pub(crate) entry: Option<(Option<i64>, u64)>,
}

impl Listing {
    /// Reads the text of an index; `pause` is called now and then, and an error from it ends that.
    ///
    /// # Errors
    ///
    /// - [`Error::Index`] names the first line that is no entry and ends in a line feed.
    /// - [`Error::IndexIo`] where `source` fails, or `pause`.
    pub(crate) fn parse(
        source: impl Read,
        pause: impl FnMut() -> io::Result<()>,
    ) -> Result<Self, Error> {
        Self::parse_some(source, pause, |_, _| true)
    }

    /// Reads as [`Listing::parse`], and takes only the lines with offsets that `takes` says so of.
    pub(crate) fn parse_some(
        mut source: impl Read,
        mut pause: impl FnMut() -> io::Result<()>,
        mut takes: impl FnMut(&[u8], u64) -> bool,
    ) -> Result<Self, Error> {
        let (mut listing, mut number) = (Self::default(), 0);
        let (mut buffer, mut filled) = (vec![0; BLOCK_LEN], 0);
        loop {
            let count = match source.read(&mut buffer[filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result.map_err(Error::IndexIo)?,
            };
            filled += count;
            let mut lines = &buffer[..filled];
            loop {
                let (line, rest) = split_line(lines);
                if line.last() != Some(&b'\n') {
                    break;
                }
                number += 1;
                let (key, offset) = parse_line(line, number, KeyKind::Text)?;
                if takes(line, offset) {
                    listing.take(key, line.len(), offset);
                }
                lines = rest;
            }
            pause().map_err(Error::IndexIo)?;
            if count == 0 || lines.len() > MAX_LINE_LEN {
                listing.torn = torn_line(lines, number + 1, &mut source)?;
                return Ok(listing);
            }
            let begin = filled - lines.len();
            buffer.copy_within(begin..filled, 0);
            filled -= begin;
        }
    }

    fn take(&mut self, key: Key<'_>, line_len: usize, offset: u64) {
        self.offsets.push(offset);
        self.len += line_len as u64;
        self.next_key = self.next_key.max(key_behind(integer_of(key)));
    }

    /// Returns the smallest offset; that of a last line that may not be whole if there is no other.
    pub(crate) fn first_offset(&self) -> Option<u64> {
        let torn = || self.torn.and_then(|torn| torn.entry).map(|(_, offset)| offset);
        self.offsets.iter().min().copied().or_else(torn)
    }

    /// Takes the last line for a whole one after all, and returns whether it was one.
    pub(crate) fn take_torn(&mut self) -> bool {
        let Some(TornLine { len, entry: Some((key, offset)) }) = self.torn else { return false };
        self.offsets.push(offset);
        self.len += len;
        self.next_key = self.next_key.max(key_behind(key));
        self.torn = None;
        true
    }
}

fn key_behind(key: Option<i64>) -> i64 {
    key.map_or(0, |key| key.saturating_add(1))
}

fn integer_of(key: Key<'_>) -> Option<i64> {
    match key {
        Key::Integer(key) => Some(key),
        Key::Text(key) => parse_integer_key(key),
    }
}

/// Looks at what stands behind the last line feed. The zeros that a crash may leave at the end of a
/// file belong to it; any other text as long as that is no line.
fn torn_line(line: &[u8], number: u64, mut source: impl Read) -> Result<Option<TornLine>, Error> {
    if line.is_empty() {
        return Ok(None);
    }
    let zeros_begin = line.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if zeros_begin <= MAX_LINE_LEN
        && line.len() > MAX_LINE_LEN
        && let Some(more) = count_zeros(&mut source).map_err(Error::IndexIo)?
    {
        return Ok(Some(TornLine { len: line.len() as u64 + more, entry: None }));
    }
    let entry = match parse_line(line, number, KeyKind::Text) {
        Ok((key, offset)) => Some((integer_of(key), offset)),
        Err(error @ EntryError { fault: super::EntryFault::TooLong, .. }) => {
            return Err(error.into());
        }
        // A file without a single line may be no index at all.
        Err(error) if number == 1 && !is_plain_beginning(&line[..zeros_begin]) => {
            return Err(error.into());
        }
        Err(_) => None,
    };
    Ok(Some(TornLine { len: line.len() as u64, entry }))
}

/// Returns whether the entry of a record with an integer key may begin so.
fn is_plain_beginning(line: &[u8]) -> bool {
    line.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'\t'))
}

/// Returns how many bytes there are up to the end, if all of them are zeros.
fn count_zeros(source: &mut impl Read) -> io::Result<Option<u64>> {
    let (mut buffer, mut len) = (vec![0; BLOCK_LEN], 0);
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(Some(len)),
            Ok(count) if buffer[..count].iter().any(|byte| *byte != 0) => return Ok(None),
            Ok(count) => len += count as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &[u8]) -> Result<Listing, Error> {
        Listing::parse(text, || Ok(()))
    }

    #[test]
    fn lines_that_end_are_listed_and_the_largest_integer_counts() {
        let listing = parse(b"7\t0\ncat\t16\n-5\t32\n99999999999999999999\t48\n").unwrap();
        assert_eq!((listing.offsets, listing.len, listing.next_key), (vec![0, 16, 32, 48], 41, 8));
        assert_eq!(listing.torn, None);
        assert_eq!(parse(b"").unwrap().next_key, 0);
        assert_eq!(parse(b"-5\t0\n").unwrap().next_key, 0);
        assert_eq!(parse(b"9223372036854775807\t0\n").unwrap().next_key, i64::MAX);
    }

    #[test]
    fn what_no_line_feed_ends_is_set_apart() {
        for (rest, entry) in [
            (&b"7\t16"[..], Some((Some(7), 16))),
            (b"cat\t1", Some((None, 1))),
            (b"7\t", None),
            (b"7", None),
            (b"\0\0\0", None),
            (b"7\t1\0\0", None),
            (b"\xff", None),
        ] {
            let mut listing = parse(&[b"0\t0\n", rest].concat()).unwrap();
            assert_eq!((listing.offsets.as_slice(), listing.len), (&[0][..], 4));
            assert_eq!(listing.torn, Some(TornLine { len: rest.len() as u64, entry }));
            assert_eq!(listing.take_torn(), entry.is_some());
        }
    }

    #[test]
    fn zeros_of_any_number_are_torn_off_and_other_text_is_not() {
        for count in [1, 70_000, 1_000_000] {
            let text = [b"0\t0\n1\t1", vec![0; count].as_slice()].concat();
            let torn = parse(&text).unwrap().torn.unwrap();
            assert_eq!(torn, TornLine { len: count as u64 + 3, entry: None });
        }
        for text in [vec![b'7'; 70_000], [vec![0; 300_000], b"7".to_vec()].concat()] {
            assert!(matches!(parse(&text), Err(Error::Index(_))));
        }
    }

    #[test]
    fn a_bad_line_with_an_end_is_an_error() {
        let error = parse(b"0\t0\nbad\n1\t16\n").unwrap_err();
        assert!(matches!(error, Error::Index(EntryError { line: 2, .. })));
    }

    #[test]
    fn a_text_that_is_no_index_is_an_error() {
        for text in [&b"precious"[..], b"\x89PNG", b"cat", b"a\tb"] {
            assert!(matches!(parse(text), Err(Error::Index(EntryError { line: 1, .. }))));
        }
        for text in [&b"1"[..], b"-3\t", b"12\0\0", b"\0"] {
            assert_eq!(parse(text).unwrap().torn.unwrap().entry, None);
        }
    }
}

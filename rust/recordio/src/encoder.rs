//! Records to fragments, without any I/O.
//!
//! A payload is cut wherever the magic stands at a multiple of four bytes from its start; the
//! magic itself is left out and put back by the reader (dmlc-core `recordio.cc`, `WriteRecord`).
//! So no aligned word of a file but the head of a fragment is ever the magic, and a reader that
//! has lost its way can find the next record.

use crate::{
    Error,
    fragment::{ALIGNMENT, FragmentHeader, FragmentKind, MAGIC, MAX_RECORD_LEN},
};

/// Splits a record into fragments.
///
/// # Errors
///
/// Returns [`Error::RecordTooLarge`] where `record` is longer than [`MAX_RECORD_LEN`].
///
/// # Examples
///
/// ```
/// use recordio::{encoder, fragment::FragmentKind};
///
/// let mut fragments = encoder::split(b"abcd\x0a\x23\xd7\xcexyz")?;
/// let (header, payload) = fragments.next().unwrap();
/// assert_eq!((header.kind(), payload), (FragmentKind::First, &b"abcd"[..]));
/// let (header, payload) = fragments.next().unwrap();
/// assert_eq!((header.kind(), payload), (FragmentKind::Last, &b"xyz"[..]));
/// assert!(fragments.next().is_none());
/// # Ok::<(), recordio::Error>(())
/// ```
pub fn split(record: &[u8]) -> Result<Fragments<'_>, Error> {
    if record.len() > MAX_RECORD_LEN {
        return Err(Error::RecordTooLarge { len: record.len() });
    }
    Ok(Fragments { rest: Some(record), is_first: true })
}

/// The fragments of one record, as pairs of header and payload; made by [`split`].
#[derive(Clone, Debug)]
pub struct Fragments<'r> {
    /// What is not yet handed out; `None` once the last fragment was.
    rest: Option<&'r [u8]>,
    is_first: bool,
}

impl<'r> Iterator for Fragments<'r> {
    type Item = (FragmentHeader, &'r [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest?;
        // Cuts are at multiples of four and the magic has four bytes, so the rest of an aligned
        // payload is aligned again.
        let (payload, rest) = match find_aligned_magic(rest) {
            Some(at) => (&rest[..at], Some(&rest[at + MAGIC.len()..])),
            None => (rest, None),
        };
        let kind = match (self.is_first, rest.is_none()) {
            (true, true) => FragmentKind::Full,
            (true, false) => FragmentKind::First,
            (false, false) => FragmentKind::Middle,
            (false, true) => FragmentKind::Last,
        };
        (self.rest, self.is_first) = (rest, false);
        // Never `None`: no part of a record is longer than the record, whose length was checked.
        FragmentHeader::new(kind, payload.len()).map(|header| (header, payload))
    }
}

/// Returns the first multiple of four at which `bytes` holds the magic.
pub(crate) fn find_aligned_magic(bytes: &[u8]) -> Option<usize> {
    // Looking at a block at a time without an early exit lets the compiler use vector registers.
    const BLOCK_LEN: usize = 32 * ALIGNMENT;
    let is_magic = |word: &[u8]| word == MAGIC;
    let mut blocks = bytes.chunks(BLOCK_LEN).enumerate();
    blocks.find_map(|(block_number, block)| {
        let words = block.chunks_exact(ALIGNMENT);
        if !words.clone().fold(false, |hit, word| hit | is_magic(word)) {
            return None;
        }
        let word_number = words.clone().position(is_magic)?;
        Some(block_number * BLOCK_LEN + word_number * ALIGNMENT)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(record: &[u8]) -> Vec<(u8, Vec<u8>)> {
        split(record).unwrap().map(|(header, part)| (header.kind().flag(), part.to_vec())).collect()
    }

    #[test]
    fn a_plain_payload_is_one_fragment() {
        assert_eq!(encode(b""), [(0, vec![])]);
        assert_eq!(encode(b"abc"), [(0, b"abc".to_vec())]);
    }

    #[test]
    fn an_unaligned_magic_is_left_alone() {
        let record = [b"ab", &MAGIC[..]].concat();
        assert_eq!(encode(&record), [(0, record)]);
    }

    #[test]
    fn each_aligned_magic_is_a_cut() {
        assert_eq!(encode(&MAGIC), [(1, vec![]), (3, vec![])]);
        assert_eq!(encode(&[MAGIC, MAGIC].concat()), [(1, vec![]), (2, vec![]), (3, vec![])]);
    }

    #[test]
    fn finds_the_magic_at_any_word_of_any_block() {
        for words in 0..100 {
            let mut bytes = vec![0; words * 4];
            assert_eq!(find_aligned_magic(&bytes), None);
            bytes.extend_from_slice(&MAGIC);
            bytes.extend_from_slice(b"xy");
            assert_eq!(find_aligned_magic(&bytes), Some(words * 4));
        }
    }

    #[test]
    fn a_record_of_2_to_the_29_bytes_is_refused() {
        let record = vec![0; MAX_RECORD_LEN + 1];
        assert!(matches!(split(&record), Err(Error::RecordTooLarge { len }) if len == 1 << 29));
        assert!(split(&record[1..]).is_ok());
    }
}

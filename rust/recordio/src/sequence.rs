//! Which fragment may follow which; every reader goes through this.

use crate::{
    Error, FormatError, Part,
    fragment::{FragmentHeader, HEADER_LEN, MAGIC, MAX_RECORD_LEN},
};

/// Checks that fragments follow each other as the format says, and keeps count.
///
/// ```text
///            Full, Last
///           +----------+
///           v          |
///  (between records) --+-- First --> (inside a record) --+ Middle
///                                            ^-----------+
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Sequence {
    /// Where the next fragment begins.
    offset: u64,
    /// Where the current record begins, or the next one between records.
    record_offset: u64,
    /// How many records come before the current one, if counted from the file's start.
    ordinal: Option<u64>,
    in_record: bool,
    /// How long the current record is so far.
    len: usize,
}

impl Sequence {
    /// Creates a sequence whose next fragment begins a record at `offset` bytes.
    ///
    /// `ordinal` is the count of the records before it, where that is known.
    #[must_use]
    pub const fn new(offset: u64, ordinal: Option<u64>) -> Self {
        Self { offset, record_offset: offset, ordinal, in_record: false, len: 0 }
    }

    /// Returns the offset of the current record, or of the next one between records.
    #[must_use]
    pub const fn record_offset(&self) -> u64 {
        self.record_offset
    }

    /// Returns the offset of the next fragment.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns how many records come before the current one, where that is known.
    #[must_use]
    pub const fn ordinal(&self) -> Option<u64> {
        self.ordinal
    }

    /// Returns whether a record has begun and not ended.
    #[must_use]
    pub const fn in_record(&self) -> bool {
        self.in_record
    }

    /// Parses the header of the next fragment and checks that it may stand here.
    ///
    /// Does not move on: [`Sequence::accept`] does, once the caller has the fragment.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Format`] where the header is invalid or out of sequence.
    pub fn check(&self, bytes: [u8; HEADER_LEN]) -> Result<FragmentHeader, Error> {
        self.header_of(bytes).map_err(|source| self.error(source))
    }

    /// Does what [`Sequence::check`] does, and says no more than what is wrong.
    pub(crate) fn header_of(&self, bytes: [u8; HEADER_LEN]) -> Result<FragmentHeader, FormatError> {
        let header = FragmentHeader::parse(bytes)?;
        let found = header.kind();
        match (self.in_record, found.begins_record()) {
            (false, false) => Err(FormatError::ContinuationWithoutFirst { found }),
            (true, true) => Err(FormatError::RecordWithoutLast { found }),
            _ if self.len_with(header) > MAX_RECORD_LEN => {
                Err(FormatError::RecordTooLong { found: self.len_with(header) as u64 })
            }
            _ => Ok(header),
        }
    }

    /// Moves on behind a fragment that was checked.
    pub fn accept(&mut self, header: FragmentHeader) {
        // Below 2^64: 2^29 at most is added to the offset of bytes that were really there.
        self.offset = self.offset.saturating_add((HEADER_LEN + header.padded_len()) as u64);
        self.len = self.len_with(header);
        self.in_record = !header.kind().ends_record();
        if !self.in_record {
            self.len = 0;
            self.record_offset = self.offset;
            self.ordinal = self.ordinal.map(|ordinal| ordinal.saturating_add(1));
        }
    }

    /// Returns the length of the current record with one more fragment, and the magic before it.
    const fn len_with(&self, header: FragmentHeader) -> usize {
        // Neither can be above 2^29.
        self.len + header.len() + if self.in_record { MAGIC.len() } else { 0 }
    }

    /// Returns the error for an input that ends after `found` bytes of the next header, or `None`
    /// where it may end there.
    #[must_use]
    pub fn truncation_at_header(&self, found: usize) -> Option<Error> {
        (found > 0 || self.in_record).then(|| self.error(self.cut_at_header(found)))
    }

    /// Returns what is wrong where a header has to stand and the input ends after `found` bytes.
    pub(crate) fn cut_at_header(&self, found: usize) -> FormatError {
        let part = if found == 0 && self.in_record { Part::Continuation } else { Part::Header };
        cut(part, HEADER_LEN, found)
    }

    /// Returns the error for an input that ends after `found` bytes of payload and padding of the
    /// fragment with this header.
    #[must_use]
    pub fn truncation_in(&self, header: FragmentHeader, found: usize) -> Error {
        self.error(cut_in(header, found))
    }

    fn error(&self, source: FormatError) -> Error {
        Error::Format { offset: self.offset, ordinal: self.ordinal, source }
    }
}

/// Returns what is wrong with a fragment of which `found` bytes of payload and padding are there.
pub(crate) fn cut_in(header: FragmentHeader, found: usize) -> FormatError {
    if found < header.len() {
        cut(Part::Payload, header.len(), found)
    } else {
        cut(Part::Padding, header.padding(), found - header.len())
    }
}

fn cut(part: Part, expected: usize, found: usize) -> FormatError {
    FormatError::Truncated { part, expected: expected as u64, found: found as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fragment::FragmentKind;

    #[test]
    fn a_record_longer_than_a_writer_can_make_is_an_error() {
        let half = FragmentHeader::new(FragmentKind::First, MAX_RECORD_LEN / 2 + 1).unwrap();
        let rest = FragmentHeader::new(FragmentKind::Last, MAX_RECORD_LEN / 2).unwrap();
        let mut sequence = Sequence::new(0, Some(0));
        sequence.accept(half);
        let error = sequence.check(rest.to_bytes()).unwrap_err();
        let Error::Format { source: FormatError::RecordTooLong { found }, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(found, MAX_RECORD_LEN as u64 + 4);
    }
}

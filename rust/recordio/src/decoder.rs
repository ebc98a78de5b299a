//! Fragments to records, without any I/O: bytes in, events out.
//!
//! [`Decoder`] takes input in pieces of any size and never copies or allocates; [`Sequence`] tells
//! it which fragment may follow which.

use crate::{
    Error,
    fragment::{FragmentHeader, FragmentKind, HEADER_LEN, MAGIC},
    sequence::Sequence,
};

/// What a [`Decoder`] found in the input.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event<'i> {
    /// The input is used up; call again with what follows, or call [`Decoder::finish`].
    NeedInput,
    /// The next bytes of the current record. A record may come in any number of these, or in none.
    Payload(&'i [u8]),
    /// The current record is complete.
    EndOfRecord,
}

/// Decodes records from input in pieces of any size.
///
/// After an error the decoder stays where it is and gives the same error again.
///
/// # Examples
///
/// ```
/// use recordio::decoder::{Decoder, Event};
///
/// let mut input: &[u8] = &[
///     0x0a, 0x23, 0xd7, 0xce, // magic
///     0x02, 0x00, 0x00, 0x00, // flag = 0 (full), length = 2
///     b'h', b'i', 0x00, 0x00, // payload, padding
/// ];
/// let mut decoder = Decoder::new(0, Some(0));
/// assert_eq!(decoder.decode(&mut input)?, Event::Payload(b"hi"));
/// assert_eq!(decoder.decode(&mut input)?, Event::EndOfRecord);
/// assert_eq!(decoder.decode(&mut input)?, Event::NeedInput);
/// decoder.finish()?;
/// # Ok::<(), recordio::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    sequence: Sequence,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// Collecting the header of the next fragment.
    Header { bytes: [u8; HEADER_LEN], filled: usize },
    /// Inside a fragment, behind `done` bytes of its payload and padding.
    Fragment { header: FragmentHeader, done: usize },
}

const AT_HEADER: State = State::Header { bytes: [0; HEADER_LEN], filled: 0 };

impl Decoder {
    /// Creates a decoder for input that begins with a record at `offset` bytes of the file.
    ///
    /// `ordinal` is the count of the records before it, where that is known; both serve errors.
    #[must_use]
    pub const fn new(offset: u64, ordinal: Option<u64>) -> Self {
        Self { sequence: Sequence::new(offset, ordinal), state: AT_HEADER }
    }

    /// Returns the offset at which the current record begins, or the next one between records.
    #[must_use]
    pub const fn record_offset(&self) -> u64 {
        self.sequence.record_offset()
    }

    /// Returns how many records come before the current one, where that is known.
    #[must_use]
    pub const fn ordinal(&self) -> Option<u64> {
        self.sequence.ordinal()
    }

    /// Decodes the next event, and takes what it used from the front of `input`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Format`] where the input is not RecordIO.
    pub fn decode<'i>(&mut self, input: &mut &'i [u8]) -> Result<Event<'i>, Error> {
        if let State::Header { bytes, filled } = &mut self.state {
            let missing = &mut bytes[*filled..];
            let taken = take(input, missing.len());
            missing[..taken.len()].copy_from_slice(taken);
            *filled += taken.len();
            if *filled < HEADER_LEN {
                return Ok(Event::NeedInput);
            }
            let header = self.sequence.check(*bytes)?;
            self.state = State::Fragment { header, done: 0 };
            // The magic at which the record was split belongs to its payload.
            if self.sequence.in_record() {
                return Ok(Event::Payload(&MAGIC));
            }
        }
        self.decode_fragment(input)
    }

    fn decode_fragment<'i>(&mut self, input: &mut &'i [u8]) -> Result<Event<'i>, Error> {
        let State::Fragment { header, done } = &mut self.state else {
            return Ok(Event::NeedInput);
        };
        if *done < header.len() {
            let payload = take(input, header.len() - *done);
            *done += payload.len();
            return Ok(if payload.is_empty() { Event::NeedInput } else { Event::Payload(payload) });
        }
        *done += take(input, header.padded_len() - *done).len();
        if *done < header.padded_len() {
            return Ok(Event::NeedInput);
        }
        self.sequence.accept(*header);
        self.state = AT_HEADER;
        if self.sequence.in_record() { self.decode(input) } else { Ok(Event::EndOfRecord) }
    }

    /// Decodes a record that lies whole, in one fragment, at the front of `input`.
    ///
    /// This is the short way for the common case: it returns `None` and changes nothing where the
    /// record is split, incomplete or invalid, or has begun already; then [`Decoder::decode`]
    /// tells more.
    pub fn decode_whole<'i>(&mut self, input: &mut &'i [u8]) -> Option<&'i [u8]> {
        if !self.is_between_records() {
            return None;
        }
        let (bytes, rest) = input.split_first_chunk()?;
        let header = FragmentHeader::parse(*bytes).ok()?;
        if header.kind() != FragmentKind::Full {
            return None;
        }
        let payload = rest.get(..header.len())?;
        *input = rest.get(header.padded_len()..)?;
        self.sequence.accept(header);
        Some(payload)
    }

    /// Returns whether the last record is complete and nothing of the next one was seen.
    #[must_use]
    pub const fn is_between_records(&self) -> bool {
        matches!(self.state, State::Header { filled: 0, .. }) && !self.sequence.in_record()
    }

    /// Returns how many bytes of payload the input holds next, before anything else.
    ///
    /// A caller that has no input left may fetch that many, or fewer, straight to where they are
    /// wanted, and then call [`Decoder::advance`].
    #[must_use]
    pub fn payload_remaining(&self) -> usize {
        match &self.state {
            State::Header { .. } => 0,
            State::Fragment { header, done } => header.len().saturating_sub(*done),
        }
    }

    /// Moves on behind `count` bytes of payload that the caller has taken itself.
    ///
    /// A `count` above [`Decoder::payload_remaining`] counts as that.
    pub fn advance(&mut self, count: usize) {
        let remaining = self.payload_remaining();
        if let State::Fragment { done, .. } = &mut self.state {
            *done += count.min(remaining);
        }
    }

    /// Checks that the input may end here: between two records.
    ///
    /// # Errors
    ///
    /// Returns [`FormatError::Truncated`](crate::FormatError::Truncated) in [`Error::Format`] where it may not.
    pub fn finish(&self) -> Result<(), Error> {
        let error = match &self.state {
            State::Header { filled, .. } => self.sequence.truncation_at_header(*filled),
            State::Fragment { header, done } => Some(self.sequence.truncation_in(*header, *done)),
        };
        error.map_or(Ok(()), Err)
    }
}

/// Takes up to `count` bytes from the front of `input`.
fn take<'i>(input: &mut &'i [u8], count: usize) -> &'i [u8] {
    let (taken, rest) = input.split_at(count.min(input.len()));
    *input = rest;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FormatError, Part};

    const SPLIT: &[u8] = &[
        0x0a, 0x23, 0xd7, 0xce, // magic
        0x04, 0x00, 0x00, 0x20, // flag = 1 (first), length = 4
        b'a', b'b', b'c', b'd', // payload
        0x0a, 0x23, 0xd7, 0xce, // magic
        0x03, 0x00, 0x00, 0x60, // flag = 3 (last), length = 3
        b'x', b'y', b'z', 0x00, // payload, padding
    ];

    fn decode_all(mut input: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        let (mut decoder, mut records, mut record) =
            (Decoder::new(0, Some(0)), Vec::new(), Vec::new());
        loop {
            match decoder.decode(&mut input)? {
                Event::Payload(payload) => record.extend_from_slice(payload),
                Event::EndOfRecord => records.push(std::mem::take(&mut record)),
                Event::NeedInput => return decoder.finish().map(|()| records),
            }
        }
    }

    fn format_error(input: &[u8]) -> (u64, FormatError) {
        match decode_all(input) {
            Err(Error::Format { offset, source, .. }) => (offset, source),
            other => panic!("expected a format error, found {other:?}"),
        }
    }

    #[test]
    fn joins_fragments_with_the_magic_between_them() {
        assert_eq!(decode_all(SPLIT).unwrap(), [b"abcd\x0a\x23\xd7\xcexyz"]);
    }

    #[test]
    fn every_cut_inside_a_record_is_a_truncation() {
        for end in 1..SPLIT.len() {
            let (offset, source) = format_error(&SPLIT[..end]);
            assert_eq!(offset, if end < 12 { 0 } else { 12 }, "{end}");
            let FormatError::Truncated { part, expected, found } = source else {
                panic!("{end}: {source}");
            };
            let (want_part, want) = match end {
                1..8 => (Part::Header, (8, end)),
                8..12 => (Part::Payload, (4, end - 8)),
                12 => (Part::Continuation, (8, 0)),
                13..20 => (Part::Header, (8, end - 12)),
                20..23 => (Part::Payload, (3, end - 20)),
                _ => (Part::Padding, (1, 0)),
            };
            assert_eq!((part, (expected, found)), (want_part, (want.0, want.1 as u64)), "{end}");
        }
    }

    #[test]
    fn a_continuation_at_the_start_is_an_error() {
        let found = FragmentKind::Last;
        let want = (0, FormatError::ContinuationWithoutFirst { found });
        assert_eq!(format_error(&SPLIT[12..]), want);
    }

    #[test]
    fn a_record_inside_a_record_is_an_error() {
        let found = FragmentKind::First;
        let want = (12, FormatError::RecordWithoutLast { found });
        assert_eq!(format_error(&[&SPLIT[..12], SPLIT].concat()), want);
    }

    #[test]
    fn an_error_is_given_again() {
        let mut decoder = Decoder::new(0, Some(0));
        for _ in 0..3 {
            let mut input: &[u8] = &[0; 16];
            assert!(decoder.decode(&mut input).is_err());
        }
        assert_eq!(decoder.record_offset(), 0);
    }

    #[test]
    fn offset_and_ordinal_are_those_of_the_record_at_fault() {
        let input = [SPLIT, SPLIT, &[0; 8]].concat();
        match decode_all(&input) {
            Err(Error::Format { offset: 48, ordinal: Some(2), .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}
